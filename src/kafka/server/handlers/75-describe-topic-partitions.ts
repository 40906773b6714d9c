// DescribeTopicPartitions, version 0: partitions of topics in the order of their names, as many as asked for, with a cursor to the rest.
import { apis, kafkaErrors, zeroUuid } from '../../wire/index.ts'
import type { DescribeTopicPartitionsResponseInput } from '../../wire/index.ts'
import { authorizedOperations } from '../broker.ts'
import type { Broker } from '../broker.ts'
import { defineHandler } from '../handler.ts'
import { leaderEpochOf } from '../leader-epoch.ts'
import type { TopicInfo } from '../log-face.ts'
import { topicNameProblem } from '../topics.ts'
import { whileThere } from '../while-there.ts'

type TopicAnswer = DescribeTopicPartitionsResponseInput['topics'][number]

/** 'max.request.partition.size.limit'. */
const partitionsMax = 2000

export const describeTopicPartitions = defineHandler(apis.describeTopicPartitions, (broker, client, request) => {
  const { reader } = broker
  const asksAll = request.topics.length === 0
  const names = asksAll ? reader.topics().map(({ name }) => name) : request.topics.map(({ name }) => name)
  const from = request.cursor?.topicName ?? ''
  const inOrder = [...new Set(names)].filter((name) => name >= from).toSorted()
  let left = Math.min(Math.max(1, request.responsePartitionLimit), partitionsMax)
  const topics: TopicAnswer[] = []
  for (const name of inOrder) {
    const info = reader.topic(name)
    if (!broker.allows(client, 'describe', 'topic', name)) {
      if (!asksAll) topics.push(refusal(name, kafkaErrors.topicAuthorizationFailed))
      continue
    }
    if (!info) {
      const errorCode = topicNameProblem(name) ? kafkaErrors.invalidTopic : kafkaErrors.unknownTopicOrPartition
      const operations = authorizedOperations(broker, client, 'topic', name)
      topics.push({ ...refusal(name, errorCode), topicAuthorizedOperations: operations })
      continue
    }
    const first = name === from ? Math.max(0, request.cursor?.partitionIndex ?? 0) : 0
    const count = Math.min(left, Math.max(0, info.partitionCount - first))
    if (left === 0) return { throttleTimeMs: 0, topics, nextCursor: { topicName: name, partitionIndex: 0 } }
    const gone = (): TopicAnswer => refusal(name, kafkaErrors.unknownTopicOrPartition)
    topics.push({
      ...whileThere(broker, info, () => answerOf(broker, info, first, count), gone),
      topicAuthorizedOperations: authorizedOperations(broker, client, 'topic', name),
    })
    left -= count
    if (first + count < info.partitionCount) {
      return { throttleTimeMs: 0, topics, nextCursor: { topicName: name, partitionIndex: first + count } }
    }
  }
  return { throttleTimeMs: 0, topics, nextCursor: null }
})

function refusal(name: string, errorCode: number): TopicAnswer {
  return { errorCode, name, topicId: zeroUuid, isInternal: false, partitions: [] }
}

function answerOf(broker: Broker, { name, id, internal }: TopicInfo, first: number, count: number): TopicAnswer {
  const { nodeId, reader } = broker
  const partitions = Array.from({ length: count }, (_, i) => ({
    errorCode: reader.status(name, first + i) === 'online' ? 0 : kafkaErrors.kafkaStorageError,
    partitionIndex: first + i,
    leaderId: nodeId,
    leaderEpoch: leaderEpochOf(broker, name, first + i),
    replicaNodes: [nodeId],
    isrNodes: [nodeId],
    eligibleLeaderReplicas: [],
    lastKnownElr: [],
    offlineReplicas: [],
  }))
  return { errorCode: 0, name, topicId: id, isInternal: internal, partitions }
}
