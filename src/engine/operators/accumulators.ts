// Accumulators: one aggregate call over the groups of an operator, values in typed arrays by group entry. Each takes a whole
// batch with the group of every row. 64- and 128-bit sums are kept in 32-bit words: no BigInt per row.
// Results follow Flink: SUM and AVG keep the argument's type (integers wrap, AVG truncates), decimals are exact and NULL when
// they exceed 38 digits, NULLs do not count, an aggregate over nothing but NULLs is NULL.
import type { ByteReader, ByteWriter } from '../../base/index.ts'
import {
  isNull,
  type Batch,
  type Column,
  type ColumnBuilder,
  type LogicalType,
  type Schema,
} from '../../model/index.ts'
import type { AggregateCall } from '../../sql/index.ts'
import { createFirstLast, createMinMax } from './min-max.ts'

export interface Accumulator {
  ensure(capacity: number): void
  /** The entry starts empty. */
  reset(entry: number): void
  /** Rows [from, to): entries[r] is the row's group or -1 (not counted), signs[r] is 1 or -1. */
  apply(batch: Batch, entries: Int32Array, signs: Int8Array, from: number, to: number): void
  /** Appends the result. */
  append(entry: number, builder: ColumnBuilder): void
  encode(entry: number, writer: ByteWriter): void
  decode(entry: number, reader: ByteReader): void
}

/** @param retracts the input has -U or -D @returns undefined when this combination is not run here */
export function createAccumulator(call: AggregateCall, input: Schema, retracts: boolean): Accumulator | undefined {
  const argument = call.args.length > 0 ? input.fields[call.args[0]!]!.type : null
  if (call.args.length > 1) return undefined
  if (call.name === 'COUNT') return new Count(call)
  if (!argument) return undefined
  switch (call.name) {
    case 'SUM':
      return isFloat(argument)
        ? new FloatSum(call, false)
        : isExact(argument)
          ? new ExactSum(call, argument, false)
          : undefined
    case 'AVG':
      return isFloat(argument)
        ? new FloatSum(call, true)
        : isExact(argument)
          ? new ExactSum(call, argument, true)
          : undefined
    case 'MIN':
    case 'MAX':
      return createMinMax(call, argument, retracts)
    case 'FIRST_VALUE':
    case 'LAST_VALUE':
      return retracts ? undefined : createFirstLast(call, argument)
  }
}

const isFloat = (type: LogicalType): boolean => type.kind === 'FLOAT' || type.kind === 'DOUBLE'
const isExact = (type: LogicalType): boolean => ['TINYINT', 'SMALLINT', 'INT', 'BIGINT', 'DECIMAL'].includes(type.kind)

/** True when the row counts for the call: its filter is TRUE. */
export function passes(filter: Column | null, row: number): boolean {
  return (
    filter === null || (!isNull(filter, row) && ((filter.values as Uint8Array)[row >> 3]! & (1 << (row & 7))) !== 0)
  )
}

export function grownTo<T extends Float64Array | Int32Array>(old: T, size: number): T {
  if (old.length >= size) return old
  const grown = new (old.constructor as { new (n: number): T })(size)
  grown.set(old)
  return grown
}

