// A process that writes to a log as fast as it is acknowledged, until it is killed. What was acknowledged goes to stdout,
// a line each, after it happened: a line that arrived is a promise that must hold.
import { writeSync } from 'node:fs'
import { encodeRecordBatch } from '../src/model/index.ts'
import {
  coordinatorPartition,
  encodeOffsetRecord,
  lockDataFolder,
  offsetsTopic,
  openLogClient,
  startLogWorker,
  type LogClient,
} from '../src/log/index.ts'
import { ledger, ledgerState } from './ledger.ts'
import { tagText } from './log-checker.ts'
import { createRandom } from './random.ts'
import { TransactionActor, type TransactionNotes } from './transaction-actor.ts'
import {
  group,
  keysOf,
  outputs,
  owner,
  paddingBytes,
  partitionCount,
  plainTopics,
  topic,
  type TortureLine,
} from './torture-plan.ts'

const [folder = '', life = ''] = process.argv.slice(2)
const say = (line: TortureLine): void => void writeSync(1, `${JSON.stringify(line)}\n`)
const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const headers = [{ key: 'padding', value: new Uint8Array(paddingBytes) }]
const random = createRandom(Number(life) + 1)
/** One life in eight writes as fast as it is acknowledged; the others leave room, so that a thousand can be checked. */
const rushes = random.chance(0.125)
const pauseMsMax = 8

async function pause(): Promise<void> {
  if (rushes) await new Promise((resolve) => setImmediate(resolve))
  else await new Promise((resolve) => setTimeout(resolve, random.below(pauseMsMax)))
}

async function produce(client: LogClient, partition: number): Promise<void> {
  const by = `life${life}/${partition}`
  const producerId = await client.nextProducerId()
  for (let number = 0; ;) {
    const values = Array.from({ length: 1 + (number % 7) }, (_, i) => tagText({ by, number: number + i }))
    const records = values.map((value) => ({ key: null, value: encode(value), timestampMs: Date.now(), headers }))
    const batch = encodeRecordBatch(records, { producerId, producerEpoch: 0, baseSequence: number })
    const outcome = await client.append(topic, partition, batch)
    if (!outcome.ok) throw new Error(outcome.message)
    say({ kind: 'append', topic, partition, baseOffset: outcome.baseOffset, values })
    number += values.length
    await pause()
  }
}

/** A producer without an id, in any codec that Node brings. */
async function producePlainly(client: LogClient, name: string): Promise<void> {
  const by = `life${life}/plain`
  const keyCount = keysOf(name)
  for (let number = 0; ;) {
    const values = Array.from({ length: 1 + random.below(5) }, (_, i) => tagText({ by, number: number + i }))
    const keys = keyCount > 0 ? values.map(() => `key-${random.below(keyCount)}`) : undefined
    const records = values.map((value, i) => {
      return { key: keys ? encode(keys[i]!) : null, value: encode(value), timestampMs: Date.now(), headers }
    })
    const batch = encodeRecordBatch(records, { compression: random.pick(['none', 'gzip', 'zstd'] as const) })
    const outcome = await client.append(name, 0, batch)
    if (!outcome.ok) throw new Error(outcome.message)
    const { baseOffset } = outcome
    say({ kind: 'append', topic: name, partition: 0, baseOffset, values, ...(keys ? { keys } : {}) })
    number += values.length
    await pause()
  }
}

/** A consumer group's offsets, as its coordinator writes them. */
async function commitOffsets(client: LogClient): Promise<void> {
  const partition = coordinatorPartition(group, offsetsTopic.partitionCount)
  for (let offset = Number(life) * 1_000_000; ; offset++) {
    const commitTimestampMs = Date.now()
    const commit = { group, topic, partition: 0, offset, leaderEpoch: -1, metadata: '', commitTimestampMs }
    const batch = encodeRecordBatch([{ ...encodeOffsetRecord(commit), timestampMs: commitTimestampMs }])
    const outcome = await client.append(offsetsTopic.name, partition, batch)
    if (!outcome.ok) throw new Error(outcome.message)
    say({ kind: 'offset', offset })
    await pause()
  }
}

async function commit(client: LogClient): Promise<void> {
  for (let epoch = (client.last(owner)?.epoch ?? 0) + 1; ; epoch++) {
    const value = encode(tagText({ by: owner, number: epoch }))
    const record = { key: null, value, timestampMs: Date.now(), headers }
    const appends = outputs.map((output) => ({ ...output, batches: encodeRecordBatch([record]) }))
    const groupOffsets = [{ group: owner, topic: 'input', partition: 0, offset: epoch, metadata: '' }]
    say({ kind: 'submit', epoch })
    client.submit({ owner, epoch, appends, groupOffsets, position: new Uint8Array(8), stateFiles: [] })
    let outcome
    while (!(outcome = client.outcome(owner))) await new Promise((resolve) => setImmediate(resolve))
    if (!outcome.ok) throw new Error(outcome.message)
    say({ kind: 'commit', epoch })
    await pause()
  }
}

/** Transactions over two partitions and a group's offsets, committed, aborted, and left open by the kill. */
async function transact(client: LogClient): Promise<void> {
  const by = 'transactions'
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
  const after = Number(life) * 100_000
  const options = { transactions: Infinity, after, random: random.fork(), checker, nowMs: () => Date.now() }
  const actor = new TransactionActor(by, options)
  actor.attach(client)
  for (;;) {
    if (actor.step()) await pause()
    else await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

lockDataFolder(folder)
const onFailure = (error: Error): never => {
  throw error
}
// Small files and short intervals, so that checkpoints, new segments, retention and compaction fall into every life.
const limits = {
  journalBytesMax: 2 << 20,
  segmentBytesMax: 1 << 20,
  checkpointIntervalMs: 50,
  retentionIntervalMs: 50,
  compactionStepBytes: 64 << 10,
}
const startedAt = performance.now()
const worker = await startLogWorker({ folder, durability: 'synced', clients: ['main'], limits, onFailure })
const client = openLogClient(worker.clientPort('main'))
const openMs = Math.round(performance.now() - startedAt)
for (const one of [{ name: topic, partitionCount }, ...plainTopics, ledger, ledgerState, offsetsTopic])
  if (!client.topic(one.name)) await client.createTopic(one)
say({ kind: 'up', openMs })
await Promise.all([
  ...Array.from({ length: partitionCount }, (_, partition) => produce(client, partition)),
  ...plainTopics.map(({ name }) => producePlainly(client, name)),
  commitOffsets(client),
  commit(client),
  transact(client),
])
