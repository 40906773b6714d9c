// Doors of subjects and their versions: list, look up, register, delete, tags, and the check of compatibility.
// Reference: Confluent SubjectsResource, SubjectVersionsResource, CompatibilityResource.
import { jsonResponse, type HttpRequest } from '../base/index.ts'
import { textInFormat, type Submitted } from './content.ts'
import { isValidSubject, prefixMatcher, qualify, qualifyReference } from './contexts.ts'
import {
  acceptsUnknown,
  bodyOf,
  contentFields,
  elsewhere,
  orBadRequest,
  page,
  submittedOf,
  tagFields,
  textResponse,
  theVersion,
  versionFields,
  versionNumber,
  type Answer,
  type Call,
  type Door,
} from './door.ts'
import {
  checkRuleSet,
  mergeRuleSets,
  readMetadata,
  readRuleSet,
  withoutRules,
  withVersionInMetadata,
} from './entities.ts'
import { answerType } from './media-types.ts'
import { refusals, RegistryRefusal, type JsonObject, type SubjectVersion } from './registry-types.ts'
import { rulesNotRun } from './registered-rules.ts'
import { changeTags, readSchemaTags } from './tags.ts'

const listSubjects: Answer = ({ request, registry, contextPrefix, flag, may }) => {
  const state = registry.state()
  const asked = request.query.get('subjectPrefix')
  const plain = request.parameters['context'] === undefined ? ':*:' : contextPrefix
  const matches = prefixMatcher(asked === null ? plain : qualify(contextPrefix, asked))
  const names = state.subjects(true).filter((name) => {
    if (!matches(name) || !may('describe', name)) return false
    const living = state.versions(name, false).length > 0
    return flag('deletedOnly') ? !living : flag('deleted') || living
  })
  return page(names, request)
}

const lookup: Answer = ({ request, registry, subject, flag, may }) => {
  const submitted = submittedOf({ request, flag })
  const deleted = flag('deleted')
  const names = [subject!, ...elsewhere(registry, subject!).filter((name) => may('read', name))]
  for (const [i, name] of names.entries()) {
    const found = lookupIn(registry, name, submitted, deleted, i > 0)
    if (!found) continue
    return versionFields(found, request, textInFormat(registry.state(), found, request.query.get('format') ?? ''))
  }
  if (registry.state().versions(subject!, deleted).length === 0) throw refusals.subjectNotFound(subject)
  throw refusals.schemaNotFound()
}

/** @param lenient a text that is none in another context is just not there */
function lookupIn(
  registry: Call['registry'],
  subject: string,
  submitted: Submitted,
  deleted: boolean,
  lenient: boolean,
): SubjectVersion | undefined {
  try {
    return registry.lookup(subject, submitted, deleted)
  } catch (error) {
    if (lenient && error instanceof RegistryRefusal && error.errorCode === 42201) return undefined
    throw error
  }
}

/** The latest version whose metadata has all the asked properties. */
const latestWithMetadata: Answer = ({ request, registry, subject, flag }) => {
  const state = registry.state()
  const keys = request.query.getAll('key')
  const values = request.query.getAll('value')
  const wanted = keys.slice(0, values.length).map((key, i) => [key, values[i]] as const)
  const found = state
    .versions(subject!, flag('deleted'))
    .findLast(({ metadata }) => metadata && wanted.every(([key, value]) => metadata.properties?.[key] === value))
  if (found) return versionFields(found, request, textInFormat(state, found, request.query.get('format') ?? ''))
  if (state.versions(subject!, flag('deleted')).length === 0) throw refusals.subjectNotFound(subject)
  throw refusals.schemaNotFound()
}

const deleteSubject: Answer = ({ registry, subject, flag }) => registry.deleteSubject(subject!, flag('permanent'))

const listVersions: Answer = ({ registry, subject, flag, request }) => {
  const state = registry.state()
  const all = state.versions(subject!, true)
  const anyDeleted = flag('deleted') || flag('deletedOnly')
  if (!all.some((version) => anyDeleted || !version.deleted)) throw refusals.subjectNotFound(subject)
  if (flag('deletedAsNegative')) return page(all, request).map(({ deleted, version }) => (deleted ? -version : version))
  const chosen = all.filter(({ deleted }) => (flag('deletedOnly') ? deleted : flag('deleted') || !deleted))
  return page(chosen, request).map(({ version }) => version)
}

