// Field encryption across implementations: confluent-kafka of Python and Go and npm's @confluentinc/schemaregistry, unchanged,
// with their local key service, and Millrace write into the same topics through one node, by the rule set of the subject; each
// reads what each of them wrote, whoever made the key. Then what must not work: another secret, no secret, a deleted key.
// needs: confluent-kafka, schemaregistry-js, schemaregistry-go
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { schemaIdsFromLog } from '../../src/registry/index.ts'
import { temporaryFolder } from '../harness.ts'
import {
  allKinds,
  batchesOf,
  byAll,
  customers,
  deepProto,
  encryptFields,
  keysOf,
  makeClients,
  makeTopic,
  post,
  readOurs,
  rowsOf,
  valuesOf,
  writeOurs,
  type Clients,
  type Kind,
} from './encryption-parties.ts'
import { startRegistryNode, type RegistryNode } from './node.ts'

const secret = 'a secret that is in no folder'
const dayMs = 86_400_000

const siv = { 'encrypt.dek.algorithm': 'AES256_SIV' }
const cases = [
  { topic: 'gcm256', kind: 'avro', params: {} },
  { topic: 'gcm128', kind: 'avro', params: { 'encrypt.dek.algorithm': 'AES128_GCM' } },
  { topic: 'siv256', kind: 'avro', params: siv },
  { topic: 'aging', kind: 'avro', params: { 'encrypt.dek.expiry.days': '30' } },
  { topic: 'json-gcm256', kind: 'json', params: {} },
  { topic: 'json-siv-aging', kind: 'json', params: { ...siv, 'encrypt.dek.expiry.days': '1' } },
  { topic: 'proto-gcm256', kind: 'protobuf', params: {} },
  { topic: 'proto-siv-aging', kind: 'protobuf', params: { ...siv, 'encrypt.dek.expiry.days': '1' } },
] as const
/** Who makes the keys of a kind's topics: the first of these. */
const order: Readonly<Record<Kind, readonly (keyof Clients)[]>> = {
  avro: ['python', 'node', 'go'],
  json: ['node', 'go', 'python'],
  protobuf: ['go', 'python', 'node'],
}
const topicsOf = (kind: Kind): string[] => cases.filter((one) => one.kind === kind).map(({ topic }) => topic)

