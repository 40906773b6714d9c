// The shop's rows in a real MySQL: each group of events is one transaction, which also moves the generator's number there. So a
// crash on either side neither loses nor doubles a row.
import type { Connection } from 'mysql2/promise'
import { MillraceError } from '../base/index.ts'
import type { Value } from '../model/index.ts'
import type { GeneratorPosition, GeneratorSpec } from './generator-types.ts'
import { shopColumns, tellEvent, type CapturedName } from './shop.ts'
import { heartbeatRow } from './topic-sink.ts'

export interface ShopDatabase {
  /** What is written there; undefined when nothing. */
  readonly position: GeneratorPosition | undefined
  /** Writes the rows of all events from the last position to `position.next`, once. */
  write(position: GeneratorPosition): Promise<void>
  /** All transactions of the server, as a GTID set. */
  executed(): Promise<string>
  close(): void
}

const definitions = (name: string): string[] => [
  `CREATE DATABASE IF NOT EXISTS ${name}`,
  `CREATE TABLE IF NOT EXISTS ${name}.users (user_id BIGINT NOT NULL PRIMARY KEY, country VARCHAR(2) NOT NULL, risk_band VARCHAR(16) NOT NULL, updated_at DATETIME(3) NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS ${name}.merchants (merchant_id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(80) NOT NULL, category VARCHAR(32) NOT NULL, updated_at DATETIME(3) NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS ${name}.orders (loan_id BIGINT NOT NULL PRIMARY KEY, user_id BIGINT NOT NULL, principal DECIMAL(12, 2) NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS ${name}.payments (payment_id BIGINT NOT NULL PRIMARY KEY, loan_id BIGINT NOT NULL, amount DECIMAL(12, 2) NOT NULL, state VARCHAR(16) NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS ${name}.generator_position (source VARCHAR(64) NOT NULL PRIMARY KEY, position JSON NOT NULL)`,
]

/** Makes the shop's database and tables where they are missing. Rejects with MR-DEMO-004. */
export async function prepareShopDatabase(url: string, name: string): Promise<void> {
  const connection = await connect(url)
  try {
    for (const statement of definitions(name)) await connection.query(statement)
  } catch (cause) {
    throw databaseError(cause)
  } finally {
    connection.destroy()
  }
}

/** Connects, makes what is missing, reads the position. Rejects with MR-DEMO-004. */
export async function shopDatabase(spec: GeneratorSpec): Promise<ShopDatabase> {
  const { url, name } = spec.database!
  await prepareShopDatabase(url, name)
  const connection = await connect(url)
  try {
    const [rows] = await connection.query(
      `SELECT CAST(position AS CHAR) AS position FROM ${name}.generator_position WHERE source = ?`,
      [spec.source],
    )
    const text = (rows as { position: string }[])[0]?.position
    const position = text === undefined ? undefined : (JSON.parse(text) as GeneratorPosition)
    return new MysqlShop(connection, spec, position)
  } catch (cause) {
    connection.destroy()
    throw databaseError(cause)
  }
}

async function connect(url: string): Promise<Connection> {
  try {
    // Loaded when a database is asked for: most runs have none.
    const { createConnection } = await import('mysql2/promise')
    const connection = await createConnection({ uri: url, timezone: 'Z' })
    connection.on('error', () => {})
    return connection
  } catch (cause) {
    throw databaseError(cause)
  }
}

function databaseError(cause: unknown): MillraceError {
  const reason =
    cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code || cause.name : String(cause)
  return new MillraceError('MR-DEMO-004', { details: { reason }, cause })
}

/** Statements of one table in order: runs of rows to put, and of keys to delete. */
type Run = { readonly kind: 'put' | 'delete'; readonly rows: (readonly Value[])[] }

class MysqlShop implements ShopDatabase {
  readonly #connection: Connection
  readonly #spec: GeneratorSpec
  #position: GeneratorPosition | undefined

  constructor(connection: Connection, spec: GeneratorSpec, position: GeneratorPosition | undefined) {
    this.#connection = connection
    this.#spec = spec
    this.#position = position
  }

  get position(): GeneratorPosition | undefined {
    return this.#position
  }

  async write(position: GeneratorPosition): Promise<void> {
    const { name } = this.#spec.database!
    try {
      await this.#connection.query('START TRANSACTION')
      for (const [table, runs] of this.#runs(position)) {
        for (const run of runs) await this.#connection.query(statementOf(`${name}.${table}`, table, run))
      }
      await this.#connection.query(`REPLACE INTO ${name}.generator_position VALUES (?, ?)`, [
        this.#spec.source,
        JSON.stringify(position),
      ])
      await this.#connection.query('COMMIT')
    } catch (cause) {
      throw databaseError(cause)
    }
    this.#position = position
  }

  async executed(): Promise<string> {
    try {
      const [rows] = await this.#connection.query('SELECT @@GLOBAL.gtid_executed AS executed')
      return (rows as { executed: string }[])[0]!.executed
    } catch (cause) {
      throw databaseError(cause)
    }
  }

  #runs(position: GeneratorPosition): Map<CapturedName, Run[]> {
    const tables = new Map<CapturedName, Run[]>()
    const add = (table: CapturedName, kind: Run['kind'], row: readonly Value[]): void => {
      const runs = tables.get(table) ?? []
      tables.set(table, runs)
      const last = runs.at(-1)
      if (last?.kind === kind) last.rows.push(row)
      else runs.push({ kind, rows: [row] })
    }
    for (let n = this.#position?.next ?? 0; n < position.next; n++) {
      tellEvent(position.seed, position.line, n, {
        change: (table, before, after) => (after ? add(table, 'put', after) : add(table, 'delete', before!)),
        heartbeat: (table, timeMs) => {
          if (this.#spec.database!.heartbeats) add(table, 'put', heartbeatRow(timeMs))
        },
        event: () => {},
        undecodable: () => {},
      })
    }
    return tables
  }

  close(): void {
    this.#connection.destroy()
  }
}

function statementOf(target: string, table: CapturedName, run: Run): string {
  const columns = shopColumns[table]
  if (run.kind === 'delete')
    return `DELETE FROM ${target} WHERE ${columns[0]} IN (${run.rows.map((row) => row[0]).join(', ')})`
  const rows = run.rows.map((row) => `(${row.map((value, i) => literal(columns[i]!, value)).join(', ')})`)
  const set = columns.slice(1).map((column) => `${column} = new.${column}`)
  return `INSERT INTO ${target} (${columns.join(', ')}) VALUES ${rows.join(', ')} AS new ON DUPLICATE KEY UPDATE ${set.join(', ')}`
}

/** The generator's own values only: numbers, times and plain words. */
function literal(column: string, value: Value): string {
  if (column.endsWith('_at')) return `'${new Date(Number(value)).toISOString().replace('T', ' ').replace('Z', '')}'`
  if (column === 'amount' || column === 'principal') return (Number(value) / 100).toFixed(2)
  return typeof value === 'string' ? `'${value}'` : String(value)
}
