// State of pipelines that holds what encrypted columns said: with a key for each person it must be told whose it is, since the
// state forgets a person whose key is deleted. What cannot be told is refused, unless the table says that its state may keep it.
import { MillraceError } from '../base/index.ts'
import type { ErasureSpec } from '../engine/index.ts'
import {
  sealedStateOf,
  sealedTable,
  type PipelinePlan,
  type SealedTable,
  type SqlProject,
  type TableDefinition,
} from '../sql/index.ts'
import type { Notice } from './contract.ts'
import { keyOfTable } from './encryption.ts'

/** What the engine forgets by; undefined: the pipeline reads nothing that is encrypted. */
export function erasureOf(plan: PipelinePlan, tables: readonly TableDefinition[]): ErasureSpec | undefined {
  const sources = tables.flatMap((table) =>
    plan.inputs.includes(table.name) && sealedTable(table) ? [{ table: table.name, ...keyOfTable(table) }] : [],
  )
  if (sources.length === 0) return undefined
  return { sources, slots: sealedStateOf(plan.root, sealedIn(tables)).slots }
}

/** One error for each column and operator whose state cannot tell whose the value is. */
export function refuseUnownedState(
  pipelines: readonly PipelinePlan[],
  tables: readonly TableDefinition[],
  errors: MillraceError[],
): void {
  for (const { name, root, source } of pipelines) {
    const seen = new Set<string>()
    for (const { table, column, missing, operator } of sealedStateOf(root, sealedIn(tables)).unowned) {
      const details = { pipeline: name, column: `${table}.${column}`, operator, missing: missing.join(', '), table }
      const text = JSON.stringify(details)
      if (seen.has(text)) continue
      seen.add(text)
      const { file, line, column: at } = source
      errors.push(new MillraceError('MR-PROJECT-033', { details, place: { file, line, column: at } }))
    }
  }
}

/** State that a table's option allows to keep what nobody can tell the person of, by pipeline and column. */
export function clearStateNotices({ pipelines, tables }: Pick<SqlProject, 'pipelines' | 'tables'>): Notice[] {
  const sealed = sealedIn(tables)
  return pipelines.flatMap(({ name, root, source }) => {
    const { unowned } = sealedStateOf(root, (table) => {
      const known = sealed(table)
      return known && { ...known, isStateClear: false }
    })
    const kept = new Map(
      unowned
        .filter(({ table }) => sealed(table)!.isStateClear)
        .map(({ table, column, operator }) => [`${table}.${column} (${operator})`, table] as const),
    )
    return [...kept].map(([what, table]): Notice => {
      const text = `pipeline ${name} keeps ${what} in its state, and nothing there says whose it is: erasing a person does not reach it. 'millrace.encrypt.state' = 'clear' of ${table} allows it`
      return { text, place: { file: source.file, line: source.line, column: source.column } }
    })
  })
}

/**
 * State with what rules of registered schemas encrypt and the folder does not: nothing is forgotten there.
 * @param registered by table, the columns, and fields below them as a.b
 */
export function registeredStateNotices(
  { pipelines, tables }: Pick<SqlProject, 'pipelines' | 'tables'>,
  registered: ReadonlyMap<string, readonly string[]>,
): Notice[] {
  const more = new Map(
    tables.map((table) => {
      const known = sealedTable(table)?.columns ?? []
      const columns = (registered.get(table.name) ?? []).map((path) => path.split('.')[0]!)
      return [table.name, columns.filter((column) => !known.includes(column))] as const
    }),
  )
  return pipelines.flatMap(({ name, root, source }) => {
    const { slots } = sealedStateOf(root, (table) => {
      const columns = more.get(table) ?? []
      return columns.length === 0 ? undefined : { columns, subject: null, isStateClear: true }
    })
    const kept = new Set(slots.flatMap(({ owners }) => owners.map(({ table }) => table)))
    return [...kept].map((table): Notice => {
      const text = `pipeline ${name} keeps in its state what a rule of the schema of ${table} encrypts (${more.get(table)!.join(', ')}), and the folder does not say so: deleting a key does not reach it there. Write 'millrace.encrypt.columns' in CREATE TABLE ${table}`
      return { text, place: { file: source.file, line: source.line, column: source.column } }
    })
  })
}

function sealedIn(tables: readonly TableDefinition[]): (table: string) => SealedTable | undefined {
  const sealed = new Map(tables.flatMap((table) => ofTable(table)))
  return (table) => sealed.get(table)
}

function ofTable(table: TableDefinition): [string, SealedTable][] {
  const sealed = sealedTable(table)
  return sealed ? [[table.name, sealed]] : []
}
