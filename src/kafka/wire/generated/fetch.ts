// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import { readInt32, zeroUuid } from '../reader.ts'
import type { WireReader } from '../reader.ts'
import { writeInt32 } from '../writer.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 4 to 18, flexible from 12. */
export interface FetchRequest {
  readonly clusterId: string | null
  readonly replicaId: number
  readonly replicaState: ReplicaState | null
  readonly maxWaitMs: number
  readonly minBytes: number
  readonly maxBytes: number
  readonly isolationLevel: number
  readonly sessionId: number
  readonly sessionEpoch: number
  readonly topics: readonly FetchTopic[]
  readonly forgottenTopicsData: readonly ForgottenTopic[]
  readonly rackId: string
}
export interface FetchRequestInput {
  readonly clusterId?: string | null
  readonly replicaId?: number
  readonly replicaState?: ReplicaStateInput | null
  readonly maxWaitMs: number
  readonly minBytes: number
  readonly maxBytes?: number
  readonly isolationLevel: number
  readonly sessionId?: number
  readonly sessionEpoch?: number
  readonly topics: readonly FetchTopicInput[]
  readonly forgottenTopicsData?: readonly ForgottenTopicInput[]
  readonly rackId?: string
}

export function decodeFetchRequest(r: WireReader, version: number): FetchRequest {
  const flexible = version >= 12
  let clusterId: string | null = null
  const replicaId = version <= 14 ? r.int32() : -1
  let replicaState: ReplicaState | null = null
  const maxWaitMs = r.int32()
  const minBytes = r.int32()
  const maxBytes = r.int32()
  const isolationLevel = r.int8()
  const sessionId = version >= 7 ? r.int32() : 0
  const sessionEpoch = version >= 7 ? r.int32() : -1
  const topics = r.array(version, flexible, decodeFetchTopic)
  const forgottenTopicsData = version >= 7 ? r.array(version, flexible, decodeForgottenTopic) : []
  const rackId = version >= 11 ? r.string(flexible) : ''
  if (flexible) {
    for (let count = r.uvarint(); count > 0; count--) {
      const tag = r.uvarint()
      const end = r.taggedEnd()
      if (tag === 0) clusterId = r.stringOrNull(true)
      else if (tag === 1 && version >= 15) replicaState = decodeReplicaState(r, version)
      else r.skipTo(end)
      r.expectAt(end)
    }
  }
  return { clusterId, replicaId, replicaState, maxWaitMs, minBytes, maxBytes, isolationLevel, sessionId, sessionEpoch, topics, forgottenTopicsData, rackId }
}

export function encodeFetchRequest(w: WireWriter, version: number, m: FetchRequestInput): void {
  const flexible = version >= 12
  if (version <= 14) w.int32(m.replicaId ?? -1)
  w.int32(m.maxWaitMs)
  w.int32(m.minBytes)
  w.int32(m.maxBytes ?? 2147483647)
  w.int8(m.isolationLevel)
  if (version >= 7) w.int32(m.sessionId ?? 0)
  if (version >= 7) w.int32(m.sessionEpoch ?? -1)
  w.array(version, flexible, m.topics, encodeFetchTopic)
  if (version >= 7) w.array(version, flexible, m.forgottenTopicsData ?? [], encodeForgottenTopic)
  if (version >= 11) w.string(flexible, m.rackId ?? '')
  if (flexible) {
    const clusterId = m.clusterId ?? null
    const replicaState = m.replicaState ?? null
    w.uvarint((clusterId !== null ? 1 : 0) + (version >= 15 && replicaState !== null ? 1 : 0))
    if (clusterId !== null) w.tagged(0, (inner) => inner.string(true, clusterId))
    if (version >= 15 && replicaState !== null) w.tagged(1, (inner) => encodeReplicaState(inner, version, replicaState))
  }
}

export interface ReplicaState {
  readonly replicaId: number
  readonly replicaEpoch: number
}
export interface ReplicaStateInput {
  readonly replicaId?: number
  readonly replicaEpoch?: number
}

