// Makes the codec's source from the definitions: for every message its types, and encode and decode for all versions. Pure:
// text out. `tools/generate-wire.ts` writes the files; a test holds the committed ones against this.
//
// Two types a message: the whole one that decoding gives, and `…Input` for encoding, in which a field may be left out when
// it has a default or is not in every version. Versions that cannot express a field drop it.
import { assert } from '../../base/index.ts'
import type { ApiDefinition, Field, Message, Versions, WireType } from './definition.ts'

export interface GeneratedFile {
  /** Without folder. */
  readonly name: string
  readonly text: string
}

/** All files of generated/, the index included. */
export function generateWire(definitions: readonly ApiDefinition[]): GeneratedFile[] {
  const files = definitions.map(({ name, request, response }) => ({
    name: `${kebab(name)}.ts`,
    text: generateFile([request, response]),
  }))
  return [...files, { name: 'index.ts', text: generateIndex(definitions) }]
}

const banner = '// Generated from definitions/ by tools/generate-wire.ts; do not edit.\n'

const kebab = (name: string): string => name.replace(/(?<=.)[A-Z]/g, '-$&').toLowerCase()

function generateFile(messages: readonly Message[]): string {
  const body = messages.map((message) => generateMessage(message)).join('\n')
  const used = (names: string[]): string[] => names.filter((name) => new RegExp(`\\b${name}\\b`).test(body))
  const read = used(['readCompactString', 'readInt8', 'readInt32', 'readInt64', 'readString', 'readUuid', 'zeroUuid'])
  const write = used(['writeCompactString', 'writeInt8', 'writeInt32', 'writeInt64', 'writeString', 'writeUuid'])
  const imports = [
    read.length > 0 ? `import { ${read.join(', ')} } from '../reader.ts'` : '',
    `import type { WireReader } from '../reader.ts'`,
    write.length > 0 ? `import { ${write.join(', ')} } from '../writer.ts'` : '',
    `import type { WireWriter } from '../writer.ts'`,
  ]
  return `${banner}${imports.filter(Boolean).join('\n')}\n\n${body}`
}

interface Struct {
  readonly name: string
  readonly versions: Versions
  readonly fields: readonly Field[]
  readonly exported: boolean
}

function generateMessage(message: Message): string {
  const structs: Struct[] = []
  collectStructs({ ...message, exported: true }, structs)
  return structs
    .map((struct) => [typesOf(struct, message), decoderOf(struct, message), encoderOf(struct, message)].join('\n'))
    .join('\n')
}

function collectStructs(struct: Struct, into: Struct[]): void {
  into.push(struct)
  for (const field of struct.fields) {
    const inner = elementType(field.type)
    if (inner.kind === 'struct') {
      collectStructs({ name: inner.name, versions: field.versions, fields: inner.fields, exported: true }, into)
    }
  }
}

const elementType = (type: WireType): WireType => (type.kind === 'array' ? type.of : type)

// ---- types

const scalarTypes: Record<string, string> = {
  bool: 'boolean',
  int64: 'bigint',
  string: 'string',
  uuid: 'string',
  bytes: 'Uint8Array',
  records: 'Uint8Array',
}

function typeText(type: WireType, suffix: string): string {
  if (type.kind === 'array') return `readonly ${typeText(type.of, suffix)}[]`
  return type.kind === 'struct' ? `${type.name}${suffix}` : (scalarTypes[type.scalar] ?? 'number')
}

/** A tagged struct that is not sent is null. */
const isNullable = (field: Field): boolean =>
  field.nullableFrom !== undefined || (field.tag !== undefined && field.type.kind === 'struct')

function typesOf(struct: Struct, message: Message): string {
  const lines = (suffix: string): string =>
    struct.fields
      .map((field) => {
        const optional = suffix !== '' && isOptional(field, struct) ? '?' : ''
        return `  readonly ${field.name}${optional}: ${typeText(field.type, suffix)}${isNullable(field) ? ' | null' : ''}\n`
      })
      .join('')
  const about = struct.name === message.name ? `/** Versions ${rangeText(message)}. */\n` : ''
  return `${about}export interface ${struct.name} {\n${lines('')}}\nexport interface ${struct.name}Input {\n${lines('Input')}}\n`
}

function rangeText(message: Message): string {
  const { from, to } = message.versions
  return `${from} to ${to}, flexible ${message.flexibleFrom === Infinity ? 'never' : `from ${message.flexibleFrom}`}`
}

function isOptional(field: Field, struct: Struct): boolean {
  const always = field.versions.from === struct.versions.from && field.versions.to === struct.versions.to
  return !always || field.defaultText !== undefined || field.tag !== undefined
}

