import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { nodeNet } from '../../../base/index.ts'
import { createAuthorizer, encodeRecordBatch } from '../../../model/index.ts'
import { apis, kafkaErrors, zeroUuid } from '../../wire/index.ts'
import { TestClient } from '../test-client.ts'
import { startTestNode, type TestNode } from '../test-node.ts'
import { aclProblem, filterProblem, matchesFilter, type Acl, type AclFilter } from './acls.ts'

const types = { topic: 2, group: 3, cluster: 4, transactionalId: 5 } as const
const ops = {
  all: 2,
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  describeConfigs: 10,
  alterConfigs: 11,
  idempotentWrite: 12,
} as const

const acl = (over: Partial<Acl> = {}): Acl => ({
  resourceType: types.topic,
  resourceName: 'pay',
  patternType: 3,
  principal: 'User:app',
  host: '*',
  operation: ops.read,
  permissionType: 3,
  ...over,
})
const filter = (over: Partial<AclFilter> = {}): AclFilter => ({
  resourceTypeFilter: 1,
  resourceNameFilter: null,
  patternTypeFilter: 1,
  principalFilter: null,
  hostFilter: null,
  operation: 1,
  permissionType: 1,
  ...over,
})

test('what can be no ACL is told why', () => {
  const problem = (over: Partial<Acl>): string | undefined => aclProblem(acl(over), 'kafka-cluster', 100)
  assert.equal(problem({}), undefined)
  assert.equal(problem({ operation: ops.all }), undefined)
  assert.equal(
    problem({ resourceType: types.cluster, resourceName: 'kafka-cluster', operation: ops.idempotentWrite }),
    undefined,
  )
  // As in Kafka: it means nothing on a topic, and is kept.
  assert.equal(problem({ operation: ops.idempotentWrite }), undefined)
  for (const bad of [
    { resourceType: 1 },
    { resourceType: 99 },
    { patternType: 2 },
    { permissionType: 1 },
    { operation: 1 },
    { operation: 99 },
    { resourceType: types.cluster },
    { resourceName: '' },
    { principal: 'app' },
    { principal: 'User:' },
    { host: '' },
    { resourceName: 'x'.repeat(101) },
  ])
    assert.equal(typeof problem(bad), 'string', JSON.stringify(bad))
})

test('filters: any, by name, by what concerns a name', () => {
  const all = [
    acl(),
    acl({ patternType: 4, resourceName: 'p' }),
    acl({ resourceName: '*' }),
    acl({ resourceName: 'other' }),
  ]
  const found = (over: Partial<AclFilter>): string[] =>
    all.filter((one) => matchesFilter(one, filter(over))).map((one) => `${one.patternType}${one.resourceName}`)
  assert.equal(found({}).length, 4)
  assert.deepEqual(found({ resourceNameFilter: 'pay' }), ['3pay'])
  assert.deepEqual(found({ resourceNameFilter: 'pay', patternTypeFilter: 3 }), ['3pay'])
  assert.deepEqual(found({ resourceNameFilter: 'p', patternTypeFilter: 4 }), ['4p'])
  assert.deepEqual(found({ resourceNameFilter: 'pay', patternTypeFilter: 2 }), ['3pay', '4p', '3*'])
  assert.deepEqual(found({ operation: ops.write }), [])
  assert.deepEqual(found({ principalFilter: 'User:eve' }), [])
  assert.equal(typeof filterProblem(filter({ patternTypeFilter: 5 })), 'string')
  assert.equal(filterProblem(filter()), undefined)
})

async function start(t: TestContext, folder?: string): Promise<TestNode> {
  return startTestNode(t, {
    ...(folder === undefined ? {} : { folder }),
    server: {
      authorizer: createAuthorizer({ rules: [], superUsers: ['User:anonymous'], closed: true }),
      security: { users: [{ name: 'app', password: 'secret' }] },
      listeners: [{ name: 'sasl', protocol: 'SASL_PLAINTEXT', host: '127.0.0.1', port: 0, mechanisms: ['PLAIN'] }],
      limits: { connectionScanMs: 0, aclsMax: 40 },
    },
  })
}

async function logIn(t: TestContext, node: TestNode): Promise<TestClient> {
  const client = await TestClient.connect(nodeNet, node.server.listeners[1]!.port)
  t.after(() => client.destroy())
  await client.call(apis.saslHandshake, 1, { mechanism: 'PLAIN' })
  const authBytes = new Uint8Array(Buffer.from('\0app\0secret'))
  assert.equal((await client.call(apis.saslAuthenticate, 2, { authBytes })).errorCode, 0)
  return client
}

