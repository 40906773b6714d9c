// Whether data that one .proto schema wrote can be read by another: by tag, as the wire has it, with the rules of Confluent's
// registry. Names of fields, order and enums' values do not decide; where a change keeps the bytes readable but changes what
// a reader gets, it is a warning.
//
// Stricter than Confluent, since data would be lost or refused: an existing field that becomes required; fields of several
// oneofs, or of none, that meet in one oneof, whatever the names; a message that becomes delimited or ceases to be.
// Reference: protobuf.dev "Updating A Message Type"; Confluent "Protobuf compatibility rules" (names of rules are its).
import type { ProtoEnum, ProtoField, ProtoFile, ProtoMessage, ProtoOneof, Place } from '../../format/index.ts'
import type { Difference } from '../difference.ts'
import { registryLimits, type RegistryLimits } from '../limits.ts'

/**
 * Differences that keep `reader` from reading what `writer` wrote, and warnings, each with its places; without any that is
 * no warning: compatible. O(types), bounded by limits.comparisonsMax, behind which it refuses by name.
 * @param reading which of the two texts the reader is
 */
export function compareProto(
  reader: ProtoFile,
  writer: ProtoFile,
  options: { readonly reading?: 'new' | 'old'; readonly limits?: RegistryLimits } = {},
): Difference[] {
  return new Comparison(reader, writer, options.reading ?? 'new', options.limits ?? registryLimits).run()
}

/** What a difference is about, in one of the files. */
interface Spot {
  readonly path: string
  readonly place: Place
}

interface Pair<T> {
  readonly reader: T
  readonly writer: T
  /** Path of the element in each file. */
  readonly at: { readonly reader: Spot; readonly writer: Spot }
}

type ScalarGroup = 'general' | 'zigzag' | 'text' | 'fixed32' | 'fixed64' | 'float' | 'double'

const groups: Readonly<Record<string, ScalarGroup>> = {
  int32: 'general',
  int64: 'general',
  uint32: 'general',
  uint64: 'general',
  bool: 'general',
  sint32: 'zigzag',
  sint64: 'zigzag',
  string: 'text',
  bytes: 'text',
  fixed32: 'fixed32',
  sfixed32: 'fixed32',
  fixed64: 'fixed64',
  sfixed64: 'fixed64',
  float: 'float',
  double: 'double',
}

const groupNames: Readonly<Record<ScalarGroup, string>> = {
  general: 'int32, int64, uint32, uint64, bool and enums',
  zigzag: 'sint32 and sint64',
  text: 'string and bytes',
  fixed32: 'fixed32 and sfixed32',
  fixed64: 'fixed64 and sfixed64',
  float: 'float',
  double: 'double',
}

const groupOf = (field: ProtoField): ScalarGroup => (field.enum ? 'general' : groups[field.scalar!]!)
const isMap = (field: ProtoField): boolean => field.message?.isMapEntry === true
const kindOf = (field: ProtoField): string => {
  if (isMap(field)) return 'a map'
  return field.message ? 'a message' : 'a scalar'
}

function typeText(field: ProtoField): string {
  if (isMap(field)) return `map<${typeText(field.message!.fields[0]!)}, ${typeText(field.message!.fields[1]!)}>`
  return field.scalar ?? field.enum?.fullName ?? field.message?.fullName ?? field.typeName
}

/** Bits that a general number's values take, and whether they have a sign. */
const widths: Readonly<Record<string, { readonly bits: number; readonly signed: boolean }>> = {
  bool: { bits: 1, signed: false },
  int32: { bits: 32, signed: true },
  uint32: { bits: 32, signed: false },
  int64: { bits: 64, signed: true },
  uint64: { bits: 64, signed: false },
  sint32: { bits: 32, signed: true },
  sint64: { bits: 64, signed: true },
  fixed32: { bits: 32, signed: false },
  sfixed32: { bits: 32, signed: true },
  fixed64: { bits: 64, signed: false },
  sfixed64: { bits: 64, signed: true },
}

class Comparison {
  readonly #reader: ProtoFile
  readonly #writer: ProtoFile
  readonly #readerOwners: Owners
  readonly #writerOwners: Owners
  readonly #reading: 'new' | 'old'
  readonly #limits: RegistryLimits
  readonly #found: Difference[] = []
  /** Pairs of messages that were compared, or are open further up. */
  readonly #compared = new Map<ProtoMessage, Set<ProtoMessage>>()
  #count = 0
  #warnings = 0
  #refusals = 0

  constructor(reader: ProtoFile, writer: ProtoFile, reading: 'new' | 'old', limits: RegistryLimits) {
    this.#reader = reader
    this.#writer = writer
    this.#readerOwners = ownersOf(reader)
    this.#writerOwners = ownersOf(writer)
    this.#reading = reading
    this.#limits = limits
  }

