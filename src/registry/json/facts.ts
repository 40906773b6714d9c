// What a set of schemas that must all hold says about a value: flattened through allOf, $ref and what follows from required
// properties, with its alternatives (anyOf, oneOf, if) left as choices. Leaving a fact out makes the set of values larger,
// never smaller: a comparison may lose a yes by it, not gain one.
import { escapeStep, type SchemaNode } from './document.ts'
import type { JsonSchema } from './schema.ts'
import { matchesPattern } from './patterns.ts'
import { compareNumbers, isNumber, type JsonNumber } from './numbers.ts'
import { anyType, isRecord, typeBits, typeBitOf, typeMask, type JsonRecord } from './values.ts'

/** One of these lists of schemas must hold as a whole. */
export interface Choice {
  readonly node: SchemaNode
  readonly keyword: 'anyOf' | 'oneOf' | 'if'
  readonly branches: readonly (readonly SchemaNode[])[]
}

export interface Facts {
  /** Schemas that are objects, each with its own keywords only. */
  readonly nodes: readonly SchemaNode[]
  readonly choices: readonly Choice[]
  /** Types that a value may have. */
  readonly mask: number
  /** Properties that every object has. */
  readonly required: ReadonlySet<string>
  /** Something that must hold was not understood, or a reference leads nowhere: there may be fewer values. */
  readonly partial: boolean
}

export const keywordsOf = (node: SchemaNode): JsonRecord => (typeof node.schema === 'boolean' ? {} : node.schema)

/** Keywords that a dialect does not have: they say nothing there. Without a dialect all count. */
const foreign: Readonly<Record<string, ReadonlySet<string>>> = {
  'draft-07': new Set(
    'prefixItems dependentRequired dependentSchemas unevaluatedProperties unevaluatedItems minContains maxContains'.split(
      ' ',
    ),
  ),
  '2019-09': new Set(['prefixItems']),
  '2020-12': new Set(['dependencies', 'additionalItems']),
}

/** A keyword's value where it says something in the node's dialect. */
export function keyword(node: SchemaNode, name: string): unknown {
  if (typeof node.schema === 'boolean' || !Object.hasOwn(node.schema, name)) return undefined
  const { dialect } = node.document
  return dialect !== null && foreign[dialect]!.has(name) ? undefined : node.schema[name]
}

export function childOf(node: SchemaNode, step: string, schema: unknown): SchemaNode {
  return node.document.child(node, step, schema as JsonSchema)
}

export function listOf(node: SchemaNode, name: string): SchemaNode[] {
  const list = keyword(node, name)
  return Array.isArray(list) ? list.map((item, i) => childOf(node, `/${name}/${i}`, item)) : []
}

/** A schema that is nowhere written: the node's place, other keywords. */
export function synthetic(like: SchemaNode, schema: JsonSchema): SchemaNode {
  return { schema, pointer: like.pointer, document: like.document, base: like.base }
}

const syntheticNots = new WeakMap<object, SchemaNode>()

/** { not: node }, the same one for the same schema. */
export function negation(node: SchemaNode): SchemaNode {
  if (typeof node.schema === 'boolean') return synthetic(node, !node.schema)
  let negated = syntheticNots.get(node.schema)
  if (!negated) syntheticNots.set(node.schema, (negated = synthetic(node, { not: node.schema })))
  return negated
}

/** Branches up to which each carries that the others refuse. */
const exclusionsMax = 16
/** References and allOf inside each other. */
const chainMax = 500

export class FactsBuilder {
  readonly #nodes: SchemaNode[] = []
  readonly #choices: Choice[] = []
  readonly #seen = new Set<unknown>()
  readonly #required = new Set<string>()
  readonly #dependents: { node: SchemaNode; name: string; schema: unknown; step: string }[] = []
  #mask = anyType
  #partial = false
  #depth = 0

  build(nodes: readonly SchemaNode[]): Facts {
    for (const node of nodes) this.#add(node)
    for (let more = true; more;) {
      more = false
      for (const { node, name, schema, step } of this.#dependents.splice(0)) {
        // What is no object has no properties, whatever is required.
        if (!this.#required.has(name) || this.#mask !== typeBits.object)
          this.#dependents.push({ node, name, schema, step })
        else {
          more = true
          this.#add(childOf(node, step, schema))
        }
      }
    }
    return {
      nodes: this.#nodes,
      choices: this.#choices,
      mask: this.#mask,
      required: this.#required,
      partial: this.#partial,
    }
  }

  #add(node: SchemaNode): void {
    // A chain of references longer than the stack: what it says is left out.
    if (this.#depth >= chainMax) {
      this.#partial = true
      return
    }
    this.#depth++
    this.#addOne(node)
    this.#depth--
  }

