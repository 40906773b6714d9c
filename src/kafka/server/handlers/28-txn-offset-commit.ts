// TxnOffsetCommit, versions 0 to 6: a group's offsets within a transaction; they count once it is committed. From version 5 on
// the group joins the transaction by this request itself. Version 6 names topics by id.
import { encodeText } from '../../../base/index.ts'
import { offsetsTopic } from '../../../log/index.ts'
import { apis, kafkaErrors } from '../../wire/index.ts'
import type { TxnOffsetCommitRequest } from '../../wire/index.ts'
import type { Broker } from '../broker.ts'
import type { OffsetChange } from '../groups/offsets.ts'
import { defineHandler } from '../handler.ts'
import type { Client } from '../handler.ts'

type TopicRequest = TxnOffsetCommitRequest['topics'][number]

export const txnOffsetCommit = defineHandler(apis.txnOffsetCommit, async (broker, client, request, version) => {
  const whole = requestError(broker, client, request)
  const changes: OffsetChange[] = []
  const topics = request.topics.map((topic) => {
    const { error, name, topicId } =
      whole !== 0 ? { error: whole, name: topic.name, topicId: undefined } : findTopic(broker, client, topic, version)
    const partitions = topic.partitions.map((partition) => {
      const {
        partitionIndex,
        committedOffset: offset,
        committedLeaderEpoch: leaderEpoch,
        committedMetadata,
      } = partition
      const errorCode = error !== 0 ? error : partitionError(broker, name, partition)
      const value = { offset, leaderEpoch, metadata: committedMetadata ?? '', topicId }
      if (errorCode === 0) changes.push({ topic: name, partition: partitionIndex, value })
      return { partitionIndex, errorCode }
    })
    return { name: topic.name, topicId: topic.topicId, partitions }
  })
  const error = changes.length === 0 ? 0 : await commit(broker, request, changes, version)
  if (error === 0) return { topics }
  return {
    topics: topics.map((topic) => ({
      ...topic,
      partitions: topic.partitions.map((one) => (one.errorCode === 0 ? { ...one, errorCode: error } : one)),
    })),
  }
})

async function commit(
  broker: Broker,
  request: TxnOffsetCommitRequest,
  changes: readonly OffsetChange[],
  version: number,
): Promise<number> {
  const { transactionalId: id, groupId, memberId, groupInstanceId: instanceId, generationIdOrMemberEpoch } = request
  const { offsets } = broker.groups
  if ((await offsets.ensureTopic()) !== 0) return kafkaErrors.coordinatorNotAvailable
  const identity = { memberId, instanceId, generation: generationIdOrMemberEpoch }
  await broker.groups.load(groupId)
  const late = broker.groups.mayCommit(groupId, identity, { transactional: true, partitions: changes })
  if (late !== 0) return late
  const refused = broker.transactions.check(id, request)
  // As for Produce: the older name, which every version knows.
  if (refused === kafkaErrors.producerFenced) return kafkaErrors.invalidProducerEpoch
  if (refused !== 0) return refused
  const place = { topic: offsetsTopic.name, partition: offsets.partitionOf(groupId) }
  if (version >= 5) void broker.transactions.join(id, [place], 2)
  else if (!broker.transactions.has(id, place))
    return version >= 4 ? kafkaErrors.transactionAbortable : kafkaErrors.invalidTxnState
  return offsets.changeInTransaction(groupId, changes, request)
}

function requestError(broker: Broker, client: Client, { transactionalId, groupId }: TxnOffsetCommitRequest): number {
  if (!broker.allows(client, 'write', 'transactional-id', transactionalId))
    return kafkaErrors.transactionalIdAuthorizationFailed
  if (!broker.allows(client, 'read', 'group', groupId)) return kafkaErrors.groupAuthorizationFailed
  return groupId === '' || groupId.length > broker.limits.groupIdLengthMax ? kafkaErrors.invalidGroupId : 0
}

function findTopic(
  broker: Broker,
  client: Client,
  topic: TopicRequest,
  version: number,
): { error: number; name: string; topicId?: string } {
  const info = version >= 6 ? broker.reader.topicById(topic.topicId) : broker.reader.topic(topic.name)
  const name = info?.name ?? topic.name
  if (info && !broker.allows(client, 'read', 'topic', name))
    return { error: kafkaErrors.topicAuthorizationFailed, name }
  if (info) return { error: 0, name, topicId: info.id }
  const { unknownTopicId, unknownTopicOrPartition, topicAuthorizationFailed } = kafkaErrors
  if (version >= 6) return { error: unknownTopicId, name }
  return {
    error: broker.allows(client, 'read', 'topic', name) ? unknownTopicOrPartition : topicAuthorizationFailed,
    name,
  }
}

function partitionError(broker: Broker, topic: string, partition: TopicRequest['partitions'][number]): number {
  const count = broker.reader.partitionCount(topic) ?? 0
  if (partition.partitionIndex < 0 || partition.partitionIndex >= count) return kafkaErrors.unknownTopicOrPartition
  const tooLarge = encodeText(partition.committedMetadata ?? '').length > broker.limits.offsetMetadataBytesMax
  return tooLarge ? kafkaErrors.offsetMetadataTooLarge : 0
}
