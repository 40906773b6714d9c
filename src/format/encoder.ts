// From a column batch to records' keys and values. What a change becomes depends on the topic: a record per row in append
// topics, a value or a tombstone in upsert topics, an envelope in Debezium topics. Buffers are reused between records.
import { assert, ByteWriter, emptyBytes, encodeText, MillraceError } from '../base/index.ts'
import { changeKind, changeKindNames, isNull, kindAt, type Batch, type Column, type SchemaIds } from '../model/index.ts'
import { AvroWriter, compileRowWriter, type RowWriter } from './avro/write.ts'
import { deriveAvroSchema, deriveDebeziumAvroSchema } from './avro/derive.ts'
import { csvBytes } from './csv/options.ts'
import { makeCsvRowWriter } from './csv/write.ts'
import { checkTopicFormat } from './decoder.ts'
import { FieldEncryption } from './encryption/field-encryption.ts'
import { PayloadEncryption } from './encryption/payload-encryption.ts'
import { SealingKeys } from './encryption/sealing-keys.ts'
import { guidHeader } from './frames.ts'
import { deriveJsonSchema } from './json/derive.ts'
import { makeJsonRowWriter } from './json/write.ts'
import { makeJsonRows } from './json/write-kernel.ts'
import { pickColumns, writeRaw } from './keys.ts'
import { ProtoWriter } from './protobuf/bytes-writer.ts'
import { deriveProtoSchema } from './protobuf/derive.ts'
import { compileRowWriter as compileProtoWriter } from './protobuf/write.ts'
import type { RecordEncoder, TopicFormat } from './topic-format.ts'

/** Writes the envelope or the plain value of rows of one batch. -1: no such image. */
type WriteValue = (before: number, after: number, opCode: number) => Uint8Array | null

interface ValueWriter {
  /** Once a batch. Only images of rows [from, to) are asked for. */
  bind(batch: Batch, from: number, to: number): WriteValue
}

export interface EncoderOptions {
  /** The id under which schemaTextFor(format) is registered; needed by formats of the registry only. */
  readonly schemaId: number | null
  /**
   * The schema's guid: values are then not framed, and each record carries the encoder's headers instead. Avro and JSON
   * only. Readers older than Confluent's 8.0 do not know such headers.
   */
  readonly guid?: string
  /** Where the schema is registered: fields that its rule set encrypts are sealed. Absent: nothing is. */
  readonly schemaIds?: SchemaIds
}

/**
 * Throws MR-FORMAT-002 or MR-FORMAT-011 when the format cannot hold the table.
 */
export function createEncoder(format: TopicFormat, options: EncoderOptions): RecordEncoder {
  checkTopicFormat(format)
  const values = makeValueWriter(format, options)
  const keyOf = makeKeyWriter(format)
  const isDebezium = format.valueFormat === 'debezium-avro-confluent' || format.valueFormat === 'debezium-json'
  const encryption = makeEncryption(format, options)
  return {
    takeKeyRecords: () => encryption?.keys.takeKeyRecords() ?? [],
    headers: options.guid === undefined ? [] : [guidHeader(options.guid)],
    encode(batch, from, to, emit) {
      assert(from >= 0 && from <= to && to <= batch.rowCount, 'the range lies inside the batch')
      assert(batch.columns.length === format.schema.fields.length, 'the batch has the topic’s columns')
      encryption?.keys.begin()
      const fields = encryption?.fields
      const payload = encryption?.payload
      const writeValue = values.bind(fields ? fields.seal(batch, from, to) : batch, from, to)
      const write: WriteValue = payload
        ? (before, after, opCode) => {
            const value = writeValue(before, after, opCode)
            return value && payload.seal(value, batch, after < 0 ? before : after)
          }
        : writeValue
      for (let row = from; row < to; row++) {
        const kind = kindAt(batch, row)
        if (isDebezium) {
          const updates =
            kind === changeKind.updateBefore &&
            row + 1 < to &&
            kindAt(batch, row + 1) === changeKind.updateAfter &&
            sameKey(batch, format.keyColumns, row, row + 1)
          if (updates) {
            row++
            emit(row, keyOf(batch, row), write(row - 1, row, 117))
          } else if (kind === changeKind.insert || kind === changeKind.updateAfter) {
            emit(row, keyOf(batch, row), write(-1, row, 99))
          } else emit(row, keyOf(batch, row), write(row, -1, 100))
        } else if (kind === changeKind.insert || kind === changeKind.updateAfter) {
          emit(row, keyOf(batch, row), write(-1, row, 99))
        } else if (format.primaryKey === null) {
          const details = { topic: format.topic, format: format.valueFormat, kind: changeKindNames[kind] }
          throw new MillraceError('MR-FORMAT-007', { details })
        } else if (kind === changeKind.delete) emit(row, keyOf(batch, row), null)
      }
    },
  }
}

