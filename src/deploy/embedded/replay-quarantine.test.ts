// A quarantine that is replayed: each record goes back once, as it was, wherever the process is killed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryDisk, decodeText, encodeText, nodeClock, nodeRandom, type Disk } from '../../base/index.ts'
import { createLocalLog, createLog, type LocalLog } from '../../log/index.ts'
import {
  decodeRecords,
  encodeRecordBatch,
  recordHeaders,
  recordKey,
  recordValue,
  type EpochCommit,
  type RecordInput,
} from '../../model/index.ts'
import { replayedRanges, replayQuarantine, withOffsets, type ReplaySelection } from './replay-quarantine.ts'

const open = (disk: Disk): LocalLog =>
  createLocalLog(createLog({ disk, clock: nodeClock, random: nodeRandom, durability: 'os' }), disk)

const recordOf = (i: number): RecordInput => ({
  key: i % 3 === 0 ? null : encodeText(`key ${i}`),
  value: i % 5 === 0 ? null : new Uint8Array([0, 255, i]),
  timestampMs: 1_000_000 + i,
  headers: [
    { key: 'millrace.rule', value: encodeText('the record’s own') },
    { key: 'trace', value: i % 2 === 0 ? null : encodeText(String(i)) },
  ],
})

/** As the quarantine's pipeline writes it. */
function quarantined(i: number, of: { topic?: string; partition?: number; rule?: string } = {}): RecordInput {
  const about = [
    of.topic ?? 'sales',
    of.partition ?? i % 2,
    i,
    of.rule ?? (i % 4 === 0 ? 'decodable' : 'one,two'),
    'why',
  ]
  const names = ['topic', 'partition', 'offset', 'rule', 'reason']
  const record = recordOf(i)
  return {
    ...record,
    headers: [
      ...record.headers!,
      ...names.map((name, n) => ({ key: `millrace.${name}`, value: encodeText(String(about[n])) })),
    ],
  }
}

function withQuarantine(disk: Disk, count: number): LocalLog {
  const log = open(disk)
  log.createTopicNow({ name: 'sales', partitionCount: 2 })
  log.createTopicNow({ name: 'sales.quarantine', partitionCount: 2 })
  for (let i = 0; i < count; i++)
    assert.ok(log.appendNow('sales.quarantine', i % 2, encodeRecordBatch([quarantined(i)])).ok)
  return log
}

interface Back {
  readonly partition: number
  readonly key: string | null
  readonly value: string | null
  readonly timestampMs: number
  readonly headers: readonly string[]
}

const plain = (partition: number, { key, value, timestampMs, headers }: RecordInput): Back => ({
  partition,
  key: key && Buffer.from(key).toString('hex'),
  value: value && Buffer.from(value).toString('hex'),
  timestampMs,
  headers: headers!.map((header) => `${header.key}=${header.value === null ? 'null' : decodeText(header.value)}`),
})

function written(log: LocalLog): Back[] {
  const found: Back[] = []
  for (const partition of [0, 1]) {
    for (let offset = 0; offset < log.endOffset('sales', partition);) {
      const records = decodeRecords(log.read('sales', partition, offset, 1))
      for (let i = 0; i < records.count; i++)
        found.push(
          plain(partition, {
            key: recordKey(records, i),
            value: recordValue(records, i),
            timestampMs: records.timestampsMs[i]!,
            headers: recordHeaders(records, i),
          }),
        )
      offset = records.header.baseOffset + records.header.lastOffsetDelta + 1
    }
  }
  return found.toSorted((a, b) => a.timestampMs - b.timestampMs)
}

const replay = (log: LocalLog, selection: ReplaySelection = {}, commit: EpochCommit = log): Promise<number> =>
  replayQuarantine({ reader: log, commit, wait: () => Promise.resolve(), chunkBytes: 1 }, 'sales', selection).then(
    ({ replayed }) => replayed,
  )

const all = (count: number): Back[] => Array.from({ length: count }, (_, i) => plain(i % 2, recordOf(i)))

