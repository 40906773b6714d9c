// Consumer groups through the protocol, on the real log: what single requests are answered, what a restart finds, and when offsets
// are forgotten. Churn is in the property tests beside.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { apis, zeroUuid } from '../../wire/index.ts'
import type { ConsumerGroupHeartbeatRequestInput } from '../../wire/index.ts'
import type { TestClient } from '../test-client.ts'
import { GroupLog } from './group-log.ts'
import { groupRecords } from './group-records.ts'
import { OffsetStore } from './offsets.ts'
import { startTestNode, type TestNode } from '../test-node.ts'

const dayMs = 24 * 3600_000

async function setUp(t: TestContext, partitionCount = 4) {
  // Days go by between two requests.
  const node = await startTestNode(t, { server: { limits: { connectionIdleMs: 1e12 } } })
  const created = await node.log.createTopic({ name: 'orders', partitionCount })
  assert.ok(created.ok)
  return { node, client: await node.connect(), topicId: created.id }
}

const joining: Omit<ConsumerGroupHeartbeatRequestInput, 'memberId'> = {
  groupId: 'g',
  memberEpoch: 0,
  rebalanceTimeoutMs: 60_000,
  subscribedTopicNames: ['orders'],
  topicPartitions: [],
}

async function beat(
  client: TestClient,
  memberId: string,
  more: Partial<ConsumerGroupHeartbeatRequestInput>,
): Promise<[error: number, epoch: number, partitions: readonly number[] | null]> {
  const answer = await client.call(apis.consumerGroupHeartbeat, 1, { groupId: 'g', memberId, memberEpoch: 0, ...more })
  const partitions = answer.assignment && answer.assignment.topicPartitions.flatMap((topic) => topic.partitions)
  return [answer.errorCode, answer.memberEpoch, partitions]
}

const join = (client: TestClient, memberId: string, more: Partial<ConsumerGroupHeartbeatRequestInput> = {}) =>
  beat(client, memberId, { ...joining, ...more })

async function commit(client: TestClient, memberId: string, epoch: number, topicId: string, offset = 1, group = 'g') {
  const { topics } = await client.call(apis.offsetCommit, 10, {
    groupId: group,
    memberId,
    generationIdOrMemberEpoch: epoch,
    topics: [
      {
        topicId,
        partitions: [{ partitionIndex: 0, committedOffset: offset, committedLeaderEpoch: 3, committedMetadata: 'm' }],
      },
    ],
  })
  return topics[0]!.partitions[0]!.errorCode
}

async function committed(client: TestClient, group = 'g') {
  const { groups } = await client.call(apis.offsetFetch, 9, {
    groups: [{ groupId: group, topics: [{ name: 'orders', partitionIndexes: [0] }] }],
    requireStable: false,
  })
  const { committedOffset, committedLeaderEpoch, metadata } = groups[0]!.topics[0]!.partitions[0]!
  return [committedOffset, committedLeaderEpoch, metadata]
}

test('a second member gets its part only when the first has given it up', async (t) => {
  const { client, topicId } = await setUp(t)
  const owned = (partitions: readonly number[]) => [{ topicId, partitions }]
  assert.deepEqual(await join(client, 'm1'), [0, 1, [0, 1, 2, 3]])
  assert.deepEqual(await join(client, 'm2'), [0, 2, []])
  // Told once what to keep, in its old epoch; nothing of it is free yet.
  assert.deepEqual(await beat(client, 'm1', { memberEpoch: 1, topicPartitions: owned([0, 1, 2, 3]) }), [0, 1, [0, 1]])
  assert.deepEqual(await beat(client, 'm2', { memberEpoch: 2 }), [0, 2, null])
  assert.deepEqual(await beat(client, 'm1', { memberEpoch: 1, topicPartitions: owned([0, 1]) }), [0, 2, null])
  assert.deepEqual(await beat(client, 'm2', { memberEpoch: 2 }), [0, 2, [2, 3]])
  const { groups } = await client.call(apis.consumerGroupDescribe, 1, {
    groupIds: ['g', 'none'],
    includeAuthorizedOperations: false,
  })
  const [group, none] = groups
  assert.deepEqual(
    [group!.groupState, group!.groupEpoch, group!.assignmentEpoch, group!.assignorName],
    ['Stable', 2, 2, 'uniform'],
  )
  assert.deepEqual(
    group!.members.map((member) => [member.memberId, member.assignment.topicPartitions, member.memberType]),
    [
      ['m1', [{ topicId, topicName: 'orders', partitions: [0, 1] }], 1],
      ['m2', [{ topicId, topicName: 'orders', partitions: [2, 3] }], 1],
    ],
  )
  assert.equal(none!.errorCode, 69)
  const listed = await client.call(apis.listGroups, 5, { statesFilter: ['stable'], typesFilter: ['Consumer'] })
  assert.deepEqual(listed.groups, [
    { groupId: 'g', protocolType: 'consumer', groupState: 'Stable', groupType: 'consumer' },
  ])
  assert.deepEqual((await client.call(apis.listGroups, 5, { statesFilter: [], typesFilter: ['classic'] })).groups, [])
})

