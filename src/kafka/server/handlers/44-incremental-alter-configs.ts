// IncrementalAlterConfigs, versions 0 and 1: sets, deletes, and edits lists, leaving the other settings alone.
import { apis, kafkaErrors } from '../../wire/index.ts'
import { alterTopicConfigs } from '../alter-configs.ts'
import type { ResourceOutcome } from '../alter-configs.ts'
import { defineHandler } from '../handler.ts'
import { configTypes, topicConfigProblem, topicConfigs } from '../topic-configs.ts'
import { quoted } from '../quoted.ts'

const operations = { set: 0, delete: 1, append: 2, subtract: 3 } as const

interface Change {
  readonly name: string
  readonly configOperation: number
  readonly value: string | null
}

export const incrementalAlterConfigs = defineHandler(apis.incrementalAlterConfigs, async (broker, client, request) => {
  const responses: ResourceOutcome[] = []
  for (const resource of request.resources) {
    const change = (now: Readonly<Record<string, string>>): Record<string, string> | string => {
      const next = { ...now }
      const names = new Set<string>()
      for (const one of resource.configs) {
        if (names.has(one.name)) return `${quoted(one.name)} is changed twice`
        names.add(one.name)
        const problem = applyChange(next, one)
        if (problem) return problem
      }
      return next
    }
    responses.push(
      await alterTopicConfigs(broker, client, resource, request.validateOnly, change, kafkaErrors.invalidConfig),
    )
  }
  return { responses }
})

/** Changes `configs`; what is wrong, or undefined. */
function applyChange(configs: Record<string, string>, { name, configOperation, value }: Change): string | undefined {
  if (configOperation === operations.delete) {
    delete configs[name]
    return undefined
  }
  let next = value
  if (configOperation === operations.append || configOperation === operations.subtract) {
    const config = topicConfigs.get(name)
    if (config?.type !== configTypes.list) return `${quoted(name)} is not a list`
    const parts = (configs[name] ?? config.defaultValue).split(',').filter(Boolean)
    const named = (value ?? '').split(',').filter(Boolean)
    const isAppend = configOperation === operations.append
    // What is there keeps its place.
    next = (isAppend ? [...new Set([...parts, ...named])] : parts.filter((part) => !named.includes(part))).join(',')
  } else if (configOperation !== operations.set) return `operation ${configOperation} is not known`
  const problem = topicConfigProblem(name, next)
  if (!problem) configs[name] = next!
  return problem
}
