// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import { readCompactString } from '../reader.ts'
import type { WireReader } from '../reader.ts'
import { writeCompactString } from '../writer.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 5, flexible from 3. */
export interface ListGroupsRequest {
  readonly statesFilter: readonly string[]
  readonly typesFilter: readonly string[]
}
export interface ListGroupsRequestInput {
  readonly statesFilter?: readonly string[]
  readonly typesFilter?: readonly string[]
}

export function decodeListGroupsRequest(r: WireReader, version: number): ListGroupsRequest {
  const flexible = version >= 3
  const statesFilter = version >= 4 ? r.array(version, true, readCompactString) : []
  const typesFilter = version >= 5 ? r.array(version, true, readCompactString) : []
  if (flexible) r.skipTags()
  return { statesFilter, typesFilter }
}

export function encodeListGroupsRequest(w: WireWriter, version: number, m: ListGroupsRequestInput): void {
  const flexible = version >= 3
  if (version >= 4) w.array(version, true, m.statesFilter ?? [], writeCompactString)
  if (version >= 5) w.array(version, true, m.typesFilter ?? [], writeCompactString)
  if (flexible) w.uvarint(0)
}

/** Versions 0 to 5, flexible from 3. */
export interface ListGroupsResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly groups: readonly ListedGroup[]
}
export interface ListGroupsResponseInput {
  readonly throttleTimeMs?: number
  readonly errorCode: number
  readonly groups: readonly ListedGroupInput[]
}

export function decodeListGroupsResponse(r: WireReader, version: number): ListGroupsResponse {
  const flexible = version >= 3
  const throttleTimeMs = version >= 1 ? r.int32() : 0
  const errorCode = r.int16()
  const groups = r.array(version, flexible, decodeListedGroup)
  if (flexible) r.skipTags()
  return { throttleTimeMs, errorCode, groups }
}

export function encodeListGroupsResponse(w: WireWriter, version: number, m: ListGroupsResponseInput): void {
  const flexible = version >= 3
  if (version >= 1) w.int32(m.throttleTimeMs ?? 0)
  w.int16(m.errorCode)
  w.array(version, flexible, m.groups, encodeListedGroup)
  if (flexible) w.uvarint(0)
}

export interface ListedGroup {
  readonly groupId: string
  readonly protocolType: string
  readonly groupState: string
  readonly groupType: string
}
export interface ListedGroupInput {
  readonly groupId: string
  readonly protocolType: string
  readonly groupState?: string
  readonly groupType?: string
}

export function decodeListedGroup(r: WireReader, version: number): ListedGroup {
  const flexible = version >= 3
  const groupId = r.string(flexible)
  const protocolType = r.string(flexible)
  const groupState = version >= 4 ? r.string(true) : ''
  const groupType = version >= 5 ? r.string(true) : ''
  if (flexible) r.skipTags()
  return { groupId, protocolType, groupState, groupType }
}

export function encodeListedGroup(w: WireWriter, version: number, m: ListedGroupInput): void {
  const flexible = version >= 3
  w.string(flexible, m.groupId)
  w.string(flexible, m.protocolType)
  if (version >= 4) w.string(true, m.groupState ?? '')
  if (version >= 5) w.string(true, m.groupType ?? '')
  if (flexible) w.uvarint(0)
}
