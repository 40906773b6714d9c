// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import { readInt32, zeroUuid } from '../reader.ts'
import type { WireReader } from '../reader.ts'
import { writeInt32 } from '../writer.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 1 to 10, flexible from 6. */
export interface OffsetFetchRequest {
  readonly groupId: string
  readonly topics: readonly OffsetFetchRequestTopic[] | null
  readonly groups: readonly OffsetFetchRequestGroup[]
  readonly requireStable: boolean
}
export interface OffsetFetchRequestInput {
  readonly groupId?: string
  readonly topics?: readonly OffsetFetchRequestTopicInput[] | null
  readonly groups?: readonly OffsetFetchRequestGroupInput[]
  readonly requireStable?: boolean
}

export function decodeOffsetFetchRequest(r: WireReader, version: number): OffsetFetchRequest {
  const flexible = version >= 6
  const groupId = version <= 7 ? r.string(flexible) : ''
  const topics = version <= 7 ? version >= 2 ? r.arrayOrNull(version, flexible, decodeOffsetFetchRequestTopic) : r.array(version, flexible, decodeOffsetFetchRequestTopic) : []
  const groups = version >= 8 ? r.array(version, true, decodeOffsetFetchRequestGroup) : []
  const requireStable = version >= 7 ? r.bool() : false
  if (flexible) r.skipTags()
  return { groupId, topics, groups, requireStable }
}

export function encodeOffsetFetchRequest(w: WireWriter, version: number, m: OffsetFetchRequestInput): void {
  const flexible = version >= 6
  if (version <= 7) w.string(flexible, m.groupId ?? '')
  if (version <= 7) w.array(version, flexible, m.topics === undefined ? [] : m.topics, encodeOffsetFetchRequestTopic)
  if (version >= 8) w.array(version, true, m.groups ?? [], encodeOffsetFetchRequestGroup)
  if (version >= 7) w.bool(m.requireStable ?? false)
  if (flexible) w.uvarint(0)
}

export interface OffsetFetchRequestTopic {
  readonly name: string
  readonly partitionIndexes: readonly number[]
}
export interface OffsetFetchRequestTopicInput {
  readonly name: string
  readonly partitionIndexes: readonly number[]
}

export function decodeOffsetFetchRequestTopic(r: WireReader, version: number): OffsetFetchRequestTopic {
  const flexible = version >= 6
  const name = r.string(flexible)
  const partitionIndexes = r.array(version, flexible, readInt32)
  if (flexible) r.skipTags()
  return { name, partitionIndexes }
}

export function encodeOffsetFetchRequestTopic(w: WireWriter, version: number, m: OffsetFetchRequestTopicInput): void {
  const flexible = version >= 6
  w.string(flexible, m.name)
  w.array(version, flexible, m.partitionIndexes, writeInt32)
  if (flexible) w.uvarint(0)
}

export interface OffsetFetchRequestGroup {
  readonly groupId: string
  readonly memberId: string | null
  readonly memberEpoch: number
  readonly topics: readonly OffsetFetchRequestTopics[] | null
}
export interface OffsetFetchRequestGroupInput {
  readonly groupId: string
  readonly memberId?: string | null
  readonly memberEpoch?: number
  readonly topics: readonly OffsetFetchRequestTopicsInput[] | null
}

export function decodeOffsetFetchRequestGroup(r: WireReader, version: number): OffsetFetchRequestGroup {
  const groupId = r.string(true)
  const memberId = version >= 9 ? r.stringOrNull(true) : null
  const memberEpoch = version >= 9 ? r.int32() : -1
  const topics = r.arrayOrNull(version, true, decodeOffsetFetchRequestTopics)
  r.skipTags()
  return { groupId, memberId, memberEpoch, topics }
}

export function encodeOffsetFetchRequestGroup(w: WireWriter, version: number, m: OffsetFetchRequestGroupInput): void {
  w.string(true, m.groupId)
  if (version >= 9) w.string(true, m.memberId ?? null)
  if (version >= 9) w.int32(m.memberEpoch ?? -1)
  w.array(version, true, m.topics, encodeOffsetFetchRequestTopics)
  w.uvarint(0)
}

