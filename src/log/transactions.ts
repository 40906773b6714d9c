// Transactions as the log sees them: which producers have one open where, which were aborted, and the markers that end them.
// Invariants: the open transactions of the state are those of its partitions' producers; the last stable offset is where
// the oldest open one begins; nothing here needs the coordinator's word, so no transaction is ever left hanging by a crash.
// Reference: KIP-98 (markers, last stable offset, aborted list), KIP-890 (raised epochs), Kafka's EndTransactionMarker.
import { ByteReader, BytesError, ByteWriter } from '../base/index.ts'
import { decodeRecords, encodeRecordBatch, recordKey, recordValue, type RecordBatchHeader } from '../model/index.ts'
import type { OpenTransaction, ProducerDescription } from './log-types.ts'
import type { ProducerState } from './producers.ts'
import type { LogState, Partition } from './state.ts'

/** Records of a producer between two offsets, both inclusive, that count as never written; the last is the marker. */
export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
  readonly lastOffset: number
  /** The last stable offset once it was aborted: whatever ended later begins there or after it. */
  readonly stableOffset: number
}

export interface Marker {
  readonly producerId: number
  readonly epoch: number
  readonly coordinatorEpoch: number
  readonly commits: boolean
}

/** A control batch of one record, as Kafka's clients read it. */
export function encodeMarker(marker: Marker, timestampMs: number): Uint8Array {
  const key = new ByteWriter(4)
  key.int16(0)
  key.int16(marker.commits ? 1 : 0)
  const value = new ByteWriter(6)
  value.int16(0)
  value.int32(marker.coordinatorEpoch)
  return encodeRecordBatch([{ key: key.copy(), value: value.copy(), timestampMs }], {
    producerId: BigInt(marker.producerId),
    producerEpoch: marker.epoch,
    transactional: true,
    control: true,
  })
}

/** Reads a control batch at `at`; undefined for one that ends no transaction. Throws BytesError. */
export function decodeMarker(bytes: Uint8Array, at: number, header: RecordBatchHeader): Marker | undefined {
  // Without a record compaction has emptied it.
  if (header.producerId < 0n || header.count === 0) return undefined
  const records = decodeRecords(bytes, at)
  const key = records.count > 0 ? recordKey(records, 0) : null
  if (!key) throw new BytesError('a control record without key', at)
  const keys = new ByteReader(key)
  keys.int16()
  const type = keys.int16()
  if (type !== 0 && type !== 1) return undefined
  const value = recordValue(records, 0)
  const values = value && value.length >= 6 ? new ByteReader(value, 2) : undefined
  return {
    producerId: Number(header.producerId),
    epoch: header.producerEpoch,
    coordinatorEpoch: values?.int32() ?? -1,
    commits: type === 1,
  }
}

/** Sets what a partition knows of a producer (undefined: nothing), and keeps the open transactions right. */
export function setProducer(
  state: LogState,
  partition: Partition,
  producerId: number,
  next: ProducerState | undefined,
): void {
  const was = partition.producers.get(producerId)?.openFrom ?? -1
  if (next) partition.producers.set(producerId, next)
  else partition.producers.delete(producerId)
  const is = next?.openFrom ?? -1
  if (was === is) return
  if (is < 0) noteClosed(state, partition, producerId)
  else noteOpen(state, partition, producerId, is)
}

function noteOpen(state: LogState, partition: Partition, producerId: number, offset: number): void {
  partition.open.set(producerId, offset)
  const partitions = state.open.get(producerId)
  if (partitions) partitions.add(partition)
  else state.open.set(producerId, new Set([partition]))
}

function noteClosed(state: LogState, partition: Partition, producerId: number): void {
  partition.open.delete(producerId)
  const partitions = state.open.get(producerId)
  partitions?.delete(partition)
  if (partitions?.size === 0) state.open.delete(producerId)
}

/** A partition that goes away takes its open transactions along. */
export function forgetOpen(state: LogState, partition: Partition): void {
  for (const producerId of Array.from(partition.open.keys())) noteClosed(state, partition, producerId)
}
/** The opposite: the partition is back. */
export function recallOpen(state: LogState, partition: Partition): void {
  for (const [producerId, { openFrom }] of partition.producers)
    if (openFrom >= 0) noteOpen(state, partition, producerId, openFrom)
}

/** Producers with open transactions. */
export function describeOpen(state: LogState): OpenTransaction[] {
  return [...state.open].map(([id, partitions]) => ({
    producerId: BigInt(id),
    producerEpoch: Math.max(...[...partitions].map((partition) => partition.producers.get(id)!.epoch)),
    partitions: [...partitions].map(({ topic, index }) => ({ topic: topic.name, partition: index })),
  }))
}

export function describeProducers({ producers }: Partition): ProducerDescription[] {
  return [...producers].map(([id, { epoch, batches, touchedMs, openFrom, coordinatorEpoch }]) => ({
    producerId: BigInt(id),
    producerEpoch: epoch,
    lastSequence: batches.at(-1)?.last ?? -1,
    lastTimestampMs: touchedMs,
    coordinatorEpoch,
    openFrom,
  }))
}

/** The offset below which nothing is undecided. O(open transactions of the partition). */
export function lastStableOffset(partition: Partition): number {
  let least = partition.end
  for (const offset of partition.open.values()) if (offset < least) least = offset
  return Math.max(least, partition.start)
}

/** Notes that a transaction was aborted; the producer's state is already that after the marker. */
export function noteAborted(
  state: LogState,
  partition: Partition,
  entry: Omit<AbortedTransaction, 'stableOffset'>,
): AbortedTransaction {
  let stableOffset = entry.lastOffset + 1
  for (const offset of partition.open.values()) if (offset < stableOffset) stableOffset = offset
  const aborted = { ...entry, stableOffset }
  partition.aborted.push(aborted)
  state.abortedCount++
  return aborted
}

/** True when the batch belongs to an aborted transaction. O(of `aborted`). */
export function isAborted(
  aborted: readonly AbortedTransaction[],
  header: Pick<RecordBatchHeader, 'transactional' | 'control' | 'producerId' | 'baseOffset'>,
): boolean {
  if (!header.transactional || header.control || aborted.length === 0) return false
  const id = Number(header.producerId)
  const { baseOffset } = header
  return aborted.some((one) => one.producerId === id && one.firstOffset <= baseOffset && baseOffset <= one.lastOffset)
}
