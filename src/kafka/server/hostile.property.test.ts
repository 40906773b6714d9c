// Requests of every API in every version, with bytes changed at random, against a server: a connection may be closed, but no
// handler faults, whatever the fields hold.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { nodeRandom } from '../../base/index.ts'
import type { Connection, Net } from '../../base/index.ts'
import { createAuthorizer, encodeRecordBatch, makeAuthorize } from '../../model/index.ts'
import { apis, encodeRequestFrame, zeroUuid } from '../wire/index.ts'
import { createKafkaServer } from './index.ts'
import { createMemoryLog } from './memory-log.ts'
import { createSteppedClock } from './stepped-clock.ts'

const id = '00000000-0000-4000-8000-000000000002'
const records = encodeRecordBatch([
  { key: new Uint8Array(3), value: new Uint8Array(9), timestampMs: 1_700_000_000_000 },
])
const configs = [{ name: 'retention.ms', value: '5', configOperation: 0 }]
const resources = [{ resourceType: 2, resourceName: 't', configurationKeys: null, configs }]
const acl = {
  resourceType: 2,
  resourceName: 't',
  resourcePatternType: 3,
  principal: 'User:u',
  host: '*',
  operation: 3,
  permissionType: 3,
}
const aclFilter = {
  resourceTypeFilter: 2,
  resourceNameFilter: 't',
  patternTypeFilter: 2,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
}
const member = { groupId: 'g', generationId: 1, memberId: 'm', groupInstanceId: null }

const producer = { transactionalId: 'x', producerId: 1n, producerEpoch: 0 }

