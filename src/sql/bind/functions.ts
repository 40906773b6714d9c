// The scalar functions: how many arguments, which types they take, which type they give. What they do is in run/.
// Reference: Flink's BuiltInFunctionDefinitions and FlinkSqlOperatorTable.
/* oxlint-disable unicorn/no-thenable -- a branch of CASE has a `then`; nobody awaits it */
import { types, withNullable, type LogicalType } from '../../model/index.ts'
import type { Expression } from '../plan.ts'
import { readPattern } from '../run/time-pattern.ts'
import { call, castTo, comparable, unified } from './build.ts'
import { nullLiteral, textLiteral } from './literals.ts'
import {
  arithmeticType,
  cappedDecimal,
  decimalOf,
  isApproximate,
  isDateTime,
  isInteger,
  isInterval,
  isNumeric,
  isText,
  isTimestamp,
} from './types.ts'

/** The bound call, or a sentence that says what to write instead. */
export type Bound = Expression | string

interface FunctionSpec {
  readonly min: number
  readonly max: number
  readonly bind: (args: readonly Expression[], name: string) => Bound
  /** How it is written, for help. */
  readonly usage: string
}

const anyNullable = (args: readonly Expression[]): boolean => args.some((arg) => arg.type.nullable)

/** NULL literals take the wanted type, so that functions need not know them. */
function typed(arg: Expression, type: LogicalType): Expression {
  return arg.type.kind === 'NULL' ? castTo(arg, type) : arg
}

const isTextual = (t: LogicalType): boolean => isText(t) || t.kind === 'NULL'
const isWhole = (t: LogicalType): boolean => isInteger(t) || t.kind === 'NULL'

/** Parameter kinds of plain functions: t text, i whole number, n number, b boolean. */
function plain(
  parameters: string,
  result: (args: readonly Expression[]) => LogicalType,
  usage: string,
  min = parameters.length,
): FunctionSpec {
  return {
    min,
    max: parameters.length,
    usage,
    bind: (args, name) => {
      const bound = args.map((arg, i) => bindParameter(arg, parameters[i]!))
      return bound.includes(undefined)
        ? `Write ${usage}.`
        : call(name, bound as Expression[], result(bound as Expression[]))
    },
  }
}

function bindParameter(arg: Expression, kind: string): Expression | undefined {
  const { type } = arg
  switch (kind) {
    case 't':
      return isTextual(type) ? typed(arg, types.string()) : undefined
    case 'i':
      return isWhole(type) ? typed(castTo(arg, types.int()), types.int()) : undefined
    case 'd':
      return isNumeric(type) || type.kind === 'NULL' ? castTo(arg, types.double()) : undefined
    default:
      return type.kind === 'BOOLEAN' || type.kind === 'NULL' ? typed(arg, types.boolean()) : undefined
  }
}

const text = (args: readonly Expression[]): LogicalType => types.string(anyNullable(args))
const nullableText = (): LogicalType => types.string(true)
const whole = (args: readonly Expression[]): LogicalType => types.int(anyNullable(args))
const double = (args: readonly Expression[]): LogicalType => types.double(anyNullable(args))
const truth = (args: readonly Expression[]): LogicalType => types.boolean(anyNullable(args))

function numeric(args: readonly Expression[], name: string, result: (type: LogicalType) => LogicalType): Bound {
  const arg = typed(args[0]!, types.int())
  return isNumeric(arg.type) ? call(name, [arg, ...args.slice(1)], result(arg.type)) : `${name} takes a number.`
}

