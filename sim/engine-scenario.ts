// Log and engine together under crashes: the shop's pipelines run on a log worker's body over simulated rings and disk, and
// lives end at any change of the disk, with torn and reordered unsynced writes, full disks and failed syncs. The rows come
// from a history that a committer appends exactly once. At the end the outputs must be those of a run without any fault:
// nothing lost, nothing doubled. Beside it backups are taken, whose disk loses power too; the last cut, restored, goes on to
// the same end.
import { deepStrictEqual } from 'node:assert'
import { Doorbell, MillraceError } from '../src/base/index.ts'
import { createPipelinesBody, type PipelinesBody } from '../src/engine/index.ts'
import { shopHistory, shopSpecs, shopTopics, type ShopBatch } from '../src/engine/shop-kit.ts'
import { noMeter, noSchemaIds, openTestLog, readTopic, recordsOf } from '../src/engine/test-kit.ts'
import {
  createLog,
  createLogPort,
  LogBackup,
  LogBody,
  openLogClient,
  openLogReader,
  restoreLog,
  verifyLog,
  type Log,
  type LogClient,
  type LogCut,
  type LogLimits,
  type LogReader,
} from '../src/log/index.ts'
import type { CommitGroup, TopicReader } from '../src/model/index.ts'
import { createClock, type SteppedClock } from './clock.ts'
import { createDisk, SimulatedCrash, type SimulatedDisk } from './disk.ts'
import { createRandom, type SeededRandom } from './random.ts'
import { stepAll, type Actor, type RunReport, type Scenario } from './scenario.ts'

const logLimits: Partial<LogLimits> = {
  journalBytesMax: 60 << 10,
  journalChunkBytesMin: 8 << 10,
  journalChunkBytesMax: 16 << 10,
  groupRequestsMax: 4,
  segmentBytesMax: 4000,
  indexIntervalBytes: 400,
  partitionsMax: 256,
  openFilesMax: 8,
  checkpointIntervalMs: 300,
  checkpointRetryMs: 20,
  retentionIntervalMs: 100,
}
const livesMax = 6
const stepsMax = 150
const finalStepsMax = 6000
const historySteps = 14

export const engineScenario: Scenario = { name: 'engine', run: (seed) => new Run(seed).run() }

interface Life {
  readonly log: Log
  readonly logBody: LogBody
  readonly engine: PipelinesBody
  readonly generator: LogClient
  readonly reader: LogReader
}

class Run {
  readonly #random: SeededRandom
  #disk: SimulatedDisk
  readonly #copyDisk: SimulatedDisk
  /** The last whole one on #copyDisk. */
  #cut: LogCut | undefined
  readonly #clock: SteppedClock = createClock()
  readonly #history: readonly ShopBatch[]
  /** Several instances write enriched rows out of order, up to a jump of the watermark. */
  readonly #enrichedDelayMs: number
  #crashes = 0

  constructor(seed: number) {
    this.#random = createRandom(seed)
    this.#disk = createDisk(this.#random.fork())
    this.#copyDisk = createDisk(this.#random.fork())
    this.#history = shopHistory(seed, historySteps)
    this.#enrichedDelayMs = this.#random.chance(0.5) ? 10 : 100_000
  }

