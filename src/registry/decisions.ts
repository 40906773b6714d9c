// What each write decides: pure functions from the state to the records that are to be written, and the answer that holds
// once they are. They refuse by throwing RegistryRefusal, before anything is written.
// Reference: Confluent KafkaSchemaRegistry (register, deleteSubject, deleteSchemaVersion, updateConfig, setMode, deleteContext).
import { readProto } from '../format/index.ts'
import { checkCompatibility } from './check.ts'
import {
  contextOf,
  contextPrefix,
  defaultContext,
  isContext,
  isValidSubject,
  liesIn,
  qualifyReference,
} from './contexts.ts'
import {
  checksNew,
  contentOf,
  findVersion,
  isImporting,
  isSameSchema,
  mergedAttachments,
  type Content,
  type ContentOptions,
  type Submitted,
} from './content.ts'
import { versionInMetadata, withVersionInMetadata } from './entities.ts'
import { withKeyDefaults } from './keys/key-defaults.ts'
import {
  clearSubjectRecord,
  configRecord,
  contextRecord,
  deleteSubjectRecord,
  modeRecord,
  schemaRecord,
  schemaTombstone,
  type SchemasRecord,
} from './records.ts'
import {
  configFields,
  refusals,
  type Config,
  type ConfigChange,
  type Mode,
  type SchemaContent,
  type SubjectVersion,
} from './registry-types.ts'
import type { ConfigInForce, RegistryState } from './state.ts'
import { changeTags, findTags } from './tags.ts'

export interface Decision<T> {
  readonly records: readonly SchemasRecord[]
  readonly answer: T
}

const nothingToWrite = <T>(answer: T): Decision<T> => ({ records: [], answer })

/** @param force skips the compatibility check */
export function decideRegister(
  state: RegistryState,
  subject: string,
  asked: Submitted,
  force: boolean,
): Decision<SubjectVersion> {
  if (!isValidSubject(subject)) throw refusals.invalidSubject(subject)
  const submitted = asked.ruleSet ? { ...asked, ruleSet: withKeyDefaults(asked.ruleSet) } : asked
  const config = state.configInForce(subject)
  const importing = isImporting(state, subject)
  const options = { normalize: submitted.normalize === true || config.normalize === true, importing }
  checkReferences(state, subject, submitted)
  const registered = registeredAlready(state, subject, submitted, config, options)
  if (registered) return nothingToWrite(registered)
  checkRegisterMode(state, subject, submitted)
  const living = state.versions(subject, false)
  const next = (state.versions(subject, true).at(-1)?.version ?? 0) + 1
  const draft = importing ? submitted : completed(config, withTags(submitted, living.at(-1)), living.at(-1), next)
  const id = submitted.id ?? -1
  const content = contentOf(state, subject, draft, { ...options, isNew: checksNew(config, id), isWhole: true })
  const known = state.idOfContent(contextOf(subject), content)
  const holds = known !== undefined && (id < 0 || id === known)
  if ((submitted.version ?? 0) === 0) {
    const there =
      (holds ? living.findLast((old) => old.id === known && old.guid === content.guid) : undefined) ??
      living.findLast((old) => (id < 0 || id === old.id) && isSameSchema(state, content, old))
    if (there) return nothingToWrite(there)
  }
  if (!importing && !force) {
    const messages = messagesAgainst(state, subject, content, living)
    if (messages.length > 0) throw refusals.incompatible(subject, messages)
  }
  const added = place(state, subject, content, { ...submitted, id: holds ? known : id }, { next, importing })
  return { records: registrationRecords(state, added), answer: added }
}

/** What belongs to a topic alone is no schema that others refer to. */
function checkReferences(state: RegistryState, subject: string, { references = [] }: Submitted): void {
  for (const { subject: named } of references)
    if (state.associations({ subject: qualifyReference(named, subject), lifecycle: 'STRONG' }).length > 0)
      throw refusals.notPermitted(`Subject '${named}' has a strong association and cannot be referenced`)
}

