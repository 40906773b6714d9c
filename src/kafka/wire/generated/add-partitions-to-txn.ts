// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import { readInt32 } from '../reader.ts'
import type { WireReader } from '../reader.ts'
import { writeInt32 } from '../writer.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 5, flexible from 3. */
export interface AddPartitionsToTxnRequest {
  readonly transactions: readonly AddPartitionsToTxnTransaction[]
  readonly transactionalId: string
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly topics: readonly AddPartitionsToTxnTopic[]
}
export interface AddPartitionsToTxnRequestInput {
  readonly transactions?: readonly AddPartitionsToTxnTransactionInput[]
  readonly transactionalId?: string
  readonly producerId?: bigint
  readonly producerEpoch?: number
  readonly topics?: readonly AddPartitionsToTxnTopicInput[]
}

export function decodeAddPartitionsToTxnRequest(r: WireReader, version: number): AddPartitionsToTxnRequest {
  const flexible = version >= 3
  const transactions = version >= 4 ? r.array(version, true, decodeAddPartitionsToTxnTransaction) : []
  const transactionalId = version <= 3 ? r.string(flexible) : ''
  const producerId = version <= 3 ? r.int64() : 0n
  const producerEpoch = version <= 3 ? r.int16() : 0
  const topics = version <= 3 ? r.array(version, flexible, decodeAddPartitionsToTxnTopic) : []
  if (flexible) r.skipTags()
  return { transactions, transactionalId, producerId, producerEpoch, topics }
}

export function encodeAddPartitionsToTxnRequest(w: WireWriter, version: number, m: AddPartitionsToTxnRequestInput): void {
  const flexible = version >= 3
  if (version >= 4) w.array(version, true, m.transactions ?? [], encodeAddPartitionsToTxnTransaction)
  if (version <= 3) w.string(flexible, m.transactionalId ?? '')
  if (version <= 3) w.int64(m.producerId ?? 0n)
  if (version <= 3) w.int16(m.producerEpoch ?? 0)
  if (version <= 3) w.array(version, flexible, m.topics ?? [], encodeAddPartitionsToTxnTopic)
  if (flexible) w.uvarint(0)
}

export interface AddPartitionsToTxnTransaction {
  readonly transactionalId: string
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly verifyOnly: boolean
  readonly topics: readonly AddPartitionsToTxnTransactionTopic[]
}
export interface AddPartitionsToTxnTransactionInput {
  readonly transactionalId: string
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly verifyOnly: boolean
  readonly topics: readonly AddPartitionsToTxnTransactionTopicInput[]
}

export function decodeAddPartitionsToTxnTransaction(r: WireReader, version: number): AddPartitionsToTxnTransaction {
  const transactionalId = r.string(true)
  const producerId = r.int64()
  const producerEpoch = r.int16()
  const verifyOnly = r.bool()
  const topics = r.array(version, true, decodeAddPartitionsToTxnTransactionTopic)
  r.skipTags()
  return { transactionalId, producerId, producerEpoch, verifyOnly, topics }
}

export function encodeAddPartitionsToTxnTransaction(w: WireWriter, version: number, m: AddPartitionsToTxnTransactionInput): void {
  w.string(true, m.transactionalId)
  w.int64(m.producerId)
  w.int16(m.producerEpoch)
  w.bool(m.verifyOnly)
  w.array(version, true, m.topics, encodeAddPartitionsToTxnTransactionTopic)
  w.uvarint(0)
}

export interface AddPartitionsToTxnTransactionTopic {
  readonly name: string
  readonly partitions: readonly number[]
}
export interface AddPartitionsToTxnTransactionTopicInput {
  readonly name: string
  readonly partitions: readonly number[]
}

export function decodeAddPartitionsToTxnTransactionTopic(r: WireReader, version: number): AddPartitionsToTxnTransactionTopic {
  const name = r.string(true)
  const partitions = r.array(version, true, readInt32)
  r.skipTags()
  return { name, partitions }
}

export function encodeAddPartitionsToTxnTransactionTopic(w: WireWriter, version: number, m: AddPartitionsToTxnTransactionTopicInput): void {
  w.string(true, m.name)
  w.array(version, true, m.partitions, writeInt32)
  w.uvarint(0)
}

export interface AddPartitionsToTxnTopic {
  readonly name: string
  readonly partitions: readonly number[]
}
export interface AddPartitionsToTxnTopicInput {
  readonly name: string
  readonly partitions: readonly number[]
}

export function decodeAddPartitionsToTxnTopic(r: WireReader, version: number): AddPartitionsToTxnTopic {
  const flexible = version >= 3
  const name = r.string(flexible)
  const partitions = r.array(version, flexible, readInt32)
  if (flexible) r.skipTags()
  return { name, partitions }
}

export function encodeAddPartitionsToTxnTopic(w: WireWriter, version: number, m: AddPartitionsToTxnTopicInput): void {
  const flexible = version >= 3
  w.string(flexible, m.name)
  w.array(version, flexible, m.partitions, writeInt32)
  if (flexible) w.uvarint(0)
}

/** Versions 0 to 5, flexible from 3. */
export interface AddPartitionsToTxnResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly resultsByTransaction: readonly AddPartitionsToTxnResult[]
  readonly resultsByTopic: readonly AddPartitionsToTxnTopicResult[]
}
export interface AddPartitionsToTxnResponseInput {
  readonly throttleTimeMs?: number
  readonly errorCode?: number
  readonly resultsByTransaction?: readonly AddPartitionsToTxnResultInput[]
  readonly resultsByTopic?: readonly AddPartitionsToTxnTopicResultInput[]
}

