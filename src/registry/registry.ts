// The registry: decides on the state, writes records to _schemas, and knows nothing that is not in the topic. An answer
// comes only after its records are durable and were read back.
// Reference: Confluent KafkaSchemaRegistry.
import { MillraceError } from '../base/index.ts'
import { localKmsType } from '../format/index.ts'
import { schemasTopicName, type SchemaIds, type SchemaType, type TopicReader } from '../model/index.ts'
import type { Association, AssociationRequest } from './associations/association.ts'
import {
  decideAssociate,
  decideDissociate,
  type AssociateOptions,
  type Associated,
  type DissociateOptions,
} from './associations/decide.ts'
import { checksNew, contentOf, isImporting, lookupVersion, type RegisterOptions, type Submitted } from './content.ts'
import {
  decideDeleteConfig,
  decideDeleteContext,
  decideDeleteMode,
  decideDeleteSubject,
  decideDeleteVersion,
  decideRegister,
  decideSetConfig,
  decideSetMode,
  messagesAgainst,
} from './decisions.ts'
import { keyRules } from './keys/encrypted-fields.ts'
import type { Dek } from './keys/key-records.ts'
import { KeyRegistry, type KeyRegistryOptions } from './keys/key-registry.ts'
import type { SchemasRecord } from './records.ts'
import {
  RegistryRefusal,
  type Config,
  type ConfigChange,
  type Mode,
  type RuleSet,
  type SubjectVersion,
} from './registry-types.ts'
import { registered } from './schema-ids.ts'
import { RegistryState } from './state.ts'
import { schemasTail, type TopicHealth } from './tail.ts'
import { WriteLine } from './write-line.ts'

export type { RegisterOptions, Submitted } from './content.ts'

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
  /** The DEK registry's topic and secret; absent: there is none. */
  readonly keys?: KeyRegistryOptions
}

/** Writes throw RegistryRefusal, and what `append` throws; `null` as a subject is the default context. */
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
  /** The same for the REST door: throws RegistryRefusal. @param force skips the compatibility check */
  submit(subject: string, submitted: Submitted, force?: boolean): Promise<SubjectVersion>
  /** The version of a subject that is this schema; undefined: none. */
  lookup(subject: string, submitted: Submitted, withDeleted: boolean): SubjectVersion | undefined
  /** Messages against it; with a version: against that one only, with null against none. */
  check(subject: string, submitted: Submitted, version?: SubjectVersion | null): string[]
  deleteSubject(subject: string, permanent: boolean): Promise<number[]>
  /** @param version -1: the latest */
  deleteVersion(subject: string, version: number, permanent: boolean): Promise<number>
  setConfig(subject: string | null, change: ConfigChange): Promise<Config>
  deleteConfig(subject: string | null): Promise<Config | undefined>
  setMode(subject: string | null, mode: Mode | null, force: boolean): Promise<void>
  deleteMode(subject: string | null, recursive?: boolean): Promise<Mode | undefined>
  /** @param context as ':.eu:' */
  deleteContext(context: string): Promise<void>
  associate(request: AssociationRequest, options: AssociateOptions): Promise<Associated>
  dissociate(resourceId: string, options: DissociateOptions): Promise<readonly Association[]>
  readonly schemaIds: SchemaIds
  /** What of _schemas and _dek_registry_keys cannot be read, as of now; never throws. */
  health(): readonly TopicHealth[]
  /**
   * A key that the local secret does not open, of the KEKs that these rule sets seal with; undefined: none, or its topic is
   * damaged, which `health` says.
   */
  closedKey(ruleSets: readonly RuleSet[]): Dek | undefined
  /** The DEK registry. */
  readonly keys?: KeyRegistry
}

