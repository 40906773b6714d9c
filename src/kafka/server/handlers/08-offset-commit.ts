// OffsetCommit, versions 2 to 10: a member's offsets in its generation, or anyone's for a group that nobody is in. All of a
// request's partitions that may be committed go into one batch. The retention time of old versions is ignored, as in Kafka.
import { encodeText } from '../../../base/index.ts'
import { apis, kafkaErrors } from '../../wire/index.ts'
import type { OffsetCommitRequest } from '../../wire/index.ts'
import type { Broker } from '../broker.ts'
import type { OffsetChange } from '../groups/offsets.ts'
import { defineHandler } from '../handler.ts'
import type { Client } from '../handler.ts'

type TopicRequest = OffsetCommitRequest['topics'][number]

export const offsetCommit = defineHandler(apis.offsetCommit, async (broker, client, request, version) => {
  const { groupId, memberId, groupInstanceId, generationIdOrMemberEpoch } = request
  const whole = groupError(broker, client, request)
  await broker.groups.load(groupId)
  const changes: OffsetChange[] = []
  const topics = request.topics.map((topic) => {
    const { error, name, topicId } =
      whole !== 0 ? { error: whole, name: topic.name, topicId: undefined } : findTopic(broker, client, topic, version)
    const partitions = topic.partitions.map((partition) => {
      const { partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata } = partition
      const errorCode = error !== 0 ? error : partitionError(broker, name, partition)
      if (errorCode === 0) {
        const value = {
          offset: committedOffset,
          leaderEpoch: committedLeaderEpoch,
          metadata: committedMetadata ?? '',
          topicId,
        }
        changes.push({ topic: name, partition: partitionIndex, value })
      }
      return { partitionIndex, errorCode }
    })
    return { name: topic.name, topicId: topic.topicId, partitions }
  })
  const identity = { memberId, instanceId: groupInstanceId, generation: generationIdOrMemberEpoch }
  const hasOffsets = identity.generation >= 0 && (await broker.groups.offsets.offsetsOf(groupId)) !== undefined
  const options = { version, hasOffsets, partitions: changes }
  const late = whole !== 0 ? 0 : broker.groups.mayCommit(groupId, identity, options)
  const error = late !== 0 ? late : await broker.groups.commit(groupId, changes)
  if (error === 0) return { topics }
  return {
    topics: topics.map((topic) => ({
      ...topic,
      partitions: topic.partitions.map((one) => (one.errorCode === 0 ? { ...one, errorCode: error } : one)),
    })),
  }
})

function groupError(
  broker: Broker,
  client: Client,
  { groupId, generationIdOrMemberEpoch }: OffsetCommitRequest,
): number {
  if (!broker.allows(client, 'read', 'group', groupId)) return kafkaErrors.groupAuthorizationFailed
  if (groupId.length > broker.limits.groupIdLengthMax) return kafkaErrors.invalidGroupId
  // An empty group id was once allowed for those who are in no group.
  return groupId === '' && generationIdOrMemberEpoch >= 0 ? kafkaErrors.invalidGroupId : 0
}

function findTopic(
  broker: Broker,
  client: Client,
  topic: TopicRequest,
  version: number,
): { error: number; name: string; topicId?: string } {
  const info = version >= 10 ? broker.reader.topicById(topic.topicId) : broker.reader.topic(topic.name)
  const name = info?.name ?? topic.name
  if (!broker.allows(client, 'read', 'topic', name)) return { error: kafkaErrors.topicAuthorizationFailed, name }
  if (info) return { error: 0, name, topicId: info.id }
  return { error: version >= 10 ? kafkaErrors.unknownTopicId : kafkaErrors.unknownTopicOrPartition, name }
}

function partitionError(broker: Broker, topic: string, partition: TopicRequest['partitions'][number]): number {
  const count = broker.reader.partitionCount(topic) ?? 0
  if (partition.partitionIndex < 0 || partition.partitionIndex >= count) return kafkaErrors.unknownTopicOrPartition
  const tooLarge = encodeText(partition.committedMetadata ?? '').length > broker.limits.offsetMetadataBytesMax
  return tooLarge ? kafkaErrors.offsetMetadataTooLarge : 0
}
