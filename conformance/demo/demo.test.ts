// needs: mysql
// The example's bounded run on the real program: with its rows in process, and in a real MySQL that capture reads; killed at
// moments that the seed picks, run again to its end, and compared row by row with DuckDB.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startMysql, type Mysql } from '../../peers/index.ts'
import { randomFrom, runsAll, seed, temporaryFolder } from '../harness.ts'

const root = join(import.meta.dirname, '..', '..')
const events = 45_000
const kills = runsAll ? 10 : 3
let mysql: Mysql | undefined
after(() => mysql?.stop())

interface Run {
  /** null: it was killed. */
  readonly code: number | null
  readonly output: string
}

/** Runs the program on a folder. @param killAfterMs kill -9 then, if it has not ended */
function demo(folder: string, url: string | undefined, killAfterMs?: number): Promise<Run> {
  const { MILLRACE_MYSQL_URL: _, ...env } = process.env
  const args = [
    join(root, 'src/cli/main.ts'),
    'demo',
    '--once',
    '--events',
    String(events),
    '--seed',
    String(seed),
    '--json',
    folder,
  ]
  const child = spawn(process.execPath, args, {
    env: url ? { ...env, MILLRACE_MYSQL_URL: url } : env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => void (output += chunk.toString()))
  const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs)
  return new Promise((resolve) => {
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ code, output })
    })
  })
}

async function killedThenRight(
  folder: string,
  url: string | undefined,
  t: { diagnostic(text: string): void },
): Promise<void> {
  const random = randomFrom(seed)
  let killed = 0
  for (let i = 0; i < kills; i++) {
    const afterMs = 600 + (random() % 5000)
    const run = await demo(folder, url, afterMs)
    assert.ok(run.code === null || run.code === 0, `after ${afterMs} ms: code ${run.code}\n${run.output}`)
    if (run.code === null) killed++
  }
  const last = await demo(folder, url)
  assert.equal(last.code, 0, last.output)
  assert.match(last.output, /"agrees": ?true/)
  t.diagnostic(`killed ${killed} of ${kills} times`)
}

function exampleFolder(): string {
  const folder = join(temporaryFolder(), 'checkout')
  cpSync(join(root, 'examples/checkout'), folder, { recursive: true, filter: (path) => !path.includes('.millrace') })
  return folder
}

test('rows emitted in process: killed and run again, every row agrees with DuckDB', async (t) => {
  await killedThenRight(exampleFolder(), undefined, t)
})

test('rows in a real MySQL, read by capture: killed and run again, every row agrees with DuckDB', async (t) => {
  mysql = await startMysql()
  const folder = exampleFolder()
  await killedThenRight(folder, `${mysql.url}/`, t)
  // What the generator wrote there is a shop: as many users and standing orders as the check knows.
  const rows = await mysql.query(
    'SELECT COUNT(*) FROM shop.users WHERE user_id > 0; SELECT COUNT(*) > 30000 FROM shop.orders',
  )
  assert.equal(rows, '20000\n1\n')
})

test('a database with rows of another run is refused with a word', async () => {
  assert.ok(mysql)
  const run = await demo(exampleFolder(), `${mysql.url}/`)
  assert.equal(run.code, 1, run.output)
  assert.match(run.output, /Database shop holds a generated shop that this data folder knows nothing of/)
})
