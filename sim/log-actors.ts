// Who uses the log in the simulation: idempotent producers that retry, committers of epochs, a reader that follows. They
// live outside of the process that crashes; attach() gives them the next life's client.
import { encodeRecordBatch, type CommitGroup } from '../src/model/index.ts'
import type { LogClient, LogReader } from '../src/log/index.ts'
import { readAll, tagText, type LogChecker } from './log-checker.ts'
import type { SeededRandom } from './random.ts'
import type { Actor } from './scenario.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

interface Waiting {
  readonly sequence: number
  readonly values: readonly string[]
  readonly keys: readonly string[] | undefined
  readonly batch: Uint8Array
  sent: boolean
}

interface ProducerOptions {
  readonly topic: string
  readonly partition: number
  readonly batches: number
  /** How many keys; 0 for records without. */
  readonly keys: number
  readonly random: SeededRandom
  readonly checker: LogChecker
  readonly nowMs: () => number
}

/** Writes numbered records to one partition, several batches under way, and repeats what was not answered. */
export class ProducerActor implements Actor {
  readonly name: string
  readonly #options: ProducerOptions
  #client: LogClient | undefined
  #producerId: bigint | undefined
  #asking = false
  #waiting: Waiting[] = []
  #made = 0
  #nextSequence = 0
  #acknowledged = 0
  /** Answers to what was sent before a repeat, or in another life, are told apart by this. */
  #attempt = 0

  constructor(name: string, options: ProducerOptions) {
    this.name = name
    this.#options = options
  }

  attach(client: LogClient): void {
    this.#client = client
    this.#asking = false
    this.#repeat()
  }

  get done(): boolean {
    return this.#made === this.#options.batches && this.#waiting.length === 0
  }

