// Repair of damaged logs: what is lost is said exactly, nothing else is lost, and what was damaged is set aside.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryDisk, nodeRandom, readWholeFile, type Clock, type Disk } from '../base/index.ts'
import { decodeRecords, encodeRecordBatch, readRecordBatchHeader, recordValue } from '../model/index.ts'
import { createLocalLog, createLog, repairLog, verifyLog, type LocalLog, type LogRepair } from './index.ts'
import { createOverlayDisk } from './overlay-disk.ts'

const clock: Clock = { nowMs: () => 1_700_000_000_000, monotonicMs: () => 0, after: () => () => {} }
const limits = { journalChunkBytesMin: 8192, segmentBytesMax: 1200, partitionsMax: 64 }

const open = (disk: Disk): LocalLog =>
  createLocalLog(createLog({ disk, clock, random: nodeRandom, limits }), disk, limits)

const batchOf = (value: string): Uint8Array =>
  encodeRecordBatch([
    { key: null, value: new TextEncoder().encode(value.padEnd(100, '.')), timestampMs: clock.nowMs() },
  ])

/** Twenty records in each of two partitions, some in each segment; `close` leaves nothing in the journal. */
function makeLog(close: boolean): Disk {
  const disk = createMemoryDisk()
  const log = open(disk)
  log.createTopicNow({ name: 'pay', partitionCount: 2, configs: { 'retention.ms': '-1' } })
  for (let i = 0; i < 40; i++) assert.ok(log.appendNow('pay', i % 2, batchOf(`${i}`)).ok)
  if (close) log.close()
  return disk
}

function segmentsOf(disk: Disk, partition: number): string[] {
  const folder = disk.list('log/partitions').find((name) => name.endsWith(`.${partition}`))!
  return disk
    .list(`log/partitions/${folder}`)
    .filter((name) => name.endsWith('.segment'))
    .map((name) => `log/partitions/${folder}/${name}`)
}

function flip(disk: Disk, path: string, position: number): void {
  const file = disk.open(path, 'write')
  const byte = new Uint8Array(1)
  file.read(byte, position)
  file.write(Uint8Array.of(byte[0]! ^ 4), position)
  file.close()
}

function snapshot(disk: Disk, folder = ''): Map<string, string> {
  const all = new Map<string, string>()
  for (const name of disk.list(folder)) {
    const path = folder === '' ? name : `${folder}/${name}`
    let bytes: Uint8Array | undefined
    try {
      bytes = readWholeFile(disk, path)
    } catch {
      bytes = undefined
    }
    if (bytes) all.set(path, Buffer.from(bytes).toString('base64'))
    else for (const [one, text] of snapshot(disk, path)) all.set(one, text)
  }
  return all
}

/** Offset and value of each record, as a client reads on. */
function readAll(log: LocalLog, partition: number): [number, string][] {
  const seen: [number, string][] = []
  for (let offset = log.startOffset('pay', partition); offset < log.endOffset('pay', partition);) {
    const bytes = log.readUncommitted('pay', partition, offset, 1)
    assert.ok(bytes.length > 0, `something is read at ${offset}`)
    const { baseOffset, lastOffsetDelta } = readRecordBatchHeader(bytes)
    const columns = decodeRecords(bytes)
    for (let i = 0; i < columns.count; i++)
      seen.push([baseOffset + i, new TextDecoder().decode(recordValue(columns, i)!).replaceAll('.', '')])
    offset = baseOffset + lastOffsetDelta + 1
  }
  return seen
}

const all = (partition: number): [number, string][] => Array.from({ length: 20 }, (_, i) => [i, `${2 * i + partition}`])

