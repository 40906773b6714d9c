// Kafka's RecordBatch, magic 2: the log's opaque unit. Encoding from and decoding into column-like views: no object a record.
// Invariants: CRC-32C covers all from `attributes` on, so base offset and leader epoch can be rewritten in place.
// Reference: Kafka protocol guide, "Record Batch"; DefaultRecordBatch.java.
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { assert, ByteReader, BytesError, ByteWriter, crc32c, emptyBytes } from '../base/index.ts'

export const recordBatchOverhead = 61
/** Where things lie in a batch; for the log, which reads headers without decoding. */
export const recordBatchAt = {
  baseOffset: 0,
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  count: 57,
  records: 61,
} as const

/** Of the attributes, beside the three lowest for the codec. */
export const attributeBits = { logAppendTime: 8, transactional: 16, control: 32, deleteHorizon: 64 } as const

export const compressionCodes = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const
export type Compression = keyof typeof compressionCodes

export interface RecordBatchHeader {
  /** Bytes of the whole batch, the 12 before `leaderEpoch` included. */
  readonly size: number
  readonly baseOffset: number
  readonly leaderEpoch: number
  readonly crc: number
  readonly attributes: number
  readonly compression: number
  readonly logAppendTime: boolean
  readonly transactional: boolean
  readonly control: boolean
  readonly lastOffsetDelta: number
  readonly baseTimestampMs: number
  readonly maxTimestampMs: number
  /** -1 when not idempotent. */
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly count: number
}

/**
 * Reads a header at `at`. Throws BytesError when the bytes end early or the fields cannot be (magic, length, count).
 * Does not check the CRC: see checkRecordBatchCrc.
 */
export function readRecordBatchHeader(bytes: Uint8Array, at = 0): RecordBatchHeader {
  const reader = new ByteReader(bytes, at)
  const baseOffset = reader.int64AsNumber()
  const length = reader.int32()
  if (length < recordBatchOverhead - 12) throw new BytesError(`batch length ${length} is below the header's`, at + 8)
  const leaderEpoch = reader.int32()
  const magic = reader.int8()
  if (magic !== 2) throw new BytesError(`record batch magic ${magic}, only 2 is known`, at + 16)
  const crc = reader.uint32()
  const attributes = reader.int16()
  const lastOffsetDelta = reader.int32()
  const baseTimestampMs = reader.int64AsNumber()
  const maxTimestampMs = reader.int64AsNumber()
  const producerId = reader.int64()
  const producerEpoch = reader.int16()
  const baseSequence = reader.int32()
  const count = reader.int32()
  if (count < 0 || lastOffsetDelta < 0) throw new BytesError('negative record count', at + 57)
  return {
    size: length + 12,
    baseOffset,
    leaderEpoch,
    crc,
    attributes,
    compression: attributes & 7,
    logAppendTime: (attributes & 8) !== 0,
    transactional: (attributes & 16) !== 0,
    control: (attributes & 32) !== 0,
    lastOffsetDelta,
    baseTimestampMs,
    maxTimestampMs,
    producerId,
    producerEpoch,
    baseSequence,
    count,
  }
}

/** When compaction may take this batch's tombstones or marker away; undefined while none of it was met by compaction (KIP-534). */
export function deleteHorizonMs(header: RecordBatchHeader): number | undefined {
  // Kafka keeps it in place of the base timestamp: the records' deltas count from it.
  return (header.attributes & attributeBits.deleteHorizon) === 0 ? undefined : header.baseTimestampMs
}

/** True when the stored CRC is that of the bytes. The whole batch must be there. */
export function checkRecordBatchCrc(bytes: Uint8Array, header: RecordBatchHeader, at = 0): boolean {
  return crc32c(bytes.subarray(at + recordBatchAt.attributes, at + header.size)) === header.crc
}

/**
 * Records of one batch as columns. Positions are into `bytes` (the decompressed records part, or the batch itself).
 * keyLength, valueLength -1 = null. Valid as long as `bytes` is.
 */
export interface RecordColumns {
  readonly header: RecordBatchHeader
  readonly count: number
  readonly bytes: Uint8Array
  /** Float64[count]: absolute offsets. */
  readonly offsets: Float64Array
  /** Float64[count]: epoch milliseconds. */
  readonly timestampsMs: Float64Array
  readonly keyStart: Int32Array
  readonly keyLength: Int32Array
  readonly valueStart: Int32Array
  readonly valueLength: Int32Array
  /** Where each record's headers begin (the varint count); see recordHeaders. */
  readonly headersStart: Int32Array
}

