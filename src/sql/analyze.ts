// From files to plans: parse all, declare all, bind and plan every INSERT and view, and report every mistake once.
import type { MillraceError } from '../base/index.ts'
import { Catalog } from './bind/catalog.ts'
import { bindInsert } from './bind/queries.ts'
import { bindRule } from './rule.ts'
import type { BoundInsert } from './bind/tree.ts'
import { explainLogical, explain } from './explain.ts'
import { logicalOf, project } from './logical/build.ts'
import { lineageOf } from './logical/lineage.ts'
import { rewrite } from './logical/rewrite.ts'
import type { LogicalNode } from './logical/tree.ts'
import { pipelineOf } from './physical/sink.ts'
import type { ChangelogMode, ColumnLineage, PipelinePlan, TableDefinition } from './plan.ts'
import { placeAt, Problems, type SqlText } from './problems.ts'
import { parseStatements } from './syntax/statements.ts'
import type { InsertSyntax, Statement } from './syntax/tree.ts'

export interface ViewDefinition {
  readonly name: string
  readonly columns: TableDefinition['schema']
  readonly source: TableDefinition['source']
  readonly text: string
}

export interface SqlProject {
  readonly tables: readonly TableDefinition[]
  readonly views: readonly ViewDefinition[]
  readonly pipelines: readonly PipelinePlan[]
  /** Per sink table and view. */
  readonly lineage: ReadonlyMap<string, readonly ColumnLineage[]>
  /** The same of each pipeline alone, by its name: several may write one table. */
  readonly pipelineLineage: ReadonlyMap<string, readonly ColumnLineage[]>
  readonly errors: readonly MillraceError[]
}

export interface AnalyzeOptions {
  /** Conditions that a table's rows must meet to be read by any pipeline (those not TRUE are skipped). Reported elsewhere when faulty. */
  readonly rowRules?: readonly { readonly table: string; readonly name: string; readonly text: string }[]
  /**
   * Tables whose topics carry Debezium envelopes (before and after images). Left out: tables with a primary key that no INSERT
   * writes. `WITH ('millrace.format' = …)` on the table decides before both.
   */
  readonly captured?: readonly string[]
}

export interface ParsedFile {
  readonly statements: readonly Statement[]
  readonly errors: readonly MillraceError[]
}

/** The statements of one file, and what cannot be read. */
export function parseSqlFile(source: SqlText): ParsedFile {
  const problems = new Problems()
  const statements = parseStatements(source, problems)
  return { statements, errors: problems.sorted([source.file]) }
}

/** All files of a folder; their order has no meaning but for the order of reports. Never throws for what a person wrote. */
export function analyze(files: readonly SqlText[], options: AnalyzeOptions = {}): SqlProject {
  const problems = new Problems()
  const statements = files.flatMap((file) => parseStatements(file, problems))
  const catalog = new Catalog(problems)
  catalog.declare(statements)
  const inserts = insertsOf(statements, problems)
  const tables = withChangelogs(catalog, inserts, options)
  for (const { table, text, name } of options.rowRules ?? []) {
    const definition = catalog.tables.get(table)
    const condition = definition && bindRule({ file: name, text }, definition, new Problems())
    if (condition) catalog.addRule(table, condition)
  }
  const lineage = new Map<string, readonly ColumnLineage[]>()
  const pipelineLineage = new Map<string, readonly ColumnLineage[]>()
  const views = analyzeViews(catalog, problems, lineage)
  const pipelines: PipelinePlan[] = []
  const changelogOf = (table: TableDefinition): ChangelogMode => tables.get(table.name)?.changelog ?? 'append'
  const counts = new Map<string, number>()
  for (const { source, syntax } of inserts) {
    const target = syntax.target.parts.at(-1)!.name
    const count = (counts.get(target) ?? 0) + 1
    counts.set(target, count)
    const planned = planInsert(syntax, source, catalog, count === 1 ? target : `${target}#${count}`, changelogOf)
    if (!planned) continue
    lineage.set(target, mergeLineage(lineage.get(target), planned.lineage))
    if (!planned.plan) continue
    pipelines.push(planned.plan)
    pipelineLineage.set(planned.plan.name, planned.lineage)
  }
  return {
    tables: [...tables.values()],
    views,
    pipelines,
    lineage,
    pipelineLineage,
    errors: problems.sorted(files.map((f) => f.file)),
  }
}

interface Insert {
  readonly source: SqlText
  readonly syntax: InsertSyntax
}

/** The INSERTs, those of statement sets included; what has no place in a folder is refused. */
function insertsOf(statements: readonly Statement[], problems: Problems): Insert[] {
  const inserts: Insert[] = []
  for (const { source, syntax } of statements) {
    if (syntax.kind === 'insert') inserts.push({ source, syntax })
    else if (syntax.kind === 'statement-set')
      for (const insert of syntax.inserts) inserts.push({ source, syntax: insert })
    else if (syntax.kind === 'query') problems.report('MR-SQL-024', source, syntax, {})
    else if (syntax.kind === 'unsupported')
      problems.report('MR-SQL-003', source, syntax, { feature: syntax.feature, instead: syntax.instead })
  }
  return inserts
}

