// Produce, versions 3 to 13 (0 to 2 are advertised, since librdkafka otherwise stops compressing: KAFKA-18659). One batch a
// partition, checked and appended as it is. Acks 1 and -1 both mean what the log's durability says, as there are no replicas.
// Not here: transactions; the request's time-out (a disk answers or fails).
import { apis, kafkaErrors } from '../../wire/index.ts'
import type { ProduceRequest, ProduceResponseInput } from '../../wire/index.ts'
import type { Broker } from '../broker.ts'
import { findBatchProblem } from '../check-batches.ts'
import { defineHandler } from '../handler.ts'
import type { Client } from '../handler.ts'
import type { TopicInfo } from '../log-face.ts'
import { messageBytesMaxOf, timestampAfterMsMaxOf } from '../topic-configs.ts'
import { quoted } from '../quoted.ts'

type TopicRequest = ProduceRequest['topicData'][number]
type PartitionRequest = TopicRequest['partitionData'][number]
type PartitionAnswer = ProduceResponseInput['responses'][number]['partitionResponses'][number]

export const produce = defineHandler(
  apis.produce,
  (broker, client, request, version) => {
    // Every append is handed to the log before anything is awaited: requests keep their order.
    const topics = request.topicData.map((topic) => produceTopic(broker, client, request, topic, version))
    const answered = Promise.all(
      topics.map(async ({ name, topicId, partitions }) => ({
        name,
        topicId,
        partitionResponses: await Promise.all(partitions),
      })),
    )
    if (request.acks !== 0) return answered.then((responses): ProduceResponseInput => ({ responses }))
    // Nobody waits for an answer; a closed connection is how the client learns that something went wrong.
    return answered.then((responses) => {
      if (responses.some((topic) => topic.partitionResponses.some((one) => one.errorCode !== 0))) client.disconnect()
      return undefined
    })
  },
  { advertisedMin: 0, overlaps: true },
)

function produceTopic(
  broker: Broker,
  client: Client,
  request: ProduceRequest,
  topic: TopicRequest,
  version: number,
): { name: string; topicId: string; partitions: (PartitionAnswer | Promise<PartitionAnswer>)[] } {
  const info = version >= 13 ? broker.reader.topicById(topic.topicId) : broker.reader.topic(topic.name)
  const problem = topicProblem(broker, client, request, topic, info, version)
  const partitions = topic.partitionData.map((partition) =>
    problem ? refuse(partition.index, ...problem) : producePartition(broker, info!, partition, version),
  )
  return { name: topic.name, topicId: topic.topicId, partitions }
}

function topicProblem(
  broker: Broker,
  client: Client,
  request: ProduceRequest,
  topic: TopicRequest,
  info: TopicInfo | undefined,
  version: number,
): [number, string] | undefined {
  const { invalidRequiredAcks, invalidTxnState, topicAuthorizationFailed, unknownTopicId, unknownTopicOrPartition } =
    kafkaErrors
  if (request.acks < -1 || request.acks > 1) return [invalidRequiredAcks, `acks ${request.acks} is not -1, 0 or 1`]
  if (request.transactionalId !== null) return [invalidTxnState, 'transactions are not served']
  const name = info?.name ?? topic.name
  if (!broker.allows(client, 'write', 'topic', name))
    return [topicAuthorizationFailed, `no right to write to ${quoted(name)}`]
  if (!info) return [version >= 13 ? unknownTopicId : unknownTopicOrPartition, 'there is no such topic']
  if (info.internal && name.startsWith('__'))
    return [kafkaErrors.invalidTopic, `${quoted(name)} is kept by the broker itself`]
  return undefined
}

function producePartition(
  broker: Broker,
  info: TopicInfo,
  { index, records }: PartitionRequest,
  version: number,
): PartitionAnswer | Promise<PartitionAnswer> {
  if (index < 0 || index >= info.partitionCount) {
    return refuse(index, kafkaErrors.unknownTopicOrPartition, `'${info.name}' has ${info.partitionCount} partitions`)
  }
  if (!records) return refuse(index, kafkaErrors.invalidRecord, 'no record batch')
  const problem = findBatchProblem(records, {
    produceVersion: version,
    messageBytesMax: messageBytesMaxOf(info),
    compacted: (info.configs['cleanup.policy'] ?? '').includes('compact'),
    timestampMsMax: broker.clock.nowMs() + timestampAfterMsMaxOf(info),
  })
  if (problem) return refuse(index, problem.error, problem.message, problem.records)
  // The attributes' transactional bit, without a transactional id.
  if ((records[22]! & 16) !== 0) return refuse(index, kafkaErrors.invalidTxnState, 'transactions are not served')
  return broker.log.append(info.name, index, records).then((outcome): PartitionAnswer => {
    if (!outcome.ok) return refuse(index, outcome.error, outcome.message)
    const { baseOffset, logAppendTimeMs, logStartOffset } = outcome
    return { index, errorCode: 0, baseOffset, logAppendTimeMs, logStartOffset }
  })
}

function refuse(
  index: number,
  errorCode: number,
  errorMessage: string,
  records: readonly number[] = [],
): PartitionAnswer {
  const recordErrors = records.map((batchIndex) => ({ batchIndex, batchIndexErrorMessage: errorMessage }))
  return { index, errorCode, baseOffset: -1, logStartOffset: -1, errorMessage, recordErrors }
}