class Count implements Accumulator {
  readonly #call: AggregateCall
  #counts = new Float64Array(0)
  constructor(call: AggregateCall) {
    this.#call = call
  }
  ensure(capacity: number): void {
    this.#counts = grownTo(this.#counts, capacity)
  }
  reset(entry: number): void {
    this.#counts[entry] = 0
  }
  apply(batch: Batch, entries: Int32Array, signs: Int8Array, from: number, to: number): void {
    const argument = this.#call.args.length > 0 ? batch.columns[this.#call.args[0]!]! : null
    const filter = this.#call.filter === null ? null : batch.columns[this.#call.filter]!
    const counts = this.#counts
    for (let r = from; r < to; r++) {
      const entry = entries[r]!
      if (entry >= 0 && passes(filter, r) && (argument === null || !isNull(argument, r))) counts[entry]! += signs[r]!
    }
  }
  append(entry: number, builder: ColumnBuilder): void {
    builder.appendBigInt(BigInt(this.#counts[entry]!))
  }
  encode(entry: number, writer: ByteWriter): void {
    writer.int64FromNumber(this.#counts[entry]!)
  }
  decode(entry: number, reader: ByteReader): void {
    this.#counts[entry] = reader.int64AsNumber()
  }
}

/** SUM and AVG of FLOAT and DOUBLE. */
class FloatSum implements Accumulator {
  readonly #call: AggregateCall
  readonly #average: boolean
  #sums = new Float64Array(0)
  #counts = new Float64Array(0)
  constructor(call: AggregateCall, average: boolean) {
    this.#call = call
    this.#average = average
  }
  ensure(capacity: number): void {
    this.#sums = grownTo(this.#sums, capacity)
    this.#counts = grownTo(this.#counts, capacity)
  }
  reset(entry: number): void {
    this.#sums[entry] = 0
    this.#counts[entry] = 0
  }
  apply(batch: Batch, entries: Int32Array, signs: Int8Array, from: number, to: number): void {
    const argument = batch.columns[this.#call.args[0]!]!
    const filter = this.#call.filter === null ? null : batch.columns[this.#call.filter]!
    const lanes = argument.values as Float64Array
    // AVG of FLOAT sums in DOUBLE; SUM of FLOAT stays FLOAT.
    const single = argument.layout === 'float32' && !this.#average
    for (let r = from; r < to; r++) {
      const entry = entries[r]!
      if (entry < 0 || isNull(argument, r) || !passes(filter, r)) continue
      const sign = signs[r]!
      const sum = this.#sums[entry]! + sign * lanes[r]!
      this.#sums[entry] = single ? Math.fround(sum) : sum
      this.#counts[entry]! += sign
      // Nothing is left: no rounding error either.
      if (this.#counts[entry] === 0) this.#sums[entry] = 0
    }
  }
  append(entry: number, builder: ColumnBuilder): void {
    const count = this.#counts[entry]!
    if (count === 0) builder.appendNull()
    else builder.appendNumber(this.#average ? this.#sums[entry]! / count : this.#sums[entry]!)
  }
  encode(entry: number, writer: ByteWriter): void {
    writer.float64(this.#sums[entry]!)
    writer.int64FromNumber(this.#counts[entry]!)
  }
  decode(entry: number, reader: ByteReader): void {
    this.#sums[entry] = reader.float64()
    this.#counts[entry] = reader.int64AsNumber()
  }
}

/** SUM and AVG of integers and decimals: 128 bits in four words, low first. */
class ExactSum implements Accumulator {
  readonly #call: AggregateCall
  readonly #argument: LogicalType
  readonly #average: boolean
  #words = new Int32Array(0)
  #counts = new Float64Array(0)
  constructor(call: AggregateCall, argument: LogicalType, average: boolean) {
    this.#call = call
    this.#argument = argument
    this.#average = average
  }
  ensure(capacity: number): void {
    this.#words = grownTo(this.#words, capacity * 4)
    this.#counts = grownTo(this.#counts, capacity)
  }
  reset(entry: number): void {
    this.#words.fill(0, entry * 4, entry * 4 + 4)
    this.#counts[entry] = 0
  }
  apply(batch: Batch, entries: Int32Array, signs: Int8Array, from: number, to: number): void {
    const argument = batch.columns[this.#call.args[0]!]!
    const filter = this.#call.filter === null ? null : batch.columns[this.#call.filter]!
    const words = this.#words
    const lanes = argument.values as Int32Array
    const perRow = argument.layout === 'int128' ? 4 : argument.layout === 'int64' ? 2 : 1
    const halves = perRow > 1 ? new Int32Array(lanes.buffer, lanes.byteOffset, lanes.byteLength >> 2) : lanes
    for (let r = from; r < to; r++) {
      const entry = entries[r]!
      if (entry < 0 || isNull(argument, r) || !passes(filter, r)) continue
      const at = r * perRow
      const w0 = halves[at]!
      const w1 = perRow > 1 ? halves[at + 1]! : w0 >> 31
      const w2 = perRow > 2 ? halves[at + 2]! : w1 >> 31
      const w3 = perRow > 2 ? halves[at + 3]! : w1 >> 31
      if (signs[r]! > 0) add128(words, entry * 4, w0, w1, w2, w3, 0)
      // a - b is a + ~b + 1.
      else add128(words, entry * 4, ~w0, ~w1, ~w2, ~w3, 1)
      this.#counts[entry]! += signs[r]!
    }
  }
  append(entry: number, builder: ColumnBuilder): void {
    const count = this.#counts[entry]!
    if (count === 0) return builder.appendNull()
    const sum = read128(this.#words, entry * 4)
    const { type } = this.#call
    if (type.kind === 'DECIMAL') {
      const scale = this.#argument.kind === 'DECIMAL' ? this.#argument.scale : 0
      const value = this.#average
        ? divideHalfUp(sum * 10n ** BigInt(type.scale - scale), BigInt(count))
        : sum * 10n ** BigInt(type.scale - scale)
      const limit = 10n ** BigInt(type.precision)
      if (value >= limit || value <= -limit) builder.appendNull()
      else builder.appendBigInt(value)
      return
    }
    const bits = { TINYINT: 8, SMALLINT: 16, INT: 32 }[type.kind as string] ?? 64
    // AVG's sum is BIGINT whatever the argument; the quotient truncates.
    const value = BigInt.asIntN(bits, this.#average ? BigInt.asIntN(64, sum) / BigInt(count) : sum)
    if (bits === 64) builder.appendBigInt(value)
    else builder.appendNumber(Number(value))
  }
  encode(entry: number, writer: ByteWriter): void {
    for (let i = 0; i < 4; i++) writer.int32(this.#words[entry * 4 + i]!)
    writer.int64FromNumber(this.#counts[entry]!)
  }
  decode(entry: number, reader: ByteReader): void {
    for (let i = 0; i < 4; i++) this.#words[entry * 4 + i] = reader.int32()
    this.#counts[entry] = reader.int64AsNumber()
  }
}

function add128(words: Int32Array, at: number, w0: number, w1: number, w2: number, w3: number, carry: number): void {
  const s0 = (words[at]! >>> 0) + (w0 >>> 0) + carry
  const s1 = (words[at + 1]! >>> 0) + (w1 >>> 0) + (s0 > 4294967295 ? 1 : 0)
  const s2 = (words[at + 2]! >>> 0) + (w2 >>> 0) + (s1 > 4294967295 ? 1 : 0)
  const s3 = (words[at + 3]! >>> 0) + (w3 >>> 0) + (s2 > 4294967295 ? 1 : 0)
  words[at] = s0 | 0
  words[at + 1] = s1 | 0
  words[at + 2] = s2 | 0
  words[at + 3] = s3 | 0
}

function read128(words: Int32Array, at: number): bigint {
  // Small sums, which most are, need no 128-bit arithmetic.
  const w1 = words[at + 1]!
  if (words[at + 2] === w1 >> 31 && words[at + 3] === w1 >> 31)
    return BigInt(w1) * 4294967296n + BigInt(words[at]! >>> 0)
  let value = BigInt(words[at + 3]!)
  for (let i = 2; i >= 0; i--) value = (value << 32n) | BigInt(words[at + i]! >>> 0)
  return value
}

function divideHalfUp(a: bigint, b: bigint): bigint {
  const q = a / b
  const rest = a % b
  const twice = (rest < 0n ? -rest : rest) * 2n
  return twice >= (b < 0n ? -b : b) ? q + (a < 0n !== b < 0n ? -1n : 1n) : q
}
