import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeText, flinkMurmur, keyGroupOf, murmur2, partitionOf } from './index.ts'

test('murmur2 gives the values of the Java client', () => {
  // From Kafka's own UtilsTest.
  const vectors: readonly [string, number][] = [
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ]
  assert.deepEqual(
    vectors.map(([text]) => murmur2(encodeText(text))),
    vectors.map(([, hash]) => hash),
  )
})

test('partitions are never negative and below the count', () => {
  for (let i = 0; i < 1000; i++) {
    const partition = partitionOf(encodeText(`key-${i}`), 7)
    assert.ok(partition >= 0 && partition < 7)
  }
})

test('key groups spread over all 128 and are not negative', () => {
  const seen = new Set<number>()
  for (let i = -2000; i < 2000; i++) {
    assert.ok(flinkMurmur(i) >= 0)
    seen.add(keyGroupOf(i))
  }
  assert.equal(seen.size, 128)
  assert.ok([...seen].every((g) => g >= 0 && g < 128))
})
