// What a linked file must hold: numbers and names used once, none of them reserved, and each syntax's own rules.
// Reference: Protocol Buffers language guides proto2, proto3 and editions ("Assigning Field Numbers", "Reserved", "Enumerations").
import { fieldNumberMax, isMessageSet, messageSetNumberMax } from './parse.ts'
import {
  join,
  oneofMembers,
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

interface Notes {
  /** What makes no sense. */
  readonly refuse: Note
  /** What only protoc forbids. */
  readonly rule: Note
}

const implementationFrom = 19000
const implementationTo = 19999

/** @param lenient lets pass what protoc refuses and bytes do not show, as registries do */
export function checkFile(file: ProtoFile, notes: Note, lenient: boolean): void {
  const note: Notes = { refuse: notes, rule: lenient ? () => {} : notes }
  const names = new Names(note)
  for (const message of file.messages) checkMessage(file, message, names, note)
  for (const one of file.enums) checkEnum(one, file.package, names, note)
  for (const extend of file.extends) checkExtend(file, extend, file.package, names, note)
  for (const service of file.services) {
    const fullName = join(file.package, service.name)
    names.use(fullName, service.place)
    for (const method of service.methods) names.use(join(fullName, method.name), service.place)
  }
}

/** Full names: messages, enums, fields, values and services share one space. */
class Names {
  readonly #used = new Map<string, Place>()
  readonly #note: Notes
  constructor(note: Notes) {
    this.#note = note
  }
  use(name: string, place: Place, kind: keyof Notes = 'refuse'): void {
    // A text has only names that are some; a descriptor may hold anything.
    if (!/^(?:[A-Za-z_]\w*)(?:\.[A-Za-z_]\w*)*$/.test(name))
      this.#note.refuse(`${JSON.stringify(name)} is no name`, place)
    const before = this.#used.get(name)
    if (before) this.#note[kind](`${name} is already defined at ${before.line}:${before.column}`, place)
    else this.#used.set(name, place)
  }
}

function checkMessage(file: ProtoFile, message: ProtoMessage, names: Names, note: Notes): void {
  const { fullName } = message
  if (message.isMapEntry) {
    checkFieldType(file, message.fields[1]!, note)
    names.use(fullName, message.place)
    return
  }
  names.use(fullName, message.place)
  for (const nested of message.messages) checkMessage(file, nested, names, note)
  for (const one of message.enums) checkEnum(one, fullName, names, note)
  for (const [oneof, members] of oneofMembers(message))
    if (members.length === 0) note.rule(`oneof ${oneof.name} has no field`, oneof.place)
  const reserved = new Ranges(message.reserved)
  const extensions = new Ranges(message.extensionRanges)
  const reservedNames = distinctNames(message, note)
  const numbers = new Map<number, ProtoField>()
  for (const field of message.fields) {
    names.use(join(fullName, field.name), field.place)
    const other = numbers.get(field.number)
    if (other) note.refuse(`number ${field.number} is already ${other.name}’s`, field.numberPlace)
    else numbers.set(field.number, field)
    checkField(file, field, note)
    if (reserved.has(field.number)) note.rule(`number ${field.number} is reserved`, field.numberPlace)
    if (reservedNames.has(field.name)) note.rule(`the name ${field.name} is reserved`, field.place)
    if (extensions.has(field.number)) note.rule(`number ${field.number} is kept for extensions`, field.numberPlace)
  }
  // A oneof has no name on the wire: only protoc minds one that is taken.
  for (const { name, place } of message.oneofs) names.use(join(fullName, name), place, 'rule')
  const most = isMessageSet(message) ? messageSetNumberMax : fieldNumberMax
  checkRanges([...message.reserved, ...message.extensionRanges], [1, most], note)
  if (file.syntax === 'proto3' && message.extensionRanges.length > 0)
    note.rule('proto3 has no extension ranges', message.extensionRanges[0]!.place)
  for (const extend of message.extends) checkExtend(file, extend, fullName, names, note)
}

/** Ranges to ask for a number: O(log ranges) each, where they do not overlap. */
class Ranges {
  readonly #sorted: readonly NumberRange[]

  constructor(ranges: readonly NumberRange[]) {
    this.#sorted = ranges.toSorted((a, b) => a.from - b.from)
  }

  has(number: number): boolean {
    let low = 0
    let high = this.#sorted.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#sorted[middle]!.from <= number) low = middle + 1
      else high = middle
    }
    return low > 0 && this.#sorted[low - 1]!.to >= number
  }
}

function distinctNames({ reservedNames, place }: ProtoMessage | ProtoEnum, note: Notes): Set<string> {
  const seen = new Set<string>()
  for (const name of reservedNames) {
    if (seen.has(name)) note.rule(`${name} is reserved twice`, place)
    seen.add(name)
  }
  return seen
}

