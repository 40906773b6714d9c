// The catalog over Iceberg's REST protocol: routes as plain data for base/http. Every door asks `authorize`.
// Reference: iceberg/open-api/rest-catalog-open-api.yaml (1.11). Views, nested namespaces and remote signing are not offered;
// /v1/config says what is.
import { createHash } from 'node:crypto'
import { decodeText, MillraceError, type HttpRequest, type HttpResponse, type HttpRoute } from '../base/index.ts'
import type { Action, Authorize } from '../model/index.ts'
import { checkName, fullName, type Catalog, type LoadedTable, type TableCommit, type TableName } from './catalog.ts'
import { formatJson, isObject, parseJson, type Json, type JsonObject } from './iceberg/json.ts'
import { locationOf, missingFile } from './lake-files.ts'
import type { TableMetadata } from './iceberg/metadata.ts'
import { Refusal } from './iceberg/refusal.ts'
import { assignFreshIds, type IcebergSchema } from './iceberg/types.ts'
import type { Requirement, Update } from './iceberg/updates.ts'

type Handler = (call: Call) => HttpResponse
interface Call {
  readonly catalog: Catalog
  readonly request: HttpRequest
  readonly body: JsonObject
  /** @throws Refusal forbidden */
  allow(action: Action, table: string): void
}

/** Method, pattern, handler. In /v1/config in this order. */
const endpoints: readonly (readonly [method: string, pattern: string, handler: Handler])[] = [
  ['GET', '/v1/namespaces', listNamespaces],
  ['POST', '/v1/namespaces', createNamespace],
  ['GET', '/v1/namespaces/{namespace}', getNamespace],
  ['DELETE', '/v1/namespaces/{namespace}', dropNamespace],
  ['POST', '/v1/namespaces/{namespace}/properties', updateNamespace],
  ['GET', '/v1/namespaces/{namespace}/tables', listTables],
  ['POST', '/v1/namespaces/{namespace}/tables', createTable],
  ['GET', '/v1/namespaces/{namespace}/tables/{table}', loadTable],
  ['POST', '/v1/namespaces/{namespace}/tables/{table}', commitTable],
  ['DELETE', '/v1/namespaces/{namespace}/tables/{table}', dropTable],
  ['POST', '/v1/tables/rename', renameTable],
  ['POST', '/v1/namespaces/{namespace}/register', registerTable],
  ['POST', '/v1/namespaces/{namespace}/tables/{table}/metrics', takeMetrics],
  ['POST', '/v1/transactions/commit', commitTransaction],
]

/** Advertised beside the rest: GET routes answer HEAD too. */
const headEndpoints = [
  'HEAD /v1/{prefix}/namespaces/{namespace}',
  'HEAD /v1/{prefix}/namespaces/{namespace}/tables/{table}',
]

/**
 * Routes for startHttpServer. Handlers read and write the lake's files and its SQLite file while they run: some milliseconds.
 * @param catalog this thread's own
 */
export function catalogRoutes(catalog: Catalog, authorize: Authorize): HttpRoute[] {
  const answer =
    (handler: Handler) =>
    (request: HttpRequest): HttpResponse => {
      try {
        const allow = (action: Action, name: string): void => {
          const decision = authorize({
            principal: { name: request.principal },
            action,
            resource: { type: 'table', name },
            host: request.host,
          })
          if (decision.kind === 'deny') throw new Refusal('forbidden', decision.reason)
        }
        return handler({ catalog, request, body: bodyOf(request), allow })
      } catch (error) {
        return errorAnswer(error, catalog)
      }
    }
  const routes = endpoints.map(([method, pattern, handler]): HttpRoute => ({
    method,
    pattern,
    handler: answer(handler),
  }))
  return [{ method: 'GET', pattern: '/v1/config', handler: answer(config) }, ...routes]
}

function errorAnswer(error: unknown, catalog: Catalog): HttpResponse {
  if (error instanceof Refusal) return errorModel(error.status, error.type, error.message)
  if (error instanceof MillraceError && error.details.reason === missingFile)
    return errorModel(
      404,
      'NotFoundException',
      `Failed to open input stream for file: ${locationOf(catalog.lake, String(error.details.file))}`,
    )
  if (error instanceof MillraceError)
    return errorModel(
      error.retriable ? 503 : 500,
      error.retriable ? 'ServiceUnavailableException' : 'InternalServerError',
      `${error.message} [${error.code}] ${error.help}`,
    )
  throw error
}

function errorModel(status: number, type: string, message: string): HttpResponse {
  return json(status, { error: { message, type, code: status } })
}

function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): HttpResponse {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: formatJson(value) }
}
const noContent: HttpResponse = { status: 204 }

function bodyOf(request: HttpRequest): JsonObject {
  if (request.body.length === 0) return {}
  try {
    const body = parseJson(decodeText(request.body))
    if (isObject(body)) return body
  } catch {
    // Answered below, as any body that is not an object.
  }
  throw new Refusal('bad-request', 'The body is not a JSON object')
}

