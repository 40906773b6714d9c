import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryDisk, nodeRandom, type Clock } from '../base/index.ts'
import { encodeRecordBatch, readRecordBatchHeader } from '../model/index.ts'
import { createLocalLog, createLog } from './index.ts'

const clock: Clock = { nowMs: () => 1_700_000_000_000, monotonicMs: () => 0, after: () => () => {} }

/** A log with one topic of batches of one record each, and its only segment's path. */
async function logOf(values: readonly string[]) {
  const disk = createMemoryDisk()
  const log = createLocalLog(createLog({ disk, clock, random: nodeRandom, limits: { indexIntervalBytes: 200 } }), disk)
  await log.createTopic({ name: 'a', partitionCount: 1 })
  for (const value of values) {
    const record = { key: null, value: new TextEncoder().encode(value), timestampMs: clock.nowMs() }
    assert.ok((await log.append('a', 0, encodeRecordBatch([record]))).ok)
  }
  const [folder] = disk.list('log/partitions')
  const [name] = disk.list(`log/partitions/${folder}`)
  return { log, disk, path: `log/partitions/${folder}/${name}` }
}

const values = Array.from({ length: 100 }, (_, i) => `value ${i}`)

test('many readers at different places each get the batches from their own offset on', async () => {
  const { log } = await logOf(values)
  const at = Array.from({ length: 50 }, (_, i) => (i * 37) % 90)
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < at.length; i++) {
      const read = log.readUncommitted('a', 0, at[i]!, 100)
      const { baseOffset, lastOffsetDelta } = readRecordBatchHeader(read)
      assert.equal(baseOffset, at[i])
      at[i] = baseOffset + lastOffsetDelta + 1
    }
  }
})

test('memory for the bytes comes from who asks', async () => {
  const { log } = await logOf(values)
  const memory = new Uint8Array(10_000).fill(255)
  const read = log.readUncommitted('a', 0, 3, 500, { allocate: (size) => memory.subarray(0, size) })
  assert.equal(read.buffer, memory.buffer)
  assert.deepEqual(read, log.readUncommitted('a', 0, 3, 500))
})

test('with checkOnce a checksum is looked at once, by all others each time', async () => {
  const { log, disk, path } = await logOf(values)
  const checkOnce = true
  const half = log.readUncommitted('a', 0, 0, 3000, { checkOnce })
  const file = disk.open(path, 'write')
  const flip = (position: number): void => {
    const byte = new Uint8Array(1)
    file.read(byte, position)
    byte[0]! ^= 1
    file.write(byte, position)
  }
  // The last byte of the first batch (its count of headers), which was looked at.
  flip(512 + readRecordBatchHeader(half).size - 1)
  assert.equal(log.readUncommitted('a', 0, 0, 3000, { checkOnce }).length, half.length)
  assert.throws(() => log.readUncommitted('a', 0, 0, 3000), { code: 'MR-LOG-001' })
  // One that nobody has looked at yet.
  flip(file.size() - 1)
  assert.throws(() => log.readUncommitted('a', 0, 99, 3000, { checkOnce }), { code: 'MR-LOG-001' })
})
