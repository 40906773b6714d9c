// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import type { WireReader } from '../reader.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 4, flexible from 3. */
export interface AddOffsetsToTxnRequest {
  readonly transactionalId: string
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly groupId: string
}
export interface AddOffsetsToTxnRequestInput {
  readonly transactionalId: string
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly groupId: string
}

export function decodeAddOffsetsToTxnRequest(r: WireReader, version: number): AddOffsetsToTxnRequest {
  const flexible = version >= 3
  const transactionalId = r.string(flexible)
  const producerId = r.int64()
  const producerEpoch = r.int16()
  const groupId = r.string(flexible)
  if (flexible) r.skipTags()
  return { transactionalId, producerId, producerEpoch, groupId }
}

export function encodeAddOffsetsToTxnRequest(w: WireWriter, version: number, m: AddOffsetsToTxnRequestInput): void {
  const flexible = version >= 3
  w.string(flexible, m.transactionalId)
  w.int64(m.producerId)
  w.int16(m.producerEpoch)
  w.string(flexible, m.groupId)
  if (flexible) w.uvarint(0)
}

/** Versions 0 to 4, flexible from 3. */
export interface AddOffsetsToTxnResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
}
export interface AddOffsetsToTxnResponseInput {
  readonly throttleTimeMs?: number
  readonly errorCode: number
}

export function decodeAddOffsetsToTxnResponse(r: WireReader, version: number): AddOffsetsToTxnResponse {
  const flexible = version >= 3
  const throttleTimeMs = r.int32()
  const errorCode = r.int16()
  if (flexible) r.skipTags()
  return { throttleTimeMs, errorCode }
}

export function encodeAddOffsetsToTxnResponse(w: WireWriter, version: number, m: AddOffsetsToTxnResponseInput): void {
  const flexible = version >= 3
  w.int32(m.throttleTimeMs ?? 0)
  w.int16(m.errorCode)
  if (flexible) w.uvarint(0)
}
