// What a producer sends is checked before it is acknowledged, since every later reader believes it: one whole batch of magic 2
// with the right CRC, as many records as it says, offsets 0, 1, 2 …, each record's lengths adding up. The bytes stay as they
// are: base offset and leader epoch lie outside the CRC. Reference: Kafka's LogValidator, ProduceRequest.validateRecords.
import { ByteReader, BytesError, crc32c } from '../../base/index.ts'
import {
  attributeBits,
  checkRecordBatchCrc,
  compressionCodes,
  decompressedBytesMax,
  readRecordBatchHeader,
  recordBatchAt,
  recordBatchOverhead,
} from '../../model/index.ts'
import type { RecordBatchHeader } from '../../model/index.ts'
import { decompressRecords, kafkaErrors } from '../wire/index.ts'
import { recordErrorsMax } from './limits.ts'

export interface BatchRules {
  readonly produceVersion: number
  readonly messageBytesMax: number
  readonly compacted: boolean
  /** The log writes its own time into what it takes. */
  readonly stamped: boolean
  /** Greatest timestamp that is not from the future; Infinity where the log writes its own. */
  readonly timestampMsMax: number
  /** Least that is not too old; records without one (-1) are taken. */
  readonly timestampMsMin: number
}

export interface BatchProblem {
  readonly error: number
  readonly message: string
  /** Indexes within the batch, where single records are at fault. */
  readonly records: readonly number[]
}

const problem = (error: number, message: string, records: readonly number[] = []): BatchProblem => ({
  error,
  message,
  records,
})

/**
 * Whether a batch may be appended. Cost: one pass over the bytes; inflates compressed ones.
 * @returns the batch as it is kept: these bytes, or a copy where its header says something else than its records
 */
export function checkBatch(bytes: Uint8Array, rules: BatchRules): Uint8Array | BatchProblem {
  try {
    if (bytes.length < recordBatchOverhead) return problem(kafkaErrors.invalidRecord, 'no record batch')
    const header = readRecordBatchHeader(bytes)
    const found = findHeaderProblem(bytes, header, rules)
    if (found) return found
    const walk = walkRecords(plainRecords(bytes, header), header, rules)
    return findRecordProblem(walk, header, rules) ?? withTimeOf(bytes, header, { ...rules, newestMs: walk.newestMs })
  } catch (error) {
    if (!(error instanceof BytesError)) throw error
    return problem(isMeant(bytes) ? kafkaErrors.invalidRecord : kafkaErrors.corruptMessage, error.message)
  }
}

/** Behind a right CRC it is what the producer meant; so are magic 0 and 1, which are gone since Kafka 4. */
function isMeant(bytes: Uint8Array): boolean {
  const { magic, crc, attributes } = recordBatchAt
  if (bytes[magic] === 0 || bytes[magic] === 1) return true
  const written = new DataView(bytes.buffer, bytes.byteOffset).getUint32(crc)
  return bytes[magic] === 2 && crc32c(bytes.subarray(attributes)) === written
}

function findHeaderProblem(bytes: Uint8Array, header: RecordBatchHeader, rules: BatchRules): BatchProblem | undefined {
  const { corruptMessage, invalidRecord, messageTooLarge, unsupportedCompressionType, unknownServerError } = kafkaErrors
  if (header.size > bytes.length) return problem(invalidRecord, 'the record batch ends early')
  if (header.size < bytes.length) return problem(invalidRecord, 'more than one record batch for a partition')
  if (header.size > rules.messageBytesMax) {
    return problem(messageTooLarge, `a record batch of ${header.size} bytes; the topic takes ${rules.messageBytesMax}`)
  }
  if (!checkRecordBatchCrc(bytes, header)) return problem(corruptMessage, 'the CRC of the record batch is wrong')
  if (header.baseOffset !== 0)
    return problem(
      invalidRecord,
      `a record batch begins at offset 0, not ${header.baseOffset}: the broker gives offsets`,
    )
  if (header.control) return problem(invalidRecord, 'clients do not write control batches')
  if (header.count === 0 || header.lastOffsetDelta !== header.count - 1) {
    return problem(
      invalidRecord,
      `a record batch of ${header.count} records with last offset delta ${header.lastOffsetDelta}`,
    )
  }
  if (header.compression > compressionCodes.zstd)
    // As Kafka says it; no client sends one.
    return problem(unknownServerError, `compression ${header.compression} is not known`)
  if (header.compression === compressionCodes.zstd && rules.produceVersion < 7) {
    return problem(unsupportedCompressionType, 'zstd needs Produce version 7')
  }
  if (header.producerId >= 0n && (header.producerEpoch < 0 || header.baseSequence < 0)) {
    return problem(invalidRecord, 'a producer id without epoch or sequence')
  }
  return undefined
}

