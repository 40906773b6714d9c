// Avro object container files, as Iceberg's manifests are: any schema as data, values boxed (manifests have few rows).
// Written without compression; read with null, deflate, or zstandard. Longs read as number where exact, else bigint.
// Invariant: no length is believed before it is compared with the bytes that are left. Reference: Avro 1.12 specification.
import { inflateRawSync, zstdDecompressSync } from 'node:zlib'
import { assert, ByteReader, BytesError, ByteWriter, decodeText, encodeText } from '../../base/index.ts'

export type AvroSchema = string | readonly AvroSchema[] | AvroComplex
export interface AvroComplex {
  readonly type: AvroSchema
  readonly name?: string
  readonly fields?: readonly AvroField[]
  readonly items?: AvroSchema
  readonly values?: AvroSchema
  readonly symbols?: readonly string[]
  readonly size?: number
  readonly [attribute: string]: unknown
}
export interface AvroField {
  readonly name: string
  readonly type: AvroSchema
  readonly [attribute: string]: unknown
}
export type AvroValue = null | boolean | number | bigint | string | Uint8Array | readonly AvroValue[] | AvroRecord
export interface AvroRecord {
  readonly [field: string]: AvroValue
}

const magic = Uint8Array.of(0x4f, 0x62, 0x6a, 1)

/**
 * One container file with one block.
 * @param metadata user keys of the header, beside avro.schema and avro.codec
 * @param sync 16 random bytes
 */
export function encodeContainer(
  schema: AvroComplex,
  metadata: Readonly<Record<string, string>>,
  rows: readonly AvroRecord[],
  sync: Uint8Array,
): Uint8Array {
  assert(sync.length === 16, 'the sync marker has 16 bytes')
  const out = new ByteWriter(4096)
  out.raw(magic)
  const entries = Object.entries({ ...metadata, 'avro.codec': 'null', 'avro.schema': JSON.stringify(schema) })
  out.varint(entries.length)
  for (const [key, value] of entries) {
    writeBytes(out, encodeText(key))
    writeBytes(out, encodeText(value))
  }
  out.varint(0)
  out.raw(sync)
  if (rows.length > 0) {
    const body = new ByteWriter(4096)
    for (const row of rows) writeValue(body, schema, row)
    out.varint(rows.length)
    out.varint(body.length)
    out.raw(body.finish())
    out.raw(sync)
  }
  return out.copy()
}

function writeBytes(out: ByteWriter, bytes: Uint8Array): void {
  out.varint(bytes.length)
  out.raw(bytes)
}

function writeValue(out: ByteWriter, schema: AvroSchema, value: AvroValue): void {
  if (Array.isArray(schema)) {
    // Only [null, X] is written here.
    assert(schema.length === 2 && schema[0] === 'null', 'a written union is [null, type]')
    out.varint(value === null ? 0 : 1)
    if (value !== null) writeValue(out, schema[1] as AvroSchema, value)
    return
  }
  const complex = typeof schema === 'string' ? undefined : (schema as AvroComplex)
  switch (complex ? complex.type : schema) {
    case 'boolean':
      return out.uint8(value ? 1 : 0)
    case 'int':
      return out.varint(value as number)
    case 'long':
      return out.varlong(BigInt(value as number | bigint))
    case 'string':
      return writeBytes(out, encodeText(value as string))
    case 'bytes':
      return writeBytes(out, value as Uint8Array)
    case 'array': {
      const items = value as readonly AvroValue[]
      if (items.length > 0) {
        out.varint(items.length)
        for (const item of items) writeValue(out, complex!.items!, item)
      }
      return out.varint(0)
    }
    case 'record':
      for (const field of complex!.fields!) {
        const part = (value as AvroRecord)[field.name]
        assert(part !== undefined, `field ${field.name} has a value`)
        writeValue(out, field.type, part)
      }
      return
    default:
      assert(false, `Avro type ${JSON.stringify(schema)} is written here`)
  }
}

export interface Container {
  readonly metadata: ReadonlyMap<string, string>
  readonly rows: readonly AvroRecord[]
}

const rowsMax = 10_000_000
const blockBytesMax = 256 << 20

/** Reads a whole container file. @throws BytesError when it is none, or damaged */
export function decodeContainer(bytes: Uint8Array): Container {
  const reader = new ByteReader(bytes)
  if (!sameBytes(reader.take(4), magic)) throw new BytesError('no Avro magic', 0)
  const metadata = new Map<string, string>()
  for (let count = blockCount(reader); count > 0; count = blockCount(reader)) {
    for (let i = 0; i < count; i++)
      metadata.set(reader.text(length(reader)), decodeText(reader.take(length(reader)).slice()))
  }
  const sync = reader.take(16)
  const schema = parseSchema(metadata.get('avro.schema'))
  const names = new Map<string, AvroComplex>()
  collectNames(schema, names)
  const rows: AvroRecord[] = []
  while (reader.remaining > 0) {
    const count = blockCount(reader)
    const stored = reader.take(length(reader))
    if (!sameBytes(reader.take(16), sync)) throw new BytesError('the sync marker differs', reader.position - 16)
    if (count > rowsMax) throw new BytesError(`a block of ${count} rows`, reader.position)
    const block = new ByteReader(inflate(metadata.get('avro.codec') ?? 'null', stored))
    for (let i = 0; i < count; i++) rows.push(readValue(block, schema, names, 0) as AvroRecord)
    if (block.remaining > 0) throw new BytesError('bytes after the last row', reader.position)
  }
  return { metadata, rows }
}

