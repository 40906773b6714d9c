// Committed offsets are of a topic, not of its name: what was committed for one that is gone counts for none of its namesakes,
// also where nobody was there to take it away (the node died between the deletion and that).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeOffsetRecord, offsetsTopic } from '../../../log/index.ts'
import { decodeRecords, recordKey, recordValue } from '../../../model/index.ts'
import { apis, kafkaErrors } from '../../wire/index.ts'
import type { TestClient } from '../test-client.ts'
import { startTestNode, type TestNode } from '../test-node.ts'

async function commit(client: TestClient, topicId: string, committedOffset: number): Promise<number> {
  const partitions = [{ partitionIndex: 0, committedOffset, committedLeaderEpoch: -1, committedMetadata: '' }]
  const answer = await client.call(apis.offsetCommit, 10, {
    groupId: 'g',
    generationIdOrMemberEpoch: -1,
    memberId: '',
    groupInstanceId: null,
    topics: [{ topicId, partitions }],
  })
  return answer.topics[0]!.partitions[0]!.errorCode
}

async function committed(client: TestClient): Promise<number> {
  const topics = [{ name: 't', partitionIndexes: [0] }]
  const { groups } = await client.call(apis.offsetFetch, 8, { groups: [{ groupId: 'g', topics }] })
  return Number(groups[0]!.topics[0]!.partitions[0]!.committedOffset)
}

async function make({ log }: TestNode): Promise<string> {
  const outcome = await log.createTopic({ name: 't', partitionCount: 1 })
  assert.ok(outcome.ok)
  return outcome.id
}

/** What the offsets topic holds of the group, last record of each key. */
function stored({ log }: TestNode): Map<string, number | undefined> {
  const found = new Map<string, number | undefined>()
  for (let partition = 0; partition < log.partitionCount(offsetsTopic.name)!; partition++) {
    const bytes = log.read(offsetsTopic.name, partition, 0, 1 << 20)
    for (let at = 0; at < bytes.length;) {
      const records = decodeRecords(bytes, at)
      at += records.header.size
      for (let i = 0; i < records.count; i++) {
        const one = decodeOffsetRecord(recordKey(records, i)!, recordValue(records, i))
        if (one) found.set(`${one.topic}-${one.partition}`, one.commit?.offset)
      }
    }
  }
  return found
}

test('an offset of a topic that was deleted is not its namesake’s, while it runs and after a restart', async (t) => {
  const first = await startTestNode(t)
  const client = await first.connect()
  const old = await make(first)
  assert.equal(await commit(client, old, 7), 0)
  assert.equal(await committed(client), 7)
  // Not through the protocol, as when the node dies before the offsets are taken away.
  assert.ok((await first.log.deleteTopic('t')).ok)
  const next = await make(first)
  assert.equal(await committed(client), -1)
  assert.equal(await commit(client, old, 8), kafkaErrors.unknownTopicId)
  await first.stop()

  const second = await startTestNode(t, { folder: first.folder })
  const again = await second.connect()
  assert.equal(await committed(again), -1)
  assert.equal(await commit(again, next, 2), 0)
  assert.equal(await committed(again), 2)
})

test('offsets of deleted topics are taken away in the log, too; those of the next topic stay', async (t) => {
  const node = await startTestNode(t)
  const client = await node.connect()
  assert.equal(await commit(client, await make(node), 7), 0)
  assert.ok((await node.log.deleteTopic('t')).ok)
  assert.equal(await committed(client), -1)
  await client.call(apis.createTopics, 5, {
    topics: [{ name: 'other', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
    timeoutMs: 1000,
    validateOnly: false,
  })
  assert.deepEqual([...stored(node)], [['t-0', 7]])
  await client.call(apis.deleteTopics, 4, { topicNames: ['other'], timeoutMs: 1000 })
  assert.deepEqual([...stored(node)], [['t-0', undefined]])
  assert.equal(await commit(client, await make(node), 3), 0)
  await client.call(apis.deleteTopics, 4, { topicNames: ['other'], timeoutMs: 1000 })
  assert.equal(await committed(client), 3)
})
