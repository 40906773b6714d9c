// Where the catalog's pointers lie: one SQLite file in the lake, opened by every thread that needs it (the tables worker, the
// REST catalog on the main thread). A transaction is all or nothing, and durable when it returns.
// Invariant: `metadata` only ever names a file that was synced before the transaction began.
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { MillraceError } from '../base/index.ts'
import { tablesLimits } from './limits.ts'
import { Refusal } from './iceberg/refusal.ts'

export interface TableEntry {
  /** Metadata file, relative to the lake's folder. */
  readonly metadata: string
  /** The table's folder, relative to the lake's. */
  readonly folder: string
  /** The topic that Millrace feeds it from; null for a table of outside writers. */
  readonly feed: string | null
}

/** Reads and changes inside one transaction. */
export interface CatalogTransaction {
  namespaces(): string[]
  namespace(name: string): Readonly<Record<string, string>> | undefined
  putNamespace(name: string, properties: Readonly<Record<string, string>>): void
  dropNamespace(name: string): void
  tables(namespace: string): string[]
  table(namespace: string, name: string): TableEntry | undefined
  putTable(namespace: string, name: string, entry: TableEntry): void
  dropTable(namespace: string, name: string): void
}
export interface CatalogStore {
  /** Runs in one exclusive write transaction; what `run` throws rolls it back. @throws MillraceError MR-TABLES-010 */
  write<T>(run: (tx: CatalogTransaction) => T): T
  read<T>(run: (tx: CatalogTransaction) => T): T
  close(): void
}

const formatVersion = 1

/**
 * Copies a catalog's database as it stands between two transactions, beside its users. Durable on return.
 * @param to a path where nothing is yet
 * @throws MillraceError MR-TABLES-010
 */
export function copyCatalog(path: string, to: string): void {
  try {
    const db = new DatabaseSync(path, { readOnly: true, timeout: tablesLimits.catalogBusyMs })
    try {
      db.prepare('VACUUM INTO ?').run(to)
    } finally {
      db.close()
    }
  } catch (cause) {
    throw new MillraceError('MR-TABLES-010', { details: { path, reason: (cause as Error).message }, cause })
  }
}

/**
 * Opens (or makes) the catalog's database. Cost: one file open; keeps it open.
 * @param path absolute, or ':memory:' for a run that must leave nothing (then not shared between threads)
 * @throws MillraceError MR-TABLES-010 when it cannot be used, MR-BASE-006 when a newer Millrace wrote it
 */
export function openSqliteStore(path: string): CatalogStore {
  const guard = <T>(run: () => T): T => {
    try {
      return run()
    } catch (cause) {
      if (cause instanceof MillraceError || cause instanceof Refusal) throw cause
      if ((cause as { code?: string }).code !== 'ERR_SQLITE_ERROR') throw cause
      throw new MillraceError('MR-TABLES-010', { details: { path, reason: (cause as Error).message }, cause })
    }
  }
  const db = guard(() => {
    const opened = new DatabaseSync(path, { timeout: tablesLimits.catalogBusyMs })
    prepareDatabase(opened, path)
    return opened
  })
  const tx = transactionOn(db)
  const within = <T>(begin: string, run: (tx: CatalogTransaction) => T): T =>
    guard(() => {
      db.exec(begin)
      try {
        const result = run(tx)
        db.exec('COMMIT')
        return result
      } catch (error) {
        if (db.isTransaction) db.exec('ROLLBACK')
        throw error
      }
    })
  return {
    write: (run) => within('BEGIN IMMEDIATE', run),
    read: (run) => within('BEGIN', run),
    close: () => db.close(),
  }
}

function prepareDatabase(db: DatabaseSync, path: string): void {
  // A write-ahead log lets readers go on during a commit; FULL syncs it at each commit.
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  const found = Number(db.prepare('PRAGMA user_version').get()?.user_version ?? 0)
  if (found > formatVersion) throw new MillraceError('MR-BASE-006', { details: { path, found, known: formatVersion } })
  if (found === formatVersion) return
  db.exec(`BEGIN IMMEDIATE;
    CREATE TABLE IF NOT EXISTS namespaces (name TEXT PRIMARY KEY, properties TEXT NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS tables (namespace TEXT NOT NULL, name TEXT NOT NULL, metadata TEXT NOT NULL, folder TEXT NOT NULL, feed TEXT, PRIMARY KEY (namespace, name)) STRICT;
    PRAGMA user_version = ${formatVersion};
    COMMIT`)
}

function transactionOn(db: DatabaseSync): CatalogTransaction {
  const statements = new Map<string, StatementSync>()
  const prepare = (sql: string): StatementSync => {
    let statement = statements.get(sql)
    if (!statement) statements.set(sql, (statement = db.prepare(sql)))
    return statement
  }
  return {
    namespaces: () =>
      prepare('SELECT name FROM namespaces ORDER BY name')
        .all()
        .map((row) => String(row.name)),
    namespace(name) {
      const row = prepare('SELECT properties FROM namespaces WHERE name = ?').get(name)
      return row && (JSON.parse(String(row.properties)) as Record<string, string>)
    },
    putNamespace(name, properties) {
      prepare('INSERT INTO namespaces VALUES (?, ?) ON CONFLICT DO UPDATE SET properties = excluded.properties').run(
        name,
        JSON.stringify(properties),
      )
    },
    dropNamespace: (name) => void prepare('DELETE FROM namespaces WHERE name = ?').run(name),
    tables: (namespace) =>
      prepare('SELECT name FROM tables WHERE namespace = ? ORDER BY name')
        .all(namespace)
        .map((row) => String(row.name)),
    table(namespace, name) {
      const row = prepare('SELECT metadata, folder, feed FROM tables WHERE namespace = ? AND name = ?').get(
        namespace,
        name,
      )
      return (
        row && {
          metadata: String(row.metadata),
          folder: String(row.folder),
          feed: row.feed === null ? null : String(row.feed),
        }
      )
    },
    putTable(namespace, name, { metadata, folder, feed }) {
      prepare(
        'INSERT INTO tables VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET metadata = excluded.metadata, folder = excluded.folder, feed = excluded.feed',
      ).run(namespace, name, metadata, folder, feed)
    },
    dropTable: (namespace, name) =>
      void prepare('DELETE FROM tables WHERE namespace = ? AND name = ?').run(namespace, name),
  }
}
