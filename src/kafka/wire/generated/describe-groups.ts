// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import { readCompactString, readString } from '../reader.ts'
import type { WireReader } from '../reader.ts'
import { writeCompactString, writeString } from '../writer.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 6, flexible from 5. */
export interface DescribeGroupsRequest {
  readonly groups: readonly string[]
  readonly includeAuthorizedOperations: boolean
}
export interface DescribeGroupsRequestInput {
  readonly groups: readonly string[]
  readonly includeAuthorizedOperations?: boolean
}

export function decodeDescribeGroupsRequest(r: WireReader, version: number): DescribeGroupsRequest {
  const flexible = version >= 5
  const groups = r.array(version, flexible, flexible ? readCompactString : readString)
  const includeAuthorizedOperations = version >= 3 ? r.bool() : false
  if (flexible) r.skipTags()
  return { groups, includeAuthorizedOperations }
}

export function encodeDescribeGroupsRequest(w: WireWriter, version: number, m: DescribeGroupsRequestInput): void {
  const flexible = version >= 5
  w.array(version, flexible, m.groups, flexible ? writeCompactString : writeString)
  if (version >= 3) w.bool(m.includeAuthorizedOperations ?? false)
  if (flexible) w.uvarint(0)
}

/** Versions 0 to 6, flexible from 5. */
export interface DescribeGroupsResponse {
  readonly throttleTimeMs: number
  readonly groups: readonly DescribedGroup[]
}
export interface DescribeGroupsResponseInput {
  readonly throttleTimeMs?: number
  readonly groups: readonly DescribedGroupInput[]
}

export function decodeDescribeGroupsResponse(r: WireReader, version: number): DescribeGroupsResponse {
  const flexible = version >= 5
  const throttleTimeMs = version >= 1 ? r.int32() : 0
  const groups = r.array(version, flexible, decodeDescribedGroup)
  if (flexible) r.skipTags()
  return { throttleTimeMs, groups }
}

export function encodeDescribeGroupsResponse(w: WireWriter, version: number, m: DescribeGroupsResponseInput): void {
  const flexible = version >= 5
  if (version >= 1) w.int32(m.throttleTimeMs ?? 0)
  w.array(version, flexible, m.groups, encodeDescribedGroup)
  if (flexible) w.uvarint(0)
}

export interface DescribedGroup {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly groupId: string
  readonly groupState: string
  readonly protocolType: string
  readonly protocolData: string
  readonly members: readonly DescribedGroupMember[]
  readonly authorizedOperations: number
}
export interface DescribedGroupInput {
  readonly errorCode: number
  readonly errorMessage?: string | null
  readonly groupId: string
  readonly groupState: string
  readonly protocolType: string
  readonly protocolData: string
  readonly members: readonly DescribedGroupMemberInput[]
  readonly authorizedOperations?: number
}

export function decodeDescribedGroup(r: WireReader, version: number): DescribedGroup {
  const flexible = version >= 5
  const errorCode = r.int16()
  const errorMessage = version >= 6 ? r.stringOrNull(true) : null
  const groupId = r.string(flexible)
  const groupState = r.string(flexible)
  const protocolType = r.string(flexible)
  const protocolData = r.string(flexible)
  const members = r.array(version, flexible, decodeDescribedGroupMember)
  const authorizedOperations = version >= 3 ? r.int32() : -2147483648
  if (flexible) r.skipTags()
  return { errorCode, errorMessage, groupId, groupState, protocolType, protocolData, members, authorizedOperations }
}

export function encodeDescribedGroup(w: WireWriter, version: number, m: DescribedGroupInput): void {
  const flexible = version >= 5
  w.int16(m.errorCode)
  if (version >= 6) w.string(true, m.errorMessage ?? null)
  w.string(flexible, m.groupId)
  w.string(flexible, m.groupState)
  w.string(flexible, m.protocolType)
  w.string(flexible, m.protocolData)
  w.array(version, flexible, m.members, encodeDescribedGroupMember)
  if (version >= 3) w.int32(m.authorizedOperations ?? -2147483648)
  if (flexible) w.uvarint(0)
}

export interface DescribedGroupMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly memberMetadata: Uint8Array
  readonly memberAssignment: Uint8Array
}
export interface DescribedGroupMemberInput {
  readonly memberId: string
  readonly groupInstanceId?: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly memberMetadata: Uint8Array
  readonly memberAssignment: Uint8Array
}

export function decodeDescribedGroupMember(r: WireReader, version: number): DescribedGroupMember {
  const flexible = version >= 5
  const memberId = r.string(flexible)
  const groupInstanceId = version >= 4 ? r.stringOrNull(flexible) : null
  const clientId = r.string(flexible)
  const clientHost = r.string(flexible)
  const memberMetadata = r.bytes(flexible)
  const memberAssignment = r.bytes(flexible)
  if (flexible) r.skipTags()
  return { memberId, groupInstanceId, clientId, clientHost, memberMetadata, memberAssignment }
}

export function encodeDescribedGroupMember(w: WireWriter, version: number, m: DescribedGroupMemberInput): void {
  const flexible = version >= 5
  w.string(flexible, m.memberId)
  if (version >= 4) w.string(flexible, m.groupInstanceId ?? null)
  w.string(flexible, m.clientId)
  w.string(flexible, m.clientHost)
  w.bytes(flexible, m.memberMetadata)
  w.bytes(flexible, m.memberAssignment)
  if (flexible) w.uvarint(0)
}
