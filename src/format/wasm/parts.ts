// Functions and pieces that kernels of several formats are made of: copying text with a look at its bytes, checking UTF-8,
// reading big-endian integers. All may read or write up to 32 bytes behind what they are given: the arena leaves slack.
import type { StageColumn } from '../stage.ts'
import {
  call,
  i32,
  i64,
  v128,
  type Expr,
  type FunctionBuilder,
  type Local,
  type ModuleBuilder,
  type WasmFunction,
} from './builder.ts'

export type Bail = () => void
type I32Function = WasmFunction & { readonly result: 'i32' }

export interface Parts {
  /** (to, from, size) copies; result: not 0 when a byte was not ASCII. For any size. */
  readonly copy: I32Function
  /** (from, to): 1 when the bytes are well-formed UTF-8. */
  readonly utf8: I32Function
}

export function defineParts(module: ModuleBuilder): Parts {
  return { copy: defineCopy(module), utf8: defineUtf8(module) }
}

function defineCopy(module: ModuleBuilder): I32Function {
  return module.function(['i32', 'i32', 'i32'], 'i32', (f, to, from, size) => {
    const seen = f.local('i32')
    const bytes = f.local('v128')
    f.block((done) => {
      f.loop((again) => {
        f.brIf(done, i32.le(size, i32.of(16)))
        f.set(bytes, v128.load(from))
        f.store128(to, 0, bytes)
        f.set(seen, i32.or(seen, v128.bitmask8(bytes)))
        f.step(from, 16)
        f.step(to, 16)
        f.step(size, -16)
        f.br(again)
      })
    })
    f.set(bytes, v128.load(from))
    f.store128(to, 0, bytes)
    f.return(i32.or(seen, i32.and(v128.bitmask8(bytes), lowBits(size))))
  })
}

/** The lowest `count` bits, 0 to 31. */
export const lowBits = (count: Expr<'i32'>): Expr<'i32'> => i32.sub(i32.shl(i32.of(1), count), i32.of(1))

/** Table 3-7 of the Unicode Standard, as utf8.ts has it; runs of ASCII eight bytes at a time. */
function defineUtf8(module: ModuleBuilder): I32Function {
  return module.function(['i32', 'i32'], 'i32', (f, at, to) => {
    const lead = f.local('i32')
    const second = f.local('i32')
    const bad = (condition: Expr<'i32'>): void => f.if(condition, () => f.return(i32.of(0)))
    const follows = (offset: number): void => bad(i32.ne(i32.and(i32.load8(at, offset), i32.of(0xc0)), i32.of(0x80)))
    const within = (size: number): void => bad(i32.gt(i32.add(at, i32.of(size)), to))
    f.block((done) => {
      f.loop((again) => {
        f.brIf(done, i32.ge(at, to))
        f.set(lead, i32.load8(at))
        f.if(i32.lt(lead, i32.of(0x80)), () => {
          f.if(
            i64.eqz(i64.and(i64.load(at), i64.of(0x8080808080808080n))),
            () => f.step(at, 8),
            () => f.step(at, 1),
          )
          f.br(again)
        })
        bad(i32.lt(lead, i32.of(0xc2)))
        f.if(i32.lt(lead, i32.of(0xe0)), () => {
          within(2)
          follows(1)
          f.step(at, 2)
          f.br(again)
        })
        f.set(second, i32.load8(at, 1))
        f.if(i32.lt(lead, i32.of(0xf0)), () => {
          within(3)
          follows(1)
          follows(2)
          bad(i32.and(i32.eq(lead, i32.of(0xe0)), i32.lt(second, i32.of(0xa0))))
          bad(i32.and(i32.eq(lead, i32.of(0xed)), i32.gt(second, i32.of(0x9f))))
          f.step(at, 3)
          f.br(again)
        })
        bad(i32.gt(lead, i32.of(0xf4)))
        within(4)
        follows(1)
        follows(2)
        follows(3)
        bad(i32.and(i32.eq(lead, i32.of(0xf0)), i32.lt(second, i32.of(0x90))))
        bad(i32.and(i32.eq(lead, i32.of(0xf4)), i32.gt(second, i32.of(0x8f))))
        f.step(at, 4)
        f.br(again)
      })
    })
    f.return(i32.of(1))
  })
}

