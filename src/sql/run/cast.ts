// CAST between the types that are run here. `castValue` gives null for a value that becomes NULL, and `castFailed` for one that
// fails the job under CAST and is NULL under TRY_CAST. Reference: Flink 2.3, CastFunctionITCase and the cast rules.
import { toHex } from '../../base/index.ts'
import { ticksPerSecond, type LogicalType, type Value } from '../../model/index.ts'
import { decimalFromText, decimalToDouble, fitDecimal, formatDecimal } from './decimal.ts'
import { fitText, formatDouble, formatFloat } from './text.ts'
import {
  dayMs,
  floorDivide,
  formatDate,
  formatTime,
  formatTimestamp,
  parseDate,
  parseTime,
  parseTimestamp,
  rescaleTicks,
  splitTicks,
} from './time.ts'

export const castFailed: unique symbol = Symbol('cast failed')

const integerBits: Partial<Record<LogicalType['kind'], number>> = { TINYINT: 8, SMALLINT: 16, INT: 32, BIGINT: 64 }

/** @param value not null */
export function castValue(value: Exclude<Value, null>, from: LogicalType, to: LogicalType): Value | typeof castFailed {
  switch (to.kind) {
    case 'BOOLEAN':
      return toBoolean(value, from)
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
      return toInteger(value, from, to.kind)
    case 'FLOAT': {
      const result = toDouble(value, from)
      return typeof result === 'number' ? Math.fround(result) : result
    }
    case 'DOUBLE':
      return toDouble(value, from)
    case 'DECIMAL':
      return toDecimal(value, from, to.precision, to.scale)
    case 'CHAR':
    case 'VARCHAR':
      return fitText(toText(value, from), to.kind, to.length)
    case 'BINARY':
    case 'VARBINARY':
      return toBytes(value, from, to)
    case 'DATE':
    case 'TIME':
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return toDateTime(value, from, to.kind, 'precision' in to ? to.precision : 0)
    default:
      return value
  }
}

function toBoolean(value: Exclude<Value, null>, from: LogicalType): boolean | typeof castFailed {
  if (from.kind === 'BOOLEAN') return value as boolean
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value) !== 0
  const text = String(value).trim().toLowerCase()
  if (['t', 'true', 'y', 'yes', '1'].includes(text)) return true
  return ['f', 'false', 'n', 'no', '0'].includes(text) ? false : castFailed
}

/** Numbers wrap; text must be a number inside of the type's range, digits behind its point are dropped. */
function toInteger(
  value: Exclude<Value, null>,
  from: LogicalType,
  kind: 'TINYINT' | 'SMALLINT' | 'INT' | 'BIGINT',
): Value | typeof castFailed {
  const bits = integerBits[kind]!
  const boxed = (whole: bigint): Value =>
    kind === 'BIGINT' ? BigInt.asIntN(64, whole) : Number(BigInt.asIntN(bits, whole))
  switch (from.kind) {
    case 'BOOLEAN':
      return boxed(value === true ? 1n : 0n)
    case 'FLOAT':
    case 'DOUBLE':
      return boxed(saturatedLong(value as number))
    case 'DECIMAL':
      return boxed((value as bigint) / 10n ** BigInt(from.scale))
    case 'CHAR':
    case 'VARCHAR': {
      const match = /^([+-]?\d+)(?:\.\d*)?$/.exec((value as string).trim())
      if (!match) return castFailed
      const whole = BigInt(match[1]!.replace('+', ''))
      return BigInt.asIntN(bits, whole) === whole ? boxed(whole) : castFailed
    }
    default:
      return boxed(BigInt(value as number | bigint))
  }
}

/** Java's (long) of a double: towards zero, saturating at 64 bits, NaN is 0. */
export function saturatedLong(value: number): bigint {
  if (Number.isNaN(value)) return 0n
  if (value >= 2 ** 63) return 9223372036854775807n
  if (value <= -(2 ** 63)) return -9223372036854775808n
  return BigInt(Math.trunc(value))
}

function toDouble(value: Exclude<Value, null>, from: LogicalType): number | typeof castFailed {
  switch (from.kind) {
    case 'BOOLEAN':
      return value === true ? 1 : 0
    case 'DECIMAL':
      return decimalToDouble(value as bigint, from.scale)
    case 'CHAR':
    case 'VARCHAR': {
      const text = (value as string).trim()
      if (/^[+-]?NaN$/.test(text)) return Number.NaN
      if (/^[+-]?Infinity$/.test(text)) return Number(text)
      return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[dDfF]?$/.test(text)
        ? Number(text.replace(/[dDfF]$/, ''))
        : castFailed
    }
    default:
      return Number(value)
  }
}