function parseSchema(text: string | undefined): AvroSchema {
  try {
    return JSON.parse(text ?? '') as AvroSchema
  } catch {
    throw new BytesError('the header has no schema', 4)
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, i) => byte === b[i])
}

function inflate(codec: string, stored: Uint8Array): Uint8Array {
  if (codec === 'null') return stored
  const run = codec === 'deflate' ? inflateRawSync : codec === 'zstandard' ? zstdDecompressSync : undefined
  if (!run) throw new BytesError(`Avro codec ${codec} is not known here`, 0)
  try {
    const out = run(stored, { maxOutputLength: blockBytesMax })
    return new Uint8Array(out.buffer, out.byteOffset, out.byteLength)
  } catch (error) {
    throw new BytesError(`a block is damaged (${(error as Error).message})`, 0)
  }
}

function long(reader: ByteReader): number | bigint {
  const value = reader.varlong()
  return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value
}

function length(reader: ByteReader): number {
  const size = long(reader)
  if (typeof size !== 'number' || size < 0 || size > reader.remaining)
    throw new BytesError(`a length of ${size}`, reader.position)
  return size
}

/** The count of an array's or map's block; a negative one is followed by the block's size. */
function blockCount(reader: ByteReader): number {
  const count = long(reader)
  if (typeof count !== 'number') throw new BytesError(`a count of ${count}`, reader.position)
  if (count < 0) length(reader)
  return Math.abs(count)
}

function collectNames(schema: AvroSchema, names: Map<string, AvroComplex>): void {
  if (typeof schema === 'string') return
  if (Array.isArray(schema)) return schema.forEach((part: AvroSchema) => collectNames(part, names))
  const complex = schema as AvroComplex
  if (complex.name && complex.type !== undefined) names.set(complex.name, complex)
  complex.fields?.forEach((field) => collectNames(field.type, names))
  if (complex.items) collectNames(complex.items, names)
  if (complex.values) collectNames(complex.values, names)
  if (typeof complex.type === 'object') collectNames(complex.type, names)
}

const depthMax = 32

function readValue(
  reader: ByteReader,
  schema: AvroSchema,
  names: ReadonlyMap<string, AvroComplex>,
  depth: number,
): AvroValue {
  if (depth > depthMax) throw new BytesError('values nested too deeply', reader.position)
  if (Array.isArray(schema)) {
    const branch = (schema as readonly AvroSchema[])[reader.varint()]
    if (branch === undefined) throw new BytesError('a union branch that is not there', reader.position)
    return readValue(reader, branch, names, depth + 1)
  }
  const complex = typeof schema === 'string' ? names.get(schema) : (schema as AvroComplex)
  const type = complex ? complex.type : schema
  if (typeof type === 'object') return readValue(reader, type, names, depth + 1)
  switch (type) {
    case 'null':
      return null
    case 'boolean':
      return reader.uint8() === 1
    case 'int':
    case 'enum':
      return reader.varint()
    case 'long':
      return long(reader)
    case 'float': {
      const raw = reader.take(4)
      return new DataView(raw.buffer, raw.byteOffset).getFloat32(0, true)
    }
    case 'double': {
      const raw = reader.take(8)
      return new DataView(raw.buffer, raw.byteOffset).getFloat64(0, true)
    }
    case 'string':
      return reader.text(length(reader))
    case 'bytes':
      return reader.take(length(reader)).slice()
    case 'fixed':
      return reader.take(complex?.size ?? 0).slice()
    case 'record': {
      const record: Record<string, AvroValue> = {}
      for (const field of complex?.fields ?? []) record[field.name] = readValue(reader, field.type, names, depth + 1)
      return record
    }
    case 'array':
    case 'map':
      return readItems(reader, complex!, names, depth)
    default:
      throw new BytesError(`Avro type ${String(type)} is not known here`, reader.position)
  }
}

/** An array's items; a map as its entries, { key, value }. */
function readItems(
  reader: ByteReader,
  complex: AvroComplex,
  names: ReadonlyMap<string, AvroComplex>,
  depth: number,
): AvroValue[] {
  const items: AvroValue[] = []
  for (let count = blockCount(reader); count > 0; count = blockCount(reader)) {
    for (let i = 0; i < count; i++) {
      if (items.length >= rowsMax) throw new BytesError('too many items', reader.position)
      if (complex.items) items.push(readValue(reader, complex.items, names, depth + 1))
      else
        items.push({
          key: reader.text(length(reader)),
          value: readValue(reader, complex.values ?? 'null', names, depth + 1),
        })
    }
  }
  return items
}
