// What a damaged partition looks like through this door.
import assert from 'node:assert/strict'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { MillraceError } from '../../base/index.ts'
import { encodeRecordBatch } from '../../model/index.ts'
import { apis, kafkaErrors } from '../wire/index.ts'
import type { ServerReader } from './log-face.ts'
import { createMemoryLog } from './memory-log.ts'
import { startTestNode } from './test-node.ts'

test('a consumer at a missing segment is told 56 at once, and does not wait for records that never come', async (t) => {
  const first = await startTestNode(t)
  for (const name of ['damaged', 'whole']) {
    await first.log.createTopic({ name, partitionCount: 1 })
    await first.log.append(name, 0, encodeRecordBatch([{ key: null, value: new Uint8Array(1), timestampMs: 1 }]))
  }
  const id = first.log.topic('damaged')!.id
  await first.stop()
  const folder = join(first.folder, 'log/partitions', `${id}.0`)
  for (const name of readdirSync(folder)) if (name.endsWith('.segment')) rmSync(join(folder, name))
  const second = await startTestNode(t, { folder: first.folder })
  const client = await second.connect()
  const fetch = (topic: string, fetchOffset: number) =>
    client.call(apis.fetch, 12, {
      maxWaitMs: 60_000,
      minBytes: 1,
      isolationLevel: 0,
      topics: [{ topic, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1 << 20 }] }],
    })
  const codeOf = async (topic: string, offset: number): Promise<number> =>
    (await fetch(topic, offset)).responses[0]!.partitions[0]!.errorCode
  assert.equal(await codeOf('damaged', 0), kafkaErrors.kafkaStorageError)
  assert.equal(await codeOf('whole', 0), 0)
  const produced = await client.call(apis.produce, 9, {
    acks: -1,
    timeoutMs: 1000,
    topicData: [
      {
        name: 'damaged',
        partitionData: [
          { index: 0, records: encodeRecordBatch([{ key: null, value: new Uint8Array(1), timestampMs: 1 }]) },
        ],
      },
    ],
  })
  assert.equal(produced.responses[0]!.partitionResponses[0]!.errorCode, kafkaErrors.kafkaStorageError)
  assert.deepEqual(second.faults, [])
})

test('a damaged state of transactions does not keep the node from starting; only ids in that partition are refused', async (t) => {
  const first = await startTestNode(t)
  const init = async (node: typeof first, transactionalId: string): Promise<number> =>
    (await (await node.connect()).call(apis.initProducerId, 5, { transactionalId, transactionTimeoutMs: 9000 }))
      .errorCode
  assert.equal(await init(first, 'broken'), 0)
  const topic = first.log.topic('__transaction_state')!
  const partition = Array.from({ length: topic.partitionCount }, (_, p) => p).find(
    (p) => first.log.highWatermark(topic.name, p) > 0,
  )!
  await first.stop()
  const folder = join(first.folder, 'log/partitions', `${topic.id}.${partition}`)
  for (const name of readdirSync(folder)) if (name.endsWith('.segment')) rmSync(join(folder, name))
  const second = await startTestNode(t, { folder: first.folder })
  assert.equal(await init(second, 'broken'), kafkaErrors.coordinatorNotAvailable)
  assert.equal(await init(second, 'another'), 0)
})

test('a topic that is deleted between two looks of a waiting fetch is unknown to it, and nothing else fails', async (t) => {
  const { log, reader } = createMemoryLog()
  const seen = { looks: 0 }
  let deleted = false
  // The list of topics is older than the look at the partition, as when another thread has just deleted it.
  const startOffset: ServerReader['startOffset'] = (topic, partition) => {
    if (deleted && topic === 'short') throw new MillraceError('MR-LOG-004', { details: { topic, partition } })
    seen.looks++
    return reader.startOffset(topic, partition)
  }
  const node = await startTestNode(t, { server: { log, reader: { ...reader, startOffset } } })
  await log.createTopic({ name: 'short', partitionCount: 1 })
  const client = await node.connect()
  seen.looks = 0
  const waiting = client.call(apis.fetch, 12, {
    maxWaitMs: 5000,
    minBytes: 1,
    isolationLevel: 0,
    topics: [{ topic: 'short', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }] }],
  })
  while (seen.looks === 0) await new Promise((turn) => setImmediate(turn))
  deleted = true
  node.clock.advance(5000)
  const [topic] = (await waiting).responses
  assert.equal(topic!.partitions[0]!.errorCode, kafkaErrors.unknownTopicOrPartition)
  assert.deepEqual(node.faults, [])
})
