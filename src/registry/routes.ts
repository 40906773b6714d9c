// The registry's REST door: Confluent's paths, parameters, answers and error codes. Every path is there twice: plain, and
// under /contexts/{context}/. Fields that only newer clients know (guid, schemaType AVRO, the whole registered schema) are
// sent to those that say they accept them: older ones refuse what they do not know.
// Reference: Confluent Schema Registry 8.x API; header Confluent-Accept-Unknown-Properties.
import { jsonResponse, MillraceError, type HttpRequest, type HttpResponse, type HttpRoute } from '../base/index.ts'
import type { Action, Authorize } from '../model/index.ts'
import { normalizeSubject, qualify } from './contexts.ts'
import { contextPrefixOf, followAlias, isResponse, type Call, type Door } from './door.ts'
import { answerType, checkContentType, defaultMediaType } from './media-types.ts'
import type { Registry } from './registry.ts'
import { refusals, RegistryRefusal } from './registry-types.ts'
import { batchDoors } from './routes-associations-batch.ts'
import { associationDoors } from './routes-associations.ts'
import { keyDoors } from './routes-keys.ts'
import { contextDoors, exporterDoors, schemaDoors } from './routes-schemas.ts'
import { settingsDoors } from './routes-settings.ts'
import { subjectDoors } from './routes-subjects.ts'

/** What /v1/metadata tells of this node. */
export interface RegistryIdentity {
  readonly clusterId: string
  readonly version: string
}

const unnamed: RegistryIdentity = { clusterId: 'millrace', version: 'unknown' }

function metadataDoors({ clusterId, version }: RegistryIdentity): Door[] {
  const clusters = { 'kafka-cluster': clusterId, 'schema-registry-cluster': 'schema-registry' }
  const metadata = (path: string, answer: unknown, difference?: string): Door => ({
    method: 'GET',
    pattern: `/v1/metadata/${path}`,
    action: 'describe',
    answer: () => answer,
    ...(difference === undefined ? {} : { difference }),
  })
  return [
    { method: 'GET', pattern: '/', action: 'describe', answer: () => ({}) },
    { method: 'POST', pattern: '/', action: 'describe', answer: () => ({}) },
    metadata('id', { scope: { path: [], clusters }, id: '' }),
    metadata('version', { version, commitId: 'unknown' }, "Millrace's version"),
    metadata('deployment', { attributes: [] }, 'no attributes'),
  ]
}

/** The whole API, for the routes and for the guide's table. */
export function registryDoors(identity: RegistryIdentity = unnamed): readonly Door[] {
  return [
    ...subjectDoors,
    ...schemaDoors,
    ...settingsDoors,
    ...contextDoors,
    ...associationDoors,
    ...batchDoors,
    ...keyDoors,
    ...exporterDoors,
    ...metadataDoors(identity),
  ]
}

/** Routes for startHttpServer. @param authorize asked for each subject that a request touches */
export function registryRoutes(registry: Registry, authorize: Authorize, identity?: RegistryIdentity): HttpRoute[] {
  return registryDoors(identity).flatMap((door) => {
    const prefixes = door.pattern === '/contexts/{context}' || door.pattern === '/' ? [''] : ['', '/contexts/{context}']
    return prefixes.map((prefix) => ({
      method: door.method,
      pattern: prefix + door.pattern,
      handler: (request: HttpRequest) => handle(door, request, registry, authorize),
    }))
  })
}

/** For paths and methods that are not there. */
export function registryUnknown(_request: HttpRequest, allowed: readonly string[]): HttpResponse {
  if (allowed.length === 0) return refusalResponse(refusals.pathNotFound())
  const response = refusalResponse(refusals.methodNotAllowed())
  return { ...response, headers: { ...response.headers, allow: allowed.join(', ') } }
}

function refusalResponse(
  { status, errorCode, message }: RegistryRefusal,
  contentType = defaultMediaType,
): HttpResponse {
  return jsonResponse(status, { error_code: errorCode, message }, contentType)
}

async function handle(
  door: Door,
  request: HttpRequest,
  registry: Registry,
  authorize: Authorize,
): Promise<HttpResponse> {
  let contentType = defaultMediaType
  try {
    contentType = answerType(request.headers['accept'])
    if (request.body.length > 0) checkContentType(request.headers['content-type'])
    const answer = await door.answer(callOf(door, request, registry, authorize))
    return isResponse(answer) ? answer : jsonResponse(200, answer, contentType)
  } catch (error) {
    if (error instanceof RegistryRefusal) return refusalResponse(error, contentType)
    // The log's refusals: a full disk, a damaged topic.
    if (error instanceof MillraceError) return refusalResponse(refusals.storeFailed(error.message), contentType)
    throw error
  }
}

/** Throws 40301 when the door-keeper refuses. */
function callOf(door: Door, request: HttpRequest, registry: Registry, authorize: Authorize): Call {
  const contextPrefix = contextPrefixOf(request)
  const subject = subjectOf(door, request, registry, contextPrefix)
  const principal = { name: request.principal }
  const { host } = request
  if (subject !== null || door.action !== 'describe') {
    const resource =
      subject === null
        ? ({ type: 'cluster', name: 'registry' } as const)
        : ({ type: 'subject', name: subject } as const)
    const decision = authorize({ principal, action: door.action, resource, host })
    if (decision.kind === 'deny')
      throw refusals.forbidden(`User is denied operation on this server: ${decision.reason}`)
  }
  return {
    request,
    registry,
    subject,
    contextPrefix,
    flag: (name) => request.query.get(name)?.toLowerCase() === 'true',
    may: (action: Action, name: string) =>
      authorize({ principal, action, resource: { type: 'subject', name }, host }).kind === 'allow',
  }
}

/** The subject that a path means; aliases are followed everywhere but for config and mode, where they are set. */
function subjectOf(door: Door, request: HttpRequest, registry: Registry, contextPrefix: string): string | null {
  const { subject: given } = request.parameters
  const isSettings = door.pattern.startsWith('/config') || door.pattern.startsWith('/mode')
  if (given === undefined) return isSettings && contextPrefix !== '' ? contextPrefix : null
  const subject = normalizeSubject(qualify(contextPrefix, given))
  return isSettings ? subject : followAlias(registry, subject)
}
