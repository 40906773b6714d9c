// Clients of a compacted topic with small segments: an idempotent producer and a transactional one, each with keys of its own
// and tombstones among its values, and a consumer that reads it from the start again and again while it is cleaned.
import { encodeRecordBatch } from '../src/model/index.ts'
import { apis, kafkaErrorName, kafkaErrors } from '../src/kafka/wire/index.ts'
import { NodeActor, passingErrors, type NodeActorOptions } from './node-actors.ts'
import { check, type Transaction } from './node-checker.ts'
import { keyedName, takeRecords, type KeyedChecker, type KeyedRecord, type SeenRecord } from './node-keyed-checker.ts'

export interface KeyedOptions extends NodeActorOptions {
  readonly keyed: KeyedChecker
}

const keysEach = 4

/** Makes the topic. */
export class KeyedTopicActor extends NodeActor {
  readonly #keyed: KeyedChecker

  constructor(name: string, options: KeyedOptions) {
    super(name, options)
    this.#keyed = options.keyed
  }

  protected async work(): Promise<boolean> {
    const { random } = this.options
    const configs = {
      'cleanup.policy': 'compact',
      'segment.bytes': random.pick(['1024', '1500', '3000']),
      'min.cleanable.dirty.ratio': random.pick(['0', '0.3']),
      'delete.retention.ms': String(this.#keyed.deleteRetentionMs),
      'segment.ms': random.pick(['100', '100000']),
      'max.compaction.lag.ms': random.pick(['500', '9223372036854775807']),
      'min.compaction.lag.ms': random.pick(['0', '0', '300']),
    }
    const topic = {
      name: keyedName,
      numPartitions: 1,
      replicationFactor: 1,
      assignments: [],
      configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
    }
    const { topics } = await this.insist(
      () => this.client.call(apis.createTopics, 5, { topics: [topic], timeoutMs: 1000, validateOnly: false }),
      (answer) => answer.topics[0]!.errorCode,
    )
    const { errorCode } = topics[0]!
    check(errorCode === 0 || errorCode === kafkaErrors.topicAlreadyExists, kafkaErrorName(errorCode))
    return true
  }
}

abstract class KeyedWriter extends NodeActor {
  protected readonly keyed: KeyedChecker

  constructor(name: string, options: KeyedOptions) {
    super(name, options)
    this.keyed = options.keyed
  }

  protected makeRecords(transaction?: Transaction): KeyedRecord[] {
    const { random, nowMs } = this.options
    return Array.from({ length: 1 + random.below(3) }, () => {
      const key = `${this.name}.${random.below(keysEach)}`
      const value = random.chance(0.25) ? null : `${random.uint32()}${'.'.repeat(random.below(300))}`
      return this.keyed.make(key, value, nowMs(), transaction)
    })
  }

  protected encode(
    records: readonly KeyedRecord[],
    identity: { producerId: bigint; producerEpoch: number; baseSequence: number; transactional?: boolean },
  ): Uint8Array {
    const inputs = records.map(({ key, value, number, askedMs }) => ({
      key: Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
      timestampMs: askedMs,
      headers: [{ key: 'number', value: Buffer.from(String(number)) }],
    }))
    return encodeRecordBatch(inputs, identity)
  }

  protected async produce(
    records: Uint8Array,
    transactionalId: string | null,
  ): Promise<{ errorCode: number; baseOffset: bigint | number }> {
    const { responses } = await this.client.call(apis.produce, 12, {
      transactionalId,
      acks: -1,
      timeoutMs: 1000,
      topicData: [{ name: keyedName, partitionData: [{ index: 0, records }] }],
    })
    return responses[0]!.partitionResponses[0]!
  }

  protected settle(records: readonly KeyedRecord[], baseOffset: bigint | number): void {
    records.forEach((record, i) => this.keyed.noteAcknowledged(record, Number(baseOffset) + i))
    this.options.checker.acknowledged += records.length
  }
}

/** One batch at a time, sent again until it is answered. */
export class KeyedProducer extends KeyedWriter {
  #left = 25
  #producerId: bigint | undefined
  #sequence = 0
  #unanswered: KeyedRecord[] | undefined

