// Forms of a text beside the canonical one, by schema type: normal (`normalize`) and as asked for by `format`.
import { normalAvro, resolvedAvro } from './avro.ts'
import { normalJsonSchema } from './json.ts'

/**
 * @param text canonical, one that parseSchema accepts
 * @param references texts that it refers to, references of references first
 */
export function normalText(type: string, text: string, references: readonly string[]): string {
  if (type === 'AVRO') return normalAvro(text, references)
  return type === 'JSON' ? normalJsonSchema(text) : text
}

/** A format that a type does not have gives the canonical text, as Confluent's answers do. */
export function formattedText(type: string, text: string, references: readonly string[], format: string): string {
  return type === 'AVRO' && format.toLowerCase() === 'resolved' ? resolvedAvro(text, references) : text
}
