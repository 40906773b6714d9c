// A process that writes to a log as fast as it is acknowledged, until it is killed. What was acknowledged goes to stdout,
// a line each, after it happened: a line that arrived is a promise that must hold.
import { writeSync } from 'node:fs'
import { encodeRecordBatch } from '../src/model/index.ts'
import { lockDataFolder, offsetsTopic, openLogClient, startLogWorker, type LogClient } from '../src/log/index.ts'
import { ledger, ledgerState } from './ledger.ts'
import { tagText } from './log-checker.ts'
import { createRandom } from './random.ts'
import { TransactionActor, type TransactionNotes } from './transaction-actor.ts'
import { outputs, owner, partitionCount, recordBytes, topic, type TortureLine } from './torture-plan.ts'

const [folder = '', life = ''] = process.argv.slice(2)
const say = (line: TortureLine): void => void writeSync(1, `${JSON.stringify(line)}\n`)
const encode = (text: string): Uint8Array => new TextEncoder().encode(text.padEnd(recordBytes))

async function produce(client: LogClient, partition: number): Promise<void> {
  const by = `life${life}/${partition}`
  const producerId = await client.nextProducerId()
  for (let number = 0; ;) {
    const values = Array.from({ length: 1 + (number % 7) }, (_, i) => tagText({ by, number: number + i }))
    const records = values.map((value) => ({ key: null, value: encode(value), timestampMs: Date.now() }))
    const batch = encodeRecordBatch(records, { producerId, producerEpoch: 0, baseSequence: number })
    const outcome = await client.append(topic, partition, batch)
    if (!outcome.ok) throw new Error(outcome.message)
    say({ kind: 'append', partition, baseOffset: outcome.baseOffset, values })
    number += values.length
  }
}

async function commit(client: LogClient): Promise<void> {
  for (let epoch = (client.last(owner)?.epoch ?? 0) + 1; ; epoch++) {
    const record = { key: null, value: encode(tagText({ by: owner, number: epoch })), timestampMs: Date.now() }
    const appends = outputs.map((output) => ({ ...output, batches: encodeRecordBatch([record]) }))
    const groupOffsets = [{ group: owner, topic: 'input', partition: 0, offset: epoch, metadata: '' }]
    say({ kind: 'submit', epoch })
    client.submit({ owner, epoch, appends, groupOffsets, position: new Uint8Array(8), stateFiles: [] })
    let outcome
    while (!(outcome = client.outcome(owner))) await new Promise((resolve) => setImmediate(resolve))
    if (!outcome.ok) throw new Error(outcome.message)
    say({ kind: 'commit', epoch })
  }
}

/** Transactions over two partitions and a group's offsets, committed, aborted, and left open by the kill. */
async function transact(client: LogClient): Promise<void> {
  const by = `transactions/${life}`
  for (const { producerId, producerEpoch } of await client.openTransactions()) {
    // Above any epoch of an end whose answer was lost.
    const fence = { producerId, producerEpoch: producerEpoch + 2, coordinatorEpoch: 0, commits: false, appends: [] }
    const outcome = await client.endTransaction(fence)
    if (!outcome.ok) throw new Error(outcome.message)
  }
  const checker: TransactionNotes = {
    noteTransaction: (_by, number) => say({ kind: 'transaction', by, number }),
    noteInTransaction: (_by, number, record) => say({ kind: 'within', by, number, record }),
    noteEnded: (_by, number, { commits, offset = null }) => say({ kind: 'ended', by, number, commits, offset }),
    noteProducerId() {},
  }
  const options = { transactions: Infinity, random: createRandom(Number(life)), checker, nowMs: () => Date.now() }
  const actor = new TransactionActor(by, options)
  actor.attach(client)
  for (;;) {
    actor.step()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

lockDataFolder(folder)
const onFailure = (error: Error): never => {
  throw error
}
// Small files, so that checkpoints and new segments fall into every life.
const limits = { journalBytesMax: 2 << 20, segmentBytesMax: 1 << 20, checkpointIntervalMs: 50 }
const worker = await startLogWorker({ folder, durability: 'synced', clients: ['main'], limits, onFailure })
const client = openLogClient(worker.clientPort('main'))
for (const one of [{ name: topic, partitionCount }, ledger, ledgerState, offsetsTopic])
  if (!client.topic(one.name)) await client.createTopic(one)
say({ kind: 'up' })
await Promise.all([
  ...Array.from({ length: partitionCount }, (_, partition) => produce(client, partition)),
  commit(client),
  transact(client),
])
