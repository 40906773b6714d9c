// What a reader knows of the partitions and segments that it has looked at, and small questions about their bytes.
import type { DiskFile } from '../base/index.ts'
import { readRecordBatchHeader } from '../model/index.ts'
import type { LeaderEpochs } from './leader-epochs.ts'
import type { SegmentIndex } from './segments.ts'

export interface SegmentView {
  readonly baseOffset: number
  readonly generation: number
  readonly path: string
  file: DiskFile | undefined
  index: SegmentIndex | undefined
  /** Where the next batch begins, by its offset, for the last reads: each reader goes on where it was. */
  readonly goOn: Map<number, number>
  /** Positions between which each batch was found right: one run of them. */
  readonly checked: { from: number; to: number }
}

export interface PartitionView {
  readonly name: string
  readonly id: string
  readonly partition: number
  readonly slot: number
  epochs: LeaderEpochs
  segmentsVersion: number
  segments: SegmentView[]
}

/** Compaction leaves batches without records. Clients that are given nothing else do not go on. O(1) where the first has some. */
export function hasRecords(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length;) {
    const { count, size } = readRecordBatchHeader(bytes, at)
    if (count > 0) return true
    at += size
  }
  return false
}

/** The run grows at its ends; what lies apart from it is not kept. */
export function noteChecked(checked: { from: number; to: number }, from: number, to: number): void {
  if (checked.to === 0) {
    checked.from = from
    checked.to = to
  } else if (from <= checked.to && to >= checked.from) {
    checked.from = Math.min(checked.from, from)
    checked.to = Math.max(checked.to, to)
  }
}

/** The offset behind the last of these whole batches, one at least. */
export function endOfBatches(bytes: Uint8Array): number {
  let next = -1
  for (let at = 0; at < bytes.length;) {
    const { baseOffset, lastOffsetDelta, size } = readRecordBatchHeader(bytes, at)
    next = baseOffset + lastOffsetDelta + 1
    at += size
  }
  return next
}
