import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import {
  compileRoutes,
  eventStreamResponse,
  jsonResponse,
  MillraceError,
  requestText,
  startHttpServer,
  type HttpRoute,
  type HttpServerOptions,
} from './index.ts'

const here = { host: '127.0.0.1', port: 0, what: 'a test', option: '--port' }

async function withServer(
  options: Partial<HttpServerOptions> & { routes: readonly HttpRoute[] },
  run: (url: string) => Promise<void>,
): Promise<void> {
  const server = await startHttpServer({ ...here, ...options })
  try {
    await run(`http://127.0.0.1:${server.port}`)
  } finally {
    await server.close()
  }
}

test('a route gets its parameters decoded, the query and the body', async () => {
  const routes: HttpRoute[] = [
    {
      method: 'POST',
      pattern: '/subjects/{subject}/versions',
      handler: (r) =>
        jsonResponse(200, { subject: r.parameters.subject, q: r.query.get('normalize'), body: requestText(r) }),
    },
  ]
  await withServer({ routes }, async (url) => {
    const response = await fetch(`${url}/subjects/a%2Fb%20ü/versions?normalize=true`, { method: 'POST', body: 'hé' })
    assert.equal(response.status, 200)
    assert.deepEqual(await response.json(), { subject: 'a/b ü', q: 'true', body: 'hé' })
    const wrong = await fetch(`${url}/subjects/x/versions`, { method: 'PUT' })
    assert.equal(wrong.status, 405)
    assert.equal(wrong.headers.get('allow'), 'POST')
    assert.equal((await fetch(`${url}/nothing`)).status, 404)
    assert.equal((await fetch(`${url}/subjects/%FF/versions`)).status, 400)
  })
})

test('HEAD is GET without a body', async () => {
  await withServer(
    { routes: [{ method: 'GET', pattern: '/', handler: () => jsonResponse(200, [1]) }] },
    async (url) => {
      const response = await fetch(url, { method: 'HEAD' })
      assert.equal(response.headers.get('content-length'), '3')
      assert.equal(await response.text(), '')
    },
  )
})

test('the first route that fits wins, and a rest takes what is left', () => {
  const handler = (): never => assert.fail('not called')
  const find = compileRoutes([
    { method: 'GET', pattern: '/a/b', handler },
    { method: 'GET', pattern: '/a/{x}', handler },
    { method: 'GET', pattern: '/f/{rest*}', handler },
  ])
  assert.deepEqual(find('GET', ['a', 'b']), { kind: 'route', handler, parameters: {} })
  assert.deepEqual(find('GET', ['a', 'c', '']), { kind: 'route', handler, parameters: { x: 'c' } })
  assert.deepEqual(find('GET', ['f', 'p', 'q.js']), { kind: 'route', handler, parameters: { rest: 'p/q.js' } })
  assert.deepEqual(find('GET', ['a']), { kind: 'none', allowed: [] })
})

test('a body over the limit is refused, declared or not', async () => {
  const routes: HttpRoute[] = [{ method: 'POST', pattern: '/', handler: () => jsonResponse(200, {}) }]
  await withServer({ routes, limits: { bodyBytesMax: 10 } }, async (url) => {
    assert.equal((await fetch(url, { method: 'POST', body: 'x'.repeat(10) })).status, 200)
    assert.equal((await fetch(url, { method: 'POST', body: 'x'.repeat(11) })).status, 413)
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('x'.repeat(20)))
        controller.close()
      },
    })
    const streamed = await fetch(url, { method: 'POST', body: stream, duplex: 'half' } as RequestInit)
    assert.equal(streamed.status, 413)
  })
})

test('without a principal the answer is 401', async () => {
  const routes: HttpRoute[] = [{ method: 'GET', pattern: '/', handler: (r) => jsonResponse(200, r.principal) }]
  const authenticate = (headers: Readonly<Record<string, string>>): string | undefined => headers['x-user']
  await withServer({ routes, authenticate }, async (url) => {
    assert.equal((await fetch(url)).status, 401)
    assert.equal(await (await fetch(url, { headers: { 'x-user': 'User:ada' } })).json(), 'User:ada')
  })
})

