// The aggregates of one operator together: built from the plan's calls, stored side by side in the group's entry.
import { MillraceError, type ByteReader, type ByteWriter } from '../../base/index.ts'
import type { Batch, ColumnBuilder, Schema } from '../../model/index.ts'
import type { AggregateCall } from '../../sql/index.ts'
import { createAccumulator, grownTo, type Accumulator } from './accumulators.ts'
import { Distinct } from './distinct.ts'
import type { OperatorContext } from './operator.ts'

export interface AggregatesOptions {
  readonly calls: readonly AggregateCall[]
  readonly input: Schema
  readonly keys: readonly number[]
  /** The operator's slot; DISTINCT sets get `<slot>/<call's slot>`. */
  readonly slot: string
  readonly retracts: boolean
  readonly windowed: boolean
  readonly context: OperatorContext
}

export class Aggregates {
  readonly #all: readonly Accumulator[]
  readonly #distinct: readonly Distinct[]
  /** Rows of each group: inserts minus retractions. */
  counts = new Float64Array(0)

  /** Throws MR-ENGINE-008 for a call that is not run here. */
  constructor(options: AggregatesOptions) {
    const distinct: Distinct[] = []
    this.#all = options.calls.map((call, i) => {
      // MIN and MAX are the same with and without DISTINCT.
      const needsSet = call.distinct && call.name !== 'MIN' && call.name !== 'MAX'
      const inner = createAccumulator(needsSet ? { ...call, filter: null } : call, options.input, options.retracts)
      if (!inner || (needsSet && call.args.length !== 1)) throw notRun(call, options)
      if (!needsSet) return inner
      const { input, keys, context, windowed } = options
      const wrapped = new Distinct({
        call,
        inner,
        input,
        keys,
        context,
        windowed,
        slotId: `${options.slot}/${call.slot || i}`,
      })
      distinct.push(wrapped)
      return wrapped
    })
    this.#distinct = distinct
  }

  ensure(capacity: number): void {
    this.counts = grownTo(this.counts, capacity)
    for (const each of this.#all) each.ensure(capacity)
  }
  reset(entry: number): void {
    this.counts[entry] = 0
    for (const each of this.#all) each.reset(entry)
  }
  /** Applies rows [from, to); counts are the operator's to keep. @param windowEnds per row, for windowed operators */
  apply(
    batch: Batch,
    entries: Int32Array,
    signs: Int8Array,
    from: number,
    to: number,
    windowEnds?: Float64Array,
  ): void {
    for (const each of this.#distinct) each.windowEnds = windowEnds
    for (const each of this.#all) each.apply(batch, entries, signs, from, to)
  }
  /** Appends the results to builders[first …]. */
  append(entry: number, builders: readonly ColumnBuilder[], first: number): void {
    for (let i = 0; i < this.#all.length; i++) this.#all[i]!.append(entry, builders[first + i]!)
  }
  dropWindow(windowEnd: number): void {
    for (const each of this.#distinct) each.dropWindow(windowEnd)
  }
  encode(entry: number, writer: ByteWriter): void {
    writer.int64FromNumber(this.counts[entry]!)
    for (const each of this.#all) each.encode(entry, writer)
  }
  decode(entry: number, reader: ByteReader): void {
    this.counts[entry] = reader.int64AsNumber()
    for (const each of this.#all) each.decode(entry, reader)
  }
}

function notRun(call: AggregateCall, options: AggregatesOptions): MillraceError {
  const over = options.retracts ? ' over changes that are taken back' : ''
  return new MillraceError('MR-ENGINE-008', {
    details: {
      pipeline: options.context.pipeline,
      what: `${call.name}${call.distinct ? ' DISTINCT' : ''}${over}`,
      instead: 'Use COUNT, SUM, AVG, MIN or MAX over plain columns.',
    },
  })
}
