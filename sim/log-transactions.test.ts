// A transaction over several partitions and a group's offsets ends in one record of the journal: a crash at any change of
// the disk, and in the recovery after it, leaves all of it or nothing.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  coordinatorPartition,
  createLocalLog,
  createLog,
  encodeOffsetRecord,
  decodeOffsetRecord,
  offsetsTopic,
  type LocalLog,
  type LogLimits,
} from '../src/log/index.ts'
import { encodeRecordBatch } from '../src/model/index.ts'
import { createClock } from './clock.ts'
import { createDisk, SimulatedCrash, type SimulatedDisk } from './disk.ts'
import { readAll } from './log-checker.ts'
import { createRandom } from './random.ts'

const limits: Partial<LogLimits> = {
  journalBytesMax: 30_000,
  journalChunkBytesMin: 8192,
  segmentBytesMax: 600,
  partitionsMax: 128,
  producerIdBlock: 2,
}
const group = 'copier'
const place = coordinatorPartition(group, offsetsTopic.partitionCount)
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

interface Known {
  /** Numbers of transactions whose end was acknowledged. */
  readonly committed: Set<number>
  readonly aborted: Set<number>
  next: number
}

function batch(
  number: number,
  records: readonly { key: Uint8Array | null; value: Uint8Array }[],
  sequence = 0,
): Uint8Array {
  const options = { producerId: 7n, producerEpoch: number, baseSequence: sequence, transactional: true }
  return encodeRecordBatch(
    records.map((record) => ({ ...record, timestampMs: number })),
    options,
  )
}

/** Every third transaction is aborted. */
async function work(log: LocalLog, known: Known, until: number): Promise<void> {
  if (!log.topic('a')) log.createTopicNow({ name: 'a', partitionCount: 2, configs: { 'retention.ms': '-1' } })
  if (!log.topic(offsetsTopic.name)) log.createTopicNow(offsetsTopic)
  for (const { producerId } of await log.openTransactions()) {
    const producerEpoch = known.next
    const ended = await log.endTransaction({
      producerId,
      producerEpoch,
      coordinatorEpoch: 0,
      commits: false,
      appends: [],
    })
    assert.ok(ended.ok)
  }
  while (known.next < until) {
    const number = known.next++
    const value = bytes(`value ${number}`)
    for (const partition of [0, 1])
      assert.ok((await log.append('a', partition, batch(number, [{ key: null, value }]))).ok)
    const record = {
      group,
      topic: 'in',
      partition: 0,
      offset: number,
      leaderEpoch: -1,
      metadata: '',
      commitTimestampMs: 1,
    }
    assert.ok((await log.append(offsetsTopic.name, place, batch(number, [encodeOffsetRecord(record)], -1))).ok)
    const commits = number % 3 !== 0
    const ended = await log.endTransaction({
      producerId: 7n,
      producerEpoch: number + 1,
      coordinatorEpoch: 0,
      commits,
      appends: [],
    })
    assert.ok(ended.ok && ended.ended.length === 3)
    ;(commits ? known.committed : known.aborted).add(number)
    while (log.log.maintain());
  }
}

function check(log: LocalLog, known: Known): void {
  if (!log.topic('a') || !log.topic(offsetsTopic.name)) return assert.equal(known.committed.size, 0)
  const numbersOf = (partition: number): number[] =>
    readAll(log, 'a', partition).map(({ value }) => Number(value!.slice('value '.length)))
  const numbers = numbersOf(0)
  assert.deepEqual(numbersOf(1), numbers, 'each is in both partitions, or in none')
  assert.equal(new Set(numbers).size, numbers.length)
  for (const number of known.committed) assert.ok(numbers.includes(number), `${number} was committed`)
  for (const number of known.aborted) assert.ok(!numbers.includes(number), `${number} was aborted`)
  assert.ok(numbers.every((number) => number % 3 !== 0))
  const offsets = readAll(log, offsetsTopic.name, place).map(({ key, value }) => {
    const decoded = decodeOffsetRecord(Buffer.from(key!, 'latin1'), Buffer.from(value!, 'latin1'))
    return decoded!.commit!.offset
  })
  assert.equal(offsets.at(-1), numbers.at(-1), 'the offsets are of the same transactions')
}

async function live(disk: SimulatedDisk, known: Known, until: number): Promise<boolean> {
  try {
    // Another stream in each life: topic ids must not repeat.
    const random = createRandom(disk.operations)
    const log = createLocalLog(createLog({ disk, clock: createClock(), random, limits }), disk, limits)
    check(log, known)
    await work(log, known, until)
    check(log, known)
    log.close()
    return true
  } catch (error) {
    if (error instanceof SimulatedCrash) return false
    throw error
  }
}

test('a crash at each change of the disk leaves each transaction whole, with its offsets, or nothing of it', async () => {
  const fresh = (): Known => ({ committed: new Set(), aborted: new Set(), next: 1 })
  const whole = createDisk(createRandom(1))
  await live(whole, fresh(), 10)
  const changes = whole.operations
  assert.ok(changes > 100, `${changes} changes of the disk`)
  for (let crashAt = 0; crashAt < changes; crashAt++) {
    const disk = createDisk(createRandom(crashAt))
    const known = fresh()
    disk.crashAt = crashAt
    assert.equal(await live(disk, known, 10), false)
    disk.crash(crashAt % 3 === 0 ? 'process' : 'power')
    disk.crashAt = disk.operations + (crashAt % 29)
    if (!(await live(disk, known, 12))) disk.crash(crashAt % 2 === 0 ? 'process' : 'power')
    disk.crashAt = undefined
    assert.equal(await live(disk, known, 15), true)
    assert.equal(await live(disk, known, 15), true)
  }
})
