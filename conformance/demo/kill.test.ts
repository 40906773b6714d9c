// needs:
// kill -9 of the whole node at twenty moments of the bounded demo, in every phase of it: nothing is lost and nothing doubled.
import { join } from 'node:path'
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { createRandom } from '../../sim/random.ts'
import { describeLife, tortureDemo } from '../../sim/torture-demo.ts'
import { runsAll, seed, temporaryFolder } from '../harness.ts'

const kills = runsAll ? 60 : 20
// Late rows begin at event 39,000.
const events = 45_000

test(`${kills} kills of the node: in the end every row agrees with DuckDB`, async (t) => {
  const report = await tortureDemo({
    project: join(import.meta.dirname, '..', '..', 'examples', 'checkout'),
    folder: temporaryFolder(),
    kills,
    killsPerRound: 5,
    events,
    random: createRandom(seed),
    onLife: (life) => t.diagnostic(describeLife(life)),
  })
  const counts = Object.values(report.kills)
  assert.equal(
    counts.reduce((sum, n) => sum + n, 0),
    kills,
  )
  t.diagnostic(`kills by phase: ${JSON.stringify(report.kills)}, seed ${seed}`)
  // A machine under load may pass a phase by before the kill comes, but not most of them.
  assert.ok(counts.filter((n) => n > 0).length >= 3, JSON.stringify(report.kills))
})
