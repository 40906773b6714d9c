// From topic to snapshots and back, on a disk in memory: append and upsert, exactly once across a death at every step.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '../base/index.ts'
import type { TopicFormat } from '../format/index.ts'
import { rowAt, types, type Schema, type Value } from '../model/index.ts'
import { readDataFile } from './append-sink.ts'
import { Catalog } from './catalog.ts'
import { openSqliteStore, type CatalogStore } from './catalog-store.ts'
import { currentSchema } from './iceberg/metadata.ts'
import { LakeTable } from './lake-table.ts'
import { tablesLimits, type TablesLimits } from './limits.ts'
import { tableShape } from './table-shape.ts'
import type { TableSpec } from './table-spec.ts'
import { createTablesBody, type TablesBody, type TablesReport } from './tables-body.ts'
import { Killed, MemoryTopics, MortalDisk, noSchemas, seededRandom, SteppedClock } from './testing.ts'

const schema: Schema = {
  fields: [
    { name: 'id', type: types.bigint(false) },
    { name: 'name', type: types.string() },
    { name: 'amount', type: types.decimal(12, 2) },
    { name: 'at', type: types.timestamp(3) },
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
const appendSpec: TableSpec = {
  namespace: 'shop',
  name: 'events',
  schema,
  mode: 'append',
  primaryKey: null,
  topic: format('events', null),
}
const upsertSpec: TableSpec = {
  namespace: 'shop',
  name: 'balances',
  schema,
  mode: 'upsert',
  primaryKey: [0],
  topic: format('balances', [0]),
}

const text = new TextEncoder()
const key = (id: number): Uint8Array => {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigInt64(0, BigInt(id))
  return bytes
}
const value = (id: number, name: string | null, amount: string): Uint8Array =>
  text.encode(`{"id":${id},"name":${JSON.stringify(name)},"amount":${amount},"at":"2024-02-29 12:00:00.123"}`)
const row = (id: number, name: string | null, unscaled: bigint): Value[] => [BigInt(id), name, unscaled, 1709208000123n]

class World {
  readonly disk = new MortalDisk()
  readonly store: CatalogStore = openSqliteStore(':memory:')
  readonly clock = new SteppedClock()
  readonly topics = new MemoryTopics()
  readonly limits: TablesLimits
  readonly specs: readonly TableSpec[]
  readonly reports: TablesReport[] = []
  #seed = 1

  constructor(specs: readonly TableSpec[], limits: Partial<TablesLimits> = {}) {
    this.specs = specs
    this.limits = { ...tablesLimits, ...limits }
    this.topics.create('events', 2)
    this.topics.create('balances', 1)
  }
  uri = 'file:///lake'
  topicId = 'one'

  catalog(): Catalog {
    return new Catalog({
      lake: { disk: this.disk, uri: this.uri },
      store: this.store,
      clock: this.clock,
      random: seededRandom(this.#seed++),
    })
  }
  body(): TablesBody {
    const report = (r: TablesReport): void => void this.reports.push(r)
    return createTablesBody({
      specs: this.specs,
      catalog: this.catalog(),
      reader: this.topics,
      schemaIds: noSchemas,
      topicId: () => this.topicId,
      clock: this.clock,
      random: seededRandom(this.#seed++),
      limits: this.limits,
      options: { commitMs: 1000, commitBytes: 1 << 20 },
      report,
    })
  }
  table(spec: TableSpec): LakeTable {
    return new LakeTable(this.catalog(), spec, { clock: this.clock, random: seededRandom(9), limits: this.limits })
  }
  rows(spec: TableSpec): Value[][] {
    const table = this.table(spec)
    const shape = tableShape({
      fullName: spec.name,
      topic: spec.topic.topic,
      schema,
      key: [],
      fields: currentSchema(table.metadata).fields,
    })
    const rows: Value[][] = []
    for (const { file } of table.files)
      readDataFile(
        { disk: this.disk, uri: this.uri },
        shape,
        file,
        (batch) => void rows.push(...Array.from({ length: batch.rowCount }, (_, i) => rowAt(batch, i))),
      )
    return rows
  }
}

function settle(world: World, body: TablesBody): void {
  for (let i = 0; i < 3; i++) {
    while (body.step()) continue
    world.clock.timeMs += 1001
  }
}

test('an append table gets every row once, with its offsets in the summary, and commits nothing when idle', () => {
  const world = new World([appendSpec])
  world.topics.append('events', 0, [
    { key: null, value: value(1, 'a', '1.10') },
    { key: null, value: value(2, null, '-99999999.99') },
  ])
  world.topics.append('events', 1, [{ key: null, value: value(3, 'ü', '0') }])
  const body = world.body()
  settle(world, body)
  assert.deepEqual(world.rows(appendSpec), [row(1, 'a', 110n), row(2, null, -9999999999n), row(3, 'ü', 0n)])
  const [status] = body.status()
  assert.equal(status!.rowCount, 3)
  assert.equal(status!.snapshotCount, 1)
  assert.deepEqual(status!.partitions, [
    { partition: 0, committed: 2, position: 2, end: 2 },
    { partition: 1, committed: 1, position: 1, end: 1 },
  ])
  const { summary } = world.table(appendSpec).metadata.snapshots[0]!
  assert.equal(
    summary!['millrace.offsets'],
    '[{"partition":0,"from":0,"to":2,"rows":2,"dead":0},{"partition":1,"from":0,"to":1,"rows":1,"dead":0}]',
  )
  assert.equal(summary!['total-records'], '3')
  settle(world, body)
  assert.equal(body.status()[0]!.snapshotCount, 1)
})

test('an undecodable record is counted and named, and the rows around it are kept', () => {
  const world = new World([appendSpec])
  world.topics.append('events', 0, [
    { key: null, value: value(1, 'a', '1') },
    { key: null, value: text.encode('{"id":') },
    { key: null, value: value(2, 'b', '2') },
  ])
  const body = world.body()
  settle(world, body)
  assert.deepEqual(
    world.rows(appendSpec).map((r) => r[0]),
    [1n, 2n],
  )
  const [status] = body.status()
  assert.equal(status!.deadCount, 1)
  assert.equal(status!.dead[0]!.offset, 1)
  assert.equal(world.table(appendSpec).metadata.snapshots[0]!.summary!['millrace.rows-dead'], '1')
})

test('an upsert table holds the latest row per key, deletes included, over many commits and files', () => {
  const world = new World([upsertSpec], { fileBytesTarget: 2000 })
  const random = seededRandom(7)
  const expected = new Map<number, Value[]>()
  const body = world.body()
  for (let commit = 0; commit < 25; commit++) {
    for (let i = 0; i < 40; i++) {
      const id = random.uint32() % 150
      if (random.uint32() % 4 === 0) {
        world.topics.append('balances', 0, [{ key: key(id), value: null }])
        expected.delete(id)
      } else {
        const amount = random.uint32() % 1000
        world.topics.append('balances', 0, [{ key: key(id), value: value(id, `n${commit}`, String(amount)) }])
        expected.set(id, row(id, `n${commit}`, BigInt(amount * 100)))
      }
    }
    settle(world, body)
    const found = world.rows(upsertSpec).toSorted((a, b) => Number(a[0]! as bigint) - Number(b[0]! as bigint))
    assert.deepEqual(
      found,
      [...expected.keys()].toSorted((a, b) => a - b).map((id) => expected.get(id)),
    )
  }
  assert.ok(world.table(upsertSpec).files.length > 1, 'several files')
})

test('a death at any change of the disk leaves a readable table, and the next start neither loses nor doubles a row', () => {
  for (let dieAt = 0; ; dieAt++) {
    const world = new World([appendSpec, upsertSpec], {
      snapshotsMax: 2,
      metadataLogMax: 2,
      manifestsMax: 2,
      smallFilesMax: 3,
    })
    const first = world.body()
    for (let i = 0; i < 3; i++) {
      world.topics.append('events', i % 2, [{ key: null, value: value(i, 'x', '1') }])
      world.topics.append('balances', 0, [{ key: key(i % 2), value: value(i % 2, `v${i}`, '1') }])
      settle(world, first)
    }
    world.topics.append('events', 0, [{ key: null, value: value(3, 'x', '1') }])
    world.topics.append('balances', 0, [
      { key: key(0), value: null },
      { key: key(5), value: value(5, 'five', '5') },
    ])
    world.disk.changes = 0
    world.disk.dieAt = dieAt
    let died = false
    try {
      settle(world, first)
    } catch (error) {
      assert.ok(error instanceof Killed, String(error))
      died = true
    }
    world.disk.restart()
    const before = world.rows(appendSpec).length
    assert.ok(before === 3 || before === 4, 'the table is readable as of a commit')
    const second = world.body()
    assert.deepEqual(
      second.status().map((s) => s.problem),
      [undefined, undefined],
    )
    settle(world, second)
    assert.deepEqual(
      world
        .rows(appendSpec)
        .map((r) => Number(r[0]))
        .toSorted(),
      [0, 1, 2, 3],
    )
    assert.deepEqual(
      world
        .rows(upsertSpec)
        .map((r) => [Number(r[0]), r[1]])
        .toSorted(),
      [
        [1, 'v1'],
        [5, 'five'],
      ],
    )
    const named = world.table(appendSpec).files.length
    assert.ok(world.disk.list('shop/events/data').length <= named + 8, 'no orphans pile up')
    if (!died) {
      assert.ok(dieAt > 20, `the loop went through all steps (${dieAt})`)
      return
    }
  }
})

test('finish reads to the given ends, commits, reports, and then goes on', () => {
  const world = new World([appendSpec])
  world.topics.append(
    'events',
    0,
    [1, 2, 3].map((id) => ({ key: null, value: value(id, 'a', '1') })),
  )
  const body = world.body()
  body.command({ kind: 'finish', ends: { events: [2, 0] } })
  for (let i = 0; i < 4; i++) body.step()
  assert.deepEqual(
    world.reports.filter((r) => r.kind === 'finished'),
    [{ kind: 'finished', name: 'shop.events', ok: true }],
  )
  assert.equal(world.table(appendSpec).range!.partitions[0]!.to, 2)
  assert.equal(world.rows(appendSpec).length, 2)
  settle(world, body)
  assert.equal(world.rows(appendSpec).length, 3)
})

test('rows below what retention kept stop the table with a clear word', () => {
  const world = new World([appendSpec])
  world.topics.append('events', 0, [{ key: null, value: value(1, 'a', '1') }])
  settle(world, world.body())
  world.topics.append('events', 0, [
    { key: null, value: value(2, 'a', '1') },
    { key: null, value: value(3, 'a', '1') },
  ])
  world.topics.setStart('events', 0, 2)
  const body = world.body()
  settle(world, body)
  assert.equal(body.status()[0]!.problem!.code, 'MR-TABLES-006')
  assert.equal(body.status()[0]!.state, 'stopped')
})

test('a new nullable column is added; a changed type is refused', () => {
  const world = new World([appendSpec])
  world.topics.append('events', 0, [{ key: null, value: value(1, 'a', '1') }])
  settle(world, world.body())
  const wider: Schema = { fields: [...schema.fields, { name: 'note', type: types.string() }] }
  const other: Schema = {
    fields: schema.fields.map((f) => (f.name === 'amount' ? { name: 'amount', type: types.double() } : f)),
  }
  const start = (changed: Schema): TablesBody => {
    const spec = { ...appendSpec, schema: changed, topic: { ...appendSpec.topic, schema: changed } }
    return createTablesBody({
      specs: [spec],
      catalog: world.catalog(),
      reader: world.topics,
      schemaIds: noSchemas,
      clock: world.clock,
      random: seededRandom(3),
    })
  }
  assert.equal(start(other).status()[0]!.problem!.code, 'MR-TABLES-003')
  assert.equal(start(wider).status()[0]!.problem, undefined)
  assert.deepEqual(
    currentSchema(world.table(appendSpec).metadata).fields.map((f) => [f.id, f.name]),
    [
      [1, 'id'],
      [2, 'name'],
      [3, 'amount'],
      [4, 'at'],
      [5, 'note'],
    ],
  )
})

test('an append table refuses a topic that changes rows', () => {
  const world = new World([{ ...appendSpec, topic: upsertSpec.topic }])
  assert.equal(world.body().status()[0]!.problem!.code, 'MR-TABLES-001')
})

test('a lake that was moved goes on at its new place, older snapshots too, and its old metadata is cleared away', () => {
  const world = new World([appendSpec, upsertSpec])
  const body = world.body()
  for (let i = 0; i < 3; i++) {
    world.topics.append('events', 0, [{ key: null, value: value(i, 'a', '1') }])
    world.topics.append('balances', 0, [{ key: key(1), value: value(1, `v${i}`, '1') }])
    settle(world, body)
  }
  world.uri = 'file:///elsewhere/lake'
  const moved = world.body()
  assert.deepEqual(
    moved.status().map((s) => s.problem),
    [undefined, undefined],
  )
  world.topics.append('events', 0, [{ key: null, value: value(3, 'a', '1') }])
  settle(world, moved)
  assert.equal(world.rows(appendSpec).length, 4)
  assert.deepEqual(world.rows(upsertSpec), [row(1, 'v2', 100n)])
  for (const spec of [appendSpec, upsertSpec]) {
    const { metadata, folder } = world.table(spec)
    assert.equal(metadata.location, `file:///elsewhere/lake/${folder}`)
    assert.ok(metadata.snapshots.every((s) => s['manifest-list']!.startsWith(metadata.location)))
    const lists = world.disk.list(`${folder}/metadata`).filter((name) => name.startsWith('snap-'))
    assert.equal(lists.length, metadata.snapshots.length)
  }
})

test('a topic that was made anew under its old name stops the table', () => {
  const world = new World([appendSpec])
  world.topics.append('events', 0, [{ key: null, value: value(1, 'a', '1') }])
  settle(world, world.body())
  assert.equal(world.table(appendSpec).range!.topicId, 'one')
  world.topicId = 'two'
  const body = world.body()
  settle(world, body)
  assert.equal(body.status()[0]!.problem!.code, 'MR-TABLES-013')
})

test('a topic that is deleted while the status is taken does not end the worker', () => {
  const world = new World([appendSpec])
  const body = world.body()
  body.step()
  world.topics.endOffset = (topic, partition) => {
    throw new MillraceError('MR-LOG-004', { details: { topic, partition } })
  }
  const [status] = body.status()
  assert.deepEqual(
    status!.partitions.map(({ end, position }) => end - position),
    [0, 0],
  )
  body.close()
})
