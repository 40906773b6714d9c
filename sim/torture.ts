// npm run torture -- [log | demo] [KILLS] [--seed N]: kill -9 of a real process at random moments, and a full check after. `log` is a process
// that writes to a log (--life: its longest life in ms, --check-every LIVES); `demo` is the whole node with the example's bounded run
// (--events N, --per-round KILLS; with MILLRACE_MYSQL_URL, which must hold no shop yet, one round). Exit code 1 when something acknowledged is lost, doubled, out of order, or a row differs.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createRandom, type SeededRandom } from './random.ts'
import { describeLife, tortureDemo } from './torture-demo.ts'
import { tortureLog } from './torture-log.ts'
import type { TortureReport } from './torture-plan.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kills: { type: 'string' },
    life: { type: 'string', default: '6000' },
    'check-every': { type: 'string', default: '25' },
    events: { type: 'string', default: '45000' },
    'per-round': { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const [mode = 'log', count = values.kills ?? '20'] = positionals
const folder = mkdtempSync(join(tmpdir(), 'millrace-torture-'))
const random = createRandom(Number(values.seed))

async function log(kills: number, from: SeededRandom): Promise<string> {
  const startedAt = performance.now()
  const report = await tortureLog({
    folder,
    kills,
    lifeMsMax: Number(values.life),
    checkEvery: Number(values['check-every']),
    random: from,
    onCheck: (soFar) => console.log(`${seconds(startedAt)} s: ${counted(soFar)}`),
  })
  const opened = report.openMs.toSorted((a, b) => a - b)
  const [usual, slowest] = [opened[opened.length >> 1] ?? 0, opened.at(-1) ?? 0]
  return `${counted(report)}, none lost, doubled or torn, in ${seconds(startedAt)} s; opened again in ${usual} ms, at most ${slowest}`
}

const seconds = (sinceMs: number): string => ((performance.now() - sinceMs) / 1000).toFixed(0)
const counted = ({ kills, whileOpening, checks, acknowledged, transactions }: TortureReport): string =>
  `${kills} kills (${whileOpening} while opening), ${checks} checks, ${acknowledged} acknowledged, ${transactions} transactions`

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