export function decodeReplicaState(r: WireReader, _version: number): ReplicaState {
  const replicaId = r.int32()
  const replicaEpoch = r.long()
  r.skipTags()
  return { replicaId, replicaEpoch }
}

export function encodeReplicaState(w: WireWriter, _version: number, m: ReplicaStateInput): void {
  w.int32(m.replicaId ?? -1)
  w.long(m.replicaEpoch ?? -1)
  w.uvarint(0)
}

export interface FetchTopic {
  readonly topic: string
  readonly topicId: string
  readonly partitions: readonly FetchPartition[]
}
export interface FetchTopicInput {
  readonly topic?: string
  readonly topicId?: string
  readonly partitions: readonly FetchPartitionInput[]
}

export function decodeFetchTopic(r: WireReader, version: number): FetchTopic {
  const flexible = version >= 12
  const topic = version <= 12 ? r.string(flexible) : ''
  const topicId = version >= 13 ? r.uuid() : zeroUuid
  const partitions = r.array(version, flexible, decodeFetchPartition)
  if (flexible) r.skipTags()
  return { topic, topicId, partitions }
}

export function encodeFetchTopic(w: WireWriter, version: number, m: FetchTopicInput): void {
  const flexible = version >= 12
  if (version <= 12) w.string(flexible, m.topic ?? '')
  if (version >= 13) w.uuid(m.topicId ?? zeroUuid)
  w.array(version, flexible, m.partitions, encodeFetchPartition)
  if (flexible) w.uvarint(0)
}

export interface FetchPartition {
  readonly partition: number
  readonly currentLeaderEpoch: number
  readonly fetchOffset: number
  readonly lastFetchedEpoch: number
  readonly logStartOffset: number
  readonly partitionMaxBytes: number
  readonly replicaDirectoryId: string
  readonly highWatermark: bigint
}
export interface FetchPartitionInput {
  readonly partition: number
  readonly currentLeaderEpoch?: number
  readonly fetchOffset: number
  readonly lastFetchedEpoch?: number
  readonly logStartOffset?: number
  readonly partitionMaxBytes: number
  readonly replicaDirectoryId?: string
  readonly highWatermark?: bigint
}

export function decodeFetchPartition(r: WireReader, version: number): FetchPartition {
  const flexible = version >= 12
  const partition = r.int32()
  const currentLeaderEpoch = version >= 9 ? r.int32() : -1
  const fetchOffset = r.long()
  const lastFetchedEpoch = version >= 12 ? r.int32() : -1
  const logStartOffset = version >= 5 ? r.long() : -1
  const partitionMaxBytes = r.int32()
  let replicaDirectoryId: string = zeroUuid
  let highWatermark: bigint = 9223372036854775807n
  if (flexible) {
    for (let count = r.uvarint(); count > 0; count--) {
      const tag = r.uvarint()
      const end = r.taggedEnd()
      if (tag === 0 && version >= 17) replicaDirectoryId = r.uuid()
      else if (tag === 1 && version >= 18) highWatermark = r.int64()
      else r.skipTo(end)
      r.expectAt(end)
    }
  }
  return { partition, currentLeaderEpoch, fetchOffset, lastFetchedEpoch, logStartOffset, partitionMaxBytes, replicaDirectoryId, highWatermark }
}

