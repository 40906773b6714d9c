// From a .proto text to a file whose names are not resolved yet (link.ts does that). A mistake ends its own statement only,
// so that all of them are told at once.
// Reference: Protocol Buffers language specifications proto2, proto3 and edition 2023.
import { formatLimits } from '../limits.ts'
import { parseOptionList, parseOptionStatement } from './parse-options.ts'
import {
  isScalarName,
  noPlace,
  plainOption,
  type Label,
  type NumberRange,
  type Place,
  type ProtoEnum,
  type ProtoEnumValue,
  type ProtoExtend,
  type ProtoField,
  type ProtoFile,
  type ProtoImport,
  type ProtoMessage,
  type ProtoOneof,
  type ProtoOption,
  type ProtoService,
} from './schema.ts'
import { Reader } from './reader.ts'
import { ProtoMistake } from './tokens.ts'

/** The most that a field's number and an end of a range can be: 2^29 - 1. */
export const fieldNumberMax = 536870911

/** The same of extensions of a message set, which writes their numbers as values. */
export const messageSetNumberMax = 2147483646

/** Whether a message has `option message_set_wire_format = true`. */
export function isMessageSet(message: Pick<ProtoMessage, 'options'>): boolean {
  const said = plainOption(message.options, 'message_set_wire_format')
  return said?.kind === 'identifier' && said.text === 'true'
}

interface Mutable {
  syntax: ProtoFile['syntax']
  edition: string | null
  package: string
  packagePlace: Place
  imports: ProtoImport[]
  options: ProtoOption[]
  messages: ProtoMessage[]
  enums: ProtoEnum[]
  extends: ProtoExtend[]
  services: ProtoService[]
}

/** @param mistakes gets what is wrong; the file is whatever could be read beside it */
export function parseFile(text: string, path: string, mistakes: ProtoMistake[]): ProtoFile {
  const file: Mutable = {
    syntax: null,
    edition: null,
    package: '',
    packagePlace: noPlace,
    imports: [],
    options: [],
    messages: [],
    enums: [],
    extends: [],
    services: [],
  }
  const whole = { ...file, path, types: new Map(), extensions: new Map(), dependencies: [] }
  let reader: Reader
  try {
    reader = new Reader(text, mistakes)
  } catch (error) {
    if (!(error instanceof ProtoMistake)) throw error
    mistakes.push(error)
    return whole
  }
  parseSyntax(reader, file)
  while (reader.token.kind !== 'end') reader.statement(() => parseTopLevel(reader, file))
  return { ...whole, ...file }
}

function parseSyntax(reader: Reader, file: Mutable): void {
  if (!reader.is('syntax') && !reader.is('edition')) return
  reader.statement(() => {
    const word = reader.name()
    reader.symbol('=')
    const { place } = reader.token
    const value = reader.string()
    if (word === 'syntax') {
      if (value !== 'proto2' && value !== 'proto3')
        throw new ProtoMistake(`there is no syntax "${value}"; known are proto2 and proto3`, place)
      file.syntax = value
    } else {
      if (value !== '2023') throw new ProtoMistake(`edition "${value}" is not known here; 2023 is`, place)
      file.syntax = 'editions'
      file.edition = value
    }
    reader.symbol(';')
  })
}

function parseTopLevel(reader: Reader, file: Mutable): void {
  const { token } = reader
  if (reader.take(';')) return
  switch (token.text) {
    case 'package': {
      reader.name()
      if (file.package !== '') reader.note('the package is said twice', token.place)
      file.package = reader.path()
      file.packagePlace = token.place
      reader.symbol(';')
      return
    }
    case 'import': {
      reader.name()
      const modifier = reader.is('public') || reader.is('weak') ? (reader.name() as 'public' | 'weak') : ''
      const { place } = reader.token
      const path = reader.string()
      if (file.imports.some((other) => other.path === path)) reader.note(`"${path}" is imported twice`, place)
      else file.imports.push({ path, modifier, place })
      reader.symbol(';')
      return
    }
    case 'option':
      file.options.push(parseOptionStatement(reader))
      return
    case 'message':
      file.messages.push(parseMessage(reader, 0))
      return
    case 'enum':
      file.enums.push(parseEnum(reader))
      return
    case 'extend':
      file.extends.push(parseExtend(reader, file.messages, 0))
      return
    case 'service':
      file.services.push(parseService(reader))
      return
    case 'syntax':
    case 'edition':
      throw new ProtoMistake(`${token.text} must be the first statement`, token.place)
    default:
      throw reader.unexpected('message, enum, extend, service, import, option or package')
  }
}

