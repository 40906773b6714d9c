// Repairs a damaged log: what is damaged is copied to log/damaged/, each damaged segment is written anew with the batches in
// it that are still whole, and the partition is online again with a gap where the others were. A dry run does the same on
// an overlay of the disk, so that it says what would happen by doing it, and changes nothing.
// Invariant: no byte is removed before a copy of it is durable, and the log is at each moment either as damaged as before or
// repaired: the checkpoint at the end decides. What repair cannot put right it leaves, and says so.
import {
  assert,
  compareBytes,
  encodeText,
  MillraceError,
  readWholeFile,
  replaceFile,
  type Clock,
  type Disk,
  type Random,
} from '../base/index.ts'
import { placeRecordBatch, readRecordBatchHeader } from '../model/index.ts'
import { checkpointPath, encodeCheckpoint, readCheckpoint, writeCheckpoint } from './checkpoint.ts'
import { gapBatch } from './committed.ts'
import { createLog } from './core.ts'
import { decodeFileHeader } from './file-header.ts'
import { listJournals } from './journal-scan.ts'
import { Journal, journalFolder } from './journal.ts'
import { currentLeaderEpoch } from './leader-epochs.ts'
import { defaultLimits, type LogLimits } from './limits.ts'
import { createOverlayDisk } from './overlay-disk.ts'
import { noteBatches, setUnknownAside } from './recover.ts'
import { scanSegment, type GoodBatch, type ScannedSegment } from './repair-scan.ts'
import { indexPathOf, segmentHeader, segmentStart } from './segments.ts'
import {
  emptyState,
  parseSegmentName,
  partitionFolder,
  pathOf,
  segmentsFolder,
  type LogState,
  type Partition,
  type Segment,
} from './state.ts'
import { verifyLog, type LogProblem } from './verify.ts'

const damagedFolder = 'log/damaged'
const attempts = 5

/** Offsets [from, to). */
export interface OffsetGap {
  readonly from: number
  readonly to: number
}

export interface PartitionRepair {
  readonly topic: string
  readonly partition: number
  /** Offsets whose records are gone; in a compacted segment some of them may have held none. */
  readonly lost: readonly OffsetGap[]
  /** Batches behind the last one that the log still counted, found whole and taken back in; some may never have been acknowledged. */
  readonly broughtBack: readonly OffsetGap[]
  /** The end before, as far as the log still knew it, and after. */
  readonly end: { readonly before: number; readonly after: number }
  /** Segments that are written anew, by the path of the damaged file. */
  readonly rewritten: readonly string[]
  /** What else about it stays unknown. */
  readonly note: string | undefined
}

export interface LogRepair {
  readonly dryRun: boolean
  /** What is damaged, before. */
  readonly problems: readonly LogProblem[]
  readonly partitions: readonly PartitionRepair[]
  /** Owners whose last commit was lost: they go on from the one before, as after a crash. */
  readonly owners: readonly string[]
  /** Where the damaged files lie now; undefined when nothing had to be set aside, or in a dry run. */
  readonly aside: string | undefined
  /** What is left; empty in a dry run only when repairing would leave nothing. */
  readonly remaining: readonly LogProblem[]
}

export interface RepairOptions {
  readonly disk: Disk
  readonly clock: Clock
  readonly random: Random
  readonly limits?: Partial<LogLimits>
  /** Says what would be done. May run beside a node; without it the folder must be locked by the caller. */
  readonly dryRun: boolean
}

/**
 * Repairs what can be repaired; O(bytes of the log) to find it. A whole damaged segment is held in memory.
 * Throws MR-LOG-003 when the checkpoint is gone (a backup is then the way), and what the disk throws.
 */
export function repairLog(options: RepairOptions): LogRepair {
  if (!options.dryRun) return new Repair(options, options.disk).run()
  for (let attempt = 1; ; attempt++) {
    const before = readWholeFile(options.disk, checkpointPath)
    try {
      const repair = new Repair(options, createOverlayDisk(options.disk)).run()
      if (attempt === attempts || isSame(before, readWholeFile(options.disk, checkpointPath))) return repair
    } catch (error) {
      // A running node has moved on meanwhile.
      if (attempt === attempts || isSame(before, readWholeFile(options.disk, checkpointPath))) throw error
    }
  }
}

const isSame = (one: Uint8Array | undefined, other: Uint8Array | undefined): boolean =>
  one === other || (one !== undefined && other !== undefined && compareBytes(one, other) === 0)

