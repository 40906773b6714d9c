// kill -9 of a real process that writes to a log, again and again, on a real disk; after each kill the log is opened here and
// everything that was acknowledged before must be in it, once, in order.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { nodeClock, nodeRandom, openNodeDisk } from '../src/base/index.ts'
import { createLocalLog, createLog, lockDataFolder } from '../src/log/index.ts'
import { LogChecker } from './log-checker.ts'
import type { SeededRandom } from './random.ts'
import { outputs, owner, recordBytes, topic, type TortureLine, type TortureReport } from './torture-plan.ts'

/** @param options.lifeMsMax longest time from up to kill */
export async function tortureLog(options: {
  folder: string
  kills: number
  lifeMsMax: number
  random: SeededRandom
}): Promise<TortureReport> {
  const checker = new LogChecker(1 << 20)
  const openMs: number[] = []
  for (let life = 0; life < options.kills; life++) {
    // Some are killed while they still recover.
    const killMs = options.random.chance(0.2) ? options.random.below(150) : undefined
    await liveAndDie({ folder: options.folder, life, lifeMs: options.random.below(options.lifeMsMax), killMs, checker })
    openMs.push(verify(options.folder, checker))
  }
  return { kills: options.kills, acknowledged: checker.acknowledged, transactions: checker.transactionsEnded, openMs }
}

async function liveAndDie(options: {
  folder: string
  life: number
  lifeMs: number
  killMs: number | undefined
  checker: LogChecker
}): Promise<void> {
  const { folder, life, lifeMs, killMs, checker } = options
  const program = new URL('./torture-child.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [program, folder, String(life)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const gone = new Promise<NodeJS.Signals | null>((resolve) => child.once('exit', (_code, signal) => resolve(signal)))
  const kill = (): void => void child.kill('SIGKILL')
  if (killMs !== undefined) setTimeout(kill, killMs)
  for await (const text of createInterface({ input: child.stdout })) {
    // The last line may be cut off in the middle: then it promised nothing.
    if (!text.endsWith('}')) continue
    const line = JSON.parse(text) as TortureLine
    if (line.kind === 'up') setTimeout(kill, lifeMs)
    else if (line.kind === 'append') {
      checker.noteAcknowledged(
        topic,
        line.partition,
        line.baseOffset,
        line.values.map((value) => value.padEnd(recordBytes)),
      )
    } else note(checker, line)
  }
  const signal = await gone
  if (signal !== 'SIGKILL') throw new Error(`life ${life} ended by itself, before it was killed`)
}

function note(checker: LogChecker, line: TortureLine): void {
  switch (line.kind) {
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

/** @returns how long opening took */
function verify(folder: string, checker: LogChecker): number {
  const lock = lockDataFolder(folder)
  const disk = openNodeDisk(folder)
  const startedAt = performance.now()
  const log = createLocalLog(createLog({ disk, clock: nodeClock, random: nodeRandom }), disk)
  const openMs = performance.now() - startedAt
  const damage = log.log.damages()[0]
  if (damage) throw new Error(`${damage.topic}-${damage.partition} is damaged: ${damage.reason}`)
  if (log.topic(topic)) checker.checkAll(log, new Map([[owner, outputs]]), () => log.last(owner)?.epoch ?? 0)
  log.close()
  lock.release()
  return openMs
}
