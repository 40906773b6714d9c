// DescribeLogDirs, versions 1 to 5: one folder, with the bytes of each partition. The size of the disk is not said (-1).
import { apis, kafkaErrors } from '../../wire/index.ts'
import { defineHandler } from '../handler.ts'

export const describeLogDirs = defineHandler(apis.describeLogDirs, (broker, client, request) => {
  if (!broker.allows(client, 'describe', 'cluster', broker.clusterName)) {
    return { throttleTimeMs: 0, errorCode: kafkaErrors.clusterAuthorizationFailed, results: [] }
  }
  const { reader } = broker
  const asked = request.topics ?? reader.topics().map(({ name }) => ({ topic: name, partitions: null }))
  const topics = asked.flatMap(({ topic: name, partitions }) => {
    const count = reader.partitionCount(name)
    if (count === undefined) return []
    const wanted = (partitions ?? Array.from({ length: count }, (_, i) => i)).filter((one) => one >= 0 && one < count)
    return {
      name,
      partitions: wanted.map((partitionIndex) => ({
        partitionIndex,
        partitionSize: reader.sizeBytes(name, partitionIndex),
        offsetLag: 0,
        isFutureKey: false,
      })),
    }
  })
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    results: [{ errorCode: 0, logDir: broker.logFolder, topics, totalBytes: -1, usableBytes: -1, isCordoned: false }],
  }
})
