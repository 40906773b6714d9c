// Whether every JSON value that one JSON Schema accepts is accepted by another: for the keywords of plain objects, arrays,
// strings, numbers and enums. What is not decided here (combinations, references, patterns) passes when it is equal in
// both and is otherwise refused by name: never a yes by guess.
// Reference: JSON Schema draft-07 validation; Confluent's rules on open and closed objects.
import type { Difference } from '../difference.ts'
import { registryLimits } from '../limits.ts'
import type { JsonSchema } from './schema.ts'

/** Differences that keep `reader` from accepting what `writer` accepts; none: compatible. */
export function compareJson(reader: JsonSchema, writer: JsonSchema): Difference[] {
  const found: Difference[] = []
  compare(reader, writer, '', 0, found)
  return found
}

type Keywords = { readonly [keyword: string]: unknown }

/** Say nothing about which values are valid. */
const annotations: ReadonlySet<string> = new Set([
  '$schema',
  '$id',
  '$comment',
  'title',
  'description',
  'default',
  'examples',
  'readOnly',
  'writeOnly',
  'deprecated',
  'contentEncoding',
  'contentMediaType',
  'format',
  'definitions',
  '$defs',
  'connect.index',
  'connect.type',
  'javaType',
  'confluent:tags',
  'confluent:version',
])
const decided: ReadonlySet<string> = new Set([
  'type',
  'enum',
  'const',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
])

function add(found: Difference[], rule: string, path: string, reason: string, remedy: string): void {
  if (found.length < registryLimits.messagesMax) found.push({ rule, path, reason, remedy })
}

/** What these match is no longer bound by additionalProperties or items beside them. */
const loosening: ReadonlySet<string> = new Set(['patternProperties', 'prefixItems', 'additionalItems'])

function compare(reader: JsonSchema, writer: JsonSchema, path: string, depth: number, found: Difference[]): void {
  if (reader === true || writer === false || same(reader, writer)) return
  if (reader === false) return add(found, 'TYPE_CHANGED', path, 'nothing is accepted any more', 'keep the schema')
  if (depth > registryLimits.depthMax)
    return add(found, 'TOO_LARGE', path, 'it is nested too deep to compare', 'flatten it')
  const old: Keywords = writer === true ? {} : writer
  compareUndecided(reader, old, path, found)
  compareTypes(reader, old, path, found)
  compareEnums(reader, old, path, found)
  compareBounds(reader, old, path, found)
  if (mayBe(old, 'object')) compareObjects(reader, old, path, depth, found)
  if (mayBe(old, 'array')) compareArrays(reader, old, path, depth, found)
}

function compareUndecided(reader: Keywords, writer: Keywords, path: string, found: Difference[]): void {
  for (const keyword of new Set([...Object.keys(reader), ...Object.keys(writer)])) {
    if (annotations.has(keyword) || decided.has(keyword) || same(reader[keyword], writer[keyword])) continue
    // A writer's further restriction is none for the reader, unless it takes values out of another keyword's reach.
    if (reader[keyword] === undefined && !keyword.startsWith('$') && !loosening.has(keyword)) continue
    const remedy = `keep ${keyword} as it is, or set the subject's compatibility to NONE for this change`
    add(
      found,
      'KEYWORD_NOT_DECIDED',
      `${path}/${keyword}`,
      `a change of ${keyword} is not decided by this registry`,
      remedy,
    )
  }
  // Where a part is a reference, what it names must be the same too.
  if (reader['$ref'] !== undefined && !same(definitions(reader), definitions(writer)))
    add(found, 'KEYWORD_NOT_DECIDED', `${path}/$ref`, 'what $ref names has changed', 'keep the definitions as they are')
}

const definitions = (schema: Keywords): unknown => [schema['definitions'], schema['$defs']]

/** Names of types; null: any. An integer is a number. */
function typesOf(schema: Keywords): ReadonlySet<string> | null {
  const { type, enum: values } = schema
  if (type !== undefined) return new Set(Array.isArray(type) ? (type as string[]) : [type as string])
  const list = Array.isArray(values) ? values : Object.hasOwn(schema, 'const') ? [schema['const']] : null
  return list ? new Set(list.map(typeOfValue)) : null
}

