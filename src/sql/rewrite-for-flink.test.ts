import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSqlFile, rewriteForFlink } from './index.ts'

function rewritten(text: string, options: Record<string, string> = {}): string[] {
  const { statements, errors } = parseSqlFile({ file: 'a.sql', text })
  assert.deepEqual(errors, [])
  return rewriteForFlink(statements, () => options)
}

test('DISTRIBUTED goes, options under millrace. go, connector options come; the rest stays byte for byte', () => {
  const text = `CREATE TABLE t ( -- a comment; with a semicolon
  a   INT,  /* DISTRIBUTED INTO 3 BUCKETS */
  b STRING COMMENT 'it''s DISTRIBUTED'
)
DISTRIBUTED BY HASH(a)
  INTO 4 BUCKETS
WITH ('millrace.lake' = 'append', 'scan.startup.mode'   =   'earliest-offset')`
  assert.deepEqual(rewritten(`${text};`, { connector: 'kafka', 'scan.startup.mode': 'never' }), [
    `CREATE TABLE t ( -- a comment; with a semicolon
  a   INT,  /* DISTRIBUTED INTO 3 BUCKETS */
  b STRING COMMENT 'it''s DISTRIBUTED'
)
WITH ('scan.startup.mode'   =   'earliest-offset', 'connector' = 'kafka')`,
  ])
})

test('a table without options gets them; quotes in values are doubled', () => {
  assert.deepEqual(rewritten('CREATE TABLE t (a INT);', { topic: "o'clock" }), [
    "CREATE TABLE t (a INT) WITH ('topic' = 'o''clock')",
  ])
})

test('a WITH of nothing but millrace. options goes whole; other statements are unchanged', () => {
  const insert = 'INSERT INTO t\n  SELECT  1'
  assert.deepEqual(
    rewritten(`CREATE TABLE t (a INT) DISTRIBUTED BY (a) INTO 2 BUCKETS WITH ('millrace.lake' = 'append'); ${insert};`),
    ['CREATE TABLE t (a INT)', insert],
  )
})
