// Settings that administrators change while the node runs: what topics inherit, and the timing of groups.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeRecordBatch, type AccessRule } from '../../model/index.ts'
import { apis } from '../wire/index.ts'
import type { TestClient } from './test-client.ts'
import { startTestNode } from './test-node.ts'

const types = { topic: 2, broker: 4, group: 32 } as const
type Type = keyof typeof types

/** 'name=value' sets, '-name' deletes. */
async function alter(client: TestClient, type: Type, name: string, changes: string[], validateOnly = false) {
  const configs = changes.map((change) => {
    const [key, value] = change.split('=') as [string, string?]
    return value === undefined
      ? { name: key.slice(1), configOperation: 1, value: null }
      : { name: key, configOperation: 0, value }
  })
  const resources = [{ resourceType: types[type], resourceName: name, configs }]
  const { responses } = await client.call(apis.incrementalAlterConfigs, 1, { resources, validateOnly })
  return responses[0]!.errorCode
}

/** Value and where it comes from, with the whole line of them. */
async function describe(client: TestClient, type: Type, name: string, keys: string[] | null) {
  const resources = [{ resourceType: types[type], resourceName: name, configurationKeys: keys }]
  const { results } = await client.call(apis.describeConfigs, 4, { resources, includeSynonyms: true })
  return results[0]!.configs.map((one) => [
    `${one.name}=${one.value} ${one.configSource}`,
    ...one.synonyms.map((synonym) => `${synonym.name}=${synonym.value} ${synonym.source}`),
  ])
}

test('topics inherit what is set for all nodes, before it what is set for this one, and before it their own', async (t) => {
  let node = await startTestNode(t)
  await node.log.createTopic({ name: 'a', partitionCount: 1 })
  let client = await node.connect()
  const retention = (): Promise<string[][]> => describe(client, 'topic', 'a', ['retention.ms'])
  assert.deepEqual(await retention(), [['retention.ms=604800000 5']])
  assert.equal(await alter(client, 'broker', '', ['log.retention.ms=2000000', 'log.retention.bytes=77']), 0)
  assert.equal(await alter(client, 'broker', '1', ['log.retention.ms=1000000']), 0)
  const line = ['log.retention.ms=1000000 2', 'log.retention.ms=2000000 3', 'log.retention.hours=168 5']
  assert.deepEqual(await retention(), [['retention.ms=1000000 2', ...line]])
  assert.deepEqual(await describe(client, 'broker', '1', ['log.retention.ms']), [
    ['log.retention.ms=1000000 2', ...line],
  ])
  assert.deepEqual(await describe(client, 'broker', '', null), [
    ['log.retention.bytes=77 3', 'log.retention.bytes=77 3'],
    ['log.retention.ms=2000000 3', 'log.retention.ms=2000000 3'],
    ['min.insync.replicas=1 3', 'min.insync.replicas=1 3'],
  ])
  await node.stop()

  node = await startTestNode(t, { folder: node.folder })
  client = await node.connect()
  assert.equal(await alter(client, 'topic', 'a', ['retention.ms=5']), 0)
  assert.deepEqual(await retention(), [['retention.ms=5 1', 'retention.ms=5 1', ...line]])
  assert.equal(await alter(client, 'topic', 'a', ['-retention.ms']), 0)
  assert.equal(await alter(client, 'broker', '1', ['-log.retention.ms', '-nonsense']), 0)
  assert.deepEqual(await retention(), [['retention.ms=2000000 3', ...line.slice(1)]])
})

test('what cannot be changed while the node runs is refused by name, and nothing else of the request is done', async (t) => {
  const client = await (await startTestNode(t)).connect()
  const fixed = ['max.connections=9', 'group.max.size=7', 'ssl.keystore.location=x', 'nonsense=1']
  for (const one of fixed) assert.equal(await alter(client, 'broker', '1', ['log.retention.ms=1', one]), 42, one)
  assert.equal(await alter(client, 'broker', '2', ['log.retention.ms=1']), 42)
  assert.equal(await alter(client, 'broker', 'x', ['log.retention.ms=1']), 42)
  assert.equal(await alter(client, 'broker', '', ['log.retention.ms=abc']), 42)
  assert.equal(await alter(client, 'broker', '', ['log.segment.bytes=100']), 42)
  assert.equal(await alter(client, 'broker', '', ['log.retention.ms=0']), 42)
  assert.equal(await alter(client, 'broker', '', ['log.cleaner.threads=0']), 42)
  assert.equal(await alter(client, 'broker', '', ['log.retention.ms=1', 'log.retention.ms=2']), 42)
  assert.equal(await alter(client, 'broker', '1', ['min.insync.replicas=2']), 40)
  assert.equal(await alter(client, 'broker', '', ['log.retention.ms=7'], true), 0, 'only looked at')
  assert.deepEqual(await describe(client, 'broker', '', null), [['min.insync.replicas=1 3', 'min.insync.replicas=1 3']])
  const resource = {
    resourceType: 4,
    resourceName: '',
    configs: [{ name: 'log.retention.ms', configOperation: 0, value: '1' }],
  }
  const { responses } = await client.call(apis.incrementalAlterConfigs, 1, {
    resources: [resource, resource],
    validateOnly: false,
  })
  assert.deepEqual(
    responses.map(({ errorCode }) => errorCode),
    [42, 42],
    'twice the same resource',
  )
})