test('epochs: a lost reply may be asked for again, any other epoch is fenced, who is unknown rejoins', async (t) => {
  const { client, topicId } = await setUp(t)
  await join(client, 'm1')
  await join(client, 'm2')
  await beat(client, 'm1', { memberEpoch: 1, topicPartitions: [{ topicId, partitions: [0, 1, 2, 3] }] })
  const kept = [{ topicId, partitions: [0, 1] }]
  assert.deepEqual(await beat(client, 'm1', { memberEpoch: 1, topicPartitions: kept }), [0, 2, null])
  // The reply was lost: the same once more; with more than it has, or without a word of what it has, it is fenced.
  assert.deepEqual(await beat(client, 'm1', { memberEpoch: 1, topicPartitions: kept }), [0, 2, null])
  const more = [{ topicId, partitions: [0, 1, 2] }]
  assert.equal((await beat(client, 'm1', { memberEpoch: 1, topicPartitions: more }))[0], 110)
  assert.equal((await beat(client, 'm1', { memberEpoch: 1 }))[0], 110)
  assert.equal((await beat(client, 'm1', { memberEpoch: 3 }))[0], 110)
  assert.equal((await beat(client, 'm3', { memberEpoch: 1 }))[0], 25)
  assert.equal((await beat(client, 'm3', { groupId: 'other', memberEpoch: 1 }))[0], 69)
  // Fenced, it joins anew and gets what is its.
  assert.deepEqual(await join(client, 'm1'), [0, 2, [0, 1]])
})

test('requests that say too little, or what is not served, are refused by name', async (t) => {
  const { client } = await setUp(t)
  const error = async (more: Partial<ConsumerGroupHeartbeatRequestInput>, memberId = 'm1') =>
    (await join(client, memberId, more))[0]
  assert.equal(await error({}, ''), 42)
  assert.equal(await error({ groupId: '' }), 42)
  assert.equal(await error({ rebalanceTimeoutMs: -1 }), 42)
  assert.equal(await error({ topicPartitions: null }), 42)
  assert.equal(await error({ subscribedTopicNames: null }), 42)
  assert.equal(await error({ memberEpoch: -2 }), 42)
  assert.equal(await error({ instanceId: '' }), 42)
  assert.equal(await error({ serverAssignor: 'sticky' }), 112)
  assert.equal(await error({ subscribedTopicRegex: 'a(' }), 128)
  assert.equal(await error({ subscribedTopicRegex: '(a*)*b\\1' }), 128)
  const { groups } = await client.call(apis.listGroups, 5, { statesFilter: [], typesFilter: [] })
  assert.deepEqual(groups, [])
  const named = await client.call(apis.consumerGroupHeartbeat, 0, { ...joining, memberId: '' })
  assert.equal(named.memberId?.length, 36)
})

test('a pattern follows the topics, and a hostile one costs nothing', async (t) => {
  const { node, client } = await setUp(t, 1)
  const pattern = { subscribedTopicNames: null, subscribedTopicRegex: 'ord.*|new' }
  const [, epoch, first] = await join(client, 'm1', pattern)
  assert.deepEqual([epoch, first], [1, [0]])
  await node.log.createTopic({ name: 'new', partitionCount: 2 })
  assert.deepEqual(await beat(client, 'm1', { memberEpoch: 1 }), [0, 2, [0, 0, 1]])
  await node.log.addPartitions('new', 3)
  assert.deepEqual((await beat(client, 'm1', { memberEpoch: 2 }))[1], 3)
  await node.log.deleteTopic('new')
  const kept = await beat(client, 'm1', { memberEpoch: 3 })
  assert.deepEqual(kept.slice(0, 2), [0, 3])
  assert.deepEqual(kept[2], [0])
  assert.deepEqual((await beat(client, 'm1', { memberEpoch: 3, topicPartitions: [] }))[1], 4)
  const hostile = `(${'a{1,50}'.repeat(50)})`
  assert.equal((await join(client, 'm2', { ...pattern, groupId: 'h', subscribedTopicRegex: hostile }))[0], 128)
  assert.equal((await join(client, 'm2', { ...pattern, groupId: 'h', subscribedTopicRegex: '(a|aa)*(b|.)*' }))[0], 0)
})

