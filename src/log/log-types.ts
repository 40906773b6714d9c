// The log's face in types: what the core, its clients and its readers promise. Numbers named `error` are Kafka's codes.
import type {
  CommitGroup,
  CommitOutcome,
  EpochCommit,
  LastCommit,
  TopicPartition,
  TopicReader,
} from '../model/index.ts'
import type { LeaderEpochs } from './leader-epochs.ts'
import type { AbortedTransaction } from './transactions.ts'

/** When an append counts as done. 'synced' is the default; the others lose acknowledged records when power fails. */
export type Durability = 'synced' | 'interval' | 'os'

export interface TopicInfo {
  readonly name: string
  /** A UUID in its usual text form; a topic made anew under an old name has another. */
  readonly id: string
  readonly partitionCount: number
  readonly configs: Readonly<Record<string, string>>
  readonly internal: boolean
}

export interface NewTopic {
  readonly name: string
  readonly partitionCount: number
  readonly configs?: Readonly<Record<string, string>>
  readonly internal?: boolean
}

export interface Refusal {
  readonly ok: false
  /** Kafka error code. 56 = the disk: full (heals by itself) or failed (until restart), as the message says. */
  readonly error: number
  readonly message: string
}

export type AppendOutcome =
  | {
      readonly ok: true
      /** Offset of the first record; of the original when this append repeats one (idempotent producer). */
      readonly baseOffset: number
      /** -1 unless the topic's message.timestamp.type is LogAppendTime. */
      readonly logAppendTimeMs: number
      readonly logStartOffset: number
    }
  | Refusal
export interface AppendOptions {
  /** A producer that this partition knows nothing of must begin at sequence 0 (transactions of KIP-890): else 45. */
  readonly fromZero?: boolean
}
export type NewRecords = TopicPartition & { readonly batches: Uint8Array }
export type AppendAllOutcome = { readonly ok: true; readonly baseOffsets: readonly number[] } | Refusal

export interface EndTransaction {
  readonly producerId: bigint
  /** Of the markers: the producer's own, or a higher one, which fences it. */
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
  readonly commits: boolean
  /** Where markers go; by default wherever the producer has a transaction open. */
  readonly partitions?: readonly TopicPartition[]
  /** The epoch must be above what a named partition knows (KIP-1228), or the same when nothing is open there: else 47. */
  readonly raisesEpoch?: boolean
  /** What becomes true in the same moment: the coordinator's own record. */
  readonly appends: readonly NewRecords[]
}
/** A marker's place. */
export type EndedTransaction = TopicPartition & { readonly offset: number }
export type EndTransactionOutcome = { readonly ok: true; readonly ended: readonly EndedTransaction[] } | Refusal

export interface OpenTransaction {
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly partitions: readonly TopicPartition[]
}

/** What a partition knows of a producer. */
export interface ProducerDescription {
  readonly producerId: bigint
  readonly producerEpoch: number
  /** -1: none in this epoch. */
  readonly lastSequence: number
  readonly lastTimestampMs: number
  /** -1: no transaction ended here. */
  readonly coordinatorEpoch: number
  /** Where its open transaction begins; -1 when none is open. */
  readonly openFrom: number
}
export type ProducersOutcome = { readonly ok: true; readonly producers: readonly ProducerDescription[] } | Refusal

export type TopicOutcome = { readonly ok: true; readonly id: string } | Refusal
export type ChangeOutcome = { readonly ok: true } | Refusal
export type DeleteRecordsOutcome = { readonly ok: true; readonly logStartOffset: number } | Refusal
export type ProducerIdOutcome = { readonly ok: true; readonly producerId: bigint } | Refusal

/**
 * What any thread needs to read the log: shared memory and where the files are. Plain and cloneable.
 */
