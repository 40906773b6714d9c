// Binds what stands between SELECT and FROM, with GROUP BY, HAVING and ROW_NUMBER. The row that expressions see is FROM's, or
// after grouping the keys and aggregates; a row number stands behind it.
import { describeType, types, withNullable, type LogicalType } from '../../model/index.ts'
import type { Expression } from '../plan.ts'
import { Problems, type Span } from '../problems.ts'
import type { CallSyntax, ExpressionSyntax, QuerySyntax, SelectItem } from '../syntax/tree.ts'
import { column, mapColumns, sameExpression } from './build.ts'
import { bindAll, bindCondition, bindExpression, aggregateNames, type ExpressionContext } from './expressions.ts'
import type { QueryContext } from './queries.ts'
import type { Scope, ScopeColumn } from './scope.ts'
import type { BoundAggregate, BoundColumn, BoundQuery, BoundRank } from './tree.ts'
import { isApproximate, isDateTime, isExact, isNested, isNumeric } from './types.ts'

type SelectSyntax = Extract<QuerySyntax, { kind: 'select' }>
type BoundSelect = Extract<BoundQuery, { kind: 'select' }>
type SelectList = Pick<BoundSelect, 'group' | 'having' | 'rank' | 'projections' | 'columns'>

/** Stands for the row number's column until the row's width is known. */
const rankIndex = 1_000_000_000

export function bindSelectList(syntax: SelectSyntax, scope: Scope, context: QueryContext): SelectList | undefined {
  return new SelectBinder(syntax, scope, context).bind()
}

class SelectBinder {
  readonly #syntax: SelectSyntax
  readonly #scope: Scope
  readonly #context: QueryContext
  readonly #keys: Expression[] = []
  readonly #aggregates: BoundAggregate[] = []
  readonly #grouped: boolean
  #rank: BoundRank | null = null
  #failed = false

  constructor(syntax: SelectSyntax, scope: Scope, context: QueryContext) {
    this.#syntax = syntax
    this.#scope = scope
    this.#context = context
    const inItems = syntax.items.some((item) => item.kind === 'expression' && hasAggregate(item.expression))
    this.#grouped = syntax.groupBy !== null || inItems || (syntax.having !== null && hasAggregate(syntax.having))
  }

