// AlterPartitionReassignments, versions 0 and 1: one node has every partition. To give it to this node changes nothing; another node
// there is none.
import { apis, kafkaErrors } from '../../wire/index.ts'
import type { Broker } from '../broker.ts'
import { defineHandler } from '../handler.ts'

export const alterPartitionReassignments = defineHandler(
  apis.alterPartitionReassignments,
  (broker, client, request) => {
    if (!broker.allows(client, 'alter', 'cluster', broker.clusterName)) {
      return {
        throttleTimeMs: 0,
        errorCode: kafkaErrors.clusterAuthorizationFailed,
        errorMessage: 'no right to alter the cluster',
        responses: [],
      }
    }
    const responses = request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, replicas }) => ({
        partitionIndex,
        ...outcome(broker, name, partitionIndex, replicas),
      })),
    }))
    return { throttleTimeMs: 0, errorCode: 0, errorMessage: null, responses }
  },
)

function outcome(
  broker: Broker,
  topic: string,
  partition: number,
  replicas: readonly number[] | null,
): { errorCode: number; errorMessage: string | null } {
  if (partition < 0 || partition >= (broker.reader.partitionCount(topic) ?? 0)) {
    return { errorCode: kafkaErrors.unknownTopicOrPartition, errorMessage: 'there is no such partition' }
  }
  if (replicas === null) {
    return { errorCode: kafkaErrors.noReassignmentInProgress, errorMessage: 'no reassignment is under way' }
  }
  if (replicas.length === 1 && replicas[0] === broker.nodeId) return { errorCode: 0, errorMessage: null }
  const errorMessage = `the only node is ${broker.nodeId}, and it holds one copy`
  return { errorCode: kafkaErrors.invalidReplicaAssignment, errorMessage }
}
