// MIN, MAX, FIRST_VALUE and LAST_VALUE. Over inserts alone one value a group is enough; over retractions MIN and MAX keep
// every value with its count, sorted, since the next one must be found when the first goes. NULLs do not count.
import { assert, type ByteReader, type ByteWriter } from '../../base/index.ts'
import {
  isNull,
  layoutOf,
  valueAt,
  type Batch,
  type ColumnBuilder,
  type Layout,
  type LogicalType,
  type Value,
} from '../../model/index.ts'
import type { AggregateCall } from '../../sql/index.ts'
import { compareBoxed, readBoxed, writeBoxed } from '../rows/boxed.ts'
import { grownTo, passes, type Accumulator } from './accumulators.ts'

export function createMinMax(call: AggregateCall, argument: LogicalType, retracts: boolean): Accumulator | undefined {
  const layout = layoutOf(argument)
  if (layout === 'list' || layout === 'map' || layout === 'struct' || layout === 'none') return undefined
  const wanted = call.name === 'MAX' ? 1 : -1
  if (retracts) return new SortedValues(call, layout, wanted)
  if (layout === 'int8' || layout === 'int16' || layout === 'int32' || layout === 'float32' || layout === 'float64')
    return new NumberExtreme(call, wanted)
  return new BoxedValue(call, layout, (old, value) => compareBoxed(value, old) * wanted > 0)
}

export function createFirstLast(call: AggregateCall, argument: LogicalType): Accumulator | undefined {
  const layout = layoutOf(argument)
  if (layout === 'list' || layout === 'map' || layout === 'struct' || layout === 'none') return undefined
  return new BoxedValue(call, layout, () => call.name === 'LAST_VALUE')
}

