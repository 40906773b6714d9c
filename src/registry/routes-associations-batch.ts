// Doors of many associations at once: each request in a batch has its own result or error, and one that fails keeps no other
// from being done.
// Reference: Confluent AssociationsResource (batchGet, batchMutate), AssociationOp.
import { jsonResponse, MillraceError } from '../base/index.ts'
import {
  frozenField,
  readAssociationRequest,
  readLifecycle,
  type AssociationRequest,
} from './associations/association.ts'
import { bodyOf, orBadRequest, versionFields, type Answer, type Call, type Door } from './door.ts'
import { objectOrNull } from './entities.ts'
import { registryLimits } from './limits.ts'
import { answerType } from './media-types.ts'
import { refusals, RegistryRefusal, type JsonObject, type SubjectVersion } from './registry-types.ts'
import { associate, dissociate } from './routes-associations.ts'

/** Answers each of the body's requests by itself. */
async function batch(call: Call, one: (request: JsonObject) => unknown): Promise<unknown> {
  const { requests } = bodyOf(call.request)
  if (!Array.isArray(requests) || requests.length === 0)
    throw refusals.invalidAssociation('requests', 'cannot be null or empty')
  if (requests.length > registryLimits.listedSchemasMax)
    throw refusals.invalidAssociation('requests', `are more than ${registryLimits.listedSchemasMax}`)
  const results: JsonObject[] = []
  for (const item of requests) {
    try {
      const request = objectOrNull(item)
      if (!request) throw refusals.badRequest('each request must be an object')
      results.push({ result: await one(request) })
    } catch (error) {
      if (error instanceof RegistryRefusal)
        results.push({ error: { error_code: error.errorCode, message: error.message } })
      // The log's refusals: a full disk, a damaged topic.
      else if (error instanceof MillraceError) {
        const { errorCode, message } = refusals.storeFailed(error.message)
        results.push({ error: { error_code: errorCode, message } })
      } else throw error
    }
  }
  return jsonResponse(207, { results }, answerType(call.request.headers['accept']))
}

const textOf = (request: JsonObject, field: string): string | undefined => {
  const value = request[field]
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value !== 'string') throw refusals.badRequest(`${field} must be a string`)
  return value
}

function found(
  { request: http, registry, may }: Call,
  filter: Parameters<ReturnType<Call['registry']['state']>['associations']>[0],
  named: Partial<Record<'resourceName' | 'resourceNamespace' | 'resourceId', string | undefined>>,
  schemaOf: (subject: string, type: string) => SubjectVersion | undefined,
): JsonObject {
  const list = registry
    .state()
    .associations(filter)
    .filter(({ subject }) => may('describe', subject))
  const first = list[0]
  const resource = {
    resourceName: named.resourceName ?? first?.resourceName,
    resourceNamespace: named.resourceNamespace ?? first?.resourceNamespace,
    resourceId: named.resourceId ?? first?.resourceId,
    resourceType: filter.resourceType,
  }
  const associations = list.map(({ subject, associationType, lifecycle, frozen }) => {
    const schema = schemaOf(subject, associationType)
    return {
      subject,
      associationType,
      lifecycle,
      ...frozenField({ lifecycle, frozen }),
      ...(schema ? { schema: versionFields(schema, http) } : {}),
    }
  })
  return { ...resource, ...(associations.length > 0 ? { associations } : {}) }
}

const batchGet: Answer = (call) =>
  batch(call, (request) => {
    const [resourceId, resourceName] = [textOf(request, 'resourceId'), textOf(request, 'resourceName')]
    const resourceNamespace = textOf(request, 'resourceNamespace')
    if (resourceId === undefined && resourceName === undefined)
      throw refusals.invalidAssociation('resourceId', 'either resourceId or resourceName must be specified')
    if (resourceName !== undefined && resourceNamespace === undefined)
      throw refusals.invalidAssociation(
        'resourceNamespace',
        'resourceNamespace is required when resourceName is specified',
      )
    const types = request['associationTypes'] ?? []
    if (!Array.isArray(types)) throw refusals.badRequest('associationTypes must be a list')
    const filter = {
      resourceType: textOf(request, 'resourceType') ?? 'topic',
      associationTypes: types.map(String),
      lifecycle: orBadRequest(() => readLifecycle(request['lifecycle'])),
      // The id says more than the name.
      ...(resourceId === undefined
        ? { resourceName: resourceName!, resourceNamespace: resourceNamespace! }
        : { resourceId }),
    }
    const withSchemas = call.flag('includeSchemas')
    const latest = (subject: string): SubjectVersion | undefined =>
      withSchemas && call.may('read', subject) ? call.registry.state().latest(subject) : undefined
    return found(call, filter, { resourceName, resourceNamespace, resourceId }, latest)
  })

interface Run {
  readonly opType: string
  readonly operations: JsonObject[]
}

/** Operations of one kind that stand together are done together, so that keys and values can be changed at once. */
function runsOf(operations: readonly unknown[]): Run[] {
  const runs: Run[] = []
  for (const item of operations) {
    const operation = objectOrNull(item)
    const opType = operation?.['opType']
    if (!operation || (opType !== 'CREATE' && opType !== 'UPSERT' && opType !== 'DELETE'))
      throw refusals.badRequest('each of associations has an opType: CREATE, UPSERT or DELETE')
    const last = runs.at(-1)
    if (last?.opType === opType && opType !== 'DELETE') last.operations.push(operation)
    else runs.push({ opType, operations: [operation] })
  }
  return runs
}

const batchMutate: Answer = (call) =>
  batch(call, async (request) => {
    const isDryRun = call.flag('dryRun')
    const operations = Array.isArray(request['associations']) ? (request['associations'] as unknown[]) : []
    // What is wrong with the resource or with any operation is told before anything is done.
    const whole = orBadRequest(() => readAssociationRequest(request, isDryRun))
    const runs = runsOf(operations)
    const schemas = new Map<string, SubjectVersion>()
    for (const { opType, operations: own } of runs) {
      if (opType === 'DELETE') {
        const associationTypes = [textOf(own[0]!, 'associationType') ?? 'value']
        const cascade = own[0]!['cascadeLifecycle'] === true
        const { resourceType } = whole
        if (
          call.registry.state().associations({ resourceId: whole.resourceId ?? '', resourceType, associationTypes })
            .length > 0
        )
          await dissociate(call, whole.resourceId!, { associationTypes, resourceType, cascade, isDryRun })
        continue
      }
      const part: AssociationRequest = orBadRequest(() =>
        readAssociationRequest({ ...request, associations: own }, isDryRun),
      )
      const done = await associate(call, part, opType === 'CREATE')
      for (const [type, schema] of done.schemas) schemas.set(type, schema)
    }
    const { resourceName, resourceNamespace, resourceId, resourceType } = whole
    if (isDryRun)
      return { resourceName, resourceNamespace, ...(resourceId === undefined ? {} : { resourceId }), resourceType }
    const filter = { resourceId: resourceId!, resourceType }
    return found(call, filter, { resourceName, resourceNamespace, resourceId }, (_subject, type) => schemas.get(type))
  })

const difference = 'an invalid request among them is 42212, not 500'

export const batchDoors: readonly Door[] = [
  {
    method: 'POST',
    pattern: '/associations:batchGet',
    action: 'describe',
    answer: batchGet,
    parameters: ['includeSchemas'],
    difference,
  },
  {
    method: 'POST',
    pattern: '/associations:batchMutate',
    action: 'describe',
    answer: batchMutate,
    parameters: ['context', 'dryRun'],
    difference,
  },
]
