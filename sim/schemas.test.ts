// Some thousand pairs of schemas in every test run (see schemas-scenario.ts); more with `npm run sim -- schemas`.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runSeed } from './scenario.ts'
import { schemasScenario } from './schemas-scenario.ts'

test('what a compatible schema is to read, it reads; most of what is refused is shown to fail', async () => {
  const sums: Record<string, number> = {}
  for (let seed = 1; seed <= 30; seed++) {
    const { counts = {} } = await runSeed(schemasScenario, seed)
    for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count
  }
  const { pairs = 0, compatible = 0, incompatible = 0, shown = 0, stricter = 0 } = sums
  const told = JSON.stringify(sums)
  assert.ok(pairs > 2_900, told)
  assert.ok(compatible > pairs * 0.4 && incompatible > pairs * 0.2, told)
  // Branches that few values reach leave some without a value that fails.
  assert.ok(shown + stricter > incompatible * 0.9, told)
})
