// Values of one leaf over the rows of a row group, with their definition and repetition levels: what lies between a Batch's
// columns and Parquet's pages, in both directions.
// Reference: the Dremel paper's shredding; parquet-format README "Nested Encoding".
import { assert } from '../../base/index.ts'
import type { Column } from '../../model/index.ts'
import type { Leaf } from './shape.ts'

type Lanes = Int32Array | BigInt64Array | Float32Array | Float64Array | Uint8Array

/** Grows while rows are appended; encoded or assembled from afterwards. */
export class LeafValues {
  readonly leaf: Leaf
  /** Entries: values, nulls and empty lists. */
  count = 0
  /** Values that are there. */
  present = 0
  /** Definition level per entry, when the leaf can be absent. */
  definition: Uint8Array | null
  repetition: Uint8Array | null
  /** Per present value; bool: 0 or 1 in a byte; int128: low, high; bytes: the byte buffer. */
  lanes: Lanes
  /** Int32[present + 1] for bytes. */
  offsets: Int32Array | null = null
  bytesLength = 0

  constructor(leaf: Leaf, capacity = 1024) {
    this.leaf = leaf
    this.definition = leaf.definitionMax > 0 ? new Uint8Array(capacity) : null
    this.repetition = leaf.repetitionMax > 0 ? new Uint8Array(capacity) : null
    this.lanes = makeLanes(leaf, capacity)
    if (leaf.store === 'bytes') this.offsets = new Int32Array(capacity + 1)
  }

  /** Makes room for `more` entries and values. */
  reserve(more: number): void {
    const count = this.count + more
    if (this.definition && count > this.definition.length) this.definition = grown(this.definition, count)
    if (this.repetition && count > this.repetition.length) this.repetition = grown(this.repetition, count)
    const present = this.present + more
    if (this.offsets) {
      if (present + 1 > this.offsets.length) this.offsets = grown(this.offsets, present + 1)
    } else {
      const lanes = this.leaf.store === 'int128' ? present * 2 : present
      if (lanes > this.lanes.length) this.lanes = grown(this.lanes, lanes)
    }
  }

  reserveBytes(more: number): void {
    const need = this.bytesLength + more
    if (need > this.lanes.length) this.lanes = grown(this.lanes, need)
  }
}

function makeLanes(leaf: Leaf, capacity: number): Lanes {
  switch (leaf.store) {
    case 'bool':
      return new Uint8Array(capacity)
    case 'int32':
      return new Int32Array(capacity)
    case 'int64':
      return new BigInt64Array(capacity)
    case 'int128':
      return new BigInt64Array(capacity * 2)
    case 'float32':
      return new Float32Array(capacity)
    case 'float64':
      return new Float64Array(capacity)
    case 'bytes':
      return new Uint8Array(capacity * 16)
  }
}

function grown<T extends Lanes>(old: T, least: number): T {
  const next = new (old.constructor as new (size: number) => T)(Math.max(least, old.length * 2))
  ;(next as Uint8Array).set(old as Uint8Array)
  return next
}

/** Appends rows of a top-level column. @param rows which rows, in order; null: all of the first `rowCount` */
export function appendRows(values: LeafValues, column: Column, rows: Int32Array | null, rowCount: number): void {
  const { leaf } = values
  const size = rows ? rows.length : rowCount
  if (leaf.steps.length > 0) {
    for (let i = 0; i < size; i++)
      shred(values, column, rows ? rows[i]! : i, { step: 0, definition: 0, repetition: 0, repeats: 0 })
    return
  }
  values.reserve(size)
  const picked = appendLevels(values, column.validity, rows, size)
  appendLanes(values, column, picked ?? rows, picked ? picked.length : size)
}

/** Writes levels of a flat leaf; which rows are there when some are not (null: all). */
function appendLevels(
  values: LeafValues,
  validity: Uint8Array | null,
  rows: Int32Array | null,
  size: number,
): Int32Array | null {
  const { definition } = values
  const at = values.count
  values.count += size
  if (!definition) {
    assert(!validity || allSet(validity, rows, size), `NOT NULL column ${values.leaf.path[0]} has no nulls`)
    return null
  }
  if (!validity) {
    definition.fill(1, at, at + size)
    return null
  }
  const picked = new Int32Array(size)
  let n = 0
  for (let i = 0; i < size; i++) {
    const row = rows ? rows[i]! : i
    const there = (validity[row >> 3]! >> (row & 7)) & 1
    definition[at + i] = there
    picked[n] = row
    n += there
  }
  return picked.subarray(0, n)
}

