import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeRecordBatch } from '../../model/index.ts'
import { apis, zeroUuid } from '../wire/index.ts'
import { startTestNode, type TestNode } from './test-node.ts'
import type { TestClient } from './test-client.ts'

const append = (node: TestNode): unknown =>
  node.log.appendNow('t', 0, encodeRecordBatch([{ key: null, value: new Uint8Array(4), timestampMs: 5 }]))

/** A node started twice: epoch 0 wrote offsets 0 and 1, epoch 1 wrote 2. */
async function startTwice(t: Parameters<typeof startTestNode>[0]): Promise<TestNode> {
  const first = await startTestNode(t)
  first.log.createTopicNow({ name: 't', partitionCount: 1 })
  append(first)
  append(first)
  await first.stop()
  const second = await startTestNode(t, { folder: first.folder })
  append(second)
  return second
}

async function fetchOne(
  client: TestClient,
  partition: { fetchOffset: number; currentLeaderEpoch?: number; lastFetchedEpoch?: number },
): Promise<unknown[]> {
  const { responses } = await client.call(apis.fetch, 12, {
    maxWaitMs: 0,
    isolationLevel: 0,
    minBytes: 1,
    topics: [
      { topic: 't', topicId: zeroUuid, partitions: [{ partition: 0, partitionMaxBytes: 1 << 20, ...partition }] },
    ],
    forgottenTopicsData: [],
  })
  const { errorCode, records, divergingEpoch, currentLeader } = responses[0]!.partitions[0]!
  return [errorCode, (records?.length ?? 0) > 0, divergingEpoch, currentLeader]
}

test('a client with the epoch before is fenced in Fetch, ListOffsets and OffsetForLeaderEpoch, one ahead is unknown', async (t) => {
  const node = await startTwice(t)
  const client = await node.connect()
  const leader = { leaderId: 1, leaderEpoch: 1 }
  assert.deepEqual(await fetchOne(client, { fetchOffset: 0 }), [0, true, null, null])
  assert.deepEqual(await fetchOne(client, { fetchOffset: 0, currentLeaderEpoch: 1 }), [0, true, null, null])
  assert.deepEqual(await fetchOne(client, { fetchOffset: 0, currentLeaderEpoch: 0 }), [74, false, null, leader])
  assert.deepEqual(await fetchOne(client, { fetchOffset: 0, currentLeaderEpoch: 2 }), [75, false, null, leader])
  for (const [currentLeaderEpoch, error] of [
    [0, 74],
    [1, 0],
    [2, 75],
  ] as const) {
    const listed = await client.call(apis.listOffsets, 9, {
      replicaId: -1,
      isolationLevel: 0,
      topics: [{ name: 't', partitions: [{ partitionIndex: 0, currentLeaderEpoch, timestamp: -1n }] }],
    })
    const asked = await client.call(apis.offsetForLeaderEpoch, 4, {
      topics: [{ topic: 't', partitions: [{ partition: 0, currentLeaderEpoch, leaderEpoch: 0 }] }],
    })
    assert.deepEqual(
      [listed.topics[0]!.partitions[0]!.errorCode, asked.topics[0]!.partitions[0]!.errorCode],
      [error, error],
    )
  }
})

test('where epochs ended, which one an offset is of, and what Metadata says', async (t) => {
  const node = await startTwice(t)
  const client = await node.connect()
  const ends = []
  for (const leaderEpoch of [0, 1, 2]) {
    const { topics } = await client.call(apis.offsetForLeaderEpoch, 4, {
      topics: [{ topic: 't', partitions: [{ partition: 0, leaderEpoch }] }],
    })
    const { leaderEpoch: epoch, endOffset } = topics[0]!.partitions[0]!
    ends.push([epoch, endOffset])
  }
  assert.deepEqual(ends, [
    [0, 2],
    [1, 3],
    [-1, -1],
  ])
  const offsets = []
  for (const timestamp of [-2n, -1n, 5n]) {
    const { topics } = await client.call(apis.listOffsets, 9, {
      replicaId: -1,
      isolationLevel: 0,
      topics: [{ name: 't', partitions: [{ partitionIndex: 0, timestamp }] }],
    })
    const { offset, leaderEpoch } = topics[0]!.partitions[0]!
    offsets.push([offset, leaderEpoch])
  }
  assert.deepEqual(offsets, [
    [0, 0],
    [3, 1],
    [0, 0],
  ])
  const metadata = await client.call(apis.metadata, 12, { topics: [{ name: 't', topicId: zeroUuid }] })
  assert.equal(metadata.topics[0]!.partitions[0]!.leaderEpoch, 1)
})

test('who read records that are not of this log is told where it parted', async (t) => {
  const node = await startTwice(t)
  const client = await node.connect()
  assert.deepEqual(await fetchOne(client, { fetchOffset: 2, lastFetchedEpoch: 0 }), [0, true, null, null])
  // It says it read offset 2 in epoch 0, which ended before it.
  const parted = { epoch: 0, endOffset: 2 }
  assert.deepEqual(await fetchOne(client, { fetchOffset: 3, lastFetchedEpoch: 0 }), [0, false, parted, null])
  assert.deepEqual(await fetchOne(client, { fetchOffset: 3, lastFetchedEpoch: 7 }), [1, false, null, null])
})
