// Reads a JSON object into a stage, taking only the wanted columns. Conversions as Flink's json format: an integer from a
// number or from text, a string from anything, '2026-01-31 10:00:00' for a timestamp, base64 for bytes. Where Flink turns
// bad values into others silently ("yes" to FALSE, a decimal too wide to NULL), they are refused here.
// Reference: Flink 2.3 JsonParserToRowDataConverters; RFC 8259. Of a repeated key the last value counts.
import { ticksPerSecond, type Schema } from '../../model/index.ts'
import { parseDecimal } from '../decimal.ts'
import { formatLimits } from '../limits.ts'
import type { Stage, StageColumn } from '../stage.ts'
import { parseDate, parseTime, parseTimestamp } from '../temporal.ts'
import { JsonScanner } from './scanner.ts'

/**
 * Dates and times beside Flink's text. 'debezium': numbers by precision (days, and milli-, micro- or nanoseconds; times of
 * day in microseconds). 'connect': Kafka Connect's numbers (days, and milliseconds).
 */
export type JsonTimes = 'text' | 'debezium' | 'connect'

export interface JsonReadOptions {
  readonly times: JsonTimes
}

interface JsonNode {
  readonly column: StageColumn
  readonly path: string
  readonly children: readonly JsonNode[]
  /** For an object: names in UTF-8, and indexes of children by the name's length. */
  readonly names: readonly Uint8Array[]
  readonly byLength: readonly (readonly number[])[]
}

const utf8 = new TextEncoder()

function makeNode(column: StageColumn, path: string): JsonNode {
  const { type } = column
  if (type.kind !== 'ROW') {
    return { column, path, children: column.children.map((c) => makeNode(c, `${path}[]`)), names: [], byLength: [] }
  }
  return makeObject(
    column,
    type.fields.map((field) => field.name),
    path,
  )
}

function makeObject(
  column: StageColumn | null,
  fieldNames: readonly string[],
  path: string,
  columns: readonly StageColumn[] = column?.children ?? [],
): JsonNode {
  const names = fieldNames.map((name) => utf8.encode(name))
  const byLength: number[][] = []
  names.forEach((name, i) => {
    ;(byLength[name.length] ??= []).push(i)
  })
  const prefix = path === '' ? '' : `${path}.`
  const children = columns.map((child, i) => makeNode(child, prefix + fieldNames[i]!))
  return { column: column as StageColumn, path, children, names, byLength: Array.from(byLength, (list) => list ?? []) }
}

/** Powers of ten that doubles hold exactly, and those up to the widest decimal. */
const powers = Float64Array.from({ length: 39 }, (_, i) => Number(`1e${i}`))

export class JsonRowReader {
  readonly scanner = new JsonScanner()
  readonly #root: JsonNode
  readonly #options: JsonReadOptions
  #mantissa = Number.NaN
  #fraction = 0

  constructor(columns: Schema, stage: Stage, options: JsonReadOptions) {
    const names = columns.fields.map((field) => field.name)
    this.#root = makeObject(null, names, '', stage.columns)
    this.#options = options
  }

  /** One whole text. Throws RecordDamage. */
  read(bytes: Uint8Array, from: number, to: number, row: number): void {
    this.scanner.set(bytes, from, to)
    this.readObject(row, 0)
    this.scanner.finish()
  }

  /** The object at the scanner's place, which may be inside a larger text. */
  readObject(row: number, depth: number): void {
    if (this.scanner.peek() !== 123) this.scanner.fail('no JSON object')
    this.#object(this.#root, row, depth)
  }

