// The journal entry of an epoch: what it read, in which order, up to which watermarks, with which clock reading. It is the
// `position` of the commit group. From the same entries, in order, the same output and the same state follow, bit for bit.
// Layout (big-endian): u8 version, u8 flags (1 finished), uvarint + text plan id, i64 epoch, i64 clock ms, u32 sink
// partitions, u32 next sink partition, uvarint inputs {uvarint + text topic, f64 watermark, uvarint partitions {i64 next
// offset, f64 largest time}}, uvarint slices {uvarint input, uvarint partition, i64 from, i64 to, f64 watermark after}.
// Version 2, of pipelines that read what is encrypted, has i64 next offset of the keys after that; flag 2: forgetting.
import { ByteReader, BytesError, ByteWriter } from '../base/index.ts'
import type { WatermarkMs } from '../model/index.ts'

export interface InputPosition {
  readonly topic: string
  readonly watermarkMs: WatermarkMs
  /** Per partition: the next offset to read, and the largest event time so far (-Infinity: none). */
  readonly partitions: readonly { readonly offset: number; readonly maxTimeMs: number }[]
}

/** Offsets [from, to) of one partition, handled as one batch. */
export interface JournalSlice {
  readonly input: number
  readonly partition: number
  readonly from: number
  readonly to: number
  /** The input's watermark once the slice was handled. */
  readonly watermarkMs: WatermarkMs
}

export interface JournalEntry {
  readonly planId: string
  readonly epoch: number
  /** The epoch's one clock reading: record timestamps. */
  readonly clockMs: number
  /** The inputs have ended: the final watermark was taken after the last slice. */
  readonly finished: boolean
  readonly sinkPartitions: number
  /** Where records without a key go next; as of the end of the epoch. */
  readonly nextSinkPartition: number
  /** As of the end of the epoch, by input (scan) of the plan. */
  readonly inputs: readonly InputPosition[]
  /** In the order in which they were handled. */
  readonly slices: readonly JournalSlice[]
  /** Of a pipeline that reads what is encrypted. */
  readonly erasure?: {
    /** Keys that records of _dek_registry_keys before this offset deleted are of persons whom the state has forgotten. */
    readonly keysNext: number
    /** Files of state may still hold what was forgotten: a merge of all of them has to end first. */
    readonly isForgetting: boolean
  }
}

const version = 1
const erasingVersion = 2

export function encodeJournalEntry(entry: JournalEntry): Uint8Array {
  const writer = new ByteWriter(512)
  const text = (value: string): void => {
    const bytes = new TextEncoder().encode(value)
    writer.uvarint(bytes.length)
    writer.raw(bytes)
  }
  const { erasure } = entry
  writer.uint8(erasure ? erasingVersion : version)
  writer.uint8((entry.finished ? 1 : 0) | (erasure?.isForgetting ? 2 : 0))
  text(entry.planId)
  writer.int64FromNumber(entry.epoch)
  writer.int64FromNumber(entry.clockMs)
  writer.uint32(entry.sinkPartitions)
  writer.uint32(entry.nextSinkPartition)
  writer.uvarint(entry.inputs.length)
  for (const input of entry.inputs) {
    text(input.topic)
    writer.float64(input.watermarkMs)
    writer.uvarint(input.partitions.length)
    for (const partition of input.partitions) {
      writer.int64FromNumber(partition.offset)
      writer.float64(partition.maxTimeMs)
    }
  }
  writer.uvarint(entry.slices.length)
  for (const slice of entry.slices) {
    writer.uvarint(slice.input)
    writer.uvarint(slice.partition)
    writer.int64FromNumber(slice.from)
    writer.int64FromNumber(slice.to)
    writer.float64(slice.watermarkMs)
  }
  if (erasure) writer.int64FromNumber(erasure.keysNext)
  return writer.copy()
}

/** Throws BytesError when the bytes are not an entry of a version known here. */
export function decodeJournalEntry(bytes: Uint8Array): JournalEntry {
  const reader = new ByteReader(bytes)
  const found = reader.uint8()
  if (found !== version && found !== erasingVersion)
    throw new BytesError(`journal entry version ${found}, known is ${erasingVersion}`, 0)
  const flags = reader.uint8()
  const planId = reader.text(reader.uvarint())
  const epoch = reader.int64AsNumber()
  const clockMs = reader.int64AsNumber()
  const sinkPartitions = reader.uint32()
  const nextSinkPartition = reader.uint32()
  const inputs: InputPosition[] = []
  for (let i = reader.uvarint(); i > 0; i--) {
    const topic = reader.text(reader.uvarint())
    const watermarkMs = reader.float64()
    const partitions: { offset: number; maxTimeMs: number }[] = []
    for (let p = reader.uvarint(); p > 0; p--)
      partitions.push({ offset: reader.int64AsNumber(), maxTimeMs: reader.float64() })
    inputs.push({ topic, watermarkMs, partitions })
  }
  const slices: JournalSlice[] = []
  for (let s = reader.uvarint(); s > 0; s--) {
    slices.push({
      input: reader.uvarint(),
      partition: reader.uvarint(),
      from: reader.int64AsNumber(),
      to: reader.int64AsNumber(),
      watermarkMs: reader.float64(),
    })
  }
  const erasure =
    found === erasingVersion ? { keysNext: reader.int64AsNumber(), isForgetting: (flags & 2) !== 0 } : undefined
  if (reader.remaining > 0) throw new BytesError('bytes after the entry', reader.position)
  const rest = erasure ? { erasure } : {}
  return {
    planId,
    epoch,
    clockMs,
    finished: (flags & 1) === 1,
    sinkPartitions,
    nextSinkPartition,
    inputs,
    slices,
    ...rest,
  }
}
