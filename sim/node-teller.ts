// A transactional producer of the simulated node, in both generations of the protocol: it commits, aborts, goes away in the
// middle, comes back under the same id, and tries what its former self must not do any more.
import { encodeRecordBatch } from '../src/model/index.ts'
import { apis, kafkaErrorName, kafkaErrors } from '../src/kafka/wire/index.ts'
import { NodeActor, type NodeActorOptions } from './node-actors.ts'
import { check, ledgerTopic, plainTopic, type Transaction } from './node-checker.ts'
import { shiftingName, type ShiftingChecker } from './node-shifting-checker.ts'

interface Identity {
  readonly producerId: bigint
  readonly producerEpoch: number
}

/** 'classic' says which partitions join before it writes; 'implicit' (KIP-890) has a new epoch with each transaction. */
type Generation = 'classic' | 'implicit'

const versions = {
  classic: { produce: 11, offsets: 3, end: 3 },
  implicit: { produce: 12, offsets: 5, end: 5 },
} as const

export interface TellerOptions extends NodeActorOptions {
  readonly transactions: number
  readonly timeoutMs: number
  /** It writes to the topic that does not stay, too. */
  readonly shifting?: ShiftingChecker
}

export class TellerActor extends NodeActor {
  readonly #count: number
  readonly #timeoutMs: number
  readonly #shifting: ShiftingChecker | undefined
  #identity: Identity | undefined
  #sequences: number[] = []
  #made = 0
  /** Begun, and not known to have ended. */
  #transaction: Transaction | undefined
  /** An end that was asked for, and whose answer is not there. */
  #ending:
    | { readonly generation: Generation; readonly transaction: Transaction; readonly committed: boolean }
    | undefined

  constructor(name: string, options: TellerOptions) {
    super(name, options)
    this.#count = options.transactions
    this.#timeoutMs = options.timeoutMs
    this.#shifting = options.shifting
  }

  protected async work(): Promise<boolean> {
    const { random } = this.options
    // After a cut: asked once more, which changes nothing where it had happened; or somebody comes anew under the same id.
    const { generation, transaction, committed } = this.#ending ?? {}
    const isKnown = generation && random.chance(0.6) && (await this.#end(generation, transaction!, committed!))
    if (!isKnown) await this.#takeOver()
    while (this.#made < this.#count) {
      this.#made++
      const isWhole = await this.#transact(random.pick(['classic', 'implicit'] as const))
      if (!isWhole) await this.#takeOver()
      await this.sleep(1 + random.below(2))
    }
    return true
  }

  /** Whatever this id has open is ended by this, and whoever had it before is fenced. */
  async #takeOver(): Promise<void> {
    const { checker, random } = this.options
    const before = this.#identity
    this.#ending = undefined
    const request = {
      transactionalId: this.name,
      transactionTimeoutMs: this.#timeoutMs,
      producerId: -1n,
      producerEpoch: -1,
    }
    const answer = await this.insist(
      () => this.client.call(apis.initProducerId, random.pick([3, 4, 5]), request),
      ({ errorCode }) => errorCode,
    )
    check(answer.errorCode === 0, `${this.name} is not let in: ${kafkaErrorName(answer.errorCode)}`)
    this.#identity = answer
    this.#sequences = Array.from({ length: ledgerTopic.partitionCount }, () => 0)
    // Nothing that was begun can be committed from here on; where a commit had been asked for, it may have happened.
    if (this.#transaction?.end === 'open') checker.noteEnd(this.#transaction, 'aborted')
    this.#transaction = undefined
    if (before && random.chance(0.3)) await this.#haunt(before)
  }

  /** The former self writes on: nothing of it may be taken. */
  async #haunt(before: Identity): Promise<void> {
    const { errorCode } = await this.#produce('implicit', before, 0, `${this.name}-ghost#0`, 0)
    check(
      errorCode !== 0,
      `${this.name}: a record of epoch ${before.producerEpoch} was taken after ${this.#identity!.producerEpoch}`,
    )
  }

