// Flink SQL's logical types (2.3) and the physical layout that each has in a Batch column (Arrow's).
import { assert } from '../base/index.ts'

/** Types with names and limits as in Flink's documentation, "Data Types". STRING is VARCHAR(maxLength). */
export type LogicalType = { readonly nullable: boolean } & (
  | { readonly kind: 'BOOLEAN' | 'TINYINT' | 'SMALLINT' | 'INT' | 'BIGINT' | 'FLOAT' | 'DOUBLE' | 'DATE' | 'NULL' }
  /** precision 1..38, scale 0..precision */
  | { readonly kind: 'DECIMAL'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'CHAR' | 'VARCHAR' | 'BINARY' | 'VARBINARY'; readonly length: number }
  /** precision 0..9: digits of a second's fraction */
  | { readonly kind: 'TIME' | 'TIMESTAMP' | 'TIMESTAMP_LTZ'; readonly precision: number }
  | { readonly kind: 'INTERVAL_YEAR_MONTH' | 'INTERVAL_DAY_TIME' }
  | { readonly kind: 'ARRAY'; readonly element: LogicalType }
  | { readonly kind: 'MAP'; readonly key: LogicalType; readonly value: LogicalType }
  | { readonly kind: 'ROW'; readonly fields: readonly Field[] }
)

export type TypeKind = LogicalType['kind']

export interface Field {
  readonly name: string
  readonly type: LogicalType
  readonly comment?: string
}

/** Columns in order. Names are unique and case-sensitive. */
export interface Schema {
  readonly fields: readonly Field[]
}

export const maxLength = 2147483647

const plain =
  (kind: 'BOOLEAN' | 'TINYINT' | 'SMALLINT' | 'INT' | 'BIGINT' | 'FLOAT' | 'DOUBLE' | 'DATE' | 'NULL') =>
  (nullable = true): LogicalType => ({ kind, nullable })

/** Constructors: `types.bigint()` is nullable, `types.bigint(false)` is BIGINT NOT NULL. */
export const types = {
  boolean: plain('BOOLEAN'),
  tinyint: plain('TINYINT'),
  smallint: plain('SMALLINT'),
  int: plain('INT'),
  bigint: plain('BIGINT'),
  float: plain('FLOAT'),
  double: plain('DOUBLE'),
  date: plain('DATE'),
  null: plain('NULL'),
  decimal: (precision: number, scale: number, nullable = true): LogicalType => ({
    kind: 'DECIMAL',
    precision,
    scale,
    nullable,
  }),
  string: (nullable = true): LogicalType => ({ kind: 'VARCHAR', length: maxLength, nullable }),
  varchar: (length: number, nullable = true): LogicalType => ({ kind: 'VARCHAR', length, nullable }),
  char: (length: number, nullable = true): LogicalType => ({ kind: 'CHAR', length, nullable }),
  bytes: (nullable = true): LogicalType => ({ kind: 'VARBINARY', length: maxLength, nullable }),
  binary: (length: number, nullable = true): LogicalType => ({ kind: 'BINARY', length, nullable }),
  time: (precision = 0, nullable = true): LogicalType => ({ kind: 'TIME', precision, nullable }),
  timestamp: (precision = 6, nullable = true): LogicalType => ({ kind: 'TIMESTAMP', precision, nullable }),
  timestampLtz: (precision = 6, nullable = true): LogicalType => ({ kind: 'TIMESTAMP_LTZ', precision, nullable }),
  array: (element: LogicalType, nullable = true): LogicalType => ({ kind: 'ARRAY', element, nullable }),
  map: (key: LogicalType, value: LogicalType, nullable = true): LogicalType => ({ kind: 'MAP', key, value, nullable }),
  row: (fields: readonly Field[], nullable = true): LogicalType => ({ kind: 'ROW', fields, nullable }),
}

/**
 * How a type's values lie in memory:
 * - bool: bits, least significant first; int8, int16, int32, float32, float64: one lane a row
 * - int64: BIGINT; DECIMAL up to 18 digits (unscaled); TIMESTAMP and TIMESTAMP_LTZ in the type's unit; INTERVAL_DAY_TIME (ms)
 * - int128: DECIMAL of 19 to 38 digits: low then high 64 bits, little-endian two's complement
 * - bytes: offsets Int32[rows + 1] into a byte buffer; CHAR and VARCHAR hold UTF-8
 * - list: offsets Int32[rows + 1] into one child; map: a list whose child is a struct (key, value); struct: children
 * DATE is int32 days; TIME is int32 milliseconds of the day; INTERVAL_YEAR_MONTH is int32 months.
 */
