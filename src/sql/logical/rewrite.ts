// Rewrites of the logical plan: filters go down to where they can be evaluated, projections join into one, ROW_NUMBER = 1 becomes
// Deduplicate, grouping by a window becomes WindowAggregate, other windows become plain columns. Each keeps the meaning.
import { types, type LogicalType } from '../../model/index.ts'
import type { Expression } from '../plan.ts'
import {
  column,
  columnsOf,
  conjunction,
  conjuncts,
  mapColumns,
  refolded,
  sameExpression,
  shifted,
} from '../bind/build.ts'
import { literal } from '../bind/literals.ts'
import { intervalType } from '../bind/types.ts'
import type { BoundColumn } from '../bind/tree.ts'
import type { Problems } from '../problems.ts'
import { normalizeJoins } from './join-keys.ts'
import { inputsOf, withInputs, type LogicalNode, type WindowColumn } from './tree.ts'

/** The plan ready for pruning; what has no operator is reported and gives undefined. */
export function rewrite(node: LogicalNode, problems: Problems): LogicalNode | undefined {
  const errors = problems.errors.length
  const pushed = push(node, [], problems)
  const windowed = windows(mergeProjects(pushed), problems)
  if (problems.errors.length > errors) return undefined
  // HAVING now stands above the columns that a window aggregate gives: once more down, then joins get plain keys.
  return mergeProjects(normalizeJoins(mergeProjects(push(windowed, [], problems))))
}

function filtered(input: LogicalNode, conditions: readonly Expression[]): LogicalNode {
  const condition = conjunction(conditions)
  return condition ? { kind: 'Filter', input, condition, columns: input.columns } : input
}

/** An expression over a projection as one over its input. */
function through(expression: Expression, projections: readonly Expression[]): Expression {
  return mapColumns(expression, (index) => projections[index]!)
}

/** Takes conditions (conjuncts over the node's columns) as far down as they go. */
function push(node: LogicalNode, conditions: readonly Expression[], problems: Problems): LogicalNode {
  switch (node.kind) {
    case 'Filter':
      // The inner condition stays first: it may guard the outer one (against a division by zero, say).
      return push(node.input, [...conjuncts(node.condition), ...conditions], problems)
    case 'Project':
      return {
        ...node,
        input: push(node.input, conditions.map((c) => through(c, node.expressions)).flatMap(conjuncts), problems),
      }
    case 'Rank':
      return pushRank(node, conditions, problems)
    case 'Join':
      return pushJoin(node, conditions, problems)
    case 'TemporalJoin': {
      const width = node.left.columns.length
      const [left, rest] = split(conditions, (c) => [...columnsOf(c)].every((i) => i < width))
      return filtered({ ...node, left: push(node.left, left, problems), right: push(node.right, [], problems) }, rest)
    }
    case 'WindowFunction': {
      const width = node.input.columns.length
      const [below, rest] = split(conditions, (c) => [...columnsOf(c)].every((i) => i < width))
      return filtered({ ...node, input: push(node.input, below, problems) }, rest)
    }
    case 'Aggregate': {
      // A condition on keys alone may drop rows before grouping; without keys there is a row for no input, so nothing may.
      const onKeys = (c: Expression): boolean =>
        node.keys.length > 0 && columnsOf(c).size > 0 && [...columnsOf(c)].every((i) => i < node.keys.length)
      const [below, rest] = split(conditions, onKeys)
      const moved = below.map((c) => mapColumns(c, (index, type) => column(node.keys[index]!, type)))
      return filtered({ ...node, input: push(node.input, moved, problems) }, rest)
    }
    case 'Union':
      return { ...node, inputs: node.inputs.map((input) => push(input, conditions, problems)) }
    case 'Scan':
    case 'Values':
      return filtered(node, conditions)
    default:
      return filtered(
        withInputs(
          node,
          inputsOf(node).map((input) => push(input, [], problems)),
        ),
        conditions,
      )
  }
}

function split<T>(list: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [list.filter(test), list.filter((item) => !test(item))]
}

