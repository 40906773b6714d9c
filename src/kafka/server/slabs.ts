// Memory for what fetches read, used again once the socket has taken it: fresh memory for each answer costs more than reading
// it (the kernel clears every page, and the collector is set off by each few of them).
// Invariant: a slab is in the pool or in one lease, never in both; what the pool keeps is bounded.
import { defaultLimits } from './limits.ts'

export class SlabPool {
  /** Free slabs by size, a power of two. */
  readonly #free = new Map<number, Uint8Array[]>()
  readonly #keptBytesMax: number
  /** Below this fresh memory is as cheap. */
  readonly bytesMin: number
  #keptBytes = 0
  #wanted = false

  /**
   * @param keptBytesMax of slabs that are free; more are left to the collector
   * @param bytesMin least that is leased; for less, memory is fresh
   */
  constructor(keptBytesMax: number, bytesMin = defaultLimits.slabBytesMin) {
    this.#keptBytesMax = keptBytesMax
    this.bytesMin = bytesMin
  }

  get keptBytes(): number {
    return this.#keptBytes
  }

  lease(): Lease {
    return new Lease(this)
  }

  /** At least `size` bytes, with anything in them. */
  take(size: number): Uint8Array {
    this.#wanted = true
    const slabBytes = 2 ** Math.ceil(Math.log2(size))
    const slab = this.#free.get(slabBytes)?.pop()
    if (!slab) return new Uint8Array(slabBytes)
    this.#keptBytes -= slabBytes
    return slab
  }

  put(slab: Uint8Array): void {
    if (this.#keptBytes + slab.length > this.#keptBytesMax) return
    this.#keptBytes += slab.length
    const free = this.#free.get(slab.length)
    if (free) free.push(slab)
    else this.#free.set(slab.length, [slab])
  }

  /** Called from time to time: leaves what is free to the collector when none was wanted since the last call, or at once. */
  age(atOnce: boolean): void {
    if (atOnce || !this.#wanted) {
      this.#free.clear()
      this.#keptBytes = 0
    }
    this.#wanted = false
  }
}

/** The slabs of one answer. */
export class Lease {
  readonly #pool: SlabPool
  #slabs: Uint8Array[] = []

  constructor(pool: SlabPool) {
    this.#pool = pool
  }

  /** `size` bytes with anything in them; this lease's until release(). */
  take(size: number): Uint8Array {
    if (size < this.#pool.bytesMin) return new Uint8Array(size)
    const slab = this.#pool.take(size)
    this.#slabs.push(slab)
    return slab.subarray(0, size)
  }

  /** Nobody looks at the bytes any more. Safe to call twice. */
  release(): void {
    for (const slab of this.#slabs) this.#pool.put(slab)
    this.#slabs = []
  }
}
