// What a contract says is checked against the folder's tables, becomes a rule, or is named as not run.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadProject, resolveProject, type Project } from './index.ts'

const tables = `CREATE TABLE events (id BIGINT NOT NULL, amount DECIMAL(10, 2), state STRING, paid_at TIMESTAMP(3), tags ARRAY<STRING>);
CREATE TABLE users (id BIGINT NOT NULL, name STRING, PRIMARY KEY (id) NOT ENFORCED);`

const load = (schema: string, more = ''): Project =>
  loadProject(
    [
      {
        path: 'millrace.yaml',
        text: 'apiVersion: millrace/v1\nkind: Project\nmetadata: { name: shop, owner: platform }\n',
      },
      {
        path: 'owners.yaml',
        text: 'apiVersion: millrace/v1\nkind: Owner\nmetadata: { name: platform }\nspec: { contact: "#platform" }\n',
      },
      { path: 'tables.sql', text: tables },
      {
        path: 'c.yaml',
        text: `apiVersion: v3.1.0\nkind: DataContract\nid: c\nversion: 1.0.0\nstatus: active\n${more}schema:\n${schema}`,
      },
    ],
    {},
  )
const event = (property: string): Project => load(`  - name: events\n    properties:\n      - { ${property} }\n`)
const errors = ({ errors: all }: Project): string[] =>
  all.map((one) => `${one.place?.line}:${one.place?.column} ${one.code}`)
const rules = (project: Project): string[] =>
  project.contracts[0]!.rules.map(({ name, severity, text }) => `${name} (${severity}): ${text}`)
const notices = (project: Project): string[] => project.contracts[0]!.notices.map(({ text }) => text)

test('logical types and keys are compared with the columns', () => {
  for (const good of [
    'name: id, logicalType: integer, required: true',
    'name: amount, logicalType: number',
    'name: paid_at, logicalType: timestamp',
    'name: paid_at, logicalType: date',
    'name: tags, logicalType: array',
    'name: state, logicalType: something-of-ours',
  ])
    assert.deepEqual(errors(event(good)), [], good)
  assert.deepEqual(errors(event('name: id, logicalType: string')), ['9:21 MR-PROJECT-030'])
  assert.deepEqual(errors(event('name: amount, logicalType: integer')), ['9:25 MR-PROJECT-030'])
  assert.deepEqual(errors(event('name: id, primaryKey: true')), ['9:21 MR-PROJECT-031'])
  const users = load('  - name: users\n    properties:\n      - { name: id, primaryKey: true, unique: true }\n')
  assert.deepEqual([errors(users), notices(users)], [[], []])
})

test('what holds row by row becomes a rule', () => {
  const project = load(`  - name: events
    properties:
      - name: id
        required: true
      - name: state
        required: true
        logicalTypeOptions: { minLength: 1, maxLength: 8 }
        quality:
          - { metric: invalidValues, mustBe: 0, severity: warning, arguments: { validValues: [OPEN, "it's"] } }
          - { type: library, rule: nullValues, mustBe: 0 }
          - { name: shouting, type: custom, engine: millrace, implementation: "state = UPPER(state)" }
      - name: amount
        logicalTypeOptions: { minimum: 0.01, exclusiveMaximum: 1000 }
        quality: [{ name: set, metric: missingValues, mustBeLessThan: 1, arguments: { missingValues: [null, -1] } }]
`)
  assert.deepEqual(errors(project), [])
  assert.deepEqual(notices(project), [])
  assert.deepEqual(rules(project), [
    'state_required (error): `state` IS NOT NULL',
    'state_minLength (error): `state` IS NULL OR CHAR_LENGTH(`state`) >= 1',
    'state_maxLength (error): `state` IS NULL OR CHAR_LENGTH(`state`) <= 8',
    "state_invalidValues (warning): `state` IS NULL OR `state` IN ('OPEN', 'it''s')",
    'state_nullValues (error): `state` IS NOT NULL',
    'shouting (error): state = UPPER(state)',
    'amount_minimum (error): `amount` IS NULL OR `amount` >= 0.01',
    'amount_exclusiveMaximum (error): `amount` IS NULL OR `amount` < 1000',
    'set (error): `amount` IS NOT NULL AND `amount` NOT IN (-1)',
  ])
})

