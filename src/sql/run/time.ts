// Calendar arithmetic over exact integers: proleptic Gregorian, years 0 to 9999 as text, no time zone but UTC. Ticks of a
// timestamp are milli-, micro- or nanoseconds as its precision says. Reference: Flink's DateTimeUtils.
import { ticksPerSecond } from '../../model/index.ts'

export const dayMs = 86_400_000

/** Days from 1970-01-01 of a civil date. Algorithm: days_from_civil (H. Hinnant, "chrono-compatible low-level date algorithms"). */
export function daysOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

export interface Civil {
  readonly year: number
  readonly month: number
  readonly day: number
}

export function civilOf(days: number): Civil {
  const z = days + 719_468
  const era = Math.floor(z / 146_097)
  const dayOfEra = z - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const m = Math.floor((5 * dayOfYear + 2) / 153)
  const month = m < 10 ? m + 3 : m - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * m + 2) / 5) + 1,
  }
}

export function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
}

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
export function daysOfMonth(year: number, month: number): number {
  return month === 2 && isLeap(year) ? 29 : monthDays[month - 1]!
}

/** Months later (or earlier), at the same day or the month's last. */
export function addMonths(days: number, months: number): number {
  const { year, month, day } = civilOf(days)
  const index = year * 12 + month - 1 + months
  const y = Math.floor(index / 12)
  const m = index - y * 12 + 1
  return daysOf(y, m, Math.min(day, daysOfMonth(y, m)))
}

/** Days of 'yyyy', 'yyyy-MM' or 'yyyy-MM-dd' (a time behind it is dropped); null when it is no date. */
export function parseDate(text: string): number | null {
  const match = /^(\d{1,4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?$/.exec(text.trim().replace(/[ T].*$/s, ''))
  if (!match) return null
  const [year, month, day] = [Number(match[1]), Number(match[2] ?? 1), Number(match[3] ?? 1)]
  return validDate(year, month, day) ? daysOf(year, month, day) : null
}

export function validDate(year: number, month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= daysOfMonth(year, month)
}

/** Milliseconds of the day of 'HH', 'HH:mm', 'HH:mm:ss[.fraction]'; null when it is no time. */
export function parseTime(text: string): number | null {
  const match = /^(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:\.(\d+))?)?)?$/.exec(text.trim())
  if (!match) return null
  const [h, m, s] = [Number(match[1]), Number(match[2] ?? 0), Number(match[3] ?? 0)]
  if (h > 23 || m > 59 || s > 59) return null
  return h * 3_600_000 + m * 60_000 + s * 1000 + Number((match[4] ?? '').padEnd(3, '0').slice(0, 3))
}

/** Ticks of 'yyyy-MM-dd[ T]HH:mm:ss[.fraction]', also of a date alone; digits beyond the precision are dropped; null when malformed. */
export function parseTimestamp(text: string, precision: number): bigint | null {
  const match = /^(\d{1,4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:\.(\d+))?)?)?)?$/.exec(
    text.trim(),
  )
  if (!match) return null
  const [year, month, day, h, m, s] = [1, 2, 3, 4, 5, 6].map((i) => Number(match[i] ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  if (!validDate(year, month, day) || h > 23 || m > 59 || s > 59) return null
  const seconds = BigInt(daysOf(year, month, day)) * 86_400n + BigInt(h * 3600 + m * 60 + s)
  const nanos = BigInt((match[7] ?? '').slice(0, precision).padEnd(9, '0').slice(0, 9))
  const perSecond = BigInt(ticksPerSecond(precision))
  return seconds * perSecond + nanos / (1_000_000_000n / perSecond)
}

const two = (n: number): string => String(n).padStart(2, '0')
const four = (n: number): string => (n < 0 ? `-${String(-n).padStart(4, '0')}` : String(n).padStart(4, '0'))

export function formatDate(days: number): string {
  const { year, month, day } = civilOf(days)
  return `${four(year)}-${two(month)}-${two(day)}`
}

/** HH:mm:ss with as many digits as the precision has; trailing zeros stay. */
export function formatTime(millis: number, precision: number): string {
  const whole = `${two(Math.floor(millis / 3_600_000))}:${two(Math.floor(millis / 60_000) % 60)}:${two(Math.floor(millis / 1000) % 60)}`
  const fraction = String(millis % 1000)
    .padStart(3, '0')
    .padEnd(9, '0')
    .slice(0, precision)
  return precision > 0 ? `${whole}.${fraction}` : whole
}

/** 'yyyy-MM-dd HH:mm:ss' with the precision's digits. */
export function formatTimestamp(ticks: bigint, precision: number): string {
  const { days, nanosOfDay } = splitTicks(ticks, precision)
  const seconds = Number(nanosOfDay / 1_000_000_000n)
  const whole = `${formatDate(days)} ${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  if (precision === 0) return whole
  return `${whole}.${String(nanosOfDay % 1_000_000_000n)
    .padStart(9, '0')
    .slice(0, precision)}`
}

/** Days from the epoch and nanoseconds of the day. */
export function splitTicks(ticks: bigint, precision: number): { days: number; nanosOfDay: bigint } {
  const perSecond = BigInt(ticksPerSecond(precision))
  const perDay = perSecond * 86_400n
  let days = ticks / perDay
  let rest = ticks - days * perDay
  if (rest < 0n) {
    days -= 1n
    rest += perDay
  }
  return { days: Number(days), nanosOfDay: rest * (1_000_000_000n / perSecond) }
}

/** From ticks of one precision to ticks of another; digits that do not fit are dropped. */
export function rescaleTicks(ticks: bigint, from: number, to: number): bigint {
  const a = BigInt(ticksPerSecond(from))
  const b = BigInt(ticksPerSecond(to))
  let result = b >= a ? ticks * (b / a) : floorDivide(ticks, a / b)
  if (to < from && to < 9) {
    const digits = to <= 3 ? 3 - to : to <= 6 ? 6 - to : 9 - to
    const unit = 10n ** BigInt(digits)
    // Below milliseconds Flink drops digits of the nanosecond part (towards the past), above them of the millisecond (towards 1970).
    result = to < 3 ? (result / unit) * unit : floorDivide(result, unit) * unit
  }
  return result
}

export function floorDivide(a: bigint, b: bigint): bigint {
  const q = a / b
  return a % b < 0n ? q - 1n : q
}
