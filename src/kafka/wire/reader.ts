// Reads Kafka's field types. Invariant: whatever the bytes, it throws BytesError or returns; nothing is allocated for a
// length before that many bytes are known to be there, and all arrays of a message together have at most elementsMax elements.
import { ByteReader, BytesError } from '../../base/index.ts'
import { wireLimits } from './limits.ts'

export const zeroUuid = '00000000-0000-0000-0000-000000000000'

export type DecodeElement<T> = (reader: WireReader, version: number) => T

export class WireReader {
  readonly #r: ByteReader
  #elementsLeft: number

  /** Byte fields that are read are views of `bytes`. */
  constructor(bytes: Uint8Array, elementsMax: number = wireLimits.elementsMax) {
    this.#r = new ByteReader(bytes)
    this.#elementsLeft = elementsMax
  }

  get position(): number {
    return this.#r.position
  }
  get remaining(): number {
    return this.#r.remaining
  }

  bool(): boolean {
    return this.#r.int8() !== 0
  }
  int8(): number {
    return this.#r.int8()
  }
  int16(): number {
    return this.#r.int16()
  }
  uint16(): number {
    return this.#r.uint16()
  }
  int32(): number {
    return this.#r.int32()
  }
  int64(): bigint {
    return this.#r.int64()
  }
  float64(): number {
    return this.#r.float64()
  }
  uvarint(): number {
    return this.#r.uvarint()
  }

  /** 64 bits as a number; beyond ±(2^53-1) the nearest of these two, so that an absurd offset is only out of range. */
  long(): number {
    const value = this.#r.int32() * 4294967296 + this.#r.uint32()
    if (value > Number.MAX_SAFE_INTEGER) return Number.MAX_SAFE_INTEGER
    return value < -Number.MAX_SAFE_INTEGER ? -Number.MAX_SAFE_INTEGER : value
  }

  /** In the form 8-4-4-4-12, lower case. */
  uuid(): string {
    return formatUuid(this.#r.take(16))
  }

  #length(flexible: boolean, shortLength: boolean): number {
    const at = this.#r.position
    const length = flexible ? this.#r.uvarint() - 1 : shortLength ? this.#r.int16() : this.#r.int32()
    if (length < -1) throw new BytesError(`length ${length}`, at)
    return length
  }

  #notNull<T>(value: T | null): T {
    if (value === null) throw new BytesError('null where a value is due', this.#r.position)
    return value
  }

  string(flexible: boolean): string {
    return this.#notNull(this.stringOrNull(flexible))
  }
  stringOrNull(flexible: boolean): string | null {
    const length = this.#length(flexible, true)
    return length < 0 ? null : this.#r.text(length)
  }
  bytes(flexible: boolean): Uint8Array {
    return this.#notNull(this.bytesOrNull(flexible))
  }
  bytesOrNull(flexible: boolean): Uint8Array | null {
    const length = this.#length(flexible, false)
    return length < 0 ? null : this.#r.take(length)
  }
  array<T>(version: number, flexible: boolean, decode: DecodeElement<T>): T[] {
    return this.#notNull(this.arrayOrNull(version, flexible, decode))
  }
  arrayOrNull<T>(version: number, flexible: boolean, decode: DecodeElement<T>): T[] | null {
    const at = this.#r.position
    const count = this.#length(flexible, false)
    if (count < 0) return null
    // Every element takes at least a byte.
    if (count > this.#r.remaining) throw new BytesError(`${count} elements in ${this.#r.remaining} bytes`, at)
    if (count > this.#elementsLeft) throw new BytesError('too many array elements in one message', at)
    this.#elementsLeft -= count
    const elements: T[] = []
    for (let i = 0; i < count; i++) elements.push(decode(this, version))
    return elements
  }

  /** A nullable struct: a byte before it, -1 for null. */
  structOrNull<T>(version: number, decode: DecodeElement<T>): T | null {
    return this.#r.int8() < 0 ? null : decode(this, version)
  }

  /** Reads a tagged field's size; the position at which it must end. */
  taggedEnd(): number {
    const at = this.#r.position
    const size = this.#r.uvarint()
    if (size > this.#r.remaining) throw new BytesError(`tagged field of ${size} bytes`, at)
    return this.#r.position + size
  }
  skipTo(end: number): void {
    this.#r.skip(end - this.#r.position)
  }
  expectAt(end: number): void {
    if (this.#r.position !== end) throw new BytesError('a tagged field has another size than it says', this.#r.position)
  }
  /** Skips all tagged fields of a struct that knows none. */
  skipTags(): void {
    for (let count = this.#r.uvarint(); count > 0; count--) {
      this.#r.uvarint()
      this.skipTo(this.taggedEnd())
    }
  }
}

/** 16 bytes as text. */
export function formatUuid(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, 16).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** Elements of arrays of scalars. */
export const readInt8: DecodeElement<number> = (reader) => reader.int8()
export const readInt32: DecodeElement<number> = (reader) => reader.int32()
export const readInt64: DecodeElement<bigint> = (reader) => reader.int64()
export const readUuid: DecodeElement<string> = (reader) => reader.uuid()
export const readString: DecodeElement<string> = (reader) => reader.string(false)
export const readCompactString: DecodeElement<string> = (reader) => reader.string(true)
