// From the bound tree to the logical plan. Expressions under grouping, ordering and joining become columns first, so that these
// nodes name columns only.
import { types } from '../../model/index.ts'
import type { Expression } from '../plan.ts'
import { column, conjunction, conjuncts, sameExpression } from '../bind/build.ts'
import type { BoundAggregate, BoundColumn, BoundQuery, BoundRelation } from '../bind/tree.ts'
import type { LogicalCall, LogicalNode } from './tree.ts'

export function logicalOf(query: BoundQuery): LogicalNode {
  switch (query.kind) {
    case 'select':
      return ofSelect(query)
    case 'distinct': {
      const input = logicalOf(query.input)
      return {
        kind: 'Aggregate',
        input,
        keys: input.columns.map((_, i) => i),
        calls: [],
        origin: null,
        columns: query.columns,
      }
    }
    case 'union':
      return { kind: 'Union', inputs: query.inputs.map(logicalOf), columns: query.columns }
    case 'values':
      return { kind: 'Values', rows: query.rows, columns: query.columns }
    case 'ordered':
      return logicalOf(query.input)
  }
}

/** SELECT projections FROM node, on top of a query's plan. */
export function project(
  input: LogicalNode,
  expressions: readonly Expression[],
  columns: readonly BoundColumn[],
): LogicalNode {
  return { kind: 'Project', input, expressions, columns }
}

function ofSelect(select: Extract<BoundQuery, { kind: 'select' }>): LogicalNode {
  let node: LogicalNode = select.from ? ofRelation(select.from) : { kind: 'Values', rows: [[]], columns: [] }
  if (select.where) node = { kind: 'Filter', input: node, condition: select.where, columns: node.columns }
  if (select.group) node = aggregate(node, select.group)
  if (select.having) node = { kind: 'Filter', input: node, condition: select.having, columns: node.columns }
  if (select.rank) {
    const width = node.columns.length
    const wide = new Widener(node)
    const partition = select.rank.partition.map((e) => wide.columnOf(e))
    const order = select.rank.order.map(({ expression, descending }) => ({
      column: wide.columnOf(expression),
      descending,
    }))
    const input = wide.node()
    const rn: BoundColumn = { name: 'rn', type: types.bigint(false), rowtime: false, window: null }
    const ranked: LogicalNode = {
      kind: 'Rank',
      input,
      partition,
      order,
      origin: select.rank.origin,
      columns: [...input.columns, rn],
    }
    // Helper columns stand between the row and its number: take them out again.
    const kept = [...Array(width).keys(), input.columns.length]
    node =
      ranked.columns.length === width + 1
        ? ranked
        : project(
            ranked,
            kept.map((i) => column(i, ranked.columns[i]!.type)),
            kept.map((i) => ranked.columns[i]!),
          )
  }
  return project(node, select.projections, select.columns)
}

/** Appends computed columns to a node; plain column references stay what they are. */
class Widener {
  readonly #input: LogicalNode
  readonly #added: Expression[] = []

  constructor(input: LogicalNode) {
    this.#input = input
  }

  columnOf(expression: Expression): number {
    if (expression.kind === 'column') return expression.index
    const width = this.#input.columns.length
    const known = this.#added.findIndex((e) => sameExpression(e, expression))
    return width + (known >= 0 ? known : this.#added.push(expression) - 1)
  }

  node(): LogicalNode {
    if (this.#added.length === 0) return this.#input
    const { columns } = this.#input
    const own = this.#added.map((e, i): BoundColumn => ({
      name: `$f${columns.length + i}`,
      type: e.type,
      rowtime: false,
      window: null,
    }))
    return project(this.#input, [...columns.map((c, i) => column(i, c.type)), ...this.#added], [...columns, ...own])
  }
}

function aggregate(
  input: LogicalNode,
  group: NonNullable<Extract<BoundQuery, { kind: 'select' }>['group']>,
): LogicalNode {
  const wide = new Widener(input)
  const keys = group.keys.map((key) => wide.columnOf(key))
  const calls = group.aggregates.map((a: BoundAggregate): LogicalCall => ({
    name: a.name,
    // COUNT of a column that is never NULL counts rows.
    args:
      a.name === 'COUNT' && !a.distinct && a.args[0]?.type.nullable === false
        ? []
        : a.args.map((arg) => wide.columnOf(arg)),
    filter: a.filter && wide.columnOf(a.filter),
    distinct: a.distinct,
  }))
  const wideInput = wide.node()
  const windowed =
    keys.some((k) => wideInput.columns[k]!.window === 'start') &&
    keys.some((k) => wideInput.columns[k]!.window === 'end')
  const columns = [
    ...keys.map((k) => (windowed ? wideInput.columns[k]! : { ...wideInput.columns[k]!, rowtime: false, window: null })),
    ...group.aggregates.map((a, i): BoundColumn => ({
      name: `${a.name.toLowerCase()}$${i}`,
      type: a.type,
      rowtime: false,
      window: null,
    })),
  ]
  return { kind: 'Aggregate', input: wideInput, keys, calls, origin: group.origin, columns }
}

function ofRelation(relation: BoundRelation): LogicalNode {
  switch (relation.kind) {
    case 'table': {
      const scan: LogicalNode = {
        kind: 'Scan',
        table: relation.table,
        read: relation.columns.map((_, i) => i),
        columns: relation.columns,
      }
      const condition = conjunction(relation.rules.flatMap(conjuncts))
      return condition ? { kind: 'Filter', input: scan, condition, columns: relation.columns } : scan
    }
    case 'query':
      return logicalOf(relation.query)
    case 'window':
      return {
        kind: 'WindowFunction',
        input: ofRelation(relation.input),
        window: { time: relation.time, sizeMs: relation.sizeMs, offsetMs: relation.offsetMs, origin: relation.origin },
        columns: relation.columns,
      }
    case 'join': {
      const { joinType, condition, origin, columns } = relation
      return {
        kind: 'Join',
        left: ofRelation(relation.left),
        right: ofRelation(relation.right),
        joinType,
        condition,
        origin,
        columns,
      }
    }
    case 'temporal-join': {
      const { joinType, condition, origin, columns, time } = relation
      const left = ofRelation(relation.left)
      const table = relation.right.kind === 'table' ? relation.right.table : undefined
      const indexOf = (name: string): number => table!.schema.fields.findIndex((f) => f.name === name)
      return {
        kind: 'TemporalJoin',
        left,
        right: ofRelation(relation.right),
        joinType,
        time,
        rightTime: indexOf(table!.watermark!.column),
        primaryKey: table!.primaryKey!.map(indexOf),
        condition,
        origin,
        columns,
      }
    }
  }
}
