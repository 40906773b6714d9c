// The bounded demo, as a person runs it: it agrees with DuckDB, it goes on where it was, and its check can fail.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import assert from 'node:assert/strict'
import type { DemoRun } from '../src/deploy/embedded/index.ts'
import { copyExample, millrace } from './kit.ts'

const eventsOf = (count: number): string[] => ['--events', String(count), '--seed', '7']

/** What a run says of each result, without counts. */
function verdicts(run: DemoRun): Record<string, boolean> {
  return Object.fromEntries(
    run.check.tables.map((t) => [
      `${t.table} ${t.from}`,
      t.expectedRows > 0 && t.expectedRows === t.foundRows && t.missingRows + t.unexpectedRows === 0,
    ]),
  )
}

const allAgree = {
  'checkouts_enriched topic': true,
  'approval_rate topic': true,
  'velocity_alerts topic': true,
  'loan_balance topic': true,
  'checkouts_enriched lake': true,
  'loan_balance lake': true,
}

test('a small run agrees with DuckDB; run again over its finished data, it says the same and sends nothing anew', async () => {
  const folder = copyExample()
  const words = ['demo', '--once', ...eventsOf(3_000), '--json', folder]
  const first = await millrace(words)
  assert.equal(first.code, 0, first.stderr)
  const run = JSON.parse(first.stdout) as DemoRun
  assert.deepEqual(verdicts(run), allAgree)
  assert.ok(run.check.quarantine!.found > 0)
  const second = await millrace(words)
  assert.equal(second.code, 0, second.stderr)
  assert.deepEqual((JSON.parse(second.stdout) as DemoRun).check, run.check)
})

test('a pipeline that computes something else is found out: exit code 1, with the rows that differ', async () => {
  const folder = copyExample()
  const sql = join(folder, 'sql', 'pipelines.sql')
  const right = readFileSync(sql, 'utf8')
  const wrong = right.replace("FILTER (WHERE status = 'approved')", "FILTER (WHERE status <> 'approved')")
  assert.notEqual(wrong, right)
  writeFileSync(sql, wrong)
  const { code, stdout, stderr } = await millrace(['demo', '--once', ...eventsOf(500), folder])
  assert.equal(code, 1, stdout + stderr)
  assert.match(stdout, /^approval_rate +topic +.*differs$/m)
  assert.match(stdout, /^ {2}approval_rate \(topic\) misses \d+ \| /m)
  assert.match(stdout, /^velocity_alerts .*same$/m)
  assert.match(stdout, /The results differ\./)
})
