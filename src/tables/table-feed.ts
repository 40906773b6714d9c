// One table's way from its topic to its snapshots: read, decode, collect, commit when due. Stepped by the tables body.
// Invariants: what a commit states as [from, to) is exactly what its rows came from; undecodable records are counted in it; a
// failed commit leaves its rows pending, and its outcome is looked up before it is tried again.
import { assert, BytesError, MillraceError, type Clock, type Random } from '../base/index.ts'
import { createDecoder, type BadRecord, type RecordDecoder } from '../format/index.ts'
import {
  BatchBuilder,
  decodeRecords,
  decompressBuiltIn,
  readRecordBatchHeader,
  type Decompress,
  type RecordColumns,
  type SchemaIds,
  type TopicReader,
} from '../model/index.ts'
import { AppendSink } from './append-sink.ts'
import { fullName, type Catalog } from './catalog.ts'
import { currentSchema } from './iceberg/metadata.ts'
import type { LakeTable } from './lake-table.ts'
import type { TablesLimits } from './limits.ts'
import type { PartitionRange } from './offsets.ts'
import type { RowSink } from './sink.ts'
import { tableShape } from './table-shape.ts'
import { openTable, type TableSpec } from './table-spec.ts'
import { UpsertSink } from './upsert-sink.ts'

export interface FeedPorts {
  readonly catalog: Catalog
  readonly reader: TopicReader
  readonly schemaIds: SchemaIds
  /** The id of a topic, which changes when it is made anew. Absent: not checked. */
  readonly topicId?: (topic: string) => string | undefined
  readonly clock: Clock
  readonly random: Random
  readonly limits: TablesLimits
  readonly decompress?: Decompress
  readonly options: { readonly commitMs: number; readonly commitBytes: number }
}

/** A record that is not in the table because it could not be decoded. */
export interface DeadRecord {
  readonly partition: number
  readonly offset: number
  readonly code: string
  readonly reason: string
}
export interface TableStatus {
  readonly namespace: string
  readonly name: string
  readonly topic: string
  readonly mode: 'append' | 'upsert'
  /** waiting: there is no such topic yet. retrying: the last commit failed and is tried again. stopped: until restart. */
  readonly state: 'running' | 'waiting' | 'retrying' | 'stopped'
  /** Of the newest failure. */
  readonly problem: { readonly code: string; readonly message: string } | undefined
  readonly rowCount: number
  readonly fileCount: number
  readonly snapshotCount: number
  /** Empty before the first commit; a string, as it is above 2^53. */
  readonly snapshotId: string
  /** Milliseconds since 1970 of the newest snapshot; 0 before. */
  readonly committedAtMs: number
  readonly partitions: readonly {
    readonly partition: number
    readonly committed: number
    readonly position: number
    readonly end: number
  }[]
  readonly pendingRows: number
  /** Since the start of this process; the snapshots' summaries hold them for good. */
  readonly deadCount: number
  readonly dead: readonly DeadRecord[]
}

interface Position {
  readonly partition: number
  from: number
  position: number
  rows: number
  dead: number
}

export class TableFeed {
  readonly spec: TableSpec
  readonly #ports: FeedPorts
  readonly #table: LakeTable
  readonly #sink: RowSink & { compact?: AppendSink['compact']; compacted?: () => void; rebuild?: () => void }
  readonly #decoder: RecordDecoder
  readonly #builder: BatchBuilder
  readonly #positions: Position[] = []
  #topicId: string | undefined
  #turn = 0
  /** When the oldest pending record was read; undefined when nothing is pending. */
  #pendingSinceMs: number | undefined
  /** Bytes of records read since the last commit. */
  #readBytes = 0
  #ends: readonly number[] | undefined
  #retryAtMs: number | undefined
  #stopped = false
  #problem: MillraceError | undefined
  #deadCount = 0
  readonly #dead: DeadRecord[] = []