test('what has nothing to act on here is kept and shown, of this node before that of all, and survives a restart', async (t) => {
  const node = await startTestNode(t)
  await node.log.createTopic({ name: 'a', partitionCount: 1 })
  const first = await node.connect()
  const relogin = 'sasl.kerberos.min.time.before.relogin'
  const initial = [[`${relogin}=60000 5`, `${relogin}=60000 5`]]
  assert.deepEqual(await describe(first, 'broker', '1', [relogin]), initial)
  const topic = await describe(first, 'topic', 'a', null)
  assert.equal(await alter(first, 'broker', '', [`${relogin}=58000`, 'log.retention.bytes=77']), 0)
  assert.equal(await alter(first, 'broker', '1', [`${relogin}=57000`, 'log.cleaner.threads=2']), 0)
  assert.equal(await alter(first, 'broker', '1', ['log.cleaner.threads=x']), 42)
  // As in Kafka, a throttle has no default.
  const rate = 'leader.replication.throttled.rate'
  assert.deepEqual(await describe(first, 'broker', '1', [rate]), [])
  assert.equal(await alter(first, 'broker', '1', [`${rate}=1000`]), 0)
  assert.deepEqual(await describe(first, 'broker', '1', [rate]), [[`${rate}=1000 2`, `${rate}=1000 2`]])
  await node.stop()

  const again = await startTestNode(t, { folder: node.folder })
  const client = await again.connect()
  const line = [`${relogin}=57000 2`, `${relogin}=58000 3`, `${relogin}=60000 5`]
  assert.deepEqual(await describe(client, 'broker', '1', [relogin]), [[line[0], ...line]])
  assert.deepEqual(await describe(client, 'broker', '', null), [
    ['log.retention.bytes=77 3', 'log.retention.bytes=77 3'],
    ['min.insync.replicas=1 3', 'min.insync.replicas=1 3'],
    [`${relogin}=58000 3`, `${relogin}=58000 3`],
  ])
  assert.equal(await alter(client, 'broker', '', ['-log.retention.bytes', `-${relogin}`]), 0)
  assert.equal(await alter(client, 'broker', '1', [`-${relogin}`]), 0)
  assert.deepEqual(await describe(client, 'broker', '1', [relogin]), initial)
  assert.deepEqual(await describe(client, 'topic', 'a', null), topic, 'topics inherit nothing of it')
})

test('inherited sizes and codecs hold for the next record', async (t) => {
  const node = await startTestNode(t)
  await node.log.createTopic({ name: 'a', partitionCount: 1 })
  const client = await node.connect()
  const records = encodeRecordBatch([{ key: null, value: new Uint8Array(1000), timestampMs: node.clock.nowMs() }])
  const produce = async (): Promise<number> => {
    const topicData = [{ name: 'a', partitionData: [{ index: 0, records }] }]
    const { responses } = await client.call(apis.produce, 9, { acks: -1, timeoutMs: 1000, topicData })
    return responses[0]!.partitionResponses[0]!.errorCode
  }
  assert.equal(await produce(), 0)
  assert.equal(await alter(client, 'broker', '', ['message.max.bytes=500']), 0)
  assert.equal(await produce(), 10)
  assert.equal(await alter(client, 'broker', '', ['-message.max.bytes', 'compression.type=gzip']), 0)
  assert.equal(await produce(), 0)
  const last = node.log.readUncommitted('a', 0, 1, 1 << 20)
  assert.ok(last.length < 500, 'compressed')
  assert.equal(await alter(client, 'broker', '1', ['log.cleanup.policy=compact']), 0)
  assert.equal(await produce(), 87, 'a compacted topic wants keys')
})

