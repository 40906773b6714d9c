// The normal form of a JSON Schema: keys of every object sorted; lists keep their order, numbers their values.
// Reference: Confluent JsonSchema.normalize.
import { decimalText, printedJson } from '../canonical-json.ts'

/** @param text JSON */
export function normalJsonSchema(text: string): string {
  return printedJson(text, decimalText, true)
}