export function decodeAddPartitionsToTxnResponse(r: WireReader, version: number): AddPartitionsToTxnResponse {
  const flexible = version >= 3
  const throttleTimeMs = r.int32()
  const errorCode = version >= 4 ? r.int16() : 0
  const resultsByTransaction = version >= 4 ? r.array(version, true, decodeAddPartitionsToTxnResult) : []
  const resultsByTopic = version <= 3 ? r.array(version, flexible, decodeAddPartitionsToTxnTopicResult) : []
  if (flexible) r.skipTags()
  return { throttleTimeMs, errorCode, resultsByTransaction, resultsByTopic }
}

export function encodeAddPartitionsToTxnResponse(w: WireWriter, version: number, m: AddPartitionsToTxnResponseInput): void {
  const flexible = version >= 3
  w.int32(m.throttleTimeMs ?? 0)
  if (version >= 4) w.int16(m.errorCode ?? 0)
  if (version >= 4) w.array(version, true, m.resultsByTransaction ?? [], encodeAddPartitionsToTxnResult)
  if (version <= 3) w.array(version, flexible, m.resultsByTopic ?? [], encodeAddPartitionsToTxnTopicResult)
  if (flexible) w.uvarint(0)
}

export interface AddPartitionsToTxnResult {
  readonly transactionalId: string
  readonly topicResults: readonly AddPartitionsToTxnResultTopic[]
}
export interface AddPartitionsToTxnResultInput {
  readonly transactionalId: string
  readonly topicResults: readonly AddPartitionsToTxnResultTopicInput[]
}

export function decodeAddPartitionsToTxnResult(r: WireReader, version: number): AddPartitionsToTxnResult {
  const transactionalId = r.string(true)
  const topicResults = r.array(version, true, decodeAddPartitionsToTxnResultTopic)
  r.skipTags()
  return { transactionalId, topicResults }
}

export function encodeAddPartitionsToTxnResult(w: WireWriter, version: number, m: AddPartitionsToTxnResultInput): void {
  w.string(true, m.transactionalId)
  w.array(version, true, m.topicResults, encodeAddPartitionsToTxnResultTopic)
  w.uvarint(0)
}

export interface AddPartitionsToTxnResultTopic {
  readonly name: string
  readonly resultsByPartition: readonly AddPartitionsToTxnResultPartition[]
}
export interface AddPartitionsToTxnResultTopicInput {
  readonly name: string
  readonly resultsByPartition: readonly AddPartitionsToTxnResultPartitionInput[]
}

export function decodeAddPartitionsToTxnResultTopic(r: WireReader, version: number): AddPartitionsToTxnResultTopic {
  const name = r.string(true)
  const resultsByPartition = r.array(version, true, decodeAddPartitionsToTxnResultPartition)
  r.skipTags()
  return { name, resultsByPartition }
}

export function encodeAddPartitionsToTxnResultTopic(w: WireWriter, version: number, m: AddPartitionsToTxnResultTopicInput): void {
  w.string(true, m.name)
  w.array(version, true, m.resultsByPartition, encodeAddPartitionsToTxnResultPartition)
  w.uvarint(0)
}

export interface AddPartitionsToTxnResultPartition {
  readonly partitionIndex: number
  readonly partitionErrorCode: number
}
export interface AddPartitionsToTxnResultPartitionInput {
  readonly partitionIndex: number
  readonly partitionErrorCode: number
}

export function decodeAddPartitionsToTxnResultPartition(r: WireReader, _version: number): AddPartitionsToTxnResultPartition {
  const partitionIndex = r.int32()
  const partitionErrorCode = r.int16()
  r.skipTags()
  return { partitionIndex, partitionErrorCode }
}

export function encodeAddPartitionsToTxnResultPartition(w: WireWriter, _version: number, m: AddPartitionsToTxnResultPartitionInput): void {
  w.int32(m.partitionIndex)
  w.int16(m.partitionErrorCode)
  w.uvarint(0)
}

export interface AddPartitionsToTxnTopicResult {
  readonly name: string
  readonly resultsByPartition: readonly AddPartitionsToTxnPartitionResult[]
}
export interface AddPartitionsToTxnTopicResultInput {
  readonly name: string
  readonly resultsByPartition: readonly AddPartitionsToTxnPartitionResultInput[]
}

export function decodeAddPartitionsToTxnTopicResult(r: WireReader, version: number): AddPartitionsToTxnTopicResult {
  const flexible = version >= 3
  const name = r.string(flexible)
  const resultsByPartition = r.array(version, flexible, decodeAddPartitionsToTxnPartitionResult)
  if (flexible) r.skipTags()
  return { name, resultsByPartition }
}

export function encodeAddPartitionsToTxnTopicResult(w: WireWriter, version: number, m: AddPartitionsToTxnTopicResultInput): void {
  const flexible = version >= 3
  w.string(flexible, m.name)
  w.array(version, flexible, m.resultsByPartition, encodeAddPartitionsToTxnPartitionResult)
  if (flexible) w.uvarint(0)
}

export interface AddPartitionsToTxnPartitionResult {
  readonly partitionIndex: number
  readonly partitionErrorCode: number
}
export interface AddPartitionsToTxnPartitionResultInput {
  readonly partitionIndex: number
  readonly partitionErrorCode: number
}

export function decodeAddPartitionsToTxnPartitionResult(r: WireReader, version: number): AddPartitionsToTxnPartitionResult {
  const flexible = version >= 3
  const partitionIndex = r.int32()
  const partitionErrorCode = r.int16()
  if (flexible) r.skipTags()
  return { partitionIndex, partitionErrorCode }
}

export function encodeAddPartitionsToTxnPartitionResult(w: WireWriter, version: number, m: AddPartitionsToTxnPartitionResultInput): void {
  const flexible = version >= 3
  w.int32(m.partitionIndex)
  w.int16(m.partitionErrorCode)
  if (flexible) w.uvarint(0)
}
