// Transactions through this door, in both generations, on the real log: who may write, what committed consumers see, who is
// fenced, what a restart finds.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { decodeRecords, encodeRecordBatch, recordValue } from '../../model/index.ts'
import { apis, kafkaErrors } from '../wire/index.ts'
import { startTestNode, type TestNode } from './test-node.ts'
import type { TestClient } from './test-client.ts'
import { decodeTransactionKey, decodeTransactionValue } from './transactions/records.ts'

interface Identity {
  readonly producerId: bigint
  readonly producerEpoch: number
}
const id = 'payments'
const nowMs = 1_700_000_000_000

function batch(producer: Identity | undefined, baseSequence: number, values: readonly string[]): Uint8Array {
  const records = values.map((value) => ({ key: null, value: new TextEncoder().encode(value), timestampMs: nowMs }))
  return encodeRecordBatch(records, producer && { ...producer, baseSequence, transactional: true })
}

/** A client, with short names for what a producer does. */
class Producer {
  readonly #client: TestClient
  readonly id: string
  constructor(client: TestClient, transactionalId = id) {
    this.#client = client
    this.id = transactionalId
  }
  async init(
    version = 5,
    more: Partial<Identity> & { transactionTimeoutMs?: number } = {},
  ): Promise<Identity & { errorCode: number }> {
    const request = { transactionalId: this.id, transactionTimeoutMs: 60_000, ...more }
    const { errorCode, producerId, producerEpoch } = await this.#client.call(apis.initProducerId, version, request)
    return { errorCode, producerId, producerEpoch }
  }
  async produce(
    topic: string,
    records: Uint8Array,
    version: number,
    options: { partition?: number; transactionalId?: string | null } = {},
  ): Promise<number> {
    const { partition = 0, transactionalId = this.id } = options
    const { responses } = await this.#client.call(apis.produce, version, {
      transactionalId,
      acks: -1,
      timeoutMs: 1000,
      topicData: [{ name: topic, partitionData: [{ index: partition, records }] }],
    })
    return responses[0]!.partitionResponses[0]!.errorCode
  }
  async add(producer: Identity, topic: string, partitions = [0], version = 3): Promise<number[]> {
    const request = { ...producer, transactionalId: this.id, topics: [{ name: topic, partitions }] }
    const { resultsByTopic } = await this.#client.call(apis.addPartitionsToTxn, version, request)
    return resultsByTopic[0]!.resultsByPartition.map(({ partitionErrorCode }) => partitionErrorCode)
  }
  async end(producer: Identity, committed: boolean, version: number): Promise<Identity & { errorCode: number }> {
    const request = { ...producer, transactionalId: this.id, committed }
    const { errorCode, producerId, producerEpoch } = await this.#client.call(apis.endTxn, version, request)
    return { errorCode, producerId, producerEpoch }
  }
  async commitOffset(producer: Identity, offset: number, version: number, more: object = {}): Promise<number> {
    const { topics } = await this.#client.call(apis.txnOffsetCommit, version, {
      ...producer,
      transactionalId: this.id,
      groupId: 'g',
      memberId: '',
      topics: [{ name: 'a', partitions: [{ partitionIndex: 0, committedOffset: offset, committedMetadata: 'm' }] }],
      ...more,
    })
    return topics[0]!.partitions[0]!.errorCode
  }
}

interface Fetched {
  readonly values: string[]
  readonly aborted: string[] | null
  readonly stable: number
  readonly high: number
}
/** What a consumer of an isolation level gets, aborted records taken out as consumers do. */
async function fetch(client: TestClient, isolationLevel: 0 | 1, from = 0, maxWaitMs = 0): Promise<Fetched> {
  const { responses } = await client.call(apis.fetch, 12, {
    maxWaitMs,
    minBytes: 1,
    isolationLevel,
    topics: [{ topic: 'a', partitions: [{ partition: 0, fetchOffset: from, partitionMaxBytes: 1 << 20 }] }],
  })
  const answer = responses[0]!.partitions[0]!
  assert.equal(answer.errorCode, 0)
  const values: string[] = []
  const bytes = answer.records!
  const waiting = (answer.abortedTransactions ?? []).toSorted((a, b) => a.firstOffset - b.firstOffset)
  const aborting = new Set<bigint>()
  for (let at = 0; at < bytes.length;) {
    const records = decodeRecords(bytes, at)
    const { header } = records
    at += header.size
    while (waiting[0] && waiting[0].firstOffset <= header.baseOffset + header.lastOffsetDelta)
      aborting.add(waiting.shift()!.producerId)
    if (header.control) aborting.delete(header.producerId)
    if (header.control || (header.transactional && aborting.has(header.producerId))) continue
    for (let i = 0; i < records.count; i++) values.push(new TextDecoder().decode(recordValue(records, i)!))
  }
  const aborted = answer.abortedTransactions?.map(({ firstOffset }) => String(firstOffset)) ?? null
  return { values, aborted, stable: answer.lastStableOffset, high: answer.highWatermark }
}

