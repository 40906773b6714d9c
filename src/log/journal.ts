// The journal's files as the writer has them. Each file has a salt of its own, and frames from 8192 on; files are reused
// after a checkpoint, because overwriting blocks that exist syncs several times faster than growing a file. Old frames in
// a reused file carry another salt, so they are never taken for new ones.
// Invariant: a new file's header is synced before its first frame is written, and tells up to which sequence the files
// before it were synced: all, except during recovery, when what was found may be in the page cache only.
import { assert, type Disk, type DiskFile, type Random } from '../base/index.ts'
import { isDiskFull, withReserve } from './full-disk.ts'
import { encodeFileHeader } from './file-header.ts'
import { alignPage, pageBytes, type Entry, type FrameBuilder } from './journal-frame.ts'
import type { LogLimits } from './limits.ts'

export const journalFolder = 'log/journal'
/** Frames begin here; the header lies in the first page and, again, in the second. */
export const framesAt = 2 * pageBytes

interface CurrentFile {
  readonly path: string
  readonly number: number
  readonly file: DiskFile
  readonly salt: bigint
  /** Where the next frame goes. */
  position: number
  /** Bytes whose blocks exist. */
  allocated: number
}

export class Journal {
  readonly #disk: Disk
  readonly #random: Random
  readonly #limits: LogLimits
  #current: CurrentFile | undefined
  /** Files that no checkpoint needs any more. */
  readonly #free: string[] = []
  /** Files older than the current one, needed until the running checkpoint is done. */
  readonly #older: string[] = []
  #sequence = 0
  #syncedSequence = 0
  /** See scrub: asked for, and begun with the current file. What a crash left is removed, too. */
  #scrub: 'no' | 'wanted' | 'begun' | 'wantedAgain' = 'begun'

  constructor(disk: Disk, random: Random, limits: LogLimits) {
    this.#disk = disk
    this.#random = random
    this.#limits = limits
  }

  get number(): number {
    return this.#current?.number ?? 0
  }
  /** Of the current file. */
  get salt(): string {
    return this.#current?.salt.toString(16) ?? ''
  }
  /** Bytes used in the current file. */
  get position(): number {
    return this.#current?.position ?? 0
  }
  /** The last frame written. */
  get sequence(): number {
    return this.#sequence
  }
  get isSynced(): boolean {
    return this.#syncedSequence === this.#sequence
  }

