// needs: mysql
// The example's bounded run with its rows in a real MySQL: the generator writes them there, capture reads its log. Killed at moments that
// the seed picks, run again to its end, compared row by row with DuckDB.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { runProgram, startMysql, type Mysql } from '../../peers/index.ts'
import { createRandom } from '../../sim/random.ts'
import { describeLife, tortureDemo } from '../../sim/torture-demo.ts'
import { runsAll, seed, temporaryFolder } from '../harness.ts'

const root = join(import.meta.dirname, '..', '..')
const project = join(root, 'examples', 'checkout')
const kills = runsAll ? 16 : 8
let mysql: Mysql
before(async () => {
  mysql = await startMysql()
})
after(() => mysql?.stop())

test(`rows in a real MySQL, read by capture: after ${kills} kills every row agrees with DuckDB`, async (t) => {
  const report = await tortureDemo({
    project,
    folder: temporaryFolder(),
    kills,
    killsPerRound: kills,
    // Late rows begin at event 39,000.
    events: 45_000,
    random: createRandom(seed),
    mysqlUrl: `${mysql.url}/`,
    onLife: (life) => t.diagnostic(describeLife(life)),
  })
  assert.equal(report.rounds, 1)
  t.diagnostic(`kills by phase: ${JSON.stringify(report.kills)}, seed ${seed}`)
  // What the generator wrote there is a shop: as many users and standing orders as the check knows.
  const rows = await mysql.query(
    'SELECT COUNT(*) FROM shop.users WHERE user_id > 0; SELECT COUNT(*) > 30000 FROM shop.orders',
  )
  assert.equal(rows, '20000\n1\n')
})

test('a database with rows of another run is refused with a word', async () => {
  const words = ['demo', '--once', '--events', '1000', '--data', temporaryFolder(), project]
  const run = await runProgram(process.execPath, [join(root, 'src/cli/main.ts'), ...words], {
    env: { MILLRACE_MYSQL_URL: `${mysql.url}/` },
  })
  assert.equal(run.code, 1, run.stdout)
  assert.match(run.stderr, /Database shop holds a generated shop that this data folder knows nothing of/)
})
