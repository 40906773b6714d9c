// Copies a cut of a log to another disk, beside a running node or not, without its help: what the checkpoint names stays on
// disk until a newer one no longer names it, and the journal since is only appended to. So a cut is the checkpoint, the bytes
// of the segments that it names, the journal's frames that were synced, and the state files of each owner's last commit in
// them: what a crash at that moment would leave, which recovery opens.
// Invariant: bytes that an earlier cut names are never changed in the copy; what a pass adds lies behind them or in new files.
// So the last cut stays restorable whatever becomes of the next pass, and who restores copies no more than the cut names.
import { compareBytes, crc32c, MillraceError, readWholeFile, type Disk } from '../base/index.ts'
import type { LastCommit, StateFile } from '../model/index.ts'
import { checkpointPath, readCheckpoint } from './checkpoint.ts'
import type { Entry } from './journal-frame.ts'
import { listJournals, scanJournals, type JournalFile, type ScannedFrame } from './journal-scan.ts'
import { framesAt, journalFolder } from './journal.ts'
import { moveStart, putTopic } from './recover.ts'
import { pathOf, removeTopic, type LogState } from './state.ts'

const copyBytes = 1 << 20

export interface CopiedFile {
  /** Where it lies in a data folder. */
  readonly path: string
  /** Where it lies in the copy. */
  readonly stored: string
  /** Bytes of it that count. */
  readonly size: number
}

/** One moment of a log: everything that was acknowledged up to it, and of owners' commits all or nothing. */
export interface LogCut {
  readonly files: readonly CopiedFile[]
  /** The journal's last frame in it. */
  readonly sequence: number
  readonly topics: readonly { readonly name: string; readonly ends: readonly number[] }[]
  readonly owners: ReadonlyMap<string, LastCommit>
}

export class LogBackup {
  readonly #from: Disk
  readonly #to: Disk
  /** By `stored`: bytes that are durable in the copy. */
  readonly #copied: Map<string, number>

  /** @param options.copied what the copy's last cut names; whatever else lies there is written anew */
  constructor(options: { from: Disk; to: Disk; copied: readonly CopiedFile[] }) {
    this.#from = options.from
    this.#to = options.to
    this.#copied = new Map(options.copied.map(({ stored, size }) => [stored, size]))
  }

