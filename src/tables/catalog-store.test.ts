// The catalog's database between threads: two connections to one file see each other's commits, and of two commits on the
// same pointer one is refused. A newer file is refused by name.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { openSqliteStore } from './catalog-store.ts'
import { Refusal } from './iceberg/refusal.ts'
import { openCatalog } from './open.ts'
import { isMillraceError } from './testing.ts'

function inFolder(run: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-catalog-'))
  try {
    run(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('two connections share one truth, and a commit on an old pointer is refused', () => {
  inFolder((folder) => {
    const [one, other] = [openCatalog(folder), openCatalog(folder)]
    one.createNamespace('ns', {})
    const name = { namespace: 'ns', name: 't' }
    const schema = { type: 'struct', 'schema-id': 0, fields: [{ id: 1, name: 'a', required: false, type: 'int' }] }
    const updates = [
      { action: 'add-schema', schema },
      { action: 'set-current-schema', 'schema-id': -1 },
    ]
    one.createTable(name, { folder: 'ns/t', feed: null, updates })
    assert.deepEqual(other.tables('ns'), ['t'])
    const set = (value: string) => ({
      ...name,
      requirements: [],
      updates: [{ action: 'set-properties', updates: { value } }],
    })
    // `one` reads the pointer, then `other` commits, then `one` swaps: as when two requests meet.
    const { write } = one.store
    const interleaved = Object.assign(Object.create(one.store) as typeof one.store, {
      write: ((run) => {
        other.commit([set('other')])
        return write(run)
      }) as typeof write,
    })
    Object.assign(one, { store: interleaved })
    assert.throws(
      () => one.commit([set('one')]),
      (error) => error instanceof Refusal && error.kind === 'conflict',
    )
    assert.equal(one.load(name).metadata.properties.value, 'other')
    assert.equal(other.lake.disk.list('ns/t/metadata').length, 2)
    other.close()
    one.close()
  })
})

test('what a transaction throws takes all of it back', () => {
  const store = openSqliteStore(':memory:')
  assert.throws(
    () =>
      store.write((tx) => {
        tx.putNamespace('ns', {})
        throw new Refusal('conflict', 'no')
      }),
    Refusal,
  )
  assert.deepEqual(
    store.read((tx) => tx.namespaces()),
    [],
  )
})

test('a database of a newer Millrace, or no database, is refused with a clear word', () => {
  inFolder((folder) => {
    const path = join(folder, 'catalog.sqlite')
    const db = new DatabaseSync(path)
    db.exec('PRAGMA user_version = 99')
    db.close()
    assert.throws(
      () => openSqliteStore(path),
      (error) => isMillraceError(error, 'MR-BASE-006'),
    )
    assert.throws(
      () => openSqliteStore(join(folder, 'missing', 'catalog.sqlite')),
      (error) => isMillraceError(error, 'MR-TABLES-010'),
    )
  })
})
