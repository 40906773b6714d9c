import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeRecordBatch, placeRecordBatch } from '../../model/index.ts'
import { abortedAmong, endOfBatches } from './fetched-aborted.ts'

const producerId = 7
const aborted = [
  { producerId, firstOffset: 3, lastOffset: 5 },
  { producerId, firstOffset: 20, lastOffset: 22 },
  { producerId: 8, firstOffset: 1, lastOffset: 30 },
]

function batchAt(offset: number, producer = producerId): Uint8Array {
  const records = [{ key: null, value: new Uint8Array([1]), timestampMs: 0 }]
  const identity = { producerId: BigInt(producer), producerEpoch: 0, baseSequence: 0, transactional: true }
  const batch = encodeRecordBatch(records, identity)
  placeRecordBatch(batch, offset, 0)
  return batch
}

const joined = (...batches: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(batches))

test('a reader is told of the aborted transactions of which it gets something, and of no other', () => {
  assert.deepEqual(abortedAmong(aborted, joined(batchAt(3), batchAt(10))), [aborted[0]])
  assert.deepEqual(abortedAmong(aborted, joined(batchAt(5), batchAt(21))), [aborted[0], aborted[1]])
  assert.deepEqual(abortedAmong(aborted, joined(batchAt(2, 8))), [aborted[2]])
})

test('where compaction took an aborted transaction and its marker, what its producer committed later is not hidden', () => {
  assert.deepEqual(abortedAmong(aborted, joined(batchAt(10), batchAt(25))), [])
})

test('the end of what was read lies behind its last batch', () => {
  assert.equal(endOfBatches(new Uint8Array(0), 4), 4)
  assert.equal(endOfBatches(joined(batchAt(3), batchAt(10)), 0), 11)
})
