// Thrift's compact protocol, the part that Parquet's footer and page headers use. Written by hand: a dozen structs.
// Invariant: a reader never allocates by a length it has not compared with the bytes that are left.
// Reference: thrift-compact-protocol.md; parquet-format/src/main/thrift/parquet.thrift.
import { assert, ByteReader, BytesError, ByteWriter, encodeText } from '../../base/index.ts'

const code = { true: 1, false: 2, i8: 3, i16: 4, i32: 5, i64: 6, double: 7, binary: 8, list: 9, struct: 12 } as const

/** Writes structs field by field, in rising field ids. */
export class ThriftWriter {
  readonly #out = new ByteWriter(1024)
  readonly #last: number[] = [0]

  #field(id: number, type: number): void {
    const depth = this.#last.length - 1
    const delta = id - this.#last[depth]!
    assert(delta > 0, 'fields are written in rising ids')
    if (delta <= 15) this.#out.uint8((delta << 4) | type)
    else {
      this.#out.uint8(type)
      this.#out.varint(id)
    }
    this.#last[depth] = id
  }

  boolean(id: number, value: boolean): void {
    this.#field(id, value ? code.true : code.false)
  }
  int32(id: number, value: number): void {
    this.#field(id, code.i32)
    this.#out.varint(value)
  }
  int16(id: number, value: number): void {
    this.#field(id, code.i16)
    this.#out.varint(value)
  }
  int8(id: number, value: number): void {
    this.#field(id, code.i8)
    this.#out.int8(value)
  }
  int64(id: number, value: number): void {
    this.#field(id, code.i64)
    this.#out.varlong(BigInt(value))
  }
  binary(id: number, bytes: Uint8Array): void {
    this.#field(id, code.binary)
    this.#out.uvarint(bytes.length)
    this.#out.raw(bytes)
  }
  text(id: number, text: string): void {
    this.binary(id, encodeText(text))
  }

  #listHeader(id: number, size: number, type: number): void {
    this.#field(id, code.list)
    if (size < 15) this.#out.uint8((size << 4) | type)
    else {
      this.#out.uint8(0xf0 | type)
      this.#out.uvarint(size)
    }
  }
  int32List(id: number, values: readonly number[]): void {
    this.#listHeader(id, values.length, code.i32)
    for (const value of values) this.#out.varint(value)
  }
  textList(id: number, values: readonly string[]): void {
    this.#listHeader(id, values.length, code.binary)
    for (const value of values) {
      const bytes = encodeText(value)
      this.#out.uvarint(bytes.length)
      this.#out.raw(bytes)
    }
  }
  structList<T>(id: number, items: readonly T[], write: (item: T) => void): void {
    this.#listHeader(id, items.length, code.struct)
    for (const item of items) this.#body(() => write(item))
  }
  struct(id: number, write: () => void): void {
    this.#field(id, code.struct)
    this.#body(write)
  }
  #body(write: () => void): void {
    this.#last.push(0)
    write()
    this.#out.uint8(0)
    this.#last.pop()
  }

  /** Ends the outermost struct; a copy of all bytes. */
  finish(): Uint8Array {
    assert(this.#last.length === 1, 'every inner struct was ended')
    this.#out.uint8(0)
    return this.#out.copy()
  }
}

export type ThriftValue = boolean | number | bigint | Uint8Array | readonly ThriftValue[] | ThriftStruct
export type ThriftStruct = ReadonlyMap<number, ThriftValue>

const depthMax = 16

/** Reads one struct at the reader's position. Throws BytesError on anything that cannot be. */
export function readThriftStruct(reader: ByteReader, depth = 0): ThriftStruct {
  if (depth > depthMax) throw new BytesError('structs nested too deeply', reader.position)
  const fields = new Map<number, ThriftValue>()
  let id = 0
  for (;;) {
    const head = reader.uint8()
    if (head === 0) return fields
    const type = head & 15
    id = head >> 4 === 0 ? reader.varint() : id + (head >> 4)
    fields.set(id, type === code.true ? true : type === code.false ? false : readValue(reader, type, depth))
  }
}

function readValue(reader: ByteReader, type: number, depth: number): ThriftValue {
  switch (type) {
    case code.true:
    case code.false:
      // Only inside lists: a byte of its own.
      return reader.uint8() === 1
    case code.i8:
      return reader.int8()
    case code.i16:
    case code.i32:
      return reader.varint()
    case code.i64: {
      const value = reader.varlong()
      return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value
    }
    case code.double:
      return reader.float64()
    case code.binary:
      return reader.take(reader.uvarint())
    case code.list: {
      const head = reader.uint8()
      const size = head >> 4 === 15 ? reader.uvarint() : head >> 4
      if (size > reader.remaining) throw new BytesError(`a list of ${size}`, reader.position)
      return Array.from({ length: size }, () => readValue(reader, head & 15, depth))
    }
    case code.struct:
      return readThriftStruct(reader, depth + 1)
    default:
      throw new BytesError(`Thrift type ${type} is not known here`, reader.position)
  }
}

/** Typed access; each throws BytesError when the field is missing or of another type. */
export function thriftNumber(struct: ThriftStruct, id: number, otherwise?: number): number {
  const value = struct.get(id)
  if (typeof value === 'number') return value
  if (value === undefined && otherwise !== undefined) return otherwise
  throw new BytesError(`field ${id} must be a number`, 0)
}
export function thriftStruct(struct: ThriftStruct, id: number): ThriftStruct {
  const value = struct.get(id)
  if (value instanceof Map) return value as ThriftStruct
  throw new BytesError(`field ${id} must be a struct`, 0)
}
export function thriftList(struct: ThriftStruct, id: number): readonly ThriftValue[] {
  const value = struct.get(id)
  if (Array.isArray(value)) return value as readonly ThriftValue[]
  throw new BytesError(`field ${id} must be a list`, 0)
}
export function thriftStructs(struct: ThriftStruct, id: number): readonly ThriftStruct[] {
  const list = thriftList(struct, id)
  if (!list.every((item) => item instanceof Map)) throw new BytesError(`field ${id} must be a list of structs`, 0)
  return list as readonly ThriftStruct[]
}
