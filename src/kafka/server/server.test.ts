import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { concatBytes, nodeNet, nodeRandom } from '../../base/index.ts'
import { encodeRecordBatch, makeAuthorize, recordBatchAt } from '../../model/index.ts'
import type { AccessRule } from '../../model/index.ts'
import { crc32c } from '../../base/index.ts'
import { apis, kafkaErrors } from '../wire/index.ts'
import type { FetchRequestInput } from '../wire/index.ts'
import type { GroupOverview } from './groups/overview.ts'
import { createKafkaServer } from './index.ts'
import type { KafkaServer } from './index.ts'
import { createMemoryLog } from './memory-log.ts'
import type { MemoryLog } from './memory-log.ts'
import { createSteppedClock } from './stepped-clock.ts'
import { TestClient } from './test-client.ts'

const cleanUps: (() => unknown)[] = []
after(async () => {
  for (const cleanUp of cleanUps) await cleanUp()
})

async function setUp(options: { memory?: MemoryLog; rules?: readonly AccessRule[]; requestBytesMax?: number } = {}) {
  const memory = options.memory ?? createMemoryLog()
  const clock = createSteppedClock()
  const faults: unknown[] = []
  const server: KafkaServer = await createKafkaServer({
    log: memory.log,
    reader: memory.reader,
    net: nodeNet,
    clock,
    random: nodeRandom,
    authorize: makeAuthorize(options.rules ?? []),
    meter: { add() {}, set() {} },
    host: '127.0.0.1',
    port: 0,
    clusterId: 'the-cluster',
    settings: { offsetsPartitionCount: 2 },
    limits: { connectionScanMs: 0, ...(options.requestBytesMax ? { requestBytesMax: options.requestBytesMax } : {}) },
    onFault: (fault) => faults.push(fault),
  })
  cleanUps.push(() => server.stop())
  const connect = async (): Promise<TestClient> => {
    const client = await TestClient.connect(nodeNet, server.port)
    cleanUps.push(() => client.destroy())
    return client
  }
  return { memory, clock, server, faults, connect, client: await connect() }
}

const nowMs = 1_700_000_000_000
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const batchOf = (values: string[], key: string | null = 'k'): Uint8Array =>
  encodeRecordBatch(
    values.map((value) => ({ key: key === null ? null : bytes(key), value: bytes(value), timestampMs: nowMs })),
  )

/** Changes a batch and sets its CRC right again. */
function altered(batch: Uint8Array, change: (view: DataView) => void): Uint8Array {
  const copy = batch.slice()
  const view = new DataView(copy.buffer)
  change(view)
  view.setUint32(recordBatchAt.crc, crc32c(copy.subarray(recordBatchAt.attributes)))
  return copy
}

const produceOf = (topic: string, records: Uint8Array | null, acks = -1, index = 0) => ({
  acks,
  timeoutMs: 1000,
  topicData: [{ name: topic, partitionData: [{ index, records }] }],
})

async function produce(
  client: TestClient,
  topic: string,
  records: Uint8Array | null,
  version = 9,
  acks = -1,
  index = 0,
) {
  const response = await client.call(apis.produce, version, produceOf(topic, records, acks, index))
  return response.responses[0]!.partitionResponses[0]!
}

const fetchOf = (topic: string, fetchOffset: number, more: Partial<FetchRequestInput> = {}): FetchRequestInput => ({
  maxWaitMs: 500,
  minBytes: 1,
  isolationLevel: 0,
  topics: [{ topic, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1 << 20 }] }],
  ...more,
})

test('a client newer than this server learns what is served, in version 0', async () => {
  const { client } = await setUp()
  const frame = client.encode(apis.apiVersions, 5, { clientSoftwareName: 'x', clientSoftwareVersion: '1' })
  new DataView(frame.buffer).setInt16(6, 99)
  client.send(frame)
  const answer = await client.answer(apis.apiVersions, 0, 1)
  assert.deepEqual([answer.errorCode, answer.apiKeys], [35, [{ apiKey: 18, minVersion: 0, maxVersion: 5 }]])
})

test('ApiVersions names what is served, and Produce from 0 for compression', async () => {
  const { client } = await setUp()
  const { apiKeys } = await client.call(apis.apiVersions, 3, { clientSoftwareName: 'x', clientSoftwareVersion: '1' })
  const keys = apiKeys.map(({ apiKey }) => apiKey)
  assert.deepEqual(
    keys.filter((key) => [24, 25, 26, 27, 28, 52, 78].includes(key)),
    [24, 25, 26, 27, 28],
  )
  assert.deepEqual(
    apiKeys.find(({ apiKey }) => apiKey === 0),
    { apiKey: 0, minVersion: 0, maxVersion: 13 },
  )
})