const samples: readonly (readonly [keyof typeof apis, unknown])[] = [
  [
    'produce',
    { acks: 1, timeoutMs: 9, topicData: [{ name: 't', topicId: id, partitionData: [{ index: 0, records }] }] },
  ],
  [
    'fetch',
    {
      maxWaitMs: 9,
      minBytes: 1,
      isolationLevel: 0,
      topics: [{ topic: 't', topicId: id, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 99 }] }],
    },
  ],
  [
    'listOffsets',
    { replicaId: -1, isolationLevel: 0, topics: [{ name: 't', partitions: [{ partitionIndex: 0, timestamp: -1n }] }] },
  ],
  ['metadata', { topics: [{ name: 't', topicId: id }] }],
  [
    'offsetCommit',
    {
      groupId: 'g',
      generationIdOrMemberEpoch: -1,
      memberId: '',
      topics: [
        { name: 't', topicId: id, partitions: [{ partitionIndex: 0, committedOffset: 4, committedMetadata: 'm' }] },
      ],
    },
  ],
  [
    'offsetFetch',
    {
      groupId: 'g',
      topics: [{ name: 't', partitionIndexes: [0] }],
      groups: [{ groupId: 'g', topics: [{ name: 't', topicId: id, partitionIndexes: [0] }] }],
    },
  ],
  ['findCoordinator', { key: 'g', keyType: 0, coordinatorKeys: ['g'] }],
  [
    'joinGroup',
    {
      groupId: 'g',
      sessionTimeoutMs: 9000,
      rebalanceTimeoutMs: 9000,
      memberId: '',
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: new Uint8Array(9) }],
    },
  ],
  ['heartbeat', member],
  ['leaveGroup', { groupId: 'g', memberId: 'm', members: [{ memberId: 'm' }] }],
  [
    'syncGroup',
    {
      ...member,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: [{ memberId: 'm', assignment: new Uint8Array(9) }],
    },
  ],
  ['describeGroups', { groups: ['g'], includeAuthorizedOperations: true }],
  ['listGroups', { statesFilter: ['Stable'], typesFilter: ['classic'] }],
  ['apiVersions', { clientSoftwareName: 'a', clientSoftwareVersion: '1' }],
  [
    'createTopics',
    { topics: [{ name: 'n', numPartitions: 1, replicationFactor: 1, assignments: [], configs }], validateOnly: false },
  ],
  ['deleteTopics', { topics: [{ name: 'n', topicId: zeroUuid }], topicNames: ['n'], timeoutMs: 9 }],
  ['deleteRecords', { topics: [{ name: 't', partitions: [{ partitionIndex: 0, offset: -1 }] }], timeoutMs: 9 }],
  [
    'addPartitionsToTxn',
    {
      ...producer,
      topics: [{ name: 't', partitions: [0] }],
      transactions: [{ ...producer, topics: [{ name: 't', partitions: [0] }] }],
    },
  ],
  ['addOffsetsToTxn', { ...producer, groupId: 'g' }],
  ['endTxn', { ...producer, committed: true }],
  [
    'writeTxnMarkers',
    {
      markers: [
        {
          producerId: 1n,
          producerEpoch: 0,
          transactionResult: false,
          topics: [{ name: 't', partitionIndexes: [0] }],
          coordinatorEpoch: 0,
        },
      ],
    },
  ],
  [
    'txnOffsetCommit',
    {
      ...producer,
      groupId: 'g',
      memberId: '',
      topics: [
        { name: 't', topicId: id, partitions: [{ partitionIndex: 0, committedOffset: 4, committedMetadata: 'm' }] },
      ],
    },
  ],
  ['describeProducers', { topics: [{ name: 't', partitionIndexes: [0] }] }],
  ['describeTransactions', { transactionalIds: ['x'] }],
  ['listTransactions', { stateFilters: ['Ongoing'], producerIdFilters: [1n], transactionalIdPattern: 'a*' }],
  ['initProducerId', { transactionalId: null, transactionTimeoutMs: 9 }],
  ['offsetForLeaderEpoch', { topics: [{ topic: 't', partitions: [{ partition: 0, leaderEpoch: 0 }] }] }],
  ['describeConfigs', { resources, includeSynonyms: true }],
  ['alterConfigs', { resources, validateOnly: false }],
  ['createPartitions', { topics: [{ name: 't', count: 3, assignments: null }], timeoutMs: 9, validateOnly: false }],
  ['deleteGroups', { groupsNames: ['g'] }],
  ['incrementalAlterConfigs', { resources, validateOnly: false }],
  ['offsetDelete', { groupId: 'g', topics: [{ name: 't', partitions: [{ partitionIndex: 0 }] }] }],
  ['describeCluster', { includeClusterAuthorizedOperations: true }],
  ['saslHandshake', { mechanism: 'PLAIN' }],
  ['saslAuthenticate', { authBytes: new Uint8Array(9) }],
  ['describeAcls', aclFilter],
  ['createAcls', { creations: [acl] }],
  ['deleteAcls', { filters: [aclFilter] }],
  ['describeClientQuotas', { components: [{ entityType: 'user', matchType: 0, match: 'u' }], strict: true }],
  [
    'alterClientQuotas',
    {
      entries: [
        {
          entity: [{ entityType: 'user', entityName: 'u' }],
          ops: [{ key: 'producer_byte_rate', value: 1e12, remove: false }],
        },
      ],
      validateOnly: false,
    },
  ],
  ['describeUserScramCredentials', { users: [{ name: 'u' }] }],
  [
    'alterUserScramCredentials',
    {
      deletions: [{ name: 'u', mechanism: 1 }],
      upsertions: [
        { name: 'v', mechanism: 1, iterations: 4096, salt: new Uint8Array(9), saltedPassword: new Uint8Array(32) },
      ],
    },
  ],
  [
    'consumerGroupHeartbeat',
    {
      groupId: 'h',
      memberId: 'm',
      memberEpoch: 0,
      rebalanceTimeoutMs: 9000,
      subscribedTopicNames: ['t'],
      subscribedTopicRegex: 't[a-z]*',
      serverAssignor: 'uniform',
      topicPartitions: [],
    },
  ],
  ['consumerGroupDescribe', { groupIds: ['h'], includeAuthorizedOperations: true }],
  ['alterReplicaLogDirs', { dirs: [{ path: '/x', topics: [{ name: 't', partitions: [0] }] }] }],
  ['describeLogDirs', { topics: [{ topic: 't', partitions: [0] }] }],
  ['electLeaders', { electionType: 0, topicPartitions: [{ topic: 't', partitions: [0] }] }],
  ['alterPartitionReassignments', { topics: [{ name: 't', partitions: [{ partitionIndex: 0, replicas: [1] }] }] }],
  ['listPartitionReassignments', { topics: [{ name: 't', partitionIndexes: [0] }] }],
  ['describeQuorum', { topics: [{ topicName: 't', partitions: [{ partitionIndex: 0 }] }] }],
  ['updateFeatures', { featureUpdates: [{ feature: 'group.version', maxVersionLevel: 1 }] }],
  ['listConfigResources', { resourceTypes: [2, 4] }],
  ['describeTopicPartitions', { topics: [{ name: 't' }], responsePartitionLimit: 9, cursor: null }],
]

