// Doors of associations: which subject a topic's keys or values have.
// Reference: Confluent AssociationsResource.
import type { HttpRequest } from '../base/index.ts'
import {
  frozenField,
  readAssociationRequest,
  readLifecycle,
  type Association,
  type AssociationFilter,
  type AssociationRequest,
  type AssociationWish,
} from './associations/association.ts'
import type { Associated, DissociateOptions } from './associations/decide.ts'
import type { Submitted } from './content.ts'
import { normalizeSubject, prefixOfContext, qualify } from './contexts.ts'
import {
  bodyOf,
  followAlias,
  orBadRequest,
  page,
  readSubmitted,
  versionFields,
  type Answer,
  type Call,
  type Door,
} from './door.ts'
import { registryLimits } from './limits.ts'
import { refusals, type JsonObject } from './registry-types.ts'

export function associationFields({ createTs, updateTs, ...one }: Association): JsonObject {
  const { subject, guid, resourceName, resourceNamespace, resourceId, resourceType, associationType } = one
  return {
    subject,
    guid,
    resourceName,
    resourceNamespace,
    resourceId,
    resourceType,
    associationType,
    lifecycle: one.lifecycle,
    ...frozenField(one),
    ...(createTs === undefined ? {} : { createTs }),
    ...(updateTs === undefined ? {} : { updateTs }),
  }
}

function filterOf({ query }: HttpRequest): AssociationFilter {
  return {
    resourceType: query.get('resourceType') || 'topic',
    associationTypes: query.getAll('associationType'),
    lifecycle: lifecycleOf(query.get('lifecycle')),
  }
}

/** Throws 404 for another text, as their server does. */
function lifecycleOf(text: string | null): 'STRONG' | 'WEAK' | undefined {
  try {
    return readLifecycle(text)
  } catch {
    throw refusals.pathNotFound()
  }
}

function listed({ request, registry, may }: Call, filter: AssociationFilter): unknown {
  const found = registry.state().associations({ ...filterOf(request), ...filter })
  const shown = found.filter(({ subject }) => may('describe', subject))
  return page(shown, request, registryLimits.listedSchemasMax).map(associationFields)
}

const ofSubject: Answer = (call) => listed(call, { subject: call.subject! })
const ofName: Answer = (call) => {
  const { resourceNamespace, resourceName } = call.request.parameters
  return listed(call, { resourceNamespace: resourceNamespace!, resourceName: resourceName! })
}
const ofId: Answer = (call) => listed(call, { resourceId: call.request.parameters['resourceId']! })

/** Subjects of a body lie in the path's context, or the query's. Throws 400. */
function resolver({ request, registry, contextPrefix }: Call): (subject: string) => string {
  const asked = request.query.get('context') ?? ''
  const prefix = asked === '' ? contextPrefix : prefixOfContext(asked)
  if (prefix === undefined) throw refusals.badRequest(`Context name '${asked}' cannot contain a colon`)
  return (subject) => followAlias(registry, normalizeSubject(qualify(prefix, subject)))
}

/** Throws 40301, 40903 to 40908, 42212 and what a registration throws. */
export async function associate(call: Call, request: AssociationRequest, isCreate: boolean): Promise<Associated> {
  const resolve = resolver(call)
  const own = (type: string): string => `:.${request.resourceNamespace}:${request.resourceName}-${type}`
  for (const { subject, associationType } of request.associations) {
    const name = subject === undefined ? own(associationType) : resolve(subject)
    if (!call.may('write', name)) throw refusals.forbidden('User is denied operation on this server')
  }
  return call.registry.associate(request, { isCreate, isDryRun: call.flag('dryRun'), resolve, submittedOf })
}

const submittedOf = ({ schema, normalize }: AssociationWish): Submitted => readSubmitted(schema!, normalize)

async function answerOf(call: Call, request: AssociationRequest, isCreate: boolean): Promise<unknown> {
  const { associations, schemas } = await associate(call, request, isCreate)
  const { resourceName, resourceNamespace, resourceId, resourceType } = request
  const list = associations.map(({ subject, associationType, lifecycle, frozen }) => {
    const schema = schemas.get(associationType)
    return {
      subject,
      associationType,
      lifecycle,
      ...frozenField({ lifecycle, frozen }),
      ...(schema ? { schema: versionFields(schema, call.request) } : {}),
    }
  })
  return {
    resourceName,
    resourceNamespace,
    ...(resourceId === undefined ? {} : { resourceId }),
    resourceType,
    ...(list.length > 0 ? { associations: list } : {}),
  }
}

const create: Answer = (call) => {
  const body = bodyOf(call.request)
  return answerOf(
    call,
    orBadRequest(() => readAssociationRequest(body, call.flag('dryRun'))),
    true,
  )
}

const createOrUpdate: Answer = (call) => {
  const body = bodyOf(call.request)
  const resourceId = call.request.parameters['resourceId']!
  const given = body['resourceId'] ?? resourceId
  if (given !== resourceId)
    throw refusals.invalidAssociation(
      'resourceId',
      'Resource ID in the path parameter does not match the resource ID in the request body',
    )
  const request = orBadRequest(() => readAssociationRequest({ ...body, resourceId }, call.flag('dryRun')))
  return answerOf(call, request, false)
}

const remove: Answer = async (call) => {
  const { query, parameters } = call.request
  const resourceType = query.get('resourceType') || 'topic'
  const associationTypes = query.getAll('associationType')
  const [cascade, isDryRun] = [call.flag('cascadeLifecycle'), call.flag('dryRun')]
  await dissociate(call, parameters['resourceId']!, { associationTypes, resourceType, cascade, isDryRun })
  return { status: 204, headers: {} }
}

/** Throws 40301, 40410, 40908. */
export async function dissociate(
  { registry, may }: Call,
  resourceId: string,
  options: DissociateOptions,
): Promise<void> {
  const { associationTypes, resourceType } = options
  const going = registry.state().associations({ resourceId, resourceType, associationTypes })
  if (going.some(({ subject }) => !may('delete', subject)))
    throw refusals.forbidden('User is denied operation on this server')
  await registry.dissociate(resourceId, options)
}

const filters = ['resourceType', 'associationType', 'lifecycle', 'offset', 'limit'] as const
const resource = '/associations/resources/{resourceId}'
const writing = {
  action: 'describe',
  parameters: ['context', 'dryRun'],
  difference: 'names of resources may hold dots, as topics’ names do',
} as const

export const associationDoors: readonly Door[] = [
  {
    method: 'GET',
    pattern: '/associations/subjects/{subject}',
    action: 'describe',
    answer: ofSubject,
    parameters: filters,
  },
  {
    method: 'GET',
    pattern: '/associations/resources/{resourceNamespace}/{resourceName}',
    action: 'describe',
    answer: ofName,
    parameters: filters,
  },
  {
    method: 'GET',
    pattern: resource,
    action: 'describe',
    answer: ofId,
    parameters: filters,
  },
  { method: 'POST', pattern: '/associations', answer: create, ...writing },
  { method: 'PUT', pattern: resource, answer: createOrUpdate, ...writing },
  {
    method: 'DELETE',
    pattern: resource,
    action: 'describe',
    answer: remove,
    parameters: ['resourceType', 'associationType', 'cascadeLifecycle', 'dryRun'],
  },
]