class NumberExtreme implements Accumulator {
  readonly #call: AggregateCall
  readonly #wanted: number
  #values = new Float64Array(0)
  #has = new Float64Array(0)
  constructor(call: AggregateCall, wanted: number) {
    this.#call = call
    this.#wanted = wanted
  }
  ensure(capacity: number): void {
    this.#values = grownTo(this.#values, capacity)
    this.#has = grownTo(this.#has, capacity)
  }
  reset(entry: number): void {
    this.#has[entry] = 0
  }
  apply(batch: Batch, entries: Int32Array, signs: Int8Array, from: number, to: number): void {
    const argument = batch.columns[this.#call.args[0]!]!
    const filter = this.#call.filter === null ? null : batch.columns[this.#call.filter]!
    const lanes = argument.values as Float64Array
    const wanted = this.#wanted
    for (let r = from; r < to; r++) {
      const entry = entries[r]!
      if (entry < 0 || isNull(argument, r) || !passes(filter, r)) continue
      assert(signs[r]! > 0, 'the input of this aggregate has inserts only')
      if (this.#has[entry] === 1 && (lanes[r]! - this.#values[entry]!) * wanted <= 0) continue
      this.#values[entry] = lanes[r]!
      this.#has[entry] = 1
    }
  }
  append(entry: number, builder: ColumnBuilder): void {
    if (this.#has[entry] === 0) builder.appendNull()
    else builder.appendNumber(this.#values[entry]!)
  }
  encode(entry: number, writer: ByteWriter): void {
    writer.uint8(this.#has[entry]!)
    if (this.#has[entry] === 1) writer.float64(this.#values[entry]!)
  }
  decode(entry: number, reader: ByteReader): void {
    this.#has[entry] = reader.uint8()
    if (this.#has[entry] === 1) this.#values[entry] = reader.float64()
  }
}

/** One value a group, replaced when `takes` says so. */
class BoxedValue implements Accumulator {
  readonly #call: AggregateCall
  readonly #layout: Layout
  readonly #takes: (old: Value, value: Value) => boolean
  readonly #values: Value[] = []
  constructor(call: AggregateCall, layout: Layout, takes: (old: Value, value: Value) => boolean) {
    this.#call = call
    this.#layout = layout
    this.#takes = takes
  }
  ensure(capacity: number): void {
    while (this.#values.length < capacity) this.#values.push(null)
  }
  reset(entry: number): void {
    this.#values[entry] = null
  }
  apply(batch: Batch, entries: Int32Array, signs: Int8Array, from: number, to: number): void {
    const argument = batch.columns[this.#call.args[0]!]!
    const filter = this.#call.filter === null ? null : batch.columns[this.#call.filter]!
    for (let r = from; r < to; r++) {
      const entry = entries[r]!
      if (entry < 0 || isNull(argument, r) || !passes(filter, r)) continue
      assert(signs[r]! > 0, 'the input of this aggregate has inserts only')
      const value = valueAt(argument, r)
      const old = this.#values[entry]!
      if (old === null || this.#takes(old, value)) this.#values[entry] = value
    }
  }
  append(entry: number, builder: ColumnBuilder): void {
    builder.appendValue(this.#values[entry]!)
  }
  encode(entry: number, writer: ByteWriter): void {
    const value = this.#values[entry]!
    writer.uint8(value === null ? 0 : 1)
    if (value !== null) writeBoxed(writer, this.#layout, value)
  }
  decode(entry: number, reader: ByteReader): void {
    this.#values[entry] = reader.uint8() === 0 ? null : readBoxed(reader, this.#layout)
  }
}

/** Every value of a group with its count, ascending. Insertion is O(values of the group). */
class SortedValues implements Accumulator {
  readonly #call: AggregateCall
  readonly #layout: Layout
  readonly #wanted: number
  readonly #values: Value[][] = []
  readonly #counts: number[][] = []
  constructor(call: AggregateCall, layout: Layout, wanted: number) {
    this.#call = call
    this.#layout = layout
    this.#wanted = wanted
  }
  ensure(capacity: number): void {
    while (this.#values.length < capacity) {
      this.#values.push([])
      this.#counts.push([])
    }
  }
  reset(entry: number): void {
    this.#values[entry] = []
    this.#counts[entry] = []
  }
  apply(batch: Batch, entries: Int32Array, signs: Int8Array, from: number, to: number): void {
    const argument = batch.columns[this.#call.args[0]!]!
    const filter = this.#call.filter === null ? null : batch.columns[this.#call.filter]!
    for (let r = from; r < to; r++) {
      const entry = entries[r]!
      if (entry >= 0 && !isNull(argument, r) && passes(filter, r)) this.#change(entry, valueAt(argument, r), signs[r]!)
    }
  }
  #change(entry: number, value: Value, by: number): void {
    const values = this.#values[entry]!
    const counts = this.#counts[entry]!
    let low = 0
    let high = values.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (compareBoxed(values[middle]!, value) < 0) low = middle + 1
      else high = middle
    }
    if (low < values.length && compareBoxed(values[low]!, value) === 0) {
      counts[low]! += by
      // A retraction may come before its insert within one batch of a join: counts may be negative for a moment.
      if (counts[low] === 0) {
        values.splice(low, 1)
        counts.splice(low, 1)
      }
    } else {
      values.splice(low, 0, value)
      counts.splice(low, 0, by)
    }
  }
  append(entry: number, builder: ColumnBuilder): void {
    const values = this.#values[entry]!
    const counts = this.#counts[entry]!
    const last = values.length - 1
    for (let i = 0; i <= last; i++) {
      const at = this.#wanted > 0 ? last - i : i
      if (counts[at]! > 0) return builder.appendValue(values[at]!)
    }
    builder.appendNull()
  }
  encode(entry: number, writer: ByteWriter): void {
    const values = this.#values[entry]!
    writer.uvarint(values.length)
    for (let i = 0; i < values.length; i++) {
      writeBoxed(writer, this.#layout, values[i]!)
      writer.varint(this.#counts[entry]![i]!)
    }
  }
  decode(entry: number, reader: ByteReader): void {
    this.reset(entry)
    const count = reader.uvarint()
    for (let i = 0; i < count; i++) {
      this.#values[entry]!.push(readBoxed(reader, this.#layout))
      this.#counts[entry]!.push(reader.varint())
    }
  }
}
