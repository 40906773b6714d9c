// The face of state, used by all operators: keyed slots in memory, immutable segments on disk.
export { Erasure, ErasedRows } from './erasure.ts'
export { Chains } from './chains.ts'
export { BytesHeap, compareWords, extended, KeyTable } from './key-table.ts'
export { stateSealOf } from './sealed-file.ts'
export type { StateSeal } from './sealed-file.ts'
export {
  decodeSegment,
  encodeSegment,
  mergeSegments,
  readEntries,
  segmentFormatVersion,
  SectionBuilder,
} from './segment-file.ts'
export type { Segment, SegmentSection } from './segment-file.ts'
export { StateSlot } from './slot.ts'
export type { EntryCodec, Steps } from './slot.ts'
export { allKeyGroups, StateStore } from './store.ts'
export type { KeyGroupRange } from './store.ts'
export { TimeHeap } from './time-heap.ts'
