// From records to a column batch: one decoder per topic and set of columns. Rows are staged and move into the batch at the
// end of each call, so a damaged record leaves nothing behind.
import { assert, MillraceError } from '../base/index.ts'
import {
  batchBytesMax,
  batchRowsMax,
  changeKind,
  type BatchBuilder,
  type RecordColumns,
  type Schema,
  type SchemaIds,
} from '../model/index.ts'
import { FramedAvroReader, FramedEnvelopeReader } from './avro/framed.ts'
import { parseAvroSchema } from './avro/schema.ts'
import { checkCsvSchema, csvBytes } from './csv/options.ts'
import { CsvReader } from './csv/read.ts'
import { asDamage, RecordDamage } from './damage.ts'
import { RecordDecryption, type OpenedRecord, type SchemaPlan } from './encryption/record-decryption.ts'
import { DebeziumJsonReader } from './debezium-json.ts'
import { checkJsonSchema } from './json/derive.ts'
import { JsonRowReader } from './json/read.ts'
import { JsonRecordReader } from './json/records.ts'
import { formatLimits } from './limits.ts'
import { checkRaw, pickColumns, readRaw } from './keys.ts'
import { FramedProtoReader } from './protobuf/framed.ts'
import { Stage, type StageColumn } from './stage.ts'
import { KernelRuns } from './wasm/input.ts'
import { plainScratch } from './wasm/scratch.ts'
import type { BadRecord, RecordDecoder, TopicFormat } from './topic-format.ts'

/** Reads values of one format into a stage. */
interface ValueReader {
  /** Appends the rows of record `index`, whose value is bytes[from, to), to the stage (uncounted); how many. Throws RecordDamage. */
  read(bytes: Uint8Array, from: number, to: number, records: RecordColumns, index: number): number
  /**
   * Reads as many records of [from, to) as a kernel takes; KernelRuns counts the rows. A format without a kernel has none.
   * @returns the first record that is left to read(), or `to`
   */
  run?(runs: KernelRuns, records: RecordColumns, from: number, to: number): number
}

export interface DecoderOptions {
  /** Walks Avro schemas instead of generating code for them: slower, the same results. */
  readonly interpret?: boolean
  /** Records of one shape after which a kernel is compiled for it; Infinity: never. The results are the same. */
  readonly kernelAfter?: number
  /**
   * The reader's Avro schema, as Flink's option avro-confluent.schema gives it: writers' schemas are resolved to it (its
   * names, aliases, defaults, symbols) before its fields are read as columns. Without one, the columns are the reader's
   * schema, and what a writer has not is NULL.
   */
  readonly readerSchema?: string
}

/**
 * @param columns indexes into format.schema: what is read, in this order; everything else is stepped over
 * @param schemaIds asked for each schema id when it is first met
 * Throws MR-FORMAT-002 or MR-FORMAT-011 when the format cannot hold the table, MR-FORMAT-001 for a reader's schema that is none.
 */
export function createDecoder(
  format: TopicFormat,
  columns: readonly number[],
  schemaIds: SchemaIds,
  options: DecoderOptions = {},
): RecordDecoder {
  checkTopicFormat(format)
  const schema = pickColumns(format.schema, columns)
  const stage = new Stage(schema)
  const isDebezium = format.valueFormat === 'debezium-avro-confluent' || format.valueFormat === 'debezium-json'
  const values = makeValueReader(format, columns, stage, schemaIds, options)
  const readNull = isDebezium ? () => 0 : makeReadNull(format, columns, stage)
  // One record may need this many rows of room.
  const rowsEach = isDebezium ? 2 : 1
  const rowRecord = new Int32Array(batchRowsMax)
  const runs = new KernelRuns(stage, rowRecord)
  const decryption = makeDecryption(format, schema, schemaIds)

  const decode = (records: RecordColumns, from: number, to: number, out: BatchBuilder, bad: BadRecord[]): number => {
    assert(from >= 0 && from <= to && to <= records.count, 'the range lies inside the records')
    const before = out.rowCount
    const room = batchRowsMax - before
    stage.begin()
    runs.begin(before, room)
    decryption?.begin()
    const hasRoom = (): boolean =>
      (stage.rows + rowsEach <= room || before + stage.rows === 0) && !(stage.isLarge && stage.rows > 0)
    let i = from
    let bytesEnd = from
    while (i < to && hasRoom()) {
      if (i >= bytesEnd) {
        if (stage.rows > 0) break
        bytesEnd = endOfBytes(records, i, to)
      }
      // At most a batch's records at once: so many have room, whatever becomes of them.
      const limit = Math.min(bytesEnd, i + Math.max(1, room - stage.rows))
      while (i < limit && hasRoom()) {
        let plan = decryption ? decryption.planOf(records, i) : null
        if (values.run && !plan) {
          // Kernels know nothing of encryption; what they take in one run has the frame, and so the schema, of the first.
          const next = values.run(runs, records, i, limit)
          if (next > i) {
            i = next
            if (i >= limit || !hasRoom()) break
            // What stopped the kernel is read plainly.
            plan = decryption ? decryption.planOf(records, i) : null
          }
        }
        i = readOne(records, i, { plan, before, bad })
      }
    }
    stage.flush(out)
    return i
  }

  const readOne = (
    records: RecordColumns,
    i: number,
    { plan, before, bad }: { plan: SchemaPlan | null; before: number; bad: BadRecord[] },
  ): number => {
    const { bytes, keyStart, keyLength, valueStart, valueLength } = records
    const size = valueLength[i]!
    const start = size < 0 ? keyStart[i]! : valueStart[i]!
    try {
      let rows: number
      if (size < 0) rows = readNull(bytes, start, keyLength[i]!)
      else if (plan && plan.payload.length > 0)
        rows = readOpened(values, decryption!.openPayload(plan, records, i), start)
      else rows = values.read(bytes, start, start + size, records, i)
      if (plan) decryption!.openFields(plan, stage, { row: stage.rows, count: rows, at: start })
      for (let k = 0; k < rows; k++) rowRecord[before + stage.rows + k] = i
      stage.rows += rows
    } catch (error) {
      bad.push(badRecord(asDamage(error), i, start, Math.max(0, size < 0 ? keyLength[i]! : size), size < 0))
    }
    return i + 1
  }
  return { schema, rowRecord, decode }
}

