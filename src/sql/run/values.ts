// Literals of plans as values and back. A literal's text form is SQL's: numbers and times as text; intervals as milliseconds
// or months; binary as hexadecimal digits.
import { assert, toHex } from '../../base/index.ts'
import type { LogicalType, Value } from '../../model/index.ts'
import type { Expression } from '../plan.ts'
import { decimalFromText, formatDecimal } from './decimal.ts'
import { formatDate, formatTime, formatTimestamp, parseDate, parseTime, parseTimestamp } from './time.ts'

type Literal = Extract<Expression, { kind: 'literal' }>

/** The boxed value of a literal. */
export function literalValue(literal: Literal): Value {
  const { value, type } = literal
  if (value === null || typeof value === 'boolean') return value
  const parsed = parseLiteral(value, type)
  assert(parsed !== null, `the literal ${value} is a ${type.kind}`)
  return parsed
}

function parseLiteral(text: string, type: LogicalType): Value {
  switch (type.kind) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'FLOAT':
    case 'DOUBLE':
    case 'INTERVAL_YEAR_MONTH':
      return Number(text)
    case 'BIGINT':
    case 'INTERVAL_DAY_TIME':
      return BigInt(text)
    case 'DECIMAL':
      return decimalFromText(text, type.precision, type.scale)
    case 'DATE':
      return parseDate(text)
    case 'TIME':
      return parseTime(text)
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return parseTimestamp(text, type.precision)
    case 'BINARY':
    case 'VARBINARY':
      return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
    default:
      return text
  }
}

/** A value as a literal. */
export function literalOf(value: Value, type: LogicalType): Literal {
  return { kind: 'literal', value: value === null ? null : formatValue(value, type), type }
}

function formatValue(value: Exclude<Value, null>, type: LogicalType): string | boolean {
  switch (type.kind) {
    case 'BOOLEAN':
      return value as boolean
    case 'DECIMAL':
      return formatDecimal(value as bigint, type.scale)
    case 'DATE':
      return formatDate(value as number)
    case 'TIME':
      return formatTime(value as number, type.precision)
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return formatTimestamp(value as bigint, type.precision)
    case 'BINARY':
    case 'VARBINARY':
      return toHex(value as Uint8Array)
    default:
      return String(value)
  }
}
