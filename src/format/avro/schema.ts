// Avro schemas: text to a resolved type graph. Named types are shared objects, so recursive types are cycles.
// Invariant: a parsed graph is complete (no dangling name), and no text makes parsing deeper or larger than the limits.
// Reference: Apache Avro 1.12 specification, "Schema Declaration".
import { MillraceError } from '../../base/index.ts'
import { formatLimits, type FormatLimits } from '../limits.ts'
import { isDefaultOf } from './default.ts'

export type AvroPrimitive = 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'bytes' | 'string'

/** A logical type that holds for its underlying type; one that does not is dropped, as the specification says. */
export type AvroLogical =
  | { readonly name: 'decimal'; readonly precision: number; readonly scale: number }
  | {
      readonly name:
        | 'date'
        | 'time-millis'
        | 'time-micros'
        | 'timestamp-millis'
        | 'timestamp-micros'
        | 'timestamp-nanos'
        | 'local-timestamp-millis'
        | 'local-timestamp-micros'
        | 'local-timestamp-nanos'
        | 'uuid'
        | 'duration'
    }

export type AvroType =
  | {
      readonly kind: AvroPrimitive
      readonly logical: AvroLogical | null
      /** Kafka Connect's name of the type ('io.debezium.time.MicroTimestamp'), or null. */
      readonly connectName: string | null
    }
  | {
      readonly kind: 'fixed'
      readonly name: string
      readonly aliases: readonly string[]
      readonly size: number
      readonly logical: AvroLogical | null
    }
  | {
      readonly kind: 'enum'
      readonly name: string
      readonly aliases: readonly string[]
      readonly symbols: readonly string[]
      readonly default: string | null
    }
  | { readonly kind: 'array'; readonly items: AvroType }
  | { readonly kind: 'map'; readonly values: AvroType }
  | { readonly kind: 'union'; readonly branches: readonly AvroType[] }
  | AvroRecord

export interface AvroRecord {
  readonly kind: 'record'
  /** Full name. */
  readonly name: string
  readonly aliases: readonly string[]
  readonly fields: readonly AvroField[]
  /** Fields of the reader's schema that the writer's has not, in a resolved schema: see resolve.ts. */
  readonly absent?: readonly AvroField[]
}

export interface AvroField {
  readonly name: string
  readonly type: AvroType
  readonly aliases: readonly string[]
  readonly hasDefault: boolean
  /** The JSON value as JSON.parse gives it, integers beyond 2^53 as bigint; meaningless without hasDefault. */
  readonly default: unknown
}

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
/** What is read: schemas that were registered before names were checked are read still, as by Avro's own readers. */
const namePattern = /^[\p{L}_][\p{L}\p{Nd}_]*$/u
/** What a new schema's names must be. */
const newNamePattern = /^[A-Za-z_][A-Za-z0-9_]*$/

interface Parsing {
  readonly names: Map<string, AvroType>
  /** Records whose fields are being parsed. */
  readonly open: Set<string>
  readonly limits: FormatLimits
  /** Names are ASCII, namespaces are names, defaults are values of their types. */
  readonly isNew: boolean
  /** Fields with defaults, which are looked at when every type is known. */
  readonly defaults: { readonly path: string; readonly type: AvroType; readonly json: unknown }[]
  nodes: number
}

/**
 * Parses a schema's text. O(text). Throws MR-FORMAT-001 with the place inside the schema as a path.
 * @param references texts of other schemas whose named types this one uses, in order of need
 * @param isNew also refuses what is read for the sake of old data only: names that are not ASCII, namespaces that are no names,
 * a record without a namespace that names itself from inside of one, a primitive type's name without quotes, defaults that
 * are no values of their type (Avro 1.12 `Parser.setValidateDefaults`, `NameValidator.STRICT_VALIDATOR`)
 */
export function parseAvroSchema(
  text: string,
  references: readonly string[] = [],
  limits: FormatLimits = formatLimits,
  isNew = false,
): AvroType {
  const parsing: Parsing = { names: new Map(), open: new Set(), limits, isNew, defaults: [], nodes: 0 }
  for (const reference of references) parseNode(parseJson(reference, limits), '', '', 0, parsing)
  const type = parseNode(parseJson(text, limits, isNew), '', '', 0, parsing)
  for (const { path, type: of, json } of parsing.defaults)
    if (!isDefaultOf(of, json)) fail(path, `the default ${shortJson(json)} is no value of the field's type`)
  return type
}

