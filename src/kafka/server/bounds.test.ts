// What one client, or many, cannot make the node hold: connections, answers that nobody reads, bytes before a login.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { nodeNet, wrapSocket } from '../../base/index.ts'
import { encodeRecordBatch } from '../../model/index.ts'
import { apis, kafkaErrors } from '../wire/index.ts'
import type { KafkaServerLimits } from './limits.ts'
import { TestClient } from './test-client.ts'
import { startTestNode, type TestNode } from './test-node.ts'

const turn = (): Promise<void> => new Promise((next) => setImmediate(next))

/** Lets sockets have their events until it holds. */
async function until(holds: () => boolean): Promise<void> {
  const endMs = performance.now() + 20_000
  while (!holds()) {
    assert.ok(performance.now() < endMs, String(holds))
    await turn()
  }
}

/** Moves the clock on until it holds. @returns by how many ms */
async function passUntil(node: TestNode, holds: () => boolean): Promise<number> {
  let ms = 0
  await until(() => {
    if (holds()) return true
    node.clock.advance(100)
    ms += 100
    return false
  })
  return ms
}

interface Counted {
  readonly node: TestNode
  /** How often, by 'api/error' of refusals and by api of answers. */
  readonly counts: Map<string, number>
}

async function start(t: TestContext, limits: Partial<KafkaServerLimits>): Promise<Counted> {
  const counts = new Map<string, number>()
  const add = (_name: string, { api, error }: Readonly<Record<string, string>>, by: number): void => {
    const key = error === undefined ? api! : error
    counts.set(key, (counts.get(key) ?? 0) + by)
  }
  const sasl = { name: 'sasl', protocol: 'SASL_PLAINTEXT', host: '127.0.0.1', port: 0, mechanisms: ['PLAIN'] } as const
  const security = { users: [{ name: 'ada', password: 'secret' }] }
  const node = await startTestNode(t, { server: { limits, meter: { add, set() {} }, security, listeners: [sasl] } })
  return { node, counts }
}

const produceRequest = (bytes: number) => ({
  transactionalId: null,
  acks: -1,
  timeoutMs: 1000,
  topicData: [
    {
      name: 'jobs',
      partitionData: [
        {
          index: 0,
          records: encodeRecordBatch([{ key: null, value: new Uint8Array(bytes), timestampMs: 1_700_000_000_000 }]),
        },
      ],
    },
  ],
})

const fetchRequest = (fetchOffset = 0) => ({
  maxWaitMs: 0,
  minBytes: 1,
  isolationLevel: 0,
  maxBytes: 1 << 26,
  topics: [{ topic: 'jobs', partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1 << 26 }] }],
})

test('a connection on which nothing is asked for long enough is closed, one in use is not', async (t) => {
  const { node, counts } = await start(t, { connectionIdleMs: 60_000 })
  const [idle, used] = [await node.connect(), await node.connect()]
  await idle.call(apis.apiVersions, 0, {})
  for (let i = 0; i < 4; i++) {
    node.clock.advance(20_000)
    await used.call(apis.apiVersions, 0, {})
  }
  await idle.closed
  assert.equal(counts.get('idle'), 1)
  await used.call(apis.apiVersions, 0, {})
})

/** A socket that asks for everything again and again and never reads. */
async function startStaller(t: TestContext, node: TestNode, requests: number): Promise<Socket> {
  const socket = connect(node.server.port, '127.0.0.1')
  t.after(() => socket.destroy())
  await once(socket, 'connect')
  const encoder = new TestClient(wrapSocket(socket))
  socket.pause()
  for (let i = 0; i < requests; i++) encoder.send(encoder.encode(apis.fetch, 11, fetchRequest()))
  return socket
}

test('a client that never reads gets no further answers, holds nobody up, and is closed in time', async (t) => {
  const { node, counts } = await start(t, { writeStallMs: 30_000 })
  const client = await node.connect()
  await node.log.createTopic({ name: 'jobs', partitionCount: 1, configs: {} })
  for (let i = 0; i < 5; i++) await client.call(apis.produce, 7, produceRequest(1_000_000))
  await startStaller(t, node, 50)
  await until(() => (counts.get('Fetch') ?? 0) > 0)
  // Each answer is 4 MB: the kernel takes some of them, and the server begins none while one is not taken.
  for (let i = 0; i < 20; i++) await client.call(apis.apiVersions, 0, {})
  const answered = counts.get('Fetch')!
  assert.ok(answered < 10, `${answered} answers of 4 MB`)
  const { responses } = await client.call(apis.fetch, 11, fetchRequest(4))
  assert.equal(responses[0]!.partitions[0]!.highWatermark, 5)
  const ms = await passUntil(node, () => counts.get('not-read') === 1)
  assert.ok(ms >= 30_000, `${ms}`)
  await until(() => node.server.connectionCount === 1)
  assert.deepEqual(node.faults, [])
})

