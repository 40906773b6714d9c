// The REST door, answer by answer, as Confluent's registry 8 gives them: subjects, versions, schemas, contexts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { avro, registerAll, withDoor } from './testing-door.ts'

test('subjects are listed by prefix, deletion and page', () =>
  withDoor(async ({ call, refusal }) => {
    await registerAll(call, {
      orders: [avro('a'), avro('a', 'b')],
      others: [avro('a')],
      ':.eu:orders': [avro('a')],
      ':.us:x': [avro('a')],
    })
    await call('DELETE', '/subjects/others')
    const list = async (query: string): Promise<unknown> => (await call('GET', `/subjects${query}`))[1]
    assert.deepEqual(await list(''), [':.eu:orders', ':.us:x', 'orders'])
    assert.deepEqual(await list('?deleted=true'), [':.eu:orders', ':.us:x', 'orders', 'others'])
    assert.deepEqual(await list('?deletedOnly=true'), ['others'])
    assert.deepEqual(await list('?subjectPrefix='), ['orders'])
    assert.deepEqual(await list('?subjectPrefix=o&deleted=true'), ['orders', 'others'])
    assert.deepEqual(await list('?subjectPrefix=:.eu:'), [':.eu:orders'])
    assert.deepEqual(await list('?subjectPrefix=:.'), [':.eu:orders', ':.us:x', 'orders'])
    assert.deepEqual(await list('?subjectPrefix=:*:or'), [':.eu:orders', 'orders'])
    assert.deepEqual(await list('?offset=1&limit=1'), [':.us:x'])
    assert.deepEqual(await list('?offset=2&limit=0'), ['orders'])
    assert.deepEqual(await refusal('GET', '/subjects?limit=x'), [404, 404])
    assert.deepEqual((await call('GET', '/contexts/eu/subjects?subjectPrefix=o'))[1], [':.eu:orders'])
    assert.deepEqual((await call('GET', '/contexts/:.eu:/subjects'))[1], [':.eu:orders'])
    assert.deepEqual((await call('GET', '/contexts/:.:/subjects'))[1], ['orders'])
    assert.deepEqual(await refusal('GET', '/contexts/a:b/subjects'), [400, 400])
  }))

test('versions: list, latest, -1, text alone, deleted as negative', () =>
  withDoor(async ({ call, refusal }) => {
    await registerAll(call, { s: [avro('a'), avro('a', 'b'), avro('a', 'b', 'c')] })
    await call('DELETE', '/subjects/s/versions/2')
    const get = async (rest: string): Promise<unknown> => (await call('GET', `/subjects/s/versions${rest}`))[1]
    assert.deepEqual(await get(''), [1, 3])
    assert.deepEqual(await get('?deleted=true'), [1, 2, 3])
    assert.deepEqual(await get('?deletedOnly=true'), [2])
    assert.deepEqual(await get('?deletedAsNegative=true'), [1, -2, 3])
    assert.deepEqual(await get('?deleted=true&offset=1&limit=1'), [2])
    assert.deepEqual(await get('/-1'), await get('/latest'))
    assert.equal(((await get('/latest')) as { version: number }).version, 3)
    assert.deepEqual(await refusal('GET', '/subjects/s/versions/2'), [404, 40402])
    assert.equal(((await get('/2?deleted=true')) as { id: number }).id, 2)
    assert.equal(
      (await call('GET', '/subjects/s/versions/1/schema'))[1],
      '{"type":"record","name":"r","fields":[{"name":"a","type":"int","default":0}]}',
    )
    assert.deepEqual(await call('GET', '/subjects/s/versions/2147483648'), [
      422,
      {
        error_code: 42202,
        message:
          'The specified version \'2147483648\' is not a valid version id. Allowed values are between [1, 2^31-1] and the string "latest"',
      },
    ])
    assert.deepEqual(await refusal('GET', '/subjects/s/versions/-2'), [422, 42202])
  }))

