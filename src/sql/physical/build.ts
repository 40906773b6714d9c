// From the rewritten logical plan to operators: exchanges before keyed operators, changelog modes, upsert keys, stable ids.
// `needBefore` goes down: does anybody above need the -U of an update? Reference: Flink's FlinkChangelogModeInferenceProgram.
import type { Schema } from '../../model/index.ts'
import type { ChangelogMode, Expression, PlanNode } from '../plan.ts'
import type { Problems } from '../problems.ts'
import type { BoundColumn, Origin } from '../bind/tree.ts'
import { columnsOf } from '../bind/build.ts'
import { equiKeys } from '../logical/join-keys.ts'
import type { LogicalNode } from '../logical/tree.ts'
import { at, canonical, hashOf, identityOf, rememberIdentity } from './identity.ts'
import { isUpdating, shortestKey, upsertKeys, type ChangelogOf } from './keys.ts'

export interface PhysicalContext {
  readonly problems: Problems
  readonly changelogOf: ChangelogOf
}

/** Names unique, as a Schema needs them. */
export function schemaOf(columns: readonly BoundColumn[]): Schema {
  const used = new Set<string>()
  return {
    fields: columns.map(({ name, type }) => {
      let candidate = name
      for (let i = 0; used.has(candidate); i++) candidate = `${name}${i}`
      used.add(candidate)
      return { name: candidate, type }
    }),
  }
}

type Base = Pick<PlanNode, 'schema' | 'changelog' | 'rowtime'>

function baseOf(columns: readonly BoundColumn[], changelog: ChangelogMode): Base {
  const rowtime = columns.findIndex((c) => c.rowtime)
  return { schema: schemaOf(columns), changelog, rowtime: rowtime < 0 ? null : rowtime }
}

/** undefined after reports. */
export function physicalOf(node: LogicalNode, needBefore: boolean, context: PhysicalContext): PlanNode | undefined {
  switch (node.kind) {
    case 'Scan':
      return scan(node, needBefore, context)
    case 'Values':
      return values(node)
    case 'Filter':
    case 'Project':
      return calc(node, needBefore, context)
    case 'Union': {
      const inputs = node.inputs.map((input) => physicalOf(input, needBefore, context))
      if (inputs.includes(undefined)) return undefined
      return union(node, inputs as PlanNode[])
    }
    case 'Deduplicate':
      return deduplicate(node, needBefore, context)
    case 'Aggregate':
      return groupAggregate(node, needBefore, context)
    case 'WindowAggregate':
      return windowAggregate(node, context)
    case 'TemporalJoin':
      return temporalJoin(node, context)
    case 'Join':
      return join(node, needBefore, context)
    default:
      throw new Error(`invariant broken: ${node.kind} is rewritten before`)
  }
}

function scan(node: Extract<LogicalNode, { kind: 'Scan' }>, needBefore: boolean, context: PhysicalContext): PlanNode {
  const { table, read } = node
  const changelog = context.changelogOf(table)
  const indexOf = (name: string): number => read.indexOf(table.schema.fields.findIndex((f) => f.name === name))
  let columns = node.columns
  let columnsRead = read
  const missing =
    changelog === 'upsert'
      ? table
          .primaryKey!.map((name) => table.schema.fields.findIndex((f) => f.name === name))
          .filter((i) => !read.includes(i))
      : []
  if (missing.length > 0) {
    // An upsert topic is read by its key, whether the query names it or not; the columns behind are dropped again below.
    columnsRead = [...read, ...missing]
    columns = [
      ...columns,
      ...missing.map((i) => ({
        name: table.schema.fields[i]!.name,
        type: table.schema.fields[i]!.type,
        rowtime: false,
        window: null,
      })),
    ]
  }
  const keyOf = (name: string): number => columnsRead.indexOf(table.schema.fields.findIndex((f) => f.name === name))
  const key = table.primaryKey?.map(keyOf) ?? null
  const time = table.watermark ? indexOf(table.watermark.column) : -1
  const names = columnsRead.map((i) => table.schema.fields[i]!.name)
  const identity = {
    rows: hashOf('table', table.name),
    columns: names.map((name) => hashOf('column', table.name, name)),
  }
  const source: PlanNode = rememberIdentity(
    {
      kind: 'TableSourceScan',
      id: hashOf('TableSourceScan', table.name, names),
      ...baseOf(columns, changelog),
      table: table.name,
      columns: columnsRead,
      primaryKey: key && !key.includes(-1) ? key : null,
      watermark: table.watermark && time >= 0 ? { column: time, delayMs: table.watermark.delayMs } : null,
    },
    identity,
  )
  if (changelog !== 'upsert') return source
  const slot = hashOf('ChangelogNormalize', identity.rows, at(identity, key!), identity.columns)
  const normalized: PlanNode = rememberIdentity(
    {
      kind: 'ChangelogNormalize',
      id: hashOf('ChangelogNormalize', source.id),
      ...baseOf(columns, needBefore ? 'retract' : 'upsert'),
      slot,
      input: exchange(source, key!),
      keys: key!,
    },
    identity,
  )
  return missing.length === 0 ? normalized : selecting(normalized, node.columns)
}

