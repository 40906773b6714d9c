// Whole values encrypted (ENCRYPT_PAYLOAD) across implementations: confluent-kafka of Python and Go and npm's
// @confluentinc/schemaregistry, unchanged, and Millrace write into the same topics by the rule set of the subject; each reads
// what each of them wrote, whoever made the key. Then what must not work: no secret, a deleted key.
// needs: confluent-kafka, schemaregistry-js, schemaregistry-go
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { schemaIdsFromLog } from '../../src/registry/index.ts'
import { temporaryFolder } from '../harness.ts'
import {
  allKinds,
  batchesOf,
  byAll,
  encryptPayload,
  keysOf,
  makeClients,
  makeTopic,
  post,
  readOurs,
  rowsOf,
  valuesOf,
  writeOurs,
  type Clients,
} from './encryption-parties.ts'
import { startRegistryNode, type RegistryNode } from './node.ts'

const secret = 'a secret that is in no folder'
const siv = { 'encrypt.dek.algorithm': 'AES256_SIV' }
const aging = { 'encrypt.dek.expiry.days': '30' }
const cases = allKinds.flatMap((kind) => [
  { topic: `${kind}-gcm256`, kind, params: {} },
  { topic: `${kind}-siv-aging`, kind, params: { ...siv, ...aging } },
])

describe('encryption of whole values with official clients', () => {
  let node: RegistryNode
  let client: Clients
  before(async () => {
    client = await makeClients(() => node)
    node = await startRegistryNode(temporaryFolder(), secret)
  })
  after(() => node?.stop())

  test('each writes what the others read', async () => {
    for (const { topic, kind, params } of cases)
      await makeTopic(node, { topic, kind }, encryptPayload(`kek-${topic}`, params))
    for (const kind of allKinds) {
      const topics = cases.filter((one) => one.kind === kind).map(({ topic }) => topic)
      for (const write of Object.values(client)) await write('write', kind, topics, secret)
      for (const topic of topics) assert.equal(await writeOurs(node, topic, kind, keysOf(node, secret)), 0)
      const wanted = topics.map(() => byAll(valuesOf(kind)))
      for (const [reader, read] of Object.entries(client))
        assert.deepEqual(await read('read', kind, topics, secret), wanted, `${reader} reads ${kind}`)
      for (const topic of topics)
        assert.deepEqual(readOurs(node, topic, kind, keysOf(node, secret)), { rows: byAll(rowsOf(kind)), bad: [] })
    }
    assert.deepEqual(node.faults, [])
  })

  test('nothing of it lies in the topics in clear, and who has no key reads nothing', async () => {
    for (const { topic, kind } of cases) {
      const bytes = Buffer.concat(batchesOf(node, topic))
      for (const clear of ['Ada Lovelace', 'London', '4111 1111'])
        assert.equal(bytes.includes(clear), false, `${topic}: ${clear}`)
      for (const ids of [keysOf(node, 'another'), keysOf(node), schemaIdsFromLog(node.reader)]) {
        const { rows, bad } = readOurs(node, topic, kind, ids)
        assert.deepEqual([rows.length, bad.length], [0, 8])
        for (const reason of bad) assert.match(reason, /^MR-FORMAT-012 /)
      }
    }
    for (const read of Object.values(client)) {
      const [values] = await read('read', 'avro', ['avro-gcm256'], 'another')
      for (const value of values!) assert.deepEqual(Object.keys(value as object), ['error'])
    }
  })

  test('keys by person: clients read them, and a lost key is lost for them too', async () => {
    const [topic, kind] = ['persons', 'avro'] as const
    const params = { 'millrace.dek.subject': 'customer-{id}', 'encrypt.dek.expiry.days': '36500' }
    await makeTopic(node, { topic, kind }, encryptPayload('kek-persons', params))
    await post(`${node.url}/dek-registry/v1/keks`, { name: 'kek-persons', kmsType: 'local-kms', kmsKeyId: 'key' })
    assert.equal(await writeOurs(node, topic, kind, keysOf(node, secret)), 2)
    for (const write of Object.values(client)) await write('write', kind, [topic], secret)
    for (const read of Object.values(client))
      assert.deepEqual(await read('read', kind, [topic], secret), [byAll(valuesOf(kind))])
    const dek = `${node.url}/dek-registry/v1/keks/kek-persons/deks/customer-1`
    for (const address of [dek, `${dek}?permanent=true`])
      assert.equal((await fetch(address, { method: 'DELETE' })).status, 204)
    for (const read of Object.values(client)) {
      const [values] = await read('read', kind, [topic], secret)
      assert.deepEqual(Object.keys(values![0] as object), ['error'])
      assert.deepEqual(values!.slice(1), byAll(valuesOf(kind)).slice(1))
    }
    const { rows, bad } = readOurs(node, topic, kind, keysOf(node, secret))
    assert.deepEqual([rows, bad.length], [byAll(rowsOf(kind)).slice(1), 1])
  })
})
