// What both requests that change settings share: which resource, who may, which settings it has, and handing the new ones to
// whoever keeps them. Of the node itself those settings change that topics inherit (topic-configs.ts says which); the others
// are what the folder and the command line say, and are refused by name as Kafka refuses its own static ones.
import type { DefaultsLayer } from '../../model/index.ts'
import { kafkaErrors } from '../wire/index.ts'
import type { Broker } from './broker.ts'
import type { Configs, ConfigChange, ConfigProblem } from './dynamic-configs.ts'
import { groupConfigs, groupConfigsProblem } from './group-configs.ts'
import type { Client } from './handler.ts'
import { idleSettings } from './idle-settings.ts'
import { keptConfigsProblem } from './kept-topics.ts'
import { quoted } from './quoted.ts'
import { topicNameProblem } from './topics.ts'
import {
  canonicalTopicConfigs,
  canonicalValue,
  configTypes,
  inheritedSettings,
  topicConfigProblem,
  topicConfigsProblem,
  topicConfigs,
  valueProblem,
} from './topic-configs.ts'
import type { TopicConfig } from './topic-configs.ts'

export interface ResourceOutcome {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly resourceType: number
  readonly resourceName: string
}

/** ConfigResource.Type. */
export const resourceTypes = { topic: 2, broker: 4, group: 32 } as const

interface Resource {
  readonly resourceType: number
  readonly resourceName: string
  readonly configs: readonly {
    readonly name: string
    readonly value: string | null
    readonly configOperation?: number
  }[]
}

/** AlterConfigOp.OpType. */
export const configOperations = { set: 0, delete: 1, append: 2, subtract: 3 } as const

/** A list's value where nothing is set; undefined: not a list, or not known. */
export type ListDefault = (name: string) => string | undefined

/** From the settings now to those after, or what is wrong with the request. */
export type Edit = (now: Configs, listDefault: ListDefault) => Record<string, string> | string

interface Alteration {
  readonly edit: Edit
  readonly validateOnly: boolean
}

/** Changes each resource's settings, one after another. */
export async function alterAll<R extends Resource>(
  broker: Broker,
  client: Client,
  request: { readonly resources: readonly R[]; readonly validateOnly: boolean },
  makeEdit: (resource: R) => Edit,
): Promise<ResourceOutcome[]> {
  const { resources, validateOnly } = request
  const outcomes: ResourceOutcome[] = []
  for (const resource of resources) {
    const { resourceType, resourceName } = resource
    const problem =
      requestProblem(resource, resources) ??
      (await alter(broker, client, resource, { edit: makeEdit(resource), validateOnly }))
    outcomes.push({
      errorCode: problem?.error ?? 0,
      errorMessage: problem?.message ?? null,
      resourceType,
      resourceName,
    })
  }
  return outcomes
}

const invalidRequest = (message: string): ConfigProblem => ({ error: kafkaErrors.invalidRequest, message })
const invalidConfig = (message: string): ConfigProblem => ({ error: kafkaErrors.invalidConfig, message })

function requestProblem(resource: Resource, all: readonly Resource[]): ConfigProblem | undefined {
  const isSame = (one: Resource): boolean =>
    one.resourceType === resource.resourceType && one.resourceName === resource.resourceName
  if (all.filter(isSame).length > 1) return invalidRequest('Each resource must appear at most once.')
  const names = resource.configs.map(({ name }) => name)
  if (new Set(names).size < names.length) return invalidRequest('Error due to duplicate config keys')
  const empty = resource.configs.filter(
    ({ value, configOperation }) => value === null && configOperation !== configOperations.delete,
  )
  if (empty.length === 0) return undefined
  return invalidRequest(`Null value not supported for : ${empty.map(({ name }) => quoted(name)).join(', ')}`)
}

function alter(
  broker: Broker,
  client: Client,
  { resourceType, resourceName }: Resource,
  alteration: Alteration,
): Promise<ConfigProblem | undefined> | ConfigProblem {
  if (resourceType === resourceTypes.topic) return alterTopic(broker, client, resourceName, alteration)
  if (resourceType === resourceTypes.group) return alterGroup(broker, client, resourceName, alteration)
  if (resourceType === resourceTypes.broker) return alterBroker(broker, client, resourceName, alteration)
  return invalidRequest(`settings of resource type ${resourceType} are not kept here`)
}

async function alterTopic(
  broker: Broker,
  client: Client,
  name: string,
  { edit, validateOnly }: Alteration,
): Promise<ConfigProblem | undefined> {
  if (!broker.allows(client, 'alter-configs', 'topic', name))
    return { error: kafkaErrors.topicAuthorizationFailed, message: `no right to alter ${quoted(name)}` }
  const info = broker.reader.topic(name)
  if (!info) return noTopic(name)
  const edited = edit(info.configs, listDefaultOf)
  if (typeof edited === 'string') return invalidConfig(edited)
  const next = canonicalTopicConfigs(edited)
  for (const [config, value] of Object.entries(next)) {
    // What is there already is not judged anew.
    const problem = info.configs[config] === value ? undefined : topicConfigProblem(config, value)
    if (problem) return invalidConfig(problem)
  }
  const together = topicConfigsProblem(next)
  if (together) return invalidConfig(together)
  const kept = keptConfigsProblem(info, next)
  if (kept || validateOnly) return kept
  const outcome = await broker.log.alterTopic(name, next)
  return outcome.ok ? undefined : outcome
}

