// One CSV record as a row of a stage: fields by position, as many as the table has columns, quotes doubled or escaped. Only
// wanted columns are converted; the others are checked for their quotes and UTF-8 stays theirs.
// Reference: RFC 4180; Flink 2.3 CsvToRowDataConverters. Stricter than Flink, which turns these into other values: text that
// is no boolean, a second line in a record, decimals too wide for their column. More lenient: an empty field of a nullable
// column that is no text is NULL (Flink writes NULL so, and cannot read it back).
import { ticksPerSecond, type ChangeKind, type LogicalType, type Schema } from '../../model/index.ts'
import { RecordDamage } from '../damage.ts'
import { parseDecimal } from '../decimal.ts'
import { formatLimits } from '../limits.ts'
import type { Stage, StageColumn } from '../stage.ts'
import { parseDate, parseTime, parseTimestamp } from '../temporal.ts'
import { badUtf8At } from '../utf8.ts'
import type { CsvBytes } from './options.ts'

const newline = 10
const carriageReturn = 13
const hash = 35

export class CsvReader {
  readonly #options: CsvBytes
  readonly #stage: Stage
  readonly #kind: ChangeKind
  /** For each field of the record: its place among the wanted columns, or -1. */
  readonly #places: readonly number[]
  readonly #names: readonly string[]
  /** A field whose quotes or escapes were taken away. */
  #scratch = new Uint8Array(256)
  #scratchSize = 0
  /** Of the field that was read last: where it ends in the record, and whether it lies in the scratch. */
  #end = 0
  #inScratch = false
  #from = 0
  #to = 0
  readonly #place: Place = { bytes: new Uint8Array(), at: 0, end: 0 }

  /** @param all the table's columns. @param columns indexes of those that are read */
  constructor(all: Schema, columns: readonly number[], stage: Stage, kind: ChangeKind, options: CsvBytes) {
    this.#options = options
    this.#stage = stage
    this.#kind = kind
    this.#places = all.fields.map((_, i) => columns.indexOf(i))
    this.#names = all.fields.map(({ name }) => name)
  }

  /** Reads the value bytes[from, to) into the stage's next row; 0 rows where it is a comment. Throws RecordDamage. */
  read(bytes: Uint8Array, from: number, to: number): number {
    const { delimiter, allowComments } = this.#options
    const end = endOfLine(bytes, from, to)
    if (allowComments && bytes[from] === hash && from < end) return 0
    const { rows, columns, kinds } = this.#stage
    const count = this.#places.length
    this.#place.bytes = bytes
    this.#place.end = end
    let at = from
    for (let i = 0; i < count; i++) {
      this.#field(bytes, at, end)
      const place = this.#places[i]!
      if (place >= 0) this.#set(columns[place]!, rows, bytes, at, this.#names[i]!)
      at = this.#end
      const more = at < end && bytes[at] === delimiter
      if (i < count - 1 && !more) damaged(`it has ${i + 1} fields, ${count} wanted`, at)
      if (i === count - 1 && more) damaged(`it has more than ${count} fields`, at)
      at++
    }
    kinds[rows] = this.#kind
    return 1
  }

