// Topics that the platform keeps by name: clients neither delete them nor make them by asking for them, nor harm what is in them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apis, kafkaErrors, zeroUuid } from '../wire/index.ts'
import { startTestNode } from './test-node.ts'

const names = ['_schemas', '_dek_registry_keys', '__millrace', '__transaction_state']

test('a name that the platform keeps is not made by asking for it', async (t) => {
  const node = await startTestNode(t)
  const client = await node.connect()
  const { topics } = await client.call(apis.metadata, 12, {
    topics: [...names, 'other'].map((name) => ({ name, topicId: zeroUuid })),
    allowAutoTopicCreation: true,
    includeTopicAuthorizedOperations: false,
  })
  assert.deepEqual(
    topics.map(({ errorCode }) => errorCode),
    [...names.map(() => kafkaErrors.unknownTopicOrPartition), 0],
  )
  for (const name of names.slice(0, 3)) assert.equal(node.log.topic(name), undefined, name)
})

test('it is not deleted by clients, whoever made it', async (t) => {
  const node = await startTestNode(t)
  const client = await node.connect()
  for (const name of names) await node.log.createTopic({ name, partitionCount: 1 })
  const { responses } = await client.call(apis.deleteTopics, 6, {
    topics: names.map((name) => ({ name, topicId: zeroUuid })),
    timeoutMs: 1000,
  })
  assert.deepEqual(
    responses.map(({ errorCode }) => errorCode),
    names.map(() => kafkaErrors.invalidTopic),
  )
  for (const name of names) assert.ok(node.log.topic(name), name)
})

test('its records are not deleted and its partitions not added to', async (t) => {
  const node = await startTestNode(t)
  const client = await node.connect()
  for (const name of names) await node.log.createTopic({ name, partitionCount: 1 })
  const partitions = [{ partitionIndex: 0, offset: -1 }]
  const deleted = await client.call(apis.deleteRecords, 2, {
    topics: names.map((name) => ({ name, partitions })),
    timeoutMs: 1000,
  })
  const added = await client.call(apis.createPartitions, 3, {
    topics: names.map((name) => ({ name, count: 100, assignments: null })),
    timeoutMs: 1000,
    validateOnly: false,
  })
  const refused = names.map(() => kafkaErrors.invalidTopic)
  assert.deepEqual(
    deleted.topics.map((one) => one.partitions[0]!.errorCode),
    refused,
  )
  assert.deepEqual(
    added.results.map(({ errorCode }) => errorCode),
    refused,
  )
  assert.match(added.results[0]!.errorMessage!, /'_schemas' is kept by the platform itself/)
  assert.equal(node.log.topic('_schemas')!.partitionCount, 1)
})

test('of its settings those stay that decide what is kept in it; others may be changed', async (t) => {
  const node = await startTestNode(t)
  const client = await node.connect()
  const before = { 'cleanup.policy': 'compact', 'millrace.cluster.retention.ms': '1' }
  await node.log.createTopic({ name: '_schemas', partitionCount: 1, configs: before })
  await node.log.createTopic({ name: 'free', partitionCount: 1, configs: before })
  const set = async (name: string, value: string | null, resourceName = '_schemas') => {
    const configs = [{ name, configOperation: value === null ? 1 : 0, value }]
    const resources = [{ resourceType: 2, resourceName, configs }]
    const answer = await client.call(apis.incrementalAlterConfigs, 1, { resources, validateOnly: false })
    return answer.responses[0]!
  }
  const { policyViolation } = kafkaErrors
  const refusal = await set('cleanup.policy', 'delete')
  assert.deepEqual(
    [refusal.errorCode, refusal.errorMessage],
    [policyViolation, "'_schemas' is kept by the platform itself: cleanup.policy cannot be changed"],
  )
  assert.equal((await set('cleanup.policy', null)).errorCode, policyViolation)
  assert.equal((await set('retention.ms', '1')).errorCode, policyViolation)
  assert.equal((await set('max.message.bytes', '100')).errorCode, policyViolation)
  assert.equal((await set('millrace.cluster.retention.ms', null)).errorCode, policyViolation)
  assert.deepEqual(node.log.topic('_schemas')!.configs, before)
  assert.equal((await set('cleanup.policy', 'compact')).errorCode, 0)
  assert.equal((await set('segment.ms', '60000')).errorCode, 0)
  assert.equal((await set('max.message.bytes', '2000000')).errorCode, 0)
  assert.equal((await set('max.message.bytes', '1500000')).errorCode, policyViolation)
  const large = { ...before, 'segment.ms': '60000', 'max.message.bytes': '2000000' }
  assert.deepEqual(node.log.topic('_schemas')!.configs, large)
  assert.equal((await set('cleanup.policy', 'delete', 'free')).errorCode, 0)

  // All at once: what is left out goes back to its default.
  const replace = async (configs: { name: string; value: string }[]) => {
    const resources = [{ resourceType: 2, resourceName: '_schemas', configs }]
    const answer = await client.call(apis.alterConfigs, 2, { resources, validateOnly: false })
    return answer.responses[0]!.errorCode
  }
  assert.equal(await replace([{ name: 'segment.ms', value: '1' }]), policyViolation)
  const all = Object.entries({ ...large, 'segment.ms': '1' }).map(([name, value]) => ({ name, value }))
  assert.equal(await replace(all), 0)
})
