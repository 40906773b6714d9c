// What committed readers get in place of what they must not see: a control batch without records, which every reader goes
// over, since markers are such batches too, and which still says how many offsets it took. Stored and sent to clients only where
// repair put one for records that are lost.
import { assert, concatBytes, crc32c } from '../base/index.ts'
import { placeRecordBatch, readRecordBatchHeader, recordBatchAt, recordBatchOverhead } from '../model/index.ts'
import { abortedBetween } from './aborted.ts'
import { isAborted, type AbortedTransaction } from './transactions.ts'

const controlBits = 32
const lastOffsetDeltaMax = 2 ** 31 - 1

/** One batch for the offsets from `offset` up to `end`, or as many of them as one batch can count. */
export function gapBatch(offset: number, end: number): Uint8Array {
  assert(offset < end, 'a gap has offsets')
  const batch = new Uint8Array(recordBatchOverhead)
  const view = new DataView(batch.buffer)
  placeRecordBatch(batch, offset, 0)
  view.setInt32(recordBatchAt.length, recordBatchOverhead - 12)
  view.setInt8(recordBatchAt.magic, 2)
  view.setInt16(recordBatchAt.attributes, controlBits)
  view.setInt32(recordBatchAt.lastOffsetDelta, Math.min(end - offset - 1, lastOffsetDeltaMax))
  view.setBigInt64(recordBatchAt.baseTimestamp, -1n)
  view.setBigInt64(recordBatchAt.maxTimestamp, -1n)
  view.setBigInt64(recordBatchAt.producerId, -1n)
  view.setInt16(recordBatchAt.producerEpoch, -1)
  view.setInt32(recordBatchAt.baseSequence, -1)
  view.setUint32(recordBatchAt.crc, crc32c(batch.subarray(recordBatchAt.attributes)))
  return batch
}

function endOf(bytes: Uint8Array): number {
  let end = 0
  for (let at = 0; at < bytes.length;) {
    const { baseOffset, lastOffsetDelta, size } = readRecordBatchHeader(bytes, at)
    end = baseOffset + lastOffsetDelta + 1
    at += size
  }
  return end
}

/**
 * Whole batches with each run of aborted ones replaced by a gap. Returns `bytes` itself when there is none; O(batches) then
 * only where the partition has aborted transactions.
 */
export function withoutAborted(bytes: Uint8Array, aborted: readonly AbortedTransaction[]): Uint8Array {
  if (aborted.length === 0) return bytes
  const first = readRecordBatchHeader(bytes).baseOffset
  const relevant = abortedBetween(aborted, first, endOf(bytes))
  if (relevant.length === 0) return bytes
  const parts: Uint8Array[] = []
  let keptFrom = 0
  let gapFrom = -1
  let next = first
  const endGap = (): void => {
    if (gapFrom >= 0) parts.push(gapBatch(gapFrom, next))
    gapFrom = -1
  }
  for (let at = 0; at < bytes.length;) {
    const header = readRecordBatchHeader(bytes, at)
    if (isAborted(relevant, header)) {
      if (gapFrom < 0) {
        if (at > keptFrom) parts.push(bytes.subarray(keptFrom, at))
        gapFrom = header.baseOffset
      }
      keptFrom = at + header.size
    } else endGap()
    next = header.baseOffset + header.lastOffsetDelta + 1
    at += header.size
  }
  if (parts.length === 0 && gapFrom < 0) return bytes
  endGap()
  if (keptFrom < bytes.length) parts.push(bytes.subarray(keptFrom))
  return concatBytes(parts)
}
