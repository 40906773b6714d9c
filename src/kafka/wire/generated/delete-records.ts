// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import type { WireReader } from '../reader.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 2, flexible from 2. */
export interface DeleteRecordsRequest {
  readonly topics: readonly DeleteRecordsTopic[]
  readonly timeoutMs: number
}
export interface DeleteRecordsRequestInput {
  readonly topics: readonly DeleteRecordsTopicInput[]
  readonly timeoutMs: number
}

export function decodeDeleteRecordsRequest(r: WireReader, version: number): DeleteRecordsRequest {
  const flexible = version >= 2
  const topics = r.array(version, flexible, decodeDeleteRecordsTopic)
  const timeoutMs = r.int32()
  if (flexible) r.skipTags()
  return { topics, timeoutMs }
}

export function encodeDeleteRecordsRequest(w: WireWriter, version: number, m: DeleteRecordsRequestInput): void {
  const flexible = version >= 2
  w.array(version, flexible, m.topics, encodeDeleteRecordsTopic)
  w.int32(m.timeoutMs)
  if (flexible) w.uvarint(0)
}

export interface DeleteRecordsTopic {
  readonly name: string
  readonly partitions: readonly DeleteRecordsPartition[]
}
export interface DeleteRecordsTopicInput {
  readonly name: string
  readonly partitions: readonly DeleteRecordsPartitionInput[]
}

export function decodeDeleteRecordsTopic(r: WireReader, version: number): DeleteRecordsTopic {
  const flexible = version >= 2
  const name = r.string(flexible)
  const partitions = r.array(version, flexible, decodeDeleteRecordsPartition)
  if (flexible) r.skipTags()
  return { name, partitions }
}

export function encodeDeleteRecordsTopic(w: WireWriter, version: number, m: DeleteRecordsTopicInput): void {
  const flexible = version >= 2
  w.string(flexible, m.name)
  w.array(version, flexible, m.partitions, encodeDeleteRecordsPartition)
  if (flexible) w.uvarint(0)
}

export interface DeleteRecordsPartition {
  readonly partitionIndex: number
  readonly offset: number
}
export interface DeleteRecordsPartitionInput {
  readonly partitionIndex: number
  readonly offset: number
}

export function decodeDeleteRecordsPartition(r: WireReader, version: number): DeleteRecordsPartition {
  const flexible = version >= 2
  const partitionIndex = r.int32()
  const offset = r.long()
  if (flexible) r.skipTags()
  return { partitionIndex, offset }
}

export function encodeDeleteRecordsPartition(w: WireWriter, version: number, m: DeleteRecordsPartitionInput): void {
  const flexible = version >= 2
  w.int32(m.partitionIndex)
  w.long(m.offset)
  if (flexible) w.uvarint(0)
}

/** Versions 0 to 2, flexible from 2. */
export interface DeleteRecordsResponse {
  readonly throttleTimeMs: number
  readonly topics: readonly DeleteRecordsTopicResult[]
}
export interface DeleteRecordsResponseInput {
  readonly throttleTimeMs?: number
  readonly topics: readonly DeleteRecordsTopicResultInput[]
}

export function decodeDeleteRecordsResponse(r: WireReader, version: number): DeleteRecordsResponse {
  const flexible = version >= 2
  const throttleTimeMs = r.int32()
  const topics = r.array(version, flexible, decodeDeleteRecordsTopicResult)
  if (flexible) r.skipTags()
  return { throttleTimeMs, topics }
}

export function encodeDeleteRecordsResponse(w: WireWriter, version: number, m: DeleteRecordsResponseInput): void {
  const flexible = version >= 2
  w.int32(m.throttleTimeMs ?? 0)
  w.array(version, flexible, m.topics, encodeDeleteRecordsTopicResult)
  if (flexible) w.uvarint(0)
}

export interface DeleteRecordsTopicResult {
  readonly name: string
  readonly partitions: readonly DeleteRecordsPartitionResult[]
}
export interface DeleteRecordsTopicResultInput {
  readonly name: string
  readonly partitions: readonly DeleteRecordsPartitionResultInput[]
}

export function decodeDeleteRecordsTopicResult(r: WireReader, version: number): DeleteRecordsTopicResult {
  const flexible = version >= 2
  const name = r.string(flexible)
  const partitions = r.array(version, flexible, decodeDeleteRecordsPartitionResult)
  if (flexible) r.skipTags()
  return { name, partitions }
}

export function encodeDeleteRecordsTopicResult(w: WireWriter, version: number, m: DeleteRecordsTopicResultInput): void {
  const flexible = version >= 2
  w.string(flexible, m.name)
  w.array(version, flexible, m.partitions, encodeDeleteRecordsPartitionResult)
  if (flexible) w.uvarint(0)
}

export interface DeleteRecordsPartitionResult {
  readonly partitionIndex: number
  readonly lowWatermark: number
  readonly errorCode: number
}
export interface DeleteRecordsPartitionResultInput {
  readonly partitionIndex: number
  readonly lowWatermark: number
  readonly errorCode: number
}

export function decodeDeleteRecordsPartitionResult(r: WireReader, version: number): DeleteRecordsPartitionResult {
  const flexible = version >= 2
  const partitionIndex = r.int32()
  const lowWatermark = r.long()
  const errorCode = r.int16()
  if (flexible) r.skipTags()
  return { partitionIndex, lowWatermark, errorCode }
}

export function encodeDeleteRecordsPartitionResult(w: WireWriter, version: number, m: DeleteRecordsPartitionResultInput): void {
  const flexible = version >= 2
  w.int32(m.partitionIndex)
  w.long(m.lowWatermark)
  w.int16(m.errorCode)
  if (flexible) w.uvarint(0)
}
