// A parsed JSON Schema with all that its references lead to: nodes with their place and base URI, found by pointer, anchor
// or identifier, in this text or in those that the registry hands in by name. What leads nowhere is named, never guessed.
// Reference: JSON Schema 2020-12 core 8.2 ($id, $anchor, $ref, $defs), draft-07 core 8; RFC 3986.
import type { JsonSchema } from './schema.ts'
import { isRecord, type JsonRecord } from './values.ts'

export type Dialect = 'draft-07' | '2019-09' | '2020-12' | null

/** A schema inside a document. The same object of a document is always the same node. */
export interface SchemaNode {
  readonly schema: JsonSchema
  /** JSON pointer in its document. */
  readonly pointer: string
  readonly document: JsonDocument
  /** The URI that references in it are relative to. */
  readonly base: string
}

export interface NamedDocument {
  readonly name: string
  readonly schema: JsonSchema
}

const unnamed = 'json-schema:///'

/** Keywords whose values are schemas, lists of schemas, or objects of schemas. */
export const schemaKeywords: ReadonlySet<string> = new Set(
  'additionalProperties additionalItems unevaluatedProperties unevaluatedItems contains propertyNames not if then else items contentSchema'.split(
    ' ',
  ),
)
export const schemaListKeywords: ReadonlySet<string> = new Set('allOf anyOf oneOf prefixItems items'.split(' '))
export const schemaMapKeywords: ReadonlySet<string> = new Set(
  'properties patternProperties definitions $defs dependentSchemas dependencies'.split(' '),
)

export class JsonDocument {
  readonly root: SchemaNode
  readonly dialect: Dialect
  /** Texts that it may refer to, by the names it has for them. */
  readonly #named = new Map<string, JsonDocument>()
  readonly #nodes = new Map<unknown, SchemaNode>()
  /** By URI with its fragment, when that is a name. */
  readonly #identified = new Map<string, SchemaNode>()
  #indexed = false

  /** @param references texts of other schemas; theirs are found too */
  constructor(
    schema: JsonSchema,
    references: readonly NamedDocument[] = [],
    shared?: { readonly named: Map<string, JsonDocument>; readonly name: string },
  ) {
    const id = isRecord(schema) ? schema['$id'] : undefined
    // What is found by a name has that name, unless it has one of its own.
    const base = shared ? resolveUri(unnamed, shared.name) : unnamed
    this.root = { schema, pointer: '', document: this, base: resolveUri(base, typeof id === 'string' ? id : '') }
    this.#nodes.set(schema, this.root)
    this.dialect = dialectOf(schema)
    if (shared) this.#named = shared.named
    else
      for (const { name, schema: other } of references)
        this.#named.set(name, new JsonDocument(other, [], { named: this.#named, name }))
  }

  /** The node of a schema inside another of this document. @param step pointer from that one */
  child(parent: SchemaNode, step: string, schema: JsonSchema): SchemaNode {
    if (typeof schema === 'boolean')
      return { schema, pointer: parent.pointer + step, document: this, base: parent.base }
    const known = this.#nodes.get(schema)
    if (known) return known
    const id = schema['$id']
    // Beside $ref, draft 7 reads nothing else, $id included.
    const renamed = typeof id === 'string' && !(this.dialect === 'draft-07' && schema['$ref'] !== undefined)
    const base = renamed ? resolveUri(parent.base, id) : parent.base
    const node = { schema, pointer: parent.pointer + step, document: this, base }
    this.#nodes.set(schema, node)
    return node
  }

