// What happens to sealed segments: an index beside them, removal past retention, compaction. One segment a step, between
// groups. Retention removes whole segments and is journalled (the start moves); compaction writes a new file of the next
// generation, which counts once the state names it; until a checkpoint does, a crash goes back to the old file.
import { BytesError, type Clock, type Disk } from '../base/index.ts'
import { compactSegment, latestOffsets } from './compact.ts'
import type { LogLimits } from './limits.ts'
import { buildIndex, indexPathOf, writeIndex } from './segments.ts'
import {
  partitionFolder,
  pathOf,
  type LogState,
  type Partition,
  type Segment,
  type Topic,
  type TopicSettings,
} from './state.ts'
import { lastStableOffset } from './transactions.ts'

interface Options {
  readonly disk: Disk
  readonly clock: Clock
  readonly limits: LogLimits
  readonly state: LogState
  readonly settings: (topic: Topic) => TopicSettings
}

export type CleanerWork =
  /** Retention: the start is to move here. */
  | { readonly kind: 'start'; readonly partition: Partition; readonly offset: number }
  /** Compaction: the partition's segment is now another file. */
  | { readonly kind: 'replaced'; readonly partition: Partition; readonly oldPath: string; readonly folder: string }
  /** Compaction met damage: the partition goes offline. */
  | { readonly kind: 'damaged'; readonly partition: Partition; readonly reason: string }
  | { readonly kind: 'indexed' }

interface Compaction {
  readonly partition: Partition
  readonly latest: ReadonlyMap<string, number>
  /** Sealed segments still to be rewritten. */
  readonly todo: Segment[]
  /** See compactSegment. */
  readonly unended: Set<number>
}

export class Cleaner {
  readonly #options: Options
  readonly #sealed: { partition: Partition; segment: Segment }[] = []
  /** Partitions with a newly sealed segment, where compaction has something to do. */
  readonly #uncompacted = new Set<Partition>()
  /** Where the last round of a partition with records that were too young ended. */
  readonly #compactedBefore = new WeakMap<Partition, number>()
  #compaction: Compaction | undefined
  /** Where each partition ended when it was looked at, and since when. */
  readonly #quiet = new WeakMap<Partition, { readonly end: number; readonly sinceMs: number }>()
  #lookedAtMs = -Infinity

  constructor(options: Options) {
    this.#options = options
    for (const topic of options.state.byId.values()) {
      if (options.settings(topic).compact)
        for (const p of topic.partitions) if (p.segments.length > 1) this.#uncompacted.add(p)
    }
  }

