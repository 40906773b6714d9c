// Keywords of strings and numbers: whether the reader's bounds follow from what the writer's schemas say.
// Reference: JSON Schema 2020-12 validation 6.2 and 6.3.
import type { Difference } from '../difference.ts'
import type { At, Comparison } from './compatibility.ts'
import type { SchemaNode } from './document.ts'
import { boundOf, keyword, type Facts } from './facts.ts'
import { compareNumbers, isMultipleOf, isNumber, type JsonNumber } from './numbers.ts'
import { matchesEverything } from './patterns.ts'
import { shown, typeBits } from './values.ts'

/** MIN_LENGTH of minLength. */
const ruleOf = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()

/** A bound of the reader against the same one of the writer, unless another of the writer's keywords implies it. */
export function compareBound(
  comparison: Comparison,
  { reader, facts, at }: { reader: SchemaNode; facts: Facts; at: At },
  name: string,
  implied: (wanted: JsonNumber) => boolean = () => false,
): Difference[] {
  const wanted = keyword(reader, name)
  if (!isNumber(wanted)) return []
  const upper = /^(max|exclusiveMax)/.test(name)
  const given = boundOf(facts, name, upper)
  const order = given ? compareNumbers(given.value, wanted) : 0
  if (given && (upper ? order <= 0 : order >= 0)) return []
  if (implied(wanted)) return []
  const rule = given ? `${ruleOf(name)}_${upper ? 'DECREASED' : 'INCREASED'}` : `${ruleOf(name)}_ADDED`
  const place = { reader: `${at.reader}/${name}`, writer: given ? `${given.node.pointer}/${name}` : at.writer }
  const remedy = given ? `keep ${name} ${shown(given.value)}` : `leave ${name} out`
  return [
    comparison.difference(rule, place, `${name} ${shown(wanted)} refuses values that the other schema accepts`, remedy),
  ]
}

export function compareStrings(comparison: Comparison, reader: SchemaNode, facts: Facts, at: At): Difference[] {
  const side = { reader, facts, at }
  const found = [
    ...compareBound(comparison, side, 'minLength', (wanted) => compareNumbers(wanted, 0) <= 0),
    ...compareBound(comparison, side, 'maxLength'),
  ]
  const pattern = keyword(reader, 'pattern')
  if (typeof pattern !== 'string') return found
  const patterns = facts.nodes.flatMap((node) => {
    const other = keyword(node, 'pattern')
    return typeof other === 'string' ? [other] : []
  })
  if (patterns.includes(pattern) || matchesEverything(pattern)) return found
  const place = { ...at, reader: `${at.reader}/pattern` }
  const added = patterns.length === 0
  const reason = added
    ? `the pattern ${pattern} is new: the other schema accepts strings that do not match it`
    : `whether all that matches ${patterns[0]} matches ${pattern} is not decided by this registry`
  found.push(
    comparison.difference(
      added ? 'PATTERN_ADDED' : 'PATTERN_CHANGED',
      place,
      reason,
      added ? 'leave pattern out' : 'keep the pattern',
    ),
  )
  return found
}

export function compareNumbersOf(comparison: Comparison, reader: SchemaNode, facts: Facts, at: At): Difference[] {
  const side = { reader, facts, at }
  const [low, high] = [boundOf(facts, 'minimum', false), boundOf(facts, 'maximum', true)]
  const [above, below] = [boundOf(facts, 'exclusiveMinimum', false), boundOf(facts, 'exclusiveMaximum', true)]
  return [
    ...compareBound(
      comparison,
      side,
      'minimum',
      (wanted) => above !== undefined && compareNumbers(above.value, wanted) >= 0,
    ),
    ...compareBound(
      comparison,
      side,
      'maximum',
      (wanted) => below !== undefined && compareNumbers(below.value, wanted) <= 0,
    ),
    ...compareBound(
      comparison,
      side,
      'exclusiveMinimum',
      (wanted) => low !== undefined && compareNumbers(low.value, wanted) > 0,
    ),
    ...compareBound(
      comparison,
      side,
      'exclusiveMaximum',
      (wanted) => high !== undefined && compareNumbers(high.value, wanted) < 0,
    ),
    ...compareMultiples(comparison, reader, facts, at),
  ]
}

function compareMultiples(comparison: Comparison, reader: SchemaNode, facts: Facts, at: At): Difference[] {
  const wanted = keyword(reader, 'multipleOf')
  if (!isNumber(wanted)) return []
  const given = facts.nodes.flatMap((node) => {
    const multiple = keyword(node, 'multipleOf')
    return isNumber(multiple) ? [{ multiple, node }] : []
  })
  const whole = !(facts.mask & typeBits.fraction) && isMultipleOf(1, wanted)
  if (whole || given.some(({ multiple }) => isMultipleOf(multiple, wanted))) return []
  const [first] = given
  const rule = !first ? 'ADDED' : isMultipleOf(wanted, first.multiple) ? 'EXPANDED' : 'CHANGED'
  const place = { reader: `${at.reader}/multipleOf`, writer: first ? `${first.node.pointer}/multipleOf` : at.writer }
  const reason = `the other schema accepts numbers that are no multiple of ${shown(wanted)}`
  const remedy = first ? `keep multipleOf ${shown(first.multiple)}` : 'leave multipleOf out'
  return [comparison.difference(`MULTIPLE_OF_${rule}`, place, reason, remedy)]
}
