// Small constructors of typed expressions, which fold constants as they go (what would fail is left for the job to fail).
/* oxlint-disable unicorn/no-thenable -- a branch of CASE has a `then`; nobody awaits it */
import { sameType, types, withNullable, type LogicalType } from '../../model/index.ts'
import type { Expression } from '../plan.ts'
import { evaluate } from '../run/evaluate.ts'
import { literalOf } from '../run/values.ts'
import { commonType, decimalOf, isBytes, isDateTime, isExact, isInterval, isNumeric, isText } from './types.ts'

export const column = (index: number, type: LogicalType): Expression => ({ kind: 'column', index, type })

/** A function call; a call of literals becomes a literal. */
export function call(name: string, args: readonly Expression[], type: LogicalType): Expression {
  return folded({ kind: 'call', name, args, type })
}

/** The value of an expression without columns, if it can be had now. */
function folded(expression: Extract<Expression, { kind: 'call' | 'cast' }>): Expression {
  const parts = expression.kind === 'call' ? expression.args : [expression.arg]
  if (!parts.every((part) => part.kind === 'literal') || parts.length === 0) return expression
  if (expression.kind === 'call' && expression.name === 'ENFORCE_NOT_NULL') return expression
  try {
    return literalOf(evaluate(expression, []), expression.type)
  } catch {
    return expression
  }
}

/** CAST, or the expression itself when it has that type already. */
export function castTo(arg: Expression, type: LogicalType, onError: 'fail' | 'null' = 'fail'): Expression {
  const nullable = onError === 'null' ? true : arg.type.nullable
  const target = withNullable(type, nullable)
  if (sameType(arg.type, target, { ignoreNullable: true })) return arg
  if (arg.kind === 'literal' && arg.value === null)
    return { kind: 'literal', value: null, type: withNullable(type, true) }
  return folded({ kind: 'cast', arg, type: target, onError })
}

export function conjunction(conditions: readonly Expression[]): Expression | null {
  const parts = conditions.flatMap(conjuncts).filter((part) => !(part.kind === 'literal' && part.value === true))
  if (parts.length === 0) return null
  if (parts.length === 1) return parts[0]!
  return { kind: 'call', name: 'AND', args: parts, type: types.boolean(parts.some((part) => part.type.nullable)) }
}

/** The parts of an AND. */
export function conjuncts(expression: Expression): readonly Expression[] {
  return expression.kind === 'call' && expression.name === 'AND' ? expression.args.flatMap(conjuncts) : [expression]
}

/** Both sides made comparable; undefined when they are not. Text against a date or time is cast to it (a bad one is NULL). */
export function comparable(a: Expression, b: Expression): readonly [Expression, Expression] | undefined {
  const [x, y] = [a.type, b.type]
  if (x.kind === 'NULL' || y.kind === 'NULL') {
    const type = x.kind === 'NULL' ? y : x
    return [castTo(a, type), castTo(b, type)]
  }
  if (isText(x) && isText(y)) return [a, b]
  if (isText(x) && isDateTime(y)) return [castTo(a, y, 'null'), b]
  if (isText(y) && isDateTime(x)) return [a, castTo(b, x, 'null')]
  if (isBytes(x) && isBytes(y)) return [a, b]
  if (isExact(x) && isExact(y) && (x.kind === 'DECIMAL' || y.kind === 'DECIMAL')) {
    // Unscaled values of one scale compare as they are; a wider precision would only cost.
    const scale = Math.max(decimalOf(x).scale, decimalOf(y).scale)
    const scaled = (e: Expression): Expression => {
      const { precision, scale: own } = decimalOf(e.type)
      return castTo(e, types.decimal(precision - own + scale, scale))
    }
    const widest = Math.max(...[x, y].map((t) => decimalOf(t).precision - decimalOf(t).scale + scale))
    if (widest <= 38) return [scaled(a), scaled(b)]
  }
  const fits =
    (isNumeric(x) && isNumeric(y)) ||
    (isDateTime(x) && isDateTime(y)) ||
    (x.kind === y.kind && (x.kind === 'BOOLEAN' || isInterval(x)))
  const common = fits ? commonType([x, y]) : undefined
  return common && [castTo(a, common), castTo(b, common)]
}

/** All cast to their common type; undefined when there is none. */
export function unified(
  list: readonly Expression[],
): { readonly args: readonly Expression[]; readonly type: LogicalType } | undefined {
  const type = commonType(list.map((e) => e.type))
  return type && { args: list.map((e) => castTo(e, type)), type }
}

/** A copy with column references moved. */
export function mapColumns(
  expression: Expression,
  replace: (index: number, type: LogicalType) => Expression,
): Expression {
  switch (expression.kind) {
    case 'column':
      return replace(expression.index, expression.type)
    case 'literal':
      return expression
    case 'cast':
      return { ...expression, arg: mapColumns(expression.arg, replace) }
    case 'call':
      return { ...expression, args: expression.args.map((arg) => mapColumns(arg, replace)) }
    case 'case':
      return {
        ...expression,
        branches: expression.branches.map(({ when, then }) => ({
          when: mapColumns(when, replace),
          then: mapColumns(then, replace),
        })),
        otherwise: mapColumns(expression.otherwise, replace),
      }
  }
}

/** Calls and casts that have become constant, as literals. */
export function refolded(expression: Expression): Expression {
  switch (expression.kind) {
    case 'cast':
      return castTo(refolded(expression.arg), expression.type, expression.onError)
    case 'call':
      return call(expression.name, expression.args.map(refolded), expression.type)
    case 'case':
      return {
        ...expression,
        branches: expression.branches.map(({ when, then }) => ({ when: refolded(when), then: refolded(then) })),
        otherwise: refolded(expression.otherwise),
      }
    default:
      return expression
  }
}

/** Indexes of the columns that an expression reads. */
export function columnsOf(expression: Expression, into: Set<number> = new Set()): Set<number> {
  mapColumns(expression, (index, type) => {
    into.add(index)
    return column(index, type)
  })
  return into
}

/** Column references moved by an offset. */
export function shifted(expression: Expression, by: number): Expression {
  return by === 0 ? expression : mapColumns(expression, (index, type) => column(index + by, type))
}

/** Structural equality; types count. */
export function sameExpression(a: Expression, b: Expression): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}
