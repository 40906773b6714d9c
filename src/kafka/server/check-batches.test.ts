// What producers write into a batch's header is judged, and made true, as Kafka does it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32c } from '../../base/index.ts'
import {
  attributeBits,
  checkRecordBatchCrc,
  decodeRecords,
  encodeRecordBatch,
  readRecordBatchHeader,
  recordBatchAt,
} from '../../model/index.ts'
import { kafkaErrors } from '../wire/index.ts'
import { checkBatch, type BatchRules } from './check-batches.ts'
import { recordErrorsMax } from './limits.ts'

const nowMs = 1_700_000_000_000
const rules: BatchRules = {
  produceVersion: 9,
  messageBytesMax: 1 << 20,
  compacted: false,
  stamped: false,
  timestampMsMin: -Infinity,
  timestampMsMax: nowMs + 3600_000,
}

const batchAt = (timesMs: readonly number[], options: Parameters<typeof encodeRecordBatch>[1] = {}): Uint8Array =>
  encodeRecordBatch(
    timesMs.map((timestampMs) => ({ key: Uint8Array.of(1), value: Uint8Array.of(2), timestampMs })),
    options,
  )

/** With other bytes in its header, and a checksum that says so. */
function bent(bytes: Uint8Array, change: (view: DataView) => void): Uint8Array {
  const copy = bytes.slice()
  const view = new DataView(copy.buffer)
  change(view)
  view.setUint32(recordBatchAt.crc, crc32c(copy.subarray(recordBatchAt.attributes)))
  return copy
}

function kept(bytes: Uint8Array, more: Partial<BatchRules> = {}): Uint8Array {
  const answer = checkBatch(bytes, { ...rules, ...more })
  assert.ok(answer instanceof Uint8Array, JSON.stringify(answer))
  return answer
}

function refused(bytes: Uint8Array, more: Partial<BatchRules> = {}): [number, readonly number[]] {
  const answer = checkBatch(bytes, { ...rules, ...more })
  assert.ok(!(answer instanceof Uint8Array))
  return [answer.error, answer.records]
}

test('a right batch is kept as it came, without a copy', () => {
  for (const compression of ['none', 'gzip', 'zstd'] as const) {
    const batch = batchAt([nowMs, nowMs - 9], { compression })
    assert.equal(kept(batch), batch)
  }
})

test('the newest time in the header is made that of the records, so that retention and look-ups by time can believe it', () => {
  const yearMs = 365 * 24 * 3600_000
  for (const compression of ['none', 'gzip'] as const) {
    const batch = batchAt([nowMs, nowMs + 5, nowMs - 7], { compression })
    for (const wrong of [nowMs + yearMs, -1, 5]) {
      const lying = bent(batch, (view) => view.setBigInt64(recordBatchAt.maxTimestamp, BigInt(wrong)))
      assert.deepEqual(kept(lying), batch)
    }
  }
  const without = batchAt([-1])
  const lying = bent(without, (view) => view.setBigInt64(recordBatchAt.maxTimestamp, BigInt(nowMs)))
  assert.deepEqual(kept(lying), without)
})

test('the bit of the log’s time is taken off, and refused where the log writes its time or no record has one', () => {
  const { attributes } = recordBatchAt
  const batch = batchAt([nowMs, nowMs + 5], { compression: 'gzip' })
  const claiming = bent(batch, (view) =>
    view.setInt16(attributes, view.getInt16(attributes) | attributeBits.logAppendTime),
  )
  const own = kept(claiming)
  const header = readRecordBatchHeader(own)
  assert.ok(checkRecordBatchCrc(own, header))
  assert.equal(header.logAppendTime, false)
  assert.deepEqual([...decodeRecords(own).timestampsMs].map(Number), [nowMs, nowMs + 5])
  const stamped = { stamped: true, timestampMsMax: Infinity }
  assert.deepEqual(refused(claiming, stamped), [kafkaErrors.invalidTimestamp, [0, 1]])
  const timeless = bent(batchAt([-1]), (view) => view.setInt16(attributes, attributeBits.logAppendTime))
  assert.deepEqual(refused(timeless), [kafkaErrors.invalidTimestamp, [0]])
  assert.equal(kept(batch, stamped), batch)
})

test('every record at fault is named, a time out of range before a missing key, and not more than a thousand', () => {
  const late = nowMs + 2 * 3600_000
  assert.deepEqual(refused(batchAt([nowMs, late, nowMs, late])), [kafkaErrors.invalidTimestamp, [1, 3]])
  const keyless = encodeRecordBatch(
    [null, Uint8Array.of(1), null].map((key, i) => ({ key, value: null, timestampMs: i === 1 ? late : nowMs })),
  )
  assert.deepEqual(refused(keyless, { compacted: true }), [kafkaErrors.invalidTimestamp, [0, 1, 2]])
  const many = batchAt(Array.from({ length: recordErrorsMax + 5 }, () => late))
  assert.equal(refused(many)[1].length, recordErrorsMax)
})

test('an unknown codec, an offset of its own and a batch without records are refused as Kafka refuses them', () => {
  const { attributes, baseOffset, count, lastOffsetDelta } = recordBatchAt
  const batch = batchAt([nowMs])
  for (const codec of [5, 6, 7])
    assert.deepEqual(refused(bent(batch, (view) => view.setInt16(attributes, codec))), [
      kafkaErrors.unknownServerError,
      [],
    ])
  const placed = bent(batch, (view) => view.setBigInt64(baseOffset, 77n))
  assert.deepEqual(refused(placed), [kafkaErrors.invalidRecord, []])
  const empty = bent(batch, (view) => {
    view.setInt32(count, 0)
    view.setInt32(lastOffsetDelta, -1)
  })
  assert.deepEqual(refused(empty), [kafkaErrors.invalidRecord, []])
  // Not what the producer meant: the checksum is wrong.
  empty[recordBatchAt.crc]! ^= 1
  assert.deepEqual(refused(empty), [kafkaErrors.corruptMessage, []])
})
