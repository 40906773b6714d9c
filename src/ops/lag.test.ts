import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeLag, LagTracker } from './lag.ts'
import { lagCommitsMax } from './limits.ts'

/** Commits a minute apart: offset and lag of each. */
const commits = (...pairs: readonly (readonly [offset: number, lag: number])[]) =>
  pairs.map(([offset, lag], i) => ({ offset, lag, atMs: i * 60_000 }))

test('a partition is judged by what its commits did', () => {
  for (const [state, window, lag, nowMs] of [
    ['OK', commits(), 5, 0],
    ['OK', commits([10, 5]), 5, 1e9],
    // Zero once, whatever else.
    ['OK', commits([10, 5], [20, 0], [15, 9]), 9, 120_000],
    ['OK', commits([10, 5], [10, 5]), 0, 1e9],
    // Lag falls somewhere.
    ['OK', commits([10, 50], [20, 60], [30, 55]), 55, 120_000],
    ['WARN', commits([10, 50], [20, 50], [30, 55]), 55, 120_000],
    ['STALL', commits([10, 50], [10, 60], [10, 70]), 70, 120_000],
    ['STOP', commits([10, 50], [20, 40], [30, 30]), 90, 240_001],
    ['OK', commits([10, 50], [20, 40], [30, 30]), 90, 240_000],
    ['REWIND', commits([10, 50], [20, 40], [15, 45]), 45, 1e9],
  ] as const) {
    assert.equal(judgeLag(window, lag, nowMs), state, JSON.stringify([window, lag, nowMs]))
  }
})

test('windows slide, quick commits count as one, and what is gone is forgotten', () => {
  const tracker = new LagTracker()
  const look = (offset: number, commitMs: number, end: number, nowMs = commitMs) =>
    tracker.round([{ group: 'g', topic: 't', partition: 0, offset, commitMs, end }], nowMs)[0]
  // Ten commits a second, one record each, never caught up.
  let nowMs = 0
  for (let i = 0; i < 300; i++, nowMs += 100) look(i, nowMs, 2 * i + 10)
  assert.equal(look(300, nowMs, 611), 'WARN')
  // Three seconds without a commit are no stop: the window is half a minute long.
  assert.equal(look(300, nowMs, 700, nowMs + 3_000), 'WARN')
  assert.equal(look(300, nowMs, 700, nowMs + 40_000), 'STOP')
  // The end reached without a new commit: there is nothing to say against it.
  assert.equal(look(700, nowMs + 41_000, 700), 'OK')
  assert.equal(look(700, nowMs + 41_000, 900, nowMs + 500_000), 'OK')
  for (let i = 0; i < lagCommitsMax; i++) look(710 + i, nowMs + 600_000 + i * 60_000, 2_000 + 2 * i)
  assert.equal(look(730, nowMs + 1_200_000, 9_000), 'WARN')
  assert.deepEqual(tracker.round([], 0), [])
  assert.equal(look(5, nowMs, 9_000), 'OK')
})
