// GROUP BY without a window. The first row of a group gives +I, later ones (-U) +U, the last one's retraction -D; an equal
// result gives nothing; a retraction for an unknown group is ignored. A batch is consolidated: old and new results of each
// touched group are compared once (Flink's mini-batch licence); with `consolidate` off every row is by itself, as in Flink
// without mini-batch. Reference: Flink GroupAggFunction.
import { BatchBuilder, changeKind, type Batch, type ChangeKind, type Schema } from '../../model/index.ts'
import type { PlanNode } from '../../sql/index.ts'
import { createKeyEncoder, type KeyRows } from '../rows/binary-row.ts'
import type { StateSlot } from '../state/index.ts'
import { Aggregates } from './aggregates.ts'
import { forgetGroups } from './forget-groups.ts'
import { Emitter, isRetraction, sameValue, type OperatorContext, type Output } from './operator.ts'

type GroupAggregateNode = Extract<PlanNode, { kind: 'GroupAggregate' }>

export function createGroupAggregate(node: GroupAggregateNode, context: OperatorContext, output: Output): Output {
  return new GroupAggregate(node, context, output)
}

class GroupAggregate implements Output {
  readonly #node: GroupAggregateNode
  readonly #context: OperatorContext
  readonly #output: Output
  readonly #emitter: Emitter
  readonly #aggregates: Aggregates
  readonly #slot: StateSlot
  readonly #keys
  readonly #results: BatchBuilder
  #entries = new Int32Array(0)
  #signs = new Int8Array(0)
  /** Which chunk touched a group last. */
  #stamps = new Float64Array(0)
  #chunk = 0

  constructor(node: GroupAggregateNode, context: OperatorContext, output: Output) {
    this.#node = node
    this.#context = context
    this.#output = output
    this.#emitter = new Emitter(node.schema, output)
    const input = node.input.schema
    this.#keys = createKeyEncoder(
      input.fields.map((f) => f.type),
      [node.keys],
    )
    const resultSchema: Schema = { fields: node.schema.fields.slice(node.keys.length) }
    this.#results = new BatchBuilder(resultSchema)
    const keySchema = { fields: node.keys.map((key) => input.fields[key]!) }
    const aggregates = new Aggregates({
      calls: node.aggregates,
      input,
      keys: node.keys,
      slot: node.slot,
      retracts: node.input.changelog !== 'append',
      windowed: false,
      context,
    })
    this.#aggregates = aggregates
    this.#slot = context.openSlot(node.slot, 1, {
      ensure: (capacity) => {
        aggregates.ensure(capacity)
        const stamps = new Float64Array(capacity)
        stamps.set(this.#stamps)
        this.#stamps = stamps
      },
      reset: (entry) => aggregates.reset(entry),
      encode: (entry, writer) => aggregates.encode(entry, writer),
      decode: (entry, reader) => aggregates.decode(entry, reader),
      forget: (slot, erasure) => forgetGroups(slot, erasure, keySchema),
    })
  }

  batch(batch: Batch): void {
    const rows = batch.rowCount
    if (this.#entries.length < rows) {
      this.#entries = new Int32Array(rows)
      this.#signs = new Int8Array(rows)
    }
    for (let r = 0; r < rows; r++) this.#signs[r] = batch.kinds && isRetraction(batch.kinds[r]!) ? -1 : 1
    const keys = this.#keys.encode(batch)
    const step = this.#context.consolidate ? rows : 1
    for (let from = 0; from < rows; from += step) this.#change(batch, keys, from, Math.min(rows, from + step))
    this.#emitter.flush()
  }

  watermark(ms: number): void {
    this.#output.watermark(ms)
  }

  #change(batch: Batch, keys: KeyRows, from: number, to: number): void {
    const touched: number[] = []
    const firstRow: number[] = []
    /** Row of `old` that holds the group's result before, or -1. */
    const oldRow: number[] = []
    const chunk = ++this.#chunk
    let olds = 0
    for (let r = from; r < to; r++) {
      const sign = this.#signs[r]!
      const entry = sign > 0 ? this.#slot.findOrAdd(keys, r) : this.#slot.find(keys, r)
      this.#entries[r] = entry
      if (entry < 0) continue
      const isNew = sign > 0 && this.#slot.added
      if (isNew || this.#stamps[entry] !== chunk) {
        this.#stamps[entry] = chunk
        touched.push(entry)
        firstRow.push(r)
        oldRow.push(isNew ? -1 : olds++)
        if (!isNew) {
          this.#aggregates.append(entry, this.#results.columns, 0)
          this.#results.endRow()
        }
        this.#slot.touch(entry)
      }
      this.#aggregates.counts[entry]! += sign
    }
    const before = this.#results.finish()
    this.#aggregates.apply(batch, this.#entries, this.#signs, from, to)
    for (const entry of touched) {
      this.#aggregates.append(entry, this.#results.columns, 0)
      this.#results.endRow()
    }
    const after = this.#results.finish()
    for (let i = 0; i < touched.length; i++) {
      const entry = touched[i]!
      const alive = this.#aggregates.counts[entry]! > 0
      if (oldRow[i]! < 0) {
        if (alive) this.#emit(batch, firstRow[i]!, after, i, changeKind.insert)
      } else if (!alive) this.#emit(batch, firstRow[i]!, before, oldRow[i]!, changeKind.delete)
      else if (!sameRow(before, oldRow[i]!, after, i)) {
        if (this.#node.changelog !== 'upsert')
          this.#emit(batch, firstRow[i]!, before, oldRow[i]!, changeKind.updateBefore)
        this.#emit(batch, firstRow[i]!, after, i, changeKind.updateAfter)
      }
      if (!alive) this.#slot.remove(entry)
    }
  }

  #emit(batch: Batch, row: number, results: Batch, resultRow: number, kind: ChangeKind): void {
    const { columns } = this.#emitter.builder
    const { keys } = this.#node
    for (let k = 0; k < keys.length; k++) columns[k]!.appendFrom(batch.columns[keys[k]!]!, row)
    for (let a = 0; a < results.columns.length; a++)
      columns[keys.length + a]!.appendFrom(results.columns[a]!, resultRow)
    this.#emitter.endRow(kind)
  }
}

function sameRow(a: Batch, i: number, b: Batch, j: number): boolean {
  for (let c = 0; c < a.columns.length; c++) if (!sameValue(a.columns[c]!, i, b.columns[c]!, j)) return false
  return true
}