  /** Opens the table and reads where it stands. @throws MillraceError MR-TABLES-001 to -009 */
  constructor(spec: TableSpec, ports: FeedPorts) {
    this.spec = spec
    this.#ports = ports
    this.#table = openTable(ports.catalog, spec, ports)
    this.#table.removeOrphans()
    const key = spec.mode === 'upsert' ? spec.primaryKey! : []
    const { fields } = currentSchema(this.#table.metadata)
    const shape = tableShape({ fullName: fullName(spec), topic: spec.topic.topic, schema: spec.schema, key, fields })
    const sinkOptions = { lake: ports.catalog.lake, table: this.#table, shape, limits: ports.limits }
    this.#sink = spec.mode === 'append' ? new AppendSink(sinkOptions) : new UpsertSink(sinkOptions)
    const columns = spec.schema.fields.map((f) => spec.topic.schema.fields.findIndex((t) => t.name === f.name))
    this.#decoder = createDecoder(spec.topic, columns, ports.schemaIds)
    this.#builder = new BatchBuilder(this.#decoder.schema)
  }

  /** One piece of work: a read, or a commit. True when there may be more at once. */
  step(): boolean {
    if (this.#stopped) return false
    const nowMs = this.#ports.clock.monotonicMs()
    if (this.#retryAtMs !== undefined && nowMs < this.#retryAtMs) return false
    try {
      if (this.#retryAtMs !== undefined) this.#recover()
      if (!this.#openPartitions()) return false
      if (this.#isDue(nowMs)) {
        this.#commit()
        return true
      }
      if (this.#readSome(nowMs)) return true
      return this.#compact()
    } catch (error) {
      this.#fail(error)
      return false
    }
  }

  /** Milliseconds until step() has something to do though nothing arrives. */
  idleMs(): number {
    if (this.#stopped) return Infinity
    const nowMs = this.#ports.clock.monotonicMs()
    if (this.#retryAtMs !== undefined) return Math.max(1, this.#retryAtMs - nowMs)
    if (this.#pendingSinceMs === undefined) return Infinity
    return Math.max(1, this.#pendingSinceMs + this.#ports.options.commitMs - nowMs)
  }

  /** Reads no further than these offsets, commits there, and then says isFinished until released. */
  finish(ends: readonly number[]): void {
    this.#ends = ends
  }
  get isFinished(): boolean {
    if (!this.#ends) return false
    if (this.#ends.every((end) => end === 0)) return true
    return (
      this.#positions.length >= this.#ends.length &&
      this.#positions.every((p) => p.position >= (this.#ends![p.partition] ?? 0) && p.from === p.position)
    )
  }
  get hasStopped(): boolean {
    return this.#stopped
  }
  release(): void {
    this.#ends = undefined
  }

  #fail(error: unknown): void {
    if (!(error instanceof MillraceError)) throw error
    this.#problem = error
    // The disk and the catalog may heal; what is wrong in data or declaration does not.
    const heals = error.retriable || error.code === 'MR-BASE-003'
    if (heals) this.#retryAtMs = this.#ports.clock.monotonicMs() + this.#ports.limits.retryMs
    else this.#stopped = true
  }

  /** After a failure: was the last commit made or not? Its files are removed only when it certainly was not. */
  #recover(): void {
    this.#table.reload()
    const { range } = this.#table
    const pending = this.#positions.filter((p) => p.position > p.from)
    const landed =
      pending.length > 0 &&
      pending.every((p) => range?.partitions.some((r) => r.partition === p.partition && r.to === p.position))
    if (landed) {
      this.#sink.committed()
      this.#sink.rebuild?.()
      this.#afterCommit()
    } else this.#sink.failed()
    this.#retryAtMs = undefined
  }

  /** False while there is no such topic. New partitions are taken from their start. */
  #openPartitions(): boolean {
    const { reader } = this.#ports
    const { topic } = this.spec.topic
    const count = reader.partitionCount(topic)
    if (count === undefined) return false
    this.#checkTopicId()
    for (let partition = this.#positions.length; partition < count; partition++) {
      const known = this.#table.range?.partitions.find((p) => p.partition === partition)
      const start = reader.startOffset(topic, partition)
      const from = known?.to ?? start
      if (from < start)
        throw new MillraceError('MR-TABLES-006', {
          details: { table: fullName(this.spec), topic, partition, offset: from, start },
        })
      const end = reader.endOffset(topic, partition)
      if (from > end)
        throw new MillraceError('MR-TABLES-012', {
          details: { table: fullName(this.spec), topic, partition, offset: from, end },
        })
      this.#positions.push({ partition, from, position: from, rows: 0, dead: 0 })
    }
    return true
  }

  /** Offsets of another topic of the same name mean nothing here. */
  #checkTopicId(): void {
    const found = this.#ports.topicId?.(this.spec.topic.topic)
    this.#topicId ??= this.#table.range?.topicId ?? found
    const known = this.#topicId
    if (known === undefined || found === undefined || known === found) return
    throw new MillraceError('MR-TABLES-013', { details: { table: fullName(this.spec), topic: this.spec.topic.topic } })
  }

  #limitOf(position: Position): number {
    const end = this.#ports.reader.endOffset(this.spec.topic.topic, position.partition)
    return this.#ends ? Math.min(end, this.#ends[position.partition] ?? 0) : end
  }

  #isDue(nowMs: number): boolean {
    if (this.#pendingSinceMs === undefined) return false
    const { options, limits } = this.#ports
    if (nowMs - this.#pendingSinceMs >= options.commitMs || this.#readBytes >= options.commitBytes) return true
    if (this.#sink.pendingBytes >= limits.pendingBytesMax || this.#sink.pendingRows >= limits.pendingRowsMax)
      return true
    return this.#ends !== undefined && this.#positions.every((p) => p.position >= (this.#ends![p.partition] ?? 0))
  }

  #readSome(nowMs: number): boolean {
    for (let tried = 0; tried < this.#positions.length; tried++) {
      const position = this.#positions[this.#turn++ % this.#positions.length]!
      const limit = this.#limitOf(position)
      if (position.position >= limit) continue
      const bytes = this.#ports.reader.read(
        this.spec.topic.topic,
        position.partition,
        position.position,
        this.#ports.limits.readBytesMax,
      )
      this.#takeBatches(bytes, position, limit)
      this.#flushBuilder()
      this.#pendingSinceMs ??= nowMs
      return true
    }
    return false
  }

  #takeBatches(bytes: Uint8Array, position: Position, limit: number): void {
    let at = 0
    while (at < bytes.length && position.position < limit) {
      const header = readRecordBatchHeader(bytes, at)
      const next = header.baseOffset + header.lastOffsetDelta + 1
      assert(at + header.size <= bytes.length, 'the log gives whole batches')
      // Control batches end transactions; they hold no rows.
      if (!header.control && next > position.position) {
        const records = this.#recordsAt(bytes, at, position)
        if (records) this.#decode(records, position, limit)
      }
      position.position = Math.max(position.position, Math.min(next, limit))
      at += header.size
      this.#readBytes += header.size
    }
  }

  /** undefined for a batch whose inside is damaged: its records are dead. The log checks only a batch's outside. */
  #recordsAt(bytes: Uint8Array, at: number, position: Position): RecordColumns | undefined {
    try {
      return decodeRecords(bytes, at, this.#ports.decompress ?? decompressBuiltIn)
    } catch (error) {
      if (!(error instanceof BytesError)) throw error
      const { count, baseOffset } = readRecordBatchHeader(bytes, at)
      position.dead += count
      this.#deadCount += count
      this.#dead.push({
        partition: position.partition,
        offset: baseOffset,
        code: 'MR-FORMAT-006',
        reason: `a batch of ${count} records: ${error.message}`,
      })
      return undefined
    }
  }

  #decode(records: RecordColumns, position: Position, limit: number): void {
    let from = 0
    while (from < records.count && records.offsets[from]! < position.position) from++
    let to = records.count
    while (to > from && records.offsets[to - 1]! >= limit) to--
    const bad: BadRecord[] = []
    while (from < to) {
      const before = this.#builder.rowCount
      const next = this.#decoder.decode(records, from, to, this.#builder, bad)
      position.rows += this.#builder.rowCount - before
      assert(next > from || this.#builder.rowCount > 0, 'the decoder goes on')
      from = next
      if (from < to) this.#flushBuilder()
    }
    position.dead += bad.length
    this.#deadCount += bad.length
    for (const { index, code, reason } of bad.slice(0, this.#ports.limits.badRecordsShown)) {
      this.#dead.push({ partition: position.partition, offset: records.offsets[index]!, code, reason })
    }
    this.#dead.splice(0, Math.max(0, this.#dead.length - this.#ports.limits.badRecordsShown))
  }

  #flushBuilder(): void {
    if (this.#builder.rowCount > 0) this.#sink.add(this.#builder.finish())
  }

  #commit(): void {
    const partitions = this.#positions.map((p): PartitionRange => ({
      partition: p.partition,
      from: p.from,
      to: p.position,
      rows: p.rows,
      dead: p.dead,
    }))
    this.#table.commit(this.#sink.prepare(), {
      topic: this.spec.topic.topic,
      topicId: this.#ports.topicId?.(this.spec.topic.topic),
      partitions,
    })
    this.#sink.committed()
    this.#afterCommit()
  }