const reversed = [7, 6, 5, 4, 3, 2, 1, 0, 8, 9, 10, 11, 12, 13, 14, 15]

/** The eight bytes at an address as a big-endian number. */
export function loadBigEndian(address: Expr<'i32'>, offset = 0): Expr<'i64'> {
  const bytes = v128.load64(address, offset)
  return v128.low64(v128.shuffle8(bytes, bytes, reversed))
}

/** Where a kernel finds what may move: words in the parameters' region, written before each run. */
export const descriptorsAt = 128
const descriptorBytes = 24
export const descriptorsMax = Math.floor((4_096 - descriptorsAt) / descriptorBytes)

/** A column as a kernel writes it. */
export class KernelSlot {
  readonly column: StageColumn
  readonly #f: FunctionBuilder
  readonly #moving: { valid: Local<'i32'>; lanes: Local<'i32'>; offsets: Local<'i32'> } | null = null
  /** Rows there is room for; null: all of the stage's. */
  readonly capacity: Local<'i32'> | null = null
  /** The byte buffer's address and size, for layout bytes. */
  readonly bytes: Local<'i32'> | null = null
  readonly bytesSize: Local<'i32'> | null = null
  /** Where the next row's bytes or elements begin, for layouts bytes, list and map. */
  readonly next: Local<'i32'> | null = null

  /** @param at address of the column's descriptor; null when it needs none */
  constructor(f: FunctionBuilder, column: StageColumn, at: number | null) {
    this.#f = f
    this.column = column
    const word = (i: number): Local<'i32'> => f.let(i32.load(i32.of(0), at! + i * 4))
    if (!column.fixed) {
      this.#moving = { valid: word(0), lanes: word(1), offsets: word(2) }
      this.capacity = word(5)
    }
    if (column.layout === 'bytes') {
      this.bytes = word(3)
      this.bytesSize = word(4)
    }
    if (column.layout === 'bytes' || column.layout === 'list' || column.layout === 'map') this.next = f.local('i32')
  }

