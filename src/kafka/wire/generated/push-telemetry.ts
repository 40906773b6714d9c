// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import type { WireReader } from '../reader.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 0, flexible from 0. */
export interface PushTelemetryRequest {
  readonly clientInstanceId: string
  readonly subscriptionId: number
  readonly terminating: boolean
  readonly compressionType: number
  readonly metrics: Uint8Array
}
export interface PushTelemetryRequestInput {
  readonly clientInstanceId: string
  readonly subscriptionId: number
  readonly terminating: boolean
  readonly compressionType: number
  readonly metrics: Uint8Array
}

export function decodePushTelemetryRequest(r: WireReader, _version: number): PushTelemetryRequest {
  const clientInstanceId = r.uuid()
  const subscriptionId = r.int32()
  const terminating = r.bool()
  const compressionType = r.int8()
  const metrics = r.bytes(true)
  r.skipTags()
  return { clientInstanceId, subscriptionId, terminating, compressionType, metrics }
}

export function encodePushTelemetryRequest(w: WireWriter, _version: number, m: PushTelemetryRequestInput): void {
  w.uuid(m.clientInstanceId)
  w.int32(m.subscriptionId)
  w.bool(m.terminating)
  w.int8(m.compressionType)
  w.bytes(true, m.metrics)
  w.uvarint(0)
}

/** Versions 0 to 0, flexible from 0. */
export interface PushTelemetryResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
}
export interface PushTelemetryResponseInput {
  readonly throttleTimeMs: number
  readonly errorCode: number
}

export function decodePushTelemetryResponse(r: WireReader, _version: number): PushTelemetryResponse {
  const throttleTimeMs = r.int32()
  const errorCode = r.int16()
  r.skipTags()
  return { throttleTimeMs, errorCode }
}

export function encodePushTelemetryResponse(w: WireWriter, _version: number, m: PushTelemetryResponseInput): void {
  w.int32(m.throttleTimeMs)
  w.int16(m.errorCode)
  w.uvarint(0)
}
