// Rates from totals, sampled when they are known anew (once a second), and read at any time by anybody.

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

  /** Takes a sample; those closer than half a second to the last are left out. */
  sample(name: string, total: number): void {
    const atMs = this.#nowMs()
    const last = this.#samples.get(name)
    if (!last || total < last.total) this.#samples.set(name, { total, atMs, perSecond: 0 })
    else if (atMs - last.atMs >= 500) {
      const perSecond = ((total - last.total) * 1000) / (atMs - last.atMs)
      this.#samples.set(name, { total, atMs, perSecond })
    }
  }

  /** Per second, between the last two samples; 0 before the second. */
  of(name: string): number {
    return this.#samples.get(name)?.perSecond ?? 0
  }
}
