// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import type { WireReader } from '../reader.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 2, flexible from 0. */
export interface UpdateFeaturesRequest {
  readonly timeoutMs: number
  readonly featureUpdates: readonly FeatureUpdateKey[]
  readonly validateOnly: boolean
}
export interface UpdateFeaturesRequestInput {
  readonly timeoutMs?: number
  readonly featureUpdates: readonly FeatureUpdateKeyInput[]
  readonly validateOnly?: boolean
}

export function decodeUpdateFeaturesRequest(r: WireReader, version: number): UpdateFeaturesRequest {
  const timeoutMs = r.int32()
  const featureUpdates = r.array(version, true, decodeFeatureUpdateKey)
  const validateOnly = version >= 1 ? r.bool() : false
  r.skipTags()
  return { timeoutMs, featureUpdates, validateOnly }
}

export function encodeUpdateFeaturesRequest(w: WireWriter, version: number, m: UpdateFeaturesRequestInput): void {
  w.int32(m.timeoutMs ?? 60000)
  w.array(version, true, m.featureUpdates, encodeFeatureUpdateKey)
  if (version >= 1) w.bool(m.validateOnly ?? false)
  w.uvarint(0)
}

export interface FeatureUpdateKey {
  readonly feature: string
  readonly maxVersionLevel: number
  readonly allowDowngrade: boolean
  readonly upgradeType: number
}
export interface FeatureUpdateKeyInput {
  readonly feature: string
  readonly maxVersionLevel: number
  readonly allowDowngrade?: boolean
  readonly upgradeType?: number
}

export function decodeFeatureUpdateKey(r: WireReader, version: number): FeatureUpdateKey {
  const feature = r.string(true)
  const maxVersionLevel = r.int16()
  const allowDowngrade = version <= 0 ? r.bool() : false
  const upgradeType = version >= 1 ? r.int8() : 1
  r.skipTags()
  return { feature, maxVersionLevel, allowDowngrade, upgradeType }
}

export function encodeFeatureUpdateKey(w: WireWriter, version: number, m: FeatureUpdateKeyInput): void {
  w.string(true, m.feature)
  w.int16(m.maxVersionLevel)
  if (version <= 0) w.bool(m.allowDowngrade ?? false)
  if (version >= 1) w.int8(m.upgradeType ?? 1)
  w.uvarint(0)
}

/** Versions 0 to 2, flexible from 0. */
export interface UpdateFeaturesResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly results: readonly UpdatableFeatureResult[]
}
export interface UpdateFeaturesResponseInput {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly results?: readonly UpdatableFeatureResultInput[]
}

export function decodeUpdateFeaturesResponse(r: WireReader, version: number): UpdateFeaturesResponse {
  const throttleTimeMs = r.int32()
  const errorCode = r.int16()
  const errorMessage = r.stringOrNull(true)
  const results = version <= 1 ? r.array(version, true, decodeUpdatableFeatureResult) : []
  r.skipTags()
  return { throttleTimeMs, errorCode, errorMessage, results }
}

export function encodeUpdateFeaturesResponse(w: WireWriter, version: number, m: UpdateFeaturesResponseInput): void {
  w.int32(m.throttleTimeMs)
  w.int16(m.errorCode)
  w.string(true, m.errorMessage)
  if (version <= 1) w.array(version, true, m.results ?? [], encodeUpdatableFeatureResult)
  w.uvarint(0)
}

export interface UpdatableFeatureResult {
  readonly feature: string
  readonly errorCode: number
  readonly errorMessage: string | null
}
export interface UpdatableFeatureResultInput {
  readonly feature: string
  readonly errorCode: number
  readonly errorMessage: string | null
}

export function decodeUpdatableFeatureResult(r: WireReader, _version: number): UpdatableFeatureResult {
  const feature = r.string(true)
  const errorCode = r.int16()
  const errorMessage = r.stringOrNull(true)
  r.skipTags()
  return { feature, errorCode, errorMessage }
}

export function encodeUpdatableFeatureResult(w: WireWriter, _version: number, m: UpdatableFeatureResultInput): void {
  w.string(true, m.feature)
  w.int16(m.errorCode)
  w.string(true, m.errorMessage)
  w.uvarint(0)
}
