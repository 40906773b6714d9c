// The one text of an Avro schema: as Avro's own printer writes it, so that schemas that differ only in white space or in
// the order of their attributes get one id, here as in Confluent's registry. Nothing that was written is lost: docs,
// aliases and other attributes stay, numbers keep their values.
// Reference: Apache Avro 1.12 org.apache.avro.Schema.toJson.
import { doubleText, javaDouble } from '../canonical-json.ts'

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
type JsonObject = { readonly [key: string]: Json }

const primitives: ReadonlySet<string> = new Set([
  'null',
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'bytes',
  'string',
])
const schemaReserved: ReadonlySet<string> = new Set([
  'doc',
  'fields',
  'items',
  'name',
  'namespace',
  'size',
  'symbols',
  'values',
  'type',
  'aliases',
])
const enumReserved: ReadonlySet<string> = new Set([...schemaReserved, 'default'])
const fieldReserved: ReadonlySet<string> = new Set(['default', 'doc', 'name', 'order', 'type', 'aliases'])

/** @param text a schema that parseAvroSchema accepts. O(text) */
export function canonicalAvro(text: string): string {
  const trimmed = text.trim()
  if (primitives.has(trimmed)) return JSON.stringify(trimmed)
  const json = JSON.parse(trimmed, keepNumber) as Json
  return JSON.stringify(print(json, { space: '', known: new Map() }))
}

/** A number is printed as Avro's own printer has it: JSON.rawJSON keeps its text. */
export function keepNumber(_key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' && context?.source !== undefined ? rawJson(doubleText(context.source)) : value
}

const rawJson = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON

interface Names {
  /** The namespace in force. */
  readonly space: string
  /** Full names of the types defined so far. */
  readonly known: Map<string, true>
}

function print(json: Json, names: Names): Json {
  if (typeof json === 'string') return printName(json, names)
  if (Array.isArray(json)) return json.map((branch) => print(branch as Json, names))
  const node = json as JsonObject
  const type = node['type']!
  if (typeof type !== 'string') return print(type, names)
  switch (type) {
    case 'record':
    case 'error':
      return printRecord(node, type, names)
    case 'enum':
      return printNamed(node, names, (_inner, head) => ({
        type,
        ...head,
        symbols: node['symbols']!,
        ...(node['default'] === undefined ? {} : { default: node['default'] }),
        ...extras(node, enumReserved),
      }))
    case 'fixed':
      return printNamed(node, names, (_inner, head) => ({
        type,
        ...head,
        size: node['size']!,
        ...extras(node, schemaReserved),
      }))
    case 'array':
      return { type, items: print(node['items']!, names), ...extras(node, schemaReserved) }
    case 'map':
      return { type, values: print(node['values']!, names), ...extras(node, schemaReserved) }
  }
  if (!primitives.has(type)) return printName(type, names)
  const more = extras(node, schemaReserved)
  return Object.keys(more).length === 0 ? type : { type, ...more }
}

function fullName(name: string, space: string): string {
  return name.includes('.') || space === '' || primitives.has(name) ? name : `${space}.${name}`
}

/** A reference to a named type: without its namespace where that is the one in force. */
function printName(name: string, names: Names): string {
  if (primitives.has(name)) return name
  const full = names.known.has(fullName(name, names.space)) ? fullName(name, names.space) : name
  const dot = full.lastIndexOf('.')
  return dot > 0 && full.slice(0, dot) === names.space ? full.slice(dot + 1) : full
}

type Head = { readonly [key: string]: Json }

function printNamed(node: JsonObject, names: Names, rest: (inner: Names, head: Head) => JsonObject): Json {
  const given = node['name'] as string
  const dot = given.lastIndexOf('.')
  const space = dot >= 0 ? given.slice(0, dot) : ((node['namespace'] as string | undefined) ?? names.space)
  const name = dot >= 0 ? given.slice(dot + 1) : given
  names.known.set(fullName(name, space), true)
  const inner = { space, known: names.known }
  const head: Head = {
    name,
    ...(space === names.space ? {} : { namespace: space }),
    ...(node['doc'] === undefined || node['doc'] === null ? {} : { doc: node['doc'] }),
  }
  const aliases = node['aliases'] as readonly string[] | undefined
  const printed = rest(inner, head)
  if (!aliases || aliases.length === 0) return printed
  return { ...printed, aliases: [...new Set(aliases.map((alias) => relativeAlias(alias, space)))] }
}

function relativeAlias(alias: string, space: string): string {
  const dot = alias.lastIndexOf('.')
  return dot > 0 && alias.slice(0, dot) === space ? alias.slice(dot + 1) : alias
}

function printRecord(node: JsonObject, type: string, names: Names): Json {
  return printNamed(node, names, (inner, head) => ({
    type,
    ...head,
    fields: (node['fields'] as readonly JsonObject[]).map((field) => printField(field, inner)),
    ...extras(node, schemaReserved),
  }))
}

/** A number that is written as text is one in a field of floats. */
function printDefault(value: Json, type: Json): Json {
  const isFloat = type === 'double' || type === 'float'
  if (!isFloat || typeof value !== 'string' || value.trim() === '') return value
  const text = javaDouble(Number(value))
  return text === undefined ? value : (rawJson(text) as Json)
}

function printField(field: JsonObject, names: Names): Json {
  const order = typeof field['order'] === 'string' ? field['order'].toLowerCase() : 'ascending'
  const aliases = field['aliases'] as readonly Json[] | undefined
  return {
    name: field['name']!,
    type: print(field['type']!, names),
    ...(field['doc'] === undefined || field['doc'] === null ? {} : { doc: field['doc'] }),
    ...(field['default'] === undefined ? {} : { default: printDefault(field['default'], field['type']!) }),
    ...(order === 'ascending' ? {} : { order }),
    ...(aliases && aliases.length > 0 ? { aliases: [...new Set(aliases)] } : {}),
    ...extras(field, fieldReserved),
  }
}

/** Attributes that are nobody's own: logicalType, precision, connect.name … in their order. */
function extras(node: JsonObject, reserved: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(Object.entries(node).filter(([name]) => !reserved.has(name)))
}
