import assert from 'node:assert/strict'
import test from 'node:test'
import { engineScenario } from './engine-scenario.ts'
import { runSeed } from './scenario.ts'

test('log and engine: after any crashes the outputs are those of a run without faults', async () => {
  const one = process.env['MILLRACE_SIM_SEED']
  const seeds = one === undefined ? Array.from({ length: 40 }, (_, i) => i + 1) : [Number(one)]
  let crashes = 0
  for (const seed of seeds) crashes += (await runSeed(engineScenario, seed)).crashes
  assert.ok(crashes >= seeds.length, `${crashes} crashes in ${seeds.length} runs`)
})