  #parallelism(): number {
    return this.#enrichedDelayMs === 10 ? 1 : 1 + this.#random.below(3)
  }

  async run(): Promise<RunReport> {
    const lives = 1 + this.#random.below(livesMax)
    for (let life = 0; life < lives; life++) await this.#live()
    this.#calm()
    const last = this.#open()
    await this.#finish(last)
    const expected = expectedOutcome(this.#history)
    deepStrictEqual(outcomeOf(last.reader), expected)
    deepStrictEqual(verifyLog(this.#disk).problems, [])
    if (this.#cut) deepStrictEqual(await this.#outcomeOfRestored(this.#cut), expected, 'restored from a backup')
    return { crashes: this.#crashes, acknowledged: this.#history.length }
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
    if (random.chance(0.8)) disk.crashAt = disk.operations + random.below(random.pick([40, 300, 1200]))
    if (random.chance(0.15)) disk.syncFailure = 0.01
    try {
      const life = this.#open()
      const actors = this.#actors(life)
      for (let step = 0; step < stepsMax && !life.log.failed; step++) {
        if (random.chance(0.02)) disk.capacityBytes = disk.usedBytes + random.below(8000)
        if (random.chance(0.15)) disk.capacityBytes = Infinity
        await stepAll(actors, random)
        this.#clock.advance(random.below(12))
        if (random.chance(0.02)) this.#backUp(life)
      }
    } catch (error) {
      const isFault =
        error instanceof SimulatedCrash || (error instanceof MillraceError && error.code.startsWith('MR-BASE-'))
      if (!isFault) throw error
    }
    this.#crashes++
    disk.crash(random.chance(0.7) ? 'power' : 'process')
  }

  /** One pass of a backup, which may die on the way. */
  #backUp(life: Life): void {
    const copy = this.#copyDisk
    const acknowledged = life.generator.last('generator')?.epoch ?? 0
    const backup = new LogBackup({ from: this.#disk, to: copy, copied: this.#cut?.files ?? [] })
    copy.crashAt = this.#random.chance(0.3) ? copy.operations + this.#random.below(40) : undefined
    try {
      const cut = backup.pass()
      if (!cut) return
      // Whether the last frame is synced, only the next one tells.
      const { epoch } = cut.owners.get('generator') ?? { epoch: 0 }
      if (epoch < acknowledged - 1) throw new Error(`a cut has ${epoch} commits of ${acknowledged} acknowledged ones`)
      this.#cut = cut
      backup.sweep(cut)
    } catch (error) {
      if (!(error instanceof SimulatedCrash)) throw error
      copy.crash('power')
    }
  }

  async #outcomeOfRestored(cut: LogCut): Promise<unknown> {
    this.#copyDisk.crashAt = undefined
    this.#disk = createDisk(this.#random.fork())
    restoreLog({ from: this.#copyDisk, to: this.#disk, files: cut.files })
    const life = this.#open()
    for (const { name, ends } of cut.topics) deepStrictEqual(endsOf(life.reader, name), ends, `ends of ${name}`)
    await this.#finish(life)
    deepStrictEqual(verifyLog(this.#disk).problems, [])
    return outcomeOf(life.reader)
  }

  #open(): Life {
    const disk = this.#disk
    const log = createLog({ disk, clock: this.#clock, random: this.#random, limits: logLimits })
    const bell = new Doorbell()
    const ports = ['generator', 'pipelines'].map((name) =>
      createLogPort(name, log.share, bell, { requestRingBytes: 8192, replyRingBytes: 2048 }),
    )
    const logBody = new LogBody(log, ports, logLimits)
    const [generator, commit] = ports.map((port) => openLogClient(port, { loop: false }))
    const engine = createPipelinesBody({
      specs: shopSpecs(this.#enrichedDelayMs),
      reader: openLogReader(log.share, disk, { limits: logLimits }),
      commit: commit!,
      schemaIds: noSchemaIds,
      clock: this.#clock,
      disk,
      meter: noMeter,
      options: {
        epochMs: this.#random.below(40),
        epochRowsMax: 1 + this.#random.below(60),
        parallelism: this.#parallelism(),
      },
      limits: {
        retryMs: 30,
        readBytesMax: 1 + this.#random.below(3000),
        stateMergeAtOnceBytes: this.#random.below(2000),
        stateMergeStepBytes: 1 + this.#random.below(500),
      },
    })
    // What only a restart with the right files could mend must not be found after a crash.
    for (const { name, error } of engine.status()) {
      if (error && !error.code.startsWith('MR-BASE-'))
        throw new Error(`${name} does not recover: ${error.message} [${error.code}]`)
    }
    return {
      log,
      logBody,
      engine,
      generator: generator!,
      reader: openLogReader(log.share, disk, { limits: logLimits }),
    }
  }

  #actors(life: Life): Actor[] {
    return [
      { name: 'log', step: () => life.logBody.step() },
      topicMaker(life.generator, life.reader),
      new Generator(life.generator, life.reader, this.#history),
      { name: 'engine', step: () => life.engine.step() },
    ]
  }

  /** Without faults everything comes to its end. */
  async #finish(life: Life): Promise<void> {
    const actors = this.#actors(life)
    const generator = actors.find((actor) => actor instanceof Generator)!
    let asked = false
    for (let step = 0; !life.engine.status().every((each) => each.state === 'finished'); step++) {
      if (step > finalStepsMax)
        throw new Error(
          `pipelines do not come to an end: ${JSON.stringify(life.engine.status().map(({ name, state, error }) => ({ name, state, error })))}`,
        )
      await stepAll(actors, this.#random)
      this.#clock.advance(this.#random.below(12))
      if (asked || !(generator as Generator).done) continue
      asked = true
      const ends = ['checkouts', 'users', 'orders', 'repayments'].map(
        (topic) => [topic, endsOf(life.reader, topic)] as const,
      )
      life.engine.command({ kind: 'finish', ends: Object.fromEntries(ends) })
    }
  }
}

/** Appends the history in order, one batch a commit: the epoch says how far it came. */
class Generator implements Actor {
  readonly name = 'generator'
  readonly #client: LogClient
  readonly #reader: LogReader
  readonly #history: readonly ShopBatch[]
  #next: number
  #underWay = false
  #waitUntil = 0
  #steps = 0

  constructor(client: LogClient, reader: LogReader, history: readonly ShopBatch[]) {
    this.#client = client
    this.#reader = reader
    this.#history = history
    this.#next = client.last('generator')?.epoch ?? 0
  }

  get done(): boolean {
    return this.#next >= this.#history.length
  }

  step(): boolean {
    this.#client.poll()
    this.#steps++
    if (this.#underWay) {
      const outcome = this.#client.outcome('generator')
      if (!outcome) return false
      this.#underWay = false
      if (outcome.ok) this.#next++
      else if (outcome.reason !== 'retry') this.#waitUntil = Infinity
      else this.#waitUntil = this.#steps + 5
      return true
    }
    if (
      this.done ||
      this.#steps < this.#waitUntil ||
      shopTopics.some(([topic]) => this.#reader.topic(topic) === undefined)
    )
      return false
    const { format, partition, rows, kinds } = this.#history[this.#next]!
    const group: CommitGroup = {
      owner: 'generator',
      epoch: this.#next + 1,
      appends: [{ topic: format.topic, partition, batches: recordsOf(format, rows, kinds) }],
      groupOffsets: [],
      position: new Uint8Array(0),
      stateFiles: [],
    }
    this.#underWay = this.#client.submit(group)
    return this.#underWay
  }
}

/** Makes the topics that are missing. */
function topicMaker(client: LogClient, reader: LogReader): Actor {
  let asked = false
  return {
    name: 'topics',
    step() {
      const missing = shopTopics.find(([name]) => reader.topic(name) === undefined)
      if (!missing || asked) return false
      asked = true
      const [name, partitionCount] = missing
      void client
        .createTopic({ name, partitionCount, configs: { 'retention.ms': '-1' } })
        .then(() => void (asked = false))
      return true
    },
  }
}

function endsOf(reader: TopicReader, topic: string): number[] {
  return Array.from({ length: reader.partitionCount(topic) ?? 0 }, (_, p) => reader.endOffset(topic, p))
}

/** What the outputs say: append topics as sorted values, the upsert topic as its last values. */
function outcomeOf(reader: TopicReader): unknown {
  const values = (topic: string): (string | null)[] =>
    readTopic(reader, topic)
      .map((record) => record.value)
      .toSorted()
  const last = new Map<string, string | null>()
  for (const { key, value } of readTopic(reader, 'balances')) last.set(key!, value)
  return {
    enriched: values('enriched'),
    rates: values('rates'),
    quarantine: values('checkouts.quarantine'),
    balances: [...last].filter(([, value]) => value !== null).toSorted(),
  }
}

function expectedOutcome(history: readonly ShopBatch[]): unknown {
  const { log, disk } = openTestLog()
  const clock = createClock()
  for (const [name, partitionCount] of shopTopics) log.createTopicNow({ name, partitionCount })
  for (const { format, partition, rows, kinds } of history)
    log.appendNow(format.topic, partition, recordsOf(format, rows, kinds))
  const body = createPipelinesBody({
    specs: shopSpecs(),
    reader: log,
    commit: log,
    schemaIds: noSchemaIds,
    clock,
    disk,
    meter: noMeter,
  })
  body.command({
    kind: 'finish',
    ends: Object.fromEntries(
      ['checkouts', 'users', 'orders', 'repayments'].map((topic) => [topic, endsOf(log, topic)]),
    ),
  })
  while (!body.status().every((each) => each.state === 'finished')) {
    body.step()
    clock.advance(10)
  }
  return outcomeOf(log)
}
