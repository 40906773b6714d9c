// The doors that speak HTTP ask whether whoever asks may, and from where.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startHttpServer, type HttpRoute } from '../../base/index.ts'
import { consoleRoutes, type ConsoleSources } from '../../console-api/index.ts'
import { createAuthorizer, type Authorize } from '../../model/index.ts'
import { registryRoutes, type Registry } from '../../registry/index.ts'
import { catalogRoutes, type Catalog } from '../../tables/index.ts'

test('each door tells the door-keeper the address that a request comes from', async () => {
  const asked: string[] = []
  const rules = [
    { principal: '*', effect: 'allow', actions: ['*'], resourceType: '*', resource: '*', host: '10.9.8.7' },
  ] as const
  const { authorize: decide } = createAuthorizer({ rules })
  const authorize: Authorize = (request) => {
    asked.push(`${request.resource.type} ${request.host}`)
    const from = decide({ ...request, host: '10.9.8.7' })
    assert.equal(from.kind, 'allow')
    return decide(request)
  }
  // Whoever is refused reaches nothing behind the doors.
  const routes: HttpRoute[] = [
    ...registryRoutes({} as Registry, authorize, { clusterId: 'c', version: 'v' }),
    ...catalogRoutes({} as Catalog, authorize),
    ...consoleRoutes({} as ConsoleSources, authorize, new Map()),
  ]
  const server = await startHttpServer({ host: '127.0.0.1', port: 0, what: 'doors', option: '--port', routes })
  try {
    const status = async (path: string, init?: RequestInit): Promise<number> =>
      (await fetch(`http://127.0.0.1:${server.port}${path}`, init)).status
    const headers = { 'content-type': 'application/json' }
    assert.equal(await status('/config', { method: 'PUT', headers, body: '{"compatibility":"NONE"}' }), 403)
    assert.equal(await status('/v1/namespaces/n/tables/t'), 403)
    assert.equal(await status('/api/topics/orders/messages'), 403)
    assert.equal(await status('/metrics'), 403)
  } finally {
    await server.close()
  }
  assert.deepEqual(asked, ['cluster 127.0.0.1', 'table 127.0.0.1', 'topic 127.0.0.1', 'cluster 127.0.0.1'])
})