test('a subject that the default context lacks is looked for in the others', () =>
  withDoor(async ({ call, refusal }) => {
    await registerAll(call, { ':.eu:s': [avro('a')] })
    const version = (await call('GET', '/subjects/:.eu:s/versions/1'))[1]
    assert.deepEqual((await call('GET', '/subjects/s/versions/1'))[1], version)
    assert.deepEqual((await call('POST', '/subjects/s', avro('a')))[1], version)
    assert.deepEqual(await refusal('GET', '/subjects/:.us:s/versions/1'), [404, 40401])
    assert.deepEqual(await refusal('GET', '/schemas/ids/1'), [404, 40403])
    assert.equal((await call('GET', '/schemas/ids/1?subject=s'))[0], 200)
    assert.equal((await call('GET', '/schemas/ids/1?subject=:.eu:'))[0], 200)
    assert.deepEqual(await refusal('GET', '/schemas/ids/1?subject=:.eu:other'), [404, 40403])
  }))

test('schemas: all of a context, the latest only, by rule type, in pages of at most a thousand', () =>
  withDoor(async ({ call }) => {
    const rule = { name: 'mask', kind: 'TRANSFORM', mode: 'WRITEREAD', type: 'ENCRYPT' }
    await registerAll(call, {
      s: [avro('a'), { ...avro('a', 'b'), ruleSet: { domainRules: [rule] } }],
      t: [avro('a')],
      ':.eu:s': [avro('a')],
    })
    await call('DELETE', '/subjects/t')
    const list = async (query: string): Promise<unknown> =>
      ((await call('GET', query))[1] as { subject: string; version: number }[]).map((s) => `${s.subject}/${s.version}`)
    assert.deepEqual(await list('/schemas'), ['s/1', 's/2'])
    assert.deepEqual(await list('/schemas?deleted=true'), ['s/1', 's/2', 't/1'])
    assert.deepEqual(await list('/schemas?latestOnly=true'), ['s/2'])
    assert.deepEqual(await list('/schemas?ruleType=ENCRYPT'), ['s/2'])
    assert.deepEqual(await list('/schemas?subjectPrefix=:*:'), [':.eu:s/1', 's/1', 's/2'])
    assert.deepEqual(await list('/schemas?offset=1&limit=5'), ['s/2'])
    assert.deepEqual(await list('/contexts/.eu/schemas'), [':.eu:s/1'])
    await call('PUT', '/config/nick', { alias: 's' })
    assert.deepEqual((await call('GET', '/schemas?aliases=true&latestOnly=true&subjectPrefix=n'))[1], [
      {
        subject: 's',
        version: 2,
        id: 2,
        ruleSet: { domainRules: [{ ...rule, disabled: false }] },
        schema:
          '{"type":"record","name":"r","fields":[{"name":"a","type":"int","default":0},{"name":"b","type":"int","default":0}]}',
        aliases: ['nick'],
      },
    ])
  }))

test('by id: subject, fetchMaxId, subjects and versions with what is deleted', () =>
  withDoor(async ({ call, refusal }) => {
    await registerAll(call, { s: [avro('a')], t: [avro('a'), avro('a', 'b')] })
    await call('DELETE', '/subjects/s')
    const { schema } = (await call('GET', '/schemas/ids/1'))[1] as { schema: string }
    assert.deepEqual((await call('GET', '/schemas/ids/1?fetchMaxId=true'))[1], { schema, maxId: 2 })
    assert.deepEqual((await call('GET', '/schemas/ids/1?subject=t'))[1], { subject: 't', version: 1, schema })
    assert.deepEqual((await call('GET', '/schemas/ids/1/subjects'))[1], ['t'])
    assert.deepEqual((await call('GET', '/schemas/ids/1/subjects?deleted=true'))[1], ['s', 't'])
    assert.deepEqual((await call('GET', '/schemas/ids/1/versions?deleted=true&offset=1'))[1], [
      { subject: 't', version: 1 },
    ])
    assert.equal((await call('GET', '/schemas/ids/1/schema'))[1], schema)
    assert.deepEqual(await call('GET', '/schemas/ids/7/schema'), [
      404,
      { error_code: 40403, message: 'Schema 7 not found' },
    ])
    assert.deepEqual(await refusal('GET', '/schemas/ids/x'), [404, 404])
    assert.deepEqual(await refusal('GET', '/schemas/ids/2147483648'), [404, 404])
    assert.deepEqual(await refusal('GET', '/schemas/ids/-1'), [404, 40403])
    assert.deepEqual(await refusal('GET', '/schemas/guids/00000000-0000-0000-0000-000000000000'), [404, 40403])
  }))