function pushJoin(
  node: Extract<LogicalNode, { kind: 'Join' }>,
  conditions: readonly Expression[],
  problems: Problems,
): LogicalNode {
  const width = node.left.columns.length
  const onLeft = (c: Expression): boolean => [...columnsOf(c)].every((i) => i < width)
  const onRight = (c: Expression): boolean => [...columnsOf(c)].every((i) => i >= width)
  const { joinType } = node
  const own = node.condition ? conjuncts(node.condition) : []
  // Types inside of the join are those before padding with NULL.
  const settle = (c: Expression): Expression =>
    mapColumns(c, (i) => column(i, (i < width ? node.left.columns[i]! : node.right.columns[i - width]!).type))
  let above = [...conditions]
  let on = [...own]
  let leftDown: Expression[] = []
  let rightDown: Expression[] = []
  if (joinType === 'inner') {
    on = [...on, ...above.map(settle)]
    above = []
  }
  if (joinType === 'inner' || joinType === 'right') [leftDown, on] = split(on, onLeft)
  if (joinType === 'inner' || joinType === 'left') [rightDown, on] = split(on, onRight)
  if (joinType === 'left') {
    const [down, rest] = split(above, onLeft)
    leftDown.push(...down.map(settle))
    above = rest
  } else if (joinType === 'right') {
    const [down, rest] = split(above, onRight)
    rightDown.push(...down.map(settle))
    above = rest
  }
  const left = push(node.left, leftDown, problems)
  const right = push(
    node.right,
    rightDown.map((c) => shifted(c, -width)),
    problems,
  )
  return filtered({ ...node, left, right, condition: conjunction(on) }, above)
}

/** rn = 1, rn <= 1, rn < 2, also written the other way round. */
function isFirstRank(c: Expression, index: number): boolean {
  if (c.kind !== 'call' || c.args.length !== 2) return false
  const [a, b] = c.args as [Expression, Expression]
  const mirrored: Readonly<Record<string, string>> = { '=': '=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' }
  const swapped = b.kind === 'column'
  const [left, right, operator] = swapped ? [b, a, mirrored[c.name]] : [a, b, c.name]
  if (left.kind !== 'column' || left.index !== index || right.kind !== 'literal') return false
  return (
    (operator === '=' && right.value === '1') ||
    (operator === '<=' && right.value === '1') ||
    (operator === '<' && right.value === '2')
  )
}

function pushRank(
  node: Extract<LogicalNode, { kind: 'Rank' }>,
  conditions: readonly Expression[],
  problems: Problems,
): LogicalNode {
  const { origin } = node
  const rn = node.columns.length - 1
  const [first, others] = split(conditions, (c) => isFirstRank(c, rn))
  const [below, above] = split(
    others,
    (c) => columnsOf(c).size > 0 && [...columnsOf(c)].every((i) => node.partition.includes(i)),
  )
  const input = push(node.input, below, problems)
  const refuse = (reason: string, instead: string): LogicalNode => {
    problems.report('MR-SQL-025', origin.source, origin.span, { reason, instead })
    return { ...node, input }
  }
  if (first.length === 0) {
    const limited = others.some((c) => columnsOf(c).has(rn))
    const feature = limited ? 'Top-N (ROW_NUMBER up to a number above 1)' : 'ROW_NUMBER without a filter on it'
    problems.report('MR-SQL-003', origin.source, origin.span, {
      feature,
      instead:
        'Keep one row per key: SELECT … FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY key ORDER BY time) AS rn FROM t) WHERE rn = 1.',
    })
    return { ...node, input }
  }
  const order = node.order[0]!
  const timeColumn = input.columns[order.column]!
  if (node.order.length > 1 || !timeColumn.rowtime) {
    return refuse(
      'the order must be the event time alone (Top-N by other columns is not run yet)',
      'Order by the WATERMARK column, unchanged.',
    )
  }
  if (node.partition.length === 0)
    return refuse(
      'without PARTITION BY only one row would ever be kept',
      'Write PARTITION BY with the columns that tell rows apart.',
    )
  const deduplicated: LogicalNode = {
    kind: 'Deduplicate',
    input,
    keys: node.partition,
    order: order.column,
    keep: order.descending ? 'last' : 'first',
    origin,
    columns: input.columns,
  }
  // Whoever still asks for the row number gets 1.
  const withRank: LogicalNode = {
    kind: 'Project',
    input: deduplicated,
    expressions: [...input.columns.map((c, i) => column(i, c.type)), literal('1', types.bigint(false))],
    columns: node.columns,
  }
  const rest = above.map((c) => through(c, withRank.kind === 'Project' ? withRank.expressions : []))
  return rest.length === 0 ? withRank : { ...withRank, input: filtered(deduplicated, rest) }
}

