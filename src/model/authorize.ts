// The one door-keeper: asked by every door (Kafka, REST, catalog, SQL, CLI) with its principal. Its rules are the folder's, which
// are fixed, and those made through Kafka's ACL requests, which change while it runs. Deny beats allow; what no rule allows is
// denied, unless there is no rule at all and no door that authenticates: then it is the machine's owner who asks.
// Reference: Kafka's AclAuthorizer and StandardAuthorizer (literal, prefixed, hosts, implied operations), KIP-290, KIP-679.

export interface Principal {
  /** 'User:anonymous' where a door has no authentication (loopback only). */
  readonly name: string
}

/** The last eight are finer than a folder needs; Kafka's ACLs have them. */
export type Action =
  | 'read'
  | 'write'
  | 'create'
  | 'delete'
  | 'alter'
  | 'describe'
  | 'administer'
  | 'cluster-action'
  | 'describe-configs'
  | 'alter-configs'
  | 'idempotent-write'
  | 'create-tokens'
  | 'describe-tokens'
  | 'two-phase-commit'

export type ResourceType =
  | 'topic'
  | 'group'
  | 'subject'
  | 'table'
  | 'pipeline'
  | 'cluster'
  | 'transactional-id'
  | 'delegation-token'
  | 'user'

export interface AuthorizeRequest {
  readonly principal: Principal
  readonly action: Action
  readonly resource: { readonly type: ResourceType; readonly name: string }
  /** Columns that are read; empty or absent when the door does not know columns. */
  readonly columns?: readonly string[]
  /** The peer's address without port, when the door knows it. */
  readonly host?: string
}

export type Decision =
  | { readonly kind: 'allow'; readonly maskedColumns: readonly string[] }
  | { readonly kind: 'deny'; readonly reason: string }

export interface AccessRule {
  /** A name such as 'User:ada', or '*'. */
  readonly principal: string
  readonly effect: 'allow' | 'deny' | 'mask'
  readonly actions: readonly (Action | '*')[]
  readonly resourceType: ResourceType | '*'
  /** A name, or, when `pattern` is absent, a prefix ending in '*', or '*'. */
  readonly resource: string
  /** For 'mask': the columns that are masked. */
  readonly columns?: readonly string[]
  /** How `resource` is meant, so that a name may end in '*' itself. */
  readonly pattern?: 'literal' | 'prefixed' | 'any'
  /** An address, or '*' and absent for all. */
  readonly host?: string
  /** The actions are Kafka's operations and nothing wider: 'alter' is not 'alter-configs' then. */
  readonly exact?: boolean
}

export type Authorize = (request: AuthorizeRequest) => Decision

export interface Authorizer {
  readonly authorize: Authorize
  /** Whether there is any resource of the type on which it is allowed (KIP-679). Cost: O(rules). */
  allowsAny(request: Omit<AuthorizeRequest, 'resource' | 'columns'> & { readonly type: ResourceType }): boolean
  /** Replaces the rules that were made while running; the folder's stay. */
  setAdded(rules: readonly AccessRule[]): void
}

export interface AuthorizerOptions {
  /** Of the folder. */
  readonly rules: readonly AccessRule[]
  /** Who may do everything, whatever the rules say. */
  readonly superUsers?: readonly string[]
  /** True: what no rule allows is denied even while there is no rule. */
  readonly closed?: boolean
}

/** Where users' salted passwords and the ACLs are kept: no door shows it to anybody. */
export const sealedTopic = '__millrace_security'

/** What else an action lets one do, as in Kafka. */
const implied: Readonly<Partial<Record<Action, readonly Action[]>>> = {
  read: ['describe'],
  write: ['describe'],
  delete: ['describe'],
  alter: ['describe'],
  'alter-configs': ['describe-configs'],
}
/** What an action of a folder's rule means besides itself. */
const coarse: Readonly<Partial<Record<Action, readonly Action[]>>> = {
  alter: ['alter-configs'],
  describe: ['describe-configs'],
  administer: ['cluster-action', 'idempotent-write', 'create-tokens', 'describe-tokens', 'two-phase-commit'],
}

/** @param rules from the folder; with none at all, everything is allowed. */
export function makeAuthorize(rules: readonly AccessRule[]): Authorize {
  return createAuthorizer({ rules }).authorize
}

