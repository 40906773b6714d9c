// npm run sim -- [SCENARIO] [--seeds N] [--from SEED]: many seeds of the simulation, all scenarios unless one is named.
// MILLRACE_SIM_SEED=SEED runs just that one. Exit code 1 when a seed fails, with the line that shows it again.
import { parseArgs } from 'node:util'
import { runSeed } from './scenario.ts'
import { findScenario, scenarios } from './scenarios.ts'

const { values, positionals } = readArguments()
const one = process.env['MILLRACE_SIM_SEED']
const from = Number(one ?? values.from ?? Math.floor(Date.now() / 1000) * 1000)
const count = one === undefined ? Number(values.seeds) : 1
const chosen =
  positionals[0] === undefined ? scenarios : [findScenario(positionals[0])].filter((scenario) => scenario !== undefined)

if (chosen.length === 0 || !Number.isInteger(from) || !Number.isInteger(count)) {
  console.error(`usage: npm run sim -- [${scenarios.map(({ name }) => name).join('|')}] [--seeds N] [--from SEED]`)
  process.exit(2)
}
function readArguments() {
  const options = { seeds: { type: 'string', default: '1000' }, from: { type: 'string' } } as const
  try {
    return parseArgs({ allowPositionals: true, options })
  } catch (error) {
    console.error((error as Error).message)
    return { values: { seeds: '?', from: undefined }, positionals: [] }
  }
}

for (const scenario of chosen) {
  let crashes = 0
  let acknowledged = 0
  let failed = 0
  const counts = new Map<string, number>()
  const startedAt = performance.now()
  for (let seed = from; seed < from + count; seed++) {
    try {
      const report = await runSeed(scenario, seed)
      crashes += report.crashes
      acknowledged += report.acknowledged
      for (const [name, count] of Object.entries(report.counts ?? {})) counts.set(name, (counts.get(name) ?? 0) + count)
    } catch (error) {
      failed++
      console.error(one === undefined ? (error as Error).message : error)
    }
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  console.log(
    `${scenario.name}: ${count} seeds from ${from}, ${crashes} crashes, ${acknowledged} acknowledged, ${failed} failed, ${seconds} s`,
  )
  if (counts.size > 0) console.log(`  ${[...counts].map(([name, count]) => `${count} ${name}`).join(', ')}`)
  if (failed > 0) process.exitCode = 1
}
