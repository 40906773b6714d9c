// Producers with an id: what a partition remembers of each, and what it makes of the next batch or marker.
// Follows Kafka (ProducerAppendInfo, ProducerStateEntry): the last five batches per producer id, within one epoch; one open
// transaction per producer id; a marker ends it and may raise the epoch (KIP-890), after which sequences begin at 0.
import type { RecordBatchHeader } from '../model/index.ts'

const batchesKept = 5
const sequenceMax = 2147483647

export interface ProducerBatch {
  readonly first: number
  readonly last: number
  readonly offset: number
}

/** Immutable, so that undoing is putting the old one back. */
export interface ProducerState {
  readonly epoch: number
  /** Oldest first, at most five; none after a marker raised the epoch. */
  readonly batches: readonly ProducerBatch[]
  /** When it last wrote, by the log's clock. */
  readonly touchedMs: number
  /** Where its open transaction begins in this partition; -1 when none is open. */
  readonly openFrom: number
  /** As the last marker said; -1 before any. */
  readonly coordinatorEpoch: number
}

export type ProducerVerdict =
  | { readonly kind: 'append' }
  | { readonly kind: 'duplicate'; readonly offset: number }
  /** 45 out of order, 47 old epoch, 48 outside of its open transaction. */
  | { readonly kind: 'refused'; readonly error: 45 | 47 | 48; readonly message: string }

const lastOf = (header: RecordBatchHeader): number => wrap(header.baseSequence + header.lastOffsetDelta)
const wrap = (sequence: number): number => (sequence > sequenceMax ? sequence - sequenceMax - 1 : sequence)
const refuse = (error: 45 | 47 | 48, message: string): ProducerVerdict => ({ kind: 'refused', error, message })

/**
 * @param state what is known of the batch's producer; without it any first sequence is accepted, as in Kafka
 * @param fromZero without state only sequence 0: a transaction of the second generation, whose epoch is new
 */
export function judgeBatch(
  state: ProducerState | undefined,
  header: RecordBatchHeader,
  fromZero: boolean,
): ProducerVerdict {
  const { baseSequence: first, producerEpoch, transactional } = header
  if (!state) {
    if (!fromZero || first <= 0) return { kind: 'append' }
    return refuse(45, `a transaction's first sequence here is 0, not ${first}`)
  }
  if (producerEpoch < state.epoch) return refuse(47, `producer epoch ${producerEpoch} is older than ${state.epoch}`)
  if (state.openFrom >= 0 && !transactional) return refuse(48, 'the producer has a transaction open in this partition')
  // What a group coordinator writes in a transaction has no sequence.
  if (first < 0) return { kind: 'append' }
  if (producerEpoch > state.epoch) {
    if (first === 0) return { kind: 'append' }
    return refuse(45, `a new producer epoch begins at sequence 0, not ${first}`)
  }
  const last = lastOf(header)
  for (const batch of state.batches) {
    if (batch.first === first && batch.last === last) return { kind: 'duplicate', offset: batch.offset }
  }
  const newest = state.batches.at(-1)
  const next = newest ? wrap(newest.last + 1) : 0
  if (first === next) return { kind: 'append' }
  return refuse(45, `sequence ${first} does not follow, ${next} is next`)
}

/** What is remembered after the batch was given its offset. */
export function noteBatch(
  state: ProducerState | undefined,
  header: RecordBatchHeader,
  offset: number,
  nowMs: number,
): ProducerState {
  const { producerEpoch: epoch, baseSequence: first, transactional } = header
  const kept = state && state.epoch === epoch ? state.batches : []
  const batches = first < 0 ? kept : [...kept.slice(-(batchesKept - 1)), { first, last: lastOf(header), offset }]
  const open = state?.openFrom ?? -1
  const openFrom = transactional && open < 0 ? offset : open
  return { epoch, batches, touchedMs: nowMs, openFrom, coordinatorEpoch: state?.coordinatorEpoch ?? -1 }
}

/** What is remembered after a marker: nothing is open; a higher epoch forgets the sequences. */
export function noteMarker(
  state: ProducerState | undefined,
  marker: { epoch: number; coordinatorEpoch: number },
  nowMs: number,
): ProducerState {
  const batches = state && state.epoch === marker.epoch ? state.batches : []
  return { ...marker, batches, touchedMs: nowMs, openFrom: -1 }
}

/** Producers silent for too long, and the longest silent above the count; never one with an open transaction. */
export function expiredProducers(
  producers: ReadonlyMap<number, ProducerState>,
  options: { nowMs: number; expiryMs: number; countMax: number },
): number[] {
  const idle = [...producers]
    .filter(([, state]) => state.openFrom < 0)
    .toSorted((a, b) => a[1].touchedMs - b[1].touchedMs)
  const tooMany = producers.size - options.countMax
  return idle
    .filter(([, state], i) => options.nowMs - state.touchedMs > options.expiryMs || i < tooMany)
    .map(([id]) => id)
}
