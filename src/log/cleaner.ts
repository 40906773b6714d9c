// What happens to sealed segments: an index beside them, removal past retention, compaction. A bounded piece a step, between
// groups. Retention removes whole segments and is journalled (the start moves); compaction writes files of the next
// generation, which count once the state names them; until a checkpoint does, a crash goes back to the old files.
// When a partition is compacted follows Kafka's LogCleanerManager: below the segment that is written to, the last stable
// offset and min.compaction.lag.ms; once the part that was never cleaned is min.cleanable.dirty.ratio of it, or holds a record
// for max.compaction.lag.ms. Beyond Kafka, nothing waits for the next write: a segment is also sealed when nothing is
// appended, and a delete horizon that has passed is reason enough for a round.
import { BytesError, MillraceError, type Clock, type Disk } from '../base/index.ts'
import { BatchJudge } from './compact-batch.ts'
import { compactGroup, groupSegments, latestOffsets } from './compact.ts'
import { isDiskFull } from './full-disk.ts'
import type { LogLimits } from './limits.ts'
import { buildIndex, indexPathOf, segmentStart, writeIndex } from './segments.ts'
import {
  isAged,
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
  /** True while files that an earlier round replaced are still there: the next one waits for their removal. */
  readonly isRemoving: () => boolean
}

export type CleanerWork =
  /** Retention: the start is to move here. */
  | { readonly kind: 'start'; readonly partition: Partition; readonly offset: number }
  /** The segment that is written to has had its time: another one is to begin. */
  | { readonly kind: 'roll'; readonly partition: Partition }
  /** Segments lie wholly before the start, perhaps the one that is written to. */
  | { readonly kind: 'passed'; readonly partition: Partition }
  /** Compaction: some of the partition's segments are now another file. */
  | {
      readonly kind: 'replaced'
      readonly partition: Partition
      readonly oldPaths: readonly string[]
      readonly folder: string
      /** What was replaced is to be nowhere on the disk, the journal included. */
      readonly scrubs: boolean
    }
  /** Compaction met damage: the partition goes offline. */
  | { readonly kind: 'damaged'; readonly partition: Partition; readonly reason: string }
  | { readonly kind: 'indexed' }

const nothing: CleanerWork = { kind: 'indexed' }

/** What may be cleaned now, and how much there is to it. */
interface Cleanable {
  readonly partition: Partition
  /** Below it everything is sealed, decided and old enough. */
  readonly to: number
  /** A record has waited for max.compaction.lag.ms. */
  readonly isLate: boolean
  readonly dirtyRatio: number
}

interface Round {
  readonly partition: Partition
  readonly work: Generator<CleanerWork | undefined, void, void>
}

/** A sector that is gone: what was acknowledged there is lost, and nothing else is. Failed writes and syncs are another matter. */
const isUnreadable = (error: unknown): error is MillraceError =>
  error instanceof MillraceError && error.code === 'MR-BASE-003' && error.details['action'] === 'read'

/** Those of topics that are made or deleted meanwhile may come or not. */
function* partitionsOf(state: LogState): Generator<Partition, void, void> {
  for (const topic of state.byId.values()) yield* topic.partitions
}

export class Cleaner {
  readonly #options: Options
  readonly #sealed: { partition: Partition; segment: Segment }[] = []
  #round: Round | undefined
  #looking: Generator<Partition, void, void> | undefined
  /** Where each partition ended when it was looked at, and since when. */
  readonly #quiet = new WeakMap<Partition, { readonly end: number; readonly sinceMs: number }>()
  #lookedAtMs = -Infinity
  #compactsNotBeforeMs = -Infinity

  constructor(options: Options) {
    this.#options = options
  }

  noteSealed(partition: Partition, segment: Segment): void {
    this.#sealed.push({ partition, segment })
  }

