// One column's value out of a row image, appended to a column of the table's type: exact, or an UnheldValue. One closure per
// column, chosen once per TABLE_MAP, so that the row loop does not dispatch on types.
// Reference: MySQL source docs, "Rows_event", and the pack() of each Field class; anchors of odd values are in the tests.
import { BytesError, encodeText } from '../../base/index.ts'
import type { ColumnBuilder, LogicalType } from '../../model/index.ts'
import { ticksPerSecond } from '../../model/index.ts'
import {
  civilOf,
  dateText,
  datetimeText,
  daysOf,
  isRealDate,
  microsOf,
  readDate,
  readDatetime,
  readTime,
  readTimestamp,
  timeText,
} from './calendar.ts'
import { readJson } from './json-value.ts'
import type { LittleReader } from './little.ts'
import type { SourceColumn } from './source-column.ts'

/** A value of the source that the declared type cannot hold. */
export class UnheldValue extends Error {}

export type ReadValue = (reader: LittleReader, out: ColumnBuilder) => void
export type SkipValue = (reader: LittleReader) => void

/** How to read a column's (not null) values as a type that mismatchOf accepts. */
export function valueReader(column: SourceColumn, type: LogicalType): ReadValue {
  switch (column.kind) {
    case 'tinyint':
      return integerReader(type, column.unsigned ? (r) => r.uint8() : (r) => r.int8())
    case 'smallint':
      return integerReader(type, column.unsigned ? (r) => r.uint16() : (r) => r.int16())
    case 'mediumint':
      return integerReader(type, column.unsigned ? (r) => r.uint24() : (r) => (r.uint24() << 8) >> 8)
    case 'int':
      return integerReader(type, column.unsigned ? (r) => r.uint32() : (r) => r.int32())
    case 'bigint':
      return bigintReader(type, column.unsigned ? (r) => r.uint64() : (r) => r.int64())
    case 'decimal':
      return decimalReader(column, type)
    case 'float':
      return (r, out) => out.appendNumber(r.float32())
    case 'double':
      return (r, out) => out.appendNumber(r.float64())
    case 'year':
      return integerReader(type, (r) => yearOf(r.uint8()))
    case 'date':
    case 'time':
    case 'datetime':
    case 'timestamp':
      return timeReader(column, type)
    case 'bit':
      return bitReader(column, type)
    case 'enum':
    case 'set':
      return labelReader(column)
    case 'json':
      return (r, out) => out.appendText(readJson(r.take(r.uint(column.length))))
    case 'char':
    case 'varchar':
    case 'text':
      return textReader(column)
    case 'binary':
      return (r, out) => {
        // Trailing zero bytes are not stored.
        const stored = r.take(column.length > 255 ? r.uint16() : r.uint8())
        if (stored.length > column.length)
          throw new BytesError(`${stored.length} bytes in BINARY(${column.length})`, r.at)
        const padded = new Uint8Array(column.length)
        padded.set(stored)
        out.appendBytes(padded)
      }
    default:
      return (r, out) => {
        const size = lengthOf(column, r)
        const from = r.advance(size)
        out.appendBytes(r.bytes, from, from + size)
      }
  }
}

/** How to pass over a column's (not null) values. */
export function valueSkipper(column: SourceColumn): SkipValue {
  const fixed = fixedSize(column)
  if (fixed !== undefined) return (r) => void r.advance(fixed)
  return (r) => void r.advance(lengthOf(column, r))
}

/** Bytes of the length that a value of variable size begins with, read: the value's size. */
function lengthOf(column: SourceColumn, reader: LittleReader): number {
  switch (column.kind) {
    case 'char':
    case 'varchar':
    case 'binary':
    case 'varbinary':
      return column.length > 255 ? reader.uint16() : reader.uint8()
    default:
      return reader.uint(column.length)
  }
}

