// Rates from totals that are sampled now and then.

interface Sample {
  readonly total: number
  readonly atMs: number
  readonly perSecond: number
}

/** Remembers the last two samples of each name; a total that falls (a restart) starts anew. */
export class Rates {
  readonly #samples = new Map<string, Sample>()
  readonly #nowMs: () => number

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** Takes a sample; those closer than half a second to the last are left out. @returns the rate per second */
  sample(name: string, total: number): number {
    const atMs = this.#nowMs()
    const last = this.#samples.get(name)
    if (!last || total < last.total) {
      this.#samples.set(name, { total, atMs, perSecond: 0 })
      return 0
    }
    if (atMs - last.atMs < 500) return last.perSecond
    const perSecond = ((total - last.total) * 1000) / (atMs - last.atMs)
    this.#samples.set(name, { total, atMs, perSecond })
    return perSecond
  }
}
