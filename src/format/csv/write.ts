// One row as a CSV record without an end of line, as Flink's csv format writes it: what may need quotes has them (long text,
// and text with a character up to the delimiter or the quote, spaces among them); NULL is the null literal, or nothing.
// Reference: Flink 2.3 RowDataToCsvConverters; Jackson CsvEncoder (its rule for quotes).
import { encodeText, MillraceError, type ByteWriter } from '../../base/index.ts'
import { isNull, ticksPerSecond, type Column, type LogicalType, type Schema } from '../../model/index.ts'
import { formatDecimal } from '../decimal.ts'
import { shortestFloat32 } from '../json/write.ts'
import { formatDate, formatTime, formatTimestamp } from '../temporal.ts'
import type { CsvBytes } from './options.ts'

/** Text beyond this many characters is quoted unseen. */
const seenCharacters = 24

export type CsvRowWriter = (out: ByteWriter, columns: readonly Column[], row: number) => void

export function makeCsvRowWriter(schema: Schema, options: CsvBytes): CsvRowWriter {
  const writer = new CsvWriter(options)
  return (out, columns, row) => {
    for (let i = 0; i < columns.length; i++) {
      if (i > 0) out.uint8(options.delimiter)
      writer.field(out, columns[i]!, row, schema.fields[i]!.name)
    }
  }
}

class CsvWriter {
  readonly #options: CsvBytes
  readonly #nullText: string | null
  /** Characters below this one may need quotes. */
  readonly #safe: number

  constructor(options: CsvBytes) {
    this.#options = options
    this.#nullText = options.nullLiteral === null ? null : new TextDecoder().decode(options.nullLiteral)
    this.#safe = Math.max(options.delimiter, options.quote, options.escape, 13) + 1
  }

  field(out: ByteWriter, column: Column, row: number, name: string): void {
    const { type } = column
    if (isNull(column, row)) {
      if (!type.nullable) refuse(name, 'it is null, and the column is NOT NULL')
      out.raw(encodeText(this.#nullText ?? ''))
      return
    }
    const isList = type.kind === 'ARRAY' || type.kind === 'ROW'
    const text = isList ? this.#list(column, row, name) : textOf(type, column, row)
    if (text === this.#nullText) refuse(name, 'it is the text that stands for NULL')
    if (isList || isTextual(type)) this.#text(out, text, name)
    else out.raw(encodeText(text))
  }

  #list(column: Column, row: number, name: string): string {
    const { type, offsets, children } = column
    const parts: string[] = []
    if (type.kind === 'ROW')
      children.forEach((child, i) => parts.push(this.#part(child, row, `${name}.${type.fields[i]!.name}`)))
    else for (let i = offsets![row]!; i < offsets![row + 1]!; i++) parts.push(this.#part(children[0]!, i, `${name}[]`))
    if (type.kind === 'ARRAY' && parts.length === 1 && parts[0] === '')
      refuse(name, 'a list of one empty element cannot be told from an empty list')
    return parts.join(this.#options.element)
  }

  #part(column: Column, row: number, name: string): string {
    if (isNull(column, row)) {
      if (!column.type.nullable) refuse(name, 'it is null, and the column is NOT NULL')
      return this.#nullText ?? ''
    }
    const text = textOf(column.type, column, row)
    if (text === this.#nullText) refuse(name, 'it is the text that stands for NULL')
    if (text.includes(this.#options.element)) refuse(name, `it holds '${this.#options.element}', which parts elements`)
    return text
  }

  #text(out: ByteWriter, text: string, name: string): void {
    const { quote, escape, delimiter } = this.#options
    if (!this.#mayNeedQuotes(text)) {
      out.raw(encodeText(text))
      return
    }
    if (quote < 0) {
      const codes = [...text].map((c) => c.charCodeAt(0))
      const needed =
        this.#looksLikeComment(text) ||
        codes.some((code) => code === delimiter || code === 10 || code === 13 || (code === escape && escape >= 0))
      if (needed) refuse(name, 'it needs quotes, and there is no quote character')
      out.raw(encodeText(text))
      return
    }
    out.uint8(quote)
    for (const byte of encodeText(text)) {
      if (byte === escape && escape >= 0) out.uint8(escape)
      else if (byte === quote) out.uint8(escape >= 0 ? escape : quote)
      out.uint8(byte)
    }
    out.uint8(quote)
  }

  #mayNeedQuotes(text: string): boolean {
    if (text.length > seenCharacters) return true
    for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < this.#safe) return true
    return this.#looksLikeComment(text)
  }

  /** Then the record would be lost. */
  #looksLikeComment(text: string): boolean {
    return this.#options.allowComments && text.startsWith('#')
  }
}

const isTextual = ({ kind }: LogicalType): boolean =>
  kind === 'CHAR' ||
  kind === 'VARCHAR' ||
  kind === 'BINARY' ||
  kind === 'VARBINARY' ||
  kind === 'DATE' ||
  kind === 'TIME' ||
  kind === 'TIMESTAMP' ||
  kind === 'TIMESTAMP_LTZ'

function textOf(type: LogicalType, column: Column, row: number): string {
  const lane = (): number => (column.values as Int32Array)[row]!
  const big = (): bigint => (column.values as BigInt64Array)[row]!
  const bytes = (): Buffer =>
    Buffer.from((column.values as Uint8Array).slice(column.offsets![row]!, column.offsets![row + 1]!))
  switch (type.kind) {
    case 'BOOLEAN':
      return (((column.values as Uint8Array)[row >> 3]! >> (row & 7)) & 1) === 1 ? 'true' : 'false'
    case 'BIGINT':
      return big().toString()
    case 'FLOAT':
    case 'DOUBLE':
      return Object.is(lane(), -0) ? '-0.0' : String(type.kind === 'FLOAT' ? shortestFloat32(lane()) : lane())
    case 'DECIMAL': {
      const lanes = column.values as BigInt64Array
      const value =
        type.precision <= 18 ? lanes[row]! : (lanes[row * 2 + 1]! << 64n) | BigInt.asUintN(64, lanes[row * 2]!)
      return formatDecimal(value, type.scale)
    }
    case 'CHAR':
    case 'VARCHAR':
      return bytes().toString('utf8')
    case 'BINARY':
    case 'VARBINARY':
      return bytes().toString('base64')
    case 'DATE':
      return formatDate(lane())
    case 'TIME':
      return formatTime(lane())
    case 'TIMESTAMP':
      return formatTimestamp(big(), ticksPerSecond(type.precision))
    case 'TIMESTAMP_LTZ':
      return `${formatTimestamp(big(), ticksPerSecond(type.precision))}Z`
    default:
      return String(lane())
  }
}

function refuse(column: string, reason: string): never {
  throw new MillraceError('MR-FORMAT-008', { details: { column, format: 'csv', reason } })
}
