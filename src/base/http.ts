// One small HTTP/1.1 server for the rooms that speak REST (registry, catalog, console, metrics): a table of routes over
// node:http. Invariant: a body is never read past its limit, a handler never sees an unfinished body, and close() leaves
// no connection. Handlers are plain functions from request to response; the server knows no protocol of theirs.
// Reference: RFC 9110 (semantics), RFC 9112 (HTTP/1.1), WHATWG "Server-sent events".
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import { assert } from './assert.ts'
import { concatBytes, decodeText, emptyBytes } from './bytes.ts'
import { MillraceError } from './errors.ts'
import { contextOf, type TlsMaterial } from './tls.ts'

export interface HttpLimits {
  /** Bytes of a request's body; a larger one is answered 413. */
  readonly bodyBytesMax: number
  /** Milliseconds in which a request's headers and body must have come. */
  readonly requestMs: number
  /** Milliseconds that an idle kept-alive connection stays. */
  readonly keepAliveMs: number
  /** Milliseconds that close() gives running requests. */
  readonly closeMs: number
  /** Open connections; further ones are dropped by the kernel's queue. */
  readonly connectionsMax: number
}

export const httpLimits: HttpLimits = {
  // A schema with its references, or a catalog commit, is well below this.
  bodyBytesMax: 16 << 20,
  requestMs: 30_000,
  keepAliveMs: 65_000,
  closeMs: 1_000,
  connectionsMax: 1_024,
}

export interface HttpRequest {
  readonly method: string
  /** Decoded path without the query. */
  readonly path: string
  /** Values of the pattern's {names}, percent-decoded. */
  readonly parameters: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** Lower-case names; repeated ones joined by ', '. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** 'User:anonymous' without authentication; goes to `authorize`. */
  readonly principal: string
  /** Address and port of the peer. */
  readonly remote: string
  /** The address alone, as rules name hosts; goes to `authorize`. */
  readonly host: string
  /** Aborted when the peer has gone or the server closes: a stream ends then. */
  readonly signal: AbortSignal
}

export interface HttpResponse {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** A stream is written as it comes, waiting while the peer is slow; it is told to return() when the peer goes. */
  readonly body?: string | Uint8Array | AsyncIterable<string | Uint8Array>
}

export type HttpHandler = (request: HttpRequest) => HttpResponse | Promise<HttpResponse>

export interface HttpRoute {
  /** GET answers HEAD too. '*' takes every method. */
  readonly method: string
  /** '/subjects/{subject}/versions/{version}': a name takes one segment; '{rest*}' at the end takes all that is left. */
  readonly pattern: string
  readonly handler: HttpHandler
}

export interface HttpServerOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** For MR-BASE-001: what listens here and which option changes the port. */
  readonly what: string
  readonly option: string
  readonly routes: readonly HttpRoute[]
  /** The principal's name, or undefined: answered 401 before the body is read. Absent: everyone is 'User:anonymous'. */
  readonly authenticate?: Authenticate
  /** What a 401 asks for. */
  readonly challenge?: string
  /** Checked by the caller (checkTlsMaterial); clients show no certificate here. */
  readonly tls?: TlsMaterial
  /** Answers for paths without a route and for methods without one (`allowed` not empty). */
  readonly unknown?: (request: HttpRequest, allowed: readonly string[]) => HttpResponse
  /** Answers for what a handler threw. */
  readonly failed?: (error: unknown, request: HttpRequest) => HttpResponse
  readonly limits?: Partial<HttpLimits>
}

export type Authenticate = (
  headers: Readonly<Record<string, string>>,
) => string | undefined | Promise<string | undefined>

export interface HttpServer {
  readonly port: number
  /** For connections from now on; checked by the caller. Only with `tls`. */
  setTls?(material: TlsMaterial): void
  /** Ends idle connections at once, gives running requests limits.closeMs, then cuts. Safe to call twice. */
  close(): Promise<void>
}

