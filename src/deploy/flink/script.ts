// A folder as one SQL script for a plain Flink: the text as it was written, with what DESIGN allows to be rewritten. Pure.
// Invariant: the order of statements is one that Flink can run from top to bottom; the order of files has no meaning here either.
import { MillraceError } from '../../base/index.ts'
import type { Desired, DesiredTopic, Project } from '../../project/index.ts'
import { parseSqlFile, referencedTables, rewriteForFlink, type SqlText, type Statement } from '../../sql/index.ts'
import { connectorOptions, transactionOptions, type Cluster, type Delivery } from './connectors.ts'
import { guardedNames, guardView } from './guards.ts'
import { rewriteTargets, type TargetEdit } from './targets.ts'

export interface FlinkScriptOptions {
  /** The folder's SQL files; others are ignored. */
  readonly files: readonly SqlText[]
  readonly project: Project
  readonly desired: Desired
  /** Brokers that Flink reads from and writes to, host:port. */
  readonly bootstrap: string
  readonly registryUrl: string
  /** 'exactly-once' needs a broker with transactions. Default that. */
  readonly delivery?: Delivery
}

/** Statements without ';', in an order that Flink can run. */
export interface FlinkScript {
  readonly settings: readonly string[]
  /** Tables, then views after what they read. */
  readonly ddl: readonly string[]
  /** INSERTs and statement sets: one job each. */
  readonly statements: readonly string[]
}

/**
 * Throws AggregateError of MillraceErrors for statements that Flink cannot have (MR-DEPLOY-004) or that cannot be read.
 * Topics must be there before it runs (`millrace apply`); schemas of what Flink writes it registers itself.
 */
export function flinkScript(options: FlinkScriptOptions): FlinkScript {
  const { project, desired, delivery = 'exactly-once' } = options
  const parsed = options.files.filter((f) => f.file.endsWith('.sql')).map((file) => parseSqlFile(file))
  const errors = [...parsed.flatMap((p) => p.errors), ...parsed.flatMap((p) => refusals(p.statements))]
  errors.push(...foreignFormats(project, desired), ...encryptedColumns(project, desired))
  if (errors.length > 0) throw new AggregateError(errors, `${errors.length} statements cannot go to Flink`)
  const statements = parsed.flatMap((p) => p.statements)

  const cluster: Cluster = {
    bootstrap: options.bootstrap,
    registryUrl: options.registryUrl,
    delivery,
    transactionPrefix: `millrace.${project.name}`,
  }
  const rules = project.contracts.flatMap((c) => c.rules).filter((rule) => rule.severity === 'error')
  const taken = new Set([...project.sql.tables, ...project.sql.views].map((t) => t.name))
  const names = guardedNames(rules, taken)
  const topicOf = (table: string): DesiredTopic | undefined => {
    const definition = project.sql.tables.find((t) => t.name === table)
    return desired.topics.find((t) => t.name === (definition?.options['millrace.topic'] ?? table))
  }
  const texts = rewriteForFlink(statements, (table) => {
    const topic = topicOf(table)
    return topic ? connectorOptions(topic, cluster) : {}
  })
  const writers = new Map<string, number>()
  const rewritten = statements.map((statement, i) => ({
    syntax: statement.syntax,
    text: rewriteTargets(texts[i]!, statement, (table): TargetEdit => {
      const behind = names.get(table)
      const name = behind === undefined ? {} : { name: behind }
      if (statement.syntax.kind === 'create-table') return name
      const writer = (writers.get(table) ?? 0) + 1
      writers.set(table, writer)
      if (writer === 1 || delivery !== 'exactly-once') return name
      return { ...name, options: transactionOptions(topicOf(table)?.name ?? table, cluster, writer) }
    }),
  }))
  const of = (...kinds: Statement['syntax']['kind'][]): string[] =>
    rewritten.filter((r) => kinds.includes(r.syntax.kind)).map((r) => r.text)
  const guards = [...names].map(([table, behind]) =>
    guardView(
      table,
      behind,
      rules.filter((rule) => rule.table === table),
    ),
  )
  return {
    settings: settingsOf(delivery),
    ddl: [...of('create-table'), ...guards, ...viewsInOrder(statements)],
    statements: of('insert', 'statement-set'),
  }
}

