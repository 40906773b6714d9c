import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkProtoPair } from './proto-pairs.ts'

// More with `npm run sim -- schemas`; a pair that fails is one seed.
const pairs = Number(process.env['PAIRS'] ?? 600)
const firstSeed = Number(process.env['SEED'] ?? 1)

test('what a compatible pair wrote is read by protobuf-es, to the same values; what it is not, mostly shows', () => {
  let compatible = 0
  let incompatible = 0
  let shown = 0
  for (let seed = firstSeed; seed < firstSeed + pairs; seed++) {
    let report: ReturnType<typeof checkProtoPair>
    try {
      report = checkProtoPair(seed)
    } catch (error) {
      throw new Error(`SEED=${seed} PAIRS=1: ${(error as Error).message}`, { cause: error })
    }
    if (report.verdict === 'compatible') compatible++
    else incompatible++
    if (report.verdict === 'incompatible' && report.witness) shown++
  }
  assert(pairs < 400 || compatible > pairs / 5, `${compatible} compatible`)
  assert(pairs < 400 || shown > incompatible * 0.4, `${shown} of ${incompatible} shown`)
})
