// Reads the log from any thread: what is readable stands in shared memory, the bytes in segment files. Never waits for the
// log worker. Invariant: nothing at or above the published end is looked at, since it may be half written or undone.
import { assert, MillraceError, type Disk, type DiskFile } from '../base/index.ts'
import {
  checkRecordBatchCrc,
  decodeRecords,
  decompressBuiltIn,
  readRecordBatchHeader,
  recordBatchOverhead,
  type Decompress,
} from '../model/index.ts'
import { abortedBetween, AbortedReader } from './aborted.ts'
import { gapBatch, withoutAborted } from './committed.ts'
import { firstEpochs, type LeaderEpochs } from './leader-epochs.ts'
import { defaultLimits, type LogLimits } from './limits.ts'
import type { LogReader, LogShare, ReadOptions, TopicInfo } from './log-types.ts'
import { buildIndex, indexPathOf, readIndex, SegmentIndex, segmentStart, walkBatches } from './segments.ts'
import { endOfBatches, hasRecords, noteChecked, type PartitionView, type SegmentView } from './reader-view.ts'
import { slotStatus, SlotReader, TopicsReader, type PublishedTopic } from './share.ts'
import { parseSegmentName, partitionFolder, segmentPath } from './state.ts'
import type { AbortedTransaction } from './transactions.ts'

/**
 * Opens a reader over what the log has published. O(1); files are opened when first read.
 * @param disk rooted at share.folder, in this thread
 * @param options.decompress for listOffsetForTime inside compressed batches; without it gzip and zstd are known
 */
export function openLogReader(
  share: LogShare,
  disk: Disk,
  options: { limits?: Partial<LogLimits>; decompress?: Decompress } = {},
): LogReader {
  return new Reader(share, disk, {
    limits: { ...defaultLimits, ...options.limits },
    decompress: options.decompress ?? decompressBuiltIn,
  })
}

/** Times that the segments are listed anew for one look. */
const listAttemptsMax = 5

/** Reads whose ends are remembered, for each segment. */
const goOnMax = 32

const freshBytes = (size: number): Uint8Array => new Uint8Array(size)

interface Located {
  readonly position: number
  readonly base: number | undefined
}

interface Options {
  readonly limits: LogLimits
  readonly decompress: Decompress
}

class Reader implements LogReader {
  readonly #disk: Disk
  readonly #options: Options
  readonly #slots: SlotReader
  readonly #topicsReader: TopicsReader
  readonly #aborted: AbortedReader
  #published: readonly PublishedTopic[] = []
  #topics: readonly TopicInfo[] = []
  readonly #byName = new Map<string, TopicInfo>()
  readonly #byId = new Map<string, TopicInfo>()
  /** By topic id. */
  #partitions = new Map<string, PartitionView[]>()
  /** Views with an open file, in order of use. */
  readonly #open = new Set<SegmentView>()

  constructor(share: LogShare, disk: Disk, options: Options) {
    this.#disk = disk
    this.#options = options
    this.#slots = new SlotReader(share)
    this.#topicsReader = new TopicsReader(share)
    this.#aborted = new AbortedReader(share.aborted)
  }

