// What compaction makes of one batch: the same bytes, the batch with fewer records, a header without records, or nothing.
// Offsets never change; a batch that loses records keeps its base and last offset, its codec and its producer.
// The rules are those of Kafka's LogCleaner and MemoryRecords.filterTo. A tombstone, or the marker of a transaction of which
// nothing is left, is given a delete horizon by the first round that meets it (KIP-534: bit 6, the horizon in place of the
// base timestamp) and goes in a round after that. Kept without records are a live producer's last batch and a round's
// last one, so that neither its sequence nor the end is forgotten by who reads the partition anew.
// Invariant: a tombstone or marker goes at the earliest one whole round after what it hides, so no crash and no reader that
// is behind can see what it hid without it.
import { ByteReader, BytesError, ByteWriter, crc32c, emptyBytes } from '../base/index.ts'
import {
  attributeBits,
  compressRecords,
  decodeRecords,
  decompressRecords,
  deleteHorizonMs,
  readRecordBatchHeader,
  recordBatchAt,
  recordBatchOverhead,
  recordKey,
  type RecordBatchHeader,
  type RecordColumns,
} from '../model/index.ts'
import type { Partition } from './state.ts'
import { decodeMarker, type AbortedTransaction, type Marker } from './transactions.ts'

export const keyText = (key: Uint8Array): string =>
  Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1')

/** The records of a batch; undefined for one that cannot be read though its checksum is right: it is left alone. */
export function readableRecords(bytes: Uint8Array): RecordColumns | undefined {
  try {
    return decodeRecords(bytes, 0, decompressRecords)
  } catch (error) {
    if (error instanceof BytesError) return undefined
    throw error
  }
}

/** Aborted transactions by producer: looked up for each batch. */
export class AbortedLookup {
  readonly #byProducer: Map<number, AbortedTransaction[]>

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#byProducer = Map.groupBy(aborted, ({ producerId }) => producerId)
  }

  /** True for records of an aborted transaction. O(log of the producer's). */
  has(header: RecordBatchHeader): boolean {
    if (!header.transactional || header.control) return false
    const known = this.#byProducer.get(Number(header.producerId))
    if (!known) return false
    let low = 0
    let high = known.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (known[middle]!.lastOffset < header.baseOffset) low = middle + 1
      else high = middle
    }
    return low < known.length && known[low]!.firstOffset <= header.baseOffset
  }
}

export interface JudgeOptions {
  readonly partition: Partition
  /** Last offset of each key in the part that is cleaned for the first time. */
  readonly latest: ReadonlyMap<string, number>
  /** That part's end: records from here on stay. */
  readonly end: number
  readonly nowMs: number
  readonly deleteRetentionMs: number
}

/** Judges all batches of one round, in order. */
export class BatchJudge {
  /** The next moment at which something that was kept may go; Infinity when nothing waits. */
  nextHorizonMs = Infinity
  /** Last offsets of aborted transactions of which nothing is left, not even the marker; taken by who writes the segment. */
  forgotten: number[] = []
  readonly #options: JudgeOptions
  readonly #aborted: AbortedLookup
  /** Producers with records of a transaction whose marker was not met yet in this round. */
  readonly #unended = new Set<number>()

  constructor(options: JudgeOptions) {
    this.#options = options
    this.#aborted = new AbortedLookup(options.partition.aborted)
  }

