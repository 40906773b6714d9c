// What the rule sets of registered schemas mean for a folder: rules that Millrace stores and serves, and does not run (CEL,
// CEL_FIELD, JSONATA and whatever else clients have executors for), and fields that they encrypt. Said by name, so that nobody
// takes the ones for checked, and nobody copies the others in clear without knowing.
import { MillraceError } from '../base/index.ts'
import type { SchemaType, TopicReader } from '../model/index.ts'
import { readMetadata, readRuleSet } from './entities.ts'
import { encryptionOf } from './keys/encrypted-fields.ts'
import { ruleLists, type NamedText, type RuleSet, type SchemaContent } from './registry-types.ts'
import { RegistryState } from './state.ts'
import { schemasTail } from './tail.ts'

export interface RuleNotRun {
  /** Its name, or its place in its list. */
  readonly rule: string
  readonly type: string
}

export interface RegisteredRules {
  readonly subject: string
  readonly version: number
  readonly notRun: readonly RuleNotRun[]
  /** Names from the outermost record down of fields that readers open; null: the whole value. */
  readonly encrypted: readonly (readonly string[])[] | null
}

const run = new Set(['ENCRYPT', 'ENCRYPT_PAYLOAD'])

/** Of one rule set, in the order of its lists. Rules that are disabled are run by nobody. */
export function rulesNotRun(ruleSet: RuleSet | null): RuleNotRun[] {
  return ruleLists.flatMap((list) =>
    (ruleSet?.[list] ?? []).flatMap(({ name, type = '', disabled }, i) =>
      disabled || run.has(type.toUpperCase()) ? [] : [{ rule: name ?? `${list} ${i + 1}`, type }],
    ),
  )
}

type Content = Pick<SchemaContent, 'type' | 'text' | 'metadata' | 'ruleSet'>

function rulesOf(
  subject: string,
  version: number,
  content: Content,
  references: readonly NamedText[],
): RegisteredRules {
  return { subject, version, notRun: rulesNotRun(content.ruleSet), encrypted: encryptedIn(content, references) }
}

function encryptedIn(content: Content, references: readonly NamedText[]): RegisteredRules['encrypted'] {
  try {
    const { encrypted, payload } = encryptionOf(content, references)
    if (payload.some(({ onRead }) => onRead !== null)) return null
    return encrypted.filter(({ rule }) => rule.onRead !== null).map(({ path }) => path)
  } catch (error) {
    // A text that this registry cannot read, or one whose references are not known here.
    if (error instanceof SyntaxError || error instanceof MillraceError) return []
    throw error
  }
}

/** Of the newest versions of subjects, as _schemas has them; only those that have a rule set. Throws MR-REGISTRY-003. */
export function registeredRulesInLog(reader: TopicReader, subjects: readonly string[]): RegisteredRules[] {
  const state = new RegistryState()
  schemasTail(reader, state).poll()
  return subjects.flatMap((subject) => {
    const latest = state.latest(subject)
    if (!latest?.ruleSet) return []
    const references = state.namedReferences(latest, subject)
    return [rulesOf(subject, latest.version, latest, typeof references === 'string' ? [] : references)]
  })
}

/** What one rule of a registered version has sealed, and with which keys. */
export interface SealingRule {
  readonly subject: string
  /** Names from the outermost record down; null: the whole value. */
  readonly path: readonly string[] | null
  readonly kekName: string
  readonly algorithm: string
  /** The name of a person's key, with {column} in it; null: one key of the subject. */
  readonly keySubject: string | null
}

/** Of every version of the subjects, deleted ones too: records of each may be in the topic. Throws MR-REGISTRY-003. */
export function sealingRulesInLog(reader: TopicReader, subjects: readonly string[]): SealingRule[] {
  const state = new RegistryState()
  schemasTail(reader, state).poll()
  return subjects.flatMap((subject) =>
    state.versions(subject, true).flatMap((version) => {
      const references = state.namedReferences(version, subject)
      return sealingRulesOf(subject, version, typeof references === 'string' ? [] : references)
    }),
  )
}

function sealingRulesOf(subject: string, content: Content, references: readonly NamedText[]): SealingRule[] {
  try {
    const { encrypted, payload } = encryptionOf(content, references)
    const whole = payload.map((rule) => ({ path: null, rule }))
    return [...encrypted, ...whole]
      .filter(({ rule }) => rule.onRead !== null && rule.problem === null)
      .map(({ path, rule: { kekName, algorithm, keySubject } }) => ({ subject, path, kekName, algorithm, keySubject }))
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof MillraceError) return []
    throw error
  }
}

interface AnsweredVersion {
  readonly subject: string
  readonly version: number
  readonly schemaType?: SchemaType
  readonly schema: string
  readonly metadata?: unknown
  readonly ruleSet?: unknown
}

/** The same from what a registry answers to GET /schemas?latestOnly=true, as far as schemas have no references. */
export function registeredRulesInAnswer(answer: readonly unknown[], subjects: readonly string[]): RegisteredRules[] {
  return (answer as readonly AnsweredVersion[]).flatMap(({ subject, version, schemaType: type = 'AVRO', ...one }) => {
    const ruleSet = readRuleSet(one.ruleSet)
    if (!subjects.includes(subject) || !ruleSet) return []
    return [rulesOf(subject, version, { type, text: one.schema, metadata: readMetadata(one.metadata), ruleSet }, [])]
  })
}
