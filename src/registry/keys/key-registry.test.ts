// The DEK registry behind its door: paths, codes and bodies, its topic's records, and what a restart reads from them.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { localKms } from '../../format/index.ts'
import { compacted, memoryTopic } from '../testing.ts'
import { withDoor, type TestDoor } from '../testing-door.ts'

const base = '/dek-registry/v1/keks'
const kek = { name: 'customers', kmsType: 'local-kms', kmsKeyId: 'mine' }
const material = Buffer.from(localKms('a secret').seal(new Uint8Array(34))).toString('base64')

async function withKek(run: (door: TestDoor) => Promise<void>, shared = false): Promise<void> {
  await withDoor(async (door) => {
    assert.equal((await door.call('POST', base, { ...kek, shared }))[0], 200)
    await run(door)
  })
}

describe('KEKs', () => {
  test('are made, listed, changed, deleted, brought back and deleted for good', () =>
    withDoor(async ({ call, refusal }) => {
      const full = { ...kek, kmsProps: { b: '2', a: '1' }, doc: 'of customers', shared: false }
      const answer = { ...full, ts: 0 }
      assert.deepEqual(await call('POST', base, full), [200, answer])
      assert.deepEqual(await refusal('POST', base, full), [409, 40971])
      assert.deepEqual(await call('GET', base), [200, ['customers']])
      assert.deepEqual(await call('GET', `${base}/customers`), [200, answer])
      assert.deepEqual(await call('PUT', `${base}/customers`, { doc: null, kmsProps: { c: 3 } }), [
        200,
        { ...kek, kmsProps: { c: '3' }, shared: false, ts: 0 },
      ])
      assert.deepEqual(await refusal('DELETE', `${base}/customers?permanent=true`), [404, 40471])
      assert.deepEqual(await call('DELETE', `${base}/customers`), [204, ''])
      assert.deepEqual(await call('GET', base), [200, []])
      assert.deepEqual(await call('GET', `${base}?deleted=true`), [200, ['customers']])
      assert.deepEqual(await refusal('GET', `${base}/customers`), [404, 40470])
      assert.equal(((await call('GET', `${base}/customers?deleted=true`))[1] as { deleted: boolean }).deleted, true)
      assert.deepEqual(await call('POST', `${base}/customers/undelete`), [204, ''])
      assert.deepEqual(await call('GET', base), [200, ['customers']])
      await call('DELETE', `${base}/customers`)
      assert.deepEqual(await call('DELETE', `${base}/customers?permanent=true`), [204, ''])
      assert.deepEqual(await call('GET', `${base}?deleted=true`), [200, []])
      assert.deepEqual(await refusal('DELETE', `${base}/customers`), [404, 40470])
      assert.deepEqual(await refusal('PUT', `${base}/customers`, {}), [404, 40470])
      assert.deepEqual(await refusal('POST', `${base}/customers/undelete`), [404, 40470])
    }))

  test('making the same again brings a deleted one back; another one may not take its name', () =>
    withKek(async ({ call, refusal }) => {
      await call('DELETE', `${base}/customers`)
      assert.deepEqual(await refusal('POST', base, { ...kek, kmsKeyId: 'other' }), [409, 40971])
      assert.equal((await call('POST', base, kek))[0], 200)
      assert.deepEqual(await call('GET', base), [200, ['customers']])
    }))

  test('names and missing fields are refused', () =>
    withDoor(async ({ refusal }) => {
      for (const name of ['', '1a', 'a b', 'a.b', 'x'.repeat(65), undefined, 5])
        assert.deepEqual(await refusal('POST', base, { ...kek, name }), [422, 42271], String(name))
      assert.deepEqual(await refusal('POST', base, { ...kek, kmsKeyId: '' }), [422, 42271])
      assert.deepEqual(await refusal('POST', base, { ...kek, kmsType: null }), [422, 42271])
      assert.deepEqual(await refusal('POST', base, { ...kek, shared: 'maybe' }), [400, 400])
      assert.deepEqual(await refusal('POST', base), [422, 422])
    }))

  test('`test` wraps a key with a shared one; other key services are said to be missing', () =>
    withDoor(async ({ call, refusal }) => {
      await call('POST', base, kek)
      assert.deepEqual(await refusal('POST', `${base}/customers/test`), [422, 42271])
      await call('PUT', `${base}/customers`, { shared: true })
      assert.equal((await call('POST', `${base}/customers/test`))[0], 200)
      const cloud = { name: 'cloud', kmsType: 'AWS', kmsKeyId: 'arn:x', shared: true }
      assert.deepEqual(await refusal('POST', `${base}?testSharing=true`, cloud), [500, 50070])
      assert.equal(((await call('POST', base, cloud))[1] as { kmsType: string }).kmsType, 'aws-kms')
      assert.deepEqual(await refusal('POST', `${base}/cloud/test`), [500, 50070])
    }))
})

