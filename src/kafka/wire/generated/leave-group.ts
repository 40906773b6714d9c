// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import type { WireReader } from '../reader.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 5, flexible from 4. */
export interface LeaveGroupRequest {
  readonly groupId: string
  readonly memberId: string
  readonly members: readonly MemberIdentity[]
}
export interface LeaveGroupRequestInput {
  readonly groupId: string
  readonly memberId?: string
  readonly members?: readonly MemberIdentityInput[]
}

export function decodeLeaveGroupRequest(r: WireReader, version: number): LeaveGroupRequest {
  const flexible = version >= 4
  const groupId = r.string(flexible)
  const memberId = version <= 2 ? r.string(false) : ''
  const members = version >= 3 ? r.array(version, flexible, decodeMemberIdentity) : []
  if (flexible) r.skipTags()
  return { groupId, memberId, members }
}

export function encodeLeaveGroupRequest(w: WireWriter, version: number, m: LeaveGroupRequestInput): void {
  const flexible = version >= 4
  w.string(flexible, m.groupId)
  if (version <= 2) w.string(false, m.memberId ?? '')
  if (version >= 3) w.array(version, flexible, m.members ?? [], encodeMemberIdentity)
  if (flexible) w.uvarint(0)
}

export interface MemberIdentity {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly reason: string | null
}
export interface MemberIdentityInput {
  readonly memberId: string
  readonly groupInstanceId?: string | null
  readonly reason?: string | null
}

export function decodeMemberIdentity(r: WireReader, version: number): MemberIdentity {
  const flexible = version >= 4
  const memberId = r.string(flexible)
  const groupInstanceId = r.stringOrNull(flexible)
  const reason = version >= 5 ? r.stringOrNull(true) : null
  if (flexible) r.skipTags()
  return { memberId, groupInstanceId, reason }
}

export function encodeMemberIdentity(w: WireWriter, version: number, m: MemberIdentityInput): void {
  const flexible = version >= 4
  w.string(flexible, m.memberId)
  w.string(flexible, m.groupInstanceId ?? null)
  if (version >= 5) w.string(true, m.reason ?? null)
  if (flexible) w.uvarint(0)
}

/** Versions 0 to 5, flexible from 4. */
export interface LeaveGroupResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly members: readonly MemberResponse[]
}
export interface LeaveGroupResponseInput {
  readonly throttleTimeMs?: number
  readonly errorCode: number
  readonly members?: readonly MemberResponseInput[]
}

export function decodeLeaveGroupResponse(r: WireReader, version: number): LeaveGroupResponse {
  const flexible = version >= 4
  const throttleTimeMs = version >= 1 ? r.int32() : 0
  const errorCode = r.int16()
  const members = version >= 3 ? r.array(version, flexible, decodeMemberResponse) : []
  if (flexible) r.skipTags()
  return { throttleTimeMs, errorCode, members }
}

export function encodeLeaveGroupResponse(w: WireWriter, version: number, m: LeaveGroupResponseInput): void {
  const flexible = version >= 4
  if (version >= 1) w.int32(m.throttleTimeMs ?? 0)
  w.int16(m.errorCode)
  if (version >= 3) w.array(version, flexible, m.members ?? [], encodeMemberResponse)
  if (flexible) w.uvarint(0)
}

export interface MemberResponse {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly errorCode: number
}
export interface MemberResponseInput {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly errorCode: number
}

export function decodeMemberResponse(r: WireReader, version: number): MemberResponse {
  const flexible = version >= 4
  const memberId = r.string(flexible)
  const groupInstanceId = r.stringOrNull(flexible)
  const errorCode = r.int16()
  if (flexible) r.skipTags()
  return { memberId, groupInstanceId, errorCode }
}

export function encodeMemberResponse(w: WireWriter, version: number, m: MemberResponseInput): void {
  const flexible = version >= 4
  w.string(flexible, m.memberId)
  w.string(flexible, m.groupInstanceId)
  w.int16(m.errorCode)
  if (flexible) w.uvarint(0)
}
