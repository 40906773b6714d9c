import assert from 'node:assert/strict'
import test from 'node:test'
import { createMemoryDisk, type Disk } from '../base/index.ts'
import type { LocalLog } from '../log/index.ts'
import { decodeRecords, types, type CommitGroup, type CommitOutcome, type EpochCommit } from '../model/index.ts'
import { recordHeaders } from '../model/index.ts'
import {
  createPipelinesBody,
  createReplay,
  decodeJournalEntry,
  type EngineOptions,
  type EngineReport,
  type JournalEntry,
  type PipelinesBody,
  type PipelineSpec,
} from './index.ts'
import { shop, shopHistory, shopSpecs, shopTopics, type ShopBatch } from './shop-kit.ts'
import { ownerOf } from './pipeline.ts'
import {
  jsonFormat,
  noMeter,
  noSchemaIds,
  openTestLog,
  querySpec,
  readTopic,
  recordsOf,
  scanNode,
  schemaOf,
  seededRandom,
  stepClock,
  type StepClock,
} from './test-kit.ts'

interface Node {
  readonly log: LocalLog
  readonly disk: Disk
  readonly clock: StepClock
  body: PipelinesBody
  readonly reports: EngineReport[]
}

function openNode(
  specs: readonly PipelineSpec[],
  more: {
    disk?: Disk
    commit?: (log: LocalLog) => EpochCommit
    options?: Partial<EngineOptions>
    clock?: StepClock
  } = {},
): Node {
  const clock = more.clock ?? stepClock()
  const { log, disk } = openTestLog({ clock, ...(more.disk ? { disk: more.disk } : {}) })
  const reports: EngineReport[] = []
  const body = createPipelinesBody({
    specs,
    reader: log,
    commit: more.commit?.(log) ?? log,
    schemaIds: noSchemaIds,
    clock,
    disk,
    meter: noMeter,
    options: { epochMs: 20, epochRowsMax: 40, ...more.options },
    report: (report) => reports.push(report),
  })
  return { log, disk, clock, body, reports }
}

function createTopics(log: LocalLog): void {
  for (const [name, partitionCount] of shopTopics) assert.ok(log.createTopicNow({ name, partitionCount }).ok)
}

function produce(log: LocalLog, { format, partition, rows, kinds }: ShopBatch): void {
  assert.ok(log.appendNow(format.topic, partition, recordsOf(format, rows, kinds)).ok)
}

function settle(node: Node, rounds = 40): void {
  for (let i = 0; i < rounds; i++) {
    while (node.body.step());
    node.clock.advance(7)
  }
}

function finish(node: Node): void {
  const topics = ['checkouts', 'users', 'orders', 'repayments']
  const ends = Object.fromEntries(
    topics.map((topic) => [
      topic,
      Array.from({ length: node.log.partitionCount(topic)! }, (_, p) => node.log.endOffset(topic, p)),
    ]),
  )
  node.body.command({ kind: 'finish', ends })
  for (let i = 0; i < 400 && !node.body.status().every((each) => each.state === 'finished'); i++) {
    while (node.body.step());
    node.clock.advance(7)
  }
  assert.deepEqual(
    node.body.status().map((each) => each.state),
    node.body.status().map(() => 'finished'),
    JSON.stringify(node.body.status().map((s) => s.error)),
  )
}

/** What the outputs say: append topics as sorted values, the upsert topic as its last values. */
function outcome(log: LocalLog): unknown {
  const values = (topic: string): (string | null)[] =>
    readTopic(log, topic)
      .map((record) => record.value)
      .toSorted()
  const last = new Map<string, string | null>()
  for (const { key, value } of readTopic(log, 'balances')) last.set(key!, value)
  return {
    enriched: values('enriched'),
    rates: values('rates'),
    quarantine: values('checkouts.quarantine'),
    balances: [...last].filter(([, value]) => value !== null).toSorted(),
  }
}

/** One epoch's worth by itself: the history at once, then finished. */
function expected(history: readonly ShopBatch[], options: Partial<EngineOptions> = {}): unknown {
  const node = openNode(shopSpecs(), { options })
  createTopics(node.log)
  for (const batch of history) produce(node.log, batch)
  finish(node)
  return outcome(node.log)
}

