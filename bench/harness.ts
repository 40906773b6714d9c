// Compares ours with a peer in one run. Rounds alternate (ours, peer, then peer, ours, …), so that what else the machine
// does falls on both; a figure is the median of its rounds with their spread, a ratio is taken round by round. Figures of
// different runs are not comparable, and this says so with the machine and the command that repeats it.
import { cpus, loadavg } from 'node:os'

export interface FigureKind {
  /** Key in what measure() returns, and its name in the table. */
  readonly name: string
  /** 'records/s', 'ms', 'MB'. */
  readonly unit: string
  readonly better: 'higher' | 'lower'
}

export interface Contestant {
  readonly name: string
  /** One round. Gives a number for each figure. */
  measure(round: number): Promise<Readonly<Record<string, number>>>
}

export interface Comparison {
  readonly title: string
  /** The command that repeats it. */
  readonly command: string
  readonly figures: readonly FigureKind[]
  readonly ours: Contestant
  readonly peers: readonly Contestant[]
  readonly rounds: number
  /** Rounds before that are not counted: caches fill, code is compiled. */
  readonly warmUps: number
}

export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export interface Row {
  readonly figure: FigureKind
  readonly contestant: string
  readonly value: Spread
  /** How many times better ours is than this peer, by round; nothing for ours itself. */
  readonly ratio: Spread | undefined
}

/** Runs a comparison, telling each round as it ends. */
export async function compare(comparison: Comparison, print: (line: string) => void = console.log): Promise<Row[]> {
  const { ours, peers, figures, rounds, warmUps } = comparison
  const contestants = [ours, ...peers]
  const measured = new Map(contestants.map((one) => [one.name, [] as Readonly<Record<string, number>>[]]))
  print(`${comparison.title}\n${describeMachine()}\n`)
  for (let round = -warmUps; round < rounds; round++) {
    for (const contestant of round % 2 === 0 ? contestants : contestants.toReversed()) {
      const result = await contestant.measure(round)
      const shown = figures.map((figure) => `${figure.name} ${format(result[figure.name]!)} ${figure.unit}`).join(', ')
      print(`  ${round < 0 ? 'warm-up' : `round ${round + 1}`}  ${contestant.name}: ${shown}`)
      if (round >= 0) measured.get(contestant.name)!.push(result)
    }
  }
  const rows = figures.flatMap((figure) =>
    contestants.map((contestant): Row => {
      const values = measured.get(contestant.name)!.map((result) => result[figure.name]!)
      const own = measured.get(ours.name)!.map((result) => result[figure.name]!)
      const ratios = values.map((value, round) =>
        figure.better === 'higher' ? own[round]! / value : value / own[round]!,
      )
      return {
        figure,
        contestant: contestant.name,
        value: spreadOf(values),
        ratio: contestant === ours ? undefined : spreadOf(ratios),
      }
    }),
  )
  print(`\n${table(rows, rounds)}\n\n${comparison.command}`)
  return rows
}

/** Median, smallest and largest. @param values at least one */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return { median, min: sorted[0]!, max: sorted.at(-1)! }
}

function table(rows: readonly Row[], rounds: number): string {
  const lines = rows.map(({ figure, contestant, value, ratio }) => [
    `${figure.name} (${figure.unit})`,
    contestant,
    format(value.median),
    `${format(value.min)} to ${format(value.max)}`,
    ratio ? `${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)} to ${ratio.max.toFixed(2)})` : '',
  ])
  const head = ['figure', 'who', 'median', `spread of ${rounds}`, 'ours is better by (spread)']
  const all = [head, head.map((cell) => '-'.repeat(cell.length)), ...lines]
  const widths = head.map((_, column) => Math.max(...all.map((line) => line[column]!.length)))
  return all.map((line) => `| ${line.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`).join('\n')
}

function format(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString('en-US')
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3)
}

function describeMachine(): string {
  const [first] = cpus()
  const load = loadavg()[0]!.toFixed(1)
  return `${cpus().length} × ${first?.model ?? 'unknown processor'}, load average ${load}, Node ${process.versions.node}`
}
