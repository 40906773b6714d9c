// Where decoders put rows before a batch takes them: plain typed arrays per column, written by row number. Because a row is
// written by its number, and byte and list columns begin where the row before ended, a row that turns out damaged is
// undone by not counting it: its number is written again. One shape for every column, so that generated code and the
// scanner meet one hidden class. Nothing here outlives flush().
import { batchRowsMax, childFields, layoutOf } from '../model/index.ts'
import type { BatchBuilder, Column, Layout, LogicalType, Schema } from '../model/index.ts'
import { badUtf8At } from './utf8.ts'

const noI8 = new Int8Array(0)
const noI16 = new Int16Array(0)
const noI32 = new Int32Array(0)
const noF32 = new Float32Array(0)
const noF64 = new Float64Array(0)
const noBytes = new Uint8Array(0)

export class StageColumn {
  readonly type: LogicalType
  readonly layout: Layout
  readonly nullable: boolean
  readonly children: readonly StageColumn[]
  /** Rows there is room for. */
  capacity: number
  /** Uint8[capacity]: 1 = not null. */
  valid: Uint8Array
  i8 = noI8
  i16 = noI16
  i32 = noI32
  f32 = noF32
  f64 = noF64
  /** int64: two 32-bit words a row (low, high); int128: four. */
  words = noI32
  /** bool: a byte a row; bytes: the buffer. */
  bytes: Uint8Array = noBytes
  offsets = noI32

  constructor(type: LogicalType, capacity: number) {
    this.type = type
    this.layout = layoutOf(type)
    this.nullable = type.nullable
    this.capacity = capacity
    this.valid = new Uint8Array(capacity)
    this.children = childFields(type).map((field) => new StageColumn(field.type, capacity))
    this.#allocate(capacity)
    if (this.layout === 'bytes') this.bytes = new Uint8Array(capacity * 8)
  }

