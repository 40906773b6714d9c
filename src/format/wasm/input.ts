// Hands records to kernels: their bytes are copied into the scratch memory once per run, with where each value lies.
import type { RecordColumns } from '../../model/index.ts'
import type { Stage } from '../stage.ts'
import type { RecordKernel } from './record-kernel.ts'
import { kernelInputMax, lengthsAt, startsAt } from './scratch.ts'

/** Records beyond which a kernel that stops at once is not tried again for a while. */
const pauseMax = 255

export class KernelRuns {
  readonly #stage: Stage
  #records: RecordColumns | null = null
  #from = 0
  #to = 0
  #overrun = 0
  #words = new Int32Array(0)
  /** Records to leave to the plain reader before the next try, and how many it was the last time. */
  #pause = 0
  #lastPause = 0

  constructor(stage: Stage) {
    this.#stage = stage
  }

  /** Before records of another call: nothing is placed. */
  begin(): void {
    this.#records = null
  }

  /** The memory as 32-bit words, for results that kernels leave in it. */
  words(): Int32Array {
    const { buffer } = this.#stage.arena.scratch
    if (this.#words.buffer !== buffer) this.#words = new Int32Array(buffer)
    return this.#words
  }

  /**
   * Lets the kernel read records [from, to) into the stage's rows from its next one on. At most batchRowsMax records.
   * @returns the first record that it left to the plain reader, or `to`
   */
  run(kernel: RecordKernel, records: RecordColumns, from: number, to: number): number {
    if (this.#pause > 0) {
      this.#pause--
      return from
    }
    if (this.#records !== records || from < this.#from || to > this.#to || kernel.overrun > this.#overrun) {
      if (!this.#place(records, from, to, kernel.overrun)) return from
    }
    const next = kernel.run(from - this.#from, to - this.#from, this.#stage.rows) + this.#from
    if (next > from) this.#lastPause = 0
    else this.#pause = this.#lastPause = Math.min(pauseMax, this.#lastPause * 2 + 1)
    return next
  }

  #place(records: RecordColumns, from: number, to: number, overrun: number): boolean {
    const { valueStart, valueLength, bytes } = records
    let first = bytes.length
    let last = 0
    for (let i = from; i < to; i++) {
      const size = valueLength[i]!
      if (size < 0) continue
      const start = valueStart[i]!
      if (start < first) first = start
      if (start + size > last) last = start + size
    }
    if (last - first <= 0 || last - first > kernelInputMax) return false
    const { arena } = this.#stage
    const at = arena.allocate(last - first + overrun)
    const { buffer } = arena.scratch
    new Uint8Array(buffer, at, last - first).set(bytes.subarray(first, last))
    const words = this.words()
    const starts = startsAt >> 2
    const lengths = lengthsAt >> 2
    for (let i = from; i < to; i++) {
      words[starts + i - from] = valueStart[i]! - first + at
      words[lengths + i - from] = valueLength[i]!
    }
    this.#records = records
    this.#from = from
    this.#to = to
    this.#overrun = overrun
    return true
  }
}
