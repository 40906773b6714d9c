// Incremental fetch sessions through the door.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { encodeRecordBatch } from '../../model/index.ts'
import { apis, kafkaErrors } from '../wire/index.ts'
import type { FetchRequestInput } from '../wire/index.ts'
import { defaultLimits } from './limits.ts'
import { startTestNode, type TestNode } from './test-node.ts'
import type { TestClient } from './test-client.ts'

const one = encodeRecordBatch([{ key: null, value: new Uint8Array(3), timestampMs: 1 }])
const append = (node: TestNode, topic: string, partition = 0): Promise<unknown> =>
  node.log.append(topic, partition, one)

interface Ask extends Partial<FetchRequestInput> {
  /** Topic, partition, offset. */
  readonly from?: readonly (readonly [string, number, number])[]
  readonly version?: number
}
interface Seen {
  readonly error: number
  readonly id: number
  /** topic-partition:error:bytes>0 */
  readonly told: string[]
}

async function ask(client: TestClient, { from = [], version = 12, ...more }: Ask): Promise<Seen> {
  const topics = from.map(([topic, partition, fetchOffset]) => ({
    topic,
    partitions: [{ partition, fetchOffset, partitionMaxBytes: 1 << 20 }],
  }))
  const answer = await client.call(apis.fetch, version, {
    maxWaitMs: 0,
    minBytes: 1,
    isolationLevel: 0,
    topics,
    ...more,
  })
  const told = answer.responses.flatMap(({ topic, partitions }) =>
    partitions.map(
      (p) => `${topic}-${p.partitionIndex}:${p.errorCode}:${(p.records?.length ?? 0) > 0 ? 'records' : ''}`,
    ),
  )
  return { error: answer.errorCode, id: answer.sessionId, told }
}

async function setUp(t: TestContext, limits = {}) {
  const node = await startTestNode(t, { server: { limits: { ...defaultLimits, ...limits } } })
  for (const name of ['a', 'b', 'c']) await node.log.createTopic({ name, partitionCount: 1 })
  return { node, client: await node.connect() }
}
const abc = ['a', 'b', 'c'].map((topic) => [topic, 0, 0] as const)

test('a session tells everything once, then only what changed, and takes up what requests change', async (t) => {
  const { node, client } = await setUp(t)
  await append(node, 'b')
  const { id, ...first } = await ask(client, { sessionEpoch: 0, from: abc })
  assert.ok(id > 0)
  assert.deepEqual(first, { error: 0, told: ['a-0:0:', 'b-0:0:records', 'c-0:0:'] })
  const next = (sessionEpoch: number, more: Ask = {}): Promise<Seen> =>
    ask(client, { sessionId: id, sessionEpoch, ...more })
  assert.deepEqual((await next(1, { from: [['b', 0, 1]] })).told, [])
  await append(node, 'c')
  assert.deepEqual((await next(2)).told, ['c-0:0:records'])
  // Not taken yet: told again.
  assert.deepEqual((await next(3)).told, ['c-0:0:records'])
  assert.deepEqual((await next(4, { from: [['c', 0, 1]] })).told, [])
  await node.log.deleteRecords('b', 0, 1)
  assert.deepEqual((await next(5)).told, ['b-0:0:'], 'its start moved')
  assert.deepEqual((await next(6, { from: [['b', 0, 9]] })).told, ['b-0:1:'])
  assert.deepEqual((await next(7)).told, ['b-0:1:'], 'an error is told each time')
  assert.deepEqual((await next(8, { from: [['b', 0, 1]] })).told, ['b-0:0:'], 'and its end')
  await append(node, 'a')
  await append(node, 'c')
  const forgottenTopicsData = [{ topic: 'a', partitions: [0] }]
  assert.deepEqual((await next(9, { forgottenTopicsData })).told, ['c-0:0:records'])
  assert.deepEqual(
    (
      await next(10, {
        from: [
          ['a', 0, 0],
          ['c', 0, 2],
        ],
      })
    ).told,
    ['a-0:0:records'],
  )
})

test('a wrong epoch, an unknown session and topics named in the other way are refused; closing forgets', async (t) => {
  const { client } = await setUp(t)
  const { id } = await ask(client, { sessionEpoch: 0, from: abc })
  const code = async (more: Ask): Promise<number> => (await ask(client, more)).error
  assert.equal(await code({ sessionId: id, sessionEpoch: 2 }), kafkaErrors.invalidFetchSessionEpoch)
  assert.equal(await code({ sessionId: id + 1, sessionEpoch: 1 }), kafkaErrors.fetchSessionIdNotFound)
  assert.equal(await code({ sessionId: id, sessionEpoch: 1, version: 13 }), kafkaErrors.fetchSessionTopicIdError)
  assert.equal(await code({ sessionId: id, sessionEpoch: 1 }), 0)
  assert.equal(await code({ sessionId: id, sessionEpoch: 1 }), kafkaErrors.invalidFetchSessionEpoch, 'used before')
  const closed = await ask(client, { sessionId: id, sessionEpoch: -1, from: [['a', 0, 0]] })
  assert.deepEqual(closed, { error: 0, id: 0, told: ['a-0:0:'] })
  assert.equal(await code({ sessionId: id, sessionEpoch: 2 }), kafkaErrors.fetchSessionIdNotFound)
})

test('a fetch of a session waits for any of its partitions', async (t) => {
  const { node, client } = await setUp(t)
  const { id } = await ask(client, { sessionEpoch: 0, from: abc })
  const waiting = ask(client, { sessionId: id, sessionEpoch: 1, maxWaitMs: 60_000 })
  for (let turn = 0; turn < 20; turn++) await new Promise((next) => setImmediate(next))
  await append(node, 'b')
  assert.deepEqual((await waiting).told, ['b-0:0:records'])
})

test('sessions are bounded: a full table declines, until one is idle for long', async (t) => {
  const { node, client } = await setUp(t, { fetchSessionsMax: 2, fetchSessionPartitionsMax: 4 })
  const open = (from: Ask['from'] = [['a', 0, 0]]): Promise<Seen> => ask(client, { sessionEpoch: 0, from })
  const first = await open()
  const second = await open()
  assert.equal((await open()).id, 0)
  node.clock.advance(119_000)
  assert.equal((await ask(client, { sessionId: second.id, sessionEpoch: 1 })).error, 0)
  node.clock.advance(1000)
  assert.ok((await open()).id > 0)
  assert.equal((await ask(client, { sessionId: first.id, sessionEpoch: 1 })).error, kafkaErrors.fetchSessionIdNotFound)
  assert.equal((await ask(client, { sessionId: second.id, sessionEpoch: 2, from: abc.slice(1) })).error, 0)
  const more = ['x', 'y'].map((topic) => [topic, 0, 0] as const)
  const tooMany = await ask(client, { sessionId: second.id, sessionEpoch: 3, from: more })
  assert.equal(tooMany.error, kafkaErrors.fetchSessionIdNotFound)
})