async function latest(client: TestClient, isolationLevel: 0 | 1): Promise<number> {
  const partitions = [{ partitionIndex: 0, timestamp: -1n }]
  const { topics } = await client.call(apis.listOffsets, 5, {
    replicaId: -1,
    isolationLevel,
    topics: [{ name: 'a', partitions }],
  })
  return topics[0]!.partitions[0]!.offset
}

async function committedOffset(client: TestClient, requireStable: boolean): Promise<[number, number]> {
  const { groups } = await client.call(apis.offsetFetch, 8, {
    groups: [{ groupId: 'g', topics: [{ name: 'a', partitionIndexes: [0] }] }],
    requireStable,
  })
  const { committedOffset: offset, errorCode } = groups[0]!.topics[0]!.partitions[0]!
  return [offset, errorCode]
}

async function describe(client: TestClient): Promise<unknown> {
  const { transactionStates } = await client.call(apis.describeTransactions, 0, { transactionalIds: [id] })
  const { errorCode, transactionState, producerEpoch, topics } = transactionStates[0]!
  return [errorCode, transactionState, producerEpoch, topics]
}

async function setUp(t: TestContext, options: Parameters<typeof startTestNode>[1] = {}) {
  const node = await startTestNode(t, options)
  const client = await node.connect()
  if (!node.log.topic('a')) await node.log.createTopic({ name: 'a', partitionCount: 2 })
  return { node, client, producer: new Producer(client) }
}

