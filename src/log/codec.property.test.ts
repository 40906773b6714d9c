// Laws of the log's own formats: what was written is read back; hostile bytes are refused, never believed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BytesError, createRing, Doorbell, RingReader, RingWriter } from '../base/index.ts'
import { coordinatorPartition, decodeOffsetRecord, encodeOffsetRecord } from './index.ts'
import { decodeFileHeader, encodeFileHeader } from './file-header.ts'
import { decodeEntries, FrameBuilder, readFrameHeader, type Entry } from './journal-frame.ts'
import {
  decodeReply,
  decodeRequest,
  encodeReply,
  encodeRequest,
  MessageAssembler,
  MessageSender,
  type Reply,
  type Request,
} from './messages.ts'

const offset = fc.nat({ max: Number.MAX_SAFE_INTEGER })
const uint32 = fc.nat({ max: 0xffffffff })
const text = fc.string({ unit: 'grapheme', maxLength: 20 })
const bytes = fc.uint8Array({ maxLength: 200 })
const stateFile = fc.record({ path: text, size: offset, crc: uint32 }, { noNullPrototype: true })
const lastCommit = { epoch: offset, position: bytes, stateFiles: fc.array(stateFile, { maxLength: 3 }) }
const configs = fc.dictionary(text, text, { maxKeys: 3, noNullPrototype: true })

const entry: fc.Arbitrary<Entry> = fc.oneof(
  fc.record(
    {
      kind: fc.constant('append' as const),
      topicId: fc.uuid(),
      partition: fc.nat({ max: 9999 }),
      baseOffset: offset,
      nextOffset: offset,
      segmentBase: offset,
      segmentPosition: offset,
      bodyAt: uint32,
      bodyLength: uint32,
      bodyCrc: uint32,
      nowMs: offset,
    },
    { noNullPrototype: true },
  ),
  fc.record(
    {
      kind: fc.constant('topic' as const),
      id: fc.uuid(),
      name: text,
      partitionCount: fc.nat(),
      configs,
      internal: fc.boolean(),
    },
    { noNullPrototype: true },
  ),
  fc.record({ kind: fc.constant('delete' as const), topicId: fc.uuid() }, { noNullPrototype: true }),
  fc.record({ kind: fc.constant('commit' as const), owner: text, ...lastCommit }, { noNullPrototype: true }),
  fc.record({ kind: fc.constant('producerIds' as const), next: offset }, { noNullPrototype: true }),
  fc.record(
    { kind: fc.constant('start' as const), topicId: fc.uuid(), partition: fc.nat(), offset },
    { noNullPrototype: true },
  ),
)

test('a frame holds its bodies, its entries, and the entries of the frame before', () => {
  fc.assert(
    fc.property(
      fc.array(bytes, { maxLength: 3 }),
      fc.array(entry, { maxLength: 5 }),
      fc.array(entry, { maxLength: 5 }),
      (bodies, before, entries) => {
        const builder = new FrameBuilder()
        builder.finish({ salt: 9n, sequence: 4, syncedSequence: 3, position: 8192 }, before)
        builder.reset(8192)
        const places = bodies.map((body) => builder.addBody(body))
        const frame = new Uint8Array(
          builder.finish({ salt: 9n, sequence: 5, syncedSequence: 4, position: 12288 }, entries),
        )
        assert.equal(frame.length % 4096, 0)
        const header = readFrameHeader(frame, 9n, 12288)!
        assert.deepEqual([header.sequence, header.syncedSequence, header.previousPosition], [5, 4, 8192])
        assert.deepEqual(decodeEntries(frame.subarray(header.metaAt, header.metaAt + header.metaLength)), entries)
        assert.deepEqual(
          decodeEntries(frame.subarray(header.previousMetaAt, header.previousMetaAt + header.previousMetaLength)),
          before,
        )
        bodies.forEach((body, i) =>
          assert.deepEqual(new Uint8Array(frame.subarray(places[i], places[i]! + body.length)), body),
        )
        assert.equal(readFrameHeader(frame, 8n, 12288), undefined)
        assert.equal(readFrameHeader(frame, 9n, 8192), undefined)
      },
    ),
    { numRuns: 50 },
  )
})