function defaultOf(field: Field): string {
  const text = field.defaultText
  if (text === 'null' || (text === undefined && isNullable(field) && field.type.kind === 'struct')) return 'null'
  if (field.type.kind === 'array') return '[]'
  if (text === undefined && field.nullableFrom !== undefined && field.nullableFrom <= field.versions.from) return 'null'
  assert(field.type.kind === 'scalar', `${field.name} of a struct's type is always there or nullable`)
  switch (field.type.scalar) {
    case 'bool':
      return text ?? 'false'
    case 'string':
      return `'${text ?? ''}'`
    case 'uuid':
      return 'zeroUuid'
    case 'bytes':
    case 'records':
      return 'new Uint8Array(0)'
    case 'int64':
      return `${text ?? '0'}n`
    default:
      return text ?? '0'
  }
}

// ---- conditions on the version

/** The condition that `version` lies in `inner`, given it lies in `outer`; undefined when always. */
function within(inner: Versions, outer: Versions): string | undefined {
  const parts: string[] = []
  if (inner.from > outer.from) parts.push(`version >= ${inner.from}`)
  if (inner.to < outer.to) parts.push(`version <= ${inner.to}`)
  return parts.length === 0 ? undefined : parts.join(' && ')
}

/** 'true', 'false' or a condition: whether the flexible encoding holds in these versions. */
function flexibleText(versions: Versions, message: Message): string {
  if (versions.from >= message.flexibleFrom) return 'true'
  return versions.to < message.flexibleFrom ? 'false' : 'flexible'
}

const flexibleConstant = (struct: Struct, message: Message): string =>
  flexibleText(struct.versions, message) === 'flexible' ? `  const flexible = version >= ${message.flexibleFrom}\n` : ''

// ---- decoding

function decoderOf(struct: Struct, message: Message): string {
  const flexible = flexibleText(struct.versions, message)
  const body = struct.fields.map((field) => {
    if (field.tag !== undefined) {
      return `  let ${field.name}: ${typeText(field.type, '')}${isNullable(field) ? ' | null' : ''} = ${defaultOf(field)}\n`
    }
    const condition = within(field.versions, struct.versions)
    const read = readText(field, message)
    return `  const ${field.name} = ${condition ? `${condition} ? ${read} : ${defaultOf(field)}` : read}\n`
  })
  const result = `  return { ${struct.fields.map((field) => field.name).join(', ')} }\n`
  const code = [flexibleConstant(struct, message), ...body, decodeTags(struct, message, flexible), result].join('')
  const version = /\bversion\b/.test(code) ? 'version' : '_version'
  return `export function decode${struct.name}(r: WireReader, ${version}: number): ${struct.name} {\n${code}}\n`
}

function decodeTags(struct: Struct, message: Message, flexible: string): string {
  if (flexible === 'false') return ''
  const guard = flexible === 'true' ? '' : 'if (flexible) '
  const tagged = struct.fields.filter((field) => field.tag !== undefined)
  if (tagged.length === 0) return `  ${guard}r.skipTags()\n`
  const branches = tagged.map((field) => {
    const condition = within(field.versions, {
      from: Math.max(struct.versions.from, message.flexibleFrom),
      to: struct.versions.to,
    })
    return `if (tag === ${field.tag}${condition ? ` && ${condition}` : ''}) ${field.name} = ${readText(field, message)}\n      else `
  })
  const loop = [
    `for (let count = r.uvarint(); count > 0; count--) {\n`,
    `      const tag = r.uvarint()\n`,
    `      const end = r.taggedEnd()\n`,
    `      ${branches.join('')}r.skipTo(end)\n`,
    `      r.expectAt(end)\n`,
    `    }\n`,
  ].join('')
  return guard ? `  ${guard}{\n    ${loop}  }\n` : `  {\n    ${loop}  }\n`
}

function readText(field: Field, message: Message): string {
  const flexible = flexibleText(field.versions, message)
  const from = field.nullableFrom
  if (from === undefined || (field.tag !== undefined && field.type.kind === 'struct'))
    return readOf(field.type, flexible, '')
  const orNull = readOf(field.type, flexible, 'OrNull')
  return from <= field.versions.from ? orNull : `version >= ${from} ? ${orNull} : ${readOf(field.type, flexible, '')}`
}

function readOf(type: WireType, flexible: string, orNull: string): string {
  if (type.kind === 'array') return `r.array${orNull}(version, ${flexible}, ${elementReader(type.of, flexible)})`
  if (type.kind === 'struct') {
    return orNull ? `r.structOrNull(version, decode${type.name})` : `decode${type.name}(r, version)`
  }
  const name = type.scalar === 'records' ? 'bytes' : type.scalar
  return name === 'string' || name === 'bytes' ? `r.${name}${orNull}(${flexible})` : `r.${name}()`
}

const elementNames: Record<string, string> = { int8: 'Int8', int32: 'Int32', int64: 'Int64', uuid: 'Uuid' }

function elementCodec(type: WireType, flexible: string, verb: 'read' | 'write'): string {
  assert(type.kind === 'scalar', 'arrays hold scalars or structs')
  if (type.scalar === 'string') {
    if (flexible === 'flexible') return `flexible ? ${verb}CompactString : ${verb}String`
    return flexible === 'true' ? `${verb}CompactString` : `${verb}String`
  }
  const name = elementNames[type.scalar]
  assert(name, `arrays of ${type.scalar} are known`)
  return `${verb}${name}`
}

