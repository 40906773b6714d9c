// Queries over real topics and lake tables in a folder: snapshot and topic tail as one answer, latest row per key, and no way
// to anything else on the machine.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createMemoryDisk, encodeText, MillraceError, nodeClock, nodeRandom, openNodeDisk } from '../base/index.ts'
import type { TopicFormat } from '../format/index.ts'
import { createLocalLog, createLog, type LocalLog } from '../log/index.ts'
import { encodeRecordBatch, makeAuthorize, types, type AccessRule, type Schema } from '../model/index.ts'
import { createTablesBody, openCatalog, type Catalog, type TableSpec } from '../tables/index.ts'
import { createExplorer, type Explorer, type ExploreSource } from './index.ts'

const schema: Schema = {
  fields: [
    { name: 'id', type: types.bigint(false) },
    { name: 'name', type: types.string(false) },
    { name: 'amount', type: types.decimal(38, 2) },
    { name: 'at', type: types.timestamp(3) },
    { name: 'pair', type: types.row([{ name: 'x', type: types.int() }]) },
  ],
}
const format = (topic: string, primaryKey: readonly number[] | null): TopicFormat => ({
  topic,
  schema,
  keyColumns: primaryKey,
  keyFormat: 'raw',
  valueFormat: 'json',
  primaryKey,
})
const specs: TableSpec[] = [
  { namespace: 'lake', name: 'events', schema, mode: 'append', primaryKey: null, topic: format('events', null) },
  { namespace: 'lake', name: 'balances', schema, mode: 'upsert', primaryKey: [0], topic: format('balances', [0]) },
]
const sources: ExploreSource[] = [
  { name: 'events', format: format('events', null), primaryKey: null, lake: { namespace: 'lake', name: 'events' } },
  { name: 'balances', format: format('balances', [0]), primaryKey: [0], lake: { namespace: 'lake', name: 'balances' } },
  { name: 'plain', format: format('plain', null), primaryKey: null, lake: null },
  { name: 'latest', format: format('latest', [0]), primaryKey: [0], lake: null },
]
const none = { byId: () => undefined, latest: () => undefined }

const keyOf = (id: number): Uint8Array => {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigInt64(0, BigInt(id))
  return bytes
}
const record = (id: number, name: string | null) => ({
  key: keyOf(id),
  value:
    name === null
      ? null
      : encodeText(
          `{"id":${id},"name":"${name}","amount":123456789012345678901234567890.1${id % 10},"at":"2024-02-29 12:00:00.123","pair":{"x":${id}}}`,
        ),
  timestampMs: 0,
})

interface World {
  readonly folder: string
  readonly log: LocalLog
  readonly catalog: Catalog
  readonly explorer: Explorer
  append(topic: string, records: readonly [id: number, name: string | null][]): void
  commit(): void
}

const folders: string[] = []
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true })))

function world(options: { rules?: readonly AccessRule[]; limits?: object } = {}): World {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-explore-'))
  folders.push(folder)
  const disk = createMemoryDisk()
  const log = createLocalLog(createLog({ disk, clock: nodeClock, random: nodeRandom }), disk)
  for (const name of ['events', 'balances', 'plain', 'latest']) log.createTopicNow({ name, partitionCount: 1 })
  const lakeFolder = join(folder, 'lake')
  const scratch = { disk: openNodeDisk(join(folder, 'scratch')), folder: join(folder, 'scratch') }
  const catalog = openCatalog(lakeFolder)
  const body = createTablesBody({
    specs,
    catalog: openCatalog(lakeFolder),
    reader: log,
    schemaIds: none,
    clock: nodeClock,
    random: nodeRandom,
  })
  const explorer = createExplorer({
    sources: () => sources,
    reader: log,
    schemaIds: none,
    catalog,
    lakeFolder,
    scratch,
    clock: nodeClock,
    authorize: makeAuthorize(options.rules ?? []),
    limits: options.limits,
  })
  return {
    folder,
    log,
    catalog,
    explorer,
    append: (topic, records) =>
      assert.equal(log.appendNow(topic, 0, encodeRecordBatch(records.map(([id, name]) => record(id, name)))).ok, true),
    commit() {
      body.command({ kind: 'finish', ends: {} })
      while (body.step()) continue
    },
  }
}

