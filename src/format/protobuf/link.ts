// Joins a parsed file with what it imports: names become messages and enums, and everything that syntax or edition decide
// about a field is decided here. Every mistake is told, with its place.
// Reference: descriptor.proto (features, edition 2023); Protocol Buffers language specifications, "Name resolution".
import { checkFile } from './check.ts'
import { featuresOf, fileFeatures, type Features } from './features.ts'
import {
  isScalarName,
  join,
  plainOption,
  type Place,
  type ProtoEnum,
  type ProtoExtend,
  type ProtoField,
  type ProtoFile,
  type ProtoMessage,
} from './schema.ts'
import { mistakesMax, ProtoMistake } from './tokens.ts'

export interface Linking {
  /** The file of an import, linked; undefined where there is none of that path. */
  readonly load: (path: string) => ProtoFile | undefined
  readonly mistakes: ProtoMistake[]
  /** What only protoc forbids is let pass. */
  readonly lenient: boolean
}

/** Resolves and checks `file` in place. */
export function linkFile(file: ProtoFile, linking: Linking): void {
  const { mistakes } = linking
  const note = (reason: string, place: Place): void => {
    if (mistakes.length < mistakesMax) mistakes.push(new ProtoMistake(reason, place))
  }
  const packages = new Set<string>()
  addPackage(file.package, packages)
  for (const { path, place } of file.imports) {
    const imported = linking.load(path)
    if (!imported) note(`"${path}" is not among the references and is none of the built-in files`, place)
    else addDependency(file, imported, packages)
  }
  const linker = new Linker(file, note, { lenient: linking.lenient, packages })
  linker.link()
  checkFile(file, note, linking.lenient)
}

/** A package and those that it lies in. */
function addPackage(name: string, packages: Set<string>): void {
  for (let at = name; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) packages.add(at)
}

function addDependency(file: ProtoFile, imported: ProtoFile, packages: Set<string>): void {
  file.dependencies.push(imported)
  const seen = new Set<ProtoFile>()
  const visit = (other: ProtoFile): void => {
    if (seen.has(other)) return
    seen.add(other)
    addPackage(other.package, packages)
    for (const message of other.messages) addTypes(file, message)
    for (const one of other.enums) file.types.set(one.fullName, one)
    eachExtend(other, (extend, scope) => addExtensions(file, extend, scope))
    other.imports.forEach(({ modifier }, i) => {
      if (modifier === 'public' && other.dependencies[i]) visit(other.dependencies[i])
    })
  }
  visit(imported)
}

function addTypes(file: ProtoFile, message: ProtoMessage): void {
  file.types.set(message.fullName, message)
  for (const one of message.enums) file.types.set(one.fullName, one)
  for (const nested of message.messages) addTypes(file, nested)
}

function addExtensions(file: ProtoFile, extend: ProtoExtend, scope: string): void {
  if (!extend.target) return
  for (const field of extend.fields) file.extensions.set(join(scope, field.name), { target: extend.target, field })
}

/** Every extend block of a file with the full name of what it stands in. */
export function eachExtend(file: ProtoFile, visit: (extend: ProtoExtend, scope: string) => void): void {
  for (const extend of file.extends) visit(extend, file.package)
  const walk = (message: ProtoMessage): void => {
    for (const extend of message.extends) visit(extend, message.fullName)
    message.messages.forEach(walk)
  }
  file.messages.forEach(walk)
}

class Linker {
  readonly #file: ProtoFile
  readonly #note: (reason: string, place: Place) => void
  readonly #features: Features
  readonly #lenient: boolean
  readonly #packages: ReadonlySet<string>
  #misses = 0

  constructor(
    file: ProtoFile,
    note: (reason: string, place: Place) => void,
    { lenient, packages }: { readonly lenient: boolean; readonly packages: ReadonlySet<string> },
  ) {
    this.#lenient = lenient
    this.#packages = packages
    this.#file = file
    this.#note = note
    this.#features = fileFeatures(file)
  }

  link(): void {
    const file = this.#file
    // Names of everything first: what is referred to may stand anywhere.
    for (const message of file.messages) this.#name(message, file.package, this.#features)
    for (const one of file.enums) this.#nameEnum(one, file.package, this.#features)
    for (const message of file.messages) this.#message(message, this.#features)
    for (const extend of file.extends) this.#extend(extend, file.package, this.#features)
    for (const service of file.services) {
      for (const { input, output } of service.methods) {
        for (const type of [input, output]) {
          if (!this.#find(type, file.package)) this.#note(this.#missing(type), service.place)
        }
      }
    }
  }

  #name(message: ProtoMessage, scope: string, around: Features): void {
    message.fullName = join(scope, message.name)
    this.#file.types.set(message.fullName, message)
    const features = featuresOf(message.options, around)
    for (const one of message.enums) this.#nameEnum(one, message.fullName, features)
    for (const nested of message.messages) this.#name(nested, message.fullName, features)
  }

