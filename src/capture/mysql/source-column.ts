// A column of a MySQL table as capture knows it, told either by a TABLE_MAP event (which binds the rows that follow it) or by
// information_schema (for the check before the start and for snapshots), and which Flink types may hold it exactly.
import type { LogicalType } from '../../model/index.ts'

export type SourceKind =
  | 'tinyint'
  | 'smallint'
  | 'mediumint'
  | 'int'
  | 'bigint'
  | 'decimal'
  | 'float'
  | 'double'
  | 'bit'
  | 'year'
  | 'date'
  | 'time'
  | 'datetime'
  | 'timestamp'
  | 'char'
  | 'varchar'
  | 'text'
  | 'binary'
  | 'varbinary'
  | 'blob'
  | 'enum'
  | 'set'
  | 'json'
  | 'geometry'
  | 'vector'
  | 'unknown'

export interface SourceColumn {
  readonly name: string
  readonly kind: SourceKind
  readonly nullable: boolean
  readonly unsigned: boolean
  /** char, varchar, binary, varbinary: bytes at most; bit: bits; enum, set: bytes of the stored value; blobs: bytes of the length. */
  readonly length: number
  /** decimal: digits, and of them after the point. */
  readonly precision: number
  readonly scale: number
  /** time, datetime, timestamp: digits of the fraction, 0 to 6. */
  readonly fraction: number
  /** Character set name; '' for what has none. */
  readonly charset: string
  /** enum, set: labels in order. Empty when told by information_schema. */
  readonly labels: readonly string[]
}

const integerDigits: Partial<Record<SourceKind, readonly [signed: number, unsigned: number]>> = {
  tinyint: [3, 3],
  smallint: [5, 5],
  mediumint: [7, 8],
  int: [10, 10],
  bigint: [19, 20],
}

/** Bits that a signed lane needs: an unsigned integer takes one more. */
const integerBits: Partial<Record<SourceKind, number>> = {
  tinyint: 8,
  smallint: 16,
  mediumint: 24,
  int: 32,
  bigint: 64,
}
const laneBits: Partial<Record<LogicalType['kind'], number>> = { TINYINT: 8, SMALLINT: 16, INT: 32, BIGINT: 64 }

/** Character sets whose text is read exactly. */
export const knownCharsets: ReadonlySet<string> = new Set(['utf8mb4', 'utf8mb3', 'utf8', 'ascii', 'latin1'])

/**
 * Can every value of the source column be held exactly by the type?
 * @returns undefined when it can; else what to declare instead, as a sentence part
 */
export function mismatchOf(column: SourceColumn, type: LogicalType): string | undefined {
  if (column.nullable && !type.nullable) return 'it may be NULL there: leave out NOT NULL'
  const text = type.kind === 'VARCHAR' || type.kind === 'CHAR'
  const { kind } = column
  switch (kind) {
    case 'tinyint':
    case 'smallint':
    case 'mediumint':
    case 'int':
    case 'bigint':
      return integerMismatch(column, type)
    case 'decimal':
      if (
        type.kind === 'DECIMAL' &&
        type.scale >= column.scale &&
        type.precision - type.scale >= column.precision - column.scale
      )
        return undefined
      return isString(type)
        ? undefined
        : `declare ${column.precision <= 38 ? `DECIMAL(${column.precision}, ${column.scale})` : 'STRING'}`
    case 'float':
      return type.kind === 'FLOAT' || type.kind === 'DOUBLE' ? undefined : 'declare FLOAT'
    case 'double':
      return type.kind === 'DOUBLE' ? undefined : 'declare DOUBLE'
    case 'bit':
      if (type.kind === 'BOOLEAN') return column.length === 1 ? undefined : 'declare BYTES'
      if (type.kind === 'BIGINT') return column.length < 64 ? undefined : 'declare BYTES'
      return isBytes(type) ? undefined : column.length === 1 ? 'declare BOOLEAN' : 'declare BYTES'
    case 'year':
      return type.kind === 'SMALLINT' || type.kind === 'INT' || type.kind === 'BIGINT' ? undefined : 'declare INT'
    case 'date':
      return type.kind === 'DATE' || isString(type) ? undefined : 'declare DATE'
    case 'time':
      if (type.kind === 'TIME')
        return type.precision >= column.fraction && column.fraction <= 3 ? undefined : 'declare STRING'
      return isString(type) ? undefined : 'declare STRING (or TIME, if all values lie within one day)'
    case 'datetime':
      return timeMismatch('TIMESTAMP', column, type)
    case 'timestamp':
      return timeMismatch('TIMESTAMP_LTZ', column, type)
    case 'char':
    case 'varchar':
    case 'text':
    case 'enum':
    case 'set':
      if (!knownCharsets.has(column.charset))
        return `its character set ${column.charset} is not read: convert the column to utf8mb4`
      return text ? undefined : 'declare STRING'
    case 'json':
      return isString(type) ? undefined : 'declare STRING'
    case 'binary':
    case 'varbinary':
    case 'blob':
      return isBytes(type) ? undefined : 'declare BYTES'
    default:
      return 'columns of this type are not captured yet: leave the column out'
  }
}

