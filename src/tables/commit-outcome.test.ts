// A commit whose answer is lost: it may have landed or not. Nothing is doubled, lost, or deleted under a live table.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '../base/index.ts'
import { types, type Schema } from '../model/index.ts'
import { Catalog } from './catalog.ts'
import { openSqliteStore, type CatalogStore } from './catalog-store.ts'
import { tableFiles } from './table-files.ts'
import type { TableSpec } from './table-spec.ts'
import { createTablesBody } from './tables-body.ts'
import { MemoryTopics, MortalDisk, noSchemas, seededRandom, SteppedClock } from './testing.ts'

const schema: Schema = { fields: [{ name: 'id', type: types.bigint(false) }] }
const spec = (mode: 'append' | 'upsert'): TableSpec => {
  const primaryKey = mode === 'upsert' ? [0] : null
  return {
    namespace: 'shop',
    name: mode,
    schema,
    mode,
    primaryKey,
    topic: { topic: mode, schema, keyColumns: primaryKey, keyFormat: 'raw', valueFormat: 'json', primaryKey },
  }
}
const record = (id: number) => {
  const key = new Uint8Array(8)
  new DataView(key.buffer).setBigInt64(0, BigInt(id))
  return { key, value: new TextEncoder().encode(`{"id":${id}}`) }
}

/** Fails chosen writes with the error of a broken catalog, before or after they landed. */
function flaky(store: CatalogStore, plan: ('ok' | 'before' | 'after')[]): CatalogStore {
  const broken = (): MillraceError =>
    new MillraceError('MR-TABLES-010', { details: { path: 'catalog.sqlite', reason: 'disk I/O error' } })
  return {
    ...store,
    write(run) {
      const what = plan.shift() ?? 'ok'
      if (what === 'before') throw broken()
      const result = store.write(run)
      if (what === 'after') throw broken()
      return result
    },
  }
}

for (const mode of ['append', 'upsert'] as const) {
  for (const failure of ['before', 'after'] as const) {
    test(`${mode}: a commit that fails ${failure} it landed is told apart by reloading`, () => {
      const disk = new MortalDisk()
      const clock = new SteppedClock()
      const topics = new MemoryTopics()
      topics.create(mode, 1)
      const plan: ('ok' | 'before' | 'after')[] = []
      const catalog = new Catalog({
        lake: { disk, uri: 'file:///lake' },
        store: flaky(openSqliteStore(':memory:'), plan),
        clock,
        random: seededRandom(1),
      })
      const body = createTablesBody({
        specs: [spec(mode)],
        catalog,
        reader: topics,
        schemaIds: noSchemas,
        clock,
        random: seededRandom(2),
        options: { commitMs: 10 },
      })
      const settle = (): void => {
        while (body.step()) continue
        clock.timeMs += 2000
        while (body.step()) continue
      }
      topics.append(mode, 0, [record(1), record(2)])
      settle()
      plan.push(failure)
      topics.append(mode, 0, [record(3), record(2)])
      settle()
      assert.equal(body.status()[0]!.state, 'retrying')
      assert.equal(body.status()[0]!.problem!.code, 'MR-TABLES-010')
      topics.append(mode, 0, [record(4)])
      settle()
      settle()
      const [status] = body.status()
      assert.equal(status!.state, 'running')
      assert.equal(status!.rowCount, mode === 'append' ? 5 : 4)
      const { files, range } = tableFiles(catalog, spec(mode))
      for (const file of files) assert.ok(disk.exists(file.path), file.path)
      assert.equal(range!.partitions[0]!.to, 5)
    })
  }
}
