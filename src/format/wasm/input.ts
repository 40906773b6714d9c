// Hands records to kernels: their bytes are copied into the scratch memory once per run, with where each value lies.
import type { RecordColumns } from '../../model/index.ts'
import type { Stage } from '../stage.ts'
import type { RecordKernel } from './record-kernel.ts'
import { kernelInputMax, kindsAt, lengthsAt, rowRecordsAt, rowsAt, startsAt } from './scratch.ts'

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

  #rowsBefore = 0
  #rowLimit = 0
  readonly #rowRecord: Int32Array

  /** @param rowRecord Int32: for each row of the batch, the record it came from */
  constructor(stage: Stage, rowRecord: Int32Array) {
    this.#stage = stage
    this.#rowRecord = rowRecord
  }

  /**
   * Before records of another call: nothing is placed.
   * @param rowsBefore rows that the batch has before the stage's; @param rowLimit rows that the stage may take
   */
  begin(rowsBefore: number, rowLimit: number): void {
    this.#records = null
    this.#rowsBefore = rowsBefore
    this.#rowLimit = rowLimit
  }

  /** The memory as 32-bit words, for results that kernels leave in it. */
  words(): Int32Array {
    const { buffer } = this.#stage.arena.scratch
    if (this.#words.buffer !== buffer) this.#words = new Int32Array(buffer)
    return this.#words
  }

  /**
   * Lets the kernel read records [from, to) into the stage's rows from its next one on, below `rowLimit`. At most batchRowsMax
   * records. The rows are counted, and the record of each is in rowRecord from `at` on.
   * @returns the first record that it left to the plain reader, or `to`
   */
  run(kernel: RecordKernel, records: RecordColumns, from: number, to: number, kind: number): number {
    if (this.#pause > 0) {
      this.#pause--
      return from
    }
    if (this.#records !== records || from < this.#from || to > this.#to || kernel.overrun > this.#overrun) {
      if (!this.#place(records, from, to, kernel.overrun)) return from
    }
    const { rows, kinds } = this.#stage
    const next = kernel.run(from - this.#from, to - this.#from, rows, this.#rowLimit) + this.#from
    if (kernel.oneRowEach) {
      kinds.fill(kind, rows, rows + next - from)
      for (let i = from; i < next; i++) this.#rowRecord[this.#rowsBefore + rows + i - from] = i
      this.#stage.rows += next - from
    } else this.#takeRows()
    if (next > from) this.#lastPause = 0
    else this.#pause = this.#lastPause = Math.min(pauseMax, this.#lastPause * 2 + 1)
    return next
  }

  /** Rows of records that are changes, with their kinds. */
  #takeRows(): void {
    const { kinds, rows, arena } = this.#stage
    const words = this.words()
    const count = words[rowsAt >> 2]!
    kinds.set(new Uint8Array(arena.scratch.buffer, kindsAt, count), rows)
    for (let i = 0; i < count; i++)
      this.#rowRecord[this.#rowsBefore + rows + i] = words[(rowRecordsAt >> 2) + i]! + this.#from
    this.#stage.rows += count
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
    if (!arena.fits(last - first + overrun)) return false
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
