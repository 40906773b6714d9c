import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { concatBytes } from '../../base/index.ts'
import { GtidSet } from './gtid-set.ts'
import { dumpRequest, PacketReader, readErrorPacket } from './packets.ts'

const frame = (payload: Uint8Array): Uint8Array =>
  concatBytes([Uint8Array.of(payload.length & 255, (payload.length >> 8) & 255, payload.length >> 16, 7), payload])

test('payloads come out as they went in, wherever the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
      (payloads, cuts) => {
        const stream = concatBytes(payloads.map(frame))
        const reader = new PacketReader()
        const found: Uint8Array[] = []
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = cuts[i % cuts.length]!
          reader.push(stream.subarray(at, at + size))
          at += size
          for (let payload = reader.next(); payload; payload = reader.next()) found.push(payload.slice())
        }
        assert.deepEqual(
          found.map((p) => p.toHex()),
          payloads.map((p) => p.toHex()),
        )
      },
    ),
  )
})

test('a payload of 16 MiB and more is joined from its frames', () => {
  const size = 0xffffff + 5
  const payload = new Uint8Array(size).fill(3)
  payload[size - 1] = 9
  const reader = new PacketReader()
  reader.push(frame(payload.subarray(0, 0xffffff)))
  assert.equal(reader.next(), undefined)
  reader.push(frame(payload.subarray(0xffffff)))
  const found = reader.next()!
  assert.equal(found.length, size)
  assert.equal(found[size - 1], 9)
  // A payload of exactly the largest frame ends with an empty one.
  reader.push(frame(payload.subarray(0, 0xffffff)))
  reader.push(frame(new Uint8Array(0)))
  assert.equal(reader.next()!.length, 0xffffff)
})

test('the dump request is that of the protocol', () => {
  const request = dumpRequest(GtidSet.empty, 0x01020304)
  assert.equal(
    request.toHex(),
    `1f0000001e${'0400'}${'04030201'}${'00000000'}${'0400000000000000'}${'08000000'}${'0000000000000000'}`,
  )
})

test('an error packet is read', () => {
  const bytes = concatBytes([Uint8Array.of(0xff, 0xd4, 0x04), new TextEncoder().encode('#HY000purged')])
  assert.deepEqual(readErrorPacket(bytes), { code: 1236, message: 'purged' })
})
