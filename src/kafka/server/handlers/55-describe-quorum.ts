// DescribeQuorum, versions 0 to 2: a quorum of one. There is no metadata log beside the node's own; its end is said as 0.
import { apis, kafkaErrors, zeroUuid } from '../../wire/index.ts'
import { defineHandler } from '../handler.ts'

const metadataTopic = '__cluster_metadata'

export const describeQuorum = defineHandler(apis.describeQuorum, (broker, client, request) => {
  if (!broker.allows(client, 'describe', 'cluster', broker.clusterName)) {
    const errorMessage = 'no right to describe the cluster'
    return { errorCode: kafkaErrors.clusterAuthorizationFailed, errorMessage, topics: [], nodes: [] }
  }
  const { nodeId } = broker
  const nowMs = broker.clock.nowMs()
  const voter = {
    replicaId: nodeId,
    replicaDirectoryId: zeroUuid,
    logEndOffset: 0,
    lastFetchTimestamp: nowMs,
    lastCaughtUpTimestamp: nowMs,
  }
  const topics = request.topics.map(({ topicName, partitions }) => ({
    topicName,
    partitions: partitions.map(({ partitionIndex }) => {
      const isKnown = topicName === metadataTopic && partitionIndex === 0
      return {
        partitionIndex,
        errorCode: isKnown ? 0 : kafkaErrors.unknownTopicOrPartition,
        errorMessage: isKnown ? null : `only ${metadataTopic} has a quorum`,
        leaderId: isKnown ? nodeId : -1,
        leaderEpoch: isKnown ? 1 : -1,
        highWatermark: isKnown ? 0 : -1,
        currentVoters: isKnown ? [voter] : [],
        observers: [],
      }
    }),
  }))
  const listener = { name: 'CONTROLLER', ...broker.addressFor(client) }
  return { errorCode: 0, errorMessage: null, topics, nodes: [{ nodeId, listeners: [listener] }] }
})
