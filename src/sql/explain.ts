// Plans as text, Flink's way: one line per operator, inputs indented below. For people and for tests; not a format.
import { describeType, type Schema } from '../model/index.ts'
import type { BoundColumn } from './bind/tree.ts'
import { inputsOf, type LogicalCall, type LogicalNode } from './logical/tree.ts'
import type { AggregateCall, Expression, PipelinePlan, PlanNode } from './plan.ts'

export interface ExplainOptions {
  /** Adds changelogMode=[…] per operator, as EXPLAIN CHANGELOG_MODE does. */
  readonly changelog?: boolean
  /** Adds ids and slots. */
  readonly ids?: boolean
}

/** The operators of a pipeline. */
export function explain(plan: PipelinePlan, options: ExplainOptions = {}): string {
  const { sink } = plan
  const names = plan.root.schema.fields.map((f) => f.name)
  const key = sink.primaryKey ? `, primaryKey=[${sink.primaryKey.map((i) => names[i]).join(', ')}]` : ''
  const head = `Sink(table=[${sink.table}], mode=[${sink.mode}]${key}, fields=[${names.join(', ')}])`
  return [head, ...treeLines(plan.root, planInputs, (node) => describe(node, options))].join('\n')
}

/** A logical plan. */
export function explainLogical(node: LogicalNode): string {
  const [first, ...rest] = treeLines(node, inputsOf, describeLogical)
  return [first!.slice(3), ...rest.map((line) => line.slice(3))].join('\n')
}

function treeLines<T>(node: T, inputs: (node: T) => readonly T[], text: (node: T) => string, prefix = ''): string[] {
  const below = inputs(node)
  const lines = [`${prefix}+- ${text(node)}`]
  below.forEach((input, i) =>
    lines.push(...treeLines(input, inputs, text, `${prefix}   ${i < below.length - 1 ? '' : ''}`)),
  )
  return lines
}

export function planInputs(node: PlanNode): readonly PlanNode[] {
  switch (node.kind) {
    case 'TableSourceScan':
    case 'Values':
      return []
    case 'Join':
    case 'TemporalJoin':
      return [node.left, node.right]
    case 'Union':
      return node.inputs
    default:
      return [node.input]
  }
}

const namesOf = (schema: Schema): string[] => schema.fields.map((f) => f.name)
const pick = (names: readonly string[], indexes: readonly number[]): string => indexes.map((i) => names[i]).join(', ')

function describe(node: PlanNode, options: ExplainOptions): string {
  const parts = operatorParts(node)
  if (options.changelog)
    parts.push(`changelogMode=[${{ append: 'I', upsert: 'I,UA,D', retract: 'I,UB,UA,D' }[node.changelog]}]`)
  if (options.ids) {
    parts.push(`id=[${node.id}]`)
    const slots = 'slots' in node ? node.slots : 'slot' in node ? [node.slot] : []
    if (slots.length > 0) parts.push(`slots=[${slots.join(', ')}]`)
  }
  return `${node.kind}(${parts.join(', ')})`
}

