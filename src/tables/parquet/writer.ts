// Writes a Parquet file from batches: row groups of column chunks, then the footer with schema, field ids and statistics.
// Invariant: bytes go out in order, once; what finish() returns describes exactly them. One row group is held in memory.
// Reference: parquet-format README "File format", parquet.thrift; Iceberg spec Appendix A (field ids, types).
import { assert, compareBytes, concatBytes, encodeText } from '../../base/index.ts'
import type { Batch } from '../../model/index.ts'
import { tablesLimits, type TablesLimits } from '../limits.ts'
import { appendRows, LeafValues } from './leaf-values.ts'
import { codec, encodeChunk, encoding, type Chunk, type Codec } from './pages.ts'
import { physical, type Leaf, type Node, type Shape } from './shape.ts'
import { statisticsOf, type Bound, type LeafStatistics } from './statistics.ts'
import { ThriftWriter } from './thrift.ts'

export interface ColumnSummary extends LeafStatistics {
  readonly size: number
  /** Inside a list or map: bounds say nothing about rows. */
  readonly repeated: boolean
}
export interface ParquetSummary {
  readonly size: number
  readonly rowCount: number
  /** Where row groups begin. */
  readonly splitOffsets: readonly number[]
  /** By field id of the leaf. */
  readonly columns: ReadonlyMap<number, ColumnSummary>
}

interface ChunkEntry {
  readonly leaf: Leaf
  readonly at: number
  readonly chunk: Chunk
  readonly statistics: LeafStatistics
}
interface RowGroup {
  readonly at: number
  readonly rowCount: number
  readonly chunks: readonly ChunkEntry[]
}

const magic = encodeText('PAR1')

export class ParquetWriter {
  readonly #shape: Shape
  readonly #codec: Codec
  readonly #limits: TablesLimits
  readonly #write: (bytes: Uint8Array) => void
  #values: LeafValues[]
  #groupRows = 0
  readonly #groups: RowGroup[] = []
  #at = 0

  /** @param options.write gets the file's bytes in order; must not keep them past the call */
  constructor(shape: Shape, options: { write: (bytes: Uint8Array) => void; codec?: Codec; limits?: TablesLimits }) {
    this.#shape = shape
    this.#codec = options.codec ?? 'zstd'
    this.#limits = options.limits ?? tablesLimits
    this.#write = options.write
    this.#values = shape.leaves.map((leaf) => new LeafValues(leaf))
    this.#emit(magic)
  }

  /** Bytes written and held: about what the file will take before compression of what is held. */
  get size(): number {
    return this.#at + this.#heldBytes()
  }

