// DateTimeFormatter's patterns, the letters that streams use: y u M L d D E a H k h K m s S n and quoted text. A pattern with
// other letters gives undefined from `readPattern`, so that the planner can refuse it. Reference: java.time.format.
import { ticksPerSecond } from '../../model/index.ts'
import { civilOf, daysOf, parseTimestamp, validDate } from './time.ts'

export type PatternPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'field'; readonly letter: string; readonly count: number }

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
const known = /^[yuMLdDEaHkhKmsSn]$/
const cache = new Map<string, readonly PatternPart[] | undefined>()
const cacheMax = 256

/** The parts of a pattern; undefined when it has letters that are not understood. Cached. */
export function readPattern(pattern: string): readonly PatternPart[] | undefined {
  if (cache.has(pattern)) return cache.get(pattern)
  const parts = splitPattern(pattern)
  if (cache.size >= cacheMax) cache.clear()
  cache.set(pattern, parts)
  return parts
}

function splitPattern(pattern: string): readonly PatternPart[] | undefined {
  const parts: PatternPart[] = []
  for (let i = 0; i < pattern.length;) {
    const c = pattern[i]!
    let end = i + 1
    if (c === "'") {
      let text = ''
      for (; end < pattern.length; end++) {
        if (pattern[end] !== "'") text += pattern[end]
        else if (pattern[end + 1] === "'") text += pattern[end++]
        else break
      }
      if (end >= pattern.length) return undefined
      parts.push({ kind: 'text', text: text === '' ? "'" : text })
      end++
    } else if (/[a-zA-Z]/.test(c)) {
      if (!known.test(c)) return undefined
      while (pattern[end] === c) end++
      parts.push({ kind: 'field', letter: c, count: end - i })
    } else if (/[[\]{}#]/.test(c)) return undefined
    else parts.push({ kind: 'text', text: c })
    i = end
  }
  return parts
}

/** null for a pattern that is not understood. */
export function formatPattern(pattern: string, days: number, nanosOfDay: bigint): string | null {
  const parts = readPattern(pattern)
  if (!parts) return null
  return parts
    .map((part) => (part.kind === 'text' ? part.text : formatField(part.letter, part.count, days, nanosOfDay)))
    .join('')
}

function formatField(letter: string, count: number, days: number, nanosOfDay: bigint): string {
  const { year, month, day } = civilOf(days)
  const seconds = Number(nanosOfDay / 1_000_000_000n)
  const hour = Math.floor(seconds / 3600)
  const number = (value: number): string => String(value).padStart(count, '0')
  switch (letter) {
    case 'y':
    case 'u':
      return count === 2 ? String(year % 100).padStart(2, '0') : number(year)
    case 'M':
    case 'L':
      return count >= 4 ? months[month - 1]! : count === 3 ? months[month - 1]!.slice(0, 3) : number(month)
    case 'd':
      return number(day)
    case 'D':
      return number(days - daysOf(year, 1, 1) + 1)
    case 'E': {
      const name = weekdays[(((days + 3) % 7) + 7) % 7]!
      return count >= 4 ? name : name.slice(0, 3)
    }
    case 'a':
      return hour < 12 ? 'AM' : 'PM'
    case 'H':
      return number(hour)
    case 'k':
      return number(hour === 0 ? 24 : hour)
    case 'h':
      return number(hour % 12 === 0 ? 12 : hour % 12)
    case 'K':
      return number(hour % 12)
    case 'm':
      return number(Math.floor(seconds / 60) % 60)
    case 's':
      return number(seconds % 60)
    case 'S':
      return String(nanosOfDay % 1_000_000_000n)
        .padStart(9, '0')
        .slice(0, Math.min(count, 9))
        .padEnd(count, '0')
    default:
      return number(Number(nanosOfDay % 1_000_000_000n))
  }
}

interface Fields {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
  nanos: number
  afternoon: boolean | null
}

/** Ticks of a text by a pattern (none: yyyy-MM-dd HH:mm:ss[.fraction]); null when the text does not follow it. */
export function parsePattern(text: string, pattern: string | undefined, precision: number): bigint | null {
  if (pattern === undefined) return parseTimestamp(text, precision)
  const parts = readPattern(pattern)
  if (!parts) return null
  const fields: Fields = { year: 1970, month: 1, day: 1, hour: 0, minute: 0, second: 0, nanos: 0, afternoon: null }
  let at = 0
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!
    if (part.kind === 'text') {
      if (!text.startsWith(part.text, at)) return null
      at += part.text.length
      continue
    }
    const next = parts[i + 1]
    const length = parseField(text, at, part.letter, part.count, next?.kind === 'field', fields)
    if (length === 0) return null
    at += length
  }
  return at === text.length ? ticksOf(fields, precision) : null
}

/** How many characters the field took; 0 when it does not fit. */
function parseField(
  text: string,
  at: number,
  letter: string,
  count: number,
  adjacent: boolean,
  fields: Fields,
): number {
  if (letter === 'a') {
    const word = text.slice(at, at + 2).toUpperCase()
    if (word !== 'AM' && word !== 'PM') return 0
    fields.afternoon = word === 'PM'
    return 2
  }
  if ((letter === 'M' || letter === 'L') && count >= 3) {
    const rest = text.slice(at).toLowerCase()
    const index = months.findIndex((name) => rest.startsWith((count === 3 ? name.slice(0, 3) : name).toLowerCase()))
    if (index < 0) return 0
    fields.month = index + 1
    return count === 3 ? 3 : months[index]!.length
  }
  const widest =
    letter === 'S' || adjacent || count > 1 ? (letter === 'y' && count === 4 ? (adjacent ? 4 : 10) : count) : 19
  const digits = new RegExp(`^\\d{${count},${Math.max(count, widest)}}`).exec(text.slice(at))?.[0]
  if (digits === undefined) return 0
  setField(fields, letter, count, digits)
  return digits.length
}

function setField(fields: Fields, letter: string, count: number, digits: string): void {
  const value = Number(digits)
  if (letter === 'y' || letter === 'u') fields.year = count === 2 ? 2000 + value : value
  else if (letter === 'M' || letter === 'L') fields.month = value
  else if (letter === 'd') fields.day = value
  else if (letter === 'H' || letter === 'K' || letter === 'h') fields.hour = letter === 'h' && value === 12 ? 0 : value
  else if (letter === 'k') fields.hour = value === 24 ? 0 : value
  else if (letter === 'm') fields.minute = value
  else if (letter === 's') fields.second = value
  else if (letter === 'S') fields.nanos = Number(digits.padEnd(9, '0').slice(0, 9))
  else if (letter === 'n') fields.nanos = value
}

function ticksOf(fields: Fields, precision: number): bigint | null {
  const { year, month, day, minute, second, nanos } = fields
  const hour = fields.hour + (fields.afternoon === true ? 12 : 0)
  if (!validDate(year, month, day) || hour > 23 || minute > 59 || second > 59) return null
  const perSecond = BigInt(ticksPerSecond(precision))
  const seconds = BigInt(daysOf(year, month, day)) * 86_400n + BigInt(hour * 3600 + minute * 60 + second)
  return seconds * perSecond + BigInt(nanos) / (1_000_000_000n / perSecond)
}
