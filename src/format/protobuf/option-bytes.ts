// Options as bytes of their *Options message, and back: names are found in descriptor.proto, custom ones among the extensions
// that the file sees. What is not found is kept as an uninterpreted option, as protoc's parser does.
// Reference: descriptor.proto, UninterpretedOption; protobuf.dev "Custom Options".
import { encodeText } from '../../base/index.ts'
import { ProtoWriter } from './bytes-writer.ts'
import { wire } from './cursor.ts'
import { builtinFile } from './load.ts'
import { fieldNumberMax } from './parse.ts'
import { floatText, quoteBytes } from './print.ts'
import {
  join,
  type AggregateField,
  type OptionValue,
  type ProtoField,
  type ProtoFile,
  type ProtoMessage,
  type ProtoOption,
} from './schema.ts'

export type OptionsName =
  | 'FileOptions'
  | 'MessageOptions'
  | 'FieldOptions'
  | 'OneofOptions'
  | 'EnumOptions'
  | 'EnumValueOptions'
  | 'ServiceOptions'
  | 'MethodOptions'
  | 'ExtensionRangeOptions'

/** A message of descriptor.proto. */
export function descriptorMessage(name: string): ProtoMessage {
  return builtinFile('google/protobuf/descriptor.proto')!.types.get(`google.protobuf.${name}`) as ProtoMessage
}

/** @param scope full name of what the options belong to */
export function optionBytes(
  file: ProtoFile,
  scope: string,
  type: OptionsName,
  options: readonly ProtoOption[],
): Uint8Array {
  const target = descriptorMessage(type)
  const known: { readonly path: readonly ProtoField[]; readonly value: OptionValue }[] = []
  const unknown: ProtoOption[] = []
  for (const option of options) {
    const path = resolvePath(file, scope, target, option)
    if (path && canWrite(file, path.at(-1)!, option.value)) known.push({ path, value: option.value })
    else unknown.push(option)
  }
  const out = new ProtoWriter()
  for (const { path, value } of known.toSorted((a, b) => a.path[0]!.number - b.path[0]!.number))
    writePath(file, out, path, value)
  for (const option of unknown) out.messageField(999, () => writeUninterpreted(out, option))
  return out.finish()
}

function resolvePath(
  file: ProtoFile,
  scope: string,
  target: ProtoMessage,
  option: ProtoOption,
): ProtoField[] | undefined {
  const path: ProtoField[] = []
  let at: ProtoMessage | null = target
  for (const { name, extension } of option.name) {
    if (!at) return undefined
    const inside: ProtoMessage = at
    const field: ProtoField | undefined = extension
      ? findExtension(file, scope, inside, name)
      : inside.fields.find((one) => one.name === name)
    if (!field || field.number > fieldNumberMax) return undefined
    path.push(field)
    at = field.message
  }
  return path
}

function findExtension(file: ProtoFile, scope: string, target: ProtoMessage, name: string): ProtoField | undefined {
  const candidates = name.startsWith('.') ? [name.slice(1)] : []
  if (!name.startsWith('.')) {
    for (let at = scope; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) candidates.push(`${at}.${name}`)
    candidates.push(name)
  }
  for (const candidate of candidates) {
    const found = file.extensions.get(candidate)
    if (found && found.target.fullName === target.fullName) return found.field
  }
  return undefined
}

/** Whether a value is of the field's type, as far as it can be written. */
function canWrite(file: ProtoFile, field: ProtoField, value: OptionValue): boolean {
  if (value.kind === 'list')
    return field.label === 'repeated' && value.values.every((one) => canWrite(file, field, one))
  if (field.message) {
    const { message } = field
    return value.kind === 'aggregate' && canWriteParts(file, message, value.fields)
  }
  if (field.enum)
    return (
      (value.kind === 'identifier' && field.enum.values.some(({ name }) => name === value.text)) ||
      value.kind === 'integer'
    )
  switch (field.scalar) {
    case 'string':
    case 'bytes':
      return value.kind === 'string'
    case 'bool':
      return value.kind === 'identifier' && (value.text === 'true' || value.text === 'false')
    case 'float':
    case 'double':
      return value.kind !== 'string' && value.kind !== 'aggregate'
    default:
      return value.kind === 'integer'
  }
}

/** Each part fits, and what is single is there once. */
function canWriteParts(file: ProtoFile, message: ProtoMessage, parts: readonly AggregateField[]): boolean {
  const seen = new Set<ProtoField>()
  return parts.every((part) => {
    const field = part.name.includes('/') ? undefined : partField(file, message, part)
    if (field && field.label !== 'repeated') {
      if (seen.has(field)) return false
      seen.add(field)
    }
    return canWritePart(file, message, part)
  })
}

function canWritePart(file: ProtoFile, message: ProtoMessage, part: AggregateField): boolean {
  if (part.extension && part.name.includes('/')) {
    const type = file.types.get(part.name.slice(part.name.lastIndexOf('/') + 1))
    const { value } = part
    if (message.fullName !== 'google.protobuf.Any' || type?.kind !== 'message' || value.kind !== 'aggregate')
      return false
    return canWriteParts(file, type, value.fields)
  }
  const field = partField(file, message, part)
  return field !== undefined && canWrite(file, field, part.value)
}

function partField(
  file: ProtoFile,
  message: ProtoMessage,
  { name, extension }: AggregateField,
): ProtoField | undefined {
  if (extension) {
    const found = findExtension(file, file.package, message, name)
    // A number of a message set stands in no tag.
    return found && found.number > fieldNumberMax ? undefined : found
  }
  return message.fields.find((one) => one.name === name || (isGroupLike(message, one) && one.message?.name === name))
}

