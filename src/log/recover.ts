// Opening a log: the checkpoint, then what the journal says since. Nothing acknowledged is lost; a torn tail is cut; damage
// below it takes the partitions it touches offline, with the place named, and never the process.
// Non-obvious: replay rewrites segments even where they already read right. After a failed fsync the kernel shows pages
// as clean that never reached the disk, so only a fresh write and sync makes them safe.
import { assert, decodeText, MillraceError, readWholeFile, type Disk, type DiskFile } from '../base/index.ts'
import { readRecordBatchHeader } from '../model/index.ts'
import { readCheckpoint, checkpointPath, restoredPath } from './checkpoint.ts'
import type { AppendEntry, Entry } from './journal-frame.ts'
import { listJournals, readBody, scanJournals, type ScannedFrame } from './journal-scan.ts'
import { journalFolder } from './journal.ts'
import type { LogLimits } from './limits.ts'
import type { Damage } from './log-types.ts'
import { noteLeaderEpoch, restoreStarts } from './leader-epochs.ts'
import { noteBatch, noteMarker } from './producers.ts'
import { segmentStart, type SegmentFiles } from './segments.ts'
import {
  addTopic,
  beginEpochs,
  emptyState,
  growTopic,
  parseSegmentName,
  partitionFolder,
  pathOf,
  removeTopic,
  segmentPath,
  segmentsFolder,
  type LogState,
  type Partition,
  type Segment,
} from './state.ts'
import { decodeMarker, noteAborted, setProducer } from './transactions.ts'

/** Folders of partitions that a damaged journal no longer tells of. */
export const unknownFolder = 'log/damaged/unknown'

export interface Recovered {
  readonly state: LogState
  /** The last frame that counts. */
  readonly sequence: number
  /** The last frame that was surely synced before. */
  readonly syncedSequence: number
  /** Number for the journal file that begins now. */
  readonly journal: number
  /** All journal files that are there. */
  readonly journalPaths: readonly string[]
  /** Frames that count but may never have been synced. */
  readonly unsynced: readonly ScannedFrame[]
  /** Segments that the durable checkpoint names, by path. */
  readonly namedPaths: ReadonlySet<string>
  /** Journal files with damage, which are kept as evidence. */
  readonly damagedPaths: ReadonlySet<string>
}

/** Throws MR-LOG-003 when the folder is not whole, MR-BASE-002 when the disk is full, MR-BASE-006 for a newer format. */
export function recoverState(disk: Disk, files: SegmentFiles, limits: LogLimits): Recovered {
  disk.makeFolder(journalFolder)
  disk.makeFolder(segmentsFolder)
  const { files: journals, paths } = listJournals(disk)
  const checkpoint = readCheckpoint(disk)
  if (checkpoint === 'damaged') return refuse(`${checkpointPath} is damaged`)
  if (checkpoint === 'missing') {
    if (disk.list(segmentsFolder).length > 0) return refuse(`${checkpointPath} is missing, though there are segments`)
    disk.syncFolder('')
    return {
      state: emptyState(),
      sequence: 0,
      syncedSequence: 0,
      journal: 1,
      journalPaths: paths,
      unsynced: [],
      namedPaths: new Set(),
      damagedPaths: new Set(),
    }
  }
  const { state, journal, nextSequence } = checkpoint
  const needed = journals.filter((one) => one.number >= journal)
  if (needed[0]?.number !== journal) return refuse(`journal ${journal} is missing from ${journalFolder}`)
  const namedPaths = new Set(segmentPathsOf(state))
  const replay = new Replay(disk, files, state)
  const scan = scanJournals(disk, needed, nextSequence)
  const sequence = replay.run(scan.frames, scan.syncedSequence, nextSequence - 1)
  replay.settle()
  assert(state.nextSlot <= limits.partitionsMax, 'the partitions fit the shared memory')
  const newest = Math.max(journal, ...journals.map((one) => one.number))
  beginEpochs(state, newest + 1 - journal + startsByRestore(disk, state))
  const syncedSequence = Math.min(sequence, scan.syncedSequence)
  return {
    state,
    sequence,
    syncedSequence,
    journal: newest + 1,
    journalPaths: paths,
    unsynced: scan.frames.filter((frame) => frame.sequence > syncedSequence && frame.sequence <= sequence),
    namedPaths,
    damagedPaths: replay.damagedPaths,
  }
}

