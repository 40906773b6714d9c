import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sliceMs, SloTracker, type SloDefinition } from './index.ts'

const slo: SloDefinition = {
  name: 'checkouts-fresh',
  owner: 'checkout',
  contact: '#checkout-oncall',
  asset: 'checkouts_enriched',
  metric: 'freshness_seconds',
  objective: { op: 'lte', value: 30, target: 0.999 },
}

/** Steps a held clock minute by minute, with one sample in each. */
function run(
  tracker: SloTracker,
  fromMinute: number,
  values: readonly (number | undefined)[],
): ReturnType<SloTracker['evaluate']> {
  let status = tracker.evaluate(fromMinute * sliceMs)
  values.forEach((value, i) => {
    const nowMs = (fromMinute + i) * sliceMs
    tracker.sample(nowMs, value)
    status = tracker.evaluate(nowMs)
  })
  return status
}

test('a fresh asset pages nobody', () => {
  const status = run(
    new SloTracker(slo),
    1000,
    Array.from({ length: 120 }, () => 2),
  )
  assert.equal(status.alert, null)
  assert.equal(status.good, true)
  assert.deepEqual(status.burnRates, [0, 0, 0])
})

test('a stale asset pages its owner, keeps the time since when, and falls silent after recovery', () => {
  const tracker = new SloTracker(slo)
  run(
    tracker,
    1000,
    Array.from({ length: 60 }, () => 2),
  )
  const bad = run(tracker, 1060, [45, 50])
  assert.equal(bad.alert?.severity, 'page')
  assert.equal(bad.alert?.contact, '#checkout-oncall')
  assert.equal(bad.alert?.sinceMs, 1060 * sliceMs)
  assert.match(bad.alert!.summary, /freshness_seconds of checkouts_enriched is 50 \(objective lte 30\)/)
  const recovered = run(
    tracker,
    1062,
    Array.from({ length: 400 }, () => 1),
  )
  assert.equal(recovered.alert, null)
})

test('an asset that says nothing is not healthy', () => {
  const tracker = new SloTracker(slo)
  run(
    tracker,
    1000,
    Array.from({ length: 60 }, () => 2),
  )
  assert.equal(run(tracker, 1060, [undefined]).alert?.severity, 'page')
})