/** Keeps the first columns. */
function selecting(input: PlanNode, columns: readonly BoundColumn[]): PlanNode {
  const projections = columns.map((c, index): Expression => ({ kind: 'column', index, type: c.type }))
  return makeCalc(input, null, projections, columns)
}

function values(node: Extract<LogicalNode, { kind: 'Values' }>): PlanNode {
  const text = node.rows.map((row) => row.map((e) => canonical(e, [])).join(','))
  const rows = hashOf('Values', text)
  return rememberIdentity(
    { kind: 'Values', id: rows, ...baseOf(node.columns, 'append'), rows: node.rows },
    { rows, columns: node.columns.map((_, i) => hashOf('value', rows, i)) },
  )
}

function union(node: LogicalNode, inputs: readonly PlanNode[]): PlanNode {
  const modes = inputs.map((input) => input.changelog)
  const changelog = modes.includes('retract') ? 'retract' : modes.includes('upsert') ? 'upsert' : 'append'
  const rows = hashOf(
    'Union',
    inputs.map((input) => identityOf(input).rows),
  )
  const columns = node.columns.map((_, i) =>
    hashOf(
      'union',
      inputs.map((input) => identityOf(input).columns[i]!),
    ),
  )
  return rememberIdentity(
    {
      kind: 'Union',
      id: hashOf(
        'Union',
        inputs.map((input) => input.id),
      ),
      ...baseOf(node.columns, changelog),
      inputs,
    },
    { rows, columns },
  )
}

function makeCalc(
  input: PlanNode,
  condition: Expression | null,
  projections: readonly Expression[],
  columns: readonly BoundColumn[],
): PlanNode {
  const from = identityOf(input)
  const test = condition && canonical(condition, from.columns)
  const texts = projections.map((e) =>
    e.kind === 'column' ? from.columns[e.index]! : hashOf('expression', canonical(e, from.columns)),
  )
  const rows = test === null ? from.rows : hashOf('Filter', from.rows, test)
  return rememberIdentity(
    {
      kind: 'Calc',
      id: hashOf('Calc', input.id, test, texts),
      ...baseOf(columns, input.changelog),
      input,
      condition,
      projections,
    },
    { rows, columns: texts },
  )
}

function calc(
  node: Extract<LogicalNode, { kind: 'Filter' | 'Project' }>,
  needBefore: boolean,
  context: PhysicalContext,
): PlanNode | undefined {
  const filter = node.kind === 'Filter' ? node : node.input.kind === 'Filter' ? node.input : null
  const below = filter ? filter.input : (node as { input: LogicalNode }).input
  // With only the +U a filter would never see that a row has left it.
  const keyed =
    filter !== null && upsertKeys(below).some((key) => [...columnsOf(filter.condition)].every((i) => key.includes(i)))
  const input = physicalOf(below, needBefore || (filter !== null && !keyed), context)
  if (!input) return undefined
  const projections =
    node.kind === 'Project'
      ? node.expressions
      : below.columns.map((c, index): Expression => ({ kind: 'column', index, type: c.type }))
  return makeCalc(input, filter?.condition ?? null, projections, node.columns)
}

function exchange(input: PlanNode, keys: readonly number[]): PlanNode {
  const identity = identityOf(input)
  const { schema, changelog, rowtime } = input
  return rememberIdentity(
    { kind: 'Exchange', id: hashOf('Exchange', input.id, at(identity, keys)), schema, changelog, rowtime, input, keys },
    identity,
  )
}

function refuse(context: PhysicalContext, origin: Origin | null, feature: string, instead: string): undefined {
  if (origin) context.problems.report('MR-SQL-003', origin.source, origin.span, { feature, instead })
  return undefined
}

function deduplicate(
  node: Extract<LogicalNode, { kind: 'Deduplicate' }>,
  needBefore: boolean,
  context: PhysicalContext,
): PlanNode | undefined {
  if (isUpdating(node.input, context.changelogOf))
    return refuse(context, node.origin, 'ROW_NUMBER over rows that change', 'Deduplicate before joining or grouping.')
  const below = physicalOf(node.input, true, context)
  if (!below) return undefined
  const input = exchange(below, node.keys)
  const from = identityOf(input)
  const rows = hashOf('Deduplicate', from.rows, at(from, node.keys), from.columns[node.order]!, node.keep)
  const changelog = node.keep === 'first' ? 'append' : needBefore ? 'retract' : 'upsert'
  return rememberIdentity(
    {
      kind: 'Deduplicate',
      id: hashOf('Deduplicate', rows, input.id),
      ...baseOf(node.columns, changelog),
      slot: hashOf('slot', rows, from.columns),
      input,
      keys: node.keys,
      order: node.order,
      keep: node.keep,
    },
    { rows, columns: from.columns },
  )
}

