// Values that are JSON objects, one row each: the plain reader, and kernels that learn the writers' way from its records.
import type { ChangeKind, RecordColumns, Schema } from '../../model/index.ts'
import { asDamage } from '../damage.ts'
import type { Stage } from '../stage.ts'
import type { KernelRuns } from '../wasm/input.ts'
import type { RecordKernel } from '../wasm/record-kernel.ts'
import { compileJsonKernel, learnTemplate, strayedAt } from './kernel.ts'
import { JsonRowReader } from './read.ts'

/** Another template is learned when half of so many records were not as the old one has them; not for ever. */
const strayedMin = 512
const learningsMax = 4

export class JsonRecordReader {
  readonly #rows: JsonRowReader
  readonly #stage: Stage
  readonly #columns: Schema
  readonly #kind: ChangeKind
  readonly #kernelAfter: number
  #count = 0
  /** Undefined until it is compiled; null: only the plain reader can. */
  #kernel: RecordKernel | null | undefined
  #learnings = 0
  #runRecords = 0
  #strayed = 0

  constructor(columns: Schema, stage: Stage, kind: ChangeKind, kernelAfter: number) {
    this.#rows = new JsonRowReader(columns, stage, { numericTimes: false })
    this.#stage = stage
    this.#columns = columns
    this.#kind = kind
    this.#kernelAfter = kernelAfter
  }

  read(bytes: Uint8Array, from: number, to: number): number {
    const { rows, kinds } = this.#stage
    this.#count++
    this.#rows.read(bytes, from, to, rows)
    kinds[rows] = this.#kind
    return 1
  }

  run(runs: KernelRuns, records: RecordColumns, from: number, to: number): number {
    if (this.#kernel === null || records.valueLength[from]! < 0) return from
    if (this.#kernel === undefined || this.#strayed > Math.max(strayedMin, this.#runRecords / 2)) {
      if (this.#count < this.#kernelAfter) return from
      if (!this.#learn(records, from)) return from
    }
    const { kinds, rows } = this.#stage
    const words = runs.words()
    words[strayedAt >> 2] = 0
    const next = runs.run(this.#kernel!, records, from, to)
    this.#strayed += runs.words()[strayedAt >> 2]!
    this.#runRecords += next - from
    kinds.fill(this.#kind, rows, rows + next - from)
    return next
  }

  #learn({ bytes, valueStart, valueLength }: RecordColumns, index: number): boolean {
    this.#strayed = this.#runRecords = 0
    // What comes in any order is read in any order: learning on would not help.
    if (this.#learnings >= learningsMax) return true
    const start = valueStart[index]!
    try {
      const template = learnTemplate(this.#columns, bytes, start, start + valueLength[index]!)
      this.#learnings++
      this.#kernel = compileJsonKernel(this.#columns, this.#stage, template)
    } catch (error) {
      // A damaged record teaches nothing; it is refused in its turn.
      asDamage(error)
      return this.#kernel !== undefined
    }
    return this.#kernel !== null
  }
}
