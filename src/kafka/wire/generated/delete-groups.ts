// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import { readCompactString, readString } from '../reader.ts'
import type { WireReader } from '../reader.ts'
import { writeCompactString, writeString } from '../writer.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 3, flexible from 2. */
export interface DeleteGroupsRequest {
  readonly groupsNames: readonly string[]
}
export interface DeleteGroupsRequestInput {
  readonly groupsNames: readonly string[]
}

export function decodeDeleteGroupsRequest(r: WireReader, version: number): DeleteGroupsRequest {
  const flexible = version >= 2
  const groupsNames = r.array(version, flexible, flexible ? readCompactString : readString)
  if (flexible) r.skipTags()
  return { groupsNames }
}

export function encodeDeleteGroupsRequest(w: WireWriter, version: number, m: DeleteGroupsRequestInput): void {
  const flexible = version >= 2
  w.array(version, flexible, m.groupsNames, flexible ? writeCompactString : writeString)
  if (flexible) w.uvarint(0)
}

/** Versions 0 to 3, flexible from 2. */
export interface DeleteGroupsResponse {
  readonly throttleTimeMs: number
  readonly results: readonly DeletableGroupResult[]
}
export interface DeleteGroupsResponseInput {
  readonly throttleTimeMs?: number
  readonly results: readonly DeletableGroupResultInput[]
}

export function decodeDeleteGroupsResponse(r: WireReader, version: number): DeleteGroupsResponse {
  const flexible = version >= 2
  const throttleTimeMs = r.int32()
  const results = r.array(version, flexible, decodeDeletableGroupResult)
  if (flexible) r.skipTags()
  return { throttleTimeMs, results }
}

export function encodeDeleteGroupsResponse(w: WireWriter, version: number, m: DeleteGroupsResponseInput): void {
  const flexible = version >= 2
  w.int32(m.throttleTimeMs ?? 0)
  w.array(version, flexible, m.results, encodeDeletableGroupResult)
  if (flexible) w.uvarint(0)
}

export interface DeletableGroupResult {
  readonly groupId: string
  readonly errorCode: number
  readonly errorMessage: string | null
}
export interface DeletableGroupResultInput {
  readonly groupId: string
  readonly errorCode: number
  readonly errorMessage?: string | null
}

export function decodeDeletableGroupResult(r: WireReader, version: number): DeletableGroupResult {
  const flexible = version >= 2
  const groupId = r.string(flexible)
  const errorCode = r.int16()
  const errorMessage = version >= 3 ? r.stringOrNull(true) : null
  if (flexible) r.skipTags()
  return { groupId, errorCode, errorMessage }
}

export function encodeDeletableGroupResult(w: WireWriter, version: number, m: DeletableGroupResultInput): void {
  const flexible = version >= 2
  w.string(flexible, m.groupId)
  w.int16(m.errorCode)
  if (version >= 3) w.string(true, m.errorMessage ?? null)
  if (flexible) w.uvarint(0)
}
