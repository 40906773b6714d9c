// JSON Schema texts: parsed, checked for the shape of the keywords we know, printed canonically. Draft 7 and 2020-12 (also
// without "$schema"); older drafts are refused by name.
// Reference: JSON Schema draft-07 validation; Confluent JsonSchema.canonicalString.
import { decimalText, printedJson } from '../canonical-json.ts'
import { registryLimits } from '../limits.ts'
import { compareNumbers, exactNumber, isNumber, NumberOutOfRange } from './numbers.ts'
import { isRecord } from './values.ts'

export type JsonSchema = boolean | { readonly [keyword: string]: unknown }

const knownDrafts = [/draft-07\/schema/, /draft\/2020-12\/schema/, /draft\/2019-09\/schema/]
const typeNames: ReadonlySet<string> = new Set(['null', 'boolean', 'object', 'array', 'number', 'string', 'integer'])
const olderDrafts = /json-schema\.org\/(draft-0[0-6]|schema)(\/schema)?#?$/

/** The schema, or a sentence that says where it is wrong. Numbers that no double has are ExactNumber. */
export function parseJsonSchema(text: string): JsonSchema | string {
  let json: unknown
  if (isDeeper(text, jsonDepthMax)) return `it is nested deeper than ${registryLimits.depthMax} (at /)`
  try {
    json = /\d{16}|\d[eE]/.test(text) ? JSON.parse(text, exactNumber) : JSON.parse(text)
  } catch (error) {
    return error instanceof NumberOutOfRange ? error.message : `it is not JSON: ${(error as Error).message}`
  }
  const wrong = checkSchema(json, '', 0)
  if (wrong !== undefined) return wrong
  const draft = typeof json === 'object' && json !== null ? (json as Record<string, unknown>)['$schema'] : undefined
  if (typeof draft === 'string' && !knownDrafts.some((known) => known.test(draft)))
    return olderDrafts.test(draft)
      ? `"$schema" ${draft} is older than draft-07; write draft-07 or 2020-12`
      : `"$schema" ${draft} is not understood; write draft-07 or 2020-12`
  return json as JsonSchema
}

/** Levels of JSON: a schema in `properties` is two below its own. */
export const jsonDepthMax = registryLimits.depthMax * 4

/** Whether brackets open more than `depthMax` times inside each other. O(text) */
export function isDeeper(text: string, depthMax: number): boolean {
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === 0x22)
      for (i++; i < text.length && text.charCodeAt(i) !== 0x22; i++) i += text.charCodeAt(i) === 0x5c ? 1 : 0
    else if ((c | 0x20) === 0x7b) {
      if (++depth > depthMax) return true
    } else if ((c | 0x20) === 0x7d) depth--
  }
  return false
}

/** Without white space, order of keys and digits of numbers kept. @param text one that parseJsonSchema accepts */
export function canonicalJsonSchema(text: string): string {
  return printedJson(text, decimalText)
}

const schemaKeywords = [
  'additionalProperties',
  'additionalItems',
  'unevaluatedProperties',
  'unevaluatedItems',
  'contains',
  'propertyNames',
  'not',
  'if',
  'then',
  'else',
]
const schemaMapKeywords = ['properties', 'patternProperties', 'definitions', '$defs', 'dependentSchemas']
const schemaListKeywords = ['allOf', 'anyOf', 'oneOf', 'prefixItems']
const countKeywords = 'minLength maxLength minItems maxItems minProperties maxProperties minContains maxContains'.split(
  ' ',
)
const numberKeywords = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf']

const isObject = (value: unknown): value is Record<string, unknown> => isRecord(value)
const isStringList = (value: unknown): boolean =>
  Array.isArray(value) && value.every((item) => typeof item === 'string')

function checkSchema(schema: unknown, path: string, depth: number): string | undefined {
  if (typeof schema === 'boolean') return undefined
  const at = path === '' ? '/' : path
  if (!isObject(schema)) return `a schema is an object or a boolean (at ${at})`
  if (depth > registryLimits.depthMax) return `it is nested deeper than ${registryLimits.depthMax} (at ${at})`
  const wrong = checkKeywords(schema, path)
  if (wrong !== undefined) return wrong
  for (const [keyword, value] of Object.entries(schema)) {
    const inner = `${path}/${keyword}`
    let found: string | undefined
    if (schemaKeywords.includes(keyword)) found = checkSchema(value, inner, depth + 1)
    else if (keyword === 'items')
      found = Array.isArray(value) ? checkList(value, inner, depth) : checkSchema(value, inner, depth + 1)
    else if (schemaListKeywords.includes(keyword))
      found = Array.isArray(value) ? checkList(value, inner, depth) : `${keyword} is a list of schemas (at ${inner})`
    else if (schemaMapKeywords.includes(keyword)) {
      if (!isObject(value)) return `${keyword} is an object of schemas (at ${inner})`
      for (const [name, item] of Object.entries(value)) found ??= checkSchema(item, `${inner}/${name}`, depth + 1)
    }
    if (found !== undefined) return found
  }
  return undefined
}

function checkList(list: readonly unknown[], path: string, depth: number): string | undefined {
  for (const [i, item] of list.entries()) {
    const found = checkSchema(item, `${path}/${i}`, depth + 1)
    if (found !== undefined) return found
  }
  return undefined
}

/** Of today's kind, or of the older one that clients in other languages write. */
function isPattern(pattern: string): boolean {
  return ['u', ''].some((flags) => {
    try {
      return new RegExp(pattern, flags) instanceof RegExp
    } catch {
      return false
    }
  })
}

function checkKeywords(schema: Record<string, unknown>, path: string): string | undefined {
  const { type, required, enum: values, pattern } = schema
  if (type !== undefined) {
    const names = Array.isArray(type) ? (type as unknown[]) : [type]
    const unknown = names.find((name) => typeof name !== 'string' || !typeNames.has(name))
    if (names.length === 0 || unknown !== undefined)
      return `${JSON.stringify(unknown ?? type)} is no type (at ${path}/type)`
  }
  if (required !== undefined && !isStringList(required)) return `required is a list of names (at ${path}/required)`
  if (values !== undefined && !Array.isArray(values)) return `enum is a list (at ${path}/enum)`
  for (const keyword of countKeywords) {
    const count = schema[keyword]
    if (count !== undefined && !(typeof count === 'number' && Number.isInteger(count) && count >= 0))
      return `${keyword} is a count (at ${path}/${keyword})`
  }
  for (const keyword of numberKeywords) {
    const number = schema[keyword]
    if (number !== undefined && !isNumber(number)) return `${keyword} is a number (at ${path}/${keyword})`
    if (keyword === 'multipleOf' && isNumber(number) && compareNumbers(number, 0) <= 0)
      return `multipleOf is above 0 (at ${path}/multipleOf)`
  }
  if (pattern !== undefined) {
    if (!isPattern(String(pattern))) return `pattern is no regular expression (at ${path}/pattern)`
  }
  return undefined
}
