// A byte that goes bad in what was synced long ago: the consumer that comes to it makes the node say the place, and the next start
// says it again until it is repaired.
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import assert from 'node:assert/strict'
import { Kafka, logLevel } from 'kafkajs'
import { startNode, type EmbeddedNode } from '../src/deploy/embedded/index.ts'
import { millrace, plainProject, temporaryFolder, waitUntil } from './kit.ts'

const free = { kafka: 0, registry: 0, catalog: 0, console: 0 }

async function start(t: TestContext, project: string): Promise<EmbeddedNode> {
  const node = await startNode({ project, ports: free })
  t.after(() => node.stop())
  return node
}
const clientOf = (node: EmbeddedNode): Kafka =>
  new Kafka({ brokers: [`127.0.0.1:${node.ports.kafka}`], logLevel: logLevel.NOTHING, retry: { retries: 0 } })

test('damage that a consumer met is said again by the next start, and no more after a repair', async (t) => {
  const project = temporaryFolder()
  writeFileSync(join(project, 'millrace.yaml'), plainProject)
  let node = await start(t, project)
  const producer = clientOf(node).producer()
  await producer.connect()
  for (const value of ['first', 'second', 'third']) await producer.send({ topic: 'pay', messages: [{ value }] })
  await producer.disconnect()
  await node.stop()
  const path = globSync('log/partitions/*/*.segment', { cwd: node.data })
    .map((one) => join(node.data, one))
    .find((one) => readFileSync(one).includes('second'))!
  const bytes = readFileSync(path)
  bytes[bytes.indexOf('second')] = 'X'.charCodeAt(0)
  writeFileSync(path, bytes)

  const problem = (): string => node.live.problems().get('partition pay-0') ?? ''
  node = await start(t, project)
  assert.equal(problem(), '')
  const consumer = clientOf(node).consumer({ groupId: 'readers' })
  await consumer.connect()
  await consumer.subscribe({ topic: 'pay', fromBeginning: true })
  await consumer.run({ eachMessage: () => Promise.resolve() })
  await waitUntil('the node says the place', () => problem() !== '')
  await consumer.disconnect()
  assert.match(
    problem(),
    /^pay-0 is damaged from offset 1 on, at log\/partitions\/.*: the checksum of a batch is wrong/,
  )
  await node.stop()

  node = await start(t, project)
  assert.match(problem(), /^pay-0 is damaged from offset 1 on/)
  assert.match(await node.live.metricsText(), /\nmillrace_log_offline_partitions 1\n/)
  await node.stop()

  const repaired = await millrace(['log', 'repair', project])
  assert.equal(repaired.code, 0, repaired.stderr)
  node = await start(t, project)
  await waitUntil(
    'it is forgotten',
    () => readFileSync(join(node.data, 'found-damage.json'), 'utf8') === '{"places":[]}\n',
  )
  assert.equal(problem(), '')
})
