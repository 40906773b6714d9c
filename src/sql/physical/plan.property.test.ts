// Law: whatever query is accepted, its plan is sound: columns exist and have the types that expressions take them to have, keys are in
// range, ids are unique, and modes agree with the operators.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { sameType, type Schema } from '../../model/index.ts'
import { analyze } from '../analyze.ts'
import { planInputs } from '../explain.ts'
import { lockText, readLock } from '../lock.ts'
import type { AggregateCall, Expression, PipelinePlan, PlanNode } from '../plan.ts'
import { compileExpressions, compileFilter } from '../run/kernel.ts'

const loose = { ignoreNullable: true }

function checkExpression(e: Expression, input: Schema): void {
  if (e.kind === 'column') {
    const field = input.fields[e.index]
    assert.ok(field, `column ${e.index} is there`)
    assert.ok(sameType(field.type, e.type, loose), `column ${field.name} has its type`)
  } else if (e.kind === 'call') for (const arg of e.args) checkExpression(arg, input)
  else if (e.kind === 'cast') checkExpression(e.arg, input)
  else if (e.kind === 'case') {
    for (const branch of e.branches) {
      checkExpression(branch.when, input)
      checkExpression(branch.then, input)
    }
    checkExpression(e.otherwise, input)
  }
}

function inRange(indexes: readonly number[], schema: Schema): void {
  for (const i of indexes) assert.ok(Number.isInteger(i) && i >= 0 && i < schema.fields.length, `${i} is a column`)
}

function checkAggregates(calls: readonly AggregateCall[], input: Schema): void {
  for (const c of calls) {
    inRange(c.args, input)
    if (c.filter !== null) assert.equal(input.fields[c.filter]!.type.kind, 'BOOLEAN')
  }
}

function checkNode(node: PlanNode): void {
  for (const input of planInputs(node)) checkNode(input)
  assert.equal(new Set(node.schema.fields.map((f) => f.name)).size, node.schema.fields.length, 'names are unique')
  if (node.rowtime !== null) assert.match(node.schema.fields[node.rowtime]!.type.kind, /^TIMESTAMP/)
  const width = node.schema.fields.length
  switch (node.kind) {
    case 'TableSourceScan':
      assert.equal(node.columns.length, width)
      if (node.primaryKey) inRange(node.primaryKey, node.schema)
      return
    case 'Calc':
      assert.equal(node.projections.length, width)
      node.projections.forEach((e, i) => {
        checkExpression(e, node.input.schema)
        assert.ok(sameType(e.type, node.schema.fields[i]!.type, loose))
      })
      if (node.condition) {
        checkExpression(node.condition, node.input.schema)
        compileFilter(node.condition, node.input.schema)
      }
      compileExpressions(node.projections, node.input.schema, node.schema)
      return
    case 'Exchange':
    case 'Deduplicate':
    case 'ChangelogNormalize':
      inRange(node.keys, node.input.schema)
      assert.equal(width, node.input.schema.fields.length)
      if (node.kind === 'Deduplicate') assert.equal(node.input.changelog, 'append')
      return
    case 'GroupAggregate':
      inRange(node.keys, node.input.schema)
      checkAggregates(node.aggregates, node.input.schema)
      assert.equal(width, node.keys.length + node.aggregates.length)
      assert.notEqual(node.input.changelog, 'upsert', 'an aggregate retracts old rows')
      return
    case 'WindowAggregate':
      inRange([...node.keys, node.window.timeColumn], node.input.schema)
      checkAggregates(node.aggregates, node.input.schema)
      assert.equal(width, node.keys.length + node.aggregates.length + node.windowColumns.length)
      assert.equal(node.input.changelog, 'append')
      return
    case 'Join':
    case 'TemporalJoin': {
      const all = { fields: [...node.left.schema.fields, ...node.right.schema.fields] }
      assert.equal(width, all.fields.length)
      inRange(node.leftKeys, node.left.schema)
      inRange(node.rightKeys, node.right.schema)
      assert.ok(node.leftKeys.length > 0 && node.leftKeys.length === node.rightKeys.length)
      if (node.condition) {
        checkExpression(node.condition, all)
        compileFilter(node.condition, all)
      }
      return
    }
    case 'Union':
      for (const input of node.inputs) {
        assert.equal(input.schema.fields.length, width)
        input.schema.fields.forEach((f, i) => assert.ok(sameType(f.type, node.schema.fields[i]!.type, loose)))
      }
      return
    case 'Values':
      for (const row of node.rows) assert.equal(row.length, width)
  }
}

