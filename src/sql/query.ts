// Ad hoc SELECTs over tables: which tables a text names and where (so that another engine can be given other names in their
// places), and whether it is right by our own binder. ORDER BY and LIMIT are allowed: such a query ends.
import type { MillraceError } from '../base/index.ts'
import type { Schema } from '../model/index.ts'
import { Catalog } from './bind/catalog.ts'
import { bindQuery } from './bind/queries.ts'
import { logicalOf } from './logical/build.ts'
import { lineageOf } from './logical/lineage.ts'
import type { ColumnLineage, TableDefinition } from './plan.ts'
import { Problems, type Span, type SqlText } from './problems.ts'
import { parseSingleQuery, parseStatements } from './syntax/statements.ts'
import type { QuerySyntax, RelationSyntax } from './syntax/tree.ts'

/** A table's name in a text: [start, end) in UTF-16 units, as written there. */
export interface TableReference extends Span {
  readonly name: string
  /** False where no alias follows: a name put in its place needs the old one as alias. */
  readonly aliased: boolean
}

export type ReferencedTables =
  | { readonly ok: true; readonly tables: readonly TableReference[] }
  | { readonly ok: false; readonly errors: readonly MillraceError[] }

/** Tables that a SELECT names, in the order of the text; names of its own WITH queries are left out. */
export function referencedTables(text: string, file = 'query'): ReferencedTables {
  const problems = new Problems()
  const query = parseSingleQuery({ file, text }, problems)
  if (!query || problems.errors.length > 0) return { ok: false, errors: problems.errors }
  const tables: TableReference[] = []
  visitQuery(query, new Set(), tables)
  return { ok: true, tables: tables.toSorted((a, b) => a.start - b.start) }
}

function visitQuery(query: QuerySyntax, own: ReadonlySet<string>, into: TableReference[]): void {
  switch (query.kind) {
    case 'select':
      if (query.from) visitRelation(query.from, own, into)
      return
    case 'union':
      visitQuery(query.left, own, into)
      return visitQuery(query.right, own, into)
    case 'ordered':
      return visitQuery(query.input, own, into)
    case 'with': {
      const inner = new Set(own)
      for (const view of query.views) {
        visitQuery(view.query, inner, into)
        inner.add(view.name.name)
      }
      return visitQuery(query.body, inner, into)
    }
    case 'values':
  }
}

function visitRelation(relation: RelationSyntax, own: ReadonlySet<string>, into: TableReference[]): void {
  switch (relation.kind) {
    case 'table': {
      const name = relation.name.parts.at(-1)!.name
      if (relation.name.parts.length === 1 && own.has(name)) return
      into.push({ name, start: relation.name.start, end: relation.name.end, aliased: relation.alias !== null })
      return
    }
    case 'subquery':
      return visitQuery(relation.query, own, into)
    case 'window':
      return visitRelation(relation.input, own, into)
    case 'join':
      visitRelation(relation.left, own, into)
      return visitRelation(relation.right, own, into)
    case 'unsupported':
  }
}

export type ParsedQuery =
  | {
      readonly ok: true
      readonly schema: Schema
      readonly tables: readonly TableReference[]
      readonly lineage: readonly ColumnLineage[]
      readonly limit: number | null
    }
  | { readonly ok: false; readonly errors: readonly MillraceError[] }

/**
 * Checks an ad hoc SELECT by the binder of pipelines: names, types, functions.
 * @param tables what it may name
 * @param views SQL files whose CREATE VIEWs it may name, too
 */
export function parseQuery(
  text: string,
  tables: readonly TableDefinition[],
  views: readonly SqlText[] = [],
): ParsedQuery {
  const source = { file: 'query', text }
  const problems = new Problems()
  const query = parseSingleQuery(source, problems)
  if (!query || problems.errors.length > 0) return { ok: false, errors: problems.errors }
  const catalog = new Catalog(problems, { bounded: true })
  const statements = views.flatMap((file) => parseStatements(file, new Problems()))
  catalog.declare(statements.filter((s) => s.syntax.kind === 'create-view'))
  for (const table of tables) catalog.addTable(table)
  const bound = bindQuery(query, { source, problems, catalog, common: new Map() })
  if (!bound || problems.errors.length > 0) return { ok: false, errors: problems.errors }
  const found = referencedTables(text)
  const names = bound.columns.map((c) => c.name)
  return {
    ok: true,
    schema: { fields: bound.columns.map((c) => ({ name: c.name, type: c.type })) },
    tables: found.ok ? found.tables : [],
    lineage: lineageOf(logicalOf(bound), names),
    limit: bound.kind === 'ordered' ? bound.limit : null,
  }
}
