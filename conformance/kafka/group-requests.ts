// What administrators' requests about groups are answered, word for word but for sentences and ids that a broker makes: one
// script of raw requests, to be run against either broker. Invariant: no request depends on time.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { nodeNet } from '../../src/base/index.ts'
import { TestClient } from '../../src/kafka/server/test-client.ts'
import { apis } from '../../src/kafka/wire/index.ts'

/** What was asked, and the answer: errors by their codes, members by the names that the script gives them. */
export type Transcript = Record<string, unknown>

/** ConsumerProtocolSubscription 0 of one topic. */
function subscription(topic: string): Uint8Array {
  const name = Buffer.from(topic)
  const bytes = Buffer.alloc(12 + name.length)
  bytes.writeInt32BE(1, 2)
  bytes.writeInt16BE(name.length, 6)
  name.copy(bytes, 8)
  bytes.writeInt32BE(-1, 8 + name.length)
  return bytes
}

class Script {
  readonly client: TestClient
  readonly seen: Transcript = {}
  /** Of classic members: what the broker called them, by our names. */
  readonly #ids = new Map<string, string>()

  constructor(client: TestClient) {
    this.client = client
  }

  note(what: string, answer: unknown): void {
    assert.ok(!(what in this.seen), what)
    this.seen[what] = answer
  }

  nameOf(memberId: string): string {
    return [...this.#ids].find(([, id]) => id === memberId)?.[0] ?? memberId
  }
  idOf(name: string): string {
    return this.#ids.get(name) ?? name
  }

  /** Makes a stable classic group of one member. */
  async join(groupId: string, member: string, options: { instance?: string; type?: string } = {}): Promise<void> {
    const { instance: groupInstanceId = null, type: protocolType = 'consumer' } = options
    const metadata = subscription('orders')
    const request = { groupId, sessionTimeoutMs: 60_000, rebalanceTimeoutMs: 60_000, groupInstanceId, protocolType }
    const join = (memberId: string) =>
      this.client.call(apis.joinGroup, 9, {
        ...request,
        memberId,
        protocols: [{ name: 'range', metadata }],
        reason: '',
      })
    let answer = await join('')
    if (answer.errorCode === 79) answer = await join(answer.memberId)
    assert.equal(answer.errorCode, 0)
    const { memberId, generationId } = answer
    this.#ids.set(member, memberId)
    const synced = await this.client.call(apis.syncGroup, 5, {
      groupId,
      generationId,
      memberId,
      groupInstanceId,
      protocolType,
      protocolName: 'range',
      assignments: [{ memberId, assignment: Uint8Array.of(0, 0) }],
    })
    assert.equal(synced.errorCode, 0)
  }

  async heartbeat(memberId: string, instanceId: string | null): Promise<void> {
    const answer = await this.client.call(apis.consumerGroupHeartbeat, 1, {
      groupId: 'modern',
      memberId,
      memberEpoch: 0,
      instanceId,
      rebalanceTimeoutMs: 60_000,
      subscribedTopicNames: ['orders'],
      topicPartitions: [],
    })
    assert.equal(answer.errorCode, 0)
  }

  async commit(groupId: string, topic: string, more: { memberId?: string; generation?: number } = {}): Promise<number> {
    const answer = await this.client.call(apis.offsetCommit, 9, {
      groupId,
      generationIdOrMemberEpoch: more.generation ?? -1,
      memberId: this.idOf(more.memberId ?? ''),
      topics: [0, 1].map((partitionIndex) => ({
        name: topic,
        partitions: [{ partitionIndex, committedOffset: 5, committedLeaderEpoch: -1, committedMetadata: 'm' }],
      })),
    })
    return answer.topics[0]!.partitions[0]!.errorCode
  }

  async leave(
    groupId: string,
    members: readonly (readonly [member: string, instance: string | null])[],
    version = 5,
  ): Promise<unknown> {
    const answer = await this.client.call(apis.leaveGroup, version, {
      groupId,
      memberId: this.idOf(members[0]?.[0] ?? ''),
      members: members.map(([member, groupInstanceId]) => {
        const memberId = this.idOf(member)
        return version >= 5 ? { memberId, groupInstanceId, reason: 'why not' } : { memberId, groupInstanceId }
      }),
    })
    const each = answer.members.map((one) => [this.nameOf(one.memberId), one.groupInstanceId, one.errorCode])
    return [answer.errorCode, each]
  }

  async describe(groups: readonly string[], version: number): Promise<unknown> {
    const asks = { groups, includeAuthorizedOperations: version >= 3 }
    const answer = await this.client.call(apis.describeGroups, version, asks)
    // By coordinator in Kafka's.
    const described = answer.groups.toSorted((a, b) => (a.groupId < b.groupId ? -1 : 1))
    return described.map((group) => [
      group.groupId,
      group.errorCode,
      group.groupState,
      group.protocolType,
      group.protocolData,
      group.authorizedOperations,
      group.members.map((member) => [
        this.nameOf(member.memberId),
        member.groupInstanceId,
        member.clientId,
        member.clientHost,
        [...member.memberMetadata],
        [...member.memberAssignment],
      ]),
    ])
  }

  async describeModern(groupIds: readonly string[]): Promise<unknown> {
    const answer = await this.client.call(apis.consumerGroupDescribe, 1, {
      groupIds,
      includeAuthorizedOperations: true,
    })
    const described = answer.groups.toSorted((a, b) => (a.groupId < b.groupId ? -1 : 1))
    return described.map((group) => [
      group.groupId,
      group.errorCode,
      group.groupState,
      // Kafka's first epoch is 2, ours 1; what matters is who is behind.
      group.assignmentEpoch - group.groupEpoch,
      group.assignorName,
      group.authorizedOperations,
      group.members
        .map((one) => [
          one.memberId,
          one.instanceId,
          one.memberEpoch - group.groupEpoch,
          one.subscribedTopicNames,
          one.memberType,
        ])
        .toSorted(),
    ])
  }

  async list(version: number, statesFilter: string[], typesFilter: string[] = []): Promise<unknown> {
    const answer = await this.client.call(apis.listGroups, version, { statesFilter, typesFilter })
    const groups = answer.groups.map((one) => [one.groupId, one.protocolType, one.groupState, one.groupType])
    return [answer.errorCode, groups.toSorted()]
  }

  async deleteOffsets(
    groupId: string,
    topics: readonly (readonly [name: string, partition: number])[],
  ): Promise<unknown> {
    const answer = await this.client.call(apis.offsetDelete, 0, {
      groupId,
      topics: topics.map(([name, partitionIndex]) => ({ name, partitions: [{ partitionIndex }] })),
    })
    const each = answer.topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, errorCode }) => [name, partitionIndex, errorCode]),
    )
    return [answer.errorCode, each.toSorted()]
  }

  async delete(version: number, groupsNames: readonly string[]): Promise<unknown> {
    const { results } = await this.client.call(apis.deleteGroups, version, { groupsNames })
    return results.map(({ groupId, errorCode }) => [groupId, errorCode]).toSorted()
  }

  async offsets(groupId: string): Promise<unknown> {
    const { groups } = await this.client.call(apis.offsetFetch, 8, {
      groups: [{ groupId, topics: null }],
      requireStable: true,
    })
    const all = groups[0]!.topics.flatMap(({ name, partitions }) =>
      partitions.map((one) => [name, one.partitionIndex, one.committedOffset, one.metadata, one.errorCode]),
    )
    return [groups[0]!.errorCode, all.toSorted()]
  }
}

