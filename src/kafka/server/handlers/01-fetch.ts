// Fetch, versions 4 to 18. Sizes are soft: the first partition with data always yields a whole batch, which may begin below
// the offset asked for. A fetch at the end waits in FetchWaiters and costs nothing until a partition grows.
// Committed readers get what lies below the last stable offset, and the list of what was aborted in it.
// Incremental sessions: see fetch-sessions.ts. Not here: rack-aware replicas, followers.
import { MillraceError } from '../../../base/index.ts'
import { endOfLeaderEpoch } from '../../../log/index.ts'
import { apis, kafkaErrors, zeroUuid } from '../../wire/index.ts'
import type { FetchRequest, FetchResponseInput } from '../../wire/index.ts'
import type { Broker } from '../broker.ts'
import { abortedAmong, endOfBatches } from '../fetched-aborted.ts'
import { defineHandler } from '../handler.ts'
import type { Client } from '../handler.ts'
import { leaderEpochError, leaderEpochOf } from '../leader-epoch.ts'
import type { TopicInfo } from '../log-face.ts'
import type { Lease } from '../slabs.ts'

type TopicRequest = FetchRequest['topics'][number]
type PartitionRequest = TopicRequest['partitions'][number]
type TopicAnswer = FetchResponseInput['responses'][number]
type PartitionAnswer = TopicAnswer['partitions'][number]

interface Collected {
  readonly responses: TopicAnswer[]
  readonly bytes: number
  readonly failed: boolean
  /** Partitions that may still grow. */
  readonly partitions: readonly { topic: string; partition: number }[]
  /** The client is above its quota: it is told at once, and gets nothing. */
  readonly held: boolean
  /** Holds the memory of the records. */
  readonly lease: Lease
}

/** By response, until it is sent. */
const leases = new WeakMap<FetchResponseInput, Lease>()

export const fetch = defineHandler(
  apis.fetch,
  (broker, client, request, version) => {
    const context = broker.fetchSessions.begin(request, version)
    if (typeof context === 'number') return { errorCode: context, responses: [] }
    const whole: FetchRequest = { ...request, topics: context.topics }
    const answer = ({ responses, lease }: Collected): FetchResponseInput => {
      const response = {
        sessionId: context.session?.id ?? 0,
        responses: broker.fetchSessions.finish(context, responses),
      }
      leases.set(response, lease)
      return response
    }
    const first = collect(broker, client, whole, version)
    const waitMs = Math.min(request.maxWaitMs, broker.limits.fetchWaitMsMax)
    if (isEnough(first, request) || waitMs <= 0) return answer(first)
    first.lease.release()
    return wait(broker, client, whole, version, first, waitMs).then(answer)
  },
  { release: (response) => leases.get(response)?.release() },
)

const isEnough = (collected: Collected, request: FetchRequest): boolean =>
  collected.held || collected.failed || collected.bytes >= request.minBytes || collected.partitions.length === 0

function wait(
  broker: Broker,
  client: Client,
  request: FetchRequest,
  version: number,
  first: Collected,
  waitMs: number,
): Promise<Collected> {
  return new Promise((resolve, reject) => {
    let cancelRecheck: (() => void) | undefined
    // Run by timers and by the log: an error is this request's, and nobody else's.
    const look = (isLast = false): void => {
      try {
        const collected = collect(broker, client, request, version)
        if (isLast || isEnough(collected, request)) finish(collected)
        else collected.lease.release()
      } catch (error) {
        end()
        reject(error)
      }
    }
    const end = (): void => {
      leave()
      cancelTimeout()
      cancelRecheck?.()
      client.onClose.delete(end)
    }
    const finish = (collected: Collected): void => {
      end()
      resolve(collected)
    }
    client.onClose.add(end)
    const leave = broker.waiters.add(first.partitions, () => {
      if (request.minBytes <= 1) return look()
      // A look reads what is there; one after each small append would read the same again and again.
      cancelRecheck ??= broker.clock.after(broker.limits.fetchRecheckMs, () => {
        cancelRecheck = undefined
        look()
      })
    })
    const cancelTimeout = broker.clock.after(waitMs, () => look(true))
  })
}

function collect(broker: Broker, client: Client, request: FetchRequest, version: number): Collected {
  const quotaBytes = broker.security.quotas.fetchBytesMax(client)
  const held = quotaBytes === 0
  let budget = Math.min(request.maxBytes, broker.limits.fetchBytesMax, quotaBytes)
  let bytes = 0
  let failed = false
  const partitions: { topic: string; partition: number }[] = []
  const committed = request.isolationLevel === 1
  const lease = broker.slabs.lease()
  const responses = request.topics.map((topic): TopicAnswer => {
    const info = version >= 13 ? broker.reader.topicById(topic.topicId) : broker.reader.topic(topic.topic)
    const error = topicError(broker, client, topic, info, version)
    const answers = topic.partitions.map((partition) => {
      const answer =
        error !== 0
          ? refuse(partition.partition, error)
          : readPartition(broker, info!, partition, { budget, hasBytes: held || bytes > 0, committed, lease })
      const size = answer.records?.length ?? 0
      bytes += size
      budget -= size
      if (answer.errorCode !== 0 || answer.divergingEpoch) failed = true
      else partitions.push({ topic: info!.name, partition: partition.partition })
      return answer
    })
    return { topic: topic.topic, topicId: topic.topicId, partitions: answers }
  })
  return { responses, bytes, failed, held, partitions, lease }
}