  /**
   * Tells what recovery found, and begins a new file.
   * @param found.sequence the last frame that counts; found.syncedSequence the last that was surely synced
   * @param found.paths all journal files; they become reusable after the next checkpoint
   */
  adopt(found: { sequence: number; syncedSequence: number; paths: readonly string[]; number: number }): void {
    assert(this.#current === undefined, 'a journal is adopted once, before it is written')
    this.#sequence = found.sequence
    this.#syncedSequence = found.syncedSequence
    this.#older.push(...found.paths)
    withReserve(this.#disk, () => this.#beginFile(found.number))
  }

  /** A checkpoint holds all frames so far. */
  noteCheckpoint(): void {
    this.#syncedSequence = this.#sequence
  }

  /**
   * Goes on in a new file. What was written before must be synced. On any error the old file stays the current one.
   * Costs one or two syncs.
   */
  switchFile(): void {
    assert(this.isSynced, 'the old file is synced whole')
    withReserve(this.#disk, () => this.#beginFile(this.number + 1))
  }

  /**
   * What was written until now is to be on the disk no longer than the next checkpoint needs it: journal files are then removed
   * instead of being written over.
   */
  scrub(): void {
    this.#scrub = this.#scrub === 'begun' || this.#scrub === 'wantedAgain' ? 'wantedAgain' : 'wanted'
  }

  #beginFile(number: number): void {
    if (this.#scrub === 'wanted') {
      for (const path of this.#free.splice(0)) this.#disk.remove(path)
      this.#scrub = 'begun'
    }
    const reused = this.#free.at(-1)
    const path = reused ?? this.#newPath()
    const salt = (BigInt(this.#random.uint32()) << 32n) | BigInt(this.#random.uint32())
    const firstSequence = this.#sequence + 1
    const fields = { number, salt: salt.toString(16), firstSequence, syncedSequence: this.#syncedSequence }
    const header = encodeFileHeader('MRJN', fields)
    const file = this.#disk.open(path, 'create')
    let allocated: number
    try {
      allocated = Math.max(framesAt, Math.floor(file.size() / pageBytes) * pageBytes)
      const pages = new Uint8Array(framesAt)
      pages.set(header, 0)
      pages.set(header, pageBytes)
      file.write(pages, 0)
      file.sync()
      this.#disk.syncFolder(journalFolder)
    } catch (error) {
      try {
        if (isDiskFull(error)) this.#takeBack(file)
      } finally {
        file.close()
      }
      throw error
    }
    if (reused !== undefined) this.#free.pop()
    if (this.#current) {
      this.#older.push(this.#current.path)
      this.#current.file.close()
    }
    this.#current = { path, number, file, salt, position: framesAt, allocated }
  }

  /**
   * Frames go on in the old file. A header that stood here, if only by half, would tell recovery that they end where this file
   * begins: it goes, durably, before any of them is written.
   */
  #takeBack(file: DiskFile): void {
    file.truncate(0)
    file.sync()
  }

  #newPath(): string {
    const taken = new Set([...this.#older, this.#current?.path])
    for (let slot = 0; ; slot++) {
      const path = `${journalFolder}/${slot}.journal`
      if (!taken.has(path)) return path
    }
  }

  /** Makes sure that a frame of this size can be written without the file growing. May say 'full', with nothing changed. */
  makeRoom(size: number): void {
    const current = this.#current!
    const { journalChunkBytesMin, journalChunkBytesMax } = this.#limits
    while (current.position + size > current.allocated) {
      const chunk = alignPage(Math.min(journalChunkBytesMax, Math.max(journalChunkBytesMin, current.allocated)))
      const zeros = new Uint8Array(Math.min(chunk, 1 << 20))
      for (let done = 0; done < chunk; done += zeros.length) {
        current.file.write(zeros, current.allocated)
        current.allocated += zeros.length
      }
    }
  }

  /** What frees room is written with the last room there is, and takes no more of it than it needs. */
  #makeRoomFor(size: number, entries: readonly Entry[]): void {
    const current = this.#current!
    try {
      this.makeRoom(size)
    } catch (error) {
      if (!isDiskFull(error) || !entries.every(({ kind }) => kind === 'delete' || kind === 'start')) throw error
      current.file.truncate(current.allocated)
      const missing = alignPage(current.position + size) - current.allocated
      withReserve(this.#disk, () => current.file.write(new Uint8Array(missing), current.allocated))
      current.allocated += missing
    }
  }

  /** Writes a frame behind the last; not synced. When there is no room nothing is changed (and the error is 'full'). */
  write(frame: FrameBuilder, entries: readonly Entry[]): void {
    const current = this.#current!
    const { salt, position } = current
    const sequence = this.#sequence + 1
    const bytes = frame.finish({ salt, sequence, syncedSequence: this.#syncedSequence, position }, entries)
    this.#makeRoomFor(bytes.length, entries)
    try {
      current.file.write(bytes, position)
    } catch (error) {
      // A frame that was refused must not be found by recovery; if even this fails, the caller sees that error: final.
      if (isDiskFull(error)) {
        current.file.truncate(position)
        current.allocated = position
      }
      throw error
    }
    current.position = position + bytes.length
    this.#sequence = sequence
    frame.reset(position)
  }

  /** Any error is final. */
  sync(): void {
    if (this.isSynced) return
    this.#current!.file.sync()
    this.#syncedSequence = this.#sequence
  }

  /** A checkpoint no longer needs the files before the current one. @param keep damaged files, kept as evidence */
  release(keep: ReadonlySet<string> = new Set()): void {
    for (const path of this.#older.splice(0)) {
      if (keep.has(path)) this.#keepDamaged(path)
      // Two files take turns.
      else if (this.#scrub !== 'no' || this.#free.length > 0) this.#disk.remove(path)
      else this.#free.push(path)
    }
    this.#scrub = this.#scrub === 'begun' || this.#scrub === 'no' ? 'no' : 'wanted'
  }

  #keepDamaged(path: string): void {
    const folder = 'log/damaged'
    this.#disk.makeFolder(folder)
    const name = path.slice(path.lastIndexOf('/') + 1)
    this.#disk.rename(path, `${folder}/${name.replace('.journal', '')}-${this.#sequence}.journal`)
  }

  /** @param tidy a checkpoint holds all that the files say: they are made small */
  close(tidy: boolean): void {
    const current = this.#current
    if (!current) return
    if (tidy) {
      current.file.truncate(framesAt)
      for (const path of this.#free.splice(0)) this.#disk.remove(path)
    }
    current.file.close()
    this.#current = undefined
  }
}
