// A FileDescriptorProto's bytes as a file, as if it had been parsed from a text: what clients send in base64 in the place of a
// schema's text. Custom options are read once the file is linked, since only then are their extensions known.
// Reference: google/protobuf/descriptor.proto.
import { decodeText } from '../../base/index.ts'
import { RecordDamage } from '../damage.ts'
import { damaged } from './cursor.ts'
import { readDynamic, type Dynamic, type DynamicMessage } from './dynamic.ts'
import { descriptorMessage } from './option-bytes.ts'
import { defaultJsonName } from './print.ts'
import { emptyMessage, makeField, parseFile } from './parse.ts'
import {
  noPlace,
  scalarNumbers,
  type Label,
  type OptionValue,
  type ProtoEnum,
  type ProtoExtend,
  type ProtoField,
  type ProtoFile,
  type ProtoMessage,
  type ProtoOneof,
  type ProtoOption,
  type ProtoService,
} from './schema.ts'
import { ProtoMistake } from './tokens.ts'

/** Base64 and nothing else: no .proto text is, since it has a ';' or a '{'. */
export function isDescriptorText(text: string): boolean {
  return text.length >= 4 && /^[A-Za-z0-9+/]+={0,2}\s*$/.test(text.trim())
}

export interface DescribedFile {
  readonly file: ProtoFile
  /** Reads the options that extensions define; after linking. */
  readonly finish: () => void
}

export function fileFromDescriptor(text: string, path: string, mistakes: ProtoMistake[]): DescribedFile {
  const bytes = Uint8Array.from(Buffer.from(text.trim(), 'base64'))
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof RecordDamage) && !(error instanceof TypeError)) throw error
      mistakes.push(new ProtoMistake(`it is neither a .proto text nor a descriptor: ${error.message}`, noPlace))
      return undefined
    }
  }
  const described = attempt(() =>
    new DescriptorReader().read(readDynamic(descriptorMessage('FileDescriptorProto'), bytes), path),
  )
  if (!described) return { file: parseFile('', path, []), finish: () => {} }
  return { file: described.file, finish: () => void attempt(described.finish) }
}

const keyTypes: ReadonlySet<string> = new Set(
  Object.keys(scalarNumbers).filter((name) => !['double', 'float', 'bytes'].includes(name)),
)

const scalarByNumber = new Map(Object.entries(scalarNumbers).map(([name, number]) => [number, name]))

const text = (message: DynamicMessage, number: number): string | undefined => {
  const value = message.values.get(number)?.at(-1)
  return value === undefined ? undefined : decodeText(value as Uint8Array)
}
const texts = (message: DynamicMessage, number: number): string[] =>
  (message.values.get(number) ?? []).map((value) => decodeText(value as Uint8Array))
const int = (message: DynamicMessage, number: number): number => Number(message.values.get(number)?.at(-1) ?? 0)
const flag = (message: DynamicMessage, number: number): boolean => message.values.get(number)?.at(-1) === true
const inner = (message: DynamicMessage, number: number): DynamicMessage[] =>
  (message.values.get(number) ?? []) as DynamicMessage[]

/** Its name, which must be one. */
function nameOf(message: DynamicMessage): string {
  const name = text(message, 1) ?? ''
  if (!/^[A-Za-z_]\w*$/.test(name)) damaged(`${JSON.stringify(name)} is no name`, 0)
  return name
}

class DescriptorReader {
  readonly #later: { readonly from: DynamicMessage; readonly into: ProtoOption[]; readonly typeName: string }[] = []
  #syntax: ProtoFile['syntax'] = null

