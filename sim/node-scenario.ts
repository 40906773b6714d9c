// The node's broker whole, under seeded time, disk and network: Kafka's protocol in front of the log, clients on connections
// that are cut at any byte, several lives that end by a crash at some change of the disk, slow and full disks, failed syncs.
// The checker looks at the log after each start; consumers look at all times.
import { Doorbell, MillraceError, type Clock } from '../src/base/index.ts'
import { createKafkaServer, type KafkaServer } from '../src/kafka/server/index.ts'
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
} from '../src/log/index.ts'
import { createAuthorizer, type AccessRule } from '../src/model/index.ts'
import { createClock } from './clock.ts'
import { createDisk, SimulatedCrash, type SimulatedDisk } from './disk.ts'
import { createNetwork, type SimulatedNetwork } from './network.ts'
import {
  IdempotentProducer,
  TopicsActor,
  TrimmerActor,
  type NodeActor,
  type NodeActorOptions,
  type World,
} from './node-actors.ts'
import { NodeChecker } from './node-checker.ts'
import { Governed, GovernorActor, guest, guestPort, GuestReader, GuestWriter } from './node-governor.ts'
import { KeyedProducer, KeyedReader, KeyedTeller, KeyedTopicActor } from './node-keyed.ts'
import { KeyedChecker } from './node-keyed-checker.ts'
import { consumerFormat, MemberActor } from './node-member.ts'
import { ModernMemberActor } from './node-modern-member.ts'
import { rot, RotReader } from './node-rot.ts'
import { ShifterActor, ShiftMember, ShiftProducer } from './node-shifting.ts'
import { ShiftingChecker } from './node-shifting-checker.ts'
import { TellerActor } from './node-teller.ts'
import { createRandom, type SeededRandom } from './random.ts'
import { stepAll, type Actor, type RunReport, type Scenario } from './scenario.ts'
import { nodePort } from './wire-client.ts'

/** So small that every edge is met within a few hundred steps. */
const limits: Partial<LogLimits> = {
  journalBytesMax: 60 << 10,
  journalChunkBytesMin: 8 << 10,
  journalChunkBytesMax: 16 << 10,
  groupRequestsMax: 4,
  segmentBytesMax: 4000,
  indexIntervalBytes: 200,
  partitionsMax: 64,
  openFilesMax: 3,
  producerIdBlock: 2,
  checkpointIntervalMs: 200,
  checkpointRetryMs: 20,
  retentionIntervalMs: 50,
  startSyncFilesMax: 1,
}
/** What the guest may, unless it is taken from him. */
const guestRules: readonly AccessRule[] = [
  { principal: guest, effect: 'allow', actions: ['read', 'write'], resourceType: 'topic', resource: '*' },
]
const livesMax = 4
const stepsMax = 150
/** In which a start, or all that is left to do in a life without faults, must come to an end. */
const finalStepsMax = 6000

export const nodeScenario: Scenario = { name: 'node', run: (seed) => new Run(seed).run() }

interface Life {
  readonly log: Log
  readonly body: LogBody
  readonly client: LogClient
  readonly reader: LogReader
  /** The log's thread and the main one. */
  readonly threads: readonly Actor[]
  isAlive: boolean
}

interface StartOptions {
  /** Called with a life that begins, as it may end before the node is up. */
  readonly begun?: (life: Life) => void
  /** A bit was flipped on its disk. */
  readonly isDamaged?: boolean
}