test('a flipped bit of a frame or file header is noticed', () => {
  fc.assert(
    fc.property(fc.nat({ max: 79 }), fc.nat({ max: 511 }), fc.nat({ max: 7 }), (frameByte, fileByte, bit) => {
      const frame = new FrameBuilder().finish({ salt: 9n, sequence: 5, syncedSequence: 4, position: 8192 }, [])
      frame[frameByte]! ^= 1 << bit
      assert.equal(readFrameHeader(frame, 9n, 8192), undefined)
      const file = encodeFileHeader('MRSG', { topic: 'a', partition: 3 })
      assert.deepEqual(decodeFileHeader(file, 'MRSG', 'x'), { topic: 'a', partition: 3 })
      file[fileByte]! ^= 1 << bit
      // The version itself is not covered by the checksum: a newer program's header may look different.
      if (fileByte < 4 || fileByte > 7) assert.equal(decodeFileHeader(file, 'MRSG', 'x'), undefined)
    }),
    { numRuns: 100 },
  )
})

const place = { topic: text, partition: fc.nat({ max: 9999 }) }
const appends = fc.array(fc.record({ ...place, batches: bytes }, { noNullPrototype: true }))
const request: fc.Arbitrary<Request> = fc.oneof(
  fc.record(
    { kind: fc.constant('append' as const), ...place, fromZero: fc.boolean(), batches: bytes },
    { noNullPrototype: true },
  ),
  fc.record({ kind: fc.constant('appendAll' as const), appends }, { noNullPrototype: true }),
  fc.record(
    {
      kind: fc.constant('endTransaction' as const),
      end: fc.record(
        {
          producerId: fc.bigInt({ min: 0n, max: 2n ** 53n }),
          producerEpoch: fc.nat({ max: 32767 }),
          coordinatorEpoch: fc.integer({ min: -1, max: 9 }),
          commits: fc.boolean(),
          raisesEpoch: fc.boolean(),
          partitions: fc.array(fc.record(place, { noNullPrototype: true })),
          appends,
        },
        {
          noNullPrototype: true,
          requiredKeys: ['producerId', 'producerEpoch', 'coordinatorEpoch', 'commits', 'raisesEpoch', 'appends'],
        },
      ),
    },
    { noNullPrototype: true },
  ),
  fc.record({ kind: fc.constant('producers' as const), ...place }, { noNullPrototype: true }),
  fc.record(
    {
      kind: fc.constant('commit' as const),
      group: fc.record(
        {
          owner: text,
          ...lastCommit,
          groupOffsets: fc.array(
            fc.record({ group: text, ...place, offset, metadata: text }, { noNullPrototype: true }),
            { maxLength: 3 },
          ),
          appends: fc.array(fc.record({ ...place, batches: bytes }, { noNullPrototype: true }), { maxLength: 3 }),
        },
        { noNullPrototype: true },
      ),
    },
    { noNullPrototype: true },
  ),
  fc.record(
    {
      kind: fc.constant('createTopic' as const),
      topic: fc.record(
        { name: text, partitionCount: fc.nat(), configs, internal: fc.boolean() },
        { noNullPrototype: true },
      ),
    },
    { noNullPrototype: true },
  ),
  fc.record({ kind: fc.constant('deleteTopic' as const), name: text }, { noNullPrototype: true }),
  fc.record({ kind: fc.constant('alterTopic' as const), name: text, configs }, { noNullPrototype: true }),
  fc.record({ kind: fc.constant('addPartitions' as const), name: text, count: fc.nat() }, { noNullPrototype: true }),
  fc.record(
    { kind: fc.constant('deleteRecords' as const), ...place, before: fc.integer({ min: -1 }) },
    { noNullPrototype: true },
  ),
  fc.constant({ kind: 'nextProducerId' as const }),
  fc.constant({ kind: 'follow' as const }),
)

