// Compaction as Kafka's cleaner does it: when a partition is due, what stays, what it looks like, and that a crash at any write
// of it loses nothing and brings nothing back.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLocalLog, createLog, verifyLog, type LocalLog, type LogLimits } from '../src/log/index.ts'
import { crc32c } from '../src/base/index.ts'
import {
  attributeBits,
  decodeRecords,
  decompressRecords,
  deleteHorizonMs,
  encodeRecordBatch,
  readRecordBatchHeader,
  recordBatchAt,
  recordKey,
  recordValue,
  type RecordBatchHeader,
} from '../src/model/index.ts'
import { createClock } from './clock.ts'
import { createDisk, SimulatedCrash, type SimulatedDisk } from './disk.ts'
import { createRandom } from './random.ts'

const limits: Partial<LogLimits> = {
  journalBytesMax: 1 << 20,
  journalChunkBytesMin: 8192,
  segmentBytesMax: 2000,
  partitionsMax: 64,
  retentionIntervalMs: 1000,
  compactionStepBytes: 300,
}
const hour = 3600_000
const day = 24 * hour

type Clock = ReturnType<typeof createClock>

function open(disk: SimulatedDisk, clock: Clock, more: Partial<LogLimits> = {}): LocalLog {
  const all = { ...limits, ...more }
  return createLocalLog(createLog({ disk, clock, random: createRandom(disk.operations), limits: all }), disk, all)
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (one: Uint8Array | null): string | null => (one === null ? null : new TextDecoder().decode(one))

/** Time goes by and the log looks after itself, as its worker does. */
function pass(log: LocalLog, clock: Clock, ms: number): void {
  clock.advance(ms)
  for (let looks = 0; looks < 3; looks++) {
    while (log.log.maintain());
    clock.advance(1000)
  }
}

type Put = readonly [key: string | null, value: string | null]
const recordsOf = (puts: readonly Put[], timestampMs: number) =>
  puts.map(([key, value]) => ({
    key: key === null ? null : bytes(key),
    value: value === null ? null : bytes(value),
    timestampMs,
  }))

function put(log: LocalLog, clock: Clock, ...puts: Put[]): void {
  assert.ok(log.appendNow('users', 0, encodeRecordBatch(recordsOf(puts, clock.nowMs()))).ok)
}

function make(log: LocalLog, configs: Record<string, string>): void {
  const all = { 'cleanup.policy': 'compact', ...configs }
  assert.ok(log.createTopicNow({ name: 'users', partitionCount: 1, configs: all }).ok)
}

/** As stored, markers included. */
function batchesOf(log: LocalLog): { header: RecordBatchHeader; bytes: Uint8Array }[] {
  const found: { header: RecordBatchHeader; bytes: Uint8Array }[] = []
  for (let offset = log.startOffset('users', 0); offset < log.highWatermark('users', 0);) {
    const read = log.readUncommitted('users', 0, offset, 1)
    if (read.length === 0) break
    const header = readRecordBatchHeader(read)
    found.push({ header, bytes: read.slice(0, header.size) })
    offset = header.baseOffset + header.lastOffsetDelta + 1
  }
  return found
}

/** Offset:key=value of each record that committed readers see. */
function entries(log: LocalLog): string[] {
  const found: string[] = []
  for (const one of batchesOf(log)) {
    if (one.header.control) continue
    const columns = decodeRecords(one.bytes, 0, decompressRecords)
    for (let i = 0; i < columns.count; i++)
      found.push(`${columns.offsets[i]}:${text(recordKey(columns, i))}=${text(recordValue(columns, i))}`)
  }
  return found
}

/** Paths of all files in which the text stands. */
function filesWith(disk: SimulatedDisk, wanted: string): string[] {
  const found: string[] = []
  const walk = (folder: string): void => {
    for (const name of disk.list(folder)) {
      const path = folder === '' ? name : `${folder}/${name}`
      if (disk.list(path).length > 0) {
        walk(path)
        continue
      }
      let file
      try {
        file = disk.open(path, 'read')
      } catch {
        continue
      }
      const content = Buffer.alloc(file.size())
      file.read(content, 0)
      if (content.includes(wanted)) found.push(path)
    }
  }
  walk('')
  return found
}
const segmentsOf = (disk: SimulatedDisk, log: LocalLog): string[] =>
  disk.list(`log/partitions/${log.topic('users')!.id}.0`).filter((name) => name.endsWith('.segment'))

const lagging = { 'max.compaction.lag.ms': String(day), 'min.cleanable.dirty.ratio': '0.99' }

test('max.compaction.lag.ms: a superseded value is nowhere on the disk after that time, though nothing else is written', () => {
  const disk = createDisk(createRandom(1))
  const clock = createClock()
  const log = open(disk, clock)
  make(log, lagging)
  put(log, clock, ['a', 'first-secret'])
  put(log, clock, ['b', 'kept'])
  put(log, clock, ['a', 'second'])
  pass(log, clock, day - 10_000)
  assert.deepEqual(entries(log), ['0:a=first-secret', '1:b=kept', '2:a=second'])
  assert.notDeepEqual(filesWith(disk, 'first-secret'), [])
  pass(log, clock, 10_000)
  assert.deepEqual(entries(log), ['1:b=kept', '2:a=second'])
  assert.deepEqual(filesWith(disk, 'first-secret'), [])
  assert.notDeepEqual(filesWith(disk, 'second'), [])
  assert.deepEqual(verifyLog(disk).problems, [])
  // And a tombstone takes the last one: it is kept for its time, then gone as well.
  put(log, clock, ['a', null])
  pass(log, clock, day)
  assert.deepEqual(entries(log), ['1:b=kept', '3:a=null'])
  assert.deepEqual(filesWith(disk, 'second'), [])
  // The last record of all stays until another one follows.
  pass(log, clock, day)
  assert.deepEqual(entries(log), ['1:b=kept', '3:a=null'])
  put(log, clock, ['c', 'next'])
  pass(log, clock, day)
  assert.deepEqual(entries(log), ['1:b=kept', '4:c=next'])
})

test('max.compaction.lag.ms: after a restart, and a kill, what was there before is counted from when it was written', () => {
  for (const kills of [true, false]) {
    const disk = createDisk(createRandom(1))
    const clock = createClock()
    const log = open(disk, clock)
    make(log, lagging)
    put(log, clock, ['a', 'first-secret'], ['a', 'second'])
    pass(log, clock, day / 2)
    if (kills) disk.crash('process')
    else log.close()
    const again = open(disk, clock)
    pass(again, clock, day / 2)
    assert.deepEqual(filesWith(disk, 'first-secret'), [])
    assert.deepEqual(entries(again), ['1:a=second'])
  }
})

test('without it a topic that is mostly clean waits until min.cleanable.dirty.ratio of it is not', () => {
  const disk = createDisk(createRandom(1))
  const clock = createClock()
  const log = open(disk, clock)
  make(log, { 'min.cleanable.dirty.ratio': '0.5', 'segment.ms': '60000' })
  for (let i = 0; i < 10; i++) put(log, clock, [`k${i}`, 'x'.repeat(100)])
  pass(log, clock, 60_000)
  const put3 = (from: number): void => {
    for (let i = from; i < from + 3; i++) put(log, clock, [`k${i}`, 'y'.repeat(100)])
  }
  put3(0)
  pass(log, clock, 60_000)
  assert.equal(entries(log).length, 13)
  pass(log, clock, 10 * day)
  assert.equal(entries(log).length, 13)
  for (const from of [3, 6, 0]) put3(from)
  pass(log, clock, 60_000)
  assert.equal(entries(log).length, 10)
})

test('a minimum above the maximum of the compaction lag is refused', () => {
  const log = open(createDisk(createRandom(1)), createClock())
  const configs = { 'min.compaction.lag.ms': '20', 'max.compaction.lag.ms': '10' }
  const outcome = log.createTopicNow({ name: 'users', partitionCount: 1, configs })
  assert.deepEqual(outcome.ok ? 0 : outcome.error, 40)
  const endless = { 'max.compaction.lag.ms': '9223372036854775807', 'segment.ms': '9223372036854775807' }
  assert.ok(log.createTopicNow({ name: 'users', partitionCount: 1, configs: endless }).ok)
})

test('segments that shrank become one, and a reader that is at any of them reads on', () => {
  const disk = createDisk(createRandom(1))
  const clock = createClock()
  const log = open(disk, clock, { segmentBytesMax: 4000 })
  make(log, lagging)
  const expected = new Map<string, string>()
  for (let life = 0; life < 12; life++) {
    for (let i = 0; i < 3; i++) {
      const key = `k${(life * 3 + i) % 5}`
      expected.set(key, `${life * 3 + i}:${key}=v${life}`)
      put(log, clock, [key, `v${life}`])
    }
    pass(log, clock, day)
    const now = [...expected.values()].toSorted((a, b) => Number.parseInt(a) - Number.parseInt(b))
    assert.deepEqual(entries(log), now)
    for (let offset = 0; offset < log.endOffset('users', 0); offset++) {
      const read = log.read('users', 0, offset, 1)
      const { baseOffset, lastOffsetDelta } = readRecordBatchHeader(read)
      assert.ok(baseOffset + lastOffsetDelta >= offset)
    }
  }
  // One that is compacted, and an empty one that is written to.
  assert.equal(segmentsOf(disk, log).length, 2)
  assert.deepEqual(verifyLog(disk).problems, [])
  log.close()
  assert.deepEqual(entries(open(disk, clock)).length, 5)
})

test('an open transaction holds back its own segment and later ones, not those before it', () => {
  const disk = createDisk(createRandom(1))
  const clock = createClock()
  const log = open(disk, clock)
  make(log, { 'segment.ms': '60000', 'min.cleanable.dirty.ratio': '0' })
  put(log, clock, ['a', '1'], ['a', '2'])
  pass(log, clock, 60_000)
  const records = recordsOf([['a', '3']], clock.nowMs())
  const batch = encodeRecordBatch(records, { producerId: 7n, producerEpoch: 0, baseSequence: 0, transactional: true })
  assert.ok(log.appendNow('users', 0, batch).ok)
  put(log, clock, ['a', '4'])
  pass(log, clock, 60_000)
  pass(log, clock, 60_000)
  assert.deepEqual(entries(log), ['1:a=2', '2:a=3', '3:a=4'])
})

test('a full disk postpones compaction, and does not end writing', () => {
  const disk = createDisk(createRandom(1))
  const clock = createClock()
  const log = open(disk, clock)
  make(log, lagging)
  put(log, clock, ['a', 'first-secret'], ['a', 'second'], ['b', 'x'])
  for (const room of [0, 300, 700]) {
    disk.capacityBytes = disk.usedBytes + room
    pass(log, clock, day)
    assert.equal(log.log.failed, false)
    const folder = `log/partitions/${log.topic('users')!.id}.0`
    assert.deepEqual(
      disk.list(folder).filter((name) => name.endsWith('.new')),
      [],
    )
  }
  disk.capacityBytes = Infinity
  pass(log, clock, 10_000)
  put(log, clock, ['c', 'y'])
  assert.deepEqual(filesWith(disk, 'first-secret'), [])
  assert.deepEqual(entries(log), ['1:a=second', '2:b=x', '3:c=y'])
})

test('a segment that cannot be read takes its partition offline when compaction comes to it, and no other', () => {
  const disk = createDisk(createRandom(1))
  const clock = createClock()
  const log = open(disk, clock)
  make(log, lagging)
  assert.ok(log.createTopicNow({ name: 'other', partitionCount: 1 }).ok)
  put(log, clock, ['a', '1'], ['a', '2'])
  disk.unreadable = `log/partitions/${log.topic('users')!.id}.0/${segmentsOf(disk, log)[0]!}`
  pass(log, clock, day)
  assert.equal(log.log.failed, false)
  assert.deepEqual(
    log.log.damages().map(({ topic, reason }) => [topic, reason]),
    [['users', `Cannot read ${disk.unreadable}: EIO.`]],
  )
  const record = encodeRecordBatch(recordsOf([[null, 'x']], clock.nowMs()))
  assert.ok(log.appendNow('other', 0, record).ok)
  assert.equal(log.appendNow('users', 0, record).ok, false)
})

/** What each life does; a crash may come anywhere. @returns false when it came */
function live(disk: SimulatedDisk, clock: Clock): boolean {
  try {
    const log = open(disk, clock)
    if (!log.topic('users')) make(log, lagging)
    const from = log.endOffset('users', 0)
    if (from === 0) put(log, clock, ['a', 'first-secret'], ['b', 'kept'])
    if (from < 3) put(log, clock, ['a', 'second'])
    if (from < 4) put(log, clock, ['c', 'third-secret'])
    if (from < 5) put(log, clock, ['c', null])
    if (from < 6) put(log, clock, ['d', 'end'])
    pass(log, clock, day)
    pass(log, clock, day)
    log.close()
    return true
  } catch (error) {
    if (error instanceof SimulatedCrash) return false
    throw error
  }
}

test('a crash at each write of it, and of the recovery after, loses no last value and brings no old one back', () => {
  const whole = createDisk(createRandom(1))
  live(whole, createClock())
  const changes = whole.operations
  assert.ok(changes > 60, `${changes} changes of the disk`)
  for (let crashAt = 0; crashAt < changes; crashAt++) {
    const disk = createDisk(createRandom(crashAt))
    const clock = createClock()
    disk.crashAt = crashAt
    assert.equal(live(disk, clock), false)
    disk.crash(crashAt % 3 === 0 ? 'process' : 'power')
    disk.crashAt = disk.operations + (crashAt % 31)
    if (!live(disk, clock)) disk.crash(crashAt % 2 === 0 ? 'process' : 'power')
    disk.crashAt = undefined
    assert.equal(live(disk, clock), true)
    const log = open(disk, clock)
    assert.deepEqual(entries(log), ['1:b=kept', '2:a=second', '5:d=end'], `crash at ${crashAt}`)
    assert.equal(log.highWatermark('users', 0), 6)
    for (const secret of ['first-secret', 'third-secret']) assert.deepEqual(filesWith(disk, secret), [], `${crashAt}`)
    assert.deepEqual(verifyLog(disk).problems, [])
  }
})

const tombstones = { 'min.cleanable.dirty.ratio': '0', 'segment.ms': '60000', 'delete.retention.ms': String(hour) }

test('a tombstone stays for delete.retention.ms after the first round that meets it, by the batch’s delete horizon', () => {
  const disk = createDisk(createRandom(1))
  const clock = createClock()
  const log = open(disk, clock)
  make(log, tombstones)
  const writtenMs = clock.nowMs()
  put(log, clock, ['a', '1'], ['b', '2'])
  put(log, clock, ['a', null], ['c', '3'])
  pass(log, clock, 60_000)
  const [, second] = batchesOf(log)
  const horizonMs = deleteHorizonMs(second!.header)
  assert.ok(horizonMs !== undefined && horizonMs >= writtenMs + 60_000 + hour && horizonMs <= clock.nowMs() + hour)
  // The times of records are what they were, though they count from the horizon now.
  assert.deepEqual([...decodeRecords(second!.bytes).timestampsMs], [writtenMs, writtenMs])
  assert.equal(second!.header.maxTimestampMs, writtenMs)
  assert.deepEqual(entries(log), ['1:b=2', '2:a=null', '3:c=3'])
  log.close()
  const again = open(disk, clock)
  pass(again, clock, horizonMs - clock.nowMs() - 10_000)
  assert.deepEqual(entries(again), ['1:b=2', '2:a=null', '3:c=3'])
  pass(again, clock, 10_000)
  assert.deepEqual(entries(again), ['1:b=2', '3:c=3'])
})

test('with delete.retention.ms 0 a tombstone goes in the round after the one that met it', () => {
  const disk = createDisk(createRandom(1))
  const clock = createClock()
  const log = open(disk, clock)
  make(log, { ...tombstones, 'delete.retention.ms': '0' })
  put(log, clock, ['a', '1'], ['b', null])
  put(log, clock, ['c', '2'])
  pass(log, clock, 60_000)
  assert.deepEqual(entries(log), ['0:a=1', '2:c=2'])
})

test('a delete horizon that a client sends means nothing', () => {
  const disk = createDisk(createRandom(1))
  const clock = createClock()
  const log = open(disk, clock)
  make(log, tombstones)
  const sent = encodeRecordBatch(recordsOf([['a', null]], 5))
  const view = new DataView(sent.buffer)
  view.setInt16(recordBatchAt.attributes, attributeBits.deleteHorizon)
  view.setUint32(recordBatchAt.crc, crc32c(sent.subarray(recordBatchAt.attributes)))
  assert.ok(log.appendNow('users', 0, sent).ok)
  pass(log, clock, 60_000)
  assert.deepEqual(entries(log), ['0:a=null'])
  const [one] = batchesOf(log)
  assert.ok(deleteHorizonMs(one!.header)! > clock.nowMs())
  assert.deepEqual([...decodeRecords(one!.bytes).timestampsMs], [5])
})

test('records without a key go; the last batch of a round stays, emptied, so that no end is forgotten', () => {
  const disk = createDisk(createRandom(1))
  const clock = createClock()
  const log = open(disk, clock)
  make(log, tombstones)
  put(log, clock, ['a', '1'])
  put(log, clock, [null, 'x'], [null, 'y'])
  pass(log, clock, 60_000)
  // At the very end one record stays, whatever it is: clients do not bear an empty end.
  assert.deepEqual(entries(log), ['0:a=1', '2:null=y'])
  put(log, clock, [null, 'z'])
  // Sealed by an append, so that the next round ends before the partition does.
  clock.advance(60_000)
  put(log, clock, ['b', '2'])
  while (log.log.maintain());
  assert.deepEqual(entries(log), ['0:a=1', '4:b=2'])
  const last = readRecordBatchHeader(log.readUncommitted('users', 0, 0, 1000).subarray(-61))
  assert.deepEqual(
    { offset: last.baseOffset, delta: last.lastOffsetDelta, count: last.count, size: last.size },
    { offset: 3, delta: 0, count: 0, size: 61 },
  )
  // Who stands there is given what comes after: a batch without records may be all that its segment has.
  assert.equal(readRecordBatchHeader(log.readUncommitted('users', 0, 3, 1000)).baseOffset, 4)
  put(log, clock, ['c', '3'])
  pass(log, clock, 60_000)
  assert.deepEqual(
    batchesOf(log).map(({ header }) => header.baseOffset),
    [0, 4, 5],
  )
})

test('a batch that loses its newest record says the newest time of those left; with LogAppendTime it stays', () => {
  for (const kind of ['CreateTime', 'LogAppendTime']) {
    const disk = createDisk(createRandom(1))
    const clock = createClock()
    const log = open(disk, clock)
    make(log, { ...tombstones, 'message.timestamp.type': kind })
    const records = [
      { key: bytes('a'), value: bytes('1'), timestampMs: 1000 },
      { key: bytes('b'), value: bytes('2'), timestampMs: 2000 },
    ]
    const atMs = clock.nowMs()
    assert.ok(log.appendNow('users', 0, encodeRecordBatch(records)).ok)
    assert.ok(log.appendNow('users', 0, encodeRecordBatch([{ ...records[1]!, value: bytes('3') }])).ok)
    pass(log, clock, 60_000)
    assert.deepEqual(entries(log), ['0:a=1', '2:b=3'])
    const [first] = batchesOf(log)
    const expected = kind === 'CreateTime' ? 1000 : atMs
    assert.equal(first!.header.maxTimestampMs, expected)
    assert.deepEqual([...decodeRecords(first!.bytes).timestampsMs], [expected])
    assert.deepEqual(log.listOffsetForTime('users', 0, 0), { offset: 0, timestampMs: expected })
  }
})

test('markers go delete.retention.ms after the records of their transaction, and what was aborted is then forgotten', () => {
  const disk = createDisk(createRandom(1))
  const clock = createClock()
  const log = open(disk, clock)
  make(log, tombstones)
  const transact = (producerId: bigint, commits: boolean, ...puts: Put[]): void => {
    const batch = encodeRecordBatch(recordsOf(puts, clock.nowMs()), {
      producerId,
      producerEpoch: 0,
      baseSequence: 0,
      transactional: true,
    })
    assert.ok(log.appendNow('users', 0, batch).ok)
    const end = { producerId, producerEpoch: 1, coordinatorEpoch: 0, commits, appends: [] }
    assert.ok(log.log.endTransaction(end).ok)
    assert.equal(log.log.sync(), 'synced')
  }
  const markers = (): number[] =>
    batchesOf(log).flatMap(({ header }) => (header.control && header.count > 0 ? [header.baseOffset] : []))
  put(log, clock, ['a', '1'])
  transact(1n, false, ['a', 'aborted'], ['b', 'aborted'])
  transact(2n, true, ['a', '2'])
  transact(3n, true, ['c', '3'])
  put(log, clock, ['a', '3'])
  assert.deepEqual(markers(), [3, 5, 7])
  // Records go; no marker does, since its records were still met, and those of the third are there.
  pass(log, clock, 60_000)
  assert.deepEqual(entries(log), ['6:c=3', '8:a=3'])
  assert.deepEqual(markers(), [3, 5, 7])
  assert.equal(log.abortedTransactions('users', 0, 0, 9).length, 1)
  // The next round finds markers of nothing: they are given their time.
  put(log, clock, ['d', '4'])
  pass(log, clock, 60_000)
  assert.deepEqual(markers(), [3, 5, 7])
  assert.deepEqual(
    batchesOf(log).flatMap(({ header }) => (deleteHorizonMs(header) === undefined ? [] : [header.baseOffset])),
    [3, 5],
  )
  pass(log, clock, hour)
  assert.deepEqual(markers(), [7])
  log.close()
  const again = open(disk, clock)
  assert.deepEqual(again.abortedTransactions('users', 0, 0, 9), [])
  assert.deepEqual(entries(again), ['6:c=3', '8:a=3', '9:d=4'])
})

test('a read goes over a batch without records to the next one of the same segment, however little it may read', () => {
  const disk = createDisk(createRandom(1))
  const clock = createClock()
  const log = open(disk, clock)
  make(log, { 'max.compaction.lag.ms': '60000', 'min.cleanable.dirty.ratio': '0' })
  // The last batch of a producer stays, emptied, as long as the producer is known.
  const producer = { producerId: 5n, producerEpoch: 0, baseSequence: 0 }
  assert.ok(log.appendNow('users', 0, encodeRecordBatch(recordsOf([['a', '1']], clock.nowMs()), producer)).ok)
  put(log, clock, ['b', 'b'.repeat(300)])
  put(log, clock, ['a', '2'])
  pass(log, clock, 61_000)
  put(log, clock, ['c', 'end'])
  pass(log, clock, 61_000)
  // In the next segment.
  put(log, clock, ['d', 'more'])
  assert.deepEqual(entries(log), [`1:b=${'b'.repeat(300)}`, '2:a=2', '3:c=end', '4:d=more'])
  for (const bytesMax of [1, 100, 1000]) {
    const read = log.readUncommitted('users', 0, 0, bytesMax)
    assert.ok(readRecordBatchHeader(read).baseOffset <= 1, `${bytesMax} bytes`)
  }
})
