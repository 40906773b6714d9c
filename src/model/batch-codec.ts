// A batch as one run of bytes, for rings and state files: little-endian, every buffer 8-byte aligned, so that a decoded batch
// is views of the bytes and copies nothing. The schema is not in it: both sides know it. Version byte first.
// Layout: u8 version, u8 hasKinds, u16 0, u32 rows; then per column (depth first): u8 hasValidity, 7 x 0, then each buffer as
// u32 byteLength, u32 0, bytes padded to 8. Offsets of slices are rebased, so each first offset is 0.
import { assert, BytesError } from '../base/index.ts'
import type { Batch, Column } from './batch.ts'
import { childFields, layoutOf, type LogicalType, type Schema } from './types.ts'

const version = 1
const pad8 = (n: number): number => (n + 7) & ~7

/** Bytes of a batch, a new array on unshared memory. O(bytes). */
export function encodeBatch(batch: Batch): Uint8Array {
  const parts: Uint8Array[] = []
  const head = new DataView(new ArrayBuffer(8))
  head.setUint8(0, version)
  head.setUint8(1, batch.kinds ? 1 : 0)
  head.setUint32(4, batch.rowCount, true)
  parts.push(new Uint8Array(head.buffer))
  if (batch.kinds) pushBuffer(parts, batch.kinds.subarray(0, batch.rowCount))
  for (const column of batch.columns) pushColumn(parts, column, 0, batch.rowCount)
  let size = 0
  for (const part of parts) size += part.length
  const out = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

function pushBuffer(parts: Uint8Array[], bytes: Uint8Array): void {
  const head = new DataView(new ArrayBuffer(8))
  head.setUint32(0, bytes.length, true)
  parts.push(new Uint8Array(head.buffer), bytes)
  if (pad8(bytes.length) > bytes.length) parts.push(new Uint8Array(pad8(bytes.length) - bytes.length))
}

const asBytes = (a: ArrayBufferView): Uint8Array => new Uint8Array(a.buffer as ArrayBuffer, a.byteOffset, a.byteLength)

function pushColumn(parts: Uint8Array[], column: Column, from: number, to: number): void {
  const { layout, validity } = column
  const flag = new Uint8Array(8)
  flag[0] = validity ? 1 : 0
  parts.push(flag)
  if (validity) pushBuffer(parts, bitsOf(validity, from, to))
  if (layout === 'none') return
  if (layout === 'bool') return pushBuffer(parts, bitsOf(column.values as Uint8Array, from, to))
  if (layout === 'struct') {
    for (const child of column.children) pushColumn(parts, child, from, to)
    return
  }
  if (layout === 'bytes' || layout === 'list' || layout === 'map') {
    const offsets = column.offsets!
    const first = offsets[from]!
    const rebased = offsets.slice(from, to + 1)
    if (first !== 0) for (let i = 0; i < rebased.length; i++) rebased[i]! -= first
    pushBuffer(parts, asBytes(rebased))
    if (layout === 'bytes') pushBuffer(parts, (column.values as Uint8Array).subarray(first, offsets[to]))
    else pushColumn(parts, column.children[0]!, first, offsets[to]!)
    return
  }
  const perRow = layout === 'int128' ? 2 : 1
  const lanes = column.values as Float64Array
  pushBuffer(parts, asBytes(lanes.subarray(from * perRow, to * perRow)))
}

function bitsOf(bits: Uint8Array, from: number, to: number): Uint8Array {
  if ((from & 7) === 0) return bits.subarray(from >> 3, (to + 7) >> 3)
  const out = new Uint8Array((to - from + 7) >> 3)
  for (let i = from; i < to; i++) if (bits[i >> 3]! & (1 << (i & 7))) out[(i - from) >> 3]! |= 1 << ((i - from) & 7)
  return out
}

class Cursor {
  readonly bytes: Uint8Array
  readonly view: DataView
  at = 0
  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }
  flag(): boolean {
    if (this.at + 8 > this.bytes.length) throw new BytesError('the batch ends early', this.at)
    this.at += 8
    return this.bytes[this.at - 8] === 1
  }
  buffer(least: number): Uint8Array {
    if (this.at + 8 > this.bytes.length) throw new BytesError('the batch ends early', this.at)
    const size = this.view.getUint32(this.at, true)
    const from = this.at + 8
    if (size < least || size > this.bytes.length - from) throw new BytesError(`a buffer of ${size} bytes`, this.at)
    this.at = from + pad8(size)
    return this.bytes.subarray(from, from + size)
  }
}

/** Views of `bytes`, which must be 8-byte aligned and stay unchanged as long as the batch is used. */
export function decodeBatch(schema: Schema, bytes: Uint8Array): Batch {
  assert(bytes.byteOffset % 8 === 0, 'encoded batches are 8-byte aligned')
  const cursor = new Cursor(bytes)
  if (bytes.length < 8 || bytes[0] !== version)
    throw new BytesError(`batch version ${bytes[0]}, known is ${version}`, 0)
  const rowCount = cursor.view.getUint32(4, true)
  cursor.at = 8
  const kinds = bytes[1] === 1 ? cursor.buffer(rowCount) : null
  const columns = schema.fields.map((field) => readColumn(cursor, field.type, rowCount))
  return { schema, rowCount, kinds, columns }
}

function readColumn(cursor: Cursor, type: LogicalType, rows: number): Column {
  const layout = layoutOf(type)
  const validity = cursor.flag() ? cursor.buffer((rows + 7) >> 3) : null
  const column = { type, layout, validity, values: null, offsets: null, children: [] as readonly Column[] }
  const lanes = (perRow: number, width: number): [ArrayBufferLike, number, number] => {
    const buffer = cursor.buffer(rows * perRow * width)
    return [buffer.buffer, buffer.byteOffset, rows * perRow]
  }
  switch (layout) {
    case 'none':
      return column
    case 'bool':
      return { ...column, values: cursor.buffer((rows + 7) >> 3) }
    case 'int8':
      return { ...column, values: new Int8Array(...lanes(1, 1)) }
    case 'int16':
      return { ...column, values: new Int16Array(...lanes(1, 2)) }
    case 'int32':
      return { ...column, values: new Int32Array(...lanes(1, 4)) }
    case 'float32':
      return { ...column, values: new Float32Array(...lanes(1, 4)) }
    case 'float64':
      return { ...column, values: new Float64Array(...lanes(1, 8)) }
    case 'int64':
      return { ...column, values: new BigInt64Array(...lanes(1, 8)) }
    case 'int128':
      return { ...column, values: new BigInt64Array(...lanes(2, 8)) }
    case 'struct':
      return { ...column, children: childFields(type).map((field) => readColumn(cursor, field.type, rows)) }
    case 'bytes':
    case 'list':
    case 'map': {
      const buffer = cursor.buffer((rows + 1) * 4)
      const offsets = new Int32Array(buffer.buffer, buffer.byteOffset, rows + 1)
      for (let i = 0; i < rows; i++) if (offsets[i]! > offsets[i + 1]!) throw new BytesError('offsets fall', cursor.at)
      const last = offsets[rows]!
      if (layout === 'bytes') return { ...column, offsets, values: cursor.buffer(last) }
      return { ...column, offsets, children: [readColumn(cursor, childFields(type)[0]!.type, last)] }
    }
  }
}
