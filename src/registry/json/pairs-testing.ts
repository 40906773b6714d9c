// Pairs of JSON Schemas, the second made from the first by a few changes, and values that are near to both. Everything
// follows from a seed. Every keyword that the checker decides is drawn, and combined with every other.
import type { Draw } from '../draw-testing.ts'

export type Plain = boolean | { [keyword: string]: unknown }

export interface JsonPair {
  readonly old: Plain
  readonly now: Plain
}

const names = ['a', 'b', 'c', 'x1', 'x2']
const words = ['', 'a', 'ab', 'abc', 'x1', 'é', '😀😀']
const numbers = [-2, -1, 0, 0.5, 1, 1.5, 2, 3, 4, 6, 10]
const patterns = ['^a', '^x', 'b$', '^[a-c]+$']
const types = ['string', 'integer', 'number', 'boolean', 'null', 'object', 'array']
const dialects = ['http://json-schema.org/draft-07/schema#', 'https://json-schema.org/draft/2020-12/schema']

export function makeJsonPair(draw: Draw): JsonPair {
  const modern = draw.chance(0.5)
  const maker = new Maker(draw, modern)
  const definitions = modern ? '$defs' : 'definitions'
  const head = { $schema: dialects[modern ? 1 : 0]! }
  const defs = { d: maker.definition(), e: maker.definition() }
  const body = maker.schema(3)
  const old = withHead(head, body, usedDefinitions(definitions, defs, body))
  const now = structuredClone(old)
  maker.defined = Object.keys((old[definitions] as object | undefined) ?? {})
  if (draw.chance(0.1)) maker.addDefault(now)
  for (let n = draw.below(3) + (draw.chance(0.9) ? 1 : 0); n > 0; n--) maker.change(now)
  return { old, now }
}

