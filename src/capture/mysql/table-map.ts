// TABLE_MAP: which columns the row events that follow have. With binlog_row_metadata=FULL it names them and tells signs, character
// sets and labels, so rows are read by it and never by the live schema, which may have moved on.
// Reference: MySQL source docs, Table_map_event, "Optional metadata fields".
import { BytesError } from '../../base/index.ts'
import { LittleReader } from './little.ts'
import type { SourceColumn, SourceKind } from './source-column.ts'

export interface TableMap {
  readonly id: number
  readonly database: string
  readonly table: string
  readonly columns: readonly SourceColumn[]
  /** False with binlog_row_metadata=MINIMAL: names are '' then. */
  readonly named: boolean
}

/** Only what is needed to know whose rows follow. */
export function readTableName(body: LittleReader): { id: number; database: string; table: string } {
  const id = body.uint48()
  body.advance(2)
  const database = body.text(body.uint8())
  body.advance(1)
  const table = body.text(body.uint8())
  body.advance(1)
  return { id, database, table }
}

/**
 * Reads a whole TABLE_MAP. Throws BytesError.
 * @param charsetOf character set of a collation id
 */
export function readTableMap(body: LittleReader, charsetOf: (collation: number) => string): TableMap {
  const name = readTableName(body)
  const count = body.packed()
  const typeCodes = body.take(count)
  const metadata = new LittleReader(body.take(body.packed()))
  const nullable = body.take((count + 7) >> 3)
  const raw = Array.from(typeCodes, (code) => rawColumn(code, metadata))
  const optional = readOptional(body)
  const numeric = indexesOf(raw, (c) => isNumeric(c.kind))
  const character = indexesOf(raw, (c) => c.kind === 'varchar' || c.kind === 'char' || c.kind === 'blob')
  const labelled = indexesOf(raw, (c) => c.kind === 'enum' || c.kind === 'set')
  const unsigned = new Set(numeric.filter((_, i) => bitAt(optional.get(1), i)))
  const collations = new Map([
    ...collationsOf(character, optional.get(2), optional.get(3)),
    ...collationsOf(labelled, optional.get(10), optional.get(11)),
  ])
  const names = optional.has(4) ? texts(optional.get(4)!, count) : []
  const sets = labelsOf(optional.get(5))
  const enums = labelsOf(optional.get(6))
  const columns = raw.map((column, i): SourceColumn => {
    const charset = collations.has(i) ? charsetOf(collations.get(i)!) : ''
    const labels = column.kind === 'set' ? sets.shift() : column.kind === 'enum' ? enums.shift() : undefined
    return {
      ...column,
      kind:
        charset === 'binary'
          ? (binaryKinds[column.kind] ?? column.kind)
          : column.kind === 'blob'
            ? 'text'
            : column.kind,
      name: names[i] ?? '',
      nullable: (nullable[i >> 3]! & (1 << (i & 7))) !== 0,
      unsigned: unsigned.has(i),
      charset: charset === 'binary' ? '' : charset,
      labels: (labels ?? []).map((bytes) => labelText(bytes, charset)),
    }
  })
  return { ...name, columns, named: names.length === count }
}

const binaryKinds: Partial<Record<SourceKind, SourceKind>> = { varchar: 'varbinary', char: 'binary' }

const indexesOf = (columns: readonly RawColumn[], wanted: (column: RawColumn) => boolean): number[] =>
  columns.flatMap((column, i) => (wanted(column) ? [i] : []))

