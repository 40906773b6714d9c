// Keywords of objects: open, closed and partly open models, required properties, dependencies, names and counts.
// Reference: JSON Schema 2020-12 core 10.3.2 and 11.3, validation 6.5; draft-07 6.5; Confluent's rules on content models.
import type { Difference } from '../difference.ts'
import { compareBound } from './compare-bounds.ts'
import { recordOf, type At, type Comparison } from './compatibility.ts'
import { escapeStep, type SchemaNode } from './document.ts'
import { isEmpty } from './emptiness.ts'
import {
  childOf,
  keyword,
  keywordsOf,
  patternsOf,
  propertyConstraint,
  propertyOf,
  restConstraint,
  restOfProperties,
  synthetic,
  type Constraint,
  type Facts,
} from './facts.ts'
import { matchesPattern } from './patterns.ts'
import { hasValidDefault } from './validate.ts'
import { shown } from './values.ts'

interface Sides {
  readonly comparison: Comparison
  readonly reader: SchemaNode
  readonly writer: readonly SchemaNode[]
  readonly facts: Facts
  readonly at: At
  /** Names of properties in the writer's schemas. */
  readonly written: ReadonlySet<string>
}

export function compareObjects(
  comparison: Comparison,
  reader: SchemaNode,
  writer: readonly SchemaNode[],
  facts: Facts,
  at: At,
): Difference[] {
  const written = new Set(facts.nodes.flatMap((node) => Object.keys(recordOf(keyword(node, 'properties')))))
  const sides: Sides = { comparison, reader, writer, facts, at, written }
  return [
    ...compareProperties(sides),
    ...comparePatterns(sides),
    ...compareRest(sides, 'additionalProperties'),
    ...compareRest(sides, 'unevaluatedProperties'),
    ...compareRequired(sides),
    ...compareDependencies(sides),
    ...compareNames(sides),
    ...compareCounts(sides),
  ]
}

const into = ({ at }: Sides, keywordName: string, name: string): At => ({
  reader: `${at.reader}/${keywordName}/${escapeStep(name)}`,
  writer: at.writer,
})

function requiredOf(node: SchemaNode): readonly string[] {
  const required = keyword(node, 'required')
  return Array.isArray(required) ? (required as string[]) : []
}

function compareProperties(sides: Sides): Difference[] {
  const { comparison, reader, facts, written } = sides
  const required = new Set(requiredOf(reader))
  return Object.keys(recordOf(keyword(reader, 'properties'))).flatMap((name) => {
    const schema = propertyOf(reader, name)!
    const { nodes, forbidden } = propertyConstraint(facts, name)
    if (forbidden) return []
    const at = into(sides, 'properties', name)
    const found = comparison.compareInside(schema, nodes, at)
    if (found.length === 0 || written.has(name)) return found
    if (nodes.length > 0) {
      const reason = `${name} is new here, and what the other schema accepts for further properties is not all accepted`
      const remedy = `give ${name} the schema that further properties have`
      const rule = 'PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL'
      return [...found, ...comparison.refusal(rule, at, reason, remedy)]
    }
    const kind = !required.has(name)
      ? 'OPTIONAL_PROPERTY'
      : hasDefault(sides, name)
        ? 'REQUIRED_PROPERTY_WITH_DEFAULT'
        : 'REQUIRED_PROPERTY'
    const reason = `${name} may hold anything in the other schema, which is open`
    const remedy = `set "additionalProperties": false one version before, or leave the schema of ${name} open`
    return comparison.refusal(`${kind}_ADDED_TO_OPEN_CONTENT_MODEL`, at, reason, remedy)
  })
}

/** A reader fills it in, and what it fills in is accepted. */
function hasDefault({ comparison, reader }: Sides, name: string): boolean {
  return hasValidDefault(reader, name, { fillDefaults: true, stepsMax: comparison.limits.validationStepsMax })
}

/** Schemas by pattern: for the names that are written down, and for all others that match. */
function comparePatterns(sides: Sides): Difference[] {
  const { comparison, reader, facts, written } = sides
  const names = new Set([...written, ...Object.keys(recordOf(keyword(reader, 'properties')))])
  return patternsOf(reader).flatMap(([pattern, schema]) => {
    const at = into(sides, 'patternProperties', pattern)
    const found = [...names].flatMap((name) => {
      if (matchesPattern(pattern, name) === false) return []
      const { nodes, forbidden } = propertyConstraint(facts, name)
      return forbidden ? [] : comparison.compareInside(schema, nodes, at)
    })
    const others = patternConstraint(facts, pattern)
    const rest = others.forbidden ? [] : comparison.compareInside(schema, others.nodes, at)
    if (rest.length === 0 || facts.nodes.some((node) => patternsOf(node).some(([known]) => known === pattern)))
      return [...found, ...rest]
    const reason = `properties whose name matches ${pattern} may hold other values in the other schema`
    const remedy = 'leave the pattern out, or give it the schema that further properties have'
    return [...found, comparison.difference('PATTERN_PROPERTY_ADDED', at, reason, remedy)]
  })
}

