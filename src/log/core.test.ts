import assert from 'node:assert/strict'
import { SharePublisher } from './share.ts'
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { nodeRandom, openNodeDisk, type Clock } from '../base/index.ts'
import {
  decodeRecords,
  encodeRecordBatch,
  recordKey,
  recordValue,
  type CommitGroup,
  keysTopicName,
} from '../model/index.ts'
import {
  coordinatorPartition,
  createLocalLog,
  createLog,
  decodeOffsetRecord,
  offsetsTopic,
  type LocalLog,
  type LogLimits,
} from './index.ts'

let folder: string
let nowMs: number
let opened: LocalLog[]
const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => nowMs, after: () => () => {} }

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-log-'))
  nowMs = 1_700_000_000_000
  opened = []
})
afterEach(() => rmSync(folder, { recursive: true }))

function open(limits: Partial<LogLimits> = {}): LocalLog {
  const disk = openNodeDisk(folder)
  const log = createLocalLog(
    createLog({ disk, clock, random: nodeRandom, limits: { journalChunkBytesMin: 8192, ...limits } }),
    disk,
    limits,
  )
  opened.push(log)
  return log
}

const errorOf = (outcome: { ok: true } | { ok: false; error: number }): number => (outcome.ok ? 0 : outcome.error)
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
interface BatchOptions {
  key?: string | null
  timestampMs?: number
  producer?: { id: bigint; epoch: number; sequence: number }
}
function batch(
  values: readonly string[],
  { key = null, timestampMs = nowMs, producer }: BatchOptions = {},
): Uint8Array {
  const records = values.map((value) => ({ key: key === null ? null : bytes(key), value: bytes(value), timestampMs }))
  return encodeRecordBatch(
    records,
    producer && { producerId: producer.id, producerEpoch: producer.epoch, baseSequence: producer.sequence },
  )
}

/** Base offsets of the segments that lie there of partition 0, as files; once what was thrown away is gone. */
function segmentsOf(topic: string, log: LocalLog): string[] {
  const partition = join(folder, 'log', 'partitions', `${log.topic(topic)!.id}.0`)
  const files = readdirSync(partition).filter((file) => file.endsWith('.segment'))
  return files.map((file) => file.split('.')[0]!)
}

function readValues(log: LocalLog, topic: string, partition = 0): [number, string][] {
  const values: [number, string][] = []
  for (let offset = log.startOffset(topic, partition); offset < log.endOffset(topic, partition);) {
    const read = log.read(topic, partition, offset, 1)
    if (read.length === 0) break
    const columns = decodeRecords(read)
    for (let i = 0; i < columns.count; i++)
      values.push([columns.offsets[i]!, new TextDecoder().decode(recordValue(columns, i)!)])
    offset = columns.header.baseOffset + columns.header.lastOffsetDelta + 1
  }
  return values
}

test('records come back in order, with the offsets that were acknowledged, also after a restart', () => {
  const log = open()
  assert.ok(log.createTopicNow({ name: 'orders', partitionCount: 2 }).ok)
  assert.deepEqual(log.appendNow('orders', 1, batch(['a', 'b'])), {
    ok: true,
    baseOffset: 0,
    logAppendTimeMs: -1,
    logStartOffset: 0,
  })
  assert.deepEqual(log.appendNow('orders', 1, batch(['c'])), {
    ok: true,
    baseOffset: 2,
    logAppendTimeMs: -1,
    logStartOffset: 0,
  })
  const expected: [number, string][] = [
    [0, 'a'],
    [1, 'b'],
    [2, 'c'],
  ]
  assert.deepEqual(readValues(log, 'orders', 1), expected)
  assert.equal(log.endOffset('orders', 0), 0)
  log.close()
  assert.deepEqual(readValues(open(), 'orders', 1), expected)
})

test('a log that was never closed comes back whole from its journal', () => {
  const log = open()
  log.createTopicNow({ name: 'orders', partitionCount: 1 })
  for (let i = 0; i < 20; i++) log.appendNow('orders', 0, batch([`value ${i}`]))
  const again = open()
  assert.deepEqual(
    readValues(again, 'orders'),
    Array.from({ length: 20 }, (_, i) => [i, `value ${i}`]),
  )
  assert.deepEqual(again.log.damages(), [])
})