async function make(admin: TestClient, ...acls: Acl[]): Promise<number[]> {
  const creations = acls.map(({ patternType, ...rest }) => ({ ...rest, resourcePatternType: patternType }))
  return (await admin.call(apis.createAcls, 3, { creations })).results.map((one) => one.errorCode)
}
const clear = (admin: TestClient): Promise<unknown> => admin.call(apis.deleteAcls, 3, { filters: [filter()] })

test('ACLs are made, found, in force at once, kept over a restart, and deleted by filter', async (t) => {
  const node = await start(t)
  const admin = await node.connect()
  const prefixed = acl({ patternType: 4, resourceName: 'pa', operation: ops.describe })
  const { invalidRequest, policyViolation } = kafkaErrors
  assert.deepEqual(await make(admin, acl(), acl(), prefixed, acl({ resourceName: '' })), [0, 0, 0, invalidRequest])
  const many = Array.from({ length: 39 }, (_, i) => acl({ resourceName: `t${i}` }))
  assert.deepEqual(new Set(await make(admin, ...many)), new Set([policyViolation]))
  const describe = async (client: TestClient, over: Partial<AclFilter> = {}): Promise<string[]> => {
    const { resources } = await client.call(apis.describeAcls, 3, filter(over))
    return resources.flatMap((one) =>
      one.acls.map((a) => `${one.patternType} ${one.resourceName} ${a.principal} ${a.operation}`),
    )
  }
  const both = ['3 pay User:app 3', '4 pa User:app 8']
  assert.deepEqual(await describe(admin), both)
  assert.deepEqual(await describe(admin, { resourceNameFilter: 'pat', patternTypeFilter: 2 }), [both[1]])
  await node.stop()
  const next = await start(t, node.folder)
  const again = await next.connect()
  assert.deepEqual(await describe(again), both)
  const app = await logIn(t, next)
  const refused = await app.call(apis.describeAcls, 3, filter())
  assert.equal(refused.errorCode, kafkaErrors.clusterAuthorizationFailed)
  assert.deepEqual(await make(app, acl()), [kafkaErrors.clusterAuthorizationFailed])
  const { filterResults } = await again.call(apis.deleteAcls, 2, {
    filters: [filter({ operation: ops.read }), filter({ operation: ops.write }), filter({ patternTypeFilter: 9 })],
  })
  assert.deepEqual(
    filterResults.map((one) => [one.errorCode, one.matchingAcls.map((a) => a.resourceName)]),
    [
      [0, ['pay']],
      [0, []],
      [invalidRequest, []],
    ],
  )
  assert.deepEqual(await describe(again), [both[1]])
})

test('without an authorizer that takes ACLs they are refused by name', async (t) => {
  const node = await startTestNode(t)
  const admin = await node.connect()
  assert.deepEqual(await make(admin, acl()), [kafkaErrors.securityDisabled])
  const { errorCode } = await admin.call(apis.describeAcls, 1, filter())
  assert.equal(errorCode, kafkaErrors.securityDisabled)
})

