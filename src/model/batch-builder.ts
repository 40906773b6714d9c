// Builds a Batch row by row or lane by lane; used by decoders, operators and tests. Grows its buffers; finish() freezes
// them into shared memory of exactly the size needed. Not for the innermost loops that already know their lanes:
// those fill typed arrays from allocateLanes and make columns themselves.
import { assert, encodeText } from '../base/index.ts'
import { changeKind, type Batch, type ChangeKind, type Column, type Lanes, type Value } from './batch.ts'
import { freezeColumns } from './freeze.ts'
import { childFields, layoutOf, type Layout, type LogicalType, type Schema } from './types.ts'

type FixedLayout = Exclude<Layout, 'bytes' | 'list' | 'map' | 'struct' | 'none' | 'bool'>

/** Zeroed lanes on shared memory for `rows` rows of a fixed-width layout (int128: two lanes a row). */
export function allocateLanes(layout: FixedLayout, rows: number): Lanes {
  switch (layout) {
    case 'int8':
      return new Int8Array(new SharedArrayBuffer(rows))
    case 'int16':
      return new Int16Array(new SharedArrayBuffer(rows * 2))
    case 'int32':
      return new Int32Array(new SharedArrayBuffer(rows * 4))
    case 'float32':
      return new Float32Array(new SharedArrayBuffer(rows * 4))
    case 'float64':
      return new Float64Array(new SharedArrayBuffer(rows * 8))
    case 'int64':
      return new BigInt64Array(new SharedArrayBuffer(rows * 8))
    case 'int128':
      return new BigInt64Array(new SharedArrayBuffer(rows * 16))
  }
}

export function allocateBytes(size: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(size))
}

/** Appends to one column. Each row needs exactly one append call. */
export class ColumnBuilder {
  readonly type: LogicalType
  readonly layout: Layout
  readonly children: readonly ColumnBuilder[]
  #rows = 0
  #nulls = 0
  #validity = new Uint8Array(32)
  #lanes: Lanes | null = null
  #bytes: Uint8Array | null = null
  #bytesLength = 0
  #offsets: Int32Array | null = null

  constructor(type: LogicalType) {
    this.type = type
    this.layout = layoutOf(type)
    this.children = childFields(type).map((field) => new ColumnBuilder(field.type))
    if (this.layout === 'bytes' || this.layout === 'list' || this.layout === 'map') this.#offsets = new Int32Array(257)
    if (this.layout === 'bytes') this.#bytes = new Uint8Array(4096)
    else if (this.layout === 'bool') this.#bytes = new Uint8Array(32)
    else if (this.layout !== 'list' && this.layout !== 'map' && this.layout !== 'struct' && this.layout !== 'none') {
      this.#lanes = allocateLanes(this.layout, 256)
    }
  }

  get rowCount(): number {
    return this.#rows
  }

