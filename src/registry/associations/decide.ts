// What writes of associations decide: pure, from the state to records, as the other decisions.
// A strong association owns its subject: it is made with its first schema, nobody else may be associated with the subject, and
// no schema may refer to it. Weak ones share a subject that has a version already.
// Reference: Confluent AbstractSchemaRegistry (createOrUpdateAssociation, deleteAssociations).
import { randomUUID } from 'node:crypto'
import type { Submitted } from '../content.ts'
import { formatSubject, normalizeSubject } from '../contexts.ts'
import { decideDeleteSubject, decideRegister, type Decision } from '../decisions.ts'
import { associationRecord, readSchemasRecord, type SchemasRecord } from '../records.ts'
import { refusals, type SubjectVersion } from '../registry-types.ts'
import type { RegistryState } from '../state.ts'
import type { Association, AssociationRequest, AssociationWish, Lifecycle } from './association.ts'

export interface AssociateOptions {
  /** What is there already is in the way, unless it is the same; else it is changed. */
  readonly isCreate: boolean
  readonly isDryRun: boolean
  /** The subject that a request means: qualified, aliases followed. */
  readonly resolve: (subject: string) => string
  /** Throws 400 for what is no registration. */
  readonly submittedOf: (wish: AssociationWish) => Submitted
}

/** What was written: associations that were there as asked are not in it. */
export interface Associated {
  readonly associations: readonly Association[]
  /** By associationType: schemas that were registered with them. */
  readonly schemas: ReadonlyMap<string, SubjectVersion>
}

/** A wish with all that it means. */
interface Plan {
  readonly wish: AssociationWish
  readonly known: Association | undefined
  readonly subject: string
  readonly lifecycle: Lifecycle
  readonly frozen: boolean
  readonly submitted: Submitted | undefined
  /** It is there as asked. */
  readonly isThere: boolean
}

export function decideAssociate(
  state: RegistryState,
  request: AssociationRequest,
  options: AssociateOptions,
): Decision<Associated> {
  const { resourceName, resourceNamespace, resourceId, resourceType } = request
  const byId = resourceId === undefined ? [] : state.associations({ resourceId, resourceType })
  const known = resourceId === undefined ? newestResource(state, request) : byId
  const plans = request.associations.map((wish) => plan(state, request, wish, { known, options }))
  checkOneLifecycle(known, plans)
  for (const one of plans) checkSubject(state, one, plans)
  // Schemas are registered one after another, so that each sees the ids of those before it.
  const ahead = plans.some(({ submitted }) => submitted) ? state.copy() : state
  const records: SchemasRecord[] = []
  const schemas = new Map<string, SubjectVersion>()
  for (const { wish, subject, submitted } of plans) {
    if (!submitted) continue
    const decided = decideRegister(ahead, subject, submitted, false)
    for (const { key, value } of decided.records) ahead.apply(readSchemasRecord(key, value))
    records.push(...decided.records)
    schemas.set(wish.associationType, decided.answer)
  }
  if (options.isDryRun) return { records: [], answer: { associations: [], schemas: new Map() } }
  const associations = plans
    .filter(({ isThere }) => !isThere)
    .map(({ wish, known: old, subject, lifecycle, frozen }): Association => {
      if (old) return { ...old, lifecycle, frozen }
      const { associationType } = wish
      const resource = { resourceName, resourceNamespace, resourceId: resourceId!, resourceType }
      return { ...resource, associationType, subject, guid: randomUUID(), lifecycle, frozen }
    })
  return {
    records: [...records, ...associations.map((one) => associationRecord(one, one))],
    answer: { associations, schemas },
  }
}

/** In a dry run there may be no id yet: the resource of this name that was changed last, of two at once that of the greater id. */
function newestResource(state: RegistryState, request: AssociationRequest): readonly Association[] {
  const { resourceName, resourceNamespace, resourceType } = request
  const found = state.associations({ resourceName, resourceNamespace, resourceType })
  const [newest] = found.toSorted(
    (a, b) =>
      (b.updateTs ?? 0) - (a.updateTs ?? 0) ||
      (b.createTs ?? 0) - (a.createTs ?? 0) ||
      (a.resourceId < b.resourceId ? 1 : -1),
  )
  return found.filter(({ resourceId }) => resourceId === newest?.resourceId)
}

