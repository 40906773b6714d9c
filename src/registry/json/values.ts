// JSON values as JSON Schema sees them: six types, integers being numbers without a fraction, and equality by value.
// Reference: JSON Schema 2020-12 core 4.2.
import { compareNumbers, isNumber, isWholeNumber } from './numbers.ts'

/** Types as bits; a number is an integer or has a fraction, so that every value has exactly one. */
export const typeBits = {
  integer: 1,
  fraction: 2,
  string: 4,
  boolean: 8,
  null: 16,
  object: 32,
  array: 64,
} as const
export const numberBits = typeBits.integer | typeBits.fraction
export const anyType = 127

export type JsonRecord = Readonly<Record<string, unknown>>

export const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isNumber(value)

export function typeBitOf(value: unknown): number {
  if (value === null) return typeBits.null
  if (isNumber(value)) return isWholeNumber(value) ? typeBits.integer : typeBits.fraction
  if (Array.isArray(value)) return typeBits.array
  if (typeof value === 'string') return typeBits.string
  return typeof value === 'boolean' ? typeBits.boolean : typeBits.object
}

/** @param names a type or a list of them */
export function typeMask(names: unknown): number {
  const list = Array.isArray(names) ? (names as unknown[]) : [names]
  return list.reduce<number>((mask, name) => mask | bitsOfName(name as string), 0)
}

const bitsOfName = (name: string): number =>
  name === 'number' ? numberBits : ((typeBits as Readonly<Record<string, number>>)[name] ?? 0)

/** `integer, string`; of all: `any type`. */
export function namesOfMask(mask: number): string {
  if ((mask & anyType) === anyType) return 'any type'
  const names = ['string', 'boolean', 'null', 'object', 'array'].filter((name) => mask & bitsOfName(name))
  const number = mask & numberBits
  if (number !== 0) names.unshift(number === typeBits.integer ? 'integer' : 'number')
  return names.join(', ')
}

/** By value: order of keys does not count, 1.0 is 1. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (isNumber(a) && isNumber(b)) return compareNumbers(a, b) === 0
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false
    return a.every((item, i) => sameValue(item, b[i]))
  }
  if (!isRecord(a) || !isRecord(b)) return false
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameValue(a[key], b[key]))
  )
}

/** For messages. */
export function shown(value: unknown): string {
  // Deeper than the stack: nobody reads that.
  const text = isShallow(value, 100) ? (JSON.stringify(value) ?? 'nothing') : 'a deeply nested value'
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

/** Code points, as lengths count them. O(text) */
export function lengthOf(text: string): number {
  let length = 0
  for (const _ of text) length++
  return length
}

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return levels > 0 && Object.values(value).every((item) => isShallow(item, levels - 1))
}

const lists = new WeakMap<
  readonly unknown[],
  { readonly plain: ReadonlySet<unknown>; readonly others: readonly unknown[] }
>()

/** Whether a list of an enum has the value. O(1) for what is no object, list or number that no double has. */
export function listHas(list: readonly unknown[], value: unknown): boolean {
  let known = lists.get(list)
  if (!known) {
    const isOther = (one: unknown): boolean => typeof one === 'object' && one !== null
    known = { plain: new Set(list.filter((one) => !isOther(one))), others: list.filter(isOther) }
    lists.set(list, known)
  }
  return known.plain.has(value) || known.others.some((one) => sameValue(one, value))
}