export interface OffsetFetchRequestTopics {
  readonly name: string
  readonly topicId: string
  readonly partitionIndexes: readonly number[]
}
export interface OffsetFetchRequestTopicsInput {
  readonly name?: string
  readonly topicId?: string
  readonly partitionIndexes: readonly number[]
}

export function decodeOffsetFetchRequestTopics(r: WireReader, version: number): OffsetFetchRequestTopics {
  const name = version <= 9 ? r.string(true) : ''
  const topicId = version >= 10 ? r.uuid() : zeroUuid
  const partitionIndexes = r.array(version, true, readInt32)
  r.skipTags()
  return { name, topicId, partitionIndexes }
}

export function encodeOffsetFetchRequestTopics(w: WireWriter, version: number, m: OffsetFetchRequestTopicsInput): void {
  if (version <= 9) w.string(true, m.name ?? '')
  if (version >= 10) w.uuid(m.topicId ?? zeroUuid)
  w.array(version, true, m.partitionIndexes, writeInt32)
  w.uvarint(0)
}

/** Versions 1 to 10, flexible from 6. */
export interface OffsetFetchResponse {
  readonly throttleTimeMs: number
  readonly topics: readonly OffsetFetchResponseTopic[]
  readonly errorCode: number
  readonly groups: readonly OffsetFetchResponseGroup[]
}
export interface OffsetFetchResponseInput {
  readonly throttleTimeMs?: number
  readonly topics?: readonly OffsetFetchResponseTopicInput[]
  readonly errorCode?: number
  readonly groups?: readonly OffsetFetchResponseGroupInput[]
}

export function decodeOffsetFetchResponse(r: WireReader, version: number): OffsetFetchResponse {
  const flexible = version >= 6
  const throttleTimeMs = version >= 3 ? r.int32() : 0
  const topics = version <= 7 ? r.array(version, flexible, decodeOffsetFetchResponseTopic) : []
  const errorCode = version >= 2 && version <= 7 ? r.int16() : 0
  const groups = version >= 8 ? r.array(version, true, decodeOffsetFetchResponseGroup) : []
  if (flexible) r.skipTags()
  return { throttleTimeMs, topics, errorCode, groups }
}

export function encodeOffsetFetchResponse(w: WireWriter, version: number, m: OffsetFetchResponseInput): void {
  const flexible = version >= 6
  if (version >= 3) w.int32(m.throttleTimeMs ?? 0)
  if (version <= 7) w.array(version, flexible, m.topics ?? [], encodeOffsetFetchResponseTopic)
  if (version >= 2 && version <= 7) w.int16(m.errorCode ?? 0)
  if (version >= 8) w.array(version, true, m.groups ?? [], encodeOffsetFetchResponseGroup)
  if (flexible) w.uvarint(0)
}

export interface OffsetFetchResponseTopic {
  readonly name: string
  readonly partitions: readonly OffsetFetchResponsePartition[]
}
export interface OffsetFetchResponseTopicInput {
  readonly name: string
  readonly partitions: readonly OffsetFetchResponsePartitionInput[]
}

export function decodeOffsetFetchResponseTopic(r: WireReader, version: number): OffsetFetchResponseTopic {
  const flexible = version >= 6
  const name = r.string(flexible)
  const partitions = r.array(version, flexible, decodeOffsetFetchResponsePartition)
  if (flexible) r.skipTags()
  return { name, partitions }
}

export function encodeOffsetFetchResponseTopic(w: WireWriter, version: number, m: OffsetFetchResponseTopicInput): void {
  const flexible = version >= 6
  w.string(flexible, m.name)
  w.array(version, flexible, m.partitions, encodeOffsetFetchResponsePartition)
  if (flexible) w.uvarint(0)
}

export interface OffsetFetchResponsePartition {
  readonly partitionIndex: number
  readonly committedOffset: number
  readonly committedLeaderEpoch: number
  readonly metadata: string | null
  readonly errorCode: number
}
export interface OffsetFetchResponsePartitionInput {
  readonly partitionIndex: number
  readonly committedOffset: number
  readonly committedLeaderEpoch?: number
  readonly metadata: string | null
  readonly errorCode: number
}