type Aggregating = Extract<LogicalNode, { kind: 'Aggregate' | 'WindowAggregate' }>

function callsOf(
  node: Aggregating,
  group: string,
  columns: readonly string[],
): { calls: Extract<PlanNode, { kind: 'GroupAggregate' }>['aggregates']; slots: string[] } {
  const slots = node.calls.map((c) =>
    hashOf(
      'aggregate',
      group,
      c.name,
      c.args.map((i) => columns[i]!),
      c.filter === null ? null : columns[c.filter]!,
      c.distinct,
    ),
  )
  const calls = node.calls.map((c, i) => ({ slot: slots[i]!, ...c, type: node.columns[node.keys.length + i]!.type }))
  return { calls, slots }
}

function groupAggregate(
  node: Extract<LogicalNode, { kind: 'Aggregate' }>,
  needBefore: boolean,
  context: PhysicalContext,
): PlanNode | undefined {
  const below = physicalOf(node.input, true, context)
  if (!below) return undefined
  const input = exchange(below, node.keys)
  const from = identityOf(input)
  const slot = hashOf('GroupAggregate', from.rows, at(from, node.keys))
  const { calls, slots } = callsOf(node, slot, from.columns)
  return rememberIdentity(
    {
      kind: 'GroupAggregate',
      id: hashOf('GroupAggregate', slot, slots, input.id),
      ...baseOf(node.columns, needBefore ? 'retract' : 'upsert'),
      slot,
      input,
      keys: node.keys,
      aggregates: calls,
    },
    { rows: slot, columns: [...at(from, node.keys), ...slots] },
  )
}

function windowAggregate(
  node: Extract<LogicalNode, { kind: 'WindowAggregate' }>,
  context: PhysicalContext,
): PlanNode | undefined {
  if (isUpdating(node.input, context.changelogOf))
    return refuse(context, node.origin, 'A window over rows that change', 'Use the window before joining or grouping.')
  const below = physicalOf(node.input, true, context)
  if (!below) return undefined
  const input = exchange(below, node.keys)
  const from = identityOf(input)
  const { time, sizeMs, offsetMs } = node.window
  const slot = hashOf('WindowAggregate', from.rows, at(from, node.keys), from.columns[time]!, sizeMs, offsetMs)
  const { calls, slots } = callsOf(node, slot, from.columns)
  return rememberIdentity(
    {
      kind: 'WindowAggregate',
      id: hashOf('WindowAggregate', slot, slots, node.windowColumns, input.id),
      ...baseOf(node.columns, 'append'),
      slot,
      input,
      window: { kind: 'TUMBLE', timeColumn: time, sizeMs, offsetMs },
      keys: node.keys,
      aggregates: calls,
      windowColumns: node.windowColumns,
    },
    {
      rows: slot,
      columns: [...at(from, node.keys), ...slots, ...node.windowColumns.map((name) => hashOf(slot, name))],
    },
  )
}

function temporalJoin(
  node: Extract<LogicalNode, { kind: 'TemporalJoin' }>,
  context: PhysicalContext,
): PlanNode | undefined {
  const width = node.left.columns.length
  const { origin } = node
  const keys = equiKeys(node.condition, width)
  const rightKeys = keys.right.map((e) => (e.kind === 'column' ? e.index : -1))
  const uncovered = node.primaryKey.filter((k) => !rightKeys.includes(k))
  if (uncovered.length > 0 || rightKeys.includes(-1)) {
    const names = node.primaryKey.map((k) => node.right.columns[k]!.name).join(', ')
    context.problems.report('MR-SQL-015', origin.source, origin.span, {
      reason: `ON must equate every column of the primary key (${names})`,
      instead: `Write ON … = ${names}.`,
    })
    return undefined
  }
  if (isUpdating(node.left, context.changelogOf))
    return refuse(
      context,
      origin,
      'A temporal join whose left side changes rows',
      'Use the temporal join before grouping or joining.',
    )
  const left = physicalOf(node.left, true, context)
  const right = physicalOf(node.right, false, context)
  if (!left || !right) return undefined
  const leftKeys = indexes(keys.left)
  const [l, r] = [exchange(left, leftKeys), exchange(right, rightKeys)]
  const [li, ri] = [identityOf(l), identityOf(r)]
  const both = [...li.columns, ...ri.columns]
  const condition = keys.rest && canonical(keys.rest, both)
  const rows = hashOf(
    'TemporalJoin',
    li.rows,
    ri.rows,
    node.joinType,
    at(li, leftKeys),
    at(ri, rightKeys),
    li.columns[node.time]!,
    condition,
  )
  return rememberIdentity(
    {
      kind: 'TemporalJoin',
      id: hashOf('TemporalJoin', rows, l.id, r.id),
      ...baseOf(node.columns, 'append'),
      slots: [hashOf('left', rows, li.columns), hashOf('right', rows, ri.columns)],
      left: l,
      right: r,
      joinType: node.joinType,
      leftKeys,
      rightKeys,
      leftTime: node.time,
      rightTime: node.rightTime,
      condition: keys.rest,
    },
    { rows, columns: [...li.columns, ...ri.columns.map((c) => hashOf('joined', rows, c))] },
  )
}

