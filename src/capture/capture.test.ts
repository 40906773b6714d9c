// The body against a recorded server: restarts at every commit, lost connections, a full disk, refusals.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError, type Clock, type Random } from '../base/index.ts'
import { types, type CommitGroup, type CommitOutcome, type Schema } from '../model/index.ts'
import { createCaptureBody, type CaptureOptions } from './capture.ts'
import type { CaptureBody, CaptureSpec } from './capture-types.ts'
import { eventBody, eventType, readGtid, readTaggedGtid } from './mysql/events.ts'
import { GtidSet } from './mysql/gtid-set.ts'
import type { SourceConnector, SourceQueries } from './mysql/connection.ts'
import { encodePosition } from './position.ts'
import { capturedTable, MemoryCommit, recorded } from './test-kit.ts'

const recording = recorded()
const schema: Schema = {
  fields: [
    { name: 'id', type: types.int(false) },
    { name: 'c1', type: types.string() },
  ],
}
const spec: CaptureSpec = {
  source: 'lab',
  url: 'mysql://nobody@127.0.0.1:1/',
  tables: [capturedTable('lab.odd', schema)],
  heartbeat: null,
}
const random: Random = { uint32: () => 7, fraction: () => 0.5, bytes: (size) => new Uint8Array(size) }

class SteppedClock implements Clock {
  now = 1_000_000
  nowMs(): number {
    return this.now
  }
  monotonicMs(): number {
    return this.now
  }
  after(_delayMs: number, run: () => void): () => void {
    queueMicrotask(run)
    return () => {}
  }
}

/** Answers as the recorded server would. */
function answers(overrides: Record<string, Record<string, string | null>[]> = {}): SourceQueries {
  const settings = {
    version: '9.7.4',
    log_bin: 'ON',
    gtid_mode: 'ON',
    binlog_format: 'ROW',
    binlog_row_image: 'FULL',
    binlog_row_metadata: 'FULL',
    innodb_native_foreign_keys: 'OFF',
  }
  const known: Record<string, Record<string, string | null>[]> = {
    'SHOW GLOBAL VARIABLES': Object.entries(settings).map(([Variable_name, Value]) => ({ Variable_name, Value })),
    'information_schema.COLUMNS': [
      { COLUMN_NAME: 'id', DATA_TYPE: 'int', COLUMN_TYPE: 'int', IS_NULLABLE: 'NO' },
      {
        COLUMN_NAME: 'c1',
        DATA_TYPE: 'char',
        COLUMN_TYPE: 'char(10)',
        IS_NULLABLE: 'YES',
        CHARACTER_SET_NAME: 'utf8mb4',
        CHARACTER_OCTET_LENGTH: '40',
      },
    ],
    'information_schema.STATISTICS': [{ COLUMN_NAME: 'id' }],
    'information_schema.COLLATIONS': Object.entries(recording.charsets).map(([ID, CHARACTER_SET_NAME]) => ({
      ID,
      CHARACTER_SET_NAME,
    })),
    gtid_purged: [{ executed: recording.executed, purged: '' }],
    ...overrides,
  }
  return {
    async rows(sql) {
      const key = Object.keys(known).find((part) => sql.includes(part))
      assert.ok(key, `an answer to ${sql}`)
      return known[key]!
    },
    cells: () => Promise.resolve([]),
    close: () => {},
  }
}

/** A dump of the recorded events without the transactions that are known; ends with an error after `eventsMax`. */
function connector(options: { eventsMax?: number; queries?: () => Promise<SourceQueries> } = {}): SourceConnector {
  return {
    queries: options.queries ?? (() => Promise.resolve(answers())),
    stream(known: GtidSet) {
      let skipping = false
      const events = recording.events.filter((event) => {
        const type = event[4]!
        if (type === eventType.gtid || type === eventType.taggedGtid) {
          const body = eventBody(event, true)
          skipping = known.has((type === eventType.gtid ? readGtid(body) : readTaggedGtid(body)).gtid)
        }
        return !skipping || type === eventType.formatDescription || type === eventType.rotate
      })
      let next = 0
      return Promise.resolve({
        next() {
          if (next === (options.eventsMax ?? Infinity))
            throw new MillraceError('MR-CAPTURE-001', { details: { source: 'lab', host: 'h', reason: 'gone' } })
          return events[next++]
        },
        close: () => {},
      })
    },
  }
}

