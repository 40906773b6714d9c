// Clients of the simulated node, each on a connection of its own that may be cut at any byte: what they do after that is what
// real clients do, and what they rely on is checked where they are.
import { encodeRecordBatch } from '../src/model/index.ts'
import { apis, kafkaErrorName, kafkaErrors } from '../src/kafka/wire/index.ts'
import type { SimulatedNetwork } from './network.ts'
import { check, ledgerTopic, plainTopic, type NodeChecker } from './node-checker.ts'
import type { Governed } from './node-governor.ts'
import type { SeededRandom } from './random.ts'
import type { Actor } from './scenario.ts'
import { ConnectionLost, nodePort, WireClient, type WireClientOptions } from './wire-client.ts'

export interface NodeActorOptions {
  readonly network: SimulatedNetwork
  readonly random: SeededRandom
  readonly checker: NodeChecker
  readonly nowMs: () => number
  readonly world: World
  /** In runs where somebody changes settings, quotas and rights. */
  readonly governed?: Governed
}

/** What the clients know of the node's disk, to judge what they are told. */
export interface World {
  /** A sync failed: from now on nothing is written in this life. */
  writesFail: boolean
  readonly counts: Record<string, number>
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Runs a piece of work over and over until it says that all is done; a lost connection begins it again. */
export abstract class NodeActor implements Actor {
  readonly name: string
  protected readonly options: NodeActorOptions
  protected client!: WireClient
  done = false
  #started = false
  #failure: unknown
  #sleeping: (() => void)[] = []
  readonly #wire: WireClientOptions

  constructor(name: string, options: NodeActorOptions, port = nodePort) {
    this.name = name
    this.options = options
    const { nowMs } = options
    this.#wire = { port, clientId: name, nowMs, onThrottle: () => this.#noteThrottle() }
  }

  #noteThrottle(): void {
    const { governed } = this.options
    check(governed?.quotaAsked.has(this.name) === true, `${this.name} is held back, though it has no quota`)
    governed.counts['throttled answers']++
  }

  /** One connection's work. @returns true when there is nothing left to do */
  protected abstract work(): Promise<boolean>