export function encodeFetchPartition(w: WireWriter, version: number, m: FetchPartitionInput): void {
  const flexible = version >= 12
  w.int32(m.partition)
  if (version >= 9) w.int32(m.currentLeaderEpoch ?? -1)
  w.long(m.fetchOffset)
  if (version >= 12) w.int32(m.lastFetchedEpoch ?? -1)
  if (version >= 5) w.long(m.logStartOffset ?? -1)
  w.int32(m.partitionMaxBytes)
  if (flexible) {
    const replicaDirectoryId = m.replicaDirectoryId ?? zeroUuid
    const highWatermark = m.highWatermark ?? 9223372036854775807n
    w.uvarint((version >= 17 && replicaDirectoryId !== zeroUuid ? 1 : 0) + (version >= 18 && highWatermark !== 9223372036854775807n ? 1 : 0))
    if (version >= 17 && replicaDirectoryId !== zeroUuid) w.tagged(0, (inner) => inner.uuid(replicaDirectoryId))
    if (version >= 18 && highWatermark !== 9223372036854775807n) w.tagged(1, (inner) => inner.int64(highWatermark))
  }
}

export interface ForgottenTopic {
  readonly topic: string
  readonly topicId: string
  readonly partitions: readonly number[]
}
export interface ForgottenTopicInput {
  readonly topic?: string
  readonly topicId?: string
  readonly partitions: readonly number[]
}

export function decodeForgottenTopic(r: WireReader, version: number): ForgottenTopic {
  const flexible = version >= 12
  const topic = version <= 12 ? r.string(flexible) : ''
  const topicId = version >= 13 ? r.uuid() : zeroUuid
  const partitions = r.array(version, flexible, readInt32)
  if (flexible) r.skipTags()
  return { topic, topicId, partitions }
}

export function encodeForgottenTopic(w: WireWriter, version: number, m: ForgottenTopicInput): void {
  const flexible = version >= 12
  if (version <= 12) w.string(flexible, m.topic ?? '')
  if (version >= 13) w.uuid(m.topicId ?? zeroUuid)
  w.array(version, flexible, m.partitions, writeInt32)
  if (flexible) w.uvarint(0)
}

/** Versions 4 to 18, flexible from 12. */
export interface FetchResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly sessionId: number
  readonly responses: readonly FetchableTopicResponse[]
  readonly nodeEndpoints: readonly NodeEndpoint[]
}
export interface FetchResponseInput {
  readonly throttleTimeMs?: number
  readonly errorCode?: number
  readonly sessionId?: number
  readonly responses: readonly FetchableTopicResponseInput[]
  readonly nodeEndpoints?: readonly NodeEndpointInput[]
}

export function decodeFetchResponse(r: WireReader, version: number): FetchResponse {
  const flexible = version >= 12
  const throttleTimeMs = r.int32()
  const errorCode = version >= 7 ? r.int16() : 0
  const sessionId = version >= 7 ? r.int32() : 0
  const responses = r.array(version, flexible, decodeFetchableTopicResponse)
  let nodeEndpoints: readonly NodeEndpoint[] = []
  if (flexible) {
    for (let count = r.uvarint(); count > 0; count--) {
      const tag = r.uvarint()
      const end = r.taggedEnd()
      if (tag === 0 && version >= 16) nodeEndpoints = r.array(version, true, decodeNodeEndpoint)
      else r.skipTo(end)
      r.expectAt(end)
    }
  }
  return { throttleTimeMs, errorCode, sessionId, responses, nodeEndpoints }
}

export function encodeFetchResponse(w: WireWriter, version: number, m: FetchResponseInput): void {
  const flexible = version >= 12
  w.int32(m.throttleTimeMs ?? 0)
  if (version >= 7) w.int16(m.errorCode ?? 0)
  if (version >= 7) w.int32(m.sessionId ?? 0)
  w.array(version, flexible, m.responses, encodeFetchableTopicResponse)
  if (flexible) {
    const nodeEndpoints = m.nodeEndpoints ?? []
    w.uvarint((version >= 16 && nodeEndpoints.length > 0 ? 1 : 0))
    if (version >= 16 && nodeEndpoints.length > 0) w.tagged(0, (inner) => inner.array(version, true, nodeEndpoints, encodeNodeEndpoint))
  }
}

export interface FetchableTopicResponse {
  readonly topic: string
  readonly topicId: string
  readonly partitions: readonly PartitionData[]
}
export interface FetchableTopicResponseInput {
  readonly topic?: string
  readonly topicId?: string
  readonly partitions: readonly PartitionDataInput[]
}

