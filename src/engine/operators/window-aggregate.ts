// TUMBLE window aggregate: a group's window fires once, when the watermark reaches its end minus one millisecond; the output
// is append-only. A row whose window has fired is dropped and counted. Groups of a window leave in the order of their keys,
// windows in the order of time, so that the same journal gives the same bytes whatever was in memory.
// Reference: Flink's window TVF aggregation (SlicingWindowOperator): late when window_end - 1 <= watermark.
import { assert, MillraceError } from '../../base/index.ts'
import { changeKind, type Batch } from '../../model/index.ts'
import type { PlanNode } from '../../sql/index.ts'
import { appendKey, createKeyEncoder, suffixOf } from '../rows/binary-row.ts'
import type { StateSlot, Steps } from '../state/index.ts'
import { Aggregates } from './aggregates.ts'
import { forgetGroups } from './forget-groups.ts'
import { Emitter, isRetraction, nullTime, ticksOf, timesMs, type OperatorContext, type Output } from './operator.ts'

type WindowAggregateNode = Extract<PlanNode, { kind: 'WindowAggregate' }>

export function createWindowAggregate(node: WindowAggregateNode, context: OperatorContext, output: Output): Output {
  if (node.window.kind !== 'TUMBLE') {
    throw new MillraceError('MR-ENGINE-008', {
      details: { pipeline: context.pipeline, what: `a ${String(node.window.kind)} window`, instead: 'Use TUMBLE.' },
    })
  }
  return new WindowAggregate(node, context, output)
}

class WindowAggregate implements Output {
  readonly #node: WindowAggregateNode
  readonly #context: OperatorContext
  readonly #output: Output
  readonly #emitter: Emitter
  readonly #aggregates: Aggregates
  readonly #slot: StateSlot
  readonly #keys
  /** Groups by window end (ms). */
  readonly #windows = new Map<number, number[]>()
  #nextEnd = Infinity
  #watermark = -Infinity
  #entries = new Int32Array(0)
  #signs = new Int8Array(0)
  #ends = new Float64Array(0)
  #times: Float64Array = new Float64Array(0)

  constructor(node: WindowAggregateNode, context: OperatorContext, output: Output) {
    this.#node = node
    this.#context = context
    this.#output = output
    this.#emitter = new Emitter(node.schema, output)
    const input = node.input.schema
    this.#keys = createKeyEncoder(
      input.fields.map((f) => f.type),
      [node.keys],
      true,
    )
    const keySchema = { fields: node.keys.map((key) => input.fields[key]!) }
    const aggregates = new Aggregates({
      calls: node.aggregates,
      input,
      keys: node.keys,
      slot: node.slot,
      retracts: node.input.changelog !== 'append',
      windowed: true,
      context,
    })
    this.#aggregates = aggregates
    this.#slot = context.openSlot(node.slot, 1, {
      ensure: (capacity) => aggregates.ensure(capacity),
      reset: (entry) => aggregates.reset(entry),
      encode: (entry, writer) => aggregates.encode(entry, writer),
      decode: (entry, reader) => aggregates.decode(entry, reader),
      restored: (slot) => slot.forEach((entry) => this.#index(entry, this.#endOf(slot, entry))),
      forget: (slot, erasure) => this.#forget(forgetGroups(slot, erasure, keySchema), slot),
    })
  }

  *#forget(groups: Steps, slot: StateSlot): Steps {
    yield* groups
    this.#windows.clear()
    this.#nextEnd = Infinity
    slot.forEach((entry) => this.#index(entry, this.#endOf(slot, entry)))
  }

  #endOf(slot: StateSlot, entry: number): number {
    return suffixOf(slot.table.words, slot.table.starts[entry]! + slot.table.lengths[entry]!)
  }

  #index(entry: number, end: number): void {
    const list = this.#windows.get(end)
    if (list) list.push(entry)
    else this.#windows.set(end, [entry])
    if (end < this.#nextEnd) this.#nextEnd = end
  }

  batch(batch: Batch): void {
    const rows = batch.rowCount
    if (this.#entries.length < rows) {
      this.#entries = new Int32Array(rows)
      this.#signs = new Int8Array(rows)
      this.#ends = new Float64Array(rows)
    }
    const { sizeMs, offsetMs, timeColumn } = this.#node.window
    this.#times = timesMs(batch.columns[timeColumn]!, rows, this.#times)
    for (let r = 0; r < rows; r++) {
      const time = this.#times[r]!
      if (Number.isNaN(time))
        throw nullTime(this.#context.pipeline, this.#node.input.schema, timeColumn, 'WindowAggregate')
      this.#ends[r] = Math.floor((time - offsetMs) / sizeMs) * sizeMs + offsetMs + sizeMs
    }
    const keys = this.#keys.encode(batch, this.#ends)
    let late = 0
    for (let r = 0; r < rows; r++) {
      const sign = batch.kinds && isRetraction(batch.kinds[r]!) ? -1 : 1
      this.#signs[r] = sign
      if (this.#ends[r]! - 1 <= this.#watermark) {
        late++
        this.#entries[r] = -1
        continue
      }
      const entry = sign > 0 ? this.#slot.findOrAdd(keys, r) : this.#slot.find(keys, r)
      this.#entries[r] = entry
      if (entry < 0) continue
      if (sign > 0 && this.#slot.added) this.#index(entry, this.#ends[r]!)
      this.#slot.touch(entry)
      this.#aggregates.counts[entry]! += sign
    }
    if (late > 0) this.#context.count('late', late)
    this.#aggregates.apply(batch, this.#entries, this.#signs, 0, rows, this.#ends)
  }

  watermark(ms: number): void {
    this.#watermark = ms
    if (this.#nextEnd - 1 <= ms) {
      const due = [...this.#windows.keys()].filter((end) => end - 1 <= ms).sort((a, b) => a - b)
      for (const end of due) this.#fire(end)
      this.#emitter.flush()
      this.#nextEnd = Infinity
      for (const end of this.#windows.keys()) if (end < this.#nextEnd) this.#nextEnd = end
    }
    this.#output.watermark(ms)
  }

  #fire(end: number): void {
    const { keys, aggregates: calls, windowColumns, window } = this.#node
    const slot = this.#slot
    const entries = this.#windows.get(end)!
    this.#windows.delete(end)
    entries.sort((a, b) => slot.compare(a, b))
    const { builder } = this.#emitter
    for (const entry of entries) {
      assert(slot.isLive(entry), 'a group stays until its window fires')
      if (this.#aggregates.counts[entry]! > 0) {
        appendKey(builder.columns.slice(0, keys.length), slot.table.words, slot.table.starts[entry]!)
        this.#aggregates.append(entry, builder.columns, keys.length)
        windowColumns.forEach((name, i) => {
          const column = builder.columns[keys.length + calls.length + i]!
          column.appendBigInt(
            ticksOf(column.type, name === 'window_start' ? end - window.sizeMs : name === 'window_end' ? end : end - 1),
          )
        })
        this.#emitter.endRow(changeKind.insert)
      }
      slot.remove(entry)
    }
    this.#aggregates.dropWindow(end)
  }
}
