// Field encryption across implementations: confluent-kafka and @confluentinc/schemaregistry, unchanged, with their local key
// service, and Millrace write into the same topics through one node, by the rule set of the subject; each reads what each of
// them wrote, whoever made the key. Then what must not work: another secret, no secret, a deleted key.
// needs: confluent-kafka, schemaregistry-js
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { installPeer, mustRun, pythonVenv } from '../../peers/index.ts'
import { createDecoder, createEncoder, type TopicFormat } from '../../src/format/index.ts'
import {
  BatchBuilder,
  batchFromRows,
  decodeRecords,
  encodeRecordBatch,
  rowAt,
  types,
  type RecordInput,
  type SchemaIds,
  type Value,
} from '../../src/model/index.ts'
import { schemaIdsFromLog } from '../../src/registry/index.ts'
import { temporaryFolder } from '../harness.ts'
import { startRegistryNode, type RegistryNode } from './node.ts'

const secret = 'a secret that is in no folder'
const dayMs = 86_400_000
const encrypt = (name: string, params: object = {}): object => ({
  domainRules: [
    {
      name: 'encryptPII',
      kind: 'TRANSFORM',
      type: 'ENCRYPT',
      mode: 'WRITEREAD',
      tags: ['PII'],
      params: { 'encrypt.kek.name': name, 'encrypt.kms.type': 'local-kms', 'encrypt.kms.key.id': 'key', ...params },
    },
  ],
})

const pii = { 'confluent:tags': ['PII'] }
const string = { type: 'string' }
const kinds = {
  /** Tags of each kind: inside the text, on lists and in nested records, and in the metadata. */
  avro: {
    valueFormat: 'avro-confluent',
    schemaType: 'AVRO',
    card: 'shop.Customer.card',
    schema: JSON.stringify({
      type: 'record',
      name: 'Customer',
      namespace: 'shop',
      fields: [
        { name: 'id', type: 'long' },
        { name: 'name', type: 'string', ...pii },
        { name: 'note', type: ['null', 'string'], default: null, ...pii },
        { name: 'photo', type: 'bytes', ...pii },
        { name: 'mails', type: { type: 'array', items: 'string' }, ...pii },
        {
          name: 'home',
          type: {
            type: 'record',
            name: 'Home',
            fields: [
              { name: 'street', type: 'string', ...pii },
              { name: 'city', type: 'string' },
            ],
          },
        },
        { name: 'card', type: 'string' },
      ],
    }),
  },
  json: {
    valueFormat: 'json-confluent',
    schemaType: 'JSON',
    card: '$.card',
    schema: JSON.stringify({
      $schema: 'http://json-schema.org/draft-07/schema#',
      title: 'Customer',
      type: 'object',
      required: ['id', 'name', 'mails', 'home', 'card'],
      properties: {
        id: { type: 'integer' },
        name: { ...string, ...pii },
        note: { oneOf: [{ type: 'null' }, string], ...pii },
        mails: { type: 'array', items: string, ...pii },
        home: { type: 'object', properties: { street: { ...string, ...pii }, city: string } },
        card: string,
      },
    }),
  },
} as const
type Kind = keyof typeof kinds

const customers = [
  {
    id: 1,
    name: 'Ada Lovelace',
    note: null,
    photo: Buffer.from([0, 1, 2, 255]).toString('base64'),
    mails: ['ada@example.org', ''],
    home: { street: 'St James’s Square', city: 'London' },
    card: '4111 1111',
  },
  { id: 2, name: '', note: 'Zoë €', photo: '', mails: [], home: { street: 's', city: '' }, card: '0' },
]
const valuesOf = (kind: Kind): object[] =>
  kind === 'avro' ? customers : customers.map(({ photo: _photo, ...rest }) => rest)

function formatOf(topic: string, kind: Kind): TopicFormat {
  const home = [
    { name: 'street', type: types.string(false) },
    { name: 'city', type: types.string(false) },
  ]
  const fields = [
    { name: 'id', type: types.bigint(false) },
    { name: 'name', type: types.string(false) },
    { name: 'note', type: types.string() },
    ...(kind === 'avro' ? [{ name: 'photo', type: types.bytes(false) }] : []),
    { name: 'mails', type: types.array(types.string(false), false) },
    { name: 'home', type: types.row(home, false) },
    { name: 'card', type: types.string(false) },
  ]
  const { valueFormat } = kinds[kind]
  return { topic, schema: { fields }, keyColumns: null, keyFormat: 'raw', valueFormat, primaryKey: null }
}

