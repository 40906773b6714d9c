// What a full disk needs: a file that is nothing but room, given up when there is not a byte left. Files of deleted topics go
// with the next checkpoint only, which itself needs some KB: without them nothing that is deleted would ever free the disk.
// Best effort: never synced, never read. Whoever needs its room takes it at once, as others may come first.
import { MillraceError, type Disk } from '../base/index.ts'

const path = 'log/reserve'
const bytesMin = 256 * 1024

/** True for 'no room': what was staged is undone and may be asked for again. Only for writes: a failed sync is final. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof MillraceError && error.code === 'MR-BASE-002'
}

/** Lays it down again, as far as there is room now. @param bytes that a checkpoint needs */
export function keepReserve(disk: Disk, bytes: number): void {
  const wanted = Math.max(bytesMin, 2 * bytes)
  try {
    const file = disk.open(path, 'create')
    try {
      // Not zeros, which some file systems do not store.
      if (file.size() < wanted) file.write(new Uint8Array(wanted).fill(0x4d), 0)
    } finally {
      file.close()
    }
  } catch (error) {
    if (!isDiskFull(error)) throw error
    freeReserve(disk)
  }
}

/** @returns false when there was none */
export function freeReserve(disk: Disk): boolean {
  if (!disk.exists(path)) return false
  disk.remove(path)
  return true
}

/** Runs what writes, once more with the reserve's room when there is none else. Throws MR-BASE-002 when that does not do. */
export function withReserve(disk: Disk, write: () => void): void {
  try {
    write()
  } catch (error) {
    if (!isDiskFull(error) || !freeReserve(disk)) throw error
    write()
  }
}