function bindRound(args: readonly Expression[], name: string): Bound {
  const digits = args[1] ? bindParameter(args[1], 'i') : undefined
  if (args[1] && !digits) return `Write ${name}(number, digits).`
  const rest = digits ? [digits] : []
  const bound = numeric(args, name, (type) => {
    if (type.kind !== 'DECIMAL') return type
    const places = digits === undefined ? 0 : digits.kind === 'literal' ? Number(digits.value) : type.scale
    if (places >= type.scale) return type
    if (places < 0) return types.decimal(Math.min(38, 1 + type.precision - type.scale), 0)
    return types.decimal(Math.min(38, 1 + type.precision - type.scale + places), places)
  })
  if (typeof bound === 'string' || bound.kind !== 'call') return bound
  return call(name, [bound.args[0]!, ...rest], withNullable(bound.type, anyNullable([bound.args[0]!, ...rest])))
}

function bindWhole(args: readonly Expression[], name: string): Bound {
  return numeric(args, name, (type) =>
    type.kind === 'DECIMAL' ? types.decimal(type.precision, 0, type.nullable) : type,
  )
}

function bindCoalesce(args: readonly Expression[]): Bound {
  const both = unified(args)
  if (!both) return 'All values must have a common type; use CAST.'
  if (both.type.kind === 'NULL') return nullLiteral
  const end = both.args.findIndex((arg) => !arg.type.nullable)
  const used = end < 0 ? both.args : both.args.slice(0, end + 1)
  if (used.length === 1) return used[0]!
  return call('COALESCE', used, withNullable(both.type, end < 0))
}

/** IF(condition, a, b) as CASE. */
function bindIf(args: readonly Expression[]): Bound {
  const condition = bindParameter(args[0]!, 'b')
  const both = unified(args.slice(1))
  if (!condition || !both) return 'Write IF(condition, value, other value of the same type).'
  return caseOf([{ when: condition, then: both.args[0]! }], both.args[1]!, both.type)
}

export function caseOf(
  branches: readonly { when: Expression; then: Expression }[],
  otherwise: Expression,
  type: LogicalType,
): Expression {
  const nullable = otherwise.type.nullable || branches.some(({ then }) => then.type.nullable)
  return { kind: 'case', branches, otherwise, type: withNullable(type, nullable) }
}

/** NULLIF(a, b) as CASE WHEN a = b THEN NULL ELSE a END. */
function bindNullIf([a, b]: readonly Expression[]): Bound {
  const both = comparable(a!, b!)
  if (!both) return 'Both values must be comparable; use CAST.'
  const equal = call('=', both, types.boolean(anyNullable(both)))
  return caseOf([{ when: equal, then: castTo(nullLiteral, a!.type) }], a!, a!.type)
}

function bindExtreme(args: readonly Expression[], name: string): Bound {
  const both = unified(args)
  if (!both || both.type.kind === 'BOOLEAN') return 'All values must have a common type with an order.'
  return args.length === 1 ? both.args[0]! : call(name, both.args, both.type)
}

function bindConcat(args: readonly Expression[], name: string): Bound {
  const bound = args.map((arg) => bindParameter(arg, 't'))
  if (bound.includes(undefined)) return `${name} takes texts; use CAST(… AS STRING).`
  const separated = name === 'CONCAT_WS'
  const type = separated ? types.string(bound[0]!.type.nullable) : text(bound as Expression[])
  return call(name, bound as Expression[], type)
}

function extractor(unit: string): FunctionSpec {
  return { min: 1, max: 1, usage: `${unit}(time)`, bind: ([arg]) => bindExtract(unit, arg!) }
}

const timeUnits = new Set(['HOUR', 'MINUTE', 'SECOND', 'MILLISECOND', 'MICROSECOND', 'NANOSECOND'])

/** EXTRACT(unit FROM value). */
export function bindExtract(unit: string, arg: Expression): Bound {
  const { type } = arg
  const fits =
    isTimestamp(type) ||
    (type.kind === 'DATE' && !timeUnits.has(unit)) ||
    (type.kind === 'TIME' && timeUnits.has(unit)) ||
    (type.kind === 'INTERVAL_YEAR_MONTH' && (unit === 'YEAR' || unit === 'MONTH')) ||
    (type.kind === 'INTERVAL_DAY_TIME' && (timeUnits.has(unit) || unit === 'DAY'))
  if (!fits) return `${unit} is not a part of ${type.kind}.`
  return call('EXTRACT', [textLiteral(unit), arg], types.bigint(type.nullable))
}

