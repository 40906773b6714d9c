import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kafkaErrors } from '../../wire/index.ts'
import { createSteppedClock } from '../stepped-clock.ts'
import type { ClassicGroupState } from './group-records.ts'
import { Group } from './group.ts'
import type { JoinAnswer, JoinRequest, SyncAnswer } from './group.ts'

function setUp(options: { initialDelayMs?: number; membersMax?: number; storeError?: number } = {}) {
  const stored: ClassicGroupState[] = []
  const clock = createSteppedClock()
  const removed: string[] = []
  let next = 1
  const group = new Group('g', {
    clock,
    initialDelayMs: options.initialDelayMs ?? 0,
    membersMax: options.membersMax ?? 10,
    newMemberId: (prefix) => `${prefix}-${next++}`,
    store: (state) => {
      stored.push(state)
      return Promise.resolve(options.storeError ?? 0)
    },
    onRemoved: (member, reason) => removed.push(`${member.id} ${reason}`),
  })
  return { clock, removed, group, stored }
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

function request(memberId: string, more: Partial<JoinRequest> = {}): JoinRequest {
  return {
    memberId,
    instanceId: null,
    clientId: 'c',
    clientHost: '/h',
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 60_000,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: bytes('m') }],
    requiresKnownId: false,
    maySkipAssignment: true,
    ...more,
  }
}

const sync = (group: Group, answer: JoinAnswer, assignments: Record<string, string> = {}): Promise<SyncAnswer> =>
  group.sync({
    memberId: answer.memberId,
    instanceId: null,
    generation: answer.generation,
    protocolType: null,
    protocolName: null,
    assignments: Object.entries(assignments).map(([memberId, text]) => ({ memberId, assignment: bytes(text) })),
  })

const text = (answer: SyncAnswer): string => `${answer.error} ${new TextDecoder().decode(answer.assignment)}`

/** A stable group of two: c-1 leads. */
async function twoMembers(options: Parameters<typeof setUp>[0] = {}) {
  const all = setUp(options)
  const { group } = all
  const first = await group.join(request(''))
  assert.equal(text(await sync(group, first, { 'c-1': 'all' })), '0 all')
  const second = group.join(request(''))
  const rejoined = group.join(request('c-1'))
  const [a, b] = await Promise.all([rejoined, second])
  const follower = sync(group, b)
  assert.equal(text(await sync(group, a, { 'c-1': 'left', 'c-2': 'right' })), '0 left')
  assert.equal(text(await follower), '0 right')
  return { ...all, a, b }
}

test('a first member leads at once; a second makes both meet in the next generation', async () => {
  const { group, a, b } = await twoMembers()
  assert.deepEqual([a.generation, a.leader, a.members.length], [2, 'c-1', 2])
  assert.deepEqual([b.generation, b.leader, b.members.length, b.memberId], [2, 'c-1', 0, 'c-2'])
  assert.equal(group.state, 'Stable')
  assert.equal(group.heartbeat('c-2', null, 2), 0)
})

test('newer clients get an id first, and the group waits for them to join with it', async () => {
  const { group, clock } = setUp()
  const given = await group.join(request('', { requiresKnownId: true }))
  assert.deepEqual([given.error, given.memberId], [kafkaErrors.memberIdRequired, 'c-1'])
  const other = group.join(request(''))
  assert.equal(group.state, 'PreparingRebalance')
  const joined = await Promise.all([group.join(request('c-1', { requiresKnownId: true })), other])
  assert.deepEqual(
    joined.map((answer) => answer.generation),
    [1, 1],
  )
  // An id that nobody comes back with is forgotten.
  await group.join(request('', { requiresKnownId: true }))
  clock.advance(10_000)
  assert.equal((await group.join(request('c-3'))).error, kafkaErrors.unknownMemberId)
})

test('heartbeats and syncs of a wrong generation or an unknown member are refused', async () => {
  const { group, a } = await twoMembers()
  assert.equal(group.heartbeat('nobody', null, 2), kafkaErrors.unknownMemberId)
  assert.equal(group.heartbeat('c-1', null, 1), kafkaErrors.illegalGeneration)
  assert.equal((await sync(group, { ...a, generation: 1 })).error, kafkaErrors.illegalGeneration)
  assert.equal(group.mayCommit('c-1', null, 2), 0)
  assert.equal(group.mayCommit('c-1', null, 1), kafkaErrors.illegalGeneration)
  assert.equal(group.mayCommit('', null, -1), kafkaErrors.unknownMemberId)
})

test('a silent member is put out after its session, named with the time, and the other takes over', async () => {
  const { group, clock, removed } = await twoMembers()
  clock.advance(6000)
  assert.equal(group.heartbeat('c-2', null, 2), 0)
  clock.advance(6000)
  assert.deepEqual(removed, ['c-1 sent no heartbeat for 10000 ms (session timeout)'])
  assert.equal(group.heartbeat('c-2', null, 2), kafkaErrors.rebalanceInProgress)
  const alone = await group.join(request('c-2'))
  assert.deepEqual([alone.generation, alone.leader, alone.members.length], [3, 'c-2', 1])
})

