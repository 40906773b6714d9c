import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MillraceError } from '../base/index.ts'
import {
  diffProject,
  loadProject,
  lockFile,
  resolveProject,
  resourceTexts,
  type Project,
  type ProjectFile,
} from './index.ts'

const millrace = 'apiVersion: millrace/v1\n'
const base: readonly ProjectFile[] = [
  { path: 'millrace.yaml', text: `${millrace}kind: Project\nmetadata: { name: shop, owner: platform }\n` },
  {
    path: 'owners/platform.yaml',
    text: `${millrace}kind: Owner\nmetadata: { name: platform }\nspec: { contact: "#platform" }\n`,
  },
  {
    path: 'tables.sql',
    text: `CREATE TABLE events (id BIGINT NOT NULL, amount DECIMAL(10, 2), paid_at TIMESTAMP(3), WATERMARK FOR paid_at AS paid_at) DISTRIBUTED BY HASH(id) INTO 4 BUCKETS;
CREATE TABLE users (id BIGINT NOT NULL, name STRING, PRIMARY KEY (id) NOT ENFORCED);
CREATE TABLE totals (id BIGINT NOT NULL, amount DECIMAL(38, 2), PRIMARY KEY (id) NOT ENFORCED) WITH ('millrace.lake' = 'upsert');`,
  },
  { path: 'pipelines.sql', text: 'INSERT INTO totals SELECT id, SUM(amount) FROM events GROUP BY id;' },
]

const load = (...more: ProjectFile[]): Project =>
  loadProject([...base.filter((f) => !more.some((m) => m.path === f.path)), ...more], {})
const places = (errors: readonly MillraceError[]): string[] =>
  errors.map((e) => `${e.place?.file}:${e.place?.line}:${e.place?.column} ${e.code}`)

test('a whole folder loads; order of files has no meaning', () => {
  const project = load()
  assert.deepEqual(places(project.errors), [])
  assert.deepEqual(
    project.sql.pipelines.map((p) => p.name),
    ['totals'],
  )
  const reversed = loadProject([...base].reverse(), {})
  assert.deepEqual(
    resourceTexts(resolveProject(reversed, 'local', [])),
    resourceTexts(resolveProject(project, 'local', [])),
  )
})

test('all mistakes of all files are reported at once, each with its place', () => {
  const project = load(
    { path: 'a.yaml', text: `${millrace}kind: Owner\nmetadata: { name: x }\nspec: { contact: "#x", phone: 1 }\n` },
    {
      path: 'b.yaml',
      text: 'apiVersion: v3.1.0\nkind: DataContract\nid: c\nversion: 1.0.0\nstatus: active\nteam: { name: nobody-here }\nschema:\n  - name: events\n    quality:\n      - { name: q, type: custom, engine: millrace, implementation: "amount >" }\n  - name: missing\n',
    },
    { path: 'c.yaml', text: 'apiVersion: openslo/v1\nkind: Surprise\n---\n- not a map\n' },
    { path: 'd.yaml', text: 'a: [1\n' },
    { path: 'pipelines.sql', text: 'INSERT INTO totals SELECT id, SUM(amonut) FROM events GROUP BY id;' },
  )
  assert.deepEqual(places(project.errors), [
    'a.yaml:4:24 MR-PROJECT-005',
    'b.yaml:6:9 MR-PROJECT-008',
    ...project.errors
      .filter((e) => e.place?.file === 'b.yaml' && e.code.startsWith('MR-SQL'))
      .map((e) => places([e])[0]!),
    'b.yaml:11:5 MR-PROJECT-010',
    'c.yaml:2:1 MR-PROJECT-003',
    'c.yaml:4:1 MR-PROJECT-002',
    ...project.errors.filter((e) => e.place?.file === 'd.yaml').map((e) => places([e])[0]!),
    ...project.errors.filter((e) => e.place?.file === 'pipelines.sql').map((e) => places([e])[0]!),
  ])
  for (const file of ['b.yaml', 'd.yaml', 'pipelines.sql'])
    assert.ok(
      project.errors.some((e) => e.place?.file === file),
      file,
    )
  assert.ok(
    project.errors.some((e) => e.code.startsWith('MR-SQL') && e.place?.file === 'b.yaml' && e.place.line === 10),
    'a rule’s mistake is placed in its YAML',
  )
})

test('an unset variable is empty, a set one is put in', () => {
  const source = {
    path: 's.yaml',
    text: `${millrace}kind: Source\nmetadata: { name: db }\nspec: { type: mysql, url: "\${DB_URL}", tables: { shop.users: users } }\n`,
  }
  assert.equal(load(source).sources[0]!.url, null)
  assert.equal(loadProject([...base, source], { DB_URL: 'mysql://x/' }).sources[0]!.url, 'mysql://x/')
})

test('tables become topics by their role: captured, written, service', () => {
  const project = load({
    path: 's.yaml',
    text: `${millrace}kind: Source\nmetadata: { name: db }\nspec: { type: mysql, tables: { shop.users: users } }\n`,
  })
  const desired = resolveProject(project, 'local', [])
  const shape = Object.fromEntries(
    desired.topics.map((t) => [
      t.name,
      [t.role, t.partitionCount, t.format?.valueFormat ?? null, t.configs['cleanup.policy']],
    ]),
  )
  assert.deepEqual(shape, {
    events: ['service', 4, 'avro-confluent', 'delete'],
    'events.quarantine': ['quarantine', 1, null, 'delete'],
    totals: ['written', 1, 'avro-confluent', 'compact'],
    users: ['captured', 1, 'debezium-avro-confluent', 'delete'],
  })
  assert.deepEqual(
    desired.lakeTables.map((t) => [t.name, t.mode]),
    [['totals', 'upsert']],
  )
})

