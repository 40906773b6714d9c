// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import type { WireReader } from '../reader.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 1 to 11, flexible from 6. */
export interface ListOffsetsRequest {
  readonly replicaId: number
  readonly isolationLevel: number
  readonly topics: readonly ListOffsetsTopic[]
  readonly timeoutMs: number
}
export interface ListOffsetsRequestInput {
  readonly replicaId: number
  readonly isolationLevel?: number
  readonly topics: readonly ListOffsetsTopicInput[]
  readonly timeoutMs?: number
}

export function decodeListOffsetsRequest(r: WireReader, version: number): ListOffsetsRequest {
  const flexible = version >= 6
  const replicaId = r.int32()
  const isolationLevel = version >= 2 ? r.int8() : 0
  const topics = r.array(version, flexible, decodeListOffsetsTopic)
  const timeoutMs = version >= 10 ? r.int32() : 0
  if (flexible) r.skipTags()
  return { replicaId, isolationLevel, topics, timeoutMs }
}

export function encodeListOffsetsRequest(w: WireWriter, version: number, m: ListOffsetsRequestInput): void {
  const flexible = version >= 6
  w.int32(m.replicaId)
  if (version >= 2) w.int8(m.isolationLevel ?? 0)
  w.array(version, flexible, m.topics, encodeListOffsetsTopic)
  if (version >= 10) w.int32(m.timeoutMs ?? 0)
  if (flexible) w.uvarint(0)
}

export interface ListOffsetsTopic {
  readonly name: string
  readonly partitions: readonly ListOffsetsPartition[]
}
export interface ListOffsetsTopicInput {
  readonly name: string
  readonly partitions: readonly ListOffsetsPartitionInput[]
}

export function decodeListOffsetsTopic(r: WireReader, version: number): ListOffsetsTopic {
  const flexible = version >= 6
  const name = r.string(flexible)
  const partitions = r.array(version, flexible, decodeListOffsetsPartition)
  if (flexible) r.skipTags()
  return { name, partitions }
}

export function encodeListOffsetsTopic(w: WireWriter, version: number, m: ListOffsetsTopicInput): void {
  const flexible = version >= 6
  w.string(flexible, m.name)
  w.array(version, flexible, m.partitions, encodeListOffsetsPartition)
  if (flexible) w.uvarint(0)
}

export interface ListOffsetsPartition {
  readonly partitionIndex: number
  readonly currentLeaderEpoch: number
  readonly timestamp: bigint
}
export interface ListOffsetsPartitionInput {
  readonly partitionIndex: number
  readonly currentLeaderEpoch?: number
  readonly timestamp: bigint
}

export function decodeListOffsetsPartition(r: WireReader, version: number): ListOffsetsPartition {
  const flexible = version >= 6
  const partitionIndex = r.int32()
  const currentLeaderEpoch = version >= 4 ? r.int32() : -1
  const timestamp = r.int64()
  if (flexible) r.skipTags()
  return { partitionIndex, currentLeaderEpoch, timestamp }
}

export function encodeListOffsetsPartition(w: WireWriter, version: number, m: ListOffsetsPartitionInput): void {
  const flexible = version >= 6
  w.int32(m.partitionIndex)
  if (version >= 4) w.int32(m.currentLeaderEpoch ?? -1)
  w.int64(m.timestamp)
  if (flexible) w.uvarint(0)
}

/** Versions 1 to 11, flexible from 6. */
export interface ListOffsetsResponse {
  readonly throttleTimeMs: number
  readonly topics: readonly ListOffsetsTopicResponse[]
}
export interface ListOffsetsResponseInput {
  readonly throttleTimeMs?: number
  readonly topics: readonly ListOffsetsTopicResponseInput[]
}

export function decodeListOffsetsResponse(r: WireReader, version: number): ListOffsetsResponse {
  const flexible = version >= 6
  const throttleTimeMs = version >= 2 ? r.int32() : 0
  const topics = r.array(version, flexible, decodeListOffsetsTopicResponse)
  if (flexible) r.skipTags()
  return { throttleTimeMs, topics }
}

export function encodeListOffsetsResponse(w: WireWriter, version: number, m: ListOffsetsResponseInput): void {
  const flexible = version >= 6
  if (version >= 2) w.int32(m.throttleTimeMs ?? 0)
  w.array(version, flexible, m.topics, encodeListOffsetsTopicResponse)
  if (flexible) w.uvarint(0)
}

export interface ListOffsetsTopicResponse {
  readonly name: string
  readonly partitions: readonly ListOffsetsPartitionResponse[]
}
export interface ListOffsetsTopicResponseInput {
  readonly name: string
  readonly partitions: readonly ListOffsetsPartitionResponseInput[]
}

export function decodeListOffsetsTopicResponse(r: WireReader, version: number): ListOffsetsTopicResponse {
  const flexible = version >= 6
  const name = r.string(flexible)
  const partitions = r.array(version, flexible, decodeListOffsetsPartitionResponse)
  if (flexible) r.skipTags()
  return { name, partitions }
}

export function encodeListOffsetsTopicResponse(w: WireWriter, version: number, m: ListOffsetsTopicResponseInput): void {
  const flexible = version >= 6
  w.string(flexible, m.name)
  w.array(version, flexible, m.partitions, encodeListOffsetsPartitionResponse)
  if (flexible) w.uvarint(0)
}

export interface ListOffsetsPartitionResponse {
  readonly partitionIndex: number
  readonly errorCode: number
  readonly timestamp: number
  readonly offset: number
  readonly leaderEpoch: number
}
export interface ListOffsetsPartitionResponseInput {
  readonly partitionIndex: number
  readonly errorCode: number
  readonly timestamp?: number
  readonly offset?: number
  readonly leaderEpoch?: number
}

export function decodeListOffsetsPartitionResponse(r: WireReader, version: number): ListOffsetsPartitionResponse {
  const flexible = version >= 6
  const partitionIndex = r.int32()
  const errorCode = r.int16()
  const timestamp = r.long()
  const offset = r.long()
  const leaderEpoch = version >= 4 ? r.int32() : -1
  if (flexible) r.skipTags()
  return { partitionIndex, errorCode, timestamp, offset, leaderEpoch }
}

export function encodeListOffsetsPartitionResponse(w: WireWriter, version: number, m: ListOffsetsPartitionResponseInput): void {
  const flexible = version >= 6
  w.int32(m.partitionIndex)
  w.int16(m.errorCode)
  w.long(m.timestamp ?? -1)
  w.long(m.offset ?? -1)
  if (version >= 4) w.int32(m.leaderEpoch ?? -1)
  if (flexible) w.uvarint(0)
}
