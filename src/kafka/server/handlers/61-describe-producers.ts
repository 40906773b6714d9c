// DescribeProducers, version 0: what partitions know of producers, their open transactions among it.
import { apis, kafkaErrors } from '../../wire/index.ts'
import type { DescribeProducersResponseInput } from '../../wire/index.ts'
import type { Broker } from '../broker.ts'
import { defineHandler } from '../handler.ts'

type PartitionAnswer = DescribeProducersResponseInput['topics'][number]['partitions'][number]

export const describeProducers = defineHandler(apis.describeProducers, async (broker, client, request) => {
  const topics = await Promise.all(
    request.topics.map(async ({ name, partitionIndexes }) => {
      const allowed = broker.allows(client, 'read', 'topic', name)
      const partitions = await Promise.all(
        partitionIndexes.map((partition) =>
          allowed ? describe(broker, name, partition) : refuse(partition, kafkaErrors.topicAuthorizationFailed, null),
        ),
      )
      return { name, partitions }
    }),
  )
  return { topics }
})

async function describe(broker: Broker, topic: string, partitionIndex: number): Promise<PartitionAnswer> {
  const outcome = await broker.log.producers(topic, partitionIndex)
  if (!outcome.ok) return refuse(partitionIndex, outcome.error, outcome.message)
  const activeProducers = outcome.producers.map(
    ({ producerId, producerEpoch, lastSequence, lastTimestampMs: lastTimestamp, coordinatorEpoch, openFrom }) => ({
      producerId,
      producerEpoch,
      lastSequence,
      lastTimestamp,
      coordinatorEpoch,
      currentTxnStartOffset: openFrom,
    }),
  )
  return { partitionIndex, errorCode: 0, activeProducers }
}

function refuse(partitionIndex: number, errorCode: number, errorMessage: string | null): PartitionAnswer {
  return { partitionIndex, errorCode, errorMessage, activeProducers: [] }
}
