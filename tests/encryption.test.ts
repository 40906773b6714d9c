// A folder whose table has columns that are encrypted with a key for each person, in a real node: what its doors show, and that
// losing a person's key leaves nothing of that person readable: not in the topic, not in the lake, not in pipelines.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Kafka, logLevel } from 'kafkajs'
import { openProject, startNode, type EmbeddedNode } from '../src/deploy/embedded/index.ts'
import { createDecoder } from '../src/format/index.ts'
import { BatchBuilder, decodeRecords, rowAt, types, type Value } from '../src/model/index.ts'
import { schemaIdsFromLog } from '../src/registry/index.ts'
import { millrace, pathsBelow, plainProject, temporaryFolder, waitUntil } from './kit.ts'

const secret = 'of the encryption test'
const folder = temporaryFolder()
const data = join(folder, 'data')
const files = {
  'millrace.yaml': plainProject,
  'tables.sql': `CREATE TABLE signups (customer_id BIGINT NOT NULL, name STRING, city STRING)
DISTRIBUTED BY HASH(customer_id) INTO 1 BUCKETS WITH ('millrace.format' = 'json');
CREATE TABLE customers (customer_id BIGINT NOT NULL, name STRING, city STRING)
DISTRIBUTED BY HASH(customer_id) INTO 1 BUCKETS
WITH ('millrace.lake' = 'append', 'millrace.encrypt.columns' = 'name', 'millrace.encrypt.subject' = 'customer-{customer_id}');
CREATE TABLE letters (customer_id BIGINT NOT NULL, greeting STRING)
DISTRIBUTED BY HASH(customer_id) INTO 1 BUCKETS
WITH ('millrace.lake' = 'append', 'millrace.encrypt.columns' = 'greeting', 'millrace.encrypt.subject' = 'customer-{customer_id}');
`,
  'pipelines.sql': `INSERT INTO customers SELECT customer_id, name, city FROM signups;
INSERT INTO letters SELECT customer_id, 'Dear ' || name FROM customers;
`,
}
for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)

let node: EmbeddedNode
const free = { kafka: 0, registry: 0, catalog: 0, console: 0 }
const start = (): Promise<EmbeddedNode> => startNode({ project: folder, data, ports: free })
before(async () => {
  process.env['LOCAL_SECRET'] = secret
  node = await start()
})
after(() => node?.stop())

const kafka = (): Kafka => new Kafka({ brokers: [`127.0.0.1:${node.ports.kafka}`], logLevel: logLevel.NOTHING })

async function sendSignups(signups: readonly object[]): Promise<void> {
  const producer = kafka().producer()
  await producer.connect()
  await producer.send({ topic: 'signups', messages: signups.map((signup) => ({ value: JSON.stringify(signup) })) })
  await producer.disconnect()
}

async function explore(sql: string): Promise<unknown[][]> {
  const response = await fetch(`http://127.0.0.1:${node.ports.console}/api/explore`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sql }),
  })
  const answer = (await response.json()) as { rows: unknown[][] }
  assert.equal(response.ok, true, JSON.stringify(answer))
  return answer.rows
}

/** What someone with the secret reads of a topic: rows, and records that cannot be read. */
function readWithSecret(topic: string, column: string): { rows: Value[][]; bad: string[] } {
  const { reader } = node
  const fields = [
    { name: 'customer_id', type: types.bigint(false) },
    { name: column, type: types.string() },
  ]
  const decoder = createDecoder(
    { topic, schema: { fields }, keyColumns: [0], keyFormat: 'raw', valueFormat: 'avro-confluent', primaryKey: null },
    [0, 1],
    schemaIdsFromLog(reader, { localSecret: secret, nowMs: () => Date.now() }),
  )
  const out = new BatchBuilder(decoder.schema)
  const bad: Parameters<typeof decoder.decode>[4] = []
  for (let next = reader.startOffset(topic, 0); next < reader.endOffset(topic, 0);) {
    const records = decodeRecords(reader.read(topic, 0, next, 1 << 20))
    decoder.decode(records, 0, records.count, out, bad)
    next = records.header.baseOffset + records.header.lastOffsetDelta + 1
  }
  const batch = out.finish()
  return {
    rows: Array.from({ length: batch.rowCount }, (_, i) => rowAt(batch, i)),
    bad: bad.map(({ code }) => code),
  }
}

const count = (topic: string): number => node.reader.endOffset(topic, 0)
const lakeBytes = (): Buffer =>
  Buffer.concat(
    pathsBelow(join(data, 'lake'))
      .filter((path) => !path.endsWith('/'))
      .map((path) => readFileSync(join(data, 'lake', path))),
  )

