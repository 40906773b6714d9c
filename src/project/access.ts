// What an environment's access rules say that can never be: a rule that nobody meets does nothing, and a denial that does nothing
// is a hole. Invariant: what cannot match is refused; what only seems to match nobody is a notice, since users are also made
// while a node runs. Reference: how rules match, model/authorize.ts.
import { MillraceError } from '../base/index.ts'
import type { AccessRule } from '../model/index.ts'
import type { Notice } from './contract.ts'
import { didYouMean } from './field-mistakes.ts'
import type { SecurityResource } from './security.ts'
import type { Resource } from './yaml.ts'

const prefix = 'User:'
const everybody = new Set(['*', `${prefix}*`])

/** Adds what can never match to `errors`, each with its place. */
export function checkAccess(resource: Resource, rules: readonly AccessRule[], errors: MillraceError[]): void {
  rules.forEach((rule, i) => {
    const mistake = (field: string, reason: string): void => {
      const path = ['spec', 'access', i, field]
      const details = { kind: 'Environment', where: path.join('.'), reason }
      errors.push(new MillraceError('MR-PROJECT-005', { details, place: resource.placeOf(path) }))
    }
    const principal = principalProblem(rule.principal)
    if (principal) mistake('principal', principal)
    const name = resourceProblem(rule.resource)
    if (name) mistake('resource', name)
  })
}

function principalProblem(principal: string): string | undefined {
  if (everybody.has(principal)) return undefined
  const name = principal.startsWith(prefix) ? principal.slice(prefix.length) : undefined
  if (name === undefined || name.trim() !== name || name === '') {
    const meant = principal.trim().replace(/^\w+:\s*/, '')
    const instead = meant === '' || meant === '*' ? "'*' for everybody" : `'${prefix}${meant}'`
    return `'${principal}' is nobody, so the rule does nothing (did you mean ${instead}?)`
  }
  // The name of a certificate may hold one.
  if (name.includes('*') && !name.includes('='))
    return `'${principal}' is nobody, so the rule does nothing: a principal is one user, or '*' for everybody`
  return undefined
}

function resourceProblem(name: string): string | undefined {
  if (name === '') return "'' is no name, so the rule does nothing (did you mean '*'?)"
  const star = name.indexOf('*')
  if (star === -1 || star === name.length - 1) return undefined
  const instead = star === 0 ? 'one rule for each name' : `'${name.slice(0, star)}*', or one rule for each name`
  return `'${name}' matches nothing: a * stands at the end only, for the rest of a name; take ${instead}`
}

/** Principals that are no user of the environment, where it has users and nothing else that could name them is set up. */
export function accessNotices(
  resource: Resource,
  environment: string,
  rules: readonly AccessRule[],
  security: SecurityResource | null,
): Notice[] {
  const users = security?.users.map(({ name }) => name) ?? []
  if (!security || users.length === 0) return []
  const isNamedElsewhere =
    security.tokens !== null || security.listeners.some(({ tls }) => tls !== null && tls.clientCertificates !== 'none')
  const known = new Set([...users, 'anonymous'])
  const said = (principal: string, path: readonly (string | number)[]): Notice[] => {
    if (everybody.has(principal) || principalProblem(principal)) return []
    const name = principal.slice(prefix.length)
    const instead = didYouMean(name, users)
    if (known.has(name) || (isNamedElsewhere && instead === '')) return []
    const text = `${principal}: environment ${environment} has no user ${name}. ${instead}It counts only once such a user is made in the running node.`
    return [{ text, place: resource.placeOf(path) }]
  }
  const seen = new Set<string>()
  return [
    ...rules.map(({ principal }, i) => ({ principal, path: ['spec', 'access', i, 'principal'] })),
    ...(security.superUsers ?? []).map((principal, i) => ({ principal, path: ['spec', 'security', 'superUsers', i] })),
  ].flatMap(({ principal, path }) => {
    if (seen.has(principal)) return []
    seen.add(principal)
    return said(principal, path)
  })
}
