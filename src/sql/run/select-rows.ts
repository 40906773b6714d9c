// Keeps the rows of a batch whose bit is set. Copies lane-wise; nothing is boxed.
import { allocateBytes, allocateLanes, ColumnBuilder, type Batch, type Column, type Lanes } from '../../model/index.ts'

/** @param mask Uint8Array[(rows + 7) / 8], bit per row. Gives the batch itself when every row is kept. O(kept × columns). */
export function selectRows(batch: Batch, mask: Uint8Array): Batch {
  const { rowCount } = batch
  const rows = new Int32Array(rowCount)
  let count = 0
  for (let row = 0; row < rowCount; row++) if ((mask[row >> 3]! & (1 << (row & 7))) !== 0) rows[count++] = row
  if (count === rowCount) return batch
  const kept = rows.subarray(0, count)
  return {
    schema: batch.schema,
    rowCount: count,
    kinds: batch.kinds && gatherBytes(batch.kinds, kept),
    columns: batch.columns.map((column) => gather(column, kept)),
  }
}

function gather(column: Column, rows: Int32Array): Column {
  const validity = column.validity && gatherBits(column.validity, rows)
  switch (column.layout) {
    case 'none':
      return column
    case 'bool':
      return { ...column, validity, values: gatherBits(column.values as Uint8Array, rows) }
    case 'bytes':
      return gatherText(column, validity, rows)
    case 'list':
    case 'map':
    case 'struct': {
      const builder = new ColumnBuilder(column.type)
      for (const row of rows) builder.appendFrom(column, row)
      return builder.finish()
    }
    case 'int64':
    case 'int128':
      return { ...column, validity, values: gatherWide(column.values as BigInt64Array, rows, column.layout) }
    default: {
      const values = allocateLanes(column.layout, rows.length)
      gatherNarrow(column.values as Float64Array, values as Float64Array, rows)
      return { ...column, validity, values }
    }
  }
}

function gatherNarrow(from: Float64Array, to: Float64Array, rows: Int32Array): void {
  for (let i = 0; i < rows.length; i++) to[i] = from[rows[i]!]!
}

function gatherWide(from: BigInt64Array, rows: Int32Array, layout: 'int64' | 'int128'): Lanes {
  const lanes = allocateLanes(layout, rows.length)
  // Halves as 32-bit numbers: moving a 64-bit lane must not box a BigInt.
  const source = new Int32Array(from.buffer, from.byteOffset, from.length * 2)
  const target = new Int32Array(lanes.buffer, lanes.byteOffset, lanes.length * 2)
  const halves = layout === 'int64' ? 2 : 4
  for (let i = 0; i < rows.length; i++) {
    const a = rows[i]! * halves
    const b = i * halves
    for (let h = 0; h < halves; h++) target[b + h] = source[a + h]!
  }
  return lanes
}

function gatherBytes(from: Uint8Array, rows: Int32Array): Uint8Array {
  const to = allocateBytes(rows.length)
  for (let i = 0; i < rows.length; i++) to[i] = from[rows[i]!]!
  return to
}

function gatherBits(from: Uint8Array, rows: Int32Array): Uint8Array {
  const to = allocateBytes((rows.length + 7) >> 3)
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    if ((from[row >> 3]! & (1 << (row & 7))) !== 0) to[i >> 3]! |= 1 << (i & 7)
  }
  return to
}

function gatherText(column: Column, validity: Uint8Array | null, rows: Int32Array): Column {
  const from = column.values as Uint8Array
  const offsets = column.offsets!
  let size = 0
  for (let i = 0; i < rows.length; i++) size += offsets[rows[i]! + 1]! - offsets[rows[i]!]!
  const values = allocateBytes(size)
  const ends = new Int32Array(new SharedArrayBuffer((rows.length + 1) * 4))
  let at = 0
  for (let i = 0; i < rows.length; i++) {
    const end = offsets[rows[i]! + 1]!
    for (let b = offsets[rows[i]!]!; b < end; b++) values[at++] = from[b]!
    ends[i + 1] = at
  }
  return { ...column, validity, values, offsets: ends }
}
