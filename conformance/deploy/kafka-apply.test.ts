// needs: kafka
// `millrace apply` on a real Kafka, as a person types it: topics are made, a second run changes nothing, drift is seen and mended,
// what cannot be done without loss is refused.
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { kafkaTool, runProgram, startKafka, type Kafka, type RunResult } from '../../peers/index.ts'
import type { Change } from '../../src/project/index.ts'
import { temporaryFolder } from '../harness.ts'
import { exampleFolder } from './example.ts'

const millrace = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts')
const folder = join(temporaryFolder(), 'checkout')
let kafka: Kafka

before(async () => {
  kafka = await startKafka()
  cpSync(exampleFolder, folder, { recursive: true, filter: (path) => !path.includes('.millrace') })
  writeFileSync(
    join(folder, 'environments', 'production.yaml'),
    `apiVersion: millrace/v1\nkind: Environment\nmetadata: { name: production }\nspec: { topics: kafka, kafka: { bootstrap: "${kafka.bootstrap}" } }\n`,
  )
})
after(() => kafka?.stop())

const apply = (...more: string[]): Promise<RunResult> =>
  runProgram(process.execPath, [millrace, 'apply', folder, '--environment', 'production', ...more])

async function changesOf(...more: string[]): Promise<Change[]> {
  const { code, stdout, stderr } = await apply('--json', ...more)
  assert.equal(code, 0, stderr)
  return (JSON.parse(stdout) as { changes: Change[] }).changes
}

/** What Kafka's own tool says of each topic: partitions and settings, without the one that the cluster gives every topic. */
async function described(): Promise<Record<string, string>> {
  const { stdout } = await kafkaTool('kafka-topics', ['--bootstrap-server', kafka.bootstrap, '--describe'])
  const topics = [...stdout.matchAll(/^Topic: (\S+)\t.*PartitionCount: (\d+)\t.*Configs: ?(.*)$/gm)]
  return Object.fromEntries(
    topics.map(([, name, count, configs]) => {
      const settings = configs!.split(',').filter((setting) => setting !== 'min.insync.replicas=1')
      return [name, `${count} ${settings.toSorted().join(' ')}`]
    }),
  )
}

const week = 'cleanup.policy=delete retention.ms=604800000'
const forEver = 'cleanup.policy=delete retention.ms=-1'
const expected = {
  users: `1 ${forEver}`,
  merchants: `1 ${forEver}`,
  orders: `1 ${forEver}`,
  payments: `1 ${forEver}`,
  checkout_events: `4 ${week}`,
  repayments: `4 ${week}`,
  'checkout_events.quarantine': `1 ${forEver}`,
  'repayments.quarantine': `1 ${forEver}`,
  checkouts_enriched: `1 ${week}`,
  approval_rate: `1 ${week}`,
  velocity_alerts: `1 ${week}`,
  loan_balance: '1 cleanup.policy=compact',
}

test('the first apply makes every topic of the folder, with its partitions and settings', async () => {
  const changes = await changesOf()
  assert.deepEqual(
    changes.map((c) => `${c.action} ${c.kind}/${c.name}`).toSorted(),
    Object.keys(expected)
      .map((name) => `create topic/${name}`)
      .toSorted(),
  )
  assert.deepEqual(await described(), expected)
})

test('the second changes nothing, and says so', async () => {
  const { code, stdout } = await apply()
  assert.equal(code, 0)
  assert.equal(stdout, 'ok  environment production is what the folder says\n')
})

test('drift is shown and mended; what the folder does not name is left alone', async () => {
  const own = ['--bootstrap-server', kafka.bootstrap, '--alter', '--topic', 'approval_rate']
  const drift = 'retention.ms=1000,max.message.bytes=2000000'
  await kafkaTool('kafka-configs', [...own, '--add-config', drift])
  await kafkaTool('kafka-topics', ['--bootstrap-server', kafka.bootstrap, '--create', '--topic', 'somebody-elses'])
  const [change, ...others] = await changesOf()
  assert.deepEqual(others, [])
  assert.deepEqual(change, {
    action: 'update',
    kind: 'topic',
    name: 'approval_rate',
    details: ['retention.ms: 1000 → 604800000'],
    risks: [],
    refused: false,
  })
  const { 'somebody-elses': other, ...ours } = await described()
  assert.equal(other, '1 ')
  assert.deepEqual(ours, {
    ...expected,
    approval_rate: `1 cleanup.policy=delete max.message.bytes=2000000 retention.ms=604800000`,
  })
})

test('more partitions move keys: refused until approved by name, with exit code 4', async () => {
  const sql = join(folder, 'sql', 'more.sql')
  writeFileSync(sql, 'CREATE TABLE visits (id BIGINT, page STRING) DISTRIBUTED BY HASH(id) INTO 2 BUCKETS;\n')
  assert.deepEqual((await changesOf()).map((c) => c.name).toSorted(), ['visits', 'visits.quarantine'])
  writeFileSync(sql, 'CREATE TABLE visits (id BIGINT, page STRING) DISTRIBUTED BY HASH(id) INTO 3 BUCKETS;\n')
  const refused = await apply()
  assert.equal(refused.code, 4)
  assert.match(refused.stderr, /topic\/visits: keys move to other partitions.*--accept topic\/visits/s)
  assert.equal((await described())['visits'], `2 ${week}`)
  assert.deepEqual(
    (await changesOf('--accept', 'topic/visits')).map((c) => c.details),
    [['partitions 2 → 3']],
  )
  assert.equal((await described())['visits'], `3 ${week}`)
})

test('fewer partitions cannot be had, approved or not: exit code 4, nothing is changed', async () => {
  const sql = join(folder, 'sql', 'more.sql')
  writeFileSync(
    sql,
    "CREATE TABLE visits (id BIGINT, page STRING) DISTRIBUTED BY HASH(id) INTO 1 BUCKETS WITH ('millrace.topic.retention.ms' = '5000');\n",
  )
  for (const accept of [[], ['--accept', 'topic/visits']]) {
    const refused = await apply(...accept)
    assert.equal(refused.code, 4, refused.stderr + refused.stdout)
    assert.match(refused.stderr, /partitions cannot be taken away/)
  }
  assert.equal((await described())['visits'], `3 ${week}`)
})

test('a cluster that does not answer is an error with its address', async () => {
  writeFileSync(
    join(folder, 'environments', 'nowhere.yaml'),
    'apiVersion: millrace/v1\nkind: Environment\nmetadata: { name: nowhere }\nspec: { topics: kafka, kafka: { bootstrap: "127.0.0.1:1" } }\n',
  )
  const { code, stderr } = await runProgram(process.execPath, [millrace, 'apply', folder, '--environment', 'nowhere'])
  assert.equal(code, 1)
  assert.match(stderr, /127\.0\.0\.1:1.*MR-KAFKA-001/s)
})
