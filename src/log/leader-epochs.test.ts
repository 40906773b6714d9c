import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryDisk, nodeRandom, type Clock } from '../base/index.ts'
import { encodeRecordBatch, readRecordBatchHeader } from '../model/index.ts'
import {
  createLocalLog,
  createLog,
  currentLeaderEpoch,
  endOfLeaderEpoch,
  leaderEpochAt,
  LogBackup,
  restoreLog,
  type LocalLog,
} from './index.ts'
import { nextLeaderEpochs, type LeaderEpochs } from './leader-epochs.ts'

const clock: Clock = { nowMs: () => 1_700_000_000_000, monotonicMs: () => 0, after: () => () => {} }
const batch = (): Uint8Array =>
  encodeRecordBatch([{ key: null, value: new Uint8Array(10), timestampMs: clock.nowMs() }])

test('where an epoch ended: its successor’s first offset, the end for the current one, nothing for one to come', () => {
  const epochs: LeaderEpochs = [
    [2, 10],
    [5, 20],
    [6, 20],
    [7, 30],
  ]
  const ends = [0, 1, 2, 3, 4, 5, 6, 7, 8, -1].map((epoch) => endOfLeaderEpoch(epochs, epoch, 34))
  assert.deepEqual(ends, [
    { leaderEpoch: 0, endOffset: 10 },
    { leaderEpoch: 1, endOffset: 10 },
    { leaderEpoch: 2, endOffset: 20 },
    { leaderEpoch: 2, endOffset: 20 },
    { leaderEpoch: 2, endOffset: 20 },
    { leaderEpoch: 5, endOffset: 20 },
    { leaderEpoch: 6, endOffset: 30 },
    { leaderEpoch: 7, endOffset: 34 },
    undefined,
    undefined,
  ])
  assert.deepEqual(
    [9, 10, 19, 20, 29, 30, 34].map((offset) => leaderEpochAt(epochs, offset)),
    [2, 2, 2, 6, 6, 7, 7],
  )
})

test('an epoch that wrote nothing leaves no trace, one whose records are deleted goes, and few are kept', () => {
  assert.deepEqual(nextLeaderEpochs([[0, 0]], { start: 0, end: 0 }), [[1, 0]])
  const three: LeaderEpochs = [
    [0, 0],
    [1, 5],
    [2, 9],
  ]
  assert.deepEqual(nextLeaderEpochs(three, { start: 5, end: 9 }), [
    [1, 5],
    [3, 9],
  ])
  let many: LeaderEpochs = [[0, 0]]
  for (let end = 1; end <= 100; end++) many = nextLeaderEpochs(many, { start: 0, end })
  assert.deepEqual([many.length, many[0], currentLeaderEpoch(many)], [32, [69, 69], 100])
})

test('each start is an epoch: stamped into batches, known after a crash as after a close, and new topics begin at 0', () => {
  const disk = createMemoryDisk()
  const open = (): LocalLog => createLocalLog(createLog({ disk, clock, random: nodeRandom }), disk)
  const stamps = (log: LocalLog): number[] => {
    const epochs: number[] = []
    for (let offset = 0; offset < log.highWatermark('t', 0);) {
      const header = readRecordBatchHeader(log.readUncommitted('t', 0, offset, 1))
      epochs.push(header.leaderEpoch)
      offset = header.baseOffset + header.lastOffsetDelta + 1
    }
    return epochs
  }
  const first = open()
  first.createTopicNow({ name: 't', partitionCount: 2 })
  first.appendNow('t', 0, batch())
  first.appendNow('t', 0, batch())
  assert.deepEqual(first.leaderEpochs('t', 0), [[0, 0]])
  // Killed: its journal is replayed.
  const second = open()
  assert.deepEqual(second.leaderEpochs('t', 0), [
    [0, 0],
    [1, 2],
  ])
  assert.deepEqual(second.leaderEpochs('t', 1), [[1, 0]])
  second.appendNow('t', 0, batch())
  second.createTopicNow({ name: 'young', partitionCount: 1 })
  assert.deepEqual(second.leaderEpochs('young', 0), [[0, 0]])
  second.close()
  const third = open()
  assert.deepEqual(third.leaderEpochs('t', 0), [
    [0, 0],
    [1, 2],
    [2, 3],
  ])
  third.appendNow('t', 0, batch())
  assert.deepEqual(stamps(third), [0, 0, 1, 2])
  third.close()
})

test('a start that no checkpoint tells of: its epoch is known from its batches, and never begun again', () => {
  const disk = createMemoryDisk()
  // Beyond so many files the first checkpoint is taken beside the work.
  const limits = { startSyncFilesMax: 0 }
  const open = (): LocalLog => createLocalLog(createLog({ disk, clock, random: nodeRandom, limits }), disk)
  const first = open()
  first.createTopicNow({ name: 't', partitionCount: 1 })
  first.appendNow('t', 0, batch())
  const epochs: number[] = []
  for (let life = 0; life < 3; life++) {
    const log = open()
    epochs.push(currentLeaderEpoch(log.leaderEpochs('t', 0)))
    log.appendNow('t', 0, batch())
    const last = readRecordBatchHeader(log.readUncommitted('t', 0, life + 1, 1))
    assert.equal(leaderEpochAt(log.leaderEpochs('t', 0), life + 1), last.leaderEpoch)
  }
  assert.ok(epochs[0]! < epochs[1]! && epochs[1]! < epochs[2]!, `${epochs}`)
})

test('a restored log begins above every epoch that the lost one can have come to since, also when it dies at once', () => {
  const [lost, copy, restored] = [createMemoryDisk(), createMemoryDisk(), createMemoryDisk()]
  const open = (disk: typeof lost): LocalLog => createLocalLog(createLog({ disk, clock, random: nodeRandom }), disk)
  const epochOf = (log: LocalLog): number => currentLeaderEpoch(log.leaderEpochs('orders', 0))
  let log = open(lost)
  log.createTopicNow({ name: 'orders', partitionCount: 1 })
  log.appendNow('orders', 0, batch())
  log.close()
  const { files } = new LogBackup({ from: lost, to: copy, copied: [] }).pass()!
  for (let starts = 0; starts < 50; starts++) {
    log = open(lost)
    log.appendNow('orders', 0, batch())
  }
  const seen = epochOf(log)
  restoreLog({ from: copy, to: restored, files })
  const first = epochOf(open(restored))
  assert.ok(first > seen, `${first} after ${seen}`)
  // Not closed: the restore counts once, each start as one more.
  const again = open(restored)
  assert.ok(epochOf(again) >= first && epochOf(again) < first + 100, `${epochOf(again)} after ${first}`)
  again.close()
  assert.ok(epochOf(open(restored)) < first + 100)
})
