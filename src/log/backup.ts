// Copies a cut of a log to another disk, beside a running node or not, without its help: what the checkpoint names stays on
// disk until a newer one no longer names it, and the journal since is only appended to. So a cut is the checkpoint, the bytes
// of the segments that it names, the journal's whole frames, and the state files of each owner's last commit in them: what a
// crash at that moment would leave, which recovery opens. The journal's last frame may yet be written over, as long as no later
// one says that it was synced: it is copied into a file of its own, which the next pass replaces.
// Invariant: bytes that an earlier cut names are never changed in the copy; what a pass adds lies behind them or in new files.
// So the last cut stays restorable whatever becomes of the next pass, and who restores copies no more than the cut names.
import {
  compareBytes,
  crc32c,
  encodeText,
  MillraceError,
  readWholeFile,
  replaceFile,
  type Disk,
} from '../base/index.ts'
import type { LastCommit, StateFile } from '../model/index.ts'
import { checkpointPath, readCheckpoint, restoredPath } from './checkpoint.ts'
import type { Entry } from './journal-frame.ts'
import { listJournals, readBody, scanJournals, type JournalFile, type Scan, type ScannedFrame } from './journal-scan.ts'
import { framesAt, journalFolder } from './journal.ts'
import { moveStart, putTopic } from './recover.ts'
import { pathOf, removeTopic, type LogStart, type LogState } from './state.ts'

const copyBytes = 1 << 20

export interface CopiedFile {
  /** Where it lies in a data folder. */
  readonly path: string
  /** Where it lies in the copy. */
  readonly stored: string
  /** Bytes of it that count. */
  readonly size: number
  /** Where in the data folder's file they go; absent: at its beginning. */
  readonly at?: number
}

/** One moment of a log: everything that was acknowledged up to it, and of owners' commits all or nothing. */
export interface LogCut {
  readonly files: readonly CopiedFile[]
  /** The journal's last frame in it. */
  readonly sequence: number
  /** The last one that was surely synced: no crash takes it from the log. */
  readonly syncedSequence: number
  /** When the log was last opened, as far as its checkpoint tells. */
  readonly start: LogStart | undefined
  readonly topics: readonly { readonly name: string; readonly ends: readonly number[] }[]
  readonly owners: ReadonlyMap<string, LastCommit>
}

/** What a pass wants done next. */
export type CopyStep =
  /** Bytes [at, size) of the file `from`, behind those of `stored` that are there. */
  | {
      readonly kind: 'range'
      readonly from: string
      readonly stored: string
      readonly at: number
      readonly size: number
    }
  /** A whole new file. */
  | { readonly kind: 'whole'; readonly stored: string; readonly bytes: Uint8Array }

/** What of a log is to be copied, wherever to. */
export class CutPlan {
  readonly #from: Disk
  /** By `stored`: bytes that are durable in the copy. */
  readonly #copied: Map<string, number>

  /** @param copied what the copy's last cut names; whatever else lies there is written anew */
  constructor(from: Disk, copied: readonly CopiedFile[]) {
    this.#from = from
    this.#copied = new Map(copied.map(({ stored, size }) => [stored, size]))
  }

