// One input of a pipeline: a topic's committed records, decoded into batches, cut into slices, with a watermark.
// A slice is a range of offsets of one partition handled as one batch. Cuts fall between records only, so that [from, to)
// says all; a slice that is read again by its offsets has the same rows.
// Watermark: per partition the largest time seen minus the declared delay; the input's is the least of its partitions, and
// none as long as a partition has had no row. It moves between slices.
import { assert, BytesError, MillraceError } from '../base/index.ts'
import {
  BatchBuilder,
  batchRowsMax,
  decodeRecords,
  type Batch,
  type Decompress,
  type RecordColumns,
  type SchemaIds,
  type TopicReader,
  type WatermarkMs,
} from '../model/index.ts'
import { createDecoder, type BadRecord, type RecordDecoder, type TopicFormat } from '../format/index.ts'
import type { EngineLimits } from './limits.ts'
import { nullTime, timesMs } from './operators/operator.ts'
import { sliceBatch } from './rows/slice.ts'

export interface InputSpec {
  readonly format: TopicFormat
  /** Columns of the table that are decoded, in this order. */
  readonly columns: readonly number[]
  /** Index into `columns`. */
  readonly watermark: { readonly column: number; readonly delayMs: number } | null
  /** Keep the records of each slice, for those who pass them on. */
  readonly keepRecords: boolean
}

export interface SliceRecord {
  readonly records: RecordColumns
  readonly index: number
}

export interface Slice {
  readonly partition: number
  readonly from: number
  readonly to: number
  readonly batch: Batch
  /** Of each row, the offset of its record. */
  readonly rowOffsets: Float64Array
  readonly badCount: number
  /** With keepRecords: every record of the slice, and the reason where one could not be decoded. */
  readonly records: readonly (SliceRecord & { readonly bad: BadRecord | null })[]
}

interface Pending {
  readonly batch: Batch
  readonly rowOffsets: Float64Array
  /** Time of each row; empty without a watermark. */
  readonly times: Float64Array
  /** Offset after the last record in it. */
  readonly end: number
  readonly badCount: number
  readonly records: Slice['records']
}

interface Partition {
  offset: number
  maxTimeMs: number
  /** Where a bounded run stops. */
  limit: number
  /** Where it ended at the last look; infinite where nobody looks. */
  seen: number
  /** Bytes read ahead, and records decoded from them. */
  chunk: Uint8Array
  chunkAt: number
  records: RecordColumns | null
  recordIndex: number
  pending: Pending | null
  pendingRow: number
}

export interface SourcePorts {
  readonly reader: TopicReader
  readonly schemaIds: SchemaIds
  readonly decompress: Decompress | undefined
  readonly limits: EngineLimits
  readonly pipeline: string
}

export class TopicInput {
  readonly spec: InputSpec
  readonly #ports: SourcePorts
  readonly #decoder: RecordDecoder
  readonly #builder: BatchBuilder
  readonly #partitions: Partition[] = []
  #watermarkMs: WatermarkMs = -Infinity
  #limits: readonly number[] | undefined
  #isLooking = false

  constructor(spec: InputSpec, ports: SourcePorts) {
    this.spec = spec
    this.#ports = ports
    this.#decoder = createDecoder(spec.format, spec.columns, ports.schemaIds)
    this.#builder = new BatchBuilder(this.#decoder.schema)
  }

  get topic(): string {
    return this.spec.format.topic
  }
  get watermarkMs(): WatermarkMs {
    return this.#watermarkMs
  }
  get partitionCount(): number {
    return this.#partitions.length
  }
  get schema(): Batch['schema'] {
    return this.#decoder.schema
  }
  /** True when the input ends at given offsets. */
  get isBounded(): boolean {
    return this.#limits !== undefined
  }
  offset(partition: number): number {
    return this.#partitions[partition]!.offset
  }
  maxTimeMs(partition: number): number {
    return this.#partitions[partition]!.maxTimeMs
  }

  /**
   * From here on only what is there now is read, until the next look. Whoever looks at rows first and at their keys then has
   * the keys of all rows, since the log shows keys before the rows that are committed with them.
   */
  look(): void {
    this.#isLooking = true
    if (!this.refresh()) return
    this.#partitions.forEach((each, p) => (each.seen = this.#ports.reader.endOffset(this.topic, p)))
  }

  /** Forgets what was read ahead: it is read again, with the keys that there are now. */
  rewind(): void {
    for (const each of this.#partitions) {
      each.pending = null
      each.pendingRow = 0
      each.records = null
      each.chunk = noBytes
      each.chunkAt = 0
    }
  }

