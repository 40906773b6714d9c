// Metadata, rule sets and references: read from what a client sent or a record holds, in one form (sorted, without repeats,
// defaults filled in), because the guid is taken from that form; and merged with what a subject's config adds.
// Reference: Confluent Metadata, RuleSet, Rule and their merges; rules are stored and served, clients run them.
import {
  refusals,
  ruleLists,
  ruleModes,
  type JsonObject,
  type Metadata,
  type Rule,
  type RuleSet,
  type SchemaReference,
} from './registry-types.ts'

const versionProperty = 'confluent:version'
const ruleNameMax = 256

export function objectOrNull(value: unknown): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null
}

const isAbsent = (value: unknown): value is null | undefined => value === undefined || value === null

/** Numbers and booleans count as their text, as they do for Confluent's reader. Throws Error. */
function textOf(value: unknown, what: string): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw new Error(`${what} must be a string`)
}

function objectOf(value: unknown, what: string): JsonObject {
  const object = objectOrNull(value)
  if (!object) throw new Error(`${what} must be an object`)
  return object
}

function listOf(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`${what} must be a list`)
  return value
}

/** UTF-16 order, each once: the order of Java's sorted sets. */
const sortedSet = (value: unknown, what: string): string[] =>
  [...new Set(listOf(value, what).map((item) => textOf(item, `a name in ${what}`)))].toSorted(byCode)

const byCode = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

function sortedMap<T>(value: unknown, what: string, read: (item: unknown, what: string) => T): Record<string, T> {
  const entries = Object.entries(objectOf(value, what)).toSorted(([a], [b]) => byCode(a, b))
  return Object.fromEntries(entries.map(([name, item]) => [name, read(item, `${what}.${name}`)]))
}

const isEmpty = (value: object): boolean => Object.keys(value).length === 0

/** Throws Error with what is wrong. */
export function readMetadata(value: unknown): Metadata | null {
  if (isAbsent(value)) return null
  const { tags, properties, sensitive } = objectOf(value, 'metadata')
  return metadataOf(
    isAbsent(tags) ? {} : sortedMap(tags, 'metadata.tags', sortedSet),
    isAbsent(properties) ? {} : sortedMap(properties, 'metadata.properties', textOf),
    isAbsent(sensitive) ? [] : sortedSet(sensitive, 'metadata.sensitive'),
  )
}

function metadataOf(
  tags: NonNullable<Metadata['tags']>,
  properties: NonNullable<Metadata['properties']>,
  sensitive: readonly string[],
): Metadata {
  return {
    ...(isEmpty(tags) ? {} : { tags }),
    ...(isEmpty(properties) ? {} : { properties }),
    ...(sensitive.length === 0 ? {} : { sensitive }),
  }
}

/** Throws Error with what is wrong. */
export function readRuleSet(value: unknown): RuleSet | null {
  if (isAbsent(value)) return null
  const object = objectOf(value, 'ruleSet')
  const lists = ruleLists.flatMap((list) => {
    const rules = object[list]
    if (isAbsent(rules)) return []
    const read = listOf(rules, `ruleSet.${list}`).map((rule) => readRule(rule))
    return read.length === 0 ? [] : [[list, read] as const]
  })
  const enableAt = object['enableAt']
  return { ...Object.fromEntries(lists), ...(isAbsent(enableAt) ? {} : { enableAt: textOf(enableAt, 'enableAt') }) }
}

function readRule(value: unknown): Rule {
  const rule = objectOf(value, 'a rule')
  const text = (name: string): { [key: string]: string } =>
    isAbsent(rule[name]) || rule[name] === '' ? {} : { [name]: textOf(rule[name], `a rule's ${name}`) }
  const kind = rule['kind'] ?? 'TRANSFORM'
  if (kind !== 'TRANSFORM' && kind !== 'CONDITION')
    throw new Error(`a rule's kind is TRANSFORM or CONDITION, not ${JSON.stringify(kind)}`)
  const mode = ruleModes.find((name) => name === (rule['mode'] ?? 'WRITEREAD'))
  if (mode === undefined) throw new Error(`a rule's mode is one of ${ruleModes.join(', ')}`)
  const tags = isAbsent(rule['tags']) ? [] : sortedSet(rule['tags'], "a rule's tags")
  const params = isAbsent(rule['params']) ? {} : sortedMap(rule['params'], "a rule's params", textOf)
  return {
    ...text('name'),
    ...text('doc'),
    kind,
    mode,
    ...text('type'),
    ...(tags.length === 0 ? {} : { tags }),
    ...(isEmpty(params) ? {} : { params }),
    ...text('expr'),
    ...text('onSuccess'),
    ...text('onFailure'),
    disabled: rule['disabled'] === true,
  }
}