test('columns are sealed in the topic and in the lake, and pipelines read them', async () => {
  await sendSignups([
    { customer_id: 1, name: 'Ada Lovelace', city: 'London' },
    { customer_id: 2, name: 'Grace Hopper', city: 'Arlington' },
  ])
  await waitUntil('both pipelines have written', () => count('letters') === 2)
  assert.deepEqual(readWithSecret('letters', 'greeting'), {
    rows: [
      [1n, 'Dear Ada Lovelace'],
      [2n, 'Dear Grace Hopper'],
    ],
    bad: [],
  })
  for (const topic of ['customers', 'letters'])
    assert.equal(Buffer.from(node.reader.read(topic, 0, 0, 1 << 20)).includes('Lovelace'), false, topic)
  await waitUntil('the lake has the rows', async () => (await explore('SELECT customer_id FROM letters')).length === 2)
  const rows = await explore('SELECT customer_id, name, city FROM customers ORDER BY customer_id')
  assert.deepEqual(
    rows.map(([id, , city]) => [String(id), city]),
    [
      ['1', 'London'],
      ['2', 'Arlington'],
    ],
  )
  for (const [, name] of rows) assert.match(String(name), /^[A-Za-z0-9+/]{40,}=*$/)
  assert.equal(lakeBytes().includes('Lovelace'), false)
})

test('a lost key makes one person unreadable, everywhere and after a restart; others and new rows are read', async () => {
  const dek = `http://127.0.0.1:${node.ports.registry}/dek-registry/v1/keks/millrace/deks/customer-1`
  for (const address of [dek, `${dek}?permanent=true`]) {
    const answer = await fetch(address, { method: 'DELETE' })
    assert.equal(answer.status, 204, await answer.text())
  }
  const lost = (topic: string, column: string): void => {
    const { rows, bad } = readWithSecret(topic, column)
    assert.deepEqual(
      rows.map(([id]) => id),
      [2n],
      topic,
    )
    assert.deepEqual(bad, ['MR-FORMAT-012'], topic)
  }
  lost('customers', 'name')
  lost('letters', 'greeting')
  await node.stop()
  node = await start()
  lost('customers', 'name')
  lost('letters', 'greeting')
  // The person comes back: a new key, and only what it seals is read.
  await sendSignups([{ customer_id: 1, name: 'Ada Byron', city: 'London' }])
  await waitUntil('the pipelines go on', () => count('letters') === 3)
  assert.deepEqual(readWithSecret('letters', 'greeting'), {
    rows: [
      [2n, 'Dear Grace Hopper'],
      [1n, 'Dear Ada Byron'],
    ],
    bad: ['MR-FORMAT-012'],
  })
})

test('without the secret such a folder does not start, and nothing is written in clear', async () => {
  await node.stop()
  delete process.env['LOCAL_SECRET']
  await assert.rejects(start(), { code: 'MR-DEPLOY-021' })
  // From a file it is as good.
  process.env['LOCAL_SECRET_FILE'] = join(temporaryFolder(), 'secret')
  writeFileSync(process.env['LOCAL_SECRET_FILE'], `${secret}\n`)
  node = await start()
  await sendSignups([{ customer_id: 3, name: 'Edith Clarke', city: 'Austin' }])
  await waitUntil('the pipelines go on', () => count('letters') === 4)
  assert.deepEqual(readWithSecret('letters', 'greeting').rows.at(-1), [3n, 'Dear Edith Clarke'])
})

test('a plan names rules that somebody registered and nobody here runs, of a running node and of a stopped one', async () => {
  const subject = `http://127.0.0.1:${node.ports.registry}/subjects/letters-value/versions`
  const { schema, ruleSet } = (await (await fetch(`${subject}/latest`)).json()) as {
    schema: string
    ruleSet: { domainRules: object[] }
  }
  const rule = { name: 'polite', kind: 'CONDITION', type: 'CEL', mode: 'WRITE', expr: 'message.greeting != ""' }
  const body = JSON.stringify({ schema, ruleSet: { domainRules: [...ruleSet.domainRules, rule] } })
  const headers = { 'content-type': 'application/json' }
  assert.equal((await fetch(subject, { method: 'POST', headers, body })).status, 200)
  const named = async (): Promise<string[]> => {
    const { stdout, stderr } = await millrace(['plan', folder, '--data', data, '--json'])
    assert.notEqual(stdout, '', stderr)
    return (JSON.parse(stdout) as { notices: { text: string }[] }).notices.map(({ text }) => text)
  }
  const wanted = /^rule polite of letters-value, version 2, is CEL: clients run it, the server does not/
  const running = await named()
  assert.equal(running.length, 1)
  assert.match(running[0]!, wanted)
  await node.stop()
  assert.deepEqual(await named(), running)
  node = await start()
})

test('the folder as it is has no mistakes', () => {
  assert.deepEqual(openProject(folder).errors, [])
})
