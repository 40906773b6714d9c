// Pairs of .proto schemas, the second made from the first by a few changes, as people make them; and whether what the first
// wrote can really be read with the second, by protobuf-es. Everything follows from a seed.
import { create, createFileRegistry, fromBinary, toBinary, type DescField, type DescMessage } from '@bufbuild/protobuf'
import { reflect, type ReflectMessage } from '@bufbuild/protobuf/reflect'
import { FileDescriptorProtoSchema, type FileDescriptorProto } from '@bufbuild/protobuf/wkt'
import { descriptorOf, parseProto, type ProtoFile } from '../src/format/index.ts'
import { makeDraw } from '../src/registry/draw-testing.ts'
import { compareProto } from '../src/registry/protobuf/compatibility.ts'

type Draw = (below: number) => number

interface FieldPlan {
  name: string
  number: number
  /** A scalar, E, or a message's name; map<…> as it is. */
  type: string
  label: '' | 'optional ' | 'repeated '
  oneof: string | null
}

interface MessagePlan {
  name: string
  fields: FieldPlan[]
}

const scalars =
  'double float int32 int64 uint32 uint64 sint32 sint64 fixed32 fixed64 sfixed32 sfixed64 bool string bytes'.split(' ')
const alike = [
  'int32 int64 uint32 uint64 bool E',
  'sint32 sint64',
  'string bytes',
  'fixed32 sfixed32',
  'fixed64 sfixed64',
].map((group) => group.split(' '))
const messages = ['M', 'N', 'P']

export interface SchemaPair {
  readonly old: string
  readonly now: string
}

export function makePair(seed: number): SchemaPair {
  const { below: draw } = makeDraw(seed)
  const plan = makePlan(draw)
  const changed = structuredClone(plan)
  for (let n = 1 + draw(3); n > 0; n--) change(changed, draw)
  return { old: textOf(plan), now: textOf(changed) }
}

const pick = <T>(draw: Draw, list: readonly T[]): T => list[draw(list.length)]!

function typeOf(draw: Draw): string {
  const n = draw(10)
  if (n < 6) return pick(draw, scalars)
  if (n === 6) return 'E'
  if (n === 7) return `map<${pick(draw, ['int32', 'string', 'bool', 'sint64'])}, ${pick(draw, [...scalars, 'N', 'E'])}>`
  return pick(draw, messages)
}

function makePlan(draw: Draw): MessagePlan[] {
  return messages.map((name) => {
    const fields: FieldPlan[] = []
    for (let n = 1 + draw(5); n > 0; n--) fields.push(makeField(fields, draw))
    return { name, fields }
  })
}

function makeField(fields: readonly FieldPlan[], draw: Draw): FieldPlan {
  let number = 1 + draw(12)
  while (fields.some((field) => field.number === number)) number = 1 + draw(30)
  const type = typeOf(draw)
  const oneof = !type.startsWith('map') && draw(3) === 0 ? pick(draw, ['o', 'q']) : null
  const label = oneof !== null || type.startsWith('map') ? '' : pick(draw, ['', '', 'optional ', 'repeated '] as const)
  return { name: `f${number}`, number, type, label, oneof }
}

/** One change of a kind that people make. */
function change(plan: MessagePlan[], draw: Draw): void {
  const { fields } = pick(draw, plan)
  if (fields.length === 0) {
    fields.push(makeField(fields, draw))
    return
  }
  const field = pick(draw, fields)
  const plain = !field.type.startsWith('map')
  switch (draw(12)) {
    case 0:
      fields.push(makeField(fields, draw))
      return
    case 1:
      fields.splice(fields.indexOf(field), 1)
      return
    case 2:
      field.name = `${field.name}_renamed`
      return
    case 3:
    case 4: {
      const group = alike.find((types) => types.includes(field.type))
      if (group) field.type = pick(draw, group)
      return
    }
    case 5:
      field.type = plain && field.oneof === null ? typeOf(draw) : field.type
      if (field.type.startsWith('map')) field.label = ''
      return
    case 6:
    case 7:
      if (plain && field.label !== 'repeated ') {
        field.oneof = field.oneof === null ? pick(draw, ['o', 'q', 'new']) : null
        field.label = ''
        const other = pick(draw, fields)
        if (draw(3) === 0 && other.label !== 'repeated ' && !other.type.startsWith('map')) {
          other.oneof = field.oneof
          other.label = ''
        }
      }
      return
    case 8:
      if (plain && field.oneof === null) field.label = pick(draw, ['', 'optional ', 'repeated '] as const)
      return
    case 9:
      fields.reverse()
      return
    case 10:
      for (const one of fields) if (one.oneof === field.oneof && field.oneof !== null) one.oneof = 'renamed'
      return
    default: {
      // A number that somebody takes anew.
      const taken = pick(draw, fields)
      if (taken !== field) fields.splice(fields.indexOf(taken), 1)
      field.type = plain && field.oneof === null ? pick(draw, scalars) : field.type
    }
  }
}

