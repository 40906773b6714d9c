// One query in a DuckDB of its own: loaded when first needed, in memory, reading only the files named, changing nothing.
// Reference: DuckDB "Securing DuckDB": allowed_paths, enable_external_access, lock_configuration.
import type { DuckDBConnection } from '@duckdb/node-api'
import { MillraceError } from '../base/index.ts'
import { tableNamesOf } from './table-names.ts'

type Api = typeof import('@duckdb/node-api')
let loading: Promise<Api> | undefined

/** @throws MillraceError MR-EXPLORE-007 */
async function load(): Promise<Api> {
  loading ??= import('@duckdb/node-api')
  try {
    return await loading
  } catch (cause) {
    loading = undefined
    throw new MillraceError('MR-EXPLORE-007', { details: { reason: (cause as Error).message }, cause })
  }
}

export interface DuckDb {
  readonly connection: DuckDBConnection
  /** Tables and views that a query names, as it writes them, common table expressions left out. */
  tableNames(sql: string): Promise<readonly string[]>
  /** After this only `files` can be read, and nothing can be set. */
  lock(files: readonly string[]): Promise<void>
  /** Column names, SQL types, and at most `rowsMax` rows as JSON has them: 64-bit and decimal values as text. */
  query(
    sql: string,
    rowsMax: number,
  ): Promise<{ columns: { name: string; type: string }[]; rows: unknown[][]; truncated: boolean }>
  close(): void
}

export async function openDuckDb(options: { threads: number; memoryBytesMax: number }): Promise<DuckDb> {
  const { DuckDBInstance, StatementType } = await load()
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(options.threads),
    memory_limit: `${options.memoryBytesMax >> 20}MiB`,
    // Nothing is fetched, and nothing spills onto the disk.
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    temp_directory: '',
  })
  const connection = await instance.connect()
  // Times with a zone are shown in UTC, wherever the node runs.
  await connection.run("SET TimeZone = 'UTC'")
  return {
    connection,
    async tableNames(sql) {
      const reader = await connection.runAndReadAll(`SELECT json_serialize_sql(${quoteText(sql)})`).catch(failed)
      const tree = JSON.parse(String(reader.getRowsJson()[0]![0])) as {
        error: boolean
        error_message?: string
        statements?: unknown[]
      }
      if (tree.error)
        throw new MillraceError('MR-EXPLORE-003', { details: { reason: tree.error_message ?? 'it cannot be parsed' } })
      if (tree.statements?.length !== 1)
        throw new MillraceError('MR-EXPLORE-001', { details: { found: `${tree.statements?.length ?? 0} statements` } })
      return tableNamesOf(tree.statements)
    },
    async lock(files) {
      await connection.run(`SET allowed_paths = [${files.map(quoteText).join(', ')}]`)
      await connection.run('SET enable_external_access = false')
      await connection.run('SET lock_configuration = true')
    },
    async query(sql, rowsMax) {
      const statements = await connection.extractStatements(sql).catch(failed)
      if (statements.count !== 1)
        throw new MillraceError('MR-EXPLORE-001', { details: { found: `${statements.count} statements` } })
      const statement = await statements.prepare(0).catch(failed)
      if (statement.statementType !== StatementType.SELECT) {
        throw new MillraceError('MR-EXPLORE-001', {
          details: { found: `a statement of type ${StatementType[statement.statementType]}` },
        })
      }
      const reader = await statement.streamAndReadUntil(rowsMax + 1).catch(failed)
      const names = reader.columnNames()
      const types = reader.columnTypes()
      const rows = reader.getRowsJson() as unknown[][]
      const columns = names.map((name, i) => ({ name, type: String(types[i]) }))
      return { columns, rows: rows.slice(0, rowsMax), truncated: rows.length > rowsMax }
    },
    close() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

function failed(cause: unknown): never {
  throw new MillraceError('MR-EXPLORE-003', { details: { reason: (cause as Error).message }, cause })
}

export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