/** Flink's own formats protobuf and json know no registry. */
function foreignFormats(
  project: FlinkScriptOptions['project'],
  desired: FlinkScriptOptions['desired'],
): MillraceError[] {
  const foreign = ['protobuf-confluent', 'json-confluent']
  const topics = desired.topics.filter(({ format }) => format && foreign.includes(format.valueFormat))
  return topics.map(({ name, format }) => {
    const table = project.sql.tables.find((one) => (one.options['millrace.topic'] ?? one.name) === name)
    const details = { feature: `The format ${format!.valueFormat} of topic ${name}` }
    return new MillraceError('MR-DEPLOY-004', table ? { details, place: table.source } : { details })
  })
}

/** Flink's formats neither seal nor open: what it writes would lie in the topic in clear, and what it reads would be sealed. */
function encryptedColumns(
  project: FlinkScriptOptions['project'],
  desired: FlinkScriptOptions['desired'],
): MillraceError[] {
  return desired.schemas.flatMap(({ topic, rules }) => {
    if (!rules) return []
    const table = project.sql.tables.find((one) => (one.options['millrace.topic'] ?? one.name) === topic)
    const details = { feature: `The encryption of columns of topic ${topic}` }
    return [new MillraceError('MR-DEPLOY-004', table ? { details, place: table.source } : { details })]
  })
}

/** The script as text. */
export function formatFlinkScript(script: FlinkScript): string {
  return [...script.settings, ...script.ddl, ...script.statements].map((statement) => `${statement};\n`).join('\n')
}

/** Times are UTC here; and what is written in transactions is there only after a checkpoint. */
function settingsOf(delivery: Delivery): string[] {
  const zone = "SET 'table.local-time-zone' = 'UTC'"
  return delivery === 'exactly-once' ? [zone, "SET 'execution.checkpointing.interval' = '10 s'"] : [zone]
}

function refusals(statements: readonly Statement[]): MillraceError[] {
  return statements.flatMap(({ source, syntax, text }) => {
    if (syntax.kind !== 'unsupported') return []
    const name = /\bFUNCTION\s+(?:IF\s+NOT\s+EXISTS\s+)?([\w.`]+)/i.exec(text)?.[1]
    const isOurs = /\bLANGUAGE\s+TYPESCRIPT\b/i.test(text)
    const feature = name && isOurs ? `The TypeScript function ${name.replaceAll('`', '')}` : syntax.feature
    const before = source.text.slice(0, syntax.start).split('\n')
    const place = { file: source.file, line: before.length, column: before.at(-1)!.length + 1 }
    return [new MillraceError('MR-DEPLOY-004', { details: { feature }, place })]
  })
}

/** Views as they were written, each after the views that it reads. */
function viewsInOrder(statements: readonly Statement[]): string[] {
  const views = new Map<string, { text: string; reads: readonly string[] }>()
  for (const { source, syntax, text } of statements) {
    if (syntax.kind !== 'create-view') continue
    const found = referencedTables(source.text.slice(syntax.query.start, syntax.query.end), source.file)
    views.set(syntax.name.parts.at(-1)!.name, { text, reads: found.ok ? found.tables.map((t) => t.name) : [] })
  }
  const ordered: string[] = []
  const seen = new Set<string>()
  const visit = (name: string): void => {
    const view = views.get(name)
    if (!view || seen.has(name)) return
    seen.add(name)
    for (const read of view.reads) visit(read)
    ordered.push(view.text)
  }
  for (const name of views.keys()) visit(name)
  return ordered
}
