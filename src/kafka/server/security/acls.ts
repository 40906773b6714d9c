// ACLs as the protocol has them: kept in the security store, and handed to the one authorizer as rules. Filters match as Kafka's.
// References: AclBinding, AclBindingFilter and ResourcePatternFilter of kafka-clients; KIP-290 for patterns.
import type { AccessRule, Action, Authorizer, ResourceType } from '../../../model/index.ts'
import { kafkaErrors } from '../../wire/index.ts'
import type { SecurityStore, StoreProblem } from './store.ts'

/** One binding; numbers are the protocol's codes. */
export interface Acl {
  readonly resourceType: number
  readonly resourceName: string
  /** 3 literal, 4 prefixed. */
  readonly patternType: number
  readonly principal: string
  readonly host: string
  readonly operation: number
  /** 2 deny, 3 allow. */
  readonly permissionType: number
}

/** null names, and code 1, match any; pattern types 1 any and 2 match (what concerns a name). */
export interface AclFilter {
  readonly resourceTypeFilter: number
  readonly resourceNameFilter: string | null
  readonly patternTypeFilter: number
  readonly principalFilter: string | null
  readonly hostFilter: string | null
  readonly operation: number
  readonly permissionType: number
}

const any = 1
const patterns = { any: 1, match: 2, literal: 3, prefixed: 4 } as const
const permissions = { deny: 2, allow: 3 } as const
/** The name that, literally, means every resource. */
const wildcard = '*'

const resourceTypes: readonly (ResourceType | undefined)[] = [
  undefined,
  undefined,
  'topic',
  'group',
  'cluster',
  'transactional-id',
  'delegation-token',
  'user',
]
const actions: readonly (Action | '*' | undefined)[] = [
  undefined,
  undefined,
  '*',
  'read',
  'write',
  'create',
  'delete',
  'alter',
  'describe',
  'cluster-action',
  'describe-configs',
  'alter-configs',
  'idempotent-write',
  'create-tokens',
  'describe-tokens',
  'two-phase-commit',
]
/** Why a binding cannot be made; undefined when it can. */
export function aclProblem(acl: Acl, clusterName: string, lengthMax: number): string | undefined {
  const { resourceType, resourceName, patternType, principal, host, operation, permissionType } = acl
  const type = resourceTypes[resourceType]
  if (!type) return `Invalid resource type ${resourceType}`
  if (patternType !== patterns.literal && patternType !== patterns.prefixed)
    return `Invalid pattern type ${patternType}`
  if (permissionType !== permissions.deny && permissionType !== permissions.allow)
    return `Invalid permission type ${permissionType}`
  // As in Kafka, one that means nothing on such a resource is kept; Kafka's tool does not send it.
  if (!actions[operation]) return `Invalid operation ${operation}`
  if (type === 'cluster' && resourceName !== clusterName)
    return `The only valid name for the CLUSTER resource is ${clusterName}`
  if (resourceName === '') return 'Resource name should not be empty'
  if (!/^[A-Za-z]+:./.test(principal)) return 'Could not parse the principal: it is of the form User:name'
  if (host === '') return 'Host should not be empty'
  const longest = Math.max(resourceName.length, principal.length, host.length)
  return longest > lengthMax ? `Names have at most ${lengthMax} characters` : undefined
}

/** Why a filter cannot be answered; undefined when it can. */
export function filterProblem(filter: AclFilter): string | undefined {
  const { resourceTypeFilter: type, patternTypeFilter: pattern, operation, permissionType } = filter
  if (type !== any && !resourceTypes[type]) return `Unknown resource type ${type}`
  if (pattern < patterns.any || pattern > patterns.prefixed) return `Unknown pattern type ${pattern}`
  if (operation !== any && !actions[operation]) return `Unknown operation ${operation}`
  if (permissionType < any || permissionType > permissions.allow) return `Unknown permission type ${permissionType}`
  return undefined
}