function makeKeyWriter(format: TopicFormat): (batch: Batch, row: number) => Uint8Array | null {
  const { keyColumns, keyFormat } = format
  if (keyColumns === null) return () => null
  const out = new ByteWriter(64)
  if (keyFormat === 'raw') {
    const [index] = keyColumns
    return (batch, row) => {
      const column = batch.columns[index!]!
      if (isNull(column, row)) return null
      out.reset()
      writeRaw(column, row, out)
      return out.finish()
    }
  }
  const write = makeJsonRowWriter(pickColumns(format.schema, keyColumns))
  let columns: Column[] = []
  let bound: Batch | null = null
  return (batch, row) => {
    if (batch !== bound) {
      columns = keyColumns.map((i) => batch.columns[i]!)
      bound = batch
    }
    out.reset()
    write(out, columns, row)
    return out.finish()
  }
}

interface Encryption {
  readonly keys: SealingKeys
  readonly fields: FieldEncryption | null
  readonly payload: PayloadEncryption | null
}

function makeEncryption(format: TopicFormat, { schemaId, schemaIds, guid }: EncoderOptions): Encryption | null {
  if (schemaId === null || !schemaIds?.fieldKeys || !format.valueFormat.endsWith('-confluent')) return null
  const { encrypted, payloadRules } = schemaIds.byId(schemaId) ?? {}
  if (!encrypted && !payloadRules) return null
  const keys = new SealingKeys(schemaIds.fieldKeys, format)
  const fields = new FieldEncryption(keys, format, encrypted ?? [])
  // Behind the id stand the message indexes [0], as one byte.
  const headSize = guid !== undefined ? 0 : format.valueFormat === 'protobuf-confluent' ? 6 : 5
  const payload = new PayloadEncryption(keys, payloadRules ?? [], headSize)
  if (!fields.isNeeded && !payload.isNeeded) return null
  return { keys, fields: fields.isNeeded ? fields : null, payload: payload.isNeeded ? payload : null }
}

function makeValueWriter(format: TopicFormat, options: EncoderOptions): ValueWriter {
  switch (format.valueFormat) {
    case 'avro-confluent':
    case 'debezium-avro-confluent':
      return makeAvroWriter(format, prefixOf(options))
    case 'json': {
      const rows = makeJsonRows(format.schema, { times: 'text', prefix: emptyBytes })
      return {
        bind(batch, from, to) {
          rows.print(batch.columns, from, to)
          return (_before, after) => rows.bytes.subarray(rows.ends[after - from]!, rows.ends[after - from + 1]!)
        },
      }
    }
    case 'json-confluent': {
      // For its refusal of types that the schema cannot hold.
      deriveJsonSchema(format.schema)
      const prefix = prefixOf(options)
      const rows = makeJsonRows(format.schema, { times: 'connect', prefix })
      return {
        bind(batch, from, to) {
          rows.print(batch.columns, from, to)
          return (_before, after) => rows.bytes.subarray(rows.ends[after - from]!, rows.ends[after - from + 1]!)
        },
      }
    }
    case 'debezium-json':
      return makeDebeziumJsonWriter(format)
    case 'protobuf-confluent':
      assert(options.guid === undefined, 'Protobuf’s message indexes stand before the value')
      return makeProtoWriter(format, options.schemaId)
    case 'csv': {
      const out = new ByteWriter(256)
      const write = makeCsvRowWriter(format.schema, csvBytes(format.topic, format.csv))
      return {
        bind: (batch) => (_before, after) => {
          out.reset()
          write(out, batch.columns, after)
          return out.finish()
        },
      }
    }
    case 'raw': {
      const out = new ByteWriter(64)
      return {
        bind: (batch) => (_before, after) => {
          if (isNull(batch.columns[0]!, after)) return null
          out.reset()
          writeRaw(batch.columns[0]!, after, out)
          return out.finish()
        },
      }
    }
  }
}