export interface RecordHeader {
  readonly key: string
  readonly value: Uint8Array | null
}

/** Decompresses other codecs than gzip and zstd: handed in by who has the library (kafka/wire, format). Bounded. */
export type Decompress = (compression: number, bytes: Uint8Array, bytesMax: number) => Uint8Array

/** Largest decompressed records part that is accepted: a bomb ends the batch, not the process. */
export const decompressedBytesMax = 64 << 20

/** gzip and zstd by Node; anything else throws BytesError. */
export const decompressBuiltIn: Decompress = (compression, bytes, bytesMax) => {
  const inflate =
    compression === compressionCodes.gzip
      ? gunzipSync
      : compression === compressionCodes.zstd
        ? zstdDecompressSync
        : undefined
  if (!inflate) throw new BytesError(`compression ${compression} is not known here`, recordBatchAt.attributes)
  try {
    const out = inflate(bytes, { maxOutputLength: bytesMax })
    return new Uint8Array(out.buffer, out.byteOffset, out.byteLength)
  } catch (error) {
    throw new BytesError(`the compressed records are damaged (${(error as Error).message})`, recordBatchOverhead)
  }
}

/** Decodes one whole batch at `at`. Throws BytesError on lying lengths; checks no CRC. */
export function decodeRecords(bytes: Uint8Array, at = 0, decompress: Decompress = decompressBuiltIn): RecordColumns {
  const header = readRecordBatchHeader(bytes, at)
  if (at + header.size > bytes.length) throw new BytesError('the batch ends early', bytes.length)
  const stored = bytes.subarray(at + recordBatchOverhead, at + header.size)
  const body = header.compression === 0 ? stored : decompress(header.compression, stored, decompressedBytesMax)
  // A record takes at least 7 bytes, so a lying count allocates nothing large.
  if (header.count * 7 > body.length) throw new BytesError(`count ${header.count} is more than the bytes hold`, at + 57)
  const { count } = header
  const columns: RecordColumns = {
    header,
    count,
    bytes: body,
    offsets: new Float64Array(count),
    timestampsMs: new Float64Array(count),
    keyStart: new Int32Array(count),
    keyLength: new Int32Array(count),
    valueStart: new Int32Array(count),
    valueLength: new Int32Array(count),
    headersStart: new Int32Array(count),
  }
  const reader = new ByteReader(body)
  for (let i = 0; i < count; i++) decodeRecord(reader, columns, i)
  if (reader.remaining > 0) throw new BytesError('bytes after the last record', reader.position)
  return columns
}

function decodeRecord(reader: ByteReader, columns: RecordColumns, i: number): void {
  const { header } = columns
  const size = reader.varint()
  const end = reader.position + size
  if (size < 6 || end > reader.end) throw new BytesError(`record of ${size} bytes does not fit`, reader.position)
  reader.skip(1)
  const delta = reader.varlong()
  columns.timestampsMs[i] = header.logAppendTime ? header.maxTimestampMs : header.baseTimestampMs + Number(delta)
  columns.offsets[i] = header.baseOffset + reader.varint()
  columns.keyLength[i] = bytesField(reader, columns.keyStart, i)
  columns.valueLength[i] = bytesField(reader, columns.valueStart, i)
  columns.headersStart[i] = reader.position
  if (reader.position >= end) throw new BytesError('record without headers', reader.position)
  reader.skip(end - reader.position)
}

function bytesField(reader: ByteReader, start: Int32Array, i: number): number {
  const length = reader.varint()
  start[i] = reader.position
  if (length > 0) reader.skip(length)
  return length < -1 ? -1 : length
}

/** A record's key or value as a view; null when null. */
export function recordKey(columns: RecordColumns, i: number): Uint8Array | null {
  const length = columns.keyLength[i]!
  return length < 0 ? null : columns.bytes.subarray(columns.keyStart[i]!, columns.keyStart[i]! + length)
}
export function recordValue(columns: RecordColumns, i: number): Uint8Array | null {
  const length = columns.valueLength[i]!
  return length < 0 ? null : columns.bytes.subarray(columns.valueStart[i]!, columns.valueStart[i]! + length)
}

