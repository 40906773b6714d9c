// A compatibility case: two schemas of a subject, and whether each can read what the other wrote. The verdict is what the
// source says, never what the checker says.

export interface CompatibilityCase {
  readonly name: string
  readonly old: unknown
  readonly now: unknown
  /** Whether `now` reads data of `old`: true, or the rule that stands against it. */
  readonly backward: true | string
  /** Whether `old` reads data of `now`. */
  readonly forward: true | string
  readonly source: string
}

/** name, old, now, backward, forward */
export type CaseRow = readonly [string, unknown, unknown, true | string, true | string]

export function casesOf(source: string, rows: readonly CaseRow[]): CompatibilityCase[] {
  return rows.map(([name, old, now, backward, forward]) => ({ name, old, now, backward, forward, source }))
}