/** Starts listening. Rejects with MR-BASE-001 when the port is in use. */
export function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const limits = { ...httpLimits, ...options.limits }
  const find = compileRoutes(options.routes)
  const closing = new AbortController()
  // Node counts a connection that never sent a request as busy, so what runs on each is counted here.
  const running = new Map<Socket, number>()
  const listener = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const { socket } = incoming
    running.set(socket, (running.get(socket) ?? 0) + 1)
    outgoing.once('close', () => {
      const left = running.get(socket)! - 1
      running.set(socket, left)
      if (left === 0 && closing.signal.aborted) socket.end(() => socket.destroy())
    })
    void answer({ options, limits, find, closing: closing.signal }, incoming, outgoing)
  }
  const settings = { requestTimeout: limits.requestMs, keepAliveTimeout: limits.keepAliveMs }
  const secure =
    options.tls && createTlsServer({ ...settings, ...contextOf(options.tls), minVersion: 'TLSv1.2' }, listener)
  const server: Server = secure ?? createServer(settings, listener)
  server.maxConnections = limits.connectionsMax
  server.on(options.tls ? 'secureConnection' : 'connection', (socket: Socket) => {
    running.set(socket, 0)
    socket.once('close', () => running.delete(socket))
  })
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const { host, port, what, option } = options
      const inUse = cause.code === 'EADDRINUSE' || cause.code === 'EACCES'
      reject(inUse ? new MillraceError('MR-BASE-001', { details: { host, port, what, option }, cause }) : cause)
    })
    server.listen(options.port, options.host, () => {
      const address = server.address()
      assert(typeof address === 'object' && address, 'a TCP server has an address')
      let closed: Promise<void> | undefined
      const close = (): Promise<void> => {
        closed ??= closeServer(server, limits, closing, running)
        return closed
      }
      const setTls = secure && ((material: TlsMaterial): void => secure.setSecureContext(contextOf(material)))
      resolve({ port: address.port, close, ...(setTls ? { setTls } : {}) })
    })
  })
}

function closeServer(
  server: Server,
  limits: HttpLimits,
  closing: AbortController,
  running: ReadonlyMap<Socket, number>,
): Promise<void> {
  return new Promise((done) => {
    const cut = setTimeout(() => server.closeAllConnections(), limits.closeMs)
    server.close(() => {
      clearTimeout(cut)
      done()
    })
    closing.abort()
    for (const [socket, requests] of running) if (requests === 0) socket.destroy()
  })
}

interface Context {
  readonly options: HttpServerOptions
  readonly limits: HttpLimits
  readonly find: FindRoute
  readonly closing: AbortSignal
}

async function answer(context: Context, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const { options, limits } = context
  const gone = new AbortController()
  const stop = (): void => gone.abort()
  outgoing.once('close', stop)
  context.closing.addEventListener('abort', stop, { once: true })
  // After close() began no connection is kept: the answer is its last.
  if (context.closing.aborted) outgoing.shouldKeepAlive = false
  try {
    const headers = plainHeaders(incoming)
    if (!mayCome(options, headers)) {
      const reason = 'This door is for this machine only: Host and Origin must be localhost.'
      await send(
        outgoing,
        incoming,
        errorResponse(403, options.authenticate ? 'Origin is not this door.' : reason),
        gone,
      )
      return
    }
    const principal = options.authenticate ? await options.authenticate(headers) : 'User:anonymous'
    if (principal === undefined) {
      const challenge = { 'www-authenticate': options.challenge ?? 'Basic realm="millrace"' }
      const refused = errorResponse(401, 'Unauthorized')
      await send(outgoing, incoming, { ...refused, headers: { ...refused.headers, ...challenge } }, gone)
      return
    }
    const body = await readBody(incoming, limits.bodyBytesMax)
    if (!body) {
      // The rest of the body is not read, so the connection cannot be used again.
      outgoing.shouldKeepAlive = false
      await send(outgoing, incoming, errorResponse(413, `The body is larger than ${limits.bodyBytesMax} bytes.`), gone)
      return
    }
    const response = await respond(context, incoming, { headers, principal, body, signal: gone.signal })
    await send(outgoing, incoming, response, gone)
  } catch {
    // The peer went away in the middle, or its bytes were no HTTP: nothing is left to tell it.
    outgoing.destroy()
  } finally {
    context.closing.removeEventListener('abort', stop)
  }
}

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]'])

const isLoopback = (host: string): boolean => loopbackNames.has(host) || host === '::1' || host.startsWith('127.')

