// A growing buffer with Protobuf's encodings: what generated writers and descriptors are written with.
// Reference: protobuf.dev "Encoding".
import { encodeText } from '../../base/index.ts'
import { wire } from './cursor.ts'

export class ProtoWriter {
  bytes = new Uint8Array(1024)
  position = 0
  #view = new DataView(this.bytes.buffer)

  room(size: number): void {
    if (this.position + size <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(this.position + size, this.bytes.length * 2))
    grown.set(this.bytes.subarray(0, this.position))
    this.bytes = grown
    this.#view = new DataView(grown.buffer)
  }

  byte(value: number): void {
    if (this.position === this.bytes.length) this.room(1)
    this.bytes[this.position++] = value
  }

  /** An unsigned varint of 32 bits. */
  uint(value: number): void {
    this.room(5)
    let rest = value >>> 0
    while (rest > 127) {
      this.bytes[this.position++] = (rest & 127) | 128
      rest >>>= 7
    }
    this.bytes[this.position++] = rest
  }

  /** An int32 as a varint: ten bytes where it is negative. */
  int(value: number): void {
    if (value >= 0) this.uint(value)
    else this.halves(value, -1)
  }

  /** 64 bits as a varint. */
  halves(low: number, high: number): void {
    this.room(10)
    let a = low
    let b = high
    while (b !== 0 || (a & ~127) !== 0) {
      this.bytes[this.position++] = (a & 127) | 128
      a = (a >>> 7) | (b << 25)
      b >>>= 7
    }
    this.bytes[this.position++] = a
  }

  /** A safe integer as a varint of 64 bits. */
  integer(value: number): void {
    if (value >= 0 && value < 4294967296) return this.uint(value)
    const high = Math.floor(value / 4294967296)
    this.halves(value - high * 4294967296, high)
  }

  big(value: bigint): void {
    this.halves(Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)))
  }

  float(value: number): void {
    this.room(4)
    this.#view.setFloat32(this.position, value, true)
    this.position += 4
  }

  double(value: number): void {
    this.room(8)
    this.#view.setFloat64(this.position, value, true)
    this.position += 8
  }

  fixed32(value: number): void {
    this.room(4)
    this.#view.setInt32(this.position, value, true)
    this.position += 4
  }

  fixed64(value: bigint): void {
    this.room(8)
    this.#view.setBigInt64(this.position, BigInt.asIntN(64, value), true)
    this.position += 8
  }

  tag(number: number, type: number): void {
    this.uint(number * 8 + type)
  }

  /** Length and bytes. */
  slice(source: Uint8Array, from: number, to: number): void {
    const size = to - from
    this.uint(size)
    this.room(size)
    const { bytes, position } = this
    if (size > 48) bytes.set(source.subarray(from, to), position)
    else for (let i = 0; i < size; i++) bytes[position + i] = source[from + i]!
    this.position += size
  }

  /** Begins a message whose length is not known: one byte is kept for it. */
  open(): number {
    this.byte(0)
    return this.position
  }

  /** Ends what open() began: a longer length moves the content. */
  close(start: number): void {
    const size = this.position - start
    if (size < 128) {
      this.bytes[start - 1] = size
      return
    }
    const extra = size < 16384 ? 1 : size < 2097152 ? 2 : size < 268435456 ? 3 : 4
    this.room(extra)
    this.bytes.copyWithin(start + extra, start, this.position)
    this.position = start - 1
    this.uint(size)
    this.position += size
  }

  // Whole fields: for descriptors, where speed does not count.
  bytesField(number: number, value: Uint8Array): void {
    this.tag(number, wire.bytes)
    this.slice(value, 0, value.length)
  }
  textField(number: number, value: string): void {
    this.bytesField(number, encodeText(value))
  }
  intField(number: number, value: number): void {
    this.tag(number, wire.varint)
    this.int(value)
  }
  messageField(number: number, write: () => void): void {
    this.tag(number, wire.bytes)
    const start = this.open()
    write()
    this.close(start)
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.bytes.slice(0, this.position)
  }
}
