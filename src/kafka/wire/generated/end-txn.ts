// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import type { WireReader } from '../reader.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 5, flexible from 3. */
export interface EndTxnRequest {
  readonly transactionalId: string
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly committed: boolean
}
export interface EndTxnRequestInput {
  readonly transactionalId: string
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly committed: boolean
}

export function decodeEndTxnRequest(r: WireReader, version: number): EndTxnRequest {
  const flexible = version >= 3
  const transactionalId = r.string(flexible)
  const producerId = r.int64()
  const producerEpoch = r.int16()
  const committed = r.bool()
  if (flexible) r.skipTags()
  return { transactionalId, producerId, producerEpoch, committed }
}

export function encodeEndTxnRequest(w: WireWriter, version: number, m: EndTxnRequestInput): void {
  const flexible = version >= 3
  w.string(flexible, m.transactionalId)
  w.int64(m.producerId)
  w.int16(m.producerEpoch)
  w.bool(m.committed)
  if (flexible) w.uvarint(0)
}

/** Versions 0 to 5, flexible from 3. */
export interface EndTxnResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly producerId: bigint
  readonly producerEpoch: number
}
export interface EndTxnResponseInput {
  readonly throttleTimeMs?: number
  readonly errorCode: number
  readonly producerId?: bigint
  readonly producerEpoch?: number
}

export function decodeEndTxnResponse(r: WireReader, version: number): EndTxnResponse {
  const flexible = version >= 3
  const throttleTimeMs = r.int32()
  const errorCode = r.int16()
  const producerId = version >= 5 ? r.int64() : -1n
  const producerEpoch = version >= 5 ? r.int16() : -1
  if (flexible) r.skipTags()
  return { throttleTimeMs, errorCode, producerId, producerEpoch }
}

export function encodeEndTxnResponse(w: WireWriter, version: number, m: EndTxnResponseInput): void {
  const flexible = version >= 3
  w.int32(m.throttleTimeMs ?? 0)
  w.int16(m.errorCode)
  if (version >= 5) w.int64(m.producerId ?? -1n)
  if (version >= 5) w.int16(m.producerEpoch ?? -1)
  if (flexible) w.uvarint(0)
}
