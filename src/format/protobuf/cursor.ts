// Reading Protobuf's wire format from a cursor: what generated readers call when a value is not the short case, and what the
// plain reader is made of. Every read checks the message's end; nothing is allocated by a length that the bytes claim.
// Reference: protobuf.dev "Encoding".
import { formatLimits } from '../limits.ts'
import { RecordDamage } from '../damage.ts'

export const wire = { varint: 0, fixed64: 1, bytes: 2, groupStart: 3, groupEnd: 4, fixed32: 5 } as const

/** Where a reader is. Positions are absolute in `bytes`. */
export class ProtoCursor {
  bytes: Uint8Array = new Uint8Array(0)
  view: DataView = new DataView(new ArrayBuffer(0))
  position = 0
  end = 0
  /** Halves of the last varint or fixed64 that was read. */
  low = 0
  high = 0

  setBytes(bytes: Uint8Array): void {
    if (this.bytes === bytes) return
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }
}

export function damaged(reason: string, position: number): never {
  throw new RecordDamage('MR-FORMAT-006', reason, position)
}

export function misfit(reason: string, position: number): never {
  throw new RecordDamage('MR-FORMAT-009', reason, position)
}

export function endsEarly(cursor: ProtoCursor): never {
  damaged('it ends early', cursor.end)
}

/** A varint into cursor.low and cursor.high; bits above the 64th are dropped, as every implementation does. */
export function readVarint(cursor: ProtoCursor): void {
  const { bytes, end } = cursor
  let at = cursor.position
  let byte = 128
  let low = 0
  let high = 0
  let shift = 0
  for (; shift < 28; shift += 7) {
    if (at >= end) endsEarly(cursor)
    byte = bytes[at++]!
    low |= (byte & 127) << shift
    if (byte < 128) {
      cursor.position = at
      cursor.low = low
      cursor.high = 0
      return
    }
  }
  if (at >= end) endsEarly(cursor)
  byte = bytes[at++]!
  low |= byte << 28
  high = (byte & 127) >> 4
  for (shift = 3; byte >= 128; shift += 7) {
    if (at >= end) endsEarly(cursor)
    if (shift > 31) damaged('a varint has more than ten bytes', cursor.position)
    byte = bytes[at++]!
    high |= (byte & 127) << shift
  }
  cursor.position = at
  cursor.low = low
  cursor.high = high
}

export function readFixed64(cursor: ProtoCursor): void {
  const at = cursor.position
  if (cursor.end - at < 8) endsEarly(cursor)
  cursor.low = cursor.view.getInt32(at, true)
  cursor.high = cursor.view.getInt32(at + 4, true)
  cursor.position = at + 8
}

/** Into cursor.low; high is its sign. */
export function readFixed32(cursor: ProtoCursor): void {
  const at = cursor.position
  if (cursor.end - at < 4) endsEarly(cursor)
  cursor.low = cursor.view.getInt32(at, true)
  cursor.high = cursor.low >> 31
  cursor.position = at + 4
}

/** The length of a value that is wholly there; the cursor stands at its first byte. */
export function readLength(cursor: ProtoCursor): number {
  const start = cursor.position
  readVarint(cursor)
  const { low, high } = cursor
  const left = cursor.end - cursor.position
  if (high !== 0 || low < 0 || low > left)
    damaged(`a length of ${(BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)}, ${left} bytes left`, start)
  return low
}

/** number * 8 + wire type, as an unsigned number. */
export function readTag(cursor: ProtoCursor): number {
  const start = cursor.position
  readVarint(cursor)
  const tag = cursor.low >>> 0
  if (cursor.high !== 0 || tag < 8) damaged('a field has no valid number', start)
  if ((tag & 7) > 5) damaged(`wire type ${tag & 7} is none`, start)
  return tag
}

/** Steps over the value of a tag that was just read, checking its structure. */
export function skipField(cursor: ProtoCursor, tag: number, depth = 0): void {
  switch (tag & 7) {
    case wire.varint:
      return readVarint(cursor)
    case wire.fixed64:
      return readFixed64(cursor)
    case wire.bytes: {
      const size = readLength(cursor)
      cursor.position += size
      return
    }
    case wire.fixed32:
      return readFixed32(cursor)
    case wire.groupStart:
      skipGroup(cursor, tag, depth)
      return
    default:
      damaged('a group ends that did not begin', cursor.position)
  }
}

/** Steps over a group whose start was just read. @returns where its content ends */
export function skipGroup(cursor: ProtoCursor, start: number, depth: number): number {
  if (depth >= formatLimits.depthMax) damaged(`it is nested deeper than ${formatLimits.depthMax}`, cursor.position)
  for (;;) {
    const at = cursor.position
    if (at >= cursor.end) damaged('a group is not closed', at)
    const tag = readTag(cursor)
    if ((tag & 7) === wire.groupEnd) {
      if (tag >>> 3 !== start >>> 3) damaged('a group is closed by another’s end', at)
      return at
    }
    skipField(cursor, tag, depth + 1)
  }
}

/** An unsigned 64-bit value as a double, rounded once. */
export function unsignedToDouble(low: number, high: number): number {
  if (high >= 0 && high < 0x200000) return high * 4294967296 + (low >>> 0)
  return Number((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0))
}

/** A signed 64-bit value as a double, rounded once. */
export function signedToDouble(low: number, high: number): number {
  if (high >= -0x200000 && high < 0x200000) return high * 4294967296 + (low >>> 0)
  return Number((BigInt(high) << 32n) | BigInt(low >>> 0))
}
