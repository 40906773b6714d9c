// Records of __transaction_state in Kafka's own schemas (TransactionLogKey v0, TransactionLogValue v1), so that other tools
// read them. Value version 0 is read as well.
import { BytesError, concatBytes } from '../../../base/index.ts'
import { WireReader, WireWriter } from '../../wire/index.ts'
import type { Transaction, TransactionState } from './transaction.ts'

export const transactionsTopic = {
  name: '__transaction_state',
  partitionCount: 50,
  configs: { 'cleanup.policy': 'compact', 'compression.type': 'uncompressed', 'segment.bytes': '16777216' },
  internal: true,
} as const

/** In the order of their codes. */
export const transactionStates: readonly TransactionState[] = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
  'Dead',
  'PrepareEpochFence',
]

export function encodeTransactionKey(id: string): Uint8Array {
  const writer = new WireWriter()
  writer.int16(0)
  writer.string(false, id)
  return concatBytes(writer.finish())
}

export function encodeTransactionValue(transaction: Transaction): Uint8Array {
  const writer = new WireWriter()
  writer.int16(1)
  writer.int64(transaction.producerId)
  writer.int16(transaction.producerEpoch)
  writer.int32(transaction.timeoutMs)
  writer.int8(transactionStates.indexOf(transaction.state))
  const { partitions, state } = transaction
  // Without a transaction Kafka writes null.
  if (state === 'Empty') writer.uvarint(0)
  else {
    writer.uvarint(partitions.size + 1)
    for (const [topic, indexes] of partitions) {
      writer.string(true, topic)
      writer.uvarint(indexes.size + 1)
      for (const index of indexes) writer.int32(index)
      writer.uvarint(0)
    }
  }
  writer.long(transaction.updatedMs)
  writer.long(transaction.startMs)
  writeTags(writer, transaction)
  return concatBytes(writer.finish())
}

function writeTags(writer: WireWriter, { previousProducerId, generation }: Transaction): void {
  const hasPrevious = previousProducerId >= 0n
  writer.uvarint((hasPrevious ? 1 : 0) + (generation === 2 ? 1 : 0))
  if (hasPrevious) {
    writer.uvarint(0)
    writer.uvarint(8)
    writer.int64(previousProducerId)
  }
  if (generation === 2) {
    writer.uvarint(2)
    writer.uvarint(2)
    writer.int16(2)
  }
}

/** The transactional id of a record; undefined for keys of another kind. Throws BytesError. */
export function decodeTransactionKey(key: Uint8Array): string | undefined {
  const reader = new WireReader(key)
  return reader.int16() === 0 ? reader.string(false) : undefined
}

/** Throws BytesError. */
export function decodeTransactionValue(id: string, value: Uint8Array): Transaction {
  const reader = new WireReader(value)
  const version = reader.int16()
  if (version !== 0 && version !== 1) throw new BytesError(`transaction state of version ${version}`, 0)
  const flexible = version === 1
  const producerId = reader.int64()
  const producerEpoch = reader.int16()
  const timeoutMs = reader.int32()
  const state = transactionStates[reader.int8()]
  if (!state) throw new BytesError('an unknown state of a transaction', 16)
  const partitions = new Map<string, Set<number>>()
  for (let count = countOf(reader, flexible); count > 0; count--) {
    const topic = reader.string(flexible)
    const indexes = new Set<number>()
    for (let left = countOf(reader, flexible); left > 0; left--) indexes.add(reader.int32())
    partitions.set(topic, indexes)
    if (flexible) reader.skipTags()
  }
  const updatedMs = reader.long()
  const startMs = reader.long()
  const { previousProducerId, generation } = flexible
    ? readTags(reader)
    : { previousProducerId: -1n, generation: 1 as const }
  const ending = state === 'PrepareCommit' ? 'commit' : state === 'PrepareAbort' ? 'abort' : undefined
  const settled = state === 'PrepareCommit' || state === 'PrepareAbort' ? 'Ongoing' : state
  return {
    id,
    producerId,
    producerEpoch,
    lastEpoch: -1,
    previousProducerId,
    timeoutMs,
    state: settled,
    ending,
    partitions,
    startMs,
    updatedMs,
    generation,
  }
}

function countOf(reader: WireReader, flexible: boolean): number {
  return flexible ? reader.uvarint() - 1 : reader.int32()
}

function readTags(reader: WireReader): { previousProducerId: bigint; generation: 1 | 2 } {
  let previousProducerId = -1n
  let generation: 1 | 2 = 1
  for (let count = reader.uvarint(); count > 0; count--) {
    const tag = reader.uvarint()
    const end = reader.taggedEnd()
    if (tag === 0) previousProducerId = reader.int64()
    else if (tag === 2) generation = reader.int16() >= 2 ? 2 : 1
    else reader.skipTo(end)
  }
  return { previousProducerId, generation }
}
