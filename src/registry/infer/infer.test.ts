import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exactNumber } from '../json/numbers.ts'
import { inferSchema, type InferValue } from './infer.ts'
import { knownTypes, readForInference } from './read.ts'

const json = (...texts: string[]): InferValue[] =>
  texts.map((text) => ({ kind: 'json', value: JSON.parse(text, exactNumber) as unknown }))
const types = (...texts: string[]): string[] =>
  inferSchema('t', json(...texts)).fields.map(({ name, type, required }) => `${name} ${type}${required ? '!' : ''}`)

test('types are those that take every value', () => {
  assert.deepEqual(types('{"a":1,"b":1.5,"c":true,"d":"x"}', '{"a":2,"b":3,"c":false,"d":"y"}'), [
    'a BIGINT!',
    'b DECIMAL(18, 1)!',
    'c BOOLEAN!',
    'd STRING!',
  ])
  assert.deepEqual(types('{"a":1}', '{"a":null}', '{"b":"2026-01-01"}'), ['a BIGINT', 'b DATE'])
  assert.deepEqual(types('{"a":12345678901234567890}'), ['a DECIMAL(20, 0)!'])
  assert.deepEqual(types('{"a":1e400}'), ['a DOUBLE!'])
  assert.deepEqual(types('{"a":1}', '{"a":"x"}'), ['a STRING!'])
  assert.deepEqual(types('{"a":"2026-01-01T10:00:00.5"}', '{"a":"2026-01-01 10:00"}'), ['a TIMESTAMP(3)!'])
  assert.deepEqual(types('{"a":"2026-01-01T10:00:00Z"}'), ['a TIMESTAMP_LTZ(3)!'])
  assert.deepEqual(types('{"a":[1,2.5],"b":{"c":1}}', '{"a":[],"b":{"c":2,"d":"x"}}'), [
    'a ARRAY<DECIMAL(18, 1)>!',
    'b ROW<c BIGINT, d STRING>!',
  ])
  assert.deepEqual(types('{"a":null}'), ['a STRING'])
})

test('counts, examples and few values are told', () => {
  const values = Array.from({ length: 30 }, (_, i) => `{"status":"${i % 3 === 0 ? 'declined' : 'approved'}","n":${i}}`)
  const told = inferSchema('payments', [...json(...values), { kind: 'null' }, { kind: 'other', what: 'text' }])
  assert.deepEqual([told.records, told.objects, told.nulls, told.others], [32, 30, 1, { text: 1 }])
  assert.deepEqual(told.fields[0], {
    name: 'status',
    present: 30,
    nulls: 0,
    kinds: { text: 30 },
    type: 'STRING',
    required: true,
    examples: ['"declined"', '"approved"'],
    values: ['approved', 'declined'],
  })
  assert.match(told.contract, /implementation: "status IN \('approved', 'declined'\)"/)
})

test('the proposals are a table, a JSON Schema and a contract', () => {
  const told = inferSchema('shop.events', json('{"id":"x","at":"2026-01-01T10:00:00","odd name":1,"tags":["a"]}'))
  assert.equal(
    told.table,
    "CREATE TABLE shop_events (\n  id STRING NOT NULL,\n  at TIMESTAMP(3) NOT NULL,\n  `odd name` BIGINT NOT NULL,\n  tags ARRAY<STRING> NOT NULL,\n  WATERMARK FOR at AS at - INTERVAL '10' SECOND\n) WITH ('millrace.topic' = 'shop.events', 'millrace.format' = 'json');\n",
  )
  const schema = JSON.parse(told.jsonSchema) as { properties: object; required: string[] }
  assert.deepEqual(schema.properties, {
    id: { type: 'string' },
    at: { type: 'string' },
    'odd name': { type: 'integer' },
    tags: { type: 'array', items: { type: 'string' } },
  })
  assert.deepEqual(schema.required, ['id', 'at', 'odd name', 'tags'])
  assert.match(told.contract, /- \{ name: "odd name", logicalType: integer, required: true \}/)
})

test('what is no object is named, and fields are bounded', () => {
  assert.deepEqual(readForInference('{"a":1}'), { kind: 'json', value: { a: 1 } })
  assert.deepEqual(readForInference('hello'), { kind: 'other', what: 'text' })
  assert.deepEqual(readForInference(null), { kind: 'null' })
  assert.deepEqual(readForInference(`base64:${Buffer.from([0, 0, 0, 0, 7, 1]).toString('base64')}`), {
    kind: 'other',
    what: 'bytes framed with schema id 7',
  })
  const wide = `{${Array.from({ length: 700 }, (_, i) => `"f${i}":1`).join(',')}}`
  const told = inferSchema('t', json(wide, '[1]', '"x"'))
  assert.deepEqual([told.fields.length, told.fieldsLeftOut, told.others], [500, 200, { array: 1, text: 1 }])
})

test('what a registered schema knows is taken, and its exact numbers are read from their text', () => {
  const known = knownTypes(
    'AVRO',
    JSON.stringify({
      type: 'record',
      name: 'R',
      fields: [
        { name: 'id', type: 'long' },
        { name: 'amount', type: { type: 'bytes', logicalType: 'decimal', precision: 12, scale: 2 } },
        { name: 'code', type: 'string' },
      ],
    }),
  )
  assert.deepEqual(
    [...known],
    [
      ['id', 'BIGINT'],
      ['amount', 'DECIMAL(12, 2)'],
      ['code', 'STRING'],
    ],
  )
  const values = [{ id: '12345678901234567890', amount: '00.50', code: '007', note: 'x' }]
  const told = inferSchema(
    't',
    values.map((value) => readForInference(value, known)),
    known,
  )
  assert.deepEqual(
    told.fields.map(({ name, type, kinds }) => [name, type, Object.keys(kinds)]),
    [
      ['id', 'BIGINT', ['integer']],
      ['amount', 'DECIMAL(12, 2)', ['decimal']],
      ['code', 'STRING', ['text']],
      ['note', 'STRING', ['text']],
    ],
  )
})