  #object(node: JsonNode, row: number, depth: number): void {
    const { scanner } = this
    const { children } = node
    const start = scanner.at
    scanner.enter(depth)
    for (let i = 0; i < children.length; i++) children[i]!.column.setNull(row)
    scanner.at++
    if (scanner.peek() === 125) scanner.at++
    else {
      // Writers keep one order of keys, so the next wanted column is tried first.
      let guess = 0
      for (;;) {
        scanner.key()
        const i = this.#find(node, guess)
        if (i < 0) scanner.skip(depth + 1)
        else {
          this.#value(children[i]!, row, depth + 1)
          guess = i + 1
        }
        if (scanner.next(125)) break
      }
    }
    for (let i = 0; i < children.length; i++) {
      const { column, path } = children[i]!
      if (!column.nullable && column.valid[row] === 0)
        scanner.misfit(`${path} is null or missing and may not be`, start)
    }
  }

  #find(node: JsonNode, guess: number): number {
    const { text, textFrom, textTo } = this.scanner
    const size = textTo - textFrom
    if (guess < node.names.length && same(node.names[guess]!, text, textFrom, size)) return guess
    const candidates = node.byLength[size]
    if (!candidates) return -1
    for (let k = 0; k < candidates.length; k++) {
      if (same(node.names[candidates[k]!]!, text, textFrom, size)) return candidates[k]!
    }
    return -1
  }

  #value(node: JsonNode, row: number, depth: number): void {
    const { scanner } = this
    const { column } = node
    const first = scanner.peek()
    const start = scanner.at
    if (first === 110) {
      scanner.literal('null')
      column.setNull(row)
      return
    }
    switch (column.layout) {
      case 'struct':
        if (first !== 123) scanner.misfit(`${node.path} is no object`, start)
        this.#object(node, row, depth)
        column.valid[row] = 1
        return
      case 'list':
        return this.#list(node, row, depth)
      case 'map':
        return this.#map(node, row, depth)
    }
    if (first === 123 || first === 91) {
      if (column.type.kind !== 'VARCHAR' && column.type.kind !== 'CHAR')
        scanner.misfit(`${node.path} is no plain value`, start)
      this.#compact(column, row, depth)
      return
    }
    const quoted = first === 34
    if (quoted) scanner.string()
    else if (first === 116 || first === 102) this.#word(first === 116 ? 'true' : 'false')
    else if (first === 0) scanner.fail('it ends early')
    else scanner.number()
    this.#scalar(node, row, quoted, start)
  }

  #word(word: string): void {
    const { scanner } = this
    scanner.textFrom = scanner.at
    scanner.literal(word)
    scanner.text = scanner.bytes
    scanner.textTo = scanner.at
    scanner.isNumber = false
  }

  /** The scanner's text (a string, a number, true or false) into a column. */
  #scalar(node: JsonNode, row: number, quoted: boolean, start: number): void {
    const { scanner } = this
    const { column, path } = node
    const { type } = column
    switch (type.kind) {
      case 'CHAR':
      case 'VARCHAR':
        column.setBytes(row, scanner.text, scanner.textFrom, scanner.textTo - scanner.textFrom)
        return
      case 'BOOLEAN': {
        if (!quoted && !scanner.isNumber) {
          column.bytes[row] = scanner.text[scanner.textFrom] === 116 ? 1 : 0
          column.valid[row] = 1
          return
        }
        const word = this.#trimmed().toLowerCase()
        if (word !== 'true' && word !== 'false') scanner.misfit(`${path} is neither true nor false`, start)
        column.bytes[row] = word === 'true' ? 1 : 0
        column.valid[row] = 1
        return
      }
      case 'TINYINT':
        column.i8[row] = this.#int(path, 128, start)
        break
      case 'SMALLINT':
        column.i16[row] = this.#int(path, 32768, start)
        break
      case 'INT':
      case 'INTERVAL_YEAR_MONTH':
        column.i32[row] = this.#int(path, 2147483648, start)
        break
      case 'BIGINT':
      case 'INTERVAL_DAY_TIME':
        return this.#long(node, row, start)
      case 'FLOAT':
        column.f32[row] = this.#double(path, start)
        break
      case 'DOUBLE':
        column.f64[row] = this.#double(path, start)
        break
      case 'DECIMAL':
        return this.#decimal(node, row, start)
      case 'DATE':
      case 'TIME':
        return this.#dateOrTime(node, row, quoted, start)
      case 'TIMESTAMP':
      case 'TIMESTAMP_LTZ':
        return this.#timestamp(node, row, quoted, start)
      case 'BINARY':
      case 'VARBINARY': {
        const bytes = quoted ? fromBase64(scanner.text.subarray(scanner.textFrom, scanner.textTo)) : undefined
        if (!bytes) return scanner.misfit(`${path} is no base64`, start)
        column.setBytes(row, bytes, 0, bytes.length)
        return
      }
      default:
        column.setNull(row)
        return
    }
    column.valid[row] = 1
  }

  #trimmed(): string {
    const { text, textFrom, textTo } = this.scanner
    return textTo - textFrom > formatLimits.digitsMax ? '' : latin1(text, textFrom, textTo).trim()
  }

  /** A whole number of at most 15 digits as a double, or NaN: the fast way. */
  #small(): number {
    const { text, textTo, textFrom } = this.scanner
    let at = textFrom
    const negative = text[at] === 45
    if (negative) at++
    if (textTo - at > 15 || at === textTo) return Number.NaN
    let value = 0
    for (; at < textTo; at++) {
      const digit = text[at]! - 48
      if (digit < 0 || digit > 9) return Number.NaN
      value = value * 10 + digit
    }
    return negative ? -value : value
  }

  #int(path: string, bound: number, start: number): number {
    let value = this.#small()
    if (Number.isNaN(value)) {
      const text = this.#trimmed()
      value = /^[+-]?\d{1,20}$/.test(text) ? Number(text) : Number.NaN
    }
    if (!(value >= -bound && value < bound)) this.scanner.misfit(`${path} is no integer of its column's range`, start)
    return value
  }

  #long(node: JsonNode, row: number, start: number): void {
    const small = this.#small()
    if (!Number.isNaN(small)) return node.column.setInteger(row, small)
    const text = this.#trimmed()
    const value = /^[+-]?\d{1,30}$/.test(text) ? BigInt(text.replace('+', '')) : undefined
    if (value === undefined || value !== BigInt.asIntN(64, value))
      return this.scanner.misfit(`${node.path} is no integer of its column's range`, start)
    node.column.setBigInt(row, value)
  }

  /**
   * The text as digits without their point and how many came after it, where a double holds the digits: 'mantissa' is NaN
   * where it does not, or where there is an exponent.
   */
  #plainDigits(): void {
    const { text, textTo, textFrom } = this.scanner
    let at = textFrom
    const negative = text[at] === 45
    if (negative) at++
    this.#mantissa = Number.NaN
    if (at === textTo || textTo - at > 16) return
    let value = 0
    let digits = 0
    let point = -1
    for (; at < textTo; at++) {
      const byte = text[at]!
      if (byte === 46 && point < 0) point = digits
      else if (byte >= 48 && byte <= 57) {
        value = value * 10 + (byte - 48)
        digits++
      } else return
    }
    // Sixteen digits may not fit a double.
    if (digits === 0 || digits > 15) return
    this.#fraction = point < 0 ? 0 : digits - point
    this.#mantissa = negative ? -value : value
  }

  #double(path: string, start: number): number {
    this.#plainDigits()
    // Both are exact, so the one division rounds as the standard says: Clinger's fast path.
    if (!Number.isNaN(this.#mantissa)) return this.#mantissa / powers[this.#fraction]!
    const text = this.#trimmed()
    if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text)
    if (text === 'NaN') return Number.NaN
    if (text === 'Infinity' || text === '+Infinity') return Number.POSITIVE_INFINITY
    if (text === '-Infinity') return Number.NEGATIVE_INFINITY
    return this.scanner.misfit(`${path} is no number`, start)
  }

  #decimal(node: JsonNode, row: number, start: number): void {
    const { scanner } = this
    const { type } = node.column
    if (type.kind !== 'DECIMAL') return
    this.#plainDigits()
    if (this.#fraction <= type.scale) {
      const small = this.#mantissa * powers[type.scale - this.#fraction]!
      // Also false for NaN. Below 10^15 the product is exact.
      if (Math.abs(small) < 1e15 && Math.abs(small) < powers[type.precision]!) return node.column.setInteger(row, small)
    }
    const value = parseDecimal(scanner.text, scanner.textFrom, scanner.textTo, type.scale, formatLimits.digitsMax)
    if (value === undefined) return scanner.misfit(`${node.path} is no decimal`, start)
    const bound = 10n ** BigInt(type.precision)
    if (value >= bound || value <= -bound) scanner.misfit(`${node.path} has more digits than its column`, start)
    node.column.setBigInt(row, value)
  }

  #dateOrTime(node: JsonNode, row: number, quoted: boolean, start: number): void {
    const { scanner } = this
    const { column, path } = node
    const isDate = column.type.kind === 'DATE'
    let value: number | undefined
    if (quoted) value = (isDate ? parseDate : parseTime)(scanner.text, scanner.textFrom, scanner.textTo)
    else if (this.#options.times !== 'text' && isDate) value = this.#int(path, 2147483648, start)
    else if (this.#options.times === 'connect') value = this.#small()
    // Debezium's default for TIME without a fraction and with one is microseconds.
    else if (this.#options.times === 'debezium') value = Math.floor(this.#small() / 1000)
    if (value === undefined || (!isDate && !(value >= 0 && value < 86_400_000)))
      return scanner.misfit(`${path} is no ${isDate ? 'date like 2026-01-31' : 'time like 10:00:00'}`, start)
    column.i32[row] = value
    column.valid[row] = 1
  }

  #timestamp(node: JsonNode, row: number, quoted: boolean, start: number): void {
    const { scanner } = this
    const { type } = node.column
    if (type.kind !== 'TIMESTAMP' && type.kind !== 'TIMESTAMP_LTZ') return
    const { times } = this.#options
    if (!quoted && times === 'debezium') return this.#long(node, row, start)
    const zone = type.kind === 'TIMESTAMP_LTZ' || times !== 'text' ? 'optional' : 'none'
    const ticks = ticksPerSecond(type.precision)
    if (!quoted && times === 'connect') {
      // Milliseconds; a double holds all that a text could say.
      const millis = this.#small()
      const value = ticks === 1000 ? millis : BigInt(Number.isNaN(millis) ? 0 : millis) * BigInt(ticks / 1000)
      if (Number.isNaN(millis) || (typeof value === 'bigint' && value !== BigInt.asIntN(64, value)))
        return scanner.misfit(`${node.path} is no time in milliseconds`, start)
      return node.column.setWhole(row, value)
    }
    const value = quoted ? parseTimestamp(scanner.text, scanner.textFrom, scanner.textTo, ticks, zone) : undefined
    if (value === undefined) return scanner.misfit(`${node.path} is no timestamp like 2026-01-31 10:00:00`, start)
    node.column.setWhole(row, value)
  }

  #list(node: JsonNode, row: number, depth: number): void {
    const { scanner } = this
    const { column } = node
    const element = node.children[0]!
    if (scanner.peek() !== 91) scanner.misfit(`${node.path} is no array`, scanner.at)
    scanner.enter(depth)
    const start = scanner.at++
    const first = column.offsets[row]!
    let at = first
    if (scanner.peek() === 93) scanner.at++
    else {
      for (;;) {
        if (at - first >= formatLimits.elementsMax) scanner.fail(`more than ${formatLimits.elementsMax} elements`)
        element.column.ensure(at)
        this.#value(element, at, depth + 1)
        if (!element.column.nullable && element.column.valid[at] === 0)
          scanner.misfit(`${element.path} is null and may not be`, start)
        at++
        if (scanner.next(93)) break
      }
    }
    column.offsets[row + 1] = at
    column.valid[row] = 1
  }

  #map(node: JsonNode, row: number, depth: number): void {
    const { scanner } = this
    const { column } = node
    const entry = node.children[0]!
    const [key, value] = entry.children
    if (scanner.peek() !== 123) scanner.misfit(`${node.path} is no object`, scanner.at)
    scanner.enter(depth)
    const start = scanner.at++
    const first = column.offsets[row]!
    let at = first
    if (scanner.peek() === 125) scanner.at++
    else {
      for (;;) {
        if (at - first >= formatLimits.elementsMax) scanner.fail(`more than ${formatLimits.elementsMax} entries`)
        entry.column.ensure(at)
        scanner.key()
        this.#scalar(key!, at, true, scanner.at)
        this.#value(value!, at, depth + 1)
        if (!value!.column.nullable && value!.column.valid[at] === 0)
          scanner.misfit(`${value!.path} is null and may not be`, start)
        entry.column.valid[at] = 1
        at++
        if (scanner.next(125)) break
      }
    }
    column.offsets[row + 1] = at
    column.valid[row] = 1
  }

  /** A container as text without white space, as Jackson prints a tree. */
  #compact(column: StageColumn, row: number, depth: number): void {
    const { scanner } = this
    const start = scanner.at
    scanner.skip(depth)
    const size = scanner.at - start
    const out = new Uint8Array(size)
    let n = 0
    let inString = false
    for (let i = start; i < start + size; i++) {
      const byte = scanner.bytes[i]!
      if (inString) {
        if (byte === 92) out[n++] = scanner.bytes[i++]!
        else if (byte === 34) inString = false
      } else if (byte === 34) inString = true
      else if (byte === 32 || byte === 10 || byte === 13 || byte === 9) continue
      out[n++] = scanner.bytes[i]!
    }
    column.setBytes(row, out, 0, n)
  }
}

function same(name: Uint8Array, text: Uint8Array, from: number, size: number): boolean {
  if (name.length !== size) return false
  for (let i = 0; i < size; i++) if (name[i] !== text[from + i]) return false
  return true
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  for (let i = from; i < to; i++) text += String.fromCharCode(bytes[i]!)
  return text
}

function fromBase64(text: Uint8Array): Uint8Array | undefined {
  const ascii = latin1(text, 0, text.length)
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(ascii) || ascii.length % 4 === 1) return undefined
  return new Uint8Array(Buffer.from(ascii, 'base64'))
}
