import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ByteReader, BytesError, ByteWriter } from './index.ts'

test('what a ByteWriter writes a ByteReader reads back', () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.maxSafeInteger(),
      fc.string(),
      fc.integer({ min: 0, max: 0xffffffff }),
      (i, big, safe, text, unsigned) => {
        const writer = new ByteWriter(16)
        writer.varint(i)
        writer.varlong(big)
        writer.int64(big)
        writer.int64FromNumber(safe)
        writer.uvarint(unsigned)
        const size = writer.text(text)
        const reader = new ByteReader(writer.finish())
        assert.equal(reader.varint(), i)
        assert.equal(reader.varlong(), big)
        assert.equal(reader.int64(), big)
        assert.equal(reader.int64AsNumber(), safe)
        assert.equal(reader.uvarint(), unsigned)
        assert.equal(reader.text(size), text.toWellFormed())
        assert.equal(reader.remaining, 0)
      },
    ),
  )
})

test('reading past the end or lying bytes is a BytesError with its position', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const reader = new ByteReader(bytes)
      try {
        for (;;) {
          const size = reader.varint()
          reader.text(size)
          reader.varlong()
        }
      } catch (error) {
        assert.ok(error instanceof BytesError, String(error))
        assert.ok(error.position >= 0 && error.position <= bytes.length)
      }
    }),
  )
})
