// The registry: decides on the state, writes records to _schemas, and knows nothing that is not in the topic. Writes run one
// after another, so a decision and its records belong together; an answer comes only after the records are durable and
// were read back.
// Reference: Confluent KafkaSchemaRegistry (register, deleteSubject, deleteSchemaVersion, setMode).
import { assert, MillraceError } from '../base/index.ts'
import type { SchemaIds, SchemaType, TopicReader } from '../model/index.ts'
import { canonicalText, checkCompatibility, parseSchema } from './check.ts'
import { contextOf, isValidSubject } from './contexts.ts'
import { guidOf } from './guid.ts'
import { registryLimits } from './limits.ts'
import {
  clearSubjectRecord,
  configRecord,
  deleteSubjectRecord,
  modeRecord,
  schemaRecord,
  schemasTopicName,
  schemaTombstone,
  type SchemasRecord,
} from './records.ts'
import {
  refusals,
  RegistryRefusal,
  type CompatibilityLevel,
  type Config,
  type JsonObject,
  type Mode,
  type SchemaContent,
  type SchemaReference,
  type SubjectVersion,
} from './registry-types.ts'
import { registered } from './schema-ids.ts'
import { RegistryState } from './state.ts'
import { SchemasTail } from './tail.ts'

/** The topic as it must be made before the registry starts. */
export const schemasTopic = {
  name: schemasTopicName,
  partitionCount: 1,
  configs: { 'cleanup.policy': 'compact' },
} as const

export interface RegistryOptions {
  readonly reader: TopicReader
  /** Appends records to partition 0 of _schemas, all or none; the first's offset once they are durable and readable. */
  readonly append: (records: readonly SchemasRecord[]) => Promise<number>
}

export interface RegisterOptions {
  readonly references?: readonly SchemaReference[]
  readonly metadata?: JsonObject | null
  readonly ruleSet?: JsonObject | null
  /** IMPORT mode only: the id and version that the schema has elsewhere. */
  readonly id?: number
  readonly version?: number
}

export interface Submitted extends RegisterOptions {
  readonly type: string
  readonly text: string
}

export interface Registry {
  /** Everything as of now; refreshed by each call. Do not keep it. */
  state(): RegistryState
  /**
   * Registers a schema, or finds it registered. Throws MR-REGISTRY-001 when it is not compatible, MR-REGISTRY-002 otherwise.
   * @returns its id and version, durable
   */
  register(
    subject: string,
    type: SchemaType,
    text: string,
    options?: RegisterOptions,
  ): Promise<{ id: number; version: number }>
  /** The same for the REST door: throws RegistryRefusal. */
  submit(subject: string, submitted: Submitted, force?: boolean): Promise<SubjectVersion>
  /** The version of a subject that has this content; undefined: none. */
  lookup(subject: string, submitted: Submitted, withDeleted: boolean): SubjectVersion | undefined
  /** Messages against it; with a version: against that one only. */
  check(subject: string, submitted: Submitted, version?: SubjectVersion): string[]
  deleteSubject(subject: string, permanent: boolean): Promise<number[]>
  deleteVersion(subject: string, version: number, permanent: boolean): Promise<number>
  setConfig(subject: string | null, change: JsonObject): Promise<Config>
  deleteConfig(subject: string | null): Promise<Config | undefined>
  setMode(subject: string | null, mode: Mode, force: boolean): Promise<void>
  deleteMode(subject: string | null): Promise<Mode | undefined>
  readonly schemaIds: SchemaIds
}

/** Reads _schemas to its end and is ready. Throws MR-REGISTRY-003 when a record cannot be read. */
export function createRegistry(options: RegistryOptions): Registry {
  return new LogRegistry(options)
}

class LogRegistry implements Registry {
  readonly #state = new RegistryState()
  readonly #tail: SchemasTail
  readonly #append: RegistryOptions['append']
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0
  readonly schemaIds: SchemaIds

