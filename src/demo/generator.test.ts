// The body: restarts, pace, and what it refuses.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '../base/index.ts'
import type { LastCommit } from '../model/index.ts'
import { createGeneratorBody } from './generator.ts'
import { generatorPosition } from './generator-position.ts'
import type { GeneratorReport, GeneratorSpec } from './generator-types.ts'
import type { ShopDatabase } from './database.ts'
import { timeOf } from './time-line.ts'
import { boundedSpec, MemoryCommit, shopTopics } from './test-kit.ts'

class SteppedClock implements Clock {
  now = Date.UTC(2026, 5, 1)
  nowMs(): number {
    return this.now
  }
  monotonicMs(): number {
    return this.now
  }
  after(): () => void {
    return () => {}
  }
}

function start(spec: GeneratorSpec, commit: MemoryCommit, clock: Clock, openDatabase?: () => Promise<ShopDatabase>) {
  const reports: GeneratorReport[] = []
  const body = createGeneratorBody({
    spec,
    commit,
    clock,
    wake: () => {},
    report: (report) => void reports.push(report),
    ...(openDatabase ? { openDatabase } : {}),
  })
  return { body, reports, finished: () => reports.some((r) => r.kind === 'finished') }
}

function runToEnd(spec: GeneratorSpec, commit: MemoryCommit): void {
  const { body, finished } = start(spec, commit, new SteppedClock())
  while (!finished()) body.step()
}

test('a bounded run commits all events and says so, again after a restart', () => {
  const commit = new MemoryCommit()
  runToEnd(boundedSpec(3500), commit)
  assert.equal(generatorPosition(commit, 'shop')!.next, 3500)
  const groups = commit.groups
  runToEnd(boundedSpec(3500), commit)
  assert.equal(commit.groups, groups)
})

test('killed after any step, the next one goes on without losing or doubling a record', () => {
  const whole = new MemoryCommit()
  runToEnd(boundedSpec(5000), whole)
  const commit = new MemoryCommit()
  for (let kill = 1, done = false; !done; kill++) {
    const { body, finished } = start(boundedSpec(5000), commit, new SteppedClock())
    for (let step = 0; step < kill % 4 && !finished(); step++) body.step()
    done = finished()
    // What was submitted is committed though its outcome was never seen.
    commit.outcome()
  }
  assert.deepEqual([...commit.records.keys()].toSorted(), [...whole.records.keys()].toSorted())
  // Groups may end elsewhere, so bytes without a key may stand elsewhere among the rows of their group.
  for (const [place, records] of whole.records)
    assert.deepEqual(commit.records.get(place)!.toSorted().join('\n') === records.toSorted().join('\n'), true, place)
})

test('partitions keep within two seconds of event time of one another at every commit', () => {
  const commit = new MemoryCommit()
  const spec = boundedSpec(4000)
  const { body, finished } = start(spec, commit, new SteppedClock())
  let groups = 0
  while (!finished()) {
    body.step()
    if (commit.groups === groups) continue
    groups = commit.groups
    const newest = [0, 1, 2, 3].map((partition) => {
      const times = (commit.records.get(`checkout_events/${partition}`) ?? []).flatMap(
        (record) => /"event_time":"([^"]+)"/.exec(record)?.[1] ?? [],
      )
      return Math.max(...times.map((time) => Date.parse(`${time.replace(' ', 'T')}Z`)))
    })
    assert.ok(Math.max(...newest) - Math.min(...newest) <= 2000, JSON.stringify(newest))
  }
  assert.ok(groups >= 4)
})

