// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import type { WireReader } from '../reader.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 5, flexible from 3. */
export interface ApiVersionsRequest {
  readonly clientSoftwareName: string
  readonly clientSoftwareVersion: string
  readonly clusterId: string | null
  readonly nodeId: number
}
export interface ApiVersionsRequestInput {
  readonly clientSoftwareName?: string
  readonly clientSoftwareVersion?: string
  readonly clusterId?: string | null
  readonly nodeId?: number
}

export function decodeApiVersionsRequest(r: WireReader, version: number): ApiVersionsRequest {
  const flexible = version >= 3
  const clientSoftwareName = version >= 3 ? r.string(true) : ''
  const clientSoftwareVersion = version >= 3 ? r.string(true) : ''
  const clusterId = version >= 5 ? r.stringOrNull(true) : null
  const nodeId = version >= 5 ? r.int32() : -1
  if (flexible) r.skipTags()
  return { clientSoftwareName, clientSoftwareVersion, clusterId, nodeId }
}

export function encodeApiVersionsRequest(w: WireWriter, version: number, m: ApiVersionsRequestInput): void {
  const flexible = version >= 3
  if (version >= 3) w.string(true, m.clientSoftwareName ?? '')
  if (version >= 3) w.string(true, m.clientSoftwareVersion ?? '')
  if (version >= 5) w.string(true, m.clusterId ?? null)
  if (version >= 5) w.int32(m.nodeId ?? -1)
  if (flexible) w.uvarint(0)
}

/** Versions 0 to 5, flexible from 3. */
export interface ApiVersionsResponse {
  readonly errorCode: number
  readonly apiKeys: readonly ApiVersion[]
  readonly throttleTimeMs: number
  readonly supportedFeatures: readonly SupportedFeatureKey[]
  readonly finalizedFeaturesEpoch: number
  readonly finalizedFeatures: readonly FinalizedFeatureKey[]
  readonly zkMigrationReady: boolean
}
export interface ApiVersionsResponseInput {
  readonly errorCode: number
  readonly apiKeys: readonly ApiVersionInput[]
  readonly throttleTimeMs?: number
  readonly supportedFeatures?: readonly SupportedFeatureKeyInput[]
  readonly finalizedFeaturesEpoch?: number
  readonly finalizedFeatures?: readonly FinalizedFeatureKeyInput[]
  readonly zkMigrationReady?: boolean
}

export function decodeApiVersionsResponse(r: WireReader, version: number): ApiVersionsResponse {
  const flexible = version >= 3
  const errorCode = r.int16()
  const apiKeys = r.array(version, flexible, decodeApiVersion)
  const throttleTimeMs = version >= 1 ? r.int32() : 0
  let supportedFeatures: readonly SupportedFeatureKey[] = []
  let finalizedFeaturesEpoch: number = -1
  let finalizedFeatures: readonly FinalizedFeatureKey[] = []
  let zkMigrationReady: boolean = false
  if (flexible) {
    for (let count = r.uvarint(); count > 0; count--) {
      const tag = r.uvarint()
      const end = r.taggedEnd()
      if (tag === 0) supportedFeatures = r.array(version, true, decodeSupportedFeatureKey)
      else if (tag === 1) finalizedFeaturesEpoch = r.long()
      else if (tag === 2) finalizedFeatures = r.array(version, true, decodeFinalizedFeatureKey)
      else if (tag === 3) zkMigrationReady = r.bool()
      else r.skipTo(end)
      r.expectAt(end)
    }
  }
  return { errorCode, apiKeys, throttleTimeMs, supportedFeatures, finalizedFeaturesEpoch, finalizedFeatures, zkMigrationReady }
}

export function encodeApiVersionsResponse(w: WireWriter, version: number, m: ApiVersionsResponseInput): void {
  const flexible = version >= 3
  w.int16(m.errorCode)
  w.array(version, flexible, m.apiKeys, encodeApiVersion)
  if (version >= 1) w.int32(m.throttleTimeMs ?? 0)
  if (flexible) {
    const supportedFeatures = m.supportedFeatures ?? []
    const finalizedFeaturesEpoch = m.finalizedFeaturesEpoch ?? -1
    const finalizedFeatures = m.finalizedFeatures ?? []
    const zkMigrationReady = m.zkMigrationReady ?? false
    w.uvarint((supportedFeatures.length > 0 ? 1 : 0) + (finalizedFeaturesEpoch !== -1 ? 1 : 0) + (finalizedFeatures.length > 0 ? 1 : 0) + (zkMigrationReady !== false ? 1 : 0))
    if (supportedFeatures.length > 0) w.tagged(0, (inner) => inner.array(version, true, supportedFeatures, encodeSupportedFeatureKey))
    if (finalizedFeaturesEpoch !== -1) w.tagged(1, (inner) => inner.long(finalizedFeaturesEpoch))
    if (finalizedFeatures.length > 0) w.tagged(2, (inner) => inner.array(version, true, finalizedFeatures, encodeFinalizedFeatureKey))
    if (zkMigrationReady !== false) w.tagged(3, (inner) => inner.bool(zkMigrationReady))
  }
}

export interface ApiVersion {
  readonly apiKey: number
  readonly minVersion: number
  readonly maxVersion: number
}
export interface ApiVersionInput {
  readonly apiKey: number
  readonly minVersion: number
  readonly maxVersion: number
}

export function decodeApiVersion(r: WireReader, version: number): ApiVersion {
  const flexible = version >= 3
  const apiKey = r.int16()
  const minVersion = r.int16()
  const maxVersion = r.int16()
  if (flexible) r.skipTags()
  return { apiKey, minVersion, maxVersion }
}

export function encodeApiVersion(w: WireWriter, version: number, m: ApiVersionInput): void {
  const flexible = version >= 3
  w.int16(m.apiKey)
  w.int16(m.minVersion)
  w.int16(m.maxVersion)
  if (flexible) w.uvarint(0)
}

export interface SupportedFeatureKey {
  readonly name: string
  readonly minVersion: number
  readonly maxVersion: number
}
export interface SupportedFeatureKeyInput {
  readonly name: string
  readonly minVersion: number
  readonly maxVersion: number
}

export function decodeSupportedFeatureKey(r: WireReader, _version: number): SupportedFeatureKey {
  const name = r.string(true)
  const minVersion = r.int16()
  const maxVersion = r.int16()
  r.skipTags()
  return { name, minVersion, maxVersion }
}

export function encodeSupportedFeatureKey(w: WireWriter, _version: number, m: SupportedFeatureKeyInput): void {
  w.string(true, m.name)
  w.int16(m.minVersion)
  w.int16(m.maxVersion)
  w.uvarint(0)
}

export interface FinalizedFeatureKey {
  readonly name: string
  readonly maxVersionLevel: number
  readonly minVersionLevel: number
}
export interface FinalizedFeatureKeyInput {
  readonly name: string
  readonly maxVersionLevel: number
  readonly minVersionLevel: number
}

export function decodeFinalizedFeatureKey(r: WireReader, _version: number): FinalizedFeatureKey {
  const name = r.string(true)
  const maxVersionLevel = r.int16()
  const minVersionLevel = r.int16()
  r.skipTags()
  return { name, maxVersionLevel, minVersionLevel }
}

export function encodeFinalizedFeatureKey(w: WireWriter, _version: number, m: FinalizedFeatureKeyInput): void {
  w.string(true, m.name)
  w.int16(m.maxVersionLevel)
  w.int16(m.minVersionLevel)
  w.uvarint(0)
}
