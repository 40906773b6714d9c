// Segment files: a header of 512 bytes, then record batches as Kafka has them on the wire, base offsets placed. The
// writer's side (open files, what is not synced yet) and the walk over batches that readers, index and compaction share.
import { assert, ByteReader, ByteWriter, crc32c, readWholeFile, type Disk, type DiskFile } from '../base/index.ts'
import { recordBatchAt, recordBatchOverhead } from '../model/index.ts'
import { decodeFileHeader, encodeFileHeader, fileHeaderBytes } from './file-header.ts'
import type { LogLimits } from './limits.ts'
import { partitionFolder, pathOf, segmentsFolder, type Partition, type Segment } from './state.ts'

/** Batches begin here. */
export const segmentStart = fileHeaderBytes

/** Files that the writer has open, and which of them are not synced. */
export class SegmentFiles {
  readonly #disk: Disk
  readonly #limits: LogLimits
  /** In order of use. */
  readonly #open = new Map<string, DiskFile>()
  readonly #dirtyFiles = new Set<string>()
  readonly #dirtyFolders = new Set<string>()

  constructor(disk: Disk, limits: LogLimits) {
    this.#disk = disk
    this.#limits = limits
  }

  get hasDirty(): boolean {
    return this.#dirtyFiles.size > 0
  }
  get dirtyCount(): number {
    return this.#dirtyFiles.size
  }

  /** Writes at a position of a segment, whose file is made when missing. Not synced. @returns true when it was made */
  write(partition: Partition, segment: Segment, bytes: Uint8Array, position: number): boolean {
    const path = pathOf(partition, segment)
    const made = !segment.created
    if (made) this.#make(partition, segment, path)
    this.#file(path).write(bytes, position)
    this.#dirtyFiles.add(path)
    return made
  }

  #make(partition: Partition, segment: Segment, path: string): void {
    const folder = partitionFolder(partition.topic.id, partition.index)
    if (!this.#disk.exists(folder)) this.#disk.makeFolder(folder)
    // Also when it exists: a process that was killed may have made it without syncing its name.
    this.#dirtyFolders.add(segmentsFolder)
    const file = this.#file(path)
    this.#dirtyFiles.add(path)
    this.#dirtyFolders.add(folder)
    file.write(segmentHeader(partition, segment), 0)
    segment.created = true
  }

  /** Cuts what lies behind the segment's end: bytes of groups that were refused, or of a torn tail. */
  trim(partition: Partition, segment: Segment): void {
    const path = pathOf(partition, segment)
    const file = this.#file(path)
    if (file.size() <= segment.size) return
    file.truncate(segment.size)
    this.#dirtyFiles.add(path)
  }