/** Both ways: the dry run changes nothing and foretells; after the repair the log is sound, open, and takes writes. */
function repairAndCheck(disk: Disk, gone: (partition: number, offset: number) => boolean): LogRepair {
  const before = snapshot(disk)
  const foretold = repairLog({ disk, clock, random: nodeRandom, limits, dryRun: true })
  assert.deepEqual(snapshot(disk), before, 'a dry run changes nothing')
  const done = repairLog({ disk, clock, random: nodeRandom, limits, dryRun: false })
  assert.deepEqual({ ...foretold, dryRun: false, aside: done.aside }, done, 'what was foretold is what was done')
  assert.deepEqual(done.remaining, [])
  assert.deepEqual(verifyLog(disk).problems, [])
  const log = open(disk)
  assert.deepEqual(log.log.damages(), [])
  for (const partition of [0, 1]) {
    const expected = all(partition).filter(([offset]) => !gone(partition, offset))
    assert.deepEqual(readAll(log, partition), expected)
    const outcome = log.appendNow('pay', partition, batchOf('after'))
    assert.deepEqual(outcome.ok && readAll(log, partition), [...expected, [outcome.ok && outcome.baseOffset, 'after']])
  }
  log.close()
  assert.deepEqual(verifyLog(disk).problems, [])
  const lost = done.partitions.flatMap((one) => one.lost.map(({ from, to }) => [one.partition, from, to]))
  for (const partition of [0, 1]) {
    const said = lost
      .filter(([p]) => p === partition)
      .flatMap(([, from, to]) => Array.from({ length: to! - from! }, (_, i) => from! + i))
    const truly = all(partition)
      .map(([offset]) => offset)
      .filter((offset) => gone(partition, offset))
    assert.deepEqual(said, truly, `what is said to be lost of partition ${partition}`)
  }
  return done
}

test('a log that is sound is left alone', () => {
  const disk = makeLog(true)
  const report = repairLog({ disk, clock, random: nodeRandom, limits, dryRun: false })
  assert.deepEqual([report.problems, report.partitions, report.remaining, report.aside], [[], [], [], undefined])
  assert.deepEqual(readAll(open(disk), 0), all(0))
})

test('a flipped byte anywhere in a batch costs that batch only', () => {
  const batchBytes = batchOf('0').length
  // The leader epoch, at 12 to 15, is covered by no checksum.
  for (const [nth, at] of [
    [0, 0],
    [0, 8],
    [1, 16],
    [1, 30],
    [2, 70],
    [1, 10],
  ] as const) {
    const disk = makeLog(true)
    const path = segmentsOf(disk, 0)[1]!
    const base = Number(path.slice(-30).match(/(\d{20})/)![1])
    flip(disk, path, 512 + nth * batchBytes + at)
    const whole = readWholeFile(disk, path)!
    const { aside, partitions } = repairAndCheck(disk, (partition, offset) => partition === 0 && offset === base + nth)
    assert.deepEqual(partitions[0]!.rewritten, [path])
    const kept = disk.list(aside!).find((name) => name.startsWith('pay-0-'))
    assert.deepEqual(readWholeFile(disk, `${aside}/${kept}`), whole, 'the damaged file lies aside')
    assert.ok(disk.exists(`${aside}/report.json`))
  }
})

test('a damaged header of a segment costs nothing', () => {
  const disk = makeLog(true)
  flip(disk, segmentsOf(disk, 1)[0]!, 40)
  repairAndCheck(disk, () => false)
})

test('a truncated file costs what was cut off, in the middle and at the end', () => {
  for (const nth of [1, -1]) {
    const disk = makeLog(true)
    const paths = segmentsOf(disk, 0)
    const path = paths.at(nth)!
    const next = nth < 0 ? 20 : Number(paths[nth + 1]!.match(/(\d{20})/)![1])
    const file = disk.open(path, 'write')
    file.truncate(file.size() - 10)
    file.close()
    repairAndCheck(disk, (partition, offset) => partition === 0 && offset === next - 1)
  }
})

test('a missing file costs its records, first, middle and last, found by verify or after the node met it', () => {
  for (const nth of [0, 2, -1]) {
    for (const hasStarted of [false, true]) {
      const disk = makeLog(true)
      const paths = segmentsOf(disk, 1)
      const base = (path: string | undefined): number => (path === undefined ? 20 : Number(path.match(/(\d{20})/)![1]))
      const path = paths.at(nth)!
      const from = base(path)
      const to = nth < 0 ? 20 : base(paths[nth + 1])
      disk.remove(path)
      if (hasStarted) {
        const log = open(disk)
        assert.equal(log.status('pay', 1), 'offline')
        log.close()
      }
      repairAndCheck(disk, (partition, offset) => partition === 1 && offset >= from && offset < to)
    }
  }
})

test('frames of the journal that nobody can read: what lies in the segments is brought back', () => {
  const disk = makeLog(false)
  // Each append took a page of the journal, behind the header and the frame of the topic.
  const [journal] = disk.list('log/journal') as [string]
  for (const n of [20, 21]) flip(disk, `log/journal/${journal}`, 8192 + n * 4096 + 20)
  const log = open(disk)
  assert.deepEqual([log.status('pay', 0), log.status('pay', 1)], ['offline', 'offline'])
  log.close()
  const { partitions } = repairAndCheck(disk, () => false)
  for (const { broughtBack, note, end } of partitions) {
    assert.deepEqual(broughtBack, [{ from: end.before, to: 20 }])
    assert.match(note!, /a frame of the journal is lost/)
  }
})

