// DeleteRecords, versions 0 to 2: moves a partition's start; -1 means up to its end. Not for topics that are only
// compacted, nor for the platform's own.
import { apis, kafkaErrors } from '../../wire/index.ts'
import type { DeleteRecordsResponseInput } from '../../wire/index.ts'
import type { Broker } from '../broker.ts'
import { defineHandler } from '../handler.ts'
import type { Client } from '../handler.ts'
import { isKept } from '../kept-topics.ts'
import type { TopicInfo } from '../log-face.ts'
import { whileThere } from '../while-there.ts'

type PartitionAnswer = DeleteRecordsResponseInput['topics'][number]['partitions'][number]

export const deleteRecords = defineHandler(apis.deleteRecords, async (broker, client, request) => {
  const topics: { name: string; partitions: PartitionAnswer[] }[] = []
  for (const { name, partitions } of request.topics) {
    const info = broker.reader.topic(name)
    const error = topicError(broker, client, name, info)
    const answers: PartitionAnswer[] = []
    for (const { partitionIndex, offset } of partitions) {
      if (error !== 0) answers.push({ partitionIndex, lowWatermark: -1, errorCode: error })
      else answers.push(await deleteFrom(broker, info!, partitionIndex, offset))
    }
    topics.push({ name, partitions: answers })
  }
  return { topics }
})

function topicError(broker: Broker, client: Client, name: string, info: TopicInfo | undefined): number {
  if (!broker.allows(client, 'delete', 'topic', name)) return kafkaErrors.topicAuthorizationFailed
  if (!info) return kafkaErrors.unknownTopicOrPartition
  if (isKept(info)) return kafkaErrors.invalidTopic
  return broker.configs.inherit(info).configs['cleanup.policy'] === 'compact' ? kafkaErrors.policyViolation : 0
}

async function deleteFrom(
  broker: Broker,
  info: TopicInfo,
  partitionIndex: number,
  offset: number,
): Promise<PartitionAnswer> {
  const refuse = (errorCode: number): PartitionAnswer => ({ partitionIndex, lowWatermark: -1, errorCode })
  const { name: topic, partitionCount } = info
  if (partitionIndex < 0 || partitionIndex >= partitionCount) return refuse(kafkaErrors.unknownTopicOrPartition)
  // A topic that is gone is refused by the log.
  const look = (): number => broker.reader.highWatermark(topic, partitionIndex)
  const end = whileThere(broker, info, look, () => Infinity)
  if (offset < -1 || offset > end) return refuse(kafkaErrors.offsetOutOfRange)
  const outcome = await broker.log.deleteRecords(topic, partitionIndex, offset)
  if (!outcome.ok) return refuse(outcome.error)
  return { partitionIndex, lowWatermark: outcome.logStartOffset, errorCode: 0 }
}