/** Throws 42210 when names repeat or are no names, a type is missing, or a mode does not fit its list. */
export function checkRuleSet(ruleSet: RuleSet | null): void {
  const names = new Set<string>()
  for (const list of ruleLists) {
    for (const rule of ruleSet?.[list] ?? []) {
      const { name, mode } = rule
      if (name !== undefined && names.has(name))
        throw refusals.invalidRuleSet(`Found rule with duplicate name '${name}'`)
      if (name !== undefined) names.add(name)
      checkRule(rule)
      const migrates = mode === 'UPGRADE' || mode === 'DOWNGRADE' || mode === 'UPDOWN'
      if (list === 'migrationRules' && !migrates)
        throw refusals.invalidRuleSet('Migration rules can only be UPGRADE, DOWNGRADE, UPDOWN')
      if (list !== 'migrationRules' && migrates) {
        const kind = list === 'domainRules' ? 'Domain' : 'Encoding'
        throw refusals.invalidRuleSet(`${kind} rules can only be WRITE, READ, WRITEREAD`)
      }
    }
  }
}

function checkRule({ name, type, mode, onSuccess, onFailure }: Rule): void {
  if (name === undefined) throw refusals.invalidRuleSet('Missing rule name')
  if (name.length > ruleNameMax) throw refusals.invalidRuleSet('Rule name too long')
  if (!/^[\p{L}_]/u.test(name)) throw refusals.invalidRuleSet(`Illegal initial character in rule name: ${name}`)
  if (!/^[\p{L}\p{Nd}_-]+$/u.test(name)) throw refusals.invalidRuleSet(`Illegal character in rule name: ${name}`)
  if (type === undefined) throw refusals.invalidRuleSet('Missing rule type')
  const single = mode !== 'WRITEREAD' && mode !== 'UPDOWN'
  if (single && (onSuccess?.includes(',') || onFailure?.includes(',')))
    throw refusals.invalidRuleSet('Multiple actions only valid with WRITEREAD and UPDOWN')
}

/** Throws Error with what is wrong. */
export function readReferences(value: unknown): SchemaReference[] {
  if (isAbsent(value)) return []
  return listOf(value, 'references').map((item) => {
    const { name, subject, version } = objectOf(item, 'a reference')
    if (typeof version !== 'number' || !Number.isInteger(version))
      throw new Error("a reference's version must be an integer")
    return { name: textOf(name, "a reference's name"), subject: textOf(subject, "a reference's subject"), version }
  })
}

/** The later one wins, name by name. */
export function mergeMetadata(earlier: Metadata | null, later: Metadata | null): Metadata | null {
  if (!earlier || !later) return later ?? earlier
  return readMetadata({
    tags: { ...earlier.tags, ...later.tags },
    properties: { ...earlier.properties, ...later.properties },
    sensitive: [...(earlier.sensitive ?? []), ...(later.sensitive ?? [])],
  })
}

/** Rules of the earlier one that have no namesake in the later one, then the later one's. */
export function mergeRuleSets(earlier: RuleSet | null, later: RuleSet | null): RuleSet | null {
  if (!earlier || !later) return later ?? earlier
  const merged = ruleLists.map((list) => {
    const added = later[list] ?? []
    const names = new Set(added.map((rule) => rule.name))
    return [list, [...(earlier[list] ?? []).filter((rule) => !names.has(rule.name)), ...added]] as const
  })
  const enableAt = later.enableAt ?? earlier.enableAt
  return {
    ...Object.fromEntries(merged.filter(([, rules]) => rules.length > 0)),
    ...(enableAt === undefined ? {} : { enableAt }),
  }
}

/** Without the rules of these names. */
export function withoutRules(ruleSet: RuleSet | null, names: readonly string[]): RuleSet | null {
  if (!ruleSet) return null
  const kept = ruleLists.map(
    (list) => [list, (ruleSet[list] ?? []).filter(({ name }) => name === undefined || !names.includes(name))] as const,
  )
  const { enableAt } = ruleSet
  return {
    ...Object.fromEntries(kept.filter(([, rules]) => rules.length > 0)),
    ...(enableAt === undefined ? {} : { enableAt }),
  }
}

/** The version that metadata itself names; clients find a version by it. */
export function versionInMetadata(metadata: Metadata | null): string | undefined {
  return metadata?.properties?.[versionProperty]
}

export function withVersionInMetadata(metadata: Metadata | null, version: number): Metadata {
  return readMetadata({ ...metadata, properties: { ...metadata?.properties, [versionProperty]: String(version) } })!
}

export function withoutVersionInMetadata(metadata: Metadata | null): Metadata | null {
  if (!metadata?.properties) return metadata
  const { [versionProperty]: _version, ...properties } = metadata.properties
  return readMetadata({ ...metadata, properties })
}
