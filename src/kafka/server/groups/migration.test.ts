// Members of both protocols in one group, through the protocol, on the real log.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { apis, WireWriter } from '../../wire/index.ts'
import type { TestClient } from '../test-client.ts'
import { startTestNode, type TestNode } from '../test-node.ts'
import { readAssignment } from './classic-bytes.ts'

async function setUp(t: TestContext) {
  const node = await startTestNode(t, { server: { limits: { connectionIdleMs: 1e12 } } })
  const created = await node.log.createTopic({ name: 'orders', partitionCount: 4 })
  assert.ok(created.ok)
  return { node, client: await node.connect(), topicId: created.id }
}

/** A subscription of version 1. */
function subscription(owned: readonly number[]): Uint8Array {
  const w = new WireWriter(64)
  w.int16(1)
  w.array(0, false, ['orders'], (one, _version, name) => one.string(false, name))
  w.bytes(false, null)
  w.array(0, false, owned.length > 0 ? [owned] : [], (one, _version, partitions) => {
    one.string(false, 'orders')
    one.array(0, false, partitions, (each, _v, partition) => each.int32(partition))
  })
  return new Uint8Array(Buffer.concat(w.finish()))
}

async function joinClassic(
  client: TestClient,
  memberId: string,
  { owned = [], instance = null }: { owned?: readonly number[]; instance?: string | null } = {},
): Promise<{ error: number; memberId: string; generation: number; leads: boolean; members: number }> {
  const request = {
    groupId: 'g',
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 20_000,
    groupInstanceId: instance,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: subscription(owned) }],
    reason: null,
  }
  const answer = await client.call(apis.joinGroup, 9, { ...request, memberId })
  if (answer.errorCode === 79) return joinClassic(client, answer.memberId, { owned, instance })
  const { errorCode: error, generationId: generation, leader } = answer
  return {
    error,
    memberId: answer.memberId,
    generation,
    leads: leader === answer.memberId,
    members: answer.members.length,
  }
}

/** @returns error, then the partitions */
async function sync(client: TestClient, memberId: string, generation: number, gives: Uint8Array | null = null) {
  const { errorCode, assignment } = await client.call(apis.syncGroup, 5, {
    groupId: 'g',
    generationId: generation,
    memberId,
    groupInstanceId: null,
    protocolType: 'consumer',
    protocolName: 'range',
    assignments: gives ? [{ memberId, assignment: gives }] : [],
  })
  return [errorCode, readAssignment(assignment).flatMap(({ partitions }) => partitions)]
}

const beatClassic = async (client: TestClient, memberId: string, generationId: number): Promise<number> =>
  (await client.call(apis.heartbeat, 4, { groupId: 'g', memberId, generationId, groupInstanceId: null })).errorCode

async function beat(
  client: TestClient,
  memberEpoch: number,
  topicPartitions?: { topicId: string; partitions: number[] }[],
) {
  const joining = { rebalanceTimeoutMs: 60_000, subscribedTopicNames: ['orders'], topicPartitions: [] }
  const answer = await client.call(apis.consumerGroupHeartbeat, 1, {
    groupId: 'g',
    memberId: 'new',
    memberEpoch,
    ...(memberEpoch === 0 ? joining : topicPartitions ? { topicPartitions } : {}),
  })
  const partitions = answer.assignment && answer.assignment.topicPartitions.flatMap((topic) => topic.partitions)
  return [answer.errorCode, answer.memberEpoch, partitions]
}

/** All four partitions, as the leader of the classic group gives them to itself. @param parts the topic is said once for each */
function everything(parts: readonly (readonly number[])[] = [[0, 1, 2, 3]]): Uint8Array {
  const w = new WireWriter(64)
  w.int16(1)
  w.array(0, false, parts, (one, _version, partitions) => {
    one.string(false, 'orders')
    one.array(0, false, partitions, (each, _v, partition) => each.int32(partition))
  })
  w.bytes(false, null)
  return new Uint8Array(Buffer.concat(w.finish()))
}

