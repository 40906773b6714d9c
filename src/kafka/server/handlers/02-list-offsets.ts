// ListOffsets, versions 1 to 11: the first record at or after a time, and the special times. There is no tiered storage: the
// local start is the start, and nothing is known of tiered or pending offsets. For committed readers nothing at or above the last
// stable offset exists.
import { leaderEpochAt } from '../../../log/index.ts'
import { apis, kafkaErrors } from '../../wire/index.ts'
import type { ListOffsetsRequest, ListOffsetsResponseInput } from '../../wire/index.ts'
import type { Broker } from '../broker.ts'
import { defineHandler } from '../handler.ts'
import type { Client } from '../handler.ts'
import { leaderEpochError } from '../leader-epoch.ts'
import type { TopicInfo } from '../log-face.ts'
import { whileThere } from '../while-there.ts'

type PartitionRequest = ListOffsetsRequest['topics'][number]['partitions'][number]
type PartitionAnswer = ListOffsetsResponseInput['topics'][number]['partitions'][number]

const special = {
  latest: -1n,
  earliest: -2n,
  maxTimestamp: -3n,
  earliestLocal: -4n,
  latestTiered: -5n,
  earliestPendingUpload: -6n,
}

/** The version from which on a special time is known; a number below 0 that is not in here is never. */
const knownFrom: ReadonlyMap<bigint, number> = new Map([
  [special.latest, 0],
  [special.earliest, 0],
  [special.maxTimestamp, 7],
  [special.earliestLocal, 8],
  [special.latestTiered, 9],
  [special.earliestPendingUpload, 11],
])

export const listOffsets = defineHandler(apis.listOffsets, (broker, client, request, version) => {
  const topics = request.topics.map(({ name, partitions }) => {
    const info = broker.reader.topic(name)
    const error = topicError(broker, client, name, info)
    const seen = new Set<number>()
    const repeated = new Set(partitions.map((one) => one.partitionIndex).filter((p) => seen.has(p) || !seen.add(p)))
    return {
      name,
      partitions: [...new Map(partitions.map((one) => [one.partitionIndex, one])).values()].map((partition) => {
        if (repeated.has(partition.partitionIndex)) return refuse(partition.partitionIndex, kafkaErrors.invalidRequest)
        if (error !== 0) return refuse(partition.partitionIndex, error)
        const look = (): PartitionAnswer =>
          findOffset(broker, info!, partition, { committed: request.isolationLevel === 1, version })
        return whileThere(broker, info!, look, () =>
          refuse(partition.partitionIndex, kafkaErrors.unknownTopicOrPartition),
        )
      }),
    }
  })
  return { topics }
})

function topicError(broker: Broker, client: Client, name: string, info: TopicInfo | undefined): number {
  if (!broker.allows(client, 'describe', 'topic', name)) return kafkaErrors.topicAuthorizationFailed
  return info ? 0 : kafkaErrors.unknownTopicOrPartition
}

function findOffset(
  broker: Broker,
  { name: topic, partitionCount }: TopicInfo,
  { partitionIndex, timestamp, currentLeaderEpoch }: PartitionRequest,
  { committed, version }: { committed: boolean; version: number },
): PartitionAnswer {
  const { reader } = broker
  if (partitionIndex < 0 || partitionIndex >= partitionCount)
    return refuse(partitionIndex, kafkaErrors.unknownTopicOrPartition)
  if (timestamp < 0n && version < (knownFrom.get(timestamp) ?? Infinity))
    return refuse(partitionIndex, kafkaErrors.unsupportedVersion)
  const epochError = leaderEpochError(broker, topic, partitionIndex, currentLeaderEpoch)
  if (epochError !== 0) return refuse(partitionIndex, epochError)
  const found = (offset: number, timestampMs = -1): PartitionAnswer => ({
    partitionIndex,
    errorCode: 0,
    timestamp: timestampMs,
    offset,
    leaderEpoch: offset < 0 ? -1 : leaderEpochAt(reader.leaderEpochs(topic, partitionIndex), offset),
  })
  const end = committed ? reader.endOffset(topic, partitionIndex) : reader.highWatermark(topic, partitionIndex)
  switch (timestamp) {
    case special.latest:
      return found(end)
    case special.earliest:
    case special.earliestLocal:
      return found(reader.startOffset(topic, partitionIndex))
    case special.latestTiered:
    case special.earliestPendingUpload:
      return found(-1)
    case special.maxTimestamp: {
      const last = reader.maxTimestamp(topic, partitionIndex)
      return last && last.offset < end ? found(last.offset, last.timestampMs) : found(-1)
    }
  }
  const first = reader.listOffsetForTime(topic, partitionIndex, Number(timestamp), end)
  return first ? found(first.offset, first.timestampMs) : found(-1)
}

function refuse(partitionIndex: number, errorCode: number): PartitionAnswer {
  return { partitionIndex, errorCode }
}
