// Bytes of one column alone, as Flink's raw format has them (big-endian, UTF-8), and the keys of records: raw for one
// column, a JSON object in column order for several. A key holds no schema id: an id would move keys between partitions
// and break compaction with each change of the schema.
// Reference: Flink 2.3 RawFormatSerializationSchema; docs/ARCHITECTURE.md, keys.
import { MillraceError, unreachable, type ByteWriter } from '../base/index.ts'
import { describeType, type Column, type LogicalType, type Schema } from '../model/index.ts'
import { RecordDamage } from './damage.ts'
import type { StageColumn } from './stage.ts'

/** Bytes that a raw value of the type must have, or null for text and bytes; undefined when raw cannot hold it. */
export function rawSize(type: LogicalType): number | null | undefined {
  switch (type.kind) {
    case 'BOOLEAN':
    case 'TINYINT':
      return 1
    case 'SMALLINT':
      return 2
    case 'INT':
    case 'FLOAT':
      return 4
    case 'BIGINT':
    case 'DOUBLE':
      return 8
    case 'CHAR':
    case 'VARCHAR':
    case 'BINARY':
    case 'VARBINARY':
      return null
    default:
      return undefined
  }
}

/** Throws MR-FORMAT-002 for a type that raw bytes cannot hold. */
export function checkRaw(name: string, type: LogicalType): void {
  if (rawSize(type) !== undefined) return
  const reason = 'raw bytes hold only text, bytes, booleans and plain numbers'
  throw new MillraceError('MR-FORMAT-002', {
    details: { column: name, type: describeType(type), format: 'raw', reason },
  })
}

/** Reads bytes[from, from + size) into a row. Throws RecordDamage. */
export function readRaw(column: StageColumn, row: number, bytes: Uint8Array, from: number, size: number): void {
  const wanted = rawSize(column.type)
  if (wanted === null) {
    const text = column.type.kind === 'CHAR' || column.type.kind === 'VARCHAR'
    if (!text) return column.setBytes(row, bytes, from, size)
    const bad = column.setText(row, bytes, from, size)
    if (bad >= 0) throw new RecordDamage('MR-FORMAT-006', 'it is not UTF-8', bad)
    return
  }
  if (size !== wanted) throw new RecordDamage('MR-FORMAT-006', `${size} bytes, ${wanted} wanted`, from)
  const view = new DataView(bytes.buffer, bytes.byteOffset + from, size)
  column.valid[row] = 1
  switch (column.layout) {
    case 'bool':
      column.bytes[row] = view.getInt8(0) === 0 ? 0 : 1
      return
    case 'int8':
      column.i8[row] = view.getInt8(0)
      return
    case 'int16':
      column.i16[row] = view.getInt16(0)
      return
    case 'int32':
      column.i32[row] = view.getInt32(0)
      return
    case 'float32':
      column.f32[row] = view.getFloat32(0)
      return
    case 'float64':
      column.f64[row] = view.getFloat64(0)
      return
    case 'int64':
      column.words[row * 2] = view.getInt32(4)
      column.words[row * 2 + 1] = view.getInt32(0)
  }
}

/** Appends a not-null value's raw bytes. */
export function writeRaw(column: Column, row: number, out: ByteWriter): void {
  const { type } = column
  switch (type.kind) {
    case 'BOOLEAN':
      return out.int8(((column.values as Uint8Array)[row >> 3]! >> (row & 7)) & 1)
    case 'TINYINT':
      return out.int8((column.values as Int8Array)[row]!)
    case 'SMALLINT':
      return out.int16((column.values as Int16Array)[row]!)
    case 'INT':
      return out.int32((column.values as Int32Array)[row]!)
    case 'BIGINT':
      return out.int64((column.values as BigInt64Array)[row]!)
    case 'FLOAT': {
      const view = new DataView(new ArrayBuffer(4))
      view.setFloat32(0, (column.values as Float32Array)[row]!)
      return out.uint32(view.getUint32(0))
    }
    case 'DOUBLE':
      return out.float64((column.values as Float64Array)[row]!)
    case 'CHAR':
    case 'VARCHAR':
    case 'BINARY':
    case 'VARBINARY':
      return out.raw((column.values as Uint8Array).subarray(column.offsets![row]!, column.offsets![row + 1]!))
    case 'DECIMAL':
    case 'DATE':
    case 'TIME':
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
    case 'INTERVAL_YEAR_MONTH':
    case 'INTERVAL_DAY_TIME':
    case 'ARRAY':
    case 'MAP':
    case 'ROW':
    case 'NULL':
      throw new MillraceError('MR-FORMAT-008', {
        details: { column: '', format: 'raw', reason: `it is a ${type.kind}` },
      })
    default:
      return unreachable(type)
  }
}

/** The schema of some columns, in the order given. */
export function pickColumns(schema: Schema, columns: readonly number[]): Schema {
  return { fields: columns.map((i) => schema.fields[i]!) }
}
