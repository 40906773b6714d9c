import { test } from 'node:test'
import assert from 'node:assert/strict'
import { splitStatements } from './gateway.ts'

test('statements are divided outside of quotes and comments', () => {
  const script =
    "SELECT ';', `a;b` -- no; no\n; /* ; */\nINSERT INTO t SELECT CASE WHEN a THEN 1 END FROM x;\n-- only a comment;\n"
  assert.deepEqual(splitStatements(script), [
    "SELECT ';', `a;b` -- no; no",
    '/* ; */\nINSERT INTO t SELECT CASE WHEN a THEN 1 END FROM x',
  ])
})

test('a statement set stays whole', () => {
  const set = 'EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT CASE WHEN x THEN 1 END; INSERT INTO b SELECT 2; END'
  assert.deepEqual(splitStatements(`SET 'x' = 'y';\n${set};\nSELECT 1`), ["SET 'x' = 'y'", set, 'SELECT 1'])
})
