// Binds expressions: names to columns, operators and functions to typed calls. Reports every mistake it meets and gives
// undefined for what cannot be bound, so that one mistake does not make others.
/* oxlint-disable unicorn/no-thenable -- a branch of CASE has a `then`; nobody awaits it */
import { nearest } from '../../base/index.ts'
import { describeType, types, type LogicalType } from '../../model/index.ts'
import type { Expression } from '../plan.ts'
import type { Problems, Span, SqlText } from '../problems.ts'
import type { CallSyntax, ExpressionSyntax } from '../syntax/tree.ts'
import { call, castTo, column, comparable, unified } from './build.ts'
import {
  bindArithmetic,
  bindExtract,
  bindRoundTo,
  bindTimestampAdd,
  bindTimestampDiff,
  caseOf,
  functionNames,
  lookupFunction,
  type Bound,
} from './functions.ts'
import { intervalLiteral, literal, nullLiteral, numberLiteral, temporalLiteral, textLiteral } from './literals.ts'
import { resolveColumn, type Scope } from './scope.ts'
import { bindType, castExists } from './types.ts'

export interface ExpressionContext {
  readonly source: SqlText
  readonly problems: Problems
  readonly scope: Scope
  /** Gets aggregate and OVER calls; false: such a call cannot stand here, and `place` says where that is. */
  readonly special?: (syntax: CallSyntax) => Expression | undefined | false
  /** Gets every expression first (grouped expressions stand for their key); null: it was reported. */
  readonly replace?: (syntax: ExpressionSyntax) => Expression | null | undefined
  /** For the report about an aggregate in a wrong place: 'in WHERE'. */
  readonly place: string
}

export const aggregateNames: ReadonlySet<string> = new Set([
  'COUNT',
  'SUM',
  'MIN',
  'MAX',
  'AVG',
  'FIRST_VALUE',
  'LAST_VALUE',
])
const refusedAggregates = new Set([
  'LISTAGG',
  'COLLECT',
  'ARRAY_AGG',
  'STDDEV_POP',
  'STDDEV_SAMP',
  'STDDEV',
  'VAR_POP',
  'VAR_SAMP',
  'VARIANCE',
  'SINGLE_VALUE',
  'JSON_OBJECTAGG',
  'JSON_ARRAYAGG',
  'APPROX_COUNT_DISTINCT',
  'LEAD',
  'LAG',
  'RANK',
  'DENSE_RANK',
  'NTILE',
  'PERCENT_RANK',
  'CUME_DIST',
  'PERCENTILE',
  'SUM0',
  'INTERSECTION',
  'BOOL_AND',
  'BOOL_OR',
])

export function bindExpression(syntax: ExpressionSyntax, context: ExpressionContext): Expression | undefined {
  const replaced = context.replace?.(syntax)
  if (replaced !== undefined) return replaced ?? undefined
  const { source, problems } = context
  switch (syntax.kind) {
    case 'name': {
      const index = resolveColumn(syntax.parts, syntax, context.scope, source, problems)
      return index === undefined ? undefined : column(index, context.scope.columns[index]!.type)
    }
    case 'number':
      return (
        numberLiteral(syntax.text) ?? badLiteral(context, syntax, syntax.text, 'number', '12345.67 (at most 38 digits)')
      )
    case 'string':
      return textLiteral(syntax.value)
    case 'binary-literal':
      return literal(syntax.digits.toLowerCase(), types.binary(Math.max(1, syntax.digits.length / 2), false))
    case 'boolean':
      return literal(syntax.value, types.boolean(syntax.value === null))
    case 'null':
      return nullLiteral
    case 'temporal': {
      const examples = {
        DATE: "DATE '2026-01-31'",
        TIME: "TIME '10:00:00'",
        TIMESTAMP: "TIMESTAMP '2026-01-31 10:00:00'",
      }
      return (
        temporalLiteral(syntax.type, syntax.text) ??
        badLiteral(context, syntax, `'${syntax.text}'`, syntax.type, examples[syntax.type])
      )
    }
    case 'interval':
      return (
        intervalLiteral(syntax.text, syntax.negative, syntax.from, syntax.to) ??
        badLiteral(
          context,
          syntax,
          `'${syntax.text}'`,
          `INTERVAL ${syntax.from}${syntax.to ? ` TO ${syntax.to}` : ''}`,
          "INTERVAL '10' SECOND or INTERVAL '1 02:03' DAY TO MINUTE",
        )
      )
    case 'unsupported':
      problems.report('MR-SQL-003', source, syntax, {
        feature: syntax.feature,
        instead: 'Write it another way; docs/guide/sql.md lists what is run.',
      })
      return undefined
    case 'call':
      return bindCall(syntax, context)
    default:
      return bindComposite(syntax, context)
  }
}

