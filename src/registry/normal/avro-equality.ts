// When two Avro schemas are the same one, however they are written: names in full or not, attributes, aliases and properties in
// any order. Doc, defaults, aliases and properties count; unlike the normal form, nothing is left out that was written.
// Reference: Apache Avro Schema.equals; Confluent AvroSchema.equivalent.
import { canonicalAvro } from '../avro/canonical.ts'
import {
  collectNames,
  fullName,
  kinds,
  parse,
  primitives,
  sortedJson,
  type Json,
  type JsonObject,
  type Names,
} from './avro.ts'

/**
 * Equal for schemas that are the same, and for no others. O(text)
 * @param text canonical or normal
 * @param references texts that it refers to, references of references first
 */
export function equalityText(text: string, references: readonly string[]): string {
  const known = new Set<string>()
  for (const reference of references) collectNames(parse(canonicalAvro(reference)), '', known)
  return JSON.stringify(shape(parse(canonicalAvro(text)), { space: '', known }))
}

function shape(node: Json, names: Names): Json {
  if (typeof node === 'string') {
    if (primitives.has(node)) return node
    const full = fullName(node, names.space)
    return names.known.has(full) ? full : node
  }
  if (Array.isArray(node)) return node.map((branch) => shape(branch as Json, names))
  const object = node as JsonObject
  const type = object['type'] as string
  if (type === 'array') return { type, items: shape(object['items']!, names), properties: others(object, ofSchemas) }
  if (type === 'map') return { type, values: shape(object['values']!, names), properties: others(object, ofSchemas) }
  return kinds.has(type) ? namedShape(object, type, names) : { type, properties: others(object, ofSchemas) }
}

function namedShape(object: JsonObject, type: string, { space: outer, known }: Names): Json {
  const full = fullName(object['name'] as string, (object['namespace'] as string | undefined) ?? outer)
  known.add(full)
  const space = full.includes('.') ? full.slice(0, full.lastIndexOf('.')) : ''
  const fields = object['fields'] as readonly JsonObject[] | undefined
  return {
    // An error is a record.
    type: type === 'error' ? 'record' : type,
    name: full,
    doc: object['doc'] ?? null,
    aliases: aliasesOf(object, space),
    symbols: object['symbols'] ?? null,
    size: object['size'] ?? null,
    fields: fields?.map((field) => fieldShape(field, { space, known })) ?? null,
    properties: others(object, type === 'enum' ? ofEnums : ofSchemas),
    ...(type === 'enum' && object['default'] !== undefined ? { default: object['default'] } : {}),
  }
}

function fieldShape(field: JsonObject, names: Names): Json {
  return {
    name: field['name']!,
    type: shape(field['type']!, names),
    doc: field['doc'] ?? null,
    aliases: aliasesOf(field, ''),
    order: field['order'] ?? null,
    properties: others(field, ofFields),
    ...(field['default'] === undefined ? {} : { default: sortedJson(field['default']) }),
  }
}

const aliasesOf = ({ aliases }: JsonObject, space: string): Json =>
  [...new Set(((aliases ?? []) as readonly string[]).map((alias) => fullName(alias, space)))].toSorted()

const ofSchemas: ReadonlySet<string> = new Set(
  'doc fields items name namespace size symbols values type aliases'.split(' '),
)
const ofEnums: ReadonlySet<string> = new Set([...ofSchemas, 'default'])
const ofFields: ReadonlySet<string> = new Set('default doc name order type aliases'.split(' '))

function others(object: JsonObject, own: ReadonlySet<string>): Json {
  return sortedJson(Object.fromEntries(Object.entries(object).filter(([name]) => !own.has(name))))
}
