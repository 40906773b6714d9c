// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import { readInt32 } from '../reader.ts'
import type { WireReader } from '../reader.ts'
import { writeInt32 } from '../writer.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 1 to 2, flexible from 2. */
export interface AlterReplicaLogDirsRequest {
  readonly dirs: readonly AlterReplicaLogDir[]
}
export interface AlterReplicaLogDirsRequestInput {
  readonly dirs: readonly AlterReplicaLogDirInput[]
}

export function decodeAlterReplicaLogDirsRequest(r: WireReader, version: number): AlterReplicaLogDirsRequest {
  const flexible = version >= 2
  const dirs = r.array(version, flexible, decodeAlterReplicaLogDir)
  if (flexible) r.skipTags()
  return { dirs }
}

export function encodeAlterReplicaLogDirsRequest(w: WireWriter, version: number, m: AlterReplicaLogDirsRequestInput): void {
  const flexible = version >= 2
  w.array(version, flexible, m.dirs, encodeAlterReplicaLogDir)
  if (flexible) w.uvarint(0)
}

export interface AlterReplicaLogDir {
  readonly path: string
  readonly topics: readonly AlterReplicaLogDirTopic[]
}
export interface AlterReplicaLogDirInput {
  readonly path: string
  readonly topics: readonly AlterReplicaLogDirTopicInput[]
}

export function decodeAlterReplicaLogDir(r: WireReader, version: number): AlterReplicaLogDir {
  const flexible = version >= 2
  const path = r.string(flexible)
  const topics = r.array(version, flexible, decodeAlterReplicaLogDirTopic)
  if (flexible) r.skipTags()
  return { path, topics }
}

export function encodeAlterReplicaLogDir(w: WireWriter, version: number, m: AlterReplicaLogDirInput): void {
  const flexible = version >= 2
  w.string(flexible, m.path)
  w.array(version, flexible, m.topics, encodeAlterReplicaLogDirTopic)
  if (flexible) w.uvarint(0)
}

export interface AlterReplicaLogDirTopic {
  readonly name: string
  readonly partitions: readonly number[]
}
export interface AlterReplicaLogDirTopicInput {
  readonly name: string
  readonly partitions: readonly number[]
}

export function decodeAlterReplicaLogDirTopic(r: WireReader, version: number): AlterReplicaLogDirTopic {
  const flexible = version >= 2
  const name = r.string(flexible)
  const partitions = r.array(version, flexible, readInt32)
  if (flexible) r.skipTags()
  return { name, partitions }
}

export function encodeAlterReplicaLogDirTopic(w: WireWriter, version: number, m: AlterReplicaLogDirTopicInput): void {
  const flexible = version >= 2
  w.string(flexible, m.name)
  w.array(version, flexible, m.partitions, writeInt32)
  if (flexible) w.uvarint(0)
}

/** Versions 1 to 2, flexible from 2. */
export interface AlterReplicaLogDirsResponse {
  readonly throttleTimeMs: number
  readonly results: readonly AlterReplicaLogDirTopicResult[]
}
export interface AlterReplicaLogDirsResponseInput {
  readonly throttleTimeMs: number
  readonly results: readonly AlterReplicaLogDirTopicResultInput[]
}

export function decodeAlterReplicaLogDirsResponse(r: WireReader, version: number): AlterReplicaLogDirsResponse {
  const flexible = version >= 2
  const throttleTimeMs = r.int32()
  const results = r.array(version, flexible, decodeAlterReplicaLogDirTopicResult)
  if (flexible) r.skipTags()
  return { throttleTimeMs, results }
}

export function encodeAlterReplicaLogDirsResponse(w: WireWriter, version: number, m: AlterReplicaLogDirsResponseInput): void {
  const flexible = version >= 2
  w.int32(m.throttleTimeMs)
  w.array(version, flexible, m.results, encodeAlterReplicaLogDirTopicResult)
  if (flexible) w.uvarint(0)
}

export interface AlterReplicaLogDirTopicResult {
  readonly topicName: string
  readonly partitions: readonly AlterReplicaLogDirPartitionResult[]
}
export interface AlterReplicaLogDirTopicResultInput {
  readonly topicName: string
  readonly partitions: readonly AlterReplicaLogDirPartitionResultInput[]
}

export function decodeAlterReplicaLogDirTopicResult(r: WireReader, version: number): AlterReplicaLogDirTopicResult {
  const flexible = version >= 2
  const topicName = r.string(flexible)
  const partitions = r.array(version, flexible, decodeAlterReplicaLogDirPartitionResult)
  if (flexible) r.skipTags()
  return { topicName, partitions }
}

export function encodeAlterReplicaLogDirTopicResult(w: WireWriter, version: number, m: AlterReplicaLogDirTopicResultInput): void {
  const flexible = version >= 2
  w.string(flexible, m.topicName)
  w.array(version, flexible, m.partitions, encodeAlterReplicaLogDirPartitionResult)
  if (flexible) w.uvarint(0)
}

export interface AlterReplicaLogDirPartitionResult {
  readonly partitionIndex: number
  readonly errorCode: number
}
export interface AlterReplicaLogDirPartitionResultInput {
  readonly partitionIndex: number
  readonly errorCode: number
}

export function decodeAlterReplicaLogDirPartitionResult(r: WireReader, version: number): AlterReplicaLogDirPartitionResult {
  const flexible = version >= 2
  const partitionIndex = r.int32()
  const errorCode = r.int16()
  if (flexible) r.skipTags()
  return { partitionIndex, errorCode }
}

export function encodeAlterReplicaLogDirPartitionResult(w: WireWriter, version: number, m: AlterReplicaLogDirPartitionResultInput): void {
  const flexible = version >= 2
  w.int32(m.partitionIndex)
  w.int16(m.errorCode)
  if (flexible) w.uvarint(0)
}
