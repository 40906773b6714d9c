// needs: mysql
// A whole node on a real MySQL: a captured table whose columns are encrypted with a key for each person. What lies in the topic
// and in the lake is sealed, from the snapshot and from the log alike, in images before and after; pipelines read it; and a
// deleted key leaves nothing of that person readable, while the database keeps its rows and goes on.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startMysql, type Mysql } from '../../peers/index.ts'
import { startNode, type EmbeddedNode } from '../../src/deploy/embedded/index.ts'
import { createDecoder, type TopicFormat } from '../../src/format/index.ts'
import { BatchBuilder, decodeRecords, rowAt, types } from '../../src/model/index.ts'
import { schemaIdsFromLog } from '../../src/registry/index.ts'
import { temporaryFolder } from '../harness.ts'

const secret = 'of the captured table'
const folder = temporaryFolder()
const data = join(folder, 'data')
const customers: TopicFormat = {
  topic: 'customers',
  schema: {
    fields: [
      { name: 'customer_id', type: types.bigint(false) },
      { name: 'name', type: types.string() },
      { name: 'card', type: types.bytes() },
      { name: 'city', type: types.string() },
    ],
  },
  keyColumns: [0],
  keyFormat: 'raw',
  valueFormat: 'debezium-avro-confluent',
  primaryKey: [0],
}

let mysql: Mysql
let node: EmbeddedNode
before(async () => {
  mysql = await startMysql()
  await mysql.query(
    `CREATE DATABASE shop; CREATE TABLE shop.customers (customer_id BIGINT PRIMARY KEY, name VARCHAR(80), card VARBINARY(40), city VARCHAR(40));
     INSERT INTO shop.customers VALUES (1, 'Ada Lovelace', '4111 1111', 'London'), (2, 'Grace Hopper', '5500 0000', 'Arlington'), (3, NULL, NULL, 'Oslo')`,
  )
  const files = {
    'millrace.yaml': 'apiVersion: millrace/v1\nkind: Project\nmetadata: { name: shop, owner: platform }\n',
    'owner.yaml':
      'apiVersion: millrace/v1\nkind: Owner\nmetadata: { name: platform }\nspec: { contact: "#platform" }\n',
    'source.yaml': `apiVersion: millrace/v1
kind: Source
metadata: { name: shop, owner: platform }
spec: { type: mysql, url: '${mysql.url}', tables: { shop.customers: customers } }
`,
    'tables.sql': `CREATE TABLE customers (customer_id BIGINT NOT NULL, name STRING, card BYTES, city STRING, PRIMARY KEY (customer_id) NOT ENFORCED)
WITH ('millrace.lake' = 'upsert', 'millrace.encrypt.columns' = 'name, card', 'millrace.encrypt.subject' = 'customer-{customer_id}');
CREATE TABLE letters (customer_id BIGINT NOT NULL, greeting STRING, PRIMARY KEY (customer_id) NOT ENFORCED)
WITH ('millrace.encrypt.columns' = 'greeting', 'millrace.encrypt.subject' = 'customer-{customer_id}');
`,
    'pipelines.sql': "INSERT INTO letters SELECT customer_id, 'Dear ' || name FROM customers;\n",
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  process.env['LOCAL_SECRET'] = secret
  node = await startNode({ project: folder, data, ports: { kafka: 0, registry: 0, catalog: 0, console: 0 } })
})
after(async () => {
  await node?.stop()
  await mysql?.stop()
})

async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000
  while (!(await isTrue())) {
    assert.ok(Date.now() < deadline, `waited too long: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const count = (topic: string): number => node.reader.endOffset(topic, 0)

function bytesOf(topic: string): Buffer {
  const parts: Uint8Array[] = []
  for (let next = 0; next < count(topic);) {
    const bytes = node.reader.read(topic, 0, next, 1).slice()
    parts.push(bytes)
    const { header } = decodeRecords(bytes)
    next = header.baseOffset + header.lastOffsetDelta + 1
  }
  return Buffer.concat(parts)
}

/** Changes of the captured topic, and what could not be read, with the secret or (undefined) without keys at all. */
function changesOf(localSecret: string | undefined): { changes: string[]; bad: string[] } {
  const ids =
    localSecret === undefined
      ? schemaIdsFromLog(node.reader)
      : schemaIdsFromLog(node.reader, { localSecret, nowMs: () => 0 })
  const decoder = createDecoder(customers, [0, 1, 2, 3], ids)
  const changes: string[] = []
  const bad: string[] = []
  for (let next = 0; next < count('customers');) {
    const records = decodeRecords(node.reader.read('customers', 0, next, 1 << 20))
    const found: Parameters<typeof decoder.decode>[4] = []
    const out = new BatchBuilder(decoder.schema)
    decoder.decode(records, 0, records.count, out, found)
    bad.push(...found.map(({ code }) => code))
    const batch = out.finish()
    for (let i = 0; i < batch.rowCount; i++) {
      const [id, name, card, city] = rowAt(batch, i)
      changes.push(
        `${batch.kinds?.[i] ?? 0} ${String(id)} ${String(name)} ${card === null ? null : Buffer.from(card as Uint8Array).toString('latin1')} ${String(city)}`,
      )
    }
    next = records.header.baseOffset + records.header.lastOffsetDelta + 1
  }
  return { changes, bad }
}

async function lake(sql: string): Promise<unknown[][]> {
  const headers = { 'content-type': 'application/json' }
  const url = `http://127.0.0.1:${node.ports.console}/api/explore`
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ sql }) })
  const answer = (await response.json()) as { rows: unknown[][] }
  assert.equal(response.ok, true, JSON.stringify(answer))
  return answer.rows
}

