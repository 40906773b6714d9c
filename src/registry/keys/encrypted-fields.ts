// What of a schema's values its rule set encrypts: fields with a tag that an ENCRYPT rule names, written inside the schema
// (`confluent:tags`, (confluent.field_meta).tags) or in its metadata by paths with wildcards; and whole values.
// Reference: Confluent FieldRuleExecutor, WildcardMatcher; EncryptionExecutor's parameters; Serde.executeRules.
import type { EncryptedField, EncryptionRule, RuleFailure } from '../../model/index.ts'
import { objectOrNull } from '../entities.ts'
import { registryLimits } from '../limits.ts'
import { protoFields } from '../protobuf/tags.ts'
import type { JsonObject, Metadata, NamedText, Rule, RuleSet, SchemaContent } from '../registry-types.ts'
import { isDekAlgorithm } from './key-records.ts'

/** A field that is no record, list or map, and what names it. */
export interface TaggedField {
  readonly path: readonly string[]
  readonly form: EncryptedField['form']
  /** As metadata names it: the record's full name, a dot, the field's name. */
  readonly fullName: string
  readonly tags: readonly string[]
}

export interface Encryption {
  readonly encrypted: readonly EncryptedField[]
  /** Of whole values, in the order in which writers run them. */
  readonly payload: readonly EncryptionRule[]
}

const none: Encryption = { encrypted: [], payload: [] }

/** @param references what it refers to, references of references first */
export function encryptionOf(
  content: Pick<SchemaContent, 'type' | 'text' | 'metadata' | 'ruleSet'>,
  references: readonly NamedText[],
): Encryption {
  const { type, text, metadata, ruleSet } = content
  if (!ruleSet || !isForClients(ruleSet)) return none
  const rules = encryptionRules(ruleSet)
  const payload = payloadRules(ruleSet)
  if (rules.length === 0) return payload.length === 0 ? none : { encrypted: [], payload }
  const fields = taggedFields(type, text, references)
  const encrypted = rules.flatMap(({ rule, tags }) => {
    const meant = fields.filter((field) => {
      const own = new Set([...field.tags, ...metadataTags(metadata, field.fullName)])
      return tags.length === 0 || tags.some((tag) => own.has(tag))
    })
    return oncePerPath(meant).map(({ path, form }) => ({ path, form, rule }))
  })
  return { encrypted, payload }
}

/** Branches of a union lie in one place: it is sealed once. What can be sealed goes before what cannot. */
function oncePerPath(fields: readonly TaggedField[]): TaggedField[] {
  const byPath = new Map<string, TaggedField>()
  for (const field of fields) {
    const path = JSON.stringify(field.path)
    const known = byPath.get(path)
    if (!known || (known.form === 'other' && field.form !== 'other')) byPath.set(path, field)
  }
  return [...byPath.values()]
}

/** Every rule that needs a key: of fields, then of whole values. */
export function keyRules(ruleSet: RuleSet): EncryptionRule[] {
  return isForClients(ruleSet) ? [...encryptionRules(ruleSet).map(({ rule }) => rule), ...payloadRules(ruleSet)] : []
}

/** A rule set can be meant for gateways between clients and brokers alone; whoever reads and writes here is a client. */
const isForClients = ({ enableAt }: RuleSet): boolean =>
  enableAt === undefined || enableAt === 'ALL' || enableAt === 'CLIENT'

/**
 * What the encoding rules say, in their order. One that cannot be run fails its values, as where clients have no executor; so
 * does ENCRYPT_PAYLOAD among domain rules when writing, where it meets no bytes.
 */
function payloadRules({ encodingRules = [], domainRules = [] }: RuleSet): EncryptionRule[] {
  const misplaced = domainRules
    .filter((rule) => isOf(rule, 'ENCRYPT_PAYLOAD'))
    .map((rule) => ({
      ...failing(rule, `its rule ${rule.name} is of type ENCRYPT_PAYLOAD, which belongs under encodingRules`),
      onRead: null,
    }))
  const own = encodingRules.flatMap((rule) => {
    if (rule.disabled) return []
    if (rule.kind === 'TRANSFORM' && isOf(rule, 'ENCRYPT_PAYLOAD')) return [failing(rule, null)]
    return [failing(rule, `its encoding rule ${rule.name} of type ${rule.type} is not run`)]
  })
  return [...misplaced, ...own].filter(({ onRead, onWrite }) => onRead !== null || onWrite !== null)
}