test('a missing journal: its records are still in the segments, and the log opens again', () => {
  const disk = makeLog(false)
  for (const name of disk.list('log/journal')) disk.remove(`log/journal/${name}`)
  assert.throws(() => open(createOverlayDisk(disk)), { code: 'MR-LOG-003' })
  // The topic itself was in the journal only: nothing tells of it.
  const lost = repairLog({ disk, clock, random: nodeRandom, limits, dryRun: true })
  assert.deepEqual(lost.partitions, [])
  const later = makeLog(true)
  const log = open(later)
  assert.ok(log.appendNow('pay', 0, batchOf('more')).ok)
  for (const name of later.list('log/journal')) later.remove(`log/journal/${name}`)
  const { partitions, remaining } = repairLog({ disk: later, clock, random: nodeRandom, limits, dryRun: false })
  assert.deepEqual(remaining, [])
  assert.deepEqual(
    partitions.map(({ broughtBack, lost: gone, end }) => ({ broughtBack, gone, end })),
    [
      { broughtBack: [{ from: 20, to: 21 }], gone: [], end: { before: 20, after: 21 } },
      { broughtBack: [], gone: [], end: { before: 20, after: 20 } },
    ],
  )
  assert.deepEqual(readAll(open(later), 0), [...all(0), [20, 'more']])
})

test('a missing journal that made a topic: what lies there of the topic is set aside, and a dry run moves nothing', () => {
  const disk = createMemoryDisk()
  open(disk).close()
  const log = open(disk)
  log.createTopicNow({ name: 'new', partitionCount: 1, configs: { 'retention.ms': '-1' } })
  for (let i = 0; i < 5; i++) log.appendNow('new', 0, batchOf(`${i}`))
  const [path] = segmentsOf(disk, 0) as [string]
  const bytes = readWholeFile(disk, path)!
  for (const name of disk.list('log/journal')) disk.remove(`log/journal/${name}`)
  repairLog({ disk, clock, random: nodeRandom, limits, dryRun: true })
  assert.deepEqual(readWholeFile(disk, path), bytes)
  repairLog({ disk, clock, random: nodeRandom, limits, dryRun: false })
  open(disk).close()
  const aside = path.replace('log/partitions', 'log/damaged/unknown')
  assert.deepEqual(readWholeFile(disk, aside), bytes)
})

test('producers and leader epochs go on as before after a repair', () => {
  const disk = makeLog(true)
  const log = open(disk)
  const of = (sequence: number): Uint8Array =>
    encodeRecordBatch([{ key: null, value: new Uint8Array(9), timestampMs: clock.nowMs() }], {
      producerId: 1000n,
      producerEpoch: 0,
      baseSequence: sequence,
    })
  for (let i = 0; i < 4; i++) assert.ok(log.appendNow('pay', 0, of(i)).ok)
  const epochs = log.leaderEpochs('pay', 0)
  const [journal] = disk.list('log/journal').map((name) => `log/journal/${name}`) as [string]
  for (const n of [1, 2]) flip(disk, journal, 8192 + n * 4096 + 20)
  repairLog({ disk, clock, random: nodeRandom, limits, dryRun: false })
  const again = open(disk)
  assert.equal(again.endOffset('pay', 0), 24)
  assert.deepEqual(again.appendNow('pay', 0, of(3)), {
    ok: true,
    baseOffset: 23,
    logAppendTimeMs: -1,
    logStartOffset: 0,
  })
  assert.deepEqual(again.appendNow('pay', 0, of(4)), {
    ok: true,
    baseOffset: 24,
    logAppendTimeMs: -1,
    logStartOffset: 0,
  })
  // A client that read up to 24 in the old epoch has lost nothing: that is where the epoch ends.
  assert.deepEqual(again.leaderEpochs('pay', 0).find(([epoch]) => epoch > epochs.at(-1)![0])?.[1], 24)
})

test('without a checkpoint there is nothing to go by', () => {
  const disk = makeLog(true)
  disk.remove('log/checkpoint')
  assert.throws(() => repairLog({ disk, clock, random: nodeRandom, limits, dryRun: true }), {
    code: 'MR-LOG-003',
    message: /restore a backup/,
  })
})