/** FLOOR(value TO unit), CEIL(value TO unit). */
export function bindRoundTo(name: 'FLOOR' | 'CEIL', unit: string, arg: Expression): Bound {
  const { type } = arg
  if (!isDateTime(type)) return `${name}(… TO ${unit}) takes a date or time.`
  if (type.kind === 'DATE' && timeUnits.has(unit)) return `A DATE has no ${unit}.`
  return call(`${name}_TO`, [textLiteral(unit), arg], type)
}

const addable: Readonly<Record<string, readonly ['INTERVAL_DAY_TIME' | 'INTERVAL_YEAR_MONTH', number]>> = {
  YEAR: ['INTERVAL_YEAR_MONTH', 12],
  QUARTER: ['INTERVAL_YEAR_MONTH', 3],
  MONTH: ['INTERVAL_YEAR_MONTH', 1],
  WEEK: ['INTERVAL_DAY_TIME', 604_800_000],
  DAY: ['INTERVAL_DAY_TIME', 86_400_000],
  HOUR: ['INTERVAL_DAY_TIME', 3_600_000],
  MINUTE: ['INTERVAL_DAY_TIME', 60_000],
  SECOND: ['INTERVAL_DAY_TIME', 1000],
}

/** TIMESTAMPADD(unit, count, point): for literal counts, point + INTERVAL. */
export function bindTimestampAdd(unit: string, args: readonly Expression[]): Bound {
  const [count, point] = args
  const entry = addable[unit]
  if (!count || !point || args.length !== 2 || !entry) return 'Write TIMESTAMPADD(unit, count, time).'
  if (count.kind !== 'literal' || !isInteger(count.type)) return 'The count must be a whole number literal.'
  const interval: Expression = {
    kind: 'literal',
    value: String(Number(count.value) * entry[1]),
    type: { kind: entry[0], nullable: false },
  }
  const wide = point.type.kind === 'DATE' && timeUnits.has(unit) ? castTo(point, types.timestamp(3)) : point
  return bindArithmetic('+', wide, interval)
}

export function bindTimestampDiff(unit: string, args: readonly Expression[]): Bound {
  if (args.length !== 2 || !args.every((arg) => isTimestamp(arg.type) || arg.type.kind === 'DATE'))
    return 'Write TIMESTAMPDIFF(unit, time, time).'
  if (!(unit in addable)) return `TIMESTAMPDIFF takes no ${unit}.`
  return call('TIMESTAMPDIFF', [textLiteral(unit), ...args], types.int(anyNullable(args)))
}

function bindDateFormat([value, pattern]: readonly Expression[]): Bound {
  const point = isText(value!.type) ? castTo(value!, types.timestamp(3)) : value!
  if (!isTimestamp(point.type) && point.type.kind !== 'DATE') return 'Write DATE_FORMAT(time, pattern).'
  if (!isText(pattern!.type)) return 'The pattern is a text.'
  if (badPattern(pattern!)) return unknownPattern
  return call('DATE_FORMAT', [point, pattern!], nullableText())
}

const unknownPattern = "Of the pattern letters, y M d D E a H h k K m s S n and 'text' are run."
const badPattern = (e: Expression): boolean =>
  e.kind === 'literal' && typeof e.value === 'string' && !readPattern(e.value)

function bindToTimestamp(args: readonly Expression[], name: string): Bound {
  if (!args.every((arg) => isText(arg.type))) return `Write ${name}(text, pattern).`
  if (args[1] && badPattern(args[1])) return unknownPattern
  return call(name, args, name === 'TO_DATE' ? types.date() : types.timestamp(3))
}