function textOf(plan: readonly MessagePlan[]): string {
  const field = ({ label, type, name, number }: FieldPlan): string => `  ${label}${type} ${name} = ${number};\n`
  const body = plan.map(({ name, fields }) => {
    const oneofs = [...new Set(fields.flatMap(({ oneof }) => oneof ?? []))].map(
      (oneof) =>
        `  oneof ${oneof} {\n${fields
          .filter((one) => one.oneof === oneof)
          .map(field)
          .join('')}  }\n`,
    )
    return `message ${name} {\n${fields
      .filter(({ oneof }) => oneof === null)
      .map(field)
      .join('')}${oneofs.join('')}}\n`
  })
  return `syntax = "proto3";\npackage p;\n${body.join('')}enum E { E_ZERO = 0; E_ONE = 1; E_TWO = 2; }\n`
}

/** protobuf-es's message of a file. */
export function messageOf(file: ProtoFile, name: string): DescMessage {
  const described = fromBinary(FileDescriptorProtoSchema, descriptorOf(file)) as FileDescriptorProto
  return createFileRegistry(described, () => undefined).getMessage(name)!
}

/** A message with drawn values: small enough that every type of a group holds them, and text that is UTF-8. */
export function makeMessage(type: DescMessage, draw: Draw, depth = 0): ReflectMessage {
  const message = reflect(type, create(type))
  for (const member of type.members) {
    const fields = member.kind === 'oneof' ? [pick(draw, member.fields)] : [member]
    for (const field of fields) if (draw(4) > 0) setField(message, field, draw, depth)
  }
  return message
}

function setField(message: ReflectMessage, field: DescField, draw: Draw, depth: number): void {
  if (depth > 2 && field.message) return
  const value = (): unknown => (field.message ? makeMessage(field.message, draw, depth + 1) : scalarOf(field, draw))
  switch (field.fieldKind) {
    case 'list':
      for (let n = 1 + draw(3); n > 0; n--) message.get(field).add(value() as never)
      return
    case 'map': {
      const key = { 9: `k${draw(3)}`, 8: true, 5: draw(3), 18: BigInt(draw(3)) }[field.mapKey as number]
      message.get(field).set(key as never, value() as never)
      return
    }
    default:
      message.set(field, value() as never)
  }
}

const longTypes = new Set([3, 4, 6, 16, 18])

function scalarOf(field: DescField, draw: Draw): unknown {
  // 0 and 1 are values of every number, bool and enum.
  const n = draw(2)
  if (field.enum) return n
  switch (field.scalar as number) {
    case 8:
      return n === 1
    case 9:
      return ['', 'é', 'text'][draw(3)]
    case 12:
      return new TextEncoder().encode(['', 'é', 'bytes'][draw(3)])
    case 1:
    case 2:
      return n * 0.5
    default:
      return longTypes.has(field.scalar as number) ? BigInt(n) : n
  }
}

/**
 * Reads with `now` what `old` wrote.
 * @param skip paths (field numbers of a message's name) where values may differ: 'M.3'
 * @returns what went wrong: an error, or the first field whose value is another one; undefined: nothing
 */
