// The unit of work: an ordered sequence of changes in columns, Arrow's layout, on shared memory. At most 2,048 rows or about
// 4 MB, so that it stays in cache and no step takes long. A batch is immutable once built; whoever holds it may read it.
// Reference: Arrow columnar format (validity and booleans are bits, least significant first; 1 = present, true).
import { assert } from '../base/index.ts'
import { childFields, layoutOf, type Layout, type LogicalType, type Schema } from './types.ts'

export const batchRowsMax = 2048
export const batchBytesMax = 4 << 20

/** Row kinds of a changelog, Flink's RowKind codes. */
export const changeKind = { insert: 0, updateBefore: 1, updateAfter: 2, delete: 3 } as const
export type ChangeKind = (typeof changeKind)[keyof typeof changeKind]
/** '+I' '-U' '+U' '-D' by code. */
export const changeKindNames = ['+I', '-U', '+U', '-D'] as const
/** +1 for +I and +U, -1 for -U and -D. */
export function changeSign(kind: number): 1 | -1 {
  return kind === changeKind.insert || kind === changeKind.updateAfter ? 1 : -1
}

/** The lanes of fixed-width layouts. int128 has two 64-bit lanes a row (low, high). */
export type Lanes = Int8Array | Int16Array | Int32Array | BigInt64Array | Float32Array | Float64Array

export interface Column {
  readonly type: LogicalType
  readonly layout: Layout
  /** Bit per row, 1 = not null; null when no row is null. */
  readonly validity: Uint8Array | null
  /** Fixed-width values; bool: Uint8Array of bits; bytes: the byte buffer; list, map, struct, none: null. */
  readonly values: Lanes | Uint8Array | null
  /** Int32[rows + 1] for bytes, list and map; else null. The first may be above 0 (a slice). */
  readonly offsets: Int32Array | null
  readonly children: readonly Column[]
}

export interface Batch {
  readonly schema: Schema
  readonly rowCount: number
  /** ChangeKind per row; null when every row is +I. */
  readonly kinds: Uint8Array | null
  readonly columns: readonly Column[]
}

/** A value at the edge: 64-bit and decimal lanes are bigint (unscaled), bytes are Uint8Array, nested are arrays. */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Value[]
  | ReadonlyMap<Value, Value>

export function isNull(column: Column, row: number): boolean {
  const { validity } = column
  return validity !== null && (validity[row >> 3]! & (1 << (row & 7))) === 0
}

/**
 * One value, boxed: for edges and tests, never for hot loops. CHAR/VARCHAR: string; BINARY: Uint8Array copy; DECIMAL:
 * unscaled bigint; TIMESTAMP: ticks bigint; ROW and ARRAY: array; MAP: Map in entry order.
 */
export function valueAt(column: Column, row: number): Value {
  if (column.layout === 'none' || isNull(column, row)) return null
  switch (column.layout) {
    case 'bool':
      return ((column.values as Uint8Array)[row >> 3]! & (1 << (row & 7))) !== 0
    case 'int8':
    case 'int16':
    case 'int32':
    case 'float32':
    case 'float64':
    case 'int64':
      return (column.values as Lanes)[row]!
    case 'int128': {
      const lanes = column.values as BigInt64Array
      return (lanes[row * 2 + 1]! << 64n) | BigInt.asUintN(64, lanes[row * 2]!)
    }
    case 'bytes': {
      const bytes = (column.values as Uint8Array).slice(column.offsets![row]!, column.offsets![row + 1]!)
      const text = column.type.kind === 'CHAR' || column.type.kind === 'VARCHAR'
      return text ? textDecoder.decode(bytes) : bytes
    }
    case 'list':
      return range(column.offsets![row]!, column.offsets![row + 1]!).map((i) => valueAt(column.children[0]!, i))
    case 'map': {
      const [keys, values] = column.children[0]!.children
      return new Map(
        range(column.offsets![row]!, column.offsets![row + 1]!).map((i) => [valueAt(keys!, i), valueAt(values!, i)]),
      )
    }
    case 'struct':
      return column.children.map((child) => valueAt(child, row))
  }
}

const textDecoder = new TextDecoder('utf-8', { ignoreBOM: true })
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

/** A whole row as values: for edges and tests. */
export function rowAt(batch: Batch, row: number): Value[] {
  return batch.columns.map((column) => valueAt(column, row))
}

export function kindAt(batch: Batch, row: number): ChangeKind {
  return (batch.kinds ? batch.kinds[row]! : 0) as ChangeKind
}

/** Approximate bytes that the batch's buffers take. */
export function batchBytes(batch: Batch): number {
  let size = batch.kinds?.byteLength ?? 0
  const visit = (column: Column): void => {
    size += (column.validity?.byteLength ?? 0) + (column.values?.byteLength ?? 0) + (column.offsets?.byteLength ?? 0)
    column.children.forEach(visit)
  }
  batch.columns.forEach(visit)
  return size
}

/** Checks lengths and offsets at a wall (after reading foreign bytes). O(rows); throws AssertionError. */
export function checkBatch(batch: Batch): void {
  assert(batch.columns.length === batch.schema.fields.length, 'a column per field')
  assert(!batch.kinds || batch.kinds.length >= batch.rowCount, 'a kind per row')
  batch.columns.forEach((column) => checkColumn(column, batch.rowCount))
}

function checkColumn(column: Column, rows: number): void {
  const { layout, values, offsets, validity } = column
  assert(layout === layoutOf(column.type), 'the layout is the type’s')
  assert(!validity || validity.length * 8 >= rows, 'a validity bit per row')
  if (layout === 'bool') assert((values as Uint8Array).length * 8 >= rows, 'a bit per row')
  else if (layout === 'int128') assert(values!.length >= rows * 2, 'two lanes per row')
  else if (layout === 'bytes' || layout === 'list' || layout === 'map') {
    assert(offsets !== null && offsets.length > rows, 'an offset per row and one more')
    for (let i = 0; i < rows; i++) assert(offsets[i]! <= offsets[i + 1]!, 'offsets do not fall')
    const last = offsets[rows]!
    if (layout === 'bytes') assert(last <= values!.length, 'offsets lie inside the bytes')
    else checkColumn(column.children[0]!, last)
  } else if (layout === 'struct') column.children.forEach((child) => checkColumn(child, rows))
  else if (layout !== 'none') assert(values!.length >= rows, 'a lane per row')
  assert(column.children.length === childFields(column.type).length, 'a child per child field')
}
