import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkAvroPair } from './pairs-check-testing.ts'

// More with `npm run sim -- schemas`; a pair that fails is one seed.
const pairs = Number(process.env['PAIRS'] ?? 3_000)
const firstSeed = Number(process.env['SEED'] ?? 1)

test('what a compatible Avro schema is to read, it reads; what it refuses fails', () => {
  let compatible = 0
  let incompatible = 0
  let shown = 0
  for (let seed = firstSeed; seed < firstSeed + pairs; seed++) {
    let report: ReturnType<typeof checkAvroPair>
    try {
      report = checkAvroPair(seed)
    } catch (error) {
      throw new Error(`SEED=${seed} PAIRS=1: ${(error as Error).message}`, { cause: error })
    }
    if (report.verdict === 'compatible') compatible++
    if (report.verdict === 'incompatible') incompatible++
    if (report.witness) shown++
  }
  assert(pairs < 1_000 || compatible > pairs / 4, `${compatible} compatible`)
  // Branches and fields that few values reach leave some without a value that fails.
  assert(pairs < 1_000 || shown > incompatible * 0.9, `${shown} of ${incompatible} shown`)
})
