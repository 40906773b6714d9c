// Staging: what a group will change is decided and put into memory here, each change with the way to undo it; nothing
// reaches the disk. A refused change leaves no trace.
import { emptyBytes, MillraceError } from '../base/index.ts'
import {
  encodeRecordBatch,
  inheritedConfigs,
  sealedTopic,
  type CommitGroup,
  type CommitOutcome,
} from '../model/index.ts'
import { FrameBuilder, type AppendEntry, type Entry } from './journal-frame.ts'
import type { LogLimits } from './limits.ts'
import type { AppendOutcome, EndedTransaction, Refusal } from './log-types.ts'
import { coordinatorPartition, encodeOffsetRecord, offsetsTopic } from './offsets.ts'
import { abortedCountMax } from './aborted.ts'
import { Placing, refused } from './placing.ts'
import { putTopic } from './recover.ts'
import { segmentStart } from './segments.ts'
import {
  isAged,
  removeTopic,
  topicSettings,
  type LogState,
  type Partition,
  type Segment,
  type Topic,
  type TopicSettings,
} from './state.ts'
import { encodeMarker, noteAborted, setProducer, type AbortedTransaction, type Marker } from './transactions.ts'

/** An append that waits to be written: where its bytes lie in the frame, and where they go. */
export interface Placed {
  readonly partition: Partition
  readonly segment: Segment
  readonly entry: AppendEntry
}

export interface Mark {
  readonly bodies: number
  readonly entries: number
  readonly placed: number
  readonly undo: number
  readonly aborted: number
}

export class Stage {
  readonly frame = new FrameBuilder()
  readonly entries: Entry[] = []
  readonly placed: Placed[] = []
  /** Transactions that markers of this group abort. */
  readonly aborted: { readonly partition: Partition; readonly entry: AbortedTransaction }[] = []
  readonly #undo: (() => void)[] = []
  readonly #state: LogState
  readonly #limits: LogLimits
  #settings = new WeakMap<Readonly<Record<string, string>>, TopicSettings>()
  /** The sealed topic's configs, which all but internal topics inherit from. */
  #sealed: Readonly<Record<string, string>> | undefined

  constructor(state: LogState, limits: LogLimits) {
    this.#state = state
    this.#limits = limits
  }

  mark(): Mark {
    return {
      bodies: this.frame.length,
      entries: this.entries.length,
      placed: this.placed.length,
      undo: this.#undo.length,
      aborted: this.aborted.length,
    }
  }

