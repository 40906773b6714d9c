// DescribeConfigs, versions 1 to 4: the settings of a topic, of a group of the new protocol, of this node and of all nodes, with what
// holds by default and where each comes from.
import { apis, kafkaErrors } from '../../wire/index.ts'
import type { DescribeConfigsRequest, DescribeConfigsResponseInput } from '../../wire/index.ts'
import { brokerNameProblem, noTopic, resourceTypes, toBrokerNames } from '../alter-configs.ts'
import { brokerConfigs } from '../broker-configs.ts'
import type { Broker } from '../broker.ts'
import { nodeConfigText, topicConfigText } from '../config-texts.ts'
import { groupConfigs } from '../group-configs.ts'
import { defineHandler } from '../handler.ts'
import type { Client } from '../handler.ts'
import { idleSettings, shownWhenSet } from '../idle-settings.ts'
import type { TopicInfo } from '../log-face.ts'
import { quoted } from '../quoted.ts'
import { brokerNameOf, configTypes, inheritedByTopic, inheritedSettings, topicConfigs } from '../topic-configs.ts'

type ResourceRequest = DescribeConfigsRequest['resources'][number]
type ResourceAnswer = DescribeConfigsResponseInput['results'][number]
type Config = ResourceAnswer['configs'][number]
type Synonym = { readonly name: string; readonly value: string; readonly source: number }

/** ConfigSource. */
const sources = { topic: 1, broker: 2, cluster: 3, staticBroker: 4, default: 5, group: 8 } as const

export const describeConfigs = defineHandler(apis.describeConfigs, (broker, client, request) => ({
  results: request.resources.map((resource) => {
    const { resourceType, resourceName, configurationKeys } = resource
    const described = describe(broker, client, resource)
    const configs = 'error' in described ? [] : described
    const wanted = configs.filter(({ name }) => configurationKeys === null || configurationKeys.includes(name))
    const result: ResourceAnswer = {
      errorCode: 'error' in described ? described.error : 0,
      errorMessage: 'error' in described ? described.message : null,
      resourceType,
      resourceName,
      configs: wanted.map((config) => ({
        ...config,
        synonyms: request.includeSynonyms ? config.synonyms : [],
        documentation: request.includeDocumentation ? textOf(resourceType, config.name) : null,
      })),
    }
    return result
  }),
}))

function textOf(resourceType: number, name: string): string | null {
  if (resourceType === resourceTypes.topic) return topicConfigText(name)
  return resourceType === resourceTypes.broker ? nodeConfigText(name) : null
}

function describe(
  broker: Broker,
  client: Client,
  { resourceType, resourceName: name }: ResourceRequest,
): Config[] | { error: number; message: string } {
  const { invalidRequest, topicAuthorizationFailed, groupAuthorizationFailed, clusterAuthorizationFailed } = kafkaErrors
  if (resourceType === resourceTypes.topic) {
    if (!broker.allows(client, 'describe-configs', 'topic', name))
      return { error: topicAuthorizationFailed, message: `no right to describe ${quoted(name)}` }
    const info = broker.reader.topic(name)
    return info ? describeTopicConfigs(broker, info) : noTopic(name)
  }
  if (resourceType === resourceTypes.group) {
    if (!broker.allows(client, 'describe-configs', 'group', name))
      return { error: groupAuthorizationFailed, message: `no right to describe the group ${quoted(name)}` }
    if (name === '') return { error: invalidRequest, message: 'Group name must not be empty' }
    return describeGroupConfigs(broker, name)
  }
  if (resourceType !== resourceTypes.broker)
    return { error: invalidRequest, message: `settings of resource type ${resourceType} are not kept here` }
  if (!broker.allows(client, 'describe-configs', 'cluster', broker.clusterName))
    return { error: clusterAuthorizationFailed, message: 'no right to describe the cluster' }
  return brokerNameProblem(broker, name) ?? (name === '' ? describeCluster(broker) : describeBroker(broker, client))
}

