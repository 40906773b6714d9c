// Functions of dates and times: EXTRACT, FLOOR/CEIL TO, DATE_FORMAT, TO_TIMESTAMP, TIMESTAMPDIFF, window starts. NULL-strict.
// Local time zone is UTC. Reference: Flink's DateTimeUtils and java.time.format.DateTimeFormatter.
import { ticksPerSecond, type LogicalType, type Value } from '../../model/index.ts'
import type { CallTypes, Implementation, NotNull } from './functions.ts'
import { formatPattern, parsePattern } from './time-pattern.ts'
import { addMonths, civilOf, dayMs, daysOf, floorDivide, parseDate, rescaleTicks, splitTicks } from './time.ts'

interface Moment {
  readonly days: number
  readonly nanosOfDay: bigint
}

const precisionOf = (type: LogicalType): number => ('precision' in type ? type.precision : 0)

function momentOf(value: NotNull, type: LogicalType): Moment {
  if (type.kind === 'DATE') return { days: value as number, nanosOfDay: 0n }
  if (type.kind === 'TIME') return { days: 0, nanosOfDay: BigInt(value as number) * 1_000_000n }
  return splitTicks(value as bigint, precisionOf(type))
}

/** Day of the week, Monday = 1. */
const isoWeekday = (days: number): number => ((((days + 3) % 7) + 7) % 7) + 1

/** ISO week and the year it belongs to. */
function isoWeek(days: number): { year: number; week: number } {
  const thursday = days - isoWeekday(days) + 4
  const { year } = civilOf(thursday)
  return { year, week: Math.floor((thursday - daysOf(year, 1, 1)) / 7) + 1 }
}

/** EXTRACT over a date, time or timestamp. */
export function extractUnit(unit: string, value: NotNull, type: LogicalType): bigint {
  if (type.kind === 'INTERVAL_YEAR_MONTH')
    return BigInt(unit === 'YEAR' ? Math.trunc((value as number) / 12) : (value as number) % 12)
  const { days, nanosOfDay } =
    type.kind === 'INTERVAL_DAY_TIME' ? intervalMoment(value as bigint) : momentOf(value, type)
  const { year, month, day } = civilOf(days)
  const seconds = nanosOfDay / 1_000_000_000n
  const nanos = nanosOfDay % 1_000_000_000n
  switch (unit) {
    case 'MILLENNIUM':
      return BigInt(Math.floor((year + 999) / 1000))
    case 'CENTURY':
      return BigInt(Math.floor((year + 99) / 100))
    case 'DECADE':
      return BigInt(Math.floor(year / 10))
    case 'YEAR':
      return BigInt(year)
    case 'ISOYEAR':
      return BigInt(isoWeek(days).year)
    case 'QUARTER':
      return BigInt(Math.floor((month + 2) / 3))
    case 'MONTH':
      return BigInt(month)
    case 'WEEK':
      return BigInt(isoWeek(days).week)
    case 'DAY':
      return BigInt(type.kind === 'INTERVAL_DAY_TIME' ? days : day)
    case 'DOW':
      return BigInt((isoWeekday(days) % 7) + 1)
    case 'ISODOW':
      return BigInt(isoWeekday(days))
    case 'DOY':
      return BigInt(days - daysOf(year, 1, 1) + 1)
    case 'HOUR':
      return seconds / 3600n
    case 'MINUTE':
      return (seconds / 60n) % 60n
    case 'SECOND':
      return seconds % 60n
    case 'MILLISECOND':
      return nanos / 1_000_000n
    case 'MICROSECOND':
      return nanos / 1000n
    case 'NANOSECOND':
      return nanos
    default:
      return BigInt(days) * 86_400n + seconds
  }
}

function intervalMoment(ms: bigint): Moment {
  const days = ms / BigInt(dayMs)
  return { days: Number(days), nanosOfDay: (ms - days * BigInt(dayMs)) * 1_000_000n }
}

const unitNanos: Readonly<Record<string, bigint>> = {
  HOUR: 3_600_000_000_000n,
  MINUTE: 60_000_000_000n,
  SECOND: 1_000_000_000n,
  MILLISECOND: 1_000_000n,
  MICROSECOND: 1000n,
  NANOSECOND: 1n,
}

/** First day of the unit that a day lies in. */
function floorDay(days: number, unit: string): number {
  const { year, month } = civilOf(days)
  switch (unit) {
    case 'MILLENNIUM':
      return daysOf(Math.floor((year - 1) / 1000) * 1000 + 1, 1, 1)
    case 'CENTURY':
      return daysOf(Math.floor((year - 1) / 100) * 100 + 1, 1, 1)
    case 'DECADE':
      return daysOf(Math.floor(year / 10) * 10, 1, 1)
    case 'YEAR':
      return daysOf(year, 1, 1)
    case 'QUARTER':
      return daysOf(year, Math.floor((month - 1) / 3) * 3 + 1, 1)
    case 'MONTH':
      return daysOf(year, month, 1)
    case 'WEEK':
      // Weeks begin on Sunday here, as in Flink's FLOOR and CEIL.
      return days - (isoWeekday(days) % 7)
    default:
      return days
  }
}