export function emptyMessage(
  name: string,
  place: Place,
  flags: { isMapEntry?: boolean; isGroup?: boolean; isSynthetic?: boolean } = {},
): ProtoMessage {
  return {
    kind: 'message',
    name,
    place,
    fields: [],
    oneofs: [],
    messages: [],
    enums: [],
    extends: [],
    options: [],
    extensionRanges: [],
    reserved: [],
    reservedNames: [],
    reservedStatements: [],
    isMapEntry: flags.isMapEntry ?? false,
    isGroup: flags.isGroup ?? false,
    isSynthetic: flags.isSynthetic ?? false,
    fullName: '',
    byNumber: new Map(),
  }
}

function parseMessage(reader: Reader, depth: number): ProtoMessage {
  reader.name()
  const { place } = reader.token
  const message = emptyMessage(reader.name(), place)
  parseMessageBody(reader, message, depth)
  return message
}

function parseMessageBody(reader: Reader, message: ProtoMessage, depth: number): void {
  if (depth > formatLimits.depthMax / 2)
    throw new ProtoMistake(`messages are nested deeper than ${formatLimits.depthMax / 2}`, reader.token.place)
  reader.block(() => parseMessageStatement(reader, message, depth))
  bindMapEntries(message)
  bindMax(message)
}

/** `max` is another number in a message set, and that it is one may be said behind the range. */
function bindMax(message: ProtoMessage): void {
  if (isMessageSet(message)) return
  message.extensionRanges.forEach((range, i) => {
    if (range.isMax) message.extensionRanges[i] = { ...range, to: fieldNumberMax }
  })
}

/** Entries of maps that are spelled out, `option map_entry = true`, as texts made from descriptors have them. */
function bindMapEntries(message: ProtoMessage): void {
  message.messages.forEach((nested, i) => {
    const said = plainOption(nested.options, 'map_entry')
    if (said?.kind !== 'identifier' || said.text !== 'true' || nested.fields.length !== 2) return
    const entry: ProtoMessage = { ...nested, isMapEntry: true }
    message.messages[i] = entry
    message.fields.forEach((field, k) => {
      const name = field.typeName.slice(field.typeName.lastIndexOf('.') + 1)
      if (field.label === 'repeated' && field.inline === null && name === entry.name)
        message.fields[k] = { ...field, inline: entry }
    })
  })
}

function parseMessageStatement(reader: Reader, message: ProtoMessage, depth: number): void {
  const { token } = reader
  if (reader.take(';')) return
  // A type may bear a keyword as its name's first part; what follows tells which it is.
  const follows = reader.next
  if (token.kind === 'name' && follows.kind === 'name' && reader.afterNext.text === '{') {
    switch (token.text) {
      case 'message':
        message.messages.push(parseMessage(reader, depth + 1))
        return
      case 'enum':
        message.enums.push(parseEnum(reader))
        return
      case 'oneof':
        parseOneof(reader, message, depth)
        return
    }
  }
  if (token.text === 'extend' && (follows.kind === 'name' || follows.text === '.')) {
    message.extends.push(parseExtend(reader, message.messages, depth))
  } else if (token.text === 'option' && (follows.kind === 'name' || follows.text === '('))
    message.options.push(parseOptionStatement(reader))
  else if (token.text === 'reserved' && isReservedStatement(reader)) parseReserved(reader, message, fieldNumberMax)
  else if (token.text === 'extensions' && follows.kind === 'integer') parseExtensions(reader, message)
  else message.fields.push(parseField(reader, message.messages, null, depth))
}

/** `reserved 1;`, `reserved "a";` or, in editions, `reserved a;`: not a field whose type is named reserved. */
function isReservedStatement(reader: Reader): boolean {
  const { next, afterNext } = reader
  if (next.kind === 'name') return afterNext.text === ',' || afterNext.text === ';'
  return next.text !== '.'
}

function parseOneof(reader: Reader, message: ProtoMessage, depth: number): void {
  reader.name()
  const { place } = reader.token
  const oneof: ProtoOneof = { name: reader.name(), place, options: [] }
  message.oneofs.push(oneof)
  reader.block(() => {
    if (reader.take(';')) return
    if (reader.is('option')) {
      oneof.options.push(parseOptionStatement(reader))
      return
    }
    const { place: at } = reader.token
    const field = parseField(reader, message.messages, oneof, depth)
    if (field.inline?.isMapEntry) reader.note('a field of a oneof is no map', at)
    else if (field.label !== 'none') reader.note('a field of a oneof has no label', at)
    message.fields.push(field)
  })
}