test('while too much is unread in all, fetches wait, and those who do not read are closed soon', async (t) => {
  const { node, counts } = await start(t, { unsentBytesMax: 1 << 20, writeStallFullMs: 5000 })
  const client = await node.connect()
  await node.log.createTopic({ name: 'jobs', partitionCount: 1, configs: {} })
  for (let i = 0; i < 5; i++) await client.call(apis.produce, 7, produceRequest(1_000_000))
  await startStaller(t, node, 50)
  await until(() => (counts.get('Fetch') ?? 0) > 0)
  const order: string[] = []
  const waiting = client.call(apis.fetch, 11, fetchRequest(4)).then(() => order.push('answered'))
  const ms = await passUntil(node, () => counts.get('not-read') === 1)
  order.push('closed')
  assert.ok(ms >= 5000 && ms < 60_000, `${ms}`)
  // The look for room is every few milliseconds.
  await passUntil(node, () => order.length === 2)
  await waiting
  assert.deepEqual(order, ['closed', 'answered'])
})

test('connections beyond the most, of all and of one address, are closed at once and counted', async (t) => {
  for (const [limits, error] of [
    [{ connectionsMax: 2 }, 'too-many'],
    [{ connectionsPerHostMax: 2 }, 'too-many-of-host'],
  ] as const) {
    const { node, counts } = await start(t, limits)
    const [first, second] = [await node.connect(), await node.connect()]
    for (const one of [first, second]) await one.call(apis.apiVersions, 0, {})
    await (
      await node.connect()
    ).closed
    assert.equal(counts.get(error), 1)
    first.destroy()
    await until(() => node.server.connectionCount === 1)
    await (await node.connect()).call(apis.apiVersions, 0, {})
  }
})

test(
  '2,000 connections are served, and one at rest holds next to no memory of ours',
  { timeout: 60_000 },
  async (t) => {
    const { node } = await start(t, {})
    const count = 2000
    const before = process.memoryUsage().arrayBuffers
    const clients: TestClient[] = []
    for (let i = 0; i < count; i += 100)
      clients.push(...(await Promise.all(Array.from({ length: 100 }, () => node.connect()))))
    await Promise.all(clients.map((client) => client.call(apis.apiVersions, 0, {})))
    assert.equal(node.server.connectionCount, count)
    const perConnection = (process.memoryUsage().arrayBuffers - before) / count
    // Both ends are in this process.
    assert.ok(perConnection < 16 << 10, `${perConnection} bytes`)
    await Promise.all(clients.map((client) => client.call(apis.apiVersions, 0, {})))
  },
)

test('a record of 16 MB is taken where the topic allows it, and fetched whole', async (t) => {
  const { node } = await start(t, {})
  const client = await node.connect()
  const bytes = 16 << 20
  await node.log.createTopic({ name: 'jobs', partitionCount: 1, configs: { 'max.message.bytes': String(bytes + 100) } })
  const errorOf = async (size: number): Promise<number> =>
    (await client.call(apis.produce, 7, produceRequest(size))).responses[0]!.partitionResponses[0]!.errorCode
  assert.equal(await errorOf(bytes), 0)
  assert.equal(await errorOf(bytes + 100), kafkaErrors.messageTooLarge)
  const answer = await client.call(apis.fetch, 11, { ...fetchRequest(), maxBytes: 1 })
  assert.ok(answer.responses[0]!.partitions[0]!.records!.length > bytes)
})