test('a static member that pauses keeps its part for the next of its instance; while it is there another is refused', async (t) => {
  const { client, topicId } = await setUp(t)
  assert.deepEqual(await join(client, 'm1', { instanceId: 'i' }), [0, 1, [0, 1, 2, 3]])
  assert.equal((await join(client, 'm2', { instanceId: 'i' }))[0], 111)
  assert.deepEqual(await beat(client, 'm1', { instanceId: 'i', memberEpoch: -2 }), [0, -2, null])
  assert.deepEqual(await join(client, 'm2', { instanceId: 'i' }), [0, 1, [0, 1, 2, 3]])
  assert.equal((await beat(client, 'm1', { instanceId: 'i', memberEpoch: 1 }))[0], 82)
  assert.equal(await commit(client, 'm1', 1, topicId), 25)
  assert.equal(await commit(client, 'm2', 1, topicId), 0)
})

test('silent members are put out and named; one that does not give up its part as well', async (t) => {
  const removed: string[] = []
  const node = await startTestNode(t, {
    server: { onMemberRemoved: ({ memberId, reason }) => removed.push(`${memberId} ${reason}`) },
  })
  await node.log.createTopic({ name: 'orders', partitionCount: 2 })
  const client = await node.connect()
  await join(client, 'm1', { rebalanceTimeoutMs: 50_000 })
  await join(client, 'm2')
  // m1 goes on, but says nothing of what it has.
  assert.deepEqual(await beat(client, 'm1', { memberEpoch: 1 }), [0, 1, [0]])
  for (let i = 0; i < 2; i++) {
    node.clock.advance(24_000)
    await beat(client, 'm1', { memberEpoch: 1 })
    await beat(client, 'm2', { memberEpoch: 2 })
  }
  node.clock.advance(3000)
  assert.deepEqual(removed, ['m1 did not give up 1 partitions within 50000 ms (rebalance timeout)'])
  assert.equal((await beat(client, 'm1', { memberEpoch: 1 }))[0], 25)
  assert.deepEqual(await beat(client, 'm2', { memberEpoch: 2 }), [0, 3, [0, 1]])
  node.clock.advance(46_000)
  assert.equal(removed[1], 'm2 sent no heartbeat for 45000 ms (session timeout)')
})

test('commits: with the member’s epoch, or one since which the partition is its own', async (t) => {
  const { client, topicId } = await setUp(t)
  await join(client, 'm1')
  assert.equal(await commit(client, 'm1', 1, topicId), 0)
  assert.equal(await commit(client, 'm1', 2, topicId), 113)
  assert.equal(await commit(client, 'nobody', 1, topicId), 25)
  assert.equal(await commit(client, '', -1, topicId), 25)
  await join(client, 'm2')
  const all = [{ topicId, partitions: [0, 1, 2, 3] }]
  await beat(client, 'm1', { memberEpoch: 1, topicPartitions: all })
  await beat(client, 'm1', { memberEpoch: 1, topicPartitions: [{ topicId, partitions: [0, 1] }] })
  // Its epoch is 2 now; partition 0 has been its own since 1 (KIP-1251).
  assert.equal(await commit(client, 'm1', 1, topicId, 5), 0)
  assert.equal(await commit(client, 'm1', 0, topicId, 5), 113)
  assert.deepEqual(await committed(client), [5, 3, 'm'])
  const fetch = async (memberEpoch: number) => {
    const topics = [{ topicId, partitionIndexes: [0] }]
    const groups = [{ groupId: 'g', memberId: 'm1', memberEpoch, topics }]
    return (await client.call(apis.offsetFetch, 10, { groups, requireStable: true })).groups[0]!.errorCode
  }
  assert.deepEqual([await fetch(2), await fetch(1)], [0, 113])
  const old = await client.call(apis.offsetCommit, 8, {
    groupId: 'g',
    memberId: 'm1',
    generationIdOrMemberEpoch: 2,
    topics: [
      {
        name: 'orders',
        topicId: zeroUuid,
        partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }],
      },
    ],
  })
  assert.equal(old.topics[0]!.partitions[0]!.errorCode, 35)
})