const unitMonths: Readonly<Record<string, number>> = {
  MILLENNIUM: 12_000,
  CENTURY: 1200,
  DECADE: 120,
  YEAR: 12,
  QUARTER: 3,
  MONTH: 1,
}

function nextDay(floor: number, unit: string): number {
  const months = unitMonths[unit]
  return months === undefined ? floor + (unit === 'WEEK' ? 7 : 1) : addMonths(floor, months)
}

/** FLOOR_TO and CEIL_TO: args are the unit's name and the value. */
function roundTo(up: boolean): Implementation {
  return ([unit, value], { args, result }) => {
    const type = args[1]!
    const name = unit as string
    const { days, nanosOfDay } = momentOf(value!, type)
    const small = unitNanos[name]
    let floorDays = days
    let floorNanos = 0n
    if (small === undefined) floorDays = floorDay(days, name)
    else floorNanos = nanosOfDay - (nanosOfDay % small)
    // Flink's CEIL(date TO DAY) is the next day.
    const wholeDay = type.kind === 'DATE' && name === 'DAY'
    if (up && (wholeDay || floorDays !== days || floorNanos !== nanosOfDay)) {
      if (small === undefined) floorDays = nextDay(floorDays, name)
      else floorNanos += small
    }
    if (type.kind === 'DATE') return floorDays
    if (type.kind === 'TIME') return Number(floorNanos / 1_000_000n) % dayMs
    const precision = precisionOf(result)
    const perSecond = BigInt(ticksPerSecond(precision))
    return BigInt(floorDays) * 86_400n * perSecond + floorNanos / (1_000_000_000n / perSecond)
  }
}

/** Whole units between two points, towards zero. */
function difference([unit, from, to]: readonly NotNull[], { args, result }: CallTypes): Value {
  const [a, b] = [momentOf(from!, args[1]!), momentOf(to!, args[2]!)]
  const name = unit as string
  const months = unitMonths[name]
  let value: bigint
  if (months !== undefined) {
    value = BigInt(Math.trunc(monthsBetween(a, b) / months))
  } else {
    const nanos = BigInt(b.days - a.days) * 86_400_000_000_000n + (b.nanosOfDay - a.nanosOfDay)
    const size = name === 'WEEK' ? 604_800_000_000_000n : name === 'DAY' ? 86_400_000_000_000n : unitNanos[name]!
    value = nanos / size
  }
  return result.kind === 'BIGINT' ? value : Number(BigInt.asIntN(32, value))
}

function monthsBetween(a: Moment, b: Moment): number {
  const [x, y] = [civilOf(a.days), civilOf(b.days)]
  let months = (y.year - x.year) * 12 + y.month - x.month
  const reached = addMonths(a.days, months)
  if (months > 0 && (reached > b.days || (reached === b.days && a.nanosOfDay > b.nanosOfDay))) months--
  else if (months < 0 && (reached < b.days || (reached === b.days && a.nanosOfDay < b.nanosOfDay))) months++
  return months
}

/** The start of the tumbling window of a timestamp: args are time, size and offset in milliseconds. */
function windowStart([time, size, offset]: readonly NotNull[], { args, result }: CallTypes): Value {
  const precision = precisionOf(args[0]!)
  const ms = floorDivide(time as bigint, BigInt(ticksPerSecond(precision)) / 1000n)
  const [width, shift] = [size as bigint, offset as bigint]
  const start = floorDivide(ms - shift, width) * width + shift
  return rescaleTicks(start, 3, precisionOf(result))
}

export const calendarFunctions: Readonly<Record<string, Implementation>> = {
  EXTRACT: ([unit, value], { args }) => extractUnit(unit as string, value!, args[1]!),
  FLOOR_TO: roundTo(false),
  CEIL_TO: roundTo(true),
  TIMESTAMPDIFF: difference,
  DATE_FORMAT: ([value, pattern], { args }) => {
    const { days, nanosOfDay } = momentOf(value!, args[0]!)
    return formatPattern(pattern as string, days, nanosOfDay)
  },
  TO_TIMESTAMP: ([text, pattern], { result }) =>
    parsePattern(text as string, pattern as string | undefined, precisionOf(result)),
  TO_DATE: ([text, pattern]) => {
    if (pattern === undefined) return parseDate(text as string)
    const ticks = parsePattern(text as string, pattern as string, 3)
    return ticks === null ? null : splitTicks(ticks, 3).days
  },
  TO_TIMESTAMP_LTZ: ([value, precision = 3], { result }) => {
    const from = BigInt(ticksPerSecond(Number(precision)))
    const seconds = Number(precision) === 0
    const ticks = seconds ? BigInt(value as number) : BigInt(value as bigint)
    return rescaleTicks(seconds ? ticks * 1000n : (ticks * 1000n) / from, 3, precisionOf(result))
  },
  TUMBLE_START: windowStart,
  'INTERVAL_+': ([a, b], { result }) =>
    result.kind === 'INTERVAL_YEAR_MONTH' ? (a as number) + (b as number) : (a as bigint) + (b as bigint),
  'INTERVAL_-': ([a, b], { result }) =>
    result.kind === 'INTERVAL_YEAR_MONTH' ? (a as number) - (b as number) : (a as bigint) - (b as bigint),
}
