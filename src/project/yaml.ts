// YAML with places: each document is checked against its kind's JSON Schema, and every mistake names file, line and column.
// Reference: YAML 1.2 (the yaml package), JSON Schema draft 7 (ajv).
import { Ajv, type ValidateFunction } from 'ajv'
import { isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type Document, type Node } from 'yaml'
import { MillraceError, nearest, type Place } from '../base/index.ts'
import { didYouMean, mostTelling, unknownField, wording } from './field-mistakes.ts'
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

/** A document with mistakes: what can be told of it, so that nothing else is said to miss it. */
export interface BrokenResource {
  /** null: not even that. */
  readonly kind: string | null
  readonly content: unknown
}

// Of the kinds' own schemas, which a test compiles with the check of them: that is most of an Ajv's start.
const trusted = { strict: false, allowUnionTypes: true, meta: false, validateSchema: false } as const
const validators = new Map<string, ValidateFunction>()

/** @param thorough every mistake with what it is about; else only whether there is one, which is compiled much faster */
function validatorOf(kind: Kind, thorough: boolean): ValidateFunction {
  const key = `${kind.kind} ${thorough}`
  let found = validators.get(key)
  if (!found) {
    found = new Ajv(thorough ? { ...trusted, allErrors: true, verbose: true } : trusted).compile(kind.schema)
    validators.set(key, found)
  }
  return found
}

/**
 * The resources of one YAML file. `${NAME}` in scalars is replaced from `variables`; a scalar that is nothing but an unset
 * variable becomes null. Mistakes are added to `errors`; resources with mistakes are left out, and added to `broken`.
 */
export function readResources(
  file: ProjectFile,
  variables: Readonly<Record<string, string | undefined>>,
  errors: MillraceError[],
  broken: BrokenResource[] = [],
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
    if (document.errors.length > 0) broken.push({ kind: null, content: null })
    if (document.errors.length > 0 || document.contents === null) continue
    const resource = readResource(document, variables, place, errors)
    if ('placeOf' in resource) resources.push(resource)
    else broken.push(resource)
  }
  return resources
}

const firstLine = (text: string): string => text.split('\n')[0]!.replace(/ at line .*$/, '')

function readResource(
  document: Document.Parsed,
  variables: Readonly<Record<string, string | undefined>>,
  place: (offset: number) => Place,
  errors: MillraceError[],
): Resource | BrokenResource {
  const rootNode = document.contents as Node
  const start = place(rootNode.range?.[0] ?? 0)
  const content = substitute(document.toJS({ maxAliasCount: 100 }) as unknown, variables)
  const placeOf = (path: readonly (string | number)[]): Place => place(offsetOf(rootNode, path))
  const kind = kindOf(content, isMap(rootNode) ? placeOf : () => start, errors)
  if (typeof kind !== 'object') return { kind: kind ?? null, content }
  if (validatorOf(kind, false)(content)) return { kind: kind.kind, content, place: start, placeOf }
  const validate = validatorOf(kind, true)
  validate(content)
  for (const problem of mostTelling(validate.errors ?? [])) {
    errors.push(
      new MillraceError('MR-PROJECT-005', {
        details: { kind: kind.kind, where: problem.path.join('.') || 'the document', reason: wording(problem) },
        place: placeOf(problem.path),
      }),
    )
  }
  return { kind: kind.kind, content }
}

/** The kind of a document that can be read as it; else, with the mistake added to `errors`, the name of the one that is meant. */
function kindOf(
  content: unknown,
  placeOf: (path: readonly string[]) => Place,
  errors: MillraceError[],
): Kind | string | undefined {
  const isObject = typeof content === 'object' && content !== null && !Array.isArray(content)
  const { kind: written, apiVersion } = (isObject ? content : {}) as { kind?: unknown; apiVersion?: unknown }
  const misspelt = (field: 'kind' | 'apiVersion'): string | undefined =>
    isObject ? Object.keys(content).find((key) => key !== field && nearest(key, [field])) : undefined
  const refuse = (field: string, wanted: string, kind: string): void => {
    const details = { kind, where: field, reason: unknownField(wanted) }
    errors.push(new MillraceError('MR-PROJECT-005', { details, place: placeOf([field]) }))
  }
  const known = kinds.map((k) => k.kind)
  const found = kinds.find((k) => k.kind === written)
  if (written === undefined) {
    const field = misspelt('kind')
    if (field !== undefined) refuse(field, 'kind', 'a document')
    else errors.push(new MillraceError('MR-PROJECT-002', { details: { known: known.join(', ') }, place: placeOf([]) }))
    const meant = field === undefined ? undefined : (content as Record<string, unknown>)[field]
    return typeof meant === 'string' ? nearest(meant, known) : undefined
  }
  if (!found) {
    const details = { kind: String(written), known: known.join(', '), instead: didYouMean(String(written), known) }
    errors.push(new MillraceError('MR-PROJECT-003', { details, place: placeOf(['kind']) }))
    return nearest(String(written), known)
  }
  if (typeof apiVersion === 'string' && apiVersion.startsWith(found.apiVersion)) return found
  const field = apiVersion === undefined ? misspelt('apiVersion') : undefined
  if (field !== undefined) refuse(field, 'apiVersion', found.kind)
  else {
    const details = { kind: found.kind, found: String(apiVersion ?? 'none'), wanted: found.apiVersion }
    errors.push(new MillraceError('MR-PROJECT-004', { details, place: placeOf(['apiVersion']) }))
  }
  return found.kind
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
