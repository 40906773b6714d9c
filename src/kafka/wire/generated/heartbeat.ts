// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import type { WireReader } from '../reader.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 4, flexible from 4. */
export interface HeartbeatRequest {
  readonly groupId: string
  readonly generationId: number
  readonly memberId: string
  readonly groupInstanceId: string | null
}
export interface HeartbeatRequestInput {
  readonly groupId: string
  readonly generationId: number
  readonly memberId: string
  readonly groupInstanceId?: string | null
}

export function decodeHeartbeatRequest(r: WireReader, version: number): HeartbeatRequest {
  const flexible = version >= 4
  const groupId = r.string(flexible)
  const generationId = r.int32()
  const memberId = r.string(flexible)
  const groupInstanceId = version >= 3 ? r.stringOrNull(flexible) : null
  if (flexible) r.skipTags()
  return { groupId, generationId, memberId, groupInstanceId }
}

export function encodeHeartbeatRequest(w: WireWriter, version: number, m: HeartbeatRequestInput): void {
  const flexible = version >= 4
  w.string(flexible, m.groupId)
  w.int32(m.generationId)
  w.string(flexible, m.memberId)
  if (version >= 3) w.string(flexible, m.groupInstanceId ?? null)
  if (flexible) w.uvarint(0)
}

/** Versions 0 to 4, flexible from 4. */
export interface HeartbeatResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
}
export interface HeartbeatResponseInput {
  readonly throttleTimeMs?: number
  readonly errorCode: number
}

export function decodeHeartbeatResponse(r: WireReader, version: number): HeartbeatResponse {
  const flexible = version >= 4
  const throttleTimeMs = version >= 1 ? r.int32() : 0
  const errorCode = r.int16()
  if (flexible) r.skipTags()
  return { throttleTimeMs, errorCode }
}

export function encodeHeartbeatResponse(w: WireWriter, version: number, m: HeartbeatResponseInput): void {
  const flexible = version >= 4
  if (version >= 1) w.int32(m.throttleTimeMs ?? 0)
  w.int16(m.errorCode)
  if (flexible) w.uvarint(0)
}
