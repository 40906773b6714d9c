// Consuming with Java's perf tool, each consumer in a process and group of its own: what is there already, and what is being
// produced at the same time.
import { compare } from '../harness.ts'
import type { Broker } from '../nodes.ts'
import { parsePerformance } from '../produce.bench.ts'
import { command, createTopic, deleteTopic, memory, pair, peakMemory, rate, tool, type Brokers } from './brokers.ts'

/** From the start: only the time after a consumer has joined its group counts. */
export async function consume(brokers: Brokers, rounds: number): Promise<void> {
  const records = 1_000_000
  for (const who of ['millrace', 'kafka'] as const) {
    const broker = await brokers.get(who, false)
    await createTopic(broker, 'history', 6)
    await produceRecords(broker, 'history', records)
  }
  for (const consumers of [1, 8]) {
    await compare({
      title: `consume from the start, 500 bytes, 6 partitions, ${consumers} consumers, each reads all`,
      command: command('consume', rounds),
      figures: [rate, memory],
      ...pair(brokers, false, async (broker, round) => {
        const { result, memory: peak } = await peakMemory(broker, () =>
          Promise.all(
            Array.from({ length: consumers }, (_, n) =>
              consumeRecords(broker, { topic: 'history', group: `from-start-${consumers}-${n}-${round}`, records }),
            ),
          ),
        )
        return { rate: result.reduce((sum, each) => sum + each.rate, 0), memory: peak }
      }),
      rounds,
      warmUps: 1,
    })
  }
}

/** From the tail: consumers wait in an empty topic; counted from the first record sent until all have read all. */
export async function tail(brokers: Brokers, rounds: number): Promise<void> {
  const records = 1_000_000
  for (const consumers of [1, 8]) {
    await compare({
      title: `consume from the tail while 500-byte records are produced, 6 partitions, ${consumers} consumers, each reads all`,
      command: command('tail', rounds),
      figures: [rate, memory],
      ...pair(brokers, false, async (broker, round) => {
        const topic = `tail-${consumers}-${round < 0 ? 'warm' : ''}${Math.abs(round)}`
        await createTopic(broker, topic, 6)
        const { result, memory: peak } = await peakMemory(broker, async () => {
          const read = Promise.all(
            Array.from({ length: consumers }, (_, n) =>
              consumeRecords(broker, { topic, group: `${topic}-${n}`, records }),
            ),
          )
          // Their processes start, and join their groups.
          await new Promise((resolve) => setTimeout(resolve, 3000 + consumers * 1000))
          const { startedAtMs } = await produceRecords(broker, topic, records)
          const endedAtMs = Math.max(...(await read).map((one) => one.endedAtMs))
          return (consumers * records * 1000) / (endedAtMs - startedAtMs)
        })
        await deleteTopic(broker, topic)
        return { rate: result, memory: peak }
      }),
      rounds,
      warmUps: 1,
    })
  }
}

async function produceRecords(broker: Broker, topic: string, records: number): Promise<{ startedAtMs: number }> {
  const work = ['--num-records', `${records}`, '--record-size', '500', '--throughput', '-1']
  const { rate: perSecond } = parsePerformance(
    await tool(broker, 'kafka-producer-perf-test', ['--topic', topic, ...work]),
    records,
  )
  return { startedAtMs: Date.now() - (records / perSecond) * 1000 }
}

async function consumeRecords(
  broker: Broker,
  { topic, group, records }: { topic: string; group: string; records: number },
): Promise<{ rate: number; endedAtMs: number }> {
  const of = ['--topic', topic, '--group', group, '--num-records', `${records}`, '--timeout', '60000']
  const output = await tool(broker, 'kafka-consumer-perf-test', of)
  const lines = output.trim().split('\n')
  const heads = lines.find((line) => line.startsWith('start.time'))?.split(', ') ?? []
  const values = lines.at(-1)?.split(', ') ?? []
  const found = Number(values[heads.indexOf('fetch.nMsg.sec')])
  // '2026-01-31 12:00:00:123'
  const endedAtMs = Date.parse((values[heads.indexOf('end.time')] ?? '').replace(/:(\d+)$/, '.$1'))
  const count = Number(values[heads.indexOf('data.consumed.in.nMsg')])
  if (!(found > 0) || !(endedAtMs > 0) || count < records)
    throw new Error(`not what kafka-consumer-perf-test should say: ${output}`)
  return { rate: found, endedAtMs }
}