class Run {
  readonly #random: SeededRandom
  readonly #disk: SimulatedDisk
  readonly #limits: Partial<LogLimits>
  readonly #network: SimulatedNetwork
  readonly #clock = createClock()
  readonly #checker = new NodeChecker()
  readonly #shifting = new ShiftingChecker()
  readonly #governed = new Governed()
  readonly #keyed: KeyedChecker
  readonly #world: World = {
    writesFail: false,
    counts: {
      'refused for the disk': 0,
      'refused after a failed sync': 0,
      'reads after a failed sync': 0,
      'damaged partitions read': 0,
    },
  }
  readonly #options: NodeActorOptions
  readonly #writers: readonly NodeActor[]
  #clients: readonly NodeActor[]
  /** Weaker ones promise only to outlive the process, so then nothing worse happens. */
  readonly #durability: Durability
  #fault: unknown
  #crashes = 0

  constructor(seed: number) {
    const random = (this.#random = createRandom(seed))
    this.#durability = random.chance(0.8) ? 'synced' : random.pick(['interval', 'os'] as const)
    this.#disk = createDisk(random.fork())
    this.#limits = {
      ...limits,
      compactionKeysMax: random.pick([8, 1000]),
      compactionStepBytes: random.pick([600, 100_000]),
    }
    this.#network = createNetwork(random.fork())
    this.#keyed = new KeyedChecker(random.pick([300, 3000, 20_000]))
    const options: NodeActorOptions = (this.#options = {
      network: this.#network,
      random: random.fork(),
      checker: this.#checker,
      nowMs: () => this.#clock.nowMs(),
      world: this.#world,
      governed: this.#governed,
    })
    this.#writers = [
      new TopicsActor('topics', options),
      ...[0, 0, 1].map(
        (partition, i) => new IdempotentProducer(`producer${i}`, { ...options, partition, batches: 12 }),
      ),
      new TrimmerActor('trimmer', options),
      new TellerActor('teller', { ...options, transactions: 10, timeoutMs: 60_000 }),
      new TellerActor('clerk', { ...options, transactions: 10, timeoutMs: 2000 }),
    ]
    this.#clients = this.#members(options)
    this.#clients = [...this.#writers, ...this.#clients, ...this.#extras(options)]
  }

  /** Two of the groups in each run: what a third would meet, another seed meets. */
  #members(options: NodeActorOptions): NodeActor[] {
    const isOver = (): boolean => this.#writers.every(({ done }) => done)
    const committed = { ...options, isOver, isolation: 'committed' } as const
    const groups = [
      [
        new MemberActor('reader1', { ...committed, group: 'readers' }),
        new MemberActor('reader2', { ...committed, group: 'readers', isStatic: true }),
      ],
      [
        new ModernMemberActor('modern1', { ...committed, group: 'moderns' }),
        new ModernMemberActor('modern2', { ...committed, group: 'moderns', isStatic: true }),
      ],
      [
        // A group that is rolled over from one protocol to the other.
        new MemberActor('old', { ...committed, group: 'mixed', format: consumerFormat }),
        new ModernMemberActor('new', { ...committed, group: 'mixed' }),
      ],
      [new MemberActor('watcher', { ...options, isOver, isolation: 'uncommitted', group: 'watchers' })],
    ]
    groups.splice(this.#random.below(groups.length), 1)
    groups.splice(this.#random.below(groups.length), 1)
    return groups.flat()
  }

  /** What else goes on, one thing at most in each run. */
  #extras(options: NodeActorOptions): NodeActor[] {
    const which = this.#random.below(5)
    if (which === 0) return this.#shiftingExtras(options)
    if (which === 1) return this.#keyedExtras(options)
    return which === 2 ? this.#governedExtras(options) : []
  }

  #governedExtras(options: NodeActorOptions): NodeActor[] {
    const governed = { ...options, governed: this.#governed }
    const clientIds = [...this.#writers.slice(1, 4), ...this.#clients].map(({ name }) => name)
    const governor = new GovernorActor('governor', { ...governed, clientIds })
    const guests = { ...governed, isOver: () => governor.done }
    return [governor, new GuestWriter('guestWriter', guests), new GuestReader('guestReader', guests)]
  }

  #keyedExtras(options: NodeActorOptions): NodeActor[] {
    const keyed = { ...options, keyed: this.#keyed }
    const writers = [
      new KeyedTopicActor('keyedTopic', keyed),
      new KeyedProducer('keyedProducer', keyed),
      new KeyedTeller('keyedTeller', keyed),
    ]
    return [...writers, new KeyedReader('keyedReader', { ...keyed, isOver: () => writers.every(({ done }) => done) })]
  }

  #shiftingExtras(options: NodeActorOptions): NodeActor[] {
    const shifting = { ...options, shifting: this.#shifting }
    const shifter = new ShifterActor('shifter', shifting)
    const isOver = (): boolean => shifter.done
    const producers = [1, 2].map((i) => new ShiftProducer(`shiftProducer${i}`, { ...shifting, isOver }))
    const isAllOver = (): boolean => isOver() && producers.every(({ done }) => done)
    const members = [1, 2].map(
      (i) => new ShiftMember(`shiftMember${i}`, { ...shifting, group: 'shifts', isOver: isAllOver }),
    )
    const teller = new TellerActor('shiftTeller', { ...shifting, transactions: 8, timeoutMs: 60_000 })
    return [shifter, teller, ...producers, ...members]
  }

  async run(): Promise<RunReport> {
    const lives = 1 + this.#random.below(livesMax)
    for (let life = 0; life < lives; life++) await this.#live()
    this.#calm()
    const { life, server } = await this.#start()
    for (let step = 0; this.#clients.some(({ done }) => !done); step++) {
      if (step > finalStepsMax) throw new Error(`not at an end though nothing fails any more: ${this.#unfinished()}`)
      await this.#step(life)
    }
    await this.#stop(life, server)
    this.#checkAll(this.#open().reader)
    // What retention takes is not read.
    if (this.#random.chance(0.25) && this.#governed.counts['settings changed'] === 0) await this.#rot()
    const { acknowledged, counts } = this.#checker
    const all = {
      ...counts,
      ...this.#world.counts,
      ...this.#governed.counts,
      ...this.#shifting.counts,
      ...this.#keyed.counts,
      'cut connections': this.#network.cuts,
    }
    return { crashes: this.#crashes, acknowledged, counts: all }
  }

  /** The last life: a bit flips before it. */
  async #rot(): Promise<void> {
    this.#disk.crash('process')
    const { reader } = this.#open()
    const found = rot(this.#disk, this.#random, reader)
    this.#disk.crash('process')
    if (!found) return
    this.#clients = [new RotReader('rotReader', { ...this.#options, rot: found })]
    const { life } = await this.#start({ isDamaged: true })
    for (let step = 0; this.#clients.some(({ done }) => !done); step++) {
      if (step > finalStepsMax) throw new Error('the damaged log is not read to its end')
      await this.#step(life)
    }
    life.isAlive = false
  }

  #checkAll(reader: LogReader): void {
    this.#checker.checkAll(reader)
    this.#shifting.checkAll(reader)
    this.#keyed.checkAll(reader, this.#clock.nowMs())
  }

  #unfinished(): string {
    return this.#clients
      .filter(({ done }) => !done)
      .map(({ name }) => name)
      .join(', ')
  }

  #calm(): void {
    this.#disk.crashAt = undefined
    this.#disk.capacityBytes = Infinity
    this.#disk.syncFailure = 0
    this.#network.cutChance = 0
  }

  /** One life with faults, up to a crash, a kill, or a stop as by Ctrl-C. */
  async #live(): Promise<void> {
    const disk = this.#disk
    const random = this.#random
    this.#calm()
    if (random.chance(0.8)) disk.crashAt = disk.operations + random.below(random.pick([20, 150, 800]))
    if (this.#durability === 'synced' && random.chance(0.2)) disk.syncFailure = 0.03
    this.#network.cutChance = random.pick([0, 0.005, 0.03])
    let life: Life | undefined
    try {
      const started = await this.#start({ begun: (one) => (life = one) })
      for (let step = 0; step < stepsMax && !started.life.log.failed; step++) {
        if (random.chance(0.02)) disk.capacityBytes = disk.usedBytes + random.below(8000)
        if (random.chance(0.1)) disk.capacityBytes = Infinity
        await this.#step(started.life)
      }
      if (started.life.log.failed) await this.#liveWithoutWrites(started.life)
      if (random.chance(0.2)) {
        this.#calm()
        await this.#stop(started.life, started.server)
      }
    } catch (error) {
      if (!isFaultOfTheWorld(error)) throw error
    }
    this.#world.writesFail = false
    if (life) life.isAlive = false
    this.#crashes++
    this.#network.dropServer()
    disk.crash(this.#durability === 'synced' && random.chance(0.7) ? 'power' : 'process')
  }

  /** A sync failed: until the restart nothing is taken, and what was acknowledged is read. */
  async #liveWithoutWrites(life: Life): Promise<void> {
    this.#world.writesFail = true
    this.#network.cutChance = 0
    for (let step = 0; step < 30; step++) await this.#step(life)
  }

  async #step(life: Life): Promise<void> {
    await stepAll([...life.threads, this.#network, ...this.#clients], this.#random)
    // Now and then so long that sessions and transactions are over.
    this.#clock.advance(this.#random.chance(0.01) ? 3000 + this.#random.below(5000) : this.#random.below(20))
    if (this.#fault !== undefined) throw this.#fault
  }

  #open(): Omit<Life, 'threads' | 'isAlive'> {
    const { durability, disk, random, limits } = {
      durability: this.#durability,
      disk: this.#disk,
      random: this.#random,
      limits: this.#limits,
    }
    const log = createLog({ disk, clock: this.#clock, random, limits, durability })
    const bell = new Doorbell()
    const port = createLogPort('kafka', log.share, bell, { requestRingBytes: 16384, replyRingBytes: 4096 })
    const body = new LogBody(log, [port], limits)
    const client = openLogClient(port, { loop: false })
    return { log, body, client, reader: openLogReader(log.share, disk, { limits }) }
  }

  async #start({ begun = () => {}, isDamaged = false }: StartOptions = {}): Promise<{
    life: Life
    server: KafkaServer
  }> {
    const random = this.#random
    const opened = this.#open()
    const { log, body, client, reader } = opened
    // A slow disk takes many steps of everybody else for one of its own.
    const pace = random.pick([1, 1, 0.5, 0.1])
    const threads: Actor[] = [
      { name: 'log', step: () => random.chance(pace) && body.step() },
      { name: 'node', step: () => (client.poll(), true) },
    ]
    const life: Life = { ...opened, threads, isAlive: true }
    begun(life)
    const damage = log.damages()[0]
    if (damage && !isDamaged) throw new Error(`${damage.topic}-${damage.partition} is damaged: ${damage.reason}`)
    if (!isDamaged) this.#checkAll(reader)
    // A process that is gone has no timers.
    const clock: Clock = {
      ...this.#clock,
      after: (delayMs, run) => this.#clock.after(delayMs, () => void (life.isAlive && run())),
    }
    const authorizer = createAuthorizer({ rules: guestRules, superUsers: ['User:anonymous'] })
    let server: KafkaServer | undefined
    let failure: unknown
    createKafkaServer({
      log: client,
      reader,
      net: this.#network,
      clock,
      random,
      authorize: authorizer.authorize,
      authorizer,
      listeners: [{ name: 'GUESTS', protocol: 'PLAINTEXT', host: '127.0.0.1', port: guestPort, anonymous: guest }],
      meter: { add() {}, set() {} },
      host: '127.0.0.1',
      port: nodePort,
      clusterId: 'simulated',
      settings: { offsetsPartitionCount: 2, transactionsPartitionCount: 2 },
      // Memory that is used again too early shows at once.
      limits: { slabBytesMin: 64 },
      onFault: (error) => {
        if (life.isAlive && !isFaultOfTheWorld(error)) this.#fault = error
      },
    }).then(
      (one) => (server = one),
      (error: unknown) => (failure = error),
    )
    for (let step = 0; server === undefined; step++) {
      if (failure !== undefined) throw failure
      if (log.failed)
        throw new MillraceError('MR-BASE-003', { details: { action: 'sync', path: 'log', reason: 'failed' } })
      if (step > finalStepsMax) throw new Error('the node does not come up')
      await this.#step(life)
    }
    return { life, server }
  }

  async #stop(life: Life, server: KafkaServer): Promise<void> {
    let isStopped = false
    void server.stop().then(() => (isStopped = true))
    for (let step = 0; !isStopped; step++) {
      if (step > finalStepsMax) throw new Error('the node does not stop')
      await this.#step(life)
    }
    life.isAlive = false
    this.#network.dropServer()
    life.body.close()
  }
}

const isFaultOfTheWorld = (error: unknown): boolean =>
  error instanceof SimulatedCrash || (error instanceof MillraceError && /^MR-(BASE|LOG)-/.test(error.code))