export function noTopic(name: string): ConfigProblem {
  const { invalidTopic, unknownTopicOrPartition } = kafkaErrors
  const problem = topicNameProblem(name)
  if (problem) return { error: invalidTopic, message: problem }
  return { error: unknownTopicOrPartition, message: `there is no topic ${quoted(name)}` }
}

const listDefaultOf: ListDefault = (name) => {
  const config = topicConfigs.get(name)
  return config?.type === configTypes.list ? config.defaultValue : undefined
}

function alterGroup(
  broker: Broker,
  client: Client,
  id: string,
  { edit, validateOnly }: Alteration,
): Promise<ConfigProblem | undefined> | ConfigProblem {
  const { groupAuthorizationFailed, invalidGroupId, policyViolation } = kafkaErrors
  if (!broker.allows(client, 'alter-configs', 'group', id))
    return { error: groupAuthorizationFailed, message: `no right to alter the group ${quoted(id)}` }
  if (id === '') return invalidRequest('Default group resources are not allowed.')
  if (id.length > broker.limits.groupIdLengthMax) return { error: invalidGroupId, message: 'the group id is too long' }
  const known = groupConfigs(broker.settings, broker.limits)
  const change: ConfigChange = (now) => {
    const next = edit(now, () => undefined)
    if (typeof next === 'string') return invalidConfig(next)
    return groupConfigsProblem(next, known) ?? { next }
  }
  const onFull = { error: policyViolation, message: `settings of ${broker.limits.groupConfigsMax} groups are kept` }
  return broker.configs.changeGroup(id, change, { validateOnly, onFull })
}

function alterBroker(
  broker: Broker,
  client: Client,
  name: string,
  { edit, validateOnly }: Alteration,
): Promise<ConfigProblem | undefined> | ConfigProblem {
  if (!broker.allows(client, 'alter-configs', 'cluster', broker.clusterName))
    return { error: kafkaErrors.clusterAuthorizationFailed, message: 'no right to alter the cluster' }
  const problem = brokerNameProblem(broker, name)
  if (problem) return problem
  const layer: DefaultsLayer = name === '' ? 'cluster' : 'broker'
  const change: ConfigChange = (now) => {
    const before = toBrokerNames(now)
    const after = edit(before, (config) => {
      const setting = inheritedSettings.get(config)
      return setting?.type === configTypes.list ? setting.defaultValue : undefined
    })
    if (typeof after === 'string') return invalidRequest(after)
    const wrong = brokerConfigsProblem(layer, before, after)
    if (wrong) return wrong
    const next = Object.entries(after).map(([config, value]) => [
      inheritedSettings.get(config)?.topicName ?? config,
      canonicalValue(settingOf(config)!, value),
    ])
    return { next: Object.fromEntries(next) as Record<string, string> }
  }
  return broker.configs.changeLayer(layer, change, { validateOnly })
}

/** '' means all brokers. */
export function brokerNameProblem(broker: Broker, name: string): ConfigProblem | undefined {
  if (name === '' || name === String(broker.nodeId)) return undefined
  if (!/^[+-]?\d+$/.test(name)) return invalidRequest(`Node id must be an integer, but it is: ${quoted(name)}`)
  return invalidRequest(`Unexpected broker id, expected ${broker.nodeId}, but received ${quoted(name)}`)
}

/** What is set in a layer, under the names that brokers have for it. */
export function toBrokerNames(layer: Configs): Record<string, string> {
  const inherited = [...inheritedSettings.values()].filter(({ topicName }) => topicName in layer)
  const idle = [...idleSettings.keys()].filter((name) => name in layer)
  const values = [
    ...inherited.map(({ name, topicName }) => [name, layer[topicName]!]),
    ...idle.map((name) => [name, layer[name]!]),
  ]
  return Object.fromEntries(values) as Record<string, string>
}

const settingOf = (name: string): TopicConfig | undefined => inheritedSettings.get(name) ?? idleSettings.get(name)

function brokerConfigsProblem(layer: DefaultsLayer, before: Configs, after: Configs): ConfigProblem | undefined {
  const fixed = Object.keys(after).filter((name) => !settingOf(name))
  if (fixed.length > 0)
    return invalidRequest(`Cannot update these configs dynamically: [${fixed.map(quoted).join(', ')}]`)
  // Kafka's default layer always has it (KIP-966), and there it stays.
  const insync = 'min.insync.replicas'
  if (layer === 'broker' && insync in after) return invalidConfig(`Broker-level ${insync} cannot be altered`)
  if (layer === 'cluster' && insync in before && !(insync in after))
    return invalidConfig(`Cluster-level ${insync} cannot be removed`)
  for (const [name, value] of Object.entries(after)) {
    const setting = settingOf(name)!
    const problem = valueProblem(setting, canonicalValue(setting, value))
    if (problem) return invalidRequest(`Invalid value for configuration ${name}: ${problem}`)
  }
  return undefined
}