  #address(base: number, moving: Local<'i32'> | undefined, row: Expr<'i32'>, shift: number): [Expr<'i32'>, number] {
    const scaled = shift === 0 ? row : i32.shl(row, i32.of(shift))
    return moving ? [i32.add(moving, scaled), 0] : [scaled, base]
  }

  /** Address and offset of a row's lane. @param shift log2 of its bytes */
  lane(row: Expr<'i32'>, shift: number): [Expr<'i32'>, number] {
    return this.#address(this.column.lanesAt, this.#moving?.lanes, row, shift)
  }
  valid(row: Expr<'i32'>): [Expr<'i32'>, number] {
    return this.#address(this.column.validAt, this.#moving?.valid, row, 0)
  }
  offset(row: Expr<'i32'>): [Expr<'i32'>, number] {
    return this.#address(this.column.offsetsAt, this.#moving?.offsets, row, 2)
  }

  /** Before a run of rows: where the first begins, and rows [row, row + count) taken as present. */
  begin(row: Expr<'i32'>, count: Expr<'i32'>): void {
    if (this.next) this.#f.set(this.next, i32.load(...this.offset(row)))
    if (this.column.fixed) this.#f.fill(i32.add(row, i32.of(this.column.validAt)), i32.of(1), count)
  }

  /** Elements are marked one by one: their number is not known before. */
  setValid(row: Expr<'i32'>): void {
    if (this.#moving) this.#f.store8(...this.valid(row), i32.of(1))
  }

  setNull(row: Expr<'i32'>): void {
    const f = this.#f
    f.store8(...this.valid(row), i32.of(0))
    switch (this.column.layout) {
      case 'bytes':
      case 'list':
      case 'map':
        return this.endRow(row)
      case 'bool':
      case 'int8':
        return f.store8(...this.lane(row, 0), i32.of(0))
      case 'int16':
        return f.store16(...this.lane(row, 1), i32.of(0))
      case 'int32':
      case 'float32':
        return f.store32(...this.lane(row, 2), i32.of(0))
      case 'int64':
      case 'float64':
        return f.store64(...this.lane(row, 3), i64.of(0n))
      case 'int128': {
        const [address, offset] = this.lane(row, 4)
        f.store64(address, offset, i64.of(0n))
        f.store64(address, offset + 8, i64.of(0n))
      }
    }
  }

  /** An unscaled decimal or another 64-bit number into int64 or int128 lanes. */
  setLong(row: Expr<'i32'>, value: Expr<'i64'>): void {
    if (this.column.layout !== 'int128') return this.#f.store64(...this.lane(row, 3), value)
    const [address, offset] = this.lane(row, 4)
    this.#f.store64(address, offset, value)
    this.#f.store64(address, offset + 8, i64.shr(value, i64.of(63n)))
  }

  /** Both halves of an int128 lane. */
  setWide(row: Expr<'i32'>, low: Expr<'i64'>, high: Expr<'i64'>): void {
    const [address, offset] = this.lane(row, 4)
    this.#f.store64(address, offset, low)
    this.#f.store64(address, offset + 8, high)
  }

  /** After its bytes or elements: the row ends at `next`. */
  endRow(row: Expr<'i32'>): void {
    const [address, offset] = this.offset(row)
    this.#f.store32(address, offset + 4, this.next!)
  }

  /** Copies bytes [from, from + size) into the row, bailing out where there is no room. @param size a variable */
  setBytes(
    row: Expr<'i32'>,
    from: Expr<'i32'>,
    size: Local<'i32'>,
    parts: Parts,
    options: { text: boolean; bail: Bail },
  ): void {
    const f = this.#f
    const next = this.next!
    f.if(i32.gt(size, i32.sub(this.bytesSize!, next)), options.bail)
    const to = f.let(i32.add(this.bytes!, next))
    const seen = f.local('i32')
    f.if(
      i32.lt(size, i32.of(32)),
      () => {
        // All 32 bytes, since lengths are hard to foretell: what is too much is written over, or lies in the slack.
        const head = f.let(v128.load(from))
        const rest = f.let(v128.load(from, 16))
        f.store128(to, 0, head)
        f.store128(to, 16, rest)
        if (options.text) {
          const high = i32.or(v128.bitmask8(head), i32.shl(v128.bitmask8(rest), i32.of(16)))
          f.set(seen, i32.and(high, lowBits(size)))
        }
      },
      () => f.set(seen, call(parts.copy, to, from, size)),
    )
    if (options.text) {
      f.if(seen, () => f.if(i32.eqz(call(parts.utf8, from, i32.add(from, size))), options.bail))
    }
    f.step(next, size)
    this.endRow(row)
  }
}

/** The slots of a kernel's columns and of all below them, and what must be written before it runs. */
export class KernelSlots {
  readonly all: KernelSlot[] = []
  readonly #f: FunctionBuilder
  readonly #described: StageColumn[] = []
  readonly #known = new Map<StageColumn, KernelSlot>()

  constructor(f: FunctionBuilder) {
    this.#f = f
  }

  of(column: StageColumn): KernelSlot {
    return this.#known.get(column)!
  }

  /** False when there are more columns than descriptors. */
  add(column: StageColumn): boolean {
    const described = !column.fixed || column.layout === 'bytes'
    if (described && this.#described.length >= descriptorsMax) return false
    const at = described ? descriptorsAt + this.#described.length * descriptorBytes : null
    if (described) this.#described.push(column)
    const slot = new KernelSlot(this.#f, column, at)
    this.all.push(slot)
    this.#known.set(column, slot)
    return column.children.every((child) => this.add(child))
  }

  /** What writes the descriptors into the memory. */
  describe(): (words: Int32Array) => void {
    const described = this.#described
    return (words) => {
      let at = descriptorsAt >> 2
      for (let i = 0; i < described.length; i++) {
        const column = described[i]!
        words[at] = column.validAt
        words[at + 1] = column.lanesAt
        words[at + 2] = column.offsetsAt
        words[at + 3] = column.bytesAt
        words[at + 4] = column.bytes.length
        words[at + 5] = column.capacity
        at += descriptorBytes >> 2
      }
    }
  }
}