const register: Answer = async ({ request, registry, subject, flag }) => {
  const added = await registry.submit(subject!, submittedOf({ request, flag }), flag('force'))
  const answer = registeredFields(request, registry, added)
  const left = rulesNotRun(added.ruleSet)
  if (left.length === 0) return answer
  // Not in the body, where clients know no such field.
  const notice = left.map(({ rule, type }) => `rule ${rule} (${type}) is not run by the server`).join('; ')
  const response = jsonResponse(200, answer, answerType(request.headers['accept']))
  return { ...response, headers: { ...response.headers, 'millrace-notice': headerText(notice) } }
}

/** What a header may hold. */
const headerText = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 1_000)

function registeredFields(request: HttpRequest, registry: Call['registry'], added: SubjectVersion): JsonObject {
  if (!acceptsUnknown(request)) return { id: added.id }
  const text = textInFormat(registry.state(), added, request.query.get('format') ?? '')
  return { id: added.id, version: added.version, ...contentFields(added, request, text) }
}

const getVersion: Answer = (call) => {
  const { request, registry, flag } = call
  const found = theVersion(call, flag('deleted'))
  const text = textInFormat(registry.state(), found, request.query.get('format') ?? '')
  return { ...versionFields(qualifiedReferences(found, request), request, text), ...tagFields(found, request) }
}

/** `referenceFormat=qualified`: references of a schema in another context name that context. */
export function qualifiedReferences(schema: SubjectVersion, request: HttpRequest): SubjectVersion {
  if (request.query.get('referenceFormat') !== 'qualified' || !schema.subject.startsWith(':')) return schema
  const references = schema.references.map((reference) => ({
    ...reference,
    subject: qualifyReference(reference.subject, schema.subject),
  }))
  return { ...schema, references }
}

const getVersionText: Answer = (call) => {
  const { request, registry, flag } = call
  const found = theVersion(call, flag('deleted'))
  const text = textInFormat(registry.state(), found, request.query.get('format') ?? '')
  return textResponse(text, answerType(request.headers['accept']))
}

const referencedBy: Answer = (call) => {
  const { request, registry, flag } = call
  const { subject, version } = theVersion(call, true)
  const ids = new Set(
    registry
      .state()
      .referrers(subject, version, flag('deleted'))
      .map((other) => other.id),
  )
  return page(
    [...ids].toSorted((a, b) => a - b),
    request,
  )
}

const deleteVersion: Answer = ({ request, registry, subject, flag }) =>
  registry.deleteVersion(subject!, versionNumber(request.parameters['version']!), flag('permanent'))

/** A new version with tags, metadata or rules changed. */
const modifyTags: Answer = async (call) => {
  const { request, registry, subject, flag } = call
  if (!isValidSubject(subject!)) throw refusals.invalidSubject(subject!)
  const old = theVersion(call, false)
  const body = bodyOf(request)
  const change = orBadRequest(() => {
    const { newVersion, rulesToRemove } = body
    if (newVersion !== undefined && newVersion !== null && !Number.isInteger(newVersion))
      throw new Error('newVersion must be an integer')
    return {
      newVersion: typeof newVersion === 'number' ? newVersion : 0,
      add: readSchemaTags(body['tagsToAdd'], 'tagsToAdd'),
      remove: readSchemaTags(body['tagsToRemove'], 'tagsToRemove'),
      metadata: readMetadata(body['metadata']),
      ruleSet: readRuleSet(body['ruleSet']),
      rulesToMerge: readRuleSet(body['rulesToMerge']),
      rulesToRemove: Array.isArray(rulesToRemove) ? rulesToRemove.map(String) : null,
    }
  })
  if (change.ruleSet && (change.rulesToMerge || change.rulesToRemove))
    throw refusals.invalidRuleSet('ruleSet should be omitted if specifying rulesToMerge or rulesToRemove')
  checkRuleSet(change.ruleSet)
  checkRuleSet(change.rulesToMerge)
  let text: string
  try {
    text = changeTags(old.type, old.text, change.add, change.remove)
  } catch (error) {
    throw refusals.invalidSchema((error as Error).message)
  }
  const added = await registry.submit(subject!, {
    type: old.type,
    text,
    references: old.references,
    metadata: withVersionInMetadata(change.metadata ?? old.metadata, change.newVersion),
    ruleSet: changedRules(call, change),
    version: change.newVersion,
    normalize: flag('normalize'),
  })
  return registeredFields(request, registry, added)
}

