// Produce, versions 3 to 13 (0 to 2 are advertised, since librdkafka otherwise stops compressing: KAFKA-18659). One batch a
// partition, checked and appended as it is, or in the topic's own compression. Acks 1 and -1 both mean what the log's durability says, as there are no replicas.
// Transactional batches need their transaction's identity; from version 12 on their partitions join it by this request,
// before it they have joined by AddPartitionsToTxn. Not here: the request's time-out (a disk answers or fails).
import { readRecordBatchHeader, recordBatchOverhead } from '../../../model/index.ts'
import { apis, kafkaErrors } from '../../wire/index.ts'
import type { ProduceRequest, ProduceResponseInput } from '../../wire/index.ts'
import type { Broker } from '../broker.ts'
import { checkBatch } from '../check-batches.ts'
import type { BatchRules } from '../check-batches.ts'
import { defineHandler } from '../handler.ts'
import type { Client } from '../handler.ts'
import type { TopicInfo } from '../log-face.ts'
import { compressionLevelOf, compressionOf, recompress } from '../recompress.ts'
import { messageBytesMaxOf, timestampAfterMsMaxOf } from '../topic-configs.ts'
import { quoted } from '../quoted.ts'

type TopicRequest = ProduceRequest['topicData'][number]
type PartitionRequest = TopicRequest['partitionData'][number]
type PartitionAnswer = ProduceResponseInput['responses'][number]['partitionResponses'][number]

/** A request with what is the same for all its partitions. */
interface Context {
  readonly broker: Broker
  readonly request: ProduceRequest
  readonly version: number
  /** Why none of it is taken. */
  readonly refusal: [number, string] | undefined
}

