// The view that stands for a table in a query: files of the lake's snapshot, then the topic from there on, as one relation. Pure:
// texts from descriptions.
import type { IcebergType, StructField } from '../tables/index.ts'
import { quoteName, quoteText } from './duckdb.ts'
import { tailColumns } from './topic-tail.ts'

export interface RelationParts {
  /** As the query names it; parts separated by a dot are schema and name. */
  readonly name: string
  /** Columns with their Iceberg types; ids are those of the lake's files. */
  readonly fields: readonly StructField[]
  /** Absolute paths of the snapshot's files. */
  readonly lakeFiles: readonly string[]
  /** Absolute path of the topic's part. */
  readonly tailFile: string | undefined
  /** Names of the key columns: the latest change per key counts. Empty: every change is a row. */
  readonly key: readonly string[]
  readonly maskedColumns: ReadonlySet<string>
}

/** Statements that make the view. */
export function relationSql(parts: RelationParts): string[] {
  const dot = parts.name.indexOf('.')
  const schema = dot < 0 ? undefined : parts.name.slice(0, dot)
  const name = dot < 0 ? quoteName(parts.name) : `${quoteName(schema!)}.${quoteName(parts.name.slice(dot + 1))}`
  const columns = parts.fields
    .map((f) => (parts.maskedColumns.has(f.name) ? `'•••' AS ${quoteName(f.name)}` : quoteName(f.name)))
    .join(', ')
  return [
    ...(schema === undefined ? [] : [`CREATE SCHEMA IF NOT EXISTS ${quoteName(schema)}`]),
    `CREATE VIEW ${name} AS SELECT ${columns} FROM (${rowsSql(parts)})`,
  ]
}

function rowsSql({ fields, lakeFiles, tailFile, key }: RelationParts): string {
  const columns = fields.map((f) => quoteName(f.name)).join(', ')
  const lake = lakeFiles.length > 0 ? `SELECT ${columns} FROM ${lakeScan(lakeFiles, fields)}` : undefined
  const tail = tailFile === undefined ? undefined : `read_parquet(${quoteText(tailFile)})`
  if (!tail)
    return (
      lake ??
      `SELECT ${fields.map((f) => `CAST(NULL AS ${duckType(f.type)}) AS ${quoteName(f.name)}`).join(', ')} WHERE false`
    )
  if (key.length === 0) {
    // Without a key the earlier state of a changed row is left out, and its later one is a row.
    const changes = `SELECT ${columns} FROM ${tail} WHERE ${tailColumns.kind} IN (0, 2)`
    return lake ? `${lake} UNION ALL ${changes}` : changes
  }
  const keys = key.map(quoteName).join(', ')
  const newest = `SELECT * FROM ${tail} QUALIFY row_number() OVER (PARTITION BY ${keys} ORDER BY ${tailColumns.sequence} DESC) = 1`
  // +I and +U stay; -U and -D go, and take the lake's row with them.
  const present = `SELECT ${columns} FROM newest WHERE ${tailColumns.kind} IN (0, 2)`
  const rest = lake ? `SELECT ${columns} FROM (${lake}) ANTI JOIN newest USING (${keys}) UNION ALL ` : ''
  return `WITH newest AS MATERIALIZED (${newest}) ${rest}${present}`
}

/** By field id, so that renamed and added columns are right in old files. */
function lakeScan(files: readonly string[], fields: readonly StructField[]): string {
  const schema = fields.map(
    (f) => `${f.id}: {name: ${quoteText(f.name)}, type: ${quoteText(duckType(f.type))}, default_value: NULL}`,
  )
  return `read_parquet([${files.map(quoteText).join(', ')}], schema = MAP {${schema.join(', ')}})`
}

const plain: Readonly<Record<string, string>> = {
  boolean: 'BOOLEAN',
  int: 'INTEGER',
  long: 'BIGINT',
  float: 'FLOAT',
  double: 'DOUBLE',
  date: 'DATE',
  time: 'TIME',
  timestamp: 'TIMESTAMP',
  timestamptz: 'TIMESTAMPTZ',
  string: 'VARCHAR',
  uuid: 'UUID',
  binary: 'BLOB',
}

/** DuckDB's name of an Iceberg type. */
export function duckType(type: IcebergType): string {
  if (typeof type === 'string') return plain[type] ?? (type.startsWith('fixed') ? 'BLOB' : type.toUpperCase())
  if (type.type === 'struct')
    return `STRUCT(${type.fields.map((f) => `${quoteName(f.name)} ${duckType(f.type)}`).join(', ')})`
  if (type.type === 'list') return `${duckType(type.element)}[]`
  return `MAP(${duckType(type.key)}, ${duckType(type.value)})`
}
