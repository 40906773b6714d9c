// What is wrong with a field, as a person reads it: which of a validator's errors tell it, where, and what is meant instead.
// Invariant: one mistake, one message: a field that is misspelt is not said to be missing as well.
// Reference: errors of ajv with `verbose`, JSON Schema draft 7.
import type { ErrorObject } from 'ajv'
import { nearest } from '../base/index.ts'

export interface FieldMistake {
  readonly problem: ErrorObject
  /** Keys and indexes down to the field, also one that is not known. */
  readonly path: readonly string[]
}

/** 'Did you mean X? ', to stand before a list of what is known; empty when nothing is near. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const near = nearest(name, known)
  return near === undefined ? '' : `Did you mean ${near}? `
}

export const unknownField = (meant: string): string => `no such field (did you mean ${meant}?)`

/** One error per place: the branches of a oneOf repeat themselves, and a misspelt field is missing under its name. */
export function mostTelling(problems: readonly ErrorObject[]): FieldMistake[] {
  const unknown = problems.filter(({ keyword }) => keyword === 'additionalProperties')
  const meant = new Set(unknown.map((problem) => `${problem.instancePath} ${near(problem) ?? ''}`))
  const seen = new Set<string>()
  return problems.flatMap((problem) => {
    const { keyword, instancePath, params } = problem
    const isUnknown = keyword === 'additionalProperties'
    if (keyword === 'required') {
      if (problem.schemaPath.includes('/oneOf/')) return []
      if (meant.has(`${instancePath} ${String(params['missingProperty'])}`)) return []
    }
    if (keyword === 'oneOf' && unknown.some((other) => other.instancePath === instancePath)) return []
    const key = isUnknown || keyword === 'required' ? `${instancePath} ${JSON.stringify(params)}` : instancePath
    if (seen.has(key)) return []
    seen.add(key)
    const path = instancePath
      .split('/')
      .slice(1)
      .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    return [{ problem, path: isUnknown ? [...path, String(params['additionalProperty'])] : path }]
  })
}

/** The reason, without place and full stop. */
export function wording({ problem }: FieldMistake): string {
  const { keyword, params, data, parentSchema } = problem
  switch (keyword) {
    case 'additionalProperties':
      return unknownWording(problem)
    case 'required':
      return `the field ${String(params['missingProperty'])} is missing`
    case 'enum': {
      const allowed = (params['allowedValues'] as unknown[]).map(String)
      const meant = typeof data === 'string' ? nearest(data, allowed) : undefined
      if (allowed.length === 1) return `must be ${allowed[0]}`
      return `must be one of ${allowed.join(', ')}${meant === undefined ? '' : ` (did you mean ${meant}?)`}`
    }
    case 'const':
      return `must be ${JSON.stringify(params['allowedValue'])}`
    case 'oneOf': {
      const branches = (parentSchema?.['oneOf'] ?? []) as readonly { readonly required?: readonly string[] }[]
      return `must have one of the fields ${branches.flatMap(({ required }) => required ?? []).join(', ')}, and not more`
    }
    case 'pattern':
      return typeof parentSchema?.['description'] === 'string'
        ? `must be ${parentSchema['description']}`
        : (problem.message ?? keyword)
    default:
      return problem.message ?? keyword
  }
}

const propertiesOf = (schema: unknown): Readonly<Record<string, unknown>> =>
  ((schema as { properties?: unknown } | undefined)?.properties ?? {}) as Record<string, unknown>

/** The field that an unknown one is meant to be. */
const near = ({ params, parentSchema }: ErrorObject): string | undefined =>
  nearest(String(params['additionalProperty']), Object.keys(propertiesOf(parentSchema)))

function unknownWording(problem: ErrorObject): string {
  const meant = near(problem)
  if (meant !== undefined) return unknownField(meant)
  const fields = propertiesOf(problem.parentSchema)
  const name = String(problem.params['additionalProperty'])
  const deeper = Object.keys(fields).find((field) => name in propertiesOf(fields[field]))
  if (deeper !== undefined) return unknownField(`${deeper}.${name}`)
  return `no such field; the fields here: ${Object.keys(fields).join(', ')}`
}