function toDecimal(
  value: Exclude<Value, null>,
  from: LogicalType,
  precision: number,
  scale: number,
): bigint | null | typeof castFailed {
  switch (from.kind) {
    case 'BOOLEAN':
      return fitDecimal(value === true ? 1n : 0n, 0, precision, scale)
    case 'DECIMAL':
      return fitDecimal(value as bigint, from.scale, precision, scale)
    case 'FLOAT':
    case 'DOUBLE': {
      const number = value as number
      if (!Number.isFinite(number)) return castFailed
      return decimalFromText(from.kind === 'FLOAT' ? String(number) : String(number), precision, scale)
    }
    case 'CHAR':
    case 'VARCHAR':
      return decimalFromText(value as string, precision, scale) ?? castFailed
    default:
      return fitDecimal(BigInt(value as number | bigint), 0, precision, scale)
  }
}

/** Any value as text, in full length. */
export function toText(value: Exclude<Value, null>, from: LogicalType): string {
  switch (from.kind) {
    case 'BOOLEAN':
      return value === true ? 'TRUE' : 'FALSE'
    case 'FLOAT':
      return formatFloat(value as number)
    case 'DOUBLE':
      return formatDouble(value as number)
    case 'DECIMAL':
      return formatDecimal(value as bigint, from.scale)
    case 'DATE':
      return formatDate(value as number)
    case 'TIME':
      return formatTime(value as number, from.precision)
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return formatTimestamp(value as bigint, from.precision)
    case 'INTERVAL_YEAR_MONTH':
      return formatMonths(value as number)
    case 'INTERVAL_DAY_TIME':
      return formatMillis(value as bigint)
    case 'BINARY':
    case 'VARBINARY':
      return toHex(value as Uint8Array)
    default:
      return String(value)
  }
}

function formatMonths(months: number): string {
  const size = Math.abs(months)
  return `${months < 0 ? '-' : '+'}${Math.floor(size / 12)}-${String(size % 12).padStart(2, '0')}`
}

function formatMillis(millis: bigint): string {
  const size = Number(millis < 0n ? -millis : millis)
  return `${millis < 0n ? '-' : '+'}${Math.floor(size / dayMs)} ${formatTime(size % dayMs, 3)}`
}

function toBytes(value: Exclude<Value, null>, from: LogicalType, to: LogicalType): Uint8Array | typeof castFailed {
  let bytes = value as Uint8Array
  if (from.kind === 'CHAR' || from.kind === 'VARCHAR') {
    const text = value as string
    if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return castFailed
    bytes = Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
  }
  if (!('length' in to) || bytes.length === to.length) return bytes
  if (bytes.length > to.length) return bytes.slice(0, to.length)
  if (to.kind === 'VARBINARY') return bytes
  const padded = new Uint8Array(to.length)
  padded.set(bytes)
  return padded
}

function toDateTime(
  value: Exclude<Value, null>,
  from: LogicalType,
  kind: 'DATE' | 'TIME' | 'TIMESTAMP' | 'TIMESTAMP_LTZ',
  precision: number,
): Value | typeof castFailed {
  if (from.kind === 'CHAR' || from.kind === 'VARCHAR') {
    const text = value as string
    const parsed =
      kind === 'DATE'
        ? parseDate(text)
        : kind === 'TIME'
          ? timeFromText(text, precision)
          : parseTimestamp(text, precision)
    return parsed ?? castFailed
  }
  if (kind === 'DATE') return from.kind === 'DATE' ? value : splitTicks(value as bigint, precisionOf(from)).days
  if (kind === 'TIME') {
    const millis =
      from.kind === 'TIME'
        ? (value as number)
        : Number(splitTicks(value as bigint, precisionOf(from)).nanosOfDay / 1_000_000n)
    return cutMillis(millis, precision)
  }
  const perSecond = BigInt(ticksPerSecond(precision))
  if (from.kind === 'DATE') return BigInt(value as number) * 86_400n * perSecond
  if (from.kind === 'TIME') return (BigInt(value as number) * perSecond) / 1000n
  return rescaleTicks(value as bigint, precisionOf(from), precision)
}

function timeFromText(text: string, precision: number): number | null {
  const millis = parseTime(text)
  return millis === null ? null : cutMillis(millis, precision)
}

function cutMillis(millis: number, precision: number): number {
  const unit = 10 ** Math.max(0, 3 - precision)
  return millis - (millis % unit)
}

const precisionOf = (type: LogicalType): number => ('precision' in type ? type.precision : 0)

/** Milliseconds of a timestamp, towards the past. */
export function ticksToMs(ticks: bigint, precision: number): bigint {
  return floorDivide(ticks, BigInt(ticksPerSecond(precision)) / 1000n)
}
