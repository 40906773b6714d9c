// Produce: Kafka's own kafka-producer-perf-test against our node and against real Kafka, one partition, one client, no
// compression, acks=all. Ours acknowledges what is synced; Kafka is shown as it comes (not synced) and synced.
import { kafkaTool } from '../peers/index.ts'
import { compare, type Contestant } from './harness.ts'
import { startOurs, startPeer, type Broker } from './nodes.ts'

const sizes = [
  { bytes: 100, records: 500_000 },
  { bytes: 1000, records: 100_000 },
]

interface Options {
  readonly rounds: number
}

/** Prints both record sizes. */
export async function bench({ rounds }: Options): Promise<void> {
  const brokers: Broker[] = []
  try {
    const ours = await startOurs()
    brokers.push(ours)
    const plain = await startPeer()
    brokers.push(plain)
    const synced = await startPeer({ synced: true })
    brokers.push(synced)
    for (const { bytes, records } of sizes) {
      await compare({
        title: `produce, records of ${bytes} bytes, ${records.toLocaleString('en-US')} a round`,
        command: `npm run bench -- produce --rounds ${rounds}`,
        figures: [
          { name: 'rate', unit: 'records/s', better: 'higher' },
          { name: 'p99', unit: 'ms', better: 'lower' },
        ],
        ours: producer('millrace', ours, bytes, records),
        peers: [
          producer('kafka, not synced', plain, bytes, records),
          producer('kafka, synced', synced, bytes, records),
        ],
        rounds,
        warmUps: 1,
      })
    }
  } finally {
    for (const broker of brokers) await broker.stop()
  }
}

function producer(name: string, broker: Broker, bytes: number, records: number): Contestant {
  return {
    name,
    async measure(round) {
      const topic = `produce-${bytes}-${round < 0 ? 'warm' : ''}${Math.abs(round)}`
      const server = ['--bootstrap-server', broker.bootstrap]
      await mustTool('kafka-topics', [...server, '--create', '--topic', topic, '--partitions', '1'])
      const work = ['--num-records', String(records), '--record-size', String(bytes), '--throughput', '-1']
      const settings = ['--command-property', 'acks=all', 'linger.ms=5', 'batch.size=65536']
      const said = await mustTool('kafka-producer-perf-test', [...server, '--topic', topic, ...work, ...settings])
      await mustTool('kafka-topics', [...server, '--delete', '--topic', topic])
      return parsePerformance(said, records)
    },
  }
}

async function mustTool(name: Parameters<typeof kafkaTool>[0], args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await kafkaTool(name, args, { timeoutMs: 300_000 })
  if (code !== 0) throw new Error(`${name} ${args.join(' ')}: ${stdout}${stderr}`)
  return stdout
}

/**
 * Reads the last line of kafka-producer-perf-test: "N records sent, R records/sec (…), …, L ms 99th, …".
 * @throws Error when it has not sent them all
 */
export function parsePerformance(output: string, records: number): { rate: number; p99: number } {
  const line = output.trimEnd().split('\n').at(-1) ?? ''
  const found = /^(\d+) records sent, ([\d.]+) records\/sec.*?(\d+) ms 99th/.exec(line)
  if (!found || Number(found[1]) !== records) throw new Error(`not all of ${records} records were sent: ${line}`)
  return { rate: Number(found[2]), p99: Number(found[3]) }
}