  idleMs(): number {
    if (this.#sealed.length > 0 || this.#round) return 0
    return Math.max(0, this.#lookedAtMs + this.#options.limits.retentionIntervalMs - this.#options.clock.monotonicMs())
  }

  /** One piece of work; undefined when there is none now. */
  step(): CleanerWork | undefined {
    const sealed = this.#sealed.pop()
    if (sealed) return this.#guard(sealed.partition, () => this.#index(sealed.partition, sealed.segment))
    const round = this.#round
    if (round) return this.#guard(round.partition, () => this.#advance(round))
    const { clock, limits, state } = this.#options
    const nowMs = clock.monotonicMs()
    if (nowMs - this.#lookedAtMs < limits.retentionIntervalMs) return undefined
    // Goes on behind what it found in the step before.
    this.#looking ??= partitionsOf(state)
    for (let one = this.#looking.next(); !one.done; one = this.#looking.next()) {
      const partition = one.value
      const offset = this.#startByRetention(partition)
      if (offset > partition.start) return { kind: 'start', partition, offset }
      if (hasPassed(partition)) return { kind: 'passed', partition }
      if (this.#isToRoll(partition)) return { kind: 'roll', partition }
    }
    this.#looking = undefined
    const next = this.#filthiest(nowMs)
    if (next) {
      this.#round = { partition: next.partition, work: this.#compact(next) }
      return nothing
    }
    this.#lookedAtMs = nowMs
    return undefined
  }

  /** It could not be done now, as the disk is full: looks again later. */
  postpone(): void {
    this.#round?.work.return()
    this.#round = undefined
    this.#looking = undefined
    const { clock, limits } = this.#options
    this.#lookedAtMs = clock.monotonicMs()
    this.#compactsNotBeforeMs = this.#lookedAtMs + limits.retentionIntervalMs
  }

  /** Bytes that are damaged or cannot be read take this partition offline, a full disk postpones compaction; neither ends the log. */
  #guard(partition: Partition, run: () => CleanerWork): CleanerWork {
    try {
      return run()
    } catch (error) {
      if (isDiskFull(error)) {
        this.postpone()
        return nothing
      }
      if (!(error instanceof BytesError || isUnreadable(error))) throw error
      this.#round = undefined
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
          buildIndex(file, {
            baseOffset,
            size,
            intervalBytes: limits.indexIntervalBytes,
            isWhole: segment.generation === 0,
          }),
        )
      } finally {
        file.close()
      }
    }
    return nothing
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

  /** Only of compacted topics; others are sealed by the append that finds their segment old. */
  #isToRoll(partition: Partition): boolean {
    const { clock, settings } = this.#options
    const wanted = settings(partition.topic)
    const last = partition.segments.at(-1)
    if (!wanted.compact || partition.damage || !last || last.size === segmentStart) return false
    // Nobody knows since when: it may be long.
    const isUnknown = last.firstMs < 0 && wanted.maxCompactionLagMs < Infinity
    return isUnknown || isAged(last, wanted, clock.nowMs())
  }

  /** What is late before what is large, as Kafka's cleaner chooses. */
  #filthiest(monotonicMs: number): Cleanable | undefined {
    const { state, settings, isRemoving } = this.#options
    if (monotonicMs < this.#compactsNotBeforeMs || isRemoving()) return undefined
    let chosen: Cleanable | undefined
    for (const topic of state.byId.values()) {
      if (!settings(topic).compact) continue
      for (const partition of topic.partitions) {
        const one = partition.damage || partition.segments.length < 2 ? undefined : this.#cleanable(partition)
        if (!one) continue
        const isMore = !chosen || one.dirtyRatio > chosen.dirtyRatio
        if (!chosen || (one.isLate === chosen.isLate ? isMore : one.isLate)) chosen = one
      }
    }
    return chosen
  }

  /** Undefined when it is not worth it yet. */
  #cleanable(partition: Partition): Cleanable | undefined {
    const { clock, settings } = this.#options
    const { minDirtyRatio, maxCompactionLagMs } = settings(partition.topic)
    const { segments, cleaned } = partition
    const to = this.#cleanableTo(partition)
    const from = Math.max(cleaned.to, segments[0]!.baseOffset)
    const nowMs = clock.nowMs()
    let clean = 0
    let dirty = 0
    let sinceMs = Infinity
    for (let i = 0; i + 1 < segments.length && segments[i]!.baseOffset < to; i++) {
      const { size, firstMs } = segments[i]!
      if (segments[i + 1]!.baseOffset <= from) clean += size - segmentStart
      else if (size > segmentStart) {
        dirty += size - segmentStart
        sinceMs = Math.min(sinceMs, firstMs)
      }
    }
    const isLate = dirty > 0 && nowMs - sinceMs >= maxCompactionLagMs
    const dirtyRatio = dirty === 0 ? 0 : dirty / (clean + dirty)
    const isPassed = cleaned.horizonMs <= nowMs && to > segments[0]!.baseOffset
    return isLate || isPassed || dirtyRatio > minDirtyRatio ? { partition, to, isLate, dirtyRatio } : undefined
  }

