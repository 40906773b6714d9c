// Transactions in the log: what committed readers see, what outlives a kill, a clean restart, retention and compaction.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { nodeRandom, openNodeDisk, type Clock } from '../base/index.ts'
import { checkRecordBatchCrc, decodeRecords, encodeRecordBatch, recordKey, recordValue } from '../model/index.ts'
import { abortedBetween } from './aborted.ts'
import { createLocalLog, createLog, type LocalLog, type LogLimits } from './index.ts'

let folder: string
let nowMs: number
const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => nowMs, after: () => () => {} }
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-log-'))
  nowMs = 1_700_000_000_000
})
afterEach(() => rmSync(folder, { recursive: true }))

function open(limits: Partial<LogLimits> = {}): LocalLog {
  const disk = openNodeDisk(folder)
  const all = { journalChunkBytesMin: 8192, ...limits }
  return createLocalLog(createLog({ disk, clock, random: nodeRandom, limits: all }), disk, all)
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const errorOf = (outcome: { ok: true } | { ok: false; error: number }): number => (outcome.ok ? 0 : outcome.error)

interface Batch {
  epoch?: number
  transactional?: boolean
  key?: string
}
/** One batch of a producer, from a sequence on; -1 has none, as what a group coordinator writes. */
function batch(id: number, sequence: number, values: readonly string[], options: Batch = {}): Uint8Array {
  const { epoch = 0, transactional = true, key } = options
  return encodeRecordBatch(
    values.map((value) => ({ key: key === undefined ? null : bytes(key), value: bytes(value), timestampMs: nowMs })),
    { producerId: BigInt(id), producerEpoch: epoch, baseSequence: sequence, transactional },
  )
}
const plain = (value: string, key?: string): Uint8Array =>
  encodeRecordBatch([{ key: key === undefined ? null : bytes(key), value: bytes(value), timestampMs: nowMs }])

async function end(log: LocalLog, id: number, commits: boolean, producerEpoch = 0): Promise<number> {
  const outcome = await log.endTransaction({
    producerId: BigInt(id),
    producerEpoch,
    coordinatorEpoch: 0,
    commits,
    appends: [],
  })
  return errorOf(outcome)
}

/** What a committed reader sees: values, and the offset where it stands in the end. */
function committed(log: LocalLog, topic = 'a', partition = 0): { values: string[]; next: number } {
  const values: string[] = []
  let offset = log.startOffset(topic, partition)
  while (offset < log.endOffset(topic, partition)) {
    const read = log.read(topic, partition, offset, 1 << 20)
    assert.ok(read.length > 0, `nothing is read at ${offset}, though the end is ${log.endOffset(topic, partition)}`)
    for (let at = 0; at < read.length;) {
      const columns = decodeRecords(read, at)
      assert.ok(checkRecordBatchCrc(read, columns.header, at))
      if (!columns.header.control)
        for (let i = 0; i < columns.count; i++)
          if (columns.offsets[i]! >= offset) values.push(new TextDecoder().decode(recordValue(columns, i)!))
      at += columns.header.size
      offset = columns.header.baseOffset + columns.header.lastOffsetDelta + 1
    }
  }
  return { values, next: offset }
}
const ends = (log: LocalLog, partition = 0): [number, number] => [
  log.endOffset('a', partition),
  log.highWatermark('a', partition),
]
function make(log: LocalLog, configs: Record<string, string> = {}): void {
  log.createTopicNow({ name: 'a', partitionCount: 2, configs: { 'retention.ms': '-1', ...configs } })
}

test('a committed reader stops before an open transaction, sees it once it is committed, and never what was aborted', async () => {
  const log = open()
  make(log)
  log.appendNow('a', 0, plain('before'))
  log.appendNow('a', 0, batch(1, 0, ['one', 'two']))
  log.appendNow('a', 0, batch(2, 0, ['never']))
  log.appendNow('a', 0, plain('between'))
  assert.deepEqual([ends(log), committed(log)], [[1, 5], { values: ['before'], next: 1 }])
  assert.equal(await end(log, 2, false), 0)
  assert.deepEqual(ends(log), [1, 6])
  assert.equal(await end(log, 1, true), 0)
  assert.deepEqual(ends(log), [7, 7])
  const all = { values: ['before', 'one', 'two', 'between'], next: 7 }
  assert.deepEqual(committed(log), all)
  assert.deepEqual(log.abortedTransactions('a', 0, 0, 7), [
    { producerId: 2, firstOffset: 3, lastOffset: 5, stableOffset: 1 },
  ])
  assert.deepEqual(log.abortedTransactions('a', 0, 6, 7), [])
  // The stored bytes still hold it, marker included.
  const stored = log.readUncommitted('a', 0, 0, 1 << 20)
  assert.match(Buffer.from(stored).toString('latin1'), /never/)
  assert.doesNotMatch(Buffer.from(log.read('a', 0, 0, 1 << 20)).toString('latin1'), /never/)

  // A kill: everything comes from the journal. Then a clean stop: everything comes from the checkpoint.
  for (let life = 0; life < 2; life++) {
    const again = open()
    assert.deepEqual([ends(again), committed(again), again.abortedTransactions('a', 0, 0, 7).length], [[7, 7], all, 1])
    again.close()
  }
})

test('an open transaction outlives a kill and a clean stop, and is found by who must end it', async () => {
  let log = open()
  make(log)
  log.appendNow('a', 0, batch(7, 0, ['x'], { epoch: 3 }))
  log.appendNow('a', 1, batch(7, 0, ['y'], { epoch: 3 }))
  for (const close of [false, true]) {
    if (close) log.close()
    log = open()
    assert.deepEqual(await log.openTransactions(), [
      { producerId: 7n, producerEpoch: 3, partitions: [0, 1].map((partition) => ({ topic: 'a', partition })) },
    ])
    assert.deepEqual(
      [ends(log, 0), ends(log, 1)],
      [
        [0, 1],
        [0, 1],
      ],
    )
  }
  const outcome = await log.endTransaction({
    producerId: 7n,
    producerEpoch: 4,
    coordinatorEpoch: 9,
    commits: true,
    appends: [{ topic: 'a', partition: 1, batches: plain('the coordinator’s own') }],
  })
  assert.deepEqual(outcome, {
    ok: true,
    ended: [
      { topic: 'a', partition: 0, offset: 1 },
      { topic: 'a', partition: 1, offset: 1 },
    ],
  })
  assert.deepEqual(await log.openTransactions(), [])
  assert.deepEqual(committed(log, 'a', 1), { values: ['y', 'the coordinator’s own'], next: 3 })
  const known = await log.producers('a', 0)
  assert.deepEqual(known.ok && known.producers, [
    { producerId: 7n, producerEpoch: 4, lastSequence: -1, lastTimestampMs: nowMs, coordinatorEpoch: 9, openFrom: -1 },
  ])
  assert.equal(errorOf(await log.producers('a', 5)), 3)
})

test('a marker is a control batch as Kafka’s clients read it', async () => {
  const log = open()
  make(log)
  for (const [id, commits] of [
    [1, true],
    [2, false],
  ] as const) {
    log.appendNow('a', id - 1, batch(id, 0, ['x']))
    await end(log, id, commits, 5)
    const marker = decodeRecords(log.readUncommitted('a', id - 1, 1, 1))
    const { control, transactional, producerId, producerEpoch, baseSequence, baseOffset } = marker.header
    assert.deepEqual(
      [control, transactional, producerId, producerEpoch, baseSequence, baseOffset],
      [true, true, BigInt(id), 5, -1, 1],
    )
    assert.deepEqual([...recordKey(marker, 0)!], [0, 0, 0, commits ? 1 : 0])
    assert.deepEqual([...recordValue(marker, 0)!], [0, 0, 0, 0, 0, 0])
  }
})

test('fencing: old epochs, records outside of the open transaction, sequences after a raised epoch, unknown producers', async () => {
  const log = open()
  make(log)
  const append = async (...args: Parameters<typeof batch>): Promise<number> =>
    errorOf(await log.append('a', 0, batch(...args)))
  assert.equal(await append(1, 0, ['x'], { epoch: 5 }), 0)
  assert.equal(await append(1, 1, ['outside'], { epoch: 5, transactional: false }), 48)
  assert.equal(await append(1, 1, ['old'], { epoch: 4 }), 47)
  assert.equal(await append(1, 2, ['gap'], { epoch: 5 }), 45)
  assert.equal(await append(1, 0, ['x'], { epoch: 5 }), 0, 'a repeat')
  assert.equal(log.highWatermark('a', 0), 1)
  assert.equal(await end(log, 1, true, 4), 47)
  assert.equal(await end(log, 1, true, 6), 0)
  assert.equal(await end(log, 1, true, 6), 0, 'nothing is open: nothing is done')
  assert.equal(await append(1, 1, ['old'], { epoch: 5 }), 47)
  assert.equal(await append(1, 1, ['not zero'], { epoch: 6 }), 45)
  assert.equal(await append(1, 0, ['y'], { epoch: 6 }), 0)
  assert.equal(await end(log, 1, false, 6), 0)
  // The same epoch goes on with its sequences (first generation).
  assert.equal(await append(1, 1, ['z'], { epoch: 6 }), 0)
  assert.equal(errorOf(await log.append('a', 0, batch(2, 3, ['x']), { fromZero: true })), 45)
  assert.equal(errorOf(await log.append('a', 0, batch(2, 3, ['x']))), 0)
  // What a group coordinator writes has no sequence, and does not disturb the producer's own.
  assert.equal(await append(2, -1, ['offsets']), 0)
  assert.equal(await append(2, 4, ['x']), 0)
})

test('several appends are one: a refused one leaves nothing, and so does a refused end of a transaction', async () => {
  const log = open()
  make(log)
  const wrong = batch(1, 4, ['x'])
  wrong[30]! ^= 1
  const both = (second: Uint8Array) => [
    { topic: 'a', partition: 0, batches: plain('x') },
    { topic: 'a', partition: 1, batches: second },
  ]
  assert.equal(errorOf(await log.appendAll(both(wrong))), 2)
  assert.deepEqual(
    [ends(log, 0), ends(log, 1)],
    [
      [0, 0],
      [0, 0],
    ],
  )
  assert.deepEqual(await log.appendAll(both(plain('y'))), { ok: true, baseOffsets: [0, 0] })
  log.appendNow('a', 0, batch(1, 0, ['z']))
  const refused = await log.endTransaction({
    producerId: 1n,
    producerEpoch: 0,
    coordinatorEpoch: 0,
    commits: true,
    appends: [{ topic: 'none', partition: 0, batches: plain('x') }],
  })
  assert.equal(errorOf(refused), 3)
  assert.deepEqual(ends(log), [1, 2])
  assert.equal((await log.openTransactions()).length, 1)
})

test('retention and deletion take aborted transactions along; a start beyond an open one moves the stable offset', async () => {
  const log = open({ segmentBytesMax: 700 })
  make(log)
  for (let i = 0; i < 6; i++) {
    log.appendNow('a', 0, batch(1, i, [`never ${i}`]))
    await end(log, 1, false)
  }
  log.appendNow('a', 0, batch(2, 0, ['open']))
  log.appendNow('a', 0, plain('last'))
  assert.equal(log.abortedTransactions('a', 0, 0, 100).length, 6)
  await log.deleteRecords('a', 0, 5)
  assert.deepEqual(
    log.abortedTransactions('a', 0, 0, 100).map(({ firstOffset }) => firstOffset),
    [0, 2, 4, 6, 8, 10],
    'readers may still know more',
  )
  log.close()
  const again = open({ segmentBytesMax: 700 })
  assert.deepEqual(
    again.abortedTransactions('a', 0, 0, 100).map(({ firstOffset }) => firstOffset),
    [4, 6, 8, 10],
  )
  assert.deepEqual(ends(again), [12, 14])
  await again.deleteRecords('a', 0, 13)
  assert.deepEqual(ends(again), [13, 14])
  await again.deleteTopic('a')
  assert.deepEqual(await again.openTransactions(), [])
  again.close()
})

test('compaction judges only what is decided: aborted records go and hide nothing, open ones hide nothing either', async () => {
  const limits = { segmentBytesMax: 900, retentionIntervalMs: 1000 }
  let log = open(limits)
  make(log, { 'cleanup.policy': 'compact', 'delete.retention.ms': '1000' })
  const maintain = (): void => {
    nowMs += 1001
    while (log.log.maintain());
  }
  log.appendNow('a', 0, plain('kept', 'k'))
  log.appendNow('a', 0, batch(1, 0, ['aborted'], { key: 'k' }))
  await end(log, 1, false)
  log.appendNow('a', 0, batch(1, 1, ['committed'], { key: 'j' }))
  await end(log, 1, true)
  log.appendNow('a', 0, plain('old', 'm'))
  log.appendNow('a', 0, batch(2, 0, ['open'], { key: 'm' }))
  for (let i = 0; i < 8; i++) log.appendNow('a', 0, plain('filler'.repeat(30), `f${i % 2}`))
  maintain()
  const before = log.sizeBytes('a', 0)
  await end(log, 2, false)
  for (let i = 0; i < 8; i++) log.appendNow('a', 0, plain('filler'.repeat(30), `f${i % 2}`))
  maintain()
  maintain()
  assert.ok(log.sizeBytes('a', 0) < before)
  for (const again of [false, true]) {
    if (again) log = open(limits)
    const { values, next } = committed(log)
    assert.equal(next, log.endOffset('a', 0))
    assert.deepEqual(values.slice(0, 3), ['kept', 'committed', 'old'])
    const stored = Buffer.from(log.readUncommitted('a', 0, 0, 1 << 20)).toString('latin1')
    assert.doesNotMatch(stored, /aborted|open/)
    log.close()
  }
})

test('the aborted list of a range is the same as by looking at each, whatever overlaps', () => {
  let state = 7
  const random = (below: number): number => (state = (state * 48271) % 2147483647) % below
  for (let round = 0; round < 50; round++) {
    const open = new Map<number, number>()
    const all: { producerId: number; firstOffset: number; lastOffset: number; stableOffset: number }[] = []
    for (let offset = 0; offset < 60; offset++) {
      const id = random(5)
      const first = open.get(id)
      if (first === undefined) open.set(id, offset)
      else {
        open.delete(id)
        if (random(3) === 0) continue
        const stableOffset = Math.min(offset + 1, ...open.values())
        all.push({ producerId: id, firstOffset: first, lastOffset: offset, stableOffset })
      }
    }
    for (let from = 0; from < 60; from += 7) {
      for (const to of [from + 1, from + 10, 60])
        assert.deepEqual(
          abortedBetween(all, from, to),
          all.filter(({ firstOffset, lastOffset }) => firstOffset < to && lastOffset >= from),
        )
    }
  }
})
