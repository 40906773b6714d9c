import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRecordValidator, type RecordVerdict } from './record-validator.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const verdicts = (schema: object, ...texts: string[]): RecordVerdict['kind'][] => {
  const validate = createRecordValidator(JSON.stringify(schema))
  return texts.map((text) => validate(bytes(text)).kind)
}

test('each violation tells where in the record and in the schema', () => {
  const validate = createRecordValidator(
    JSON.stringify({
      type: 'object',
      required: ['id', 'amount'],
      properties: {
        id: { type: 'string' },
        amount: { exclusiveMinimum: 0, multipleOf: 0.01 },
        tags: { items: { maxLength: 2 } },
      },
    }),
  )
  assert.deepEqual(validate(bytes('{"id":"x","amount":0.07}')), { kind: 'valid' })
  assert.deepEqual(validate(bytes('{"id":1,"tags":["ab","abc"]}')), {
    kind: 'invalid',
    violations: [
      { path: '', schemaPath: '/required', keyword: 'required', reason: '"amount" is missing' },
      { path: '/id', schemaPath: '/properties/id/type', keyword: 'type', reason: '1 is not "string"' },
      {
        path: '/tags/1',
        schemaPath: '/properties/tags/items/maxLength',
        keyword: 'maxLength',
        reason: '3 is more than 2',
      },
    ],
  })
})

test('numbers are exact, characters are code points', () => {
  assert.deepEqual(verdicts({ maximum: 9007199254740992 }, '9007199254740992', '9007199254740993'), [
    'valid',
    'invalid',
  ])
  assert.deepEqual(verdicts({ multipleOf: 0.1 }, '0.3', '1e2', '0.35'), ['valid', 'valid', 'invalid'])
  assert.deepEqual(verdicts({ maxLength: 1 }, '"😀"', '"ab"'), ['valid', 'invalid'])
  assert.deepEqual(verdicts({ type: 'integer' }, '1.0', '1.5', '12345678901234567890.0'), ['valid', 'invalid', 'valid'])
})

test('to $ref, a dynamic anchor is an anchor', () => {
  const schema = { $ref: '#items', $defs: { a: { $dynamicAnchor: 'items', type: 'array' } } }
  const validate = createRecordValidator(
    JSON.stringify({ $schema: 'https://json-schema.org/draft/2020-12/schema', ...schema }),
  )
  assert.deepEqual(
    ['[]', '{}'].map((text) => validate(Buffer.from(text)).kind),
    ['valid', 'invalid'],
  )
})

test('what is no JSON is invalid; what could run away is not decided', () => {
  assert.deepEqual(verdicts({}, '{', '', '\ufeff1', '1e99999'), ['invalid', 'invalid', 'valid', 'invalid'])
  assert.deepEqual(createRecordValidator('{}')(Uint8Array.of(0x22, 0xff, 0x22)).kind, 'invalid')
  assert.deepEqual(verdicts({ pattern: '^(a+)+$' }, '"aaaa"', '1'), ['undecided', 'valid'])
  assert.deepEqual(verdicts({ items: { $ref: '#' } }, `${'['.repeat(2_000)}${']'.repeat(2_000)}`), ['undecided'])
  assert.deepEqual(verdicts({ $ref: 'gone.json' }, '1'), ['undecided'])
})

// Where the simulation cannot ask ajv, which is wrong there: the specification decides.
test('equal items are none among prefixItems either, and items that takes everything has looked at everything', () => {
  const $schema = 'https://json-schema.org/draft/2020-12/schema'
  // 2020-12 validation, 6.4.3: all elements of the array are unique, whatever schemas apply to them.
  const unique = { $schema, prefixItems: [{ type: 'array' }, {}], items: { type: 'integer' }, uniqueItems: true }
  assert.deepEqual(verdicts(unique, '[[],[]]', '[[],null,1,1]', '[[],null,1,2]'), ['invalid', 'invalid', 'valid'])
  const nulls = { $schema, prefixItems: [{ type: 'null' }, {}], items: { type: 'boolean' }, uniqueItems: true }
  assert.deepEqual(verdicts(nulls, '[null,null]', '[null,1,true]'), ['invalid', 'valid'])
  // 2020-12 core, 10.3.1.2 and 11.2: items annotates what it was applied to, also when it takes everything.
  for (const items of [{}, true]) {
    const open = { $schema, anyOf: [{ items }], unevaluatedItems: false }
    assert.deepEqual(verdicts(open, '[1,"x"]', '[]'), ['valid', 'valid'])
  }
  assert.deepEqual(verdicts({ $schema, anyOf: [{}], unevaluatedItems: false }, '[1]'), ['invalid'])
})