export interface LogShare {
  /** Data folder as an absolute path; readers in other threads build their Disk on it. */
  readonly folder: string
  /** BigInt64[6] a partition: end, start, status, version of its list of segments, damaged from, last stable offset. */
  readonly slots: SharedArrayBuffer
  readonly topics: SharedArrayBuffer
  readonly owners: SharedArrayBuffer
  /** Aborted transactions of all partitions. */
  readonly aborted: SharedArrayBuffer
}

/** A place where acknowledged bytes are damaged. */
export interface Damage {
  readonly topic: string
  readonly partition: number
  /** Records from here on are lost or unreadable. */
  readonly offset: number
  readonly file: string
  readonly position: number
  readonly reason: string
}

export interface ReadOptions {
  readonly end?: number
  readonly allocate?: (size: number) => Uint8Array
  readonly checkOnce?: boolean
}

/**
 * Committed records and what is known of topics, from any thread. Sees new topics by itself. Reads files, never waits.
 * endOffset, read and listOffsetForTime are committed ones: up to the last stable offset, and an aborted batch comes as a
 * control batch without records, which says only how many offsets it took. Those named uncommitted are for Kafka's door.
 */
export interface LogReader extends TopicReader {
  /** The offset after the last durable record, of open and aborted transactions as well. */
  highWatermark(topic: string, partition: number): number
  /**
   * As read, with the bytes as they are stored, markers and aborted records included.
   * @param options.end batches from here on are left out; by default the high watermark
   * @param options.allocate memory for the bytes, as long as asked for; by default fresh
   * @param options.checkOnce a checksum that this reader found right is not looked at again, when bytes are read again: for
   *   clients that check for themselves
   */
  readUncommitted(topic: string, partition: number, offset: number, bytesMax: number, options?: ReadOptions): Uint8Array
  /** Transactions that were aborted and have records in [from, to). */
  abortedTransactions(topic: string, partition: number, from: number, to: number): readonly AbortedTransaction[]
  /** All topics, by name. The same array until something changes. */
  topics(): readonly TopicInfo[]
  topic(name: string): TopicInfo | undefined
  topicById(id: string): TopicInfo | undefined
  /**
   * The first record at or after a time; undefined when there is none. Batches whose compression is not known to the
   * reader answer with their first record (never too late). @param end by default the last stable offset
   */
  listOffsetForTime(
    topic: string,
    partition: number,
    timestampMs: number,
    end?: number,
  ): { offset: number; timestampMs: number } | undefined
  /** The newest timestamp and its offset (ListOffsets -3), of uncommitted records too; undefined when the partition is empty. */
  maxTimestamp(topic: string, partition: number): { offset: number; timestampMs: number } | undefined
  /** Which leader epoch wrote what; the last is the current one. */
  leaderEpochs(topic: string, partition: number): LeaderEpochs
  /** Bytes of a partition's segments. */
  sizeBytes(topic: string, partition: number): number
  /** 'offline': acknowledged bytes are damaged; it takes no writes, reads go up to the damage and throw MR-LOG-001 there. */
  status(topic: string, partition: number): 'online' | 'offline'
  close(): void
}

