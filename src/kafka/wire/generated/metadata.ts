// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import { readInt32, zeroUuid } from '../reader.ts'
import type { WireReader } from '../reader.ts'
import { writeInt32 } from '../writer.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 13, flexible from 9. */
export interface MetadataRequest {
  readonly topics: readonly MetadataRequestTopic[] | null
  readonly allowAutoTopicCreation: boolean
  readonly includeClusterAuthorizedOperations: boolean
  readonly includeTopicAuthorizedOperations: boolean
}
export interface MetadataRequestInput {
  readonly topics: readonly MetadataRequestTopicInput[] | null
  readonly allowAutoTopicCreation?: boolean
  readonly includeClusterAuthorizedOperations?: boolean
  readonly includeTopicAuthorizedOperations?: boolean
}

export function decodeMetadataRequest(r: WireReader, version: number): MetadataRequest {
  const flexible = version >= 9
  const topics = version >= 1 ? r.arrayOrNull(version, flexible, decodeMetadataRequestTopic) : r.array(version, flexible, decodeMetadataRequestTopic)
  const allowAutoTopicCreation = version >= 4 ? r.bool() : true
  const includeClusterAuthorizedOperations = version >= 8 && version <= 10 ? r.bool() : false
  const includeTopicAuthorizedOperations = version >= 8 ? r.bool() : false
  if (flexible) r.skipTags()
  return { topics, allowAutoTopicCreation, includeClusterAuthorizedOperations, includeTopicAuthorizedOperations }
}

export function encodeMetadataRequest(w: WireWriter, version: number, m: MetadataRequestInput): void {
  const flexible = version >= 9
  w.array(version, flexible, m.topics, encodeMetadataRequestTopic)
  if (version >= 4) w.bool(m.allowAutoTopicCreation ?? true)
  if (version >= 8 && version <= 10) w.bool(m.includeClusterAuthorizedOperations ?? false)
  if (version >= 8) w.bool(m.includeTopicAuthorizedOperations ?? false)
  if (flexible) w.uvarint(0)
}

export interface MetadataRequestTopic {
  readonly topicId: string
  readonly name: string | null
}
export interface MetadataRequestTopicInput {
  readonly topicId?: string
  readonly name: string | null
}

export function decodeMetadataRequestTopic(r: WireReader, version: number): MetadataRequestTopic {
  const flexible = version >= 9
  const topicId = version >= 10 ? r.uuid() : zeroUuid
  const name = version >= 10 ? r.stringOrNull(flexible) : r.string(flexible)
  if (flexible) r.skipTags()
  return { topicId, name }
}

export function encodeMetadataRequestTopic(w: WireWriter, version: number, m: MetadataRequestTopicInput): void {
  const flexible = version >= 9
  if (version >= 10) w.uuid(m.topicId ?? zeroUuid)
  w.string(flexible, m.name)
  if (flexible) w.uvarint(0)
}

/** Versions 0 to 13, flexible from 9. */
export interface MetadataResponse {
  readonly throttleTimeMs: number
  readonly brokers: readonly MetadataResponseBroker[]
  readonly clusterId: string | null
  readonly controllerId: number
  readonly topics: readonly MetadataResponseTopic[]
  readonly clusterAuthorizedOperations: number
  readonly errorCode: number
}
export interface MetadataResponseInput {
  readonly throttleTimeMs?: number
  readonly brokers: readonly MetadataResponseBrokerInput[]
  readonly clusterId?: string | null
  readonly controllerId?: number
  readonly topics: readonly MetadataResponseTopicInput[]
  readonly clusterAuthorizedOperations?: number
  readonly errorCode?: number
}

export function decodeMetadataResponse(r: WireReader, version: number): MetadataResponse {
  const flexible = version >= 9
  const throttleTimeMs = version >= 3 ? r.int32() : 0
  const brokers = r.array(version, flexible, decodeMetadataResponseBroker)
  const clusterId = version >= 2 ? r.stringOrNull(flexible) : null
  const controllerId = version >= 1 ? r.int32() : -1
  const topics = r.array(version, flexible, decodeMetadataResponseTopic)
  const clusterAuthorizedOperations = version >= 8 && version <= 10 ? r.int32() : -2147483648
  const errorCode = version >= 13 ? r.int16() : 0
  if (flexible) r.skipTags()
  return { throttleTimeMs, brokers, clusterId, controllerId, topics, clusterAuthorizedOperations, errorCode }
}

export function encodeMetadataResponse(w: WireWriter, version: number, m: MetadataResponseInput): void {
  const flexible = version >= 9
  if (version >= 3) w.int32(m.throttleTimeMs ?? 0)
  w.array(version, flexible, m.brokers, encodeMetadataResponseBroker)
  if (version >= 2) w.string(flexible, m.clusterId ?? null)
  if (version >= 1) w.int32(m.controllerId ?? -1)
  w.array(version, flexible, m.topics, encodeMetadataResponseTopic)
  if (version >= 8 && version <= 10) w.int32(m.clusterAuthorizedOperations ?? -2147483648)
  if (version >= 13) w.int16(m.errorCode ?? 0)
  if (flexible) w.uvarint(0)
}

