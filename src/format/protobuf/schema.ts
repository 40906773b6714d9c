// A .proto file as parsed and linked: messages, enums and fields with their places in the text. One shape for proto2, proto3
// and editions: what differs between them (presence, packing, closed enums, UTF-8 checks) is decided once, when it is linked.
// Reference: Protocol Buffers language specifications proto2, proto3 and edition 2023; descriptor.proto.

/** From 1, as editors count. 0:0 for what comes from a descriptor instead of a text. */
export interface Place {
  readonly line: number
  readonly column: number
}

export const noPlace: Place = { line: 0, column: 0 }

export type ScalarName =
  | 'double'
  | 'float'
  | 'int32'
  | 'int64'
  | 'uint32'
  | 'uint64'
  | 'sint32'
  | 'sint64'
  | 'fixed32'
  | 'fixed64'
  | 'sfixed32'
  | 'sfixed64'
  | 'bool'
  | 'string'
  | 'bytes'

/** Numbers of FieldDescriptorProto.Type. */
export const scalarNumbers: Readonly<Record<ScalarName, number>> = {
  double: 1,
  float: 2,
  int64: 3,
  uint64: 4,
  int32: 5,
  fixed64: 6,
  fixed32: 7,
  bool: 8,
  string: 9,
  bytes: 12,
  uint32: 13,
  sfixed32: 15,
  sfixed64: 16,
  sint32: 17,
  sint64: 18,
}

export function isScalarName(name: string): name is ScalarName {
  return Object.hasOwn(scalarNumbers, name)
}

/** `(my.ext).part` is [{ name: 'my.ext', extension: true }, { name: 'part', extension: false }]. */
export interface OptionNamePart {
  readonly name: string
  readonly extension: boolean
}

export type OptionValue =
  | { readonly kind: 'identifier'; readonly text: string }
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly bytes: Uint8Array }
  | { readonly kind: 'list'; readonly values: readonly OptionValue[] }
  | { readonly kind: 'aggregate'; readonly fields: readonly AggregateField[] }

export interface AggregateField {
  readonly name: string
  /** Written in brackets: an extension, or the type URL of an Any. */
  readonly extension: boolean
  readonly value: OptionValue
}

export interface ProtoOption {
  readonly name: readonly OptionNamePart[]
  readonly value: OptionValue
  readonly place: Place
}

/** Inclusive at both ends. */
export interface NumberRange {
  readonly from: number
  readonly to: number
  readonly place: Place
  /** Written with `to`, though it may be one number. */
  readonly isRange?: boolean
  /** Its end is written as `max`. */
  readonly isMax?: boolean
}

export interface ProtoEnumValue {
  readonly name: string
  readonly number: number
  readonly options: readonly ProtoOption[]
  readonly place: Place
}

export interface ProtoEnum {
  readonly kind: 'enum'
  readonly name: string
  readonly place: Place
  readonly values: ProtoEnumValue[]
  readonly options: ProtoOption[]
  readonly reserved: NumberRange[]
  readonly reservedNames: string[]
  /** How many ranges, or names, each statement has: in the order of the statements. */
  readonly reservedStatements: { readonly kind: 'ranges' | 'names'; readonly count: number }[]
  /** Without a leading dot; set when linked. */
  fullName: string
  /** A closed enum's unknown numbers count as unknown fields. */
  closed: boolean
}

export interface ProtoOneof {
  readonly name: string
  readonly place: Place
  readonly options: ProtoOption[]
}

export type Label = 'none' | 'optional' | 'required' | 'repeated'

export interface ProtoField {
  readonly name: string
  readonly number: number
  readonly label: Label
  /** As written: a scalar's name, or the name of a message or enum. For a map field: its entry's name. */
  readonly typeName: string
  readonly options: readonly ProtoOption[]
  readonly place: Place
  readonly numberPlace: Place
  readonly typePlace: Place
  readonly oneof: ProtoOneof | null
  /** The message of `map<K, V>`, or of a group. */
  readonly inline: ProtoMessage | null
  /** Written as `group`, or delimited by a feature. */
  delimited: boolean
  scalar: ScalarName | null
  message: ProtoMessage | null
  enum: ProtoEnum | null
  /** Absent and zero can be told apart. False for repeated fields. */
  presence: boolean
  required: boolean
  packed: boolean
  checksUtf8: boolean
}

export interface ProtoExtend {
  readonly extendee: string
  readonly place: Place
  readonly fields: ProtoField[]
  target: ProtoMessage | null
}