/** What each request needs, as Kafka's table of operations and resources says; each row is refused without it and served with it. */
test('each request asks for its operation on its resource', async (t) => {
  const node = await start(t)
  const admin = await node.connect()
  await node.log.createTopic({ name: 'pay', partitionCount: 1 })
  const app = await logIn(t, node)
  const {
    topicAuthorizationFailed,
    groupAuthorizationFailed,
    clusterAuthorizationFailed,
    transactionalIdAuthorizationFailed,
  } = kafkaErrors
  const records = encodeRecordBatch([{ key: null, value: new Uint8Array(1), timestampMs: 1 }])
  const cluster = (operation: number): Acl =>
    acl({ resourceType: types.cluster, resourceName: 'kafka-cluster', operation })
  const group = (operation: number): Acl => acl({ resourceType: types.group, resourceName: 'g', operation })
  const transaction = (operation: number): Acl =>
    acl({ resourceType: types.transactionalId, resourceName: 'x', operation })
  const topicConfigs = { resourceType: 2, resourceName: 'pay', configurationKeys: null, configs: [] }
  const rows: readonly [string, number, Acl[], () => Promise<number>][] = [
    [
      'produce',
      topicAuthorizationFailed,
      [acl({ operation: ops.write })],
      async () =>
        (
          await app.call(apis.produce, 9, {
            transactionalId: null,
            acks: 1,
            timeoutMs: 9,
            topicData: [{ name: 'pay', partitionData: [{ index: 0, records }] }],
          })
        ).responses[0]!.partitionResponses[0]!.errorCode,
    ],
    [
      'fetch',
      topicAuthorizationFailed,
      [acl()],
      async () =>
        (
          await app.call(apis.fetch, 11, {
            maxWaitMs: 0,
            minBytes: 0,
            isolationLevel: 0,
            topics: [{ topic: 'pay', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 9 }] }],
          })
        ).responses[0]!.partitions[0]!.errorCode,
    ],
    [
      'metadata',
      topicAuthorizationFailed,
      [acl({ operation: ops.describe })],
      async () => (await app.call(apis.metadata, 9, { topics: [{ name: 'pay' }] })).topics[0]!.errorCode,
    ],
    [
      'listOffsets',
      topicAuthorizationFailed,
      [acl({ operation: ops.describe })],
      async () =>
        (
          await app.call(apis.listOffsets, 5, {
            replicaId: -1,
            isolationLevel: 0,
            topics: [{ name: 'pay', partitions: [{ partitionIndex: 0, timestamp: -1n }] }],
          })
        ).topics[0]!.partitions[0]!.errorCode,
    ],
    [
      'createTopics',
      topicAuthorizationFailed,
      [acl({ resourceName: 'new', patternType: 4, operation: ops.create })],
      async () =>
        (
          await app.call(apis.createTopics, 5, {
            topics: [{ name: 'new1', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
            timeoutMs: 9,
            validateOnly: true,
          })
        ).topics[0]!.errorCode,
    ],
    [
      'createTopics on the cluster',
      topicAuthorizationFailed,
      [cluster(ops.create)],
      async () =>
        (
          await app.call(apis.createTopics, 5, {
            topics: [{ name: 'new1', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
            timeoutMs: 9,
            validateOnly: true,
          })
        ).topics[0]!.errorCode,
    ],
    [
      'createPartitions',
      topicAuthorizationFailed,
      [acl({ operation: ops.alter })],
      async () =>
        (
          await app.call(apis.createPartitions, 2, {
            topics: [{ name: 'pay', count: 2, assignments: null }],
            timeoutMs: 9,
            validateOnly: true,
          })
        ).results[0]!.errorCode,
    ],
    [
      'describeConfigs',
      topicAuthorizationFailed,
      [acl({ operation: ops.describeConfigs })],
      async () =>
        (await app.call(apis.describeConfigs, 4, { resources: [topicConfigs], includeSynonyms: false })).results[0]!
          .errorCode,
    ],
    [
      'alterConfigs',
      topicAuthorizationFailed,
      [acl({ operation: ops.alterConfigs })],
      async () =>
        (await app.call(apis.incrementalAlterConfigs, 1, { resources: [topicConfigs], validateOnly: true }))
          .responses[0]!.errorCode,
    ],
    [
      'deleteRecords',
      topicAuthorizationFailed,
      [acl({ operation: ops.delete })],
      async () =>
        (
          await app.call(apis.deleteRecords, 2, {
            topics: [{ name: 'pay', partitions: [{ partitionIndex: 0, offset: 0 }] }],
            timeoutMs: 9,
          })
        ).topics[0]!.partitions[0]!.errorCode,
    ],
    [
      'offsetForLeaderEpoch',
      topicAuthorizationFailed,
      [acl({ operation: ops.describe })],
      async () =>
        (
          await app.call(apis.offsetForLeaderEpoch, 4, {
            topics: [{ topic: 'pay', partitions: [{ partition: 0, leaderEpoch: 0 }] }],
          })
        ).topics[0]!.partitions[0]!.errorCode,
    ],
    [
      'findCoordinator',
      groupAuthorizationFailed,
      [group(ops.describe)],
      async () => (await app.call(apis.findCoordinator, 3, { key: 'g', keyType: 0 })).errorCode,
    ],
    [
      'findCoordinator of a transaction',
      transactionalIdAuthorizationFailed,
      [transaction(ops.describe)],
      async () => (await app.call(apis.findCoordinator, 3, { key: 'x', keyType: 1 })).errorCode,
    ],
    [
      'offsetFetch',
      groupAuthorizationFailed,
      [group(ops.describe)],
      async () => (await app.call(apis.offsetFetch, 7, { groupId: 'g', topics: null })).errorCode,
    ],
    [
      'offsetCommit',
      groupAuthorizationFailed,
      [group(ops.read), acl()],
      async () =>
        (
          await app.call(apis.offsetCommit, 7, {
            groupId: 'g',
            generationIdOrMemberEpoch: -1,
            memberId: '',
            topics: [{ name: 'pay', partitions: [{ partitionIndex: 0, committedOffset: 0, committedMetadata: '' }] }],
          })
        ).topics[0]!.partitions[0]!.errorCode,
    ],
    [
      'describeGroups',
      groupAuthorizationFailed,
      [group(ops.describe)],
      async () => (await app.call(apis.describeGroups, 5, { groups: ['g'] })).groups[0]!.errorCode,
    ],
    [
      'initProducerId',
      clusterAuthorizationFailed,
      [cluster(ops.idempotentWrite)],
      async () =>
        (await app.call(apis.initProducerId, 4, { transactionalId: null, transactionTimeoutMs: 9 })).errorCode,
    ],
    [
      'initProducerId by any topic',
      clusterAuthorizationFailed,
      [acl({ operation: ops.write })],
      async () =>
        (await app.call(apis.initProducerId, 4, { transactionalId: null, transactionTimeoutMs: 9 })).errorCode,
    ],
    [
      'initProducerId of a transaction',
      transactionalIdAuthorizationFailed,
      [transaction(ops.write)],
      async () =>
        (await app.call(apis.initProducerId, 4, { transactionalId: 'x', transactionTimeoutMs: 9000 })).errorCode,
    ],
    [
      'describeUserScramCredentials',
      clusterAuthorizationFailed,
      [cluster(ops.describe)],
      async () => (await app.call(apis.describeUserScramCredentials, 0, { users: null })).errorCode,
    ],
    [
      'describeAcls',
      clusterAuthorizationFailed,
      [cluster(ops.describe)],
      async () => (await app.call(apis.describeAcls, 3, filter())).errorCode,
    ],
    [
      'deleteTopics',
      topicAuthorizationFailed,
      [acl({ operation: ops.delete })],
      async () =>
        (await app.call(apis.deleteTopics, 5, { topics: [], topicNames: ['pay'], timeoutMs: 9 })).responses[0]!
          .errorCode,
    ],
  ]
  for (const [name, error, needed, ask] of rows) {
    assert.equal(await ask(), error, `${name} without`)
    assert.deepEqual(
      await make(admin, ...needed),
      needed.map(() => 0),
      name,
    )
    assert.equal(await ask(), 0, `${name} with`)
    // A topic that was just deleted is not there for what follows.
    if (name === 'deleteTopics') break
    // To be allowed to delete implies to describe; to be denied it does not.
    const denied = name === 'listOffsets' ? { permissionType: 2, operation: ops.describe } : { permissionType: 2 }
    await make(admin, ...needed.map((one) => ({ ...one, ...denied })))
    assert.equal(await ask(), error, `${name} denied`)
    await clear(admin)
  }
  assert.deepEqual(node.faults, [])
})

test('lists leave out what may not be described, and the operations that are allowed are told when asked for', async (t) => {
  const node = await start(t)
  const admin = await node.connect()
  await node.log.createTopic({ name: 'pay', partitionCount: 1 })
  await node.log.createTopic({ name: 'payroll', partitionCount: 1 })
  const commit = (groupId: string) =>
    admin.call(apis.offsetCommit, 7, {
      groupId,
      generationIdOrMemberEpoch: -1,
      memberId: '',
      topics: [{ name: 'pay', partitions: [{ partitionIndex: 0, committedOffset: 0, committedMetadata: '' }] }],
    })
  await commit('g')
  await commit('h')
  await make(admin, acl(), acl({ operation: ops.write }), acl({ resourceType: types.group, resourceName: 'g' }))
  await make(admin, acl({ operation: ops.write, permissionType: 2, host: '10.9.9.9' }))
  const app = await logIn(t, node)
  const { topics } = await app.call(apis.metadata, 9, { topics: null, includeTopicAuthorizedOperations: true })
  assert.deepEqual(
    topics.map((one) => [one.name, one.topicAuthorizedOperations]),
    [['pay', (1 << ops.read) | (1 << ops.write) | (1 << ops.describe)]],
  )
  const { groups } = await app.call(apis.listGroups, 4, { statesFilter: [] })
  assert.deepEqual(
    groups.map((one) => one.groupId),
    ['g'],
  )
  const byId = await app.call(apis.metadata, 12, { topics: [{ topicId: node.log.topic('payroll')!.id, name: null }] })
  assert.deepEqual([byId.topics[0]!.errorCode, byId.topics[0]!.name], [kafkaErrors.unknownTopicId, null])
  assert.notEqual(zeroUuid, byId.topics[0]!.topicId)
  const sealed = await admin.call(apis.metadata, 9, { topics: [{ name: '__millrace_security' }] })
  assert.equal(sealed.topics[0]!.errorCode, kafkaErrors.topicAuthorizationFailed)
})
