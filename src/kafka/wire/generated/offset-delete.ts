// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import type { WireReader } from '../reader.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 0, flexible never. */
export interface OffsetDeleteRequest {
  readonly groupId: string
  readonly topics: readonly OffsetDeleteRequestTopic[]
}
export interface OffsetDeleteRequestInput {
  readonly groupId: string
  readonly topics: readonly OffsetDeleteRequestTopicInput[]
}

export function decodeOffsetDeleteRequest(r: WireReader, version: number): OffsetDeleteRequest {
  const groupId = r.string(false)
  const topics = r.array(version, false, decodeOffsetDeleteRequestTopic)
  return { groupId, topics }
}

export function encodeOffsetDeleteRequest(w: WireWriter, version: number, m: OffsetDeleteRequestInput): void {
  w.string(false, m.groupId)
  w.array(version, false, m.topics, encodeOffsetDeleteRequestTopic)
}

export interface OffsetDeleteRequestTopic {
  readonly name: string
  readonly partitions: readonly OffsetDeleteRequestPartition[]
}
export interface OffsetDeleteRequestTopicInput {
  readonly name: string
  readonly partitions: readonly OffsetDeleteRequestPartitionInput[]
}

export function decodeOffsetDeleteRequestTopic(r: WireReader, version: number): OffsetDeleteRequestTopic {
  const name = r.string(false)
  const partitions = r.array(version, false, decodeOffsetDeleteRequestPartition)
  return { name, partitions }
}

export function encodeOffsetDeleteRequestTopic(w: WireWriter, version: number, m: OffsetDeleteRequestTopicInput): void {
  w.string(false, m.name)
  w.array(version, false, m.partitions, encodeOffsetDeleteRequestPartition)
}

export interface OffsetDeleteRequestPartition {
  readonly partitionIndex: number
}
export interface OffsetDeleteRequestPartitionInput {
  readonly partitionIndex: number
}

export function decodeOffsetDeleteRequestPartition(r: WireReader, _version: number): OffsetDeleteRequestPartition {
  const partitionIndex = r.int32()
  return { partitionIndex }
}

export function encodeOffsetDeleteRequestPartition(w: WireWriter, _version: number, m: OffsetDeleteRequestPartitionInput): void {
  w.int32(m.partitionIndex)
}

/** Versions 0 to 0, flexible never. */
export interface OffsetDeleteResponse {
  readonly errorCode: number
  readonly throttleTimeMs: number
  readonly topics: readonly OffsetDeleteResponseTopic[]
}
export interface OffsetDeleteResponseInput {
  readonly errorCode: number
  readonly throttleTimeMs?: number
  readonly topics: readonly OffsetDeleteResponseTopicInput[]
}

export function decodeOffsetDeleteResponse(r: WireReader, version: number): OffsetDeleteResponse {
  const errorCode = r.int16()
  const throttleTimeMs = r.int32()
  const topics = r.array(version, false, decodeOffsetDeleteResponseTopic)
  return { errorCode, throttleTimeMs, topics }
}

export function encodeOffsetDeleteResponse(w: WireWriter, version: number, m: OffsetDeleteResponseInput): void {
  w.int16(m.errorCode)
  w.int32(m.throttleTimeMs ?? 0)
  w.array(version, false, m.topics, encodeOffsetDeleteResponseTopic)
}

export interface OffsetDeleteResponseTopic {
  readonly name: string
  readonly partitions: readonly OffsetDeleteResponsePartition[]
}
export interface OffsetDeleteResponseTopicInput {
  readonly name: string
  readonly partitions: readonly OffsetDeleteResponsePartitionInput[]
}

export function decodeOffsetDeleteResponseTopic(r: WireReader, version: number): OffsetDeleteResponseTopic {
  const name = r.string(false)
  const partitions = r.array(version, false, decodeOffsetDeleteResponsePartition)
  return { name, partitions }
}

export function encodeOffsetDeleteResponseTopic(w: WireWriter, version: number, m: OffsetDeleteResponseTopicInput): void {
  w.string(false, m.name)
  w.array(version, false, m.partitions, encodeOffsetDeleteResponsePartition)
}

export interface OffsetDeleteResponsePartition {
  readonly partitionIndex: number
  readonly errorCode: number
}
export interface OffsetDeleteResponsePartitionInput {
  readonly partitionIndex: number
  readonly errorCode: number
}

export function decodeOffsetDeleteResponsePartition(r: WireReader, _version: number): OffsetDeleteResponsePartition {
  const partitionIndex = r.int32()
  const errorCode = r.int16()
  return { partitionIndex, errorCode }
}

export function encodeOffsetDeleteResponsePartition(w: WireWriter, _version: number, m: OffsetDeleteResponsePartitionInput): void {
  w.int32(m.partitionIndex)
  w.int16(m.errorCode)
}