  /** Takes up where a committed epoch ended. */
  restore(
    watermarkMs: WatermarkMs,
    partitions: readonly { readonly offset: number; readonly maxTimeMs: number }[],
  ): void {
    assert(this.#partitions.length === 0, 'positions are restored before anything is read')
    this.#watermarkMs = watermarkMs
    for (const { offset, maxTimeMs } of partitions) this.#partitions.push(newPartition(offset, maxTimeMs, Infinity))
  }

  /** The input ends at these offsets. */
  bound(ends: readonly number[]): void {
    this.#limits = ends
    this.#partitions.forEach((partition, p) => (partition.limit = ends[p] ?? 0))
  }

  /** Sees new partitions. @returns false when the topic is not there */
  refresh(): boolean {
    const { reader } = this.#ports
    const count = reader.partitionCount(this.topic)
    if (count === undefined) return false
    while (this.#partitions.length < count) {
      const p = this.#partitions.length
      this.#partitions.push(
        newPartition(reader.startOffset(this.topic, p), -Infinity, this.#limits ? (this.#limits[p] ?? 0) : Infinity),
      )
      // Seen with the next look.
      if (this.#isLooking) this.#partitions[p]!.seen = 0
    }
    return true
  }

  /** Offset after the last record that may be read now. */
  end(partition: number): number {
    const { limit, seen } = this.#partitions[partition]!
    return Math.min(this.#ports.reader.endOffset(this.topic, partition), limit, seen)
  }

  hasData(partition: number): boolean {
    const each = this.#partitions[partition]!
    return each.pending !== null || each.offset < this.end(partition)
  }

  /** True when a bounded input was read to its end. */
  get isExhausted(): boolean {
    return (
      this.#limits !== undefined && this.#partitions.every((each) => each.pending === null && each.offset >= each.limit)
    )
  }

  /**
   * The next slice of a partition that has data: at most one batch, cut where the time runs past `timeMax`, but at least one
   * record. Throws MR-ENGINE-006, -007, -010 and what the reader throws.
   */
  take(partition: number, timeMax: number): Slice {
    const each = this.#partitions[partition]!
    const from = each.offset
    if (!each.pending) {
      each.pending = this.#fill(partition, each, Infinity)
      each.pendingRow = 0
    }
    const { batch, rowOffsets, times, end, badCount, records } = each.pending
    const start = each.pendingRow
    const cut = cutAt(rowOffsets, times, start, batch.rowCount, timeMax)
    const whole = cut === batch.rowCount
    const to = whole ? end : rowOffsets[cut]!
    const slice: Slice = {
      partition,
      from,
      to,
      batch: sliceBatch(batch, start, cut),
      rowOffsets: rowOffsets.subarray(start, cut),
      // Those in between are counted once, with the last part.
      badCount: whole ? badCount : 0,
      records: whole ? records : [],
    }
    for (let r = start; r < cut && r < times.length; r++) if (times[r]! > each.maxTimeMs) each.maxTimeMs = times[r]!
    each.offset = to
    each.pendingRow = cut
    if (whole) each.pending = null
    this.#advance()
    return slice
  }

  /** The slice [from, to), for replay. `from` is where the partition stands. */
  takeExactly(partition: number, from: number, to: number): Slice {
    while (this.#partitions.length <= partition) this.#partitions.push(newPartition(from, -Infinity, Infinity))
    const each = this.#partitions[partition]!
    assert(each.pending === null, 'a replayed input is read by slices only')
    each.offset = from
    each.records = null
    each.chunk = noBytes
    const pending = this.#fill(partition, each, to)
    for (const time of pending.times) if (time > each.maxTimeMs) each.maxTimeMs = time
    each.offset = to
    this.#advance()
    return {
      partition,
      from,
      to,
      batch: pending.batch,
      rowOffsets: pending.rowOffsets,
      badCount: pending.badCount,
      records: pending.records,
    }
  }

  /** Grows the partitions to `count`: they take part in the watermark from then on. */
  expectPartitions(partitions: readonly { readonly offset: number }[]): void {
    for (let p = this.#partitions.length; p < partitions.length; p++)
      this.#partitions.push(newPartition(partitions[p]!.offset, -Infinity, Infinity))
  }

  /** The input has ended. */
  finish(): void {
    this.#watermarkMs = Infinity
  }

  /** Moves the watermark on without rows; false when it is there already. */
  advanceTo(watermarkMs: WatermarkMs): boolean {
    if (watermarkMs <= this.#watermarkMs) return false
    this.#watermarkMs = watermarkMs
    return true
  }

  #advance(): void {
    const { watermark } = this.spec
    if (!watermark) return
    let least = Infinity
    for (const each of this.#partitions) if (each.maxTimeMs < least) least = each.maxTimeMs
    if (least - watermark.delayMs > this.#watermarkMs) this.#watermarkMs = least - watermark.delayMs
  }

  /** Decodes from the partition's offset on, up to one batch, below `limit`. */
  #fill(p: number, each: Partition, limit: number): Pending {
    const stop = Math.min(limit, each.limit, each.seen)
    const offsets: number[] = []
    const bad: BadRecord[] = []
    const kept: (SliceRecord & { bad: BadRecord | null })[] = []
    let badCount = 0
    let next = each.offset
    while (this.#builder.rowCount < batchRowsMax) {
      const records = this.#records(p, each, next, stop)
      if (!records) break
      let to = records.count
      while (to > each.recordIndex && records.offsets[to - 1]! >= stop) to--
      const from = each.recordIndex
      const before = this.#builder.rowCount
      const index = from < to ? this.#decoder.decode(records, from, to, this.#builder, bad) : to
      for (let r = before; r < this.#builder.rowCount; r++) offsets.push(records.offsets[this.#decoder.rowRecord[r]!]!)
      if (this.spec.keepRecords) {
        for (let i = from; i < index; i++) kept.push({ records, index: i, bad: bad.find((b) => b.index === i) ?? null })
      }
      badCount += bad.length
      bad.length = 0
      each.recordIndex = index
      if (index >= records.count) {
        next = records.header.baseOffset + records.header.lastOffsetDelta + 1
        each.records = null
      } else next = records.offsets[index]!
      if (next >= stop || (index < to && this.#builder.rowCount > 0)) break
    }
    const batch = this.#builder.finish()
    const { watermark } = this.spec
    const times = watermark
      ? timesMs(batch.columns[watermark.column]!, batch.rowCount, new Float64Array(batch.rowCount)).subarray(
          0,
          batch.rowCount,
        )
      : noTimes
    const at = times.findIndex((time) => Number.isNaN(time))
    if (at >= 0)
      throw nullTime(this.#ports.pipeline, batch.schema, watermark!.column, `${this.topic}-${p} offset ${offsets[at]}`)
    return {
      batch,
      rowOffsets: Float64Array.from(offsets),
      times,
      end: Math.min(Math.max(next, each.offset), stop),
      badCount,
      records: kept,
    }
  }

  /** The records at hand or the next ones, from offset `next` on, below `stop`. */
  #records(p: number, each: Partition, next: number, stop: number): RecordColumns | null {
    const { reader, decompress, limits, pipeline } = this.#ports
    if (each.records) return each.records
    if (next >= stop || next >= reader.endOffset(this.topic, p)) return null
    if (each.chunkAt >= each.chunk.length) {
      const start = reader.startOffset(this.topic, p)
      if (next < start)
        throw new MillraceError('MR-ENGINE-006', {
          details: { pipeline, topic: this.topic, partition: p, start, position: next },
        })
      each.chunk = reader.read(this.topic, p, next, limits.readBytesMax)
      each.chunkAt = 0
      if (each.chunk.length === 0) return null
    }
    try {
      const records = decodeRecords(each.chunk, each.chunkAt, decompress)
      each.chunkAt += records.header.size
      // Control batches hold no rows.
      each.recordIndex = records.header.control ? records.count : 0
      while (each.recordIndex < records.count && records.offsets[each.recordIndex]! < next) each.recordIndex++
      each.records = records
      return records
    } catch (cause) {
      if (!(cause instanceof BytesError)) throw cause
      throw new MillraceError('MR-ENGINE-010', {
        details: { topic: this.topic, partition: p, from: next, offset: next, reason: cause.message },
        cause,
      })
    }
  }
}

const noBytes = new Uint8Array(0)
const noTimes = new Float64Array(0)

function newPartition(offset: number, maxTimeMs: number, limit: number): Partition {
  return {
    offset,
    maxTimeMs,
    limit,
    seen: Infinity,
    chunk: noBytes,
    chunkAt: 0,
    records: null,
    recordIndex: 0,
    pending: null,
    pendingRow: 0,
  }
}

/** The first row after `start` that begins a new record later than `timeMax`; `rows` when there is none. */
function cutAt(offsets: Float64Array, times: Float64Array, start: number, rows: number, timeMax: number): number {
  if (times.length === 0 || timeMax === Infinity) return rows
  for (let r = start + 1; r < rows; r++) if (times[r]! > timeMax && offsets[r] !== offsets[r - 1]) return r
  return rows
}
