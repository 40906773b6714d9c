// OffsetForLeaderEpoch, versions 2 to 4. There has been one leader, in epoch 0: its end is the log's; later epochs are unknown.
import { apis, kafkaErrors } from '../../wire/index.ts'
import { defineHandler } from '../handler.ts'

export const offsetForLeaderEpoch = defineHandler(apis.offsetForLeaderEpoch, (broker, client, request) => {
  const topics = request.topics.map(({ topic, partitions }) => {
    const allowed = broker.allows(client, 'describe', 'topic', topic)
    const count = broker.reader.partitionCount(topic) ?? 0
    return {
      topic,
      partitions: partitions.map(({ partition, leaderEpoch, currentLeaderEpoch }) => {
        const unknown = partition < 0 || partition >= count
        const errorCode = !allowed
          ? kafkaErrors.topicAuthorizationFailed
          : unknown
            ? kafkaErrors.unknownTopicOrPartition
            : currentLeaderEpoch > 0
              ? kafkaErrors.unknownLeaderEpoch
              : 0
        if (errorCode !== 0 || leaderEpoch !== 0) return { errorCode, partition, leaderEpoch: -1, endOffset: -1 }
        return { errorCode, partition, leaderEpoch: 0, endOffset: broker.reader.highWatermark(topic, partition) }
      }),
    }
  })
  return { topics }
})
