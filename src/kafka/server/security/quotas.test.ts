// Quotas: which one holds for whom, how long a client that is above it is held back, and that they last.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { encodeRecordBatch } from '../../../model/index.ts'
import { apis, kafkaErrors, type AlterClientQuotasRequestInput } from '../../wire/index.ts'
import { startTestNode, type TestNode } from '../test-node.ts'
import type { TestClient } from '../test-client.ts'
import { boundFor, entityKey, readEntity, valueProblem, type QuotaEntity } from './quota-entities.ts'
import { Rate } from './rate.ts'

type Ops = Readonly<Record<string, number | null>>

function alteration(entity: QuotaEntity, ops: Ops, validateOnly = false): AlterClientQuotasRequestInput {
  return {
    validateOnly,
    entries: [
      {
        entity: Object.entries(entity).map(([entityType, entityName]) => ({
          entityType,
          entityName: entityName ?? null,
        })),
        ops: Object.entries(ops).map(([key, value]) => ({ key, value: value ?? 0, remove: value === null })),
      },
    ],
  }
}

async function alter(client: TestClient, entity: QuotaEntity, ops: Ops, validateOnly = false): Promise<number> {
  const answer = await client.call(apis.alterClientQuotas, 1, alteration(entity, ops, validateOnly))
  return answer.entries[0]!.errorCode
}

async function describe(client: TestClient): Promise<unknown[]> {
  const { entries } = await client.call(apis.describeClientQuotas, 1, { components: [], strict: false })
  return entries!.map(({ entity, values }) => [
    Object.fromEntries(entity.map((one) => [one.entityType, one.entityName])),
    Object.fromEntries(values.map((one) => [one.key, one.value])),
  ])
}

const valueOf = (bytes: number): Uint8Array =>
  encodeRecordBatch([{ key: null, value: new Uint8Array(bytes), timestampMs: 1_700_000_000_000 }])

function produceRequest(bytes: number, acks = -1) {
  return {
    transactionalId: null,
    acks,
    timeoutMs: 1000,
    topicData: [{ name: 'jobs', partitionData: [{ index: 0, records: valueOf(bytes) }] }],
  }
}

const fetchRequest = (maxBytes: number, fetchOffset = 0) => ({
  maxWaitMs: 0,
  minBytes: 1,
  isolationLevel: 0,
  maxBytes,
  topics: [{ topic: 'jobs', partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: maxBytes }] }],
})

async function startWithTopic(t: TestContext, options: Parameters<typeof startTestNode>[1] = {}): Promise<TestNode> {
  const node = await startTestNode(t, options)
  await node.log.createTopic({ name: 'jobs', partitionCount: 1, configs: {} })
  return node
}

const turn = (): Promise<void> => new Promise((next) => setImmediate(next))

/** Whether an answer comes without the clock moving on: what is muted is not read at all. */
async function isAnswered(answer: Promise<unknown>, other: TestClient): Promise<boolean> {
  let done = false
  void answer.then(() => (done = true))
  // The other connection is served after what the first one's socket holds.
  for (let i = 0; i < 3; i++) await other.call(apis.apiVersions, 0, {})
  await turn()
  return done
}

test('the most particular quota wins, and says with whom it is shared', () => {
  const levels: readonly [QuotaEntity, string][] = [
    [{ user: 'u', 'client-id': 'c' }, '["u","c"]'],
    [{ user: 'u', 'client-id': null }, '["u","c"]'],
    [{ user: 'u' }, '["u"]'],
    [{ user: null, 'client-id': 'c' }, '["u","c"]'],
    [{ user: null, 'client-id': null }, '["u","c"]'],
    [{ user: null }, '["u"]'],
    [{ 'client-id': 'c' }, '["","c"]'],
    [{ 'client-id': null }, '["","c"]'],
  ]
  // Any set of them: the first in this order holds.
  for (let set = 0; set < 256; set++) {
    const quotas = new Map([[entityKey({ user: 'other' }), 1000]])
    levels.forEach(([entity], i) => set & (1 << i) && quotas.set(entityKey(entity), i + 1))
    const first = levels.findIndex((_, i) => set & (1 << i))
    const expected = first < 0 ? undefined : { bound: first + 1, shared: levels[first]![1] }
    assert.deepEqual(boundFor(quotas, 'u', 'c'), expected)
  }
})

