// Which fields of a schema its rule set encrypts: those with a tag that an ENCRYPT rule names, written inside the schema
// (`confluent:tags`, (confluent.field_meta).tags) or in its metadata by paths with wildcards.
// Reference: Confluent FieldRuleExecutor, WildcardMatcher; EncryptionExecutor's parameters.
import type { EncryptedField, EncryptionRule, RuleFailure } from '../../model/index.ts'
import { objectOrNull } from '../entities.ts'
import { registryLimits } from '../limits.ts'
import { protoFields } from '../protobuf/tags.ts'
import type { JsonObject, Metadata, NamedText, Rule, RuleSet, SchemaContent } from '../registry-types.ts'
import { isDekAlgorithm } from './key-records.ts'

/** A field of text or bytes, and what names it. */
export interface TaggedField {
  readonly path: readonly string[]
  readonly form: 'text' | 'bytes'
  /** As metadata names it: the record's full name, a dot, the field's name. */
  readonly fullName: string
  readonly tags: readonly string[]
}

export interface Encryption {
  readonly encrypted: readonly EncryptedField[]
  readonly payload: boolean
}

const none: Encryption = { encrypted: [], payload: false }

/** @param references what it refers to, references of references first */
export function encryptionOf(
  content: Pick<SchemaContent, 'type' | 'text' | 'metadata' | 'ruleSet'>,
  references: readonly NamedText[],
): Encryption {
  const { type, text, metadata, ruleSet } = content
  if (!ruleSet) return none
  const rules = encryptionRules(ruleSet)
  const payload = (ruleSet.encodingRules ?? []).some((rule) => rule.type === 'ENCRYPT_PAYLOAD' && !rule.disabled)
  if (rules.length === 0) return payload ? { encrypted: [], payload } : none
  const fields = taggedFields(type, text, references)
  const encrypted = rules.flatMap(({ rule, tags }) =>
    fields
      .filter((field) => {
        const own = new Set([...field.tags, ...metadataTags(metadata, field.fullName)])
        return tags.length === 0 || tags.some((tag) => own.has(tag))
      })
      .map(({ path, form }) => ({ path, form, rule })),
  )
  return { encrypted, payload }
}

/** What the rules of type ENCRYPT say, in their order. */
export function encryptionRules(
  ruleSet: RuleSet,
): { readonly rule: EncryptionRule; readonly tags: readonly string[] }[] {
  return (ruleSet.domainRules ?? []).flatMap((rule) => {
    if (rule.type !== 'ENCRYPT' || rule.disabled || rule.kind !== 'TRANSFORM') return []
    return [{ rule: encryptionRule(rule), tags: rule.tags ?? [] }]
  })
}

function encryptionRule({ name, params = {}, mode, onFailure }: Rule): EncryptionRule {
  const algorithm = params['encrypt.dek.algorithm']
  const days = Number(params['encrypt.dek.expiry.days'] ?? 0)
  const writes = mode === 'WRITE' || mode === 'WRITEREAD'
  const reads = mode === 'READ' || mode === 'WRITEREAD'
  return {
    name: name ?? '',
    kekName: params['encrypt.kek.name'] ?? '',
    algorithm: isDekAlgorithm(algorithm) ? algorithm : 'AES256_GCM',
    expiryDays: Number.isInteger(days) && days > 0 ? days : 0,
    keySubject: params['millrace.dek.subject'] ?? null,
    onWrite: writes ? failureOf(onFailure, 0, mode) : null,
    onRead: reads ? failureOf(onFailure, 1, mode) : null,
  }
}

/** Of a rule for both ways, 'a,b' is what happens on writing and on reading. */
function failureOf(text: string | undefined, place: number, mode: string): RuleFailure {
  const parts = (text ?? '').split(',').map((part) => part.trim())
  const part = mode === 'WRITEREAD' && parts.length > 1 ? parts[place] : parts[0]
  return part === 'NONE' ? 'keep' : 'fail'
}

function metadataTags(metadata: Metadata | null, fullName: string): string[] {
  return Object.entries(metadata?.tags ?? {}).flatMap(([path, tags]) => (isMatch(fullName, path) ? [...tags] : []))
}

/** `*` stands for anything inside a name, `**` also for dots, `?` for one character. */
function isMatch(name: string, pattern: string): boolean {
  if (pattern === name) return true
  if (!/[*?]/.test(pattern) || pattern.length > 1_000) return false
  const expression = pattern.replace(/\*\*+|[*?]|[\\^$+.()|[\]{}]/g, (found) => {
    if (found.startsWith('**')) return '.*'
    if (found === '*') return '[^.]*'
    return found === '?' ? '[^.]' : `\\${found}`
  })
  return new RegExp(`^(?:${expression})$`).test(name)
}

