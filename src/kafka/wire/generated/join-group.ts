// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import type { WireReader } from '../reader.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 9, flexible from 6. */
export interface JoinGroupRequest {
  readonly groupId: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly protocolType: string
  readonly protocols: readonly JoinGroupRequestProtocol[]
  readonly reason: string | null
}
export interface JoinGroupRequestInput {
  readonly groupId: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs?: number
  readonly memberId: string
  readonly groupInstanceId?: string | null
  readonly protocolType: string
  readonly protocols: readonly JoinGroupRequestProtocolInput[]
  readonly reason?: string | null
}

export function decodeJoinGroupRequest(r: WireReader, version: number): JoinGroupRequest {
  const flexible = version >= 6
  const groupId = r.string(flexible)
  const sessionTimeoutMs = r.int32()
  const rebalanceTimeoutMs = version >= 1 ? r.int32() : -1
  const memberId = r.string(flexible)
  const groupInstanceId = version >= 5 ? r.stringOrNull(flexible) : null
  const protocolType = r.string(flexible)
  const protocols = r.array(version, flexible, decodeJoinGroupRequestProtocol)
  const reason = version >= 8 ? r.stringOrNull(true) : null
  if (flexible) r.skipTags()
  return { groupId, sessionTimeoutMs, rebalanceTimeoutMs, memberId, groupInstanceId, protocolType, protocols, reason }
}

export function encodeJoinGroupRequest(w: WireWriter, version: number, m: JoinGroupRequestInput): void {
  const flexible = version >= 6
  w.string(flexible, m.groupId)
  w.int32(m.sessionTimeoutMs)
  if (version >= 1) w.int32(m.rebalanceTimeoutMs ?? -1)
  w.string(flexible, m.memberId)
  if (version >= 5) w.string(flexible, m.groupInstanceId ?? null)
  w.string(flexible, m.protocolType)
  w.array(version, flexible, m.protocols, encodeJoinGroupRequestProtocol)
  if (version >= 8) w.string(true, m.reason ?? null)
  if (flexible) w.uvarint(0)
}

export interface JoinGroupRequestProtocol {
  readonly name: string
  readonly metadata: Uint8Array
}
export interface JoinGroupRequestProtocolInput {
  readonly name: string
  readonly metadata: Uint8Array
}

export function decodeJoinGroupRequestProtocol(r: WireReader, version: number): JoinGroupRequestProtocol {
  const flexible = version >= 6
  const name = r.string(flexible)
  const metadata = r.bytes(flexible)
  if (flexible) r.skipTags()
  return { name, metadata }
}

export function encodeJoinGroupRequestProtocol(w: WireWriter, version: number, m: JoinGroupRequestProtocolInput): void {
  const flexible = version >= 6
  w.string(flexible, m.name)
  w.bytes(flexible, m.metadata)
  if (flexible) w.uvarint(0)
}

/** Versions 0 to 9, flexible from 6. */
export interface JoinGroupResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly generationId: number
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly leader: string
  readonly skipAssignment: boolean
  readonly memberId: string
  readonly members: readonly JoinGroupResponseMember[]
}
export interface JoinGroupResponseInput {
  readonly throttleTimeMs?: number
  readonly errorCode: number
  readonly generationId?: number
  readonly protocolType?: string | null
  readonly protocolName: string | null
  readonly leader: string
  readonly skipAssignment?: boolean
  readonly memberId: string
  readonly members: readonly JoinGroupResponseMemberInput[]
}

export function decodeJoinGroupResponse(r: WireReader, version: number): JoinGroupResponse {
  const flexible = version >= 6
  const throttleTimeMs = version >= 2 ? r.int32() : 0
  const errorCode = r.int16()
  const generationId = r.int32()
  const protocolType = version >= 7 ? r.stringOrNull(true) : null
  const protocolName = version >= 7 ? r.stringOrNull(flexible) : r.string(flexible)
  const leader = r.string(flexible)
  const skipAssignment = version >= 9 ? r.bool() : false
  const memberId = r.string(flexible)
  const members = r.array(version, flexible, decodeJoinGroupResponseMember)
  if (flexible) r.skipTags()
  return { throttleTimeMs, errorCode, generationId, protocolType, protocolName, leader, skipAssignment, memberId, members }
}

export function encodeJoinGroupResponse(w: WireWriter, version: number, m: JoinGroupResponseInput): void {
  const flexible = version >= 6
  if (version >= 2) w.int32(m.throttleTimeMs ?? 0)
  w.int16(m.errorCode)
  w.int32(m.generationId ?? -1)
  if (version >= 7) w.string(true, m.protocolType ?? null)
  w.string(flexible, m.protocolName)
  w.string(flexible, m.leader)
  if (version >= 9) w.bool(m.skipAssignment ?? false)
  w.string(flexible, m.memberId)
  w.array(version, flexible, m.members, encodeJoinGroupResponseMember)
  if (flexible) w.uvarint(0)
}

export interface JoinGroupResponseMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly metadata: Uint8Array
}
export interface JoinGroupResponseMemberInput {
  readonly memberId: string
  readonly groupInstanceId?: string | null
  readonly metadata: Uint8Array
}

export function decodeJoinGroupResponseMember(r: WireReader, version: number): JoinGroupResponseMember {
  const flexible = version >= 6
  const memberId = r.string(flexible)
  const groupInstanceId = version >= 5 ? r.stringOrNull(flexible) : null
  const metadata = r.bytes(flexible)
  if (flexible) r.skipTags()
  return { memberId, groupInstanceId, metadata }
}

export function encodeJoinGroupResponseMember(w: WireWriter, version: number, m: JoinGroupResponseMemberInput): void {
  const flexible = version >= 6
  w.string(flexible, m.memberId)
  if (version >= 5) w.string(flexible, m.groupInstanceId ?? null)
  w.bytes(flexible, m.metadata)
  if (flexible) w.uvarint(0)
}
