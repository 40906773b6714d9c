// Whether data that one Avro schema wrote can be read by another: Avro's schema resolution, decided on types alone.
// Every difference is found, not only the first. A pair of types that is met again inside itself counts as readable as
// long as nothing else speaks against it (the greatest fixed point); what was decided on that ground is forgotten when the
// outer pair turns out unreadable, so that no yes outlives its reason. Logical types do not decide, as in Avro: a change of
// them is a warning.
// Reference: Apache Avro 1.12 specification "Schema Resolution"; SchemaCompatibility (names, unions, enum defaults).
import {
  describeAvro as describeWhole,
  type AvroField,
  type AvroLogical,
  type AvroRecord,
  type AvroType,
} from '../../format/index.ts'
import type { Difference } from '../difference.ts'
import { registryLimits, type RegistryLimits } from '../limits.ts'
import { checkAvroDefault } from './defaults.ts'
import { AvroPaths } from './paths.ts'

export interface AvroComparisonOptions {
  /** The texts of both: paths then lead to what is written there, also through names of types. */
  readonly texts?: { readonly reader: string; readonly writer: string } | undefined
  readonly limits?: RegistryLimits
}

/**
 * Differences that keep `reader` from reading what `writer` wrote, and warnings; without any that is not a warning:
 * compatible. O(pairs of types that meet), bounded by limits.comparisonsMax, behind which it refuses by name.
 */
export function compareAvro(
  reader: AvroType,
  writer: AvroType,
  { texts, limits = registryLimits }: AvroComparisonOptions = {},
): Difference[] {
  // Places cost time that a compatible pair does without.
  const first = new Comparison(limits, null, null).root(reader, writer, nowhere)
  if (first.length === 0) return first
  if (!texts) return new Comparison(limits, null, null).root(reader, writer)
  return new Comparison(limits, new AvroPaths(reader, texts.reader), new AvroPaths(writer, texts.writer)).root(
    reader,
    writer,
  )
}

/** Where the two types of a pair are mentioned. */
interface At {
  readonly reader: string
  readonly writer: string
}

/** Where nobody asks for places. */
const nowhere: At = { reader: '', writer: '' }

const isRefusal = (difference: Difference): boolean => difference.warning !== true
const speaksAgainst = (found: readonly Difference[]): boolean => found.some(isRefusal)

const promotions: Readonly<Record<string, readonly string[]>> = {
  long: ['int'],
  float: ['int', 'long'],
  double: ['int', 'long', 'float'],
  bytes: ['string'],
  string: ['bytes'],
}

type Named = AvroType & { readonly name: string; readonly aliases: readonly string[] }
const nothing: Difference[] = []

/** Nothing but its kind counts. */
const isPlain = (type: AvroType): boolean => 'connectName' in type && type.logical === null

type Union = AvroType & { readonly kind: 'union' }

/** Unions like ["null", "long"], which most fields are. */
const samePlain = ({ branches }: Union, { branches: others }: Union): boolean =>
  branches.length === others.length &&
  branches.every((branch, i) => isPlain(branch) && branch.kind === others[i]!.kind && isPlain(others[i]!))

const unqualified = (name: string): string => name.slice(name.lastIndexOf('.') + 1)

class Comparison {
  readonly #limits: RegistryLimits
  readonly #readerPaths: AvroPaths | null
  readonly #writerPaths: AvroPaths | null
  readonly #known = new Map<AvroType, Map<AvroType, Difference[]>>()
  /** Pairs that were decided readable, in order; those behind an open pair may rest on it. */
  readonly #readable: [AvroType, AvroType][] = []
  readonly #unions = new Map<Union, Map<string, Branch[]>>()
  #count = 0
  #depth = 0

  constructor(limits: RegistryLimits, readerPaths: AvroPaths | null, writerPaths: AvroPaths | null) {
    this.#limits = limits
    this.#readerPaths = readerPaths
    this.#writerPaths = writerPaths
  }