test('a rate is held over ten full windows and the one under way', () => {
  const rate = new Rate()
  rate.add(1000, 500)
  // 1000 in 10.5 s is within 100 a second, and 500 ms short of 1000 / 11 s.
  assert.equal(rate.throttleMs(100, 500), 0)
  rate.add(500, 500)
  assert.equal(rate.throttleMs(100, 500), 15_000 - 10_500)
  assert.equal(rate.throttleMs(100, 3999), 15_000 - 10_999)
  // After the wait that it was told the windows have gone.
  assert.equal(rate.throttleMs(100, 11_000), 0)
  assert.equal(rate.isIdle(10_999), false)
  rate.add(7, 11_000)
  assert.equal(rate.throttleMs(0.5, 11_000), 4000)
  assert.equal(rate.isIdle(21_999), false)
  assert.equal(rate.isIdle(22_000), true)
})

test('what an entity and a value cannot be', () => {
  const entity = (...parts: [string, string | null][]) =>
    readEntity(
      parts.map(([entityType, entityName]) => ({ entityType, entityName })),
      5,
    )
  assert.deepEqual(entity(['user', 'ada'], ['client-id', null]), { user: 'ada', 'client-id': null })
  for (const [parts, reason] of [
    [[], /empty client quota entity/],
    [[['group', 'a']], /Unhandled client quota entity type: group/],
    [[['user', '']], /Empty user/],
    [[['user', 'longer']], /at most 5/],
    [[['user', 'a'], ['user', 'b']], /duplicate/], // prettier-ignore
    [[['ip', '1'], ['user', 'b']], /combination/], // prettier-ignore
    [[['ip', 'x.y']], /not a valid IP/],
  ] as [[string, string | null][], RegExp][])
    assert.match((entity(...parts) as { message: string }).message, reason)
  assert.equal(valueProblem({ user: 'a' }, 'producer_byte_rate', 1024, false), undefined)
  assert.equal(valueProblem({ user: 'a' }, 'request_percentage', 0.5, false), undefined)
  for (const [key, value, reason] of [
    ['producer_byte_rate', 0, /greater than 0/],
    ['producer_byte_rate', -1, /greater than 0/],
    ['producer_byte_rate', NaN, /greater than 0/],
    ['producer_byte_rate', 1.5, /fractional/],
    ['connection_creation_rate', 1, /Invalid configuration key/],
    ['leader.replication.throttled.rate', 1, /Invalid configuration key/],
  ] as const)
    assert.match(valueProblem({ user: 'a' }, key, value, false)!, reason)
  assert.match(valueProblem({ ip: null }, 'producer_byte_rate', 1, false)!, /Invalid configuration key/)
})

test('a producer above its quota is answered and told, then not read for that time', async (t) => {
  const throttles: unknown[] = []
  const meter = {
    add: (name: string, labels: object) => void (name === 'millrace_broker_throttles_total' && throttles.push(labels)),
    set() {},
  }
  const node = await startWithTopic(t, { server: { meter } })
  const [client, other, admin] = [await node.connect(), await node.connect(), await node.connect()]
  assert.equal((await client.call(apis.produce, 7, produceRequest(50_000))).throttleTimeMs, 0)
  assert.equal(await alter(admin, { 'client-id': null }, { producer_byte_rate: 10_000 }), 0)
  assert.equal((await client.call(apis.produce, 7, produceRequest(60_000))).throttleTimeMs, 0)
  // All of a client id share it, whatever their connection: 60 + 60 KB are 12 s of it, and 10 s are free.
  const { throttleTimeMs, responses } = await other.call(apis.produce, 7, produceRequest(60_000))
  assert.equal(responses[0]!.partitionResponses[0]!.baseOffset, 2)
  assert.ok(throttleTimeMs > 2000 && throttleTimeMs < 2100, String(throttleTimeMs))
  assert.deepEqual(throttles, [{ api: 'Produce' }])
  const next = other.call(apis.apiVersions, 0, {})
  assert.equal(await isAnswered(next, client), false)
  node.clock.advance(throttleTimeMs - 1)
  assert.equal(await isAnswered(next, client), false)
  node.clock.advance(1)
  await next
  // Without an answer there is nothing to be told, and no less waiting.
  other.send(other.encode(apis.produce, 7, produceRequest(100_000, 0)))
  const last = other.call(apis.apiVersions, 0, {})
  assert.equal(await isAnswered(last, client), false)
  node.clock.advance(60_000)
  await last
  assert.deepEqual(node.faults, [])
})

test('of requests that a client sends at once only those are served before it is held back that are within its quota', async (t) => {
  const node = await startWithTopic(t)
  const [client, admin] = [await node.connect(), await node.connect()]
  assert.equal(await alter(admin, { 'client-id': null }, { producer_byte_rate: 1000 }), 0)
  const answers = [1, 2, 3].map(() => client.call(apis.produce, 7, produceRequest(30_000)))
  const { throttleTimeMs } = await answers[0]!
  assert.ok(throttleTimeMs > 0)
  assert.equal(await isAnswered(answers[1]!, admin), false)
  node.clock.advance(throttleTimeMs)
  assert.ok((await answers[1]!).throttleTimeMs > 0)
  assert.equal(await isAnswered(answers[2]!, admin), false)
  assert.deepEqual(node.faults, [])
})