type Composite = Exclude<
  ExpressionSyntax,
  {
    kind:
      | 'name'
      | 'number'
      | 'string'
      | 'binary-literal'
      | 'boolean'
      | 'null'
      | 'temporal'
      | 'interval'
      | 'unsupported'
      | 'call'
  }
>

function bindComposite(syntax: Composite, context: ExpressionContext): Expression | undefined {
  switch (syntax.kind) {
    case 'unary':
      return bindUnary(syntax, context)
    case 'operator':
      return bindOperator(syntax, context)
    case 'is': {
      const arg = bindExpression(syntax.arg, context)
      return arg && bindIs(syntax, arg, context)
    }
    case 'between': {
      const [arg, low, high] = bindAll([syntax.arg, syntax.low, syntax.high], context) ?? []
      return arg && low && high && bindBetween(syntax, arg, low, high, context)
    }
    case 'in': {
      const all = bindAll([syntax.arg, ...syntax.list], context)
      return all && bindIn(syntax, all, context)
    }
    case 'like': {
      const args = bindAll(
        syntax.escape ? [syntax.arg, syntax.pattern, syntax.escape] : [syntax.arg, syntax.pattern],
        context,
      )
      const bound = args && applied(lookupKnown('LIKE').bind(args, 'LIKE'), 'LIKE', args, syntax, context)
      return bound && syntax.negated ? not(bound) : bound
    }
    case 'case':
      return bindCase(syntax, context)
    case 'cast': {
      const arg = bindExpression(syntax.arg, context)
      const type = bindType(syntax.type, context.source, context.problems)
      if (!arg || !type) return undefined
      if (castExists(arg.type, type)) return castTo(arg, type, syntax.attempt ? 'null' : 'fail')
      return refuseTypes(
        context,
        syntax,
        syntax.attempt ? 'TRY_CAST' : 'CAST',
        [arg.type, type],
        'There is no such cast here.',
      )
    }
    case 'unit-call': {
      const args = bindAll(syntax.args, context)
      return args && applied(bindUnitCall(syntax.name, syntax.unit, args), syntax.name, args, syntax, context)
    }
  }
}

function bindUnitCall(
  name: 'EXTRACT' | 'FLOOR' | 'CEIL' | 'TIMESTAMPADD' | 'TIMESTAMPDIFF',
  unit: string,
  args: readonly Expression[],
): Bound {
  switch (name) {
    case 'EXTRACT':
      return bindExtract(unit, args[0]!)
    case 'TIMESTAMPADD':
      return bindTimestampAdd(unit, args)
    case 'TIMESTAMPDIFF':
      return bindTimestampDiff(unit, args)
    default:
      return bindRoundTo(name, unit, args[0]!)
  }
}

/** All of them, each with its own reports; undefined when one failed. */
export function bindAll(list: readonly ExpressionSyntax[], context: ExpressionContext): Expression[] | undefined {
  const bound = list.map((item) => bindExpression(item, context))
  return bound.includes(undefined) ? undefined : (bound as Expression[])
}

/** A condition: BOOLEAN or a report. */
export function bindCondition(
  syntax: ExpressionSyntax,
  context: ExpressionContext,
  what: string,
): Expression | undefined {
  const bound = bindExpression(syntax, context)
  if (!bound) return undefined
  if (bound.type.kind === 'NULL') return castTo(bound, types.boolean())
  if (bound.type.kind === 'BOOLEAN') return bound
  context.problems.report('MR-SQL-022', context.source, syntax, {
    what,
    type: describeType(bound.type, { ignoreNullable: true }),
    example: 'amount > 0',
  })
  return undefined
}

function badLiteral(context: ExpressionContext, at: Span, text: string, type: string, example: string): undefined {
  context.problems.report('MR-SQL-017', context.source, at, { literal: text, type, example })
  return undefined
}

function refuseTypes(
  context: ExpressionContext,
  at: Span,
  what: string,
  list: readonly LogicalType[],
  instead: string,
): undefined {
  const described = list.map((type) => describeType(type, { ignoreNullable: true })).join(' and ')
  context.problems.report('MR-SQL-008', context.source, at, { what, types: described || 'no arguments', instead })
  return undefined
}

/** A bound call, or the report of why it is none. */
function applied(
  bound: Bound,
  what: string,
  args: readonly Expression[],
  at: Span,
  context: ExpressionContext,
): Expression | undefined {
  return typeof bound === 'string'
    ? refuseTypes(
        context,
        at,
        what,
        args.map((arg) => arg.type),
        bound,
      )
    : bound
}

const not = (arg: Expression): Expression => call('NOT', [arg], arg.type)
const truthOf = (args: readonly Expression[]): LogicalType => types.boolean(args.some((arg) => arg.type.nullable))

