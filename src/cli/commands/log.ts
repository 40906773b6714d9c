import { openNodeDisk, MillraceError } from '../../base/index.ts'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { resolveOptions } from '../../deploy/embedded/index.ts'
import { UsageError, type Command } from '../arguments.ts'
import { bold, formatCount, green, print, printJson, red } from '../output.ts'

export const log: Command = {
  name: 'log',
  summary:
    'log verify: reads a folder’s whole log, beside its running node or not, and checks every batch, the journal and the pipelines’ state against their checksums. Changes nothing. Exit code 1 when something is damaged.',
  operands: 'verify [FOLDER]',
  operandsMax: 2,
  options: {
    data: { type: 'string', value: 'DATA', help: 'where data is kept (FOLDER/.millrace)' },
  },
  example: 'millrace log verify examples/checkout',
  async run({ operands, options }) {
    const [what, folder = '.'] = operands
    if (what !== 'verify') throw new UsageError(`what shall be done with the log? There is: verify`)
    const { data } = options
    const resolved = resolveOptions({ project: folder, ...(typeof data === 'string' ? { data } : {}) }, process.env)
    if (!existsSync(join(resolved.data, 'log')))
      throw new MillraceError('MR-LOG-003', { details: { path: resolved.data, reason: 'there is none' } })
    const { verifyLog } = await import('../../log/index.ts')
    const verdict = verifyLog(openNodeDisk(resolved.data))
    if (options['json']) printJson(verdict)
    else {
      for (const { topic, partition, file, position, offset, reason } of verdict.problems) {
        const who = topic === undefined ? '' : `${topic}-${partition}, `
        const where = position < 0 ? file : `${file}:${position}`
        print(`${red('damaged')}  ${who}${offset === undefined ? '' : `offset ${offset}, `}${where}: ${reason}`)
      }
      const { partitions, segments, batches, bytes, frames, stateFiles } = verdict
      const what = `${formatCount(partitions)} partitions, ${formatCount(segments)} segments, ${formatCount(batches)} batches (${(bytes / 1e6).toFixed(1)} MB), ${formatCount(frames)} frames of the journal, ${formatCount(stateFiles)} state files`
      if (verdict.problems.length === 0) print(`${green('sound')}: ${what}`)
      else
        print(
          `${bold(String(verdict.problems.length))} damaged places in ${what}.\nA node starts all the same: such a partition is readable up to there and takes no writes. Bring the file back from a backup, or delete the topic.`,
        )
    }
    return verdict.problems.length > 0 ? 1 : 0
  },
}
