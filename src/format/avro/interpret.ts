// Reads one record by walking the writer's schema, generating nothing: the oracle of compile.ts, and what reads where code
// may not be generated. Plain and slow; shares no conversion with the compiled reader.
import { ByteReader, BytesError, toHex } from '../../base/index.ts'
import { ticksPerSecond, type LogicalType, type Schema, type Value } from '../../model/index.ts'
import { RecordDamage } from '../damage.ts'
import { formatLimits } from '../limits.ts'
import type { Stage, StageColumn } from '../stage.ts'
import { parseTimestamp } from '../temporal.ts'
import type { RowReader } from './compile.ts'
import { refusals } from './conversion.ts'
import { encodeDefault } from './default.ts'
import { AvroSizes, type AvroField, type AvroLogical, type AvroRecord, type AvroType } from './schema.ts'

export function interpretRowReader(writer: AvroType, columns: Schema, stage: Stage): RowReader {
  const sizes = new AvroSizes()
  return (cursor, row) => {
    const reader = new ByteReader(cursor.bytes, cursor.position, cursor.end)
    const values = readRow(reader, writer, columns, sizes)
    if (reader.remaining > 0) throw new BytesError('bytes after its end', reader.position)
    values.forEach((value, i) => stageValue(stage.columns[i]!, row, value))
  }
}

/** Writes a boxed value, as valueAt gives it, into a row of a stage. */
export function stageValue(column: StageColumn, row: number, value: Value): void {
  if (value === null || column.layout === 'none') return column.setNull(row)
  column.valid[row] = 1
  switch (column.layout) {
    case 'bool':
      column.bytes[row] = value === true ? 1 : 0
      return
    case 'int8':
      column.i8[row] = value as number
      return
    case 'int16':
      column.i16[row] = value as number
      return
    case 'int32':
      column.i32[row] = value as number
      return
    case 'float32':
      column.f32[row] = value as number
      return
    case 'float64':
      column.f64[row] = value as number
      return
    case 'int64':
    case 'int128':
      return column.setBigInt(row, value as bigint)
    case 'bytes': {
      const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : (value as Uint8Array)
      return column.setBytes(row, bytes, 0, bytes.length)
    }
    case 'struct':
      column.children.forEach((child, i) => stageValue(child, row, (value as readonly Value[])[i]!))
      return
    case 'list':
    case 'map': {
      let at = column.offsets[row]!
      const elements =
        column.layout === 'list' ? (value as readonly Value[]) : [...(value as ReadonlyMap<Value, Value>)]
      for (const element of elements) {
        column.children[0]!.ensure(at)
        stageValue(column.children[0]!, at++, element)
      }
      column.offsets[row + 1] = at
    }
  }
}

function misfit(reason: string, reader: ByteReader): never {
  throw new RecordDamage('MR-FORMAT-009', reason, reader.position)
}

function damaged(reason: string, reader: ByteReader): never {
  throw new BytesError(reason, reader.position)
}

function int(reader: ByteReader): number {
  const value = reader.varlong()
  if (value !== BigInt.asIntN(32, value)) damaged('an int has more than 32 bits', reader)
  return Number(value)
}

function size(reader: ByteReader): number {
  const value = reader.varlong()
  if (value < 0n || value > BigInt(reader.remaining)) damaged('a length beyond the record', reader)
  return Number(value)
}

function index(reader: ByteReader, count: number): number {
  const value = int(reader)
  if (value < 0 || value >= count) damaged('an index beyond', reader)
  return value
}

function readRow(reader: ByteReader, writer: AvroType, columns: Schema, sizes: AvroSizes): Value[] {
  let record = writer
  if (writer.kind === 'union') record = writer.branches[index(reader, writer.branches.length)]!
  if (record.kind !== 'record') return misfit('not a record', reader)
  return readFields(reader, record, columns.fields, sizes)
}

