// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import type { WireReader } from '../reader.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 5, flexible from 4. */
export interface SyncGroupRequest {
  readonly groupId: string
  readonly generationId: number
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly assignments: readonly SyncGroupRequestAssignment[]
}
export interface SyncGroupRequestInput {
  readonly groupId: string
  readonly generationId: number
  readonly memberId: string
  readonly groupInstanceId?: string | null
  readonly protocolType?: string | null
  readonly protocolName?: string | null
  readonly assignments: readonly SyncGroupRequestAssignmentInput[]
}

export function decodeSyncGroupRequest(r: WireReader, version: number): SyncGroupRequest {
  const flexible = version >= 4
  const groupId = r.string(flexible)
  const generationId = r.int32()
  const memberId = r.string(flexible)
  const groupInstanceId = version >= 3 ? r.stringOrNull(flexible) : null
  const protocolType = version >= 5 ? r.stringOrNull(true) : null
  const protocolName = version >= 5 ? r.stringOrNull(true) : null
  const assignments = r.array(version, flexible, decodeSyncGroupRequestAssignment)
  if (flexible) r.skipTags()
  return { groupId, generationId, memberId, groupInstanceId, protocolType, protocolName, assignments }
}

export function encodeSyncGroupRequest(w: WireWriter, version: number, m: SyncGroupRequestInput): void {
  const flexible = version >= 4
  w.string(flexible, m.groupId)
  w.int32(m.generationId)
  w.string(flexible, m.memberId)
  if (version >= 3) w.string(flexible, m.groupInstanceId ?? null)
  if (version >= 5) w.string(true, m.protocolType ?? null)
  if (version >= 5) w.string(true, m.protocolName ?? null)
  w.array(version, flexible, m.assignments, encodeSyncGroupRequestAssignment)
  if (flexible) w.uvarint(0)
}

export interface SyncGroupRequestAssignment {
  readonly memberId: string
  readonly assignment: Uint8Array
}
export interface SyncGroupRequestAssignmentInput {
  readonly memberId: string
  readonly assignment: Uint8Array
}

export function decodeSyncGroupRequestAssignment(r: WireReader, version: number): SyncGroupRequestAssignment {
  const flexible = version >= 4
  const memberId = r.string(flexible)
  const assignment = r.bytes(flexible)
  if (flexible) r.skipTags()
  return { memberId, assignment }
}

export function encodeSyncGroupRequestAssignment(w: WireWriter, version: number, m: SyncGroupRequestAssignmentInput): void {
  const flexible = version >= 4
  w.string(flexible, m.memberId)
  w.bytes(flexible, m.assignment)
  if (flexible) w.uvarint(0)
}

/** Versions 0 to 5, flexible from 4. */
export interface SyncGroupResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly assignment: Uint8Array
}
export interface SyncGroupResponseInput {
  readonly throttleTimeMs?: number
  readonly errorCode: number
  readonly protocolType?: string | null
  readonly protocolName?: string | null
  readonly assignment: Uint8Array
}

export function decodeSyncGroupResponse(r: WireReader, version: number): SyncGroupResponse {
  const flexible = version >= 4
  const throttleTimeMs = version >= 1 ? r.int32() : 0
  const errorCode = r.int16()
  const protocolType = version >= 5 ? r.stringOrNull(true) : null
  const protocolName = version >= 5 ? r.stringOrNull(true) : null
  const assignment = r.bytes(flexible)
  if (flexible) r.skipTags()
  return { throttleTimeMs, errorCode, protocolType, protocolName, assignment }
}

export function encodeSyncGroupResponse(w: WireWriter, version: number, m: SyncGroupResponseInput): void {
  const flexible = version >= 4
  if (version >= 1) w.int32(m.throttleTimeMs ?? 0)
  w.int16(m.errorCode)
  if (version >= 5) w.string(true, m.protocolType ?? null)
  if (version >= 5) w.string(true, m.protocolName ?? null)
  w.bytes(flexible, m.assignment)
  if (flexible) w.uvarint(0)
}
