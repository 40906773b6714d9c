// Which columns a name may mean at a place. Names are case-sensitive, as in Flink.
import { nearest } from '../../base/index.ts'
import type { BoundColumn } from './tree.ts'
import type { Problems, Span, SqlText } from '../problems.ts'
import type { Identifier } from '../syntax/tree.ts'

export interface ScopeColumn extends BoundColumn {
  /** Alias of its table; null behind an anonymous sub-query. */
  readonly table: string | null
}

export interface Scope {
  readonly columns: readonly ScopeColumn[]
}

/** The index of the column that a name means; undefined after a report. */
export function resolveColumn(
  parts: readonly Identifier[],
  span: Span,
  scope: Scope,
  source: SqlText,
  problems: Problems,
): number | undefined {
  const name = parts.at(-1)!.name
  const table = parts.length > 1 ? parts.at(-2)!.name : null
  const found = indexesWhere(scope, (c) => c.name === name && (table === null || c.table === table))
  if (found.length === 1) return found[0]
  if (found.length > 1) {
    const tables = found.map((i) => scope.columns[i]!.table ?? 'a sub-query')
    problems.report('MR-SQL-006', source, span, { name, tables: tables.join(', '), example: `${tables[0]}.${name}` })
    return undefined
  }
  if (parts.length > 1 && scope.columns.some((c) => c.name === parts[0]!.name && c.type.kind === 'ROW')) {
    problems.report('MR-SQL-003', source, span, {
      feature: 'Access to a field of a ROW',
      instead: 'Keep the fields as columns of their own.',
    })
    return undefined
  }
  reportUnknown(name, table, span, scope, source, problems)
  return undefined
}

function indexesWhere(scope: Scope, test: (c: ScopeColumn) => boolean): number[] {
  return scope.columns.flatMap((c, i) => (test(c) ? [i] : []))
}

function reportUnknown(
  name: string,
  table: string | null,
  span: Span,
  scope: Scope,
  source: SqlText,
  problems: Problems,
): void {
  const tables = new Set(scope.columns.map((c) => c.table))
  if (table !== null && !tables.has(table)) {
    const known = [...tables].filter((t) => t !== null).join(', ')
    problems.report('MR-SQL-005', source, span, {
      name: `${table}.${name}`,
      where: `: no table here is called ${table}`,
      instead: `Tables here: ${known || 'none'}.`,
    })
    return
  }
  const here = scope.columns.filter((c) => table === null || c.table === table)
  const near = nearest(
    name,
    here.map((c) => c.name),
  )
  const names = [...new Set(here.map((c) => c.name))].join(', ')
  const instead = `${near === undefined ? '' : `Did you mean ${near}? `}Columns here: ${names || 'none'}.`
  problems.report('MR-SQL-005', source, span, { name, where: table === null ? '' : ` in ${table}`, instead })
}