function readFields(reader: ByteReader, record: AvroRecord, wanted: Schema['fields'], sizes: AvroSizes): Value[] {
  const values: Value[] = wanted.map(() => null)
  for (const field of record.fields) {
    const i = wanted.findIndex((column) => column.name === field.name)
    if (i < 0) skip(reader, field.type, sizes, 0)
    else values[i] = readValue(reader, field.type, wanted[i]!.type, sizes)
  }
  for (const field of record.absent ?? []) {
    const i = wanted.findIndex((column) => column.name === field.name)
    if (i >= 0) values[i] = readDefault(field, wanted[i]!.type)
  }
  wanted.forEach((column, i) => {
    if (values[i] === null && !column.type.nullable) misfit(`${column.name} is null`, reader)
  })
  return values
}

/** The value of a field that the writer has not. Throws RecordDamage or BytesError where the default is none of the column. */
export function readDefault(field: AvroField, column: LogicalType): Value {
  const bytes = field.hasDefault ? encodeDefault(field.type, field.default) : undefined
  if (!bytes) throw new RecordDamage('MR-FORMAT-009', `${field.name} has no default`, 0)
  return readValue(new ByteReader(bytes), field.type, column, new AvroSizes())
}

function readValue(reader: ByteReader, writer: AvroType, column: LogicalType, sizes: AvroSizes): Value {
  const refused = refusals.get(writer)
  if (refused !== undefined) misfit(refused, reader)
  switch (writer.kind) {
    case 'null':
      return column.nullable ? null : misfit('null', reader)
    case 'union':
      return readValue(reader, writer.branches[index(reader, writer.branches.length)]!, column, sizes)
    case 'boolean': {
      const byte = reader.uint8()
      return byte > 1 ? damaged('a boolean', reader) : byte === 1
    }
    case 'int':
      return fromInteger(BigInt(int(reader)), 'int', 1000, column, reader)
    case 'long':
      return fromInteger(reader.varlong(), 'long', ticksOf(writer), column, reader)
    case 'float':
    case 'double': {
      const bytes = reader.take(writer.kind === 'float' ? 4 : 8)
      const view = new DataView(bytes.buffer, bytes.byteOffset)
      return writer.kind === 'float' ? view.getFloat32(0, true) : view.getFloat64(0, true)
    }
    case 'string':
    case 'bytes':
      return fromBytes(reader, size(reader), writer.kind === 'bytes' ? scaleOf(writer) : undefined, column)
    case 'fixed':
      if (writer.logical?.name === 'uuid' && (column.kind === 'CHAR' || column.kind === 'VARCHAR'))
        return uuidText(reader.take(16))
      return fromBytes(reader, writer.size, scaleOf(writer), column)
    case 'enum': {
      const symbol = writer.symbols[index(reader, writer.symbols.length)]!
      return symbol === '' ? misfit('an unknown symbol', reader) : symbol
    }
    case 'record':
      return column.kind === 'ROW' ? readFields(reader, writer, column.fields, sizes) : misfit('a record', reader)
    case 'array': {
      const elements: Value[] = []
      if (column.kind !== 'ARRAY') return misfit('an array', reader)
      blocks(reader, sizes.of(writer.items).least, () =>
        elements.push(readValue(reader, writer.items, column.element, sizes)),
      )
      return elements
    }
    case 'map': {
      const entries = new Map<Value, Value>()
      if (column.kind !== 'MAP') return misfit('a map', reader)
      blocks(reader, sizes.of(writer.values).least + 1, () => {
        const key = reader.text(size(reader))
        entries.set(key, readValue(reader, writer.values, column.value, sizes))
      })
      return entries
    }
  }
}

