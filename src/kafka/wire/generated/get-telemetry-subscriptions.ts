// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import { readCompactString, readInt8 } from '../reader.ts'
import type { WireReader } from '../reader.ts'
import { writeCompactString, writeInt8 } from '../writer.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 0, flexible from 0. */
export interface GetTelemetrySubscriptionsRequest {
  readonly clientInstanceId: string
}
export interface GetTelemetrySubscriptionsRequestInput {
  readonly clientInstanceId: string
}

export function decodeGetTelemetrySubscriptionsRequest(r: WireReader, _version: number): GetTelemetrySubscriptionsRequest {
  const clientInstanceId = r.uuid()
  r.skipTags()
  return { clientInstanceId }
}

export function encodeGetTelemetrySubscriptionsRequest(w: WireWriter, _version: number, m: GetTelemetrySubscriptionsRequestInput): void {
  w.uuid(m.clientInstanceId)
  w.uvarint(0)
}

/** Versions 0 to 0, flexible from 0. */
export interface GetTelemetrySubscriptionsResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly clientInstanceId: string
  readonly subscriptionId: number
  readonly acceptedCompressionTypes: readonly number[]
  readonly pushIntervalMs: number
  readonly telemetryMaxBytes: number
  readonly deltaTemporality: boolean
  readonly requestedMetrics: readonly string[]
}
export interface GetTelemetrySubscriptionsResponseInput {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly clientInstanceId: string
  readonly subscriptionId: number
  readonly acceptedCompressionTypes: readonly number[]
  readonly pushIntervalMs: number
  readonly telemetryMaxBytes: number
  readonly deltaTemporality: boolean
  readonly requestedMetrics: readonly string[]
}

export function decodeGetTelemetrySubscriptionsResponse(r: WireReader, version: number): GetTelemetrySubscriptionsResponse {
  const throttleTimeMs = r.int32()
  const errorCode = r.int16()
  const clientInstanceId = r.uuid()
  const subscriptionId = r.int32()
  const acceptedCompressionTypes = r.array(version, true, readInt8)
  const pushIntervalMs = r.int32()
  const telemetryMaxBytes = r.int32()
  const deltaTemporality = r.bool()
  const requestedMetrics = r.array(version, true, readCompactString)
  r.skipTags()
  return { throttleTimeMs, errorCode, clientInstanceId, subscriptionId, acceptedCompressionTypes, pushIntervalMs, telemetryMaxBytes, deltaTemporality, requestedMetrics }
}

export function encodeGetTelemetrySubscriptionsResponse(w: WireWriter, version: number, m: GetTelemetrySubscriptionsResponseInput): void {
  w.int32(m.throttleTimeMs)
  w.int16(m.errorCode)
  w.uuid(m.clientInstanceId)
  w.int32(m.subscriptionId)
  w.array(version, true, m.acceptedCompressionTypes, writeInt8)
  w.int32(m.pushIntervalMs)
  w.int32(m.telemetryMaxBytes)
  w.bool(m.deltaTemporality)
  w.array(version, true, m.requestedMetrics, writeCompactString)
  w.uvarint(0)
}