function taggedFields(type: string, text: string, references: readonly NamedText[]): readonly TaggedField[] {
  const found: TaggedField[] = []
  if (type === 'PROTOBUF') return protoFields(text, references)
  if (type === 'JSON') visitJson(JSON.parse(text), { path: [], fullName: '$', tags: [], found, depth: 0 })
  else {
    const names = new Map<string, JsonObject>()
    for (const reference of references) collectAvroNames(JSON.parse(reference.text), '', names)
    const root: unknown = JSON.parse(text)
    collectAvroNames(root, '', names)
    visitAvro(root, '', { path: [], fullName: '', tags: [], names, found, open: new Set() })
  }
  return found
}

const tagsOf = (node: JsonObject): string[] => {
  const tags = node['confluent:tags']
  return Array.isArray(tags) ? tags.map(String) : []
}

interface Place {
  readonly path: readonly string[]
  readonly fullName: string
  readonly tags: readonly string[]
  readonly found: TaggedField[]
}

function fullAvroName(node: JsonObject, space: string): { name: string; space: string } {
  const given = String(node['name'])
  const dot = given.lastIndexOf('.')
  if (dot >= 0) return { name: given, space: given.slice(0, dot) }
  const inner = typeof node['namespace'] === 'string' ? node['namespace'] : space
  return { name: inner === '' ? given : `${inner}.${given}`, space: inner }
}

const isNamed = (type: unknown): boolean => type === 'record' || type === 'error' || type === 'enum' || type === 'fixed'

function collectAvroNames(node: unknown, space: string, names: Map<string, JsonObject>): void {
  if (Array.isArray(node)) for (const branch of node) collectAvroNames(branch, space, names)
  const object = objectOrNull(node)
  if (!object) return
  let inner = space
  if (isNamed(object['type'])) {
    const full = fullAvroName(object, space)
    inner = full.space
    names.set(full.name, object)
    for (const field of Array.isArray(object['fields']) ? object['fields'] : [])
      collectAvroNames(objectOrNull(field)?.['type'], inner, names)
    return
  }
  for (const below of [object['type'], object['items'], object['values']]) collectAvroNames(below, inner, names)
}

function visitAvro(
  node: unknown,
  space: string,
  place: Place & { readonly names: ReadonlyMap<string, JsonObject>; readonly open: ReadonlySet<string> },
): void {
  if (Array.isArray(node)) {
    for (const branch of node) visitAvro(branch, space, place)
    return
  }
  if (typeof node === 'string') {
    const { path, fullName, tags, names, found } = place
    if (node === 'string' || node === 'bytes') {
      if (path.length > 0) found.push({ path, fullName, tags, form: node === 'string' ? 'text' : 'bytes' })
      return
    }
    const qualified = node.includes('.') || space === '' ? node : `${space}.${node}`
    const named = names.get(qualified) ?? names.get(node)
    const dot = qualified.lastIndexOf('.')
    if (named) visitAvro(named, dot < 0 ? '' : qualified.slice(0, dot), place)
    return
  }
  const object = objectOrNull(node)
  if (!object) return
  const { type } = object
  if (type === 'array') visitAvro(object['items'], space, place)
  else if (type === 'map') visitAvro(object['values'], space, place)
  else if (type === 'record' || type === 'error') {
    const full = fullAvroName(object, space)
    // A type inside itself has no end of paths.
    if (place.open.has(full.name)) return
    const open = new Set([...place.open, full.name])
    for (const item of Array.isArray(object['fields']) ? object['fields'] : []) {
      const field = objectOrNull(item)
      if (!field) continue
      const name = String(field['name'])
      const [path, fullName] = [[...place.path, name], `${full.name}.${name}`]
      visitAvro(field['type'], full.space, { ...place, path, fullName, tags: tagsOf(field), open })
    }
  } else if (!isNamed(type) && object['logicalType'] !== 'decimal') visitAvro(type, space, place)
}

function visitJson(node: unknown, place: Place & { readonly depth: number }): void {
  const object = objectOrNull(node)
  if (!object || place.depth > registryLimits.depthMax) return
  const { path, fullName, tags, found } = place
  const depth = place.depth + 1
  const { type } = object
  const isText = type === 'string' || (Array.isArray(type) && type.includes('string'))
  if (isText && path.length > 0) found.push({ path, fullName, tags, form: 'text' })
  for (const [name, property] of Object.entries(objectOrNull(object['properties']) ?? {})) {
    const member = objectOrNull(property)
    if (member)
      visitJson(member, { path: [...path, name], fullName: `${fullName}.${name}`, tags: tagsOf(member), found, depth })
  }
  for (const keyword of ['allOf', 'anyOf', 'oneOf'])
    for (const item of Array.isArray(object[keyword]) ? object[keyword] : [])
      visitJson(item, { path, fullName, tags, found, depth })
  visitJson(object['items'], { path, fullName, tags, found, depth })
  visitJson(object['additionalProperties'], { path, fullName, tags, found, depth })
}