test('a restart is not noticed: members go on in their epochs, and those that are gone end with their session', async (t) => {
  const { node, client, topicId } = await setUp(t)
  await join(client, 'm1')
  await join(client, 'm2')
  await beat(client, 'm1', { memberEpoch: 1, topicPartitions: [{ topicId, partitions: [0, 1, 2, 3] }] })
  await node.stop()
  const second = await startTestNode(t, { folder: node.folder, clock: node.clock })
  const again = await second.connect()
  assert.deepEqual(await beat(again, 'm1', { memberEpoch: 1, topicPartitions: [{ topicId, partitions: [0, 1] }] }), [
    0,
    2,
    null,
  ])
  assert.deepEqual(await beat(again, 'm2', { memberEpoch: 2 }), [0, 2, [2, 3]])
  second.clock.advance(30_000)
  await beat(again, 'm2', { memberEpoch: 2 })
  second.clock.advance(20_000)
  assert.deepEqual(await beat(again, 'm2', { memberEpoch: 2 }), [0, 3, [2, 3, 0, 1]])
})

test('records by which two members hold one partition: all join anew, and nobody else of that partition is held up', async (t) => {
  const { node, client, topicId } = await setUp(t)
  await join(client, 'm1')
  assert.equal(await commit(client, 'm1', 1, topicId, 7), 0)
  await join(client, 'm1', { groupId: 'other' })
  const options = { ...node, reader: node.log, readBytes: 1e6 }
  const log = new GroupLog({ ...options, offsets: new OffsetStore({ ...options, partitionCount: 2 }) })
  const stored = (await log.scan(log.partitionOf('g'))).get('g')!
  const { member, current } = groupRecords('g')
  const m1 = { id: 'm1', ...stored.members.get('m1')!, ...stored.current.get('m1')! }
  assert.equal(await log.write('g', [member('m2', { ...m1, id: 'm2' }), current('m2', m1)]), 0)
  await node.stop()
  const second = await startTestNode(t, { folder: node.folder, clock: node.clock })
  const again = await second.connect()
  assert.deepEqual((await beat(again, 'm1', { memberEpoch: 1 }))[0], 25)
  assert.deepEqual(await join(again, 'm1'), [0, 3, [0, 1, 2, 3]])
  assert.equal((await committed(again))[0], 7)
  assert.equal((await beat(again, 'm1', { groupId: 'other', memberEpoch: 1 }))[0], 0)
  await second.stop()
  const third = await startTestNode(t, { folder: node.folder, clock: node.clock })
  assert.equal((await beat(await third.connect(), 'm1', { memberEpoch: 3 }))[0], 0, 'what could not be is written away')
})

test('once the server stops nothing of a group is written any more', async (t) => {
  const { node } = await setUp(t)
  const options = { ...node, reader: node.log, readBytes: 1e6 }
  const log = new GroupLog({ ...options, offsets: new OffsetStore({ ...options, partitionCount: 2 }) })
  const record = groupRecords('g').targets(1)
  assert.equal(await log.write('g', [record]), 0)
  const end = node.log.endOffset('__consumer_offsets', log.partitionOf('g'))
  log.close()
  assert.equal(await log.write('g', [record]), 15)
  assert.equal(node.log.endOffset('__consumer_offsets', log.partitionOf('g')), end)
})

test('a group is of one protocol while anyone is in it, and then of the next member’s', async (t) => {
  const { client, topicId } = await setUp(t)
  const protocols = [{ name: 'range', metadata: new Uint8Array(2) }]
  const classic = {
    groupId: 'g',
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    memberId: '',
    protocolType: 'consumer',
    protocols,
  }
  await join(client, 'm1')
  assert.equal(await commit(client, 'm1', 1, topicId, 7), 0)
  assert.equal((await client.call(apis.joinGroup, 3, classic)).errorCode, 23)
  assert.equal((await client.call(apis.heartbeat, 4, { groupId: 'g', memberId: 'm1', generationId: 1 })).errorCode, 25)
  assert.deepEqual((await client.call(apis.deleteGroups, 2, { groupsNames: ['g'] })).results[0]!.errorCode, 68)
  assert.deepEqual(await beat(client, 'm1', { memberEpoch: -1 }), [0, -1, null])
  const joined = await client.call(apis.joinGroup, 3, classic)
  assert.deepEqual([joined.errorCode, joined.generationId], [0, 1])
  assert.deepEqual(
    (await client.call(apis.consumerGroupDescribe, 1, { groupIds: ['g'], includeAuthorizedOperations: false }))
      .groups[0]!.errorCode,
    69,
  )
  assert.equal((await join(client, 'm2'))[0], 69)
  await client.call(apis.leaveGroup, 3, { groupId: 'g', members: [{ memberId: joined.memberId }] })
  assert.deepEqual(await join(client, 'm2'), [0, 1, [0, 1, 2, 3]])
  assert.deepEqual(await committed(client), [7, 3, 'm'])
})

