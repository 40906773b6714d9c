// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import type { WireReader } from '../reader.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 1, flexible from 1. */
export interface DescribeClientQuotasRequest {
  readonly components: readonly ComponentData[]
  readonly strict: boolean
}
export interface DescribeClientQuotasRequestInput {
  readonly components: readonly ComponentDataInput[]
  readonly strict: boolean
}

export function decodeDescribeClientQuotasRequest(r: WireReader, version: number): DescribeClientQuotasRequest {
  const flexible = version >= 1
  const components = r.array(version, flexible, decodeComponentData)
  const strict = r.bool()
  if (flexible) r.skipTags()
  return { components, strict }
}

export function encodeDescribeClientQuotasRequest(w: WireWriter, version: number, m: DescribeClientQuotasRequestInput): void {
  const flexible = version >= 1
  w.array(version, flexible, m.components, encodeComponentData)
  w.bool(m.strict)
  if (flexible) w.uvarint(0)
}

export interface ComponentData {
  readonly entityType: string
  readonly matchType: number
  readonly match: string | null
}
export interface ComponentDataInput {
  readonly entityType: string
  readonly matchType: number
  readonly match: string | null
}

export function decodeComponentData(r: WireReader, version: number): ComponentData {
  const flexible = version >= 1
  const entityType = r.string(flexible)
  const matchType = r.int8()
  const match = r.stringOrNull(flexible)
  if (flexible) r.skipTags()
  return { entityType, matchType, match }
}

export function encodeComponentData(w: WireWriter, version: number, m: ComponentDataInput): void {
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
  readonly entries: readonly EntryData[] | null
}
export interface DescribeClientQuotasResponseInput {
  readonly throttleTimeMs?: number
  readonly errorCode: number
  readonly errorMessage?: string | null
  readonly entries: readonly EntryDataInput[] | null
}

export function decodeDescribeClientQuotasResponse(r: WireReader, version: number): DescribeClientQuotasResponse {
  const flexible = version >= 1
  const throttleTimeMs = r.int32()
  const errorCode = r.int16()
  const errorMessage = r.stringOrNull(flexible)
  const entries = r.arrayOrNull(version, flexible, decodeEntryData)
  if (flexible) r.skipTags()
  return { throttleTimeMs, errorCode, errorMessage, entries }
}

export function encodeDescribeClientQuotasResponse(w: WireWriter, version: number, m: DescribeClientQuotasResponseInput): void {
  const flexible = version >= 1
  w.int32(m.throttleTimeMs ?? 0)
  w.int16(m.errorCode)
  w.string(flexible, m.errorMessage ?? null)
  w.array(version, flexible, m.entries, encodeEntryData)
  if (flexible) w.uvarint(0)
}

export interface EntryData {
  readonly entity: readonly EntityData[]
  readonly values: readonly ValueData[]
}
export interface EntryDataInput {
  readonly entity: readonly EntityDataInput[]
  readonly values: readonly ValueDataInput[]
}

export function decodeEntryData(r: WireReader, version: number): EntryData {
  const flexible = version >= 1
  const entity = r.array(version, flexible, decodeEntityData)
  const values = r.array(version, flexible, decodeValueData)
  if (flexible) r.skipTags()
  return { entity, values }
}

export function encodeEntryData(w: WireWriter, version: number, m: EntryDataInput): void {
  const flexible = version >= 1
  w.array(version, flexible, m.entity, encodeEntityData)
  w.array(version, flexible, m.values, encodeValueData)
  if (flexible) w.uvarint(0)
}

export interface EntityData {
  readonly entityType: string
  readonly entityName: string | null
}
export interface EntityDataInput {
  readonly entityType: string
  readonly entityName: string | null
}

export function decodeEntityData(r: WireReader, version: number): EntityData {
  const flexible = version >= 1
  const entityType = r.string(flexible)
  const entityName = r.stringOrNull(flexible)
  if (flexible) r.skipTags()
  return { entityType, entityName }
}

export function encodeEntityData(w: WireWriter, version: number, m: EntityDataInput): void {
  const flexible = version >= 1
  w.string(flexible, m.entityType)
  w.string(flexible, m.entityName)
  if (flexible) w.uvarint(0)
}

export interface ValueData {
  readonly key: string
  readonly value: number
}
export interface ValueDataInput {
  readonly key: string
  readonly value: number
}

export function decodeValueData(r: WireReader, version: number): ValueData {
  const flexible = version >= 1
  const key = r.string(flexible)
  const value = r.float64()
  if (flexible) r.skipTags()
  return { key, value }
}

export function encodeValueData(w: WireWriter, version: number, m: ValueDataInput): void {
  const flexible = version >= 1
  w.string(flexible, m.key)
  w.float64(m.value)
  if (flexible) w.uvarint(0)
}
