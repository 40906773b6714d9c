// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import { zeroUuid } from '../reader.ts'
import type { WireReader } from '../reader.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 2, flexible from 0. */
export interface DescribeQuorumRequest {
  readonly topics: readonly TopicData[]
}
export interface DescribeQuorumRequestInput {
  readonly topics: readonly TopicDataInput[]
}

export function decodeDescribeQuorumRequest(r: WireReader, version: number): DescribeQuorumRequest {
  const topics = r.array(version, true, decodeTopicData)
  r.skipTags()
  return { topics }
}

export function encodeDescribeQuorumRequest(w: WireWriter, version: number, m: DescribeQuorumRequestInput): void {
  w.array(version, true, m.topics, encodeTopicData)
  w.uvarint(0)
}

export interface TopicData {
  readonly topicName: string
  readonly partitions: readonly PartitionData[]
}
export interface TopicDataInput {
  readonly topicName: string
  readonly partitions: readonly PartitionDataInput[]
}

export function decodeTopicData(r: WireReader, version: number): TopicData {
  const topicName = r.string(true)
  const partitions = r.array(version, true, decodePartitionData)
  r.skipTags()
  return { topicName, partitions }
}

export function encodeTopicData(w: WireWriter, version: number, m: TopicDataInput): void {
  w.string(true, m.topicName)
  w.array(version, true, m.partitions, encodePartitionData)
  w.uvarint(0)
}

export interface PartitionData {
  readonly partitionIndex: number
}
export interface PartitionDataInput {
  readonly partitionIndex: number
}

export function decodePartitionData(r: WireReader, _version: number): PartitionData {
  const partitionIndex = r.int32()
  r.skipTags()
  return { partitionIndex }
}

export function encodePartitionData(w: WireWriter, _version: number, m: PartitionDataInput): void {
  w.int32(m.partitionIndex)
  w.uvarint(0)
}

/** Versions 0 to 2, flexible from 0. */
export interface DescribeQuorumResponse {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly topics: readonly QuorumTopic[]
  readonly nodes: readonly Node[]
}
export interface DescribeQuorumResponseInput {
  readonly errorCode: number
  readonly errorMessage?: string | null
  readonly topics: readonly QuorumTopicInput[]
  readonly nodes?: readonly NodeInput[]
}

export function decodeDescribeQuorumResponse(r: WireReader, version: number): DescribeQuorumResponse {
  const errorCode = r.int16()
  const errorMessage = version >= 2 ? r.stringOrNull(true) : null
  const topics = r.array(version, true, decodeQuorumTopic)
  const nodes = version >= 2 ? r.array(version, true, decodeNode) : []
  r.skipTags()
  return { errorCode, errorMessage, topics, nodes }
}

export function encodeDescribeQuorumResponse(w: WireWriter, version: number, m: DescribeQuorumResponseInput): void {
  w.int16(m.errorCode)
  if (version >= 2) w.string(true, m.errorMessage ?? null)
  w.array(version, true, m.topics, encodeQuorumTopic)
  if (version >= 2) w.array(version, true, m.nodes ?? [], encodeNode)
  w.uvarint(0)
}

export interface QuorumTopic {
  readonly topicName: string
  readonly partitions: readonly QuorumPartition[]
}
export interface QuorumTopicInput {
  readonly topicName: string
  readonly partitions: readonly QuorumPartitionInput[]
}

export function decodeQuorumTopic(r: WireReader, version: number): QuorumTopic {
  const topicName = r.string(true)
  const partitions = r.array(version, true, decodeQuorumPartition)
  r.skipTags()
  return { topicName, partitions }
}

export function encodeQuorumTopic(w: WireWriter, version: number, m: QuorumTopicInput): void {
  w.string(true, m.topicName)
  w.array(version, true, m.partitions, encodeQuorumPartition)
  w.uvarint(0)
}

export interface QuorumPartition {
  readonly partitionIndex: number
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly highWatermark: number
  readonly currentVoters: readonly ReplicaState[]
  readonly observers: readonly ObserverState[]
}
export interface QuorumPartitionInput {
  readonly partitionIndex: number
  readonly errorCode: number
  readonly errorMessage?: string | null
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly highWatermark: number
  readonly currentVoters: readonly ReplicaStateInput[]
  readonly observers: readonly ObserverStateInput[]
}

export function decodeQuorumPartition(r: WireReader, version: number): QuorumPartition {
  const partitionIndex = r.int32()
  const errorCode = r.int16()
  const errorMessage = version >= 2 ? r.stringOrNull(true) : null
  const leaderId = r.int32()
  const leaderEpoch = r.int32()
  const highWatermark = r.long()
  const currentVoters = r.array(version, true, decodeReplicaState)
  const observers = r.array(version, true, decodeObserverState)
  r.skipTags()
  return { partitionIndex, errorCode, errorMessage, leaderId, leaderEpoch, highWatermark, currentVoters, observers }
}

