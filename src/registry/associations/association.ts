// Associations: which subject a resource's (a topic's) keys or values have, so that clients need not go by its name. A strong
// one belongs to its topic: frozen, with the topic's own subject. Kept in _schemas as Confluent's registry keeps them.
// Reference: Confluent AssociationKey, AssociationValue, Association (8.1 on).
import { objectOrNull } from '../entities.ts'
import { refusals, type JsonObject } from '../registry-types.ts'

export const lifecycles = ['STRONG', 'WEAK'] as const
export type Lifecycle = (typeof lifecycles)[number]

export interface AssociationKey {
  readonly resourceName: string
  readonly resourceNamespace: string
  readonly resourceType: string
  readonly associationType: string
  readonly subject: string
}

export interface Association extends AssociationKey {
  readonly guid: string
  readonly resourceId: string
  readonly lifecycle: Lifecycle
  readonly frozen: boolean
  /** Undefined for what was not read back yet. */
  readonly createTs?: number
  readonly updateTs?: number
}

/** Which ones are asked for; what is absent or empty means any. */
export interface AssociationFilter {
  readonly subject?: string
  readonly resourceId?: string
  /** '-' means any, of the namespace. */
  readonly resourceName?: string
  /** '-' means any. */
  readonly resourceNamespace?: string
  readonly resourceType?: string
  readonly associationTypes?: readonly string[]
  readonly lifecycle?: Lifecycle | undefined
}

export function matchesFilter(one: Association, filter: AssociationFilter): boolean {
  const { associationTypes = [], resourceNamespace = '-', lifecycle } = filter
  for (const field of ['subject', 'resourceId', 'resourceType'] as const)
    if (filter[field] !== undefined && filter[field] !== one[field]) return false
  const { resourceName = '-' } = filter
  if (resourceName !== '-' && resourceName !== one.resourceName) return false
  if (resourceNamespace !== '-' && resourceNamespace !== one.resourceNamespace) return false
  if (associationTypes.length > 0 && !associationTypes.includes(one.associationType)) return false
  return lifecycle === undefined || lifecycle === one.lifecycle
}

/** `frozen` is said where it is not what the lifecycle means: strong ones are frozen, weak ones are not. */
export const frozenField = ({ lifecycle, frozen }: Pick<Association, 'lifecycle' | 'frozen'>): { frozen?: boolean } =>
  frozen === (lifecycle === 'STRONG') ? {} : { frozen }

const orderFields = ['resourceName', 'resourceNamespace', 'resourceType', 'associationType', 'subject'] as const

export function byResource(a: Association, b: Association): number {
  for (const field of orderFields) if (a[field] !== b[field]) return a[field] < b[field] ? -1 : 1
  return 0
}

/** What tells associations apart, and the key's bytes in _schemas: compaction compares them. */
export function associationKeyText(key: AssociationKey): string {
  const { resourceName, resourceNamespace, resourceType, associationType, subject } = key
  const named = { resourceName, resourceNamespace, resourceType, associationType, subject }
  return JSON.stringify({ keytype: 'ASSOC', tenant: 'default', ...named, magic: 0 })
}

export function associationValueText(association: Association): string {
  const { guid, resourceName, resourceNamespace, resourceId, resourceType } = association
  const { associationType, subject, lifecycle, frozen, createTs } = association
  return JSON.stringify({
    guid,
    tenant: 'default',
    resourceName,
    resourceNamespace,
    resourceId,
    resourceType,
    associationType,
    subject,
    lifecycle,
    frozen,
    ...(createTs === undefined ? {} : { createTs }),
  })
}

const text = (object: JsonObject, field: string): string => {
  const value = object[field]
  if (typeof value !== 'string') throw new Error(`${field} must be a string`)
  return value
}

/** Throws an Error that says what is wrong. */
export function readAssociationKey(key: JsonObject): AssociationKey {
  return {
    resourceName: text(key, 'resourceName'),
    resourceNamespace: text(key, 'resourceNamespace'),
    resourceType: text(key, 'resourceType'),
    associationType: text(key, 'associationType'),
    subject: text(key, 'subject'),
  }
}

/** Throws an Error that says what is wrong. */
export function readAssociation(key: AssociationKey, value: JsonObject, timestampMs?: number): Association {
  const { createTs: created } = value
  const createTs = typeof created === 'number' ? created : timestampMs
  return {
    ...key,
    guid: text(value, 'guid'),
    resourceId: text(value, 'resourceId'),
    lifecycle: readLifecycle(value['lifecycle']) ?? 'WEAK',
    frozen: value['frozen'] === true,
    ...(createTs === undefined ? {} : { createTs }),
    ...(timestampMs === undefined ? {} : { updateTs: timestampMs }),
  }
}

