// What the functions behind the routes share: the call with its subject and parameters, bodies read, versions and pages found.
import { requestText, type HttpRequest, type HttpResponse } from '../base/index.ts'
import type { Action } from '../model/index.ts'
import type { Submitted } from './content.ts'
import { prefixOfContext, qualifyReference } from './contexts.ts'
import { checkRuleSet, objectOrNull, readMetadata, readReferences, readRuleSet } from './entities.ts'
import type { Registry } from './registry.ts'
import { refusals, type JsonObject, type SubjectVersion } from './registry-types.ts'
import { findTags, readSchemaTags } from './tags.ts'

/** What a route's function gets beside the request. */
export interface Call {
  readonly request: HttpRequest
  readonly registry: Registry
  /** The subject of the path: qualified by the context of the path, aliases followed; null: the default context. */
  readonly subject: string | null
  /** Prefix of subjects that the path's context means: '' without one. */
  readonly contextPrefix: string
  readonly flag: (name: string) => boolean
  /** Whether the door-keeper lets this principal do this to a subject. */
  readonly may: (action: Action, subject: string) => boolean
}

/** JSON, or a whole response. */
export type Answer = (call: Call) => unknown

export interface Door {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly pattern: string
  readonly action: Action
  readonly answer: Answer
  /** For the guide's table: query parameters in use, and what differs from Confluent's registry; absent: nothing. */
  readonly parameters?: readonly string[]
  readonly difference?: string
}

export function isResponse(value: unknown): value is HttpResponse {
  return typeof value === 'object' && value !== null && 'status' in value && 'headers' in value
}

/** Throws 400 for what is no JSON object, 422 for nothing. */
export function bodyOf(request: HttpRequest): JsonObject {
  if (request.body.length === 0) throw refusals.missingBody()
  let json: unknown
  try {
    json = JSON.parse(requestText(request))
  } catch (error) {
    throw refusals.badRequest((error as Error).message)
  }
  if (json === null) throw refusals.missingBody()
  const object = objectOrNull(json)
  if (!object) throw refusals.badRequest('The request body must be a JSON object')
  return object
}

/** A reader's complaint becomes 400. */
export function orBadRequest<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof Error && error.name === 'Error') throw refusals.badRequest(error.message)
    throw error
  }
}

export function submittedOf({ request, flag }: Pick<Call, 'request' | 'flag'>): Submitted {
  return readSubmitted(bodyOf(request), flag('normalize'))
}

/** The body of a registration. Throws 400, 42210. */
export function readSubmitted(body: JsonObject, normalize: boolean): Submitted {
  const given = orBadRequest(() => {
    const { schema, schemaType, id, version } = body
    for (const [name, value] of Object.entries({ schema, schemaType }))
      if (value !== undefined && value !== null && typeof value !== 'string')
        throw new Error(`${name} must be a string`)
    for (const [name, value] of Object.entries({ id, version }))
      if (value !== undefined && value !== null && !Number.isInteger(value))
        throw new Error(`${name} must be an integer`)
    return {
      type: typeof schemaType === 'string' ? schemaType : 'AVRO',
      text: typeof schema === 'string' ? schema : '',
      references: readReferences(body['references']),
      metadata: readMetadata(body['metadata']),
      ruleSet: readRuleSet(body['ruleSet']),
      tagsToAdd: readSchemaTags(body['schemaTagsToAdd'], 'schemaTagsToAdd'),
      tagsToRemove: readSchemaTags(body['schemaTagsToRemove'], 'schemaTagsToRemove'),
      propagateTags: body['propagateSchemaTags'] === true,
      normalize,
      ...(typeof id === 'number' ? { id } : {}),
      ...(typeof version === 'number' ? { version } : {}),
    }
  })
  checkRuleSet(given.ruleSet)
  return given
}

/** A version's number; -1 is the latest. Throws 42202. */
export function versionNumber(text: string): number {
  const trimmed = text.trim()
  if (trimmed.toLowerCase() === 'latest') return -1
  if (!/^[+-]?\d+$/.test(trimmed)) throw refusals.invalidVersion(text)
  const number = Number(trimmed)
  if (number > 0x7fffffff || number < -0x80000000) throw refusals.invalidVersion(text)
  if (number <= 0 && number !== -1) throw refusals.invalidVersion(String(number))
  return number
}

