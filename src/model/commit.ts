// The one way to change several partitions, group offsets, positions and state together, and the way to read what was
// committed. Implemented by the log (one process) and by kafka/client (a real Kafka); used by engine, capture and tables.

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** An input's committed range in one epoch: [from, to). */
export interface InputRange extends TopicPartition {
  readonly from: number
  readonly to: number
}

export interface StateFile {
  /** Relative to the data folder. Written and synced before the commit is submitted; immutable after. */
  readonly path: string
  readonly size: number
  /** CRC-32C of the content. */
  readonly crc: number
}

export interface CommitGroup {
  /** Whose epoch: 'pipeline/approval_rate', 'capture/shop'. One writer per owner. */
  readonly owner: string
  /** One more than the owner's last. Any other is refused: someone else has written. */
  readonly epoch: number
  /** RecordBatch v2 bytes with base offset 0, in order; several batches may follow one another in `batches`. */
  readonly appends: readonly (TopicPartition & { readonly batches: Uint8Array })[]
  /** Consumer-group offsets that become visible with it (in __consumer_offsets). */
  readonly groupOffsets: readonly (TopicPartition & {
    readonly group: string
    readonly offset: number
    readonly metadata: string
  })[]
  /** The owner's journal entry for this epoch: input ranges in merge order, watermark, clock reading. Opaque here. */
  readonly position: Uint8Array
  /** All state files the owner needs after this epoch (the whole list, not a delta). */
  readonly stateFiles: readonly StateFile[]
}

export type CommitOutcome =
  | {
      readonly ok: true
      readonly epoch: number
      /** Per entry of `appends`: the first offset given. */ readonly baseOffsets: readonly number[]
    }
  /** 'fenced': the epoch is not the next. 'retry': disk full, nothing was written, submit again. 'failed': final. */
  | { readonly ok: false; readonly reason: 'fenced' | 'retry' | 'failed'; readonly message: string }

export interface LastCommit {
  readonly epoch: number
  readonly position: Uint8Array
  readonly stateFiles: readonly StateFile[]
}

/** Never blocks. At most one group per owner is under way. */
export interface EpochCommit {
  /** False when there is no room now; try again in a later step. Copies the group's bytes. */
  submit(group: CommitGroup): boolean
  /** The outcome of the owner's submitted group, once; undefined while it is under way. */
  outcome(owner: string): CommitOutcome | undefined
  /** The owner's last committed epoch, as recovered at start and kept up to date; undefined when there is none. */
  last(owner: string): LastCommit | undefined
}

/** Committed records. Never blocks on the network; may read the disk. */
export interface TopicReader {
  /** undefined when there is no such topic. */
  partitionCount(topic: string): number | undefined
  startOffset(topic: string, partition: number): number
  /** The offset after the last readable record (high watermark; last stable offset under transactions). */
  endOffset(topic: string, partition: number): number
  /**
   * Whole RecordBatch v2 bytes from the batch that holds `offset` on (which may start below it), up to about bytesMax but
   * at least one batch; empty when offset is the end. Throws MillraceError when offset is outside or the bytes are damaged.
   * The result is the caller's.
   */
  read(topic: string, partition: number, offset: number, bytesMax: number): Uint8Array
}