test('reads outside of the log, and of unknown topics, are refused by code', () => {
  const log = open()
  log.createTopicNow({ name: 'orders', partitionCount: 1 })
  log.appendNow('orders', 0, batch(['a']))
  assert.equal(log.read('orders', 0, 1, 100).length, 0)
  assert.throws(() => log.read('orders', 0, 2, 100), { code: 'MR-LOG-002' })
  assert.throws(() => log.read('orders', 0, -1, 100), { code: 'MR-LOG-002' })
  assert.throws(() => log.read('orders', 1, 0, 100), { code: 'MR-LOG-004' })
  assert.throws(() => log.endOffset('none', 0), { code: 'MR-LOG-004' })
})

test('batches that are not whole are refused and leave no trace', () => {
  const log = open()
  log.createTopicNow({ name: 'orders', partitionCount: 1 })
  const good = batch(['a', 'b'])
  const flipped = good.slice()
  flipped[70]! ^= 1
  const miscounted = good.slice()
  new DataView(miscounted.buffer).setInt32(57, 3)
  const errorOf = (input: Uint8Array): number => {
    const outcome = log.appendNow('orders', 0, input)
    return outcome.ok ? 0 : outcome.error
  }
  assert.equal(errorOf(flipped), 2)
  assert.equal(errorOf(good.subarray(0, -1)), 2)
  assert.equal(errorOf(miscounted), 2)
  assert.equal(errorOf(new Uint8Array(0)), 87)
  assert.equal(errorOf(new Uint8Array(100)), 2)
  assert.equal(log.appendNow('none', 0, good).ok, false)
  assert.equal(log.endOffset('orders', 0), 0)
  assert.equal(errorOf(good), 0)
})

test('an idempotent producer: a repeat gets its old offset, a gap 45, an old epoch 47; also after a kill and a clean restart', () => {
  let log = open()
  log.createTopicNow({ name: 'orders', partitionCount: 1 })
  const send = (sequence: number, epoch = 0, values = ['x', 'y']): unknown => {
    const outcome = log.appendNow('orders', 0, batch(values, { producer: { id: 5n, epoch, sequence } }))
    return outcome.ok ? outcome.baseOffset : `error ${outcome.error}`
  }
  assert.equal(send(0), 0)
  assert.equal(send(2), 2)
  for (const restart of ['none', 'kill', 'close']) {
    if (restart === 'close') log.close()
    if (restart !== 'none') log = open()
    assert.equal(send(0), 0, restart)
    assert.equal(send(2), 2, restart)
    assert.equal(send(6), 'error 45', restart)
    assert.equal(send(0, -0, ['other', 'count', 'three']), 'error 45', restart)
  }
  assert.equal(send(4), 4)
  assert.equal(send(1, 1), 'error 45')
  assert.equal(send(0, 1), 6)
  assert.equal(send(6, 0), 'error 47')
  assert.equal(log.endOffset('orders', 0), 8)
})

test('only the last five batches of a producer are known; sequences wrap after 2^31-1', () => {
  const log = open()
  log.createTopicNow({ name: 'orders', partitionCount: 1 })
  const send = (sequence: number): unknown => {
    const outcome = log.appendNow('orders', 0, batch(['x'], { producer: { id: 5n, epoch: 0, sequence } }))
    return outcome.ok ? outcome.baseOffset : outcome.error
  }
  const first = 2147483645
  for (let i = 0; i < 6; i++) assert.equal(send((first + i) % 2147483648), i)
  assert.equal(send(first), 45)
  assert.equal(send(first + 1), 1)
  assert.equal(send(2), 5)
  assert.equal(send(3), 6)
})

const group = (owner: string, epoch: number, more: Partial<CommitGroup> = {}): CommitGroup => {
  return { owner, epoch, appends: [], groupOffsets: [], position: new Uint8Array([epoch]), stateFiles: [], ...more }
}

