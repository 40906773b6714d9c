import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  BatchBuilder,
  batchFromRows,
  decodeRecords,
  encodeRecordBatch,
  rowAt,
  types,
  type RecordInput,
  type Schema,
  type SchemaIds,
} from '../model/index.ts'
import { createDecoder, createEncoder, schemaTextFor, type BadRecord, type TopicFormat } from './index.ts'

const schema: Schema = {
  fields: [
    { name: 'a', type: types.bigint(false) },
    { name: 's', type: types.string() },
  ],
}
const format: TopicFormat = {
  topic: 't',
  schema,
  keyColumns: null,
  keyFormat: 'raw',
  valueFormat: 'avro-confluent',
  primaryKey: null,
}
const text = schemaTextFor(format)!.text
const guid = '00010203-0405-0607-0809-0a0b0c0d0e0f'
const guidFrame = Uint8Array.from([1, ...Array.from({ length: 16 }, (_, i) => i)])
const idFrame = Uint8Array.of(0, 0, 0, 0, 7)
const ids: SchemaIds = {
  byId: (id) => (id === 7 ? { id, type: 'AVRO', text } : undefined),
  byGuid: (one) => (one === guid ? { id: 7, type: 'AVRO', text } : undefined),
  latest: () => undefined,
}

function body(a: bigint): Uint8Array {
  let value = new Uint8Array(0)
  createEncoder(format, { schemaId: 7 }).encode(batchFromRows(schema, [[a, `row ${a}`]]), 0, 1, (_row, _key, bytes) => {
    value = bytes!.slice(5)
  })
  return value
}

const header = (value: Uint8Array | null): { key: string; value: Uint8Array | null } => ({
  key: '__value_schema_id',
  value,
})
const other = { key: 'traceparent', value: new Uint8Array(200) }

function decode(
  records: readonly Partial<RecordInput>[],
  kernelAfter: number,
  schemas = ids,
  topic = format,
): { rows: unknown[]; bad: BadRecord[] } {
  const decoder = createDecoder(topic, [0, 1], schemas, { kernelAfter })
  const input = decodeRecords(
    encodeRecordBatch(records.map((one) => ({ key: null, timestampMs: 0, value: null, ...one }))),
  )
  const out = new BatchBuilder(decoder.schema)
  const bad: BadRecord[] = []
  assert.equal(decoder.decode(input, 0, input.count, out, bad), input.count)
  const batch = out.finish()
  return { rows: Array.from({ length: batch.rowCount }, (_, i) => rowAt(batch, i)), bad }
}

for (const kernelAfter of [0, Number.POSITIVE_INFINITY]) {
  test(`frames before the value and in headers, by id and by guid, mixed (kernel after ${kernelAfter})`, () => {
    const framed = (frame: Uint8Array, a: bigint): Uint8Array => Uint8Array.from([...frame, ...body(a)])
    const records: Partial<RecordInput>[] = [
      { value: framed(idFrame, 0n) },
      { value: framed(guidFrame, 1n) },
      { value: framed(guidFrame, 2n), headers: [other] },
      { value: body(3n), headers: [header(guidFrame)] },
      { value: body(4n), headers: [other, header(guidFrame), other] },
      { value: body(5n), headers: [header(idFrame)] },
      // The last header of a name counts.
      { value: body(6n), headers: [header(idFrame), header(guidFrame)] },
      { value: framed(idFrame, 7n), headers: [{ key: '__key_schema_id', value: guidFrame }] },
      // A null header is none.
      { value: framed(idFrame, 8n), headers: [header(null)] },
    ]
    const expected = records.map((_, i) => [BigInt(i), `row ${i}`])
    assert.deepEqual(decode(records, kernelAfter), { rows: expected, bad: [] })
    const many = Array.from({ length: 300 }, (_, i) => records[(i >> 4) % records.length]!)
    assert.deepEqual(
      decode(many, kernelAfter).rows,
      many.map((one) => expected[records.indexOf(one)]!),
    )
  })
}

for (const valueFormat of ['avro-confluent', 'debezium-avro-confluent', 'json-confluent'] as const) {
  test(`${valueFormat} with a guid: the value is bare, the header says its schema`, () => {
    const topic = { ...format, valueFormat }
    const encoder = createEncoder(topic, { schemaId: null, guid: guid.toUpperCase() })
    assert.deepEqual(encoder.headers, [header(guidFrame)])
    assert.deepEqual(createEncoder(topic, { schemaId: 7 }).headers, [])
    const rows = Array.from({ length: 100 }, (_, i) => [BigInt(i), i % 3 === 0 ? null : `row ${i}`])
    const records: Partial<RecordInput>[] = []
    encoder.encode(batchFromRows(schema, rows), 0, rows.length, (_row, _key, value) =>
      records.push({ value: value!.slice(), headers: encoder.headers }),
    )
    if (valueFormat === 'json-confluent') assert.equal(records[0]!.value![0], 123)
    const own = schemaTextFor(topic)!
    const known = { id: 7, type: own.type, text: own.text }
    const schemas: SchemaIds = {
      byId: () => undefined,
      byGuid: (one) => (one === guid ? known : undefined),
      latest: () => undefined,
    }
    assert.deepEqual(decode(records, 0, schemas, topic), { rows, bad: [] })
    assert.deepEqual(decode(records, Number.POSITIVE_INFINITY, schemas, topic), { rows, bad: [] })
  })
}

test('headers that are no schema id, and guids that nobody knows, are bad records', () => {
  const unknown = guidFrame.slice()
  unknown[16] = 0xff
  const { rows, bad } = decode(
    [
      { value: body(1n), headers: [header(Uint8Array.of(2, 0, 0, 0, 7))] },
      { value: body(1n), headers: [header(Uint8Array.of(0, 0, 0, 0, 7, 0))] },
      { value: body(1n), headers: [header(guidFrame.slice(0, 9))] },
      { value: body(1n), headers: [header(unknown)] },
      { value: Uint8Array.from([...unknown, ...body(1n)]) },
    ],
    0,
  )
  assert.deepEqual(rows, [])
  assert.deepEqual(
    bad.map(({ code, bytePosition, reason }) => `${code.slice(-1)} ${bytePosition} ${reason}`),
    [
      '3 0 header __value_schema_id: its first byte is 2, neither 0 nor 1',
      '3 0 header __value_schema_id: bytes after its schema id',
      '3 0 header __value_schema_id: its guid ends early, after 8 bytes',
      '4 0 no schema has the guid 00010203-0405-0607-0809-0a0b0c0d0eff',
      '4 1 no schema has the guid 00010203-0405-0607-0809-0a0b0c0d0eff',
    ],
  )
})
