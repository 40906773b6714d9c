// A field's default: from JSON, as schemas have it, to Avro's binary encoding, which the readers then read like any value.
// Reference: Apache Avro 1.12 specification, "Complex Types", table "field default values".
import { ByteWriter } from '../../base/index.ts'
import type { AvroType } from './schema.ts'

/** The default's bytes; undefined where the JSON value is none of the type. */
export function encodeDefault(type: AvroType, json: unknown): Uint8Array | undefined {
  const out = new ByteWriter()
  return write(out, type, json, 0) ? out.copy() : undefined
}

/**
 * Whether a new schema may have the default. Avro's own rule, which is wider than what can be read: symbols and the lengths of
 * fixed values are not looked at.
 * Reference: Apache Avro 1.12 Schema.isValidDefault.
 */
export function isDefaultOf(type: AvroType, json: unknown): boolean {
  // The numbers that JSON lacks, and others that are written as text, count in a field itself.
  if ((type.kind === 'float' || type.kind === 'double') && typeof json === 'string') return isNumberText(json)
  return isValueOf(type, json, 0)
}

const isNumberText = (text: string): boolean =>
  /^\s*([-+]?(NaN|Infinity)|[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?[fFdD]?)\s*$/.test(text)

function isValueOf(type: AvroType, json: unknown, depth: number): boolean {
  if (depth > 64) return false
  switch (type.kind) {
    case 'null':
      return json === null
    case 'boolean':
      return typeof json === 'boolean'
    case 'int':
    case 'long':
      return isWhole(json, type.kind === 'int' ? 32 : 64)
    case 'float':
    case 'double':
      return typeof json === 'number' || typeof json === 'bigint'
    case 'string':
    case 'bytes':
    case 'enum':
    case 'fixed':
      return typeof json === 'string'
    case 'array':
      return Array.isArray(json) && json.every((item: unknown) => isValueOf(type.items, item, depth + 1))
    case 'map':
      return isObject(json) && Object.values(json).every((value) => isValueOf(type.values, value, depth + 1))
    case 'union':
      return type.branches.some((branch) => isValueOf(branch, json, depth + 1))
    case 'record':
      return (
        isObject(json) &&
        type.fields.every(({ name, type: of, hasDefault, default: own }) =>
          Object.hasOwn(json, name)
            ? isValueOf(of, json[name], depth + 1)
            : hasDefault && isValueOf(of, own, depth + 1),
        )
      )
  }
}

/** @returns false when it does not fit; what was written then does not count */
function write(out: ByteWriter, type: AvroType, json: unknown, depth: number): boolean {
  if (depth > 64) return false
  switch (type.kind) {
    case 'null':
      return json === null
    case 'boolean':
      if (typeof json !== 'boolean') return false
      out.uint8(json ? 1 : 0)
      return true
    case 'int':
    case 'long':
      return writeWhole(out, json, type.kind === 'int' ? 32 : 64)
    case 'float':
    case 'double':
      return writeFloat(out, json, type.kind)
    case 'string':
      if (typeof json !== 'string') return false
      return writeBytes(out, new TextEncoder().encode(json))
    case 'bytes':
    case 'fixed':
      return writeLatin(out, json, type.kind === 'fixed' ? type.size : null)
    case 'enum': {
      const index = type.symbols.indexOf(json as string)
      if (index < 0) return false
      out.varint(index)
      return true
    }
    case 'array':
      if (!Array.isArray(json)) return false
      if (json.length > 0) out.varint(json.length)
      if (!json.every((item: unknown) => write(out, type.items, item, depth + 1))) return false
      out.uint8(0)
      return true
    case 'map':
      return writeMap(out, type, json, depth)
    case 'record':
      return writeRecord(out, type, json, depth)
    case 'union':
      // Since 1.12 any branch may be meant, not only the first.
      return type.branches.some((branch, i) => {
        const bytes = new ByteWriter()
        if (!write(bytes, branch, json, depth + 1)) return false
        out.varint(i)
        out.raw(bytes.finish())
        return true
      })
  }
}

function isWhole(json: unknown, bits: number): json is number | bigint {
  if (typeof json !== 'bigint' && !(typeof json === 'number' && Number.isInteger(json))) return false
  const value = BigInt(json)
  return value === BigInt.asIntN(bits, value)
}

function writeWhole(out: ByteWriter, json: unknown, bits: number): boolean {
  if (!isWhole(json, bits)) return false
  out.varlong(BigInt(json))
  return true
}

function writeFloat(out: ByteWriter, json: unknown, kind: 'float' | 'double'): boolean {
  // JSON has no NaN and no infinities: they are written as text.
  const text = json === 'NaN' || json === 'Infinity' || json === '-Infinity'
  if (typeof json !== 'number' && typeof json !== 'bigint' && !text) return false
  const view = new DataView(new ArrayBuffer(8))
  if (kind === 'float') view.setFloat32(0, Number(json), true)
  else view.setFloat64(0, Number(json), true)
  out.raw(new Uint8Array(view.buffer, 0, kind === 'float' ? 4 : 8))
  return true
}

function writeBytes(out: ByteWriter, bytes: Uint8Array): boolean {
  out.varint(bytes.length)
  out.raw(bytes)
  return true
}

/** Bytes are a string of the code points 0 to 255. */
function writeLatin(out: ByteWriter, json: unknown, size: number | null): boolean {
  if (typeof json !== 'string' || [...json].some((letter) => letter.codePointAt(0)! > 255)) return false
  const bytes = Uint8Array.from(json, (letter) => letter.codePointAt(0)!)
  if (size === null) return writeBytes(out, bytes)
  out.raw(bytes)
  return bytes.length === size
}

const isObject = (json: unknown): json is Record<string, unknown> =>
  typeof json === 'object' && json !== null && !Array.isArray(json)

function writeMap(out: ByteWriter, type: AvroType & { kind: 'map' }, json: unknown, depth: number): boolean {
  if (!isObject(json)) return false
  const entries = Object.entries(json)
  if (entries.length > 0) out.varint(entries.length)
  for (const [key, value] of entries) {
    writeBytes(out, new TextEncoder().encode(key))
    if (!write(out, type.values, value, depth + 1)) return false
  }
  out.uint8(0)
  return true
}

/** A member that is missing takes its own field's default. */
function writeRecord(out: ByteWriter, type: AvroType & { kind: 'record' }, json: unknown, depth: number): boolean {
  if (!isObject(json)) return false
  return type.fields.every((field) => {
    const given = Object.hasOwn(json, field.name)
    if (!given && !field.hasDefault) return false
    return write(out, field.type, given ? json[field.name] : field.default, depth + 1)
  })
}