test('the shop’s results are those of its rows, recomputed by hand', () => {
  const history = shopHistory(3, 30)
  const result = expected(history) as {
    enriched: string[]
    rates: string[]
    quarantine: string[]
    balances: [string, string][]
  }
  const rows = history.filter((batch) => batch.format === shop.checkouts).flatMap((batch) => batch.rows)
  const good = rows.filter((row) => (row[2] as bigint) > 0n)
  assert.equal(result.quarantine.length, rows.length - good.length)
  assert.equal(result.enriched.length, new Set(good.map((row) => row[0])).size)
  const first = new Map<string, (typeof rows)[number]>()
  for (const row of good)
    if (!first.has(row[0] as string) || (row[4] as bigint) < (first.get(row[0] as string)![4] as bigint))
      first.set(row[0] as string, row)
  const windows = new Map<string, { n: number; sum: bigint }>()
  for (const row of first.values()) {
    const key = `${row[1]}/${((row[4] as bigint) / 100n) * 100n}`
    const each = windows.get(key) ?? { n: 0, sum: 0n }
    windows.set(key, { n: each.n + 1, sum: each.sum + (row[2] as bigint) })
  }
  const found = result.rates.map(
    (text) => JSON.parse(text) as { user_id: number; checkouts: number; amount: number; window_start: string },
  )
  assert.equal(found.length, windows.size)
  for (const { user_id, checkouts, amount, window_start } of found) {
    const each = windows.get(`${user_id}/${Date.parse(`${window_start.replace(' ', 'T')}Z`)}`)
    assert.deepEqual([checkouts, Math.round(amount * 100)], [each!.n, Number(each!.sum)])
  }
  const orders = new Map<bigint, bigint>()
  for (const batch of history.filter((b) => b.format === shop.orders))
    batch.rows.forEach((row, i) =>
      batch.kinds[i] === 0 || batch.kinds[i] === 2
        ? orders.set(row[0] as bigint, row[2] as bigint)
        : orders.delete(row[0] as bigint),
    )
  const repaid = new Map<bigint, bigint>()
  for (const row of history.filter((b) => b.format === shop.repayments).flatMap((b) => b.rows))
    repaid.set(row[0] as bigint, (repaid.get(row[0] as bigint) ?? 0n) + (row[1] as bigint))
  const balances = result.balances.map(([, text]) => JSON.parse(text) as { loan_id: number; balance: number })
  assert.deepEqual(
    balances.map((each) => [each.loan_id, Math.round(each.balance * 100)]).toSorted((a, b) => a[0]! - b[0]!),
    [...orders]
      .map(([loan, principal]) => [Number(loan), Number(principal - (repaid.get(loan) ?? 0n))])
      .toSorted((a, b) => a[0]! - b[0]!),
  )
})

test('incremental is recomputed: however the rows are split into epochs, and on however many instances', () => {
  for (let seed = 1; seed <= 6; seed++) {
    const history = shopHistory(seed, 25)
    const once = expected(history)
    const random = seededRandom(seed * 31)
    for (const options of [{}, { consolidate: false }, { parallelism: 3 }]) {
      const node = openNode(shopSpecs('parallelism' in options ? 100_000 : 10), {
        options: { ...options, epochRowsMax: 1 + (random.uint32() % 30) },
      })
      createTopics(node.log)
      for (const batch of history) {
        produce(node.log, batch)
        for (let i = random.uint32() % 12; i > 0; i--) {
          node.body.step()
          if (random.uint32() % 3 === 0) node.clock.advance(random.uint32() % 30)
        }
      }
      finish(node)
      assert.deepEqual(outcome(node.log), once, `seed ${seed} ${JSON.stringify(options)}`)
    }
  }
})

class Crash extends Error {}

/** Fails at random moments around a commit: before the log has it, or after, when nobody hears of it. */
function crashing(log: LocalLog, chance: () => boolean, committed: (group: CommitGroup) => void): EpochCommit {
  return {
    submit(group: CommitGroup): boolean {
      if (chance()) throw new Crash('before the commit')
      const taken = log.submit(group)
      committed(group)
      if (chance()) throw new Crash('after the commit')
      return taken
    },
    outcome: (owner: string): CommitOutcome | undefined => log.outcome(owner),
    last: (owner) => log.last(owner),
  }
}

/** A disk that fails while state is written. */
function crashingDisk(disk: Disk, chance: () => boolean): Disk {
  return {
    ...disk,
    open(path, mode) {
      const file = disk.open(path, mode)
      if (!path.startsWith('state/') || mode !== 'create') return file
      return {
        size: () => file.size(),
        read: (into, position) => file.read(into, position),
        write(bytes, position) {
          if (chance()) {
            file.write(bytes.subarray(0, bytes.length >> 1), position)
            throw new Crash('while state is written')
          }
          file.write(bytes, position)
        },
        sync: () => file.sync(),
        truncate: (size) => file.truncate(size),
        close: () => file.close(),
      }
    },
  }
}

