// The normal form of an Avro schema, and its resolved form. Normal: attributes in a fixed order, names in full, properties
// sorted, so that schemas that mean the same get one id when a client asks for `normalize`. Resolved: what is referred to
// stands inside, at its first mention.
// Reference: Confluent AvroSchemaUtils (normalized string), Avro's parsing canonical form.
import { canonicalAvro, keepNumber } from '../avro/canonical.ts'
import { javaDouble, javaFloat } from '../canonical-json.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
export type JsonObject = { readonly [key: string]: Json }

export const primitives: ReadonlySet<string> = new Set('null boolean int long float double bytes string'.split(' '))
export const kinds: ReadonlySet<string> = new Set(['record', 'error', 'enum', 'fixed'])
const byCode = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** JSON text with the numbers as written and the keys of every object sorted. */
function sortedText(value: Json): string {
  return JSON.stringify(sortedJson(value))
}

export function sortedJson(value: Json): Json {
  if (Array.isArray(value)) return value.map((item) => sortedJson(item as Json))
  if (typeof value !== 'object' || value === null || isRawJson(value)) return value
  const entries = Object.entries(value).toSorted(([a], [b]) => byCode(a, b))
  return Object.fromEntries(entries.map(([name, item]) => [name, sortedJson(item as Json)]))
}

const { isRawJSON: isRawJson, rawJSON: rawJson } = JSON as unknown as {
  isRawJSON(value: unknown): boolean
  rawJSON(text: string): unknown
}

/** Default values whose type says int, long, float or double keep their digits; the text of the schema gives them. */
export const parse = (text: string): Json => {
  const trimmed = text.trim()
  return primitives.has(trimmed) ? trimmed : (JSON.parse(trimmed, keepNumber) as Json)
}

export interface Names {
  /** The namespace in force. */
  readonly space: string
  /** Full names that were written, or that references define. */
  readonly known: Set<string>
}

/** @param references texts that the schema refers to, references of references first */
export function normalAvro(text: string, references: readonly string[]): string {
  const known = new Set<string>()
  for (const reference of references) collectNames(parse(canonicalAvro(reference)), '', known)
  return normal(parse(canonicalAvro(text)), { space: '', known })
}

export function fullName(name: string, space: string): string {
  return name.includes('.') || space === '' || primitives.has(name) ? name : `${space}.${name}`
}

export function collectNames(node: Json, space: string, known: Set<string>): void {
  visitNamed(node, space, (full) => known.add(full))
}

/** Calls `found` for each definition of a named type, outer ones first. */
function visitNamed(node: Json, space: string, found: (full: string, node: JsonObject) => void): void {
  if (Array.isArray(node)) for (const branch of node) visitNamed(branch as Json, space, found)
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return
  const object = node as JsonObject
  const type = object['type']
  if (typeof type !== 'string') return type === undefined ? undefined : visitNamed(type, space, found)
  if (kinds.has(type)) {
    const full = fullName(object['name'] as string, (object['namespace'] as string | undefined) ?? space)
    found(full, object)
    const inner = full.includes('.') ? full.slice(0, full.lastIndexOf('.')) : ''
    for (const field of (object['fields'] as readonly JsonObject[] | undefined) ?? [])
      visitNamed(field['type']!, inner, found)
  }
  if (type === 'array') visitNamed(object['items']!, space, found)
  if (type === 'map') visitNamed(object['values']!, space, found)
}

function normal(node: Json, names: Names): string {
  if (typeof node === 'string') {
    if (primitives.has(node)) return JSON.stringify(node)
    const full = fullName(node, names.space)
    return JSON.stringify(names.known.has(full) ? full : node)
  }
  if (Array.isArray(node)) return `[${node.map((branch) => normal(branch as Json, names)).join(',')}]`
  const object = node as JsonObject
  const type = object['type']!
  if (typeof type !== 'string') return normal(type, names)
  if (type === 'array') return `{"type":"array","items":${normal(object['items']!, names)}${extras(object)}}`
  if (type === 'map') return `{"type":"map","values":${normal(object['values']!, names)}${extras(object)}}`
  if (kinds.has(type)) return normalNamed(object, type, names)
  const more = extras(object)
  return more === '' ? JSON.stringify(type) : `{"type":${JSON.stringify(type)}${more}}`
}

function normalNamed(object: JsonObject, type: string, names: Names): string {
  const full = fullName(object['name'] as string, (object['namespace'] as string | undefined) ?? names.space)
  if (names.known.has(full)) return JSON.stringify(full)
  names.known.add(full)
  const space = full.includes('.') ? full.slice(0, full.lastIndexOf('.')) : ''
  const inner = { space, known: names.known }
  let own = ''
  if (type === 'enum') own = `,"symbols":${JSON.stringify(object['symbols'])}`
  else if (type === 'fixed') own = `,"size":${JSON.stringify(object['size'])}`
  else {
    const fields = (object['fields'] as readonly JsonObject[]).map((field) => normalField(field, inner))
    own = `,"fields":[${fields.join(',')}]`
  }
  const doc = object['doc']
  const described = doc === undefined || doc === '' ? '' : `,"doc":${JSON.stringify(doc)}`
  const aliases = aliasesText(object['aliases'], space)
  const fallback =
    type === 'enum' && object['default'] !== undefined ? `,"default":${sortedText(object['default'])}` : ''
  const name = JSON.stringify(full)
  const written = type === 'error' ? 'record' : type
  return `{"name":${name},"type":"${written}"${own}${logical(object)}${described}${aliases}${fallback}${simple(object)}}`
}

