import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { concatBytes, crc32c, MillraceError } from '../base/index.ts'
import { compressionCodes, compressRecords, makeAuthorize, recordBatchAt, recordBatchOverhead } from '../model/index.ts'
import { createRegistry, registryRoutes, schemaIdsFromLog, type Registry } from './index.ts'
import { compacted, memoryTopic } from './testing.ts'
import { withDoor } from './testing-door.ts'

const record = (...fields: unknown[]): { schema: string } => ({
  schema: JSON.stringify({ type: 'record', name: 'r', namespace: 'n', fields }, null, 2),
})
const a = { name: 'a', type: 'int' }
const b = { name: 'b', type: 'string', default: '' }
const canonicalA = '{"type":"record","name":"r","namespace":"n","fields":[{"name":"a","type":"int"}]}'
const canonicalAB =
  '{"type":"record","name":"r","namespace":"n","fields":[{"name":"a","type":"int"},{"name":"b","type":"string","default":""}]}'

test('ids from 1, the same content has the same id in every subject, versions count per subject', () =>
  withDoor(async ({ call, topic }) => {
    assert.deepEqual(await call('POST', '/subjects/s-value/versions', record(a)), [200, { id: 1 }])
    assert.deepEqual(await call('POST', '/subjects/s-value/versions', { schema: canonicalA }), [200, { id: 1 }])
    assert.deepEqual(await call('POST', '/subjects/t-value/versions', record(a)), [200, { id: 1 }])
    assert.deepEqual(await call('POST', '/subjects/s-value/versions', record(a, b)), [200, { id: 2 }])
    assert.deepEqual(await call('GET', '/subjects'), [200, ['s-value', 't-value']])
    assert.deepEqual(await call('GET', '/subjects/s-value/versions'), [200, [1, 2]])
    const latest = { subject: 's-value', version: 2, id: 2, schema: canonicalAB }
    assert.deepEqual(await call('GET', '/subjects/s-value/versions/latest'), [200, latest])
    assert.deepEqual(await call('GET', '/subjects/s-value/versions/latest/schema'), [200, canonicalAB])
    assert.deepEqual(await call('GET', '/schemas/ids/1'), [200, { schema: canonicalA }])
    assert.deepEqual(await call('GET', '/schemas/ids/1/subjects'), [200, ['s-value', 't-value']])
    assert.deepEqual(await call('GET', '/schemas/ids/1/versions'), [
      200,
      [
        { subject: 's-value', version: 1 },
        { subject: 't-value', version: 1 },
      ],
    ])
    assert.deepEqual(await call('POST', '/subjects/s-value', record(a)), [
      200,
      { subject: 's-value', version: 1, id: 1, schema: canonicalA },
    ])
    const texts = topic.records.map(({ key, value }) => [key, value].map((part) => new TextDecoder().decode(part!)))
    assert.deepEqual(texts[0], [
      '{"keytype":"SCHEMA","subject":"s-value","version":1,"magic":1}',
      `{"subject":"s-value","version":1,"id":1,"schemaType":"AVRO","schema":${JSON.stringify(canonicalA)},"deleted":false}`,
    ])
  }))

test('clients that accept unknown properties get guid, type and text; the guid finds the schema', () =>
  withDoor(async ({ call }) => {
    const modern = { 'confluent-accept-unknown-properties': 'true' }
    // MD5 of the text alone, as there are no references, metadata and rules.
    const md5 = createHash('md5').update(canonicalA).digest('hex')
    const guid = md5.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
    assert.deepEqual(await call('POST', '/subjects/s/versions', record(a), modern), [
      200,
      { id: 1, version: 1, guid, schemaType: 'AVRO', schema: canonicalA },
    ])
    assert.deepEqual(await call('GET', `/schemas/guids/${guid}`), [200, { schema: canonicalA }])
    assert.deepEqual(await call('GET', `/schemas/guids/${guid}/ids`), [200, [{ context: '.', id: 1 }]])
  }))

