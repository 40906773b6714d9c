// The lock of a data folder, and its format.json. The lock is a transaction of SQLite on a file: the kernel frees it when
// the process dies, however it dies, so there is no stale lock to remove.
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import {
  decodeText,
  encodeText,
  MillraceError,
  openNodeDisk,
  readWholeFile,
  replaceFile,
  type Disk,
} from '../base/index.ts'
import { formatVersion, oldestFormatVersion } from './file-header.ts'
import { withReserve } from './full-disk.ts'

export interface DataFolderLock {
  readonly path: string
  /** Safe to call twice. */
  release(): void
}

const formatPath = 'format.json'
const pidPath = 'lock.pid'

/** Else the garbage collector would close a database that nobody names any more, and so free the folder. */
const held = new Set<DatabaseSync>()

/**
 * Takes a data folder for this process, makes it when missing, and checks that this program reads its format. Blocks
 * for a few milliseconds.
 * Throws MR-BASE-005 (in use, with the pid), MR-BASE-006 (newer), MR-BASE-007 (no longer read), MR-BASE-003.
 * @param path absolute
 */
export function lockDataFolder(path: string): DataFolderLock {
  const disk = openNodeDisk(path)
  // Before the lock as well: a newer program's folder is not even touched.
  checkFormat(disk, path)
  const database = takeLock(disk, path)
  try {
    checkFormat(disk, path)
    // An older folder is written in the newer format from now on, which an older program must not open.
    const found = readWholeFile(disk, formatPath)
    if (!found || parseFormat(found)!.formatVersion < formatVersion) {
      const format = { magic: 'millrace-data', formatVersion, minimumReaderVersion: formatVersion }
      replaceFile(disk, formatPath, encodeText(`${JSON.stringify(format)}\n`))
    }
    withReserve(disk, () => replaceFile(disk, pidPath, encodeText(`${process.pid}\n`)))
  } catch (error) {
    database.close()
    throw error
  }
  held.add(database)
  return {
    path,
    release() {
      if (!held.delete(database)) return
      disk.remove(pidPath)
      database.close()
    },
  }
}

function takeLock(disk: Disk, path: string): DatabaseSync {
  const database = new DatabaseSync(join(path, 'lock'))
  try {
    database.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    return database
  } catch (cause) {
    database.close()
    if ((cause as { errcode?: number }).errcode !== 5) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new MillraceError('MR-BASE-003', { details: { action: 'lock', path: join(path, 'lock'), reason }, cause })
    }
    const pid = readWholeFile(disk, pidPath)
    throw new MillraceError('MR-BASE-005', { details: { path, pid: pid ? decodeText(pid).trim() : 'unknown' }, cause })
  }
}

function checkFormat(disk: Disk, path: string): void {
  const bytes = readWholeFile(disk, formatPath)
  if (!bytes) return
  const format = parseFormat(bytes)
  if (!format) throw new MillraceError('MR-BASE-007', { details: { path, found: `${formatPath} is not one of ours` } })
  if (format.formatVersion < oldestFormatVersion)
    throw new MillraceError('MR-BASE-007', { details: { path, found: `format ${format.formatVersion}` } })
  if (format.minimumReaderVersion > formatVersion) {
    const details = { path, found: `format ${format.formatVersion}`, known: `format ${formatVersion}` }
    throw new MillraceError('MR-BASE-006', { details })
  }
}

function parseFormat(bytes: Uint8Array): { formatVersion: number; minimumReaderVersion: number } | undefined {
  try {
    const format = JSON.parse(decodeText(bytes)) as Record<string, unknown>
    const { magic, formatVersion: version, minimumReaderVersion: minimum } = format
    if (magic !== 'millrace-data' || typeof version !== 'number' || typeof minimum !== 'number') return undefined
    return { formatVersion: version, minimumReaderVersion: minimum }
  } catch {
    return undefined
  }
}