describe('field encryption with official clients', () => {
  const folder = temporaryFolder()
  let node: RegistryNode
  let client: Clients
  before(async () => {
    client = await makeClients(() => node)
    node = await startRegistryNode(folder, secret)
  })
  after(() => node?.stop())

  test('each writes what the others read, whoever made the key', async () => {
    for (const { topic, kind, params } of cases)
      await makeTopic(node, { topic, kind }, encryptFields(`kek-${topic}`, params))
    for (const kind of allKinds) await client[order[kind][0]!]('write', kind, topicsOf(kind), secret)
    for (const { topic, kind } of cases)
      assert.equal(await writeOurs(node, topic, kind, keysOf(node, secret)), 0, topic)
    for (const kind of allKinds)
      for (const writer of order[kind].slice(1)) await client[writer]('write', kind, topicsOf(kind), secret)
    for (const kind of allKinds) {
      const wanted = topicsOf(kind).map(() => byAll(valuesOf(kind)))
      for (const reader of order[kind])
        assert.deepEqual(await client[reader]('read', kind, topicsOf(kind), secret), wanted, `${reader} reads ${kind}`)
    }
    for (const { topic, kind } of cases)
      assert.deepEqual(readOurs(node, topic, kind, keysOf(node, secret)), { rows: byAll(rowsOf(kind)), bad: [] }, topic)
    assert.deepEqual(node.faults, [])
  })

  test('nothing of it lies in the topics in clear, and AES-SIV gives the same bytes whoever writes', () => {
    for (const { topic, kind } of cases) {
      const bytes = Buffer.concat(batchesOf(node, topic))
      const inner = kind === 'protobuf' ? [] : ['ada@example', 'Square']
      for (const clear of ['Ada Lovelace', '4111 1111', 'Zoë', ...inner])
        assert.equal(bytes.includes(clear), false, `${topic}: ${clear}`)
      assert.equal(bytes.includes('London'), true, 'what has no tag is as it was')
      // Without keys, what is sealed stays so.
      const sealed = readOurs(node, topic, kind, schemaIdsFromLog(node.reader))
      assert.deepEqual(sealed.bad, [])
      const names = new Set(sealed.rows.map((row) => row[1]))
      assert.equal(names.size, topic.includes('siv') ? 2 : 8, topic)
    }
  })

  test('lists and messages inside messages of Protobuf', async () => {
    const [topic, kind] = ['deep', 'protobuf'] as const
    await makeTopic(node, { topic, kind, schema: deepProto }, encryptFields('kek-deep'))
    await client.python('write', kind, [topic], secret)
    assert.equal(await writeOurs(node, topic, kind, keysOf(node, secret)), 0)
    await client.python('write', kind, [topic], secret)
    await client.python('write', kind, [topic], secret)
    assert.deepEqual(await client.python('read', kind, [topic], secret), [byAll(valuesOf(kind))])
    assert.deepEqual(readOurs(node, topic, kind, keysOf(node, secret)), { rows: byAll(rowsOf(kind)), bad: [] })
    const bytes = Buffer.concat(batchesOf(node, topic))
    for (const clear of ['Ada Lovelace', 'ada@example', 'Square', '4111 1111', 'Zoë'])
      assert.equal(bytes.includes(clear), false, clear)
  })

  test('another secret, or none, opens nothing, and nothing that was not opened is shown in clear', async () => {
    for (const wrong of ['another', undefined]) {
      for (const { topic, kind } of cases) {
        const { rows, bad } = readOurs(node, topic, kind, keysOf(node, wrong))
        assert.deepEqual([rows.length, bad.length], [0, 8])
        for (const reason of bad) assert.match(reason, /^MR-FORMAT-012 .*secret/)
      }
      for (const read of Object.values(client)) {
        const [values] = await read('read', 'avro', ['gcm256'], wrong)
        assert.equal(values!.length, 8)
        for (const value of values!) assert.deepEqual(Object.keys(value as object), ['error'])
      }
    }
  })

  test('a key that has expired is renewed by us, and both versions are read by all', async () => {
    const later = keysOf(node, secret, 31 * dayMs)
    assert.equal(await writeOurs(node, 'aging', 'avro', later), 1)
    const wanted = [...byAll(customers), ...customers].slice(-8)
    for (const read of Object.values(client)) {
      const [values] = await read('read', 'avro', ['aging'], secret)
      assert.deepEqual(values, wanted)
    }
    assert.equal(readOurs(node, 'aging', 'avro', keysOf(node, secret)).rows.length, 10)
    const dek = `${node.url}/dek-registry/v1/keks/kek-aging/deks/aging-value/versions`
    assert.equal(((await (await fetch(dek)).json()) as number[]).length, 2)
  })

  test('a shared key: clients have no secret, the registry opens keys for them', async () => {
    await makeTopic(node, { topic: 'shared', kind: 'avro' }, encryptFields('kek-shared'))
    const kek = { name: 'kek-shared', kmsType: 'local-kms', kmsKeyId: 'key', shared: true }
    await post(`${node.url}/dek-registry/v1/keks`, kek)
    for (const write of Object.values(client)) await write('write', 'avro', ['shared'])
    assert.equal(await writeOurs(node, 'shared', 'avro', keysOf(node, secret)), 0)
    for (const read of Object.values(client))
      assert.deepEqual(await read('read', 'avro', ['shared']), [byAll(customers)])
    assert.deepEqual(readOurs(node, 'shared', 'avro', keysOf(node, secret)), { rows: byAll(rowsOf('avro')), bad: [] })
  })

  test('keys by person: clients read them, and a lost key is lost for them too', async () => {
    const params = { 'millrace.dek.subject': 'customer-{id}', 'encrypt.dek.expiry.days': '36500' }
    await makeTopic(node, { topic: 'persons', kind: 'avro' }, encryptFields('kek-persons', params))
    await post(`${node.url}/dek-registry/v1/keks`, { name: 'kek-persons', kmsType: 'local-kms', kmsKeyId: 'key' })
    assert.equal(await writeOurs(node, 'persons', 'avro', keysOf(node, secret)), 2)
    // They know of no persons and have one key of their own, which we read as well.
    for (const write of Object.values(client)) await write('write', 'avro', ['persons'], secret)
    for (const read of Object.values(client))
      assert.deepEqual(await read('read', 'avro', ['persons'], secret), [byAll(customers)])
    assert.deepEqual(readOurs(node, 'persons', 'avro', keysOf(node, secret)), { rows: byAll(rowsOf('avro')), bad: [] })
    const dek = `${node.url}/dek-registry/v1/keks/kek-persons/deks/customer-1`
    for (const address of [dek, `${dek}?permanent=true`])
      assert.equal((await fetch(address, { method: 'DELETE' })).status, 204)
    const left = byAll(customers).slice(1)
    for (const read of Object.values(client)) {
      const [values] = await read('read', 'avro', ['persons'], secret)
      assert.deepEqual(Object.keys(values![0] as object), ['error'])
      assert.deepEqual(values!.slice(1), left)
    }
    const { rows, bad } = readOurs(node, 'persons', 'avro', keysOf(node, secret))
    assert.deepEqual([rows, bad.length], [byAll(rowsOf('avro')).slice(1), 1])
  })

  test('after a restart the same keys open the same', async () => {
    await node.stop()
    node = await startRegistryNode(folder, secret)
    for (const { topic, kind } of cases.filter((one) => one.topic !== 'aging'))
      assert.deepEqual(readOurs(node, topic, kind, keysOf(node, secret)).rows, byAll(rowsOf(kind)), topic)
    assert.deepEqual(await client.python('read', 'avro', ['gcm256'], secret), [byAll(customers)])
  })

  test('from one secret to the next: with the new one clients read what all wrote with the old, and go on writing', async () => {
    const next = 'the next secret'
    const topic = 'rotated'
    await makeTopic(node, { topic, kind: 'avro' }, encryptFields('kek-rotated'))
    await client.go('write', 'avro', [topic], secret)
    assert.equal(await writeOurs(node, topic, 'avro', keysOf(node, secret)), 0)
    await node.stop()
    node = await startRegistryNode(folder, [next, secret])
    const { wrapped, closed } = await node.registry.keys!.rewrap()
    // Of the shared KEK too: the registry opens those for clients.
    assert.ok(wrapped >= cases.length && closed === 0, `${wrapped} ${closed}`)
    await client.python('write', 'avro', [topic], next)
    await client.node('write', 'avro', [topic], next)
    for (const [name, read] of Object.entries(client)) {
      assert.deepEqual(await read('read', 'avro', [topic], next), [byAll(customers)], name)
      assert.deepEqual(await read('read', 'avro', ['shared']), [byAll(customers)], name)
    }
    assert.deepEqual(readOurs(node, topic, 'avro', keysOf(node, next)), { rows: byAll(rowsOf('avro')), bad: [] })
    const [values] = await client.python('read', 'avro', [topic], secret)
    for (const value of values!) assert.deepEqual(Object.keys(value as object), ['error'])
  })
})
