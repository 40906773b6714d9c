// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import { zeroUuid } from '../reader.ts'
import type { WireReader } from '../reader.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 2 to 10, flexible from 8. */
export interface OffsetCommitRequest {
  readonly groupId: string
  readonly generationIdOrMemberEpoch: number
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly retentionTimeMs: number
  readonly topics: readonly OffsetCommitRequestTopic[]
}
export interface OffsetCommitRequestInput {
  readonly groupId: string
  readonly generationIdOrMemberEpoch?: number
  readonly memberId: string
  readonly groupInstanceId?: string | null
  readonly retentionTimeMs?: number
  readonly topics: readonly OffsetCommitRequestTopicInput[]
}

export function decodeOffsetCommitRequest(r: WireReader, version: number): OffsetCommitRequest {
  const flexible = version >= 8
  const groupId = r.string(flexible)
  const generationIdOrMemberEpoch = r.int32()
  const memberId = r.string(flexible)
  const groupInstanceId = version >= 7 ? r.stringOrNull(flexible) : null
  const retentionTimeMs = version <= 4 ? r.long() : -1
  const topics = r.array(version, flexible, decodeOffsetCommitRequestTopic)
  if (flexible) r.skipTags()
  return { groupId, generationIdOrMemberEpoch, memberId, groupInstanceId, retentionTimeMs, topics }
}

export function encodeOffsetCommitRequest(w: WireWriter, version: number, m: OffsetCommitRequestInput): void {
  const flexible = version >= 8
  w.string(flexible, m.groupId)
  w.int32(m.generationIdOrMemberEpoch ?? -1)
  w.string(flexible, m.memberId)
  if (version >= 7) w.string(flexible, m.groupInstanceId ?? null)
  if (version <= 4) w.long(m.retentionTimeMs ?? -1)
  w.array(version, flexible, m.topics, encodeOffsetCommitRequestTopic)
  if (flexible) w.uvarint(0)
}

export interface OffsetCommitRequestTopic {
  readonly name: string
  readonly topicId: string
  readonly partitions: readonly OffsetCommitRequestPartition[]
}
export interface OffsetCommitRequestTopicInput {
  readonly name?: string
  readonly topicId?: string
  readonly partitions: readonly OffsetCommitRequestPartitionInput[]
}

export function decodeOffsetCommitRequestTopic(r: WireReader, version: number): OffsetCommitRequestTopic {
  const flexible = version >= 8
  const name = version <= 9 ? r.string(flexible) : ''
  const topicId = version >= 10 ? r.uuid() : zeroUuid
  const partitions = r.array(version, flexible, decodeOffsetCommitRequestPartition)
  if (flexible) r.skipTags()
  return { name, topicId, partitions }
}

export function encodeOffsetCommitRequestTopic(w: WireWriter, version: number, m: OffsetCommitRequestTopicInput): void {
  const flexible = version >= 8
  if (version <= 9) w.string(flexible, m.name ?? '')
  if (version >= 10) w.uuid(m.topicId ?? zeroUuid)
  w.array(version, flexible, m.partitions, encodeOffsetCommitRequestPartition)
  if (flexible) w.uvarint(0)
}

export interface OffsetCommitRequestPartition {
  readonly partitionIndex: number
  readonly committedOffset: number
  readonly committedLeaderEpoch: number
  readonly committedMetadata: string | null
}
export interface OffsetCommitRequestPartitionInput {
  readonly partitionIndex: number
  readonly committedOffset: number
  readonly committedLeaderEpoch?: number
  readonly committedMetadata: string | null
}

export function decodeOffsetCommitRequestPartition(r: WireReader, version: number): OffsetCommitRequestPartition {
  const flexible = version >= 8
  const partitionIndex = r.int32()
  const committedOffset = r.long()
  const committedLeaderEpoch = version >= 6 ? r.int32() : -1
  const committedMetadata = r.stringOrNull(flexible)
  if (flexible) r.skipTags()
  return { partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata }
}

export function encodeOffsetCommitRequestPartition(w: WireWriter, version: number, m: OffsetCommitRequestPartitionInput): void {
  const flexible = version >= 8
  w.int32(m.partitionIndex)
  w.long(m.committedOffset)
  if (version >= 6) w.int32(m.committedLeaderEpoch ?? -1)
  w.string(flexible, m.committedMetadata)
  if (flexible) w.uvarint(0)
}

/** Versions 2 to 10, flexible from 8. */
export interface OffsetCommitResponse {
  readonly throttleTimeMs: number
  readonly topics: readonly OffsetCommitResponseTopic[]
}
export interface OffsetCommitResponseInput {
  readonly throttleTimeMs?: number
  readonly topics: readonly OffsetCommitResponseTopicInput[]
}

export function decodeOffsetCommitResponse(r: WireReader, version: number): OffsetCommitResponse {
  const flexible = version >= 8
  const throttleTimeMs = version >= 3 ? r.int32() : 0
  const topics = r.array(version, flexible, decodeOffsetCommitResponseTopic)
  if (flexible) r.skipTags()
  return { throttleTimeMs, topics }
}

export function encodeOffsetCommitResponse(w: WireWriter, version: number, m: OffsetCommitResponseInput): void {
  const flexible = version >= 8
  if (version >= 3) w.int32(m.throttleTimeMs ?? 0)
  w.array(version, flexible, m.topics, encodeOffsetCommitResponseTopic)
  if (flexible) w.uvarint(0)
}

export interface OffsetCommitResponseTopic {
  readonly name: string
  readonly topicId: string
  readonly partitions: readonly OffsetCommitResponsePartition[]
}
export interface OffsetCommitResponseTopicInput {
  readonly name?: string
  readonly topicId?: string
  readonly partitions: readonly OffsetCommitResponsePartitionInput[]
}

export function decodeOffsetCommitResponseTopic(r: WireReader, version: number): OffsetCommitResponseTopic {
  const flexible = version >= 8
  const name = version <= 9 ? r.string(flexible) : ''
  const topicId = version >= 10 ? r.uuid() : zeroUuid
  const partitions = r.array(version, flexible, decodeOffsetCommitResponsePartition)
  if (flexible) r.skipTags()
  return { name, topicId, partitions }
}

export function encodeOffsetCommitResponseTopic(w: WireWriter, version: number, m: OffsetCommitResponseTopicInput): void {
  const flexible = version >= 8
  if (version <= 9) w.string(flexible, m.name ?? '')
  if (version >= 10) w.uuid(m.topicId ?? zeroUuid)
  w.array(version, flexible, m.partitions, encodeOffsetCommitResponsePartition)
  if (flexible) w.uvarint(0)
}

export interface OffsetCommitResponsePartition {
  readonly partitionIndex: number
  readonly errorCode: number
}
export interface OffsetCommitResponsePartitionInput {
  readonly partitionIndex: number
  readonly errorCode: number
}

export function decodeOffsetCommitResponsePartition(r: WireReader, version: number): OffsetCommitResponsePartition {
  const flexible = version >= 8
  const partitionIndex = r.int32()
  const errorCode = r.int16()
  if (flexible) r.skipTags()
  return { partitionIndex, errorCode }
}

export function encodeOffsetCommitResponsePartition(w: WireWriter, version: number, m: OffsetCommitResponsePartitionInput): void {
  const flexible = version >= 8
  w.int32(m.partitionIndex)
  w.int16(m.errorCode)
  if (flexible) w.uvarint(0)
}
