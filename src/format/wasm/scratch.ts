// Memory that decoders and encoders work in: one WebAssembly memory per thread, which generated kernels and plain code
// write alike. Whatever lies in it is valid only inside one synchronous call of one decoder or encoder: the next one lays its
// own columns over it. A memory of plain bytes, for what must outlive that, has the same face.
// Invariant: addresses below `reserved` belong to the kernels' parameters.
import { assert } from '../../base/index.ts'
import { i32, makeWasmMemory, ModuleBuilder, v128, type WasmMemory } from './builder.ts'

/** What grows and then has another buffer: views of the old one are empty from then on. */
export interface Scratch {
  readonly buffer: ArrayBuffer
  /** Null: no kernel can run in it. */
  readonly memory: WasmMemory | null
  /** Makes it at least so many bytes long. */
  ensure(size: number): void
}

/** Bytes at the start of the memory that no arena takes. */
export const reserved = 65_536
/** Int32 per record of a run: where its value begins, and its length. At most batchRowsMax + 2 of them. */
export const startsAt = 4_096
export const lengthsAt = 16_384
/** Int32 per row that a kernel wrote, where rows are not records: the record it came from. */
export const rowRecordsAt = 28_672
/** A change kind per such row. */
export const kindsAt = 45_056
/** Uint8[256]: what a letter of base64 says, 255 for others. */
export const base64At = 47_360
/** Int32: how many such rows a run has made. */
export const rowsAt = 80
/** Results that a kernel has beside its return value. */
export const resultsAt = 64
/** Int64: powers of ten, 10^0 to 10^18. */
export const powersAt = 40_960
/** Uint64 per exponent from -tenExponentMax to tenExponentMax: the first 64 bits of that power of ten. */
export const tenBitsAt = 41_984
export const tenExponentMax = 64

/** Kernels compare addresses as signed numbers. Arenas stop at half of it. */
const bytesMax = 2 ** 31 - 65_536
const pageBytes = 65_536

const base64Letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/']

class KernelMemory implements Scratch {
  readonly memory: WasmMemory

  constructor(memory: WasmMemory) {
    this.memory = memory
    const powers = new BigInt64Array(this.memory.buffer, powersAt, 19)
    for (let i = 0; i < 19; i++) powers[i] = 10n ** BigInt(i)
    const bits = new BigUint64Array(this.memory.buffer, tenBitsAt, 2 * tenExponentMax + 1)
    const letters = new Uint8Array(this.memory.buffer, base64At, 256).fill(255)
    base64Letters.forEach((letter, value) => {
      letters[letter.charCodeAt(0)] = value
    })
    for (let q = -tenExponentMax; q <= tenExponentMax; q++) bits[q + tenExponentMax] = firstBitsOfTen(q)
  }

  get buffer(): ArrayBuffer {
    return this.memory.buffer
  }

  ensure(size: number): void {
    const has = this.memory.buffer.byteLength
    if (size <= has) return
    assert(size <= bytesMax, 'a decoder’s memory stays below its limit')
    // Growing detaches all views, so it is done seldom.
    this.memory.grow(Math.ceil((Math.min(bytesMax, Math.max(size, has * 2)) - has) / pageBytes))
  }
}

/** The first 64 bits of 10^q, from its highest one on, cut off. */
function firstBitsOfTen(q: number): bigint {
  const five = 5n ** BigInt(Math.abs(q))
  // Times or over a power of two: those change no bits.
  const value = q >= 0 ? five << 256n : (1n << 512n) / five
  return value >> BigInt(value.toString(2).length - 64)
}

class PlainMemory implements Scratch {
  readonly memory = null
  buffer = new ArrayBuffer(reserved)

  ensure(size: number): void {
    if (size <= this.buffer.byteLength) return
    const grown = new ArrayBuffer(Math.max(size, this.buffer.byteLength * 2))
    new Uint8Array(grown).set(new Uint8Array(this.buffer))
    this.buffer = grown
  }
}

/** The largest run of input that is handed to kernels, in bytes: a record beyond it is read by plain code. */
export const kernelInputMax = 64 << 20

const initialPages = 128
let shared: Scratch | undefined

/** The thread's own memory for kernels; plain, and then without kernels, where WebAssembly is not to be had. */
export function kernelScratch(): Scratch {
  if (!shared) {
    const memory = makeWasmMemory(initialPages)
    shared = memory ? new KernelMemory(memory) : new PlainMemory()
  }
  return shared
}

export function plainScratch(): Scratch {
  return new PlainMemory()
}

type Pack = (from: number, rows: number, to: number) => number
let packer: Pack | undefined

/**
 * Packs bytes of 0 and 1 at `from` into bits at `to`, least significant first; sixteen at a time, so both have room for
 * that. @returns how many of the rows are 1
 */
export function packBits(scratch: Scratch, from: number, rows: number, to: number): number {
  if (!scratch.memory) return packPlainly(new Uint8Array(scratch.buffer), from, rows, to)
  packer ??= makePacker(scratch.memory)
  return packer(from, rows, to)
}

function packPlainly(bytes: Uint8Array, from: number, rows: number, to: number): number {
  bytes.fill(0, to, to + ((rows + 7) >> 3))
  let ones = 0
  for (let i = 0; i < rows; i++) {
    bytes[to + (i >> 3)]! |= bytes[from + i]! << (i & 7)
    ones += bytes[from + i]!
  }
  return ones
}

function makePacker(memory: WasmMemory): Pack {
  const module = new ModuleBuilder()
  module.function(
    ['i32', 'i32', 'i32'],
    'i32',
    (f, from, rows, to) => {
      const ones = f.local('i32')
      const bits = f.local('i32')
      f.block((done) => {
        f.loop((again) => {
          f.brIf(done, i32.le(rows, i32.of(0)))
          f.set(bits, v128.bitmask8(v128.ne8(v128.load(from), v128.splat8(i32.of(0)))))
          // What lies behind the last row is not counted.
          f.if(i32.lt(rows, i32.of(16)), () => f.set(bits, i32.and(bits, i32.sub(i32.shl(i32.of(1), rows), i32.of(1)))))
          f.store16(to, 0, bits)
          f.set(ones, i32.add(ones, i32.popcnt(bits)))
          f.step(from, 16)
          f.step(to, 2)
          f.step(rows, -16)
          f.br(again)
        })
      })
      f.return(ones)
    },
    'pack',
  )
  return module.instantiate(memory)['pack'] as Pack
}
