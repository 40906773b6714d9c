// Which rows a logical node gives: whether it changes rows it gave before, and by which columns its rows are told apart.
import { isInteger, storesImplicitly } from '../bind/types.ts'
import type { ChangelogMode, Expression, TableDefinition } from '../plan.ts'
import { equiKeys } from '../logical/join-keys.ts'
import { inputsOf, type LogicalNode } from '../logical/tree.ts'

export type ChangelogOf = (table: TableDefinition) => ChangelogMode

/** Does the node emit updates or deletes? */
export function isUpdating(node: LogicalNode, changelogOf: ChangelogOf): boolean {
  switch (node.kind) {
    case 'Scan':
      return changelogOf(node.table) !== 'append'
    case 'Aggregate':
      return true
    case 'Deduplicate':
      return node.keep === 'last'
    case 'Join':
      return node.joinType !== 'inner' || inputsOf(node).some((input) => isUpdating(input, changelogOf))
    case 'WindowAggregate':
      return false
    case 'TemporalJoin':
      return isUpdating(node.left, changelogOf)
    default:
      return inputsOf(node).some((input) => isUpdating(input, changelogOf))
  }
}

/** Sets of columns, each of which tells the current rows apart (Flink's upsert keys). */
export function upsertKeys(node: LogicalNode): readonly (readonly number[])[] {
  switch (node.kind) {
    case 'Scan': {
      const { table, read } = node
      const key = table.primaryKey?.map((name) => read.indexOf(table.schema.fields.findIndex((f) => f.name === name)))
      return key && !key.includes(-1) ? [key] : []
    }
    case 'Project': {
      const outputs = (input: number): number[] =>
        node.expressions.flatMap((e, i) => (copiedColumn(e) === input ? [i] : []))
      return upsertKeys(node.input).flatMap((key) => variants(key.map(outputs)))
    }
    case 'Filter':
      return upsertKeys(node.input)
    case 'Aggregate':
      return [node.keys.map((_, i) => i)]
    case 'WindowAggregate': {
      const first = node.keys.length + node.calls.length
      const window = node.windowColumns.indexOf('window_start') >= 0 ? node.windowColumns.indexOf('window_start') : 0
      return node.windowColumns.length > 0 ? [[...node.keys.keys(), first + window]] : []
    }
    case 'Deduplicate':
      return [node.keys]
    case 'TemporalJoin':
      return upsertKeys(node.left)
    case 'Join':
      return joinKeys(node)
    default:
      return []
  }
}

/** The column whose value an expression keeps apart from others: itself, checked for NULL, or as a wider integer. */
function copiedColumn(e: Expression): number | undefined {
  if (e.kind === 'column') return e.index
  if (e.kind === 'call' && e.name === 'ENFORCE_NOT_NULL') return copiedColumn(e.args[0]!)
  if (e.kind === 'cast' && isInteger(e.arg.type) && isInteger(e.type) && storesImplicitly(e.arg.type, e.type))
    return copiedColumn(e.arg)
  return undefined
}

/** One choice per place; no more than eight keys, since each only has to be found once. */
function variants(places: readonly (readonly number[])[]): number[][] {
  let keys: number[][] = [[]]
  for (const choices of places) keys = keys.flatMap((key) => choices.map((c) => [...key, c])).slice(0, 8)
  return keys
}

function joinKeys(node: Extract<LogicalNode, { kind: 'Join' }>): (readonly number[])[] {
  const width = node.left.columns.length
  const { left, right } = equiKeys(node.condition, width)
  const leftKeys = upsertKeys(node.left)
  const rightKeys = upsertKeys(node.right)
  const columnsIn = (list: typeof left): number[] => list.flatMap((e) => (e.kind === 'column' ? [e.index] : []))
  const onceIn = (keys: typeof leftKeys, joined: readonly number[]): boolean =>
    keys.some((key) => key.every((k) => joined.includes(k)))
  const moved = rightKeys.map((key) => key.map((k) => k + width))
  const result: (readonly number[])[] = []
  if (onceIn(rightKeys, columnsIn(right)) && (node.joinType === 'inner' || node.joinType === 'left'))
    result.push(...leftKeys)
  if (onceIn(leftKeys, columnsIn(left)) && (node.joinType === 'inner' || node.joinType === 'right'))
    result.push(...moved)
  for (const l of leftKeys) for (const r of moved) result.push([...l, ...r])
  return result
}

/** The shortest upsert key; null when there is none. */
export function shortestKey(node: LogicalNode): readonly number[] | null {
  return upsertKeys(node).toSorted((a, b) => a.length - b.length)[0] ?? null
}

export const sameColumns = (a: readonly number[], b: readonly number[]): boolean =>
  new Set(a).size === new Set(b).size && a.every((i) => b.includes(i))
