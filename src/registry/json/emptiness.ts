// Whether no value satisfies all of some schemas. A yes is proven; a no may only mean that it was not seen.
import type { Comparison } from './compatibility.ts'
import type { SchemaNode } from './document.ts'
import { boundOf, childOf, finiteValues, itemConstraint, keyword, propertyConstraint, type Facts } from './facts.ts'
import { compareNumbers } from './numbers.ts'
import { typeBits } from './values.ts'

/** Levels that are looked into; two required properties inside each other tell most unions apart. */
const depthMax = 4
const nowhere = { reader: '', writer: '' }

export function isEmpty(comparison: Comparison, nodes: readonly SchemaNode[], depth: number): boolean {
  if (nodes.some(({ schema }) => schema === false)) return true
  if (comparison.exhausted()) return false
  const facts = comparison.facts(nodes)
  if (facts.mask === 0) return true
  const values = finiteValues(facts)
  if (values) return values.every((value) => nodes.some((node) => comparison.accepts(node, value, false) === false))
  if (depth > depthMax) return false
  if (typesLeft(comparison, facts, depth) === 0) return true
  return refusedByNot(comparison, nodes, facts) || splitEmpty(comparison, nodes, facts, depth)
}

/** Types of which there may be a value. */
function typesLeft(comparison: Comparison, facts: Facts, depth: number): number {
  let mask = facts.mask
  if (mask & typeBits.string && crossed(facts, 'Length')) mask &= ~typeBits.string
  if (mask & 3 && numbersCrossed(facts)) mask &= ~3
  if (mask & typeBits.array && noArray(comparison, facts, depth)) mask &= ~typeBits.array
  if (mask & typeBits.object && noObject(comparison, facts, depth)) mask &= ~typeBits.object
  return mask
}

function crossed(facts: Facts, kind: 'Length' | 'Items' | 'Properties'): boolean {
  const [least, most] = [boundOf(facts, `min${kind}`, false), boundOf(facts, `max${kind}`, true)]
  return least !== undefined && most !== undefined && compareNumbers(least.value, most.value) > 0
}

function numbersCrossed(facts: Facts): boolean {
  const lows = [boundOf(facts, 'minimum', false), boundOf(facts, 'exclusiveMinimum', false)]
  const highs = [boundOf(facts, 'maximum', true), boundOf(facts, 'exclusiveMaximum', true)]
  return lows.some((low, i) =>
    highs.some((high, j) => {
      if (!low || !high) return false
      const order = compareNumbers(low.value, high.value)
      return order > 0 || (order === 0 && (i === 1 || j === 1))
    }),
  )
}

function noArray(comparison: Comparison, facts: Facts, depth: number): boolean {
  if (crossed(facts, 'Items')) return true
  const least = boundOf(facts, 'minItems', false)?.value
  const count = typeof least === 'number' ? Math.min(least, 8) : 0
  for (let i = 0; i < count; i++) {
    const { nodes, forbidden } = itemConstraint(facts, i)
    if (forbidden || (nodes.length > 1 && isEmpty(comparison, nodes, depth + 1))) return true
  }
  return false
}

function noObject(comparison: Comparison, facts: Facts, depth: number): boolean {
  if (crossed(facts, 'Properties')) return true
  const most = boundOf(facts, 'maxProperties', true)?.value
  if (most !== undefined && compareNumbers(facts.required.size, most) > 0) return true
  for (const name of facts.required) {
    const { nodes, forbidden } = propertyConstraint(facts, name)
    if (forbidden || (nodes.length > 1 && isEmpty(comparison, nodes, depth + 1))) return true
  }
  return false
}

/** One of the schemas follows from what another one forbids. */
function refusedByNot(comparison: Comparison, nodes: readonly SchemaNode[], facts: Facts): boolean {
  return facts.nodes.some((node) => {
    const schema = keyword(node, 'not')
    if (schema === undefined) return false
    const others = nodes.filter((other) => other !== node)
    return comparison.holds(childOf(node, '/not', schema), others, nowhere)
  })
}

function splitEmpty(comparison: Comparison, nodes: readonly SchemaNode[], facts: Facts, depth: number): boolean {
  if (depth > 1) return false
  return facts.choices.some((choice) =>
    choice.branches.every((branch) => {
      const fresh = branch.filter((node) => !nodes.includes(node))
      return fresh.length > 0 && isEmpty(comparison, [...nodes, ...fresh], depth + 1)
    }),
  )
}