/** Those that something leads to: a change elsewhere would change nothing. */
function usedDefinitions(keyword: string, defs: Readonly<Record<string, Plain>>, body: Plain): object {
  const uses = (from: unknown): string[] =>
    [...new Set(JSON.stringify(from).match(/\/[de]"/g) ?? [])].map((end) => end[1]!)
  const first = uses(body)
  const all = new Set([...first, ...first.flatMap((name) => uses(defs[name]))])
  return all.size === 0 ? {} : { [keyword]: Object.fromEntries([...all].map((name) => [name, defs[name]])) }
}

/** Draft 7 reads nothing beside $ref: there the definitions need a schema around. */
function withHead(head: object, body: Plain, definitions: object): Exclude<Plain, boolean> {
  return typeof body === 'boolean' || body['$ref'] !== undefined
    ? { ...head, allOf: [body], ...definitions }
    : { ...head, ...body, ...definitions }
}

class Maker {
  /** Names of definitions that may be referred to. */
  defined: readonly string[] = ['d', 'e']
  readonly #draw: Draw
  readonly #modern: boolean

  constructor(draw: Draw, modern: boolean) {
    this.#draw = draw
    this.#modern = modern
  }

  schema(depth: number): Plain {
    const { below, chance, pick } = this.#draw
    if (chance(0.06)) return chance(0.6)
    if (chance(0.1) && this.defined.length > 0)
      return { $ref: `#/${this.#modern ? '$defs' : 'definitions'}/${pick(this.defined)}` }
    if (depth === 0 || chance(0.35)) return this.#leaf()
    const kind = below(12)
    if (kind < 5) return this.#object(depth)
    if (kind < 8) return this.#array(depth)
    return this.#combination(depth)
  }

  /** Not only a reference, which might lead in a circle. */
  definition(): Plain {
    for (;;) {
      const schema = this.schema(2)
      if (typeof schema === 'boolean' || schema['$ref'] === undefined) return schema
    }
  }

  #leaf(): Plain {
    const { chance, pick, below } = this.#draw
    const type = pick(types)
    const schema: Exclude<Plain, boolean> = chance(0.85) ? { type } : {}
    if (chance(0.12)) schema['type'] = [type, pick(types.filter((other) => other !== type))]
    if (chance(0.25)) this.add(schema, 0)
    if (chance(0.12)) return { enum: Array.from({ length: 1 + below(3) }, () => this.value(1)).filter(unlike) }
    return schema
  }

  #object(depth: number): Plain {
    const { chance, below, pick } = this.#draw
    const schema: Exclude<Plain, boolean> = chance(0.8) ? { type: 'object' } : {}
    const properties: Record<string, Plain> = {}
    for (let n = below(4); n > 0; n--) properties[pick(names)] = this.schema(depth - 1)
    schema['properties'] = properties
    if (chance(0.5)) schema['required'] = [...new Set(Array.from({ length: 1 + below(2) }, () => pick(names)))]
    if (chance(0.5)) schema['additionalProperties'] = chance(0.6) ? false : this.schema(depth - 1)
    for (let n = below(3); n > 1; n--) this.#addObject(schema, depth - 1)
    return schema
  }

  #array(depth: number): Plain {
    const { chance, below } = this.#draw
    const schema: Exclude<Plain, boolean> = chance(0.8) ? { type: 'array' } : {}
    if (chance(0.4))
      schema[this.#modern ? 'prefixItems' : 'items'] = Array.from({ length: 1 + below(2) }, () =>
        this.schema(depth - 1),
      )
    if (chance(0.6)) {
      const listed = schema['items'] !== undefined
      schema[listed ? 'additionalItems' : 'items'] = chance(0.2) ? false : this.schema(depth - 1)
    }
    if (chance(0.4)) this.#addArray(schema, depth - 1)
    return schema
  }

  #combination(depth: number): Plain {
    const { chance, below, pick } = this.#draw
    const some = (): Plain[] => Array.from({ length: 1 + below(3) }, () => this.schema(depth - 1))
    const schema: Exclude<Plain, boolean> = chance(0.2) ? { type: pick(types) } : {}
    const kind = below(6)
    if (kind === 0) schema['allOf'] = some()
    else if (kind === 1) schema['anyOf'] = some()
    else if (kind < 4) schema['oneOf'] = some()
    else if (kind === 4) schema['not'] = this.schema(depth - 1)
    else for (const part of ['if', 'then', 'else']) schema[part] = this.schema(depth - 1)
    return schema
  }

  #addObject(schema: Record<string, unknown>, depth: number): void {
    const { pick, below, chance } = this.#draw
    const kind = below(this.#modern ? 7 : 5)
    if (kind === 0) schema['patternProperties'] = { [pick(patterns)]: this.schema(depth) }
    else if (kind === 1)
      schema['propertyNames'] = pick<Plain>([
        { pattern: pick(patterns) },
        { maxLength: below(3) },
        { enum: [pick(names), pick(names)].filter(unlike) },
      ])
    else if (kind === 2) schema['minProperties'] = below(3)
    else if (kind === 3) schema['maxProperties'] = below(4)
    else if (kind === 6) schema['unevaluatedProperties'] = chance(0.7) ? false : this.schema(depth)
    else {
      const list = chance(0.5)
      const keyword = this.#modern ? (list ? 'dependentRequired' : 'dependentSchemas') : 'dependencies'
      schema[keyword] = { [pick(names)]: list ? [pick(names)] : this.schema(depth) }
    }
  }

  #addArray(schema: Record<string, unknown>, depth: number): void {
    const { below, chance } = this.#draw
    const kind = below(this.#modern ? 6 : 4)
    if (kind === 0) schema['minItems'] = below(3)
    else if (kind === 1) schema['maxItems'] = below(4)
    else if (kind === 2) schema['uniqueItems'] = chance(0.8)
    else if (kind === 5) schema['unevaluatedItems'] = chance(0.7) ? false : this.schema(depth)
    // ajv 8.20 lets an empty array pass contains beside listed items.
    else if (schema['prefixItems'] === undefined && !Array.isArray(schema['items'])) {
      schema['contains'] = this.schema(Math.max(0, depth - 1))
      if (this.#modern && chance(0.5)) schema['minContains'] = below(3)
      if (this.#modern && chance(0.3)) schema['maxContains'] = 1 + below(2)
    }
  }

  /** One more keyword, or another value for one. */
  add(schema: Record<string, unknown>, depth: number): void {
    const { below, pick } = this.#draw
    const kind = below(12)
    if (kind === 0) schema['minimum'] = pick(numbers)
    else if (kind === 1) schema['maximum'] = pick(numbers)
    else if (kind === 2) schema['exclusiveMinimum'] = pick(numbers)
    else if (kind === 3) schema['exclusiveMaximum'] = pick(numbers)
    else if (kind === 4) schema['multipleOf'] = pick([0.5, 1, 2, 3, 6])
    else if (kind === 5) schema['minLength'] = below(3)
    else if (kind === 6) schema['maxLength'] = below(4)
    else if (kind === 7) schema['pattern'] = pick(patterns)
    else if (kind === 8) schema['const'] = this.value(1)
    else if (kind === 9) schema['enum'] = Array.from({ length: 1 + below(3) }, () => this.value(1)).filter(unlike)
    else if (kind === 10) this.#addObject(schema, depth)
    else this.#addArray(schema, depth)
  }

  value(depth: number): unknown {
    const { below, pick, chance } = this.#draw
    const kind = below(depth > 0 ? 8 : 5)
    if (kind < 2) return pick(words)
    if (kind < 4) return pick(numbers)
    if (kind === 4) return pick([true, false, null])
    if (kind === 5) return Array.from({ length: below(3) }, () => this.value(depth - 1))
    if (kind === 6 && chance(0.5)) return {}
    return Object.fromEntries(names.filter(() => chance(0.4)).map((name) => [name, this.value(depth - 1)]))
  }

  /** One small change somewhere, in either direction. */
  change(root: Exclude<Plain, boolean>): void {
    const { below, pick, chance } = this.#draw
    const places: { holder: Record<string, unknown> | unknown[]; key: string | number; schema: Plain }[] = []
    collect(root, places)
    const inner = places.filter(({ schema }) => typeof schema === 'object')
    const target = chance(0.3) || inner.length === 0 ? root : (pick(inner).schema as Record<string, unknown>)
    const keywords = Object.keys(target).filter((key) => !['$schema', '$defs', 'definitions', '$ref'].includes(key))
    const kind = below(6)
    if (target['$ref'] === undefined && kind < 2) this.add(target, 1)
    else if (kind === 2 && keywords.length > 0) delete target[pick(keywords)]
    else if (kind === 3 && places.length > 0) {
      const { holder, key } = pick(places)
      ;(holder as Record<string | number, unknown>)[key] = this.schema(1)
    } else if (kind === 4) this.#changeList(target)
    else if (target['$ref'] === undefined) this.#changeProperties(target)
  }

  /** A property of the root becomes required, with a default that a reader fills in. */
  addDefault(root: Record<string, unknown>): void {
    const { pick, chance } = this.#draw
    const name = pick(names)
    const properties = (root['properties'] ??= {}) as Record<string, unknown>
    const known = properties[name]
    const fallback = this.value(1)
    properties[name] =
      typeof known === 'object' && known !== null && !('$ref' in known)
        ? { ...known, default: fallback }
        : { type: chance(0.5) ? 'string' : typeNameOf(fallback), default: fallback }
    root['required'] = [...new Set([...((root['required'] as string[] | undefined) ?? []), name])]
  }

  #changeList(target: Record<string, unknown>): void {
    const { pick, chance, below } = this.#draw
    const lists = ['anyOf', 'oneOf', 'allOf', 'enum', 'required', 'prefixItems', 'items'].filter((key) =>
      Array.isArray(target[key]),
    )
    if (lists.length === 0) return
    const name = pick(lists)
    const list = target[name] as unknown[]
    if (chance(0.4) && list.length > 1) list.splice(below(list.length), 1)
    else if (name === 'enum') target[name] = [...list, this.value(1)].filter(unlike)
    else if (name === 'required') target[name] = [...new Set([...list, pick(names)])]
    else list.splice(below(list.length + 1), 0, this.schema(1))
  }

  #changeProperties(target: Record<string, unknown>): void {
    const { pick, chance } = this.#draw
    const properties = (target['properties'] ??= {}) as Record<string, unknown>
    const present = Object.keys(properties)
    if (present.length > 0 && chance(0.4)) delete properties[pick(present)]
    else properties[pick(names)] = this.schema(1)
  }
}

function typeNameOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

const unlike = (value: unknown, i: number, list: readonly unknown[]): boolean =>
  list.findIndex((other) => JSON.stringify(other) === JSON.stringify(value)) === i

function collect(
  schema: Plain,
  places: { holder: Record<string, unknown> | unknown[]; key: string | number; schema: Plain }[],
): void {
  if (typeof schema === 'boolean') return
  const visit = (holder: Record<string, unknown> | unknown[], key: string | number): void => {
    const inner = (holder as Record<string | number, unknown>)[key] as Plain
    if (Array.isArray(inner)) return
    places.push({ holder, key, schema: inner })
    collect(inner, places)
  }
  for (const key of [
    'additionalProperties',
    'additionalItems',
    'items',
    'contains',
    'not',
    'if',
    'then',
    'else',
    'unevaluatedProperties',
    'unevaluatedItems',
  ])
    if (schema[key] !== undefined && !Array.isArray(schema[key])) visit(schema, key)
  for (const key of ['allOf', 'anyOf', 'oneOf', 'prefixItems', 'items'])
    if (Array.isArray(schema[key])) schema[key].forEach((_, i) => visit(schema[key] as unknown[], i))
  for (const key of ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas', 'dependencies']) {
    const map = schema[key] as Record<string, unknown> | undefined
    if (map) for (const name of Object.keys(map)) if (!Array.isArray(map[name])) visit(map, name)
  }
}

