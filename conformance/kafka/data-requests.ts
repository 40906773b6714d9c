// Requests with records, of groups' members and within transactions, most of them wrong in some way: one script of raw requests, to be
// run against either broker. A producer's numbers are the broker's own and are not compared.
import { setTimeout as sleep } from 'node:timers/promises'
import { crc32c } from '../../src/base/index.ts'
import {
  attributeBits,
  compressionCodes,
  encodeRecordBatch,
  readRecordBatchHeader,
  recordBatchAt,
} from '../../src/model/index.ts'
import { apis, zeroUuid } from '../../src/kafka/wire/index.ts'
import { ask, RawRequests, type Answers } from './raw-requests.ts'

type BatchOptions = NonNullable<Parameters<typeof encodeRecordBatch>[1]>

const nowMs = Date.now()

function batch(options: BatchOptions & { key?: boolean; size?: number; timestampMs?: number } = {}): Uint8Array {
  const { key = true, size = 10, timestampMs = nowMs, ...more } = options
  const record = { key: key ? Uint8Array.of(1) : null, value: new Uint8Array(size), timestampMs }
  return encodeRecordBatch([record], more)
}

/** A batch with other bytes somewhere, and a checksum that says so. */
function bent(change: (bytes: Uint8Array, view: DataView) => void, of: Uint8Array = batch()): Uint8Array {
  const bytes = Uint8Array.from(of)
  const view = new DataView(bytes.buffer)
  change(bytes, view)
  view.setUint32(recordBatchAt.crc, crc32c(bytes.subarray(recordBatchAt.attributes)))
  return bytes
}

interface Production {
  readonly topic?: string
  readonly partition?: number
  readonly acks?: number
  readonly versions?: readonly number[]
  readonly transactionalId?: string | null
}

const producing = (what: string, records: Uint8Array | null, options: Production = {}) => {
  const { topic = 'a', partition = 0, acks = -1, versions = [9], transactionalId = null } = options
  return ask(`Produce ${what}`, apis.produce, versions, {
    transactionalId,
    acks,
    timeoutMs: 10_000,
    topicData: [{ name: topic, partitionData: [{ index: partition, records }] }],
  })
}

/** Runs the whole script. @param bootstrap host:port of a broker without topics */
export async function dataRequests(bootstrap: string): Promise<Answers> {
  const raw = await RawRequests.connect(bootstrap)
  try {
    await raw.untilCoordinated(['g', 't', ''])
    await prepare(raw)
    await produces(raw)
    await idempotent(raw)
    await fetches(raw)
    await offsets(raw)
    await members(raw)
    await newMembers(raw)
    await transactions(raw)
  } finally {
    raw.close()
  }
  return raw.answers
}

async function prepare(raw: RawRequests): Promise<void> {
  const compact = [{ name: 'cleanup.policy', value: 'compact' }]
  const small = [{ name: 'max.message.bytes', value: '200' }]
  const stamped = [{ name: 'message.timestamp.type', value: 'LogAppendTime' }]
  const topics = Object.entries({ a: [], compact, small, stamped }).map(([name, configs]) => ({
    name,
    numPartitions: 2,
    replicationFactor: 1,
    assignments: [],
    configs,
  }))
  await raw.client.call(apis.createTopics, 7, { topics, timeoutMs: 30_000, validateOnly: false })
  for (const { name } of topics) {
    const topicsAsked = [{ name, topicId: zeroUuid }]
    const there = async (): Promise<boolean> => {
      const answer = await raw.client.call(apis.metadata, 12, { topics: topicsAsked, allowAutoTopicCreation: false })
      const [topic] = answer.topics
      if (topic!.errorCode !== 0 || !topic!.partitions.every((one) => one.leaderId === 1)) return false
      // Kafka names a partition's leader before that leader takes requests for it (6 until then).
      const partitions = topic!.partitions.map(({ partitionIndex }) => ({ partitionIndex, timestamp: -1n }))
      const asked = { replicaId: -1, isolationLevel: 0, topics: [{ name, partitions }] }
      const { topics: offsets } = await raw.client.call(apis.listOffsets, 5, asked)
      return offsets[0]!.partitions.every(({ errorCode }) => errorCode === 0)
    }
    while (!(await there())) await sleep(50)
  }
}

