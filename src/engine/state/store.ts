// A pipeline's state on disk: a short list of segments, oldest first. seal() turns what changed in an epoch into one new file,
// merged with the newest old ones while those are small, so that the count of files grows with the logarithm of the state.
// Invariant: a file is synced before its name goes into a commit, and removed only after a commit that no longer names it.
import { assert, BytesError, crc32c, keyGroupCount, MillraceError, readWholeFile, type Disk } from '../../base/index.ts'
import type { StateFile } from '../../model/index.ts'
import type { EngineLimits } from '../limits.ts'
import {
  decodeSegment,
  encodeSegment,
  mergeSegments,
  readEntries,
  SectionBuilder,
  type Segment,
} from './segment-file.ts'
import { StateSlot, type EntryCodec } from './slot.ts'

/** Part of the key groups that one instance of an operator holds: [from, to). */
export interface KeyGroupRange {
  readonly from: number
  readonly to: number
}

export const allKeyGroups: KeyGroupRange = { from: 0, to: keyGroupCount }

export class StateStore {
  readonly #disk: Disk
  readonly #folder: string
  readonly #pipeline: string
  readonly #limits: EngineLimits
  readonly #slots: { readonly slot: StateSlot; readonly range: KeyGroupRange }[] = []
  #files: readonly StateFile[] = []
  #pending:
    | { readonly file: StateFile | null; readonly bytes: Uint8Array; readonly files: readonly StateFile[] }
    | undefined

  /** @param options.folder of this pipeline alone, relative to the disk's root */
  constructor(options: { disk: Disk; folder: string; pipeline: string; limits: EngineLimits }) {
    this.#disk = options.disk
    this.#folder = options.folder
    this.#pipeline = options.pipeline
    this.#limits = options.limits
  }

  /** Files of the last committed epoch. */
  get files(): readonly StateFile[] {
    return this.#files
  }
  get bytes(): number {
    return this.#files.reduce((sum, file) => sum + file.size, 0)
  }
  get entries(): number {
    return this.#slots.reduce((sum, { slot }) => sum + slot.size, 0)
  }
  get changedCount(): number {
    return this.#slots.reduce((sum, { slot }) => sum + slot.changedCount, 0)
  }

  /** Registers a slot, or one instance's part of it, before recovery. */
  open(options: { id: string; layoutVersion: number; codec: EntryCodec; range: KeyGroupRange }): StateSlot {
    const { id, layoutVersion, codec, range } = options
    const overlap = this.#slots.some(({ slot, range: r }) => slot.id === id && r.from < range.to && range.from < r.to)
    assert(!overlap, `state slot ${id} is opened once per key group`)
    const slot = new StateSlot(id, layoutVersion, codec)
    this.#slots.push({ slot, range })
    this.#slots.sort((a, b) => (a.slot.id < b.slot.id ? -1 : a.slot.id > b.slot.id ? 1 : a.range.from - b.range.from))
    return slot
  }

