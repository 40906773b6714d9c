// The broker beside Apache Kafka, with Java's own tools and clients; each pair promises the same (both synced before the
// acknowledgement, or both not). BROKER='produce consume' picks parts; the parts lie in bench/broker/.
import { Brokers, type Part } from './broker/brokers.ts'
import { consume, tail } from './broker/consume.ts'
import { rebalance, transactions } from './broker/groups.ts'
import { latency, produce } from './broker/produce.ts'
import { connections, partitions, restart } from './broker/scale.ts'

const parts: Readonly<Record<string, Part>> = {
  produce,
  consume,
  tail,
  latency,
  transactions,
  rebalance,
  connections,
  restart,
  partitions,
}

/** Prints every part, or those named in BROKER. */
export async function bench({ rounds }: { readonly rounds: number }): Promise<void> {
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