test('what is read back says when it was written, to clients that take unknown fields', () =>
  withDoor(async ({ call }) => {
    await registerAll(call, { s: [avro('a')] })
    const [, version] = await call('GET', '/subjects/s/versions/1', undefined, {
      'confluent-accept-unknown-properties': 'true',
    })
    assert.deepEqual(Object.keys(version as object), [
      'subject',
      'version',
      'id',
      'guid',
      'schemaType',
      'schema',
      'ts',
      'deleted',
    ])
  }))

test('a registration says its guid to clients that take unknown fields, and to Go’s, which need it and read over the rest', () =>
  withDoor(async ({ call }) => {
    const register = async (headers: Record<string, string>): Promise<string[]> => {
      const [, answer] = await call('POST', '/subjects/s/versions', avro('a'), headers)
      return Object.keys(answer as object)
    }
    assert.deepEqual(await register({ 'user-agent': 'Java/1.8.0_402' }), ['id'])
    const full = await register({ 'confluent-accept-unknown-properties': 'true' })
    assert.ok(full.includes('guid'))
    assert.deepEqual(await register({ 'user-agent': 'Go-http-client/1.1' }), full)
  }))

test('normalize: schemas that mean the same are one, on request or by config', () =>
  withDoor(async ({ call }) => {
    const one = {
      schema:
        '{"type":"record","namespace":"n","name":"r","aliases":["z","b"],"fields":[{"name":"a","type":{"type":"bytes","scale":2,"precision":9,"logicalType":"decimal"},"x":{"d":1,"c":2}},{"name":"e","type":"n.r2"}]}',
    }
    const reference = { name: 'n.r2', subject: 'r2', version: 1 }
    await registerAll(call, { r2: [{ schema: '{"type":"enum","namespace":"n","name":"r2","symbols":["A"]}' }] })
    const body = { ...one, references: [reference, reference] }
    assert.deepEqual(await call('POST', '/subjects/s/versions?normalize=true', body), [200, { id: 2 }])
    assert.equal(
      (await call('GET', '/subjects/s/versions/1/schema'))[1],
      '{"type":"record","name":"r","namespace":"n","fields":[{"name":"a","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2},"x":{"c":2,"d":1}},{"name":"e","type":"r2"}],"aliases":["b","z"]}',
    )
    assert.deepEqual((await call('GET', '/schemas/ids/2'))[1], {
      references: [reference],
      schema: (await call('GET', '/schemas/ids/2/schema'))[1],
    })
    const other = {
      schema:
        '{"name":"n.r","type":"record","aliases":["b","z"],"fields":[{"x":{"c":2,"d":1},"type":{"logicalType":"decimal","type":"bytes","precision":9,"scale":2},"name":"a"},{"name":"e","type":"r2"}]}',
      references: [reference],
    }
    // Avro schemas are compared by what they say, also where nothing is normalized.
    assert.equal((await call('POST', '/subjects/s', other))[0], 200)
    assert.equal((await call('POST', '/subjects/s?normalize=true', other))[0], 200)
    await call('PUT', '/config/s', { normalize: true })
    assert.equal((await call('POST', '/subjects/s', other))[0], 200)
    assert.deepEqual(await call('POST', '/subjects/s/versions', other), [200, { id: 2 }])
    const json = { schemaType: 'JSON', schema: '{"type":"object","properties":{"b":{"minimum":1.0},"a":{}}}' }
    await call('POST', '/subjects/j/versions?normalize=true', json)
    assert.equal(
      (await call('GET', '/subjects/j/versions/1/schema'))[1],
      '{"properties":{"a":{},"b":{"minimum":1.0}},"type":"object"}',
    )
  }))