/** A browser keeps passwords and sends them for any page that asks: a door takes its own pages only. */
function mayCome({ host, authenticate }: HttpServerOptions, headers: Readonly<Record<string, string>>): boolean {
  if (!authenticate) return !isLoopback(host) || cameForLoopback(headers)
  const { origin } = headers
  return origin === undefined || URL.parse(origin)?.host === headers['host']
}

/**
 * Whoever is on this machine may come in without a password, so a page from elsewhere in this machine's browser must not: neither
 * under a name of its own that points here (Host, "DNS rebinding") nor as a sender of forms (Origin).
 */
function cameForLoopback({ host, origin }: Readonly<Record<string, string>>): boolean {
  const isHere = (address: string): boolean => {
    const name = URL.parse(`http://${address}`)?.hostname ?? ''
    return loopbackNames.has(name) || name.startsWith('127.')
  }
  if (host !== undefined && !isHere(host)) return false
  return origin === undefined || isHere(origin.replace(/^https?:\/\//, ''))
}

async function respond(
  { options, find }: Context,
  incoming: IncomingMessage,
  parts: Pick<HttpRequest, 'headers' | 'principal' | 'body' | 'signal'>,
): Promise<HttpResponse> {
  const target = incoming.url ?? '/'
  const mark = target.indexOf('?')
  const rawPath = mark < 0 ? target : target.slice(0, mark)
  const method = incoming.method ?? 'GET'
  const segments = decodeSegments(rawPath)
  const socket = incoming.socket
  const request = (parameters: Record<string, string>): HttpRequest => ({
    method,
    path: segments ? `/${segments.join('/')}` : rawPath,
    parameters,
    query: new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1)),
    remote: `${socket.remoteAddress}:${socket.remotePort}`,
    // A socket of both families shows older addresses inside newer ones.
    host: (socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
    ...parts,
  })
  if (!segments) return errorResponse(400, 'The path is not valid percent-encoded UTF-8.')
  const found = find(method, segments)
  if (found.kind === 'none') {
    if (options.unknown) return options.unknown(request({}), found.allowed)
    if (found.allowed.length === 0) return errorResponse(404, `HTTP 404 Not Found: ${rawPath}`)
    const response = errorResponse(405, 'HTTP 405 Method Not Allowed')
    return { ...response, headers: { ...response.headers, allow: found.allowed.join(', ') } }
  }
  const whole = request(found.parameters)
  try {
    return await found.handler(whole)
  } catch (error) {
    if (options.failed) return options.failed(error, whole)
    const message = error instanceof MillraceError ? error.message : 'Internal server error'
    return errorResponse(500, message)
  }
}

/** A JSON answer. `value` must hold no bigint; 64-bit numbers go as strings. */
export function jsonResponse(status: number, value: unknown, contentType = 'application/json'): HttpResponse {
  return { status, headers: { 'content-type': contentType }, body: JSON.stringify(value) }
}

function errorResponse(status: number, message: string): HttpResponse {
  return jsonResponse(status, { error_code: status, message })
}

export interface ServerEvent {
  /** JSON text, or any text. */
  readonly data: string
  readonly event?: string
  readonly id?: string
}

/** A stream of server-sent events. End `events` when request.signal aborts. */
export function eventStreamResponse(events: AsyncIterable<ServerEvent>): HttpResponse {
  async function* lines(): AsyncGenerator<string> {
    // A comment first, so that the client sees the headers at once.
    yield ':\n\n'
    for await (const { data, event, id } of events) {
      const head = (event ? `event: ${event}\n` : '') + (id ? `id: ${id}\n` : '')
      yield `${head}data: ${data.replaceAll('\n', '\ndata: ')}\n\n`
    }
  }
  return {
    status: 200,
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
    body: lines(),
  }
}

/** undefined when it is larger than the limit. Rejects when the peer goes away. */
async function readBody(incoming: IncomingMessage, bytesMax: number): Promise<Uint8Array | undefined> {
  const declared = Number(incoming.headers['content-length'] ?? 0)
  if (declared > bytesMax) return undefined
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of incoming as AsyncIterable<Buffer>) {
    size += part.length
    if (size > bytesMax) return undefined
    parts.push(new Uint8Array(part.buffer, part.byteOffset, part.byteLength))
  }
  return parts.length === 0 ? emptyBytes : parts.length === 1 ? parts[0]! : concatBytes(parts)
}

