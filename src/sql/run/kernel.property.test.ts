// Law: a kernel gives what the interpreter gives, for random expressions over random rows, failures included.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MillraceError } from '../../base/index.ts'
import { batchFromRows, checkBatch, rowAt, types, type Schema, type Value } from '../../model/index.ts'
import { bindExpression } from '../bind/expressions.ts'
import type { Expression } from '../plan.ts'
import { Problems } from '../problems.ts'
import { parseSingleExpression } from '../syntax/statements.ts'
import { interpretExpressions, interpretFilter } from './interpret.ts'
import { compileExpressions, compileFilter } from './kernel.ts'

const schema: Schema = {
  fields: [
    { name: 'i', type: types.int() },
    { name: 'j', type: types.int(false) },
    { name: 'y', type: types.tinyint() },
    { name: 'l', type: types.bigint() },
    { name: 'd', type: types.decimal(9, 2) },
    { name: 'w', type: types.decimal(30, 6) },
    { name: 'x', type: types.double() },
    { name: 's', type: types.string() },
    { name: 'u', type: types.string(false) },
    { name: 'b', type: types.boolean() },
    { name: 't', type: types.timestamp(3) },
    { name: 'm', type: types.timestamp(6) },
    { name: 'a', type: types.date() },
  ],
}

const text = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    'ab',
    'Ab ',
    ' x',
    'ä',
    '😀',
    '\ud7ff',
    '\uffff',
    '12',
    '-7',
    '1.5',
    'true',
    'a,b,,c',
    '2024-02-29',
  ),
  fc.string({ maxLength: 6, unit: 'grapheme' }),
)
const nullable = (a: fc.Arbitrary<Value>): fc.Arbitrary<Value> =>
  fc.oneof({ weight: 1, arbitrary: fc.constant(null) }, { weight: 4, arbitrary: a })
const int32 = fc.oneof(
  fc.integer({ min: -5, max: 5 }),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.constantFrom(-(2 ** 31), 2 ** 31 - 1),
)
const int64 = fc.oneof(
  fc.bigInt({ min: -5n, max: 5n }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n),
)
const row: fc.Arbitrary<Value[]> = fc.tuple(
  nullable(int32),
  int32,
  nullable(fc.integer({ min: -128, max: 127 })),
  nullable(int64),
  nullable(fc.bigInt({ min: -(10n ** 9n) + 1n, max: 10n ** 9n - 1n })),
  nullable(fc.bigInt({ min: -(10n ** 30n) + 1n, max: 10n ** 30n - 1n })),
  nullable(fc.double()),
  nullable(text),
  text,
  nullable(fc.boolean()),
  nullable(fc.bigInt({ min: -62_000_000_000_000n, max: 250_000_000_000_000n })),
  nullable(fc.bigInt({ min: -62_000_000_000_000_000n, max: 250_000_000_000_000_000n })),
  nullable(fc.integer({ min: -700_000, max: 2_900_000 })),
)

interface Terms {
  number: string
  text: string
  truth: string
  time: string
}

