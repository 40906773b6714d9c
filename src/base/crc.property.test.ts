import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { crc32c, joinCrc32c } from './crc.ts'
import { encodeText } from './bytes.ts'

test('CRC-32C: the published check value, in shared memory too, and in two steps', () => {
  const bytes = encodeText('123456789')
  assert.equal(crc32c(bytes), 0xe3069283)
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length))
  shared.set(bytes)
  assert.equal(crc32c(shared), 0xe3069283)
  assert.equal(crc32c(bytes.subarray(4), crc32c(bytes.subarray(0, 4))), 0xe3069283)
})

test('joined checksums are the checksum of the joined bytes', () => {
  const bytes = fc.uint8Array({ maxLength: 300 })
  const second = fc.tuple(bytes, fc.nat(200_000)).map(([some, zeros]) => Buffer.concat([some, Buffer.alloc(zeros)]))
  fc.assert(
    fc.property(bytes, fc.oneof(bytes, second), (a, b) => {
      assert.equal(joinCrc32c(crc32c(a), crc32c(b), b.length), crc32c(Buffer.concat([a, b])))
    }),
  )
})
