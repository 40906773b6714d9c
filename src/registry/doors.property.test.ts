// Every door of the registry, given whatever somebody may send: paths, queries and bodies of the right names and any values. An
// answer always comes, in the registry's form, and none is the server's own fault.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileRoutes, encodeText, type HttpRequest, type HttpResponse } from '../base/index.ts'
import { makeAuthorize } from '../model/index.ts'
import { createRegistry, registryDoors, registryRoutes, type Registry } from './index.ts'
import { memoryTopic } from './testing.ts'

const doors = registryDoors()
const names = {
  subject: ['s', 't-value', ':.ctx:s', ':.ctx:', ':*:', '', '__GLOBAL', 'ü/x', ':.a:b:c', '\u0000'],
  version: ['1', 'latest', '-1', '0', '99999999999', 'x', ''],
  id: ['1', '0', '-1', '2147483648', 'x'],
  context: ['.', '.ctx', 'ctx', ':.ctx:', 'a:b', ''],
  guid: ['00000000-0000-0000-0000-000000000000', 'x', ''],
  name: ['k', '', 'ü', 'x'.repeat(300)],
  dekSubject: ['s', ':.ctx:s', ''],
  resourceId: ['r', ''],
  resourceName: ['n', '-', ''],
  resourceNamespace: ['-', 'lkc', ''],
} as const

/** Words that mean something somewhere, so that bodies come far. */
const words = [
  'AVRO JSON PROTOBUF FULL NONE IMPORT READWRITE READONLY STRONG WEAK topic value key CREATE UPSERT DELETE TRANSFORM',
  'WRITEREAD ENCRYPT ENCRYPT_PAYLOAD CEL AES256_GCM local-kms "int" "string" {"type":"object"} {} true [] { null s :.ctx:s',
  'AAAA **.a $.a',
].flatMap((line) => line.split(' '))
const texts = [
  '',
  'syntax = "proto3"; message M { int32 a = 1; }',
  'message M {',
  '{"type":"record","name":"R","fields":[]}',
]
const fields = [
  'schema schemaType references metadata ruleSet id version normalize compatibility alias mode defaultRuleSet',
  'overrideMetadata compatibilityGroup tags properties sensitive domainRules encodingRules migrationRules name kind type',
  'params expr subject newVersion tagsToAdd schemaTagsToAdd schemaTagsToRemove path entity resourceName resourceNamespace',
  'resourceId resourceType associations associationType associationTypes lifecycle frozen opType requests cascadeLifecycle',
  'kmsType kmsKeyId kmsProps shared doc algorithm encryptedKeyMaterial deleted',
].flatMap((line) => line.split(' '))
const body = fc.letrec<{ any: unknown; object: unknown }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<unknown>(...words, ...texts),
    fc.constantFrom<unknown>(null, true, false, 0, 1, -1, 2 ** 31, 1.5, ''),
    fc.array(tie('any'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc
    .array(fc.tuple(fc.constantFrom(...fields), tie('any')), { maxLength: 6 })
    .map((entries) => Object.fromEntries(entries)),
})).object

const association = { resourceName: 'n', resourceNamespace: 'lkc', resourceId: 'r', resourceType: 'topic' }
const rule = { name: 'r', type: 'ENCRYPT', mode: 'WRITEREAD', tags: ['PII'], params: { 'encrypt.kek.name': 'k' } }
/** Bodies that a door can take, by how its path begins; most of what is sent are these with some fields changed. */
const valid: readonly (readonly [string, readonly object[]])[] = [
  [
    '/subjects',
    [
      { schema: '"int"' },
      { schema: '"long"', metadata: { tags: { '**.a': ['PII'] }, properties: { a: 'b' } } },
      { schema: '{"type":"record","name":"R","fields":[]}', ruleSet: { domainRules: [rule] } },
      { schema: '{"type":"object","properties":{"a":{"type":"string"}}}', schemaType: 'JSON' },
      { schema: 'syntax = "proto3"; message M { int32 a = 1; }', schemaType: 'PROTOBUF' },
      { schema: '"bytes"', id: 9, version: 3 },
      { schema: '"R"', references: [{ name: 'R', subject: 's', version: 1 }] },
      { newVersion: 2, tagsToAdd: [{ schemaEntity: { entityPath: 'R.a', entityType: 'sr_field' }, tags: ['PII'] }] },
    ],
  ],
  ['/compatibility', [{ schema: '"int"' }, { schema: '"string"' }]],
  ['/config', [{ compatibility: 'NONE' }, { alias: 's', normalize: true, overrideRuleSet: { domainRules: [rule] } }]],
  ['/mode', [{ mode: 'IMPORT' }, { mode: 'READONLY' }, { mode: null }]],
  [
    '/associations:batch',
    [
      { requests: [{ ...association, associations: [{ opType: 'CREATE', schema: { schema: '"int"' } }] }] },
      { requests: [{ ...association, associations: [{ opType: 'DELETE' }] }, { resourceId: 'r' }] },
    ],
  ],
  [
    '/associations',
    [
      { ...association, associations: [{ schema: { schema: '"int"' } }] },
      { ...association, associations: [{ lifecycle: 'WEAK', subject: 's' }] },
    ],
  ],
  [
    '/dek-registry/v1/keks/{name}/deks',
    [{ subject: 's', algorithm: 'AES256_GCM', encryptedKeyMaterial: 'AAAA' }, { subject: 's' }],
  ],
  [
    '/dek-registry',
    [
      { name: 'k', kmsType: 'local-kms', kmsKeyId: 'k', shared: true },
      { name: 'x', kmsType: 'aws-kms', kmsKeyId: 'y' },
    ],
  ],
]
const validFor = (pattern: string): readonly object[] => valid.find(([start]) => pattern.startsWith(start))?.[1] ?? [{}]

