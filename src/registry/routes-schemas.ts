// Doors of schemas by id and by guid, whatever subject they are in, and of contexts and the server itself.
// Reference: Confluent SchemasResource, ContextsResource, ServerMetadataResource, RootResource.
import type { HttpRequest } from '../base/index.ts'
import type { Association } from './associations/association.ts'
import { schemaTypes } from './check.ts'
import { contextId, textInFormat } from './content.ts'
import { contextOf, parseSubject, prefixMatcher, qualify, qualifyReference } from './contexts.ts'
import {
  acceptsUnknown,
  contentFields,
  elsewhere,
  followAlias,
  page,
  recordFields,
  tagFields,
  textResponse,
  versionFields,
  type Answer,
  type Call,
  type Door,
} from './door.ts'
import { registryLimits } from './limits.ts'
import { answerType } from './media-types.ts'
import { refusals, ruleLists, type SubjectVersion } from './registry-types.ts'
import { associationFields } from './routes-associations.ts'
import { qualifiedReferences } from './routes-subjects.ts'
import type { RegistryState } from './state.ts'

const allSchemas: Answer = ({ request, registry, contextPrefix, flag, may }) => {
  const state = registry.state()
  const prefix = qualify(contextPrefix, request.query.get('subjectPrefix') ?? '')
  const matches = prefixMatcher(prefix)
  const aliases = flag('aliases') ? aliasesUnder(state, matches) : new Map<string, string[]>()
  const ruleType = request.query.get('ruleType') ?? ''
  const associated = associationsAsked(request, state)
  const wanted = state
    .subjects(true)
    .filter((name) => (matches(name) || aliases.has(name)) && may('read', name) && associated(name) !== undefined)
  const found = wanted.flatMap((name) => {
    const versions = state.versions(name, flag('deleted'))
    const chosen = flag('latestOnly') ? versions.slice(-1) : versions
    return ruleType === '' ? chosen : chosen.filter((version) => hasRule(version, ruleType))
  })
  return page(found, request, registryLimits.listedSchemasMax).map((version) => {
    const names = aliases.get(version.subject)
    const associations = associated(version.subject) ?? []
    return {
      ...versionFields(version, request),
      ...(names ? { aliases: names } : {}),
      ...(associations.length > 0 ? { associations: associations.map(associationFields) } : {}),
    }
  })
}

/**
 * Associations that a request asks for, by subject; undefined: the subject's schemas are not asked for. NONE among lifecycles
 * asks for subjects without associations too.
 */
function associationsAsked(
  { query }: HttpRequest,
  state: RegistryState,
): (subject: string) => Association[] | undefined {
  const associationTypes = query.getAll('associationType')
  const resourceType = query.get('resourceType') ?? undefined
  const asked = query.getAll('lifecycle')
  if (asked.some((name) => !['STRONG', 'WEAK', 'NONE'].includes(name))) throw refusals.pathNotFound()
  if (associationTypes.length + asked.length === 0 && resourceType === undefined) return () => []
  return (subject) => {
    const filter = { subject, associationTypes, ...(resourceType === undefined ? {} : { resourceType }) }
    const found = state.associations(filter)
    if (found.length === 0) return asked.includes('NONE') ? [] : undefined
    const shown = asked.length === 0 ? found : found.filter(({ lifecycle }) => asked.includes(lifecycle))
    return shown.length > 0 ? shown : undefined
  }
}

/** Subjects that others stand for, with those others. */
function aliasesUnder(state: RegistryState, matches: (subject: string) => boolean): Map<string, string[]> {
  const aliases = new Map<string, string[]>()
  for (const [subject, { alias }] of state.configs()) {
    if (subject === null || !alias || !matches(subject)) continue
    const target = qualifyReference(alias, subject)
    aliases.set(target, [...(aliases.get(target) ?? []), subject])
  }
  return aliases
}

