// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import { readInt32 } from '../reader.ts'
import type { WireReader } from '../reader.ts'
import { writeInt32 } from '../writer.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 3, flexible from 2. */
export interface CreatePartitionsRequest {
  readonly topics: readonly CreatePartitionsTopic[]
  readonly timeoutMs: number
  readonly validateOnly: boolean
}
export interface CreatePartitionsRequestInput {
  readonly topics: readonly CreatePartitionsTopicInput[]
  readonly timeoutMs: number
  readonly validateOnly: boolean
}

export function decodeCreatePartitionsRequest(r: WireReader, version: number): CreatePartitionsRequest {
  const flexible = version >= 2
  const topics = r.array(version, flexible, decodeCreatePartitionsTopic)
  const timeoutMs = r.int32()
  const validateOnly = r.bool()
  if (flexible) r.skipTags()
  return { topics, timeoutMs, validateOnly }
}

export function encodeCreatePartitionsRequest(w: WireWriter, version: number, m: CreatePartitionsRequestInput): void {
  const flexible = version >= 2
  w.array(version, flexible, m.topics, encodeCreatePartitionsTopic)
  w.int32(m.timeoutMs)
  w.bool(m.validateOnly)
  if (flexible) w.uvarint(0)
}

export interface CreatePartitionsTopic {
  readonly name: string
  readonly count: number
  readonly assignments: readonly CreatePartitionsAssignment[] | null
}
export interface CreatePartitionsTopicInput {
  readonly name: string
  readonly count: number
  readonly assignments: readonly CreatePartitionsAssignmentInput[] | null
}

export function decodeCreatePartitionsTopic(r: WireReader, version: number): CreatePartitionsTopic {
  const flexible = version >= 2
  const name = r.string(flexible)
  const count = r.int32()
  const assignments = r.arrayOrNull(version, flexible, decodeCreatePartitionsAssignment)
  if (flexible) r.skipTags()
  return { name, count, assignments }
}

export function encodeCreatePartitionsTopic(w: WireWriter, version: number, m: CreatePartitionsTopicInput): void {
  const flexible = version >= 2
  w.string(flexible, m.name)
  w.int32(m.count)
  w.array(version, flexible, m.assignments, encodeCreatePartitionsAssignment)
  if (flexible) w.uvarint(0)
}

export interface CreatePartitionsAssignment {
  readonly brokerIds: readonly number[]
}
export interface CreatePartitionsAssignmentInput {
  readonly brokerIds: readonly number[]
}

export function decodeCreatePartitionsAssignment(r: WireReader, version: number): CreatePartitionsAssignment {
  const flexible = version >= 2
  const brokerIds = r.array(version, flexible, readInt32)
  if (flexible) r.skipTags()
  return { brokerIds }
}

export function encodeCreatePartitionsAssignment(w: WireWriter, version: number, m: CreatePartitionsAssignmentInput): void {
  const flexible = version >= 2
  w.array(version, flexible, m.brokerIds, writeInt32)
  if (flexible) w.uvarint(0)
}

/** Versions 0 to 3, flexible from 2. */
export interface CreatePartitionsResponse {
  readonly throttleTimeMs: number
  readonly results: readonly CreatePartitionsTopicResult[]
}
export interface CreatePartitionsResponseInput {
  readonly throttleTimeMs?: number
  readonly results: readonly CreatePartitionsTopicResultInput[]
}

export function decodeCreatePartitionsResponse(r: WireReader, version: number): CreatePartitionsResponse {
  const flexible = version >= 2
  const throttleTimeMs = r.int32()
  const results = r.array(version, flexible, decodeCreatePartitionsTopicResult)
  if (flexible) r.skipTags()
  return { throttleTimeMs, results }
}

export function encodeCreatePartitionsResponse(w: WireWriter, version: number, m: CreatePartitionsResponseInput): void {
  const flexible = version >= 2
  w.int32(m.throttleTimeMs ?? 0)
  w.array(version, flexible, m.results, encodeCreatePartitionsTopicResult)
  if (flexible) w.uvarint(0)
}

export interface CreatePartitionsTopicResult {
  readonly name: string
  readonly errorCode: number
  readonly errorMessage: string | null
}
export interface CreatePartitionsTopicResultInput {
  readonly name: string
  readonly errorCode: number
  readonly errorMessage?: string | null
}

export function decodeCreatePartitionsTopicResult(r: WireReader, version: number): CreatePartitionsTopicResult {
  const flexible = version >= 2
  const name = r.string(flexible)
  const errorCode = r.int16()
  const errorMessage = r.stringOrNull(flexible)
  if (flexible) r.skipTags()
  return { name, errorCode, errorMessage }
}

export function encodeCreatePartitionsTopicResult(w: WireWriter, version: number, m: CreatePartitionsTopicResultInput): void {
  const flexible = version >= 2
  w.string(flexible, m.name)
  w.int16(m.errorCode)
  w.string(flexible, m.errorMessage ?? null)
  if (flexible) w.uvarint(0)
}
