// Binds FROM: tables, views, sub-queries, joins, temporal joins, window functions, with the scope that names resolve in.
import { types, withNullable, describeType } from '../../model/index.ts'
import type { Expression } from '../plan.ts'
import type { RelationSyntax } from '../syntax/tree.ts'
import { columnsOf, conjuncts } from './build.ts'
import { renamed } from './catalog.ts'
import { bindCondition, bindExpression } from './expressions.ts'
import { bindQuery, type QueryContext } from './queries.ts'
import { resolveColumn, type Scope } from './scope.ts'
import type { BoundColumn, BoundRelation } from './tree.ts'

export interface BoundFrom {
  readonly relation: BoundRelation | null
  readonly scope: Scope
}
interface Bound extends BoundFrom {
  readonly relation: BoundRelation
}

/** undefined after reports. */
export function bindRelation(syntax: RelationSyntax, context: QueryContext): Bound | undefined {
  switch (syntax.kind) {
    case 'table':
      if (syntax.asOf) {
        context.problems.report('MR-SQL-015', context.source, syntax.asOf, {
          reason: 'FOR SYSTEM_TIME AS OF stands on the right side of a JOIN',
          instead: 'Write left JOIN table FOR SYSTEM_TIME AS OF left.time ON ….',
        })
        return undefined
      }
      return bindTable(syntax, context)
    case 'subquery': {
      const query = bindQuery(syntax.query, context)
      const named = query && renamed(query, syntax.columns, context.source, context.problems)
      return (
        named &&
        aliased(
          { kind: 'query', label: syntax.alias?.name ?? null, query: named, columns: named.columns },
          syntax.alias?.name ?? null,
        )
      )
    }
    case 'window':
      return bindWindow(syntax, context)
    case 'join':
      return bindJoin(syntax, context)
    case 'unsupported':
      context.problems.report('MR-SQL-003', context.source, syntax, {
        feature: syntax.feature,
        instead: syntax.instead,
      })
      return undefined
  }
}

function aliased(relation: BoundRelation, alias: string | null): Bound {
  return { relation, scope: { columns: relation.columns.map((c) => ({ ...c, table: alias })) } }
}

function bindTable(syntax: Extract<RelationSyntax, { kind: 'table' }>, context: QueryContext): Bound | undefined {
  const { source, problems, catalog, common } = context
  const plain = syntax.name.parts.at(-1)!.name
  const alias = syntax.alias?.name ?? plain
  if (syntax.name.parts.length === 1 && common.has(plain)) {
    const query = common.get(plain)
    const named = query && renamed(query, syntax.columns, source, problems)
    return named && aliased({ kind: 'query', label: plain, query: named, columns: named.columns }, alias)
  }
  const found = catalog.find(syntax.name, source)
  if (!found) return undefined
  if (found.kind === 'view') {
    const named = renamed(found.query, syntax.columns, source, problems)
    return named && aliased({ kind: 'query', label: found.name, query: named, columns: named.columns }, alias)
  }
  const { table } = found
  const columns = table.schema.fields.map((f): BoundColumn => ({
    name: f.name,
    type: f.type,
    rowtime: table.watermark?.column === f.name,
    window: null,
  }))
  const named = renamed(
    { kind: 'table' as const, table, rules: catalog.rulesOf(table.name), columns },
    syntax.columns,
    source,
    problems,
  )
  return named && aliased(named, alias)
}

