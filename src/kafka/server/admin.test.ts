// What administrators' tools ask of the node as a whole.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apis, zeroUuid } from '../wire/index.ts'
import type { DescribeTopicPartitionsRequestInput, DescribeTopicPartitionsResponse } from '../wire/index.ts'
import { startTestNode } from './test-node.ts'

test('topics come in the order of their names, as many partitions as asked for, and the cursor leads to the rest', async (t) => {
  const node = await startTestNode(t)
  await node.log.createTopic({ name: 'b', partitionCount: 3 })
  await node.log.createTopic({ name: 'a', partitionCount: 2 })
  const client = await node.connect()
  const seen: string[] = []
  let cursor: { topicName: string; partitionIndex: number } | null = null
  for (let pages = 0; pages < 9; pages++) {
    const topics = [{ name: 'b' }, { name: 'a' }, { name: 'none' }]
    const request: DescribeTopicPartitionsRequestInput = { topics, responsePartitionLimit: 2, cursor }
    const answer: DescribeTopicPartitionsResponse = await client.call(apis.describeTopicPartitions, 0, request)
    for (const { name, errorCode, partitions } of answer.topics) {
      if (errorCode !== 0) seen.push(`${name} ${errorCode}`)
      for (const { partitionIndex, leaderId } of partitions) seen.push(`${name} ${partitionIndex} ${leaderId}`)
    }
    cursor = answer.nextCursor
    if (!cursor) break
  }
  assert.deepEqual(seen, ['a 0 1', 'a 1 1', 'b 0 1', 'b 1 1', 'b 2 1', 'none 3'])
})

test('one node: nothing to elect, to move or to upgrade, and that is said by name', async (t) => {
  const node = await startTestNode(t)
  await node.log.createTopic({ name: 'a', partitionCount: 1 })
  const client = await node.connect()
  const elected = await client.call(apis.electLeaders, 2, {
    electionType: 0,
    topicPartitions: [{ topic: 'a', partitions: [0, 1] }],
  })
  assert.deepEqual(
    elected.replicaElectionResults[0]!.partitionResult.map(({ errorCode }) => errorCode),
    [84, 3],
  )
  const all = await client.call(apis.electLeaders, 2, { electionType: 0, topicPartitions: null })
  assert.deepEqual([all.errorCode, all.replicaElectionResults], [0, []])
  const partitions = [
    { partitionIndex: 0, replicas: [1] },
    { partitionIndex: 0, replicas: [1, 2] },
    { partitionIndex: 0, replicas: null },
    { partitionIndex: 7, replicas: [1] },
  ]
  const moved = await client.call(apis.alterPartitionReassignments, 0, { topics: [{ name: 'a', partitions }] })
  assert.deepEqual(
    moved.responses[0]!.partitions.map(({ errorCode }) => errorCode),
    [0, 39, 85, 3],
  )
  assert.deepEqual((await client.call(apis.listPartitionReassignments, 0, {})).topics, [])
  const update = (feature: string, maxVersionLevel: number, version: number) =>
    client.call(apis.updateFeatures, version, { featureUpdates: [{ feature, maxVersionLevel }] })
  assert.equal((await update('group.version', 1, 2)).errorCode, 0)
  assert.equal((await update('group.version', 2, 2)).errorCode, 95)
  for (const version of [0, 1, 2]) {
    const { errorCode, results } = await update('nonsense', 1, version)
    assert.deepEqual([errorCode, results], [95, []])
  }
  const { topics } = await client.call(apis.describeQuorum, 2, {
    topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }],
  })
  const [quorum] = topics[0]!.partitions
  assert.deepEqual([quorum!.leaderId, quorum!.currentVoters.map(({ replicaId }) => replicaId)], [1, [1]])
})

