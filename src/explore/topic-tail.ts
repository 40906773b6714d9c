// Records of a topic from some offsets on, decoded and written as a Parquet file that DuckDB reads: exact for every type, nested
// ones included, and never boxed. Lets the event loop turn between pieces, as queries run beside the protocols.
// Invariant: exactly the records in [from, to) of each partition; undecodable ones are counted, not in the file.
import { BytesError, type Disk } from '../base/index.ts'
import { createDecoder, type BadRecord, type TopicFormat } from '../format/index.ts'
import {
  BatchBuilder,
  decodeRecords,
  readRecordBatchHeader,
  types,
  withNullable,
  type Batch,
  type Column,
  type Decompress,
  type Field,
  type SchemaIds,
  type TopicReader,
} from '../model/index.ts'
import { ParquetWriter, shapeOfSchema, toIcebergSchema } from '../tables/index.ts'

/** Columns beside the topic's: the change's place in order, and its kind. */
export const tailColumns = { sequence: 'millrace_sequence', kind: 'millrace_kind' } as const

export interface TailRange {
  readonly partition: number
  readonly from: number
  readonly to: number
}
export interface TailFile {
  readonly rowCount: number
  readonly deadCount: number
  readonly bytesRead: number
}
export interface TailPorts {
  readonly reader: TopicReader
  readonly schemaIds: SchemaIds
  readonly decompress: Decompress
  readonly disk: Disk
  readonly stepBytes: number
  /** Waits for the event loop's next turn; rejects when the query's time is over. */
  readonly turn: () => Promise<void>
}

/** Writes the file at `path`; no file when there is no row. @throws MillraceError MR-TABLES-002 for a type without a place in Parquet */
export async function writeTail(
  format: TopicFormat,
  ranges: readonly TailRange[],
  path: string,
  ports: TailPorts,
): Promise<TailFile> {
  const sink = new TailSink(format, path, ports)
  try {
    for (const range of ranges) {
      let at = range.from
      while (at < range.to) {
        const bytes = ports.reader.read(format.topic, range.partition, at, ports.stepBytes)
        at = sink.take(bytes, at, range.to)
        await ports.turn()
      }
    }
    return sink.finish()
  } finally {
    sink.close()
  }
}

class TailSink {
  readonly #format: TopicFormat
  readonly #ports: TailPorts
  readonly #decoder: ReturnType<typeof createDecoder>
  readonly #builder: BatchBuilder
  readonly #fields: readonly Field[]
  readonly #path: string
  #file: ReturnType<Disk['open']> | undefined
  #writer: ParquetWriter | undefined
  #at = 0
  #rows = 0
  #dead = 0
  #bytes = 0

  constructor(format: TopicFormat, path: string, ports: TailPorts) {
    this.#format = format
    this.#path = path
    this.#ports = ports
    this.#decoder = createDecoder(
      format,
      format.schema.fields.map((_, i) => i),
      ports.schemaIds,
    )
    this.#builder = new BatchBuilder(this.#decoder.schema)
    // A deletion has only its key, so every column may be NULL here.
    const columns = format.schema.fields.map((f) => ({ name: f.name, type: withNullable(f.type, true) }))
    this.#fields = [
      ...columns,
      { name: tailColumns.sequence, type: types.bigint() },
      { name: tailColumns.kind, type: types.tinyint() },
    ]
  }

  /** Takes whole batches; the next offset. */
  take(bytes: Uint8Array, from: number, to: number): number {
    let next = from
    for (let at = 0; at < bytes.length && next < to;) {
      const header = readRecordBatchHeader(bytes, at)
      if (!header.control) this.#takeBatch(bytes, at, next, to)
      next = Math.max(next, header.baseOffset + header.lastOffsetDelta + 1)
      at += header.size
      this.#bytes += header.size
    }
    return bytes.length === 0 ? to : next
  }

  #takeBatch(bytes: Uint8Array, at: number, from: number, to: number): void {
    try {
      const records = decodeRecords(bytes, at, this.#ports.decompress)
      let first = 0
      while (first < records.count && records.offsets[first]! < from) first++
      let end = records.count
      while (end > first && records.offsets[end - 1]! >= to) end--
      const bad: BadRecord[] = []
      while (first < end) {
        first = this.#decoder.decode(records, first, end, this.#builder, bad)
        this.#flush()
      }
      this.#dead += bad.length
    } catch (error) {
      if (!(error instanceof BytesError)) throw error
      this.#dead += readRecordBatchHeader(bytes, at).count
    }
  }

  #flush(): void {
    if (this.#builder.rowCount === 0) return
    const batch = this.#builder.finish()
    this.#open().append(this.#withTail(batch))
    this.#rows += batch.rowCount
  }

  #withTail(batch: Batch): Batch {
    const rows = batch.rowCount
    const sequence = BigInt64Array.from({ length: rows }, (_, i) => BigInt(this.#rows + i))
    const kinds = batch.kinds ? Int8Array.from(batch.kinds.subarray(0, rows)) : new Int8Array(rows)
    const added: Column[] = [
      { type: types.bigint(), layout: 'int64', validity: null, values: sequence, offsets: null, children: [] },
      { type: types.tinyint(), layout: 'int8', validity: null, values: kinds, offsets: null, children: [] },
    ]
    const columns = [...batch.columns.map((c) => ({ ...c, type: withNullable(c.type, true) })), ...added]
    return { schema: { fields: this.#fields }, rowCount: rows, kinds: null, columns }
  }

  #open(): ParquetWriter {
    if (this.#writer) return this.#writer
    const schema = { fields: this.#fields }
    const { fields } = toIcebergSchema(schema, { table: this.#format.topic, key: [] })
    const file = this.#ports.disk.open(this.#path, 'create')
    file.truncate(0)
    this.#file = file
    const write = (bytes: Uint8Array): void => {
      file.write(bytes, this.#at)
      this.#at += bytes.length
    }
    this.#writer = new ParquetWriter(shapeOfSchema(schema, fields), { write, codec: 'none' })
    return this.#writer
  }

  finish(): TailFile {
    this.#writer?.finish()
    return { rowCount: this.#rows, deadCount: this.#dead, bytesRead: this.#bytes }
  }
  close(): void {
    this.#file?.close()
    this.#file = undefined
  }
}