/** Answered whatever the mode: who registers what is there changes nothing. */
function registeredAlready(
  state: RegistryState,
  subject: string,
  submitted: Submitted,
  config: ConfigInForce,
  options: ContentOptions,
): SubjectVersion | undefined {
  const { id = -1, version = 0, tagsToAdd = [], tagsToRemove = [], propagateTags } = submitted
  const changes = tagsToAdd.length > 0 || tagsToRemove.length > 0 || propagateTags === true
  if (changes || config.defaultMetadata || config.overrideMetadata || config.defaultRuleSet || config.overrideRuleSet)
    return undefined
  const found = findVersion(state, subject, submitted, { ...options, withDeleted: false, latestOnly: version === -1 })
  if (!found) return undefined
  if (version <= 0) return id < 0 || id === found.id ? found : undefined
  if (found.id !== id) return undefined
  if (found.version === version) return found
  // The same schema may have been imported as several versions.
  const other = state.version(subject, version)
  return other && !other.deleted && other.id === found.id && other.guid === found.guid ? other : undefined
}

/** The tags that are asked for, in the text. Throws 42201 when a path is not in the schema. */
function withTags(submitted: Submitted, previous: SubjectVersion | undefined): Submitted {
  const { tagsToAdd = [], tagsToRemove = [], propagateTags } = submitted
  const inherited = propagateTags === true && previous ? findTags(previous.type, previous.text, ['*']) : []
  if (tagsToAdd.length + tagsToRemove.length + inherited.length === 0) return submitted
  try {
    const text = changeTags(submitted.type, submitted.text, [...tagsToAdd, ...inherited], tagsToRemove)
    // A change of tags makes a version, which its metadata then names.
    const version = tagsToAdd.length + tagsToRemove.length > 0 ? (submitted.version ?? -1) : submitted.version
    return { ...submitted, text, ...(version === undefined ? {} : { version }) }
  } catch (error) {
    throw refusals.invalidSchema((error as Error).message)
  }
}

/** With the text, metadata and rules that a registration takes over from the version before and from config. */
function completed(
  config: ConfigInForce,
  submitted: Submitted,
  previous: SubjectVersion | undefined,
  next: number,
): Submitted {
  const text =
    submitted.text.trim() === '' && previous
      ? { type: previous.type, text: previous.text, references: previous.references }
      : {}
  const { metadata, ruleSet } = mergedAttachments(config, submitted, previous)
  const names = (submitted.version ?? 0) !== 0 || versionInMetadata(metadata) !== undefined
  return { ...submitted, ...text, metadata: names ? withVersionInMetadata(metadata, next) : metadata, ruleSet }
}

function checkRegisterMode(state: RegistryState, subject: string, { id = -1 }: Submitted): void {
  const mode = state.modeInForce(subject)
  const place = `Subject ${subject} in context ${contextPrefix(subject)}`
  if (mode === 'READONLY' || mode === 'READONLY_OVERRIDE') throw refusals.notPermitted(`${place} is in read-only mode`)
  if (id >= 0 && mode !== 'IMPORT' && mode !== 'FORWARD') throw refusals.notPermitted(`${place} is not in import mode`)
  if (id < 0 && mode !== 'READWRITE') throw refusals.notPermitted(`${place} is not in read-write mode`)
}

function place(
  state: RegistryState,
  subject: string,
  content: Content,
  { id: asked = -1, version = 0 }: Submitted,
  { next, importing }: { next: number; importing: boolean },
): SubjectVersion {
  const context = contextOf(subject)
  if (version > 0 && version !== next && !importing)
    throw refusals.invalidSchema('Version is not one more than previous version')
  let id = asked
  if (id >= 0) {
    const holder = state.anyWithId(context, id)
    if (holder && (holder.guid !== content.guid || holder.type !== content.type))
      throw refusals.notPermitted(
        `Overwrite new schema with id ${id} in context ${contextPrefix(subject)} is not permitted.`,
      )
  } else id = state.maxId(context) + 1
  return { ...content, subject, version: version > 0 ? version : next, id, deleted: false }
}

