// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import { readCompactString, readString } from '../reader.ts'
import type { WireReader } from '../reader.ts'
import { writeCompactString, writeString } from '../writer.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 1 to 4, flexible from 4. */
export interface DescribeConfigsRequest {
  readonly resources: readonly DescribeConfigsResource[]
  readonly includeSynonyms: boolean
  readonly includeDocumentation: boolean
}
export interface DescribeConfigsRequestInput {
  readonly resources: readonly DescribeConfigsResourceInput[]
  readonly includeSynonyms: boolean
  readonly includeDocumentation?: boolean
}

export function decodeDescribeConfigsRequest(r: WireReader, version: number): DescribeConfigsRequest {
  const flexible = version >= 4
  const resources = r.array(version, flexible, decodeDescribeConfigsResource)
  const includeSynonyms = r.bool()
  const includeDocumentation = version >= 3 ? r.bool() : false
  if (flexible) r.skipTags()
  return { resources, includeSynonyms, includeDocumentation }
}

export function encodeDescribeConfigsRequest(w: WireWriter, version: number, m: DescribeConfigsRequestInput): void {
  const flexible = version >= 4
  w.array(version, flexible, m.resources, encodeDescribeConfigsResource)
  w.bool(m.includeSynonyms)
  if (version >= 3) w.bool(m.includeDocumentation ?? false)
  if (flexible) w.uvarint(0)
}

export interface DescribeConfigsResource {
  readonly resourceType: number
  readonly resourceName: string
  readonly configurationKeys: readonly string[] | null
}
export interface DescribeConfigsResourceInput {
  readonly resourceType: number
  readonly resourceName: string
  readonly configurationKeys: readonly string[] | null
}

export function decodeDescribeConfigsResource(r: WireReader, version: number): DescribeConfigsResource {
  const flexible = version >= 4
  const resourceType = r.int8()
  const resourceName = r.string(flexible)
  const configurationKeys = r.arrayOrNull(version, flexible, flexible ? readCompactString : readString)
  if (flexible) r.skipTags()
  return { resourceType, resourceName, configurationKeys }
}

export function encodeDescribeConfigsResource(w: WireWriter, version: number, m: DescribeConfigsResourceInput): void {
  const flexible = version >= 4
  w.int8(m.resourceType)
  w.string(flexible, m.resourceName)
  w.array(version, flexible, m.configurationKeys, flexible ? writeCompactString : writeString)
  if (flexible) w.uvarint(0)
}

/** Versions 1 to 4, flexible from 4. */
export interface DescribeConfigsResponse {
  readonly throttleTimeMs: number
  readonly results: readonly DescribeConfigsResult[]
}
export interface DescribeConfigsResponseInput {
  readonly throttleTimeMs?: number
  readonly results: readonly DescribeConfigsResultInput[]
}

export function decodeDescribeConfigsResponse(r: WireReader, version: number): DescribeConfigsResponse {
  const flexible = version >= 4
  const throttleTimeMs = r.int32()
  const results = r.array(version, flexible, decodeDescribeConfigsResult)
  if (flexible) r.skipTags()
  return { throttleTimeMs, results }
}

export function encodeDescribeConfigsResponse(w: WireWriter, version: number, m: DescribeConfigsResponseInput): void {
  const flexible = version >= 4
  w.int32(m.throttleTimeMs ?? 0)
  w.array(version, flexible, m.results, encodeDescribeConfigsResult)
  if (flexible) w.uvarint(0)
}

export interface DescribeConfigsResult {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly resourceType: number
  readonly resourceName: string
  readonly configs: readonly DescribeConfigsResourceResult[]
}
export interface DescribeConfigsResultInput {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly resourceType: number
  readonly resourceName: string
  readonly configs: readonly DescribeConfigsResourceResultInput[]
}

export function decodeDescribeConfigsResult(r: WireReader, version: number): DescribeConfigsResult {
  const flexible = version >= 4
  const errorCode = r.int16()
  const errorMessage = r.stringOrNull(flexible)
  const resourceType = r.int8()
  const resourceName = r.string(flexible)
  const configs = r.array(version, flexible, decodeDescribeConfigsResourceResult)
  if (flexible) r.skipTags()
  return { errorCode, errorMessage, resourceType, resourceName, configs }
}

export function encodeDescribeConfigsResult(w: WireWriter, version: number, m: DescribeConfigsResultInput): void {
  const flexible = version >= 4
  w.int16(m.errorCode)
  w.string(flexible, m.errorMessage)
  w.int8(m.resourceType)
  w.string(flexible, m.resourceName)
  w.array(version, flexible, m.configs, encodeDescribeConfigsResourceResult)
  if (flexible) w.uvarint(0)
}

export interface DescribeConfigsResourceResult {
  readonly name: string
  readonly value: string | null
  readonly readOnly: boolean
  readonly configSource: number
  readonly isSensitive: boolean
  readonly synonyms: readonly DescribeConfigsSynonym[]
  readonly configType: number
  readonly documentation: string | null
}
export interface DescribeConfigsResourceResultInput {
  readonly name: string
  readonly value: string | null
  readonly readOnly: boolean
  readonly configSource?: number
  readonly isSensitive: boolean
  readonly synonyms: readonly DescribeConfigsSynonymInput[]
  readonly configType?: number
  readonly documentation?: string | null
}

export function decodeDescribeConfigsResourceResult(r: WireReader, version: number): DescribeConfigsResourceResult {
  const flexible = version >= 4
  const name = r.string(flexible)
  const value = r.stringOrNull(flexible)
  const readOnly = r.bool()
  const configSource = r.int8()
  const isSensitive = r.bool()
  const synonyms = r.array(version, flexible, decodeDescribeConfigsSynonym)
  const configType = version >= 3 ? r.int8() : 0
  const documentation = version >= 3 ? r.stringOrNull(flexible) : null
  if (flexible) r.skipTags()
  return { name, value, readOnly, configSource, isSensitive, synonyms, configType, documentation }
}

export function encodeDescribeConfigsResourceResult(w: WireWriter, version: number, m: DescribeConfigsResourceResultInput): void {
  const flexible = version >= 4
  w.string(flexible, m.name)
  w.string(flexible, m.value)
  w.bool(m.readOnly)
  w.int8(m.configSource ?? -1)
  w.bool(m.isSensitive)
  w.array(version, flexible, m.synonyms, encodeDescribeConfigsSynonym)
  if (version >= 3) w.int8(m.configType ?? 0)
  if (version >= 3) w.string(flexible, m.documentation ?? null)
  if (flexible) w.uvarint(0)
}

export interface DescribeConfigsSynonym {
  readonly name: string
  readonly value: string | null
  readonly source: number
}
export interface DescribeConfigsSynonymInput {
  readonly name: string
  readonly value: string | null
  readonly source: number
}

export function decodeDescribeConfigsSynonym(r: WireReader, version: number): DescribeConfigsSynonym {
  const flexible = version >= 4
  const name = r.string(flexible)
  const value = r.stringOrNull(flexible)
  const source = r.int8()
  if (flexible) r.skipTags()
  return { name, value, source }
}

export function encodeDescribeConfigsSynonym(w: WireWriter, version: number, m: DescribeConfigsSynonymInput): void {
  const flexible = version >= 4
  w.string(flexible, m.name)
  w.string(flexible, m.value)
  w.int8(m.source)
  if (flexible) w.uvarint(0)
}