test('requests and replies cross a small ring whole and in order, in as many pieces as it takes', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(uint32, request), { maxLength: 20 }), (requests) => {
      const bell = new Doorbell()
      const share = createRing(1024, bell, bell)
      const sender = new MessageSender(new RingWriter(share))
      const reader = new RingReader(share)
      const assembler = new MessageAssembler()
      for (const [number, one] of requests) sender.send(encodeRequest(number, one))
      const received: [number, Request][] = []
      for (let idle = 0; idle < 2; sender.pump()) {
        const frame = reader.tryRead()
        if (!frame) {
          idle++
          continue
        }
        idle = 0
        const message = assembler.take(frame)
        // As the worker does, the request is used before its frame is released.
        if (message) {
          const { number, request: one } = decodeRequest(message)
          received.push([number, structuredClone(plainBytes(one))])
        }
        reader.release()
      }
      assert.equal(sender.pendingBytes, 0)
      assert.deepEqual(received, requests)
    }),
    { numRuns: 100 },
  )
})

/** Views of the ring copied into memory of their own. */
function plainBytes<T>(value: T): T {
  if (value instanceof Uint8Array) return new Uint8Array(value) as T
  if (Array.isArray(value)) return value.map(plainBytes) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plainBytes(one)])) as T
}

test('replies are read back', () => {
  const commit = fc.oneof(
    fc.constant(undefined),
    fc.record(
      { ok: fc.constant(true as const), epoch: offset, baseOffsets: fc.array(offset) },
      { noNullPrototype: true },
    ),
    fc.record(
      {
        ok: fc.constant(false as const),
        reason: fc.constantFrom('fenced' as const, 'retry' as const, 'failed' as const),
        message: text,
      },
      { noNullPrototype: true },
    ),
  )
  const done = { ok: fc.constant(true as const), offset, logAppendTimeMs: offset, logStartOffset: offset, id: text }
  const reply: fc.Arbitrary<Reply> = fc.oneof(
    fc.record({ ...done, commit, data: fc.constant(undefined) }, { noNullPrototype: true }),
    fc.record({ ...done, commit: fc.constant(undefined), data: fc.array(offset) }, { noNullPrototype: true }),
    fc.record(
      { ok: fc.constant(false as const), error: fc.nat({ max: 120 }), message: text, commit },
      { noNullPrototype: true },
    ),
  )
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 0xffffffff }), reply, (number, one) => {
      assert.deepEqual(decodeReply(encodeReply(number, one)), { number, reply: one })
    }),
  )
})

test('offset records are read back; hostile ones are a BytesError or not understood', () => {
  const record = fc.record(
    {
      group: text,
      topic: text,
      partition: fc.nat(),
      offset,
      leaderEpoch: fc.integer({ min: -1 }),
      metadata: text,
      commitTimestampMs: offset,
    },
    { noNullPrototype: true },
  )
  fc.assert(
    fc.property(record, bytes, bytes, (one, hostileKey, hostileValue) => {
      const { key, value } = encodeOffsetRecord(one)
      const { group, topic, partition } = one
      assert.deepEqual(decodeOffsetRecord(key, value), { group, topic, partition, commit: one })
      assert.deepEqual(decodeOffsetRecord(key, null), { group, topic, partition, commit: undefined })
      try {
        decodeOffsetRecord(hostileKey, hostileValue)
      } catch (error) {
        assert.ok(error instanceof BytesError)
      }
    }),
  )
})

test("a group's coordinator partition is Java's", () => {
  // "polygenelubricants".hashCode() is Integer.MIN_VALUE, whose absolute value Kafka takes as 0.
  assert.deepEqual(
    ['', 'a', 'my-group', 'polygenelubricants'].map((group) => coordinatorPartition(group, 50)),
    [0, 47, 12, 0],
  )
})
