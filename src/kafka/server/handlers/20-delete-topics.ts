// DeleteTopics, versions 1 to 6: by name, or by id from version 6 on. Offsets that groups have committed for the topic go too:
// a later topic of the same name begins anew.
import { apis, kafkaErrors, zeroUuid } from '../../wire/index.ts'
import type { DeleteTopicsResponseInput } from '../../wire/index.ts'
import type { Broker } from '../broker.ts'
import { defineHandler } from '../handler.ts'
import type { Client } from '../handler.ts'
import { isKept, keptMessage } from '../kept-topics.ts'
import type { Mutations } from '../security/quotas.ts'

type TopicAnswer = DeleteTopicsResponseInput['responses'][number]

export const deleteTopics = defineHandler(apis.deleteTopics, async (broker, client, request, version) => {
  const asked = version >= 6 ? request.topics : request.topicNames.map((name) => ({ name, topicId: zeroUuid }))
  const mutations = broker.security.quotas.mutations(client, version >= 5)
  const responses: TopicAnswer[] = []
  const seen = new Set<string>()
  for (const topic of asked) {
    const key = topic.name === null ? `id ${topic.topicId}` : `name ${topic.name}`
    // Named twice, it is answered once, and stays.
    const isRepeated = asked.filter(({ name, topicId }) => name === topic.name && topicId === topic.topicId).length > 1
    const problem =
      requestProblem(broker, topic, asked) ?? (isRepeated ? 'the request names the topic twice' : undefined)
    if (problem === undefined) responses.push(await deleteTopic(broker, client, topic, mutations))
    else if (!seen.has(key)) responses.push({ ...topic, errorCode: kafkaErrors.invalidRequest, errorMessage: problem })
    seen.add(key)
  }
  return { responses, throttleTimeMs: mutations.throttleTimeMs }
})

interface Asked {
  readonly name: string | null
  readonly topicId: string
}

function requestProblem(broker: Broker, { name, topicId }: Asked, all: readonly Asked[]): string | undefined {
  if (name !== null && topicId !== zeroUuid) return 'a topic is named or its id is given, not both'
  if (name === null && topicId === zeroUuid) return 'neither a name nor an id is given'
  const id = name === null ? undefined : broker.reader.topic(name)?.id
  const isByIdToo = id !== undefined && all.some((one) => one.name === null && one.topicId === id)
  return isByIdToo ? 'the topic of this name is given by its id, too' : undefined
}

async function deleteTopic(broker: Broker, client: Client, asked: Asked, mutations: Mutations): Promise<TopicAnswer> {
  const byId = asked.name === null
  const info = byId ? broker.reader.topicById(asked.topicId) : broker.reader.topic(asked.name!)
  const name = info?.name ?? asked.name
  const refuse = (errorCode: number, errorMessage: string): TopicAnswer => ({
    name: byId ? null : name,
    topicId: asked.topicId,
    errorCode,
    errorMessage,
  })
  if (name !== null && !broker.allows(client, 'delete', 'topic', name)) {
    return refuse(kafkaErrors.topicAuthorizationFailed, 'no right to delete this topic')
  }
  if (!info) {
    return refuse(byId ? kafkaErrors.unknownTopicId : kafkaErrors.unknownTopicOrPartition, 'there is no such topic')
  }
  if (isKept(info)) return refuse(kafkaErrors.invalidTopic, keptMessage(info.name))
  const tooFast = mutations.take(info.partitionCount)
  if (tooFast) return refuse(tooFast.error, tooFast.message)
  const outcome = await broker.log.deleteTopic(info.name)
  if (!outcome.ok) return refuse(outcome.error, outcome.message)
  await broker.groups.offsets.forgetTopic(info.name)
  return { name: info.name, topicId: info.id, errorCode: 0, errorMessage: null }
}