test('an idle connection is not closed while it is held back', async (t) => {
  const node = await startWithTopic(t, { server: { limits: { connectionIdleMs: 5000 } } })
  const client = await node.connect()
  await alter(client, { user: 'ANONYMOUS' }, { producer_byte_rate: 1000 })
  const { throttleTimeMs } = await client.call(apis.produce, 7, produceRequest(30_000))
  assert.ok(throttleTimeMs > 20_000, String(throttleTimeMs))
  node.clock.advance(throttleTimeMs)
  await client.call(apis.apiVersions, 0, {})
})

test('a fetch answers no more than its quota has for ten seconds, and nothing to a client that is above it', async (t) => {
  const node = await startWithTopic(t)
  const [client, other] = [await node.connect(), await node.connect()]
  for (let i = 0; i < 4; i++) await client.call(apis.produce, 7, produceRequest(30_000))
  await alter(client, { user: null }, { consumer_byte_rate: 5000 })
  const whole = await client.call(apis.fetch, 11, fetchRequest(1_000_000))
  const size = whole.responses[0]!.partitions[0]!.records!.length
  assert.ok(size > 30_000 && size < 50_000, String(size))
  assert.equal(whole.throttleTimeMs, 0)
  const second = await client.call(apis.fetch, 11, fetchRequest(1_000_000, 1))
  assert.ok(second.throttleTimeMs > 0)
  // Another connection of the same user, which would have waited for more: it is told at once.
  const held = await other.call(apis.fetch, 11, { ...fetchRequest(1_000_000, 2), maxWaitMs: 1000, minBytes: 1_000 })
  assert.equal(held.responses[0]!.partitions[0]!.records?.length, 0)
  assert.equal(held.responses[0]!.partitions[0]!.highWatermark, 4)
  assert.ok(held.throttleTimeMs > 0)
  node.clock.advance(12_000)
  const later = await other.call(apis.fetch, 11, fetchRequest(1_000_000, 2))
  assert.ok(later.responses[0]!.partitions[0]!.records!.length > 30_000)
})

test('the time that requests take counts, for one second of holding back at the most', async (t) => {
  let busyMs = 0
  const node = await startWithTopic(t)
  const clock = { ...node.clock, monotonicMs: () => node.clock.monotonicMs() + busyMs++ * 600 }
  const slow = await startTestNode(t, { server: { clock } })
  const client = await slow.connect()
  await alter(client, { user: 'ANONYMOUS' }, { request_percentage: 1 })
  const described = await client.call(apis.describeClientQuotas, 1, { components: [], strict: true })
  assert.equal(described.throttleTimeMs, 1000)
})

test('quotas are described, changed in part, taken away, and there after a restart', async (t) => {
  const node = await startWithTopic(t)
  const client = await node.connect()
  assert.equal(await alter(client, { user: 'ada' }, { producer_byte_rate: 10, request_percentage: 12.5 }), 0)
  assert.equal(await alter(client, { user: 'ada', 'client-id': null }, { consumer_byte_rate: 7 }), 0)
  assert.equal(await alter(client, { ip: '10.0.0.1' }, { connection_creation_rate: 3 }), 0)
  assert.equal(await alter(client, { user: 'bob' }, { consumer_byte_rate: 7 }, true), 0)
  assert.equal(await alter(client, { user: 'bob' }, { consumer_byte_rate: 0 }), kafkaErrors.invalidRequest)
  assert.equal(await alter(client, { user: 'ada' }, { request_percentage: null, producer_byte_rate: 11 }), 0)
  const kept = [
    [{ user: 'ada' }, { producer_byte_rate: 11 }],
    [{ 'client-id': null, user: 'ada' }, { consumer_byte_rate: 7 }],
    [{ ip: '10.0.0.1' }, { connection_creation_rate: 3 }],
  ]
  assert.deepEqual(await describe(client), kept)
  const filtered = async (components: readonly [string, number, string | null][], strict: boolean) => {
    const request = {
      components: components.map(([entityType, matchType, match]) => ({ entityType, matchType, match })),
    }
    const answer = await client.call(apis.describeClientQuotas, 0, { ...request, strict })
    return answer.errorCode || answer.entries!.length
  }
  assert.equal(await filtered([['user', 0, 'ada']], false), 2)
  assert.equal(await filtered([['user', 0, 'ada']], true), 1)
  assert.equal(await filtered([['user', 2, null], ['client-id', 1, null]], true), 1) // prettier-ignore
  assert.equal(await filtered([['user', 1, null]], false), 0)
  assert.equal(await filtered([['user', 0, null]], false), kafkaErrors.invalidRequest)
  assert.equal(await filtered([['user', 3, null]], false), kafkaErrors.invalidRequest)
  assert.equal(await filtered([['ip', 2, null], ['user', 2, null]], false), kafkaErrors.invalidRequest) // prettier-ignore
  assert.equal(await filtered([['group', 2, null]], false), kafkaErrors.unsupportedVersion)
  await node.stop()
  const next = await startTestNode(t, { folder: node.folder })
  const again = await next.connect()
  assert.deepEqual(await describe(again), kept)
  assert.equal(await alter(again, { user: 'ada' }, { producer_byte_rate: null }), 0)
  assert.deepEqual(await describe(again), kept.slice(1))
})

