// Binds queries: FROM to relations with typed columns, SELECT with its grouping and row numbers, unions, inserts. Each clause
// reports its own mistakes.
import { describeType, types, withNullable } from '../../model/index.ts'
import type { Expression, TableDefinition } from '../plan.ts'
import type { Problems, Span, SqlText } from '../problems.ts'
import type { Identifier, InsertSyntax, QuerySyntax } from '../syntax/tree.ts'
import { call, castTo, column, unified } from './build.ts'
import { renamed, type Catalog } from './catalog.ts'
import { bindAll, bindCondition } from './expressions.ts'
import { literal } from './literals.ts'
import { bindRelation, type BoundFrom } from './relations.ts'
import { bindSelectList } from './select.ts'
import type { BoundColumn, BoundInsert, BoundQuery } from './tree.ts'
import { commonType, storesImplicitly } from './types.ts'

export interface QueryContext {
  readonly source: SqlText
  readonly problems: Problems
  readonly catalog: Catalog
  /** WITH queries by name. */
  readonly common: ReadonlyMap<string, BoundQuery | undefined>
}

/** undefined after reports. */
export function bindQuery(syntax: QuerySyntax, context: QueryContext): BoundQuery | undefined {
  switch (syntax.kind) {
    case 'select':
      return bindSelect(syntax, context)
    case 'values':
      return bindValues(syntax, context)
    case 'union':
      return bindUnion(syntax, context)
    case 'with': {
      const common = new Map(context.common)
      for (const { name, columns, query } of syntax.views) {
        const bound = bindQuery(query, { ...context, common })
        common.set(name.name, bound && renamed(bound, columns, context.source, context.problems))
      }
      return bindQuery(syntax.body, { ...context, common })
    }
    case 'ordered':
      return bindOrdered(syntax, context)
  }
}

function bindSelect(syntax: Extract<QuerySyntax, { kind: 'select' }>, context: QueryContext): BoundQuery | undefined {
  const { source, problems } = context
  const nothing: BoundFrom = { relation: null, scope: { columns: [] } }
  const from = syntax.from ? bindRelation(syntax.from, context) : nothing
  if (!from) return undefined
  const where = syntax.where
    ? bindCondition(syntax.where, { source, problems, scope: from.scope, place: 'in WHERE' }, 'The condition of WHERE')
    : null
  const list = bindSelectList(syntax, from.scope, context)
  if (where === undefined || !list) return undefined
  const select: BoundQuery = { kind: 'select', from: from.relation, where, ...list, distinct: false }
  return syntax.distinct
    ? { kind: 'distinct', input: select, columns: select.columns.map((c) => ({ ...c, rowtime: false })) }
    : select
}

function bindValues(syntax: Extract<QuerySyntax, { kind: 'values' }>, context: QueryContext): BoundQuery | undefined {
  const { source, problems } = context
  const rows = syntax.rows.map((row) => bindAll(row, { source, problems, scope: { columns: [] }, place: 'in VALUES' }))
  if (rows.includes(undefined)) return undefined
  const bound = rows as Expression[][]
  const width = bound[0]!.length
  if (bound.some((row) => row.length !== width)) {
    problems.report('MR-SQL-018', source, syntax, {
      reason: 'the rows of VALUES differ in length',
      instead: 'Give every row the same number of values.',
    })
    return undefined
  }
  const columnsOfRows = Array.from({ length: width }, (_, i) => unified(bound.map((row) => row[i]!)))
  const bad = columnsOfRows.indexOf(undefined)
  if (bad >= 0) {
    const list = bound.map((row) => describeType(row[bad]!.type, { ignoreNullable: true })).join(' and ')
    problems.report('MR-SQL-008', source, syntax, {
      what: 'VALUES',
      types: list,
      instead: 'Give a column values of one type; use CAST.',
    })
    return undefined
  }
  const columns = columnsOfRows.map((c, i): BoundColumn => ({
    name: `EXPR$${i}`,
    type: c!.type,
    rowtime: false,
    window: null,
  }))
  return { kind: 'values', rows: bound.map((_, r) => columnsOfRows.map((c) => c!.args[r]!)), columns }
}

function bindUnion(syntax: Extract<QuerySyntax, { kind: 'union' }>, context: QueryContext): BoundQuery | undefined {
  const { source, problems } = context
  const left = bindQuery(syntax.left, context)
  const right = bindQuery(syntax.right, context)
  if (!left || !right) return undefined
  if (left.columns.length !== right.columns.length) {
    problems.report('MR-SQL-018', source, syntax, {
      reason: `the sides of UNION have ${left.columns.length} and ${right.columns.length} columns`,
      instead: 'Select the same columns on both sides.',
    })
    return undefined
  }
  const common = left.columns.map((c, i) => commonType([c.type, right.columns[i]!.type]))
  const bad = common.indexOf(undefined)
  if (bad >= 0) {
    const list = [left, right]
      .map((side) => describeType(side.columns[bad]!.type, { ignoreNullable: true }))
      .join(' and ')
    problems.report('MR-SQL-008', source, syntax, {
      what: `UNION in column ${left.columns[bad]!.name}`,
      types: list,
      instead: 'Use CAST on one side.',
    })
    return undefined
  }
  const columns = left.columns.map((c, i): BoundColumn => ({
    name: c.name,
    type: common[i]!,
    rowtime: c.rowtime && right.columns[i]!.rowtime,
    window: null,
  }))
  const inputs = [left, right].map((side) =>
    projected(
      side,
      side.columns.map((c, i) => castTo(column(i, c.type), common[i]!)),
      columns,
    ),
  )
  const union: BoundQuery = { kind: 'union', inputs, columns }
  return syntax.all
    ? union
    : { kind: 'distinct', input: union, columns: columns.map((c) => ({ ...c, rowtime: false })) }
}

