// The registry's REST door: Confluent's paths, parameters, answers and error codes. Every path is there twice: plain, and
// under /contexts/{context}/. Fields that only newer clients know (guid, schemaType AVRO, the whole registered schema) are
// sent to those that say they accept them: older ones refuse what they do not know.
// Reference: Confluent Schema Registry 8.x API; header Confluent-Accept-Unknown-Properties.
import {
  jsonResponse,
  MillraceError,
  requestText,
  type HttpRequest,
  type HttpResponse,
  type HttpRoute,
} from '../base/index.ts'
import type { Action, Authorize } from '../model/index.ts'
import { schemaTypes } from './check.ts'
import { contextOf, isValidSubject, normalizeSubject, qualifySubject } from './contexts.ts'
import { objectOrNull, readReferences } from './records.ts'
import type { Registry, Submitted } from './registry.ts'
import {
  compatibilityLevels,
  modes,
  refusals,
  RegistryRefusal,
  type CompatibilityLevel,
  type JsonObject,
  type Mode,
  type SubjectVersion,
} from './registry-types.ts'

const contentType = 'application/vnd.schemaregistry.v1+json'
const ok = (value: unknown): HttpResponse => jsonResponse(200, value, contentType)

/** What a route's function gets beside the request. */
interface Call {
  readonly request: HttpRequest
  readonly registry: Registry
  /** The subject of the path, qualified by the context of the path; null: the global one. */
  readonly subject: string | null
  readonly flag: (name: string) => boolean
  /** Whether the door-keeper lets this principal do this to a subject. */
  readonly may: (action: Action, subject: string) => boolean
}
type Answer = (call: Call) => unknown

interface Door {
  readonly method: string
  readonly pattern: string
  readonly action: Action
  readonly answer: Answer
}

/** Routes for startHttpServer. @param authorize asked for each subject that a request touches */
export function registryRoutes(registry: Registry, authorize: Authorize): HttpRoute[] {
  return doors.flatMap((door) =>
    ['', '/contexts/{context}'].map((prefix) => ({
      method: door.method,
      pattern: prefix + door.pattern,
      handler: (request: HttpRequest) => handle(door, request, registry, authorize),
    })),
  )
}

/** For paths and methods that are not there. */
export function registryUnknown(_request: HttpRequest, allowed: readonly string[]): HttpResponse {
  if (allowed.length === 0) return refusalResponse(new RegistryRefusal(404, 404, 'HTTP 404 Not Found'))
  const response = refusalResponse(new RegistryRefusal(405, 405, 'HTTP 405 Method Not Allowed'))
  return { ...response, headers: { ...response.headers, allow: allowed.join(', ') } }
}

function refusalResponse({ status, errorCode, message }: RegistryRefusal): HttpResponse {
  return jsonResponse(status, { error_code: errorCode, message }, contentType)
}

async function handle(
  door: Door,
  request: HttpRequest,
  registry: Registry,
  authorize: Authorize,
): Promise<HttpResponse> {
  try {
    const { context, subject: given } = request.parameters
    const subject = given === undefined ? null : qualifySubject(context, given)
    if (subject !== null || door.action !== 'describe') {
      const resource =
        subject === null
          ? ({ type: 'cluster', name: 'registry' } as const)
          : ({ type: 'subject', name: subject } as const)
      const decision = authorize({ principal: { name: request.principal }, action: door.action, resource })
      if (decision.kind === 'deny')
        throw refusals.forbidden(`User is denied operation on this server: ${decision.reason}`)
    }
    const flag = (parameter: string): boolean => request.query.get(parameter)?.toLowerCase() === 'true'
    const may = (action: Action, name: string): boolean =>
      authorize({ principal: { name: request.principal }, action, resource: { type: 'subject', name } }).kind ===
      'allow'
    const answer = await door.answer({ request, registry, subject, flag, may })
    if (typeof answer === 'string' && door.pattern.endsWith('/schema'))
      return { status: 200, headers: { 'content-type': contentType }, body: answer }
    return ok(answer)
  } catch (error) {
    if (error instanceof RegistryRefusal) return refusalResponse(error)
    // The log's refusals: a full disk, a damaged topic.
    if (error instanceof MillraceError) return refusalResponse(refusals.storeFailed(error.message))
    throw error
  }
}

