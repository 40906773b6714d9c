// What becomes of a message's fields in a table's columns: for each column the field of its name, how its value is read, and
// what stands there when it is absent. Made once per writer's schema and set of columns; both readers follow it.
//
// Absent fields, as Flink's protobuf format reads them by default (read-default-values off): a field without presence (proto3's
// plain scalars) has its zero value; a field with presence is NULL; an empty list or map is NULL, or empty where the column is
// NOT NULL. Beyond Flink: well-known types are read as the columns they mean, and a message with the one field `value` (Google's
// wrappers, Confluent's wrappers of nullable lists and elements) as that value.
// Reference: Flink 2.3 docs, formats/protobuf; Confluent "Data type mappings" (flink.wrapped).
import { describeType, ticksPerSecond, type Field, type LogicalType } from '../../model/index.ts'
import { formatLimits } from '../limits.ts'
import type { StageColumn } from '../stage.ts'
import { wire } from './cursor.ts'
import { wireTypeOf } from './option-bytes.ts'
import type { ProtoEnum, ProtoField, ProtoMessage, ProtoOneof, ScalarName } from './schema.ts'

/** The writer's schema cannot be read as the columns; the message says which and why. */
export class Unreadable extends Error {}

export type Source = ScalarName | 'enum'

/** One value of a scalar or enum into a lane. */
export interface ScalarPlan {
  readonly kind: 'scalar'
  readonly source: Source
  readonly wireType: number
  /** 'i64' takes any signed value, 'u64' refuses those above 2^63 - 1. */
  readonly target:
    | 'bool'
    | 'i8'
    | 'i16'
    | 'i32'
    | 'i64'
    | 'u64'
    | 'f32'
    | 'f64'
    | 'decimal'
    | 'bytes'
    | 'text'
    | 'enumText'
  /** Bounds of an i8, i16 or i32; no check where they are the source's own. */
  readonly least: number
  readonly most: number
  readonly names: ReadonlyMap<number, Uint8Array> | null
  /** Numbers of a closed enum: others count as unknown fields. */
  readonly closed: ReadonlySet<number> | null
  readonly path: string
}

/** A message of a well-known type into one lane. */
export interface SmallPlan {
  readonly kind: 'timestamp' | 'duration' | 'date' | 'time' | 'decimal' | 'textDecimal'
  /** Of a timestamp's column: ticks per second. */
  readonly ticks: number
  /** Of a decimal's column. */
  readonly scale: number
  readonly precision: number
  readonly path: string
}

export interface MessageValuePlan {
  readonly kind: 'message'
  readonly plan: MessagePlan
  /** A ROW, which is marked as present; a wrapper's value marks itself. */
  readonly row: boolean
}

export type ValuePlan = ScalarPlan | SmallPlan | MessageValuePlan

export type Absent = 'null' | 'refuse' | 'zero' | 'empty' | 'required'

export interface FieldPlan {
  readonly field: ProtoField
  /** Number and wire type of one value. */
  readonly tag: number
  /** The tag of many in one, where values can be packed. */
  readonly packedTag: number | null
  readonly mode: 'single' | 'list' | 'map'
  readonly slot: StageColumn
  readonly value: ValuePlan
  readonly key: FieldPlan | null
  readonly mapValue: FieldPlan | null
  readonly absent: Absent
  readonly path: string
}

export interface MessagePlan {
  readonly message: ProtoMessage
  /** In the order of their numbers. */
  readonly fields: readonly FieldPlan[]
  readonly byNumber: ReadonlyMap<number, FieldPlan>
  /** Columns that the message has no field for. */
  readonly nulls: readonly StageColumn[]
  /** Fields of proto2 that must be there, read or not. */
  readonly required: readonly ProtoField[]
  readonly path: string
}

interface PlanOptions {
  /** Inside a wrapper an empty list is empty: the wrapper's absence is NULL. */
  readonly wrapped: boolean
  readonly depth: number
  readonly path: string
}

/** Throws Unreadable. */
export function planRow(message: ProtoMessage, fields: readonly Field[], slots: readonly StageColumn[]): MessagePlan {
  return planMessage(message, fields, slots, { wrapped: false, depth: 0, path: '' })
}

function planMessage(
  message: ProtoMessage,
  columns: readonly Field[],
  slots: readonly StageColumn[],
  options: PlanOptions,
): MessagePlan {
  if (options.depth > formatLimits.depthMax) throw new Unreadable('its columns are nested too deep')
  const plans: FieldPlan[] = []
  const nulls: StageColumn[] = []
  columns.forEach(({ name, type }, i) => {
    const field = message.fields.find((one) => one.name === name)
    const path = options.path === '' ? name : `${options.path}.${name}`
    if (field) plans.push(planField(field, type, slots[i]!, { ...options, path }))
    else if (type.nullable) nulls.push(slots[i]!)
    else throw new Unreadable(`${path} is not in ${message.fullName} and may not be null`)
  })
  return finish(message, plans, nulls, options.path)
}