describe('DEKs', () => {
  test('of a KEK that is not shared are kept as they come', () =>
    withKek(async ({ call, refusal }) => {
      const path = `${base}/customers/deks/orders-value`
      const dek = { kekName: 'customers', subject: 'orders-value', version: 1, algorithm: 'AES256_GCM' }
      const answer = { ...dek, encryptedKeyMaterial: material, ts: 0 }
      assert.deepEqual(await refusal('POST', path, {}), [422, 42271])
      assert.deepEqual(await call('POST', path, { encryptedKeyMaterial: material }), [200, answer])
      assert.deepEqual(await refusal('POST', path, { encryptedKeyMaterial: material }), [409, 40971])
      assert.deepEqual(await call('GET', path), [200, answer])
      assert.deepEqual(await call('GET', `${path}/versions/latest`), [200, answer])
      assert.deepEqual(await refusal('GET', `${path}?algorithm=AES256_SIV`), [404, 40470])
      assert.deepEqual(await refusal('GET', `${path}?algorithm=ROT13`), [404, 404])
      assert.deepEqual(await refusal('GET', `${path}/versions/0`), [422, 42202])
      assert.deepEqual(await refusal('POST', `${base}/nobody/deks/x`, {}), [404, 40470])
      // The older path, with the subject in the body.
      const old = { subject: 'orders-value', algorithm: 'AES256_SIV', version: 2, encryptedKeyMaterial: material }
      assert.deepEqual(await call('POST', `${base}/customers/deks`, old), [
        200,
        { kekName: 'customers', ...old, ts: 0 },
      ])
      assert.deepEqual(await call('GET', `${path}/versions?algorithm=AES256_SIV`), [200, [2]])
      assert.deepEqual(await call('GET', `${path}/versions`), [200, [1]])
      assert.deepEqual(await call('GET', `${base}/customers/deks`), [200, ['orders-value']])
      assert.deepEqual(await call('GET', `${base}?subjectPrefix=ord`), [200, ['customers']])
      assert.deepEqual(await call('GET', `${base}?subjectPrefix=pay`), [200, []])
    }))

  test('of a shared KEK are made, opened and wrapped anew by the registry', () =>
    withKek(async ({ call }) => {
      const path = `${base}/customers/deks/orders-value`
      const [status, made] = await call('POST', path, { algorithm: 'AES128_GCM' })
      assert.equal(status, 200)
      const { keyMaterial, encryptedKeyMaterial } = made as Record<string, string>
      const opened = localKms('a secret').open(Buffer.from(encryptedKeyMaterial!, 'base64'))!
      assert.equal(Buffer.from(opened).toString('base64'), keyMaterial)
      assert.equal(opened.length, 18)
      assert.deepEqual(await call('GET', `${path}?algorithm=AES128_GCM`), [200, made])
      const [, again] = await call('POST', `${path}?rewrap=true`, { algorithm: 'AES128_GCM' })
      assert.equal((again as Record<string, string>)['keyMaterial'], keyMaterial)
      assert.notEqual((again as Record<string, string>)['encryptedKeyMaterial'], encryptedKeyMaterial)
    }, true))

  test('are deleted, brought back and deleted for good, all versions or one', () =>
    withKek(async ({ call, refusal }) => {
      const path = `${base}/customers/deks/s`
      for (const version of [1, 2, 3]) await call('POST', path, { version, encryptedKeyMaterial: material })
      const versions = async (query = ''): Promise<unknown> => (await call('GET', `${path}/versions${query}`))[1]
      assert.deepEqual(await refusal('DELETE', `${path}?permanent=true`), [404, 40471])
      assert.deepEqual(await call('DELETE', `${path}/versions/2`), [204, ''])
      assert.deepEqual(await versions(), [1, 3])
      assert.deepEqual(await call('DELETE', `${path}/versions/2?permanent=true`), [204, ''])
      assert.deepEqual(await versions('?deleted=true'), [1, 3])
      assert.deepEqual(await call('DELETE', `${path}/versions/latest`), [204, ''])
      assert.deepEqual(await versions(), [1])
      assert.deepEqual(await call('POST', `${path}/versions/3/undelete`), [204, ''])
      assert.deepEqual(await refusal('DELETE', `${base}/customers`), [422, 42272])
      assert.deepEqual(await call('DELETE', path), [204, ''])
      assert.deepEqual(await versions(), [])
      assert.deepEqual(await refusal('DELETE', `${base}/customers?permanent=true`), [422, 42272])
      assert.deepEqual(await call('DELETE', `${base}/customers`), [204, ''])
      assert.deepEqual(await refusal('POST', `${path}/undelete`), [404, 40472])
      await call('POST', `${base}/customers/undelete`)
      assert.deepEqual(await call('POST', `${path}/undelete`), [204, ''])
      assert.deepEqual(await versions(), [1, 3])
      await call('DELETE', path)
      assert.deepEqual(await call('DELETE', `${path}?permanent=true`), [204, ''])
      assert.deepEqual(await refusal('DELETE', path), [404, 40470])
    }))

  test('lie in the context of the path; their KEKs do not', () =>
    withKek(async ({ call }) => {
      const inContext = '/contexts/.eu/dek-registry/v1/keks/customers/deks'
      const [, dek] = await call('POST', `${inContext}/s`, { encryptedKeyMaterial: material })
      assert.equal((dek as { subject: string }).subject, ':.eu:s')
      assert.deepEqual(await call('GET', `${base}/customers/deks`), [200, [':.eu:s']])
      assert.equal((await call('GET', `${base}/customers/deks/s`))[0], 404)
    }))

  test('are read by whom a rule lets read their subject', () =>
    withDoor(
      async ({ call, refusal }) => {
        await call('POST', base, { ...kek, shared: true })
        assert.equal((await call('POST', `${base}/customers/deks/open`, {}))[0], 200)
        assert.deepEqual(await refusal('POST', `${base}/customers/deks/closed`, {}), [403, 40301])
        assert.deepEqual(await refusal('GET', `${base}/customers/deks/closed`), [403, 40301])
        assert.deepEqual(await call('GET', `${base}/customers/deks`), [200, ['open']])
      },
      [
        { principal: '*', effect: 'allow', actions: ['*'], resourceType: '*', resource: '*' },
        { principal: '*', effect: 'deny', actions: ['*'], resourceType: 'subject', resource: 'closed' },
      ],
    ))
})