test('what is not run here is named', () => {
  const project = load(
    `  - name: events
    quality:
      - { name: fresh, type: sql, query: "SELECT MAX(paid_at) FROM events", mustBeGreaterThan: 0 }
      - { type: text, description: looks good }
      - { name: cel, type: custom, engine: cel, implementation: "this.amount > 0" }
    properties:
      - { name: id, unique: true, quality: [{ metric: duplicateValues, mustBe: 0 }, { metric: nullValues, mustBeLessThan: 5 }] }
`,
    'slaProperties: [{ property: latency, value: 4, unit: d }]\n',
  )
  assert.deepEqual(errors(project), [])
  assert.deepEqual(rules(project), [])
  assert.deepEqual(notices(project), [
    'the contract promises latency, which is not checked: write an SLO for it',
    'events.id is to be unique, which is not checked: only a primary key is',
    'duplicateValues of events.id is not run: it is a metric over many rows',
    'nullValues of events.id is not run: it is a metric over many rows',
    'fresh of events is not run: it is a query over many rows; here rules are SQL expressions over one row (type: custom, engine: millrace)',
    'a rule of events is not run: it is for people',
    'cel of events is not run: it is for cel; here rules are SQL (type: custom, engine: millrace)',
  ])
})

test('shapes that are none are refused with their place', () => {
  assert.deepEqual(errors(event('name: id, quality: 5')), ['9:21 MR-PROJECT-005'])
  assert.deepEqual(errors(event('name: id, logicalTypeOptions: [1]')), ['9:21 MR-PROJECT-005'])
})

test('Flink’s avro-confluent.schema is the reader’s schema of a topic that services write', () => {
  const schema = {
    type: 'record',
    name: 'Order',
    fields: [
      { name: 'id', type: 'long', aliases: ['order_id'] },
      { name: 'note', type: 'string', default: '-' },
    ],
  }
  const text = JSON.stringify(schema)
  const folder = (option: string, sql = ''): ReturnType<typeof resolveProject> & { codes: string[] } => {
    const project = loadProject(
      [
        { path: 'millrace.yaml', text: 'apiVersion: millrace/v1\nkind: Project\nmetadata: { name: shop, owner: p }\n' },
        {
          path: 'o.yaml',
          text: 'apiVersion: millrace/v1\nkind: Owner\nmetadata: { name: p }\nspec: { contact: "#p" }\n',
        },
        { path: 't.sql', text: `CREATE TABLE orders (id BIGINT NOT NULL, note STRING) WITH (${option});\n${sql}` },
      ],
      {},
    )
    const mistakes = [...project.errors]
    return { ...resolveProject(project, 'local', mistakes), codes: mistakes.map(({ code }) => code) }
  }
  for (const name of ['avro-confluent.schema', 'value.avro-confluent.schema']) {
    const { codes, topics, schemas } = folder(`'${name}' = '${text}'`)
    assert.deepEqual(codes, [])
    assert.equal(topics.find((topic) => topic.name === 'orders')!.format!.readerSchema, text)
    assert.equal(schemas.find(({ subject }) => subject === 'orders-value')!.text, text)
  }
  assert.deepEqual(folder("'avro-confluent.schema' = '{'").codes, ['MR-PROJECT-032'])
  assert.deepEqual(folder(`'avro-confluent.schema' = '"int"'`).codes, ['MR-PROJECT-032'])
  assert.deepEqual(folder(`'millrace.format' = 'json', 'avro-confluent.schema' = '${text}'`).codes, ['MR-PROJECT-032'])
  const written =
    'CREATE TABLE source (id BIGINT NOT NULL, note STRING); INSERT INTO orders SELECT id, note FROM source;'
  assert.deepEqual(folder(`'avro-confluent.schema' = '${text}'`, written).codes, ['MR-PROJECT-032'])
})
