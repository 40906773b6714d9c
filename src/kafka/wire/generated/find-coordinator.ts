// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import { readCompactString } from '../reader.ts'
import type { WireReader } from '../reader.ts'
import { writeCompactString } from '../writer.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 6, flexible from 3. */
export interface FindCoordinatorRequest {
  readonly key: string
  readonly keyType: number
  readonly coordinatorKeys: readonly string[]
}
export interface FindCoordinatorRequestInput {
  readonly key?: string
  readonly keyType?: number
  readonly coordinatorKeys?: readonly string[]
}

export function decodeFindCoordinatorRequest(r: WireReader, version: number): FindCoordinatorRequest {
  const flexible = version >= 3
  const key = version <= 3 ? r.string(flexible) : ''
  const keyType = version >= 1 ? r.int8() : 0
  const coordinatorKeys = version >= 4 ? r.array(version, true, readCompactString) : []
  if (flexible) r.skipTags()
  return { key, keyType, coordinatorKeys }
}

export function encodeFindCoordinatorRequest(w: WireWriter, version: number, m: FindCoordinatorRequestInput): void {
  const flexible = version >= 3
  if (version <= 3) w.string(flexible, m.key ?? '')
  if (version >= 1) w.int8(m.keyType ?? 0)
  if (version >= 4) w.array(version, true, m.coordinatorKeys ?? [], writeCompactString)
  if (flexible) w.uvarint(0)
}

/** Versions 0 to 6, flexible from 3. */
export interface FindCoordinatorResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly coordinators: readonly Coordinator[]
}
export interface FindCoordinatorResponseInput {
  readonly throttleTimeMs?: number
  readonly errorCode?: number
  readonly errorMessage?: string | null
  readonly nodeId?: number
  readonly host?: string
  readonly port?: number
  readonly coordinators?: readonly CoordinatorInput[]
}

export function decodeFindCoordinatorResponse(r: WireReader, version: number): FindCoordinatorResponse {
  const flexible = version >= 3
  const throttleTimeMs = version >= 1 ? r.int32() : 0
  const errorCode = version <= 3 ? r.int16() : 0
  const errorMessage = version >= 1 && version <= 3 ? r.stringOrNull(flexible) : null
  const nodeId = version <= 3 ? r.int32() : 0
  const host = version <= 3 ? r.string(flexible) : ''
  const port = version <= 3 ? r.int32() : 0
  const coordinators = version >= 4 ? r.array(version, true, decodeCoordinator) : []
  if (flexible) r.skipTags()
  return { throttleTimeMs, errorCode, errorMessage, nodeId, host, port, coordinators }
}

export function encodeFindCoordinatorResponse(w: WireWriter, version: number, m: FindCoordinatorResponseInput): void {
  const flexible = version >= 3
  if (version >= 1) w.int32(m.throttleTimeMs ?? 0)
  if (version <= 3) w.int16(m.errorCode ?? 0)
  if (version >= 1 && version <= 3) w.string(flexible, m.errorMessage ?? null)
  if (version <= 3) w.int32(m.nodeId ?? 0)
  if (version <= 3) w.string(flexible, m.host ?? '')
  if (version <= 3) w.int32(m.port ?? 0)
  if (version >= 4) w.array(version, true, m.coordinators ?? [], encodeCoordinator)
  if (flexible) w.uvarint(0)
}

export interface Coordinator {
  readonly key: string
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly errorCode: number
  readonly errorMessage: string | null
}
export interface CoordinatorInput {
  readonly key: string
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly errorCode: number
  readonly errorMessage: string | null
}

export function decodeCoordinator(r: WireReader, _version: number): Coordinator {
  const key = r.string(true)
  const nodeId = r.int32()
  const host = r.string(true)
  const port = r.int32()
  const errorCode = r.int16()
  const errorMessage = r.stringOrNull(true)
  r.skipTags()
  return { key, nodeId, host, port, errorCode, errorMessage }
}

export function encodeCoordinator(w: WireWriter, _version: number, m: CoordinatorInput): void {
  w.string(true, m.key)
  w.int32(m.nodeId)
  w.string(true, m.host)
  w.int32(m.port)
  w.int16(m.errorCode)
  w.string(true, m.errorMessage)
  w.uvarint(0)
}