test('frames may come in any pieces, and answers keep the order of the requests', async () => {
  const { client } = await setUp()
  const frames = concatBytes([
    client.encode(apis.metadata, 12, { topics: [{ name: 'slow' }] }),
    client.encode(apis.heartbeat, 4, { groupId: 'g', generationId: 1, memberId: 'm' }),
    client.encode(apis.metadata, 1, { topics: [] }),
  ])
  const answers = Promise.all([
    client.answer(apis.metadata, 12, 1),
    client.answer(apis.heartbeat, 4, 2),
    client.answer(apis.metadata, 1, 3),
  ])
  for (let at = 0; at < frames.length; at += 7) client.send(frames.slice(at, at + 7))
  const [first, second, third] = await answers
  assert.deepEqual([first.topics[0]!.name, second.errorCode, third.topics.length], ['slow', 25, 0])
})

for (const [what, frame] of [
  ['a length above the maximum', [0x7f, 0, 0, 0]],
  ['a negative length', [0xff, 0xff, 0xff, 0xff]],
  ['a request that ends early', [0, 0, 0, 10, 0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff]],
  ['an unknown key', [0, 0, 0, 10, 0x27, 0x0f, 0, 0, 0, 0, 0, 1, 0xff, 0xff]],
  ['a version that is not served', [0, 0, 0, 10, 0, 0, 0, 2, 0, 0, 0, 1, 0xff, 0xff]],
] as const) {
  test(`${what} closes that connection and no other`, async () => {
    const { client, connect, server } = await setUp({ requestBytesMax: 1 << 20 })
    const other = await connect()
    client.send(new Uint8Array(frame))
    await client.closed
    assert.equal((await other.call(apis.metadata, 1, { topics: [] })).topics.length, 0)
    assert.equal(server.connectionCount, 1)
  })
}

test('Metadata makes a topic before it answers, under the address that the client used', async () => {
  const { client, server } = await setUp()
  const metadata = await client.call(apis.metadata, 12, { topics: [{ name: 'new' }, { name: 'bad name' }] })
  assert.deepEqual(metadata.brokers, [{ nodeId: 1, host: '127.0.0.1', port: server.port, rack: null }])
  assert.deepEqual(
    metadata.topics.map(({ name, errorCode }) => [name, errorCode]),
    [
      ['new', 0],
      ['bad name', 17],
    ],
  )
  assert.equal((await produce(client, 'new', batchOf(['a']))).errorCode, 0)
  const quiet = await client.call(apis.metadata, 12, { topics: [{ name: 'other' }], allowAutoTopicCreation: false })
  assert.equal(quiet.topics[0]!.errorCode, kafkaErrors.unknownTopicOrPartition)
})