function uuidText(bytes: Uint8Array): string {
  const hex = toHex(bytes)
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

function blocks(reader: ByteReader, least: number, each: () => void): void {
  let total = 0
  for (;;) {
    let count = reader.varlong()
    if (count === 0n) return
    if (count < 0n) {
      count = -count
      size(reader)
    }
    total += Number(count)
    const most = least === 0 ? formatLimits.emptyElementsMax : formatLimits.elementsMax
    if (total > most || Number(count) * least > reader.remaining) damaged('a block beyond the record', reader)
    for (let i = 0; i < Number(count); i++) each()
  }
}

function ticksOf(writer: AvroType & { connectName: string | null }): number {
  const name = ('logical' in writer ? writer.logical?.name : undefined) ?? writer.connectName ?? ''
  return /nano/i.test(name) ? 1e9 : /micro/i.test(name) ? 1e6 : 1e3
}

function fromInteger(
  value: bigint,
  from: 'int' | 'long',
  ticks: number,
  column: LogicalType,
  reader: ByteReader,
): Value {
  const within = (bits: number): number =>
    value === BigInt.asIntN(bits, value) ? Number(value) : misfit('out of range', reader)
  switch (column.kind) {
    case 'TINYINT':
      return within(8)
    case 'SMALLINT':
      return within(16)
    case 'INT':
    case 'DATE':
      return within(32)
    case 'TIME': {
      const millis = from === 'int' ? Number(value) : Math.floor(Number(value) / (ticks / 1000))
      return millis >= 0 && millis < 86_400_000 ? millis : misfit('no time of the day', reader)
    }
    case 'FLOAT':
      return Math.fround(Number(value))
    case 'DOUBLE':
      return Number(value)
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ': {
      // Floor division in whole numbers: the remainder of a negative one is negative.
      const scaled = value * BigInt(ticksPerSecond(column.precision))
      const rest = ((scaled % BigInt(ticks)) + BigInt(ticks)) % BigInt(ticks)
      const result = (scaled - rest) / BigInt(ticks)
      return result === BigInt.asIntN(64, result) ? result : misfit('out of range', reader)
    }
    default:
      return value
  }
}

function scaleOf(writer: { readonly logical: AvroLogical | null }): number | null {
  return writer.logical?.name === 'decimal' ? writer.logical.scale : null
}

/** @param scale of the decimal in the bytes; null: the column's; undefined: a string */
function fromBytes(reader: ByteReader, length: number, scale: number | null | undefined, column: LogicalType): Value {
  const bytes = reader.take(length)
  switch (column.kind) {
    case 'CHAR':
    case 'VARCHAR': {
      try {
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
      } catch {
        return damaged('no UTF-8', reader)
      }
    }
    case 'DECIMAL': {
      let value = 0n
      for (const byte of bytes) value = (value << 8n) | BigInt(byte)
      value = BigInt.asIntN(8 * Math.max(1, length), value)
      const shift = column.scale - (scale ?? column.scale)
      const factor = 10n ** BigInt(Math.abs(shift))
      if (shift < 0 && value % factor !== 0n) misfit('more digits', reader)
      value = shift < 0 ? value / factor : value * factor
      const bound = 10n ** BigInt(column.precision)
      return value < bound && value > -bound ? value : misfit('more digits', reader)
    }
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return BigInt(
        parseTimestamp(bytes, 0, length, ticksPerSecond(column.precision), 'required') ?? misfit('no time', reader),
      )
    default:
      return bytes.slice()
  }
}

function skip(reader: ByteReader, type: AvroType, sizes: AvroSizes, depth: number): void {
  if (depth > formatLimits.depthMax) damaged('too deep', reader)
  const known = sizes.of(type)
  if (known.fixed) return reader.skip(known.least)
  switch (type.kind) {
    case 'int':
      int(reader)
      return
    case 'long':
      reader.varlong()
      return
    case 'enum':
      index(reader, type.symbols.length)
      return
    case 'string':
    case 'bytes':
      return reader.skip(size(reader))
    case 'union':
      return skip(reader, type.branches[index(reader, type.branches.length)]!, sizes, depth + 1)
    case 'record':
      return type.fields.forEach((field) => skip(reader, field.type, sizes, depth + 1))
    case 'array':
      return blocks(reader, sizes.of(type.items).least, () => skip(reader, type.items, sizes, depth + 1))
    case 'map':
      return blocks(reader, sizes.of(type.values).least + 1, () => {
        reader.skip(size(reader))
        skip(reader, type.values, sizes, depth + 1)
      })
  }
}