async function produces(raw: RawRequests): Promise<void> {
  const { attributes, count, lastOffsetDelta, magic } = recordBatchAt
  const hourMs = 3600_000
  const steps = [
    producing('', batch(), { versions: [3, 7, 8, 11, 12] }),
    producing('with unknown acks', batch(), { acks: 2 }),
    producing('to a topic that is not there', batch(), { topic: 'missing' }),
    producing('to a partition that is not there', batch(), { partition: 9 }),
    producing('to a partition below', batch(), { partition: -1 }),
    producing('no bytes', new Uint8Array(0)),
    producing('bytes that are no batch', new Uint8Array(61).fill(7)),
    producing('a cut batch', batch().subarray(0, 70)),
    producing('two batches', Buffer.concat([batch(), batch()])),
    producing(
      'a wrong checksum',
      Uint8Array.from(batch(), (byte, i) => (i === recordBatchAt.crc ? byte ^ 1 : byte)),
    ),
    producing(
      'an old format',
      bent((bytes) => void (bytes[magic] = 1)),
    ),
    producing(
      'a format to come',
      bent((bytes) => void (bytes[magic] = 3)),
    ),
    producing(
      'a wrong count',
      bent((_, view) => view.setInt32(count, 2)),
    ),
    producing(
      'a wrong last offset',
      bent((_, view) => view.setInt32(lastOffsetDelta, 5)),
    ),
    producing(
      'a control batch',
      bent((_, view) => view.setInt16(attributes, 0x20)),
    ),
    ...otherHeaders(),
    producing('zstd in an old version', batch({ compression: 'zstd' }), { versions: [6, 7] }),
    producing('gzip', batch({ compression: 'gzip' }), { versions: [3] }),
    producing('from tomorrow', batch({ timestampMs: nowMs + 30 * hourMs })),
    producing('from long ago', batch({ timestampMs: 1 })),
    producing('from no time', batch({ timestampMs: -1 })),
    producing('from tomorrow, where the log has its own time', batch({ timestampMs: nowMs + 30 * hourMs }), {
      topic: 'small',
    }),
    producing('without a key to a compacted topic', batch({ key: false }), { topic: 'compact' }),
    producing('with a key to a compacted topic', batch(), { topic: 'compact' }),
    producing('too much', batch({ size: 500 }), { topic: 'small' }),
    producing('far too much', batch({ size: 1_100_000 })),
    producing(
      'of a transaction without one',
      batch({ producerId: 7n, producerEpoch: 0, baseSequence: 0, transactional: true }),
    ),
    producing(
      'of an unknown transaction',
      batch({ producerId: 7n, producerEpoch: 0, baseSequence: 0, transactional: true }),
      {
        transactionalId: 'nobody',
        versions: [10, 11, 12],
      },
    ),
  ]
  for (const step of steps) await raw.run(step)
  await noteHeaders(raw)
}

/** Headers that say what only the broker says, or something else than the records. */
function otherHeaders() {
  const { attributes, baseOffset, count, lastOffsetDelta, leaderEpoch, maxTimestamp } = recordBatchAt
  const { logAppendTime } = attributeBits
  return [
    ...[5, 7].map((codec) =>
      producing(
        `an unknown codec, ${codec}`,
        bent((_, view) => view.setInt16(attributes, codec)),
      ),
    ),
    producing(
      'a batch without records',
      bent((_, view) => {
        view.setInt32(count, 0)
        view.setInt32(lastOffsetDelta, -1)
      }),
    ),
    producing(
      'an offset of its own',
      bent((_, view) => view.setBigInt64(baseOffset, 77n)),
    ),
    producing(
      'a leader epoch of its own',
      bent((_, view) => view.setInt32(leaderEpoch, 9)),
    ),
    producing(
      'the log’s time',
      bent((_, view) => view.setInt16(attributes, logAppendTime)),
    ),
    producing(
      'the log’s time, compressed',
      bent(
        (_, view) => view.setInt16(attributes, logAppendTime | compressionCodes.gzip),
        batch({ compression: 'gzip' }),
      ),
    ),
    producing(
      'the log’s time, where the log has it',
      bent((_, view) => view.setInt16(attributes, logAppendTime)),
      { topic: 'stamped' },
    ),
    producing(
      'another newest time',
      bent((_, view) => view.setBigInt64(maxTimestamp, BigInt(nowMs + 365 * 24 * 3600_000))),
    ),
  ]
}