/**
 * A restored log may have been left at an epoch that the lost folder went beyond: a restore counts as so many starts.
 * Each start makes a journal of a higher number, durable before anything is written, so those are counted by numbers.
 */
function startsByRestore(disk: Disk, state: LogState): number {
  const marker = readWholeFile(disk, restoredPath)
  const restores = marker ? Number(decodeText(marker)) : 0
  if (!(restores > state.restores)) return 0
  state.restores = restores
  return restoreStarts
}

function* segmentPathsOf(state: LogState): Generator<string> {
  for (const topic of state.byId.values())
    for (const partition of topic.partitions) for (const segment of partition.segments) yield pathOf(partition, segment)
}

function refuse(reason: string): never {
  throw new MillraceError('MR-LOG-003', { details: { path: 'log', reason } })
}

class Replay {
  readonly damagedPaths = new Set<string>()
  readonly #disk: Disk
  readonly #files: SegmentFiles
  readonly #state: LogState
  readonly #journals = new Map<string, DiskFile>()
  /** Topics that are gone at the end: their appends need no replay. */
  readonly #deleted = new Set<string>()

  constructor(disk: Disk, files: SegmentFiles, state: LogState) {
    this.#disk = disk
    this.#files = files
    this.#state = state
  }

  /** @returns the last sequence that counts */
  run(frames: readonly ScannedFrame[], syncedSequence: number, before: number): number {
    let sequence = before
    const kept: ScannedFrame[] = []
    for (const frame of frames) {
      if (frame.sequence > syncedSequence && !this.#isWhole(frame)) break
      kept.push(frame)
      sequence = frame.sequence
      for (const entry of frame.entries ?? []) if (entry.kind === 'delete') this.#deleted.add(entry.topicId)
    }
    for (const frame of kept) {
      if (!frame.intact) this.damagedPaths.add(frame.path)
      if (frame.entries) for (const entry of frame.entries) this.#apply(frame, entry)
      else this.#loseAll(frame)
    }
    for (const file of this.#journals.values()) file.close()
    return sequence
  }

  /** A frame that may be a torn tail counts only when each byte of it is there. */
  #isWhole(frame: ScannedFrame): boolean {
    if (!frame.intact || !frame.entries) return false
    const file = this.#journal(frame.path)
    return frame.entries.every(
      (entry) => entry.kind !== 'append' || readBody(file, frame.position, entry) !== undefined,
    )
  }

  #journal(path: string): DiskFile {
    let file = this.#journals.get(path)
    if (!file) {
      file = this.#disk.open(path, 'read')
      this.#journals.set(path, file)
    }
    return file
  }

