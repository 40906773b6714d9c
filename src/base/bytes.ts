// Reading and writing bytes with bounds checked before anything is allocated. Big-endian unless a name says otherwise
// (Kafka's wire); zig-zag varints as Kafka, Avro and Protobuf have them.
import { assert } from './assert.ts'

const utf8 = new TextEncoder()
// ignoreBOM keeps a byte order mark: it is part of the text.
const utf8Fatal = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export const emptyBytes: Uint8Array = new Uint8Array(0)

/** UTF-8 of a string, in a new array. */
export function encodeText(text: string): Uint8Array {
  return utf8.encode(text)
}

/** The string of valid UTF-8 bytes (shared memory allowed). Throws TypeError on invalid UTF-8. */
export function decodeText(bytes: Uint8Array): string {
  const short = bytes.length <= shortTextMax ? shortAscii(bytes) : undefined
  if (short !== undefined) return short
  // TextDecoder refuses views of shared memory, so those are copied.
  return utf8Fatal.decode(bytes.buffer instanceof SharedArrayBuffer ? bytes.slice() : bytes)
}

/** Names mostly: up to this length leaving JavaScript costs more than the work. */
const shortTextMax = 40

function shortAscii(bytes: Uint8Array): string | undefined {
  for (let i = 0; i < bytes.length; i++) if (bytes[i]! > 127) return undefined
  return String.fromCharCode.apply(undefined, bytes as unknown as number[])
}

/** Orders as unsigned bytes, a shorter prefix first: negative, zero or positive. O(n), allocates nothing. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const n = Math.min(a.length, b.length)
  for (let i = 0; i < n; i++) {
    const d = a[i]! - b[i]!
    if (d !== 0) return d
  }
  return a.length - b.length
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  let size = 0
  for (const part of parts) size += part.length
  const whole = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}

/** Thrown by ByteReader when bytes end early or lie; `position` is where, from the reader's start. */
export class BytesError extends Error {
  readonly position: number
  constructor(message: string, position: number) {
    super(`${message} at byte ${position}`)
    this.name = 'BytesError'
    this.position = position
  }
}

/** A cursor over bytes it does not own. Every read checks the bounds first and throws BytesError past the end. */
export class ByteReader {
  readonly bytes: Uint8Array
  readonly end: number
  position: number
  readonly #view: DataView

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    assert(start >= 0 && start <= end && end <= bytes.length, 'the range lies inside the bytes')
    this.bytes = bytes
    this.position = start
    this.end = end
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get remaining(): number {
    return this.end - this.position
  }

  #take(size: number): number {
    const at = this.position
    if (size < 0 || size > this.end - at) throw new BytesError(`${size} bytes wanted, ${this.end - at} left`, at)
    this.position = at + size
    return at
  }

  int8(): number {
    return this.#view.getInt8(this.#take(1))
  }
  uint8(): number {
    return this.#view.getUint8(this.#take(1))
  }
  int16(): number {
    return this.#view.getInt16(this.#take(2))
  }
  uint16(): number {
    return this.#view.getUint16(this.#take(2))
  }
  int32(): number {
    return this.#view.getInt32(this.#take(4))
  }
  uint32(): number {
    return this.#view.getUint32(this.#take(4))
  }
  int64(): bigint {
    return this.#view.getBigInt64(this.#take(8))
  }
  /** A 64-bit integer that must fit a double exactly (offsets, sizes, times). */
  int64AsNumber(): number {
    const at = this.#take(8)
    const value = this.#view.getInt32(at) * 4294967296 + this.#view.getUint32(at + 4)
    if (!Number.isSafeInteger(value)) throw new BytesError('64-bit value beyond 2^53', at)
    return value
  }
  float64(): number {
    return this.#view.getFloat64(this.#take(8))
  }

  /** Unsigned varint of at most 32 bits. */
  uvarint(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.uint8()
      if (shift === 28 && byte > 15) throw new BytesError('varint too long', this.position)
      value |= (byte & 127) << shift
      if (byte < 128) return value >>> 0
    }
    throw new BytesError('varint too long', this.position)
  }

  /** Zig-zag varint of at most 32 bits. */
  varint(): number {
    const raw = this.uvarint()
    return (raw >>> 1) ^ -(raw & 1)
  }

  /** Zig-zag varint of at most 64 bits. */
  varlong(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.uint8()
      value |= BigInt(byte & 127) << shift
      if (byte < 128) {
        if (shift === 63n && byte > 1) throw new BytesError('varint too long', this.position)
        const wrapped = BigInt.asUintN(64, value)
        return BigInt.asIntN(64, (wrapped >> 1n) ^ -(wrapped & 1n))
      }
    }
    throw new BytesError('varint too long', this.position)
  }

  /** A view of the next `size` bytes; not a copy. */
  take(size: number): Uint8Array {
    const at = this.#take(size)
    return this.bytes.subarray(at, at + size)
  }

  skip(size: number): void {
    this.#take(size)
  }

  /** `size` bytes of UTF-8. Invalid UTF-8 is a BytesError. */
  text(size: number): string {
    const at = this.position
    const bytes = this.take(size)
    try {
      return decodeText(bytes)
    } catch {
      throw new BytesError('invalid UTF-8', at)
    }
  }
}