function finish(message: ProtoMessage, plans: FieldPlan[], nulls: StageColumn[], path: string): MessagePlan {
  const fields = plans.toSorted((a, b) => a.field.number - b.field.number)
  return {
    message,
    fields,
    byNumber: new Map(fields.map((plan) => [plan.field.number, plan])),
    nulls,
    required: message.fields.filter((field) => field.required),
    path,
  }
}

function planField(field: ProtoField, type: LogicalType, slot: StageColumn, options: PlanOptions): FieldPlan {
  const tag = field.number * 8 + wireTypeOf(field)
  const { path } = options
  const base = { field, tag, slot, path, key: null, mapValue: null }
  if (field.label !== 'repeated') {
    const value = planSingle(field, type, slot, options)
    return { ...base, packedTag: null, mode: 'single', value, absent: absentOf(field, type) }
  }
  const absent: Absent = options.wrapped || !type.nullable ? 'empty' : 'null'
  if (type.kind === 'MAP') return planMap(field, type, { ...base, packedTag: null, mode: 'map', absent }, options)
  if (type.kind !== 'ARRAY' || field.message?.isMapEntry) throw refuse(field, type, path)
  const value = planSingle(field, type.element, slot.children[0]!, { ...options, path: `${path}[]` })
  const packable = !field.message && (tag & 7) !== wire.bytes
  return { ...base, packedTag: packable ? field.number * 8 + wire.bytes : null, mode: 'list', value, absent }
}

function planMap(
  field: ProtoField,
  type: LogicalType & { kind: 'MAP' },
  base: Omit<FieldPlan, 'value'>,
  options: PlanOptions,
): FieldPlan {
  // A map's entry, or a message that is made like one.
  const entry = field.message
  const key = entry?.fields.find(({ name, number }) => name === 'key' && number === 1)
  const value = entry?.fields.find(({ name, number }) => name === 'value' && number === 2)
  if (!entry || !key || !value || entry.fields.length !== 2) throw refuse(field, type, base.path)
  const [keySlot, valueSlot] = base.slot.children[0]!.children
  const inner = { ...options, wrapped: false }
  const keyPlan = planField(key, type.key, keySlot!, { ...inner, path: `${base.path}{key}` })
  const valuePlan = planField(value, type.value, valueSlot!, { ...inner, path: `${base.path}{}` })
  // An entry without its part has the zero value, where protoc made the entry.
  const part = (plan: FieldPlan): FieldPlan =>
    entry.isMapEntry && !plan.field.message ? { ...plan, absent: 'zero' } : plan
  const mapValue =
    entry.isMapEntry && value.message && !type.value.nullable
      ? { ...valuePlan, absent: 'zero' as const }
      : part(valuePlan)
  const plan: MessageValuePlan = {
    kind: 'message',
    row: true,
    plan: finish(entry, [part(keyPlan), mapValue], [], base.path),
  }
  return { ...base, value: plan, key: part(keyPlan), mapValue }
}

function absentOf(field: ProtoField, type: LogicalType): Absent {
  if (field.required) return 'required'
  if (!field.presence) return 'zero'
  return type.nullable ? 'null' : 'refuse'
}

function refuse(field: ProtoField, type: LogicalType, path: string): Unreadable {
  const repeated = field.label === 'repeated' ? (field.message?.isMapEntry ? 'map ' : 'repeated ') : ''
  const name = field.scalar ?? field.enum?.fullName ?? field.message?.fullName ?? field.typeName
  return new Unreadable(`${path}: ${repeated}${name} cannot be read as ${describeType(type, { ignoreNullable: true })}`)
}

const smallTypes: Readonly<Record<string, { readonly kind: SmallPlan['kind']; readonly columns: readonly string[] }>> =
  {
    'google.protobuf.Timestamp': { kind: 'timestamp', columns: ['TIMESTAMP', 'TIMESTAMP_LTZ'] },
    'google.protobuf.Duration': { kind: 'duration', columns: ['INTERVAL_DAY_TIME'] },
    'google.type.Date': { kind: 'date', columns: ['DATE'] },
    'google.type.TimeOfDay': { kind: 'time', columns: ['TIME'] },
    'confluent.type.Decimal': { kind: 'decimal', columns: ['DECIMAL'] },
    'google.type.Decimal': { kind: 'textDecimal', columns: ['DECIMAL'] },
  }