function namespaceOf(call: Call): string {
  // Several levels, joined as they came: a name that no namespace can have, so it is not found.
  return call.request.parameters.namespace!
}

/** Namespaces have one level here. */
function oneLevel(levels: readonly unknown[]): string {
  const [name] = levels
  if (levels.length !== 1 || typeof name !== 'string' || name === '') {
    throw new Refusal('bad-request', `Namespaces have one level here, not ${levels.length}: ${levels.join('.')}`)
  }
  return name
}

function tableOf(call: Call): TableName {
  return { namespace: namespaceOf(call), name: call.request.parameters.table! }
}

function identifier(value: Json | undefined): TableName {
  if (!isObject(value) || !Array.isArray(value.namespace) || typeof value.name !== 'string')
    throw new Refusal('bad-request', 'A table identifier has namespace and name')
  return { namespace: oneLevel(value.namespace), name: value.name }
}

function textMap(value: Json | undefined): Record<string, string> {
  if (value === undefined || value === null) return {}
  if (!isObject(value) || !Object.values(value).every((v) => typeof v === 'string'))
    throw new Refusal('bad-request', 'Properties are texts')
  return value as Record<string, string>
}

function config(_call: Call): HttpResponse {
  const listed = endpoints.map(([method, pattern]) => `${method} ${pattern.replace('/v1/', '/v1/{prefix}/')}`)
  return json(200, { defaults: {}, overrides: {}, endpoints: [...listed, ...headEndpoints] })
}

/** pageToken is the last name of the page before. */
function page(call: Call, names: readonly string[]): { names: readonly string[]; next: string | null } {
  const token = call.request.query.get('pageToken')
  const size = call.request.query.get('pageSize')
  const rest = token ? names.filter((name) => name > token) : names
  const limit = size === null ? Infinity : Math.max(1, Number(size) || 1)
  return rest.length <= limit ? { names: rest, next: null } : { names: rest.slice(0, limit), next: rest[limit - 1]! }
}

function listNamespaces(call: Call): HttpResponse {
  const parent = call.request.query.get('parent')
  if (parent) {
    // One level: a namespace that is there has no children.
    call.catalog.namespaceProperties(oneLevel(parent.split('\u001f')))
    return json(200, { namespaces: [], 'next-page-token': null })
  }
  const { names, next } = page(call, call.catalog.namespaces())
  return json(200, { namespaces: names.map((name) => [name]), 'next-page-token': next })
}

function createNamespace(call: Call): HttpResponse {
  if (!Array.isArray(call.body.namespace)) throw new Refusal('bad-request', 'namespace is missing')
  const name = oneLevel(call.body.namespace)
  const properties = textMap(call.body.properties)
  call.allow('create', `${name}.*`)
  call.catalog.createNamespace(name, properties)
  return json(200, { namespace: [name], properties })
}

function getNamespace(call: Call): HttpResponse {
  const name = namespaceOf(call)
  return json(200, { namespace: [name], properties: call.catalog.namespaceProperties(name) })
}

function dropNamespace(call: Call): HttpResponse {
  const name = namespaceOf(call)
  call.allow('delete', `${name}.*`)
  call.catalog.dropNamespace(name)
  return noContent
}

function updateNamespace(call: Call): HttpResponse {
  const name = namespaceOf(call)
  call.allow('alter', `${name}.*`)
  const removals = Array.isArray(call.body.removals) ? call.body.removals.map(String) : []
  return json(200, call.catalog.updateNamespace(name, removals, textMap(call.body.updates)))
}

function listTables(call: Call): HttpResponse {
  const namespace = namespaceOf(call)
  const { names, next } = page(call, call.catalog.tables(namespace))
  return json(200, { identifiers: names.map((name) => ({ namespace: [namespace], name })), 'next-page-token': next })
}

function createTable(call: Call): HttpResponse {
  const namespace = namespaceOf(call)
  const { name, schema, 'stage-create': staged } = call.body
  if (typeof name !== 'string' || !isObject(schema)) throw new Refusal('bad-request', 'name and schema are needed')
  const table = { namespace, name }
  checkName(name, 'table')
  call.allow('create', fullName(table))
  const updates = creationUpdates(call.body, schema as unknown as IcebergSchema)
  call.catalog.namespaceProperties(namespace)
  if (call.catalog.find(table)) throw new Refusal('exists', `Table already exists: ${fullName(table)}`)
  const folder = call.catalog.newFolder(table)
  if (staged === true) return json(200, { metadata: call.catalog.stageTable(folder, updates), config: {} })
  return tableAnswer(call, call.catalog.createTable(table, { folder, updates, feed: null }))
}