  run(): Difference[] {
    const reader = this.#reader
    const writer = this.#writer
    const at = {
      reader: { path: '', place: reader.packagePlace },
      writer: { path: '', place: writer.packagePlace },
    }
    if (reader.package !== writer.package) {
      const name = (file: ProtoFile): string => (file.package === '' ? 'no package' : `package ${file.package}`)
      this.#add('PACKAGE_CHANGED', at, `${name(writer)} became ${name(reader)}`, `keep ${name(writer)}`)
    }
    this.#types({ reader, writer, at })
    return this.#found
  }

  #add(rule: string, at: Pair<unknown>['at'], reason: string, remedy: string, warning = false): void {
    // Counted apart, so that no warning takes a refusal's place.
    const count = warning ? ++this.#warnings : ++this.#refusals
    if (count > this.#limits.messagesMax) return
    const other = this.#reading === 'new' ? 'old' : 'new'
    const spot = (text: 'new' | 'old', { path, place }: Spot): NonNullable<Difference['places']>[number] => ({
      text,
      line: Math.max(1, place.line),
      column: Math.max(1, place.column),
      path,
    })
    this.#found.push({
      rule,
      path: at.reader.path,
      writerPath: at.writer.path,
      reason,
      remedy,
      ...(warning ? { warning } : {}),
      places: [spot(this.#reading, at.reader), spot(other, at.writer)],
    })
  }

