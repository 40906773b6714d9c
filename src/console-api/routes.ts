// HTTP routes over what a running node knows. The node hands in functions; every door passes its principal to `authorize`.
// Static files of the built console are served from memory with strong ETags; unknown paths get the page (it routes itself).
import {
  encodeText,
  MillraceError,
  type HttpHandler,
  type HttpRequest,
  type HttpResponse,
  type HttpRoute,
} from '../base/index.ts'
import type { Authorize, ResourceType } from '../model/index.ts'
import { eventIntervalMs, messagesMax } from './limits.ts'
import type {
  AlertShape,
  CheckShape,
  ErrorShape,
  ExploreShape,
  GroupShape,
  GroupSummaryShape,
  MessageShape,
  NodeShape,
  PipelineShape,
  QuarantineShape,
  ReplayShape,
  TableShape,
  TopicShape,
} from './shapes.ts'

export interface ConsoleSources {
  node(): NodeShape
  topics(): readonly TopicShape[]
  /** Newest first. */
  messages(
    topic: string,
    options: { limit: number; partition: number | null; before: number | null },
  ): readonly MessageShape[]
  quarantine(topic: string): QuarantineShape
  replay(
    topic: string,
    selection: { rule?: string | undefined; places?: readonly { partition: number; offset: number }[] | undefined },
  ): Promise<ReplayShape>
  pipelines(): readonly PipelineShape[]
  tables(): readonly TableShape[] | Promise<readonly TableShape[]>
  checks(): readonly CheckShape[]
  groups(): readonly GroupShape[] | Promise<readonly GroupShape[]>
  consumerGroups(): readonly GroupSummaryShape[] | Promise<readonly GroupSummaryShape[]>
  alerts(): readonly AlertShape[]
  /** What this environment last applied: `kind/name` → text. */
  applied(): ReadonlyMap<string, string>
  /** The compiled catalog, as it is. */
  catalog(): unknown
  explore(sql: string, principal: string, host: string): Promise<ExploreShape>
  /** Prometheus' text. */
  metrics(): string | Promise<string>
  /** Resolves after `ms`, or at once when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** The built console: path ('index.html', 'assets/x.js') → bytes. */
export type StaticFiles = ReadonlyMap<string, Uint8Array>

export function consoleRoutes(sources: ConsoleSources, authorize: Authorize, files: StaticFiles): HttpRoute[] {
  const get = (
    pattern: string,
    resource: readonly [ResourceType, string],
    answer: (request: HttpRequest) => unknown,
  ): HttpRoute => ({
    method: 'GET',
    pattern,
    handler: guarded(authorize, resource, async (request) => json(await answer(request))),
  })
  const cluster = ['cluster', 'node'] as const
  return [
    get('/api/node', cluster, () => sources.node()),
    get('/api/topics', cluster, () => sources.topics()),
    {
      method: 'GET',
      pattern: '/api/topics/{name}/messages',
      handler: (request) =>
        guarded(
          authorize,
          ['topic', request.parameters['name']!],
          () => messages(sources, authorize, request),
          'read',
        )(request),
    },
    {
      method: 'GET',
      pattern: '/api/quarantine/{name}',
      handler: (request) => {
        const name = request.parameters['name']!
        return guarded(authorize, ['topic', name], () => json(sources.quarantine(name)), 'describe')(request)
      },
    },
    {
      method: 'POST',
      pattern: '/api/quarantine/{name}/replay',
      handler: (request) => {
        const name = request.parameters['name']!
        return guarded(authorize, ['topic', name], () => replaying(sources, name, request), 'write')(request)
      },
    },
    get('/api/pipelines', cluster, () => sources.pipelines()),
    get('/api/tables', cluster, () => sources.tables()),
    get('/api/checks', cluster, () => sources.checks()),
    get('/api/groups', cluster, () => sources.groups()),
    get('/api/consumer-groups', cluster, () => sources.consumerGroups()),
    get('/api/alerts', cluster, () => sources.alerts()),
    get('/api/applied', cluster, () => sources.applied()),
    get('/api/catalog', cluster, () => sources.catalog()),
    {
      method: 'GET',
      pattern: '/api/events',
      handler: guarded(authorize, cluster, (request) => events(sources, request)),
    },
    { method: 'POST', pattern: '/api/explore', handler: (request) => exploring(sources, request) },
    {
      method: 'GET',
      pattern: '/metrics',
      handler: guarded(authorize, cluster, async () => ({
        status: 200,
        headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
        body: await sources.metrics(),
      })),
    },
    { method: 'GET', pattern: '/{path*}', handler: (request) => staticFile(files, request) },
  ]
}

export function json(value: unknown, status = 200): HttpResponse {
  const body = JSON.stringify(value, (_, v: unknown) =>
    typeof v === 'bigint' ? v.toString() : v instanceof Map ? Object.fromEntries(v) : v,
  )
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body }
}

/** What whoever asks may not do, though the request is right. */
const forbidden: ReadonlySet<string> = new Set(['MR-CONSOLE-002', 'MR-EXPLORE-009'])

