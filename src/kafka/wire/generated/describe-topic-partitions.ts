// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import { readInt32 } from '../reader.ts'
import type { WireReader } from '../reader.ts'
import { writeInt32 } from '../writer.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 0, flexible from 0. */
export interface DescribeTopicPartitionsRequest {
  readonly topics: readonly TopicRequest[]
  readonly responsePartitionLimit: number
  readonly cursor: Cursor | null
}
export interface DescribeTopicPartitionsRequestInput {
  readonly topics: readonly TopicRequestInput[]
  readonly responsePartitionLimit?: number
  readonly cursor?: CursorInput | null
}

export function decodeDescribeTopicPartitionsRequest(r: WireReader, version: number): DescribeTopicPartitionsRequest {
  const topics = r.array(version, true, decodeTopicRequest)
  const responsePartitionLimit = r.int32()
  const cursor = r.structOrNull(version, decodeCursor)
  r.skipTags()
  return { topics, responsePartitionLimit, cursor }
}

export function encodeDescribeTopicPartitionsRequest(w: WireWriter, version: number, m: DescribeTopicPartitionsRequestInput): void {
  w.array(version, true, m.topics, encodeTopicRequest)
  w.int32(m.responsePartitionLimit ?? 2000)
  w.structOrNull(version, m.cursor ?? null, encodeCursor)
  w.uvarint(0)
}

export interface TopicRequest {
  readonly name: string
}
export interface TopicRequestInput {
  readonly name: string
}

export function decodeTopicRequest(r: WireReader, _version: number): TopicRequest {
  const name = r.string(true)
  r.skipTags()
  return { name }
}

export function encodeTopicRequest(w: WireWriter, _version: number, m: TopicRequestInput): void {
  w.string(true, m.name)
  w.uvarint(0)
}

export interface Cursor {
  readonly topicName: string
  readonly partitionIndex: number
}
export interface CursorInput {
  readonly topicName: string
  readonly partitionIndex: number
}

export function decodeCursor(r: WireReader, _version: number): Cursor {
  const topicName = r.string(true)
  const partitionIndex = r.int32()
  r.skipTags()
  return { topicName, partitionIndex }
}

export function encodeCursor(w: WireWriter, _version: number, m: CursorInput): void {
  w.string(true, m.topicName)
  w.int32(m.partitionIndex)
  w.uvarint(0)
}

/** Versions 0 to 0, flexible from 0. */
export interface DescribeTopicPartitionsResponse {
  readonly throttleTimeMs: number
  readonly topics: readonly DescribeTopicPartitionsResponseTopic[]
  readonly nextCursor: NextCursor | null
}
export interface DescribeTopicPartitionsResponseInput {
  readonly throttleTimeMs: number
  readonly topics: readonly DescribeTopicPartitionsResponseTopicInput[]
  readonly nextCursor?: NextCursorInput | null
}

export function decodeDescribeTopicPartitionsResponse(r: WireReader, version: number): DescribeTopicPartitionsResponse {
  const throttleTimeMs = r.int32()
  const topics = r.array(version, true, decodeDescribeTopicPartitionsResponseTopic)
  const nextCursor = r.structOrNull(version, decodeNextCursor)
  r.skipTags()
  return { throttleTimeMs, topics, nextCursor }
}

export function encodeDescribeTopicPartitionsResponse(w: WireWriter, version: number, m: DescribeTopicPartitionsResponseInput): void {
  w.int32(m.throttleTimeMs)
  w.array(version, true, m.topics, encodeDescribeTopicPartitionsResponseTopic)
  w.structOrNull(version, m.nextCursor ?? null, encodeNextCursor)
  w.uvarint(0)
}

export interface DescribeTopicPartitionsResponseTopic {
  readonly errorCode: number
  readonly name: string | null
  readonly topicId: string
  readonly isInternal: boolean
  readonly partitions: readonly DescribeTopicPartitionsResponsePartition[]
  readonly topicAuthorizedOperations: number
}
export interface DescribeTopicPartitionsResponseTopicInput {
  readonly errorCode: number
  readonly name: string | null
  readonly topicId: string
  readonly isInternal?: boolean
  readonly partitions: readonly DescribeTopicPartitionsResponsePartitionInput[]
  readonly topicAuthorizedOperations?: number
}