/** Expressions as SQL text, so that binder and parser take part. */
const terms = fc.letrec<Terms>((tie) => {
  const n = tie('number') as fc.Arbitrary<string>
  const s = tie('text') as fc.Arbitrary<string>
  const c = tie('truth') as fc.Arbitrary<string>
  const t = tie('time') as fc.Arbitrary<string>
  const fn = (name: string, ...args: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
    fc.tuple(...args).map((list) => `${name}(${list.join(', ')})`)
  const op = (a: fc.Arbitrary<string>, names: string[], b: fc.Arbitrary<string>): fc.Arbitrary<string> =>
    fc.tuple(a, fc.constantFrom(...names), b).map(([x, o, y]) => `(${x} ${o} ${y})`)
  const small = fc.constantFrom('0', '1', '2', '-1', '3', '5')
  return {
    number: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom('i', 'j', 'y', 'l', 'd', 'w', 'x', 'i', 'l', 'd'),
      fc.constantFrom(
        '0',
        '1',
        '7',
        '-3',
        '2.50',
        '0.005',
        '1e2',
        '3000000000',
        '123456789012345678901.5',
        'CAST(NULL AS BIGINT)',
      ),
      op(n, ['+', '-', '*', '/', '%'], n),
      op(n, ['+', '-', '*'], n),
      fn('ABS', n),
      n.map((x) => `(- ${x})`),
      fn('COALESCE', n, n),
      fn('NULLIF', n, n),
      fn('IF', c, n, n),
      fc.tuple(c, n, c, n).map(([p, x, q, y]) => `CASE WHEN ${p} THEN ${x} WHEN ${q} THEN ${y} END`),
      fc
        .tuple(
          n,
          fc.constantFrom(
            'TINYINT',
            'SMALLINT',
            'INT',
            'BIGINT',
            'DOUBLE',
            'FLOAT',
            'DECIMAL(10, 3)',
            'DECIMAL(38, 10)',
            'DECIMAL(3, 0)',
          ),
        )
        .map(([x, y]) => `CAST(${x} AS ${y})`),
      fc
        .tuple(s, fc.constantFrom('INT', 'BIGINT', 'DOUBLE', 'DECIMAL(10, 3)'))
        .map(([x, y]) => `TRY_CAST(${x} AS ${y})`),
      fn('CHAR_LENGTH', s),
      fn('FLOOR', n),
      fn('CEIL', n),
      fn('ROUND', n, fc.constantFrom('0', '1', '2', '-1')),
      fn('GREATEST', n, n),
      fc
        .tuple(fc.constantFrom('YEAR', 'MONTH', 'DAY', 'HOUR', 'SECOND', 'WEEK', 'EPOCH'), t)
        .map(([u, x]) => `EXTRACT(${u} FROM ${x})`),
      fc.tuple(s, s).map(([x, y]) => `POSITION(${x} IN ${y})`),
    ),
    text: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom('s', 'u', 's', "''", "'a'", "'ab'", "'😀'", "','", 'CAST(NULL AS STRING)'),
      fn('UPPER', s),
      fn('LOWER', s),
      fn('TRIM', s),
      op(s, ['||'], s),
      fn('CONCAT_WS', s, s, s),
      fn('SUBSTRING', s, small, small),
      fn('REPLACE', s, s, s),
      fn('LEFT', s, small),
      fn('RIGHT', s, small),
      fn('SPLIT_INDEX', s, s, small),
      fn('COALESCE', s, s),
      fn('COALESCE', fc.constant('s'), fc.constant("'z'")),
      fn('IF', c, s, s),
      fn('NULLIF', s, s),
      n.map((x) => `CAST(${x} AS STRING)`),
      s.map((x) => `CAST(${x} AS VARCHAR(2))`),
      s.map((x) => `CAST(${x} AS CHAR(3))`),
      t.map((x) => `CAST(${x} AS STRING)`),
      t.map((x) => `DATE_FORMAT(${x}, 'yyyy-MM-dd HH:mm:ss.SSS')`),
    ),
    truth: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom('b', 'b', 'TRUE', 'FALSE', 'UNKNOWN'),
      op(n, ['=', '<>', '<', '<=', '>', '>='], n),
      op(s, ['=', '<>', '<', '<=', '>', '>='], s),
      op(t, ['=', '<>', '<', '<=', '>', '>='], t),
      op(c, ['AND', 'OR'], c),
      c.map((x) => `(NOT ${x})`),
      fc.tuple(fc.oneof(n, s, t), fc.constantFrom('NULL', 'NOT NULL')).map(([x, y]) => `(${x} IS ${y})`),
      fc
        .tuple(c, fc.constantFrom('TRUE', 'NOT TRUE', 'FALSE', 'NOT FALSE', 'UNKNOWN'))
        .map(([x, y]) => `(${x} IS ${y})`),
      fc.tuple(n, n, n).map(([x, y, z]) => `(${x} BETWEEN ${y} AND ${z})`),
      fc.tuple(n, n, n).map(([x, y, z]) => `(${x} IN (${y}, ${z}))`),
      fc.tuple(s, s, s).map(([x, y, z]) => `(${x} NOT IN (${y}, ${z}, 'ab'))`),
      fc.tuple(s, fc.constantFrom('%a%', 'a_', '%', '_', 'Ab%')).map(([x, y]) => `(${x} LIKE '${y}')`),
      fc.tuple(n, n).map(([x, y]) => `(${x} IS DISTINCT FROM ${y})`),
      fc.tuple(s, s).map(([x, y]) => `(${x} IS NOT DISTINCT FROM ${y})`),
    ),
    time: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom('t', 'm', 't', "TIMESTAMP '2024-02-29 12:34:56.789'", "TIMESTAMP '1969-12-31 23:59:59'"),
      fc
        .tuple(
          t,
          fc.constantFrom('+', '-'),
          fc.constantFrom(
            "INTERVAL '1' DAY",
            "INTERVAL '10' SECOND",
            "INTERVAL '1' MONTH",
            "INTERVAL '2' YEAR",
            "INTERVAL '1 02:03:04.005' DAY TO SECOND",
          ),
        )
        .map(([x, o, y]) => `(${x} ${o} ${y})`),
      fc.tuple(t, fc.constantFrom('DAY', 'MONTH', 'HOUR', 'YEAR', 'WEEK')).map(([x, u]) => `FLOOR(${x} TO ${u})`),
      fc.tuple(t, fc.constantFrom('DAY', 'MONTH', 'HOUR')).map(([x, u]) => `CEIL(${x} TO ${u})`),
      t.map((x) => `CAST(${x} AS TIMESTAMP(3))`),
      t.map((x) => `CAST(${x} AS TIMESTAMP(0))`),
      fc.constant('CAST(a AS TIMESTAMP(3))'),
      fn('COALESCE', t, t),
    ),
  }
})

