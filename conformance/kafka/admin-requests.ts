// Requests of administrators and of clients about topics, settings, offsets and the cluster, most of them wrong in some way: one list of
// raw requests, to be run against either broker.
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TestClient } from '../../src/kafka/server/test-client.ts'
import { apis, zeroUuid } from '../../src/kafka/wire/index.ts'
import { ask, RawRequests, type Answers, type Step } from './raw-requests.ts'

const unknownId = '11111111-2222-3333-4444-555555555555'

const topic = (name: string, more: object = {}) => ({
  name,
  numPartitions: 1,
  replicationFactor: 1,
  assignments: [],
  configs: [],
  ...more,
})
const assigned = (...partitions: [number, number[]][]) => ({
  numPartitions: -1,
  replicationFactor: -1,
  assignments: partitions.map(([partitionIndex, brokerIds]) => ({ partitionIndex, brokerIds })),
})
const configured = (...configs: [string, string | null][]) => ({
  configs: configs.map(([name, value]) => ({ name, value })),
})
const created = (
  what: string,
  topics: ReturnType<typeof topic>[],
  validateOnly = false,
  versions: readonly number[] = [7],
) => ask(`CreateTopics ${what}`, apis.createTopics, versions, { topics, timeoutMs: 30_000, validateOnly })

const topics: readonly Step[] = [
  created('to look at', [
    topic('a.b', { numPartitions: 3 }),
    topic('compacted', configured(['cleanup.policy', 'compact'])),
  ]),
  created('that exists', [topic('a.b')], false, [2, 5, 7]),
  created(
    'with values as people write them',
    [
      topic(
        'written',
        configured(
          ['cleanup.policy', ' compact, delete,compact'],
          ['segment.ms', ' +500 '],
          ['preallocate', 'TRUE'],
          ['min.cleanable.dirty.ratio', '1e-1'],
          ['compression.type', ' gzip '],
          ['leader.replication.throttled.replicas', '0:1, 1:1'],
        ),
      ),
    ],
    true,
  ),
  created(
    'with names that cannot be',
    ['', '.', '..', 'a b', 'ä', 'x'.repeat(250)].map((name) => topic(name)),
  ),
  created('with a colliding name', [topic('a_b')]),
  created('twice in a request', [topic('twice'), topic('twice'), topic('once')], true),
  created('of no partitions', [topic('n', { numPartitions: 0 }), topic('m', { numPartitions: -2 })]),
  created('of too many replicas', [topic('n', { replicationFactor: 2 })]),
  created('of no replicas', [topic('n', { replicationFactor: 0 }), topic('m', { replicationFactor: -2 })]),
  created('by default', [topic('defaults', { numPartitions: -1, replicationFactor: -1 })], true),
  created('assigned', [topic('n', assigned([0, [1]], [1, [1]]))], true),
  created('assigned to who is not there', [topic('n', assigned([0, [7]]))]),
  created('assigned with a gap', [topic('n', assigned([1, [1]]))]),
  created('assigned twice to one', [topic('n', assigned([0, [1, 1]]))]),
  created('assigned to nobody', [topic('n', assigned([0, []]))]),
  created('assigned and counted', [topic('n', { ...assigned([0, [1]]), numPartitions: 1 })]),
  created(
    'with settings',
    [
      topic('unknown', configured(['nonsense', '1'])),
      topic('wrong', configured(['retention.ms', 'soon'])),
      topic('none', configured(['retention.ms', null])),
      topic('right', configured(['retention.ms', '5000'])),
    ],
    true,
  ),
  created('nothing', []),
  ask('CreatePartitions', apis.createPartitions, [0, 3], {
    topics: [
      { name: 'a.b', count: 2, assignments: null },
      { name: 'missing', count: 2, assignments: null },
      { name: 'compacted', count: 3, assignments: [{ brokerIds: [1] }] },
    ],
    timeoutMs: 30_000,
    validateOnly: true,
  }),
  ask('CreatePartitions of as many', apis.createPartitions, 3, {
    topics: [{ name: 'a.b', count: 3, assignments: null }],
    timeoutMs: 30_000,
    validateOnly: false,
  }),
  ask('CreatePartitions of none', apis.createPartitions, 3, {
    topics: [{ name: 'a.b', count: 0, assignments: null }],
    timeoutMs: 30_000,
    validateOnly: false,
  }),
  ask('CreatePartitions elsewhere', apis.createPartitions, 3, {
    topics: [{ name: 'a.b', count: 4, assignments: [{ brokerIds: [7] }] }],
    timeoutMs: 30_000,
    validateOnly: true,
  }),
  ask('CreatePartitions twice', apis.createPartitions, 3, {
    topics: [4, 5].map((count) => ({ name: 'a.b', count, assignments: null })),
    timeoutMs: 30_000,
    validateOnly: true,
  }),
  ask('DeleteTopics by name', apis.deleteTopics, [1, 5], { topicNames: ['missing', ''], timeoutMs: 30_000 }),
  ask('DeleteTopics', apis.deleteTopics, 6, {
    topics: [
      { name: 'missing', topicId: zeroUuid },
      { name: null, topicId: unknownId },
      { name: 'a.b', topicId: unknownId },
      { name: null, topicId: zeroUuid },
    ],
    timeoutMs: 30_000,
  }),
  ask('DeleteTopics twice', apis.deleteTopics, 5, { topicNames: ['missing', 'missing'], timeoutMs: 30_000 }),
  ask('DeleteRecords', apis.deleteRecords, 2, {
    topics: [
      {
        name: 'a.b',
        partitions: [0, -1, -2, 1].map((offset, partitionIndex) => ({
          partitionIndex,
          offset,
        })),
      },
      { name: 'missing', partitions: [{ partitionIndex: 0, offset: 0 }] },
      { name: 'compacted', partitions: [{ partitionIndex: 0, offset: 0 }] },
    ],
    timeoutMs: 30_000,
  }),
]

