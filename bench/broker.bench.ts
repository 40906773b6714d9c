// The broker beside Apache Kafka, with Java's own perf tools as clients: start and memory, produce, consume, latency; each pair
// promises the same (both synced before the acknowledgement, or both not). BROKER='produce consume' picks parts.
import { Consumer, Producer, stringDeserializers } from '@platformatic/kafka'
import { kafkaTool, type KafkaTool } from '../peers/index.ts'
import { compare, type Contestant, type FigureKind } from './harness.ts'
import { residentMb, startOurs, startPeer, type Broker } from './nodes.ts'
import { parsePerformance } from './produce.bench.ts'

interface Options {
  readonly rounds: number
}

type Part = (brokers: Brokers, rounds: number) => Promise<void>

/** One broker of each kind, started when it is first asked for. */
class Brokers {
  readonly #started = new Map<string, Promise<Broker>>()

  get(who: 'millrace' | 'kafka', synced: boolean): Promise<Broker> {
    const name = `${who} ${synced}`
    let broker = this.#started.get(name)
    if (!broker) {
      broker = who === 'millrace' ? startOurs({ synced }) : startPeer({ synced })
      this.#started.set(name, broker)
    }
    return broker
  }

  async stop(): Promise<void> {
    for (const broker of this.#started.values()) await (await broker).stop()
    this.#started.clear()
  }
}

/** Prints every part, or those named in BROKER. */
export async function bench({ rounds }: Options): Promise<void> {
  const wanted = process.env['BROKER']?.split(' ') ?? Object.keys(parts)
  for (const name of wanted) {
    const part = parts[name]
    if (!part) throw new Error(`BROKER names no part ${name}; there are ${Object.keys(parts).join(', ')}`)
    const brokers = new Brokers()
    try {
      await part(brokers, rounds)
    } finally {
      await brokers.stop()
    }
  }
}

const command = (part: string, rounds: number): string => `BROKER=${part} npm run bench -- broker --rounds ${rounds}`
const promise = (synced: boolean): string => (synced ? 'synced' : 'not synced')

/** Both contestants with the same promise; `measure` is handed the broker. */
function pair(
  brokers: Brokers,
  synced: boolean,
  measure: (broker: Broker, round: number) => Promise<Readonly<Record<string, number>>>,
): { ours: Contestant; peers: readonly Contestant[] } {
  const contestant = (who: 'millrace' | 'kafka'): Contestant => ({
    name: who,
    measure: async (round) => measure(await brokers.get(who, synced), round),
  })
  return { ours: contestant('millrace'), peers: [contestant('kafka')] }
}

const rate: FigureKind = { name: 'rate', unit: 'records/s', better: 'higher' }
const memory: FigureKind = { name: 'memory', unit: 'MB', better: 'lower' }

async function produce(brokers: Brokers, rounds: number): Promise<void> {
  for (const synced of [false, true]) {
    for (const { bytes, records } of [
      { bytes: 100, records: 500_000 },
      { bytes: 1000, records: 100_000 },
    ]) {
      for (const partitions of [1, 6]) {
        await compare({
          title: `produce, ${promise(synced)}, ${bytes} bytes, ${partitions} partitions`,
          command: command('produce', rounds),
          figures: [rate, { name: 'p99', unit: 'ms', better: 'lower' }, memory],
          ...pair(brokers, synced, async (broker, round) => {
            const topic = `produce-${bytes}-${partitions}-${round < 0 ? 'warm' : ''}${Math.abs(round)}`
            await createTopic(broker, topic, partitions)
            const work = ['--num-records', `${records}`, '--record-size', `${bytes}`, '--throughput', '-1']
            const settings = ['--command-property', 'acks=all', 'linger.ms=5', 'batch.size=65536']
            const said = await tool(broker, 'kafka-producer-perf-test', ['--topic', topic, ...work, ...settings])
            const used = residentMb(broker.pid)
            await tool(broker, 'kafka-topics', ['--delete', '--topic', topic])
            return { ...parsePerformance(said, records), memory: used }
          }),
          rounds,
          warmUps: 1,
        })
      }
    }
  }
}

async function consume(brokers: Brokers, rounds: number): Promise<void> {
  const records = 400_000
  for (const who of ['millrace', 'kafka'] as const) {
    const broker = await brokers.get(who, false)
    await createTopic(broker, 'history', 6)
    const work = ['--num-records', `${records}`, '--record-size', '500', '--throughput', '-1']
    await tool(broker, 'kafka-producer-perf-test', ['--topic', 'history', ...work])
  }
  for (const consumers of [1, 8]) {
    await compare({
      title: `consume from the start, 500 bytes, 6 partitions, ${consumers} consumers, each reads all`,
      command: command('consume', rounds),
      figures: [rate, memory],
      ...pair(brokers, false, async (broker, round) => {
        const read = async (n: number): Promise<number> => {
          const group = `from-start-${consumers}-${n}-${round}`
          const of = ['--topic', 'history', '--group', group, '--num-records', `${records}`, '--timeout', '60000']
          return consumedPerSecond(await tool(broker, 'kafka-consumer-perf-test', of))
        }
        const rates = await Promise.all(Array.from({ length: consumers }, (_, n) => read(n)))
        return { rate: rates.reduce((sum, each) => sum + each, 0), memory: residentMb(broker.pid) }
      }),
      rounds,
      warmUps: 1,
    })
  }
}

/** Of the tool's one line: records per second while it fetched, without the time until its group had joined. */
function consumedPerSecond(output: string): number {
  const lines = output.trim().split('\n')
  const heads = lines.find((line) => line.startsWith('start.time'))?.split(', ') ?? []
  const values = lines.at(-1)?.split(', ') ?? []
  const found = Number(values[heads.indexOf('fetch.nMsg.sec')])
  if (!(found > 0)) throw new Error(`no rate in what kafka-consumer-perf-test said: ${output}`)
  return found
}

/** At 10,000 records/s, from the call that sends until the consumer has it, measured by one process's clock. */
async function latency(brokers: Brokers, rounds: number): Promise<void> {
  for (const synced of [false, true]) {
    await compare({
      title: `from produce to consume at 10,000 records/s of 200 bytes, ${promise(synced)}`,
      command: command('latency', rounds),
      figures: [
        { name: 'p50', unit: 'ms', better: 'lower' },
        { name: 'p99', unit: 'ms', better: 'lower' },
      ],
      ...pair(brokers, synced, measureLatency),
      rounds,
      warmUps: 1,
    })
  }
}

async function measureLatency(broker: Broker, round: number): Promise<Record<string, number>> {
  const topic = `latency-${round < 0 ? 'warm' : ''}${Math.abs(round)}`
  await createTopic(broker, topic, 1)
  const bootstrapBrokers = [broker.bootstrap]
  const producer = new Producer({ clientId: 'latency', bootstrapBrokers })
  const consumer = new Consumer({
    clientId: 'latency',
    groupId: topic,
    bootstrapBrokers,
    deserializers: stringDeserializers,
    maxWaitTime: 500,
    minBytes: 1,
  })
  const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false })
  const latencies: number[] = []
  const total = 50_000
  const everyMs = 5
  const perTick = 50
  const padding = 'x'.repeat(180)
  const received = (async () => {
    for await (const message of stream) {
      latencies.push(performance.now() - Number((message.value as string).slice(0, 15)))
      if (latencies.length === total) return
    }
  })()
  const sends: Promise<unknown>[] = []
  const startedAt = performance.now()
  for (let sent = 0; sent < total; sent += perTick) {
    const due = startedAt + (sent / perTick) * everyMs
    const wait = due - performance.now()
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
    const now = performance.now().toFixed(3).padStart(15)
    const messages = Array.from({ length: perTick }, () => ({ topic, value: Buffer.from(now + padding) }))
    sends.push(producer.send({ messages, acks: -1 }))
  }
  await Promise.all(sends)
  await received
  await stream.close()
  await consumer.close(true)
  await producer.close()
  // The first second is connecting and compiling.
  const sorted = latencies.slice(10_000).toSorted((a, b) => a - b)
  return { p50: sorted[Math.floor(sorted.length * 0.5)]!, p99: sorted[Math.floor(sorted.length * 0.99)]! }
}

async function createTopic(broker: Broker, topic: string, partitions: number): Promise<void> {
  await tool(broker, 'kafka-topics', ['--create', '--topic', topic, '--partitions', String(partitions)])
}

async function tool(broker: Broker, name: KafkaTool, args: readonly string[]): Promise<string> {
  const server = ['--bootstrap-server', broker.bootstrap]
  const { code, stdout, stderr } = await kafkaTool(name, [...server, ...args], { timeoutMs: 300_000 })
  if (code !== 0) throw new Error(`${name} ${args.join(' ')}: ${stdout}${stderr}`)
  return stdout
}

const parts: Readonly<Record<string, Part>> = { produce, consume, latency }