  constructor(options: RegistryOptions) {
    this.#tail = new SchemasTail(options.reader, this.#state)
    this.#append = options.append
    this.#tail.poll()
    this.schemaIds = {
      byId: (id) => {
        const [schema] = this.state().withId('.', id)
        return schema && registered(this.#state, schema)
      },
      latest: (subject) => {
        const latest = this.state().latest(subject)
        return latest && { ...registered(this.#state, latest), version: latest.version }
      },
    }
  }

  state(): RegistryState {
    this.#tail.poll()
    return this.#state
  }

  /** Runs one write after the others. `decide` gives the records to write and the answer that holds once they are. */
  async #write<T>(
    decide: (state: RegistryState) => { records: readonly SchemasRecord[]; answer: () => T },
  ): Promise<T> {
    if (this.#waiting >= registryLimits.waitingWritesMax) throw refusals.storeFailed('too many writes are waiting')
    this.#waiting++
    const before = this.#last
    const run = (async () => {
      await before.catch(() => {})
      const { records, answer } = decide(this.state())
      if (records.length > 0) {
        const offset = await this.#append(records)
        this.#tail.poll()
        assert(this.#tail.next > offset, 'an acknowledged record of _schemas can be read')
      }
      return answer()
    })()
    this.#last = run
    try {
      return await run
    } finally {
      this.#waiting--
    }
  }

  async register(
    subject: string,
    type: SchemaType,
    text: string,
    options: RegisterOptions = {},
  ): Promise<{ id: number; version: number }> {
    try {
      const { id, version } = await this.submit(subject, { ...options, type, text })
      return { id, version }
    } catch (error) {
      if (!(error instanceof RegistryRefusal)) throw error
      const { message: reason, errorCode: number, status } = error
      if (status === 409) throw new MillraceError('MR-REGISTRY-001', { details: { subject, reason }, cause: error })
      const action = `to register a schema for ${subject}`
      throw new MillraceError('MR-REGISTRY-002', { details: { action, reason, number }, cause: error })
    }
  }

  submit(subject: string, submitted: Submitted, force = false): Promise<SubjectVersion> {
    return this.#write((state) => {
      if (!isValidSubject(subject)) throw refusals.invalidSubject(subject)
      this.#checkRegisterMode(state, subject, submitted)
      const content = this.#content(state, subject, submitted)
      const existing = this.#find(state, subject, content, false)
      const askedFor = submitted.id ?? -1
      if (existing && (askedFor < 0 || existing.id === askedFor)) return { records: [], answer: () => existing }
      const importing = state.modeInScope(subject) === 'IMPORT'
      const level = state.configInScope(subject).compatibilityLevel
      if (!importing && !force) {
        const messages = checkCompatibility(state, content, subject, state.versions(subject, false), level)
        if (messages.length > 0) throw refusals.incompatible(subject, messages)
      }
      const added = this.#place(state, subject, content, submitted, importing)
      // A soft-deleted version with the same id is revived under the new version: the old one goes.
      const revived = state
        .versions(subject, true)
        .filter((old) => old.deleted && old.id === added.id && old.version < added.version)
        .filter((old) => state.referrers(subject, old.version, true).length === 0)
        .map((old) => schemaTombstone(subject, old.version))
      return { records: [...revived, schemaRecord(added)], answer: () => added }
    })
  }

  #place(
    state: RegistryState,
    subject: string,
    content: SchemaContent & { readonly guid: string },
    submitted: Submitted,
    importing: boolean,
  ): SubjectVersion {
    const context = contextOf(subject)
    const next = (state.versions(subject, true).at(-1)?.version ?? 0) + 1
    const asked = submitted.version ?? 0
    if (asked > 0 && asked !== next && !importing)
      throw refusals.invalidSchema('Version is not one more than previous version')
    let id = submitted.id ?? -1
    if (id >= 0) {
      const other = state.withId(context, id)[0]
      if (other && (other.guid !== content.guid || other.type !== content.type)) throw refusals.idDoesNotMatch(id)
    } else id = state.idOfContent(context, content) ?? state.maxId(context) + 1
    return { ...content, subject, version: asked > 0 ? asked : next, id, deleted: false }
  }

  #checkRegisterMode(state: RegistryState, subject: string, submitted: Submitted): void {
    const mode = state.modeInScope(subject)
    const place = `Subject ${subject} in context ${contextOf(subject)}`
    if (mode.startsWith('READONLY')) throw refusals.notPermitted(`${place} is in read-only mode`)
    if ((submitted.id ?? -1) >= 0 && mode !== 'IMPORT') throw refusals.notPermitted(`${place} is not in import mode`)
    if ((submitted.id ?? -1) < 0 && mode !== 'READWRITE')
      throw refusals.notPermitted(`${place} is not in read-write mode`)
  }