test('the log deletes by what topics inherit, from its first look after a start on', async (t) => {
  let node = await startTestNode(t, { server: { limits: { connectionIdleMs: 1e12 } } })
  const records = encodeRecordBatch([{ key: null, value: new Uint8Array(10), timestampMs: node.clock.nowMs() }])
  for (const name of ['short', 'long']) {
    await node.log.createTopic({ name, partitionCount: 1, configs: name === 'long' ? { 'retention.ms': '-1' } : {} })
    await node.log.append(name, 0, records)
  }
  const dayMs = 24 * 3600_000
  const starts = (afterMs: number): number[] => {
    node.clock.advance(afterMs)
    while (node.log.log.maintain());
    return ['short', 'long'].map((name) => node.log.startOffset(name, 0))
  }
  const client = await node.connect()
  assert.equal(await alter(client, 'broker', '', [`log.retention.ms=${30 * dayMs}`]), 0)
  assert.deepEqual(starts(8 * dayMs), [0, 0], 'kept for longer than by default')
  assert.deepEqual(starts(31 * dayMs), [1, 0])
  await node.log.append('short', 0, records)
  await node.stop()

  node = await startTestNode(t, { folder: node.folder, clock: node.clock })
  assert.deepEqual(starts(8 * dayMs), [1, 0], 'kept after a restart')
})

test('a group of the new protocol has its own timing, told and held to from the next heartbeat on', async (t) => {
  let node = await startTestNode(t)
  let client = await node.connect()
  const heartbeat = async (memberEpoch = 0): Promise<[number, number]> => {
    const joining = { rebalanceTimeoutMs: 60_000, subscribedTopicNames: ['a'], topicPartitions: [] }
    const more = memberEpoch === 0 ? joining : {}
    const request = { groupId: 'g', memberId: 'm', memberEpoch, ...more }
    const { errorCode, heartbeatIntervalMs } = await client.call(apis.consumerGroupHeartbeat, 1, request)
    return [errorCode, heartbeatIntervalMs]
  }
  assert.deepEqual(await heartbeat(), [0, 5000])
  const timing = ['consumer.session.timeout.ms=60000', 'consumer.heartbeat.interval.ms=6000']
  assert.equal(await alter(client, 'group', 'g', timing), 0)
  assert.deepEqual(await heartbeat(1), [0, 6000])
  node.clock.advance(59_000)
  assert.deepEqual(await heartbeat(1), [0, 6000], 'still a member')
  assert.equal(await alter(client, 'group', 'g', ['-consumer.session.timeout.ms']), 0)
  node.clock.advance(46_000)
  assert.deepEqual(await heartbeat(1), [25, 0])
  await node.stop()

  node = await startTestNode(t, { folder: node.folder })
  client = await node.connect()
  assert.deepEqual(await describe(client, 'group', 'g', null), [
    ['consumer.assignment.interval.ms=0 5', 'group.consumer.assignment.interval.ms=0 5'],
    [
      'consumer.heartbeat.interval.ms=6000 8',
      'consumer.heartbeat.interval.ms=6000 8',
      'group.consumer.heartbeat.interval.ms=5000 5',
    ],
    ['consumer.session.timeout.ms=45000 5', 'group.consumer.session.timeout.ms=45000 5'],
  ])
  const listed = async (): Promise<string[]> => {
    const { configResources } = await client.call(apis.listConfigResources, 1, { resourceTypes: [32] })
    return configResources.map(({ resourceName }) => resourceName)
  }
  assert.deepEqual(await listed(), ['g'])
  assert.equal(await alter(client, 'group', 'g', ['-consumer.heartbeat.interval.ms']), 0)
  assert.deepEqual(await listed(), [])
})

test('a group’s settings beyond the node’s bounds, of what is not served, and unknown ones are refused', async (t) => {
  const client = await (await startTestNode(t)).connect()
  const wrong = [
    'consumer.session.timeout.ms=1',
    'consumer.session.timeout.ms=60001',
    'consumer.session.timeout.ms=abc',
    'consumer.heartbeat.interval.ms=50000',
    'consumer.assignment.interval.ms=1000',
    'share.auto.offset.reset=earliest',
    'nonsense=1',
  ]
  for (const one of wrong) assert.equal(await alter(client, 'group', 'g', [one]), 40, one)
  assert.equal(await alter(client, 'group', '', ['consumer.session.timeout.ms=50000']), 42)
})

test('who may not alter the cluster or a group changes neither', async (t) => {
  const rules: AccessRule[] = [
    {
      effect: 'allow',
      principal: 'User:anonymous',
      actions: ['describe-configs'],
      resourceType: 'cluster',
      resource: '*',
    },
  ]
  const client = await (await startTestNode(t, { rules })).connect()
  assert.equal(await alter(client, 'broker', '', ['log.retention.ms=1']), 31)
  assert.equal(await alter(client, 'group', 'g', ['consumer.session.timeout.ms=50000']), 30)
  assert.deepEqual(await describe(client, 'broker', '', null), [['min.insync.replicas=1 3', 'min.insync.replicas=1 3']])
})
