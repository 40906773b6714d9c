// A cursor over MySQL's little-endian bytes that it does not own. Every read checks the bounds and throws BytesError past the end.
import { BytesError, decodeText } from '../../base/index.ts'

export class LittleReader {
  readonly bytes: Uint8Array
  readonly end: number
  at: number
  readonly #view: DataView

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes
    this.at = at
    this.end = end
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get remaining(): number {
    return this.end - this.at
  }

  /** Moves on by `size` bytes; where they begin. */
  advance(size: number): number {
    const at = this.at
    if (size < 0 || size > this.end - at) throw new BytesError(`${size} bytes wanted, ${this.end - at} left`, at)
    this.at = at + size
    return at
  }

  take(size: number): Uint8Array {
    const at = this.advance(size)
    return this.bytes.subarray(at, at + size)
  }

  text(size: number): string {
    const at = this.at
    const bytes = this.take(size)
    try {
      return decodeText(bytes)
    } catch {
      throw new BytesError('invalid UTF-8', at)
    }
  }

  uint8(): number {
    return this.bytes[this.advance(1)]!
  }
  uint16(): number {
    return this.#view.getUint16(this.advance(2), true)
  }
  uint24(): number {
    const at = this.advance(3)
    return this.bytes[at]! | (this.bytes[at + 1]! << 8) | (this.bytes[at + 2]! << 16)
  }
  uint32(): number {
    return this.#view.getUint32(this.advance(4), true)
  }
  uint48(): number {
    const at = this.advance(6)
    return this.#view.getUint32(at, true) + this.#view.getUint16(at + 4, true) * 4294967296
  }
  int8(): number {
    return this.#view.getInt8(this.advance(1))
  }
  int16(): number {
    return this.#view.getInt16(this.advance(2), true)
  }
  int32(): number {
    return this.#view.getInt32(this.advance(4), true)
  }
  int64(): bigint {
    return this.#view.getBigInt64(this.advance(8), true)
  }
  uint64(): bigint {
    return this.#view.getBigUint64(this.advance(8), true)
  }
  /** A 64-bit number that must fit a double exactly. */
  safe64(): number {
    const at = this.at
    const value = this.uint64()
    if (value > 9007199254740991n) throw new BytesError('64-bit value beyond 2^53', at)
    return Number(value)
  }
  float32(): number {
    return this.#view.getFloat32(this.advance(4), true)
  }
  float64(): number {
    return this.#view.getFloat64(this.advance(8), true)
  }
  /** An unsigned integer of 1 to 4 bytes. */
  uint(size: number): number {
    if (size === 1) return this.uint8()
    if (size === 2) return this.uint16()
    if (size === 3) return this.uint24()
    return this.uint32()
  }
  /** MySQL's packed integer ("length encoded"). */
  packed(): number {
    const first = this.uint8()
    if (first < 251) return first
    if (first === 252) return this.uint16()
    if (first === 253) return this.uint24()
    if (first === 254) return this.safe64()
    throw new BytesError('not a packed integer', this.at - 1)
  }
  /** Variable-length integer of MySQL's serialization library: leading ones of the first byte (from its low end) count further bytes. */
  varint(): bigint {
    const first = this.uint8()
    let more = 0
    while (more < 8 && (first & (1 << more)) !== 0) more++
    if (more === 8) return this.uint64()
    let value = BigInt(first >> (more + 1))
    let shift = BigInt(7 - more)
    for (let i = 0; i < more; i++) {
      value |= BigInt(this.uint8()) << shift
      shift += 8n
    }
    return value
  }
}