/** SELECT projections FROM (query). */
function projected(query: BoundQuery, projections: readonly Expression[], columns: readonly BoundColumn[]): BoundQuery {
  const from = { kind: 'query', label: null, query, columns: query.columns } as const
  const own = columns.map((c, i) => ({ ...c, type: projections[i]!.type }))
  return {
    kind: 'select',
    from,
    where: null,
    group: null,
    having: null,
    rank: null,
    projections,
    distinct: false,
    columns: own,
  }
}

function bindOrdered(syntax: Extract<QuerySyntax, { kind: 'ordered' }>, context: QueryContext): BoundQuery | undefined {
  const input = bindQuery(syntax.input, context)
  if (!context.catalog.bounded) {
    const feature = syntax.orderBy.length > 0 ? 'ORDER BY over an endless stream' : 'LIMIT over an endless stream'
    const at: Span = syntax.orderBy[0] ?? { start: syntax.input.end, end: syntax.end }
    context.problems.report('MR-SQL-003', context.source, at, { feature, instead: 'Remove it.' })
    return undefined
  }
  // Order keys may name output columns or columns of FROM; the engine of ad hoc queries checks the latter.
  return input && { kind: 'ordered', input, limit: syntax.limit, offset: syntax.offset, columns: input.columns }
}

/** INSERT INTO table [(columns)] query: projects the query onto the table. */
export function bindInsert(syntax: InsertSyntax, context: QueryContext): BoundInsert | undefined {
  const { source, problems, catalog } = context
  const name = catalog.nameOf(syntax.target, source)
  const target = name === undefined ? undefined : catalog.tables.get(name)
  if (name !== undefined && !target) {
    if (catalog.isView(name)) problems.report('MR-SQL-021', source, syntax.target, { name })
    else catalog.reportUnknown(name, syntax.target, source)
  }
  const query = bindQuery(syntax.query, context)
  if (!query || !target) return undefined
  const order = targetColumns(syntax.columns, target, query, syntax, context)
  if (!order) return undefined
  const projections = target.schema.fields.map((_, i) =>
    intoColumn(target, i, order.indexOf(i), query, syntax, context),
  )
  if (projections.includes(undefined)) return undefined
  return {
    target,
    query,
    projections: projections as Expression[],
    origin: { source, span: syntax },
    targetOrigin: { source, span: syntax.target },
  }
}

/** The table's column index of each query column. */
function targetColumns(
  names: readonly Identifier[] | null,
  target: TableDefinition,
  query: BoundQuery,
  syntax: InsertSyntax,
  context: QueryContext,
): number[] | undefined {
  const { source, problems } = context
  const { fields } = target.schema
  const count = names?.length ?? fields.length
  if (query.columns.length !== count) {
    const reason = `the query has ${query.columns.length} columns, ${names ? 'the list' : 'the table'} ${count}`
    const instead = `Select ${count} columns: ${(names?.map((n) => n.name) ?? fields.map((f) => f.name)).join(', ')}.`
    problems.report('MR-SQL-011', source, syntax.query, { table: target.name, reason, instead })
    return undefined
  }
  if (!names) return fields.map((_, i) => i)
  const order = names.map((column) => {
    const index = fields.findIndex((f) => f.name === column.name)
    if (index < 0)
      problems.report('MR-SQL-005', source, column, {
        name: column.name,
        where: ` in ${target.name}`,
        instead: `Columns of ${target.name}: ${fields.map((f) => f.name).join(', ')}.`,
      })
    return index
  })
  return order.includes(-1) ? undefined : order
}

function intoColumn(
  target: TableDefinition,
  index: number,
  from: number,
  query: BoundQuery,
  syntax: InsertSyntax,
  context: QueryContext,
): Expression | undefined {
  const { source, problems } = context
  const field = target.schema.fields[index]!
  if (from < 0) {
    if (field.type.nullable) return literal(null, field.type)
    problems.report('MR-SQL-019', source, syntax.target, { column: field.name, table: target.name })
    return undefined
  }
  const { type } = query.columns[from]!
  const at = itemSpan(syntax.query, from)
  if (type.kind === 'NULL' && !field.type.nullable) {
    problems.report('MR-SQL-019', source, at, { column: field.name, table: target.name })
    return undefined
  }
  if (!storesImplicitly(type, field.type)) {
    const [has, wants] = [type, field.type].map((t) => describeType(t, { ignoreNullable: true }))
    const reason = `column ${field.name} is ${wants}, the query gives ${has}`
    problems.report('MR-SQL-011', source, at, { table: target.name, reason, instead: `Write CAST(… AS ${wants}).` })
    return undefined
  }
  const value = castTo(column(from, type), field.type)
  if (!value.type.nullable || field.type.nullable) return value
  return call(
    'ENFORCE_NOT_NULL',
    [value, literal(`${target.name}.${field.name}`, types.string(false))],
    withNullable(value.type, false),
  )
}

/** Where the query's column is written: its select item, else the query. */
function itemSpan(query: QuerySyntax, index: number): Span {
  if (query.kind === 'with') return itemSpan(query.body, index)
  if (query.kind !== 'select') return query
  const stars = query.items.some((item) => item.kind === 'star')
  return stars ? query : (query.items[index] ?? query)
}
