// Which aborted transactions a committed reader is told of with the records that it gets. A client leaves out all of a producer
// from an aborted transaction's begin up to its marker, so one is told only where that marker comes: compaction takes the records
// of an aborted transaction, then its marker, and what the producer committed behind that must not be left out.
import { readRecordBatchHeader } from '../../model/index.ts'

export interface Aborted {
  readonly producerId: number
  readonly firstOffset: number
  /** Of its marker. */
  readonly lastOffset: number
}

/** @returns the offset behind the last of these whole batches; `from` when there are none. O(batches) */
export function endOfBatches(records: Uint8Array, from: number): number {
  let next = from
  for (let at = 0; at < records.length;) {
    const { baseOffset, lastOffsetDelta, size } = readRecordBatchHeader(records, at)
    next = baseOffset + lastOffsetDelta + 1
    at += size
  }
  return next
}

/** Those of which something lies in these whole batches: a marker goes after all that it ends. O(batches + aborted of their producers) */
export function abortedAmong<T extends Aborted>(aborted: readonly T[], records: Uint8Array): T[] {
  if (aborted.length === 0) return []
  const byProducer = Map.groupBy(aborted, ({ producerId }) => producerId)
  const found = new Set<T>()
  for (let at = 0; at < records.length;) {
    const { baseOffset, size, transactional, count, producerId } = readRecordBatchHeader(records, at)
    at += size
    // One that was emptied says only who wrote it.
    if (!transactional || count === 0) continue
    for (const one of byProducer.get(Number(producerId)) ?? [])
      if (one.firstOffset <= baseOffset && baseOffset <= one.lastOffset) found.add(one)
  }
  return aborted.filter((one) => found.has(one))
}