function operatorParts(node: PlanNode): string[] {
  const names = namesOf(node.schema)
  switch (node.kind) {
    case 'TableSourceScan': {
      const parts = [`table=[${node.table}]`, `fields=[${names.join(', ')}]`]
      if (node.watermark) parts.push(`watermark=[${names[node.watermark.column]} - ${node.watermark.delayMs} ms]`)
      return parts
    }
    case 'Calc': {
      const input = namesOf(node.input.schema)
      const select = node.projections.map((e, i) => renamedTo(explainExpression(e, input), names[i]!)).join(', ')
      return [`select=[${select}]`, ...(node.condition ? [`where=[${explainExpression(node.condition, input)}]`] : [])]
    }
    case 'Deduplicate':
      return [
        `keep=[${node.keep === 'first' ? 'FirstRow' : 'LastRow'}]`,
        `key=[${pick(names, node.keys)}]`,
        `order=[${names[node.order]}]`,
      ]
    case 'ChangelogNormalize':
      return [`key=[${pick(names, node.keys)}]`]
    case 'Exchange':
      return [`distribution=[${node.keys.length === 0 ? 'single' : `hash[${pick(names, node.keys)}]`}]`]
    case 'GroupAggregate':
      return [
        `groupBy=[${pick(
          names,
          node.keys.map((_, i) => i),
        )}]`,
        `select=[${aggregates(node.aggregates, node.input.schema, names.slice(node.keys.length))}]`,
      ]
    case 'WindowAggregate': {
      const input = namesOf(node.input.schema)
      const { sizeMs, offsetMs, timeColumn } = node.window
      const window = `TUMBLE(time=[${input[timeColumn]}], size=[${sizeMs} ms]${offsetMs === 0 ? '' : `, offset=[${offsetMs} ms]`})`
      const select = aggregates(node.aggregates, node.input.schema, names.slice(node.keys.length))
      return [
        `groupBy=[${pick(
          names,
          node.keys.map((_, i) => i),
        )}]`,
        `window=[${window}]`,
        `select=[${select}]`,
        `windowColumns=[${node.windowColumns.join(', ')}]`,
      ]
    }
    case 'TemporalJoin':
    case 'Join':
      return joinParts(node)
    case 'Union':
      return [`fields=[${names.join(', ')}]`]
    case 'Values':
      return [
        `tuples=[${node.rows.map((row) => `{${row.map((e) => explainExpression(e, [])).join(', ')}}`).join(', ')}]`,
      ]
  }
}

function joinParts(node: Extract<PlanNode, { kind: 'Join' | 'TemporalJoin' }>): string[] {
  const [left, right] = [namesOf(node.left.schema), namesOf(node.right.schema)]
  const equal = node.leftKeys.map((k, i) => `${left[k]} = ${right[node.rightKeys[i]!]}`)
  const parts = [`joinType=[${node.joinType}]`, `where=[${equal.join(' AND ')}]`]
  if (node.condition) parts.push(`condition=[${explainExpression(node.condition, [...left, ...right])}]`)
  if (node.kind === 'TemporalJoin') parts.push(`time=[${left[node.leftTime]}, ${right[node.rightTime]}]`)
  else {
    const key = (names: readonly string[], columns: readonly number[] | null): string =>
      columns ? `(${pick(names, columns)})` : 'none'
    parts.push(`upsertKeys=[${key(left, node.leftUpsertKey)}, ${key(right, node.rightUpsertKey)}]`)
  }
  return parts
}

const renamedTo = (text: string, name: string): string => (text === name ? text : `${text} AS ${name}`)

function aggregates(calls: readonly AggregateCall[], input: Schema, names: readonly string[]): string {
  const from = namesOf(input)
  return calls.map((c, i) => renamedTo(aggregateText(c, from), names[i]!)).join(', ')
}

function aggregateText(c: LogicalCall | AggregateCall, from: readonly string[]): string {
  const args = c.args.length === 0 ? '*' : pick(from, c.args)
  return `${c.name}(${c.distinct ? 'DISTINCT ' : ''}${args})${c.filter === null ? '' : ` FILTER ${from[c.filter]}`}`
}

const infix = new Set([
  '+',
  '-',
  '*',
  '/',
  '%',
  '=',
  '<>',
  '<',
  '<=',
  '>',
  '>=',
  'AND',
  'OR',
  'LIKE',
  'IS DISTINCT FROM',
  'IS NOT DISTINCT FROM',
])
const postfix = new Set(['IS NULL', 'IS NOT NULL', 'IS TRUE', 'IS NOT TRUE', 'IS FALSE', 'IS NOT FALSE'])

