// The rules that make one right answer, checked over a whole bounded run.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Value } from '../model/index.ts'
import { shopRules, tellEvent, type CapturedName, type ShopSink } from './shop.ts'
import { dueAt, timeOf, type TimeLine } from './time-line.ts'

const line: TimeLine = [{ from: 0, startMs: Date.UTC(2026, 0, 1), eventsPerSecond: 50 }]
const events = 60_000

class Recorder implements ShopSink {
  n = 0
  readonly tables = new Map<string, Map<string, readonly Value[]>>()
  readonly changeTimes = new Map<string, bigint>()
  readonly changes: Record<string, number> = { c: 0, u: 0, d: 0 }
  readonly checkouts = new Map<string, { n: number; row: readonly Value[] }[]>()
  readonly repayments = new Map<string, { n: number; row: readonly Value[] }[]>()
  undecodableCount = 0

  change(table: CapturedName, before: readonly Value[] | null, after: readonly Value[] | null): void {
    const rows = this.tables.get(table) ?? new Map<string, readonly Value[]>()
    this.tables.set(table, rows)
    const key = String((before ?? after)![0])
    assert.deepEqual(rows.get(key) ?? null, before, `${table} ${key} at ${this.n}: the before image is what was there`)
    if (after) rows.set(key, after)
    else rows.delete(key)
    this.changes[!before ? 'c' : after ? 'u' : 'd']!++
    if (after && (table === 'users' || table === 'merchants')) this.#rises(table, after[3] as bigint)
  }
  heartbeat(table: 'users' | 'merchants', timeMs: number): void {
    this.#rises(table, BigInt(timeMs))
  }
  #rises(table: string, time: bigint): void {
    assert.ok(time >= (this.changeTimes.get(table) ?? 0n), `${table}: times never fall`)
    this.changeTimes.set(table, time)
  }
  event(table: 'checkout_events' | 'repayments', row: readonly Value[]): void {
    const map = table === 'checkout_events' ? this.checkouts : this.repayments
    map.set(row[0] as string, [...(map.get(row[0] as string) ?? []), { n: this.n, row }])
  }
  undecodable(): void {
    this.undecodableCount++
  }
}

const recorder = new Recorder()
for (let n = 0; n < events; n++) {
  recorder.n = n
  tellEvent(1, line, n, recorder)
}

test('changes of the database always fit what is there, of every kind, and their times never fall', () => {
  // The recorder has insisted on it all along.
  assert.ok(recorder.changes['c']! > 100_000 && recorder.changes['u']! > 50_000 && recorder.changes['d']! > 500)
  assert.equal(recorder.tables.get('users')!.size, shopRules.users)
  assert.equal(recorder.tables.get('merchants')!.size, shopRules.merchants)
})

for (const [name, timeColumn] of [
  ['checkouts', 5],
  ['repayments', 3],
] as const) {
  test(`${name}: a row is either well inside the watermarks' ten seconds or ten minutes behind, and the first of retries is first in time`, () => {
    let late = 0
    let retried = 0
    let slightlyLate = 0
    for (const sent of recorder[name].values()) {
      const first = sent[0]!
      const lateness = timeOf(line, first.n) - Number(first.row[timeColumn] as bigint)
      if (lateness > shopRules.latenessMsMax) {
        assert.ok(lateness >= shopRules.lateMsMin && lateness <= shopRules.lateMsMax, `late by ${lateness}`)
        assert.ok(timeOf(line, first.n) - timeOf(line, 0) >= shopRules.lateAfterMs)
        assert.equal(sent.length, name === 'checkouts' ? 1 : sent.length)
        late++
      } else if (lateness > 0) slightlyLate++
      for (const again of sent.slice(1)) {
        retried++
        assert.ok(again.n - first.n <= shopRules.retryEventsMax)
        assert.ok((again.row[timeColumn] as bigint) >= (first.row[timeColumn] as bigint))
        assert.deepEqual(again.row.toSpliced(timeColumn, 1), first.row.toSpliced(timeColumn, 1))
      }
    }
    assert.ok(
      late > 100 && retried > 500 && slightlyLate > 1000,
      `${late} late, ${retried} retried, ${slightlyLate} slightly late`,
    )
  })
}

test('bad rows break the contract, and some bytes are no rows', () => {
  const bad = [...recorder.checkouts.values()].filter((sent) => (sent[0]!.row[3] as bigint) <= 0n)
  assert.ok(bad.length > 100 && recorder.undecodableCount > 50)
  assert.ok(bad.every((sent) => sent.length === 1))
})

test('an event depends on the seed, the time line and its number alone', () => {
  const tell = (seed: number, n: number): string => {
    const told: unknown[] = []
    const note = (...args: unknown[]): void => void told.push(args)
    tellEvent(seed, line, n, { change: note, heartbeat: note, event: note, undecodable: note })
    return JSON.stringify(told, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))
  }
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 10_000_000 }), (seed, n) =>
      assert.equal(tell(seed, n), tell(seed, n)),
    ),
  )
  assert.notEqual(tell(1, 1000), tell(2, 1000))
})

test('events are due exactly when their time has come', () => {
  const rates = fc.constantFrom(0.5, 1, 7, 50, 333, 1000, 5000)
  fc.assert(
    fc.property(
      rates,
      fc.integer({ min: 0, max: 10_000_000 }),
      fc.integer({ min: 0, max: 100_000 }),
      (eventsPerSecond, afterMs, from) => {
        const two: TimeLine = [line[0]!, { from, startMs: 2e12, eventsPerSecond }]
        const due = dueAt(two, 2e12 + afterMs)
        assert.ok(timeOf(two, due) > 2e12 + afterMs)
        assert.ok(due === from || timeOf(two, due - 1) <= 2e12 + afterMs)
      },
    ),
  )
})
