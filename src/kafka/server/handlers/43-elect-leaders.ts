// ElectLeaders, versions 0 to 2: each partition's leader is this node already, so that no election is needed.
import { apis, kafkaErrors } from '../../wire/index.ts'
import { defineHandler } from '../handler.ts'

export const electLeaders = defineHandler(apis.electLeaders, (broker, client, request) => {
  if (!broker.allows(client, 'alter', 'cluster', broker.clusterName)) {
    return { throttleTimeMs: 0, errorCode: kafkaErrors.clusterAuthorizationFailed, replicaElectionResults: [] }
  }
  const isKnown = request.electionType === 0 || request.electionType === 1
  // Asked of all partitions, only those are answered of which one took place.
  const replicaElectionResults = (request.topicPartitions ?? []).map(({ topic, partitions }) => {
    const count = broker.reader.partitionCount(topic) ?? 0
    return {
      topic,
      partitionResult: partitions.map((partitionId) => {
        const isThere = partitionId >= 0 && partitionId < count
        if (!isKnown)
          return { partitionId, errorCode: kafkaErrors.invalidRequest, errorMessage: 'there is no such election' }
        return {
          partitionId,
          errorCode: isThere ? kafkaErrors.electionNotNeeded : kafkaErrors.unknownTopicOrPartition,
          errorMessage: isThere ? 'the leader is the only replica' : 'there is no such partition',
        }
      }),
    }
  })
  return { throttleTimeMs: 0, errorCode: isKnown ? 0 : kafkaErrors.invalidRequest, replicaElectionResults }
})
