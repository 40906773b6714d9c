// The guid of a schema: MD5 over text, references, metadata and rule set, as a UUID: the same for the same content in every
// registry. Reference: Confluent Schema.updateHash and its parts.
import { createHash, hash, type Hash } from 'node:crypto'
import { ruleLists, type Metadata, type Rule, type RuleSet, type SchemaContent } from './registry-types.ts'

export function guidOf(content: Omit<SchemaContent, 'type'>): string {
  const { text, references, metadata, ruleSet } = content
  // Most schemas are only their text; one call of the hash is several times faster than an object.
  if (references.length === 0 && metadata === null && ruleSet === null) return guidFromHex(hash('md5', text, 'hex'))
  const md5 = createHash('md5')
  md5.update(text, 'utf8')
  for (const { name, subject, version } of references) {
    md5.update(name, 'utf8').update(subject, 'utf8')
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(version)
    md5.update(bytes)
  }
  // A one tells an empty object from none.
  if (metadata !== null) hashMetadata(md5.update(one), metadata)
  if (ruleSet !== null) hashRuleSet(md5.update(one), ruleSet)
  return guidFromHex(md5.digest('hex'))
}

/** @param hex 32 digits */
export function guidFromHex(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

const one = Buffer.of(1)
const byCode = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
const sortedEntries = <T>(value: Readonly<Record<string, T>> = {}): [string, T][] =>
  Object.entries(value).toSorted(([a], [b]) => byCode(a, b))

function hashMetadata(md5: Hash, metadata: Metadata): void {
  for (const [key, values] of sortedEntries(metadata.tags)) {
    md5.update(key, 'utf8')
    for (const value of values.toSorted(byCode)) md5.update(value, 'utf8')
  }
  for (const [key, value] of sortedEntries(metadata.properties)) md5.update(key, 'utf8').update(value, 'utf8')
  for (const name of (metadata.sensitive ?? []).toSorted(byCode)) md5.update(name, 'utf8')
}

function hashRuleSet(md5: Hash, ruleSet: RuleSet): void {
  for (const list of ruleLists) for (const rule of ruleSet[list] ?? []) hashRule(md5, rule)
  if (ruleSet.enableAt !== undefined) md5.update(ruleSet.enableAt, 'utf8')
}

function hashRule(md5: Hash, rule: Rule): void {
  const text = (part: string | undefined): void => {
    if (part !== undefined) md5.update(part, 'utf8')
  }
  for (const part of [rule.name, rule.doc, rule.kind, rule.mode, rule.type]) text(part)
  for (const tag of (rule.tags ?? []).toSorted(byCode)) md5.update(tag, 'utf8')
  for (const [key, value] of sortedEntries(rule.params)) md5.update(key, 'utf8').update(value, 'utf8')
  for (const part of [rule.expr, rule.onSuccess, rule.onFailure]) text(part)
  if (rule.disabled) md5.update(one)
}
