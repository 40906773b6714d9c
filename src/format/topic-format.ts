// How a topic's records hold rows, and the two things every reader and writer of records uses: a decoder from records to
// a column batch, an encoder from a column batch to keys and values. Invariant: hostile bytes give a BadRecord, never a
// throw; a schema that cannot be read as the table's columns is named per record, since each record may have another one.
import type { ErrorCode } from '../base/index.ts'
import type { Batch, BatchBuilder, RecordColumns, KeyRecord, RecordHeader, Schema } from '../model/index.ts'
import type { CsvOptions } from './csv/options.ts'

export type ValueFormat =
  | 'avro-confluent'
  | 'json'
  | 'json-confluent'
  | 'debezium-avro-confluent'
  | 'debezium-json'
  | 'protobuf-confluent'
  | 'csv'
  | 'raw'
export type KeyFormat = 'raw' | 'json'

export interface TopicFormat {
  readonly topic: string
  /** The table's columns, all of them, in the table's order. */
  readonly schema: Schema
  /** Columns that make the key's bytes; null: records have no key. */
  readonly keyColumns: readonly number[] | null
  /** 'raw': one column, Flink's raw format (BIGINT is 8 bytes big-endian, STRING is UTF-8). 'json': an object. */
  readonly keyFormat: KeyFormat
  readonly valueFormat: ValueFormat
  /** With one, a plain format is an upsert topic: a null value deletes. Debezium formats need none. */
  readonly primaryKey: readonly number[] | null
  /** Of the value format 'csv': what differs from Flink's defaults. */
  readonly csv?: Partial<CsvOptions>
  /**
   * Of the value format 'avro-confluent', where only others write: the Avro schema that is registered and that writers' schemas
   * are resolved to (its names, aliases, defaults), as Flink's option avro-confluent.schema. Absent: derived from the columns.
   */
  readonly readerSchema?: string
}

/** A record that could not be decoded: what the topic's policy acts on. */
export interface BadRecord {
  /** Index into the RecordColumns that were handed in. */
  readonly index: number
  readonly code: ErrorCode
  readonly reason: string
  /** From the start of the value (of the key, where `reason` says so). */
  readonly bytePosition: number
}

export interface RecordDecoder {
  /** Schema of the columns that are read, in the order asked for. */
  readonly schema: Schema
  /** Int32: for each row of `out`, the index of the record it came from, as of the call that appended the row. */
  readonly rowRecord: Int32Array
  /**
   * Appends the changes of records [from, to) until `out` is full (batchRowsMax rows or about batchBytesMax bytes).
   * Never throws on bytes; what cannot be decoded is appended to `bad`, and its rows are left out.
   * @returns the index of the next record: below `to` when `out` is full: finish it and call again from there
   */
  decode(records: RecordColumns, from: number, to: number, out: BatchBuilder, bad: BadRecord[]): number
}

/** Views are valid only inside the call. A null value is a tombstone. */
export type EmitRecord = (row: number, key: Uint8Array | null, value: Uint8Array | null) => void

export interface RecordEncoder {
  /** What each record needs beside its key and value: the schema's guid, where the encoder was given one; else nothing. */
  readonly headers: readonly RecordHeader[]
  /**
   * Encodes rows [from, to) of a batch that has the topic's schema. Plain append topics take +I and +U; upsert topics
   * make -D a null value and skip -U; Debezium topics join adjacent -U, +U into one update. Throws MillraceError
   * MR-FORMAT-007 for a change the topic cannot hold, MR-FORMAT-008 for a value that it cannot.
   */
  encode(batch: Batch, from: number, to: number, emit: EmitRecord): void
  /** Keys that encode() made for fields since the last call: their records belong into the same commit as what it emitted. */
  takeKeyRecords(): readonly KeyRecord[]
}