/** Throws an Error for what is none. */
export function readLifecycle(value: unknown): Lifecycle | undefined {
  if (value === undefined || value === null || value === '') return undefined
  const found = lifecycles.find((name) => name === value)
  if (!found) throw new Error(`lifecycle must be STRONG or WEAK, not ${JSON.stringify(value)}`)
  return found
}

/** What a request asks for one type, `key` or `value`. */
export interface AssociationWish {
  readonly subject: string | undefined
  readonly associationType: 'key' | 'value'
  readonly lifecycle: Lifecycle | undefined
  readonly frozen: boolean | undefined
  /** The body of a registration. */
  readonly schema: JsonObject | undefined
  readonly normalize: boolean
}

export interface AssociationRequest {
  readonly resourceName: string
  readonly resourceNamespace: string
  /** Absent in a dry run at most. */
  readonly resourceId: string | undefined
  readonly resourceType: string
  readonly associations: readonly AssociationWish[]
}

const nameLengthMax = 256

function checkName(name: string | undefined, property: string): string {
  if (name === undefined || name === '') throw refusals.invalidAssociation(property, 'cannot be null or empty')
  if (name.length > nameLengthMax) throw refusals.invalidAssociation(property, `exceeds max length of ${nameLengthMax}`)
  const wrong = /[^\p{L}\p{Nd}_.-]/u.exec(name)
  if (wrong) throw refusals.invalidAssociation(property, `illegal character '${wrong[0]}'`)
  return name
}

/** Throws 422 for what may not be, and an Error for fields of a wrong type. @param isDryRun then there may be no resourceId */
export function readAssociationRequest(body: JsonObject, isDryRun: boolean): AssociationRequest {
  const string = (field: string): string | undefined =>
    body[field] === undefined || body[field] === null ? undefined : text(body, field)
  const resourceName = checkName(string('resourceName'), 'resourceName')
  const resourceNamespace = checkName(string('resourceNamespace'), 'resourceNamespace')
  const resourceId = string('resourceId') || undefined
  if (!isDryRun && resourceId === undefined) throw refusals.invalidAssociation('resourceId', 'cannot be null or empty')
  const resourceType = string('resourceType') || 'topic'
  if (resourceType !== 'topic') throw refusals.invalidAssociation('resourceType', "must be 'topic'")
  const list = body['associations'] ?? []
  if (!Array.isArray(list)) throw new Error('associations must be a list')
  if (list.length === 0) throw refusals.invalidAssociation('associations', 'cannot be null or empty')
  const associations = list.map(readWish)
  const types = new Set<string>()
  for (const { associationType } of associations) {
    if (types.has(associationType))
      throw refusals.invalidAssociation(
        'associationType',
        `may only appear once per request, but '${associationType}' appears more than once`,
      )
    types.add(associationType)
  }
  return { resourceName, resourceNamespace, resourceId, resourceType, associations }
}

function readWish(item: unknown): AssociationWish {
  const wish = objectOrNull(item)
  if (!wish) throw new Error('each of associations must be an object')
  const { subject, associationType = 'value', frozen, normalize, schema } = wish
  if (subject !== undefined && subject !== null && typeof subject !== 'string')
    throw new Error('subject must be a string')
  // eslint-disable-next-line no-control-regex
  if (subject === '' || (subject && /[\u0000-\u001f\u007f-\u009f]/.test(subject)))
    throw refusals.invalidAssociation('subject', 'must not be empty')
  const type = associationType === null || associationType === '' ? 'value' : associationType
  if (type !== 'key' && type !== 'value')
    throw refusals.invalidAssociation('associationType', "must be either 'key' or 'value'")
  for (const [name, value] of Object.entries({ frozen, normalize }))
    if (value !== undefined && value !== null && typeof value !== 'boolean')
      throw new Error(`${name} must be true or false`)
  const registration = schema === undefined || schema === null ? undefined : objectOrNull(schema)
  if (registration === null) throw new Error('schema must be an object')
  return {
    subject: subject ?? undefined,
    associationType: type,
    lifecycle: readLifecycle(wish['lifecycle']),
    frozen: typeof frozen === 'boolean' ? frozen : undefined,
    schema: registration,
    normalize: normalize === true,
  }
}