  /** Where the first segment begins that is written to, has undecided records, or some that are too young. */
  #cleanableTo(partition: Partition): number {
    const { clock, settings } = this.#options
    const { minCompactionLagMs } = settings(partition.topic)
    const { segments } = partition
    const stable = lastStableOffset(partition)
    const youngMs = minCompactionLagMs > 0 ? clock.nowMs() - minCompactionLagMs : Infinity
    const last = segments.length - 1
    const first = segments.findIndex(
      ({ maxTimestampMs }, i) => i === last || segments[i + 1]!.baseOffset > stable || maxTimestampMs > youngMs,
    )
    return segments[first]!.baseOffset
  }

  #advance(round: Round): CleanerWork {
    const { state } = this.#options
    const isThere = state.byId.has(round.partition.topic.id) && !round.partition.damage
    const next = isThere ? round.work.next() : round.work.return()
    // Looks at once whether there is more.
    if (next.done) this.#round = undefined
    return next.value ?? nothing
  }

  *#compact({ partition, to }: Cleanable): Round['work'] {
    const { disk, limits, clock, settings } = this.#options
    const { segmentBytes, deleteRetentionMs, maxCompactionLagMs } = settings(partition.topic)
    const { compactionKeysMax: keysMax, compactionStepBytes: stepBytes } = limits
    const { latest, end } = yield* latestOffsets(disk, partition, {
      from: partition.cleaned.to,
      to,
      keysMax,
      stepBytes,
    })
    const judge = new BatchJudge({ partition, latest, end, nowMs: clock.nowMs(), deleteRetentionMs })
    const bytesMax = Math.min(segmentBytes, limits.segmentBytesMax)
    for (const group of groupSegments(partition.segments.slice(0, -1), end, bytesMax)) {
      const replacement = yield* compactGroup(disk, { partition, group, judge, stepBytes })
      const at = partition.segments.indexOf(group[0]!)
      // Retention was faster; the next round begins from there.
      if (group.some((segment, i) => partition.segments[at + i] !== segment)) return
      if (replacement) {
        partition.segments = partition.segments.toSpliced(at, group.length, replacement)
        this.#sealed.push({ partition, segment: replacement })
      }
      this.#forgetAborted(partition, judge)
      if (!replacement) continue
      const oldPaths = group.map((segment) => pathOf(partition, segment)).flatMap((path) => [path, indexPathOf(path)])
      const folder = partitionFolder(partition.topic.id, partition.index)
      yield { kind: 'replaced', partition, oldPaths, folder, scrubs: maxCompactionLagMs < Infinity }
    }
    partition.cleaned = { to: Math.max(end, partition.cleaned.to), horizonMs: judge.nextHorizonMs }
  }

  #forgetAborted(partition: Partition, judge: BatchJudge): void {
    const gone = new Set(judge.forgotten.splice(0))
    if (gone.size === 0) return
    partition.aborted = partition.aborted.filter(({ lastOffset }) => !gone.has(lastOffset))
    this.#options.state.abortedCount -= gone.size
  }
}

/** What is over is to lie in no file, though nothing is written any more that would begin another one. */
function hasPassed({ segments, start, end, damage, open }: Partition): boolean {
  if (damage || segments.length === 0) return false
  if (segments.length > 1 && segments[1]!.baseOffset <= start) return true
  return segments.length === 1 && start === end && segments[0]!.size > segmentStart && open.size === 0
}
