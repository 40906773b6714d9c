// Whether every JSON value that one JSON Schema accepts is accepted by another. The writer's side is a set of schemas that
// all hold (facts.ts); the reader's keywords are asked one after the other whether they follow from it. Where they do not,
// the writer's alternatives are tried one by one. Beyond that come the rules of Confluent's registry that ask for more
// than that (sums may not shrink, products may not grow, subschemas need a matching), so that its verdicts hold here.
// What is not understood is refused by name (KEYWORD_NOT_DECIDED): never a yes by guess.
//
// A pair that is met again inside itself holds as far as nothing else speaks against it, if a property or an item lies
// between (values are finite, so the smaller value settles it); without that it is refused. A yes that rested on an open
// pair is forgotten when that pair fails.
// Reference: JSON Schema draft-07 and 2020-12 validation; Confluent's JSON Schema compatibility rules.
import type { Difference } from '../difference.ts'
import { registryLimits, type RegistryLimits } from '../limits.ts'
import { compareArrays } from './compare-arrays.ts'
import { compareNumbersOf, compareStrings } from './compare-bounds.ts'
import { compareObjects } from './compare-objects.ts'
import { circleOf, escapeStep, JsonDocument, type SchemaNode } from './document.ts'
import {
  childOf,
  FactsBuilder,
  finiteValues,
  hasApplicators,
  keyword,
  keywordsOf,
  listOf,
  negation,
  synthetic,
  type Choice,
  type Facts,
} from './facts.ts'
import { isEmpty } from './emptiness.ts'
import { matchingSize } from './matching.ts'
import { sameSchema } from './same-schema.ts'
import type { JsonSchema } from './schema.ts'
import { Undecided, validateJson } from './validate.ts'
import { isRecord, namesOfMask, sameValue, shown, typeBitOf, typeBits, typeMask } from './values.ts'

/** Every value lies in one of these. */
const typeParts: readonly (readonly [bits: number, schema: JsonSchema])[] = [
  [typeBits.null, { type: 'null' }],
  [typeBits.boolean, { type: 'boolean' }],
  [typeBits.integer | typeBits.fraction, { type: 'number' }],
  [typeBits.string, { type: 'string' }],
  [typeBits.array, { type: 'array' }],
  [typeBits.object, { type: 'object' }],
]

export interface JsonComparisonOptions {
  /** Confluent's LENIENT policy: adding and removing properties of open and closed objects is let through. */
  readonly lenient?: boolean
  readonly limits?: RegistryLimits
}

/**
 * Differences that keep `reader` from accepting what `writer` accepts; none: compatible. Bounded by limits.jsonComparisonsMax,
 * behind which it refuses by name.
 */
export function compareJson(
  reader: JsonDocument | JsonSchema,
  writer: JsonDocument | JsonSchema,
  { lenient = false, limits = registryLimits }: JsonComparisonOptions = {},
): Difference[] {
  const [r, w] = [reader, writer].map((side) => (side instanceof JsonDocument ? side : new JsonDocument(side)))
  const comparison = new Comparison(r!, w!, lenient, limits)
  const root = { reader: '', writer: '' }
  const circle = circleOf(r!) ?? circleOf(w!)
  if (circle && !sameSchema(r!.root, w!.root)) {
    const reason = 'a schema refers to itself without going into the value, which has no meaning'
    return [
      comparison.difference('KEYWORD_NOT_DECIDED', root, reason, `write ${circle.pointer || '/'} without the circle`),
    ]
  }
  const found = comparison.compare(r!.root, [w!.root], root)
  const seen = new Set<string>()
  return found
    .filter(({ rule, path, writerPath }) => {
      const key = `${rule} ${path} ${writerPath}`
      return !seen.has(key) && seen.add(key)
    })
    .slice(0, limits.messagesMax)
}

/** Places of what is compared, in the two main texts. */
export interface At {
  readonly reader: string
  readonly writer: string
}