function bindToTimestampLtz([value, precision]: readonly Expression[]): Bound {
  if (!isInteger(value!.type)) return 'Write TO_TIMESTAMP_LTZ(milliseconds, 3) or TO_TIMESTAMP_LTZ(seconds, 0).'
  const digits = precision === undefined ? '3' : precision.kind === 'literal' ? String(precision.value) : ''
  if (digits !== '0' && digits !== '3') return 'The precision is 0 or 3.'
  return call(
    'TO_TIMESTAMP_LTZ',
    [castTo(value!, types.bigint()), { kind: 'literal', value: digits, type: types.int(false) }],
    types.timestampLtz(3),
  )
}

const specs: Readonly<Record<string, FunctionSpec>> = {
  ABS: { min: 1, max: 1, usage: 'ABS(number)', bind: (args, name) => numeric(args, name, (type) => type) },
  FLOOR: { min: 1, max: 1, usage: 'FLOOR(number)', bind: bindWhole },
  CEIL: { min: 1, max: 1, usage: 'CEIL(number)', bind: bindWhole },
  ROUND: { min: 1, max: 2, usage: 'ROUND(number, digits)', bind: bindRound },
  TRUNCATE: { min: 1, max: 2, usage: 'TRUNCATE(number, digits)', bind: bindRound },
  SIGN: { min: 1, max: 1, usage: 'SIGN(number)', bind: (args, name) => numeric(args, name, (type) => type) },
  MOD: { min: 2, max: 2, usage: 'MOD(number, number)', bind: ([a, b]) => bindArithmetic('%', a!, b!) },
  POWER: plain('dd', double, 'POWER(base, exponent)'),
  SQRT: plain('d', double, 'SQRT(number)'),
  EXP: plain('d', double, 'EXP(number)'),
  LN: plain('d', double, 'LN(number)'),
  LOG10: plain('d', double, 'LOG10(number)'),
  GREATEST: { min: 1, max: 100, usage: 'GREATEST(a, b, …)', bind: bindExtreme },
  LEAST: { min: 1, max: 100, usage: 'LEAST(a, b, …)', bind: bindExtreme },
  UPPER: plain('t', text, 'UPPER(text)'),
  LOWER: plain('t', text, 'LOWER(text)'),
  INITCAP: plain('t', text, 'INITCAP(text)'),
  TRIM: plain('tt', text, 'TRIM(text)', 1),
  LTRIM: plain('tt', text, 'LTRIM(text)', 1),
  RTRIM: plain('tt', text, 'RTRIM(text)', 1),
  SUBSTRING: plain('tii', nullableText, 'SUBSTRING(text, from, length)', 2),
  CHAR_LENGTH: plain('t', whole, 'CHAR_LENGTH(text)'),
  REPLACE: plain('ttt', text, 'REPLACE(text, from, to)'),
  POSITION: plain('tt', whole, 'POSITION(part IN text)'),
  LEFT: plain('ti', text, 'LEFT(text, count)'),
  RIGHT: plain('ti', text, 'RIGHT(text, count)'),
  SPLIT_INDEX: plain('tti', nullableText, 'SPLIT_INDEX(text, separator, index)'),
  LPAD: plain('tit', nullableText, 'LPAD(text, length, filler)'),
  RPAD: plain('tit', nullableText, 'RPAD(text, length, filler)'),
  REPEAT: plain('ti', text, 'REPEAT(text, count)'),
  REVERSE: plain('t', text, 'REVERSE(text)'),
  STARTSWITH: plain('tt', truth, 'STARTSWITH(text, start)'),
  ENDSWITH: plain('tt', truth, 'ENDSWITH(text, end)'),
  LIKE: plain('ttt', truth, "text LIKE 'pattern'", 2),
  CONCAT: { min: 1, max: 100, usage: 'CONCAT(a, b, …)', bind: bindConcat },
  CONCAT_WS: { min: 1, max: 100, usage: 'CONCAT_WS(separator, a, b, …)', bind: bindConcat },
  COALESCE: { min: 1, max: 100, usage: 'COALESCE(a, b, …)', bind: bindCoalesce },
  IFNULL: { min: 2, max: 2, usage: 'IFNULL(value, other)', bind: bindCoalesce },
  NULLIF: { min: 2, max: 2, usage: 'NULLIF(a, b)', bind: bindNullIf },
  IF: { min: 3, max: 3, usage: 'IF(condition, a, b)', bind: bindIf },
  YEAR: extractor('YEAR'),
  QUARTER: extractor('QUARTER'),
  MONTH: extractor('MONTH'),
  WEEK: extractor('WEEK'),
  DAYOFYEAR: extractor('DOY'),
  DAYOFMONTH: extractor('DAY'),
  DAYOFWEEK: extractor('DOW'),
  HOUR: extractor('HOUR'),
  MINUTE: extractor('MINUTE'),
  SECOND: extractor('SECOND'),
  DATE_FORMAT: { min: 2, max: 2, usage: 'DATE_FORMAT(time, pattern)', bind: bindDateFormat },
  TO_TIMESTAMP: { min: 1, max: 2, usage: 'TO_TIMESTAMP(text, pattern)', bind: bindToTimestamp },
  TO_DATE: { min: 1, max: 2, usage: 'TO_DATE(text, pattern)', bind: bindToTimestamp },
  TO_TIMESTAMP_LTZ: { min: 1, max: 2, usage: 'TO_TIMESTAMP_LTZ(milliseconds, 3)', bind: bindToTimestampLtz },
}