export function errorAnswer(error: unknown): HttpResponse {
  const known = error instanceof MillraceError
  const shape: ErrorShape = {
    error: known
      ? {
          code: error.code,
          message: error.message,
          help: error.help,
          details: Object.fromEntries(
            Object.entries(error.details).map(([k, v]) => [k, typeof v === 'bigint' ? v.toString() : v]),
          ),
          place: error.place ?? null,
        }
      : {
          code: 'MR-CONSOLE-001',
          message: error instanceof Error ? error.message : String(error),
          help: 'This is a fault of the node; its log has the stack.',
          details: {},
          place: null,
        },
  }
  return json(shape, known ? (forbidden.has(error.code) ? 403 : 400) : 500)
}

function guarded(
  authorize: Authorize,
  resource: readonly [ResourceType, string],
  answer: HttpHandler,
  action: 'read' | 'write' | 'describe' = 'describe',
): HttpHandler {
  return async (request) => {
    const decision = authorize({
      principal: { name: request.principal },
      action,
      resource: { type: resource[0], name: resource[1] },
      host: request.host,
    })
    if (decision.kind === 'deny')
      return errorAnswer(new MillraceError('MR-CONSOLE-002', { details: { reason: decision.reason } }))
    try {
      return await answer(request)
    } catch (error) {
      return errorAnswer(error)
    }
  }
}

function messages(sources: ConsoleSources, authorize: Authorize, request: HttpRequest): HttpResponse {
  const name = request.parameters['name']!
  const limit = Number(request.query.get('limit') ?? 50)
  const partition = request.query.get('partition')
  if (!Number.isInteger(limit) || limit < 1 || limit > messagesMax)
    throw new MillraceError('MR-CONSOLE-003', { details: { max: messagesMax } })
  const decision = authorize({
    principal: { name: request.principal },
    action: 'read',
    resource: { type: 'topic', name },
    host: request.host,
  })
  const masked = decision.kind === 'allow' ? new Set(decision.maskedColumns) : new Set<string>()
  const before = request.query.get('before')
  const found = sources.messages(name, {
    limit,
    partition: partition === null ? null : Number(partition),
    before: before === null ? null : Number(before),
  })
  return json(masked.size === 0 ? found : found.map((m) => maskMessage(m, masked)))
}

function maskMessage(message: MessageShape, masked: ReadonlySet<string>): MessageShape {
  const { value } = message
  if (typeof value !== 'object' || value === null) return { ...message, key: '•••', value: '•••' }
  return {
    ...message,
    key: '•••',
    value: Object.fromEntries(Object.entries(value).map(([k, v]) => [k, masked.has(k) ? '•••' : v])),
  }
}

async function replaying(sources: ConsoleSources, topic: string, request: HttpRequest): Promise<HttpResponse> {
  let body: unknown
  try {
    body = JSON.parse(new TextDecoder().decode(request.body))
  } catch (cause) {
    throw new MillraceError('MR-CONSOLE-010', { cause })
  }
  const { rule, places } = (typeof body === 'object' && body !== null ? body : { rule: null }) as Record<
    string,
    unknown
  >
  const isPlace = (place: unknown): place is string => typeof place === 'string' && /^\d{1,9}:\d{1,15}$/.test(place)
  if (rule !== undefined && typeof rule !== 'string') throw new MillraceError('MR-CONSOLE-010')
  if (places !== undefined && !(Array.isArray(places) && places.length <= messagesMax && places.every(isPlace)))
    throw new MillraceError('MR-CONSOLE-010')
  const chosen = (places as string[] | undefined)?.map((place) => {
    const [partition, offset] = place.split(':').map(Number)
    return { partition: partition!, offset: offset! }
  })
  return json(await sources.replay(topic, { rule, places: chosen }))
}

async function exploring(sources: ConsoleSources, request: HttpRequest): Promise<HttpResponse> {
  try {
    const { sql } = JSON.parse(new TextDecoder().decode(request.body)) as { sql?: unknown }
    if (typeof sql !== 'string' || sql.trim() === '') throw new MillraceError('MR-CONSOLE-004')
    return json(await sources.explore(sql, request.principal, request.host))
  } catch (error) {
    return errorAnswer(error instanceof SyntaxError ? new MillraceError('MR-CONSOLE-004', { cause: error }) : error)
  }
}

/** One 'status' a second: what changes fast on the first page. */
function events(sources: ConsoleSources, request: HttpRequest): HttpResponse {
  async function* stream(): AsyncGenerator<string> {
    while (!request.signal.aborted) {
      const status = {
        node: sources.node(),
        topics: sources.topics(),
        pipelines: sources.pipelines(),
        alerts: sources.alerts(),
      }
      yield `event: status\ndata: ${JSON.stringify(status)}\n\n`
      await sources.sleep(eventIntervalMs, request.signal)
    }
  }
  return { status: 200, headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' }, body: stream() }
}

const contentTypes: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  json: 'application/json',
  woff2: 'font/woff2',
}

function staticFile(files: StaticFiles, request: HttpRequest): HttpResponse {
  const path = request.path.replace(/^\//, '') || 'index.html'
  const page =
    files.get(path) ?? (path.startsWith('assets/') || path.startsWith('api/') ? undefined : files.get('index.html'))
  if (!page) {
    const body =
      files.size === 0
        ? 'The console is not built in this tree: npm run build. The API is under /api/.\n'
        : 'Not found.\n'
    return { status: 404, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: encodeText(body) }
  }
  const type = contentTypes[(files.has(path) ? path : 'index.html').split('.').at(-1)!] ?? 'application/octet-stream'
  const cache = path.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'
  const safe = {
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:",
  }
  return { status: 200, headers: { 'content-type': type, 'cache-control': cache, ...safe }, body: page }
}