/** Reads what was sealed as a whole. Damage in it lies behind the frame, for there is no other place of it in the record. */
function readOpened(values: ValueReader, { records, headSize }: OpenedRecord, start: number): number {
  try {
    return values.read(records.bytes, 0, records.valueLength[0]!, records, 0)
  } catch (error) {
    const { code, message, position } = asDamage(error)
    if (position < headSize) throw new RecordDamage(code, message, start + position)
    throw new RecordDamage(code, `in the opened value, at byte ${position - headSize}: ${message}`, start + headSize)
  }
}

function makeDecryption(format: TopicFormat, columns: Schema, schemaIds: SchemaIds): RecordDecryption | null {
  const { topic, valueFormat } = format
  if (!valueFormat.endsWith('-confluent')) return null
  const isEnvelope = valueFormat === 'debezium-avro-confluent'
  return new RecordDecryption(schemaIds, {
    columns,
    topic,
    isEnvelope,
    isProtobuf: valueFormat === 'protobuf-confluent',
  })
}

/** The first record behind those of [from, to) that are about batchBytesMax bytes; behind at least one. */
function endOfBytes({ valueLength }: RecordColumns, from: number, to: number): number {
  let taken = 0
  for (let i = from; i < to; i++) {
    taken += Math.max(0, valueLength[i]!)
    if (taken > batchBytesMax) return i + 1
  }
  return to
}

function badRecord(damage: RecordDamage, index: number, start: number, size: number, inKey: boolean): BadRecord {
  const bytePosition = Math.min(Math.max(0, damage.position - start), size)
  const inKeyBytes = inKey && damage.code !== 'MR-FORMAT-010'
  return { index, code: damage.code, reason: inKeyBytes ? `key: ${damage.message}` : damage.message, bytePosition }
}

function makeValueReader(
  format: TopicFormat,
  columns: readonly number[],
  stage: Stage,
  schemaIds: SchemaIds,
  {
    interpret = false,
    kernelAfter = formatLimits.recordsBeforeKernel,
    readerSchema = format.readerSchema,
  }: DecoderOptions,
): ValueReader {
  const schema = pickColumns(format.schema, columns)
  const kind = format.primaryKey === null ? changeKind.insert : changeKind.updateAfter
  const reader = readerSchema === undefined ? null : parseAvroSchema(readerSchema)
  switch (format.valueFormat) {
    case 'avro-confluent':
      return new FramedAvroReader(schemaIds, schema, stage, kind, { interpret, kernelAfter, reader })
    case 'debezium-avro-confluent':
      return new FramedEnvelopeReader(schemaIds, schema, stage, { interpret, kernelAfter, reader })
    case 'json':
    case 'json-confluent': {
      const after = interpret ? Number.POSITIVE_INFINITY : kernelAfter
      const ids = format.valueFormat === 'json' ? null : schemaIds
      return new JsonRecordReader(schema, stage, { kind, kernelAfter: after, schemaIds: ids })
    }
    case 'debezium-json':
      return new DebeziumJsonReader(schema, stage, interpret ? Number.POSITIVE_INFINITY : kernelAfter)
    case 'protobuf-confluent':
      return new FramedProtoReader(schemaIds, schema, stage, kind, { interpret })
    case 'csv':
      return new CsvReader(format.schema, columns, stage, kind, csvBytes(format.topic, format.csv))
    case 'raw':
      return {
        read(bytes, from, to) {
          if (stage.columns.length > 0) readRaw(stage.columns[0]!, stage.rows, bytes, from, to - from)
          stage.kinds[stage.rows] = kind
          return 1
        },
      }
  }
}