  /** Finds the field at `at`, without its quotes. */
  #field(bytes: Uint8Array, at: number, end: number): void {
    const { delimiter, quote, escape } = this.#options
    this.#inScratch = false
    if (at < end && bytes[at] === quote) return this.#quoted(bytes, at, end)
    let i = at
    for (; i < end && bytes[i] !== delimiter; i++) {
      const byte = bytes[i]!
      if (byte === newline || byte === carriageReturn) damaged('a record is one line', i)
      if (byte === escape && escape >= 0) return this.#escaped(bytes, at, end)
    }
    this.#from = at
    this.#to = this.#end = i
  }

  #quoted(bytes: Uint8Array, at: number, end: number): void {
    const { delimiter, quote, escape } = this.#options
    let i = at + 1
    this.#from = i
    this.#scratchSize = 0
    for (; ; i++) {
      if (i >= end) damaged('a quoted field is not closed', at)
      const byte = bytes[i]!
      if (byte === escape && escape >= 0) {
        if (i + 1 >= end) damaged('an escape stands at the end', i)
        this.#keep(bytes, this.#inScratch ? i : at + 1, i)
        this.#push(unescape(bytes[++i]!))
      } else if (byte === quote) {
        if (bytes[i + 1] !== quote || i + 1 >= end) break
        this.#keep(bytes, this.#inScratch ? i : at + 1, i)
        this.#push(quote)
        i++
      } else if (this.#inScratch) this.#push(byte)
    }
    this.#to = i
    this.#end = i + 1
    if (this.#end < end && bytes[this.#end] !== delimiter) damaged('something follows a quoted field', this.#end)
  }

  /** An unquoted field with escapes. */
  #escaped(bytes: Uint8Array, at: number, end: number): void {
    const { delimiter, escape } = this.#options
    this.#scratchSize = 0
    this.#inScratch = true
    let i = at
    for (; i < end && bytes[i] !== delimiter; i++) {
      if (bytes[i] !== escape) this.#push(bytes[i]!)
      else {
        if (i + 1 >= end) damaged('an escape stands at the end', i)
        this.#push(unescape(bytes[++i]!))
      }
    }
    this.#end = i
  }

  /** From here on the field is made up in the scratch; bytes[from, to) are its beginning. */
  #keep(bytes: Uint8Array, from: number, to: number): void {
    if (this.#inScratch) return
    this.#inScratch = true
    for (let i = from; i < to; i++) this.#push(bytes[i]!)
  }

  #push(byte: number): void {
    if (this.#scratchSize === this.#scratch.length) {
      const grown = new Uint8Array(this.#scratch.length * 2)
      grown.set(this.#scratch)
      this.#scratch = grown
    }
    this.#scratch[this.#scratchSize++] = byte
  }

  #set(column: StageColumn, row: number, bytes: Uint8Array, at: number, name: string): void {
    const source = this.#inScratch ? this.#scratch : bytes
    const from = this.#inScratch ? 0 : this.#from
    const to = this.#inScratch ? this.#scratchSize : this.#to
    const { type } = column
    this.#place.at = at
    if (isText(source, from, to, this.#options.nullLiteral)) return setNull(column, row, name, at)
    if (type.kind === 'ARRAY') return this.#list(column, row, source.slice(from, to), at, name)
    // Of a row NULL is written so, where there is no literal for it.
    if (type.kind === 'ROW' && from === to && column.children.length > 1) return setNull(column, row, name, at)
    if (type.kind === 'ROW') return this.#row(column, row, source.slice(from, to), at, name)
    setPlain(column, row, source, from, to, name, this.#place)
  }

  #list(column: StageColumn, row: number, field: Uint8Array, at: number, name: string): void {
    const element = column.children[0]!
    const first = column.offsets[row]!
    let next = first
    for (const part of field.length === 0 ? [] : parts(field, this.#options.element)) {
      if (next - first >= formatLimits.elementsMax)
        damaged(`${name} has more than ${formatLimits.elementsMax} elements`, at)
      element.ensure(next)
      this.#part(element, next++, part, at, `${name}[]`)
    }
    column.offsets[row + 1] = next
    column.valid[row] = 1
  }

  #row(column: StageColumn, row: number, field: Uint8Array, at: number, name: string): void {
    const found = parts(field, this.#options.element)
    if (found.length !== column.children.length)
      misfit(`${name} has ${found.length} parts, ${column.children.length} wanted`, at)
    found.forEach((part, i) => this.#part(column.children[i]!, row, part, at, name))
    column.valid[row] = 1
  }

  #part(column: StageColumn, row: number, part: Uint8Array, at: number, name: string): void {
    if (isText(part, 0, part.length, this.#options.nullLiteral)) return setNull(column, row, name, at)
    setPlain(column, row, part, 0, part.length, name, this.#place)
  }
}

/** The line that is read, and where its field begins; one object is used again and again. */
interface Place {
  bytes: Uint8Array
  at: number
  end: number
}

function damaged(reason: string, position: number): never {
  throw new RecordDamage('MR-FORMAT-006', reason, position)
}

function misfit(reason: string, position: number): never {
  throw new RecordDamage('MR-FORMAT-009', reason, position)
}

/** Without one line's end behind it. */
function endOfLine(bytes: Uint8Array, from: number, to: number): number {
  let end = to
  if (end > from && bytes[end - 1] === newline) end--
  if (end > from && bytes[end - 1] === carriageReturn) end--
  return end
}

/** As Jackson reads an escaped character. */
function unescape(byte: number): number {
  switch (byte) {
    case 0x30:
      return 0
    case 0x6e:
      return newline
    case 0x72:
      return carriageReturn
    case 0x74:
      return 9
    default:
      return byte
  }
}

function isText(bytes: Uint8Array, from: number, to: number, text: Uint8Array | null): boolean {
  if (text === null || text.length !== to - from) return false
  for (let i = 0; i < text.length; i++) if (bytes[from + i] !== text[i]) return false
  return true
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const encoder = new TextEncoder()

function parts(field: Uint8Array, delimiter: string): Uint8Array[] {
  if (delimiter.length > 1 || delimiter.charCodeAt(0) > 126)
    return decoder
      .decode(field)
      .split(delimiter)
      .map((part) => encoder.encode(part))
  const found: Uint8Array[] = []
  const byte = delimiter.charCodeAt(0)
  let from = 0
  for (let i = 0; i <= field.length; i++) {
    if (i < field.length && field[i] !== byte) continue
    found.push(field.subarray(from, i))
    from = i + 1
  }
  return found
}

function setNull(column: StageColumn, row: number, name: string, at: number): void {
  if (!column.nullable) misfit(`${name} is null and may not be`, at)
  column.setNull(row)
}

const isSpace = (byte: number | undefined): boolean => byte === 32 || byte === 9

function setPlain(
  column: StageColumn,
  row: number,
  source: Uint8Array,
  start: number,
  stop: number,
  name: string,
  { bytes: line, at, end }: Place,
): void {
  const { type } = column
  if (type.kind === 'CHAR' || type.kind === 'VARCHAR') {
    // Delimiters and quotes are ASCII: the field's first byte that is none lies at the same place in the line.
    if (column.setText(row, source, start, stop - start) >= 0)
      damaged(`${name} is not UTF-8`, Math.max(at, badUtf8At(line, at, end)))
    return
  }
  let from = start
  let to = stop
  while (from < to && isSpace(source[from])) from++
  while (to > from && isSpace(source[to - 1])) to--
  if (from === to && type.kind !== 'BINARY' && type.kind !== 'VARBINARY') return setNull(column, row, name, at)
  const refuse = (): never => misfit(`${name} is no ${type.kind}`, at)
  switch (type.kind) {
    case 'BOOLEAN': {
      const word = to - from <= 5 ? decoder.decode(source.slice(from, to)).toLowerCase() : ''
      if (word !== 'true' && word !== 'false') refuse()
      column.bytes[row] = word === 'true' ? 1 : 0
      break
    }
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
      setWhole(column, row, wholeOf(source, from, to) ?? refuse(), refuse)
      break
    case 'FLOAT':
    case 'DOUBLE': {
      const value = doubleOf(decoder.decode(source.slice(from, to)))
      if (value === undefined) refuse()
      if (type.kind === 'FLOAT') column.f32[row] = value!
      else column.f64[row] = value!
      break
    }
    case 'DECIMAL': {
      const value = parseDecimal(source, from, to, type.scale, formatLimits.digitsMax)
      if (value === undefined) refuse()
      const bound = 10n ** BigInt(type.precision)
      if (value! >= bound || value! <= -bound) misfit(`${name} has more digits than its column`, at)
      column.setBigInt(row, value!)
      break
    }
    case 'BINARY':
    case 'VARBINARY': {
      const text = decoder.decode(source.slice(from, to))
      const bytes = Buffer.from(text, 'base64')
      if (bytes.toString('base64').replace(/=+$/, '') !== text.replace(/=+$/, '')) misfit(`${name} is no base64`, at)
      column.setBytes(row, bytes, 0, bytes.length)
      return
    }
    default:
      setTimeValue(column, row, source, from, to, refuse)
  }
  column.valid[row] = 1
}

function setTimeValue(
  column: StageColumn,
  row: number,
  source: Uint8Array,
  from: number,
  to: number,
  refuse: () => never,
): void {
  const type = column.type as LogicalType
  switch (type.kind) {
    case 'DATE':
      column.i32[row] = parseDate(source, from, to) ?? refuse()
      return
    case 'TIME':
      column.i32[row] = parseTime(source, from, to) ?? refuse()
      return
    case 'TIMESTAMP':
      column.setWhole(row, parseTimestamp(source, from, to, ticksPerSecond(type.precision), 'none') ?? refuse())
      return
    case 'TIMESTAMP_LTZ':
      column.setWhole(row, parseTimestamp(source, from, to, ticksPerSecond(type.precision), 'required') ?? refuse())
      return
    default:
      // options.ts has refused the type before.
      refuse()
  }
}

/** An integer, or undefined. */
function wholeOf(bytes: Uint8Array, from: number, to: number): bigint | number | undefined {
  const signed = bytes[from] === 45 || bytes[from] === 43
  const first = signed ? from + 1 : from
  if (first === to || to - first > 40) return undefined
  let value = 0
  for (let i = first; i < to; i++) {
    const digit = bytes[i]! - 48
    if (digit < 0 || digit > 9) return undefined
    value = value * 10 + digit
  }
  if (value <= Number.MAX_SAFE_INTEGER) return bytes[from] === 45 ? 0 - value : value
  const exact = BigInt(decoder.decode(bytes.slice(first, to)))
  return bytes[from] === 45 ? -exact : exact
}

const bounds: Readonly<Record<string, readonly [number, number]>> = {
  TINYINT: [-128, 127],
  SMALLINT: [-32768, 32767],
  INT: [-2147483648, 2147483647],
}

function setWhole(column: StageColumn, row: number, value: bigint | number, refuse: () => never): void {
  if (column.layout === 'int64') {
    if (typeof value === 'bigint' && value !== BigInt.asIntN(64, value)) refuse()
    return column.setWhole(row, value)
  }
  const [least, most] = bounds[column.type.kind]!
  if (typeof value === 'bigint' || value < least || value > most) refuse()
  if (column.layout === 'int8') column.i8[row] = Number(value)
  else if (column.layout === 'int16') column.i16[row] = Number(value)
  else column.i32[row] = Number(value)
}

function doubleOf(text: string): number | undefined {
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[dDfF]?$/.test(text)) return Number.parseFloat(text)
  const match = /^([+-]?)(NaN|Infinity)$/.exec(text)
  if (!match) return undefined
  if (match[2] === 'NaN') return Number.NaN
  return match[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
}