export interface MetadataResponseBroker {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}
export interface MetadataResponseBrokerInput {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack?: string | null
}

export function decodeMetadataResponseBroker(r: WireReader, version: number): MetadataResponseBroker {
  const flexible = version >= 9
  const nodeId = r.int32()
  const host = r.string(flexible)
  const port = r.int32()
  const rack = version >= 1 ? r.stringOrNull(flexible) : null
  if (flexible) r.skipTags()
  return { nodeId, host, port, rack }
}

export function encodeMetadataResponseBroker(w: WireWriter, version: number, m: MetadataResponseBrokerInput): void {
  const flexible = version >= 9
  w.int32(m.nodeId)
  w.string(flexible, m.host)
  w.int32(m.port)
  if (version >= 1) w.string(flexible, m.rack ?? null)
  if (flexible) w.uvarint(0)
}

export interface MetadataResponseTopic {
  readonly errorCode: number
  readonly name: string | null
  readonly topicId: string
  readonly isInternal: boolean
  readonly partitions: readonly MetadataResponsePartition[]
  readonly topicAuthorizedOperations: number
}
export interface MetadataResponseTopicInput {
  readonly errorCode: number
  readonly name: string | null
  readonly topicId?: string
  readonly isInternal?: boolean
  readonly partitions: readonly MetadataResponsePartitionInput[]
  readonly topicAuthorizedOperations?: number
}

export function decodeMetadataResponseTopic(r: WireReader, version: number): MetadataResponseTopic {
  const flexible = version >= 9
  const errorCode = r.int16()
  const name = version >= 12 ? r.stringOrNull(flexible) : r.string(flexible)
  const topicId = version >= 10 ? r.uuid() : zeroUuid
  const isInternal = version >= 1 ? r.bool() : false
  const partitions = r.array(version, flexible, decodeMetadataResponsePartition)
  const topicAuthorizedOperations = version >= 8 ? r.int32() : -2147483648
  if (flexible) r.skipTags()
  return { errorCode, name, topicId, isInternal, partitions, topicAuthorizedOperations }
}

export function encodeMetadataResponseTopic(w: WireWriter, version: number, m: MetadataResponseTopicInput): void {
  const flexible = version >= 9
  w.int16(m.errorCode)
  w.string(flexible, m.name)
  if (version >= 10) w.uuid(m.topicId ?? zeroUuid)
  if (version >= 1) w.bool(m.isInternal ?? false)
  w.array(version, flexible, m.partitions, encodeMetadataResponsePartition)
  if (version >= 8) w.int32(m.topicAuthorizedOperations ?? -2147483648)
  if (flexible) w.uvarint(0)
}

export interface MetadataResponsePartition {
  readonly errorCode: number
  readonly partitionIndex: number
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly replicaNodes: readonly number[]
  readonly isrNodes: readonly number[]
  readonly offlineReplicas: readonly number[]
}
export interface MetadataResponsePartitionInput {
  readonly errorCode: number
  readonly partitionIndex: number
  readonly leaderId: number
  readonly leaderEpoch?: number
  readonly replicaNodes: readonly number[]
  readonly isrNodes: readonly number[]
  readonly offlineReplicas?: readonly number[]
}

export function decodeMetadataResponsePartition(r: WireReader, version: number): MetadataResponsePartition {
  const flexible = version >= 9
  const errorCode = r.int16()
  const partitionIndex = r.int32()
  const leaderId = r.int32()
  const leaderEpoch = version >= 7 ? r.int32() : -1
  const replicaNodes = r.array(version, flexible, readInt32)
  const isrNodes = r.array(version, flexible, readInt32)
  const offlineReplicas = version >= 5 ? r.array(version, flexible, readInt32) : []
  if (flexible) r.skipTags()
  return { errorCode, partitionIndex, leaderId, leaderEpoch, replicaNodes, isrNodes, offlineReplicas }
}

export function encodeMetadataResponsePartition(w: WireWriter, version: number, m: MetadataResponsePartitionInput): void {
  const flexible = version >= 9
  w.int16(m.errorCode)
  w.int32(m.partitionIndex)
  w.int32(m.leaderId)
  if (version >= 7) w.int32(m.leaderEpoch ?? -1)
  w.array(version, flexible, m.replicaNodes, writeInt32)
  w.array(version, flexible, m.isrNodes, writeInt32)
  if (version >= 5) w.array(version, flexible, m.offlineReplicas ?? [], writeInt32)
  if (flexible) w.uvarint(0)
}