const rejects = (promise: Promise<unknown>, code: string): Promise<void> =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof MillraceError, String(error))
    assert.equal(error.code, code, error.message)
    return true
  })

test('a plain topic is read with exact values as text, and the answer says what was read', async () => {
  const { explorer, append } = world()
  append('plain', [
    [1, 'a'],
    [2, 'b'],
  ])
  const { columns, rows, stats } = await explorer.explore('SELECT * FROM plain ORDER BY id DESC')
  assert.deepEqual(
    columns.map((c) => `${c.name} ${c.type}`),
    ['id BIGINT', 'name VARCHAR', 'amount DECIMAL(38,2)', 'at TIMESTAMP', 'pair STRUCT("x" INTEGER)'],
  )
  assert.deepEqual(rows, [
    ['2', 'b', '123456789012345678901234567890.12', '2024-02-29 12:00:00.123', { x: 2 }],
    ['1', 'a', '123456789012345678901234567890.11', '2024-02-29 12:00:00.123', { x: 1 }],
  ])
  assert.equal(stats.readRows, 2)
  assert.ok(stats.readBytes > 100)
  assert.deepEqual(stats.tables, [{ name: 'plain', snapshotId: null, lakeRows: 0, topicRows: 2 }])
})

test('a topic with a lake table is its snapshot and the topic from there, every row once', async () => {
  const { explorer, append, commit } = world()
  append('events', [
    [1, 'a'],
    [2, 'b'],
  ])
  const before = await explorer.explore('SELECT id FROM events ORDER BY id')
  assert.deepEqual([before.rows, before.stats.tables[0]!.topicRows], [[['1'], ['2']], 2])
  commit()
  append('events', [[3, 'c']])
  const { rows, stats } = await explorer.explore('SELECT id, name FROM events ORDER BY id')
  assert.deepEqual(rows, [
    ['1', 'a'],
    ['2', 'b'],
    ['3', 'c'],
  ])
  assert.deepEqual([stats.tables[0]!.lakeRows, stats.tables[0]!.topicRows], [2, 1])
  assert.notEqual(stats.tables[0]!.snapshotId, null)
  assert.deepEqual((await explorer.explore('SELECT count(*) FROM lake.events')).rows, [['2']])
})

test('of an upsert topic the latest row per key counts, with and without a lake table', async () => {
  const { explorer, append, commit } = world()
  for (const topic of ['balances', 'latest'])
    append(topic, [
      [1, 'one'],
      [2, 'two'],
      [3, 'three'],
      [1, 'uno'],
    ])
  commit()
  for (const topic of ['balances', 'latest'])
    append(topic, [
      [2, null],
      [3, 'tres'],
      [4, 'four'],
      [4, null],
      [5, 'five'],
    ])
  for (const topic of ['balances', 'latest']) {
    const { rows } = await explorer.explore(`SELECT id, name FROM ${topic} ORDER BY id`)
    assert.deepEqual(
      rows,
      [
        ['1', 'uno'],
        ['3', 'tres'],
        ['5', 'five'],
      ],
      topic,
    )
  }
})

test('tables are joined, in common table expressions and subqueries too', async () => {
  const { explorer, append, commit } = world()
  append('events', [
    [1, 'a'],
    [2, 'b'],
  ])
  append('balances', [[1, 'x']])
  commit()
  const { rows } = await explorer.explore(
    'WITH e AS (SELECT * FROM events) SELECT e.id, b.name FROM e LEFT JOIN balances AS b USING (id) WHERE e.id IN (SELECT id FROM plain UNION ALL SELECT id FROM events) ORDER BY 1',
  )
  assert.deepEqual(rows, [
    ['1', 'x'],
    ['2', null],
  ])
  const shadowed = await explorer.explore(
    'WITH events AS (SELECT id FROM events WHERE id > 1), n AS (SELECT count(*) AS c FROM events) SELECT * FROM n',
  )
  assert.deepEqual(shadowed.rows, [['1']])
  const recursive = await explorer.explore(
    'WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT n FROM r, Events WHERE id = n ORDER BY 1',
  )
  assert.deepEqual(recursive.rows, [[1], [2]])
})

