// Keywords of arrays: listed items and all others, contains, uniqueness and counts.
// Reference: JSON Schema 2020-12 core 10.3.1 and 11.2, validation 6.4; draft-07 6.4.
import type { Difference } from '../difference.ts'
import { compareBound } from './compare-bounds.ts'
import type { At, Comparison } from './compatibility.ts'
import type { SchemaNode } from './document.ts'
import { isEmpty } from './emptiness.ts'
import { boundOf, childOf, itemConstraint, itemsOf, keyword, type Facts } from './facts.ts'
import { compareNumbers, isNumber, type JsonNumber } from './numbers.ts'
import { shown } from './values.ts'

interface Sides {
  readonly comparison: Comparison
  readonly reader: SchemaNode
  readonly facts: Facts
  readonly at: At
  /** Items that an array of the writer has at most. */
  readonly most: number
  /** Items that are listed one by one in the writer's schemas. */
  readonly listed: number
}

export function compareArrays(
  comparison: Comparison,
  reader: SchemaNode,
  _writer: readonly SchemaNode[],
  facts: Facts,
  at: At,
): Difference[] {
  const bound = boundOf(facts, 'maxItems', true)?.value
  const most = typeof bound === 'number' ? bound : Infinity
  const listed = Math.max(0, ...facts.nodes.map((node) => itemsOf(node).prefix.length))
  const sides: Sides = { comparison, reader, facts, at, most, listed }
  const side = { reader, facts, at }
  return [
    ...compareItems(sides),
    ...compareLoneAdditional(sides),
    ...compareUnevaluated(sides),
    ...compareUnique(sides),
    ...compareContains(sides),
    ...compareBound(comparison, side, 'minItems', (wanted) => compareNumbers(wanted, 0) <= 0),
    ...compareBound(comparison, side, 'maxItems', (wanted) => closedAt(facts) <= Number(shown(wanted))),
  ]
}

/** Items that there can be, as none are accepted behind them. */
function closedAt(facts: Facts): number {
  return Math.min(
    ...facts.nodes.map((node) => {
      const { prefix, rest } = itemsOf(node)
      const first = prefix.findIndex(({ schema }) => schema === false)
      if (first >= 0) return first
      return rest?.schema === false ? prefix.length : Infinity
    }),
    Infinity,
  )
}

const place = ({ at }: Sides, step: string): At => ({ reader: at.reader + step, writer: at.writer })

function compareItems(sides: Sides): Difference[] {
  const { comparison, reader, facts, most, listed } = sides
  const { prefix, rest } = itemsOf(reader)
  const found: Difference[] = []
  const end = Math.min(Math.max(prefix.length, listed), most, closedAt(facts))
  for (let i = 0; i < end; i++) {
    const schema = i < prefix.length ? prefix[i]! : rest
    if (!schema) break
    const { nodes, forbidden } = itemConstraint(facts, i)
    // No item here: none behind it either.
    if (forbidden) return found
    const inner = comparison.compareInside(schema, nodes, { reader: schema.pointer, writer: sides.at.writer })
    if (inner.length === 0) continue
    found.push(...(i < prefix.length ? added(sides, i, schema, inner) : removed(sides, i, nodes, schema, inner)))
  }
  if (!rest || most <= end || closedAt(facts) <= end) return found
  const { nodes, forbidden } = itemConstraint(facts, null)
  if (forbidden) return found
  const inner = comparison.compareInside(rest, nodes, { reader: rest.pointer, writer: sides.at.writer })
  if (inner.length > 0) found.push(...restDifference(sides, rest, nodes.length > 0, inner))
  return found
}

function added(sides: Sides, i: number, schema: SchemaNode, inner: Difference[]): Difference[] {
  const { comparison, facts, listed } = sides
  if (i < listed) return inner
  const at = { reader: schema.pointer, writer: sides.at.writer }
  const covered = itemConstraint(facts, i).nodes.length > 0
  const reason = `item ${i} is new here and may be anything in the other schema`
  const remedy = 'refuse further items one version before, or leave the item open'
  return covered
    ? [...inner, comparison.difference('ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL', at, reason, remedy)]
    : [comparison.difference('ITEM_ADDED_TO_OPEN_CONTENT_MODEL', at, reason, remedy)]
}

function removed(
  { comparison, at }: Sides,
  i: number,
  nodes: readonly SchemaNode[],
  rest: SchemaNode,
  inner: Difference[],
): Difference[] {
  const where = { reader: rest.pointer, writer: nodes[0]?.pointer ?? at.writer }
  if (rest.schema === false) {
    if (isEmpty(comparison, nodes, 0)) return []
    const reason = `item ${i} is refused here`
    return [comparison.difference('ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL', where, reason, 'keep the item')]
  }
  const reason = `item ${i} is a further item here, and those are bound otherwise`
  const rule = 'ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL'
  return [...inner, comparison.difference(rule, where, reason, 'keep the item, or widen what further items may be')]
}

function restDifference(
  { comparison, at }: Sides,
  rest: SchemaNode,
  bound: boolean,
  inner: Difference[],
): Difference[] {
  const where = { reader: rest.pointer, writer: at.writer }
  const name = rest.pointer.slice(rest.pointer.lastIndexOf('/') + 1)
  const prefix = name === 'unevaluatedItems' ? 'UNEVALUATED_ITEMS' : 'ADDITIONAL_ITEMS'
  if (rest.schema === false)
    return [
      comparison.difference(`${prefix}_REMOVED`, where, 'further items are refused here', `leave ${name} as it is`),
    ]
  if (bound) return inner
  const rule = name === 'items' ? 'SCHEMA_ADDED' : `${prefix}_NARROWED`
  return [
    comparison.difference(rule, where, 'items are bound here and free in the other schema', `leave ${name} as it is`),
  ]
}