  read(from: DynamicMessage, path: string): DescribedFile {
    const syntax = text(from, 12)
    this.#syntax = syntax === 'proto3' || syntax === 'editions' ? syntax : syntax === 'proto2' ? 'proto2' : null
    const messages = inner(from, 4).map((one) => this.#message(one))
    const extended = this.#extends(from, 7, messages)
    const publicImports = new Set((from.values.get(10) ?? []).map(Number))
    const weakImports = new Set((from.values.get(11) ?? []).map(Number))
    const file: ProtoFile = {
      path,
      syntax: this.#syntax,
      edition: this.#syntax === 'editions' ? '2023' : null,
      package: text(from, 2) ?? '',
      packagePlace: noPlace,
      imports: texts(from, 3).map((one, i) => ({
        path: one,
        modifier: publicImports.has(i) ? 'public' : weakImports.has(i) ? 'weak' : '',
        place: noPlace,
      })),
      options: this.#options(from, 8, 'FileOptions'),
      messages,
      enums: inner(from, 5).map((one) => this.#enum(one)),
      extends: extended,
      services: inner(from, 6).map((one) => this.#service(one)),
      types: new Map(),
      extensions: new Map(),
      dependencies: [],
    }
    return { file, finish: () => this.#finish(file) }
  }

  /** What descriptor.proto itself knows, now; the rest later. */
  #options(from: DynamicMessage, number: number, typeName: string, known: ProtoOption[] = []): ProtoOption[] {
    const [options] = inner(from, number)
    if (!options) return known
    const plain = [...options.values]
      .filter(([key]) => key !== 999)
      .flatMap(([key, values]) => {
        const field = options.type.byNumber.get(key)!
        const name = [{ name: field.name, extension: false }]
        return values.map((value) => ({ name, value: valueOf(field, value, () => undefined), place: noPlace }))
      })
    known.push(...plain, ...inner(options, 999).map(uninterpreted))
    if (options.unknown.length > 0) this.#later.push({ from: options, into: known, typeName })
    return known
  }

  #finish(file: ProtoFile): void {
    const find = (target: string, number: number): ProtoField | undefined => {
      for (const [name, one] of file.extensions)
        if (one.target.fullName === target && one.field.number === number) return { ...one.field, name }
      return undefined
    }
    for (const { from, into, typeName } of this.#later) {
      for (const { number, bytes } of from.unknown) {
        const field = find(`google.protobuf.${typeName}`, number)
        if (!field) continue
        const name = [{ name: field.name, extension: true }]
        for (const value of readAlone(field, bytes))
          into.push({ name, value: valueOf(field, value, find), place: noPlace })
      }
    }
  }

  #message(from: DynamicMessage): ProtoMessage {
    const isMapEntry = inner(from, 7).some((options) => flag(options, 7))
    const message = emptyMessage(nameOf(from), noPlace, { isMapEntry })
    const nested = inner(from, 3).map((one) => this.#message(one))
    const oneofs: ProtoOneof[] = inner(from, 8).map((one) => ({
      name: nameOf(one),
      place: noPlace,
      options: this.#options(one, 2, 'OneofOptions'),
    }))
    for (const one of inner(from, 2)) message.fields.push(this.#field(one, nested, oneofs))
    const [key, value] = message.fields
    const isEntry =
      message.fields.length === 2 &&
      key!.number === 1 &&
      key!.name === 'key' &&
      value!.number === 2 &&
      value!.name === 'value' &&
      keyTypes.has(key!.typeName)
    if (isMapEntry && !isEntry) damaged('the entry of a map has no key and value', 0)
    const synthetic = new Set(
      inner(from, 2)
        .filter((one) => flag(one, 17))
        .map((one) => oneofs[int(one, 9)]),
    )
    message.oneofs.push(...oneofs.filter((oneof) => !synthetic.has(oneof)))
    message.extends.push(...this.#extends(from, 6, nested))
    message.messages.push(...nested)
    message.enums.push(...inner(from, 4).map((one) => this.#enum(one)))
    this.#options(from, 7, 'MessageOptions', message.options)
    for (const range of inner(from, 5)) {
      const options = this.#options(range, 3, 'ExtensionRangeOptions')
      message.extensionRanges.push({ from: int(range, 1), to: int(range, 2) - 1, place: noPlace, options })
    }
    for (const range of inner(from, 9))
      message.reserved.push({ from: int(range, 1), to: int(range, 2) - 1, place: noPlace })
    message.reservedNames.push(...texts(from, 10))
    message.reservedStatements.push(...singleStatements(message.reserved, message.reservedNames))
    return message
  }

  #field(from: DynamicMessage, nested: ProtoMessage[], oneofs: readonly ProtoOneof[]): ProtoField {
    const type = int(from, 5)
    const full = text(from, 6) ?? ''
    if (full !== '' && !/^\.?[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/.test(full)) damaged('a type has no name', 0)
    const last = full.slice(full.lastIndexOf('.') + 1)
    const candidate = nested.find((one) => one.name === last)
    const repeated = int(from, 4) === 3
    const isGroup = type === 10
    let inline = candidate?.isMapEntry && repeated ? candidate : null
    if (isGroup && candidate) {
      inline = { ...candidate, isGroup: true }
      nested[nested.indexOf(candidate)] = inline
    }
    const options = this.#options(from, 8, 'FieldOptions')
    const given = text(from, 7)
    const option = (name: string, value: OptionValue): ProtoOption => ({
      name: [{ name, extension: false }],
      value,
      place: noPlace,
    })
    if (given !== undefined) options.push(option('default', defaultValue(type, given)))
    const jsonName = text(from, 10)
    const name = nameOf(from)
    if (jsonName !== undefined && jsonName !== defaultJsonName(name))
      options.push(option('json_name', { kind: 'string', bytes: new TextEncoder().encode(jsonName) }))
    const proto3Optional = flag(from, 17)
    const inOneof = from.values.has(9) && !proto3Optional
    if (inOneof && (repeated || !oneofs[int(from, 9)])) damaged('a field is in no oneof that it could be in', 0)
    return makeField({
      name,
      number: int(from, 3),
      label: this.#label(int(from, 4), inOneof, proto3Optional),
      typeName: scalarByNumber.get(type) ?? (isGroup && inline ? inline.name : full),
      options,
      place: noPlace,
      numberPlace: noPlace,
      typePlace: noPlace,
      oneof: inOneof ? oneofs[int(from, 9)]! : null,
      inline,
      delimited: isGroup,
    })
  }

  #label(label: number, inOneof: boolean, proto3Optional: boolean): Label {
    if (label === 3) return 'repeated'
    if (label === 2) return 'required'
    if (this.#syntax === 'proto3') return proto3Optional ? 'optional' : 'none'
    return this.#syntax === 'editions' || inOneof ? 'none' : 'optional'
  }

  #enum(from: DynamicMessage): ProtoEnum {
    return {
      kind: 'enum',
      name: nameOf(from),
      place: noPlace,
      values: inner(from, 2).map((one) => ({
        name: nameOf(one),
        number: int(one, 2),
        options: this.#options(one, 3, 'EnumValueOptions'),
        place: noPlace,
      })),
      options: this.#options(from, 3, 'EnumOptions'),
      reserved: inner(from, 4).map((range) => ({ from: int(range, 1), to: int(range, 2), place: noPlace })),
      reservedNames: texts(from, 5),
      reservedStatements: singleStatements(inner(from, 4), texts(from, 5)),
      fullName: '',
      closed: false,
    }
  }

  /** Neighbours that extend the same message are one block. */
  #extends(from: DynamicMessage, number: number, nested: ProtoMessage[]): ProtoExtend[] {
    const blocks: ProtoExtend[] = []
    for (const one of inner(from, number)) {
      const extendee = text(one, 2) ?? ''
      if (blocks.at(-1)?.extendee !== extendee) blocks.push({ extendee, place: noPlace, fields: [], target: null })
      blocks.at(-1)!.fields.push(this.#field(one, nested, []))
    }
    return blocks
  }

  #service(from: DynamicMessage): ProtoService {
    return {
      name: nameOf(from),
      place: noPlace,
      options: this.#options(from, 3, 'ServiceOptions'),
      methods: inner(from, 2).map((one) => ({
        name: nameOf(one),
        input: text(one, 2) ?? '',
        output: text(one, 3) ?? '',
        inputStream: flag(one, 5),
        outputStream: flag(one, 6),
        options: this.#options(one, 4, 'MethodOptions'),
      })),
    }
  }
}

/** A descriptor has no statements: each range and name is one. */
function singleStatements(ranges: readonly unknown[], names: readonly string[]): ProtoMessage['reservedStatements'] {
  return [
    ...ranges.map(() => ({ kind: 'ranges' as const, count: 1 })),
    ...names.map(() => ({ kind: 'names' as const, count: 1 })),
  ]
}

/** The field of an extension's number in a message. */
type FindExtension = (target: string, number: number) => ProtoField | undefined

/** The values of one field in bytes that begin with its tag. */
function readAlone(field: ProtoField, bytes: Uint8Array): readonly Dynamic[] {
  const holder = { ...emptyMessage('', noPlace), byNumber: new Map([[field.number, field]]) }
  return readDynamic(holder, bytes).values.get(field.number) ?? []
}

function valueOf(field: ProtoField, value: Dynamic, find: FindExtension): OptionValue {
  if (typeof value === 'boolean') return { kind: 'identifier', text: String(value) }
  if (typeof value === 'number') return { kind: 'float', value }
  if (typeof value === 'bigint') {
    const named = field.enum?.values.find(({ number }) => BigInt(number) === value)
    return named ? { kind: 'identifier', text: named.name } : { kind: 'integer', value }
  }
  if (value instanceof Uint8Array) return { kind: 'string', bytes: value }
  const fields = [...value.values].flatMap(([number, inside]) => {
    const part = value.type.byNumber.get(number)!
    return inside.map((one) => ({ name: part.name, extension: false, value: valueOf(part, one, find) }))
  })
  for (const { number, bytes } of value.unknown) {
    const part = find(value.type.fullName, number)
    if (!part) continue
    for (const one of readAlone(part, bytes))
      fields.push({ name: part.name, extension: true, value: valueOf(part, one, find) })
  }
  return { kind: 'aggregate', fields }
}

function uninterpreted(from: DynamicMessage): ProtoOption {
  const name = inner(from, 2).map((part) => ({ name: text(part, 1) ?? '', extension: flag(part, 2) }))
  if (name.length === 0) damaged('an option has no name', 0)
  for (const part of name) {
    const pattern = part.extension ? /^\.?[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/ : /^[A-Za-z_]\w*$/
    if (!pattern.test(part.name)) damaged('an option has no name', 0)
  }
  const value = (number: number): Dynamic | undefined => from.values.get(number)?.at(-1)
  const place = noPlace
  const identifier = text(from, 3)
  if (identifier !== undefined && !/^[A-Za-z_][\w.]*$/.test(identifier)) damaged('an option’s value is none', 0)
  if (identifier !== undefined) return { name, value: { kind: 'identifier', text: identifier }, place }
  const integer = value(4) ?? value(5)
  if (integer !== undefined) return { name, value: { kind: 'integer', value: integer as bigint }, place }
  if (value(6) !== undefined) return { name, value: { kind: 'float', value: value(6) as number }, place }
  if (value(7) !== undefined) return { name, value: { kind: 'string', bytes: value(7) as Uint8Array }, place }
  const aggregate = text(from, 8) ?? ''
  const parsed = parseFile(`option x = { ${aggregate} };`, '', []).options[0]
  return { name, value: parsed?.value ?? { kind: 'aggregate', fields: [] }, place }
}

function defaultValue(type: number, given: string): OptionValue {
  if (type === scalarNumbers.string) return { kind: 'string', bytes: new TextEncoder().encode(given) }
  if ((type === scalarNumbers.double || type === scalarNumbers.float) && /^-?\d+$/.test(given))
    return { kind: 'float', value: Number(given) }
  const quoted = type === scalarNumbers.bytes ? `"${given}"` : given
  const mistakes: ProtoMistake[] = []
  const [option] = parseFile(`option x = ${quoted};`, '', mistakes).options
  if (!option || mistakes.length > 0 || option.value.kind === 'aggregate' || option.value.kind === 'list')
    damaged('a default value is none', 0)
  return option.value
}
