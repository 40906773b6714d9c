// A disk over another one, which it reads and never changes: what is written stays in memory, page by page. So what a repair
// would do is found out by doing it. Invariant: no call reaches the disk below but open for reading, exists and list.
import { assert, MillraceError, type Disk, type DiskFile } from '../base/index.ts'

const pageBytes = 4096

/** A file as it looks through the overlay. */
interface Content {
  /** Where its first bytes lie below; undefined of a file made here. */
  readonly below: string | undefined
  /** How many of them still count. */
  belowSize: number
  size: number
  readonly pages: Map<number, Uint8Array>
}

/** Memory: the pages that are written. Folders are not renamed through it. */
export function createOverlayDisk(disk: Disk): Disk {
  const contents = new Map<string, Content>()
  const folders = new Set<string>()
  const removed = new Set<string>()
  const isRemoved = (path: string): boolean => {
    for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) if (removed.has(at)) return true
    return false
  }
  const isBelow = (path: string): boolean => !isRemoved(path) && disk.exists(path)
  const contentOf = (path: string): Content | undefined => {
    const known = contents.get(path)
    if (known || !isBelow(path)) return known
    const file = disk.open(path, 'read')
    const size = file.size()
    file.close()
    const content: Content = { below: path, belowSize: size, size, pages: new Map() }
    contents.set(path, content)
    return content
  }
  const missing = (action: string, path: string): MillraceError =>
    new MillraceError('MR-BASE-003', { details: { action, path, reason: 'ENOENT' } })
  const drop = (path: string): void => {
    for (const each of contents.keys()) if (each === path || each.startsWith(`${path}/`)) contents.delete(each)
    for (const each of folders) if (each === path || each.startsWith(`${path}/`)) folders.delete(each)
    removed.add(path)
  }
  return {
    open(path, mode) {
      let content = contentOf(path)
      if (!content) {
        if (mode !== 'create') throw missing('open', path)
        contents.set(path, (content = { below: undefined, belowSize: 0, size: 0, pages: new Map() }))
      }
      return new OverlayFile(content, content.below === undefined ? undefined : disk.open(content.below, 'read'))
    },
    exists: (path) => contents.has(path) || folders.has(path) || isBelow(path),
    list(folder) {
      const prefix = folder === '' ? '' : `${folder}/`
      const below = isRemoved(folder) ? [] : disk.list(folder).filter((name) => !removed.has(prefix + name))
      const names = new Set(below)
      for (const path of [...contents.keys(), ...folders])
        if (path.startsWith(prefix) && path.length > prefix.length) names.add(path.slice(prefix.length).split('/')[0]!)
      return [...names].toSorted()
    },
    makeFolder(folder) {
      let at = ''
      for (const part of folder.split('/')) folders.add((at = at === '' ? part : `${at}/${part}`))
    },
    rename(from, to) {
      const content = contentOf(from)
      if (!content) throw missing('rename', from)
      drop(to)
      contents.set(to, content)
      contents.delete(from)
      removed.add(from)
    },
    remove: drop,
    syncFolder() {},
  }
}

class OverlayFile implements DiskFile {
  readonly #content: Content
  readonly #below: DiskFile | undefined

  constructor(content: Content, below: DiskFile | undefined) {
    this.#content = content
    this.#below = below
  }

  size(): number {
    return this.#content.size
  }

  read(into: Uint8Array, position: number): number {
    const { size, belowSize, pages } = this.#content
    const count = Math.max(0, Math.min(into.length, size - position))
    const bytes = into.subarray(0, count)
    const fromBelow = Math.max(0, Math.min(count, belowSize - position))
    if (fromBelow > 0) this.#readBelow(bytes.subarray(0, fromBelow), position)
    bytes.fill(0, fromBelow)
    if (pages.size === 0) return count
    for (let page = Math.floor(position / pageBytes); page * pageBytes < position + count; page++) {
      const written = pages.get(page)
      if (!written) continue
      const from = Math.max(position, page * pageBytes)
      const to = Math.min(position + count, (page + 1) * pageBytes)
      bytes.set(written.subarray(from - page * pageBytes, to - page * pageBytes), from - position)
    }
    return count
  }

  #readBelow(into: Uint8Array, position: number): void {
    assert(this.#below !== undefined, 'bytes that count below have a file there')
    for (let at = 0; at < into.length;) {
      const count = this.#below.read(into.subarray(at), position + at)
      // It shrank since: what is gone reads as zeros, which no checksum takes for data.
      if (count === 0) return void into.fill(0, at)
      at += count
    }
  }

  write(bytes: Uint8Array, position: number): void {
    const content = this.#content
    for (let at = 0; at < bytes.length;) {
      const page = Math.floor((position + at) / pageBytes)
      let written = content.pages.get(page)
      if (!written) {
        written = new Uint8Array(pageBytes)
        this.read(written, page * pageBytes)
        content.pages.set(page, written)
      }
      const from = position + at - page * pageBytes
      const count = Math.min(pageBytes - from, bytes.length - at)
      written.set(bytes.subarray(at, at + count), from)
      at += count
    }
    content.size = Math.max(content.size, position + bytes.length)
  }

  sync(): void {}

  truncate(size: number): void {
    const content = this.#content
    for (const [page, bytes] of content.pages) {
      if (page * pageBytes >= size) content.pages.delete(page)
      else if ((page + 1) * pageBytes > size) bytes.fill(0, size - page * pageBytes)
    }
    content.belowSize = Math.min(content.belowSize, size)
    content.size = size
  }

  close(): void {
    this.#below?.close()
  }
}
