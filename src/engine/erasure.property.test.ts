// The law of erasure: from the moment on in which a person's key is gone, pipelines write what they would write had they never
// been able to open what that key sealed, whatever came before, in between and after; and no file holds it.
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { erasureRun, sealedTables, type ErasureRun } from './erasure-kit.ts'

const sql = `${sealedTables}
CREATE TABLE joined (order_id BIGINT, email STRING);
INSERT INTO joined SELECT o.order_id, c.email FROM orders o JOIN customers c ON o.customer_id = c.customer_id;
CREATE TABLE padded (order_id BIGINT, email STRING, PRIMARY KEY (order_id) NOT ENFORCED);
INSERT INTO padded SELECT o.order_id, p.email FROM (SELECT order_id, MAX(customer_id) AS customer_id FROM orders GROUP BY order_id) o
  LEFT JOIN profiles p ON o.customer_id = p.customer_id AND p.email <> 'x2';
CREATE TABLE held (customer_id BIGINT, n BIGINT, PRIMARY KEY (customer_id) NOT ENFORCED);
INSERT INTO held SELECT o.customer_id, COUNT(*) FROM orders o LEFT JOIN profiles p ON o.customer_id = p.customer_id AND p.email <> 'x2'
  GROUP BY o.customer_id;
CREATE TABLE newest (customer_id BIGINT, email STRING, PRIMARY KEY (customer_id) NOT ENFORCED);
INSERT INTO newest SELECT customer_id, email FROM
  (SELECT *, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY ts DESC) AS n FROM customers) WHERE n = 1;
CREATE TABLE addresses (customer_id BIGINT, email STRING);
INSERT INTO addresses SELECT customer_id, email FROM
  (SELECT *, ROW_NUMBER() OVER (PARTITION BY customer_id, email ORDER BY ts) AS n FROM customers) WHERE n = 1;
CREATE TABLE grouped (customer_id BIGINT, email STRING, n BIGINT, PRIMARY KEY (customer_id) NOT ENFORCED);
INSERT INTO grouped SELECT customer_id, MAX(email), COUNT(*) FROM customers GROUP BY customer_id;
CREATE TABLE windowed (customer_id BIGINT, email STRING, n BIGINT);
INSERT INTO windowed SELECT customer_id, MIN(email), COUNT(DISTINCT email) FROM TABLE(TUMBLE(TABLE customers, DESCRIPTOR(ts), INTERVAL '10' SECOND))
  GROUP BY customer_id, window_start, window_end;
CREATE TABLE dated (customer_id BIGINT, mine STRING, email STRING);
INSERT INTO dated SELECT c.customer_id, c.email, v.email FROM customers c
  LEFT JOIN versions FOR SYSTEM_TIME AS OF c.ts AS v ON c.customer_id = v.customer_id;
`
const sinks = ['joined', 'padded', 'held', 'newest', 'addresses', 'grouped', 'windowed', 'dated']
const erasedCustomer = 1
/** Never erased: keeps the time going where the other one's rows are not seen. */
const clockCustomer = 9

type Step =
  | {
      readonly table: 'customers' | 'profiles' | 'versions' | 'orders'
      readonly customer: number
      readonly n: number
      readonly isDeleted: boolean
    }
  | 'settle'
  | 'restart'

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      table: fc.constantFrom('customers', 'profiles', 'versions', 'orders' as const),
      customer: fc.integer({ min: 1, max: 3 }),
      n: fc.nat(3),
      isDeleted: fc.boolean(),
    }) as fc.Arbitrary<Step>,
  },
  { weight: 2, arbitrary: fc.constant<Step>('settle') },
  { weight: 1, arbitrary: fc.constant<Step>('restart') },
)

/** @param hidden rows of this customer that are sealed are not there */
function play(run: ErasureRun, steps: readonly Step[], first: number, hidden: number | null): void {
  steps.forEach((each, i) => {
    if (each === 'settle') return run.settle()
    if (each === 'restart') {
      run.settle()
      return run.restart()
    }
    const { table, customer, n, isDeleted } = each
    const ts = BigInt(1_767_225_600_000 + (first + i) * 1300)
    const email = `${customer === erasedCustomer && hidden !== null ? 'erased' : 'x'}${n}`
    const rows: [number, string][] = [[clockCustomer, 'clock']]
    if (customer !== hidden || table === 'orders') rows.unshift([customer, email])
    for (const [id, mail] of rows)
      if (table === 'customers') run.produce(table, [[BigInt(id), mail, 'UK', ts]])
      else if (table === 'versions') run.produce(table, [[BigInt(id), mail, ts]])
      else if (table === 'profiles') run.produce(table, [[BigInt(id), isDeleted ? null : mail]], [isDeleted ? 3 : 0])
      else run.produce(table, [[BigInt(first + i), BigInt(id), ts]])
  })
}

test('after a key is gone, pipelines write as if they had never had it', () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 25, size: 'max' }),
      fc.array(step, { minLength: 1, maxLength: 15, size: 'max' }),
      fc.boolean(),
      fc.constantFrom(1, 3),
      (before, after, inSteps, parallelism) => {
        const limits = inSteps ? { stateForgetAtOnceBytes: 0, stateMergeAtOnceBytes: 0 } : {}
        const [seen, unseen] = [erasureRun(sql, limits, { parallelism }), erasureRun(sql, limits, { parallelism })]
        // The one that sees has the values that must go; the other one has no row with them.
        play(seen, before, 0, -1)
        play(unseen, before, 0, erasedCustomer)
        for (const run of [seen, unseen]) run.settle()
        seen.erase(`customer-${erasedCustomer}`)
        seen.settle()
        assert.deepEqual(seen.filesWith('erased'), [])
        const starts = [seen, unseen].map((run) => sinks.map((sink) => run.count(sink)))
        for (const run of [seen, unseen]) {
          play(run, after, before.length, null)
          run.settle()
        }
        sinks.forEach((sink, i) =>
          assert.deepEqual(seen.from(sink, starts[0]![i]!), unseen.from(sink, starts[1]![i]!), sink),
        )
      },
    ),
    { numRuns: 40 },
  )
})
