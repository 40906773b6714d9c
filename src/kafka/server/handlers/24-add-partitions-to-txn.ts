// AddPartitionsToTxn, versions 0 to 5: partitions join a transaction before records are written to them (first generation).
// Of one transaction's partitions all join or none: where one is refused the others answer 55. Versions 4 and 5 carry several
// transactions and may only ask whether partitions are in (as brokers do among themselves).
import type { TopicPartition } from '../../../model/index.ts'
import { apis, kafkaErrors } from '../../wire/index.ts'
import type { AddPartitionsToTxnResponseInput } from '../../wire/index.ts'
import type { Broker } from '../broker.ts'
import { defineHandler } from '../handler.ts'
import type { Client } from '../handler.ts'

type TopicResults = NonNullable<AddPartitionsToTxnResponseInput['resultsByTopic']>

interface Wanted {
  readonly transactionalId: string
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly verifyOnly: boolean
  readonly topics: readonly { readonly name: string; readonly partitions: readonly number[] }[]
}

export const addPartitionsToTxn = defineHandler(apis.addPartitionsToTxn, async (broker, client, request, version) => {
  if (version < 4) {
    const results = await addOne(broker, client, { ...request, verifyOnly: false }, version)
    return { resultsByTopic: results }
  }
  if (!broker.allows(client, 'cluster-action', 'cluster', broker.clusterName))
    return { errorCode: kafkaErrors.clusterAuthorizationFailed, resultsByTransaction: [] }
  const resultsByTransaction = await Promise.all(
    request.transactions.map(async (one) => ({
      transactionalId: one.transactionalId,
      topicResults: await addOne(broker, client, one, version),
    })),
  )
  return { errorCode: 0, resultsByTransaction }
})

async function addOne(broker: Broker, client: Client, wanted: Wanted, version: number): Promise<TopicResults> {
  const { transactionalId: id, verifyOnly, topics } = wanted
  const all = (error: number): TopicResults => answer(wanted, () => error)
  if (!broker.allows(client, 'write', 'transactional-id', id))
    return all(kafkaErrors.transactionalIdAuthorizationFailed)
  const errorOf = new Map<string, number>()
  for (const { name, partitions } of topics) {
    for (const partition of partitions) errorOf.set(`${name}-${partition}`, placeError(broker, client, name, partition))
  }
  if ([...errorOf.values()].some((error) => error !== 0))
    return answer(wanted, (name, partition) => errorOf.get(`${name}-${partition}`) || kafkaErrors.operationNotAttempted)
  const error = broker.transactions.check(id, wanted)
  if (error !== 0)
    return all(error === kafkaErrors.producerFenced && version < 2 ? kafkaErrors.invalidProducerEpoch : error)
  if (verifyOnly) {
    const absent = version >= 5 ? kafkaErrors.transactionAbortable : kafkaErrors.invalidTxnState
    return answer(wanted, (topic, partition) => (broker.transactions.has(id, { topic, partition }) ? 0 : absent))
  }
  const joining = topics.flatMap(({ name: topic, partitions }) =>
    partitions.map((partition): TopicPartition => ({ topic, partition })),
  )
  return all(await broker.transactions.join(id, joining, 1))
}

function placeError(broker: Broker, client: Client, name: string, partition: number): number {
  if (!broker.allows(client, 'write', 'topic', name)) return kafkaErrors.topicAuthorizationFailed
  const info = broker.reader.topic(name)
  if (info?.internal && name.startsWith('__')) return kafkaErrors.topicAuthorizationFailed
  return info && partition >= 0 && partition < info.partitionCount ? 0 : kafkaErrors.unknownTopicOrPartition
}

function answer({ topics }: Wanted, errorOf: (topic: string, partition: number) => number): TopicResults {
  return topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map((partitionIndex) => ({
      partitionIndex,
      partitionErrorCode: errorOf(name, partitionIndex),
    })),
  }))
}
