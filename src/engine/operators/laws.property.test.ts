// Incremental = recomputed: after any sequence of changes, in any batches, with the operator's state written and recovered at
// any point, what an operator has emitted adds up to what a plain computation over the remaining rows gives.
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { createMemoryDisk } from '../../base/index.ts'
import {
  batchFromRows,
  changeKind,
  changeSign,
  rowAt,
  types,
  type Batch,
  type ChangeKind,
  type Schema,
  type Value,
} from '../../model/index.ts'
import type { PlanNode } from '../../sql/index.ts'
import { defaultLimits } from '../limits.ts'
import { allKeyGroups, StateStore } from '../state/index.ts'
import { aggregate, call, column, scanNode, schemaOf } from '../test-kit.ts'
import { createGroupAggregate } from './group-aggregate.ts'
import { createJoin } from './join.ts'
import type { OperatorContext, Output } from './operator.ts'
import { createWindowAggregate } from './window-aggregate.ts'

/** A multiset of rows, as text. */
class Rows {
  readonly counts = new Map<string, number>()
  add(row: readonly Value[], by: number): void {
    const key = row.map(String).join('|')
    const count = (this.counts.get(key) ?? 0) + by
    if (count === 0) this.counts.delete(key)
    else this.counts.set(key, count)
  }
  sorted(): [string, number][] {
    return [...this.counts].toSorted(([a], [b]) => (a < b ? -1 : 1))
  }
}

/** Builds an operator over a disk; rebuilds it from its state when told. */
class Harness {
  readonly emitted = new Rows()
  readonly #disk = createMemoryDisk()
  readonly #build: (context: OperatorContext, output: Output) => readonly Output[]
  readonly #consolidate: boolean
  #store!: StateStore
  ports!: readonly Output[]
  #epoch = 0
  #recovering = false

  constructor(consolidate: boolean, build: (context: OperatorContext, output: Output) => readonly Output[]) {
    this.#build = build
    this.#consolidate = consolidate
    this.#open()
  }

  #open(): void {
    const files = this.#store?.files ?? []
    const store = new StateStore({ disk: this.#disk, folder: 'state/law', pipeline: 'law', limits: defaultLimits })
    const context: OperatorContext = {
      pipeline: 'law',
      range: allKeyGroups,
      consolidate: this.#consolidate,
      openSlot: (id, layoutVersion, codec) => store.open({ id, layoutVersion, codec, range: allKeyGroups }),
      count: () => {},
      isRecovering: () => this.#recovering,
    }
    this.ports = this.#build(context, {
      batch: (batch) => {
        for (let r = 0; r < batch.rowCount; r++)
          this.emitted.add(rowAt(batch, r), changeSign(batch.kinds ? batch.kinds[r]! : 0))
      },
      watermark() {},
    })
    store.recover(files)
    this.#store = store
  }

  /** Ends an epoch and goes on as a new process. */
  restart(): void {
    this.#store.seal(++this.#epoch)
    this.#store.write()
    this.#store.committed()
    this.#open()
  }
}

interface Step {
  readonly side: number
  readonly row: readonly number[]
  /** Takes back an earlier row, by number, instead. */
  readonly undo: number | null
  readonly ends: 'row' | 'batch' | 'epoch'
}

const steps = fc.array(
  fc.record({
    side: fc.nat(1),
    row: fc.tuple(fc.nat(2), fc.nat(3), fc.integer({ min: -3, max: 3 })),
    undo: fc.option(fc.nat(20), { freq: 2 }),
    ends: fc.constantFrom<Step['ends']>('row', 'row', 'row', 'batch', 'epoch'),
  }),
  { minLength: 1, maxLength: 40 },
)

/** Plays the steps against the operator; the rows that remain, per side. */
function play(
  harness: Harness,
  schemas: readonly Schema[],
  all: readonly Step[],
  toRow: (step: readonly number[]) => Value[],
  keyOf?: (row: readonly Value[]) => string,
): Value[][][] {
  const rows: Value[][][] = schemas.map(() => [])
  let pending: { row: Value[]; kind: ChangeKind }[] = []
  let side = 0
  const flush = (): void => {
    if (pending.length > 0) {
      const batch: Batch = batchFromRows(
        schemas[side]!,
        pending.map((p) => p.row),
        pending.map((p) => p.kind),
      )
      harness.ports[side]!.batch(batch)
    }
    pending = []
  }
  for (const step of all) {
    const at = step.side % schemas.length
    if (at !== side) flush()
    side = at
    const mine = rows[side]!
    if (step.undo !== null && mine.length > 0)
      pending.push({ row: mine.splice(step.undo % mine.length, 1)[0]!, kind: changeKind.delete })
    else {
      const row = toRow(step.row)
      const old = keyOf ? mine.findIndex((each) => keyOf(each) === keyOf(row)) : -1
      if (old >= 0) pending.push({ row: mine.splice(old, 1)[0]!, kind: changeKind.updateBefore })
      pending.push({ row, kind: old >= 0 ? changeKind.updateAfter : changeKind.insert })
      mine.push(row)
    }
    if (step.ends !== 'row') flush()
    if (step.ends === 'epoch') harness.restart()
  }
  flush()
  return rows
}

const nullable = (n: number): Value => (n === 3 ? null : n)

