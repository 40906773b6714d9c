// A linked file as the bytes of a FileDescriptorProto: what `format=serialized` answers, and what other libraries build their
// messages from. Fields are written in ascending order, so equal files give equal bytes.
// Reference: google/protobuf/descriptor.proto.
import { ProtoWriter } from './bytes-writer.ts'
import { optionBytes, type OptionsName } from './option-bytes.ts'
import { generalNumber } from './general-number.ts'
import {
  absoluteName,
  plainOption,
  scalarNumbers,
  type OptionValue,
  type ProtoEnum,
  type ProtoExtend,
  type ProtoField,
  type ProtoFile,
  type ProtoMessage,
  type ProtoOption,
  type ProtoService,
} from './schema.ts'

/** @param path the name in the descriptor; the file's own where not given */
export function descriptorOf(file: ProtoFile, path = file.path): Uint8Array {
  return new DescriptorWriter(file).write(path)
}

class DescriptorWriter {
  readonly #file: ProtoFile
  readonly #out = new ProtoWriter()

  constructor(file: ProtoFile) {
    this.#file = file
  }

  write(path: string): Uint8Array {
    const file = this.#file
    const out = this.#out
    out.textField(1, path)
    if (file.package !== '') out.textField(2, file.package)
    for (const one of file.imports) out.textField(3, one.path)
    for (const message of file.messages) out.messageField(4, () => this.#message(message))
    for (const one of file.enums) out.messageField(5, () => this.#enum(one))
    for (const service of file.services) out.messageField(6, () => this.#service(service))
    for (const extend of file.extends) this.#extend(extend, 7, file.package)
    this.#options(8, file.package, 'FileOptions', file.options)
    file.imports.forEach(({ modifier }, i) => modifier === 'public' && out.intField(10, i))
    file.imports.forEach(({ modifier }, i) => modifier === 'weak' && out.intField(11, i))
    if (file.syntax === 'proto3' || file.syntax === 'editions') out.textField(12, file.syntax)
    if (file.syntax === 'editions') out.intField(14, 1000)
    return out.finish()
  }

  #options(number: number, scope: string, type: OptionsName, options: readonly ProtoOption[]): void {
    if (options.length === 0) return
    const bytes = optionBytes(this.#file, scope, type, options)
    if (bytes.length > 0) this.#out.bytesField(number, bytes)
  }

  #message(message: ProtoMessage): void {
    const out = this.#out
    out.textField(1, message.name)
    // Oneofs of proto3's optional fields stand behind those that were written.
    const optionals = message.isMapEntry ? [] : message.fields.filter((field) => this.#isProto3Optional(field))
    const places = new Map<ProtoField['oneof'] | ProtoField, number>()
    for (const one of [...message.oneofs, ...optionals]) places.set(one, places.size)
    for (const field of message.fields) {
      out.messageField(2, () => {
        this.#field(field, message.fullName, places.get(field.oneof ?? field) ?? -1, null)
        if (places.has(field)) out.intField(17, 1)
      })
    }
    for (const nested of message.messages) out.messageField(3, () => this.#message(nested))
    for (const one of message.enums) out.messageField(4, () => this.#enum(one))
    for (const range of message.extensionRanges) {
      out.messageField(5, () => {
        this.#range(range.from, range.to + 1)
        this.#options(3, message.fullName, 'ExtensionRangeOptions', range.options)
      })
    }
    for (const extend of message.extends) this.#extend(extend, 6, message.fullName)
    if (message.isMapEntry) out.messageField(7, () => out.intField(7, 1))
    else this.#options(7, message.fullName, 'MessageOptions', message.options)
    for (const oneof of message.oneofs) {
      out.messageField(8, () => {
        out.textField(1, oneof.name)
        this.#options(2, message.fullName, 'OneofOptions', oneof.options)
      })
    }
    for (const field of optionals) out.messageField(8, () => out.textField(1, `_${field.name}`))
    for (const range of message.reserved) out.messageField(9, () => this.#range(range.from, range.to + 1))
    for (const name of message.reservedNames) out.textField(10, name)
  }

  #isProto3Optional(field: ProtoField): boolean {
    return this.#file.syntax === 'proto3' && field.label === 'optional' && field.oneof === null
  }

  #range(from: number, to: number): void {
    this.#out.intField(1, from)
    this.#out.intField(2, to)
  }

  #field(field: ProtoField, scope: string, oneof: number, extendee: string | null): void {
    const out = this.#out
    out.textField(1, field.name)
    if (extendee !== null) out.textField(2, extendee)
    out.intField(3, field.number)
    out.intField(4, field.label === 'repeated' ? 3 : field.label === 'required' ? 2 : 1)
    const group = field.inline?.isGroup === true
    const type = field.scalar ? scalarNumbers[field.scalar] : field.enum ? 14 : group ? 10 : 11
    out.intField(5, type)
    const full = field.message?.fullName ?? field.enum?.fullName
    if (full !== undefined) out.textField(6, `.${full}`)
    const given = plainOption(field.options, 'default')
    if (given) out.textField(7, defaultText(field, given))
    const special = (option: ProtoOption): boolean =>
      option.name.length === 1 && !option.name[0]!.extension && ['default', 'json_name'].includes(option.name[0]!.name)
    this.#options(
      8,
      scope,
      'FieldOptions',
      field.options.filter((option) => !special(option)),
    )
    if (oneof >= 0) out.intField(9, oneof)
    const jsonName = plainOption(field.options, 'json_name')
    if (jsonName?.kind === 'string') out.bytesField(10, jsonName.bytes)
  }

  #enum(one: ProtoEnum): void {
    const out = this.#out
    out.textField(1, one.name)
    for (const value of one.values) {
      out.messageField(2, () => {
        out.textField(1, value.name)
        out.intField(2, value.number)
        this.#options(3, one.fullName, 'EnumValueOptions', value.options)
      })
    }
    this.#options(3, one.fullName, 'EnumOptions', one.options)
    for (const range of one.reserved) out.messageField(4, () => this.#range(range.from, range.to))
    for (const name of one.reservedNames) out.textField(5, name)
  }

  #extend(extend: ProtoExtend, number: number, scope: string): void {
    const extendee = extend.target ? `.${extend.target.fullName}` : extend.extendee
    for (const field of extend.fields) {
      this.#out.messageField(number, () => {
        this.#field(field, scope, -1, extendee)
        if (this.#isProto3Optional(field)) this.#out.intField(17, 1)
      })
    }
  }