test('each record goes back to its partition once, as it was', async () => {
  const log = withQuarantine(createMemoryDisk(), 9)
  assert.equal(await replay(log), 9)
  assert.deepEqual(written(log), all(9))
  assert.equal(await replay(log), 0)
  assert.deepEqual(written(log), all(9))
  assert.deepEqual(replayedRanges({ reader: log, commit: log }, 'sales'), { 0: [[0, 5]], 1: [[0, 4]] })
  assert.ok(log.appendNow('sales.quarantine', 0, encodeRecordBatch([quarantined(10)])).ok)
  assert.equal(await replay(log), 1, 'what comes later goes back later')
})

test('killed at any commit, before it or behind it, the next run goes on: nothing twice, nothing left', async () => {
  for (let at = 1; at <= 6; at++) {
    for (const when of ['before', 'behind'] as const) {
      const disk = createMemoryDisk()
      const log = withQuarantine(disk, 6)
      let submits = 0
      const dying: EpochCommit = {
        last: (owner) => log.last(owner),
        outcome: (owner) => log.outcome(owner),
        submit(group) {
          if (++submits === at && when === 'before') throw new Error('killed')
          const taken = log.submit(group)
          if (submits === at) throw new Error('killed')
          return taken
        },
      }
      await assert.rejects(replay(log, {}, dying), /^Error: killed$/)
      const again = open(disk)
      const before = written(again).length
      assert.equal(before, when === 'before' ? at - 1 : at)
      assert.equal(await replay(again), 6 - before)
      assert.deepEqual(written(again), all(6), `${when} commit ${at}`)
    }
  }
})

test('chosen by rule or by place, and the others later', async () => {
  const log = withQuarantine(createMemoryDisk(), 12)
  assert.equal(await replay(log, { rule: 'decodable' }), 3)
  assert.equal(
    await replay(log, {
      rule: 'two',
      places: [
        { partition: 1, offset: 0 },
        { partition: 0, offset: 2 },
      ],
    }),
    1,
  )
  assert.deepEqual(
    written(log).map(({ timestampMs }) => timestampMs - 1_000_000),
    [0, 1, 4, 8],
  )
  assert.equal(await replay(log), 8)
  assert.deepEqual(written(log), all(12))
})

test('records that somebody else wrote there, or of another topic, stay', async () => {
  const log = withQuarantine(createMemoryDisk(), 0)
  const strange = [recordOf(1), quarantined(2, { topic: 'others' }), { ...recordOf(3), headers: [] }]
  assert.ok(log.appendNow('sales.quarantine', 0, encodeRecordBatch(strange)).ok)
  assert.equal(await replay(log), 0)
  await assert.rejects(
    replayQuarantine({ reader: log, commit: log, wait: () => Promise.resolve(), chunkBytes: 1 }, 'none', {}),
    { code: 'MR-CONSOLE-006' },
  )
})

test('a quarantine that was made anew begins with nothing gone back', async () => {
  const log = withQuarantine(createMemoryDisk(), 4)
  assert.equal(await replay(log), 4)
  await log.deleteTopic('sales.quarantine')
  log.createTopicNow({ name: 'sales.quarantine', partitionCount: 2 })
  assert.ok(log.appendNow('sales.quarantine', 0, encodeRecordBatch([quarantined(6)])).ok)
  assert.equal(await replay(log), 1)
})

test('what the log refuses is said, and nothing is taken for written back', async () => {
  const log = withQuarantine(createMemoryDisk(), 2)
  const refusing: EpochCommit = {
    last: (owner) => log.last(owner),
    submit: () => true,
    outcome: () => ({ ok: false, reason: 'retry', message: 'no room left on the disk' }),
  }
  await assert.rejects(replay(log, {}, refusing), { code: 'MR-CONSOLE-008', message: /no room left on the disk/ })
  assert.equal(await replay(log), 2)
})

test('stretches grow together', () => {
  assert.deepEqual(
    withOffsets(
      [
        [0, 2],
        [5, 6],
      ],
      [2, 4, 9],
    ),
    [
      [0, 3],
      [4, 6],
      [9, 10],
    ],
  )
  assert.deepEqual(withOffsets([], [3]), [[3, 4]])
})