  /** What `reference` leads to from `from`; a sentence where it leads nowhere. */
  resolve(from: SchemaNode, reference: string): SchemaNode | string {
    const nowhere = `"$ref" ${reference} leads to nothing`
    const [path = '', fragment = ''] = splitFragment(reference)
    const byName = path === '' ? undefined : this.#named.get(path)
    if (byName) return byName.#fragment(byName.root, fragment) ?? nowhere
    const uri = path === '' ? from.base : resolveUri(from.base, path)
    const target = this.#resource(uri)
    return (target && target.document.#fragment(target, fragment)) ?? nowhere
  }

  #resource(uri: string): SchemaNode | undefined {
    this.#index()
    const own = this.#identified.get(uri)
    if (own) return own
    const named = this.#named.get(uri)
    if (named) return named.root
    for (const other of this.#named.values()) {
      other.#index()
      const found = other.#identified.get(uri)
      if (found) return found
    }
    return undefined
  }

  #fragment(resource: SchemaNode, fragment: string): SchemaNode | undefined {
    if (fragment === '') return resource
    if (!fragment.startsWith('/')) {
      this.#index()
      return this.#identified.get(`${resource.base}#${fragment}`)
    }
    let node = resource
    let json: unknown = resource.schema
    let step = ''
    for (const part of fragment.slice(1).split('/')) {
      const name = unescape(part)
      if (Array.isArray(json)) json = /^\d+$/.test(name) ? json[Number(name)] : undefined
      else json = isRecord(json) && Object.hasOwn(json, name) ? json[name] : undefined
      step += `/${part}`
      if (isRecord(json) && (this.#nodes.has(json) || typeof json['$id'] === 'string')) {
        node = this.child(node, step, json)
        step = ''
      }
    }
    if (typeof json !== 'boolean' && !isRecord(json)) return undefined
    return step === '' ? node : this.child(node, step, json)
  }

  /** Identifiers and anchors of the whole document, once. */
  #index(): void {
    if (this.#indexed) return
    this.#indexed = true
    this.#identified.set(this.root.base, this.root)
    const open: SchemaNode[] = [this.root]
    for (let node = open.pop(); node; node = open.pop()) {
      if (typeof node.schema === 'boolean') continue
      const { $id: id, $anchor: anchor, $dynamicAnchor: dynamic } = node.schema
      if (typeof id === 'string') this.#identified.set(node.base, node)
      // In draft 7 an $id that is only a fragment is an anchor.
      if (typeof id === 'string' && id.startsWith('#') && id.length > 1)
        this.#identified.set(`${splitFragment(node.base)[0]}${id}`, node)
      // To $ref, a dynamic anchor is one like others.
      for (const name of [anchor, dynamic])
        if (typeof name === 'string') this.#identified.set(`${node.base}#${name}`, node)
      for (const inner of childrenOf(node)) open.push(inner)
    }
  }
}

const inPlace = ['allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else', 'dependentSchemas', 'dependencies']

/** Schemas that speak of the same value as this one. */
function appliedInPlace(node: SchemaNode): SchemaNode[] {
  if (typeof node.schema === 'boolean') return []
  const keywords = node.schema
  const inner = childrenOf(node).filter((child) =>
    inPlace.some((name) => keywords[name] !== undefined && child.pointer.startsWith(`${node.pointer}/${name}`)),
  )
  const reference = keywords['$ref']
  const target = typeof reference === 'string' ? node.document.resolve(node, reference) : undefined
  return typeof target === 'object' ? [...inner, target] : inner
}

const circles = new WeakMap<JsonDocument, SchemaNode | null>()

/** A schema that leads to itself without going into the value, which gives it no meaning; null: there is none. */
export function circleOf(document: JsonDocument): SchemaNode | null {
  let found = circles.get(document)
  if (found === undefined) circles.set(document, (found = findCircle(document)))
  return found
}

/** Depth first over what applies in place, without recursion. */
function findCircle(document: JsonDocument): SchemaNode | null {
  const state = new Map<unknown, 'open' | 'done'>()
  const starts: SchemaNode[] = [document.root]
  for (let start = starts.pop(); start; start = starts.pop()) {
    if (typeof start.schema === 'boolean' || state.has(start.schema)) continue
    const path: { node: SchemaNode; rest: SchemaNode[] }[] = []
    const enter = (node: SchemaNode): void => {
      state.set(node.schema, 'open')
      starts.push(...childrenOf(node))
      path.push({ node, rest: appliedInPlace(node) })
    }
    enter(start)
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const next = top.rest.pop()
      if (!next) {
        state.set(top.node.schema, 'done')
        path.pop()
      } else if (typeof next.schema !== 'boolean') {
        if (state.get(next.schema) === 'open') return next
        if (!state.has(next.schema)) enter(next)
      }
    }
  }
  return null
}