  protected async work(): Promise<boolean> {
    const { random } = this.options
    this.#producerId ??= this.producerIdOf(await this.askProducerId())
    const identity = { producerId: this.#producerId, producerEpoch: 0 }
    for (; this.#left > 0; this.#left--) {
      const records = (this.#unanswered ??= this.makeRecords())
      const batch = this.encode(records, { ...identity, baseSequence: this.#sequence })
      const { errorCode, baseOffset } = await this.insist(
        () => this.produce(batch, null),
        (answer) => answer.errorCode,
      )
      check(errorCode === 0, `${this.name}: sequence ${this.#sequence} is refused: ${kafkaErrorName(errorCode)}`)
      this.settle(records, baseOffset)
      this.#sequence += records.length
      this.#unanswered = undefined
      await this.sleep(1 + random.below(4))
    }
    return true
  }
}

/** Transactions of one batch or more, in the protocol of KIP-890; after anything unclear it comes anew under its id. */
export class KeyedTeller extends KeyedWriter {
  #left = 12
  #transaction: Transaction | undefined

  protected async work(): Promise<boolean> {
    const { random, checker } = this.options
    let identity = await this.#takeOver()
    let sequence = 0
    while (this.#left > 0) {
      this.#left--
      const { transaction } = checker.beginTransaction('keyed')
      this.#transaction = transaction
      let isRefused = false
      for (let batches = 1 + random.below(3); batches > 0 && !isRefused; batches--) {
        const records = this.makeRecords(transaction)
        const batch = this.encode(records, { ...identity, baseSequence: sequence, transactional: true })
        const { errorCode, baseOffset } = await this.produce(batch, this.name)
        isRefused = errorCode !== 0
        const isExpected = errorCode === 0 || passingErrors.includes(errorCode)
        check(isExpected, `${this.name} is refused: ${kafkaErrorName(errorCode)}`)
        if (errorCode === 0) this.settle(records, baseOffset)
        sequence += records.length
        // Now and then it is open for long.
        await this.sleep(random.pick([0, 0, 5, 60]))
      }
      if (!isRefused && random.chance(0.9)) {
        const committed = random.chance(0.7)
        if (committed) checker.noteEnd(transaction, 'unknown')
        const request = { transactionalId: this.name, ...identity, committed }
        const answer = await this.insist(
          () => this.client.call(apis.endTxn, 5, request),
          ({ errorCode }) => errorCode,
        )
        check(answer.errorCode === 0, `${this.name}: an end is refused: ${kafkaErrorName(answer.errorCode)}`)
        checker.noteEnd(transaction, committed ? 'committed' : 'aborted')
        if (committed) this.keyed.noteCommitted(transaction)
        this.#transaction = undefined
        identity = { producerId: answer.producerId, producerEpoch: answer.producerEpoch }
      } else identity = await this.#takeOver()
      sequence = 0
      await this.sleep(1 + random.below(4))
    }
    return true
  }

  async #takeOver(): Promise<{ producerId: bigint; producerEpoch: number }> {
    const { checker } = this.options
    const request = { transactionalId: this.name, transactionTimeoutMs: 60_000, producerId: -1n, producerEpoch: -1 }
    const answer = await this.insist(
      () => this.client.call(apis.initProducerId, 4, request),
      ({ errorCode }) => errorCode,
    )
    check(answer.errorCode === 0, `${this.name} is not let in: ${kafkaErrorName(answer.errorCode)}`)
    if (this.#transaction?.end === 'open') checker.noteEnd(this.#transaction, 'aborted')
    this.#transaction = undefined
    return { producerId: answer.producerId, producerEpoch: answer.producerEpoch }
  }
}

/** Reads it whole, over and over, and once more when nothing is written any more. */
export class KeyedReader extends NodeActor {
  readonly #keyed: KeyedChecker
  readonly #isOver: () => boolean

  constructor(name: string, options: KeyedOptions & { readonly isOver: () => boolean }) {
    super(name, options)
    this.#keyed = options.keyed
    this.#isOver = options.isOver
  }

  protected async work(): Promise<boolean> {
    const { random } = this.options
    for (;;) {
      const isOver = this.#isOver()
      if ((await this.#scan()) && isOver) return true
      await this.sleep(5 + random.below(20))
    }
  }

  /** @returns false when it could not be read to its end */
  async #scan(): Promise<boolean> {
    const { random, nowMs } = this.options
    const scan = this.#keyed.begin(nowMs())
    const seen: SeenRecord[] = []
    let end = Infinity
    for (let next = 0; next < end;) {
      const partition = { partition: 0, fetchOffset: next, partitionMaxBytes: random.pick([300, 3000, 1 << 20]) }
      const answer = await this.client.call(apis.fetch, 12, {
        maxWaitMs: 0,
        minBytes: 1,
        maxBytes: 1 << 20,
        isolationLevel: 1,
        sessionId: 0,
        sessionEpoch: -1,
        topics: [{ topic: keyedName, partitions: [partition] }],
        forgottenTopicsData: [],
      })
      const { errorCode, lastStableOffset, records, abortedTransactions } = answer.responses[0]!.partitions[0]!
      if (passingErrors.includes(errorCode)) return false
      check(errorCode === 0, `${this.name} at ${next}: ${kafkaErrorName(errorCode)}`)
      // Up to where it ends now: what hides a record may have come since.
      end = Number(lastStableOffset)
      if (next >= end) break
      check(records !== null && records.length > 0, `${this.name} is given nothing at ${next}, below the end ${end}`)
      const taken = takeRecords(records, next, abortedTransactions ?? [])
      check(taken.next > next, `${this.name} does not get on from ${next}`)
      seen.push(...taken.seen)
      next = taken.next
    }
    this.#keyed.finish(scan, { seen, end }, nowMs())
    return true
  }
}
