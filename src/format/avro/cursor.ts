// Reading Avro's binary encoding from a cursor: what generated readers call when a value is not the short case. Every read
// checks the record's end; nothing is allocated by a length that the bytes claim.
// Reference: Apache Avro 1.12 specification, "Binary Encoding".
import { formatLimits } from '../limits.ts'
import { RecordDamage } from '../damage.ts'
import type { StageColumn } from '../stage.ts'
import { AvroSizes, type AvroType } from './schema.ts'

/** Where a reader is. Positions are absolute in `bytes`. */
export class AvroCursor {
  bytes: Uint8Array = new Uint8Array(0)
  view: DataView = new DataView(new ArrayBuffer(0))
  position = 0
  end = 0
  /** Halves of the last long that was read. */
  low = 0
  high = 0

  setBytes(bytes: Uint8Array): void {
    if (this.bytes === bytes) return
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }
}

export function endsEarly(cursor: AvroCursor): never {
  throw new RecordDamage('MR-FORMAT-006', 'it ends early', cursor.end)
}

export function damaged(reason: string, position: number): never {
  throw new RecordDamage('MR-FORMAT-006', reason, position)
}

export function misfit(reason: string, position: number): never {
  throw new RecordDamage('MR-FORMAT-009', reason, position)
}

/** A zig-zag int of at most five bytes. */
export function readInt(cursor: AvroCursor): number {
  const start = cursor.position
  readLong(cursor)
  if (cursor.high !== cursor.low >> 31) damaged('an int has more than 32 bits', start)
  return cursor.low
}

/** A zig-zag long into cursor.low and cursor.high. */
export function readLong(cursor: AvroCursor): void {
  const { bytes, end } = cursor
  const start = cursor.position
  let at = start
  let a = 0
  let b = 0
  let c = 0
  for (let i = 0; ; i++) {
    if (at >= end) endsEarly(cursor)
    const byte = bytes[at++]!
    if (i < 4) a |= (byte & 127) << (7 * i)
    else if (i < 8) b |= (byte & 127) << (7 * (i - 4))
    else c |= (byte & 127) << (7 * (i - 8))
    if (byte < 128) {
      if (i === 9 && byte > 1) damaged('a long has more than 64 bits', start)
      break
    }
    if (i === 9) damaged('a long has more than ten bytes', start)
  }
  cursor.position = at
  const low = a | (b << 28)
  const high = (b >>> 4) | (c << 24)
  const sign = -(low & 1)
  cursor.low = ((low >>> 1) | (high << 31)) ^ sign
  cursor.high = (high >>> 1) ^ sign
}

/** A long as a double; exact up to 2^53, as Java's (double) cast beyond. */
export function readLongAsDouble(cursor: AvroCursor): number {
  readLong(cursor)
  const { low, high } = cursor
  // Two roundings would differ from one where the halves do not fit a double together.
  if (high >= -0x200000 && high < 0x200000) return high * 4294967296 + (low >>> 0)
  return Number((BigInt(high) << 32n) | BigInt(low >>> 0))
}

export function readLongAsBigInt(cursor: AvroCursor): bigint {
  readLong(cursor)
  return (BigInt(cursor.high) << 32n) | BigInt(cursor.low >>> 0)
}

/** The length of bytes or a string that are wholly there; the cursor stands at their first byte. */
export function readLength(cursor: AvroCursor): number {
  const start = cursor.position
  readLong(cursor)
  const { low, high } = cursor
  if (high !== 0 || low < 0 || low > cursor.end - cursor.position)
    damaged(
      `a length of ${Number((BigInt(high) << 32n) | BigInt(low >>> 0))}, ${cursor.end - cursor.position} bytes left`,
      start,
    )
  return low
}

/**
 * The count of an array's or map's next block; 0 ends it. A block's byte size is read over.
 * @param leastBytes the least bytes an element takes
 * @param before elements of earlier blocks
 */
export function readBlockCount(cursor: AvroCursor, leastBytes: number, before: number): number {
  const start = cursor.position
  readLong(cursor)
  let { low } = cursor
  const { high } = cursor
  if (high !== low >> 31 || low === -0x80000000) damaged('a block of more than 2^31 elements', start)
  if (low < 0) {
    low = -low
    const at = cursor.position
    readLong(cursor)
    if (cursor.high !== 0 || cursor.low < 0 || cursor.low > cursor.end - cursor.position)
      damaged('a block is larger than the record', at)
  }
  if (leastBytes > 0 ? low > (cursor.end - cursor.position) / leastBytes : before + low > formatLimits.emptyElementsMax)
    damaged(`a block of ${low} elements in ${cursor.end - cursor.position} bytes`, start)
  if (before + low > formatLimits.elementsMax) damaged(`more than ${formatLimits.elementsMax} elements`, start)
  return low
}

/** Steps over `size` bytes. */
export function skipBytes(cursor: AvroCursor, size: number): void {
  if (size > cursor.end - cursor.position) endsEarly(cursor)
  cursor.position += size
}

