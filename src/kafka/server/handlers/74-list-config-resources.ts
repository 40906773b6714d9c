// ListConfigResources, versions 0 and 1: what has settings, by type; of groups those that have their own. Version 0 asks for clients' metrics alone, of which there are none.
import { apis, kafkaErrors } from '../../wire/index.ts'
import { defineHandler } from '../handler.ts'

/** ConfigResource.Type. */
const types = { topic: 2, broker: 4, brokerLogger: 8, clientMetrics: 16, group: 32 } as const
const known: readonly number[] = Object.values(types)

export const listConfigResources = defineHandler(apis.listConfigResources, (broker, client, request, version) => {
  const refuse = (errorCode: number) => ({ throttleTimeMs: 0, errorCode, configResources: [] })
  if (!broker.allows(client, 'describe', 'cluster', broker.clusterName)) {
    return refuse(kafkaErrors.clusterAuthorizationFailed)
  }
  const asked = version === 0 ? [types.clientMetrics] : request.resourceTypes
  if (asked.some((type) => !known.includes(type))) return refuse(kafkaErrors.unsupportedVersion)
  const wanted = new Set(asked.length === 0 ? known : asked)
  const topics = wanted.has(types.topic) ? broker.reader.topics() : []
  const configResources = topics
    .filter(({ name }) => broker.allows(client, 'describe', 'topic', name))
    .map(({ name }) => ({ resourceName: name, resourceType: types.topic as number }))
  if (wanted.has(types.broker)) {
    configResources.push({ resourceName: String(broker.nodeId), resourceType: types.broker })
  }
  if (wanted.has(types.group)) {
    for (const resourceName of broker.configs.groupIds())
      configResources.push({ resourceName, resourceType: types.group })
  }
  return { throttleTimeMs: 0, errorCode: 0, configResources }
})