test('each faulty batch is refused with the error that is due, and nothing of it is kept', async () => {
  const { client, memory } = await setUp()
  await memory.log.createTopic({ name: 't', partitionCount: 1 })
  await memory.log.createTopic({ name: 'compacted', partitionCount: 1, configs: { 'cleanup.policy': 'compact' } })
  await memory.log.createTopic({ name: 'small', partitionCount: 1, configs: { 'max.message.bytes': '100' } })
  const good = batchOf(['a', 'b'])
  const torn = good.slice()
  torn[70]! ^= 1
  const late = encodeRecordBatch([{ key: null, value: bytes('x'), timestampMs: nowMs + 3_700_000 }])
  const zstd = encodeRecordBatch([{ key: null, value: bytes('x'.repeat(99)), timestampMs: nowMs }], {
    compression: 'zstd',
  })
  const error = async (topic: string, records: Uint8Array | null, version = 9, acks = -1, index = 0): Promise<number> =>
    (await produce(client, topic, records, version, acks, index)).errorCode
  assert.equal(await error('t', torn), kafkaErrors.corruptMessage)
  assert.equal(await error('t', good.subarray(0, -1)), kafkaErrors.invalidRecord)
  assert.equal(await error('t', null), kafkaErrors.invalidRecord)
  assert.equal(await error('t', concatBytes([good, good])), kafkaErrors.invalidRecord)
  assert.equal(
    await error(
      't',
      altered(good, (view) => view.setInt32(recordBatchAt.count, 3)),
    ),
    kafkaErrors.invalidRecord,
  )
  const more = altered(good, (view) => {
    view.setInt32(recordBatchAt.count, 3)
    view.setInt32(recordBatchAt.lastOffsetDelta, 2)
  })
  assert.equal(await error('t', more), kafkaErrors.invalidRecord)
  assert.equal(
    await error(
      't',
      altered(good, (view) => view.setInt16(recordBatchAt.attributes, 32)),
    ),
    kafkaErrors.invalidRecord,
  )
  assert.equal(
    await error(
      't',
      altered(good, (view) => view.setInt16(recordBatchAt.attributes, 2)),
    ),
    kafkaErrors.invalidRecord,
  )
  assert.equal(await error('t', late), kafkaErrors.invalidTimestamp)
  assert.equal(await error('t', zstd, 6), kafkaErrors.unsupportedCompressionType)
  assert.equal(await error('t', good, 9, 2), kafkaErrors.invalidRequiredAcks)
  assert.equal(await error('t', good, 9, -1, 1), kafkaErrors.unknownTopicOrPartition)
  assert.equal(await error('missing', good), kafkaErrors.unknownTopicOrPartition)
  assert.equal(await error('small', good), 0)
  assert.equal(await error('small', batchOf(['x'.repeat(100)])), kafkaErrors.messageTooLarge)
  assert.equal(await error('__consumer_offsets', good), kafkaErrors.invalidTopic)
  const noKeys = await produce(client, 'compacted', batchOf(['a', 'b'], null))
  assert.deepEqual([noKeys.errorCode, noKeys.recordErrors.map(({ batchIndex }) => batchIndex)], [87, [0, 1]])
  assert.equal(memory.reader.endOffset('t', 0), 0)
  assert.equal(await error('t', zstd, 7), 0)
})

test('produces under way together are answered in their order', async () => {
  const { client, memory } = await setUp()
  await memory.log.createTopic({ name: 't', partitionCount: 1 })
  memory.hold()
  const answers = Promise.all(['a', 'b', 'c'].map((value) => produce(client, 't', batchOf([value]))))
  while (memory.reader.endOffset('t', 0) < 3) await new Promise((next) => setImmediate(next))
  memory.release()
  assert.deepEqual(
    (await answers).map(({ baseOffset }) => baseOffset),
    [0, 1, 2],
  )
})

test('acks 0 is not answered; when it fails the connection is closed', async () => {
  const { client, memory } = await setUp()
  await memory.log.createTopic({ name: 't', partitionCount: 1 })
  client.send(client.encode(apis.produce, 9, produceOf('t', batchOf(['a']), 0)))
  const metadata = client.encode(apis.metadata, 1, { topics: [] })
  const next = client.answer(apis.metadata, 1, 2)
  client.send(metadata)
  await next
  assert.equal(memory.reader.endOffset('t', 0), 1)
  client.send(client.encode(apis.produce, 9, produceOf('missing', batchOf(['a']), 0)))
  await client.closed
})

test('timestamps are judged by the topic: too old, too far ahead, and not at all where the log writes its own', async () => {
  const { client, memory } = await setUp()
  const at = (timestampMs: number): Uint8Array => encodeRecordBatch([{ key: null, value: bytes('x'), timestampMs }])
  const configs: Record<string, Record<string, string>> = {
    usual: {},
    narrow: { 'message.timestamp.before.max.ms': '1000', 'message.timestamp.after.max.ms': '1000' },
    own: { 'message.timestamp.type': 'LogAppendTime', 'message.timestamp.before.max.ms': '1000' },
  }
  for (const [name, of] of Object.entries(configs))
    await memory.log.createTopic({ name, partitionCount: 1, configs: of })
  const errors = async (name: string): Promise<number[]> => {
    const found: number[] = []
    for (const aheadMs of [-86_400_000, -1001, -1000, 1000, 1001, 3_600_001])
      found.push((await produce(client, name, at(nowMs + aheadMs))).errorCode)
    found.push((await produce(client, name, at(-1))).errorCode)
    return found
  }
  assert.deepEqual(await errors('usual'), [0, 0, 0, 0, 0, 32, 0])
  assert.deepEqual(await errors('narrow'), [32, 32, 0, 0, 32, 32, 0])
  assert.deepEqual(await errors('own'), [0, 0, 0, 0, 0, 0, 0])
})

