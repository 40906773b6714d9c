// A pipeline's state on disk: a short list of segments, oldest first. seal() turns what changed in an epoch into one new file,
// merged at once with the newest old ones while those are small; larger ones are merged in steps beside the epochs (merge.ts),
// so that the count of files grows with the logarithm of the state and no epoch waits for it.
// Invariant: a file is synced before its name goes into a commit, and removed only after a commit that no longer names it.
import { assert, BytesError, crc32c, keyGroupCount, MillraceError, readWholeFile, type Disk } from '../../base/index.ts'
import type { StateFile } from '../../model/index.ts'
import type { SlotOwner } from '../../sql/index.ts'
import type { EngineLimits } from '../limits.ts'
import { openWhole, SealClosed, sealWhole, type StateSeal } from './sealed-file.ts'
import {
  decodeSegment,
  encodeSegment,
  mergeSegments,
  readEntries,
  SectionBuilder,
  type Segment,
} from './segment-file.ts'
import type { Erasure } from './erasure.ts'
import { SegmentDamage, SegmentMerge, type MergedSection } from './merge.ts'
import { StateSlot, type EntryCodec, type Steps } from './slot.ts'

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
  readonly #seal: StateSeal | undefined
  readonly #isSealing: boolean
  /** Files that are to be written anew, with the newest secret. */
  readonly #old = new Set<string>()
  readonly #slots: { readonly slot: StateSlot; readonly range: KeyGroupRange }[] = []
  #files: readonly StateFile[] = []
  #merge: SegmentMerge | undefined
  /** The merge's file is whole: the next commit names it. */
  #mergeDone = false
  /** The merge is of all files there were, so that nothing that was forgotten lies in what it leaves. */
  #mergeForgets = false
  /** Files hold what was forgotten, and no merge of all of them has begun since. */
  #mustForget = false
  #isStalled = false
  #pending:
    | { readonly file: StateFile | null; readonly bytes: Uint8Array; readonly files: readonly StateFile[] }
    | undefined

  /**
   * @param options.folder of this pipeline alone, relative to the disk's root
   * @param options.seal opens files that are sealed @param options.isSealing they are written so
   */
  constructor(options: {
    disk: Disk
    folder: string
    pipeline: string
    limits: EngineLimits
    seal?: StateSeal | undefined
    isSealing?: boolean
  }) {
    this.#disk = options.disk
    this.#folder = options.folder
    this.#pipeline = options.pipeline
    this.#limits = options.limits
    this.#seal = options.seal
    this.#isSealing = options.seal !== undefined && options.isSealing === true
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
  open(options: {
    id: string
    layoutVersion: number
    codec: EntryCodec
    range: KeyGroupRange
    owners?: readonly SlotOwner[]
  }): StateSlot {
    const { id, layoutVersion, codec, range, owners = [] } = options
    const overlap = this.#slots.some(({ slot, range: r }) => slot.id === id && r.from < range.to && range.from < r.to)
    assert(!overlap, `state slot ${id} is opened once per key group`)
    const slot = new StateSlot(id, layoutVersion, codec, owners)
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
    if (this.needsOldSecret) this.forgetAgain()
  }

  /** Checks a file, and opens it where it is sealed. */
  #bytesOf(file: StateFile): Uint8Array {
    const damaged = (reason: string, cause?: unknown): MillraceError => this.#damaged(file.path, reason, cause)
    const bytes = readWholeFile(this.#disk, file.path)
    if (!bytes) throw damaged('it is missing')
    if (bytes.length !== file.size || crc32c(bytes) !== file.crc)
      throw damaged('its size or checksum is not the committed one')
    try {
      const opened = openWhole(bytes, this.#seal)
      if (this.#isSealing && (opened.isOld || opened.bytes === bytes)) this.#old.add(file.path)
      return opened.bytes
    } catch (error) {
      if (error instanceof BytesError) throw damaged(error.message, error)
      if (!(error instanceof SealClosed)) throw error
      const details = { pipeline: this.#pipeline, path: file.path, reason: error.message }
      throw new MillraceError('MR-ENGINE-011', { details })
    }
  }

  #read(file: StateFile): Segment {
    const damaged = (reason: string, cause?: unknown): MillraceError => this.#damaged(file.path, reason, cause)
    const bytes = this.#bytesOf(file)
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

  /** True while files that the last commit names, or the next one will, may hold what was forgotten. */
  get isForgetting(): boolean {
    return this.#mustForget || this.#mergeForgets
  }
  /** Files are in clear or sealed with an older secret: they are being written anew. */
  get needsOldSecret(): boolean {
    return this.#files.some(({ path }) => this.#old.has(path))
  }
  /** The merge found no room on the disk. */
  get isStalled(): boolean {
    return this.#isStalled
  }

  /**
   * Forgets what is erased persons': in memory now, in the next epoch's file, and soon in every file. Until it has ended the
   * state is not changed and no epoch is sealed.
   */
  *forget(erasure: Erasure): Steps {
    const concerned = this.#slots.flatMap(({ slot }) => slot.forgetErased(erasure) ?? [])
    if (concerned.length === 0) return
    for (const steps of concerned) {
      yield* steps
      assert(this.#pending === undefined, 'nothing is forgotten between seal and commit')
    }
    // Of several files the older ones may hold what has left the state already, or was replaced; one that was not changed
    // since holds what is there.
    if (this.#files.length > 1 || this.changedCount > 0) this.forgetAgain()
  }

  /** A merge of all files has to come, as one was under way when the program ended. */
  forgetAgain(): void {
    this.#mustForget = true
  }

  /** Collects the epoch's changes in memory. @returns the files to commit. The same epoch may be written again on retry. */
  seal(epoch: number): readonly StateFile[] {
    assert(this.#pending === undefined, 'the last epoch was settled')
    const sections = this.#collect()
    const files = this.#withMerged()
    const forgets = this.#mustForget && !this.#merge && this.#isSmall(files)
    if (sections.length === 0 && !forgets) {
      this.#pending = { file: null, bytes: new Uint8Array(0), files }
      return files
    }
    let segment: Segment = { firstEpoch: epoch, lastEpoch: epoch, sections }
    let bytes = encodeSegment(segment)
    if (forgets) {
      segment = mergeSegments([...files.map((file) => this.#read(file)), segment], true)
      bytes = encodeSegment(segment)
    }
    const least = this.#merge ? files.indexOf(this.#merge.inputs.at(-1)!) + 1 : 0
    const { stateMergeFactor, stateMergeAtOnceBytes } = this.#limits
    let keep = forgets ? 0 : files.length
    while (keep > least) {
      const { size } = files[keep - 1]!
      if (size > bytes.length * stateMergeFactor || size + bytes.length > stateMergeAtOnceBytes) break
      segment = mergeSegments([this.#read(files[--keep]!), segment], keep === 0)
      bytes = encodeSegment(segment)
    }
    if (keep === 0) this.#mustForget = false
    if (keep === 0 && segment.sections.length === 0) {
      this.#pending = { file: null, bytes, files: [] }
      return []
    }
    const stored = this.#isSealing ? sealWhole(bytes, this.#seal!) : bytes
    const file = {
      path: `${this.#folder}/${String(epoch).padStart(12, '0')}.segment`,
      size: stored.length,
      crc: crc32c(stored),
    }
    this.#pending = { file, bytes: stored, files: [...files.slice(0, keep), file] }
    return this.#pending.files
  }

  /** The committed files, with a merge that is done in place of its inputs. */
  #withMerged(): readonly StateFile[] {
    if (!this.#merge || !this.#mergeDone) return this.#files
    const { inputs, file } = this.#merge
    const at = this.#files.indexOf(inputs[0]!)
    this.#merge.close()
    this.#merge = undefined
    this.#mergeForgets = false
    return [...this.#files.slice(0, at), file, ...this.#files.slice(at + inputs.length)]
  }

  #isSmall(files: readonly StateFile[]): boolean {
    return files.reduce((sum, { size }) => sum + size, 0) <= this.#limits.stateForgetAtOnceBytes
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
    if (file) this.#writeFile(file.path, bytes)
    this.#mergeOn(bytes.length)
  }

  #writeFile(path: string, bytes: Uint8Array): void {
    const handle = this.#disk.open(path, 'create')
    try {
      handle.truncate(0)
      handle.write(bytes, 0)
      handle.sync()
    } finally {
      handle.close()
    }
    this.#disk.syncFolder(this.#folder)
  }

  /** A piece of the running merge, in proportion to what the epoch wrote and to how many files wait. */
  #mergeOn(epochBytes: number): void {
    if (!this.#merge || this.#mergeDone) return
    const waiting = this.#files.length
    const { stateMergeStepBytes, stateFilesMax } = this.#limits
    const bytes = waiting >= stateFilesMax ? Infinity : Math.max(stateMergeStepBytes, epochBytes * waiting)
    this.#isStalled = false
    try {
      this.#mergeDone = this.#merge.step(bytes)
    } catch (error) {
      // No room: the epoch itself is written; the merge goes on with a later one.
      if (error instanceof MillraceError && error.retriable) {
        this.#isStalled = true
        return
      }
      throw this.#asDamage(error)
    }
  }

  /** Begins to merge the newest files whose sizes are close, when they are too large to be merged at once. */
  #beginMerge(): void {
    const { stateMergeFactor, stateMergeAtOnceBytes } = this.#limits
    if (this.#files.length < 2 && !this.needsOldSecret) this.#mustForget = false
    const forgets = this.#mustForget
    let from = forgets ? 0 : this.#files.length
    let size = 0
    while (from > 0 && (size === 0 || this.#files[from - 1]!.size <= size * stateMergeFactor))
      size += this.#files[--from]!.size
    if (!forgets && (this.#files.length - from < 2 || size <= stateMergeAtOnceBytes)) return
    this.#isStalled = false
    try {
      this.#merge = new SegmentMerge({
        disk: this.#disk,
        folder: this.#folder,
        inputs: this.#files.slice(from),
        dropRemoved: from === 0,
        sections: this.#mergedSections(),
        seal: this.#seal,
        isSealing: this.#isSealing,
      })
      this.#mergeDone = false
      this.#mergeForgets = forgets
      this.#mustForget = false
    } catch (error) {
      if (error instanceof MillraceError && error.retriable) {
        this.#isStalled = true
        return
      }
      throw this.#asDamage(error)
    }
  }

  #mergedSections(): readonly MergedSection[] {
    const sections = new Map<string, { id: string; layoutVersion: number; groups: number[] }>()
    for (const { slot, range } of this.#slots) {
      const { id, layoutVersion } = slot
      const section = sections.get(id) ?? { id, layoutVersion, groups: [] }
      for (let group = range.from; group < range.to; group++) section.groups.push(group)
      sections.set(id, section)
    }
    return [...sections.values()]
  }

  #asDamage(error: unknown): unknown {
    return error instanceof SegmentDamage ? this.#damaged(error.path, error.message, error) : error
  }

  #damaged(path: string, reason: string, cause?: unknown): MillraceError {
    return new MillraceError('MR-ENGINE-003', { details: { pipeline: this.#pipeline, path, reason }, cause })
  }

  /** The commit is durable: files that it no longer names go. */
  committed(): void {
    assert(this.#pending !== undefined, 'an epoch is sealed')
    const { files } = this.#pending
    const known = new Set(files.map((file) => file.path))
    for (const file of this.#files) if (!known.has(file.path)) this.#disk.remove(file.path)
    this.#files = files
    this.#pending = undefined
    if (!this.#merge) this.#beginMerge()
  }

  /** Ends a running merge; nothing of it is needed. */
  close(): void {
    this.#merge?.close()
    this.#merge = undefined
  }
}