test('keys become visible before the rows that are committed with them', () => {
  const log = open()
  for (const name of ['out', keysTopicName]) log.createTopicNow({ name, partitionCount: 1 })
  const shown: string[] = []
  const { publishPartition } = SharePublisher.prototype
  SharePublisher.prototype.publishPartition = function (partition) {
    shown.push(partition.topic.name)
    return publishPartition.call(this, partition)
  }
  try {
    const appends = ['out', keysTopicName].map((topic) => ({ topic, partition: 0, batches: batch(['v']) }))
    assert.ok(log.commitNow(group('pipeline/rate', 1, { appends })).ok)
  } finally {
    SharePublisher.prototype.publishPartition = publishPartition
  }
  assert.equal(shown[0], keysTopicName)
  assert.ok(shown.includes('out'))
})

test('a commit group changes partitions, group offsets, position and state files together, or nothing', () => {
  const log = open()
  log.createTopicNow({ name: 'out', partitionCount: 2 })
  const appends = [0, 1].map((partition) => ({ topic: 'out', partition, batches: batch([`p${partition}`]) }))
  const groupOffsets = [{ group: 'millrace.rate', topic: 'in', partition: 3, offset: 42, metadata: 'm' }]
  const stateFiles = [{ path: 'state/1.segment', size: 10, crc: 77 }]
  const bad = [...appends, { topic: 'none', partition: 0, batches: batch(['lost']) }]
  const refused = log.commitNow(group('pipeline/rate', 1, { appends: bad, groupOffsets, stateFiles }))
  assert.equal(refused.ok ? '' : refused.reason, 'failed')
  assert.equal(log.endOffset('out', 0), 0)
  assert.equal(log.topic(offsetsTopic.name), undefined)

  assert.deepEqual(log.commitNow(group('pipeline/rate', 1, { appends, groupOffsets, stateFiles })), {
    ok: true,
    epoch: 1,
    baseOffsets: [0, 0],
  })
  const check = (current: LocalLog): void => {
    assert.deepEqual(current.last('pipeline/rate'), { epoch: 1, position: new Uint8Array([1]), stateFiles })
    assert.deepEqual(readValues(current, 'out', 1), [[0, 'p1']])
    const columns = decodeRecords(current.read(offsetsTopic.name, coordinatorPartition('millrace.rate', 50), 0, 1000))
    const record = decodeOffsetRecord(recordKey(columns, 0)!, recordValue(columns, 0))
    const commit = {
      group: 'millrace.rate',
      topic: 'in',
      partition: 3,
      offset: 42,
      leaderEpoch: -1,
      metadata: 'm',
      commitTimestampMs: nowMs,
    }
    assert.deepEqual(record, { group: 'millrace.rate', topic: 'in', partition: 3, commit })
  }
  check(log)
  check(open())
  opened.at(-1)!.close()
  check(open())
})

test('an epoch that is not the next one is fenced', () => {
  const log = open()
  const reasonOf = (epoch: number): string => {
    const outcome = log.commitNow(group('pipeline/rate', epoch))
    return outcome.ok ? 'ok' : outcome.reason
  }
  assert.deepEqual([2, 0, 1, 1, 3, 2].map(reasonOf), ['fenced', 'fenced', 'ok', 'fenced', 'fenced', 'ok'])
  assert.equal(log.last('pipeline/rate')?.epoch, 2)
})

