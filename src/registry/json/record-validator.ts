// Records under a JSON Schema, for contracts: bytes in, violations out. The schema is parsed and its references are found
// once; a record costs what its own values cost.
import { parseSchema } from '../check.ts'
import { registryLimits } from '../limits.ts'
import type { NamedText } from '../registry-types.ts'
import { exactNumber, NumberOutOfRange } from './numbers.ts'
import { Undecided, validateJson, type Violation } from './validate.ts'

/** A record's value: valid, wrong in these ways, or not decided and why (a pattern that could run away, a dynamic reference). */
export type RecordVerdict =
  | { readonly kind: 'valid' }
  | { readonly kind: 'invalid'; readonly violations: readonly Violation[] }
  | { readonly kind: 'undecided'; readonly reason: string }

export type RecordValidator = (value: Uint8Array) => RecordVerdict

/**
 * Throws RegistryRefusal where the text is no JSON Schema of draft 7 or 2020-12.
 * @param references what it refers to, by the names that it uses
 */
export function createRecordValidator(text: string, references: readonly NamedText[] = []): RecordValidator {
  const parsed = parseSchema('JSON', text, references)
  if (parsed.type !== 'JSON') throw new TypeError('a JSON Schema is parsed as one')
  const { root } = parsed.schema
  const utf8 = new TextDecoder('utf-8', { fatal: true })
  const options = { stepsMax: registryLimits.validationStepsMax }
  return (value) => {
    let json: unknown
    try {
      json = JSON.parse(utf8.decode(value), exactNumber)
    } catch (error) {
      const kinds = [SyntaxError, TypeError, RangeError, NumberOutOfRange]
      if (!kinds.some((kind) => error instanceof kind)) throw error
      const reason = `it is not JSON: ${(error as Error).message}`
      return { kind: 'invalid', violations: [{ path: '', schemaPath: '', keyword: 'json', reason }] }
    }
    try {
      const violations = validateJson(root, json, options)
      return violations.length === 0 ? { kind: 'valid' } : { kind: 'invalid', violations }
    } catch (error) {
      if (error instanceof Undecided) return { kind: 'undecided', reason: error.message }
      throw error
    }
  }
}