const invalid = refusals.invalidAssociation

function plan(
  state: RegistryState,
  { resourceName, resourceNamespace }: AssociationRequest,
  wish: AssociationWish,
  { known: all, options }: { known: readonly Association[]; options: AssociateOptions },
): Plan {
  const { associationType } = wish
  const known = all.find((one) => one.associationType === associationType)
  const own = formatSubject({ context: `.${resourceNamespace}`, name: `${resourceName}-${associationType}` })
  const { lifecycle, frozen } = settledLifecycle(wish, known, options.isCreate)
  const asked = wish.subject === undefined ? undefined : options.resolve(wish.subject)
  if (asked === undefined && !known && lifecycle === 'WEAK')
    throw invalid('subject', 'must be provided for WEAK associations')
  const subject = asked ?? known?.subject ?? own
  if (lifecycle === 'WEAK' && wish.schema) throw invalid('lifecycle', 'cannot be WEAK when schema is provided')
  if (lifecycle === 'WEAK' && subject === own) throw invalid('subject', `WEAK associations cannot use subject '${own}'`)
  if (frozen !== (lifecycle === 'STRONG'))
    throw invalid('frozen', `association with lifecycle of ${lifecycle} cannot be frozen=${frozen}`)
  if ((known?.frozen ?? frozen) && subject !== own)
    throw invalid('subject', `frozen associations must use subject '${own}'`)
  if (state.modeInForce(subject).startsWith('READONLY'))
    throw refusals.notPermitted(`Subject ${subject} is in read-only mode`)
  const submitted = wish.schema && { ...options.submittedOf(wish), normalize: wish.normalize }
  const made: Plan = { wish, known, subject, lifecycle, frozen, submitted, isThere: false }
  if (known) return againstKnown(state, made, known, options.isCreate)
  checkNew(state, made, options.isCreate)
  return made
}

/** What is left open: of a new one, strong with a schema and weak without; of a known one, as it is. */
function settledLifecycle(
  { lifecycle: asked, frozen: askedFrozen, schema }: AssociationWish,
  known: Association | undefined,
  isCreate: boolean,
): { lifecycle: Lifecycle; frozen: boolean } {
  if (known && !isCreate) return { lifecycle: asked ?? known.lifecycle, frozen: askedFrozen ?? known.frozen }
  if (!isCreate && schema)
    throw invalid(
      'schema',
      'cannot be provided when adding an association to an existing topic; an association with a schema must be created with the topic',
    )
  if (schema && asked === 'WEAK') throw invalid('lifecycle', 'cannot be WEAK when schema is provided')
  if (schema && askedFrozen === false) throw invalid('frozen', 'cannot be false when a schema is provided')
  const lifecycle = schema ? 'STRONG' : (asked ?? 'WEAK')
  return { lifecycle, frozen: askedFrozen ?? lifecycle === 'STRONG' }
}

/** Strong ones come with the topic and its first schema; an import brings what was made elsewhere. */
function checkNew(state: RegistryState, { wish, lifecycle, subject, submitted }: Plan, isCreate: boolean): void {
  if (lifecycle === 'WEAK' || state.modeInForce(subject) === 'IMPORT') return
  if (!isCreate)
    throw invalid(
      'lifecycle',
      'cannot be STRONG when creating an association; STRONG associations must be created with the topic',
    )
  if (!wish.schema) throw invalid('schema', 'schema must be provided when creating a frozen association')
  const latest = state.latest(subject)
  if (latest && (latest.version !== 1 || !isRegistered(state, subject, submitted!)))
    throw invalid('frozen', 'cannot create a frozen association when schemas already exist in the subject')
}

/** Whether registering it would change nothing. */
function isRegistered(state: RegistryState, subject: string, submitted: Submitted): boolean {
  return decideRegister(state, subject, submitted, true).records.length === 0
}