  step(): boolean {
    const { random, topic, partition } = this.#options
    const client = this.#client!
    client.poll()
    if (client.topic(topic) === undefined) return false
    if (this.#producerId === undefined) {
      this.#askId(client)
      return false
    }
    // Before the first success only one is under way: without state the log takes any first sequence, as Kafka does.
    const underWayMax = this.#acknowledged === 0 ? 1 : 3
    if (this.#waiting.length < underWayMax && this.#made < this.#options.batches && random.chance(0.7)) this.#make()
    for (const one of this.#waiting) {
      if (one.sent) continue
      one.sent = true
      const attempt = this.#attempt
      void client.append(topic, partition, one.batch).then((outcome) => {
        if (outcome.ok) this.#settle(one, outcome.baseOffset)
        else if (attempt === this.#attempt) this.#repeat()
      })
    }
    return true
  }

  #askId(client: LogClient): void {
    if (this.#asking) return
    this.#asking = true
    client.nextProducerId().then(
      (id) => {
        if (this.#client !== client) return
        this.#options.checker.noteProducerId(id)
        this.#producerId = id
      },
      () => void (this.#asking = false),
    )
  }

  #make(): void {
    const { random, keys, nowMs } = this.#options
    const count = 1 + random.below(3)
    const values = Array.from({ length: count }, (_, i) => tagText({ by: this.name, number: this.#nextSequence + i }))
    const padding = random.chance(0.1) ? random.below(3000) : 0
    const keyTexts = keys > 0 ? values.map(() => `key-${random.below(keys)}`) : undefined
    const records = values.map((value, i) => ({
      key: keyTexts ? encode(keyTexts[i]!) : null,
      value: encode(value),
      timestampMs: nowMs(),
      headers: padding > 0 ? [{ key: 'padding', value: random.bytes(padding) }] : [],
    }))
    const batch = encodeRecordBatch(records, {
      producerId: this.#producerId!,
      producerEpoch: 0,
      baseSequence: this.#nextSequence,
    })
    this.#waiting.push({ sequence: this.#nextSequence, values, keys: keyTexts, batch, sent: false })
    this.#nextSequence += count
    this.#made++
  }

  #settle(one: Waiting, baseOffset: number): void {
    const { checker, topic, partition } = this.#options
    checker.noteAcknowledged(topic, partition, baseOffset, one.values, one.keys)
    this.#acknowledged++
    this.#waiting = this.#waiting.filter((other) => other !== one)
  }

  #repeat(): void {
    this.#attempt++
    for (const one of this.#waiting) one.sent = false
  }
}

interface CommitterOptions {
  readonly outputs: readonly { topic: string; partition: number }[]
  readonly epochs: number
  readonly checker: LogChecker
  readonly nowMs: () => number
}

/** Commits epochs, each with one record to each output and a group offset; dies with the process. */
export class CommitterActor implements Actor {
  readonly name: string
  readonly #options: CommitterOptions
  #client: LogClient | undefined
  #epoch = 0
  #underWay = false
  #broken = false

  constructor(name: string, options: CommitterOptions) {
    this.name = name
    this.#options = options
  }

  attach(client: LogClient): void {
    this.#client = client
    this.#underWay = false
    this.#broken = false
    this.#epoch = client.last(this.name)?.epoch ?? 0
  }

  get done(): boolean {
    return this.#epoch >= this.#options.epochs
  }

  step(): boolean {
    const client = this.#client!
    const { outputs, checker } = this.#options
    client.poll()
    if (this.#underWay) return this.#takeOutcome(client)
    if (this.done || this.#broken || outputs.some(({ topic }) => client.topic(topic) === undefined)) return false
    const epoch = this.#epoch + 1
    checker.noteSubmitted(this.name, epoch)
    this.#underWay = client.submit(this.#group(epoch))
    return true
  }

  #group(epoch: number): CommitGroup {
    const { outputs, nowMs } = this.#options
    const record = { key: null, value: encode(tagText({ by: this.name, number: epoch })), timestampMs: nowMs() }
    return {
      owner: this.name,
      epoch,
      appends: outputs.map((output) => ({ ...output, batches: encodeRecordBatch([record]) })),
      groupOffsets: [{ group: this.name, topic: 'input', partition: 0, offset: epoch, metadata: '' }],
      position: encode(String(epoch)),
      stateFiles: [{ path: `state/${epoch}`, size: epoch, crc: epoch }],
    }
  }

  #takeOutcome(client: LogClient): boolean {
    const outcome = client.outcome(this.name)
    if (!outcome) return false
    this.#underWay = false
    if (outcome.ok) {
      this.#epoch = outcome.epoch
      this.#options.checker.noteCommitted(this.name, outcome.epoch)
      const last = client.last(this.name)
      if (last?.epoch !== outcome.epoch || Buffer.from(last.position).toString() !== String(outcome.epoch)) {
        throw new Error(`${this.name}: epoch ${outcome.epoch} was acknowledged, but the last is ${last?.epoch}`)
      }
    } else if (outcome.reason === 'fenced') throw new Error(`${this.name}: ${outcome.message}`)
    else if (outcome.reason === 'failed') this.#broken = true
    return true
  }
}

/** Follows all partitions and tells the checker what it sees. */
export class ReaderActor implements Actor {
  readonly name = 'reader'
  readonly #random: SeededRandom
  readonly #checker: LogChecker
  #reader: LogReader | undefined
  readonly #offsets = new Map<string, number>()

  constructor(random: SeededRandom, checker: LogChecker) {
    this.#random = random
    this.#checker = checker
  }

  attach(reader: LogReader): void {
    this.#reader = reader
  }

  step(): boolean {
    const reader = this.#reader!
    const topics = reader.topics()
    if (topics.length === 0) return false
    const { name, partitionCount } = this.#random.pick(topics)
    const partition = this.#random.below(partitionCount)
    const at = `${name}-${partition}`
    const from = Math.max(this.#offsets.get(at) ?? 0, reader.startOffset(name, partition))
    const records = readAll(reader, name, partition, from)
    this.#checker.noteSeen(name, partition, records)
    if (records.length > 0) this.#offsets.set(at, records.at(-1)!.offset + 1)
    return true
  }
}

/** Makes topics, writes to them, grows them and deletes them again, each under a name of its own. */
export class TopicActor implements Actor {
  readonly name = 'topics'
  readonly #client: LogClient
  readonly #random: SeededRandom
  readonly #checker: LogChecker
  #underWay = false

  constructor(client: LogClient, random: SeededRandom, checker: LogChecker) {
    this.#client = client
    this.#random = random
    this.#checker = checker
  }

  step(): boolean {
    this.#client.poll()
    if (this.#underWay || this.#random.chance(0.7)) return false
    this.#underWay = true
    const standing = this.#checker.standingTopics()
    const work =
      standing.length < 2 || this.#random.chance(0.3) ? this.#make() : this.#change(this.#random.pick(standing))
    void work.then(() => void (this.#underWay = false))
    return true
  }

  async #make(): Promise<void> {
    const name = `temporary-${this.#random.uint32()}`
    const outcome = await this.#client.createTopic({ name, partitionCount: 1 })
    if (outcome.ok) this.#checker.noteTopic(name, 'standing')
  }

  async #change(name: string): Promise<void> {
    if (this.#random.chance(0.4)) {
      this.#checker.noteTopic(name, 'deleting')
      const outcome = await this.#client.deleteTopic(name)
      if (outcome.ok) this.#checker.noteTopic(name, 'deleted')
      return
    }
    const value = tagText({ by: 'topics', number: this.#checker.nextOf(name) })
    const batch = encodeRecordBatch([{ key: null, value: encode(value), timestampMs: 1_700_000_000_000 }])
    const outcome = await this.#client.append(name, 0, batch)
    if (outcome.ok) this.#checker.noteAcknowledged(name, 0, outcome.baseOffset, [value])
  }
}
