// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import { readInt32 } from '../reader.ts'
import type { WireReader } from '../reader.ts'
import { writeInt32 } from '../writer.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 0, flexible from 0. */
export interface DescribeProducersRequest {
  readonly topics: readonly TopicRequest[]
}
export interface DescribeProducersRequestInput {
  readonly topics: readonly TopicRequestInput[]
}

export function decodeDescribeProducersRequest(r: WireReader, version: number): DescribeProducersRequest {
  const topics = r.array(version, true, decodeTopicRequest)
  r.skipTags()
  return { topics }
}

export function encodeDescribeProducersRequest(w: WireWriter, version: number, m: DescribeProducersRequestInput): void {
  w.array(version, true, m.topics, encodeTopicRequest)
  w.uvarint(0)
}

export interface TopicRequest {
  readonly name: string
  readonly partitionIndexes: readonly number[]
}
export interface TopicRequestInput {
  readonly name: string
  readonly partitionIndexes: readonly number[]
}

export function decodeTopicRequest(r: WireReader, version: number): TopicRequest {
  const name = r.string(true)
  const partitionIndexes = r.array(version, true, readInt32)
  r.skipTags()
  return { name, partitionIndexes }
}

export function encodeTopicRequest(w: WireWriter, version: number, m: TopicRequestInput): void {
  w.string(true, m.name)
  w.array(version, true, m.partitionIndexes, writeInt32)
  w.uvarint(0)
}

/** Versions 0 to 0, flexible from 0. */
export interface DescribeProducersResponse {
  readonly throttleTimeMs: number
  readonly topics: readonly TopicResponse[]
}
export interface DescribeProducersResponseInput {
  readonly throttleTimeMs?: number
  readonly topics: readonly TopicResponseInput[]
}

export function decodeDescribeProducersResponse(r: WireReader, version: number): DescribeProducersResponse {
  const throttleTimeMs = r.int32()
  const topics = r.array(version, true, decodeTopicResponse)
  r.skipTags()
  return { throttleTimeMs, topics }
}

export function encodeDescribeProducersResponse(w: WireWriter, version: number, m: DescribeProducersResponseInput): void {
  w.int32(m.throttleTimeMs ?? 0)
  w.array(version, true, m.topics, encodeTopicResponse)
  w.uvarint(0)
}

export interface TopicResponse {
  readonly name: string
  readonly partitions: readonly PartitionResponse[]
}
export interface TopicResponseInput {
  readonly name: string
  readonly partitions: readonly PartitionResponseInput[]
}

export function decodeTopicResponse(r: WireReader, version: number): TopicResponse {
  const name = r.string(true)
  const partitions = r.array(version, true, decodePartitionResponse)
  r.skipTags()
  return { name, partitions }
}

export function encodeTopicResponse(w: WireWriter, version: number, m: TopicResponseInput): void {
  w.string(true, m.name)
  w.array(version, true, m.partitions, encodePartitionResponse)
  w.uvarint(0)
}

export interface PartitionResponse {
  readonly partitionIndex: number
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly activeProducers: readonly ProducerState[]
}
export interface PartitionResponseInput {
  readonly partitionIndex: number
  readonly errorCode: number
  readonly errorMessage?: string | null
  readonly activeProducers: readonly ProducerStateInput[]
}

export function decodePartitionResponse(r: WireReader, version: number): PartitionResponse {
  const partitionIndex = r.int32()
  const errorCode = r.int16()
  const errorMessage = r.stringOrNull(true)
  const activeProducers = r.array(version, true, decodeProducerState)
  r.skipTags()
  return { partitionIndex, errorCode, errorMessage, activeProducers }
}

export function encodePartitionResponse(w: WireWriter, version: number, m: PartitionResponseInput): void {
  w.int32(m.partitionIndex)
  w.int16(m.errorCode)
  w.string(true, m.errorMessage ?? null)
  w.array(version, true, m.activeProducers, encodeProducerState)
  w.uvarint(0)
}

export interface ProducerState {
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly lastSequence: number
  readonly lastTimestamp: number
  readonly coordinatorEpoch: number
  readonly currentTxnStartOffset: number
}
export interface ProducerStateInput {
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly lastSequence?: number
  readonly lastTimestamp?: number
  readonly coordinatorEpoch: number
  readonly currentTxnStartOffset?: number
}

export function decodeProducerState(r: WireReader, _version: number): ProducerState {
  const producerId = r.int64()
  const producerEpoch = r.int32()
  const lastSequence = r.int32()
  const lastTimestamp = r.long()
  const coordinatorEpoch = r.int32()
  const currentTxnStartOffset = r.long()
  r.skipTags()
  return { producerId, producerEpoch, lastSequence, lastTimestamp, coordinatorEpoch, currentTxnStartOffset }
}

export function encodeProducerState(w: WireWriter, _version: number, m: ProducerStateInput): void {
  w.int64(m.producerId)
  w.int32(m.producerEpoch)
  w.int32(m.lastSequence ?? -1)
  w.long(m.lastTimestamp ?? -1)
  w.int32(m.coordinatorEpoch)
  w.long(m.currentTxnStartOffset ?? -1)
  w.uvarint(0)
}