  /** Messages of a file or message, by name; enums may change as they like. */
  #types({ reader, writer, at }: Pair<{ readonly messages: readonly ProtoMessage[] }>): void {
    for (const old of writer.messages) {
      if (old.isMapEntry) continue
      const kept = reader.messages.find(({ name }) => name === old.name)
      const writerSpot = { path: `${at.writer.path}/${old.name}`, place: old.place }
      if (!kept) {
        const reason = `message ${old.fullName} is gone`
        const pair = { reader: at.reader, writer: writerSpot }
        this.#add('MESSAGE_REMOVED', pair, reason, `keep message ${old.name}; its fields may go`)
        continue
      }
      this.#message({
        reader: kept,
        writer: old,
        at: { reader: { path: `${at.reader.path}/${kept.name}`, place: kept.place }, writer: writerSpot },
      })
    }
  }

  /** True once for a pair; false where it was compared already or there are too many. */
  #once(reader: ProtoMessage, writer: ProtoMessage, at: Pair<unknown>['at']): boolean {
    let writers = this.#compared.get(reader)
    if (!writers) this.#compared.set(reader, (writers = new Set()))
    if (writers.has(writer)) return false
    writers.add(writer)
    if (++this.#count <= this.#limits.comparisonsMax) return true
    if (this.#count === this.#limits.comparisonsMax + 1)
      this.#add('TOO_LARGE', at, 'the schemas are too large to compare', 'split them into smaller schemas')
    return false
  }

  #message(pair: Pair<ProtoMessage>): void {
    if (!this.#once(pair.reader, pair.writer, pair.at)) return
    this.#oneofs(pair)
    this.#fields(pair)
    this.#types(pair)
  }

  #oneofs({ reader, writer, at }: Pair<ProtoMessage>): void {
    for (const [oneof, members] of membersOf(reader)) {
      const before = members.flatMap((field) => writer.byNumber.get(field.number) ?? [])
      const spot = { path: `${at.reader.path}/${oneof.name}`, place: oneof.place }
      // Each field without a oneof, and each oneof, could hold a value beside the others.
      const holders = new Set(before.map((field) => field.oneof ?? field))
      if (holders.size < 2) continue
      const others = before.filter((field) => field.oneof === null || field.oneof !== before[0]!.oneof)
      const names = before.map((field) => field.name).join(', ')
      const single = before.filter((field) => field.oneof === null)
      const rule = single.length > 1 ? 'MULTIPLE_FIELDS_MOVED_TO_ONEOF' : 'FIELD_MOVED_TO_EXISTING_ONEOF'
      const place = {
        path: `${at.writer.path}/${others[0]?.name ?? before[0]!.name}`,
        place: (others[0] ?? before[0])!.place,
      }
      this.#add(
        rule,
        { reader: spot, writer: place },
        `${names} could be set together and are now one of oneof ${oneof.name}: all but the last would be lost`,
        `keep the fields out of ${oneof.name}; a new oneof may take one existing field`,
      )
    }
    const byName = new Map(reader.oneofs.map((oneof) => [oneof.name, oneof]))
    for (const [oneof, members] of membersOf(writer))
      this.#oneofMembers({ reader, members, oneof, at }, byName.get(oneof.name))
  }

  /** A member of a oneof may go only together with all others, and with the oneof's name. */
  #oneofMembers(
    {
      reader,
      members,
      oneof,
      at,
    }: { reader: ProtoMessage; members: readonly ProtoField[]; oneof: ProtoOneof; at: Pair<unknown>['at'] },
    kept: ProtoOneof | undefined,
  ): void {
    const gone = members.filter((field) => !reader.byNumber.has(field.number))
    if (!kept && gone.length === members.length) return
    for (const field of gone) {
      this.#add(
        'ONEOF_FIELD_REMOVED',
        {
          reader: kept ? { path: `${at.reader.path}/${kept.name}`, place: kept.place } : at.reader,
          writer: { path: `${at.writer.path}/${field.name}`, place: field.place },
        },
        `${field.name} = ${field.number} left oneof ${oneof.name} for good: a reader would find nothing set`,
        'keep the field (it may be deprecated), or remove the whole oneof',
      )
    }
  }

  #fields({ reader, writer, at }: Pair<ProtoMessage>): void {
    const reserved = writer.reserved.toSorted((a, b) => a.from - b.from)
    for (const field of reader.fields) {
      const old = writer.byNumber.get(field.number)
      const readerSpot = { path: `${at.reader.path}/${field.name}`, place: field.place }
      if (old) {
        const writerSpot = { path: `${at.writer.path}/${old.name}`, place: old.place }
        this.#field({ reader: field, writer: old, at: { reader: readerSpot, writer: writerSpot } })
        continue
      }
      const pair = { reader: readerSpot, writer: at.writer }
      if (field.required) {
        const remedy = `make ${field.name} optional`
        this.#add('REQUIRED_FIELD_ADDED', pair, `${field.name} is required, and data written before has none`, remedy)
      }
      if (isWithin(reserved, field.number)) {
        const reason = `number ${field.number} was reserved: older data may hold another field in it`
        this.#add('RESERVED_NUMBER_USED', pair, reason, 'take a number that was never used', true)
      }
    }
    for (const old of writer.fields) {
      if (!old.required || reader.byNumber.has(old.number)) continue
      const pair = { reader: at.reader, writer: { path: `${at.writer.path}/${old.name}`, place: old.place } }
      const reason = `${old.name} is required where the data is written, and is gone`
      this.#add('REQUIRED_FIELD_REMOVED', pair, reason, `keep ${old.name}`)
    }
  }

  #field({ reader, writer, at }: Pair<ProtoField>): void {
    if (reader.name !== writer.name) {
      const reason = `${writer.name} = ${writer.number} is now ${reader.name}: columns and JSON go by names`
      this.#add('FIELD_NAME_CHANGED', at, reason, `keep the name ${writer.name}`, true)
    }
    if (reader.required && !writer.required) {
      const reason = `${reader.name} became required, and data written before may have none`
      this.#add('REQUIRED_FIELD_ADDED', at, reason, `leave ${reader.name} optional`)
    }
    this.#labels({ reader, writer, at })
    this.#type({ reader, writer, at })
  }

  #labels({ reader, writer, at }: Pair<ProtoField>): void {
    if (isMap(reader) || isMap(writer)) return
    const many = reader.label === 'repeated'
    const numeric = !reader.message && groupOf(reader) !== 'text'
    const sameCount = many === (writer.label === 'repeated')
    // Two words that differ, as Confluent compares them; without a word a field has one value.
    const words = reader.label !== 'none' && writer.label !== 'none' && reader.label !== writer.label
    if (sameCount && !(numeric && words)) return
    const change = sameCount
      ? `${writer.label} became ${reader.label}`
      : many
        ? 'one value became a list'
        : 'a list became one value'
    if (numeric) {
      const reason = sameCount
        ? `${reader.name}: ${change}`
        : `${reader.name}: ${change}, and lists of numbers are packed`
      this.#add('FIELD_NUMERIC_LABEL_CHANGED', at, reason, 'keep the label, or add a field of another number')
    } else {
      const reason = `${reader.name}: ${change}${many ? '' : ': a reader gets the last'}`
      this.#add('FIELD_STRING_OR_BYTES_LABEL_CHANGED', at, reason, 'add a field of another number', true)
    }
  }

  #type({ reader, writer, at }: Pair<ProtoField>): void {
    const change = `${reader.name} = ${reader.number}: ${typeText(writer)} became ${typeText(reader)}`
    const remedy = `keep ${typeText(writer)}, or add a field of another number`
    if (kindOf(reader) !== kindOf(writer)) {
      this.#add('FIELD_KIND_CHANGED', at, `${change}, ${kindOf(writer)} is no ${kindOf(reader).slice(2)}`, remedy)
    } else if (isMap(reader)) {
      for (const i of [0, 1]) this.#type({ reader: reader.message!.fields[i]!, writer: writer.message!.fields[i]!, at })
    } else if (reader.message && writer.message) {
      if (reader.delimited !== writer.delimited)
        this.#add('FIELD_KIND_CHANGED', at, `${change}: a group is not written as a message is`, remedy)
      else this.#messageType(reader.message, writer.message, at, change, remedy)
    } else if (groupOf(reader) !== groupOf(writer)) {
      const reason = `${change}; only ${groupNames[groupOf(writer)]} are written alike`
      this.#add('FIELD_SCALAR_KIND_CHANGED', at, reason, remedy)
    } else this.#narrowing({ reader, writer, at }, change, remedy)
  }

  #messageType(
    reader: ProtoMessage,
    writer: ProtoMessage,
    at: Pair<unknown>['at'],
    change: string,
    remedy: string,
  ): void {
    const [readerName, readerIsLocal] = localName(this.#readerOwners, this.#reader, reader)
    const [writerName, writerIsLocal] = localName(this.#writerOwners, this.#writer, writer)
    if (readerName !== writerName) {
      this.#add('FIELD_NAMED_TYPE_CHANGED', at, change, remedy)
      return
    }
    // Those of the files themselves are compared with the files.
    if (readerIsLocal && writerIsLocal) return
    const before = this.#refusals
    this.#message({ reader, writer, at })
    if (this.#refusals > before)
      this.#add(
        'FIELD_NAMED_TYPE_CHANGED',
        at,
        `${writerName} has changed in what is imported`,
        'refer to the version before',
      )
  }

  /** The bytes can be read, but not every value stays what it was. */
  #narrowing({ reader, writer, at }: Pair<ProtoField>, change: string, remedy: string): void {
    if (reader.scalar === 'string' && writer.scalar === 'bytes')
      return this.#add('BYTES_AS_STRING', at, `${change}: what is no UTF-8 cannot be read`, remedy, true)
    if (reader.enum && writer.enum) {
      const gone = missingNumbers(reader.enum, writer.enum)
      if (gone.length > 0) {
        const reason = `${reader.name}: ${reader.enum.fullName} has no ${gone.join(', ')}`
        this.#add('ENUM_CONST_REMOVED', at, reason, 'keep the values', true)
      }
      return
    }
    const now = widths[reader.scalar ?? 'int32']
    const old = widths[writer.scalar ?? 'int32']
    // Text and floating point have no width: their groups hold no other type, or are told above.
    if (!now || !old) return
    const holds = now.bits > old.bits ? now.signed || !old.signed : now.bits === old.bits && now.signed === old.signed
    if (!holds) this.#add('FIELD_NARROWED', at, `${change}: values outside of it become others`, remedy, true)
  }
}

