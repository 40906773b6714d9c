// What all records of _schemas together say. Built by applying events in order, and only so: a restore of the topic gives
// the same state, ids included. Applying is idempotent, so a compacted topic gives the same as the whole. Texts are kept as
// they are and parsed when somebody needs them.
import {
  associationKeyText,
  byResource,
  matchesFilter,
  type Association,
  type AssociationFilter,
} from './associations/association.ts'
import { contextOf, defaultContext, globalContext, liesIn, qualifyReference } from './contexts.ts'
import { registryLimits } from './limits.ts'
import type { RegistryEvent } from './records.ts'
import type { CompatibilityLevel, Config, Mode, NamedText, SchemaContent, SubjectVersion } from './registry-types.ts'

interface Subject {
  readonly versions: Map<number, SubjectVersion>
  /** Ascending; undefined after a change, until somebody asks. */
  all: readonly SubjectVersion[] | undefined
  living: readonly SubjectVersion[] | undefined
}

/** Versions with the same id, guid or reference: most are alone, and sets of one would be most of the memory. */
type Holders = SubjectVersion | Set<SubjectVersion>

interface Context {
  /** Versions that hold an id, by id: all have the same content. */
  readonly byId: Map<number, Holders>
  /** Ids of a content, by type and guid, ascending: an import may give several. */
  readonly byContent: Map<string, number[]>
  maxId: number
}

/** What is in force for a subject: never without a level. */
export type ConfigInForce = Config & { readonly compatibilityLevel: CompatibilityLevel }

const contentKey = (content: { readonly type: string; readonly guid: string }): string =>
  `${content.type}/${content.guid}`
const versionKey = (subject: string, version: number): string => `${version}/${subject}`
const byPlace = (a: SubjectVersion, b: SubjectVersion): number =>
  (a.subject < b.subject ? -1 : a.subject > b.subject ? 1 : 0) || a.version - b.version
const globalKey = `:${globalContext}:`

export class RegistryState {
  readonly #subjects = new Map<string, Subject>()
  readonly #contexts = new Map<string, Context>()
  readonly #contextRecords = new Set<string>()
  readonly #byGuid = new Map<string, Holders>()
  readonly #referrers = new Map<string, Holders>()
  readonly #configs = new Map<string | null, Config>()
  readonly #modes = new Map<string | null, Mode>()
  readonly #associations = new Map<string, Association>()
  #sorted: readonly string[] | undefined
  #revision = 0
  #conflicts = 0

  /** Counts the events applied so far: equal revisions of a state and its copy mean equal contents. */
  get revision(): number {
    return this.#revision
  }

  /** Records left aside because their id already stands for another text: as in Confluent's registry, the first one stays. */
  get conflicts(): number {
    return this.#conflicts
  }