const synonyms: Readonly<Record<string, string>> = {
  CHARACTER_LENGTH: 'CHAR_LENGTH',
  SUBSTR: 'SUBSTRING',
  CEILING: 'CEIL',
}

/** Functions of Flink 2.3 that are known by name and refused. */
const notRunYet = new Set(
  `PROCTIME NOW CURRENT_WATERMARK CURRENT_ROW_TIMESTAMP UNIX_TIMESTAMP FROM_UNIXTIME CONVERT_TZ RAND RAND_INTEGER UUID REGEXP REGEXP_EXTRACT
REGEXP_REPLACE REGEXP_COUNT REGEXP_INSTR REGEXP_SUBSTR REGEXP_EXTRACT_ALL JSON_VALUE JSON_QUERY JSON_EXISTS JSON_OBJECT JSON_ARRAY JSON_STRING JSON_QUOTE
JSON_UNQUOTE JSON_LENGTH JSON_TYPE MD5 SHA1 SHA224 SHA256 SHA384 SHA512 SHA2 TO_BASE64 FROM_BASE64 UNBASE64 ENCODE DECODE HEX UNHEX BIN ASCII CHR LOCATE INSTR OVERLAY
TRANSLATE STR_TO_MAP SUBSTRING_INDEX PARSE_URL URL_ENCODE URL_DECODE BTRIM ELT PRINTF SPLIT IS_DECIMAL IS_DIGIT IS_ALPHA LOG LOG2 SIN COS TAN ASIN ACOS
ATAN ATAN2 SINH COSH TANH COT DEGREES RADIANS PI E SOUNDEX DEFAULT_IF_ERROR TYPEOF CARDINALITY ELEMENT ARRAY_CONTAINS ARRAY_DISTINCT ARRAY_POSITION ARRAY_REMOVE
ARRAY_REVERSE ARRAY_SLICE ARRAY_SORT ARRAY_UNION ARRAY_CONCAT ARRAY_MAX ARRAY_MIN ARRAY_JOIN ARRAY_APPEND ARRAY_PREPEND ARRAY_EXCEPT ARRAY_INTERSECT MAP_KEYS MAP_VALUES
MAP_ENTRIES MAP_FROM_ARRAYS MAP_UNION PARSE_JSON TRY_PARSE_JSON GROUPING GROUPING_ID GROUP_ID HASH_CODE TUMBLE HOP SESSION TUMBLE_START TUMBLE_END TUMBLE_ROWTIME HOP_START HOP_END
SESSION_START SESSION_END CURRENT_DATABASE OCTET_LENGTH LN_LOG`
    .trim()
    .split(/\s+/),
)