const rowsOf = (kind: Kind): Value[][] =>
  customers.map(({ id, name, note, photo, mails, home, card }) => [
    BigInt(id),
    name,
    note,
    ...(kind === 'avro' ? [new Uint8Array(Buffer.from(photo, 'base64'))] : []),
    mails,
    [home.street, home.city],
    card,
  ])

type Client = (verb: 'write' | 'read', kind: Kind, topics: readonly string[], secret?: string) => Promise<unknown[][]>
/** Who write each topic: Python, Node, and we. */
const writers = 3
const three = <Item>(items: readonly Item[]): Item[] => [...items, ...items, ...items]

async function clients(node: () => RegistryNode): Promise<Record<'python' | 'node', Client>> {
  const { python } = await pythonVenv('confluent-kafka')
  const home = await installPeer('schemaregistry-js')
  const client = (command: string, script: string, env = {}): Client => {
    return async (verb, kind, topics, localSecret) => {
      const values = valuesOf(kind)
      const { bootstrap, url } = node()
      const args = [verb, bootstrap, url, kind, String(values.length * writers), ...topics]
      const input = verb === 'write' ? values.map((value) => `${JSON.stringify(value)}\n`).join('') : ''
      const options = { input, env: { ...env, LOCAL_SECRET: localSecret }, timeoutMs: 90_000 }
      const lines = (await mustRun(command, [join(import.meta.dirname, script), ...args], options)).trim().split('\n')
      return verb === 'write' ? [] : lines.map((line) => JSON.parse(line) as unknown[])
    }
  }
  return {
    python: client(python, 'encryption.py'),
    node: client(process.execPath, 'encryption.mjs', { SCHEMAREGISTRY_HOME: home }),
  }
}

async function post(url: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  assert.equal(answer.status, 200, await answer.text())
}

/** A topic and its subject, without keys: the first writer makes them. */
async function makeTopic({ log, url }: RegistryNode, topic: string, kind: Kind, ruleSet: object): Promise<void> {
  assert.equal((await log.createTopic({ name: topic, partitionCount: 1, configs: {} })).ok, true)
  const { schemaType, schema, card } = kinds[kind]
  const metadata = { tags: { [card]: ['PII'] } }
  await post(`${url}/subjects/${topic}-value/versions`, { schemaType, schema, metadata, ruleSet })
}

const keysOf = ({ reader }: RegistryNode, localSecret?: string, ahead = 0): SchemaIds =>
  schemaIdsFromLog(reader, { localSecret, nowMs: () => Date.now() + ahead })

/** Millrace as a writer. @returns how many keys it made */
async function writeOurs(node: RegistryNode, topic: string, kind: Kind, schemaIds: SchemaIds): Promise<number> {
  const format = formatOf(topic, kind)
  const { id } = schemaIds.latest(`${topic}-value`)!
  const records: RecordInput[] = []
  const encoder = createEncoder(format, { schemaId: id, schemaIds })
  const rows = rowsOf(kind)
  encoder.encode(batchFromRows(format.schema, rows), 0, rows.length, (_row, key, value) =>
    records.push({ key, value: value!.slice(), timestampMs: 0 }),
  )
  const keys = encoder.takeKeyRecords()
  for (const { topic: to, key, value } of keys) {
    const batch = encodeRecordBatch([{ key, value, timestampMs: Date.now() }])
    assert.equal((await node.log.append(to, 0, batch)).ok, true)
  }
  assert.equal((await node.log.append(topic, 0, encodeRecordBatch(records))).ok, true)
  return keys.length
}

/** Every batch of a topic. */
function batchesOf({ reader }: RegistryNode, topic: string): Uint8Array[] {
  const batches: Uint8Array[] = []
  for (let next = 0; next < reader.endOffset(topic, 0);) {
    const bytes = reader.read(topic, 0, next, 1).slice()
    batches.push(bytes)
    const { header } = decodeRecords(bytes)
    next = header.baseOffset + header.lastOffsetDelta + 1
  }
  return batches
}