/** All settings of a topic, what was set before what it inherits, and that before what holds by default. */
export function describeTopicConfigs(broker: Broker, topic: TopicInfo): (Config & { configSource: number })[] {
  const known = [...topicConfigs.values()].map(({ name, type, defaultValue }) => {
    const own = topic.configs[name]
    const set = own === undefined ? [] : [{ name, value: own, source: sources.topic }]
    const synonyms = [...set, ...inherited(broker, name)]
    return entry(name, type, synonyms[0] ?? { value: defaultValue, source: sources.default }, synonyms)
  })
  const others = Object.entries(topic.configs)
    .filter(([name]) => !topicConfigs.has(name))
    .map(([name, value]) =>
      entry(name, configTypes.string, { value, source: sources.topic }, [{ name, value, source: sources.topic }]),
    )
  return [...known, ...others]
}

/** Where a topic's value comes from when it is not its own, the nearest first. */
function inherited(broker: Broker, topicName: string): Synonym[] {
  const setting = inheritedByTopic.get(topicName)
  const dynamic = setting ? changed(broker, topicName, setting.name) : []
  // Kafka tells its own default in hours only beside one that was set.
  if (setting && (dynamic.length > 0 || brokerNameOf(topicName) !== null))
    dynamic.push({ ...setting.fallback, source: sources.default })
  return dynamic
}

/** What administrators set of a setting that topics inherit, for this node before that for all. */
function changed(broker: Broker, topicName: string, name: string): Synonym[] {
  const values = [
    { value: broker.configs.layer('broker')[topicName], source: sources.broker },
    { value: clusterDefaults(broker)[topicName], source: sources.cluster },
  ]
  return values.flatMap(({ value, source }) => (value === undefined ? [] : [{ name, value, source }]))
}

/** The same of a setting that has no effect here. */
function idleOf({ configs }: Broker, name: string): Synonym[] {
  const values = [
    { value: configs.idle('broker')[name], source: sources.broker },
    { value: configs.idle('cluster')[name], source: sources.cluster },
  ]
  return values.flatMap(({ value, source }) => (value === undefined ? [] : [{ name, value, source }]))
}

/** As in a new cluster of Kafka's, this one is always set (KIP-966). */
const clusterDefaults = (broker: Broker): Readonly<Record<string, string>> => ({
  'min.insync.replicas': '1',
  ...broker.configs.layer('cluster'),
})

function describeBroker(broker: Broker, client: Client): Config[] {
  return brokerConfigs(broker, client).flatMap(({ name, type, value, isDefault }) => {
    const setting = inheritedSettings.get(name)
    const isIdle = idleSettings.has(name)
    const dynamic = setting ? changed(broker, setting.topicName, name) : idleOf(broker, name)
    const fallback =
      setting && dynamic.length > 0
        ? { ...setting.fallback, source: sources.default }
        : { name, value, source: isDefault ? sources.default : sources.staticBroker }
    if (shownWhenSet.has(name) && dynamic.length === 0) return []
    const synonyms = shownWhenSet.has(name) ? dynamic : [...dynamic, fallback]
    return { ...entry(name, type, synonyms[0]!, synonyms), readOnly: setting === undefined && !isIdle }
  })
}

/** Only what is set for all brokers. */
function describeCluster(broker: Broker): Config[] {
  return Object.entries(toBrokerNames({ ...clusterDefaults(broker), ...broker.configs.idle('cluster') }))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => {
      const synonym = { name, value, source: sources.cluster }
      return entry(name, (inheritedSettings.get(name) ?? idleSettings.get(name)!).type, synonym, [synonym])
    })
}

function describeGroupConfigs(broker: Broker, group: string): Config[] {
  const set = broker.configs.group(group)
  return groupConfigs(broker.settings, broker.limits).map(({ name, brokerName, defaultValue }) => {
    const own = set[name]
    const synonyms = own === undefined ? [] : [{ name, value: own, source: sources.group as number }]
    synonyms.push({ name: brokerName, value: String(defaultValue), source: sources.default })
    return entry(name, configTypes.int, synonyms[0]!, synonyms)
  })
}

function entry(
  name: string,
  configType: number,
  { value, source }: { readonly value: string; readonly source: number },
  synonyms: readonly Synonym[],
): Config & { configSource: number } {
  return {
    name,
    value,
    readOnly: false,
    configSource: source,
    isSensitive: false,
    synonyms: [...synonyms],
    configType,
    documentation: null,
  }
}