test('large requests wait for room on their way in, longest first, and one that comes too slowly does not keep it', async (t) => {
  const { node, counts } = await start(t, { requestBytesHeldMax: 1 << 20, requestReceiveMs: 10_000 })
  await node.log.createTopic({ name: 'jobs', partitionCount: 1, configs: { 'max.message.bytes': '4000000' } })
  const [slow, waiting, small] = [await node.connect(), await node.connect(), await node.connect()]
  // Read by the server before the next begins: it has the room.
  const begin = async (client: TestClient, bytes: number): Promise<Uint8Array> => {
    const frame = client.encode(apis.produce, 7, produceRequest(bytes))
    client.send(frame.subarray(0, 100_000))
    for (let i = 0; i < 5; i++) await small.call(apis.apiVersions, 0, {})
    return frame.subarray(100_000)
  }
  const restOfSlow = await begin(slow, 700_000)
  waiting.send(await begin(waiting, 600_000))
  let isDone = false
  const answer = waiting.answer(apis.produce, 7, 1).then((one) => ((isDone = true), one))
  for (let i = 0; i < 20; i++) await small.call(apis.apiVersions, 0, {})
  assert.equal(isDone, false)
  // Those that are small go on.
  const { responses } = await small.call(apis.produce, 7, produceRequest(1000))
  assert.equal(responses[0]!.partitionResponses[0]!.baseOffset, 0)
  slow.send(restOfSlow)
  assert.equal((await slow.answer(apis.produce, 7, 1)).responses[0]!.partitionResponses[0]!.errorCode, 0)
  assert.equal((await answer).responses[0]!.partitionResponses[0]!.errorCode, 0)
  // Alone, one may be larger than all that is held.
  const alone = await waiting.call(apis.produce, 7, produceRequest(3_000_000))
  assert.equal(alone.responses[0]!.partitionResponses[0]!.errorCode, 0)

  const rest = await begin(slow, 700_000)
  waiting.send(await begin(waiting, 600_000))
  const next = waiting.answer(apis.produce, 7, 3)
  node.clock.advance(5900)
  slow.send(rest.subarray(0, 500_000))
  for (let i = 0; i < 20; i++) await small.call(apis.apiVersions, 0, {})
  node.clock.advance(4000)
  assert.equal(counts.get('too-slow'), undefined)
  node.clock.advance(2000)
  assert.equal(counts.get('too-slow'), 1)
  await slow.closed
  assert.equal((await next).responses[0]!.partitionResponses[0]!.errorCode, 0)
  // Who sends nothing more of what it has announced is given up long before.
  const idle = await node.connect()
  await begin(idle, 900_000)
  waiting.send(await begin(waiting, 600_000))
  node.clock.advance(5000)
  assert.equal(counts.get('too-slow'), 1)
  node.clock.advance(2000)
  assert.equal(counts.get('too-slow'), 2)
  assert.equal((await waiting.answer(apis.produce, 7, 4)).responses[0]!.partitionResponses[0]!.errorCode, 0)
  assert.deepEqual(node.faults, [])
})

async function connectSasl(t: TestContext, node: TestNode): Promise<TestClient> {
  const client = await TestClient.connect(nodeNet, node.server.listeners.find((one) => one.name === 'sasl')!.port)
  t.after(() => client.destroy())
  return client
}

test('before a login a large frame is refused by its length, and one that does not come holds nothing and ends', async (t) => {
  const { node, counts } = await start(t, {})
  const frame = (length: number, ...bytes: number[]): Uint8Array => {
    const whole = new Uint8Array(4 + bytes.length)
    new DataView(whole.buffer).setInt32(0, length)
    whole.set(bytes, 4)
    return whole
  }
  for (const length of [(512 << 10) + 1, 100 << 20, 0x7fffffff, -1]) {
    const client = await connectSasl(t, node)
    client.send(frame(length, 0, 17))
    await client.closed
  }
  assert.equal(counts.get('bytes'), 4)
  const before = process.memoryUsage().arrayBuffers
  const slow = await Promise.all(Array.from({ length: 50 }, () => connectSasl(t, node)))
  for (const client of slow) client.send(frame(512 << 10, 0, 17, 0, 1))
  await until(() => node.server.connectionCount === 50)
  const held = process.memoryUsage().arrayBuffers - before
  assert.ok(held < 50 * (64 << 10), `${held} bytes for 50 frames of 512 KB that never came`)
  node.clock.advance(30_001)
  await Promise.all(slow.map((client) => client.closed))
  assert.equal(counts.get('authentication-timeout'), 50)
})

test('a failed login is answered late, whether the user is there or not', async (t) => {
  const { node } = await start(t, { authenticationFailureDelayMs: 100 })
  for (const user of ['ada', 'eve']) {
    const client = await connectSasl(t, node)
    await client.call(apis.saslHandshake, 1, { mechanism: 'PLAIN' })
    const authBytes = new Uint8Array(Buffer.from(`\0${user}\0wrong`))
    const waitingBefore = node.clock.waiting
    let answered = false
    const answer = client.call(apis.saslAuthenticate, 2, { authBytes }).then((one) => ((answered = true), one))
    // The deadline of the login, the look at idle connections, and then the delay.
    await until(() => node.clock.waiting === waitingBefore + 1)
    node.clock.advance(99)
    for (let i = 0; i < 5; i++) await turn()
    assert.equal(answered, false)
    node.clock.advance(1)
    assert.equal((await answer).errorCode, kafkaErrors.saslAuthenticationFailed)
    await client.closed
  }
})