test('an unknown environment names the known ones', () => {
  assert.throws(() => resolveProject(load(), 'prod', []), /There is no environment prod/)
})

test('the difference is empty once applied, and a risky change is refused', () => {
  const before = resolveProject(load(), 'local', [])
  const applied = resourceTexts(before)
  assert.deepEqual(diffProject(before, applied), [])
  assert.deepEqual(
    diffProject(before, new Map()).map((c) => c.action),
    Array.from({ length: applied.size }, () => 'create'),
  )
  const fewer = resolveProject(
    load({ path: 'tables.sql', text: base[2]!.text.replace('INTO 4', 'INTO 2') }),
    'local',
    [],
  )
  const [change, ...rest] = diffProject(fewer, applied)
  assert.deepEqual(rest, [])
  assert.deepEqual(
    [change!.kind, change!.name, change!.refused, change!.details],
    ['topic', 'events', true, ['partitions 4 → 2']],
  )
})

test('a pipeline with another plan cannot take over, one with the same plan can', () => {
  const applied = resourceTexts(resolveProject(load(), 'local', []))
  const renamed = resolveProject(
    load({
      path: 'pipelines.sql',
      text: 'INSERT INTO totals\nSELECT e.id, SUM(e.amount) FROM events AS e GROUP BY e.id; -- the same',
    }),
    'local',
    [],
  )
  assert.deepEqual(
    diffProject(renamed, applied).filter((c) => c.kind === 'pipeline' && c.refused),
    [],
  )
  const changed = resolveProject(
    load({
      path: 'pipelines.sql',
      text: 'INSERT INTO totals SELECT id, SUM(amount) FROM events WHERE amount > 1 GROUP BY id;',
    }),
    'local',
    [],
  )
  const [change] = diffProject(changed, applied).filter((c) => c.kind === 'pipeline')
  assert.deepEqual([change?.name, change?.refused, change?.final], ['totals', true, true])
})

test('plan.lock has one section per pipeline and does not depend on the text', () => {
  const lock = lockFile(resolveProject(load(), 'local', []))
  assert.match(lock, /^# plan\.lock 1: .*\n# totals\n\{/)
  const reformatted = load({
    path: 'pipelines.sql',
    text: '\n\nINSERT INTO totals\n  SELECT id, SUM(amount)\n  FROM events GROUP BY id;',
  })
  assert.equal(lockFile(resolveProject(reformatted, 'local', [])), lock)
})

test('names that are taken and options that nobody reads are mistakes, all at once', () => {
  const errors: MillraceError[] = []
  const sql = [
    "CREATE TABLE a (k INT) WITH ('millrace.lak' = 'append');",
    'CREATE TABLE _schemas (k INT);',
    "CREATE TABLE d (k INT) WITH ('millrace.topic' = 'a');",
    'CREATE TABLE `a.quarantine` (k INT);',
    "CREATE TABLE f (k INT) WITH ('millrace.lake' = 'upsert');",
  ]
  resolveProject(
    load({ path: 'tables.sql', text: sql.join('\n') }, { path: 'pipelines.sql', text: '' }),
    'local',
    errors,
  )
  assert.deepEqual(places(errors), [
    'tables.sql:1:1 MR-PROJECT-019',
    'tables.sql:2:1 MR-PROJECT-022',
    'tables.sql:3:1 MR-PROJECT-023',
    'tables.sql:4:1 MR-PROJECT-022',
    'tables.sql:5:1 MR-PROJECT-019',
  ])
})

test('a table’s format is what millrace.format says, or a mistake that names the known ones', () => {
  const errors: MillraceError[] = []
  const formats = ['protobuf-confluent', 'json', 'nonsense']
  const text = formats.map((one, i) => `CREATE TABLE t${i} (k INT) WITH ('millrace.format' = '${one}');`).join('\n')
  const desired = resolveProject(
    load({ path: 'tables.sql', text }, { path: 'pipelines.sql', text: '' }),
    'local',
    errors,
  )
  const found = desired.topics.filter(({ name }) => /^t\d$/.test(name)).map(({ format }) => format?.valueFormat)
  assert.deepEqual(found.slice(0, 2), formats.slice(0, 2))
  assert.deepEqual(places(errors), ['tables.sql:3:1 MR-PROJECT-019'])
  assert.match(errors[0]!.help, /avro-confluent, protobuf-confluent, json/)
  const csv = load(
    { path: 'pipelines.sql', text: '' },
    {
      path: 'tables.sql',
      text: "CREATE TABLE c (k INT) WITH ('millrace.format' = 'csv', 'millrace.csv.field-delimiter' = ';', 'millrace.csv.allow-comments' = 'true');",
    },
  )
  const none: MillraceError[] = []
  const topic = resolveProject(csv, 'local', none).topics.find(({ name }) => name === 'c')
  assert.deepEqual([none, topic?.format?.csv], [[], { fieldDelimiter: ';', allowComments: true }])
})