for (const generation of [1, 2] as const) {
  const versions = generation === 1 ? { produce: 9, end: 3, offsets: 3 } : { produce: 12, end: 5, offsets: 5 }
  const join = (producer: Producer, who: Identity): Promise<number[]> =>
    generation === 1 ? producer.add(who, 'a', [0, 1]) : Promise.resolve([0, 0])

  test(`generation ${generation}: a commit and an abort over partitions and offsets, as consumers see them`, async (t) => {
    const { client, producer } = await setUp(t)
    let who: Identity = await producer.init()
    assert.deepEqual(await join(producer, who), [0, 0])
    assert.equal(await producer.produce('a', batch(who, 0, ['one', 'two']), versions.produce), 0)
    assert.equal(await producer.produce('a', batch(who, 0, ['other']), versions.produce, { partition: 1 }), 0)
    if (generation === 1)
      assert.equal(
        (await client.call(apis.addOffsetsToTxn, 3, { ...who, transactionalId: id, groupId: 'g' })).errorCode,
        0,
      )
    assert.equal(await producer.commitOffset(who, 7, versions.offsets), 0)
    assert.deepEqual(await fetch(client, 1), { values: [], aborted: [], stable: 0, high: 2 })
    assert.deepEqual(await fetch(client, 0), { values: ['one', 'two'], aborted: null, stable: 0, high: 2 })
    assert.deepEqual([await latest(client, 1), await latest(client, 0)], [0, 2])
    assert.deepEqual(await committedOffset(client, true), [-1, kafkaErrors.unstableOffsetCommit])
    assert.deepEqual(await committedOffset(client, false), [-1, 0])

    const ended = await producer.end(who, true, versions.end)
    assert.equal(ended.errorCode, 0)
    if (generation === 2) {
      assert.deepEqual(ended, { errorCode: 0, producerId: who.producerId, producerEpoch: who.producerEpoch + 1 })
      who = ended
    }
    assert.deepEqual(await fetch(client, 1), { values: ['one', 'two'], aborted: [], stable: 3, high: 3 })
    assert.deepEqual(await latest(client, 1), 3)
    assert.deepEqual(await committedOffset(client, true), [7, 0])

    await join(producer, who)
    const next = generation === 1 ? 2 : 0
    assert.equal(await producer.produce('a', batch(who, next, ['never']), versions.produce), 0)
    if (generation === 1) await client.call(apis.addOffsetsToTxn, 3, { ...who, transactionalId: id, groupId: 'g' })
    assert.equal(await producer.commitOffset(who, 9, versions.offsets), 0)
    assert.equal((await producer.end(who, false, versions.end)).errorCode, 0)
    assert.deepEqual(await fetch(client, 1), { values: ['one', 'two'], aborted: ['3'], stable: 5, high: 5 })
    assert.deepEqual((await fetch(client, 0)).values, ['one', 'two', 'never'])
    assert.deepEqual(await fetch(client, 1, 4), { values: [], aborted: ['3'], stable: 5, high: 5 })
    assert.deepEqual(await committedOffset(client, true), [7, 0])
  })

  test(`generation ${generation}: whoever takes the id fences its holder and ends what it left open`, async (t) => {
    const { client, producer } = await setUp(t)
    const old = await producer.init()
    await join(producer, old)
    await producer.produce('a', batch(old, 0, ['old']), versions.produce)
    const second = new Producer(client)
    assert.equal((await second.init()).errorCode, kafkaErrors.concurrentTransactions)
    const fresh = await second.init()
    assert.deepEqual([fresh.errorCode, fresh.producerId], [0, old.producerId])
    assert.ok(fresh.producerEpoch > old.producerEpoch)
    assert.equal(
      await producer.produce('a', batch(old, 1, ['zombie']), versions.produce),
      kafkaErrors.invalidProducerEpoch,
    )
    assert.equal((await producer.end(old, true, versions.end)).errorCode, kafkaErrors.producerFenced)
    assert.equal((await producer.end(old, true, 1)).errorCode, kafkaErrors.invalidProducerEpoch)
    assert.equal(await producer.commitOffset(old, 1, versions.offsets), kafkaErrors.invalidProducerEpoch)
    assert.deepEqual(await producer.add(old, 'a', [0]), [kafkaErrors.producerFenced])
    assert.deepEqual(await producer.add(old, 'a', [0], 1), [kafkaErrors.invalidProducerEpoch])
    assert.equal((await producer.init(5, old)).errorCode, kafkaErrors.producerFenced)
    assert.equal((await producer.init(3, old)).errorCode, kafkaErrors.invalidProducerEpoch)
    assert.deepEqual((await fetch(client, 1)).values, [])
    await join(second, fresh)
    assert.equal(await second.produce('a', batch(fresh, 0, ['fresh']), versions.produce), 0)
    assert.equal((await second.end(fresh, true, versions.end)).errorCode, 0)
    assert.deepEqual((await fetch(client, 1)).values, ['fresh'])
  })

  test(`generation ${generation}: a transaction past its time is aborted, its producer is fenced`, async (t) => {
    const { client, producer, node } = await setUp(t)
    const who = await producer.init(5, { transactionTimeoutMs: 15_000 })
    await join(producer, who)
    await producer.produce('a', batch(who, 0, ['late']), versions.produce)
    node.clock.advance(10_001)
    await settled(node)
    assert.equal((await fetch(client, 1)).stable, 0)
    node.clock.advance(10_000)
    await settled(node)
    assert.deepEqual(await fetch(client, 1), { values: [], aborted: ['0'], stable: 2, high: 2 })
    const { producerFenced, invalidTxnState, invalidProducerEpoch } = kafkaErrors
    const late = generation === 1 ? producerFenced : invalidTxnState
    assert.equal((await producer.end(who, true, versions.end)).errorCode, late)
    assert.equal(await producer.produce('a', batch(who, 1, ['later']), versions.produce), invalidProducerEpoch)
    assert.equal((await producer.init(5, who)).errorCode, producerFenced)
    if (generation === 2) {
      // In the second generation who aborts what timed out is told the new epoch, and goes on.
      const next = await producer.end(who, false, versions.end)
      assert.deepEqual(next, { ...who, errorCode: 0, producerEpoch: who.producerEpoch + 1 })
      await join(producer, next)
      assert.equal(await producer.produce('a', batch(next, 0, ['next']), versions.produce), 0)
      assert.equal((await producer.end(next, true, versions.end)).errorCode, 0)
      assert.deepEqual((await fetch(client, 1)).values, ['next'])
    }
    assert.equal((await producer.init()).errorCode, 0)
  })

  test(`generation ${generation}: who takes over is two epochs further, one for the end and one of its own`, async (t) => {
    const { producer } = await setUp(t)
    const who = await producer.init()
    await join(producer, who)
    await producer.produce('a', batch(who, 0, ['x']), versions.produce)
    assert.equal((await producer.init()).errorCode, kafkaErrors.concurrentTransactions)
    const next = await producer.init()
    assert.deepEqual([next.producerId, next.producerEpoch], [who.producerId, who.producerEpoch + 2])
    // The end of the one before is not that of the one who took over.
    assert.equal((await producer.end(who, false, versions.end)).errorCode, kafkaErrors.producerFenced)
  })

  test(`generation ${generation}: a node started again goes on with an open transaction, and with its time`, async (t) => {
    const first = await setUp(t)
    const who = await first.producer.init()
    await join(first.producer, who)
    await first.producer.produce('a', batch(who, 0, ['x']), versions.produce)
    await first.node.stop()
    const { clock, folder } = first.node
    const { client, producer, node } = await setUp(t, { folder, clock })
    assert.deepEqual(await describe(client), [
      0,
      'Ongoing',
      who.producerEpoch,
      [{ topic: 'a', partitions: generation === 1 ? [0, 1] : [0] }],
    ])
    assert.equal((await fetch(client, 1)).stable, 0)
    assert.equal(await producer.produce('a', batch(who, 1, ['y']), versions.produce), 0)
    assert.equal((await producer.end(who, true, versions.end)).errorCode, 0)
    assert.deepEqual((await fetch(client, 1)).values, ['x', 'y'])
    await node.stop()
    const third = await setUp(t, { folder, clock })
    const epoch = generation === 1 ? who.producerEpoch : who.producerEpoch + 1
    assert.deepEqual(await describe(third.client), [0, 'CompleteCommit', epoch, []])
  })
}

