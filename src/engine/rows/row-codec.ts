// Rows of state as bytes: what a keyed slot keeps of a row. Not a public format by itself; it lies inside state files, whose
// slots carry a layout version. Per row: null bits, least significant first; then each value that is not NULL: fixed widths
// big-endian, bytes with an unsigned varint length, lists and maps with their count, structs like rows.
import { ByteReader, ByteWriter } from '../../base/index.ts'
import { isNull, type Batch, type Column, type ColumnBuilder, type Lanes } from '../../model/index.ts'

/** Appends one row's bytes. @param columns which of the batch's columns, in order */
export function encodeRow(writer: ByteWriter, columns: readonly Column[], row: number): void {
  for (let i = 0; i < columns.length; i += 8) {
    let bits = 0
    for (let b = 0; b < 8 && i + b < columns.length; b++) {
      const column = columns[i + b]!
      if (column.layout === 'none' || isNull(column, row)) bits |= 1 << b
    }
    writer.uint8(bits)
  }
  for (const column of columns) if (column.layout !== 'none' && !isNull(column, row)) encodeValue(writer, column, row)
}

/** Appends one value, which is not NULL. */
export function encodeValue(writer: ByteWriter, column: Column, row: number): void {
  const { values } = column
  switch (column.layout) {
    case 'bool':
      return writer.uint8(((values as Uint8Array)[row >> 3]! >> (row & 7)) & 1)
    case 'int8':
      return writer.int8((values as Lanes)[row] as number)
    case 'int16':
      return writer.int16((values as Lanes)[row] as number)
    case 'int32':
      return writer.int32((values as Lanes)[row] as number)
    case 'float32':
    case 'float64':
      return writer.float64((values as Lanes)[row] as number)
    case 'int64':
      return writer.int64((values as BigInt64Array)[row]!)
    case 'int128':
      writer.int64((values as BigInt64Array)[row * 2]!)
      return writer.int64((values as BigInt64Array)[row * 2 + 1]!)
    case 'bytes': {
      const from = column.offsets![row]!
      const to = column.offsets![row + 1]!
      writer.uvarint(to - from)
      return writer.raw((values as Uint8Array).subarray(from, to))
    }
    case 'list':
    case 'map': {
      const from = column.offsets![row]!
      const to = column.offsets![row + 1]!
      writer.uvarint(to - from)
      for (let i = from; i < to; i++) encodeRow(writer, column.children, i)
      return
    }
    case 'struct':
      return encodeRow(writer, column.children, row)
    case 'none':
      return
  }
}

/** Reads one row into builders, one per column of the row. */
export function appendRow(builders: readonly ColumnBuilder[], reader: ByteReader): void {
  const bits = reader.take((builders.length + 7) >> 3)
  for (let i = 0; i < builders.length; i++) {
    if ((bits[i >> 3]! >> (i & 7)) & 1) builders[i]!.appendNull()
    else appendDecoded(builders[i]!, reader)
  }
}

/** Reads one value that is not NULL. */
export function appendDecoded(builder: ColumnBuilder, reader: ByteReader): void {
  switch (builder.layout) {
    case 'bool':
      return builder.appendBoolean(reader.uint8() !== 0)
    case 'int8':
      return builder.appendNumber(reader.int8())
    case 'int16':
      return builder.appendNumber(reader.int16())
    case 'int32':
      return builder.appendNumber(reader.int32())
    case 'float32':
    case 'float64':
      return builder.appendNumber(reader.float64())
    case 'int64':
      return builder.appendBigInt(reader.int64())
    case 'int128': {
      const low = reader.int64()
      return builder.appendBigInt((reader.int64() << 64n) | BigInt.asUintN(64, low))
    }
    case 'bytes': {
      const size = reader.uvarint()
      const from = reader.position
      reader.skip(size)
      return builder.appendBytes(reader.bytes, from, from + size)
    }
    case 'list':
    case 'map': {
      const count = reader.uvarint()
      for (let i = 0; i < count; i++) appendRow(builder.children, reader)
      return builder.appendListEnd()
    }
    case 'struct':
      appendRow(builder.children, reader)
      return builder.appendStructEnd()
    case 'none':
      return builder.appendNull()
  }
}

/** Columns of a batch by index. */
export function pickColumns(batch: Batch, columns: readonly number[]): Column[] {
  return columns.map((c) => batch.columns[c]!)
}
