// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import { readInt32, zeroUuid } from '../reader.ts'
import type { WireReader } from '../reader.ts'
import { writeInt32 } from '../writer.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 2 to 7, flexible from 5. */
export interface CreateTopicsRequest {
  readonly topics: readonly CreatableTopic[]
  readonly timeoutMs: number
  readonly validateOnly: boolean
}
export interface CreateTopicsRequestInput {
  readonly topics: readonly CreatableTopicInput[]
  readonly timeoutMs?: number
  readonly validateOnly: boolean
}

export function decodeCreateTopicsRequest(r: WireReader, version: number): CreateTopicsRequest {
  const flexible = version >= 5
  const topics = r.array(version, flexible, decodeCreatableTopic)
  const timeoutMs = r.int32()
  const validateOnly = r.bool()
  if (flexible) r.skipTags()
  return { topics, timeoutMs, validateOnly }
}

export function encodeCreateTopicsRequest(w: WireWriter, version: number, m: CreateTopicsRequestInput): void {
  const flexible = version >= 5
  w.array(version, flexible, m.topics, encodeCreatableTopic)
  w.int32(m.timeoutMs ?? 60000)
  w.bool(m.validateOnly)
  if (flexible) w.uvarint(0)
}

export interface CreatableTopic {
  readonly name: string
  readonly numPartitions: number
  readonly replicationFactor: number
  readonly assignments: readonly CreatableReplicaAssignment[]
  readonly configs: readonly CreatableTopicConfig[]
}
export interface CreatableTopicInput {
  readonly name: string
  readonly numPartitions: number
  readonly replicationFactor: number
  readonly assignments: readonly CreatableReplicaAssignmentInput[]
  readonly configs: readonly CreatableTopicConfigInput[]
}

export function decodeCreatableTopic(r: WireReader, version: number): CreatableTopic {
  const flexible = version >= 5
  const name = r.string(flexible)
  const numPartitions = r.int32()
  const replicationFactor = r.int16()
  const assignments = r.array(version, flexible, decodeCreatableReplicaAssignment)
  const configs = r.array(version, flexible, decodeCreatableTopicConfig)
  if (flexible) r.skipTags()
  return { name, numPartitions, replicationFactor, assignments, configs }
}

export function encodeCreatableTopic(w: WireWriter, version: number, m: CreatableTopicInput): void {
  const flexible = version >= 5
  w.string(flexible, m.name)
  w.int32(m.numPartitions)
  w.int16(m.replicationFactor)
  w.array(version, flexible, m.assignments, encodeCreatableReplicaAssignment)
  w.array(version, flexible, m.configs, encodeCreatableTopicConfig)
  if (flexible) w.uvarint(0)
}

export interface CreatableReplicaAssignment {
  readonly partitionIndex: number
  readonly brokerIds: readonly number[]
}
export interface CreatableReplicaAssignmentInput {
  readonly partitionIndex: number
  readonly brokerIds: readonly number[]
}

export function decodeCreatableReplicaAssignment(r: WireReader, version: number): CreatableReplicaAssignment {
  const flexible = version >= 5
  const partitionIndex = r.int32()
  const brokerIds = r.array(version, flexible, readInt32)
  if (flexible) r.skipTags()
  return { partitionIndex, brokerIds }
}

export function encodeCreatableReplicaAssignment(w: WireWriter, version: number, m: CreatableReplicaAssignmentInput): void {
  const flexible = version >= 5
  w.int32(m.partitionIndex)
  w.array(version, flexible, m.brokerIds, writeInt32)
  if (flexible) w.uvarint(0)
}

export interface CreatableTopicConfig {
  readonly name: string
  readonly value: string | null
}
export interface CreatableTopicConfigInput {
  readonly name: string
  readonly value: string | null
}

export function decodeCreatableTopicConfig(r: WireReader, version: number): CreatableTopicConfig {
  const flexible = version >= 5
  const name = r.string(flexible)
  const value = r.stringOrNull(flexible)
  if (flexible) r.skipTags()
  return { name, value }
}

export function encodeCreatableTopicConfig(w: WireWriter, version: number, m: CreatableTopicConfigInput): void {
  const flexible = version >= 5
  w.string(flexible, m.name)
  w.string(flexible, m.value)
  if (flexible) w.uvarint(0)
}

