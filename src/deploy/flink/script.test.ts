import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '../../base/index.ts'
import { loadProject, resolveProject } from '../../project/index.ts'
import { flinkScript, formatFlinkScript, type FlinkScript, type FlinkScriptOptions } from './index.ts'

const root = 'apiVersion: millrace/v1\nkind: Project\nmetadata: { name: shop, owner: me }\n'
const owner = 'apiVersion: millrace/v1\nkind: Owner\nmetadata: { name: me }\nspec: { contact: me@shop }\n'
const contract = (rules: string): string => `apiVersion: v3.1.0
kind: DataContract
id: events
version: 1.0.0
status: active
team: { name: me }
schema:
  - name: events
    quality:
${rules}`

function scriptOf(files: Record<string, string>, options: Partial<FlinkScriptOptions> = {}): FlinkScript {
  const all = Object.entries({ 'millrace.yaml': root, 'owner.yaml': owner, ...files })
  const project = loadProject(
    all.map(([path, text]) => ({ path, text })),
    {},
  )
  assert.deepEqual(project.errors, [])
  return flinkScript({
    files: all.map(([file, text]) => ({ file, text })),
    project,
    desired: resolveProject(project, 'local', []),
    bootstrap: 'b:9092',
    registryUrl: 'http://r:8081',
    ...options,
  })
}

const reading = "'properties.bootstrap.servers' = 'b:9092', 'properties.isolation.level' = 'read_committed'"
const avro = "'value.format' = 'avro-confluent', 'value.avro-confluent.url' = 'http://r:8081'"
const writing = (topic: string): string =>
  `'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = 'millrace.shop.${topic}', 'properties.transaction.timeout.ms' = '900000'`

test('csv goes with its options', () => {
  const [ddl] = scriptOf({
    'a.sql': `CREATE TABLE a (id BIGINT, s STRING) WITH ('millrace.format' = 'csv', 'millrace.csv.field-delimiter' = '|',
      'millrace.csv.null-literal' = 'n/a', 'millrace.csv.disable-quote-character' = 'true', 'millrace.csv.allow-comments' = 'true')`,
  }).ddl
  assert.match(
    ddl!,
    /'value.format' = 'csv', 'value.csv.field-delimiter' = '\|', 'value.csv.null-literal' = 'n\/a', 'value.csv.disable-quote-character' = 'true', 'value.csv.allow-comments' = 'true'/,
  )
})

test('a table with encrypted columns is refused: Flink would write them in clear', () => {
  const files = {
    'a.sql':
      "CREATE TABLE a (id BIGINT);\nCREATE TABLE b (id BIGINT NOT NULL, name STRING) WITH ('millrace.topic' = 'people', 'millrace.encrypt.columns' = 'name')",
  }
  assert.throws(
    () => scriptOf(files),
    (error: AggregateError) => {
      const [first, ...others] = error.errors as MillraceError[]
      assert.deepEqual(others, [])
      assert.deepEqual([first!.code, first!.place?.line], ['MR-DEPLOY-004', 2])
      assert.match(first!.message, /^The encryption of columns of topic people cannot go to Flink/)
      return true
    },
  )
})

test('a format that Flink does not have is refused where its table is', () => {
  const files = {
    'a.sql': "CREATE TABLE a (id BIGINT);\nCREATE TABLE b (id BIGINT) WITH ('millrace.format' = 'protobuf-confluent')",
  }
  assert.throws(
    () => scriptOf(files),
    (error: AggregateError) => {
      const [first, ...others] = error.errors as MillraceError[]
      assert.equal(first!.code, 'MR-DEPLOY-004')
      assert.equal(first!.place?.line, 2)
      assert.match(first!.message, /^The format protobuf-confluent of topic b cannot go to Flink/)
      return others.length === 0
    },
  )
})

