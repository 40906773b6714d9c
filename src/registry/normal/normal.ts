// Forms of a text beside the canonical one, by schema type: normal (`normalize`) and as asked for by `format`.
import { descriptorOf, parseProto, printProto } from '../../format/index.ts'
import { distinctTexts } from '../check.ts'
import type { NamedText } from '../registry-types.ts'
import { normalAvro, resolvedAvro } from './avro.ts'
import { normalJsonSchema } from './json.ts'

/**
 * @param text canonical, one that parseSchema accepts
 * @param references what it refers to, references of references first
 */
export function normalText(type: string, text: string, references: readonly NamedText[]): string {
  if (type === 'AVRO') return normalAvro(text, distinctTexts(references))
  if (type === 'PROTOBUF') return printProto(parseProto(text, references, { lenient: true }), { normalize: true })
  return type === 'JSON' ? normalJsonSchema(text) : text
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