/** Steps over one value, checking its structure. Types of fixed size cost O(1) whatever their shape. */
export function skipValue(cursor: AvroCursor, type: AvroType, sizes: AvroSizes, depth = 0): void {
  if (depth > formatLimits.depthMax) damaged(`it is nested deeper than ${formatLimits.depthMax}`, cursor.position)
  const size = sizes.of(type)
  if (size.fixed) return skipBytes(cursor, size.least)
  switch (type.kind) {
    case 'int':
      readInt(cursor)
      return
    case 'long':
      readLong(cursor)
      return
    case 'bytes':
    case 'string':
      return skipBytes(cursor, readLength(cursor))
    case 'enum':
      readIndex(cursor, type.symbols.length)
      return
    case 'union':
      return skipValue(cursor, type.branches[readIndex(cursor, type.branches.length)]!, sizes, depth + 1)
    case 'record':
      for (const field of type.fields) skipValue(cursor, field.type, sizes, depth + 1)
      return
    case 'array':
    case 'map':
      return skipBlocks(cursor, type, sizes, depth)
  }
}

function skipBlocks(
  cursor: AvroCursor,
  type: AvroType & { kind: 'array' | 'map' },
  sizes: AvroSizes,
  depth: number,
): void {
  const element = type.kind === 'array' ? type.items : type.values
  const least = sizes.of(element).least + (type.kind === 'map' ? 1 : 0)
  let total = 0
  for (;;) {
    const count = readBlockCount(cursor, least, total)
    if (count === 0) return
    total += count
    for (let i = 0; i < count; i++) {
      if (type.kind === 'map') skipBytes(cursor, readLength(cursor))
      skipValue(cursor, element, sizes, depth + 1)
    }
  }
}

/** An index below `count`: of an enum's symbol or a union's branch. */
export function readIndex(cursor: AvroCursor, count: number): number {
  const start = cursor.position
  const index = readInt(cursor)
  if (index < 0 || index >= count) damaged(`index ${index} of ${count}`, start)
  return index
}

/** Big-endian two's complement of `size` bytes at the cursor, which moves on. */
export function readUnscaled(cursor: AvroCursor, size: number): bigint {
  const { bytes, view, position } = cursor
  cursor.position += size
  if (size === 0) return 0n
  if (size <= 4) {
    let small = 0
    for (let i = 0; i < size; i++) small = (small << 8) | bytes[position + i]!
    return BigInt((small << (32 - 8 * size)) >> (32 - 8 * size))
  }
  let first = position
  // Bytes that only repeat the sign say nothing; what is left of a decimal that fits is short.
  const sign = bytes[position]! >= 128 ? 255 : 0
  while (first < position + size - 1 && bytes[first] === sign && (bytes[first + 1]! ^ sign) < 128) first++
  if (position + size - first > 16) misfit('a decimal of more than 38 digits', position)
  let value = BigInt(view.getInt8(first))
  for (let i = first + 1; i < position + size; i++) value = (value << 8n) | BigInt(bytes[i]!)
  return value
}

/** The same of 1 to 6 bytes, as a double. */
function readSmall(cursor: AvroCursor, size: number): number {
  const { bytes, view, position } = cursor
  cursor.position += size
  let value = view.getInt8(position)
  for (let i = position + 1; i < position + size; i++) value = value * 256 + bytes[i]!
  return value
}

export interface DecimalTarget {
  /** Unscaled values lie between -bound and bound, exclusive: 10^precision. */
  readonly bound: bigint
  /** What the writer's unscaled value is multiplied by, or divided by without rest. */
  readonly factor: bigint
  readonly divide: boolean
  /** The bound as a double where scales are equal, so that short values need no BigInt; else 0. Infinity: none. */
  readonly plainBound: number
}

/** Reads an unscaled value of `size` bytes into a DECIMAL column. */
export function readDecimal(
  cursor: AvroCursor,
  size: number,
  column: StageColumn,
  row: number,
  to: DecimalTarget,
): void {
  const { position } = cursor
  if (size <= 6 && size > 0 && to.plainBound > 0) {
    const small = readSmall(cursor, size)
    if (small >= to.plainBound || small <= -to.plainBound) misfit('a decimal has more digits than its column', position)
    return column.setInteger(row, small)
  }
  let value = readUnscaled(cursor, size)
  if (to.divide) {
    if (value % to.factor !== 0n) misfit('a decimal has more digits after the point than its column', position)
    value /= to.factor
  } else value *= to.factor
  if (value >= to.bound || value <= -to.bound) misfit('a decimal has more digits than its column', position)
  column.setBigInt(row, value)
}

/** Ticks of the writer's unit into the column's unit: towards the earlier tick when that is coarser. */
export function setTicks(
  cursor: AvroCursor,
  column: StageColumn,
  row: number,
  multiply: bigint,
  divide: bigint,
  start: number,
): void {
  let value = readLongAsBigInt(cursor) * multiply
  if (divide !== 1n) {
    const rest = value % divide
    value = value / divide - (rest < 0n ? 1n : 0n)
  }
  if (value !== BigInt.asIntN(64, value)) misfit('a time outside of the column’s range', start)
  column.setBigInt(row, value)
}
