// What all records of _schemas together say. Built by applying events in order, and only so: a restore of the topic gives
// the same state, ids included. Applying is idempotent, so a compacted topic gives the same as the whole.
import { contextOf, qualifyReference } from './contexts.ts'
import { registryLimits } from './limits.ts'
import type { RegistryEvent } from './records.ts'
import type { CompatibilityLevel, Config, Mode, SchemaContent, SubjectVersion } from './registry-types.ts'

interface Context {
  /** Versions that hold an id, by id: all have the same content. */
  readonly byId: Map<number, Set<SubjectVersion>>
  /** The id of a content, by guid and type. */
  readonly byContent: Map<string, number>
  maxId: number
}

const contentKey = (content: { readonly type: string; readonly guid: string }): string =>
  `${content.type}/${content.guid}`

export class RegistryState {
  /** Versions by subject, ascending. */
  readonly #subjects = new Map<string, Map<number, SubjectVersion>>()
  readonly #contexts = new Map<string, Context>()
  readonly #byGuid = new Map<string, Set<SubjectVersion>>()
  readonly #configs = new Map<string | null, Config>()
  readonly #modes = new Map<string | null, Mode>()

  apply(event: RegistryEvent): void {
    switch (event.kind) {
      case 'schema':
        this.#remove(event.subject, event.version)
        if (event.value) this.#put(event.value)
        return
      case 'config':
        if (event.value) this.#configs.set(event.subject, event.value)
        else this.#configs.delete(event.subject)
        return
      case 'mode':
        if (event.value) this.#modes.set(event.subject, event.value)
        else this.#modes.delete(event.subject)
        return
      case 'delete-subject':
        for (const version of this.versions(event.subject, false)) {
          if (version.version > event.version) continue
          this.#remove(version.subject, version.version)
          this.#put({ ...version, deleted: true })
        }
        return
      case 'clear-subject':
        for (const subject of this.subjects(true)) {
          if (event.subject !== null && event.subject !== subject) continue
          for (const version of this.versions(subject, true))
            if (version.deleted) this.#remove(subject, version.version)
        }
        return
      case 'ignored':
    }
  }

  #put(version: SubjectVersion): void {
    let versions = this.#subjects.get(version.subject)
    if (!versions) this.#subjects.set(version.subject, (versions = new Map()))
    versions.set(version.version, version)
    const context = this.#context(version.subject)
    addTo(context.byId, version.id, version)
    addTo(this.#byGuid, version.guid, version)
    const key = contentKey(version)
    // The lowest id stays the content's, whatever order an import came in.
    context.byContent.set(key, Math.min(version.id, context.byContent.get(key) ?? version.id))
    context.maxId = Math.max(context.maxId, version.id)
  }

  #remove(subject: string, number: number): void {
    const versions = this.#subjects.get(subject)
    const version = versions?.get(number)
    if (!versions || !version) return
    versions.delete(number)
    if (versions.size === 0) this.#subjects.delete(subject)
    const context = this.#context(subject)
    const gone = removeFrom(context.byId, version.id, version)
    removeFrom(this.#byGuid, version.guid, version)
    if (gone && context.byContent.get(contentKey(version)) === version.id) context.byContent.delete(contentKey(version))
  }

  #context(subject: string): Context {
    const name = contextOf(subject)
    let context = this.#contexts.get(name)
    if (!context) this.#contexts.set(name, (context = { byId: new Map(), byContent: new Map(), maxId: 0 }))
    return context
  }

  subjects(withDeleted: boolean): string[] {
    return [...this.#subjects.keys()].filter((subject) => this.versions(subject, withDeleted).length > 0).toSorted()
  }

  contexts(): string[] {
    return ['.', ...[...this.#contexts.keys()].filter((name) => name !== '.').toSorted()]
  }

  /** Ascending. */
  versions(subject: string, withDeleted: boolean): SubjectVersion[] {
    const all = [...(this.#subjects.get(subject)?.values() ?? [])].filter((v) => withDeleted || !v.deleted)
    return all.toSorted((a, b) => a.version - b.version)
  }

  version(subject: string, number: number): SubjectVersion | undefined {
    return this.#subjects.get(subject)?.get(number)
  }

  latest(subject: string): SubjectVersion | undefined {
    return this.versions(subject, false).at(-1)
  }

  /** Every version that has this id, soft-deleted ones too. */
  withId(context: string, id: number): SubjectVersion[] {
    return [...(this.#contexts.get(context)?.byId.get(id) ?? [])]
  }

  withGuid(guid: string): SubjectVersion[] {
    return [...(this.#byGuid.get(guid) ?? [])]
  }

  idOfContent(context: string, content: { readonly type: string; readonly guid: string }): number | undefined {
    return this.#contexts.get(context)?.byContent.get(contentKey(content))
  }

  maxId(context: string): number {
    return this.#contexts.get(context)?.maxId ?? 0
  }

  config(subject: string | null): Config | undefined {
    return this.#configs.get(subject)
  }

  /** The subject's config over the global one. */
  configInScope(subject: string | null): Config & { readonly compatibilityLevel: CompatibilityLevel } {
    const own = subject === null ? undefined : this.#configs.get(subject)
    return { compatibilityLevel: 'BACKWARD', ...this.#configs.get(null), ...own }
  }

  mode(subject: string | null): Mode | undefined {
    return this.#modes.get(subject)
  }

  modeInScope(subject: string | null): Mode {
    const global = this.#modes.get(null)
    // An override of all subjects cannot be undone by one of them.
    if (global === 'READONLY_OVERRIDE') return global
    return (subject === null ? undefined : this.#modes.get(subject)) ?? global ?? 'READWRITE'
  }

  /** Versions that refer to this one. */
  referrers(subject: string, version: number, withDeleted: boolean): SubjectVersion[] {
    const found: SubjectVersion[] = []
    for (const versions of this.#subjects.values()) {
      for (const candidate of versions.values()) {
        if (candidate.deleted && !withDeleted) continue
        const refers = candidate.references.some(
          (r) => r.version === version && qualifyReference(r.subject, candidate.subject) === subject,
        )
        if (refers) found.push(candidate)
      }
    }
    return found
  }

  /**
   * Texts of what a schema refers to, references of references first, each once.
   * @returns a sentence where one is missing or they go too deep
   */
  referenceTexts(content: Pick<SchemaContent, 'references'>, subject: string): string[] | string {
    const texts = new Map<string, string>()
    const visit = (references: SchemaContent['references'], from: string, depth: number): string | undefined => {
      if (depth > registryLimits.referenceDepthMax) return 'its references go too deep'
      for (const reference of references) {
        const owner = qualifyReference(reference.subject, from)
        const key = `${owner}/${reference.version}`
        if (texts.has(key)) continue
        const target = this.version(owner, reference.version)
        if (!target)
          return `No schema reference found for subject "${reference.subject}" and version ${reference.version}`
        const failed = visit(target.references, owner, depth + 1)
        if (failed !== undefined) return failed
        texts.set(key, target.text)
      }
      return undefined
    }
    return visit(content.references, subject, 0) ?? [...texts.values()]
  }
}

function addTo<K>(map: Map<K, Set<SubjectVersion>>, key: K, version: SubjectVersion): void {
  const set = map.get(key)
  if (set) set.add(version)
  else map.set(key, new Set([version]))
}

/** True when the key has none left. */
function removeFrom<K>(map: Map<K, Set<SubjectVersion>>, key: K, version: SubjectVersion): boolean {
  const set = map.get(key)
  set?.delete(version)
  if (set && set.size > 0) return false
  map.delete(key)
  return true
}