function shortJson(json: unknown): string {
  const text = JSON.stringify(json, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

function isName(name: unknown, { isNew }: Parsing): name is string {
  return typeof name === 'string' && (isNew ? newNamePattern : namePattern).test(name)
}

const isNamespace = (space: string, parsing: Parsing): boolean =>
  space === '' || !parsing.isNew || space.split('.').every((part) => newNamePattern.test(part))

function fail(path: string, reason: string): never {
  throw new MillraceError('MR-FORMAT-001', { details: { reason: `${reason} (at ${path === '' ? '/' : path})` } })
}

/** JSON with integers beyond 2^53 as bigint. A bare name (`long` without quotes) is read, but is no new schema. */
function parseJson(text: string, limits: FormatLimits, isNew = false): unknown {
  if (text.length > limits.schemaBytesMax) fail('', `the text is longer than ${limits.schemaBytesMax}`)
  if (primitives.has(text.trim())) {
    if (isNew) fail('', `${text.trim()} is a name in quotes: "${text.trim()}"`)
    return text.trim()
  }
  try {
    if (!/\d{16}/.test(text)) return JSON.parse(text)
    return JSON.parse(text, exactInteger)
  } catch (error) {
    return fail('', `it is not JSON: ${(error as Error).message}`)
  }
}

function exactInteger(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || context?.source === undefined) return value
  return /^-?\d+$/.test(context.source) ? BigInt(context.source) : value
}

function parseNode(json: unknown, namespace: string, path: string, depth: number, parsing: Parsing): AvroType {
  if (depth > parsing.limits.depthMax) fail(path, `it is nested deeper than ${parsing.limits.depthMax}`)
  if (++parsing.nodes > parsing.limits.schemaNodesMax)
    fail(path, `it has more than ${parsing.limits.schemaNodesMax} types`)
  if (typeof json === 'string') return named(json, namespace, path, parsing)
  if (Array.isArray(json)) return parseUnion(json, namespace, path, depth, parsing)
  if (typeof json !== 'object' || json === null) fail(path, 'a type is a name, an object or an array')
  const node = json as Record<string, unknown>
  const type = node['type']
  if (typeof type !== 'string') {
    if (type === undefined) fail(path, 'an object without "type"')
    return parseNode(type, namespace, `${path}/type`, depth + 1, parsing)
  }
  switch (type) {
    case 'record':
    case 'error':
      return parseRecord(node, namespace, path, depth, parsing)
    case 'enum':
      return parseEnum(node, namespace, path, parsing)
    case 'fixed':
      return parseFixed(node, namespace, path, parsing)
    case 'array':
      return { kind: 'array', items: parseNode(node['items'], namespace, `${path}/items`, depth + 1, parsing) }
    case 'map':
      return { kind: 'map', values: parseNode(node['values'], namespace, `${path}/values`, depth + 1, parsing) }
  }
  if (!primitives.has(type)) return named(type, namespace, path, parsing)
  const connectName = node['connect.name']
  return {
    kind: type as AvroPrimitive,
    logical: logicalOf(node, type, 0),
    connectName: typeof connectName === 'string' ? connectName : null,
  }
}

function named(name: string, namespace: string, path: string, parsing: Parsing): AvroType {
  if (primitives.has(name)) return { kind: name as AvroPrimitive, logical: null, connectName: null }
  const full = name.includes('.') || namespace === '' ? name : `${namespace}.${name}`
  const known = parsing.names.get(full)
  if (known) return known
  // The specification knows no more ("Names"), but Java takes a type without a namespace from inside of one. Not so Java of
  // today a record that is not complete yet: readers there cannot read what names it so.
  const outside = parsing.names.get(name)
  if (outside && !(parsing.isNew && parsing.open.has(name))) return outside
  return fail(path, `"${name}" is not the name of a type${full === name ? '' : `: it means ${full} here`}`)
}

function parseUnion(json: unknown[], namespace: string, path: string, depth: number, parsing: Parsing): AvroType {
  const branches = json.map((branch, i) => parseNode(branch, namespace, `${path}/${i}`, depth + 1, parsing))
  const seen = new Set<string>()
  branches.forEach((branch, i) => {
    if (branch.kind === 'union') fail(`${path}/${i}`, 'a union directly inside a union')
    const key = 'name' in branch ? branch.name : branch.kind
    if (seen.has(key)) fail(`${path}/${i}`, `the union has ${key} twice`)
    seen.add(key)
  })
  return { kind: 'union', branches }
}

/** Full name and the namespace that holds inside. */
function readName(
  node: Record<string, unknown>,
  outer: string,
  path: string,
  parsing: Parsing,
): { name: string; namespace: string; aliases: string[] } {
  const given = node['name']
  const dot = typeof given === 'string' ? given.lastIndexOf('.') : -1
  if (
    typeof given !== 'string' ||
    !isName(given.slice(dot + 1), parsing) ||
    !isNamespace(given.slice(0, Math.max(dot, 0)), parsing)
  )
    fail(`${path}/name`, `${JSON.stringify(given)} is no name`)
  const space = node['namespace']
  if (space !== undefined && (typeof space !== 'string' || !isNamespace(space, parsing)))
    fail(`${path}/namespace`, `${JSON.stringify(space)} is no namespace`)
  const namespace = dot >= 0 ? given.slice(0, dot) : ((space as string | undefined) ?? outer)
  const name = dot >= 0 || namespace === '' ? given : `${namespace}.${given}`
  const aliases = readAliases(node, path).map((a) => (a.includes('.') || namespace === '' ? a : `${namespace}.${a}`))
  return { name, namespace, aliases }
}

function readAliases(node: Record<string, unknown>, path: string): string[] {
  const aliases = node['aliases']
  if (aliases === undefined) return []
  if (!Array.isArray(aliases) || aliases.some((a) => typeof a !== 'string'))
    fail(`${path}/aliases`, 'aliases are names')
  return aliases as string[]
}

function define(name: string, type: AvroType, path: string, parsing: Parsing): void {
  if (parsing.names.has(name)) fail(path, `the type ${name} is defined twice`)
  if (primitives.has(name)) fail(path, `${name} is a primitive type`)
  parsing.names.set(name, type)
}

function parseRecord(
  node: Record<string, unknown>,
  outer: string,
  path: string,
  depth: number,
  parsing: Parsing,
): AvroRecord {
  const { name, namespace, aliases } = readName(node, outer, path, parsing)
  const fields: AvroField[] = []
  const record: AvroRecord = { kind: 'record', name, aliases, fields }
  // Known before its fields are parsed: they may refer to it.
  define(name, record, path, parsing)
  parsing.open.add(name)
  const list = node['fields']
  if (!Array.isArray(list)) fail(`${path}/fields`, `record ${name} has no list of fields`)
  const seen = new Set<string>()
  list.forEach((item: unknown, i) => {
    const at = `${path}/fields/${i}`
    if (typeof item !== 'object' || item === null) fail(at, 'a field is an object')
    const field = item as Record<string, unknown>
    const fieldName = field['name']
    if (!isName(fieldName, parsing)) fail(at, `${JSON.stringify(fieldName)} is no field name`)
    if (seen.has(fieldName)) fail(at, `the field ${fieldName} is there twice`)
    seen.add(fieldName)
    if (field['type'] === undefined) fail(at, `the field ${fieldName} has no type`)
    const type = parseNode(field['type'], namespace, `${at}/type`, depth + 1, parsing)
    if (parsing.isNew && Object.hasOwn(field, 'default'))
      parsing.defaults.push({ path: `${at}/default`, type, json: field['default'] })
    fields.push({
      name: fieldName,
      type,
      aliases: readAliases(field, at),
      hasDefault: Object.hasOwn(field, 'default'),
      default: field['default'],
    })
  })
  parsing.open.delete(name)
  return record
}

function parseEnum(node: Record<string, unknown>, outer: string, path: string, parsing: Parsing): AvroType {
  const { name, aliases } = readName(node, outer, path, parsing)
  const symbols = node['symbols']
  if (!Array.isArray(symbols)) fail(`${path}/symbols`, `enum ${name} has no symbols`)
  for (const symbol of symbols as unknown[]) {
    if (!isName(symbol, parsing)) fail(`${path}/symbols`, `${JSON.stringify(symbol)} is no symbol`)
  }
  if (new Set(symbols).size !== symbols.length) fail(`${path}/symbols`, 'a symbol is there twice')
  const fallback = node['default']
  if (fallback !== undefined && !symbols.includes(fallback))
    fail(`${path}/default`, 'the default is not one of the symbols')
  const type: AvroType = {
    kind: 'enum',
    name,
    aliases,
    symbols: symbols as string[],
    default: (fallback as string | undefined) ?? null,
  }
  define(name, type, path, parsing)
  return type
}

function parseFixed(node: Record<string, unknown>, outer: string, path: string, parsing: Parsing): AvroType {
  const { name, aliases } = readName(node, outer, path, parsing)
  const size = node['size']
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 0 || size > 0x7fffffff)
    fail(`${path}/size`, `${JSON.stringify(size) ?? 'nothing'} is no size`)
  const type: AvroType = { kind: 'fixed', name, aliases, size, logical: logicalOf(node, 'fixed', size) }
  define(name, type, path, parsing)
  return type
}

