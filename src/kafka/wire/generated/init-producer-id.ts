// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import type { WireReader } from '../reader.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 5, flexible from 2. */
export interface InitProducerIdRequest {
  readonly transactionalId: string | null
  readonly transactionTimeoutMs: number
  readonly producerId: bigint
  readonly producerEpoch: number
}
export interface InitProducerIdRequestInput {
  readonly transactionalId: string | null
  readonly transactionTimeoutMs: number
  readonly producerId?: bigint
  readonly producerEpoch?: number
}

export function decodeInitProducerIdRequest(r: WireReader, version: number): InitProducerIdRequest {
  const flexible = version >= 2
  const transactionalId = r.stringOrNull(flexible)
  const transactionTimeoutMs = r.int32()
  const producerId = version >= 3 ? r.int64() : -1n
  const producerEpoch = version >= 3 ? r.int16() : -1
  if (flexible) r.skipTags()
  return { transactionalId, transactionTimeoutMs, producerId, producerEpoch }
}

export function encodeInitProducerIdRequest(w: WireWriter, version: number, m: InitProducerIdRequestInput): void {
  const flexible = version >= 2
  w.string(flexible, m.transactionalId)
  w.int32(m.transactionTimeoutMs)
  if (version >= 3) w.int64(m.producerId ?? -1n)
  if (version >= 3) w.int16(m.producerEpoch ?? -1)
  if (flexible) w.uvarint(0)
}

/** Versions 0 to 5, flexible from 2. */
export interface InitProducerIdResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly producerId: bigint
  readonly producerEpoch: number
}
export interface InitProducerIdResponseInput {
  readonly throttleTimeMs?: number
  readonly errorCode: number
  readonly producerId?: bigint
  readonly producerEpoch: number
}

export function decodeInitProducerIdResponse(r: WireReader, version: number): InitProducerIdResponse {
  const flexible = version >= 2
  const throttleTimeMs = r.int32()
  const errorCode = r.int16()
  const producerId = r.int64()
  const producerEpoch = r.int16()
  if (flexible) r.skipTags()
  return { throttleTimeMs, errorCode, producerId, producerEpoch }
}

export function encodeInitProducerIdResponse(w: WireWriter, version: number, m: InitProducerIdResponseInput): void {
  const flexible = version >= 2
  w.int32(m.throttleTimeMs ?? 0)
  w.int16(m.errorCode)
  w.int64(m.producerId ?? -1n)
  w.int16(m.producerEpoch)
  if (flexible) w.uvarint(0)
}
