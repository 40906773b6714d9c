// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import { readInt32 } from '../reader.ts'
import type { WireReader } from '../reader.ts'
import { writeInt32 } from '../writer.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 0, flexible from 0. */
export interface ListPartitionReassignmentsRequest {
  readonly timeoutMs: number
  readonly topics: readonly ListPartitionReassignmentsTopics[] | null
}
export interface ListPartitionReassignmentsRequestInput {
  readonly timeoutMs?: number
  readonly topics?: readonly ListPartitionReassignmentsTopicsInput[] | null
}

export function decodeListPartitionReassignmentsRequest(r: WireReader, version: number): ListPartitionReassignmentsRequest {
  const timeoutMs = r.int32()
  const topics = r.arrayOrNull(version, true, decodeListPartitionReassignmentsTopics)
  r.skipTags()
  return { timeoutMs, topics }
}

export function encodeListPartitionReassignmentsRequest(w: WireWriter, version: number, m: ListPartitionReassignmentsRequestInput): void {
  w.int32(m.timeoutMs ?? 60000)
  w.array(version, true, m.topics ?? null, encodeListPartitionReassignmentsTopics)
  w.uvarint(0)
}

export interface ListPartitionReassignmentsTopics {
  readonly name: string
  readonly partitionIndexes: readonly number[]
}
export interface ListPartitionReassignmentsTopicsInput {
  readonly name: string
  readonly partitionIndexes: readonly number[]
}

export function decodeListPartitionReassignmentsTopics(r: WireReader, version: number): ListPartitionReassignmentsTopics {
  const name = r.string(true)
  const partitionIndexes = r.array(version, true, readInt32)
  r.skipTags()
  return { name, partitionIndexes }
}

export function encodeListPartitionReassignmentsTopics(w: WireWriter, version: number, m: ListPartitionReassignmentsTopicsInput): void {
  w.string(true, m.name)
  w.array(version, true, m.partitionIndexes, writeInt32)
  w.uvarint(0)
}

/** Versions 0 to 0, flexible from 0. */
export interface ListPartitionReassignmentsResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly topics: readonly OngoingTopicReassignment[]
}
export interface ListPartitionReassignmentsResponseInput {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly topics: readonly OngoingTopicReassignmentInput[]
}

export function decodeListPartitionReassignmentsResponse(r: WireReader, version: number): ListPartitionReassignmentsResponse {
  const throttleTimeMs = r.int32()
  const errorCode = r.int16()
  const errorMessage = r.stringOrNull(true)
  const topics = r.array(version, true, decodeOngoingTopicReassignment)
  r.skipTags()
  return { throttleTimeMs, errorCode, errorMessage, topics }
}

export function encodeListPartitionReassignmentsResponse(w: WireWriter, version: number, m: ListPartitionReassignmentsResponseInput): void {
  w.int32(m.throttleTimeMs)
  w.int16(m.errorCode)
  w.string(true, m.errorMessage)
  w.array(version, true, m.topics, encodeOngoingTopicReassignment)
  w.uvarint(0)
}

export interface OngoingTopicReassignment {
  readonly name: string
  readonly partitions: readonly OngoingPartitionReassignment[]
}
export interface OngoingTopicReassignmentInput {
  readonly name: string
  readonly partitions: readonly OngoingPartitionReassignmentInput[]
}

export function decodeOngoingTopicReassignment(r: WireReader, version: number): OngoingTopicReassignment {
  const name = r.string(true)
  const partitions = r.array(version, true, decodeOngoingPartitionReassignment)
  r.skipTags()
  return { name, partitions }
}

export function encodeOngoingTopicReassignment(w: WireWriter, version: number, m: OngoingTopicReassignmentInput): void {
  w.string(true, m.name)
  w.array(version, true, m.partitions, encodeOngoingPartitionReassignment)
  w.uvarint(0)
}

export interface OngoingPartitionReassignment {
  readonly partitionIndex: number
  readonly replicas: readonly number[]
  readonly addingReplicas: readonly number[]
  readonly removingReplicas: readonly number[]
}
export interface OngoingPartitionReassignmentInput {
  readonly partitionIndex: number
  readonly replicas: readonly number[]
  readonly addingReplicas: readonly number[]
  readonly removingReplicas: readonly number[]
}

export function decodeOngoingPartitionReassignment(r: WireReader, version: number): OngoingPartitionReassignment {
  const partitionIndex = r.int32()
  const replicas = r.array(version, true, readInt32)
  const addingReplicas = r.array(version, true, readInt32)
  const removingReplicas = r.array(version, true, readInt32)
  r.skipTags()
  return { partitionIndex, replicas, addingReplicas, removingReplicas }
}

export function encodeOngoingPartitionReassignment(w: WireWriter, version: number, m: OngoingPartitionReassignmentInput): void {
  w.int32(m.partitionIndex)
  w.array(version, true, m.replicas, writeInt32)
  w.array(version, true, m.addingReplicas, writeInt32)
  w.array(version, true, m.removingReplicas, writeInt32)
  w.uvarint(0)
}
