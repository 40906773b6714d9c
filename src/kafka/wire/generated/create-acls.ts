// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import type { WireReader } from '../reader.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 1 to 3, flexible from 2. */
export interface CreateAclsRequest {
  readonly creations: readonly AclCreation[]
}
export interface CreateAclsRequestInput {
  readonly creations: readonly AclCreationInput[]
}

export function decodeCreateAclsRequest(r: WireReader, version: number): CreateAclsRequest {
  const flexible = version >= 2
  const creations = r.array(version, flexible, decodeAclCreation)
  if (flexible) r.skipTags()
  return { creations }
}

export function encodeCreateAclsRequest(w: WireWriter, version: number, m: CreateAclsRequestInput): void {
  const flexible = version >= 2
  w.array(version, flexible, m.creations, encodeAclCreation)
  if (flexible) w.uvarint(0)
}

export interface AclCreation {
  readonly resourceType: number
  readonly resourceName: string
  readonly resourcePatternType: number
  readonly principal: string
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}
export interface AclCreationInput {
  readonly resourceType: number
  readonly resourceName: string
  readonly resourcePatternType?: number
  readonly principal: string
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}

export function decodeAclCreation(r: WireReader, version: number): AclCreation {
  const flexible = version >= 2
  const resourceType = r.int8()
  const resourceName = r.string(flexible)
  const resourcePatternType = r.int8()
  const principal = r.string(flexible)
  const host = r.string(flexible)
  const operation = r.int8()
  const permissionType = r.int8()
  if (flexible) r.skipTags()
  return { resourceType, resourceName, resourcePatternType, principal, host, operation, permissionType }
}

export function encodeAclCreation(w: WireWriter, version: number, m: AclCreationInput): void {
  const flexible = version >= 2
  w.int8(m.resourceType)
  w.string(flexible, m.resourceName)
  w.int8(m.resourcePatternType ?? 3)
  w.string(flexible, m.principal)
  w.string(flexible, m.host)
  w.int8(m.operation)
  w.int8(m.permissionType)
  if (flexible) w.uvarint(0)
}

/** Versions 1 to 3, flexible from 2. */
export interface CreateAclsResponse {
  readonly throttleTimeMs: number
  readonly results: readonly AclCreationResult[]
}
export interface CreateAclsResponseInput {
  readonly throttleTimeMs?: number
  readonly results: readonly AclCreationResultInput[]
}

export function decodeCreateAclsResponse(r: WireReader, version: number): CreateAclsResponse {
  const flexible = version >= 2
  const throttleTimeMs = r.int32()
  const results = r.array(version, flexible, decodeAclCreationResult)
  if (flexible) r.skipTags()
  return { throttleTimeMs, results }
}

export function encodeCreateAclsResponse(w: WireWriter, version: number, m: CreateAclsResponseInput): void {
  const flexible = version >= 2
  w.int32(m.throttleTimeMs ?? 0)
  w.array(version, flexible, m.results, encodeAclCreationResult)
  if (flexible) w.uvarint(0)
}

export interface AclCreationResult {
  readonly errorCode: number
  readonly errorMessage: string | null
}
export interface AclCreationResultInput {
  readonly errorCode: number
  readonly errorMessage?: string | null
}

export function decodeAclCreationResult(r: WireReader, version: number): AclCreationResult {
  const flexible = version >= 2
  const errorCode = r.int16()
  const errorMessage = r.stringOrNull(flexible)
  if (flexible) r.skipTags()
  return { errorCode, errorMessage }
}

export function encodeAclCreationResult(w: WireWriter, version: number, m: AclCreationResultInput): void {
  const flexible = version >= 2
  w.int16(m.errorCode)
  w.string(flexible, m.errorMessage ?? null)
  if (flexible) w.uvarint(0)
}
