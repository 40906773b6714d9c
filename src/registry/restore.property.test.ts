// A registry is its topic: whatever was done, one that is built from the records (all, compacted, in another order, written
// by another registry) answers every question as the one that wrote them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileRoutes, encodeText, type HttpRequest, type HttpResponse } from '../base/index.ts'
import { makeAuthorize } from '../model/index.ts'
import { createRegistry, registryRoutes, type Registry, type SchemasRecord } from './index.ts'
import { compacted, memoryTopic } from './testing.ts'

type Ask = (method: string, path: string, body?: unknown) => Promise<string>

function asker(registry: Registry, headers: Record<string, string> = {}): Ask {
  const find = compileRoutes(registryRoutes(registry, makeAuthorize([])))
  return async (method, target, body) => {
    const url = new URL(target, 'http://here')
    const found = find(method, url.pathname.split('/').slice(1).map(decodeURIComponent))
    assert.equal(found.kind, 'route', `${method} ${target}`)
    const request: HttpRequest = {
      method,
      path: url.pathname,
      parameters: found.kind === 'route' ? found.parameters : {},
      query: url.searchParams,
      headers,
      body: body === undefined ? new Uint8Array() : encodeText(JSON.stringify(body)),
      principal: 'User:anonymous',
      remote: '',
      host: '127.0.0.1',
      signal: new AbortController().signal,
    }
    const { status, body: answer } = await (found as { handler: (r: HttpRequest) => HttpResponse }).handler(request)
    return `${status} ${String(answer ?? '')}`
  }
}

const subjects = ['a', 'b', ':.x:a', ':.y:c']
const texts = [
  '"int"',
  '"long"',
  '{"type":"enum","name":"E","symbols":["A"]}',
  '{"type":"record","name":"R","fields":[]}',
]

/** Every answer that a registry gives of what may be in it. */
async function everything(registry: Registry, withMaxId: boolean): Promise<[string, string][]> {
  const ask = asker(registry, { 'confluent-accept-unknown-properties': 'true' })
  const flags = ['', '?deleted=true', '?deletedOnly=true', '?deletedAsNegative=true&deleted=true']
  const state = registry.state()
  const guids = state.subjects(true).flatMap((name) => state.versions(name, true).map(({ guid }) => guid))
  const paths = [
    '/contexts',
    '/config',
    '/mode',
    '/schemas?subjectPrefix=:*:',
    '/schemas?subjectPrefix=:*:&deleted=true',
    '/schemas?subjectPrefix=:*:&resourceType=topic',
    ...['t', 'u'].map((resource) => `/associations/resources/${resource}`),
    ...flags.map((flag) => `/subjects${flag}`),
    ...['.x', '.y'].flatMap((context) => [`/contexts/${context}/config`, `/contexts/${context}/mode`]),
    ...subjects.flatMap((subject) => [
      ...flags.map((flag) => `/subjects/${subject}/versions${flag}`),
      ...['config', 'mode'].flatMap((what) => [`/${what}/${subject}`, `/${what}/${subject}?defaultToGlobal=true`]),
      ...['1', '2', '3', '4', 'latest'].flatMap((version) => [
        `/subjects/${subject}/versions/${version}?deleted=true&findTags=*`,
        `/subjects/${subject}/versions/${version}`,
        `/subjects/${subject}/versions/${version}/referencedby?deleted=true`,
      ]),
    ]),
    ...[1, 2, 3, 4, 5, 20, 21].flatMap((id) =>
      ['', ':.x:', ':.y:'].flatMap((context) => [
        `/schemas/ids/${id}?subject=${context}${withMaxId ? '&fetchMaxId=true' : ''}`,
        `/schemas/ids/${id}/versions?deleted=true&subject=${context}`,
        `/schemas/ids/${id}/subjects?subject=${context}`,
      ]),
    ),
    ...guids.flatMap((guid) => [`/schemas/guids/${guid}`, `/schemas/guids/${guid}/ids`]),
  ]
  const answers: [string, string][] = []
  for (const path of paths) answers.push([path, await ask('GET', path)])
  for (const subject of subjects)
    for (const schema of texts)
      answers.push([`POST ${subject} ${schema}`, await ask('POST', `/subjects/${subject}?deleted=true`, { schema })])
  return answers
}