test('log dirs say the bytes of partitions; resources with settings are listed by type', async (t) => {
  const node = await startTestNode(t, { server: { logFolder: '/data' } })
  await node.log.createTopic({ name: 'a', partitionCount: 2 })
  const client = await node.connect()
  const request = { topics: [{ topic: 'a', partitions: [0, 9] }] }
  const [dir] = (await client.call(apis.describeLogDirs, 5, request)).results
  assert.deepEqual([dir!.totalBytes, dir!.usableBytes], [-1, -1], 'not known')
  assert.deepEqual(
    [dir!.logDir, dir!.topics.map(({ name, partitions }) => [name, partitions.map((one) => one.partitionIndex)])],
    ['/data', [['a', [0]]]],
  )
  const list = async (resourceTypes: number[], version = 1) => {
    const { errorCode, configResources } = await client.call(apis.listConfigResources, version, { resourceTypes })
    return [errorCode, configResources.map(({ resourceName, resourceType }) => `${resourceName} ${resourceType}`)]
  }
  assert.deepEqual(await list([4]), [0, ['1 4']])
  assert.deepEqual(await list([2]), [0, ['__consumer_offsets 2', 'a 2']])
  assert.deepEqual(await list([16]), [0, []])
  assert.deepEqual(await list([3]), [35, []])
  assert.deepEqual(await list([], 0), [0, []])
})

test('log dirs say the size of their disk, where it is known', async (t) => {
  const diskSpace = (): { totalBytes: number; usableBytes: number } => ({ totalBytes: 2 ** 40, usableBytes: 7 })
  const node = await startTestNode(t, { server: { diskSpace } })
  const client = await node.connect()
  const [dir] = (await client.call(apis.describeLogDirs, 4, { topics: [] })).results
  assert.deepEqual([dir!.totalBytes, dir!.usableBytes], [2 ** 40, 7])
})

test('a partition is moved to the folder where it is, and to no other', async (t) => {
  const node = await startTestNode(t, { server: { logFolder: '/data' } })
  await node.log.createTopic({ name: 'a', partitionCount: 1 })
  const client = await node.connect()
  const topics = [
    { name: 'a', partitions: [0, 1, -1] },
    { name: 'b', partitions: [0] },
  ]
  const move = async (path: string): Promise<number[]> => {
    const { results } = await client.call(apis.alterReplicaLogDirs, 2, { dirs: [{ path, topics }] })
    return results.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode))
  }
  assert.deepEqual(await move('/data'), [0, 3, 3, 3])
  assert.deepEqual(await move('/other'), [57, 57, 57, 57])
})

test('of the node is told where it listens and what it was started with, apart from what holds by default', async (t) => {
  const advertised = { host: 'kafka.example', port: 443 }
  const node = await startTestNode(t, { server: { advertised, settings: { partitionCount: 4 } } })
  const client = await node.connect()
  const configurationKeys = [
    'advertised.listeners',
    'listeners',
    'num.partitions',
    'delete.topic.enable',
    'message.max.bytes',
  ]
  const resources = [{ resourceType: 4, resourceName: '1', configurationKeys }]
  const { results } = await client.call(apis.describeConfigs, 4, { resources, includeSynonyms: false })
  assert.deepEqual(
    results[0]!.configs.map(({ name, value, configSource, readOnly }) => [name, value, configSource, readOnly]),
    [
      ['advertised.listeners', 'PLAINTEXT://kafka.example:443', 4, true],
      ['delete.topic.enable', 'true', 5, true],
      ['listeners', `PLAINTEXT://127.0.0.1:${node.server.port}`, 4, true],
      ['message.max.bytes', '1048588', 5, false],
      ['num.partitions', '4', 4, true],
    ],
  )
})

