// Binlog events: header, checksum, and the bodies that frame transactions. Row events are decoded elsewhere (row-event.ts).
// Reference: MySQL source docs, "Replication protocol: binlog events"; mysql/binlog/event/binlog_event.h. Seen on MySQL 9.7.
import { crc32, zstdDecompressSync } from 'node:zlib'
import { BytesError, toHex } from '../../base/index.ts'
import { captureLimits } from '../limits.ts'
import type { Gtid } from './gtid-set.ts'
import { LittleReader } from './little.ts'

export const eventType = {
  query: 2,
  stop: 3,
  rotate: 4,
  intvar: 5,
  rand: 13,
  userVar: 14,
  formatDescription: 15,
  xid: 16,
  beginLoadQuery: 17,
  executeLoadQuery: 18,
  tableMap: 19,
  writeRowsV1: 23,
  updateRowsV1: 24,
  deleteRowsV1: 25,
  incident: 26,
  heartbeat: 27,
  ignorable: 28,
  rowsQuery: 29,
  writeRows: 30,
  updateRows: 31,
  deleteRows: 32,
  gtid: 33,
  anonymousGtid: 34,
  previousGtids: 35,
  transactionContext: 36,
  viewChange: 37,
  xaPrepare: 38,
  partialUpdateRows: 39,
  transactionPayload: 40,
  heartbeatV2: 41,
  taggedGtid: 42,
} as const

/** A header flag: readers that do not know the event may pass over it. */
export const ignorableFlag = 0x80

/** A header flag: made up for this dump, not in the file. */
export const artificialFlag = 0x20

export const headerBytes = 19
const checksumBytes = 4

export interface EventHeader {
  readonly timestampSeconds: number
  readonly type: number
  readonly size: number
  /** Where the event ends in its file, modulo 2^32; 0 for made-up events. */
  readonly endPosition: number
  readonly flags: number
}

/** Throws BytesError when the bytes are not as long as the header says. */
export function readEventHeader(event: Uint8Array): EventHeader {
  const reader = new LittleReader(event)
  const timestampSeconds = reader.uint32()
  const type = reader.uint8()
  reader.advance(4)
  const size = reader.uint32()
  const endPosition = reader.uint32()
  const flags = reader.uint16()
  if (size !== event.length) throw new BytesError(`event of ${event.length} bytes says ${size}`, 9)
  return { timestampSeconds, type, size, endPosition, flags }
}

/** A cursor over an event's body, the checksum verified and left out. Throws BytesError on a wrong one. */
export function eventBody(event: Uint8Array, checksum: boolean): LittleReader {
  if (!checksum) return new LittleReader(event, headerBytes)
  const end = event.length - checksumBytes
  if (end < headerBytes) throw new BytesError('event without a checksum', event.length)
  const stored = new LittleReader(event, end).uint32()
  if (crc32(event.subarray(0, end)) !== stored) throw new BytesError('event with a wrong checksum', end)
  return new LittleReader(event, headerBytes, end)
}

/** Does the log that follows carry CRC-32? Read from FORMAT_DESCRIPTION, which always has checksum bytes itself. */
export function readFormatDescription(event: Uint8Array): { serverVersion: string; checksum: boolean } {
  const reader = new LittleReader(event, headerBytes)
  const version = reader.uint16()
  if (version !== 4) throw new BytesError(`binlog version ${version}, only 4 is known`, headerBytes)
  const serverVersion = reader.text(50).replace(/\0.*$/, '')
  const algorithm = event[event.length - checksumBytes - 1]!
  if (algorithm > 1) throw new BytesError(`checksum algorithm ${algorithm}`, event.length - checksumBytes - 1)
  return { serverVersion, checksum: algorithm === 1 }
}

export function readRotate(body: LittleReader): { file: string; position: number } {
  const position = body.safe64()
  return { file: body.text(body.remaining), position }
}

export function readQuery(body: LittleReader): { database: string; statement: string } {
  body.advance(8)
  const databaseBytes = body.uint8()
  body.advance(2)
  const statusBytes = body.uint16()
  body.advance(statusBytes)
  const database = body.text(databaseBytes)
  body.advance(1)
  // Statements may hold literals in any charset; only keywords and names are read, so damage in literals is fine.
  return { database, statement: new TextDecoder().decode(body.take(body.remaining)) }
}

export interface GtidEvent {
  readonly gtid: Gtid
  /** Microseconds since 1970 when the transaction was committed where it was first run; 0 when not told. */
  readonly committedMicros: number
}