const subject = fc.constantFrom(...subjects)
const step = fc.oneof(
  fc.record({
    kind: fc.constant('register'),
    subject,
    text: fc.constantFrom(...texts),
    owner: fc.constantFrom(undefined, 'x', 'y'),
    reference: fc.option(subject, { nil: undefined }),
  }),
  fc.record({ kind: fc.constant('delete'), subject, permanent: fc.boolean() }),
  fc.record({
    kind: fc.constant('delete-version'),
    subject,
    version: fc.integer({ min: 1, max: 4 }),
    permanent: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('config'), subject, level: fc.constantFrom('NONE', 'FULL', null) }),
  fc.record({ kind: fc.constant('mode'), subject, mode: fc.constantFrom('READWRITE', 'IMPORT', 'READONLY', 'DELETE') }),
  fc.record({
    kind: fc.constant('import'),
    subject,
    text: fc.constantFrom(...texts),
    id: fc.integer({ min: 20, max: 21 }),
  }),
  fc.record({ kind: fc.constant('associate'), subject, resource: fc.constantFrom('t', 'u'), strong: fc.boolean() }),
  fc.record({ kind: fc.constant('dissociate'), subject, resource: fc.constantFrom('t', 'u') }),
)

async function take(ask: Ask, one: ReturnType<typeof step.generate>['value_']): Promise<void> {
  const at = `/subjects/${one.subject}`
  if (one.kind === 'register' && 'text' in one) {
    const references =
      'reference' in one && one.reference !== undefined
        ? [{ name: 'E', subject: one.reference.replace(/^:.*:/, ''), version: 1 }]
        : []
    const owner = 'owner' in one ? one.owner : undefined
    await ask('POST', `${at}/versions`, {
      schema: one.text,
      references,
      ...(owner === undefined ? {} : { metadata: { properties: { owner } } }),
    })
  } else if (one.kind === 'import' && 'id' in one) await ask('POST', `${at}/versions`, { schema: one.text, id: one.id })
  else if (one.kind === 'delete' && 'permanent' in one) await ask('DELETE', `${at}?permanent=${one.permanent}`)
  else if ('version' in one) await ask('DELETE', `${at}/versions/${one.version}?permanent=${one.permanent}`)
  else if ('level' in one) await ask('PUT', `/config/${one.subject}`, { compatibility: one.level })
  else if (one.kind === 'associate' && 'strong' in one) {
    const association = one.strong ? { schema: { schema: texts[3] } } : { subject: one.subject }
    const resource = { resourceName: one.resource, resourceNamespace: 'x', resourceId: one.resource }
    await ask('POST', '/associations', { ...resource, associations: [association] })
  } else if ('resource' in one) await ask('DELETE', `/associations/resources/${one.resource}?cascadeLifecycle=true`)
  else if ('mode' in one)
    await (one.mode === 'DELETE'
      ? ask('DELETE', `/mode/${one.subject}`)
      : ask('PUT', `/mode/${one.subject}`, { mode: one.mode }))
}

/** Another order, in which what deletes stays behind what it deletes: a copy of a topic that was cut up by key. */
function shuffled(records: readonly SchemasRecord[], random: () => number): SchemasRecord[] {
  const isDelete = ({ key }: SchemasRecord): boolean => /_SUBJECT"/.test(new TextDecoder().decode(key))
  const weighed = records.filter((record) => !isDelete(record)).map((record) => [random(), record] as const)
  return [...weighed.toSorted(([a], [b]) => a - b).map(([, record]) => record), ...records.filter(isDelete)]
}

test('a registry built from the records answers as the one that wrote them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const topic = memoryTopic()
      const registry = createRegistry(topic)
      const ask = asker(registry)
      await ask('PUT', '/config', { compatibility: 'NONE' })
      for (const one of steps) await take(ask, one)
      assert.equal(registry.state().conflicts, 0)
      const whole = createRegistry(memoryTopic(topic.records))
      assert.deepEqual(await everything(whole, true), await everything(registry, true))
      const small = createRegistry(memoryTopic(compacted(topic.records)))
      assert.deepEqual(await everything(small, false), await everything(registry, false))
    }),
    { numRuns: 60 },
  )
})