/** Cost of a question: the rules that name the resource, by literal name, by each length of prefix, or as all. */
export function createAuthorizer({ rules, superUsers = [], closed = false }: AuthorizerOptions): Authorizer {
  const masters = new Set(superUsers)
  let index = new RuleIndex(rules)
  let isOpen = !closed && rules.length === 0
  const authorize: Authorize = (request) => {
    const { principal, action, resource } = request
    if (resource.type === 'topic' && resource.name === sealedTopic)
      return { kind: 'deny', reason: `${sealedTopic} is shown to nobody` }
    if (isOpen || masters.has(principal.name)) return { kind: 'allow', maskedColumns: [] }
    const matching = index.naming(resource.type, resource.name).filter((rule) => concerns(rule, request))
    const denied = matching.find((rule) => rule.effect === 'deny')
    if (denied) return { kind: 'deny', reason: `denied by a rule for ${denied.principal} on ${denied.resource}` }
    if (!matching.some((rule) => rule.effect === 'allow')) {
      return {
        kind: 'deny',
        reason: `no rule allows ${principal.name} to ${action} ${resource.type} ${resource.name}`,
      }
    }
    const masked = new Set(matching.filter((rule) => rule.effect === 'mask').flatMap((rule) => rule.columns ?? []))
    const { columns } = request
    return { kind: 'allow', maskedColumns: columns ? columns.filter((c) => masked.has(c)) : [...masked] }
  }
  return {
    authorize,
    allowsAny(request) {
      if (isOpen || masters.has(request.principal.name)) return true
      const matching = index.all.filter(
        (rule) => (rule.resourceType === '*' || rule.resourceType === request.type) && concerns(rule, request),
      )
      const denials = matching.filter((rule) => rule.effect === 'deny')
      return matching.some((rule) => rule.effect === 'allow' && !denials.some((denial) => covers(denial, rule)))
    },
    setAdded(added) {
      index = new RuleIndex([...rules, ...added])
      isOpen = !closed && rules.length + added.length === 0
    },
  }
}

interface Pattern {
  readonly kind: 'literal' | 'prefixed' | 'any'
  readonly name: string
}

function patternOf({ resource, pattern }: AccessRule): Pattern {
  if (pattern !== undefined) return { kind: pattern, name: resource }
  if (resource === '*') return { kind: 'any', name: '' }
  return resource.endsWith('*')
    ? { kind: 'prefixed', name: resource.slice(0, -1) }
    : { kind: 'literal', name: resource }
}

/** Whether a denial takes away all that an allowing rule gives. */
function covers(denial: AccessRule, rule: AccessRule): boolean {
  const [theirs, ours] = [patternOf(denial), patternOf(rule)]
  if (theirs.kind === 'any') return true
  if (ours.kind === 'any') return false
  if (theirs.kind === 'prefixed') return ours.name.startsWith(theirs.name)
  return ours.kind === 'literal' && ours.name === theirs.name
}

/** Rules by what they name. */
class RuleIndex {
  readonly all: readonly AccessRule[]
  readonly #literal = new Map<string, AccessRule[]>()
  readonly #prefixed = new Map<string, AccessRule[]>()
  readonly #prefixLengths: readonly number[]
  readonly #any: AccessRule[] = []

  constructor(rules: readonly AccessRule[]) {
    this.all = rules
    const lengths = new Set<number>()
    for (const rule of rules) {
      const { kind, name } = patternOf(rule)
      if (kind === 'any') {
        this.#any.push(rule)
        continue
      }
      if (kind === 'prefixed') lengths.add(name.length)
      const byName = kind === 'literal' ? this.#literal : this.#prefixed
      const found = byName.get(name)
      if (found) found.push(rule)
      else byName.set(name, [rule])
    }
    this.#prefixLengths = [...lengths]
  }

  naming(type: ResourceType, name: string): AccessRule[] {
    const found = [...this.#any, ...(this.#literal.get(name) ?? [])]
    for (const length of this.#prefixLengths) {
      if (length <= name.length) found.push(...(this.#prefixed.get(name.slice(0, length)) ?? []))
    }
    return found.filter((rule) => rule.resourceType === '*' || rule.resourceType === type)
  }
}

/** Whether a rule that names the resource is about who asks, from where, and for what. */
function concerns(rule: AccessRule, request: Pick<AuthorizeRequest, 'principal' | 'action' | 'host'>): boolean {
  const { principal, action, host } = request
  if (rule.principal !== '*' && rule.principal !== 'User:*' && rule.principal !== principal.name) return false
  if (rule.host !== undefined && rule.host !== '*' && rule.host !== host) {
    // A door that does not know the peer's address cannot tell: it denies rather than allows.
    if (host !== undefined || rule.effect !== 'deny') return false
  }
  return rule.actions.some((given) => {
    if (given === '*' || given === action) return true
    const wider = rule.exact ? [] : (coarse[given] ?? [])
    if (wider.includes(action)) return true
    // Being denied to read is not being denied to see.
    if (rule.effect === 'deny') return false
    return [given, ...wider].some((one) => implied[one]?.includes(action))
  })
}