function bindJoin(syntax: Extract<RelationSyntax, { kind: 'join' }>, context: QueryContext): Bound | undefined {
  const { source, problems } = context
  const left = bindRelation(syntax.left, context)
  if (syntax.right.kind === 'table' && syntax.right.asOf) return bindTemporalJoin(syntax, syntax.right, left, context)
  const right = bindRelation(syntax.right, context)
  if (!left || !right) return undefined
  if (syntax.using) {
    problems.report('MR-SQL-003', source, syntax.using[0]!, {
      feature: 'JOIN … USING',
      instead: 'Write ON with the columns that must be equal.',
    })
    return undefined
  }
  const { joinType } = syntax
  const [leftNull, rightNull] = [
    joinType === 'right' || joinType === 'full',
    joinType === 'left' || joinType === 'full',
  ]
  // A regular join gives rows at any time later, so no column carries event time behind it.
  const side = (columns: Scope['columns'], nullable: boolean): Scope['columns'] =>
    columns.map((c) => ({ ...c, type: nullable ? withNullable(c.type, true) : c.type, rowtime: false, window: null }))
  const inner: Scope = { columns: [...left.scope.columns, ...right.scope.columns] }
  const scope: Scope = { columns: [...side(left.scope.columns, leftNull), ...side(right.scope.columns, rightNull)] }
  const condition = syntax.on
    ? bindCondition(syntax.on, { source, problems, scope: inner, place: 'in ON' }, 'The condition of ON')
    : null
  if (condition === undefined || refuseTimedJoin(condition, inner, left.scope.columns.length, syntax, context))
    return undefined
  const relation: BoundRelation = {
    kind: 'join',
    joinType: joinType === 'cross' ? 'inner' : joinType,
    left: left.relation,
    right: right.relation,
    condition,
    columns: columnsOfScope(scope),
    origin: { source, span: syntax.joinSpan },
  }
  return { relation, scope }
}

const columnsOfScope = (scope: Scope): BoundColumn[] =>
  scope.columns.map(({ name, type, rowtime, window }) => ({ name, type, rowtime, window }))

/** Window joins and interval joins drop late rows and pad at a time; a regular join would mean something else. */
function refuseTimedJoin(
  condition: Expression | null,
  scope: Scope,
  leftWidth: number,
  syntax: Extract<RelationSyntax, { kind: 'join' }>,
  context: QueryContext,
): boolean {
  if (!condition) return false
  for (const part of conjuncts(condition)) {
    const used = [...columnsOf(part)].map((i) => ({ left: i < leftWidth, column: scope.columns[i]! }))
    const both = used.some((u) => u.left) && used.some((u) => !u.left)
    const window = both && used.every((u) => u.column.window !== null)
    const interval = both && used.every((u) => u.column.rowtime) && part.kind === 'call' && part.name !== '<>'
    if (!window && !interval) continue
    const feature = window ? 'A window join' : 'An interval join'
    context.problems.report('MR-SQL-003', context.source, syntax.joinSpan, {
      feature,
      instead: 'Join without comparing the times of both sides, or use FOR SYSTEM_TIME AS OF.',
    })
    return true
  }
  return false
}

function bindTemporalJoin(
  syntax: Extract<RelationSyntax, { kind: 'join' }>,
  rightSyntax: Extract<RelationSyntax, { kind: 'table' }>,
  left: Bound | undefined,
  context: QueryContext,
): Bound | undefined {
  const { source, problems } = context
  const right = bindTable({ ...rightSyntax, asOf: null }, context)
  if (!left || !right) return undefined
  const refuse = (span: { start: number; end: number }, reason: string, instead: string): undefined => {
    problems.report('MR-SQL-015', source, span, { reason, instead })
    return undefined
  }
  const { joinType } = syntax
  if (joinType !== 'inner' && joinType !== 'left')
    return refuse(
      syntax.joinSpan,
      `a ${joinType.toUpperCase()} JOIN cannot look into the past`,
      'Write JOIN or LEFT JOIN.',
    )
  const asOf = bindExpression(rightSyntax.asOf!, {
    source,
    problems,
    scope: left.scope,
    place: 'in FOR SYSTEM_TIME AS OF',
  })
  if (!asOf) return undefined
  if (asOf.kind !== 'column' || !left.scope.columns[asOf.index]!.rowtime) {
    return refuse(
      rightSyntax.asOf!,
      'FOR SYSTEM_TIME AS OF needs the event time of the left side',
      'Name the left table’s WATERMARK column, unchanged.',
    )
  }
  if (right.relation.kind !== 'table')
    return refuse(
      rightSyntax,
      `${rightSyntax.name.parts.at(-1)!.name} is a view; versioned views are not run yet`,
      'Join a table with PRIMARY KEY and WATERMARK.',
    )
  const { table } = right.relation
  if (!table.primaryKey || !table.watermark) {
    const missing = table.primaryKey ? 'WATERMARK' : 'PRIMARY KEY'
    return refuse(
      rightSyntax,
      `table ${table.name} has no ${missing}, so it has no versions`,
      `Declare ${missing} on ${table.name}.`,
    )
  }
  const [leftTime, rightTime] = [
    left.scope.columns[asOf.index]!.type,
    table.schema.fields.find((f) => f.name === table.watermark!.column)!.type,
  ]
  if (leftTime.kind !== rightTime.kind) {
    return refuse(
      rightSyntax.asOf!,
      `the times are ${describeType(leftTime, { ignoreNullable: true })} and ${describeType(rightTime, { ignoreNullable: true })}`,
      'Use the same type on both sides.',
    )
  }
  if (!syntax.on) return refuse(syntax.joinSpan, 'the condition is missing', `Write ON with the key of ${table.name}.`)
  const inner: Scope = { columns: [...left.scope.columns, ...right.scope.columns] }
  const condition = bindCondition(syntax.on, { source, problems, scope: inner, place: 'in ON' }, 'The condition of ON')
  if (!condition) return undefined
  const padded = right.scope.columns.map((c) => ({
    ...c,
    type: joinType === 'left' ? withNullable(c.type, true) : c.type,
    rowtime: false,
    window: null,
  }))
  const scope: Scope = { columns: [...left.scope.columns.map((c) => ({ ...c, window: null })), ...padded] }
  const origin = { source, span: syntax.on }
  return {
    relation: {
      kind: 'temporal-join',
      joinType,
      left: left.relation,
      right: right.relation,
      time: asOf.index,
      condition,
      columns: columnsOfScope(scope),
      origin,
    },
    scope,
  }
}

