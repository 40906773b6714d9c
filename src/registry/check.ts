// From a text to what is registered, and whether a new schema may follow the earlier ones: the seven levels over the
// checkers of each schema type.
// Reference: Confluent CompatibilityLevel; messages in the form of its verbose checks.
import { MillraceError } from '../base/index.ts'
import { parseAvroSchema, type AvroType } from '../format/index.ts'
import type { SchemaType } from '../model/index.ts'
import { canonicalAvro } from './avro/canonical.ts'
import { compareAvro } from './avro/compatibility.ts'
import { describeDifference, type Difference } from './difference.ts'
import { compareJson } from './json/compatibility.ts'
import { canonicalJsonSchema, parseJsonSchema, type JsonSchema } from './json/schema.ts'
import { registryLimits } from './limits.ts'
import { refusals, type CompatibilityLevel, type SchemaContent, type SubjectVersion } from './registry-types.ts'
import type { RegistryState } from './state.ts'

/** Types that can be registered here. */
export const schemaTypes: readonly SchemaType[] = ['JSON', 'AVRO']

export type ParsedSchema =
  | { readonly type: 'AVRO'; readonly schema: AvroType }
  | { readonly type: 'JSON'; readonly schema: JsonSchema }

/**
 * Parses a text with what it refers to. Throws 42201 where it is wrong, with the place.
 * @param references texts that it refers to, references of references first
 */
export function parseSchema(type: string, text: string, references: readonly string[]): ParsedSchema {
  const refuse = (reason: string): never => {
    throw refusals.invalidSchema(`Invalid schema of type ${type}, details: ${reason}`)
  }
  if (text.length > registryLimits.schemaBytesMax) throw refusals.tooLarge(text.length)
  if (type === 'JSON') {
    const schema = parseJsonSchema(text)
    return typeof schema === 'string' ? refuse(schema) : { type, schema }
  }
  if (type !== 'AVRO')
    throw refusals.invalidSchema(`Invalid schema type ${type}; this registry holds ${schemaTypes.join(' and ')}`)
  try {
    return { type, schema: parseAvroSchema(text, references) }
  } catch (error) {
    return refuse(error instanceof MillraceError ? String(error.details['reason']) : String(error))
  }
}

/** @param text one that parseSchema accepts */
export function canonicalText(type: string, text: string): string {
  return type === 'JSON' ? canonicalJsonSchema(text) : canonicalAvro(text)
}

/**
 * Messages that speak against a new schema after earlier ones; none: compatible.
 * @param earlier ascending, not deleted
 */
export function checkCompatibility(
  state: RegistryState,
  content: SchemaContent,
  subject: string,
  earlier: readonly SubjectVersion[],
  level: CompatibilityLevel,
): string[] {
  if (level === 'NONE') return []
  const parsed = parseStored(state, content, subject)
  const compared = level.endsWith('_TRANSITIVE') ? earlier.toReversed() : earlier.slice(-1)
  for (const old of compared) {
    const messages = comparePair(parsed, parseStored(state, old, old.subject), level)
    if (messages.length === 0) continue
    // The first version that stands against it is told, as the remedy often mends the others too.
    messages.push(`{oldSchemaVersion: ${old.version}}`, `{oldSchema: '${old.text}'}`)
    messages.push(`{validateFields: 'false', compatibility: '${level}'}`)
    return messages
  }
  return []
}

function parseStored(state: RegistryState, content: SchemaContent, subject: string): ParsedSchema {
  const references = state.referenceTexts(content, subject)
  if (typeof references === 'string') throw refusals.invalidSchema(references)
  return parseSchema(content.type, content.text, references)
}

function comparePair(added: ParsedSchema, old: ParsedSchema, level: CompatibilityLevel): string[] {
  if (added.type !== old.type)
    return [`Incompatible because of different schema type: ${old.type} before, ${added.type} now`]
  const backward = level.startsWith('BACKWARD') || level.startsWith('FULL')
  const forward = level.startsWith('FORWARD') || level.startsWith('FULL')
  return [
    ...(backward ? compareTypes(added, old).map((difference) => describeDifference(difference, 'new')) : []),
    ...(forward ? compareTypes(old, added).map((difference) => describeDifference(difference, 'old')) : []),
  ]
}

function compareTypes(reader: ParsedSchema, writer: ParsedSchema): Difference[] {
  if (reader.type === 'AVRO' && writer.type === 'AVRO') return compareAvro(reader.schema, writer.schema)
  if (reader.type === 'JSON' && writer.type === 'JSON') return compareJson(reader.schema, writer.schema)
  return []
}
