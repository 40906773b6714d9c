import assert from 'node:assert/strict'
import test from 'node:test'
import { engineScenario } from './engine-scenario.ts'
import { runSeed } from './scenario.ts'

test('log and engine: after any crashes the outputs are those of a run without faults', async () => {
  let crashes = 0
  for (let seed = 1; seed <= 25; seed++) crashes += (await runSeed(engineScenario, seed)).crashes
  assert.ok(crashes > 25)
})
