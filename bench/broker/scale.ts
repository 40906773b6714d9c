// Many topics, partitions and connections: how soon a node that was killed takes records again, and what it all costs in memory.
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Admin, Producer } from '@platformatic/kafka'
import { compare, type Contestant, type FigureKind } from '../harness.ts'
import { residentMb, startOurs, startPeer, type Broker, type BrokerOptions } from '../nodes.ts'
import { command, memory, pair, type Brokers } from './brokers.ts'

const restMs = 5000
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const seconds = (name: string): FigureKind => ({ name, unit: 's', better: 'lower' })

/** 1,000 topics of 6 partitions with a record in each, kill -9: from the start of the process until a record is acknowledged. */
export async function restart(_brokers: Brokers, rounds: number): Promise<void> {
  const starters = { millrace: startOurs, kafka: startPeer }
  const contestant = (name: keyof typeof starters): Contestant & { close(): Promise<void> } => {
    let life: Life | undefined
    return {
      name,
      async measure() {
        life ??= await Life.begin(starters[name], { topics: 1000, partitions: 6 })
        return life.again()
      },
      close: async () => life?.end(),
    }
  }
  const contestants = [contestant('millrace'), contestant('kafka')] as const
  try {
    await compare({
      title: 'start after kill -9 with 1,000 topics of 6 partitions, until the first record is acknowledged',
      command: command('restart', rounds),
      figures: [seconds('first record'), memory],
      ours: contestants[0],
      peers: [contestants[1]],
      rounds,
      warmUps: 0,
    })
  } finally {
    for (const one of contestants) await one.close()
  }
}

/** The same with 10,000 partitions, ours alone: Kafka's memory as it comes does not hold them beside clients here. */
export async function partitions(_brokers: Brokers, rounds: number): Promise<void> {
  let life: Life | undefined
  try {
    await compare({
      title: 'start after kill -9 with 10 topics of 1,000 partitions, until the first record is acknowledged',
      command: command('partitions', rounds),
      figures: [seconds('first record'), memory],
      ours: {
        name: 'millrace',
        async measure() {
          life ??= await Life.begin(startOurs, { topics: 10, partitions: 1000 })
          return life.again()
        },
      },
      peers: [],
      rounds,
      warmUps: 0,
    })
  } finally {
    await life?.end()
  }
}

type Start = (options: BrokerOptions) => Promise<Broker>

/** A broker in a folder of its own that is killed and started again. */
class Life {
  readonly #start: Start
  readonly #folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  #broker: Broker | undefined

  private constructor(start: Start) {
    this.#start = start
  }

  /** Makes the topics and writes a record to each partition. */
  static async begin(start: Start, size: { topics: number; partitions: number }): Promise<Life> {
    const life = new Life(start)
    const broker = await start({ folder: life.#folder, synced: false })
    life.#broker = broker
    const names = Array.from({ length: size.topics }, (_, i) => `topic-${i}`)
    const admin = new Admin({
      clientId: 'bench',
      bootstrapBrokers: [broker.bootstrap],
      timeout: 120_000,
      retryDelay: 50,
    })
    const began = performance.now()
    const atOnce = Math.max(1, Math.floor(1000 / size.partitions))
    for (let i = 0; i < names.length; i += atOnce)
      await admin.createTopics({ topics: names.slice(i, i + atOnce), partitions: size.partitions, replicas: 1 })
    await admin.close()
    const producer = new Producer({
      clientId: 'bench',
      bootstrapBrokers: [broker.bootstrap],
      timeout: 120_000,
      retryDelay: 50,
    })
    for (let i = 0; i < names.length; i += atOnce) {
      const messages = names
        .slice(i, i + atOnce)
        .flatMap((topic) =>
          Array.from({ length: size.partitions }, (_, partition) => ({ topic, partition, value: Buffer.alloc(100) })),
        )
      await sendOnceTaken(producer, messages)
    }
    await producer.close()
    console.log(`  made and filled in ${((performance.now() - began) / 1000).toFixed(1)} s`)
    return life
  }

  async again(): Promise<{ 'first record': number; memory: number }> {
    await this.#broker!.crash()
    const broker = await this.#start({ folder: this.#folder, synced: false })
    this.#broker = broker
    const began = performance.now()
    const producer = new Producer({
      clientId: 'bench',
      bootstrapBrokers: [broker.bootstrap],
      timeout: 120_000,
      retryDelay: 50,
    })
    await sendOnceTaken(producer, [{ topic: 'topic-1', partition: 0, value: Buffer.alloc(100) }])
    const firstMs = broker.startMs + performance.now() - began
    await producer.close()
    await sleep(restMs)
    return { 'first record': firstMs / 1000, memory: residentMb(broker.pid) }
  }

  async end(): Promise<void> {
    await this.#broker?.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** Kafka says that a topic is made before it takes records for it, and so after a start. */
async function sendOnceTaken(producer: Producer, messages: Parameters<Producer['send']>[0]['messages']): Promise<void> {
  for (const beganAt = performance.now(); ; await sleep(20)) {
    try {
      await producer.send({ messages, acks: -1 })
      return
    } catch (error) {
      if (performance.now() - beganAt > 60_000) throw error
    }
  }
}

/** 2,000 connections that have each asked for ApiVersions, then rest. */
export async function connections(brokers: Brokers, rounds: number): Promise<void> {
  const count = 2000
  await compare({
    title: `${count} connections at rest`,
    command: command('connections', rounds),
    figures: [{ name: 'added', unit: 'MB', better: 'lower' }, memory],
    ...pair(brokers, false, async (broker) => {
      const before = residentMb(broker.pid)
      const sockets: Socket[] = []
      try {
        for (let i = 0; i < count; i += 50)
          sockets.push(...(await Promise.all(Array.from({ length: 50 }, () => greet(broker)))))
        await sleep(restMs)
        const after = residentMb(broker.pid)
        if (sockets.some((socket) => socket.destroyed)) throw new Error('a connection was closed')
        return { added: Math.max(0.1, after - before), memory: after }
      } finally {
        for (const socket of sockets) socket.destroy()
        await sleep(1000)
      }
    }),
    rounds,
    warmUps: 0,
  })
}

/** A connection on which ApiVersions was asked for and answered. */
function greet(broker: Broker): Promise<Socket> {
  const [host, port] = broker.bootstrap.split(':')
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), host)
    socket.once('error', reject)
    socket.once('connect', () => socket.write(Buffer.from('0000000a00120000000000010000', 'hex')))
    socket.once('data', () => resolve(socket))
  })
}
