// The guid of a schema: MD5 over text, references, metadata and rule set, as a UUID: the same for the same content in every
// registry. Reference: Confluent Schema.updateHash and its parts.
import { createHash, type Hash } from 'node:crypto'
import type { JsonObject, SchemaContent } from './registry-types.ts'

export function guidOf(content: Omit<SchemaContent, 'type'>): string {
  const md5 = createHash('md5')
  md5.update(content.text, 'utf8')
  for (const { name, subject, version } of content.references) {
    md5.update(name, 'utf8').update(subject, 'utf8')
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(version)
    md5.update(bytes)
  }
  // A one tells an empty object from none.
  if (content.metadata !== null) hashMetadata(md5.update(one), content.metadata)
  if (content.ruleSet !== null) hashRuleSet(md5.update(one), content.ruleSet)
  const hex = md5.digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

const one = Buffer.of(1)
const byCode = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
const sortedEntries = (value: unknown): [string, unknown][] =>
  typeof value === 'object' && value !== null ? Object.entries(value).toSorted(([a], [b]) => byCode(a, b)) : []
const strings = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])

function hashMetadata(md5: Hash, metadata: JsonObject): void {
  for (const [key, values] of sortedEntries(metadata['tags'])) {
    md5.update(key, 'utf8')
    for (const value of strings(values).toSorted(byCode)) md5.update(value, 'utf8')
  }
  for (const [key, value] of sortedEntries(metadata['properties']))
    md5.update(key, 'utf8').update(String(value), 'utf8')
  for (const name of strings(metadata['sensitive']).toSorted(byCode)) md5.update(name, 'utf8')
}

function hashRuleSet(md5: Hash, ruleSet: JsonObject): void {
  for (const list of ['migrationRules', 'domainRules', 'encodingRules']) {
    const rules = ruleSet[list]
    if (Array.isArray(rules)) for (const rule of rules) hashRule(md5, rule as JsonObject)
  }
  if (typeof ruleSet['enableAt'] === 'string') md5.update(ruleSet['enableAt'], 'utf8')
}

function hashRule(md5: Hash, rule: JsonObject): void {
  const text = (name: string): void => {
    if (typeof rule[name] === 'string') md5.update(rule[name], 'utf8')
  }
  for (const name of ['name', 'doc', 'kind', 'mode', 'type']) text(name)
  for (const tag of strings(rule['tags']).toSorted(byCode)) md5.update(tag, 'utf8')
  for (const [key, value] of sortedEntries(rule['params'])) md5.update(key, 'utf8').update(String(value), 'utf8')
  for (const name of ['expr', 'onSuccess', 'onFailure']) text(name)
  if (rule['disabled'] === true) md5.update(one)
}
