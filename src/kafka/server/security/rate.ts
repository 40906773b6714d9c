// How much of something there was lately, and how long one must wait for it to be within a bound. Windows of one second, eleven of
// them, so that a bound holds over ten to eleven seconds and a short burst is free.
// Reference: Kafka's Rate, SampledStat and QuotaUtils ('quota.window.num' 11, 'quota.window.size.seconds' 1).

export const windowMs = 1000
const windowCount = 11

export class Rate {
  readonly #sums = new Float64Array(windowCount)
  /** The window that was last written, counted from the clock's beginning. */
  #newest = 0

  /** Everything in the windows that still count is zero: it is as if it had never been. */
  isIdle(nowMs: number): boolean {
    return Math.floor(nowMs / windowMs) - this.#newest >= windowCount
  }

  add(amount: number, nowMs: number): void {
    this.#turn(nowMs)
    this.#sums[this.#newest % windowCount]! += amount
  }

  /** By how many ms from now the rate is above `bound` a second; 0 when it is not. */
  throttleMs(bound: number, nowMs: number): number {
    this.#turn(nowMs)
    let sum = 0
    for (const one of this.#sums) sum += one
    const spanMs = (windowCount - 1) * windowMs + (nowMs % windowMs)
    return Math.max(0, Math.round((sum / bound) * 1000 - spanMs))
  }

  /** Empties the windows that have passed. */
  #turn(nowMs: number): void {
    const now = Math.floor(nowMs / windowMs)
    if (now - this.#newest >= windowCount) this.#sums.fill(0)
    else for (let i = this.#newest + 1; i <= now; i++) this.#sums[i % windowCount] = 0
    this.#newest = Math.max(this.#newest, now)
  }
}

/** What a bound allows in all windows but the one under way: one answer shall not be larger. */
export const burstOf = (bound: number): number => bound * (windowCount - 1)

/** Tokens that come at a rate and may be borrowed once: whoever owes some waits. Reference: Kafka's TokenBucket, KIP-599. */
export class TokenBucket {
  #tokens = Number.NaN
  #atMs = 0

  /** ms until nothing is owed. */
  throttleMs(bound: number, nowMs: number): number {
    this.#fill(bound, nowMs)
    return Math.max(0, Math.round((-this.#tokens / bound) * 1000))
  }

  take(amount: number, bound: number, nowMs: number): void {
    this.#fill(bound, nowMs)
    this.#tokens -= amount
  }

  isIdle(nowMs: number): boolean {
    return nowMs - this.#atMs >= windowCount * windowMs && this.#tokens >= 0
  }

  #fill(bound: number, nowMs: number): void {
    const most = bound * windowCount
    const come = ((nowMs - this.#atMs) / 1000) * bound
    this.#tokens = Number.isNaN(this.#tokens) ? most : Math.min(most, this.#tokens + come)
    this.#atMs = nowMs
  }
}
