// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import type { WireReader } from '../reader.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 2 to 4, flexible from 4. */
export interface OffsetForLeaderEpochRequest {
  readonly replicaId: number
  readonly topics: readonly OffsetForLeaderTopic[]
}
export interface OffsetForLeaderEpochRequestInput {
  readonly replicaId?: number
  readonly topics: readonly OffsetForLeaderTopicInput[]
}

export function decodeOffsetForLeaderEpochRequest(r: WireReader, version: number): OffsetForLeaderEpochRequest {
  const flexible = version >= 4
  const replicaId = version >= 3 ? r.int32() : -2
  const topics = r.array(version, flexible, decodeOffsetForLeaderTopic)
  if (flexible) r.skipTags()
  return { replicaId, topics }
}

export function encodeOffsetForLeaderEpochRequest(w: WireWriter, version: number, m: OffsetForLeaderEpochRequestInput): void {
  const flexible = version >= 4
  if (version >= 3) w.int32(m.replicaId ?? -2)
  w.array(version, flexible, m.topics, encodeOffsetForLeaderTopic)
  if (flexible) w.uvarint(0)
}

export interface OffsetForLeaderTopic {
  readonly topic: string
  readonly partitions: readonly OffsetForLeaderPartition[]
}
export interface OffsetForLeaderTopicInput {
  readonly topic: string
  readonly partitions: readonly OffsetForLeaderPartitionInput[]
}

export function decodeOffsetForLeaderTopic(r: WireReader, version: number): OffsetForLeaderTopic {
  const flexible = version >= 4
  const topic = r.string(flexible)
  const partitions = r.array(version, flexible, decodeOffsetForLeaderPartition)
  if (flexible) r.skipTags()
  return { topic, partitions }
}

export function encodeOffsetForLeaderTopic(w: WireWriter, version: number, m: OffsetForLeaderTopicInput): void {
  const flexible = version >= 4
  w.string(flexible, m.topic)
  w.array(version, flexible, m.partitions, encodeOffsetForLeaderPartition)
  if (flexible) w.uvarint(0)
}

export interface OffsetForLeaderPartition {
  readonly partition: number
  readonly currentLeaderEpoch: number
  readonly leaderEpoch: number
}
export interface OffsetForLeaderPartitionInput {
  readonly partition: number
  readonly currentLeaderEpoch?: number
  readonly leaderEpoch: number
}

export function decodeOffsetForLeaderPartition(r: WireReader, version: number): OffsetForLeaderPartition {
  const flexible = version >= 4
  const partition = r.int32()
  const currentLeaderEpoch = r.int32()
  const leaderEpoch = r.int32()
  if (flexible) r.skipTags()
  return { partition, currentLeaderEpoch, leaderEpoch }
}

export function encodeOffsetForLeaderPartition(w: WireWriter, version: number, m: OffsetForLeaderPartitionInput): void {
  const flexible = version >= 4
  w.int32(m.partition)
  w.int32(m.currentLeaderEpoch ?? -1)
  w.int32(m.leaderEpoch)
  if (flexible) w.uvarint(0)
}

/** Versions 2 to 4, flexible from 4. */
export interface OffsetForLeaderEpochResponse {
  readonly throttleTimeMs: number
  readonly topics: readonly OffsetForLeaderTopicResult[]
}
export interface OffsetForLeaderEpochResponseInput {
  readonly throttleTimeMs?: number
  readonly topics: readonly OffsetForLeaderTopicResultInput[]
}

export function decodeOffsetForLeaderEpochResponse(r: WireReader, version: number): OffsetForLeaderEpochResponse {
  const flexible = version >= 4
  const throttleTimeMs = r.int32()
  const topics = r.array(version, flexible, decodeOffsetForLeaderTopicResult)
  if (flexible) r.skipTags()
  return { throttleTimeMs, topics }
}

export function encodeOffsetForLeaderEpochResponse(w: WireWriter, version: number, m: OffsetForLeaderEpochResponseInput): void {
  const flexible = version >= 4
  w.int32(m.throttleTimeMs ?? 0)
  w.array(version, flexible, m.topics, encodeOffsetForLeaderTopicResult)
  if (flexible) w.uvarint(0)
}

export interface OffsetForLeaderTopicResult {
  readonly topic: string
  readonly partitions: readonly EpochEndOffset[]
}
export interface OffsetForLeaderTopicResultInput {
  readonly topic: string
  readonly partitions: readonly EpochEndOffsetInput[]
}

export function decodeOffsetForLeaderTopicResult(r: WireReader, version: number): OffsetForLeaderTopicResult {
  const flexible = version >= 4
  const topic = r.string(flexible)
  const partitions = r.array(version, flexible, decodeEpochEndOffset)
  if (flexible) r.skipTags()
  return { topic, partitions }
}

export function encodeOffsetForLeaderTopicResult(w: WireWriter, version: number, m: OffsetForLeaderTopicResultInput): void {
  const flexible = version >= 4
  w.string(flexible, m.topic)
  w.array(version, flexible, m.partitions, encodeEpochEndOffset)
  if (flexible) w.uvarint(0)
}

export interface EpochEndOffset {
  readonly errorCode: number
  readonly partition: number
  readonly leaderEpoch: number
  readonly endOffset: number
}
export interface EpochEndOffsetInput {
  readonly errorCode: number
  readonly partition: number
  readonly leaderEpoch?: number
  readonly endOffset?: number
}

export function decodeEpochEndOffset(r: WireReader, version: number): EpochEndOffset {
  const flexible = version >= 4
  const errorCode = r.int16()
  const partition = r.int32()
  const leaderEpoch = r.int32()
  const endOffset = r.long()
  if (flexible) r.skipTags()
  return { errorCode, partition, leaderEpoch, endOffset }
}

export function encodeEpochEndOffset(w: WireWriter, version: number, m: EpochEndOffsetInput): void {
  const flexible = version >= 4
  w.int16(m.errorCode)
  w.int32(m.partition)
  w.int32(m.leaderEpoch ?? -1)
  w.long(m.endOffset ?? -1)
  if (flexible) w.uvarint(0)
}
