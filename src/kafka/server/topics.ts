// Topic names, and what making one by a client asks. Reference: Kafka's Topic.java, and the errors of CreateTopics.
import { isKeptTopic } from '../../model/index.ts'
import { kafkaErrors } from '../wire/index.ts'
import type { Broker } from './broker.ts'
import type { Client } from './handler.ts'
import type { TopicInfo } from './log-face.ts'
import { quoted } from './quoted.ts'

/** Why a name cannot be a topic's; undefined when it can. */
export function topicNameProblem(name: string): string | undefined {
  if (name === '') return 'a topic name is not empty'
  if (name === '.' || name === '..') return `a topic cannot be named ${quoted(name)}`
  if (name.length > 249) return `a topic name has at most 249 characters, this one ${name.length}`
  if (!/^[a-zA-Z0-9._-]+$/.test(name))
    return `a topic name has only ASCII letters and digits, '.', '_' and '-': ${quoted(name)}`
  return undefined
}

/** The topic whose name differs from `name` only in '.' and '_', which metrics cannot tell apart. */
export function collidingTopic(name: string, topics: readonly TopicInfo[]): string | undefined {
  if (!/[._]/.test(name)) return undefined
  const same = name.replaceAll('.', '_')
  return topics.find((topic) => topic.name !== name && topic.name.replaceAll('.', '_') === same)?.name
}

export interface TopicProblem {
  readonly error: number
  readonly message: string
}

/** Checks a name for a new topic against the rules and the topics that are there. */
export function newTopicProblem(broker: Broker, name: string): TopicProblem | undefined {
  const problem = topicNameProblem(name)
  if (problem) return { error: kafkaErrors.invalidTopic, message: problem }
  if (broker.reader.topic(name))
    return { error: kafkaErrors.topicAlreadyExists, message: `the topic ${quoted(name)} exists` }
  const other = collidingTopic(name, broker.reader.topics())
  if (!other) return undefined
  return {
    error: kafkaErrors.invalidTopic,
    message: `${quoted(name)} and the topic '${other}' differ only in '.' and '_'`,
  }
}

/**
 * Makes a topic that a client named but nobody created, before the answer goes out, so that the first produce works.
 * @returns the topic, or the Kafka error
 */
export async function autoCreateTopic(broker: Broker, client: Client, name: string): Promise<TopicInfo | number> {
  // Those of the platform are made by it alone, with configs of their own.
  if (!broker.settings.autoCreateTopics || isKeptTopic(name)) return kafkaErrors.unknownTopicOrPartition
  const allowed =
    broker.allows(client, 'create', 'topic', name) || broker.allows(client, 'create', 'cluster', broker.clusterName)
  if (!allowed) return kafkaErrors.topicAuthorizationFailed
  const problem = newTopicProblem(broker, name)
  if (problem && problem.error !== kafkaErrors.topicAlreadyExists) return problem.error
  if (!problem) {
    const outcome = await broker.log.createTopic({ name, partitionCount: broker.settings.partitionCount, configs: {} })
    // Two clients may have asked at once.
    if (!outcome.ok && outcome.error !== kafkaErrors.topicAlreadyExists) return outcome.error
  }
  return broker.reader.topic(name) ?? kafkaErrors.leaderNotAvailable
}
