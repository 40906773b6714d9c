// Reads one chunk of a table while its log goes on, without locks: executed set L, rows in primary-key order, end of the log P.
// All of L is visible in the rows; what is visible beyond L lies before P in the log. So L and P bound what is uncertain, and the
// window (snapshot-window.ts) settles it. Reference: DBLog (Andreakis and Papapanagiotou, 2020), with GTIDs for its watermarks.
import type { Clock } from '../base/index.ts'
import { BatchBuilder, type Batch, type Schema } from '../model/index.ts'
import type { CaptureLimits } from './limits.ts'
import type { LogPlace } from './log-place.ts'
import type { SourceQueries } from './mysql/connection.ts'
import { GtidSet } from './mysql/gtid-set.ts'
import type { SourceColumn } from './mysql/source-column.ts'
import { cellReader, quoteName, selectExpression } from './mysql/text-values.ts'
import type { SourceTable } from './server-check.ts'

export interface Chunk {
  /** Keys at most `after` were in earlier chunks; null at the table's beginning. */
  readonly after: readonly string[] | null
  /** The last key; null when the chunk reaches to the table's end. */
  readonly upTo: readonly string[] | null
  /** Rows in key order, all inserts. May be larger than an ordinary batch. */
  readonly rows: Batch
  /** L: every transaction in it is visible in `rows`. */
  readonly executed: GtidSet
  /** P: every transaction visible in `rows` lies before it in the log. */
  readonly end: LogPlace
  /** The source's time, ms since 1970. */
  readonly readMs: number
}

export interface ChunkRequest {
  readonly table: SourceTable
  readonly schema: Schema
  readonly statusStatement: string
  readonly after: readonly string[] | null
  /** Transactions already read from the log: they must be visible before their rows are looked for. */
  readonly seen: GtidSet
  readonly limits: CaptureLimits
}

/** Can the key be walked by comparisons that mean the same here and there? Integers can; text has collations. */
export function isWalkable(table: SourceTable, schema: Schema): boolean {
  return table.primaryKey.every((name) => {
    const kind = table.columns.find((c) => c.name === name)?.kind ?? ''
    const type = schema.fields.find((f) => f.name.toLowerCase() === name.toLowerCase())?.type
    const integer = type?.kind !== 'BOOLEAN' && (type?.kind !== 'DECIMAL' || type.scale === 0)
    return integer && ['tinyint', 'smallint', 'mediumint', 'int', 'bigint'].includes(kind)
  })
}

/**
 * Reads the chunk after `after`. One read per call; memory is that of the chunk.
 * @returns 'too-large' when a table that cannot be walked has too many rows
 */
export async function readChunk(
  queries: SourceQueries,
  clock: Clock,
  request: ChunkRequest,
): Promise<Chunk | 'too-large'> {
  const { table, schema, limits } = request
  const executed = await executedWithAll(queries, clock, request.seen)
  const walkable = isWalkable(table, schema)
  const rowsMax = walkable ? limits.chunkRowsMax : limits.wholeTableRowsMax
  const columns = schema.fields.map((field) =>
    table.columns.find((c) => c.name.toLowerCase() === field.name.toLowerCase())!,
  )
  const cells = await queries.cells(selectText(request, columns, rowsMax + 1))
  if (!walkable && cells.length > rowsMax) return 'too-large'
  const complete = cells.length <= rowsMax
  const count = Math.min(cells.length, rowsMax)
  const builder = new BatchBuilder(schema)
  const readers = columns.map((column, i) => cellReader(column, schema.fields[i]!.type))
  for (let row = 0; row < count; row++) {
    const values = cells[row]!
    for (let i = 0; i < readers.length; i++) {
      const cell = values[i]
      if (cell) readers[i]!(cell, builder.columns[i]!)
      else builder.columns[i]!.appendNull()
    }
    builder.endRow()
  }
  const keyIndexes = table.primaryKey.map((name) => columns.findIndex((c) => c.name === name))
  const last = cells[count - 1]
  const upTo = complete || !last ? null : keyIndexes.map((i) => new TextDecoder().decode(last[i]!))
  const [status] = await queries.rows(request.statusStatement)
  const [now] = await queries.rows('SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED) AS now')
  return {
    after: request.after,
    upTo,
    rows: builder.finish(),
    executed,
    end: { file: status?.['File'] ?? '', position: Number(status?.['Position'] ?? 0) },
    readMs: Number(now?.['now'] ?? 0),
  }
}

/** The executed set, once it holds all of `seen`: an event may arrive here before its transaction is visible there. */
async function executedWithAll(queries: SourceQueries, clock: Clock, seen: GtidSet): Promise<GtidSet> {
  for (;;) {
    const [row] = await queries.rows('SELECT @@GLOBAL.gtid_executed AS executed')
    const executed = GtidSet.parse(row?.['executed'] ?? '')
    if (executed.contains(seen)) return executed
    await new Promise<void>((resolve) => clock.after(5, resolve))
  }
}

function selectText(request: ChunkRequest, columns: readonly SourceColumn[], limit: number): string {
  const { table, after } = request
  const key = table.primaryKey.map(quoteName)
  const what = columns.map(selectExpression).join(', ')
  const where = after ? ` WHERE ${afterKey(key, after)}` : ''
  const order = isWalkable(table, request.schema) ? ` ORDER BY ${key.join(', ')}` : ''
  return `SELECT ${what} FROM ${quoteName(table.database)}.${quoteName(table.table)}${where}${order} LIMIT ${limit}`
}

/** (a, b) > (x, y), written so that the index is used. The values are integers' texts. */
function afterKey(key: readonly string[], after: readonly string[]): string {
  const cases = key.map((column, i) => {
    const equal = key.slice(0, i).map((k, j) => `${k} = ${after[j]}`)
    return `(${[...equal, `${column} > ${after[i]}`].join(' AND ')})`
  })
  return cases.join(' OR ')
}
