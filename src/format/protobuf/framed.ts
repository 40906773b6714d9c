// Values framed as Confluent's serializers frame them: a schema's id or guid (frames.ts), the message's indexes, Protobuf. One
// reader per schema and message, compiled when first met. An unknown id and an unreadable schema are damage of each record that
// carries them.
// Reference: Confluent Schema Registry, "Wire format" (message indexes are zig-zag varints: their count, then each; the one
// index 0 is a single 0 byte).
import { MillraceError } from '../../base/index.ts'
import type { ChangeKind, RecordColumns, RegisteredSchema, Schema, SchemaIds } from '../../model/index.ts'
import { RecordDamage } from '../damage.ts'
import { Frame } from '../frames.ts'
import { formatLimits } from '../limits.ts'
import type { Stage } from '../stage.ts'
import { compileRowReader, plainRowReader, type RowReader } from './compile.ts'
import { damaged, ProtoCursor, readVarint } from './cursor.ts'
import { parseProto, type ProtoReference } from './load.ts'
import { Unreadable } from './plan.ts'
import { messageAt, type ProtoFile } from './schema.ts'

/** Levels of nested messages that an index path may have. */
const indexesMax = 32

interface KnownSchema {
  readonly id: number
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
  readonly #known = new Map<number | string, KnownSchema | RecordDamage>()
  readonly #frame = new Frame()
  #lastKey: number | string = -1
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

  /** Reads record `index`, whose value is bytes[from, to), into the stage's next row. Throws RecordDamage. */
  read(bytes: Uint8Array, from: number, to: number, records: RecordColumns, index: number): number {
    const frame = this.#frame.read(records, index, true)
    const { key, inHeader } = frame
    const schema = key === this.#lastKey && this.#last ? this.#last : this.#schema(key, from)
    const cursor = this.#cursor
    cursor.setBytes(bytes)
    // The indexes follow the id, wherever that is.
    const at = inHeader ? frame.restAt : from + frame.size
    cursor.position = at
    cursor.end = inHeader ? frame.restEnd : to
    let reader = schema.first
    if (bytes[at] === 0 && at < cursor.end && reader) cursor.position++
    else reader = this.#readerAt(schema, from + (inHeader ? 0 : frame.size))
    if (inHeader) {
      if (cursor.position !== cursor.end)
        throw new RecordDamage('MR-FORMAT-003', 'header __value_schema_id: bytes after its message indexes', from)
      cursor.position = from
      cursor.end = to
    }
    const row = this.#stage.rows
    reader(cursor, row)
    this.#stage.kinds[row] = this.#kind
    return 1
  }

  #schema(key: number | string, from: number): KnownSchema {
    const known = this.#known.get(key) ?? this.#load(key, from)
    if (known instanceof RecordDamage)
      throw new RecordDamage(known.code, known.message, this.#frame.inHeader ? from : from + 1)
    this.#lastKey = key
    this.#last = known
    return known
  }

  #load(key: number | string, from: number): KnownSchema | RecordDamage {
    const { id, guid } = this.#frame
    const schema = guid === '' ? this.#schemaIds.byId(id) : this.#schemaIds.byGuid?.(guid)
    // Not kept: the id may become known later.
    if (!schema)
      return new RecordDamage('MR-FORMAT-004', `no schema has the ${guid === '' ? `id ${id}` : `guid ${guid}`}`, from)
    if (this.#known.size >= formatLimits.readersMax) this.#known.clear()
    const made = parseRegistered(schema)
    const entry =
      made instanceof RecordDamage ? made : { id: schema.id, file: made, readers: new Map(), first: undefined }
    this.#known.set(key, entry)
    return entry
  }

  /** The reader of the message whose indexes stand at the cursor, which moves behind them. */
  #readerAt(schema: KnownSchema, at: number): RowReader {
    const indexes = readIndexes(this.#cursor)
    const path = indexes.join('.')
    let reader = schema.readers.get(path)
    if (!reader) {
      if (schema.readers.size >= formatLimits.readersMax) schema.readers.clear()
      schema.readers.set(path, (reader = this.#make(schema, indexes)))
      if (path === '0' && !(reader instanceof RecordDamage)) schema.first = reader
    }
    if (reader instanceof RecordDamage) throw new RecordDamage(reader.code, reader.message, at)
    return reader
  }

  #make({ file, id }: KnownSchema, indexes: readonly number[]): RowReader | RecordDamage {
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
    return parseProto(text, referencesOf(references, referenceNames), { lenient: true })
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