test('exactly once: crashes around state and commit change nothing', () => {
  let crashes = 0
  for (let seed = 1; seed <= 8; seed++) {
    const history = shopHistory(seed, 20)
    const once = expected(history)
    const random = seededRandom(seed * 97)
    const chance = (): boolean => random.uint32() % 12 === 0
    const disk = createMemoryDisk()
    const clock = stepClock()
    const parallelism = (): number => (seed % 2 === 0 ? 1 : 1 + (random.uint32() % 3))
    const open = (): Node => {
      const { log } = openTestLog({ clock, disk })
      const failing = crashingDisk(disk, chance)
      const reports: EngineReport[] = []
      const body = createPipelinesBody({
        specs: shopSpecs(seed % 2 === 0 ? 10 : 100_000),
        reader: log,
        commit: crashing(log, chance, (group) => groups.set(group.owner, [...(groups.get(group.owner) ?? []), group])),
        schemaIds: noSchemaIds,
        clock,
        disk: failing,
        meter: noMeter,
        options: { epochMs: 20, epochRowsMax: 40, parallelism: parallelism() },
        report: (r) => reports.push(r),
      })
      return { log, disk, clock, body, reports }
    }
    const groups = new Map<string, CommitGroup[]>()
    let node = open()
    createTopics(node.log)
    const alive = (run: () => void): void => {
      try {
        run()
      } catch (error) {
        if (!(error instanceof Crash)) throw error
        crashes++
        node = open()
      }
    }
    for (const batch of history) {
      produce(node.log, batch)
      for (let i = 0; i < 8; i++) {
        alive(() => void node.body.step())
        clock.advance(random.uint32() % 15)
      }
    }
    for (let i = 0; i < 200 && !node.body.status().every((each) => each.state === 'finished'); i++)
      alive(() => finish(node))
    assert.deepEqual(outcome(node.log), once, `seed ${seed}`)
    // With one instance throughout, a run without any crash makes the same bytes from the journal of the many lives.
    if (seed % 2 === 0) replayAll(node.log, groups)
  }
  assert.ok(crashes > 50)
})

test('the same journal gives the same bytes', () => {
  const history = shopHistory(11, 30)
  const groups = new Map<string, CommitGroup[]>()
  const node = openNode(shopSpecs(), {
    commit: (log) => ({
      submit(group) {
        groups.set(group.owner, [...(groups.get(group.owner) ?? []), group])
        return log.submit(group)
      },
      outcome: (owner) => log.outcome(owner),
      last: (owner) => log.last(owner),
    }),
  })
  createTopics(node.log)
  const random = seededRandom(5)
  for (const batch of history) {
    produce(node.log, batch)
    for (let i = random.uint32() % 9; i > 0; i--) {
      node.body.step()
      node.clock.advance(random.uint32() % 12)
    }
  }
  finish(node)
  replayAll(node.log, groups)
})

function replayAll(log: LocalLog, groups: ReadonlyMap<string, readonly CommitGroup[]>): void {
  for (const spec of shopSpecs()) {
    const replay = createReplay(spec, {
      ports: { reader: log, schemaIds: noSchemaIds, disk: createMemoryDisk() },
      folder: 'replay',
    })
    const epochs = groups.get(ownerOf(spec))!
    assert.ok(epochs.length > 3)
    for (const group of epochs) {
      const entry: JournalEntry = decodeJournalEntry(group.position)
      assert.deepEqual(replay.run(entry), group.appends, `${spec.name} epoch ${entry.epoch}`)
    }
  }
}

test('quarantined records keep their bytes, and headers say where they were and why', () => {
  const node = openNode(shopSpecs())
  createTopics(node.log)
  produce(node.log, {
    format: shop.checkouts,
    partition: 2,
    rows: [
      ['a', 1n, 5n, 'approved', 1n],
      ['b', 1n, 0n, 'approved', 2n],
    ],
    kinds: [0, 0],
  })
  assert.ok(
    node.log.appendNow(
      'checkouts',
      0,
      recordsOf(jsonFormat('checkouts', schemaOf({ checkout_id: types.string(), user_id: types.string() })), [
        ['c', 'no number'],
      ]),
    ).ok,
  )
  settle(node)
  const bytes = [0].map((p) => node.log.read('checkouts.quarantine', p, 0, 1 << 20))[0]!
  const seen: unknown[] = []
  for (let at = 0; at < bytes.length;) {
    const records = decodeRecords(bytes, at)
    at += records.header.size
    for (let i = 0; i < records.count; i++)
      seen.push(Object.fromEntries(recordHeaders(records, i).map((h) => [h.key, Buffer.from(h.value!).toString()])))
  }
  const [first, second] = seen.toSorted(
    (a, b) =>
      Number((b as Record<string, string>)['millrace.partition']) -
      Number((a as Record<string, string>)['millrace.partition']),
  ) as Record<string, string>[]
  assert.deepEqual(first, {
    'millrace.topic': 'checkouts',
    'millrace.partition': '2',
    'millrace.offset': '1',
    'millrace.rule': 'amount_positive',
    'millrace.reason': 'not true: amount_positive',
  })
  assert.equal(second!['millrace.rule'], 'decodable')
  assert.match(second!['millrace.reason']!, /MR-FORMAT-/)
  const original = readTopic(node.log, 'checkouts').find((record) => record.partition === 2 && record.offset === 1)!
  const copy = readTopic(node.log, 'checkouts.quarantine').find((record) => record.value === original.value)!
  assert.equal(copy.key, original.key)
})