  /**
   * Reads the committed files into the slots and removes every other file of the folder (left by a crash before its commit).
   * Throws MR-ENGINE-003 (damaged or missing), MR-ENGINE-004 (a slot is not in the plan), MR-BASE-006 (newer program).
   */
  recover(files: readonly StateFile[]): void {
    this.#disk.makeFolder(this.#folder)
    // The folder's own name must last before a file in it can.
    for (let parent = this.#folder; parent !== '';) {
      parent = parent.includes('/') ? parent.slice(0, parent.lastIndexOf('/')) : ''
      this.#disk.syncFolder(parent)
    }
    const known = new Set(files.map((file) => file.path))
    for (const name of this.#disk.list(this.#folder)) {
      const path = `${this.#folder}/${name}`
      if (!known.has(path)) this.#disk.remove(path)
    }
    for (const file of files) this.#apply(file, this.#read(file))
    for (const { slot } of this.#slots) slot.restored()
    this.#files = files
  }

  #read(file: StateFile): Segment {
    const bytes = readWholeFile(this.#disk, file.path)
    const damaged = (reason: string, cause?: unknown): MillraceError =>
      new MillraceError('MR-ENGINE-003', { details: { pipeline: this.#pipeline, path: file.path, reason }, cause })
    if (!bytes) throw damaged('it is missing')
    if (bytes.length !== file.size || crc32c(bytes) !== file.crc)
      throw damaged('its size or checksum is not the committed one')
    try {
      const segment = decodeSegment(bytes)
      if (!('newer' in segment)) return segment
      throw new MillraceError('MR-BASE-006', { details: { path: file.path, found: segment.newer, known: 1 } })
    } catch (error) {
      if (error instanceof BytesError) throw damaged(error.message, error)
      throw error
    }
  }

  #apply(file: StateFile, segment: Segment): void {
    for (const section of segment.sections) {
      const parts = this.#slots.filter(({ slot }) => slot.id === section.id)
      const refuse = (reason: string): never => {
        throw new MillraceError('MR-ENGINE-004', {
          details: { pipeline: this.#pipeline, slot: section.id, reason, path: file.path },
        })
      }
      if (parts.length === 0) refuse('the plan has no such slot')
      for (const [group, entries] of section.groups) {
        const part = parts.find(({ range }) => group >= range.from && group < range.to)
        if (!part) return refuse(`no instance holds key group ${group}`)
        if (part.slot.layoutVersion !== section.layoutVersion)
          refuse(`its layout is ${section.layoutVersion}, this program knows ${part.slot.layoutVersion}`)
        readEntries(entries, (key, value) => part.slot.restore(group, key, value))
      }
    }
  }

  /** Collects the epoch's changes in memory. @returns the files to commit. The same epoch may be written again on retry. */
  seal(epoch: number): readonly StateFile[] {
    assert(this.#pending === undefined, 'the last epoch was settled')
    const sections = this.#collect()
    if (sections.length === 0) {
      this.#pending = { file: null, bytes: new Uint8Array(0), files: this.#files }
      return this.#files
    }
    let segment: Segment = { firstEpoch: epoch, lastEpoch: epoch, sections }
    let bytes = encodeSegment(segment)
    let keep = this.#files.length
    const merged: Segment[] = [segment]
    while (
      keep > 0 &&
      (this.#files[keep - 1]!.size <= bytes.length * this.#limits.stateMergeFactor ||
        keep >= this.#limits.stateFilesMax)
    ) {
      merged.unshift(this.#read(this.#files[--keep]!))
      segment = mergeSegments(merged, keep === 0)
      merged.splice(0, merged.length, segment)
      bytes = encodeSegment(segment)
    }
    if (merged.length === 1 && keep === 0 && segment.sections.length === 0) {
      this.#pending = { file: null, bytes, files: [] }
      return []
    }
    const file = {
      path: `${this.#folder}/${String(epoch).padStart(12, '0')}.segment`,
      size: bytes.length,
      crc: crc32c(bytes),
    }
    this.#pending = { file, bytes, files: [...this.#files.slice(0, keep), file] }
    return this.#pending.files
  }

  #collect(): Segment['sections'] {
    const builders = new Map<string, SectionBuilder>()
    // Instances come in the order of their key groups, so that a section stays sorted.
    for (const { slot } of this.#slots) {
      if (slot.changedCount === 0) continue
      let builder = builders.get(slot.id)
      if (!builder) builders.set(slot.id, (builder = new SectionBuilder(slot.id, slot.layoutVersion)))
      slot.seal(builder)
    }
    return [...builders.values()].map((builder) => builder.finish()).filter((section) => section.groups.size > 0)
  }

  /** Makes the sealed file durable. Throws what the disk throws (MR-BASE-002 when full); may be called again. */
  write(): void {
    assert(this.#pending !== undefined, 'an epoch is sealed')
    const { file, bytes } = this.#pending
    if (!file) return
    const handle = this.#disk.open(file.path, 'create')
    try {
      handle.truncate(0)
      handle.write(bytes, 0)
      handle.sync()
    } finally {
      handle.close()
    }
    this.#disk.syncFolder(this.#folder)
  }

  /** The commit is durable: files that it no longer names go. */
  committed(): void {
    assert(this.#pending !== undefined, 'an epoch is sealed')
    const { files } = this.#pending
    const known = new Set(files.map((file) => file.path))
    for (const file of this.#files) if (!known.has(file.path)) this.#disk.remove(file.path)
    this.#files = files
    this.#pending = undefined
  }
}
