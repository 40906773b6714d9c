// What a linked file must hold: numbers and names used once, none of them reserved, and each syntax's own rules.
// Reference: Protocol Buffers language guides proto2, proto3 and editions ("Assigning Field Numbers", "Reserved", "Enumerations").
import {
  join,
  plainOption,
  type NumberRange,
  type Place,
  type ProtoEnum,
  type ProtoExtend,
  type ProtoField,
  type ProtoFile,
  type ProtoMessage,
} from './schema.ts'

type Note = (reason: string, place: Place) => void

const implementationFrom = 19000
const implementationTo = 19999

export function checkFile(file: ProtoFile, note: Note): void {
  const names = new Names(note)
  for (const message of file.messages) checkMessage(file, message, names, note)
  for (const one of file.enums) checkEnum(one, file.package, names, note)
  for (const extend of file.extends) checkExtend(file, extend, file.package, names, note)
  for (const service of file.services) names.use(join(file.package, service.name), service.place)
}

/** Full names: messages, enums, fields, values and services share one space. */
class Names {
  readonly #used = new Map<string, Place>()
  readonly #note: Note
  constructor(note: Note) {
    this.#note = note
  }
  use(name: string, place: Place): void {
    const before = this.#used.get(name)
    if (before) this.#note(`${name} is already defined at ${before.line}:${before.column}`, place)
    else this.#used.set(name, place)
  }
}

function checkMessage(file: ProtoFile, message: ProtoMessage, names: Names, note: Note): void {
  const { fullName } = message
  if (message.isMapEntry) {
    checkFieldType(file, message.fields[1]!, note)
    names.use(fullName, message.place)
    return
  }
  names.use(fullName, message.place)
  for (const nested of message.messages) checkMessage(file, nested, names, note)
  for (const one of message.enums) checkEnum(one, fullName, names, note)
  for (const oneof of message.oneofs) {
    names.use(join(fullName, oneof.name), oneof.place)
    if (!message.fields.some((field) => field.oneof === oneof)) note(`oneof ${oneof.name} has no field`, oneof.place)
  }
  const numbers = new Map<number, ProtoField>()
  for (const field of message.fields) {
    names.use(join(fullName, field.name), field.place)
    const other = numbers.get(field.number)
    if (other) note(`number ${field.number} is already ${other.name}’s`, field.numberPlace)
    else numbers.set(field.number, field)
    checkField(file, field, note)
    if (message.reserved.some((range) => inside(field.number, range)))
      note(`number ${field.number} is reserved`, field.numberPlace)
    if (message.reservedNames.includes(field.name)) note(`the name ${field.name} is reserved`, field.place)
    if (message.extensionRanges.some((range) => inside(field.number, range)))
      note(`number ${field.number} is kept for extensions`, field.numberPlace)
  }
  checkRanges([...message.reserved, ...message.extensionRanges], note)
  if (file.syntax === 'proto3' && message.extensionRanges.length > 0)
    note('proto3 has no extension ranges', message.extensionRanges[0]!.place)
  for (const extend of message.extends) checkExtend(file, extend, fullName, names, note)
}

const inside = (number: number, range: NumberRange): boolean => number >= range.from && number <= range.to

function checkRanges(ranges: readonly NumberRange[], note: Note): void {
  const sorted = ranges.toSorted((a, b) => a.from - b.from)
  for (let i = 1; i < sorted.length; i++) {
    const [before, range] = [sorted[i - 1]!, sorted[i]!]
    if (range.from <= before.to)
      note(`the range ${range.from} to ${range.to} overlaps ${before.from} to ${before.to}`, range.place)
  }
}

function checkField(file: ProtoFile, field: ProtoField, note: Note): void {
  const { number, label } = field
  if (number >= implementationFrom && number <= implementationTo)
    note(`numbers ${implementationFrom} to ${implementationTo} are kept for implementations`, field.numberPlace)
  const isMap = field.inline?.isMapEntry === true
  switch (file.syntax) {
    case 'proto3':
      if (label === 'required') note('proto3 has no required fields', field.typePlace)
      if (field.inline?.isGroup) note('proto3 has no groups', field.typePlace)
      if (plainOption(field.options, 'default')) note('proto3 has no default values', field.place)
      break
    case 'editions':
      if (label === 'optional' || label === 'required')
        note(`editions have no label ${label}; use features.field_presence`, field.typePlace)
      if (field.inline?.isGroup) note('editions have no groups; use features.message_encoding', field.typePlace)
      break
    default:
      if (label === 'none' && field.oneof === null && !isMap)
        note(`a field of proto2 begins with optional, required or repeated`, field.typePlace)
  }
  checkFieldType(file, field, note)
  const given = plainOption(field.options, 'default')
  if (given && (field.message || label === 'repeated')) note('only single scalars and enums have defaults', field.place)
  if (given && field.enum) {
    const known = given.kind === 'identifier' && field.enum.values.some((value) => value.name === given.text)
    if (!known) note(`the default is no value of ${field.enum.fullName}`, field.place)
  }
}

function checkFieldType(file: ProtoFile, field: ProtoField, note: Note): void {
  if (field.message?.isMapEntry && !field.inline)
    note(`${field.typeName} is the entry of a map; write map<…> instead`, field.typePlace)
  if (file.syntax === 'proto3' && field.enum?.closed && field.label !== 'repeated' && !field.presence)
    note(`${field.typeName} is an enum of proto2, which proto3 cannot use here`, field.typePlace)
}

function checkEnum(one: ProtoEnum, scope: string, names: Names, note: Note): void {
  names.use(one.fullName, one.place)
  const [first] = one.values
  if (!first) note(`enum ${one.name} has no value`, one.place)
  else if (!one.closed && first.number !== 0) note(`the first value of enum ${one.name} must be 0`, first.place)
  const aliases = plainOption(one.options, 'allow_alias')
  const aliased = aliases?.kind === 'identifier' && aliases.text === 'true'
  const numbers = new Map<number, string>()
  for (const value of one.values) {
    // Values lie in the scope of their enum, as in C.
    names.use(join(scope, value.name), value.place)
    const other = numbers.get(value.number)
    if (other !== undefined && !aliased)
      note(`number ${value.number} is already ${other}’s; set allow_alias if that is meant`, value.place)
    numbers.set(value.number, other ?? value.name)
    if (one.reserved.some((range) => inside(value.number, range)))
      note(`number ${value.number} is reserved`, value.place)
    if (one.reservedNames.includes(value.name)) note(`the name ${value.name} is reserved`, value.place)
  }
  checkRanges(one.reserved, note)
}

function checkExtend(file: ProtoFile, extend: ProtoExtend, scope: string, names: Names, note: Note): void {
  const { target } = extend
  for (const field of extend.fields) {
    names.use(join(scope, field.name), field.place)
    checkField(file, field, note)
    if (target && !target.extensionRanges.some((range) => inside(field.number, range)))
      note(`${target.fullName} keeps no number ${field.number} for extensions`, field.numberPlace)
    if (target && file.syntax === 'proto3' && !/^google\.protobuf\.[A-Za-z]+Options$/.test(target.fullName))
      note('proto3 extends options only', extend.place)
  }
}
