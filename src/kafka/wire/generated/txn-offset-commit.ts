// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import { zeroUuid } from '../reader.ts'
import type { WireReader } from '../reader.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 6, flexible from 3. */
export interface TxnOffsetCommitRequest {
  readonly transactionalId: string
  readonly groupId: string
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly generationIdOrMemberEpoch: number
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly topics: readonly TxnOffsetCommitRequestTopic[]
}
export interface TxnOffsetCommitRequestInput {
  readonly transactionalId: string
  readonly groupId: string
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly generationIdOrMemberEpoch?: number
  readonly memberId?: string
  readonly groupInstanceId?: string | null
  readonly topics: readonly TxnOffsetCommitRequestTopicInput[]
}

export function decodeTxnOffsetCommitRequest(r: WireReader, version: number): TxnOffsetCommitRequest {
  const flexible = version >= 3
  const transactionalId = r.string(flexible)
  const groupId = r.string(flexible)
  const producerId = r.int64()
  const producerEpoch = r.int16()
  const generationIdOrMemberEpoch = version >= 3 ? r.int32() : -1
  const memberId = version >= 3 ? r.string(true) : ''
  const groupInstanceId = version >= 3 ? r.stringOrNull(true) : null
  const topics = r.array(version, flexible, decodeTxnOffsetCommitRequestTopic)
  if (flexible) r.skipTags()
  return { transactionalId, groupId, producerId, producerEpoch, generationIdOrMemberEpoch, memberId, groupInstanceId, topics }
}

export function encodeTxnOffsetCommitRequest(w: WireWriter, version: number, m: TxnOffsetCommitRequestInput): void {
  const flexible = version >= 3
  w.string(flexible, m.transactionalId)
  w.string(flexible, m.groupId)
  w.int64(m.producerId)
  w.int16(m.producerEpoch)
  if (version >= 3) w.int32(m.generationIdOrMemberEpoch ?? -1)
  if (version >= 3) w.string(true, m.memberId ?? '')
  if (version >= 3) w.string(true, m.groupInstanceId ?? null)
  w.array(version, flexible, m.topics, encodeTxnOffsetCommitRequestTopic)
  if (flexible) w.uvarint(0)
}

export interface TxnOffsetCommitRequestTopic {
  readonly name: string
  readonly topicId: string
  readonly partitions: readonly TxnOffsetCommitRequestPartition[]
}
export interface TxnOffsetCommitRequestTopicInput {
  readonly name?: string
  readonly topicId?: string
  readonly partitions: readonly TxnOffsetCommitRequestPartitionInput[]
}

export function decodeTxnOffsetCommitRequestTopic(r: WireReader, version: number): TxnOffsetCommitRequestTopic {
  const flexible = version >= 3
  const name = version <= 5 ? r.string(flexible) : ''
  const topicId = version >= 6 ? r.uuid() : zeroUuid
  const partitions = r.array(version, flexible, decodeTxnOffsetCommitRequestPartition)
  if (flexible) r.skipTags()
  return { name, topicId, partitions }
}

export function encodeTxnOffsetCommitRequestTopic(w: WireWriter, version: number, m: TxnOffsetCommitRequestTopicInput): void {
  const flexible = version >= 3
  if (version <= 5) w.string(flexible, m.name ?? '')
  if (version >= 6) w.uuid(m.topicId ?? zeroUuid)
  w.array(version, flexible, m.partitions, encodeTxnOffsetCommitRequestPartition)
  if (flexible) w.uvarint(0)
}

export interface TxnOffsetCommitRequestPartition {
  readonly partitionIndex: number
  readonly committedOffset: number
  readonly committedLeaderEpoch: number
  readonly committedMetadata: string | null
}
export interface TxnOffsetCommitRequestPartitionInput {
  readonly partitionIndex: number
  readonly committedOffset: number
  readonly committedLeaderEpoch?: number
  readonly committedMetadata: string | null
}

