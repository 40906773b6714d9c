// Laws of quotas: whoever waits as he is told keeps to his bound, and nobody waits who is within it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Rate, TokenBucket } from './rate.ts'

const steps = fc.array(
  fc.record({ amount: fc.integer({ min: 1, max: 50_000 }), restMs: fc.integer({ min: 0, max: 4000 }) }),
  { minLength: 1, maxLength: 60 },
)
const bounds = fc.integer({ min: 1, max: 20_000 })

test('a rate: who waits as he is told keeps to twice the bound in the worst case, and who is within it is not held back', () => {
  fc.assert(
    fc.property(steps, bounds, fc.integer({ min: 0, max: 5000 }), (all, bound, startMs) => {
      const rate = new Rate()
      let nowMs = startMs
      const taken: { atMs: number; amount: number }[] = []
      for (const { amount, restMs } of all) {
        rate.add(amount, nowMs)
        taken.push({ atMs: nowMs, amount })
        // Rounded to whole ms, as the answer has it.
        const waitMs = rate.throttleMs(bound, nowMs)
        const recent = taken.filter(({ atMs }) => Math.floor(atMs / 1000) > Math.floor(nowMs / 1000) - 11)
        const sum = recent.reduce((total, one) => total + one.amount, 0)
        // What is within ten seconds' worth is never held back.
        if (sum <= bound * 10) assert.equal(waitMs, 0)
        nowMs += waitMs + restMs
      }
      const spanS = (nowMs - startMs) / 1000
      const total = taken.reduce((whole, one) => whole + one.amount, 0)
      // As Kafka's windows have it: what is eleven seconds old is forgotten, so that bursts may come to twice the bound.
      assert.ok(total <= bound * (2 * spanS + 22), `${total} in ${spanS} s of ${bound}`)
    }),
  )
})

test('a bucket: what is taken is what comes, eleven seconds’ worth to begin with, and what was borrowed once', () => {
  fc.assert(
    fc.property(steps, bounds, (all, bound) => {
      const bucket = new TokenBucket()
      let nowMs = 0
      let total = 0
      for (const { amount, restMs } of all) {
        assert.ok(bucket.throttleMs(bound, nowMs) <= 1)
        bucket.take(amount, bound, nowMs)
        total += amount
        nowMs += bucket.throttleMs(bound, nowMs) + restMs
      }
      assert.ok(total <= bound * (nowMs / 1000 + 12), `${total} in ${nowMs} ms of ${bound}`)
    }),
  )
})