  #allocate(rows: number): void {
    switch (this.layout) {
      case 'int8':
        this.i8 = grown(this.i8, new Int8Array(rows))
        return
      case 'int16':
        this.i16 = grown(this.i16, new Int16Array(rows))
        return
      case 'int32':
        this.i32 = grown(this.i32, new Int32Array(rows))
        return
      case 'float32':
        this.f32 = grown(this.f32, new Float32Array(rows))
        return
      case 'float64':
        this.f64 = grown(this.f64, new Float64Array(rows))
        return
      case 'int64':
        this.words = grown(this.words, new Int32Array(rows * 2))
        return
      case 'int128':
        this.words = grown(this.words, new Int32Array(rows * 4))
        return
      case 'bool':
        this.bytes = grown(this.bytes, new Uint8Array(rows))
        return
      case 'bytes':
      case 'list':
      case 'map':
        this.offsets = grown(this.offsets, new Int32Array(rows + 1))
    }
  }

  /** Room for row `row`, here and in the children of structs, which have the same rows. */
  ensure(row: number): void {
    if (row < this.capacity) return
    const rows = Math.max(row + 1, this.capacity * 2)
    this.valid = grown(this.valid, new Uint8Array(rows))
    this.#allocate(rows)
    this.capacity = rows
    if (this.layout === 'struct') for (const child of this.children) child.ensure(rows - 1)
  }

  setNull(row: number): void {
    this.valid[row] = 0
    if (this.offsets.length > 0) this.offsets[row + 1] = this.offsets[row]!
    if (this.layout === 'struct') for (const child of this.children) child.setNull(row)
  }

  setBytes(row: number, source: Uint8Array, from: number, size: number): void {
    const at = this.#roomForBytes(row, size)
    const { bytes } = this
    if (size > 48) bytes.set(source.subarray(from, from + size), at)
    else for (let i = 0; i < size; i++) bytes[at + i] = source[from + i]!
  }

  /** @returns the position in `source` of what is not UTF-8, or -1 */
  setText(row: number, source: Uint8Array, from: number, size: number): number {
    const at = this.#roomForBytes(row, size)
    const { bytes } = this
    let seen = 0
    if (size > 48) {
      bytes.set(source.subarray(from, from + size), at)
      for (let i = 0; i < size; i++) seen |= source[from + i]!
    } else {
      for (let i = 0; i < size; i++) {
        const byte = source[from + i]!
        seen |= byte
        bytes[at + i] = byte
      }
    }
    return seen < 128 ? -1 : badUtf8At(source, from, from + size)
  }

  #roomForBytes(row: number, size: number): number {
    const at = this.offsets[row]!
    const end = at + size
    if (end > this.bytes.length) this.bytes = grown(this.bytes, new Uint8Array(Math.max(end, this.bytes.length * 2)))
    this.offsets[row + 1] = end
    this.valid[row] = 1
    return at
  }

  /** int64 and int128 lanes, sign extended. */
  setBigInt(row: number, value: bigint): void {
    const { words } = this
    const lanes = this.layout === 'int128' ? 4 : 2
    let rest = value
    for (let i = 0; i < lanes; i++) {
      words[row * lanes + i] = Number(BigInt.asIntN(32, rest))
      rest >>= 32n
    }
    this.valid[row] = 1
  }

  /** A safe integer into int64 or int128 lanes. */
  setInteger(row: number, value: number): void {
    const { words } = this
    const high = Math.floor(value / 4294967296)
    if (this.layout === 'int128') {
      words[row * 4] = value - high * 4294967296
      words[row * 4 + 1] = high
      words[row * 4 + 2] = words[row * 4 + 3] = value < 0 ? -1 : 0
    } else {
      words[row * 2] = value - high * 4294967296
      words[row * 2 + 1] = high
    }
    this.valid[row] = 1
  }

  /** A safe integer, or any bigint that the lanes hold. */
  setWhole(row: number, value: number | bigint): void {
    if (typeof value === 'number') this.setInteger(row, value)
    else this.setBigInt(row, value)
  }

  /** Rows [0, rows) as a column that shares this stage's memory: copy it before the next row is written. */
  view(rows: number): Column {
    const { type, layout } = this
    let children: Column[] = []
    if (layout === 'struct') children = this.children.map((child) => child.view(rows))
    else if (layout === 'list' || layout === 'map') children = [this.children[0]!.view(this.offsets[rows]!)]
    return {
      type,
      layout,
      validity: layout === 'none' ? null : bitsOrNull(this.valid, rows),
      values: this.#values(rows),
      offsets: this.offsets.length > 0 ? this.offsets : null,
      children,
    }
  }

  #values(rows: number): Column['values'] {
    switch (this.layout) {
      case 'int8':
        return this.i8
      case 'int16':
        return this.i16
      case 'int32':
        return this.i32
      case 'float32':
        return this.f32
      case 'float64':
        return this.f64
      case 'int64':
      case 'int128':
        return new BigInt64Array(this.words.buffer)
      case 'bool':
        return packBits(this.bytes, rows)
      case 'bytes':
        return this.bytes
      default:
        return null
    }
  }
}

function grown<T extends { set(source: T): void; readonly length: number }>(old: T, fresh: T): T {
  fresh.set(old)
  return fresh
}

function packBits(flags: Uint8Array, rows: number): Uint8Array {
  const bits = new Uint8Array((rows + 7) >> 3)
  for (let i = 0; i < rows; i++) bits[i >> 3]! |= flags[i]! << (i & 7)
  return bits
}

function bitsOrNull(valid: Uint8Array, rows: number): Uint8Array | null {
  for (let i = 0; i < rows; i++) if (valid[i] === 0) return packBits(valid, rows)
  return null
}

/** The rows of one decoder between two flushes. */
export class Stage {
  readonly columns: readonly StageColumn[]
  readonly kinds = new Uint8Array(batchRowsMax + 2)
  /** Rows that count. Rows from here on are scratch. */
  rows = 0

  constructor(schema: Schema) {
    // Two more than a batch: one record may be written as two rows before it is known how many of them count.
    this.columns = schema.fields.map((field) => new StageColumn(field.type, batchRowsMax + 2))
  }

  setNullRow(row: number): void {
    for (const column of this.columns) column.setNull(row)
  }

  /** Moves the rows into the batch. */
  flush(out: BatchBuilder): void {
    const { rows } = this
    if (rows === 0) return
    this.columns.forEach((column, i) => out.columns[i]!.appendRange(column.view(rows), 0, rows))
    out.endRows(this.kinds, rows)
    this.rows = 0
  }
}
