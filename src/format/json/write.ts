// Writes rows as JSON text the way Flink's json format does with its default options: SQL timestamps, base64 bytes,
// decimals as BigDecimal prints them, nulls written. Strings are copied as UTF-8 with the escapes JSON demands.
// Reference: Flink 2.3 RowDataToJsonConverters; RFC 8259.
import { ByteWriter, encodeText, MillraceError } from '../../base/index.ts'
import { isNull, ticksPerSecond, type Column, type LogicalType, type Schema } from '../../model/index.ts'
import { formatDecimal } from '../decimal.ts'
import { formatDate, formatTime, formatTimestamp } from '../temporal.ts'

/** How dates and times are written: Flink's text, or Kafka Connect's numbers. */
export type JsonTextTimes = 'text' | 'connect'

/** Writes one row as an object. */
export type JsonRowWriter = (out: ByteWriter, columns: readonly Column[], row: number) => void

/** Throws MR-FORMAT-002 for a type that JSON cannot hold. */
export function makeJsonRowWriter(schema: Schema, times: JsonTextTimes = 'text'): JsonRowWriter {
  // '{"a":' for the first, ',"b":' for the others.
  const heads = schema.fields.map((field, i) => encodeText(`${i === 0 ? '{' : ','}${JSON.stringify(field.name)}:`))
  const writers = schema.fields.map((field) => makeValueWriter(field.type, field.name, times))
  return (out, columns, row) => {
    if (heads.length === 0) out.uint8(123)
    for (let i = 0; i < heads.length; i++) {
      out.raw(heads[i]!)
      writers[i]!(out, columns[i]!, row)
    }
    out.uint8(125)
  }
}

type ValueWriter = (out: ByteWriter, column: Column, row: number) => void

const nullBytes = encodeText('null')
const trueBytes = encodeText('true')
const falseBytes = encodeText('false')

function makeValueWriter(type: LogicalType, path: string, times: JsonTextTimes): ValueWriter {
  const write = makePresentWriter(type, path, times)
  return (out, column, row) => {
    if (column.layout === 'none' || isNull(column, row)) out.raw(nullBytes)
    else write(out, column, row)
  }
}

/** ASCII text of values that need no escape. */
const plain =
  (text: (column: Column, row: number) => string): ValueWriter =>
  (out, column, row) => {
    ascii(out, text(column, row))
  }
const quoted = (text: (column: Column, row: number) => string): ValueWriter =>
  plain((column, row) => `"${text(column, row)}"`)

function ascii(out: ByteWriter, text: string): void {
  for (let i = 0; i < text.length; i++) out.uint8(text.charCodeAt(i))
}

const lane = (column: Column, row: number): number => (column.values as Float64Array)[row]!
const big = (column: Column, row: number): bigint => (column.values as BigInt64Array)[row]!

function makePresentWriter(type: LogicalType, path: string, times: JsonTextTimes): ValueWriter {
  if (times === 'connect') {
    // Days and milliseconds, as their lanes have them: the schema allows no finer ones.
    if (type.kind === 'DATE' || type.kind === 'TIME') return plain((column, row) => String(lane(column, row)))
    if (type.kind === 'TIMESTAMP' || type.kind === 'TIMESTAMP_LTZ')
      return plain((column, row) => big(column, row).toString())
  }
  switch (type.kind) {
    case 'NULL':
      return (out) => out.raw(nullBytes)
    case 'BOOLEAN':
      return (out, column, row) => {
        const bit = ((column.values as Uint8Array)[row >> 3]! >> (row & 7)) & 1
        out.raw(bit === 1 ? trueBytes : falseBytes)
      }
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'INTERVAL_YEAR_MONTH':
      return plain((column, row) => String(lane(column, row)))
    case 'BIGINT':
    case 'INTERVAL_DAY_TIME':
      return plain((column, row) => big(column, row).toString())
    case 'FLOAT':
      return plain((column, row) => formatFloat(shortestFloat32(lane(column, row)), lane(column, row)))
    case 'DOUBLE':
      return plain((column, row) => formatFloat(lane(column, row), lane(column, row)))
    case 'DECIMAL':
      return plain((column, row) => formatDecimal(unscaledAt(column, row), type.scale))
    case 'DATE':
      return quoted((column, row) => formatDate(lane(column, row)))
    case 'TIME':
      return quoted((column, row) => formatTime(lane(column, row)))
    case 'TIMESTAMP':
      return quoted((column, row) => formatTimestamp(big(column, row), ticksPerSecond(type.precision)))
    case 'TIMESTAMP_LTZ':
      return quoted((column, row) => `${formatTimestamp(big(column, row), ticksPerSecond(type.precision))}Z`)
    case 'CHAR':
    case 'VARCHAR':
      return (out, column, row) => writeString(out, column, row)
    case 'BINARY':
    case 'VARBINARY':
      return quoted((column, row) => {
        const { values, offsets } = column
        return Buffer.from((values as Uint8Array).slice(offsets![row]!, offsets![row + 1]!)).toString('base64')
      })
    case 'ROW': {
      const write = makeJsonRowWriter({ fields: type.fields }, times)
      return (out, column, row) => write(out, column.children, row)
    }
    case 'ARRAY': {
      const write = makeValueWriter(type.element, `${path}[]`, times)
      return (out, column, row) => {
        const { offsets, children } = column
        out.uint8(91)
        for (let i = offsets![row]!; i < offsets![row + 1]!; i++) {
          if (i > offsets![row]!) out.uint8(44)
          write(out, children[0]!, i)
        }
        out.uint8(93)
      }
    }
    case 'MAP':
      return makeMapWriter(type, path, times)
  }
}