const elementReader = (type: WireType, flexible: string): string =>
  type.kind === 'struct' ? `decode${type.name}` : elementCodec(type, flexible, 'read')

// ---- encoding

function encoderOf(struct: Struct, message: Message): string {
  const flexible = flexibleText(struct.versions, message)
  const plain = struct.fields.filter((field) => field.tag === undefined)
  const body = plain.map((field) => {
    const condition = within(field.versions, struct.versions)
    return `  ${condition ? `if (${condition}) ` : ''}${writeText(field, struct, message)}\n`
  })
  const code = [flexibleConstant(struct, message), ...body, encodeTags(struct, message, flexible)].join('')
  const version = /\bversion\b/.test(code) ? 'version' : '_version'
  const value = /\bm\./.test(code) ? 'm' : '_m'
  return `export function encode${struct.name}(w: WireWriter, ${version}: number, ${value}: ${struct.name}Input): void {\n${code}}\n`
}

function writeText(field: Field, struct: Struct, message: Message): string {
  const value = isOptional(field, struct) ? orDefault(field) : `m.${field.name}`
  return writeOf(field.type, flexibleText(field.versions, message), value, field.nullableFrom !== undefined, 'w')
}

/** A given null stays null. */
function orDefault(field: Field): string {
  const zero = defaultOf(field)
  const given = `m.${field.name}`
  return isNullable(field) && zero !== 'null' ? `${given} === undefined ? ${zero} : ${given}` : `${given} ?? ${zero}`
}

function writeOf(type: WireType, flexible: string, value: string, nullable: boolean, w: string): string {
  if (type.kind === 'array') return `${w}.array(version, ${flexible}, ${value}, ${elementWriter(type.of, flexible)})`
  if (type.kind === 'struct') {
    return nullable
      ? `${w}.structOrNull(version, ${value}, encode${type.name})`
      : `encode${type.name}(${w}, version, ${value})`
  }
  const name = type.scalar === 'records' ? 'bytes' : type.scalar
  return name === 'string' || name === 'bytes' ? `${w}.${name}(${flexible}, ${value})` : `${w}.${name}(${value})`
}

const elementWriter = (type: WireType, flexible: string): string =>
  type.kind === 'struct' ? `encode${type.name}` : elementCodec(type, flexible, 'write')

function encodeTags(struct: Struct, message: Message, flexible: string): string {
  if (flexible === 'false') return ''
  const guard = flexible === 'true' ? '' : 'if (flexible) '
  const tagged = struct.fields.filter((field) => field.tag !== undefined).toSorted((a, b) => a.tag! - b.tag!)
  if (tagged.length === 0) return `  ${guard}w.uvarint(0)\n`
  const flexibleVersions = { from: Math.max(struct.versions.from, message.flexibleFrom), to: struct.versions.to }
  const constants = tagged.map((field) => `    const ${field.name} = ${orDefault(field)}\n`)
  const conditions = tagged.map((field) => {
    const set =
      field.type.kind === 'array' && !isNullable(field)
        ? `${field.name}.length > 0`
        : `${field.name} !== ${defaultOf(field)}`
    const condition = within(field.versions, flexibleVersions)
    return condition ? `${condition} && ${set}` : set
  })
  const count = conditions.map((condition) => `(${condition} ? 1 : 0)`).join(' + ')
  const writes = tagged.map((field, i) => {
    const write = writeOf(field.type, 'true', field.name, false, 'inner')
    return `    if (${conditions[i]}) w.tagged(${field.tag}, (inner) => ${write})\n`
  })
  return `  ${guard}{\n${constants.join('')}    w.uvarint(${count})\n${writes.join('')}  }\n`
}

// ---- the index

function generateIndex(definitions: readonly ApiDefinition[]): string {
  const apis = definitions.toSorted((a, b) => a.key - b.key)
  const imports = apis.map(({ name }) => {
    const names = [`decode${name}Request`, `decode${name}Response`, `encode${name}Request`, `encode${name}Response`]
    return `import { ${names.join(', ')} } from './${kebab(name)}.ts'\n`
  })
  const types = apis.map(({ name }) => {
    const names = [`${name}Request`, `${name}RequestInput`, `${name}Response`, `${name}ResponseInput`]
    return `export type { ${names.join(', ')} } from './${kebab(name)}.ts'\n`
  })
  const entries = apis.map(({ key, name, request }) => {
    const codec = `decodeRequest: decode${name}Request, encodeRequest: encode${name}Request, decodeResponse: decode${name}Response, encodeResponse: encode${name}Response`
    const { from, to } = request.versions
    return `  ${name[0]!.toLowerCase()}${name.slice(1)}: { key: ${key}, name: '${name}', versionMin: ${from}, versionMax: ${to}, flexibleFrom: ${request.flexibleFrom}, ${codec} },\n`
  })
  return `${banner}${imports.join('')}\n${types.join('')}\n/** Every API that the definitions have, with its codec. */\nexport const apis = {\n${entries.join('')}} as const\n`
}