  #addOne(node: SchemaNode): void {
    if (node.schema === true) return
    if (node.schema === false) {
      this.#mask = 0
      return
    }
    if (this.#seen.has(node.schema)) return
    this.#seen.add(node.schema)
    const reference = node.schema['$ref']
    if (typeof reference === 'string') {
      const target = node.document.resolve(node, reference)
      if (typeof target === 'string') this.#partial = true
      else this.#add(target)
      // Draft 7 reads nothing beside $ref.
      if (node.document.dialect === 'draft-07') return
    }
    if (node.schema['$dynamicRef'] !== undefined || node.schema['$recursiveRef'] !== undefined) this.#partial = true
    this.#nodes.push(node)
    this.#types(node.schema)
    const required = node.schema['required']
    if (Array.isArray(required)) for (const name of required) this.#required.add(name as string)
    for (const member of listOf(node, 'allOf')) this.#add(member)
    this.#combinations(node)
    for (const from of ['dependentSchemas', 'dependencies']) {
      const map = keyword(node, from)
      if (!isRecord(map)) continue
      for (const [name, schema] of Object.entries(map))
        if (!Array.isArray(schema)) this.#dependents.push({ node, name, schema, step: `/${from}/${escapeStep(name)}` })
    }
  }

  #types(schema: JsonRecord): void {
    if (schema['type'] !== undefined) this.#mask &= typeMask(schema['type'])
    if (Array.isArray(schema['enum'])) this.#mask &= maskOfValues(schema['enum'])
    if (Object.hasOwn(schema, 'const')) this.#mask &= typeBitOf(schema['const'])
    // A whole number only: what is a multiple of a whole one.
    const multiple = schema['multipleOf']
    if (isNumber(multiple) && typeof multiple === 'number' && Number.isInteger(multiple))
      this.#mask &= ~typeBits.fraction
  }

  #combinations(node: SchemaNode): void {
    const any = listOf(node, 'anyOf')
    if (any.length > 0) this.#choices.push({ node, keyword: 'anyOf', branches: any.map((branch) => [branch]) })
    const one = listOf(node, 'oneOf')
    if (one.length > 0) {
      // What one branch accepts, the others refuse.
      const others = one.length > exclusionsMax ? [] : one.map(negation)
      const branches = one.map((branch, i) => [branch, ...others.filter((_, j) => j !== i)])
      this.#choices.push({ node, keyword: 'oneOf', branches })
    }
    const condition = keyword(node, 'if')
    if (condition === undefined) return
    const test = childOf(node, '/if', condition)
    const part = (name: string): SchemaNode[] => {
      const schema = keyword(node, name)
      return schema === undefined ? [] : [childOf(node, `/${name}`, schema)]
    }
    this.#choices.push({
      node,
      keyword: 'if',
      branches: [
        [test, ...part('then')],
        [negation(test), ...part('else')],
      ],
    })
  }
}

function maskOfValues(values: readonly unknown[]): number {
  return values.reduce<number>((mask, value) => mask | typeBitOf(value), 0)
}

/** The only values there can be; undefined: too many to list. */
export function finiteValues(facts: Facts): readonly unknown[] | undefined {
  let fewest: readonly unknown[] | undefined
  for (const node of facts.nodes) {
    const keywords = keywordsOf(node)
    const list = Object.hasOwn(keywords, 'const')
      ? [keywords['const']]
      : Array.isArray(keywords['enum'])
        ? (keywords['enum'] as unknown[])
        : undefined
    if (list && (!fewest || list.length < fewest.length)) fewest = list
  }
  if (fewest) return fewest.filter((value) => typeBitOf(value) & facts.mask)
  if (facts.mask & ~(typeBits.boolean | typeBits.null)) return undefined
  return [...(facts.mask & typeBits.boolean ? [true, false] : []), ...(facts.mask & typeBits.null ? [null] : [])]
}

/** What the facts say about a property or an item: schemas that must hold, or that there is none. */
export interface Constraint {
  readonly nodes: readonly SchemaNode[]
  readonly forbidden: boolean
}

/** Keywords through which other schemas evaluate the same value. */
const applicators =
  'allOf anyOf oneOf if then else $ref $dynamicRef $recursiveRef dependentSchemas dependencies not'.split(' ')
export const hasApplicators = (node: SchemaNode): boolean =>
  applicators.some((name) => Object.hasOwn(keywordsOf(node), name))

/** The schema for properties that no name and no pattern covers; true: none. */
export function restOfProperties(node: SchemaNode): SchemaNode | null {
  for (const name of ['additionalProperties', ...(hasApplicators(node) ? [] : ['unevaluatedProperties'])]) {
    const schema = keyword(node, name)
    if (schema !== undefined) return childOf(node, `/${name}`, schema)
  }
  return null
}

