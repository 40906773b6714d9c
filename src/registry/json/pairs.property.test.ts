import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkJsonPair } from './pairs-check-testing.ts'

// More with `npm run sim -- schemas`; a pair that fails is one seed.
const pairs = Number(process.env['PAIRS'] ?? 400)
const firstSeed = Number(process.env['SEED'] ?? 1)

test('what an old JSON Schema accepts, a compatible new one accepts too, by ajv and by our own validator', () => {
  let compatible = 0
  let incompatible = 0
  let shown = 0
  for (let seed = firstSeed; seed < firstSeed + pairs; seed++) {
    let report: ReturnType<typeof checkJsonPair>
    try {
      report = checkJsonPair(seed)
    } catch (error) {
      throw new Error(`SEED=${seed} PAIRS=1: ${(error as Error).message}`, { cause: error })
    }
    if (report.verdict === 'compatible') compatible++
    if (report.verdict === 'incompatible') incompatible++
    if (report.witness) shown++
  }
  assert(pairs < 400 || compatible > pairs / 4, `${compatible} compatible`)
  assert(pairs < 400 || shown > incompatible * 0.6, `${shown} of ${incompatible} shown`)
})
