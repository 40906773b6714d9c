// Seeded random numbers for the simulation: the same seed gives the same run, on any machine.
// sfc32 by Chris Doty-Humphrey (public domain), seeded through splitmix32.
import type { Random } from '../src/base/index.ts'

export interface SeededRandom extends Random {
  /** Uniform integer in [0, bound). */
  below(bound: number): number
  /** True with this probability. */
  chance(probability: number): boolean
  pick<T>(from: readonly T[]): T
  /** Another stream that depends only on this one's seed and state. */
  fork(): SeededRandom
}

/** @param seed any integer */
export function createRandom(seed: number): SeededRandom {
  let mix = seed | 0
  const splitmix = (): number => {
    mix = (mix + 0x9e3779b9) | 0
    let z = mix ^ (mix >>> 16)
    z = Math.imul(z, 0x21f0aaad)
    z ^= z >>> 15
    z = Math.imul(z, 0x735a2d97)
    return (z ^ (z >>> 15)) >>> 0
  }
  let a = splitmix()
  let b = splitmix()
  let c = splitmix()
  let count = 1
  const uint32 = (): number => {
    const t = (((a + b) | 0) + count) | 0
    count = (count + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + t) | 0
    return t >>> 0
  }
  const random: SeededRandom = {
    uint32,
    fraction: () => uint32() / 4294967296,
    bytes(size) {
      const bytes = new Uint8Array(size)
      for (let i = 0; i < size; i++) bytes[i] = uint32() & 255
      return bytes
    },
    below: (bound) => Math.floor(random.fraction() * bound),
    chance: (probability) => random.fraction() < probability,
    pick: (from) => from[random.below(from.length)]!,
    fork: () => createRandom(uint32()),
  }
  for (let i = 0; i < 12; i++) uint32()
  return random
}
