// Staging: what a group will change is decided and put into memory here, each change with the way to undo it; nothing
// reaches the disk. A refused change leaves no trace.
import { assert, BytesError, crc32c, emptyBytes, MillraceError } from '../base/index.ts'
import {
  encodeRecordBatch,
  placeRecordBatch,
  readRecordBatchHeader,
  recordBatchAt,
  recordBatchOverhead,
  type CommitGroup,
  type CommitOutcome,
  type RecordBatchHeader,
} from '../model/index.ts'
import { FrameBuilder, type AppendEntry, type Entry } from './journal-frame.ts'
import type { LogLimits } from './limits.ts'
import type { AppendOutcome, Refusal } from './log-types.ts'
import { coordinatorPartition, encodeOffsetRecord, offsetsTopic } from './offsets.ts'
import { judgeBatch, noteBatch } from './producers.ts'
import { putTopic } from './recover.ts'
import { segmentStart } from './segments.ts'
import { removeTopic, topicSettings, type LogState, type Partition, type Segment, type TopicSettings } from './state.ts'

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
}

export const refused = (error: number, message: string): Refusal => ({ ok: false, error, message })

export class Stage {
  readonly frame = new FrameBuilder()
  readonly entries: Entry[] = []
  readonly placed: Placed[] = []
  readonly #undo: (() => void)[] = []
  readonly #state: LogState
  readonly #limits: LogLimits
  readonly #settings = new WeakMap<Readonly<Record<string, string>>, TopicSettings>()

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
    }
  }

  /** Undoes what was staged since the mark. */
  rewind(mark: Mark): void {
    while (this.#undo.length > mark.undo) this.#undo.pop()!()
    this.frame.cutBodies(mark.bodies)
    this.entries.length = mark.entries
    this.placed.length = mark.placed
  }

  /** The group was written, or undone: the next one begins. The frame is reset by who wrote it. */
  clear(): void {
    this.entries.length = 0
    this.placed.length = 0
    this.#undo.length = 0
  }

  change(entry: Entry, undo: () => void): void {
    this.entries.push(entry)
    this.#undo.push(undo)
  }

  settings(configs: Readonly<Record<string, string>>): TopicSettings {
    let settings = this.#settings.get(configs)
    if (!settings) {
      settings = topicSettings(configs)
      this.#settings.set(configs, settings)
    }
    return settings
  }

  /** Stages batches of one partition; all or none. */
  append(partition: Partition, batches: Uint8Array, nowMs: number): AppendOutcome {
    if (partition.damage) return refused(56, `${partition.topic.name}-${partition.index} is damaged and offline`)
    if (batches.length > this.#limits.messageBytesMax) return refused(10, `${batches.length} bytes in one append`)
    const mark = this.mark()
    const bodyAt = this.frame.addBody(batches)
    const body = this.frame.bytes.subarray(bodyAt, bodyAt + batches.length)
    const settings = this.settings(partition.topic.configs)
    const placing = new Placing(partition, body, { nowMs, logAppendTime: settings.logAppendTime })
    const problem = placing.run()
    if (problem !== undefined || placing.duplicateOf !== undefined) {
      this.rewind(mark)
      if (problem) return problem
      return { ok: true, baseOffset: placing.duplicateOf!, logAppendTimeMs: -1, logStartOffset: partition.start }
    }
    this.#place(placing, bodyAt, nowMs, settings)
    const logAppendTimeMs = settings.logAppendTime ? nowMs : -1
    return { ok: true, baseOffset: placing.baseOffset, logAppendTimeMs, logStartOffset: partition.start }
  }

  #place(placing: Placing, bodyAt: number, nowMs: number, settings: TopicSettings): void {
    const { partition, body, baseOffset, nextOffset, producers } = placing
    const { end, segments } = partition
    const before = producers.map(([id]) => [id, partition.producers.get(id)] as const)
    const segment = this.#segmentFor(partition, body.length, settings)
    const { size, maxTimestampMs } = segment
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
      bodyCrc: crc32c(body),
      nowMs,
    }
    this.change(entry, () => {
      partition.end = end
      partition.segments = segments
      segment.size = size
      segment.maxTimestampMs = maxTimestampMs
      for (const [id, state] of before) {
        if (state) partition.producers.set(id, state)
        else partition.producers.delete(id)
      }
    })
    this.placed.push({ partition, segment, entry })
    for (const [id, state] of producers) partition.producers.set(id, state)
    segment.size += body.length
    segment.maxTimestampMs = Math.max(maxTimestampMs, placing.maxTimestampMs)
    partition.end = nextOffset
  }

  /** The segment that takes the next bytes; a new one when the last is full. Replaces the array, so that undo keeps the old. */
  #segmentFor(partition: Partition, bytes: number, settings: TopicSettings): Segment {
    const last = partition.segments.at(-1)
    const bytesMax = Math.min(settings.segmentBytes, this.#limits.segmentBytesMax)
    if (last && (last.size + bytes <= bytesMax || last.size === segmentStart)) return last
    const segment: Segment = {
      baseOffset: partition.end,
      generation: 0,
      size: segmentStart,
      maxTimestampMs: -1,
      created: false,
    }
    partition.segments = [...partition.segments, segment]
    partition.segmentsVersion++
    return segment
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
    const baseOffsets: number[] = []
    for (const { topic, partition, batches } of [...group.appends, ...this.#offsetAppends(group, context)]) {
      const found = this.#state.byName.get(topic)?.partitions[partition]
      const outcome = found
        ? this.append(found, batches, context.nowMs)
        : refused(3, `there is no partition ${partition} of topic ${topic}`)
      if (!outcome.ok) {
        this.rewind(mark)
        return { ok: false, reason: 'failed', message: `${topic}-${partition}: ${outcome.message}` }
      }
      baseOffsets.push(outcome.baseOffset)
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

/** Checks the batches of one append, judges their producers and places their offsets; changes only the copied bytes. */
class Placing {
  readonly partition: Partition
  readonly body: Uint8Array
  readonly baseOffset: number
  nextOffset: number
  maxTimestampMs = -1
  /** States after it, by producer id. */
  readonly producers: [number, ReturnType<typeof noteBatch>][] = []
  /** Set when this append repeats one that is there. */
  duplicateOf: number | undefined
  readonly #options: { readonly nowMs: number; readonly logAppendTime: boolean }

  constructor(partition: Partition, body: Uint8Array, options: { nowMs: number; logAppendTime: boolean }) {
    this.partition = partition
    this.body = body
    this.baseOffset = partition.end
    this.nextOffset = partition.end
    this.#options = options
  }

  run(): Refusal | undefined {
    const { body } = this
    if (body.length === 0) return refused(87, 'no record batch')
    let duplicates = 0
    let count = 0
    for (let at = 0; at < body.length; count++) {
      const header = this.#header(at)
      if ('ok' in header) return header
      const verdict = this.#judge(header)
      if (typeof verdict === 'object') return verdict
      if (verdict === 'duplicate') duplicates++
      else this.#placeBatch(header, at)
      at += header.size
    }
    if (duplicates > 0 && duplicates < count)
      return refused(45, 'some batches of this append are there already, others not')
    return undefined
  }

  /** Everything about a batch's bytes that can be wrong. */
  #header(at: number): RecordBatchHeader | Refusal {
    const { body } = this
    let header: RecordBatchHeader
    try {
      header = readRecordBatchHeader(body, at)
    } catch (error) {
      if (error instanceof BytesError) return refused(2, error.message)
      throw error
    }
    if (at + header.size > body.length)
      return refused(2, `a batch of ${header.size} bytes ends after ${body.length - at}`)
    const crc = crc32c(body.subarray(at + recordBatchAt.attributes, at + header.size))
    if (crc !== header.crc) return refused(2, 'the checksum of a batch is wrong')
    if (header.count !== header.lastOffsetDelta + 1 || header.count < 1)
      return refused(87, `a batch says ${header.count} records, last offset ${header.lastOffsetDelta}`)
    if (header.producerId > BigInt(Number.MAX_SAFE_INTEGER))
      return refused(49, `producer id ${header.producerId} was never given`)
    // Markers of transactions carry a producer, but no sequence.
    if (header.producerId >= 0n && !header.control && (header.producerEpoch < 0 || header.baseSequence < 0))
      return refused(87, 'a producer id without epoch or sequence')
    return header
  }

  #judge(header: RecordBatchHeader): Refusal | 'append' | 'duplicate' {
    if (header.producerId < 0n || header.control) return 'append'
    const id = Number(header.producerId)
    const known = this.producers.findLast(([one]) => one === id)?.[1] ?? this.partition.producers.get(id)
    const verdict = judgeBatch(known, header)
    if (verdict.kind === 'refused') return refused(verdict.error, verdict.message)
    if (verdict.kind === 'duplicate') {
      this.duplicateOf ??= verdict.offset
      return 'duplicate'
    }
    this.producers.push([id, noteBatch(known, header, this.nextOffset, this.#options.nowMs)])
    return 'append'
  }

  #placeBatch(header: RecordBatchHeader, at: number): void {
    const { body } = this
    assert(body.length - at >= recordBatchOverhead, 'a whole header is there')
    placeRecordBatch(body, this.nextOffset, 0, at)
    let { maxTimestampMs } = header
    if (this.#options.logAppendTime && !header.control) {
      maxTimestampMs = this.#options.nowMs
      const view = new DataView(body.buffer, body.byteOffset + at, header.size)
      view.setInt16(recordBatchAt.attributes, header.attributes | 8)
      view.setBigInt64(recordBatchAt.maxTimestamp, BigInt(maxTimestampMs))
      view.setUint32(recordBatchAt.crc, crc32c(body.subarray(at + recordBatchAt.attributes, at + header.size)))
    }
    this.maxTimestampMs = Math.max(this.maxTimestampMs, maxTimestampMs)
    this.nextOffset += header.lastOffsetDelta + 1
  }
}

/** True for errors of the disk, which the log answers by taking no writes; anything else is our own fault. */
export const isDiskError = (error: unknown): error is MillraceError => error instanceof MillraceError
