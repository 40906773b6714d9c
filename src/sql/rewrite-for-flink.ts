// The same statements for a real Flink. Exactly three rewrites, by positions, so that everything else stays byte for byte: DISTRIBUTED …
// goes, WITH options under 'millrace.' go, connector options are added.
import { assert } from '../base/index.ts'
import type { Span } from './problems.ts'
import type { CreateTableSyntax, Statement } from './syntax/tree.ts'

/** Connector options of a table; those that the table declares itself win. */
export type ConnectorOptions = (table: string) => Readonly<Record<string, string>>

/** One text per statement, in the order given, without the ';'. Throws nothing for statements that parsed. */
export function rewriteForFlink(statements: readonly Statement[], connectorOptions: ConnectorOptions): string[] {
  return statements.map((statement) => {
    const { syntax } = statement
    return syntax.kind === 'create-table' ? rewriteTable(statement, syntax, connectorOptions) : statement.text
  })
}

interface Edit extends Span {
  readonly text: string
}

function rewriteTable(statement: Statement, syntax: CreateTableSyntax, connectorOptions: ConnectorOptions): string {
  const source = statement.source.text
  const edits: Edit[] = []
  if (syntax.distribution) edits.push({ ...withLeadingBlank(source, syntax.distribution), text: '' })
  const kept = syntax.options.filter(({ key }) => !key.startsWith('millrace.'))
  const own = new Set(kept.map(({ key }) => key))
  const added = Object.entries(connectorOptions(syntax.name.parts.at(-1)!.name)).filter(([key]) => !own.has(key))
  const all = [
    ...kept.map((option) => source.slice(option.start, option.end)),
    ...added.map(([key, value]) => `${quoted(key)} = ${quoted(value)}`),
  ]
  const dropped = kept.length < syntax.options.length
  const clause = all.length > 0 ? `WITH (${all.join(', ')})` : ''
  if (syntax.withSpan && (dropped || added.length > 0)) {
    edits.push(
      clause === '' ? { ...withLeadingBlank(source, syntax.withSpan), text: '' } : { ...syntax.withSpan, text: clause },
    )
  } else if (!syntax.withSpan && clause !== '') {
    edits.push({ start: syntax.end, end: syntax.end, text: ` ${clause}` })
  }
  return applyEdits(source, syntax, edits)
}

/** The blanks before a removed clause go with it. */
function withLeadingBlank(source: string, span: Span): Span {
  let { start } = span
  while (start > 0 && /\s/.test(source[start - 1]!)) start--
  return { start, end: span.end }
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

function applyEdits(source: string, whole: Span, edits: readonly Edit[]): string {
  let result = ''
  let at = whole.start
  for (const edit of edits.toSorted((a, b) => a.start - b.start)) {
    assert(edit.start >= at, 'edits do not overlap')
    result += source.slice(at, edit.start) + edit.text
    at = edit.end
  }
  return result + source.slice(at, whole.end)
}