function registrationRecords(state: RegistryState, added: SubjectVersion): SchemasRecord[] {
  const { subject } = added
  const context = contextOf(subject)
  // A soft-deleted version with the same id is revived under the new version: the old one goes.
  const revived = state
    .versions(subject, true)
    .filter((old) => old.deleted && old.id === added.id && old.version < added.version)
    .filter((old) => state.referrers(subject, old.version, true).length === 0)
    .map((old) => schemaTombstone(subject, old.version))
  const first = context !== defaultContext && !state.hasContextRecord(context)
  return [...(first ? [contextRecord(context, true)] : []), ...revived, schemaRecord(added)]
}

/** Messages that speak against a schema after earlier versions of its subject; none: it may follow. */
export function messagesAgainst(
  state: RegistryState,
  subject: string,
  content: SchemaContent,
  earlier: readonly SubjectVersion[],
): string[] {
  const config = state.configInForce(subject)
  const group = config.compatibilityGroup
  const groupOf = ({ metadata }: SchemaContent): string | undefined => metadata?.properties?.[group!]
  const compared = group === undefined ? earlier : earlier.filter((old) => groupOf(old) === groupOf(content))
  const validate = config.validateFields === true
  const reserved = validate ? reservedFieldMessages(content, earlier.at(-1)) : []
  const found = checkCompatibility(state, content, subject, compared, config.compatibilityLevel, {
    lenient: config.compatibilityPolicy === 'LENIENT',
  })
  const told = found.filter((message) => !message.startsWith('{validateFields: '))
  if (reserved.length + told.length === 0) return []
  return [...reserved, ...told, `{validateFields: '${validate}', compatibility: '${config.compatibilityLevel}'}`]
}

const reservedFields = ({ metadata }: SchemaContent): string[] =>
  (metadata?.properties?.['confluent:reserved'] ?? '').split(',').flatMap((name) => name.trim() || [])

/** Names that metadata reserves stay reserved, and no field may have one. */
function reservedFieldMessages(content: SchemaContent, previous: SchemaContent | undefined): string[] {
  const reserved = reservedFields(content)
  const removed = (previous ? reservedFields(previous) : []).filter((name) => !reserved.includes(name))
  const fields = topLevelFields(content)
  return [
    ...removed.map(
      (name) =>
        `The new schema has reserved field ${name} removed from its metadata which is present in the old schema's metadata.`,
    ),
    ...reserved
      .filter((name) => fields.includes(name))
      .map((name) => `The new schema has field that conflicts with the reserved field ${name}.`),
  ]
}

function topLevelFields({ type, text }: SchemaContent): string[] {
  if (type === 'PROTOBUF') return readProto(text).messages[0]?.fields.map(({ name }) => name) ?? []
  const root = JSON.parse(text) as { fields?: { name: string }[]; properties?: object } | null
  if (type === 'JSON') return Object.keys(root?.properties ?? {})
  return Array.isArray(root?.fields) ? root.fields.map(({ name }) => name) : []
}

/** @returns the versions that went, ascending */
export function decideDeleteSubject(state: RegistryState, subject: string, permanent: boolean): Decision<number[]> {
  const all = state.versions(subject, true)
  const living = state.versions(subject, false)
  if (all.length === 0) throw refusals.subjectNotFound(subject)
  if (!permanent && living.length === 0) throw refusals.subjectSoftDeleted(subject)
  checkWritable(state, subject)
  if (state.associations({ subject }).length > 0) throw refusals.associationForSubjectExists(subject)
  const going = permanent ? all : living
  for (const { version, deleted } of going) {
    const others = state.referrers(subject, version, permanent).filter((other) => other.subject !== subject)
    if (others.length > 0) throw refusals.referenceExists(subject, version)
    if (permanent && !deleted) throw refusals.subjectNotSoftDeleted(subject)
  }
  // Highest first: within a subject a later version may refer to an earlier one.
  const records = permanent
    ? [...going.toReversed().map(({ version }) => schemaTombstone(subject, version)), ...forget(state, subject)]
    : [deleteSubjectRecord(subject, going.at(-1)!.version)]
  return { records, answer: going.map(({ version }) => version) }
}

/** Mode and config of a subject that is gone for good. */
function forget(state: RegistryState, subject: string): SchemasRecord[] {
  return [
    ...(state.mode(subject) === undefined ? [] : [modeRecord(subject, null)]),
    ...(state.config(subject) === undefined ? [] : [configRecord(subject, null)]),
  ]
}

