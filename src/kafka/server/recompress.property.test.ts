import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  checkRecordBatchCrc,
  decodeRecords,
  encodeRecordBatch,
  readRecordBatchHeader,
  recordValue,
} from '../../model/index.ts'
import { decompressRecords } from '../wire/index.ts'
import { compressionLevelOf, compressionOf, recompress } from './recompress.ts'

test('a batch in another codec has the same records, identity and a right checksum', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 20 }),
      fc.constantFrom('none' as const, 'gzip' as const, 'zstd' as const),
      fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 }),
      (values, compression, codecs) => {
        const records = values.map((value, i) => ({ key: null, value, timestampMs: 1000 + i }))
        const identity = { producerId: 5n, producerEpoch: 2, baseSequence: 7, transactional: true, compression }
        let batch = encodeRecordBatch(records, identity)
        const { size: _, crc: __, attributes: ___, compression: ____, ...kept } = readRecordBatchHeader(batch)
        for (const codec of codecs) {
          batch = recompress(batch, codec)
          const header = readRecordBatchHeader(batch)
          const { size, crc: _crc, attributes, compression: found, ...rest } = header
          assert.deepEqual([rest, found, size, attributes & ~7], [kept, codec, batch.length, 16])
          assert.ok(checkRecordBatchCrc(batch, header))
          const columns = decodeRecords(batch, 0, decompressRecords)
          assert.deepEqual(
            values.map((_value, i) => Buffer.from(recordValue(columns, i)!)),
            values.map((value) => Buffer.from(value)),
          )
        }
      },
    ),
    { numRuns: 100 },
  )
})

test('large records cross block borders', () => {
  const value = Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) >> 8)
  const batch = encodeRecordBatch([{ key: null, value, timestampMs: 1 }])
  for (const codec of [1, 2, 3, 4]) {
    const columns = decodeRecords(recompress(batch, codec), 0, decompressRecords)
    assert.deepEqual(Buffer.from(recordValue(columns, 0)!), Buffer.from(value))
  }
})

test('a topic’s level makes gzip and zstd try harder, up to what the node has time for', () => {
  const value = Uint8Array.from({ length: 200_000 }, (_, i) => ((i * i) >> 8) % 97)
  const batch = encodeRecordBatch([{ key: null, value, timestampMs: 1 }])
  const sizes = (codec: number, levels: number[]): number[] =>
    levels.map((level) => {
      const smaller = recompress(batch, codec, level)
      assert.deepEqual(Buffer.from(recordValue(decodeRecords(smaller, 0, decompressRecords), 0)!), Buffer.from(value))
      return smaller.length
    })
  for (const codec of [1, 4]) {
    const [quick, thorough] = sizes(codec, [1, 9]) as [number, number]
    assert.ok(thorough < quick, `codec ${codec}: ${thorough} and ${quick} bytes`)
  }
  const of = (codec: number, level: string): number | undefined =>
    compressionLevelOf({ 'compression.gzip.level': level, 'compression.zstd.level': level }, codec)
  assert.deepEqual([of(1, '-1'), of(4, '22'), of(4, '-5'), of(3, '9')], [-1, 12, -5, undefined])
  assert.equal(compressionLevelOf({}, 4), undefined)
})

test('a topic’s setting names a codec, or leaves it to the producer', () => {
  const of = (name: string): number | undefined => compressionOf({ 'compression.type': name })
  assert.deepEqual(['producer', 'uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'].map(of), [undefined, 0, 1, 2, 3, 4])
  assert.equal(compressionOf({}), undefined)
})
