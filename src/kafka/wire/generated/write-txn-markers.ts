// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import { readInt32 } from '../reader.ts'
import type { WireReader } from '../reader.ts'
import { writeInt32 } from '../writer.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 1 to 2, flexible from 1. */
export interface WriteTxnMarkersRequest {
  readonly markers: readonly WritableTxnMarker[]
}
export interface WriteTxnMarkersRequestInput {
  readonly markers: readonly WritableTxnMarkerInput[]
}

export function decodeWriteTxnMarkersRequest(r: WireReader, version: number): WriteTxnMarkersRequest {
  const markers = r.array(version, true, decodeWritableTxnMarker)
  r.skipTags()
  return { markers }
}

export function encodeWriteTxnMarkersRequest(w: WireWriter, version: number, m: WriteTxnMarkersRequestInput): void {
  w.array(version, true, m.markers, encodeWritableTxnMarker)
  w.uvarint(0)
}

export interface WritableTxnMarker {
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly transactionResult: boolean
  readonly topics: readonly WritableTxnMarkerTopic[]
  readonly coordinatorEpoch: number
  readonly transactionVersion: number
}
export interface WritableTxnMarkerInput {
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly transactionResult: boolean
  readonly topics: readonly WritableTxnMarkerTopicInput[]
  readonly coordinatorEpoch: number
  readonly transactionVersion?: number
}

export function decodeWritableTxnMarker(r: WireReader, version: number): WritableTxnMarker {
  const producerId = r.int64()
  const producerEpoch = r.int16()
  const transactionResult = r.bool()
  const topics = r.array(version, true, decodeWritableTxnMarkerTopic)
  const coordinatorEpoch = r.int32()
  const transactionVersion = version >= 2 ? r.int8() : 0
  r.skipTags()
  return { producerId, producerEpoch, transactionResult, topics, coordinatorEpoch, transactionVersion }
}

export function encodeWritableTxnMarker(w: WireWriter, version: number, m: WritableTxnMarkerInput): void {
  w.int64(m.producerId)
  w.int16(m.producerEpoch)
  w.bool(m.transactionResult)
  w.array(version, true, m.topics, encodeWritableTxnMarkerTopic)
  w.int32(m.coordinatorEpoch)
  if (version >= 2) w.int8(m.transactionVersion ?? 0)
  w.uvarint(0)
}

export interface WritableTxnMarkerTopic {
  readonly name: string
  readonly partitionIndexes: readonly number[]
}
export interface WritableTxnMarkerTopicInput {
  readonly name: string
  readonly partitionIndexes: readonly number[]
}

export function decodeWritableTxnMarkerTopic(r: WireReader, version: number): WritableTxnMarkerTopic {
  const name = r.string(true)
  const partitionIndexes = r.array(version, true, readInt32)
  r.skipTags()
  return { name, partitionIndexes }
}

export function encodeWritableTxnMarkerTopic(w: WireWriter, version: number, m: WritableTxnMarkerTopicInput): void {
  w.string(true, m.name)
  w.array(version, true, m.partitionIndexes, writeInt32)
  w.uvarint(0)
}

/** Versions 1 to 2, flexible from 1. */
export interface WriteTxnMarkersResponse {
  readonly markers: readonly WritableTxnMarkerResult[]
}
export interface WriteTxnMarkersResponseInput {
  readonly markers: readonly WritableTxnMarkerResultInput[]
}

export function decodeWriteTxnMarkersResponse(r: WireReader, version: number): WriteTxnMarkersResponse {
  const markers = r.array(version, true, decodeWritableTxnMarkerResult)
  r.skipTags()
  return { markers }
}

export function encodeWriteTxnMarkersResponse(w: WireWriter, version: number, m: WriteTxnMarkersResponseInput): void {
  w.array(version, true, m.markers, encodeWritableTxnMarkerResult)
  w.uvarint(0)
}

export interface WritableTxnMarkerResult {
  readonly producerId: bigint
  readonly topics: readonly WritableTxnMarkerTopicResult[]
}
export interface WritableTxnMarkerResultInput {
  readonly producerId: bigint
  readonly topics: readonly WritableTxnMarkerTopicResultInput[]
}

export function decodeWritableTxnMarkerResult(r: WireReader, version: number): WritableTxnMarkerResult {
  const producerId = r.int64()
  const topics = r.array(version, true, decodeWritableTxnMarkerTopicResult)
  r.skipTags()
  return { producerId, topics }
}

export function encodeWritableTxnMarkerResult(w: WireWriter, version: number, m: WritableTxnMarkerResultInput): void {
  w.int64(m.producerId)
  w.array(version, true, m.topics, encodeWritableTxnMarkerTopicResult)
  w.uvarint(0)
}

export interface WritableTxnMarkerTopicResult {
  readonly name: string
  readonly partitions: readonly WritableTxnMarkerPartitionResult[]
}
export interface WritableTxnMarkerTopicResultInput {
  readonly name: string
  readonly partitions: readonly WritableTxnMarkerPartitionResultInput[]
}

export function decodeWritableTxnMarkerTopicResult(r: WireReader, version: number): WritableTxnMarkerTopicResult {
  const name = r.string(true)
  const partitions = r.array(version, true, decodeWritableTxnMarkerPartitionResult)
  r.skipTags()
  return { name, partitions }
}

export function encodeWritableTxnMarkerTopicResult(w: WireWriter, version: number, m: WritableTxnMarkerTopicResultInput): void {
  w.string(true, m.name)
  w.array(version, true, m.partitions, encodeWritableTxnMarkerPartitionResult)
  w.uvarint(0)
}

export interface WritableTxnMarkerPartitionResult {
  readonly partitionIndex: number
  readonly errorCode: number
}
export interface WritableTxnMarkerPartitionResultInput {
  readonly partitionIndex: number
  readonly errorCode: number
}

export function decodeWritableTxnMarkerPartitionResult(r: WireReader, _version: number): WritableTxnMarkerPartitionResult {
  const partitionIndex = r.int32()
  const errorCode = r.int16()
  r.skipTags()
  return { partitionIndex, errorCode }
}

export function encodeWritableTxnMarkerPartitionResult(w: WireWriter, _version: number, m: WritableTxnMarkerPartitionResultInput): void {
  w.int32(m.partitionIndex)
  w.int16(m.errorCode)
  w.uvarint(0)
}