/** Runs the whole script. @param bootstrap host:port of a broker without groups */
export async function groupRequests(bootstrap: string): Promise<Transcript> {
  const client = await TestClient.connect(nodeNet, Number(bootstrap.split(':')[1]))
  const script = new Script(client)
  try {
    await prepare(script)
    await looks(script)
    await offsetsAway(script)
    await leaves(script)
    await deletes(script)
  } finally {
    client.destroy()
  }
  return script.seen
}

async function prepare(script: Script): Promise<void> {
  const topics = ['orders', 'other'].map((name) => ({
    name,
    numPartitions: 2,
    replicationFactor: 1,
    assignments: [],
    configs: [],
  }))
  const created = await script.client.call(apis.createTopics, 7, { topics, timeoutMs: 30_000, validateOnly: false })
  assert.deepEqual(
    created.topics.map(({ errorCode }) => errorCode),
    [0, 0],
  )
  // The coordinator has its topic to make at first.
  await script.client.call(apis.findCoordinator, 4, { keyType: 0, coordinatorKeys: ['plain'] })
  for (let left = 300; (await script.commit('plain', 'orders')) !== 0; left--) {
    assert.ok(left > 0, 'a coordinator')
    await sleep(100)
  }
  assert.equal(await script.commit('plain', 'other'), 0)
  await script.join('static', 'b', { instance: 'i1' })
  await script.join('dynamic', 'a')
  await script.join('workers', 'w', { type: 'connect' })
  await script.heartbeat('m1', 's1')
  await script.heartbeat('m2', null)
}

