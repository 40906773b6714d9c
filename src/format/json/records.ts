// Values that are JSON objects, one row each, alone or framed by the registry's serializers: the plain reader, and kernels
// that learn the writers' way from its records.
import type { ChangeKind, RecordColumns, Schema, SchemaIds } from '../../model/index.ts'
import { asDamage, RecordDamage } from '../damage.ts'
import { endOfFrames, Frame } from '../frames.ts'
import { formatLimits } from '../limits.ts'
import type { Stage } from '../stage.ts'
import type { KernelRuns } from '../wasm/input.ts'
import type { RecordKernel } from '../wasm/record-kernel.ts'
import { compileJsonKernel, strayedAt } from './kernel.ts'
import { JsonRowReader, type JsonTimes } from './read.ts'
import { learnTemplate } from './template.ts'

/** Another template is learned when half of so many records were not as the old one has them; not for ever. */
const strayedMin = 512
const learningsMax = 4

export interface JsonRecordOptions {
  readonly kind: ChangeKind
  /** Records that are read plainly before a kernel is compiled. */
  readonly kernelAfter: number
  /** Where values are framed and their schemas known; null: they are bare JSON with times in text. */
  readonly schemaIds: SchemaIds | null
}

/** What reads the records of one frame size. */
interface Learned {
  /** Null: only the plain reader can. */
  readonly kernel: RecordKernel | null
  records: number
  strayed: number
}

export class JsonRecordReader {
  readonly #rows: JsonRowReader
  readonly #stage: Stage
  readonly #columns: Schema
  readonly #options: JsonRecordOptions
  readonly #times: JsonTimes
  readonly #frame = new Frame()
  /** Frames whose schema was found, and is JSON. */
  readonly #known = new Set<number | string>()
  readonly #learned = new Map<number, Learned>()
  #count = 0
  #learnings = 0

  constructor(columns: Schema, stage: Stage, options: JsonRecordOptions) {
    this.#times = options.schemaIds ? 'connect' : 'text'
    this.#rows = new JsonRowReader(columns, stage, { times: this.#times })
    this.#stage = stage
    this.#columns = columns
    this.#options = options
  }

  read(bytes: Uint8Array, from: number, to: number, records: RecordColumns, index: number): number {
    const frameBytes = this.#frameBytes(records, index)
    const { rows, kinds } = this.#stage
    this.#count++
    this.#rows.read(bytes, from + frameBytes, to, rows)
    kinds[rows] = this.#options.kind
    return 1
  }

  /** Bytes of the frame, whose schema is known. Throws RecordDamage. */
  #frameBytes(records: RecordColumns, index: number): number {
    const { schemaIds } = this.#options
    if (!schemaIds) return 0
    const frame = this.#frame.read(records, index)
    if (this.#known.has(frame.key)) return frame.size
    const at = records.valueStart[index]! + (frame.inHeader ? 0 : 1)
    const { id, guid } = frame
    const schema = guid === '' ? schemaIds.byId(id) : schemaIds.byGuid?.(guid)
    if (!schema)
      throw new RecordDamage('MR-FORMAT-004', `no schema has the ${guid === '' ? `id ${id}` : `guid ${guid}`}`, at)
    if (schema.type !== 'JSON')
      throw new RecordDamage('MR-FORMAT-005', `schema ${schema.id} is ${schema.type}, not JSON`, at)
    if (this.#known.size >= formatLimits.readersMax) this.#known.clear()
    this.#known.add(frame.key)
    return frame.size
  }

  run(runs: KernelRuns, records: RecordColumns, from: number, to: number): number {
    if (this.#count < this.#options.kernelAfter || records.valueLength[from]! < 0) return from
    try {
      const frameBytes = this.#frameBytes(records, from)
      const learned = this.#kernelFor(records, from, frameBytes)
      if (!learned.kernel) return from
      const end = this.#options.schemaIds ? endOfSameFrames(records, from, to, frameBytes) : to
      return this.#run(runs, learned, learned.kernel, records, from, end)
    } catch (error) {
      // The plain reader says so in its turn, and a damaged record teaches nothing.
      asDamage(error)
      return from
    }
  }

  #run(
    runs: KernelRuns,
    learned: Learned,
    kernel: RecordKernel,
    records: RecordColumns,
    from: number,
    to: number,
  ): number {
    runs.words()[strayedAt >> 2] = 0
    const next = runs.run(kernel, records, from, to, this.#options.kind)
    learned.strayed += runs.words()[strayedAt >> 2]!
    learned.records += next - from
    return next
  }

  #kernelFor(records: RecordColumns, index: number, frameBytes: number): Learned {
    const known = this.#learned.get(frameBytes)
    if (known && known.strayed <= Math.max(strayedMin, known.records / 2)) return known
    // What comes in any order is read in any order: learning on would not help.
    if (known && this.#learnings >= learningsMax) return known
    const start = records.valueStart[index]!
    const end = start + records.valueLength[index]!
    const template = learnTemplate(this.#columns, records.bytes, start + frameBytes, end)
    this.#learnings++
    const kernel = compileJsonKernel(this.#columns, this.#stage, { template, times: this.#times, frameBytes })
    const learned: Learned = { kernel, records: 0, strayed: 0 }
    this.#learned.set(frameBytes, learned)
    return learned
  }
}

/** The first record behind `from` that has not the same frame. */
function endOfSameFrames(records: RecordColumns, from: number, to: number, frameBytes: number): number {
  const { bytes, valueStart, valueLength } = records
  const end = endOfFrames(records, from, to)
  const first = valueStart[from]!
  for (let i = from + 1; i < end; i++) {
    if (valueLength[i]! < frameBytes) return i
    const at = valueStart[i]!
    for (let k = 0; k < frameBytes; k++) if (bytes[at + k] !== bytes[first + k]) return i
  }
  return end
}
