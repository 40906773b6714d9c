// What each function does with boxed values: one table for the interpreter and for those kernels that do not inline it.
// Every function here is NULL-strict: it is only called when no argument is NULL. Reference: Flink 2.3, sql_functions.yml.
import { MillraceError } from '../../base/index.ts'
import type { LogicalType, Value } from '../../model/index.ts'
import { divideDecimal, fitDecimal, formatDecimal, powerOfTen, rescale } from './decimal.ts'
import { calendarFunctions } from './calendar.ts'
import {
  charLength,
  compareText,
  initcap,
  leftOf,
  likePattern,
  pad,
  position,
  rightOf,
  splitIndex,
  substring,
  trimSet,
} from './text.ts'
import { addMonths, dayMs, floorDivide, rescaleTicks, splitTicks } from './time.ts'
import { ticksPerSecond } from '../../model/index.ts'

export type NotNull = Exclude<Value, null>
export interface CallTypes {
  readonly args: readonly LogicalType[]
  readonly result: LogicalType
}
export type Implementation = (args: readonly NotNull[], types: CallTypes) => Value

type DecimalType = Extract<LogicalType, { kind: 'DECIMAL' }>
const scaleOf = (type: LogicalType): number => (type.kind === 'DECIMAL' ? type.scale : 0)

/** Orders two values of one type, as SQL does; NaN makes every comparison false, so it has no order here (undefined). */
export function compareValues(a: NotNull, b: NotNull): number | undefined {
  if (typeof a === 'string') return compareText(a, b as string)
  if (a instanceof Uint8Array) return compareBinary(a, b as Uint8Array)
  if (Number.isNaN(a) || Number.isNaN(b)) return undefined
  return a < b ? -1 : a > b ? 1 : 0
}

function compareBinary(a: Uint8Array, b: Uint8Array): number {
  const n = Math.min(a.length, b.length)
  for (let i = 0; i < n; i++) if (a[i] !== b[i]) return a[i]! - b[i]!
  return a.length - b.length
}

const comparison =
  (test: (order: number) => boolean): Implementation =>
  ([a, b]) => {
    const order = compareValues(a!, b!)
    return order !== undefined && test(order)
  }

/** Integers wrap in the result's type. */
export function wrap(value: bigint, kind: LogicalType['kind']): Value {
  switch (kind) {
    case 'TINYINT':
      return Number(BigInt.asIntN(8, value))
    case 'SMALLINT':
      return Number(BigInt.asIntN(16, value))
    case 'INT':
    case 'INTERVAL_YEAR_MONTH':
      return Number(BigInt.asIntN(32, value))
    default:
      return BigInt.asIntN(64, value)
  }
}

function divisionByZero(operator: string): never {
  throw new MillraceError('MR-SQL-040', { details: { expression: operator === '/' ? 'a / b' : 'MOD(a, b)' } })
}

type Arithmetic = '+' | '-' | '*' | '/' | '%'

function arithmetic(operator: Arithmetic): Implementation {
  return ([a, b], { args, result }) => {
    if (result.kind === 'DECIMAL') return decimalArithmetic(operator, a as bigint, b as bigint, args, result)
    if (result.kind === 'FLOAT' || result.kind === 'DOUBLE') {
      const value = floating(operator, a as number, b as number)
      return result.kind === 'FLOAT' ? Math.fround(value) : value
    }
    if (
      result.kind === 'DATE' ||
      result.kind === 'TIME' ||
      result.kind === 'TIMESTAMP' ||
      result.kind === 'TIMESTAMP_LTZ'
    ) {
      return addInterval(a!, b!, operator === '-', args[0]!, args[1]!, result)
    }
    const [x, y] = [BigInt(a as number), BigInt(b as number)]
    if ((operator === '/' || operator === '%') && y === 0n) return divisionByZero(operator)
    const value =
      operator === '+' ? x + y : operator === '-' ? x - y : operator === '*' ? x * y : operator === '/' ? x / y : x % y
    return wrap(value, result.kind)
  }
}

function floating(operator: Arithmetic, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '/':
      return a / b
    case '%':
      return a % b
  }
}

function decimalArithmetic(
  operator: Arithmetic,
  a: bigint,
  b: bigint,
  args: readonly LogicalType[],
  result: DecimalType,
): Value {
  const [s, t] = [scaleOf(args[0]!), scaleOf(args[1]!)]
  if (operator === '*') return fitDecimal(a * b, s + t, result.precision, result.scale)
  if ((operator === '/' || operator === '%') && b === 0n) return divisionByZero(operator)
  if (operator === '/') return divideDecimal(a, s, b, t, result.precision, result.scale)
  const scale = Math.max(s, t)
  const [x, y] = [rescale(a, s, scale), rescale(b, t, scale)]
  return fitDecimal(operator === '+' ? x + y : operator === '-' ? x - y : x % y, scale, result.precision, result.scale)
}