  /**
   * Copies what is new. O(what was written since the last pass), in a second and later passes mostly the journal.
   * Throws MR-LOG-003 when there is no log, MR-LOG-006 when a file is missing though nothing moved on, and what a disk throws.
   * @returns undefined when the log moved on meanwhile: call again, there is less to copy now
   */
  pass(): LogCut | undefined {
    const before = readWholeFile(this.#from, checkpointPath)
    const checkpoint = readCheckpoint(this.#from)
    if (!before || checkpoint === 'missing') return refuse(`${checkpointPath} is missing`)
    if (checkpoint === 'damaged') return refuse(`${checkpointPath} is damaged`)
    try {
      const { state, journal, nextSequence } = checkpoint
      const files = this.#segments(state)
      const journals = listJournals(this.#from).files.filter(({ number }) => number >= journal)
      const scan = scanJournals(this.#from, journals, nextSequence)
      // A frame that nobody knows to be synced may yet be refused and written over.
      const frames = scan.frames.filter(({ sequence }) => sequence <= scan.syncedSequence)
      for (const frame of frames) for (const entry of frame.entries ?? []) apply(state, entry)
      for (const { stateFiles } of state.owners.values()) for (const file of stateFiles) files.push(this.#state(file))
      for (const one of journals) files.push(this.#journal(one, frames))
      const now = readWholeFile(this.#from, checkpointPath)
      if (!now || compareBytes(before, now) !== 0) return undefined
      const stored = `${checkpointPath}.${nextSequence}-${crc32c(before).toString(16)}`
      if (!this.#copied.has(stored)) this.#write(stored, before)
      files.push({ path: checkpointPath, stored, size: before.length })
      this.#syncFolders(files)
      return {
        files,
        sequence: Math.max(nextSequence - 1, ...frames.map(({ sequence }) => sequence)),
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

  /** Removes from the copy what this cut, now the last one on record, does not name. */
  sweep(cut: LogCut): void {
    const named = new Set(cut.files.map(({ stored }) => stored))
    for (const stored of this.#copied.keys()) {
      if (named.has(stored)) continue
      this.#to.remove(stored)
      this.#copied.delete(stored)
    }
  }

  #segments(state: LogState): CopiedFile[] {
    const files: CopiedFile[] = []
    for (const topic of state.byName.values()) {
      for (const partition of topic.partitions) {
        for (const segment of partition.segments) {
          const path = pathOf(partition, segment)
          // A damaged partition is copied as far as it is there.
          const size = partition.damage ? Math.min(segment.size, this.#sizeOf(path)) : segment.size
          if (size > 0) files.push(this.#copy(path, path, size))
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

  /** State files are removed by the commit that drops them, not by a checkpoint. */
  #state(file: StateFile): CopiedFile {
    const copied = { path: file.path, stored: file.path, size: file.size }
    if (this.#copied.get(file.path) === file.size) return copied
    const bytes = this.#from.exists(file.path) ? readOrNothing(this.#from, file.path) : undefined
    if (!bytes || bytes.length !== file.size || crc32c(bytes) !== file.crc) throw new MovedOn(file.path, true)
    this.#write(file.path, bytes)
    return copied
  }

  #journal(journal: JournalFile, frames: readonly ScannedFrame[]): CopiedFile {
    const ends = frames.filter(({ path }) => path === journal.path).map(({ end }) => end)
    // One that is just being made may be shorter than its header.
    const size = Math.max(Math.min(framesAt, this.#sizeOf(journal.path)), ...ends)
    const path = `${journalFolder}/${journal.number}.journal`
    // Numbers begin anew in a new data folder; salts do not.
    return this.#copy(journal.path, path.replace('.journal', `-${journal.salt.toString(16)}.journal`), size, path)
  }

  /** Copies what is missing of the first `size` bytes. */
  #copy(from: string, stored: string, size: number, path = from): CopiedFile {
    let done = this.#copied.get(stored) ?? 0
    if (done < size) {
      if (!this.#from.exists(from)) throw new MovedOn(from, false)
      const source = this.#from.open(from, 'read')
      const target = this.#open(stored)
      try {
        const chunk = new Uint8Array(Math.min(copyBytes, size - done))
        while (done < size) {
          const count = source.read(chunk.subarray(0, Math.min(chunk.length, size - done)), done)
          if (count === 0) throw new MovedOn(from, false)
          target.write(chunk.subarray(0, count), done)
          done += count
        }
        target.sync()
      } finally {
        source.close()
        target.close()
      }
      this.#copied.set(stored, size)
    }
    return { path, stored, size }
  }

  #write(stored: string, bytes: Uint8Array): void {
    const file = this.#open(stored)
    try {
      file.truncate(0)
      file.write(bytes, 0)
      file.sync()
    } finally {
      file.close()
    }
    this.#copied.set(stored, bytes.length)
  }

  #open(stored: string): ReturnType<Disk['open']> {
    this.#to.makeFolder(folderOf(stored))
    return this.#to.open(stored, 'create')
  }

  #syncFolders(files: readonly CopiedFile[]): void {
    const folders = new Set<string>([''])
    for (const { stored } of files) {
      for (let folder = folderOf(stored); folder !== ''; folder = folderOf(folder)) folders.add(folder)
    }
    for (const folder of folders) this.#to.syncFolder(folder)
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

/**
 * Lays a cut out as a data folder. Only the bytes that it names are taken. The folder is durable on return.
 * Throws MR-LOG-006 when the copy is not whole, and what a disk throws. @param to without a log
 */
export function restoreLog(options: { from: Disk; to: Disk; files: readonly CopiedFile[] }): void {
  const { from, to, files } = options
  // The checkpoint last: without it there is no log.
  const inOrder = files.toSorted((a, b) => Number(a.path === checkpointPath) - Number(b.path === checkpointPath))
  const folders = new Set<string>([''])
  for (const { path, stored, size } of inOrder) {
    if (!from.exists(stored)) throw new MillraceError('MR-LOG-006', { details: { path: stored } })
    to.makeFolder(folderOf(path))
    for (let folder = folderOf(path); folder !== ''; folder = folderOf(folder)) folders.add(folder)
    if (path === checkpointPath) for (const folder of folders) to.syncFolder(folder)
    const source = from.open(stored, 'read')
    const target = to.open(path, 'create')
    try {
      const chunk = new Uint8Array(Math.min(copyBytes, size))
      for (let done = 0; done < size;) {
        const count = source.read(chunk.subarray(0, Math.min(chunk.length, size - done)), done)
        if (count === 0) throw new MillraceError('MR-LOG-006', { details: { path: stored } })
        target.write(chunk.subarray(0, count), done)
        done += count
      }
      target.sync()
    } finally {
      source.close()
      target.close()
    }
  }
  for (const folder of folders) to.syncFolder(folder)
}