function fixedSize(column: SourceColumn): number | undefined {
  const fraction = (column.fraction + 1) >> 1
  switch (column.kind) {
    case 'tinyint':
    case 'year':
      return 1
    case 'smallint':
      return 2
    case 'mediumint':
    case 'date':
      return 3
    case 'int':
    case 'float':
      return 4
    case 'bigint':
    case 'double':
      return 8
    case 'decimal':
      return decimalSize(column.precision - column.scale) + decimalSize(column.scale)
    case 'time':
      return 3 + fraction
    case 'timestamp':
      return 4 + fraction
    case 'datetime':
      return 5 + fraction
    case 'bit':
      return (column.length + 7) >> 3
    case 'enum':
    case 'set':
      return column.length
    default:
      return undefined
  }
}

function integerReader(type: LogicalType, read: (reader: LittleReader) => number): ReadValue {
  if (type.kind === 'BIGINT') return (r, out) => out.appendBigInt(BigInt(read(r)))
  if (type.kind === 'DECIMAL') {
    const factor = 10n ** BigInt(type.scale)
    return (r, out) => out.appendBigInt(BigInt(read(r)) * factor)
  }
  if (type.kind === 'BOOLEAN') {
    return (r, out) => {
      const value = read(r)
      if (value !== 0 && value !== 1) throw new UnheldValue(`${value} is no BOOLEAN`)
      out.appendBoolean(value === 1)
    }
  }
  return (r, out) => out.appendNumber(read(r))
}

function bigintReader(type: LogicalType, read: (reader: LittleReader) => bigint): ReadValue {
  const factor = type.kind === 'DECIMAL' ? 10n ** BigInt(type.scale) : 1n
  return (r, out) => out.appendBigInt(read(r) * factor)
}

/** 0 stands for year 0000, others count from 1900. */
export function yearOf(stored: number): number {
  return stored === 0 ? 0 : stored + 1900
}

const digitBytes = [0, 1, 1, 2, 2, 3, 3, 4, 4, 4] as const

function decimalSize(digits: number): number {
  return Math.floor(digits / 9) * 4 + digitBytes[digits % 9]!
}

/**
 * An unscaled DECIMAL: groups of nine digits in four big-endian bytes, the shorter group outermost; the first bit is flipped,
 * and all bits of a negative number are.
 */
export function readDecimal(reader: LittleReader, precision: number, scale: number): bigint {
  // JSON carries them with every value.
  if (precision > 65 || scale > precision) throw new BytesError(`DECIMAL(${precision}, ${scale})`, reader.at)
  const whole = precision - scale
  const size = decimalSize(whole) + decimalSize(scale)
  const at = reader.advance(size)
  const { bytes } = reader
  const negative = (bytes[at]! & 0x80) === 0
  const mask = negative ? 0xff : 0
  let position = at
  let first = true
  let value = 0n
  const group = (digits: number): void => {
    let part = 0
    for (let i = 0; i < digitBytes[digits]!; i++) {
      const byte = bytes[position++]! ^ mask ^ (first ? 0x80 : 0)
      first = false
      part = part * 256 + byte
    }
    value = value * BigInt(10 ** digits) + BigInt(part)
  }
  if (whole % 9 > 0) group(whole % 9)
  for (let i = 0; i < Math.floor(whole / 9); i++) group(9)
  for (let i = 0; i < Math.floor(scale / 9); i++) group(9)
  if (scale % 9 > 0) group(scale % 9)
  return negative ? -value : value
}

function decimalReader(column: SourceColumn, type: LogicalType): ReadValue {
  const { precision, scale } = column
  if (type.kind !== 'DECIMAL') return (r, out) => out.appendText(decimalText(readDecimal(r, precision, scale), scale))
  const factor = 10n ** BigInt(type.scale - scale)
  return (r, out) => out.appendBigInt(readDecimal(r, precision, scale) * factor)
}

