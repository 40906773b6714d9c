// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import { zeroUuid } from '../reader.ts'
import type { WireReader } from '../reader.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 3 to 13, flexible from 9. */
export interface ProduceRequest {
  readonly transactionalId: string | null
  readonly acks: number
  readonly timeoutMs: number
  readonly topicData: readonly TopicProduceData[]
}
export interface ProduceRequestInput {
  readonly transactionalId?: string | null
  readonly acks: number
  readonly timeoutMs: number
  readonly topicData: readonly TopicProduceDataInput[]
}

export function decodeProduceRequest(r: WireReader, version: number): ProduceRequest {
  const flexible = version >= 9
  const transactionalId = r.stringOrNull(flexible)
  const acks = r.int16()
  const timeoutMs = r.int32()
  const topicData = r.array(version, flexible, decodeTopicProduceData)
  if (flexible) r.skipTags()
  return { transactionalId, acks, timeoutMs, topicData }
}

export function encodeProduceRequest(w: WireWriter, version: number, m: ProduceRequestInput): void {
  const flexible = version >= 9
  w.string(flexible, m.transactionalId ?? null)
  w.int16(m.acks)
  w.int32(m.timeoutMs)
  w.array(version, flexible, m.topicData, encodeTopicProduceData)
  if (flexible) w.uvarint(0)
}

export interface TopicProduceData {
  readonly name: string
  readonly topicId: string
  readonly partitionData: readonly PartitionProduceData[]
}
export interface TopicProduceDataInput {
  readonly name?: string
  readonly topicId?: string
  readonly partitionData: readonly PartitionProduceDataInput[]
}

export function decodeTopicProduceData(r: WireReader, version: number): TopicProduceData {
  const flexible = version >= 9
  const name = version <= 12 ? r.string(flexible) : ''
  const topicId = version >= 13 ? r.uuid() : zeroUuid
  const partitionData = r.array(version, flexible, decodePartitionProduceData)
  if (flexible) r.skipTags()
  return { name, topicId, partitionData }
}

export function encodeTopicProduceData(w: WireWriter, version: number, m: TopicProduceDataInput): void {
  const flexible = version >= 9
  if (version <= 12) w.string(flexible, m.name ?? '')
  if (version >= 13) w.uuid(m.topicId ?? zeroUuid)
  w.array(version, flexible, m.partitionData, encodePartitionProduceData)
  if (flexible) w.uvarint(0)
}

export interface PartitionProduceData {
  readonly index: number
  readonly records: Uint8Array | null
}
export interface PartitionProduceDataInput {
  readonly index: number
  readonly records: Uint8Array | null
}

export function decodePartitionProduceData(r: WireReader, version: number): PartitionProduceData {
  const flexible = version >= 9
  const index = r.int32()
  const records = r.bytesOrNull(flexible)
  if (flexible) r.skipTags()
  return { index, records }
}

export function encodePartitionProduceData(w: WireWriter, version: number, m: PartitionProduceDataInput): void {
  const flexible = version >= 9
  w.int32(m.index)
  w.bytes(flexible, m.records)
  if (flexible) w.uvarint(0)
}

/** Versions 3 to 13, flexible from 9. */
export interface ProduceResponse {
  readonly responses: readonly TopicProduceResponse[]
  readonly throttleTimeMs: number
  readonly nodeEndpoints: readonly NodeEndpoint[]
}
export interface ProduceResponseInput {
  readonly responses: readonly TopicProduceResponseInput[]
  readonly throttleTimeMs?: number
  readonly nodeEndpoints?: readonly NodeEndpointInput[]
}

export function decodeProduceResponse(r: WireReader, version: number): ProduceResponse {
  const flexible = version >= 9
  const responses = r.array(version, flexible, decodeTopicProduceResponse)
  const throttleTimeMs = r.int32()
  let nodeEndpoints: readonly NodeEndpoint[] = []
  if (flexible) {
    for (let count = r.uvarint(); count > 0; count--) {
      const tag = r.uvarint()
      const end = r.taggedEnd()
      if (tag === 0 && version >= 10) nodeEndpoints = r.array(version, true, decodeNodeEndpoint)
      else r.skipTo(end)
      r.expectAt(end)
    }
  }
  return { responses, throttleTimeMs, nodeEndpoints }
}

export function encodeProduceResponse(w: WireWriter, version: number, m: ProduceResponseInput): void {
  const flexible = version >= 9
  w.array(version, flexible, m.responses, encodeTopicProduceResponse)
  w.int32(m.throttleTimeMs ?? 0)
  if (flexible) {
    const nodeEndpoints = m.nodeEndpoints ?? []
    w.uvarint((version >= 10 && nodeEndpoints.length > 0 ? 1 : 0))
    if (version >= 10 && nodeEndpoints.length > 0) w.tagged(0, (inner) => inner.array(version, true, nodeEndpoints, encodeNodeEndpoint))
  }
}