test('topics: names, counts and configs are judged; changes survive a restart; a new topic of an old name is another', async () => {
  const log = open()
  const created = log.createTopicNow({ name: 'orders', partitionCount: 1 })
  assert.ok(created.ok)
  assert.equal(errorOf(log.createTopicNow({ name: 'orders', partitionCount: 1 })), 36)
  assert.equal(errorOf(log.createTopicNow({ name: 'a/b', partitionCount: 1 })), 17)
  assert.equal(errorOf(log.createTopicNow({ name: 'b', partitionCount: 0 })), 37)
  assert.equal(errorOf(log.createTopicNow({ name: 'b', partitionCount: 1, configs: { 'retention.ms': 'soon' } })), 40)
  assert.equal(errorOf(await log.addPartitions('orders', 1)), 37)
  assert.equal(errorOf(await log.addPartitions('orders', 3)), 0)
  assert.equal(errorOf(await log.alterTopic('orders', { 'retention.ms': '1000' })), 0)
  assert.equal(errorOf(await log.alterTopic('none', {})), 3)
  log.appendNow('orders', 2, batch(['a']))

  const again = open()
  const expected = {
    name: 'orders',
    id: created.id,
    partitionCount: 3,
    configs: { 'retention.ms': '1000' },
    internal: false,
  }
  assert.deepEqual(again.topics(), [expected])
  assert.equal(again.topicById(created.id)?.name, 'orders')
  assert.equal(errorOf(await again.deleteTopic('orders')), 0)
  assert.throws(() => again.read('orders', 2, 0, 10), { code: 'MR-LOG-004' })
  const second = again.createTopicNow({ name: 'orders', partitionCount: 3 })
  assert.ok(second.ok)
  assert.notEqual(second.id, created.id)
  assert.equal(again.endOffset('orders', 2), 0)
  again.close()
  const third = open()
  assert.deepEqual(
    third.topics().map(({ id }) => id),
    [second.id],
  )
  assert.deepEqual(openNodeDisk(folder).list('log/partitions'), [])
})

test('producer ids are never given twice', async () => {
  const given: bigint[] = []
  for (let life = 0; life < 3; life++) {
    const log = open({ producerIdBlock: 2 })
    for (let i = 0; i < 3; i++) given.push(await log.nextProducerId())
  }
  assert.equal(new Set(given).size, given.length)
})

test('records below a deleted offset are gone, with the segments that held only them', async () => {
  const log = open({ segmentBytesMax: 1000 })
  log.createTopicNow({ name: 'orders', partitionCount: 1 })
  for (let i = 0; i < 20; i++) log.appendNow('orders', 0, batch([`${i}`.padEnd(100)]))
  const before = log.sizeBytes('orders', 0)
  assert.deepEqual(await log.deleteRecords('orders', 0, 15), { ok: true, logStartOffset: 15 })
  assert.equal((await log.deleteRecords('orders', 0, 21)).ok, false)
  assert.throws(() => log.read('orders', 0, 14, 10), { code: 'MR-LOG-002' })
  assert.equal(readValues(log, 'orders')[0]![0], 15)
  assert.ok(log.sizeBytes('orders', 0) < before / 2)
  assert.equal(readValues(open(), 'orders').length, 5)
  assert.deepEqual(await opened.at(-1)!.deleteRecords('orders', 0, -1), { ok: true, logStartOffset: 20 })
})

function maintain(log: LocalLog): void {
  nowMs += 20_000
  while (log.log.maintain());
}

test('retention removes whole sealed segments by size and by age', () => {
  const log = open({ segmentBytesMax: 1000 })
  log.createTopicNow({ name: 'small', partitionCount: 1, configs: { 'retention.bytes': '2500', 'retention.ms': '-1' } })
  log.createTopicNow({ name: 'young', partitionCount: 1, configs: { 'retention.ms': '60000' } })
  log.createTopicNow({ name: 'kept', partitionCount: 1, configs: { 'retention.ms': '-1' } })
  for (const name of ['small', 'young', 'kept'])
    for (let i = 0; i < 20; i++) log.appendNow(name, 0, batch([`${i}`.padEnd(100)]))
  maintain(log)
  assert.ok(log.startOffset('small', 0) > 0)
  assert.ok(log.sizeBytes('small', 0) <= 2500 + 1000)
  assert.equal(log.startOffset('young', 0), 0)
  nowMs += 60_000
  maintain(log)
  assert.ok(log.startOffset('young', 0) > 10)
  assert.equal(log.startOffset('kept', 0), 0)
  assert.equal(readValues(log, 'kept').length, 20)
  assert.equal(open().startOffset('young', 0), log.startOffset('young', 0))
})

const skip = existsSync('/proc/self/fd') ? false : 'only where open files can be listed'
test('files of a deleted topic are closed: their room on the disk is free', { skip }, async () => {
  const log = open()
  log.createTopicNow({ name: 'doomed', partitionCount: 3 })
  for (const partition of [0, 1, 2]) log.appendNow('doomed', partition, batch(['a']))
  assert.equal(readValues(log, 'doomed').length, 1)
  const { id } = log.topic('doomed')!
  const held = (): string[] =>
    readdirSync('/proc/self/fd').flatMap((fd) => {
      try {
        const path = readlinkSync(`/proc/self/fd/${fd}`)
        return path.includes(id) ? [path] : []
      } catch {
        return []
      }
    })
  assert.ok(held().length > 0)
  assert.ok((await log.deleteTopic('doomed')).ok)
  maintain(log)
  log.topic('doomed')
  assert.deepEqual(held(), [])
})