test('every setting of topics and of the node says what it means to who asks', async (t) => {
  const node = await startTestNode(t)
  await node.log.createTopic({ name: 'a', partitionCount: 1 })
  const client = await node.connect()
  const resources = [
    { resourceType: 2, resourceName: 'a', configurationKeys: null },
    { resourceType: 4, resourceName: '1', configurationKeys: null },
  ]
  const texts = async (includeDocumentation: boolean) => {
    const request = { resources, includeSynonyms: false, includeDocumentation }
    const { results } = await client.call(apis.describeConfigs, 4, request)
    return results.flatMap(({ configs }) => configs)
  }
  const all = await texts(true)
  assert.deepEqual(
    all.filter(({ documentation }) => !documentation || documentation.length < 10).map(({ name }) => name),
    [],
  )
  const retention = all.find(({ name }) => name === 'log.retention.bytes')!.documentation
  assert.match(retention!, /^What topics inherit: The size of a partition/)
  assert.deepEqual([...new Set((await texts(false)).map(({ documentation }) => documentation))], [null])
})

test('values of settings are kept as Kafka parses them', async (t) => {
  const node = await startTestNode(t)
  const client = await node.connect()
  const given = {
    'cleanup.policy': ' compact, delete,compact',
    'segment.ms': ' +500 ',
    preallocate: 'TRUE',
    'min.cleanable.dirty.ratio': '1e-1',
    'compression.type': ' gzip ',
    'leader.replication.throttled.replicas': '0:1, 1:1',
  }
  const kept = {
    'cleanup.policy': 'compact,delete',
    'segment.ms': '500',
    preallocate: 'true',
    'min.cleanable.dirty.ratio': '0.1',
    'compression.type': 'gzip',
    'leader.replication.throttled.replicas': '0:1,1:1',
  }
  const configs = Object.entries(given).map(([name, value]) => ({ name, value }))
  const made = { name: 'made', numPartitions: 1, replicationFactor: 1, assignments: [], configs }
  await client.call(apis.createTopics, 7, { topics: [made], timeoutMs: 1000, validateOnly: false })
  assert.deepEqual(node.log.topic('made')!.configs, kept)
  await node.log.createTopic({ name: 'changed', partitionCount: 1 })
  const alter = async (changes: { name: string; value: string; configOperation: number }[]): Promise<number> => {
    const resources = [{ resourceType: 2, resourceName: 'changed', configs: changes }]
    const answer = await client.call(apis.incrementalAlterConfigs, 1, { resources, validateOnly: false })
    return answer.responses[0]!.errorCode
  }
  assert.equal(await alter(configs.map((one) => ({ ...one, configOperation: 0 }))), 0)
  assert.deepEqual(node.log.topic('changed')!.configs, kept)
  assert.equal(await alter([{ name: 'cleanup.policy', value: ' delete ', configOperation: 3 }]), 0)
  assert.equal(node.log.topic('changed')!.configs['cleanup.policy'], 'compact')
  const lags = (min: string, max: string): Promise<number> =>
    alter([
      { name: 'min.compaction.lag.ms', value: min, configOperation: 0 },
      { name: 'max.compaction.lag.ms', value: max, configOperation: 0 },
    ])
  assert.deepEqual([await lags('100', '50'), await lags('50', '50')], [40, 0])
  const alone = (name: string, value: string): Promise<number> => alter([{ name, value, configOperation: 0 }])
  assert.equal(await alone('min.compaction.lag.ms', '51'), 40, 'above what is set')
  assert.deepEqual([await alone('compression.gzip.level', '0'), await alone('compression.gzip.level', '-1')], [40, 0])
  assert.equal(await alone('retention.bytes', '-2'), 0)
  for (const value of ['x', '0', '0:1,', '*,0:1'])
    assert.equal(await alter([{ name: 'leader.replication.throttled.replicas', value, configOperation: 0 }]), 40, value)
  assert.equal(await alter([{ name: 'leader.replication.throttled.replicas', value: '*', configOperation: 0 }]), 0)
})

