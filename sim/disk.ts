// A simulated disk with the vices of real ones: what was not synced may be lost, torn at sectors or kept out of order;
// names last only after syncFolder; a failed sync leaves the page cache clean though nothing reached the disk; it may be
// full. A crash is an exception that no code may catch, after which only crash() brings the disk back.
import { MillraceError, type Disk, type DiskFile } from '../src/base/index.ts'
import type { SeededRandom } from './random.ts'

export const sectorBytes = 512

/** The machine or the process died in the middle of a call. */
export class SimulatedCrash extends Error {
  constructor() {
    super('simulated crash')
    this.name = 'SimulatedCrash'
  }
}

type Change =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly size: number }

/** Bytes that grow; absent ones are zero. */
class Content {
  bytes = new Uint8Array(256)
  size = 0

  apply(change: Change): void {
    if (change.kind === 'truncate') {
      this.#grow(change.size)
      if (change.size < this.size) this.bytes.fill(0, change.size, this.size)
      this.size = change.size
      return
    }
    const end = change.position + change.bytes.length
    this.#grow(end)
    this.bytes.set(change.bytes, change.position)
    this.size = Math.max(this.size, end)
  }

  #grow(least: number): void {
    if (least <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(least, this.bytes.length * 2))
    grown.set(this.bytes.subarray(0, this.size))
    this.bytes = grown
  }

  copy(): Content {
    const content = new Content()
    content.bytes = this.bytes.slice()
    content.size = this.size
    return content
  }
}

class Inode {
  /** What reads see. */
  seen = new Content()
  /** What is surely on the disk. */
  safe = new Content()
  /** Between the two, in order. */
  pending: Change[] = []
}

type NameChange =
  | { readonly kind: 'file'; readonly path: string; readonly inode: Inode }
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }

/** Paths to files and folders. */
class Names {
  readonly files = new Map<string, Inode>()
  readonly folders = new Set<string>([''])

  apply(change: NameChange): void {
    if (change.kind === 'file') this.files.set(change.path, change.inode)
    else if (change.kind === 'folder') this.folders.add(change.path)
    else if (change.kind === 'remove') {
      this.files.delete(change.path)
      this.folders.delete(change.path)
    } else {
      const inode = this.files.get(change.from)
      if (!inode) return
      this.files.delete(change.from)
      this.files.set(change.to, inode)
    }
  }

  /** Everything below a folder whose own name is gone is gone. */
  prune(): void {
    const reachable = (path: string): boolean => path === '' || (this.folders.has(path) && reachable(folderOf(path)))
    for (const path of this.files.keys()) if (!reachable(folderOf(path))) this.files.delete(path)
    for (const path of this.folders) if (!reachable(path)) this.folders.delete(path)
  }

  copy(): Names {
    const names = new Names()
    for (const [path, inode] of this.files) names.files.set(path, inode)
    for (const path of this.folders) names.folders.add(path)
    return names
  }
}

const folderOf = (path: string): string => (path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '')

export interface SimulatedDisk extends Disk {
  /** Changing calls so far. */
  readonly operations: number
  /** The changing call with this number (from 0, counted since the disk was made) crashes; undefined = none. */
  crashAt: number | undefined
  /** Bytes that fit; writes beyond fail with MR-BASE-002, perhaps after a part. */
  capacityBytes: number
  /** Probability that a sync fails (and drops what it should have written). */
  syncFailure: number
  /** A file that cannot be read any more. */
  unreadable: string | undefined
  readonly usedBytes: number
  /**
   * Comes back after a crash. 'process': what was written is still in the page cache. 'power': what was not synced is
   * lost, torn or kept, sector by sector.
   */
  crash(kind: 'process' | 'power'): void
  /** Flips a bit in what is on disk, as rot does; for tests of damage. */
  flipBit(path: string, position: number, bit?: number): void
}

export function createDisk(random: SeededRandom): SimulatedDisk {
  return new SimDisk(random)
}