/** Versions 2 to 7, flexible from 5. */
export interface CreateTopicsResponse {
  readonly throttleTimeMs: number
  readonly topics: readonly CreatableTopicResult[]
}
export interface CreateTopicsResponseInput {
  readonly throttleTimeMs?: number
  readonly topics: readonly CreatableTopicResultInput[]
}

export function decodeCreateTopicsResponse(r: WireReader, version: number): CreateTopicsResponse {
  const flexible = version >= 5
  const throttleTimeMs = r.int32()
  const topics = r.array(version, flexible, decodeCreatableTopicResult)
  if (flexible) r.skipTags()
  return { throttleTimeMs, topics }
}

export function encodeCreateTopicsResponse(w: WireWriter, version: number, m: CreateTopicsResponseInput): void {
  const flexible = version >= 5
  w.int32(m.throttleTimeMs ?? 0)
  w.array(version, flexible, m.topics, encodeCreatableTopicResult)
  if (flexible) w.uvarint(0)
}

export interface CreatableTopicResult {
  readonly name: string
  readonly topicId: string
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly topicConfigErrorCode: number
  readonly numPartitions: number
  readonly replicationFactor: number
  readonly configs: readonly CreatableTopicConfigs[] | null
}
export interface CreatableTopicResultInput {
  readonly name: string
  readonly topicId?: string
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly topicConfigErrorCode?: number
  readonly numPartitions?: number
  readonly replicationFactor?: number
  readonly configs?: readonly CreatableTopicConfigsInput[] | null
}

export function decodeCreatableTopicResult(r: WireReader, version: number): CreatableTopicResult {
  const flexible = version >= 5
  const name = r.string(flexible)
  const topicId = version >= 7 ? r.uuid() : zeroUuid
  const errorCode = r.int16()
  const errorMessage = r.stringOrNull(flexible)
  let topicConfigErrorCode: number = 0
  const numPartitions = version >= 5 ? r.int32() : -1
  const replicationFactor = version >= 5 ? r.int16() : -1
  const configs = version >= 5 ? r.arrayOrNull(version, true, decodeCreatableTopicConfigs) : []
  if (flexible) {
    for (let count = r.uvarint(); count > 0; count--) {
      const tag = r.uvarint()
      const end = r.taggedEnd()
      if (tag === 0) topicConfigErrorCode = r.int16()
      else r.skipTo(end)
      r.expectAt(end)
    }
  }
  return { name, topicId, errorCode, errorMessage, topicConfigErrorCode, numPartitions, replicationFactor, configs }
}

export function encodeCreatableTopicResult(w: WireWriter, version: number, m: CreatableTopicResultInput): void {
  const flexible = version >= 5
  w.string(flexible, m.name)
  if (version >= 7) w.uuid(m.topicId ?? zeroUuid)
  w.int16(m.errorCode)
  w.string(flexible, m.errorMessage)
  if (version >= 5) w.int32(m.numPartitions ?? -1)
  if (version >= 5) w.int16(m.replicationFactor ?? -1)
  if (version >= 5) w.array(version, true, m.configs === undefined ? [] : m.configs, encodeCreatableTopicConfigs)
  if (flexible) {
    const topicConfigErrorCode = m.topicConfigErrorCode ?? 0
    w.uvarint((topicConfigErrorCode !== 0 ? 1 : 0))
    if (topicConfigErrorCode !== 0) w.tagged(0, (inner) => inner.int16(topicConfigErrorCode))
  }
}

export interface CreatableTopicConfigs {
  readonly name: string
  readonly value: string | null
  readonly readOnly: boolean
  readonly configSource: number
  readonly isSensitive: boolean
}
export interface CreatableTopicConfigsInput {
  readonly name: string
  readonly value: string | null
  readonly readOnly: boolean
  readonly configSource?: number
  readonly isSensitive: boolean
}

export function decodeCreatableTopicConfigs(r: WireReader, _version: number): CreatableTopicConfigs {
  const name = r.string(true)
  const value = r.stringOrNull(true)
  const readOnly = r.bool()
  const configSource = r.int8()
  const isSensitive = r.bool()
  r.skipTags()
  return { name, value, readOnly, configSource, isSensitive }
}

export function encodeCreatableTopicConfigs(w: WireWriter, _version: number, m: CreatableTopicConfigsInput): void {
  w.string(true, m.name)
  w.string(true, m.value)
  w.bool(m.readOnly)
  w.int8(m.configSource ?? -1)
  w.bool(m.isSensitive)
  w.uvarint(0)
}
