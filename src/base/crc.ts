// CRC-32C (Castagnoli), as in Kafka's record batches and our own files; native where the platform package is there.
// CRC-32 (IEEE) is node:zlib's crc32.
import { crc32c as native } from '@node-rs/crc32'

/** CRC-32C of bytes, as an unsigned 32-bit number. @param seed the checksum so far, to go on from */
export function crc32c(bytes: Uint8Array, seed = 0): number {
  // The native module takes views of unshared memory; its types say Buffer.
  return native((bytes.buffer instanceof SharedArrayBuffer ? Buffer.from(bytes) : bytes) as Buffer, seed)
}

/** x^(2^k) modulo the polynomial, reflected, for k from 0 to 31. */
const powers = makePowers()

function makePowers(): Uint32Array {
  const table = new Uint32Array(32)
  // x^1
  table[0] = 0x40000000
  for (let k = 1; k < 32; k++) table[k] = multiply(table[k - 1]!, table[k - 1]!)
  return table
}

/** The product of two polynomials over GF(2), modulo Castagnoli's; the highest power is the lowest bit. */
function multiply(a: number, b: number): number {
  let product = 0
  for (let bit = 0x80000000, shifted = b; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) product ^= shifted
    shifted = (shifted & 1) === 0 ? shifted >>> 1 : (shifted >>> 1) ^ 0x82f63b78
  }
  return product >>> 0
}

/**
 * CRC-32C of two byte strings one behind the other, of which only the checksums are known. About a microsecond: cheaper than
 * reading more than some kilobytes. Reference: crc32_combine of zlib.
 * @param secondLength bytes of the second, below 2^29
 */
export function joinCrc32c(first: number, second: number, secondLength: number): number {
  let shift = 0x80000000
  for (let k = 3, rest = secondLength; rest > 0; k++, rest >>>= 1) {
    if ((rest & 1) === 1) shift = multiply(powers[k]!, shift)
  }
  return (multiply(shift, first) ^ second) >>> 0
}
