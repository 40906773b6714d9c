// Forms of a text beside the canonical one, by schema type: normal (`normalize`) and as asked for by `format`.
import { descriptorOf, parseProto, printProto } from '../../format/index.ts'
import { canonicalAvro } from '../avro/canonical.ts'
import { distinctTexts } from '../check.ts'
import type { NamedText } from '../registry-types.ts'
import { equalityText } from './avro-equality.ts'
import { normalAvro, resolvedAvro } from './avro.ts'
import { normalJsonSchema } from './json.ts'

/**
 * @param text canonical, one that parseSchema accepts
 * @param references what it refers to, references of references first
 */
export function normalText(type: string, text: string, references: readonly NamedText[]): string {
  // As Avro's printer has it: what is normal is parsed and printed again before it is kept.
  if (type === 'AVRO') return canonicalAvro(normalAvro(text, distinctTexts(references)))
  if (type === 'PROTOBUF') return printProto(parseProto(text, references, { lenient: true }), { normalize: true })
  return type === 'JSON' ? normalJsonSchema(text) : text
}

/**
 * Whether two texts are one schema, written in two ways: of Avro, as Confluent's registry compares; of other types texts are
 * compared. Both refer to the same. @param equalTexts remembers what was made of a text
 */
export function isSameText(
  type: string,
  texts: readonly [string, string],
  references: readonly NamedText[],
  equalTexts: { get(key: string): string | undefined; set(key: string, text: string): void },
): boolean {
  const [a, b] = texts
  if (a === b || type !== 'AVRO') return a === b
  const known = distinctTexts(references)
  const of = (text: string): string => {
    const key = `equal ${text}`
    const cached = known.length === 0 ? equalTexts.get(key) : undefined
    if (cached !== undefined) return cached
    const made = equalityText(text, known)
    if (known.length === 0) equalTexts.set(key, made)
    return made
  }
  return of(a) === of(b)
}

/** A format that a type does not have gives the canonical text, as Confluent's answers do. */
export function formattedText(type: string, text: string, references: readonly NamedText[], format: string): string {
  const wanted = format.toLowerCase()
  if (type === 'AVRO' && wanted === 'resolved') return resolvedAvro(text, distinctTexts(references))
  if (type === 'PROTOBUF' && wanted === 'ignore_extensions')
    return printProto(parseProto(text, references, { lenient: true }), { normalize: false, withoutExtensions: true })
  if (type === 'PROTOBUF' && wanted === 'serialized')
    return Buffer.from(descriptorOf(parseProto(text, references, { lenient: true }))).toString('base64')
  return text
}