const resource = (resourceType: number, resourceName: string) => ({
  resourceType,
  resourceName,
  configurationKeys: ['retention.ms'],
})
const change = (name: string, configOperation: number, value: string | null) => ({ name, configOperation, value })
const altered = (
  what: string,
  configs: ReturnType<typeof change>[],
  [resourceType, resourceName]: [number, string] = [2, 'a.b'],
) =>
  ask(`IncrementalAlterConfigs ${what}`, apis.incrementalAlterConfigs, [0, 1], {
    resources: [{ resourceType, resourceName, configs }],
    validateOnly: true,
  })

const settings: readonly Step[] = [
  ask('DescribeConfigs', apis.describeConfigs, [1, 4], {
    resources: [
      resource(2, 'a.b'),
      resource(2, 'missing'),
      resource(2, ''),
      resource(2, 'a b'),
      resource(4, '7'),
      resource(4, 'x'),
    ],
    includeSynonyms: true,
    includeDocumentation: false,
  }),
  ask('DescribeConfigs of other things', apis.describeConfigs, 4, {
    resources: [resource(99, 'a'), resource(0, 'a'), resource(32, ''), resource(16, '')],
    includeSynonyms: false,
    includeDocumentation: false,
  }),
  altered('of a topic that is not there', [change('retention.ms', 0, '1')], [2, 'missing']),
  altered('of a topic that cannot be', [change('retention.ms', 0, '1')], [2, 'a b']),
  altered('of nothing', []),
  altered('unknown', [change('nonsense', 0, '1')]),
  altered('wrong', [change('retention.ms', 0, 'soon')]),
  altered('with blanks', [change('retention.ms', 0, ' 5 '), change('preallocate', 0, 'False')]),
  altered('in capitals that mean nothing', [change('compression.type', 0, 'GZIP')]),
  altered('beside each other', [change('min.compaction.lag.ms', 0, '100'), change('max.compaction.lag.ms', 0, '50')]),
  altered('gzip that does not compress', [change('compression.gzip.level', 0, '0')]),
  altered('less than no retention', [change('retention.bytes', 0, '-2')]),
  altered('of a broker, no retention', [change('log.retention.ms', 0, '0')], [4, '1']),
  altered('of a broker, no threads', [change('log.cleaner.threads', 0, '0')], [4, '1']),
  altered('throttled replicas that are none', [change('leader.replication.throttled.replicas', 0, 'x')]),
  altered('throttled replicas', [change('leader.replication.throttled.replicas', 0, '0:1,1:1')]),
  altered('all replicas throttled', [change('leader.replication.throttled.replicas', 0, '*')]),
  altered('without a value', [change('retention.ms', 0, null)]),
  altered('away', [change('retention.ms', 1, null), change('nonsense', 1, null)]),
  altered('twice', [change('retention.ms', 0, '1'), change('retention.ms', 0, '2')]),
  altered('appended to a number', [change('retention.ms', 2, '1')]),
  altered('appended', [change('cleanup.policy', 2, 'compact')]),
  altered('appended wrong', [change('cleanup.policy', 2, 'nonsense')]),
  altered('taken away from a list', [change('cleanup.policy', 3, 'compact')]),
  altered('all taken away', [change('cleanup.policy', 3, 'delete')]),
  altered('of an unknown kind', [change('retention.ms', 0, '1')], [99, 'a']),
  altered('of a broker that is not there', [change('log.retention.ms', 0, '1')], [4, '7']),
  altered('of a broker without a number', [change('log.retention.ms', 0, '1')], [4, 'x']),
  ask('AlterConfigs', apis.alterConfigs, [0, 2], {
    resources: [
      { resourceType: 2, resourceName: 'missing', configs: [{ name: 'retention.ms', value: '1' }] },
      { resourceType: 2, resourceName: 'a.b', configs: [{ name: 'nonsense', value: '1' }] },
    ],
    validateOnly: true,
  }),
  ask('AlterConfigs without a value', apis.alterConfigs, 2, {
    resources: [{ resourceType: 2, resourceName: 'a.b', configs: [{ name: 'retention.ms', value: null }] }],
    validateOnly: true,
  }),
  ask('ListConfigResources of what is not', apis.listConfigResources, 1, { resourceTypes: [3] }),
]

