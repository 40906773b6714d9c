// From SQL text to records: the plans that sql makes, run here.
import assert from 'node:assert/strict'
import test from 'node:test'
import type { TopicFormat } from '../format/index.ts'
import type { LocalLog } from '../log/index.ts'
import type { ChangeKind, Value } from '../model/index.ts'
import { analyze } from '../sql/index.ts'
import { createPipelinesBody, type PipelinesBody, type QueryPipelineSpec } from './index.ts'
import { jsonFormat, noMeter, noSchemaIds, openTestLog, readTopic, recordsOf, stepClock } from './test-kit.ts'

interface Run {
  readonly log: LocalLog
  readonly body: PipelinesBody
  readonly formats: ReadonlyMap<string, TopicFormat>
  produce(table: string, rows: readonly (readonly Value[])[], kinds?: readonly ChangeKind[]): void
  /** Everything read to its end and finished. */
  finish(): void
  /** Values of a topic, in order of partition and offset; deleted keys as '<key> deleted'. */
  values(table: string): unknown[]
}

function run(text: string, captured: readonly string[] = []): Run {
  const project = analyze([{ file: 'test.sql', text }])
  assert.deepEqual(
    project.errors.map((e) => e.message),
    [],
  )
  const formats = new Map(
    project.tables.map((table): [string, TopicFormat] => {
      const format = jsonFormat(table.name, table.schema, table.primaryKey ? { primaryKey: [...table.primaryKey] } : {})
      return [table.name, captured.includes(table.name) ? { ...format, valueFormat: 'debezium-json' } : format]
    }),
  )
  const clock = stepClock()
  const { log, disk } = openTestLog({ clock })
  for (const table of project.tables) log.createTopicNow({ name: table.name, partitionCount: 1 })
  const specs = project.pipelines.map((plan): QueryPipelineSpec => ({
    kind: 'query',
    name: plan.name,
    plan,
    inputs: plan.inputs.map((table) => formats.get(table)!),
    sink: { ...formats.get(plan.sink.table)!, schemaId: 1 },
  }))
  const body = createPipelinesBody({
    specs,
    reader: log,
    commit: log,
    schemaIds: noSchemaIds,
    clock,
    disk,
    meter: noMeter,
    options: { epochMs: 10 },
  })
  return {
    log,
    body,
    formats,
    produce: (table, rows, kinds) => void log.appendNow(table, 0, recordsOf(formats.get(table)!, rows, kinds)),
    finish() {
      const sinks = new Set(specs.map((spec) => spec.sink.topic))
      const ends = [...formats.keys()]
        .filter((topic) => !sinks.has(topic))
        .map((topic) => [topic, [log.endOffset(topic, 0)]] as const)
      body.command({ kind: 'finish', ends: Object.fromEntries(ends) })
      for (let i = 0; i < 300; i++) {
        while (body.step());
        clock.advance(5)
      }
      assert.deepEqual(
        body.status().map(({ state, error }) => [state, error]),
        specs.map(() => ['finished', null]),
      )
    },
    values: (table) =>
      readTopic(log, table).map(({ key, value }) => (value === null ? `${key} deleted` : JSON.parse(value))),
  }
}

