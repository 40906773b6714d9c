// Start: from the start of the process until clients can connect, with a new data folder, and memory when idle after that.
import { setTimeout as sleep } from 'node:timers/promises'
import { compare, type Contestant } from './harness.ts'
import { residentMb, startOurs, startPeer, type Broker } from './nodes.ts'

// Long enough for both to have done what they do after a start.
const idleMs = 5000

/** Prints start time and idle memory of our node and of one Kafka broker. */
export async function bench({ rounds }: { readonly rounds: number }): Promise<void> {
  await compare({
    title: `start with a new data folder, memory after ${idleMs / 1000} s of rest`,
    command: `npm run bench -- start --rounds ${rounds}`,
    figures: [
      { name: 'start', unit: 'ms', better: 'lower' },
      { name: 'memory', unit: 'MB', better: 'lower' },
    ],
    ours: starter('millrace', startOurs),
    peers: [starter('kafka', startPeer)],
    rounds,
    warmUps: 1,
  })
}

function starter(name: string, start: () => Promise<Broker>): Contestant {
  return {
    name,
    async measure() {
      const broker = await start()
      try {
        await sleep(idleMs)
        return { start: broker.startMs, memory: residentMb(broker.pid) }
      } finally {
        await broker.stop()
      }
    },
  }
}