test('format=resolved puts what is referred to inside; a client may send it so and finds the schema', () =>
  withDoor(async ({ call }) => {
    await registerAll(call, { address: [{ schema: '{"type":"record","name":"n.A","fields":[]}' }] })
    const references = [{ name: 'n.A', subject: 'address', version: -1 }]
    const schema =
      '{"type":"record","name":"U","namespace":"m","fields":[{"name":"a","type":"n.A"},{"name":"b","type":["null","n.A"]}]}'
    await registerAll(call, { user: [{ schema, references }] })
    const resolved =
      '{"type":"record","name":"U","namespace":"m","fields":[{"name":"a","type":{"type":"record","name":"A","namespace":"n","fields":[]}},{"name":"b","type":["null","n.A"]}]}'
    assert.equal((await call('GET', '/subjects/user/versions/1/schema?format=resolved'))[1], resolved)
    assert.equal((await call('GET', '/schemas/ids/2/schema?format=resolved'))[1], resolved)
    assert.equal((await call('GET', '/schemas/ids/2/schema?format=unheard-of'))[1], schema)
    const found = (await call('POST', '/subjects/user', { schema: resolved }))[1]
    assert.deepEqual(found, {
      subject: 'user',
      version: 1,
      id: 2,
      references: [{ name: 'n.A', subject: 'address', version: 1 }],
      schema,
    })
    assert.deepEqual(await call('POST', '/subjects/user/versions', { schema: resolved }), [200, { id: 2 }])
    assert.deepEqual((await call('GET', '/subjects/address/versions/latest/referencedby'))[1], [2])
  }))

test('exporters are refused by name', () =>
  withDoor(async ({ call }) => {
    for (const [method, path] of [
      ['GET', '/exporters'],
      ['POST', '/exporters'],
      ['PUT', '/exporters/x/pause'],
    ] as const) {
      const [status, answer] = await call(method, path, method === 'GET' ? undefined : {})
      assert.equal(status, 404)
      assert.match((answer as { message: string }).message, /^Schema exporters are not here: /)
    }
  }))

test('rules that the server does not run are named in a header, not in the body', () =>
  withDoor(async ({ url }) => {
    const post = async (ruleSet: object): Promise<[unknown, string | null]> => {
      const headers = { 'content-type': 'application/json' }
      const body = JSON.stringify({ ...avro('a'), ruleSet })
      const response = await fetch(`${url}/subjects/s/versions`, { method: 'POST', headers, body })
      return [await response.json(), response.headers.get('millrace-notice')]
    }
    const rule = (name: string, type: string, more: object = {}): object => ({ name, type, ...more })
    const encrypt = rule('pii', 'encrypt', { params: { 'encrypt.kek.name': 'k' } })
    const named = 'rule positive (CEL) is not run by the server; rule up (JSONATA) is not run by the server'
    const own = {
      domainRules: [rule('positive', 'CEL', { kind: 'CONDITION' }), encrypt, rule('off', 'CEL', { disabled: true })],
      migrationRules: [rule('up', 'JSONATA', { mode: 'UPGRADE' })],
      encodingRules: [rule('all', 'ENCRYPT_PAYLOAD')],
    }
    const [body, notice] = await post(own)
    assert.deepEqual([body, notice?.split('; ').toSorted().join('; ')], [{ id: 1 }, named])
    assert.deepEqual(await post({ domainRules: [encrypt] }), [{ id: 2 }, null])
  }))

