// State of pipelines that holds what encrypted columns said: with a key for each person it must be told whose it is, since the
// state forgets a person whose key is deleted. What cannot be told is refused, unless the table says that its state may keep it.
import { MillraceError } from '../base/index.ts'
import type { ErasureSpec } from '../engine/index.ts'
import type { SealingRule } from '../registry/index.ts'
import {
  sealedStateOf,
  sealedTable,
  type PipelinePlan,
  type SealedTable,
  type SlotOwner,
  type SqlProject,
  type TableDefinition,
} from '../sql/index.ts'
import type { Notice } from './contract.ts'
import { keyOfTable } from './encryption.ts'

/**
 * What the engine forgets by; undefined: nothing that the pipeline reads is encrypted, or ever was.
 * @param registered rules of the tables' topics, of all versions: records of before another rule was written are there still
 */
export function erasureOf(
  plan: PipelinePlan,
  tables: readonly TableDefinition[],
  registered: readonly SealingRule[] = [],
): ErasureSpec | undefined {
  const kinds = tables
    .filter((table) => plan.inputs.includes(table.name))
    .flatMap((table) => kindsOf(table, registered))
  if (kinds.length === 0) return undefined
  const slots = new Map<string, SlotOwner[]>()
  for (const { source, table, columns, subject } of kinds)
    for (const { slot, owners } of sealedStateOf(plan.root, (name) =>
      name === table ? { columns, subject, isStateClear: true } : undefined,
    ).slots)
      slots.set(slot, [...(slots.get(slot) ?? []), ...owners.map((owner) => ({ ...owner, source }))])
  return {
    sources: kinds.map(({ source, table, kekName, algorithm, topicSubject }) => ({
      source,
      table,
      kekName,
      algorithm,
      topicSubject,
    })),
    slots: [...slots].map(([slot, owners]) => ({ slot, owners })),
  }
}

/** A table's columns that one kind of key seals. */
interface KeyKind extends ReturnType<typeof keyOfTable> {
  readonly source: string
  readonly table: string
  readonly columns: readonly string[]
  readonly subject: string | null
}

/** Those of the folder, and those of every rule that was registered for the topic. */
function kindsOf(table: TableDefinition, registered: readonly SealingRule[]): KeyKind[] {
  const key = keyOfTable(table)
  const fields = table.schema.fields.map(({ name }) => name)
  const own = sealedTable(table)
  const found: Omit<KeyKind, 'source' | 'table' | 'topicSubject'>[] = [
    ...(own ? [{ ...key, columns: own.columns, subject: own.subject }] : []),
    ...registered
      .filter(({ subject }) => subject === key.topicSubject)
      .map(({ path, kekName, algorithm, keySubject }) => {
        // Of an envelope it is the row inside.
        const column = path?.find((name) => fields.includes(name))
        return { kekName, algorithm, subject: keySubject, columns: path ? (column ? [column] : []) : fields }
      }),
  ]
  const kinds = new Map<string, KeyKind>()
  for (const { kekName, algorithm, subject, columns } of found) {
    const name = JSON.stringify([kekName, algorithm, subject])
    const known = kinds.get(name)
    const source = known?.source ?? (kinds.size === 0 ? table.name : `${table.name} ${name}`)
    const all = [...new Set([...(known?.columns ?? []), ...columns])]
    const { topicSubject } = key
    kinds.set(name, { source, table: table.name, kekName, algorithm, topicSubject, subject, columns: all })
  }
  return [...kinds.values()]
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
 * State with what rules of registered schemas encrypt and the folder does not: it forgets what it can tell the person of, from
 * the node's next start on, and nothing is refused.
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
    const kept = new Set(slots.flatMap(({ owners }) => owners.map(({ source: from }) => from)))
    return [...kept].map((table): Notice => {
      const text = `pipeline ${name} keeps in its state what a rule of the schema of ${table} encrypts (${more.get(table)!.join(', ')}), and the folder does not say so: from its next start on the node forgets there whose key is deleted, if the plan has the columns that name the person. To be sure of it, write 'millrace.encrypt.columns' and 'millrace.encrypt.subject' in CREATE TABLE ${table}`
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
