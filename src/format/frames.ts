// Which schema a record's value was written with, as Confluent's serializers say it: before the value (0x00 and an int32 id,
// or 0x01 and a guid of 16 bytes), or in the record header __value_schema_id, with the value left as it is. The header
// counts where both could be meant.
// Reference: Confluent Schema Registry 8, "Wire format"; SchemaId and DualSchemaIdDeserializer of its clients.
import { assert, toHex } from '../base/index.ts'
import type { RecordColumns, RecordHeader } from '../model/index.ts'
import { RecordDamage } from './damage.ts'

const name = '__value_schema_id'
const headerName = new TextEncoder().encode(name)
const idBytes = 5
const guidBytes = 17

/** The record header that says a value's schema by guid. @param guid 32 hexadecimal digits, with dashes or without */
export function guidHeader(guid: string): RecordHeader {
  const digits = guid.replaceAll('-', '')
  assert(/^[0-9a-fA-F]{32}$/.test(digits), 'a guid has 32 hexadecimal digits')
  return { key: name, value: Uint8Array.from([1, ...Buffer.from(digits, 'hex')]) }
}

/** A frame that was read; one object is used again and again. */
export class Frame {
  /** The schema's id, or -1 when there is a guid. */
  id = -1
  /** In small letters with dashes, or ''. */
  guid = ''
  inHeader = false
  /** Bytes of the value that belong to the frame. */
  size = 0
  /** Where the header's value begins. */
  headAt = 0
  /** Where, in the header, what follows the schema's id begins and ends: Protobuf's message indexes. */
  restAt = 0
  restEnd = 0
  #keyOfGuid = ''

  /** What tells frames apart: the id, or a text. */
  get key(): number | string {
    if (this.inHeader) return `header ${this.guid === '' ? this.id : this.guid}`
    return this.guid === '' ? this.id : this.#keyOfGuid
  }

  /**
   * Reads the frame of record `index`, whose value is there. Throws RecordDamage MR-FORMAT-003.
   * @param hasRest something may follow the id in a header
   */
  read(records: RecordColumns, index: number, hasRest = false): this {
    const { bytes } = records
    const start = records.valueStart[index]!
    const header = schemaHeaderAt(records, index)
    this.inHeader = header >= 0
    if (this.inHeader) {
      const wrong = this.#parse(bytes, header, headerSize)
      this.headAt = header
      this.restAt = header + this.size
      this.restEnd = header + headerSize
      if (wrong !== '' || (!hasRest && this.size !== headerSize))
        throw new RecordDamage(
          'MR-FORMAT-003',
          `header __value_schema_id: ${wrong || 'bytes after its schema id'}`,
          start,
        )
      this.size = 0
      return this
    }
    const wrong = this.#parse(bytes, start, records.valueLength[index]!)
    if (wrong !== '') throw new RecordDamage('MR-FORMAT-003', wrong, start)
    return this
  }

  /** @returns what is wrong, or '' */
  #parse(bytes: Uint8Array, at: number, size: number): string {
    const magic = bytes[at]
    if (size < idBytes) return `it has ${size} bytes`
    if (magic === 0) {
      this.id = (bytes[at + 1]! << 24) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 8) | bytes[at + 4]!
      this.guid = ''
      this.size = idBytes
      return ''
    }
    if (magic !== 1) return `its first byte is ${magic}, neither 0 nor 1`
    if (size < guidBytes) return `its guid ends early, after ${size - 1} bytes`
    this.id = -1
    this.guid = toHex(bytes.subarray(at + 1, at + guidBytes)).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
    this.#keyOfGuid = this.guid
    this.size = guidBytes
    return ''
  }
}

/** Bytes of the header's value that schemaHeaderAt has found. */
let headerSize = 0

/** Where the value of the last header __value_schema_id begins, or -1. Most records have no headers, and cost one look. */
export function schemaHeaderAt({ bytes, headersStart }: RecordColumns, index: number): number {
  let at = headersStart[index]!
  if (bytes[at] === 0) return -1
  let found = -1
  const varint = (): number => {
    let value = 0
    for (let shift = 0; shift < 32; shift += 7) {
      const byte = bytes[at++]!
      value |= (byte & 127) << shift
      if (byte < 128) break
    }
    return (value >>> 1) ^ -(value & 1)
  }
  // Their structure was checked when the records were taken apart.
  for (let count = varint(); count > 0 && at < bytes.length; count--) {
    const nameSize = varint()
    const nameAt = at
    at += nameSize
    const size = varint()
    if (nameSize === headerName.length && size >= 0 && isHeaderName(bytes, nameAt)) {
      found = at
      headerSize = size
    }
    at += Math.max(0, size)
  }
  return found
}

function isHeaderName(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < headerName.length; i++) if (bytes[at + i] !== headerName[i]) return false
  return true
}

/**
 * The first record of [from + 1, to) that may have another frame than record `from` because of its headers. A frame before
 * the value is not looked at: kernels compare it.
 */
export function endOfFrames(records: RecordColumns, from: number, to: number): number {
  const { bytes } = records
  const first = schemaHeaderAt(records, from)
  const size = headerSize
  let i = from + 1
  for (; i < to; i++) {
    const at = schemaHeaderAt(records, i)
    if (at < 0 !== first < 0) break
    if (at >= 0 && (headerSize !== size || !sameBytes(bytes, first, at, size))) break
  }
  return i
}

function sameBytes(bytes: Uint8Array, a: number, b: number, size: number): boolean {
  for (let i = 0; i < size; i++) if (bytes[a + i] !== bytes[b + i]) return false
  return true
}