test('what lives in a compacted topic may come in any order', async () => {
  const topic = memoryTopic()
  const ask = asker(createRegistry(topic))
  for (const [i, name] of subjects.entries()) {
    await ask('POST', `/subjects/${name}/versions`, { schema: texts[2], metadata: { properties: { n: String(i) } } })
    await ask('PUT', `/config/${name}`, { compatibility: 'NONE' })
    await ask('POST', `/subjects/${name}/versions`, { schema: texts[i] })
  }
  await ask('POST', '/subjects/b/versions', {
    schema: '{"type":"record","name":"U","fields":[{"name":"e","type":"E"}]}',
    references: [{ name: 'E', subject: 'a', version: 1 }],
  })
  await ask('DELETE', '/subjects/:.x:a')
  const wanted = await everything(createRegistry(topic), true)
  await fc.assert(
    fc.asyncProperty(fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), async (stream) => {
      const records = shuffled(compacted(topic.records), () => stream.next().value as number)
      assert.deepEqual(await everything(createRegistry(memoryTopic(records)), true), wanted)
    }),
    { numRuns: 20 },
  )
})

test('a topic that Confluent’s registry wrote, old and new forms of records', async () => {
  const record = (key: object, value: object | null): SchemasRecord => ({
    key: encodeText(JSON.stringify(key)),
    value: value === null ? null : encodeText(JSON.stringify(value)),
  })
  const schema = (name: string, version: number, more: object): SchemasRecord =>
    record({ keytype: 'SCHEMA', subject: name, version, magic: 1 }, { subject: name, version, deleted: false, ...more })
  const topic = memoryTopic([
    record({ keytype: 'NOOP', magic: 0 }, null),
    record({ keytype: 'CONFIG', magic: 0 }, { compatibilityLevel: 'FULL_TRANSITIVE' }),
    record({ keytype: 'CONFIG', subject: 's', magic: 0 }, { subject: 's', compatibilityLevel: 'NONE' }),
    schema('s', 1, { id: 7, schema: '"string"' }),
    // Newer: type named, digest kept, offset and time of an earlier record.
    schema('s', 2, {
      id: 8,
      md5: 'AAECAwQFBgcICQoLDA0ODw==',
      schemaType: 'AVRO',
      schema: '"long"',
      offset: 3,
      ts: 1,
    }),
    schema('gone', 1, { id: 9, schema: '"int"' }),
    record({ keytype: 'DELETE_SUBJECT', subject: 'gone', magic: 0 }, { subject: 'gone', version: 1 }),
    record({ keytype: 'CONTEXT', tenant: 'default', context: '.eu', magic: 0 }, { tenant: 'default', context: '.eu' }),
    record({ keytype: 'MODE', magic: 0 }, { mode: 'READONLY' }),
    record({ keytype: 'MODE', subject: 's', magic: 0 }, { subject: 's', mode: 'READWRITE' }),
    record({ keytype: 'LATER', tenant: 'default', magic: 0 }, { guid: 'x' }),
    // The id is taken by another text: the first one stays, as there.
    schema('late', 1, { id: 7, schema: '"bytes"' }),
  ])
  const registry = createRegistry(topic)
  const ask = asker(registry)
  assert.equal(await ask('GET', '/subjects'), '200 ["s"]')
  assert.equal(await ask('GET', '/subjects?deletedOnly=true'), '200 ["gone"]')
  assert.equal(await ask('GET', '/schemas/ids/7'), '200 {"schema":"\\"string\\""}')
  assert.equal(await ask('GET', '/schemas/guids/00010203-0405-0607-0809-0a0b0c0d0e0f'), '200 {"schema":"\\"long\\""}')
  assert.equal(await ask('GET', '/config'), '200 {"compatibilityLevel":"FULL_TRANSITIVE"}')
  assert.equal(await ask('GET', '/mode/t?defaultToGlobal=true'), '200 {"mode":"READONLY"}')
  assert.equal(await ask('GET', '/contexts'), '200 [".",".eu"]')
  assert.equal(registry.state().conflicts, 1)
  assert.equal(await ask('POST', '/subjects/s/versions', { schema: '"double"' }), '200 {"id":10}')
})