  #service(service: ProtoService): void {
    const out = this.#out
    const scope = this.#file.package
    out.textField(1, service.name)
    for (const method of service.methods) {
      out.messageField(2, () => {
        out.textField(1, method.name)
        out.textField(2, absoluteName(this.#file, method.input))
        out.textField(3, absoluteName(this.#file, method.output))
        // A method with a body has options, though there be none in it.
        if (method.hasBody === true && method.options.length === 0) out.messageField(4, () => {})
        this.#options(4, scope, 'MethodOptions', method.options)
        if (method.inputStream) out.intField(5, 1)
        if (method.outputStream) out.intField(6, 1)
      })
    }
    this.#options(3, scope, 'ServiceOptions', service.options)
  }
}

/** As FieldDescriptorProto.default_value has it. */
function defaultText(field: ProtoField, value: OptionValue): string {
  switch (value.kind) {
    case 'identifier':
      return value.text
    case 'integer':
      if (field.scalar === 'float' || field.scalar === 'double') return generalNumber(field.scalar, Number(value.value))
      return String(value.value)
    case 'float':
      return generalNumber(field.scalar, value.value)
    case 'string':
      if (field.scalar === 'string') return new TextDecoder().decode(value.bytes)
      return [...value.bytes].map(cEscape).join('')
    default:
      return ''
  }
}

const cEscapes: Readonly<Record<number, string>> = { 10: '\\n', 13: '\\r', 9: '\\t', 34: '\\"', 39: "\\'", 92: '\\\\' }

function cEscape(byte: number): string {
  if (cEscapes[byte] !== undefined) return cEscapes[byte]
  return byte < 32 || byte > 126 ? `\\${byte.toString(8).padStart(3, '0')}` : String.fromCharCode(byte)
}