/** What the broker made of the headers of the batches that it took: each but those that it stamps. */
async function noteHeaders(raw: RawRequests): Promise<void> {
  const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 2_000_000 }]
  const request = { maxWaitMs: 0, minBytes: 0, isolationLevel: 0, topics: [{ topic: 'a', partitions }] }
  const { responses } = await raw.client.call(apis.fetch, 12, request)
  const records = responses[0]!.partitions[0]!.records!
  const told: unknown[] = []
  for (let at = 0; at < records.length;) {
    const header = readRecordBatchHeader(records, at)
    const { baseOffset, attributes, baseTimestampMs, maxTimestampMs, count, size } = header
    told.push([baseOffset, attributes, baseTimestampMs - nowMs, maxTimestampMs - nowMs, count])
    at += size
  }
  raw.note('headers of what was taken', told)
}

/** Numbers of producers are there a moment after the broker. */
async function newProducer(raw: RawRequests): Promise<bigint> {
  for (;;) {
    const answer = await raw.client.call(apis.initProducerId, 4, { transactionalId: null, transactionTimeoutMs: 1000 })
    if (answer.errorCode === 0) return answer.producerId
    await sleep(50)
  }
}

async function idempotent(raw: RawRequests): Promise<void> {
  const producerId = await newProducer(raw)
  const send = (what: string, baseSequence: number, producerEpoch = 0) =>
    raw.run(producing(`in order: ${what}`, batch({ producerId, producerEpoch, baseSequence }), { partition: 1 }))
  await send('the first', 0)
  await send('the second', 1)
  await send('the second again', 1)
  await send('the first again', 0)
  await send('one left out', 5)
  for (let sequence = 2; sequence < 7; sequence++) await send(`number ${sequence}`, sequence)
  await send('one of long ago', 0)
  await send('a new epoch not from its start', 3, 1)
  await send('a new epoch', 0, 1)
  await send('the old epoch', 7, 0)
}

async function fetches(raw: RawRequests): Promise<void> {
  const fetching = (
    what: string,
    partition: object,
    more: { topic?: string; versions?: number[]; request?: object } = {},
  ) =>
    ask(`Fetch ${what}`, apis.fetch, more.versions ?? [12], {
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: 1_000_000,
      isolationLevel: 0,
      topics: [
        {
          topic: more.topic ?? 'a',
          partitions: [
            { partition: 1, currentLeaderEpoch: -1, fetchOffset: 0, partitionMaxBytes: 1_000_000, ...partition },
          ],
        },
      ],
      ...more.request,
    } as never)
  const steps = [
    fetching('of a topic that is not there', {}, { topic: 'missing', versions: [4, 11, 12] }),
    fetching('of a partition that is not there', { partition: 9 }),
    fetching('above the end', { fetchOffset: 1_000_000 }, { versions: [4, 12] }),
    fetching('below the start', { fetchOffset: -5 }),
    fetching('at the end', { fetchOffset: 8 }),
    fetching('in an epoch to come', { currentLeaderEpoch: 99 }),
    fetching('in a session that is not there', {}, { request: { sessionId: 12_345, sessionEpoch: 1 } }),
    fetching('in a session of an epoch without an id', {}, { request: { sessionId: 0, sessionEpoch: 5 } }),
  ]
  for (const step of steps) await raw.run(step)
  const byId = await raw.client.call(apis.fetch, 13, {
    maxWaitMs: 0,
    minBytes: 0,
    isolationLevel: 0,
    topics: [
      {
        topicId: '11111111-2222-3333-4444-555555555555',
        partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 }],
      },
    ],
  } as never)
  raw.note('Fetch by an unknown id', [
    byId.errorCode,
    byId.responses.map((one) => one.partitions.map((p) => p.errorCode)),
  ])
}

