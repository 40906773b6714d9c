// Whether data that one Avro schema wrote can be read by another: Avro's schema resolution, decided on types alone.
// Every difference is found, not only the first. Logical types do not count, as in Avro.
// Reference: Apache Avro 1.12 SchemaCompatibility (names, unions, promotions, enum defaults).
import { describeAvro, type AvroField, type AvroRecord, type AvroType } from '../../format/index.ts'
import type { Difference } from '../difference.ts'
import { registryLimits } from '../limits.ts'

/** Differences that keep `reader` from reading what `writer` wrote; none: compatible. */
export function compareAvro(reader: AvroType, writer: AvroType): Difference[] {
  return compare(reader, writer, '', new Comparison())
}

/** Pairs met before: decided, or open further up (a recursive type is compatible as far as nothing else speaks against). */
class Comparison {
  readonly #known = new Map<AvroType, Map<AvroType, Difference[]>>()
  #count = 0

  once(reader: AvroType, writer: AvroType, decide: () => Difference[]): Difference[] {
    let byWriter = this.#known.get(reader)
    if (!byWriter) this.#known.set(reader, (byWriter = new Map()))
    const known = byWriter.get(writer)
    if (known) return known
    if (++this.#count > registryLimits.comparisonsMax) {
      return [difference('TOO_LARGE', '', 'the schemas are too large to compare', 'split them into smaller schemas')]
    }
    byWriter.set(writer, [])
    const found = decide()
    byWriter.set(writer, found)
    return found
  }
}

function difference(rule: string, path: string, reason: string, remedy: string): Difference {
  return { rule, path, reason, remedy }
}

const promotions: Readonly<Record<string, readonly string[]>> = {
  long: ['int'],
  float: ['int', 'long'],
  double: ['int', 'long', 'float'],
  bytes: ['string'],
  string: ['bytes'],
}

function compare(reader: AvroType, writer: AvroType, path: string, seen: Comparison): Difference[] {
  return seen.once(reader, writer, () => {
    if (writer.kind === 'union') return compareWriterUnion(reader, writer.branches, path, seen)
    if (reader.kind === 'union') return compareReaderUnion(reader, writer, path, seen)
    if (reader.kind !== writer.kind) {
      if (promotions[reader.kind]?.includes(writer.kind)) return []
      return [typeMismatch(reader, writer, path)]
    }
    return compareSame(reader, writer, path, seen)
  })
}

function typeMismatch(reader: AvroType, writer: AvroType, path: string): Difference {
  return difference(
    'TYPE_MISMATCH',
    path,
    `${describeAvro(writer)} cannot be read as ${describeAvro(reader)}`,
    `keep ${describeAvro(writer)}, or add a field of another name with a default`,
  )
}

function compareWriterUnion(
  reader: AvroType,
  branches: readonly AvroType[],
  path: string,
  seen: Comparison,
): Difference[] {
  if (reader.kind !== 'union') return branches.flatMap((branch) => compare(reader, branch, path, seen))
  return branches.flatMap((branch, i) => {
    if (compare(reader, branch, path, seen).length === 0) return []
    return [missingBranch(branch, `${path}/${i}`)]
  })
}

function compareReaderUnion(
  reader: AvroType & { kind: 'union' },
  writer: AvroType,
  path: string,
  seen: Comparison,
): Difference[] {
  const readable = reader.branches.some((branch, i) => compare(branch, writer, `${path}/${i}`, seen).length === 0)
  return readable ? [] : [missingBranch(writer, path)]
}

function missingBranch(writer: AvroType, path: string): Difference {
  return difference(
    'MISSING_UNION_BRANCH',
    path,
    `no branch of the union reads ${describeAvro(writer)}`,
    `add ${describeAvro(writer)} to the union`,
  )
}

const unqualified = (name: string): string => name.slice(name.lastIndexOf('.') + 1)

/** Names compare without their namespace, or by an alias of the reader. */
function compareNames(
  reader: { readonly kind: string; readonly name: string; readonly aliases: readonly string[] },
  writer: { readonly name: string },
  path: string,
): Difference[] {
  if (unqualified(reader.name) === unqualified(writer.name) || reader.aliases.includes(writer.name)) return []
  return [
    difference(
      'NAME_MISMATCH',
      `${path}/name`,
      `${reader.kind} ${reader.name} does not read ${writer.name}`,
      `keep the name, or add "aliases": ["${writer.name}"]`,
    ),
  ]
}

function compareSame(reader: AvroType, writer: AvroType, path: string, seen: Comparison): Difference[] {
  if (reader.kind === 'array' && writer.kind === 'array')
    return compare(reader.items, writer.items, `${path}/items`, seen)
  if (reader.kind === 'map' && writer.kind === 'map')
    return compare(reader.values, writer.values, `${path}/values`, seen)
  if (reader.kind === 'fixed' && writer.kind === 'fixed') {
    const names = compareNames(reader, writer, path)
    if (reader.size === writer.size) return names
    const reason = `${writer.size} bytes cannot be read as ${reader.size}`
    return [...names, difference('FIXED_SIZE_MISMATCH', `${path}/size`, reason, 'keep the size, or use another name')]
  }
  if (reader.kind === 'enum' && writer.kind === 'enum') return compareEnums(reader, writer, path)
  if (reader.kind === 'record' && writer.kind === 'record') {
    return [...compareNames(reader, writer, path), ...compareFields(reader, writer, path, seen)]
  }
  return []
}

function compareEnums(
  reader: AvroType & { kind: 'enum' },
  writer: AvroType & { kind: 'enum' },
  path: string,
): Difference[] {
  const names = compareNames(reader, writer, path)
  const missing = writer.symbols.filter((symbol) => !reader.symbols.includes(symbol))
  if (missing.length === 0 || reader.default !== null) return names
  return [
    ...names,
    difference(
      'MISSING_ENUM_SYMBOLS',
      `${path}/symbols`,
      `${reader.name} does not know ${missing.join(', ')}`,
      'keep these symbols, or give the enum a default',
    ),
  ]
}

function compareFields(reader: AvroRecord, writer: AvroRecord, path: string, seen: Comparison): Difference[] {
  return reader.fields.flatMap((field, i) => {
    const at = `${path}/fields/${i}`
    const written = writerField(field, writer)
    if (written) return compare(field.type, written.type, `${at}/type`, seen)
    if (field.hasDefault || (field.type.kind === 'enum' && field.type.default !== null)) return []
    return [
      difference(
        'READER_FIELD_MISSING_DEFAULT_VALUE',
        at,
        `the field ${field.name} has no default and is not in the other schema`,
        `give ${field.name} a default, for example a union with null and "default": null`,
      ),
    ]
  })
}

function writerField(field: AvroField, writer: AvroRecord): AvroField | undefined {
  return (
    writer.fields.find((candidate) => candidate.name === field.name) ??
    writer.fields.find((candidate) => field.aliases.includes(candidate.name))
  )
}
