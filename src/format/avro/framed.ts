// Values framed as Confluent's serializers frame them (frames.ts), in Avro: one reader per writer schema, compiled when its
// id is first met. An unknown id and an unreadable schema are damage of each record that carries them.
import { MillraceError } from '../../base/index.ts'
import {
  changeKind,
  type ChangeKind,
  type RecordColumns,
  type RegisteredSchema,
  type Schema,
  type SchemaIds,
} from '../../model/index.ts'
import { asDamage, RecordDamage } from '../damage.ts'
import { endOfFrames, Frame } from '../frames.ts'
import { missingImage, op, unknownOp } from '../images.ts'
import { formatLimits } from '../limits.ts'
import type { Stage } from '../stage.ts'
import type { KernelRuns } from '../wasm/input.ts'
import type { RecordKernel } from '../wasm/record-kernel.ts'
import {
  compileEnvelopeReader,
  compileRowReader,
  envelopeAfter,
  envelopeBefore,
  Unreadable,
  type EnvelopeReader,
  type RowReader,
} from './compile.ts'
import { AvroCursor } from './cursor.ts'
import { interpretRowReader } from './interpret.ts'
import { compileAvroKernel, compileEnvelopeKernel } from './kernel.ts'
import { resolveAvro } from './resolve.ts'
import { parseAvroSchema, type AvroType } from './schema.ts'

/** What reads the records of one writer schema. */
interface Entry<T> {
  readonly read: T
  readonly writer: AvroType
  /** Records that were read plainly. */
  count: number
  /** Undefined until it is compiled; null: only the plain reader can. */
  kernel: RecordKernel | null | undefined
}

/** Readers by frame, of one kind. */
class Readers<T> {
  readonly #schemaIds: SchemaIds
  readonly #make: (writer: AvroType) => T
  readonly #known = new Map<number | string, Entry<T> | RecordDamage>()
  readonly frame = new Frame()
  #lastKey: number | string = -1
  #last: Entry<T> | undefined

  readonly #reader: AvroType | null

  /** @param reader what writers' schemas are resolved to first; null: only to the columns */
  constructor(schemaIds: SchemaIds, reader: AvroType | null, make: (writer: AvroType) => T) {
    this.#schemaIds = schemaIds
    this.#reader = reader
    this.#make = make
  }

  /** The reader of a record, and its frame in `frame`. Throws RecordDamage. */
  of(records: RecordColumns, index: number): Entry<T> {
    const { key } = this.frame.read(records, index)
    if (key === this.#lastKey && this.#last) return this.#last
    const from = records.valueStart[index]!
    const reader = this.#known.get(key) ?? this.#compile(key, from)
    if (reader instanceof RecordDamage)
      throw new RecordDamage(reader.code, reader.message, this.frame.inHeader ? from : from + 1)
    this.#lastKey = key
    this.#last = reader
    return reader
  }

  /** The kernel for a record and those like it; null while there is none. @param make null: only the plain reader can */
  kernelFor(
    records: RecordColumns,
    index: number,
    after: number,
    make: (writer: AvroType, prefix: readonly number[]) => RecordKernel | null,
  ): RecordKernel | null {
    if (records.valueLength[index]! < 0) return null
    let entry: Entry<T>
    try {
      entry = this.of(records, index)
    } catch (error) {
      // The plain reader says so in its turn.
      asDamage(error)
      return null
    }
    if (entry.kernel === undefined && entry.count >= after) {
      const start = records.valueStart[index]!
      entry.kernel = make(entry.writer, [...records.bytes.subarray(start, start + this.frame.size)])
    }
    return entry.kernel ?? null
  }

  #compile(key: number | string, from: number): Entry<T> | RecordDamage {
    const { id, guid } = this.frame
    const schema = guid === '' ? this.#schemaIds.byId(id) : this.#schemaIds.byGuid?.(guid)
    // Not kept: the id may become known later.
    if (!schema)
      return new RecordDamage('MR-FORMAT-004', `no schema has the ${guid === '' ? `id ${id}` : `guid ${guid}`}`, from)
    if (this.#known.size >= formatLimits.readersMax) this.#known.clear()
    const made = this.#tryMake(schema)
    this.#known.set(key, made)
    return made
  }

  #tryMake({ id, type, text, references }: RegisteredSchema): Entry<T> | RecordDamage {
    if (type !== 'AVRO') return new RecordDamage('MR-FORMAT-005', `schema ${id} is ${type}, not Avro`, 0)
    try {
      const written = parseAvroSchema(text, references)
      const writer = this.#reader ? resolveAvro(written, this.#reader) : written
      return { read: this.#make(writer), writer, count: 0, kernel: undefined }
    } catch (error) {
      if (error instanceof Unreadable || error instanceof MillraceError)
        return new RecordDamage('MR-FORMAT-005', `schema ${id}: ${error.message}`, 0)
      throw error
    }
  }
}

export interface AvroReaderOptions {
  /** Walks the schema instead of generating code: slower, the same results. */
  readonly interpret: boolean
  /** Records of a schema that are read plainly before its kernel is compiled. */
  readonly kernelAfter: number
  /** The reader's own schema, or null. */
  readonly reader: AvroType | null
}

export class FramedAvroReader {
  readonly #cursor = new AvroCursor()
  readonly #readers: Readers<RowReader>
  readonly #stage: Stage
  readonly #kind: ChangeKind
  readonly #columns: Schema
  readonly #kernelAfter: number

