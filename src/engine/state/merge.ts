// Merges committed segments into one, a piece at a time, so that neither memory nor an epoch's time follows the size of the
// state: of each input a window is in memory, of the output what was not yet written. Sections and key groups come in the
// order in which they lie, so every input is read once, from its start to its end, and its checksum is known at the end.
// Invariant: `step` returns true only when the output is whole and durable and every input was what its commit says.
import {
  assert,
  BytesError,
  ByteReader,
  ByteWriter,
  concatBytes,
  crc32c,
  emptyBytes,
  type Disk,
  type DiskFile,
} from '../../base/index.ts'
import type { StateFile } from '../../model/index.ts'
import { stateSyncBytes, stateWindowBytes } from '../limits.ts'
import { SealingWriter, StateFileSource, type StateSeal } from './sealed-file.ts'
import { mergeEntries, readSegmentHead, writeSegmentHead } from './segment-file.ts'

/** A section of the output: all its key groups are written, most of them not empty in a state worth merging in steps. */
export interface MergedSection {
  readonly id: string
  readonly layoutVersion: number
  readonly groups: readonly number[]
}

export class SegmentMerge {
  /** Oldest first. */
  readonly inputs: readonly StateFile[]
  readonly #path: string
  readonly #dropRemoved: boolean
  readonly #sections: readonly MergedSection[]
  readonly #sources: readonly SegmentSource[]
  readonly #out: SegmentSink
  #section = 0
  #group = 0
  #file: StateFile | undefined