function bindUnary(
  syntax: Extract<ExpressionSyntax, { kind: 'unary' }>,
  context: ExpressionContext,
): Expression | undefined {
  if (syntax.operator === 'NOT') {
    const arg = bindCondition(syntax.arg, context, 'The operand of NOT')
    return arg && not(arg)
  }
  const arg = bindExpression(syntax.arg, context)
  if (!arg) return undefined
  const { kind } = arg.type
  const fits = [
    'TINYINT',
    'SMALLINT',
    'INT',
    'BIGINT',
    'DECIMAL',
    'FLOAT',
    'DOUBLE',
    'INTERVAL_DAY_TIME',
    'INTERVAL_YEAR_MONTH',
  ].includes(kind)
  if (!fits)
    return refuseTypes(context, syntax, `The sign ${syntax.operator}`, [arg.type], 'Use a number or an interval.')
  return syntax.operator === '+' ? arg : call('NEGATE', [arg], arg.type)
}

function bindOperator(
  syntax: Extract<ExpressionSyntax, { kind: 'operator' }>,
  context: ExpressionContext,
): Expression | undefined {
  const { operator } = syntax
  if (operator === 'AND' || operator === 'OR') {
    const left = bindCondition(syntax.left, context, `The left side of ${operator}`)
    const right = bindCondition(syntax.right, context, `The right side of ${operator}`)
    return left && right && call(operator, flattened(operator, [left, right]), truthOf([left, right]))
  }
  const args = bindAll([syntax.left, syntax.right], context)
  if (!args) return undefined
  const [a, b] = args as [Expression, Expression]
  if (operator === '||')
    return applied(lookupKnown('CONCAT').bind(args, 'CONCAT'), '||', args, syntax.operatorSpan, context)
  if (['+', '-', '*', '/', '%'].includes(operator))
    return applied(bindArithmetic(operator, a, b), operator, args, syntax.operatorSpan, context)
  const both = comparable(a, b)
  if (!both)
    return refuseTypes(
      context,
      syntax.operatorSpan,
      operator,
      [a.type, b.type],
      'Compare values of one kind; use CAST.',
    )
  const distinct = operator === 'IS DISTINCT FROM' || operator === 'IS NOT DISTINCT FROM'
  return call(operator, both, distinct ? types.boolean(false) : truthOf(both))
}

/** a AND (b AND c) as one call of three. */
function flattened(name: string, args: readonly Expression[]): Expression[] {
  return args.flatMap((arg) => (arg.kind === 'call' && arg.name === name ? arg.args : [arg]))
}

function bindIs(
  syntax: Extract<ExpressionSyntax, { kind: 'is' }>,
  arg: Expression,
  context: ExpressionContext,
): Expression | undefined {
  const truth = types.boolean(false)
  const isNull = syntax.test === 'NULL' || syntax.test === 'UNKNOWN'
  if (syntax.test !== 'NULL' && arg.type.kind !== 'BOOLEAN' && arg.type.kind !== 'NULL') {
    return refuseTypes(context, syntax, `IS ${syntax.test}`, [arg.type], 'Use a condition.')
  }
  if (!isNull) return call(`IS ${syntax.negated ? 'NOT ' : ''}${syntax.test}`, [castTo(arg, types.boolean())], truth)
  return call(syntax.negated ? 'IS NOT NULL' : 'IS NULL', [arg], truth)
}

function bindBetween(
  syntax: Extract<ExpressionSyntax, { kind: 'between' }>,
  arg: Expression,
  low: Expression,
  high: Expression,
  context: ExpressionContext,
): Expression | undefined {
  const inside = (from: Expression, to: Expression): Expression | undefined => {
    const above = comparable(arg, from)
    const below = comparable(arg, to)
    if (!above || !below) return undefined
    const parts = [call('>=', above, truthOf(above)), call('<=', below, truthOf(below))]
    return call('AND', parts, truthOf(parts))
  }
  const forward = inside(low, high)
  const backward = syntax.symmetric ? inside(high, low) : forward
  if (!forward || !backward)
    return refuseTypes(
      context,
      syntax,
      'BETWEEN',
      [arg.type, low.type, high.type],
      'Compare values of one kind; use CAST.',
    )
  const bound = syntax.symmetric ? call('OR', [forward, backward], truthOf([forward, backward])) : forward
  return syntax.negated ? not(bound) : bound
}

function bindIn(
  syntax: Extract<ExpressionSyntax, { kind: 'in' }>,
  all: readonly Expression[],
  context: ExpressionContext,
): Expression | undefined {
  const [arg, ...list] = all as [Expression, ...Expression[]]
  const pairs = list.map((item) => comparable(arg, item))
  if (pairs.includes(undefined))
    return refuseTypes(
      context,
      syntax,
      'IN',
      all.map((e) => e.type),
      'Compare values of one kind; use CAST.',
    )
  const same = pairs.every((pair) => JSON.stringify(pair![0]) === JSON.stringify(pairs[0]![0]))
  const equals = pairs.map((pair) => call('=', pair!, truthOf(pair!)))
  const bound = same
    ? call('IN', [pairs[0]![0], ...pairs.map((pair) => pair![1])], truthOf(all))
    : call('OR', equals, truthOf(equals))
  return syntax.negated ? not(bound) : bound
}