export function decodeFetchableTopicResponse(r: WireReader, version: number): FetchableTopicResponse {
  const flexible = version >= 12
  const topic = version <= 12 ? r.string(flexible) : ''
  const topicId = version >= 13 ? r.uuid() : zeroUuid
  const partitions = r.array(version, flexible, decodePartitionData)
  if (flexible) r.skipTags()
  return { topic, topicId, partitions }
}

export function encodeFetchableTopicResponse(w: WireWriter, version: number, m: FetchableTopicResponseInput): void {
  const flexible = version >= 12
  if (version <= 12) w.string(flexible, m.topic ?? '')
  if (version >= 13) w.uuid(m.topicId ?? zeroUuid)
  w.array(version, flexible, m.partitions, encodePartitionData)
  if (flexible) w.uvarint(0)
}

export interface PartitionData {
  readonly partitionIndex: number
  readonly errorCode: number
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly logStartOffset: number
  readonly divergingEpoch: EpochEndOffset | null
  readonly currentLeader: LeaderIdAndEpoch | null
  readonly snapshotId: SnapshotId | null
  readonly abortedTransactions: readonly AbortedTransaction[] | null
  readonly preferredReadReplica: number
  readonly records: Uint8Array | null
}
export interface PartitionDataInput {
  readonly partitionIndex: number
  readonly errorCode: number
  readonly highWatermark: number
  readonly lastStableOffset?: number
  readonly logStartOffset?: number
  readonly divergingEpoch?: EpochEndOffsetInput | null
  readonly currentLeader?: LeaderIdAndEpochInput | null
  readonly snapshotId?: SnapshotIdInput | null
  readonly abortedTransactions: readonly AbortedTransactionInput[] | null
  readonly preferredReadReplica?: number
  readonly records: Uint8Array | null
}

export function decodePartitionData(r: WireReader, version: number): PartitionData {
  const flexible = version >= 12
  const partitionIndex = r.int32()
  const errorCode = r.int16()
  const highWatermark = r.long()
  const lastStableOffset = r.long()
  const logStartOffset = version >= 5 ? r.long() : -1
  let divergingEpoch: EpochEndOffset | null = null
  let currentLeader: LeaderIdAndEpoch | null = null
  let snapshotId: SnapshotId | null = null
  const abortedTransactions = r.arrayOrNull(version, flexible, decodeAbortedTransaction)
  const preferredReadReplica = version >= 11 ? r.int32() : -1
  const records = r.bytesOrNull(flexible)
  if (flexible) {
    for (let count = r.uvarint(); count > 0; count--) {
      const tag = r.uvarint()
      const end = r.taggedEnd()
      if (tag === 0) divergingEpoch = decodeEpochEndOffset(r, version)
      else if (tag === 1) currentLeader = decodeLeaderIdAndEpoch(r, version)
      else if (tag === 2) snapshotId = decodeSnapshotId(r, version)
      else r.skipTo(end)
      r.expectAt(end)
    }
  }
  return { partitionIndex, errorCode, highWatermark, lastStableOffset, logStartOffset, divergingEpoch, currentLeader, snapshotId, abortedTransactions, preferredReadReplica, records }
}

export function encodePartitionData(w: WireWriter, version: number, m: PartitionDataInput): void {
  const flexible = version >= 12
  w.int32(m.partitionIndex)
  w.int16(m.errorCode)
  w.long(m.highWatermark)
  w.long(m.lastStableOffset ?? -1)
  if (version >= 5) w.long(m.logStartOffset ?? -1)
  w.array(version, flexible, m.abortedTransactions, encodeAbortedTransaction)
  if (version >= 11) w.int32(m.preferredReadReplica ?? -1)
  w.bytes(flexible, m.records)
  if (flexible) {
    const divergingEpoch = m.divergingEpoch ?? null
    const currentLeader = m.currentLeader ?? null
    const snapshotId = m.snapshotId ?? null
    w.uvarint((divergingEpoch !== null ? 1 : 0) + (currentLeader !== null ? 1 : 0) + (snapshotId !== null ? 1 : 0))
    if (divergingEpoch !== null) w.tagged(0, (inner) => encodeEpochEndOffset(inner, version, divergingEpoch))
    if (currentLeader !== null) w.tagged(1, (inner) => encodeLeaderIdAndEpoch(inner, version, currentLeader))
    if (snapshotId !== null) w.tagged(2, (inner) => encodeSnapshotId(inner, version, snapshotId))
  }
}

