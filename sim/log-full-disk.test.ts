// A disk that is full to the last byte heals by what is deleted from the log, without anybody's help and without a restart.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLocalLog, createLog, type LocalLog, type LogLimits } from '../src/log/index.ts'
import { encodeRecordBatch } from '../src/model/index.ts'
import { createClock } from './clock.ts'
import { createDisk, SimulatedCrash, type SimulatedDisk } from './disk.ts'
import { createRandom } from './random.ts'

const limits: Partial<LogLimits> = { partitionsMax: 64, segmentBytesMax: 100_000, journalBytesMax: 1 << 20 }
type Clock = ReturnType<typeof createClock>

const open = (disk: SimulatedDisk, clock: Clock): LocalLog =>
  createLocalLog(createLog({ disk, clock, random: createRandom(1), limits }), disk, limits)
const batch = encodeRecordBatch([{ key: null, value: new Uint8Array(20_000).fill(7), timestampMs: 0 }])

function pass(log: LocalLog, clock: Clock, seconds: number): void {
  for (let second = 0; second < seconds; second++) {
    clock.advance(1000)
    while (log.log.maintain());
  }
}

/** A log with topics `kept` and `filling`, on a disk without a byte left. */
async function fullLog(): Promise<{ disk: SimulatedDisk; clock: Clock; log: LocalLog }> {
  const disk = createDisk(createRandom(5))
  const clock = createClock()
  const log = open(disk, clock)
  for (const name of ['kept', 'filling'])
    assert.ok((await log.createTopic({ name, partitionCount: 1, configs: { 'retention.ms': '-1' } })).ok)
  assert.ok((await log.append('kept', 0, batch)).ok)
  for (let i = 0; i < 100; i++) assert.ok((await log.append('filling', 0, batch)).ok)
  pass(log, clock, 60)
  disk.capacityBytes = disk.usedBytes
  return { disk, clock, log }
}

test('a deleted topic frees a disk on which there is no room for a checkpoint', async () => {
  const { disk, clock, log } = await fullLog()
  const refused = await log.append('kept', 0, batch)
  assert.ok(!refused.ok && refused.error === 56)
  // Its record still fits into the journal's file, which was laid down before.
  assert.ok((await log.deleteTopic('filling')).ok)
  const before = disk.usedBytes
  pass(log, clock, 60)
  assert.ok(disk.usedBytes < before - 1_500_000, `${before - disk.usedBytes} bytes came free`)
  assert.ok((await log.append('kept', 0, batch)).ok)
  assert.ok(disk.exists('log/reserve'), 'there is a reserve for the next time')
  log.close()
  assert.equal(open(disk, clock).endOffset('kept', 0), 2)
})

test('a log opens on a full disk', async () => {
  const { disk, clock, log } = await fullLog()
  disk.crash('process')
  void log
  const again = open(disk, clock)
  assert.equal(again.endOffset('filling', 0), 100)
  assert.ok((await again.deleteTopic('filling')).ok)
  pass(again, clock, 60)
  assert.ok((await again.append('kept', 0, batch)).ok)
})

test('a crash at any write while the disk heals loses nothing that was kept, and it heals after that', async () => {
  for (const kind of ['process', 'power'] as const)
    for (let step = 0; ; step++) {
      const { disk, clock, log } = await fullLog()
      const begunAt = disk.operations
      disk.crashAt = begunAt + step
      let crashed = false
      try {
        await log.append('kept', 0, batch)
        await log.deleteTopic('filling')
        pass(log, clock, 60)
      } catch (error) {
        if (!(error instanceof SimulatedCrash)) throw error
        crashed = true
      }
      disk.crashAt = undefined
      if (!crashed) {
        assert.ok(step > 10, `${step} writes heal it`)
        break
      }
      disk.crash(kind)
      // A write that a crash cuts off may go beyond the simulated disk's end: it is as full as can be.
      disk.capacityBytes = Math.max(disk.capacityBytes, disk.usedBytes)
      const again = open(disk, clock)
      assert.equal(again.endOffset('kept', 0), 1, `${kind}, write ${step}`)
      assert.equal(again.read('kept', 0, 0, 1).length, batch.length)
      if (again.topic('filling')) {
        assert.equal(again.endOffset('filling', 0), 100, `${kind}, write ${step}`)
        assert.ok((await again.deleteTopic('filling')).ok, `${kind}, write ${step}`)
      }
      pass(again, clock, 60)
      assert.ok((await again.append('kept', 0, batch)).ok, `${kind}, write ${step}`)
    }
})