/** The schemas that JSON Schema itself publishes: every tool has them. */
const publishedSchemas = /^https?:\/\/json-schema\.org\/draft/

/** A sentence about a "$ref" that leads to nothing, here or in what is referred to by name; undefined: there is none. */
export function danglingReference(document: JsonDocument): string | undefined {
  const open: SchemaNode[] = [document.root]
  const seen = new Set<unknown>()
  for (let node = open.pop(); node; node = open.pop()) {
    if (typeof node.schema === 'boolean' || seen.has(node.schema)) continue
    seen.add(node.schema)
    const reference = node.schema['$ref']
    const { dialect } = node.document
    if (typeof reference === 'string' && !publishedSchemas.test(resolveUri(node.base, reference))) {
      const target = node.document.resolve(node, reference)
      if (typeof target === 'string')
        return `${target}, at ${node.pointer === '' ? '/' : node.pointer}; what it means belongs under "references"`
      open.push(target)
    }
    // Beside $ref, draft 7 reads nothing else. Definitions that nothing leads to mean nothing.
    if (typeof reference === 'string' && dialect === 'draft-07') continue
    const unused = [`${node.pointer}/definitions/`, `${node.pointer}/$defs/`]
    open.push(...childrenOf(node).filter(({ pointer }) => !unused.some((start) => pointer.startsWith(start))))
  }
  return undefined
}

/** Every schema directly inside, in the order of the text. */
export function childrenOf(node: SchemaNode): SchemaNode[] {
  const found: SchemaNode[] = []
  if (typeof node.schema === 'boolean') return found
  const add = (step: string, value: unknown): void => {
    if (typeof value === 'boolean' || isRecord(value)) found.push(node.document.child(node, step, value as JsonSchema))
  }
  for (const [keyword, value] of Object.entries(node.schema)) {
    if (schemaListKeywords.has(keyword) && Array.isArray(value))
      value.forEach((item, i) => add(`/${keyword}/${i}`, item))
    else if (schemaKeywords.has(keyword)) add(`/${keyword}`, value)
    else if (schemaMapKeywords.has(keyword) && isRecord(value))
      for (const [name, item] of Object.entries(value)) add(`/${keyword}/${escapeStep(name)}`, item)
  }
  return found
}

export const escapeStep = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1')

function unescape(step: string): string {
  let name = step
  try {
    name = decodeURIComponent(step)
  } catch {
    // Not a percent-encoding: as it is written.
  }
  return name.replaceAll('~1', '/').replaceAll('~0', '~')
}

function splitFragment(reference: string): [string, string] {
  const hash = reference.indexOf('#')
  return hash < 0 ? [reference, ''] : [reference.slice(0, hash), reference.slice(hash + 1)]
}

/** Without a fragment. */
function resolveUri(base: string, reference: string): string {
  const path = splitFragment(reference)[0]
  if (path === '') return base
  return URL.canParse(path, base) ? new URL(path, base).href : path
}

const dialects: readonly [RegExp, Dialect][] = [
  [/json-schema\.org\/draft-07\/schema#?$/, 'draft-07'],
  [/json-schema\.org\/draft\/2019-09\/schema#?$/, '2019-09'],
  [/json-schema\.org\/draft\/2020-12\/schema#?$/, '2020-12'],
]

function dialectOf(schema: JsonSchema): Dialect {
  const uri = isRecord(schema) ? (schema as JsonRecord)['$schema'] : undefined
  return typeof uri === 'string' ? (dialects.find(([known]) => known.test(uri))?.[1] ?? null) : null
}