function typeOfValue(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

function mayBe(schema: Keywords, type: string): boolean {
  return typesOf(schema)?.has(type) ?? true
}

function compareTypes(reader: Keywords, writer: Keywords, path: string, found: Difference[]): void {
  const wanted = reader['type'] === undefined ? null : typesOf(reader)
  if (wanted === null) return
  const given = typesOf(writer)
  const accepts = (type: string): boolean => wanted.has(type) || (type === 'integer' && wanted.has('number'))
  const lost = given === null ? ['any type'] : [...given].filter((type) => !accepts(type))
  if (lost.length === 0) return
  const rule = given !== null && [...given].some(accepts) ? 'TYPE_NARROWED' : 'TYPE_CHANGED'
  const reason = `${lost.join(', ')} is accepted by the other schema, only ${[...wanted].join(', ')} here`
  add(found, rule, `${path}/type`, reason, `accept ${lost.join(', ')} too: a list of types`)
}

function compareEnums(reader: Keywords, writer: Keywords, path: string, found: Difference[]): void {
  const listOf = (schema: Keywords): readonly unknown[] | null =>
    Array.isArray(schema['enum']) ? schema['enum'] : Object.hasOwn(schema, 'const') ? [schema['const']] : null
  const wanted = listOf(reader)
  if (wanted === null) return
  const given = listOf(writer)
  const lost = given?.filter((value) => !wanted.some((other) => same(value, other)))
  if (lost?.length === 0) return
  const what = lost ? lost.map((value) => JSON.stringify(value)).join(', ') : 'other values'
  add(
    found,
    'ENUM_ARRAY_NARROWED',
    `${path}/enum`,
    `${what} is accepted by the other schema, not here`,
    `add ${what} to the enum`,
  )
}

const lowerBounds = ['minLength', 'minItems', 'minProperties', 'minimum', 'exclusiveMinimum']
const upperBounds = ['maxLength', 'maxItems', 'maxProperties', 'maximum', 'exclusiveMaximum']
const boundType: Readonly<Record<string, string>> = {
  Length: 'string',
  Items: 'array',
  Properties: 'object',
  imum: 'number',
  Minimum: 'number',
  Maximum: 'number',
}

function compareBounds(reader: Keywords, writer: Keywords, path: string, found: Difference[]): void {
  for (const keyword of [...lowerBounds, ...upperBounds]) {
    const wanted = reader[keyword]
    if (typeof wanted !== 'number') continue
    const applies = Object.entries(boundType).find(([end]) => keyword.endsWith(end))![1]
    if (!mayBe(writer, applies) && !(applies === 'number' && mayBe(writer, 'integer'))) continue
    const given = writer[keyword]
    const lower = lowerBounds.includes(keyword)
    const holds = typeof given === 'number' && (lower ? given >= wanted : given <= wanted)
    if (holds || (lower && wanted === 0 && keyword !== 'minimum' && keyword !== 'exclusiveMinimum')) continue
    const name = keyword.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()
    const rule = given === undefined ? `${name}_ADDED` : `${name}_${lower ? 'INCREASED' : 'DECREASED'}`
    const remedy = given === undefined ? `leave ${keyword} out` : `keep ${keyword} ${String(given)}`
    add(found, rule, `${path}/${keyword}`, `${keyword} ${wanted} refuses values that the other schema accepts`, remedy)
  }
}

function propertiesOf(schema: Keywords): Readonly<Record<string, JsonSchema>> {
  return (schema['properties'] as Record<string, JsonSchema> | undefined) ?? {}
}

const requiredOf = (schema: Keywords): readonly string[] => (schema['required'] as string[] | undefined) ?? []

function compareObjects(reader: Keywords, writer: Keywords, path: string, depth: number, found: Difference[]): void {
  const wanted = propertiesOf(reader)
  const given = propertiesOf(writer)
  const rest = (schema: Keywords): JsonSchema => (schema['additionalProperties'] as JsonSchema | undefined) ?? true
  const [readerRest, writerRest] = [rest(reader), rest(writer)]
  for (const [name, schema] of Object.entries(wanted)) {
    const at = `${path}/properties/${name}`
    const written = Object.hasOwn(given, name) ? given[name]! : undefined
    if (written !== undefined) compare(schema, written, at, depth + 1, found)
    else if (writerRest === true && schema !== true && !isEmpty(schema)) {
      const remedy = `set "additionalProperties": false before, or leave the type of ${name} open`
      add(
        found,
        'PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL',
        at,
        `${name} may hold anything in the other schema, which is open`,
        remedy,
      )
    } else compare(schema, writerRest, at, depth + 1, found)
  }
  for (const [name, schema] of Object.entries(given)) {
    if (Object.hasOwn(wanted, name) || readerRest === true) continue
    const at = `${path}/properties/${name}`
    if (readerRest === false) {
      const remedy = `keep ${name}, or accept further properties`
      add(
        found,
        'PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL',
        at,
        `${name} is refused here, as no further properties are accepted`,
        remedy,
      )
    } else compare(readerRest, schema, at, depth + 1, found)
  }
  compare(readerRest, writerRest, `${path}/additionalProperties`, depth + 1, found)
  for (const name of requiredOf(reader)) {
    if (requiredOf(writer).includes(name)) continue
    const schema = Object.hasOwn(wanted, name) ? wanted[name]! : true
    if (typeof schema === 'object' && Object.hasOwn(schema, 'default')) continue
    const remedy = `leave ${name} out of required, or give it a default`
    add(
      found,
      'REQUIRED_ATTRIBUTE_ADDED',
      `${path}/required`,
      `${name} is required here and not in the other schema`,
      remedy,
    )
  }
}

const isEmpty = (schema: JsonSchema): boolean =>
  typeof schema === 'object' && Object.keys(schema).every((keyword) => annotations.has(keyword))

function compareArrays(reader: Keywords, writer: Keywords, path: string, depth: number, found: Difference[]): void {
  const wanted = reader['items']
  const given = writer['items']
  if (wanted === undefined || same(wanted, given)) return
  if (Array.isArray(wanted) || Array.isArray(given)) {
    const remedy = 'keep items as it is'
    return add(
      found,
      'KEYWORD_NOT_DECIDED',
      `${path}/items`,
      'a change of a list of items is not decided by this registry',
      remedy,
    )
  }
  compare(wanted as JsonSchema, (given as JsonSchema | undefined) ?? true, `${path}/items`, depth + 1, found)
}

/** Deep equality of JSON values, whatever the order of keys. */
function same(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const [x, y] = [a as Keywords, b as Keywords]
  const keys = Object.keys(x)
  return keys.length === Object.keys(y).length && keys.every((key) => Object.hasOwn(y, key) && same(x[key], y[key]))
}