export function decodeOffsetFetchResponsePartition(r: WireReader, version: number): OffsetFetchResponsePartition {
  const flexible = version >= 6
  const partitionIndex = r.int32()
  const committedOffset = r.long()
  const committedLeaderEpoch = version >= 5 ? r.int32() : -1
  const metadata = r.stringOrNull(flexible)
  const errorCode = r.int16()
  if (flexible) r.skipTags()
  return { partitionIndex, committedOffset, committedLeaderEpoch, metadata, errorCode }
}

export function encodeOffsetFetchResponsePartition(w: WireWriter, version: number, m: OffsetFetchResponsePartitionInput): void {
  const flexible = version >= 6
  w.int32(m.partitionIndex)
  w.long(m.committedOffset)
  if (version >= 5) w.int32(m.committedLeaderEpoch ?? -1)
  w.string(flexible, m.metadata)
  w.int16(m.errorCode)
  if (flexible) w.uvarint(0)
}

export interface OffsetFetchResponseGroup {
  readonly groupId: string
  readonly topics: readonly OffsetFetchResponseTopics[]
  readonly errorCode: number
}
export interface OffsetFetchResponseGroupInput {
  readonly groupId: string
  readonly topics: readonly OffsetFetchResponseTopicsInput[]
  readonly errorCode: number
}

export function decodeOffsetFetchResponseGroup(r: WireReader, version: number): OffsetFetchResponseGroup {
  const groupId = r.string(true)
  const topics = r.array(version, true, decodeOffsetFetchResponseTopics)
  const errorCode = r.int16()
  r.skipTags()
  return { groupId, topics, errorCode }
}

export function encodeOffsetFetchResponseGroup(w: WireWriter, version: number, m: OffsetFetchResponseGroupInput): void {
  w.string(true, m.groupId)
  w.array(version, true, m.topics, encodeOffsetFetchResponseTopics)
  w.int16(m.errorCode)
  w.uvarint(0)
}

export interface OffsetFetchResponseTopics {
  readonly name: string
  readonly topicId: string
  readonly partitions: readonly OffsetFetchResponsePartitions[]
}
export interface OffsetFetchResponseTopicsInput {
  readonly name?: string
  readonly topicId?: string
  readonly partitions: readonly OffsetFetchResponsePartitionsInput[]
}

export function decodeOffsetFetchResponseTopics(r: WireReader, version: number): OffsetFetchResponseTopics {
  const name = version <= 9 ? r.string(true) : ''
  const topicId = version >= 10 ? r.uuid() : zeroUuid
  const partitions = r.array(version, true, decodeOffsetFetchResponsePartitions)
  r.skipTags()
  return { name, topicId, partitions }
}

export function encodeOffsetFetchResponseTopics(w: WireWriter, version: number, m: OffsetFetchResponseTopicsInput): void {
  if (version <= 9) w.string(true, m.name ?? '')
  if (version >= 10) w.uuid(m.topicId ?? zeroUuid)
  w.array(version, true, m.partitions, encodeOffsetFetchResponsePartitions)
  w.uvarint(0)
}

export interface OffsetFetchResponsePartitions {
  readonly partitionIndex: number
  readonly committedOffset: number
  readonly committedLeaderEpoch: number
  readonly metadata: string | null
  readonly errorCode: number
}
export interface OffsetFetchResponsePartitionsInput {
  readonly partitionIndex: number
  readonly committedOffset: number
  readonly committedLeaderEpoch?: number
  readonly metadata: string | null
  readonly errorCode: number
}

export function decodeOffsetFetchResponsePartitions(r: WireReader, _version: number): OffsetFetchResponsePartitions {
  const partitionIndex = r.int32()
  const committedOffset = r.long()
  const committedLeaderEpoch = r.int32()
  const metadata = r.stringOrNull(true)
  const errorCode = r.int16()
  r.skipTags()
  return { partitionIndex, committedOffset, committedLeaderEpoch, metadata, errorCode }
}

export function encodeOffsetFetchResponsePartitions(w: WireWriter, _version: number, m: OffsetFetchResponsePartitionsInput): void {
  w.int32(m.partitionIndex)
  w.long(m.committedOffset)
  w.int32(m.committedLeaderEpoch ?? -1)
  w.string(true, m.metadata)
  w.int16(m.errorCode)
  w.uvarint(0)
}
