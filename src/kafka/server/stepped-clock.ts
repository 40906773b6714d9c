// A clock that moves only when a test says so. Used by this room's tests alone.
import type { Clock } from '../../base/index.ts'

export interface SteppedClock extends Clock {
  /** Moves on and runs what is due, in order; what that makes due as well. */
  advance(ms: number): void
  readonly waiting: number
}

export function createSteppedClock(startMs = 1_700_000_000_000): SteppedClock {
  let nowMs = 0
  let next = 0
  const due = new Map<number, { at: number; run: () => void }>()
  return {
    nowMs: () => startMs + nowMs,
    monotonicMs: () => nowMs,
    after(delayMs, run) {
      const id = next++
      due.set(id, { at: nowMs + Math.max(0, delayMs), run })
      return () => void due.delete(id)
    },
    get waiting() {
      return due.size
    },
    advance(ms) {
      const end = nowMs + ms
      for (;;) {
        const [first] = [...due].filter(([, one]) => one.at <= end).toSorted(([i, a], [j, b]) => a.at - b.at || i - j)
        if (!first) break
        due.delete(first[0])
        nowMs = Math.max(nowMs, first[1].at)
        first[1].run()
      }
      nowMs = end
    },
  }
}