  /** An independent state with the same contents. O(versions) */
  copy(): RegistryState {
    const copy = new RegistryState()
    for (const { versions } of this.#subjects.values()) for (const version of versions.values()) copy.#put(version)
    for (const [name, { maxId }] of this.#contexts) copy.#context(name).maxId = maxId
    for (const name of this.#contextRecords) copy.#contextRecords.add(name)
    for (const [subject, config] of this.#configs) copy.#configs.set(subject, config)
    for (const [subject, mode] of this.#modes) copy.#modes.set(subject, mode)
    for (const [key, association] of this.#associations) copy.#associations.set(key, association)
    copy.#revision = this.#revision
    copy.#conflicts = this.#conflicts
    return copy
  }

  /** As if nothing had ever been written. */
  clear(): void {
    for (const held of [this.#subjects, this.#contexts, this.#contextRecords, this.#byGuid, this.#referrers])
      held.clear()
    this.#configs.clear()
    this.#modes.clear()
    this.#associations.clear()
    this.#sorted = undefined
    this.#revision++
    this.#conflicts = 0
  }

  apply(event: RegistryEvent): void {
    this.#revision++
    switch (event.kind) {
      case 'schema':
        this.#applySchema(event)
        return
      case 'config':
        if (event.value) this.#configs.set(event.subject, event.value)
        else this.#configs.delete(event.subject)
        return
      case 'mode':
        if (event.value) this.#modes.set(event.subject, event.value)
        else this.#modes.delete(event.subject)
        return
      case 'context':
        if (event.there) this.#contextRecords.add(event.context)
        else this.#contextRecords.delete(event.context)
        return
      case 'association': {
        const key = associationKeyText(event.key)
        const { value } = event
        // Made when it was first written, whatever was changed since.
        const createTs = this.#associations.get(key)?.createTs
        if (!value) this.#associations.delete(key)
        else this.#associations.set(key, createTs === undefined ? value : { ...value, createTs })
        return
      }
      case 'delete-subject':
        for (const version of this.versions(event.subject, false)) {
          if (version.version > event.version) break
          this.#remove(version.subject, version.version)
          this.#put({ ...version, deleted: true })
        }
        return
      case 'clear-subject':
        for (const subject of this.subjects(true)) {
          if (!liesIn(subject, event.subject)) continue
          for (const version of this.versions(subject, true))
            if (version.deleted) this.#remove(subject, version.version)
        }
        return
      case 'ignored':
    }
  }

  #applySchema(event: RegistryEvent & { readonly kind: 'schema' }): void {
    const { subject, version, value } = event
    if (value === null) {
      this.#remove(subject, version)
      return
    }
    const holder = this.anyWithId(contextOf(subject), value.id)
    if (holder && holder.text !== value.text) {
      this.#conflicts++
      return
    }
    this.#remove(subject, version)
    this.#put(value)
  }

  #put(version: SubjectVersion): void {
    let subject = this.#subjects.get(version.subject)
    if (!subject) {
      this.#subjects.set(version.subject, (subject = { versions: new Map(), all: undefined, living: undefined }))
      this.#sorted = undefined
    }
    subject.versions.set(version.version, version)
    subject.all = subject.living = undefined
    const context = this.#context(contextOf(version.subject))
    if (addTo(context.byId, version.id, version)) {
      const key = contentKey(version)
      const ids = context.byContent.get(key)
      if (!ids) context.byContent.set(key, [version.id])
      else if (!ids.includes(version.id)) ids.splice(ids.filter((id) => id < version.id).length, 0, version.id)
    }
    context.maxId = Math.max(context.maxId, version.id)
    addTo(this.#byGuid, version.guid, version)
    for (const reference of version.references)
      addTo(
        this.#referrers,
        versionKey(qualifyReference(reference.subject, version.subject), reference.version),
        version,
      )
  }

  #remove(name: string, number: number): void {
    const subject = this.#subjects.get(name)
    const version = subject?.versions.get(number)
    if (!subject || !version) return
    subject.versions.delete(number)
    subject.all = subject.living = undefined
    if (subject.versions.size === 0) {
      this.#subjects.delete(name)
      this.#sorted = undefined
    }
    const context = this.#context(contextOf(name))
    if (removeFrom(context.byId, version.id, version)) {
      const key = contentKey(version)
      const left = (context.byContent.get(key) ?? []).filter((id) => id !== version.id)
      if (left.length > 0) context.byContent.set(key, left)
      else context.byContent.delete(key)
    }
    removeFrom(this.#byGuid, version.guid, version)
    for (const reference of version.references)
      removeFrom(this.#referrers, versionKey(qualifyReference(reference.subject, name), reference.version), version)
  }

  #context(name: string): Context {
    let context = this.#contexts.get(name)
    if (!context) this.#contexts.set(name, (context = { byId: new Map(), byContent: new Map(), maxId: 0 }))
    return context
  }

  /** In order of their names. */
  subjects(withDeleted: boolean): readonly string[] {
    this.#sorted ??= [...this.#subjects.keys()].toSorted()
    return withDeleted ? this.#sorted : this.#sorted.filter((subject) => this.versions(subject, false).length > 0)
  }

  /** '.' first, then by name: those that were made, and those that hold a subject. */
  contexts(): string[] {
    const names = new Set(this.#contextRecords)
    for (const [name, { byId }] of this.#contexts) if (byId.size > 0) names.add(name)
    names.delete(defaultContext)
    return [defaultContext, ...[...names].toSorted()]
  }

  hasContextRecord(context: string): boolean {
    return this.#contextRecords.has(context)
  }

  /** Whether a subject, or for a context any subject in it, has versions. */
  hasSubjects(scope: string | null, withDeleted: boolean): boolean {
    if (scope !== null && this.#subjects.has(scope)) return this.versions(scope, withDeleted).length > 0
    return this.subjects(withDeleted).some((subject) => liesIn(subject, scope))
  }

  /** Ascending. */
  versions(name: string, withDeleted: boolean): readonly SubjectVersion[] {
    const subject = this.#subjects.get(name)
    if (!subject) return []
    subject.all ??= [...subject.versions.values()].toSorted((a, b) => a.version - b.version)
    if (withDeleted) return subject.all
    subject.living ??= subject.all.filter((version) => !version.deleted)
    return subject.living
  }

  version(subject: string, number: number): SubjectVersion | undefined {
    return this.#subjects.get(subject)?.versions.get(number)
  }

  latest(subject: string): SubjectVersion | undefined {
    return this.versions(subject, false).at(-1)
  }

  /** Every version that has this id, soft-deleted ones too; by subject and version. */
  withId(context: string, id: number): SubjectVersion[] {
    return holdersOf(this.#contexts.get(context)?.byId.get(id)).toSorted(byPlace)
  }

  /** One of them: enough for what they have in common. O(1) */
  anyWithId(context: string, id: number): SubjectVersion | undefined {
    const held = this.#contexts.get(context)?.byId.get(id)
    return held instanceof Set ? held.values().next().value : held
  }

  /** By subject and version. */
  withGuid(guid: string): SubjectVersion[] {
    return holdersOf(this.#byGuid.get(guid)).toSorted(byPlace)
  }

  /** The lowest one, whatever order an import came in. */
  idOfContent(context: string, content: { readonly type: string; readonly guid: string }): number | undefined {
    return this.#contexts.get(context)?.byContent.get(contentKey(content))?.[0]
  }

  maxId(context: string): number {
    return this.#contexts.get(context)?.maxId ?? 0
  }

  /** What was set for exactly this subject or context; null: the default context. */
  config(subject: string | null): Config | undefined {
    return this.#configs.get(subject)
  }

  /** Keys in order of nearness: the subject, its context, all contexts. */
  #scope(subject: string | null): (string | null)[] {
    const context = contextOf(subject)
    const own = context === defaultContext ? null : `:${context}:`
    return [...(subject === null || subject === own ? [] : [subject]), own, ...(own === globalKey ? [] : [globalKey])]
  }

  /** The nearest config that was set; what it leaves open and may be inherited comes from the ones around it. */
  configInForce(subject: string | null): ConfigInForce {
    const found = this.#scope(subject).flatMap((key) => this.#configs.get(key) ?? [])
    const [nearest = {}] = found
    const merged: Record<string, unknown> = {}
    const fields = ['normalize', 'validateFields', 'validateNewSchemas', 'validateRules', 'compatibilityLevel'] as const
    for (const field of [...fields, 'compatibilityPolicy', 'compatibilityGroup'] as const) {
      const set = found.find((config) => config[field] !== undefined)
      if (set) merged[field] = set[field]
    }
    return { compatibilityLevel: 'BACKWARD', ...merged, ...nearest }
  }

  mode(subject: string | null): Mode | undefined {
    return this.#modes.get(subject)
  }

  modeInForce(subject: string | null): Mode {
    const found = this.#scope(subject).flatMap((key) => this.#modes.get(key) ?? [])
    // An override of what is around cannot be undone nearer by.
    return found.find((mode) => mode === 'READONLY_OVERRIDE') ?? found[0] ?? 'READWRITE'
  }

  /** Subjects and contexts that have a mode of their own and lie in a scope. */
  modesIn(scope: string | null): string[] {
    const context = contextOf(scope)
    return [...this.#modes.keys()].filter((key): key is string => key !== null && contextOf(key) === context)
  }

  /** By resource, type and subject. O(all of them) */
  associations(filter: AssociationFilter): Association[] {
    return [...this.#associations.values()].filter((one) => matchesFilter(one, filter)).toSorted(byResource)
  }

  configs(): ReadonlyMap<string | null, Config> {
    return this.#configs
  }

  /** Versions that refer to this one. */
  referrers(subject: string, version: number, withDeleted: boolean): SubjectVersion[] {
    const found = holdersOf(this.#referrers.get(versionKey(subject, version))).toSorted(byPlace)
    return withDeleted ? found : found.filter((referrer) => !referrer.deleted)
  }

  /**
   * Texts of what a schema refers to, references of references first, each once.
   * @returns a sentence where one is missing or they go too deep
   */
  referenceTexts(content: Pick<SchemaContent, 'references'>, subject: string): string[] | string {
    const named = this.namedReferences(content, subject)
    return typeof named === 'string' ? named : [...new Set(named.map(({ text }) => text))]
  }

  /**
   * The same with the names that the texts refer by; a text that has two names is there twice.
   * @param withDeleted also follows what was soft-deleted; a new schema may not refer to it
   */
  namedReferences(
    content: Pick<SchemaContent, 'references'>,
    subject: string,
    withDeleted = true,
  ): NamedText[] | string {
    const named = new Map<string, NamedText>()
    const visit = (references: SchemaContent['references'], from: string, depth: number): string | undefined => {
      if (depth > registryLimits.referenceDepthMax) return 'its references go too deep'
      for (const reference of references) {
        const owner = qualifyReference(reference.subject, from)
        const key = `${versionKey(owner, reference.version)} ${reference.name}`
        if (named.has(key)) continue
        const target = reference.version === -1 ? this.latest(owner) : this.version(owner, reference.version)
        if (!target || (target.deleted && !withDeleted))
          return `No schema reference found for subject "${owner}" and version ${reference.version}`
        const failed = visit(target.references, owner, depth + 1)
        if (failed !== undefined) return failed
        named.set(key, { name: reference.name, text: target.text })
      }
      return undefined
    }
    return visit(content.references, subject, 0) ?? [...named.values()]
  }
}

function holdersOf(held: Holders | undefined): SubjectVersion[] {
  if (held === undefined) return []
  return held instanceof Set ? [...held] : [held]
}

/** True when the key had none before. */
function addTo<K>(map: Map<K, Holders>, key: K, version: SubjectVersion): boolean {
  const held = map.get(key)
  if (held === undefined) map.set(key, version)
  else if (held instanceof Set) held.add(version)
  else if (held !== version) map.set(key, new Set([held, version]))
  return held === undefined
}

/** True when the key has none left. */
function removeFrom<K>(map: Map<K, Holders>, key: K, version: SubjectVersion): boolean {
  const held = map.get(key)
  if (held === version) return map.delete(key)
  if (!(held instanceof Set) || !held.delete(version)) return false
  if (held.size === 0) map.delete(key)
  return held.size === 0
}