export function encodeQuorumPartition(w: WireWriter, version: number, m: QuorumPartitionInput): void {
  w.int32(m.partitionIndex)
  w.int16(m.errorCode)
  if (version >= 2) w.string(true, m.errorMessage ?? null)
  w.int32(m.leaderId)
  w.int32(m.leaderEpoch)
  w.long(m.highWatermark)
  w.array(version, true, m.currentVoters, encodeReplicaState)
  w.array(version, true, m.observers, encodeObserverState)
  w.uvarint(0)
}

export interface ReplicaState {
  readonly replicaId: number
  readonly replicaDirectoryId: string
  readonly logEndOffset: number
  readonly lastFetchTimestamp: number
  readonly lastCaughtUpTimestamp: number
}
export interface ReplicaStateInput {
  readonly replicaId: number
  readonly replicaDirectoryId?: string
  readonly logEndOffset: number
  readonly lastFetchTimestamp?: number
  readonly lastCaughtUpTimestamp?: number
}

export function decodeReplicaState(r: WireReader, version: number): ReplicaState {
  const replicaId = r.int32()
  const replicaDirectoryId = version >= 2 ? r.uuid() : zeroUuid
  const logEndOffset = r.long()
  const lastFetchTimestamp = version >= 1 ? r.long() : -1
  const lastCaughtUpTimestamp = version >= 1 ? r.long() : -1
  r.skipTags()
  return { replicaId, replicaDirectoryId, logEndOffset, lastFetchTimestamp, lastCaughtUpTimestamp }
}

export function encodeReplicaState(w: WireWriter, version: number, m: ReplicaStateInput): void {
  w.int32(m.replicaId)
  if (version >= 2) w.uuid(m.replicaDirectoryId ?? zeroUuid)
  w.long(m.logEndOffset)
  if (version >= 1) w.long(m.lastFetchTimestamp ?? -1)
  if (version >= 1) w.long(m.lastCaughtUpTimestamp ?? -1)
  w.uvarint(0)
}

export interface ObserverState {
  readonly replicaId: number
  readonly replicaDirectoryId: string
  readonly logEndOffset: number
  readonly lastFetchTimestamp: number
  readonly lastCaughtUpTimestamp: number
}
export interface ObserverStateInput {
  readonly replicaId: number
  readonly replicaDirectoryId?: string
  readonly logEndOffset: number
  readonly lastFetchTimestamp?: number
  readonly lastCaughtUpTimestamp?: number
}

export function decodeObserverState(r: WireReader, version: number): ObserverState {
  const replicaId = r.int32()
  const replicaDirectoryId = version >= 2 ? r.uuid() : zeroUuid
  const logEndOffset = r.long()
  const lastFetchTimestamp = version >= 1 ? r.long() : -1
  const lastCaughtUpTimestamp = version >= 1 ? r.long() : -1
  r.skipTags()
  return { replicaId, replicaDirectoryId, logEndOffset, lastFetchTimestamp, lastCaughtUpTimestamp }
}

export function encodeObserverState(w: WireWriter, version: number, m: ObserverStateInput): void {
  w.int32(m.replicaId)
  if (version >= 2) w.uuid(m.replicaDirectoryId ?? zeroUuid)
  w.long(m.logEndOffset)
  if (version >= 1) w.long(m.lastFetchTimestamp ?? -1)
  if (version >= 1) w.long(m.lastCaughtUpTimestamp ?? -1)
  w.uvarint(0)
}

export interface Node {
  readonly nodeId: number
  readonly listeners: readonly Listener[]
}
export interface NodeInput {
  readonly nodeId: number
  readonly listeners: readonly ListenerInput[]
}

export function decodeNode(r: WireReader, version: number): Node {
  const nodeId = r.int32()
  const listeners = r.array(version, true, decodeListener)
  r.skipTags()
  return { nodeId, listeners }
}

export function encodeNode(w: WireWriter, version: number, m: NodeInput): void {
  w.int32(m.nodeId)
  w.array(version, true, m.listeners, encodeListener)
  w.uvarint(0)
}

export interface Listener {
  readonly name: string
  readonly host: string
  readonly port: number
}
export interface ListenerInput {
  readonly name: string
  readonly host: string
  readonly port: number
}

export function decodeListener(r: WireReader, _version: number): Listener {
  const name = r.string(true)
  const host = r.string(true)
  const port = r.uint16()
  r.skipTags()
  return { name, host, port }
}

export function encodeListener(w: WireWriter, _version: number, m: ListenerInput): void {
  w.string(true, m.name)
  w.string(true, m.host)
  w.uint16(m.port)
  w.uvarint(0)
}