  #refresh(): void {
    const published = this.#topicsReader.read()
    if (published === this.#published) return
    this.#published = published
    const topics: TopicInfo[] = []
    const partitions = new Map<string, PartitionView[]>()
    this.#byName.clear()
    this.#byId.clear()
    for (const { slots, epochs, ...info } of published) {
      topics.push(info)
      this.#byName.set(info.name, info)
      this.#byId.set(info.id, info)
      const views = this.#partitions.get(info.id) ?? []
      this.#partitions.delete(info.id)
      for (let i = views.length; i < slots.length; i++) {
        const place = { name: info.name, id: info.id, partition: i, slot: slots[i]! }
        views.push({ ...place, epochs: epochs?.[i] ?? firstEpochs, segmentsVersion: -1, segments: [] })
      }
      partitions.set(info.id, views)
    }
    for (const views of this.#partitions.values())
      for (const view of views) for (const segment of view.segments) this.#closeFile(segment)
    this.#partitions = partitions
    this.#topics = topics.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }

  topics(): readonly TopicInfo[] {
    this.#refresh()
    return this.#topics
  }
  topic(name: string): TopicInfo | undefined {
    this.#refresh()
    return this.#byName.get(name)
  }
  topicById(id: string): TopicInfo | undefined {
    this.#refresh()
    return this.#byId.get(id)
  }
  partitionCount(topic: string): number | undefined {
    return this.topic(topic)?.partitionCount
  }
  startOffset(topic: string, partition: number): number {
    return this.#slots.start(this.#view(topic, partition).slot)
  }
  endOffset(topic: string, partition: number): number {
    return this.#slots.stable(this.#view(topic, partition).slot)
  }
  highWatermark(topic: string, partition: number): number {
    return this.#slots.end(this.#view(topic, partition).slot)
  }
  abortedTransactions(topic: string, partition: number, from: number, to: number): readonly AbortedTransaction[] {
    return abortedBetween(this.#aborted.of(this.#view(topic, partition).slot), from, to)
  }
  /** They change when the log is opened only, and a reader belongs to one opening. */
  leaderEpochs(topic: string, partition: number): LeaderEpochs {
    return this.#view(topic, partition).epochs
  }
  status(topic: string, partition: number): 'online' | 'offline' {
    return this.#slots.status(this.#view(topic, partition).slot) === slotStatus.offline ? 'offline' : 'online'
  }

  #view(topic: string, partition: number): PartitionView {
    this.#refresh()
    const info = this.#byName.get(topic)
    const view = info && this.#partitions.get(info.id)![partition]
    if (!view) throw new MillraceError('MR-LOG-004', { details: { topic, partition } })
    return view
  }

  read(topic: string, partition: number, offset: number, bytesMax: number): Uint8Array {
    const view = this.#view(topic, partition)
    // The end first: what was aborted below it is then in the list that is looked at after it.
    const end = this.#slots.stable(view.slot)
    const bytes = this.#readUpTo(view, offset, bytesMax, { end, allocate: freshBytes, checkOnce: false })
    if (bytes.length > 0) return withoutAborted(bytes, this.#aborted.of(view.slot))
    // Compaction may have emptied everything up to an open transaction: who waits here would wait for its end.
    return offset < end ? gapBatch(offset, end) : bytes
  }

  readUncommitted(
    topic: string,
    partition: number,
    offset: number,
    bytesMax: number,
    { end = Infinity, allocate = freshBytes, checkOnce = false }: ReadOptions = {},
  ): Uint8Array {
    const view = this.#view(topic, partition)
    return this.#readUpTo(view, offset, bytesMax, {
      end: Math.min(end, this.#slots.end(view.slot)),
      allocate,
      checkOnce,
    })
  }

  /** The end was taken before: what it covers is then in the list of segments that is looked at after it. */
  #readUpTo(view: PartitionView, offset: number, bytesMax: number, options: Required<ReadOptions>): Uint8Array {
    const { name: topic, partition } = view
    const { end, allocate, checkOnce } = options
    const start = this.#slots.start(view.slot)
    if (offset < start || offset > end || !Number.isInteger(offset)) {
      throw new MillraceError('MR-LOG-002', { details: { topic, partition, offset, start, end } })
    }
    if (offset === end) {
      // A damaged journal lost what followed: the end is then where the damage begins.
      if (this.#slots.damagedFrom(view.slot) === end) this.#refuseHole(view, { offset, end }, undefined)
      return new Uint8Array(0)
    }
    const size = Math.max(recordBatchOverhead, Math.min(bytesMax, this.#options.limits.readBytesMax))
    const bytes = this.#inSegments(view, () => {
      let empty: Uint8Array | undefined
      const first = this.#segmentAt(view, offset)
      for (let i = first; i < view.segments.length; i++) {
        // What has no records is gone over batch by batch: those behind it in the same segment may have some.
        for (let next = offset; next < end;) {
          const found = this.#readSegment(view, view.segments[i]!, { offset: next, end, size, allocate, checkOnce })
          if (i === first && next === offset) this.#refuseGap(view, view.segments[i]!, offset, found)
          if (!found) break
          if (hasRecords(found)) return found
          empty ??= found
          next = endOfBatches(found)
        }
      }
      return empty
    })
    this.#refuseHole(view, { offset, end }, bytes)
    return bytes ?? new Uint8Array(0)
  }

  /** Looks into the segments as they are now; anew when one of them was removed since they were listed. */
  #inSegments<T>(view: PartitionView, look: () => T): T {
    for (let attempt = 1; ; attempt++) {
      this.#listSegments(view)
      try {
        return look()
      } catch (error) {
        const isGone = view.segments.some(({ file, path }) => file === undefined && !this.#disk.exists(path))
        if (attempt === listAttemptsMax || !isGone) throw error
        view.segmentsVersion = -1
      }
    }
  }

  /**
   * On an offline partition records may be missing that were acknowledged: who waits for them would wait for ever. Read is
   * all below the damage, and behind it what is still there when it is asked for by its own offset.
   */
  #refuseHole(view: PartitionView, range: { offset: number; end: number }, bytes: Uint8Array | undefined): void {
    const { offset, end } = range
    const damagedFrom = this.#slots.damagedFrom(view.slot)
    if (damagedFrom < 0 || end < damagedFrom) return
    const next = bytes ? readRecordBatchHeader(bytes).baseOffset : Infinity
    // Below the damage a hole is what compaction left.
    if (next <= offset || next < damagedFrom) return
    const from = Math.max(offset, damagedFrom)
    const reason = next === Infinity ? 'acknowledged records are missing' : `records up to offset ${next} are missing`
    const file = partitionFolder(view.id, view.partition)
    throw new MillraceError('MR-LOG-001', {
      details: { topic: view.name, partition: view.partition, offset: from, file, position: 0, reason },
    })
  }

  /** Offsets are in no checksum. Where nothing was compacted each one is there, so a batch that claims others is damaged. */
  #refuseGap(view: PartitionView, segment: SegmentView, offset: number, bytes: Uint8Array | undefined): void {
    const damagedFrom = this.#slots.damagedFrom(view.slot)
    // What is known to be missing is told by its own name.
    if (segment.generation > 0 || segment.baseOffset > offset || (damagedFrom >= 0 && damagedFrom <= offset)) return
    if (!bytes || readRecordBatchHeader(bytes).baseOffset > offset)
      this.#damaged(view, segment, offset, 0, `no batch holds offset ${offset}`)
  }