async function offsets(raw: RawRequests): Promise<void> {
  const committing = (
    what: string,
    partition: object,
    more: { topic?: string; versions?: number[]; request?: object } = {},
  ) =>
    ask(`OffsetCommit ${what}`, apis.offsetCommit, more.versions ?? [2, 8, 9], {
      groupId: 'g',
      generationIdOrMemberEpoch: -1,
      memberId: '',
      topics: [
        {
          name: more.topic ?? 'a',
          partitions: [
            { partitionIndex: 0, committedOffset: 5, committedLeaderEpoch: -1, committedMetadata: 'm', ...partition },
          ],
        },
      ],
      ...more.request,
    })
  const fetchingOne = (what: string, groupId: string, topics: object[] | null, versions: number[]) =>
    ask(`OffsetFetch ${what}`, apis.offsetFetch, versions, { groupId, topics } as never)
  const fetchingSome = (what: string, groups: object[], versions: number[]) =>
    ask(`OffsetFetch ${what}`, apis.offsetFetch, versions, { groups, requireStable: true } as never)
  const some = [
    { name: 'a', partitionIndexes: [0, 1, 9] },
    { name: 'missing', partitionIndexes: [0] },
  ]
  const steps = [
    committing('', {}),
    committing('without metadata', { committedMetadata: null }),
    committing('with too much metadata', { committedMetadata: 'x'.repeat(4097) }),
    committing('of a topic that is not there', {}, { topic: 'missing' }),
    committing('of a partition that is not there', { partitionIndex: 9 }),
    committing('below', { committedOffset: -1 }),
    committing('as a member of nothing', {}, { request: { memberId: 'x', generationIdOrMemberEpoch: 3 } }),
    committing(
      'as an instance of nothing',
      {},
      { versions: [7, 9], request: { memberId: 'x', groupInstanceId: 'i', generationIdOrMemberEpoch: 3 } },
    ),
    committing('with a member and no generation', {}, { request: { memberId: 'x' } }),
    fetchingOne('of some', 'g', some, [1, 5, 7]),
    fetchingOne('of all', 'g', null, [2, 7]),
    fetchingOne('of nobody', 'nobody', some, [1, 7]),
    fetchingSome(
      'of groups',
      [
        { groupId: 'g', topics: some },
        { groupId: 'nobody', topics: null },
        { groupId: '', topics: null },
      ],
      [8, 9],
    ),
    fetchingSome('as a member', [{ groupId: 'g', memberId: 'x', memberEpoch: 3, topics: some }], [9]),
  ]
  for (const step of steps) await raw.run(step)
}

async function members(raw: RawRequests): Promise<void> {
  const joining = (what: string, more: object, versions: number[] = [0, 3, 9]) =>
    ask(`JoinGroup ${what}`, apis.joinGroup, versions, {
      groupId: 'm',
      sessionTimeoutMs: 30_000,
      rebalanceTimeoutMs: 30_000,
      memberId: '',
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: new Uint8Array(0) }],
      ...more,
    } as never)
  const steps = [
    joining('without a group', { groupId: '' }),
    joining('for too short', { sessionTimeoutMs: 1 }),
    joining('for too long', { sessionTimeoutMs: 2_000_000 }),
    joining('as an unknown member', { memberId: 'x' }),
    joining('as an unknown instance', { memberId: 'x', groupInstanceId: 'i' }, [5, 9]),
    joining('without protocols', { protocols: [] }),
    joining('without a type', { protocolType: '' }),
    ask('SyncGroup of nothing', apis.syncGroup, [0, 3, 5], {
      groupId: 'nobody',
      generationId: 1,
      memberId: 'x',
      assignments: [],
    }),
    ask('SyncGroup without a group', apis.syncGroup, [0, 5], {
      groupId: '',
      generationId: 1,
      memberId: 'x',
      assignments: [],
    }),
    ask('Heartbeat of nothing', apis.heartbeat, [0, 3, 4], { groupId: 'nobody', generationId: 1, memberId: 'x' }),
    ask('Heartbeat without a group', apis.heartbeat, [0, 4], { groupId: '', generationId: 1, memberId: 'x' }),
  ]
  for (const step of steps) await raw.run(step)
  await oneMember(raw)
}