/** Decides per table how its topic is read. */
function withChangelogs(
  catalog: Catalog,
  inserts: readonly Insert[],
  options: AnalyzeOptions,
): Map<string, TableDefinition> {
  const written = new Set(inserts.map((i) => i.syntax.target.parts.at(-1)!.name))
  const modeOf = (table: TableDefinition): ChangelogMode => {
    const format = table.options['millrace.format']
    if (!table.primaryKey) return format?.startsWith('debezium') ? 'retract' : 'append'
    if (format !== undefined) return format.startsWith('debezium') ? 'retract' : 'upsert'
    const captured = options.captured ? options.captured.includes(table.name) : !written.has(table.name)
    return captured ? 'retract' : 'upsert'
  }
  const tables = new Map<string, TableDefinition>()
  for (const [name, table] of catalog.tables) tables.set(name, { ...table, changelog: modeOf(table) })
  for (const table of tables.values()) catalog.addTable(table)
  return tables
}

function analyzeViews(
  catalog: Catalog,
  problems: Problems,
  lineage: Map<string, readonly ColumnLineage[]>,
): ViewDefinition[] {
  const views: ViewDefinition[] = []
  for (const name of catalog.viewNames) {
    const query = catalog.viewQuery(name)
    if (!query) continue
    const { source, span } = catalog.viewSource(name)!
    views.push({
      name,
      columns: { fields: query.columns.map((c) => ({ name: c.name, type: c.type })) },
      source: placeAt(source, span.start),
      text: source.text.slice(span.start, span.end),
    })
    const logical = logicalOf(query)
    lineage.set(
      name,
      lineageOf(
        logical,
        query.columns.map((c) => c.name),
      ),
    )
    rewrite(logical, problems)
  }
  return views
}

interface PlannedInsert {
  readonly bound: BoundInsert
  readonly logical: LogicalNode
  readonly rewritten: LogicalNode | undefined
  readonly plan: PipelinePlan | undefined
  readonly lineage: readonly ColumnLineage[]
}

function planInsert(
  syntax: InsertSyntax,
  source: SqlText,
  catalog: Catalog,
  name: string,
  changelogOf: (table: TableDefinition) => ChangelogMode,
): PlannedInsert | undefined {
  const { problems } = catalog
  const bound = bindInsert(syntax, { source, problems, catalog, common: new Map() })
  if (!bound) return undefined
  const { fields } = bound.target.schema
  const query = logicalOf(bound.query)
  const columns = bound.projections.map((e, i) => ({
    name: fields[i]!.name,
    type: e.type,
    rowtime: e.kind === 'column' && query.columns[e.index]!.rowtime,
    window: null,
  }))
  const logical = project(query, bound.projections, columns)
  const lineage = lineageOf(
    logical,
    fields.map((f) => f.name),
  )
  const rewritten = rewrite(logical, problems)
  const plan = rewritten && pipelineOf(bound, rewritten, name, { problems, changelogOf })
  return { bound, logical, rewritten, plan, lineage }
}

/** Several INSERTs into one table: a column comes from all of them. */
function mergeLineage(a: readonly ColumnLineage[] | undefined, b: readonly ColumnLineage[]): readonly ColumnLineage[] {
  if (!a) return b
  const rank = { identity: 0, expression: 1, aggregation: 2 }
  return a.map((left, i): ColumnLineage => {
    const right = b[i]!
    const sources = [...left.sources]
    for (const source of right.sources)
      if (!sources.some((s) => s.table === source.table && s.column === source.column)) sources.push(source)
    return {
      column: left.column,
      sources,
      transformation:
        rank[left.transformation] >= rank[right.transformation] ? left.transformation : right.transformation,
    }
  })
}

export interface Stages {
  /** The syntax tree as JSON. */
  readonly syntax: string
  /** Names resolved and types known, as the relational tree first built. */
  readonly logical: string
  readonly rewritten: string
  /** Operators with their changelog modes. */
  readonly physical: string
}

/** Every stage of one pipeline as text; undefined when there is no such pipeline or it has mistakes. */
export function explainStages(
  files: readonly SqlText[],
  pipeline: string,
  options: AnalyzeOptions = {},
): Stages | undefined {
  const problems = new Problems()
  const statements = files.flatMap((file) => parseStatements(file, problems))
  const catalog = new Catalog(problems)
  catalog.declare(statements)
  const inserts = insertsOf(statements, problems)
  const tables = withChangelogs(catalog, inserts, options)
  const [target, number] = pipeline.split('#')
  const found = inserts.filter((i) => i.syntax.target.parts.at(-1)!.name === target)[Number(number ?? 1) - 1]
  const planned =
    found &&
    planInsert(found.syntax, found.source, catalog, pipeline, (table) => tables.get(table.name)?.changelog ?? 'append')
  if (!planned?.rewritten || !planned.plan) return undefined
  return {
    syntax: JSON.stringify(found!.syntax, null, 2),
    logical: explainLogical(planned.logical),
    rewritten: explainLogical(planned.rewritten),
    physical: explain(planned.plan, { changelog: true }),
  }
}
