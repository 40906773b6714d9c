// AlterReplicaLogDirs, versions 1 and 2: a node has one folder, where each partition lies already; there is no other to move it to.
import { apis, kafkaErrors } from '../../wire/index.ts'
import type { Broker } from '../broker.ts'
import { defineHandler } from '../handler.ts'

export const alterReplicaLogDirs = defineHandler(apis.alterReplicaLogDirs, (broker, client, { dirs }) => {
  const allowed = broker.allows(client, 'alter', 'cluster', broker.clusterName)
  const results = dirs.flatMap(({ path, topics }) =>
    topics.map(({ name: topicName, partitions }) => ({
      topicName,
      partitions: partitions.map((partitionIndex) => ({
        partitionIndex,
        errorCode: allowed
          ? moveError(broker, path, topicName, partitionIndex)
          : kafkaErrors.clusterAuthorizationFailed,
      })),
    })),
  )
  return { throttleTimeMs: 0, results }
})

function moveError(broker: Broker, path: string, topic: string, partition: number): number {
  if (path !== broker.logFolder) return kafkaErrors.logDirNotFound
  const count = broker.reader.partitionCount(topic) ?? 0
  return partition >= 0 && partition < count ? 0 : kafkaErrors.unknownTopicOrPartition
}
