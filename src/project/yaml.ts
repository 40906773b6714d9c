// YAML with places: each document is checked against its kind's JSON Schema, and every mistake names file, line and column.
// Reference: YAML 1.2 (the yaml package), JSON Schema draft 7 (ajv).
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type Document, type Node } from 'yaml'
import { MillraceError, type Place } from '../base/index.ts'
import { kinds, type Kind } from './kinds.ts'

export interface ProjectFile {
  /** Relative to the project folder, with '/'. */
  readonly path: string
  readonly text: string
}

export interface Resource {
  readonly kind: string
  readonly content: unknown
  readonly place: Place
  /** The place of a value inside, by keys and indexes; the nearest parent where there is none. */
  placeOf(path: readonly (string | number)[]): Place
}

let validators: Map<string, ValidateFunction> | undefined

function validatorOf(kind: Kind): ValidateFunction {
  validators ??= new Map()
  let found = validators.get(kind.kind)
  if (!found) {
    found = new Ajv({ allErrors: true, strict: false, allowUnionTypes: true }).compile(kind.schema)
    validators.set(kind.kind, found)
  }
  return found
}

/**
 * The resources of one YAML file. `${NAME}` in scalars is replaced from `variables`; a scalar that is nothing but an unset
 * variable becomes null. Mistakes are added to `errors`; resources with mistakes are left out.
 */
export function readResources(
  file: ProjectFile,
  variables: Readonly<Record<string, string | undefined>>,
  errors: MillraceError[],
): Resource[] {
  const lines = new LineCounter()
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { file: file.path, line, column: col }
  }
  const resources: Resource[] = []
  for (const document of parseAllDocuments(file.text, { lineCounter: lines })) {
    for (const problem of document.errors) {
      errors.push(
        new MillraceError('MR-PROJECT-001', {
          details: { reason: firstLine(problem.message) },
          place: place(problem.pos[0]),
          cause: problem,
        }),
      )
    }
    if (document.errors.length > 0 || document.contents === null) continue
    const resource = readResource(document, variables, place, errors)
    if (resource) resources.push(resource)
  }
  return resources
}

const firstLine = (text: string): string => text.split('\n')[0]!.replace(/ at line .*$/, '')

function readResource(
  document: Document.Parsed,
  variables: Readonly<Record<string, string | undefined>>,
  place: (offset: number) => Place,
  errors: MillraceError[],
): Resource | undefined {
  const rootNode = document.contents as Node
  const start = place(rootNode.range?.[0] ?? 0)
  const content = substitute(document.toJS({ maxAliasCount: 100 }) as unknown, variables)
  const placeOf = (path: readonly (string | number)[]): Place => place(offsetOf(rootNode, path))
  if (!isMap(rootNode) || typeof content !== 'object' || content === null) {
    errors.push(new MillraceError('MR-PROJECT-002', { details: { known: knownKinds() }, place: start }))
    return undefined
  }
  const { kind: kindName, apiVersion } = content as { kind?: unknown; apiVersion?: unknown }
  const kind = kinds.find((k) => k.kind === kindName)
  if (!kind) {
    const code = kindName === undefined ? 'MR-PROJECT-002' : 'MR-PROJECT-003'
    errors.push(
      new MillraceError(code, { details: { kind: String(kindName), known: knownKinds() }, place: placeOf(['kind']) }),
    )
    return undefined
  }
  if (typeof apiVersion !== 'string' || !apiVersion.startsWith(kind.apiVersion)) {
    errors.push(
      new MillraceError('MR-PROJECT-004', {
        details: { kind: kind.kind, found: String(apiVersion), wanted: kind.apiVersion },
        place: placeOf(['apiVersion']),
      }),
    )
    return undefined
  }
  const validate = validatorOf(kind)
  if (validate(content)) return { kind: kind.kind, content, place: start, placeOf }
  for (const problem of mostTelling(validate.errors ?? [])) {
    const path = problem.instancePath
      .split('/')
      .slice(1)
      .map((p) => p.replaceAll('~1', '/').replaceAll('~0', '~'))
    const extra = problem.keyword === 'additionalProperties' ? [String(problem.params['additionalProperty'])] : []
    errors.push(
      new MillraceError('MR-PROJECT-005', {
        details: { kind: kind.kind, where: [...path, ...extra].join('.') || 'the document', reason: wording(problem) },
        place: placeOf([...path, ...extra]),
      }),
    )
  }
  return undefined
}

const knownKinds = (): string => kinds.map((k) => k.kind).join(', ')

/** One error per place: the branches of a oneOf repeat themselves. */
function mostTelling(problems: readonly ErrorObject[]): ErrorObject[] {
  const seen = new Set<string>()
  return problems.filter((problem) => {
    const key =
      problem.keyword === 'additionalProperties' || problem.keyword === 'required'
        ? `${problem.instancePath} ${JSON.stringify(problem.params)}`
        : problem.instancePath
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

function wording(problem: ErrorObject): string {
  const { params } = problem
  switch (problem.keyword) {
    case 'additionalProperties':
      return 'no such field'
    case 'required':
      return `the field ${String(params['missingProperty'])} is missing`
    case 'enum':
      return `must be one of ${(params['allowedValues'] as unknown[]).join(', ')}`
    case 'const':
      return `must be ${JSON.stringify(params['allowedValue'])}`
    default:
      return problem.message ?? problem.keyword
  }
}

function substitute(value: unknown, variables: Readonly<Record<string, string | undefined>>): unknown {
  if (typeof value === 'string') {
    const whole = /^\$\{(\w+)\}$/.exec(value)
    if (whole) return variables[whole[1]!] ?? null
    return value.replace(/\$\{(\w+)\}/g, (_, name: string) => variables[name] ?? '')
  }
  if (Array.isArray(value)) return value.map((item) => substitute(item, variables))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, substitute(v, variables)]))
  return value
}

/** Where the value at a path begins; for a key that is not there, its nearest parent. A named key wins over its value. */
function offsetOf(root: Node, path: readonly (string | number)[]): number {
  let node: Node = root
  let offset = root.range?.[0] ?? 0
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step))
      if (!pair) return offset
      offset = (pair.key as Node).range?.[0] ?? offset
      if (!pair.value) return offset
      node = pair.value as Node
    } else if (isSeq(node)) {
      const item = node.items[Number(step)] as Node | undefined
      if (!item) return offset
      node = item
      offset = item.range?.[0] ?? offset
    } else return offset
  }
  return offset
}