test('who does not rejoin within the rebalance timeout is out, the others go on', async () => {
  const { group, clock, removed } = await twoMembers()
  const third = group.join(request(''))
  const again = group.join(request('c-1'))
  for (let i = 0; i < 11; i++) {
    clock.advance(5000)
    assert.equal(group.heartbeat('c-2', null, 2), kafkaErrors.rebalanceInProgress)
  }
  clock.advance(5000)
  const answers = await Promise.all([third, again])
  assert.deepEqual(
    answers.map((answer) => answer.generation),
    [3, 3],
  )
  assert.deepEqual(removed, ['c-2 did not rejoin within 60000 ms (rebalance timeout)'])
})

test('a leader that never assigns is put out, and the follower is told to rejoin', async () => {
  const { group, clock, removed } = setUp()
  const first = await group.join(request('', { sessionTimeoutMs: 600_000 }))
  const waiting = group.join(request('', { sessionTimeoutMs: 600_000 }))
  const [, b] = await Promise.all([group.join(request(first.memberId, { sessionTimeoutMs: 600_000 })), waiting])
  const follower = sync(group, b)
  clock.advance(60_000)
  assert.equal((await follower).error, kafkaErrors.rebalanceInProgress)
  assert.deepEqual(removed, ['c-1 did not sync within 60000 ms (rebalance timeout)'])
})

test('an unchanged follower keeps its generation; a changed one and the leader start a rebalance', async () => {
  const { group } = await twoMembers()
  assert.equal((await group.join(request('c-2'))).generation, 2)
  assert.equal(group.state, 'Stable')
  void group.join(request('c-2', { protocols: [{ name: 'range', metadata: bytes('other') }] }))
  assert.equal(group.state, 'PreparingRebalance')
  const other = await twoMembers()
  void other.group.join(request('c-1'))
  assert.equal(other.group.state, 'PreparingRebalance')
})

test('leaving empties a group without waiting for a session', async () => {
  const { group, removed, clock } = await twoMembers()
  assert.equal(group.leave('c-1', null), 0)
  assert.equal(group.leave('c-1', null), kafkaErrors.unknownMemberId)
  assert.equal(group.leave('c-2', null), 0)
  assert.deepEqual([group.state, removed, clock.waiting], ['Empty', [], 0])
  assert.equal(group.mayCommit('', null, -1), 0)
})

test('protocols must have one in common, and the one that most prefer is chosen', async () => {
  const { group } = setUp()
  const both = [
    { name: 'sticky', metadata: bytes('s') },
    { name: 'range', metadata: bytes('r') },
  ]
  await group.join(request('', { protocols: both }))
  const refused = await group.join(request('', { protocols: [{ name: 'other', metadata: bytes('o') }] }))
  assert.equal(refused.error, kafkaErrors.inconsistentGroupProtocol)
  const second = group.join(request('', { protocols: both.toReversed().slice(0, 1) }))
  const answers = await Promise.all([group.join(request('c-1', { protocols: both })), second])
  assert.deepEqual(
    answers.map((answer) => answer.protocolName),
    ['range', 'range'],
  )
})

test('a static member that returns takes its place without a rebalance, and its old self is fenced', async () => {
  const { group } = setUp()
  const first = await group.join(request('', { instanceId: 'i' }))
  const stable = await group.sync({
    memberId: 'i-1',
    instanceId: 'i',
    generation: 1,
    protocolType: null,
    protocolName: null,
    assignments: [{ memberId: 'i-1', assignment: bytes('mine') }],
  })
  assert.equal(text(stable), '0 mine')
  const back = await group.join(request('', { instanceId: 'i' }))
  assert.deepEqual(
    [back.memberId, back.generation, back.leader, back.skipAssignment],
    ['i-2', first.generation, 'i-2', true],
  )
  assert.equal(group.state, 'Stable')
  assert.equal(group.heartbeat('i-1', 'i', 1), kafkaErrors.fencedInstanceId)
  assert.equal(group.heartbeat('i-2', 'i', 1), 0)
  assert.equal(group.leave('', 'i'), 0)
})

test('a group takes at most so many members', async () => {
  const { group } = setUp({ membersMax: 1 })
  await group.join(request(''))
  assert.equal((await group.join(request(''))).error, kafkaErrors.groupMaxSizeReached)
})

test('with an initial delay the first join waits for others', async () => {
  const { group, clock } = setUp({ initialDelayMs: 3000 })
  const both = [group.join(request('')), group.join(request(''))]
  clock.advance(3000)
  assert.deepEqual(
    (await Promise.all(both)).map((answer) => answer.generation),
    [1, 1],
  )
})

test('closing answers what waits and leaves no timer', async () => {
  const { group, clock } = await twoMembers()
  const waiting = group.join(request('c-1'))
  group.close()
  assert.equal((await waiting).error, kafkaErrors.coordinatorNotAvailable)
  assert.equal(clock.waiting, 0)
})
