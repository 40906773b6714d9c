// State forgets a person whose key is deleted: each operator, in memory and in every file, across restarts; and nobody else.
import assert from 'node:assert/strict'
import test from 'node:test'
import { defaultLimits } from './limits.ts'
import { TopicInput } from './source.ts'
import { jsonFormat, noSchemaIds } from './test-kit.ts'
import { erasureRun, sealedTables, type ErasureRun } from './erasure-kit.ts'

const at = (second: number): bigint => BigInt(1_767_225_600_000 + second * 1000)
const ada = 'ada@lovelace.example'
const grace = 'grace@hopper.example'

interface Case {
  readonly name: string
  readonly sql: string
  /** What is there before Ada (1) is erased, and Grace (2) is not. */
  before(run: ErasureRun): void
  /** What comes then. */
  after(run: ErasureRun): void
  readonly written: readonly unknown[]
}

const customers = (run: ErasureRun, ...rows: readonly (readonly [number, string | null, number])[]): void =>
  run.produce(
    'customers',
    rows.map(([id, email, second]) => [BigInt(id), email, 'UK', at(second)]),
  )
const orders = (run: ErasureRun, ...rows: readonly (readonly [number, number, number])[]): void =>
  run.produce(
    'orders',
    rows.map(([id, customer, second]) => [BigInt(id), BigInt(customer), at(second)]),
  )