const offsetsAt = (timestamps: number[], currentLeaderEpoch = -1) => ({
  replicaId: -1,
  isolationLevel: 0,
  timeoutMs: 1000,
  topics: [
    {
      name: 'a.b',
      partitions: timestamps.map((timestamp, partitionIndex) => ({
        partitionIndex,
        currentLeaderEpoch,
        timestamp: BigInt(timestamp),
      })),
    },
    { name: 'missing', partitions: [{ partitionIndex: 0, currentLeaderEpoch, timestamp: -1n }] },
  ],
})

const reading: readonly Step[] = [
  ask('ListOffsets', apis.listOffsets, [1, 2, 5, 6], offsetsAt([-1, -2, 0, -1])),
  ask('ListOffsets of the greatest time', apis.listOffsets, 7, offsetsAt([-3, -2, -1])),
  ask('ListOffsets of tiers', apis.listOffsets, [9, 11], offsetsAt([-4, -5])),
  ask('ListOffsets of an upload', apis.listOffsets, 11, offsetsAt([-6])),
  ask('ListOffsets of an unknown kind', apis.listOffsets, 11, offsetsAt([-9])),
  ask('ListOffsets of a new kind in an old version', apis.listOffsets, 6, offsetsAt([-3])),
  ask('ListOffsets in an epoch to come', apis.listOffsets, 6, offsetsAt([-1], 99)),
  ask('ListOffsets of one partition twice', apis.listOffsets, 6, {
    replicaId: -1,
    isolationLevel: 0,
    topics: [
      {
        name: 'a.b',
        partitions: [0, 0].map((partitionIndex) => ({ partitionIndex, currentLeaderEpoch: -1, timestamp: -1n })),
      },
    ],
  }),
  ask('OffsetForLeaderEpoch', apis.offsetForLeaderEpoch, [2, 4], {
    topics: [
      { topic: 'a.b', partitions: [0, 9].map((partition) => ({ partition, currentLeaderEpoch: -1, leaderEpoch: 99 })) },
      { topic: 'missing', partitions: [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch: 0 }] },
    ],
  }),
  ask('OffsetForLeaderEpoch in an epoch to come', apis.offsetForLeaderEpoch, 4, {
    topics: [{ topic: 'a.b', partitions: [{ partition: 0, currentLeaderEpoch: 99, leaderEpoch: 0 }] }],
  }),
  ask('Metadata', apis.metadata, [4, 8, 9, 12, 13], {
    topics: ['missing', 'a b', ''].map((name) => ({ name, topicId: zeroUuid })),
    allowAutoTopicCreation: false,
    includeTopicAuthorizedOperations: true,
  }),
  ask('Metadata by id', apis.metadata, [12, 13], {
    topics: [{ name: null, topicId: unknownId }],
    allowAutoTopicCreation: false,
  }),
  ask('Metadata by id beside an empty name, as Java asks', apis.metadata, [10, 11, 12, 13], {
    topics: [{ name: '', topicId: unknownId }],
    allowAutoTopicCreation: false,
  }),
  ask('Metadata by id beside names', apis.metadata, [12, 13], {
    topics: [
      { name: '', topicId: unknownId },
      { name: 'plain', topicId: zeroUuid },
    ],
    allowAutoTopicCreation: false,
  }),
  ...[
    { what: 'of nobody', names: ['nonsense'] },
    { what: 'of nobody and as it is', names: ['nonsense', 'group.version'] },
    { what: 'as it is', names: ['group.version'] },
  ].map(({ what, names }) =>
    ask(`UpdateFeatures ${what}`, apis.updateFeatures, [0, 1, 2], {
      featureUpdates: names.map((feature) => ({ feature, maxVersionLevel: 1, upgradeType: 1, allowDowngrade: false })),
      timeoutMs: 10_000,
      validateOnly: true,
    }),
  ),
  ask('AlterReplicaLogDirs to a folder that is not there', apis.alterReplicaLogDirs, [1, 2], {
    dirs: [{ path: '/nowhere', topics: [{ name: 'a.b', partitions: [0] }] }],
  }),
  ask('Metadata of nothing', apis.metadata, [1, 13], { topics: [], allowAutoTopicCreation: false }),
  ask('DescribeTopicPartitions', apis.describeTopicPartitions, 0, {
    topics: [{ name: 'missing' }, { name: 'a b' }],
    responsePartitionLimit: 10,
    cursor: null,
  }),
  ask('FindCoordinator', apis.findCoordinator, [0, 3], { key: 'g', keyType: 9 }),
  ask('FindCoordinator of nobody', apis.findCoordinator, [3], { key: '', keyType: 0 }),
  ask('FindCoordinator of several', apis.findCoordinator, [4, 6], { keyType: 9, coordinatorKeys: ['a', 'b'] }),
  ask('FindCoordinator of none', apis.findCoordinator, [4, 6], { keyType: 0, coordinatorKeys: [] }),
  ask('DescribeProducers', apis.describeProducers, 0, {
    topics: [
      { name: 'a.b', partitionIndexes: [0, 9] },
      { name: 'missing', partitionIndexes: [0] },
    ],
  }),
]

