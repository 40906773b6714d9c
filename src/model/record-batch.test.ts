import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BytesError, encodeText } from '../base/index.ts'
import {
  checkRecordBatchCrc,
  decodeRecords,
  encodeRecordBatch,
  placeRecordBatch,
  readRecordBatchHeader,
  recordHeaders,
  recordKey,
  recordValue,
} from './index.ts'

const nullableBytes = fc.option(fc.uint8Array({ maxLength: 50 }), { nil: null })
const records = fc.array(
  fc.record({
    key: nullableBytes,
    value: nullableBytes,
    timestampMs: fc.integer({ min: 0, max: 2 ** 45 }),
    headers: fc.array(fc.record({ key: fc.string().map((s) => s.toWellFormed()), value: nullableBytes }), {
      maxLength: 3,
    }),
  }),
  { minLength: 1, maxLength: 20 },
)

for (const compression of ['none', 'gzip', 'zstd'] as const) {
  test(`records survive a batch with compression ${compression}`, () => {
    fc.assert(
      fc.property(records, fc.integer({ min: 0, max: 2 ** 50 }), (input, offset) => {
        const batch = encodeRecordBatch(input, { compression })
        placeRecordBatch(batch, offset, 3)
        const header = readRecordBatchHeader(batch)
        assert.ok(checkRecordBatchCrc(batch, header), 'placing does not touch the checksum')
        assert.equal(header.leaderEpoch, 3)
        const columns = decodeRecords(batch)
        const back = input.map((_, i) => ({
          key: recordKey(columns, i)?.slice() ?? null,
          value: recordValue(columns, i)?.slice() ?? null,
          timestampMs: columns.timestampsMs[i],
          headers: recordHeaders(columns, i).map((h) => ({ key: h.key, value: h.value?.slice() ?? null })),
        }))
        assert.deepEqual(
          back.map((r) => JSON.stringify(r)),
          input.map((r) => JSON.stringify(r)),
        )
        assert.deepEqual(
          [...columns.offsets],
          input.map((_, i) => offset + i),
        )
      }),
      { numRuns: 50 },
    )
  })
}

test('damaged record batches are a BytesError or fail their checksum, never anything else', () => {
  const whole = encodeRecordBatch([{ key: encodeText('k'), value: encodeText('some value'), timestampMs: 5 }])
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), (where, value, cut) => {
      const bytes = whole.slice(0, Math.max(1, cut))
      if (where < bytes.length) bytes[where] = value
      try {
        decodeRecords(bytes)
      } catch (error) {
        assert.ok(error instanceof BytesError, String(error))
      }
    }),
    { numRuns: 2000 },
  )
})
