// Every size, count and time that bounds the log. Tests hand in smaller ones, so that edges occur daily.

export interface LogLimits {
  /** Bytes of a journal file after which the next one begins (and a checkpoint): bounds replay after a crash. */
  readonly journalBytesMax: number
  /** Least and most that a journal file is zero-filled ahead: overwriting allocated blocks syncs 2 to 10 times faster. */
  readonly journalChunkBytesMin: number
  readonly journalChunkBytesMax: number
  /** Bytes staged after which a group is written without gathering more: bounds one sync's time. */
  readonly groupBytesMax: number
  /** Requests after which a group is written, for the same reason. */
  readonly groupRequestsMax: number
  /** One append or commit group; larger ones are refused (10). Bounds what a lying length can allocate. */
  readonly messageBytesMax: number
  /** Size at which a segment is sealed, unless the topic's segment.bytes says less. */
  readonly segmentBytesMax: number
  /** One index entry per this many bytes of a segment: what a reader may have to walk to find an offset. */
  readonly indexIntervalBytes: number
  /** Partitions over the log's life since start; a slot of shared memory each. */
  readonly partitionsMax: number
  /** Partitions of one topic. */
  readonly partitionsPerTopicMax: number
  /** Open segment files kept by the writer, and by each reader. */
  readonly openFilesMax: number
  /** A producer not heard of for this long is forgotten (Kafka's producer.id.expiration.ms). */
  readonly producerExpiryMs: number
  /** Producers remembered per partition; the longest silent goes first. */
  readonly producersPerPartitionMax: number
  /** Aborted transactions remembered, over all partitions, until their records are deleted; then none is opened (44). */
  readonly abortedTransactionsMax: number
  /** Producer ids reserved by one journal entry; at most this many are lost by a crash. */
  readonly producerIdBlock: number
  /** Files that recovery has written and that are synced before anything is readable; more are synced beside the work. */
  readonly startSyncFilesMax: number
  /** Between checkpoints while something is written, so that a restart after hours replays little. */
  readonly checkpointIntervalMs: number
  /** Between attempts of a checkpoint that found no room. */
  readonly checkpointRetryMs: number
  /** Between looks for segments past retention or due for compaction. */
  readonly retentionIntervalMs: number
  /** Between syncs with durability 'interval'. */
  readonly syncIntervalMs: number
  /** Keys that one compaction holds in memory; a partition with more is cleaned in several rounds. */
  readonly compactionKeysMax: number
  /** Bytes that compaction reads between two looks at what is to be written. */
  readonly compactionStepBytes: number
  /** Most that one read returns, whatever is asked. */
  readonly readBytesMax: number
}

export const defaultLimits: LogLimits = {
  journalBytesMax: 64 << 20,
  journalChunkBytesMin: 1 << 20,
  journalChunkBytesMax: 4 << 20,
  groupBytesMax: 8 << 20,
  groupRequestsMax: 4096,
  messageBytesMax: 64 << 20,
  segmentBytesMax: 64 << 20,
  indexIntervalBytes: 32 << 10,
  partitionsMax: 32768,
  partitionsPerTopicMax: 4096,
  openFilesMax: 256,
  producerExpiryMs: 24 * 3600_000,
  producersPerPartitionMax: 10_000,
  abortedTransactionsMax: 1_000_000,
  producerIdBlock: 1000,
  startSyncFilesMax: 32,
  checkpointIntervalMs: 60_000,
  checkpointRetryMs: 1000,
  retentionIntervalMs: 10_000,
  syncIntervalMs: 100,
  compactionKeysMax: 1_000_000,
  compactionStepBytes: 256 << 10,
  readBytesMax: 64 << 20,
}

/** Rings between a client and the log worker, and what a client holds when they are full. */
export const ringLimits = {
  /** Requests, client to worker. Larger messages cross in fragments, so the ring need not hold them whole. */
  requestRingBytes: 4 << 20,
  /** Replies and notes, worker to client. */
  replyRingBytes: 1 << 20,
  /** Largest piece of a message in one ring frame. */
  fragmentBytes: 1 << 20,
  /** Messages that a client holds while the ring is full; then submit says false and append refuses (56, retriable). */
  pendingBytesMax: 128 << 20,
} as const

/** Largest blobs in shared memory: topics, and owners' last commits. Reserved, not used, until written. */
export const blobBytesMax = 256 << 20

/** Aborted transactions in shared memory, 40 bytes each: 2 million whose records are not yet deleted. Reserved, not used. */
export const abortedBytesMax = 96 << 20
