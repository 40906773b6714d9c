// Whether a JSON value is valid under a JSON Schema: a plain interpreter of draft 7 and 2020-12, for values of enums in
// compatibility checks and for records under a contract. `format` and contents are annotations, as both drafts have it.
// A pattern that could run away, a dynamic reference and a reference that leads nowhere are not decided: Undecided is
// thrown, and nobody takes that for a yes.
// Reference: JSON Schema 2020-12 core 10 and 11, validation 6; draft-07 validation 6.
import { childOf, keyword, keywordsOf, listOf, patternsOf, propertyOf } from './facts.ts'
import { escapeStep, type SchemaNode } from './document.ts'
import { compareNumbers, isMultipleOf, isNumber, type JsonNumber } from './numbers.ts'
import { matchesPattern } from './patterns.ts'
import { isRecord, lengthOf, listHas, sameValue, shown, typeBitOf, typeMask, type JsonRecord } from './values.ts'

/** What a schema leaves open here; the message says which keyword. */
export class Undecided extends Error {}

export interface Violation {
  /** JSON pointer into the value. */
  readonly path: string
  /** JSON pointer into the schema. */
  readonly schemaPath: string
  readonly keyword: string
  readonly reason: string
}

export interface ValidationOptions {
  /** A required property that is missing counts as there when it has a valid default: a reader fills it in. */
  readonly fillDefaults?: boolean
  /** Steps that one validation may take. */
  readonly stepsMax: number
}

const violationsMax = 20
/** Schemas inside each other that are open at a time. */
const depthMax = 512

/** What is wrong with the value, the first few; none: it is valid. Throws Undecided. O(value × schema), bounded */
export function validateJson(root: SchemaNode, value: unknown, options: ValidationOptions): Violation[] {
  const run = new Run(options)
  run.check(root, value, '')
  return run.violations
}

/** Properties and items that a schema looked at: `unevaluated…` speaks of the others. */
interface Seen {
  readonly names: Set<string>
  readonly items: Set<number>
}

const nothingSeen = (): Seen => ({ names: new Set(), items: new Set() })

function merge(into: Seen, from: Seen): void {
  for (const name of from.names) into.names.add(name)
  for (const item of from.items) into.items.add(item)
}

class Run {
  readonly violations: Violation[] = []
  readonly #options: ValidationOptions
  #steps = 0
  #depth = 0
  /** Above 0: only whether, not why. */
  #quiet = 0
  #failures = 0
  /** Pairs that are open, to see a schema that leads to itself without going into the value. */
  readonly #open = new Map<unknown, Set<string>>()

  constructor(options: ValidationOptions) {
    this.#options = options
  }

  /** Adds to violations. @returns what was seen, or null: it is not valid */
  check(node: SchemaNode, value: unknown, path: string): Seen | null {
    if (this.#depth >= depthMax) throw new Undecided(`it is nested deeper than ${depthMax}`)
    if (++this.#steps > this.#options.stepsMax)
      throw new Undecided(`it takes more than ${this.#options.stepsMax} steps`)
    if (node.schema === true) return nothingSeen()
    if (node.schema === false) return this.#fail(node, path, 'false', 'nothing is accepted here')
    let open = this.#open.get(node.schema)
    if (!open) this.#open.set(node.schema, (open = new Set()))
    if (open.has(path)) throw new Undecided('a schema refers to itself without going into the value')
    open.add(path)
    const before = this.#failures
    const seen = nothingSeen()
    this.#depth++
    this.#references(node, value, path, seen)
    if (!(node.document.dialect === 'draft-07' && keywordsOf(node)['$ref'] !== undefined))
      this.#keywords(node, value, path, seen)
    this.#depth--
    open.delete(path)
    return this.#failures === before ? seen : null
  }

  #fail(node: SchemaNode, path: string, name: string, reason: string): null {
    this.#failures++
    if (this.#quiet === 0 && this.violations.length < violationsMax)
      this.violations.push({
        path,
        schemaPath: name === 'false' ? node.pointer : `${node.pointer}/${name}`,
        keyword: name,
        reason,
      })
    return null
  }

  /** Without telling why not. */
  #try(node: SchemaNode, value: unknown, path: string): Seen | null {
    this.#quiet++
    const before = this.#failures
    const seen = this.check(node, value, path)
    this.#failures = before
    this.#quiet--
    return seen
  }

  #apply(node: SchemaNode, value: unknown, path: string, seen: Seen): void {
    const found = this.check(node, value, path)
    if (found) merge(seen, found)
  }

