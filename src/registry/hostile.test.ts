// Schemas that anybody may send: checks end within their limits, and say so by name.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAvroSchema } from '../format/index.ts'
import { compareAvro, compareJson, parseSchema, registryLimits } from './index.ts'

const rules = (found: readonly { rule: string }[]): string[] => [...new Set(found.map(({ rule }) => rule))]
const chain = (length: number, leaf: string): string =>
  JSON.stringify(
    Array.from({ length }, (_, i) => ({
      type: 'record',
      name: `R${i}`,
      fields: [{ name: 'a', type: i === 0 ? leaf : `R${i - 1}` }],
    }))
      .toReversed()
      .toReversed(),
  )

test('Avro: thousands of records that lean on each other are compared, each pair once', () => {
  const [old, now] = [parseAvroSchema(chain(3_000, 'int')), parseAvroSchema(chain(3_000, 'long'))]
  assert.deepEqual(compareAvro(now, old), [])
  assert.deepEqual(rules(compareAvro(old, now)).toSorted(), ['MISSING_UNION_BRANCH', 'TYPE_MISMATCH'])
})

test('Avro: beyond the limits a check refuses by name', () => {
  const deep = (leaf: string): string => {
    let type: unknown = leaf
    for (let i = 0; i < 40; i++) type = { type: 'record', name: `R${i}`, fields: [{ name: 'a', type }] }
    return JSON.stringify(type)
  }
  const [old, now] = [parseAvroSchema(deep('int')), parseAvroSchema(deep('long'))]
  assert.deepEqual(compareAvro(now, old), [])
  const limits = { ...registryLimits, comparisonDepthMax: 10 }
  assert.deepEqual(rules(compareAvro(now, old, { limits })), ['TOO_LARGE'])
  assert.deepEqual(rules(compareAvro(now, old, { limits: { ...registryLimits, comparisonsMax: 5 } })), ['TOO_LARGE'])
})

test('JSON Schema: alternatives inside alternatives end at the limit', () => {
  const choices = {
    allOf: Array.from({ length: 12 }, (_, i) => ({
      anyOf: Array.from({ length: 4 }, (__, j) => ({ properties: { [`p${i}`]: { const: j } } })),
    })),
  }
  const limits = { ...registryLimits, jsonComparisonsMax: 500 }
  assert.notDeepEqual(compareJson({ type: 'object', minProperties: 3 }, choices, { limits }), [])
})

test('JSON Schema: references that double at each level are compared once each', () => {
  const doubling = (leaf: object): { $ref: string; $defs: Record<string, object> } => ({
    $ref: '#/$defs/d0',
    $defs: Object.fromEntries(
      Array.from({ length: 41 }, (_, i) => {
        const next = { $ref: `#/$defs/d${i + 1}` }
        return [`d${i}`, i === 40 ? leaf : { anyOf: [{ properties: { a: next } }, { properties: { b: next } }] }]
      }),
    ),
  })
  assert.deepEqual(compareJson(doubling({ type: 'string', title: 't' }), doubling({ type: 'string' })), [])
  assert.notDeepEqual(compareJson(doubling({ type: 'string' }), doubling({ type: 'number' })), [])
})

test('JSON Schema: a chain of thousands of references ends with a verdict', () => {
  const chain = (leaf: object): { $ref: string; $defs: Record<string, object> } => ({
    $ref: '#/$defs/d0',
    $defs: Object.fromEntries(
      Array.from({ length: 20_000 }, (_, i) => [`d${i}`, i === 19_999 ? leaf : { $ref: `#/$defs/d${i + 1}` }]),
    ),
  })
  const [strings, numbers] = [chain({ type: 'string' }), chain({ type: 'number' })]
  assert.notDeepEqual(compareJson(strings, numbers), [])
  assert.deepEqual(rules(compareJson(strings, { type: 'string' })), ['TOO_LARGE'])
  assert.notDeepEqual(compareJson({ type: 'string' }, strings), [])
})

test('JSON Schema: circles without an end are refused by name', () => {
  const circle = { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/b' }, b: { anyOf: [{ $ref: '#/$defs/a' }] } } }
  assert.deepEqual(rules(compareJson(circle, { type: 'string' })), ['KEYWORD_NOT_DECIDED'])
  assert.notDeepEqual(compareJson({ type: 'string' }, circle), [])
  const paradox = { not: { $ref: '#' } }
  assert.notDeepEqual(compareJson(paradox, {}), [])
})

test('JSON Schema: enums of many values, patterns that run away', () => {
  const list = (from: number): { enum: string[] } => ({
    enum: Array.from({ length: 20_000 }, (_, i) => `v${i + from}`),
  })
  assert.deepEqual(compareJson(list(0), list(0)), [])
  assert.deepEqual(rules(compareJson(list(0), list(1))), ['ENUM_ARRAY_NARROWED'])
  const bomb = { type: 'string', pattern: '^(a+)+$' }
  assert.deepEqual(rules(compareJson(bomb, { const: `${'a'.repeat(40)}!` })), ['PATTERN_ADDED'])
  assert.deepEqual(compareJson(bomb, { ...bomb, title: 't' }), [])
})

test('JSON Schema: numbers are exact', () => {
  const json = (text: string): Parameters<typeof compareJson>[0] => {
    const parsed = parseSchema('JSON', text, [])
    assert.equal(parsed.type, 'JSON')
    return parsed.schema as Parameters<typeof compareJson>[0]
  }
  const least = (value: string): Parameters<typeof compareJson>[0] => json(`{"type":"number","minimum":${value}}`)
  assert.deepEqual(rules(compareJson(least('9007199254740993'), least('9007199254740992'))), ['MINIMUM_INCREASED'])
  assert.deepEqual(compareJson(least('9007199254740992'), least('9007199254740993')), [])
  assert.deepEqual(rules(compareJson(least('0.10000000000000000001'), least('0.1'))), ['MINIMUM_INCREASED'])
  assert.throws(() => least('1e999999999'), /too many digits/)
})

test('texts that are too deep are refused, whatever is deep in them', () => {
  for (const type of ['JSON', 'AVRO'])
    for (const text of [
      `{"default":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      `${'{"items":'.repeat(5_000)}{}${'}'.repeat(5_000)}`,
      `{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":${'['.repeat(100_000)}${']'.repeat(100_000)}}]}`,
    ])
      assert.throws(() => parseSchema(type, text, []), { errorCode: 42201 }, `${type} ${text.slice(0, 40)}`)
})
