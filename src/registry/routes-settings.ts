// Doors of config and mode: of a subject, a context (`:.ctx:`, or the path under /contexts/), all contexts (`:.__GLOBAL:`).
// Reference: Confluent ConfigResource, ModeResource.
import { contextOf, defaultContext, globalContext, isContext, isValidSubject } from './contexts.ts'
import { bodyOf, orBadRequest, type Answer, type Door } from './door.ts'
import { checkRuleSet } from './entities.ts'
import { readConfigField } from './records.ts'
import {
  compatibilityLevels,
  configFields,
  modes,
  refusals,
  type CompatibilityLevel,
  type Config,
  type ConfigChange,
  type JsonObject,
  type Mode,
} from './registry-types.ts'

/** '' and ':.:' are the default context. */
const settingsOf = (subject: string | null): string | null =>
  subject === '' || (subject !== null && contextOf(subject) === defaultContext && isContext(subject)) ? null : subject

const isGlobal = (subject: string | null): boolean => subject === `:${globalContext}:`

const getConfig: Answer = ({ registry, subject: given, flag }) => {
  const subject = settingsOf(given)
  const state = registry.state()
  const inForce = state.configInForce(subject)
  if (flag('defaultToGlobal')) return ordered(inForce)
  const own = state.config(subject)
  if (!own && subject !== null && !isGlobal(subject)) throw refusals.noSubjectConfig(subject)
  return withLevel(own, inForce.compatibilityLevel)
}

/** Where nothing is set the server's own default is shown; a level that is left open is the one around it. */
function withLevel(own: Config | undefined, inForce: CompatibilityLevel): Config {
  return ordered({ ...own, compatibilityLevel: own ? (own.compatibilityLevel ?? inForce) : 'BACKWARD' })
}

function ordered(config: Config): Config {
  const set = configFields.flatMap((field) => (config[field] === undefined ? [] : [[field, config[field]] as const]))
  return Object.fromEntries(set)
}

/** As requests name it: the level is `compatibility` there. */
function asRequest(config: Config): JsonObject {
  const entries = Object.entries(ordered(config))
  return Object.fromEntries(
    entries.map(([field, value]) => [field === 'compatibilityLevel' ? 'compatibility' : field, value]),
  )
}

const putConfig: Answer = async ({ request, registry, subject: given }) => {
  const body = bodyOf(request)
  const subject = settingsOf(given)
  const level = body['compatibility']
  if (
    level !== undefined &&
    level !== null &&
    !compatibilityLevels.some((name) => name === String(level).toUpperCase())
  )
    throw refusals.invalidCompatibility()
  const change = orBadRequest(() => {
    const fields: Record<string, unknown> = {}
    for (const field of configFields) {
      const value = body[field === 'compatibilityLevel' ? 'compatibility' : field]
      if (value !== undefined) fields[field] = value === null ? null : readConfigField(field, value)
    }
    return fields as ConfigChange
  })
  checkRuleSet(change.defaultRuleSet ?? null)
  checkRuleSet(change.overrideRuleSet ?? null)
  if (subject !== null && !isValidSubject(subject, true)) throw refusals.invalidSubject(subject)
  return asRequest(await registry.setConfig(subject, change))
}

const deleteConfig: Answer = async ({ registry, subject: given }) => {
  const subject = settingsOf(given)
  const inForce = registry.state().configInForce(subject)
  const old = await registry.deleteConfig(subject)
  if (!old && subject !== null) throw refusals.subjectNotFound(subject)
  return withLevel(old, inForce.compatibilityLevel)
}

const getMode: Answer = ({ registry, subject: given, flag }) => {
  const subject = settingsOf(given)
  const state = registry.state()
  if (flag('defaultToGlobal')) return { mode: state.modeInForce(subject) }
  const own = state.mode(subject)
  if (own === undefined && subject !== null && !isGlobal(subject)) throw refusals.noSubjectMode(subject)
  return { mode: own ?? 'READWRITE' }
}

const putMode: Answer = async ({ request, registry, subject: given, flag }) => {
  if (given !== null && !isValidSubject(given, true)) throw refusals.invalidSubject(given)
  const subject = settingsOf(given)
  const asked = bodyOf(request)['mode']
  const mode: Mode | undefined = modes.find((name) => name === String(asked).toUpperCase())
  if (mode === undefined && asked !== null) throw refusals.invalidMode()
  if (mode === 'FORWARD' && !isGlobal(subject)) throw refusals.forwardModeGlobalOnly()
  await registry.setMode(subject, mode ?? null, flag('force'))
  // The request is the answer, as it was written.
  return { mode: asked }
}

const deleteMode: Answer = async ({ registry, subject: given, flag }) => {
  const subject = settingsOf(given)
  const known = subject === null || isGlobal(subject)
  if (!known && registry.state().mode(subject) === undefined && !flag('recursive'))
    throw refusals.subjectNotFound(subject)
  const old = await registry.deleteMode(subject, flag('recursive'))
  const mode = old ?? (known ? 'READWRITE' : undefined)
  return mode === undefined ? {} : { mode }
}

const config = (method: 'GET' | 'PUT' | 'DELETE', answer: Answer, more: Partial<Door> = {}): Door[] => {
  const action = method === 'GET' ? 'describe' : 'alter'
  return ['/config', '/config/{subject}'].map((pattern) => ({ method, pattern, action, answer, ...more }))
}
const mode = (method: 'GET' | 'PUT' | 'DELETE', answer: Answer, parameters: readonly string[]): Door[] => {
  const action = method === 'GET' ? 'describe' : 'alter'
  return ['/mode', '/mode/{subject}'].map((pattern) => ({ method, pattern, action, answer, parameters }))
}

const inherits = 'a subject without a level of its own shows and has the one around it, not BACKWARD'

export const settingsDoors: readonly Door[] = [
  ...config('GET', getConfig, { parameters: ['defaultToGlobal'], difference: inherits }),
  ...config('PUT', putConfig, {
    difference: '`validateRules` is stored, not applied',
  }),
  ...config('DELETE', deleteConfig),
  ...mode('GET', getMode, ['defaultToGlobal']),
  ...mode('PUT', putMode, ['force']),
  ...mode('DELETE', deleteMode, ['recursive']),
]