async function commit(client: TestClient, memberId: string, generation: number): Promise<number> {
  const partition = { partitionIndex: 0, committedOffset: 5, committedLeaderEpoch: -1, committedMetadata: '' }
  const { topics } = await client.call(apis.offsetCommit, 8, {
    groupId: 'g',
    memberId,
    generationIdOrMemberEpoch: generation,
    topics: [{ name: 'orders', partitions: [partition] }],
  })
  return topics[0]!.partitions[0]!.errorCode
}

/** A classic group of one, and a member of the new protocol that has joined it. */
async function meet(t: TestContext) {
  const { node, client, topicId } = await setUp(t)
  const classic = await joinClassic(client, '')
  assert.deepEqual([classic.error, classic.generation, classic.leads], [0, 1, true])
  assert.deepEqual(await sync(client, classic.memberId, 1, everything()), [0, [0, 1, 2, 3]])
  assert.deepEqual(await beat(client, 0), [0, 2, []])
  return { node, client, topicId, id: classic.memberId }
}

const types = async (client: TestClient): Promise<unknown[]> => {
  const { groups } = await client.call(apis.consumerGroupDescribe, 1, {
    groupIds: ['g'],
    includeAuthorizedOperations: false,
  })
  const { groupState, members } = groups[0]!
  return [groupState, members.map(({ memberId, memberType }) => [memberId === 'new', memberType]).toSorted()]
}

async function share(client: TestClient, id: string): Promise<void> {
  // Told of the rebalance, it gives all up and joins again: nobody leads.
  assert.equal(await beatClassic(client, id, 1), 27)
  assert.equal((await sync(client, id, 1))[0], 27)
  const again = await joinClassic(client, id)
  assert.deepEqual(again, { error: 0, memberId: id, generation: 2, leads: false, members: 0 })
  assert.deepEqual(await sync(client, id, 2), [0, [0, 1]])
  assert.equal(await beatClassic(client, id, 2), 0)
  assert.deepEqual(await beat(client, 2), [0, 2, [2, 3]])
}

test('a member of the new protocol joins a classic group; both read their part, and both commit', async (t) => {
  const { client, id } = await meet(t)
  await share(client, id)
  assert.deepEqual(await types(client), [
    'Stable',
    [
      [false, 0],
      [true, 1],
    ],
  ])
  assert.equal(await commit(client, id, 2), 0)
  assert.equal(await commit(client, id, 1), 22)
  assert.equal(await beatClassic(client, id, 1), 22)
  assert.equal(await beatClassic(client, 'nobody', 2), 25)
})

test('a cooperative member keeps what stays its own, and gives the rest up first', async (t) => {
  const { client, id, topicId } = await meet(t)
  const told = await joinClassic(client, id, { owned: [0, 1, 2, 3] })
  assert.deepEqual([told.error, told.generation], [0, 1])
  assert.deepEqual(await sync(client, id, 1), [0, [0, 1]])
  assert.deepEqual(await beat(client, 2, [{ topicId, partitions: [] }]), [0, 2, null])
  assert.equal(await beatClassic(client, id, 1), 27)
  const done = await joinClassic(client, id, { owned: [0, 1] })
  assert.deepEqual([done.error, done.generation], [0, 2])
  assert.deepEqual(await sync(client, id, 2), [0, [0, 1]])
  assert.deepEqual(await beat(client, 2), [0, 2, [2, 3]])
})

test('a classic member joins a group of the new protocol', async (t) => {
  const { client, topicId } = await setUp(t)
  assert.deepEqual(await beat(client, 0), [0, 1, [0, 1, 2, 3]])
  const classic = await joinClassic(client, '')
  assert.deepEqual([classic.error, classic.generation, classic.leads], [0, 2, false])
  assert.deepEqual(await sync(client, classic.memberId, 2), [0, []])
  assert.equal(await beatClassic(client, classic.memberId, 2), 0)
  const kept = (await beat(client, 1, [{ topicId, partitions: [0, 1, 2, 3] }]))[2] as number[]
  assert.equal(kept.length, 2)
  await beat(client, 1, [{ topicId, partitions: kept }])
  // What it waited for is free: it is told to come for it.
  assert.equal(await beatClassic(client, classic.memberId, 2), 27)
  const again = await joinClassic(client, classic.memberId)
  const [error, got] = await sync(client, classic.memberId, again.generation)
  assert.deepEqual([error, [...kept, ...(got as number[])].toSorted()], [0, [0, 1, 2, 3]])
})

