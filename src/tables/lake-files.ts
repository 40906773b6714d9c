// Files of the lake through the Disk port, and the way between Iceberg's absolute locations and paths relative to the lake.
// Invariant: a file is written whole and synced before anything names it; names are synced with their folder.
import { BytesError, readWholeFile, type Disk, type DiskFile } from '../base/index.ts'
import type { RandomAccess } from './parquet/index.ts'

export interface Lake {
  readonly disk: Disk
  /** 'file:///data/lake', without a slash at the end. */
  readonly uri: string
}

/** The location that other programs see. @param path relative to the lake */
export function locationOf(lake: Lake, path: string): string {
  return `${lake.uri}/${path}`
}

/** The path below the lake of a location; undefined when it lies elsewhere. 'file:/x', 'file:///x' and '/x' are the same. */
export function pathOf(lake: Lake, location: string): string | undefined {
  const root = plainPath(lake.uri)
  const plain = plainPath(location)
  if (!plain.startsWith(`${root}/`)) return undefined
  const path = plain.slice(root.length + 1)
  return path.split('/').some((part) => part === '..' || part === '.' || part === '') ? undefined : path
}

function plainPath(location: string): string {
  return location.replace(/^file:\/*/, '/').replace(/\/+$/, '')
}

/** Writes a new file and syncs it; its name is durable after syncFolder. */
export function writeNewFile(disk: Disk, path: string, bytes: Uint8Array): void {
  const file = disk.open(path, 'create')
  try {
    file.truncate(0)
    file.write(bytes, 0)
    file.sync()
  } finally {
    file.close()
  }
}

/** The reason in errors about a file that is not there; the REST protocol tells it from a damaged one. */
export const missingFile = 'the file is missing'

class MissingFile extends BytesError {
  constructor() {
    super(missingFile, 0)
    this.message = missingFile
  }
}

/** Whole content. @throws BytesError when it is missing */
export function readLakeFile(disk: Disk, path: string): Uint8Array {
  const bytes = readWholeFile(disk, path)
  if (!bytes) throw new MissingFile()
  return bytes
}

/** Runs with random access to a file, which is closed after. @throws BytesError when it is missing or ends early */
export function withFile<T>(disk: Disk, path: string, run: (file: RandomAccess) => T): T {
  if (!disk.exists(path)) throw new MissingFile()
  const file = disk.open(path, 'read')
  try {
    const size = file.size()
    return run({ size, read: (position, length) => readExactly(file, position, length, size) })
  } finally {
    file.close()
  }
}

function readExactly(file: DiskFile, position: number, length: number, size: number): Uint8Array {
  if (position < 0 || length < 0 || position + length > size)
    throw new BytesError(`${length} bytes wanted of ${size}`, position)
  const bytes = new Uint8Array(length)
  let at = 0
  while (at < length) {
    const n = file.read(bytes.subarray(at), position + at)
    if (n === 0) throw new BytesError('the file ends early', position + at)
    at += n
  }
  return bytes
}
