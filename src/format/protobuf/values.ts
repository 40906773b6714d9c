// Single values of Protobuf's types into lanes of a stage: shared by the generated reader and the plain one.
// Reference: protobuf.dev "Encoding"; google/protobuf/timestamp.proto, duration.proto; google/type/date.proto, timeofday.proto.
import { isUtf8 } from 'node:buffer'
import { parseDecimal } from '../decimal.ts'
import { formatLimits } from '../limits.ts'
import type { StageColumn } from '../stage.ts'
import { daysFromCivil } from '../temporal.ts'
import { badUtf8At } from '../utf8.ts'
import {
  damaged,
  misfit,
  readFixed32,
  readFixed64,
  readLength,
  readVarint,
  signedToDouble,
  unsignedToDouble,
  type ProtoCursor,
} from './cursor.ts'
import type { ScalarPlan, SmallPlan } from './plan.ts'

/** Reads an integer, bool or enum at the cursor into cursor.low and high, as a 64-bit two's complement. */
export function readInteger(cursor: ProtoCursor, source: ScalarPlan['source']): void {
  switch (source) {
    case 'fixed32':
      readFixed32(cursor)
      cursor.high = 0
      return
    case 'sfixed32':
      return readFixed32(cursor)
    case 'fixed64':
    case 'sfixed64':
      return readFixed64(cursor)
    default:
      readVarint(cursor)
  }
  const { low, high } = cursor
  switch (source) {
    case 'int32':
    case 'enum':
      cursor.high = low >> 31
      return
    case 'uint32':
      cursor.high = 0
      return
    case 'sint32':
      cursor.low = (low >>> 1) ^ -(low & 1)
      cursor.high = cursor.low >> 31
      return
    case 'sint64': {
      const sign = -(low & 1)
      cursor.low = ((low >>> 1) | (high << 31)) ^ sign
      cursor.high = (high >>> 1) ^ sign
      return
    }
    case 'bool':
      cursor.low = (low | high) === 0 ? 0 : 1
      cursor.high = 0
  }
}

const isUnsigned = (source: ScalarPlan['source']): boolean =>
  source === 'uint32' || source === 'fixed32' || source === 'uint64' || source === 'fixed64'

/** One value at the cursor into a row. Throws RecordDamage. */
export function readScalar(cursor: ProtoCursor, plan: ScalarPlan, slot: StageColumn, row: number): void {
  const start = cursor.position
  switch (plan.source) {
    case 'string':
    case 'bytes': {
      const size = readLength(cursor)
      setSlice(cursor, plan, slot, row, size)
      cursor.position += size
      return
    }
    case 'float':
      readFixed32(cursor)
      slot.valid[row] = 1
      if (plan.target === 'f32') slot.f32[row] = cursor.view.getFloat32(start, true)
      else slot.f64[row] = cursor.view.getFloat32(start, true)
      return
    case 'double':
      readFixed64(cursor)
      slot.valid[row] = 1
      slot.f64[row] = cursor.view.getFloat64(start, true)
      return
    default:
      readInteger(cursor, plan.source)
      setInteger(cursor, plan, slot, row, start)
  }
}

/** The `size` bytes at the cursor, which stays. */
export function setSlice(cursor: ProtoCursor, plan: ScalarPlan, slot: StageColumn, row: number, size: number): void {
  if (plan.target === 'bytes') return slot.setBytes(row, cursor.bytes, cursor.position, size)
  const bad = setText(slot, row, cursor.bytes, cursor.position, size)
  if (bad >= 0) damaged(`${plan.path} is not UTF-8`, bad)
}

/** Bytes from which on the platform's own check of UTF-8 is worth its call. */
const longText = 64

/** @returns the position of what is not UTF-8, or -1 */
export function setText(slot: StageColumn, row: number, bytes: Uint8Array, from: number, size: number): number {
  if (size < longText) return slot.setText(row, bytes, from, size)
  slot.setBytes(row, bytes, from, size)
  return isUtf8(bytes.subarray(from, from + size)) ? -1 : badUtf8At(bytes, from, from + size)
}

/** cursor.low and high into a row. */
export function setInteger(cursor: ProtoCursor, plan: ScalarPlan, slot: StageColumn, row: number, start: number): void {
  const { low, high } = cursor
  switch (plan.target) {
    case 'bool':
      slot.bytes[row] = low
      break
    case 'i8':
    case 'i16':
    case 'i32':
      // Of 32 bits, so high says no more than the sign.
      if (high !== low >> 31 || low < plan.least || low > plan.most)
        misfit(`${plan.path} lies outside of its column’s range`, start)
      if (plan.target === 'i32') slot.i32[row] = low
      else if (plan.target === 'i16') slot.i16[row] = low
      else slot.i8[row] = low
      break
    case 'u64':
      if (high < 0) misfit(`${plan.path} lies outside of its column’s range`, start)
      slot.words[row * 2] = low
      slot.words[row * 2 + 1] = high
      break
    case 'i64':
      slot.words[row * 2] = low
      slot.words[row * 2 + 1] = high
      break
    case 'f64':
      slot.f64[row] = isUnsigned(plan.source) ? unsignedToDouble(low, high) : signedToDouble(low, high)
      break
    case 'decimal': {
      const unsigned = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
      const value = isUnsigned(plan.source) ? unsigned : BigInt.asIntN(64, unsigned)
      setDecimalValue(slot, row, value, 0, plan.path, start)
      break
    }
    case 'enumText':
      setEnumText(plan, slot, row, low)
      return
  }
  slot.valid[row] = 1
}

