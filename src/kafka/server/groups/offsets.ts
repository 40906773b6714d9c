// Committed offsets. The truth is the topic __consumer_offsets with Kafka's own records: this is a view of it that reads on
// before it answers, so offsets that others commit there (pipelines, in their epochs) are seen as well, and a restart reads
// it anew. Invariants: a commit is answered after its record is readable and in the view; one that was made for a topic that is
// gone counts for none of its namesakes, whenever it comes (commits without a topic's id, as pipelines write them, go by name).
// Reference: OffsetCommitKey/OffsetCommitValue of the broker's group coordinator.
import type { Clock } from '../../../base/index.ts'
import { coordinatorPartition, decodeOffsetRecord, encodeOffsetRecord, offsetsTopic } from '../../../log/index.ts'
import { decodeRecords, encodeRecordBatch, recordKey, recordValue } from '../../../model/index.ts'
import type { RecordColumns, RecordInput } from '../../../model/index.ts'
import { decompressRecords, kafkaErrors } from '../../wire/index.ts'
import type { ServerLog, ServerReader } from '../log-face.ts'

export interface CommittedOffset {
  readonly offset: number
  readonly leaderEpoch: number
  readonly metadata: string
  readonly commitMs: number
  /** Of the topic that it is of; undefined: of whichever has the name. */
  readonly topicId?: string | undefined
  /** Offset of its record in the offsets topic: of two commits the later record counts. */
  readonly at: number
}

export interface OffsetChange {
  readonly topic: string
  readonly partition: number
  /** null takes the offset away. */
  readonly value: Omit<CommittedOffset, 'commitMs' | 'at'> | null
}

export interface OffsetStoreOptions {
  readonly log: ServerLog
  readonly reader: ServerReader
  readonly clock: Clock
  readonly partitionCount: number
  /** Bytes read before others get a turn. */
  readonly readBytes: number
}

/** A commit within a transaction that is not ended yet. */
interface PendingOffset {
  readonly group: string
  readonly topic: string
  readonly partition: number
  readonly value: CommittedOffset | null
}

type GroupOffsets = Map<string, Map<number, CommittedOffset>>

export class OffsetStore {
  readonly #options: OffsetStoreOptions
  readonly #groups = new Map<string, GroupOffsets>()
  /** Per partition of the offsets topic: where the view reads on. */
  readonly #next: number[] = []
  /** Per partition of the offsets topic, by producer id. */
  readonly #pending: Map<number, PendingOffset[]>[] = []
  readonly #catching = new Map<number, Promise<void>>()
  /** Appends under way, by group. */
  readonly #writing = new Map<string, number>()
  #topicId: string | undefined
  /** What is in the log of topics that are gone, until it is taken away there, too. */
  #stale: Pick<PendingOffset, 'group' | 'topic' | 'partition'>[] = []
  /** The topics that there were when the view was last freed of those that are gone. */
  #topics: ReturnType<ServerReader['topics']> | undefined

  constructor(options: OffsetStoreOptions) {
    this.#options = options
  }

  /** Makes the offsets topic when it is missing. @returns 0 or a Kafka error */
  async ensureTopic(): Promise<number> {
    const { log, reader, partitionCount } = this.#options
    if (reader.topic(offsetsTopic.name)) return 0
    const outcome = await log.createTopic({ ...offsetsTopic, partitionCount })
    return outcome.ok || outcome.error === kafkaErrors.topicAlreadyExists ? 0 : outcome.error
  }