  #heldBytes(): number {
    let size = 0
    for (const { leaf, present, bytesLength } of this.#values) {
      size +=
        leaf.store === 'bytes'
          ? bytesLength + present * 4
          : leaf.store === 'int128'
            ? present * 16
            : leaf.store === 'bool'
              ? present / 8
              : present * 8
    }
    return size
  }

  /** Appends rows, kinds ignored. Copies. @param rows which rows, in order; null: all */
  append(batch: Batch, rows: Int32Array | null = null): void {
    assert(batch.columns.length === this.#shape.columns.length, 'the batch has the columns of the file')
    const rowCount = rows ? rows.length : batch.rowCount
    if (rowCount === 0) return
    for (const values of this.#values) appendRows(values, batch.columns[values.leaf.column]!, rows, batch.rowCount)
    this.#groupRows += rowCount
    if (this.#heldBytes() >= this.#limits.rowGroupBytesMax) this.#flush()
  }

  #flush(): void {
    if (this.#groupRows === 0) return
    const at = this.#at
    const chunks = this.#values.map((values): ChunkEntry => {
      const chunk = encodeChunk(values, this.#codec, this.#limits)
      const entry = { leaf: values.leaf, at: this.#at, chunk, statistics: statisticsOf(values) }
      for (const part of chunk.parts) this.#emit(part)
      return { ...entry, chunk: { ...chunk, parts: [] } }
    })
    this.#groups.push({ at, rowCount: this.#groupRows, chunks })
    this.#values = this.#shape.leaves.map((leaf) => new LeafValues(leaf))
    this.#groupRows = 0
  }

  #emit(bytes: Uint8Array): void {
    this.#write(bytes)
    this.#at += bytes.length
  }

  /** Writes the rest and the footer. The writer is done then. */
  finish(): ParquetSummary {
    this.#flush()
    const footer = encodeFooter(this.#shape, this.#groups, this.#codec)
    const length = new Uint8Array(4)
    new DataView(length.buffer).setUint32(0, footer.length, true)
    this.#emit(concatBytes([footer, length, magic]))
    const rowCount = this.#groups.reduce((sum, g) => sum + g.rowCount, 0)
    return {
      size: this.#at,
      rowCount,
      splitOffsets: this.#groups.map((g) => g.at),
      columns: summarize(this.#shape, this.#groups),
    }
  }
}

function encodeFooter(shape: Shape, groups: readonly RowGroup[], codecName: Codec): Uint8Array {
  const out = new ThriftWriter()
  out.int32(1, 1)
  const nodes: (Node | undefined)[] = [undefined]
  const visit = (node: Node): void => {
    nodes.push(node)
    node.children.forEach(visit)
  }
  shape.columns.forEach(visit)
  out.structList(2, nodes, (node) => schemaElement(out, node, shape.columns.length))
  out.int64(
    3,
    groups.reduce((sum, g) => sum + g.rowCount, 0),
  )
  out.structList(4, groups, (group) => rowGroup(out, group, codecName))
  out.text(6, 'millrace')
  // The order of each leaf's statistics: as its type defines.
  out.structList(7, shape.leaves, () => out.struct(1, () => {}))
  return out.finish()
}

function schemaElement(out: ThriftWriter, node: Node | undefined, columnCount: number): void {
  if (!node) {
    out.text(4, 'table')
    out.int32(5, columnCount)
    return
  }
  const { leaf } = node
  if (leaf) out.int32(1, physical[leaf.physical])
  if (leaf?.physical === 'FIXED') out.int32(2, leaf.width)
  out.int32(3, node.repetition)
  out.text(4, node.name)
  if (!leaf) out.int32(5, node.children.length)
  const type = leaf?.type
  const decimal = type?.kind === 'DECIMAL' ? type : undefined
  const converted = convertedTypes[node.logical]
  if (converted !== undefined) out.int32(6, converted)
  if (decimal) {
    out.int32(7, decimal.scale)
    out.int32(8, decimal.precision)
  }
  if (node.fieldId !== undefined) out.int32(9, node.fieldId)
  logicalType(out, node, decimal)
}

/** The older annotation, for readers that know only it. A local timestamp has none. */
const convertedTypes: Partial<Record<Node['logical'], number>> = {
  string: 0,
  map: 1,
  list: 3,
  decimal: 5,
  date: 6,
  timestamptz: 10,
}

function logicalType(out: ThriftWriter, node: Node, decimal: { precision: number; scale: number } | undefined): void {
  const empty = (id: number): void => out.struct(10, () => out.struct(id, () => {}))
  const micros = (id: number, utc: boolean): void =>
    out.struct(10, () =>
      out.struct(id, () => {
        out.boolean(1, utc)
        out.struct(2, () => out.struct(2, () => {}))
      }),
    )
  switch (node.logical) {
    case 'string':
      return empty(1)
    case 'map':
      return empty(2)
    case 'list':
      return empty(3)
    case 'decimal':
      return out.struct(10, () =>
        out.struct(5, () => {
          out.int32(1, decimal!.scale)
          out.int32(2, decimal!.precision)
        }),
      )
    case 'date':
      return empty(6)
    case 'time':
      return micros(7, false)
    case 'timestamp':
      return micros(8, false)
    case 'timestamptz':
      return micros(8, true)
    case 'none':
  }
}

function rowGroup(out: ThriftWriter, group: RowGroup, codecName: Codec): void {
  out.structList(1, group.chunks, (entry) => {
    out.int64(2, 0)
    out.struct(3, () => columnMetadata(out, entry, codecName))
  })
  out.int64(
    2,
    group.chunks.reduce((sum, c) => sum + c.chunk.uncompressedSize, 0),
  )
  out.int64(3, group.rowCount)
  out.int64(5, group.at)
  out.int64(
    6,
    group.chunks.reduce((sum, c) => sum + c.chunk.size, 0),
  )
}

function columnMetadata(out: ThriftWriter, entry: ChunkEntry, codecName: Codec): void {
  const { leaf, at, chunk, statistics } = entry
  out.int32(1, physical[leaf.physical])
  out.int32List(
    2,
    chunk.hasDictionary ? [encoding.plain, encoding.rle, encoding.rleDictionary] : [encoding.plain, encoding.rle],
  )
  out.textList(3, leaf.path)
  out.int32(4, codec[codecName])
  out.int64(5, statistics.valueCount)
  out.int64(6, chunk.uncompressedSize)
  out.int64(7, chunk.size)
  out.int64(9, at + chunk.dataPageAt)
  if (chunk.hasDictionary) out.int64(11, at)
  out.struct(12, () => {
    const { lower, upper, nullCount } = statistics
    out.int64(3, nullCount)
    if (upper) out.binary(5, upper.plain)
    if (lower) out.binary(6, lower.plain)
    if (upper) out.boolean(7, upper.exact)
    if (lower) out.boolean(8, lower.exact)
  })
}

function summarize(shape: Shape, groups: readonly RowGroup[]): Map<number, ColumnSummary> {
  const columns = new Map<number, ColumnSummary>()
  shape.leaves.forEach((leaf, i) => {
    const entries = groups.map((g) => g.chunks[i]!)
    const sum = (of: (e: ChunkEntry) => number): number => entries.reduce((total, e) => total + of(e), 0)
    // A group of nulls only has no bounds and takes nothing from the others'; one whose bound cannot be raised does.
    const valued = entries.filter(
      (e) => e.statistics.valueCount - e.statistics.nullCount > (e.statistics.nanCount ?? 0),
    )
    const pick = (side: 'lower' | 'upper'): Bound | undefined => {
      const bounds = valued.map((e) => e.statistics[side])
      if (bounds.length === 0 || bounds.some((b) => !b)) return undefined
      return bounds.reduce((best, b) => (compareBounds(leaf, b!, best!) < 0 === (side === 'lower') ? b : best))
    }
    const floating = leaf.store === 'float32' || leaf.store === 'float64'
    columns.set(leaf.fieldId, {
      size: sum((e) => e.chunk.size),
      repeated: leaf.repetitionMax > 0,
      valueCount: sum((e) => e.statistics.valueCount),
      nullCount: sum((e) => e.statistics.nullCount),
      nanCount: floating ? sum((e) => e.statistics.nanCount ?? 0) : undefined,
      lower: pick('lower'),
      upper: pick('upper'),
    })
  })
  return columns
}

function compareBounds(leaf: Leaf, a: Bound, b: Bound): number {
  const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const x = view(a.plain)
  const y = view(b.plain)
  switch (leaf.physical) {
    case 'BOOLEAN':
    case 'BYTE_ARRAY':
      return compareBytes(a.plain, b.plain)
    case 'INT32':
      return x.getInt32(0, true) - y.getInt32(0, true)
    case 'INT64': {
      const [v, w] = [x.getBigInt64(0, true), y.getBigInt64(0, true)]
      return v < w ? -1 : v > w ? 1 : 0
    }
    case 'FLOAT':
      return x.getFloat32(0, true) - y.getFloat32(0, true)
    case 'DOUBLE':
      return x.getFloat64(0, true) - y.getFloat64(0, true)
    case 'FIXED':
      // Two's complement: the first byte is signed.
      return x.getInt8(0) - y.getInt8(0) || compareBytes(a.plain, b.plain)
  }
}