const query = fc.array(
  fc.tuple(
    fc.constantFrom(...new Set(doors.flatMap(({ parameters = [] }) => parameters))),
    fc.constantFrom('true', 'false', '', '1', '-1', 'x', '99999999999', 'resolved', 'serialized', 'ENCRYPT', '*', 's'),
  ),
  { maxLength: 4 },
)

const call = fc.record({
  door: fc.constantFrom(...doors),
  pick: fc.nat(),
  inContext: fc.boolean(),
  query,
  /** What a body that the door can take becomes, or another text. */
  body: fc.oneof(
    { weight: 3, arbitrary: fc.constant({}) },
    { weight: 3, arbitrary: body },
    {
      weight: 1,
      arbitrary: fc.constantFrom('', 'null', '[]', '{', '"x"', '{"schema":1}', `${'['.repeat(5000)}`, '\ufeff{}'),
    },
  ),
  modern: fc.boolean(),
})

async function answer(registry: Registry, one: ReturnType<typeof call.generate>['value_']): Promise<HttpResponse> {
  const find = compileRoutes(registryRoutes(registry, makeAuthorize([])))
  let turn = one.pick
  const filled = one.door.pattern.replaceAll(/\{(\w+)\}/g, (_all, name: string) => {
    const choices = names[name as keyof typeof names] ?? ['x']
    const chosen = choices[turn % choices.length]!
    turn = Math.floor(turn / choices.length)
    return encodeURIComponent(chosen === '' ? 'x' : chosen)
  })
  const path =
    one.inContext && one.door.pattern !== '/' && !one.door.pattern.startsWith('/contexts')
      ? `/contexts/.ctx${filled}`
      : filled
  const found = find(one.door.method, path.split('/').slice(1).map(decodeURIComponent))
  assert.equal(found.kind, 'route', `${one.door.method} ${path}`)
  const bases = validFor(one.door.pattern)
  const text =
    typeof one.body === 'string'
      ? one.body
      : JSON.stringify({ ...bases[one.pick % bases.length], ...(one.body as object) })
  const request: HttpRequest = {
    method: one.door.method,
    path,
    parameters: found.kind === 'route' ? found.parameters : {},
    query: new URLSearchParams(one.query),
    headers: {
      'content-type': 'application/json',
      ...(one.modern ? { 'confluent-accept-unknown-properties': 'true' } : {}),
    },
    body: encodeText(one.door.method === 'GET' ? '' : text),
    principal: 'User:anonymous',
    host: '',
    remote: '',
    signal: new AbortController().signal,
  }
  return (found as { handler: (r: HttpRequest) => HttpResponse | Promise<HttpResponse> }).handler(request)
}

test('whatever is sent, an answer comes, and none is the server’s fault', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(call, { minLength: 4, maxLength: 14 }), async (calls) => {
      const topic = memoryTopic()
      const registry = createRegistry({ ...topic, keys: { ...memoryTopic(), secret: 's' } })
      for (const text of ['"int"', '"long"']) await registry.register('s', 'AVRO', text)
      await registry.register(':.ctx:s', 'JSON', '{"type":"object"}', { ruleSet: { domainRules: [rule] } as never })
      for (const one of calls) {
        const { status, body: text } = await answer(registry, one)
        const name = `${one.door.method} ${one.door.pattern} ${JSON.stringify(one.body).slice(0, 200)}`
        // Of a key that cannot be opened, as Confluent's.
        const isKey = /^{"error_code":5007\d,/.test(String(text))
        assert.ok((status >= 200 && status < 500) || isKey, `${status} ${String(text)} ${name}`)
        if (status < 400) continue
        const refusal = JSON.parse(String(text)) as Record<string, unknown>
        assert.deepEqual(Object.keys(refusal), ['error_code', 'message'], name)
        assert.deepEqual([typeof refusal['error_code'], typeof refusal['message']], ['number', 'string'], name)
      }
      // What was written can be read again.
      createRegistry(memoryTopic(topic.records)).state().subjects(true)
    }),
    { numRuns: 400 },
  )
})
