// The one door-keeper: pure, asked by every door (Kafka, REST, catalog, SQL, CLI) with its principal. Deny beats allow;
// without any rule for a kind of resource the owner of the machine's loopback may do all, as it is theirs.

export interface Principal {
  /** 'User:anonymous' where a door has no authentication (loopback only). */
  readonly name: string
}

export type Action = 'read' | 'write' | 'create' | 'delete' | 'alter' | 'describe' | 'administer'
export type ResourceType = 'topic' | 'group' | 'subject' | 'table' | 'pipeline' | 'cluster' | 'transactional-id'

export interface AuthorizeRequest {
  readonly principal: Principal
  readonly action: Action
  readonly resource: { readonly type: ResourceType; readonly name: string }
  /** Columns that are read; empty or absent when the door does not know columns. */
  readonly columns?: readonly string[]
}

export type Decision =
  | { readonly kind: 'allow'; readonly maskedColumns: readonly string[] }
  | { readonly kind: 'deny'; readonly reason: string }

export interface AccessRule {
  /** A name, or '*'. */
  readonly principal: string
  readonly effect: 'allow' | 'deny' | 'mask'
  readonly actions: readonly (Action | '*')[]
  readonly resourceType: ResourceType | '*'
  /** A name, a prefix ending in '*', or '*'. */
  readonly resource: string
  /** For 'mask': the columns that are masked. */
  readonly columns?: readonly string[]
}

export type Authorize = (request: AuthorizeRequest) => Decision

/** write, read, delete and alter imply describe, as in Kafka. */
const implied: ReadonlySet<Action> = new Set(['read', 'write', 'delete', 'alter'])

/** @param rules from the folder; with none at all, everything is allowed. Cost: O(rules), pure. */
export function makeAuthorize(rules: readonly AccessRule[]): Authorize {
  if (rules.length === 0) return () => ({ kind: 'allow', maskedColumns: [] })
  return (request) => {
    const matching = rules.filter((rule) => matches(rule, request))
    const denied = matching.find((rule) => rule.effect === 'deny' && !impliedOnly(rule, request.action))
    if (denied) return { kind: 'deny', reason: `denied by a rule for ${denied.principal} on ${denied.resource}` }
    if (!matching.some((rule) => rule.effect === 'allow')) {
      return {
        kind: 'deny',
        reason: `no rule allows ${request.principal.name} to ${request.action} ${request.resource.type} ${request.resource.name}`,
      }
    }
    const masked = new Set(matching.filter((rule) => rule.effect === 'mask').flatMap((rule) => rule.columns ?? []))
    const columns = request.columns
    return { kind: 'allow', maskedColumns: columns ? columns.filter((c) => masked.has(c)) : [...masked] }
  }
}

function matches(rule: AccessRule, request: AuthorizeRequest): boolean {
  if (rule.principal !== '*' && rule.principal !== request.principal.name) return false
  if (rule.resourceType !== '*' && rule.resourceType !== request.resource.type) return false
  const { resource } = rule
  const named = resource.endsWith('*')
    ? request.resource.name.startsWith(resource.slice(0, -1))
    : resource === request.resource.name
  if (!named) return false
  return rule.actions.includes('*') || rule.actions.includes(request.action) || impliedOnly(rule, request.action)
}

/** True when the rule reaches the action only because another one implies describe. */
function impliedOnly(rule: AccessRule, action: Action): boolean {
  if (action !== 'describe' || rule.actions.includes('*') || rule.actions.includes('describe')) return false
  return rule.effect === 'allow' ? rule.actions.some((a) => a !== '*' && implied.has(a)) : true
}
