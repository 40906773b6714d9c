// Where decoders put rows before a batch takes them: typed arrays per column, written by row number. Because a row is
// written by its number, and byte and list columns begin where the row before ended, a row that turns out damaged is
// undone by not counting it: its number is written again. One shape for every column, so that generated code and the
// scanner meet one hidden class. The arrays lie in a scratch memory (wasm/scratch.ts), where kernels write the same rows by
// address. Nothing here outlives the call between begin() and flush().
import { assert } from '../base/index.ts'
import { batchRowsMax, childFields, layoutOf } from '../model/index.ts'
import type { BatchBuilder, Column, Layout, LogicalType, Schema } from '../model/index.ts'
import { RecordDamage } from './damage.ts'
import { badUtf8At } from './utf8.ts'
import { kernelScratch, packBits, reserved, type Scratch } from './wasm/scratch.ts'

const noI8 = new Int8Array(0)
const noI16 = new Int16Array(0)
const noI32 = new Int32Array(0)
const noF32 = new Float32Array(0)
const noF64 = new Float64Array(0)
const noBytes = new Uint8Array(0)

/** Bytes behind each array that kernels may write or read over: they write 32 at once. */
const slack = 48

/** Symbols of an enum are longer than their index, so what a record becomes is bounded here, not by its size. */
const arenaBytesMax = 512 << 20
/** Above what a batch of batchBytesMax takes, with its input and all that moved while it grew. */
const largeBytes = 160 << 20

const laneBytes: Readonly<Record<Layout, number>> = {
  bool: 1,
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  int128: 16,
  float32: 4,
  float64: 8,
  bytes: 0,
  list: 0,
  map: 0,
  struct: 0,
  none: 0,
}

/** Hands out a scratch memory to the columns of one stage. Freed as a whole, by placing all anew. */
export class Arena {
  readonly scratch: Scratch
  readonly columns: StageColumn[] = []
  /** The first byte that is free. */
  top = reserved
  /** Something was placed a second time since begin(): its old place is waste. */
  moved = false

  constructor(scratch: Scratch) {
    this.scratch = scratch
  }

  /** Whether allocate() of so many bytes stays below the limit. */
  fits(size: number): boolean {
    return this.top + size + 2 * slack <= arenaBytesMax
  }

  /** Throws RecordDamage where the columns would take more than arenaBytesMax. */
  allocate(size: number): number {
    const at = (this.top + 15) & ~15
    if (at + size + slack > arenaBytesMax)
      throw new RecordDamage('MR-FORMAT-006', `its columns take more than ${arenaBytesMax >> 20} MB`, 0)
    this.top = at + size + slack
    const { buffer } = this.scratch
    this.scratch.ensure(this.top)
    if (this.scratch.buffer !== buffer) for (const column of this.columns) column.map()
    return at
  }

  /** Copies inside the memory, as an array moves to a larger place. */
  move(from: number, to: number, size: number): void {
    if (size > 0) new Uint8Array(this.scratch.buffer).copyWithin(to, from, from + size)
    this.moved = true
  }
}

export class StageColumn {
  readonly type: LogicalType
  readonly layout: Layout
  readonly nullable: boolean
  readonly children: readonly StageColumn[]
  readonly #arena: Arena
  /** Rows there is room for. */
  capacity: number
  /** Uint8[capacity]: 1 = not null. */
  valid: Uint8Array = noBytes
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
  /** Addresses of the arrays in the scratch memory. */
  validAt = 0
  lanesAt = 0
  offsetsAt = 0
  bytesAt = 0
  #bytesSize = 0
  #bitsAt = 0

  /** Not below a list or map: its rows are the stage's, so their addresses never change. */
  readonly fixed: boolean

