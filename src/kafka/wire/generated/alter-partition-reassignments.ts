// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import { readInt32 } from '../reader.ts'
import type { WireReader } from '../reader.ts'
import { writeInt32 } from '../writer.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 1, flexible from 0. */
export interface AlterPartitionReassignmentsRequest {
  readonly timeoutMs: number
  readonly allowReplicationFactorChange: boolean
  readonly topics: readonly ReassignableTopic[]
}
export interface AlterPartitionReassignmentsRequestInput {
  readonly timeoutMs?: number
  readonly allowReplicationFactorChange?: boolean
  readonly topics: readonly ReassignableTopicInput[]
}

export function decodeAlterPartitionReassignmentsRequest(r: WireReader, version: number): AlterPartitionReassignmentsRequest {
  const timeoutMs = r.int32()
  const allowReplicationFactorChange = version >= 1 ? r.bool() : true
  const topics = r.array(version, true, decodeReassignableTopic)
  r.skipTags()
  return { timeoutMs, allowReplicationFactorChange, topics }
}

export function encodeAlterPartitionReassignmentsRequest(w: WireWriter, version: number, m: AlterPartitionReassignmentsRequestInput): void {
  w.int32(m.timeoutMs ?? 60000)
  if (version >= 1) w.bool(m.allowReplicationFactorChange ?? true)
  w.array(version, true, m.topics, encodeReassignableTopic)
  w.uvarint(0)
}

export interface ReassignableTopic {
  readonly name: string
  readonly partitions: readonly ReassignablePartition[]
}
export interface ReassignableTopicInput {
  readonly name: string
  readonly partitions: readonly ReassignablePartitionInput[]
}

export function decodeReassignableTopic(r: WireReader, version: number): ReassignableTopic {
  const name = r.string(true)
  const partitions = r.array(version, true, decodeReassignablePartition)
  r.skipTags()
  return { name, partitions }
}

export function encodeReassignableTopic(w: WireWriter, version: number, m: ReassignableTopicInput): void {
  w.string(true, m.name)
  w.array(version, true, m.partitions, encodeReassignablePartition)
  w.uvarint(0)
}

export interface ReassignablePartition {
  readonly partitionIndex: number
  readonly replicas: readonly number[] | null
}
export interface ReassignablePartitionInput {
  readonly partitionIndex: number
  readonly replicas?: readonly number[] | null
}

export function decodeReassignablePartition(r: WireReader, version: number): ReassignablePartition {
  const partitionIndex = r.int32()
  const replicas = r.arrayOrNull(version, true, readInt32)
  r.skipTags()
  return { partitionIndex, replicas }
}

export function encodeReassignablePartition(w: WireWriter, version: number, m: ReassignablePartitionInput): void {
  w.int32(m.partitionIndex)
  w.array(version, true, m.replicas ?? null, writeInt32)
  w.uvarint(0)
}

/** Versions 0 to 1, flexible from 0. */
export interface AlterPartitionReassignmentsResponse {
  readonly throttleTimeMs: number
  readonly allowReplicationFactorChange: boolean
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly responses: readonly ReassignableTopicResponse[]
}
export interface AlterPartitionReassignmentsResponseInput {
  readonly throttleTimeMs: number
  readonly allowReplicationFactorChange?: boolean
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly responses: readonly ReassignableTopicResponseInput[]
}

export function decodeAlterPartitionReassignmentsResponse(r: WireReader, version: number): AlterPartitionReassignmentsResponse {
  const throttleTimeMs = r.int32()
  const allowReplicationFactorChange = version >= 1 ? r.bool() : true
  const errorCode = r.int16()
  const errorMessage = r.stringOrNull(true)
  const responses = r.array(version, true, decodeReassignableTopicResponse)
  r.skipTags()
  return { throttleTimeMs, allowReplicationFactorChange, errorCode, errorMessage, responses }
}

export function encodeAlterPartitionReassignmentsResponse(w: WireWriter, version: number, m: AlterPartitionReassignmentsResponseInput): void {
  w.int32(m.throttleTimeMs)
  if (version >= 1) w.bool(m.allowReplicationFactorChange ?? true)
  w.int16(m.errorCode)
  w.string(true, m.errorMessage)
  w.array(version, true, m.responses, encodeReassignableTopicResponse)
  w.uvarint(0)
}

export interface ReassignableTopicResponse {
  readonly name: string
  readonly partitions: readonly ReassignablePartitionResponse[]
}
export interface ReassignableTopicResponseInput {
  readonly name: string
  readonly partitions: readonly ReassignablePartitionResponseInput[]
}

export function decodeReassignableTopicResponse(r: WireReader, version: number): ReassignableTopicResponse {
  const name = r.string(true)
  const partitions = r.array(version, true, decodeReassignablePartitionResponse)
  r.skipTags()
  return { name, partitions }
}

export function encodeReassignableTopicResponse(w: WireWriter, version: number, m: ReassignableTopicResponseInput): void {
  w.string(true, m.name)
  w.array(version, true, m.partitions, encodeReassignablePartitionResponse)
  w.uvarint(0)
}

export interface ReassignablePartitionResponse {
  readonly partitionIndex: number
  readonly errorCode: number
  readonly errorMessage: string | null
}
export interface ReassignablePartitionResponseInput {
  readonly partitionIndex: number
  readonly errorCode: number
  readonly errorMessage: string | null
}

export function decodeReassignablePartitionResponse(r: WireReader, _version: number): ReassignablePartitionResponse {
  const partitionIndex = r.int32()
  const errorCode = r.int16()
  const errorMessage = r.stringOrNull(true)
  r.skipTags()
  return { partitionIndex, errorCode, errorMessage }
}

export function encodeReassignablePartitionResponse(w: WireWriter, _version: number, m: ReassignablePartitionResponseInput): void {
  w.int32(m.partitionIndex)
  w.int16(m.errorCode)
  w.string(true, m.errorMessage)
  w.uvarint(0)
}