  #afterCommit(): void {
    for (const p of this.#positions) {
      p.from = p.position
      p.rows = 0
      p.dead = 0
    }
    this.#pendingSinceMs = undefined
    this.#readBytes = 0
    this.#problem = undefined
  }

  #compact(): boolean {
    const change = this.#sink.compact?.()
    if (!change) return false
    this.#table.commit(change, undefined)
    this.#sink.compacted?.()
    return true
  }

  status(): TableStatus {
    const { spec } = this
    const { reader } = this.#ports
    const topicThere = reader.partitionCount(spec.topic.topic) !== undefined
    const snapshot = this.#table.metadata.snapshots.at(-1)
    const problem = this.#problem && { code: this.#problem.code, message: this.#problem.message }
    return {
      namespace: spec.namespace,
      name: spec.name,
      topic: spec.topic.topic,
      mode: spec.mode,
      state: this.#stopped
        ? 'stopped'
        : this.#retryAtMs !== undefined
          ? 'retrying'
          : topicThere
            ? 'running'
            : 'waiting',
      problem,
      rowCount: this.#table.rowCount,
      fileCount: this.#table.files.length,
      snapshotCount: this.#table.metadata.snapshots.length,
      snapshotId: snapshot ? String(snapshot['snapshot-id']) : '',
      committedAtMs: snapshot?.['timestamp-ms'] ?? 0,
      partitions: this.#positions.map((p) => ({
        partition: p.partition,
        committed: p.from,
        position: p.position,
        end: topicThere ? endNow(reader, spec.topic.topic, p.partition, p.position) : p.position,
      })),
      pendingRows: this.#sink.pendingRows,
      deadCount: this.#deadCount,
      dead: [...this.#dead],
    }
  }
}

/** Where the partition ends; `otherwise` when its topic is being deleted by another thread: for statistics only. */
function endNow(reader: TopicReader, topic: string, partition: number, otherwise: number): number {
  try {
    return reader.endOffset(topic, partition)
  } catch (error) {
    if (!(error instanceof MillraceError && error.code === 'MR-LOG-004')) throw error
    return otherwise
  }
}