test('quotas of the folder hold, are shown, and are not changed through the protocol', async (t) => {
  const fixed = [{ entity: { user: null }, values: { producer_byte_rate: 1000 } }]
  const node = await startWithTopic(t, { server: { security: { quotas: fixed } } })
  const client = await node.connect()
  assert.equal(await alter(client, { user: null }, { producer_byte_rate: 9 }), kafkaErrors.invalidRequest)
  assert.equal(await alter(client, { user: null }, { consumer_byte_rate: 9000 }), 0)
  assert.deepEqual(await describe(client), [[{ user: null }, { consumer_byte_rate: 9000, producer_byte_rate: 1000 }]])
  assert.ok((await client.call(apis.produce, 7, produceRequest(12_000))).throttleTimeMs > 1000)
})

test('who may not alter the cluster’s settings alters no quota', async (t) => {
  const rule = { effect: 'allow', resourceType: 'cluster', resource: '*' } as const
  const rules = [{ ...rule, principal: 'User:anonymous', actions: ['describe-configs' as const] }]
  const node = await startTestNode(t, { rules })
  const client = await node.connect()
  assert.deepEqual(await describe(client), [])
  const refused = await alter(client, { user: 'ada' }, { producer_byte_rate: 1 })
  assert.equal(refused, kafkaErrors.clusterAuthorizationFailed)
})

test('changes of topics: newer requests are refused by parts while the client owes, older ones held back', async (t) => {
  const node = await startTestNode(t)
  const [client, other] = [await node.connect(), await node.connect()]
  await alter(client, { user: 'ANONYMOUS' }, { controller_mutation_rate: 1 })
  const create = (from: TestClient, version: number, ...names: string[]) =>
    from.call(apis.createTopics, version, {
      topics: names.map((name) => ({ name, numPartitions: 8, replicationFactor: 1, assignments: [], configs: [] })),
      timeoutMs: 1000,
      validateOnly: false,
    })
  const made = await create(client, 7, 'a', 'b', 'c')
  assert.deepEqual(
    made.topics.map((one) => one.errorCode),
    [0, 0, kafkaErrors.throttlingQuotaExceeded],
  )
  // 16 of 11 that were free.
  assert.equal(made.throttleTimeMs, 5000)
  const older = await create(other, 5, 'd')
  assert.deepEqual([older.topics[0]!.errorCode, older.throttleTimeMs], [0, 13_000])
  node.clock.advance(13_000)
  const request = {
    topics: [{ name: 'a', topicId: '00000000-0000-0000-0000-000000000000' }],
    topicNames: [],
    timeoutMs: 1,
  }
  assert.equal((await client.call(apis.deleteTopics, 6, request)).responses[0]!.errorCode, 0)
  assert.deepEqual(node.faults, [])
})

test('an address that connects too fast is closed, others are not concerned', async (t) => {
  const node = await startTestNode(t)
  const client = await node.connect()
  await alter(client, { ip: '10.9.9.9' }, { connection_creation_rate: 1 })
  const second = await node.connect()
  await second.call(apis.apiVersions, 0, {})
  await alter(client, { ip: null }, { connection_creation_rate: 1 })
  let served = 0
  for (let i = 0; i < 15; i++) {
    const one = await node.connect()
    const outcome = one.call(apis.apiVersions, 0, {}).then(() => 1)
    served += await Promise.race([outcome, one.closed.then(() => 0)])
  }
  // Ten seconds' worth are free, and the one that is above them is only then known.
  assert.equal(served, 11)
  node.clock.advance(11_000)
  await (await node.connect()).call(apis.apiVersions, 0, {})
})
