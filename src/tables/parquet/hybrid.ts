// Parquet's RLE / bit-packed hybrid: levels and dictionary indexes.
// Reference: parquet-format Encodings.md, "Run Length Encoding / Bit-Packing Hybrid (RLE = 3)".
import { ByteReader, BytesError, type ByteWriter } from '../../base/index.ts'

/** Bits that hold 0..max. */
export function bitWidthOf(max: number): number {
  return 32 - Math.clz32(max)
}

/** Appends values[from, to), each below 2^width, without a length. @param width 0..24 */
export function encodeHybrid(
  values: Uint8Array | Int32Array,
  from: number,
  to: number,
  width: number,
  out: ByteWriter,
): void {
  let literal = from
  let i = from
  while (i < to) {
    const value = values[i]!
    let end = i + 1
    while (end < to && values[end] === value) end++
    // A literal run holds whole groups of eight: it may borrow its last values from the repeated run.
    const borrow = (8 - ((i - literal) & 7)) & 7
    if (end - i - borrow < 8) {
      i = end
      continue
    }
    i += borrow
    packLiteral(values, literal, i, width, out)
    out.uvarint((end - i) << 1)
    for (let shift = 0; shift < width; shift += 8) out.uint8((value >>> shift) & 255)
    i = end
    literal = end
  }
  packLiteral(values, literal, to, width, out)
}

function packLiteral(values: Uint8Array | Int32Array, from: number, to: number, width: number, out: ByteWriter): void {
  if (to === from) return
  const groups = (to - from + 7) >> 3
  out.uvarint((groups << 1) | 1)
  let held = 0
  let bits = 0
  for (let i = 0; i < groups * 8; i++) {
    const at = from + i
    // At most 7 held bits and 24 new ones: fits 31.
    held |= (at < to ? values[at]! : 0) << bits
    bits += width
    while (bits >= 8) {
      out.uint8(held & 255)
      held >>>= 8
      bits -= 8
    }
  }
}

/** Decodes `count` values into `into` from 0 on. Throws BytesError when bytes end early or runs lie. */
export function decodeHybrid(reader: ByteReader, count: number, width: number, into: Uint8Array | Int32Array): void {
  if (width > 24) throw new BytesError(`bit width ${width}`, reader.position)
  let i = 0
  while (i < count) {
    const head = reader.uvarint()
    if (head & 1) {
      const size = (head >>> 1) * 8
      let held = 0
      let bits = 0
      const bytes = reader.take((size * width) >> 3)
      let at = 0
      for (let k = 0; k < size; k++) {
        while (bits < width) {
          held |= bytes[at++]! << bits
          bits += 8
        }
        if (i < count) into[i++] = held & ((1 << width) - 1)
        held >>>= width
        bits -= width
      }
      if (size === 0) throw new BytesError('an empty run', reader.position)
    } else {
      const run = head >>> 1
      let value = 0
      for (let shift = 0; shift < width; shift += 8) value |= reader.uint8() << shift
      if (run === 0 || run > count - i)
        throw new BytesError(`a run of ${run}, ${count - i} values are left`, reader.position)
      into.fill(value, i, i + run)
      i += run
    }
  }
}
