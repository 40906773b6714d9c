// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import type { WireReader } from '../reader.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 1, flexible from 1. */
export interface DescribeClientQuotasRequest {
  readonly components: readonly QuotaComponent[]
  readonly strict: boolean
}
export interface DescribeClientQuotasRequestInput {
  readonly components: readonly QuotaComponentInput[]
  readonly strict: boolean
}

export function decodeDescribeClientQuotasRequest(r: WireReader, version: number): DescribeClientQuotasRequest {
  const flexible = version >= 1
  const components = r.array(version, flexible, decodeQuotaComponent)
  const strict = r.bool()
  if (flexible) r.skipTags()
  return { components, strict }
}

export function encodeDescribeClientQuotasRequest(w: WireWriter, version: number, m: DescribeClientQuotasRequestInput): void {
  const flexible = version >= 1
  w.array(version, flexible, m.components, encodeQuotaComponent)
  w.bool(m.strict)
  if (flexible) w.uvarint(0)
}

export interface QuotaComponent {
  readonly entityType: string
  readonly matchType: number
  readonly match: string | null
}
export interface QuotaComponentInput {
  readonly entityType: string
  readonly matchType: number
  readonly match: string | null
}

export function decodeQuotaComponent(r: WireReader, version: number): QuotaComponent {
  const flexible = version >= 1
  const entityType = r.string(flexible)
  const matchType = r.int8()
  const match = r.stringOrNull(flexible)
  if (flexible) r.skipTags()
  return { entityType, matchType, match }
}

export function encodeQuotaComponent(w: WireWriter, version: number, m: QuotaComponentInput): void {
  const flexible = version >= 1
  w.string(flexible, m.entityType)
  w.int8(m.matchType)
  w.string(flexible, m.match)
  if (flexible) w.uvarint(0)
}

/** Versions 0 to 1, flexible from 1. */
export interface DescribeClientQuotasResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly entries: readonly DescribedQuota[] | null
}
export interface DescribeClientQuotasResponseInput {
  readonly throttleTimeMs?: number
  readonly errorCode: number
  readonly errorMessage?: string | null
  readonly entries: readonly DescribedQuotaInput[] | null
}

export function decodeDescribeClientQuotasResponse(r: WireReader, version: number): DescribeClientQuotasResponse {
  const flexible = version >= 1
  const throttleTimeMs = r.int32()
  const errorCode = r.int16()
  const errorMessage = r.stringOrNull(flexible)
  const entries = r.arrayOrNull(version, flexible, decodeDescribedQuota)
  if (flexible) r.skipTags()
  return { throttleTimeMs, errorCode, errorMessage, entries }
}

export function encodeDescribeClientQuotasResponse(w: WireWriter, version: number, m: DescribeClientQuotasResponseInput): void {
  const flexible = version >= 1
  w.int32(m.throttleTimeMs ?? 0)
  w.int16(m.errorCode)
  w.string(flexible, m.errorMessage ?? null)
  w.array(version, flexible, m.entries, encodeDescribedQuota)
  if (flexible) w.uvarint(0)
}

export interface DescribedQuota {
  readonly entity: readonly DescribedQuotaEntity[]
  readonly values: readonly QuotaValue[]
}
export interface DescribedQuotaInput {
  readonly entity: readonly DescribedQuotaEntityInput[]
  readonly values: readonly QuotaValueInput[]
}

export function decodeDescribedQuota(r: WireReader, version: number): DescribedQuota {
  const flexible = version >= 1
  const entity = r.array(version, flexible, decodeDescribedQuotaEntity)
  const values = r.array(version, flexible, decodeQuotaValue)
  if (flexible) r.skipTags()
  return { entity, values }
}

export function encodeDescribedQuota(w: WireWriter, version: number, m: DescribedQuotaInput): void {
  const flexible = version >= 1
  w.array(version, flexible, m.entity, encodeDescribedQuotaEntity)
  w.array(version, flexible, m.values, encodeQuotaValue)
  if (flexible) w.uvarint(0)
}

export interface DescribedQuotaEntity {
  readonly entityType: string
  readonly entityName: string | null
}
export interface DescribedQuotaEntityInput {
  readonly entityType: string
  readonly entityName: string | null
}

export function decodeDescribedQuotaEntity(r: WireReader, version: number): DescribedQuotaEntity {
  const flexible = version >= 1
  const entityType = r.string(flexible)
  const entityName = r.stringOrNull(flexible)
  if (flexible) r.skipTags()
  return { entityType, entityName }
}

export function encodeDescribedQuotaEntity(w: WireWriter, version: number, m: DescribedQuotaEntityInput): void {
  const flexible = version >= 1
  w.string(flexible, m.entityType)
  w.string(flexible, m.entityName)
  if (flexible) w.uvarint(0)
}

export interface QuotaValue {
  readonly key: string
  readonly value: number
}
export interface QuotaValueInput {
  readonly key: string
  readonly value: number
}

export function decodeQuotaValue(r: WireReader, version: number): QuotaValue {
  const flexible = version >= 1
  const key = r.string(flexible)
  const value = r.float64()
  if (flexible) r.skipTags()
  return { key, value }
}

export function encodeQuotaValue(w: WireWriter, version: number, m: QuotaValueInput): void {
  const flexible = version >= 1
  w.string(flexible, m.key)
  w.float64(m.value)
  if (flexible) w.uvarint(0)
}