test('a live run keeps pace with the clock, and begins a new segment after it was away', () => {
  const clock = new SteppedClock()
  const commit = new MemoryCommit()
  const spec: GeneratorSpec = { ...boundedSpec(0), mode: { kind: 'live', eventsPerSecond: 500 } }
  let { body } = start(spec, commit, clock)
  const began = clock.now
  for (let i = 0; i < 1000; i++) {
    body.step()
    clock.now += 10
  }
  const position = generatorPosition(commit, 'shop')!
  const newest = timeOf(position.line, position.next - 1)
  assert.ok(newest <= clock.now && clock.now - newest < 300, `${clock.now - newest} ms behind`)
  assert.ok(Math.abs(position.next - (clock.now - began) / 2) < 200)
  body.close()
  clock.now += 3_600_000
  ;({ body } = start(spec, commit, clock))
  for (let i = 0; i < 100; i++) {
    body.step()
    clock.now += 10
  }
  const later = generatorPosition(commit, 'shop')!
  assert.equal(later.line.length, 2)
  assert.ok(later.next - position.next < 1000, 'the hour away is not made up for')
  assert.ok(clock.now - timeOf(later.line, later.next - 1) < 300)
})

test('with a database, service events follow its rows, and the topics of captured tables are left alone', async () => {
  /** The generator's commit and, beside it, capture's, which is past its snapshot after a while. */
  class TwoOwners extends MemoryCommit {
    streams = false
    override last(owner?: string): LastCommit | undefined {
      if (owner !== 'capture/shop') return super.last()
      const phase = this.streams ? 'stream' : 'snapshot'
      const position = {
        version: 1,
        executed: '',
        inside: null,
        tables: { 'shop.users': { topic: 'users', phase, cursor: null, heartbeatMs: 0 } },
      }
      return { epoch: 1, position: new TextEncoder().encode(JSON.stringify(position)), stateFiles: [] }
    }
  }
  const commit = new TwoOwners()
  const written: number[] = []
  let position: ShopDatabase['position']
  let failures = 2
  const open = (): Promise<ShopDatabase> =>
    Promise.resolve({
      get position() {
        return position
      },
      write(next) {
        assert.ok(commit.streams, 'nothing is written before capture reads the log')
        assert.ok(next.next > (generatorPosition(commit, 'shop')?.next ?? 0))
        if (failures-- > 0) return Promise.reject(new Error('gone'))
        position = next
        written.push(next.next)
        return Promise.resolve()
      },
      executed: () => Promise.resolve('some:1'),
      close: () => {},
    })
  const spec: GeneratorSpec = { ...boundedSpec(2500), database: { url: 'mysql://x/', name: 'shop', heartbeats: true } }
  const clock = new SteppedClock()
  const { body, reports, finished } = start(spec, commit, clock, open)
  for (let i = 0; i < 500 && !finished(); i++) {
    body.step()
    clock.now += 50
    commit.streams = i > 20
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.deepEqual(written, [1000, 2000, 2500])
  assert.deepEqual(reports.at(-1), { kind: 'finished', source: 'shop', events: 2500, executed: 'some:1' })
  assert.deepEqual(
    [...commit.records.keys()].filter((place) => !/^(checkout_events|repayments)\//.test(place)),
    [],
  )
  const problems = reports.flatMap((r) => (r.kind === 'status' && r.status.problem ? [r.status.problem] : []))
  assert.deepEqual([...new Set(problems)], ['waiting until shop is captured', 'gone'])
  // The same database beside a fresh folder: its rows are of a run that nobody can check.
  const stranger = start(spec, new TwoOwners(), clock, open)
  stranger.body.step()
  await new Promise((resolve) => setImmediate(resolve))
  assert.throws(() => stranger.body.step(), /holds a generated shop that this data folder knows nothing of/)
})

test('a table with other columns is refused by name', () => {
  const topics = { ...shopTopics, orders: shopTopics.payments }
  assert.throws(
    () => start({ ...boundedSpec(1), topics }, new MemoryCommit(), new SteppedClock()),
    /MR-DEMO-001|cannot fill table orders/,
  )
})

test('another writer ends it', () => {
  const commit = new MemoryCommit()
  const clock = new SteppedClock()
  const [first, second] = [start(boundedSpec(5000), commit, clock), start(boundedSpec(5000), commit, clock)]
  first.body.step()
  first.body.step()
  commit.outcome()
  second.body.step()
  assert.throws(() => second.body.step(), /another writer/)
})
