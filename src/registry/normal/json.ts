// The normal form of a JSON Schema: keys of every object sorted; lists keep their order, numbers their digits.
// Reference: Confluent JsonSchema.normalize.
import { keepNumber } from '../avro/canonical.ts'

const byCode = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
const isRawJson = (JSON as unknown as { isRawJSON(value: unknown): boolean }).isRawJSON

/** @param text JSON */
export function normalJsonSchema(text: string): string {
  return JSON.stringify(sorted(JSON.parse(text, keepNumber)))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null || isRawJson(value)) return value
  const entries = Object.entries(value).toSorted(([a], [b]) => byCode(a, b))
  return Object.fromEntries(entries.map(([name, item]) => [name, sorted(item)]))
}