class SimDisk implements SimulatedDisk {
  operations = 0
  crashAt: number | undefined
  capacityBytes = Infinity
  syncFailure = 0
  unreadable: string | undefined
  /** Handles of before a crash are dead. */
  life = 0
  readonly random: SeededRandom
  #crashed = false
  #seen = new Names()
  #safe = new Names()
  /** Changes of names that are not durable, in order, each with the folder whose sync makes it so. */
  #pending: { folder: string; change: NameChange }[] = []

  constructor(random: SeededRandom) {
    this.random = random
  }

  /** Counts a changing call. @returns true when it crashes in the middle */
  begin(): boolean {
    this.alive()
    const crashes = this.crashAt !== undefined && this.operations >= this.crashAt
    this.operations++
    return crashes
  }

  alive(): void {
    if (this.#crashed) throw new SimulatedCrash()
  }

  die(): never {
    this.#crashed = true
    throw new SimulatedCrash()
  }

  get usedBytes(): number {
    let bytes = 0
    for (const inode of this.#seen.files.values()) bytes += inode.seen.size
    return bytes
  }

  #change(folder: string, change: NameChange): void {
    if (this.begin()) {
      if (this.random.chance(0.5)) this.#note(folder, change)
      this.die()
    }
    this.#note(folder, change)
  }

  #note(folder: string, change: NameChange): void {
    this.#seen.apply(change)
    this.#pending.push({ folder, change })
  }