  #references(node: SchemaNode, value: unknown, path: string, seen: Seen): void {
    const schema = keywordsOf(node)
    for (const name of ['$dynamicRef', '$recursiveRef'])
      if (schema[name] !== undefined) throw new Undecided(`${name} is not decided`)
    const reference = schema['$ref']
    if (typeof reference !== 'string') return
    const target = node.document.resolve(node, reference)
    if (typeof target === 'string') throw new Undecided(target)
    this.#apply(target, value, path, seen)
  }

  #keywords(node: SchemaNode, value: unknown, path: string, seen: Seen): void {
    const schema = keywordsOf(node)
    if (schema['type'] !== undefined && !(typeMask(schema['type']) & typeBitOf(value)))
      this.#fail(node, path, 'type', `${shown(value)} is not ${JSON.stringify(schema['type'])}`)
    if (Array.isArray(schema['enum']) && !listHas(schema['enum'], value))
      this.#fail(node, path, 'enum', `${shown(value)} is none of the values`)
    if (Object.hasOwn(schema, 'const') && !sameValue(schema['const'], value))
      this.#fail(node, path, 'const', `${shown(value)} is not ${shown(schema['const'])}`)
    if (isNumber(value)) this.#number(node, value, path)
    else if (typeof value === 'string') this.#string(node, value, path)
    for (const member of listOf(node, 'allOf')) this.#apply(member, value, path, seen)
    this.#combinations(node, value, path, seen)
    this.#condition(node, value, path, seen)
    if (Array.isArray(value)) this.#array(node, value, path, seen)
    else if (isRecord(value)) this.#object(node, value, path, seen)
  }

  #number(node: SchemaNode, value: JsonNumber, path: string): void {
    const bounds: [string, (order: number) => boolean][] = [
      ['minimum', (order) => order >= 0],
      ['exclusiveMinimum', (order) => order > 0],
      ['maximum', (order) => order <= 0],
      ['exclusiveMaximum', (order) => order < 0],
    ]
    for (const [name, holds] of bounds) {
      const bound = keyword(node, name)
      if (isNumber(bound) && !holds(compareNumbers(value, bound)))
        this.#fail(node, path, name, `${shown(value)} is beyond ${shown(bound)}`)
    }
    const multiple = keyword(node, 'multipleOf')
    if (isNumber(multiple) && !isMultipleOf(value, multiple))
      this.#fail(node, path, 'multipleOf', `${shown(value)} is no multiple of ${shown(multiple)}`)
  }

  #count(node: SchemaNode, kind: 'Length' | 'Items' | 'Properties', count: number, path: string): void {
    const least = keyword(node, `min${kind}`)
    const most = keyword(node, `max${kind}`)
    if (isNumber(least) && compareNumbers(count, least) < 0)
      this.#fail(node, path, `min${kind}`, `${count} is less than ${shown(least)}`)
    if (isNumber(most) && compareNumbers(count, most) > 0)
      this.#fail(node, path, `max${kind}`, `${count} is more than ${shown(most)}`)
  }

  #string(node: SchemaNode, value: string, path: string): void {
    this.#count(node, 'Length', lengthOf(value), path)
    const pattern = keyword(node, 'pattern')
    if (typeof pattern !== 'string') return
    if (!this.#matches(pattern, value)) this.#fail(node, path, 'pattern', `${shown(value)} does not match ${pattern}`)
  }

  #matches(pattern: string, text: string): boolean {
    const matches = matchesPattern(pattern, text)
    if (matches === undefined) throw new Undecided(`the pattern ${pattern} is not tried, as it could take for ever`)
    return matches
  }

  #combinations(node: SchemaNode, value: unknown, path: string, seen: Seen): void {
    const any = listOf(node, 'anyOf')
    if (any.length > 0) {
      const valid = any.flatMap((branch) => this.#try(branch, value, path) ?? [])
      if (valid.length === 0) this.#fail(node, path, 'anyOf', `${shown(value)} is valid under no branch`)
      for (const found of valid) merge(seen, found)
    }
    const one = listOf(node, 'oneOf')
    if (one.length > 0) {
      const valid = one.flatMap((branch) => this.#try(branch, value, path) ?? [])
      if (valid.length !== 1) this.#fail(node, path, 'oneOf', `${shown(value)} is valid under ${valid.length} branches`)
      else merge(seen, valid[0]!)
    }
    const not = keyword(node, 'not')
    if (not !== undefined && this.#try(childOf(node, '/not', not), value, path))
      this.#fail(node, path, 'not', `${shown(value)} is what must not be`)
  }

  #condition(node: SchemaNode, value: unknown, path: string, seen: Seen): void {
    const condition = keyword(node, 'if')
    if (condition === undefined) return
    const held = this.#try(childOf(node, '/if', condition), value, path)
    if (held) merge(seen, held)
    const name = held ? 'then' : 'else'
    const part = keyword(node, name)
    if (part !== undefined) this.#apply(childOf(node, `/${name}`, part), value, path, seen)
  }

  #array(node: SchemaNode, value: readonly unknown[], path: string, seen: Seen): void {
    this.#count(node, 'Items', value.length, path)
    if (
      keyword(node, 'uniqueItems') === true &&
      value.some((item, i) => value.slice(0, i).some((other) => sameValue(item, other)))
    )
      this.#fail(node, path, 'uniqueItems', 'an item is there twice')
    const items = keyword(node, 'items')
    const prefix = listOf(node, Array.isArray(items) ? 'items' : 'prefixItems')
    const restName = Array.isArray(items) ? 'additionalItems' : 'items'
    const rest = keyword(node, restName)
    value.forEach((item, i) => {
      const inner = i < prefix.length ? prefix[i] : rest === undefined ? undefined : childOf(node, `/${restName}`, rest)
      if (!inner) return
      seen.items.add(i)
      this.check(inner, item, `${path}/${i}`)
    })
    this.#contains(node, value, path, seen)
    const unevaluated = keyword(node, 'unevaluatedItems')
    if (unevaluated === undefined) return
    value.forEach((item, i) => {
      if (seen.items.has(i)) return
      this.check(childOf(node, '/unevaluatedItems', unevaluated), item, `${path}/${i}`)
      seen.items.add(i)
    })
  }

  #contains(node: SchemaNode, value: readonly unknown[], path: string, seen: Seen): void {
    const contains = keyword(node, 'contains')
    if (contains === undefined) return
    const inner = childOf(node, '/contains', contains)
    let count = 0
    value.forEach((item, i) => {
      if (!this.#try(inner, item, `${path}/${i}`)) return
      count++
      seen.items.add(i)
    })
    const least = keyword(node, 'minContains') ?? 1
    const most = keyword(node, 'maxContains')
    if (isNumber(least) && compareNumbers(count, least) < 0)
      this.#fail(node, path, 'contains', `${count} items are as they should be, ${shown(least)} are wanted`)
    if (isNumber(most) && compareNumbers(count, most) > 0)
      this.#fail(node, path, 'maxContains', `${count} items are, ${shown(most)} may be`)
  }

  #object(node: SchemaNode, value: JsonRecord, path: string, seen: Seen): void {
    const names = Object.keys(value)
    this.#count(node, 'Properties', names.length, path)
    this.#required(node, keyword(node, 'required'), value, path, 'required')
    const patterns = patternsOf(node)
    const additional = keyword(node, 'additionalProperties')
    const nameSchema = keyword(node, 'propertyNames')
    for (const name of names) {
      const at = `${path}/${escapeStep(name)}`
      if (nameSchema !== undefined && !this.#try(childOf(node, '/propertyNames', nameSchema), name, `${at}#name`))
        this.#fail(node, path, 'propertyNames', `the name ${shown(name)} is not valid`)
      const inner = [
        propertyOf(node, name) ?? [],
        ...patterns.flatMap(([pattern, schema]) => (this.#matches(pattern, name) ? schema : [])),
      ].flat()
      if (inner.length === 0 && additional !== undefined) inner.push(childOf(node, '/additionalProperties', additional))
      if (inner.length > 0) seen.names.add(name)
      for (const schema of inner) this.check(schema, value[name], at)
    }
    this.#dependencies(node, value, path, seen)
    const unevaluated = keyword(node, 'unevaluatedProperties')
    if (unevaluated === undefined) return
    for (const name of names) {
      if (seen.names.has(name)) continue
      this.check(childOf(node, '/unevaluatedProperties', unevaluated), value[name], `${path}/${escapeStep(name)}`)
      seen.names.add(name)
    }
  }

  #required(node: SchemaNode, required: unknown, value: JsonRecord, path: string, name: string): void {
    if (!Array.isArray(required)) return
    for (const wanted of required as string[]) {
      if (Object.hasOwn(value, wanted)) continue
      if (name === 'required' && this.#options.fillDefaults === true && hasValidDefault(node, wanted, this.#options))
        continue
      this.#fail(node, path, name, `${shown(wanted)} is missing`)
    }
  }

  #dependencies(node: SchemaNode, value: JsonRecord, path: string, seen: Seen): void {
    for (const from of ['dependentRequired', 'dependentSchemas', 'dependencies']) {
      const map = keyword(node, from)
      if (!isRecord(map)) continue
      for (const [name, wanted] of Object.entries(map)) {
        if (!Object.hasOwn(value, name)) continue
        if (Array.isArray(wanted)) this.#required(node, wanted, value, path, from)
        else this.#apply(childOf(node, `/${from}/${escapeStep(name)}`, wanted), value, path, seen)
      }
    }
  }
}

/** Keywords that may refuse an object once a property was filled in. */
const bindingPresence =
  '$ref allOf enum const maxProperties propertyNames patternProperties dependentRequired dependentSchemas dependencies not if anyOf oneOf'.split(
    ' ',
  )

/** The property has a default in this schema, also through $ref, it is valid there, and an object with it still is one. */
export function hasValidDefault(node: SchemaNode, name: string, options: ValidationOptions): boolean {
  if (bindingPresence.some((keywordName) => keyword(node, keywordName) !== undefined)) return false
  let property = propertyOf(node, name)
  for (let i = 0; property && i < 32; i++) {
    const schema = keywordsOf(property)
    if (Object.hasOwn(schema, 'default')) {
      try {
        return validateJson(propertyOf(node, name)!, schema['default'], options).length === 0
      } catch (error) {
        if (error instanceof Undecided) return false
        throw error
      }
    }
    const reference = schema['$ref']
    const target = typeof reference === 'string' ? property.document.resolve(property, reference) : undefined
    property = typeof target === 'object' ? target : null
  }
  return false
}
