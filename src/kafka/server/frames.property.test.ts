import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FrameAssembler, type Frame } from './frames.ts'
import { SlabPool } from './slabs.ts'

const framesOf = (frames: readonly Uint8Array[]): Uint8Array => {
  const parts = frames.map((bytes) => {
    const length = new Uint8Array(4)
    new DataView(length.buffer).setInt32(0, bytes.length)
    return [length, bytes]
  })
  return new Uint8Array(Buffer.concat(parts.flat()))
}

test('whatever pieces a stream comes in, its frames come out, though the pieces are overwritten at once', () => {
  const size = fc.oneof(fc.nat(20), fc.integer({ min: 8000, max: 70_000 }))
  const frame = fc.record({ key: fc.constantFrom(0, 1, 11), size, fill: fc.nat(255) })
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 6 }),
      fc.infiniteStream(fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 100, max: 60_000 }))),
      (wanted, pieces) => {
        const sent = wanted.map(({ key, size: bytes, fill }) =>
          new Uint8Array(bytes).fill(fill).fill(0, 0, 1).fill(key, 1, 2),
        )
        const stream = framesOf(sent)
        const assembler = new FrameAssembler(1 << 20, new SlabPool(1 << 20))
        const shared = new Uint8Array(60_000)
        const got: Frame[] = []
        for (let at = 0; at < stream.length;) {
          const piece = stream.subarray(at, at + pieces.next().value!)
          shared.set(piece)
          got.push(...assembler.push(shared.subarray(0, piece.length)))
          shared.fill(170)
          at += piece.length
        }
        assert.deepEqual(
          got.map(({ bytes }) => Buffer.from(bytes).toString('hex')),
          sent.map((bytes) => Buffer.from(bytes).toString('hex')),
        )
        // Only a produce request's memory may be used again.
        got.forEach(({ bytes, lease }, i) =>
          assert.ok(lease === undefined || (wanted[i]!.key === 0 && bytes.length > 4096)),
        )
      },
    ),
    { numRuns: 300 },
  )
})

test('a length alone takes no memory, one above the limit or below 0 is refused before anything is kept', () => {
  const pool = new SlabPool(1 << 20)
  const assembler = new FrameAssembler(1 << 30, pool)
  assert.deepEqual(assembler.push(new Uint8Array([0x3f, 0, 0, 0, 0, 0, 0, 3])), [])
  for (const length of [
    [0x40, 0, 0, 1],
    [0xff, 0xff, 0xff, 0xff],
  ])
    assert.throws(() => new FrameAssembler(1 << 30, pool).push(new Uint8Array(length)), /a frame of/)
})