/** A value that is led by a schema, mostly: valid ones are frequent, and so are near misses. */
export function makeJsonValue(draw: Draw, root: Plain, schema: Plain = root, depth = 4): unknown {
  const maker = new Maker(draw, false)
  const { chance, pick, below } = draw
  if (typeof schema === 'boolean' || depth <= 0 || chance(0.06)) return maker.value(2)
  const inner = (one: unknown): unknown => makeJsonValue(draw, root, one as Plain, depth - 1)
  if (typeof schema['$ref'] === 'string') {
    const [, from, name] = schema['$ref'].split('/')
    return inner(((root as Record<string, unknown>)[from!] as Record<string, unknown>)[name!])
  }
  if (Object.hasOwn(schema, 'const') && chance(0.9)) return schema['const']
  if (Array.isArray(schema['enum']) && chance(0.9)) return pick(schema['enum'] as unknown[])
  const lists = ['anyOf', 'oneOf', 'allOf'].filter((key) => Array.isArray(schema[key]))
  if (lists.length > 0 && chance(0.7)) return inner(pick(schema[pick(lists)] as unknown[]))
  const parts = ['then', 'else', 'if'].filter((key) => schema[key] !== undefined)
  if (parts.length > 0 && chance(0.6)) return inner(schema[pick(parts)])
  const type =
    typeof schema['type'] === 'string'
      ? schema['type']
      : Array.isArray(schema['type'])
        ? pick(schema['type'] as string[])
        : undefined
  if (type === 'object' || (type === undefined && (schema['properties'] || schema['required']))) {
    const properties = (schema['properties'] ?? {}) as Record<string, unknown>
    const wanted = new Set([
      ...((schema['required'] as string[] | undefined) ?? []),
      ...Object.keys(properties).filter(() => chance(0.7)),
    ])
    if (chance(schema['additionalProperties'] === false ? 0.05 : 0.3)) wanted.add(pick(names))
    const rest = schema['additionalProperties'] ?? true
    return Object.fromEntries([...wanted].map((name) => [name, inner(properties[name] ?? rest)]))
  }
  if (type === 'array' || (type === undefined && (schema['items'] || schema['prefixItems']))) {
    const prefix = (schema['prefixItems'] ?? (Array.isArray(schema['items']) ? schema['items'] : [])) as unknown[]
    const rest = (Array.isArray(schema['items']) ? schema['additionalItems'] : schema['items']) ?? true
    const least = typeof schema['minItems'] === 'number' ? schema['minItems'] : 0
    return Array.from({ length: least + below(3) }, (_, i) =>
      inner(chance(0.2) && schema['contains'] !== undefined ? schema['contains'] : (prefix[i] ?? rest)),
    )
  }
  if (type === 'integer') return pick([-2, -1, 0, 1, 2, 3, 4, 6, 10])
  if (type === 'number') return pick(numbers)
  if (type === 'string') return pick(words)
  if (type === 'boolean') return chance(0.5)
  return type === 'null' ? null : maker.value(2)
}