/** One value, or one element. */
function planSingle(field: ProtoField, type: LogicalType, slot: StageColumn, options: PlanOptions): ValuePlan {
  const { message } = field
  if (!message) return planScalar(field, type, options.path) ?? raise(refuse(field, type, options.path))
  const small = smallTypes[message.fullName]
  if (small?.columns.includes(type.kind)) {
    return {
      kind: small.kind,
      ticks: type.kind === 'TIMESTAMP' || type.kind === 'TIMESTAMP_LTZ' ? ticksPerSecond(type.precision) : 1000,
      scale: type.kind === 'DECIMAL' ? type.scale : 0,
      precision: type.kind === 'DECIMAL' ? type.precision : 0,
      path: options.path,
    }
  }
  const [only] = message.fields
  const isWrapper = message.fields.length === 1 && only!.name === 'value' && only!.number === 1
  if (isWrapper && (type.kind !== 'ROW' || isWrapped(field))) {
    const inner = planField(only!, type, slot, { ...options, wrapped: true, depth: options.depth + 1 })
    return { kind: 'message', row: false, plan: finish(message, [inner], [], options.path) }
  }
  if (type.kind !== 'ROW') throw refuse(field, type, options.path)
  const inner = { ...options, wrapped: false, depth: options.depth + 1 }
  return { kind: 'message', row: true, plan: planMessage(message, type.fields, slot.children, inner) }
}

function raise(error: Error): never {
  throw error
}

/** `[(confluent.field_meta) = { params: { key: "flink.wrapped", value: "true" } }]` */
export function isWrapped(field: ProtoField): boolean {
  const texts = (value: unknown): string =>
    JSON.stringify(value, (_, v: unknown) =>
      v instanceof Uint8Array ? new TextDecoder().decode(v) : typeof v === 'bigint' ? String(v) : v,
    )
  return field.options.some(
    ({ name, value }) =>
      name[0]!.name.replace(/^\./, '') === 'confluent.field_meta' && texts(value).includes('"flink.wrapped"'),
  )
}

const wholeBounds: Readonly<Record<string, readonly [lane: 'i8' | 'i16' | 'i32', least: number, most: number]>> = {
  TINYINT: ['i8', -128, 127],
  SMALLINT: ['i16', -32768, 32767],
  INT: ['i32', -2147483648, 2147483647],
}

const sourceBits: Readonly<Record<string, 32 | 64>> = {
  int32: 32,
  sint32: 32,
  sfixed32: 32,
  uint32: 32,
  fixed32: 32,
  enum: 32,
  int64: 64,
  sint64: 64,
  sfixed64: 64,
  uint64: 64,
  fixed64: 64,
}

function planScalar(field: ProtoField, type: LogicalType, path: string): ScalarPlan | undefined {
  const source: Source = field.enum ? 'enum' : field.scalar!
  const target = targetOf(source, type)
  if (target === undefined) return undefined
  const [, least, most] = wholeBounds[type.kind] ?? ['i32', 0, 0]
  return {
    kind: 'scalar',
    source,
    wireType: wireTypeOf(field),
    target,
    least,
    most,
    names: field.enum && target === 'enumText' ? enumNames(field.enum) : null,
    closed: field.enum?.closed ? new Set(field.enum.values.map(({ number }) => number)) : null,
    path,
  }
}

function targetOf(source: Source, type: LogicalType): ScalarPlan['target'] | undefined {
  const isText = type.kind === 'CHAR' || type.kind === 'VARCHAR'
  switch (source) {
    case 'bool':
      return type.kind === 'BOOLEAN' ? 'bool' : undefined
    case 'string':
      return isText ? 'text' : undefined
    case 'bytes':
      return type.kind === 'BINARY' || type.kind === 'VARBINARY' ? 'bytes' : undefined
    case 'float':
      return type.kind === 'FLOAT' ? 'f32' : type.kind === 'DOUBLE' ? 'f64' : undefined
    case 'double':
      return type.kind === 'DOUBLE' ? 'f64' : undefined
    case 'enum':
      if (isText) return 'enumText'
      break
    default:
      break
  }
  const bits = sourceBits[source]!
  const bounds = wholeBounds[type.kind]
  if (bounds) return bits === 32 ? bounds[0] : undefined
  if (type.kind === 'BIGINT') return source === 'uint64' || source === 'fixed64' ? 'u64' : 'i64'
  if (type.kind === 'DOUBLE' && bits === 32) return 'f64'
  return type.kind === 'DECIMAL' ? 'decimal' : undefined
}

function enumNames({ values }: ProtoEnum): Map<number, Uint8Array> {
  const names = new Map<number, Uint8Array>()
  // Of aliases the first counts.
  for (const { name, number } of values) if (!names.has(number)) names.set(number, new TextEncoder().encode(name))
  return names
}

/** The oneofs of which a member is read, with all their members' numbers. */
export function oneofsOf({ message, fields }: MessagePlan): Map<ProtoOneof, ProtoField[]> {
  const oneofs = new Map<ProtoOneof, ProtoField[]>()
  for (const { field } of fields) {
    if (field.oneof)
      oneofs.set(
        field.oneof,
        message.fields.filter((other) => other.oneof === field.oneof),
      )
  }
  return oneofs
}
