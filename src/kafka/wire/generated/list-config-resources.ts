// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import { readInt8 } from '../reader.ts'
import type { WireReader } from '../reader.ts'
import { writeInt8 } from '../writer.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 1, flexible from 0. */
export interface ListConfigResourcesRequest {
  readonly resourceTypes: readonly number[]
}
export interface ListConfigResourcesRequestInput {
  readonly resourceTypes?: readonly number[]
}

export function decodeListConfigResourcesRequest(r: WireReader, version: number): ListConfigResourcesRequest {
  const resourceTypes = version >= 1 ? r.array(version, true, readInt8) : []
  r.skipTags()
  return { resourceTypes }
}

export function encodeListConfigResourcesRequest(w: WireWriter, version: number, m: ListConfigResourcesRequestInput): void {
  if (version >= 1) w.array(version, true, m.resourceTypes ?? [], writeInt8)
  w.uvarint(0)
}

/** Versions 0 to 1, flexible from 0. */
export interface ListConfigResourcesResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly configResources: readonly ConfigResource[]
}
export interface ListConfigResourcesResponseInput {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly configResources: readonly ConfigResourceInput[]
}

export function decodeListConfigResourcesResponse(r: WireReader, version: number): ListConfigResourcesResponse {
  const throttleTimeMs = r.int32()
  const errorCode = r.int16()
  const configResources = r.array(version, true, decodeConfigResource)
  r.skipTags()
  return { throttleTimeMs, errorCode, configResources }
}

export function encodeListConfigResourcesResponse(w: WireWriter, version: number, m: ListConfigResourcesResponseInput): void {
  w.int32(m.throttleTimeMs)
  w.int16(m.errorCode)
  w.array(version, true, m.configResources, encodeConfigResource)
  w.uvarint(0)
}

export interface ConfigResource {
  readonly resourceName: string
  readonly resourceType: number
}
export interface ConfigResourceInput {
  readonly resourceName: string
  readonly resourceType?: number
}

export function decodeConfigResource(r: WireReader, version: number): ConfigResource {
  const resourceName = r.string(true)
  const resourceType = version >= 1 ? r.int8() : 16
  r.skipTags()
  return { resourceName, resourceType }
}

export function encodeConfigResource(w: WireWriter, version: number, m: ConfigResourceInput): void {
  w.string(true, m.resourceName)
  if (version >= 1) w.int8(m.resourceType ?? 16)
  w.uvarint(0)
}