export const produce = defineHandler(
  apis.produce,
  (broker, client, request, version) => {
    const context: Context = { broker, request, version, refusal: requestProblem(broker, client, request) }
    // Every append is handed to the log before anything is awaited: requests keep their order.
    const topics = request.topicData.map((topic) => produceTopic(context, client, topic))
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

function requestProblem(broker: Broker, client: Client, request: ProduceRequest): Context['refusal'] {
  const { invalidRequiredAcks, transactionalIdAuthorizationFailed } = kafkaErrors
  const { acks, transactionalId: id, topicData } = request
  if (acks < -1 || acks > 1) return [invalidRequiredAcks, `acks ${acks} is not -1, 0 or 1`]
  const isTransactional = topicData.some(({ partitionData }) =>
    partitionData.some(({ records }) => inTransaction(records)),
  )
  if (!isTransactional || (id !== null && broker.allows(client, 'write', 'transactional-id', id))) return undefined
  return [
    transactionalIdAuthorizationFailed,
    `no right to use the transactional id ${id === null ? 'none' : quoted(id)}`,
  ]
}

/** By the attributes' bit; whether it is a batch at all is checked later. */
const inTransaction = (records: Uint8Array | null): boolean =>
  records !== null && records.length >= recordBatchOverhead && (records[22]! & 16) !== 0

function produceTopic(
  context: Context,
  client: Client,
  topic: TopicRequest,
): { name: string; topicId: string; partitions: (PartitionAnswer | Promise<PartitionAnswer>)[] } {
  const { broker, version } = context
  const own = version >= 13 ? broker.reader.topicById(topic.topicId) : broker.reader.topic(topic.name)
  const info = own && broker.configs.inherit(own)
  const problem = context.refusal ?? topicProblem(context, client, topic, info)
  const partitions = topic.partitionData.map((partition) =>
    problem ? refuse(partition.index, ...problem) : producePartition(context, info!, partition),
  )
  return { name: topic.name, topicId: topic.topicId, partitions }
}

function topicProblem(
  { broker, version }: Context,
  client: Client,
  topic: TopicRequest,
  info: TopicInfo | undefined,
): [number, string] | undefined {
  const { topicAuthorizationFailed, unknownTopicId, unknownTopicOrPartition } = kafkaErrors
  const name = info?.name ?? topic.name
  if (!broker.allows(client, 'write', 'topic', name))
    return [topicAuthorizationFailed, `no right to write to ${quoted(name)}`]
  if (!info) return [version >= 13 ? unknownTopicId : unknownTopicOrPartition, 'there is no such topic']
  if (info.internal && name.startsWith('__'))
    return [kafkaErrors.invalidTopic, `${quoted(name)} is kept by the broker itself`]
  return undefined
}

function producePartition(
  context: Context,
  info: TopicInfo,
  { index, records }: PartitionRequest,
): PartitionAnswer | Promise<PartitionAnswer> {
  const { broker, version } = context
  if (index < 0 || index >= info.partitionCount) {
    return refuse(index, kafkaErrors.unknownTopicOrPartition, `'${info.name}' has ${info.partitionCount} partitions`)
  }
  if (!records) return refuse(index, kafkaErrors.invalidRecord, 'no record batch')
  const batch = checkBatch(records, {
    produceVersion: version,
    messageBytesMax: messageBytesMaxOf(info),
    compacted: (info.configs['cleanup.policy'] ?? '').includes('compact'),
    ...timestampRules(info, broker.clock.nowMs()),
  })
  if (!(batch instanceof Uint8Array)) return refuse(index, batch.error, batch.message, batch.records)
  const codec = compressionOf(info.configs)
  const stored = codec === undefined ? batch : recompress(batch, codec, compressionLevelOf(info.configs, codec))
  if (stored.length > messageBytesMaxOf(info)) {
    const message = `${stored.length} bytes in the topic's compression; it takes ${messageBytesMaxOf(info)}`
    return refuse(index, kafkaErrors.messageTooLarge, message)
  }
  const transactional = inTransaction(records)
  const late = transactional ? joinTransaction(context, info.name, index, records) : undefined
  if (late) return refuse(index, ...late)
  // Partitions that join by the request begin with sequence 0, as their epoch is new.
  const options = { fromZero: transactional && version >= 12 }
  return broker.log.append(info.name, index, stored, options).then((outcome): PartitionAnswer => {
    if (!outcome.ok) return refuse(index, outcome.error, outcome.message)
    const { baseOffset, logAppendTimeMs, logStartOffset } = outcome
    return { index, errorCode: 0, baseOffset, logAppendTimeMs, logStartOffset }
  })
}

type TimestampRules = Pick<BatchRules, 'stamped' | 'timestampMsMin' | 'timestampMsMax'>

/** A topic that has the log's own time takes any of the producer's. */
function timestampRules(info: TopicInfo, nowMs: number): TimestampRules {
  if (info.configs['message.timestamp.type'] === 'LogAppendTime')
    return { stamped: true, timestampMsMin: -Infinity, timestampMsMax: Infinity }
  const beforeMs = Number(info.configs['message.timestamp.before.max.ms'] ?? Infinity)
  return { stamped: false, timestampMsMin: nowMs - beforeMs, timestampMsMax: nowMs + timestampAfterMsMaxOf(info) }
}

/** Makes sure that the batch belongs to its producer's open transaction. @returns why it does not */
function joinTransaction(
  { broker, request, version }: Context,
  topic: string,
  partition: number,
  records: Uint8Array,
): [number, string] | undefined {
  const id = request.transactionalId!
  const error = broker.transactions.check(id, readRecordBatchHeader(records))
  if (error === kafkaErrors.producerFenced)
    return [kafkaErrors.invalidProducerEpoch, `another producer has taken ${quoted(id)}, or its transaction timed out`]
  if (error === kafkaErrors.concurrentTransactions && version < 12)
    return [kafkaErrors.notEnoughReplicas, 'the transaction is being ended; try again']
  if (error !== 0) return [error, `the transaction of ${quoted(id)} takes no records of this producer now`]
  if (version >= 12) {
    // Not awaited: its record lies before this batch, and an end finds the partition whatever becomes of the record.
    void broker.transactions.join(id, [{ topic, partition }], 2)
    return undefined
  }
  if (broker.transactions.has(id, { topic, partition })) return undefined
  const { invalidTxnState, transactionAbortable } = kafkaErrors
  return [version >= 11 ? transactionAbortable : invalidTxnState, 'the partition was not added to the transaction']
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