/** A number that the enum has no name for is written as its digits, as Protobuf's JSON has it. */
function setEnumText(plan: ScalarPlan, slot: StageColumn, row: number, number: number): void {
  const name = plan.names!.get(number) ?? new TextEncoder().encode(String(number))
  slot.setBytes(row, name, 0, name.length)
}

/** What an absent field without presence has. */
export function setZero(plan: ScalarPlan, slot: StageColumn, row: number): void {
  switch (plan.target) {
    case 'bytes':
    case 'text':
      return slot.setBytes(row, noBytes, 0, 0)
    case 'enumText':
      return setEnumText(plan, slot, row, plan.closed ? [...plan.closed][0]! : 0)
    case 'bool':
      slot.bytes[row] = 0
      break
    case 'i8':
      slot.i8[row] = 0
      break
    case 'i16':
      slot.i16[row] = 0
      break
    case 'i32':
      slot.i32[row] = plan.closed ? [...plan.closed][0]! : 0
      break
    case 'f32':
      slot.f32[row] = 0
      break
    case 'f64':
      slot.f64[row] = 0
      break
    default:
      slot.setInteger(row, plan.closed ? [...plan.closed][0]! : 0)
  }
  slot.valid[row] = 1
}

const noBytes = new Uint8Array(0)
const powers = Array.from({ length: 77 }, (_, i) => 10n ** BigInt(i))

function setDecimalValue(
  slot: StageColumn,
  row: number,
  value: bigint,
  scale: number,
  path: string,
  start: number,
): void {
  const type = slot.type as { readonly precision: number; readonly scale: number }
  let unscaled = value
  const shift = type.scale - scale
  if (shift >= 0) {
    if (shift > 38 && unscaled !== 0n) misfit(`${path} has more digits than its column`, start)
    unscaled *= powers[Math.min(shift, 38)]!
  } else if (unscaled !== 0n) {
    // A value of at most 16 bytes has 38 digits: none is left beyond them.
    if (-shift > 76) misfit(`${path} has more digits after the point than its column`, start)
    const factor = powers[-shift]!
    if (unscaled % factor !== 0n) misfit(`${path} has more digits after the point than its column`, start)
    unscaled /= factor
  }
  const bound = powers[type.precision]!
  if (unscaled >= bound || unscaled <= -bound) misfit(`${path} has more digits than its column`, start)
  slot.setBigInt(row, unscaled)
}

const plainBounds = Array.from({ length: 16 }, (_, i) => 10 ** i)

/** The unscaled value in bytes[at, at + size), big-endian two's complement, of a scale. */
export function setDecimal(
  cursor: ProtoCursor,
  plan: SmallPlan,
  slot: StageColumn,
  row: number,
  at: number,
  size: number,
  scale: number,
): void {
  const { bytes, view } = cursor
  if (size > 0 && size <= 6 && scale === plan.scale) {
    let small = view.getInt8(at)
    for (let i = at + 1; i < at + size; i++) small = small * 256 + bytes[i]!
    const bound = plan.precision < 16 ? plainBounds[plan.precision]! : Number.POSITIVE_INFINITY
    if (small >= bound || small <= -bound) misfit(`${plan.path} has more digits than its column`, at)
    return slot.setInteger(row, small)
  }
  if (size === 0) return slot.setInteger(row, 0)
  let first = at
  const sign = bytes[at]! >= 128 ? 255 : 0
  while (first < at + size - 1 && bytes[first] === sign && (bytes[first + 1]! ^ sign) < 128) first++
  if (at + size - first > 16) misfit(`${plan.path} has more than 38 digits`, at)
  let value = BigInt(view.getInt8(first))
  for (let i = first + 1; i < at + size; i++) value = (value << 8n) | BigInt(bytes[i]!)
  setDecimalValue(slot, row, value, scale, plan.path, at)
}

export function setTextDecimal(
  cursor: ProtoCursor,
  plan: SmallPlan,
  slot: StageColumn,
  row: number,
  at: number,
  size: number,
): void {
  // An absent value is zero, as google.type.Decimal says.
  if (size === 0) return slot.setInteger(row, 0)
  const unscaled = parseDecimal(cursor.bytes, at, at + size, plan.scale, formatLimits.digitsMax)
  if (unscaled === undefined) misfit(`${plan.path} is no decimal`, at)
  const bound = powers[plan.precision]!
  if (unscaled >= bound || unscaled <= -bound) misfit(`${plan.path} has more digits than its column`, at)
  slot.setBigInt(row, unscaled)
}

