import { restoreBackup, type BackupManifest } from '../../deploy/embedded/index.ts'
import { UsageError, type Command } from '../arguments.ts'
import { bold, formatCount, print, printJson, printTable } from '../output.ts'
import { placeOf, recordsOf, summaryOf } from './backup.ts'

export const restore: Command = {
  name: 'restore',
  summary:
    'Lays a backup out as a folder’s data, into an empty place, and says what outside of it may be ahead. The next start goes on from there.',
  operands: '[FOLDER]',
  operandsMax: 1,
  options: {
    from: { type: 'string', value: 'BACKUP', help: 'what millrace backup wrote: a folder or s3://BUCKET/PREFIX' },
    environment: { type: 'string', value: 'NAME', help: 'which environment file counts (local)' },
    data: { type: 'string', value: 'DATA', help: 'where data is kept (FOLDER/.millrace)' },
  },
  example: 'millrace restore examples/checkout --from /mnt/backup/checkout',
  async run({ operands, options }) {
    const { from } = options
    if (typeof from !== 'string') throw new UsageError('--from BACKUP is missing: which backup?')
    const folder = operands[0] ?? '.'
    const place = placeOf(folder, options)
    const manifest = await restoreBackup(from, place)
    if (options['json']) printJson(summaryOf(manifest))
    else printRestored(manifest, place)
    return 0
  },
}

function printRestored(manifest: BackupManifest, place: { data: string; lake: string }): void {
  print(`${bold('restored')} to ${place.data}: all that was acknowledged before ${manifest.recoveryPoint}`)
  print(
    `  ${manifest.topics.length} topics up to ${formatCount(recordsOf(manifest))} offsets, ${manifest.lake.length} lake files in ${place.lake}`,
  )
  print('\nWhat is outside may be ahead of it:')
  const captured = Object.keys(manifest.owners).filter((owner) => owner.startsWith('capture/'))
  for (const owner of captured) {
    print(`  ${owner}: reads on from where it was. Changes since then come again from the database, if its binary logs`)
    print(
      '    still reach back there; if they do not, the node says so at its start, and the table must be copied anew.',
    )
  }
  print('  producers: what was acknowledged to them after that moment is gone; let them send it again.')
  print(
    '  consumers: offsets kept in here went back with it. Who keeps offsets elsewhere, or has acted on later records,',
  )
  print('    is ahead of these ends; begin such consumers at the end, or let them skip what they know:')
  const rows = manifest.topics
    .filter(({ name, ends }) => !name.startsWith('_') && ends.some((end) => end > 0))
    .map(({ name, ends }): [string, string] => [name, ends.join(', ')])
  if (rows.length > 0) {
    print()
    printTable(['topic', 'ends by partition'], rows)
  }
}
