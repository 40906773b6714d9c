// The tree itself keeps the rules: what `npm run check` refuses does not land either.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { tidy } from '../tools/tidy.ts'

const root = dirname(import.meta.dirname)

test('every file keeps the rules of the house', () => {
  const findings = tidy(root).map(({ path, line, message }) => `${path}:${line}: ${message}`)
  assert.equal(findings.join('\n'), '')
})

test('types fit', () => {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { stdout, stderr } = spawnSync(process.execPath, [compiler, '-p', join(root, 'tsconfig.json')], {
    encoding: 'utf8',
  })
  assert.equal(stdout + stderr, '')
})
