// Whatever was written, in whatever codec: compaction keeps exactly the last record of each key, at its offset, as it was.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compressSync } from 'snappy'
import { crc32c } from '../src/base/index.ts'
import { createLocalLog, createLog, verifyLog, type LocalLog, type LogLimits } from '../src/log/index.ts'
import {
  compressionCodes,
  compressRecords,
  decodeRecords,
  decompressRecords,
  encodeRecordBatch,
  recordBatchAt,
  recordBatchOverhead,
  recordHeaders,
  recordKey,
  recordValue,
  type RecordColumns,
  type RecordInput,
} from '../src/model/index.ts'
import { createClock } from './clock.ts'
import { createDisk } from './disk.ts'
import { createRandom } from './random.ts'

const codecs = ['none', 'gzip', 'snappy', 'snappy block', 'lz4', 'zstd'] as const
type Codec = (typeof codecs)[number]

/** As Kafka's clients send it; 'snappy block' as those do that leave out xerial's framing. */
function encode(records: readonly RecordInput[], codec: Codec): Uint8Array {
  const plain = encodeRecordBatch(records)
  if (codec === 'none') return plain
  const code = codec === 'snappy block' ? compressionCodes.snappy : compressionCodes[codec]
  const body = Buffer.from(plain.subarray(recordBatchOverhead))
  const stored = codec === 'snappy block' ? compressSync(body) : compressRecords(code, body)
  const batch = new Uint8Array(recordBatchOverhead + stored.length)
  batch.set(plain.subarray(0, recordBatchOverhead))
  batch.set(stored, recordBatchOverhead)
  const view = new DataView(batch.buffer)
  view.setInt32(recordBatchAt.length, batch.length - 12)
  view.setInt16(recordBatchAt.attributes, code)
  view.setUint32(recordBatchAt.crc, crc32c(batch.subarray(recordBatchAt.attributes)))
  return batch
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const written = fc.array(
  fc.record({
    codec: fc.constantFrom(...codecs),
    records: fc.array(
      fc.record({
        key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f').map(bytes),
        value: fc.option(
          fc.string({ maxLength: 40 }).map((text) => bytes(text.toWellFormed())),
          { nil: null },
        ),
        timestampMs: fc.integer({ min: 0, max: 2 ** 42 }),
        headers: fc.array(
          fc.record({ key: fc.constant('h'), value: fc.option(fc.constant(bytes('x')), { nil: null }) }),
          {
            maxLength: 2,
          },
        ),
      }),
      { minLength: 1, maxLength: 8 },
    ),
    next: fc.constantFrom('go on', 'compact', 'restart', 'kill'),
  }),
  { minLength: 1, maxLength: 25 },
)

const plainRecord = (columns: RecordColumns, i: number): string =>
  JSON.stringify([
    columns.offsets[i],
    Buffer.from(recordKey(columns, i)!).toString('hex'),
    recordValue(columns, i) && Buffer.from(recordValue(columns, i)!).toString('hex'),
    columns.timestampsMs[i],
    recordHeaders(columns, i).map(({ key, value }) => [key, value && Buffer.from(value).toString('hex')]),
  ])

function readAll(log: LocalLog): { records: string[]; codecs: Set<number> } {
  const records: string[] = []
  const found = new Set<number>()
  for (let offset = 0; offset < log.endOffset('t', 0);) {
    const read = log.read('t', 0, offset, 1)
    if (read.length === 0) break
    const columns = decodeRecords(read, 0, decompressRecords)
    for (let i = 0; i < columns.count; i++) records.push(plainRecord(columns, i))
    if (columns.count > 0) found.add(columns.header.compression)
    offset = columns.header.baseOffset + columns.header.lastOffsetDelta + 1
  }
  return { records, codecs: found }
}

test('compaction keeps the last record of each key at its offset, in the codec it came in', () => {
  const seen = new Set<number>()
  fc.assert(
    fc.property(written, fc.integer({ min: 1, max: 4 }), (batches, keysMax) => {
      const disk = createDisk(createRandom(1))
      const clock = createClock()
      const limits: Partial<LogLimits> = {
        journalChunkBytesMin: 8192,
        segmentBytesMax: 700,
        partitionsMax: 8,
        compactionKeysMax: keysMax,
        compactionStepBytes: 200,
      }
      const open = (): LocalLog =>
        createLocalLog(createLog({ disk, clock, random: createRandom(disk.operations), limits }), disk, limits)
      const compact = (): void => {
        for (let looks = 0; looks < 60; looks++) {
          clock.advance(60_000)
          while (log.log.maintain());
        }
      }
      let log = open()
      const configs = {
        'cleanup.policy': 'compact',
        'max.compaction.lag.ms': '60000',
        'delete.retention.ms': '99999999999',
      }
      assert.ok(log.createTopicNow({ name: 't', partitionCount: 1, configs }).ok)
      const last = new Map<string, string>()
      for (const { codec, records, next } of batches) {
        const outcome = log.appendNow('t', 0, encode(records, codec))
        assert.ok(outcome.ok)
        const columns = decodeRecords(encodeRecordBatch(records))
        for (let i = 0; i < columns.count; i++) {
          columns.offsets[i]! += outcome.baseOffset
          last.set(Buffer.from(recordKey(columns, i)!).toString(), plainRecord(columns, i))
        }
        if (next === 'compact') compact()
        if (next === 'restart') log.close()
        if (next === 'kill') disk.crash('power')
        if (next === 'restart' || next === 'kill') log = open()
      }
      compact()
      const expected = [...last.values()].toSorted((a, b) => JSON.parse(a)[0] - JSON.parse(b)[0])
      const found = readAll(log)
      assert.deepEqual(found.records, expected)
      for (const codec of found.codecs) seen.add(codec)
      assert.deepEqual(verifyLog(disk).problems, [])
    }),
    { numRuns: 150 },
  )
  assert.deepEqual([...seen].toSorted(), [0, 1, 2, 3, 4])
})