export function decodeDescribeTopicPartitionsResponseTopic(r: WireReader, version: number): DescribeTopicPartitionsResponseTopic {
  const errorCode = r.int16()
  const name = r.stringOrNull(true)
  const topicId = r.uuid()
  const isInternal = r.bool()
  const partitions = r.array(version, true, decodeDescribeTopicPartitionsResponsePartition)
  const topicAuthorizedOperations = r.int32()
  r.skipTags()
  return { errorCode, name, topicId, isInternal, partitions, topicAuthorizedOperations }
}

export function encodeDescribeTopicPartitionsResponseTopic(w: WireWriter, version: number, m: DescribeTopicPartitionsResponseTopicInput): void {
  w.int16(m.errorCode)
  w.string(true, m.name)
  w.uuid(m.topicId)
  w.bool(m.isInternal ?? false)
  w.array(version, true, m.partitions, encodeDescribeTopicPartitionsResponsePartition)
  w.int32(m.topicAuthorizedOperations ?? -2147483648)
  w.uvarint(0)
}

export interface DescribeTopicPartitionsResponsePartition {
  readonly errorCode: number
  readonly partitionIndex: number
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly replicaNodes: readonly number[]
  readonly isrNodes: readonly number[]
  readonly eligibleLeaderReplicas: readonly number[] | null
  readonly lastKnownElr: readonly number[] | null
  readonly offlineReplicas: readonly number[]
}
export interface DescribeTopicPartitionsResponsePartitionInput {
  readonly errorCode: number
  readonly partitionIndex: number
  readonly leaderId: number
  readonly leaderEpoch?: number
  readonly replicaNodes: readonly number[]
  readonly isrNodes: readonly number[]
  readonly eligibleLeaderReplicas?: readonly number[] | null
  readonly lastKnownElr?: readonly number[] | null
  readonly offlineReplicas: readonly number[]
}

export function decodeDescribeTopicPartitionsResponsePartition(r: WireReader, version: number): DescribeTopicPartitionsResponsePartition {
  const errorCode = r.int16()
  const partitionIndex = r.int32()
  const leaderId = r.int32()
  const leaderEpoch = r.int32()
  const replicaNodes = r.array(version, true, readInt32)
  const isrNodes = r.array(version, true, readInt32)
  const eligibleLeaderReplicas = r.arrayOrNull(version, true, readInt32)
  const lastKnownElr = r.arrayOrNull(version, true, readInt32)
  const offlineReplicas = r.array(version, true, readInt32)
  r.skipTags()
  return { errorCode, partitionIndex, leaderId, leaderEpoch, replicaNodes, isrNodes, eligibleLeaderReplicas, lastKnownElr, offlineReplicas }
}

export function encodeDescribeTopicPartitionsResponsePartition(w: WireWriter, version: number, m: DescribeTopicPartitionsResponsePartitionInput): void {
  w.int16(m.errorCode)
  w.int32(m.partitionIndex)
  w.int32(m.leaderId)
  w.int32(m.leaderEpoch ?? -1)
  w.array(version, true, m.replicaNodes, writeInt32)
  w.array(version, true, m.isrNodes, writeInt32)
  w.array(version, true, m.eligibleLeaderReplicas ?? null, writeInt32)
  w.array(version, true, m.lastKnownElr ?? null, writeInt32)
  w.array(version, true, m.offlineReplicas, writeInt32)
  w.uvarint(0)
}

export interface NextCursor {
  readonly topicName: string
  readonly partitionIndex: number
}
export interface NextCursorInput {
  readonly topicName: string
  readonly partitionIndex: number
}

export function decodeNextCursor(r: WireReader, _version: number): NextCursor {
  const topicName = r.string(true)
  const partitionIndex = r.int32()
  r.skipTags()
  return { topicName, partitionIndex }
}

export function encodeNextCursor(w: WireWriter, _version: number, m: NextCursorInput): void {
  w.string(true, m.topicName)
  w.int32(m.partitionIndex)
  w.uvarint(0)
}
