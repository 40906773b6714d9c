// From what a client submitted to what is kept: parsed with what it refers to, canonical, normal if asked for; and which
// registered version is the same schema.
// Reference: Confluent AbstractSchemaRegistry (canonicalizeSchema, lookUpSchemaUnderSubject), ParsedSchema.canLookup.
import type { SchemaType } from '../model/index.ts'
import { canonicalText, parseSchema } from './check.ts'
import { contextOf, qualifyReference } from './contexts.ts'
import { mergeMetadata, mergeRuleSets, versionInMetadata, withoutVersionInMetadata } from './entities.ts'
import { guidOf } from './guid.ts'
import { danglingReference } from './json/document.ts'
import { registryLimits } from './limits.ts'
import { formattedText, isSameText, normalText } from './normal/normal.ts'
import {
  refusals,
  RegistryRefusal,
  type Config,
  type Metadata,
  type NamedText,
  type RuleSet,
  type SchemaContent,
  type SchemaReference,
  type SubjectVersion,
} from './registry-types.ts'
import type { RegistryState } from './state.ts'
import type { SchemaTags } from './tags.ts'

export interface RegisterOptions {
  readonly references?: readonly SchemaReference[]
  readonly metadata?: Metadata | null
  readonly ruleSet?: RuleSet | null
  /** IMPORT mode only: the id that the schema has elsewhere. */
  readonly id?: number
  /** The version that it is to get; -1: a new one, whatever there is. Absent or 0: the next one, or the one that has it. */
  readonly version?: number
  readonly normalize?: boolean
}

export interface Submitted extends RegisterOptions {
  readonly type: string
  /** Empty: the latest version's, for a change of metadata or rules. */
  readonly text: string
  readonly tagsToAdd?: readonly SchemaTags[]
  readonly tagsToRemove?: readonly SchemaTags[]
  /** Tags of the latest version are taken over. */
  readonly propagateTags?: boolean
}

export type Content = SchemaContent & { readonly guid: string }

export interface ContentOptions {
  readonly normalize: boolean
  /** In IMPORT mode a text that this registry cannot read is kept as it came: it was accepted elsewhere. */
  readonly importing: boolean
  /** To be registered: checked strictly, and it may not refer to what was deleted. */
  readonly isNew?: boolean
  /** To be registered: what it refers to is there. */
  readonly isWhole?: boolean
}

/** Whether what is registered is checked as new (`validateNewSchemas`, on unless it is turned off). */
export const checksNew = (config: Config, id = -1): boolean => id < 0 && config.validateNewSchemas !== false

/** Texts that were parsed lately, and their canonical forms: clients register and look up the same ones again and again. */
class CanonicalTexts {
  readonly #texts = new Map<string, string>()
  #bytes = 0

  get(key: string): string | undefined {
    return this.#texts.get(key)
  }