  root(reader: AvroType, writer: AvroType, at: At = { reader: '', writer: '' }): Difference[] {
    const found = this.#compare(reader, writer, at)
    const seen = new Set<string>()
    return found
      .filter(({ rule, path, writerPath }) => {
        const key = `${rule} ${path} ${writerPath}`
        return !seen.has(key) && seen.add(key)
      })
      .slice(0, this.#limits.messagesMax)
  }

  #compare(reader: AvroType, writer: AvroType, at: At): Difference[] {
    if (isPlain(reader) && reader.kind === writer.kind && isPlain(writer)) return nothing
    if (reader.kind === 'union' && writer.kind === 'union' && samePlain(reader, writer)) return nothing
    let byWriter = this.#known.get(reader)
    if (!byWriter) this.#known.set(reader, (byWriter = new Map()))
    const known = byWriter.get(writer)
    if (known) return known
    if (++this.#count > this.#limits.comparisonsMax || this.#depth >= this.#limits.comparisonDepthMax) {
      const reason = 'the schemas are too large or too deep to compare'
      return [this.#difference('TOO_LARGE', at, reason, 'split them into smaller schemas')]
    }
    byWriter.set(writer, [])
    const mark = this.#readable.length
    this.#depth++
    const found = this.#decide(reader, writer, at)
    this.#depth--
    byWriter.set(writer, found)
    if (!speaksAgainst(found)) this.#readable.push([reader, writer])
    else for (const [r, w] of this.#readable.splice(mark)) this.#known.get(r)!.delete(w)
    return found
  }

  #decide(reader: AvroType, writer: AvroType, mention: At): Difference[] {
    const at = this.#definitions(reader, writer, mention)
    if (writer.kind === 'union') {
      return writer.branches.flatMap((branch, i) => {
        const place = step(at, `/${i}`, '')
        const found = this.#compare(reader, branch, place)
        // What keeps a branch of the same name from being read says more than that no branch reads it.
        const told =
          speaksAgainst(found) &&
          reader.kind === 'union' &&
          !this.#candidates(reader, branch).some((one) => one.branch.kind === branch.kind)
        return told ? [this.#missingBranch(branch, place)] : found
      })
    }
    if (reader.kind === 'union') return this.#readByUnion(reader, writer, at)
    if (reader.kind !== writer.kind)
      return promotions[reader.kind]?.includes(writer.kind) ? [] : [this.#typeMismatch(reader, writer, at)]
    return this.#compareSame(reader, writer, at)
  }

  /** Inside a named type places are those of its definition. */
  #definitions(reader: AvroType, writer: AvroType, at: At): At {
    if (at === nowhere) return at
    return {
      reader: this.#readerPaths?.of(reader) ?? at.reader,
      writer: this.#writerPaths?.of(writer) ?? at.writer,
    }
  }

  #readByUnion(reader: Union, writer: AvroType, at: At): Difference[] {
    const candidates = this.#candidates(reader, writer)
    for (const { branch, index } of candidates) {
      const found = this.#compare(branch, writer, step(at, '', `/${index}`))
      if (!speaksAgainst(found)) return found
    }
    const closest = candidates.find(({ branch }) => branch.kind === writer.kind)
    if (!closest) return [this.#missingBranch(writer, at)]
    const place = step(at, '', `/${closest.index}`)
    return [this.#missingBranch(writer, at), ...this.#compare(closest.branch, writer, place)]
  }

  /** Branches that may read it: all without a name, and those of its kind and name. Unions may have thousands. */
  #candidates(union: Union, writer: AvroType): readonly Branch[] {
    let index = this.#unions.get(union)
    if (!index) this.#unions.set(union, (index = indexBranches(union)))
    if (!('name' in writer)) return index.get('') ?? []
    const byName = index.get(`${writer.kind} ${unqualified(writer.name)}`) ?? []
    const byAlias = index.get(`${writer.kind} alias ${writer.name}`) ?? []
    return byAlias.length === 0 ? byName : [...new Set([...byName, ...byAlias])].toSorted((a, b) => a.index - b.index)
  }

  #compareSame(reader: AvroType, writer: AvroType, at: At): Difference[] {
    if (reader.kind === 'array' && writer.kind === 'array')
      return this.#compare(reader.items, writer.items, inside(at, '/items'))
    if (reader.kind === 'map' && writer.kind === 'map')
      return this.#compare(reader.values, writer.values, inside(at, '/values'))
    if (reader.kind === 'record' && writer.kind === 'record')
      return [...this.#compareNames(reader, writer, at), ...this.#compareFields(reader, writer, at)]
    if (reader.kind === 'enum' && writer.kind === 'enum') return this.#compareEnums(reader, writer, at)
    if (reader.kind === 'fixed' && writer.kind === 'fixed') {
      const found = [...this.#compareNames(reader, writer, at), ...this.#compareLogical(reader, writer, at)]
      if (reader.size === writer.size) return found
      const reason = `${writer.size} bytes cannot be read as ${reader.size}`
      const size = inside(at, '/size')
      return [...found, this.#difference('FIXED_SIZE_MISMATCH', size, reason, 'keep the size, or use another name')]
    }
    return this.#compareLogical(reader, writer, at)
  }

  /** Names compare without their namespace, or by an alias of the reader, which is a full name. */
  #compareNames(reader: Named, writer: Named, at: At): Difference[] {
    if (namesMatch(reader, writer)) return []
    return [
      this.#difference(
        'NAME_MISMATCH',
        inside(at, '/name'),
        `${reader.kind} ${reader.name} does not read ${writer.name}`,
        `keep the name, or add "aliases": ["${writer.name}"]`,
      ),
    ]
  }

  #compareEnums(reader: AvroType & { kind: 'enum' }, writer: AvroType & { kind: 'enum' }, at: At): Difference[] {
    const names = this.#compareNames(reader, writer, at)
    const missing = writer.symbols.filter((symbol) => !reader.symbols.includes(symbol))
    if (missing.length === 0 || reader.default !== null) return names
    const shown =
      missing.length > 10 ? `${missing.slice(0, 10).join(', ')} and ${missing.length - 10} more` : missing.join(', ')
    const remedy = 'keep these symbols, or give the enum a default'
    const reason = `${reader.name} does not know ${shown}`
    return [...names, this.#difference('MISSING_ENUM_SYMBOLS', inside(at, '/symbols'), reason, remedy)]
  }

  #compareFields(reader: AvroRecord, writer: AvroRecord, at: At): Difference[] {
    let written: Map<string, number> | undefined
    const found: Difference[] = []
    for (const [i, field] of reader.fields.entries()) {
      const same = writer.fields[i]
      if (same?.name === field.name && field.aliases.length === 0) {
        const place = at === nowhere ? at : step(at, `/fields/${i}/type`, `/fields/${i}/type`)
        for (const difference of this.#compare(field.type, same.type, place)) found.push(difference)
        continue
      }
      written ??= new Map(writer.fields.map((other, index) => [other.name, index]))
      const names = [...new Set([field.name, ...field.aliases])].filter((name) => written!.has(name))
      const index = written.get(names[0] ?? '')
      if (names.length > 1) found.push(this.#ambiguous(field, names, step(at, '/fields', `/fields/${i}`)))
      else if (index === undefined) found.push(...this.#missing(field, step(at, '/fields', `/fields/${i}`)))
      else {
        const place = step(at, `/fields/${index}/type`, `/fields/${i}/type`)
        found.push(...this.#compare(field.type, writer.fields[index]!.type, place))
      }
    }
    return found
  }

  /** A default of an enum stands for unknown symbols, not for a field that is not there. */
  #missing(field: AvroField, at: At): Difference[] {
    if (!field.hasDefault) {
      return [
        this.#difference(
          'READER_FIELD_MISSING_DEFAULT_VALUE',
          at,
          `the field ${field.name} has no default and is not in the other schema`,
          `give ${field.name} a default, for example a union with null first and "default": null`,
        ),
      ]
    }
    const wrong = checkAvroDefault(field.type, field.default)
    if (wrong === undefined) return []
    const reason = `the field ${field.name} is not in the other schema, and its default is no value of its type: ${wrong}`
    const place = { ...at, reader: `${at.reader}/default` }
    const remedy = 'write a default of the type (of a union: of its first branch, or of any branch since Avro 1.12)'
    return [this.#difference('READER_FIELD_DEFAULT_INVALID', place, reason, remedy)]
  }

  #ambiguous(field: AvroField, names: readonly string[], at: At): Difference {
    return this.#difference(
      'AMBIGUOUS_FIELD_ALIAS',
      at,
      `the field ${field.name} stands for ${names.join(' and ')}, which are all in the other schema`,
      `leave ${names.filter((name) => name !== field.name).join(', ')} out of its aliases`,
    )
  }

  #compareLogical(reader: AvroType, writer: AvroType, at: At): Difference[] {
    const [wanted, given] = ['logical' in reader ? reader.logical : null, 'logical' in writer ? writer.logical : null]
    if (!wanted || !given) return []
    const decimals = wanted.name === 'decimal' && given.name === 'decimal'
    const same = decimals
      ? wanted.scale === given.scale && wanted.precision >= given.precision
      : wanted.name === given.name
    if (same) return []
    const [now, before] = [describeLogical(wanted), describeLogical(given)]
    const reason = `what was written as ${before} is read as ${now}: Avro gives the same bits another meaning`
    const difference = this.#difference(
      'LOGICAL_TYPE_CHANGED',
      at,
      reason,
      `keep ${before}, or add a field of another name`,
    )
    return [{ ...difference, warning: true }]
  }