/** A commit that stands where the table streams from the log's beginning. */
function fresh<Commit extends MemoryCommit = MemoryCommit>(commit: Commit = new MemoryCommit() as Commit): Commit {
  const tables = new Map([
    ['lab.odd', { topic: 'odd', phase: 'stream' as const, cursor: null, problem: undefined, heartbeatMs: 0 }],
  ])
  commit.submit({
    owner: 'capture/lab',
    epoch: 1,
    appends: [],
    groupOffsets: [],
    position: encodePosition({ executed: GtidSet.empty, inside: undefined, tables }),
    stateFiles: [],
  })
  commit.outcome()
  commit.positions.length = 0
  return commit
}

async function run(body: CaptureBody, clock: SteppedClock, done: () => boolean, tickMs = 10): Promise<void> {
  for (let i = 0; i < 5000 && !done(); i++) {
    body.step()
    clock.now += tickMs
    await Promise.resolve()
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.ok(done(), `the end is reached: ${JSON.stringify(body.status())}`)
}

const start = (commit: MemoryCommit, clock: Clock, more: Partial<CaptureOptions> = {}): CaptureBody =>
  createCaptureBody({ spec, commit, clock, random, wake: () => {}, report: () => {}, connector: connector(), ...more })

async function whole(): Promise<string[]> {
  const commit = fresh()
  const clock = new SteppedClock()
  const body = start(commit, clock)
  await run(body, clock, () => body.status().position === recording.executed)
  return commit.values
}

test('all changes up to the stopping transaction are committed, with the position after it', async () => {
  const values = await whole()
  assert.equal(values.length, 21)
  assert.deepEqual(JSON.parse(values.at(-1)!), { before: null, after: { id: 101, c1: null }, op: 'c' })
})

test('a restart after any commit neither loses nor doubles a change, inside transactions too', async () => {
  const expected = await whole()
  const limits = { commitRowsMax: 1, commitIntervalMs: 0, positionIntervalMs: 0, stepEventsMax: 1 }
  const commit = fresh()
  const clock = new SteppedClock()
  let restarts = 0
  for (let body = start(commit, clock, { limits }); ; restarts++) {
    const before = commit.positions.length
    await run(body, clock, () => commit.positions.length > before || body.status().position === recording.executed)
    if (body.status().position === recording.executed) break
    // What this body has read and not committed dies with it.
    body.close()
    commit.outcome()
    body = start(commit, clock, { limits })
  }
  assert.ok(restarts > 20)
  assert.ok(commit.positions.some((text) => (JSON.parse(text) as { inside: unknown }).inside !== null))
  assert.deepEqual(commit.values, expected)
})

test('a connection that breaks after every few events goes on without loss', async () => {
  const expected = await whole()
  for (const eventsMax of [7, 11, 23]) {
    const commit = fresh()
    const clock = new SteppedClock()
    let most = eventsMax
    // Each connection comes a little further, as a long transaction needs.
    const flaky: SourceConnector = {
      queries: connector().queries,
      stream: (known, id, wake) => connector({ eventsMax: most++ }).stream(known, id, wake),
    }
    const body = start(commit, clock, { connector: flaky })
    await run(body, clock, () => body.status().position === recording.executed, 1000)
    assert.deepEqual(commit.values, expected)
  }
})

test('a full disk makes it wait with the same group', async () => {
  const expected = await whole()
  class FullDisk extends MemoryCommit {
    refusals = 0
    #refused = false
    override submit(group: CommitGroup): boolean {
      this.#refused = this.refusals-- > 0
      return this.#refused || super.submit(group)
    }
    override outcome(): CommitOutcome | undefined {
      return this.#refused ? { ok: false, reason: 'retry', message: 'full' } : super.outcome()
    }
  }
  const commit = fresh(new FullDisk())
  commit.refusals = 3
  const clock = new SteppedClock()
  const body = start(commit, clock)
  await run(body, clock, () => body.status().position === recording.executed)
  assert.deepEqual(commit.values, expected)
})

test('being fenced ends the body', async () => {
  class Fenced extends MemoryCommit {
    override outcome(): CommitOutcome {
      return { ok: false, reason: 'fenced', message: 'another writer' }
    }
  }
  const clock = new SteppedClock()
  const body = start(fresh(new Fenced()), clock)
  await assert.rejects(
    run(body, clock, () => false),
    (error: MillraceError) => error.code === 'MR-CAPTURE-011',
  )
})

test('what is wrong at the source is said, and tried again until it is mended', async () => {
  const cases: [string, Record<string, Record<string, string | null>[]>][] = [
    [
      'MR-CAPTURE-003',
      {
        'SHOW GLOBAL VARIABLES': [
          { Variable_name: 'version', Value: '9.7.4' },
          { Variable_name: 'log_bin', Value: 'OFF' },
        ],
      },
    ],
    ['MR-CAPTURE-003', { 'SHOW GLOBAL VARIABLES': [{ Variable_name: 'version', Value: '11.8.9-MariaDB' }] }],
    ['MR-CAPTURE-004', { 'information_schema.COLUMNS': [] }],
    [
      'MR-CAPTURE-005',
      {
        'information_schema.COLUMNS': [
          { COLUMN_NAME: 'id', DATA_TYPE: 'bigint', COLUMN_TYPE: 'bigint', IS_NULLABLE: 'NO' },
        ],
      },
    ],
    ['MR-CAPTURE-006', { 'information_schema.STATISTICS': [{ COLUMN_NAME: 'c1' }] }],
    ['MR-CAPTURE-007', { gtid_purged: [{ executed: recording.executed, purged: recording.executed }] }],
  ]
  for (const [code, overrides] of cases) {
    let broken = true
    const commit = fresh()
    const clock = new SteppedClock()
    const queries = (): Promise<SourceQueries> => Promise.resolve(answers(broken ? overrides : {}))
    const body = start(commit, clock, { connector: { queries, stream: connector().stream } })
    await run(body, clock, () => body.status().problem !== undefined)
    assert.equal(body.status().problem!.code, code)
    assert.equal(body.status().state, 'waiting')
    broken = false
    await run(body, clock, () => body.status().position === recording.executed)
    assert.equal(body.status().problem, undefined)
  }
})

test('a damaged event is named with its place, and read again until it is sound', async () => {
  const expected = await whole()
  const commit = fresh()
  const clock = new SteppedClock()
  let damaged = true
  const torn: SourceConnector = {
    queries: connector().queries,
    async stream(known, id, wake) {
      const source = await connector().stream(known, id, wake)
      let count = 0
      return {
        next() {
          const event = source.next()
          if (!event || !damaged || ++count !== 30) return event
          const copy = event.slice()
          copy[copy.length - 10]! ^= 255
          return copy
        },
        close: () => source.close(),
      }
    },
  }
  const body = start(commit, clock, { connector: torn })
  await run(body, clock, () => body.status().problem !== undefined)
  assert.equal(body.status().problem!.code, 'MR-CAPTURE-012')
  assert.match(body.status().problem!.message, /binlog\.000001, after byte \d+: event with a wrong checksum/)
  damaged = false
  await run(body, clock, () => body.status().position === recording.executed)
  assert.deepEqual(commit.values, expected)
})

test('a source that lacks what was captured is refused', async () => {
  const commit = fresh()
  const clock = new SteppedClock()
  const lost = recording.executed.replace('1-19', '1-3')
  const body = start(commit, clock)
  await run(body, clock, () => body.status().position === recording.executed)
  const again = start(commit, clock, {
    connector: {
      queries: () => Promise.resolve(answers({ gtid_purged: [{ executed: lost, purged: '' }] })),
      stream: connector().stream,
    },
  })
  await run(again, clock, () => again.status().problem !== undefined)
  assert.equal(again.status().problem!.code, 'MR-CAPTURE-008')
  assert.match(again.status().problem!.message, /:4-19, which were captured/)
})