/** A segment as it will be. */
interface Rebuilt {
  readonly segment: Segment
  /** What it is made from; undefined when the file is missing. */
  readonly oldPath: string | undefined
}

class Repair {
  readonly #options: RepairOptions
  readonly #disk: Disk
  readonly #limits: LogLimits
  #folder: string | undefined
  readonly #replaced: string[] = []
  #state: LogState = emptyState()
  readonly #partitions: PartitionRepair[] = []

  constructor(options: RepairOptions, disk: Disk) {
    this.#options = options
    this.#disk = disk
    this.#limits = { ...defaultLimits, ...options.limits }
  }

  run(): LogRepair {
    const { clock, random, dryRun } = this.#options
    const disk = this.#disk
    const { problems } = verifyLog(disk)
    this.#mendJournal()
    // Recovery as at each start: what the journal still has goes into the segments, and damage that it finds is on record.
    const log = createLog({ disk, clock, random, limits: this.#limits })
    log.close()
    const checkpoint = readCheckpoint(disk)
    assert(typeof checkpoint === 'object', 'a log that was closed has a checkpoint')
    const { state, journal, nextSequence } = checkpoint
    this.#state = state
    for (const topic of state.byId.values()) {
      for (const partition of topic.partitions) this.#partition(partition)
    }
    const owners = [...state.brokenOwners]
    state.brokenOwners.clear()
    if (this.#partitions.length > 0 || owners.length > 0) {
      for (const one of this.#partitions) disk.syncFolder(folderOf(state.byName.get(one.topic)!.id, one.partition))
      if (disk.exists(segmentsFolder)) disk.syncFolder(segmentsFolder)
      this.#writeReport(problems, owners)
      writeCheckpoint(disk, encodeCheckpoint(state, { journal, nextSequence }))
      for (const path of this.#replaced) disk.remove(path)
    }
    const remaining = verifyLog(disk).problems
    const aside = dryRun ? undefined : this.#folder
    return { dryRun, problems, partitions: this.#partitions, owners, aside, remaining }
  }

  /** A journal that is missing is begun anew, empty: what it held is lost, and each partition says so. */
  #mendJournal(): void {
    const { random } = this.#options
    const disk = this.#disk
    const checkpoint = readCheckpoint(disk)
    if (typeof checkpoint === 'string') {
      const reason = `${checkpointPath} is ${checkpoint}, and nothing else tells which topics there are; restore a backup`
      throw new MillraceError('MR-LOG-003', { details: { path: 'log', reason } })
    }
    const { state, journal: number, nextSequence } = checkpoint
    const { files, paths } = listJournals(disk)
    if (files.some((one) => one.number === number)) return
    const reason = `journal ${number} is missing`
    for (const topic of state.byId.values()) {
      for (const partition of topic.partitions) {
        const place = { offset: partition.end, file: journalFolder, position: 0, reason }
        partition.damage ??= { topic: topic.name, partition: partition.index, ...place }
      }
    }
    for (const owner of state.owners.keys()) state.brokenOwners.add(owner)
    setUnknownAside(disk, state, new Set())
    const journal = new Journal(disk, random, this.#limits)
    const sequence = nextSequence - 1
    journal.adopt({ sequence, syncedSequence: sequence, paths, number })
    journal.close(false)
    writeCheckpoint(disk, encodeCheckpoint(state, { journal: number, nextSequence }))
  }

  #partition(partition: Partition): void {
    const { damage } = partition
    const segments = this.#allSegments(partition)
    const before = partition.end
    const lost: OffsetGap[] = []
    const broughtBack: OffsetGap[] = []
    const rewritten: string[] = []
    const kept: Segment[] = []
    segments.forEach((segment, i) => {
      const to = segments[i + 1]?.baseOffset ?? (damage ? Infinity : partition.end)
      const path = pathOf(partition, segment)
      const bytes = this.#segmentBytes(segment, path, { to, damaged: damage !== undefined })
      if (bytes === 'sound') return void kept.push(segment)
      const scan = scanSegment(bytes ?? new Uint8Array(segmentStart), { from: segment.baseOffset, to })
      lost.push(...gapsOf(scan, segment, to === Infinity ? Math.max(before, endOf(scan, segment)) : to))
      if (damage && bytes) broughtBack.push(...this.#bringBack(partition, bytes, scan))
      kept.push(this.#rebuild(partition, { segment, oldPath: bytes && path }, bytes, scan))
      rewritten.push(path)
    })
    if (!damage && rewritten.length === 0) return
    partition.segments = kept
    partition.damage = undefined
    partition.segmentsVersion++
    if (rewritten.length > 0) this.#closeEnd(partition, before)
    this.#partitions.push({
      topic: partition.topic.name,
      partition: partition.index,
      lost: merged(lost).flatMap(({ from, to }) =>
        to > partition.start ? [{ from: Math.max(from, partition.start), to }] : [],
      ),
      broughtBack: merged(broughtBack),
      end: { before, after: partition.end },
      rewritten,
      note:
        damage?.file.startsWith(journalFolder) || damage?.file.startsWith(damagedFolder)
          ? `records from offset ${partition.end} on are gone too, if the lost part of the journal had any: ${damage.reason}`
          : undefined,
    })
  }

  /** Those of the state and, where it may not know all, those that lie there, the newest generation each. */
  #allSegments(partition: Partition): Segment[] {
    if (!partition.damage) return partition.segments
    const known = new Map(partition.segments.map((segment) => [segment.baseOffset, segment]))
    const folder = folderOf(partition.topic.id, partition.index)
    for (const name of this.#disk.list(folder)) {
      const found = parseSegmentName(name)
      if (!found || found.baseOffset < partition.end || known.has(found.baseOffset)) continue
      known.set(found.baseOffset, { ...found, size: segmentStart, maxTimestampMs: -1, created: true, firstMs: -1 })
    }
    return [...known.values()].toSorted((a, b) => a.baseOffset - b.baseOffset)
  }

  /** @returns the file's bytes that may count; 'sound' when they are as the state says, undefined when it is missing */
  #segmentBytes(
    segment: Segment,
    path: string,
    { to, damaged }: { to: number; damaged: boolean },
  ): Uint8Array | 'sound' | undefined {
    const bytes = readWholeFile(this.#disk, path)
    if (!bytes) return undefined
    const counted = damaged ? bytes : bytes.subarray(0, segment.size)
    if (counted.length !== segment.size || !decodeFileHeader(bytes, 'MRSG', path)) return counted
    const { batches, bad } = scanSegment(counted, { from: segment.baseOffset, to })
    if (bad.length > 0) return counted
    if (segment.generation > 0) return 'sound'
    // Without compaction each offset is there.
    let expected = segment.baseOffset
    for (const { baseOffset, nextOffset } of batches) {
      if (baseOffset !== expected) return counted
      expected = nextOffset
    }
    return to === Infinity || expected === to ? 'sound' : counted
  }

  /** What lies behind the end that the log knew. Its producers and transactions are taken note of. */
  #bringBack(partition: Partition, bytes: Uint8Array, { batches }: ScannedSegment): OffsetGap[] {
    const found = batches.filter(({ baseOffset }) => baseOffset >= partition.end)
    return found.map((batch) => {
      const body = bytes.slice(batch.position, batch.position + batch.size)
      const scratch: Segment = { baseOffset: 0, generation: 0, size: 0, maxTimestampMs: -1, created: true, firstMs: -1 }
      noteBatches(this.#state, partition, body, { segment: scratch, nowMs: this.#options.clock.nowMs() })
      partition.end = batch.nextOffset
      return { from: batch.baseOffset, to: batch.nextOffset }
    })
  }

  /** Writes a segment anew from its good batches, as the next generation. */
  #rebuild(
    partition: Partition,
    { segment, oldPath }: Rebuilt,
    bytes: Uint8Array | undefined,
    scan: ScannedSegment,
  ): Segment {
    const folder = folderOf(partition.topic.id, partition.index)
    const generations = this.#disk
      .list(folder)
      .map(parseSegmentName)
      .filter((found) => found?.baseOffset === segment.baseOffset)
      .map((found) => found!.generation)
    const fresh: Segment = {
      baseOffset: segment.baseOffset,
      generation: Math.max(segment.generation, ...generations) + 1,
      size: segmentStart,
      maxTimestampMs: scan.batches.reduce((newest, one) => Math.max(newest, one.maxTimestampMs), -1),
      created: true,
      firstMs: segment.firstMs,
    }
    if (oldPath !== undefined) {
      this.#setAside(partition, oldPath)
      this.#replaced.push(oldPath, indexPathOf(oldPath))
    }
    this.#write(partition, fresh, bytes ?? new Uint8Array(0), scan.batches)
    return fresh
  }

  #write(partition: Partition, segment: Segment, bytes: Uint8Array, batches: readonly GoodBatch[]): void {
    const disk = this.#disk
    const path = pathOf(partition, segment)
    disk.makeFolder(folderOf(partition.topic.id, partition.index))
    const file = disk.open(path, 'create')
    try {
      file.truncate(0)
      file.write(segmentHeader(partition, segment), 0)
      for (const { position, size } of batches) {
        file.write(bytes.subarray(position, position + size), segment.size)
        segment.size += size
      }
      file.sync()
    } finally {
      file.close()
    }
  }

  #setAside(partition: Partition, path: string): void {
    const folder = this.#asideFolder()
    const name = `${partition.topic.name}-${partition.index}-${path.slice(path.lastIndexOf('/') + 1)}`
    const bytes = readWholeFile(this.#disk, path)
    assert(bytes !== undefined, 'the damaged file is there')
    replaceFile(this.#disk, `${folder}/${name}`, bytes)
  }

  #asideFolder(): string {
    if (this.#folder !== undefined) return this.#folder
    const disk = this.#disk
    const taken = new Set(disk.list(damagedFolder))
    let n = 1
    while (taken.has(`repair-${n}`)) n++
    const folder = `${damagedFolder}/repair-${n}`
    disk.makeFolder(folder)
    for (const each of ['log', damagedFolder]) disk.syncFolder(each)
    this.#folder = folder
    return folder
  }

  /** A reader at the end waits for records, so a gap must not reach it: an empty batch says that those offsets are gone. */
  #closeEnd(partition: Partition, before: number): void {
    partition.end = Math.max(partition.end, before)
    const { epochs, end } = partition
    const current = currentLeaderEpoch(epochs)
    // What was brought back was written by an epoch before this one.
    partition.epochs = [...epochs.filter(([epoch]) => epoch !== current), [current, end] as const]
    const last = partition.segments.at(-1)
    if (!last) return
    for (let next = this.#endOf(partition, last); next < end;) {
      const filler = gapBatch(next, end)
      placeRecordBatch(filler, next, current)
      this.#append(partition, last, filler)
      next += readRecordBatchHeader(filler).lastOffsetDelta + 1
    }
  }

  #endOf(partition: Partition, segment: Segment): number {
    const bytes = readWholeFile(this.#disk, pathOf(partition, segment))!
    return endOf(scanSegment(bytes.subarray(0, segment.size), { from: segment.baseOffset, to: Infinity }), segment)
  }

  #append(partition: Partition, segment: Segment, batch: Uint8Array): void {
    const file = this.#disk.open(pathOf(partition, segment), 'write')
    try {
      file.write(batch, segment.size)
      file.sync()
    } finally {
      file.close()
    }
    segment.size += batch.length
  }