  /** @returns `bytes` itself when nothing changes, undefined when the batch goes. @param bytes one batch with the right checksum */
  judge(bytes: Uint8Array): Uint8Array | undefined {
    const header = readRecordBatchHeader(bytes)
    const kept = header.control ? this.#control(bytes, header) : this.#records(bytes, header)
    if (!kept) return undefined
    const horizonMs = deleteHorizonMs(kept === bytes ? header : readRecordBatchHeader(kept))
    // One that has passed and is kept all the same has another reason to be there.
    const isAhead =
      horizonMs !== undefined && (horizonMs > this.#options.nowMs || deleteHorizonMs(header) === undefined)
    if (isAhead) this.nextHorizonMs = Math.min(this.nextHorizonMs, horizonMs)
    return kept
  }

  #control(bytes: Uint8Array, header: RecordBatchHeader): Uint8Array | undefined {
    if (header.count === 0) return this.#without(bytes, header)
    const marker = decodeMarker(bytes, 0, header)
    if (!marker || this.#unended.delete(marker.producerId)) return bytes
    const { nowMs, deleteRetentionMs } = this.#options
    const horizonMs = deleteHorizonMs(header)
    const columns = decodeRecords(bytes)
    if (horizonMs === undefined) return rewriteBatch(bytes, columns, { horizonMs: nowMs + deleteRetentionMs })
    if (horizonMs > nowMs) return bytes
    if (this.#isTail(header)) return bytes
    this.#forget(marker, header)
    return this.#without(bytes, header)
  }

  #forget({ commits, producerId }: Marker, header: RecordBatchHeader): void {
    const { aborted } = this.#options.partition
    if (commits) return
    const isIt = (one: AbortedTransaction): boolean =>
      one.lastOffset === header.baseOffset && one.producerId === producerId
    if (aborted.some(isIt)) this.forgotten.push(header.baseOffset)
  }

  #records(bytes: Uint8Array, header: RecordBatchHeader): Uint8Array | undefined {
    if (header.transactional) this.#unended.add(Number(header.producerId))
    if (header.count === 0 || this.#aborted.has(header)) return this.#without(bytes, header)
    const { end, nowMs, deleteRetentionMs } = this.#options
    if (header.baseOffset >= end) return bytes
    const columns = readableRecords(bytes)
    if (!columns) return bytes
    const horizonMs = deleteHorizonMs(header)
    const keep = this.#keepMask(columns, horizonMs !== undefined && horizonMs <= nowMs)
    let kept = 0
    let hasTombstone = false
    for (let i = 0; i < columns.count; i++) {
      if (!keep[i]) continue
      kept++
      if (columns.valueLength[i]! < 0) hasTombstone = true
    }
    if (kept === 0 && !this.#isTail(header)) return this.#without(bytes, header)
    if (kept === 0) {
      // Nothing later has its key: a tombstone whose time is over, or a record without key.
      const last = columns.count - 1
      keep[last] = 1
      kept = 1
      hasTombstone = columns.valueLength[last]! < 0
    }
    const freshHorizonMs = hasTombstone && horizonMs === undefined ? nowMs + deleteRetentionMs : undefined
    return kept === columns.count && freshHorizonMs === undefined
      ? bytes
      : rewriteBatch(bytes, columns, { keep, horizonMs: freshHorizonMs })
  }

  #keepMask(columns: RecordColumns, dropsTombstones: boolean): Uint8Array {
    const { latest } = this.#options
    const keep = new Uint8Array(columns.count)
    for (let i = 0; i < columns.count; i++) {
      const key = recordKey(columns, i)
      // Without a key nothing could ever replace it: a compacted topic holds no such records.
      if (!key) continue
      const isOld = (latest.get(keyText(key)) ?? -1) > columns.offsets[i]!
      const isDropped = dropsTombstones && columns.valueLength[i]! < 0
      if (!isOld && !isDropped) keep[i] = 1
    }
    return keep
  }

  /**
   * True for the batch at the partition's end. It keeps a record until something follows: in Kafka it is never compacted, and
   * clients that find nothing but an empty batch there ask for it again and again (kafkajs, a thousand times a second).
   */
  #isTail(header: RecordBatchHeader): boolean {
    return header.baseOffset + header.lastOffsetDelta + 1 === this.#options.partition.end
  }

  /** All records go; the header stays where somebody needs it. */
  #without(bytes: Uint8Array, header: RecordBatchHeader): Uint8Array | undefined {
    const next = header.baseOffset + header.lastOffsetDelta + 1
    if (next !== this.#options.end && !this.#isLastOfProducer(header)) return undefined
    return header.count === 0 ? bytes : emptyBatch(bytes, header)
  }