/** What timers began is done: it needs a few turns, as the log answers at once. */
async function settled(node: TestNode): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((turn) => setImmediate(turn))
  assert.deepEqual(node.faults, [])
}

test('a read-committed fetch waits below the last stable offset, and a marker wakes it', async (t) => {
  const { client, node, producer } = await setUp(t)
  const who = await producer.init()
  await producer.produce('a', batch(who, 0, ['x']), 12)
  const waiting = fetch(await node.connect(), 1, 0, 60_000)
  await settled(node)
  await node.log.append('a', 0, batch(undefined, -1, ['plain']))
  await settled(node)
  await producer.end(who, true, 5)
  assert.deepEqual((await waiting).values, ['x', 'plain'])
  assert.equal(await latest(client, 1), 3)
})

test('generation 1: records need their partition added, and each end its own state', async (t) => {
  const { client, producer } = await setUp(t)
  const { invalidTxnState, transactionAbortable, invalidProducerIdMapping } = kafkaErrors
  const who = await producer.init()
  assert.equal((await producer.end(who, true, 3)).errorCode, invalidTxnState)
  assert.equal((await producer.end(who, false, 3)).errorCode, invalidTxnState)
  assert.equal(await producer.produce('a', batch(who, 0, ['x']), 10), invalidTxnState)
  assert.equal(await producer.produce('a', batch(who, 0, ['x']), 11), transactionAbortable)
  assert.equal(await producer.commitOffset(who, 1, 3), invalidTxnState)
  assert.equal(await producer.commitOffset(who, 1, 4), transactionAbortable)
  assert.deepEqual(await producer.add({ ...who, producerId: 77n }, 'a'), [invalidProducerIdMapping])
  assert.deepEqual(await new Producer(client, 'unknown').add(who, 'a'), [invalidProducerIdMapping])
  assert.deepEqual(await producer.add(who, 'a', [0, 9]), [
    kafkaErrors.operationNotAttempted,
    kafkaErrors.unknownTopicOrPartition,
  ])
  assert.deepEqual(await producer.add(who, 'a', [0]), [0])
  assert.deepEqual(await producer.add(who, 'a', [0]), [0])
  assert.equal(await producer.produce('a', batch(who, 0, ['x']), 10), 0)
  assert.equal(await producer.produce('a', batch(who, 0, ['x']), 10), 0, 'a repeat')
  assert.equal((await producer.end(who, true, 3)).errorCode, 0)
  assert.equal((await producer.end(who, true, 3)).errorCode, 0, 'a repeat')
  assert.equal((await producer.end(who, false, 3)).errorCode, invalidTxnState)
  assert.equal(await producer.produce('a', batch(who, 1, ['late']), 10), invalidTxnState)
  assert.deepEqual((await fetch(client, 0)).values, ['x'])
})

