// Compares what the platform holds with what DuckDB computes from the generator's own JSON lines. Every row and every column
// counts, as a multiset; nothing is rounded. Invariant: `agrees` is true only when every table handed in was compared whole.
import type { DuckDBConnection } from '@duckdb/node-api'
import { assert } from '../base/index.ts'
import { ticksPerSecond, type LogicalType, type Schema, type Value } from '../model/index.ts'
import { expectedQuarantine, expectedRows, expectedViews, linesViews, summaryQuery } from './check-queries.ts'
import { timeText } from './json-lines.ts'
import { demoLimits } from './limits.ts'

export type TableName = keyof typeof expectedRows

export interface DemoResult {
  readonly table: TableName
  /** Where the rows were read, for the report: 'topic', 'lake'. */
  readonly from: string
  readonly schema: Schema
  /** Rows as model's rowAt gives them; of an upsert table the current ones, once per key. */
  readonly rows: Iterable<readonly Value[]> | AsyncIterable<readonly Value[]>
}

export interface CheckedTable {
  readonly table: TableName
  readonly from: string
  readonly expectedRows: number
  readonly foundRows: number
  /** Rows that should be there and are not, counted with multiplicity, and the first of them. */
  readonly missingRows: number
  readonly missing: readonly string[]
  readonly unexpectedRows: number
  readonly unexpected: readonly string[]
}

export interface DemoCheck {
  readonly agrees: boolean
  readonly tables: readonly CheckedTable[]
  readonly quarantine: { readonly expected: number; readonly found: number } | undefined
  /** What the generator sent: counts by name. */
  readonly sent: Readonly<Record<string, number>>
}

/**
 * Recomputes the example's results and compares. Only for a bounded run that has ended: live windows are still open.
 * @param options.jsonLines absolute path of the folder that writeJsonLines filled
 * @param options.quarantined records in checkout_events.quarantine; left out: not compared
 */
export async function checkDemo(options: {
  jsonLines: string
  results: readonly DemoResult[]
  quarantined?: number
}): Promise<DemoCheck> {
  assert(options.results.length > 0, 'something is compared')
  // Loaded when a check is asked for: most runs need no DuckDB.
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' })
  const duck = await instance.connect()
  try {
    for (const statement of [...linesViews(options.jsonLines), ...expectedViews]) await duck.run(statement)
    const tables: CheckedTable[] = []
    for (const [i, result] of options.results.entries()) tables.push(await compare(duck, result, `found_${i}`))
    const quarantine =
      options.quarantined === undefined
        ? undefined
        : { expected: await count(duck, expectedQuarantine), found: options.quarantined }
    const [sent] = await (await duck.runAndReadAll(summaryQuery)).getRowObjects()
    const same = tables.every((t) => t.missingRows === 0 && t.unexpectedRows === 0 && t.expectedRows === t.foundRows)
    return {
      agrees: same && (quarantine === undefined || quarantine.expected === quarantine.found),
      tables,
      quarantine,
      sent: Object.fromEntries(Object.entries(sent!).map(([name, value]) => [name, Number(value)])),
    }
  } finally {
    duck.closeSync()
    instance.closeSync()
  }
}

async function compare(duck: DuckDBConnection, result: DemoResult, foundTable: string): Promise<CheckedTable> {
  const foundRows = await load(duck, result, foundTable)
  const expectedTable = `expected_${foundTable}`
  const names = result.schema.fields.map((_, i) => `c${i}`).join(', ')
  await duck.run(`CREATE TEMP TABLE ${expectedTable} AS SELECT * FROM (${expectedRows[result.table]}) AS e(${names})`)
  const missing = `SELECT * FROM ${expectedTable} EXCEPT ALL SELECT * FROM ${foundTable}`
  const unexpected = `SELECT * FROM ${foundTable} EXCEPT ALL SELECT * FROM ${expectedTable}`
  return {
    table: result.table,
    from: result.from,
    expectedRows: await count(duck, `SELECT COUNT(*) FROM ${expectedTable}`),
    foundRows,
    missingRows: await count(duck, `SELECT COUNT(*) FROM (${missing})`),
    missing: await examples(duck, missing),
    unexpectedRows: await count(duck, `SELECT COUNT(*) FROM (${unexpected})`),
    unexpected: await examples(duck, unexpected),
  }
}

/** The rows handed in, all columns as text. @returns how many */
async function load(duck: DuckDBConnection, result: DemoResult, table: string): Promise<number> {
  const { fields } = result.schema
  await duck.run(`CREATE TEMP TABLE ${table} (${fields.map((_, i) => `c${i} VARCHAR`).join(', ')})`)
  const appender = await duck.createAppender(table)
  let rows = 0
  for await (const row of result.rows) {
    assert(row.length === fields.length, 'a row has every column of its table')
    for (let i = 0; i < fields.length; i++) {
      const text = textOf(fields[i]!.type, row[i]!)
      if (text === null) appender.appendNull()
      else appender.appendVarchar(text)
    }
    appender.endRow()
    rows++
  }
  appender.closeSync()
  return rows
}

/** A value as the expected rows have it. */
function textOf(type: LogicalType, value: Value): string | null {
  if (value === null) return null
  if (type.kind === 'DECIMAL') return decimalText(value as bigint, type.scale)
  if (type.kind === 'TIMESTAMP')
    return timeText(Number((value as bigint) / BigInt(ticksPerSecond(type.precision) / 1000)))
  return String(value)
}

function decimalText(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
  const point = digits.length - scale
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, point)}${scale > 0 ? `.${digits.slice(point)}` : ''}`
}

async function count(duck: DuckDBConnection, sql: string): Promise<number> {
  const [row] = (await duck.runAndReadAll(sql)).getRows()
  return Number(row![0])
}

async function examples(duck: DuckDBConnection, sql: string): Promise<string[]> {
  const rows = (
    await duck.runAndReadAll(`SELECT * FROM (${sql}) AS d ORDER BY ALL LIMIT ${demoLimits.examplesMax}`)
  ).getRows()
  return rows.map((row) => row.map((value) => (value === null ? 'NULL' : String(value))).join(' | '))
}