/** A growing buffer. `finish` gives a view of what was written; it stays valid until the next write or reset. */
export class ByteWriter {
  #bytes: Uint8Array
  #view: DataView
  #length = 0

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(Math.max(16, capacity))
    this.#view = new DataView(this.#bytes.buffer)
  }

  get length(): number {
    return this.#length
  }

  /** Bytes of memory that it holds. */
  get capacity(): number {
    return this.#bytes.length
  }

  /** Makes room for `size` more bytes and moves on; the place where they go. */
  reserve(size: number): number {
    const at = this.#length
    if (at + size > this.#bytes.length) this.#grow(at + size)
    this.#length = at + size
    return at
  }

  #grow(least: number): void {
    const grown = new Uint8Array(Math.max(least, this.#bytes.length * 2))
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
  }

  // reserve() comes first in each: it may replace the view.
  int8(value: number): void {
    const at = this.reserve(1)
    this.#view.setInt8(at, value)
  }
  uint8(value: number): void {
    const at = this.reserve(1)
    this.#view.setUint8(at, value)
  }
  int16(value: number): void {
    const at = this.reserve(2)
    this.#view.setInt16(at, value)
  }
  uint16(value: number): void {
    const at = this.reserve(2)
    this.#view.setUint16(at, value)
  }
  int32(value: number): void {
    const at = this.reserve(4)
    this.#view.setInt32(at, value)
  }
  uint32(value: number): void {
    const at = this.reserve(4)
    this.#view.setUint32(at, value)
  }
  int64(value: bigint): void {
    const at = this.reserve(8)
    this.#view.setBigInt64(at, value)
  }
  /** A safe integer as 64 bits. */
  int64FromNumber(value: number): void {
    assert(Number.isSafeInteger(value), 'the number is a safe integer')
    const at = this.reserve(8)
    const high = Math.floor(value / 4294967296)
    this.#view.setInt32(at, high)
    this.#view.setUint32(at + 4, value - high * 4294967296)
  }
  float64(value: number): void {
    const at = this.reserve(8)
    this.#view.setFloat64(at, value)
  }

  uvarint(value: number): void {
    let rest = value >>> 0
    while (rest > 127) {
      this.uint8((rest & 127) | 128)
      rest >>>= 7
    }
    this.uint8(rest)
  }
  varint(value: number): void {
    this.uvarint((value << 1) ^ (value >> 31))
  }
  varlong(value: bigint): void {
    let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
    while (rest > 127n) {
      this.uint8(Number(rest & 127n) | 128)
      rest >>= 7n
    }
    this.uint8(Number(rest))
  }

  raw(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length)
    this.#bytes.set(bytes, at)
  }

  /** UTF-8 without a length; returns how many bytes. */
  text(text: string): number {
    if (text.length <= shortTextMax && this.#shortAscii(text)) return text.length
    const bytes = utf8.encode(text)
    this.raw(bytes)
    return bytes.length
  }

  #shortAscii(text: string): boolean {
    const at = this.reserve(text.length)
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code > 127) {
        this.#length = at
        return false
      }
      this.#bytes[at + i] = code
    }
    return true
  }

  /** Overwrites four bytes written before, for lengths and checksums known late. */
  setInt32(at: number, value: number): void {
    assert(at + 4 <= this.#length, 'the place was written before')
    this.#view.setInt32(at, value)
  }

  /** A view of what was written from `from`; valid until the next write or reset. */
  finish(from = 0): Uint8Array {
    return this.#bytes.subarray(from, this.#length)
  }

  /** A copy of what was written. */
  copy(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  reset(): void {
    this.#length = 0
  }
}