  #checkWritable(state: RegistryState, subject: string | null): void {
    if (state.modeInScope(subject).startsWith('READONLY'))
      throw refusals.notPermitted(`Subject ${subject} in context ${contextOf(subject)} is in read-only mode`)
  }

  /** Parsed, checked and canonical. Throws 42201. */
  #content(state: RegistryState, subject: string, submitted: Submitted): SchemaContent & { readonly guid: string } {
    const { type, references = [], metadata = null, ruleSet = null } = submitted
    if (submitted.text.trim() === '') throw refusals.invalidSchema('Empty schema')
    const texts = state.referenceTexts({ references }, subject)
    if (typeof texts === 'string') throw refusals.invalidSchema(`Invalid schema, details: ${texts}`)
    parseSchema(type, submitted.text, texts)
    const content = {
      type: type as SchemaType,
      text: canonicalText(type, submitted.text),
      references,
      metadata,
      ruleSet,
    }
    return { ...content, guid: guidOf(content) }
  }

  #find(
    state: RegistryState,
    subject: string,
    content: { readonly guid: string; readonly type: string },
    withDeleted: boolean,
  ): SubjectVersion | undefined {
    return state.versions(subject, withDeleted).findLast((v) => v.guid === content.guid && v.type === content.type)
  }

  lookup(subject: string, submitted: Submitted, withDeleted: boolean): SubjectVersion | undefined {
    const state = this.state()
    return this.#find(state, subject, this.#content(state, subject, submitted), withDeleted)
  }

  check(subject: string, submitted: Submitted, version?: SubjectVersion): string[] {
    const state = this.state()
    const content = this.#content(state, subject, submitted)
    const level = state.configInScope(subject).compatibilityLevel
    return checkCompatibility(state, content, subject, version ? [version] : state.versions(subject, false), level)
  }

  deleteSubject(subject: string, permanent: boolean): Promise<number[]> {
    return this.#write((state) => {
      this.#checkWritable(state, subject)
      const all = state.versions(subject, true)
      const living = state.versions(subject, false)
      if (all.length === 0) throw refusals.subjectNotFound(subject)
      if (permanent && living.length > 0) throw refusals.subjectNotSoftDeleted(subject)
      if (!permanent && living.length === 0) throw refusals.subjectSoftDeleted(subject)
      const going = permanent ? all : living
      for (const { version } of going) {
        const others = state.referrers(subject, version, permanent).filter((other) => other.subject !== subject)
        if (others.length > 0) throw refusals.referenceExists(subject, version)
      }
      const records = permanent
        ? [...going.toReversed().map((v) => schemaTombstone(subject, v.version)), ...this.#forget(state, subject)]
        : [deleteSubjectRecord(subject, going.at(-1)!.version)]
      return { records, answer: () => going.map((v) => v.version) }
    })
  }

  /** Mode and config of a subject that is gone for good. */
  #forget(state: RegistryState, subject: string): SchemasRecord[] {
    return [
      ...(state.mode(subject) === undefined ? [] : [modeRecord(subject, null)]),
      ...(state.config(subject) === undefined ? [] : [configRecord(subject, null)]),
    ]
  }

  deleteVersion(subject: string, version: number, permanent: boolean): Promise<number> {
    return this.#write((state) => {
      this.#checkWritable(state, subject)
      if (state.versions(subject, true).length === 0) throw refusals.subjectNotFound(subject)
      const old = state.version(subject, version)
      if (!old) throw refusals.versionNotFound(version)
      if (permanent && !old.deleted) throw refusals.versionNotSoftDeleted(subject, version)
      if (!permanent && old.deleted) throw refusals.versionSoftDeleted(subject, version)
      if (state.referrers(subject, version, permanent).length > 0) throw refusals.referenceExists(subject, version)
      const isLast = state.versions(subject, true).length === 1
      const records = permanent
        ? [schemaTombstone(subject, version), ...(isLast ? this.#forget(state, subject) : [])]
        : [schemaRecord({ ...old, deleted: true })]
      return { records, answer: () => version }
    })
  }

  setConfig(subject: string | null, change: JsonObject): Promise<Config> {
    return this.#write((state) => {
      this.#checkWritable(state, subject)
      const merged = { ...state.config(subject), ...change }
      // null takes a setting back.
      const config = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null)) as Config
      return { records: [configRecord(subject, config)], answer: () => config }
    })
  }

  deleteConfig(subject: string | null): Promise<Config | undefined> {
    return this.#write((state) => {
      this.#checkWritable(state, subject)
      const old = state.config(subject)
      return { records: old ? [configRecord(subject, null)] : [], answer: () => old }
    })
  }

  setMode(subject: string | null, mode: Mode, force: boolean): Promise<void> {
    return this.#write((state) => {
      const records: SchemasRecord[] = []
      if (mode === 'IMPORT' && state.modeInScope(subject) !== 'IMPORT' && !force) {
        const touched = subject === null ? state.subjects(true) : [subject]
        if (touched.some((name) => state.versions(name, false).length > 0))
          throw refusals.notPermitted('Cannot import since found existing subjects')
        // What was soft-deleted would stand in the way of the imported ids.
        for (const name of touched)
          for (const { version } of state.versions(name, true)) records.push(schemaTombstone(name, version))
        if (records.length > 0) records.push(clearSubjectRecord(subject))
      }
      records.push(modeRecord(subject, mode))
      return { records, answer: () => undefined }
    })
  }

  deleteMode(subject: string | null): Promise<Mode | undefined> {
    return this.#write((state) => {
      const old = state.mode(subject)
      return { records: old === undefined ? [] : [modeRecord(subject, null)], answer: () => old }
    })
  }
}

export type { CompatibilityLevel }
