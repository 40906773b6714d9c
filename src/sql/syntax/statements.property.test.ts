// Laws of lexer and parser: nothing is lost, nothing throws, every mistake has a place inside of the text.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { analyze } from '../analyze.ts'
import { Problems } from '../problems.ts'
import { tokenize } from './lexer.ts'
import { parseStatements } from './statements.ts'

const words =
  "SELECT FROM WHERE GROUP BY HAVING ORDER LIMIT JOIN LEFT ON AS CREATE TABLE VIEW INSERT INTO VALUES WITH UNION ALL DISTINCT CASE WHEN THEN ELSE END AND OR NOT NULL IS IN LIKE BETWEEN CAST INTERVAL '1' SECOND TIMESTAMP PRIMARY KEY ENFORCED WATERMARK FOR SYSTEM_TIME OF TUMBLE DESCRIPTOR OVER PARTITION ROW_NUMBER COUNT SUM t u a b `q` ( ) , ; . * + - / % = < > <> || 1 2.5 1e3 'x' STRING INT ROW ARRAY < [ ] => /* -- \n".split(
    ' ',
  )
const soup = fc.array(fc.constantFrom(...words), { maxLength: 40 }).map((list) => list.join(' '))

test('tokens and what lies between them are the text', () => {
  fc.assert(
    fc.property(fc.oneof(soup, fc.string({ unit: 'binary' })), (text) => {
      const problems = new Problems()
      const tokens = tokenize({ file: 'law', text }, problems)
      let at = 0
      for (const token of tokens) {
        assert.ok(token.start >= at && token.end >= token.start && token.end <= text.length)
        at = token.end
      }
      assert.equal(tokens.at(-1)!.kind, 'end')
    }),
  )
})

test('any words end in statements or in placed reports', () => {
  const known =
    'CREATE TABLE t (a INT, b STRING, c TIMESTAMP(3), WATERMARK FOR c AS c); CREATE TABLE u (a INT, b STRING);\n'
  fc.assert(
    fc.property(soup, (text) => {
      const project = analyze([{ file: 'law', text: known + text }])
      const lines = (known + text).split('\n').length
      for (const { place } of project.errors)
        assert.ok(place && place.line >= 1 && place.line <= lines && place.column >= 1)
    }),
    { numRuns: 400 },
  )
})

test('a statement’s text is where the statement stands, and reads the same again', () => {
  const statements = [
    "CREATE TABLE t (a INT NOT NULL COMMENT 'x', b DECIMAL(10, 2)) WITH ('k' = 'v')",
    'CREATE VIEW v AS SELECT a, b FROM t WHERE a > 1',
    "INSERT INTO t SELECT a, CAST(b AS DECIMAL(10, 2)) FROM v WHERE b IN (1, 2) OR a IS NULL -- it's",
    'SELECT 1',
  ]
  const separator = fc.constantFrom(';', ' ;\n', ';;', "; -- a 'comment';\n", ';/* ; */')
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(...statements), separator)), (list) => {
      const text = list.map(([s, end]) => `${s}\n${end}`).join('')
      const problems = new Problems()
      const read = parseStatements({ file: 'law', text }, problems)
      assert.deepEqual(problems.errors, [])
      assert.deepEqual(
        read.map((s) => s.text),
        list.map(([s]) => s.replace(/ -- it's$/, '')),
      )
    }),
  )
})
