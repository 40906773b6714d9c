// A registry behind its REST door, on a topic in memory, for tests of both.
import assert from 'node:assert/strict'
import { startHttpServer } from '../base/index.ts'
import { makeAuthorize, type AccessRule } from '../model/index.ts'
import { createRegistry, registryRoutes, registryUnknown, type Registry } from './index.ts'
import { memoryTopic, type MemoryTopic } from './testing.ts'

export interface TestDoor {
  readonly topic: MemoryTopic
  readonly registry: Registry
  readonly url: string
  /** [status, body]; the body is text where the path ends in /schema. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<[number, unknown]>
  /** [status, error_code] of a refusal, whose body has no other fields. */
  refusal(method: string, path: string, body?: unknown): Promise<[number, unknown]>
}

const mediaType = 'application/vnd.schemaregistry.v1+json'

export async function withDoor(
  run: (door: TestDoor) => Promise<void>,
  rules: readonly AccessRule[] = [],
  topic: MemoryTopic = memoryTopic(),
  keys: MemoryTopic = memoryTopic(),
): Promise<void> {
  const registry = createRegistry({ ...topic, keys: { ...keys, secret: 'a secret' } })
  const identity = { clusterId: 'a-cluster', version: '1.2.3' }
  const server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    what: 'a test',
    option: '',
    routes: registryRoutes(registry, makeAuthorize(rules), identity),
    unknown: registryUnknown,
  })
  const url = `http://127.0.0.1:${server.port}`
  const call: TestDoor['call'] = async (method, path, body, headers = {}) => {
    const text = body === undefined ? {} : { body: JSON.stringify(body) }
    const response = await fetch(url + path, { method, headers: { 'content-type': mediaType, ...headers }, ...text })
    const answer = await response.text()
    if (response.status === 204) return [204, answer]
    assert.equal(response.headers.get('content-type'), headers['accept'] ?? mediaType)
    return [response.status, path.split('?')[0]!.endsWith('/schema') && response.ok ? answer : JSON.parse(answer)]
  }
  const refusal: TestDoor['refusal'] = async (method, path, body) => {
    const [status, answer] = await call(method, path, body)
    assert.deepEqual(Object.keys(answer as object), ['error_code', 'message'], `${method} ${path}`)
    return [status, (answer as { error_code: number }).error_code]
  }
  try {
    await run({ topic, registry, url, call, refusal })
  } finally {
    await server.close()
  }
}

/** A record of int fields with defaults: each adds to the one before without harm. */
export const avro = (...names: string[]): { schema: string } => ({
  schema: JSON.stringify({
    type: 'record',
    name: 'r',
    fields: names.map((name) => ({ name, type: 'int', default: 0 })),
  }),
})

export const registerAll = async (call: TestDoor['call'], bodies: Record<string, object[]>): Promise<void> => {
  for (const [subject, list] of Object.entries(bodies))
    for (const body of list) {
      const answer = await call('POST', `/subjects/${encodeURIComponent(subject)}/versions`, body)
      assert.equal(answer[0], 200, JSON.stringify(answer))
    }
}