test('retention by age empties the segment that is written to, too, and a new file begins then', () => {
  const log = open()
  log.createTopicNow({ name: 'few', partitionCount: 1, configs: { 'retention.ms': '60000' } })
  log.appendNow('few', 0, batch(['a', 'b']))
  maintain(log)
  assert.equal(log.startOffset('few', 0), 0)
  nowMs += 60_000
  maintain(log)
  assert.deepEqual([log.startOffset('few', 0), log.highWatermark('few', 0)], [2, 2])
  // Nothing is written any more: what is over lies in no file all the same.
  nowMs += 60_000
  maintain(log)
  assert.deepEqual(segmentsOf('few', log), ['00000000000000000002'])
  log.appendNow('few', 0, batch(['c']))
  assert.deepEqual(readValues(log, 'few'), [[2, 'c']])
  // Looked at while it is young: from then on nothing is appended.
  maintain(log)
  nowMs += 80_000
  maintain(log)
  log.appendNow('few', 0, batch(['d']))
  assert.deepEqual(readValues(log, 'few'), [[3, 'd']])
  assert.deepEqual(readValues(open(), 'few'), [[3, 'd']])
})

test('history that was appended lately is not old, whatever its timestamps say', () => {
  const log = open()
  log.createTopicNow({ name: 'history', partitionCount: 1, configs: { 'retention.ms': '60000' } })
  const now = nowMs
  nowMs -= 10_000_000
  const old = batch(['a'])
  nowMs = now
  log.appendNow('history', 0, old)
  maintain(log)
  nowMs += 30_000
  maintain(log)
  assert.deepEqual(readValues(log, 'history'), [[0, 'a']])
  nowMs += 20_000
  maintain(log)
  assert.equal(log.startOffset('history', 0), 1)
})

/** Offset and key of each record of topic users; ! marks a tombstone. */
function keysOf(current: LocalLog): string[] {
  const keys: string[] = []
  for (let offset = 0; offset < current.endOffset('users', 0);) {
    const read = current.read('users', 0, offset, 1)
    if (read.length === 0) break
    const columns = decodeRecords(read)
    for (let i = 0; i < columns.count; i++)
      keys.push(
        `${columns.offsets[i]}:${new TextDecoder().decode(recordKey(columns, i)!)}${columns.valueLength[i]! < 0 ? '!' : ''}`,
      )
    offset = columns.header.baseOffset + columns.header.lastOffsetDelta + 1
  }
  return keys
}

test('compaction keeps the last record of each key at its offset; tombstones go when they are old', () => {
  const log = open({ segmentBytesMax: 600 })
  log.createTopicNow({
    name: 'users',
    partitionCount: 1,
    configs: { 'cleanup.policy': 'compact', 'delete.retention.ms': '1000000' },
  })
  for (let i = 0; i < 12; i++) log.appendNow('users', 0, batch([`v${i}`], { key: `k${i % 3}` }))
  log.appendNow(
    'users',
    0,
    encodeRecordBatch([
      { key: bytes('gone'), value: bytes('x'), timestampMs: nowMs },
      { key: bytes('gone'), value: null, timestampMs: nowMs },
    ]),
  )
  for (let i = 12; i < 24; i++) log.appendNow('users', 0, batch([`v${i}`], { key: 'k9' }))
  maintain(log)
  maintain(log)
  const kept = keysOf(log)
  assert.deepEqual(kept.slice(0, 4), ['9:k0', '10:k1', '11:k2', '13:gone!'])
  assert.ok(kept.length < 12, `${kept.length} records are left`)
  assert.equal(kept.at(-1), '25:k9')
  log.close()
  const again = open({ segmentBytesMax: 600 })
  assert.deepEqual(keysOf(again), kept)
  nowMs += 1_000_000
  maintain(again)
  maintain(again)
  assert.ok(!keysOf(again).includes('13:gone!'))
})

