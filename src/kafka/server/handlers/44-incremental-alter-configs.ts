// IncrementalAlterConfigs, versions 0 and 1: sets, deletes, and edits lists, leaving the other settings alone.
import { apis } from '../../wire/index.ts'
import { alterAll, configOperations as operations, type ListDefault } from '../alter-configs.ts'
import { defineHandler } from '../handler.ts'
import { quoted } from '../quoted.ts'

interface Change {
  readonly name: string
  readonly configOperation: number
  readonly value: string | null
}

export const incrementalAlterConfigs = defineHandler(apis.incrementalAlterConfigs, async (broker, client, request) => ({
  responses: await alterAll(broker, client, request, ({ configs }) => (now, listDefault) => {
    const next = { ...now }
    for (const one of configs) {
      const problem = applyChange(next, one, listDefault)
      if (problem) return problem
    }
    return next
  }),
}))

const partsOf = (list: string): string[] =>
  list
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)

/** Changes `configs`; what is wrong, or undefined. */
function applyChange(
  configs: Record<string, string>,
  { name, configOperation, value }: Change,
  listDefault: ListDefault,
): string | undefined {
  if (configOperation === operations.delete) {
    delete configs[name]
    return undefined
  }
  if (configOperation === operations.set) configs[name] = value!
  else if (configOperation === operations.append || configOperation === operations.subtract) {
    const before = configs[name] ?? listDefault(name)
    if (before === undefined || listDefault(name) === undefined) return `${quoted(name)} is not a list`
    const parts = partsOf(before)
    const named = partsOf(value!)
    const isAppend = configOperation === operations.append
    // What is there keeps its place.
    const next = isAppend ? [...new Set([...parts, ...named])] : parts.filter((part) => !named.includes(part))
    configs[name] = next.join(',')
  } else return `operation ${configOperation} is not known`
  return undefined
}
