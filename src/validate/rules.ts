// A contract's row rules: from an SQL expression over a table's columns to a typed condition, and from there to the two places where
// it acts: the guard of every reader's scan, and the quarantine. Both evaluate the same condition, so a record is in one place or
// the other. Pure. Reference: Open Data Contract Standard 3.1, "quality" of type custom, engine millrace.
import { MillraceError, type Place } from '../base/index.ts'
import { checkRule, type Expression, type TableDefinition } from '../sql/index.ts'

export interface ContractRule {
  readonly contract: string
  readonly name: string
  readonly table: string
  /** error: hides the row from readers and keeps the record in quarantine; warning: only counts. */
  readonly severity: 'error' | 'warning'
  readonly text: string
  /** Over all columns of the table; the rule holds where it is TRUE. */
  readonly condition: Expression
  readonly place: Place
}

/** One entry of a contract's `quality`, as its JSON Schema lets it through. */
export interface QualityEntry {
  readonly name?: string
  readonly type?: string
  readonly engine?: string
  readonly severity?: string
  readonly implementation?: unknown
}

/**
 * The rules of engine millrace among a table's quality entries; entries of other engines are theirs. Mistakes are added to `errors`.
 * @param placeOf where an entry's implementation stands
 */
export function planRules(options: {
  contract: string
  table: TableDefinition
  quality: readonly QualityEntry[]
  placeOf: (index: number) => Place
  errors: MillraceError[]
}): ContractRule[] {
  const { contract, table, errors } = options
  return options.quality.flatMap((entry, i): ContractRule[] => {
    if (entry.type !== 'custom' || entry.engine !== 'millrace') return []
    const place = options.placeOf(i)
    const text = entry.implementation
    if (typeof text !== 'string') {
      errors.push(new MillraceError('MR-PROJECT-015', { place }))
      return []
    }
    const { condition, errors: mistakes } = checkRule(text, table, place)
    errors.push(...mistakes)
    if (!condition) return []
    const severity = severityOf(entry.severity)
    if (!severity) {
      errors.push(new MillraceError('MR-PROJECT-024', { details: { severity: entry.severity! }, place }))
      return []
    }
    return [{ contract, name: entry.name ?? `rule-${i + 1}`, table: table.name, severity, text, condition, place }]
  })
}

/** undefined: nobody could say what is meant. */
function severityOf(text: string | undefined): ContractRule['severity'] | undefined {
  if (text === undefined || text === 'error') return 'error'
  return text === 'warning' || text === 'info' ? 'warning' : undefined
}

/** What a reader's scan of the table lets through: rows for which all of these are TRUE. */
export function guardOf(rules: readonly ContractRule[], table: string): Expression[] {
  return rules.filter((r) => r.table === table && r.severity === 'error').map((r) => r.condition)
}

/** Where records that break a rule or cannot be decoded go. */
export const quarantineTopicOf = (topic: string): string => `${topic}.quarantine`
