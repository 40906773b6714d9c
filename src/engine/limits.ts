// Every maximum of the engine, with unit and reason. Tests shrink them through EngineLimits.

export interface EngineLimits {
  /** Bytes asked of the log per read of a partition: large enough to pay for the call, small enough to keep a step short. */
  readonly readBytesMax: number
  /**
   * How far (ms of event time) one partition may run ahead of the slowest one that has data at hand. Bounds the disorder that
   * reading several partitions one after another adds to a derived topic when a pipeline catches up.
   */
  readonly mergeSkewMsMax: number
  /** Bytes of records in one RecordBatch of a sink: below the broker's usual message.max.bytes of 1 MiB. */
  readonly sinkBatchBytesMax: number
  /** Bytes of records and state that one epoch may hold before it closes early. */
  readonly epochBytesMax: number
  /** Files of state one pipeline may need: sizes grow by the merge factor, so 24 files are far more than any state takes. */
  readonly stateFilesMax: number
  /** An older segment is merged into the new one while it is at most this many times as large. */
  readonly stateMergeFactor: number
  /** Segments up to this many bytes in all are merged at once, when an epoch is sealed: about a millisecond. Larger ones in steps. */
  readonly stateMergeAtOnceBytes: number
  /** Bytes that one epoch merges of larger segments, at least: more when many files wait, or the epoch itself wrote more. */
  readonly stateMergeStepBytes: number
  /** State of up to this many bytes is rewritten at once when a person is forgotten: about 20 ms. Larger one in steps. */
  readonly stateForgetAtOnceBytes: number
  /** Milliseconds of a step that looks through the state for erased persons: other pipelines wait so long. */
  readonly forgetStepMs: number
  /** Milliseconds to wait before a commit that found no room on the disk is tried again. */
  readonly retryMs: number
  /** Milliseconds between status reports. */
  readonly statusMs: number
}

export const defaultLimits: EngineLimits = {
  readBytesMax: 512 << 10,
  mergeSkewMsMax: 1000,
  sinkBatchBytesMax: 768 << 10,
  epochBytesMax: 32 << 20,
  stateFilesMax: 24,
  stateMergeFactor: 2,
  stateMergeAtOnceBytes: 256 << 10,
  stateMergeStepBytes: 256 << 10,
  stateForgetAtOnceBytes: 4 << 20,
  forgetStepMs: 10,
  retryMs: 1000,
  statusMs: 1000,
}

/** Entries of state that are looked at for an erased person's before the next piece: about a millisecond. */
export const lookedThroughAtOnce = 1024
/** Bytes of a segment that a merge reads or writes at a time. A key group that is larger is held as a whole. */
export const stateWindowBytes = 64 << 10
/** Bytes that a merge writes before it waits for the disk: a long fsync would hold up an epoch. */
export const stateSyncBytes = 4 << 20

/** Slots of a new hash table; a power of two. */
export const tableSlotsMin = 64
/** Entries that one keyed slot may hold: indexes are int32 and tables are powers of two. */
export const tableEntriesMax = 1 << 29
