// Takes checkpoints beside the writing: at one moment it begins a new journal file and keeps a picture of the state; then,
// a file a step, it syncs the segments written before; then it writes the picture and gives the old journal file free.
// Invariant: whatever a durable checkpoint names stays on disk, so files to be removed wait for the next checkpoint.
import type { Clock, Disk } from '../base/index.ts'
import { encodeCheckpoint, writeCheckpoint } from './checkpoint.ts'
import { isDiskFull, keepReserve, withReserve } from './full-disk.ts'
import { framesAt, type Journal } from './journal.ts'
import type { LogLimits } from './limits.ts'
import type { SegmentFiles } from './segments.ts'
import type { LogState } from './state.ts'

interface Options {
  readonly disk: Disk
  readonly clock: Clock
  readonly limits: LogLimits
  readonly state: LogState
  readonly files: SegmentFiles
  readonly journal: Journal
  /** Told of files that are gone. */
  readonly removed: (paths: readonly string[]) => void
}

interface Running {
  readonly picture: Uint8Array
  /** Not synced yet. */
  readonly files: string[]
  readonly folders: string[]
  /** Not named by the picture. */
  readonly trash: string[]
  /** Journal files to keep as evidence. */
  readonly damaged: ReadonlySet<string>
}

export class Checkpointer {
  readonly #options: Options
  #running: Running | undefined
  readonly #trash: string[] = []
  #lastAtMs: number
  #notBeforeMs = -Infinity

  constructor(options: Options) {
    this.#options = options
    this.#lastAtMs = options.clock.monotonicMs()
  }

  /** True while something that the state no longer names is still there. */
  get isRemoving(): boolean {
    return this.#trash.length > 0 || (this.#running?.trash.length ?? 0) > 0
  }

  /** Files and folders that the state no longer names; removed when a checkpoint says so too. */
  throwAway(paths: readonly string[]): void {
    this.#trash.push(...paths)
  }

  /** A folder got a new, already synced file: its name must be durable before a checkpoint names it. */
  noteWritten(folder: string): void {
    this.#options.files.putBackDirty({ files: [], folders: [folder] })
  }

  /**
   * A bounded piece of work: at most the sync of one file or folder. True when something was done. A full disk only postpones it; other
   * errors of the disk are thrown, and final.
   */
  step(): boolean {
    const { clock, journal, limits } = this.#options
    const nowMs = clock.monotonicMs()
    if (nowMs < this.#notBeforeMs) return false
    try {
      if (this.#running) {
        // The next file is full too: the writing has to wait now.
        do this.#advance(this.#running)
        while (this.#running && journal.position > limits.journalBytesMax)
        return true
      }
      if (!this.#isDue(nowMs)) return false
      this.#begin()
      return true
    } catch (error) {
      if (!isDiskFull(error)) throw error
      this.#notBeforeMs = nowMs + limits.checkpointRetryMs
      return false
    }
  }

  #isDue(nowMs: number): boolean {
    const { journal, limits, files } = this.#options
    if (journal.position > limits.journalBytesMax) return true
    const changed = files.hasDirty || this.#trash.length > 0 || journal.position > framesAt
    if (!changed) return false
    return this.#trash.length > 0 || nowMs - this.#lastAtMs >= limits.checkpointIntervalMs
  }

  idleMs(): number {
    const { journal, limits, files, clock } = this.#options
    const nowMs = clock.monotonicMs()
    if (this.#running || this.#trash.length > 0) return Math.max(0, this.#notBeforeMs - nowMs)
    if (!files.hasDirty && journal.position <= framesAt) return Infinity
    return Math.max(0, this.#lastAtMs + limits.checkpointIntervalMs - nowMs, this.#notBeforeMs - nowMs)
  }

  #begin(): void {
    const { journal, files, state } = this.#options
    journal.sync()
    journal.switchFile()
    const picture = encodeCheckpoint(state, { journal: journal.number, nextSequence: journal.sequence + 1 })
    this.#running = { picture, ...files.takeDirty(), trash: this.#trash.splice(0), damaged: new Set() }
  }

  /** After recovery, when the journal is synced: the checkpoint of what was found is taken beside the work. */
  beginFound(damaged: ReadonlySet<string>): void {
    const { journal, files, state } = this.#options
    const picture = encodeCheckpoint(state, { journal: journal.number, nextSequence: journal.sequence + 1 })
    this.#running = { picture, ...files.takeDirty(), trash: this.#trash.splice(0), damaged }
  }

  #advance(running: Running): void {
    const { disk, files } = this.#options
    const path = running.files.at(-1)
    if (path !== undefined) {
      files.sync(path)
      running.files.pop()
      return
    }
    const folder = running.folders.at(-1)
    if (folder !== undefined) {
      disk.syncFolder(folder)
      running.folders.pop()
      return
    }
    withReserve(disk, () => writeCheckpoint(disk, running.picture))
    this.#finish(running)
  }

  #finish(running: Running): void {
    const { disk, files, journal, clock } = this.#options
    this.#running = undefined
    this.#lastAtMs = clock.monotonicMs()
    journal.release(running.damaged)
    for (const path of running.trash) {
      files.forget(path)
      disk.remove(path)
    }
    this.#options.removed(running.trash)
    keepReserve(disk, running.picture.length)
  }

  /**
   * The whole checkpoint at once, without a new journal file: after recovery and before closing. The journal is synced.
   * Throws what the disk throws. @param damaged journal files to keep as evidence
   */
  runNow(damaged: ReadonlySet<string>): void {
    const { disk, files, journal, state } = this.#options
    const kept = new Set([...damaged, ...(this.#running?.damaged ?? [])])
    if (this.#running) {
      files.putBackDirty(this.#running)
      this.#trash.push(...this.#running.trash)
      this.#running = undefined
    }
    const picture = encodeCheckpoint(state, { journal: journal.number, nextSequence: journal.sequence + 1 })
    const running: Running = { picture, ...files.takeDirty(), trash: this.#trash.splice(0), damaged: kept }
    for (const path of running.files) files.sync(path)
    for (const folder of running.folders) disk.syncFolder(folder)
    withReserve(disk, () => writeCheckpoint(disk, picture))
    journal.noteCheckpoint()
    this.#finish(running)
  }
}
