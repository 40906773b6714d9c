// Topics that the platform keeps by name: clients neither delete them nor make them by asking for them.
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