const cases: readonly Case[] = [
  {
    name: 'a join',
    sql: `CREATE TABLE found (order_id BIGINT, email STRING);
      INSERT INTO found SELECT o.order_id, c.email FROM orders o JOIN customers c ON o.customer_id = c.customer_id;`,
    before(run) {
      customers(run, [1, ada, 1], [2, grace, 1], [1, null, 1])
      orders(run, [10, 1, 1], [20, 2, 1])
    },
    after(run) {
      orders(run, [11, 1, 2], [21, 2, 2])
      customers(run, [1, 'new@x', 3])
    },
    // Who has no value that was sealed is not forgotten; the person's new rows are joined.
    written: [
      { order_id: 11, email: null },
      { order_id: 21, email: grace },
      { order_id: 10, email: 'new@x' },
      { order_id: 11, email: 'new@x' },
    ],
  },
  {
    name: 'a left join with rows of an upsert table',
    sql: `CREATE TABLE found (order_id BIGINT, email STRING, PRIMARY KEY (order_id) NOT ENFORCED);
      INSERT INTO found SELECT o.order_id, p.email FROM (SELECT order_id, MAX(customer_id) AS customer_id FROM orders GROUP BY order_id) o
      LEFT JOIN profiles p ON o.customer_id = p.customer_id;`,
    before(run) {
      run.produce('profiles', [
        [1n, ada],
        [2n, grace],
      ])
      orders(run, [10, 1, 1], [20, 2, 1])
    },
    after(run) {
      orders(run, [11, 1, 2])
      run.settle()
      // Neither the change of a row that is not there, nor its end, breaks anything.
      run.produce('profiles', [[1n, null]], [3])
      run.settle()
      run.produce('profiles', [[1n, 'new@x']])
    },
    written: [
      { order_id: 11, email: null },
      { order_id: 10, email: 'new@x' },
      { order_id: 11, email: 'new@x' },
    ],
  },
  {
    name: 'keeping the last row, and a join behind it',
    sql: `CREATE TABLE found (order_id BIGINT, customer_id BIGINT, email STRING, PRIMARY KEY (order_id, customer_id) NOT ENFORCED);
      INSERT INTO found SELECT o.order_id, c.customer_id, c.email FROM
      (SELECT order_id, customer_id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY order_id ORDER BY ts DESC) AS n FROM orders) WHERE n = 1) o
      JOIN (SELECT customer_id, email FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY ts DESC) AS n FROM customers) WHERE n = 1) c
      ON o.customer_id = c.customer_id;`,
    before(run) {
      customers(run, [1, 'old', 1], [1, ada, 2], [2, grace, 2])
      orders(run, [10, 1, 1])
    },
    after(run) {
      orders(run, [20, 2, 3], [11, 1, 3])
      run.settle()
      customers(run, [1, 'new@x', 1])
    },
    // An older time than the forgotten row's: that it was there is forgotten too.
    written: [
      { order_id: 20, customer_id: 2, email: grace },
      { order_id: 10, customer_id: 1, email: 'new@x' },
      { order_id: 11, customer_id: 1, email: 'new@x' },
    ],
  },
  {
    name: 'keeping the first row, which waits',
    sql: `CREATE TABLE found (customer_id BIGINT, email STRING);
      INSERT INTO found SELECT customer_id, email FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY ts) AS n FROM customers) WHERE n = 1;`,
    before(run) {
      customers(run, [1, ada, 6], [2, grace, 6], [3, 'x', 8])
    },
    after(run) {
      customers(run, [1, 'new@x', 9], [4, 'x', 20])
    },
    written: [
      { customer_id: 2, email: grace },
      { customer_id: 3, email: 'x' },
      { customer_id: 1, email: 'new@x' },
    ],
  },
  {
    name: 'keeping the first row of a person and address, whose key stays',
    sql: `CREATE TABLE found (customer_id BIGINT, email STRING);
      INSERT INTO found SELECT customer_id, email FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY customer_id, email ORDER BY ts) AS n FROM customers) WHERE n = 1;`,
    before(run) {
      customers(run, [1, ada, 1], [2, grace, 1], [3, 'x', 10])
    },
    after(run) {
      customers(run, [1, ada, 6], [2, grace, 6], [3, 'x', 20])
    },
    written: [
      { customer_id: 1, email: ada },
      { customer_id: 3, email: 'x' },
    ],
  },
  {
    name: 'groups',
    sql: `CREATE TABLE found (customer_id BIGINT, email STRING, n BIGINT, PRIMARY KEY (customer_id) NOT ENFORCED);
      INSERT INTO found SELECT customer_id, MAX(email), COUNT(*) FROM customers GROUP BY customer_id;`,
    before(run) {
      customers(run, [1, ada, 1], [1, 'abc', 1], [2, grace, 1])
    },
    after(run) {
      customers(run, [1, 'aaa', 2], [2, 'aaa', 2])
    },
    written: [
      { customer_id: 1, email: 'aaa', n: 1 },
      { customer_id: 2, email: grace, n: 2 },
    ],
  },
  {
    name: 'a count of everybody, which stays',
    sql: `CREATE TABLE found (country STRING, n BIGINT, PRIMARY KEY (country) NOT ENFORCED);
      INSERT INTO found SELECT country, COUNT(*) FROM customers GROUP BY country;`,
    before(run) {
      customers(run, [1, ada, 1], [2, grace, 1])
    },
    after(run) {
      customers(run, [3, 'x', 2])
    },
    written: [{ country: 'UK', n: 3 }],
  },
  {
    name: 'different values of a person',
    sql: `CREATE TABLE found (customer_id BIGINT, n BIGINT, PRIMARY KEY (customer_id) NOT ENFORCED);
      INSERT INTO found SELECT customer_id, COUNT(DISTINCT email) FROM customers GROUP BY customer_id;`,
    before(run) {
      customers(run, [1, ada, 1], [2, grace, 1])
    },
    after(run) {
      customers(run, [1, ada, 2], [2, grace, 2])
    },
    // The number tells nothing of a value: it stays, and the set begins anew.
    written: [{ customer_id: 1, n: 2 }],
  },
  {
    name: 'windows',
    sql: `CREATE TABLE found (customer_id BIGINT, email STRING, n BIGINT);
      INSERT INTO found SELECT customer_id, MAX(email), COUNT(DISTINCT email) FROM TABLE(TUMBLE(TABLE customers, DESCRIPTOR(ts), INTERVAL '10' SECOND))
      GROUP BY customer_id, window_start, window_end;`,
    before(run) {
      customers(run, [1, ada, 1], [2, grace, 2], [1, ada, 11], [3, 'x', 2])
    },
    after(run) {
      customers(run, [1, 'new@x', 12], [2, 'aaa', 13], [3, 'x', 40])
    },
    written: [
      { customer_id: 2, email: grace, n: 1 },
      { customer_id: 3, email: 'x', n: 1 },
      { customer_id: 2, email: 'aaa', n: 1 },
      { customer_id: 1, email: 'new@x', n: 1 },
    ],
  },
  {
    name: 'a temporal join, on both sides',
    sql: `CREATE TABLE found (customer_id BIGINT, mine STRING, email STRING);
      INSERT INTO found SELECT c.customer_id, c.email, v.email FROM customers c
      LEFT JOIN versions FOR SYSTEM_TIME AS OF c.ts AS v ON c.customer_id = v.customer_id;`,
    before(run) {
      run.produce('versions', [
        [1n, 'old', at(1)],
        [1n, ada, at(3)],
        [2n, grace, at(3)],
      ])
      customers(run, [1, ada, 4], [2, 'waits', 5])
    },
    after(run) {
      customers(run, [1, 'new@x', 6], [2, 'last', 7], [2, 'later', 40])
      run.produce('versions', [[2n, grace, at(20)]])
    },
    written: [
      { customer_id: 2, mine: 'waits', email: grace },
      { customer_id: 1, mine: 'new@x', email: null },
      { customer_id: 2, mine: 'last', email: grace },
    ],
  },
]

