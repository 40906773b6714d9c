// How a consumer group keeps up, judged without a threshold: by what its newest commits and their lag did (a sliding window), as
// Burrow does. Pure. Reference: Burrow's "Consumer Lag Evaluation Rules" and its numbers for states.
import { lagCommitsMax, lagDistanceMs } from './limits.ts'

/** From best to worst; a group is as bad as its worst partition. */
export const lagStates = ['OK', 'WARN', 'STOP', 'STALL', 'REWIND'] as const
export type LagState = (typeof lagStates)[number]

/** Burrow's numbers: a group with a partition that is stopped, stalled or rewound is in error. */
export const burrowCodes: Readonly<Record<LagState, number>> = { OK: 1, WARN: 2, STOP: 3, STALL: 3, REWIND: 3 }

interface Commit {
  readonly offset: number
  readonly atMs: number
  readonly lag: number
}

export interface PartitionLag {
  readonly offset: number
  /** When it was committed, ms since 1970. */
  readonly commitMs: number
  readonly end: number
}

/**
 * Of one group's partition: OK when its lag was zero at any time in the window; REWIND when an offset went back; STOP when its
 * last commit is longer ago than the window is long; STALL when it commits the same offset again and again; WARN when its lag
 * never fell. One commit alone cannot tell, and is OK.
 */
export function judgeLag(window: readonly Commit[], currentLag: number, nowMs: number): LagState {
  const [first, last] = [window[0], window.at(-1)]
  if (!first || !last || first === last || currentLag === 0 || window.some(({ lag }) => lag === 0)) return 'OK'
  const pairs = window.slice(1).map((to, i) => [window[i]!, to] as const)
  if (pairs.some(([from, to]) => to.offset < from.offset)) return 'REWIND'
  if (nowMs - last.atMs > last.atMs - first.atMs) return 'STOP'
  if (first.offset === last.offset) return 'STALL'
  return pairs.some(([from, to]) => to.lag < from.lag) ? 'OK' : 'WARN'
}

/** The windows of all groups. Memory: lagCommitsMax commits per partition that is told in the newest round. */
export class LagTracker {
  #windows = new Map<string, Commit[]>()

  /** One look at everything that is committed: what is no longer there is forgotten. @returns each one's state */
  round<T extends PartitionLag>(
    partitions: readonly (T & { readonly group: string; readonly topic: string; readonly partition: number })[],
    nowMs: number,
  ): LagState[] {
    const windows = new Map<string, Commit[]>()
    const states = partitions.map(({ group, topic, partition, offset, commitMs, end }) => {
      const key = JSON.stringify([group, topic, partition])
      const window = this.#windows.get(key) ?? []
      const lag = Math.max(0, end - offset)
      const last = window.at(-1)
      if (!last || commitMs > last.atMs || offset !== last.offset) {
        // Commits that follow each other quickly are one, so that the window spans a time in which lag means something.
        const before = window.at(-2)
        if (before && commitMs - before.atMs < lagDistanceMs) window.pop()
        window.push({ offset, atMs: commitMs, lag })
        if (window.length > lagCommitsMax) window.shift()
      } else if (lag === 0 && last.lag > 0) {
        window[window.length - 1] = { ...last, lag }
      }
      windows.set(key, window)
      return judgeLag(window, lag, nowMs)
    })
    this.#windows = windows
    return states
  }
}