  #typeMismatch(reader: AvroType, writer: AvroType, at: At): Difference {
    const [now, before] = [describeAvro(reader), describeAvro(writer)]
    const remedy = `keep ${before}, or add a field of another name with a default`
    return this.#difference('TYPE_MISMATCH', at, `${before} cannot be read as ${now}`, remedy)
  }

  #missingBranch(writer: AvroType, at: At): Difference {
    const missing = describeAvro(writer)
    return this.#difference(
      'MISSING_UNION_BRANCH',
      at,
      `no branch of the union reads ${missing}`,
      `add ${missing} to the union`,
    )
  }

  #difference(rule: string, at: At, reason: string, remedy: string): Difference {
    return { rule, path: at.reader, writerPath: at.writer, reason, remedy }
  }
}

/** Unions may have thousands of branches. */
function describeAvro(type: AvroType): string {
  const text = describeWhole(type)
  return text.length > 200 ? `${text.slice(0, 197)}...` : text
}

function describeLogical(logical: AvroLogical): string {
  return logical.name === 'decimal' ? `decimal(${logical.precision}, ${logical.scale})` : logical.name
}

const inside = (at: At, name: string): At => step(at, name, name)

interface Branch {
  readonly branch: AvroType
  readonly index: number
}

function indexBranches(union: Union): Map<string, Branch[]> {
  const index = new Map<string, Branch[]>()
  const add = (key: string, one: Branch): void => {
    const list = index.get(key)
    if (list) list.push(one)
    else index.set(key, [one])
  }
  union.branches.forEach((branch, i) => {
    const one = { branch, index: i }
    if (!('name' in branch)) return add('', one)
    add(`${branch.kind} ${unqualified(branch.name)}`, one)
    for (const alias of branch.aliases) add(`${branch.kind} alias ${alias}`, one)
  })
  return index
}

/** Writer's and reader's step. */
const step = (at: At, writer: string, reader: string): At =>
  at === nowhere ? nowhere : { reader: at.reader + reader, writer: at.writer + writer }

function namesMatch(reader: Named, writer: Named): boolean {
  return unqualified(reader.name) === unqualified(writer.name) || reader.aliases.includes(writer.name)
}