test('a second writer’s epoch stops the pipeline; others go on', () => {
  const node = openNode(shopSpecs())
  createTopics(node.log)
  const group: CommitGroup = {
    owner: 'pipeline/balances',
    epoch: 1,
    appends: [],
    groupOffsets: [],
    position: new Uint8Array(1),
    stateFiles: [],
  }
  assert.ok(node.log.commitNow(group).ok)
  for (const batch of shopHistory(1, 5)) produce(node.log, batch)
  settle(node)
  const byName = new Map(node.body.status().map((each) => [each.name, each]))
  assert.equal(byName.get('balances')!.error!.code, 'MR-ENGINE-001')
  assert.equal(byName.get('enriched')!.state, 'running')
  assert.equal(byName.get('enriched')!.lagRecords, 0)
})

test('no room on the disk delays an epoch and loses nothing', () => {
  let full = true
  const node = openNode(shopSpecs(), {
    commit: (log) => {
      let refused: string | undefined
      return {
        submit(group) {
          if (!full) return log.submit(group)
          refused = group.owner
          return true
        },
        outcome(owner) {
          if (refused !== owner) return log.outcome(owner)
          refused = undefined
          return { ok: false, reason: 'retry', message: 'full' }
        },
        last: (owner) => log.last(owner),
      }
    },
  })
  createTopics(node.log)
  const history = shopHistory(2, 10)
  for (const batch of history) produce(node.log, batch)
  settle(node)
  assert.equal(node.body.status()[0]!.state, 'retrying')
  full = false
  node.clock.advance(2000)
  finish(node)
  assert.deepEqual(outcome(node.log), expected(history))
})

test('a pipeline whose plan changed refuses the old positions, by name', () => {
  const disk = createMemoryDisk()
  const node = openNode(shopSpecs(), { disk })
  createTopics(node.log)
  for (const batch of shopHistory(1, 5)) produce(node.log, batch)
  settle(node)
  const specs = shopSpecs().map((spec) =>
    spec.kind === 'query' && spec.name === 'rates'
      ? { ...spec, plan: { ...spec.plan, root: { ...spec.plan.root, id: 'another' } } }
      : spec,
  )
  const again = openNode(specs, { disk })
  const status = again.body.status().find((each) => each.name === 'rates')!
  assert.deepEqual([status.state, status.error!.code], ['failed', 'MR-ENGINE-005'])
})

test('pause holds a pipeline after its epoch, resume goes on; a missing topic is waited for', () => {
  const schema = schemaOf({ a: types.int() })
  const from = jsonFormat('from', schema)
  const to = jsonFormat('to', schema)
  const node = openNode([querySpec('copy', scanNode('from', schema), [from], to)])
  settle(node, 3)
  assert.equal(node.body.status()[0]!.state, 'waiting')
  node.log.createTopicNow({ name: 'from', partitionCount: 1 })
  node.log.createTopicNow({ name: 'to', partitionCount: 2 })
  node.body.command({ kind: 'pause', name: 'copy' })
  node.log.appendNow('from', 0, recordsOf(from, [[1], [2], [3]]))
  settle(node)
  assert.deepEqual([node.body.status()[0]!.state, node.body.status()[0]!.epoch], ['paused', 0])
  node.body.command({ kind: 'resume', name: 'copy' })
  settle(node)
  const [status] = node.body.status()
  assert.deepEqual(
    [status!.state, status!.epoch, status!.lagRecords, status!.rowsIn, status!.recordsOut],
    ['running', 1, 0, 3, 3],
  )
  // Records without a key go round robin, stamped with the epoch's one clock reading.
  assert.deepEqual(
    readTopic(node.log, 'to').map((r) => [r.partition, r.value]),
    [
      [0, '{"a":1}'],
      [0, '{"a":3}'],
      [1, '{"a":2}'],
    ],
  )
  assert.equal(new Set(readTopic(node.log, 'to').map((r) => r.timestampMs)).size, 1)
  assert.ok(node.reports.some((report) => report.kind === 'status'))
})