/** What holds for a property that no list has and whose name matches the pattern. */
function patternConstraint(facts: Facts, pattern: string): Constraint {
  const own = facts.nodes.flatMap((node) => patternsOf(node).filter(([known]) => known === pattern))
  const others = facts.nodes.filter((node) => !patternsOf(node).some(([known]) => known === pattern))
  const rest = restConstraint({ ...facts, nodes: others })
  const nodes = own.map(([, schema]) => schema)
  return {
    nodes: [...nodes, ...rest.nodes].filter(({ schema }) => schema !== true),
    forbidden: rest.forbidden || nodes.some(({ schema }) => schema === false),
  }
}

interface Covered {
  readonly names: ReadonlySet<string>
  readonly patterns: readonly string[]
}

/** What the rest does not speak of; null: there is no rest. */
function coveredBy(
  { comparison, reader }: Sides,
  rest: 'additionalProperties' | 'unevaluatedProperties',
): Covered | null {
  const nodes = rest === 'additionalProperties' ? [reader] : comparison.facts([reader]).nodes
  if (rest === 'unevaluatedProperties') {
    const evaluatesAll = (node: SchemaNode): boolean =>
      keyword(node, 'additionalProperties') !== undefined ||
      (node.schema !== reader.schema && keyword(node, 'unevaluatedProperties') !== undefined)
    if (nodes.some(evaluatesAll)) return null
  }
  return {
    names: new Set(nodes.flatMap((node) => Object.keys(recordOf(keyword(node, 'properties'))))),
    patterns: nodes.flatMap((node) => patternsOf(node).map(([pattern]) => pattern)),
  }
}

/** Properties that the reader has no schema of their own for. */
function compareRest(sides: Sides, rest: 'additionalProperties' | 'unevaluatedProperties'): Difference[] {
  const { comparison, reader, facts, written, at } = sides
  const given = keyword(reader, rest)
  if (given === undefined || given === true) return []
  const covered = coveredBy(sides, rest)
  if (!covered) return []
  const schema = childOf(reader, `/${rest}`, given)
  const closed = given === false
  const removed = [...written].flatMap((name) => {
    if (covered.names.has(name) || covered.patterns.some((pattern) => matchesPattern(pattern, name))) return []
    return compareRemoved(sides, schema, name)
  })
  const others = othersConstraint(facts, covered.patterns)
  if (others.forbidden) return removed
  const found = comparison.compareInside(schema, others.nodes, at)
  if (found.length === 0) return removed
  const prefix = rest === 'additionalProperties' ? 'ADDITIONAL_PROPERTIES' : 'UNEVALUATED_PROPERTIES'
  const place = { reader: `${at.reader}/${rest}`, writer: at.writer }
  if (!closed && others.nodes.length > 0) return [...removed, ...found]
  const reason = `further properties are ${closed ? 'refused' : 'bound'} here and free in the other schema`
  const rule = `${prefix}_${closed ? 'REMOVED' : 'NARROWED'}`
  return [...removed, ...comparison.refusal(rule, place, reason, `leave ${rest} as it is`)]
}

function compareRemoved(sides: Sides, rest: SchemaNode, name: string): Difference[] {
  const { comparison, facts, at } = sides
  const { nodes, forbidden } = propertyConstraint(facts, name)
  if (forbidden) return []
  const old = facts.nodes.find((node) => propertyOf(node, name))
  const place = { reader: at.reader, writer: old ? `${old.pointer}/properties/${escapeStep(name)}` : at.writer }
  if (rest.schema === false) {
    if (isEmpty(comparison, nodes, 0)) return []
    const reason = `${name} is refused here, as no further properties are accepted`
    const remedy = `keep ${name}, or accept further properties`
    return comparison.refusal('PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL', place, reason, remedy)
  }
  const found = comparison.compareInside(rest, nodes, place)
  if (found.length === 0) return []
  const reason = `${name} is a further property here, and those are bound otherwise`
  const rule = 'PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL'
  return [...found, ...comparison.refusal(rule, place, reason, `keep ${name}, or widen what further properties may be`)]
}

/** What holds for a property that no list has and none of the patterns matches. */
function othersConstraint(facts: Facts, patterns: readonly string[]): Constraint {
  const nodes = facts.nodes.map((node) => {
    const kept = patternsOf(node).filter(([pattern]) => !patterns.includes(pattern))
    if (kept.length === patternsOf(node).length) return node
    const schema = {
      ...keywordsOf(node),
      patternProperties: Object.fromEntries(kept.map(([p, { schema: s }]) => [p, s])),
    }
    return synthetic(node, schema)
  })
  return restConstraint({ ...facts, nodes })
}

function compareRequired(sides: Sides): Difference[] {
  const { comparison, reader, facts, at, written } = sides
  return requiredOf(reader).flatMap((name, i) => {
    if (facts.required.has(name) || hasDefault(sides, name)) return []
    const declared = propertyOf(reader, name) !== null
    const { nodes, forbidden } = propertyConstraint(facts, name)
    const open = nodes.length === 0 && !forbidden
    const kind =
      !declared || written.has(name)
        ? 'REQUIRED_ATTRIBUTE_ADDED'
        : `REQUIRED_PROPERTY_ADDED_TO_${open ? 'OPEN' : 'UNOPEN'}_CONTENT_MODEL`
    const place = { reader: `${at.reader}/required/${i}`, writer: at.writer }
    const reason = `${name} is required here and not in the other schema`
    return [comparison.difference(kind, place, reason, `leave ${name} out of required, or give it a valid default`)]
  })
}

