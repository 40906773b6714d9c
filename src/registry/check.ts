// From a text to what is registered, and whether a new schema may follow the earlier ones: the seven levels over the
// checkers of each schema type.
// Reference: Confluent CompatibilityLevel; messages in the form of its verbose checks.
import { MillraceError } from '../base/index.ts'
import { parseAvroSchema, parseProto, printProto, type AvroType, type ProtoFile } from '../format/index.ts'
import type { SchemaType } from '../model/index.ts'
import { canonicalAvro } from './avro/canonical.ts'
import { compareAvro } from './avro/compatibility.ts'
import { describeDifference, type Difference } from './difference.ts'
import { withPlaces } from './json-places.ts'
import { compareJson } from './json/compatibility.ts'
import { JsonDocument, type NamedDocument } from './json/document.ts'
import { canonicalJsonSchema, isDeeper, jsonDepthMax, parseJsonSchema } from './json/schema.ts'
import { registryLimits } from './limits.ts'
import { compareProto } from './protobuf/compatibility.ts'
import {
  refusals,
  RegistryRefusal,
  type CompatibilityLevel,
  type NamedText,
  type SchemaContent,
  type SubjectVersion,
} from './registry-types.ts'
import type { RegistryState } from './state.ts'

/** Types that can be registered here. */
export const schemaTypes: readonly SchemaType[] = ['JSON', 'PROTOBUF', 'AVRO']

export interface ComparisonOptions {
  /** Confluent's LENIENT policy, for JSON Schema. */
  readonly lenient?: boolean
}

/** With the text that it was parsed from, for places. */
export type ParsedSchema =
  | { readonly type: 'AVRO'; readonly schema: AvroType; readonly text: string }
  | { readonly type: 'JSON'; readonly schema: JsonDocument; readonly text: string }
  | { readonly type: 'PROTOBUF'; readonly schema: ProtoFile; readonly text: string }

/**
 * Parses a text with what it refers to. Throws 42201 where it is wrong, with the place.
 * @param references what it refers to, references of references first, with the names that the texts use
 * @param isNew looks at what only new schemas must keep: Avro's names, namespaces and defaults
 */
export function parseSchema(type: string, text: string, references: readonly NamedText[], isNew = false): ParsedSchema {
  const refuse = (reason: string): never => {
    throw refusals.invalidSchema(`Invalid schema of type ${type}, details: ${reason}`)
  }
  if (text.length > registryLimits.schemaBytesMax) throw refusals.tooLarge(text.length)
  if (type === 'JSON') {
    const schema = parseJsonSchema(text)
    if (typeof schema === 'string') return refuse(schema)
    return { type, schema: new JsonDocument(schema, references.flatMap(namedDocument)), text }
  }
  if (type !== 'AVRO' && type !== 'PROTOBUF')
    throw refusals.invalidSchema(`Invalid schema type ${type}; this registry holds ${schemaTypes.join(' and ')}`)
  try {
    if (type === 'PROTOBUF') return { type, schema: parseProto(text, references, { lenient: true }), text }
    // The parser knows the depth of types; defaults and properties may be deeper.
    if (isDeeper(text, jsonDepthMax)) return refuse(`it is nested deeper than ${jsonDepthMax}`)
    return { type, schema: parseAvroSchema(text, distinctTexts(references), undefined, isNew), text }
  } catch (error) {
    if (error instanceof RegistryRefusal) throw error
    return refuse(error instanceof MillraceError ? String(error.details['reason']) : String(error))
  }
}

/** A reference that is no JSON Schema was accepted before; what leads to it then leads to nothing. */
function namedDocument({ name, text }: NamedText): NamedDocument | [] {
  const schema = parseJsonSchema(text)
  return typeof schema === 'string' ? [] : { name, schema }
}

/** A text that has two names is there twice. */
export function distinctTexts(references: readonly NamedText[]): string[] {
  return [...new Set(references.map(({ text }) => text))]
}

