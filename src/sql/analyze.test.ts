import assert from 'node:assert/strict'
import { test } from 'node:test'
import { analyze, explain, explainStages } from './index.ts'

const tables = `CREATE TABLE payments (id BIGINT NOT NULL, loan BIGINT, paid INT, PRIMARY KEY (id) NOT ENFORCED);
CREATE TABLE sums (loan BIGINT NOT NULL, paid INT, PRIMARY KEY (loan) NOT ENFORCED);`
const insert = 'INSERT INTO sums SELECT loan, SUM(paid) FROM payments WHERE loan IS NOT NULL GROUP BY loan;'

test('order of files and statements has no meaning', () => {
  const one = analyze([{ file: 'a.sql', text: `${tables}\n${insert}` }])
  const two = analyze([
    { file: 'b.sql', text: insert },
    { file: 'a.sql', text: tables },
  ])
  assert.deepEqual(two.errors, [])
  assert.deepEqual(two.pipelines[0]!.root, one.pipelines[0]!.root)
})

test('how a keyed table is read follows its format, then who writes it', () => {
  const modes = (text: string, captured?: readonly string[]): Record<string, string | undefined> =>
    Object.fromEntries(
      analyze([{ file: 'a.sql', text }], captured ? { captured } : {}).tables.map((t) => [t.name, t.changelog]),
    )
  assert.deepEqual(modes(tables + insert), { payments: 'retract', sums: 'upsert' })
  assert.deepEqual(modes(tables + insert, []), { payments: 'upsert', sums: 'upsert' })
  const declared = tables.replace(/ENFORCED\);/, "ENFORCED) WITH ('millrace.format' = 'json');")
  assert.deepEqual(modes(declared, ['payments']), { payments: 'upsert', sums: 'upsert' })
  assert.deepEqual(modes('CREATE TABLE log (a INT);'), { log: 'append' })
})

test('row rules become a filter in every reader’s scan', () => {
  const project = analyze([{ file: 'a.sql', text: `${tables}\n${insert}` }], {
    rowRules: [{ table: 'payments', name: 'positive', text: 'paid > 0' }],
  })
  assert.match(explain(project.pipelines[0]!), /where=\[\(paid > 0\) AND \(loan IS NOT NULL\)\]/)
})

test('lineage names the columns of tables, through views, expressions and aggregates', () => {
  const project = analyze([
    {
      file: 'a.sql',
      text: `${tables}\nCREATE VIEW v AS SELECT loan AS l, paid * 2 AS p, id FROM payments; INSERT INTO sums SELECT l, SUM(p) FROM v WHERE l IS NOT NULL GROUP BY l;`,
    },
  ])
  assert.deepEqual(project.errors, [])
  const source = (column: string): { table: string; column: string } => ({ table: 'payments', column })
  assert.deepEqual(project.lineage.get('v'), [
    { column: 'l', sources: [source('loan')], transformation: 'identity' },
    { column: 'p', sources: [source('paid')], transformation: 'expression' },
    { column: 'id', sources: [source('id')], transformation: 'identity' },
  ])
  assert.deepEqual(project.lineage.get('sums'), [
    { column: 'loan', sources: [source('loan')], transformation: 'expression' },
    { column: 'paid', sources: [source('paid')], transformation: 'aggregation' },
  ])
})

test('every stage of a pipeline can be printed', () => {
  const stages = explainStages([{ file: 'a.sql', text: `${tables}\n${insert}` }], 'sums')!
  assert.match(stages.syntax, /"kind": "insert"/)
  assert.match(stages.logical, /^Project\(.*\n\+- Project\(.*\n   \+- Aggregate/)
  assert.match(stages.rewritten, /Filter\(loan IS NOT NULL\)/)
  assert.match(stages.physical, /changelogMode=\[I,UA,D\]/)
  assert.equal(explainStages([{ file: 'a.sql', text: tables }], 'sums'), undefined)
})

test('hostile texts end in reports, never in exceptions', () => {
  const deep = `SELECT ${'('.repeat(5000)}1${')'.repeat(5000)};`
  const texts = [
    '',
    ';;;',
    '/*',
    "'",
    '`',
    'SELECT',
    'CREATE',
    'CREATE TABLE',
    'INSERT INTO',
    deep,
    `SELECT ${'-'.repeat(3000)} 1`,
    `SELECT ${'NOT '.repeat(5000)} TRUE`,
    '\u0000',
    '😀',
    'EXECUTE STATEMENT SET BEGIN',
    ...['1 + ', '2 * ', 'TRUE AND ', 'TRUE OR ', '1 = ', "'a' || "].map((link) => `SELECT ${link.repeat(20_000)} 1;`),
    `SELECT 1 ${'IS NULL '.repeat(20_000)};`,
    `SELECT ${'('.repeat(150)}1${`${' + 1'.repeat(400)})`.repeat(150)};`,
    `CREATE VIEW v AS SELECT ${'('.repeat(150)}1${`${' + 1'.repeat(3)})`.repeat(150)} AS x`,
    `CREATE VIEW v AS SELECT ${'CASE WHEN '.repeat(150)} TRUE ${' THEN TRUE END'.repeat(150)} AS x`,
    `${'SELECT 1 UNION ALL '.repeat(20_000)} SELECT 1;`,
    `SELECT 1 FROM t${', t'.repeat(20_000)};`,
    `SELECT 1 FROM t${' CROSS JOIN t'.repeat(20_000)};`,
    `SELECT CASE ${'WHEN TRUE THEN 1 '.repeat(20_000)} END;`,
    `SELECT 1 IN (${'1, '.repeat(20_000)} 1);`,
    `CREATE VIEW v AS SELECT ${'1 + '.repeat(490)} 1 AS x; CREATE VIEW w AS SELECT ${'x = 1 AND '.repeat(490)} TRUE FROM v;`,
  ]
  for (const text of texts) {
    const project = analyze([{ file: 'h.sql', text }])
    assert.equal(project.pipelines.length, 0)
    for (const error of project.errors) assert.ok(error.place)
  }
})