  noteSealed(partition: Partition, segment: Segment): void {
    this.#sealed.push({ partition, segment })
    if (this.#options.settings(partition.topic).compact) this.#uncompacted.add(partition)
  }

  idleMs(): number {
    if (this.#sealed.length > 0 || this.#compaction) return 0
    return Math.max(0, this.#lookedAtMs + this.#options.limits.retentionIntervalMs - this.#options.clock.monotonicMs())
  }

  /** One piece of work; undefined when there is none now. */
  step(): CleanerWork | undefined {
    const sealed = this.#sealed.pop()
    if (sealed) return this.#index(sealed.partition, sealed.segment)
    const compaction = this.#compaction
    if (compaction) return this.#guard(compaction.partition, () => this.#compact(compaction))
    const { clock, limits, state } = this.#options
    const nowMs = clock.monotonicMs()
    if (nowMs - this.#lookedAtMs < limits.retentionIntervalMs) return undefined
    for (const topic of state.byId.values()) {
      for (const partition of topic.partitions) {
        const offset = this.#startByRetention(partition)
        // Looks again at the others in the next step.
        if (offset > partition.start) return { kind: 'start', partition, offset }
      }
    }
    this.#lookedAtMs = nowMs
    for (const partition of this.#uncompacted) {
      // Waits until all that is sealed is decided: transactions end within their timeout.
      if (lastStableOffset(partition) < (partition.segments.at(-1)?.baseOffset ?? 0)) continue
      this.#uncompacted.delete(partition)
      if (!state.byId.has(partition.topic.id) || partition.damage || partition.segments.length < 2) continue
      return this.#guard(partition, () => this.#beginCompaction(partition))
    }
    return undefined
  }

  /** Damaged bytes end the compaction of this partition, not the log. */
  #guard(partition: Partition, run: () => CleanerWork): CleanerWork {
    try {
      return run()
    } catch (error) {
      if (!(error instanceof BytesError)) throw error
      this.#compaction = undefined
      return { kind: 'damaged', partition, reason: error.message }
    }
  }

  #index(partition: Partition, segment: Segment): CleanerWork {
    const { disk, limits } = this.#options
    const path = pathOf(partition, segment)
    const { baseOffset, size } = segment
    // The group that sealed it may have been undone, or the topic deleted.
    if (partition.segments.includes(segment) && partition.segments.at(-1) !== segment && disk.exists(path)) {
      const file = disk.open(path, 'read')
      try {
        writeIndex(
          disk,
          indexPathOf(path),
          buildIndex(file, { baseOffset, size, intervalBytes: limits.indexIntervalBytes }),
        )
      } finally {
        file.close()
      }
    }
    return { kind: 'indexed' }
  }

  /** Where the log should begin, by time and size; the current start when it may stay. */
  #startByRetention(partition: Partition): number {
    const { settings, clock } = this.#options
    const { delete: deletes, retentionMs, retentionBytes } = settings(partition.topic)
    const { segments } = partition
    if (!deletes || partition.damage || segments.length === 0) return partition.start
    let bytes = 0
    for (const segment of segments) bytes += segment.size
    const oldestMs = retentionMs < 0 ? -Infinity : clock.nowMs() - retentionMs
    let start = partition.start
    for (let i = 0; i + 1 < segments.length; i++) {
      const segment = segments[i]!
      const tooMuch = retentionBytes >= 0 && bytes - segment.size >= retentionBytes
      if (!tooMuch && segment.maxTimestampMs >= oldestMs) break
      bytes -= segment.size
      start = segments[i + 1]!.baseOffset
    }
    // The segment that is written to, when nothing in it is young enough: a topic with few records keeps none too long. But what
    // was appended lately stays, however old its records say they are: history that is written again is read first.
    const last = segments.at(-1)!
    const isNext = segments.length === 1 || start === last.baseOffset
    const isOld = last.maxTimestampMs >= 0 && last.maxTimestampMs < oldestMs && partition.open.size === 0
    const isQuiet = this.#quietMs(partition) >= retentionMs
    return isNext && isOld && isQuiet ? partition.end : start
  }

  /** How long nothing has been appended, as far as was looked: since this log was opened at most. */
  #quietMs(partition: Partition): number {
    const nowMs = this.#options.clock.nowMs()
    const known = this.#quiet.get(partition)
    if (known?.end === partition.end) return nowMs - known.sinceMs
    this.#quiet.set(partition, { end: partition.end, sinceMs: nowMs })
    return 0
  }

  #beginCompaction(partition: Partition): CleanerWork {
    const { disk, limits } = this.#options
    const { count, before } = this.#oldEnough(partition)
    // What is too young now is looked at again, until all that is sealed was.
    if (count < partition.segments.length - 1) this.#uncompacted.add(partition)
    // Nothing got old enough since the last round.
    if (count === 0 || this.#compactedBefore.get(partition) === before) return { kind: 'indexed' }
    if (before < Infinity) this.#compactedBefore.set(partition, before)
    const latest = latestOffsets(disk, partition, { keysMax: limits.compactionKeysMax, before })
    this.#compaction = { partition, latest, todo: partition.segments.slice(0, count).toReversed(), unended: new Set() }
    return { kind: 'indexed' }
  }

  /** How many sealed segments have only records older than min.compaction.lag.ms, and the offset from which on they are younger. */
  #oldEnough({ topic, segments }: Partition): { count: number; before: number } {
    const { clock, settings } = this.#options
    const { minCompactionLagMs } = settings(topic)
    if (minCompactionLagMs <= 0) return { count: segments.length - 1, before: Infinity }
    const young = segments.findIndex(({ maxTimestampMs }) => maxTimestampMs > clock.nowMs() - minCompactionLagMs)
    if (young < 0) return { count: segments.length - 1, before: Infinity }
    return { count: Math.min(young, segments.length - 1), before: segments[young]!.baseOffset }
  }

  #compact(compaction: Compaction): CleanerWork {
    const { disk, state, clock, settings } = this.#options
    const { partition, latest, todo, unended } = compaction
    const segment = todo.pop()
    if (!segment || !state.byId.has(partition.topic.id)) {
      this.#compaction = undefined
      return { kind: 'indexed' }
    }
    const at = partition.segments.indexOf(segment)
    if (at < 0) return { kind: 'indexed' }
    const { deleteRetentionMs } = settings(partition.topic)
    const replaced = compactSegment(disk, {
      partition,
      segment,
      latest,
      tombstonesBeforeMs: clock.nowMs() - deleteRetentionMs,
      unended,
    })
    if (!replaced) return { kind: 'indexed' }
    const oldPath = pathOf(partition, segment)
    partition.segments = partition.segments.with(at, replaced)
    this.#sealed.push({ partition, segment: replaced })
    return { kind: 'replaced', partition, oldPath, folder: partitionFolder(partition.topic.id, partition.index) }
  }
}