/** A whole number of a query. Throws 404 for another text, as their server does. */
export function queryInteger(request: HttpRequest, name: string, fallback: number): number {
  const text = request.query.get(name)
  if (text === null || text === '') return fallback
  if (!/^[+-]?\d+$/.test(text) || Math.abs(Number(text)) > 0x7fffffff) throw refusals.pathNotFound()
  return Number(text)
}

/** `offset` and `limit`; a limit that is not positive, or above the largest one, counts as the largest. */
export function page<T>(list: readonly T[], request: HttpRequest, limitMax = Number.MAX_SAFE_INTEGER): readonly T[] {
  const offset = Math.max(0, queryInteger(request, 'offset', 0))
  const asked = queryInteger(request, 'limit', -1)
  const limit = asked > 0 && asked <= limitMax ? asked : limitMax
  return offset === 0 && limit >= list.length ? list : list.slice(offset, offset + limit)
}

/** The path's version of the path's subject. Where the default context has none, the other contexts are asked. Throws 404xx. */
export function theVersion({ request, registry, subject, may }: Call, withDeleted: boolean): SubjectVersion {
  const number = versionNumber(request.parameters['version']!)
  const state = registry.state()
  const inSubject = (name: string): SubjectVersion | undefined => {
    const found = number === -1 ? state.latest(name) : state.version(name, number)
    return found && (withDeleted || !found.deleted) ? found : undefined
  }
  const found = inSubject(subject!)
  if (found) return found
  for (const name of elsewhere(registry, subject!)) {
    const other = inSubject(name)
    if (other && may('read', name)) return other
  }
  if (state.versions(subject!, withDeleted).length === 0) throw refusals.subjectNotFound(subject)
  throw refusals.versionNotFound(number)
}

/** The same subject in each other context; none when it names one itself. */
export function elsewhere(registry: Registry, subject: string): string[] {
  if (subject.startsWith(':')) return []
  const contexts = registry.state().contexts().slice(1)
  return contexts.map((context) => `:${context}:${subject}`)
}

/** Subjects of a path and of queries under a context's path. Throws 400 for a context with a colon inside. */
export function contextPrefixOf(request: HttpRequest): string {
  const { context } = request.parameters
  if (context === undefined) return ''
  const prefix = prefixOfContext(context)
  if (prefix === undefined) throw refusals.badRequest(`Context name '${context}' cannot contain a colon`)
  return prefix
}

/** The subject that a subject's alias names. */
export function followAlias(registry: Registry, subject: string): string {
  const alias = registry.state().config(subject)?.alias
  return alias ? qualifyReference(alias, subject) : subject
}

/**
 * Whether fields may be sent that older clients do not know. Confluent's client for Go does not say so, but needs the guid
 * for its ids in headers; Go reads over what it does not know.
 */
export const acceptsUnknown = ({ headers }: HttpRequest): boolean =>
  headers['confluent-accept-unknown-properties']?.toLowerCase() === 'true' ||
  headers['user-agent']?.startsWith('Go-http-client/') === true

/** Fields of what was registered, without where. Empty ones are left out, as in Confluent's answers. */
export function contentFields(schema: SubjectVersion, request: HttpRequest, text = schema.text): JsonObject {
  const { type, references, metadata, ruleSet, guid } = schema
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

/** What only newer answers say of a version that was read back. */
export function recordFields({ timestampMs, deleted }: SubjectVersion, request: HttpRequest): JsonObject {
  return timestampMs !== undefined && acceptsUnknown(request) ? { ts: timestampMs, deleted } : {}
}

export function versionFields(schema: SubjectVersion, request: HttpRequest, text = schema.text): JsonObject {
  const { subject, version, id } = schema
  return { subject, version, id, ...contentFields(schema, request, text), ...recordFields(schema, request) }
}

/** `findTags`: the tags inside the schema. */
export function tagFields(schema: SubjectVersion, request: HttpRequest): JsonObject {
  const asked = request.query.getAll('findTags')
  const schemaTags = asked.length === 0 ? [] : findTags(schema.type, schema.text, asked)
  return schemaTags.length === 0 ? {} : { schemaTags }
}

/** A text as the whole body. */
export function textResponse(text: string, contentType: string): HttpResponse {
  return { status: 200, headers: { 'content-type': contentType }, body: text }
}