/** Seconds (two halves) and nanoseconds into ticks; towards the earlier tick where the column is coarser. */
export function setTimestamp(
  plan: SmallPlan,
  slot: StageColumn,
  row: number,
  low: number,
  high: number,
  nanos: number,
  start: number,
): void {
  const seconds = high * 4294967296 + (low >>> 0)
  if (!(seconds >= -62135596800 && seconds <= 253402300799 && nanos >= 0 && nanos <= 999999999))
    misfit(`${plan.path} lies outside of the years 1 to 9999`, start)
  const { ticks } = plan
  slot.valid[row] = 1
  const fraction = ticks === 1e9 ? nanos : Math.floor(nanos / (1e9 / ticks))
  // seconds * ticks in 64 bits, of parts that doubles hold exactly: a * 2^16 + b is seconds, x is a * ticks.
  const a = Math.floor(seconds / 65536)
  const x = a * ticks
  const upper = Math.floor(x / 65536)
  const rest = (x - upper * 65536) * 65536 + (seconds - a * 65536) * ticks + fraction
  const carry = Math.floor(rest / 4294967296)
  const top = upper + carry
  if (top !== (top | 0)) misfit(`${plan.path} lies outside of its column’s range`, start)
  slot.words[row * 2] = rest - carry * 4294967296
  slot.words[row * 2 + 1] = top
}

/** Milliseconds; digits beyond are cut off. */
export function setDuration(
  plan: SmallPlan,
  slot: StageColumn,
  row: number,
  low: number,
  high: number,
  nanos: number,
  start: number,
): void {
  const seconds = signedToDouble(low, high)
  const mixed = (seconds > 0 && nanos < 0) || (seconds < 0 && nanos > 0)
  if (Math.abs(seconds) > 315576000000 || Math.abs(nanos) > 999999999 || mixed)
    misfit(`${plan.path} is no duration`, start)
  slot.setInteger(row, seconds * 1000 + Math.trunc(nanos / 1e6))
}

export function setDate(
  plan: SmallPlan,
  slot: StageColumn,
  row: number,
  year: number,
  month: number,
  day: number,
  start: number,
): void {
  const days =
    year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 ? daysFromCivil(year, month, day) : Number.NaN
  const next = month === 12 ? daysFromCivil(year + 1, 1, 1) : daysFromCivil(year, month + 1, 1)
  if (!(days < next)) misfit(`${plan.path} is no day of a calendar`, start)
  slot.i32[row] = days
  slot.valid[row] = 1
}

/** Milliseconds of the day; digits beyond are cut off. */
export function setTime(
  plan: SmallPlan,
  slot: StageColumn,
  row: number,
  hours: number,
  minutes: number,
  seconds: number,
  nanos: number,
  start: number,
): void {
  const ok =
    hours >= 0 &&
    hours <= 23 &&
    minutes >= 0 &&
    minutes <= 59 &&
    seconds >= 0 &&
    seconds <= 59 &&
    nanos >= 0 &&
    nanos <= 999999999
  if (!ok) misfit(`${plan.path} is no time of the day`, start)
  slot.i32[row] = ((hours * 60 + minutes) * 60 + seconds) * 1000 + Math.floor(nanos / 1e6)
  slot.valid[row] = 1
}

/** True when a key of the map entries [from, to) occurs twice. Short maps compare each pair. */
export function hasEqualKeys(key: StageColumn, from: number, to: number): boolean {
  const count = to - from
  if (count < 2) return false
  if (count > 12) {
    const seen = new Set<string>()
    for (let i = from; i < to; i++) seen.add(keyText(key, i))
    return seen.size < count
  }
  for (let i = from + 1; i < to; i++) for (let k = from; k < i; k++) if (equalKeys(key, i, k)) return true
  return false
}

function equalKeys(key: StageColumn, i: number, k: number): boolean {
  switch (key.layout) {
    case 'bytes': {
      const { offsets, bytes } = key
      const size = offsets[i + 1]! - offsets[i]!
      if (size !== offsets[k + 1]! - offsets[k]!) return false
      for (let at = 0; at < size; at++) if (bytes[offsets[i]! + at] !== bytes[offsets[k]! + at]) return false
      return true
    }
    case 'int32':
      return key.i32[i] === key.i32[k]
    case 'int64':
      return key.words[i * 2] === key.words[k * 2] && key.words[i * 2 + 1] === key.words[k * 2 + 1]
    default:
      return keyText(key, i) === keyText(key, k)
  }
}

/** The lane's bytes: what makes two keys equal. */
export function keyText(key: StageColumn, row: number): string {
  switch (key.layout) {
    case 'bytes':
      return Buffer.from(key.bytes.subarray(key.offsets[row]!, key.offsets[row + 1]!)).toString('latin1')
    case 'bool':
      return String(key.bytes[row])
    case 'int8':
      return String(key.i8[row])
    case 'int16':
      return String(key.i16[row])
    case 'int32':
      return String(key.i32[row])
    case 'int64':
      return `${key.words[row * 2]}:${key.words[row * 2 + 1]}`
    case 'int128':
      return key.words.subarray(row * 4, row * 4 + 4).join(':')
    case 'float32':
      return String(key.f32[row])
    case 'float64':
      return String(key.f64[row])
    default:
      return String(row)
  }
}