/** Let through under the LENIENT policy. Reference: Confluent SchemaDiff, compatible changes. */
const lenientRules: ReadonlySet<string> = new Set([
  'ADDITIONAL_PROPERTIES_NARROWED',
  'ADDITIONAL_PROPERTIES_REMOVED',
  'UNEVALUATED_PROPERTIES_NARROWED',
  'UNEVALUATED_PROPERTIES_REMOVED',
  'REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL',
  'OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL',
  'PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL',
  'PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL',
  'PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL',
])

/** Schemas of the writer that are held against the reader's word for word. */
const sameMax = 8

interface Known {
  differences: Difference[]
  /** How often a value was gone into when it was opened; -1: decided. */
  openAt: number
}

export class Comparison {
  readonly lenient: boolean
  readonly limits: RegistryLimits
  readonly #reader: JsonDocument
  readonly #writer: JsonDocument
  readonly #known = new Map<string, Known>()
  readonly #holding: string[] = []
  readonly #ids = new WeakMap<object, number>()
  #nextId = 2
  #count = 0
  #steps = 0
  #depth = 0
  #into = 0

  constructor(reader: JsonDocument, writer: JsonDocument, lenient: boolean, limits: RegistryLimits) {
    this.#reader = reader
    this.#writer = writer
    this.lenient = lenient
    this.limits = limits
  }