  #writeReport(problems: readonly LogProblem[], owners: readonly string[]): void {
    const folder = this.#asideFolder()
    const report = {
      at: new Date(this.#options.clock.nowMs()).toISOString(),
      problems,
      partitions: this.#partitions,
      owners,
    }
    replaceFile(this.#disk, `${folder}/report.json`, encodeText(`${JSON.stringify(report, undefined, 2)}\n`))
    this.#disk.syncFolder(folder)
  }
}

const folderOf = partitionFolder

const endOf = ({ batches }: ScannedSegment, segment: Segment): number =>
  batches.at(-1)?.nextOffset ?? segment.baseOffset

/** Offsets of a segment that are gone: at its bad places and, where nothing was compacted, wherever a batch does not follow. */
function gapsOf(scan: ScannedSegment, segment: Segment, to: number): OffsetGap[] {
  const gaps: OffsetGap[] = []
  for (const { offset, nextOffset = to } of scan.bad)
    if (nextOffset > offset) gaps.push({ from: offset, to: nextOffset })
  let expected = segment.baseOffset
  for (const { baseOffset, nextOffset } of scan.batches) {
    if (segment.generation === 0 && baseOffset > expected) gaps.push({ from: expected, to: baseOffset })
    expected = nextOffset
  }
  if (expected < to) gaps.push({ from: expected, to })
  return gaps
}

/** In order, those that touch or overlap as one. */
function merged(gaps: readonly OffsetGap[]): OffsetGap[] {
  const result: OffsetGap[] = []
  for (const gap of gaps.toSorted((a, b) => a.from - b.from)) {
    const last = result.at(-1)
    if (last && gap.from <= last.to) result[result.length - 1] = { from: last.from, to: Math.max(last.to, gap.to) }
    else result.push(gap)
  }
  return result
}
