// Dates and times between text and lanes, as Flink's formats write them: '2026-01-31', '10:00:00.5',
// '2026-01-31 10:00:00.5' with the fraction's trailing zeros left out.
// Reference: Flink 2.3 TimeFormats (SQL_TIMESTAMP_FORMAT); proleptic Gregorian calendar as java.time has it.

/** Days since 1970-01-01. Howard Hinnant's days_from_civil. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146097 + dayOfEra - 719468
}

export function civilFromDays(days: number): { year: number; month: number; day: number } {
  const z = days + 719468
  const era = Math.floor(z / 146097)
  const dayOfEra = z - era * 146097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const mp = Math.floor((5 * dayOfYear + 2) / 153)
  const month = mp + (mp < 10 ? 3 : -9)
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * mp + 2) / 5) + 1,
  }
}

const daysInMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)

/** A cursor over ASCII text in bytes. The parse functions return false or NaN where the text is not what they want. */
export class TimeText {
  #bytes: Uint8Array = new Uint8Array(0)
  #at = 0
  #end = 0
  /** Of the last time(): nanoseconds of the day's second. */
  nanos = 0

  set(bytes: Uint8Array, from: number, to: number): this {
    this.#bytes = bytes
    this.#at = from
    this.#end = to
    return this
  }

  get atEnd(): boolean {
    return this.#at === this.#end
  }

  /** The next byte, stepped over when it is `code`. */
  take(code: number): boolean {
    if (this.#at >= this.#end || this.#bytes[this.#at] !== code) return false
    this.#at++
    return true
  }

  #digits(least: number, most: number): number {
    let value = 0
    let n = 0
    while (n < most && this.#at < this.#end) {
      const digit = this.#bytes[this.#at]! - 48
      if (digit < 0 || digit > 9) break
      value = value * 10 + digit
      this.#at++
      n++
    }
    return n < least ? Number.NaN : value
  }

  /** Days since 1970 of 'yyyy-MM-dd', or NaN. Years beyond 9999 have a sign, as in ISO 8601. */
  date(): number {
    const negative = this.take(45)
    const signed = negative || this.take(43)
    const year = (negative ? -1 : 1) * this.#digits(4, signed ? 9 : 4)
    if (!this.take(45)) return Number.NaN
    const month = this.#digits(2, 2)
    if (!this.take(45)) return Number.NaN
    const day = this.#digits(2, 2)
    if (!(month >= 1 && month <= 12 && day >= 1 && Number.isFinite(year))) return Number.NaN
    const last = month === 2 && isLeap(year) ? 29 : daysInMonth[month - 1]!
    return day <= last ? daysFromCivil(year, month, day) : Number.NaN
  }

  /** Seconds of the day of 'HH:mm:ss[.fffffffff]', or NaN; the fraction goes to `nanos`. */
  time(): number {
    const hour = this.#digits(2, 2)
    if (!this.take(58)) return Number.NaN
    const minute = this.#digits(2, 2)
    if (!this.take(58)) return Number.NaN
    const second = this.#digits(2, 2)
    this.nanos = 0
    if (this.take(46)) {
      const start = this.#at
      const fraction = this.#digits(1, 9)
      this.nanos = fraction * 10 ** (9 - (this.#at - start))
    }
    if (!(hour <= 23 && minute <= 59 && second <= 59) || Number.isNaN(this.nanos)) return Number.NaN
    return hour * 3600 + minute * 60 + second
  }

  /** Seconds east of Greenwich of 'Z', '+HH:mm' or '-HH:mm'; NaN when there is none. */
  zone(): number {
    if (this.take(90)) return 0
    const east = this.take(43)
    if (!east && !this.take(45)) return Number.NaN
    const hours = this.#digits(2, 2)
    this.take(58)
    const minutes = this.#digits(2, 2)
    if (!(hours <= 18 && minutes <= 59)) return Number.NaN
    return (east ? 1 : -1) * (hours * 3600 + minutes * 60)
  }
}

const shared = new TimeText()

export type ZoneRule = 'none' | 'required' | 'optional'

/**
 * Ticks of 'yyyy-MM-dd HH:mm:ss[.f]' (or with 'T'), or undefined; a number where it is a safe integer, else a bigint.
 * Digits beyond the unit are cut off.
 * @param ticks per second: 1000, 1e6, 1e9
 */
export function parseTimestamp(
  bytes: Uint8Array,
  from: number,
  to: number,
  ticks: number,
  zone: ZoneRule,
): number | bigint | undefined {
  const text = shared.set(bytes, from, to)
  const days = text.date()
  if (!text.take(32) && !text.take(84)) return undefined
  const second = text.time()
  const { nanos } = text
  let offset = 0
  if (zone !== 'none' && !(zone === 'optional' && text.atEnd)) offset = text.zone()
  if (!text.atEnd || Number.isNaN(days) || Number.isNaN(second) || Number.isNaN(offset)) return undefined
  const seconds = days * 86400 + second - offset
  const fraction = Math.floor(nanos / (1e9 / ticks))
  const small = seconds * ticks + fraction
  if (Number.isSafeInteger(small)) return small
  const value = BigInt(seconds) * BigInt(ticks) + BigInt(fraction)
  return value === BigInt.asIntN(64, value) ? value : undefined
}

/** Days since 1970, or undefined. */
export function parseDate(bytes: Uint8Array, from: number, to: number): number | undefined {
  const text = shared.set(bytes, from, to)
  const days = text.date()
  return text.atEnd && days === (days | 0) ? days : undefined
}

/** Milliseconds of the day, or undefined. Digits beyond are cut off. */
export function parseTime(bytes: Uint8Array, from: number, to: number): number | undefined {
  const text = shared.set(bytes, from, to)
  const second = text.time()
  if (!text.atEnd || Number.isNaN(second)) return undefined
  return second * 1000 + Math.floor(text.nanos / 1e6)
}

const two = (n: number): string => (n < 10 ? `0${n}` : String(n))

export function formatDate(days: number): string {
  const { year, month, day } = civilFromDays(days)
  const text = String(Math.abs(year)).padStart(4, '0')
  const sign = year < 0 ? '-' : year > 9999 ? '+' : ''
  return `${sign}${text}-${two(month)}-${two(day)}`
}

/** @param ticks per second of the fraction */
function formatClock(second: number, fraction: number, ticks: number): string {
  const base = `${two(Math.floor(second / 3600))}:${two(Math.floor(second / 60) % 60)}:${two(second % 60)}`
  if (fraction === 0) return base
  const digits = String(fraction).padStart(Math.log10(ticks), '0')
  return `${base}.${digits.replace(/0+$/, '')}`
}

export function formatTime(millis: number): string {
  return formatClock(Math.floor(millis / 1000), millis % 1000, 1000)
}

/** 'yyyy-MM-dd HH:mm:ss[.f]' */
export function formatTimestamp(value: bigint, ticks: number): string {
  const perSecond = BigInt(ticks)
  let fraction = value % perSecond
  let seconds = value / perSecond
  if (fraction < 0n) {
    fraction += perSecond
    seconds -= 1n
  }
  const whole = Number(seconds)
  const days = Math.floor(whole / 86400)
  return `${formatDate(days)} ${formatClock(whole - days * 86400, Number(fraction), ticks)}`
}