test('generation 2: a repeated end tells the same, an abort of nothing raises the epoch, a commit of nothing is refused', async (t) => {
  const { producer } = await setUp(t)
  const who = await producer.init()
  assert.equal((await producer.end(who, true, 5)).errorCode, kafkaErrors.invalidTxnState)
  const emptied = await producer.end(who, false, 5)
  assert.deepEqual(emptied, { errorCode: 0, producerId: who.producerId, producerEpoch: who.producerEpoch + 1 })
  assert.deepEqual(await producer.end(who, false, 5), emptied)
  assert.equal((await producer.end(who, true, 5)).errorCode, kafkaErrors.invalidTxnState)
  assert.equal(await producer.produce('a', batch(emptied, 3, ['not zero']), 12), kafkaErrors.outOfOrderSequence)
  assert.equal(await producer.produce('a', batch(emptied, 0, ['x']), 12), 0)
  assert.equal((await producer.end(who, true, 5)).errorCode, kafkaErrors.producerFenced)
  const committed = await producer.end(emptied, true, 5)
  assert.equal(committed.producerEpoch, emptied.producerEpoch + 1)
  assert.deepEqual(await producer.end(emptied, true, 5), committed)
  assert.equal((await producer.end(emptied, false, 5)).errorCode, kafkaErrors.invalidTxnState)
  assert.equal(await producer.produce('a', batch(emptied, 1, ['late']), 12), kafkaErrors.invalidProducerEpoch)
  assert.equal((await producer.end(committed, true, 5)).errorCode, kafkaErrors.invalidTxnState)
  assert.equal((await producer.end(committed, false, 5)).producerEpoch, committed.producerEpoch + 1)
})

test('epochs that are used up give another producer id, and the repeat of that end is known', async (t) => {
  const { producer, node, client } = await setUp(t)
  const who = await producer.init()
  // As if it had ended many transactions.
  const transaction = { ...who, producerEpoch: 32766 }
  await node.stop()
  const later = await setUp(t, { folder: node.folder, clock: node.clock })
  const state = later.node.log.topic('__transaction_state')!
  assert.ok(state.internal && client)
  for (let left = 0; left < 2; left++) {
    const one = await later.producer.init()
    assert.equal(one.producerEpoch, left + 1)
  }
  const rotated = await rotate(t, later.node, transaction)
  assert.deepEqual(rotated, { first: 0, again: 0, same: true, epoch: 0, other: true, fenced: 0 })
})

/** Writes the state by hand with the last epoch, and ends a transaction in it. */
async function rotate(t: TestContext, node: TestNode, who: Identity): Promise<unknown> {
  const { encodeTransactionKey, encodeTransactionValue } = await import('./transactions/records.ts')
  const { coordinatorPartition } = await import('../../log/index.ts')
  const value = encodeTransactionValue({
    id,
    ...who,
    lastEpoch: -1,
    previousProducerId: -1n,
    timeoutMs: 60_000,
    state: 'Empty',
    ending: undefined,
    partitions: new Map(),
    startMs: -1,
    updatedMs: nowMs,
    generation: 2,
  })
  const record = { key: encodeTransactionKey(id), value, timestampMs: nowMs }
  await node.log.append('__transaction_state', coordinatorPartition(id, 50), encodeRecordBatch([record]))
  await node.stop()
  const { producer } = await setUp(t, { folder: node.folder, clock: node.clock })
  await producer.produce('a', batch(who, 0, ['last']), 12)
  const first = await producer.end(who, true, 5)
  const again = await producer.end(who, true, 5)
  const fresh = await producer.produce('a', batch(first, 0, ['first']), 12)
  return {
    first: first.errorCode,
    again: again.errorCode,
    same: again.producerId === first.producerId,
    epoch: first.producerEpoch,
    other: first.producerId !== who.producerId,
    fenced: fresh,
  }
}

