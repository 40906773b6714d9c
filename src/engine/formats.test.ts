// What is on disks: bytes written by the first version, which every later one must read.
import assert from 'node:assert/strict'
import test from 'node:test'
import { BytesError } from '../base/index.ts'
import { decodeJournalEntry, encodeJournalEntry, type JournalEntry } from './index.ts'
import { decodeSegment, readEntries } from './state/index.ts'

const segmentVersion1 =
  'TVJTVEFURTEAAQABAAAAAQAAAAAAAAAHAAAAAAAAAAkEb25jZQABAgMTEAAAAAAAAAAAAQAAAAAAAAACAU0SEAAAAAAAAAAAAgAAAAAAAAAAtvrTQQ=='
const journalVersion1 =
  'AQEEYWIxMgAAAAAAAAAJAAABm3baqHsAAAAEAAAAAwEJY2hlY2tvdXRzf/AAAAAAAAACAAAAAAAAAAxCebdtqoAAAAAAAAAAAAAA//AAAAAAAAABAAAAAAAAAAAACgAAAAAAAAAM//AAAAAAAAA='

const entry: JournalEntry = {
  planId: 'ab12',
  epoch: 9,
  clockMs: 1767225600123,
  finished: true,
  sinkPartitions: 4,
  nextSinkPartition: 3,
  inputs: [
    {
      topic: 'checkouts',
      watermarkMs: Infinity,
      partitions: [
        { offset: 12, maxTimeMs: 1767225600000 },
        { offset: 0, maxTimeMs: -Infinity },
      ],
    },
  ],
  slices: [{ input: 0, partition: 0, from: 10, to: 12, watermarkMs: -Infinity }],
}

test('a state segment of version 1 is read', () => {
  const segment = decodeSegment(Buffer.from(segmentVersion1, 'base64'))
  assert.ok(!('newer' in segment))
  assert.deepEqual([segment.firstEpoch, segment.lastEpoch], [7, 9])
  const seen: unknown[] = []
  for (const { id, layoutVersion, groups } of segment.sections) {
    for (const [group, entries] of groups) {
      readEntries(entries, (key, value) =>
        seen.push([id, layoutVersion, group, key[8], value && [...value.take(value.remaining)]]),
      )
    }
  }
  assert.deepEqual(seen, [
    ['once', 1, 3, 1, [1]],
    ['once', 1, 77, 2, null],
  ])
})

test('a journal entry of version 1 is read, and written the same', () => {
  const bytes = Buffer.from(journalVersion1, 'base64')
  assert.deepEqual(decodeJournalEntry(bytes), entry)
  assert.deepEqual(Buffer.from(encodeJournalEntry(entry)), bytes)
})

test('hostile bytes are refused, never believed', () => {
  for (const [text, decode] of [
    [segmentVersion1, decodeSegment],
    [journalVersion1, decodeJournalEntry],
  ] as const) {
    const bytes = Buffer.from(text, 'base64')
    for (let length = 0; length < bytes.length; length++)
      assert.throws(() => decode(bytes.subarray(0, length)), BytesError)
    assert.throws(() => decode(Buffer.concat([bytes, Buffer.of(0)])), BytesError)
  }
  const bytes = Buffer.from(segmentVersion1, 'base64')
  for (let i = 0; i < bytes.length; i++) {
    const changed = Buffer.from(bytes)
    changed[i]! ^= 0x40
    try {
      assert.ok('newer' in decodeSegment(changed), `byte ${i}`)
    } catch (error) {
      assert.ok(error instanceof BytesError, `byte ${i}: ${String(error)}`)
    }
  }
})