  constructor(type: LogicalType, capacity: number, arena: Arena, fixed = true) {
    this.type = type
    this.fixed = fixed
    this.layout = layoutOf(type)
    this.nullable = type.nullable
    this.capacity = capacity
    this.#arena = arena
    arena.columns.push(this)
    if (this.layout === 'bytes') this.#bytesSize = capacity * 8
    const within = fixed && this.layout === 'struct'
    this.children = childFields(type).map((field) => new StageColumn(field.type, capacity, arena, within))
  }

  /** Takes room for the capacity; what was there is lost. map() must follow. */
  placeRows(): void {
    this.#placeRows(this.capacity)
  }

  placeBytes(): void {
    if (this.layout === 'bytes') this.bytesAt = this.#arena.allocate(this.#bytesSize)
  }

  #placeRows(rows: number): void {
    const arena = this.#arena
    this.validAt = arena.allocate(rows)
    this.#bitsAt = arena.allocate((rows + 7) >> 2)
    const width = laneBytes[this.layout]
    if (width > 0) this.lanesAt = arena.allocate(rows * width)
    if (this.#hasOffsets()) this.offsetsAt = arena.allocate((rows + 1) * 4)
  }

  #hasOffsets(): boolean {
    return this.layout === 'bytes' || this.layout === 'list' || this.layout === 'map'
  }

  /** Makes the arrays anew, after the buffer or an address has changed. */
  map(): void {
    const { layout, capacity: rows } = this
    const { buffer } = this.#arena.scratch
    this.valid = new Uint8Array(buffer, this.validAt, rows)
    if (this.#hasOffsets()) this.offsets = new Int32Array(buffer, this.offsetsAt, rows + 1)
    switch (layout) {
      case 'int8':
        this.i8 = new Int8Array(buffer, this.lanesAt, rows)
        return
      case 'int16':
        this.i16 = new Int16Array(buffer, this.lanesAt, rows)
        return
      case 'int32':
        this.i32 = new Int32Array(buffer, this.lanesAt, rows)
        return
      case 'float32':
        this.f32 = new Float32Array(buffer, this.lanesAt, rows)
        return
      case 'float64':
        this.f64 = new Float64Array(buffer, this.lanesAt, rows)
        return
      case 'int64':
        this.words = new Int32Array(buffer, this.lanesAt, rows * 2)
        return
      case 'int128':
        this.words = new Int32Array(buffer, this.lanesAt, rows * 4)
        return
      case 'bool':
        this.bytes = new Uint8Array(buffer, this.lanesAt, rows)
        return
      case 'bytes':
        this.bytes = new Uint8Array(buffer, this.bytesAt, this.#bytesSize)
    }
  }

  /** Room for row `row`, here and in the children of structs, which have the same rows. */
  ensure(row: number): void {
    if (row < this.capacity) return
    const before = this.capacity
    const rows = Math.max(row + 1, before * 2)
    const { validAt, lanesAt, offsetsAt } = this
    this.#placeRows(rows)
    const arena = this.#arena
    arena.move(validAt, this.validAt, before)
    arena.move(lanesAt, this.lanesAt, before * laneBytes[this.layout])
    if (this.#hasOffsets()) arena.move(offsetsAt, this.offsetsAt, (before + 1) * 4)
    this.capacity = rows
    this.map()
    if (this.layout === 'struct') for (const child of this.children) child.ensure(rows - 1)
  }

  setNull(row: number): void {
    this.valid[row] = 0
    if (this.offsets.length > 0) this.offsets[row + 1] = this.offsets[row]!
    else if (this.layout === 'struct') for (const child of this.children) child.setNull(row)
    else this.#clearLane(row)
  }

  /** So that a batch holds nothing of other rows or other topics under its nulls. */
  #clearLane(row: number): void {
    switch (this.layout) {
      case 'int64':
        this.words[row * 2] = this.words[row * 2 + 1] = 0
        return
      case 'int128':
        this.words.fill(0, row * 4, row * 4 + 4)
        return
      case 'bool':
        this.bytes[row] = 0
        return
      default:
        this.i8[row] = this.i16[row] = this.i32[row] = this.f32[row] = this.f64[row] = 0
    }
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
    if (end > this.bytes.length) this.#growBytes(end)
    this.offsets[row + 1] = end
    this.valid[row] = 1
    return at
  }

  #growBytes(least: number): void {
    const before = this.#bytesSize
    const { bytesAt } = this
    this.#bytesSize = Math.max(least, before * 2)
    this.bytesAt = this.#arena.allocate(this.#bytesSize)
    this.#arena.move(bytesAt, this.bytesAt, before)
    this.map()
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
      validity: layout === 'none' ? null : this.#validity(rows),
      values: this.#values(rows),
      offsets: this.offsets.length > 0 ? this.offsets : null,
      children,
    }
  }

  #validity(rows: number): Uint8Array | null {
    const { scratch } = this.#arena
    if (packBits(scratch, this.validAt, rows, this.#bitsAt) === rows) return null
    return new Uint8Array(scratch.buffer, this.#bitsAt, (rows + 7) >> 3)
  }

  #values(rows: number): Column['values'] {
    const { scratch } = this.#arena
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
        return new BigInt64Array(scratch.buffer, this.lanesAt, this.words.length >> 1)
      case 'bool': {
        // Behind the validity's bits.
        const at = this.#bitsAt + ((this.capacity + 7) >> 3) + 2
        packBits(scratch, this.lanesAt, rows, at)
        return new Uint8Array(scratch.buffer, at, (rows + 7) >> 3)
      }
      case 'bytes':
        return this.bytes
      default:
        return null
    }
  }
}