/** A group with one static member, and what is wrong in his and others' requests. */
async function oneMember(raw: RawRequests): Promise<void> {
  const request = {
    groupId: 'one',
    sessionTimeoutMs: 30_000,
    rebalanceTimeoutMs: 30_000,
    groupInstanceId: 'i',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: new Uint8Array(0) }],
  }
  const { memberId, generationId } = await raw.client.call(apis.joinGroup, 9, { ...request, memberId: '' })
  const identity = { groupId: 'one', generationId, memberId, groupInstanceId: 'i' }
  const sync = (what: string, more: object) =>
    raw.run(
      ask(`SyncGroup ${what}`, apis.syncGroup, 5, {
        ...identity,
        protocolType: 'consumer',
        protocolName: 'range',
        assignments: [],
        ...more,
      }),
    )
  await sync('of another generation', { generationId: 9 })
  await sync('of another member', { memberId: 'x', groupInstanceId: null })
  await sync('of another holder', { memberId: 'x' })
  await sync('of another type', { protocolType: 'connect' })
  await sync('of another protocol', { protocolName: 'sticky' })
  await sync('', { assignments: [{ memberId, assignment: Uint8Array.of(1) }] })
  const beat = (what: string, more: object) =>
    raw.run(ask(`Heartbeat ${what}`, apis.heartbeat, 4, { ...identity, ...more }))
  await beat('', {})
  await beat('of another generation', { generationId: 9 })
  await beat('of another member', { memberId: 'x', groupInstanceId: null })
  await beat('of another holder', { memberId: 'x' })
  await beat('of an unknown instance', { groupInstanceId: 'j' })
  const join = (what: string, more: object) =>
    raw.run(ask(`JoinGroup ${what}`, apis.joinGroup, 9, { ...request, memberId: 'x', ...more } as never))
  await join('of another holder', {})
  await join('of another type', { memberId: '', groupInstanceId: null, protocolType: 'connect' })
  await join('of another protocol', {
    memberId: '',
    groupInstanceId: null,
    protocols: [{ name: 'sticky', metadata: new Uint8Array(0) }],
  })
  const commit = (what: string, more: object) =>
    raw.run(
      ask(`OffsetCommit in a group ${what}`, apis.offsetCommit, 9, {
        groupId: 'one',
        generationIdOrMemberEpoch: generationId,
        memberId,
        groupInstanceId: 'i',
        topics: [
          {
            name: 'a',
            partitions: [{ partitionIndex: 0, committedOffset: 5, committedLeaderEpoch: -1, committedMetadata: '' }],
          },
        ],
        ...more,
      }),
    )
  await commit('', {})
  await commit('of another generation', { generationIdOrMemberEpoch: 9 })
  await commit('of another member', { memberId: 'x', groupInstanceId: null })
  await commit('of another holder', { memberId: 'x' })
  await commit('of nobody', { memberId: '', groupInstanceId: null, generationIdOrMemberEpoch: -1 })
}

