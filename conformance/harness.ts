// What conformance tests share: the seed and samples drawn from it, and folders that are removed at the end. A test that
// checks many cases takes sample(cases, n): other cases each run, all of them with `-- all`, the same with the same seed.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** The run's seed, [0, 2^32). */
export const seed: number = Number.parseInt(process.env['MILLRACE_SEED'] ?? '1', 10) >>> 0

/** True when nothing may be sampled away. */
export const runsAll: boolean = process.env['MILLRACE_CONFORMANCE_ALL'] === '1'

/** Numbers in [0, 2^32) that follow from a seed: a Weyl sequence, mixed as in splitmix32. */
export function randomFrom(start: number): () => number {
  let state = start >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = state ^ (state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }
}

/** The items in an order that follows from the seed. */
export function shuffle<Item>(items: readonly Item[], from: number = seed): Item[] {
  const random = randomFrom(from)
  const shuffled = [...items]
  for (let last = shuffled.length - 1; last > 0; last--) {
    const other = random() % (last + 1)
    ;[shuffled[last], shuffled[other]] = [shuffled[other]!, shuffled[last]!]
  }
  return shuffled
}

/**
 * Up to `count` of the items, chosen by the run's seed, in their own order; all of them with `-- all`.
 * Say in the test's name or by t.diagnostic how many of how many were taken.
 */
export function sample<Item>(items: readonly Item[], count: number): Item[] {
  if (runsAll || items.length <= count) return [...items]
  const chosen = new Set(shuffle(items.map((_, index) => index)).slice(0, count))
  return items.filter((_, index) => chosen.has(index))
}

const folders: string[] = []
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** A new folder, removed when the test process ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-conformance-'))
  folders.push(folder)
  return folder
}

/** Where pictures and reports of a run are left for a person to look at; ignored by git. */
export const keptFolder: string = join(dirname(import.meta.dirname), '.conformance')

/** Path of a file that stays after the run: a screenshot, a report. */
export function keptFile(name: string): string {
  mkdirSync(keptFolder, { recursive: true })
  return join(keptFolder, name)
}
