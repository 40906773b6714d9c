// Whom a quota is for, as the protocol has it: a user, a client id, both together, or an address; each by name or as the default of
// all that have no quota of their own. References: KIP-546, KIP-612; Kafka's ClientQuotaControlManager and ClientQuotasImage.
import { kafkaErrors, type AlterClientQuotasRequest, type DescribeClientQuotasRequest } from '../../wire/index.ts'
import type { StoreProblem } from './store.ts'

export const quotaKeys = [
  'producer_byte_rate',
  'consumer_byte_rate',
  'request_percentage',
  'controller_mutation_rate',
  'connection_creation_rate',
] as const
export type QuotaKey = (typeof quotaKeys)[number]
/** Those of an address; all others are of users and clients. */
const addressKeys: readonly QuotaKey[] = ['connection_creation_rate']
/** Bytes and connections are whole. */
const wholeKeys: readonly QuotaKey[] = ['producer_byte_rate', 'consumer_byte_rate', 'connection_creation_rate']

export type EntityType = 'client-id' | 'ip' | 'user'
const entityTypes: readonly string[] = ['client-id', 'ip', 'user'] satisfies EntityType[]

/** null is the default; a type that is absent is not meant. */
export type QuotaEntity = Readonly<Partial<Record<EntityType, string | null>>>

/** The same text for the same entity. */
export function entityKey(entity: QuotaEntity): string {
  return JSON.stringify(Object.entries(entity).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

export function entityOf(key: string): QuotaEntity {
  return Object.fromEntries(JSON.parse(key) as [EntityType, string | null][])
}

const invalid = (message: string): StoreProblem => ({ error: kafkaErrors.invalidRequest, message })

/** The entity that a request means, or why it means none. */
export function readEntity(
  parts: AlterClientQuotasRequest['entries'][number]['entity'],
  nameLengthMax: number,
): QuotaEntity | StoreProblem {
  if (parts.length === 0) return invalid('Invalid empty client quota entity')
  const entity: Partial<Record<EntityType, string | null>> = {}
  for (const { entityType, entityName } of parts) {
    if (!entityTypes.includes(entityType)) return invalid(`Unhandled client quota entity type: ${entityType}`)
    if (Object.hasOwn(entity, entityType))
      return invalid(`Invalid client quota entity, duplicate entity entry: ${entityType}`)
    if (entityName === '') return invalid(`Empty ${entityType} not supported`)
    if (entityName !== null && entityName.length > nameLengthMax)
      return invalid(`A name has at most ${nameLengthMax} characters`)
    if (entityType === 'ip' && entityName !== null && !/^[0-9A-Fa-f.:]+$/.test(entityName))
      return invalid(`${entityName} is not a valid IP or resolvable host.`)
    entity[entityType as EntityType] = entityName
  }
  if (entity.ip !== undefined && parts.length > 1) return invalid('Invalid quota entity combination')
  return entity
}

/** Why a value cannot be; undefined when it can. */
export function valueProblem(entity: QuotaEntity, key: string, value: number, isRemoved: boolean): string | undefined {
  const known = quotaKeys.find((one) => one === key)
  if (!known || addressKeys.includes(known) !== (entity.ip !== undefined)) return `Invalid configuration key ${key}`
  if (isRemoved) return undefined
  if (!(value > 0) || !Number.isFinite(value)) return `Quota ${key} must be greater than 0`
  // As Kafka, which has doubles here: a difference that arithmetic makes is none.
  if (wholeKeys.includes(known) && Math.abs(value % 1) > 1e-6) return `${key} cannot be a fractional value.`
  return undefined
}

type Component = DescribeClientQuotasRequest['components'][number]
const matches = { exact: 0, byDefault: 1, any: 2 } as const

/** Why a filter cannot be answered; undefined when it can. */
export function filterProblem(components: readonly Component[]): StoreProblem | undefined {
  const seen = new Set<string>()
  for (const { entityType, matchType, match } of components) {
    if (entityType === '') return invalid('Invalid empty entity type')
    if (seen.has(entityType)) return invalid(`Entity type ${entityType} cannot appear more than once in the filter.`)
    seen.add(entityType)
    if (!entityTypes.includes(entityType)) {
      const message = `Custom entity type '${entityType}' not supported`
      return { error: kafkaErrors.unsupportedVersion, message }
    }
    if (matchType < matches.exact || matchType > matches.any) return invalid(`Unknown match type ${matchType}`)
    if ((matchType === matches.exact) !== (match !== null))
      return invalid('A name goes with an exact match, and with nothing else')
  }
  if (seen.has('ip') && seen.size > 1)
    return invalid(
      'Invalid entity filter component combination: an ip component cannot be used with a user or client-id component',
    )
  return undefined
}

/** @param strict the entity has no types beside the filter's */
export function matchesFilter(entity: QuotaEntity, components: readonly Component[], strict: boolean): boolean {
  if (strict && Object.keys(entity).length !== components.length) return false
  return components.every(({ entityType, matchType, match }) => {
    const name = entity[entityType as EntityType]
    if (name === undefined) return false
    if (matchType === matches.any) return true
    return matchType === matches.byDefault ? name === null : name === match
  })
}

/** Of one kind of quota, the bound that holds for a client, and what it shares it by. */
export interface BoundFor {
  readonly bound: number
  /** Clients with the same text share it. */
  readonly shared: string
}

/**
 * The most particular quota wins, whatever the others are: user and client id, user, then client id, by name before default.
 * Reference: Kafka's ClientQuotaManager.DefaultQuotaCallback.
 */
export function boundFor(quotas: ReadonlyMap<string, number>, user: string, clientId: string): BoundFor | undefined {
  const both = JSON.stringify([user, clientId])
  const ofUser = JSON.stringify([user])
  const ofClient = JSON.stringify(['', clientId])
  const levels: readonly (readonly [QuotaEntity, string])[] = [
    [{ user, 'client-id': clientId }, both],
    [{ user, 'client-id': null }, both],
    [{ user }, ofUser],
    [{ user: null, 'client-id': clientId }, both],
    [{ user: null, 'client-id': null }, both],
    [{ user: null }, ofUser],
    [{ 'client-id': clientId }, ofClient],
    [{ 'client-id': null }, ofClient],
  ]
  for (const [entity, shared] of levels) {
    const bound = quotas.get(entityKey(entity))
    if (bound !== undefined) return { bound, shared }
  }
  return undefined
}
