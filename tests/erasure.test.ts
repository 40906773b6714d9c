// A person's key is deleted while pipelines hold that person's values in their state, and the node is killed at once: nothing of
// the person is in any file afterwards, nothing is written from it, everybody else is as before, and the person may come back.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Kafka, logLevel } from 'kafkajs'
import { startNode, type EmbeddedNode } from '../src/deploy/embedded/index.ts'
import { stateSealOf } from '../src/engine/index.ts'
import { openWhole } from '../src/engine/state/sealed-file.ts'
import { createDecoder } from '../src/format/index.ts'
import { BatchBuilder, decodeRecords, rowAt, types, type Value } from '../src/model/index.ts'
import { schemaIdsFromLog } from '../src/registry/index.ts'
import { startMillrace } from '../tools/millrace-process.ts'
import { pathsBelow, plainEnvironment, plainProject, temporaryFolder, waitUntil } from './kit.ts'

const secret = 'of the erasure test'
const seal = stateSealOf(secret)
const project = temporaryFolder()
const data = join(project, 'data')
const person = `'millrace.encrypt.columns' = 'email', 'millrace.encrypt.subject' = 'customer-{customer_id}'`
const columns = 'customer_id BIGINT NOT NULL, email STRING'
const files = {
  'millrace.yaml': plainProject,
  // What services send is in clear, in capitals, so that the value itself stands nowhere but where it was sealed.
  'tables.sql': `CREATE TABLE signups (${columns}, ts TIMESTAMP(3)) WITH ('millrace.format' = 'json');
CREATE TABLE orders (order_id BIGINT NOT NULL, customer_id BIGINT) WITH ('millrace.format' = 'json');
CREATE TABLE customers (${columns}, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH (${person});
CREATE TABLE matched (${columns}, order_id BIGINT) WITH (${person});
CREATE TABLE latest (${columns}, PRIMARY KEY (customer_id) NOT ENFORCED) WITH (${person});
CREATE TABLE counted (${columns}, n BIGINT, PRIMARY KEY (customer_id) NOT ENFORCED) WITH (${person});
`,
  'pipelines.sql': `INSERT INTO customers SELECT customer_id, LOWER(email), ts FROM signups;
INSERT INTO matched SELECT c.customer_id, c.email, o.order_id FROM orders o JOIN customers c ON o.customer_id = c.customer_id;
INSERT INTO latest SELECT customer_id, email FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY ts DESC) AS n FROM customers) WHERE n = 1;
INSERT INTO counted SELECT customer_id, MAX(email), COUNT(*) FROM customers GROUP BY customer_id;
`,
}
for (const [name, text] of Object.entries(files)) writeFileSync(join(project, name), text)

let node: EmbeddedNode
const free = { kafka: 0, registry: 0, catalog: 0, console: 0 }
const start = async (): Promise<void> => void (node = await startNode({ project, data, ports: free }))
before(async () => {
  process.env['LOCAL_SECRET'] = secret
  await start()
})
after(() => node?.stop())

async function send(topic: string, rows: readonly object[]): Promise<void> {
  const producer = new Kafka({ brokers: [`127.0.0.1:${node.ports.kafka}`], logLevel: logLevel.NOTHING }).producer()
  await producer.connect()
  await producer.send({ topic, messages: rows.map((row) => ({ value: JSON.stringify(row) })) })
  await producer.disconnect()
}

/** Rows of a topic from the n-th record on, for someone with the secret. */
function rowsFrom(topic: string, n: number, last: 'order_id' | 'n' | null, localSecret = secret): Value[][] {
  const { reader } = node
  const keyed = topic !== 'matched'
  const fields = [
    { name: 'customer_id', type: types.bigint(false) },
    { name: 'email', type: types.string() },
    ...(last ? [{ name: last, type: types.bigint() }] : []),
  ]
  const format = { topic, schema: { fields }, keyFormat: 'raw', valueFormat: 'avro-confluent' } as const
  const decoder = createDecoder(
    { ...format, keyColumns: keyed ? [0] : null, primaryKey: keyed ? [0] : null },
    fields.map((_, i) => i),
    schemaIdsFromLog(reader, { localSecret, nowMs: () => Date.now() }),
  )
  const out = new BatchBuilder(decoder.schema)
  for (let next = n; next < count(topic);) {
    const records = decodeRecords(reader.read(topic, 0, next, 1 << 20))
    const from = records.offsets.findIndex((offset) => offset >= next)
    decoder.decode(records, from, records.count, out, [])
    next = records.header.baseOffset + records.header.lastOffsetDelta + 1
  }
  const batch = out.finish()
  return Array.from({ length: batch.rowCount }, (_, i) => rowAt(batch, i))
}

const count = (topic: string): number => node.reader.endOffset(topic, 0)

/** The node writes files anew while they are looked at. */
function bytesIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(join(data, path))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return undefined
  }
}

/** Files of the data folder that hold the text, whatever they are; sealed ones are opened. */
function filesWith(text: string): string[] {
  return pathsBelow(data).filter((path) => {
    const bytes = path.endsWith('/') ? undefined : bytesIfThere(path)
    if (!bytes) return false
    return (
      bytes.includes(text) || (path.endsWith('.segment') && Buffer.from(openWhole(bytes, seal).bytes).includes(text))
    )
  })
}

const ada = 'ada@lovelace.example'
const grace = 'grace@hopper.example'

