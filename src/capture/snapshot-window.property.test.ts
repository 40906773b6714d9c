// The law of a snapshot beside a running log: whatever was executed when the chunk was asked for, whatever more its read saw, and
// however far the stream was, each key's changes in the topic are exactly its history from some moment on.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  BatchBuilder,
  batchFromRows,
  changeKind,
  kindAt,
  types,
  type ChangeKind,
  type Schema,
  type Value,
} from '../model/index.ts'
import { GtidSet, type Gtid } from './mysql/gtid-set.ts'
import { SnapshotWindow, type ChangeSink } from './snapshot-window.ts'

const source = '4087a9c6-e871-11f1-99b8-02fc00000001'
const schema: Schema = {
  fields: [
    { name: 'id', type: types.bigint(false) },
    { name: 'v', type: types.bigint(false) },
  ],
}

type Change = { kind: ChangeKind; row: readonly [bigint, bigint] }
type Wanted = { op: 'put' | 'delete' | 'move'; key: number; to: number }

/** Transactions that could have happened: each change fits the table as it was. */
function history(wanted: readonly (readonly Wanted[])[]): { changes: Change[][]; tables: Map<bigint, bigint>[] } {
  const table = new Map<bigint, bigint>()
  const tables = [new Map(table)]
  let stamp = 0n
  const changes = wanted.map((transaction) => {
    const list: Change[] = []
    for (const { op, key, to } of transaction) {
      const [k, next] = [BigInt(key), BigInt(to)]
      const old = table.get(k)
      stamp++
      if (op === 'put' && old === undefined) list.push({ kind: 0, row: [k, stamp] })
      else if (op === 'put') list.push({ kind: 1, row: [k, old!] }, { kind: 2, row: [k, stamp] })
      else if (old === undefined) continue
      else if (op === 'delete') list.push({ kind: 3, row: [k, old] })
      else if (table.has(next)) continue
      else list.push({ kind: 1, row: [k, old] }, { kind: 2, row: [next, stamp] })
      if (op !== 'put') table.delete(k)
      if (op === 'put') table.set(k, stamp)
      if (op === 'move') table.set(next, stamp)
    }
    tables.push(new Map(table))
    return list
  })
  return { changes, tables }
}

const gtid = (i: number): Gtid => ({ source, number: i + 1 })
const executedUpTo = (count: number): GtidSet => (count === 0 ? GtidSet.empty : GtidSet.parse(`${source}:1-${count}`))

/** Applies changes and insists that each fits what is there: no insert of a key that is, no delete or before image of one that is not. */
class Topic implements ChangeSink {
  readonly table = new Map<bigint, bigint>()
  row(batch: { columns: readonly { values: unknown }[] }, row: number, kind: ChangeKind): void {
    const [key, value] = batch.columns.map((column) => (column.values as BigInt64Array)[row]!) as [bigint, bigint]
    if (kind === changeKind.insert) {
      assert.equal(this.table.has(key), false, `insert of ${key}, which is there`)
      this.table.set(key, value)
    } else if (kind === changeKind.updateAfter) this.table.set(key, value)
    else {
      assert.equal(this.table.get(key), value, `change ${kind} of ${key}, which was otherwise`)
      this.table.delete(key)
    }
  }
}

const wantedChange = fc.record({
  op: fc.constantFrom('put', 'put', 'delete', 'move'),
  key: fc.integer({ min: 1, max: 8 }),
  to: fc.integer({ min: 1, max: 8 }),
}) as fc.Arbitrary<Wanted>
const plan = fc.record({
  transactions: fc.array(fc.array(wantedChange, { maxLength: 3 }), { maxLength: 25 }),
  walkable: fc.boolean(),
  rowsMax: fc.integer({ min: 1, max: 4 }),
  /** Per chunk: how far the stream runs first, then how far L, the read's view and P lie ahead of it. */
  steps: fc.array(fc.tuple(fc.nat(4), fc.nat(3), fc.nat(2), fc.nat(2)), { minLength: 1, maxLength: 6 }),
})

test('a table that is snapshot in chunks while it changes becomes the same table, by changes that all fit', () => {
  fc.assert(
    fc.property(plan, ({ transactions, walkable, rowsMax, steps }) => {
      const { changes, tables } = history(transactions)
      const count = changes.length
      const topic = new Topic()
      const window = new SnapshotWindow({ schema, keyColumns: [0], walkable, cursor: null })
      let read = 0
      const stream = (until: number): void => {
        for (; read < Math.min(until, count); read++) {
          const rows = new BatchBuilder(schema)
          for (const change of changes[read]!) rows.appendRow(change.row, change.kind)
          const batch = rows.finish()
          window.changes(batch, batch.rowCount, gtid(read), 0, topic)
        }
      }
      let cursor = null as bigint | null
      for (let i = 0; ; i++) {
        const [first, l, seen, p] = steps[i % steps.length]!
        stream(read + first)
        const executed = Math.min(count, read + l)
        const visible = Math.min(count, executed + seen)
        const after: bigint | null = cursor
        const all = [...tables[visible]!]
          .filter(([key]) => after === null || key > after)
          .toSorted(([x], [y]) => (x < y ? -1 : 1))
        const complete = !walkable || all.length <= rowsMax
        const rows = complete ? all : all.slice(0, rowsMax)
        const upTo: bigint | null = complete ? null : rows.at(-1)![0]
        const place = { file: 'binlog.000001', position: 4 }
        window.open({
          after: null,
          upTo: upTo === null ? null : [String(upTo)],
          rows: batchFromRows(schema, rows as Value[][]),
          executed: executedUpTo(executed),
          end: place,
          readMs: 0,
        })
        stream(visible + p)
        const next = window.close(topic)
        cursor = upTo
        if (next === null) break
      }
      // From here on all changes go straight through.
      for (; read < count; read++) {
        const batch = batchFromRows(
          schema,
          changes[read]!.map((c) => c.row),
          changes[read]!.map((c) => c.kind),
        )
        for (let row = 0; row < batch.rowCount; row++) topic.row(batch as never, row, kindAt(batch, row))
      }
      assert.deepEqual([...topic.table].toSorted(), [...tables[count]!].toSorted())
    }),
    { numRuns: 500 },
  )
})