function topicError(
  broker: Broker,
  client: Client,
  topic: TopicRequest,
  info: TopicInfo | undefined,
  version: number,
): number {
  if (info && !broker.allows(client, 'read', 'topic', info.name)) return kafkaErrors.topicAuthorizationFailed
  if (info) return 0
  if (version < 13) {
    const allowed = broker.allows(client, 'read', 'topic', topic.topic)
    return allowed ? kafkaErrors.unknownTopicOrPartition : kafkaErrors.topicAuthorizationFailed
  }
  return topic.topicId === zeroUuid ? kafkaErrors.unknownTopicOrPartition : kafkaErrors.unknownTopicId
}

interface Reading {
  readonly budget: number
  /** Something was read before, or nothing may be: then an exhausted budget leaves this partition empty. */
  readonly hasBytes: boolean
  readonly committed: boolean
  readonly lease: Lease
}

/** The log's thread may delete the topic between any two looks at it: it is unknown then. */
function readPartition(broker: Broker, info: TopicInfo, request: PartitionRequest, reading: Reading): PartitionAnswer {
  try {
    return readThere(broker, info, request, reading)
  } catch (error) {
    if (!(error instanceof MillraceError && error.code === 'MR-LOG-004')) throw error
    return refuse(request.partition, kafkaErrors.unknownTopicOrPartition)
  }
}

function readThere(broker: Broker, info: TopicInfo, request: PartitionRequest, reading: Reading): PartitionAnswer {
  const { partition, fetchOffset, partitionMaxBytes } = request
  const { reader } = broker
  const { budget, hasBytes, committed, lease } = reading
  if (partition < 0 || partition >= info.partitionCount) return refuse(partition, kafkaErrors.unknownTopicOrPartition)
  const stale = judgeEpochs(broker, info.name, request)
  if (stale) return stale
  const logStartOffset = reader.startOffset(info.name, partition)
  // In this order, since both only grow.
  const lastStableOffset = reader.endOffset(info.name, partition)
  const highWatermark = reader.highWatermark(info.name, partition)
  const end = committed ? lastStableOffset : highWatermark
  const abortedTransactions: PartitionAnswer['abortedTransactions'] = committed ? [] : null
  const answer = { partitionIndex: partition, highWatermark, lastStableOffset, logStartOffset, abortedTransactions }
  if (fetchOffset < logStartOffset || fetchOffset > highWatermark) {
    return refuse(partition, kafkaErrors.offsetOutOfRange)
  }
  const bytesMax = Math.min(partitionMaxBytes, budget)
  // At the end of a partition that is offline acknowledged records may be missing: reading tells.
  const isAtEnd =
    fetchOffset >= end && (fetchOffset < highWatermark || reader.status(info.name, partition) === 'online')
  if (isAtEnd || (bytesMax <= 0 && hasBytes)) return { ...answer, errorCode: 0, records: noBytes }
  try {
    const into = { end, allocate: (size: number) => lease.take(size), checkOnce: true }
    const records = reader.readUncommitted(info.name, partition, fetchOffset, Math.max(bytesMax, 1), into)
    if (!committed) return { ...answer, errorCode: 0, records }
    return { ...answer, errorCode: 0, records, abortedTransactions: abortedIn(broker, info.name, request, records) }
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    if (error.code === 'MR-LOG-001') broker.onDamage(error)
    // Retention may have passed the offset since; anything else is the disk's fault.
    const gone = fetchOffset < reader.startOffset(info.name, partition)
    return refuse(partition, gone ? kafkaErrors.offsetOutOfRange : kafkaErrors.kafkaStorageError)
  }
}

const noBytes = new Uint8Array(0)

/**
 * What a client must hear before any record: that its epoch is not the current one, or where the log parted from what it read
 * (KIP-595: `lastFetchedEpoch` is that of the record below the offset).
 */
function judgeEpochs(broker: Broker, topic: string, request: PartitionRequest): PartitionAnswer | undefined {
  const { partition, fetchOffset, currentLeaderEpoch: claimed, lastFetchedEpoch } = request
  const { reader, nodeId } = broker
  const error = leaderEpochError(broker, topic, partition, claimed)
  if (error !== 0) {
    const leaderEpoch = leaderEpochOf(broker, topic, partition)
    return { ...refuse(partition, error), currentLeader: { leaderId: nodeId, leaderEpoch } }
  }
  if (lastFetchedEpoch < 0) return undefined
  const highWatermark = reader.highWatermark(topic, partition)
  const end = endOfLeaderEpoch(reader.leaderEpochs(topic, partition), lastFetchedEpoch, highWatermark)
  if (!end) return refuse(partition, kafkaErrors.offsetOutOfRange)
  if (end.leaderEpoch === lastFetchedEpoch && end.endOffset >= fetchOffset) return undefined
  const divergingEpoch = { epoch: end.leaderEpoch, endOffset: end.endOffset }
  return { ...refuse(partition, 0), highWatermark, divergingEpoch }
}

/** What was aborted in the records that go out. */
function abortedIn(
  { reader }: Broker,
  topic: string,
  { partition, fetchOffset }: PartitionRequest,
  records: Uint8Array,
): PartitionAnswer['abortedTransactions'] {
  const listed = reader.abortedTransactions(topic, partition, fetchOffset, endOfBatches(records, fetchOffset))
  return abortedAmong(listed, records).map(({ producerId, firstOffset }) => ({
    producerId: BigInt(producerId),
    firstOffset,
  }))
}

function refuse(partitionIndex: number, errorCode: number): PartitionAnswer {
  return {
    partitionIndex,
    errorCode,
    highWatermark: -1,
    lastStableOffset: -1,
    abortedTransactions: null,
    records: new Uint8Array(0),
  }
}
