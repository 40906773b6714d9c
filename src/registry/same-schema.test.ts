// One Avro schema, written in two ways: lookup and registration find what is there, with `normalize` or without, as
// Confluent's registry does (AvroSchema.equivalent). Expected answers are those of Schema.equals.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withDoor, type TestDoor } from './testing-door.ts'

type Body = { readonly schema: string; readonly schemaType?: string; readonly references?: readonly object[] }
const body = (schema: object): Body => ({ schema: JSON.stringify(schema) })
const enumType = { type: 'enum', name: 'E', symbols: ['A', 'B'] }
const record = (fields: object[], more: object = {}): object => ({ type: 'record', name: 'n.R', fields, ...more })
const twice = record([
  { name: 'a', type: enumType },
  { name: 'b', type: 'n.E' },
])
const versionOf = async ({ call }: TestDoor, path: string, given: Body): Promise<unknown> => {
  const [status, answer] = await call('POST', path, given)
  return status === 200 ? (answer as { version?: number; id: number }).version : status
}

test('what was registered without normalize is found with it, and gets no second version', () =>
  withDoor(async (door) => {
    const { call } = door
    assert.deepEqual(await call('POST', '/subjects/nl/versions', body(twice)), [200, { id: 1 }])
    assert.equal(await versionOf(door, '/subjects/nl?normalize=true', body(twice)), 1)
    assert.deepEqual(await call('POST', '/subjects/nl/versions?normalize=true', body(twice)), [200, { id: 1 }])
    assert.deepEqual(await call('GET', '/subjects/nl/versions'), [200, [1]])
    await call('PUT', '/config/nl', { normalize: true })
    assert.equal(await versionOf(door, '/subjects/nl', body(twice)), 1)
    assert.deepEqual(await call('POST', '/subjects/nl/versions', body(twice)), [200, { id: 1 }])
    // The other way round: registered in its normal form, looked up as it was written.
    assert.equal((await call('POST', '/subjects/no/versions?normalize=true', body(twice)))[0], 200)
    assert.equal(await versionOf(door, '/subjects/no', body(twice)), 1)
  }))

test('order of aliases and properties is nothing, docs, defaults, orders and properties are something', () =>
  withDoor(async (door) => {
    const field = { name: 'a', type: { type: 'int', x: 1, y: { p: 1, q: 2 } }, default: 0, aliases: ['c', 'd'] }
    const first = record([field], { aliases: ['n.X', 'm.Y'], doc: 'd' })
    assert.deepEqual(await door.call('POST', '/subjects/s/versions', body(first)), [200, { id: 1 }])
    const found = (schema: object): Promise<unknown> => versionOf(door, '/subjects/s', body(schema))
    const same = { ...field, type: { y: { q: 2, p: 1 }, x: 1, type: 'int' }, aliases: ['d', 'c'] }
    assert.equal(await found(record([same], { aliases: ['m.Y', 'X'], doc: 'd' })), 1)
    for (const other of [
      record([field], { aliases: ['n.X', 'm.Y'] }),
      record([field], { aliases: ['n.X'], doc: 'd' }),
      record([field], { aliases: ['n.X', 'm.Y'], doc: 'd', p: 1 }),
      record([{ ...field, default: 1 }], { aliases: ['n.X', 'm.Y'], doc: 'd' }),
      record([{ ...field, order: 'ignore' }], { aliases: ['n.X', 'm.Y'], doc: 'd' }),
      record([{ ...field, doc: '' }], { aliases: ['n.X', 'm.Y'], doc: 'd' }),
      record([{ ...field, type: { type: 'int', x: 2, y: { p: 1, q: 2 } } }], { aliases: ['n.X', 'm.Y'], doc: 'd' }),
      { ...record([field], { aliases: ['n.X', 'm.Y'], doc: 'd' }), name: 'm.R' },
    ])
      assert.equal(await found(other), 404, JSON.stringify(other))
  }))

test('also where the type is in a reference, or stands inside the schema that is looked up', () =>
  withDoor(async (door) => {
    const { call } = door
    await call('POST', '/subjects/e/versions', body({ ...enumType, namespace: 'n' }))
    const references = [{ name: 'n.E', subject: 'e', version: 1 }]
    const referring = {
      ...body(
        record([
          { name: 'a', type: 'E' },
          { name: 'b', type: 'n.E' },
        ]),
      ),
      references,
    }
    assert.equal((await call('POST', '/subjects/s/versions', referring))[0], 200)
    assert.equal(await versionOf(door, '/subjects/s?normalize=true', referring), 1)
    assert.equal(await versionOf(door, '/subjects/s?normalize=true', body(twice)), 1)
  }))

test('of other types texts are compared', () =>
  withDoor(async (door) => {
    const json = { schemaType: 'JSON', schema: '{"type":"object","title":"t"}' }
    assert.equal((await door.call('POST', '/subjects/j/versions', json))[0], 200)
    assert.equal(await versionOf(door, '/subjects/j', { ...json, schema: '{"title":"t","type":"object"}' }), 404)
  }))