test('InitProducerId: times, a lost answer, an id that is not one', async (t) => {
  const { producer, client } = await setUp(t)
  const { invalidTransactionTimeout, invalidRequest } = kafkaErrors
  for (const transactionTimeoutMs of [0, -1, 900_001])
    assert.equal((await producer.init(5, { transactionTimeoutMs })).errorCode, invalidTransactionTimeout)
  assert.equal((await new Producer(client, '').init()).errorCode, invalidRequest)
  const first = await producer.init()
  const next = await producer.init(5, first)
  assert.deepEqual(next, { ...first, producerEpoch: first.producerEpoch + 1 })
  assert.deepEqual(await producer.init(5, first), next, 'the answer was lost')
  assert.equal((await producer.init(5, { producerId: 12345n, producerEpoch: 0 })).errorCode, kafkaErrors.producerFenced)
  assert.equal((await producer.init(5, { producerId: first.producerId })).errorCode, invalidRequest)
})

test('a transactional batch needs its transactional id, and no client writes markers', async (t) => {
  const { producer, client } = await setUp(t, {
    rules: [
      { principal: '*', effect: 'deny', actions: ['*'], resourceType: 'transactional-id', resource: 'theirs' },
      { principal: '*', effect: 'allow', actions: ['*'], resourceType: '*', resource: '*' },
    ],
  })
  const { transactionalIdAuthorizationFailed: denied } = kafkaErrors
  const who = await producer.init()
  assert.equal(await producer.produce('a', batch(who, 0, ['x']), 12, { transactionalId: null }), denied)
  const theirs = new Producer(client, 'theirs')
  assert.equal((await theirs.init()).errorCode, denied)
  assert.equal(await theirs.produce('a', batch(who, 0, ['x']), 12), denied)
  assert.deepEqual(await theirs.add(who, 'a'), [denied])
  assert.equal((await theirs.end(who, true, 5)).errorCode, denied)
  assert.equal(await theirs.commitOffset(who, 1, 5), denied)
  const { coordinators } = await client.call(apis.findCoordinator, 4, { keyType: 1, coordinatorKeys: ['theirs', id] })
  assert.deepEqual(
    coordinators.map(({ errorCode }) => errorCode),
    [denied, 0],
  )
  const marker = encodeRecordBatch([{ key: new Uint8Array(4), value: new Uint8Array(6), timestampMs: nowMs }], {
    ...who,
    transactional: true,
    control: true,
  })
  assert.equal(await producer.produce('a', marker, 12), kafkaErrors.invalidRecord)
})

test('offsets in a transaction are judged by the group: generation, metadata, topic; a later plain commit wins', async (t) => {
  const { producer, client } = await setUp(t)
  const who = await producer.init()
  assert.equal(
    await producer.commitOffset(who, 1, 5, { generationIdOrMemberEpoch: 4, memberId: 'm' }),
    kafkaErrors.illegalGeneration,
  )
  const at = (name: string, committedMetadata = 'm') => ({
    topics: [{ name, partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata }] }],
  })
  assert.equal(await producer.commitOffset(who, 1, 5, at('none')), kafkaErrors.unknownTopicOrPartition)
  assert.equal(await producer.commitOffset(who, 1, 5, at('a', 'x'.repeat(5000))), kafkaErrors.offsetMetadataTooLarge)
  assert.equal(await producer.commitOffset(who, 5, 5), 0)
  const plain = await client.call(apis.offsetCommit, 8, {
    groupId: 'g',
    memberId: '',
    topics: [{ name: 'a', partitions: [{ partitionIndex: 0, committedOffset: 8, committedMetadata: '' }] }],
  })
  assert.equal(plain.topics[0]!.partitions[0]!.errorCode, 0)
  await producer.end(who, true, 5)
  assert.deepEqual(await committedOffset(client, true), [8, 0])
})

