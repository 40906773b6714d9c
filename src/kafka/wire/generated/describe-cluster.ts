// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import type { WireReader } from '../reader.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 2, flexible from 0. */
export interface DescribeClusterRequest {
  readonly includeClusterAuthorizedOperations: boolean
  readonly endpointType: number
  readonly includeFencedBrokers: boolean
}
export interface DescribeClusterRequestInput {
  readonly includeClusterAuthorizedOperations: boolean
  readonly endpointType?: number
  readonly includeFencedBrokers?: boolean
}

export function decodeDescribeClusterRequest(r: WireReader, version: number): DescribeClusterRequest {
  const includeClusterAuthorizedOperations = r.bool()
  const endpointType = version >= 1 ? r.int8() : 1
  const includeFencedBrokers = version >= 2 ? r.bool() : false
  r.skipTags()
  return { includeClusterAuthorizedOperations, endpointType, includeFencedBrokers }
}

export function encodeDescribeClusterRequest(w: WireWriter, version: number, m: DescribeClusterRequestInput): void {
  w.bool(m.includeClusterAuthorizedOperations)
  if (version >= 1) w.int8(m.endpointType ?? 1)
  if (version >= 2) w.bool(m.includeFencedBrokers ?? false)
  w.uvarint(0)
}

/** Versions 0 to 2, flexible from 0. */
export interface DescribeClusterResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly endpointType: number
  readonly clusterId: string
  readonly controllerId: number
  readonly brokers: readonly DescribeClusterBroker[]
  readonly clusterAuthorizedOperations: number
}
export interface DescribeClusterResponseInput {
  readonly throttleTimeMs?: number
  readonly errorCode: number
  readonly errorMessage?: string | null
  readonly endpointType?: number
  readonly clusterId: string
  readonly controllerId?: number
  readonly brokers: readonly DescribeClusterBrokerInput[]
  readonly clusterAuthorizedOperations?: number
}

export function decodeDescribeClusterResponse(r: WireReader, version: number): DescribeClusterResponse {
  const throttleTimeMs = r.int32()
  const errorCode = r.int16()
  const errorMessage = r.stringOrNull(true)
  const endpointType = version >= 1 ? r.int8() : 1
  const clusterId = r.string(true)
  const controllerId = r.int32()
  const brokers = r.array(version, true, decodeDescribeClusterBroker)
  const clusterAuthorizedOperations = r.int32()
  r.skipTags()
  return { throttleTimeMs, errorCode, errorMessage, endpointType, clusterId, controllerId, brokers, clusterAuthorizedOperations }
}

export function encodeDescribeClusterResponse(w: WireWriter, version: number, m: DescribeClusterResponseInput): void {
  w.int32(m.throttleTimeMs ?? 0)
  w.int16(m.errorCode)
  w.string(true, m.errorMessage ?? null)
  if (version >= 1) w.int8(m.endpointType ?? 1)
  w.string(true, m.clusterId)
  w.int32(m.controllerId ?? -1)
  w.array(version, true, m.brokers, encodeDescribeClusterBroker)
  w.int32(m.clusterAuthorizedOperations ?? -2147483648)
  w.uvarint(0)
}

export interface DescribeClusterBroker {
  readonly brokerId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
  readonly isFenced: boolean
}
export interface DescribeClusterBrokerInput {
  readonly brokerId: number
  readonly host: string
  readonly port: number
  readonly rack?: string | null
  readonly isFenced?: boolean
}

export function decodeDescribeClusterBroker(r: WireReader, version: number): DescribeClusterBroker {
  const brokerId = r.int32()
  const host = r.string(true)
  const port = r.int32()
  const rack = r.stringOrNull(true)
  const isFenced = version >= 2 ? r.bool() : false
  r.skipTags()
  return { brokerId, host, port, rack, isFenced }
}

export function encodeDescribeClusterBroker(w: WireWriter, version: number, m: DescribeClusterBrokerInput): void {
  w.int32(m.brokerId)
  w.string(true, m.host)
  w.int32(m.port)
  w.string(true, m.rack ?? null)
  if (version >= 2) w.bool(m.isFenced ?? false)
  w.uvarint(0)
}
