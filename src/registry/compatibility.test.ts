import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAvroSchema } from '../format/index.ts'
import { describeDifference } from './difference.ts'
import { compareAvro, compareJson, compareSchemas, parseSchema } from './index.ts'
import { canonicalAvro } from './avro/canonical.ts'
import { parseJsonSchema, type JsonSchema } from './json/schema.ts'

const avro = (reader: unknown, writer: unknown): string[] =>
  compareAvro(parseAvroSchema(JSON.stringify(reader)), parseAvroSchema(JSON.stringify(writer))).map(
    ({ rule, path }) => `${rule} ${path}`,
  )
const r = (...fields: unknown[]): unknown => ({ type: 'record', name: 'r', fields })
const f = (name: string, type: unknown, more: object = {}): unknown => ({ name, type, ...more })
const fixed = (size: number, name = 'x'): unknown => ({ type: 'fixed', name, size })
const en = (symbols: string[], more: object = {}): unknown => ({ type: 'enum', name: 'e', symbols, ...more })

test('Avro: what a reader reads of what a writer wrote', () => {
  const cases: [reader: unknown, writer: unknown, differences: string[]][] = [
    ['long', 'int', []],
    ['int', 'long', ['TYPE_MISMATCH ']],
    ['float', 'long', []],
    ['double', 'float', []],
    ['float', 'double', ['TYPE_MISMATCH ']],
    ['string', 'bytes', []],
    ['bytes', 'string', []],
    [fixed(4), 'bytes', ['TYPE_MISMATCH ']],
    [fixed(4), fixed(5), ['FIXED_SIZE_MISMATCH /size']],
    [fixed(4), fixed(4, 'ns.x'), []],
    [fixed(4), fixed(4, 'y'), ['NAME_MISMATCH /name']],
    [{ type: 'fixed', name: 'x', size: 4, aliases: ['y'] }, fixed(4, 'y'), []],
    [en(['a', 'b']), en(['a']), []],
    [en(['a']), en(['a', 'b']), ['MISSING_ENUM_SYMBOLS /symbols']],
    [en(['a'], { default: 'a' }), en(['a', 'b']), []],
    [['null', 'long'], 'int', []],
    ['long', ['int', 'long'], []],
    ['int', ['int', 'long'], ['TYPE_MISMATCH ']],
    [['null', 'int'], ['null', 'int', 'string'], ['MISSING_UNION_BRANCH ']],
    [['null', 'int'], 'string', ['MISSING_UNION_BRANCH ']],
    [{ type: 'array', items: 'int' }, { type: 'array', items: 'long' }, ['TYPE_MISMATCH /items']],
    [{ type: 'map', values: 'int' }, { type: 'map', values: 'string' }, ['TYPE_MISMATCH /values']],
    [r(f('a', 'int')), r(), ['READER_FIELD_MISSING_DEFAULT_VALUE /fields/0']],
    [r(f('a', 'int', { default: 1 })), r(), []],
    [r(f('a', en(['x'], { default: 'x' }))), r(), ['READER_FIELD_MISSING_DEFAULT_VALUE /fields/0']],
    [r(), r(f('a', 'int')), []],
    [r(f('b', 'int', { aliases: ['a'] })), r(f('a', 'int')), []],
    [r(f('a', r2('int'))), r(f('a', r2('long'))), ['TYPE_MISMATCH /fields/0/type/fields/0/type']],
    [{ type: 'int', logicalType: 'date' }, 'int', []],
  ]
  for (const [reader, writer, differences] of cases)
    assert.deepEqual(avro(reader, writer), differences, JSON.stringify([reader, writer]))
})

function r2(type: unknown): unknown {
  return { type: 'record', name: 'inner', fields: [f('v', type)] }
}

test('Avro: recursive types compare as far as they differ', () => {
  const list = (type: string): unknown => r(f('value', type), f('next', ['null', 'r'], { default: null }))
  assert.deepEqual(avro(list('long'), list('int')), [])
  assert.deepEqual(avro(list('int'), list('long')), ['TYPE_MISMATCH /fields/0/type'])
})

test('Avro: the canonical text keeps everything and has one order', () => {
  const text = `{
    "fields": [
      {"default": 1.50, "type": {"scale": 2, "logicalType": "decimal", "type": "bytes", "precision": 10}, "name": "d", "doc": "x"},
      {"name": "e", "order": "descending", "type": {"type": "enum", "name": "n.E", "symbols": ["A"], "default": "A"}},
      {"name": "e2", "type": ["null", "E", "m.X"]},
      {"name": "s", "type": {"type": "string"}},
      {"name": "l", "type": {"type": {"type": "array", "items": {"type": "int"}}}}
    ],
    "connect.name": "c", "aliases": ["n.Old", "o.Old"], "name": "R", "namespace": "n", "doc": "d", "type": "record"
  }`.replace('"m.X"', '{"type": "fixed", "name": "m.X", "size": 2}')
  assert.equal(
    canonicalAvro(text),
    '{"type":"record","name":"R","namespace":"n","doc":"d","fields":[' +
      '{"name":"d","type":{"type":"bytes","scale":2,"logicalType":"decimal","precision":10},"doc":"x","default":1.5},' +
      '{"name":"e","type":{"type":"enum","name":"E","symbols":["A"],"default":"A"},"order":"descending"},' +
      '{"name":"e2","type":["null","E",{"type":"fixed","name":"X","namespace":"m","size":2}]},' +
      '{"name":"s","type":"string"},' +
      '{"name":"l","type":{"type":"array","items":"int"}}' +
      '],"connect.name":"c","aliases":["Old","o.Old"]}',
  )
  assert.equal(canonicalAvro(canonicalAvro(text)), canonicalAvro(text))
})

