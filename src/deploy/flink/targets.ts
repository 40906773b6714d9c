// The tables that a statement declares or writes: another name, a hint. By positions, so that everything else stays byte for byte.
import { assert } from '../../base/index.ts'
import type { Statement, StatementSyntax } from '../../sql/index.ts'

type TargetName = Extract<StatementSyntax, { kind: 'create-table' }>['name']

export interface TargetEdit {
  /** The name to write instead; left out: as it is. */
  readonly name?: string
  /** Options of this one use of the table. */
  readonly options?: Readonly<Record<string, string>>
}

/**
 * @param text the statement after rewriteForFlink, which leaves what stands before a table's options as it was
 * @param edit asked for each target in the order of the text
 */
export function rewriteTargets(text: string, { syntax }: Statement, edit: (table: string) => TargetEdit): string {
  const edits = targetsOf(syntax).map((target) => {
    const name = target.parts.at(-1)!
    return { name, change: edit(name.name) }
  })
  let result = text
  for (const { name, change } of edits.toReversed()) {
    const [start, end] = [name.start - syntax.start, name.end - syntax.start]
    const written = text.slice(start, end)
    assert(unquoted(written) === name.name, 'a table’s name stands where it was read')
    const put = change.name === undefined ? written : quoted(change.name)
    result = result.slice(0, start) + put + (change.options ? hint(change.options) : '') + result.slice(end)
  }
  return result
}

function targetsOf(syntax: StatementSyntax): TargetName[] {
  if (syntax.kind === 'create-table') return [syntax.name]
  if (syntax.kind === 'insert') return [syntax.target]
  return syntax.kind === 'statement-set' ? syntax.inserts.map((insert) => insert.target) : []
}

function hint(options: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(options).map(([key, value]) => `'${key}' = '${value.replaceAll("'", "''")}'`)
  return ` /*+ OPTIONS(${pairs.join(', ')}) */`
}

export const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``

function unquoted(text: string): string {
  return text.startsWith('`') ? text.slice(1, -1).replaceAll('``', '`') : text
}