/** Changes that any client of the log may ask for; promises resolve when the change is durable (as durability says). */
export interface LogChanges {
  /**
   * Appends RecordBatch v2 bytes (one or more batches, base offsets ignored). All of them or none.
   * Copies `batches`. Errors: 2, 3, 10, 44, 45, 47, 48, 49, 56, 87.
   */
  append(topic: string, partition: number, batches: Uint8Array, options?: AppendOptions): Promise<AppendOutcome>
  /** Appends to several partitions in one moment: all or none, also when the process dies. Copies. Errors as append. */
  appendAll(appends: readonly NewRecords[]): Promise<AppendAllOutcome>
  /**
   * Ends a producer's transaction: markers and `appends` in one moment, all or none, also when the process dies. Fine when
   * nothing is open. An abort leaves out damaged partitions. Errors: those of append; 47 when a marker's epoch is old.
   */
  endTransaction(request: EndTransaction): Promise<EndTransactionOutcome>
  /** Transactions without a marker yet. Rejects with MR-LOG-005 when the log was stopped. */
  openTransactions(): Promise<readonly OpenTransaction[]>
  /** What a partition knows of producers. Errors: 3, 56. */
  producers(topic: string, partition: number): Promise<ProducersOutcome>
  /** Errors: 17 (name), 36 (exists), 37 (partitions), 40 (configs), 44 (too many partitions), 56. */
  createTopic(topic: NewTopic): Promise<TopicOutcome>
  /** Errors: 3, 56. */
  deleteTopic(name: string): Promise<ChangeOutcome>
  /** Replaces the whole map of configs. Errors: 3, 40, 56. */
  alterTopic(name: string, configs: Readonly<Record<string, string>>): Promise<ChangeOutcome>
  /** @param count partitions afterwards; more than now. Errors: 3, 37, 44, 56. */
  addPartitions(name: string, count: number): Promise<ChangeOutcome>
  /** Moves the start up to `before` (-1: the end). Errors: 1, 3, 56. */
  deleteRecords(topic: string, partition: number, before: number): Promise<DeleteRecordsOutcome>
  /** A producer id never given before. Rejects with MR-LOG-005 when the disk is full or failed. */
  nextProducerId(): Promise<bigint>
}

/** A thread's end of the rings to the log worker. */
export interface LogClient extends EpochCommit, LogChanges {
  /** Moves replies and queued requests along; called by the body's step(), or by the client's own loop on the main thread. */
  poll(): void
  /** Calls for each partition whose readable end has grown; several advances may come as one. */
  onAdvance(callback: (topic: string, partition: number, endOffset: number) => void): void
  /** As last published; a topic made by this client is known when its promise resolves. */
  topic(name: string): TopicInfo | undefined
  /** Bytes that wait for room in the ring: slow the source when it grows. */
  readonly pendingBytes: number
  /** Stops the loop; what is under way resolves with 56 and may or may not have been written. */
  close(): void
}

/**
 * The pure synchronous core. Calls stage; nothing is visible or durable before sync() says 'synced'. A refusal (ok: false)
 * holds at once. When sync says 'full', all that was staged is undone; 'failed' is final until the log is opened anew.
 */
export interface Log {
  readonly share: LogShare
  readonly stagedBytes: number
  /** True when a sync failed: no writes until the log is opened anew. */
  readonly failed: boolean
  append(topic: string, partition: number, batches: Uint8Array, options?: AppendOptions): AppendOutcome
  appendAll(appends: readonly NewRecords[]): AppendAllOutcome
  endTransaction(request: EndTransaction): EndTransactionOutcome
  openTransactions(): readonly OpenTransaction[]
  producers(topic: string, partition: number): ProducersOutcome
  commit(group: CommitGroup): CommitOutcome
  createTopic(topic: NewTopic): TopicOutcome
  deleteTopic(name: string): ChangeOutcome
  alterTopic(name: string, configs: Readonly<Record<string, string>>): ChangeOutcome
  addPartitions(name: string, count: number): ChangeOutcome
  deleteRecords(topic: string, partition: number, before: number): DeleteRecordsOutcome
  nextProducerId(): ProducerIdOutcome
  /** Writes what is staged as one frame, syncs it (as durability says), makes it visible. */
  sync(): 'synced' | 'full' | 'failed'
  /** A bounded piece of work beside writing: checkpoints, retention, compaction. True when there may be more at once. */
  maintain(): boolean
  /** Milliseconds until maintain should be called though nothing was written. */
  idleMs(): number
  last(owner: string): LastCommit | undefined
  /** Partitions that were found damaged and are offline. */
  damages(): readonly Damage[]
  /** Ends of partitions that grew since the last call. */
  takeAdvances(): readonly { slot: number; endOffset: number }[]
  /** Checkpoint and close the files; the log is not used afterwards. */
  close(): void
}