function allSet(validity: Uint8Array, rows: Int32Array | null, size: number): boolean {
  for (let i = 0; i < size; i++) {
    const row = rows ? rows[i]! : i
    if (((validity[row >> 3]! >> (row & 7)) & 1) === 0) return false
  }
  return true
}

/** Copies present values; room was reserved. */
function appendLanes(values: LeafValues, column: Column, rows: Int32Array | null, size: number): void {
  const { leaf } = values
  const at = values.present
  if (leaf.store === 'bytes') appendBytes(values, column, rows, size)
  else if (leaf.store === 'int64') {
    const from = column.values as BigInt64Array | Int32Array
    const to = values.lanes as BigInt64Array
    if (from instanceof BigInt64Array && leaf.factor === 1) {
      if (!rows) to.set(from.subarray(0, size), at)
      else for (let i = 0; i < size; i++) to[at + i] = from[rows[i]!]!
    } else {
      // Milliseconds to micros. A product beyond 64 bits (the year 292,277) wraps; no calendar here holds it.
      const factor = BigInt(leaf.factor)
      for (let i = 0; i < size; i++) to[at + i] = BigInt(from[rows ? rows[i]! : i]!) * factor
    }
  } else if (leaf.store === 'int128') {
    const from = column.values as BigInt64Array
    const to = values.lanes as BigInt64Array
    for (let i = 0; i < size; i++) {
      const row = rows ? rows[i]! : i
      to[(at + i) * 2] = from[row * 2]!
      to[(at + i) * 2 + 1] = from[row * 2 + 1]!
    }
  } else if (leaf.store === 'bool') {
    const bits = column.values as Uint8Array
    for (let i = 0; i < size; i++) {
      const row = rows ? rows[i]! : i
      values.lanes[at + i] = (bits[row >> 3]! >> (row & 7)) & 1
    }
  } else {
    const from = column.values as Float64Array
    const to = values.lanes as Float64Array
    for (let i = 0; i < size; i++) to[at + i] = from[rows ? rows[i]! : i]!
  }
  values.present += size
}

function appendBytes(values: LeafValues, column: Column, rows: Int32Array | null, size: number): void {
  const from = column.values as Uint8Array
  const starts = column.offsets!
  const offsets = values.offsets!
  let total = 0
  for (let i = 0; i < size; i++) {
    const row = rows ? rows[i]! : i
    total += starts[row + 1]! - starts[row]!
  }
  values.reserveBytes(total)
  const to = values.lanes as Uint8Array
  let end = values.bytesLength
  for (let i = 0; i < size; i++) {
    const row = rows ? rows[i]! : i
    const start = starts[row]!
    const length = starts[row + 1]! - start
    if (length > 32) to.set(from.subarray(start, start + length), end)
    else for (let k = 0; k < length; k++) to[end + k] = from[start + k]!
    end += length
    offsets[values.present + i + 1] = end
  }
  values.bytesLength = end
}

interface Depth {
  /** Steps of the leaf's path that were taken. */
  readonly step: number
  readonly definition: number
  readonly repetition: number
  /** Lists and maps entered. */
  readonly repeats: number
}

const oneRow = new Int32Array(1)

/** One row of a nested leaf; a call per level of nesting, so only for columns that have some. */
function shred(values: LeafValues, column: Column, row: number, depth: Depth): void {
  const { leaf } = values
  let { definition } = depth
  const { validity } = column
  if (validity && ((validity[row >> 3]! >> (row & 7)) & 1) === 0) {
    assert(column.type.nullable, `a NOT NULL part of column ${leaf.path[0]} has no nulls`)
    return level(values, definition, depth.repetition)
  }
  if (column.type.nullable) definition++
  if (depth.step === leaf.steps.length) {
    values.reserve(1)
    level(values, definition, depth.repetition)
    oneRow[0] = row
    appendLanes(values, column, oneRow, 1)
    return
  }
  const { kind, child } = leaf.steps[depth.step]!
  if (kind === 'struct') {
    shred(values, column.children[child]!, row, { ...depth, step: depth.step + 1, definition })
    return
  }
  const from = column.offsets![row]!
  const to = column.offsets![row + 1]!
  if (from === to) return level(values, definition, depth.repetition)
  const entries = column.children[0]!
  const elements = child < 0 ? entries : entries.children[child]!
  const repeats = depth.repeats + 1
  for (let i = from; i < to; i++) {
    const repetition = i === from ? depth.repetition : repeats
    shred(values, elements, i, { step: depth.step + 1, definition: definition + 1, repetition, repeats })
  }
}

function level(values: LeafValues, definition: number, repetition: number): void {
  values.reserve(1)
  if (values.definition) values.definition[values.count] = definition
  if (values.repetition) values.repetition[values.count] = repetition
  values.count++
}
