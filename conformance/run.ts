// npm run conformance [-- ROOM ... | all]: our rooms against real peers. A room is a folder here; budget.json gives each
// its minutes and its peers. Peers are installed first, and timed apart. Invariant: what did not run is named and never
// counted as passed. Last line: `N passed, N failed`.
import { randomBytes } from 'node:crypto'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { installPeer, PeerUnavailable, type PeerName } from '../peers/index.ts'
import { countLine, parseAllowedSkips, runTests, type EndedTest } from '../tools/test-run.ts'
import { checkBudget, peersOf, planRooms, type Budget, type RoomPlan } from './budget.ts'
import { keptFolder, shuffle } from './harness.ts'
import { compatibilityPage, compatibilityPath, kafkaCases, runProblems } from './kafka-compatibility.ts'

const root = dirname(import.meta.dirname)
// Also with `all`, where no budget ends a file that hangs.
const fileTimeoutMsMax = 3_600_000
const isCi = process.env['CI'] === 'true'

const wanted = process.argv.slice(2)
const runsAll = wanted.includes('all')
const seed = process.env['MILLRACE_SEED'] ? Number(process.env['MILLRACE_SEED']) >>> 0 : randomBytes(4).readUInt32LE()
// The test processes read these (harness.ts).
process.env['MILLRACE_SEED'] = String(seed)
if (runsAll) process.env['MILLRACE_CONFORMANCE_ALL'] = '1'

const total = { passed: 0, failed: 0 }
const notRun: string[] = []
const leftOut: string[] = []

async function main(): Promise<void> {
  const budget = JSON.parse(readFileSync(join(import.meta.dirname, 'budget.json'), 'utf8')) as Budget
  const files = globSync('*/**/*.test.ts', { cwd: import.meta.dirname }).toSorted()
  const names = wanted.filter((name) => name !== 'all')
  const unknown = names.filter((name) => !(name in budget.rooms))
  const problems = checkBudget(budget, files)
  if (unknown.length > 0)
    problems.push(`no room ${unknown.join(', ')}: there are ${Object.keys(budget.rooms).join(', ')}`)
  if (problems.length > 0) {
    console.log(problems.join('\n'))
    total.failed++
    return
  }
  const plans = planRooms(budget, files, names)
  console.log(`seed ${seed}${runsAll ? ', everything' : ''} (MILLRACE_SEED=${seed} npm run conformance repeats it)`)
  const missing = await installPeers(plans)
  for (const plan of plans) await runRoom(plan, missing)
}

/** Installs what the rooms need. @returns the peers that cannot be had, with the reason */
async function installPeers(plans: readonly RoomPlan[]): Promise<Map<string, string>> {
  const missing = new Map<string, string>()
  const names = new Set(plans.flatMap((plan) => plan.peers))
  const startedAt = performance.now()
  for (const name of names) {
    const peerStartedAt = performance.now()
    try {
      await installPeer(name as PeerName)
      const seconds = (performance.now() - peerStartedAt) / 1000
      if (seconds > 1) console.log(`installed ${name}  ${seconds.toFixed(1)} s`)
    } catch (error) {
      if (!(error instanceof PeerUnavailable)) throw error
      missing.set(name, error.message)
    }
  }
  if (names.size > 0)
    console.log(`${names.size} peers at hand after ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
  return missing
}

async function runRoom(plan: RoomPlan, missing: ReadonlyMap<string, string>): Promise<void> {
  console.log(`\n── ${plan.room} (${plan.minutes} min) ${'─'.repeat(50)}`)
  const startedAt = performance.now()
  const deadline = startedAt + (runsAll ? Infinity : plan.minutes * 60_000)
  const isSkipAllowed = parseAllowedSkips(readFileSync(join(root, 'tools', 'allowed-skips.txt'), 'utf8'))
  // In another order each run, so that over time nothing is always the part that is left out.
  const ended: EndedTest[] = []
  for (const file of shuffle(plan.files, seed)) {
    const path = join(import.meta.dirname, file)
    const lacking = peersOf(plan, readFileSync(path, 'utf8')).filter((peer) => missing.has(peer))
    if (lacking.length > 0) {
      notRun.push(`conformance/${file}: ${lacking.map((peer) => missing.get(peer)).join('; ')}`)
      continue
    }
    const remainingMs = deadline - performance.now()
    if (remainingMs <= 0) {
      leftOut.push(`conformance/${file}`)
      continue
    }
    const counts = await runTests({
      root,
      files: [path],
      concurrency: 1,
      fileTimeoutMs: Math.ceil(Math.min(remainingMs, fileTimeoutMsMax)),
      isSkipAllowed,
      onTest: (test) => void ended.push(test),
    })
    total.passed += counts.passed
    total.failed += counts.failed
  }
  if (plan.room === 'kafka') writeCompatibility(ended)
  console.log(`${plan.room}: ${((performance.now() - startedAt) / 60_000).toFixed(1)} of ${plan.minutes} min`)
}

/** A run in which each case of the room passed writes the page, or fails in CI when it is another than the committed one. */
function writeCompatibility(ended: readonly EndedTest[]): void {
  const outcomes = new Map<string, Map<string, boolean>>()
  for (const { path, passed } of ended) {
    const title = path.at(-1)!
    outcomes.set(title, (outcomes.get(title) ?? new Map<string, boolean>()).set(path.at(-2) ?? '', passed))
  }
  const cases = kafkaCases()
  const problems = runProblems(cases, outcomes)
  if (problems.length > 0) {
    console.log(`${compatibilityPath} is not written anew:\n  ${problems.join('\n  ')}`)
    return
  }
  const path = join(root, compatibilityPath)
  const page = compatibilityPage(cases)
  if (existsSync(path) && readFileSync(path, 'utf8') === page) {
    console.log(`${compatibilityPath} is as this run has it`)
    total.passed++
  } else if (isCi) {
    console.log(`✖ ${compatibilityPath} is not as this run has it: npm run conformance -- kafka writes it`)
    total.failed++
  } else {
    writeFileSync(path, page)
    console.log(`wrote ${compatibilityPath}`)
  }
}

try {
  await main()
} catch (error) {
  console.log(error instanceof Error ? (error.stack ?? error.message) : error)
  total.failed++
}
console.log('')
for (const line of notRun) console.log(`not run: ${line}`)
for (const line of leftOut) console.log(`left out, the room's minutes were over: ${line}`)
if (isCi) total.failed += notRun.length
if (total.passed + total.failed === 0 && notRun.length === 0) {
  console.log('no test ran')
  total.failed++
}
if (existsSync(keptFolder)) console.log(`pictures and reports: ${keptFolder}`)
console.log(countLine(total))
process.exitCode = total.failed > 0 ? 1 : 0
