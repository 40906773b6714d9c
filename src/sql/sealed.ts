// What the options of a table say of encryption, as far as plans are concerned: which columns are sealed in the topic, and of
// which columns the name of a person's key is put together.
import type { TableDefinition } from './plan.ts'

export interface SealedTable {
  /** Columns with something sealed in them: of `home.street` it is `home`. */
  readonly columns: readonly string[]
  /** The name of the person's key, with {column} in it; null: one key for the topic. */
  readonly subject: string | null
  /** State may keep what erasure does not reach: 'millrace.encrypt.state' = 'clear'. */
  readonly isStateClear: boolean
}

/** undefined: nothing of the table is sealed. */
export function sealedTable({ options }: Pick<TableDefinition, 'options'>): SealedTable | undefined {
  const names = (options['millrace.encrypt.columns'] ?? '').split(',').map((name) => name.trim().split('.')[0]!)
  const columns = [...new Set(names.filter((name) => name !== ''))]
  if (columns.length === 0) return undefined
  const subject = options['millrace.encrypt.subject'] ?? null
  return { columns, subject, isStateClear: options['millrace.encrypt.state'] === 'clear' }
}

/** Texts, and columns as { column }, in the order in which they stand. */
export function subjectParts(subject: string): readonly (string | { readonly column: string })[] {
  return subject
    .split(/(\{[^{}]+\})/)
    .flatMap((part) => (part === '' ? [] : [/^\{[^{}]+\}$/.test(part) ? { column: part.slice(1, -1) } : part]))
}

/** Columns that name the person; none where a topic has one key. */
export function personColumns({ subject }: SealedTable): string[] {
  return subjectParts(subject ?? '').flatMap((part) => (typeof part === 'string' ? [] : [part.column]))
}