/** Project over Project becomes one, a Project that changes nothing disappears. */
export function mergeProjects(node: LogicalNode): LogicalNode {
  const inputs = inputsOf(node).map(mergeProjects)
  const merged = withInputs(node, inputs)
  if (merged.kind !== 'Project') return merged
  const { input } = merged
  if (input.kind === 'Project') {
    const expressions = merged.expressions.map((e) => refolded(through(e, input.expressions)))
    // What is used several times would be computed several times: past this size the two stay apart.
    const size = expressions.reduce((sum, e) => sum + sizeOf(e, mergedSizeMax), 0)
    return size <= mergedSizeMax ? mergeProjects({ ...merged, input: input.input, expressions }) : merged
  }
  if (input.kind === 'Values') {
    return {
      ...input,
      rows: input.rows.map((row) => merged.expressions.map((e) => refolded(through(e, row)))),
      columns: merged.columns,
    }
  }
  const same =
    merged.expressions.length === input.columns.length &&
    merged.expressions.every((e, i) => e.kind === 'column' && e.index === i)
  if (!same) return merged
  return input.kind === 'Scan'
    ? input
    : { ...input, columns: input.columns.map((c, i) => ({ ...c, name: merged.columns[i]!.name })) }
}

/** Nodes of the expressions of one projection. */
const mergedSizeMax = 2000

/** How many nodes an expression has, counted no further than the bound. */
function sizeOf(e: Expression, bound: number): number {
  let size = 1
  const parts =
    e.kind === 'call'
      ? e.args
      : e.kind === 'cast'
        ? [e.arg]
        : e.kind === 'case'
          ? [...e.branches.flatMap((b) => [b.when, b.then]), e.otherwise]
          : []
  for (const part of parts) {
    if (size > bound) return size
    size += sizeOf(part, bound - size)
  }
  return size
}

/** Aggregates grouped by window_start and window_end become window aggregates; all other windows become computed columns. */
function windows(node: LogicalNode, problems: Problems): LogicalNode {
  if (node.kind === 'Aggregate') {
    const aggregate = windowAggregate(node, problems)
    if (aggregate) return aggregate
  }
  const mapped = withInputs(
    node,
    inputsOf(node).map((input) => windows(input, problems)),
  )
  return mapped.kind === 'WindowFunction' ? asColumns(mapped) : mapped
}

type WindowFunction = Extract<LogicalNode, { kind: 'WindowFunction' }>

const ms = (value: number): Expression => literal(String(value), intervalType('INTERVAL_DAY_TIME', false))

function asColumns(node: WindowFunction): LogicalNode {
  const { input, window } = node
  const time = column(window.time, input.columns[window.time]!.type)
  const bound = types.timestamp(3, false)
  const start: Expression = {
    kind: 'call',
    name: 'TUMBLE_START',
    args: [time, ms(window.sizeMs), ms(window.offsetMs)],
    type: bound,
  }
  const shift = (by: number, type: LogicalType): Expression => ({
    kind: 'call',
    name: '+',
    args: [start, ms(by)],
    type,
  })
  const last = node.columns.at(-1)!.type
  const plainTime = shift(window.sizeMs - 1, bound)
  const end =
    last.kind === 'TIMESTAMP' ? plainTime : ({ kind: 'cast', arg: plainTime, type: last, onError: 'fail' } as const)
  const expressions = [...input.columns.map((c, i) => column(i, c.type)), start, shift(window.sizeMs, bound), end]
  return { kind: 'Project', input, expressions, columns: node.columns }
}