test('what a handler throws is a 500 that tells nothing of ours', async () => {
  const routes: HttpRoute[] = [
    {
      method: 'GET',
      pattern: '/',
      handler: () => {
        throw new Error('secret')
      },
    },
  ]
  await withServer({ routes }, async (url) => {
    const response = await fetch(url)
    assert.equal(response.status, 500)
    assert.deepEqual(await response.json(), { error_code: 500, message: 'Internal server error' })
  })
})

test('events arrive one by one, and the stream learns when the client leaves', async () => {
  let ended: () => void = () => {}
  const end = new Promise<void>((resolve) => (ended = resolve))
  const routes: HttpRoute[] = [
    {
      method: 'GET',
      pattern: '/events',
      handler: ({ signal }) =>
        eventStreamResponse(
          (async function* () {
            yield { event: 'tick', data: 'a\nb', id: '1' }
            await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
            ended()
          })(),
        ),
    },
  ]
  await withServer({ routes }, async (url) => {
    const leave = new AbortController()
    const response = await fetch(`${url}/events`, { signal: leave.signal })
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    while (!text.includes('b\n\n')) text += (await reader.read()).value
    assert.equal(text, ':\n\nevent: tick\nid: 1\ndata: a\ndata: b\n\n')
    leave.abort()
    await end
  })
})

test('close ends idle connections and open streams at once', async () => {
  const routes: HttpRoute[] = [
    { method: 'GET', pattern: '/', handler: () => jsonResponse(200, {}) },
    {
      method: 'GET',
      pattern: '/stream',
      handler: () =>
        eventStreamResponse(
          (async function* () {
            yield { data: 'x' }
            await new Promise(() => {})
          })(),
        ),
    },
  ]
  const server = await startHttpServer({ ...here, routes, limits: { closeMs: 600_000 } })
  const url = `http://127.0.0.1:${server.port}`
  await (await fetch(url)).json()
  const stream = await fetch(`${url}/stream`)
  const reader = stream.body!.getReader()
  await reader.read()
  const idle = connect(server.port, '127.0.0.1')
  await new Promise((resolve) => idle.once('connect', resolve))
  const idleEnd = new Promise((resolve) => idle.once('close', resolve))
  await server.close()
  idle.destroy()
  await idleEnd
  let last = await reader.read()
  while (!last.done) last = await reader.read()
  await server.close()
})

test('a port in use is MR-BASE-001', async () => {
  const first = await startHttpServer({ ...here, routes: [] })
  try {
    await assert.rejects(
      startHttpServer({ ...here, port: first.port, routes: [] }),
      (error) => error instanceof MillraceError && error.code === 'MR-BASE-001',
    )
  } finally {
    await first.close()
  }
})

test('a door on loopback answers only what was meant for this machine', async () => {
  const routes: HttpRoute[] = [{ method: '*', pattern: '/', handler: () => jsonResponse(200, 'in') }]
  await withServer({ routes }, async (url) => {
    const port = new URL(url).port
    const status = async (headers: Record<string, string>): Promise<number> => {
      const lines = [
        'GET / HTTP/1.1',
        ...Object.entries(headers).map(([k, v]) => `${k}: ${v}`),
        'Connection: close',
        '',
        '',
      ]
      const socket = connect(Number(port), '127.0.0.1')
      socket.end(lines.join('\r\n'))
      let text = ''
      for await (const chunk of socket) text += String(chunk)
      return Number(text.slice(9, 12))
    }
    assert.equal(await status({ Host: `localhost:${port}` }), 200)
    assert.equal(await status({ Host: `127.0.0.1:${port}`, Origin: `http://127.0.0.1:${port}` }), 200)
    assert.equal(await status({ Host: 'evil.example' }), 403)
    assert.equal(await status({ Host: `127.0.0.1:${port}`, Origin: 'http://evil.example' }), 403)
    assert.equal(await status({ Host: `127.0.0.1:${port}`, Origin: 'null' }), 403)
  })
})
