// The end of a pipeline: does the query's changelog fit the table, and by what are its records keyed? Reference: Flink's checks
// on sinks (an append sink takes no updates; the upsert key must be the primary key, table.exec.sink.require-on-conflict).
import type { BoundInsert } from '../bind/tree.ts'
import type { PipelinePlan, PlanNode } from '../plan.ts'
import { placeAt } from '../problems.ts'
import { mergeProjects } from '../logical/rewrite.ts'
import { prune } from '../logical/prune.ts'
import type { LogicalNode } from '../logical/tree.ts'
import { distinctIds, physicalOf, type PhysicalContext } from './build.ts'
import { isUpdating, sameColumns, upsertKeys } from './keys.ts'
import { inputsOf } from '../logical/tree.ts'

/**
 * The plan of an INSERT; undefined after reports.
 * @param logical the rewritten query with the table's columns at its top
 */
export function pipelineOf(
  insert: BoundInsert,
  logical: LogicalNode,
  name: string,
  context: PhysicalContext,
): PipelinePlan | undefined {
  const { target, origin } = insert
  const pruned = mergeProjects(prune(logical))
  if (!checkChangelog(insert, pruned, context)) return undefined
  const built = physicalOf(pruned, false, context)
  if (!built) return undefined
  const root = distinctIds(named(built, insert))
  const indexOf = (column: string): number => target.schema.fields.findIndex((f) => f.name === column)
  const primaryKey = target.primaryKey?.map(indexOf) ?? null
  const { text } = origin.source
  return {
    name,
    source: { ...placeAt(origin.source, origin.span.start), text: text.slice(origin.span.start, origin.span.end) },
    root,
    sink: {
      table: target.name,
      mode: primaryKey ? 'upsert' : 'append',
      primaryKey,
      keyColumns: primaryKey ?? target.distribution?.columns.map(indexOf) ?? null,
    },
    inputs: [...tablesOf(root)].toSorted(),
  }
}

/** The last node's columns carry the table's names. */
function named(root: PlanNode, insert: BoundInsert): PlanNode {
  if (root.kind === 'TableSourceScan') return root
  const { fields } = insert.target.schema
  return { ...root, schema: { fields: root.schema.fields.map((f, i) => ({ name: fields[i]!.name, type: f.type })) } }
}

function tablesOf(node: PlanNode, into: Set<string> = new Set()): Set<string> {
  if (node.kind === 'TableSourceScan') into.add(node.table)
  else if (node.kind === 'Union') for (const input of node.inputs) tablesOf(input, into)
  else if (node.kind === 'Join' || node.kind === 'TemporalJoin') {
    tablesOf(node.left, into)
    tablesOf(node.right, into)
  } else if (node.kind !== 'Values') tablesOf(node.input, into)
  return into
}

function checkChangelog(insert: BoundInsert, node: LogicalNode, context: PhysicalContext): boolean {
  const { target, targetOrigin } = insert
  // New rows into a keyed table overwrite one another: Flink 2.3 asks for the same key there, too (or for ON CONFLICT).
  if (!isUpdating(node, context.changelogOf) && !target.primaryKey) return true
  const keys = upsertKeys(node)
  const nameAll = (key: readonly number[]): string => key.map((i) => target.schema.fields[i]!.name).join(', ')
  if (!target.primaryKey) {
    const key = keys[0] && keys[0].length > 0 ? nameAll(keys[0]) : 'key columns'
    context.problems.report('MR-SQL-012', targetOrigin.source, targetOrigin.span, {
      table: target.name,
      operator: updaterOf(node, context),
      key,
    })
    return false
  }
  const wanted = target.primaryKey.map((column) => target.schema.fields.findIndex((f) => f.name === column))
  if (keys.some((key) => sameColumns(key, wanted))) return true
  const found = keys[0]
    ? keys[0].length === 0
      ? 'nothing (there is one row)'
      : nameAll(keys[0])
    : 'no columns of the table'
  const suggestion = keys[0] && keys[0].length > 0 ? nameAll(keys[0]) : '…'
  context.problems.report('MR-SQL-013', targetOrigin.source, targetOrigin.span, {
    found,
    table: target.name,
    wanted: target.primaryKey.join(', '),
    suggestion,
  })
  return false
}

/** What makes the updates, for the message. */
function updaterOf(node: LogicalNode, context: PhysicalContext): string {
  switch (node.kind) {
    case 'Scan':
      return `table ${node.table.name} itself changes`
    case 'Aggregate':
      return node.calls.length === 0 ? 'DISTINCT or GROUP BY' : 'GROUP BY'
    case 'Deduplicate':
      return 'keeping the last row per key'
    case 'Join':
      if (node.joinType !== 'inner') return `${node.joinType.toUpperCase()} JOIN`
  }
  const input = inputsOf(node).find((i) => isUpdating(i, context.changelogOf))
  return input ? updaterOf(input, context) : node.kind
}