function checkPlan(plan: PipelinePlan): void {
  checkNode(plan.root)
  const ids: string[] = []
  const visit = (node: PlanNode): void => {
    ids.push(
      node.id,
      ...('slots' in node ? node.slots : 'slot' in node ? [node.slot] : []),
      ...('aggregates' in node ? node.aggregates.map((a) => a.slot) : []),
    )
    planInputs(node).forEach(visit)
  }
  visit(plan.root)
  assert.equal(new Set(ids).size, ids.length, 'ids are unique')
  if (plan.sink.mode === 'append') assert.equal(plan.root.changelog, 'append')
  assert.deepEqual(readLock(lockText(plan), plan.source), plan)
}

const tables = `
CREATE TABLE e (a INT NOT NULL, b STRING, c DECIMAL(10, 2), d TIMESTAMP(3) NOT NULL, WATERMARK FOR d AS d - INTERVAL '1' SECOND);
CREATE TABLE f (b STRING, a BIGINT, d TIMESTAMP(3), c DECIMAL(12, 4), WATERMARK FOR d AS d);
CREATE TABLE k (a INT NOT NULL, b STRING, c DECIMAL(10, 2), d TIMESTAMP(3), WATERMARK FOR d AS d, PRIMARY KEY (a) NOT ENFORCED);
CREATE TABLE x (a INT NOT NULL, b STRING, c DECIMAL(10, 2), d TIMESTAMP(3), PRIMARY KEY (a) NOT ENFORCED) WITH ('millrace.format' = 'json');
CREATE TABLE plain (a BIGINT, b STRING, c DECIMAL(38, 6), d TIMESTAMP(3));
CREATE TABLE keyed (a BIGINT NOT NULL, b STRING, c DECIMAL(38, 6), d TIMESTAMP(3), PRIMARY KEY (a) NOT ENFORCED);
`