  step(): boolean {
    if (this.#failure !== undefined) throw this.#failure
    if (!this.#started) {
      this.#started = true
      this.#run().catch((error: unknown) => (this.#failure = error ?? new Error('rejected with nothing')))
    }
    for (const wake of this.#sleeping.splice(0)) wake()
    return true
  }

  async #run(): Promise<void> {
    while (!this.done) {
      try {
        this.client = await WireClient.open(this.options.network, this.#wire)
        this.done = await this.work()
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error
      }
      this.client?.close()
      await this.sleep(1 + this.options.random.below(3))
    }
  }

  /** Waits for so many steps. */
  protected async sleep(steps: number): Promise<void> {
    for (let i = 0; i < steps; i++) await new Promise<void>((resolve) => this.#sleeping.push(resolve))
  }

  /** Asks again until the answer is none of `passing`, which are errors that pass. */
  protected async insist<Answer>(
    ask: () => Promise<Answer>,
    codeOf: (answer: Answer) => number,
    passing: readonly number[] = passingErrors,
  ): Promise<Answer> {
    for (;;) {
      const answer = await ask()
      if (!passing.includes(codeOf(answer))) return answer
      await this.sleep(1 + this.options.random.below(4))
    }
  }

  /** For an idempotent producer, whose epoch is 0. */
  protected askProducerId(): Promise<{ readonly errorCode: number; readonly producerId: bigint }> {
    const request = { transactionalId: null, transactionTimeoutMs: 1000, producerId: -1n, producerEpoch: -1 }
    return this.insist(
      () => this.client.call(apis.initProducerId, 4, request),
      ({ errorCode }) => errorCode,
    )
  }
  protected producerIdOf(answer: { readonly errorCode: number; readonly producerId: bigint }): bigint {
    check(answer.errorCode === 0, `${this.name}: no producer id: ${kafkaErrorName(answer.errorCode)}`)
    return answer.producerId
  }
}

/** Of a fetch that waits for nothing and belongs to no session; with `topics` it is whole. */
export const plainFetch = {
  maxWaitMs: 0,
  minBytes: 1,
  maxBytes: 1 << 20,
  isolationLevel: 0,
  sessionId: 0,
  sessionEpoch: -1,
  forgottenTopicsData: [],
} as const

const {
  concurrentTransactions,
  coordinatorLoadInProgress,
  coordinatorNotAvailable,
  notCoordinator,
  kafkaStorageError,
} = kafkaErrors
const { unknownTopicOrPartition } = kafkaErrors
/** Errors of a node that starts, of a full disk, of a transaction that is being ended. */
export const passingErrors: readonly number[] = [
  concurrentTransactions,
  coordinatorLoadInProgress,
  coordinatorNotAvailable,
  notCoordinator,
  kafkaStorageError,
  unknownTopicOrPartition,
]

/** Makes the topics. */
export class TopicsActor extends NodeActor {
  protected async work(): Promise<boolean> {
    for (const { name, partitionCount } of [plainTopic, ledgerTopic]) {
      const request = {
        topics: [{ name, numPartitions: partitionCount, replicationFactor: 1, assignments: [], configs: [] }],
        timeoutMs: 1000,
        validateOnly: false,
      }
      const answer = await this.insist(
        () => this.client.call(apis.createTopics, 5, request),
        ({ topics }) => topics[0]!.errorCode,
      )
      const { errorCode } = answer.topics[0]!
      check(errorCode === 0 || errorCode === kafkaErrors.topicAlreadyExists, `${name}: ${kafkaErrorName(errorCode)}`)
      this.options.checker.made.add(name)
    }
    return true
  }
}

/** Deletes records that are there, now and then. */
export class TrimmerActor extends NodeActor {
  #left = 6

  protected async work(): Promise<boolean> {
    const { random, checker } = this.options
    const { name, partitionCount } = plainTopic
    for (; this.#left > 0; this.#left--) {
      await this.sleep(5 + random.below(40))
      const partitionIndex = random.below(partitionCount)
      const offset = random.below(checker.lastKnown(name, partitionIndex) + 2)
      checker.noteTrim(name, partitionIndex, offset, false)
      const request = { topics: [{ name, partitions: [{ partitionIndex, offset }] }], timeoutMs: 1000 }
      const { topics } = await this.client.call(apis.deleteRecords, 2, request)
      const { errorCode, lowWatermark } = topics[0]!.partitions[0]!
      if (errorCode !== 0) continue
      check(Number(lowWatermark) >= offset, `${name}-${partitionIndex} begins at ${lowWatermark}, not at ${offset}`)
      checker.noteTrim(name, partitionIndex, offset, true)
    }
    return true
  }
}

interface Sent {
  readonly sequence: number
  readonly values: readonly string[]
  readonly batch: Uint8Array
  baseOffset: bigint | number | undefined
  tries: number
}

/** Numbered records for one partition, up to five batches under way; repeats what was not answered, and sometimes what was. */
export class IdempotentProducer extends NodeActor {
  readonly #partition: number
  readonly #batchCount: number
  #producerId: bigint | undefined
  #made = 0
  #sequence = 0
  #unanswered: Sent[] = []
  #answered: Sent[] = []

  constructor(name: string, options: NodeActorOptions & { partition: number; batches: number }) {
    super(name, options)
    this.#partition = options.partition
    this.#batchCount = options.batches
  }

  protected async work(): Promise<boolean> {
    const { random } = this.options
    this.#producerId ??= this.producerIdOf(await this.askProducerId())
    while (this.#made < this.#batchCount || this.#unanswered.length > 0) {
      // Until the first is there only one is under way: without a state a node takes any first sequence.
      const underWay = this.#answered.length === 0 ? 1 : 1 + random.below(5)
      while (this.#unanswered.length < underWay && this.#made < this.#batchCount) this.#unanswered.push(this.#make())
      const sending = this.#unanswered.slice(0, underWay)
      const answers = sending.map((one) => this.#produce(one))
      // Refused without a look at the log, and yet answered in its turn.
      const wrong = random.chance(0.2) ? this.#produceWrong() : undefined
      // A cut is heard where the first of them is awaited.
      for (const answer of [...answers, wrong]) answer?.catch(() => {})
      for (const [i, answer] of answers.entries()) {
        const { errorCode, baseOffset } = await answer
        if (errorCode !== 0) {
          // Only what comes behind a refused batch can be out of order.
          check(
            errorCode !== kafkaErrors.outOfOrderSequence || i > 0,
            `${this.name}: sequence ${sending[0]!.sequence} is out of order, though all before it is acknowledged`,
          )
          break
        }
        this.#settle(sending[i]!, baseOffset)
      }
      // What was sent behind a refused one is answered, too, before it is sent again.
      await Promise.all(answers)
      const errorCode = (await wrong)?.errorCode ?? unknownTopicOrPartition
      check(errorCode === unknownTopicOrPartition, `a partition that is not there: ${kafkaErrorName(errorCode)}`)
      // A node knows a producer's last five; those without an answer may be among them.
      const known = this.#answered.slice(Math.max(0, this.#answered.length + this.#unanswered.length - 5))
      if (known.length > 0 && random.chance(0.15)) await this.#repeat(random.pick(known))
      await this.sleep(1)
    }
    return true
  }

  #make(): Sent {
    const { random, nowMs } = this.options
    const count = 1 + random.below(3)
    const sequence = this.#sequence
    const values = Array.from({ length: count }, (_, i) => `${this.name}#${sequence + i}`)
    const padding = random.chance(0.15) ? [{ key: 'padding', value: random.bytes(random.below(5000)) }] : []
    const records = values.map((value) => ({
      key: null,
      value: bytesOf(value),
      timestampMs: nowMs(),
      headers: padding,
    }))
    const batch = encodeRecordBatch(records, {
      producerId: this.#producerId!,
      producerEpoch: 0,
      baseSequence: sequence,
    })
    this.#sequence += count
    this.#made++
    return { sequence, values, batch, baseOffset: undefined, tries: 0 }
  }

  /** To a partition that is not there. */
  #produceWrong(): Promise<{ errorCode: number }> {
    const records = [{ key: null, value: bytesOf(`${this.name}-ghost#0`), timestampMs: this.options.nowMs() }]
    return this.#send(encodeRecordBatch(records), 99)
  }

  async #produce(one: Sent): Promise<{ errorCode: number; baseOffset: bigint | number }> {
    const { checker, governed } = this.options
    const format = governed?.format.watch()
    one.tries++
    const answer = await this.#send(one.batch, this.#partition)
    const known = format?.()
    // One that is sent again may have been taken long ago.
    if (answer.errorCode === 0 && known && one.tries === 1)
      checker.noteFormat(plainTopic.name, this.#partition, Number(answer.baseOffset), known)
    return answer
  }

  async #send(batch: Uint8Array, index: number): Promise<{ errorCode: number; baseOffset: bigint | number }> {
    const version = this.options.random.pick([3, 7, 9, 11, 12])
    const { checker, world } = this.options
    const isMade = checker.made.has(plainTopic.name)
    const { writesFail } = world
    const { responses } = await this.client.call(apis.produce, version, {
      transactionalId: null,
      acks: -1,
      timeoutMs: 1000,
      topicData: [{ name: plainTopic.name, partitionData: [{ index, records: batch }] }],
    })
    const answer = responses[0]!.partitionResponses[0]!
    this.#judge(answer.errorCode, index === this.#partition, isMade, writesFail)
    return answer
  }

  /** @param writesFail when it was sent */
  #judge(errorCode: number, isThere: boolean, isMade: boolean, writesFail: boolean): void {
    const { world } = this.options
    if (writesFail && isThere && isMade) {
      check(errorCode === kafkaStorageError, `${this.name}: though syncs fail it is told ${kafkaErrorName(errorCode)}`)
      world.counts['refused after a failed sync']!++
    }
    const isUnknown = errorCode === unknownTopicOrPartition && !(isThere && isMade)
    const isExpected = isUnknown || [0, kafkaStorageError, kafkaErrors.outOfOrderSequence].includes(errorCode as never)
    check(isExpected, `${this.name} is refused: ${kafkaErrorName(errorCode)}`)
    if (errorCode === kafkaStorageError) world.counts['refused for the disk']!++
  }

  #settle(one: Sent, baseOffset: bigint | number): void {
    one.baseOffset = baseOffset
    this.options.checker.noteAcknowledged(plainTopic.name, this.#partition, Number(baseOffset), one.values)
    this.#unanswered = this.#unanswered.filter((other) => other !== one)
    this.#answered.push(one)
  }

  /** As a request that the network doubled: it is answered as before, and changes nothing. */
  async #repeat(one: Sent): Promise<void> {
    const { errorCode, baseOffset } = await this.#produce(one)
    if (passingErrors.includes(errorCode)) return
    check(errorCode === 0, `${this.name}: sequence ${one.sequence}, sent again: ${kafkaErrorName(errorCode)}`)
    check(baseOffset === one.baseOffset, `${this.name}: sequence ${one.sequence} is now at ${baseOffset}`)
    this.options.checker.counts.repeated++
  }
}
