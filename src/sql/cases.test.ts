// SQL cases, one text file each: statements, then as comments either the plans (`-- plan`) or the mistakes (`-- errors`) that are expected.
// MILLRACE_WRITE_CASES=1 writes what comes out into the files; read the difference before committing it.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { analyze, explain } from './index.ts'

const folder = join(import.meta.dirname, 'cases')
const write = process.env['MILLRACE_WRITE_CASES'] === '1'
const files = readdirSync(folder).filter((name) => name.endsWith('.sql'))

function outcomeOf(name: string, sql: string): string {
  const project = analyze([{ file: name, text: sql }])
  if (project.errors.length > 0) {
    const lines = project.errors.map(
      (e) => `${e.place!.line}:${e.place!.column} ${e.code} ${e.message}\n     ${e.help}`,
    )
    return `errors\n${lines.join('\n')}`
  }
  return `plan\n${project.pipelines.map((p) => `${p.name}\n${explain(p, { changelog: true })}`).join('\n\n')}`
}

const commented = (text: string): string =>
  text
    .split('\n')
    .map((line) => `-- ${line}`.trimEnd())
    .join('\n')

for (const name of files) {
  test(`case ${name}`, () => {
    const text = readFileSync(join(folder, name), 'utf8')
    const end = text.search(/^-- (plan|errors)$/m)
    const sql = (end < 0 ? text : text.slice(0, end)).trimEnd()
    const outcome = outcomeOf(name, sql)
    assert.equal(outcome.startsWith('errors'), name.startsWith('error-'), outcome)
    const whole = `${sql}\n\n${commented(outcome)}\n`
    if (write) writeFileSync(join(folder, name), whole)
    else assert.equal(whole, text)
  })
}

test('there are cases of plans and of mistakes', () => {
  assert.ok(files.some((name) => name.startsWith('error-')) && files.some((name) => !name.startsWith('error-')))
})