  /** The segments as they are on disk now, newest generation each. */
  #listSegments(view: PartitionView): void {
    const version = this.#slots.segmentsVersion(view.slot)
    if (version === view.segmentsVersion) return
    const known = new Map(view.segments.map((segment) => [segment.path, segment]))
    const newest = new Map<number, number>()
    for (const name of this.#disk.list(partitionFolder(view.id, view.partition))) {
      const parsed = parseSegmentName(name)
      if (!parsed) continue
      const { baseOffset, generation } = parsed
      newest.set(baseOffset, Math.max(generation, newest.get(baseOffset) ?? 0))
    }
    const start = this.#slots.start(view.slot)
    view.segments = [...newest]
      .toSorted((a, b) => a[0] - b[0])
      // Those wholly below the start are about to be removed.
      .filter((_, i, all) => i + 1 === all.length || all[i + 1]![0] > start)
      .map(([baseOffset, generation]) => {
        const path = segmentPath(view.id, view.partition, { baseOffset, generation })
        const segment = known.get(path)
        known.delete(path)
        return (
          segment ?? {
            baseOffset,
            generation,
            path,
            file: undefined,
            index: undefined,
            goOn: new Map(),
            checked: { from: 0, to: 0 },
          }
        )
      })
    for (const gone of known.values()) this.#closeFile(gone)
    view.segmentsVersion = version
  }

  /** Index of the last segment that begins at or below the offset; 0 when there is none. */
  #segmentAt(view: PartitionView, offset: number): number {
    for (let i = view.segments.length - 1; i > 0; i--) if (view.segments[i]!.baseOffset <= offset) return i
    return 0
  }

  #file(segment: SegmentView): DiskFile {
    this.#open.delete(segment)
    this.#open.add(segment)
    if (!segment.file) {
      segment.file = this.#disk.open(segment.path, 'read')
      if (this.#open.size > this.#options.limits.openFilesMax) this.#closeFile(this.#open.values().next().value!)
    }
    return segment.file
  }

  #closeFile(segment: SegmentView): void {
    segment.file?.close()
    segment.file = undefined
    this.#open.delete(segment)
  }

  /** Whole batches from the one that holds `offset`; undefined when this segment has none at or after it. */
  #readSegment(
    view: PartitionView,
    segment: SegmentView,
    want: Required<ReadOptions> & { offset: number; size: number },
  ): Uint8Array | undefined {
    const located = this.#locate(view, segment, want.offset, want.end)
    if (!located) return undefined
    const { position, base } = located
    const file = this.#file(segment)
    let bytes = want.allocate(Math.min(want.size, file.size() - position))
    let length = file.read(bytes, position)
    const first = this.#header(view, segment, bytes.subarray(0, length), position)
    if (base !== undefined && base !== first.baseOffset)
      this.#damaged(view, segment, want.offset, position, `offset ${base} should follow, ${first.baseOffset} does`)
    // Another reading of this segment went further than this one may.
    if (first.baseOffset >= want.end) return undefined
    if (first.size > length) {
      // At least one batch, however large.
      bytes = want.allocate(first.size)
      length = file.read(bytes, position)
    }
    const { end, checkOnce } = want
    const whole = this.#check(view, segment, bytes.subarray(0, length), { position, end, checkOnce })
    return bytes.subarray(0, whole)
  }

  /** How many bytes are whole batches below the end, each with the right checksum. */
  #check(
    view: PartitionView,
    segment: SegmentView,
    bytes: Uint8Array,
    range: { position: number; end: number; checkOnce: boolean },
  ): number {
    const { index, goOn, checked } = segment
    let at = 0
    let next = -1
    while (at + recordBatchOverhead <= bytes.length) {
      const from = range.position + at
      const header = this.#soundHeader(view, segment, bytes.subarray(at), from, at > 0)
      if (!header || at + header.size > bytes.length) break
      const follows = segment.generation > 0 ? header.baseOffset >= next : header.baseOffset === next
      if (at > 0 && !follows) break
      const isChecked = range.checkOnce && from >= checked.from && from + header.size <= checked.to
      if (!isChecked && !checkRecordBatchCrc(bytes, header, at)) {
        // What lies before it is sound, and asked for first.
        if (at > 0) break
        this.#damaged(view, segment, header.baseOffset, from, 'the checksum of a batch is wrong')
      }
      if (!isChecked) noteChecked(checked, from, from + header.size)
      next = header.baseOffset + header.lastOffsetDelta + 1
      // What was read need not be walked again.
      if (index && index.position === from)
        index.add(index.position, header.size, header.baseOffset, next, header.maxTimestampMs)
      at += header.size
      if (next >= range.end) break
    }
    if (at === 0) this.#damaged(view, segment, range.end, range.position, 'the batch ends early')
    goOn.delete(next)
    goOn.set(next, range.position + at)
    if (goOn.size > goOnMax) goOn.delete(goOn.keys().next().value!)
    return at
  }

  /** undefined for a damaged one that `mayEnd` what was read before it. */
  #soundHeader(
    view: PartitionView,
    segment: SegmentView,
    bytes: Uint8Array,
    position: number,
    mayEnd: boolean,
  ): ReturnType<typeof readRecordBatchHeader> | undefined {
    if (!mayEnd) return this.#header(view, segment, bytes, position)
    try {
      return readRecordBatchHeader(bytes)
    } catch {
      return undefined
    }
  }

  #header(
    view: PartitionView,
    segment: SegmentView,
    bytes: Uint8Array,
    position: number,
  ): ReturnType<typeof readRecordBatchHeader> {
    try {
      return readRecordBatchHeader(bytes)
    } catch (cause) {
      return this.#damaged(
        view,
        segment,
        segment.baseOffset,
        position,
        cause instanceof Error ? cause.message : String(cause),
      )
    }
  }

  #damaged(view: PartitionView, segment: SegmentView, offset: number, position: number, reason: string): never {
    const { name: topic, partition } = view
    throw new MillraceError('MR-LOG-001', {
      details: { topic, partition, offset, file: segment.path, position, reason },
    })
  }

  /** The index of a segment, walked at least up to `until` (an offset); undefined offsets walk to the end. */
  #indexOf(view: PartitionView, segment: SegmentView, until: { offset: number; end: number }): SegmentIndex {
    const file = this.#file(segment)
    const isSealed = segment !== view.segments.at(-1)
    const { indexIntervalBytes: intervalBytes } = this.#options.limits
    const { baseOffset } = segment
    const isWhole = segment.generation === 0
    if (!segment.index) {
      const size = file.size()
      const stored = isSealed
        ? readIndex(this.#disk, indexPathOf(segment.path), { baseOffset, size, intervalBytes })
        : undefined
      segment.index =
        stored ??
        (isSealed
          ? buildIndex(file, { baseOffset, size, intervalBytes, isWhole })
          : new SegmentIndex(baseOffset, intervalBytes))
    }
    const { index } = segment
    // After compaction an offset may lie before the first batch: that batch is then the one that is looked for.
    if ((index.positions.length === 0 || index.offset <= until.offset) && index.offset < until.end) {
      walkBatches(file, { start: index.position, end: file.size() }, (position, size, base, next, maxTimestampMs) => {
        if (base >= until.end || (isWhole && base !== index.offset)) return false
        index.add(position, size, base, next, maxTimestampMs)
        return next <= until.offset && next < until.end
      })
    }
    return index
  }

  /**
   * Position of the first batch whose last offset is at or after `offset`; undefined when the segment has none.
   * @returns `base`: where it must begin, as each offset is there and no checksum covers them; undefined after compaction
   */
  #locate(view: PartitionView, segment: SegmentView, offset: number, end: number): Located | undefined {
    const { index } = segment
    const isWhole = segment.generation === 0
    // The usual reader goes on where it was: nothing to look up.
    const known = index && index.offset === offset ? index.position : segment.goOn.get(offset)
    if (known !== undefined && offset < end) {
      const isAtEnd = segment !== view.segments.at(-1) && known >= this.#file(segment).size()
      return isAtEnd ? undefined : { position: known, base: isWhole ? offset : undefined }
    }
    const walked = this.#indexOf(view, segment, { offset, end })
    const entry = walked.entryFor(offset)
    const start = entry < 0 ? segmentStart : walked.positions[entry]!
    // Where compaction has left a gap, the next entry's batch may be the first at or after the offset.
    const last = walked.positions[entry + 1]
    let found: number | undefined
    let expected = walked.offsets[entry] ?? segment.baseOffset
    const range = { start, end: last ?? walked.position }
    const stopped = walkBatches(this.#file(segment), range, (position, _size, base, next) => {
      if (next <= offset && (!isWhole || base === expected)) {
        expected = next
        return true
      }
      found = position
      return false
    })
    // Where the walk could not go on, reading says why.
    const position = found ?? (last !== undefined && stopped < last ? stopped : last)
    return position === undefined ? undefined : { position, base: isWhole ? expected : undefined }
  }

  listOffsetForTime(
    topic: string,
    partition: number,
    timestampMs: number,
    before = Infinity,
  ): { offset: number; timestampMs: number } | undefined {
    const view = this.#view(topic, partition)
    const end = before === Infinity ? this.#slots.stable(view.slot) : Math.min(before, this.#slots.end(view.slot))
    const start = this.#slots.start(view.slot)
    return this.#inSegments(view, () => {
      for (const segment of view.segments) {
        const found = this.#timeInSegment(view, segment, { timestampMs, start, end })
        if (found) return found
      }
      return undefined
    })
  }

  #timeInSegment(
    view: PartitionView,
    segment: SegmentView,
    want: { timestampMs: number; start: number; end: number },
  ): { offset: number; timestampMs: number } | undefined {
    const { timestampMs, start, end } = want
    if (segment.baseOffset >= end) return undefined
    const index = this.#indexOf(view, segment, { offset: end, end })
    const entry = index.maxTimestamps.findIndex((newest) => newest >= timestampMs)
    if (entry < 0) return undefined
    let found: { offset: number; timestampMs: number } | undefined
    walkBatches(
      this.#file(segment),
      { start: index.positions[entry]!, end: index.position },
      (position, size, base, next, newest) => {
        if (base >= end) return false
        if (newest < timestampMs || next <= start) return true
        found = this.#timeInBatch(segment, { position, size, timestampMs, start })
        return found === undefined
      },
    )
    return found
  }

  /** The first record of a batch at or after a time. */
  #timeInBatch(
    segment: SegmentView,
    want: { position: number; size: number; timestampMs: number; start: number },
  ): { offset: number; timestampMs: number } | undefined {
    const bytes = new Uint8Array(want.size)
    this.#file(segment).read(bytes, want.position)
    try {
      const columns = decodeRecords(bytes, 0, this.#options.decompress)
      for (let i = 0; i < columns.count; i++) {
        const timestampMs = columns.timestampsMs[i]!
        const offset = columns.offsets[i]!
        if (timestampMs >= want.timestampMs && offset >= want.start) return { offset, timestampMs }
      }
      return undefined
    } catch {
      // Not to be decompressed here: the batch's first record is at most a batch too early.
      const header = readRecordBatchHeader(bytes)
      return { offset: Math.max(header.baseOffset, want.start), timestampMs: header.maxTimestampMs }
    }
  }

  maxTimestamp(topic: string, partition: number): { offset: number; timestampMs: number } | undefined {
    const view = this.#view(topic, partition)
    const end = this.#slots.end(view.slot)
    const newest = this.#inSegments(view, () => {
      let found = -1
      for (const segment of view.segments) {
        if (segment.baseOffset >= end) continue
        for (const timestampMs of this.#indexOf(view, segment, { offset: end, end }).maxTimestamps)
          found = Math.max(found, timestampMs)
      }
      return found
    })
    return newest < 0 ? undefined : this.listOffsetForTime(topic, partition, newest, end)
  }

  sizeBytes(topic: string, partition: number): number {
    const view = this.#view(topic, partition)
    return this.#inSegments(view, () => {
      let bytes = 0
      for (const segment of view.segments) bytes += this.#file(segment).size() - segmentStart
      return bytes
    })
  }

  close(): void {
    for (const segment of this.#open) {
      assert(segment.file !== undefined, 'an open view has its file')
      segment.file.close()
      segment.file = undefined
    }
    this.#open.clear()
  }
}
