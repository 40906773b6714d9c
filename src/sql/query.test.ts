import assert from 'node:assert/strict'
import { test } from 'node:test'
import { types } from '../model/index.ts'
import { analyze, checkRule, evaluate, parseQuery, planRule, referencedTables } from './index.ts'

const { tables } = analyze([
  {
    file: 't.sql',
    text: 'CREATE TABLE orders (id BIGINT NOT NULL, customer STRING, amount DECIMAL(10, 2)); CREATE TABLE people (name STRING, city STRING);',
  },
])
const orders = tables[0]!

test('tables that a query names are found with their places, names of WITH are not', () => {
  const text =
    'WITH big AS (SELECT * FROM orders WHERE amount > 5) SELECT * FROM big JOIN people AS p ON big.customer = p.name, (SELECT id FROM `orders`) AS x'
  const found = referencedTables(text)
  assert.ok(found.ok)
  assert.deepEqual(
    found.tables.map((t) => [t.name, text.slice(t.start, t.end), t.aliased]),
    [
      ['orders', 'orders', false],
      ['people', 'people', true],
      ['orders', '`orders`', false],
    ],
  )
})

test('an ad hoc query may be ordered and limited; its columns are typed', () => {
  const query = parseQuery(
    'SELECT customer, SUM(amount) AS total FROM orders GROUP BY customer ORDER BY total DESC LIMIT 10',
    tables,
  )
  assert.ok(query.ok)
  assert.deepEqual(query.schema, {
    fields: [
      { name: 'customer', type: types.string() },
      { name: 'total', type: types.decimal(38, 2) },
    ],
  })
  assert.equal(query.limit, 10)
  assert.deepEqual(query.lineage[1], {
    column: 'total',
    sources: [{ table: 'orders', column: 'amount' }],
    transformation: 'aggregation',
  })
})

test('mistakes of an ad hoc query have places', () => {
  const query = parseQuery('SELECT custmer,\n  amount + customer FROM orders', tables)
  assert.ok(!query.ok)
  assert.deepEqual(
    query.errors.map((e) => [e.code, e.place!.line, e.place!.column]),
    [
      ['MR-SQL-005', 1, 8],
      ['MR-SQL-008', 2, 10],
    ],
  )
  assert.ok(!parseQuery('SELECT 1; SELECT 2', tables).ok)
  assert.ok(!referencedTables('SELECT FROM').ok)
})

test('a rule is a condition over the columns of its table', () => {
  const condition = planRule('amount > 0 AND customer IS NOT NULL', orders)
  assert.equal(evaluate(condition, [1n, 'a', 100n]), true)
  assert.equal(evaluate(condition, [1n, 'a', -100n]), false)
  assert.equal(evaluate(condition, [1n, 'a', null]), null)
})

test('mistakes of a rule are placed from where the rule stands', () => {
  const { errors } = checkRule('amont > 0', orders, { file: 'c.yaml', line: 7, column: 30 })
  assert.deepEqual(
    errors.map((e) => [e.code, e.place]),
    [['MR-SQL-005', { file: 'c.yaml', line: 7, column: 30 }]],
  )
  assert.throws(() => planRule('amount', orders), { code: 'MR-SQL-022' })
  assert.throws(() => planRule('COUNT(*) > 1', orders), { code: 'MR-SQL-023' })
})