function plainHeaders(incoming: IncomingMessage): Record<string, string> {
  const plain: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) plain[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return plain
}

async function send(
  outgoing: ServerResponse,
  incoming: IncomingMessage,
  response: HttpResponse,
  gone: AbortController,
): Promise<void> {
  const { status, headers = {}, body = '' } = response
  if (typeof body === 'string' || body instanceof Uint8Array) {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    if (status !== 204 && status !== 304) outgoing.setHeader('content-length', bytes.length)
    outgoing.writeHead(status, headers)
    outgoing.end(incoming.method === 'HEAD' ? undefined : bytes)
    return
  }
  outgoing.writeHead(status, headers)
  if (incoming.method === 'HEAD') {
    outgoing.end()
    return
  }
  outgoing.flushHeaders()
  const iterator = body[Symbol.asyncIterator]()
  // A stream that waits for its next event learns of the end through request.signal; here the wait is only given up.
  const left = new Promise<'left'>((resolve) => {
    if (gone.signal.aborted) resolve('left')
    else gone.signal.addEventListener('abort', () => resolve('left'), { once: true })
  })
  for (;;) {
    const next = await Promise.race([iterator.next(), left])
    if (next === 'left') break
    if (next.done) break
    if (!outgoing.write(next.value)) {
      const drained = new Promise<'drained'>((resolve) => outgoing.once('drain', () => resolve('drained')))
      if ((await Promise.race([drained, left])) === 'left') break
    }
  }
  // Not awaited: a generator that is inside an await returns only when that one settles.
  void iterator.return?.()?.catch(() => {})
  outgoing.end()
}

/** undefined when a segment is not valid percent-encoding. '%2F' stays inside its segment. */
function decodeSegments(path: string): string[] | undefined {
  try {
    return path
      .split('/')
      .slice(1)
      .map((segment) => decodeURIComponent(segment))
  } catch {
    return undefined
  }
}

type Found =
  | { readonly kind: 'route'; readonly handler: HttpHandler; readonly parameters: Record<string, string> }
  | { readonly kind: 'none'; readonly allowed: readonly string[] }
type FindRoute = (method: string, segments: readonly string[]) => Found

interface CompiledRoute {
  readonly route: HttpRoute
  readonly parts: readonly { readonly name: string | null; readonly text: string; readonly rest: boolean }[]
}

/** Routes in order; the first that fits wins, so fixed segments come before names. Exported for tests of route tables. */
export function compileRoutes(routes: readonly HttpRoute[]): FindRoute {
  const compiled: CompiledRoute[] = routes.map((route) => ({
    route,
    parts: route.pattern
      .split('/')
      .slice(1)
      .map((text) => {
        const named = /^\{(\w+)(\*?)\}$/.exec(text)
        return { name: named ? named[1]! : null, text, rest: named?.[2] === '*' }
      }),
  }))
  return (method, segments) => {
    const allowed = new Set<string>()
    for (const { route, parts } of compiled) {
      const parameters = matchRoute(parts, segments)
      if (!parameters) continue
      const fits = route.method === '*' || route.method === method || (route.method === 'GET' && method === 'HEAD')
      if (fits) return { kind: 'route', handler: route.handler, parameters }
      allowed.add(route.method)
    }
    return { kind: 'none', allowed: [...allowed].toSorted() }
  }
}

function matchRoute(parts: CompiledRoute['parts'], segments: readonly string[]): Record<string, string> | undefined {
  // A trailing slash means the same path.
  const count = segments.length > 1 && segments.at(-1) === '' ? segments.length - 1 : segments.length
  const parameters: Record<string, string> = {}
  for (let i = 0; i < parts.length; i++) {
    const { name, text, rest } = parts[i]!
    if (rest) {
      parameters[name!] = segments.slice(i).join('/')
      return parameters
    }
    if (i >= count) return undefined
    const segment = segments[i]!
    if (name === null ? segment !== text : segment === '') return undefined
    if (name !== null) parameters[name] = segment
  }
  return count === parts.length ? parameters : undefined
}

/** The body as text. Throws TypeError when it is not UTF-8. */
export function requestText(request: HttpRequest): string {
  return decodeText(request.body)
}
