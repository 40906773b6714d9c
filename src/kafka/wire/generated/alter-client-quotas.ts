// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import type { WireReader } from '../reader.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 1, flexible from 1. */
export interface AlterClientQuotasRequest {
  readonly entries: readonly EntryData[]
  readonly validateOnly: boolean
}
export interface AlterClientQuotasRequestInput {
  readonly entries: readonly EntryDataInput[]
  readonly validateOnly: boolean
}

export function decodeAlterClientQuotasRequest(r: WireReader, version: number): AlterClientQuotasRequest {
  const flexible = version >= 1
  const entries = r.array(version, flexible, decodeEntryData)
  const validateOnly = r.bool()
  if (flexible) r.skipTags()
  return { entries, validateOnly }
}

export function encodeAlterClientQuotasRequest(w: WireWriter, version: number, m: AlterClientQuotasRequestInput): void {
  const flexible = version >= 1
  w.array(version, flexible, m.entries, encodeEntryData)
  w.bool(m.validateOnly)
  if (flexible) w.uvarint(0)
}

export interface EntryData {
  readonly entity: readonly EntityData[]
  readonly ops: readonly OpData[]
}
export interface EntryDataInput {
  readonly entity: readonly EntityDataInput[]
  readonly ops: readonly OpDataInput[]
}

export function decodeEntryData(r: WireReader, version: number): EntryData {
  const flexible = version >= 1
  const entity = r.array(version, flexible, decodeEntityData)
  const ops = r.array(version, flexible, decodeOpData)
  if (flexible) r.skipTags()
  return { entity, ops }
}

export function encodeEntryData(w: WireWriter, version: number, m: EntryDataInput): void {
  const flexible = version >= 1
  w.array(version, flexible, m.entity, encodeEntityData)
  w.array(version, flexible, m.ops, encodeOpData)
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

export interface OpData {
  readonly key: string
  readonly value: number
  readonly remove: boolean
}
export interface OpDataInput {
  readonly key: string
  readonly value: number
  readonly remove: boolean
}

export function decodeOpData(r: WireReader, version: number): OpData {
  const flexible = version >= 1
  const key = r.string(flexible)
  const value = r.float64()
  const remove = r.bool()
  if (flexible) r.skipTags()
  return { key, value, remove }
}

export function encodeOpData(w: WireWriter, version: number, m: OpDataInput): void {
  const flexible = version >= 1
  w.string(flexible, m.key)
  w.float64(m.value)
  w.bool(m.remove)
  if (flexible) w.uvarint(0)
}

/** Versions 0 to 1, flexible from 1. */
export interface AlterClientQuotasResponse {
  readonly throttleTimeMs: number
  readonly entries: readonly AlteredEntryData[]
}
export interface AlterClientQuotasResponseInput {
  readonly throttleTimeMs?: number
  readonly entries: readonly AlteredEntryDataInput[]
}

export function decodeAlterClientQuotasResponse(r: WireReader, version: number): AlterClientQuotasResponse {
  const flexible = version >= 1
  const throttleTimeMs = r.int32()
  const entries = r.array(version, flexible, decodeAlteredEntryData)
  if (flexible) r.skipTags()
  return { throttleTimeMs, entries }
}

export function encodeAlterClientQuotasResponse(w: WireWriter, version: number, m: AlterClientQuotasResponseInput): void {
  const flexible = version >= 1
  w.int32(m.throttleTimeMs ?? 0)
  w.array(version, flexible, m.entries, encodeAlteredEntryData)
  if (flexible) w.uvarint(0)
}

export interface AlteredEntryData {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly entity: readonly AlteredEntityData[]
}
export interface AlteredEntryDataInput {
  readonly errorCode: number
  readonly errorMessage?: string | null
  readonly entity: readonly AlteredEntityDataInput[]
}

export function decodeAlteredEntryData(r: WireReader, version: number): AlteredEntryData {
  const flexible = version >= 1
  const errorCode = r.int16()
  const errorMessage = r.stringOrNull(flexible)
  const entity = r.array(version, flexible, decodeAlteredEntityData)
  if (flexible) r.skipTags()
  return { errorCode, errorMessage, entity }
}

export function encodeAlteredEntryData(w: WireWriter, version: number, m: AlteredEntryDataInput): void {
  const flexible = version >= 1
  w.int16(m.errorCode)
  w.string(flexible, m.errorMessage ?? null)
  w.array(version, flexible, m.entity, encodeAlteredEntityData)
  if (flexible) w.uvarint(0)
}

export interface AlteredEntityData {
  readonly entityType: string
  readonly entityName: string | null
}
export interface AlteredEntityDataInput {
  readonly entityType: string
  readonly entityName: string | null
}

export function decodeAlteredEntityData(r: WireReader, version: number): AlteredEntityData {
  const flexible = version >= 1
  const entityType = r.string(flexible)
  const entityName = r.stringOrNull(flexible)
  if (flexible) r.skipTags()
  return { entityType, entityName }
}

export function encodeAlteredEntityData(w: WireWriter, version: number, m: AlteredEntityDataInput): void {
  const flexible = version >= 1
  w.string(flexible, m.entityType)
  w.string(flexible, m.entityName)
  if (flexible) w.uvarint(0)
}