test('a fetch at the end waits, costs no look while it waits, and is answered by the next append', async () => {
  const { client, connect, memory, clock } = await setUp()
  // Timers of the server itself.
  const idle = clock.waiting
  await memory.log.createTopic({ name: 't', partitionCount: 1 })
  let reads = 0
  const { readUncommitted } = memory.reader
  memory.reader.readUncommitted = (...of) => {
    reads++
    return readUncommitted(...of)
  }
  const fetched = client.call(apis.fetch, 12, fetchOf('t', 0))
  const producer = await connect()
  while (clock.waiting === idle) await new Promise((next) => setImmediate(next))
  assert.equal(reads, 0)
  await produce(producer, 't', batchOf(['a']))
  const partition = (await fetched).responses[0]!.partitions[0]!
  assert.deepEqual([partition.errorCode, partition.highWatermark, partition.records!.length > 0], [0, 1, true])
  assert.deepEqual([reads, clock.waiting], [1, idle])
})

test('a fetch is answered empty when its time is over', async () => {
  const { client, memory, clock } = await setUp()
  // Timers of the server itself.
  const idle = clock.waiting
  await memory.log.createTopic({ name: 't', partitionCount: 1 })
  const fetched = client.call(apis.fetch, 4, fetchOf('t', 0))
  while (clock.waiting === idle) await new Promise((next) => setImmediate(next))
  clock.advance(500)
  assert.equal((await fetched).responses[0]!.partitions[0]!.records!.length, 0)
})

test('a fetch that waits for more bytes is answered once they are there', async () => {
  const { client, connect, memory, clock } = await setUp()
  // Timers of the server itself.
  const idle = clock.waiting
  await memory.log.createTopic({ name: 't', partitionCount: 1 })
  const fetched = client.call(apis.fetch, 12, fetchOf('t', 0, { minBytes: 150 }))
  const producer = await connect()
  while (clock.waiting === idle) await new Promise((next) => setImmediate(next))
  await produce(producer, 't', batchOf(['a']))
  clock.advance(10)
  await produce(producer, 't', batchOf(['b']))
  await produce(producer, 't', batchOf(['c']))
  clock.advance(10)
  assert.ok((await fetched).responses[0]!.partitions[0]!.records!.length >= 150)
})

test('a client that goes away leaves nothing waiting', async () => {
  const { client, server, memory, clock } = await setUp()
  // Timers of the server itself.
  const idle = clock.waiting
  await memory.log.createTopic({ name: 't', partitionCount: 1 })
  client.send(client.encode(apis.fetch, 12, fetchOf('t', 0)))
  while (clock.waiting === idle) await new Promise((next) => setImmediate(next))
  client.destroy()
  while (server.connectionCount > 0) await new Promise((next) => setImmediate(next))
  assert.equal(clock.waiting, idle)
})

test('a fetch gives whole batches, one at least, and says what is out of range', async () => {
  const { client, memory } = await setUp()
  await memory.log.createTopic({ name: 't', partitionCount: 2 })
  await produce(client, 't', batchOf(['a', 'b', 'c']))
  await produce(client, 't', batchOf(['d']))
  await produce(client, 't', batchOf(['e']), 9, -1, 1)
  const both = (offset: number, partitionMaxBytes: number, maxBytes: number): FetchRequestInput =>
    fetchOf('t', 0, {
      maxBytes,
      topics: [
        {
          topic: 't',
          partitions: [
            { partition: 0, fetchOffset: offset, partitionMaxBytes },
            { partition: 1, fetchOffset: 0, partitionMaxBytes },
          ],
        },
      ],
    })
  const sizes = async (request: FetchRequestInput): Promise<number[]> =>
    (await client.call(apis.fetch, 11, request)).responses[0]!.partitions.map(({ records }) => records!.length)
  const first = batchOf(['a', 'b', 'c']).length
  const one = batchOf(['d']).length
  assert.deepEqual(await sizes(both(1, 1 << 20, 1 << 20)), [first + one, one])
  assert.deepEqual(await sizes(both(2, 1, 1 << 20)), [first, one])
  assert.deepEqual(await sizes(both(2, 1, 1)), [first, 0])
  const error = async (offset: number): Promise<number> =>
    (await client.call(apis.fetch, 11, fetchOf('t', offset))).responses[0]!.partitions[0]!.errorCode
  assert.deepEqual([await error(5), await error(-1)], [1, 1])
  const session = await client.call(apis.fetch, 11, fetchOf('t', 0, { sessionId: 7, sessionEpoch: 1 }))
  assert.equal(session.errorCode, kafkaErrors.fetchSessionIdNotFound)
  const unknown = fetchOf('', 0, {
    topics: [
      {
        topicId: '11111111-1111-4111-8111-111111111111',
        partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 }],
      },
    ],
  })
  assert.equal(
    (await client.call(apis.fetch, 13, unknown)).responses[0]!.partitions[0]!.errorCode,
    kafkaErrors.unknownTopicId,
  )
})