/** Time point ± interval. The day-time interval is in milliseconds, the year-month interval in months. */
function addInterval(
  point: NotNull,
  interval: NotNull,
  minus: boolean,
  pointType: LogicalType,
  intervalType: LogicalType,
  result: LogicalType,
): Value {
  if (intervalType.kind === 'INTERVAL_YEAR_MONTH') {
    const months = minus ? -(interval as number) : (interval as number)
    if (pointType.kind === 'DATE') return addMonths(point as number, months)
    return addMonthsToTicks(point as bigint, months, pointType, result)
  }
  const ms = minus ? -(interval as bigint) : (interval as bigint)
  if (pointType.kind === 'DATE') return (point as number) + Number(ms / BigInt(dayMs))
  if (pointType.kind === 'TIME') {
    const sum = ((point as number) + Number(ms % BigInt(dayMs))) % dayMs
    return sum < 0 ? sum + dayMs : sum
  }
  const precision = 'precision' in result ? result.precision : 3
  const ticks = rescaleTicks(point as bigint, 'precision' in pointType ? pointType.precision : 3, precision)
  return BigInt.asIntN(64, ticks + ms * (BigInt(ticksPerSecond(precision)) / 1000n))
}

function addMonthsToTicks(ticks: bigint, months: number, from: LogicalType, to: LogicalType): bigint {
  const precision = 'precision' in to ? to.precision : 3
  const rescaled = rescaleTicks(ticks, 'precision' in from ? from.precision : 3, precision)
  const { days } = splitTicks(rescaled, precision)
  const perDay = BigInt(ticksPerSecond(precision)) * 86_400n
  return rescaled + BigInt(addMonths(days, months) - days) * perDay
}

function negate([a]: readonly NotNull[], { result }: CallTypes): Value {
  if (typeof a === 'bigint') return result.kind === 'DECIMAL' ? -a : BigInt.asIntN(64, -a)
  return result.kind === 'DOUBLE' || result.kind === 'FLOAT' ? -(a as number) : wrap(-BigInt(a as number), result.kind)
}

function absolute([a]: readonly NotNull[], { result }: CallTypes): Value {
  if (typeof a === 'bigint') return result.kind === 'DECIMAL' ? (a < 0n ? -a : a) : BigInt.asIntN(64, a < 0n ? -a : a)
  const value = Math.abs(a as number)
  return result.kind === 'DOUBLE' || result.kind === 'FLOAT' ? value : wrap(BigInt(value), result.kind)
}

/** FLOOR and CEIL of numbers. */
function toWhole(up: boolean): Implementation {
  return ([a], { args, result }) => {
    if (args[0]!.kind === 'DECIMAL') {
      const unit = powerOfTen(scaleOf(args[0]!))
      const floor = floorDivide(a as bigint, unit)
      return fitDecimal(up && floor * unit !== a ? floor + 1n : floor, 0, (result as DecimalType).precision, 0)
    }
    if (result.kind === 'FLOAT' || result.kind === 'DOUBLE')
      return up ? Math.ceil(a as number) : Math.floor(a as number)
    return a!
  }
}

/** ROUND and TRUNCATE: to `digits` behind the point, negative digits before it. */
function toDigits(truncate: boolean): Implementation {
  return ([a, digits = 0], { args, result }) => {
    const places = Math.max(-400, Math.min(400, Number(digits)))
    const shorten = (unscaled: bigint, scale: number): bigint => {
      if (places >= scale) return unscaled
      const unit = powerOfTen(scale - places)
      return truncate ? (unscaled / unit) * unit : rescale(unscaled, scale, places) * unit
    }
    if (args[0]!.kind === 'DECIMAL') {
      const scale = scaleOf(args[0]!)
      return fitDecimal(
        shorten(a as bigint, scale),
        scale,
        (result as DecimalType).precision,
        (result as DecimalType).scale,
      )
    }
    if (result.kind === 'DOUBLE' || result.kind === 'FLOAT') {
      const number = a as number
      if (!Number.isFinite(number) || number === 0) return number
      const [mantissa = '', exponent = '0'] = String(number).split('e')
      const [whole = '', fraction = ''] = mantissa.split('.')
      const scale = fraction.length - Number(exponent)
      const value = Number(`${shorten(BigInt(whole + fraction), scale)}e${-scale}`)
      return result.kind === 'FLOAT' ? Math.fround(value) : value
    }
    return wrap(shorten(BigInt(a as number), 0), result.kind)
  }
}

const double =
  (compute: (...values: number[]) => number): Implementation =>
  (args) =>
    compute(...(args as number[]))

