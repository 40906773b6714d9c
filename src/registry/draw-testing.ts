// Draws for generated tests: the same seed gives the same pairs on any machine.
// mulberry32 by Tommy Ettinger (public domain).

export interface Draw {
  /** Uniform in [0, bound). */
  below(bound: number): number
  chance(probability: number): boolean
  pick<T>(from: readonly T[]): T
}

export function makeDraw(seed: number): Draw {
  let state = seed | 0
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const below = (bound: number): number => Math.floor(fraction() * bound)
  return { below, chance: (probability) => fraction() < probability, pick: (from) => from[below(from.length)]! }
}