function bindCase(
  syntax: Extract<ExpressionSyntax, { kind: 'case' }>,
  context: ExpressionContext,
): Expression | undefined {
  const operand = syntax.operand ? bindExpression(syntax.operand, context) : null
  const whens = syntax.branches.map(({ when }) => {
    if (!syntax.operand) return bindCondition(when, context, 'The condition of WHEN')
    const value = bindExpression(when, context)
    if (!value || !operand) return undefined
    const both = comparable(operand, value)
    return both
      ? call('=', both, truthOf(both))
      : refuseTypes(context, when, 'CASE', [operand.type, value.type], 'Compare values of one kind; use CAST.')
  })
  const thens = syntax.branches.map(({ then }) => bindExpression(then, context))
  const otherwise = syntax.otherwise ? bindExpression(syntax.otherwise, context) : nullLiteral
  if (operand === undefined || !otherwise || whens.includes(undefined) || thens.includes(undefined)) return undefined
  const both = unified([...(thens as Expression[]), otherwise])
  if (!both)
    return refuseTypes(
      context,
      syntax,
      'CASE',
      [...(thens as Expression[]), otherwise].map((e) => e.type),
      'All results must have a common type; use CAST.',
    )
  return caseOf(
    whens.map((when, i) => ({ when: when!, then: both.args[i]! })),
    both.args.at(-1)!,
    both.type,
  )
}

/** What other databases call it. */
const elsewhere: Readonly<Record<string, string>> = {
  LENGTH: 'CHAR_LENGTH',
  LEN: 'CHAR_LENGTH',
  NVL: 'COALESCE',
  ISNULL: 'COALESCE',
  STRPOS: 'POSITION',
  DATEDIFF: 'TIMESTAMPDIFF',
  DATE_ADD: 'TIMESTAMPADD',
  TO_CHAR: 'DATE_FORMAT',
  DATE_TRUNC: 'FLOOR(time TO unit)',
  SPLIT_PART: 'SPLIT_INDEX',
  IIF: 'IF',
  STRFTIME: 'DATE_FORMAT',
}

function lookupKnown(name: string): Extract<ReturnType<typeof lookupFunction>, { kind: 'known' }>['spec'] {
  return (lookupFunction(name) as Extract<ReturnType<typeof lookupFunction>, { kind: 'known' }>).spec
}

function bindCall(syntax: CallSyntax, context: ExpressionContext): Expression | undefined {
  const { source, problems } = context
  const { name } = syntax
  if (aggregateNames.has(name) || syntax.over || name === 'ROW_NUMBER') {
    const special = context.special?.(syntax) ?? (context.special ? undefined : false)
    if (special !== false) return special
    problems.report('MR-SQL-023', source, syntax, {
      name,
      where: context.place,
      instead: 'Compute it in a sub-query first.',
    })
    return undefined
  }
  if (refusedAggregates.has(name)) {
    problems.report('MR-SQL-003', source, syntax, {
      feature: `The aggregate ${name}`,
      instead: 'COUNT, SUM, MIN, MAX and AVG are run.',
    })
    return undefined
  }
  const args = bindAll(syntax.args, context)
  const found = lookupFunction(name)
  if (found.kind === 'refused') {
    const window = ['TUMBLE', 'HOP', 'SESSION'].includes(name) || name.startsWith('TUMBLE_')
    const instead = window
      ? "Write FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(time), INTERVAL '1' MINUTE)) … GROUP BY window_start, window_end."
      : 'Write it another way; docs/guide/sql.md lists what is run.'
    problems.report('MR-SQL-003', source, syntax.nameSpan, { feature: `The function ${name}`, instead })
    return undefined
  }
  if (found.kind === 'unknown') {
    const near = elsewhere[name] ?? nearest(name, functionNames)
    problems.report('MR-SQL-007', source, syntax.nameSpan, {
      name,
      instead: near === undefined ? 'docs/guide/sql.md lists the functions.' : `Did you mean ${near}?`,
    })
    return undefined
  }
  if (!args) return undefined
  const { spec } = found
  if (args.length < spec.min || args.length > spec.max || syntax.star || syntax.distinct || syntax.filter) {
    return refuseTypes(
      context,
      syntax.nameSpan,
      name,
      args.map((arg) => arg.type),
      `Write ${spec.usage}.`,
    )
  }
  return applied(spec.bind(args, found.name), name, args, syntax.nameSpan, context)
}