  #isLastOfProducer(header: RecordBatchHeader): boolean {
    const known = this.#options.partition.producers.get(Number(header.producerId))
    if (!known) return false
    const last = known.batches.at(-1)
    return last ? last.offset === header.baseOffset : header.control && header.producerEpoch === known.epoch
  }
}

/** Where it was, and who wrote it; as Kafka's DefaultRecordBatch.writeEmptyHeader. */
function emptyBatch(bytes: Uint8Array, { attributes, maxTimestampMs }: RecordBatchHeader): Uint8Array {
  const { logAppendTime, transactional, control } = attributeBits
  const kept = attributes & (logAppendTime | transactional | control)
  return sealBatch(bytes, emptyBytes, { attributes: kept, count: 0, baseTimestampMs: -1, maxTimestampMs })
}

/**
 * The batch with some of its records, in its codec.
 * @param options.keep 1 for each that stays; all, when undefined
 * @param options.horizonMs a delete horizon that is set now; when undefined the base timestamp stays
 */
function rewriteBatch(
  bytes: Uint8Array,
  columns: RecordColumns,
  { keep, horizonMs }: { keep?: Uint8Array; horizonMs: number | undefined },
): Uint8Array {
  const { header } = columns
  const out = new ByteWriter(columns.bytes.length + 64)
  const reader = new ByteReader(columns.bytes)
  let count = 0
  let maxTimestampMs = -1
  for (let i = 0; i < columns.count; i++) {
    const start = reader.position
    const end = reader.varint() + reader.position
    if (!keep || keep[i] === 1) {
      if (horizonMs === undefined) out.raw(columns.bytes.subarray(start, end))
      else writeRecord(out, reader, { end, timeDelta: columns.timestampsMs[i]! - horizonMs })
      count++
      maxTimestampMs = Math.max(maxTimestampMs, columns.timestampsMs[i]!)
    }
    reader.skip(end - reader.position)
  }
  const plain = out.finish()
  const stored = header.compression === 0 ? plain : compressRecords(header.compression, plain)
  const horizonBit = horizonMs === undefined ? 0 : attributeBits.deleteHorizon
  return sealBatch(bytes, stored, {
    attributes: header.attributes | horizonBit,
    count,
    baseTimestampMs: horizonMs ?? header.baseTimestampMs,
    maxTimestampMs,
  })
}

/** The record that the reader stands in, behind its length, with another time delta. */
function writeRecord(
  out: ByteWriter,
  reader: ByteReader,
  { end, timeDelta }: { end: number; timeDelta: number },
): void {
  const head = new ByteWriter(16)
  head.int8(reader.int8())
  reader.varlong()
  head.varlong(BigInt(timeDelta))
  const rest = reader.bytes.subarray(reader.position, end)
  out.varint(head.length + rest.length)
  out.raw(head.finish())
  out.raw(rest)
}

/** A batch with the other header fields of `bytes`. */
function sealBatch(
  bytes: Uint8Array,
  stored: Uint8Array,
  fields: { attributes: number; count: number; baseTimestampMs: number; maxTimestampMs: number },
): Uint8Array {
  const batch = new Uint8Array(recordBatchOverhead + stored.length)
  batch.set(bytes.subarray(0, recordBatchOverhead))
  batch.set(stored, recordBatchOverhead)
  const view = new DataView(batch.buffer)
  view.setInt32(recordBatchAt.length, batch.length - 12)
  view.setInt16(recordBatchAt.attributes, fields.attributes)
  view.setInt32(recordBatchAt.count, fields.count)
  view.setBigInt64(recordBatchAt.baseTimestamp, BigInt(fields.baseTimestampMs))
  view.setBigInt64(recordBatchAt.maxTimestamp, BigInt(fields.maxTimestampMs))
  view.setUint32(recordBatchAt.crc, crc32c(batch.subarray(recordBatchAt.attributes)))
  return batch
}
