// Generated from definitions/ by tools/generate-wire.ts; do not edit.
import { readCompactString, readInt64 } from '../reader.ts'
import type { WireReader } from '../reader.ts'
import { writeCompactString, writeInt64 } from '../writer.ts'
import type { WireWriter } from '../writer.ts'

/** Versions 0 to 2, flexible from 0. */
export interface ListTransactionsRequest {
  readonly stateFilters: readonly string[]
  readonly producerIdFilters: readonly bigint[]
  readonly durationFilter: number
  readonly transactionalIdPattern: string | null
}
export interface ListTransactionsRequestInput {
  readonly stateFilters: readonly string[]
  readonly producerIdFilters: readonly bigint[]
  readonly durationFilter?: number
  readonly transactionalIdPattern?: string | null
}

export function decodeListTransactionsRequest(r: WireReader, version: number): ListTransactionsRequest {
  const stateFilters = r.array(version, true, readCompactString)
  const producerIdFilters = r.array(version, true, readInt64)
  const durationFilter = version >= 1 ? r.long() : -1
  const transactionalIdPattern = version >= 2 ? r.stringOrNull(true) : null
  r.skipTags()
  return { stateFilters, producerIdFilters, durationFilter, transactionalIdPattern }
}

export function encodeListTransactionsRequest(w: WireWriter, version: number, m: ListTransactionsRequestInput): void {
  w.array(version, true, m.stateFilters, writeCompactString)
  w.array(version, true, m.producerIdFilters, writeInt64)
  if (version >= 1) w.long(m.durationFilter ?? -1)
  if (version >= 2) w.string(true, m.transactionalIdPattern ?? null)
  w.uvarint(0)
}

/** Versions 0 to 2, flexible from 0. */
export interface ListTransactionsResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly unknownStateFilters: readonly string[]
  readonly transactionStates: readonly ListedTransaction[]
}
export interface ListTransactionsResponseInput {
  readonly throttleTimeMs?: number
  readonly errorCode: number
  readonly unknownStateFilters: readonly string[]
  readonly transactionStates: readonly ListedTransactionInput[]
}

export function decodeListTransactionsResponse(r: WireReader, version: number): ListTransactionsResponse {
  const throttleTimeMs = r.int32()
  const errorCode = r.int16()
  const unknownStateFilters = r.array(version, true, readCompactString)
  const transactionStates = r.array(version, true, decodeListedTransaction)
  r.skipTags()
  return { throttleTimeMs, errorCode, unknownStateFilters, transactionStates }
}

export function encodeListTransactionsResponse(w: WireWriter, version: number, m: ListTransactionsResponseInput): void {
  w.int32(m.throttleTimeMs ?? 0)
  w.int16(m.errorCode)
  w.array(version, true, m.unknownStateFilters, writeCompactString)
  w.array(version, true, m.transactionStates, encodeListedTransaction)
  w.uvarint(0)
}

export interface ListedTransaction {
  readonly transactionalId: string
  readonly producerId: bigint
  readonly transactionState: string
}
export interface ListedTransactionInput {
  readonly transactionalId: string
  readonly producerId: bigint
  readonly transactionState: string
}

export function decodeListedTransaction(r: WireReader, _version: number): ListedTransaction {
  const transactionalId = r.string(true)
  const producerId = r.int64()
  const transactionState = r.string(true)
  r.skipTags()
  return { transactionalId, producerId, transactionState }
}

export function encodeListedTransaction(w: WireWriter, _version: number, m: ListedTransactionInput): void {
  w.string(true, m.transactionalId)
  w.int64(m.producerId)
  w.string(true, m.transactionState)
  w.uvarint(0)
}