test('Avro: bad texts are refused with their place', () => {
  const bad: [text: string, reason: RegExp][] = [
    ['', /not JSON/],
    ['"nonsense"', /"nonsense" is not the name of a type \(at \/\)/],
    ['{"type":"record","name":"r"}', /no list of fields \(at \/fields\)/],
    ['{"type":"record","name":"r","fields":[{"name":"a b","type":"int"}]}', /no field name \(at \/fields\/0\)/],
    [
      '{"type":"record","name":"r","fields":[{"name":"a","type":"int"},{"name":"a","type":"int"}]}',
      /twice \(at \/fields\/1\)/,
    ],
    ['["int","int"]', /int twice \(at \/1\)/],
    ['["int",["null"]]', /union directly inside \(at|a union directly inside a union \(at \/1\)/],
    ['{"type":"enum","name":"e","symbols":["a","a"]}', /twice/],
    ['{"type":"fixed","name":"f","size":-1}', /no size/],
    [`${'{"type":"array","items":'.repeat(100)}"int"${'}'.repeat(100)}`, /nested deeper/],
  ]
  for (const [text, reason] of bad)
    assert.throws(() => parseAvroSchema(text), { code: 'MR-FORMAT-001', message: reason }, text)
})

const json = (reader: JsonSchema, writer: JsonSchema): string[] => {
  for (const schema of [reader, writer]) assert.notEqual(typeof parseJsonSchema(JSON.stringify(schema)), 'string')
  return compareJson(reader, writer).map(({ rule, path }) => `${rule} ${path}`)
}
const object = (properties: object, more: object = {}): JsonSchema => ({ type: 'object', properties, ...more })
const closed = { additionalProperties: false }
const string = { type: 'string' }
const integer = { type: 'integer' }

test('JSON Schema: open and closed objects, types, bounds, enums', () => {
  const cases: [reader: JsonSchema, writer: JsonSchema, differences: string[]][] = [
    [object({ a: string }), object({ a: string }), []],
    [
      object({ a: string, b: string }),
      object({ a: string }),
      ['OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL /properties/b'],
    ],
    [object({ a: string, b: true }), object({ a: string }), []],
    [object({}), object({ a: string }), []],
    [object({ a: string, b: string }, closed), object({ a: string }, closed), []],
    [object({}, closed), object({ a: string }, closed), ['PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL ']],
    [object({}, closed), object({}), ['ADDITIONAL_PROPERTIES_REMOVED /additionalProperties']],
    [object({}), object({}, closed), []],
    [
      object({ a: integer }, { additionalProperties: string }),
      object({}, { additionalProperties: string }),
      ['TYPE_CHANGED /properties/a/type', 'PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL /properties/a'],
    ],
    [object({ a: string }, { required: ['a'] }), object({ a: string }), ['REQUIRED_ATTRIBUTE_ADDED /required/0']],
    [object({ a: { ...string, default: '' } }, { required: ['a'] }), object({ a: { ...string, default: '' } }), []],
    [object({ a: string }), object({ a: string }, { required: ['a'] }), []],
    [{ type: 'number' }, integer, []],
    [integer, { type: 'number' }, ['TYPE_NARROWED /type']],
    [{ type: ['string', 'null'] }, string, []],
    [string, { type: ['string', 'null'] }, ['TYPE_NARROWED /type']],
    [{ enum: ['a', 'b'] }, { enum: ['a'] }, []],
    [{ enum: ['a'] }, { enum: ['a', 'b'] }, ['ENUM_ARRAY_NARROWED /enum']],
    [{ ...string, maxLength: 5 }, string, ['MAX_LENGTH_ADDED /maxLength']],
    [{ ...string, maxLength: 5 }, { ...string, maxLength: 6 }, ['MAX_LENGTH_DECREASED /maxLength']],
    [{ ...integer, minimum: 1 }, { ...integer, minimum: 0 }, ['MINIMUM_INCREASED /minimum']],
    [integer, { ...integer, minimum: 0 }, []],
    [{ type: 'array', items: integer }, { type: 'array', items: string }, ['TYPE_CHANGED /items/type']],
    [{ oneOf: [string] }, { oneOf: [integer] }, ['TYPE_CHANGED /oneOf/0/type']],
    [{ oneOf: [string] }, { oneOf: [string] }, []],
    [
      { $ref: '#/$defs/a', $defs: { a: string } },
      { $ref: '#/$defs/a', $defs: { a: integer } },
      ['TYPE_CHANGED /$defs/a/type'],
    ],
    [string, { ...string, pattern: '^a' }, []],
    [{ ...string, pattern: '^a' }, string, ['PATTERN_ADDED /pattern']],
    [
      object({}, { additionalProperties: string }),
      object({}, { additionalProperties: string, patternProperties: { '^x': integer } }),
      ['TYPE_CHANGED /additionalProperties/type'],
    ],
    [true, string, []],
    [false, string, ['TYPE_CHANGED ']],
  ]
  for (const [reader, writer, differences] of cases)
    assert.deepEqual(json(reader, writer), differences, JSON.stringify([reader, writer]))
})

test('JSON Schema: bad texts are refused with their place', () => {
  const bad: [text: string, reason: RegExp][] = [
    ['{', /not JSON/],
    ['3', /a schema is an object or a boolean/],
    ['{"type":"text"}', /"text" is no type \(at \/type\)/],
    ['{"properties":{"a":{"required":true}}}', /\/properties\/a\/required/],
    ['{"allOf":{}}', /list of schemas/],
    ['{"pattern":"("}', /regular expression/],
    ['{"$schema":"http://json-schema.org/draft-04/schema#"}', /draft-04/],
    [`${'{"not":'.repeat(100)}true${'}'.repeat(100)}`, /nested deeper/],
  ]
  for (const [text, reason] of bad) assert.match(String(parseJsonSchema(text)), reason, text)
})

test('LENIENT lets properties of objects come and go, and no other type through', () => {
  const lenient = (reader: JsonSchema, writer: JsonSchema): string[] =>
    compareJson(reader, writer, { lenient: true }).map(({ rule }) => rule)
  const [a, ab] = [object({ a: string }), object({ a: string, b: string })]
  assert.deepEqual(lenient(ab, a), [])
  assert.deepEqual(lenient(object({ a: string }, closed), object({ a: string, b: string }, closed)), [])
  assert.deepEqual(lenient(object({ a: string }, closed), a), [])
  assert.deepEqual(lenient(object({ a: integer }), a), ['TYPE_CHANGED'])
  assert.deepEqual(lenient(object({ a: string }, { required: ['a'] }), a), ['REQUIRED_ATTRIBUTE_ADDED'])
  assert.deepEqual(lenient({ oneOf: [object({ a: integer })] }, { oneOf: [a] }), ['TYPE_CHANGED'])
})

test('a message names rule, reason, both places and the remedy', () => {
  const parse = (type: string): ReturnType<typeof parseSchema> =>
    parseSchema('AVRO', `{"type":"record","name":"r","fields":[\n  {"name":"a","type":"${type}"}\n]}`, [])
  const [difference] = compareSchemas(parse('int'), parse('long'), 'new')
  assert.equal(
    describeDifference(difference!, 'new'),
    "{errorType:'TYPE_MISMATCH', description:'long cannot be read as int (at path /fields/0/type of the new schema, which is to read data of the old one)', " +
      "additionalInfo:'/fields/0/type', places:'new 2:22 /fields/0/type, old 2:22 /fields/0/type', remedy:'keep long, or add a field of another name with a default'}",
  )
})

test('JSON Schema: a list of types is as good as a branch for each type', () => {
  const read = (reader: unknown, writer: unknown): string[] => {
    const [now, old] = [reader, writer].map((schema) => parseSchema('JSON', JSON.stringify(schema), []))
    return compareSchemas(now!, old!, 'new').map(({ rule }) => rule)
  }
  const both = { type: ['integer', 'string'], maxLength: 5 }
  const branches = [{ type: 'integer' }, { type: 'string', maxLength: 9 }]
  assert.deepEqual(read({ anyOf: branches }, both), [])
  assert.deepEqual(read({ oneOf: branches }, both), [])
  assert.deepEqual(read({ anyOf: [{ type: 'null' }, { type: 'string' }] }, { type: ['null', 'string'] }), [])
  assert.deepEqual(read({ anyOf: [...branches, { type: 'null' }] }, both), [])
  // Each type's values must lie in one branch, and in oneOf in one alone.
  assert.deepEqual(read({ anyOf: branches }, { type: ['integer', 'string'] }), ['COMBINED_TYPE_SUBSCHEMAS_CHANGED'])
  assert.deepEqual(read({ anyOf: branches }, { ...both, type: ['integer', 'string', 'null'] }), [
    'COMBINED_TYPE_SUBSCHEMAS_CHANGED',
  ])
  assert.notDeepEqual(read({ oneOf: [...branches, { minLength: 1 }] }, both), [])
})
