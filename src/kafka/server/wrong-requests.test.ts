// Requests that are wrong in themselves are refused with Kafka's error, and change nothing.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeRecordBatch } from '../../model/index.ts'
import { apis, zeroUuid } from '../wire/index.ts'
import { startTestNode } from './test-node.ts'

const timeoutMs = 1000
const otherId = '11111111-2222-3333-4444-555555555555'

test('a topic is deleted by its name or its id, never by both, nor when it is named twice', async (t) => {
  const node = await startTestNode(t)
  const made = await node.log.createTopic({ name: 'a', partitionCount: 1 })
  assert.ok(made.ok)
  const client = await node.connect()
  const remove = async (...topics: { name: string | null; topicId: string }[]): Promise<number[]> => {
    const { responses } = await client.call(apis.deleteTopics, 6, { topics, timeoutMs })
    return responses.map(({ errorCode }) => errorCode)
  }
  const byName = { name: 'a', topicId: zeroUuid }
  const byId = { name: null, topicId: made.id }
  assert.deepEqual(await remove({ name: 'a', topicId: otherId }), [42])
  assert.deepEqual(await remove({ name: 'a', topicId: made.id }), [42])
  assert.deepEqual(await remove({ name: null, topicId: zeroUuid }), [42])
  assert.deepEqual(await remove(byName, byName), [42])
  assert.deepEqual(await remove(byId, byId), [42])
  assert.equal((await remove(byName, byId))[0], 42)
  assert.deepEqual(await remove(byId), [100], 'given by its id beside its name it went')
  assert.equal(node.log.topic('a'), undefined)
})

test('partitions are added once in a request', async (t) => {
  const node = await startTestNode(t)
  await node.log.createTopic({ name: 'a', partitionCount: 1 })
  const client = await node.connect()
  const topics = [2, 3].map((count) => ({ name: 'a', count, assignments: null }))
  const { results } = await client.call(apis.createPartitions, 3, { topics, timeoutMs, validateOnly: false })
  assert.deepEqual(
    results.map(({ name, errorCode }) => [name, errorCode]),
    [['a', 42]],
  )
  assert.equal(node.log.partitionCount('a'), 1)
})

test('special times that a version does not know are not supported', async (t) => {
  const node = await startTestNode(t)
  await node.log.createTopic({ name: 'a', partitionCount: 1 })
  const client = await node.connect()
  const list = async (version: number, timestamp: bigint): Promise<number> => {
    const partitions = [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp }]
    const request = { replicaId: -1, topics: [{ name: 'a', partitions }] }
    return (await client.call(apis.listOffsets, version, request)).topics[0]!.partitions[0]!.errorCode
  }
  assert.deepEqual([await list(6, -3n), await list(7, -3n)], [35, 0])
  assert.deepEqual([await list(10, -6n), await list(11, -6n)], [35, 0])
  assert.equal(await list(11, -9n), 35)
})

test('a topic with an empty cleanup policy keeps all that it has', async (t) => {
  const node = await startTestNode(t)
  const records = encodeRecordBatch([{ key: null, value: new Uint8Array(1), timestampMs: node.clock.nowMs() }])
  for (const policy of ['', 'delete']) {
    const configs = { 'cleanup.policy': policy, 'retention.ms': '1000' }
    assert.ok((await node.log.createTopic({ name: `a-${policy}`, partitionCount: 1, configs })).ok)
    await node.log.append(`a-${policy}`, 0, records)
  }
  for (let i = 0; i < 3; i++) {
    node.clock.advance(100_000)
    while (node.log.log.maintain());
  }
  assert.deepEqual([node.log.startOffset('a-', 0), node.log.startOffset('a-delete', 0)], [0, 1])
})

test('members without a group, and members of a group that nobody is in, are told so', async (t) => {
  const node = await startTestNode(t)
  await node.log.createTopic({ name: 'a', partitionCount: 1 })
  const client = await node.connect()
  const identity = { groupId: '', generationId: 1, memberId: 'x' }
  assert.equal((await client.call(apis.heartbeat, 4, identity)).errorCode, 24)
  const sync = await client.call(apis.syncGroup, 4, { ...identity, assignments: [] })
  assert.equal(sync.errorCode, 24)
  const commit = async (groupId: string, generation: number): Promise<number> => {
    const partitions = [{ partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: -1, committedMetadata: '' }]
    const { topics } = await client.call(apis.offsetCommit, 9, {
      groupId,
      generationIdOrMemberEpoch: generation,
      memberId: generation < 0 ? '' : 'x',
      topics: [{ name: 'a', partitions }],
    })
    return topics[0]!.partitions[0]!.errorCode
  }
  assert.deepEqual([await commit('g', 3), await commit('g', -1), await commit('g', 3)], [69, 0, 25])
})