function integerMismatch(column: SourceColumn, type: LogicalType): string | undefined {
  const bits = integerBits[column.kind]! + (column.unsigned ? 1 : 0)
  const digits = integerDigits[column.kind]![column.unsigned ? 1 : 0]
  const lane = laneBits[type.kind]
  if (lane !== undefined && lane >= bits) return undefined
  if (type.kind === 'DECIMAL' && type.precision - type.scale >= digits) return undefined
  if (type.kind === 'BOOLEAN' && column.kind === 'tinyint' && column.length === 1) return undefined
  return `declare ${bits <= 8 ? 'TINYINT' : bits <= 16 ? 'SMALLINT' : bits <= 32 ? 'INT' : bits <= 64 ? 'BIGINT' : 'DECIMAL(20, 0)'}`
}

function timeMismatch(
  kind: 'TIMESTAMP' | 'TIMESTAMP_LTZ',
  column: SourceColumn,
  type: LogicalType,
): string | undefined {
  if (type.kind === kind && type.precision >= column.fraction && type.precision <= 6) return undefined
  return isString(type) ? undefined : `declare ${kind}(${column.fraction})`
}

function isString(type: LogicalType): boolean {
  return type.kind === 'VARCHAR' && type.length === 2147483647
}

function isBytes(type: LogicalType): boolean {
  return type.kind === 'VARBINARY' || type.kind === 'BINARY'
}

/** As a person reads it: `int unsigned`, `decimal(12,2)`, `datetime(3)`. */
export function describeSource(column: SourceColumn): string {
  const { kind } = column
  if (kind === 'decimal') return `decimal(${column.precision},${column.scale})`
  if (kind === 'bit') return `bit(${column.length})`
  if (column.fraction > 0) return `${kind}(${column.fraction})`
  return column.unsigned ? `${kind} unsigned` : kind
}

/** A row of information_schema.COLUMNS. */
export function columnFromCatalog(row: Readonly<Record<string, string | null>>): SourceColumn {
  const type = row['DATA_TYPE'] ?? ''
  const columnType = row['COLUMN_TYPE'] ?? ''
  const parenthesis = Number(/\((\d+)/.exec(columnType)?.[1] ?? 0)
  return {
    name: row['COLUMN_NAME'] ?? '',
    kind: catalogKinds[type] ?? 'unknown',
    nullable: row['IS_NULLABLE'] === 'YES',
    unsigned: columnType.includes('unsigned'),
    length: type === 'bit' || type === 'tinyint' ? parenthesis : Number(row['CHARACTER_OCTET_LENGTH'] ?? 0),
    precision: Number(row['NUMERIC_PRECISION'] ?? 0),
    scale: Number(row['NUMERIC_SCALE'] ?? 0),
    fraction: Number(row['DATETIME_PRECISION'] ?? 0),
    charset: row['CHARACTER_SET_NAME'] ?? '',
    labels: [],
  }
}

const catalogKinds: Record<string, SourceKind> = {
  tinyint: 'tinyint',
  smallint: 'smallint',
  mediumint: 'mediumint',
  int: 'int',
  bigint: 'bigint',
  decimal: 'decimal',
  float: 'float',
  double: 'double',
  bit: 'bit',
  year: 'year',
  date: 'date',
  time: 'time',
  datetime: 'datetime',
  timestamp: 'timestamp',
  char: 'char',
  varchar: 'varchar',
  tinytext: 'text',
  text: 'text',
  mediumtext: 'text',
  longtext: 'text',
  binary: 'binary',
  varbinary: 'varbinary',
  tinyblob: 'blob',
  blob: 'blob',
  mediumblob: 'blob',
  longblob: 'blob',
  enum: 'enum',
  set: 'set',
  json: 'json',
  geometry: 'geometry',
  point: 'geometry',
  linestring: 'geometry',
  polygon: 'geometry',
  multipoint: 'geometry',
  multilinestring: 'geometry',
  multipolygon: 'geometry',
  geomcollection: 'geometry',
  vector: 'vector',
}