test('metadata and rules: checked, sorted, taken over from the version before, merged with config', () =>
  withDoor(async ({ call, refusal }) => {
    const post = async (body: object): Promise<[number, unknown]> => call('POST', '/subjects/s/versions', body)
    const latest = async (): Promise<Record<string, unknown>> =>
      (await call('GET', '/subjects/s/versions/latest'))[1] as Record<string, unknown>
    const metadata = { properties: { owner: 'b', a: 1 }, tags: { '**.x': ['PII', 'A', 'PII'] }, sensitive: ['owner'] }
    const rule = (name: string, more: object = {}): object => ({ name, type: 'CEL', mode: 'WRITE', ...more })
    await post({ ...avro('a'), metadata, ruleSet: { domainRules: [rule('one'), rule('two')] } })
    assert.deepEqual((await latest())['metadata'], {
      tags: { '**.x': ['A', 'PII'] },
      properties: { a: '1', owner: 'b' },
      sensitive: ['owner'],
    })
    // The same text again, and without a text: the version that is there, as its metadata is taken over.
    assert.deepEqual(await post(avro('a')), [200, { id: 1 }])
    assert.deepEqual(await post({}), [200, { id: 1 }])
    await call('PUT', '/config/s', {
      defaultMetadata: { properties: { owner: 'default', team: 'pay' } },
      overrideRuleSet: { domainRules: [rule('two', { doc: 'overridden' })] },
    })
    assert.deepEqual(await post(avro('a', 'b')), [200, { id: 2 }])
    const { metadata: merged, ruleSet } = await latest()
    assert.deepEqual((merged as { properties: unknown }).properties, { a: '1', owner: 'b', team: 'pay' })
    assert.deepEqual(
      (ruleSet as { domainRules: { doc?: string }[] }).domainRules.map((r) => r.doc),
      [undefined, 'overridden'],
    )
    // Asked for a version, it is named in the metadata, and clients find it by that.
    await post({ ...avro('a', 'b'), version: -1 })
    assert.deepEqual((await latest())['version'], 3)
    assert.equal(((await latest())['metadata'] as { properties: object }).properties['confluent:version' as never], '3')
    const found = await call('GET', '/subjects/s/metadata?key=team&value=pay&key=owner&value=b')
    assert.equal((found[1] as { version: number }).version, 3)
    assert.deepEqual(await refusal('GET', '/subjects/s/metadata?key=team&value=none'), [404, 40403])
    const bad: [object, string][] = [
      [{ domainRules: [rule('x'), rule('x')] }, "Found rule with duplicate name 'x'"],
      [{ domainRules: [rule('9')] }, 'Illegal initial character in rule name: 9'],
      [{ domainRules: [rule('a b')] }, 'Illegal character in rule name: a b'],
      [{ domainRules: [{ name: 'x' }] }, 'Missing rule type'],
      [{ migrationRules: [rule('x')] }, 'Migration rules can only be UPGRADE, DOWNGRADE, UPDOWN'],
      [{ encodingRules: [rule('x', { mode: 'UPDOWN' })] }, 'Encoding rules can only be WRITE, READ, WRITEREAD'],
      [{ domainRules: [rule('x', { onFailure: 'A,B' })] }, 'Multiple actions only valid with WRITEREAD and UPDOWN'],
    ]
    for (const [wrong, message] of bad)
      assert.deepEqual(await post({ ...avro('a'), ruleSet: wrong }), [422, { error_code: 42210, message }])
    assert.deepEqual(
      await refusal('POST', '/subjects/s/versions', { ...avro('a'), ruleSet: { domainRules: [{ kind: 'X' }] } }),
      [400, 400],
    )
  }))

test('tags inside a schema are found, added and removed; a path that is not there is refused', () =>
  withDoor(async ({ call, refusal }) => {
    const entity = (entityPath: string, entityType: string, ...tags: string[]): object => ({
      schemaEntity: { entityPath, entityType },
      tags,
    })
    await registerAll(call, { s: [avro('a', 'b')] })
    assert.deepEqual(
      await call('POST', '/subjects/s/versions', {
        ...avro('a', 'b'),
        schemaTagsToAdd: [entity('r.a', 'sr_field', 'PII', 'X'), entity('r', 'sr_record', 'T')],
        schemaTagsToRemove: [entity('r.a', 'sr_field', 'X')],
      }),
      [200, { id: 2 }],
    )
    const found = async (query: string): Promise<unknown> =>
      ((await call('GET', `/subjects/s/versions/latest?${query}`))[1] as { schemaTags?: unknown }).schemaTags
    assert.deepEqual(await found('findTags=PII'), [entity('r.a', 'sr_field', 'PII')])
    assert.deepEqual(await found('findTags=*'), [entity('r', 'sr_record', 'T'), entity('r.a', 'sr_field', 'PII')])
    assert.equal(await found('findTags=none'), undefined)
    assert.deepEqual(
      await refusal('POST', '/subjects/s/versions', {
        ...avro('a'),
        schemaTagsToAdd: [entity('r.nothing', 'sr_field', 'PII')],
      }),
      [422, 42201],
    )
    // Propagated to the next version; and a version made by a change of tags alone.
    await call('POST', '/subjects/s/versions', { ...avro('a', 'b', 'c'), propagateSchemaTags: true })
    assert.deepEqual(await found('findTags=PII'), [entity('r.a', 'sr_field', 'PII')])
    const answer = await call('POST', '/subjects/s/versions/latest/tags', {
      newVersion: 4,
      tagsToAdd: [entity('r.c', 'sr_field', 'PII')],
    })
    assert.deepEqual(answer, [200, { id: 4 }])
    assert.deepEqual(((await found('findTags=PII')) as object[]).length, 2)
  }))

