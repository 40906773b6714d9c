// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import type { WireReader } from '../reader.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 2, flexible from 2. */
export interface AlterConfigsRequest {
  readonly resources: readonly AlterConfigsResource[]
  readonly validateOnly: boolean
}
export interface AlterConfigsRequestInput {
  readonly resources: readonly AlterConfigsResourceInput[]
  readonly validateOnly: boolean
}

export function decodeAlterConfigsRequest(r: WireReader, version: number): AlterConfigsRequest {
  const flexible = version >= 2
  const resources = r.array(version, flexible, decodeAlterConfigsResource)
  const validateOnly = r.bool()
  if (flexible) r.skipTags()
  return { resources, validateOnly }
}

export function encodeAlterConfigsRequest(w: WireWriter, version: number, m: AlterConfigsRequestInput): void {
  const flexible = version >= 2
  w.array(version, flexible, m.resources, encodeAlterConfigsResource)
  w.bool(m.validateOnly)
  if (flexible) w.uvarint(0)
}

export interface AlterConfigsResource {
  readonly resourceType: number
  readonly resourceName: string
  readonly configs: readonly AlterableConfig[]
}
export interface AlterConfigsResourceInput {
  readonly resourceType: number
  readonly resourceName: string
  readonly configs: readonly AlterableConfigInput[]
}

export function decodeAlterConfigsResource(r: WireReader, version: number): AlterConfigsResource {
  const flexible = version >= 2
  const resourceType = r.int8()
  const resourceName = r.string(flexible)
  const configs = r.array(version, flexible, decodeAlterableConfig)
  if (flexible) r.skipTags()
  return { resourceType, resourceName, configs }
}

export function encodeAlterConfigsResource(w: WireWriter, version: number, m: AlterConfigsResourceInput): void {
  const flexible = version >= 2
  w.int8(m.resourceType)
  w.string(flexible, m.resourceName)
  w.array(version, flexible, m.configs, encodeAlterableConfig)
  if (flexible) w.uvarint(0)
}

export interface AlterableConfig {
  readonly name: string
  readonly value: string | null
}
export interface AlterableConfigInput {
  readonly name: string
  readonly value: string | null
}

export function decodeAlterableConfig(r: WireReader, version: number): AlterableConfig {
  const flexible = version >= 2
  const name = r.string(flexible)
  const value = r.stringOrNull(flexible)
  if (flexible) r.skipTags()
  return { name, value }
}

export function encodeAlterableConfig(w: WireWriter, version: number, m: AlterableConfigInput): void {
  const flexible = version >= 2
  w.string(flexible, m.name)
  w.string(flexible, m.value)
  if (flexible) w.uvarint(0)
}

/** Versions 0 to 2, flexible from 2. */
export interface AlterConfigsResponse {
  readonly throttleTimeMs: number
  readonly responses: readonly AlterConfigsResourceResponse[]
}
export interface AlterConfigsResponseInput {
  readonly throttleTimeMs?: number
  readonly responses: readonly AlterConfigsResourceResponseInput[]
}

export function decodeAlterConfigsResponse(r: WireReader, version: number): AlterConfigsResponse {
  const flexible = version >= 2
  const throttleTimeMs = r.int32()
  const responses = r.array(version, flexible, decodeAlterConfigsResourceResponse)
  if (flexible) r.skipTags()
  return { throttleTimeMs, responses }
}

export function encodeAlterConfigsResponse(w: WireWriter, version: number, m: AlterConfigsResponseInput): void {
  const flexible = version >= 2
  w.int32(m.throttleTimeMs ?? 0)
  w.array(version, flexible, m.responses, encodeAlterConfigsResourceResponse)
  if (flexible) w.uvarint(0)
}

export interface AlterConfigsResourceResponse {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly resourceType: number
  readonly resourceName: string
}
export interface AlterConfigsResourceResponseInput {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly resourceType: number
  readonly resourceName: string
}

export function decodeAlterConfigsResourceResponse(r: WireReader, version: number): AlterConfigsResourceResponse {
  const flexible = version >= 2
  const errorCode = r.int16()
  const errorMessage = r.stringOrNull(flexible)
  const resourceType = r.int8()
  const resourceName = r.string(flexible)
  if (flexible) r.skipTags()
  return { errorCode, errorMessage, resourceType, resourceName }
}

export function encodeAlterConfigsResourceResponse(w: WireWriter, version: number, m: AlterConfigsResourceResponseInput): void {
  const flexible = version >= 2
  w.int16(m.errorCode)
  w.string(flexible, m.errorMessage)
  w.int8(m.resourceType)
  w.string(flexible, m.resourceName)
  if (flexible) w.uvarint(0)
}