test('pipelines keep what they need of a person in their state', async () => {
  await send('signups', [
    { customer_id: 1, email: ada.toUpperCase(), ts: '2026-01-01 00:00:01' },
    { customer_id: 2, email: grace.toUpperCase(), ts: '2026-01-01 00:00:01' },
  ])
  await waitUntil('customers are there', () => count('latest') === 2 && count('counted') === 2)
  await send('orders', [
    { order_id: 10, customer_id: 1 },
    { order_id: 20, customer_id: 2 },
  ])
  await waitUntil('orders are joined', () => count('matched') === 2)
  assert.deepEqual(rowsFrom('matched', 0, 'order_id'), [
    [1n, ada, 10n],
    [2n, grace, 20n],
  ])
  assert.deepEqual(
    [...new Set(filesWith(ada).map((path) => path.split('/').slice(0, 3).join('/')))],
    ['state/pipeline/counted', 'state/pipeline/latest', 'state/pipeline/matched'],
  )
  await node.stop()
  for (const path of filesWith(ada))
    assert.equal(readFileSync(join(data, path)).includes(ada), false, `${path} shows nothing without the secret`)
})

test('the key is deleted and the node is killed in the same moment: after the next start nothing is left', async () => {
  const killed = await startMillrace({ project, data, env: { ...plainEnvironment, LOCAL_SECRET: secret } })
  const dek = `http://127.0.0.1:${killed.ports.registry}/dek-registry/v1/keks/millrace/deks/customer-1`
  for (const address of [dek, `${dek}?permanent=true`]) {
    const answer = await fetch(address, { method: 'DELETE' })
    assert.equal(answer.status, 204, await answer.text())
  }
  await killed.crash()
  await start()
  await waitUntil('nothing of the person is in any file', () => filesWith(ada).length === 0)
  assert.notDeepEqual(filesWith(grace), [])
})

test('what comes then knows nothing of the person, and all of the others', async () => {
  const before = { matched: count('matched'), counted: count('counted'), latest: count('latest') }
  await send('orders', [
    { order_id: 11, customer_id: 1 },
    { order_id: 21, customer_id: 2 },
  ])
  await waitUntil('the order of somebody else is joined', () => count('matched') > before.matched)
  // The person comes back, with a key of its own, and that one outlives a restart.
  await send('signups', [{ customer_id: 1, email: 'BACK@X', ts: '2026-01-01 00:00:00' }])
  await waitUntil(
    'the person is back',
    () => count('counted') > before.counted && count('matched') >= before.matched + 3,
  )
  await node.stop()
  await start()
  await send('signups', [{ customer_id: 2, email: 'A', ts: '2026-01-01 00:00:02' }])
  await waitUntil(
    'the pipelines go on',
    () => count('counted') >= before.counted + 2 && count('latest') >= before.latest + 2,
  )
  await send('orders', [{ order_id: 12, customer_id: 1 }])
  await waitUntil('orders are joined', () => count('matched') >= before.matched + 6)
  assert.deepEqual(
    rowsFrom('matched', before.matched, 'order_id').toSorted(([, , a], [, , b]) => Number(a) - Number(b)),
    [
      [1n, 'back@x', 10n],
      [1n, 'back@x', 11n],
      [1n, 'back@x', 12n],
      [2n, 'a', 20n],
      [2n, grace, 21n],
      [2n, 'a', 21n],
    ],
  )
  assert.deepEqual(rowsFrom('counted', before.counted, 'n'), [
    [1n, 'back@x', 1n],
    [2n, grace, 2n],
  ])
  assert.deepEqual(rowsFrom('latest', before.latest, null), [
    [1n, 'back@x'],
    [2n, 'a'],
  ])
  assert.deepEqual(filesWith(ada), [])
})

test('with another secret everything is sealed anew, and the old one opens nothing any more', async () => {
  await node.stop()
  process.env['LOCAL_SECRET'] = 'another'
  process.env['LOCAL_OLD_SECRETS'] = secret
  const said: string[] = []
  const write = process.stderr.write.bind(process.stderr)
  process.stderr.write = (text) => said.push(String(text)) > 0
  await start()
  const segments = (): string[] =>
    pathsBelow(data).filter((path) => path.startsWith('state/') && path.endsWith('.segment'))
  const opens = (path: string, with_: string): boolean => {
    const bytes = bytesIfThere(path)
    try {
      return bytes !== undefined && openWhole(bytes, stateSealOf(with_)).bytes !== bytes
    } catch {
      return false
    }
  }
  await waitUntil('state is sealed anew', () => segments().every((path) => opens(path, 'another')))
  assert.deepEqual(
    segments().filter((path) => opens(path, secret)),
    [],
  )
  const opening = (with_: string): unknown[] => rowsFrom('matched', 0, 'order_id', with_)
  await waitUntil('keys are wrapped anew', () => opening(secret).length === 0)
  assert.ok(opening('another').length > 0)
  await waitUntil('it is said', () => said.some((line) => line.includes('LOCAL_OLD_SECRETS is no longer needed')))
  process.stderr.write = write
  assert.match(said.join(''), /all state, is sealed with LOCAL_SECRET now \([1-9][0-9]* keys were wrapped anew\)/)
  await node.stop()
  delete process.env['LOCAL_OLD_SECRETS']
  await start()
  const before = count('matched')
  await send('orders', [{ order_id: 22, customer_id: 2 }])
  await waitUntil('orders are joined', () => count('matched') >= before + 2)
  assert.deepEqual(
    rowsFrom('matched', before, 'order_id', 'another').map(([, email]) => email),
    [grace, 'a'],
  )
})

test('a bounded run ends behind the rows, whatever keys were written with them', async () => {
  await send('signups', [{ customer_id: 5, email: 'LAST', ts: '2026-01-01 00:00:03' }])
  await waitUntil('the new person is there', () => rowsFrom('latest', 0, null, 'another').some(([id]) => id === 5n))
  node.finishPipelines({ signups: [count('signups')], orders: [count('orders')] })
  await waitUntil('all pipelines have finished', () => node.live.pipelines.every(({ state }) => state === 'finished'))
})
