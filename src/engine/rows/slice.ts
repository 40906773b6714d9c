// Views of a part of a batch. Nothing is copied but bit columns that do not begin at a byte.
import type { Batch, Column, Lanes } from '../../model/index.ts'
import { allocateBytes } from '../../model/index.ts'

/** Rows [from, to) of a batch, sharing its buffers. O(columns), plus O(rows) for bits that need shifting. */
export function sliceBatch(batch: Batch, from: number, to: number): Batch {
  if (from === 0 && to === batch.rowCount) return batch
  return {
    schema: batch.schema,
    rowCount: to - from,
    kinds: batch.kinds ? batch.kinds.subarray(from, to) : null,
    columns: batch.columns.map((column) => sliceColumn(column, from, to)),
  }
}

export function sliceColumn(column: Column, from: number, to: number): Column {
  const { layout } = column
  const validity = column.validity ? sliceBits(column.validity, from, to) : null
  if (layout === 'none') return { ...column, validity }
  if (layout === 'struct')
    return { ...column, validity, children: column.children.map((child) => sliceColumn(child, from, to)) }
  if (layout === 'bool') return { ...column, validity, values: sliceBits(column.values as Uint8Array, from, to) }
  if (column.offsets) return { ...column, validity, offsets: column.offsets.subarray(from, to + 1) }
  const perRow = layout === 'int128' ? 2 : 1
  return { ...column, validity, values: (column.values as Float64Array).subarray(from * perRow, to * perRow) as Lanes }
}

function sliceBits(bits: Uint8Array, from: number, to: number): Uint8Array {
  if ((from & 7) === 0) return bits.subarray(from >> 3, (to + 7) >> 3)
  const out = allocateBytes((to - from + 7) >> 3)
  const shift = from & 7
  for (let i = 0; i < out.length; i++) {
    const at = (from >> 3) + i
    out[i] = (bits[at]! >> shift) | ((bits[at + 1] ?? 0) << (8 - shift))
  }
  return out
}
