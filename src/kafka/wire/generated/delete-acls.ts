// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import type { WireReader } from '../reader.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 1 to 3, flexible from 2. */
export interface DeleteAclsRequest {
  readonly filters: readonly DeleteAclsFilter[]
}
export interface DeleteAclsRequestInput {
  readonly filters: readonly DeleteAclsFilterInput[]
}

export function decodeDeleteAclsRequest(r: WireReader, version: number): DeleteAclsRequest {
  const flexible = version >= 2
  const filters = r.array(version, flexible, decodeDeleteAclsFilter)
  if (flexible) r.skipTags()
  return { filters }
}

export function encodeDeleteAclsRequest(w: WireWriter, version: number, m: DeleteAclsRequestInput): void {
  const flexible = version >= 2
  w.array(version, flexible, m.filters, encodeDeleteAclsFilter)
  if (flexible) w.uvarint(0)
}

export interface DeleteAclsFilter {
  readonly resourceTypeFilter: number
  readonly resourceNameFilter: string | null
  readonly patternTypeFilter: number
  readonly principalFilter: string | null
  readonly hostFilter: string | null
  readonly operation: number
  readonly permissionType: number
}
export interface DeleteAclsFilterInput {
  readonly resourceTypeFilter: number
  readonly resourceNameFilter: string | null
  readonly patternTypeFilter?: number
  readonly principalFilter: string | null
  readonly hostFilter: string | null
  readonly operation: number
  readonly permissionType: number
}

export function decodeDeleteAclsFilter(r: WireReader, version: number): DeleteAclsFilter {
  const flexible = version >= 2
  const resourceTypeFilter = r.int8()
  const resourceNameFilter = r.stringOrNull(flexible)
  const patternTypeFilter = r.int8()
  const principalFilter = r.stringOrNull(flexible)
  const hostFilter = r.stringOrNull(flexible)
  const operation = r.int8()
  const permissionType = r.int8()
  if (flexible) r.skipTags()
  return { resourceTypeFilter, resourceNameFilter, patternTypeFilter, principalFilter, hostFilter, operation, permissionType }
}

export function encodeDeleteAclsFilter(w: WireWriter, version: number, m: DeleteAclsFilterInput): void {
  const flexible = version >= 2
  w.int8(m.resourceTypeFilter)
  w.string(flexible, m.resourceNameFilter)
  w.int8(m.patternTypeFilter ?? 3)
  w.string(flexible, m.principalFilter)
  w.string(flexible, m.hostFilter)
  w.int8(m.operation)
  w.int8(m.permissionType)
  if (flexible) w.uvarint(0)
}

/** Versions 1 to 3, flexible from 2. */
export interface DeleteAclsResponse {
  readonly throttleTimeMs: number
  readonly filterResults: readonly DeleteAclsFilterResult[]
}
export interface DeleteAclsResponseInput {
  readonly throttleTimeMs?: number
  readonly filterResults: readonly DeleteAclsFilterResultInput[]
}

export function decodeDeleteAclsResponse(r: WireReader, version: number): DeleteAclsResponse {
  const flexible = version >= 2
  const throttleTimeMs = r.int32()
  const filterResults = r.array(version, flexible, decodeDeleteAclsFilterResult)
  if (flexible) r.skipTags()
  return { throttleTimeMs, filterResults }
}

export function encodeDeleteAclsResponse(w: WireWriter, version: number, m: DeleteAclsResponseInput): void {
  const flexible = version >= 2
  w.int32(m.throttleTimeMs ?? 0)
  w.array(version, flexible, m.filterResults, encodeDeleteAclsFilterResult)
  if (flexible) w.uvarint(0)
}

export interface DeleteAclsFilterResult {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly matchingAcls: readonly DeleteAclsMatchingAcl[]
}
export interface DeleteAclsFilterResultInput {
  readonly errorCode: number
  readonly errorMessage?: string | null
  readonly matchingAcls: readonly DeleteAclsMatchingAclInput[]
}

export function decodeDeleteAclsFilterResult(r: WireReader, version: number): DeleteAclsFilterResult {
  const flexible = version >= 2
  const errorCode = r.int16()
  const errorMessage = r.stringOrNull(flexible)
  const matchingAcls = r.array(version, flexible, decodeDeleteAclsMatchingAcl)
  if (flexible) r.skipTags()
  return { errorCode, errorMessage, matchingAcls }
}

export function encodeDeleteAclsFilterResult(w: WireWriter, version: number, m: DeleteAclsFilterResultInput): void {
  const flexible = version >= 2
  w.int16(m.errorCode)
  w.string(flexible, m.errorMessage ?? null)
  w.array(version, flexible, m.matchingAcls, encodeDeleteAclsMatchingAcl)
  if (flexible) w.uvarint(0)
}

export interface DeleteAclsMatchingAcl {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly resourceType: number
  readonly resourceName: string
  readonly patternType: number
  readonly principal: string
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}
export interface DeleteAclsMatchingAclInput {
  readonly errorCode: number
  readonly errorMessage?: string | null
  readonly resourceType: number
  readonly resourceName: string
  readonly patternType?: number
  readonly principal: string
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}

export function decodeDeleteAclsMatchingAcl(r: WireReader, version: number): DeleteAclsMatchingAcl {
  const flexible = version >= 2
  const errorCode = r.int16()
  const errorMessage = r.stringOrNull(flexible)
  const resourceType = r.int8()
  const resourceName = r.string(flexible)
  const patternType = r.int8()
  const principal = r.string(flexible)
  const host = r.string(flexible)
  const operation = r.int8()
  const permissionType = r.int8()
  if (flexible) r.skipTags()
  return { errorCode, errorMessage, resourceType, resourceName, patternType, principal, host, operation, permissionType }
}

export function encodeDeleteAclsMatchingAcl(w: WireWriter, version: number, m: DeleteAclsMatchingAclInput): void {
  const flexible = version >= 2
  w.int16(m.errorCode)
  w.string(flexible, m.errorMessage ?? null)
  w.int8(m.resourceType)
  w.string(flexible, m.resourceName)
  w.int8(m.patternType ?? 3)
  w.string(flexible, m.principal)
  w.string(flexible, m.host)
  w.int8(m.operation)
  w.int8(m.permissionType)
  if (flexible) w.uvarint(0)
}
