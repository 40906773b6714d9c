// DISTINCT: an aggregate that sees a value of a group once, however often it comes. The values lie in a slot of their own,
// keyed by group and value, with the count of each; only a count's way from 0 to 1 and back reaches the inner accumulator.
import type { ByteReader, ByteWriter } from '../../base/index.ts'
import { isNull, type Batch, type ColumnBuilder, type Schema } from '../../model/index.ts'
import type { AggregateCall } from '../../sql/index.ts'
import { createKeyEncoder, suffixOf, type KeyEncoder, type KeyRows } from '../rows/binary-row.ts'
import type { StateSlot, Steps } from '../state/index.ts'
import { grownTo, passes, type Accumulator } from './accumulators.ts'
import { forgetGroups } from './forget-groups.ts'
import type { OperatorContext } from './operator.ts'

export class Distinct implements Accumulator {
  readonly #call: AggregateCall
  readonly #inner: Accumulator
  readonly #keys: KeyEncoder
  readonly #slot: StateSlot
  readonly #windowed: boolean
  /** Entries by window end, so that a window's values go with it. */
  readonly #byWindow = new Map<number, number[]>()
  #counts = new Float64Array(0)
  #entries = new Int32Array(0)
  /** Keys of the batch at hand: apply is called for each part of it. */
  #encoded: { readonly batch: Batch; readonly keys: KeyRows } | undefined
  /** Window end per row; set before apply. */
  windowEnds: Float64Array | undefined

  /** @param options.inner computes without the filter and DISTINCT, which are applied here */
  constructor(options: {
    call: AggregateCall
    inner: Accumulator
    input: Schema
    keys: readonly number[]
    slotId: string
    context: OperatorContext
    windowed: boolean
  }) {
    const { call, input, windowed } = options
    this.#call = call
    this.#inner = options.inner
    this.#windowed = windowed
    this.#keys = createKeyEncoder(
      input.fields.map((f) => f.type),
      [options.keys, call.args],
      windowed,
    )
    const keySchema = { fields: options.keys.map((key) => input.fields[key]!) }
    this.#slot = options.context.openSlot(options.slotId, 1, {
      ensure: (capacity) => void (this.#counts = grownTo(this.#counts, capacity)),
      reset: (entry) => void (this.#counts[entry] = 0),
      encode: (entry, writer) => writer.int64FromNumber(this.#counts[entry]!),
      decode: (entry, reader) => void (this.#counts[entry] = reader.int64AsNumber()),
      restored: (slot) => this.#indexAll(slot),
      forget: (slot, erasure) => this.#forget(forgetGroups(slot, erasure, keySchema), slot),
    })
  }

  *#forget(groups: Steps, slot: StateSlot): Steps {
    yield* groups
    this.#byWindow.clear()
    this.#indexAll(slot)
  }

  #indexAll(slot: StateSlot): void {
    if (!this.#windowed) return
    const { table } = slot
    slot.forEach((entry) => this.#index(entry, suffixOf(table.words, table.starts[entry]! + table.lengths[entry]!)))
  }

  #index(entry: number, windowEnd: number): void {
    const list = this.#byWindow.get(windowEnd)
    if (list) list.push(entry)
    else this.#byWindow.set(windowEnd, [entry])
  }

  ensure(capacity: number): void {
    this.#inner.ensure(capacity)
  }
  reset(entry: number): void {
    this.#inner.reset(entry)
  }

  apply(batch: Batch, entries: Int32Array, signs: Int8Array, from: number, to: number): void {
    if (this.#encoded?.batch !== batch) this.#encoded = { batch, keys: this.#keys.encode(batch, this.windowEnds) }
    const { keys } = this.#encoded
    const argument = batch.columns[this.#call.args[0]!]!
    const filter = this.#call.filter === null ? null : batch.columns[this.#call.filter]!
    const slot = this.#slot
    this.#entries = grownTo(this.#entries, batch.rowCount)
    const counted = this.#entries
    for (let r = from; r < to; r++) {
      counted[r] = -1
      if (entries[r]! < 0 || isNull(argument, r) || !passes(filter, r)) continue
      const entry = slot.findOrAdd(keys, r)
      if (slot.added && this.#windowed) this.#index(entry, this.windowEnds![r]!)
      slot.touch(entry)
      const before = this.#counts[entry]!
      const after = before + signs[r]!
      this.#counts[entry] = after
      if ((before <= 0 && after > 0) || (before > 0 && after <= 0)) counted[r] = entries[r]!
      if (after === 0 && !this.#windowed) slot.remove(entry)
    }
    this.#inner.apply(batch, counted, signs, from, to)
  }

  /** The window has fired: its values are forgotten. */
  dropWindow(windowEnd: number): void {
    const list = this.#byWindow.get(windowEnd)
    if (!list) return
    for (const entry of list) if (this.#slot.isLive(entry)) this.#slot.remove(entry)
    this.#byWindow.delete(windowEnd)
  }

  append(entry: number, builder: ColumnBuilder): void {
    this.#inner.append(entry, builder)
  }
  encode(entry: number, writer: ByteWriter): void {
    this.#inner.encode(entry, writer)
  }
  decode(entry: number, reader: ByteReader): void {
    this.#inner.decode(entry, reader)
  }
}