  bind(): SelectList | undefined {
    const { source, problems } = this.#context
    for (const key of this.#syntax.groupBy ?? []) {
      const bound = bindExpression(key, { source, problems, scope: this.#scope, place: 'in GROUP BY' })
      if (!bound) this.#failed = true
      else if (isNested(bound.type)) this.#refuse(key, 'GROUP BY over an ARRAY, MAP or ROW', 'Group by plain columns.')
      else if (!this.#keys.some((known) => sameExpression(known, bound))) this.#keys.push(bound)
    }
    const having = this.#syntax.having
      ? bindCondition(this.#syntax.having, this.#rowContext('in HAVING'), 'The condition of HAVING')
      : null
    const items = this.#syntax.items.map((item) => this.#bindItem(item))
    if (this.#failed || having === undefined || items.includes(undefined)) return undefined
    const list = (items as BoundItem[][]).flat()
    const width = this.#grouped ? this.#keys.length + this.#aggregates.length : this.#scope.columns.length
    const settle = (e: Expression): Expression =>
      mapColumns(e, (index, type) => column(index === rankIndex ? width : index, type))
    const names = unique(list.map((item) => item.name))
    return {
      group: this.#grouped
        ? { keys: this.#keys, aggregates: this.#aggregates, origin: { source, span: this.#syntax } }
        : null,
      having,
      rank: this.#rank,
      projections: list.map((item) => settle(item.expression)),
      columns: list.map((item, i) => this.#columnOf(names[i]!, item.expression)),
    }
  }

  #columnOf(name: string, expression: Expression): BoundColumn {
    const plain: BoundColumn = { name, type: expression.type, rowtime: false, window: null }
    if (expression.kind !== 'column' || expression.index === rankIndex) return plain
    if (!this.#grouped) {
      const { rowtime, window } = this.#scope.columns[expression.index]!
      return { ...plain, rowtime, window }
    }
    const origins = this.#keys.map((key) => (key.kind === 'column' ? this.#scope.columns[key.index] : undefined))
    const windowed = origins.some((c) => c?.window === 'start') && origins.some((c) => c?.window === 'end')
    const origin = origins[expression.index]
    return windowed && origin ? { ...plain, rowtime: origin.rowtime, window: origin.window } : plain
  }

  /** What expressions after grouping (or over FROM) see. */
  #rowContext(place: string): ExpressionContext {
    const { source, problems } = this.#context
    const special = (call: CallSyntax): Expression | undefined | false => this.#bindSpecial(call)
    if (!this.#grouped) return { source, problems, scope: this.#scope, place, special }
    return { source, problems, scope: this.#scope, place, special, replace: (e) => this.#replaceKey(e) }
  }

  /** An expression that is grouped by stands for its key; another column is a mistake. */
  #replaceKey(syntax: ExpressionSyntax): Expression | null | undefined {
    if (['number', 'string', 'boolean', 'null', 'temporal', 'interval', 'binary-literal'].includes(syntax.kind))
      return undefined
    const { source, problems } = this.#context
    const silent = new Problems()
    const bound = bindExpression(syntax, { source, problems: silent, scope: this.#scope, place: '' })
    const key = bound && this.#keys.findIndex((known) => sameExpression(known, bound))
    if (key !== undefined && key >= 0) return column(key, bound!.type)
    if (syntax.kind !== 'name') return undefined
    if (!bound) return bindExpression(syntax, { source, problems, scope: this.#scope, place: '' }) ?? null
    // A key that could not be bound was reported; this column may well be it.
    if (this.#failed) return null
    problems.report('MR-SQL-016', source, syntax, { what: syntax.parts.map((part) => part.name).join('.') })
    return null
  }

  #bindItem(item: SelectItem): BoundItem[] | undefined {
    if (item.kind === 'star') return this.#bindStar(item)
    const bound = bindExpression(item.expression, this.#rowContext('in this place'))
    if (!bound) return undefined
    const name =
      item.alias?.name ??
      (item.expression.kind === 'name'
        ? item.expression.parts.at(-1)!.name
        : `EXPR$${this.#syntax.items.indexOf(item)}`)
    return [{ name, expression: bound }]
  }

  #bindStar(item: Extract<SelectItem, { kind: 'star' }>): BoundItem[] | undefined {
    const { source, problems } = this.#context
    const table = item.qualifier?.at(-1)?.name
    const columns = this.#scope.columns
      .map((c, index) => ({ c, index }))
      .filter(({ c }) => table === undefined || c.table === table)
    if (columns.length === 0) {
      const known = [...new Set(this.#scope.columns.map((c) => c.table))].filter((t) => t !== null).join(', ')
      if (table === undefined) this.#refuse(item, 'SELECT * without FROM', 'Name the values.')
      else
        problems.report('MR-SQL-005', source, item, {
          name: `${table}.*`,
          where: `: no table here is called ${table}`,
          instead: `Tables here: ${known || 'none'}.`,
        })
      return undefined
    }
    if (!this.#grouped) return columns.map(({ c, index }) => ({ name: c.name, expression: column(index, c.type) }))
    const items = columns.map(({ c, index }) => this.#starKey(c, index, item))
    return items.includes(undefined) ? undefined : (items as BoundItem[])
  }

  #starKey(c: ScopeColumn, index: number, item: Span): BoundItem | undefined {
    const key = this.#keys.findIndex((known) => known.kind === 'column' && known.index === index)
    if (key >= 0) return { name: c.name, expression: column(key, c.type) }
    this.#context.problems.report('MR-SQL-016', this.#context.source, item, { what: c.name })
    return undefined
  }

  #refuse(at: Span, feature: string, instead: string): undefined {
    this.#failed = true
    this.#context.problems.report('MR-SQL-003', this.#context.source, at, { feature, instead })
    return undefined
  }

  #bindSpecial(syntax: CallSyntax): Expression | undefined | false {
    if (syntax.name === 'ROW_NUMBER' && syntax.over) return this.#bindRowNumber(syntax)
    if (syntax.over)
      return this.#refuse(syntax, `${syntax.name} … OVER`, 'Use GROUP BY, or ROW_NUMBER to keep the first or last row.')
    if (!aggregateNames.has(syntax.name)) return false
    return this.#bindAggregate(syntax)
  }

  #bindRowNumber(syntax: CallSyntax): Expression | undefined {
    const { source, problems } = this.#context
    const over = syntax.over!
    const context: ExpressionContext = {
      ...this.#rowContext('in OVER'),
      special: (call) => (call.over ? false : this.#bindSpecial(call)),
    }
    const partition = bindAll(over.partitionBy, context)
    const order = bindAll(
      over.orderBy.map((item) => item.expression),
      context,
    )
    if (!partition || !order) return undefined
    if (over.frame) return this.#refuse(over.frame, 'A frame of ROW_NUMBER', 'Remove ROWS … or RANGE ….')
    if (over.orderBy.length === 0) {
      problems.report('MR-SQL-025', source, over, {
        reason: 'ROW_NUMBER needs an order',
        instead: 'Write OVER (PARTITION BY key ORDER BY time_column).',
      })
      return undefined
    }
    const rank: BoundRank = {
      partition,
      order: order.map((expression, i) => ({ expression, descending: over.orderBy[i]!.descending })),
      origin: { source, span: syntax },
    }
    const key = (r: BoundRank): string => JSON.stringify([r.partition, r.order])
    if (this.#rank && key(this.#rank) !== key(rank))
      return this.#refuse(syntax, 'A second ROW_NUMBER in one SELECT', 'Use a sub-query per row number.')
    this.#rank ??= rank
    return column(rankIndex, types.bigint(false))
  }

  #bindAggregate(syntax: CallSyntax): Expression | undefined {
    const { source, problems } = this.#context
    const inner: ExpressionContext = { source, problems, scope: this.#scope, place: 'inside of another aggregate' }
    const name = syntax.name as BoundAggregate['name']
    const args = bindAll(syntax.args, inner)
    const filter = syntax.filter
      ? bindCondition(syntax.filter, { ...inner, place: 'in FILTER' }, 'The condition of FILTER')
      : null
    if (!args || filter === undefined) return undefined
    const type = aggregateType(name, args, syntax.star)
    const nested = args.some((arg) => isNested(arg.type))
    if (typeof type === 'string' || nested) {
      const list = args.map((arg) => describeType(arg.type, { ignoreNullable: true })).join(' and ') || 'no arguments'
      problems.report('MR-SQL-008', source, syntax.nameSpan, {
        what: name,
        types: list,
        instead: typeof type === 'string' ? type : 'Aggregate plain columns.',
      })
      return undefined
    }
    if (name === 'FIRST_VALUE' || name === 'LAST_VALUE')
      return this.#refuse(syntax, `The aggregate ${name}`, 'Use ROW_NUMBER … = 1, MIN or MAX.')
    // Without GROUP BY there is a row for no input: then all but COUNT are NULL. A filter may leave nothing, too.
    const maybeEmpty = this.#syntax.groupBy === null || this.#keys.length === 0 || filter !== null
    const nullable = name === 'COUNT' ? false : maybeEmpty || type.nullable
    const aggregate: BoundAggregate = {
      name,
      args,
      filter,
      distinct: syntax.distinct && name !== 'MIN' && name !== 'MAX',
      type: withNullable(type, nullable),
    }
    let index = this.#aggregates.findIndex((known) => JSON.stringify(known) === JSON.stringify(aggregate))
    if (index < 0) index = this.#aggregates.push(aggregate) - 1
    return column(this.#keys.length + index, aggregate.type)
  }
}

interface BoundItem {
  readonly name: string
  readonly expression: Expression
}

/** SUM and AVG keep the argument's type, except for DECIMAL. */
function aggregateType(name: BoundAggregate['name'], args: readonly Expression[], star: boolean): LogicalType | string {
  if (name === 'COUNT') {
    if (star || args.length === 1) return types.bigint(false)
    return 'Write COUNT(*) or COUNT(column).'
  }
  const type = args[0]?.type
  if (!type || args.length !== 1 || star) return `Write ${name}(column).`
  if (name === 'SUM' || name === 'AVG') {
    if (!isNumeric(type)) return `${name} takes numbers.`
    if (type.kind !== 'DECIMAL') return type
    return types.decimal(38, name === 'SUM' ? type.scale : Math.max(6, type.scale), type.nullable)
  }
  const ordered =
    isExact(type) ||
    isApproximate(type) ||
    isDateTime(type) ||
    type.kind === 'CHAR' ||
    type.kind === 'VARCHAR' ||
    type.kind === 'BOOLEAN'
  return ordered || name === 'FIRST_VALUE' || name === 'LAST_VALUE'
    ? type
    : `${name} takes numbers, texts, dates and times.`
}

/** Calcite's way: a repeated name gets a number behind it. */
function unique(names: readonly string[]): string[] {
  const used = new Set<string>()
  return names.map((name) => {
    let candidate = name
    for (let i = 0; used.has(candidate); i++) candidate = `${name}${i}`
    used.add(candidate)
    return candidate
  })
}

function hasAggregate(syntax: ExpressionSyntax): boolean {
  switch (syntax.kind) {
    case 'call':
      if (aggregateNames.has(syntax.name) && !syntax.over) return true
      return (
        syntax.args.some(hasAggregate) ||
        (syntax.over?.partitionBy.some(hasAggregate) ?? false) ||
        (syntax.over?.orderBy.some((o) => hasAggregate(o.expression)) ?? false)
      )
    case 'unary':
    case 'is':
    case 'cast':
      return hasAggregate(syntax.arg)
    case 'operator':
      return hasAggregate(syntax.left) || hasAggregate(syntax.right)
    case 'between':
      return [syntax.arg, syntax.low, syntax.high].some(hasAggregate)
    case 'in':
      return [syntax.arg, ...syntax.list].some(hasAggregate)
    case 'like':
      return hasAggregate(syntax.arg) || hasAggregate(syntax.pattern)
    case 'case':
      return (
        [syntax.operand, syntax.otherwise].some((e) => e !== null && hasAggregate(e)) ||
        syntax.branches.some((b) => hasAggregate(b.when) || hasAggregate(b.then))
      )
    case 'unit-call':
      return syntax.args.some(hasAggregate)
    default:
      return false
  }
}