test('contexts: made with the first subject, listed, deleted when empty', () =>
  withDoor(async ({ call, refusal, topic }) => {
    await registerAll(call, { ':.eu:s': [avro('a')], ':.us:s': [avro('a')] })
    assert.deepEqual((await call('GET', '/contexts'))[1], ['.', '.eu', '.us'])
    assert.deepEqual((await call('GET', '/contexts?contextPrefix=.u&limit=1'))[1], ['.us'])
    assert.deepEqual(await call('DELETE', '/contexts/eu'), [
      422,
      { error_code: 42211, message: "The specified context ':.eu:' is not empty." },
    ])
    await call('DELETE', '/subjects/:.eu:s')
    assert.deepEqual(await refusal('DELETE', '/contexts/eu'), [422, 42211])
    await call('DELETE', '/contexts/eu/subjects/s?permanent=true')
    assert.deepEqual((await call('GET', '/contexts'))[1], ['.', '.eu', '.us'])
    assert.deepEqual(await call('DELETE', '/contexts/.eu'), [204, ''])
    assert.deepEqual((await call('GET', '/contexts'))[1], ['.', '.us'])
    const [key, value] = [topic.records[0]!.key, topic.records[0]!.value!].map((part) => new TextDecoder().decode(part))
    assert.equal(key, '{"keytype":"CONTEXT","tenant":"default","context":".eu","magic":0}')
    assert.equal(value, '{"tenant":"default","context":".eu"}')
  }))

test('references: into other contexts, kept from deletion, shown qualified on request', () =>
  withDoor(async ({ call, refusal }) => {
    await registerAll(call, { ':.eu:a': [{ schema: '{"type":"enum","name":"A","symbols":["X"]}' }] })
    const user = (subject: string): object => ({
      schema: '{"type":"record","name":"U","fields":[{"name":"a","type":"A"}]}',
      references: [{ name: 'A', subject, version: 1 }],
    })
    await registerAll(call, { ':.eu:u': [user('a')], u: [user(':.eu:a')] })
    assert.deepEqual((await call('GET', '/subjects/:.eu:a/versions/1/referencedby'))[1], [1, 2])
    assert.deepEqual(
      ((await call('GET', '/subjects/:.eu:u/versions/1?referenceFormat=qualified'))[1] as { references: unknown })
        .references,
      [{ name: 'A', subject: ':.eu:a', version: 1 }],
    )
    assert.deepEqual(await call('DELETE', '/subjects/:.eu:a/versions/1'), [
      422,
      {
        error_code: 42206,
        message: 'One or more references exist to the schema {magic=1,keytype=SCHEMA,subject=:.eu:a,version=1}.',
      },
    ])
    await call('DELETE', '/subjects/:.eu:u')
    await call('DELETE', '/subjects/u')
    assert.deepEqual((await call('GET', '/subjects/:.eu:a/versions/1/referencedby'))[1], [])
    assert.deepEqual((await call('GET', '/subjects/:.eu:a/versions/1/referencedby?deleted=true'))[1], [1, 2])
    assert.deepEqual(await call('DELETE', '/subjects/:.eu:a'), [200, [1]])
    assert.deepEqual(await refusal('DELETE', '/subjects/:.eu:a?permanent=true'), [422, 42206])
  }))

test('deleting: every state has its code', () =>
  withDoor(async ({ call, refusal }) => {
    await registerAll(call, { s: [avro('a'), avro('a', 'b')] })
    assert.deepEqual(await call('DELETE', '/subjects/s/versions/1?permanent=true'), [
      404,
      { error_code: 40407, message: "Subject 's' Version 1 was not deleted first before being permanently deleted" },
    ])
    assert.deepEqual(await call('DELETE', '/subjects/s/versions/1'), [200, 1])
    assert.deepEqual(await call('DELETE', '/subjects/s/versions/1'), [
      404,
      {
        error_code: 40406,
        message: "Subject 's' Version 1 was soft deleted.Set permanent=true to delete permanently",
      },
    ])
    assert.deepEqual(await refusal('DELETE', '/subjects/s?permanent=true'), [404, 40405])
    assert.deepEqual(await call('DELETE', '/subjects/s/versions/latest'), [200, 2])
    assert.deepEqual(await refusal('DELETE', '/subjects/s/versions/latest'), [404, 40402])
    assert.deepEqual(await refusal('DELETE', '/subjects/s'), [404, 40404])
    assert.deepEqual(await refusal('DELETE', '/subjects/x'), [404, 40401])
    assert.deepEqual(await refusal('DELETE', '/subjects/x/versions/1'), [404, 40401])
    assert.deepEqual(await refusal('DELETE', '/subjects/s/versions/9'), [404, 40402])
    await call('PUT', '/config/s', { compatibility: 'NONE' })
    await call('PUT', '/mode/s', { mode: 'READWRITE' })
    assert.deepEqual(await call('DELETE', '/subjects/s/versions/2?permanent=true'), [200, 2])
    assert.deepEqual((await call('GET', '/config/s'))[0], 200)
    assert.deepEqual(await call('DELETE', '/subjects/s?permanent=true'), [200, [1]])
    assert.deepEqual(await refusal('GET', '/config/s'), [404, 40408])
    assert.deepEqual(await refusal('GET', '/mode/s'), [404, 40409])
  }))