/** The rows of one decoder between two flushes. */
export class Stage {
  readonly columns: readonly StageColumn[]
  readonly arena: Arena
  readonly kinds = new Uint8Array(batchRowsMax + 2)
  /** Rows that count. Rows from here on are scratch. */
  rows = 0
  #buffer: ArrayBuffer | null = null
  /** The first byte behind the columns. */
  #top = 0

  /** @param scratch shared by all stages that are not between begin() and flush() at once */
  constructor(schema: Schema, scratch: Scratch = kernelScratch()) {
    this.arena = new Arena(scratch)
    // Two more than a batch: one record may be written as two rows before it is known how many of them count.
    this.columns = schema.fields.map((field) => new StageColumn(field.type, batchRowsMax + 2, this.arena))
    this.#place()
  }

  #place(): void {
    const { arena } = this
    arena.top = reserved
    // What does not grow comes first, so that it is always at the same address.
    for (const column of arena.columns) if (column.fixed) column.placeRows()
    for (const column of arena.columns) if (!column.fixed) column.placeRows()
    for (const column of arena.columns) column.placeBytes()
    for (const column of arena.columns) column.map()
    arena.moved = false
    this.#top = arena.top
    this.#buffer = arena.scratch.buffer
  }

  /** Before rows are written: the memory may hold those of another stage, or may have grown. */
  begin(): void {
    assert(this.rows === 0, 'rows were flushed before others begin')
    const { arena } = this
    if (arena.moved) this.#place()
    arena.top = this.#top
    if (this.#buffer !== arena.scratch.buffer) {
      for (const column of arena.columns) column.map()
      this.#buffer = arena.scratch.buffer
    }
    for (const column of arena.columns) if (column.offsets.length > 0) column.offsets[0] = 0
  }

  /** Its rows have grown so much in this batch that they are enough for one. */
  get isLarge(): boolean {
    return this.arena.top - this.#top > largeBytes
  }

  setNullRow(row: number): void {
    for (const column of this.columns) column.setNull(row)
  }

  /** Moves the rows into the batch. */
  flush(out: BatchBuilder): void {
    const { rows } = this
    if (rows === 0) return
    out.appendColumns(
      this.columns.map((column) => column.view(rows)),
      this.kinds,
      rows,
    )
    this.rows = 0
  }
}
