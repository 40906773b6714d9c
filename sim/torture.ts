// npm run torture -- [log | demo] [KILLS] [--seed N]: kill -9 of a real process at random moments, and a full check after. `log` is a process
// that writes to a log as fast as it can (--life: its longest life in ms); `demo` is the whole node with the example's bounded run
// (--events N, --per-round KILLS; with MILLRACE_MYSQL_URL, which must hold no shop yet, one round). Exit code 1 when something acknowledged is lost, doubled, out of order, or a row differs.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createRandom, type SeededRandom } from './random.ts'
import { describeLife, tortureDemo } from './torture-demo.ts'
import { tortureLog } from './torture-log.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kills: { type: 'string' },
    life: { type: 'string', default: '1000' },
    events: { type: 'string', default: '45000' },
    'per-round': { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const [mode = 'log', count = values.kills ?? '20'] = positionals
const folder = mkdtempSync(join(tmpdir(), 'millrace-torture-'))
const random = createRandom(Number(values.seed))

async function log(kills: number, from: SeededRandom): Promise<string> {
  const report = await tortureLog({ folder, kills, lifeMsMax: Number(values.life), random: from })
  const slowest = Math.max(...report.openMs).toFixed(0)
  return `${kills} kills, ${report.acknowledged} acknowledged, ${report.transactions} transactions, none lost, doubled or torn; opened again in at most ${slowest} ms`
}

async function demo(kills: number, from: SeededRandom): Promise<string> {
  const mysqlUrl = process.env['MILLRACE_MYSQL_URL']
  const report = await tortureDemo({
    project: join(import.meta.dirname, '..', 'examples', 'checkout'),
    folder,
    kills,
    killsPerRound: mysqlUrl === undefined ? Number(values['per-round']) : kills,
    ...(mysqlUrl === undefined ? {} : { mysqlUrl }),
    events: Number(values.events),
    random: from,
    onLife: (life) => console.log(describeLife(life)),
  })
  const where = Object.entries(report.kills).map(([phase, n]) => `${n} ${phase}`)
  return `${kills} kills (${where.join(', ')}) in ${report.rounds} rounds; every row agrees with DuckDB`
}

const modes: Readonly<Record<string, typeof log>> = { log, demo }
const run = modes[mode]
if (!run || !/^\d+$/.test(count)) {
  console.error('npm run torture -- [log | demo] [KILLS] [--seed N]')
  process.exit(2)
}
console.log(`seed ${values.seed}, in ${folder}`)
const summary = await run(Number(count), random)
// Kept when it failed: the folder is the evidence.
rmSync(folder, { recursive: true })
console.log(`${summary} (seed ${values.seed})`)
