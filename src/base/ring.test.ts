import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createRing, Doorbell, RingReader, RingWriter } from './index.ts'

const bytes = (size: number, fill: number): Uint8Array => new Uint8Array(size).fill(fill)

test('frames come out whole, in order, across the wrap, and a full ring refuses until released', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 200 }),
      fc.infiniteStream(fc.boolean()),
      (sizes, coins) => {
        const share = createRing(1024, new Doorbell(), new Doorbell())
        const writer = new RingWriter(share)
        const reader = new RingReader(share)
        let written = 0
        let read = 0
        while (read < sizes.length) {
          const writeNext = written < sizes.length && (read === written || coins.next().value)
          if (writeNext && writer.tryWrite([bytes(sizes[written]!, written & 255)])) written++
          else {
            const frame = reader.tryRead()
            assert.ok(frame, 'a ring that refused holds frames')
            assert.deepEqual([...frame], [...bytes(sizes[read]!, read & 255)])
            reader.release()
            read++
          }
        }
        assert.equal(reader.tryRead(), undefined)
      },
    ),
    { numRuns: 200 },
  )
})

test('counters survive the wrap of 32 bits', () => {
  const share = createRing(1024, new Doorbell(), new Doorbell())
  const state = new Int32Array(share.memory, 0, 2)
  state[0] = -512
  state[1] = -512
  const writer = new RingWriter(share)
  const reader = new RingReader(share)
  for (let i = 0; i < 50; i++) {
    assert.ok(writer.tryWrite([bytes(100, i), bytes(20, i)]))
    assert.deepEqual([...reader.tryRead()!], [...bytes(120, i)])
    reader.release()
  }
})

test('a frame larger than half the ring is our own fault', () => {
  const writer = new RingWriter(createRing(1024, new Doorbell(), new Doorbell()))
  assert.throws(() => writer.tryWrite([bytes(600, 1)]), /fits half the ring/)
})

test('the writer is rung only when it waits for room, the reader not by quiet frames', () => {
  const readerBell = new Doorbell()
  const writerBell = new Doorbell()
  const share = createRing(1024, readerBell, writerBell)
  const writer = new RingWriter(share)
  const reader = new RingReader(share)
  const take = (): void => {
    assert.ok(reader.tryRead())
    reader.release()
  }
  assert.ok(writer.tryWrite([bytes(400, 1)]))
  assert.equal(readerBell.seen(), 1)
  assert.ok(writer.tryWrite([bytes(400, 2)], true))
  assert.equal(readerBell.seen(), 1)
  assert.ok(!writer.tryWrite([bytes(400, 3)]))
  assert.equal(writerBell.seen(), 0)
  take()
  assert.equal(writerBell.seen(), 1)
  assert.ok(writer.tryWrite([bytes(300, 3)]))
  take()
  take()
  assert.equal(writerBell.seen(), 1)
})