function bindWindow(syntax: Extract<RelationSyntax, { kind: 'window' }>, context: QueryContext): Bound | undefined {
  const { source, problems } = context
  const input = bindRelation(syntax.input, context)
  if (!input) return undefined
  const refuse = (span: { start: number; end: number }, reason: string, instead: string): undefined => {
    problems.report('MR-SQL-014', source, span, { reason, instead })
    return undefined
  }
  const time = resolveColumn([syntax.time], syntax.time, input.scope, source, problems)
  const scope: Scope = { columns: [] }
  const size = bindExpression(syntax.size, { source, problems, scope, place: 'in TUMBLE' })
  const offset = syntax.offset ? bindExpression(syntax.offset, { source, problems, scope, place: 'in TUMBLE' }) : null
  if (time === undefined || !size || offset === undefined) return undefined
  const timeColumn = input.scope.columns[time]!
  if (!timeColumn.rowtime)
    return refuse(syntax.time, `${syntax.time.name} carries no event time`, 'Name the WATERMARK column, unchanged.')
  const [sizeMs, offsetMs] = [millisOf(size), offset ? millisOf(offset) : 0]
  if (sizeMs === undefined || sizeMs <= 0)
    return refuse(syntax.size, 'the size must be a fixed time above zero', "Write for example INTERVAL '1' MINUTE.")
  if (offsetMs === undefined)
    return refuse(syntax.offset!, 'the offset must be a fixed time', "Write for example INTERVAL '1' HOUR.")
  const bound = types.timestamp(3, false)
  const own: BoundColumn[] = [
    { name: 'window_start', type: bound, rowtime: false, window: 'start' },
    { name: 'window_end', type: bound, rowtime: false, window: 'end' },
    {
      name: 'window_time',
      type: timeColumn.type.kind === 'TIMESTAMP_LTZ' ? types.timestampLtz(3, false) : bound,
      rowtime: true,
      window: 'time',
    },
  ]
  const columns = [...input.relation.columns.map((c) => ({ ...c, rowtime: false, window: null })), ...own]
  const origin = { source, span: syntax }
  const relation = renamed(
    { kind: 'window' as const, input: input.relation, time, sizeMs, offsetMs, columns, origin },
    syntax.columns,
    source,
    problems,
  )
  return relation && aliased(relation, syntax.alias?.name ?? null)
}

function millisOf(expression: Expression): number | undefined {
  return expression.kind === 'literal' && expression.type.kind === 'INTERVAL_DAY_TIME'
    ? Number(expression.value)
    : undefined
}