const indexes = (list: readonly Expression[]): number[] => list.map((e) => (e as { index: number }).index)

function join(
  node: Extract<LogicalNode, { kind: 'Join' }>,
  needBefore: boolean,
  context: PhysicalContext,
): PlanNode | undefined {
  const width = node.left.columns.length
  const keys = equiKeys(node.condition, width)
  if (keys.left.length === 0)
    return refuse(
      context,
      node.origin,
      'A join without an equality between both sides',
      'Write ON with a column of each side, a.x = b.x.',
    )

  const [leftKeys, rightKeys] = [indexes(keys.left), indexes(keys.right)]
  // Without -U a side finds its old row by its upsert key, which only works while an update keeps the join key, and while no other
  // condition can let the old row match and the new one not.
  const finds = (side: LogicalNode, joined: readonly number[]): boolean =>
    !isUpdating(side, context.changelogOf) || upsertKeys(side).some((key) => joined.every((k) => key.includes(k)))
  const onlyAfter =
    !needBefore &&
    keys.rest === null &&
    upsertKeys(node).length > 0 &&
    finds(node.left, leftKeys) &&
    finds(node.right, rightKeys)
  const left = physicalOf(node.left, !onlyAfter, context)
  const right = physicalOf(node.right, !onlyAfter, context)
  if (!left || !right) return undefined
  const [l, r] = [exchange(left, leftKeys), exchange(right, rightKeys)]
  const [li, ri] = [identityOf(l), identityOf(r)]
  const condition = keys.rest && canonical(keys.rest, [...li.columns, ...ri.columns])
  const rows = hashOf('Join', li.rows, ri.rows, node.joinType, at(li, leftKeys), at(ri, rightKeys), condition)
  const updating = isUpdating(node, context.changelogOf)
  const changelog = !updating ? 'append' : onlyAfter ? 'upsert' : 'retract'
  return rememberIdentity(
    {
      kind: 'Join',
      id: hashOf('Join', rows, l.id, r.id),
      ...baseOf(node.columns, changelog),
      slots: [hashOf('left', rows, li.columns), hashOf('right', rows, ri.columns)],
      left: l,
      right: r,
      joinType: node.joinType,
      leftKeys,
      rightKeys,
      leftUpsertKey: shortestKey(node.left),
      rightUpsertKey: shortestKey(node.right),
      condition: keys.rest,
    },
    { rows, columns: [...li.columns, ...ri.columns].map((c) => hashOf('joined', rows, c)) },
  )
}

/** Equal subtrees in one plan have equal ids; each gets its own, in the order of the tree. */
export function distinctIds(root: PlanNode): PlanNode {
  const seen = new Map<string, number>()
  const own = (id: string): string => {
    const count = (seen.get(id) ?? 0) + 1
    seen.set(id, count)
    return count === 1 ? id : `${id}-${count}`
  }
  const visit = (node: PlanNode): PlanNode => {
    const id = own(node.id)
    switch (node.kind) {
      case 'TableSourceScan':
      case 'Values':
        return { ...node, id }
      case 'Union':
        return { ...node, id, inputs: node.inputs.map(visit) }
      case 'Join':
      case 'TemporalJoin':
        return {
          ...node,
          id,
          slots: [own(node.slots[0]), own(node.slots[1])],
          left: visit(node.left),
          right: visit(node.right),
        }
      case 'GroupAggregate':
      case 'WindowAggregate':
        return {
          ...node,
          id,
          slot: own(node.slot),
          aggregates: node.aggregates.map((a) => ({ ...a, slot: own(a.slot) })),
          input: visit(node.input),
        }
      case 'Deduplicate':
      case 'ChangelogNormalize':
        return { ...node, id, slot: own(node.slot), input: visit(node.input) }
      default:
        return { ...node, id, input: visit(node.input) }
    }
  }
  return visit(root)
}
