// Finds what is still good in a damaged segment: batches with the right checksum whose offsets follow, and where the bytes
// between them begin. Behind a damaged place it goes on at the length that the place itself states, when a good batch
// begins there, else at the next byte where one does.
import { BytesError } from '../base/index.ts'
import { checkRecordBatchCrc, readRecordBatchHeader, recordBatchAt, recordBatchOverhead } from '../model/index.ts'
import { segmentStart } from './segments.ts'

export interface GoodBatch {
  readonly position: number
  readonly size: number
  readonly baseOffset: number
  readonly nextOffset: number
  readonly maxTimestampMs: number
}

export interface BadPlace {
  readonly position: number
  /** The first offset that is missing there. */
  readonly offset: number
  /** Where good batches go on; undefined when none follows in this file. */
  readonly nextOffset: number | undefined
}

export interface ScannedSegment {
  readonly batches: readonly GoodBatch[]
  readonly bad: readonly BadPlace[]
}

/** What a batch's offsets must be: at least `from`, and its end at most `to`. */
interface OffsetRange {
  readonly from: number
  readonly to: number
}

/** O(bytes). @param bytes the whole file, header included @param range of the segment's offsets */
export function scanSegment(bytes: Uint8Array, range: OffsetRange): ScannedSegment {
  const batches: GoodBatch[] = []
  const bad: BadPlace[] = []
  let expected = range.from
  for (let at = segmentStart; at < bytes.length;) {
    const good = goodBatchAt(bytes, at, { from: expected, to: range.to })
    if (good) {
      batches.push(good)
      expected = good.nextOffset
      at += good.size
      continue
    }
    const next = findNext(bytes, at, { from: expected, to: range.to })
    bad.push({ position: at, offset: expected, nextOffset: next?.baseOffset })
    if (!next) break
    at = next.position
  }
  return { batches, bad }
}

function findNext(bytes: Uint8Array, at: number, range: OffsetRange): GoodBatch | undefined {
  // First where the damaged batch says that it ends: its own records may hold bytes that look like a batch.
  const stated = at + recordBatchOverhead <= bytes.length ? sizeAt(bytes, at) : 0
  if (stated >= recordBatchOverhead) {
    const good = goodBatchAt(bytes, at + stated, range)
    if (good) return good
  }
  const last = bytes.length - recordBatchOverhead
  for (let position = at + 1; position <= last; position++) {
    if (bytes[position] !== 0 || bytes[position + recordBatchAt.magic] !== 2) continue
    const good = goodBatchAt(bytes, position, range)
    if (good) return good
  }
  return undefined
}

const sizeAt = (bytes: Uint8Array, at: number): number =>
  new DataView(bytes.buffer, bytes.byteOffset + at, recordBatchOverhead).getInt32(recordBatchAt.length) + 12

function goodBatchAt(bytes: Uint8Array, position: number, { from, to }: OffsetRange): GoodBatch | undefined {
  if (position + recordBatchOverhead > bytes.length) return undefined
  const size = sizeAt(bytes, position)
  if (size < recordBatchOverhead || position + size > bytes.length) return undefined
  try {
    const header = readRecordBatchHeader(bytes, position)
    const { baseOffset, lastOffsetDelta, maxTimestampMs } = header
    const nextOffset = baseOffset + lastOffsetDelta + 1
    if (baseOffset < from || nextOffset > to || !checkRecordBatchCrc(bytes, header, position)) return undefined
    return { position, size, baseOffset, nextOffset, maxTimestampMs }
  } catch (error) {
    // A base offset that no number holds is no base offset either.
    if (error instanceof BytesError || error instanceof RangeError) return undefined
    throw error
  }
}
