// The plain interpreter: one expression, one row, boxed values. It is the oracle of the kernels and folds constants; it is never
// used per row in a pipeline. Laziness as in Flink: AND, OR, CASE, COALESCE do not look further than they must.
import { assert, MillraceError } from '../../base/index.ts'
import { describeType, type Value } from '../../model/index.ts'
import type { Expression } from '../plan.ts'
import { castFailed, castValue } from './cast.ts'
import { compareValues, implementations, type NotNull } from './functions.ts'
import { literalValue } from './values.ts'

type Call = Extract<Expression, { kind: 'call' }>

/** @param row boxed values of the input's columns. Throws MR-SQL-04x where the job would fail. */
export function evaluate(expression: Expression, row: readonly Value[]): Value {
  switch (expression.kind) {
    case 'column':
      return row[expression.index]!
    case 'literal':
      return literalValue(expression)
    case 'cast': {
      const value = evaluate(expression.arg, row)
      if (value === null) return null
      const result = castValue(value, expression.arg.type, expression.type)
      if (result !== castFailed) return result
      if (expression.onError === 'null') return null
      throw new MillraceError('MR-SQL-041', {
        details: { value: `'${String(value)}'`, type: describeType(expression.type, { ignoreNullable: true }) },
      })
    }
    case 'case': {
      const branch = expression.branches.find(({ when }) => evaluate(when, row) === true)
      return evaluate(branch ? branch.then : expression.otherwise, row)
    }
    case 'call':
      return evaluateCall(expression, row)
  }
}

function evaluateCall(call: Call, row: readonly Value[]): Value {
  const { name, args } = call
  switch (name) {
    case 'AND':
      return evaluateAnd(args, row)
    case 'OR':
      return evaluateOr(args, row)
    case 'IS NULL':
      return evaluate(args[0]!, row) === null
    case 'IS NOT NULL':
      return evaluate(args[0]!, row) !== null
    case 'IS TRUE':
      return evaluate(args[0]!, row) === true
    case 'IS NOT TRUE':
      return evaluate(args[0]!, row) !== true
    case 'IS FALSE':
      return evaluate(args[0]!, row) === false
    case 'IS NOT FALSE':
      return evaluate(args[0]!, row) !== false
    case 'IS DISTINCT FROM':
      return !sameValue(evaluate(args[0]!, row), evaluate(args[1]!, row))
    case 'IS NOT DISTINCT FROM':
      return sameValue(evaluate(args[0]!, row), evaluate(args[1]!, row))
    case 'COALESCE':
      for (const arg of args) {
        const value = evaluate(arg, row)
        if (value !== null) return value
      }
      return null
    case 'IN':
      return evaluateIn(args, row)
    case 'CONCAT_WS':
      return concatWithSeparator(args.map((arg) => evaluate(arg, row)))
    case 'ENFORCE_NOT_NULL': {
      const value = evaluate(args[0]!, row)
      if (value !== null) return value
      throw notNullViolation(String(evaluate(args[1]!, row)))
    }
  }
  const implementation = implementations[name]
  assert(implementation, `the function ${name} is implemented`)
  // As in Flink, all operands are evaluated (and may fail) before a NULL among them decides.
  const values = args.map((arg) => evaluate(arg, row))
  if (values.includes(null)) return null
  return implementation(values as NotNull[], { args: args.map((arg) => arg.type), result: call.type })
}

export function notNullViolation(column: string): MillraceError {
  return new MillraceError('MR-SQL-042', { details: { column } })
}

function evaluateAnd(args: readonly Expression[], row: readonly Value[]): Value {
  let unknown = false
  for (const arg of args) {
    const value = evaluate(arg, row)
    if (value === false) return false
    if (value === null) unknown = true
  }
  return unknown ? null : true
}

function evaluateOr(args: readonly Expression[], row: readonly Value[]): Value {
  let unknown = false
  for (const arg of args) {
    const value = evaluate(arg, row)
    if (value === true) return true
    if (value === null) unknown = true
  }
  return unknown ? null : false
}

/** x IN (list): TRUE when equal to one, else NULL when x or one of them is NULL. */
function evaluateIn(args: readonly Expression[], row: readonly Value[]): Value {
  const needle = evaluate(args[0]!, row)
  if (needle === null) return null
  let unknown = false
  for (const arg of args.slice(1)) {
    const value = evaluate(arg, row)
    if (value === null) unknown = true
    else if (compareValues(needle, value) === 0) return true
  }
  return unknown ? null : false
}

function sameValue(a: Value, b: Value): boolean {
  return a === null || b === null ? a === b : compareValues(a, b) === 0
}

/** Skips NULL parts; NULL when the separator is NULL. */
export function concatWithSeparator([separator, ...parts]: readonly Value[]): Value {
  return separator === null ? null : parts.filter((part) => part !== null).join(separator as string)
}
