// Bytes of any message as boxed values by field number: for descriptors and options, where speed does not count. What the
// schema does not know is kept as it lay.
import {
  ProtoCursor,
  readFixed32,
  readFixed64,
  readLength,
  readTag,
  readVarint,
  skipField,
  skipGroup,
  wire,
} from './cursor.ts'
import { formatLimits } from '../limits.ts'
import { damaged } from './cursor.ts'
import { wireTypeOf } from './option-bytes.ts'
import type { ProtoField, ProtoMessage } from './schema.ts'

export type Dynamic = bigint | number | boolean | Uint8Array | DynamicMessage

export interface DynamicMessage {
  readonly type: ProtoMessage
  /** In the order of the bytes; a single field has one value. */
  readonly values: ReadonlyMap<number, Dynamic[]>
  /** Fields that the schema does not know, with their tags. */
  readonly unknown: { readonly number: number; readonly bytes: Uint8Array }[]
}

/** Throws RecordDamage. Nested messages that occur twice are merged. */
export function readDynamic(type: ProtoMessage, bytes: Uint8Array, depth = 0): DynamicMessage {
  if (depth > formatLimits.depthMax) damaged(`it is nested deeper than ${formatLimits.depthMax}`, 0)
  const cursor = new ProtoCursor()
  cursor.setBytes(bytes)
  cursor.end = bytes.length
  const values = new Map<number, Dynamic[]>()
  const unknown: { number: number; bytes: Uint8Array }[] = []
  const parts = new Map<number, Uint8Array[]>()
  while (cursor.position < cursor.end) {
    const start = cursor.position
    const tag = readTag(cursor)
    const field = type.byNumber.get(tag >>> 3)
    const packed = field && field.label === 'repeated' && (tag & 7) === wire.bytes && wireTypeOf(field) !== wire.bytes
    if (!field || (wireTypeOf(field) !== (tag & 7) && !packed)) {
      skipField(cursor, tag)
      unknown.push({ number: tag >>> 3, bytes: bytes.subarray(start, cursor.position) })
      continue
    }
    if (field.message) addTo(parts, field.number, messageBytes(cursor, tag))
    else if (packed) {
      const end = readLength(cursor) + cursor.position
      while (cursor.position < end) addTo(values, field.number, readScalar(cursor, field))
      if (cursor.position !== end) damaged('a packed field ends inside a value', end)
    } else if (field.label === 'repeated') addTo(values, field.number, readScalar(cursor, field))
    else values.set(field.number, [readScalar(cursor, field)])
  }
  for (const [number, segments] of parts) {
    const field = type.byNumber.get(number)!
    const wholes = field.label === 'repeated' ? segments : [joined(segments)]
    values.set(
      number,
      wholes.map((segment) => readDynamic(field.message!, segment, depth + 1)),
    )
  }
  return { type, values, unknown }
}

function messageBytes(cursor: ProtoCursor, tag: number): Uint8Array {
  if ((tag & 7) === wire.groupStart) {
    const start = cursor.position
    return cursor.bytes.subarray(start, skipGroup(cursor, tag, 0))
  }
  const size = readLength(cursor)
  cursor.position += size
  return cursor.bytes.subarray(cursor.position - size, cursor.position)
}

function addTo<T>(map: Map<number, T[]>, key: number, value: T): void {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? parts[0]! : Uint8Array.from(parts.flatMap((part) => [...part]))
}

function readScalar(cursor: ProtoCursor, field: ProtoField): Dynamic {
  const signed = (): bigint => (BigInt(cursor.high) << 32n) | BigInt(cursor.low >>> 0)
  const { scalar } = field
  switch (wireTypeOf(field)) {
    case wire.bytes: {
      const size = readLength(cursor)
      cursor.position += size
      return cursor.bytes.slice(cursor.position - size, cursor.position)
    }
    case wire.fixed64: {
      const at = cursor.position
      readFixed64(cursor)
      if (scalar === 'double') return cursor.view.getFloat64(at, true)
      return scalar === 'fixed64' ? BigInt.asUintN(64, signed()) : signed()
    }
    case wire.fixed32: {
      const at = cursor.position
      readFixed32(cursor)
      if (scalar === 'float') return cursor.view.getFloat32(at, true)
      return scalar === 'fixed32' ? BigInt(cursor.low >>> 0) : BigInt(cursor.low)
    }
    default:
      readVarint(cursor)
      switch (scalar) {
        case 'bool':
          return cursor.low !== 0 || cursor.high !== 0
        case 'uint64':
          return BigInt.asUintN(64, signed())
        case 'int64':
          return signed()
        case 'uint32':
          return BigInt(cursor.low >>> 0)
        case 'sint32':
          return BigInt((cursor.low >>> 1) ^ -(cursor.low & 1))
        case 'sint64': {
          const raw = BigInt.asUintN(64, signed())
          return BigInt.asIntN(64, (raw >> 1n) ^ -(raw & 1n))
        }
        default:
          return BigInt(cursor.low)
      }
  }
}