for (const { name, sql, before, after, written } of cases)
  for (const how of ['at once', 'in steps', 'while it was down', 'and started again'] as const)
    test(`${name} forgets a person and nobody else, ${how}`, () => {
      const limits = how === 'in steps' ? { stateForgetAtOnceBytes: 0, stateMergeAtOnceBytes: 0 } : {}
      const run = erasureRun(sealedTables + sql, limits)
      before(run)
      run.settle()
      // A count keeps nothing of it.
      assert.equal(run.filesWith(ada).length > 0, !name.startsWith('a count'))
      if (how === 'while it was down') run.restart()
      run.erase('customer-7', 'customer-1')
      run.settle()
      if (how === 'and started again') run.restart()
      assert.deepEqual(run.filesWith(ada), [])
      const count = run.count('found')
      after(run)
      run.settle()
      const sorted = (rows: readonly unknown[]): string[] => rows.map((row) => JSON.stringify(row)).toSorted()
      assert.deepEqual(sorted(run.from('found', count)), sorted(written))
    })

test('whenever the program ends after the key is gone, the next one forgets the person', () => {
  const { sql, before, after, written } = cases[0]!
  for (const limits of [{}, { stateForgetAtOnceBytes: 0, stateMergeAtOnceBytes: 0, stateMergeStepBytes: 1 }]) {
    for (let steps = 0; steps < 16; steps++) {
      const run = erasureRun(sealedTables + sql, limits)
      before(run)
      run.settle()
      run.erase('customer-1')
      for (let i = 0; i < steps; i++) run.body.step()
      run.restart()
      run.settle()
      assert.deepEqual(run.filesWith(ada), [], `after ${steps} steps`)
      const count = run.count('found')
      after(run)
      run.settle()
      assert.deepEqual(run.from('found', count), written, `after ${steps} steps`)
    }
  }
})

test('pipelines that are paused or finished forget, and stay so', () => {
  const { sql, before } = cases[0]!
  for (const state of ['paused', 'finished'] as const) {
    const run = erasureRun(sealedTables + sql, { stateForgetAtOnceBytes: 0, stateMergeAtOnceBytes: 0 })
    before(run)
    run.settle()
    if (state === 'paused') run.body.command({ kind: 'pause', name: 'found' })
    else {
      run.body.command({ kind: 'finish', ends: { customers: [run.count('customers')], orders: [run.count('orders')] } })
      run.settle()
    }
    assert.notDeepEqual(run.filesWith(ada), [])
    run.erase('customer-1')
    run.settle()
    assert.deepEqual(run.filesWith(ada), [], state)
    assert.equal(run.body.status()[0]!.state, state)
    const { epoch } = run.body.status()[0]!
    run.settle()
    assert.equal(run.body.status()[0]!.epoch, epoch, 'when it is done, nothing more is committed')
    if (state === 'paused') continue
    run.restart()
    run.settle()
    assert.equal(run.body.status()[0]!.state, state)
  }
})

test('what was read ahead is read again, from where the last slice ended', () => {
  const run = erasureRun(sealedTables)
  customers(run, [1, ada, 1], [2, grace, 30], [1, ada, 40])
  const { schema } = run.project.tables[0]!
  const watermark = { column: 3, delayMs: 0 }
  const input = new TopicInput(
    { format: jsonFormat('customers', schema), columns: [0, 1, 2, 3], watermark, keepRecords: false },
    { reader: run.log, schemaIds: noSchemaIds, decompress: undefined, limits: defaultLimits, pipeline: 'test' },
  )
  input.refresh()
  const first = input.take(0, Number(at(1)))
  assert.deepEqual([first.from, first.to], [0, 1])
  // What comes after the last look waits for the next one.
  input.look()
  customers(run, [3, 'x', 50])
  let reads = 0
  const { read } = run.log
  run.log.read = (...given) => {
    reads++
    return read.apply(run.log, given)
  }
  input.rewind()
  const rest = input.take(0, Infinity)
  assert.deepEqual([rest.from, rest.to, rest.batch.rowCount, reads], [1, 3, 2, 1])
  assert.equal(input.hasData(0), false)
  input.look()
  const next = input.take(0, Infinity)
  assert.deepEqual([next.from, next.to, next.batch.rowCount], [3, 4, 1])
})