  #apply(frame: ScannedFrame, entry: Entry): void {
    const state = this.#state
    switch (entry.kind) {
      case 'append':
        this.#append(frame, entry)
        break
      case 'topic':
        putTopic(state, entry)
        break
      case 'delete': {
        const topic = state.byId.get(entry.topicId)
        if (topic) removeTopic(state, topic)
        break
      }
      case 'commit': {
        const { owner, epoch, position, stateFiles } = entry
        state.owners.set(owner, { epoch, position, stateFiles })
        state.brokenOwners.delete(owner)
        break
      }
      case 'producerIds':
        state.nextProducerId = entry.next
        break
      case 'start': {
        const partition = state.byId.get(entry.topicId)?.partitions[entry.partition]
        if (partition) moveStart(state, partition, entry.offset)
        break
      }
    }
  }

  #append(frame: ScannedFrame, entry: AppendEntry): void {
    if (this.#deleted.has(entry.topicId)) return
    const partition = this.#state.byId.get(entry.topicId)?.partitions[entry.partition]
    // Without its topic the frame that made it was lost; loseAll has told so.
    if (!partition || partition.damage) return
    if (entry.baseOffset !== partition.end) {
      this.#damage(partition, frame, `offset ${partition.end} should follow, ${entry.baseOffset} does`)
      return
    }
    const body = readBody(this.#journal(frame.path), frame.position, entry) ?? this.#bodyFromSegment(partition, entry)
    if (!body) {
      this.#damage(partition, frame, 'the checksum of an append is wrong')
      return
    }
    if (partition.segments.at(-1)?.baseOffset !== entry.segmentBase) {
      partition.segments.push({
        baseOffset: entry.segmentBase,
        generation: 0,
        size: segmentStart,
        maxTimestampMs: -1,
        created: false,
        firstMs: entry.nowMs,
      })
    }
    const segment = partition.segments.at(-1)!
    // One that was begun empty.
    if (segment.size === segmentStart) segment.firstMs = entry.nowMs
    assert(segment.size === entry.segmentPosition, 'an append follows the one before it in the segment')
    this.#files.write(partition, segment, body, segment.size)
    noteBatches(this.#state, partition, body, { segment, nowMs: entry.nowMs })
    segment.size += body.length
    partition.end = entry.nextOffset
  }

  /** The same bytes lie in the segment, if it was written; they count when the checksum says so. */
  #bodyFromSegment(partition: Partition, entry: AppendEntry): Uint8Array | undefined {
    // The last segment is of a later generation when it was repaired.
    const last = partition.segments.at(-1)
    const generation = last?.baseOffset === entry.segmentBase ? last.generation : 0
    const path = segmentPath(entry.topicId, entry.partition, { baseOffset: entry.segmentBase, generation })
    if (!this.#disk.exists(path)) return undefined
    const file = this.#disk.open(path, 'read')
    try {
      return readBody(file, entry.segmentPosition - entry.bodyAt, entry)
    } finally {
      file.close()
    }
  }

  #damage(partition: Partition, frame: ScannedFrame, reason: string): void {
    this.damagedPaths.add(frame.path)
    partition.damage = damageOf(partition, {
      offset: partition.end,
      file: frame.path,
      position: frame.position,
      reason,
    })
  }

  /** A frame of which nobody can tell what it held: more than one page of the journal is damaged. */
  #loseAll(frame: ScannedFrame): void {
    for (const topic of this.#state.byId.values()) {
      for (const partition of topic.partitions) {
        if (!partition.damage) this.#damage(partition, frame, 'a frame of the journal is lost')
      }
    }
    for (const owner of this.#state.owners.keys()) this.#state.brokenOwners.add(owner)
  }

  /** Checks that each segment is there, and cuts what lies behind the end of those that are written to. */
  settle(): void {
    for (const topic of this.#state.byId.values()) {
      for (const partition of topic.partitions) {
        for (const segment of partition.segments) this.#settleSegment(partition, segment)
      }
    }
  }

  #settleSegment(partition: Partition, segment: Segment): void {
    const path = pathOf(partition, segment)
    let size = -1
    if (this.#disk.exists(path)) {
      const file = this.#disk.open(path, 'read')
      size = file.size()
      file.close()
    }
    if (size >= segment.size) {
      if (size > segment.size && !partition.damage) this.#files.trim(partition, segment)
      return
    }
    const reason = size < 0 ? 'the file is missing' : `the file has ${size} bytes, not ${segment.size}`
    partition.damage ??= damageOf(partition, {
      offset: segment.baseOffset,
      file: path,
      position: Math.max(0, size),
      reason,
    })
  }
}

function damageOf(
  partition: Partition,
  place: { offset: number; file: string; position: number; reason: string },
): Damage {
  return { topic: partition.topic.name, partition: partition.index, ...place }
}

/** Makes or changes a topic as a journal entry says. */
export function putTopic(state: LogState, entry: Extract<Entry, { kind: 'topic' }>): void {
  const { kind: _, ...info } = entry
  const topic = state.byId.get(entry.id)
  if (!topic) {
    // Only when the frame that deleted the old one was lost.
    const old = state.byName.get(entry.name)
    if (old) removeTopic(state, old)
    addTopic(state, info)
  } else {
    growTopic(state, topic, info.partitionCount)
    topic.configs = info.configs
  }
}

/** Moves the start on and drops the segments wholly below it. @returns the dropped ones; their files are still there */
export function moveStart(state: LogState, partition: Partition, offset: number): Segment[] {
  partition.start = Math.max(partition.start, offset)
  const kept = partition.aborted.findIndex(({ lastOffset }) => lastOffset >= partition.start)
  const gone = kept < 0 ? partition.aborted.length : kept
  // Another array, so that undoing is putting the old one back.
  if (gone > 0) partition.aborted = partition.aborted.slice(gone)
  state.abortedCount -= gone
  let count = 0
  while (count + 1 < partition.segments.length && partition.segments[count + 1]!.baseOffset <= partition.start) count++
  if (count > 0) partition.segmentsVersion++
  const dropped = partition.segments.slice(0, count)
  partition.segments = partition.segments.slice(count)
  return dropped
}