export function decodeTxnOffsetCommitRequestPartition(r: WireReader, version: number): TxnOffsetCommitRequestPartition {
  const flexible = version >= 3
  const partitionIndex = r.int32()
  const committedOffset = r.long()
  const committedLeaderEpoch = version >= 2 ? r.int32() : -1
  const committedMetadata = r.stringOrNull(flexible)
  if (flexible) r.skipTags()
  return { partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata }
}

export function encodeTxnOffsetCommitRequestPartition(w: WireWriter, version: number, m: TxnOffsetCommitRequestPartitionInput): void {
  const flexible = version >= 3
  w.int32(m.partitionIndex)
  w.long(m.committedOffset)
  if (version >= 2) w.int32(m.committedLeaderEpoch ?? -1)
  w.string(flexible, m.committedMetadata)
  if (flexible) w.uvarint(0)
}

/** Versions 0 to 6, flexible from 3. */
export interface TxnOffsetCommitResponse {
  readonly throttleTimeMs: number
  readonly topics: readonly TxnOffsetCommitResponseTopic[]
}
export interface TxnOffsetCommitResponseInput {
  readonly throttleTimeMs?: number
  readonly topics: readonly TxnOffsetCommitResponseTopicInput[]
}

export function decodeTxnOffsetCommitResponse(r: WireReader, version: number): TxnOffsetCommitResponse {
  const flexible = version >= 3
  const throttleTimeMs = r.int32()
  const topics = r.array(version, flexible, decodeTxnOffsetCommitResponseTopic)
  if (flexible) r.skipTags()
  return { throttleTimeMs, topics }
}

export function encodeTxnOffsetCommitResponse(w: WireWriter, version: number, m: TxnOffsetCommitResponseInput): void {
  const flexible = version >= 3
  w.int32(m.throttleTimeMs ?? 0)
  w.array(version, flexible, m.topics, encodeTxnOffsetCommitResponseTopic)
  if (flexible) w.uvarint(0)
}

export interface TxnOffsetCommitResponseTopic {
  readonly name: string
  readonly topicId: string
  readonly partitions: readonly TxnOffsetCommitResponsePartition[]
}
export interface TxnOffsetCommitResponseTopicInput {
  readonly name?: string
  readonly topicId?: string
  readonly partitions: readonly TxnOffsetCommitResponsePartitionInput[]
}

export function decodeTxnOffsetCommitResponseTopic(r: WireReader, version: number): TxnOffsetCommitResponseTopic {
  const flexible = version >= 3
  const name = version <= 5 ? r.string(flexible) : ''
  const topicId = version >= 6 ? r.uuid() : zeroUuid
  const partitions = r.array(version, flexible, decodeTxnOffsetCommitResponsePartition)
  if (flexible) r.skipTags()
  return { name, topicId, partitions }
}

export function encodeTxnOffsetCommitResponseTopic(w: WireWriter, version: number, m: TxnOffsetCommitResponseTopicInput): void {
  const flexible = version >= 3
  if (version <= 5) w.string(flexible, m.name ?? '')
  if (version >= 6) w.uuid(m.topicId ?? zeroUuid)
  w.array(version, flexible, m.partitions, encodeTxnOffsetCommitResponsePartition)
  if (flexible) w.uvarint(0)
}

export interface TxnOffsetCommitResponsePartition {
  readonly partitionIndex: number
  readonly errorCode: number
}
export interface TxnOffsetCommitResponsePartitionInput {
  readonly partitionIndex: number
  readonly errorCode: number
}

export function decodeTxnOffsetCommitResponsePartition(r: WireReader, version: number): TxnOffsetCommitResponsePartition {
  const flexible = version >= 3
  const partitionIndex = r.int32()
  const errorCode = r.int16()
  if (flexible) r.skipTags()
  return { partitionIndex, errorCode }
}

export function encodeTxnOffsetCommitResponsePartition(w: WireWriter, version: number, m: TxnOffsetCommitResponsePartitionInput): void {
  const flexible = version >= 3
  w.int32(m.partitionIndex)
  w.int16(m.errorCode)
  if (flexible) w.uvarint(0)
}
