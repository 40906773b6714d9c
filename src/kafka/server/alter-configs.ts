// What both requests that change settings share: who may, which resource, and handing the whole new map to the log.
import { kafkaErrors } from '../wire/index.ts'
import type { Broker } from './broker.ts'
import type { Client } from './handler.ts'
import { quoted } from './quoted.ts'

export interface ResourceOutcome {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly resourceType: number
  readonly resourceName: string
}

const topicResource = 2

/**
 * @param change from the settings now to those after, or what is wrong with it
 * @param problemCode the Kafka error for that
 */
export async function alterTopicConfigs(
  broker: Broker,
  client: Client,
  resource: { readonly resourceType: number; readonly resourceName: string },
  validateOnly: boolean,
  change: (now: Readonly<Record<string, string>>) => Record<string, string> | string,
  problemCode: number,
): Promise<ResourceOutcome> {
  const { resourceType, resourceName } = resource
  const answer = (errorCode: number, errorMessage: string | null): ResourceOutcome => ({
    errorCode,
    errorMessage,
    resourceType,
    resourceName,
  })
  if (resourceType !== topicResource) {
    return answer(kafkaErrors.invalidRequest, 'only settings of topics can be changed through this protocol')
  }
  if (!broker.allows(client, 'alter-configs', 'topic', resourceName)) {
    return answer(kafkaErrors.topicAuthorizationFailed, `no right to alter ${quoted(resourceName)}`)
  }
  const info = broker.reader.topic(resourceName)
  if (!info) return answer(kafkaErrors.unknownTopicOrPartition, `there is no topic ${quoted(resourceName)}`)
  const next = change(info.configs)
  if (typeof next === 'string') return answer(problemCode, next)
  if (validateOnly) return answer(0, null)
  const outcome = await broker.log.alterTopic(resourceName, next)
  return outcome.ok ? answer(0, null) : answer(outcome.error, outcome.message)
}
