// Rules of registered rule sets that Millrace stores and serves, and does not run: CEL, CEL_FIELD, JSONATA and whatever else
// clients have executors for. Said by name, so that nobody takes them for checked.
import type { TopicReader } from '../model/index.ts'
import { readRuleSet } from './entities.ts'
import { ruleLists, type RuleSet } from './registry-types.ts'
import { RegistryState } from './state.ts'
import { schemasTail } from './tail.ts'

export interface RuleNotRun {
  readonly subject: string
  readonly version: number
  /** Its name, or its place in its list. */
  readonly rule: string
  readonly type: string
}

const run = new Set(['ENCRYPT', 'ENCRYPT_PAYLOAD'])

/** Of one rule set, in the order of its lists. Rules that are disabled are run by nobody. */
export function rulesNotRun(ruleSet: RuleSet | null): Pick<RuleNotRun, 'rule' | 'type'>[] {
  return ruleLists.flatMap((list) =>
    (ruleSet?.[list] ?? []).flatMap(({ name, type = '', disabled }, i) =>
      disabled || run.has(type.toUpperCase()) ? [] : [{ rule: name ?? `${list} ${i + 1}`, type }],
    ),
  )
}

/** What of a version is asked for: its subject is read by somebody. */
interface Registered {
  readonly subject: string
  readonly version: number
  readonly ruleSet: RuleSet | null
}

const ofVersion = ({ subject, version, ruleSet }: Registered): RuleNotRun[] =>
  rulesNotRun(ruleSet).map((one) => ({ subject, version, ...one }))

/** Of the newest versions of subjects, as _schemas has them. Throws MR-REGISTRY-003. */
export function rulesNotRunInLog(reader: TopicReader, subjects: readonly string[]): RuleNotRun[] {
  const state = new RegistryState()
  schemasTail(reader, state).poll()
  return subjects.flatMap((subject) => ofVersion(state.latest(subject) ?? { subject, version: 0, ruleSet: null }))
}

/** The same from what a registry answers to GET /schemas?latestOnly=true. Throws Error for what is no such answer. */
export function rulesNotRunInAnswer(answer: readonly unknown[], subjects: readonly string[]): RuleNotRun[] {
  return answer.flatMap((item) => {
    const { subject, version, ruleSet } = item as { subject: string; version: number; ruleSet?: unknown }
    return subjects.includes(subject) ? ofVersion({ subject, version, ruleSet: readRuleSet(ruleSet) }) : []
  })
}
