// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import type { WireReader } from '../reader.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 1 to 3, flexible from 2. */
export interface DescribeAclsRequest {
  readonly resourceTypeFilter: number
  readonly resourceNameFilter: string | null
  readonly patternTypeFilter: number
  readonly principalFilter: string | null
  readonly hostFilter: string | null
  readonly operation: number
  readonly permissionType: number
}
export interface DescribeAclsRequestInput {
  readonly resourceTypeFilter: number
  readonly resourceNameFilter: string | null
  readonly patternTypeFilter?: number
  readonly principalFilter: string | null
  readonly hostFilter: string | null
  readonly operation: number
  readonly permissionType: number
}

export function decodeDescribeAclsRequest(r: WireReader, version: number): DescribeAclsRequest {
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

export function encodeDescribeAclsRequest(w: WireWriter, version: number, m: DescribeAclsRequestInput): void {
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
export interface DescribeAclsResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly resources: readonly DescribeAclsResource[]
}
export interface DescribeAclsResponseInput {
  readonly throttleTimeMs?: number
  readonly errorCode: number
  readonly errorMessage?: string | null
  readonly resources: readonly DescribeAclsResourceInput[]
}

export function decodeDescribeAclsResponse(r: WireReader, version: number): DescribeAclsResponse {
  const flexible = version >= 2
  const throttleTimeMs = r.int32()
  const errorCode = r.int16()
  const errorMessage = r.stringOrNull(flexible)
  const resources = r.array(version, flexible, decodeDescribeAclsResource)
  if (flexible) r.skipTags()
  return { throttleTimeMs, errorCode, errorMessage, resources }
}

export function encodeDescribeAclsResponse(w: WireWriter, version: number, m: DescribeAclsResponseInput): void {
  const flexible = version >= 2
  w.int32(m.throttleTimeMs ?? 0)
  w.int16(m.errorCode)
  w.string(flexible, m.errorMessage ?? null)
  w.array(version, flexible, m.resources, encodeDescribeAclsResource)
  if (flexible) w.uvarint(0)
}

export interface DescribeAclsResource {
  readonly resourceType: number
  readonly resourceName: string
  readonly patternType: number
  readonly acls: readonly AclDescription[]
}
export interface DescribeAclsResourceInput {
  readonly resourceType: number
  readonly resourceName: string
  readonly patternType?: number
  readonly acls: readonly AclDescriptionInput[]
}

export function decodeDescribeAclsResource(r: WireReader, version: number): DescribeAclsResource {
  const flexible = version >= 2
  const resourceType = r.int8()
  const resourceName = r.string(flexible)
  const patternType = r.int8()
  const acls = r.array(version, flexible, decodeAclDescription)
  if (flexible) r.skipTags()
  return { resourceType, resourceName, patternType, acls }
}

export function encodeDescribeAclsResource(w: WireWriter, version: number, m: DescribeAclsResourceInput): void {
  const flexible = version >= 2
  w.int8(m.resourceType)
  w.string(flexible, m.resourceName)
  w.int8(m.patternType ?? 3)
  w.array(version, flexible, m.acls, encodeAclDescription)
  if (flexible) w.uvarint(0)
}

export interface AclDescription {
  readonly principal: string
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}
export interface AclDescriptionInput {
  readonly principal: string
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}

export function decodeAclDescription(r: WireReader, version: number): AclDescription {
  const flexible = version >= 2
  const principal = r.string(flexible)
  const host = r.string(flexible)
  const operation = r.int8()
  const permissionType = r.int8()
  if (flexible) r.skipTags()
  return { principal, host, operation, permissionType }
}

export function encodeAclDescription(w: WireWriter, version: number, m: AclDescriptionInput): void {
  const flexible = version >= 2
  w.string(flexible, m.principal)
  w.string(flexible, m.host)
  w.int8(m.operation)
  w.int8(m.permissionType)
  if (flexible) w.uvarint(0)
}
