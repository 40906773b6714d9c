// The tables and views of all files: CREATE TABLE becomes a TableDefinition; views are bound when first read. Order of files
// and statements has no meaning; a view that reads itself is refused.
import { nearest } from '../../base/index.ts'
import { describeType, types, withNullable, type Field, type LogicalType, type Schema } from '../../model/index.ts'
import type { Expression, TableDefinition } from '../plan.ts'
import { placeAt, type Problems, type Span, type SqlText } from '../problems.ts'
import type { CreateTableSyntax, Statement, StatementSyntax, TableName } from '../syntax/tree.ts'
import { bindExpression } from './expressions.ts'
import { bindQuery } from './queries.ts'
import type { BoundQuery } from './tree.ts'
import { bindType } from './types.ts'

type CreateView = Extract<StatementSyntax, { kind: 'create-view' }>

interface ViewEntry {
  readonly source: SqlText
  readonly syntax: CreateView
  state: 'new' | 'binding' | 'bound'
  query: BoundQuery | undefined
}

export type Found =
  | { readonly kind: 'table'; readonly table: TableDefinition }
  | { readonly kind: 'view'; readonly name: string; readonly query: BoundQuery }

export class Catalog {
  readonly problems: Problems
  readonly tables = new Map<string, TableDefinition>()
  readonly #views = new Map<string, ViewEntry>()
  readonly #rules = new Map<string, Expression[]>()
  readonly #binding: string[] = []
  readonly #broken = new Set<string>()
  /** Views and sub-queries may use ORDER BY and LIMIT (ad hoc queries). */
  readonly bounded: boolean

  constructor(problems: Problems, options: { bounded?: boolean } = {}) {
    this.problems = problems
    this.bounded = options.bounded ?? false
  }

  addTable(definition: TableDefinition): void {
    this.tables.set(definition.name, definition)
  }

  addRule(table: string, condition: Expression): void {
    this.#rules.set(table, [...(this.#rules.get(table) ?? []), condition])
  }

  rulesOf(table: string): readonly Expression[] {
    return this.#rules.get(table) ?? []
  }

  /** Takes the declarations of all statements; a name declared twice is reported. */
  declare(statements: readonly Statement[]): void {
    const places = new Map<string, string>()
    for (const { source, syntax } of statements) {
      if (syntax.kind === 'broken') this.#broken.add(syntax.name)
      if (syntax.kind !== 'create-table' && syntax.kind !== 'create-view') continue
      const name = this.nameOf(syntax.name, source)
      if (name === undefined) continue
      const first = places.get(name)
      if (first !== undefined) {
        this.problems.report('MR-SQL-009', source, syntax.name, {
          what: syntax.kind === 'create-table' ? 'Table' : 'View',
          name,
          first,
        })
        continue
      }
      const { file, line, column } = placeAt(source, syntax.name.start)
      places.set(name, `${file}:${line}:${column}`)
      if (syntax.kind === 'create-view') this.#views.set(name, { source, syntax, state: 'new', query: undefined })
      else this.tables.set(name, bindCreateTable(name, syntax, source, this.problems))
    }
  }

  /** The plain name; other catalogs and databases than the default ones are refused. */
  nameOf(name: TableName, source: SqlText): string | undefined {
    const parts = name.parts.map((part) => part.name)
    const known = ['default_catalog', 'default_database'].slice(3 - parts.length)
    if (parts.slice(0, -1).every((part, i) => part === known[i])) return parts.at(-1)!
    this.problems.report('MR-SQL-004', source, name, {
      name: parts.join('.'),
      instead: `All tables are in default_catalog.default_database: write ${parts.at(-1)!}.`,
    })
    return undefined
  }

