// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import { readCompactString, readInt32 } from '../reader.ts'
import type { WireReader } from '../reader.ts'
import { writeCompactString, writeInt32 } from '../writer.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 1, flexible from 0. */
export interface ConsumerGroupHeartbeatRequest {
  readonly groupId: string
  readonly memberId: string
  readonly memberEpoch: number
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly rebalanceTimeoutMs: number
  readonly subscribedTopicNames: readonly string[] | null
  readonly subscribedTopicRegex: string | null
  readonly serverAssignor: string | null
  readonly topicPartitions: readonly OwnedTopicPartitions[] | null
}
export interface ConsumerGroupHeartbeatRequestInput {
  readonly groupId: string
  readonly memberId: string
  readonly memberEpoch: number
  readonly instanceId?: string | null
  readonly rackId?: string | null
  readonly rebalanceTimeoutMs?: number
  readonly subscribedTopicNames?: readonly string[] | null
  readonly subscribedTopicRegex?: string | null
  readonly serverAssignor?: string | null
  readonly topicPartitions?: readonly OwnedTopicPartitionsInput[] | null
}

export function decodeConsumerGroupHeartbeatRequest(r: WireReader, version: number): ConsumerGroupHeartbeatRequest {
  const groupId = r.string(true)
  const memberId = r.string(true)
  const memberEpoch = r.int32()
  const instanceId = r.stringOrNull(true)
  const rackId = r.stringOrNull(true)
  const rebalanceTimeoutMs = r.int32()
  const subscribedTopicNames = r.arrayOrNull(version, true, readCompactString)
  const subscribedTopicRegex = version >= 1 ? r.stringOrNull(true) : null
  const serverAssignor = r.stringOrNull(true)
  const topicPartitions = r.arrayOrNull(version, true, decodeOwnedTopicPartitions)
  r.skipTags()
  return { groupId, memberId, memberEpoch, instanceId, rackId, rebalanceTimeoutMs, subscribedTopicNames, subscribedTopicRegex, serverAssignor, topicPartitions }
}

export function encodeConsumerGroupHeartbeatRequest(w: WireWriter, version: number, m: ConsumerGroupHeartbeatRequestInput): void {
  w.string(true, m.groupId)
  w.string(true, m.memberId)
  w.int32(m.memberEpoch)
  w.string(true, m.instanceId ?? null)
  w.string(true, m.rackId ?? null)
  w.int32(m.rebalanceTimeoutMs ?? -1)
  w.array(version, true, m.subscribedTopicNames ?? null, writeCompactString)
  if (version >= 1) w.string(true, m.subscribedTopicRegex ?? null)
  w.string(true, m.serverAssignor ?? null)
  w.array(version, true, m.topicPartitions ?? null, encodeOwnedTopicPartitions)
  w.uvarint(0)
}

export interface OwnedTopicPartitions {
  readonly topicId: string
  readonly partitions: readonly number[]
}
export interface OwnedTopicPartitionsInput {
  readonly topicId: string
  readonly partitions: readonly number[]
}

export function decodeOwnedTopicPartitions(r: WireReader, version: number): OwnedTopicPartitions {
  const topicId = r.uuid()
  const partitions = r.array(version, true, readInt32)
  r.skipTags()
  return { topicId, partitions }
}

export function encodeOwnedTopicPartitions(w: WireWriter, version: number, m: OwnedTopicPartitionsInput): void {
  w.uuid(m.topicId)
  w.array(version, true, m.partitions, writeInt32)
  w.uvarint(0)
}

/** Versions 0 to 1, flexible from 0. */
export interface ConsumerGroupHeartbeatResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly memberId: string | null
  readonly memberEpoch: number
  readonly heartbeatIntervalMs: number
  readonly assignment: Assignment | null
}
export interface ConsumerGroupHeartbeatResponseInput {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly errorMessage?: string | null
  readonly memberId?: string | null
  readonly memberEpoch: number
  readonly heartbeatIntervalMs: number
  readonly assignment?: AssignmentInput | null
}

export function decodeConsumerGroupHeartbeatResponse(r: WireReader, version: number): ConsumerGroupHeartbeatResponse {
  const throttleTimeMs = r.int32()
  const errorCode = r.int16()
  const errorMessage = r.stringOrNull(true)
  const memberId = r.stringOrNull(true)
  const memberEpoch = r.int32()
  const heartbeatIntervalMs = r.int32()
  const assignment = r.structOrNull(version, decodeAssignment)
  r.skipTags()
  return { throttleTimeMs, errorCode, errorMessage, memberId, memberEpoch, heartbeatIntervalMs, assignment }
}

export function encodeConsumerGroupHeartbeatResponse(w: WireWriter, version: number, m: ConsumerGroupHeartbeatResponseInput): void {
  w.int32(m.throttleTimeMs)
  w.int16(m.errorCode)
  w.string(true, m.errorMessage ?? null)
  w.string(true, m.memberId ?? null)
  w.int32(m.memberEpoch)
  w.int32(m.heartbeatIntervalMs)
  w.structOrNull(version, m.assignment ?? null, encodeAssignment)
  w.uvarint(0)
}

export interface Assignment {
  readonly topicPartitions: readonly TopicPartitions[]
}
export interface AssignmentInput {
  readonly topicPartitions: readonly TopicPartitionsInput[]
}

export function decodeAssignment(r: WireReader, version: number): Assignment {
  const topicPartitions = r.array(version, true, decodeTopicPartitions)
  r.skipTags()
  return { topicPartitions }
}

export function encodeAssignment(w: WireWriter, version: number, m: AssignmentInput): void {
  w.array(version, true, m.topicPartitions, encodeTopicPartitions)
  w.uvarint(0)
}

export interface TopicPartitions {
  readonly topicId: string
  readonly partitions: readonly number[]
}
export interface TopicPartitionsInput {
  readonly topicId: string
  readonly partitions: readonly number[]
}

export function decodeTopicPartitions(r: WireReader, version: number): TopicPartitions {
  const topicId = r.uuid()
  const partitions = r.array(version, true, readInt32)
  r.skipTags()
  return { topicId, partitions }
}

export function encodeTopicPartitions(w: WireWriter, version: number, m: TopicPartitionsInput): void {
  w.uuid(m.topicId)
  w.array(version, true, m.partitions, writeInt32)
  w.uvarint(0)
}
