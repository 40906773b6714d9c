// What must hold at a source before its log is read, asked of the live server: settings, tables and their columns, keys, foreign
// keys whose cascades the log leaves out, and that the log still holds every transaction we have not seen.
import { MillraceError } from '../base/index.ts'
import { describeType } from '../model/index.ts'
import type { CapturedTable } from './capture-types.ts'
import type { SourceQueries } from './mysql/connection.ts'
import { GtidSet } from './mysql/gtid-set.ts'
import { columnFromCatalog, describeSource, mismatchOf, type SourceColumn } from './mysql/source-column.ts'

export interface SourceTable {
  readonly database: string
  readonly table: string
  /** In the table's own order; includes columns that are not captured. */
  readonly columns: readonly SourceColumn[]
  /** Names of the primary key's columns, in its order. */
  readonly primaryKey: readonly string[]
}

export interface SourceFacts {
  readonly executed: GtidSet
  readonly purged: GtidSet
  /** Character set by collation id. */
  readonly charsets: ReadonlyMap<number, string>
  readonly tables: ReadonlyMap<string, SourceTable>
  /** The statement that says where the log ends. */
  readonly statusStatement: string
}

/** Asks and checks everything that does not depend on our position. Throws MillraceError MR-CAPTURE-003 to 006, 009. */
export async function checkSource(
  queries: SourceQueries,
  source: string,
  tables: readonly CapturedTable[],
): Promise<SourceFacts> {
  const { unloggedCascades, statusStatement } = await checkSettings(queries, source)
  const found = new Map<string, SourceTable>()
  for (const table of tables) found.set(table.source, await checkTable(queries, source, table))
  if (unloggedCascades) for (const table of found.values()) await checkCascades(queries, table)
  const [sets] = await queries.rows('SELECT @@GLOBAL.gtid_executed AS executed, @@GLOBAL.gtid_purged AS purged')
  const collations = await queries.rows(
    'SELECT ID, CHARACTER_SET_NAME FROM information_schema.COLLATIONS WHERE ID IS NOT NULL',
  )
  return {
    executed: GtidSet.parse(sets!['executed'] ?? ''),
    purged: GtidSet.parse(sets!['purged'] ?? ''),
    charsets: new Map(collations.map((row) => [Number(row['ID']), row['CHARACTER_SET_NAME'] ?? ''])),
    tables: found,
    statusStatement,
  }
}

/** Does the source still have all that `ours` lacks, and has it all that we have? Throws MR-CAPTURE-007, 008. */
export function checkHistory(source: string, ours: GtidSet, facts: SourceFacts): void {
  const lost = facts.purged.subtract(ours)
  if (!lost.isEmpty) throw new MillraceError('MR-CAPTURE-007', { details: { source, missing: lost.toString() } })
  const ahead = ours.subtract(facts.executed)
  if (!ahead.isEmpty) throw new MillraceError('MR-CAPTURE-008', { details: { source, ahead: ahead.toString() } })
}

async function checkSettings(
  queries: SourceQueries,
  source: string,
): Promise<{ unloggedCascades: boolean; statusStatement: string }> {
  const rows = await queries.rows(
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('version', 'log_bin', 'binlog_format', 'binlog_row_image', 'binlog_row_metadata', 'gtid_mode', 'innodb_native_foreign_keys')",
  )
  const value = new Map(rows.map((row) => [row['Variable_name'] ?? '', row['Value'] ?? '']))
  const version = value.get('version') ?? ''
  const wanted: [string, string][] = [
    ['log_bin', 'ON'],
    ['gtid_mode', 'ON'],
    ['binlog_format', 'ROW'],
    ['binlog_row_image', 'FULL'],
    ['binlog_row_metadata', 'FULL'],
  ]
  if (version.includes('MariaDB') || Number.parseInt(version, 10) < 8) {
    throw new MillraceError('MR-CAPTURE-003', {
      details: { source, setting: 'version', found: version, wanted: 'MySQL 8.0 or newer' },
    })
  }
  for (const [setting, need] of wanted) {
    const found = value.get(setting) ?? 'unknown'
    if (found.toUpperCase() !== need)
      throw new MillraceError('MR-CAPTURE-003', { details: { source, setting, found, wanted: need } })
  }
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10))
  const atLeast = (a: number, b: number): boolean => major > a || (major === a && minor >= b)
  return {
    unloggedCascades: !atLeast(9, 6) || value.get('innodb_native_foreign_keys') === 'ON',
    statusStatement: atLeast(8, 2) ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS',
  }
}

async function checkTable(queries: SourceQueries, source: string, captured: CapturedTable): Promise<SourceTable> {
  const [database = '', table = ''] = captured.source.split('.')
  const rows = await queries.rows(
    'SELECT * FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION',
    [database, table],
  )
  if (rows.length === 0) throw new MillraceError('MR-CAPTURE-004', { details: { source, table: captured.source } })
  const columns = rows.map(columnFromCatalog)
  const { schema, primaryKey } = captured.format
  for (const field of schema.fields) {
    const column = columns.find((c) => c.name.toLowerCase() === field.name.toLowerCase())
    const reason = column ? mismatchOf(column, field.type) : 'the database has no such column'
    if (!reason) continue
    const found = column ? describeSource(column) : 'missing'
    throw new MillraceError('MR-CAPTURE-005', {
      details: { table: captured.source, column: field.name, found, declared: describeType(field.type), reason },
    })
  }
  const keyRows = await queries.rows(
    "SELECT COLUMN_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND INDEX_NAME = 'PRIMARY' ORDER BY SEQ_IN_INDEX",
    [database, table],
  )
  const key = keyRows.map((row) => row['COLUMN_NAME'] ?? '')
  const declared = (primaryKey ?? []).map((i) => schema.fields[i]!.name)
  const same =
    key.length === declared.length && key.every((name) => declared.some((d) => d.toLowerCase() === name.toLowerCase()))
  if (key.length === 0 || !same) {
    throw new MillraceError('MR-CAPTURE-006', {
      details: { table: captured.source, found: key.join(', ') || 'none', declared: declared.join(', ') || 'none' },
    })
  }
  return { database, table, columns, primaryKey: key }
}

/** InnoDB's own cascades change rows of the child without logging them. Throws MR-CAPTURE-009. */
async function checkCascades(queries: SourceQueries, table: SourceTable): Promise<void> {
  const rows = await queries.rows(
    "SELECT CONSTRAINT_NAME FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = ? AND TABLE_NAME = ? AND (DELETE_RULE NOT IN ('RESTRICT', 'NO ACTION') OR UPDATE_RULE NOT IN ('RESTRICT', 'NO ACTION'))",
    [table.database, table.table],
  )
  const name = rows[0]?.['CONSTRAINT_NAME']
  if (name)
    throw new MillraceError('MR-CAPTURE-009', {
      details: { table: `${table.database}.${table.table}`, constraint: name },
    })
}
