// CRC-32C (Castagnoli), as in Kafka's record batches and our own files; native where the platform package is there.
// CRC-32 (IEEE) is node:zlib's crc32.
import { crc32c as native } from '@node-rs/crc32'

/** CRC-32C of bytes, as an unsigned 32-bit number. @param seed the checksum so far, to go on from */
export function crc32c(bytes: Uint8Array, seed = 0): number {
  // The native module takes Buffers of unshared memory.
  const plain =
    bytes.buffer instanceof SharedArrayBuffer
      ? Buffer.from(bytes)
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return native(plain, seed)
}