/** An expression as SQL over the given column names. */
export function explainExpression(e: Expression, names: readonly string[]): string {
  const inner = (x: Expression): string => {
    const text = explainExpression(x, names)
    return x.kind === 'call' && (infix.has(x.name) || postfix.has(x.name)) ? `(${text})` : text
  }
  switch (e.kind) {
    case 'column':
      return names[e.index] ?? `$${e.index}`
    case 'literal':
      return literalText(e)
    case 'cast':
      return `${e.onError === 'null' ? 'TRY_CAST' : 'CAST'}(${explainExpression(e.arg, names)} AS ${describeType(e.type, { ignoreNullable: true })})`
    case 'case': {
      const branches = e.branches.map(
        (b) => `WHEN ${explainExpression(b.when, names)} THEN ${explainExpression(b.then, names)}`,
      )
      return `CASE ${branches.join(' ')} ELSE ${explainExpression(e.otherwise, names)} END`
    }
    case 'call':
      if (infix.has(e.name) && e.args.length >= 2) return e.args.map(inner).join(` ${e.name} `)
      if (postfix.has(e.name)) return `${inner(e.args[0]!)} ${e.name}`
      if (e.name === 'IN')
        return `${inner(e.args[0]!)} IN (${e.args
          .slice(1)
          .map((x) => explainExpression(x, names))
          .join(', ')})`
      return `${e.name}(${e.args.map((x) => explainExpression(x, names)).join(', ')})`
  }
}

function literalText(e: Extract<Expression, { kind: 'literal' }>): string {
  if (e.value === null) return 'NULL'
  if (typeof e.value === 'boolean') return e.value ? 'TRUE' : 'FALSE'
  switch (e.type.kind) {
    case 'CHAR':
    case 'VARCHAR':
      return `'${e.value.replaceAll("'", "''")}'`
    case 'DATE':
    case 'TIME':
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return `${e.type.kind} '${e.value}'`
    case 'BINARY':
    case 'VARBINARY':
      return `X'${e.value}'`
    case 'INTERVAL_DAY_TIME':
      return `${e.value} ms`
    case 'INTERVAL_YEAR_MONTH':
      return `${e.value} months`
    default:
      return e.value
  }
}

function describeLogical(node: LogicalNode): string {
  const names = node.columns.map((c) => c.name)
  const inputNames = (input: LogicalNode): string[] => input.columns.map((c) => c.name)
  const calls = (n: Extract<LogicalNode, { kind: 'Aggregate' | 'WindowAggregate' }>): string =>
    n.calls.map((c) => aggregateText(c, inputNames(n.input))).join(', ')
  switch (node.kind) {
    case 'Scan':
      return `Scan(table=[${node.table.name}], columns=[${columnsText(node.columns)}])`
    case 'Values':
      return `Values(rows=[${node.rows.length}], columns=[${columnsText(node.columns)}])`
    case 'Project':
      return `Project(${node.expressions.map((e, i) => renamedTo(explainExpression(e, inputNames(node.input)), names[i]!)).join(', ')})`
    case 'Filter':
      return `Filter(${explainExpression(node.condition, names)})`
    case 'Aggregate':
      return `Aggregate(keys=[${pick(inputNames(node.input), node.keys)}], calls=[${calls(node)}])`
    case 'WindowAggregate':
      return `WindowAggregate(time=[${inputNames(node.input)[node.window.time]}], size=[${node.window.sizeMs} ms], keys=[${pick(inputNames(node.input), node.keys)}], calls=[${calls(node)}], window=[${node.windowColumns.join(', ')}])`
    case 'WindowFunction':
      return `WindowFunction(time=[${names[node.window.time]}], size=[${node.window.sizeMs} ms])`
    case 'Rank':
      return `Rank(partition=[${pick(names, node.partition)}], order=[${node.order.map((o) => `${names[o.column]}${o.descending ? ' DESC' : ''}`).join(', ')}])`
    case 'Deduplicate':
      return `Deduplicate(keep=[${node.keep}], keys=[${pick(names, node.keys)}], order=[${names[node.order]}])`
    case 'Join':
    case 'TemporalJoin': {
      const all = [...inputNames(node.left), ...inputNames(node.right)]
      const time = node.kind === 'TemporalJoin' ? `, asOf=[${all[node.time]}]` : ''
      return `${node.kind}(type=[${node.joinType}], condition=[${node.condition ? explainExpression(node.condition, all) : 'TRUE'}]${time})`
    }
    case 'Union':
      return `Union(columns=[${names.join(', ')}])`
  }
}

function columnsText(columns: readonly BoundColumn[]): string {
  return columns.map((c) => `${c.name} ${describeType(c.type)}${c.rowtime ? ' *ROWTIME*' : ''}`).join(', ')
}