  /** Undoes what was staged since the mark. */
  rewind(mark: Mark): void {
    while (this.#undo.length > mark.undo) this.#undo.pop()!()
    this.frame.cutBodies(mark.bodies)
    this.entries.length = mark.entries
    this.placed.length = mark.placed
    this.aborted.length = mark.aborted
  }

  /** The group was written, or undone: the next one begins. The frame is reset by who wrote it. */
  clear(): void {
    this.entries.length = 0
    this.placed.length = 0
    this.aborted.length = 0
    this.#undo.length = 0
  }

  change(entry: Entry, undo: () => void): void {
    this.entries.push(entry)
    this.#undo.push(undo)
  }

  settings({ configs, internal }: Pick<Topic, 'configs' | 'internal'>): TopicSettings {
    const sealed = this.#state.byName.get(sealedTopic)?.configs
    if (sealed !== this.#sealed) {
      this.#sealed = sealed
      this.#settings = new WeakMap()
    }
    let settings = this.#settings.get(configs)
    if (!settings) {
      settings = topicSettings(internal ? configs : { ...inheritedConfigs(sealed), ...configs })
      this.#settings.set(configs, settings)
    }
    return settings
  }

  /** Stages batches of one partition; all or none. @param fromZero see judgeBatch */
  append(partition: Partition, batches: Uint8Array, nowMs: number, fromZero = false): AppendOutcome {
    if (partition.damage) return refused(56, `${partition.topic.name}-${partition.index} is damaged and offline`)
    if (batches.length > this.#limits.messageBytesMax) return refused(10, `${batches.length} bytes in one append`)
    const mark = this.mark()
    const bodyAt = this.frame.addBody(batches)
    const body = this.frame.bytes.subarray(bodyAt, bodyAt + batches.length)
    const settings = this.settings(partition.topic)
    const placing = new Placing(partition, body, { nowMs, logAppendTime: settings.logAppendTime, fromZero })
    const problem = placing.run() ?? this.#roomToAbort(placing)
    if (problem !== undefined || placing.duplicateOf !== undefined) {
      this.rewind(mark)
      if (problem) return problem
      return { ok: true, baseOffset: placing.duplicateOf!, logAppendTimeMs: -1, logStartOffset: partition.start }
    }
    this.#place(placing, bodyAt, nowMs, settings)
    const logAppendTimeMs = settings.logAppendTime ? nowMs : -1
    return { ok: true, baseOffset: placing.baseOffset, logAppendTimeMs, logStartOffset: partition.start }
  }

  /** What is opened may be aborted, and that is remembered as long as its records are there. */
  #roomToAbort({ opens }: Placing): Refusal | undefined {
    const { abortedCount, open } = this.#state
    if (!opens || abortedCount + open.size < Math.min(this.#limits.abortedTransactionsMax, abortedCountMax))
      return undefined
    return refused(
      44,
      `${abortedCount} aborted transactions are remembered; delete their records before opening others`,
    )
  }

  #place(placing: Placing, bodyAt: number, nowMs: number, settings: TopicSettings): void {
    const { partition, body, bodyCrc, baseOffset, nextOffset, producers, aborted } = placing
    const state = this.#state
    const { end, segments } = partition
    const before = producers.map(([id]) => [id, partition.producers.get(id)] as const)
    const segment = this.#segmentFor(partition, body.length, { settings, nowMs })
    const { size, maxTimestampMs, firstMs } = segment
    if (size === segmentStart) segment.firstMs = nowMs
    const entry: AppendEntry = {
      kind: 'append',
      topicId: partition.topic.id,
      partition: partition.index,
      baseOffset,
      nextOffset,
      segmentBase: segment.baseOffset,
      segmentPosition: size,
      bodyAt,
      bodyLength: body.length,
      bodyCrc,
      nowMs,
    }
    this.change(entry, () => {
      partition.end = end
      partition.segments = segments
      segment.size = size
      segment.maxTimestampMs = maxTimestampMs
      segment.firstMs = firstMs
      for (const [id, known] of before) setProducer(state, partition, id, known)
      partition.aborted.length -= aborted.length
      state.abortedCount -= aborted.length
    })
    this.placed.push({ partition, segment, entry })
    for (const [id, known] of producers) setProducer(state, partition, id, known)
    for (const one of aborted) this.aborted.push({ partition, entry: noteAborted(state, partition, one) })
    segment.size += body.length
    segment.maxTimestampMs = Math.max(maxTimestampMs, placing.maxTimestampMs)
    partition.end = nextOffset
  }

  /** The segment that takes the next bytes; a new one when the last is full. Replaces the array, so that undo keeps the old. */
  #segmentFor(
    partition: Partition,
    bytes: number,
    { settings, nowMs }: { settings: TopicSettings; nowMs: number },
  ): Segment {
    const last = partition.segments.at(-1)
    const bytesMax = Math.min(settings.segmentBytes, this.#limits.segmentBytesMax)
    // Where all is deleted already a new file begins, so that the old one can go.
    const holds =
      partition.start < partition.end &&
      last !== undefined &&
      last.size + bytes <= bytesMax &&
      !isAged(last, settings, nowMs)
    if (last && (holds || last.size === segmentStart)) return last
    const segment: Segment = {
      baseOffset: partition.end,
      generation: 0,
      size: segmentStart,
      maxTimestampMs: -1,
      created: false,
      firstMs: -1,
    }
    partition.segments = [...partition.segments, segment]
    partition.segmentsVersion++
    return segment
  }

  /** Stages appends to several partitions; all or nothing. @returns the first offset of each, or the first refusal */
  appendAll(appends: CommitGroup['appends'], nowMs: number): number[] | Refusal {
    const mark = this.mark()
    const baseOffsets: number[] = []
    for (const { topic, partition, batches } of appends) {
      const found = this.#state.byName.get(topic)?.partitions[partition]
      const outcome = found
        ? this.append(found, batches, nowMs)
        : refused(3, `there is no partition ${partition} of topic ${topic}`)
      if (!outcome.ok) {
        this.rewind(mark)
        return refused(outcome.error, `${topic}-${partition}: ${outcome.message}`)
      }
      baseOffsets.push(outcome.baseOffset)
    }
    return baseOffsets
  }

  /** Stages a marker in each of the partitions. A damaged one takes none: an abort leaves it out, a commit is refused. */
  endTransaction(partitions: Iterable<Partition>, marker: Marker, nowMs: number): EndedTransaction[] | Refusal {
    const mark = this.mark()
    const ended: EndedTransaction[] = []
    for (const partition of Array.from(partitions)) {
      if (partition.damage && !marker.commits) continue
      const outcome = this.append(partition, encodeMarker(marker, nowMs), nowMs)
      if (!outcome.ok) {
        this.rewind(mark)
        return outcome
      }
      ended.push({ topic: partition.topic.name, partition: partition.index, offset: outcome.baseOffset })
    }
    return ended
  }

  /** Stages a commit group; all or nothing. */
  commit(group: CommitGroup, context: { nowMs: number; newTopicId: () => string }): CommitOutcome {
    const { owners, brokenOwners } = this.#state
    const { owner, epoch } = group
    const last = owners.get(owner)
    if (brokenOwners.has(owner))
      return { ok: false, reason: 'failed', message: `the last commit of ${owner} is lost by damage` }
    const wanted = (last?.epoch ?? 0) + 1
    if (epoch !== wanted)
      return { ok: false, reason: 'fenced', message: `epoch ${epoch} of ${owner} is not the next, ${wanted} is` }
    const mark = this.mark()
    const baseOffsets = this.appendAll([...group.appends, ...this.#offsetAppends(group, context)], context.nowMs)
    if ('error' in baseOffsets) {
      this.rewind(mark)
      return { ok: false, reason: 'failed', message: baseOffsets.message }
    }
    const { position, stateFiles } = group
    owners.set(owner, { epoch, position, stateFiles })
    this.change({ kind: 'commit', owner, epoch, position, stateFiles }, () => {
      if (last) owners.set(owner, last)
      else owners.delete(owner)
    })
    return { ok: true, epoch, baseOffsets: baseOffsets.slice(0, group.appends.length) }
  }

  /** Group offsets as appends to __consumer_offsets, one batch a partition of it. Makes the topic when it is missing. */
  #offsetAppends(group: CommitGroup, context: { nowMs: number; newTopicId: () => string }): CommitGroup['appends'] {
    if (group.groupOffsets.length === 0) return []
    const { nowMs } = context
    const { name, partitionCount, configs, internal } = offsetsTopic
    if (!this.#state.byName.has(name))
      this.putTopic({ kind: 'topic', id: context.newTopicId(), name, partitionCount, configs, internal })
    const count = this.#state.byName.get(name)!.partitionCount
    const byPartition = Map.groupBy(group.groupOffsets, (one) => coordinatorPartition(one.group, count))
    return [...byPartition].map(([partition, offsets]) => {
      const records = offsets.map((one) => {
        return { ...encodeOffsetRecord({ ...one, leaderEpoch: -1, commitTimestampMs: nowMs }), timestampMs: nowMs }
      })
      return { topic: name, partition, batches: records.length > 0 ? encodeRecordBatch(records) : emptyBytes }
    })
  }

  /** Stages a new topic, or a changed one of the same id. */
  putTopic(entry: Extract<Entry, { kind: 'topic' }>): void {
    const state = this.#state
    const { nextSlot } = state
    const old = state.byId.get(entry.id)
    const before = old && { configs: old.configs, partitionCount: old.partitionCount }
    putTopic(state, entry)
    this.change(entry, () => {
      const topic = state.byId.get(entry.id)!
      state.nextSlot = nextSlot
      if (!before) return removeTopic(state, topic)
      topic.configs = before.configs
      topic.partitionCount = before.partitionCount
      topic.partitions.length = before.partitionCount
    })
  }
}

/** True for errors of the disk, which the log answers by taking no writes; anything else is our own fault. */
export const isDiskError = (error: unknown): error is MillraceError => error instanceof MillraceError