/** A record's headers, in order. Allocates: for edges. */
export function recordHeaders(columns: RecordColumns, i: number): RecordHeader[] {
  const reader = new ByteReader(columns.bytes, columns.headersStart[i]!)
  const count = reader.varint()
  if (count < 0 || count > reader.remaining) throw new BytesError(`${count} headers`, reader.position)
  const headers: RecordHeader[] = []
  for (let h = 0; h < count; h++) {
    const key = reader.text(reader.varint())
    const length = reader.varint()
    headers.push({ key, value: length < 0 ? null : reader.take(length) })
  }
  return headers
}

export interface RecordInput {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly timestampMs: number
  readonly headers?: readonly RecordHeader[]
}

/** Appends records and yields one batch with base offset 0; reusable. Owns its buffer; finish() copies out. */
export class RecordBatchWriter {
  readonly #body = new ByteWriter(16384)
  readonly #scratch = new ByteWriter(256)
  #count = 0
  #baseTimestampMs = 0
  #maxTimestampMs = 0

  get count(): number {
    return this.#count
  }
  /** Bytes of records so far. */
  get size(): number {
    return this.#body.length
  }

  append(
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestampMs: number,
    headers: readonly RecordHeader[] = [],
  ): void {
    if (this.#count === 0) {
      this.#baseTimestampMs = timestampMs
      this.#maxTimestampMs = timestampMs
    }
    if (timestampMs > this.#maxTimestampMs) this.#maxTimestampMs = timestampMs
    const record = this.#scratch
    record.reset()
    record.int8(0)
    record.varlong(BigInt(timestampMs - this.#baseTimestampMs))
    record.varint(this.#count)
    nullable(record, key)
    nullable(record, value)
    record.varint(headers.length)
    for (const header of headers) {
      const name = new TextEncoder().encode(header.key)
      record.varint(name.length)
      record.raw(name)
      nullable(record, header.value)
    }
    this.#body.varint(record.length)
    this.#body.raw(record.finish())
    this.#count++
  }

  /** The batch (a copy), or undefined when nothing was appended. Starts anew. */
  finish(
    options: {
      compression?: 'none' | 'gzip' | 'zstd'
      producerId?: bigint
      producerEpoch?: number
      baseSequence?: number
      transactional?: boolean
      control?: boolean
    } = {},
  ): Uint8Array | undefined {
    if (this.#count === 0) return undefined
    const compression = options.compression ?? 'none'
    const body = this.#body.finish()
    const stored = compression === 'gzip' ? gzipSync(body) : compression === 'zstd' ? zstdCompressSync(body) : body
    const out = new ByteWriter(recordBatchOverhead + stored.length)
    out.int64FromNumber(0)
    out.int32(recordBatchOverhead - 12 + stored.length)
    out.int32(-1)
    out.int8(2)
    out.uint32(0)
    out.int16(compressionCodes[compression] | (options.transactional ? 16 : 0) | (options.control ? 32 : 0))
    out.int32(this.#count - 1)
    out.int64FromNumber(this.#baseTimestampMs)
    out.int64FromNumber(this.#maxTimestampMs)
    out.int64(options.producerId ?? -1n)
    out.int16(options.producerEpoch ?? -1)
    out.int32(options.baseSequence ?? -1)
    out.int32(this.#count)
    out.raw(stored)
    const batch = out.copy()
    const crc = crc32c(batch.subarray(recordBatchAt.attributes))
    new DataView(batch.buffer).setUint32(recordBatchAt.crc, crc)
    this.#body.reset()
    this.#count = 0
    return batch
  }
}

function nullable(writer: ByteWriter, bytes: Uint8Array | null): void {
  if (bytes === null) writer.varint(-1)
  else {
    writer.varint(bytes.length)
    writer.raw(bytes)
  }
}

/** One batch of some records; empty input gives empty bytes. */
export function encodeRecordBatch(
  records: readonly RecordInput[],
  options: Parameters<RecordBatchWriter['finish']>[0] = {},
): Uint8Array {
  const writer = new RecordBatchWriter()
  for (const r of records) writer.append(r.key, r.value, r.timestampMs, r.headers)
  return writer.finish(options) ?? emptyBytes
}

/** Rewrites base offset and leader epoch in place; the CRC does not cover them. */
export function placeRecordBatch(batch: Uint8Array, baseOffset: number, leaderEpoch: number, at = 0): void {
  assert(batch.length - at >= recordBatchOverhead, 'a whole header is there')
  const view = new DataView(batch.buffer, batch.byteOffset + at)
  view.setBigInt64(recordBatchAt.baseOffset, BigInt(baseOffset))
  view.setInt32(recordBatchAt.leaderEpoch, leaderEpoch)
}
