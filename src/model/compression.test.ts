import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { compressFrameSync } from 'lz4-napi'
import { compressSync } from 'snappy'
import fc from 'fast-check'
import { BytesError, concatBytes } from '../base/index.ts'
import { compressionCodes } from './record-batch.ts'
import { decompressRecords } from './compression.ts'

const text = Buffer.from('one record after another; '.repeat(5000))

function xerial(...blocks: Uint8Array[]): Uint8Array {
  const head = Buffer.from([0x82, ...Buffer.from('SNAPPY'), 0, 0, 0, 0, 1, 0, 0, 0, 1])
  return concatBytes([
    head,
    ...blocks.flatMap((block) => {
      const size = Buffer.alloc(4)
      size.writeInt32BE(block.length)
      return [size, block]
    }),
  ])
}

test('each codec gives back what was compressed', () => {
  const half = text.length / 2
  const compressed: [number, Uint8Array][] = [
    [compressionCodes.gzip, gzipSync(text)],
    [compressionCodes.gzip, concatBytes([gzipSync(text.subarray(0, half)), gzipSync(text.subarray(half))])],
    [compressionCodes.zstd, zstdCompressSync(text)],
    [compressionCodes.lz4, compressFrameSync(text)],
    [compressionCodes.lz4, compressFrameSync(text, { contentChecksum: true, blockChecksums: true })],
    [compressionCodes.snappy, compressSync(text)],
    [compressionCodes.snappy, xerial(compressSync(text.subarray(0, half)), compressSync(text.subarray(half)))],
  ]
  for (const [code, bytes] of compressed) {
    assert.deepEqual(Buffer.from(decompressRecords(code, bytes, 1 << 20)), text, `codec ${code}`)
    assert.throws(() => decompressRecords(code, bytes, 1000), BytesError, `codec ${code} is bounded`)
  }
})

test('shared memory is read as well', () => {
  const bytes = compressSync(text)
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length))
  shared.set(bytes)
  assert.deepEqual(Buffer.from(decompressRecords(compressionCodes.snappy, shared, text.length)), text)
})

test('hostile bytes only throw BytesError', () => {
  const good = [gzipSync(text), compressSync(text), compressFrameSync(text), zstdCompressSync(text)]
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 7 }),
      fc.nat(3),
      fc.nat(),
      fc.nat(255),
      fc.nat(),
      (code, which, place, byte, cut) => {
        const bytes = new Uint8Array(good[which]!)
        bytes[place % bytes.length] = byte
        try {
          decompressRecords(code, bytes.subarray(0, cut % 2 ? bytes.length : cut % bytes.length), 1 << 20)
        } catch (error) {
          assert.ok(error instanceof BytesError, String(error))
        }
      },
    ),
    { numRuns: 300 },
  )
})
