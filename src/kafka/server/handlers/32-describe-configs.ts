// DescribeConfigs, versions 1 to 4: a topic's settings with their defaults and where these come from, and those of the node.
import { apis, kafkaErrors } from '../../wire/index.ts'
import type { DescribeConfigsRequest, DescribeConfigsResponseInput } from '../../wire/index.ts'
import { brokerConfigs } from '../broker-configs.ts'
import type { Broker } from '../broker.ts'
import { defineHandler } from '../handler.ts'
import type { Client } from '../handler.ts'
import type { TopicInfo } from '../log-face.ts'
import { brokerNameOf, configTypes, topicConfigs } from '../topic-configs.ts'
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
    if (!broker.allows(client, 'describe-configs', 'topic', resourceName)) {
      return refuse(kafkaErrors.topicAuthorizationFailed, `no right to describe ${quoted(resourceName)}`)
    }
    const info = broker.reader.topic(resourceName)
    if (!info) return refuse(kafkaErrors.unknownTopicOrPartition, `there is no topic ${quoted(resourceName)}`)
    return answer(describeTopicConfigs(info))
  }
  if (resourceType !== resourceTypes.broker) {
    return refuse(kafkaErrors.invalidRequest, `settings of resource type ${resourceType} are not kept here`)
  }
  if (!broker.allows(client, 'describe-configs', 'cluster', broker.clusterName)) {
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
  const known = [...topicConfigs.values()].map(({ name, type, defaultValue }) => {
    const isSet = name in topic.configs
    const value = topic.configs[name] ?? defaultValue
    const brokerName = brokerNameOf(name)
    // Where the value comes from, the nearest first.
    const inherited = brokerName === null ? [] : [{ name: brokerName, value: defaultValue, source: sources.default }]
    const synonyms = isSet ? [{ name, value, source: sources.topic }, ...inherited] : inherited
    return { ...entry(name, type, value, isSet ? sources.topic : sources.default), synonyms }
  })
  const others = Object.entries(topic.configs)
    .filter(([name]) => !topicConfigs.has(name))
    .map(([name, value]) => entry(name, configTypes.string, value, sources.topic))
  return [...known, ...others]
}

function describeBrokerConfigs(broker: Broker): Config[] {
  return brokerConfigs(broker).map(({ name, type, value }) => ({
    ...entry(name, type, value, sources.staticBroker),
    readOnly: true,
  }))
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