/** Everything that lies in the data folder: log, journal, lake. */
function filesHold(text: string, below = data): boolean {
  return readdirSync(below, { withFileTypes: true }).some((entry) => {
    const path = join(below, entry.name)
    return entry.isDirectory() ? filesHold(text, path) : entry.isFile() && readFileSync(path).includes(text)
  })
}

const clear = ['Ada Lovelace', 'Grace Hopper', '4111 1111', '5500 0000', 'Ada King']

test('the snapshot and the log are sealed in the topic and in the lake, and pipelines read them', async () => {
  await until('the snapshot', () => count('customers') >= 3)
  await mysql.query(
    "UPDATE shop.customers SET name = 'Ada King' WHERE customer_id = 1; DELETE FROM shop.customers WHERE customer_id = 3",
  )
  await until('the log', () => count('customers') >= 5)
  const { changes, bad } = changesOf(secret)
  assert.deepEqual(bad, [])
  assert.deepEqual(changes.toSorted(), [
    '0 1 Ada Lovelace 4111 1111 London',
    '0 2 Grace Hopper 5500 0000 Arlington',
    '0 3 null null Oslo',
    '1 1 Ada Lovelace 4111 1111 London',
    '2 1 Ada King 4111 1111 London',
    '3 3 null null Oslo',
  ])
  const sealed = bytesOf('customers')
  for (const text of clear) assert.equal(sealed.includes(text), false, `${text} in the topic`)
  assert.equal(sealed.includes('Arlington'), true, 'what is not marked is as it was')
  // Keys that nobody was given: the fields stay sealed.
  const without = changesOf(undefined)
  assert.equal(without.bad.length, 0)
  for (const text of clear) assert.equal(without.changes.join().includes(text), false, text)
  await until('the pipeline', () => count('letters') >= 3)
  await until('the lake', async () => (await lake('SELECT customer_id FROM shop.customers')).length === 2)
  const rows = await lake('SELECT customer_id, name, city FROM shop.customers ORDER BY customer_id')
  assert.deepEqual(
    rows.map(([id, , city]) => [Number(id), city]),
    [
      [1, 'London'],
      [2, 'Arlington'],
    ],
  )
  for (const [, name] of rows) assert.match(String(name), /^[A-Za-z0-9+/]+=*$/)
  for (const text of clear) assert.equal(filesHold(text, join(data, 'lake')), false, `${text} in the lake`)
})

test('a deleted key erases that person in topic and lake, and the capture goes on', async () => {
  const dek = `http://127.0.0.1:${node.ports.registry}/dek-registry/v1/keks/millrace/deks/customer-1`
  for (const address of [dek, `${dek}?permanent=true`])
    assert.equal((await fetch(address, { method: 'DELETE' })).status, 204)
  const { changes, bad } = changesOf(secret)
  assert.deepEqual(bad, ['MR-FORMAT-012', 'MR-FORMAT-012'], 'both records of the person')
  assert.deepEqual(changes.toSorted(), [
    '0 2 Grace Hopper 5500 0000 Arlington',
    '0 3 null null Oslo',
    '3 3 null null Oslo',
  ])
  // The lake has no keys: what it holds of the person is what nobody can open any more.
  const [[name]] = (await lake('SELECT name FROM shop.customers WHERE customer_id = 1')) as [[string]]
  assert.match(name, /^[A-Za-z0-9+/]+=*$/)
  await mysql.query(
    "INSERT INTO shop.customers VALUES (4, 'Edith Clarke', '6011', 'Austin'); UPDATE shop.customers SET city = 'Paris' WHERE customer_id = 1",
  )
  await until('the capture goes on', () => count('customers') >= 7)
  // The person is still in the database: a new change has a new key, in both of its images.
  const later = changesOf(secret)
  assert.deepEqual(later.bad, ['MR-FORMAT-012', 'MR-FORMAT-012'])
  assert.deepEqual(later.changes.slice(-3), [
    '0 4 Edith Clarke 6011 Austin',
    '1 1 Ada King 4111 1111 London',
    '2 1 Ada King 4111 1111 Paris',
  ])
})
