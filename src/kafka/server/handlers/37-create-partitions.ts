// CreatePartitions, versions 0 to 3: more partitions for a topic. Keys move to others then, as in Kafka.
import { apis, kafkaErrors } from '../../wire/index.ts'
import type { CreatePartitionsRequest } from '../../wire/index.ts'
import type { Broker } from '../broker.ts'
import { defineHandler } from '../handler.ts'
import type { Client } from '../handler.ts'
import { isKept, keptMessage } from '../kept-topics.ts'
import type { Mutations } from '../security/quotas.ts'
import { quoted } from '../quoted.ts'

type TopicRequest = CreatePartitionsRequest['topics'][number]

interface Outcome {
  readonly errorCode: number
  readonly errorMessage: string | null
}

export const createPartitions = defineHandler(apis.createPartitions, async (broker, client, request, version) => {
  const mutations = broker.security.quotas.mutations(client, version >= 3)
  const results: ({ name: string } & Outcome)[] = []
  for (const [name, topics] of Map.groupBy(request.topics, (one) => one.name)) {
    const [topic] = topics as [TopicRequest]
    if (topics.length > 1) {
      results.push({ name, errorCode: kafkaErrors.invalidRequest, errorMessage: 'the request names the topic twice' })
      continue
    }
    const how = { validateOnly: request.validateOnly, mutations }
    results.push({ name: topic.name, ...(await addPartitions(broker, client, topic, how)) })
  }
  return { results, throttleTimeMs: mutations.throttleTimeMs }
})

async function addPartitions(
  broker: Broker,
  client: Client,
  topic: TopicRequest,
  { validateOnly, mutations }: { validateOnly: boolean; mutations: Mutations },
): Promise<Outcome> {
  const refuse = (errorCode: number, errorMessage: string): Outcome => ({ errorCode, errorMessage })
  const { name, count, assignments } = topic
  if (!broker.allows(client, 'alter', 'topic', name)) {
    return refuse(kafkaErrors.topicAuthorizationFailed, `no right to alter ${quoted(name)}`)
  }
  const info = broker.reader.topic(name)
  if (!info) return refuse(kafkaErrors.unknownTopicOrPartition, `there is no topic ${quoted(name)}`)
  // Which partition a key lies in goes by their number.
  if (isKept(info)) return refuse(kafkaErrors.invalidTopic, keptMessage(name))
  if (count <= info.partitionCount) {
    return refuse(
      kafkaErrors.invalidPartitions,
      `${quoted(name)} has ${info.partitionCount} partitions already; ${count} are not more`,
    )
  }
  if (assignments !== null) {
    const added = count - info.partitionCount
    const here = assignments.every(({ brokerIds }) => brokerIds.length === 1 && brokerIds[0] === broker.nodeId)
    if (assignments.length !== added || !here) {
      const message = `${added} assignments to broker ${broker.nodeId} alone are due: there is no other`
      return refuse(kafkaErrors.invalidReplicaAssignment, message)
    }
  }
  const tooFast = mutations.take(count - info.partitionCount)
  if (tooFast) return refuse(tooFast.error, tooFast.message)
  if (validateOnly) return { errorCode: 0, errorMessage: null }
  const outcome = await broker.log.addPartitions(name, count)
  return outcome.ok ? { errorCode: 0, errorMessage: null } : refuse(outcome.error, outcome.message)
}
