// What every operator is: it takes batches and watermarks on its ports and hands its own on, at once, without waiting. An
// epoch ends between two calls, so that all that an operator remembers lies in its slots: that is the barrier.
// Invariant: after watermark(w) an operator emits w only when all that w makes final was emitted.
import { MillraceError } from '../../base/index.ts'
import {
  BatchBuilder,
  batchRowsMax,
  changeKind,
  isNull,
  ticksPerSecond,
  type Batch,
  type ChangeKind,
  type Column,
  type LogicalType,
  type Schema,
  type WatermarkMs,
} from '../../model/index.ts'
import type { EntryCodec, KeyGroupRange, StateSlot } from '../state/index.ts'

/** Where changes go. Calls come in order; a watermark never falls. */
export interface Output {
  batch(batch: Batch): void
  /** @param ms rows at or below this time are complete; Infinity: the input has ended */
  watermark(ms: WatermarkMs): void
}

export type Counter = 'late'

/** What an operator's instance gets from its pipeline. */
export interface OperatorContext {
  readonly pipeline: string
  /** The key groups of this instance. */
  readonly range: KeyGroupRange
  /** False: every intermediate change is emitted, as Flink without mini-batch. */
  readonly consolidate: boolean
  /** Opens a slot. Two nodes that ask for the same id (a query that reads itself) get slots of their own. */
  openSlot(id: string, layoutVersion: number, codec: EntryCodec): StateSlot
  count(counter: Counter, by: number): void
  /** True while watermarks only say where the pipeline stood: nothing may be emitted. */
  isRecovering(): boolean
}

/** Milliseconds of each row's time, NaN where NULL. Fills `into` when it is large enough. */
export function timesMs(column: Column, rows: number, into: Float64Array): Float64Array {
  const out = into.length >= rows ? into : new Float64Array(Math.max(rows, batchRowsMax))
  const lanes = column.values as BigInt64Array
  const perMs = ticksPerSecond((column.type as { precision: number }).precision) / 1000
  const halves = new Int32Array(lanes.buffer, lanes.byteOffset, lanes.length * 2)
  for (let r = 0; r < rows; r++) {
    if (isNull(column, r)) out[r] = NaN
    // Nanoseconds exceed a double; milliseconds and microseconds of any sensible date do not.
    else if (perMs === 1e6) out[r] = Number(floorDivide(lanes[r]!, 1000000n))
    else {
      const ticks = halves[r * 2 + 1]! * 4294967296 + (halves[r * 2]! >>> 0)
      out[r] = perMs === 1 ? ticks : Math.floor(ticks / perMs)
    }
  }
  return out
}

function floorDivide(a: bigint, b: bigint): bigint {
  const q = a / b
  return a < q * b ? q - 1n : q
}

/** The lane value of a time in milliseconds. */
export function ticksOf(type: LogicalType, ms: number): bigint {
  return BigInt(ms) * BigInt(ticksPerSecond((type as { precision: number }).precision) / 1000)
}

export function nullTime(pipeline: string, schema: Schema, column: number, place: string): MillraceError {
  return new MillraceError('MR-ENGINE-007', { details: { pipeline, column: schema.fields[column]!.name, place } })
}

/** Builds output batches and hands on full ones. */
export class Emitter {
  readonly builder: BatchBuilder
  readonly #output: Output
  constructor(schema: Schema, output: Output) {
    this.builder = new BatchBuilder(schema)
    this.#output = output
  }
  /** Ends a row whose columns were appended. */
  endRow(kind: ChangeKind): void {
    this.builder.endRow(kind)
    if (this.builder.rowCount >= batchRowsMax) this.#output.batch(this.builder.finish())
  }
  flush(): void {
    if (this.builder.rowCount > 0) this.#output.batch(this.builder.finish())
  }
}

/** Merges the watermarks of several inputs: their minimum, handed on when it grows. */
export class WatermarkMerge {
  readonly #inputs: Float64Array
  #current = -Infinity
  constructor(inputs: number) {
    this.#inputs = new Float64Array(inputs).fill(-Infinity)
  }
  get current(): WatermarkMs {
    return this.#current
  }
  /** @returns true when the minimum grew */
  update(port: number, ms: WatermarkMs): boolean {
    if (ms > this.#inputs[port]!) this.#inputs[port] = ms
    let least = Infinity
    for (const each of this.#inputs) if (each < least) least = each
    if (least <= this.#current) return false
    this.#current = least
    return true
  }
}

/** True when two values of the same type are the same to the bit, or both NULL. */
export function sameValue(a: Column, i: number, b: Column, j: number): boolean {
  const aNull = isNull(a, i)
  if (aNull || isNull(b, j)) return aNull === isNull(b, j)
  switch (a.layout) {
    case 'bool':
      return (
        (((a.values as Uint8Array)[i >> 3]! >> (i & 7)) & 1) === (((b.values as Uint8Array)[j >> 3]! >> (j & 7)) & 1)
      )
    case 'int128': {
      const x = a.values as BigInt64Array
      const y = b.values as BigInt64Array
      return x[i * 2] === y[j * 2] && x[i * 2 + 1] === y[j * 2 + 1]
    }
    case 'bytes': {
      const size = a.offsets![i + 1]! - a.offsets![i]!
      if (size !== b.offsets![j + 1]! - b.offsets![j]!) return false
      const x = a.values as Uint8Array
      const y = b.values as Uint8Array
      const from = a.offsets![i]!
      const to = b.offsets![j]!
      for (let k = 0; k < size; k++) if (x[from + k] !== y[to + k]) return false
      return true
    }
    case 'list':
    case 'map': {
      const size = a.offsets![i + 1]! - a.offsets![i]!
      if (size !== b.offsets![j + 1]! - b.offsets![j]!) return false
      for (let k = 0; k < size; k++)
        if (!sameValue(a.children[0]!, a.offsets![i]! + k, b.children[0]!, b.offsets![j]! + k)) return false
      return true
    }
    case 'struct':
      return a.children.every((child, c) => sameValue(child, i, b.children[c]!, j))
    case 'none':
      return true
    default:
      return Object.is((a.values as Float64Array)[i], (b.values as Float64Array)[j])
  }
}

export const isRetraction = (kind: number): boolean => kind === changeKind.updateBefore || kind === changeKind.delete
