// The cases of ../cases/functions.txt, by the interpreter and by a kernel over one row.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { MillraceError } from '../../base/index.ts'
import {
  batchFromRows,
  describeType,
  rowAt,
  types,
  type Field,
  type LogicalType,
  type Value,
} from '../../model/index.ts'
import { bindExpression } from '../bind/expressions.ts'
import { bindType } from '../bind/types.ts'
import type { Expression } from '../plan.ts'
import { Problems } from '../problems.ts'
import { Cursor } from '../syntax/cursor.ts'
import { tokenize } from '../syntax/lexer.ts'
import { parseSingleExpression } from '../syntax/statements.ts'
import { parseType } from '../syntax/types.ts'
import { castValue } from './cast.ts'
import { evaluate } from './evaluate.ts'
import { compileExpressions } from './kernel.ts'
import { literalOf, literalValue } from './values.ts'

interface Row {
  readonly fields: readonly Field[]
  readonly values: readonly Value[]
}

function typeOf(text: string): LogicalType {
  const problems = new Problems()
  const source = { file: 'case', text }
  const type = bindType(parseType(new Cursor(source, tokenize(source, problems), problems)), source, problems)
  assert.ok(type && problems.errors.length === 0, `${text} is a type`)
  return type
}

function valueOf(text: string, type: LogicalType): Value {
  if (text === 'NULL') return null
  if (
    type.kind === 'INTERVAL_DAY_TIME' ||
    type.kind === 'INTERVAL_YEAR_MONTH' ||
    type.kind === 'BINARY' ||
    type.kind === 'VARBINARY'
  ) {
    return literalValue({ kind: 'literal', value: text, type })
  }
  return castValue(text, types.string(), type) as Value
}

function readRow(line: string): Row {
  const parts = line
    .slice('row '.length)
    .split(' ; ')
    .filter((part) => part.includes(' := ') || part.endsWith(' :='))
  const read = parts.map((part) => {
    const [, name, type, value] = /^(\w+) (.+?) :=(?: (.*))?$/s.exec(part)!
    return { name: name!, type: typeOf(type!), value: value ?? '' }
  })
  return {
    fields: read.map(({ name, type }) => ({ name, type })),
    values: read.map(({ value, type }) => valueOf(value, type)),
  }
}

function bind(sql: string, row: Row): Expression {
  const problems = new Problems()
  const source = { file: 'case', text: sql }
  const syntax = parseSingleExpression(source, problems)
  const columns = row.fields.map((f) => ({ ...f, table: null, rowtime: false, window: null }))
  const bound = syntax && bindExpression(syntax, { source, problems, scope: { columns }, place: 'in a case' })
  assert.ok(bound, `${sql}: ${problems.errors.map((e) => e.message).join('; ')}`)
  return bound
}

/** 'value : TYPE', or '! CODE'. */
function show(e: Expression, compute: () => Value): string {
  try {
    const value = compute()
    return `${value === null ? 'NULL' : String(literalOf(value, e.type).value)} : ${describeType(e.type, { ignoreNullable: true })}`
  } catch (error) {
    if (error instanceof MillraceError) return `! ${error.code}`
    throw error
  }
}

const lines = readFileSync(join(import.meta.dirname, '..', 'cases', 'functions.txt'), 'utf8').split('\n')
const sections: {
  readonly row: Row
  readonly title: string
  readonly cases: { readonly sql: string; readonly expected: string }[]
}[] = []
for (const line of lines) {
  if (line.startsWith('row')) sections.push({ row: readRow(line.padEnd(4)), title: line, cases: [] })
  else if (line.includes(' => ') && !line.startsWith('#')) {
    const at = line.lastIndexOf(' => ')
    sections.at(-1)!.cases.push({ sql: line.slice(0, at), expected: line.slice(at + 4) })
  }
}

test('there are cases', () => assert.ok(sections.flatMap((s) => s.cases).length > 200))

for (const { row, title, cases } of sections) {
  test(`functions over ${title}`, () => {
    const schema = { fields: row.fields }
    for (const { sql, expected } of cases) {
      const bound = bind(sql, row)
      assert.equal(
        show(bound, () => evaluate(bound, row.values)),
        expected,
        sql,
      )
      const kernel = (): Value =>
        rowAt(
          compileExpressions([bound], schema, { fields: [{ name: 'o', type: bound.type }] })(
            batchFromRows(schema, [row.values]),
          ),
          0,
        )[0]!
      assert.equal(show(bound, kernel), expected, `${sql} (kernel)`)
    }
  })
}