/** @param siblings where the message of a map or group goes */
function parseField(
  reader: Reader,
  siblings: ProtoMessage[],
  oneof: ProtoOneof | null,
  depth: number,
  numberMax = fieldNumberMax,
): ProtoField {
  let label: Label = 'none'
  if (reader.next.kind === 'name' || reader.next.text === '.') {
    if (reader.is('optional') || reader.is('required') || reader.is('repeated')) label = reader.name() as Label
  }
  const typePlace = reader.token.place
  if (reader.is('group') && reader.next.kind === 'name') return parseGroup(reader, siblings, label, oneof, depth)
  const map = reader.is('map') && reader.next.text === '<' ? parseMapTypes(reader) : null
  const typeName = map ? '' : reader.path(true)
  const { place } = reader.token
  const name = reader.name()
  reader.symbol('=')
  const numberPlace = reader.token.place
  const number = reader.integer(1, numberMax, 'a field’s number')
  const options = reader.is('[') ? parseOptionList(reader) : []
  reader.symbol(';')
  if (map && label !== 'none') reader.note('a map has no label', typePlace)
  const inline = map ? mapEntry(name, map, place, options) : null
  if (inline) siblings.push(inline)
  return makeField({
    name,
    number,
    label: map ? 'repeated' : label,
    typeName: inline ? inline.name : typeName,
    options,
    place,
    numberPlace,
    typePlace,
    oneof,
    inline,
    delimited: false,
  })
}

type FieldParts = Pick<
  ProtoField,
  | 'name'
  | 'number'
  | 'label'
  | 'typeName'
  | 'options'
  | 'place'
  | 'numberPlace'
  | 'typePlace'
  | 'oneof'
  | 'inline'
  | 'delimited'
>

export function makeField(parts: FieldParts): ProtoField {
  return {
    ...parts,
    scalar: null,
    message: null,
    enum: null,
    presence: false,
    required: false,
    packed: false,
    checksUtf8: false,
  }
}

interface MapTypes {
  readonly key: string
  readonly keyPlace: Place
  readonly value: string
  readonly valuePlace: Place
}

function parseMapTypes(reader: Reader): MapTypes {
  reader.name()
  reader.symbol('<')
  const keyPlace = reader.token.place
  const key = reader.name()
  if (!isScalarName(key) || key === 'double' || key === 'float' || key === 'bytes')
    reader.note(`a map’s key is an integer, a bool or a string, not ${key}`, keyPlace)
  reader.symbol(',')
  const valuePlace = reader.token.place
  const value = reader.path(true)
  reader.symbol('>')
  return { key, keyPlace, value, valuePlace }
}

/** `my_map` has the entry `MyMapEntry`, as protoc names it. */
export function mapEntryName(field: string): string {
  return `${field.replace(/(?:^|_)([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase()).replaceAll('_', '')}Entry`
}

function mapEntry(field: string, types: MapTypes, place: Place, options: readonly ProtoOption[]): ProtoMessage {
  // What is said of a map's encoding holds for its keys and values.
  const features = options.filter(({ name }) => !name[0]!.extension && name[0]!.name === 'features')

  const entry = emptyMessage(mapEntryName(field), place, { isMapEntry: true, isSynthetic: true })
  const part = (name: string, number: number, typeName: string, typePlace: Place): ProtoField =>
    makeField({
      name,
      number,
      label: 'optional',
      typeName,
      options: features,
      place: typePlace,
      numberPlace: typePlace,
      typePlace,
      oneof: null,
      inline: null,
      delimited: false,
    })
  entry.fields.push(part('key', 1, types.key, types.keyPlace), part('value', 2, types.value, types.valuePlace))
  return entry
}

function parseGroup(
  reader: Reader,
  siblings: ProtoMessage[],
  label: Label,
  oneof: ProtoOneof | null,
  depth: number,
): ProtoField {
  const typePlace = reader.token.place
  reader.name()
  const { place } = reader.token
  const name = reader.name()
  if (!/^[A-Z]/.test(name)) reader.note('a group’s name begins with a capital letter', place)
  reader.symbol('=')
  const numberPlace = reader.token.place
  const number = reader.integer(1, fieldNumberMax, 'a field’s number')
  const options = reader.is('[') ? parseOptionList(reader) : []
  const message = emptyMessage(name, place, { isGroup: true, isSynthetic: true })
  siblings.push(message)
  parseMessageBody(reader, message, depth + 1)
  return makeField({
    name: name.toLowerCase(),
    number,
    label,
    typeName: name,
    options,
    place,
    numberPlace,
    typePlace,
    oneof,
    inline: message,
    delimited: true,
  })
}