/** Updates the newest timestamp, the producers and their transactions from placed batches. */
export function noteBatches(
  state: LogState,
  partition: Partition,
  body: Uint8Array,
  { segment, nowMs }: { segment: Segment; nowMs: number },
): void {
  for (let at = 0; at < body.length;) {
    const header = readRecordBatchHeader(body, at)
    segment.maxTimestampMs = Math.max(segment.maxTimestampMs, header.maxTimestampMs)
    partition.epochs = noteLeaderEpoch(partition.epochs, header.leaderEpoch, header.baseOffset)
    const id = Number(header.producerId)
    const known = partition.producers.get(id)
    if (id >= 0 && !header.control)
      setProducer(state, partition, id, noteBatch(known, header, header.baseOffset, nowMs))
    const marker = header.control ? decodeMarker(body, at, header) : undefined
    if (marker) {
      setProducer(state, partition, id, noteMarker(known, marker, nowMs))
      if (known && known.openFrom >= 0 && !marker.commits)
        noteAborted(state, partition, { producerId: id, firstOffset: known.openFrom, lastOffset: header.baseOffset })
    }
    at += header.size
  }
}

/**
 * Sets aside what lies there of topics that nothing tells of, when what made them may have been in a lost frame of the journal.
 * Before the checkpoint that makes an end of that journal, so that a start that dies here is followed by one that goes on.
 * @param named what the durable checkpoint names: of topics that were deleted since
 */
export function setUnknownAside(disk: Disk, state: LogState, named: ReadonlySet<string>): void {
  const namedFolders = new Set(Array.from(named, (path) => path.slice(0, path.lastIndexOf('/'))))
  for (const folder of disk.list(segmentsFolder)) {
    const [id = ''] = folder.split('.')
    const [from, to] = [`${segmentsFolder}/${folder}`, `${unknownFolder}/${folder}`]
    if (state.byId.has(id) || namedFolders.has(from)) continue
    disk.makeFolder(to)
    const names = disk.list(from)
    for (const name of names) {
      const file = disk.open(`${from}/${name}`, 'write')
      file.sync()
      file.close()
    }
    // Where they go is there before they are: a name in a folder that is itself lost would be lost with it.
    for (const one of [from, segmentsFolder, unknownFolder, 'log/damaged', 'log']) disk.syncFolder(one)
    for (const name of names) disk.rename(`${from}/${name}`, `${to}/${name}`)
    disk.syncFolder(to)
  }
}

/**
 * Removes what the state does not name: left over from before a crash.
 * @param named what a durable checkpoint names; that stays
 * @returns what stays for that reason: files, or folders of partitions that are gone
 */
export function sweep(disk: Disk, state: LogState, named: ReadonlySet<string>): string[] {
  const waiting: string[] = []
  const namedFolders = new Set(Array.from(named, (path) => path.slice(0, path.lastIndexOf('/'))))
  for (const name of disk.list(segmentsFolder)) {
    const [id = '', index = ''] = name.split('.')
    const partition = state.byId.get(id)?.partitions[Number(index)]
    const folder = `${segmentsFolder}/${name}`
    if (!partition && namedFolders.has(folder)) waiting.push(folder)
    else if (!partition) disk.remove(folder)
    else if (!partition.damage) waiting.push(...sweepPartition(disk, partition, named))
  }
  return waiting
}

function sweepPartition(disk: Disk, partition: Partition, named: ReadonlySet<string>): string[] {
  const folder = partitionFolder(partition.topic.id, partition.index)
  const known = new Set(partition.segments.map((s) => `${s.baseOffset}.${s.generation}`))
  const waiting: string[] = []
  for (const name of disk.list(folder)) {
    const path = `${folder}/${name}`
    const parsed = parseSegmentName(name.replace(/\.index$/, '.segment'))
    if (parsed && known.has(`${parsed.baseOffset}.${parsed.generation}`)) continue
    if (named.has(path)) waiting.push(path)
    else disk.remove(path)
  }
  return waiting
}