test('tools: transactions are listed and described, producers too, and a marker by hand ends one', async (t) => {
  const { producer, client, node } = await setUp(t)
  const who = await producer.init()
  await producer.produce('a', batch(who, 0, ['x']), 12)
  node.clock.advance(5000)
  const list = async (version: number, more: object = {}): Promise<unknown> => {
    const answer = await client.call(apis.listTransactions, version, {
      stateFilters: [],
      producerIdFilters: [],
      ...more,
    })
    return [answer.errorCode, answer.unknownStateFilters, answer.transactionStates.map((one) => one.transactionState)]
  }
  assert.deepEqual(await list(0), [0, [], ['Ongoing']])
  assert.deepEqual(await list(0, { stateFilters: ['Nonsense'] }), [0, ['Nonsense'], []])
  assert.deepEqual(await list(0, { stateFilters: ['Empty'] }), [0, [], []])
  assert.deepEqual(await list(0, { producerIdFilters: [who.producerId] }), [0, [], ['Ongoing']])
  assert.deepEqual(await list(1, { durationFilter: 4000 }), [0, [], ['Ongoing']])
  assert.deepEqual(await list(1, { durationFilter: 6000 }), [0, [], []])
  assert.deepEqual(await list(2, { transactionalIdPattern: 'pay.*' }), [0, [], ['Ongoing']])
  assert.deepEqual(await list(2, { transactionalIdPattern: '(' }), [kafkaErrors.invalidRegularExpression, [], []])
  const unknown = await client.call(apis.describeTransactions, 0, { transactionalIds: ['unknown'] })
  assert.equal(unknown.transactionStates[0]!.errorCode, kafkaErrors.transactionalIdNotFound)

  const described = await client.call(apis.describeProducers, 0, { topics: [{ name: 'a', partitionIndexes: [0, 9] }] })
  const [known, missing] = described.topics[0]!.partitions
  assert.deepEqual(
    known!.activeProducers.map(({ producerId, currentTxnStartOffset, lastSequence }) => [
      producerId,
      currentTxnStartOffset,
      lastSequence,
    ]),
    [[who.producerId, 0, 0]],
  )
  assert.equal(missing!.errorCode, kafkaErrors.unknownTopicOrPartition)

  const mark = async (producerEpoch: number, transactionVersion: number, version = 2): Promise<number> => {
    const topics = [{ name: 'a', partitionIndexes: [0] }]
    const marker = { producerId: who.producerId, producerEpoch, transactionResult: false, topics, coordinatorEpoch: 0 }
    const answer = await client.call(apis.writeTxnMarkers, version, { markers: [{ ...marker, transactionVersion }] })
    return answer.markers[0]!.topics[0]!.partitions[0]!.errorCode
  }
  assert.equal(await mark(who.producerEpoch, 2), kafkaErrors.invalidProducerEpoch)
  assert.equal(await mark(who.producerEpoch, 0, 1), 0)
  assert.equal((await fetch(client, 1)).stable, 2)
  assert.equal(await mark(who.producerEpoch, 2), 0, 'a repeat: nothing is open')
  assert.equal((await fetch(client, 1)).high, 2)
  assert.equal(await mark(who.producerEpoch + 1, 2), 0)
  assert.equal((await fetch(client, 1)).high, 3)
})

test('an open transaction whose state was never written is aborted at the next start', async (t) => {
  const { node } = await setUp(t)
  await node.log.append('a', 0, batch({ producerId: 555n, producerEpoch: 2 }, 0, ['orphan']))
  await node.stop()
  const { client } = await setUp(t, { folder: node.folder, clock: node.clock })
  assert.deepEqual(await fetch(client, 1), { values: [], aborted: ['0'], stable: 2, high: 2 })
})

test('the state lies in __transaction_state in Kafka’s own records, and goes when it was not used for a week', async (t) => {
  const { node, producer } = await setUp(t)
  const who = await producer.init()
  await producer.produce('a', batch(who, 0, ['x']), 12)
  const read = (): unknown[] => {
    const found: unknown[] = []
    for (let p = 0; p < 50; p++) {
      for (let next = 0; next < node.log.highWatermark('__transaction_state', p);) {
        const records = decodeRecords(node.log.readUncommitted('__transaction_state', p, next, 1))
        const key = decodeTransactionKey(
          records.bytes.subarray(records.keyStart[0]!, records.keyStart[0]! + records.keyLength[0]!),
        )!
        const value = recordValue(records, 0)
        const state = value && decodeTransactionValue(key, value)
        found.push(
          state && [
            key,
            state.state,
            state.producerEpoch,
            state.generation,
            [...state.partitions.keys()],
            state.timeoutMs,
          ],
        )
        next = records.header.baseOffset + 1
      }
    }
    return found
  }
  await producer.end(who, true, 5)
  const seen = [
    [id, 'Empty', 0, 1, [], 60_000],
    [id, 'Ongoing', 0, 2, ['a'], 60_000],
    [id, 'CompleteCommit', 1, 2, [], 60_000],
  ]
  assert.deepEqual(read(), seen)
  for (let hours = 0; hours < 24 * 7 + 2; hours++) {
    node.clock.advance(3600_000)
    await new Promise((turn) => setImmediate(turn))
  }
  await settled(node)
  assert.deepEqual(read(), [...seen, null])
})
