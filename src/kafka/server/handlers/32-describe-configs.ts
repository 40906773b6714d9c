// DescribeConfigs, versions 1 to 4: a topic's settings with their defaults, and the few of the broker that clients ask for.
import { apis, kafkaErrors } from '../../wire/index.ts'
import type { DescribeConfigsRequest, DescribeConfigsResponseInput } from '../../wire/index.ts'
import type { Broker } from '../broker.ts'
import { defineHandler } from '../handler.ts'
import type { Client } from '../handler.ts'
import type { TopicInfo } from '../log-face.ts'
import { configTypes, topicConfigs } from '../topic-configs.ts'
import { quoted } from '../quoted.ts'

type ResourceRequest = DescribeConfigsRequest['resources'][number]
type ResourceAnswer = DescribeConfigsResponseInput['results'][number]
type Config = ResourceAnswer['configs'][number]

/** ConfigResource.Type. */
export const resourceTypes = { topic: 2, broker: 4 } as const
const sources = { topic: 1, staticBroker: 4, default: 5 } as const

export const describeConfigs = defineHandler(apis.describeConfigs, (broker, client, request) => ({
  results: request.resources.map((resource) => describe(broker, client, resource, request.includeSynonyms)),
}))

function describe(broker: Broker, client: Client, resource: ResourceRequest, withSynonyms: boolean): ResourceAnswer {
  const { resourceType, resourceName, configurationKeys } = resource
  const refuse = (errorCode: number, errorMessage: string): ResourceAnswer => ({
    errorCode,
    errorMessage,
    resourceType,
    resourceName,
    configs: [],
  })
  const wanted = ({ name }: { name: string }): boolean => configurationKeys === null || configurationKeys.includes(name)
  const answer = (configs: Config[]): ResourceAnswer => ({
    errorCode: 0,
    errorMessage: null,
    resourceType,
    resourceName,
    configs: configs.filter(wanted).map((config) => ({ ...config, synonyms: withSynonyms ? config.synonyms : [] })),
  })
  if (resourceType === resourceTypes.topic) {
    if (!broker.allows(client, 'describe', 'topic', resourceName)) {
      return refuse(kafkaErrors.topicAuthorizationFailed, `no right to describe ${quoted(resourceName)}`)
    }
    const info = broker.reader.topic(resourceName)
    if (!info) return refuse(kafkaErrors.unknownTopicOrPartition, `there is no topic ${quoted(resourceName)}`)
    return answer(describeTopicConfigs(info))
  }
  if (resourceType !== resourceTypes.broker) {
    return refuse(kafkaErrors.invalidRequest, `settings of resource type ${resourceType} are not kept here`)
  }
  if (!broker.allows(client, 'describe', 'cluster', broker.clusterName)) {
    return refuse(kafkaErrors.clusterAuthorizationFailed, 'no right to describe the cluster')
  }
  // '' means the defaults of all brokers, of which none are set.
  if (resourceName === '') return answer([])
  if (resourceName !== String(broker.nodeId))
    return refuse(kafkaErrors.invalidRequest, `there is no broker ${quoted(resourceName)}`)
  return answer(describeBrokerConfigs(broker))
}

/** All settings of a topic, what was set before what holds by default. */
export function describeTopicConfigs(topic: TopicInfo): (Config & { configSource: number })[] {
  const known = [...topicConfigs.values()].map(({ name, type, defaultValue }) =>
    entry(name, type, topic.configs[name] ?? defaultValue, name in topic.configs ? sources.topic : sources.default),
  )
  const others = Object.entries(topic.configs)
    .filter(([name]) => !topicConfigs.has(name))
    .map(([name, value]) => entry(name, configTypes.string, value, sources.topic))
  return [...known, ...others]
}

function describeBrokerConfigs(broker: Broker): Config[] {
  const { settings, limits } = broker
  const fixed = (name: string, type: number, value: string | number | boolean): Config => ({
    ...entry(name, type, String(value), sources.staticBroker),
    readOnly: true,
  })
  return [
    fixed('auto.create.topics.enable', configTypes.boolean, settings.autoCreateTopics),
    fixed('broker.id', configTypes.int, broker.nodeId),
    fixed('default.replication.factor', configTypes.int, 1),
    fixed('group.initial.rebalance.delay.ms', configTypes.int, settings.groupInitialDelayMs),
    fixed('group.max.session.timeout.ms', configTypes.int, limits.sessionTimeoutMsMax),
    fixed('group.min.session.timeout.ms', configTypes.int, limits.sessionTimeoutMsMin),
    fixed('log.retention.ms', configTypes.long, topicConfigs.get('retention.ms')!.defaultValue),
    fixed('message.max.bytes', configTypes.int, topicConfigs.get('max.message.bytes')!.defaultValue),
    fixed('node.id', configTypes.int, broker.nodeId),
    fixed('num.partitions', configTypes.int, settings.partitionCount),
    fixed('offset.metadata.max.bytes', configTypes.int, limits.offsetMetadataBytesMax),
    fixed('offsets.topic.num.partitions', configTypes.int, settings.offsetsPartitionCount),
    fixed('socket.request.max.bytes', configTypes.int, limits.requestBytesMax),
  ]
}

function entry(
  name: string,
  configType: number,
  value: string,
  configSource: number,
): Config & { configSource: number } {
  return {
    name,
    value,
    readOnly: false,
    configSource,
    isSensitive: false,
    synonyms: [{ name, value, source: configSource }],
    configType,
    documentation: null,
  }
}