test('tables by what writes them: services, databases, pipelines with and without a key', () => {
  const script = scriptOf({
    'a.sql': `INSERT INTO totals SELECT id, COUNT(*) FROM events GROUP BY id;
INSERT INTO copy SELECT * FROM events;
CREATE TABLE events (id BIGINT, kind STRING) DISTRIBUTED BY HASH(id) INTO 2 BUCKETS;
CREATE TABLE users (id BIGINT PRIMARY KEY NOT ENFORCED);
CREATE TABLE totals (id BIGINT PRIMARY KEY NOT ENFORCED, n BIGINT) WITH ('millrace.lake' = 'upsert');
CREATE TABLE copy (id BIGINT, kind STRING) DISTRIBUTED BY HASH(kind, id) INTO 2 BUCKETS WITH ('millrace.format' = 'json', 'millrace.topic' = 'copy-1')`,
    'source.yaml':
      'apiVersion: millrace/v1\nkind: Source\nmetadata: { name: db }\nspec: { type: mysql, tables: { shop.users: users } }\n',
  })
  const earliest = "'scan.startup.mode' = 'earliest-offset'"
  assert.deepEqual(script.ddl, [
    `CREATE TABLE events (id BIGINT, kind STRING) WITH ('connector' = 'kafka', 'topic' = 'events', ${reading}, ${earliest}, ${avro})`,
    `CREATE TABLE users (id BIGINT PRIMARY KEY NOT ENFORCED) WITH ('connector' = 'kafka', 'topic' = 'users', ${reading}, ${earliest}, 'value.format' = 'debezium-avro-confluent', 'value.debezium-avro-confluent.url' = 'http://r:8081')`,
    `CREATE TABLE totals (id BIGINT PRIMARY KEY NOT ENFORCED, n BIGINT) WITH ('connector' = 'upsert-kafka', 'topic' = 'totals', ${reading}, 'key.format' = 'raw', ${avro}, ${writing('totals')})`,
    `CREATE TABLE copy (id BIGINT, kind STRING) WITH ('connector' = 'kafka', 'topic' = 'copy-1', ${reading}, ${earliest}, 'key.format' = 'json', 'key.fields' = 'kind;id', 'value.format' = 'json', ${writing('copy-1')})`,
  ])
  assert.deepEqual(script.statements, [
    'INSERT INTO totals SELECT id, COUNT(*) FROM events GROUP BY id',
    'INSERT INTO copy SELECT * FROM events',
  ])
  assert.deepEqual(script.settings, [
    "SET 'table.local-time-zone' = 'UTC'",
    "SET 'execution.checkpointing.interval' = '10 s'",
  ])
})

test('at-least-once asks for no transactions and no checkpoints', () => {
  const script = scriptOf(
    { 'a.sql': 'CREATE TABLE a (x INT); CREATE TABLE b (x INT); INSERT INTO b SELECT x FROM a' },
    { delivery: 'at-least-once' },
  )
  assert.doesNotMatch(formatFlinkScript(script), /sink\.|checkpointing/)
})

test('views stand after what they read, whatever the order of files and statements', () => {
  const script = scriptOf({
    'a.sql':
      'CREATE VIEW view_3 AS SELECT x FROM view_2 UNION ALL SELECT x FROM view_1; CREATE VIEW view_2 AS SELECT x FROM view_1',
    'b.sql': 'CREATE VIEW view_1 AS SELECT x FROM t; CREATE TABLE t (x INT)',
  })
  assert.deepEqual(
    script.ddl.map((text) => text.split(' ').slice(0, 3).join(' ')),
    ['CREATE TABLE t', 'CREATE VIEW view_1', 'CREATE VIEW view_2', 'CREATE VIEW view_3'],
  )
})

test('a guarded table is declared and written behind a view of its name; warnings guard nothing', () => {
  const script = scriptOf({
    'a.sql':
      "CREATE TABLE `events` (id BIGINT, kind STRING); CREATE TABLE events__all (id BIGINT); INSERT INTO events SELECT id, 'a' FROM events__all; INSERT INTO events__all SELECT id FROM events",
    'c.yaml': contract(`      - { name: positive, type: custom, engine: millrace, implementation: 'id > 0 -- not 0' }
      - { name: known, type: custom, engine: millrace, severity: warning, implementation: kind = 'a' }
      - { name: named, type: custom, engine: millrace, implementation: events.kind IS NOT NULL }`),
  })
  assert.match(script.ddl[0]!, /^CREATE TABLE `events__all_` \(id BIGINT, kind STRING\) WITH/)
  assert.equal(
    script.ddl[2],
    `CREATE VIEW \`events\` AS
SELECT * FROM \`events__all_\` AS \`events\`
WHERE (
  id > 0 -- not 0
) IS TRUE
AND (
  events.kind IS NOT NULL
) IS TRUE`,
  )
  assert.deepEqual(script.statements, [
    "INSERT INTO `events__all_` SELECT id, 'a' FROM events__all",
    'INSERT INTO events__all SELECT id FROM events',
  ])
})

test('each writer of a table has its own transactions', () => {
  const { statements } = scriptOf({
    'a.sql':
      'CREATE TABLE a (x INT); CREATE TABLE b (x INT); INSERT INTO b SELECT x FROM a; INSERT INTO b SELECT 1 FROM a',
  })
  assert.deepEqual(statements, [
    'INSERT INTO b SELECT x FROM a',
    "INSERT INTO b /*+ OPTIONS('sink.transactional-id-prefix' = 'millrace.shop.b#2') */ SELECT 1 FROM a",
  ])
})

test('a TypeScript function is refused by name and place', () => {
  const file = { file: 'f.sql', text: "\n  CREATE FUNCTION risk AS 'functions/risk.ts' LANGUAGE TYPESCRIPT;" }
  assert.throws(
    () => scriptOf({ 'a.sql': 'CREATE TABLE a (x INT)' }, { files: [file] }),
    (error: unknown) => {
      const [first] = (error as AggregateError).errors as MillraceError[]
      assert.equal(first!.code, 'MR-DEPLOY-004')
      assert.deepEqual(first!.place, { file: 'f.sql', line: 2, column: 3 })
      assert.equal(first!.message, 'The TypeScript function risk cannot go to Flink.')
      return true
    },
  )
})
