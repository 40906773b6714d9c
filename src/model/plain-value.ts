// Values as people write and read them, in JSON and YAML: 64-bit integers, decimals and times as strings, exact; bytes as base64.
// Times as Flink's SQL format has them: '2026-01-01 00:00:01.250', as many fraction digits as the type's precision.
import { assert } from '../base/index.ts'
import { valueAt, type Column, type Value } from './batch.ts'
import { ticksPerSecond, type LogicalType } from './types.ts'

export type PlainValue =
  | null
  | boolean
  | number
  | string
  | readonly PlainValue[]
  | { readonly [name: string]: PlainValue }

/** One cell. For edges: allocates. */
export function plainValueAt(column: Column, row: number): PlainValue {
  return toPlainValue(valueAt(column, row), column.type)
}

export function toPlainValue(value: Value, type: LogicalType): PlainValue {
  if (value === null) return null
  switch (type.kind) {
    case 'BIGINT':
    case 'INTERVAL_DAY_TIME':
      return (value as bigint).toString()
    case 'DECIMAL':
      return decimalText(value as bigint, type.scale)
    case 'DATE':
      return new Date((value as number) * 86_400_000).toISOString().slice(0, 10)
    case 'TIME':
      return new Date(value as number)
        .toISOString()
        .slice(11, type.precision > 0 ? 12 + Math.min(3, type.precision) : 19)
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return timestampText(value as bigint, type.precision)
    case 'BINARY':
    case 'VARBINARY':
      return Buffer.from(value as Uint8Array).toString('base64')
    case 'ARRAY':
      return (value as readonly Value[]).map((v) => toPlainValue(v, type.element))
    case 'ROW':
      return Object.fromEntries(
        type.fields.map((f, i) => [f.name, toPlainValue((value as readonly Value[])[i]!, f.type)]),
      )
    case 'MAP':
      return [...(value as ReadonlyMap<Value, Value>)].map(([k, v]) => [
        toPlainValue(k, type.key),
        toPlainValue(v, type.value),
      ])
    case 'FLOAT':
    case 'DOUBLE':
      return Number.isFinite(value as number) ? (value as number) : String(value)
    default:
      return value as PlainValue
  }
}

/**
 * The other way: what a person wrote for a column of this type, as a Value. Numbers may come as text or as numbers.
 * Throws RangeError with a sentence that says what is wrong.
 */
export function fromPlainValue(plain: unknown, type: LogicalType): Value {
  if (plain === null || plain === undefined) return null
  const text = String(plain)
  switch (type.kind) {
    case 'BOOLEAN':
      if (text !== 'true' && text !== 'false') throw new RangeError(`'${text}' is not true or false`)
      return text === 'true'
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
      return Number(wholeNumber(text, type.kind === 'TINYINT' ? 8 : type.kind === 'SMALLINT' ? 16 : 32))
    case 'BIGINT':
    case 'INTERVAL_DAY_TIME':
      return wholeNumber(text, 64)
    case 'INTERVAL_YEAR_MONTH':
      return Number(wholeNumber(text, 32))
    case 'FLOAT':
    case 'DOUBLE': {
      const number = Number(text)
      if (text.trim() === '' || (Number.isNaN(number) && text !== 'NaN'))
        throw new RangeError(`'${text}' is not a number`)
      return number
    }
    case 'DECIMAL':
      return parseDecimal(text, type.precision, type.scale)
    case 'DATE': {
      const ms = Date.parse(`${text}T00:00:00Z`)
      if (!/^\d{4}-\d\d-\d\d$/.test(text) || Number.isNaN(ms))
        throw new RangeError(`'${text}' is not a date (2026-01-31)`)
      return ms / 86_400_000
    }
    case 'TIME': {
      const ms = Date.parse(`1970-01-01T${text}Z`)
      if (Number.isNaN(ms)) throw new RangeError(`'${text}' is not a time of day (12:34:56)`)
      return ms
    }
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return parseTimestamp(text, type.precision)
    case 'BINARY':
    case 'VARBINARY':
      return new Uint8Array(Buffer.from(text, 'base64'))
    case 'ARRAY':
      if (!Array.isArray(plain)) throw new RangeError('a list is wanted')
      return plain.map((v: unknown) => fromPlainValue(v, type.element))
    case 'ROW':
      return type.fields.map((f) => fromPlainValue((plain as Record<string, unknown>)[f.name], f.type))
    case 'MAP':
      if (Array.isArray(plain))
        return new Map(
          (plain as [unknown, unknown][]).map(([k, v]) => [fromPlainValue(k, type.key), fromPlainValue(v, type.value)]),
        )
      return new Map(
        Object.entries(plain as object).map(([k, v]) => [fromPlainValue(k, type.key), fromPlainValue(v, type.value)]),
      )
    case 'CHAR':
    case 'VARCHAR':
      return text
    case 'NULL':
      return null
  }
}

function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return unscaled.toString()
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

function timestampText(ticks: bigint, precision: number): string {
  const perSecond = BigInt(ticksPerSecond(precision))
  const fraction = ((ticks % perSecond) + perSecond) % perSecond
  const seconds = Number((ticks - fraction) / perSecond)
  const head = new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')
  const digits = perSecond.toString().length - 1
  return precision === 0 ? head : `${head}.${fraction.toString().padStart(digits, '0').slice(0, precision)}`
}

function wholeNumber(text: string, bits: number): bigint {
  if (!/^[+-]?\d+$/.test(text.trim())) throw new RangeError(`'${text}' is not a whole number`)
  const value = BigInt(text.trim().replace(/^\+/, ''))
  if (BigInt.asIntN(bits, value) !== value) throw new RangeError(`${text} does not fit ${bits} bits`)
  return value
}

function parseDecimal(text: string, precision: number, scale: number): bigint {
  const match = /^\s*([+-]?)(\d*)(?:\.(\d*))?\s*$/.exec(text)
  if (!match || (match[2] === '' && (match[3] ?? '') === '')) throw new RangeError(`'${text}' is not a decimal number`)
  const [, sign, whole, fraction = ''] = match
  if (fraction.length > scale && /[1-9]/.test(fraction.slice(scale)))
    throw new RangeError(`${text} has more than ${scale} digits after the point`)
  const unscaled = BigInt(`${whole}${fraction.slice(0, scale).padEnd(scale, '0')}`)
  if (unscaled >= 10n ** BigInt(precision)) throw new RangeError(`${text} does not fit DECIMAL(${precision}, ${scale})`)
  return sign === '-' ? -unscaled : unscaled
}

function parseTimestamp(text: string, precision: number): bigint {
  const match = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?Z?$/.exec(text.trim())
  const ms = match ? Date.parse(`${match[1]}T${match[2]}:${match[3] ?? '00'}Z`) : Number.NaN
  if (!match || Number.isNaN(ms)) throw new RangeError(`'${text}' is not a timestamp (2026-01-31 12:34:56.789)`)
  const perSecond = ticksPerSecond(precision)
  const digits = Math.log10(perSecond)
  assert(Number.isInteger(Math.round(digits)), 'ticks are a power of ten')
  const fraction = BigInt((match[4] ?? '').padEnd(9, '0').slice(0, Math.round(digits)))
  return BigInt(ms / 1000) * BigInt(perSecond) + fraction
}
