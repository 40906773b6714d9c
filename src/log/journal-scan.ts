// Reading journals after a start: which frames are there, which are damaged, and where the torn tail begins.
// Rule: a frame whose sequence is at or below the highest synced sequence that any frame or later file records was
// acknowledged, so damage there is corruption; above it, it is a torn tail and is cut, with everything behind it.
import { crc32c, type Disk, type DiskFile } from '../base/index.ts'
import { decodeFileHeader, fileHeaderBytes } from './file-header.ts'
import {
  alignPage,
  decodeEntries,
  frameHeaderBytes,
  pageBytes,
  readFrameHeader,
  type AppendEntry,
  type Entry,
  type FrameHeader,
} from './journal-frame.ts'
import { framesAt, journalFolder } from './journal.ts'

export interface JournalFile {
  readonly path: string
  readonly number: number
  readonly salt: bigint
  readonly firstSequence: number
  /** Frames of the files before it up to this one were synced when it was begun. */
  readonly syncedSequence: number
}

/** A frame in order of sequence. Without entries nobody can tell what it changed. */
export interface ScannedFrame {
  readonly sequence: number
  readonly path: string
  readonly position: number
  /** Where the next frame begins; -1 of a lost one. */
  readonly end: number
  entries: readonly Entry[] | undefined
  /** False when its header or meta is damaged (the entries then come from the frame behind it). */
  intact: boolean
}

export interface Scan {
  readonly frames: readonly ScannedFrame[]
  readonly syncedSequence: number
}

/** All journal files with a readable header, by number. Throws MR-BASE-006 for a newer format. */
export function listJournals(disk: Disk): { files: JournalFile[]; paths: string[] } {
  const files: JournalFile[] = []
  const paths = disk
    .list(journalFolder)
    .filter((name) => name.endsWith('.journal'))
    .map((name) => `${journalFolder}/${name}`)
  for (const path of paths) {
    const file = disk.open(path, 'read')
    try {
      const copies = [0, pageBytes].map((at) => readHeader(file, path, at)).filter((one) => one !== undefined)
      // Half rewritten for its next use: the newer header counts, and it has no frames yet.
      const newest = copies.toSorted((a, b) => b.number - a.number)[0]
      if (newest) files.push(newest)
    } finally {
      file.close()
    }
  }
  files.sort((a, b) => a.number - b.number)
  return { files, paths }
}

function readHeader(file: DiskFile, path: string, at: number): JournalFile | undefined {
  const bytes = new Uint8Array(fileHeaderBytes)
  if (file.read(bytes, at) < bytes.length) return undefined
  const fields = decodeFileHeader(bytes, 'MRJN', path)
  if (!fields) return undefined
  const { number, salt, firstSequence, syncedSequence } = fields
  return {
    path,
    number: Number(number),
    salt: BigInt(`0x${salt}`),
    firstSequence: Number(firstSequence),
    syncedSequence: Number(syncedSequence),
  }
}

/**
 * Scans files that follow one another.
 * @param nextSequence the first frame that the checkpoint does not hold
 */
export function scanJournals(disk: Disk, files: readonly JournalFile[], nextSequence: number): Scan {
  const frames: ScannedFrame[] = []
  let syncedSequence = nextSequence - 1
  let expected = nextSequence
  const lose = (path: string, position: number, below: number): void => {
    for (; expected < below; expected++)
      frames.push({ sequence: expected, path, position, end: -1, entries: undefined, intact: false })
  }
  files.forEach((journal, i) => {
    syncedSequence = Math.max(syncedSequence, journal.syncedSequence)
    lose(files[i - 1]?.path ?? journal.path, -1, journal.firstSequence)
    // What the next file's beginning has cut off: a torn tail, whose sequences were given anew.
    const cutAt = files[i + 1]?.firstSequence ?? Infinity
    for (const header of framesOf(disk, journal)) {
      if (header.frame.sequence < expected) continue
      if (header.frame.sequence >= cutAt) break
      lose(journal.path, header.gapAt, header.frame.sequence)
      syncedSequence = Math.max(syncedSequence, header.frame.syncedSequence)
      const last = frames.at(-1)
      if (last && !last.intact && header.previous) {
        frames[frames.length - 1] = { ...last, position: header.frame.previousPosition, entries: header.previous }
      }
      const { sequence, position } = header.frame
      frames.push({
        sequence,
        path: journal.path,
        position,
        end: position + alignPage(header.frame.length),
        entries: header.entries,
        intact: header.entries !== undefined,
      })
      expected = sequence + 1
    }
  })
  return { frames, syncedSequence }
}

interface FoundFrame {
  readonly frame: FrameHeader
  readonly entries: Entry[] | undefined
  /** Entries of the frame before, when they are whole. */
  readonly previous: Entry[] | undefined
  /** Where the frame before this one should have been. */
  readonly gapAt: number
}

/** The frames with a valid header, in order; goes over damaged pages. */
function* framesOf(disk: Disk, journal: JournalFile): Generator<FoundFrame> {
  const file = disk.open(journal.path, 'read')
  try {
    const size = file.size()
    const chunk = new Uint8Array(64 * pageBytes)
    let chunkAt = -chunk.length
    let sequence = journal.firstSequence - 1
    let gapAt = framesAt
    for (let position = framesAt; position + frameHeaderBytes <= size;) {
      if (position >= chunkAt + chunk.length) {
        chunk.fill(0)
        file.read(chunk, position)
        chunkAt = position
      }
      const page = chunk.subarray(position - chunkAt, position - chunkAt + frameHeaderBytes)
      const frame = readFrameHeader(page, journal.salt, position)
      // Sequences only grow; anything else was left by a write that came to nothing.
      if (!frame || frame.sequence <= sequence) {
        position += pageBytes
        continue
      }
      const { metaAt, metaLength, metaCrc, previousMetaAt, previousMetaLength, previousMetaCrc } = frame
      yield {
        frame,
        entries: readMeta(file, position + metaAt, metaLength, metaCrc),
        previous:
          previousMetaLength === 0
            ? undefined
            : readMeta(file, position + previousMetaAt, previousMetaLength, previousMetaCrc),
        gapAt,
      }
      sequence = frame.sequence
      position += alignPage(frame.length)
      gapAt = position
    }
  } finally {
    file.close()
  }
}

function readMeta(file: DiskFile, position: number, length: number, crc: number): Entry[] | undefined {
  if (position + length > file.size()) return undefined
  const bytes = new Uint8Array(length)
  if (file.read(bytes, position) < length || crc32c(bytes) !== crc) return undefined
  return decodeEntries(bytes)
}

/**
 * Makes frames durable that were read but perhaps never synced: written again as they are, since after a failed fsync a page
 * may be only in memory and yet pass for clean.
 */
export function secureFrames(disk: Disk, frames: readonly ScannedFrame[]): void {
  for (const [path, ofFile] of Map.groupBy(frames, (frame) => frame.path)) {
    const file = disk.open(path, 'write')
    try {
      for (const { position, end } of ofFile) {
        const bytes = new Uint8Array(end - position)
        file.write(bytes.subarray(0, file.read(bytes, position)), position)
      }
      file.sync()
    } finally {
      file.close()
    }
  }
}

/** The body of an append, or undefined when its bytes are damaged. */
export function readBody(file: DiskFile, framePosition: number, entry: AppendEntry): Uint8Array | undefined {
  const bytes = new Uint8Array(entry.bodyLength)
  if (file.read(bytes, framePosition + entry.bodyAt) < bytes.length) return undefined
  return crc32c(bytes) === entry.bodyCrc ? bytes : undefined
}