  /**
   * The steps of a pass. O(what was written since the last one). Tell next() whether all bytes were there to copy, once the step is
   * durable; false ends the pass. Throws MR-LOG-003 when there is no log, MR-LOG-006 when a file is missing though nothing moved
   * on, and what a disk throws.
   * @returns undefined when the log moved on meanwhile: begin again, there is less to copy now
   */
  *steps(): Generator<CopyStep, LogCut | undefined, boolean> {
    const before = readWholeFile(this.#from, checkpointPath)
    const checkpoint = readCheckpoint(this.#from)
    if (!before || checkpoint === 'missing') return refuse(`${checkpointPath} is missing`)
    if (checkpoint === 'damaged') return refuse(`${checkpointPath} is damaged`)
    try {
      const { state, journal, nextSequence } = checkpoint
      const files = yield* this.#segments(state)
      const journals = listJournals(this.#from).files.filter(({ number }) => number >= journal)
      const scan = scanJournals(this.#from, journals, nextSequence)
      const synced = scan.frames.filter(({ sequence }) => sequence <= scan.syncedSequence)
      const tail = this.#tail(journals, nextSequence, scan)
      const frames = [...synced, ...tail.map(({ frame }) => frame)]
      for (const frame of frames) for (const entry of frame.entries ?? []) apply(state, entry)
      for (const { stateFiles } of state.owners.values()) {
        for (const file of stateFiles) files.push(yield* this.#state(file))
      }
      for (const one of journals) files.push(yield* this.#journal(one, synced))
      for (const { frame, bytes } of tail) {
        const stored = `${frame.path}.${frame.sequence}-${crc32c(bytes).toString(16)}`
        if (!this.#copied.has(stored)) yield* this.#whole(stored, bytes)
        const { number } = journals.find(({ path }) => path === frame.path)!
        files.push({ path: journalPath(number), stored, size: bytes.length, at: frame.position })
      }
      const now = readWholeFile(this.#from, checkpointPath)
      if (!now || compareBytes(before, now) !== 0) return undefined
      const stored = `${checkpointPath}.${nextSequence}-${crc32c(before).toString(16)}`
      if (!this.#copied.has(stored)) yield* this.#whole(stored, before)
      files.push({ path: checkpointPath, stored, size: before.length })
      return {
        files,
        sequence: Math.max(nextSequence - 1, ...frames.map(({ sequence }) => sequence)),
        syncedSequence: Math.max(nextSequence - 1, ...synced.map(({ sequence }) => sequence)),
        start: state.starts.at(-1),
        topics: [...state.byName.values()].map(({ name, partitions }) => ({
          name,
          ends: partitions.map((p) => p.end),
        })),
        owners: state.owners,
      }
    } catch (error) {
      if (!(error instanceof MovedOn)) throw error
      const now = readWholeFile(this.#from, checkpointPath)
      if (error.isCommon || !now || compareBytes(before, now) !== 0) return undefined
      throw new MillraceError('MR-LOG-006', { details: { path: error.path }, cause: error })
    }
  }

  /** Forgets what this cut, now the last one on record, does not name. @returns it: by `stored` */
  dropped(cut: LogCut): string[] {
    const named = new Set(cut.files.map(({ stored }) => stored))
    const dropped = [...this.#copied.keys()].filter((stored) => !named.has(stored))
    for (const stored of dropped) this.#copied.delete(stored)
    return dropped
  }

  *#segments(state: LogState): Generator<CopyStep, CopiedFile[], boolean> {
    const files: CopiedFile[] = []
    for (const topic of state.byName.values()) {
      for (const partition of topic.partitions) {
        for (const segment of partition.segments) {
          const path = pathOf(partition, segment)
          // A damaged partition is copied as far as it is there.
          const size = partition.damage ? Math.min(segment.size, this.#sizeOf(path)) : segment.size
          if (size > 0) files.push(yield* this.#copy(path, path, size))
        }
      }
    }
    return files
  }

  #sizeOf(path: string): number {
    if (!this.#from.exists(path)) return 0
    const file = this.#from.open(path, 'read')
    try {
      return file.size()
    } finally {
      file.close()
    }
  }

  /**
   * The frames that nobody knows to be synced yet, with their bytes. Read before and after a scan that found them whole, and the
   * same both times: so it was these bytes that it found whole.
   */
  #tail(
    journals: readonly JournalFile[],
    nextSequence: number,
    scan: Scan,
  ): { frame: ScannedFrame; bytes: Uint8Array }[] {
    const isTail = ({ sequence }: ScannedFrame): boolean => sequence > scan.syncedSequence
    const found = scan.frames.filter(isTail)
    if (found.length === 0) return []
    const read = found.map((frame) => this.#bytesOf(frame))
    const again = new Map(scanJournals(this.#from, journals, nextSequence).frames.map((one) => [one.sequence, one]))
    const tail: { frame: ScannedFrame; bytes: Uint8Array }[] = []
    for (const [i, frame] of found.entries()) {
      const [bytes, same] = [read[i], again.get(frame.sequence)]
      const isWhole =
        bytes && frame.intact && same?.intact && same.position === frame.position && same.end === frame.end
      if (!isWhole || !this.#hasBodies(frame)) break
      const now = this.#bytesOf(frame)
      if (!now || compareBytes(bytes, now) !== 0) break
      tail.push({ frame, bytes })
    }
    return tail
  }

  #bytesOf({ path, position, end }: ScannedFrame): Uint8Array | undefined {
    if (end < 0) return undefined
    const file = this.#from.open(path, 'read')
    try {
      const bytes = new Uint8Array(end - position)
      // The last page of a journal that is not made to size may be short: what is missing is zero.
      return file.read(bytes, position) > 0 ? bytes : undefined
    } finally {
      file.close()
    }
  }

  #hasBodies({ path, position, entries }: ScannedFrame): boolean {
    const file = this.#from.open(path, 'read')
    try {
      return entries!.every((entry) => entry.kind !== 'append' || readBody(file, position, entry) !== undefined)
    } finally {
      file.close()
    }
  }

  /** State files are removed by the commit that drops them, not by a checkpoint. A name comes again when a commit was lost. */
  *#state(file: StateFile): Generator<CopyStep, CopiedFile, boolean> {
    const copied = { path: file.path, stored: `${file.path}.${file.crc.toString(16)}`, size: file.size }
    if (this.#copied.get(copied.stored) === file.size) return copied
    const bytes = this.#from.exists(file.path) ? readOrNothing(this.#from, file.path) : undefined
    if (!bytes || bytes.length !== file.size || crc32c(bytes) !== file.crc) throw new MovedOn(file.path, true)
    yield* this.#whole(copied.stored, bytes)
    return copied
  }

  *#journal(journal: JournalFile, frames: readonly ScannedFrame[]): Generator<CopyStep, CopiedFile, boolean> {
    const ends = frames.filter(({ path }) => path === journal.path).map(({ end }) => end)
    // One that is just being made may be shorter than its header.
    const size = Math.max(Math.min(framesAt, this.#sizeOf(journal.path)), ...ends)
    const path = journalPath(journal.number)
    // Numbers begin anew in a new data folder; salts do not.
    return yield* this.#copy(
      journal.path,
      path.replace('.journal', `-${journal.salt.toString(16)}.journal`),
      size,
      path,
    )
  }

  /** Wants what is missing of the first `size` bytes. */
  *#copy(from: string, stored: string, size: number, path = from): Generator<CopyStep, CopiedFile, boolean> {
    const at = this.#copied.get(stored) ?? 0
    if (at < size) {
      if (!this.#from.exists(from) || !(yield { kind: 'range', from, stored, at, size })) throw new MovedOn(from, false)
      this.#copied.set(stored, size)
    }
    return { path, stored, size }
  }

  *#whole(stored: string, bytes: Uint8Array): Generator<CopyStep, void, boolean> {
    yield { kind: 'whole', stored, bytes }
    this.#copied.set(stored, bytes.length)
  }
}

/** Copies cuts to another disk. */
export class LogBackup {
  readonly #from: Disk
  readonly #to: Disk
  readonly #plan: CutPlan

  /** @param options.copied see CutPlan */
  constructor(options: { from: Disk; to: Disk; copied: readonly CopiedFile[] }) {
    this.#from = options.from
    this.#to = options.to
    this.#plan = new CutPlan(options.from, options.copied)
  }

  /** One pass, durable on return: see CutPlan.steps. */
  pass(): LogCut | undefined {
    const steps = this.#plan.steps()
    let next = steps.next(true)
    while (!next.done) next = steps.next(this.#take(next.value))
    if (next.value) this.#syncFolders(next.value.files)
    return next.value
  }

  /** Removes from the copy what this cut, now the last one on record, does not name. */
  sweep(cut: LogCut): void {
    for (const stored of this.#plan.dropped(cut)) this.#to.remove(stored)
  }

  #take(step: CopyStep): boolean {
    this.#to.makeFolder(folderOf(step.stored))
    const target = this.#to.open(step.stored, 'create')
    try {
      if (step.kind === 'whole') {
        target.truncate(0)
        target.write(step.bytes, 0)
      } else if (!copyRange(this.#from, step, (bytes, at) => target.write(bytes, at))) {
        return false
      }
      target.sync()
      return true
    } finally {
      target.close()
    }
  }

  #syncFolders(files: readonly CopiedFile[]): void {
    const folders = new Set<string>([''])
    for (const { stored } of files) {
      for (let folder = folderOf(stored); folder !== ''; folder = folderOf(folder)) folders.add(folder)
    }
    for (const folder of folders) this.#to.syncFolder(folder)
  }
}

/** @returns false when the file has fewer bytes */
function copyRange(
  disk: Disk,
  { from, at, size }: { readonly from: string; readonly at: number; readonly size: number },
  write: (bytes: Uint8Array, at: number) => void,
): boolean {
  const source = disk.open(from, 'read')
  try {
    const chunk = new Uint8Array(Math.min(copyBytes, size - at))
    for (let done = at; done < size;) {
      const count = source.read(chunk.subarray(0, Math.min(chunk.length, size - done)), done)
      if (count === 0) return false
      write(chunk.subarray(0, count), done)
      done += count
    }
    return true
  } finally {
    source.close()
  }
}

/** A file that the picture names is not as it says. @param isCommon it goes by itself, without a checkpoint */
class MovedOn extends Error {
  readonly path: string
  readonly isCommon: boolean
  constructor(path: string, isCommon: boolean) {
    super(`${path} has moved on`)
    this.path = path
    this.isCommon = isCommon
  }
}

const journalPath = (number: number): string => `${journalFolder}/${number}.journal`
const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))

/** A file may go between the question whether it is there and the reading. */
function readOrNothing(disk: Disk, path: string): Uint8Array | undefined {
  try {
    return readWholeFile(disk, path)
  } catch (error) {
    if (error instanceof MillraceError && !disk.exists(path)) return undefined
    throw error
  }
}

function refuse(reason: string): never {
  throw new MillraceError('MR-LOG-003', { details: { path: 'log', reason } })
}

/** Ends, topics and owners as of an entry; the bytes themselves wait in the journal for recovery. */
function apply(state: LogState, entry: Entry): void {
  switch (entry.kind) {
    case 'append': {
      const partition = state.byId.get(entry.topicId)?.partitions[entry.partition]
      if (partition) partition.end = entry.nextOffset
      break
    }
    case 'topic':
      putTopic(state, entry)
      break
    case 'delete': {
      const topic = state.byId.get(entry.topicId)
      if (topic) removeTopic(state, topic)
      break
    }
    case 'commit':
      state.owners.set(entry.owner, { epoch: entry.epoch, position: entry.position, stateFiles: entry.stateFiles })
      break
    case 'start': {
      const partition = state.byId.get(entry.topicId)?.partitions[entry.partition]
      if (partition) moveStart(state, partition, entry.offset)
      break
    }
    case 'producerIds':
      break
  }
}

/** The openings that a log remembers, the oldest first; empty when there is no checkpoint, or an older program's. */
export function startsOf(disk: Disk): readonly LogStart[] {
  const checkpoint = readCheckpoint(disk)
  return typeof checkpoint === 'object' ? checkpoint.state.starts : []
}

/**
 * Lays a cut out as a data folder. Only the bytes that it names are taken. The folder is durable on return.
 * Throws MR-LOG-006 when the copy is not whole, and what a disk throws. @param to without a log
 */
export function restoreLog(options: { from: Disk; to: Disk; files: readonly CopiedFile[] }): void {
  const { from, to, files } = options
  // The checkpoint last: without it there is no log.
  const inOrder = files.toSorted((a, b) => Number(a.path === checkpointPath) - Number(b.path === checkpointPath))
  const folders = new Set<string>([''])
  for (const { path, stored, size, at = 0 } of inOrder) {
    if (!from.exists(stored)) throw new MillraceError('MR-LOG-006', { details: { path: stored } })
    to.makeFolder(folderOf(path))
    for (let folder = folderOf(path); folder !== ''; folder = folderOf(folder)) folders.add(folder)
    if (path === checkpointPath) for (const folder of folders) to.syncFolder(folder)
    const target = to.open(path, 'create')
    try {
      const isWhole = copyRange(from, { from: stored, at: 0, size }, (bytes, done) => target.write(bytes, at + done))
      if (!isWhole) throw new MillraceError('MR-LOG-006', { details: { path: stored } })
      target.sync()
    } finally {
      target.close()
    }
  }
  noteRestore(to)
  for (const folder of folders) to.syncFolder(folder)
}

/** So that its leader epochs are above all that a client can have seen of the folder that was lost. */
function noteRestore(to: Disk): void {
  const checkpoint = readCheckpoint(to)
  if (typeof checkpoint === 'object') replaceFile(to, restoredPath, encodeText(`${checkpoint.state.restores + 1}\n`))
}