async function settleExpiry(node: TestNode): Promise<void> {
  node.clock.advance(600_000)
  // The look at all groups waits for the log, not for time.
  for (let i = 0; i < 60; i++) {
    await new Promise((turn) => setImmediate(turn))
    node.clock.advance(0)
  }
}

test('offsets go seven days after their group is empty, not before, and the group with them', async (t) => {
  const { node, client, topicId } = await setUp(t)
  await join(client, 'm1')
  assert.equal(await commit(client, 'm1', 1, topicId, 4), 0)
  assert.equal(await commit(client, '', -1, topicId, 9, 'simple'), 0)
  // Nine days with somebody in it, who commits nothing more.
  for (let hour = 0; hour < 9 * 24; hour++) {
    node.clock.advance(3600_000)
    await join(client, 'm1')
  }
  await settleExpiry(node)
  await join(client, 'm1')
  assert.deepEqual(await committed(client), [4, 3, 'm'])
  assert.deepEqual(await committed(client, 'simple'), [-1, -1, ''])
  await beat(client, 'm1', { memberEpoch: -1 })
  node.clock.advance(6 * dayMs)
  await settleExpiry(node)
  assert.deepEqual(await committed(client), [4, 3, 'm'])
  node.clock.advance(dayMs)
  await settleExpiry(node)
  assert.deepEqual(await committed(client), [-1, -1, ''])
  assert.deepEqual((await client.call(apis.listGroups, 5, { statesFilter: [], typesFilter: [] })).groups, [])
})

test('an administrator who names a member and another’s instance takes nobody out', async (t) => {
  const { client } = await setUp(t)
  await join(client, 'm1', { instanceId: 's1' })
  await join(client, 'm2')
  const leave = async (...members: [memberId: string, groupInstanceId: string | null][]): Promise<number[]> => {
    const answer = await client.call(apis.leaveGroup, 5, {
      groupId: 'g',
      members: members.map(([memberId, groupInstanceId]) => ({ memberId, groupInstanceId, reason: null })),
    })
    return answer.members.map(({ errorCode }) => errorCode)
  }
  assert.deepEqual(await leave(['m2', 's1'], ['m2', 's9'], ['', 's9']), [82, 25, 25])
  const { groups } = await client.call(apis.consumerGroupDescribe, 1, {
    groupIds: ['g'],
    includeAuthorizedOperations: false,
  })
  assert.deepEqual(groups[0]!.members.map(({ memberId }) => memberId).toSorted(), ['m1', 'm2'])
  assert.deepEqual(await leave(['', 's1'], ['m2', null]), [0, 0])
})

test('offsets of what is not there cannot be deleted, and nobody leaves a group without a name', async (t) => {
  const { client } = await setUp(t)
  await join(client, 'm1', { subscribedTopicNames: ['other'] })
  const remove = async (groupId: string) => {
    const topics = [
      { name: 'orders', partitions: [{ partitionIndex: 0 }, { partitionIndex: 9 }] },
      { name: 'missing', partitions: [{ partitionIndex: 0 }] },
    ]
    const answer = await client.call(apis.offsetDelete, 0, { groupId, topics })
    return [answer.errorCode, answer.topics.flatMap((one) => one.partitions.map(({ errorCode }) => errorCode))]
  }
  assert.deepEqual(await remove('g'), [0, [0, 3, 3]])
  assert.deepEqual(await remove(''), [24, []])
  const members = [{ memberId: 'm1', groupInstanceId: null }]
  assert.equal((await client.call(apis.leaveGroup, 4, { groupId: '', members })).errorCode, 24)
})
