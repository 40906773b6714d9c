// What a producer sends is checked before it is acknowledged, since every later reader believes it: one whole batch of magic 2
// with the right CRC, as many records as it says, offsets 0, 1, 2 …, each record's lengths adding up. The bytes stay as they
// are: base offset and leader epoch lie outside the CRC. Reference: Kafka's LogValidator, ProduceRequest.validateRecords.
import { ByteReader, BytesError } from '../../base/index.ts'
import {
  checkRecordBatchCrc,
  compressionCodes,
  decompressedBytesMax,
  readRecordBatchHeader,
  recordBatchOverhead,
} from '../../model/index.ts'
import type { RecordBatchHeader } from '../../model/index.ts'
import { decompressRecords, kafkaErrors } from '../wire/index.ts'

export interface BatchRules {
  readonly produceVersion: number
  readonly messageBytesMax: number
  readonly compacted: boolean
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

/** @returns undefined when the batch may be appended as it is. Cost: one pass over the bytes; inflates compressed ones. */
export function findBatchProblem(bytes: Uint8Array, rules: BatchRules): BatchProblem | undefined {
  let crcHolds = false
  try {
    if (bytes.length < recordBatchOverhead) return problem(kafkaErrors.invalidRecord, 'no record batch')
    const header = readRecordBatchHeader(bytes)
    const found = findHeaderProblem(bytes, header, rules)
    if (found) return found
    crcHolds = true
    return findRecordProblem(bytes, header, rules)
  } catch (error) {
    if (!(error instanceof BytesError)) throw error
    // Behind a right CRC it is what the producer meant; so are magic 0 and 1, which are gone since Kafka 4.
    const meant = crcHolds || bytes[16] === 0 || bytes[16] === 1
    return problem(meant ? kafkaErrors.invalidRecord : kafkaErrors.corruptMessage, error.message)
  }
}

function findHeaderProblem(bytes: Uint8Array, header: RecordBatchHeader, rules: BatchRules): BatchProblem | undefined {
  const { corruptMessage, invalidRecord, messageTooLarge, unsupportedCompressionType, invalidTimestamp } = kafkaErrors
  if (header.size > bytes.length) return problem(invalidRecord, 'the record batch ends early')
  if (header.size < bytes.length) return problem(invalidRecord, 'more than one record batch for a partition')
  if (header.size > rules.messageBytesMax) {
    return problem(messageTooLarge, `a record batch of ${header.size} bytes; the topic takes ${rules.messageBytesMax}`)
  }
  if (!checkRecordBatchCrc(bytes, header)) return problem(corruptMessage, 'the CRC of the record batch is wrong')
  if (header.control) return problem(invalidRecord, 'clients do not write control batches')
  if (header.count === 0 || header.lastOffsetDelta !== header.count - 1) {
    return problem(
      invalidRecord,
      `a record batch of ${header.count} records with last offset delta ${header.lastOffsetDelta}`,
    )
  }
  if (header.compression > compressionCodes.zstd)
    return problem(invalidRecord, `compression ${header.compression} is not known`)
  if (header.compression === compressionCodes.zstd && rules.produceVersion < 7) {
    return problem(unsupportedCompressionType, 'zstd needs Produce version 7')
  }
  if (header.logAppendTime) return problem(invalidTimestamp, 'a producer does not set the log-append-time bit')
  if (header.producerId >= 0n && (header.producerEpoch < 0 || header.baseSequence < 0)) {
    return problem(invalidRecord, 'a producer id without epoch or sequence')
  }
  return undefined
}

function findRecordProblem(bytes: Uint8Array, header: RecordBatchHeader, rules: BatchRules): BatchProblem | undefined {
  const stored = bytes.subarray(recordBatchOverhead, header.size)
  const records =
    header.compression === 0 ? stored : decompressRecords(header.compression, stored, decompressedBytesMax)
  const nullKeys: number[] = []
  const late = walkRecords(records, header, rules, nullKeys)
  if (nullKeys.length > 0)
    return problem(kafkaErrors.invalidRecord, 'a compacted topic takes no record without a key', nullKeys)
  if (late >= 0) return problem(kafkaErrors.invalidTimestamp, 'a timestamp too far ahead, or too old', [late])
  return undefined
}

/** The first record with a timestamp out of range, or -1. Throws BytesError where lengths or offsets do not add up. */
function walkRecords(records: Uint8Array, header: RecordBatchHeader, rules: BatchRules, nullKeys: number[]): number {
  const reader = new ByteReader(records)
  let late = -1
  for (let i = 0; i < header.count; i++) {
    const size = reader.varint()
    const end = reader.position + size
    if (size < 6 || end > reader.end) throw new BytesError(`record ${i} does not fit`, reader.position)
    reader.skip(1)
    const delta = readLong(reader)
    const timestampMs = header.baseTimestampMs + delta
    const isOut = timestampMs > rules.timestampMsMax || (timestampMs < rules.timestampMsMin && timestampMs !== -1)
    if (isOut && late < 0) late = i
    if (reader.varint() !== i) throw new BytesError(`record ${i} has another offset`, reader.position)
    const keyLength = reader.varint()
    if (keyLength > 0) reader.skip(keyLength)
    else if (keyLength < 0 && rules.compacted) nullKeys.push(i)
    const valueLength = reader.varint()
    if (valueLength > 0) reader.skip(valueLength)
    walkHeaders(reader)
    if (reader.position !== end) throw new BytesError(`record ${i} has another size than it says`, reader.position)
  }
  if (reader.remaining > 0) throw new BytesError('bytes after the last record', reader.position)
  return late
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
