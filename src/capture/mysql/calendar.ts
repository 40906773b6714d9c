// MySQL's packed dates and times, taken apart exactly. Partial and zero dates (month or day 0) are values of MySQL that no
// Flink type has: whoever reads them as one must refuse. Reference: sql-common/my_time.cc (binary formats of fractional types).
import type { LittleReader } from './little.ts'

export interface CivilTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly micros: number
}

/** Days from 1970-01-01 in the proleptic Gregorian calendar. O(1), exact for any year of MySQL. */
export function daysOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  return era * 146097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719468
}

/** Microseconds from 1970 as if the fields were UTC: beyond 2^53 before 1684 and after 2255. */
export function microsOf(t: CivilTime): bigint {
  const seconds = ((daysOf(t.year, t.month, t.day) * 24 + t.hour) * 60 + t.minute) * 60 + t.second
  return BigInt(seconds) * 1_000_000n + BigInt(t.micros)
}

/** Is it a day of the calendar? Zero, partial and (with ALLOW_INVALID_DATES) impossible dates are not. */
export function isRealDate(year: number, month: number, day: number): boolean {
  if (month < 1 || day < 1) return false
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return day <= (month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31)
}

export function readDate(reader: LittleReader): { year: number; month: number; day: number } {
  const packed = reader.uint24()
  return { year: packed >> 9, month: (packed >> 5) & 15, day: packed & 31 }
}

function bigEndian(reader: LittleReader, size: number): number {
  let value = 0
  for (let i = 0; i < size; i++) value = value * 256 + reader.uint8()
  return value
}

const fractionUnit = [1_000_000, 10_000, 100, 1] as const

function readFraction(reader: LittleReader, digits: number): number {
  const size = (digits + 1) >> 1
  return size === 0 ? 0 : bigEndian(reader, size) * fractionUnit[size]!
}

export function readDatetime(reader: LittleReader, digits: number): CivilTime {
  const packed = bigEndian(reader, 5) - 0x8000000000
  const micros = readFraction(reader, digits)
  const date = Math.floor(packed / 131072)
  const time = packed % 131072
  const yearMonth = Math.floor(date / 32)
  return {
    year: Math.floor(yearMonth / 13),
    month: yearMonth % 13,
    day: date % 32,
    hour: time >> 12,
    minute: (time >> 6) & 63,
    second: time & 63,
    micros,
  }
}

/** Microseconds from 1970 UTC; undefined for the zero timestamp. */
export function readTimestamp(reader: LittleReader, digits: number): number | undefined {
  const seconds = bigEndian(reader, 4)
  const micros = readFraction(reader, digits)
  return seconds === 0 && micros === 0 ? undefined : seconds * 1_000_000 + micros
}

/** Signed microseconds, -838:59:59.999999 to 838:59:59.999999. */
export function readTime(reader: LittleReader, digits: number): number {
  const size = (digits + 1) >> 1
  const scale = 256 ** size
  const packed = bigEndian(reader, 3 + size) - 0x800000 * scale
  const absolute = Math.abs(packed)
  const whole = Math.floor(absolute / scale)
  const fraction = (absolute % scale) * (size === 0 ? 0 : fractionUnit[size]!)
  const seconds = (((whole >> 12) & 1023) * 60 + ((whole >> 6) & 63)) * 60 + (whole & 63)
  const micros = seconds * 1_000_000 + fraction
  return packed < 0 ? -micros : micros
}

const two = (n: number): string => String(n).padStart(2, '0')

function fractionText(micros: number, digits: number): string {
  return digits === 0 ? '' : `.${String(micros).padStart(6, '0').slice(0, digits)}`
}

export function dateText(t: { year: number; month: number; day: number }): string {
  return `${String(t.year).padStart(4, '0')}-${two(t.month)}-${two(t.day)}`
}

export function datetimeText(t: CivilTime, digits: number): string {
  return `${dateText(t)} ${two(t.hour)}:${two(t.minute)}:${two(t.second)}${fractionText(t.micros, digits)}`
}

export function timeText(micros: number, digits: number): string {
  const absolute = Math.abs(micros)
  const seconds = Math.floor(absolute / 1_000_000)
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  return `${micros < 0 ? '-' : ''}${clock}${fractionText(absolute % 1_000_000, digits)}`
}

/** The fields of a moment, UTC. */
export function civilOf(micros: number): CivilTime {
  const date = new Date(Math.floor(micros / 1000))
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    micros: ((micros % 1_000_000) + 1_000_000) % 1_000_000,
  }
}

/** `[-]H:MM:SS[.ffffff]` as the server prints a TIME. */
export function parseTime(text: string): number {
  const match = /^(-?)(\d+):(\d\d):(\d\d)(?:\.(\d{1,6}))?$/.exec(text)
  if (!match) throw new Error(`not a time: ${text}`)
  const micros =
    ((Number(match[2]) * 60 + Number(match[3])) * 60 + Number(match[4])) * 1_000_000 +
    Number((match[5] ?? '').padEnd(6, '0'))
  return match[1] === '-' ? -micros : micros
}

/** `YYYY-MM-DD[ HH:MM:SS[.ffffff]]` as the server prints a DATE, DATETIME or TIMESTAMP. */
export function parseDatetime(text: string): CivilTime {
  const match = /^(\d{4})-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?)?$/.exec(text)
  if (!match) throw new Error(`not a date: ${text}`)
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0))
  return {
    year: year!,
    month: month!,
    day: day!,
    hour: hour!,
    minute: minute!,
    second: second!,
    micros: Number((match[7] ?? '').padEnd(6, '0')),
  }
}
