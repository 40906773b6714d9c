// What one append does to its partition, decided before anything is changed: the bytes are checked, their producers judged,
// offsets given. Changes only the copied bytes.
import { assert, BytesError, crc32c, joinCrc32c } from '../base/index.ts'
import {
  attributeBits,
  placeRecordBatch,
  readRecordBatchHeader,
  recordBatchAt,
  recordBatchOverhead,
  type RecordBatchHeader,
} from '../model/index.ts'
import { currentLeaderEpoch } from './leader-epochs.ts'
import type { Refusal } from './log-types.ts'
import { judgeBatch, noteBatch, noteMarker, type ProducerState } from './producers.ts'
import type { Partition } from './state.ts'
import { decodeMarker, type AbortedTransaction, type Marker } from './transactions.ts'

export const refused = (error: number, message: string): Refusal => ({ ok: false, error, message })

/** Below it reading the bytes is cheaper than joining checksums. */
const joinBytesMin = 8 << 10

interface Options {
  readonly nowMs: number
  readonly logAppendTime: boolean
  readonly fromZero: boolean
}

/** Checks the batches of one append, judges their producers and places their offsets; changes only the copied bytes. */
export class Placing {
  readonly partition: Partition
  readonly body: Uint8Array
  readonly baseOffset: number
  nextOffset: number
  maxTimestampMs = -1
  /** CRC-32C of the bytes that were placed. */
  bodyCrc = 0
  /** States after it, by producer id. */
  readonly producers: [number, ProducerState][] = []
  readonly aborted: Omit<AbortedTransaction, 'stableOffset'>[] = []
  /** True when it opens a transaction. */
  opens = false
  /** Set when this append repeats one that is there. */
  duplicateOf: number | undefined
  readonly #options: Options

  constructor(partition: Partition, body: Uint8Array, options: Options) {
    this.partition = partition
    this.body = body
    this.baseOffset = partition.end
    this.nextOffset = partition.end
    this.#options = options
  }

  run(): Refusal | undefined {
    const { body } = this
    if (body.length === 0) return refused(87, 'no record batch')
    let duplicates = 0
    let count = 0
    for (let at = 0; at < body.length; count++) {
      const header = this.#header(at)
      if ('ok' in header) return header
      const verdict = this.#judge(header, at)
      if (typeof verdict === 'object') return verdict
      if (verdict === 'duplicate') duplicates++
      else this.#placeBatch(header, at)
      at += header.size
    }
    if (duplicates > 0 && duplicates < count)
      return refused(45, 'some batches of this append are there already, others not')
    return undefined
  }

  /** Everything about a batch's bytes that can be wrong. */
  #header(at: number): RecordBatchHeader | Refusal {
    const { body } = this
    let header: RecordBatchHeader
    try {
      header = readRecordBatchHeader(body, at)
    } catch (error) {
      if (error instanceof BytesError) return refused(2, error.message)
      throw error
    }
    if (at + header.size > body.length)
      return refused(2, `a batch of ${header.size} bytes ends after ${body.length - at}`)
    const crc = crc32c(body.subarray(at + recordBatchAt.attributes, at + header.size))
    if (crc !== header.crc) return refused(2, 'the checksum of a batch is wrong')
    if (header.count !== header.lastOffsetDelta + 1 || header.count < 1)
      return refused(87, `a batch says ${header.count} records, last offset ${header.lastOffsetDelta}`)
    if (header.producerId > BigInt(Number.MAX_SAFE_INTEGER))
      return refused(49, `producer id ${header.producerId} was never given`)
    // Markers and what a group coordinator writes in a transaction carry a producer, but no sequence.
    const needsSequence = !header.control && !header.transactional
    if (header.producerId >= 0n && (header.producerEpoch < 0 || (needsSequence && header.baseSequence < 0)))
      return refused(87, 'a producer id without epoch or sequence')
    if (header.transactional && header.producerId < 0n) return refused(87, 'a transaction without producer id')
    return header
  }

  #known(id: number): ProducerState | undefined {
    return this.producers.findLast(([one]) => one === id)?.[1] ?? this.partition.producers.get(id)
  }

  #judge(header: RecordBatchHeader, at: number): Refusal | 'append' | 'duplicate' {
    if (header.producerId < 0n) return 'append'
    const id = Number(header.producerId)
    const known = this.#known(id)
    if (header.control) return this.#judgeMarker(header, at)
    const verdict = judgeBatch(known, header, this.#options.fromZero)
    if (verdict.kind === 'refused') return refused(verdict.error, verdict.message)
    if (verdict.kind === 'duplicate') {
      this.duplicateOf ??= verdict.offset
      return 'duplicate'
    }
    if (header.transactional && (known?.openFrom ?? -1) < 0) this.opens = true
    this.producers.push([id, noteBatch(known, header, this.nextOffset, this.#options.nowMs)])
    return 'append'
  }

  #judgeMarker(header: RecordBatchHeader, at: number): Refusal | 'append' {
    let marker: Marker | undefined
    try {
      marker = decodeMarker(this.body, at, header)
    } catch (error) {
      if (error instanceof BytesError) return refused(2, error.message)
      throw error
    }
    if (!marker) return 'append'
    const { producerId, epoch, commits } = marker
    const known = this.#known(producerId)
    if (known && epoch < known.epoch) return refused(47, `the marker's epoch ${epoch} is older than ${known.epoch}`)
    if (known && known.openFrom >= 0 && !commits)
      this.aborted.push({ producerId, firstOffset: known.openFrom, lastOffset: this.nextOffset })
    this.producers.push([producerId, noteMarker(known, marker, this.#options.nowMs)])
    return 'append'
  }

  #placeBatch(header: RecordBatchHeader, at: number): void {
    const { body } = this
    assert(body.length - at >= recordBatchOverhead, 'a whole header is there')
    placeRecordBatch(body, this.nextOffset, currentLeaderEpoch(this.partition.epochs), at)
    const checked = body.subarray(at + recordBatchAt.attributes, at + header.size)
    let { crc, maxTimestampMs, attributes } = header
    // Only compaction says when tombstones may go.
    attributes &= ~attributeBits.deleteHorizon
    if (this.#options.logAppendTime && !header.control) {
      maxTimestampMs = this.#options.nowMs
      attributes |= attributeBits.logAppendTime
    }
    if (attributes !== header.attributes || maxTimestampMs !== header.maxTimestampMs) {
      const view = new DataView(body.buffer, body.byteOffset + at, header.size)
      view.setInt16(recordBatchAt.attributes, attributes)
      view.setBigInt64(recordBatchAt.maxTimestamp, BigInt(maxTimestampMs))
      crc = crc32c(checked)
      view.setUint32(recordBatchAt.crc, crc)
    }
    const placedCrc = crc32c(body.subarray(at, at + recordBatchAt.attributes), this.bodyCrc)
    // The batch's own checksum was just compared with its bytes: large ones are not read again.
    this.bodyCrc =
      checked.length < joinBytesMin ? crc32c(checked, placedCrc) : joinCrc32c(placedCrc, crc, checked.length)
    this.maxTimestampMs = Math.max(this.maxTimestampMs, maxTimestampMs)
    this.nextOffset += header.lastOffsetDelta + 1
  }
}