function checkRanges(ranges: readonly NumberRange[], [least, most]: readonly [number, number], note: Notes): void {
  const sorted = ranges.toSorted((a, b) => a.from - b.from)
  for (const { from, to, place } of ranges)
    if (to < from || from < least || to > most) note.refuse(`${from} to ${to} is no range of numbers`, place)
  for (let i = 1; i < sorted.length; i++) {
    const [before, range] = [sorted[i - 1]!, sorted[i]!]
    if (range.from <= before.to)
      note.rule(`the range ${range.from} to ${range.to} overlaps ${before.from} to ${before.to}`, range.place)
  }
}

function checkField(file: ProtoFile, field: ProtoField, note: Notes, numberMax = fieldNumberMax): void {
  const { number, label } = field
  if (number < 1 || number > numberMax)
    note.refuse(`${number} is outside of 1 to ${numberMax}, where a field’s number lies`, field.numberPlace)
  if (number >= implementationFrom && number <= implementationTo)
    note.rule(`numbers ${implementationFrom} to ${implementationTo} are kept for implementations`, field.numberPlace)
  const isMap = field.inline?.isMapEntry === true
  switch (file.syntax) {
    case 'proto3':
      if (label === 'required') note.refuse('proto3 has no required fields', field.typePlace)
      if (field.inline?.isGroup) note.refuse('proto3 has no groups', field.typePlace)
      if (plainOption(field.options, 'default')) note.rule('proto3 has no default values', field.place)
      break
    case 'editions':
      if (label === 'optional' || label === 'required')
        note.refuse(`editions have no label ${label}; use features.field_presence`, field.typePlace)
      if (field.inline?.isGroup) note.refuse('editions have no groups; use features.message_encoding', field.typePlace)
      break
    default:
      if (label === 'none' && field.oneof === null && !isMap)
        note.refuse(`a field of proto2 begins with optional, required or repeated`, field.typePlace)
  }
  checkFieldType(file, field, note)
  const given = plainOption(field.options, 'default')
  if (given && (field.message || label === 'repeated'))
    note.rule('only single scalars and enums have defaults', field.place)
  if (given && field.enum) {
    const known = given.kind === 'identifier' && field.enum.values.some((value) => value.name === given.text)
    if (!known) note.rule(`the default is no value of ${field.enum.fullName}`, field.place)
  }
}

function checkFieldType(file: ProtoFile, field: ProtoField, note: Notes): void {
  if (field.message?.isMapEntry && !field.inline)
    note.refuse(`${field.typeName} is the entry of a map; write map<…> instead`, field.typePlace)
  if (file.syntax === 'proto3' && field.enum?.closed && field.label !== 'repeated' && !field.presence)
    note.rule(`${field.typeName} is an enum of proto2, which proto3 cannot use here`, field.typePlace)
}

function checkEnum(one: ProtoEnum, scope: string, names: Names, note: Notes): void {
  names.use(one.fullName, one.place)
  const [first] = one.values
  if (!first) note.refuse(`enum ${one.name} has no value`, one.place)
  else if (!one.closed && first.number !== 0) note.rule(`the first value of enum ${one.name} must be 0`, first.place)
  const aliases = plainOption(one.options, 'allow_alias')
  const aliased = aliases?.kind === 'identifier' && aliases.text === 'true'
  const numbers = new Map<number, string>()
  const reserved = new Ranges(one.reserved)
  const reservedNames = distinctNames(one, note)
  for (const value of one.values) {
    // Values lie in the scope of their enum, as in C.
    names.use(join(scope, value.name), value.place)
    const other = numbers.get(value.number)
    if (other !== undefined && !aliased)
      note.rule(`number ${value.number} is already ${other}’s; set allow_alias if that is meant`, value.place)
    numbers.set(value.number, other ?? value.name)
    if (reserved.has(value.number)) note.rule(`number ${value.number} is reserved`, value.place)
    if (reservedNames.has(value.name)) note.rule(`the name ${value.name} is reserved`, value.place)
  }
  checkRanges(one.reserved, [-2147483648, 2147483647], note)
}

function checkExtend(file: ProtoFile, extend: ProtoExtend, scope: string, names: Names, note: Notes): void {
  const { target } = extend
  const ranges = new Ranges(target?.extensionRanges ?? [])
  for (const field of extend.fields) {
    names.use(join(scope, field.name), field.place)
    checkField(file, field, note, target && isMessageSet(target) ? messageSetNumberMax : fieldNumberMax)
    if (target && !ranges.has(field.number))
      note.rule(`${target.fullName} keeps no number ${field.number} for extensions`, field.numberPlace)
    if (target && file.syntax === 'proto3' && !/^google\.protobuf\.[A-Za-z]+Options$/.test(target.fullName))
      note.rule('proto3 extends options only', extend.place)
  }
}