function bodyOf(request: HttpRequest): JsonObject {
  let json: unknown
  try {
    json = JSON.parse(requestText(request))
  } catch (error) {
    throw new RegistryRefusal(400, 400, `The body is not JSON: ${(error as Error).message}`)
  }
  const object = objectOrNull(json)
  if (!object) throw new RegistryRefusal(422, 422, 'The body must be a JSON object')
  return object
}

function submittedOf(request: HttpRequest): Submitted {
  const body = bodyOf(request)
  const { schema, schemaType = 'AVRO', id, version } = body
  if (schema !== undefined && schema !== null && typeof schema !== 'string')
    throw refusals.invalidSchema('"schema" is the schema as a string')
  try {
    return {
      type: typeof schemaType === 'string' ? schemaType : 'AVRO',
      text: typeof schema === 'string' ? schema : '',
      references: readReferences(body['references']),
      metadata: objectOrNull(body['metadata']),
      ruleSet: objectOrNull(body['ruleSet']),
      ...(typeof id === 'number' && id >= 0 ? { id } : {}),
      ...(typeof version === 'number' && version > 0 ? { version } : {}),
    }
  } catch (error) {
    throw new RegistryRefusal(422, 422, `references: ${(error as Error).message}`)
  }
}

const acceptsUnknown = (request: HttpRequest): boolean =>
  request.headers['confluent-accept-unknown-properties']?.toLowerCase() === 'true'

/** Fields of what was registered, without where. Empty ones are left out, as in Confluent's answers. */
function contentFields(schema: SubjectVersion, request: HttpRequest): JsonObject {
  const { type, references, metadata, ruleSet, text, guid } = schema
  const modern = acceptsUnknown(request)
  return {
    ...(modern ? { guid } : {}),
    ...(type === 'AVRO' && !modern ? {} : { schemaType: type }),
    ...(references.length > 0 ? { references } : {}),
    ...(metadata === null ? {} : { metadata }),
    ...(ruleSet === null ? {} : { ruleSet }),
    schema: text,
  }
}

function versionFields(schema: SubjectVersion, request: HttpRequest): JsonObject {
  const { subject, version, id } = schema
  return { subject, version, id, ...contentFields(schema, request) }
}

/** A version's number; -1 is the latest. Throws 42202. */
function versionNumber(text: string): number {
  if (text.trim().toLowerCase() === 'latest' || text.trim() === '-1') return -1
  const number = /^\s*\d+\s*$/.test(text) ? Number(text) : 0
  if (number < 1 || number > 0x7fffffff) throw refusals.invalidVersion(text)
  return number
}

function theVersion({ request, registry, subject, flag }: Call, withDeleted = flag('deleted')): SubjectVersion {
  const number = versionNumber(request.parameters['version']!)
  const state = registry.state()
  const found = number === -1 ? state.latest(subject!) : state.version(subject!, number)
  if (found && (withDeleted || !found.deleted)) return found
  if (state.versions(subject!, withDeleted).length === 0) throw refusals.subjectNotFound(subject!)
  throw refusals.versionNotFound(number)
}

function page<T>(list: readonly T[], request: HttpRequest): T[] {
  const number = (name: string, fallback: number): number => {
    const text = request.query.get(name)
    return text !== null && /^-?\d+$/.test(text) ? Number(text) : fallback
  }
  const offset = Math.max(0, number('offset', 0))
  const limit = number('limit', -1)
  return list.slice(offset, limit < 0 ? undefined : offset + limit)
}

function filtered<T extends { readonly deleted: boolean }>(list: readonly T[], { flag }: Call): T[] {
  if (flag('deletedOnly')) return list.filter((item) => item.deleted)
  return list.filter((item) => flag('deleted') || !item.deleted)
}

const listSubjects: Answer = (call) => {
  const { request, registry } = call
  const state = registry.state()
  const context = request.parameters['context']
  const prefix = request.query.get('subjectPrefix') ?? (context === undefined ? '' : qualifySubject(context, ''))
  // ':*:' stands for all contexts.
  const wanted = prefix === ':*:' ? '' : normalizeSubject(prefix)
  const names = state.subjects(true).filter((name) => {
    if (!name.startsWith(wanted) || !call.may('describe', name)) return false
    if (prefix === '' && request.query.has('subjectPrefix') && contextOf(name) !== '.') return false
    const versions = state.versions(name, true)
    if (call.flag('deletedOnly')) return versions.every((v) => v.deleted)
    return call.flag('deleted') || versions.some((v) => !v.deleted)
  })
  return page(names, request)
}