  open(path: string, mode: 'read' | 'write' | 'create'): DiskFile {
    this.alive()
    let inode = this.#seen.files.get(path)
    if (!inode) {
      if (mode !== 'create' || !this.#seen.folders.has(folderOf(path))) throw failure('open', path, 'ENOENT')
      inode = new Inode()
      this.#change(folderOf(path), { kind: 'file', path, inode })
    }
    return new SimFile(this, inode, path)
  }

  exists(path: string): boolean {
    this.alive()
    return this.#seen.files.has(path) || this.#seen.folders.has(path)
  }

  list(folder: string): string[] {
    this.alive()
    const names = [...this.#seen.files.keys(), ...this.#seen.folders].filter(
      (path) => path !== '' && folderOf(path) === folder,
    )
    return names.map((path) => path.slice(folder === '' ? 0 : folder.length + 1)).toSorted()
  }

  makeFolder(folder: string): void {
    this.alive()
    if (this.#seen.folders.has(folder)) return
    this.makeFolder(folderOf(folder))
    this.#change(folderOf(folder), { kind: 'folder', path: folder })
  }

  rename(from: string, to: string): void {
    if (!this.#seen.files.has(from)) throw failure('rename', from, 'ENOENT')
    this.#change(folderOf(to), { kind: 'rename', from, to })
  }

  remove(path: string): void {
    this.alive()
    if (this.#seen.folders.has(path)) for (const name of this.list(path)) this.remove(`${path}/${name}`)
    if (this.exists(path)) this.#change(folderOf(path), { kind: 'remove', path })
  }

  syncFolder(folder: string): void {
    if (this.begin()) this.die()
    if (!this.#seen.folders.has(folder)) throw failure('sync', folder, 'ENOENT')
    for (const one of this.#pending) if (one.folder === folder) this.#safe.apply(one.change)
    this.#pending = this.#pending.filter((one) => one.folder !== folder)
  }

  crash(kind: 'process' | 'power'): void {
    this.#crashed = false
    this.crashAt = undefined
    this.life++
    if (kind === 'process') return
    this.#seen = this.#namesAfterPowerCut()
    this.#safe = this.#seen.copy()
    this.#pending = []
    const style = this.random.pick(['none', 'all', 'sectors', 'sectors', 'prefix'] as const)
    for (const inode of new Set(this.#seen.files.values())) {
      const content = inode.safe.copy()
      const kept = style === 'prefix' ? this.random.below(inode.pending.length + 1) : inode.pending.length
      if (style !== 'none')
        for (const change of inode.pending.slice(0, kept)) this.#keep(content, change, style === 'sectors')
      inode.safe = content
      inode.seen = content.copy()
      inode.pending = []
    }
  }

  /** In each folder some first changes of names lasted. */
  #namesAfterPowerCut(): Names {
    const names = this.#safe.copy()
    const cut = new Map<string, boolean>()
    for (const { folder, change } of this.#pending) {
      if (!cut.get(folder) && this.random.chance(0.3)) cut.set(folder, true)
      if (!cut.get(folder)) names.apply(change)
    }
    names.prune()
    return names
  }

  #keep(content: Content, change: Change, torn: boolean): void {
    if (!torn) return content.apply(change)
    if (change.kind === 'truncate') {
      if (this.random.chance(0.5)) content.apply(change)
      return
    }
    const { position, bytes } = change
    for (let at = 0; at < bytes.length;) {
      const size = Math.min(bytes.length - at, sectorBytes - ((position + at) % sectorBytes))
      if (this.random.chance(0.6))
        content.apply({ kind: 'write', position: position + at, bytes: bytes.subarray(at, at + size) })
      at += size
    }
  }

  flipBit(path: string, position: number, bit = 0): void {
    const inode = this.#seen.files.get(path)
    if (!inode) throw failure('open', path, 'ENOENT')
    for (const content of [inode.seen, inode.safe]) content.bytes[position]! ^= 1 << bit
  }
}

class SimFile implements DiskFile {
  readonly #disk: SimDisk
  readonly #inode: Inode
  readonly #path: string
  readonly #life: number
  #closed = false

  constructor(disk: SimDisk, inode: Inode, path: string) {
    this.#disk = disk
    this.#inode = inode
    this.#path = path
    this.#life = disk.life
  }

  #check(): void {
    this.#disk.alive()
    if (this.#closed || this.#life !== this.#disk.life) throw failure('use', this.#path, 'EBADF')
  }

  size(): number {
    this.#check()
    return this.#inode.seen.size
  }

  read(into: Uint8Array, position: number): number {
    this.#check()
    if (this.#path === this.#disk.unreadable) throw failure('read', this.#path, 'EIO')
    const { bytes, size } = this.#inode.seen
    const count = Math.max(0, Math.min(into.length, size - position))
    into.set(bytes.subarray(position, position + count))
    return count
  }

  write(bytes: Uint8Array, position: number): void {
    this.#check()
    const disk = this.#disk
    if (disk.begin()) {
      this.#note(bytes.subarray(0, disk.random.below(bytes.length + 1)), position)
      disk.die()
    }
    const grows = Math.max(0, position + bytes.length - this.#inode.seen.size)
    if (grows > 0 && disk.usedBytes + grows > disk.capacityBytes) {
      const fits = Math.max(0, disk.capacityBytes - disk.usedBytes)
      this.#note(bytes.subarray(0, Math.max(0, bytes.length - grows + Math.min(fits, grows))), position)
      throw new MillraceError('MR-BASE-002', { details: { path: this.#path } })
    }
    this.#note(bytes, position)
  }

  #note(bytes: Uint8Array, position: number): void {
    // Not bytes.slice(), which for a Buffer is no copy.
    if (bytes.length > 0) this.#apply({ kind: 'write', position, bytes: new Uint8Array(bytes) })
  }

  #apply(change: Change): void {
    this.#inode.seen.apply(change)
    this.#inode.pending.push(change)
  }

  sync(): void {
    this.#check()
    const disk = this.#disk
    if (disk.begin()) disk.die()
    const inode = this.#inode
    if (disk.syncFailure > 0 && disk.random.chance(disk.syncFailure)) {
      inode.pending = []
      throw failure('sync', this.#path, 'EIO')
    }
    for (const change of inode.pending) inode.safe.apply(change)
    inode.pending = []
  }

  truncate(size: number): void {
    this.#check()
    if (this.#disk.begin()) this.#disk.die()
    this.#apply({ kind: 'truncate', size })
  }

  close(): void {
    if (this.#life === this.#disk.life) this.#closed = true
  }
}

function failure(action: string, path: string, reason: string): MillraceError {
  return new MillraceError('MR-BASE-003', { details: { action, path, reason } })
}