export interface EpochEndOffset {
  readonly epoch: number
  readonly endOffset: number
}
export interface EpochEndOffsetInput {
  readonly epoch?: number
  readonly endOffset?: number
}

export function decodeEpochEndOffset(r: WireReader, _version: number): EpochEndOffset {
  const epoch = r.int32()
  const endOffset = r.long()
  r.skipTags()
  return { epoch, endOffset }
}

export function encodeEpochEndOffset(w: WireWriter, _version: number, m: EpochEndOffsetInput): void {
  w.int32(m.epoch ?? -1)
  w.long(m.endOffset ?? -1)
  w.uvarint(0)
}

export interface LeaderIdAndEpoch {
  readonly leaderId: number
  readonly leaderEpoch: number
}
export interface LeaderIdAndEpochInput {
  readonly leaderId?: number
  readonly leaderEpoch?: number
}

export function decodeLeaderIdAndEpoch(r: WireReader, _version: number): LeaderIdAndEpoch {
  const leaderId = r.int32()
  const leaderEpoch = r.int32()
  r.skipTags()
  return { leaderId, leaderEpoch }
}

export function encodeLeaderIdAndEpoch(w: WireWriter, _version: number, m: LeaderIdAndEpochInput): void {
  w.int32(m.leaderId ?? -1)
  w.int32(m.leaderEpoch ?? -1)
  w.uvarint(0)
}

export interface SnapshotId {
  readonly endOffset: number
  readonly epoch: number
}
export interface SnapshotIdInput {
  readonly endOffset?: number
  readonly epoch?: number
}

export function decodeSnapshotId(r: WireReader, _version: number): SnapshotId {
  const endOffset = r.long()
  const epoch = r.int32()
  r.skipTags()
  return { endOffset, epoch }
}

export function encodeSnapshotId(w: WireWriter, _version: number, m: SnapshotIdInput): void {
  w.long(m.endOffset ?? -1)
  w.int32(m.epoch ?? -1)
  w.uvarint(0)
}

export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: number
}
export interface AbortedTransactionInput {
  readonly producerId: bigint
  readonly firstOffset: number
}

export function decodeAbortedTransaction(r: WireReader, version: number): AbortedTransaction {
  const flexible = version >= 12
  const producerId = r.int64()
  const firstOffset = r.long()
  if (flexible) r.skipTags()
  return { producerId, firstOffset }
}

export function encodeAbortedTransaction(w: WireWriter, version: number, m: AbortedTransactionInput): void {
  const flexible = version >= 12
  w.int64(m.producerId)
  w.long(m.firstOffset)
  if (flexible) w.uvarint(0)
}

export interface NodeEndpoint {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}
export interface NodeEndpointInput {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack?: string | null
}

export function decodeNodeEndpoint(r: WireReader, _version: number): NodeEndpoint {
  const nodeId = r.int32()
  const host = r.string(true)
  const port = r.int32()
  const rack = r.stringOrNull(true)
  r.skipTags()
  return { nodeId, host, port, rack }
}

export function encodeNodeEndpoint(w: WireWriter, _version: number, m: NodeEndpointInput): void {
  w.int32(m.nodeId)
  w.string(true, m.host)
  w.int32(m.port)
  w.string(true, m.rack ?? null)
  w.uvarint(0)
}
