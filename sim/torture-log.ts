// kill -9 of a real process that writes to a log, again and again, on a real disk. Most lives recover from the kill before by
// themselves; after some of them, and the last, the log is opened here, and everything that was acknowledged in any life must
// be in it, once, in order.
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { nodeClock, nodeRandom, openNodeDisk } from '../src/base/index.ts'
import { createLocalLog, createLog, lockDataFolder, verifyLog } from '../src/log/index.ts'
import { LogChecker } from './log-checker.ts'
import type { SeededRandom } from './random.ts'
import { group, outputs, owner, topic, type TortureLine, type TortureReport } from './torture-plan.ts'

export interface LogTortureOptions {
  /** For the data folder and a cache. */
  readonly folder: string
  readonly kills: number
  /** Longest time from the first write to the kill; most lives are far shorter. */
  readonly lifeMsMax: number
  /** Lives after which everything is checked; the end is in any case. */
  readonly checkEvery: number
  readonly random: SeededRandom
  /** After each check. */
  readonly onCheck?: (soFar: TortureReport) => void
}

/** Throws Error when something does not hold, or a life ended otherwise than killed. */
export async function tortureLog(options: LogTortureOptions): Promise<TortureReport> {
  const { kills, lifeMsMax, checkEvery, random } = options
  const folder = join(options.folder, 'data')
  mkdirSync(folder, { recursive: true })
  const checker = new LogChecker(1 << 20)
  const openMs: number[] = []
  let checks = 0
  const report = (done: number): TortureReport => ({
    kills: done,
    whileOpening: done - openMs.length,
    checks,
    acknowledged: checker.acknowledged,
    transactions: checker.transactionsEnded,
    openMs,
  })
  for (let life = 0; life < kills; life++) {
    const tookMs = await liveAndDie({ ...options, folder, life, death: drawDeath(random, lifeMsMax), checker })
    if (tookMs !== undefined) openMs.push(tookMs)
    if ((life + 1) % checkEvery !== 0 && life + 1 < kills) continue
    verify(folder, checker)
    checks++
    options.onCheck?.(report(life + 1))
  }
  return report(kills)
}

interface Death {
  readonly from: 'spawn' | 'first write'
  readonly ms: number
}

/** Some while it still starts and recovers; most within the first moments of writing, some after long. */
function drawDeath(random: SeededRandom, lifeMsMax: number): Death {
  const kind = random.fraction()
  if (kind < 0.1) return { from: 'spawn', ms: random.below(400) }
  const longestMs = kind < 0.7 ? lifeMsMax / 12 : kind < 0.95 ? lifeMsMax / 3 : lifeMsMax
  return { from: 'first write', ms: random.below(Math.ceil(longestMs)) }
}

/** @returns how long the log took to open; undefined when the kill came before */
async function liveAndDie(options: {
  folder: string
  life: number
  death: Death
  checker: LogChecker
}): Promise<number | undefined> {
  const { folder, life, death, checker } = options
  const program = new URL('./torture-child.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [program, folder, String(life)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_COMPILE_CACHE: `${folder}.cache` },
  })
  const gone = new Promise<NodeJS.Signals | null>((resolve) => child.once('exit', (_code, signal) => resolve(signal)))
  const kill = (): void => void child.kill('SIGKILL')
  let timer = death.from === 'spawn' ? setTimeout(kill, death.ms) : undefined
  let openMs: number | undefined
  for await (const text of createInterface({ input: child.stdout })) {
    // The last line may be cut off in the middle: then it promised nothing.
    if (!text.endsWith('}')) continue
    const line = JSON.parse(text) as TortureLine
    if (line.kind === 'up') openMs = line.openMs
    else timer ??= setTimeout(kill, death.ms)
    note(checker, line)
  }
  clearTimeout(timer)
  const signal = await gone
  if (signal !== 'SIGKILL') throw new Error(`life ${life} ended by itself, before it was killed`)
  return openMs
}

function note(checker: LogChecker, line: TortureLine): void {
  switch (line.kind) {
    case 'append':
      return checker.noteAcknowledged(line.topic, line.partition, line.baseOffset, line.values, line.keys)
    case 'offset':
      return checker.noteOffset(group, line.offset)
    case 'submit':
      return checker.noteSubmitted(owner, line.epoch)
    case 'commit':
      return checker.noteCommitted(owner, line.epoch)
    case 'transaction':
      return checker.noteTransaction(line.by, line.number)
    case 'within':
      return checker.noteInTransaction(line.by, line.number, line.record)
    case 'ended':
      return checker.noteEnded(line.by, line.number, { commits: line.commits, offset: line.offset ?? undefined })
    default:
  }
}

/** Everything that was acknowledged in any life, and each byte of the files. */
function verify(folder: string, checker: LogChecker): void {
  const lock = lockDataFolder(folder)
  const disk = openNodeDisk(folder)
  const [problem] = verifyLog(disk).problems
  if (problem) throw new Error(`${problem.file}, byte ${problem.position}: ${problem.reason}`)
  const log = createLocalLog(createLog({ disk, clock: nodeClock, random: nodeRandom }), disk)
  const damage = log.log.damages()[0]
  if (damage) throw new Error(`${damage.topic}-${damage.partition} is damaged: ${damage.reason}`)
  if (log.topic(topic)) checker.checkAll(log, new Map([[owner, outputs]]), () => log.last(owner)?.epoch ?? 0)
  log.close()
  lock.release()
}
