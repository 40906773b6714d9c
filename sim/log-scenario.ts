// The log under crashes: several lives of one log worker, each ended by a crash at some change of the disk, between them
// full disks and failed syncs; producers, committers and a reader go on; the checker looks after each start.
import { Doorbell, MillraceError } from '../src/base/index.ts'
import {
  createLog,
  createLogPort,
  LogBody,
  openLogClient,
  openLogReader,
  type Durability,
  type Log,
  type LogClient,
  type LogLimits,
  type LogReader,
  type NewTopic,
} from '../src/log/index.ts'
import { createClock } from './clock.ts'
import { createDisk, SimulatedCrash, type SimulatedDisk } from './disk.ts'
import { CommitterActor, ProducerActor, ReaderActor, TopicActor } from './log-actors.ts'
import { ledger, ledgerState } from './ledger.ts'
import { LogChecker } from './log-checker.ts'
import { createRandom, type SeededRandom } from './random.ts'
import { TransactionActor } from './transaction-actor.ts'
import { stepAll, type Actor, type RunReport, type Scenario } from './scenario.ts'

/** So small that every edge is met within a few hundred steps. */
const limits: Partial<LogLimits> = {
  journalBytesMax: 40 << 10,
  journalChunkBytesMin: 8 << 10,
  journalChunkBytesMax: 16 << 10,
  groupRequestsMax: 4,
  segmentBytesMax: 1500,
  indexIntervalBytes: 200,
  partitionsMax: 128,
  openFilesMax: 3,
  producerIdBlock: 2,
  checkpointIntervalMs: 200,
  checkpointRetryMs: 20,
  retentionIntervalMs: 50,
  // Both ways of taking up what is found.
  startSyncFilesMax: 1,
}
const topics: NewTopic[] = [
  { name: 'plain', partitionCount: 2, configs: {} },
  { name: 'short', partitionCount: 1, configs: { 'retention.bytes': '4000' } },
  {
    name: 'compacted',
    partitionCount: 1,
    configs: { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0', 'max.compaction.lag.ms': '150' },
  },
  ledger,
  ledgerState,
]
const outputs = [
  { topic: 'plain', partition: 0 },
  { topic: 'plain', partition: 1 },
]
const livesMax = 5
const stepsMax = 120
/** A fault-free life must finish everything in this many steps. */
const finalStepsMax = 3000

export const logScenario: Scenario = { name: 'log', run: (seed) => new Run(seed).run() }

interface Life {
  readonly log: Log
  readonly body: LogBody
  readonly clients: readonly LogClient[]
  readonly reader: LogReader
}

class Run {
  readonly #random: SeededRandom
  readonly #disk: SimulatedDisk
  readonly #clock = createClock()
  readonly #checker = new LogChecker()
  readonly #producers: ProducerActor[]
  readonly #committers: CommitterActor[]
  readonly #transactors: TransactionActor[]
  readonly #follower: ReaderActor
  /** Weaker ones promise only to outlive the process, so then nothing worse happens. */
  readonly #durability: Durability
  #crashes = 0

  constructor(seed: number) {
    this.#random = createRandom(seed)
    this.#durability = this.#random.chance(0.8) ? 'synced' : this.#random.pick(['interval', 'os'] as const)
    this.#disk = createDisk(this.#random.fork())
    const { checker } = { checker: this.#checker }
    const nowMs = (): number => this.#clock.nowMs()
    const producer = (name: string, topic: string, partition: number, keys = 0): ProducerActor =>
      new ProducerActor(name, { topic, partition, batches: 12, keys, random: this.#random, checker, nowMs })
    this.#producers = [
      producer('a', 'plain', 0),
      producer('b', 'plain', 0),
      producer('c', 'plain', 1),
      producer('d', 'short', 0),
      producer('e', 'compacted', 0, 3),
      // Between transactions of others.
      producer('f', 'ledger', 0),
    ]
    this.#committers = ['pipeline/one', 'pipeline/two'].map(
      (name) => new CommitterActor(name, { outputs, epochs: 10, checker, nowMs }),
    )
    this.#transactors = ['teller', 'clerk'].map(
      (name) => new TransactionActor(name, { transactions: 12, random: this.#random, checker, nowMs }),
    )
    this.#follower = new ReaderActor(this.#random, checker)
  }

  async run(): Promise<RunReport> {
    const lives = 1 + this.#random.below(livesMax)
    for (let life = 0; life < lives; life++) await this.#live()
    this.#calm()
    const last = this.#open()
    await this.#finish(last)
    last.body.close()
    this.#check(this.#open())
    return { crashes: this.#crashes, acknowledged: this.#checker.acknowledged }
  }

  #calm(): void {
    this.#disk.crashAt = undefined
    this.#disk.capacityBytes = Infinity
    this.#disk.syncFailure = 0
  }

  /** One life with faults, up to a crash or, when none came, a kill. */
  async #live(): Promise<void> {
    const disk = this.#disk
    const random = this.#random
    this.#calm()
    if (random.chance(0.8)) disk.crashAt = disk.operations + random.below(random.pick([20, 150, 600]))
    if (this.#durability === 'synced' && random.chance(0.2)) disk.syncFailure = 0.03
    try {
      const life = this.#open()
      const actors = this.#attach(life)
      for (let step = 0; step < stepsMax && !life.log.failed; step++) {
        if (random.chance(0.02)) disk.capacityBytes = disk.usedBytes + random.below(6000)
        if (random.chance(0.1)) disk.capacityBytes = Infinity
        await stepAll(actors, random)
        this.#clock.advance(random.below(10))
      }
    } catch (error) {
      const isFault =
        error instanceof SimulatedCrash || (error instanceof MillraceError && error.code.startsWith('MR-BASE-'))
      if (!isFault) throw error
    }
    this.#crashes++
    disk.crash(this.#durability === 'synced' && random.chance(0.7) ? 'power' : 'process')
  }

  #open(): Life {
    const log = createLog({
      disk: this.#disk,
      clock: this.#clock,
      random: this.#random,
      limits,
      durability: this.#durability,
    })
    const bell = new Doorbell()
    const ports = ['one', 'two'].map((name) =>
      createLogPort(name, log.share, bell, { requestRingBytes: 4096, replyRingBytes: 1024 }),
    )
    const body = new LogBody(log, ports, limits)
    const clients = ports.map((port) => openLogClient(port, { loop: false }))
    const life: Life = { log, body, clients, reader: openLogReader(log.share, this.#disk, { limits }) }
    this.#check(life)
    return life
  }

  #check({ log, reader }: Life): void {
    const damage = log.damages()[0]
    if (damage)
      throw new Error(
        `${damage.topic}-${damage.partition} is damaged at ${damage.file}:${damage.position}: ${damage.reason}`,
      )
    const owners = new Map(this.#committers.map((one) => [one.name, outputs]))
    this.#checker.checkAll(reader, owners, (owner) => log.last(owner)?.epoch ?? 0)
  }

  #attach(life: Life): Actor[] {
    const [one, two] = life.clients
    this.#producers.forEach((producer, i) => producer.attach(i % 2 === 0 ? one! : two!))
    this.#committers.forEach((committer, i) => committer.attach(i % 2 === 0 ? one! : two!))
    this.#transactors.forEach((transactor, i) => transactor.attach(i % 2 === 0 ? one! : two!))
    this.#follower.attach(life.reader)
    return [
      { name: 'log', step: () => life.body.step() },
      topicMaker(one!),
      new TopicActor(two!, this.#random, this.#checker),
      ...this.#producers,
      ...this.#committers,
      ...this.#transactors,
      this.#follower,
    ]
  }

  async #finish(life: Life): Promise<void> {
    const actors = this.#attach(life)
    const done = (): boolean => [...this.#producers, ...this.#committers, ...this.#transactors].every((one) => one.done)
    for (let step = 0; !done(); step++) {
      if (step > finalStepsMax) throw new Error('writing does not come to an end, though nothing fails any more')
      await stepAll(actors, this.#random)
      this.#clock.advance(this.#random.below(10))
    }
    this.#check(life)
  }
}

/** Makes the topics that are missing. */
function topicMaker(client: LogClient): Actor {
  let asked = false
  return {
    name: 'topics',
    step() {
      const missing = topics.find(({ name }) => client.topic(name) === undefined)
      if (!missing || asked) return false
      asked = true
      void client.createTopic(missing).then(() => void (asked = false))
      return true
    },
  }
}