export function readBack(
  pair: { old: DescMessage; now: DescMessage },
  draw: Draw,
  skip: ReadonlySet<string>,
): string | undefined {
  const written = makeMessage(pair.old, draw)
  const bytes = toBinary(pair.old, written.message)
  let read: ReflectMessage
  try {
    read = reflect(pair.now, fromBinary(pair.now, bytes))
  } catch (error) {
    return `it cannot be read: ${String(error)}`
  }
  return compare(written, read, skip)
}

function compare(old: ReflectMessage, now: ReflectMessage, skip: ReadonlySet<string>): string | undefined {
  for (const field of now.fields) {
    const before = old.fields.find(({ number }) => number === field.number)
    const path = `${now.desc.name}.${field.number}`
    if (!before || skip.has(path)) continue
    const found = compareValues(valuesOf(old, before), valuesOf(now, field), skip, path)
    if (found !== undefined) return found
  }
  return undefined
}

/** A field's values as a list; none where it is absent or zero. */
function valuesOf(message: ReflectMessage, field: DescField): unknown[] {
  switch (field.fieldKind) {
    case 'list':
      return [...message.get(field)]
    case 'map':
      return [...message.get(field)].flat()
    default:
      return message.isSet(field) ? [message.get(field)] : []
  }
}

const isMessage = (value: unknown): value is ReflectMessage =>
  typeof value === 'object' && value !== null && 'desc' in value

function compareValues(old: unknown[], now: unknown[], skip: ReadonlySet<string>, path: string): string | undefined {
  // An explicit zero and nothing are the same to a reader without presence.
  const trim = (list: unknown[]): unknown[] => (list.length === 1 && isZero(list[0]) ? [] : list)
  const [a, b] = [trim(old), trim(now)]
  if (a.length !== b.length) return `${path}: ${a.length} values became ${b.length}`
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i], b[i]]
    if (isMessage(x) && isMessage(y)) {
      const found = compare(x, y, skip)
      if (found !== undefined) return found
    } else if (plain(x) !== plain(y)) return `${path}: ${plain(x)} became ${plain(y)}`
  }
  return undefined
}

const isZero = (value: unknown): boolean =>
  value === 0 || value === 0n || value === false || value === '' || (value instanceof Uint8Array && value.length === 0)

function plain(value: unknown): string {
  if (isMessage(value)) return 'a message'
  if (value instanceof Uint8Array) return new TextDecoder().decode(value)
  return typeof value === 'boolean' ? String(Number(value)) : String(value)
}

export interface PairReport {
  readonly verdict: 'compatible' | 'incompatible'
  /** Rules that stood against it. */
  readonly rules: readonly string[]
  /** A value that was written and is not read, or as another one. */
  readonly witness: boolean
}

/** Throws what is wrong about the verdict. @param values messages that are written, of each type */
export function checkProtoPair(seed: number, values = 5): PairReport {
  const { old, now } = makePair(seed)
  const files = { old: parseProto(old), now: parseProto(now) }
  const found = compareProto(files.now, files.old)
  const rules = found.filter(({ warning }) => !warning).map(({ rule }) => rule)
  // A list that became one value: the reader gets the last, as the warning says.
  const skip = new Set(
    found
      .filter(({ rule }) => rule === 'FIELD_STRING_OR_BYTES_LABEL_CHANGED')
      .map(({ path }) => numberPath(files.now, path)),
  )
  const { below: draw } = makeDraw(seed)
  let witness = false
  for (const { name, fullName } of files.old.messages) {
    const types = { old: messageOf(files.old, fullName), now: messageOf(files.now, fullName) }
    for (let n = 0; n < values; n++) {
      const wrong = readBack(types, draw, skip)
      if (wrong === undefined) continue
      witness = true
      if (rules.length === 0) throw new Error(`compatible, but ${name}: ${wrong}\nold ${old}\nnew ${now}`)
    }
  }
  return { verdict: rules.length === 0 ? 'compatible' : 'incompatible', rules, witness }
}

/** `/M/name` as `M.number`. */
function numberPath(file: ProtoFile, path: string): string {
  const [, message, name] = path.split('/')
  const fields = file.messages.find((one) => one.name === message)?.fields ?? []
  return `${message}.${fields.find((one) => one.name === name)?.number}`
}
