// A contract's rules as Flink has them: the table is declared under another name, and a view of its own name lets through only rows
// for which every rule is TRUE. Readers name the view without knowing; time attributes and keys pass through it.
// See docs/decisions/0004-rules-in-scans.md.
import type { ContractRule } from '../../validate/index.ts'
import { quoted } from './targets.ts'

/** table → the name that its declaration has behind the view. */
export type GuardedNames = ReadonlyMap<string, string>

/** @param taken names of all tables and views: the new ones are others */
export function guardedNames(rules: readonly ContractRule[], taken: ReadonlySet<string>): GuardedNames {
  const names = new Map<string, string>()
  for (const { table } of rules) {
    let name = `${table}__all`
    while (taken.has(name)) name += '_'
    names.set(table, name)
  }
  return names
}

/** The view in front of a guarded table. A rule may name columns with or without the table. */
export function guardView(table: string, behind: string, rules: readonly ContractRule[]): string {
  // Each rule ends its line, so that a comment in it ends there too.
  const conditions = rules.map((rule) => `(\n  ${rule.text}\n) IS TRUE`)
  return `CREATE VIEW ${quoted(table)} AS\nSELECT * FROM ${quoted(behind)} AS ${quoted(table)}\nWHERE ${conditions.join('\nAND ')}`
}
