import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { MillraceError, nodeClock, nodeRandom, openNodeDisk } from '../../base/index.ts'
import { resolveOptions } from '../../deploy/embedded/index.ts'
import type { LogProblem, LogRepair, OffsetGap } from '../../log/index.ts'
import { UsageError, type Command } from '../arguments.ts'
import { bold, formatCount, green, print, printJson, red, yellow } from '../output.ts'

export const log: Command = {
  name: 'log',
  summary:
    'log verify: reads a folder’s whole log, beside its running node or not, and checks every batch, the journal and the pipelines’ state against their checksums. Changes nothing. Exit code 1 when something is damaged. log repair: sets what is damaged aside (log/damaged/ in the data) and makes its partitions readable and writable again, with a gap where records are lost; only without a running node. With --dry-run it says what it would do and what would be lost, and changes nothing.',
  operands: 'verify|repair [FOLDER]',
  operandsMax: 2,
  options: {
    data: { type: 'string', value: 'DATA', help: 'where data is kept (FOLDER/.millrace)' },
    'dry-run': {
      type: 'boolean',
      help: 'repair: only say what is damaged, what would be done and which records would be lost',
    },
  },
  example: 'millrace log verify examples/checkout',
  async run({ operands, options }) {
    const [what, folder = '.'] = operands
    if (what !== 'verify' && what !== 'repair')
      throw new UsageError('what shall be done with the log? There is: verify, repair')
    const { data, json, 'dry-run': dryRun } = options
    if (dryRun && what !== 'repair') throw new UsageError('--dry-run is for repair; verify never changes anything')
    const resolved = resolveOptions({ project: folder, ...(typeof data === 'string' ? { data } : {}) }, process.env)
    if (!existsSync(join(resolved.data, 'log')))
      throw new MillraceError('MR-LOG-003', { details: { path: resolved.data, reason: 'there is none' } })
    return what === 'verify'
      ? verify(resolved.data, json === true)
      : repair(resolved.data, { json: json === true, dryRun: dryRun === true })
  },
}

async function verify(data: string, json: boolean): Promise<number> {
  const { verifyLog } = await import('../../log/index.ts')
  const verdict = verifyLog(openNodeDisk(data))
  if (json) printJson(verdict)
  else {
    printProblems(verdict.problems)
    const { partitions, segments, batches, bytes, frames, stateFiles } = verdict
    const what = `${formatCount(partitions)} partitions, ${formatCount(segments)} segments, ${formatCount(batches)} batches (${(bytes / 1e6).toFixed(1)} MB), ${formatCount(frames)} frames of the journal, ${formatCount(stateFiles)} state files`
    if (verdict.problems.length === 0) print(`${green('sound')}: ${what}`)
    else
      print(
        `${bold(String(verdict.problems.length))} damaged places in ${what}.\nA node runs all the same, and such a partition is readable up to there. Where the start meets the damage (the journal, a segment missing or cut short)\nit takes no writes; inside a segment the damage is said when it is read, and writes go on. Bring the file back from a backup, or see what a repair would cost: millrace log repair --dry-run`,
      )
  }
  return verdict.problems.length > 0 ? 1 : 0
}

function printProblems(problems: readonly LogProblem[]): void {
  for (const { topic, partition, file, position, offset, reason } of problems) {
    const who = topic === undefined ? '' : `${topic}-${partition}, `
    const where = position < 0 ? file : `${file}:${position}`
    print(`${red('damaged')}  ${who}${offset === undefined ? '' : `offset ${offset}, `}${where}: ${reason}`)
  }
}

async function repair(data: string, { json, dryRun }: { json: boolean; dryRun: boolean }): Promise<number> {
  const { lockDataFolder, repairLog } = await import('../../log/index.ts')
  // A dry run reads only, so it needs no lock and may run beside a node.
  const lock = dryRun ? undefined : lockDataFolder(data)
  try {
    const report = repairLog({ disk: openNodeDisk(data), clock: nodeClock, random: nodeRandom, dryRun })
    if (json) printJson(report)
    else printRepair(report)
    return report.remaining.length > 0 || (dryRun && report.problems.length > 0) ? 1 : 0
  } finally {
    lock?.release()
  }
}

const gapsText = (gaps: readonly OffsetGap[]): string =>
  gaps.map(({ from, to }) => (to === from + 1 ? `${from}` : `${from}–${to - 1}`)).join(', ')
const countOf = (gaps: readonly OffsetGap[]): number => gaps.reduce((sum, { from, to }) => sum + to - from, 0)

function printRepair({ dryRun, problems, partitions, owners, aside, remaining }: LogRepair): void {
  printProblems(problems)
  for (const { topic, partition, lost, broughtBack, end, rewritten, note } of partitions) {
    const is = dryRun ? 'would be' : 'is'
    print(
      `${green(dryRun ? 'can be repaired' : 'repaired')}  ${topic}-${partition}: readable and writable, end ${end.after}`,
    )
    if (lost.length > 0)
      print(`  ${red('lost')}: offsets ${gapsText(lost)}, at most ${formatCount(countOf(lost))} records`)
    else print('  no record that the log knows of is lost')
    if (broughtBack.length > 0)
      print(`  found whole behind the last one that was counted, and taken back in: offsets ${gapsText(broughtBack)}`)
    if (note !== undefined) print(`  ${yellow('not known')}: ${note}`)
    for (const path of rewritten) print(`  ${is} written anew: ${path}`)
  }
  for (const owner of owners)
    print(`${yellow('goes back')}  ${owner}: its last commit is lost with its output; it goes on from the one before`)
  for (const { file, reason } of remaining) print(`${red('stays damaged')}  ${file}: ${reason}`)
  if (problems.length === 0 && partitions.length === 0 && owners.length === 0)
    print(`${green('sound')}: nothing to repair`)
  else if (dryRun) print('Nothing was changed. Without --dry-run the damaged files are set aside, not deleted.')
  else if (aside !== undefined) print(`What was damaged, and a report, lie in ${aside}.`)
}