  /** Differences that keep `reader` from accepting what satisfies all of `writer`. */
  compare(reader: SchemaNode, writer: readonly SchemaNode[], mention: At): Difference[] {
    if (reader.schema === true || (writer.length === 1 && isSameLeaf(reader.schema, writer[0]!.schema))) return []
    const at = this.#places(reader, writer, mention)
    const key = this.#key(reader, writer)
    const known = this.#known.get(key)
    if (known) {
      if (known.openAt !== this.#into) return known.differences
      return [
        this.difference(
          'KEYWORD_NOT_DECIDED',
          at,
          'a schema refers to itself without going into the value',
          'write it without the circle',
        ),
      ]
    }
    if (this.exhausted() || ++this.#count > this.limits.jsonComparisonsMax)
      return [this.difference('TOO_LARGE', at, 'the schemas are too large or too deep to compare', 'make them smaller')]
    const pair: Known = { differences: [], openAt: this.#into }
    this.#known.set(key, pair)
    const mark = this.#holding.length
    this.#depth++
    pair.differences = this.#decide(reader, writer, at)
    this.#depth--
    pair.openAt = -1
    if (pair.differences.length === 0) this.#holding.push(key)
    else for (const other of this.#holding.splice(mark)) this.#known.delete(other)
    return pair.differences
  }

  /** The same for a property's or an item's value. */
  compareInside(reader: SchemaNode, writer: readonly SchemaNode[], at: At): Difference[] {
    this.#into++
    const found = this.compare(reader, writer, at)
    this.#into--
    return found
  }

  holds(reader: SchemaNode, writer: readonly SchemaNode[], at: At): boolean {
    return this.compare(reader, writer, at).length === 0
  }

  exhausted(): boolean {
    return (
      this.#count > this.limits.jsonComparisonsMax ||
      this.#steps > this.limits.comparisonStepsMax ||
      this.#depth > this.limits.comparisonDepthMax
    )
  }

  facts(nodes: readonly SchemaNode[]): Facts {
    const facts = new FactsBuilder().build(nodes)
    this.#steps += facts.nodes.length + 1
    return facts
  }

  difference(rule: string, at: At, reason: string, remedy: string): Difference {
    return { rule, path: at.reader, writerPath: at.writer, reason, remedy }
  }

  /** None under a policy that lets the rule through. */
  refusal(rule: string, at: At, reason: string, remedy: string): Difference[] {
    return this.lenient && lenientRules.has(rule) ? [] : [this.difference(rule, at, reason, remedy)]
  }

  /** Valid under the schema, a missing property with a default counting as there; undefined: not decided. */
  accepts(node: SchemaNode, value: unknown, fillDefaults: boolean): boolean | undefined {
    try {
      this.#steps += 4
      return validateJson(node, value, { fillDefaults, stepsMax: this.limits.validationStepsMax }).length === 0
    } catch (error) {
      if (error instanceof Undecided) return undefined
      throw error
    }
  }

  #same(reader: SchemaNode, node: SchemaNode): boolean {
    if (this.exhausted()) return false
    return sameSchema(reader, node, (pairs) => {
      this.#steps += pairs
    })
  }

  /** A step into both sides' places. */
  inside(at: At, step: string): At {
    return { reader: at.reader + step, writer: at.writer + step }
  }

  #places(reader: SchemaNode, writer: readonly SchemaNode[], mention: At): At {
    const local = writer.find(({ document }) => document === this.#writer)
    return {
      reader: reader.document === this.#reader ? reader.pointer : mention.reader,
      writer: local ? local.pointer : mention.writer,
    }
  }

  #key(reader: SchemaNode, writer: readonly SchemaNode[]): string {
    const ids = writer.map((node) => this.#id(node)).toSorted((a, b) => a - b)
    return `${this.#id(reader)}|${ids.join(',')}`
  }

  #id({ schema }: SchemaNode): number {
    if (typeof schema === 'boolean') return schema ? 1 : 0
    let id = this.#ids.get(schema)
    if (id === undefined) this.#ids.set(schema, (id = this.#nextId++))
    return id
  }

  #decide(reader: SchemaNode, writer: readonly SchemaNode[], at: At): Difference[] {
    const facts = this.facts(writer)
    if (facts.mask === 0) return []
    if (facts.nodes.some((node) => node.schema === reader.schema)) return []
    // Combinations that stayed as they are need no proof.
    if (
      hasApplicators(reader) &&
      [...writer, ...facts.nodes].slice(0, sameMax).some((node) => this.#same(reader, node))
    )
      return []
    if (reader.schema === false)
      return isEmpty(this, writer, 0)
        ? []
        : [this.difference('TYPE_CHANGED', at, 'nothing is accepted any more', 'keep the schema')]
    const taken = (choice: Choice): boolean =>
      choice.branches.some(([first]) => writer.some((node) => node.schema === first!.schema))
    // What is let through may not be let through for want of a fact: the lenient policy looks at each alternative.
    const open = this.lenient ? facts.choices.find((choice) => !taken(choice)) : undefined
    if (open && reader.schema !== writer[0]!.schema) {
      const split = this.#split(reader, writer, open, at)
      return split.length > 0 ? split : this.#stricter(reader, writer, at)
    }
    const direct = this.#direct(reader, writer, facts, at)
    if (direct.length === 0) return this.#stricter(reader, writer, at)
    // Nothing was ever written that could be refused.
    if (isEmpty(this, writer, 0)) return []
    if (!hasApplicators(reader) && facts.nodes.slice(0, sameMax).some((node) => this.#same(reader, node))) return []
    // What no alternative changes is told as it is.
    let found = direct
    for (const choice of facts.choices) {
      if (taken(choice)) continue
      if (this.exhausted()) return direct
      const split = this.#split(reader, writer, choice, at)
      if (split.length === 0) {
        found = []
        break
      }
      if (found === direct) found = split
    }
    return found.length > 0 ? found : this.#stricter(reader, writer, at)
  }

  /** By each of the writer's alternatives. A choice that was taken is written out, so that it is not taken again. */
  #split(reader: SchemaNode, writer: readonly SchemaNode[], choice: Choice, at: At): Difference[] {
    const found: Difference[] = []
    for (const branch of choice.branches) {
      found.push(...this.compare(reader, [branch[0]!, ...writer, ...branch.slice(1)], at))
      if (this.exhausted()) break
    }
    return found
  }

  #direct(reader: SchemaNode, writer: readonly SchemaNode[], facts: Facts, at: At): Difference[] {
    const keywords = keywordsOf(reader)
    const found: Difference[] = []
    const values = finiteValues(facts)
    if (values) {
      const refused = this.#refusedValues(reader, writer, values)
      if (refused.length === 0) return []
      const listed = Object.hasOwn(keywords, 'const') ? 'const' : Array.isArray(keywords['enum']) ? 'enum' : undefined
      if (listed !== undefined) return [this.#lostValues(reader, listed, refused, at)]
    }
    for (const name of ['$dynamicRef', '$recursiveRef']) {
      if (keywords[name] === undefined) continue
      const reason = `what ${name} leads to depends on who refers, and is not decided by this registry`
      found.push(this.difference('KEYWORD_NOT_DECIDED', this.#step(at, name), reason, 'write $ref'))
    }
    const reference = keywords['$ref']
    if (typeof reference === 'string') {
      const target = reader.document.resolve(reader, reference)
      if (typeof target === 'string')
        found.push(
          this.difference(
            'REFERENCE_NOT_FOUND',
            this.#step(at, '$ref'),
            target,
            'register what it refers to, and name it in references',
          ),
        )
      else found.push(...this.compare(target, writer, at))
    }
    for (const member of listOf(reader, 'allOf')) found.push(...this.compare(member, writer, at))
    found.push(
      ...this.#types(reader, facts, at),
      ...this.#listed(reader, facts, values, at),
      ...this.#anyOf(reader, writer, facts, at),
      ...this.#oneOf(reader, writer, facts, at),
      ...this.#not(reader, writer, at),
      ...this.#condition(reader, writer, at),
    )
    // A value of another type would be said twice.
    if (found.some(({ rule }) => rule === 'TYPE_CHANGED')) return found
    if (facts.mask & typeBits.string) found.push(...compareStrings(this, reader, facts, at))
    if (facts.mask & (typeBits.integer | typeBits.fraction)) found.push(...compareNumbersOf(this, reader, facts, at))
    if (facts.mask & typeBits.array) found.push(...compareArrays(this, reader, writer, facts, at))
    if (facts.mask & typeBits.object) found.push(...compareObjects(this, reader, writer, facts, at))
    return found
  }

  #step(at: At, name: string): At {
    return { ...at, reader: `${at.reader}/${escapeStep(name)}` }
  }

  /** Values of the writer's list that it accepts and the reader does not, or that are not decided. */
  #refusedValues(reader: SchemaNode, writer: readonly SchemaNode[], values: readonly unknown[]): unknown[] {
    return values.filter((value) => {
      if (this.exhausted()) return true
      if (writer.some((node) => this.accepts(node, value, false) === false)) return false
      return this.accepts(reader, value, true) !== true
    })
  }

  #lostValues(reader: SchemaNode, listed: 'const' | 'enum', refused: readonly unknown[], at: At): Difference {
    const rule = listed === 'const' ? 'ENUM_ARRAY_CHANGED' : 'ENUM_ARRAY_NARROWED'
    const what =
      refused.slice(0, 10).map(shown).join(', ') + (refused.length > 10 ? ` and ${refused.length - 10} more` : '')
    const remedy = listed === 'const' ? `write an enum that has ${what} too` : `add ${what} to the enum`
    const wanted = keywordsOf(reader)[listed]
    const changed = Array.isArray(wanted) && wanted.length > 0 && rule === 'ENUM_ARRAY_NARROWED'
    return this.difference(
      rule,
      this.#step(at, listed),
      `${what} ${refused.length === 1 ? 'is' : 'are'} accepted by the other schema, not here${changed ? '' : ` (only ${shown(wanted)})`}`,
      remedy,
    )
  }

  #types(reader: SchemaNode, facts: Facts, at: At): Difference[] {
    const type = keywordsOf(reader)['type']
    if (type === undefined) return []
    const lost = facts.mask & ~typeMask(type)
    if (lost === 0) return []
    const names = lost === typeBits.fraction ? 'a number with a fraction' : namesOfMask(lost)
    const rule = lost === facts.mask ? 'TYPE_CHANGED' : 'TYPE_NARROWED'
    const wanted = namesOfMask(typeMask(type))
    const remedy = lost === typeBits.fraction ? 'keep the type number' : `accept ${names} too: a list of types`
    return [
      this.difference(
        rule,
        this.#step(at, 'type'),
        `${names} is accepted by the other schema, only ${wanted} here`,
        remedy,
      ),
    ]
  }

  #listed(reader: SchemaNode, facts: Facts, values: readonly unknown[] | undefined, at: At): Difference[] {
    const keywords = keywordsOf(reader)
    const listed = Object.hasOwn(keywords, 'const') ? 'const' : Array.isArray(keywords['enum']) ? 'enum' : undefined
    if (listed === undefined || values) return []
    const list = listed === 'const' ? [keywords['const']] : (keywords['enum'] as unknown[])
    // Every value of the types that are left is listed: both truth values, null.
    if (!(facts.mask & ~(typeBits.boolean | typeBits.null))) {
      const all = [true, false, null].filter((value) => facts.mask & typeBitOf(value))
      if (all.every((value) => list.some((one) => sameValue(one, value)))) return []
    }
    const reason = `only ${shown(listed === 'const' ? list[0] : list)} is accepted here, any value of the type by the other schema`
    return [this.difference('ENUM_ARRAY_NARROWED', this.#step(at, listed), reason, `leave ${listed} out`)]
  }

  #anyOf(reader: SchemaNode, writer: readonly SchemaNode[], facts: Facts, at: At): Difference[] {
    const branches = listOf(reader, 'anyOf')
    if (branches.length === 0) return []
    let only: Difference[] = []
    for (const branch of branches) {
      only = this.compare(branch, writer, at)
      if (only.length === 0) return []
    }
    if (branches.length === 1) return only
    const holds = (part: readonly SchemaNode[]): boolean =>
      branches.some((branch) => this.compare(branch, part, at).length === 0)
    return this.#byType(writer, facts, holds) ? [] : [this.#noBranch(this.#step(at, 'anyOf'))]
  }

  /** Whether it holds for the writer's values of each type by itself: `type: [a, b]` is as good as a branch for each. */
  #byType(writer: readonly SchemaNode[], facts: Facts, holds: (part: readonly SchemaNode[]) => boolean): boolean {
    const [like] = writer
    if (!like) return false
    const parts = typeParts.filter(([bits]) => bits & facts.mask)
    if (parts.length < 2 || parts.length === typeParts.length) return false
    return parts.every(([, schema]) => !this.exhausted() && holds([synthetic(like, schema), ...writer]))
  }

