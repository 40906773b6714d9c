import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryTopic } from '../testing.ts'
import { sampleTopic } from './sample.ts'

const record = (...value: number[]): { key: Uint8Array; value: Uint8Array } => ({
  key: new Uint8Array(),
  value: Uint8Array.from(value),
})
const schemaIds = {
  byId: (id: number) => (id === 7 ? { id, type: 'AVRO' as const, text: '"int"' } : undefined),
  latest: () => undefined,
}

test('a sample has records from the start and the end, without their frames, and the texts of their writers', async () => {
  const topic = memoryTopic()
  for (let i = 0; i < 100; i++) await topic.append([record(0, 0, 0, 0, i < 50 ? 7 : 9, i)])
  const { sample, writers } = sampleTopic({ reader: topic.reader, topic: 't', schemaIds, recordsMax: 16 })
  assert.equal(sample.length, 16)
  assert.deepEqual(sample[0], { partition: 0, offset: 0n, schemaId: 7, value: Uint8Array.of(0) })
  assert.ok(sample.some(({ offset }) => offset > 80n))
  assert.equal(new Set(sample.map(({ offset }) => offset)).size, 16)
  assert.deepEqual(writers, new Map([[7, '"int"']]))
})

test('a record without a frame is taken as it is, an empty topic gives nothing', async () => {
  const topic = memoryTopic()
  await topic.append([record(0x7b, 0x7d)])
  const { sample } = sampleTopic({ reader: topic.reader, topic: 't', schemaIds, recordsMax: 5 })
  assert.deepEqual(sample, [{ partition: 0, offset: 0n, value: Uint8Array.of(0x7b, 0x7d) }])
  assert.deepEqual(sampleTopic({ reader: memoryTopic().reader, topic: 't', schemaIds, recordsMax: 5 }).sample, [])
})