const hasRule = ({ ruleSet }: SubjectVersion, type: string): boolean =>
  ruleLists.some((list) => ruleSet?.[list]?.some((rule) => rule.type === type))

/** Throws 404 for what is no 32-bit number. */
function idOf({ request }: Call): number {
  const text = request.parameters['id']!
  if (!/^[+-]?\d{1,10}$/.test(text) || Math.abs(Number(text)) > 0x7fffffff) throw refusals.pathNotFound()
  return Number(text)
}

/**
 * Versions that hold an id: those of the asked subject, in its context or, when it names none, in any; else every one of the
 * default context. Throws 40403, 40301.
 */
function versionsOfId(call: Call): SubjectVersion[] {
  const { request, registry, contextPrefix } = call
  const id = idOf(call)
  const state = registry.state()
  const asked = request.query.get('subject') ?? ''
  const subject = asked === '' ? contextPrefix : followAlias(registry, qualify(contextPrefix, asked))
  const context = contextOf(subject)
  let found = state.withId(context, id)
  if (parseSubject(subject).name !== '') {
    const inSubject = found.filter((version) => version.subject === subject)
    const inOther = (): SubjectVersion[] =>
      elsewhere(registry, subject)
        .map((name) => state.withId(contextOf(name), id).filter((version) => version.subject === name))
        .find((versions) => versions.length > 0) ?? []
    if (inSubject.length > 0) found = [...inSubject, ...found.filter((version) => version.subject !== subject)]
    else if (subject.startsWith(':')) found = []
    else if (inOther().length > 0) found = state.withId(contextOf(inOther()[0]!.subject), id)
  }
  if (found.length === 0) throw refusals.schemaNotFound(id)
  const allowed = found.filter((version) => call.may('read', version.subject))
  if (allowed.length === 0) throw refusals.forbidden('User is denied operation on this server')
  return allowed
}

/** Any version with the id, where the answer does not say which; else the first of them. */
function aVersionOfId(call: Call): SubjectVersion {
  const { request, registry, contextPrefix } = call
  if (!request.query.get('subject') && !acceptsUnknown(request)) {
    const any = registry.state().anyWithId(contextOf(contextPrefix), idOf(call))
    if (any && call.may('read', any.subject)) return any
  }
  return versionsOfId(call)[0]!
}

const schemaById: Answer = (call) => {
  const { request, registry, flag } = call
  const schema = aVersionOfId(call)
  const { subject, version } = schema
  const text = textInFormat(registry.state(), schema, request.query.get('format') ?? '')
  return {
    ...(request.query.get('subject') ? { subject, version } : {}),
    ...contentFields(qualifiedReferences(schema, request), request, text),
    ...tagFields(schema, request),
    ...(flag('fetchMaxId') ? { maxId: registry.state().maxId(contextOf(subject)) } : {}),
    ...recordFields(schema, request),
  }
}

const schemaTextById: Answer = (call) => {
  const { request, registry } = call
  const text = textInFormat(registry.state(), aVersionOfId(call), request.query.get('format') ?? '')
  return textResponse(text, answerType(request.headers['accept']))
}

const shown = (call: Call): SubjectVersion[] =>
  versionsOfId(call).filter((version) => call.flag('deleted') || !version.deleted)

const subjectsOfId: Answer = (call) => page([...new Set(shown(call).map(({ subject }) => subject))], call.request)

const versionsWithId: Answer = (call) =>
  page(shown(call), call.request).map(({ subject, version }) => ({ subject, version }))

/** The default context's first. */
function versionsOfGuid({ request, registry, may }: Call): SubjectVersion[] {
  const guid = request.parameters['guid']!.toLowerCase()
  const found = registry.state().withGuid(guid)
  return found
    .filter((version) => may('read', version.subject))
    .toSorted((a, b) => (contextOf(a.subject) < contextOf(b.subject) ? -1 : 1))
}

