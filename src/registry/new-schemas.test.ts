// What only new schemas must keep: Avro's names, namespaces and defaults, and references to what is not deleted. What was
// registered before is read as it is.
// Reference: Confluent AvroSchema (validateAsNew), AbstractSchemaProvider.resolveReferences, config validateNewSchemas.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { avro, registerAll, withDoor } from './testing-door.ts'

const field = (type: unknown, fallback: unknown): { schema: string } => ({
  schema: JSON.stringify({ type: 'record', name: 'r', fields: [{ name: 'f', type, default: fallback }] }),
})
const inner = { type: 'record', name: 'i', fields: [{ name: 'x', type: 'int' }] }

test('a default that is no value of its type is refused at registration and check, unless validateNewSchemas is off', () =>
  withDoor(async ({ call, refusal }) => {
    const wrong = [
      field('string', null),
      field('int', 'foo'),
      field('int', 1.5),
      field('int', 2147483648),
      field('boolean', 0),
      field(['null', 'string'], 1),
      field({ type: 'array', items: 'int' }, ['a']),
      field({ type: 'map', values: 'int' }, { a: 'b' }),
      field(inner, {}),
      field('double', 'one'),
      field({ type: 'array', items: 'double' }, ['NaN']),
    ]
    for (const body of wrong) {
      assert.deepEqual(await refusal('POST', '/subjects/s/versions', body), [422, 42201], body.schema)
      assert.deepEqual(await refusal('POST', '/compatibility/subjects/s/versions/latest', body), [422, 42201])
    }
    const right = [
      field(['string', 'null'], null),
      field(['null', 'string'], 'a'),
      field('float', 'NaN'),
      field('double', 1),
      field('long', 9007199254740993n.toString() as never),
      field({ type: 'enum', name: 'e', symbols: ['A'] }, 'B'),
      field({ ...inner, fields: [{ name: 'x', type: 'int', default: 1 }] }, {}),
    ]
    right[4]!.schema = right[4]!.schema.replace('"9007199254740993"', '9007199254740993')
    for (const [i, body] of right.entries())
      assert.equal((await call('POST', `/subjects/right-${i}/versions`, body))[0], 200, body.schema)
    await call('PUT', '/config', { validateNewSchemas: false })
    assert.equal((await call('POST', '/compatibility/subjects/s/versions/latest', wrong[0]))[0], 200)
    assert.equal((await call('POST', '/subjects/s/versions', wrong[0]))[0], 200)
    // What is there already is found, and answered, however it is checked now.
    await call('PUT', '/config', { validateNewSchemas: true })
    assert.equal((await call('POST', '/subjects/s', wrong[0]))[0], 200)
    assert.equal((await call('POST', '/subjects/s/versions', wrong[0]))[0], 200)
    assert.deepEqual(await refusal('POST', '/subjects/t/versions', wrong[0]), [422, 42201])
  }))

test('names of new schemas are ASCII and namespaces are names; older ones may have letters of any script', () =>
  withDoor(async ({ call, refusal }) => {
    const named = (name: string, namespace?: string, own = 'f'): { schema: string } => ({
      schema: JSON.stringify({ type: 'record', name, namespace, fields: [{ name: own, type: 'int' }] }),
    })
    const old = [named('r', 'a-bad.namespace'), named('ключ'), named('r', 'n', 'größe'), named('my-co.events.R')]
    for (const body of old) assert.deepEqual(await refusal('POST', '/subjects/s/versions', body), [422, 42201])
    await call('PUT', '/config', { validateNewSchemas: false, compatibility: 'NONE' })
    for (const [i, body] of old.entries())
      assert.equal((await call('POST', `/subjects/old-${i}/versions`, body))[0], 200, body.schema)
    for (const body of [named('a-b'), named('1a'), named('r', 'n', 'a b'), named('')])
      assert.deepEqual(await refusal('POST', '/subjects/s/versions', body), [422, 42201], body.schema)
  }))

test('a new schema may not refer to a version that was deleted, softly too; what refers to it already is read', () =>
  withDoor(async ({ call, refusal }) => {
    await registerAll(call, { inner: [{ schema: JSON.stringify(inner) }] })
    const references = [{ name: 'i', subject: 'inner', version: 1 }]
    const outer = (name: string): object => ({
      schema: JSON.stringify({ type: 'record', name, fields: [{ name: 'i', type: 'i' }] }),
      references,
    })
    await registerAll(call, { outer: [outer('o')] })
    assert.equal((await call('DELETE', '/subjects/outer/versions/1'))[0], 200)
    assert.equal((await call('DELETE', '/subjects/inner/versions/1'))[0], 200)
    assert.deepEqual(await refusal('POST', '/subjects/outer/versions', outer('o')), [422, 42201])
    assert.deepEqual(await refusal('POST', '/subjects/other/versions', outer('p')), [422, 42201])
    assert.equal((await call('POST', '/subjects/outer?deleted=true', outer('o')))[0], 200)
    assert.equal((await call('GET', '/schemas/ids/2'))[0], 200)
  }))