  #noBranch(at: At): Difference {
    const reason = 'no branch accepts all that the other schema accepts'
    return this.difference('COMBINED_TYPE_SUBSCHEMAS_CHANGED', at, reason, 'keep the branches, or add one')
  }

  #oneOf(reader: SchemaNode, writer: readonly SchemaNode[], facts: Facts, at: At): Difference[] {
    const branches = listOf(reader, 'oneOf')
    if (branches.length === 0) return []
    const list = keywordsOf(reader)['oneOf']
    const place = this.#step(at, 'oneOf')
    if (facts.nodes.some((node) => keyword(node, 'oneOf') === list)) return []
    let only: Difference[] = []
    let overlapping: { index: number; other: number } | undefined
    for (const [i, branch] of branches.entries()) {
      only = this.compare(branch, writer, at)
      if (only.length > 0) continue
      const other = branches.findIndex((one, j) => j !== i && !isEmpty(this, [...writer, one], 0))
      if (other < 0) return []
      overlapping ??= { index: i, other }
    }
    if (overlapping) {
      const { index, other } = overlapping
      const reason = `what branch ${index} accepts may be accepted by branch ${other} too, and then the value is refused`
      const remedy = 'tell the branches apart by a required property with a const, or write anyOf'
      return [this.difference('ONE_OF_MAY_OVERLAP', { ...place, reader: `${place.reader}/${other}` }, reason, remedy)]
    }
    if (branches.length === 1) return only
    const holds = (part: readonly SchemaNode[]): boolean => this.#oneOf(reader, part, this.facts(part), at).length === 0
    return this.#byType(writer, facts, holds) ? [] : [this.#noBranch(place)]
  }

  #not(reader: SchemaNode, writer: readonly SchemaNode[], at: At): Difference[] {
    const schema = keyword(reader, 'not')
    if (schema === undefined || isEmpty(this, [...writer, childOf(reader, '/not', schema)], 0)) return []
    const reason = 'what must not be here may be in the other schema'
    return [this.difference('NOT_TYPE_EXTENDED', this.#step(at, 'not'), reason, 'keep "not" as it is, or narrow it')]
  }

  #condition(reader: SchemaNode, writer: readonly SchemaNode[], at: At): Difference[] {
    const condition = keyword(reader, 'if')
    if (condition === undefined) return []
    const test = childOf(reader, '/if', condition)
    const parts: [string, SchemaNode][] = [
      ['then', test],
      ['else', negation(test)],
    ]
    return parts.flatMap(([name, given]) => {
      const part = keyword(reader, name)
      if (part === undefined) return []
      const node = childOf(reader, `/${name}`, part)
      const place = { reader: node.pointer, writer: at.writer }
      if (this.holds(node, writer, place) || isEmpty(this, [...writer, given], 0)) return []
      return this.compare(node, [...writer, given], place)
    })
  }

  /** Rules of Confluent's registry beyond what values show: explicit sums and products, side by side. */
  #stricter(reader: SchemaNode, writer: readonly SchemaNode[], at: At): Difference[] {
    if (writer.length !== 1) return []
    const old = writer[0]!
    const added = distinct(listOf(reader, 'allOf')).length - distinct(listOf(old, 'allOf')).length
    if (listOf(old, 'allOf').length > 0 && added > 0) {
      const reason = `allOf has ${added} more schema${added === 1 ? '' : 's'} than the other schema's`
      return [this.difference('PRODUCT_TYPE_EXTENDED', this.#step(at, 'allOf'), reason, 'leave out what was added')]
    }
    return this.#sums(reader, old, at)
  }

  #sums(reader: SchemaNode, old: SchemaNode, at: At): Difference[] {
    const [now, before] = [sumOf(reader), sumOf(old)]
    if (!now || !before) return []
    // No sum in fact: it accepts anything.
    if (now.keyword === 'anyOf' && now.branches.every(({ schema }) => isTrue(schema))) return []
    const place = this.#step(at, now.keyword)
    if (before.keyword === 'anyOf' && now.keyword === 'oneOf' && before.branches.length > 1 && now.branches.length > 0)
      return [this.difference('COMBINED_TYPE_CHANGED', place, 'anyOf has become oneOf', 'keep anyOf')]
    const [a, b] = [distinct(now.branches), distinct(before.branches)]
    if (a.length < b.length) {
      const reason = `${now.keyword} has ${a.length} schemas, the other schema's has ${b.length}`
      return [this.difference('SUM_TYPE_NARROWED', place, reason, 'keep all branches')]
    }
    const matched = matchingSize(b.length, a.length, (i, j) => this.holds(a[j]!, [b[i]!], at))
    return matched < b.length ? [this.#noBranch(place)] : []
  }
}