/** @param text one that parseSchema accepts with these references */
export function canonicalText(type: string, text: string, references: readonly NamedText[]): string {
  if (type === 'PROTOBUF') return printProto(parseProto(text, references, { lenient: true }), { normalize: false })
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
  options: ComparisonOptions = {},
): string[] {
  if (level === 'NONE') return []
  const parsed = parseStored(state, content, subject)
  const compared = level.endsWith('_TRANSITIVE') ? earlier.toReversed() : earlier.slice(-1)
  for (const old of compared) {
    const messages = comparePair(parsed, parseStored(state, old, old.subject), level, options)
    if (messages.length === 0) continue
    // The first version that stands against it is told, as the remedy often mends the others too.
    messages.push(`{oldSchemaVersion: ${old.version}}`, `{oldSchema: '${old.text}'}`)
    messages.push(`{validateFields: 'false', compatibility: '${level}'}`)
    return messages
  }
  return []
}

function parseStored(state: RegistryState, content: SchemaContent, subject: string): ParsedSchema {
  const known = parsedSchemas.get(content)
  if (known) return known
  const references = state.namedReferences(content, subject)
  if (typeof references === 'string') throw refusals.invalidSchema(references)
  const parsed = parseSchema(content.type, content.text, references)
  parsedSchemas.set(content, parsed)
  return parsed
}

/** Schemas without references that were parsed lately: a transitive check meets the same ones at every registration. */
class ParsedSchemas {
  readonly #schemas = new Map<string, ParsedSchema>()
  #characters = 0

  get(content: SchemaContent): ParsedSchema | undefined {
    return content.references.length === 0 ? this.#schemas.get(`${content.type} ${content.text}`) : undefined
  }

  set(content: SchemaContent, parsed: ParsedSchema): void {
    if (content.references.length > 0) return
    this.#schemas.set(`${content.type} ${content.text}`, parsed)
    this.#characters += content.text.length
    for (const [oldest, { text }] of this.#schemas) {
      if (this.#characters <= registryLimits.parsedCharactersMax) break
      this.#schemas.delete(oldest)
      this.#characters -= text.length
    }
  }
}

const parsedSchemas = new ParsedSchemas()

function comparePair(
  added: ParsedSchema,
  old: ParsedSchema,
  level: CompatibilityLevel,
  options: ComparisonOptions,
): string[] {
  if (added.type !== old.type)
    return [`Incompatible because of different schema type: ${old.type} before, ${added.type} now`]
  const backward = level.startsWith('BACKWARD') || level.startsWith('FULL')
  const forward = level.startsWith('FORWARD') || level.startsWith('FULL')
  return [
    ...(backward ? messagesOf(added, old, 'new', options) : []),
    ...(forward ? messagesOf(old, added, 'old', options) : []),
  ]
}

function messagesOf(
  reader: ParsedSchema,
  writer: ParsedSchema,
  reading: 'new' | 'old',
  options: ComparisonOptions,
): string[] {
  const found = compareSchemas(reader, writer, reading, options)
  return found.filter(({ warning }) => !warning).map((difference) => describeDifference(difference, reading))
}

/**
 * Differences that keep one schema from reading what the other wrote, and warnings, each with its places in both texts.
 * @param reading which of the two is the reader
 */
export function compareSchemas(
  reader: ParsedSchema,
  writer: ParsedSchema,
  reading: 'new' | 'old',
  options: ComparisonOptions = {},
): Difference[] {
  const texts = { reader: reader.text, writer: writer.text }
  if (reader.type === 'AVRO' && writer.type === 'AVRO')
    return placed(compareAvro(reader.schema, writer.schema, { texts }), { ...texts, reading })
  if (reader.type === 'JSON' && writer.type === 'JSON')
    return placed(compareJson(reader.schema, writer.schema, options), { ...texts, reading })
  if (reader.type === 'PROTOBUF' && writer.type === 'PROTOBUF')
    return compareProto(reader.schema, writer.schema, { reading })
  return []
}

function placed(found: Difference[], texts: Parameters<typeof withPlaces>[1]): Difference[] {
  return found.length === 0 ? found : withPlaces(found, texts)
}
