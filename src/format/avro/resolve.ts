// Schema resolution: what a record of the writer's schema means to a reader with another one. The result is laid out as the
// writer wrote it, with the reader's names, symbols and defaults, so that every reader of this room reads it like a writer's
// schema. Where both have logical types the writer's counts: it says what the numbers are.
// Reference: Apache Avro 1.12 specification, "Schema Resolution"; Java's Resolver for what it leaves open (records of other
// names match unless a union must choose; in a reader's union the first branch that is the same, else the first that fits).
import { describeAvro, refusals } from './conversion.ts'
import { Unreadable } from './compile.ts'
import type { AvroField, AvroType } from './schema.ts'

type Resolved = Map<AvroType, Map<AvroType, AvroType>>
type Of<K extends AvroType['kind']> = AvroType & { kind: K }

/** Throws Unreadable naming the place where the two cannot meet. O(types of both). */
export function resolveAvro(writer: AvroType, reader: AvroType): AvroType {
  return resolve(writer, reader, '', new Map())
}

function resolve(writer: AvroType, reader: AvroType, path: string, known: Resolved): AvroType {
  if (writer.kind === 'union') return resolveWriterUnion(writer, reader, path, known)
  if (reader.kind === 'union') {
    const branch = branchFor(writer, reader, known)
    if (branch === undefined) refuse(writer, reader, path)
    return resolve(writer, branch, path, known)
  }
  switch (writer.kind) {
    case 'record':
      if (reader.kind === 'record') return resolveRecord(writer, reader, path, known)
      return refuse(writer, reader, path)
    case 'array':
      if (reader.kind !== 'array') return refuse(writer, reader, path)
      return { kind: 'array', items: resolve(writer.items, reader.items, `${path}[]`, known) }
    case 'map':
      if (reader.kind !== 'map') return refuse(writer, reader, path)
      return { kind: 'map', values: resolve(writer.values, reader.values, `${path}{}`, known) }
    case 'enum':
      if (reader.kind !== 'enum' || !sameName(writer, reader)) return refuse(writer, reader, path)
      return resolveEnum(writer, reader)
    case 'fixed':
      if (reader.kind !== 'fixed' || !sameName(writer, reader) || writer.size !== reader.size)
        return refuse(writer, reader, path)
      return { ...writer, logical: writer.logical ?? reader.logical }
    default:
      return resolvePrimitive(writer, reader, path)
  }
}

function refuse(writer: AvroType, reader: AvroType, path: string): never {
  const where = path === '' ? '' : `${path}: `
  throw new Unreadable(`${where}${describeAvro(writer)} cannot be read as ${describeAvro(reader)}`)
}

/** Each branch for itself; one that cannot be read is damage only of a record that has it. */
function resolveWriterUnion(writer: Of<'union'>, reader: AvroType, path: string, known: Resolved): AvroType {
  let reason: Unreadable | undefined
  const branches = writer.branches.map((branch): AvroType => {
    try {
      return resolve(branch, reader, path, known)
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error
      reason ??= error
      const refused = { ...branch }
      // The readers put the place before it.
      const { message } = error
      refusals.set(refused, message.startsWith(`${path}: `) ? message.slice(path.length + 2) : message)
      return refused
    }
  })
  if (reason && branches.every((branch) => refusals.has(branch))) throw reason
  return { kind: 'union', branches }
}

const promotions: Readonly<Record<string, readonly string[]>> = {
  int: ['long', 'float', 'double'],
  long: ['float', 'double'],
  float: ['double'],
  string: ['bytes'],
  bytes: ['string'],
}

function branchFor(writer: AvroType, reader: Of<'union'>, known: Resolved): AvroType | undefined {
  const same = reader.branches.find((branch) =>
    'name' in writer
      ? 'name' in branch && branch.kind === writer.kind && sameName(writer, branch)
      : branch.kind === writer.kind,
  )
  if (same) return same
  return reader.branches.find((branch) => {
    // Whether it fits is what resolving it says.
    try {
      resolve(writer, branch, '', known)
      return true
    } catch (error) {
      if (error instanceof Unreadable) return false
      throw error
    }
  })
}

type Named = Of<'record'> | Of<'enum'> | Of<'fixed'>

const bare = (name: string): string => name.slice(name.lastIndexOf('.') + 1)

/** Unqualified names are compared; a reader's aliases by full name or, as many write them, without a namespace. */
function sameName(writer: Named, reader: Named): boolean {
  return bare(writer.name) === bare(reader.name) || reader.aliases.includes(writer.name)
}

function resolvePrimitive(writer: AvroType, reader: AvroType, path: string): AvroType {
  if (writer.kind !== reader.kind && !(promotions[writer.kind] ?? []).includes(reader.kind))
    return refuse(writer, reader, path)
  if (!('connectName' in writer) || !('connectName' in reader)) return refuse(writer, reader, path)
  if (writer.kind !== reader.kind) return writer
  return {
    ...writer,
    logical: writer.logical ?? reader.logical,
    connectName: writer.connectName ?? reader.connectName,
  }
}

/** An empty symbol stands for one that the reader has neither by name nor by default. */
function resolveEnum(writer: Of<'enum'>, reader: Of<'enum'>): AvroType {
  const symbols = writer.symbols.map((symbol) => (reader.symbols.includes(symbol) ? symbol : (reader.default ?? '')))
  return { ...writer, symbols }
}

function resolveRecord(writer: Of<'record'>, reader: Of<'record'>, path: string, known: Resolved): AvroType {
  const before = known.get(writer)?.get(reader)
  if (before) return before
  const fields: AvroField[] = []
  const absent: AvroField[] = []
  const record: AvroType = { kind: 'record', name: writer.name, aliases: [], fields, absent }
  // Known before its fields are resolved: they may lead back to it.
  const ofWriter = known.get(writer) ?? new Map<AvroType, AvroType>()
  known.set(writer, ofWriter.set(reader, record))
  const prefix = path === '' ? '' : `${path}.`
  const sources = new Map<AvroField, AvroField>()
  for (const field of reader.fields) {
    const source =
      writer.fields.find((one) => one.name === field.name) ??
      writer.fields.find((one) => field.aliases.includes(one.name))
    if (source && !sources.has(source)) sources.set(source, field)
    else absent.push(field)
  }
  try {
    for (const field of writer.fields) {
      const target = sources.get(field)
      if (!target) fields.push(field)
      else fields.push({ ...target, type: resolve(field.type, target.type, prefix + target.name, known) })
    }
  } catch (error) {
    ofWriter.delete(reader)
    throw error
  }
  return record
}
