// DeleteRecords, versions 0 to 2: moves a partition's start; -1 means up to its end. Not for topics that are only compacted.
import { apis, kafkaErrors } from '../../wire/index.ts'
import type { DeleteRecordsResponseInput } from '../../wire/index.ts'
import type { Broker } from '../broker.ts'
import { defineHandler } from '../handler.ts'
import type { Client } from '../handler.ts'

type PartitionAnswer = DeleteRecordsResponseInput['topics'][number]['partitions'][number]

export const deleteRecords = defineHandler(apis.deleteRecords, async (broker, client, request) => {
  const topics: { name: string; partitions: PartitionAnswer[] }[] = []
  for (const { name, partitions } of request.topics) {
    const error = topicError(broker, client, name)
    const answers: PartitionAnswer[] = []
    for (const { partitionIndex, offset } of partitions) {
      if (error !== 0) answers.push({ partitionIndex, lowWatermark: -1, errorCode: error })
      else answers.push(await deleteFrom(broker, name, partitionIndex, offset))
    }
    topics.push({ name, partitions: answers })
  }
  return { topics }
})

function topicError(broker: Broker, client: Client, name: string): number {
  if (!broker.allows(client, 'delete', 'topic', name)) return kafkaErrors.topicAuthorizationFailed
  const info = broker.reader.topic(name)
  if (!info) return kafkaErrors.unknownTopicOrPartition
  return broker.configs.inherit(info).configs['cleanup.policy'] === 'compact' ? kafkaErrors.policyViolation : 0
}

async function deleteFrom(
  broker: Broker,
  topic: string,
  partitionIndex: number,
  offset: number,
): Promise<PartitionAnswer> {
  const refuse = (errorCode: number): PartitionAnswer => ({ partitionIndex, lowWatermark: -1, errorCode })
  const count = broker.reader.partitionCount(topic) ?? 0
  if (partitionIndex < 0 || partitionIndex >= count) return refuse(kafkaErrors.unknownTopicOrPartition)
  if (offset < -1 || offset > broker.reader.highWatermark(topic, partitionIndex))
    return refuse(kafkaErrors.offsetOutOfRange)
  const outcome = await broker.log.deleteRecords(topic, partitionIndex, offset)
  if (!outcome.ok) return refuse(outcome.error)
  return { partitionIndex, lowWatermark: outcome.logStartOffset, errorCode: 0 }
}
