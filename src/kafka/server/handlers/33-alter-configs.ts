// AlterConfigs, versions 0 to 2: replaces all settings of a topic.
import { apis, kafkaErrors } from '../../wire/index.ts'
import { alterTopicConfigs } from '../alter-configs.ts'
import type { ResourceOutcome } from '../alter-configs.ts'
import { defineHandler } from '../handler.ts'
import { topicConfigProblem } from '../topic-configs.ts'
import { quoted } from '../quoted.ts'

export const alterConfigs = defineHandler(apis.alterConfigs, async (broker, client, request) => {
  const responses: ResourceOutcome[] = []
  for (const resource of request.resources) {
    const change = (): Record<string, string> | string => {
      const next: Record<string, string> = {}
      for (const { name, value } of resource.configs) {
        const problem = topicConfigProblem(name, value)
        if (problem) return problem
        if (name in next) return `${quoted(name)} is set twice`
        next[name] = value!
      }
      return next
    }
    responses.push(
      await alterTopicConfigs(broker, client, resource, request.validateOnly, change, kafkaErrors.invalidConfig),
    )
  }
  return { responses }
})
