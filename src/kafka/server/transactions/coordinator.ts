// All transactional ids of this node. Their state lies in __transaction_state, as Kafka keeps it; which partitions have an
// open transaction the log itself knows, so an end reaches all of them whatever this table remembers.
// Invariants: an end (markers, offsets, new state) is one record of the log's journal; while it, or a new identity, is being
// written, other requests of that id meet 51; partitions join in memory at once and are written in the order of the requests,
// before the records that need them.
import { BytesError, MillraceError, type Clock } from '../../../base/index.ts'
import { coordinatorPartition, type NewRecords, type OpenTransaction } from '../../../log/index.ts'
import { decodeRecords, encodeRecordBatch, recordKey, recordValue, type TopicPartition } from '../../../model/index.ts'
import { decompressRecords, kafkaErrors } from '../../wire/index.ts'
import type { KafkaServerLimits } from '../limits.ts'
import type { ServerLog, ServerReader } from '../log-face.ts'
import {
  decodeTransactionKey,
  decodeTransactionValue,
  encodeTransactionKey,
  encodeTransactionValue,
  transactionsTopic,
} from './records.ts'
import {
  decideEnd,
  decideInit,
  identityAfterEnd,
  type NextIdentity,
  type ProducerIdentity,
  type Transaction,
} from './transaction.ts'

export interface TransactionCoordinatorOptions {
  readonly log: ServerLog
  readonly reader: ServerReader
  readonly clock: Clock
  readonly limits: KafkaServerLimits
  /** Partitions of __transaction_state when it is made here. */
  readonly partitionCount: number
}

export type InitAnswer = { readonly error: number } & ProducerIdentity
const refusedInit = (error: number): InitAnswer => ({ error, producerId: -1n, producerEpoch: -1 })

export class TransactionCoordinator {
  readonly #options: TransactionCoordinatorOptions
  readonly #byId = new Map<string, Transaction>()
  #cancelScan: (() => void) | undefined
  #cancelExpiry: (() => void) | undefined
  #closed = false

  constructor(options: TransactionCoordinatorOptions) {
    this.#options = options
  }

  get(id: string): Transaction | undefined {
    return this.#byId.get(id)
  }
  all(): Iterable<Transaction> {
    return this.#byId.values()
  }

  /** Makes the state topic when it is missing. @returns 0 or a Kafka error */
  async ensureTopic(): Promise<number> {
    const { log, reader, partitionCount } = this.#options
    if (reader.topic(transactionsTopic.name)) return 0
    const outcome = await log.createTopic({ ...transactionsTopic, partitionCount })
    return outcome.ok || outcome.error === kafkaErrors.topicAlreadyExists ? 0 : outcome.error
  }