  set(key: string, text: string): void {
    this.#texts.set(key, text)
    this.#bytes += key.length + text.length
    for (const [oldest, value] of this.#texts) {
      if (this.#bytes <= registryLimits.canonicalBytesMax) break
      this.#texts.delete(oldest)
      this.#bytes -= oldest.length + value.length
    }
  }
}

const canonicalTexts = new CanonicalTexts()

/** Throws 42201, 42209. */
export function contentOf(
  state: RegistryState,
  subject: string,
  submitted: Submitted,
  options: ContentOptions,
): Content {
  const { type, metadata = null, ruleSet = null } = submitted
  if (submitted.text.trim() === '') throw refusals.invalidSchema('Empty schema')
  let references = concreteReferences(state, submitted.references ?? [], subject)
  const normalize = options.normalize && !options.importing
  if (normalize) references = normalReferences(references)
  const text = canonicalOf(state, subject, { ...submitted, references }, { ...options, normalize })
  const content = { type: type as SchemaType, text, references, metadata, ruleSet }
  return { ...content, guid: guidOf(content) }
}

function canonicalOf(
  state: RegistryState,
  subject: string,
  { type, text, references = [] }: Submitted,
  { normalize, importing, isNew = false, isWhole = false }: ContentOptions,
): string {
  const key = references.length === 0 ? `${type} ${normalize} ${isNew} ${isWhole} ${text}` : undefined
  const cached = key === undefined ? undefined : canonicalTexts.get(key)
  if (cached !== undefined) return cached
  const texts = state.namedReferences({ references }, subject, !isNew)
  if (typeof texts === 'string' && !importing)
    throw refusals.invalidSchema(`Invalid schema of type ${type}, details: ${texts}`)
  const known = typeof texts === 'string' ? [] : texts
  let canonical: string
  try {
    const parsed = parseSchema(type, text, known, isNew)
    const dangling = isWhole && parsed.type === 'JSON' ? danglingReference(parsed.schema) : undefined
    if (dangling !== undefined) throw refusals.invalidSchema(`Invalid schema of type JSON, details: ${dangling}`)
    canonical = canonicalText(type, text, known)
    if (normalize) canonical = normalText(type, canonical, known)
  } catch (error) {
    const unreadable = error instanceof RegistryRefusal && error.errorCode === 42201
    if (!importing || !unreadable || !['AVRO', 'JSON', 'PROTOBUF'].includes(type)) throw error
    return text
  }
  if (key !== undefined) canonicalTexts.set(key, canonical)
  return canonical
}

/** -1 stands for the latest version. */
function concreteReferences(
  state: RegistryState,
  references: readonly SchemaReference[],
  subject: string,
): readonly SchemaReference[] {
  if (references.every(({ version }) => version !== -1)) return references
  return references.map((reference) => {
    if (reference.version !== -1) return reference
    const latest = state.latest(qualifyReference(reference.subject, subject))
    return latest ? { ...reference, version: latest.version } : reference
  })
}

/** By subject and version, each once. */
function normalReferences(references: readonly SchemaReference[]): SchemaReference[] {
  const sorted = references.toSorted(
    (a, b) => (a.subject < b.subject ? -1 : a.subject > b.subject ? 1 : 0) || a.version - b.version,
  )
  return sorted.filter((one, i) => i === sorted.findIndex((other) => sameValue(one, other)))
}

const sameValue = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/**
 * The version of a subject that is the schema submitted; undefined: none, or no text was submitted. Throws 42201.
 */
export function findVersion(
  state: RegistryState,
  subject: string,
  submitted: Submitted,
  options: ContentOptions & { readonly withDeleted: boolean; readonly latestOnly?: boolean },
): SubjectVersion | undefined {
  if (submitted.text.trim() === '') return undefined
  const content = contentOf(state, subject, submitted, options)
  const versions = state.versions(subject, options.withDeleted)
  if (options.latestOnly) {
    const latest = state.latest(subject)
    return latest && isSameSchema(state, content, latest) ? latest : undefined
  }
  const same = versions.findLast((version) => version.guid === content.guid && version.type === content.type)
  return same ?? versions.findLast((version) => isSameSchema(state, content, version))
}

/** The same, and where there is none once more with the metadata and rules that a registration would give it. */
export function lookupVersion(
  state: RegistryState,
  subject: string,
  submitted: Submitted,
  withDeleted: boolean,
): SubjectVersion | undefined {
  const config = state.configInForce(subject)
  const importing = isImporting(state, subject)
  const options = { normalize: submitted.normalize === true || config.normalize === true, importing, withDeleted }
  const found = findVersion(state, subject, submitted, options)
  const latest = state.latest(subject)
  if (found || !latest) return found
  const completed = { ...submitted, ...mergedAttachments(config, submitted, latest) }
  return findVersion(state, subject, completed, options)
}

export function isImporting(state: RegistryState, subject: string): boolean {
  const mode = state.modeInForce(subject)
  return mode === 'IMPORT' || mode === 'FORWARD'
}

/** Metadata and rules: those submitted, else the previous version's, between what config gives as default and override. */
export function mergedAttachments(
  config: Config,
  submitted: Pick<Submitted, 'metadata' | 'ruleSet'>,
  previous: SubjectVersion | undefined,
): { metadata: Metadata | null; ruleSet: RuleSet | null } {
  const metadata = submitted.metadata ?? previous?.metadata ?? null
  const ruleSet = submitted.ruleSet ?? previous?.ruleSet ?? null
  return {
    metadata: mergeMetadata(mergeMetadata(config.defaultMetadata ?? null, metadata), config.overrideMetadata ?? null),
    ruleSet: mergeRuleSets(mergeRuleSets(config.defaultRuleSet ?? null, ruleSet), config.overrideRuleSet ?? null),
  }
}

/** Same text, references, metadata and rules; the version that metadata names may be missing on one side. */
export function isSameSchema(state: RegistryState, content: SchemaContent, version: SubjectVersion): boolean {
  if (content.type !== version.type) return false
  const resolved = content.references.length === 0 && version.references.length > 0
  if (!resolved && !sameValue(content.references, version.references)) return false
  // Texts last: to compare them may take reading both.
  if (!sameValue(content.ruleSet, version.ruleSet) || !isSameMetadata(content.metadata, version)) return false
  if (content.text === version.text) return true
  return resolved
    ? isSameTextAs(content, resolvedText(state, version), [])
    : isSameTextAs(content, version.text, state.namedReferences(version, version.subject))
}

/** @param references a text says what is missing */
function isSameTextAs(
  { type, text }: SchemaContent,
  other: string | undefined,
  references: readonly NamedText[] | string,
): boolean {
  if (other === undefined || typeof references === 'string') return false
  try {
    return isSameText(type, [text, other], references, canonicalTexts)
  } catch (error) {
    // An imported text that this registry cannot read is itself alone.
    if (error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError) return false
    throw error
  }
}

function isSameMetadata(metadata: Metadata | null, version: SubjectVersion): boolean {
  const named = versionInMetadata(metadata)
  const namedBefore = versionInMetadata(version.metadata)
  if (named === undefined && namedBefore !== undefined)
    return sameValue(metadata ?? {}, withoutVersionInMetadata(version.metadata))
  if (named !== undefined && namedBefore === undefined)
    return named === String(version.version) && sameValue(withoutVersionInMetadata(metadata), version.metadata ?? {})
  return sameValue(metadata, version.metadata)
}

function resolvedText(state: RegistryState, version: SubjectVersion): string | undefined {
  const texts = state.namedReferences(version, version.subject)
  return typeof texts === 'string' ? undefined : formattedText(version.type, version.text, texts, 'resolved')
}

/** What `format` asks for; the text itself where references are missing. */
export function textInFormat(state: RegistryState, version: SubjectVersion, format: string): string {
  if (format.trim() === '') return version.text
  const texts = state.namedReferences(version, version.subject)
  return typeof texts === 'string' ? version.text : formattedText(version.type, version.text, texts, format)
}

export function contextId(version: SubjectVersion): { context: string; id: number } {
  return { context: contextOf(version.subject), id: version.id }
}
