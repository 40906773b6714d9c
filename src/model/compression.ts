// The codecs that Node lacks, for who decodes records: Snappy (raw blocks, and the framing of the Java library xerial) and
// LZ4 frames. Invariant: before anything is inflated, the sizes in the bytes are summed and held against the maximum.
// Reference: Snappy format description; LZ4 frame format 1.6; Kafka's KafkaLZ4BlockInputStream, SnappyInputStream (xerial).
import { createRequire } from 'node:module'
import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { assert, ByteReader, BytesError, ByteWriter, concatBytes } from '../base/index.ts'
import { compressionCodes, decompressBuiltIn } from './record-batch.ts'
import type { Decompress } from './record-batch.ts'

// Native modules, with threads of their own: loaded by who meets such records.
const load = createRequire(import.meta.url)
const lz4 = (): typeof import('lz4-napi') => load('lz4-napi') as typeof import('lz4-napi')
const snappy = (): typeof import('snappy') => load('snappy') as typeof import('snappy')

/** All of Kafka's codecs. Throws BytesError on damaged bytes or when the result would be larger than bytesMax. */
export const decompressRecords: Decompress = (compression, bytes, bytesMax) => {
  try {
    if (compression === compressionCodes.snappy) return inflateSnappy(bytes, bytesMax)
    if (compression === compressionCodes.lz4) return inflateLz4(bytes, bytesMax)
    return decompressBuiltIn(compression, bytes, bytesMax)
  } catch (error) {
    if (error instanceof BytesError) throw error
    throw new BytesError(
      `records that do not decompress (${error instanceof Error ? error.message : String(error)})`,
      0,
    )
  }
}

const plainBuffer = (bytes: Uint8Array): Buffer =>
  bytes.buffer instanceof SharedArrayBuffer
    ? Buffer.from(bytes)
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const xerialMagic = [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]

/** Bytes of one block in xerial's framing, as Kafka writes it. */
const xerialBlockBytes = 32 << 10

/**
 * Records in one of Kafka's codecs, as its own broker writes it.
 * @param compression 1 to 4
 * @param level of gzip (-1 to 9) or zstd (up to 22); the others have none here
 */
export function compressRecords(compression: number, bytes: Uint8Array, level?: number): Uint8Array {
  if (compression === compressionCodes.gzip) return gzipSync(bytes, level === undefined ? {} : { level })
  if (compression === compressionCodes.zstd) {
    const params = level === undefined ? {} : { [constants.ZSTD_c_compressionLevel]: level }
    return zstdCompressSync(bytes, { params })
  }
  if (compression === compressionCodes.lz4) return lz4().compressFrameSync(plainBuffer(bytes))
  assert(compression === compressionCodes.snappy, `the codec ${compression} is known`)
  const writer = new ByteWriter(64 + (bytes.length >> 1))
  for (const byte of xerialMagic) writer.uint8(byte)
  // Version, and the oldest that reads it.
  writer.int32(1)
  writer.int32(1)
  for (let at = 0; at < bytes.length; at += xerialBlockBytes) {
    const block = snappy().compressSync(plainBuffer(bytes.subarray(at, at + xerialBlockBytes)))
    writer.int32(block.length)
    writer.raw(block)
  }
  return writer.copy()
}

function inflateSnappy(bytes: Uint8Array, bytesMax: number): Uint8Array {
  const framed = bytes.length >= 16 && xerialMagic.every((byte, i) => bytes[i] === byte)
  const blocks: Uint8Array[] = []
  if (framed) {
    const reader = new ByteReader(bytes, 16)
    while (reader.remaining > 0) {
      const size = reader.int32()
      blocks.push(reader.take(size))
    }
  } else blocks.push(bytes)
  let size = 0
  for (const block of blocks) {
    // A raw block begins with its uncompressed length.
    size += new ByteReader(block).uvarint()
    if (size > bytesMax) throw new BytesError(`records of more than ${bytesMax} bytes`, 0)
  }
  const inflated = blocks.map((block) => snappy().uncompressSync(plainBuffer(block), { asBuffer: true }) as Buffer)
  return inflated.length === 1 ? inflated[0]! : concatBytes(inflated)
}

function inflateLz4(bytes: Uint8Array, bytesMax: number): Uint8Array {
  if (lz4SizeMax(bytes) > bytesMax) throw new BytesError(`records of more than ${bytesMax} bytes`, 0)
  return lz4().decompressFrameSync(plainBuffer(bytes))
}

/** The most bytes that a frame can become: a block yields at most its frame's block size, and 255 bytes for each of its own. */
function lz4SizeMax(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 7 || view.getUint32(0, true) !== 0x184d2204) throw new BytesError('no LZ4 frame', 0)
  const flags = bytes[4]!
  const blockMax = 1 << (8 + 2 * ((bytes[5]! >> 4) & 7))
  const reader = new ByteReader(bytes, 6)
  reader.skip((flags & 8 ? 8 : 0) + (flags & 1 ? 4 : 0) + 1)
  let most = 0
  while (reader.remaining >= 4) {
    const word = view.getUint32(reader.position, true)
    reader.skip(4)
    if (word === 0) break
    const size = word & 0x7fffffff
    most += word >>> 31 ? size : Math.min(blockMax, size * 255)
    reader.skip(size + (flags & 16 ? 4 : 0))
  }
  return most
}