  #next(present: boolean): number {
    const row = this.#rows++
    if (row >> 3 >= this.#validity.length) this.#validity = grownBytes(this.#validity, (row >> 3) + 1)
    if (present) this.#validity[row >> 3]! |= 1 << (row & 7)
    else this.#nulls++
    const { layout } = this
    if (this.#lanes) {
      const need = layout === 'int128' ? (row + 1) * 2 : row + 1
      if (need > this.#lanes.length) this.#growLanes()
    } else if (layout === 'bool') {
      if (row >> 3 >= this.#bytes!.length) this.#bytes = grownBytes(this.#bytes!, (row >> 3) + 1)
    } else if (this.#offsets && row + 1 >= this.#offsets.length) {
      const grown = new Int32Array(this.#offsets.length * 2)
      grown.set(this.#offsets)
      this.#offsets = grown
    }
    return row
  }

  #growLanes(): void {
    const old = this.#lanes!
    const rows = this.layout === 'int128' ? old.length : old.length * 2
    const grown = allocateLanes(this.layout as FixedLayout, rows)
    ;(grown as Float64Array).set(old as Float64Array)
    this.#lanes = grown
  }

  appendNull(): void {
    const row = this.#next(false)
    if (this.layout === 'bytes') this.#offsets![row + 1] = this.#bytesLength
    else if (this.layout === 'list' || this.layout === 'map') this.#offsets![row + 1] = this.children[0]!.rowCount
    else if (this.layout === 'struct') for (const child of this.children) child.appendNull()
  }

  /** int8, int16, int32, float32, float64 */
  appendNumber(value: number): void {
    const row = this.#next(true)
    ;(this.#lanes as Float64Array)[row] = value
  }

  /** int64 lanes; int128 sign-extends into both lanes. */
  appendBigInt(value: bigint): void {
    const row = this.#next(true)
    const lanes = this.#lanes as BigInt64Array
    if (this.layout === 'int128') {
      lanes[row * 2] = BigInt.asIntN(64, value)
      lanes[row * 2 + 1] = BigInt.asIntN(64, value >> 64n)
    } else lanes[row] = value
  }

  appendBoolean(value: boolean): void {
    const row = this.#next(true)
    if (value) this.#bytes![row >> 3]! |= 1 << (row & 7)
  }

  /** Copies source[from, to). */
  appendBytes(source: Uint8Array, from = 0, to = source.length): void {
    const row = this.#next(true)
    const size = to - from
    if (this.#bytesLength + size > this.#bytes!.length) this.#bytes = grownBytes(this.#bytes!, this.#bytesLength + size)
    if (size > 64) this.#bytes!.set(source.subarray(from, to), this.#bytesLength)
    else for (let i = 0; i < size; i++) this.#bytes![this.#bytesLength + i] = source[from + i]!
    this.#bytesLength += size
    this.#offsets![row + 1] = this.#bytesLength
  }

  appendText(text: string): void {
    this.appendBytes(encodeText(text))
  }

  /** After the elements (entries of the map) were appended to the child: closes this row's list. */
  appendListEnd(): void {
    const row = this.#next(true)
    this.#offsets![row + 1] = this.children[0]!.rowCount
  }

  /** After every child got its value for this row. */
  appendStructEnd(): void {
    const row = this.#next(true)
    for (const child of this.children) assert(child.rowCount === row + 1, 'every child of the struct has this row')
  }

  /** The boxed form that valueAt gives; for edges and tests. */
  appendValue(value: Value): void {
    if (value === null || this.layout === 'none') return this.appendNull()
    switch (this.layout) {
      case 'bool':
        return this.appendBoolean(value as boolean)
      case 'int64':
      case 'int128':
        return this.appendBigInt(value as bigint)
      case 'bytes':
        return typeof value === 'string' ? this.appendText(value) : this.appendBytes(value as Uint8Array)
      case 'list':
        for (const element of value as readonly Value[]) this.children[0]!.appendValue(element)
        return this.appendListEnd()
      case 'map':
        for (const [k, v] of value as ReadonlyMap<Value, Value>) this.children[0]!.appendValue([k, v])
        return this.appendListEnd()
      case 'struct':
        this.children.forEach((child, i) => child.appendValue((value as readonly Value[])[i]!))
        return this.appendStructEnd()
      default:
        return this.appendNumber(value as number)
    }
  }

  /** Copies one row of a column of the same type. */
  appendFrom(column: Column, row: number): void {
    const { validity } = column
    if (this.layout === 'none' || (validity !== null && (validity[row >> 3]! & (1 << (row & 7))) === 0))
      return this.appendNull()
    switch (this.layout) {
      case 'bool':
        return this.appendBoolean(((column.values as Uint8Array)[row >> 3]! & (1 << (row & 7))) !== 0)
      case 'int64':
        return this.appendBigInt((column.values as BigInt64Array)[row]!)
      case 'int128': {
        const at = this.#next(true)
        const from = column.values as BigInt64Array
        const to = this.#lanes as BigInt64Array
        to[at * 2] = from[row * 2]!
        to[at * 2 + 1] = from[row * 2 + 1]!
        return
      }
      case 'bytes':
        return this.appendBytes(column.values as Uint8Array, column.offsets![row]!, column.offsets![row + 1]!)
      case 'list':
      case 'map':
        for (let i = column.offsets![row]!; i < column.offsets![row + 1]!; i++)
          this.children[0]!.appendFrom(column.children[0]!, i)
        return this.appendListEnd()
      case 'struct':
        for (let i = 0; i < this.children.length; i++) this.children[i]!.appendFrom(column.children[i]!, row)
        return this.appendStructEnd()
      default:
        return this.appendNumber((column.values as Float64Array)[row]!)
    }
  }

  /**
   * Copies rows [from, to) of a column of the same type, lane by lane: what decoders and operators that fill whole
   * columns use. O(rows + bytes).
   */
  appendRange(column: Column, from: number, to: number): void {
    const first = this.#rows
    const count = to - from
    if (count <= 0) return
    this.#reserve(first + count)
    this.#rows = first + count
    const { validity } = column
    if (this.layout === 'none') {
      this.#nulls += count
    } else if (validity === null) setBits(this.#validity, first, count)
    else this.#nulls += count - copyBits(validity, from, this.#validity, first, count)
    switch (this.layout) {
      case 'none':
        return
      case 'bool':
        copyBits(column.values as Uint8Array, from, this.#bytes!, first, count)
        return
      case 'struct':
        for (let i = 0; i < this.children.length; i++) this.children[i]!.appendRange(column.children[i]!, from, to)
        return
      case 'bytes': {
        const start = column.offsets![from]!
        const size = column.offsets![to]! - start
        if (this.#bytesLength + size > this.#bytes!.length)
          this.#bytes = grownBytes(this.#bytes!, this.#bytesLength + size)
        this.#bytes!.set((column.values as Uint8Array).subarray(start, start + size), this.#bytesLength)
        copyOffsets(column.offsets!, from, this.#offsets!, first, count, this.#bytesLength - start)
        this.#bytesLength += size
        return
      }
      case 'list':
      case 'map': {
        const [child] = this.children
        const start = column.offsets![from]!
        copyOffsets(column.offsets!, from, this.#offsets!, first, count, child!.rowCount - start)
        child!.appendRange(column.children[0]!, start, column.offsets![to]!)
        return
      }
      default: {
        const lanes = this.layout === 'int128' ? 2 : 1
        const source = column.values as Float64Array
        ;(this.#lanes as Float64Array).set(source.subarray(from * lanes, to * lanes), first * lanes)
      }
    }
  }

  /** Room for `rows` rows in validity, lanes, bits and offsets. */
  #reserve(rows: number): void {
    if ((rows + 7) >> 3 > this.#validity.length) this.#validity = grownBytes(this.#validity, (rows + 7) >> 3)
    if (this.layout === 'bool' && (rows + 7) >> 3 > this.#bytes!.length)
      this.#bytes = grownBytes(this.#bytes!, (rows + 7) >> 3)
    if (this.#lanes) {
      const need = this.layout === 'int128' ? rows * 2 : rows
      while (need > this.#lanes.length) this.#growLanes()
    } else if (this.#offsets && rows >= this.#offsets.length) {
      const grown = new Int32Array(Math.max(rows + 1, this.#offsets.length * 2))
      grown.set(this.#offsets)
      this.#offsets = grown
    }
  }

  /** Freezes what was appended into shared memory. The builder starts anew, empty. */
  finish(): Column {
    const rows = this.#rows
    const { type, layout } = this
    const validity = this.#nulls === 0 ? null : sharedCopy(this.#validity, (rows + 7) >> 3)
    let values: Column['values'] = null
    let offsets: Int32Array | null = null
    if (this.#lanes) {
      values = allocateLanes(layout as FixedLayout, rows)
      ;(values as Float64Array).set(this.#lanes.subarray(0, values.length) as Float64Array)
    } else if (layout === 'bool') values = sharedCopy(this.#bytes!, (rows + 7) >> 3)
    else if (layout === 'bytes') values = sharedCopy(this.#bytes!, this.#bytesLength)
    if (this.#offsets) {
      offsets = new Int32Array(new SharedArrayBuffer((rows + 1) * 4))
      offsets.set(this.#offsets.subarray(0, rows + 1))
      this.#offsets[0] = 0
    }
    const children = this.children.map((child) => child.finish())
    this.#rows = 0
    this.#nulls = 0
    this.#bytesLength = 0
    this.#validity.fill(0)
    if (layout === 'bool') this.#bytes!.fill(0)
    return { type, layout, validity, values, offsets, children }
  }
}

function setBits(bits: Uint8Array, from: number, count: number): void {
  let i = from
  const end = from + count
  for (; i < end && (i & 7) !== 0; i++) bits[i >> 3]! |= 1 << (i & 7)
  const whole = (end - i) >> 3
  bits.fill(255, i >> 3, (i >> 3) + whole)
  for (i += whole * 8; i < end; i++) bits[i >> 3]! |= 1 << (i & 7)
}

/** Target bits are 0 before. @returns how many are 1 */
function copyBits(source: Uint8Array, from: number, target: Uint8Array, to: number, count: number): number {
  let ones = 0
  for (let i = 0; i < count; i++) {
    const bit = (source[(from + i) >> 3]! >> ((from + i) & 7)) & 1
    target[(to + i) >> 3]! |= bit << ((to + i) & 7)
    ones += bit
  }
  return ones
}

function copyOffsets(
  source: Int32Array,
  from: number,
  target: Int32Array,
  to: number,
  count: number,
  shift: number,
): void {
  for (let i = 1; i <= count; i++) target[to + i] = source[from + i]! + shift
}

function grownBytes(old: Uint8Array, least: number): Uint8Array<ArrayBuffer> {
  const grown = new Uint8Array(Math.max(least, old.length * 2))
  grown.set(old)
  return grown
}

function sharedCopy(source: Uint8Array, size: number): Uint8Array {
  const copy = allocateBytes(size)
  copy.set(source.subarray(0, size))
  return copy
}

/** Builds a batch row by row; see ColumnBuilder for columns. */
export class BatchBuilder {
  readonly schema: Schema
  readonly #columns: readonly ColumnBuilder[]
  #kinds = new Uint8Array(256)
  #rows = 0
  #onlyInserts = true
  /** Rows that came as whole columns into an empty builder: already a batch, unless more rows follow. */
  #whole: Batch | null = null

  constructor(schema: Schema) {
    this.schema = schema
    this.#columns = schema.fields.map((field) => new ColumnBuilder(field.type))
  }

  /** For appending; ask anew after each appendColumns. */
  get columns(): readonly ColumnBuilder[] {
    if (this.#whole) this.#unfold()
    return this.#columns
  }

  get rowCount(): number {
    return this.#whole ? this.#whole.rowCount : this.#rows
  }

  /**
   * Appends rows [0, count) of columns of the schema's types: copies them, and into an empty builder just once, to where
   * the batch will have them. O(bytes).
   * @param kinds Uint8[count]; null: all +I
   */
  appendColumns(columns: readonly Column[], kinds: Uint8Array | null, count: number): void {
    if (count === 0) return
    if (this.rowCount === 0) {
      this.#whole = freezeColumns(this.schema, columns, kinds, count)
      return
    }
    const into = this.columns
    for (let i = 0; i < into.length; i++) into[i]!.appendRange(columns[i]!, 0, count)
    this.endRows(kinds, count)
  }

  /** More rows follow what came whole: it becomes rows like any other. */
  #unfold(): void {
    const { columns, kinds, rowCount } = this.#whole!
    this.#whole = null
    for (let i = 0; i < columns.length; i++) this.#columns[i]!.appendRange(columns[i]!, 0, rowCount)
    this.endRows(kinds, rowCount)
  }

  /** After every column got its value: ends the row. */
  endRow(kind: ChangeKind = changeKind.insert): void {
    assert(this.#whole === null, 'the row was appended to the columns as they are now')
    if (this.#rows >= this.#kinds.length) this.#kinds = grownBytes(this.#kinds, this.#rows + 1)
    this.#kinds[this.#rows++] = kind
    if (kind !== changeKind.insert) this.#onlyInserts = false
  }

  /** Ends `count` rows whose columns were appended by ColumnBuilder.appendRange. @param kinds Uint8[count]; null: all +I */
  endRows(kinds: Uint8Array | null, count: number): void {
    for (let i = 0; i < count; i++) this.endRow(kinds === null ? changeKind.insert : (kinds[i] as ChangeKind))
  }

  appendRow(values: readonly Value[], kind: ChangeKind = changeKind.insert): void {
    assert(values.length === this.columns.length, 'a value per column')
    const { columns } = this
    for (let i = 0; i < values.length; i++) columns[i]!.appendValue(values[i]!)
    this.endRow(kind)
  }

  appendRowFrom(batch: Batch, row: number, kind: ChangeKind): void {
    const { columns } = this
    for (let i = 0; i < columns.length; i++) columns[i]!.appendFrom(batch.columns[i]!, row)
    this.endRow(kind)
  }

  /** The batch so far; the builder starts anew. */
  finish(): Batch {
    if (this.#whole) {
      const whole = this.#whole
      this.#whole = null
      return whole
    }
    const rowCount = this.#rows
    const kinds = this.#onlyInserts ? null : sharedCopy(this.#kinds, rowCount)
    const columns = this.#columns.map((column) => column.finish())
    for (const column of this.#columns) assert(column.rowCount === 0, 'columns start anew')
    this.#rows = 0
    this.#onlyInserts = true
    return { schema: this.schema, rowCount, kinds, columns }
  }
}

/** A batch from boxed rows, for tests and edges. */
export function batchFromRows(
  schema: Schema,
  rows: readonly (readonly Value[])[],
  kinds?: readonly ChangeKind[],
): Batch {
  const builder = new BatchBuilder(schema)
  rows.forEach((row, i) => builder.appendRow(row, kinds?.[i]))
  return builder.finish()
}