export function matchesFilter(acl: Acl, filter: AclFilter): boolean {
  const is = (wanted: number, has: number): boolean => wanted === any || wanted === has
  const { principalFilter, hostFilter } = filter
  return (
    is(filter.resourceTypeFilter, acl.resourceType) &&
    namesResource(acl, filter) &&
    (principalFilter === null || principalFilter === acl.principal) &&
    (hostFilter === null || hostFilter === acl.host) &&
    is(filter.operation, acl.operation) &&
    is(filter.permissionType, acl.permissionType)
  )
}

function namesResource(acl: Acl, { resourceNameFilter: name, patternTypeFilter: pattern }: AclFilter): boolean {
  if (pattern !== patterns.any && pattern !== patterns.match && pattern !== acl.patternType) return false
  if (name === null || name === acl.resourceName) return true
  if (pattern !== patterns.match) return false
  return acl.patternType === patterns.prefixed ? name.startsWith(acl.resourceName) : acl.resourceName === wildcard
}

/** The bindings that are kept. */
export class Acls {
  readonly #store: SecurityStore
  readonly #aclsMax: number
  #acls: readonly Acl[] = []

  /** Hands its rules to the authorizer, now and at each change. */
  constructor(store: SecurityStore, authorizer: Authorizer, aclsMax: number) {
    this.#store = store
    this.#aclsMax = aclsMax
    store.onChange('acl', () => {
      this.#acls = [...store.entries('acl').keys()].map(decodeAcl)
      authorizer.setAdded(this.#acls.flatMap(rulesOf))
    })
  }

  matching(filter: AclFilter): Acl[] {
    return this.#acls.filter((acl) => matchesFilter(acl, filter))
  }

  /** Keeps those that were checked; one that is there already stays. */
  async add(acls: readonly Acl[]): Promise<StoreProblem | undefined> {
    const outcome = await this.#store.change(() => {
      const there = this.#store.entries('acl')
      const added = new Set(acls.map(encodeAcl).filter((key) => !there.has(key)))
      if (there.size + added.size > this.#aclsMax) return { changes: [], result: false }
      return { changes: [...added].map((key) => ({ section: 'acl', key, value: '{}' })), result: true }
    })
    if (!outcome.ok) return outcome
    const message = `there are ${this.#acls.length} ACLs; ${this.#aclsMax} is the most that are kept`
    return outcome.result ? undefined : { error: kafkaErrors.policyViolation, message }
  }

  /** Takes away what any filter matches. @returns by filter what it matched */
  async remove(filters: readonly AclFilter[]): Promise<{ ok: true; result: Acl[][] } | ({ ok: false } & StoreProblem)> {
    return this.#store.change(() => {
      const result = filters.map((filter) => this.matching(filter))
      const keys = new Set(result.flat().map(encodeAcl))
      return { changes: [...keys].map((key) => ({ section: 'acl', key, value: null })), result }
    })
  }
}

function encodeAcl(acl: Acl): string {
  const { resourceType, resourceName, patternType, principal, host, operation, permissionType } = acl
  return JSON.stringify([resourceType, patternType, resourceName, principal, host, operation, permissionType])
}

function decodeAcl(key: string): Acl {
  const [resourceType, patternType, resourceName, principal, host, operation, permissionType] = JSON.parse(key) as [
    number,
    number,
    string,
    string,
    string,
    number,
    number,
  ]
  return { resourceType, resourceName, patternType, principal, host, operation, permissionType }
}

/** Kafka's name for clients without one means also those of the first listener. */
function rulesOf(acl: Acl): AccessRule[] {
  const { resourceName, patternType, principal, host } = acl
  const type = resourceTypes[acl.resourceType]
  const action = actions[acl.operation]
  if (!type || !action) return []
  const isWildcard = patternType === patterns.literal && resourceName === wildcard
  const rule: AccessRule = {
    principal,
    effect: acl.permissionType === permissions.deny ? 'deny' : 'allow',
    actions: [action],
    resourceType: type,
    resource: resourceName,
    pattern: isWildcard ? 'any' : patternType === patterns.prefixed ? 'prefixed' : 'literal',
    host,
    exact: true,
  }
  return principal === 'User:ANONYMOUS' ? [rule, { ...rule, principal: 'User:anonymous' }] : [rule]
}