const cluster: readonly Step[] = [
  ask('ElectLeaders', apis.electLeaders, [0, 2], {
    electionType: 0,
    topicPartitions: [
      { topic: 'a.b', partitions: [0, 9] },
      { topic: 'missing', partitions: [0] },
    ],
    timeoutMs: 30_000,
  }),
  ask('ElectLeaders, unclean', apis.electLeaders, 2, {
    electionType: 1,
    topicPartitions: [{ topic: 'a.b', partitions: [0] }],
    timeoutMs: 30_000,
  }),
  ask('ElectLeaders of an unknown kind', apis.electLeaders, 2, {
    electionType: 7,
    topicPartitions: [{ topic: 'a.b', partitions: [0] }],
    timeoutMs: 30_000,
  }),
  ask('AlterPartitionReassignments', apis.alterPartitionReassignments, [0, 1], {
    timeoutMs: 30_000,
    allowReplicationFactorChange: true,
    topics: [
      {
        name: 'a.b',
        partitions: [
          { partitionIndex: 0, replicas: [1] },
          { partitionIndex: 9, replicas: [1] },
          { partitionIndex: 1, replicas: null },
          { partitionIndex: 2, replicas: [7] },
        ],
      },
      { name: 'missing', partitions: [{ partitionIndex: 0, replicas: [1] }] },
    ],
  }),
  ask('ListPartitionReassignments', apis.listPartitionReassignments, 0, {
    timeoutMs: 30_000,
    topics: [{ name: 'missing', partitionIndexes: [0] }],
  }),
  ask('DescribeCluster of controllers', apis.describeCluster, [1], {
    endpointType: 2,
    includeClusterAuthorizedOperations: false,
  }),
  ask('DescribeCluster of an unknown kind', apis.describeCluster, [1, 2], {
    endpointType: 3,
    includeClusterAuthorizedOperations: false,
  }),
  ask('DescribeAcls', apis.describeAcls, 3, {
    resourceTypeFilter: 1,
    resourceNameFilter: null,
    patternTypeFilter: 1,
    principalFilter: null,
    hostFilter: null,
    operation: 1,
    permissionType: 1,
  }),
  ask('CreateAcls', apis.createAcls, 3, { creations: [] }),
  ask('DescribeUserScramCredentials', apis.describeUserScramCredentials, 0, {
    users: [{ name: 'nobody' }, { name: 'nobody' }, { name: '' }],
  }),
  ask('AlterUserScramCredentials', apis.alterUserScramCredentials, 0, {
    deletions: [{ name: 'nobody', mechanism: 1 }],
    upsertions: [
      { name: 'few', mechanism: 1, iterations: 1, salt: new Uint8Array(8), saltedPassword: new Uint8Array(32) },
      { name: 'many', mechanism: 1, iterations: 20_000, salt: new Uint8Array(8), saltedPassword: new Uint8Array(32) },
      { name: 'unknown', mechanism: 9, iterations: 4096, salt: new Uint8Array(8), saltedPassword: new Uint8Array(32) },
      { name: '', mechanism: 1, iterations: 4096, salt: new Uint8Array(8), saltedPassword: new Uint8Array(32) },
    ],
  }),
  ask('SaslHandshake without SASL', apis.saslHandshake, [0, 1], { mechanism: 'PLAIN' }),
  ask('ApiVersions of a nameless client', apis.apiVersions, [3, 4], {
    clientSoftwareName: '',
    clientSoftwareVersion: '1',
  }),
]

