// OffsetFetch, versions 1 to 10: one group up to version 7, several from 8 on. A partition without an offset answers -1 and no
// error; where a transaction's commit waits for its end, who asks for stable offsets is told 88 and asks again. A member of the
// new protocol says its epoch from version 9 on, and is told 113 when that is not its own.
import { apis, kafkaErrors, zeroUuid } from '../../wire/index.ts'
import type { OffsetFetchRequest, OffsetFetchResponseInput } from '../../wire/index.ts'
import type { Broker } from '../broker.ts'
import type { CommittedOffset } from '../groups/offsets.ts'
import { defineHandler } from '../handler.ts'
import type { Client } from '../handler.ts'

type GroupRequest = OffsetFetchRequest['groups'][number]
type GroupAnswer = NonNullable<OffsetFetchResponseInput['groups']>[number]
type Offsets = ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>>

export const offsetFetch = defineHandler(apis.offsetFetch, async (broker, client, request, version) => {
  if (version >= 8) {
    const groups: GroupAnswer[] = []
    for (const group of request.groups)
      groups.push(await fetchGroup(broker, client, group, request.requireStable, version))
    return { groups }
  }
  const topics = request.topics?.map((topic) => ({ ...topic, topicId: zeroUuid })) ?? null
  const group = { groupId: request.groupId, memberId: null, memberEpoch: -1, topics }
  const { errorCode, ...answer } = await fetchGroup(broker, client, group, request.requireStable, version)
  if (version >= 2 || errorCode === 0)
    return { errorCode, topics: answer.topics.map((topic) => ({ name: '', ...topic })) }
  // Version 1 has no error of its own: each partition carries it.
  const refused = (topics ?? []).map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((partition) => answerOf(partition, undefined, errorCode)),
  }))
  return { errorCode, topics: refused }
})

async function fetchGroup(
  broker: Broker,
  client: Client,
  group: GroupRequest,
  requireStable: boolean,
  version: number,
): Promise<GroupAnswer> {
  const { groupId } = group
  if (!broker.allows(client, 'describe', 'group', groupId)) {
    return { groupId, topics: [], errorCode: kafkaErrors.groupAuthorizationFailed }
  }
  await broker.groups.load(groupId)
  const late = broker.groups.mayFetch(groupId, group.memberId, group.memberEpoch)
  if (late !== 0) return { groupId, topics: [], errorCode: late }
  const offsets: Offsets = (await broker.groups.offsets.offsetsOf(groupId)) ?? new Map()
  const topics =
    group.topics === null
      ? allTopics(broker, client, offsets, version)
      : namedTopics(broker, client, group.topics, offsets, version)
  return { groupId, topics: requireStable ? onlyStable(broker, groupId, topics) : topics, errorCode: 0 }
}

function onlyStable(broker: Broker, groupId: string, topics: GroupAnswer['topics']): GroupAnswer['topics'] {
  const isUnstable = broker.groups.offsets.unstableOf(groupId)
  return topics.map((topic) => ({
    ...topic,
    partitions: topic.partitions.map((one) =>
      one.errorCode === 0 && isUnstable(topic.name ?? '', one.partitionIndex)
        ? answerOf(one.partitionIndex, undefined, kafkaErrors.unstableOffsetCommit)
        : one,
    ),
  }))
}

function allTopics(broker: Broker, client: Client, offsets: Offsets, version: number): GroupAnswer['topics'] {
  const topics: GroupAnswer['topics'][number][] = []
  for (const [name, partitions] of offsets) {
    const topicId = broker.reader.topic(name)?.id
    if (!broker.allows(client, 'describe', 'topic', name) || (version >= 10 && topicId === undefined)) continue
    topics.push({ name, topicId, partitions: [...partitions].map(([index, offset]) => answerOf(index, offset, 0)) })
  }
  return topics
}

function namedTopics(
  broker: Broker,
  client: Client,
  asked: NonNullable<GroupRequest['topics']>,
  offsets: Offsets,
  version: number,
): GroupAnswer['topics'] {
  return asked.map(({ name: asName, topicId, partitionIndexes }) => {
    const name = version >= 10 ? (broker.reader.topicById(topicId)?.name ?? '') : asName
    const unknown = version >= 10 && name === ''
    const allowed = unknown || broker.allows(client, 'describe', 'topic', name)
    const error = unknown ? kafkaErrors.unknownTopicId : allowed ? 0 : kafkaErrors.topicAuthorizationFailed
    const partitions = offsets.get(name)
    return {
      name,
      topicId,
      partitions: partitionIndexes.map((index) =>
        answerOf(index, error === 0 ? partitions?.get(index) : undefined, error),
      ),
    }
  })
}

function answerOf(
  partitionIndex: number,
  offset: CommittedOffset | undefined,
  errorCode: number,
): GroupAnswer['topics'][number]['partitions'][number] {
  return {
    partitionIndex,
    committedOffset: offset?.offset ?? -1,
    committedLeaderEpoch: offset?.leaderEpoch ?? -1,
    metadata: offset?.metadata ?? '',
    errorCode,
  }
}
