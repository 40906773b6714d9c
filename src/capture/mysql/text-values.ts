// The same values out of a snapshot's text cells, appended to the same columns, so that a row reads the same from both sides.
// `selectExpression` says what to ask for so that the text is exact. References: as for binary-values.ts.
import { decodeText } from '../../base/index.ts'
import type { ColumnBuilder, LogicalType } from '../../model/index.ts'
import { appendMicros, appendTime, UnheldValue } from './binary-values.ts'
import { daysOf, isRealDate, microsOf, parseDatetime, parseTime } from './calendar.ts'
import type { SourceColumn } from './source-column.ts'

/** What to SELECT for a column: FLOAT's own text is rounded to six digits, BIT's is bytes, JSON's has no character set. */
export function selectExpression(column: SourceColumn): string {
  const name = quoteName(column.name)
  if (column.kind === 'float') return `CAST(${name} AS DOUBLE)`
  if (column.kind === 'bit') return `CAST(${name} AS UNSIGNED)`
  if (column.kind === 'json') return `CAST(${name} AS CHAR CHARACTER SET utf8mb4)`
  return name
}

export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}

/** Text of a cell into a column. Throws UnheldValue. */
export type ReadCell = (cell: Uint8Array, out: ColumnBuilder) => void

export function cellReader(column: SourceColumn, type: LogicalType): ReadCell {
  switch (column.kind) {
    case 'bit':
      return bitCell(column, type)
    case 'date':
    case 'datetime':
    case 'timestamp':
    case 'time':
      return type.kind === 'VARCHAR' ? rawCell : timeCell(column, type)
    default:
      break
  }
  switch (type.kind) {
    case 'BOOLEAN':
      return (cell, out) => {
        const text = decodeText(cell)
        if (text !== '0' && text !== '1') throw new UnheldValue(`${text} is no BOOLEAN`)
        out.appendBoolean(text === '1')
      }
    case 'BIGINT':
      return (cell, out) => out.appendBigInt(BigInt(decodeText(cell)))
    case 'DECIMAL':
      return (cell, out) => out.appendBigInt(parseUnscaled(decodeText(cell), type.scale))
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'FLOAT':
    case 'DOUBLE':
      return (cell, out) => out.appendNumber(Number(decodeText(cell)))
    default:
      return rawCell
  }
}

const rawCell: ReadCell = (cell, out) => out.appendBytes(cell)

/** Digits with at most `scale` after the point, as an unscaled number. */
export function parseUnscaled(text: string, scale: number): bigint {
  const [whole, fraction = ''] = text.split('.') as [string, string?]
  return BigInt(whole + fraction.padEnd(scale, '0'))
}

function bitCell(column: SourceColumn, type: LogicalType): ReadCell {
  if (type.kind === 'BOOLEAN') return (cell, out) => out.appendBoolean(decodeText(cell) !== '0')
  if (type.kind === 'BIGINT') return (cell, out) => out.appendBigInt(BigInt(decodeText(cell)))
  const size = (column.length + 7) >> 3
  return (cell, out) => {
    const hex = BigInt(decodeText(cell))
      .toString(16)
      .padStart(size * 2, '0')
    out.appendBytes(Buffer.from(hex, 'hex'))
  }
}

function timeCell(column: SourceColumn, type: LogicalType): ReadCell {
  const precision = 'precision' in type ? type.precision : 0
  if (column.kind === 'time') return (cell, out) => appendTime(out, parseTime(decodeText(cell)), column.fraction)
  return (cell, out) => {
    const text = decodeText(cell)
    const time = parseDatetime(text)
    if (!isRealDate(time.year, time.month, time.day)) throw new UnheldValue(`${text} is no day of the calendar`)
    if (column.kind === 'date') out.appendNumber(daysOf(time.year, time.month, time.day))
    else appendMicros(out, microsOf(time), precision)
  }
}
