// OffsetDelete, version 0: takes single offsets of a group away, unless its members read that topic.
import { BytesError } from '../../../base/index.ts'
import { apis, kafkaErrors, WireReader } from '../../wire/index.ts'
import type { GroupDescription } from '../groups/coordinator.ts'
import type { OffsetChange } from '../groups/offsets.ts'
import { defineHandler } from '../handler.ts'

export const offsetDelete = defineHandler(apis.offsetDelete, async (broker, client, request) => {
  const { groupId } = request
  if (!broker.allows(client, 'delete', 'group', groupId)) {
    return { errorCode: kafkaErrors.groupAuthorizationFailed, topics: [] }
  }
  if (groupId === '') return { errorCode: kafkaErrors.invalidGroupId, topics: [] }
  await broker.groups.load(groupId)
  const consumers = broker.groups.consumerGroup(groupId)
  const group = await broker.groups.describe(groupId)
  if (group.state === 'Dead' && !consumers) return { errorCode: kafkaErrors.groupIdNotFound, topics: [] }
  if (group.members.length > 0 && group.protocolType !== 'consumer') {
    return { errorCode: kafkaErrors.nonEmptyGroup, topics: [] }
  }
  const subscribed = consumers ? { has: (name: string) => consumers.isSubscribed(name) } : subscribedTopics(group)
  const changes: OffsetChange[] = []
  const topics = request.topics.map(({ name, partitions }) => {
    const allowed = broker.allows(client, 'read', 'topic', name)
    const count = broker.reader.partitionCount(name) ?? 0
    const inUse = subscribed === undefined || subscribed.has(name)
    const answers = partitions.map(({ partitionIndex }) => {
      const isThere = partitionIndex >= 0 && partitionIndex < count
      const errorCode = !allowed
        ? kafkaErrors.topicAuthorizationFailed
        : !isThere
          ? kafkaErrors.unknownTopicOrPartition
          : inUse
            ? kafkaErrors.groupSubscribedToTopic
            : 0
      if (errorCode === 0) changes.push({ topic: name, partition: partitionIndex, value: null })
      return { partitionIndex, errorCode }
    })
    return { name, partitions: answers }
  })
  return { errorCode: await broker.groups.commit(groupId, changes), topics }
})

/** Topics that members subscribe to (ConsumerProtocolSubscription); undefined when that cannot be read. */
function subscribedTopics(group: GroupDescription): Set<string> | undefined {
  const topics = new Set<string>()
  try {
    for (const member of group.members) {
      const reader = new WireReader(member.protocols[0]?.metadata ?? new Uint8Array(0))
      reader.int16()
      for (const topic of reader.array(0, false, (one) => one.string(false))) topics.add(topic)
    }
  } catch (error) {
    if (error instanceof BytesError) return undefined
    throw error
  }
  return topics
}