/**
 * A column of doubles, floats or bytes as JSON text, a value after the other: what kernels copy. Nulls have no text.
 * O(rows); makes a string per value.
 */
export function printColumn(type: LogicalType, column: Column): { values: Uint8Array; offsets: Int32Array } {
  const rows = rowsOf(column)
  const offsets = new Int32Array(rows + 1)
  const texts: string[] = []
  let at = 0
  for (let row = 0; row < rows; row++) {
    if (!isNull(column, row)) {
      const text = printValue(type, column, row)
      texts.push(text)
      at += text.length
    }
    offsets[row + 1] = at
  }
  return { values: Buffer.from(texts.join(''), 'latin1'), offsets }
}

function rowsOf({ layout, offsets, values }: Column): number {
  return layout === 'bytes' ? offsets!.length - 1 : values!.length
}

function printValue(type: LogicalType, column: Column, row: number): string {
  if (type.kind === 'DOUBLE') return formatFloat(lane(column, row), lane(column, row))
  if (type.kind === 'FLOAT') return formatFloat(shortestFloat32(lane(column, row)), lane(column, row))
  const { values, offsets } = column
  return `"${Buffer.from((values as Uint8Array).slice(offsets![row]!, offsets![row + 1]!)).toString('base64')}"`
}

function makeMapWriter(type: LogicalType & { kind: 'MAP' }, path: string, times: JsonTextTimes): ValueWriter {
  if (type.key.kind !== 'VARCHAR' && type.key.kind !== 'CHAR') {
    const details = { column: path, type: 'MAP', format: 'json', reason: 'the keys of an object are strings' }
    throw new MillraceError('MR-FORMAT-002', { details })
  }
  const write = makeValueWriter(type.value, `${path}{}`, times)
  return (out, column, row) => {
    const { offsets } = column
    const [keys, values] = column.children[0]!.children
    out.uint8(123)
    for (let i = offsets![row]!; i < offsets![row + 1]!; i++) {
      if (isNull(keys!, i)) {
        const details = { column: path, format: 'json', reason: 'a map has a null key' }
        throw new MillraceError('MR-FORMAT-008', { details })
      }
      if (i > offsets![row]!) out.uint8(44)
      writeString(out, keys!, i)
      out.uint8(58)
      write(out, values!, i)
    }
    out.uint8(125)
  }
}

/** The unscaled value of a DECIMAL column's row. */
export function unscaledAt(column: Column, row: number): bigint {
  const lanes = column.values as BigInt64Array
  return column.layout === 'int128' ? (lanes[row * 2 + 1]! << 64n) | BigInt.asUintN(64, lanes[row * 2]!) : lanes[row]!
}

const hex = '0123456789abcdef'
const shortEscapes: Readonly<Record<number, string>> = {
  34: '\\"',
  92: '\\\\',
  8: '\\b',
  12: '\\f',
  10: '\\n',
  13: '\\r',
  9: '\\t',
}

function writeString(out: ByteWriter, column: Column, row: number): void {
  const bytes = column.values as Uint8Array
  const end = column.offsets![row + 1]!
  let from = column.offsets![row]!
  out.uint8(34)
  for (let i = from; i < end; i++) {
    const byte = bytes[i]!
    if (byte >= 32 && byte !== 34 && byte !== 92) continue
    out.raw(bytes.subarray(from, i))
    ascii(out, shortEscapes[byte] ?? `\\u00${hex[byte >> 4]}${hex[byte & 15]}`)
    from = i + 1
  }
  out.raw(bytes.subarray(from, end))
  out.uint8(34)
}

/** The double with the fewest digits that is still this float. */
export function shortestFloat32(value: number): number {
  for (let digits = 6; digits <= 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return short
  }
  return value
}

/** JSON has no NaN and no infinities: Jackson quotes them. Negative zero stays. */
function formatFloat(short: number, value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`
  return Object.is(value, -0) ? '-0.0' : String(short)
}
