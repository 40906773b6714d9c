// kill -9 of the whole node, at random moments of `millrace demo --once`: start-up, generating, computing, table commits, comparing.
// After each kill it is started again on the same data folder; in the end every row must agree with what DuckDB computes from the
// generator's own lines, so nothing is lost and nothing doubled. A round is one data folder; the next has another seed.
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { SeededRandom } from './random.ts'

/** In the order of a run, as the program names them; the first is before it says anything, capturing is only with a real database. */
const phases = ['starting', 'generating', 'capturing', 'computing', 'writing tables', 'comparing'] as const
export type DemoPhase = (typeof phases)[number]

/** The longest time from the beginning of a phase until the kill: well below what the phase takes, as later kills want some of it too. */
const delayMsMax: Readonly<Record<DemoPhase, number>> = {
  starting: 1_500,
  generating: 1_000,
  capturing: 500,
  computing: 1_200,
  'writing tables': 150,
  comparing: 2_000,
}

/** Where kills are drawn from, most where most is committed: ten without a database, eight with one. */
const deck: readonly DemoPhase[] = [
  ...(['starting', 'starting', 'generating', 'generating', 'computing', 'computing', 'computing'] as const),
  ...(['writing tables', 'writing tables', 'comparing'] as const),
]
const databaseDeck: readonly DemoPhase[] = [
  ...(['starting', 'generating', 'generating', 'capturing', 'capturing', 'computing', 'computing'] as const),
  'writing tables',
]

export interface DemoTortureOptions {
  /** The example's folder, or a copy of it. */
  readonly project: string
  /** Data folders go here, one a round; those of rounds that were right are removed. */
  readonly folder: string
  readonly kills: number
  readonly killsPerRound: number
  readonly events: number
  readonly random: SeededRandom
  /** A real MySQL for the database's rows. It holds one round's: killsPerRound must be kills then. */
  readonly mysqlUrl?: string
  /** Left out: another seed each round. */
  readonly seed?: number
  readonly onLife?: (life: DemoLife) => void
}

export interface DemoLife {
  readonly round: number
  readonly seed: number
  /** The phase in which it was, and for how long, when the kill came; null: it ended before that. */
  readonly killed: { readonly phase: DemoPhase; readonly afterMs: number } | null
}

export interface DemoTorture {
  /** Kills in each phase. */
  readonly kills: Readonly<Record<DemoPhase, number>>
  readonly rounds: number
}

/** Throws Error when a run ends otherwise than killed or with every row agreeing; its data folder is kept then. */
export async function tortureDemo(options: DemoTortureOptions): Promise<DemoTorture> {
  const kills: Record<DemoPhase, number> = {
    starting: 0,
    generating: 0,
    capturing: 0,
    computing: 0,
    'writing tables': 0,
    comparing: 0,
  }
  const cards: DemoPhase[] = []
  const full = options.mysqlUrl === undefined ? deck : databaseDeck
  let done = 0
  let round = 0
  while (done < options.kills) {
    const seed = options.seed ?? options.random.below(1_000_000)
    const data = join(options.folder, `round-${round}`)
    let killed: DemoLife['killed'] = null
    const targets = targetsOf(Math.min(options.killsPerRound, options.kills - done), { cards, full }, options.random)
    do {
      killed = await live({ options, data, seed, target: targets.shift() ?? null })
      options.onLife?.({ round, seed, killed })
      if (killed) kills[killed.phase]++
      done += killed ? 1 : 0
    } while (killed)
    rmSync(data, { recursive: true })
    round++
  }
  return { kills, rounds: round }
}

interface Drawing {
  /** What is left; filled again when it is empty. */
  readonly cards: DemoPhase[]
  readonly full: readonly DemoPhase[]
}

/** Takes from the deck, and orders as in a run: a phase that is over does not come back, and a start comes before each. */
function targetsOf(count: number, { cards, full }: Drawing, random: SeededRandom): DemoPhase[] {
  const hand: DemoPhase[] = []
  while (hand.length < count) {
    if (cards.length === 0) cards.push(...full)
    hand.push(...cards.splice(random.below(cards.length), 1))
  }
  const targets: DemoPhase[] = hand
    .filter((p) => p !== 'starting')
    .toSorted((a, b) => phases.indexOf(a) - phases.indexOf(b))
  while (targets.length < count) targets.splice(random.below(targets.length + 1), 0, 'starting')
  return targets
}

interface Life {
  readonly options: DemoTortureOptions
  readonly data: string
  readonly seed: number
  /** The phase in which to kill; where it is over already, the next. null: not at all. */
  readonly target: DemoPhase | null
}

async function live({ options, data, seed, target }: Life): Promise<DemoLife['killed']> {
  const program = join(import.meta.dirname, '..', 'src', 'cli', 'main.ts')
  const words = ['demo', '--once', '--events', String(options.events), '--seed', String(seed), '--data', data]
  const child = spawn(process.execPath, [program, ...words, options.project], {
    env: { ...process.env, MILLRACE_MYSQL_URL: options.mysqlUrl },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let phase: DemoPhase = 'starting'
  let begunAt = performance.now()
  let killed: DemoLife['killed'] = null
  let timer: NodeJS.Timeout | undefined
  const delayMs = target === null ? 0 : options.random.below(delayMsMax[target])
  const enter = (now: DemoPhase): void => {
    phase = now
    begunAt = performance.now()
    if (target === null || timer || phases.indexOf(now) < phases.indexOf(target)) return
    timer = setTimeout(() => {
      if (child.exitCode !== null) return
      killed = { phase, afterMs: Math.round(performance.now() - begunAt) }
      // The node is this very process: node.json names it, once it stands.
      child.kill('SIGKILL')
    }, delayMs)
  }
  enter('starting')
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => void (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString()
    for (const line of chunk.toString().split('\n')) {
      const now = phases.find((name) => line === `${name} …`)
      if (now) enter(now)
    }
  })
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.once('close', (...how) => resolve(how)),
  )
  clearTimeout(timer)
  if (signal === 'SIGKILL' && killed) return killed
  if (code === 0 && output.includes('Every row agrees with DuckDB.')) return null
  const how = signal ?? `exit code ${code}`
  throw new Error(`demo --events ${options.events} --seed ${seed} --data ${data} ended with ${how}:\n${output}`)
}

/** A line for a person. */
export function describeLife({ round, seed, killed }: DemoLife): string {
  const how = killed ? `killed ${killed.phase}, after ${killed.afterMs} ms` : 'to its end: every row agrees'
  return `round ${round}, seed ${seed}: ${how}`
}