  #nameEnum(one: ProtoEnum, scope: string, around: Features): void {
    one.fullName = join(scope, one.name)
    one.closed = featuresOf(one.options, around).enumType === 'CLOSED'
    this.#file.types.set(one.fullName, one)
  }

  #message(message: ProtoMessage, around: Features): void {
    const features = featuresOf(message.options, around)
    for (const nested of message.messages) this.#message(nested, features)
    for (const field of message.fields) {
      this.#field(field, message.fullName, features)
      if (!message.byNumber.has(field.number)) message.byNumber.set(field.number, field)
    }
    for (const extend of message.extends) this.#extend(extend, message.fullName, features)
  }

  #extend(extend: ProtoExtend, scope: string, around: Features): void {
    const target = this.#find(extend.extendee, scope)
    if (target?.kind === 'message') extend.target = target
    else if (!this.#lenient || target || !/^\.?[A-Za-z_][\w.]*$/.test(extend.extendee))
      this.#note(target ? `${extend.extendee} is an enum` : this.#missing(extend.extendee), extend.place)
    for (const field of extend.fields) this.#field(field, scope, around)
    addExtensions(this.#file, extend, scope)
  }

  #field(field: ProtoField, scope: string, around: Features): void {
    const features = featuresOf(field.options, field.oneof ? featuresOf(field.oneof.options, around) : around)
    if (field.inline) field.message = field.inline
    else if (isScalarName(field.typeName)) field.scalar = field.typeName
    else {
      const type = this.#find(field.typeName, scope)
      if (!type) this.#note(this.#missing(field.typeName), field.typePlace)
      else if (type.kind === 'enum') field.enum = type
      else field.message = type
    }
    const repeated = field.label === 'repeated'
    const isMap = field.message?.isMapEntry === true
    if (field.message && !isMap && !field.inline && features.messageEncoding === 'DELIMITED') field.delimited = true
    field.required =
      field.label === 'required' || (features.presence === 'LEGACY_REQUIRED' && !repeated && !field.oneof)
    field.presence =
      !repeated &&
      (field.message !== null || field.oneof !== null || field.label !== 'none' || features.presence !== 'IMPLICIT')
    const packable = repeated && field.message === null && field.scalar !== 'string' && field.scalar !== 'bytes'
    const said = plainOption(field.options, 'packed')
    const packs = said?.kind === 'identifier' ? said.text === 'true' : said !== undefined
    // It changes no byte: registries let it pass.
    if (packs && !packable && !this.#lenient)
      this.#note('only repeated numbers, bools and enums are packed', field.place)
    field.packed =
      packable && (said?.kind === 'identifier' ? said.text === 'true' : features.repeatedEncoding === 'PACKED')
    field.checksUtf8 = field.scalar === 'string' && features.utf8 === 'VERIFY'
  }

  /**
   * From the innermost scope outwards. The first part of a name decides the scope, for protoc: in a scope that has a `M`
   * without `N`, `M.N` is nothing, though there be one further out. Registries take that one.
   */
  #find(name: string, scope: string): ProtoMessage | ProtoEnum | undefined {
    const { types } = this.#file
    if (name.startsWith('.')) return types.get(name.slice(1))
    const dot = name.indexOf('.')
    const first = dot < 0 ? '' : name.slice(0, dot)
    for (let at = scope; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
      const found = types.get(`${at}.${name}`)
      if (found) return found
      if (this.#lenient || first === '') continue
      const shadow = `${at}.${first}`
      if (types.has(shadow) || this.#packages.has(shadow)) return undefined
    }
    return types.get(name)
  }

  #missing(name: string): string {
    if (++this.#misses > mistakesMax) return ''
    const last = name.slice(name.lastIndexOf('.') + 1)
    const similar = [...this.#file.types.keys()].find(
      (known) => known.slice(known.lastIndexOf('.') + 1).toLowerCase() === last.toLowerCase(),
    )
    return `there is no type ${name}${similar === undefined ? '' : `; did you mean ${similar}?`}`
  }
}
