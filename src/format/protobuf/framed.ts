// Values framed as Confluent's serializers frame them: 0x00, an int32 schema id, the message's indexes, Protobuf. One reader per
// schema id and message, compiled when first met. An unknown id and an unreadable schema are damage of each record that
// carries them.
// Reference: Confluent Schema Registry, "Wire format" (message indexes are zig-zag varints: their count, then each; the one
// index 0 is a single 0 byte).
import { MillraceError } from '../../base/index.ts'
import type { ChangeKind, RegisteredSchema, Schema, SchemaIds } from '../../model/index.ts'
import { RecordDamage } from '../damage.ts'
import { formatLimits } from '../limits.ts'
import type { Stage } from '../stage.ts'
import { compileRowReader, plainRowReader, type RowReader } from './compile.ts'
import { damaged, ProtoCursor, readVarint } from './cursor.ts'
import { parseProto, type ProtoReference } from './load.ts'
import { Unreadable } from './plan.ts'
import { messageAt, type ProtoFile } from './schema.ts'

/** Bytes before the message indexes. */
export const frameBytes = 5

/** Levels of nested messages that an index path may have. */
const indexesMax = 32

interface KnownSchema {
  readonly file: ProtoFile
  /** By index path as text. */
  readonly readers: Map<string, RowReader | RecordDamage>
  /** Of the path [0], which is most records'. */
  first: RowReader | undefined
}

export class FramedProtoReader {
  readonly #cursor = new ProtoCursor()
  readonly #schemaIds: SchemaIds
  readonly #columns: Schema
  readonly #stage: Stage
  readonly #kind: ChangeKind
  readonly #interpret: boolean
  readonly #known = new Map<number, KnownSchema | RecordDamage>()
  #lastId = -1
  #last: KnownSchema | undefined

  constructor(
    schemaIds: SchemaIds,
    columns: Schema,
    stage: Stage,
    kind: ChangeKind,
    options: { readonly interpret: boolean },
  ) {
    this.#schemaIds = schemaIds
    this.#columns = columns
    this.#stage = stage
    this.#kind = kind
    this.#interpret = options.interpret
  }

  /** Reads the value bytes[from, to) into the stage's next row. Throws RecordDamage. */
  read(bytes: Uint8Array, from: number, to: number): number {
    if (to - from < frameBytes + 1) throw new RecordDamage('MR-FORMAT-003', `it has ${to - from} bytes`, from)
    if (bytes[from] !== 0) throw new RecordDamage('MR-FORMAT-003', `its first byte is ${bytes[from]}, not 0`, from)
    const id = (bytes[from + 1]! << 24) | (bytes[from + 2]! << 16) | (bytes[from + 3]! << 8) | bytes[from + 4]!
    const schema = id === this.#lastId && this.#last ? this.#last : this.#schema(id, from)
    const cursor = this.#cursor
    cursor.setBytes(bytes)
    cursor.position = from + frameBytes
    cursor.end = to
    let reader = schema.first
    if (bytes[from + frameBytes] === 0 && reader) cursor.position++
    else reader = this.#readerAt(schema, id, from)
    const row = this.#stage.rows
    reader(cursor, row)
    this.#stage.kinds[row] = this.#kind
    return 1
  }

  #schema(id: number, from: number): KnownSchema {
    const known = this.#known.get(id) ?? this.#load(id, from)
    if (known instanceof RecordDamage) throw new RecordDamage(known.code, known.message, from + 1)
    this.#lastId = id
    this.#last = known
    return known
  }

  #load(id: number, from: number): KnownSchema | RecordDamage {
    const schema = this.#schemaIds.byId(id)
    // Not kept: the id may become known later.
    if (!schema) return new RecordDamage('MR-FORMAT-004', `no schema has the id ${id}`, from)
    if (this.#known.size >= formatLimits.readersMax) this.#known.clear()
    const made = parseRegistered(schema)
    const entry = made instanceof RecordDamage ? made : { file: made, readers: new Map(), first: undefined }
    this.#known.set(id, entry)
    return entry
  }

  /** The reader of the message whose indexes stand at the cursor, which moves behind them. */
  #readerAt(schema: KnownSchema, id: number, from: number): RowReader {
    const indexes = readIndexes(this.#cursor)
    const path = indexes.join('.')
    let reader = schema.readers.get(path)
    if (!reader) {
      if (schema.readers.size >= formatLimits.readersMax) schema.readers.clear()
      schema.readers.set(path, (reader = this.#make(schema.file, indexes, id)))
      if (path === '0' && !(reader instanceof RecordDamage)) schema.first = reader
    }
    if (reader instanceof RecordDamage) throw new RecordDamage(reader.code, reader.message, from + frameBytes)
    return reader
  }

  #make(file: ProtoFile, indexes: readonly number[], id: number): RowReader | RecordDamage {
    const message = messageAt(file, indexes)
    if (!message) return new RecordDamage('MR-FORMAT-006', `schema ${id} has no message at [${indexes.join(', ')}]`, 0)
    try {
      // Compiled in both cases: it is what finds a schema unreadable.
      const compiled = compileRowReader(message, this.#columns.fields, this.#stage).read
      return this.#interpret ? plainRowReader(message, this.#columns.fields, this.#stage) : compiled
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error
      return new RecordDamage('MR-FORMAT-005', `schema ${id}: ${error.message}`, 0)
    }
  }
}

function parseRegistered({ id, type, text, references, referenceNames }: RegisteredSchema): ProtoFile | RecordDamage {
  if (type !== 'PROTOBUF') return new RecordDamage('MR-FORMAT-005', `schema ${id} is ${type}, not Protobuf`, 0)
  try {
    return parseProto(text, referencesOf(references, referenceNames))
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    return new RecordDamage('MR-FORMAT-005', `schema ${id}: ${error.message}`, 0)
  }
}

/** Texts and the names they are imported by, as a registered schema has them. */
export function referencesOf(texts: readonly string[] = [], names: readonly string[] = []): ProtoReference[] {
  return texts.map((text, i) => ({ name: names[i] ?? '', text }))
}

/** Message indexes at the cursor. Throws RecordDamage. */
export function readIndexes(cursor: ProtoCursor): number[] {
  const start = cursor.position
  const next = (): number => {
    readVarint(cursor)
    return (cursor.low >>> 1) ^ -(cursor.low & 1)
  }
  const count = next()
  if (count === 0) return [0]
  if (count < 0 || count > indexesMax) damaged(`it has ${count} message indexes`, start)
  const indexes: number[] = []
  for (let i = 0; i < count; i++) {
    const at = cursor.position
    const index = next()
    if (index < 0) damaged(`message index ${index}`, at)
    indexes.push(index)
  }
  return indexes
}
