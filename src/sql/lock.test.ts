import assert from 'node:assert/strict'
import { test } from 'node:test'
import { analyze, lockText, readLock, type PipelinePlan, type PlanNode } from './index.ts'
import { planInputs } from './explain.ts'

const tables = `
CREATE TABLE events (id STRING NOT NULL, who BIGINT NOT NULL, amount INT, at_time TIMESTAMP(3), WATERMARK FOR at_time AS at_time);
CREATE TABLE totals (who BIGINT NOT NULL, n BIGINT, total INT, PRIMARY KEY (who) NOT ENFORCED);
CREATE TABLE minutes (who BIGINT, s TIMESTAMP(3), n BIGINT);
`

function plan(sql: string, name = 'totals'): PipelinePlan {
  const project = analyze([{ file: 'a.sql', text: tables + sql }])
  assert.deepEqual(project.errors, [])
  return project.pipelines.find((p) => p.name === name)!
}

function slots(node: PlanNode): string[] {
  const own =
    'slots' in node
      ? node.slots
      : 'slot' in node
        ? [node.slot, ...('aggregates' in node ? node.aggregates.map((a) => a.slot) : [])]
        : []
  return [...own, ...planInputs(node).flatMap(slots)]
}

function ids(node: PlanNode): string[] {
  return [node.id, ...planInputs(node).flatMap(ids)]
}

test('a lock gives back the plan it was made from', () => {
  const whole = plan('INSERT INTO totals SELECT who, COUNT(*), SUM(amount) FROM events GROUP BY who;')
  assert.deepEqual(readLock(lockText(whole), whole.source), whole)
})

test('what is no lock is refused', () => {
  for (const text of ['', '{', '{}', '{"format": 2, "name": "x", "root": {}}', 'null']) {
    assert.throws(() => readLock(text), { code: 'MR-SQL-030' })
  }
})

test('names of views and aliases, comments and places do not change the lock', () => {
  const one = plan('INSERT INTO totals SELECT who, COUNT(*) AS n, SUM(amount) FROM events GROUP BY who;')
  const two = plan(`
    CREATE VIEW renamed AS SELECT e.who AS person, e.amount AS money FROM events AS e; -- moved
    INSERT INTO totals SELECT person, COUNT(*), SUM(money) FROM renamed AS x GROUP BY person;`)
  assert.deepEqual(ids(two.root), ids(one.root))
  assert.deepEqual(slots(two.root), slots(one.root))
})

test('another aggregate leaves the other state slots as they are', () => {
  const one = plan('INSERT INTO totals SELECT who, COUNT(*), NULL FROM events GROUP BY who;')
  const two = plan('INSERT INTO totals SELECT who, COUNT(*), SUM(amount) FROM events GROUP BY who;')
  const [before, after] = [slots(one.root), slots(two.root)]
  assert.equal(after.length, before.length + 1)
  for (const slot of before) assert.ok(after.includes(slot))
})

test('another key, filter, window or table is another slot', () => {
  const count = (sql: string, name?: string): string[] => slots(plan(sql, name).root)
  const all = [
    ...count('INSERT INTO totals SELECT who, COUNT(*), NULL FROM events GROUP BY who;'),
    ...count('INSERT INTO totals SELECT who, COUNT(*), NULL FROM events WHERE amount > 1 GROUP BY who;'),
    ...count('INSERT INTO totals SELECT who, COUNT(DISTINCT id), NULL FROM events WHERE amount > 2 GROUP BY who;'),
    ...count(
      "INSERT INTO minutes SELECT who, window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(at_time), INTERVAL '1' MINUTE)) GROUP BY who, window_start, window_end;",
      'minutes',
    ),
    ...count(
      "INSERT INTO minutes SELECT who, window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(at_time), INTERVAL '2' MINUTE)) GROUP BY who, window_start, window_end;",
      'minutes',
    ),
  ]
  assert.equal(new Set(all).size, all.length)
})

test('equal subtrees of one plan have ids of their own', () => {
  const { root } = plan(`
    CREATE VIEW once AS SELECT id, who, amount FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY at_time) AS rn FROM events) WHERE rn = 1;
    INSERT INTO totals SELECT a.who, COUNT(*), SUM(b.amount) FROM once AS a JOIN once AS b ON a.id = b.id GROUP BY a.who;`)
  const all = [...ids(root), ...slots(root)]
  assert.equal(new Set(all).size, all.length)
})
