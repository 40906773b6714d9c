// Transactions and rebalances, with programs on Java's clients that lie beside this file.
import { compare, type FigureKind } from '../harness.ts'
import { command, createTopic, javaNumbers, memory, pair, peakMemory, promise, type Brokers } from './brokers.ts'

export async function transactions(brokers: Brokers, rounds: number): Promise<void> {
  for (const synced of [false, true]) {
    for (const producers of [1, 8]) {
      await compare({
        title: `transactions of 100 records of 100 bytes over 6 partitions, ${promise(synced)}, ${producers} producers`,
        command: command('transactions', rounds),
        figures: [
          { name: 'rate', unit: 'transactions/s', better: 'higher' },
          { name: 'p50', unit: 'ms', better: 'lower' },
          { name: 'p99', unit: 'ms', better: 'lower' },
          memory,
        ],
        ...pair(brokers, synced, async (broker, round) => {
          const topic = `transactions-${producers}-${round < 0 ? 'warm' : ''}${Math.abs(round)}`
          await createTopic(broker, topic, 6)
          const { result, memory: peak } = await peakMemory(broker, () =>
            javaNumbers('Transactions.java', [broker.bootstrap, topic, `${producers}`, '5']),
          )
          const [rate, p50, p99] = result
          return { rate: rate!, p50: p50!, p99: p99!, memory: peak }
        }),
        rounds,
        warmUps: 1,
      })
    }
  }
}

const ms = (name: string): FigureKind => ({ name, unit: 'ms', better: 'lower' })

export async function rebalance(brokers: Brokers, rounds: number): Promise<void> {
  for (const protocol of ['classic', 'consumer']) {
    await compare({
      title: `a group of 50 members over 100 partitions, protocol ${protocol}: until each partition has its member`,
      command: command('rebalance', rounds),
      figures: [ms('all join'), ms('one more'), ms('one leaves'), memory],
      ...pair(brokers, false, async (broker, round) => {
        const topic = `rebalance-${protocol}-${round < 0 ? 'warm' : ''}${Math.abs(round)}`
        await createTopic(broker, topic, 100)
        const { result, memory: peak } = await peakMemory(broker, () =>
          javaNumbers('Rebalance.java', [broker.bootstrap, topic, topic, protocol, '50']),
        )
        const [all, more, left] = result
        return { 'all join': all!, 'one more': more!, 'one leaves': left!, memory: peak }
      }),
      rounds,
      warmUps: 1,
    })
  }
}
