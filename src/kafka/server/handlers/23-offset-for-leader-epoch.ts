// OffsetForLeaderEpoch, versions 2 to 4: where a leader epoch ended, so that a client with an offset of it can tell whether
// that record is still the one it saw. The current epoch ends at the end of what is durable.
import { endOfLeaderEpoch } from '../../../log/index.ts'
import { apis, kafkaErrors } from '../../wire/index.ts'
import type { OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponseInput } from '../../wire/index.ts'
import type { Broker } from '../broker.ts'
import { defineHandler } from '../handler.ts'
import { leaderEpochError } from '../leader-epoch.ts'
import type { TopicInfo } from '../log-face.ts'
import { whileThere } from '../while-there.ts'

type PartitionRequest = OffsetForLeaderEpochRequest['topics'][number]['partitions'][number]
type PartitionAnswer = OffsetForLeaderEpochResponseInput['topics'][number]['partitions'][number]

export const offsetForLeaderEpoch = defineHandler(apis.offsetForLeaderEpoch, (broker, client, request) => {
  const topics = request.topics.map(({ topic, partitions }) => {
    const allowed = broker.allows(client, 'describe', 'topic', topic)
    const info = broker.reader.topic(topic)
    return {
      topic,
      partitions: partitions.map((one) => {
        if (!allowed) return refuse(one.partition, kafkaErrors.topicAuthorizationFailed)
        const unknown = (): PartitionAnswer => refuse(one.partition, kafkaErrors.unknownTopicOrPartition)
        return info ? whileThere(broker, info, () => findEnd(broker, info, one), unknown) : unknown()
      }),
    }
  })
  return { topics }
})

function findEnd(
  broker: Broker,
  { name: topic, partitionCount }: TopicInfo,
  request: PartitionRequest,
): PartitionAnswer {
  const { partition, leaderEpoch, currentLeaderEpoch } = request
  const { reader } = broker
  if (partition < 0 || partition >= partitionCount) return refuse(partition, kafkaErrors.unknownTopicOrPartition)
  const error = leaderEpochError(broker, topic, partition, currentLeaderEpoch)
  if (error !== 0) return refuse(partition, error)
  const end = endOfLeaderEpoch(
    reader.leaderEpochs(topic, partition),
    leaderEpoch,
    reader.highWatermark(topic, partition),
  )
  return end ? { errorCode: 0, partition, ...end } : refuse(partition, 0)
}

function refuse(partition: number, errorCode: number): PartitionAnswer {
  return { errorCode, partition, leaderEpoch: -1, endOffset: -1 }
}