/** What a record without a value is: a delete of its key in an upsert topic. */
function makeReadNull(
  format: TopicFormat,
  columns: readonly number[],
  stage: Stage,
): (bytes: Uint8Array, keyStart: number, keyLength: number) => number {
  const { keyColumns, keyFormat, primaryKey, topic, valueFormat } = format
  if (primaryKey === null) {
    const rawNull = valueFormat === 'raw' && format.schema.fields[0]!.type.nullable
    if (rawNull) {
      return () => {
        stage.setNullRow(stage.rows)
        stage.kinds[stage.rows] = changeKind.insert
        return 1
      }
    }
    return (_bytes, start) => {
      throw new RecordDamage('MR-FORMAT-010', `topic ${topic} has no primary key`, start)
    }
  }
  assert(keyColumns !== null, 'an upsert topic has a key')
  // Its row is read while the stage's own are being written.
  const keyStage = new Stage(pickColumns(format.schema, keyColumns), plainScratch())
  // Where each key column goes, and those that are not read.
  const places = keyColumns.map((column) => columns.indexOf(column))
  const json =
    keyFormat === 'json' ? new JsonRowReader(pickColumns(format.schema, keyColumns), keyStage, { times: 'text' }) : null
  return (bytes, start, length) => {
    if (length < 0) throw new RecordDamage('MR-FORMAT-010', 'its key and its value are null', start)
    if (json) json.read(bytes, start, start + length, 0)
    else readRaw(keyStage.columns[0]!, 0, bytes, start, length)
    const row = stage.rows
    stage.setNullRow(row)
    places.forEach((place, i) => {
      if (place >= 0) copyKey(keyStage.columns[i]!, stage.columns[place]!, row)
    })
    stage.kinds[row] = changeKind.delete
    return 1
  }
}

/** Row 0 of a key column into a row; keys have no nested columns. */
function copyKey(from: StageColumn, to: StageColumn, row: number): void {
  if (from.valid[0] === 0) return to.setNull(row)
  if (from.layout === 'bytes') return to.setBytes(row, from.bytes, 0, from.offsets[1]!)
  to.valid[row] = 1
  to.i8[row] = from.i8[0]!
  to.i16[row] = from.i16[0]!
  to.i32[row] = from.i32[0]!
  to.f32[row] = from.f32[0]!
  to.f64[row] = from.f64[0]!
  if (from.layout === 'bool') to.bytes[row] = from.bytes[0]!
  const lanes = from.layout === 'int128' ? 4 : 2
  if (from.words.length > 0) for (let i = 0; i < lanes; i++) to.words[row * lanes + i] = from.words[i]!
}

/** Throws MR-FORMAT-002 or MR-FORMAT-011 where a format cannot hold its table. */
export function checkTopicFormat(format: TopicFormat): void {
  const { topic, schema, keyColumns, keyFormat, valueFormat, primaryKey } = format
  const contradicts = (reason: string): never => {
    throw new MillraceError('MR-FORMAT-011', { details: { topic, reason } })
  }
  if (valueFormat === 'raw') {
    if (schema.fields.length !== 1) contradicts('raw values hold exactly one column')
    checkRaw(schema.fields[0]!.name, schema.fields[0]!.type)
  }
  if (valueFormat === 'json' || valueFormat === 'debezium-json') checkJsonSchema(schema)
  if (valueFormat === 'csv') {
    csvBytes(topic, format.csv)
    checkCsvSchema(schema)
  }
  if (keyColumns !== null) {
    if (keyColumns.length === 0) contradicts('a key has at least one column')
    if (keyFormat === 'raw') {
      if (keyColumns.length > 1) contradicts('a raw key holds exactly one column; several are a json key')
      const field = schema.fields[keyColumns[0]!]!
      checkRaw(field.name, field.type)
    }
    for (const i of keyColumns) {
      const { kind } = schema.fields[i]!.type
      if (kind === 'ROW' || kind === 'ARRAY' || kind === 'MAP') contradicts('a key has no nested columns')
    }
  }
  if (primaryKey !== null && keyColumns === null) contradicts('a table with a primary key keys its records by it')
}
