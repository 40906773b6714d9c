// What administrators' tools ask of the node as a whole.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apis } from '../wire/index.ts'
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
  assert.deepEqual(
    (await update('nonsense', 1, 1)).results.map(({ errorCode }) => errorCode),
    [95],
  )
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
