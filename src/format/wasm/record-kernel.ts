// Compiles and runs kernels that read runs of records: one row a record, or none to two where records are changes. The loop over records, what it is given and how it
// stops are the same for every format: only the body that reads one record is the format's own.
import { assert } from '../../base/index.ts'
import type { Stage } from '../stage.ts'
import { i32, i64, ModuleBuilder, type Expr, type FunctionBuilder, type Local } from './builder.ts'
import { KernelSlots, type Bail } from './parts.ts'
import { kindsAt, lengthsAt, rowRecordsAt, rowsAt, startsAt } from './scratch.ts'

export interface RecordKernel {
  /** Bytes that must follow the input in the memory. */
  readonly overrun: number
  /** Whether a record is just one row; else the rows, their kinds and records are in the parameters' region after a run. */
  readonly oneRowEach: boolean
  /**
   * Reads records [from, to) of what KernelRuns has placed, the first into row `row`, rows below `rowLimit` only.
   * @returns the first record that it left to the plain reader, or `to`
   */
  run(from: number, to: number, row: number, rowLimit: number): number
}

/** What the body of a kernel works with. */
export interface RunState {
  readonly p: Local<'i32'>
  readonly end: Local<'i32'>
  /** The row to write; the body steps it itself, by emitRow, where a record is not just one row. */
  readonly row: Local<'i32'>
  /** Emits: stop before this record. */
  readonly bail: Bail
  /** Emits: the row at `row` counts, as a change of this kind. */
  emitRow(kind: number): void
}

/**
 * @param prefix bytes that every record of a run begins with, null for any; `p` is behind them
 * @param body emits the reading of the record [p, end) into row `row`; returns the overrun
 */
export function compileKernel(
  stage: Stage,
  prefix: readonly (number | null)[],
  body: (module: ModuleBuilder, f: FunctionBuilder, slots: KernelSlots, run: RunState) => number,
  oneRowEach = true,
): RecordKernel | null {
  const { memory } = stage.arena.scratch
  if (!memory) return null
  const module = new ModuleBuilder()
  let describe: ((words: Int32Array) => void) | null = null
  let overrun = 0
  module.function(
    ['i32', 'i32', 'i32', 'i32'],
    'i32',
    (f, from, to, row, rowLimit) => {
      const slots = new KernelSlots(f)
      if (!stage.columns.every((column) => slots.add(column))) return
      const p = f.local('i32')
      const end = f.local('i32')
      begin(slots, row, oneRowEach ? i32.sub(to, from) : i32.sub(rowLimit, row))
      const firstRow = f.let(row)
      const bail = (): void => {
        if (!oneRowEach) f.store32(i32.of(0), rowsAt, i32.sub(row, firstRow))
        f.return(from)
      }
      const emitRow = (kind: number): void => {
        const at = i32.sub(row, firstRow)
        f.store32(i32.shl(at, i32.of(2)), rowRecordsAt, from)
        f.store8(at, kindsAt, i32.of(kind))
        f.step(row, 1)
      }
      f.loop((again) => {
        if (!oneRowEach) f.if(i32.gt(i32.add(row, i32.of(2)), rowLimit), bail)
        f.set(p, i32.load(i32.shl(from, i32.of(2)), startsAt))
        const length = f.let(i32.load(i32.shl(from, i32.of(2)), lengthsAt))
        f.if(i32.lt(length, i32.of(prefix.length)), bail)
        f.set(end, i32.add(p, length))
        checkPrefix(f, p, prefix, bail)
        if (prefix.length > 0) f.step(p, prefix.length)
        overrun = body(module, f, slots, { p, end, row, bail, emitRow })
        if (oneRowEach) f.step(row, 1)
        f.step(from, 1)
        f.brIf(again, i32.lt(from, to))
      })
      bail()
      // Not reached: what follows a return has any type.
      f.unreachable()
      describe = slots.describe()
    },
    'run',
  )
  if (!describe) return null
  const write = describe as (words: Int32Array) => void
  const run = module.instantiate(memory)['run']!
  let words = new Int32Array(memory.buffer)
  return {
    overrun,
    oneRowEach,
    run(from, to, row, rowLimit) {
      if (from >= to) return from
      if (words.buffer !== memory.buffer) words = new Int32Array(memory.buffer)
      write(words)
      return run(from, to, row, rowLimit)
    },
  }
}

/** Top columns first: where a list's next element lies says which row its child begins with. */
function begin(slots: KernelSlots, row: Expr<'i32'>, count: Expr<'i32'>): void {
  for (const slot of slots.all) {
    if (slot.column.fixed) beginSlot(slots, slot, row, count)
  }
}

function beginSlot(slots: KernelSlots, slot: KernelSlots['all'][number], row: Expr<'i32'>, count: Expr<'i32'>): void {
  slot.begin(row, count)
  const { layout, children, fixed } = slot.column
  // Fixed columns below a struct are begun by themselves.
  if (fixed && layout === 'struct') return
  const at = slot.next && layout !== 'bytes' ? slot.next : row
  for (const child of children) beginSlot(slots, slots.of(child), at, count)
}

function checkPrefix(f: FunctionBuilder, p: Local<'i32'>, all: readonly (number | null)[], bail: Bail): void {
  const prefix = all.filter((byte) => byte !== null)
  // Either all is said or nothing.
  assert(prefix.length === 0 || prefix.length === all.length, 'a prefix is whole')
  let at = 0
  while (at < prefix.length) {
    if (prefix.length - at >= 8) {
      const word = new DataView(Uint8Array.from(prefix.slice(at, at + 8)).buffer).getBigInt64(0, true)
      f.if(i64.ne(i64.load(p, at), i64.of(word)), bail)
      at += 8
    } else if (prefix.length - at >= 4) {
      const word = new DataView(Uint8Array.from(prefix.slice(at, at + 4)).buffer).getInt32(0, true)
      f.if(i32.ne(i32.load(p, at), i32.of(word)), bail)
      at += 4
    } else f.if(i32.ne(i32.load8(p, at), i32.of(prefix[at++]!)), bail)
  }
}