/** Reads _schemas and is ready. Damaged bytes do not keep it from starting: `health` and every request say so. */
export function createRegistry(options: RegistryOptions): Registry {
  const current = new RegistryState()
  const tail = schemasTail(options.reader, current)
  const line = new WriteLine(tail, current, options.append)
  tail.health()
  const state = (): RegistryState => {
    tail.poll()
    return current
  }
  const submit: Registry['submit'] = (subject, submitted, force = false) =>
    line.run((now) => decideRegister(now, subject, submitted, force))
  const keys = options.keys && new KeyRegistry(options.keys)
  return {
    ...(keys ? { keys } : {}),
    state,
    health: () => [tail.health(), ...(keys ? [keys.health()] : [])],
    closedKey: (ruleSets) =>
      keys?.health().damage
        ? undefined
        : keys?.closedKey(new Set(ruleSets.flatMap((ruleSet) => keyRules(ruleSet).map((rule) => rule.kekName)))),
    submit,
    register: async (subject, type, text, more = {}) => {
      const registered = await registerAs(submit, subject, { ...more, type, text })
      const { ruleSet } = state().version(subject, registered.version) ?? {}
      if (keys && ruleSet) await ensureKeys(keys, subject, ruleSet)
      return registered
    },
    lookup: (subject, submitted, withDeleted) => lookupVersion(state(), subject, submitted, withDeleted),
    check(subject, submitted, version) {
      const now = state()
      const config = now.configInForce(subject)
      const normalize = submitted.normalize === true || config.normalize === true
      const importing = isImporting(now, subject)
      const content = contentOf(now, subject, submitted, {
        normalize,
        importing,
        isNew: checksNew(config),
        isWhole: true,
      })
      const earlier = version === undefined ? now.versions(subject, false) : version ? [version] : []
      return messagesAgainst(now, subject, content, earlier)
    },
    deleteSubject: (subject, permanent) => line.run((now) => decideDeleteSubject(now, subject, permanent)),
    deleteVersion: (subject, version, permanent) =>
      line.run((now) => decideDeleteVersion(now, subject, version, permanent)),
    setConfig: (subject, change) => line.run((now) => decideSetConfig(now, subject, change)),
    deleteConfig: (subject) => line.run((now) => decideDeleteConfig(now, subject)),
    setMode: (subject, mode, force) => line.run((now) => decideSetMode(now, subject, mode, force)),
    deleteMode: (subject, recursive = false) => line.run((now) => decideDeleteMode(now, subject, recursive)),
    deleteContext: (context) => line.run((now) => decideDeleteContext(now, context)),
    associate: (request, more) => line.run((now) => decideAssociate(now, request, more)),
    dissociate: (resourceId, more) => line.run((now) => decideDissociate(now, resourceId, more)),
    schemaIds: {
      byId: (id) => {
        const schema = state().anyWithId('.', id)
        return schema && registered(current, schema)
      },
      byGuid: (guid) => {
        const [schema] = state().withGuid(guid)
        return schema && registered(current, schema)
      },
      idOfText: (subject, text) =>
        state()
          .versions(subject, false)
          .findLast((one) => one.text === text)?.id,
      latest: (subject) => {
        const latest = state().latest(subject)
        return latest && { ...registered(current, latest), version: latest.version }
      },
    },
  }
}

/**
 * Makes the keys that rules need to write with, as Confluent's serializers do when they write first. Nothing without a secret:
 * who writes then says so.
 */
async function ensureKeys(keys: KeyRegistry, subject: string, ruleSet: RuleSet): Promise<void> {
  if (!keys.hasSecret) return
  for (const rule of keyRules(ruleSet)) {
    if (rule.onWrite === null || rule.kekName === '' || rule.problem !== null) continue
    const known = keys.state().kek(rule.kekName, false)
    const kmsType = known?.kmsType ?? rule.kmsType
    const kmsKeyId = known?.kmsKeyId ?? rule.kmsKeyId
    if (kmsType !== localKmsType || kmsKeyId === null) continue
    const kek = { name: rule.kekName, kmsType, kmsKeyId, kmsProps: {}, doc: null, shared: false, deleted: false }
    // Keys by person are made when a person's first row is written.
    await keys.ensure(kek, subject, rule.keySubject === null ? rule.algorithm : undefined)
  }
}

async function registerAs(
  submit: Registry['submit'],
  subject: string,
  submitted: Submitted,
): Promise<{ id: number; version: number }> {
  try {
    const { id, version } = await submit(subject, submitted)
    return { id, version }
  } catch (error) {
    if (!(error instanceof RegistryRefusal)) throw error
    const { message: reason, errorCode: number, status } = error
    if (status === 409) throw new MillraceError('MR-REGISTRY-001', { details: { subject, reason }, cause: error })
    const action = `to register a schema for ${subject}`
    throw new MillraceError('MR-REGISTRY-002', { details: { action, reason, number }, cause: error })
  }
}
