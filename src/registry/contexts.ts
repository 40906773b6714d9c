// Qualified subjects: ':.ctx:subject' lies in context '.ctx'; any other subject lies in the default context '.'.
// Ids are given per context. Reference: Confluent QualifiedSubject.

export const defaultContext = '.'

export function contextOf(subject: string | null): string {
  return subject === null ? defaultContext : (qualified(subject)?.[0] ?? defaultContext)
}

function qualified(subject: string): [context: string, name: string] | undefined {
  const match = /^:(\.[^:]*):(.*)$/s.exec(subject)
  return match ? [match[1]!, match[2]!] : undefined
}

/** The same subject in one form: without a qualifier in the default context. */
export function normalizeSubject(subject: string): string {
  const parts = qualified(subject)
  return parts && parts[0] === defaultContext ? parts[1] : subject
}

/** A subject named under /contexts/{context}/…: an already qualified one stays. */
export function qualifySubject(context: string | undefined, subject: string): string {
  if (context === undefined || qualified(subject)) return normalizeSubject(subject)
  const name = context.startsWith('.') ? context : `.${context}`
  return name === defaultContext ? subject : `:${name}:${subject}`
}

/** A reference's subject as seen from the schema that names it. */
export function qualifyReference(subject: string, from: string): string {
  const context = contextOf(from)
  return context === defaultContext ? normalizeSubject(subject) : qualifySubject(context, subject)
}

export function isValidSubject(subject: string): boolean {
  const name = qualified(subject)?.[1] ?? subject
  // eslint-disable-next-line no-control-regex
  return !/[\u0000-\u001f\u007f-\u009f]/.test(subject) && name !== '__GLOBAL' && name !== '__EMPTY' && name !== ''
}
