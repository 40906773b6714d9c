// How a topic's CSV is written: Flink's options of the format `csv`, with its defaults.
// Reference: Flink 2.3 docs, formats/csv.
import { MillraceError } from '../../base/index.ts'
import { describeType, type LogicalType, type Schema } from '../../model/index.ts'

/** Single characters are single; null: none. What cannot be parsed goes where the topic's policy says. */
export interface CsvOptions {
  /** csv.field-delimiter */
  readonly fieldDelimiter: string
  /** csv.quote-character; null: csv.disable-quote-character */
  readonly quoteCharacter: string | null
  /** csv.escape-character */
  readonly escapeCharacter: string | null
  /** csv.null-literal: text that is NULL, in quotes too */
  readonly nullLiteral: string | null
  /** csv.array-element-delimiter, of lists and of the fields of nested rows */
  readonly arrayElementDelimiter: string
  /** csv.allow-comments: a record that begins with # is no row */
  readonly allowComments: boolean
}

export const csvDefaults: CsvOptions = {
  fieldDelimiter: ',',
  quoteCharacter: '"',
  escapeCharacter: null,
  nullLiteral: null,
  arrayElementDelimiter: ';',
  allowComments: false,
}

/** Characters as the bytes that are looked for; -1: none. */
export interface CsvBytes {
  readonly delimiter: number
  readonly quote: number
  readonly escape: number
  readonly element: string
  readonly nullLiteral: Uint8Array | null
  readonly allowComments: boolean
}

/** Throws MR-FORMAT-011 where options contradict themselves. */
export function csvBytes(topic: string, given: Partial<CsvOptions> = {}): CsvBytes {
  const options = { ...csvDefaults, ...given }
  const refuse = (reason: string): never => {
    throw new MillraceError('MR-FORMAT-011', { details: { topic, reason } })
  }
  const byteOf = (name: string, text: string | null): number => {
    if (text === null) return -1
    const code = text === '\\t' ? 9 : text.charCodeAt(0)
    if ((text.length !== 1 && text !== '\\t') || code > 126 || code === 10 || code === 13)
      refuse(`${name} is one character of ASCII, and no end of a line`)
    return code
  }
  const delimiter = byteOf('csv.field-delimiter', options.fieldDelimiter)
  const quote = byteOf('csv.quote-character', options.quoteCharacter)
  const escape = byteOf('csv.escape-character', options.escapeCharacter)
  if (options.arrayElementDelimiter === '') refuse('csv.array-element-delimiter is not empty')
  if (delimiter === quote || delimiter === escape || (quote >= 0 && quote === escape))
    refuse('the characters for delimiter, quote and escape differ')
  return {
    delimiter,
    quote,
    escape,
    element: options.arrayElementDelimiter,
    nullLiteral: options.nullLiteral === null ? null : new TextEncoder().encode(options.nullLiteral),
    allowComments: options.allowComments,
  }
}

/** Throws MR-FORMAT-002 for a column that CSV cannot hold: maps, and lists or rows inside one another. */
export function checkCsvSchema(schema: Schema): void {
  for (const { name, type } of schema.fields) {
    const inner = type.kind === 'ARRAY' ? [type.element] : type.kind === 'ROW' ? type.fields.map((one) => one.type) : []
    for (const one of [...inner, ...(inner.length > 0 ? [] : [type])]) if (!isPlain(one)) refuseType(name, type)
    if (type.kind === 'ROW' && type.fields.length === 0) refuseType(name, type)
  }
}

function isPlain({ kind }: LogicalType): boolean {
  return kind !== 'MAP' && kind !== 'ARRAY' && kind !== 'ROW' && kind !== 'NULL' && !kind.startsWith('INTERVAL')
}

function refuseType(column: string, type: LogicalType): never {
  const reason = 'it holds plain values, and lists and rows of plain values'
  throw new MillraceError('MR-FORMAT-002', { details: { column, type: describeType(type), format: 'csv', reason } })
}