  /** The table or view of a name; undefined after a report. */
  find(name: TableName, source: SqlText): Found | undefined {
    const plain = this.nameOf(name, source)
    if (plain === undefined) return undefined
    const table = this.tables.get(plain)
    if (table) return { kind: 'table', table }
    const view = this.#views.get(plain)
    if (!view) {
      this.reportUnknown(plain, name, source)
      return undefined
    }
    if (view.state === 'binding') {
      const cycle = [...this.#binding.slice(this.#binding.indexOf(plain)), plain].join(' → ')
      this.problems.report('MR-SQL-010', source, name, { name: plain, cycle })
      return undefined
    }
    const query = this.viewQuery(plain)
    return query && { kind: 'view', name: plain, query }
  }

  isView(name: string): boolean {
    return this.#views.has(name)
  }

  get viewNames(): readonly string[] {
    return [...this.#views.keys()]
  }

  viewSource(name: string): { readonly source: SqlText; readonly span: Span } | undefined {
    const view = this.#views.get(name)
    return view && { source: view.source, span: view.syntax }
  }

  /** The bound query of a view, with the view's column names. */
  viewQuery(name: string): BoundQuery | undefined {
    const view = this.#views.get(name)
    if (!view || view.state === 'bound') return view?.query
    view.state = 'binding'
    this.#binding.push(name)
    const query = bindQuery(view.syntax.query, {
      source: view.source,
      problems: this.problems,
      catalog: this,
      common: new Map(),
    })
    this.#binding.pop()
    view.state = 'bound'
    view.query = query && renamed(query, view.syntax.columns, view.source, this.problems)
    return view.query
  }

  /** Nothing is said of names whose declaration was reported already. */
  reportUnknown(name: string, at: Span, source: SqlText): void {
    if (this.#broken.has(name)) return
    const names = [...this.tables.keys(), ...this.#views.keys()]
    const near = nearest(name, names)
    const instead =
      near === undefined
        ? `Declare it by CREATE TABLE, or use one of: ${names.toSorted().join(', ') || 'none'}.`
        : `Did you mean ${near}?`
    this.problems.report('MR-SQL-004', source, at, { name, instead })
  }
}

/** With the column names of a list; undefined after a report about their number. */
export function renamed<T extends { readonly columns: BoundQuery['columns'] }>(
  query: T,
  names: readonly (Span & { readonly name: string })[] | null,
  source: SqlText,
  problems: Problems,
): T | undefined {
  if (!names) return query
  if (names.length !== query.columns.length) {
    const reason = `${names.length} names for ${query.columns.length} columns`
    problems.report('MR-SQL-018', source, names[0]!, { reason, instead: 'Write one name per column.' })
    return undefined
  }
  return { ...query, columns: query.columns.map((c, i) => ({ ...c, name: names[i]!.name })) }
}

/** Faulty parts are reported and left out, so that the rest can still be checked. */
function bindCreateTable(
  name: string,
  syntax: CreateTableSyntax,
  source: SqlText,
  problems: Problems,
): TableDefinition {
  const refuse = (at: Span, reason: string, instead: string): void =>
    problems.report('MR-SQL-018', source, at, { reason, instead })
  const keyNames = syntax.primaryKey?.columns.map((c) => c.name) ?? null
  const fields: Field[] = []
  for (const column of syntax.columns) {
    const type = bindType(column.type, source, problems) ?? types.null(true)
    if (fields.some((f) => f.name === column.name.name))
      refuse(column.name, `column ${column.name.name} is declared twice`, 'Rename or remove one of them.')
    const nullable = type.nullable && !(keyNames?.includes(column.name.name) ?? false)
    fields.push({
      name: column.name.name,
      type: withNullable(type, nullable),
      ...(column.comment === null ? {} : { comment: column.comment }),
    })
  }
  const schema: Schema = { fields }
  const known = (names: readonly (Span & { readonly name: string })[]): string[] =>
    names
      .filter((column) => {
        if (fields.some((f) => f.name === column.name)) return true
        const instead = `Columns of ${name}: ${fields.map((f) => f.name).join(', ')}.`
        problems.report('MR-SQL-005', source, column, { name: column.name, where: ` in ${name}`, instead })
        return false
      })
      .map((column) => column.name)
  if (syntax.distribution && syntax.distribution.columns.length === 0)
    refuse(
      syntax.distribution,
      'a topic is distributed by columns',
      'Write DISTRIBUTED BY HASH(column) INTO n BUCKETS.',
    )
  if (syntax.distribution?.buckets === 0)
    refuse(
      syntax.distribution,
      'the number of buckets is missing',
      'Write INTO n BUCKETS: one bucket is one partition.',
    )
  return {
    name,
    schema,
    primaryKey: syntax.primaryKey ? known(syntax.primaryKey.columns) : null,
    watermark: bindWatermark(syntax, schema, source, problems),
    distribution: syntax.distribution
      ? { columns: known(syntax.distribution.columns), buckets: syntax.distribution.buckets }
      : null,
    options: Object.fromEntries(syntax.options.map(({ key, value }) => [key, value])),
    source: placeAt(source, syntax.start),
    comment: syntax.comment,
  }
}

/** `c` or `c - INTERVAL …`: the running maximum less a constant. */
function bindWatermark(
  syntax: CreateTableSyntax,
  schema: Schema,
  source: SqlText,
  problems: Problems,
): TableDefinition['watermark'] {
  const { watermark } = syntax
  if (!watermark) return null
  const { name } = watermark.column
  const index = schema.fields.findIndex((f) => f.name === name)
  const type: LogicalType | undefined = schema.fields[index]?.type
  if (!type) {
    problems.report('MR-SQL-005', source, watermark.column, {
      name,
      where: ` in ${syntax.name.parts.at(-1)!.name}`,
      instead: `Columns here: ${schema.fields.map((f) => f.name).join(', ')}.`,
    })
    return null
  }
  if ((type.kind !== 'TIMESTAMP' && type.kind !== 'TIMESTAMP_LTZ') || type.precision > 3) {
    const reason = `the time column ${name} is ${describeType(type, { ignoreNullable: true })}`
    problems.report('MR-SQL-018', source, watermark.column, {
      reason,
      instead: 'A time column is TIMESTAMP(3) or TIMESTAMP_LTZ(3).',
    })
    return null
  }
  const scope = {
    columns: schema.fields.map((f) => ({ name: f.name, type: f.type, table: null, rowtime: false, window: null })),
  }
  const expression = bindExpression(watermark.expression, { source, problems, scope, place: 'in WATERMARK' })
  if (!expression) return null
  const delayMs = delayOf(expression, index)
  if (delayMs !== undefined) return { column: name, delayMs }
  problems.report('MR-SQL-003', source, watermark.expression, {
    feature: 'This watermark',
    instead: `Write WATERMARK FOR ${name} AS ${name} - INTERVAL '5' SECOND, or AS ${name}.`,
  })
  return null
}

function delayOf(expression: Expression, column: number): number | undefined {
  if (expression.kind === 'column') return expression.index === column ? 0 : undefined
  if (expression.kind !== 'call' || expression.name !== '-') return undefined
  const [left, right] = expression.args
  if (
    left?.kind !== 'column' ||
    left.index !== column ||
    right?.kind !== 'literal' ||
    right.type.kind !== 'INTERVAL_DAY_TIME'
  )
    return undefined
  const delay = Number(right.value)
  return delay >= 0 ? delay : undefined
}
