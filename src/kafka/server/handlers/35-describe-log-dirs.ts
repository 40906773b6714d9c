// DescribeLogDirs, versions 1 to 5: one folder, with the bytes of each partition, and the size of its disk where that is known (KIP-827).
import { apis, kafkaErrors } from '../../wire/index.ts'
import type { Broker } from '../broker.ts'
import type { DescribeLogDirsResponseInput } from '../../wire/index.ts'
import { defineHandler } from '../handler.ts'
import type { TopicInfo } from '../log-face.ts'
import { whileThere } from '../while-there.ts'

type TopicSizes = DescribeLogDirsResponseInput['results'][number]['topics'][number]

const noTopics = (): TopicSizes[] => []

export const describeLogDirs = defineHandler(apis.describeLogDirs, (broker, client, request) => {
  if (!broker.allows(client, 'describe', 'cluster', broker.clusterName)) {
    return { throttleTimeMs: 0, errorCode: kafkaErrors.clusterAuthorizationFailed, results: [] }
  }
  const { reader } = broker
  const asked = request.topics ?? reader.topics().map(({ name }) => ({ topic: name, partitions: null }))
  const topics = asked.flatMap(({ topic: name, partitions }) => {
    const info = reader.topic(name)
    return info ? whileThere(broker, info, () => [sizesOf(broker, info, partitions)], noTopics) : []
  })
  const space = broker.diskSpace() ?? { totalBytes: -1, usableBytes: -1 }
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    results: [{ errorCode: 0, logDir: broker.logFolder, topics, ...space, isCordoned: false }],
  }
})

function sizesOf({ reader }: Broker, { name, partitionCount }: TopicInfo, asked: readonly number[] | null): TopicSizes {
  const all = Array.from({ length: partitionCount }, (_, i) => i)
  const wanted = (asked ?? all).filter((one) => one >= 0 && one < partitionCount)
  return {
    name,
    partitions: wanted.map((partitionIndex) => ({
      partitionIndex,
      partitionSize: reader.sizeBytes(name, partitionIndex),
      offsetLag: 0,
      isFutureKey: false,
    })),
  }
}
