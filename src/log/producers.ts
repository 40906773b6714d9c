// Idempotent producers: what a partition remembers of each, and what it makes of the next batch.
// Follows Kafka (ProducerAppendInfo, ProducerStateEntry): the last five batches per producer id, within one epoch.
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
  /** Oldest first, at most five. */
  readonly batches: readonly ProducerBatch[]
  /** When it last wrote, by the log's clock. */
  readonly touchedMs: number
}

export type ProducerVerdict =
  | { readonly kind: 'append' }
  | { readonly kind: 'duplicate'; readonly offset: number }
  /** 45 out of order, 47 old epoch. */
  | { readonly kind: 'refused'; readonly error: 45 | 47; readonly message: string }

const lastOf = (header: RecordBatchHeader): number => wrap(header.baseSequence + header.lastOffsetDelta)
const wrap = (sequence: number): number => (sequence > sequenceMax ? sequence - sequenceMax - 1 : sequence)

/** @param state what is known of the batch's producer; without it any first sequence is accepted, as in Kafka */
export function judgeBatch(state: ProducerState | undefined, header: RecordBatchHeader): ProducerVerdict {
  if (!state) return { kind: 'append' }
  const { baseSequence: first, producerEpoch } = header
  if (producerEpoch < state.epoch) {
    return { kind: 'refused', error: 47, message: `producer epoch ${producerEpoch} is older than ${state.epoch}` }
  }
  if (producerEpoch > state.epoch) {
    if (first === 0) return { kind: 'append' }
    return { kind: 'refused', error: 45, message: `a new producer epoch begins at sequence 0, not ${first}` }
  }
  const last = lastOf(header)
  for (const batch of state.batches) {
    if (batch.first === first && batch.last === last) return { kind: 'duplicate', offset: batch.offset }
  }
  const next = wrap(state.batches.at(-1)!.last + 1)
  if (first === next) return { kind: 'append' }
  return { kind: 'refused', error: 45, message: `sequence ${first} does not follow, ${next} is next` }
}

/** What is remembered after the batch was given its offset. */
export function noteBatch(
  state: ProducerState | undefined,
  header: RecordBatchHeader,
  offset: number,
  nowMs: number,
): ProducerState {
  const batch: ProducerBatch = { first: header.baseSequence, last: lastOf(header), offset }
  const kept = state && state.epoch === header.producerEpoch ? state.batches.slice(-(batchesKept - 1)) : []
  return { epoch: header.producerEpoch, batches: [...kept, batch], touchedMs: nowMs }
}

/** Forgets producers silent for too long, and the longest silent above the count. */
export function expireProducers(
  producers: Map<number, ProducerState>,
  options: { nowMs: number; expiryMs: number; countMax: number },
): void {
  for (const [id, state] of producers) if (options.nowMs - state.touchedMs > options.expiryMs) producers.delete(id)
  if (producers.size <= options.countMax) return
  const oldest = [...producers].toSorted((a, b) => a[1].touchedMs - b[1].touchedMs)
  for (const [id] of oldest.slice(0, producers.size - options.countMax)) producers.delete(id)
}