  /** Reads the state anew, and takes up what an earlier life left open. Call once, before requests come. */
  async load(): Promise<void> {
    const { reader } = this.#options
    const count = reader.partitionCount(transactionsTopic.name) ?? 0
    for (let partition = 0; partition < count; partition++) {
      try {
        this.#loadPartition(partition)
      } catch (error) {
        // Damaged, as the log has told at its start: ids beyond the damage are unknown, and new states are refused there.
        if (!(error instanceof MillraceError || error instanceof BytesError)) throw error
      }
    }
    await this.#adopt(await this.#options.log.openTransactions())
    for (const transaction of this.#byId.values()) {
      // Written so by another broker only: ours passes through these states in memory.
      const { ending } = transaction
      if (ending === 'commit' || ending === 'abort') {
        transaction.ending = undefined
        await this.#end(transaction, {
          commits: ending === 'commit',
          generation: transaction.generation,
          fences: false,
        })
      }
    }
    if ([...this.#byId.values()].some(({ state }) => state === 'Ongoing')) this.#armScan()
    this.#armExpiry()
  }

  #loadPartition(partition: number): void {
    const { reader, limits } = this.#options
    const topic = transactionsTopic.name
    const end = reader.highWatermark(topic, partition)
    for (let next = reader.startOffset(topic, partition); next < end;) {
      const bytes = reader.readUncommitted(topic, partition, next, limits.offsetsReadBytes)
      if (bytes.length === 0) break
      for (let at = 0; at < bytes.length;) {
        const records = decodeRecords(bytes, at, decompressRecords)
        at += records.header.size
        next = records.header.baseOffset + records.header.lastOffsetDelta + 1
        if (records.header.control) continue
        for (let i = 0; i < records.count; i++) this.#loadRecord(recordKey(records, i), recordValue(records, i))
      }
    }
  }

  #loadRecord(key: Uint8Array | null, value: Uint8Array | null): void {
    const id = key && decodeTransactionKey(key)
    if (id === null || id === undefined) return
    if (value === null) this.#byId.delete(id)
    else this.#byId.set(id, decodeTransactionValue(id, value))
  }

  /** Transactions that are open in the log though no state says so (its record was not written) go on, or are aborted. */
  async #adopt(open: readonly OpenTransaction[]): Promise<void> {
    const byProducer = new Map([...this.#byId.values()].map((one) => [one.producerId, one]))
    const nowMs = this.#options.clock.nowMs()
    for (const { producerId, producerEpoch, partitions } of open) {
      const transaction = byProducer.get(producerId)
      if (!transaction) {
        await this.#options.log.endTransaction({
          producerId,
          producerEpoch,
          coordinatorEpoch: 0,
          commits: false,
          appends: [],
        })
        continue
      }
      if (transaction.state !== 'Ongoing') transaction.startMs = nowMs
      transaction.state = 'Ongoing'
      for (const one of partitions) addPartition(transaction, one)
    }
  }

  /** @param expected what the producer says it has */
  async init(id: string, timeoutMs: number, expected: ProducerIdentity | undefined): Promise<InitAnswer> {
    const { limits, clock } = this.#options
    if (timeoutMs <= 0 || timeoutMs > limits.transactionTimeoutMsMax)
      return refusedInit(kafkaErrors.invalidTransactionTimeout)
    const missing = await this.ensureTopic()
    if (missing !== 0) return refusedInit(kafkaErrors.coordinatorNotAvailable)
    const transaction = this.#byId.get(id) ?? this.#make(id)
    if (!transaction) return refusedInit(kafkaErrors.coordinatorNotAvailable)
    if (transaction.ending) return refusedInit(kafkaErrors.concurrentTransactions)
    const next = decideInit(transaction, expected)
    if (typeof next === 'number') return refusedInit(next)
    if (transaction.state === 'Ongoing') {
      // Whoever holds it now is fenced, and its transaction is over before the new one is told its identity.
      const error = await this.#end(transaction, { commits: false, generation: transaction.generation, fences: true })
      return refusedInit(error === 0 ? kafkaErrors.concurrentTransactions : error)
    }
    transaction.ending = 'init'
    try {
      const change = await this.#identity(transaction, next)
      const changed: Transaction = {
        ...transaction,
        ...change,
        timeoutMs,
        state: 'Empty',
        partitions: new Map(),
        startMs: -1,
        updatedMs: clock.nowMs(),
        ending: undefined,
      }
      const outcome = await this.#options.log.appendAll([this.#record(changed)])
      if (!outcome.ok) return refusedInit(kafkaErrors.coordinatorNotAvailable)
      Object.assign(transaction, changed)
      this.#armExpiry()
      return { error: 0, producerId: changed.producerId, producerEpoch: changed.producerEpoch }
    } catch {
      return refusedInit(kafkaErrors.coordinatorNotAvailable)
    } finally {
      transaction.ending = undefined
      if (transaction.producerEpoch < 0) this.#byId.delete(id)
    }
  }

  #make(id: string): Transaction | undefined {
    if (this.#byId.size >= this.#options.limits.transactionalIdsMax) return undefined
    const transaction: Transaction = {
      id,
      producerId: -1n,
      producerEpoch: -1,
      lastEpoch: -1,
      previousProducerId: -1n,
      timeoutMs: 0,
      state: 'Empty',
      ending: undefined,
      partitions: new Map(),
      startMs: -1,
      updatedMs: -1,
      generation: 1,
    }
    this.#byId.set(id, transaction)
    return transaction
  }

  /** Rejects with MR-LOG-005 when a new id cannot be had. */
  async #identity(
    { producerId, previousProducerId }: Transaction,
    next: NextIdentity,
  ): Promise<Pick<Transaction, 'producerId' | 'producerEpoch' | 'lastEpoch' | 'previousProducerId'>> {
    const { lastEpoch } = next
    if (next.kind === 'epoch' && producerId >= 0n)
      return { producerId, producerEpoch: next.producerEpoch, lastEpoch, previousProducerId }
    return {
      producerId: await this.#options.log.nextProducerId(),
      producerEpoch: 0,
      lastEpoch,
      previousProducerId: producerId,
    }
  }

  /** 0, or why a producer may not add to this transaction: 49, 90, 51. */
  check(id: string, { producerId, producerEpoch }: ProducerIdentity): number {
    const transaction = this.#byId.get(id)
    if (!transaction || transaction.producerId !== producerId) return kafkaErrors.invalidProducerIdMapping
    if (transaction.producerEpoch !== producerEpoch) return kafkaErrors.producerFenced
    return transaction.ending ? kafkaErrors.concurrentTransactions : 0
  }

  /** True when the transaction is open and the partition is in it. */
  has(id: string, { topic, partition }: TopicPartition): boolean {
    const transaction = this.#byId.get(id)
    return transaction?.state === 'Ongoing' && transaction.partitions.get(topic)?.has(partition) === true
  }

  /**
   * Partitions join the open transaction, or open it. The producer was checked. What is appended after this call is behind
   * the record of it. @returns 0 or a Kafka error, when the record is durable
   */
  join(id: string, partitions: readonly TopicPartition[], generation: 1 | 2): Promise<number> {
    const transaction = this.#byId.get(id)!
    const fresh = partitions.filter((one) => !this.has(id, one))
    if (fresh.length === 0) return Promise.resolve(0)
    const nowMs = this.#options.clock.nowMs()
    if (transaction.state !== 'Ongoing') {
      transaction.state = 'Ongoing'
      transaction.partitions = new Map()
      transaction.startMs = nowMs
    }
    transaction.generation = generation
    transaction.updatedMs = nowMs
    for (const one of fresh) addPartition(transaction, one)
    this.#armScan()
    return this.#options.log
      .appendAll([this.#record(transaction)])
      .then((outcome) => (outcome.ok ? 0 : kafkaErrors.coordinatorNotAvailable))
  }

  /** EndTxn. @param request.generation 2 from version 5 on */
  async end(id: string, request: ProducerIdentity & { commits: boolean; generation: 1 | 2 }): Promise<InitAnswer> {
    const transaction = this.#byId.get(id)
    if (!transaction) return refusedInit(kafkaErrors.invalidProducerIdMapping)
    const decision = decideEnd(transaction, request)
    if (decision.kind === 'refuse') return refusedInit(decision.error)
    const { commits, generation } = request
    const error = decision.kind === 'repeat' ? 0 : await this.#end(transaction, { commits, generation, fences: false })
    const { producerId, producerEpoch } = transaction
    return error === 0 ? { error, producerId, producerEpoch } : refusedInit(error)
  }

  async #end(
    transaction: Transaction,
    options: { commits: boolean; generation: 1 | 2; fences: boolean },
  ): Promise<number> {
    const { commits, generation } = options
    const { producerId } = transaction
    const { markerEpoch, next } = identityAfterEnd(transaction, options)
    transaction.ending = commits ? 'commit' : 'abort'
    try {
      const ended: Transaction = {
        ...transaction,
        ...(next ? await this.#identity(transaction, next) : {}),
        generation,
        state: commits ? 'CompleteCommit' : 'CompleteAbort',
        partitions: new Map(),
        updatedMs: this.#options.clock.nowMs(),
        ending: undefined,
      }
      const outcome = await this.#options.log.endTransaction({
        producerId,
        producerEpoch: markerEpoch,
        coordinatorEpoch: 0,
        commits,
        appends: [this.#record(ended)],
      })
      if (!outcome.ok) return this.#endError(transaction, commits)
      Object.assign(transaction, ended)
      return 0
    } catch {
      return kafkaErrors.coordinatorNotAvailable
    } finally {
      transaction.ending = undefined
    }
  }

  /** A damaged partition takes no marker: the transaction can only be aborted. Anything else may heal. */
  #endError({ partitions }: Transaction, commits: boolean): number {
    const { reader } = this.#options
    const damaged = [...partitions].some(([topic, indexes]) => {
      const count = reader.partitionCount(topic) ?? 0
      return [...indexes].some((index) => index < count && reader.status(topic, index) === 'offline')
    })
    return damaged && commits ? kafkaErrors.transactionAbortable : kafkaErrors.coordinatorNotAvailable
  }

  #record(transaction: Transaction): NewRecords {
    return this.#append(transaction.id, encodeTransactionValue(transaction))
  }

  #append(id: string, value: Uint8Array | null): NewRecords {
    const { reader, clock } = this.#options
    const topic = transactionsTopic.name
    const record = { key: encodeTransactionKey(id), value, timestampMs: clock.nowMs() }
    const partition = coordinatorPartition(id, reader.partitionCount(topic) ?? 1)
    return { topic, partition, batches: encodeRecordBatch([record]) }
  }

  /** Looks for transactions past their time; not armed while none is open. */
  #armScan(): void {
    if (this.#cancelScan || this.#closed) return
    this.#cancelScan = this.#options.clock.after(this.#options.limits.transactionScanMs, () => {
      this.#cancelScan = undefined
      // Where a look fails (a topic is just being deleted), the next one is the next try.
      void this.#abortLate()
        .catch(() => 1)
        .then((left) => {
          if (left > 0) this.#armScan()
        })
    })
  }

  /** @returns how many are still open */
  async #abortLate(): Promise<number> {
    const nowMs = this.#options.clock.nowMs()
    let left = 0
    for (const transaction of Array.from(this.#byId.values())) {
      if (transaction.state !== 'Ongoing') continue
      const isLate = !transaction.ending && transaction.startMs + transaction.timeoutMs < nowMs
      const { generation } = transaction
      const error = isLate ? await this.#end(transaction, { commits: false, generation, fences: true }) : -1
      if (error !== 0) left++
    }
    return left
  }

  /** Forgets ids that were not used for long; not armed while there is none. */
  #armExpiry(): void {
    if (this.#cancelExpiry || this.#closed || this.#byId.size === 0) return
    this.#cancelExpiry = this.#options.clock.after(this.#options.limits.transactionalIdExpiryScanMs, () => {
      this.#cancelExpiry = undefined
      void this.#expire()
        .catch(() => {})
        .then(() => this.#armExpiry())
    })
  }

  async #expire(): Promise<void> {
    const { clock, limits, log } = this.#options
    const oldestMs = clock.nowMs() - limits.transactionalIdExpiryMs
    for (const transaction of Array.from(this.#byId.values())) {
      const { id, state, ending, updatedMs } = transaction
      if (state === 'Ongoing' || ending || updatedMs >= oldestMs) continue
      transaction.ending = 'init'
      const outcome = await log.appendAll([this.#append(id, null)])
      transaction.ending = undefined
      if (outcome.ok) this.#byId.delete(id)
    }
  }

  close(): void {
    this.#closed = true
    this.#cancelScan?.()
    this.#cancelExpiry?.()
  }
}

function addPartition(transaction: Transaction, { topic, partition }: TopicPartition): void {
  const known = transaction.partitions.get(topic)
  if (known) known.add(partition)
  else transaction.partitions.set(topic, new Set([partition]))
}
