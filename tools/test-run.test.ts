import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import assert from 'node:assert/strict'
import { parseAllowedSkips, runTests } from './test-run.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-test-run-'))
after(() => rmSync(folder, { recursive: true }))

async function outcome(
  source: string,
  options: { allowed?: string; fileTimeoutMs?: number } = {},
): Promise<{ passed: number; failed: number; skipped: number; text: string }> {
  const file = join(folder, 'case.test.ts')
  writeFileSync(file, source)
  const lines: string[] = []
  // The inner runner must not think that it is a child of this one.
  delete process.env['NODE_TEST_CONTEXT']
  const counts = await runTests({
    root: folder,
    files: [file],
    concurrency: 1,
    fileTimeoutMs: options.fileTimeoutMs ?? 30_000,
    isSkipAllowed: parseAllowedSkips(options.allowed ?? ''),
    print: (line) => lines.push(line),
  })
  return { passed: counts.passed, failed: counts.failed, skipped: counts.skipped, text: lines.join('\n') }
}

const head = "import { describe, test } from 'node:test'\n"

test('passing and failing tests are counted once each, suites and parents not', async () => {
  const result = await outcome(`${head}
    test('a', () => {})
    describe('s', () => { test('b', () => { throw new Error('broken b') }) })`)
  assert.deepEqual({ ...result, text: '' }, { passed: 1, failed: 1, skipped: 0, text: '' })
  assert.match(result.text, /case\.test\.ts:4 b\n.*broken b/)
})

test('a file without a test fails', async () => {
  const result = await outcome('console.log(1)')
  assert.equal(result.failed, 1)
  assert.match(result.text, /holds no test/)
})

test('a crash after passing tests fails and shows what the file printed', async () => {
  const result =
    await outcome(`${head} test('a', () => { setTimeout(() => { console.log('last words'); process.exit(3) }, 50).ref() })
    process.on('exit', () => {})
    await new Promise((done) => setTimeout(done, 500))`)
  assert.ok(result.failed >= 1, result.text)
  assert.match(result.text, /last words/)
})

test('a skip fails unless it is listed', async () => {
  const source = `${head} test('later', { skip: true }, () => {}); test('a', () => {})`
  assert.equal((await outcome(source)).failed, 1)
  const allowed = await outcome(source, { allowed: 'case.test.ts: later # needs a printer' })
  assert.deepEqual({ ...allowed, text: '' }, { passed: 1, failed: 0, skipped: 1, text: '' })
})

test('a file that does not end fails', async () => {
  const result = await outcome(
    `${head} test('a', async () => { await new Promise((done) => setTimeout(done, 60_000)) })`,
    {
      fileTimeoutMs: 1_000,
    },
  )
  assert.equal(result.failed, 1, result.text)
  assert.match(result.text, /did not end within its time/)
})
