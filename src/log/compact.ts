// One round of compaction of a partition, in small pieces: first the last offset of each key in the part that was never
// cleaned, then its segments anew, from the oldest on, small neighbours as one file. Nothing of the state changes here.
// Invariant: segments are written in order, so whoever finds a later one in its new form finds the older ones too.
import { assert, BytesError, type Disk, type DiskFile } from '../base/index.ts'
import {
  checkRecordBatchCrc,
  readRecordBatchHeader,
  recordBatchOverhead,
  recordKey,
  type RecordBatchHeader,
} from '../model/index.ts'
import { AbortedLookup, keyText, readableRecords, type BatchJudge } from './compact-batch.ts'
import { segmentHeader, segmentStart, walkBatches } from './segments.ts'
import { pathOf, type Partition, type Segment } from './state.ts'

/** Work of which each step is a bounded piece. */
export type Steps<T> = Generator<undefined, T, void>

/**
 * Calls for each batch of a segment, with its whole bytes, until visit says false. Throws BytesError when one is damaged.
 * A step is about `stepBytes`. @returns where it ended: at `end`, or at the batch that visit said false to
 */
function* eachBatch(
  file: DiskFile,
  range: { segment?: Segment; start?: number; end: number; stepBytes: number },
  visit: (bytes: Uint8Array, header: RecordBatchHeader) => boolean,
): Steps<number> {
  const { segment, end, stepBytes } = range
  // Offsets are in no checksum: where nothing was compacted before, each one is there.
  const isWhole = segment?.generation === 0 && range.start === undefined
  let expected = isWhole ? segment.baseOffset : -1
  for (let start = range.start ?? segmentStart; start < end;) {
    const stepEnd = start + stepBytes
    let isStopped = false
    const reached = walkBatches(file, { start, end }, (position, size) => {
      if (position >= stepEnd) return false
      const bytes = new Uint8Array(size)
      file.read(bytes, position)
      const header = readRecordBatchHeader(bytes)
      if (!checkRecordBatchCrc(bytes, header)) throw new BytesError('the checksum of a batch is wrong', position)
      const { baseOffset, lastOffsetDelta } = header
      if (expected >= 0 && baseOffset !== expected)
        throw new BytesError(`offset ${expected} should follow, ${baseOffset} does`, position)
      if (expected >= 0) expected = baseOffset + lastOffsetDelta + 1
      isStopped = !visit(bytes, header)
      return !isStopped
    })
    if (isStopped) return reached
    if (reached < end && reached < stepEnd) throw new BytesError('there is no batch', reached)
    start = reached
    yield
  }
  return end
}

/**
 * The last offset of each key in [from, to), and where looking ended: at `to`, or before the batch with which there would
 * be more than `keysMax` keys. O(records). Throws BytesError when a batch is damaged.
 */
export function* latestOffsets(
  disk: Disk,
  partition: Partition,
  options: { from: number; to: number; keysMax: number; stepBytes: number },
): Steps<{ latest: Map<string, number>; end: number }> {
  const { from, to, keysMax, stepBytes } = options
  const latest = new Map<string, number>()
  const aborted = new AbortedLookup(partition.aborted)
  let end = to
  for (const [i, segment] of partition.segments.entries()) {
    if (segment.baseOffset >= to) break
    if ((partition.segments[i + 1]?.baseOffset ?? Infinity) <= from) continue
    const file = disk.open(pathOf(partition, segment), 'read')
    try {
      const reached = yield* eachBatch(file, { segment, end: segment.size, stepBytes }, (bytes, header) => {
        const { baseOffset, lastOffsetDelta, control, count } = header
        if (baseOffset + lastOffsetDelta < from || control || count === 0 || aborted.has(header)) return true
        const columns = readableRecords(bytes)
        if (!columns) return true
        if (latest.size > 0 && latest.size + count > keysMax) {
          end = baseOffset
          return false
        }
        for (let r = 0; r < count; r++) {
          const key = recordKey(columns, r)
          if (key) latest.set(keyText(key), columns.offsets[r]!)
        }
        return true
      })
      if (reached < segment.size) break
    } finally {
      file.close()
    }
  }
  return { latest, end }
}

/** Neighbours that fit one file, those before `end`. A segment of its own may be larger. */
export function groupSegments(segments: readonly Segment[], end: number, bytesMax: number): Segment[][] {
  const groups: Segment[][] = []
  let bytes = Infinity
  for (const segment of segments) {
    if (segment.baseOffset >= end) break
    const size = segment.size - segmentStart
    if (bytes + size > bytesMax) {
      groups.push([segment])
      bytes = size
    } else {
      groups.at(-1)!.push(segment)
      bytes += size
    }
  }
  return groups
}