test('the topic has Confluent’s records, and a compacted one gives the same registry', async () => {
  const keys = memoryTopic()
  const readAll = async ({ call }: TestDoor): Promise<unknown> => [
    await call('GET', `${base}?deleted=true`),
    await call('GET', `${base}/customers`),
    await call('GET', `${base}/customers/deks?deleted=true`),
    await call('GET', `${base}/customers/deks/s?deleted=true`),
  ]
  let before: unknown
  await withDoor(
    async (door) => {
      await door.call('POST', base, { ...kek, kmsProps: { b: '1', a: '2' }, doc: 'd' })
      await door.call('POST', `${base}/customers/deks/s`, { encryptedKeyMaterial: material })
      await door.call('POST', `${base}/customers/deks/gone`, { encryptedKeyMaterial: material })
      for (const query of ['', '?permanent=true']) await door.call('DELETE', `${base}/customers/deks/gone${query}`)
      await door.call('DELETE', `${base}/customers/deks/s`)
      before = await readAll(door)
    },
    [],
    undefined,
    keys,
  )
  const text = (bytes: Uint8Array | null): string => (bytes === null ? 'null' : new TextDecoder().decode(bytes))
  const records = compacted(keys.records)
  assert.deepEqual(
    records.map(({ key, value }) => [text(key), text(value)]),
    [
      [
        '{"tenant":"default","name":"customers","type":"KEK"}',
        '{"name":"customers","kmsType":"local-kms","kmsKeyId":"mine","kmsProps":{"a":"2","b":"1"},"doc":"d","shared":false,"deleted":false,"type":"KEK"}',
      ],
      [
        '{"tenant":"default","kekName":"customers","subject":"s","algorithm":"AES256_GCM","version":1,"type":"DEK"}',
        `{"kekName":"customers","subject":"s","algorithm":"AES256_GCM","version":1,"encryptedKeyMaterial":"${material}","deleted":true,"type":"DEK"}`,
      ],
    ],
  )
  await withDoor(async (door) => assert.deepEqual(await readAll(door), before), [], undefined, memoryTopic(records))
})