  /** @param options.sections every section that an input may have, sorted by id; `dropRemoved` when nothing older remains */
  constructor(options: {
    disk: Disk
    inputs: readonly StateFile[]
    folder: string
    dropRemoved: boolean
    sections: readonly MergedSection[]
    /** Opens inputs that are sealed. */
    seal?: StateSeal | undefined
    /** The output is sealed with it. */
    isSealing?: boolean
  }) {
    const { disk, inputs, sections, seal } = options
    this.inputs = inputs
    this.#dropRemoved = options.dropRemoved
    this.#sections = sections
    this.#sources = inputs.map((file) => new SegmentSource(disk, file, seal))
    const firstEpoch = this.#sources[0]!.firstEpoch
    const lastEpoch = this.#sources.at(-1)!.lastEpoch
    const name = `${options.folder}/${padded(firstEpoch)}-${padded(lastEpoch)}`
    // One file that is written anew must not overwrite itself.
    this.#path = `${name}.segment`
    for (let n = 2; inputs.some(({ path }) => path === this.#path); n++) this.#path = `${name}-${n}.segment`
    this.#out = new SegmentSink(disk, this.#path, options.isSealing ? seal : undefined)
    writeSegmentHead(this.#out.bytes, { firstEpoch, lastEpoch, sectionCount: sections.length })
    this.#beginSection()
  }

  /** The merged file, once `step` returned true. */
  get file(): StateFile {
    assert(this.#file !== undefined, 'the merge is done')
    return this.#file
  }

  /**
   * Merges about `bytes` of input: whole key groups, at least one. May be called again after it threw for want of room.
   * Throws SegmentDamage and what the disk throws. @returns true when it is done
   */
  step(bytes: number): boolean {
    for (let taken = 0; this.#section < this.#sections.length;) {
      this.#out.flush(stateWindowBytes)
      if (taken >= bytes) return false
      taken += this.#mergeGroup()
    }
    if (this.#file) return true
    for (const source of this.#sources) source.finish()
    this.#file = { path: this.#path, ...this.#out.finish() }
    return true
  }

  /** Bytes of input that went into the group. */
  #mergeGroup(): number {
    const { id, groups } = this.#sections[this.#section]!
    const group = groups[this.#group]!
    const lists: Uint8Array[] = []
    for (const source of this.#sources) {
      const entries = source.take(id, group)
      if (entries) lists.push(entries)
    }
    const size = lists.reduce((sum, list) => sum + list.length, 0)
    this.#out.group(group, lists, this.#dropRemoved)
    if (++this.#group === groups.length) {
      this.#section++
      this.#group = 0
      this.#beginSection()
    }
    return size
  }

  #beginSection(): void {
    const section = this.#sections[this.#section]
    if (section) this.#out.section(section)
  }

  /** Closes the files; the output, unless it is done, is removed. */
  close(): void {
    for (const source of this.#sources) source.close()
    this.#out.close(this.#file === undefined)
  }
}

const padded = (epoch: number): string => String(epoch).padStart(12, '0')

/** An input is not what its commit says. */
export class SegmentDamage extends Error {
  readonly path: string
  constructor(path: string, reason: string, cause?: unknown) {
    super(reason, { cause })
    this.name = 'SegmentDamage'
    this.path = path
  }
}

/** One input, read from its start to its end through a window. */
class SegmentSource {
  readonly firstEpoch: number
  readonly lastEpoch: number
  readonly #file: StateFile
  readonly #handle: DiskFile
  readonly #bytes: StateFileSource
  #window = new Uint8Array(stateWindowBytes)
  /** Bytes of the window that were not taken yet: [from, to). */
  #from = 0
  #to = 0
  #sectionsLeft: number
  #groupsLeft = 0
  #id = ''
  #group = -1
  #groupBytes = 0

  constructor(disk: Disk, file: StateFile, seal: StateSeal | undefined) {
    this.#file = file
    try {
      this.#handle = disk.open(file.path, 'read')
    } catch (error) {
      throw new SegmentDamage(file.path, 'it cannot be opened', error)
    }
    this.#bytes = this.#checked(() => new StateFileSource(this.#handle, file.size, seal))
    const head = this.#parse(40, readSegmentHead)
    this.firstEpoch = head.firstEpoch
    this.lastEpoch = head.lastEpoch
    this.#sectionsLeft = head.sectionCount
    this.#next()
  }

  /** Entries of the group, valid until the next call; undefined when this segment has none there. Asked for in order. */
  take(id: string, group: number): Uint8Array | undefined {
    if (this.#id !== id || this.#group !== group) return undefined
    const size = this.#groupBytes
    this.#fill(size)
    if (this.#to - this.#from < size) throw this.#damaged('it ends early')
    const entries = this.#window.subarray(this.#from, this.#from + size)
    this.#from += size
    this.#next()
    return entries
  }

  /** Moves to the next group's head, or past the last section. */
  #next(): void {
    while (this.#groupsLeft === 0) {
      if (this.#sectionsLeft === 0) {
        this.#group = -1
        return
      }
      this.#sectionsLeft--
      this.#parse(1024, (reader) => {
        this.#id = reader.text(reader.uvarint())
        reader.uint16()
        this.#groupsLeft = reader.uvarint()
      })
    }
    this.#groupsLeft--
    this.#parse(8, (reader) => {
      this.#group = reader.uint8()
      this.#groupBytes = reader.uvarint()
    })
  }

  /** Parses from the window, which holds at least `size` bytes unless the file ends. */
  #parse<T>(size: number, parse: (reader: ByteReader) => T): T {
    this.#keepTaken(size)
    try {
      const reader = new ByteReader(this.#window, this.#from, this.#to)
      const parsed = parse(reader)
      this.#from = reader.position
      return parsed
    } catch (error) {
      if (error instanceof BytesError) throw this.#damaged(error.message, error)
      throw error
    }
  }

  /** As #fill, but what take() handed out stays where it is. */
  #keepTaken(size: number): void {
    if (this.#to - this.#from >= size || this.#bytes.atEnd) return
    const grown = new Uint8Array(Math.max(stateWindowBytes, size))
    grown.set(this.#window.subarray(this.#from, this.#to))
    this.#window = grown
    this.#to -= this.#from
    this.#from = 0
    this.#fill(size)
  }

  #fill(size: number): void {
    if (this.#to - this.#from >= size) return
    if (this.#from + size > this.#window.length) {
      const grown = size > this.#window.length ? new Uint8Array(Math.min(size, this.#file.size)) : this.#window
      if (grown === this.#window) grown.copyWithin(0, this.#from, this.#to)
      else grown.set(this.#window.subarray(this.#from, this.#to))
      this.#window = grown
      this.#to -= this.#from
      this.#from = 0
    }
    while (this.#to < this.#window.length && !this.#bytes.atEnd)
      this.#to += this.#checked(() => this.#bytes.read(this.#window.subarray(this.#to)))
  }

  #checked<T>(read: () => T): T {
    try {
      return read()
    } catch (error) {
      if (error instanceof BytesError) throw this.#damaged(error.message, error)
      throw error
    }
  }

  /** Everything was taken: the file must be the one that was committed. */
  finish(): void {
    if (this.#sectionsLeft > 0 || this.#groupsLeft > 0 || this.#group >= 0)
      throw this.#damaged('it has sections that no operator knows')
    this.#fill(4)
    if (this.#to - this.#from !== 4 || !this.#bytes.atEnd || this.#bytes.crc !== this.#file.crc)
      throw this.#damaged('its size or checksum is not the committed one')
  }

  #damaged(reason: string, cause?: unknown): SegmentDamage {
    return new SegmentDamage(this.#file.path, reason, cause)
  }

  close(): void {
    this.#handle.close()
  }
}

/** The output: bytes wait in `bytes` until flush. */
class SegmentSink {
  readonly bytes = new ByteWriter(stateWindowBytes * 2)
  readonly #entries = new ByteWriter(stateWindowBytes)
  readonly #disk: Disk
  readonly #path: string
  readonly #handle: DiskFile
  readonly #sealing: SealingWriter | undefined
  #written = 0
  #unsynced = 0
  /** Of the segment's bytes, and of the file's as they lie. */
  #crc = 0
  #storedCrc = 0
  /** Of the file, and not written yet. */
  #stored: Uint8Array = emptyBytes
  #isEnded = false

  constructor(disk: Disk, path: string, seal: StateSeal | undefined) {
    this.#sealing = seal && new SealingWriter(seal)
    this.#disk = disk
    this.#path = path
    this.#handle = disk.open(path, 'create')
    this.#handle.truncate(0)
  }

  section({ id, layoutVersion, groups }: MergedSection): void {
    const name = new TextEncoder().encode(id)
    this.bytes.uvarint(name.length)
    this.bytes.raw(name)
    this.bytes.uint16(layoutVersion)
    this.bytes.uvarint(groups.length)
  }

  group(group: number, lists: readonly Uint8Array[], dropRemoved: boolean): void {
    this.bytes.uint8(group)
    let entries = lists.length === 1 && !dropRemoved ? lists[0]! : undefined
    if (!entries) {
      this.#entries.reset()
      mergeEntries(lists, dropRemoved, this.#entries)
      entries = this.#entries.finish()
    }
    this.bytes.uvarint(entries.length)
    this.bytes.raw(entries)
  }

  /** Writes what waits when it is `least` bytes or more. Nothing is lost when the disk refuses it. */
  flush(least: number): void {
    // What is sealed once is written as it is, however often it takes.
    this.#write(this.#stored)
    this.#stored = emptyBytes
    const bytes = this.bytes.finish()
    if (bytes.length < least) return
    if (this.#sealing) {
      this.#stored = this.#sealing.push(bytes)
      this.#crc = crc32c(bytes, this.#crc)
      this.bytes.reset()
      this.#write(this.#stored)
      this.#stored = emptyBytes
    } else {
      this.#write(bytes)
      this.#crc = this.#storedCrc
      this.bytes.reset()
    }
  }

  #write(stored: Uint8Array): void {
    if (stored.length === 0) return
    this.#handle.write(stored, this.#written)
    this.#written += stored.length
    this.#unsynced += stored.length
    this.#storedCrc = crc32c(stored, this.#storedCrc)
    if (this.#unsynced < stateSyncBytes) return
    this.#unsynced = 0
    this.#handle.sync()
  }

  finish(): { size: number; crc: number } {
    this.flush(1)
    if (!this.#isEnded) {
      const checksum = new ByteWriter(16)
      checksum.uint32(this.#crc)
      const last = checksum.copy()
      this.#stored = this.#sealing ? concatBytes([this.#sealing.push(last), this.#sealing.finish()]) : last
      this.#isEnded = true
      this.flush(1)
    }
    this.#handle.sync()
    this.#disk.syncFolder(this.#path.slice(0, this.#path.lastIndexOf('/')))
    return { size: this.#written, crc: this.#storedCrc }
  }

  close(remove: boolean): void {
    this.#handle.close()
    if (remove) this.#disk.remove(this.#path)
  }
}