test('a restart finds members of both; when the last of the new protocol leaves, the classic ones go on alone', async (t) => {
  const { node, client, id } = await meet(t)
  await share(client, id)
  await node.stop()
  const second: TestNode = await startTestNode(t, { folder: node.folder, clock: node.clock })
  const other = await second.connect()
  assert.equal(await beatClassic(other, id, 2), 0)
  assert.equal(await commit(other, id, 2), 0)
  assert.deepEqual((await beat(other, -1)).slice(0, 2), [0, -1])
  const listed = await other.call(apis.listGroups, 5, { statesFilter: [], typesFilter: [] })
  assert.deepEqual(
    listed.groups.map(({ groupId, groupType }) => [groupId, groupType]),
    [['g', 'classic']],
  )
  assert.equal(await beatClassic(other, id, 2), 27)
  const alone = await joinClassic(other, id)
  assert.deepEqual(alone, { error: 0, memberId: id, generation: 3, leads: true, members: 1 })
  assert.deepEqual(await sync(other, id, 3, everything()), [0, [0, 1, 2, 3]])
  assert.deepEqual([...node.faults, ...second.faults], [])
})

test('who was told to join again and does not is out after its rebalance timeout; who sends nothing, after its session', async (t) => {
  const { node, client, id } = await meet(t)
  assert.equal(await beatClassic(client, id, 1), 27)
  for (let seconds = 0; seconds < 19; seconds++) {
    node.clock.advance(1000)
    assert.equal(await beatClassic(client, id, 1), 27)
  }
  node.clock.advance(1500)
  assert.equal(await beatClassic(client, id, 1), 25)
  const late = await joinClassic(client, '')
  assert.equal(late.error, 0)
  node.clock.advance(10_001)
  assert.equal(await beatClassic(client, late.memberId, late.generation), 25)
})

test('a group whose classic members are no consumers, and a member without a common assignor, are refused', async (t) => {
  const { client } = await setUp(t)
  const connect = { groupId: 'g', sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 20_000, memberId: '', reason: null }
  const protocols = [{ name: 'sessioned', metadata: new Uint8Array(3) }]
  await client.call(apis.joinGroup, 3, { ...connect, protocolType: 'connect', protocols })
  assert.equal((await beat(client, 0))[0], 69)
})

test('what a classic member has stays its own when its assignment names a topic more than once', async (t) => {
  const { client } = await setUp(t)
  const classic = await joinClassic(client, '')
  assert.equal((await sync(client, classic.memberId, 1, everything([[0], [1, 2], [3]])))[0], 0)
  assert.deepEqual(await beat(client, 0), [0, 2, []])
  assert.equal(await commit(client, classic.memberId, 1), 0)
})

test('what a classic member has stays its own when the new protocol comes in the middle of a rebalance', async (t) => {
  const { node, client } = await setUp(t)
  const classic = await joinClassic(client, '')
  assert.equal((await sync(client, classic.memberId, 1, everything()))[0], 0)
  // Waits for the first to join again; a cooperative one goes on reading until then.
  const other = await node.connect()
  const waiting = joinClassic(other, '')
  while ((await beatClassic(client, classic.memberId, 1)) !== 27);
  assert.deepEqual(await beat(client, 0), [0, 2, []])
  assert.equal((await waiting).error, 27)
  const again = await joinClassic(client, classic.memberId, { owned: [0, 1, 2, 3] })
  assert.equal(again.error, 0)
  assert.deepEqual(await beat(client, 2), [0, 2, null])
})