test('the server itself: root, metadata, types', () =>
  withDoor(async ({ call }) => {
    assert.deepEqual(await call('GET', '/'), [200, {}])
    assert.deepEqual(await call('POST', '/', {}), [200, {}])
    assert.deepEqual(await call('GET', '/v1/metadata/id'), [
      200,
      {
        scope: {
          path: [],
          clusters: { 'kafka-cluster': 'a-cluster', 'schema-registry-cluster': 'schema-registry' },
        },
        id: '',
      },
    ])
    assert.deepEqual(await call('GET', '/v1/metadata/version'), [200, { version: '1.2.3', commitId: 'unknown' }])
  }))

test('content types: three names of JSON in and out, others 406 and 415; bodies that are none', () =>
  withDoor(async ({ call, url, refusal }) => {
    for (const accept of ['application/json', 'application/vnd.schemaregistry+json'])
      assert.deepEqual(await call('GET', '/subjects', undefined, { accept }), [200, []])
    for (const accept of ['*', '*/*;q=0.5', 'text/html, *; q=.2', '*/anything'])
      assert.equal((await fetch(`${url}/subjects`, { headers: { accept } })).status, 200, accept)
    const send = async (init: RequestInit, path = '/subjects/s/versions'): Promise<unknown[]> => {
      const response = await fetch(url + path, { method: 'POST', ...init })
      const { error_code, message } = (await response.json()) as { error_code?: number; message?: string }
      return [response.status, response.headers.get('content-type'), error_code, message]
    }
    const v1 = 'application/vnd.schemaregistry.v1+json'
    const type = { 'content-type': v1 }
    const wanted = 'application/vnd.schemaregistry.v1+json;q=0.1, application/json;q=0.9, text/html'
    const body = JSON.stringify(avro('a'))
    assert.deepEqual((await send({ headers: { ...type, accept: wanted }, body })).slice(0, 2), [
      200,
      'application/json',
    ])
    assert.deepEqual(await send({ headers: { ...type, accept: 'text/html' }, body }), [
      406,
      v1,
      406,
      'HTTP 406 Not Acceptable',
    ])
    assert.deepEqual(await send({ headers: { 'content-type': 'text/plain' }, body }), [
      415,
      v1,
      415,
      'HTTP 415 Unsupported Media Type',
    ])
    assert.equal((await send({ headers: { 'content-type': 'application/json; charset=utf-8' }, body }))[0], 200)
    assert.equal((await send({ headers: { 'content-type': 'application/octet-stream' }, body }))[0], 200)
    assert.deepEqual((await send({ headers: type, body: '{' })).slice(0, 3), [400, v1, 400])
    assert.deepEqual((await send({ headers: type, body: '[]' })).slice(0, 3), [400, v1, 400])
    assert.deepEqual((await send({ headers: type, body: 'null' })).slice(0, 3), [422, v1, 422])
    assert.deepEqual((await send({ headers: type })).slice(0, 3), [422, v1, 422])
    assert.deepEqual((await send({ headers: type, body: '{"schema":5}' })).slice(0, 3), [400, v1, 400])
    // Fields that nobody knows are passed over.
    assert.equal((await send({ headers: type, body: JSON.stringify({ ...avro('a'), unheard: 1 }) }))[0], 200)
    assert.deepEqual(await refusal('PUT', '/subjects/s/versions', avro('a')), [405, 405])
  }))