test('min.compaction.lag.ms: records younger than that are left alone, and do not hide older ones', () => {
  const log = open({ segmentBytesMax: 300 })
  const configs = { 'cleanup.policy': 'compact', 'min.compaction.lag.ms': '60000' }
  log.createTopicNow({ name: 'users', partitionCount: 1, configs })
  const add = (key: string): void => void log.appendNow('users', 0, batch(['v'.repeat(60)], { key }))
  for (const key of ['a', 'a', 'b', 'b']) add(key)
  nowMs += 30_000
  for (const key of ['b', 'a', 'a', 'a']) add(key)
  // Each time 20 seconds go by.
  maintain(log)
  assert.equal(keysOf(log).length, 8)
  maintain(log)
  const old = keysOf(log)
  assert.deepEqual(old, ['1:a', '3:b', '4:b', '5:a', '6:a', '7:a'])
  nowMs += 60_000
  maintain(log)
  assert.deepEqual(keysOf(log).slice(0, 1), ['4:b'])
  assert.ok(keysOf(log).length < old.length)
})

function checkTimes(current: LocalLog): void {
  for (let i = 0; i < 30; i++) {
    assert.deepEqual(current.listOffsetForTime('orders', 0, 1000 + i * 10), { offset: i, timestampMs: 1000 + i * 10 })
    assert.deepEqual(current.listOffsetForTime('orders', 0, 991 + i * 10), { offset: i, timestampMs: 1000 + i * 10 })
  }
  assert.equal(current.listOffsetForTime('orders', 0, 1291), undefined)
  assert.deepEqual(current.maxTimestamp('orders', 0), { offset: 29, timestampMs: 1290 })
}

test('offsets by time: the first record at or after, also inside a batch and across segments', () => {
  const log = open({ segmentBytesMax: 800, indexIntervalBytes: 100 })
  log.createTopicNow({ name: 'orders', partitionCount: 1, configs: { 'retention.ms': '-1' } })
  for (let i = 0; i < 30; i += 2) {
    const records = [i, i + 1].map((n) => ({ key: null, value: bytes(`${n}`), timestampMs: 1000 + n * 10 }))
    log.appendNow('orders', 0, encodeRecordBatch(records, { compression: i % 4 === 0 ? 'gzip' : 'none' }))
  }
  checkTimes(log)
  maintain(log)
  log.close()
  checkTimes(open({ indexIntervalBytes: 100 }))
})

test("LogAppendTime writes the log's clock into the batch", () => {
  const log = open()
  log.createTopicNow({ name: 'orders', partitionCount: 1, configs: { 'message.timestamp.type': 'LogAppendTime' } })
  const outcome = log.appendNow('orders', 0, batch(['a'], { timestampMs: 5 }))
  assert.deepEqual(outcome, { ok: true, baseOffset: 0, logAppendTimeMs: nowMs, logStartOffset: 0 })
  const columns = decodeRecords(log.read('orders', 0, 0, 100))
  assert.deepEqual([columns.timestampsMs[0], columns.header.logAppendTime], [nowMs, true])
})

test('a newer journal format is refused, and nothing is changed', () => {
  const log = open()
  log.createTopicNow({ name: 'orders', partitionCount: 1 })
  log.close()
  const disk = openNodeDisk(folder)
  const file = disk.open('log/checkpoint', 'write')
  const header = new Uint8Array(8)
  file.read(header, 0)
  // Both halves' versions; the checksum covers what follows them.
  for (const at of [0, file.size() / 2]) file.write(new Uint8Array([0, 99, 0, 99]), at + 4)
  file.close()
  assert.throws(() => open(), { code: 'MR-BASE-006' })
})

test('segments without their checkpoint are not taken for an empty log', () => {
  const log = open()
  log.createTopicNow({ name: 'orders', partitionCount: 1 })
  log.appendNow('orders', 0, batch(['a']))
  log.close()
  openNodeDisk(folder).remove('log/checkpoint')
  assert.throws(() => open(), { code: 'MR-LOG-003' })
})