/** A group of proto2, or a field of an edition that could have been one: text format knows it by its type's name. */
function isGroupLike(around: ProtoMessage, { name, delimited, message }: ProtoField): boolean {
  return delimited && message?.name.toLowerCase() === name && message.fullName === join(around.fullName, message.name)
}

function writePath(file: ProtoFile, out: ProtoWriter, path: readonly ProtoField[], value: OptionValue): void {
  const [field, ...rest] = path
  if (rest.length === 0) writeField(file, out, field!, value)
  else out.messageField(field!.number, () => writePath(file, out, rest, value))
}

function writeField(file: ProtoFile, out: ProtoWriter, field: ProtoField, value: OptionValue): void {
  const values = value.kind === 'list' ? value.values : [value]
  if (field.packed) {
    out.messageField(field.number, () => values.forEach((one) => writeScalar(out, field, one)))
    return
  }
  for (const one of values) {
    if (field.message) {
      const { message } = field
      const fields = one.kind === 'aggregate' ? one.fields : []
      if (field.delimited) {
        out.tag(field.number, wire.groupStart)
        writeAggregate(file, out, message, fields)
        out.tag(field.number, wire.groupEnd)
      } else out.messageField(field.number, () => writeAggregate(file, out, message, fields))
    } else {
      out.tag(field.number, wireTypeOf(field))
      writeScalar(out, field, one)
    }
  }
}

/** As it stands in a tag of a single value. */
export function wireTypeOf(field: Pick<ProtoField, 'scalar' | 'enum' | 'message' | 'delimited'>): number {
  if (field.message) return field.delimited ? wire.groupStart : wire.bytes
  switch (field.scalar) {
    case 'double':
    case 'fixed64':
    case 'sfixed64':
      return wire.fixed64
    case 'float':
    case 'fixed32':
    case 'sfixed32':
      return wire.fixed32
    case 'string':
    case 'bytes':
      return wire.bytes
    default:
      return wire.varint
  }
}

function writeAggregate(
  file: ProtoFile,
  out: ProtoWriter,
  message: ProtoMessage,
  fields: readonly AggregateField[],
): void {
  const known: { readonly field: ProtoField; readonly value: OptionValue }[] = []
  for (const part of fields) {
    if (part.extension && part.name.includes('/')) {
      writeAny(file, out, part.name, part.value)
      continue
    }
    const field = partField(file, message, part)
    if (field) known.push({ field, value: part.value })
  }
  // In the order of numbers, as every serializer writes.
  for (const { field, value } of known.toSorted((a, b) => a.field.number - b.field.number))
    writeField(file, out, field, value)
}

function writeAny(file: ProtoFile, out: ProtoWriter, url: string, value: OptionValue): void {
  const type = file.types.get(url.slice(url.lastIndexOf('/') + 1))
  if (type?.kind !== 'message' || value.kind !== 'aggregate') return
  out.textField(1, url)
  out.messageField(2, () => writeAggregate(file, out, type, value.fields))
}

function writeScalar(out: ProtoWriter, field: ProtoField, value: OptionValue): void {
  const number = value.kind === 'integer' ? value.value : 0n
  if (field.enum) {
    const named = value.kind === 'identifier' ? field.enum.values.find(({ name }) => name === value.text) : undefined
    return out.big(named ? BigInt(named.number) : number)
  }
  switch (field.scalar) {
    case 'string':
    case 'bytes': {
      const bytes = value.kind === 'string' ? value.bytes : new Uint8Array(0)
      return out.slice(bytes, 0, bytes.length)
    }
    case 'bool':
      return out.byte(value.kind === 'identifier' && value.text === 'true' ? 1 : 0)
    case 'float':
      return out.float(asFloat(value))
    case 'double':
      return out.double(asFloat(value))
    case 'fixed32':
    case 'sfixed32':
      return out.fixed32(Number(BigInt.asIntN(32, number)))
    case 'fixed64':
    case 'sfixed64':
      return out.fixed64(number)
    case 'sint32':
    case 'sint64':
      return out.big((number << 1n) ^ (number >> 63n))
    default:
      return out.big(number)
  }
}

function asFloat(value: OptionValue): number {
  if (value.kind === 'float') return value.value
  if (value.kind === 'integer') return Number(value.value)
  const text = value.kind === 'identifier' ? value.text : ''
  return text === 'inf' || text === 'infinity' ? Number.POSITIVE_INFINITY : Number.NaN
}

function writeUninterpreted(out: ProtoWriter, option: ProtoOption): void {
  for (const { name, extension } of option.name) {
    out.messageField(2, () => {
      out.textField(1, name)
      out.intField(2, extension ? 1 : 0)
    })
  }
  const { value } = option
  switch (value.kind) {
    case 'identifier':
      return out.textField(3, value.text)
    case 'integer':
      out.tag(value.value < 0n ? 5 : 4, wire.varint)
      return out.big(value.value)
    case 'float':
      out.tag(6, wire.fixed64)
      return out.double(value.value)
    case 'string':
      return out.bytesField(7, value.bytes)
    default:
      return out.bytesField(8, encodeText(aggregateText(value)))
  }
}

/** In text format, on one line and without the outer braces. */
export function aggregateText(value: OptionValue, outer = true): string {
  switch (value.kind) {
    case 'identifier':
      return value.text
    case 'integer':
      return String(value.value)
    case 'float':
      return floatText(value.value)
    case 'string':
      return quoteBytes(value.bytes)
    case 'list':
      return `[${value.values.map((one) => aggregateText(one, false)).join(', ')}]`
    case 'aggregate': {
      const inner = value.fields
        .map((field) => `${field.extension ? `[${field.name}]` : field.name}: ${aggregateText(field.value, false)}`)
        .join(' ')
      return outer ? inner : `{ ${inner} }`
    }
  }
}
