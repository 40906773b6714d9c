// A few real kills in every test run; `npm run torture` does many.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createRandom } from './random.ts'
import { tortureLog } from './torture-log.ts'

test('a process killed while it writes loses nothing acknowledged', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-torture-'))
  try {
    const report = await tortureLog({ folder, kills: 4, lifeMsMax: 600, checkEvery: 2, random: createRandom(4) })
    assert.deepEqual([report.kills, report.checks], [4, 2])
    assert.ok(report.acknowledged > 0)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