/** A rule without which nothing is written or read. */
function failing(rule: Rule, problem: string | null): EncryptionRule {
  const known = encryptionRule(rule)
  return {
    ...known,
    problem: problem ?? known.problem,
    onRead: known.onRead && 'fail',
    onWrite: known.onWrite && 'fail',
  }
}

/** Types are named in any case, as for Confluent's clients. */
const isOf = ({ type, disabled }: Rule, wanted: string): boolean => type?.toUpperCase() === wanted && !disabled

/** What the rules of type ENCRYPT say, in their order. Of several for the same tags the first alone runs, as there. */
function encryptionRules(ruleSet: RuleSet): { readonly rule: EncryptionRule; readonly tags: readonly string[] }[] {
  const seen = new Set<string>()
  return (ruleSet.domainRules ?? []).flatMap((rule) => {
    if (rule.kind !== 'TRANSFORM' || !isOf(rule, 'ENCRYPT')) return []
    const tags = [...new Set(rule.tags ?? [])].toSorted()
    const same = JSON.stringify([rule.mode, tags])
    if (tags.length > 0 && seen.has(same)) return []
    seen.add(same)
    return [{ rule: encryptionRule(rule), tags }]
  })
}

function encryptionRule({ name, params = {}, mode, onFailure }: Rule): EncryptionRule {
  const algorithm = params['encrypt.dek.algorithm'] ?? 'AES256_GCM'
  const kekName = params['encrypt.kek.name'] ?? ''
  const days = Number(params['encrypt.dek.expiry.days'] ?? 0)
  const isDays = Number.isInteger(days) && days >= 0
  const problems = [
    ...(kekName === '' ? ['its rule names no key (encrypt.kek.name)'] : []),
    ...(isDekAlgorithm(algorithm) ? [] : [`its rule’s encrypt.dek.algorithm ${algorithm} is not known`]),
    ...(isDays ? [] : ['its rule’s encrypt.dek.expiry.days is no number of days']),
  ]
  const writes = mode === 'WRITE' || mode === 'WRITEREAD'
  const reads = mode === 'READ' || mode === 'WRITEREAD'
  return {
    name: name ?? '',
    problem: problems[0] ?? null,
    kekName,
    kmsType: params['encrypt.kms.type'] || null,
    kmsKeyId: params['encrypt.kms.key.id'] || null,
    algorithm: isDekAlgorithm(algorithm) ? algorithm : 'AES256_GCM',
    expiryDays: isDays ? days : 0,
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

/** Every field of a schema that is no record, list or map. Throws SyntaxError or MillraceError for a text that cannot be read. */
export function schemaFields(type: string, text: string): readonly TaggedField[] {
  return taggedFields(type, text, [])
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

const avroForms: Readonly<Record<string, EncryptedField['form'] | undefined>> = {
  string: 'text',
  bytes: 'bytes',
  boolean: 'other',
  int: 'other',
  long: 'other',
  float: 'other',
  double: 'other',
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
    const form = avroForms[node]
    if (form) {
      if (path.length > 0) found.push({ path, fullName, tags, form })
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
  } else if (isNamed(type) || object['logicalType'] === 'decimal') {
    const { path, fullName, tags, found } = place
    if (path.length > 0) found.push({ path, fullName, tags, form: 'other' })
  } else visitAvro(type, space, place)
}

const jsonScalars: ReadonlySet<unknown> = new Set(['number', 'integer', 'boolean'])

function visitJson(node: unknown, place: Place & { readonly depth: number }): void {
  const object = objectOrNull(node)
  if (!object || place.depth > registryLimits.depthMax) return
  const { path, fullName, tags, found } = place
  const depth = place.depth + 1
  const { type } = object
  const names: readonly unknown[] = Array.isArray(type) ? type : [type]
  const form = names.includes('string') ? 'text' : names.some((name) => jsonScalars.has(name)) ? 'other' : undefined
  if (form && path.length > 0) found.push({ path, fullName, tags, form })
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
