// The face of state, used by all operators: keyed slots in memory, immutable runs on disk.
export { BytesHeap, compareWords, KeyTable } from './key-table.ts'
export { decodeRun, encodeRun, mergeRuns, readEntries, runFormatVersion, SectionBuilder } from './run-file.ts'
export type { Run, RunSection } from './run-file.ts'
export { StateSlot } from './slot.ts'
export type { EntryCodec } from './slot.ts'
export { allKeyGroups, StateStore } from './store.ts'
export type { KeyGroupRange } from './store.ts'
export { TimeHeap } from './time-heap.ts'
