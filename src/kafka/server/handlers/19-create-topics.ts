// CreateTopics, versions 2 to 7. One node holds one copy: a replication factor above 1 is refused, as nobody would keep it.
import { apis, kafkaErrors, zeroUuid } from '../../wire/index.ts'
import type { CreateTopicsRequest, CreateTopicsResponseInput } from '../../wire/index.ts'
import type { Broker } from '../broker.ts'
import { defineHandler } from '../handler.ts'
import type { Client } from '../handler.ts'
import type { Mutations } from '../security/quotas.ts'
import { canonicalTopicConfigs, topicConfigProblem, topicConfigsProblem } from '../topic-configs.ts'
import { newTopicProblem } from '../topics.ts'
import type { TopicProblem } from '../topics.ts'
import { describeTopicConfigs } from './32-describe-configs.ts'
import { quoted } from '../quoted.ts'

type TopicRequest = CreateTopicsRequest['topics'][number]
type TopicAnswer = CreateTopicsResponseInput['topics'][number]

export const createTopics = defineHandler(apis.createTopics, async (broker, client, request, version) => {
  const mutations = broker.security.quotas.mutations(client, version >= 6)
  const asked = new Map<string, TopicRequest | undefined>()
  for (const topic of request.topics) asked.set(topic.name, asked.has(topic.name) ? undefined : topic)
  const topics: TopicAnswer[] = []
  for (const [name, topic] of asked) {
    if (topic) topics.push(await createTopic(broker, client, topic, { validateOnly: request.validateOnly, mutations }))
    else topics.push(refuse(name, { error: kafkaErrors.invalidRequest, message: 'the request names the topic twice' }))
  }
  return { topics, throttleTimeMs: mutations.throttleTimeMs }
})

async function createTopic(
  broker: Broker,
  client: Client,
  topic: TopicRequest,
  { validateOnly, mutations }: { validateOnly: boolean; mutations: Mutations },
): Promise<TopicAnswer> {
  const { name } = topic
  const allowed =
    broker.allows(client, 'create', 'topic', name) || broker.allows(client, 'create', 'cluster', broker.clusterName)
  if (!allowed) {
    return refuse(name, { error: kafkaErrors.topicAuthorizationFailed, message: `no right to create ${quoted(name)}` })
  }
  const problem = newTopicProblem(broker, name) ?? layoutProblem(broker, topic) ?? configProblem(topic)
  if (problem) return refuse(name, problem)
  const partitionCount = partitionCountOf(broker, topic)
  const tooFast = mutations.take(partitionCount)
  if (tooFast) return refuse(name, tooFast)
  const given = Object.fromEntries(topic.configs.map((config) => [config.name, config.value!]))
  const configs = canonicalTopicConfigs(given)
  let topicId: string = zeroUuid
  if (!validateOnly) {
    const outcome = await broker.log.createTopic({ name, partitionCount, configs })
    if (!outcome.ok) return refuse(name, outcome)
    topicId = outcome.id
  }
  if (!broker.allows(client, 'describe-configs', 'topic', name)) {
    const topicConfigErrorCode = kafkaErrors.topicAuthorizationFailed
    return { name, topicId, errorCode: 0, errorMessage: null, topicConfigErrorCode, configs: null }
  }
  return {
    name,
    topicId,
    errorCode: 0,
    errorMessage: null,
    numPartitions: partitionCount,
    replicationFactor: 1,
    // As they were given; who asks later is told how they were understood.
    configs: describeTopicConfigs(broker, { name, id: topicId, partitionCount, configs: given, internal: false }),
  }
}

function partitionCountOf(broker: Broker, topic: TopicRequest): number {
  if (topic.assignments.length > 0) return topic.assignments.length
  return topic.numPartitions === -1 ? broker.settings.partitionCount : topic.numPartitions
}

function layoutProblem(broker: Broker, topic: TopicRequest): TopicProblem | undefined {
  const { numPartitions, replicationFactor, assignments } = topic
  const { invalidPartitions, invalidReplicationFactor, invalidReplicaAssignment, invalidRequest } = kafkaErrors
  if (assignments.length > 0) {
    if (numPartitions !== -1 || replicationFactor !== -1) {
      return { error: invalidRequest, message: 'with an assignment, partitions and replication factor are -1' }
    }
    const numbered = new Set(assignments.map(({ partitionIndex }) => partitionIndex))
    const consecutive = assignments.every((_, i) => numbered.has(i))
    const here = assignments.every(({ brokerIds }) => brokerIds.length === 1 && brokerIds[0] === broker.nodeId)
    if (consecutive && here) return undefined
    const message = `each partition from 0 on is assigned to broker ${broker.nodeId} alone: there is no other`
    return { error: invalidReplicaAssignment, message }
  }
  if (numPartitions === 0 || numPartitions < -1) {
    return { error: invalidPartitions, message: `a topic has at least one partition, not ${numPartitions}` }
  }
  if (replicationFactor === -1 || replicationFactor === 1) return undefined
  const message = `Replication factor ${replicationFactor} is not possible: this is a single node, use 1 (or -1 for the default).`
  return { error: invalidReplicationFactor, message }
}

function configProblem(topic: TopicRequest): TopicProblem | undefined {
  const missing = topic.configs.find(({ value }) => value === null)
  const configs = missing ? {} : configsOf(topic)
  const message = missing
    ? `${quoted(missing.name)} has no value`
    : (Object.entries(configs)
        .map(([name, value]) => topicConfigProblem(name, value))
        .find((problem) => problem !== undefined) ?? topicConfigsProblem(configs))
  return message === undefined ? undefined : { error: kafkaErrors.invalidConfig, message }
}

const configsOf = ({ configs }: TopicRequest): Record<string, string> =>
  canonicalTopicConfigs(Object.fromEntries(configs.map(({ name, value }) => [name, value!])))

function refuse(name: string, { error, message }: TopicProblem): TopicAnswer {
  return { name, errorCode: error, errorMessage: message, topicConfigErrorCode: 0, configs: [] }
}