/** Queries that all give a, b, c, d. */
const queries = fc.letrec<{ query: string; relation: string }>((tie) => {
  const relation = tie('relation') as fc.Arbitrary<string>
  const query = tie('query') as fc.Arbitrary<string>
  const condition = fc.constantFrom(
    'a > 3',
    "b = 'x'",
    'c IS NOT NULL',
    'a = 1 OR c < 2.5',
    'CHAR_LENGTH(b) < a',
    "d > TIMESTAMP '2026-01-01 00:00:00'",
    'TRUE',
  )
  const where = fc.option(condition, { nil: null }).map((c) => (c === null ? '' : ` WHERE ${c}`))
  const joinType = fc.constantFrom('JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN')
  const on = fc.constantFrom(
    'l.a = r.a',
    'l.b = r.b',
    'l.a = r.a AND l.b = r.b',
    'l.a + 1 = r.a',
    'l.a = r.a AND l.c < r.c',
    'UPPER(l.b) = r.b AND l.a = r.a',
    'l.c = r.c',
  )
  const pick = fc.constantFrom(
    'l.a, l.b, l.c, l.d',
    'l.a, r.b, l.c, r.d',
    'COALESCE(l.a, r.a) AS a, r.b, r.c, l.d',
    'r.a, r.b, r.c, r.d',
  )
  const one = { depthSize: 'small' as const, withCrossShrink: true }
  return {
    relation: fc.oneof(
      one,
      fc.constantFrom('e', 'f', 'k', 'x'),
      query.map((q) => `(${q})`),
    ),
    query: fc.oneof(
      one,
      fc.tuple(relation, where).map(([r, w]) => `SELECT a, b, c, d FROM ${r} AS q${w}`),
      fc.tuple(relation, where).map(([r, w]) => `SELECT a + 1 AS a, UPPER(b) AS b, c * 2 AS c, d FROM ${r} AS q${w}`),
      fc.tuple(relation, where).map(([r, w]) => `SELECT * FROM (SELECT a, b, c, d FROM ${r} AS q) AS w${w}`),
      fc
        .tuple(relation, where)
        .map(([r, w]) => `SELECT a, MAX(b) AS b, SUM(c) AS c, MIN(d) AS d FROM ${r} AS q${w} GROUP BY a`),
      fc
        .tuple(relation, where)
        .map(
          ([r, w]) =>
            `SELECT MAX(a) AS a, b, SUM(c) FILTER (WHERE a > 1) AS c, MAX(d) AS d FROM ${r} AS q${w} GROUP BY b HAVING COUNT(*) > 1`,
        ),
      relation.map((r) => `SELECT DISTINCT a, b, c, d FROM ${r} AS q`),
      fc.tuple(query, query).map(([p, q]) => `SELECT * FROM ((${p}) UNION ALL (${q})) AS q`),
      fc
        .tuple(relation, joinType, relation, on, pick, where)
        .map(([l, j, r, o, p, w]) => `SELECT * FROM (SELECT ${p} FROM ${l} AS l ${j} ${r} AS r ON ${o}) AS q${w}`),
      fc
        .tuple(relation, relation, on, pick)
        .map(([l, r, o, p]) => `SELECT ${p} FROM ${l} AS l, ${r} AS r WHERE ${o} AND l.a > 0 AND r.b <> 'z'`),
      fc
        .tuple(relation, fc.constantFrom('', ' DESC'), where)
        .map(
          ([r, o, w]) =>
            `SELECT * FROM (SELECT a, b, c, d FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY b ORDER BY d${o}) AS rn FROM ${r} AS q) AS q WHERE rn = 1) AS q${w}`,
        ),
      fc
        .tuple(fc.constantFrom('e', 'f'), where)
        .map(
          ([r, w]) =>
            `SELECT a, MAX(b) AS b, SUM(c) AS c, window_time AS d FROM TABLE(TUMBLE(TABLE ${r}, DESCRIPTOR(d), INTERVAL '1' MINUTE))${w} GROUP BY window_start, a, window_end, window_time`,
        ),
      fc
        .tuple(relation, where)
        .map(
          ([r, w]) =>
            `SELECT a, b, c, window_end AS d FROM TABLE(TUMBLE((SELECT * FROM ${r} AS q), DESCRIPTOR(d), INTERVAL '1' MINUTE))${w}`,
        ),
      fc
        .tuple(relation, fc.constantFrom('JOIN', 'LEFT JOIN'), fc.constantFrom('k', 'x'))
        .map(
          ([l, j, r]) =>
            `SELECT l.a, r.b, l.c, l.d FROM ${l} AS l ${j} ${r} FOR SYSTEM_TIME AS OF l.d AS r ON l.a = r.a AND r.c > 0`,
        ),
    ),
  }
})

const understandable = new Set([
  'MR-SQL-003',
  'MR-SQL-012',
  'MR-SQL-013',
  'MR-SQL-014',
  'MR-SQL-015',
  'MR-SQL-025',
  'MR-SQL-011',
  'MR-SQL-008',
])
let accepted = 0

test('every accepted query has a sound plan', () => {
  fc.assert(
    fc.property(queries.query, fc.constantFrom('plain', 'keyed'), (query, sink) => {
      const sql = `${tables}INSERT INTO ${sink} SELECT CAST(a AS BIGINT), b, CAST(c AS DECIMAL(38, 6)), d FROM (${query}) AS result_rows;`
      const project = analyze([{ file: 'law', text: sql }])
      for (const error of project.errors)
        assert.ok(understandable.has(error.code), `${error.code} ${error.message}\n${query}`)
      for (const plan of project.pipelines) {
        accepted++
        checkPlan(plan)
      }
    }),
    { numRuns: 1500, seed: 11 },
  )
  assert.ok(accepted > 200, `${accepted} queries were accepted`)
})

test('the plans of all cases are sound', () => {
  const folder = join(import.meta.dirname, '..', 'cases')
  const files = readdirSync(folder).filter((name) => name.endsWith('.sql') && !name.startsWith('error-'))
  assert.ok(files.length > 0)
  for (const file of files)
    for (const plan of analyze([{ file, text: readFileSync(join(folder, file), 'utf8') }]).pipelines) checkPlan(plan)
})
