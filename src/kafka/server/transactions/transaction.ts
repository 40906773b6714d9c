// One transactional id: where its transaction stands, and what its producer's requests make of it. Pure: decides, changes nothing.
//
//   Empty → Ongoing (partitions join) → CompleteCommit | CompleteAbort → Ongoing …
//
// Kafka's Prepare states are only passed through in memory here (`ending`): markers, offsets and the new state become true in
// one record of the log's journal, so a crash leaves a transaction either open or ended, never between.
// Two generations of the protocol, told by the versions of requests (KIP-890): in the first a transaction ends in the epoch
// it began in; in the second each end raises the epoch, so that nothing late can fall into the next transaction.
// Reference: KIP-98, KIP-360, KIP-588, KIP-890; Kafka's TransactionCoordinator and TransactionMetadata.
import { kafkaErrors } from '../../wire/index.ts'

export type TransactionState =
  | 'Empty'
  | 'Ongoing'
  | 'PrepareCommit'
  | 'PrepareAbort'
  | 'CompleteCommit'
  | 'CompleteAbort'
  | 'Dead'
  | 'PrepareEpochFence'

export interface Transaction {
  readonly id: string
  producerId: bigint
  /** -1: made just now, nothing was given out. */
  producerEpoch: number
  /** The epoch before the last rise that the producer asked for; -1: none, so that no request repeats it. */
  lastEpoch: number
  previousProducerId: bigint
  timeoutMs: number
  state: Exclude<TransactionState, 'PrepareCommit' | 'PrepareAbort'>
  /** Set while its end, or a new epoch, is being written: everything else waits (51). */
  ending: 'commit' | 'abort' | 'init' | undefined
  partitions: Map<string, Set<number>>
  /** -1: not begun. */
  startMs: number
  updatedMs: number
  /** Of the client, as its last request said. */
  generation: 1 | 2
}

/** The greatest epoch that a client may get; the one above is left for a last marker. */
const epochMax = 32767
export const isExhausted = (epoch: number): boolean => epoch >= epochMax - 1

export interface ProducerIdentity {
  readonly producerId: bigint
  readonly producerEpoch: number
}

export const shownState = ({ state, ending }: Transaction): TransactionState =>
  ending === 'commit' ? 'PrepareCommit' : ending === 'abort' ? 'PrepareAbort' : state

/** What the transaction becomes; undefined fields stay. */
export type NextIdentity =
  | { readonly kind: 'epoch'; readonly producerEpoch: number; readonly lastEpoch: number }
  /** The epochs of this producer id are used up: a new id begins at epoch 0. */
  | { readonly kind: 'new id'; readonly lastEpoch: number }

/**
 * What InitProducerId gives a producer whose transaction is not open.
 * @param expected what the producer says it has; undefined when it says nothing
 * @returns the new identity or the Kafka error
 */
export function decideInit(transaction: Transaction, expected: ProducerIdentity | undefined): NextIdentity | number {
  const { producerId, producerEpoch, lastEpoch, previousProducerId } = transaction
  if (expected && producerEpoch >= 0) {
    const isRotated = expected.producerId === previousProducerId && isExhausted(expected.producerEpoch)
    if (expected.producerId !== producerId && !isRotated) return kafkaErrors.producerFenced
  }
  if (isExhausted(producerEpoch) && (!expected || expected.producerEpoch === producerEpoch))
    return { kind: 'new id', lastEpoch: expected ? producerEpoch : -1 }
  if (!expected) return { kind: 'epoch', producerEpoch: producerEpoch + 1, lastEpoch: -1 }
  if (producerEpoch < 0) return { kind: 'epoch', producerEpoch: 0, lastEpoch: -1 }
  if (expected.producerEpoch === producerEpoch)
    return { kind: 'epoch', producerEpoch: producerEpoch + 1, lastEpoch: producerEpoch }
  // The answer to the request before was lost.
  if (expected.producerEpoch === lastEpoch) return { kind: 'epoch', producerEpoch, lastEpoch }
  return kafkaErrors.producerFenced
}

export type EndDecision =
  | { readonly kind: 'end' }
  /** It was ended so already: the identity that the end gave is told again. */
  | { readonly kind: 'repeat' }
  | { readonly kind: 'refuse'; readonly error: number }

const refuse = (error: number): EndDecision => ({ kind: 'refuse', error })

/** What EndTxn means. @param generation 2 when the request's version is 5 or more */
export function decideEnd(
  transaction: Transaction,
  request: ProducerIdentity & { commits: boolean; generation: 1 | 2 },
): EndDecision {
  const { concurrentTransactions, invalidProducerIdMapping, invalidTxnState, producerFenced } = kafkaErrors
  const { producerId, producerEpoch, previousProducerId, state, ending } = transaction
  const { commits } = request
  const isSecond = ending === undefined && transaction.generation === 2
  const overflowed =
    isSecond && request.producerId === previousProducerId && isExhausted(request.producerEpoch) && producerEpoch === 0
  const isRepeat = overflowed || (isSecond && producerEpoch === request.producerEpoch + 1)
  if (request.producerId !== producerId && !overflowed) return refuse(invalidProducerIdMapping)
  if (!isRepeat && request.producerEpoch !== producerEpoch) return refuse(producerFenced)
  if (ending === 'init') return refuse(concurrentTransactions)
  if (ending !== undefined) return refuse((ending === 'commit') === commits ? concurrentTransactions : invalidTxnState)
  if (state === 'Ongoing') return isRepeat ? refuse(producerFenced) : { kind: 'end' }
  const same = state === (commits ? 'CompleteCommit' : 'CompleteAbort')
  if (isSecond && state !== 'Empty') {
    if (isRepeat) return same ? { kind: 'repeat' } : refuse(invalidTxnState)
    // Nothing was written, but the producer wants to be sure that nothing late counts: a new epoch.
    return commits ? refuse(invalidTxnState) : { kind: 'end' }
  }
  if (state === 'Empty')
    return !commits && request.generation === 2 && !isRepeat ? { kind: 'end' } : refuse(invalidTxnState)
  return same ? { kind: 'repeat' } : refuse(invalidTxnState)
}

/** Epochs of an end: of the markers, and of the producer afterwards. */
export function identityAfterEnd(
  { producerEpoch }: Transaction,
  options: { generation: 1 | 2; fences: boolean },
): { markerEpoch: number; next: NextIdentity | undefined } {
  if (options.fences) {
    // One rise is enough for both: what is late is fenced, and the next transaction has an epoch of its own. A producer whose
    // transaction timed out, and that aborts it then, is told this epoch as if it had ended it itself, and goes on.
    const fenced = Math.min(producerEpoch + 1, epochMax)
    return { markerEpoch: fenced, next: { kind: 'epoch', producerEpoch: fenced, lastEpoch: -1 } }
  }
  if (options.generation === 1) return { markerEpoch: producerEpoch, next: undefined }
  const raised = Math.min(producerEpoch + 1, epochMax)
  if (isExhausted(producerEpoch)) return { markerEpoch: raised, next: { kind: 'new id', lastEpoch: producerEpoch } }
  return { markerEpoch: raised, next: { kind: 'epoch', producerEpoch: raised, lastEpoch: producerEpoch } }
}