function normalField(field: JsonObject, names: Names): string {
  const order = typeof field['order'] === 'string' ? field['order'].toLowerCase() : 'ascending'
  const doc = field['doc'] === undefined ? '' : `,"doc":${JSON.stringify(field['doc'])}`
  const aliases = aliasesText(field['aliases'], '')
  const fallback =
    field['default'] === undefined ? '' : `,"default":${sortedText(normalDefault(field['default'], field['type']!))}`
  const known = new Set(['name', 'type', 'doc', 'default', 'order', 'aliases'])
  const more = propertiesText(field, known)
  return `{"name":${JSON.stringify(field['name'])},"type":${normal(field['type']!, names)},"order":"${order}"${doc}${aliases}${fallback}${more}}`
}

/** Numbers as values of their type. Defaults of records are as they are written. */
function normalDefault(value: Json, type: Json): Json {
  if (Array.isArray(type)) return type.length === 0 ? value : normalDefault(value, type[0] as Json)
  if (isRawJson(value)) {
    if (type !== 'float' && type !== 'double') return value
    const text = (type === 'float' ? javaFloat : javaDouble)(Number(JSON.stringify(value)))
    return text === undefined ? value : (rawJson(text) as Json)
  }
  if (typeof type !== 'object' || type === null || Array.isArray(type)) return value
  const { type: kind, items, values } = type as JsonObject
  if (kind === 'array' && Array.isArray(value)) return value.map((item) => normalDefault(item as Json, items!))
  if (kind === 'map' && typeof value === 'object' && value !== null && !Array.isArray(value))
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, normalDefault(item as Json, values!)]))
  return kind === 'array' || kind === 'map' || kind === undefined ? value : normalDefault(value, kind)
}

function aliasesText(aliases: Json | undefined, space: string): string {
  if (!Array.isArray(aliases) || aliases.length === 0) return ''
  const names = new Set((aliases as string[]).map((alias) => fullName(alias, space)))
  return `,"aliases":${JSON.stringify([...names].toSorted(byCode))}`
}

/** The logical type first, then the other properties by name. */
function extras(object: JsonObject): string {
  return logical(object) + simple(object)
}

function logical(object: JsonObject): string {
  const name = object['logicalType']
  if (typeof name !== 'string') return ''
  if (name !== 'decimal') return `,"logicalType":${JSON.stringify(name)}`
  const { precision, scale } = object
  const scaled = scale === undefined ? '' : `,"scale":${JSON.stringify(scale)}`
  return `,"logicalType":"decimal","precision":${JSON.stringify(precision)}${scaled}`
}

const reserved: ReadonlySet<string> = new Set(
  'doc fields items name namespace size symbols values type aliases default logicalType'.split(' '),
)

function simple(object: JsonObject): string {
  const written = object['logicalType'] === 'decimal' ? new Set([...reserved, 'precision', 'scale']) : reserved
  return propertiesText(object, written)
}

function propertiesText(object: JsonObject, without: ReadonlySet<string>): string {
  return Object.entries(object)
    .filter(([name]) => !without.has(name))
    .toSorted(([a], [b]) => byCode(a, b))
    .map(([name, value]) => `,${JSON.stringify(name)}:${sortedText(value)}`)
    .join('')
}

/** The schema with what it refers to inside it. @param references as for normalAvro */
export function resolvedAvro(text: string, references: readonly string[]): string {
  if (references.length === 0) return text
  const definitions = new Map<string, { readonly node: JsonObject; readonly space: string }>()
  for (const reference of references)
    visitNamed(parse(canonicalAvro(reference)), '', (full, node) => {
      definitions.set(full, { node, space: full.includes('.') ? full.slice(0, full.lastIndexOf('.')) : '' })
    })
  const written = new Set<string>()
  const resolve = (node: Json, space: string): Json => {
    if (typeof node === 'string') {
      const full = fullName(node, space)
      const definition = primitives.has(node) || written.has(full) ? undefined : definitions.get(full)
      return definition ? resolve(named(definition.node, full), '') : node
    }
    if (Array.isArray(node)) return node.map((branch) => resolve(branch as Json, space))
    const object = node as JsonObject
    const type = object['type']!
    if (typeof type !== 'string') return { ...object, type: resolve(type, space) }
    if (type === 'array') return { ...object, items: resolve(object['items']!, space) }
    if (type === 'map') return { ...object, values: resolve(object['values']!, space) }
    if (!kinds.has(type)) return object
    const full = fullName(object['name'] as string, (object['namespace'] as string | undefined) ?? space)
    written.add(full)
    const inner = full.includes('.') ? full.slice(0, full.lastIndexOf('.')) : ''
    const fields = object['fields'] as readonly JsonObject[] | undefined
    if (!fields) return object
    return { ...object, fields: fields.map((field) => ({ ...field, type: resolve(field['type']!, inner) })) }
  }
  return canonicalAvro(JSON.stringify(resolve(parse(canonicalAvro(text)), '')))
}

/** A definition under its full name, so that it means the same wherever it is put. */
function named(node: JsonObject, full: string): JsonObject {
  const dot = full.lastIndexOf('.')
  return { ...node, name: full.slice(dot + 1), namespace: dot < 0 ? '' : full.slice(0, dot) }
}