function plainRecords(bytes: Uint8Array, header: RecordBatchHeader): Uint8Array {
  const stored = bytes.subarray(recordBatchOverhead, header.size)
  return header.compression === 0 ? stored : decompressRecords(header.compression, stored, decompressedBytesMax)
}

interface Walk {
  /** Indexes of records without a key where there must be one, and of those with a timestamp out of range. */
  readonly nullKeys: number[]
  readonly late: number[]
  /** -1 when no record has a timestamp. */
  newestMs: number
}

function findRecordProblem(walk: Walk, header: RecordBatchHeader, rules: BatchRules): BatchProblem | undefined {
  const { invalidRecord, invalidTimestamp } = kafkaErrors
  const { nullKeys, late, newestMs } = walk
  const wrong = late.length > 0 ? late.concat(nullKeys).toSorted((a, b) => a - b) : nullKeys
  const told = wrong.slice(0, recordErrorsMax)
  if (late.length > 0) return problem(invalidTimestamp, 'a timestamp too far ahead, or too old', told)
  if (wrong.length > 0) return problem(invalidRecord, 'a compacted topic takes no record without a key', told)
  if (!header.logAppendTime || !(rules.stamped || newestMs === -1)) return undefined
  const all = Array.from({ length: Math.min(header.count, recordErrorsMax) }, (_, i) => i)
  return problem(invalidTimestamp, 'a producer does not set the log-append-time bit', all)
}

/** Throws BytesError where lengths or offsets do not add up. */
function walkRecords(records: Uint8Array, header: RecordBatchHeader, rules: BatchRules): Walk {
  const reader = new ByteReader(records)
  const walk: Walk = { nullKeys: [], late: [], newestMs: -1 }
  let newestMs = -1
  for (let i = 0; i < header.count; i++) {
    const size = reader.varint()
    const end = reader.position + size
    if (size < 6 || end > reader.end) throw new BytesError(`record ${i} does not fit`, reader.position)
    reader.skip(1)
    const delta = readLong(reader)
    const timestampMs = header.baseTimestampMs + delta
    if (timestampMs > newestMs) newestMs = timestampMs
    const isOut = timestampMs > rules.timestampMsMax || (timestampMs < rules.timestampMsMin && timestampMs !== -1)
    if (reader.varint() !== i) throw new BytesError(`record ${i} has another offset`, reader.position)
    const keyLength = reader.varint()
    if (keyLength > 0) reader.skip(keyLength)
    if (keyLength < 0 && rules.compacted) walk.nullKeys.push(i)
    else if (isOut) walk.late.push(i)
    const valueLength = reader.varint()
    if (valueLength > 0) reader.skip(valueLength)
    walkHeaders(reader)
    if (reader.position !== end) throw new BytesError(`record ${i} has another size than it says`, reader.position)
  }
  if (reader.remaining > 0) throw new BytesError('bytes after the last record', reader.position)
  walk.newestMs = newestMs
  return walk
}

/**
 * Retention and look-ups by time believe the header: it says the newest of the records' times, whatever the producer wrote, and
 * that they are the producer's.
 */
function withTimeOf(
  bytes: Uint8Array,
  { attributes, maxTimestampMs, logAppendTime }: RecordBatchHeader,
  { newestMs, stamped }: { newestMs: number; stamped: boolean },
): Uint8Array {
  if (stamped || (maxTimestampMs === newestMs && !logAppendTime)) return bytes
  const copy = bytes.slice()
  const view = new DataView(copy.buffer)
  view.setInt16(recordBatchAt.attributes, attributes & ~attributeBits.logAppendTime)
  view.setBigInt64(recordBatchAt.maxTimestamp, BigInt(Math.min(newestMs, Number.MAX_SAFE_INTEGER)))
  view.setUint32(recordBatchAt.crc, crc32c(copy.subarray(recordBatchAt.attributes)))
  return copy
}

function walkHeaders(reader: ByteReader): void {
  const count = reader.varint()
  if (count < 0) throw new BytesError(`${count} headers`, reader.position)
  for (let i = 0; i < count; i++) {
    reader.skip(reader.varint())
    const length = reader.varint()
    if (length > 0) reader.skip(length)
  }
}

/** A zig-zag varint of up to 64 bits as a number: exact below 2^53, which timestamps are. */
function readLong(reader: ByteReader): number {
  let low = 0
  let scale = 1
  for (let i = 0; i < 10; i++) {
    const byte = reader.uint8()
    low += (byte & 127) * scale
    if (byte < 128) return low % 2 === 0 ? low / 2 : -(low + 1) / 2
    scale *= 128
  }
  throw new BytesError('varint too long', reader.position)
}
