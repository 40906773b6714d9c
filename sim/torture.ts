// npm run torture -- [--kills N] [--life MS] [--seed N]: kill -9 of a real process that writes to a log, at random moments,
// and a full check after each. Exit code 1 when something acknowledged is lost, doubled or out of order.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createRandom } from './random.ts'
import { tortureLog } from './torture-log.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    life: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const folder = mkdtempSync(join(tmpdir(), 'millrace-torture-'))
const { kills, acknowledged, openMs } = await tortureLog({
  folder,
  kills: Number(values.kills),
  lifeMsMax: Number(values.life),
  random: createRandom(Number(values.seed)),
})
// Kept when it failed: the folder is the evidence.
rmSync(folder, { recursive: true })
const slowest = Math.max(...openMs).toFixed(0)
console.log(
  `${kills} kills, ${acknowledged} acknowledged, none lost or doubled; opened again in at most ${slowest} ms (seed ${values.seed})`,
)
