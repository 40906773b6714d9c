// Committed offsets. The truth is the topic __consumer_offsets with Kafka's own records: this is a view of it that reads on
// before it answers, so offsets that others commit there (pipelines, in their epochs) are seen as well, and a restart reads
// it anew. Invariant: a commit is answered after its record is readable and in the view.
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
}

export interface OffsetChange {
  readonly topic: string
  readonly partition: number
  /** null takes the offset away. */
  readonly value: Omit<CommittedOffset, 'commitMs'> | null
}

export interface OffsetStoreOptions {
  readonly log: ServerLog
  readonly reader: ServerReader
  readonly clock: Clock
  readonly partitionCount: number
  /** Bytes read before others get a turn. */
  readonly readBytes: number
}

type GroupOffsets = Map<string, Map<number, CommittedOffset>>

export class OffsetStore {
  readonly #options: OffsetStoreOptions
  readonly #groups = new Map<string, GroupOffsets>()
  /** Per partition of the offsets topic: where the view reads on. */
  readonly #next: number[] = []
  readonly #catching = new Map<number, Promise<void>>()
  #topicId: string | undefined

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
    return this.#groups.get(group)
  }

  /** All groups that have offsets. */
  async groups(): Promise<ReadonlyMap<string, GroupOffsets>> {
    const count = this.#options.reader.partitionCount(offsetsTopic.name) ?? 0
    for (let partition = 0; partition < count; partition++) await this.#catchUp(partition)
    return this.#groups
  }

  /** Writes changes of one group as one batch, all or none. @returns 0 or the log's error */
  async change(group: string, changes: readonly OffsetChange[]): Promise<number> {
    if (changes.length === 0) return 0
    const missing = await this.ensureTopic()
    if (missing !== 0) return missing
    const nowMs = this.#options.clock.nowMs()
    const records = changes.map((change) => encodeChange(group, change, nowMs))
    const partition = this.partitionOf(group)
    const outcome = await this.#options.log.append(offsetsTopic.name, partition, encodeRecordBatch(records))
    if (!outcome.ok) return outcome.error
    await this.#catchUp(partition)
    return 0
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
    }
    for (;;) {
      const running = this.#catching.get(partition)
      if (running) await running
      else if ((this.#next[partition] ?? -1) >= reader.endOffset(offsetsTopic.name, partition)) return
      else {
        const reading = this.#read(partition, reader.endOffset(offsetsTopic.name, partition))
        this.#catching.set(partition, reading)
        await reading.finally(() => this.#catching.delete(partition))
      }
    }
  }

  async #read(partition: number, end: number): Promise<void> {
    const { reader, clock, readBytes } = this.#options
    let next = Math.max(this.#next[partition] ?? 0, reader.startOffset(offsetsTopic.name, partition))
    while (next < end) {
      const bytes = reader.read(offsetsTopic.name, partition, next, readBytes)
      if (bytes.length === 0) break
      next = this.#apply(bytes, next)
      this.#next[partition] = next
      if (next < end) await new Promise<void>((turn) => clock.after(0, turn))
    }
    this.#next[partition] = Math.max(next, end)
  }

  #apply(bytes: Uint8Array, from: number): number {
    let next = from
    for (let at = 0; at < bytes.length;) {
      const records = decodeRecords(bytes, at, decompressRecords)
      at += records.header.size
      next = records.header.baseOffset + records.header.lastOffsetDelta + 1
      if (records.header.control) continue
      for (let i = 0; i < records.count; i++) if (records.offsets[i]! >= from) this.#applyRecord(records, i)
    }
    return next
  }

  #applyRecord(records: RecordColumns, i: number): void {
    const key = recordKey(records, i)
    const record = key && decodeOffsetRecord(key, recordValue(records, i))
    if (!record) return
    const { group, topic, partition, commit } = record
    if (!commit) return this.#remove(group, topic, partition)
    let topics = this.#groups.get(group)
    if (!topics) this.#groups.set(group, (topics = new Map()))
    let partitions = topics.get(topic)
    if (!partitions) topics.set(topic, (partitions = new Map()))
    const { offset, leaderEpoch, metadata, commitTimestampMs } = commit
    partitions.set(partition, { offset, leaderEpoch, metadata, commitMs: commitTimestampMs })
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

function encodeChange(group: string, { topic, partition, value }: OffsetChange, nowMs: number): RecordInput {
  const empty = { offset: 0, leaderEpoch: -1, metadata: '' }
  const record = encodeOffsetRecord({ group, topic, partition, ...(value ?? empty), commitTimestampMs: nowMs })
  return { key: record.key, value: value === null ? null : record.value, timestampMs: nowMs }
}