  /** @returns false when it cannot go on as it is */
  async #transact(generation: Generation): Promise<boolean> {
    const { random, checker } = this.options
    const { number, transaction } = checker.beginTransaction(this.name)
    this.#transaction = transaction
    const count = 1 + random.below(4)
    for (let i = 0; i < count; i++) {
      const partition = random.below(ledgerTopic.partitionCount)
      const value = `${this.name}#${number * 10 + i}`
      transaction.values.push({ partition, value })
      if (!(await this.#write(generation, partition, value))) return false
    }
    if (this.#shifting && generation === 'implicit' && random.chance(0.7))
      await this.#writeAside(this.#shifting, transaction, `${this.name}#${number * 10 + 9}@name`)
    if (random.chance(0.5) && !(await this.#commitOffset(generation, number + 1))) return false
    // Goes away without an end; what comes next under its id ends it.
    if (random.chance(0.1)) return false
    return this.#end(generation, transaction, random.chance(0.65))
  }

  async #write(generation: Generation, partition: number, value: string): Promise<boolean> {
    const { checker } = this.options
    const identity = this.#identity!
    const { name } = ledgerTopic
    if (generation === 'classic') {
      const request = { ...identity, transactionalId: this.name, topics: [{ name, partitions: [partition] }] }
      const { resultsByTopic } = await this.insist(
        () => this.client.call(apis.addPartitionsToTxn, 3, request),
        (answer) => answer.resultsByTopic[0]!.resultsByPartition[0]!.partitionErrorCode,
      )
      if (resultsByTopic[0]!.resultsByPartition[0]!.partitionErrorCode !== 0) return false
    }
    const sequence = this.#sequences[partition]!
    const { errorCode, baseOffset } = await this.#produce(generation, identity, partition, value, sequence)
    if (errorCode !== 0) return false
    this.#sequences[partition] = sequence + 1
    checker.noteAcknowledged(name, partition, Number(baseOffset), [value])
    return true
  }

  /** What becomes of that topic is nothing to the rest of the transaction. */
  async #writeAside(shifting: ShiftingChecker, transaction: Transaction, value: string): Promise<void> {
    const one = shifting.current
    const wasThere = one?.state === 'there'
    const { errorCode, baseOffset } = await this.#produce('implicit', this.#identity!, 0, value, 0, shiftingName)
    if (errorCode === 0 && wasThere && one.state === 'there')
      shifting.noteInTransaction(one, { transaction, offset: Number(baseOffset), value })
  }

  async #produce(
    generation: Generation,
    identity: Identity,
    partition: number,
    value: string,
    baseSequence: number,
    topic: string = ledgerTopic.name,
  ): Promise<{ errorCode: number; baseOffset: bigint | number }> {
    const { producerId, producerEpoch } = identity
    const records = [{ key: null, value: new TextEncoder().encode(value), timestampMs: this.options.nowMs() }]
    const batch = encodeRecordBatch(records, { producerId, producerEpoch, baseSequence, transactional: true })
    const { responses } = await this.client.call(apis.produce, versions[generation].produce, {
      transactionalId: this.name,
      acks: -1,
      timeoutMs: 1000,
      topicData: [{ name: topic, partitionData: [{ index: partition, records: batch }] }],
    })
    return responses[0]!.partitionResponses[0]!
  }

  /** In a group of its own name. */
  async #commitOffset(generation: Generation, offset: number): Promise<boolean> {
    const { producerId, producerEpoch } = this.#identity!
    const identity = { transactionalId: this.name, producerId, producerEpoch }
    if (generation === 'classic') {
      const { errorCode } = await this.insist(
        () => this.client.call(apis.addOffsetsToTxn, 3, { ...identity, groupId: this.name }),
        (answer) => answer.errorCode,
      )
      if (errorCode !== 0) return false
    }
    const partitions = [{ partitionIndex: 0, committedOffset: offset, committedLeaderEpoch: -1, committedMetadata: '' }]
    const request = {
      ...identity,
      groupId: this.name,
      generationIdOrMemberEpoch: -1,
      memberId: '',
      groupInstanceId: null,
      topics: [{ name: plainTopic.name, partitions }],
    }
    const { topics } = await this.client.call(apis.txnOffsetCommit, versions[generation].offsets, request)
    if (topics[0]!.partitions[0]!.errorCode !== 0) return false
    this.#transaction!.offset = offset
    return true
  }

  /** Asks for the end until the answer is clear. @returns false when it cannot go on as it is */
  async #end(generation: Generation, transaction: Transaction, committed: boolean): Promise<boolean> {
    const { checker, random } = this.options
    const { producerId, producerEpoch } = this.#identity!
    const request = { transactionalId: this.name, producerId, producerEpoch, committed }
    this.#ending = { generation, transaction, committed }
    if (committed) checker.noteEnd(transaction, 'unknown')
    const answer = await this.insist(
      () => this.client.call(apis.endTxn, versions[generation].end, request),
      ({ errorCode }) => errorCode,
    )
    if (answer.errorCode !== 0) {
      // Its time was over: what was never taken is aborted. After an answer that was lost nobody knows.
      const { invalidProducerEpoch, producerFenced, invalidTxnState } = kafkaErrors
      const isOver = [invalidProducerEpoch, producerFenced, invalidTxnState].includes(answer.errorCode as never)
      check(isOver, `${this.name}: an end is refused: ${kafkaErrorName(answer.errorCode)}`)
      return false
    }
    checker.noteEnd(transaction, committed ? 'committed' : 'aborted')
    if (transaction.offset !== undefined && committed)
      checker.noteOffset(this.name, plainTopic.name, 0, transaction.offset)
    this.#transaction = undefined
    this.#ending = undefined
    if (generation === 'implicit') {
      check(
        answer.producerEpoch > producerEpoch,
        `${this.name} has epoch ${answer.producerEpoch} after ${producerEpoch}`,
      )
      this.#identity = answer
      this.#sequences.fill(0)
    }
    return random.chance(0.95)
  }
}
