// Tags inside a .proto text: (confluent.message_meta).tags of messages and (confluent.field_meta).tags of fields, however they
// are spelled. Paths leave the package out; a oneof's name may stand in them or not.
// Reference: Confluent ProtobufSchema (inline tags), confluent/meta.proto.
import {
  parseProto,
  printProto,
  readProto,
  type ProtoField,
  type ProtoFile,
  type ProtoMessage,
  type ProtoOption,
} from '../../format/index.ts'
import type { TaggedField } from '../keys/encrypted-fields.ts'
import type { NamedText } from '../registry-types.ts'

export type EntityKind = 'sr_record' | 'sr_field'

/** A message or field that can bear tags. */
export interface ProtoEntity {
  readonly kind: EntityKind
  readonly path: string
  /** The path with the name of the field's oneof in it. */
  readonly longPath: string
  readonly tags: readonly string[]
  setTags(tags: readonly string[]): void
}

/** Entities of a text, and the text again after they were changed. Throws MR-FORMAT-001 where it is no .proto text. */
export function openProtoTags(text: string): { readonly entities: readonly ProtoEntity[]; print(): string } {
  const file: ProtoFile = readProto(text)
  const entities: ProtoEntity[] = []
  for (const message of file.messages) visit(message, message.name, entities)
  return { entities, print: () => printProto(file, { normalize: false }) }
}

function visit(message: ProtoMessage, path: string, found: ProtoEntity[]): void {
  if (message.isMapEntry) return
  found.push(entity('sr_record', { path, longPath: path }, message.options, 'confluent.message_meta'))
  message.fields.forEach((field, i) => {
    const options = [...field.options]
    // A field's options are its own list from here on.
    message.fields[i] = { ...field, options }
    const inner = field.oneof ? `${path}.${field.oneof.name}` : path
    found.push(
      entity(
        'sr_field',
        { path: `${path}.${field.name}`, longPath: `${inner}.${field.name}` },
        options,
        'confluent.field_meta',
      ),
    )
  })
  for (const nested of message.messages) visit(nested, `${path}.${nested.name}`, found)
}

function entity(
  kind: EntityKind,
  paths: Pick<ProtoEntity, 'path' | 'longPath'>,
  options: ProtoOption[],
  extension: string,
): ProtoEntity {
  return {
    kind,
    ...paths,
    get tags() {
      return partsOf(options, extension).flatMap((part) => (part.name === 'tags' ? textsOf(part.value) : []))
    },
    setTags: (tags) => setTags(options, extension, tags),
  }
}

/** Fields of a text's first message and of the messages below that are no messages, with their tags. */
export function protoFields(text: string, references: readonly NamedText[]): TaggedField[] {
  const found: TaggedField[] = []
  const [first] = parseProto(text, references, { lenient: true }).messages
  if (first) visitFields(first, [], new Set(), found)
  return found
}

function visitFields(
  message: ProtoMessage,
  path: readonly string[],
  open: ReadonlySet<ProtoMessage>,
  found: TaggedField[],
): void {
  // A message inside itself has no end of paths.
  if (open.has(message)) return
  const inside = new Set([...open, message])
  const add = (field: ProtoField, named: ProtoField, fieldPath: readonly string[]): void => {
    if (field.message) {
      const value = field.message.isMapEntry ? field.message.fields.find((one) => one.number === 2) : undefined
      if (value) add(value, named, fieldPath)
      else visitFields(field.message, fieldPath, inside, found)
    } else {
      const tags = partsOf(named.options, 'confluent.field_meta').flatMap((part) =>
        part.name === 'tags' ? textsOf(part.value) : [],
      )
      const fullName = `${message.fullName.replace(/^\./, '')}.${named.name}`
      const form = field.scalar === 'string' ? 'text' : field.scalar === 'bytes' ? 'bytes' : 'other'
      found.push({ path: fieldPath, fullName, tags, form })
    }
  }
  for (const field of message.fields) add(field, field, [...path, field.name])
}

type OptionValue = ProtoOption['value']
type Part = Extract<OptionValue, { kind: 'aggregate' }>['fields'][number]

const isOf = ({ name: [root] }: ProtoOption, extension: string): boolean =>
  root!.extension && root!.name.replace(/^\./, '') === extension

/** What all options of an extension say, as fields of its one message: `(a).b = 1` is b: 1. */
function partsOf(options: readonly ProtoOption[], extension: string): Part[] {
  return options
    .filter((option) => isOf(option, extension))
    .flatMap(({ name, value }): readonly Part[] => {
      const [first, ...rest] = name.slice(1)
      if (!first) return value.kind === 'aggregate' ? value.fields : []
      const inner = rest.reduceRight<OptionValue>(
        (inside, part) => ({ kind: 'aggregate', fields: [{ ...part, value: inside }] }),
        value,
      )
      return [{ ...first, value: inner }]
    })
}

function textsOf(value: OptionValue): string[] {
  if (value.kind === 'list') return value.values.flatMap(textsOf)
  return value.kind === 'string' ? [new TextDecoder().decode(value.bytes)] : []
}

/** One aggregate in the place of all options of the extension; none where nothing is left in it. */
function setTags(options: ProtoOption[], extension: string, tags: readonly string[]): void {
  const parts = partsOf(options, extension)
  const values = tags.map((tag): OptionValue => ({ kind: 'string', bytes: new TextEncoder().encode(tag) }))
  const list: Part[] = tags.length === 0 ? [] : [{ name: 'tags', extension: false, value: { kind: 'list', values } }]
  const at = parts.findIndex(({ name }) => name === 'tags')
  const others = parts.filter(({ name }) => name !== 'tags')
  const fields = at < 0 ? [...others, ...list] : [...others.slice(0, at), ...list, ...others.slice(at)]
  const first = options.findIndex((option) => isOf(option, extension))
  const place = first < 0 ? options.length : first
  const kept = options.filter((option) => !isOf(option, extension))
  const whole: ProtoOption[] =
    fields.length === 0
      ? []
      : [
          {
            name: [{ name: extension, extension: true }],
            value: { kind: 'aggregate', fields },
            place: { line: 0, column: 0 },
          },
        ]
  options.splice(0, options.length, ...kept.slice(0, place), ...whole, ...kept.slice(place))
}
