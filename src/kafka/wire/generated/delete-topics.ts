// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import { readCompactString, readString, zeroUuid } from '../reader.ts'
import type { WireReader } from '../reader.ts'
import { writeCompactString, writeString } from '../writer.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 1 to 6, flexible from 4. */
export interface DeleteTopicsRequest {
  readonly topics: readonly DeleteTopicState[]
  readonly topicNames: readonly string[]
  readonly timeoutMs: number
}
export interface DeleteTopicsRequestInput {
  readonly topics?: readonly DeleteTopicStateInput[]
  readonly topicNames?: readonly string[]
  readonly timeoutMs: number
}

export function decodeDeleteTopicsRequest(r: WireReader, version: number): DeleteTopicsRequest {
  const flexible = version >= 4
  const topics = version >= 6 ? r.array(version, true, decodeDeleteTopicState) : []
  const topicNames = version <= 5 ? r.array(version, flexible, flexible ? readCompactString : readString) : []
  const timeoutMs = r.int32()
  if (flexible) r.skipTags()
  return { topics, topicNames, timeoutMs }
}

export function encodeDeleteTopicsRequest(w: WireWriter, version: number, m: DeleteTopicsRequestInput): void {
  const flexible = version >= 4
  if (version >= 6) w.array(version, true, m.topics ?? [], encodeDeleteTopicState)
  if (version <= 5) w.array(version, flexible, m.topicNames ?? [], flexible ? writeCompactString : writeString)
  w.int32(m.timeoutMs)
  if (flexible) w.uvarint(0)
}

export interface DeleteTopicState {
  readonly name: string | null
  readonly topicId: string
}
export interface DeleteTopicStateInput {
  readonly name?: string | null
  readonly topicId: string
}

export function decodeDeleteTopicState(r: WireReader, _version: number): DeleteTopicState {
  const name = r.stringOrNull(true)
  const topicId = r.uuid()
  r.skipTags()
  return { name, topicId }
}

export function encodeDeleteTopicState(w: WireWriter, _version: number, m: DeleteTopicStateInput): void {
  w.string(true, m.name ?? null)
  w.uuid(m.topicId)
  w.uvarint(0)
}

/** Versions 1 to 6, flexible from 4. */
export interface DeleteTopicsResponse {
  readonly throttleTimeMs: number
  readonly responses: readonly DeletableTopicResult[]
}
export interface DeleteTopicsResponseInput {
  readonly throttleTimeMs?: number
  readonly responses: readonly DeletableTopicResultInput[]
}

export function decodeDeleteTopicsResponse(r: WireReader, version: number): DeleteTopicsResponse {
  const flexible = version >= 4
  const throttleTimeMs = r.int32()
  const responses = r.array(version, flexible, decodeDeletableTopicResult)
  if (flexible) r.skipTags()
  return { throttleTimeMs, responses }
}

export function encodeDeleteTopicsResponse(w: WireWriter, version: number, m: DeleteTopicsResponseInput): void {
  const flexible = version >= 4
  w.int32(m.throttleTimeMs ?? 0)
  w.array(version, flexible, m.responses, encodeDeletableTopicResult)
  if (flexible) w.uvarint(0)
}

export interface DeletableTopicResult {
  readonly name: string | null
  readonly topicId: string
  readonly errorCode: number
  readonly errorMessage: string | null
}
export interface DeletableTopicResultInput {
  readonly name: string | null
  readonly topicId?: string
  readonly errorCode: number
  readonly errorMessage?: string | null
}

export function decodeDeletableTopicResult(r: WireReader, version: number): DeletableTopicResult {
  const flexible = version >= 4
  const name = version >= 6 ? r.stringOrNull(flexible) : r.string(flexible)
  const topicId = version >= 6 ? r.uuid() : zeroUuid
  const errorCode = r.int16()
  const errorMessage = version >= 5 ? r.stringOrNull(true) : null
  if (flexible) r.skipTags()
  return { name, topicId, errorCode, errorMessage }
}

export function encodeDeletableTopicResult(w: WireWriter, version: number, m: DeletableTopicResultInput): void {
  const flexible = version >= 4
  w.string(flexible, m.name)
  if (version >= 6) w.uuid(m.topicId ?? zeroUuid)
  w.int16(m.errorCode)
  if (version >= 5) w.string(true, m.errorMessage ?? null)
  if (flexible) w.uvarint(0)
}
