// From a record that broke a rule to the same record taken, after the rule was mended: by the command line, beside a node that is
// killed in the middle.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { Producer, stringSerializers } from '@platformatic/kafka'
import type { MessageShape, ReplayShape, TopicShape } from '../src/console-api/index.ts'
import { startMillrace, type Millrace } from '../tools/millrace-process.ts'
import { getJson, millrace, plainEnvironment, plainProject, temporaryFolder, waitUntil } from './kit.ts'

const folder = temporaryFolder()
let node: Millrace

function writeContract(rule: string): void {
  writeFileSync(
    join(folder, 'contracts', 'sales.yaml'),
    `apiVersion: v3.1.0
kind: DataContract
id: sales
version: 1.0.0
status: active
team: { name: team }
schema:
  - name: sales
    quality:
      - { name: positive, type: custom, engine: millrace, severity: error, implementation: "${rule}" }
`,
  )
}

async function start(): Promise<void> {
  node = await startMillrace({ project: folder, env: plainEnvironment })
}

async function produce(values: readonly string[]): Promise<void> {
  const producer = new Producer({
    clientId: 'sales',
    bootstrapBrokers: [`127.0.0.1:${node.ports.kafka}`],
    serializers: stringSerializers,
  })
  const headers = { trace: 'x' }
  for (let at = 0; at < values.length; at += 2000) {
    const some = values.slice(at, at + 2000)
    await producer.send({ messages: some.map((value, i) => ({ topic: 'sales', key: `k${i}`, value, headers })) })
  }
  await producer.close()
}

const offsets = async (topic: string): Promise<number> =>
  Number(
    (await getJson<readonly TopicShape[]>(node.ports.console, '/api/topics')).find((t) => t.name === topic)?.offsets,
  )

const messages = (topic: string): Promise<readonly MessageShape[]> =>
  getJson(node.ports.console, `/api/topics/${topic}/messages?limit=100`)

before(async () => {
  writeFileSync(join(folder, 'millrace.yaml'), plainProject)
  mkdirSync(join(folder, 'sql'))
  mkdirSync(join(folder, 'contracts'))
  writeContract('amount > 0')
  writeFileSync(
    join(folder, 'sql', 'sales.sql'),
    `CREATE TABLE sales (id BIGINT NOT NULL, amount INT NOT NULL) WITH ('millrace.format' = 'json');
CREATE TABLE copies (id BIGINT NOT NULL, amount INT NOT NULL) WITH ('millrace.format' = 'json');
INSERT INTO copies SELECT id, amount FROM sales;
`,
  )
  await start()
})
after(() => node?.stop())

test('list, show, and replay after the rule was mended: the record is taken, the rest waits, nothing goes back twice', async () => {
  await produce(['{"id": 1, "amount": 5}', '{"id": 2, "amount": -5}', 'no JSON'])
  await waitUntil('two are set aside', async () => (await offsets('sales.quarantine')) === 2)
  const topics = await millrace(['quarantine', 'list', folder])
  assert.match(topics.stdout, /^quarantine +owner +offsets\nsales\.quarantine +team +2$/m)
  const listed = await millrace(['quarantine', 'list', folder, 'sales'])
  assert.match(listed.stdout, /\n0:1 .* 0:2 +decodable +no +no JSON\n0:0 .* 0:1 +positive +no +\{.*-5.*\}\n$/)
  const byRule = await millrace(['quarantine', 'list', 'sales', '--rule', 'positive'], { cwd: folder })
  assert.match(byRule.stdout, /^place .*\n0:0 .*\n$/, 'the folder may be left out where we stand in it')
  const shown = await millrace(['quarantine', 'show', folder, 'sales', '0:0'])
  assert.match(shown.stdout, /came from +sales 0:1\n +rule +positive: not true: positive\n +replayed +no\n/)
  await node.stop()

  writeContract('amount <> 0')
  await start()
  const replayed = await millrace(['quarantine', 'replay', folder, 'sales', '--rule', 'positive'])
  assert.deepEqual([replayed.code, replayed.stderr], [0, ''])
  assert.equal(replayed.stdout, 'replayed  1 record of sales.quarantine into sales\n')
  await waitUntil('the pipeline has taken it', async () => (await messages('copies')).length === 2)
  const [newest] = (await messages('sales')).filter(({ offset }) => offset === '3')
  assert.deepEqual([newest!.headers, newest!.value], [{ trace: 'x' }, { id: '2', amount: -5 }])
  const again = await millrace(['quarantine', 'replay', folder, 'sales', '0:0', '--json'])
  assert.equal((JSON.parse(again.stdout) as ReplayShape).replayed, 0)
  const after = await millrace(['quarantine', 'list', folder, 'sales', '--json'])
  assert.deepEqual(
    (JSON.parse(after.stdout) as { offset: string; replayed: boolean }[]).map((m) => [m.offset, m.replayed]),
    [
      ['1', false],
      ['0', true],
    ],
  )
  const none = await millrace(['quarantine', 'replay', folder, 'copies'])
  assert.equal(none.code, 1)
  assert.match(none.stderr, /Topic copies has no quarantine\. \[MR-CONSOLE-006\]/)
})

test('a node that is killed while it writes back: asked again, each record is there once', async () => {
  const count = 30_000
  const [before, heldBefore] = [await offsets('sales'), await offsets('sales.quarantine')]
  await produce(Array.from({ length: count }, (_, i) => JSON.stringify({ id: i, amount: 0, text: 'x'.repeat(100) })))
  await waitUntil('all are set aside', async () => (await offsets('sales.quarantine')) === heldBefore + count)
  await node.stop()
  writeContract('amount < 10')
  await start()
  const asked = millrace(['quarantine', 'replay', folder, 'sales', '--rule', 'positive'])
  await waitUntil('it has begun', async () => (await offsets('sales')) > before + count)
  await node.crash()
  await asked
  await start()
  assert.equal((await millrace(['quarantine', 'replay', folder, 'sales', '--rule', 'positive'])).code, 0)
  assert.equal(await offsets('sales'), before + 2 * count)
  await waitUntil('the pipeline has taken them', async () => (await offsets('copies')) === 2 + count)
})
