// How one Avro type (not a union) becomes a value of one column type: Avro's schema resolution, with the table's column in
// the place of the reader's schema. One table, used by the generated reader; the interpreter has its own.
// Reference: Avro 1.12 "Schema Resolution"; Flink 2.3 AvroToRowDataConverters; Debezium's io.debezium.time names.
import { describeType, ticksPerSecond, type LogicalType } from '../../model/index.ts'
import type { DecimalTarget } from './cursor.ts'
import type { AvroLogical, AvroType } from './schema.ts'

export type Conversion =
  | {
      readonly kind:
        | 'boolean'
        | 'bigint'
        | 'float'
        | 'double'
        | 'bytes'
        | 'text'
        | 'uuid'
        | 'enum'
        | 'array'
        | 'map'
        | 'record'
    }
  /** An int within [least, most] into an int8, int16 or int32 lane. */
  | { readonly kind: 'integer'; readonly lane: 'i8' | 'i16' | 'i32'; readonly least: number; readonly most: number }
  /** Ticks of the writer times multiply, divided by divide. */
  | { readonly kind: 'ticks'; readonly multiply: bigint; readonly divide: bigint }
  /** A long divided into milliseconds of the day. */
  | { readonly kind: 'time'; readonly divide: number }
  | { readonly kind: 'decimal'; readonly target: DecimalTarget }
  /** An ISO string with a zone. */
  | { readonly kind: 'zoned'; readonly ticks: number }

/** Branches of a writer's union that the reader's schema cannot take, with the reason: see resolve.ts. */
export const refusals = new WeakMap<AvroType, string>()

/** @returns a sentence part saying why not, where there is no way */
export function conversionOf(writer: AvroType, column: LogicalType): Conversion | string {
  const refuse = `${describeAvro(writer)} cannot be read as ${describeType(column, { ignoreNullable: true })}`
  const refused = refusals.get(writer)
  if (refused !== undefined) return refused
  switch (writer.kind) {
    case 'boolean':
      return column.kind === 'BOOLEAN' ? { kind: 'boolean' } : refuse
    case 'int':
      return fromInt(column) ?? refuse
    case 'long':
      return fromLong(writer, column) ?? refuse
    case 'float':
      if (column.kind === 'FLOAT') return { kind: 'float' }
      return column.kind === 'DOUBLE' ? { kind: 'double' } : refuse
    case 'double':
      return column.kind === 'DOUBLE' ? { kind: 'double' } : refuse
    case 'string':
      if (isText(column)) return { kind: 'text' }
      if (isTimestamp(column) && writer.connectName === 'io.debezium.time.ZonedTimestamp')
        return { kind: 'zoned', ticks: ticksPerSecond(column.precision) }
      return isBinary(column) ? { kind: 'bytes' } : refuse
    case 'bytes':
    case 'fixed':
      if (column.kind === 'DECIMAL') return { kind: 'decimal', target: decimalTarget(writer, column) }
      if (isText(column) && writer.kind === 'bytes') return { kind: 'text' }
      if (isText(column) && writer.logical?.name === 'uuid') return { kind: 'uuid' }
      return isBinary(column) ? { kind: 'bytes' } : refuse
    case 'enum':
      return isText(column) ? { kind: 'enum' } : refuse
    case 'array':
      return column.kind === 'ARRAY' ? { kind: 'array' } : refuse
    case 'map':
      if (column.kind === 'MAP' && isText(column.key)) return { kind: 'map' }
      return refuse
    case 'record':
      return column.kind === 'ROW' ? { kind: 'record' } : refuse
    default:
      return refuse
  }
}

const isText = (type: LogicalType): boolean => type.kind === 'CHAR' || type.kind === 'VARCHAR'
const isBinary = (type: LogicalType): boolean => type.kind === 'BINARY' || type.kind === 'VARBINARY'
const isTimestamp = (type: LogicalType): type is LogicalType & { kind: 'TIMESTAMP' | 'TIMESTAMP_LTZ' } =>
  type.kind === 'TIMESTAMP' || type.kind === 'TIMESTAMP_LTZ'

function fromInt(column: LogicalType): Conversion | undefined {
  switch (column.kind) {
    case 'TINYINT':
      return { kind: 'integer', lane: 'i8', least: -128, most: 127 }
    case 'SMALLINT':
      return { kind: 'integer', lane: 'i16', least: -32768, most: 32767 }
    case 'TIME':
      return { kind: 'integer', lane: 'i32', least: 0, most: 86_399_999 }
    case 'INT':
    case 'DATE':
      return { kind: 'integer', lane: 'i32', least: -2147483648, most: 2147483647 }
    case 'BIGINT':
      return { kind: 'bigint' }
    case 'FLOAT':
      return { kind: 'float' }
    case 'DOUBLE':
      return { kind: 'double' }
    default:
      return undefined
  }
}

function fromLong(writer: AvroType & { connectName: string | null }, column: LogicalType): Conversion | undefined {
  if (column.kind === 'BIGINT') return { kind: 'bigint' }
  if (column.kind === 'FLOAT') return { kind: 'float' }
  if (column.kind === 'DOUBLE') return { kind: 'double' }
  const from = ticksOfLong(writer)
  if (column.kind === 'TIME') return from > 1000 ? { kind: 'time', divide: from / 1000 } : undefined
  if (!isTimestamp(column)) return undefined
  const to = ticksPerSecond(column.precision)
  return {
    kind: 'ticks',
    multiply: to > from ? BigInt(to / from) : 1n,
    divide: from > to ? BigInt(from / to) : 1n,
  }
}

/** Ticks per second of a long that is a time; a plain long is milliseconds, as Flink takes it. */
function ticksOfLong(writer: AvroType & { connectName: string | null }): number {
  const logical = 'logical' in writer ? (writer.logical?.name ?? '') : ''
  const name = writer.connectName ?? ''
  if (logical.endsWith('-nanos') || name === 'io.debezium.time.NanoTimestamp' || name === 'io.debezium.time.NanoTime')
    return 1e9
  if (
    logical.endsWith('-micros') ||
    name === 'io.debezium.time.MicroTimestamp' ||
    name === 'io.debezium.time.MicroTime'
  )
    return 1e6
  return 1e3
}

function decimalTarget(
  writer: { readonly logical: AvroLogical | null },
  column: LogicalType & { kind: 'DECIMAL' },
): DecimalTarget {
  // Bytes without a logical type carry the column's scale, as Flink reads them.
  const scale = writer.logical?.name === 'decimal' ? writer.logical.scale : column.scale
  return {
    bound: 10n ** BigInt(column.precision),
    factor: 10n ** BigInt(Math.abs(column.scale - scale)),
    divide: scale > column.scale,
    // Six bytes hold less than 10^15, so a wider column needs no check of them.
    plainBound: scale !== column.scale ? 0 : column.precision < 15 ? 10 ** column.precision : Number.POSITIVE_INFINITY,
  }
}

/** A type as a person names it. */
export function describeAvro(type: AvroType): string {
  switch (type.kind) {
    case 'record':
    case 'enum':
    case 'fixed':
      return `${type.kind} ${type.name}`
    case 'array':
      return `array of ${describeAvro(type.items)}`
    case 'map':
      return `map of ${describeAvro(type.values)}`
    case 'union':
      return `union of ${type.branches.map(describeAvro).join(', ')}`
    default:
      return type.logical ? `${type.kind} (${type.logical.name})` : type.kind
  }
}
