import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeText, encodeText } from '../../base/index.ts'
import {
  BatchBuilder,
  batchFromRows,
  decodeRecords,
  encodeRecordBatch,
  rowAt,
  types,
  type Schema,
  type SchemaIds,
  type Value,
} from '../../model/index.ts'
import { createDecoder, createEncoder, schemaTextFor, type BadRecord, type TopicFormat } from '../index.ts'

const schema: Schema = {
  fields: [
    { name: 'id', type: types.bigint(false) },
    { name: 'amount', type: types.decimal(12, 2) },
    { name: 'day', type: types.date() },
    { name: 'clock', type: types.time(3) },
    { name: 'at', type: types.timestamp(3) },
    { name: 'utc', type: types.timestampLtz(3) },
    { name: 'raw', type: types.bytes() },
    { name: 'place', type: types.row([{ name: 'x', type: types.double(false) }]) },
    { name: 'tags', type: types.map(types.string(false), types.array(types.string(false))) },
  ],
}
const format: TopicFormat = {
  topic: 'payments',
  schema,
  keyColumns: null,
  keyFormat: 'raw',
  valueFormat: 'json-confluent',
  primaryKey: null,
}
const { text } = schemaTextFor(format)!
const ids: SchemaIds = {
  byId: (id) => (id === 3 ? { id, type: 'JSON', text } : id === 4 ? { id, type: 'AVRO', text: '"int"' } : undefined),
  latest: () => undefined,
}

function decode(values: readonly Uint8Array[], kernelAfter: number): { rows: Value[][]; bad: BadRecord[] } {
  const decoder = createDecoder(
    format,
    schema.fields.map((_, i) => i),
    ids,
    { kernelAfter },
  )
  const out = new BatchBuilder(decoder.schema)
  const bad: BadRecord[] = []
  if (values.length === 0) return { rows: [], bad }
  const input = decodeRecords(encodeRecordBatch(values.map((value) => ({ key: null, value, timestampMs: 0 }))))
  decoder.decode(input, 0, input.count, out, bad)
  const batch = out.finish()
  return { rows: Array.from({ length: batch.rowCount }, (_, i) => rowAt(batch, i)), bad }
}

const framed = (json: string, id = 3): Uint8Array => Uint8Array.from([0, 0, 0, 0, id, ...encodeText(json)])

test('the JSON Schema that a table registers, as Confluent’s Flink derives it', () => {
  const small = {
    ...format,
    schema: { fields: [schema.fields[0]!, schema.fields[1]!, schema.fields[5]!, schema.fields[8]!] },
  }
  assert.deepEqual(schemaTextFor(small), {
    subject: 'payments-value',
    type: 'JSON',
    text:
      '{"properties":{"id":{"connect.index":0,"connect.type":"int64","type":"number"},' +
      '"amount":{"connect.index":1,"oneOf":[{"type":"null"},{"connect.parameters":{"connect.decimal.precision":"12","scale":"2"},' +
      '"connect.type":"bytes","title":"org.apache.kafka.connect.data.Decimal","type":"number"}]},' +
      '"utc":{"connect.index":2,"oneOf":[{"type":"null"},{"connect.type":"int64","title":"org.apache.kafka.connect.data.Timestamp","type":"number"}]},' +
      '"tags":{"connect.index":3,"oneOf":[{"type":"null"},{"additionalProperties":{"oneOf":[{"type":"null"},{"items":{"type":"string"},"type":"array"}]},' +
      '"connect.type":"map","type":"object"}]}},"required":["id"],"title":"Record","type":"object"}',
  })
  const fine = { ...format, schema: { fields: [{ name: 't', type: types.timestamp(6) }] } }
  assert.throws(() => schemaTextFor(fine), { code: 'MR-FORMAT-002' })
  assert.throws(() => createEncoder(fine, { schemaId: 1 }), { code: 'MR-FORMAT-002' })
})

test('values are the frame and JSON with Kafka Connect’s numbers for times', () => {
  const row: Value[] = [
    1n,
    150n,
    1,
    3_600_000,
    1_767_225_601_500n,
    -1n,
    new Uint8Array([1]),
    [0.5],
    new Map([['k', ['a', 'b']]]),
  ]
  const values: Uint8Array[] = []
  createEncoder(format, { schemaId: 3 }).encode(batchFromRows(schema, [row]), 0, 1, (_row, _key, value) =>
    values.push(value!.slice()),
  )
  assert.deepEqual([...values[0]!.subarray(0, 5)], [0, 0, 0, 0, 3])
  assert.equal(
    decodeText(values[0]!.subarray(5)),
    '{"id":1,"amount":1.50,"day":1,"clock":3600000,"at":1767225601500,"utc":-1,"raw":"AQ==","place":{"x":0.5},"tags":{"k":["a","b"]}}',
  )
})

test('decode(encode(x)) = x, with kernels and without', () => {
  const word = fc.string({ unit: 'grapheme', maxLength: 20 })
  const millis = fc.bigInt({ min: -62135596800000n, max: 253402300799999n })
  const row = fc.tuple(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.option(fc.bigInt({ min: -999999999999n, max: 999999999999n })),
    fc.option(fc.integer({ min: -719528, max: 2932896 })),
    fc.option(fc.integer({ min: 0, max: 86_399_999 })),
    fc.option(millis),
    fc.option(millis),
    fc.option(fc.uint8Array({ maxLength: 20 })),
    fc.option(fc.tuple(fc.double())),
    fc.option(
      fc.array(fc.tuple(word, fc.array(word, { maxLength: 3 }))).map((entries) => new Map<Value, Value>(entries)),
    ),
  )
  fc.assert(
    fc.property(fc.array(row, { maxLength: 10 }), (rows) => {
      const values: Uint8Array[] = []
      createEncoder(format, { schemaId: 3 }).encode(batchFromRows(schema, rows), 0, rows.length, (_row, _key, value) =>
        values.push(value!.slice()),
      )
      for (const kernelAfter of [0, Number.POSITIVE_INFINITY])
        assert.deepEqual(decode(values, kernelAfter), { rows: rows.map((one) => [...one]), bad: [] })
    }),
    { numRuns: 100 },
  )
})

test('other serializers’ texts, and frames that are none of JSON', () => {
  const values = [
    framed('{"id":1,"at":"2026-01-31T10:00:00.5Z","day":"2026-01-31"}'),
    framed('{"id":1}', 9),
    framed('{"id":1}', 4),
    framed('{"id":'),
    encodeText('{"id":1}'),
    Uint8Array.of(0, 0, 0),
    framed('{"id":2,"at":1e3}'),
    framed('{"id":2}'),
  ]
  for (const kernelAfter of [0, Number.POSITIVE_INFINITY]) {
    const { rows, bad } = decode(values, kernelAfter)
    assert.deepEqual(rows, [
      [1n, null, 20484, null, 1769853600500n, null, null, null, null],
      [2n, null, null, null, null, null, null, null, null],
    ])
    assert.deepEqual(
      bad.map(({ index, code, bytePosition, reason }) => `${index} ${code.slice(-1)} ${bytePosition} ${reason}`),
      [
        '1 4 1 no schema has the id 9',
        '2 5 1 schema 4 is AVRO, not JSON',
        '3 6 11 it ends early',
        '4 3 0 its first byte is 123, neither 0 nor 1',
        '5 3 0 it has 3 bytes',
        '6 9 18 at is no time in milliseconds',
      ],
    )
  }
})