export function readGtid(body: LittleReader): GtidEvent {
  body.advance(1)
  const source = uuidText(body.take(16))
  const number = body.safe64()
  // Logical clock (type 2: two 64-bit numbers), then 56-bit commit times.
  let committedMicros = 0
  if (body.remaining >= 18 && body.uint8() === 2) {
    body.advance(16)
    if (body.remaining >= 7) {
      const immediate = micros56(body)
      committedMicros = immediate.value
      if (immediate.more && body.remaining >= 7) committedMicros = micros56(body).value
    }
  }
  return { gtid: { source, number }, committedMicros }
}

/** 55 bits of microseconds; the top bit says that the original commit time follows. */
function micros56(body: LittleReader): { value: number; more: boolean } {
  const low = body.uint32()
  const high = body.uint24()
  return { value: (high & 0x7fffff) * 4294967296 + low, more: (high & 0x800000) !== 0 }
}

/** GTID_TAGGED_LOG_EVENT, written by MySQL's serialization library: version, size, last field that must be known, fields by id. */
export function readTaggedGtid(body: LittleReader): GtidEvent {
  body.varint()
  const size = Number(body.varint())
  if (size > body.end - headerBytes) throw new BytesError(`tagged GTID of ${size} bytes`, body.at)
  body.varint()
  let uuid = ''
  let number = 0
  let tag = ''
  let committedMicros = 0
  while (body.remaining > 0) {
    const field = Number(body.varint())
    if (field === 1) uuid = uuidText(Uint8Array.from({ length: 16 }, () => Number(body.varint())))
    else if (field === 2) number = Number(signed(body.varint()))
    else if (field === 3) tag = body.text(Number(body.varint()))
    else if (field === 6) committedMicros = Number(body.varint())
    else if (field === 7) committedMicros = Number(body.varint())
    else if (field <= 10) body.varint()
    else break
  }
  if (uuid === '' || number < 1) throw new BytesError('tagged GTID without source or number', headerBytes)
  return { gtid: { source: tag === '' ? uuid : `${uuid}:${tag}`, number }, committedMicros }
}

/** Signed integers are written with the sign in the lowest bit. */
function signed(raw: bigint): bigint {
  return (raw & 1n) === 0n ? raw >> 1n : ~(raw >> 1n)
}

function uuidText(bytes: Uint8Array): string {
  const hex = toHex(bytes)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** XA_PREPARE: one phase commits at once; else the verdict is a later transaction. */
export function readXaPrepare(body: LittleReader): { onePhase: boolean } {
  return { onePhase: body.uint8() !== 0 }
}

/** HEARTBEAT_V2: where the dump stands, without the 32-bit wrap. */
export function readHeartbeatV2(body: LittleReader): { file: string; position: number } {
  let file = ''
  let position = 0
  while (body.remaining > 0) {
    const type = body.packed()
    if (type === 0) break
    const length = body.packed()
    const value = new LittleReader(body.take(length))
    if (type === 1) file = value.text(length)
    else if (type === 2) position = value.packed()
  }
  return { file, position }
}

/**
 * The events of a TRANSACTION_PAYLOAD, which carry no checksums.
 * Throws BytesError on an unknown compression or damaged bytes. Allocates the unpacked transaction.
 */
export function readTransactionPayload(body: LittleReader): Uint8Array[] {
  let compression = 255
  let uncompressed = 0
  let size = -1
  for (;;) {
    const type = body.packed()
    if (type === 0) break
    const length = body.packed()
    const value = new LittleReader(body.take(length))
    if (type === 1) size = value.packed()
    else if (type === 2) compression = value.packed()
    else if (type === 3) uncompressed = value.packed()
  }
  if (size !== body.remaining) throw new BytesError(`payload of ${body.remaining} bytes says ${size}`, body.at)
  if (uncompressed > captureLimits.payloadBytesMax)
    throw new BytesError(`payload of ${uncompressed} bytes is too large`, body.at)
  const stored = body.take(size)
  const plain = compression === 255 ? stored : compression === 0 ? unpack(stored, uncompressed, body.at) : undefined
  if (!plain) throw new BytesError(`compression ${compression} is not known`, body.at)
  const events: Uint8Array[] = []
  for (let at = 0; at < plain.length;) {
    const eventSize = plain.length - at < headerBytes ? 0 : new LittleReader(plain, at + 9).uint32()
    if (eventSize < headerBytes || at + eventSize > plain.length) throw new BytesError('an inner event ends early', at)
    events.push(plain.subarray(at, at + eventSize))
    at += eventSize
  }
  return events
}

function unpack(stored: Uint8Array, uncompressed: number, at: number): Uint8Array {
  try {
    const out = zstdDecompressSync(stored, { maxOutputLength: Math.max(uncompressed, 1) })
    return new Uint8Array(out.buffer, out.byteOffset, out.byteLength)
  } catch (cause) {
    throw new BytesError(`the payload is damaged (${(cause as Error).message})`, at)
  }
}
