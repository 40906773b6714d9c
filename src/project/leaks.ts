// Columns that a table has encrypted, and that a pipeline writes somewhere else in clear. Pipelines open what they read, so a
// copy of such a column is a copy in clear unless its new table encrypts it too: nothing fails, and a key that is deleted
// later erases nothing there. Said each time, like all that a folder says and nobody checks.
// Counting is no leak; MIN, LISTAGG and all else that gives text or bytes again may be.
import type { LogicalType } from '../model/index.ts'
import { sealedTable, type PipelinePlan, type TableDefinition } from '../sql/index.ts'
import type { Notice } from './contract.ts'
import { encryptedColumns, keyOfTable } from './encryption.ts'
import type { Project } from './load.ts'

/** Columns, and fields below them as a.b, that are encrypted by rules which somebody registered with a topic's schema. */
export type RegisteredEncryption = ReadonlyMap<string, readonly string[]>

/**
 * One notice for each column that comes from an encrypted one and is written in clear, at its pipeline's place.
 * @param registered by table, beside what the folder says
 */
export function leakNotices({ sql }: Pick<Project, 'sql'>, registered: RegisteredEncryption = new Map()): Notice[] {
  const tables = new Map(sql.tables.map((table) => [table.name, table]))
  const encrypted = new Map(
    sql.tables.map((table) => [
      table.name,
      [...new Set([...encryptedColumns(table), ...(registered.get(table.name) ?? [])])],
    ]),
  )
  return sql.pipelines.flatMap((pipeline) => {
    const sink = tables.get(pipeline.sink.table)!
    return (sql.pipelineLineage.get(pipeline.name) ?? []).flatMap(({ column, sources, transformation }): Notice[] => {
      const field = sink.schema.fields.find(({ name }) => name === column)!
      if (!mayCarry(field.type, transformation)) return []
      const from = sources.flatMap((source) =>
        encrypted
          .get(source.table)!
          .filter((path) => path === source.column || path.startsWith(`${source.column}.`))
          .filter((path) => !isEncrypted(encrypted.get(sink.name)!, column, path, transformation))
          .map((path) => `${source.table}.${path}`),
      )
      const { file, line, column: at } = pipeline.source
      const place = { file, line, column: at }
      const elsewhere = sources.filter(
        ({ table, column: source }) =>
          from.length === 0 &&
          encrypted.get(table)!.some((path) => path === source || path.startsWith(`${source}.`)) &&
          personKeyOf(tables.get(table)!) !== undefined &&
          personKeyOf(tables.get(table)!) !== personKeyOf(sink),
      )
      if (elsewhere.length > 0) {
        const names = elsewhere.map(({ table, column: source }) => `${table}.${source}`).join(', ')
        const text = `pipeline ${pipeline.name}: ${names} has a key for each person, and ${sink.name}.${column}, which comes from it, is sealed with another key: who is erased in ${elsewhere[0]!.table} is not in ${sink.name}: give ${sink.name} the same 'millrace.encrypt.subject', kek and algorithm`
        return [{ text, place }]
      }
      if (from.length === 0) return []
      const are = from.length === 1 ? 'is' : 'are'
      const text = `pipeline ${pipeline.name}: ${from.join(', ')} ${are} encrypted, and ${sink.name}.${column}, which comes from it, is written in clear: ${remedy(sink, column, field.type, pipeline)}`
      return [{ text, place }]
    })
  })
}

/** Which key a person has in a table, columns being called as they are; undefined: persons have none of their own. */
function personKeyOf(table: TableDefinition): string | undefined {
  const { kekName, algorithm } = keyOfTable(table)
  const subject = sealedTable(table)?.subject ?? null
  return subject === null ? undefined : JSON.stringify([kekName, algorithm, subject.replace(/\{[^{}]*\}/g, '{}')])
}

/** Whether a value of this type can hold what the text or the bytes said. Of aggregates those that give numbers or times count or measure. */
function mayCarry(type: LogicalType, transformation: 'identity' | 'expression' | 'aggregation'): boolean {
  if (transformation === 'aggregation') return holdsText(type)
  return type.kind !== 'BOOLEAN'
}

function holdsText(type: LogicalType): boolean {
  switch (type.kind) {
    case 'ARRAY':
      return holdsText(type.element)
    case 'MAP':
      return holdsText(type.key) || holdsText(type.value)
    case 'ROW':
      return type.fields.some((field) => holdsText(field.type))
    default:
      return ['CHAR', 'VARCHAR', 'BINARY', 'VARBINARY'].includes(type.kind)
  }
}

/** @param path of the source: below a column that is copied whole, the same field of the copy must be encrypted */
function isEncrypted(
  ofSink: readonly string[],
  column: string,
  path: string,
  transformation: 'identity' | 'expression' | 'aggregation',
): boolean {
  const dot = path.indexOf('.')
  if (dot >= 0 && transformation === 'identity')
    return ofSink.includes(column) || ofSink.includes(`${column}${path.slice(dot)}`)
  return ofSink.some((own) => own === column || own.startsWith(`${column}.`))
}

function remedy(sink: TableDefinition, column: string, type: LogicalType, { sink: written }: PipelinePlan): string {
  const isKey = written.keyColumns?.some((index) => sink.schema.fields[index]!.name === column)
  if (isKey) return 'a key is not encrypted, so key it by another column, or leave the column out'
  if (!holdsText(type)) return 'only text and bytes can be encrypted, so write it as text, or leave the column out'
  const own = encryptedColumns(sink)
  const below = type.kind === 'ROW' || type.kind === 'MAP' || type.kind === 'ARRAY' ? ' (of a row: its fields)' : ''
  const list = [...own, column].join(', ')
  return `write 'millrace.encrypt.columns' = '${list}'${below} in CREATE TABLE ${sink.name}, or leave the column out`
}