const register: Answer = async ({ request, registry, subject, flag }) => {
  if (!isValidSubject(subject!)) throw refusals.invalidSubject(subject!)
  const added = await registry.submit(subject!, submittedOf(request), flag('force'))
  if (!acceptsUnknown(request)) return { id: added.id }
  return { id: added.id, version: added.version, ...contentFields(added, request) }
}

const lookup: Answer = ({ request, registry, subject, flag }) => {
  const found = registry.lookup(subject!, submittedOf(request), flag('deleted'))
  if (found) return versionFields(found, request)
  if (registry.state().versions(subject!, flag('deleted')).length === 0) throw refusals.subjectNotFound(subject!)
  throw refusals.schemaNotFound()
}

const checkVersion: Answer = ({ request, registry, subject, flag }) => {
  const number = versionNumber(request.parameters['version']!)
  const state = registry.state()
  const version = number === -1 ? state.latest(subject!) : state.version(subject!, number)
  if (number !== -1 && (!version || version.deleted)) throw refusals.versionNotFound(number)
  return verdict(
    () => (version ? registry.check(subject!, submittedOf(request), version) : parseOnly(registry, subject!, request)),
    flag,
  )
}

const checkSubject: Answer = ({ request, registry, subject, flag }) =>
  verdict(() => registry.check(subject!, submittedOf(request)), flag)

