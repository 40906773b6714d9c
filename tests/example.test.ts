// The example folder as a user would check it: no mistakes, its tests pass, its plan.lock is what its SQL says.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openProject, runTests } from '../src/deploy/embedded/index.ts'
import { lockFile, resolveProject } from '../src/project/index.ts'

const folder = join(import.meta.dirname, '..', 'examples', 'checkout')

test('the example has no mistakes and its tests pass', async () => {
  const results = await runTests(openProject(folder), 'local')
  assert.ok(results.length >= 5)
  assert.deepEqual(
    results.filter((r) => !r.passed),
    [],
  )
})

test('the example’s plan.lock is what its SQL says', () => {
  const lock = lockFile(resolveProject(openProject(folder), 'local', []))
  assert.equal(
    readFileSync(join(folder, 'plan.lock'), 'utf8'),
    lock,
    'run: npm run -s millrace -- plan examples/checkout',
  )
})
