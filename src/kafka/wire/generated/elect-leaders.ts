// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import { readInt32 } from '../reader.ts'
import type { WireReader } from '../reader.ts'
import { writeInt32 } from '../writer.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 2, flexible from 2. */
export interface ElectLeadersRequest {
  readonly electionType: number
  readonly topicPartitions: readonly TopicPartitions[] | null
  readonly timeoutMs: number
}
export interface ElectLeadersRequestInput {
  readonly electionType?: number
  readonly topicPartitions: readonly TopicPartitionsInput[] | null
  readonly timeoutMs?: number
}

export function decodeElectLeadersRequest(r: WireReader, version: number): ElectLeadersRequest {
  const flexible = version >= 2
  const electionType = version >= 1 ? r.int8() : 0
  const topicPartitions = r.arrayOrNull(version, flexible, decodeTopicPartitions)
  const timeoutMs = r.int32()
  if (flexible) r.skipTags()
  return { electionType, topicPartitions, timeoutMs }
}

export function encodeElectLeadersRequest(w: WireWriter, version: number, m: ElectLeadersRequestInput): void {
  const flexible = version >= 2
  if (version >= 1) w.int8(m.electionType ?? 0)
  w.array(version, flexible, m.topicPartitions, encodeTopicPartitions)
  w.int32(m.timeoutMs ?? 60000)
  if (flexible) w.uvarint(0)
}

export interface TopicPartitions {
  readonly topic: string
  readonly partitions: readonly number[]
}
export interface TopicPartitionsInput {
  readonly topic: string
  readonly partitions: readonly number[]
}

export function decodeTopicPartitions(r: WireReader, version: number): TopicPartitions {
  const flexible = version >= 2
  const topic = r.string(flexible)
  const partitions = r.array(version, flexible, readInt32)
  if (flexible) r.skipTags()
  return { topic, partitions }
}

export function encodeTopicPartitions(w: WireWriter, version: number, m: TopicPartitionsInput): void {
  const flexible = version >= 2
  w.string(flexible, m.topic)
  w.array(version, flexible, m.partitions, writeInt32)
  if (flexible) w.uvarint(0)
}

/** Versions 0 to 2, flexible from 2. */
export interface ElectLeadersResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly replicaElectionResults: readonly ReplicaElectionResult[]
}
export interface ElectLeadersResponseInput {
  readonly throttleTimeMs: number
  readonly errorCode?: number
  readonly replicaElectionResults: readonly ReplicaElectionResultInput[]
}

export function decodeElectLeadersResponse(r: WireReader, version: number): ElectLeadersResponse {
  const flexible = version >= 2
  const throttleTimeMs = r.int32()
  const errorCode = version >= 1 ? r.int16() : 0
  const replicaElectionResults = r.array(version, flexible, decodeReplicaElectionResult)
  if (flexible) r.skipTags()
  return { throttleTimeMs, errorCode, replicaElectionResults }
}

export function encodeElectLeadersResponse(w: WireWriter, version: number, m: ElectLeadersResponseInput): void {
  const flexible = version >= 2
  w.int32(m.throttleTimeMs)
  if (version >= 1) w.int16(m.errorCode ?? 0)
  w.array(version, flexible, m.replicaElectionResults, encodeReplicaElectionResult)
  if (flexible) w.uvarint(0)
}

export interface ReplicaElectionResult {
  readonly topic: string
  readonly partitionResult: readonly PartitionResult[]
}
export interface ReplicaElectionResultInput {
  readonly topic: string
  readonly partitionResult: readonly PartitionResultInput[]
}

export function decodeReplicaElectionResult(r: WireReader, version: number): ReplicaElectionResult {
  const flexible = version >= 2
  const topic = r.string(flexible)
  const partitionResult = r.array(version, flexible, decodePartitionResult)
  if (flexible) r.skipTags()
  return { topic, partitionResult }
}

export function encodeReplicaElectionResult(w: WireWriter, version: number, m: ReplicaElectionResultInput): void {
  const flexible = version >= 2
  w.string(flexible, m.topic)
  w.array(version, flexible, m.partitionResult, encodePartitionResult)
  if (flexible) w.uvarint(0)
}

export interface PartitionResult {
  readonly partitionId: number
  readonly errorCode: number
  readonly errorMessage: string | null
}
export interface PartitionResultInput {
  readonly partitionId: number
  readonly errorCode: number
  readonly errorMessage: string | null
}

export function decodePartitionResult(r: WireReader, version: number): PartitionResult {
  const flexible = version >= 2
  const partitionId = r.int32()
  const errorCode = r.int16()
  const errorMessage = r.stringOrNull(flexible)
  if (flexible) r.skipTags()
  return { partitionId, errorCode, errorMessage }
}

export function encodePartitionResult(w: WireWriter, version: number, m: PartitionResultInput): void {
  const flexible = version >= 2
  w.int32(m.partitionId)
  w.int16(m.errorCode)
  w.string(flexible, m.errorMessage)
  if (flexible) w.uvarint(0)
}