export function decimalText(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
  const point = digits.length - scale
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, point)}${scale > 0 ? `.${digits.slice(point)}` : ''}`
}

/** Appends microseconds in the type's unit. */
export function appendMicros(out: ColumnBuilder, micros: bigint, precision: number): void {
  // Exact: a type of precision 3 takes only columns of at most three digits.
  out.appendBigInt(ticksPerSecond(precision) === 1000 ? micros / 1000n : micros)
}

/** Appends a TIME; refuses what does not lie in one day. */
export function appendTime(out: ColumnBuilder, micros: number, digits: number): void {
  if (micros < 0 || micros >= 86_400_000_000)
    throw new UnheldValue(`${timeText(micros, digits)} does not lie within one day`)
  out.appendNumber(micros / 1000)
}

function timeReader(column: SourceColumn, type: LogicalType): ReadValue {
  const digits = column.fraction
  const asText = type.kind === 'VARCHAR'
  const precision = 'precision' in type ? type.precision : 0
  switch (column.kind) {
    case 'date':
      return (r, out) => {
        const date = readDate(r)
        if (asText) out.appendText(dateText(date))
        else if (!isRealDate(date.year, date.month, date.day))
          throw new UnheldValue(`${dateText(date)} is no day of the calendar`)
        else out.appendNumber(daysOf(date.year, date.month, date.day))
      }
    case 'time':
      return (r, out) => {
        const micros = readTime(r, digits)
        if (asText) out.appendText(timeText(micros, digits))
        else appendTime(out, micros, digits)
      }
    case 'datetime':
      return (r, out) => {
        const time = readDatetime(r, digits)
        if (asText) out.appendText(datetimeText(time, digits))
        else if (!isRealDate(time.year, time.month, time.day))
          throw new UnheldValue(`${datetimeText(time, digits)} is no day of the calendar`)
        else appendMicros(out, microsOf(time), precision)
      }
    default:
      return (r, out) => {
        const micros = readTimestamp(r, digits)
        if (asText) out.appendText(micros === undefined ? zeroTimestamp(digits) : datetimeText(civilOf(micros), digits))
        else if (micros === undefined) throw new UnheldValue(`${zeroTimestamp(digits)} is no moment`)
        else appendMicros(out, BigInt(micros), precision)
      }
  }
}

function zeroTimestamp(digits: number): string {
  return datetimeText({ year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0, micros: 0 }, digits)
}

function bitReader(column: SourceColumn, type: LogicalType): ReadValue {
  const size = (column.length + 7) >> 3
  if (type.kind === 'BOOLEAN') return (r, out) => out.appendBoolean(r.uint8() !== 0)
  if (type.kind === 'BIGINT') {
    return (r, out) => {
      let value = 0n
      for (const byte of r.take(size)) value = (value << 8n) | BigInt(byte)
      out.appendBigInt(value)
    }
  }
  return (r, out) => out.appendBytes(r.take(size))
}

function labelReader(column: SourceColumn): ReadValue {
  const labels = column.labels.map(encodeText)
  if (column.kind === 'enum') {
    return (r, out) => {
      // 0 is the empty text that MySQL stores for a value it refused.
      const index = r.uint(column.length)
      if (index > labels.length) throw new UnheldValue(`label ${index} of ${labels.length}`)
      if (index === 0) out.appendText('')
      else out.appendBytes(labels[index - 1]!)
    }
  }
  return (r, out) => {
    let bits = 0n
    const bytes = r.take(column.length)
    for (let i = bytes.length - 1; i >= 0; i--) bits = (bits << 8n) | BigInt(bytes[i]!)
    out.appendText(column.labels.filter((_, i) => (bits >> BigInt(i)) & 1n).join(','))
  }
}

const latin1 = new TextDecoder('windows-1252')

function textReader(column: SourceColumn): ReadValue {
  const plain = column.charset !== 'latin1'
  return (r, out) => {
    const size = lengthOf(column, r)
    const from = r.advance(size)
    if (plain || isAscii(r.bytes, from, from + size)) out.appendBytes(r.bytes, from, from + size)
    else out.appendText(latin1.decode(r.bytes.subarray(from, from + size)))
  }
}

function isAscii(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i]! > 127) return false
  return true
}
