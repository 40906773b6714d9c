// The columns that rows of a schema have, of any schema type: what readers of tables and the lake see of it. Of a Debezium
// envelope they are those of the row inside.
import type { AvroType } from '../../format/index.ts'
import type { ParsedSchema } from '../check.ts'
import { keyword, keywordsOf, propertyOf } from '../json/facts.ts'
import type { SchemaNode } from '../json/document.ts'
import { isRecord, namesOfMask, typeBits, typeMask, numberBits } from '../json/values.ts'

export interface Column {
  readonly name: string
  /** Other names that it reads: a renamed column. */
  readonly aliases: readonly string[]
  /** As Iceberg names types: int, long, decimal(10,2), list<string>, struct<a: int>; `any` where there is none. */
  readonly type: string
  readonly nullable: boolean
  /** What a reader gets where it is missing. */
  readonly hasDefault: boolean
}

export function columnsOf(parsed: ParsedSchema): Column[] {
  if (parsed.type === 'AVRO') return avroColumns(parsed.schema)
  if (parsed.type === 'JSON') return jsonColumns(parsed.schema.root)
  const [message] = parsed.schema.messages
  return (message?.fields ?? []).map((field) => ({
    name: field.name,
    aliases: [],
    type: protoType(field.label === 'repeated', field.scalar ?? (field.message ? 'struct' : 'string')),
    nullable: field.label !== 'required',
    hasDefault: field.label !== 'required',
  }))
}

/** The record itself, or the branch of a union that is one. */
function recordOf(type: AvroType): (AvroType & { kind: 'record' }) | undefined {
  if (type.kind === 'record') return type
  return type.kind === 'union' ? type.branches.find((branch) => branch.kind === 'record') : undefined
}

function avroColumns(root: AvroType): Column[] {
  const record = recordOf(root)
  if (!record) return []
  const field = (name: string): AvroType | undefined => record.fields.find((one) => one.name === name)?.type
  const [before, after, op] = [field('before'), field('after'), field('op')]
  const row = before && after && op ? recordOf(after) : undefined
  return (row ?? record).fields.map(({ name, aliases, type, hasDefault }) => ({
    name,
    aliases,
    type: avroType(type, 0),
    nullable: type.kind === 'null' || (type.kind === 'union' && type.branches.some(({ kind }) => kind === 'null')),
    hasDefault,
  }))
}

const avroNames: Readonly<Record<string, string>> = { bytes: 'binary', null: 'unknown' }
const logicalNames: Readonly<Record<string, string>> = {
  date: 'date',
  'time-millis': 'time',
  'time-micros': 'time',
  'timestamp-millis': 'timestamptz',
  'timestamp-micros': 'timestamptz',
  'timestamp-nanos': 'timestamptz_ns',
  'local-timestamp-millis': 'timestamp',
  'local-timestamp-micros': 'timestamp',
  'local-timestamp-nanos': 'timestamp_ns',
  uuid: 'uuid',
}
const depthMax = 8

function avroType(type: AvroType, depth: number): string {
  if (depth > depthMax) return 'any'
  switch (type.kind) {
    case 'union': {
      const branches = type.branches.filter(({ kind }) => kind !== 'null')
      return branches.length === 1 ? avroType(branches[0]!, depth + 1) : 'any'
    }
    case 'array':
      return `list<${avroType(type.items, depth + 1)}>`
    case 'map':
      return `map<string, ${avroType(type.values, depth + 1)}>`
    case 'record':
      return `struct<${type.fields.map((field) => `${field.name}: ${avroType(field.type, depth + 1)}`).join(', ')}>`
    case 'enum':
      return 'string'
    case 'fixed':
      return type.logical?.name === 'decimal' ? decimalType(type.logical) : `fixed(${type.size})`
    default:
      if (type.logical?.name === 'decimal') return decimalType(type.logical)
      return (type.logical && logicalNames[type.logical.name]) ?? avroNames[type.kind] ?? type.kind
  }
}

const decimalType = ({ precision, scale }: { precision: number; scale: number }): string =>
  `decimal(${precision},${scale})`

function protoType(repeated: boolean, name: string): string {
  const long = /^(u|s)?int64$|fixed64$|^uint32$|^fixed32$/
  const type = long.test(name)
    ? 'long'
    : /int32$|fixed32$/.test(name)
      ? 'int'
      : name === 'bool'
        ? 'boolean'
        : name === 'bytes'
          ? 'binary'
          : name
  return repeated ? `list<${type}>` : type
}

function jsonColumns(root: SchemaNode): Column[] {
  const properties = keyword(root, 'properties')
  if (!isRecord(properties)) return []
  const required = new Set((keyword(root, 'required') as readonly string[] | undefined) ?? [])
  return Object.keys(properties).map((name) => {
    const node = propertyOf(root, name)!
    const mask = maskOf(node)
    return {
      name,
      aliases: [],
      type: jsonType(mask),
      nullable: !required.has(name) || (mask & typeBits.null) !== 0,
      hasDefault: !required.has(name) || Object.hasOwn(keywordsOf(node), 'default'),
    }
  })
}

function maskOf(node: SchemaNode): number {
  const schema = keywordsOf(node)
  if (typeof schema['$ref'] === 'string') {
    const target = node.document.resolve(node, schema['$ref'])
    return typeof target === 'object' && target !== node ? typeMask(keywordsOf(target)['type'] ?? []) : 0
  }
  const branches = ['oneOf', 'anyOf'].flatMap((name) =>
    Array.isArray(schema[name]) ? (schema[name] as unknown[]) : [],
  )
  const inner = branches.reduce<number>(
    (mask, branch) => mask | (isRecord(branch) ? typeMask(branch['type'] ?? []) : 0),
    0,
  )
  return schema['type'] === undefined ? inner : typeMask(schema['type'])
}

function jsonType(given: number): string {
  const mask = given & ~typeBits.null
  if (mask === typeBits.integer) return 'long'
  if (mask !== 0 && (mask & ~numberBits) === 0) return 'double'
  const name = namesOfMask(mask)
  return (
    ({ string: 'string', boolean: 'boolean', object: 'struct', array: 'list' } as Record<string, string>)[name] ?? 'any'
  )
}