export type Lookup =
  | { readonly kind: 'known'; readonly name: string; readonly spec: FunctionSpec }
  | { readonly kind: 'refused' }
  | { readonly kind: 'unknown' }

export function lookupFunction(name: string): Lookup {
  const canonical = synonyms[name] ?? name
  const spec = Object.hasOwn(specs, canonical) ? specs[canonical] : undefined
  if (spec) return { kind: 'known', name: canonical, spec }
  return { kind: notRunYet.has(name) ? 'refused' : 'unknown' }
}

export const functionNames: readonly string[] = Object.keys(specs)

/** a operator b, for + - * / %. */
export function bindArithmetic(operator: string, a: Expression, b: Expression): Bound {
  if (a.type.kind === 'NULL' || b.type.kind === 'NULL') {
    const other = a.type.kind === 'NULL' ? b.type : a.type
    const type = other.kind === 'NULL' ? types.int() : other
    if (a.type.kind === 'NULL')
      return bindArithmetic(operator, castTo(a, isInterval(type) ? type : type), castTo(b, type))
    return bindArithmetic(
      operator,
      a,
      castTo(b, isDateTime(type) ? { kind: 'INTERVAL_DAY_TIME', nullable: true } : type),
    )
  }
  const [x, y] = [a.type, b.type]
  const nullable = x.nullable || y.nullable
  if (isNumeric(x) && isNumeric(y)) return bindNumbers(operator, a, b)
  const additive = operator === '+' || operator === '-'
  if (isDateTime(x) && isInterval(y) && additive) return bindTimeArithmetic(operator, a, b)
  if (isInterval(x) && isDateTime(y) && operator === '+') return bindTimeArithmetic('+', b, a)
  if (isInterval(x) && x.kind === y.kind && additive)
    return call(`INTERVAL_${operator}`, [a, b], withNullable(x, nullable))
  if (isText(x) || isText(y)) return 'Text is not a number here: use CAST, or || to join texts.'
  if (isDateTime(x) && isDateTime(y)) return 'Write TIMESTAMPDIFF(SECOND, from, to) for the time between two points.'
  return 'Use numbers, or a time and an interval.'
}

function bindTimeArithmetic(operator: string, point: Expression, interval: Expression): Bound {
  const nullable = point.type.nullable || interval.type.nullable
  if (point.type.kind === 'TIME' && interval.type.kind === 'INTERVAL_YEAR_MONTH') return 'A TIME has no months.'
  const months = interval.type.kind === 'INTERVAL_YEAR_MONTH'
  const type: LogicalType =
    isTimestamp(point.type) && 'precision' in point.type
      ? { ...point.type, precision: Math.max(months ? 0 : 3, point.type.precision), nullable }
      : withNullable(point.type, nullable)
  return call(operator, [point, interval], type)
}

function bindNumbers(operator: string, a: Expression, b: Expression): Bound {
  const type = arithmeticType(operator, a.type, b.type)
  if (isApproximate(type)) return call(operator, [castTo(a, type), castTo(b, type)], type)
  if (type.kind === 'DECIMAL') {
    const exact = (e: Expression): Expression => {
      const { precision, scale } = decimalOf(e.type)
      return castTo(e, types.decimal(precision, scale))
    }
    const bound = call(operator, [exact(a), exact(b)], type)
    // Calcite: of two whole numbers the remainder has the divisor's type.
    return operator === '%' && decimalOf(a.type).scale === 0 && decimalOf(b.type).scale === 0
      ? castTo(bound, b.type)
      : bound
  }
  return call(operator, [a, b], type)
}

export { cappedDecimal }