function changedRules(
  { registry, subject }: Call,
  change: {
    readonly newVersion: number
    readonly ruleSet: SubjectVersion['ruleSet']
    readonly rulesToMerge: SubjectVersion['ruleSet']
    readonly rulesToRemove: readonly string[] | null
  },
): SubjectVersion['ruleSet'] {
  if (!change.rulesToMerge && !change.rulesToRemove) return change.ruleSet
  const state = registry.state()
  const before = change.newVersion > 0 ? state.version(subject!, change.newVersion - 1) : state.latest(subject!)
  return withoutRules(mergeRuleSets(before?.ruleSet ?? null, change.rulesToMerge), change.rulesToRemove ?? [])
}

const checkVersion: Answer = (call) => {
  const { request, registry, subject, flag } = call
  const number = versionNumber(request.parameters['version']!)
  const state = registry.state()
  const version = number === -1 ? state.latest(subject!) : state.version(subject!, number)
  if (number !== -1 && (!version || version.deleted)) throw refusals.versionNotFound(number)
  const submitted = submittedOf(call)
  return verdict(() => registry.check(subject!, submitted, version ?? null), flag)
}

const checkSubject: Answer = (call) => {
  const submitted = submittedOf(call)
  return verdict(() => call.registry.check(call.subject!, submitted), call.flag)
}

function verdict(check: () => string[], flag: Call['flag']): JsonObject {
  let messages: string[]
  try {
    messages = check()
  } catch (error) {
    // A verbose check says what is wrong with the text instead of failing.
    if (!(error instanceof RegistryRefusal) || error.errorCode !== 42201 || !flag('verbose')) throw error
    messages = [error.message]
  }
  return { is_compatible: messages.length === 0, ...(flag('verbose') ? { messages } : {}) }
}

const subject = '/subjects/{subject}'
const versions = `${subject}/versions`
const paging = ['offset', 'limit']

export const subjectDoors: readonly Door[] = [
  {
    method: 'GET',
    pattern: '/subjects',
    action: 'describe',
    answer: listSubjects,
    parameters: ['subjectPrefix', 'deleted', 'deletedOnly', ...paging],
  },
  {
    method: 'POST',
    pattern: subject,
    action: 'read',
    answer: lookup,
    parameters: ['normalize', 'format', 'deleted'],
  },
  { method: 'DELETE', pattern: subject, action: 'delete', answer: deleteSubject, parameters: ['permanent'] },
  {
    method: 'GET',
    pattern: `${subject}/metadata`,
    action: 'read',
    answer: latestWithMetadata,
    parameters: ['key', 'value', 'format', 'deleted'],
  },
  {
    method: 'GET',
    pattern: versions,
    action: 'read',
    answer: listVersions,
    parameters: ['deleted', 'deletedOnly', 'deletedAsNegative', ...paging],
  },
  {
    method: 'POST',
    pattern: versions,
    action: 'write',
    answer: register,
    parameters: ['normalize', 'format', 'force'],
    difference:
      'rule sets are kept, as in Confluent Enterprise; the header `millrace-notice` names rules that the server does not run',
  },
  {
    method: 'GET',
    pattern: `${versions}/{version}`,
    action: 'read',
    answer: getVersion,
    parameters: ['format', 'referenceFormat', 'deleted', 'findTags'],
  },
  {
    method: 'DELETE',
    pattern: `${versions}/{version}`,
    action: 'delete',
    answer: deleteVersion,
    parameters: ['permanent'],
  },
  {
    method: 'GET',
    pattern: `${versions}/{version}/schema`,
    action: 'read',
    answer: getVersionText,
    parameters: ['format', 'deleted'],
  },
  {
    method: 'GET',
    pattern: `${versions}/{version}/referencedby`,
    action: 'read',
    answer: referencedBy,
    parameters: ['deleted', ...paging],
  },
  { method: 'POST', pattern: `${versions}/{version}/tags`, action: 'write', answer: modifyTags },
  {
    method: 'POST',
    pattern: '/compatibility/subjects/{subject}/versions/{version}',
    action: 'read',
    answer: checkVersion,
    parameters: ['normalize', 'verbose'],
    difference: 'messages also name the remedy',
  },
  {
    method: 'POST',
    pattern: '/compatibility/subjects/{subject}/versions',
    action: 'read',
    answer: checkSubject,
    parameters: ['normalize', 'verbose'],
    difference: 'messages also name the remedy',
  },
]