/** Bytes after which what was written is synced, so that no sync takes long. */
const syncBytes = 4 << 20

/** Writes a file under another name until it is whole: readers take the newest generation they see. */
class Output {
  readonly path: string
  readonly #disk: Disk
  readonly #file: DiskFile
  #parts: Uint8Array[] = []
  #partBytes = 0
  #unsynced = 0
  size = segmentStart
  maxTimestampMs = -1

  constructor(disk: Disk, path: string, header: Uint8Array) {
    assert(header.length === segmentStart, 'batches begin behind the header')
    this.#disk = disk
    this.path = path
    this.#file = disk.open(`${path}.new`, 'create')
    try {
      this.#file.truncate(0)
      this.#file.write(header, 0)
    } catch (error) {
      this.drop()
      throw error
    }
  }

  get pendingBytes(): number {
    return this.#partBytes
  }

  add(batch: Uint8Array): void {
    this.#parts.push(batch)
    this.#partBytes += batch.length
    this.maxTimestampMs = Math.max(this.maxTimestampMs, readRecordBatchHeader(batch).maxTimestampMs)
  }

  flush(): void {
    if (this.#partBytes === 0) return
    const bytes = new Uint8Array(this.#partBytes)
    let at = 0
    for (const part of this.#parts) {
      bytes.set(part, at)
      at += part.length
    }
    this.#file.write(bytes, this.size)
    this.size += at
    this.#unsynced += at
    this.#parts = []
    this.#partBytes = 0
    if (this.#unsynced < syncBytes) return
    this.#file.sync()
    this.#unsynced = 0
  }

  finish(): void {
    this.flush()
    this.#file.sync()
    this.#file.close()
    this.#disk.rename(`${this.path}.new`, this.path)
  }

  /** What was written is no longer wanted. */
  drop(): void {
    this.#file.close()
    this.#disk.remove(`${this.path}.new`)
  }
}

/**
 * Writes a group's next generation, synced, under its own name.
 * @returns it, or undefined when it would be as it is. Throws BytesError for damage, MR-BASE-002 when the disk is full
 */
export function* compactGroup(
  disk: Disk,
  options: { partition: Partition; group: readonly Segment[]; judge: BatchJudge; stepBytes: number },
): Steps<Segment | undefined> {
  const { partition, group, judge, stepBytes } = options
  const first = group[0]!
  const next: Segment = {
    ...first,
    generation: Math.max(...group.map(({ generation }) => generation)) + 1,
    created: true,
    firstMs: Math.min(...group.map(({ firstMs }) => firstMs)),
  }
  const path = pathOf(partition, next)
  const begin = (): Output => new Output(disk, path, segmentHeader(partition, next))
  let out = group.length > 1 ? begin() : undefined
  try {
    for (const segment of group) {
      const file = disk.open(pathOf(partition, segment), 'read')
      try {
        let start = segmentStart
        let changed: Uint8Array | undefined
        // Of a segment by itself nothing is written before something changes.
        if (!out) {
          start = yield* eachBatch(file, { segment, end: segment.size, stepBytes }, (bytes) => {
            const kept = judge.judge(bytes)
            changed = kept
            return kept === bytes
          })
          if (start === segment.size) return undefined
          out = begin()
          yield* copyInto(out, file, start, stepBytes)
          if (changed) out.add(changed)
          start += batchSizeAt(file, start)
        }
        const into = out
        const steps = eachBatch(file, { segment, start, end: segment.size, stepBytes }, (bytes) => {
          const kept = judge.judge(bytes)
          if (kept) into.add(kept)
          return true
        })
        while (!steps.next().done) {
          into.flush()
          yield
        }
      } finally {
        file.close()
      }
    }
    assert(out !== undefined, 'a group has segments')
    out.finish()
    next.size = out.size
    next.maxTimestampMs = out.maxTimestampMs
    out = undefined
    return next
  } finally {
    out?.drop()
  }
}

/** What lies before the first change. */
function* copyInto(out: Output, file: DiskFile, end: number, stepBytes: number): Steps<void> {
  yield* eachBatch(file, { end, stepBytes }, (bytes) => {
    out.add(bytes)
    if (out.pendingBytes >= stepBytes) out.flush()
    return true
  })
  out.flush()
}

function batchSizeAt(file: DiskFile, position: number): number {
  const head = new Uint8Array(recordBatchOverhead)
  file.read(head, position)
  return readRecordBatchHeader(head).size
}
