// A disk in memory, for runs that must leave nothing: the folder's tests, unit tests. Everything counts as synced at once; the
// simulation has a disk of its own that loses and tears what was not.
import { MillraceError } from './errors.ts'
import type { Disk, DiskFile } from './ports.ts'

interface Content {
  bytes: Uint8Array
  size: number
}

export function createMemoryDisk(): Disk {
  const files = new Map<string, Content>()
  const folders = new Set<string>([''])
  const missing = (action: string, path: string): MillraceError =>
    new MillraceError('MR-BASE-003', { details: { action, path, reason: 'ENOENT' } })
  return {
    open(path, mode) {
      let content = files.get(path)
      if (!content) {
        if (mode !== 'create') throw missing('open', path)
        files.set(path, (content = { bytes: new Uint8Array(64), size: 0 }))
      }
      return openContent(content)
    },
    exists: (path) => files.has(path) || folders.has(path),
    list(folder) {
      const prefix = folder === '' ? '' : `${folder}/`
      const names = new Set<string>()
      for (const path of [...files.keys(), ...folders]) {
        if (path.startsWith(prefix) && path.length > prefix.length) names.add(path.slice(prefix.length).split('/')[0]!)
      }
      return [...names].sort()
    },
    makeFolder(folder) {
      let at = ''
      for (const part of folder.split('/')) folders.add((at = at === '' ? part : `${at}/${part}`))
    },
    rename(from, to) {
      if (!files.has(from) && !folders.has(from)) throw missing('rename', from)
      for (const [path, content] of Array.from(files)) {
        if (path !== from && !path.startsWith(`${from}/`)) continue
        files.delete(path)
        files.set(to + path.slice(from.length), content)
      }
      for (const folder of Array.from(folders)) {
        if (folder !== from && !folder.startsWith(`${from}/`)) continue
        folders.delete(folder)
        folders.add(to + folder.slice(from.length))
      }
    },
    remove(path) {
      for (const each of files.keys()) if (each === path || each.startsWith(`${path}/`)) files.delete(each)
      for (const each of folders)
        if (each !== '' && (each === path || each.startsWith(`${path}/`))) folders.delete(each)
    },
    syncFolder() {},
  }
}

function openContent(content: Content): DiskFile {
  return {
    size: () => content.size,
    read(into, position) {
      const n = Math.max(0, Math.min(into.length, content.size - position))
      into.set(content.bytes.subarray(position, position + n))
      return n
    },
    write(bytes, position) {
      const end = position + bytes.length
      if (end > content.bytes.length) {
        const grown = new Uint8Array(Math.max(end, content.bytes.length * 2))
        grown.set(content.bytes.subarray(0, content.size))
        content.bytes = grown
      }
      content.bytes.set(bytes, position)
      content.size = Math.max(content.size, end)
    },
    sync() {},
    truncate(size) {
      if (size < content.size) content.bytes.fill(0, size, content.size)
      else if (size > content.bytes.length) {
        const grown = new Uint8Array(size)
        grown.set(content.bytes.subarray(0, content.size))
        content.bytes = grown
      }
      content.size = size
    },
    close() {},
  }
}
