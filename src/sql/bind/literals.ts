// Literals as typed expressions: numbers with Calcite's types, dates and times checked, intervals as milliseconds or months.
import { types, type LogicalType } from '../../model/index.ts'
import type { Expression } from '../plan.ts'
import { parseDate, parseTime, parseTimestamp } from '../run/time.ts'
import type { TimeUnit } from '../syntax/tree.ts'
import { intervalType } from './types.ts'

export const literal = (value: string | boolean | null, type: LogicalType): Expression => ({
  kind: 'literal',
  value,
  type,
})
export const nullLiteral: Expression = { kind: 'literal', value: null, type: types.null(true) }
export const trueLiteral: Expression = { kind: 'literal', value: true, type: types.boolean(false) }

/** undefined when it does not fit 38 digits. */
export function numberLiteral(text: string): Expression | undefined {
  if (/e/i.test(text)) return literal(String(Number(text)), types.double(false))
  const point = text.indexOf('.')
  if (point < 0 || point === text.length - 1) {
    const value = BigInt(point < 0 ? text : text.slice(0, point))
    if (value < 2n ** 31n) return literal(String(value), types.int(false))
    if (value < 2n ** 63n) return literal(String(value), types.bigint(false))
    const digits = String(value).length
    return digits > 38 ? undefined : literal(String(value), types.decimal(digits, 0, false))
  }
  const scale = text.length - point - 1
  const precision = text.length - 1
  if (precision > 38) return undefined
  return literal(text.startsWith('.') ? `0${text}` : text, types.decimal(Math.max(precision, scale), scale, false))
}

export function textLiteral(value: string): Expression {
  return literal(value, types.char([...value].length, false))
}

/** DATE '…', TIME '…', TIMESTAMP '…'; undefined when malformed. */
export function temporalLiteral(kind: 'DATE' | 'TIME' | 'TIMESTAMP', text: string): Expression | undefined {
  const trimmed = text.trim()
  if (kind === 'DATE') {
    return /^\d{4}-\d{2}-\d{2}$/.test(trimmed) && parseDate(trimmed) !== null
      ? literal(trimmed, types.date(false))
      : undefined
  }
  const fraction = /\.(\d+)$/.exec(trimmed)?.[1]?.length ?? 0
  if (kind === 'TIME') {
    return parseTime(trimmed) === null || fraction > 3 ? undefined : literal(trimmed, types.time(fraction, false))
  }
  if (!/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d{1,9})?$/.test(trimmed) || parseTimestamp(trimmed, 9) === null)
    return undefined
  return literal(trimmed, types.timestamp(fraction, false))
}

const unitMs: Partial<Record<TimeUnit, number>> = {
  WEEK: 604_800_000,
  DAY: 86_400_000,
  HOUR: 3_600_000,
  MINUTE: 60_000,
  SECOND: 1000,
}
const unitMonths: Partial<Record<TimeUnit, number>> = { YEAR: 12, QUARTER: 3, MONTH: 1 }

/** INTERVAL '…' unit [TO unit] as a literal in milliseconds or months; undefined when malformed. */
export function intervalLiteral(
  text: string,
  negative: boolean,
  from: TimeUnit,
  to: TimeUnit | null,
): Expression | undefined {
  const trimmed = text.trim()
  const minus = trimmed.startsWith('-') !== negative
  const body = trimmed.replace(/^[+-]/, '')
  const amount = to === null || to === from ? single(body, from) : ranged(body, from, to)
  if (amount === undefined) return undefined
  const kind = unitMonths[from] === undefined ? 'INTERVAL_DAY_TIME' : 'INTERVAL_YEAR_MONTH'
  return literal(String(minus && amount !== 0 ? -amount : amount), intervalType(kind, false))
}

function single(body: string, unit: TimeUnit): number | undefined {
  if (unit === 'SECOND') {
    const match = /^(\d{1,12})(?:\.(\d{1,9}))?$/.exec(body)
    return match ? Number(match[1]) * 1000 + Math.floor(Number(`0.${match[2] ?? 0}`) * 1000 + 1e-9) : undefined
  }
  const factor = unitMs[unit] ?? unitMonths[unit]
  return factor !== undefined && /^\d{1,12}$/.test(body) ? Number(body) * factor : undefined
}

function ranged(body: string, from: TimeUnit, to: TimeUnit): number | undefined {
  if (from === 'YEAR' && to === 'MONTH') {
    const match = /^(\d{1,10})-(\d{1,2})$/.exec(body)
    return match && Number(match[2]) < 12 ? Number(match[1]) * 12 + Number(match[2]) : undefined
  }
  const order: TimeUnit[] = ['DAY', 'HOUR', 'MINUTE', 'SECOND']
  const [first, last] = [order.indexOf(from), order.indexOf(to)]
  if (first < 0 || last <= first) return undefined
  const patterns = ['(\\d{1,10})', '(\\d{1,10})', '(\\d{1,10})', '(\\d{1,10}(?:\\.\\d{1,9})?)']
  let pattern = ''
  for (let i = first; i <= last; i++) pattern += (i === first ? '' : i === 1 ? ' ' : ':') + patterns[i]!
  const match = new RegExp(`^${pattern}$`).exec(body)
  if (!match) return undefined
  let total = 0
  for (let i = first; i <= last; i++) {
    const value = Number(match[i - first + 1])
    if (i > first && value >= (i === 1 ? 24 : 60)) return undefined
    total += Math.floor(value * unitMs[order[i]!]! + 1e-6)
  }
  return total
}
