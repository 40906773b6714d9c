// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import type { WireReader } from '../reader.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 1, flexible from 1. */
export interface AlterClientQuotasRequest {
  readonly entries: readonly AlterQuotaEntry[]
  readonly validateOnly: boolean
}
export interface AlterClientQuotasRequestInput {
  readonly entries: readonly AlterQuotaEntryInput[]
  readonly validateOnly: boolean
}

export function decodeAlterClientQuotasRequest(r: WireReader, version: number): AlterClientQuotasRequest {
  const flexible = version >= 1
  const entries = r.array(version, flexible, decodeAlterQuotaEntry)
  const validateOnly = r.bool()
  if (flexible) r.skipTags()
  return { entries, validateOnly }
}

export function encodeAlterClientQuotasRequest(w: WireWriter, version: number, m: AlterClientQuotasRequestInput): void {
  const flexible = version >= 1
  w.array(version, flexible, m.entries, encodeAlterQuotaEntry)
  w.bool(m.validateOnly)
  if (flexible) w.uvarint(0)
}

export interface AlterQuotaEntry {
  readonly entity: readonly AlterQuotaEntity[]
  readonly ops: readonly QuotaOp[]
}
export interface AlterQuotaEntryInput {
  readonly entity: readonly AlterQuotaEntityInput[]
  readonly ops: readonly QuotaOpInput[]
}

export function decodeAlterQuotaEntry(r: WireReader, version: number): AlterQuotaEntry {
  const flexible = version >= 1
  const entity = r.array(version, flexible, decodeAlterQuotaEntity)
  const ops = r.array(version, flexible, decodeQuotaOp)
  if (flexible) r.skipTags()
  return { entity, ops }
}

export function encodeAlterQuotaEntry(w: WireWriter, version: number, m: AlterQuotaEntryInput): void {
  const flexible = version >= 1
  w.array(version, flexible, m.entity, encodeAlterQuotaEntity)
  w.array(version, flexible, m.ops, encodeQuotaOp)
  if (flexible) w.uvarint(0)
}

export interface AlterQuotaEntity {
  readonly entityType: string
  readonly entityName: string | null
}
export interface AlterQuotaEntityInput {
  readonly entityType: string
  readonly entityName: string | null
}

export function decodeAlterQuotaEntity(r: WireReader, version: number): AlterQuotaEntity {
  const flexible = version >= 1
  const entityType = r.string(flexible)
  const entityName = r.stringOrNull(flexible)
  if (flexible) r.skipTags()
  return { entityType, entityName }
}

export function encodeAlterQuotaEntity(w: WireWriter, version: number, m: AlterQuotaEntityInput): void {
  const flexible = version >= 1
  w.string(flexible, m.entityType)
  w.string(flexible, m.entityName)
  if (flexible) w.uvarint(0)
}

export interface QuotaOp {
  readonly key: string
  readonly value: number
  readonly remove: boolean
}
export interface QuotaOpInput {
  readonly key: string
  readonly value: number
  readonly remove: boolean
}

export function decodeQuotaOp(r: WireReader, version: number): QuotaOp {
  const flexible = version >= 1
  const key = r.string(flexible)
  const value = r.float64()
  const remove = r.bool()
  if (flexible) r.skipTags()
  return { key, value, remove }
}

export function encodeQuotaOp(w: WireWriter, version: number, m: QuotaOpInput): void {
  const flexible = version >= 1
  w.string(flexible, m.key)
  w.float64(m.value)
  w.bool(m.remove)
  if (flexible) w.uvarint(0)
}

/** Versions 0 to 1, flexible from 1. */
export interface AlterClientQuotasResponse {
  readonly throttleTimeMs: number
  readonly entries: readonly AlteredQuota[]
}
export interface AlterClientQuotasResponseInput {
  readonly throttleTimeMs?: number
  readonly entries: readonly AlteredQuotaInput[]
}

export function decodeAlterClientQuotasResponse(r: WireReader, version: number): AlterClientQuotasResponse {
  const flexible = version >= 1
  const throttleTimeMs = r.int32()
  const entries = r.array(version, flexible, decodeAlteredQuota)
  if (flexible) r.skipTags()
  return { throttleTimeMs, entries }
}

export function encodeAlterClientQuotasResponse(w: WireWriter, version: number, m: AlterClientQuotasResponseInput): void {
  const flexible = version >= 1
  w.int32(m.throttleTimeMs ?? 0)
  w.array(version, flexible, m.entries, encodeAlteredQuota)
  if (flexible) w.uvarint(0)
}

export interface AlteredQuota {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly entity: readonly AlteredQuotaEntity[]
}
export interface AlteredQuotaInput {
  readonly errorCode: number
  readonly errorMessage?: string | null
  readonly entity: readonly AlteredQuotaEntityInput[]
}

export function decodeAlteredQuota(r: WireReader, version: number): AlteredQuota {
  const flexible = version >= 1
  const errorCode = r.int16()
  const errorMessage = r.stringOrNull(flexible)
  const entity = r.array(version, flexible, decodeAlteredQuotaEntity)
  if (flexible) r.skipTags()
  return { errorCode, errorMessage, entity }
}

export function encodeAlteredQuota(w: WireWriter, version: number, m: AlteredQuotaInput): void {
  const flexible = version >= 1
  w.int16(m.errorCode)
  w.string(flexible, m.errorMessage ?? null)
  w.array(version, flexible, m.entity, encodeAlteredQuotaEntity)
  if (flexible) w.uvarint(0)
}

export interface AlteredQuotaEntity {
  readonly entityType: string
  readonly entityName: string | null
}
export interface AlteredQuotaEntityInput {
  readonly entityType: string
  readonly entityName: string | null
}

export function decodeAlteredQuotaEntity(r: WireReader, version: number): AlteredQuotaEntity {
  const flexible = version >= 1
  const entityType = r.string(flexible)
  const entityName = r.stringOrNull(flexible)
  if (flexible) r.skipTags()
  return { entityType, entityName }
}

export function encodeAlteredQuotaEntity(w: WireWriter, version: number, m: AlteredQuotaEntityInput): void {
  const flexible = version >= 1
  w.string(flexible, m.entityType)
  w.string(flexible, m.entityName)
  if (flexible) w.uvarint(0)
}
