// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import { readCompactString, readInt32 } from '../reader.ts'
import type { WireReader } from '../reader.ts'
import { writeCompactString, writeInt32 } from '../writer.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 0, flexible from 0. */
export interface DescribeTransactionsRequest {
  readonly transactionalIds: readonly string[]
}
export interface DescribeTransactionsRequestInput {
  readonly transactionalIds: readonly string[]
}

export function decodeDescribeTransactionsRequest(r: WireReader, version: number): DescribeTransactionsRequest {
  const transactionalIds = r.array(version, true, readCompactString)
  r.skipTags()
  return { transactionalIds }
}

export function encodeDescribeTransactionsRequest(w: WireWriter, version: number, m: DescribeTransactionsRequestInput): void {
  w.array(version, true, m.transactionalIds, writeCompactString)
  w.uvarint(0)
}

/** Versions 0 to 0, flexible from 0. */
export interface DescribeTransactionsResponse {
  readonly throttleTimeMs: number
  readonly transactionStates: readonly TransactionState[]
}
export interface DescribeTransactionsResponseInput {
  readonly throttleTimeMs?: number
  readonly transactionStates: readonly TransactionStateInput[]
}

export function decodeDescribeTransactionsResponse(r: WireReader, version: number): DescribeTransactionsResponse {
  const throttleTimeMs = r.int32()
  const transactionStates = r.array(version, true, decodeTransactionState)
  r.skipTags()
  return { throttleTimeMs, transactionStates }
}

export function encodeDescribeTransactionsResponse(w: WireWriter, version: number, m: DescribeTransactionsResponseInput): void {
  w.int32(m.throttleTimeMs ?? 0)
  w.array(version, true, m.transactionStates, encodeTransactionState)
  w.uvarint(0)
}

export interface TransactionState {
  readonly errorCode: number
  readonly transactionalId: string
  readonly transactionState: string
  readonly transactionTimeoutMs: number
  readonly transactionStartTimeMs: number
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly topics: readonly TopicData[]
}
export interface TransactionStateInput {
  readonly errorCode: number
  readonly transactionalId: string
  readonly transactionState: string
  readonly transactionTimeoutMs: number
  readonly transactionStartTimeMs: number
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly topics: readonly TopicDataInput[]
}

export function decodeTransactionState(r: WireReader, version: number): TransactionState {
  const errorCode = r.int16()
  const transactionalId = r.string(true)
  const transactionState = r.string(true)
  const transactionTimeoutMs = r.int32()
  const transactionStartTimeMs = r.long()
  const producerId = r.int64()
  const producerEpoch = r.int16()
  const topics = r.array(version, true, decodeTopicData)
  r.skipTags()
  return { errorCode, transactionalId, transactionState, transactionTimeoutMs, transactionStartTimeMs, producerId, producerEpoch, topics }
}

export function encodeTransactionState(w: WireWriter, version: number, m: TransactionStateInput): void {
  w.int16(m.errorCode)
  w.string(true, m.transactionalId)
  w.string(true, m.transactionState)
  w.int32(m.transactionTimeoutMs)
  w.long(m.transactionStartTimeMs)
  w.int64(m.producerId)
  w.int16(m.producerEpoch)
  w.array(version, true, m.topics, encodeTopicData)
  w.uvarint(0)
}

export interface TopicData {
  readonly topic: string
  readonly partitions: readonly number[]
}
export interface TopicDataInput {
  readonly topic: string
  readonly partitions: readonly number[]
}

export function decodeTopicData(r: WireReader, version: number): TopicData {
  const topic = r.string(true)
  const partitions = r.array(version, true, readInt32)
  r.skipTags()
  return { topic, partitions }
}

export function encodeTopicData(w: WireWriter, version: number, m: TopicDataInput): void {
  w.string(true, m.topic)
  w.array(version, true, m.partitions, writeInt32)
  w.uvarint(0)
}