function isNumeric(kind: SourceKind): boolean {
  return ['tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'float', 'double', 'decimal'].includes(kind)
}

type RawColumn = Pick<SourceColumn, 'kind' | 'length' | 'precision' | 'scale' | 'fraction'>

const simpleKinds: Record<number, SourceKind> = {
  1: 'tinyint',
  2: 'smallint',
  3: 'int',
  8: 'bigint',
  9: 'mediumint',
  10: 'date',
  13: 'year',
}

function rawColumn(code: number, metadata: LittleReader): RawColumn {
  const column = (kind: SourceKind, more: Partial<RawColumn> = {}): RawColumn => ({
    kind,
    length: 0,
    precision: 0,
    scale: 0,
    fraction: 0,
    ...more,
  })
  const simple = simpleKinds[code]
  // The display width of tinyint(1) is not told; values other than 0 and 1 are refused where a BOOLEAN is declared.
  if (simple) return column(simple, { length: code === 1 ? 1 : 0 })
  switch (code) {
    case 4:
      return column('float', { length: metadata.uint8() })
    case 5:
      return column('double', { length: metadata.uint8() })
    case 15:
      return column('varchar', { length: metadata.uint16() })
    case 16: {
      const bits = metadata.uint8()
      return column('bit', { length: atMost(64, metadata.uint8() * 8 + bits, metadata) })
    }
    case 17:
      return column('timestamp', { fraction: atMost(6, metadata.uint8(), metadata) })
    case 18:
      return column('datetime', { fraction: atMost(6, metadata.uint8(), metadata) })
    case 19:
      return column('time', { fraction: atMost(6, metadata.uint8(), metadata) })
    case 242:
      return column('vector', { length: metadata.uint8() })
    case 245:
      return column('json', { length: metadata.uint8() })
    case 246: {
      const precision = atMost(65, metadata.uint8(), metadata)
      return column('decimal', { precision, scale: atMost(precision, metadata.uint8(), metadata) })
    }
    case 252:
      return column('blob', { length: metadata.uint8() })
    case 254:
      return stringColumn(column, metadata.uint8(), metadata.uint8())
    case 255:
      return column('geometry', { length: metadata.uint8() })
    default:
      throw new BytesError(`column type ${code} is not known`, metadata.at)
  }
}

function atMost(bound: number, value: number, metadata: LittleReader): number {
  if (value > bound) throw new BytesError(`column metadata ${value} above ${bound}`, metadata.at)
  return value
}

/** CHAR, ENUM and SET share a code; lengths above 255 borrow two bits of the real type, flipped. */
function stringColumn(
  column: (kind: SourceKind, more: Partial<RawColumn>) => RawColumn,
  real: number,
  low: number,
): RawColumn {
  if ((real === 247 && low > 2) || (real === 248 && low > 8)) throw new BytesError(`labels stored in ${low} bytes`, 0)
  if (real === 247) return column('enum', { length: low })
  if (real === 248) return column('set', { length: low })
  return column('char', { length: low | (((real & 0x30) ^ 0x30) << 4) })
}

function readOptional(body: LittleReader): Map<number, Uint8Array> {
  const fields = new Map<number, Uint8Array>()
  while (body.remaining > 0) {
    const type = body.uint8()
    fields.set(type, body.take(body.packed()))
  }
  return fields
}

function bitAt(bits: Uint8Array | undefined, i: number): boolean {
  return bits !== undefined && (bits[i >> 3]! & (0x80 >> (i & 7))) !== 0
}

/** Either a default with exceptions (by index among these columns), or one each. */
function collationsOf(
  columns: readonly number[],
  byDefault: Uint8Array | undefined,
  each: Uint8Array | undefined,
): [number, number][] {
  if (each) {
    const reader = new LittleReader(each)
    return columns.map((column) => [column, reader.packed()])
  }
  if (!byDefault) return []
  const reader = new LittleReader(byDefault)
  const usual = reader.packed()
  const found = new Map(columns.map((column) => [column, usual]))
  while (reader.remaining > 0) {
    const index = reader.packed()
    if (index >= columns.length) throw new BytesError(`collation of character column ${index}`, reader.at)
    found.set(columns[index]!, reader.packed())
  }
  return [...found]
}

function texts(bytes: Uint8Array, count: number): string[] {
  const reader = new LittleReader(bytes)
  return Array.from({ length: count }, () => reader.text(reader.packed()))
}

function labelsOf(bytes: Uint8Array | undefined): Uint8Array[][] {
  const all: Uint8Array[][] = []
  if (!bytes) return all
  const reader = new LittleReader(bytes)
  while (reader.remaining > 0) {
    const count = reader.packed()
    if (count > reader.remaining) throw new BytesError(`${count} labels`, reader.at)
    all.push(Array.from({ length: count }, () => reader.take(reader.packed())))
  }
  return all
}

function labelText(bytes: Uint8Array, charset: string): string {
  return new TextDecoder(charset === 'latin1' ? 'windows-1252' : 'utf-8').decode(bytes)
}