function windowAggregate(
  node: Extract<LogicalNode, { kind: 'Aggregate' }>,
  problems: Problems,
): LogicalNode | undefined {
  const { input } = node
  const project = input.kind === 'Project' ? input : undefined
  const below = project ? project.input : input
  const filter = below.kind === 'Filter' ? below : undefined
  const source = filter ? filter.input : below
  const isBound = (k: number, which: 'start' | 'end'): boolean => input.columns[k]!.window === which
  const grouped = node.keys.some((k) => isBound(k, 'start')) && node.keys.some((k) => isBound(k, 'end'))
  if (source.kind !== 'WindowFunction') {
    if (grouped) refuseWindow(node, problems, 'grouping a window again (a window of a window)')
    return undefined
  }
  if (!grouped || filter) {
    const reason = filter
      ? 'a filter on window columns before GROUP BY'
      : 'GROUP BY without both window_start and window_end'
    refuseWindow(node, problems, reason)
    return undefined
  }
  return buildWindowAggregate(
    node,
    source,
    project?.expressions ?? source.columns.map((c, i) => column(i, c.type)),
    problems,
  )
}

function refuseWindow(node: Extract<LogicalNode, { kind: 'Aggregate' }>, problems: Problems, what: string): void {
  if (!node.origin) return
  const reason = `${what} is not run yet`
  problems.report('MR-SQL-014', node.origin.source, node.origin.span, {
    reason,
    instead: 'Write GROUP BY …, window_start, window_end directly over TABLE(TUMBLE(…)), and filter with HAVING.',
  })
}

/** @param expressions the aggregate's input columns over the window function's columns */
function buildWindowAggregate(
  node: Extract<LogicalNode, { kind: 'Aggregate' }>,
  source: WindowFunction,
  expressions: readonly Expression[],
  problems: Problems,
): LogicalNode | undefined {
  const inner = windows(source.input, problems)
  const width = inner.columns.length
  const names: readonly WindowColumn[] = ['window_start', 'window_end', 'window_time']
  const windowOf = (k: number): WindowColumn | undefined => {
    const e = expressions[k]!
    return e.kind === 'column' && e.index >= width ? names[e.index - width] : undefined
  }
  const plainKeys = node.keys.filter((k) => windowOf(k) === undefined)
  const used = [...plainKeys, ...node.calls.flatMap((c) => [...c.args, ...(c.filter === null ? [] : [c.filter])])]
  if (used.some((k) => [...columnsOf(expressions[k]!)].some((i) => i >= width))) {
    refuseWindow(node, problems, 'a window column inside of an expression under GROUP BY')
    return undefined
  }
  // New input: keys and arguments, then the time column.
  const own: Expression[] = []
  const place = (e: Expression): number => {
    const known = own.findIndex((x) => sameExpression(x, e))
    return known >= 0 ? known : own.push(e) - 1
  }
  const keys = plainKeys.map((k) => place(expressions[k]!))
  const calls = node.calls.map((c) => ({
    ...c,
    args: c.args.map((a) => place(expressions[a]!)),
    filter: c.filter === null ? null : place(expressions[c.filter]!),
  }))
  const time = place(column(source.window.time, inner.columns[source.window.time]!.type))
  const columns = own.map((e): BoundColumn => {
    const from = e.kind === 'column' ? inner.columns[e.index]! : null
    return { name: from?.name ?? '$f', type: e.type, rowtime: from?.rowtime ?? false, window: null }
  })
  const input: LogicalNode = { kind: 'Project', input: inner, expressions: own, columns }
  const windowColumns = names.filter((name) => node.keys.some((k) => windowOf(k) === name))
  const aggregateColumns = [
    ...plainKeys.map((k) => node.columns[node.keys.indexOf(k)]!),
    ...node.columns.slice(node.keys.length),
    ...windowColumns.map((name) => node.columns[node.keys.findIndex((k) => windowOf(k) === name)]!),
  ]
  const aggregate: LogicalNode = {
    kind: 'WindowAggregate',
    input,
    window: { ...source.window, time },
    keys,
    calls,
    windowColumns,
    origin: node.origin,
    columns: aggregateColumns,
  }
  const back = [
    ...node.keys.map((k) => {
      const name = windowOf(k)
      return name === undefined ? plainKeys.indexOf(k) : plainKeys.length + calls.length + windowColumns.indexOf(name)
    }),
    ...calls.map((_, i) => plainKeys.length + i),
  ]
  return {
    kind: 'Project',
    input: aggregate,
    expressions: back.map((i) => column(i, aggregateColumns[i]!.type)),
    columns: node.columns,
  }
}
