import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SlabPool } from './slabs.ts'

test('memory that was released is handed out again, and to one lease at a time', () => {
  const pool = new SlabPool(1 << 20)
  const first = pool.lease()
  const bytes = first.take(100_000)
  assert.equal(bytes.length, 100_000)
  const second = pool.lease()
  assert.notEqual(second.take(100_000).buffer, bytes.buffer)
  first.release()
  first.release()
  assert.equal(pool.keptBytes, 1 << 17)
  const third = pool.lease()
  assert.equal(third.take(131_072).buffer, bytes.buffer)
  assert.notEqual(third.take(131_072).buffer, bytes.buffer)
})

test('what is kept is bounded, and given up at rest', () => {
  const pool = new SlabPool(3 << 20)
  const lease = pool.lease()
  for (let i = 0; i < 10; i++) lease.take(1 << 20)
  lease.release()
  assert.equal(pool.keptBytes, 3 << 20)
  pool.age(false)
  assert.equal(pool.keptBytes, 3 << 20)
  pool.age(false)
  assert.equal(pool.keptBytes, 0)
})