function bind(sql: string): Expression | undefined {
  const problems = new Problems()
  const source = { file: 'law', text: sql }
  const syntax = parseSingleExpression(source, problems)
  const columns = schema.fields.map((f) => ({ name: f.name, type: f.type, table: null, rowtime: false, window: null }))
  return syntax && bindExpression(syntax, { source, problems, scope: { columns }, place: 'in a law' })
}

/** The rows, or the code of the failure. */
function outcome<T>(run: () => T): T | string {
  try {
    return run()
  } catch (error) {
    if (error instanceof MillraceError) return error.code
    throw error
  }
}

let compared = 0

test('a kernel gives what the interpreter gives', () => {
  const any = fc.oneof(terms.number, terms.text, terms.truth, terms.time)
  fc.assert(
    fc.property(
      fc.array(any, { minLength: 1, maxLength: 3 }),
      fc.array(row, { minLength: 1, maxLength: 12 }),
      (sqls, rows) => {
        const expressions = sqls.map(bind).filter((e) => e !== undefined)
        fc.pre(expressions.length > 0)
        compared++
        const batch = batchFromRows(schema, rows)
        const output: Schema = { fields: expressions.map((e, k) => ({ name: `o${k}`, type: e.type })) }
        const expected = outcome(() => interpretExpressions(expressions, output)(batch))
        const actual = outcome(() => compileExpressions(expressions, schema, output)(batch))
        if (typeof expected === 'string' || typeof actual === 'string') {
          assert.equal(actual, expected, sqls.join(' ; '))
          return
        }
        checkBatch(actual)
        for (let r = 0; r < batch.rowCount; r++)
          assert.deepEqual(rowAt(actual, r), rowAt(expected, r), sqls.join(' ; '))
      },
    ),
    { numRuns: 1500, seed: 20260 },
  )
  assert.ok(compared > 1000, 'most random expressions are accepted')
})

test('a filter keeps exactly the rows whose condition is TRUE', () => {
  fc.assert(
    fc.property(terms.truth, fc.array(row, { minLength: 1, maxLength: 20 }), (sql, rows) => {
      const condition = bind(sql)
      fc.pre(condition !== undefined)
      const batch = batchFromRows(schema, rows)
      const expected = outcome(() => [...interpretFilter(condition)(batch)])
      assert.deepEqual(
        outcome(() => [...compileFilter(condition, schema)(batch)]),
        expected,
        sql,
      )
    }),
    { numRuns: 600, seed: 7 },
  )
})