test('a subject may be called *, as Confluent’s registry lets it', () =>
  withDoor(async ({ call }) => {
    assert.deepEqual(await call('POST', '/subjects/*/versions', avro('a')), [200, { id: 1 }])
    assert.deepEqual(await call('GET', '/subjects'), [200, ['*']])
    assert.equal((await call('GET', '/subjects/*/versions/latest'))[0], 200)
    assert.deepEqual(await call('DELETE', '/subjects/*'), [200, [1]])
  }))

test('a new JSON Schema refers to what is there: in its own text, under references, or published by JSON Schema itself', () =>
  withDoor(async ({ call, refusal }) => {
    const json = (schema: object, references: object[] = []): object => ({
      schemaType: 'JSON',
      schema: JSON.stringify({ $schema: 'http://json-schema.org/draft-07/schema#', ...schema }),
      references,
    })
    const definitions = { a: { type: 'string' }, unused: { $ref: 'nowhere.json' } }
    const outside = { $id: 'https://acme.example/main.json', properties: { r: { $ref: 'part.json#/definitions/a' } } }
    const dangling = [
      json(outside),
      json({ properties: { r: { $ref: '#/definitions/none' } }, definitions }),
      json({ properties: { r: { $ref: '#/definitions/unused' } }, definitions }),
      json({ items: { $ref: 'https://elsewhere.example/schema.json' } }),
    ]
    for (const body of dangling) {
      assert.deepEqual(await refusal('POST', '/subjects/s/versions', body), [422, 42201], JSON.stringify(body))
      assert.deepEqual(await refusal('POST', '/compatibility/subjects/s/versions', body), [422, 42201])
    }
    await registerAll(call, { part: [json({ definitions: { a: {} } })] })
    const references = [{ name: 'part.json', subject: 'part', version: 1 }]
    assert.equal((await call('POST', '/subjects/s/versions', json(outside, references)))[0], 200)
    // What is referred to must lead on, too.
    const further = json({ $ref: 'part.json#/definitions/none' }, references)
    assert.deepEqual(await refusal('POST', '/subjects/t/versions', further), [422, 42201])
    const whole = [
      json({ properties: { r: { $ref: '#/definitions/a' } }, definitions }),
      json({ properties: { r: { $ref: 'http://json-schema.org/draft-07/schema#' } } }),
      json({ properties: { r: { $ref: '#' } } }),
      json({ $ref: '#/definitions/a', properties: { r: { $ref: 'nowhere.json' } }, definitions }),
    ]
    for (const [i, body] of whole.entries())
      assert.equal((await call('POST', `/subjects/whole-${i}/versions`, body))[0], 200, JSON.stringify(body))
    // An import keeps what was accepted elsewhere.
    await call('PUT', '/mode/imported', { mode: 'IMPORT' })
    assert.equal((await call('POST', '/subjects/imported/versions', { ...dangling[0], version: 1, id: 90 }))[0], 200)
  }))

test('a rule with the key of a key service alone gets a KEK’s name and the service’s type', () =>
  withDoor(async ({ call }) => {
    const rule = (params: object): object => ({
      ...avro('a'),
      ruleSet: { domainRules: [{ name: 'e', kind: 'TRANSFORM', mode: 'WRITEREAD', type: 'ENCRYPT', params }] },
    })
    const paramsOf = async (subject: string, params: object): Promise<unknown> => {
      assert.equal((await call('POST', `/subjects/${subject}/versions`, rule(params)))[0], 200)
      const [, version] = await call('GET', `/subjects/${subject}/versions/1`)
      return (version as { ruleSet: { domainRules: { params: object }[] } }).ruleSet.domainRules[0]!.params
    }
    const arn = 'arn:aws:kms:eu-west-1:1:key/ab-cd'
    assert.deepEqual(await paramsOf('aws', { 'encrypt.kms.key.id': arn }), {
      'encrypt.kek.name': 'aws-kms-eu-west-1-1-key-ab-cd',
      'encrypt.kms.key.id': arn,
      'encrypt.kms.type': 'aws-kms',
    })
    assert.deepEqual(await paramsOf('other', { 'encrypt.kms.key.id': 'a/b', 'encrypt.kms.type': 'local-kms' }), {
      'encrypt.kek.name': 'a-b',
      'encrypt.kms.key.id': 'a/b',
      'encrypt.kms.type': 'local-kms',
    })
    const named = { 'encrypt.kek.name': 'k', 'encrypt.kms.key.id': arn, 'encrypt.kms.type': 'x' }
    assert.deepEqual(await paramsOf('named', named), named)
    // The same again is the same.
    assert.deepEqual((await call('POST', '/subjects/aws/versions', rule({ 'encrypt.kms.key.id': arn })))[0], 200)
    assert.deepEqual(await call('GET', '/subjects/aws/versions'), [200, [1]])
  }))
