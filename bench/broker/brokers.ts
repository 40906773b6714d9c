// What the parts of the broker's benchmark share: a broker of each kind, started when first asked for, Java's tools as
// clients, and memory as it was at its highest while they ran.
import { kafkaJava, kafkaTool, type KafkaTool } from '../../peers/index.ts'
import type { Contestant, FigureKind } from '../harness.ts'
import { residentMb, startCeiling, startOurs, startPeer, type Broker } from '../nodes.ts'

export type Part = (brokers: Brokers, rounds: number) => Promise<void>

/** 'keeps nothing' and 'only syncs' are no brokers: what the client can do, and what the disk leaves of it. */
export type BrokerKind = 'millrace' | 'kafka' | 'keeps nothing' | 'only syncs'

const starters: Readonly<Record<BrokerKind, (synced: boolean) => Promise<Broker>>> = {
  millrace: (synced) => startOurs({ synced }),
  kafka: (synced) => startPeer({ synced }),
  'keeps nothing': () => startCeiling('nothing'),
  'only syncs': () => startCeiling('synced'),
}

export class Brokers {
  readonly #started = new Map<string, Promise<Broker>>()

  get(who: BrokerKind, synced: boolean): Promise<Broker> {
    const name = `${who} ${synced}`
    let broker = this.#started.get(name)
    if (!broker) {
      broker = starters[who](synced)
      this.#started.set(name, broker)
    }
    return broker
  }

  async stop(): Promise<void> {
    for (const broker of this.#started.values()) await (await broker).stop()
    this.#started.clear()
  }
}

export const command = (part: string, rounds: number): string =>
  `BROKER=${part} npm run bench -- broker --rounds ${rounds}`
export const promise = (synced: boolean): string => (synced ? 'synced' : 'not synced')

/** Both contestants with the same promise; `measure` is handed the broker. */
export function pair(
  brokers: Brokers,
  synced: boolean,
  measure: (broker: Broker, round: number) => Promise<Readonly<Record<string, number>>>,
  peers: readonly BrokerKind[] = ['kafka'],
): { ours: Contestant; peers: readonly Contestant[] } {
  const contestant = (who: BrokerKind): Contestant => ({
    name: who,
    measure: async (round) => measure(await brokers.get(who, synced), round),
  })
  return { ours: contestant('millrace'), peers: peers.map(contestant) }
}

export const rate: FigureKind = { name: 'rate', unit: 'records/s', better: 'higher' }
export const memory: FigureKind = { name: 'memory', unit: 'MB', better: 'lower' }

/** The most memory that a broker had, looked at ten times a second, while `run` ran. */
export async function peakMemory<T>(broker: Broker, run: () => Promise<T>): Promise<{ result: T; memory: number }> {
  let most = residentMb(broker.pid)
  const timer = setInterval(() => (most = Math.max(most, residentMb(broker.pid))), 100)
  try {
    return { result: await run(), memory: most }
  } finally {
    clearInterval(timer)
  }
}

export async function createTopic(broker: Broker, topic: string, partitions: number): Promise<void> {
  await tool(broker, 'kafka-topics', ['--create', '--topic', topic, '--partitions', String(partitions)])
}
export async function deleteTopic(broker: Broker, topic: string): Promise<void> {
  await tool(broker, 'kafka-topics', ['--delete', '--topic', topic])
}

export async function tool(broker: Broker, name: KafkaTool, args: readonly string[]): Promise<string> {
  const server = ['--bootstrap-server', broker.bootstrap]
  const { code, stdout, stderr } = await kafkaTool(name, [...server, ...args], { timeoutMs: 300_000 })
  if (code !== 0) throw new Error(`${name} ${args.join(' ')}: ${stdout}${stderr}`)
  return stdout
}

/** The numbers that one of the Java programs beside this file prints. */
export async function javaNumbers(program: string, args: readonly string[]): Promise<number[]> {
  const path = `${import.meta.dirname}/${program}`
  const { code, stdout, stderr } = await kafkaJava(path, args, { timeoutMs: 300_000 })
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: ${stdout}${stderr}`)
  return stdout.trim().split('\n').at(-1)!.split(' ').map(Number)
}