const logicalUnderlying: Readonly<Record<string, string>> = {
  date: 'int',
  'time-millis': 'int',
  'time-micros': 'long',
  'timestamp-millis': 'long',
  'timestamp-micros': 'long',
  'timestamp-nanos': 'long',
  'local-timestamp-millis': 'long',
  'local-timestamp-micros': 'long',
  'local-timestamp-nanos': 'long',
  uuid: 'string',
}

function logicalOf(node: Record<string, unknown>, kind: string, size: number): AvroLogical | null {
  const name = node['logicalType']
  if (typeof name !== 'string') return null
  if (name === 'decimal') {
    const precision = node['precision']
    const scale = node['scale'] ?? 0
    if (kind !== 'bytes' && kind !== 'fixed') return null
    if (typeof precision !== 'number' || !Number.isInteger(precision) || precision < 1) return null
    if (typeof scale !== 'number' || !Number.isInteger(scale) || scale < 0 || scale > precision) return null
    if (kind === 'fixed' && precision > Math.floor(Math.log10(2) * (8 * size - 1))) return null
    return { name, precision, scale }
  }
  if (kind === 'fixed' && ((name === 'uuid' && size === 16) || (name === 'duration' && size === 12))) return { name }
  if (Object.hasOwn(logicalUnderlying, name) && logicalUnderlying[name] === kind) return { name } as AvroLogical
  return null
}