/** @param number -1: the latest living one */
export function decideDeleteVersion(
  state: RegistryState,
  subject: string,
  number: number,
  permanent: boolean,
): Decision<number> {
  const old = number === -1 ? state.latest(subject) : state.version(subject, number)
  if (!old) {
    if (state.versions(subject, true).length === 0) throw refusals.subjectNotFound(subject)
    throw refusals.versionNotFound(number)
  }
  const { version } = old
  if (old.deleted && !permanent) throw refusals.versionSoftDeleted(subject, version)
  checkWritable(state, subject)
  if (state.referrers(subject, version, permanent).length > 0) throw refusals.referenceExists(subject, version)
  if (permanent && !old.deleted) throw refusals.versionNotSoftDeleted(subject, version)
  if (!permanent && state.versions(subject, false).length === 1 && state.associations({ subject }).length > 0)
    throw refusals.associationForSubjectExists(subject)
  const isLast = state.versions(subject, true).length === 1
  const records = permanent
    ? [schemaTombstone(subject, version), ...(isLast ? forget(state, subject) : [])]
    : [schemaRecord({ ...old, deleted: true })]
  return { records, answer: version }
}

function checkWritable(state: RegistryState, subject: string | null): void {
  if (state.modeInForce(subject).startsWith('READONLY'))
    throw refusals.notPermitted(`Subject ${subject} in context ${contextPrefix(subject)} is in read-only mode`)
}

/** @returns the whole config after the change */
export function decideSetConfig(state: RegistryState, subject: string | null, change: ConfigChange): Decision<Config> {
  checkWritable(state, subject)
  const old: Config = state.config(subject) ?? {}
  const fields = configFields.flatMap((field) => {
    const value = change[field] === undefined ? old[field] : change[field]
    return value === undefined || value === null ? [] : [[field, value] as const]
  })
  const config = Object.fromEntries(fields) as Config
  return { records: [configRecord(subject, config)], answer: config }
}

/** @returns what was set before; undefined: nothing */
export function decideDeleteConfig(state: RegistryState, subject: string | null): Decision<Config | undefined> {
  checkWritable(state, subject)
  const old = state.config(subject)
  return { records: old ? [configRecord(subject, null)] : [], answer: old }
}

/** @param mode null takes it back */
export function decideSetMode(
  state: RegistryState,
  subject: string | null,
  mode: Mode | null,
  force: boolean,
): Decision<undefined> {
  const records: SchemasRecord[] = []
  if (mode === 'IMPORT' && state.modeInForce(subject) !== 'IMPORT' && !force) {
    if (state.hasSubjects(subject, false)) throw refusals.notPermitted('Cannot import since found existing subjects')
    // What was soft-deleted would stand in the way of the imported ids.
    for (const name of state.subjects(true)) {
      if (!liesIn(name, subject)) continue
      for (const { version } of state.versions(name, true)) {
        if (state.referrers(name, version, true).length > 0) throw refusals.referenceExists(name, version)
        records.push(schemaTombstone(name, version))
      }
    }
    records.push(clearSubjectRecord(subject))
  }
  records.push(modeRecord(subject, mode))
  return { records, answer: undefined }
}

/** @param recursive also of every subject in a context */
export function decideDeleteMode(
  state: RegistryState,
  subject: string | null,
  recursive: boolean,
): Decision<Mode | undefined> {
  const old = state.mode(subject)
  const within = recursive && (subject === null || isContext(subject)) ? state.modesIn(subject) : []
  const keys = new Set([...(old === undefined ? [] : [subject]), ...within])
  return { records: [...keys].map((key) => modeRecord(key, null)), answer: old }
}

/** @param context as a prefix, ':.eu:' */
export function decideDeleteContext(state: RegistryState, context: string): Decision<undefined> {
  if (state.hasSubjects(context, true)) throw refusals.contextNotEmpty(context)
  const name = contextOf(context)
  return { records: state.hasContextRecord(name) ? [contextRecord(name, false)] : [], answer: undefined }
}