function againstKnown(state: RegistryState, made: Plan, known: Association, isCreate: boolean): Plan {
  const { wish, subject, lifecycle, frozen, submitted } = made
  const isSame = subject === known.subject && lifecycle === known.lifecycle && frozen === known.frozen
  const exists = (): Error => refusals.associationForResourceExists(known.associationType, known.resourceName)
  if (isSame) {
    if (isCreate && submitted && !isRegistered(state, subject, submitted)) throw exists()
    return { ...made, isThere: true }
  }
  if (isCreate) throw exists()
  if (wish.lifecycle === undefined && !wish.schema)
    throw invalid('lifecycle', 'at least lifecycle or schema must be provided for update')
  if (subject !== known.subject)
    throw invalid('subject', `subject of association cannot be changed from '${known.subject}' to '${subject}'`)
  if (wish.frozen !== undefined && wish.frozen !== known.frozen)
    throw invalid('frozen', 'frozen attribute of association cannot be changed')
  if (known.frozen) throw refusals.associationFrozen(known.associationType, known.subject)
  return made
}

/** A topic is its subjects' owner, or shares them: all of its types alike. */
function checkOneLifecycle(known: readonly Association[], plans: readonly Plan[]): void {
  const byType = new Map(known.map(({ associationType, lifecycle }) => [associationType, lifecycle]))
  for (const { wish, lifecycle } of plans) byType.set(wish.associationType, lifecycle)
  if (new Set(byType.values()).size <= 1) return
  const detail = [...byType].map(([type, lifecycle]) => `${type}=${lifecycle}`).join(', ')
  throw invalid('lifecycle', `all associations for a resource must have the same lifecycle, but got ${detail}`)
}

function checkSubject(state: RegistryState, one: Plan, plans: readonly Plan[]): void {
  const { wish, known, subject, lifecycle, isThere } = one
  if (isThere) return
  if (wish.schema && state.modeInForce(subject) === 'IMPORT')
    throw invalid('schema', `cannot be provided while subject '${subject}' is in IMPORT mode`)
  if (!wish.schema && !state.latest(subject)) throw refusals.noActiveVersion(subject)
  const others = state
    .associations({ subject })
    .filter((other) => other.resourceId !== known?.resourceId || other.associationType !== known.associationType)
  if (lifecycle === 'WEAK') {
    if (others.some((other) => other.lifecycle === 'STRONG')) throw refusals.strongAssociationExists(subject)
    return
  }
  if (others.length > 0) throw refusals.associationForSubjectExists(subject)
  // What was soft-deleted may come back.
  const isReferred = state
    .versions(subject, true)
    .some(({ version }) => state.referrers(subject, version, true).length > 0)
  const isReferredHere = plans.some((other) =>
    other.submitted?.references?.some((reference) => normalizeSubject(reference.subject) === subject),
  )
  if (isReferred || isReferredHere) throw refusals.referenceExists(subject, state.latest(subject)?.version ?? 1)
}

export interface DissociateOptions {
  readonly associationTypes: readonly string[]
  readonly resourceType: string
  /** The subjects of strong ones go with them, for good. */
  readonly cascade: boolean
  readonly isDryRun: boolean
}

/** @returns those that went. Throws 40410 where there is none, 40908. */
export function decideDissociate(
  state: RegistryState,
  resourceId: string,
  { associationTypes, resourceType, cascade, isDryRun }: DissociateOptions,
): Decision<readonly Association[]> {
  const going = state.associations({ resourceId, resourceType, associationTypes })
  if (going.length === 0) throw refusals.associationNotFound(resourceId)
  for (const { associationType, subject, frozen } of going) {
    if (state.modeInForce(subject).startsWith('READONLY'))
      throw refusals.notPermitted(`Subject ${subject} is in read-only mode`)
    if (frozen && !cascade) throw refusals.associationFrozen(associationType, subject)
  }
  if (isDryRun) return { records: [], answer: going }
  const ahead = state.copy()
  const records: SchemasRecord[] = []
  const take = (more: readonly SchemasRecord[]): void => {
    for (const { key, value } of more) ahead.apply(readSchemasRecord(key, value))
    records.push(...more)
  }
  take(going.map((one) => associationRecord(one, null)))
  for (const { subject, lifecycle } of going) {
    if (!cascade || lifecycle !== 'STRONG' || state.modeInForce(subject) === 'IMPORT') continue
    if (ahead.versions(subject, false).length > 0) take(decideDeleteSubject(ahead, subject, false).records)
    if (ahead.versions(subject, true).length > 0) take(decideDeleteSubject(ahead, subject, true).records)
  }
  return { records, answer: going }
}