interface Sum {
  readonly keyword: 'anyOf' | 'oneOf'
  readonly branches: SchemaNode[]
}

function sumOf(node: SchemaNode): Sum | undefined {
  for (const name of ['oneOf', 'anyOf'] as const) {
    const branches = listOf(node, name)
    if (branches.length > 0) return { keyword: name, branches }
  }
  return undefined
}

/** Both say the same in a few plain keywords, as most properties do. */
function isSameLeaf(a: JsonSchema, b: JsonSchema): boolean {
  if (typeof a === 'boolean' || typeof b === 'boolean') return a === b
  let count = 0
  for (const name in a) {
    const value = a[name]
    if (name.startsWith('$') || (typeof value === 'object' && value !== null)) return false
    if (value !== b[name]) return false
    count++
  }
  return count === Object.keys(b).length
}

function isTrue(schema: JsonSchema): boolean {
  return schema === true || (typeof schema === 'object' && Object.keys(schema).length === 0)
}

/** Without those that say the same as an earlier one. */
function distinct(nodes: readonly SchemaNode[]): SchemaNode[] {
  return nodes.filter((node, i) => !nodes.slice(0, i).some((other) => sameSchema(node, other)))
}

/** An object, for keywords that hold schemas by name. */
export const recordOf = (value: unknown): Readonly<Record<string, unknown>> => (isRecord(value) ? value : {})