function missingNumbers(reader: ProtoEnum, writer: ProtoEnum): string[] {
  const known = new Set(reader.values.map(({ number }) => number))
  return writer.values.filter(({ number }) => !known.has(number)).map(({ name }) => name)
}

/** A name without its file's package, and whether the file itself defines it. */
function localName(owners: Owners, file: ProtoFile, message: ProtoMessage): [name: string, isLocal: boolean] {
  const owner = owners.get(message)
  const prefix = owner && owner.package !== '' ? `${owner.package}.` : ''
  const { fullName } = message
  return [fullName.startsWith(prefix) ? fullName.slice(prefix.length) : fullName, owner === file]
}

type Owners = ReadonlyMap<ProtoMessage, ProtoFile>

/** The file of each message that a file sees. */
function ownersOf(file: ProtoFile): Owners {
  const owners = new Map<ProtoMessage, ProtoFile>()
  const seen = new Set<ProtoFile>()
  const waiting = [file]
  for (let one = waiting.pop(); one; one = waiting.pop()) {
    if (seen.has(one)) continue
    seen.add(one)
    const owner = one
    const own = (message: ProtoMessage): void => {
      owners.set(message, owner)
      message.messages.forEach(own)
    }
    one.messages.forEach(own)
    waiting.push(...one.dependencies)
  }
  return owners
}

/** The fields of each oneof. */
function membersOf(message: ProtoMessage): Map<ProtoOneof, ProtoField[]> {
  const members = new Map<ProtoOneof, ProtoField[]>(message.oneofs.map((oneof) => [oneof, []]))
  for (const field of message.fields) if (field.oneof) members.get(field.oneof)?.push(field)
  return members
}

/** @param ranges sorted. O(log ranges) where they do not overlap */
function isWithin(ranges: ProtoMessage['reserved'], number: number): boolean {
  let low = 0
  let high = ranges.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (ranges[middle]!.from <= number) low = middle + 1
    else high = middle
  }
  return low > 0 && ranges[low - 1]!.to >= number
}
