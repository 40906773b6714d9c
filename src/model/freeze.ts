// Copies columns that lie anywhere into one batch whose buffers are parts of one shared memory: an allocation per batch
// and not one per buffer, which is what costs when batches are small. Every buffer begins at a multiple of eight.
import { assert } from '../base/index.ts'
import { changeKind, type Batch, type Column, type Lanes } from './batch.ts'
import type { Schema } from './types.ts'

/** Int, float and BigInt lanes have one shape here: a constructor over a buffer. */
type LanesConstructor = new (buffer: SharedArrayBuffer, byteOffset: number, length: number) => Lanes

const aligned = (size: number): number => (size + 7) & ~7

/**
 * Buffers of at least this many bytes are memory of their own. Allocators take large blocks fresh from the system each time,
 * and its first touch costs several times the copying (measured: 0.5 ns a byte); blocks below stay and are used again.
 */
const ownBytes = 256 << 10
/** What a buffer adds to the shared part. */
const sharedSize = (size: number): number => (size >= ownBytes ? 0 : aligned(size))

/**
 * Rows [0, rows) of each column as a batch of its own. O(bytes); allocates one shared memory.
 * @param kinds Uint8[rows]; null: all +I
 */
export function freezeColumns(
  schema: Schema,
  columns: readonly Column[],
  kinds: Uint8Array | null,
  rows: number,
): Batch {
  const changes = kinds !== null && !onlyInserts(kinds, rows)
  let size = changes ? sharedSize(rows) : 0
  for (let i = 0; i < columns.length; i++) size += frozenSize(columns[i]!, rows)
  const memory = new Memory(size)
  const frozenKinds = changes ? memory.bytes(kinds, 0, rows) : null
  return { schema, rowCount: rows, kinds: frozenKinds, columns: columns.map((column) => freeze(column, rows, memory)) }
}

function onlyInserts(kinds: Uint8Array, rows: number): boolean {
  for (let i = 0; i < rows; i++) if (kinds[i] !== changeKind.insert) return false
  return true
}

function frozenSize(column: Column, rows: number): number {
  const { layout, validity, values, offsets, children } = column
  let size = validity ? sharedSize((rows + 7) >> 3) : 0
  if (offsets) {
    const used = offsets[rows]! - offsets[0]!
    size += sharedSize((rows + 1) * 4)
    if (layout === 'bytes') size += sharedSize(used)
    else size += frozenSize(children[0]!, used)
  } else if (layout === 'bool') size += sharedSize((rows + 7) >> 3)
  else if (layout === 'struct') for (const child of children) size += frozenSize(child, rows)
  else if (values) size += sharedSize(lanesOf(column, rows) * (values as Lanes).BYTES_PER_ELEMENT)
  return size
}

const lanesOf = (column: Column, rows: number): number => (column.layout === 'int128' ? rows * 2 : rows)

class Memory {
  readonly #buffer: SharedArrayBuffer
  readonly #all: Uint8Array
  #at = 0

  constructor(size: number) {
    this.#buffer = new SharedArrayBuffer(size)
    this.#all = new Uint8Array(this.#buffer)
  }

  #take(size: number): number {
    const at = this.#at
    this.#at = aligned(at + size)
    return at
  }

  bytes(source: Uint8Array, from: number, size: number): Uint8Array {
    if (size >= ownBytes) {
      const own = new Uint8Array(new SharedArrayBuffer(size))
      own.set(source.subarray(from, from + size))
      return own
    }
    const at = this.#take(size)
    this.#all.set(source.subarray(from, from + size), at)
    return new Uint8Array(this.#buffer, at, size)
  }

  lanes(source: Lanes, count: number): Lanes {
    const size = count * source.BYTES_PER_ELEMENT
    if (size >= ownBytes) {
      const own = new (source.constructor as unknown as LanesConstructor)(new SharedArrayBuffer(size), 0, count)
      own.set(source.subarray(0, count) as Float64Array & BigInt64Array)
      return own
    }
    const at = this.#take(size)
    this.#all.set(new Uint8Array(source.buffer, source.byteOffset, size), at)
    return new (source.constructor as unknown as LanesConstructor)(this.#buffer, at, count)
  }

  /** @returns offsets that begin at 0 */
  offsets(source: Int32Array, rows: number): Int32Array {
    const first = source[0]!
    const offsets = this.lanes(source, rows + 1) as Int32Array
    if (first !== 0) for (let i = 0; i <= rows; i++) offsets[i]! -= first
    return offsets
  }
}

/** The first offset of a list or map is 0: its children are taken from their first row on. */
function freeze(column: Column, rows: number, memory: Memory): Column {
  const { type, layout } = column
  const validity = column.validity ? memory.bytes(column.validity, 0, (rows + 7) >> 3) : null
  let values: Column['values'] = null
  let offsets: Int32Array | null = null
  let children: readonly Column[] = []
  if (column.offsets) {
    const first = column.offsets[0]!
    const used = column.offsets[rows]! - first
    offsets = memory.offsets(column.offsets, rows)
    if (layout === 'bytes') values = memory.bytes(column.values as Uint8Array, first, used)
    else {
      assert(first === 0, 'lists begin at the first row of their child')
      children = [freeze(column.children[0]!, used, memory)]
    }
  } else if (layout === 'bool') values = memory.bytes(column.values as Uint8Array, 0, (rows + 7) >> 3)
  else if (layout === 'struct') children = column.children.map((child) => freeze(child, rows, memory))
  else if (column.values) values = memory.lanes(column.values as Lanes, lanesOf(column, rows))
  return { type, layout, validity, values, offsets, children }
}
