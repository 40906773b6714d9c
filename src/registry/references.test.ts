import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareSchemas, parseSchema } from './index.ts'

const root = (more: object = {}): string =>
  JSON.stringify({ type: 'object', properties: { address: { $ref: 'address.json' } }, ...more })
const address = (type: string): string =>
  JSON.stringify({ type: 'object', properties: { zip: { $ref: 'parts/zip.json#/definitions/zip' } }, title: type })
const zip = (type: string): string => JSON.stringify({ definitions: { zip: { type } } })

test('JSON Schema: what lies in references is compared, through references of references', () => {
  const parse = (type: string): ReturnType<typeof parseSchema> =>
    parseSchema('JSON', root(), [
      { name: 'parts/zip.json', text: zip(type) },
      { name: 'address.json', text: address(type) },
    ])
  const found = compareSchemas(parse('integer'), parse('string'), 'new')
  assert.deepEqual(
    found.map(({ rule, path, places }) => [rule, path, places?.[0].column]),
    [['TYPE_CHANGED', '/properties/address/properties/zip/type', root().indexOf('{"$ref') + 1]],
  )
  assert.deepEqual(compareSchemas(parse('string'), parse('string'), 'new'), [])
})

test('JSON Schema: a reference that is not handed in is named, not guessed', () => {
  const [old, now] = [parseSchema('JSON', root(), []), parseSchema('JSON', root({ required: ['address'] }), [])]
  const rules = compareSchemas(old, now, 'old').map(({ rule }) => rule)
  assert.deepEqual(rules, ['REFERENCE_NOT_FOUND'])
})

test('Avro: a type that a reference defines is compared; its place is where it is mentioned', () => {
  const text = '{"type":"record","name":"R","fields":[{"name":"m","type":"Money"}]}'
  const money = (type: string): string =>
    `{"type":"record","name":"Money","fields":[{"name":"amount","type":"${type}"}]}`
  const parse = (type: string): ReturnType<typeof parseSchema> =>
    parseSchema('AVRO', text, [{ name: 'Money', text: money(type) }])
  assert.deepEqual(compareSchemas(parse('long'), parse('int'), 'new'), [])
  const [difference] = compareSchemas(parse('int'), parse('long'), 'new')
  assert.equal(difference!.rule, 'TYPE_MISMATCH')
  assert.equal(difference!.places![0].column, text.indexOf('"Money"') + 1)
})