export interface TopicProduceResponse {
  readonly name: string
  readonly topicId: string
  readonly partitionResponses: readonly PartitionProduceResponse[]
}
export interface TopicProduceResponseInput {
  readonly name?: string
  readonly topicId?: string
  readonly partitionResponses: readonly PartitionProduceResponseInput[]
}

export function decodeTopicProduceResponse(r: WireReader, version: number): TopicProduceResponse {
  const flexible = version >= 9
  const name = version <= 12 ? r.string(flexible) : ''
  const topicId = version >= 13 ? r.uuid() : zeroUuid
  const partitionResponses = r.array(version, flexible, decodePartitionProduceResponse)
  if (flexible) r.skipTags()
  return { name, topicId, partitionResponses }
}

export function encodeTopicProduceResponse(w: WireWriter, version: number, m: TopicProduceResponseInput): void {
  const flexible = version >= 9
  if (version <= 12) w.string(flexible, m.name ?? '')
  if (version >= 13) w.uuid(m.topicId ?? zeroUuid)
  w.array(version, flexible, m.partitionResponses, encodePartitionProduceResponse)
  if (flexible) w.uvarint(0)
}

export interface PartitionProduceResponse {
  readonly index: number
  readonly errorCode: number
  readonly baseOffset: number
  readonly logAppendTimeMs: number
  readonly logStartOffset: number
  readonly recordErrors: readonly BatchIndexAndErrorMessage[]
  readonly errorMessage: string | null
  readonly currentLeader: LeaderIdAndEpoch | null
}
export interface PartitionProduceResponseInput {
  readonly index: number
  readonly errorCode: number
  readonly baseOffset: number
  readonly logAppendTimeMs?: number
  readonly logStartOffset?: number
  readonly recordErrors?: readonly BatchIndexAndErrorMessageInput[]
  readonly errorMessage?: string | null
  readonly currentLeader?: LeaderIdAndEpochInput | null
}

export function decodePartitionProduceResponse(r: WireReader, version: number): PartitionProduceResponse {
  const flexible = version >= 9
  const index = r.int32()
  const errorCode = r.int16()
  const baseOffset = r.long()
  const logAppendTimeMs = r.long()
  const logStartOffset = version >= 5 ? r.long() : -1
  const recordErrors = version >= 8 ? r.array(version, flexible, decodeBatchIndexAndErrorMessage) : []
  const errorMessage = version >= 8 ? r.stringOrNull(flexible) : null
  let currentLeader: LeaderIdAndEpoch | null = null
  if (flexible) {
    for (let count = r.uvarint(); count > 0; count--) {
      const tag = r.uvarint()
      const end = r.taggedEnd()
      if (tag === 0 && version >= 10) currentLeader = decodeLeaderIdAndEpoch(r, version)
      else r.skipTo(end)
      r.expectAt(end)
    }
  }
  return { index, errorCode, baseOffset, logAppendTimeMs, logStartOffset, recordErrors, errorMessage, currentLeader }
}

export function encodePartitionProduceResponse(w: WireWriter, version: number, m: PartitionProduceResponseInput): void {
  const flexible = version >= 9
  w.int32(m.index)
  w.int16(m.errorCode)
  w.long(m.baseOffset)
  w.long(m.logAppendTimeMs ?? -1)
  if (version >= 5) w.long(m.logStartOffset ?? -1)
  if (version >= 8) w.array(version, flexible, m.recordErrors ?? [], encodeBatchIndexAndErrorMessage)
  if (version >= 8) w.string(flexible, m.errorMessage ?? null)
  if (flexible) {
    const currentLeader = m.currentLeader ?? null
    w.uvarint((version >= 10 && currentLeader !== null ? 1 : 0))
    if (version >= 10 && currentLeader !== null) w.tagged(0, (inner) => encodeLeaderIdAndEpoch(inner, version, currentLeader))
  }
}

export interface BatchIndexAndErrorMessage {
  readonly batchIndex: number
  readonly batchIndexErrorMessage: string | null
}
export interface BatchIndexAndErrorMessageInput {
  readonly batchIndex: number
  readonly batchIndexErrorMessage?: string | null
}

export function decodeBatchIndexAndErrorMessage(r: WireReader, version: number): BatchIndexAndErrorMessage {
  const flexible = version >= 9
  const batchIndex = r.int32()
  const batchIndexErrorMessage = r.stringOrNull(flexible)
  if (flexible) r.skipTags()
  return { batchIndex, batchIndexErrorMessage }
}

export function encodeBatchIndexAndErrorMessage(w: WireWriter, version: number, m: BatchIndexAndErrorMessageInput): void {
  const flexible = version >= 9
  w.int32(m.batchIndex)
  w.string(flexible, m.batchIndexErrorMessage ?? null)
  if (flexible) w.uvarint(0)
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