/** A request to create, as the updates that do it, with field ids given anew as the reference implementation does. */
function creationUpdates(body: JsonObject, given: IcebergSchema): Update[] {
  if (!Array.isArray(given.fields)) throw new Refusal('bad-request', 'The schema has no fields')
  const { schema, newIds } = assignFreshIds(given)
  const remap = (fields: unknown): JsonObject[] =>
    (Array.isArray(fields) ? (fields as JsonObject[]) : []).map((f) => ({
      ...f,
      'source-id': newIds.get(f['source-id'] as number) ?? f['source-id'],
    }))
  const spec = isObject(body['partition-spec']) ? remap(body['partition-spec'].fields) : []
  const order = isObject(body['write-order']) ? remap(body['write-order'].fields) : []
  const { 'format-version': version = '2', ...properties } = textMap(body.properties)
  return [
    { action: 'upgrade-format-version', 'format-version': Number(version) },
    { action: 'add-schema', schema: schema as never },
    { action: 'set-current-schema', 'schema-id': -1 },
    { action: 'add-spec', spec: { 'spec-id': 0, fields: spec.map((f, i) => ({ ...f, 'field-id': 1000 + i })) } },
    { action: 'set-default-spec', 'spec-id': -1 },
    { action: 'add-sort-order', 'sort-order': { 'order-id': order.length > 0 ? 1 : 0, fields: order } },
    { action: 'set-default-sort-order', 'sort-order-id': -1 },
    { action: 'set-properties', updates: properties },
  ]
}

/** With snapshots=refs only what refs name: small, however long the history. */
function tableAnswer(call: Call, loaded: LoadedTable): HttpResponse {
  const onlyRefs = call.request.query.get('snapshots') === 'refs'
  const metadata = onlyRefs ? refsOnly(loaded.metadata) : loaded.metadata
  // The metadata file never changes, so its name and the question make a good tag.
  const tag = `"${createHash('sha1').update(`${loaded.metadataLocation} ${onlyRefs}`).digest('hex')}"`
  if (call.request.method === 'GET' && call.request.headers['if-none-match'] === tag)
    return { status: 304, headers: { etag: tag } }
  return json(
    200,
    { 'metadata-location': loaded.metadataLocation, metadata: wireMetadata(metadata), config: {} },
    { etag: tag },
  )
}

function refsOnly(metadata: TableMetadata): TableMetadata {
  const named = new Set(Object.values(metadata.refs).map((ref) => ref['snapshot-id']))
  return { ...metadata, snapshots: metadata.snapshots.filter((s) => named.has(s['snapshot-id'])) }
}

/** -1 is written as absent: some clients take it for an id. */
function wireMetadata(metadata: TableMetadata): object {
  const { 'current-snapshot-id': current, ...rest } = metadata
  return { ...rest, ...(current === -1n ? {} : { 'current-snapshot-id': current }) }
}

function loadTable(call: Call): HttpResponse {
  const name = tableOf(call)
  call.allow('read', fullName(name))
  return tableAnswer(call, call.catalog.load(name))
}

function commitOf(name: TableName, body: JsonObject): TableCommit {
  const { requirements = [], updates = [] } = body
  const objects = (list: Json | undefined, key: string): boolean =>
    Array.isArray(list) && list.every((item) => isObject(item) && typeof item[key] === 'string')
  if (!objects(requirements, 'type') || !objects(updates, 'action'))
    throw new Refusal('bad-request', 'requirements and updates are lists of objects with type, action')
  return { ...name, requirements: requirements as unknown as Requirement[], updates: updates as unknown as Update[] }
}

function commitTable(call: Call): HttpResponse {
  const name = tableOf(call)
  call.allow('write', fullName(name))
  const [loaded] = call.catalog.commit([commitOf(name, call.body)])
  return json(200, { 'metadata-location': loaded!.metadataLocation, metadata: wireMetadata(loaded!.metadata) })
}

function commitTransaction(call: Call): HttpResponse {
  const changes = call.body['table-changes']
  if (!Array.isArray(changes)) throw new Refusal('bad-request', 'table-changes is missing')
  const commits = changes.map((change: Json) =>
    commitOf(identifier(isObject(change) ? change.identifier : undefined), change as JsonObject),
  )
  for (const commit of commits) call.allow('write', fullName(commit))
  call.catalog.commit(commits)
  return noContent
}

function dropTable(call: Call): HttpResponse {
  const name = tableOf(call)
  call.allow('delete', fullName(name))
  call.catalog.dropTable(name, { purge: call.request.query.get('purgeRequested')?.toLowerCase() === 'true' })
  return noContent
}

function renameTable(call: Call): HttpResponse {
  const from = identifier(call.body.source)
  const to = identifier(call.body.destination)
  call.allow('alter', fullName(from))
  call.allow('create', fullName(to))
  call.catalog.renameTable(from, to)
  return noContent
}

function registerTable(call: Call): HttpResponse {
  const { name, 'metadata-location': location } = call.body
  if (typeof name !== 'string' || typeof location !== 'string')
    throw new Refusal('bad-request', 'name and metadata-location are needed')
  const table = { namespace: namespaceOf(call), name }
  call.allow('create', fullName(table))
  return tableAnswer(call, call.catalog.registerTable(table, location))
}

/** Scan and commit reports are read by nobody here; the protocol wants them taken. */
function takeMetrics(_call: Call): HttpResponse {
  return noContent
}
