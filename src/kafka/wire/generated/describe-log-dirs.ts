// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import { readInt32 } from '../reader.ts'
import type { WireReader } from '../reader.ts'
import { writeInt32 } from '../writer.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 1 to 5, flexible from 2. */
export interface DescribeLogDirsRequest {
  readonly topics: readonly DescribableLogDirTopic[] | null
}
export interface DescribeLogDirsRequestInput {
  readonly topics: readonly DescribableLogDirTopicInput[] | null
}

export function decodeDescribeLogDirsRequest(r: WireReader, version: number): DescribeLogDirsRequest {
  const flexible = version >= 2
  const topics = r.arrayOrNull(version, flexible, decodeDescribableLogDirTopic)
  if (flexible) r.skipTags()
  return { topics }
}

export function encodeDescribeLogDirsRequest(w: WireWriter, version: number, m: DescribeLogDirsRequestInput): void {
  const flexible = version >= 2
  w.array(version, flexible, m.topics, encodeDescribableLogDirTopic)
  if (flexible) w.uvarint(0)
}

export interface DescribableLogDirTopic {
  readonly topic: string
  readonly partitions: readonly number[]
}
export interface DescribableLogDirTopicInput {
  readonly topic: string
  readonly partitions: readonly number[]
}

export function decodeDescribableLogDirTopic(r: WireReader, version: number): DescribableLogDirTopic {
  const flexible = version >= 2
  const topic = r.string(flexible)
  const partitions = r.array(version, flexible, readInt32)
  if (flexible) r.skipTags()
  return { topic, partitions }
}

export function encodeDescribableLogDirTopic(w: WireWriter, version: number, m: DescribableLogDirTopicInput): void {
  const flexible = version >= 2
  w.string(flexible, m.topic)
  w.array(version, flexible, m.partitions, writeInt32)
  if (flexible) w.uvarint(0)
}

/** Versions 1 to 5, flexible from 2. */
export interface DescribeLogDirsResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly results: readonly DescribeLogDirsResult[]
}
export interface DescribeLogDirsResponseInput {
  readonly throttleTimeMs: number
  readonly errorCode?: number
  readonly results: readonly DescribeLogDirsResultInput[]
}

export function decodeDescribeLogDirsResponse(r: WireReader, version: number): DescribeLogDirsResponse {
  const flexible = version >= 2
  const throttleTimeMs = r.int32()
  const errorCode = version >= 3 ? r.int16() : 0
  const results = r.array(version, flexible, decodeDescribeLogDirsResult)
  if (flexible) r.skipTags()
  return { throttleTimeMs, errorCode, results }
}

export function encodeDescribeLogDirsResponse(w: WireWriter, version: number, m: DescribeLogDirsResponseInput): void {
  const flexible = version >= 2
  w.int32(m.throttleTimeMs)
  if (version >= 3) w.int16(m.errorCode ?? 0)
  w.array(version, flexible, m.results, encodeDescribeLogDirsResult)
  if (flexible) w.uvarint(0)
}

export interface DescribeLogDirsResult {
  readonly errorCode: number
  readonly logDir: string
  readonly topics: readonly DescribeLogDirsTopic[]
  readonly totalBytes: number
  readonly usableBytes: number
  readonly isCordoned: boolean
}
export interface DescribeLogDirsResultInput {
  readonly errorCode: number
  readonly logDir: string
  readonly topics: readonly DescribeLogDirsTopicInput[]
  readonly totalBytes?: number
  readonly usableBytes?: number
  readonly isCordoned?: boolean
}

export function decodeDescribeLogDirsResult(r: WireReader, version: number): DescribeLogDirsResult {
  const flexible = version >= 2
  const errorCode = r.int16()
  const logDir = r.string(flexible)
  const topics = r.array(version, flexible, decodeDescribeLogDirsTopic)
  const totalBytes = version >= 4 ? r.long() : -1
  const usableBytes = version >= 4 ? r.long() : -1
  const isCordoned = version >= 5 ? r.bool() : false
  if (flexible) r.skipTags()
  return { errorCode, logDir, topics, totalBytes, usableBytes, isCordoned }
}

export function encodeDescribeLogDirsResult(w: WireWriter, version: number, m: DescribeLogDirsResultInput): void {
  const flexible = version >= 2
  w.int16(m.errorCode)
  w.string(flexible, m.logDir)
  w.array(version, flexible, m.topics, encodeDescribeLogDirsTopic)
  if (version >= 4) w.long(m.totalBytes ?? -1)
  if (version >= 4) w.long(m.usableBytes ?? -1)
  if (version >= 5) w.bool(m.isCordoned ?? false)
  if (flexible) w.uvarint(0)
}

export interface DescribeLogDirsTopic {
  readonly name: string
  readonly partitions: readonly DescribeLogDirsPartition[]
}
export interface DescribeLogDirsTopicInput {
  readonly name: string
  readonly partitions: readonly DescribeLogDirsPartitionInput[]
}

export function decodeDescribeLogDirsTopic(r: WireReader, version: number): DescribeLogDirsTopic {
  const flexible = version >= 2
  const name = r.string(flexible)
  const partitions = r.array(version, flexible, decodeDescribeLogDirsPartition)
  if (flexible) r.skipTags()
  return { name, partitions }
}

export function encodeDescribeLogDirsTopic(w: WireWriter, version: number, m: DescribeLogDirsTopicInput): void {
  const flexible = version >= 2
  w.string(flexible, m.name)
  w.array(version, flexible, m.partitions, encodeDescribeLogDirsPartition)
  if (flexible) w.uvarint(0)
}

export interface DescribeLogDirsPartition {
  readonly partitionIndex: number
  readonly partitionSize: number
  readonly offsetLag: number
  readonly isFutureKey: boolean
}
export interface DescribeLogDirsPartitionInput {
  readonly partitionIndex: number
  readonly partitionSize: number
  readonly offsetLag: number
  readonly isFutureKey: boolean
}

export function decodeDescribeLogDirsPartition(r: WireReader, version: number): DescribeLogDirsPartition {
  const flexible = version >= 2
  const partitionIndex = r.int32()
  const partitionSize = r.long()
  const offsetLag = r.long()
  const isFutureKey = r.bool()
  if (flexible) r.skipTags()
  return { partitionIndex, partitionSize, offsetLag, isFutureKey }
}

export function encodeDescribeLogDirsPartition(w: WireWriter, version: number, m: DescribeLogDirsPartitionInput): void {
  const flexible = version >= 2
  w.int32(m.partitionIndex)
  w.long(m.partitionSize)
  w.long(m.offsetLag)
  w.bool(m.isFutureKey)
  if (flexible) w.uvarint(0)
}
