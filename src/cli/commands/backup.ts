import {
  openBackup,
  openProject,
  resolveOptions,
  type Backup,
  type BackupManifest,
} from '../../deploy/embedded/index.ts'
import { resolveProject } from '../../project/index.ts'
import { MillraceError } from '../../base/index.ts'
import { UsageError, type Command, type CommandInput } from '../arguments.ts'
import { bold, dim, formatCount, print, printError, printErrorJson, printJson } from '../output.ts'

export const backup: Command = {
  name: 'backup',
  summary:
    'Copies the data of a folder, beside its running node or not: log, offsets, schemas, pipelines’ state, capture positions and lake tables as one cut. Again into the same folder, it copies what is new.',
  operands: '[FOLDER]',
  operandsMax: 1,
  options: {
    to: { type: 'string', value: 'BACKUP', help: 'a folder, best on another disk, or s3://BUCKET/PREFIX' },
    every: { type: 'string', value: 'SECONDS', help: 'go on, with a pass each SECONDS, until Ctrl-C' },
    environment: { type: 'string', value: 'NAME', help: 'which environment file counts (local)' },
    data: { type: 'string', value: 'DATA', help: 'where data is kept (FOLDER/.millrace)' },
  },
  example: 'millrace backup examples/checkout --to /mnt/backup/checkout --every 10',
  async run({ operands, options }) {
    const { to, every } = options
    if (typeof to !== 'string') throw new UsageError('--to BACKUP is missing: where shall the copy go?')
    const seconds = every === undefined ? undefined : Number(every)
    if (seconds !== undefined && !(seconds >= 1 && seconds <= 86_400))
      throw new UsageError('--every takes a number of seconds from 1 to 86400')
    const place = placeOf(operands[0] ?? '.', options)
    const open = await openBackup({ project: place.project, data: place.data, lake: place.lake }, to)
    try {
      const tell = (manifest: BackupManifest): void => {
        if (options['json']) printJson(summaryOf(manifest))
        else printBackup(manifest, to)
      }
      tell(await open.pass())
      if (seconds !== undefined) await keepOn(seconds, () => passOrSay(open, tell, options['json'] === true))
    } finally {
      open.close()
    }
    return 0
  },
}

/** A bucket that does not answer is tried again by the next pass; how far behind the backup is then, is said. */
async function passOrSay(open: Backup, tell: (manifest: BackupManifest) => void, asJson: boolean): Promise<void> {
  try {
    tell(await open.pass())
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'MR-DEPLOY-019') throw error
    if (asJson) return printErrorJson(error)
    printError(error)
    printError('The backup stays as it was; the next pass tries again.')
  }
}

/** Until Ctrl-C, which ends it between two passes. */
async function keepOn(seconds: number, pass: () => Promise<void>): Promise<void> {
  let wake: (() => void) | undefined
  let ended = false
  const end = (): void => {
    ended = true
    wake?.()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end)
  while (!ended) {
    await new Promise<void>((resolveWait) => {
      const timer = setTimeout(resolveWait, seconds * 1000)
      wake = () => {
        clearTimeout(timer)
        resolveWait()
      }
    })
    if (!ended) await pass()
  }
}

/** Where a folder's data and lake lie on this machine. Throws the folder's mistakes. */
export function placeOf(
  folder: string,
  options: CommandInput['options'],
): { project: string; data: string; lake: string } {
  const environment = String(options['environment'] ?? 'local')
  const project = openProject(folder)
  const mistakes: MillraceError[] = []
  const desired = resolveProject(project, environment, mistakes)
  if (mistakes.length > 0) throw new AggregateError(mistakes)
  const { data } = options
  const resolved = resolveOptions(
    { project: folder, environment, ...(typeof data === 'string' ? { data } : {}) },
    process.env,
  )
  return { project: project.name, data: resolved.data, lake: resolved.lake(desired.environment.lakePath) }
}

export function summaryOf(manifest: BackupManifest): Record<string, unknown> {
  const { log, lake, owners, ...rest } = manifest
  const bytes = (files: typeof log): number => files.reduce((sum, { size }) => sum + size, 0)
  return {
    ...rest,
    owners: Object.fromEntries(Object.entries(owners).map(([owner, { epoch }]) => [owner, epoch])),
    logFiles: log.length,
    logBytes: bytes(log),
    lakeFiles: lake.length,
    lakeBytes: bytes(lake),
  }
}

/** Records that a cut's topics end with. */
export const recordsOf = ({ topics }: BackupManifest): number =>
  topics.reduce((sum, { ends }) => sum + ends.reduce((all, end) => all + end, 0), 0)

function printBackup(manifest: BackupManifest, to: string): void {
  const megabytes = [...manifest.log, ...manifest.lake].reduce((sum, { size }) => sum + size, 0) / 1e6
  const what = `${manifest.topics.length} topics up to ${formatCount(recordsOf(manifest))} offsets, ${Object.keys(manifest.owners).length} pipelines and sources, ${manifest.lake.length} lake files, ${megabytes.toFixed(1)} MB`
  print(`${bold('backed up')} to ${to}: all that was acknowledged before ${manifest.recoveryPoint}`)
  print(dim(`  ${what}`))
}
