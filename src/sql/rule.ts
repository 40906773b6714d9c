// Row rules of contracts: one boolean SQL expression over the columns of one table.
import type { Place } from '../base/index.ts'
import { bindCondition } from './bind/expressions.ts'
import type { Expression, TableDefinition } from './plan.ts'
import { Problems, type SqlText } from './problems.ts'
import { parseSingleExpression } from './syntax/statements.ts'

/**
 * The condition that a row must meet. Columns are those of the table's schema, in order.
 * @param place where the text begins in its file; places of mistakes are counted from there
 * Throws the first mistake as MillraceError (MR-SQL-…); `checkRule` gives all of them.
 */
export function planRule(text: string, table: TableDefinition, place?: Place): Expression {
  const { condition, errors } = checkRule(text, table, place)
  if (errors[0]) throw errors[0]
  return condition!
}

export function checkRule(
  text: string,
  table: TableDefinition,
  place?: Place,
): { readonly condition: Expression | undefined; readonly errors: Problems['errors'] } {
  const problems = new Problems()
  const source: SqlText = place
    ? { file: place.file, text, line: place.line, column: place.column }
    : { file: 'rule', text }
  const condition = bindRule(source, table, problems)
  return { condition, errors: problems.errors }
}

/** undefined after reports. */
export function bindRule(source: SqlText, table: TableDefinition, problems: Problems): Expression | undefined {
  const syntax = parseSingleExpression(source, problems)
  if (!syntax) return undefined
  const columns = table.schema.fields.map((f) => ({
    name: f.name,
    type: f.type,
    table: table.name,
    rowtime: false,
    window: null,
  }))
  const bound = bindCondition(syntax, { source, problems, scope: { columns }, place: 'in a rule' }, 'A rule')
  return problems.errors.length > 0 ? undefined : bound
}