export interface ProtoMessage {
  readonly kind: 'message'
  readonly name: string
  readonly place: Place
  readonly fields: ProtoField[]
  readonly oneofs: ProtoOneof[]
  readonly messages: ProtoMessage[]
  readonly enums: ProtoEnum[]
  readonly extends: ProtoExtend[]
  readonly options: ProtoOption[]
  readonly extensionRanges: (NumberRange & { readonly options: readonly ProtoOption[] })[]
  readonly reserved: NumberRange[]
  readonly reservedNames: string[]
  /** How many ranges, or names, each statement has: in the order of the statements. */
  readonly reservedStatements: { readonly kind: 'ranges' | 'names'; readonly count: number }[]
  readonly isMapEntry: boolean
  readonly isGroup: boolean
  /** Made for `map<K, V>` or a group: not written as a message, so message indexes do not count it. */
  readonly isSynthetic: boolean
  fullName: string
  byNumber: Map<number, ProtoField>
}

export interface ProtoImport {
  readonly path: string
  readonly modifier: '' | 'public' | 'weak'
  readonly place: Place
}

export interface ProtoMethod {
  readonly name: string
  readonly input: string
  readonly output: string
  readonly inputStream: boolean
  readonly outputStream: boolean
  /** Written with braces. */
  readonly hasBody?: boolean
  readonly options: readonly ProtoOption[]
}

export interface ProtoService {
  readonly name: string
  readonly place: Place
  readonly methods: ProtoMethod[]
  readonly options: ProtoOption[]
}

export interface ProtoFile {
  readonly path: string
  /** null: not said, which means proto2. */
  readonly syntax: 'proto2' | 'proto3' | 'editions' | null
  /** '2023', with syntax 'editions'. */
  readonly edition: string | null
  readonly package: string
  readonly packagePlace: Place
  readonly imports: readonly ProtoImport[]
  readonly options: readonly ProtoOption[]
  readonly messages: readonly ProtoMessage[]
  readonly enums: readonly ProtoEnum[]
  readonly extends: readonly ProtoExtend[]
  readonly services: readonly ProtoService[]
  /** Everything that this file and what it imports define, by full name; set when linked. */
  readonly types: Map<string, ProtoMessage | ProtoEnum>
  /** The extensions that this file sees, by full name. */
  readonly extensions: Map<string, { readonly target: ProtoMessage; readonly field: ProtoField }>
  /** Files it imports, theirs through public imports too; set when linked. */
  readonly dependencies: ProtoFile[]
}

/** A full name from what it stands in and its own name. */
export const join = (scope: string, name: string): string => (scope === '' ? name : `${scope}.${name}`)

/** What a name at the top of the file means, with a leading dot. */
export function absoluteName(file: ProtoFile, name: string): string {
  if (name.startsWith('.')) return name
  for (let at = file.package; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.'))))
    if (file.types.has(join(at, name))) return `.${join(at, name)}`
  return `.${name}`
}

/** The fields of each oneof of a message, in their order. O(fields). */
export function oneofMembers(message: ProtoMessage): Map<ProtoOneof, ProtoField[]> {
  const members = new Map<ProtoOneof, ProtoField[]>(message.oneofs.map((oneof) => [oneof, []]))
  for (const field of message.fields) if (field.oneof) members.get(field.oneof)?.push(field)
  return members
}

/** The text of a plain option such as deprecated; undefined where it is not set. */
export function plainOption(options: readonly ProtoOption[], name: string): OptionValue | undefined {
  return options.find((o) => o.name.length === 1 && !o.name[0]!.extension && o.name[0]!.name === name)?.value
}

/**
 * The message at a path of Confluent's message indexes: positions among the messages that are written as such, at each level.
 * Entries of maps count only where they are spelled out, as texts made from descriptors have them. Clients that count a
 * descriptor's messages but register a normalized text (which spells no entry out) mean another one: where the first way
 * of counting finds none, theirs is tried.
 */
export function messageAt(file: ProtoFile, indexes: readonly number[]): ProtoMessage | undefined {
  const written = (messages: readonly ProtoMessage[]): ProtoMessage[] => messages.filter((one) => !one.isSynthetic)
  const found = follow(file.messages, indexes, written) ?? follow(file.messages, indexes, (messages) => messages)
  return found?.isMapEntry ? undefined : found
}

function follow(
  top: readonly ProtoMessage[],
  indexes: readonly number[],
  counted: (messages: readonly ProtoMessage[]) => readonly ProtoMessage[],
): ProtoMessage | undefined {
  let messages = top
  let found: ProtoMessage | undefined
  for (const index of indexes) {
    found = counted(messages)[index]
    if (!found) return undefined
    messages = found.messages
  }
  return found
}
