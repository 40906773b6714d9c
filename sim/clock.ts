// A clock that moves only when told.
import type { Clock } from '../src/base/index.ts'

export interface SteppedClock extends Clock {
  /** Moves on and calls what became due, in order of time. */
  advance(ms: number): void
}

export function createClock(startMs = 1_700_000_000_000): SteppedClock {
  let nowMs = startMs
  const timers = new Set<{ atMs: number; run: () => void }>()
  return {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs - startMs,
    after(delayMs, run) {
      const timer = { atMs: nowMs + delayMs, run }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    advance(ms) {
      const untilMs = nowMs + ms
      for (;;) {
        const next = [...timers].filter((t) => t.atMs <= untilMs).toSorted((x, y) => x.atMs - y.atMs)[0]
        if (!next) break
        timers.delete(next)
        nowMs = Math.max(nowMs, next.atMs)
        next.run()
      }
      nowMs = untilMs
    },
  }
}