const inTransaction = { transactionalId: 'nobody', producerId: 77n, producerEpoch: 0 }
const transactions: readonly Step[] = [
  ask('InitProducerId without time', apis.initProducerId, [0, 4, 5], { transactionalId: 't', transactionTimeoutMs: 0 }),
  ask('InitProducerId for too long', apis.initProducerId, 5, { transactionalId: 't', transactionTimeoutMs: 900_001 }),
  ask('InitProducerId without a name', apis.initProducerId, [0, 5], {
    transactionalId: '',
    transactionTimeoutMs: 1000,
  }),
  ask('AddPartitionsToTxn', apis.addPartitionsToTxn, [0, 3], {
    ...inTransaction,
    topics: [{ name: 'a.b', partitions: [0, 9] }],
  }),
  ask('AddPartitionsToTxn of a known partition', apis.addPartitionsToTxn, 3, {
    ...inTransaction,
    topics: [{ name: 'a.b', partitions: [0] }],
  }),
  ask('AddOffsetsToTxn', apis.addOffsetsToTxn, [0, 4], { ...inTransaction, groupId: 'g' }),
  ask('EndTxn', apis.endTxn, [0, 4, 5], { ...inTransaction, committed: true }),
  ask('DescribeTransactions', apis.describeTransactions, 0, { transactionalIds: ['nobody', ''] }),
  ask('ListTransactions', apis.listTransactions, [0, 2], {
    stateFilters: ['Ongoing', 'nonsense'],
    producerIdFilters: [77n],
  }),
  ask('ListTransactions by a pattern that is none', apis.listTransactions, 2, {
    stateFilters: [],
    producerIdFilters: [],
    transactionalIdPattern: '(',
  }),
]

const steps: readonly Step[] = [...topics, ...settings, ...reading, ...cluster, ...transactions]

/** Runs the whole list. @param bootstrap host:port of a broker without topics */
export async function adminRequests(bootstrap: string): Promise<Answers> {
  const raw = await RawRequests.connect(bootstrap)
  try {
    await raw.untilCoordinated(['g', 'nobody', ''])
    for (const step of steps) {
      await raw.run(step)
      if (step.what.endsWith('to look at')) await untilThere(raw.client, 'compacted')
    }
  } finally {
    raw.close()
  }
  return raw.answers
}

async function untilThere(client: TestClient, name: string): Promise<void> {
  for (let left = 300; ; left--) {
    const request = { topics: [{ name, topicId: zeroUuid }], allowAutoTopicCreation: false }
    if ((await client.call(apis.metadata, 12, request)).topics[0]!.errorCode === 0) return
    assert.ok(left > 0, name)
    await sleep(50)
  }
}