test('topics are described by their ids, beside which names say nothing', async (t) => {
  const node = await startTestNode(t)
  await node.log.createTopic({ name: 'a', partitionCount: 2 })
  const { id } = node.log.topic('a')!
  const client = await node.connect()
  const unknown = '11111111-2222-3333-4444-555555555555'
  const ask = async (version: number, topics: { name: string | null; topicId: string }[]) => {
    const answer = await client.call(apis.metadata, version, { topics, allowAutoTopicCreation: true })
    return answer.topics.map(({ name, topicId, errorCode, partitions }) => [
      name,
      topicId,
      errorCode,
      partitions.length,
    ])
  }
  // As Java's client asks: with an empty name.
  const java = [
    { name: '', topicId: id },
    { name: '', topicId: unknown },
  ]
  const expected = [
    ['a', id, 0, 2],
    [null, unknown, 100, 0],
  ]
  assert.deepEqual(await ask(12, java), expected)
  assert.deepEqual(await ask(13, [...java, { name: 'new', topicId: zeroUuid }]), expected)
  assert.equal(node.log.topic('new'), undefined)
  const refused = [
    ['', id, 42, 0],
    ['', unknown, 42, 0],
  ]
  for (const version of [10, 11]) assert.deepEqual(await ask(version, java), refused)
})

test('features are named once for all: what ApiVersions says is what UpdateFeatures keeps', async (t) => {
  const client = await (await startTestNode(t)).connect()
  const answer = await client.call(apis.apiVersions, 4, { clientSoftwareName: 'x', clientSoftwareVersion: '1' })
  assert.deepEqual(
    answer.finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel]),
    [
      ['group.version', 1],
      ['transaction.version', 2],
    ],
  )
  const keys = new Set(answer.apiKeys.map(({ apiKey }) => apiKey))
  // Telemetry needs a receiver that this node has not: clients do not ask then.
  assert.deepEqual([keys.has(68), keys.has(69), keys.has(71), keys.has(72)], [true, true, false, false])
})

test('a topic’s settings are all shown, each with where its value comes from', async (t) => {
  const node = await startTestNode(t)
  await node.log.createTopic({ name: 'a', partitionCount: 1, configs: { 'max.message.bytes': '2000' } })
  const client = await node.connect()
  const describe = async (resourceType: number, resourceName: string, configurationKeys: string[] | null) => {
    const resources = [{ resourceType, resourceName, configurationKeys }]
    const { results } = await client.call(apis.describeConfigs, 4, { resources, includeSynonyms: true })
    return results[0]!.configs
  }
  const all = await describe(2, 'a', null)
  assert.equal(all.length, 33)
  const keys = ['max.message.bytes', 'retention.bytes', 'segment.ms', 'compression.zstd.level']
  assert.deepEqual(
    (await describe(2, 'a', keys)).map(({ name, value, configSource, synonyms }) => [
      name,
      value,
      configSource,
      synonyms.map((one) => `${one.name}=${one.value} ${one.source}`),
    ]),
    [
      ['compression.zstd.level', '3', 5, ['compression.zstd.level=3 5']],
      ['max.message.bytes', '2000', 1, ['max.message.bytes=2000 1', 'message.max.bytes=1048588 5']],
      ['retention.bytes', '-1', 5, ['log.retention.bytes=-1 5']],
      ['segment.ms', '604800000', 5, []],
    ],
  )
  const [level] = await describe(4, '1', ['offsets.retention.minutes'])
  assert.deepEqual([level!.value, level!.readOnly], ['10080', true])
})

test('a list keeps its order when something is added to it', async (t) => {
  const node = await startTestNode(t)
  await node.log.createTopic({ name: 'a', partitionCount: 1, configs: { 'cleanup.policy': 'delete' } })
  const client = await node.connect()
  const change = async (configOperation: number, value: string) => {
    const configs = [{ name: 'cleanup.policy', configOperation, value }]
    const resources = [{ resourceType: 2, resourceName: 'a', configs }]
    const { responses } = await client.call(apis.incrementalAlterConfigs, 1, { resources, validateOnly: false })
    return [responses[0]!.errorCode, node.log.topic('a')!.configs['cleanup.policy']]
  }
  assert.deepEqual(await change(2, 'compact'), [0, 'delete,compact'])
  assert.deepEqual(await change(2, 'delete'), [0, 'delete,compact'])
  assert.deepEqual(await change(3, 'delete'), [0, 'compact'])
})
