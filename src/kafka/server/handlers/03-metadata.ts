// Metadata, versions 0 to 13: this node is the only broker, under the address that the client used. A topic that is named but
// missing is made here, before the answer, when client and settings allow it: the first produce then works.
import { apis, kafkaErrors, zeroUuid } from '../../wire/index.ts'
import type { MetadataRequest, MetadataResponseInput } from '../../wire/index.ts'
import { authorizedOperations, operationsNotAsked } from '../broker.ts'
import type { Broker } from '../broker.ts'
import { defineHandler } from '../handler.ts'
import type { Client } from '../handler.ts'
import { leaderEpochOf } from '../leader-epoch.ts'
import type { TopicInfo } from '../log-face.ts'
import { autoCreateTopic, topicNameProblem } from '../topics.ts'
import { whileThere } from '../while-there.ts'

type TopicAnswer = MetadataResponseInput['topics'][number]

export const metadata = defineHandler(apis.metadata, async (broker, client, request, version) => {
  // Version 0 asks for all topics by an empty list, later ones by null.
  const all = request.topics === null || (version === 0 && request.topics.length === 0)
  if (!all && version < 12 && asksById(request)) return refuseAll(request)
  const topics = all ? describeAll(broker, client, request) : await describeAsked(broker, client, request)
  const wantsCluster = request.includeClusterAuthorizedOperations
  return {
    brokers: [{ nodeId: broker.nodeId, ...broker.addressFor(client), rack: null }],
    clusterId: broker.clusterId,
    controllerId: broker.nodeId,
    topics,
    clusterAuthorizedOperations: wantsCluster
      ? authorizedOperations(broker, client, 'cluster', broker.clusterName)
      : operationsNotAsked,
  }
})

function describeAll(broker: Broker, client: Client, request: MetadataRequest): TopicAnswer[] {
  return broker.reader
    .topics()
    .filter((topic) => broker.allows(client, 'describe', 'topic', topic.name))
    .flatMap((topic) =>
      whileThere<TopicAnswer[]>(
        broker,
        topic,
        () => [describe(broker, client, request, topic)],
        () => [],
      ),
    )
}

/** Ids came with version 10, but only from 12 on a name can be left out, and a broker looks at them. */
const asksById = ({ topics }: MetadataRequest): boolean =>
  topics!.some(({ name, topicId }) => name === null || topicId !== zeroUuid)

const refuseAll = ({ topics }: MetadataRequest): MetadataResponseInput => ({
  brokers: [],
  controllerId: -1,
  topics: topics!.map(({ name, topicId }) => refuse(kafkaErrors.invalidRequest, name ?? '', topicId)),
})

async function describeAsked(broker: Broker, client: Client, request: MetadataRequest): Promise<TopicAnswer[]> {
  const asked = request.topics ?? []
  const byId = asked.filter(({ topicId }) => topicId !== zeroUuid)
  // Beside an id names say nothing: Java's client sends empty ones.
  if (byId.length > 0) return byId.map(({ topicId }) => describeById(broker, client, request, topicId))
  const answers: TopicAnswer[] = []
  for (const { name, topicId } of asked) {
    if (name === null) answers.push(refuse(kafkaErrors.unknownTopicId, null, topicId))
    else answers.push(await describeByName(broker, client, request, name))
  }
  return answers
}

function describeById(broker: Broker, client: Client, request: MetadataRequest, topicId: string): TopicAnswer {
  const missing = (): TopicAnswer => refuse(kafkaErrors.unknownTopicId, null, topicId)
  const info = broker.reader.topicById(topicId)
  if (!info || !broker.allows(client, 'describe', 'topic', info.name)) return missing()
  return whileThere(broker, info, () => describe(broker, client, request, info), missing)
}

async function describeByName(
  broker: Broker,
  client: Client,
  request: MetadataRequest,
  name: string,
): Promise<TopicAnswer> {
  if (!broker.allows(client, 'describe', 'topic', name)) return refuse(kafkaErrors.topicAuthorizationFailed, name)
  const topicAuthorizedOperations = request.includeTopicAuthorizedOperations
    ? authorizedOperations(broker, client, 'topic', name)
    : operationsNotAsked
  const missing = (error: number): TopicAnswer => ({ ...refuse(error, name), topicAuthorizedOperations })
  let info: TopicInfo | number | undefined = broker.reader.topic(name)
  if (!info && topicNameProblem(name)) return missing(kafkaErrors.invalidTopic)
  if (!info && request.allowAutoTopicCreation) info = await autoCreateTopic(broker, client, name)
  if (!info) return missing(kafkaErrors.unknownTopicOrPartition)
  if (typeof info === 'number') return missing(info)
  const found = info
  const gone = (): TopicAnswer => missing(kafkaErrors.unknownTopicOrPartition)
  return whileThere(broker, found, () => describe(broker, client, request, found), gone)
}

function describe(broker: Broker, client: Client, request: MetadataRequest, topic: TopicInfo): TopicAnswer {
  const { nodeId, reader } = broker
  return {
    errorCode: 0,
    name: topic.name,
    topicId: topic.id,
    isInternal: topic.internal,
    partitions: Array.from({ length: topic.partitionCount }, (_, partitionIndex) => {
      const offline = reader.status(topic.name, partitionIndex) === 'offline'
      return {
        // A damaged partition is still read up to the damage, so it keeps its leader.
        errorCode: 0,
        partitionIndex,
        leaderId: nodeId,
        leaderEpoch: leaderEpochOf(broker, topic.name, partitionIndex),
        replicaNodes: [nodeId],
        isrNodes: [nodeId],
        offlineReplicas: offline ? [nodeId] : [],
      }
    }),
    topicAuthorizedOperations: request.includeTopicAuthorizedOperations
      ? authorizedOperations(broker, client, 'topic', topic.name)
      : operationsNotAsked,
  }
}

function refuse(errorCode: number, name: string | null, topicId = zeroUuid): TopicAnswer {
  return { errorCode, name, topicId, isInternal: false, partitions: [] }
}