  constructor(schemaIds: SchemaIds, columns: Schema, stage: Stage, kind: ChangeKind, options: AvroReaderOptions) {
    this.#stage = stage
    this.#columns = columns
    this.#kernelAfter = options.interpret ? Number.POSITIVE_INFINITY : options.kernelAfter
    this.#kind = kind
    this.#readers = new Readers(schemaIds, options.reader, (writer) => {
      // Compiled in both cases: it is what finds a schema unreadable.
      const compiled = compileRowReader(writer, columns, stage).read
      return options.interpret ? interpretRowReader(writer, columns, stage) : compiled
    })
  }

  read(bytes: Uint8Array, from: number, to: number, records: RecordColumns, index: number): number {
    const entry = this.#readers.of(records, index)
    const { read } = entry
    entry.count++
    const cursor = this.#cursor
    cursor.setBytes(bytes)
    cursor.position = from + this.#readers.frame.size
    cursor.end = to
    const row = this.#stage.rows
    read(cursor, row)
    this.#stage.kinds[row] = this.#kind
    return 1
  }

  /** Runs of records of one schema, by its kernel. */
  run(runs: KernelRuns, records: RecordColumns, from: number, to: number): number {
    const kernel = this.#kernelFor(records, from)
    if (!kernel) return from
    return runs.run(kernel, records, from, endOfFrames(records, from, to), this.#kind)
  }

  #kernelFor(records: RecordColumns, index: number): RecordKernel | null {
    return this.#readers.kernelFor(records, index, this.#kernelAfter, (writer, prefix) =>
      compileAvroKernel(writer, this.#columns, this.#stage, prefix),
    )
  }
}

export class FramedEnvelopeReader {
  readonly #cursor = new AvroCursor()
  readonly #readers: Readers<EnvelopeReader>
  readonly #stage: Stage

  readonly #columns: Schema
  readonly #kernelAfter: number

  constructor(schemaIds: SchemaIds, columns: Schema, stage: Stage, options: AvroReaderOptions) {
    this.#stage = stage
    this.#columns = columns
    this.#kernelAfter = options.interpret ? Number.POSITIVE_INFINITY : options.kernelAfter
    this.#readers = new Readers(
      schemaIds,
      options.reader,
      (writer) => compileEnvelopeReader(writer, columns, stage).read,
    )
  }

  /** Runs of changes of one schema, by its kernel. */
  run(runs: KernelRuns, records: RecordColumns, from: number, to: number): number {
    const kernel = this.#readers.kernelFor(records, from, this.#kernelAfter, (writer, prefix) =>
      compileEnvelopeKernel(writer, this.#columns, this.#stage, prefix),
    )
    return kernel ? runs.run(kernel, records, from, endOfFrames(records, from, to), changeKind.insert) : from
  }

  read(bytes: Uint8Array, from: number, to: number, records: RecordColumns, index: number): number {
    const entry = this.#readers.of(records, index)
    const { read } = entry
    entry.count++
    const body = from + this.#readers.frame.size
    const cursor = this.#cursor
    cursor.setBytes(bytes)
    cursor.end = to
    const { kinds, rows: row } = this.#stage
    const run = (skipBefore: boolean): number => {
      cursor.position = body
      return read(cursor, row, skipBefore)
    }
    let result = run(false)
    const code = result & 255
    const inserts = code === op.create || code === op.read
    // An insert's before does not count, but it took the row of the after: read again without it.
    if (inserts && (result & envelopeBefore) !== 0) result = run(true)
    const before = (result & envelopeBefore) !== 0
    const after = (result & envelopeAfter) !== 0
    const at = body
    if (inserts) {
      if (!after) return missingImage(code, 'after', at)
      kinds[row] = changeKind.insert
      return 1
    }
    if (code === op.update) {
      if (!before || !after) return missingImage(code, before ? 'after' : 'before', at)
      kinds[row] = changeKind.updateBefore
      kinds[row + 1] = changeKind.updateAfter
      return 2
    }
    if (code !== op.delete) return unknownOp(code, at)
    if (!before) return missingImage(code, 'before', at)
    kinds[row] = changeKind.delete
    return 1
  }
}