for (const joinType of ['inner', 'left', 'right', 'full'] as const) {
  for (const keyed of [false, true]) {
    for (const conditioned of [false, true]) {
      test(`a ${joinType} join${keyed ? ' with upsert keys' : ''}${conditioned ? ' and a condition' : ''} adds up to the join of what remains`, () => {
        const side = schemaOf({ id: types.int(), k: types.int(), v: types.int() })
        const schema: Schema = { fields: [...side.fields, ...side.fields.map((f) => ({ ...f, name: `r_${f.name}` }))] }
        const scan = scanNode('t', side, { changelog: 'retract' })
        const node: Extract<PlanNode, { kind: 'Join' }> = {
          kind: 'Join',
          id: 'j',
          schema,
          changelog: 'retract',
          rowtime: null,
          slots: ['l', 'r'],
          left: scan,
          right: scan,
          joinType,
          leftKeys: [1],
          rightKeys: [1],
          leftUpsertKey: keyed ? [0] : null,
          rightUpsertKey: keyed ? [0] : null,
          condition: conditioned ? call('<', [column(schema, 'v'), column(schema, 'r_v')]) : null,
        }
        fc.assert(
          fc.property(steps, (all) => {
            const harness = new Harness(true, (context, output) => createJoin(node, context, output))
            const [left, right] = play(
              harness,
              [side, side],
              all,
              ([id, k, v]) => [id!, nullable(k!), v!],
              keyed ? (row) => String(row[0]) : undefined,
            )
            const expected = new Rows()
            const matches = (a: Value[], b: Value[]): boolean =>
              a[1] !== null && a[1] === b[1] && (!conditioned || (a[2] as number) < (b[2] as number))
            for (const a of left!) {
              const found = right!.filter((b) => matches(a, b))
              for (const b of found) expected.add([...a, ...b], 1)
              if (found.length === 0 && (joinType === 'left' || joinType === 'full'))
                expected.add([...a, null, null, null], 1)
            }
            for (const b of right!)
              if (!left!.some((a) => matches(a, b)) && (joinType === 'right' || joinType === 'full'))
                expected.add([null, null, null, ...b], 1)
            assert.deepEqual(harness.emitted.sorted(), expected.sorted())
          }),
          { numRuns: 60 },
        )
      })
    }
  }
}

const calls = [
  aggregate('COUNT', [], types.bigint(false)),
  aggregate('SUM', [2], types.int()),
  aggregate('COUNT', [2], types.bigint(false), { distinct: true }),
  aggregate('MIN', [2], types.int()),
  aggregate('MAX', [2], types.int()),
  aggregate('AVG', [2], types.int()),
]

function aggregated(rows: readonly (readonly Value[])[]): Value[] {
  const values = rows.map((row) => row[2] as number)
  const sum = values.reduce((a, b) => a + b, 0)
  return [
    BigInt(values.length),
    sum,
    BigInt(new Set(values).size),
    Math.min(...values),
    Math.max(...values),
    Math.trunc(sum / values.length),
  ]
}

for (const consolidate of [false, true]) {
  test(`a group aggregate adds up to the aggregates of what remains${consolidate ? ', consolidated' : ''}`, () => {
    const input = schemaOf({ id: types.int(), k: types.int(), v: types.int() })
    const schema: Schema = { fields: [input.fields[1]!, ...calls.map((c, i) => ({ name: `a${i}`, type: c.type }))] }
    const node: Extract<PlanNode, { kind: 'GroupAggregate' }> = {
      kind: 'GroupAggregate',
      id: 'g',
      schema,
      changelog: 'retract',
      rowtime: null,
      slot: 'g',
      input: scanNode('t', input, { changelog: 'retract' }),
      keys: [1],
      aggregates: calls,
    }
    fc.assert(
      fc.property(steps, (all) => {
        const harness = new Harness(consolidate, (context, output) => [createGroupAggregate(node, context, output)])
        const [rows] = play(harness, [input], all, ([id, k, v]) => [id!, nullable(k!), v!])
        const expected = new Rows()
        for (const [key, group] of Map.groupBy(rows!, (row) => row[1]!)) expected.add([key, ...aggregated(group)], 1)
        // -0 and 0 are the same text.
        assert.deepEqual(harness.emitted.sorted(), expected.sorted())
      }),
      { numRuns: 150 },
    )
  })
}

test('a tumbling window adds up to the aggregates of the rows of each window', () => {
  const input = schemaOf({ at: types.timestamp(3, false), k: types.int(), v: types.int() })
  const names = ['window_start', 'window_end'] as const
  const schema: Schema = {
    fields: [
      input.fields[1]!,
      ...calls.map((c, i) => ({ name: `a${i}`, type: c.type })),
      ...names.map((name) => ({ name, type: types.timestamp(3, false) })),
    ],
  }
  const node: Extract<PlanNode, { kind: 'WindowAggregate' }> = {
    kind: 'WindowAggregate',
    id: 'w',
    schema,
    changelog: 'append',
    rowtime: null,
    slot: 'w',
    input: scanNode('t', input, { changelog: 'retract', watermark: { column: 'at', delayMs: 0 } }),
    window: { kind: 'TUMBLE', timeColumn: 0, sizeMs: 2, offsetMs: 1 },
    keys: [1],
    aggregates: calls,
    windowColumns: names,
  }
  fc.assert(
    fc.property(steps, (all) => {
      const harness = new Harness(true, (context, output) => [createWindowAggregate(node, context, output)])
      const [rows] = play(harness, [input], all, ([at, k, v]) => [BigInt(at! * 3 + v!), nullable(k!), v!])
      harness.ports[0]!.watermark(Infinity)
      const expected = new Rows()
      const windowOf = (row: readonly Value[]): number => Math.floor((Number(row[0]) - 1) / 2) * 2 + 1
      for (const [start, inWindow] of Map.groupBy(rows!, windowOf)) {
        for (const [key, group] of Map.groupBy(inWindow, (row) => row[1]!))
          expected.add([key, ...aggregated(group), BigInt(start), BigInt(start + 2)], 1)
      }
      assert.deepEqual(harness.emitted.sorted(), expected.sorted())
    }),
    { numRuns: 100 },
  )
})