  #file(path: string): DiskFile {
    let file = this.#open.get(path)
    if (file) this.#open.delete(path)
    else file = this.#disk.open(path, 'create')
    this.#open.set(path, file)
    if (this.#open.size > this.#limits.openFilesMax) {
      const [oldest, least] = this.#open.entries().next().value!
      least.close()
      this.#open.delete(oldest)
    }
    return file
  }

  /** Everything written since the last call. */
  takeDirty(): { files: string[]; folders: string[] } {
    const taken = { files: [...this.#dirtyFiles], folders: [...this.#dirtyFolders] }
    this.#dirtyFiles.clear()
    this.#dirtyFolders.clear()
    return taken
  }
  putBackDirty(taken: { files: readonly string[]; folders: readonly string[] }): void {
    for (const path of taken.files) this.#dirtyFiles.add(path)
    for (const path of taken.folders) this.#dirtyFolders.add(path)
  }

  /** Any error is final. */
  sync(path: string): void {
    this.#file(path).sync()
  }

  /** Takes back a file that was made for a group that was refused. */
  takeBack(partition: Partition, segment: Segment): void {
    const path = pathOf(partition, segment)
    this.forget(path)
    this.#disk.remove(path)
    segment.created = false
  }

  /** Closes what goes away, a file or all files of a folder: held open they would keep their room on the disk. */
  forget(path: string): void {
    for (const [open, file] of this.#open) {
      if (open !== path && !open.startsWith(`${path}/`)) continue
      file.close()
      this.#open.delete(open)
    }
    this.#dirtyFiles.delete(path)
  }

  close(): void {
    for (const file of this.#open.values()) file.close()
    this.#open.clear()
  }
}

export function segmentHeader(partition: Partition, segment: Segment): Uint8Array {
  const { topic, index } = partition
  return encodeFileHeader('MRSG', { topic: topic.name, id: topic.id, partition: index, baseOffset: segment.baseOffset })
}

/** What a walk tells of a batch, by position in the file. */
export type BatchVisit = (
  position: number,
  size: number,
  baseOffset: number,
  nextOffset: number,
  maxTimestampMs: number,
) => boolean

const walkChunkBytes = 256 << 10
/** Of this thread's walks, while none uses it. */
let walkScratch: Uint8Array | undefined

/**
 * Goes over batch headers from a batch's start on, until visit says false, or `end`. Reads in chunks.
 * @returns the position where it stopped; below `end` when visit said so or the bytes are no batch
 */
export function walkBatches(file: DiskFile, range: { start: number; end: number }, visit: BatchVisit): number {
  // A visit may walk, too.
  const scratch = walkScratch ?? new Uint8Array(walkChunkBytes)
  walkScratch = undefined
  try {
    const size = Math.min(walkChunkBytes, Math.max(recordBatchOverhead, range.end - range.start))
    return walkIn(scratch.subarray(0, size), file, range, visit)
  } finally {
    walkScratch = scratch
  }
}

function walkIn(chunk: Uint8Array, file: DiskFile, range: { start: number; end: number }, visit: BatchVisit): number {
  const view = new DataView(chunk.buffer)
  let chunkAt = 0
  let chunkLength = 0
  let position = range.start
  while (position + recordBatchOverhead <= range.end) {
    if (position < chunkAt || position + recordBatchOverhead > chunkAt + chunkLength) {
      chunkAt = position
      chunkLength = file.read(chunk, position)
      if (chunkLength < recordBatchOverhead) return position
    }
    const at = position - chunkAt
    const size = view.getInt32(at + recordBatchAt.length) + 12
    if (size < recordBatchOverhead || chunk[at + recordBatchAt.magic] !== 2 || position + size > range.end)
      return position
    const baseOffset = Number(view.getBigInt64(at))
    const nextOffset = baseOffset + view.getInt32(at + recordBatchAt.lastOffsetDelta) + 1
    const maxTimestampMs = Number(view.getBigInt64(at + recordBatchAt.maxTimestamp))
    if (!visit(position, size, baseOffset, nextOffset, maxTimestampMs)) return position
    position += size
  }
  return position
}

/**
 * A sparse index of a segment: for each entry the first batch of an interval, and the newest timestamp in it. Derived:
 * built by walking, kept beside sealed segments to save the walk.
 */
export class SegmentIndex {
  readonly positions: number[] = []
  readonly offsets: number[] = []
  /** Newest timestamp of the batches from this entry up to the next. */
  readonly maxTimestamps: number[] = []
  /** Up to where the segment was walked: position, and the offset of the next batch there (at least). */
  position = segmentStart
  offset: number
  readonly #intervalBytes: number

  constructor(baseOffset: number, intervalBytes: number) {
    this.offset = baseOffset
    this.#intervalBytes = intervalBytes
  }

  /** Notes the batch at this.position. */
  add(position: number, size: number, baseOffset: number, nextOffset: number, maxTimestampMs: number): void {
    assert(position === this.position, 'batches are noted in order')
    const last = this.positions.length - 1
    if (last < 0 || position - this.positions[last]! >= this.#intervalBytes) {
      this.positions.push(position)
      this.offsets.push(baseOffset)
      this.maxTimestamps.push(maxTimestampMs)
    } else if (maxTimestampMs > this.maxTimestamps[last]!) this.maxTimestamps[last] = maxTimestampMs
    this.position = position + size
    this.offset = nextOffset
  }

  /** The last entry at or below an offset, as an index; -1 when it lies before the first. O(log entries). */
  entryFor(offset: number): number {
    let low = 0
    let high = this.offsets.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.offsets[middle]! <= offset) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}

export const indexPathOf = (segmentPath: string): string => segmentPath.replace(/\.segment$/, '.index')

/**
 * Walks a whole sealed segment, or up to where no batch follows.
 * @param size bytes of it that count
 * @param isWhole nothing was compacted: each offset is there, and a batch that claims others is damaged
 */
export function buildIndex(
  file: DiskFile,
  options: { baseOffset: number; size: number; intervalBytes: number; isWhole: boolean },
): SegmentIndex {
  const index = new SegmentIndex(options.baseOffset, options.intervalBytes)
  walkBatches(file, { start: segmentStart, end: options.size }, (position, size, base, next, maxTimestampMs) => {
    if (options.isWhole && base !== index.offset) return false
    index.add(position, size, base, next, maxTimestampMs)
    return true
  })
  return index
}

/** Writes an index; not synced, since a missing or damaged one is built again. */
export function writeIndex(disk: Disk, path: string, index: SegmentIndex): void {
  const body = new ByteWriter(index.positions.length * 24)
  index.positions.forEach((position, i) => {
    body.int64FromNumber(position)
    body.int64FromNumber(index.offsets[i]!)
    body.int64FromNumber(index.maxTimestamps[i]!)
  })
  const { position, offset } = index
  const bytes = body.finish()
  const header = encodeFileHeader('MRIX', { count: index.positions.length, crc: crc32c(bytes), position, offset })
  const file = disk.open(path, 'create')
  try {
    file.truncate(0)
    file.write(header, 0)
    file.write(bytes, header.length)
  } finally {
    file.close()
  }
}

/** The index of a sealed segment, or undefined when there is none that fits. */
export function readIndex(
  disk: Disk,
  path: string,
  options: { baseOffset: number; size: number; intervalBytes: number },
): SegmentIndex | undefined {
  const bytes = readWholeFile(disk, path)
  if (!bytes) return undefined
  const fields = decodeFileHeader(bytes, 'MRIX', path)
  const body = bytes.subarray(fileHeaderBytes)
  if (!fields || Number(fields['position']) !== options.size || crc32c(body) !== fields['crc']) return undefined
  const index = new SegmentIndex(options.baseOffset, options.intervalBytes)
  const reader = new ByteReader(body)
  for (let count = Number(fields['count']); count > 0; count--) {
    index.positions.push(reader.int64AsNumber())
    index.offsets.push(reader.int64AsNumber())
    index.maxTimestamps.push(reader.int64AsNumber())
  }
  index.position = options.size
  index.offset = Number(fields['offset'])
  return index
}
