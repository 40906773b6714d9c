// Ours, as measured: whole decoders and encoders of the format room over record batches, checked once before they are timed.
import {
  createDecoder,
  createEncoder,
  schemaTextFor,
  type BadRecord,
  type TopicFormat,
} from '../../src/format/index.ts'
import {
  BatchBuilder,
  batchFromRows,
  batchRowsMax,
  decodeRecords,
  encodeRecordBatch,
  rowAt,
  type Batch,
  type RecordColumns,
  type SchemaIds,
  type SchemaType,
  type Value,
} from '../../src/model/index.ts'
import { pickRows, type Shape } from './shapes.ts'

export interface Work {
  readonly format: TopicFormat
  readonly batches: readonly Batch[]
  /** Record batches of 2,048 records each. */
  readonly records: readonly RecordColumns[]
  /** The values alone. */
  readonly values: readonly Buffer[]
  readonly ids: SchemaIds
}

export function makeWork(shape: Shape, valueFormat: TopicFormat['valueFormat']): Work {
  const format: TopicFormat = {
    topic: 'bench',
    schema: shape.schema,
    keyColumns: null,
    keyFormat: 'raw',
    valueFormat,
    primaryKey: null,
  }
  const registered = schemaTextFor(format)
  const type: SchemaType = registered?.type ?? 'JSON'
  const ids: SchemaIds = { byId: (id) => ({ id, type, text: registered?.text ?? '' }), latest: () => undefined }
  const batches: Batch[] = []
  for (let at = 0; at < shape.rows.length; at += batchRowsMax)
    batches.push(batchFromRows(shape.schema, shape.rows.slice(at, at + batchRowsMax)))
  const values: Buffer[] = []
  const records = batches.map((batch) => {
    const inputs: { key: null; value: Uint8Array; timestampMs: number }[] = []
    createEncoder(format, { schemaId: 1 }).encode(batch, 0, batch.rowCount, (_row, _key, value) => {
      inputs.push({ key: null, value: value!.slice(), timestampMs: 0 })
      values.push(Buffer.from(value!))
    })
    return decodeRecords(encodeRecordBatch(inputs))
  })
  return { format, batches, records, values, ids }
}

/** A run over all records into batches; how many rows. */
export function makeDecodeRun({ format, records, ids }: Work, columns: readonly number[]): () => number {
  const decoder = createDecoder(format, columns, ids)
  const out = new BatchBuilder(decoder.schema)
  const bad: BadRecord[] = []
  return () => {
    let rows = 0
    for (const input of records) {
      for (let at = 0; at < input.count;) {
        at = decoder.decode(input, at, input.count, out, bad)
        rows += out.finish().rowCount
      }
    }
    if (bad.length > 0) throw new Error(`record ${bad[0]!.index}: ${bad[0]!.reason}`)
    return rows
  }
}

/** A run over all rows into values; how many bytes. */
export function makeEncodeRun({ format, batches }: Work): () => number {
  const encoder = createEncoder(format, { schemaId: 1 })
  return () => {
    let size = 0
    for (const batch of batches)
      encoder.encode(batch, 0, batch.rowCount, (_row, _key, value) => {
        size += value!.length
      })
    return size
  }
}

/** Throws unless ours decodes the shape's rows from its records. */
export function checkWork(shape: Shape, { format, records, ids }: Work, columns: readonly number[]): void {
  const decoder = createDecoder(format, columns, ids)
  const out = new BatchBuilder(decoder.schema)
  const got: Value[][] = []
  for (const input of records) {
    for (let at = 0; at < input.count;) {
      at = decoder.decode(input, at, input.count, out, [])
      const batch = out.finish()
      for (let i = 0; i < batch.rowCount; i++) got.push(rowAt(batch, i))
    }
  }
  if (show(got) !== show(pickRows(shape, columns))) throw new Error(`${shape.name}: other rows came back`)
}

const show = (rows: readonly (readonly Value[])[]): string =>
  JSON.stringify(rows, (_key, value) => (typeof value === 'bigint' ? `${value}n` : (value as unknown)))
