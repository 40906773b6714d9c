// Writes Kafka's field types into a list of parts: small fields are gathered in buffers, large byte fields stay where they
// are, so that a fetched batch is not copied on its way to the socket. Lengths that Kafka cannot express are our own fault.
import { assert, ByteWriter, encodeText } from '../../base/index.ts'
import { wireLimits } from './limits.ts'

export type EncodeElement<T> = (writer: WireWriter, version: number, value: T) => void

export class WireWriter {
  #w: ByteWriter
  readonly #parts: Uint8Array[] = []
  #partsSize = 0

  constructor(capacity = 256) {
    this.#w = new ByteWriter(capacity)
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#partsSize + this.#w.length
  }

  bool(value: boolean): void {
    this.#w.int8(value ? 1 : 0)
  }
  int8(value: number): void {
    this.#w.int8(value)
  }
  int16(value: number): void {
    this.#w.int16(value)
  }
  uint16(value: number): void {
    this.#w.uint16(value)
  }
  int32(value: number): void {
    this.#w.int32(value)
  }
  int64(value: bigint): void {
    this.#w.int64(value)
  }
  long(value: number): void {
    this.#w.int64FromNumber(value)
  }
  float64(value: number): void {
    this.#w.float64(value)
  }
  uvarint(value: number): void {
    this.#w.uvarint(value)
  }

  /** @param value hexadecimal with or without hyphens */
  uuid(value: string): void {
    const bytes = Buffer.from(value.replaceAll('-', ''), 'hex')
    assert(bytes.length === 16, 'a uuid has 16 bytes')
    this.#w.raw(bytes)
  }

  #length(flexible: boolean, length: number, shortLength: boolean): void {
    if (flexible) this.#w.uvarint(length + 1)
    else if (shortLength) {
      assert(length <= 32767, 'a string fits an int16 length')
      this.#w.int16(length)
    } else this.#w.int32(length)
  }

  string(flexible: boolean, value: string | null): void {
    if (value === null) return this.#length(flexible, -1, true)
    const bytes = encodeText(value)
    this.#length(flexible, bytes.length, true)
    this.#w.raw(bytes)
  }

  /** Keeps `value` by reference when it is large: it must not change until the parts were sent. */
  bytes(flexible: boolean, value: Uint8Array | null): void {
    if (value === null) return this.#length(flexible, -1, false)
    this.#length(flexible, value.length, false)
    if (value.length < wireLimits.partBytesMin) return this.#w.raw(value)
    this.#seal()
    this.#parts.push(value)
    this.#partsSize += value.length
  }

  array<T>(version: number, flexible: boolean, values: readonly T[] | null, encode: EncodeElement<T>): void {
    if (values === null) return this.#length(flexible, -1, false)
    this.#length(flexible, values.length, false)
    for (const value of values) encode(this, version, value)
  }

  structOrNull<T>(version: number, value: T | null, encode: EncodeElement<T>): void {
    this.#w.int8(value === null ? -1 : 1)
    if (value !== null) encode(this, version, value)
  }

  /** One tagged field: its number, its size and what `write` writes. */
  tagged(tag: number, write: (writer: WireWriter) => void): void {
    const inner = new WireWriter(64)
    write(inner)
    this.#w.uvarint(tag)
    this.#w.uvarint(inner.length)
    for (const part of inner.finish()) this.#w.raw(part)
  }

  #seal(): void {
    if (this.#w.length === 0) return
    this.#parts.push(this.#w.finish())
    this.#partsSize += this.#w.length
    this.#w = new ByteWriter(256)
  }

  /** The parts in order; the caller's from now on, and this writer is used up. */
  finish(): Uint8Array[] {
    this.#seal()
    return this.#parts
  }
}

/** Elements of arrays of scalars. */
export const writeInt8: EncodeElement<number> = (writer, _version, value) => writer.int8(value)
export const writeInt32: EncodeElement<number> = (writer, _version, value) => writer.int32(value)
export const writeInt64: EncodeElement<bigint> = (writer, _version, value) => writer.int64(value)
export const writeUuid: EncodeElement<string> = (writer, _version, value) => writer.uuid(value)
export const writeString: EncodeElement<string> = (writer, _version, value) => writer.string(false, value)
export const writeCompactString: EncodeElement<string> = (writer, _version, value) => writer.string(true, value)