const commitOf = (groupId: string, committedOffset: number, committedMetadata = 'note') => ({
  groupId,
  generationIdOrMemberEpoch: -1,
  memberId: '',
  topics: [
    { name: 't', partitions: [{ partitionIndex: 0, committedOffset, committedLeaderEpoch: 4, committedMetadata }] },
  ],
})
const offsetsOf = async (client: TestClient, groupId: string) =>
  (await client.call(apis.offsetFetch, 8, { groups: [{ groupId, topics: null }] })).groups[0]!.topics

test('committed offsets outlive the server, and go with their topic', async () => {
  const first = await setUp()
  await first.memory.log.createTopic({ name: 't', partitionCount: 1 })
  for (const offset of [3, 5]) {
    const { topics } = await first.client.call(apis.offsetCommit, 8, commitOf('g', offset))
    assert.equal(topics[0]!.partitions[0]!.errorCode, 0)
  }
  const tooLong = await first.client.call(apis.offsetCommit, 8, commitOf('g', 9, 'x'.repeat(4097)))
  assert.equal(tooLong.topics[0]!.partitions[0]!.errorCode, kafkaErrors.offsetMetadataTooLarge)
  await first.server.stop()
  const second = await setUp({ memory: first.memory })
  const partition = { partitionIndex: 0, committedOffset: 5, committedLeaderEpoch: 4, metadata: 'note', errorCode: 0 }
  const topics = await offsetsOf(second.client, 'g')
  assert.deepEqual(
    topics.map(({ name, partitions }) => ({ name, partitions })),
    [{ name: 't', partitions: [partition] }],
  )
  const [{ offsets, ...shown }] = (await second.server.groups()) as [GroupOverview]
  assert.deepEqual(shown, { id: 'g', type: 'classic', protocolType: '', state: 'Empty', protocol: '', members: [] })
  assert.equal(offsets.get('t')?.get(0)?.offset, 5)
  await second.client.call(apis.deleteTopics, 4, { topicNames: ['t'], timeoutMs: 1000 })
  assert.deepEqual(await offsetsOf(second.client, 'g'), [])
})

test('a group id too long for a stored record is refused, not stored', async () => {
  const { client, memory } = await setUp()
  await memory.log.createTopic({ name: 't', partitionCount: 1 })
  const { topics } = await client.call(apis.offsetCommit, 8, commitOf('g'.repeat(40_000), 1))
  assert.equal(topics[0]!.partitions[0]!.errorCode, kafkaErrors.invalidGroupId)
  assert.deepEqual(await offsetsOf(client, 'g'), [])
})

test('a group without members is deleted with its offsets; an unknown one is named', async () => {
  const { client, memory } = await setUp()
  await memory.log.createTopic({ name: 't', partitionCount: 1 })
  await client.call(apis.offsetCommit, 2, commitOf('g', 1))
  const { results } = await client.call(apis.deleteGroups, 2, { groupsNames: ['g', 'other'] })
  assert.deepEqual(
    results.map(({ errorCode }) => errorCode),
    [0, kafkaErrors.groupIdNotFound],
  )
  assert.deepEqual(await offsetsOf(client, 'g'), [])
})