test('an incompatible schema is refused with rule, place and remedy, and can be checked before', () =>
  withDoor(async ({ call }) => {
    await call('POST', '/subjects/s/versions', record(a))
    const withoutDefault = record(a, { name: 'c', type: 'long' })
    const [status, body] = await call('POST', '/subjects/s/versions', withoutDefault)
    assert.equal(status, 409)
    assert.equal((body as { error_code: number }).error_code, 40901)
    assert.match(
      (body as { message: string }).message,
      /^Schema being registered is incompatible with an earlier schema for subject "s", details: \[\{errorType:'READER_FIELD_MISSING_DEFAULT_VALUE', description:'.*\/fields\/1 .*remedy:'give c a default/,
    )
    const check = '/compatibility/subjects/s/versions/latest'
    assert.deepEqual(await call('POST', check, withoutDefault), [200, { is_compatible: false }])
    const [, verbose] = await call('POST', `${check}?verbose=true`, withoutDefault)
    const { messages } = verbose as { messages: string[] }
    assert.deepEqual(messages.slice(1), [
      '{oldSchemaVersion: 1}',
      `{oldSchema: '${canonicalA}'}`,
      "{validateFields: 'false', compatibility: 'BACKWARD'}",
    ])
    assert.deepEqual(await call('POST', `${check}?verbose=true`, record(a, b)), [
      200,
      { is_compatible: true, messages: [] },
    ])
    assert.deepEqual(await call('POST', '/compatibility/subjects/s/versions/7', record(a)), [
      404,
      { error_code: 40402, message: 'Version 7 not found.' },
    ])
    assert.deepEqual(await call('POST', '/compatibility/subjects/new/versions/latest', record(a)), [
      200,
      { is_compatible: true },
    ])
  }))

test('the seven levels: which way, and against which versions', () =>
  withDoor(async ({ call }) => {
    // v1 has a, v2 adds b with a default, v3 drops a: each step is fine backward; v1 lacks b, which v3 demands nothing of.
    const v1 = record(a)
    const v2 = record({ ...a, default: 0 }, { name: 'b', type: 'string' })
    const check = async (level: string, schema: unknown): Promise<unknown> => {
      assert.equal((await call('PUT', '/config/s', { compatibility: level }))[0], 200)
      return ((await call('POST', '/compatibility/subjects/s/versions', schema))[1] as { is_compatible: boolean })
        .is_compatible
    }
    await call('PUT', '/config/s', { compatibility: 'NONE' })
    await call('POST', '/subjects/s/versions', v1)
    await call('POST', '/subjects/s/versions', v2)
    const v3 = record({ name: 'b', type: 'string' })
    const verdicts: unknown[] = []
    for (const level of [
      'NONE',
      'BACKWARD',
      'BACKWARD_TRANSITIVE',
      'FORWARD',
      'FORWARD_TRANSITIVE',
      'FULL',
      'FULL_TRANSITIVE',
    ])
      verdicts.push(await check(level, v3))
    assert.deepEqual(verdicts, [true, true, false, true, false, true, false])
  }))

test('config and mode: answers, defaults and codes', () =>
  withDoor(async ({ call }) => {
    assert.deepEqual(await call('GET', '/config'), [200, { compatibilityLevel: 'BACKWARD' }])
    assert.equal(((await call('GET', '/config/s'))[1] as { error_code: number }).error_code, 40408)
    assert.deepEqual(await call('GET', '/config/s?defaultToGlobal=true'), [200, { compatibilityLevel: 'BACKWARD' }])
    assert.deepEqual(await call('PUT', '/config/s', { compatibility: 'full' }), [200, { compatibility: 'FULL' }])
    assert.deepEqual(await call('GET', '/config/s'), [200, { compatibilityLevel: 'FULL' }])
    assert.deepEqual(await call('DELETE', '/config/s'), [200, { compatibilityLevel: 'FULL' }])
    assert.equal(
      ((await call('PUT', '/config', { compatibility: 'x' }))[1] as { error_code: number }).error_code,
      42203,
    )
    assert.deepEqual(await call('GET', '/mode'), [200, { mode: 'READWRITE' }])
    assert.deepEqual(await call('PUT', '/mode/s', { mode: 'READONLY' }), [200, { mode: 'READONLY' }])
    assert.equal(
      ((await call('POST', '/subjects/s/versions', record(a)))[1] as { error_code: number }).error_code,
      42205,
    )
    assert.equal(((await call('GET', '/mode/t'))[1] as { error_code: number }).error_code, 40409)
    assert.equal(((await call('PUT', '/mode', { mode: 'x' }))[1] as { error_code: number }).error_code, 42204)
  }))

test('soft delete hides, registering again revives the id under a new version, permanent delete needs a soft one', () =>
  withDoor(async ({ call }) => {
    const code = async (method: string, path: string): Promise<unknown> =>
      ((await call(method, path))[1] as { error_code: number }).error_code
    await call('POST', '/subjects/s/versions', record(a))
    await call('POST', '/subjects/s/versions', record(a, b))
    assert.equal(await code('DELETE', '/subjects/s/versions/1?permanent=true'), 40407)
    assert.deepEqual(await call('DELETE', '/subjects/s/versions/1'), [200, 1])
    assert.equal(await code('DELETE', '/subjects/s/versions/1'), 40406)
    assert.deepEqual(await call('GET', '/subjects/s/versions'), [200, [2]])
    assert.deepEqual(await call('GET', '/subjects/s/versions?deleted=true'), [200, [1, 2]])
    assert.equal(await code('GET', '/subjects/s/versions/1'), 40402)
    assert.deepEqual(await call('GET', '/schemas/ids/1'), [200, { schema: canonicalA }])
    assert.deepEqual(await call('POST', '/subjects/s/versions', record(a)), [200, { id: 1 }])
    assert.deepEqual(await call('GET', '/subjects/s/versions?deleted=true'), [200, [2, 3]])
    assert.equal(await code('DELETE', '/subjects/s?permanent=true'), 40405)
    assert.deepEqual(await call('DELETE', '/subjects/s'), [200, [2, 3]])
    assert.equal(await code('DELETE', '/subjects/s'), 40404)
    assert.equal(await code('GET', '/subjects/s/versions'), 40401)
    assert.deepEqual(await call('GET', '/subjects'), [200, []])
    assert.deepEqual(await call('GET', '/subjects?deleted=true'), [200, ['s']])
    assert.deepEqual(await call('DELETE', '/subjects/s?permanent=true'), [200, [2, 3]])
    assert.equal(await code('GET', '/schemas/ids/1'), 40403)
    assert.equal(await code('DELETE', '/subjects/s'), 40401)
    // Ids are never given twice.
    assert.deepEqual(await call('POST', '/subjects/s/versions', record(a)), [200, { id: 3 }])
  }))

test('codes of what is not there or not right', () =>
  withDoor(async ({ call }) => {
    const code = async (method: string, path: string, body?: unknown): Promise<unknown> => {
      const [status, answer] = await call(method, path, body)
      assert.deepEqual(Object.keys(answer as object), ['error_code', 'message'])
      return [status, (answer as { error_code: number }).error_code]
    }
    await call('POST', '/subjects/s/versions', record(a))
    assert.deepEqual(await code('GET', '/subjects/x/versions'), [404, 40401])
    assert.deepEqual(await code('GET', '/subjects/s/versions/9'), [404, 40402])
    assert.deepEqual(await code('GET', '/subjects/s/versions/0'), [422, 42202])
    assert.deepEqual(await code('GET', '/subjects/s/versions/x'), [422, 42202])
    assert.deepEqual(await code('GET', '/schemas/ids/9'), [404, 40403])
    assert.deepEqual(await code('POST', '/subjects/x', record(a)), [404, 40401])
    assert.deepEqual(await code('POST', '/subjects/s', record(a, b)), [404, 40403])
    assert.deepEqual(await code('POST', '/subjects/s/versions', { schema: '{"type":"nonsense"}' }), [422, 42201])
    assert.deepEqual(await code('POST', '/subjects/y/versions', { schema: '' }), [422, 42201])
    assert.deepEqual(await code('POST', '/subjects/s/versions', { schema: 'x', schemaType: 'PROTOBUF' }), [422, 42201])
    assert.deepEqual(await code('POST', '/subjects/s/versions', { ...record(a), id: 5 }), [422, 42205])
    assert.deepEqual(await code('GET', '/nothing'), [404, 404])
    assert.deepEqual(await code('PUT', '/subjects'), [405, 405])
    assert.deepEqual(await call('GET', '/schemas/types'), [200, ['JSON', 'PROTOBUF', 'AVRO']])
  }))

test('references are stored, served, used to parse, and keep what they name from being deleted', () =>
  withDoor(async ({ call, topic }) => {
    const address = { schema: '{"type":"record","name":"Address","fields":[{"name":"street","type":"string"}]}' }
    await call('POST', '/subjects/address/versions', address)
    const references = [{ name: 'Address', subject: 'address', version: 1 }]
    const user = { ...record({ name: 'home', type: 'Address' }), references }
    assert.deepEqual(await call('POST', '/subjects/user/versions', user), [200, { id: 2 }])
    const text = '{"type":"record","name":"r","namespace":"n","fields":[{"name":"home","type":"Address"}]}'
    assert.deepEqual(await call('GET', '/schemas/ids/2'), [200, { references, schema: text }])
    assert.deepEqual(await call('GET', '/subjects/address/versions/1/referencedby'), [200, [2]])
    assert.equal(((await call('DELETE', '/subjects/address'))[1] as { error_code: number }).error_code, 42206)
    assert.equal(
      ((await call('POST', '/subjects/x/versions', { ...user, references: [] }))[1] as { error_code: number })
        .error_code,
      42201,
    )
    assert.deepEqual(schemaIdsFromLog(topic.reader).byId(2)?.references, [address.schema])
  }))

test('contexts have ids of their own; import mode keeps ids and versions', () =>
  withDoor(async ({ call }) => {
    await call('POST', '/subjects/s/versions', record(a))
    assert.deepEqual(await call('POST', '/contexts/.eu/subjects/s/versions', record(a, b)), [200, { id: 1 }])
    assert.deepEqual(await call('GET', '/subjects'), [200, [':.eu:s', 's']])
    assert.deepEqual(await call('GET', '/contexts/.eu/subjects'), [200, [':.eu:s']])
    assert.deepEqual(await call('GET', '/contexts'), [200, ['.', '.eu']])
    assert.deepEqual(await call('GET', '/contexts/.eu/schemas/ids/1'), [200, { schema: canonicalAB }])
    assert.deepEqual(await call('PUT', '/mode/imported', { mode: 'IMPORT' }), [200, { mode: 'IMPORT' }])
    const body = { ...record(a, b), id: 77, version: 5 }
    assert.deepEqual(await call('POST', '/subjects/imported/versions', body), [200, { id: 77 }])
    assert.deepEqual(await call('GET', '/subjects/imported/versions'), [200, [5]])
    assert.deepEqual(await call('POST', '/subjects/t/versions', record(b)), [200, { id: 78 }])
  }))

test('the topic rebuilds the registry exactly, compacted or not', () =>
  withDoor(async ({ call, topic }) => {
    await call('POST', '/subjects/s/versions', record(a))
    await call('POST', '/subjects/s/versions', record(a, b))
    await call('POST', '/subjects/j/versions', { schemaType: 'JSON', schema: '{ "type": "object" }' })
    await call('DELETE', '/subjects/j')
    await call('DELETE', '/subjects/s/versions/1')
    await call('PUT', '/config', { compatibility: 'FULL' })
    await call('PUT', '/config/s', { compatibility: 'NONE' })
    await call('DELETE', '/config/s')
    await call('PUT', '/mode/s', { mode: 'READONLY' })
    const describe = (registry: Registry): unknown => {
      const state = registry.state()
      const subjects = state.subjects(true).map((subject) => state.versions(subject, true))
      return [subjects, state.config(null), state.config('s'), state.mode('s'), state.maxId('.')]
    }
    const now = describe(createRegistry(topic))
    assert.deepEqual(describe(createRegistry(memoryTopic(topic.records))), now)
    assert.deepEqual(describe(createRegistry(memoryTopic(compacted(topic.records)))), now)
    assert.deepEqual((now as unknown[])[4], 3)
  }))

test('decoders in other threads see a new id as soon as it is asked for', async () => {
  const topic = memoryTopic()
  const ids = schemaIdsFromLog(topic.reader)
  assert.equal(ids.byId(1), undefined)
  const registry = createRegistry(topic)
  const { id, version } = await registry.register('s', 'AVRO', '"long"')
  assert.deepEqual([id, version], [1, 1])
  assert.deepEqual(ids.byId(1), { id: 1, type: 'AVRO', text: '"long"' })
  assert.deepEqual(ids.latest('s'), { id: 1, type: 'AVRO', text: '"long"', version: 1 })
  await assert.rejects(registry.register('s', 'AVRO', '"int"'), { code: 'MR-REGISTRY-001' })
  await assert.rejects(registry.register('s', 'AVRO', '{'), { code: 'MR-REGISTRY-002' })
})

test('a topic that was copied from elsewhere is read in whatever compression it has', async () => {
  const topic = memoryTopic()
  await createRegistry(topic).register('s', 'AVRO', '"long"')
  for (const codec of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    const read: typeof topic.reader.read = (...place) => compressed(topic.reader.read(...place), codec)
    assert.equal(schemaIdsFromLog({ ...topic.reader, read }).byId(1)?.text, '"long"', codec)
    // A client wrote it so: its checksum is right.
    const cut: typeof topic.reader.read = (...place) => compressed(topic.reader.read(...place), codec, 5)
    assert.equal(schemaIdsFromLog({ ...topic.reader, read: cut }).byId(1), undefined, codec)
    const [health] = createRegistry({ ...topic, reader: { ...topic.reader, read: cut } }).health()
    assert.deepEqual([health?.skippedCount, health?.firstSkipped?.offset], [1, 0], codec)
  }
})

/** One batch in another codec. @param lost bytes at its end */
function compressed(batch: Uint8Array, codec: 'gzip' | 'snappy' | 'lz4' | 'zstd', lost = 0): Uint8Array {
  const body = compressRecords(compressionCodes[codec], batch.subarray(recordBatchOverhead))
  const bytes = concatBytes([batch.subarray(0, recordBatchOverhead), body.subarray(0, body.length - lost)])
  const view = new DataView(bytes.buffer)
  view.setInt32(recordBatchAt.length, bytes.length - 12)
  view.setInt16(recordBatchAt.attributes, compressionCodes[codec])
  view.setUint32(recordBatchAt.crc, crc32c(bytes.subarray(recordBatchAt.attributes)))
  return bytes
}

test('what the log refuses is 50001, and nothing of it is remembered', async () => {
  const topic = memoryTopic()
  let full = true
  const registry = createRegistry({
    reader: topic.reader,
    append: (records) => {
      if (full) throw new MillraceError('MR-BASE-002', { details: { path: '_schemas' } })
      return topic.append(records)
    },
  })
  const [route] = registryRoutes(registry, makeAuthorize([])).filter(
    (r) => r.pattern === '/subjects/{subject}/versions' && r.method === 'POST',
  )
  const request = {
    method: 'POST',
    path: '/subjects/s/versions',
    parameters: { subject: 's' },
    query: new URLSearchParams(),
    headers: {},
    body: new TextEncoder().encode(JSON.stringify({ schema: '"long"' })),
    principal: 'User:anonymous',
    remote: '',
    host: '127.0.0.1',
    signal: new AbortController().signal,
  }
  const refused = await route!.handler(request)
  assert.equal(refused.status, 500)
  assert.match(String(refused.body), /"error_code":50001/)
  assert.deepEqual(registry.state().subjects(true), [])
  full = false
  assert.equal((await route!.handler(request)).body, '{"id":1}')
})

test('writes at the same time give one id', async () => {
  const registry = createRegistry(memoryTopic())
  const results = await Promise.all(
    Array.from({ length: 8 }, (_, i) => registry.register(`s${i % 2}`, 'AVRO', '"long"')),
  )
  assert.deepEqual(new Set(results.map((r) => `${r.id}/${r.version}`)), new Set(['1/1']))
})

test('who may not, is told 403, and does not see', () =>
  withDoor(
    async ({ call, registry }) => {
      await registry.register('open', 'AVRO', '"long"')
      await registry.register('closed', 'AVRO', '"string"')
      assert.deepEqual(await call('GET', '/subjects'), [200, ['open']])
      assert.equal((await call('GET', '/subjects/closed/versions/1'))[0], 403)
      assert.equal((await call('GET', '/schemas/ids/2'))[0], 403)
      assert.equal((await call('POST', '/subjects/open/versions', record(a)))[0], 403)
    },
    [{ principal: '*', effect: 'allow', actions: ['read'], resourceType: 'subject', resource: 'open' }],
  ))