function compareDependencies(sides: Sides): Difference[] {
  return ['dependentRequired', 'dependentSchemas', 'dependencies'].flatMap((from) =>
    Object.entries(recordOf(keyword(sides.reader, from))).flatMap(([name, wanted]) => {
      if (propertyConstraint(sides.facts, name).forbidden) return []
      const at = into(sides, from, name)
      return Array.isArray(wanted)
        ? compareDependents(sides, name, wanted as string[], at)
        : compareDependentSchema(sides, from, name, at)
    }),
  )
}

function compareDependents(
  { comparison, facts }: Sides,
  name: string,
  wanted: readonly string[],
  at: At,
): Difference[] {
  const given = facts.nodes.flatMap((node) =>
    ['dependentRequired', 'dependencies'].flatMap((from) => {
      const list = recordOf(keyword(node, from))[name]
      return Array.isArray(list) ? [list as string[]] : []
    }),
  )
  const missing = wanted.filter(
    (other) => other !== name && !facts.required.has(other) && !given.some((list) => list.includes(other)),
  )
  if (missing.length === 0) return []
  const rule = given.length === 0 ? 'DEPENDENCY_ARRAY_ADDED' : 'DEPENDENCY_ARRAY_EXTENDED'
  const reason = `with ${name}, ${missing.join(', ')} must be there, which the other schema does not ask for`
  return [comparison.difference(rule, at, reason, `leave ${missing.join(', ')} out`)]
}

function compareDependentSchema(sides: Sides, from: string, name: string, at: At): Difference[] {
  const { comparison, reader, writer, facts } = sides
  const schema = childOf(reader, `/${from}/${escapeStep(name)}`, recordOf(keyword(reader, from))[name])
  // Side by side where both have one, as Confluent's registry compares them.
  const [known] = facts.nodes.flatMap((node) =>
    ['dependentSchemas', 'dependencies'].flatMap((other) => {
      const map = recordOf(keyword(node, other))
      if (!Object.hasOwn(map, name) || Array.isArray(map[name])) return []
      return [childOf(node, `/${other}/${escapeStep(name)}`, map[name])]
    }),
  )
  if (known) return comparison.compare(schema, [known], at)
  const found = comparison.compare(schema, [...writer, presence(comparison, reader, name)], at)
  if (found.length === 0) return found
  const reason = `with ${name}, more must hold than the other schema asks for`
  return [...found, comparison.difference('DEPENDENCY_SCHEMA_ADDED', at, reason, 'leave it out')]
}

const presences = new WeakMap<Comparison, Map<string, SchemaNode>>()

/** An object with that property: nothing else can have it. One for each name of a comparison. */
function presence(comparison: Comparison, like: SchemaNode, name: string): SchemaNode {
  let known = presences.get(comparison)
  if (!known) presences.set(comparison, (known = new Map()))
  let node = known.get(name)
  if (!node) known.set(name, (node = synthetic(like, { type: 'object', required: [name] })))
  return node
}

function compareNames({ comparison, reader, facts, at, written }: Sides): Difference[] {
  const wanted = keyword(reader, 'propertyNames')
  if (wanted === undefined || wanted === true) return []
  const schema = childOf(reader, '/propertyNames', wanted)
  const given = facts.nodes.flatMap((node) => {
    const other = keyword(node, 'propertyNames')
    return other === undefined ? [] : [childOf(node, '/propertyNames', other)]
  })
  // Names are strings, whatever else is said.
  const strings = synthetic(reader, { type: 'string' })
  const found = comparison.compareInside(schema, [strings, ...given], at)
  if (found.length === 0) return []
  const closed = facts.nodes.some((node) => patternsOf(node).length === 0 && restOfProperties(node)?.schema === false)
  const possible = [...written].filter((name) => !propertyConstraint(facts, name).forbidden)
  if (closed && possible.every((name) => comparison.accepts(schema, name, false) === true)) return []
  if (given.length > 0) return found
  const place = { ...at, reader: `${at.reader}/propertyNames` }
  const reason = 'the other schema accepts names that are refused here'
  return [comparison.difference('PROPERTY_NAMES_ADDED', place, reason, 'leave propertyNames out')]
}

function compareCounts({ comparison, reader, facts, at, written }: Sides): Difference[] {
  const side = { reader, facts, at }
  const closed = facts.nodes.some((node) => patternsOf(node).length === 0 && restOfProperties(node)?.schema === false)
  const most = [...written].filter((name) => !propertyConstraint(facts, name).forbidden).length
  return [
    ...compareBound(comparison, side, 'minProperties', (wanted) => Number(shown(wanted)) <= facts.required.size),
    ...compareBound(comparison, side, 'maxProperties', (wanted) => closed && most <= Number(shown(wanted))),
  ]
}