const every = ['static', 'dynamic', 'workers', 'modern', 'plain', 'nobody', '']

async function looks(script: Script): Promise<void> {
  for (const version of [0, 2, 3, 5, 6]) script.note(`DescribeGroups ${version}`, await script.describe(every, version))
  script.note('ConsumerGroupDescribe', await script.describeModern(every))
  for (const version of [0, 3, 5]) script.note(`ListGroups ${version}`, await script.list(version, []))
  for (const filter of [['Stable'], ['stable', 'EMPTY'], ['Empty'], ['Dead'], ['nonsense'], ['']])
    script.note(`ListGroups in ${filter.join(' or ')}`, await script.list(4, filter))
  for (const filter of [['classic'], ['Consumer'], ['classic', 'consumer'], ['share'], ['nonsense'], ['']])
    script.note(`ListGroups of ${filter.join(' or ')}`, await script.list(5, [], filter))
  script.note('ListGroups in Empty of consumer', await script.list(5, ['Empty'], ['consumer']))
  // Who commits offsets for a group that has members.
  for (const group of ['static', 'modern', 'nobody else'])
    script.note(`OffsetCommit ${group}`, await script.commit(group, 'orders'))
  script.note('OffsetCommit as a member', await script.commit('dynamic', 'other', { memberId: 'a', generation: 1 }))
  script.note(
    'OffsetCommit of a generation to come',
    await script.commit('dynamic', 'other', { memberId: 'a', generation: 2 }),
  )
  script.note('OffsetCommit without a group', await script.commit('', 'orders'))
}

async function offsetsAway(script: Script): Promise<void> {
  const both = [
    ['orders', 0],
    ['other', 0],
    ['other', 9],
    ['missing', 0],
  ] as const
  for (const group of ['nobody', '', 'dynamic', 'workers', 'modern'])
    script.note(`OffsetDelete ${group}`, await script.deleteOffsets(group, both))
  script.note('OffsetDelete of nothing', await script.deleteOffsets('plain', []))
  script.note('OffsetDelete plain', await script.deleteOffsets('plain', both))
  for (const group of ['dynamic', 'plain', 'nobody', ''])
    script.note(`offsets of ${group}`, await script.offsets(group))
}

async function leaves(script: Script): Promise<void> {
  for (const version of [0, 1, 3, 5]) {
    script.note(`LeaveGroup ${version} nobody`, await script.leave('nobody', [['x', null]], version))
    script.note(`LeaveGroup ${version} without a group`, await script.leave('', [['x', null]], version))
    script.note(`LeaveGroup ${version} an unknown member`, await script.leave('dynamic', [['x', null]], version))
    script.note(`LeaveGroup ${version} without a member`, await script.leave('dynamic', [['', null]], version))
  }
  script.note('LeaveGroup of nobody at all', await script.leave('dynamic', []))
  script.note('LeaveGroup of a consumers’ group, empty', await script.leave('plain', [['x', null]]))
  const members = [
    ['x', null],
    ['', 'i9'],
    ['x', 'i1'],
    ['', 'i1'],
    ['', 'i1'],
    ['b', null],
  ] as const
  script.note('LeaveGroup of instances', await script.leave('static', members))
  script.note('LeaveGroup of one with its instance', await script.leave('dynamic', [['a', 'i1']], 4))
  script.note('LeaveGroup 2', await script.leave('dynamic', [['a', null]], 2))
  const modern = [
    ['x', null],
    ['', 's9'],
    ['m2', 's1'],
    ['', 's1'],
    ['', ''],
  ] as const
  script.note('LeaveGroup of a new group', await script.leave('modern', modern))
  script.note('LeaveGroup of a new group again', await script.leave('modern', [['', 's1']]))
  script.note('those who are left', await script.describe(['static', 'dynamic'], 6))
  script.note('those who are left in the new group', await script.describeModern(['modern']))
}

async function deletes(script: Script): Promise<void> {
  script.note('DeleteGroups in use', await script.delete(2, ['workers', 'modern', 'nobody', '']))
  script.note('LeaveGroup of the last', await script.leave('modern', [['m2', null]]))
  script.note('DeleteGroups', await script.delete(1, ['static', 'modern', 'plain']))
  script.note('DeleteGroups again', await script.delete(0, ['static', 'modern', 'plain']))
  script.note('DeleteGroups of nothing', await script.delete(2, []))
  script.note('ListGroups at last', await script.list(5, []))
}