export const patternsOf = (node: SchemaNode): [string, SchemaNode][] => {
  const patterns = keyword(node, 'patternProperties')
  if (!isRecord(patterns)) return []
  return Object.entries(patterns).map(([pattern, schema]) => [
    pattern,
    childOf(node, `/patternProperties/${escapeStep(pattern)}`, schema),
  ])
}

export function propertyOf(node: SchemaNode, name: string): SchemaNode | null {
  const properties = keyword(node, 'properties')
  if (!isRecord(properties) || !Object.hasOwn(properties, name)) return null
  return childOf(node, `/properties/${escapeStep(name)}`, properties[name])
}

/** What each fact says about the property of that name. */
export function propertyConstraint(facts: Facts, name: string): Constraint {
  const nodes: SchemaNode[] = []
  for (const node of facts.nodes) {
    const own = propertyOf(node, name)
    if (own) nodes.push(own)
    let covered = own !== null
    for (const [pattern, schema] of patternsOf(node)) {
      const matches = matchesPattern(pattern, name)
      if (matches === true) nodes.push(schema)
      // Not known: it may be covered, so that nothing else is sure.
      if (matches !== false) covered = true
    }
    const rest = covered ? null : restOfProperties(node)
    if (rest) nodes.push(rest)
  }
  return constraint(nodes)
}

function constraint(nodes: readonly SchemaNode[]): Constraint {
  return {
    nodes: nodes.filter(({ schema }) => schema !== true),
    forbidden: nodes.some(({ schema }) => schema === false),
  }
}

/** What holds for every property whose name is not in `named`, whatever else it is. */
export function restConstraint(facts: Facts): Constraint {
  const nodes: SchemaNode[] = []
  for (const node of facts.nodes) {
    const rest = restOfProperties(node)
    if (!rest) continue
    const patterns = patternsOf(node)
    if (patterns.length === 0) nodes.push(rest)
    else nodes.push(alternatives(node, [...patterns.map(([, schema]) => schema), rest]))
  }
  return constraint(nodes)
}

const syntheticChoices = new WeakMap<object, SchemaNode>()

/** { anyOf: nodes }, the same one for the same first schema's owner. */
function alternatives(owner: SchemaNode, nodes: readonly SchemaNode[]): SchemaNode {
  const schemas = nodes.map(({ schema }) => schema)
  if (schemas.includes(true)) return synthetic(owner, true)
  if (schemas.every((schema) => schema === false)) return synthetic(owner, false)
  let node = syntheticChoices.get(owner.schema as object)
  if (!node) syntheticChoices.set(owner.schema as object, (node = synthetic(owner, { anyOf: schemas })))
  return node
}

/** Schemas of the first items, and the one of all others. */
export function itemsOf(node: SchemaNode): { prefix: SchemaNode[]; rest: SchemaNode | null } {
  const items = keyword(node, 'items')
  const listed = Array.isArray(items) ? 'items' : 'prefixItems'
  const prefix = listOf(node, listed)
  let name: string | null = null
  if (Array.isArray(items)) name = 'additionalItems'
  else if (items !== undefined) name = 'items'
  const schema = name === null ? undefined : keyword(node, name)
  if (schema !== undefined) return { prefix, rest: childOf(node, `/${name}`, schema) }
  const unevaluated =
    hasApplicators(node) || keyword(node, 'contains') !== undefined ? undefined : keyword(node, 'unevaluatedItems')
  return { prefix, rest: unevaluated === undefined ? null : childOf(node, '/unevaluatedItems', unevaluated) }
}

/** @param index null: of any item behind the listed ones of all facts */
export function itemConstraint(facts: Facts, index: number | null): Constraint {
  const nodes: SchemaNode[] = []
  for (const node of facts.nodes) {
    const { prefix, rest } = itemsOf(node)
    if (index !== null && index < prefix.length) nodes.push(prefix[index]!)
    else if (rest) nodes.push(rest)
  }
  return constraint(nodes)
}

/** The strongest bound of that name among the facts. */
export function boundOf(
  facts: Facts,
  name: string,
  upper: boolean,
): { value: JsonNumber; node: SchemaNode } | undefined {
  let found: { value: JsonNumber; node: SchemaNode } | undefined
  for (const node of facts.nodes) {
    const value = keyword(node, name)
    if (!isNumber(value)) continue
    if (!found || (upper ? less(value, found.value) : less(found.value, value))) found = { value, node }
  }
  return found
}

const less = (a: JsonNumber, b: JsonNumber): boolean => compareNumbers(a, b) < 0
