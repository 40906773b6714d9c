// A file as text again: as it was said but in one form (comments gone, sections in a fixed order), or normalized, so that two
// spellings of one schema are the same text. Messages keep their order in both: message indexes count them.
// Reference: the canonical and normalized forms of Confluent's registry (ProtobufSchema), which clients compare by.
import {
  absoluteName,
  oneofMembers,
  type AggregateField,
  type NumberRange,
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
import { fieldNumberMax, isMessageSet, messageSetNumberMax } from './parse.ts'

export interface PrintOptions {
  /** Sorted, with full names of types. */
  readonly normalize: boolean
  /** Without extensions, their ranges and custom options but those of `confluent.` */
  readonly withoutExtensions?: boolean
}

/** @param file linked */
export function printProto(file: ProtoFile, options: PrintOptions): string {
  return new Printer(file, options).file(file)
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
/** Empty lines too, as Confluent's registry has them: texts with equal letters have equal guids. */
const indent = (text: string): string => text.replaceAll(/^(?!$(?![^]))/gm, '  ')

class Printer {
  readonly #normalize: boolean
  readonly #withExtensions: boolean

  readonly #file: ProtoFile
  /** Full name of what is being printed. */
  #scope: string

  constructor(file: ProtoFile, options: PrintOptions) {
    this.#file = file
    this.#scope = file.package
    this.#normalize = options.normalize
    this.#withExtensions = options.withoutExtensions !== true
  }

  /** Sorted by a key where normalized. */
  #order<T>(values: readonly T[], compare: (a: T, b: T) => number): readonly T[] {
    return this.#normalize ? values.toSorted(compare) : values
  }

  file(file: ProtoFile): string {
    let head = ''
    if (file.edition !== null) head += `edition = "${file.edition}";\n`
    // Where nothing is said it is proto2: both spellings are one text.
    else if (file.syntax !== null && !(this.#normalize && file.syntax === 'proto2'))
      head += `syntax = "${file.syntax}";\n`
    if (file.package !== '') head += `package ${file.package};\n`
    const imports = this.#order(file.imports, (a, b) => byText(a.path, b.path))
    const plain = imports.filter(({ modifier }) => modifier !== 'public')
    const shared = imports.filter(({ modifier }) => modifier === 'public')
    const sections = [
      [...plain, ...shared]
        .map(({ path, modifier }) => `import ${modifier === '' ? '' : `${modifier} `}${quote(path)};\n`)
        .join(''),
      this.#options(file.options),
      file.messages
        .filter((message) => !message.isGroup)
        .map((message) => this.#message(message))
        .join('') + file.enums.map((one) => this.#enum(one)).join(''),
      this.#extends(file.extends),
      file.services.map((service) => this.#service(service)).join(''),
    ]
    // Each begins with an empty line, the first one too.
    return head + sections.flatMap((section) => (section === '' ? [] : [`\n${section}`])).join('')
  }

  #options(options: readonly ProtoOption[]): string {
    return this.#sorted(options)
      .map((option) => `option ${this.#option(option)};\n`)
      .join('')
  }

  #sorted(options: readonly ProtoOption[]): readonly ProtoOption[] {
    const kept = this.#withExtensions ? options : options.filter((option) => !isForeign(option))
    if (!this.#normalize) return kept
    return this.#joinedOptions(kept).toSorted((a, b) => byText(this.#rootName(a), this.#rootName(b)))
  }

  #rootName({ name: [root] }: ProtoOption): string {
    return root!.extension ? this.#extensionName(root!.name) : root!.name
  }

  /**
   * Options that are set part by part become one aggregate each: `(a).b = 1` is `(a) = { b: 1 }`. A repeated one has a value
   * for each time that it is said; of one that is not known nothing is said but what is written.
   */
  #joinedOptions(options: readonly ProtoOption[]): ProtoOption[] {
    const joined: ProtoOption[] = []
    const places = new Map<string, number>()
    for (const option of options) {
      const [root, ...rest] = option.name
      const full = this.#rootName(option)
      const field = root!.extension ? this.#file.extensions.get(full)?.field : undefined
      // Editions' features are the one option of descriptor.proto that has parts.
      const features = !root!.extension && root!.name === 'features'
      if (!field && !features) {
        joined.push(option)
        continue
      }
      const value = rest.reduceRight<OptionValue>(
        (inside, part) => ({ kind: 'aggregate', fields: [{ ...part, value: inside }] }),
        option.value,
      )
      const whole = { ...option, name: [root!] }
      const place = field?.label === 'repeated' ? undefined : places.get(full)
      if (place === undefined) places.set(full, joined.push({ ...whole, value }) - 1)
      else joined[place] = { ...whole, value: mergedValues(field, joined[place]!.value, value) }
    }
    return joined
  }

  #option(option: ProtoOption): string {
    const name = option.name.map((part) => ({
      ...part,
      name: part.extension ? this.#extensionName(part.name) : part.name,
    }))
    return `${optionName({ ...option, name })} = ${this.#topValue(option.value)}`
  }

  /** What an extension's name means where it stands. */
  #extensionName(name: string): string {
    if (!this.#normalize) return name
    if (name.startsWith('.')) return name.slice(1)
    for (let at = this.#scope; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.'))))
      if (this.#file.extensions.has(`${at}.${name}`)) return `${at}.${name}`
    return name
  }

  /** A list of one is short where it is an option's own value. */
  #topValue(value: OptionValue): string {
    if (value.kind !== 'list' || value.values.length !== 1 || this.#normalize) return this.#value(value)
    return `[${this.#value(value.values[0]!)}]`
  }

  #value(value: OptionValue): string {
    switch (value.kind) {
      case 'identifier':
        return value.text
      case 'integer':
        return String(value.value)
      case 'float':
        return this.#normalize && Number.isInteger(value.value) ? String(value.value) : floatText(value.value)
      case 'string':
        return quoteBytes(value.bytes)
      case 'list':
        if (this.#normalize && value.values.length === 1) return this.#value(value.values[0]!)
        if (value.values.length === 0) return '[\n]'
        return `[\n${indent(value.values.map((one) => this.#value(one)).join(',\n'))}\n]`
      case 'aggregate': {
        const fields = this.#normalize
          ? normalFields(value.fields.map((field) => ({ ...field, name: this.#partName(field) })))
          : gatheredFields(value.fields)
        if (fields.length === 0) return '{\n}'
        return `{\n${indent(fields.map((field) => this.#aggregateField(field)).join(',\n'))}\n}`
      }
    }
  }

  #aggregateField({ name, extension, value }: AggregateField): string {
    return `${extension ? `[${name}]` : name}: ${this.#value(value)}`
  }

  #partName({ name, extension }: AggregateField): string {
    return extension ? this.#extensionName(name) : name
  }

  /** ` [a = 1]`, or one a line where there are several. */
  #inlineOptions(options: readonly ProtoOption[]): string {
    const texts = this.#sorted(options).map((option) => this.#option(option))
    if (texts.length === 0) return ''
    return texts.length === 1 ? ` [${texts[0]}]` : ` [\n${indent(texts.join(',\n'))}\n]`
  }

  /** Sections with an empty line between, inside braces. */
  #block(head: string, sections: readonly string[]): string {
    const filled = sections.filter((section) => section !== '')
    if (filled.length === 0) return `${head} {}\n`
    return `${head} {\n${filled.map(indent).join('\n')}}\n`
  }

  #message(message: ProtoMessage, head = `message ${message.name}`): string {
    const outer = this.#scope
    this.#scope = message.fullName
    const text = this.#messageText(message, head)
    this.#scope = outer
    return text
  }

  #messageText(message: ProtoMessage, head: string): string {
    const byNumber = (a: ProtoField, b: ProtoField): number => a.number - b.number
    const fields = this.#order(
      message.fields.filter((field) => field.oneof === null),
      byNumber,
    )
    const members = oneofMembers(message)
    const first = (oneof: ProtoOneof): number =>
      members.get(oneof)!.reduce((least, { number }) => Math.min(least, number), Number.POSITIVE_INFINITY)
    return this.#block(head, [
      this.#reserved(message, fieldNumberMax),
      this.#options(message.options),
      fields
        .filter((field) => !field.inline?.isGroup)
        .map((field) => this.#field(field))
        .join(''),
      this.#order(message.oneofs, (a, b) => first(a) - first(b))
        .map((oneof) => this.#oneof(oneof, members.get(oneof)!))
        .join(''),
      fields
        .filter((field) => field.inline?.isGroup)
        .map((field) => this.#field(field))
        .join(''),
      this.#extensionRanges(message),
      this.#extends(message.extends),
      message.messages
        .filter((nested) => !nested.isGroup && !(nested.isMapEntry && (nested.isSynthetic || this.#normalize)))
        .map((nested) => this.#message(nested))
        .join('') + message.enums.map((one) => this.#enum(one)).join(''),
    ])
  }

  #oneof(oneof: ProtoOneof, fields: readonly ProtoField[]): string {
    return this.#block(`oneof ${oneof.name}`, [
      this.#options(oneof.options),
      this.#order(fields, (a, b) => a.number - b.number)
        .map((field) => this.#field(field))
        .join(''),
    ])
  }

  #extensionRanges(message: ProtoMessage): string {
    const { extensionRanges } = message
    const most = isMessageSet(message) ? messageSetNumberMax : fieldNumberMax
    const statement = (ranges: ProtoMessage['extensionRanges']): string => {
      const texts = ranges.map((range) => rangeText(range, most, this.#normalize))
      return `extensions ${texts.join(', ')}${this.#inlineOptions(ranges[0]!.options)};\n`
    }
    if (!this.#withExtensions) return ''
    if (this.#normalize) {
      const sorted = extensionRanges.toSorted((a, b) => a.from - b.from)
      return sorted.map((range) => statement([range])).join('')
    }
    // Those of one statement share its options.
    const statements = new Map<readonly ProtoOption[], ProtoMessage['extensionRanges']>()
    for (const range of extensionRanges) {
      const before = statements.get(range.options)
      if (before) before.push(range)
      else statements.set(range.options, [range])
    }
    return [...statements.values()].map(statement).join('')
  }

  #reserved(
    {
      reserved,
      reservedNames,
      reservedStatements,
    }: Pick<ProtoMessage, 'reserved' | 'reservedNames' | 'reservedStatements'>,
    most: number,
  ): string {
    // Editions reserve identifiers, the others strings.
    const nameText = (name: string): string => (this.#file.syntax === 'editions' ? name : quote(name))
    if (this.#normalize) {
      const ranges = reserved
        .toSorted((a, b) => a.from - b.from)
        .map((range) => rangeText(range, most, this.#normalize))
      const names = reservedNames.toSorted(byText).map(nameText)
      return [...ranges, ...names].map((one) => `reserved ${one};\n`).join('')
    }
    let range = 0
    let name = 0
    return reservedStatements
      .map(({ kind, count }) => {
        const parts =
          kind === 'ranges'
            ? reserved.slice(range, (range += count)).map((one) => rangeText(one, most, this.#normalize))
            : reservedNames.slice(name, (name += count)).map(nameText)
        return `reserved ${parts.join(', ')};\n`
      })
      .join('')
  }

  /** The entry of a field that is printed as `map<K, V>`; one that is spelled out stays so, since message indexes count it. */
  #asMap({ inline }: ProtoField): ProtoMessage | null {
    return inline?.isMapEntry && (inline.isSynthetic || this.#normalize) ? inline : null
  }

  #typeName(field: ProtoField): string {
    const map = this.#asMap(field)?.fields
    if (map) return `map<${map[0]!.typeName}, ${this.#typeName(map[1]!)}>`
    const full = field.message?.fullName ?? field.enum?.fullName
    return this.#normalize && full !== undefined ? `.${full}` : field.typeName
  }

  #field(field: ProtoField): string {
    const isMap = this.#asMap(field) !== null
    const label = field.label === 'none' || isMap ? '' : `${field.label} `
    const special = (option: ProtoOption): boolean =>
      option.name.length === 1 && ['default', 'json_name'].includes(option.name[0]!.name) && !option.name[0]!.extension
    const last = field.options.filter(special).toSorted((a, b) => byText(optionName(a), optionName(b)))
    const options = this.#inlineOptions([...field.options.filter((option) => !special(option)), ...last])
    if (field.inline?.isGroup)
      return this.#message(field.inline, `${label}group ${field.inline.name} = ${field.number}${options}`)
    return `${label}${this.#typeName(field)} ${field.name} = ${field.number}${options};\n`
  }

  #rpcType(name: string): string {
    return this.#normalize ? absoluteName(this.#file, name) : name
  }

  #enum(one: ProtoEnum): string {
    const inOrder = (list: ProtoEnum['values']): readonly ProtoEnum['values'][number][] =>
      this.#order(list, (a, b) => a.number - b.number || byText(a.name, b.name))
    const sorted = inOrder(one.values)
    // The first value's number is the default's: it stays.
    const [first, ...rest] = one.values
    const values = sorted[0]?.number === first?.number ? sorted : [first!, ...inOrder(rest)]
    return this.#block(`enum ${one.name}`, [
      this.#reserved(one, 2147483647) +
        this.#options(one.options) +
        values.map(({ name, number, options }) => `${name} = ${number}${this.#inlineOptions(options)};\n`).join(''),
    ])
  }

  #extends(blocks: readonly ProtoExtend[]): string {
    if (!this.#withExtensions) return ''
    if (!this.#normalize) return blocks.map((block) => this.#extend(block)).join('')
    const merged = new Map<string, ProtoExtend>()
    for (const block of blocks) {
      const name = block.target ? `.${block.target.fullName}` : block.extendee
      const before = merged.get(name)
      if (before) for (const field of block.fields) before.fields.push(field)
      else merged.set(name, { ...block, extendee: name, fields: [...block.fields] })
    }
    return [...merged.values()]
      .map((block) => this.#extend({ ...block, fields: block.fields.toSorted((a, b) => a.number - b.number) }))
      .join('')
  }

  #extend(extend: ProtoExtend): string {
    const target = this.#normalize && extend.target ? `.${extend.target.fullName}` : extend.extendee
    return this.#block(`extend ${target}`, [extend.fields.map((field) => this.#field(field)).join('')])
  }

  #service(service: ProtoService): string {
    return this.#block(`service ${service.name}`, [
      this.#options(service.options),
      service.methods
        .map((method) => {
          const input = `${method.inputStream ? 'stream ' : ''}${this.#rpcType(method.input)}`
          const output = `${method.outputStream ? 'stream ' : ''}${this.#rpcType(method.output)}`
          const head = `rpc ${method.name} (${input}) returns (${output})`
          return method.options.length === 0 ? `${head};\n` : `${head} {\n${indent(this.#options(method.options))}};\n`
        })
        .join(''),
    ])
  }
}

/** A custom option that is none of the registry's own (`confluent.field_meta` …). */
const isForeign = ({ name: [root] }: ProtoOption): boolean => root!.extension && !root!.name.startsWith('confluent.')

const listOf = (value: OptionValue): readonly OptionValue[] => (value.kind === 'list' ? value.values : [value])

/** The same field several times is a list, where it was said first. */
function gatheredFields(fields: readonly AggregateField[]): AggregateField[] {
  const gathered = new Map<string, AggregateField>()
  for (const field of fields) {
    const key = `${field.extension ? '[' : ''}${field.name}`
    const before = gathered.get(key)
    const values = before && [...listOf(before.value), ...listOf(field.value)]
    gathered.set(key, values ? { ...field, value: { kind: 'list', values } } : field)
  }
  return [...gathered.values()]
}

/** The same, sorted by name, without empty lists. */
function normalFields(fields: readonly AggregateField[]): AggregateField[] {
  const key = ({ name, extension }: AggregateField): string => (extension ? `[${name}` : name)
  return gatheredFields(fields)
    .filter(({ value }) => value.kind !== 'list' || value.values.length > 0)
    .toSorted((a, b) => byText(key(a), key(b)))
}

/**
 * What a field has that is set twice: of a message both parts together, of a list each value once, of others the last.
 * @param field undefined: not known
 */
function mergedValues(field: ProtoField | undefined, before: OptionValue, after: OptionValue): OptionValue {
  const isSingle = field !== undefined && field.label !== 'repeated'
  if (isSingle && field.message && before.kind === 'aggregate' && after.kind === 'aggregate') {
    const fields = [...before.fields]
    for (const added of after.fields) {
      const at = fields.findIndex(({ name, extension }) => name === added.name && extension === added.extension)
      const inner = added.extension ? undefined : field.message.fields.find(({ name }) => name === added.name)
      if (at < 0) fields.push(added)
      else fields[at] = { ...added, value: mergedValues(inner, fields[at]!.value, added.value) }
    }
    return { kind: 'aggregate', fields }
  }
  if (isSingle) return after
  const seen = new Set<string>()
  const values = [...listOf(before), ...listOf(after)].filter((value) => {
    const text = JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part))
    return !seen.has(text) && seen.add(text)
  })
  return { kind: 'list', values }
}

/** What protoc makes of a name: `my_field` is `myField`. */
export function defaultJsonName(name: string): string {
  return name.replaceAll(/_+(.)?/g, (_, letter: string | undefined) => letter?.toUpperCase() ?? '')
}

export function optionName(option: ProtoOption): string {
  return option.name.map(({ name, extension }) => (extension ? `(${name})` : name)).join('.')
}

function rangeText({ from, to, isRange }: NumberRange, most: number, normalize: boolean): string {
  if (from === to && (normalize || isRange !== true)) return String(from)
  return `${from} to ${to === most ? 'max' : to}`
}

export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf'
  const text = Object.is(value, -0) ? '-0.0' : String(value)
  return /[.e]/.test(text) ? text : `${text}.0`
}

const escapes: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
}

export function quote(text: string): string {
  // eslint-disable-next-line no-control-regex
  return `"${text.replaceAll(/[\x00-\x1f\\'"\x7f]/g, (c) => escapes[c] ?? `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`)}"`
}

/** Bytes that are no UTF-8 text are written as octal escapes. */
export function quoteBytes(bytes: Uint8Array): string {
  try {
    return quote(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch {
    const text = [...bytes].map((byte) =>
      byte < 32 || byte > 126
        ? `\\${byte.toString(8).padStart(3, '0')}`
        : (escapes[String.fromCharCode(byte)] ?? String.fromCharCode(byte)),
    )
    return `"${text.join('')}"`
  }
}