function parseRanges(reader: Reader, most: number, least: number): NumberRange[] {
  const ranges: NumberRange[] = []
  do {
    const { place } = reader.token
    const from = reader.integer(least, most, 'a number of a range')
    let to = from
    const isRange = reader.takeName('to')
    const isMax = isRange && reader.takeName('max')
    if (isRange) to = isMax ? most : reader.integer(least, most, 'a number of a range')
    if (to < from) reader.note(`the range ends before it begins`, place)
    ranges.push({ from, to, place, isRange, isMax })
  } while (reader.take(','))
  return ranges
}

type WithReserved = Pick<ProtoMessage, 'reserved' | 'reservedNames' | 'reservedStatements'>

function parseReserved(reader: Reader, into: WithReserved, most: number): void {
  const { reserved: ranges, reservedNames: names, reservedStatements: statements } = into
  const before = names.length
  reader.name()
  if (reader.token.kind === 'string' || reader.token.kind === 'name') {
    do {
      names.push(reader.token.kind === 'name' ? reader.name() : reader.string())
    } while (reader.take(','))
    statements.push({ kind: 'names', count: names.length - before })
  } else {
    const found = parseRanges(reader, most, most === fieldNumberMax ? 1 : -2147483648)
    for (const range of found) ranges.push(range)
    statements.push({ kind: 'ranges', count: found.length })
  }
  reader.symbol(';')
}

function parseExtensions(reader: Reader, message: ProtoMessage): void {
  reader.name()
  const ranges = parseRanges(reader, messageSetNumberMax, 1)
  const options = reader.is('[') ? parseOptionList(reader) : []
  for (const range of ranges) message.extensionRanges.push({ ...range, options })
  reader.symbol(';')
}

function parseEnum(reader: Reader): ProtoEnum {
  reader.name()
  const { place } = reader.token
  const result: ProtoEnum = {
    kind: 'enum',
    name: reader.name(),
    place,
    values: [],
    options: [],
    reserved: [],
    reservedNames: [],
    reservedStatements: [],
    fullName: '',
    closed: false,
  }
  reader.block(() => {
    if (reader.take(';')) return
    if (reader.is('option') && reader.next.text !== '=') result.options.push(parseOptionStatement(reader))
    else if (reader.is('reserved') && reader.next.text !== '=') parseReserved(reader, result, 2147483647)
    else result.values.push(parseEnumValue(reader))
  })
  return result
}

function parseEnumValue(reader: Reader): ProtoEnumValue {
  const { place } = reader.token
  const name = reader.name()
  reader.symbol('=')
  const number = reader.integer(-2147483648, 2147483647, 'an enum’s number')
  const options = reader.is('[') ? parseOptionList(reader) : []
  reader.symbol(';')
  return { name, number, options, place }
}

function parseExtend(reader: Reader, siblings: ProtoMessage[], depth: number): ProtoExtend {
  reader.name()
  const { place } = reader.token
  const result: ProtoExtend = { extendee: reader.path(true), place, fields: [], target: null }
  reader.block(() => {
    if (reader.take(';')) return
    const { place: at } = reader.token
    const field = parseField(reader, siblings, null, depth, messageSetNumberMax)
    if (field.label === 'required') reader.note('an extension is not required', at)
    if (field.inline?.isMapEntry) reader.note('an extension is no map', at)
    result.fields.push(field)
  })
  return result
}

function parseService(reader: Reader): ProtoService {
  reader.name()
  const { place } = reader.token
  const service: ProtoService = { name: reader.name(), place, methods: [], options: [] }
  reader.block(() => {
    if (reader.take(';')) return
    if (reader.is('option')) {
      service.options.push(parseOptionStatement(reader))
      return
    }
    if (!reader.is('rpc')) throw reader.unexpected('rpc or option')
    reader.name()
    const name = reader.name()
    const [input, inputStream] = parseRpcType(reader)
    if (!reader.takeName('returns')) throw reader.unexpected('returns')
    const [output, outputStream] = parseRpcType(reader)
    const options: ProtoOption[] = []
    const hasBody = reader.is('{')
    if (hasBody) {
      reader.block(() => {
        if (reader.take(';')) return
        options.push(parseOptionStatement(reader))
      })
    } else reader.symbol(';')
    service.methods.push({ name, input, output, inputStream, outputStream, options, hasBody })
  })
  return service
}

function parseRpcType(reader: Reader): [type: string, stream: boolean] {
  reader.symbol('(')
  const stream =
    reader.is('stream') && reader.next.text !== ')' && (reader.next.kind === 'name' || reader.next.text === '.')
  if (stream) reader.name()
  const type = reader.path(true)
  reader.symbol(')')
  return [type, stream]
}