/** Nothing to compare with: the text must only be a schema. */
function parseOnly(registry: Registry, subject: string, request: HttpRequest): string[] {
  registry.lookup(subject, submittedOf(request), true)
  return []
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

function idOf(request: HttpRequest): number {
  const text = request.parameters['id']!
  if (!/^\d{1,10}$/.test(text)) throw new RegistryRefusal(404, 404, 'HTTP 404 Not Found')
  return Number(text)
}

/** Versions that hold an id, those of the asked subject first. Throws 40403. */
function versionsOfId(call: Call): SubjectVersion[] {
  const { request, registry } = call
  const id = idOf(request)
  const asked = request.query.get('subject')
  const subject = asked === null ? null : qualifySubject(request.parameters['context'], asked)
  const context = subject === null ? contextOf(qualifySubject(request.parameters['context'], '')) : contextOf(subject)
  const found = registry.state().withId(context, id)
  if (found.length === 0) throw refusals.schemaNotFound(id)
  const allowed = found.filter((version) => call.may('read', version.subject))
  if (allowed.length === 0) throw refusals.forbidden('User is denied operation on this server')
  return allowed.toSorted((a, b) => Number(b.subject === subject) - Number(a.subject === subject))
}

const schemaById: Answer = (call) => {
  const [schema] = versionsOfId(call)
  const { request, registry, flag } = call
  const { subject, version } = schema!
  return {
    ...(request.query.has('subject') ? { subject, version } : {}),
    ...contentFields(schema!, request),
    ...(flag('fetchMaxId') ? { maxId: registry.state().maxId(contextOf(subject)) } : {}),
  }
}

const schemaByGuid: Answer = ({ request, registry, may }) => {
  const guid = request.parameters['guid']!.toLowerCase()
  const schema = registry
    .state()
    .withGuid(guid)
    .find((version) => may('read', version.subject))
  if (!schema) throw refusals.schemaNotFound(guid)
  return contentFields(schema, request)
}

const idsByGuid: Answer = ({ request, registry }) => {
  const pairs = registry.state().withGuid(request.parameters['guid']!.toLowerCase())
  const unique = new Map(
    pairs.map(({ subject, id }) => [`${contextOf(subject)}/${id}`, { context: contextOf(subject), id }]),
  )
  return [...unique.values()]
}

const allSchemas: Answer = (call) => {
  const { request, registry, flag } = call
  const prefix = request.query.get('subjectPrefix') ?? ''
  const state = registry.state()
  const found = state.subjects(true).flatMap((subject) => {
    if (!subject.startsWith(prefix) || !call.may('read', subject)) return []
    const versions = state.versions(subject, flag('deleted'))
    return flag('latestOnly') ? versions.slice(-1) : versions
  })
  return page(found, request).map((schema) => versionFields(schema, request))
}

const deleteVersion: Answer = async (call) => {
  const { request, registry, subject, flag } = call
  let number = versionNumber(request.parameters['version']!)
  if (number === -1) number = theVersion(call, flag('permanent')).version
  return registry.deleteVersion(subject!, number, flag('permanent'))
}

const getConfig: Answer = ({ registry, subject, flag }) => {
  const state = registry.state()
  if (subject === null || flag('defaultToGlobal')) return state.configInScope(subject)
  const own = state.config(subject)
  if (!own) throw refusals.noSubjectConfig(subject)
  return own
}

const configFields = [
  'alias',
  'normalize',
  'validateFields',
  'validateRules',
  'compatibilityGroup',
  'defaultMetadata',
  'overrideMetadata',
  'defaultRuleSet',
  'overrideRuleSet',
]

const putConfig: Answer = async ({ request, registry, subject }) => {
  const body = bodyOf(request)
  const change: Record<string, unknown> = {}
  for (const field of configFields) if (body[field] !== undefined) change[field] = body[field]
  const asked = body['compatibility']
  if (asked !== undefined) {
    const level = asked === null ? null : compatibilityLevels.find((name) => name === String(asked).toUpperCase())
    if (level === undefined) throw refusals.invalidCompatibility()
    change['compatibilityLevel'] = level satisfies CompatibilityLevel | null
  }
  if (subject !== null && !isValidSubject(subject)) throw refusals.invalidSubject(subject)
  const { compatibilityLevel, ...rest } = await registry.setConfig(subject, change)
  return { ...rest, ...(compatibilityLevel === undefined ? {} : { compatibility: compatibilityLevel }) }
}

const deleteConfig: Answer = async ({ registry, subject }) => {
  const old = await registry.deleteConfig(subject)
  if (!old && subject !== null) throw refusals.subjectNotFound(subject)
  return old ?? registry.state().configInScope(null)
}

const getMode: Answer = ({ registry, subject, flag }) => {
  const state = registry.state()
  const mode = subject === null || flag('defaultToGlobal') ? state.modeInScope(subject) : state.mode(subject)
  if (mode === undefined) throw refusals.noSubjectMode(subject!)
  return { mode }
}

const putMode: Answer = async ({ request, registry, subject, flag }) => {
  const asked = bodyOf(request)['mode']
  const mode: Mode | undefined = modes.find((name) => name === String(asked).toUpperCase())
  if (mode === undefined) throw refusals.invalidMode()
  await registry.setMode(subject, mode, flag('force'))
  return { mode }
}

const deleteMode: Answer = async ({ registry, subject }) => {
  const old = await registry.deleteMode(subject)
  if (old === undefined && subject !== null) throw refusals.subjectNotFound(subject)
  return { mode: old ?? 'READWRITE' }
}

/** The whole API. docs/guide/registry.md is to be made from this table. */
const doors: readonly Door[] = [
  { method: 'GET', pattern: '/', action: 'describe', answer: () => ({}) },
  { method: 'GET', pattern: '/subjects', action: 'describe', answer: listSubjects },
  { method: 'POST', pattern: '/subjects/{subject}', action: 'read', answer: lookup },
  {
    method: 'DELETE',
    pattern: '/subjects/{subject}',
    action: 'delete',
    answer: ({ registry, subject, flag }) => registry.deleteSubject(subject!, flag('permanent')),
  },
  { method: 'GET', pattern: '/subjects/{subject}/versions', action: 'read', answer: (call) => listVersions(call) },
  { method: 'POST', pattern: '/subjects/{subject}/versions', action: 'write', answer: register },
  {
    method: 'GET',
    pattern: '/subjects/{subject}/versions/{version}',
    action: 'read',
    answer: (call) => versionFields(theVersion(call), call.request),
  },
  { method: 'DELETE', pattern: '/subjects/{subject}/versions/{version}', action: 'delete', answer: deleteVersion },
  {
    method: 'GET',
    pattern: '/subjects/{subject}/versions/{version}/schema',
    action: 'read',
    answer: (call) => theVersion(call).text,
  },
  {
    method: 'GET',
    pattern: '/subjects/{subject}/versions/{version}/referencedby',
    action: 'read',
    answer: (call) => referencedBy(call),
  },
  { method: 'GET', pattern: '/schemas', action: 'describe', answer: allSchemas },
  { method: 'GET', pattern: '/schemas/types', action: 'describe', answer: () => schemaTypes },
  { method: 'GET', pattern: '/schemas/ids/{id}', action: 'describe', answer: schemaById },
  {
    method: 'GET',
    pattern: '/schemas/ids/{id}/schema',
    action: 'describe',
    answer: (call) => versionsOfId(call)[0]!.text,
  },
  { method: 'GET', pattern: '/schemas/ids/{id}/subjects', action: 'describe', answer: (call) => subjectsOfId(call) },
  {
    method: 'GET',
    pattern: '/schemas/ids/{id}/versions',
    action: 'describe',
    answer: (call) =>
      page(filtered(versionsOfId(call), call), call.request).map(({ subject, version }) => ({ subject, version })),
  },
  { method: 'GET', pattern: '/schemas/guids/{guid}', action: 'describe', answer: schemaByGuid },
  { method: 'GET', pattern: '/schemas/guids/{guid}/ids', action: 'describe', answer: idsByGuid },
  {
    method: 'POST',
    pattern: '/compatibility/subjects/{subject}/versions/{version}',
    action: 'read',
    answer: checkVersion,
  },
  { method: 'POST', pattern: '/compatibility/subjects/{subject}/versions', action: 'read', answer: checkSubject },
  { method: 'GET', pattern: '/config', action: 'describe', answer: getConfig },
  { method: 'PUT', pattern: '/config', action: 'alter', answer: putConfig },
  { method: 'DELETE', pattern: '/config', action: 'alter', answer: deleteConfig },
  { method: 'GET', pattern: '/config/{subject}', action: 'describe', answer: getConfig },
  { method: 'PUT', pattern: '/config/{subject}', action: 'alter', answer: putConfig },
  { method: 'DELETE', pattern: '/config/{subject}', action: 'alter', answer: deleteConfig },
  { method: 'GET', pattern: '/mode', action: 'describe', answer: getMode },
  { method: 'PUT', pattern: '/mode', action: 'alter', answer: putMode },
  { method: 'DELETE', pattern: '/mode', action: 'alter', answer: deleteMode },
  { method: 'GET', pattern: '/mode/{subject}', action: 'describe', answer: getMode },
  { method: 'PUT', pattern: '/mode/{subject}', action: 'alter', answer: putMode },
  { method: 'DELETE', pattern: '/mode/{subject}', action: 'alter', answer: deleteMode },
  { method: 'GET', pattern: '/contexts', action: 'describe', answer: ({ registry }) => registry.state().contexts() },
  {
    method: 'GET',
    pattern: '/v1/metadata/id',
    action: 'describe',
    answer: () => ({
      scope: { path: [], clusters: { 'kafka-cluster': 'millrace', 'schema-registry-cluster': 'millrace' } },
      id: '',
    }),
  },
]

function listVersions(call: Call): number[] {
  const { registry, subject, flag, request } = call
  const all = registry.state().versions(subject!, true)
  const found = flag('deletedAsNegative') ? all : filtered(all, call)
  if (all.filter((v) => flag('deleted') || flag('deletedOnly') || flag('deletedAsNegative') || !v.deleted).length === 0)
    throw refusals.subjectNotFound(subject!)
  return page(found, request).map((v) => (flag('deletedAsNegative') && v.deleted ? -v.version : v.version))
}

function referencedBy(call: Call): number[] {
  const { registry, request, flag } = call
  const version = theVersion(call, true)
  const referrers = registry.state().referrers(version.subject, version.version, flag('deleted'))
  return page([...new Set(referrers.map((other) => other.id))], request)
}

function subjectsOfId(call: Call): string[] {
  return page(
    [...new Set(filtered(versionsOfId(call), call).map((version) => version.subject))].toSorted(),
    call.request,
  )
}
