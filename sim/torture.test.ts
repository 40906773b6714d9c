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
    const report = await tortureLog({ folder, kills: 3, lifeMsMax: 300, random: createRandom(4) })
    assert.equal(report.kills, 3)
    assert.ok(report.acknowledged > 0)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