const schemaByGuid: Answer = (call) => {
  const [schema] = versionsOfGuid(call)
  if (!schema) throw refusals.schemaNotFound(call.request.parameters['guid'])
  const text = textInFormat(call.registry.state(), schema, call.request.query.get('format') ?? '')
  return { ...contentFields(schema, call.request, text), ...recordFields(schema, call.request) }
}

const idsByGuid: Answer = (call) => {
  const pairs = versionsOfGuid(call).map(contextId)
  return [...new Map(pairs.map((pair) => [`${pair.context}/${pair.id}`, pair])).values()]
}

const listContexts: Answer = ({ request, registry }) => {
  const prefix = request.query.get('contextPrefix') ?? ''
  return page(
    registry
      .state()
      .contexts()
      .filter((context) => context.startsWith(prefix)),
    request,
  )
}

const deleteContext: Answer = async ({ registry, contextPrefix }) => {
  await registry.deleteContext(contextPrefix)
  return { status: 204, headers: {} }
}

const id = '/schemas/ids/{id}'
const paging = ['offset', 'limit']

export const schemaDoors: readonly Door[] = [
  {
    method: 'GET',
    pattern: '/schemas',
    action: 'describe',
    answer: allSchemas,
    parameters: [
      'subjectPrefix',
      'aliases',
      'deleted',
      'latestOnly',
      'ruleType',
      'resourceType',
      'associationType',
      'lifecycle',
      ...paging,
    ],
  },
  {
    method: 'GET',
    pattern: '/schemas/types',
    action: 'describe',
    answer: () => schemaTypes,
  },
  {
    method: 'GET',
    pattern: id,
    action: 'describe',
    answer: schemaById,
    parameters: ['subject', 'format', 'referenceFormat', 'findTags', 'fetchMaxId'],
  },
  {
    method: 'GET',
    pattern: `${id}/schema`,
    action: 'describe',
    answer: schemaTextById,
    parameters: ['subject', 'format'],
    difference: 'an unknown id is 40403, not 500',
  },
  {
    method: 'GET',
    pattern: `${id}/subjects`,
    action: 'describe',
    answer: subjectsOfId,
    parameters: ['subject', 'deleted', ...paging],
  },
  {
    method: 'GET',
    pattern: `${id}/versions`,
    action: 'describe',
    answer: versionsWithId,
    parameters: ['subject', 'deleted', ...paging],
    difference: 'every version of a subject with the id, not only the last one',
  },
  {
    method: 'GET',
    pattern: '/schemas/guids/{guid}',
    action: 'describe',
    answer: schemaByGuid,
    parameters: ['format'],
  },
  { method: 'GET', pattern: '/schemas/guids/{guid}/ids', action: 'describe', answer: idsByGuid },
]

/** Only under the context's own path. */
export const contextDoors: readonly Door[] = [
  {
    method: 'GET',
    pattern: '/contexts',
    action: 'describe',
    answer: listContexts,
    parameters: ['contextPrefix', ...paging],
  },
  { method: 'DELETE', pattern: '/contexts/{context}', action: 'delete', answer: deleteContext },
]

/** Of Confluent Enterprise: a registry that copies its schemas to another one. */
const exporter = '/exporters/{name}'
export const exporterDoors: readonly Door[] = (
  [
    ['GET', '/exporters'],
    ['POST', '/exporters'],
    ['GET', exporter],
    ['PUT', exporter],
    ['DELETE', exporter],
    ['GET', `${exporter}/status`],
    ['GET', `${exporter}/config`],
    ['PUT', `${exporter}/config`],
    ['PUT', `${exporter}/pause`],
    ['PUT', `${exporter}/resume`],
    ['PUT', `${exporter}/reset`],
  ] as const
).map(([method, pattern]) => ({
  method,
  pattern,
  action: 'describe',
  answer: () => {
    throw refusals.noExporters()
  },
  difference: 'Enterprise’s: refused by name, as there is no second registry to copy to',
}))
