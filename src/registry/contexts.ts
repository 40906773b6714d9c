// Qualified subjects: ':.ctx:name' lies in context '.ctx'; any other subject lies in the default context '.'. Ids, config
// and mode are per context. ':.ctx:' without a name stands for the context itself, ':.__GLOBAL:' for all contexts.
// Reference: Confluent QualifiedSubject, ContextFilter.

export const defaultContext = '.'
/** Config and mode of this context apply where nothing nearer is set. */
export const globalContext = '.__GLOBAL'
const wildcard = ':*:'

export interface Qualified {
  /** '.', '.ctx', or '*' for all. */
  readonly context: string
  /** Empty: the context itself. */
  readonly name: string
}

/** Never fails: what is not qualified lies in the default context. */
export function parseSubject(subject: string): Qualified {
  if (subject.startsWith(':.')) {
    const end = subject.indexOf(':', 2)
    if (end < 0) return { context: subject.slice(1), name: '' }
    return { context: subject.slice(1, end), name: subject.slice(end + 1) }
  }
  if (subject.startsWith(wildcard)) return { context: '*', name: subject.slice(wildcard.length) }
  return { context: defaultContext, name: subject }
}

export function formatSubject({ context, name }: Qualified): string {
  return context === defaultContext ? name : `:${context}:${name}`
}

export function contextOf(subject: string | null): string {
  if (subject === null || !subject.startsWith(':')) return defaultContext
  return parseSubject(subject).context
}

/** '' for the default context, else ':.ctx:', as messages and prefixes have it. */
export function contextPrefix(subject: string | null): string {
  const context = contextOf(subject)
  return context === defaultContext ? '' : `:${context}:`
}

/** The same subject in one form: without a qualifier in the default context. */
export function normalizeSubject(subject: string): string {
  return subject.startsWith(':') ? formatSubject(parseSubject(subject)) : subject
}

/** True for a subject that names a context, '' being the default one. */
export function isContext(subject: string): boolean {
  return parseSubject(subject).name === ''
}

/**
 * A context as people write it ('eu', '.eu', ':.eu:') as a prefix of subjects: ':.eu:', or '' for the default one.
 * @returns undefined when it holds a colon inside
 */
export function prefixOfContext(context: string): string | undefined {
  let name = context.startsWith(':') ? context.slice(1) : context
  if (name.endsWith(':')) name = name.slice(0, -1)
  if (name.includes(':')) return undefined
  if (!name.startsWith('.')) name = `.${name}`
  return name === defaultContext ? '' : `:${name}:`
}

/** A subject (or prefix of subjects) named under a context's path: one that names a context itself stays. */
export function qualify(prefix: string, subject: string): string {
  return subject.startsWith(':.') || subject.startsWith(wildcard) ? subject : prefix + subject
}

/** A subject that another one names (reference, alias): in the same context unless it says otherwise. */
export function qualifyReference(subject: string, from: string): string {
  const own = parseSubject(subject)
  if (own.context !== defaultContext) return formatSubject(own)
  const { context } = parseSubject(from)
  return formatSubject({ context, name: own.name })
}

/** @param forSettings config and mode may also be of a context, or of all */
export function isValidSubject(subject: string, forSettings = false): boolean {
  const { context, name } = parseSubject(subject)
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f-\u009f]/.test(subject)) return false
  if (name === '__GLOBAL' || name === '__EMPTY') return false
  return forSettings || (name !== '' && context !== globalContext && context !== '*')
}

/** Whether a subject lies in what a subject, a context or null (all) stands for. */
export function liesIn(subject: string, scope: string | null): boolean {
  if (scope === null || scope === subject) return true
  const wanted = parseSubject(scope)
  return wanted.name === '' && (wanted.context === globalContext || wanted.context === contextOf(subject))
}

/** A test for the subjects that a prefix means: '' the default context's, ':.eu:a', ':*:a' in all contexts. */
export function prefixMatcher(prefix: string): (subject: string) => boolean {
  const wanted = parseSubject(prefix)
  // ':.e' without its end: contexts that begin so.
  const open = prefix.startsWith(':.') && prefix.indexOf(':', 2) < 0
  return (subject) => {
    const { context, name } = parseSubject(subject)
    const there = open ? context.startsWith(wanted.context) : wanted.context === '*' || wanted.context === context
    return there && name.startsWith(wanted.name)
  }
}