export type Layout =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'int128'
  | 'float32'
  | 'float64'
  | 'bytes'
  | 'list'
  | 'map'
  | 'struct'
  | 'none'

export function layoutOf(type: LogicalType): Layout {
  switch (type.kind) {
    case 'BOOLEAN':
      return 'bool'
    case 'TINYINT':
      return 'int8'
    case 'SMALLINT':
      return 'int16'
    case 'INT':
    case 'DATE':
    case 'TIME':
    case 'INTERVAL_YEAR_MONTH':
      return 'int32'
    case 'BIGINT':
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
    case 'INTERVAL_DAY_TIME':
      return 'int64'
    case 'DECIMAL':
      return type.precision <= 18 ? 'int64' : 'int128'
    case 'FLOAT':
      return 'float32'
    case 'DOUBLE':
      return 'float64'
    case 'CHAR':
    case 'VARCHAR':
    case 'BINARY':
    case 'VARBINARY':
      return 'bytes'
    case 'ARRAY':
      return 'list'
    case 'MAP':
      return 'map'
    case 'ROW':
      return 'struct'
    case 'NULL':
      return 'none'
  }
}

/** Ticks per second of a TIMESTAMP's lane: 1000 up to precision 3, 1e6 up to 6, 1e9 up to 9. */
export function ticksPerSecond(precision: number): number {
  return precision <= 3 ? 1e3 : precision <= 6 ? 1e6 : 1e9
}

/** Fields of the children of a list (one, 'element'), map (one struct 'entries') or struct type; else none. */
export function childFields(type: LogicalType): readonly Field[] {
  switch (type.kind) {
    case 'ARRAY':
      return [{ name: 'element', type: type.element }]
    case 'MAP':
      return [
        {
          name: 'entries',
          type: types.row(
            [
              { name: 'key', type: type.key },
              { name: 'value', type: type.value },
            ],
            false,
          ),
        },
      ]
    case 'ROW':
      return type.fields
    default:
      return []
  }
}

/** The same type with other nullability. */
export function withNullable(type: LogicalType, nullable: boolean): LogicalType {
  return type.nullable === nullable ? type : { ...type, nullable }
}

/** Structural equality; nullability counts unless told otherwise, comments never. */
export function sameType(a: LogicalType, b: LogicalType, options: { ignoreNullable?: boolean } = {}): boolean {
  return describeType(a, options) === describeType(b, options)
}

/** As SQL: `DECIMAL(12, 2) NOT NULL`. */
export function describeType(type: LogicalType, options: { ignoreNullable?: boolean } = {}): string {
  const suffix = type.nullable || options.ignoreNullable ? '' : ' NOT NULL'
  return describeBare(type, options) + suffix
}

function describeBare(type: LogicalType, options: { ignoreNullable?: boolean }): string {
  switch (type.kind) {
    case 'DECIMAL':
      return `DECIMAL(${type.precision}, ${type.scale})`
    case 'CHAR':
    case 'BINARY':
      return `${type.kind}(${type.length})`
    case 'VARCHAR':
      return type.length === maxLength ? 'STRING' : `VARCHAR(${type.length})`
    case 'VARBINARY':
      return type.length === maxLength ? 'BYTES' : `VARBINARY(${type.length})`
    case 'TIME':
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return `${type.kind}(${type.precision})`
    case 'INTERVAL_YEAR_MONTH':
      return 'INTERVAL YEAR TO MONTH'
    case 'INTERVAL_DAY_TIME':
      return 'INTERVAL DAY TO SECOND(3)'
    case 'ARRAY':
      return `ARRAY<${describeType(type.element, options)}>`
    case 'MAP':
      return `MAP<${describeType(type.key, options)}, ${describeType(type.value, options)}>`
    case 'ROW':
      return `ROW<${type.fields.map((f) => `\`${f.name}\` ${describeType(f.type, options)}`).join(', ')}>`
    default:
      return type.kind
  }
}

/** The index of a column. Asserts that it is there. */
export function columnIndex(schema: Schema, name: string): number {
  const index = schema.fields.findIndex((f) => f.name === name)
  assert(index >= 0, `column ${name} exists`)
  return index
}