type Read = { rows: Value[][]; bad: string[] }

function readOurs(node: RegistryNode, topic: string, kind: Kind, schemaIds: SchemaIds): Read {
  const format = formatOf(topic, kind)
  const columns = format.schema.fields.map((_, i) => i)
  const decoder = createDecoder(format, columns, schemaIds)
  const out = new BatchBuilder(decoder.schema)
  const bad: string[] = []
  for (const batch of batchesOf(node, topic)) {
    const records = decodeRecords(batch)
    const found: Parameters<typeof decoder.decode>[4] = []
    assert.equal(decoder.decode(records, 0, records.count, out, found), records.count)
    bad.push(...found.map(({ code, reason }) => `${code} ${reason}`))
  }
  const batch = out.finish()
  return { rows: Array.from({ length: batch.rowCount }, (_, i) => rowAt(batch, i)), bad }
}

const siv = { 'encrypt.dek.algorithm': 'AES256_SIV' }
const cases = [
  { topic: 'gcm256', kind: 'avro', params: {} },
  { topic: 'gcm128', kind: 'avro', params: { 'encrypt.dek.algorithm': 'AES128_GCM' } },
  { topic: 'siv256', kind: 'avro', params: siv },
  { topic: 'aging', kind: 'avro', params: { 'encrypt.dek.expiry.days': '30' } },
  { topic: 'json-gcm256', kind: 'json', params: {} },
  { topic: 'json-siv-aging', kind: 'json', params: { ...siv, 'encrypt.dek.expiry.days': '1' } },
] as const
const topicsOf = (kind: Kind): string[] => cases.filter((one) => one.kind === kind).map(({ topic }) => topic)