function encode(name: keyof typeof apis, version: number, request: unknown): Uint8Array {
  const api = apis[name]
  const parts = encodeRequestFrame(api, { version, correlationId: 1, clientId: 'c' }, (writer) =>
    api.encodeRequest(writer, version, request as never),
  )
  return new Uint8Array(Buffer.concat(parts))
}

function fakeConnection(): Connection & { closed: boolean } {
  const connection = {
    remote: '127.0.0.1:1',
    localHost: '127.0.0.1',
    localPort: 9092,
    closed: false,
    write: () => true,
    pause() {},
    resume() {},
    end() {},
    destroy() {
      if (connection.closed) return
      connection.closed = true
      connection.onClose()
    },
    onData(_bytes: Uint8Array) {},
    onDrain() {},
    onClose() {},
  }
  return connection
}

async function setUp() {
  const memory = createMemoryLog()
  const clock = createSteppedClock()
  const faults: unknown[] = []
  let accept: (connection: Connection) => void = () => {}
  const net: Net = {
    listen(_options, take) {
      accept = take
      return Promise.resolve({ port: 1, close: () => Promise.resolve() })
    },
    connect: () => Promise.reject(new Error('not here')),
  }
  const common = { net, clock, random: nodeRandom, authorize: makeAuthorize([]), meter: { add() {}, set() {} } }
  const { log, reader } = memory
  await createKafkaServer({
    ...common,
    authorizer: createAuthorizer({ rules: [], superUsers: ['User:anonymous'] }),
    log,
    reader,
    host: '127.0.0.1',
    port: 0,
    clusterId: 'c',
    onFault: (fault) => faults.push(fault),
  })
  await log.createTopic({ name: 't', partitionCount: 1 })
  return { accept: (connection: Connection) => accept(connection), clock, faults, log }
}

test('every API that the definitions have is sampled', () => {
  assert.deepEqual(samples.map(([name]) => name).toSorted(), Object.keys(apis).toSorted())
})

test('whatever bytes of a request are changed, no handler faults', async () => {
  const { accept, clock, faults } = await setUp()
  const cases = samples.flatMap(([name, request]) =>
    Array.from({ length: apis[name].versionMax - apis[name].versionMin + 1 }, (_, i) =>
      encode(name, apis[name].versionMin + i, request),
    ),
  )
  const changes = fc.array(fc.tuple(fc.nat(), fc.oneof(fc.constantFrom(0, 1, 127, 128, 255), fc.nat(255))), {
    maxLength: 3,
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(cases.length - 1), changes), { minLength: 1, maxLength: 4 }),
      async (requests) => {
        const connection = fakeConnection()
        accept(connection)
        for (const [which, edits] of requests) {
          const frame = cases[which]!.slice()
          // The frame's length, key, version and correlation id stay: else nothing behind them would be reached.
          for (const [place, byte] of edits) frame[12 + (place % (frame.length - 12))] = byte
          if (!connection.closed) connection.onData(frame)
        }
        await new Promise((turn) => setImmediate(turn))
        connection.destroy()
        clock.advance(60_000)
        assert.deepEqual(faults, [])
      },
    ),
    { numRuns: 1500 },
  )
})

test('unchanged requests of every version are answered', async () => {
  const { accept, clock, faults, log } = await setUp()
  for (const [name, request] of samples) {
    for (let version = apis[name].versionMin; version <= apis[name].versionMax; version++) {
      const connection = fakeConnection()
      let answered = 0
      connection.write = () => {
        answered++
        return true
      }
      accept(connection)
      connection.onData(encode(name, version, request))
      for (let turn = 0; turn < 20 && answered === 0; turn++) {
        await new Promise((next) => setImmediate(next))
        clock.advance(1000)
      }
      assert.ok(answered > 0, `${name} ${version}`)
      connection.destroy()
      await log.createTopic({ name: 't', partitionCount: 1 })
    }
  }
  assert.deepEqual(faults, [])
})
