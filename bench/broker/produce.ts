// Producing and latency. Produce: Java's perf tool with acks=all, in its own settings (batches of 16 KiB) and in larger ones;
// beside both a broker that keeps nothing and one that only syncs, which tell what that tool and this disk can do at all.
import { Consumer, Producer, stringDeserializers } from '@platformatic/kafka'
import { compare } from '../harness.ts'
import type { Broker } from '../nodes.ts'
import { parsePerformance } from '../produce.bench.ts'
import {
  command,
  createTopic,
  deleteTopic,
  memory,
  pair,
  peakMemory,
  promise,
  rate,
  tool,
  type BrokerKind,
  type Brokers,
} from './brokers.ts'

/** One setting of the perf tool. */
interface Work {
  readonly bytes: number
  readonly records: number
  readonly partitions: number
  readonly batchKb: number
}

// So many that the tool's own warming up is a small part: ten seconds at half a million records a second, or at 100 MB/s.
const sizes = [
  { bytes: 100, records: 5_000_000 },
  { bytes: 1000, records: 1_000_000 },
]
const works: readonly Work[] = [16, 64].flatMap((batchKb) =>
  sizes.flatMap((size) => [1, 6].map((partitions) => ({ ...size, partitions, batchKb }))),
)

/** PRODUCE narrows it to the settings whose title has these words in it: PRODUCE=', synced, 100 bytes, 6'. */
export async function produce(brokers: Brokers, rounds: number): Promise<void> {
  const wanted = process.env['PRODUCE'] ?? ''
  for (const synced of [false, true]) {
    const ceilings: BrokerKind[] = synced ? ['keeps nothing', 'only syncs'] : ['keeps nothing']
    for (const work of works) {
      const { bytes, partitions, batchKb } = work
      const title = `produce, ${promise(synced)}, ${bytes} bytes, ${partitions} partitions, batches of ${batchKb} KiB`
      if (!title.includes(wanted)) continue
      await compare({
        title,
        command: command('produce', rounds),
        figures: [rate, { name: 'p99', unit: 'ms', better: 'lower' }, memory],
        ...pair(brokers, synced, (broker, round) => measureProduce(broker, work, round), ['kafka', ...ceilings]),
        rounds,
        warmUps: 1,
      })
    }
  }
}

async function measureProduce(broker: Broker, work: Work, round: number): Promise<Record<string, number>> {
  const { bytes, records, partitions, batchKb } = work
  const topic = `produce-${bytes}-${partitions}-${batchKb}-${round < 0 ? 'warm' : ''}${Math.abs(round)}`
  await createTopic(broker, topic, partitions)
  const load = ['--num-records', `${records}`, '--record-size', `${bytes}`, '--throughput', '-1']
  const settings = ['--command-property', 'acks=all', `batch.size=${batchKb * 1024}`]
  const { result, memory: peak } = await peakMemory(broker, () =>
    tool(broker, 'kafka-producer-perf-test', ['--topic', topic, ...load, ...settings]),
  )
  await deleteTopic(broker, topic)
  return { ...parsePerformance(result, records), memory: peak }
}

/** At 10,000 records/s, from the call that sends until the consumer has it, measured by one process's clock. */
export async function latency(brokers: Brokers, rounds: number): Promise<void> {
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