function extreme(greatest: boolean): Implementation {
  return (args) =>
    args.reduce((best, value) => {
      const order = compareValues(value, best) ?? 0
      return (greatest ? order > 0 : order < 0) ? value : best
    })
}

/** Without ESCAPE a backslash escapes, or stands for itself where it cannot; with ESCAPE the pattern must be right. */
function like([text, pattern, escape]: readonly NotNull[]): Value {
  if (escape !== undefined && (escape === ' ' || [...(escape as string)].length > 1)) {
    throw new MillraceError('MR-SQL-043', {
      details: {
        function: 'LIKE',
        value: `the escape '${escape as string}'`,
        instead: 'An escape is one character, not a blank.',
      },
    })
  }
  const compiled = likePattern(pattern as string, escape as string | undefined)
  if (!compiled) {
    throw new MillraceError('MR-SQL-043', {
      details: {
        function: 'LIKE',
        value: `the pattern '${pattern as string}'`,
        instead: 'The escape character stands before %, _ or itself.',
      },
    })
  }
  return compiled.test(text as string)
}

const s = (value: NotNull | undefined): string => value as string
const n = (value: NotNull | undefined): number => Number(value)

export const implementations: Readonly<Record<string, Implementation>> = {
  '=': comparison((order) => order === 0),
  '<>': ([a, b]) => compareValues(a!, b!) !== 0,
  '<': comparison((order) => order < 0),
  '<=': comparison((order) => order <= 0),
  '>': comparison((order) => order > 0),
  '>=': comparison((order) => order >= 0),
  '+': arithmetic('+'),
  '-': arithmetic('-'),
  '*': arithmetic('*'),
  '/': arithmetic('/'),
  '%': arithmetic('%'),
  NEGATE: negate,
  NOT: ([a]) => a !== true,
  ABS: absolute,
  FLOOR: toWhole(false),
  CEIL: toWhole(true),
  ROUND: toDigits(false),
  TRUNCATE: toDigits(true),
  POWER: double(Math.pow),
  SQRT: double(Math.sqrt),
  EXP: double(Math.exp),
  LN: double(Math.log),
  LOG10: double(Math.log10),
  SIGN: ([a], { result }) => {
    const sign = (a as number) > 0 ? 1 : (a as number) < 0 ? -1 : 0
    if (result.kind === 'DECIMAL') return BigInt(sign) * powerOfTen(result.scale)
    return result.kind === 'BIGINT' ? BigInt(sign) : sign
  },
  GREATEST: extreme(true),
  LEAST: extreme(false),
  UPPER: ([a]) => s(a).toUpperCase(),
  LOWER: ([a]) => s(a).toLowerCase(),
  INITCAP: ([a]) => initcap(s(a)),
  TRIM: ([a, set = ' ']) => trimSet(s(a), s(set), true, true),
  LTRIM: ([a, set = ' ']) => trimSet(s(a), s(set), true, false),
  RTRIM: ([a, set = ' ']) => trimSet(s(a), s(set), false, true),
  SUBSTRING: ([a, from, length = 2147483647]) => substring(s(a), n(from), n(length)),
  CHAR_LENGTH: ([a]) => charLength(s(a)),
  CONCAT: (args) => args.join(''),
  REPLACE: ([a, from, to]) => s(a).replaceAll(s(from), () => s(to)),
  POSITION: ([needle, text]) => position(s(needle), s(text)),
  LEFT: ([a, count]) => leftOf(s(a), n(count)),
  RIGHT: ([a, count]) => rightOf(s(a), n(count)),
  SPLIT_INDEX: ([a, separator, index]) => splitIndex(s(a), s(separator), n(index)),
  LPAD: ([a, length, filler]) => pad(s(a), n(length), s(filler), true),
  RPAD: ([a, length, filler]) => pad(s(a), n(length), s(filler), false),
  REPEAT: ([a, count]) => (n(count) <= 0 ? '' : repeat(s(a), n(count))),
  REVERSE: ([a]) => [...s(a)].toReversed().join(''),
  STARTSWITH: ([a, b]) => s(a).startsWith(s(b)),
  ENDSWITH: ([a, b]) => s(a).endsWith(s(b)),
  LIKE: like,
  ...calendarFunctions,
}

/** Longest text a function may make: 64 MB, so that one row cannot take the process down. */
const textLengthMax = 1 << 26

function repeat(text: string, count: number): string {
  if (text.length * count > textLengthMax) {
    throw new MillraceError('MR-SQL-043', {
      details: {
        function: 'REPEAT',
        value: `a count of ${count}`,
        instead: `The result may have ${textLengthMax} characters.`,
      },
    })
  }
  return text.repeat(count)
}

export { formatDecimal }