/** The least bytes that a value takes, and whether every value takes just as many. Memoized over one graph. */
export class AvroSizes {
  readonly #known = new Map<AvroType, { least: number; fixed: boolean }>()

  of(type: AvroType): { least: number; fixed: boolean } {
    const known = this.#known.get(type)
    if (known) return known
    // While a recursive record is open it counts as nothing; a real value of it takes more.
    this.#known.set(type, { least: 0, fixed: false })
    const size = this.#measure(type)
    this.#known.set(type, size)
    return size
  }

  #measure(type: AvroType): { least: number; fixed: boolean } {
    switch (type.kind) {
      case 'null':
        return { least: 0, fixed: true }
      case 'boolean':
        return { least: 1, fixed: true }
      case 'float':
        return { least: 4, fixed: true }
      case 'double':
        return { least: 8, fixed: true }
      case 'fixed':
        return { least: type.size, fixed: true }
      case 'record': {
        let least = 0
        let fixed = true
        for (const field of type.fields) {
          const size = this.of(field.type)
          least = Math.min(least + size.least, 0x7fffffff)
          fixed &&= size.fixed
        }
        return { least, fixed }
      }
      default:
        // A varint: of a value, a length, a count, an index of a symbol or a branch.
        return { least: 1, fixed: false }
    }
  }
}
