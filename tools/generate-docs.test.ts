import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { generatedDocuments } from './generate-docs.ts'

test('generated documents and schemas are what the code says', () => {
  const stale = [...generatedDocuments()].filter(([path, content]) => {
    const whole = join(import.meta.dirname, '..', path)
    return !existsSync(whole) || readFileSync(whole, 'utf8') !== content
  })
  assert.deepEqual(
    stale.map(([path]) => path),
    [],
    'run: node tools/run.mjs tools/generate-docs.ts',
  )
})
