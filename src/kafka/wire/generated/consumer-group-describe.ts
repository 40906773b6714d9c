// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import { readCompactString, readInt32 } from '../reader.ts'
import type { WireReader } from '../reader.ts'
import { writeCompactString, writeInt32 } from '../writer.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 1, flexible from 0. */
export interface ConsumerGroupDescribeRequest {
  readonly groupIds: readonly string[]
  readonly includeAuthorizedOperations: boolean
}
export interface ConsumerGroupDescribeRequestInput {
  readonly groupIds: readonly string[]
  readonly includeAuthorizedOperations: boolean
}

export function decodeConsumerGroupDescribeRequest(r: WireReader, version: number): ConsumerGroupDescribeRequest {
  const groupIds = r.array(version, true, readCompactString)
  const includeAuthorizedOperations = r.bool()
  r.skipTags()
  return { groupIds, includeAuthorizedOperations }
}

export function encodeConsumerGroupDescribeRequest(w: WireWriter, version: number, m: ConsumerGroupDescribeRequestInput): void {
  w.array(version, true, m.groupIds, writeCompactString)
  w.bool(m.includeAuthorizedOperations)
  w.uvarint(0)
}

/** Versions 0 to 1, flexible from 0. */
export interface ConsumerGroupDescribeResponse {
  readonly throttleTimeMs: number
  readonly groups: readonly DescribedGroup[]
}
export interface ConsumerGroupDescribeResponseInput {
  readonly throttleTimeMs: number
  readonly groups: readonly DescribedGroupInput[]
}

export function decodeConsumerGroupDescribeResponse(r: WireReader, version: number): ConsumerGroupDescribeResponse {
  const throttleTimeMs = r.int32()
  const groups = r.array(version, true, decodeDescribedGroup)
  r.skipTags()
  return { throttleTimeMs, groups }
}

export function encodeConsumerGroupDescribeResponse(w: WireWriter, version: number, m: ConsumerGroupDescribeResponseInput): void {
  w.int32(m.throttleTimeMs)
  w.array(version, true, m.groups, encodeDescribedGroup)
  w.uvarint(0)
}

export interface DescribedGroup {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly groupId: string
  readonly groupState: string
  readonly groupEpoch: number
  readonly assignmentEpoch: number
  readonly assignorName: string
  readonly members: readonly Member[]
  readonly authorizedOperations: number
}
export interface DescribedGroupInput {
  readonly errorCode: number
  readonly errorMessage?: string | null
  readonly groupId: string
  readonly groupState: string
  readonly groupEpoch: number
  readonly assignmentEpoch: number
  readonly assignorName: string
  readonly members: readonly MemberInput[]
  readonly authorizedOperations?: number
}

export function decodeDescribedGroup(r: WireReader, version: number): DescribedGroup {
  const errorCode = r.int16()
  const errorMessage = r.stringOrNull(true)
  const groupId = r.string(true)
  const groupState = r.string(true)
  const groupEpoch = r.int32()
  const assignmentEpoch = r.int32()
  const assignorName = r.string(true)
  const members = r.array(version, true, decodeMember)
  const authorizedOperations = r.int32()
  r.skipTags()
  return { errorCode, errorMessage, groupId, groupState, groupEpoch, assignmentEpoch, assignorName, members, authorizedOperations }
}

export function encodeDescribedGroup(w: WireWriter, version: number, m: DescribedGroupInput): void {
  w.int16(m.errorCode)
  w.string(true, m.errorMessage ?? null)
  w.string(true, m.groupId)
  w.string(true, m.groupState)
  w.int32(m.groupEpoch)
  w.int32(m.assignmentEpoch)
  w.string(true, m.assignorName)
  w.array(version, true, m.members, encodeMember)
  w.int32(m.authorizedOperations ?? -2147483648)
  w.uvarint(0)
}