test('a key of the topic takes what was sealed of everybody, and another KEK’s key nothing', () => {
  const { sql, before } = cases[0]!
  const run = erasureRun(sealedTables + sql)
  before(run)
  run.settle()
  run.erase('customer-12', 'customer-')
  run.settle()
  assert.notDeepEqual(run.filesWith(ada), [])
  run.erase('customers-value')
  run.settle()
  assert.deepEqual([run.filesWith(ada), run.filesWith(grace)], [[], []])
})

test('rows that came after the deletion stay, also after a restart', () => {
  const { sql, before } = cases[0]!
  const run = erasureRun(sealedTables + sql)
  run.erase('customer-1')
  before(run)
  run.settle()
  run.restart()
  run.settle()
  assert.notDeepEqual(run.filesWith(ada), [])
})

test('what was replaced before the key was gone leaves the files too, also within one epoch', () => {
  const run = erasureRun(`${sealedTables}
    CREATE TABLE found (country STRING, customer_id BIGINT, email STRING, PRIMARY KEY (country) NOT ENFORCED);
    INSERT INTO found SELECT country, customer_id, email FROM
    (SELECT *, ROW_NUMBER() OVER (PARTITION BY country ORDER BY ts DESC) AS n FROM customers) WHERE n = 1;`)
  customers(run, [1, ada, 1])
  run.settle()
  assert.equal(run.filesWith(ada).length, 1)
  customers(run, [2, grace, 2])
  while (run.body.step());
  run.erase('customer-1')
  run.settle()
  assert.deepEqual([run.filesWith(ada).length, run.filesWith(grace).length], [0, 1])
})

test('a value that stops a pipeline is not in what is said of it', () => {
  const run = erasureRun(`${sealedTables}
    CREATE TABLE found (n BIGINT);
    INSERT INTO found SELECT CAST(email AS BIGINT) FROM customers;`)
  customers(run, [1, ada, 1])
  while (run.body.step());
  const { state, error } = run.body.status()[0]!
  assert.equal(state, 'failed')
  assert.equal(error!.message, 'The value (not shown: the pipeline reads encrypted columns) cannot be cast to BIGINT.')
  assert.doesNotMatch(JSON.stringify(run.body.status()), /ada@/)
})

test('a large state is looked through in pieces, and nothing is read and no epoch ends in between', () => {
  const run = erasureRun(
    `${sealedTables}
    CREATE TABLE found (order_id BIGINT, email STRING);
    INSERT INTO found SELECT o.order_id, c.email FROM orders o JOIN customers c ON o.customer_id = c.customer_id;`,
    { forgetStepMs: 0 },
  )
  const people = 5000
  for (let from = 0; from < people; from += 1000)
    customers(run, ...Array.from({ length: 1000 }, (_, i) => [from + i, `x${from + i}`, 1] as const))
  run.settle()
  const { epoch, stateEntries } = run.body.status()[0]!
  run.erase('customer-4999')
  run.body.step()
  orders(run, [1, 4999, 2], [2, 3, 2])
  // More are erased while it looks: those are looked for next.
  run.erase('customer-0')
  let pieces = 0
  while (run.body.status()[0]!.epoch === epoch && pieces < 100) {
    run.body.step()
    pieces++
    if (run.body.status()[0]!.stateEntries === stateEntries) assert.equal(run.count('found'), 0)
  }
  assert.ok(pieces > 2 * Math.floor(people / 1024), `${pieces} steps`)
  run.settle()
  assert.deepEqual(run.from('found', 0), [{ order_id: 2, email: 'x3' }])
  assert.equal(run.body.status()[0]!.stateEntries, stateEntries - 2 + 2)
  assert.deepEqual([...run.filesWith('x4999'), ...run.filesWith('x0')], [])
})