test('what is not allowed is refused at every door, and not shown', async () => {
  const rules: AccessRule[] = [
    { principal: '*', effect: 'allow', actions: ['*'], resourceType: '*', resource: '*' },
    { principal: '*', effect: 'deny', actions: ['*'], resourceType: 'topic', resource: 'secret*' },
    { principal: '*', effect: 'deny', actions: ['*'], resourceType: 'group', resource: 'theirs' },
  ]
  const { client, memory } = await setUp({ rules })
  await memory.log.createTopic({ name: 'secret', partitionCount: 1 })
  const denied = kafkaErrors.topicAuthorizationFailed
  assert.equal((await produce(client, 'secret', batchOf(['a']))).errorCode, denied)
  assert.equal((await client.call(apis.fetch, 11, fetchOf('secret', 0))).responses[0]!.partitions[0]!.errorCode, denied)
  const all = await client.call(apis.metadata, 9, { topics: null })
  assert.deepEqual(
    all.topics.map(({ name }) => name),
    ['__consumer_offsets'],
  )
  const named = await client.call(apis.metadata, 9, { topics: [{ name: 'secret' }, { name: 'secret2' }] })
  assert.deepEqual(
    named.topics.map(({ errorCode }) => errorCode),
    [denied, denied],
  )
  const commit = await client.call(apis.offsetCommit, 8, commitOf('theirs', 1))
  assert.equal(commit.topics[0]!.partitions[0]!.errorCode, kafkaErrors.groupAuthorizationFailed)
  const coordinator = await client.call(apis.findCoordinator, 4, { keyType: 0, coordinatorKeys: ['theirs', 'ours'] })
  assert.deepEqual(
    coordinator.coordinators.map(({ errorCode }) => errorCode),
    [kafkaErrors.groupAuthorizationFailed, 0],
  )
})

test('settings are set, edited and described; wrong ones are refused with the reason', async () => {
  const { client } = await setUp()
  const created = await client.call(apis.createTopics, 7, {
    topics: [
      {
        name: 'a',
        numPartitions: 3,
        replicationFactor: 1,
        assignments: [],
        configs: [{ name: 'retention.ms', value: '5' }],
      },
      { name: 'b', numPartitions: 1, replicationFactor: 2, assignments: [], configs: [] },
      {
        name: 'c',
        numPartitions: 1,
        replicationFactor: 1,
        assignments: [],
        configs: [{ name: 'retention.ms', value: 'x' }],
      },
      { name: 'd', numPartitions: 0, replicationFactor: 1, assignments: [], configs: [] },
      {
        name: 'e',
        numPartitions: -1,
        replicationFactor: -1,
        assignments: [{ partitionIndex: 0, brokerIds: [2] }],
        configs: [],
      },
    ],
    validateOnly: false,
  })
  assert.deepEqual(
    created.topics.map(({ errorCode }) => errorCode),
    [0, 38, 40, 37, 39],
  )
  assert.match(created.topics[1]!.errorMessage!, /single node/)
  const alter = (configOperation: number, name: string, value: string | null) =>
    client.call(apis.incrementalAlterConfigs, 1, {
      resources: [{ resourceType: 2, resourceName: 'a', configs: [{ name, configOperation, value }] }],
      validateOnly: false,
    })
  assert.equal((await alter(2, 'cleanup.policy', 'compact')).responses[0]!.errorCode, 0)
  assert.equal((await alter(1, 'retention.ms', null)).responses[0]!.errorCode, 0)
  assert.equal((await alter(0, 'retention.ms', '-2')).responses[0]!.errorCode, 40)
  const { results } = await client.call(apis.describeConfigs, 4, {
    resources: [{ resourceType: 2, resourceName: 'a', configurationKeys: ['retention.ms', 'cleanup.policy'] }],
    includeSynonyms: false,
  })
  assert.deepEqual(
    results[0]!.configs.map(({ name, value, configSource }) => [name, value, configSource]),
    [
      ['cleanup.policy', 'delete,compact', 1],
      ['retention.ms', '604800000', 5],
    ],
  )
})

test('offsets are found by time, and by the special times', async () => {
  const { client, memory } = await setUp()
  await memory.log.createTopic({ name: 't', partitionCount: 1 })
  await produce(client, 't', batchOf(['a', 'b']))
  const find = async (timestamp: bigint): Promise<number[]> => {
    const partitions = [{ partitionIndex: 0, timestamp }]
    const { topics } = await client.call(apis.listOffsets, 9, {
      replicaId: -1,
      isolationLevel: 0,
      topics: [{ name: 't', partitions }],
    })
    const { errorCode, offset } = topics[0]!.partitions[0]!
    return [errorCode, offset]
  }
  const found = await Promise.all([-1n, -2n, -3n, -5n, -7n, BigInt(nowMs), BigInt(nowMs) + 1n, 2n ** 62n].map(find))
  assert.deepEqual(found, [
    [0, 2],
    [0, 0],
    [0, 1],
    [0, -1],
    [35, -1],
    [0, 0],
    [0, -1],
    [0, -1],
  ])
})
