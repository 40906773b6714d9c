import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryDisk, MillraceError, nodeRandom, type Clock, type Disk } from '../base/index.ts'
import { encodeRecordBatch } from '../model/index.ts'
import { createLocalLog, createLog, verifyLog } from './index.ts'

const clock: Clock = { nowMs: () => 1_700_000_000_000, monotonicMs: () => 0, after: () => () => {} }
const limits = { journalChunkBytesMin: 8192, segmentBytesMax: 900 }

/** A log with several segments and one owner's state file; `close` leaves everything in segments, else the journal has some. */
function makeLog(close: boolean): Disk {
  const disk = createMemoryDisk()
  const open = (): ReturnType<typeof createLocalLog> =>
    createLocalLog(createLog({ disk, clock, random: nodeRandom, limits }), disk, limits)
  const log = open()
  log.createTopicNow({ name: 'orders', partitionCount: 2 })
  const value = new Uint8Array(100).fill(7)
  for (let i = 0; i < 20; i++)
    log.appendNow('orders', i % 2, encodeRecordBatch([{ key: null, value, timestampMs: clock.nowMs() }]))
  if (close) log.close()
  return disk
}

const segmentsOf = (disk: Disk): string[] =>
  disk
    .list('log/partitions')
    .flatMap((folder) => disk.list(`log/partitions/${folder}`).map((name) => `log/partitions/${folder}/${name}`))
    .filter((path) => path.endsWith('.segment'))

function flip(disk: Disk, path: string, position: number): void {
  const file = disk.open(path, 'write')
  const byte = new Uint8Array(1)
  file.read(byte, position)
  file.write(Uint8Array.of(byte[0]! ^ 1), position)
}

test('a whole log is sound, in segments or still in the journal', () => {
  const closed = verifyLog(makeLog(true))
  assert.deepEqual([closed.problems, closed.batches, closed.frames], [[], 20, 0])
  assert.ok(closed.segments > 2)
  const open = verifyLog(makeLog(false))
  assert.deepEqual(open.problems, [])
  assert.ok(open.frames > 15, `${open.frames} frames`)
})

test('one flipped bit anywhere in a batch, a cut file, a missing one: each is found and named', () => {
  const sound = makeLog(true)
  const [path] = segmentsOf(sound) as [string]
  const size = sound.open(path, 'read').size()
  const batchBytes = (size - 512) / (verifyLog(sound).batches / segmentsOf(sound).length)
  for (let position = 512; position < size; position += 7) {
    // The leader epoch, which a broker places, is covered by no checksum.
    const inBatch = (position - 512) % batchBytes
    if (inBatch >= 12 && inBatch < 16) continue
    flip(sound, path, position)
    const { problems } = verifyLog(sound)
    assert.equal(problems.length > 0, true, `byte ${position}`)
    assert.ok(problems.every((problem) => problem.topic === 'orders' && problem.file === path))
    flip(sound, path, position)
  }
  assert.deepEqual(verifyLog(sound).problems, [])
  sound.open(path, 'write').truncate(size - 10)
  assert.match(verifyLog(sound).problems[0]!.reason, /bytes, not/)
  sound.remove(path)
  const [missing] = verifyLog(sound).problems
  assert.deepEqual([missing?.reason, missing?.file], ['the file is missing', path])
})

test('a reader gives what is sound before a damaged batch, in one read with it or not, and tells of it there', () => {
  const disk = makeLog(true)
  const [path] = segmentsOf(disk) as [string]
  const batchBytes = encodeRecordBatch([{ key: null, value: new Uint8Array(100), timestampMs: 0 }]).length
  // In its records, and in its header.
  for (const at of [100, 8]) {
    flip(disk, path, 512 + batchBytes + at)
    const { topic, partition, offset } = verifyLog(disk).problems[0]!
    const log = createLocalLog(createLog({ disk, clock, random: nodeRandom, limits }), disk, limits)
    assert.equal(topic, 'orders')
    const first = log.read('orders', partition!, offset! - 1, 1 << 20)
    assert.equal(first.length, batchBytes)
    assert.throws(
      () => log.read('orders', partition!, offset!, 1 << 20),
      (error) => error instanceof MillraceError && error.code === 'MR-LOG-001',
    )
    flip(disk, path, 512 + batchBytes + at)
  }
})

test('a flipped bit in an acknowledged frame of the journal is found', () => {
  const disk = makeLog(false)
  const [path] = disk.list('log/journal').map((name) => `log/journal/${name}`) as [string]
  // The first frame that a checkpoint does not hold begins behind the header's two pages.
  let found = 0
  for (let position = 8192; position < 8192 + 4096; position += 61) {
    flip(disk, path, position)
    if (verifyLog(disk).problems.length > 0) found++
    flip(disk, path, position)
  }
  assert.ok(found > 0)
  assert.deepEqual(verifyLog(disk).problems, [])
})