describe('field encryption with official clients', () => {
  const folder = temporaryFolder()
  let node: RegistryNode
  let client: Record<'python' | 'node', Client>
  before(async () => {
    client = await clients(() => node)
    node = await startRegistryNode(folder, secret)
  })
  after(() => node?.stop())

  test('each writes what the others read, whoever made the key', async () => {
    for (const { topic, kind, params } of cases) await makeTopic(node, topic, kind, encrypt(`kek-${topic}`, params))
    // Python makes the keys of Avro's topics, Node those of JSON's.
    await client.python('write', 'avro', topicsOf('avro'), secret)
    await client.node('write', 'json', topicsOf('json'), secret)
    for (const { topic, kind } of cases)
      assert.equal(await writeOurs(node, topic, kind, keysOf(node, secret)), 0, topic)
    await client.node('write', 'avro', topicsOf('avro'), secret)
    await client.python('write', 'json', topicsOf('json'), secret)
    for (const kind of ['avro', 'json'] as const) {
      const wanted = topicsOf(kind).map(() => three(valuesOf(kind)))
      assert.deepEqual(await client.python('read', kind, topicsOf(kind), secret), wanted, `python reads ${kind}`)
      assert.deepEqual(await client.node('read', kind, topicsOf(kind), secret), wanted, `node reads ${kind}`)
    }
    for (const { topic, kind } of cases)
      assert.deepEqual(readOurs(node, topic, kind, keysOf(node, secret)), { rows: three(rowsOf(kind)), bad: [] }, topic)
    assert.deepEqual(node.faults, [])
  })

  test('nothing of it lies in the topics in clear, and AES-SIV gives the same bytes whoever writes', () => {
    for (const { topic, kind } of cases) {
      const bytes = Buffer.concat(batchesOf(node, topic))
      for (const clear of ['Ada Lovelace', 'ada@example', 'Square', '4111 1111', 'Zoë'])
        assert.equal(bytes.includes(clear), false, `${topic}: ${clear}`)
      assert.equal(bytes.includes('London'), true, 'what has no tag is as it was')
      // Without keys, what is sealed stays so.
      const sealed = readOurs(node, topic, kind, schemaIdsFromLog(node.reader))
      assert.deepEqual(sealed.bad, [])
      const names = new Set(sealed.rows.map((row) => row[1]))
      assert.equal(names.size, topic.includes('siv') ? 2 : 6, topic)
    }
  })

  test('another secret, or none, opens nothing, and nothing that was not opened is shown in clear', async () => {
    for (const wrong of ['another', undefined]) {
      for (const { topic, kind } of cases) {
        const { rows, bad } = readOurs(node, topic, kind, keysOf(node, wrong))
        assert.deepEqual([rows.length, bad.length], [0, 6])
        for (const reason of bad) assert.match(reason, /^MR-FORMAT-012 .*secret/)
      }
      for (const read of [client.python, client.node]) {
        const [values] = await read('read', 'avro', ['gcm256'], wrong)
        assert.equal(values!.length, 6)
        for (const value of values!) assert.deepEqual(Object.keys(value as object), ['error'])
      }
    }
  })

  test('a key that has expired is renewed by us, and both versions are read by all', async () => {
    const later = keysOf(node, secret, 31 * dayMs)
    assert.equal(await writeOurs(node, 'aging', 'avro', later), 1)
    const wanted = [...three(customers), ...customers].slice(-6)
    for (const read of [client.python, client.node]) {
      const [values] = await read('read', 'avro', ['aging'], secret)
      assert.deepEqual(values, wanted)
    }
    assert.equal(readOurs(node, 'aging', 'avro', keysOf(node, secret)).rows.length, 8)
    const dek = `${node.url}/dek-registry/v1/keks/kek-aging/deks/aging-value/versions`
    assert.equal(((await (await fetch(dek)).json()) as number[]).length, 2)
  })

  test('a shared key: clients have no secret, the registry opens keys for them', async () => {
    await makeTopic(node, 'shared', 'avro', encrypt('kek-shared'))
    const kek = { name: 'kek-shared', kmsType: 'local-kms', kmsKeyId: 'key', shared: true }
    await post(`${node.url}/dek-registry/v1/keks`, kek)
    await client.node('write', 'avro', ['shared'])
    await client.python('write', 'avro', ['shared'])
    assert.equal(await writeOurs(node, 'shared', 'avro', keysOf(node, secret)), 0)
    for (const read of [client.python, client.node])
      assert.deepEqual(await read('read', 'avro', ['shared']), [three(customers)])
    assert.deepEqual(readOurs(node, 'shared', 'avro', keysOf(node, secret)), { rows: three(rowsOf('avro')), bad: [] })
  })

  test('keys by person: clients read them, and a lost key is lost for them too', async () => {
    const params = { 'millrace.dek.subject': 'customer-{id}', 'encrypt.dek.expiry.days': '36500' }
    await makeTopic(node, 'persons', 'avro', encrypt('kek-persons', params))
    await post(`${node.url}/dek-registry/v1/keks`, { name: 'kek-persons', kmsType: 'local-kms', kmsKeyId: 'key' })
    assert.equal(await writeOurs(node, 'persons', 'avro', keysOf(node, secret)), 2)
    // They know of no persons and have one key of their own, which we read as well.
    await client.python('write', 'avro', ['persons'], secret)
    await client.node('write', 'avro', ['persons'], secret)
    for (const read of [client.python, client.node])
      assert.deepEqual(await read('read', 'avro', ['persons'], secret), [three(customers)])
    assert.deepEqual(readOurs(node, 'persons', 'avro', keysOf(node, secret)), { rows: three(rowsOf('avro')), bad: [] })
    const dek = `${node.url}/dek-registry/v1/keks/kek-persons/deks/customer-1`
    for (const address of [dek, `${dek}?permanent=true`])
      assert.equal((await fetch(address, { method: 'DELETE' })).status, 204)
    const left = three(customers).slice(1)
    for (const read of [client.python, client.node]) {
      const [values] = await read('read', 'avro', ['persons'], secret)
      assert.deepEqual(Object.keys(values![0] as object), ['error'])
      assert.deepEqual(values!.slice(1), left)
    }
    const { rows, bad } = readOurs(node, 'persons', 'avro', keysOf(node, secret))
    assert.deepEqual([rows, bad.length], [three(rowsOf('avro')).slice(1), 1])
  })

  test('after a restart the same keys open the same', async () => {
    await node.stop()
    node = await startRegistryNode(folder, secret)
    for (const { topic, kind } of cases.filter((one) => one.topic !== 'aging'))
      assert.deepEqual(readOurs(node, topic, kind, keysOf(node, secret)).rows, three(rowsOf(kind)), topic)
    assert.deepEqual(await client.python('read', 'avro', ['gcm256'], secret), [three(customers)])
  })
})
