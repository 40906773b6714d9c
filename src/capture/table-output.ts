// The changes of one table on their way into its topic: rows gather in a batch, the format's encoder makes keys and values, and
// record batches per partition wait for the next commit. Memory is bounded by the body, which stops reading at the commit limits.
import { concatBytes, MillraceError, partitionOf } from '../base/index.ts'
import { createEncoder, type RecordEncoder } from '../format/index.ts'
import {
  BatchBuilder,
  batchRowsMax,
  changeKind,
  encodeRecordBatch,
  RecordBatchWriter,
  type Batch,
  type SchemaIds,
  type TopicPartition,
} from '../model/index.ts'
import type { CapturedTable } from './capture-types.ts'
import type { CaptureLimits } from './limits.ts'
import type { ChangeSink } from './snapshot-window.ts'

export type Append = TopicPartition & { readonly batches: Uint8Array }

export class TableOutput implements ChangeSink {
  readonly builder: BatchBuilder
  readonly #table: CapturedTable
  readonly #limits: CaptureLimits
  readonly #encoder: RecordEncoder
  readonly #writers: readonly RecordBatchWriter[]
  readonly #done: Uint8Array[][]
  readonly #times = new Float64Array(batchRowsMax * 2)
  #stamped = 0
  #lastMs = 0
  #failure: MillraceError | undefined
  #doneBytes = 0
  #rowsTaken = 0

  constructor(table: CapturedTable, limits: CaptureLimits, schemaIds?: SchemaIds) {
    this.#table = table
    this.#limits = limits
    this.builder = new BatchBuilder(table.format.schema)
    this.#encoder = createEncoder(table.format, { schemaId: table.schemaId, ...(schemaIds ? { schemaIds } : {}) })
    this.#writers = Array.from({ length: table.partitionCount }, () => new RecordBatchWriter())
    this.#done = this.#writers.map(() => [])
  }

  /** Why a row could not be encoded: what was encoded before it stands, nothing more is taken. */
  get failure(): MillraceError | undefined {
    return this.#failure
  }

  /** Encoded bytes that wait for a commit; rows still in the batch are not counted. */
  get bytes(): number {
    let size = this.#doneBytes
    for (const writer of this.#writers) size += writer.size
    return size
  }

  /** Rows appended since the last take. */
  get rows(): number {
    return this.#rowsTaken + this.builder.rowCount
  }

  /** Room for an update's two rows? Else flush first. */
  get isFull(): boolean {
    return this.builder.rowCount + 2 > batchRowsMax
  }

  /** Gives the rows appended since the last call their record time. */
  stamp(timestampMs: number): void {
    const { rowCount } = this.builder
    this.#times.fill(timestampMs, this.#stamped, rowCount)
    this.#lastMs = timestampMs
    this.#stamped = rowCount
  }

  row(batch: Batch, row: number, kind: 0 | 1 | 2 | 3, timestampMs: number): void {
    // The two halves of an update stay in one batch, or they would become a delete and an insert.
    if (this.isFull && kind !== changeKind.updateAfter) this.flush()
    this.builder.appendRowFrom(batch, row, kind)
    this.stamp(timestampMs)
  }

  /**
   * Encodes the rows so far; see failure.
   * @param rowCount only the first rows; the others are forgotten (a row that failed in the middle)
   */
  flush(rowCount: number = this.builder.rowCount): void {
    const batch = this.builder.finish()
    this.#stamped = 0
    if (rowCount === 0 || this.#failure) return
    this.#rowsTaken += rowCount
    try {
      this.#encoder.encode(batch, 0, rowCount, (row, key, value) => {
        const partition = key ? partitionOf(key, this.#writers.length) : 0
        const writer = this.#writers[partition]!
        writer.append(key, value, this.#times[row]!)
        if (writer.size >= this.#limits.recordBatchBytesMax) this.#finish(partition)
      })
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      this.#failure = error
    }
  }

  #finish(partition: number): void {
    const batch = this.#writers[partition]!.finish()
    if (!batch) return
    this.#done[partition]!.push(batch)
    this.#doneBytes += batch.length
  }

  /** What waits, for one commit group; starts anew. */
  take(): Append[] {
    this.flush()
    this.#rowsTaken = 0
    this.#doneBytes = 0
    const appends = this.#writers.flatMap((_, partition) => {
      this.#finish(partition)
      const batches = this.#done[partition]!
      if (batches.length === 0) return []
      this.#done[partition] = []
      return [{ topic: this.#table.format.topic, partition, batches: concatBytes(batches) }]
    })
    const made = this.#encoder.takeKeyRecords()
    if (made.length === 0) return appends
    // Keys that were made for fields count with the rows that they seal, or neither does.
    const timestampMs = this.#lastMs
    const batches = encodeRecordBatch(made.map(({ key, value }) => ({ key, value, timestampMs })))
    return [...appends, { topic: made[0]!.topic, partition: 0, batches }]
  }
}