const lone = (node: SchemaNode): SchemaNode | null => {
  const schema = keyword(node, 'additionalItems')
  return schema === undefined || keyword(node, 'items') !== undefined ? null : childOf(node, '/additionalItems', schema)
}

/** Without a list of items the keyword says nothing; Confluent's registry compares it all the same. */
function compareLoneAdditional(sides: Sides): Difference[] {
  const { comparison, reader, facts } = sides
  const wanted = lone(reader)
  if (!wanted) return []
  const given = facts.nodes.flatMap((node) => lone(node) ?? [])
  const found = comparison.compareInside(wanted, given, place(sides, '/additionalItems'))
  return found.length === 0 ? [] : restDifference(sides, wanted, given.length > 0, found)
}

/** Beside keywords that apply other schemas; alone it counts as the rest of the items. */
function compareUnevaluated(sides: Sides): Difference[] {
  const { comparison, reader, facts, most } = sides
  const given = keyword(reader, 'unevaluatedItems')
  const { rest } = itemsOf(reader)
  if (given === undefined || given === true || rest) return []
  const own = comparison.facts([reader]).nodes
  if (own.some((node) => node.schema !== reader.schema && itemsOf(node).rest)) return []
  const schema = childOf(reader, '/unevaluatedItems', given)
  const from = Math.max(0, ...own.map((node) => itemsOf(node).prefix.length))
  const end = Math.min(Math.max(from, sides.listed), most, closedAt(facts))
  for (let i = from; i < end; i++) {
    const { nodes, forbidden } = itemConstraint(facts, i)
    if (forbidden) return []
    const found = comparison.compareInside(schema, nodes, place(sides, '/unevaluatedItems'))
    if (found.length > 0) return restDifference(sides, schema, nodes.length > 0, found)
  }
  if (most <= end || closedAt(facts) <= end) return []
  const { nodes, forbidden } = itemConstraint(facts, null)
  if (forbidden) return []
  const found = comparison.compareInside(schema, nodes, place(sides, '/unevaluatedItems'))
  return found.length === 0 ? [] : restDifference(sides, schema, nodes.length > 0, found)
}

function compareUnique(sides: Sides): Difference[] {
  const { comparison, reader, facts, most } = sides
  if (keyword(reader, 'uniqueItems') !== true || most <= 1 || closedAt(facts) <= 1) return []
  if (facts.nodes.some((node) => keyword(node, 'uniqueItems') === true)) return []
  const reason = 'the other schema accepts an item twice'
  return [comparison.difference('UNIQUE_ITEMS_ADDED', place(sides, '/uniqueItems'), reason, 'leave uniqueItems out')]
}

interface Contains {
  readonly schema: SchemaNode
  readonly least: JsonNumber
  readonly most: JsonNumber | undefined
}

function containsOf(node: SchemaNode): Contains | null {
  const schema = keyword(node, 'contains')
  if (schema === undefined) return null
  const [least, most] = [keyword(node, 'minContains'), keyword(node, 'maxContains')]
  return {
    schema: childOf(node, '/contains', schema),
    least: isNumber(least) ? least : 1,
    most: isNumber(most) ? most : undefined,
  }
}

function compareContains(sides: Sides): Difference[] {
  const { comparison, reader, facts, most } = sides
  const wanted = containsOf(reader)
  if (!wanted) return []
  const given = facts.nodes.flatMap((node) => containsOf(node) ?? [])
  const at = place(sides, '/contains')
  const enough = (one: Contains): boolean =>
    compareNumbers(one.least, wanted.least) >= 0 &&
    comparison.compareInside(wanted.schema, [one.schema], at).length === 0
  const found: Difference[] = []
  if (compareNumbers(wanted.least, 0) > 0 && !given.some(enough) && !allContained(sides, wanted)) {
    const fewer = given.find((one) => compareNumbers(one.least, wanted.least) < 0)
    const rule = given.length === 0 ? 'CONTAINS_ADDED' : fewer ? 'MIN_CONTAINS_INCREASED' : 'CONTAINS_CHANGED'
    const where = rule === 'MIN_CONTAINS_INCREASED' ? place(sides, '/minContains') : at
    found.push(
      comparison.difference(
        rule,
        where,
        'the other schema accepts arrays without such items',
        'leave contains as it is',
      ),
    )
  }
  const { most: limit } = wanted
  if (limit === undefined || (most !== Infinity && compareNumbers(most, limit) <= 0)) return found
  const bounded = given.some(
    (one) =>
      one.most !== undefined &&
      compareNumbers(one.most, limit) <= 0 &&
      comparison.compareInside(one.schema, [wanted.schema], at).length === 0,
  )
  if (bounded) return found
  const rule = given.some((one) => one.most !== undefined) ? 'MAX_CONTAINS_DECREASED' : 'MAX_CONTAINS_ADDED'
  found.push(
    comparison.difference(
      rule,
      place(sides, '/maxContains'),
      'the other schema accepts more such items',
      'leave maxContains as it is',
    ),
  )
  return found
}

/** There are as many items as are wanted, and each is such a one. */
function allContained({ comparison, facts, at, listed }: Sides, wanted: Contains): boolean {
  const least = boundOf(facts, 'minItems', false)?.value
  if (least === undefined || compareNumbers(least, wanted.least) < 0) return false
  const places = [...Array(Math.min(listed, Number(shown(least)))).keys(), null]
  return places.every(
    (index) => comparison.compareInside(wanted.schema, itemConstraint(facts, index).nodes, at).length === 0,
  )
}