test('enriched, deduplicated checkouts feed windows with HAVING, pipeline by pipeline', () => {
  const node = run(
    `
    CREATE TABLE users (user_id INT NOT NULL, country STRING NOT NULL, updated_at TIMESTAMP(3) NOT NULL,
      WATERMARK FOR updated_at AS updated_at, PRIMARY KEY (user_id) NOT ENFORCED);
    CREATE TABLE checkout_events (checkout_id STRING NOT NULL, user_id INT NOT NULL, amount DECIMAL(12, 2) NOT NULL, event_time TIMESTAMP(3) NOT NULL,
      WATERMARK FOR event_time AS event_time - INTERVAL '1' SECOND);
    CREATE TABLE enriched (checkout_id STRING NOT NULL, user_id INT NOT NULL, country STRING, amount DECIMAL(12, 2) NOT NULL, event_time TIMESTAMP(3) NOT NULL,
      WATERMARK FOR event_time AS event_time - INTERVAL '1' SECOND);
    CREATE TABLE alerts (user_id INT NOT NULL, window_start TIMESTAMP(3) NOT NULL, n BIGINT NOT NULL, amount DECIMAL(38, 2));
    CREATE VIEW checkouts AS SELECT checkout_id, user_id, amount, event_time FROM (
      SELECT *, ROW_NUMBER() OVER (PARTITION BY checkout_id ORDER BY event_time) AS rn FROM checkout_events) WHERE rn = 1;
    INSERT INTO enriched SELECT c.checkout_id, c.user_id, u.country, c.amount, c.event_time
      FROM checkouts AS c LEFT JOIN users FOR SYSTEM_TIME AS OF c.event_time AS u ON c.user_id = u.user_id;
    INSERT INTO alerts SELECT user_id, window_start, COUNT(*), SUM(amount)
      FROM TABLE(TUMBLE(TABLE enriched, DESCRIPTOR(event_time), INTERVAL '1' MINUTE))
      GROUP BY user_id, window_start, window_end HAVING COUNT(*) >= 2;`,
    ['users'],
  )
  node.produce(
    'users',
    [
      [1, 'DE', 0n],
      [1, 'DE', 0n],
      [1, 'FR', 30_000n],
    ],
    [0, 1, 2],
  )
  node.produce('checkout_events', [
    ['a', 1, 100n, 10_000n],
    ['b', 1, 250n, 40_000n],
    ['a', 1, 100n, 10_500n],
    ['c', 2, 1n, 41_000n],
    ['d', 1, 5n, 70_000n],
  ])
  node.finish()
  assert.deepEqual(node.values('enriched'), [
    { checkout_id: 'a', user_id: 1, country: 'DE', amount: 1, event_time: '1970-01-01 00:00:10' },
    { checkout_id: 'b', user_id: 1, country: 'FR', amount: 2.5, event_time: '1970-01-01 00:00:40' },
    { checkout_id: 'c', user_id: 2, country: null, amount: 0.01, event_time: '1970-01-01 00:00:41' },
    { checkout_id: 'd', user_id: 1, country: 'FR', amount: 0.05, event_time: '1970-01-01 00:01:10' },
  ])
  assert.deepEqual(node.values('alerts'), [{ user_id: 1, window_start: '1970-01-01 00:00:00', n: 2, amount: 3.5 }])
})

test('balances follow orders and repayments; a total over them reads an upsert topic', () => {
  const node = run(
    `
    CREATE TABLE orders (loan_id INT NOT NULL, user_id INT NOT NULL, principal DECIMAL(12, 2) NOT NULL, PRIMARY KEY (loan_id) NOT ENFORCED);
    CREATE TABLE repayments (loan_id INT NOT NULL, amount DECIMAL(12, 2) NOT NULL);
    CREATE TABLE balance (loan_id INT NOT NULL, user_id INT NOT NULL, owed DECIMAL(38, 2) NOT NULL, PRIMARY KEY (loan_id) NOT ENFORCED);
    CREATE TABLE totals (user_id INT NOT NULL, loans BIGINT NOT NULL, owed DECIMAL(38, 2), PRIMARY KEY (user_id) NOT ENFORCED);
    INSERT INTO balance SELECT o.loan_id, o.user_id, o.principal - COALESCE(r.repaid, 0)
      FROM orders AS o LEFT JOIN (SELECT loan_id, SUM(amount) AS repaid FROM repayments GROUP BY loan_id) AS r ON o.loan_id = r.loan_id;
    INSERT INTO totals SELECT user_id, COUNT(*), SUM(owed) FROM balance GROUP BY user_id;`,
    ['orders'],
  )
  node.produce('orders', [
    [1, 7, 10_000n],
    [2, 7, 5_000n],
    [3, 8, 100n],
  ])
  node.produce('repayments', [
    [1, 2_500n],
    [3, 100n],
    [9, 1n],
    [1, 500n],
  ])
  node.produce(
    'orders',
    [
      [3, 8, 100n],
      [2, 7, 5_000n],
      [2, 7, 4_000n],
    ],
    [3, 1, 2],
  )
  node.finish()
  const last = (table: string, key: string): unknown[] => [
    ...new Map(
      node
        .values(table)
        .flatMap((value) => (typeof value === 'string' ? [] : [[(value as Record<string, unknown>)[key], value]])),
    ).values(),
  ]
  assert.deepEqual(
    last('totals', 'user_id').find((each) => (each as { user_id: number }).user_id === 7),
    { user_id: 7, loans: 2, owed: 110 },
  )
  assert.ok(node.values('balance').some((value) => typeof value === 'string'))
  assert.ok(
    node.values('totals').some((value) => typeof value === 'string') ||
      !last('totals', 'user_id').some((each) => (each as { user_id: number }).user_id === 8),
  )
})

test('literal rows are written once and end the pipeline', () => {
  const node = run(
    `CREATE TABLE t (a INT NOT NULL, b STRING NOT NULL); INSERT INTO t SELECT * FROM (VALUES (1, 'x'), (2, 'y')) AS v (a, b);`,
  )
  node.finish()
  assert.deepEqual(node.values('t'), [
    { a: 1, b: 'x' },
    { a: 2, b: 'y' },
  ])
})