export interface Member {
  readonly memberId: string
  readonly instanceId: string | null
  readonly rackId: string | null
  readonly memberEpoch: number
  readonly clientId: string
  readonly clientHost: string
  readonly subscribedTopicNames: readonly string[]
  readonly subscribedTopicRegex: string | null
  readonly assignment: Assignment
  readonly targetAssignment: TargetAssignment
  readonly memberType: number
}
export interface MemberInput {
  readonly memberId: string
  readonly instanceId?: string | null
  readonly rackId?: string | null
  readonly memberEpoch: number
  readonly clientId: string
  readonly clientHost: string
  readonly subscribedTopicNames: readonly string[]
  readonly subscribedTopicRegex?: string | null
  readonly assignment: AssignmentInput
  readonly targetAssignment: TargetAssignmentInput
  readonly memberType?: number
}

export function decodeMember(r: WireReader, version: number): Member {
  const memberId = r.string(true)
  const instanceId = r.stringOrNull(true)
  const rackId = r.stringOrNull(true)
  const memberEpoch = r.int32()
  const clientId = r.string(true)
  const clientHost = r.string(true)
  const subscribedTopicNames = r.array(version, true, readCompactString)
  const subscribedTopicRegex = r.stringOrNull(true)
  const assignment = decodeAssignment(r, version)
  const targetAssignment = decodeTargetAssignment(r, version)
  const memberType = version >= 1 ? r.int8() : -1
  r.skipTags()
  return { memberId, instanceId, rackId, memberEpoch, clientId, clientHost, subscribedTopicNames, subscribedTopicRegex, assignment, targetAssignment, memberType }
}

export function encodeMember(w: WireWriter, version: number, m: MemberInput): void {
  w.string(true, m.memberId)
  w.string(true, m.instanceId ?? null)
  w.string(true, m.rackId ?? null)
  w.int32(m.memberEpoch)
  w.string(true, m.clientId)
  w.string(true, m.clientHost)
  w.array(version, true, m.subscribedTopicNames, writeCompactString)
  w.string(true, m.subscribedTopicRegex ?? null)
  encodeAssignment(w, version, m.assignment)
  encodeTargetAssignment(w, version, m.targetAssignment)
  if (version >= 1) w.int8(m.memberType ?? -1)
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
  readonly topicName: string
  readonly partitions: readonly number[]
}
export interface TopicPartitionsInput {
  readonly topicId: string
  readonly topicName: string
  readonly partitions: readonly number[]
}

export function decodeTopicPartitions(r: WireReader, version: number): TopicPartitions {
  const topicId = r.uuid()
  const topicName = r.string(true)
  const partitions = r.array(version, true, readInt32)
  r.skipTags()
  return { topicId, topicName, partitions }
}

export function encodeTopicPartitions(w: WireWriter, version: number, m: TopicPartitionsInput): void {
  w.uuid(m.topicId)
  w.string(true, m.topicName)
  w.array(version, true, m.partitions, writeInt32)
  w.uvarint(0)
}

export interface TargetAssignment {
  readonly topicPartitions: readonly TargetTopicPartitions[]
}
export interface TargetAssignmentInput {
  readonly topicPartitions: readonly TargetTopicPartitionsInput[]
}

export function decodeTargetAssignment(r: WireReader, version: number): TargetAssignment {
  const topicPartitions = r.array(version, true, decodeTargetTopicPartitions)
  r.skipTags()
  return { topicPartitions }
}

export function encodeTargetAssignment(w: WireWriter, version: number, m: TargetAssignmentInput): void {
  w.array(version, true, m.topicPartitions, encodeTargetTopicPartitions)
  w.uvarint(0)
}

export interface TargetTopicPartitions {
  readonly topicId: string
  readonly topicName: string
  readonly partitions: readonly number[]
}
export interface TargetTopicPartitionsInput {
  readonly topicId: string
  readonly topicName: string
  readonly partitions: readonly number[]
}

export function decodeTargetTopicPartitions(r: WireReader, version: number): TargetTopicPartitions {
  const topicId = r.uuid()
  const topicName = r.string(true)
  const partitions = r.array(version, true, readInt32)
  r.skipTags()
  return { topicId, topicName, partitions }
}

export function encodeTargetTopicPartitions(w: WireWriter, version: number, m: TargetTopicPartitionsInput): void {
  w.uuid(m.topicId)
  w.string(true, m.topicName)
  w.array(version, true, m.partitions, writeInt32)
  w.uvarint(0)
}