  /** The partition that holds a group's records, as Kafka places it. */
  partitionOf(group: string): number {
    return coordinatorPartition(group, this.#options.reader.partitionCount(offsetsTopic.name) ?? 1)
  }

  /** A group's offsets as they are now. */
  async offsetsOf(group: string): Promise<GroupOffsets | undefined> {
    await this.#catchUp(this.partitionOf(group))
    this.#dropStale()
    return this.#groups.get(group)
  }

  /** Topics and partitions with a commit in a transaction that is not ended, after offsetsOf. */
  unstableOf(group: string): (topic: string, partition: number) => boolean {
    const waiting = new Set<string>()
    for (const pending of this.#pending[this.partitionOf(group)]?.values() ?? []) {
      for (const one of pending) if (one.group === group) waiting.add(`${one.partition} ${one.topic}`)
    }
    return (topic, partition) => waiting.has(`${partition} ${topic}`)
  }

  /** All groups that have offsets. */
  async groups(): Promise<ReadonlyMap<string, GroupOffsets>> {
    const count = this.#options.reader.partitionCount(offsetsTopic.name) ?? 0
    for (let partition = 0; partition < count; partition++) await this.#catchUp(partition)
    this.#dropStale()
    return this.#groups
  }

  /** Writes changes of one group as one batch, all or none. @returns 0 or the log's error */
  async change(group: string, changes: readonly OffsetChange[]): Promise<number> {
    if (changes.length === 0) return 0
    const missing = await this.ensureTopic()
    if (missing !== 0) return missing
    const partition = this.partitionOf(group)
    const error = await this.#append(group, changes, undefined)
    if (error === 0) await this.#catchUp(partition)
    return error
  }

  /** Writes changes that count when the producer's transaction is committed. @returns 0 or the log's error */
  changeInTransaction(
    group: string,
    changes: readonly OffsetChange[],
    producer: { readonly producerId: bigint; readonly producerEpoch: number },
  ): Promise<number> {
    return this.#append(group, changes, producer)
  }

  async #append(
    group: string,
    changes: readonly OffsetChange[],
    producer: { readonly producerId: bigint; readonly producerEpoch: number } | undefined,
  ): Promise<number> {
    const { clock, log } = this.#options
    // Never behind a commit for the next topic of that name, which it would take the place of.
    if (changes.some(({ topic, value }) => value && this.#isStale(topic, value)))
      return kafkaErrors.unknownTopicOrPartition
    const nowMs = clock.nowMs()
    const records = changes.map((change) => encodeChange(group, change, nowMs))
    const identity = producer
      ? { producerId: producer.producerId, producerEpoch: producer.producerEpoch, transactional: true }
      : {}
    this.#writing.set(group, (this.#writing.get(group) ?? 0) + 1)
    const outcome = await log.append(offsetsTopic.name, this.partitionOf(group), encodeRecordBatch(records, identity))
    const left = this.#writing.get(group)! - 1
    if (left === 0) this.#writing.delete(group)
    else this.#writing.set(group, left)
    return outcome.ok ? 0 : outcome.error
  }

  /**
   * Takes away those offsets of a group that `isExpired` names; not those with a commit under way, which would be lost.
   * @returns how many; -1 when it could not be written
   */
  async expire(
    group: string,
    isExpired: (topic: string, partition: number, offset: CommittedOffset) => boolean,
  ): Promise<number> {
    const offsets = await this.offsetsOf(group)
    if (!offsets || this.#writing.has(group)) return 0
    const isUnstable = this.unstableOf(group)
    const changes: OffsetChange[] = []
    for (const [topic, partitions] of offsets) {
      for (const [partition, offset] of partitions) {
        if (isExpired(topic, partition, offset) && !isUnstable(topic, partition)) {
          changes.push({ topic, partition, value: null })
        }
      }
    }
    if (changes.length === 0) return 0
    // Nothing is awaited between looking and handing it to the log: a commit that comes now is written after it.
    const written = this.#append(group, changes, undefined)
    if ((await written) !== 0) return -1
    await this.#catchUp(this.partitionOf(group))
    return changes.length
  }

  /** Takes away what any group has committed for a topic that is gone: its next namesake starts anew. */
  async forgetTopic(topic: string): Promise<void> {
    for (const [group, offsets] of Array.from(await this.groups())) {
      const partitions = offsets.get(topic)
      if (!partitions) continue
      await this.change(
        group,
        [...partitions.keys()].map((partition) => ({ topic, partition, value: null })),
      )
    }
    await this.sweep()
  }

  /** Takes away in the log what is left there of topics that are gone; what cannot be written now stays for the next time. */
  async sweep(): Promise<void> {
    await this.groups()
    const writes = [...Map.groupBy(this.#stale.splice(0), ({ group }) => group)].map(async ([group, stale]) => {
      // Nothing is awaited between looking and handing it to the log: a commit that comes now is written after it.
      const isBusy = this.#writing.has(group)
      const isUnstable = this.unstableOf(group)
      const [now, later] = [[] as OffsetChange[], [] as typeof stale]
      for (const one of stale) {
        const { topic, partition } = one
        if (this.#groups.get(group)?.get(topic)?.has(partition)) continue
        if (isBusy || isUnstable(topic, partition)) later.push(one)
        else now.push({ topic, partition, value: null })
      }
      this.#stale.push(...later)
      if (now.length > 0 && (await this.#append(group, now, undefined)) !== 0) this.#stale.push(...stale)
    })
    await Promise.all(writes)
  }

  #isStale(topic: string, { topicId }: Pick<CommittedOffset, 'topicId'>): boolean {
    return topicId !== undefined && this.#options.reader.topic(topic)?.id !== topicId
  }

  /** Ids do not come back, so neither does what is dropped here. */
  #dropStale(): void {
    const topics = this.#options.reader.topics()
    if (topics === this.#topics) return
    this.#topics = topics
    for (const [group, offsets] of this.#groups) {
      for (const [topic, partitions] of offsets) {
        for (const [partition, value] of partitions) {
          if (!this.#isStale(topic, value)) continue
          this.#stale.push({ group, topic, partition })
          this.#remove(group, topic, partition)
        }
      }
    }
  }

  /** Reads on to the end; one reading at a time, each waiter's end included. */
  async #catchUp(partition: number): Promise<void> {
    const { reader } = this.#options
    const topic = reader.topic(offsetsTopic.name)
    if (!topic) return
    if (topic.id !== this.#topicId) {
      this.#topicId = topic.id
      this.#groups.clear()
      this.#next.length = 0
      this.#pending.length = 0
    }
    for (;;) {
      const running = this.#catching.get(partition)
      if (running) await running
      else if ((this.#next[partition] ?? -1) >= reader.highWatermark(offsetsTopic.name, partition)) return
      else {
        const reading = this.#read(partition, reader.highWatermark(offsetsTopic.name, partition))
        this.#catching.set(partition, reading)
        await reading.finally(() => this.#catching.delete(partition))
      }
    }
  }

  async #read(partition: number, end: number): Promise<void> {
    const { reader, clock, readBytes } = this.#options
    let next = Math.max(this.#next[partition] ?? 0, reader.startOffset(offsetsTopic.name, partition))
    while (next < end) {
      const bytes = reader.readUncommitted(offsetsTopic.name, partition, next, readBytes)
      if (bytes.length === 0) break
      next = this.#apply(partition, bytes, next)
      this.#next[partition] = next
      if (next < end) await new Promise<void>((turn) => clock.after(0, turn))
    }
    this.#next[partition] = Math.max(next, end)
  }

  #apply(partition: number, bytes: Uint8Array, from: number): number {
    const pending = (this.#pending[partition] ??= new Map())
    let next = from
    for (let at = 0; at < bytes.length;) {
      const records = decodeRecords(bytes, at, decompressRecords)
      at += records.header.size
      next = records.header.baseOffset + records.header.lastOffsetDelta + 1
      const { control, transactional, producerId } = records.header
      if (next <= from) continue
      if (control) this.#endTransaction(pending, records)
      else if (transactional) {
        const known = pending.get(Number(producerId)) ?? []
        pending.set(Number(producerId), known)
        for (let i = 0; i < records.count; i++) known.push(...changeAt(records, i))
      } else {
        for (let i = 0; i < records.count; i++) for (const change of changeAt(records, i)) this.#applyChange(change)
      }
    }
    return next
  }

  /** A marker: what its producer committed counts now, or never did. */
  #endTransaction(pending: Map<number, PendingOffset[]>, records: RecordColumns): void {
    const id = Number(records.header.producerId)
    const changes = pending.get(id)
    if (!changes) return
    pending.delete(id)
    const key = recordKey(records, 0)
    if (!key || key.length < 4 || key[3] !== 1) return
    for (const change of changes) {
      const { group, topic, partition, value } = change
      const known = this.#groups.get(group)?.get(topic)?.get(partition)
      // A commit outside of transactions may have come after it.
      if (!known || !value || known.at < value.at) this.#applyChange(change)
    }
  }

  #applyChange({ group, topic, partition, value }: PendingOffset): void {
    if (!value) return this.#remove(group, topic, partition)
    if (this.#isStale(topic, value)) {
      this.#remove(group, topic, partition)
      this.#stale.push({ group, topic, partition })
      return
    }
    let topics = this.#groups.get(group)
    if (!topics) this.#groups.set(group, (topics = new Map()))
    let partitions = topics.get(topic)
    if (!partitions) topics.set(topic, (partitions = new Map()))
    partitions.set(partition, value)
  }

  #remove(group: string, topic: string, partition: number): void {
    const topics = this.#groups.get(group)
    const partitions = topics?.get(topic)
    if (!topics || !partitions) return
    partitions.delete(partition)
    if (partitions.size === 0) topics.delete(topic)
    if (topics.size === 0) this.#groups.delete(group)
  }
}

/** The change that a record is; none for records of other kinds. */
function changeAt(records: RecordColumns, i: number): PendingOffset[] {
  const key = recordKey(records, i)
  const record = key && decodeOffsetRecord(key, recordValue(records, i))
  if (!record) return []
  const { group, topic, partition, commit } = record
  if (!commit) return [{ group, topic, partition, value: null }]
  const { offset, leaderEpoch, metadata, commitTimestampMs, topicId } = commit
  const value = { offset, leaderEpoch, metadata, commitMs: commitTimestampMs, topicId, at: records.offsets[i]! }
  return [{ group, topic, partition, value }]
}

function encodeChange(group: string, { topic, partition, value }: OffsetChange, nowMs: number): RecordInput {
  const empty = { offset: 0, leaderEpoch: -1, metadata: '' }
  const { topicId, ...rest } = { topicId: undefined, ...(value ?? empty) }
  const id = topicId === undefined ? {} : { topicId }
  const record = encodeOffsetRecord({ group, topic, partition, ...rest, commitTimestampMs: nowMs, ...id })
  return { key: record.key, value: value === null ? null : record.value, timestampMs: nowMs }
}