test('undecodable records are counted in the answer', async () => {
  const { explorer, append, log } = world()
  append('plain', [[1, 'a']])
  log.appendNow('plain', 0, encodeRecordBatch([{ key: null, value: encodeText('{'), timestampMs: 0 }]))
  const { rows, stats } = await explorer.explore('SELECT id FROM plain')
  assert.deepEqual([rows, stats.deadRecords], [[['1']], 1])
})

test('only one SELECT over known tables is answered, and no file of the machine is read or written', async () => {
  const { explorer, append, folder } = world()
  append('plain', [[1, 'a']])
  mkdirSync(join(folder, 'secret'))
  const secret = join(folder, 'secret', 'secret.csv')
  writeFileSync(secret, 'a\n1\n')
  await rejects(explorer.explore('DELETE FROM plain'), 'MR-EXPLORE-001')
  await rejects(explorer.explore('SELECT 1; SELECT 2'), 'MR-EXPLORE-001')
  await rejects(explorer.explore("COPY (SELECT 1) TO '/tmp/x.csv'"), 'MR-EXPLORE-001')
  await rejects(explorer.explore('SELECT * FROM nothing'), 'MR-EXPLORE-002')
  await rejects(explorer.explore('SELECT nope FROM plain'), 'MR-EXPLORE-003')
  await rejects(explorer.explore(`SELECT * FROM read_csv('${secret}')`), 'MR-EXPLORE-003')
  await rejects(explorer.explore(`SELECT * FROM '${secret}'`), 'MR-EXPLORE-002')
  await rejects(
    explorer.explore(`SELECT * FROM read_parquet('${folder}/lake/lake/*/data/*.parquet')`),
    'MR-EXPLORE-003',
  )
  await rejects(explorer.explore(`WITH x AS (SELECT 1) INSERT INTO plain SELECT * FROM x`), 'MR-EXPLORE-003')
  assert.deepEqual(readdirSync(join(folder, 'scratch')), [])
})

test('answers are cut at the row limit, topics refused above theirs, and late queries stopped', async () => {
  const { explorer, append } = world({ limits: { rowsMax: 2, topicRecordsMax: 4 } })
  append('plain', [
    [1, 'a'],
    [2, 'b'],
    [3, 'c'],
  ])
  const { rows, truncated } = await explorer.explore('SELECT id FROM plain ORDER BY id')
  assert.deepEqual([rows, truncated], [[['1'], ['2']], true])
  append('plain', [
    [4, 'd'],
    [5, 'e'],
  ])
  await rejects(explorer.explore('SELECT id FROM plain'), 'MR-EXPLORE-005')
  const hasty = world({ limits: { queryMsMax: 20 } })
  await rejects(hasty.explorer.explore('SELECT count(*) FROM range(100000000000) a, range(1000) b'), 'MR-EXPLORE-004')
})

test('access rules deny tables and mask columns', async () => {
  const rules: AccessRule[] = [
    { principal: 'User:ann', effect: 'allow', actions: ['read'], resourceType: '*', resource: '*' },
    { principal: 'User:cy', effect: 'allow', actions: ['read'], resourceType: '*', resource: '*', host: '10.0.0.1' },
    {
      principal: 'User:ann',
      effect: 'mask',
      actions: ['read'],
      resourceType: 'topic',
      resource: 'plain',
      columns: ['name'],
    },
  ]
  const { explorer, append } = world({ rules })
  append('plain', [[1, 'secret']])
  assert.deepEqual((await explorer.explore("SELECT id, name, name = 'secret' FROM plain", 'User:ann')).rows, [
    ['1', '•••', false],
  ])
  await rejects(explorer.explore('SELECT id FROM plain', 'User:bob'), 'MR-EXPLORE-009')
  await rejects(explorer.explore('SELECT id FROM plain', 'User:cy', '10.0.0.2'), 'MR-EXPLORE-009')
  assert.deepEqual((await explorer.explore('SELECT id FROM plain', 'User:cy', '10.0.0.1')).rows, [['1']])
})