/** What stands before a value: nothing where a header says the schema. */
function prefixOf({ schemaId, guid }: EncoderOptions): Uint8Array {
  if (guid !== undefined) return emptyBytes
  assert(schemaId !== null && schemaId >= 0, 'a topic of the registry is written with a schema id')
  const prefix = new Uint8Array(5)
  new DataView(prefix.buffer).setInt32(1, schemaId)
  return prefix
}

function makeAvroWriter(format: TopicFormat, prefix: Uint8Array): ValueWriter {
  const envelope = format.valueFormat === 'debezium-avro-confluent'
  // For its refusal of types that Avro cannot hold.
  if (envelope) deriveDebeziumAvroSchema(format.schema)
  else deriveAvroSchema(format.schema)
  const writer = compileRowWriter(format.schema)
  const out = new AvroWriter()
  out.bytes.set(prefix)
  const image = (write: RowWriter, row: number): void => {
    out.byte(row < 0 ? 0 : 2)
    if (row >= 0) write(out, row)
  }
  return {
    bind(batch) {
      const write = writer.bind(batch.columns)
      return (before, after, opCode) => {
        out.position = prefix.length
        if (envelope) {
          // The envelope itself is nullable, as Flink derives it; so is op.
          out.byte(2)
          image(write, before)
          image(write, after)
          out.byte(2)
          out.byte(2)
          out.byte(opCode)
        } else write(out, after)
        return out.bytes.subarray(0, out.position)
      }
    },
  }
}

function makeProtoWriter(format: TopicFormat, schemaId: number | null): ValueWriter {
  assert(schemaId !== null && schemaId >= 0, 'a Protobuf topic is written with a schema id')
  // For its refusal of types that Protobuf cannot hold.
  deriveProtoSchema(format.schema)
  const writer = compileProtoWriter(format.schema)
  const out = new ProtoWriter()
  // Behind the id: the first message of the schema.
  out.bytes.fill(0, 0, 6)
  new DataView(out.bytes.buffer).setInt32(1, schemaId)
  return {
    bind(batch) {
      const write = writer.bind(batch.columns)
      return (_before, after) => {
        out.position = 6
        write(out, after)
        return out.bytes.subarray(0, out.position)
      }
    },
  }
}

function makeDebeziumJsonWriter(format: TopicFormat): ValueWriter {
  const out = new ByteWriter(1024)
  const rows = makeJsonRows(format.schema, { times: 'text', prefix: emptyBytes })
  const parts = ['{"before":', ',"after":', ',"op":"', '"}', 'null'].map(encodeText)
  return {
    bind(batch, from, to) {
      rows.print(batch.columns, from, to)
      const image = (row: number): void => {
        if (row < 0) out.raw(parts[4]!)
        else out.raw(rows.bytes.subarray(rows.ends[row - from]!, rows.ends[row - from + 1]!))
      }
      return (before, after, opCode) => {
        out.reset()
        out.raw(parts[0]!)
        image(before)
        out.raw(parts[1]!)
        image(after)
        out.raw(parts[2]!)
        out.uint8(opCode)
        out.raw(parts[3]!)
        return out.finish()
      }
    },
  }
}

/** True when two rows have the same key; without a key any two have. */
function sameKey(batch: Batch, keyColumns: readonly number[] | null, a: number, b: number): boolean {
  if (keyColumns === null) return true
  return keyColumns.every((i) => sameValue(batch.columns[i]!, a, b))
}

function sameValue(column: Column, a: number, b: number): boolean {
  const nullA = isNull(column, a)
  if (nullA || isNull(column, b)) return nullA === isNull(column, b)
  const { layout, offsets } = column
  if (layout === 'bool') {
    const bits = column.values as Uint8Array
    return ((bits[a >> 3]! >> (a & 7)) & 1) === ((bits[b >> 3]! >> (b & 7)) & 1)
  }
  if (layout === 'bytes') {
    const bytes = column.values as Uint8Array
    const size = offsets![a + 1]! - offsets![a]!
    if (size !== offsets![b + 1]! - offsets![b]!) return false
    for (let i = 0; i < size; i++) if (bytes[offsets![a]! + i] !== bytes[offsets![b]! + i]) return false
    return true
  }
  const lanes = column.values as BigInt64Array
  if (layout === 'int128') return lanes[a * 2] === lanes[b * 2] && lanes[a * 2 + 1] === lanes[b * 2 + 1]
  return Object.is(lanes[a], lanes[b])
}