async function newMembers(raw: RawRequests): Promise<void> {
  const beat = (what: string, more: object, versions: number[] = [0, 1]) =>
    raw.run(
      ask(`ConsumerGroupHeartbeat ${what}`, apis.consumerGroupHeartbeat, versions, {
        groupId: 'new',
        memberId: 'm',
        memberEpoch: 0,
        rebalanceTimeoutMs: 30_000,
        subscribedTopicNames: ['a'],
        topicPartitions: [],
        ...more,
      } as never),
    )
  await beat('without a group', { groupId: '' })
  await beat('without time', { rebalanceTimeoutMs: -1 })
  await beat('without topics', { subscribedTopicNames: null })
  await beat('with partitions', { topicPartitions: [{ topicId: zeroUuid, partitions: [0] }] })
  await beat('of an empty instance', { instanceId: '' })
  await beat('of an unknown assignor', { serverAssignor: 'nonsense' })
  await beat('below', { memberEpoch: -7 })
  await beat('to go on', { memberEpoch: 5 })
  await beat('to leave', { memberEpoch: -1 })
  await beat('to pause without an instance', { memberEpoch: -2 })
  await beat('with a pattern that is none', { subscribedTopicNames: null, subscribedTopicRegex: '(' }, [1])
  await beat('in a classic group', { groupId: 'one', memberEpoch: 3 })
  await beat('without a member', { memberId: '' }, [1])
}

async function transactions(raw: RawRequests): Promise<void> {
  for (const generation of [1, 2]) {
    const id = `t${generation}`
    const init = { transactionalId: id, transactionTimeoutMs: 60_000 }
    const { producerId, producerEpoch } = await raw.client.call(apis.initProducerId, 4, init)
    const note = (what: string, answer: unknown): void => raw.note(`generation ${generation}: ${what}`, answer)
    let epoch = producerEpoch
    const end = async (what: string, committed: boolean, more: object = {}): Promise<void> => {
      const request = { transactionalId: id, producerId, producerEpoch: epoch, committed, ...more }
      for (;;) {
        const answer = await raw.client.call(apis.endTxn, generation === 2 ? 5 : 4, request)
        // The end before it is still being written.
        if (answer.errorCode === 51) {
          await sleep(20)
          continue
        }
        note(`EndTxn ${what}`, [answer.errorCode, answer.producerEpoch < 0 ? -1 : answer.producerEpoch - epoch])
        if (answer.errorCode === 0 && generation === 2) epoch = answer.producerEpoch
        return
      }
    }
    const produce = async (what: string, baseSequence: number, producerEpochSent = epoch): Promise<void> => {
      const identity = { producerId, producerEpoch: producerEpochSent, baseSequence, transactional: true }
      const answer = await raw.client.call(apis.produce, generation === 2 ? 12 : 10, {
        transactionalId: id,
        acks: -1,
        timeoutMs: 10_000,
        topicData: [{ name: 'a', partitionData: [{ index: 0, records: batch(identity) }] }],
      })
      note(`Produce ${what}`, answer.responses[0]!.partitionResponses[0]!.errorCode)
    }
    const add = async (what: string, more: object = {}): Promise<void> => {
      const request = {
        transactionalId: id,
        producerId,
        producerEpoch: epoch,
        topics: [{ name: 'a', partitions: [0] }],
        ...more,
      }
      for (;;) {
        const { resultsByTopic } = await raw.client.call(apis.addPartitionsToTxn, 3, request)
        const error = resultsByTopic[0]!.resultsByPartition[0]!.partitionErrorCode
        if (error !== 51) return note(`AddPartitionsToTxn ${what}`, error)
        await sleep(20)
      }
    }
    await end('before anything, committed', true)
    await end('before anything, aborted', false)
    if (generation === 1) {
      await produce('before its partition was added', 0)
      await add('of another producer', { producerId: 999_999n })
      await add('of another epoch', { producerEpoch: 9 })
      await add('')
    }
    await produce('', 0)
    await end('of another producer', true, { producerId: 999_999n })
    await end('of an epoch to come', true, { producerEpoch: epoch + 5 })
    await end('committed', true)
    await end('committed, again', true)
    await end('aborted, too', false)
    if (generation === 1) await produce('after the end', 1)
  }
}
