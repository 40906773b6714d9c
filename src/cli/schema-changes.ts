// The three answers to a change of a schema, for a terminal: who reads what changes, whether rows that are there can still
// be read, whether the lake table can follow; and before them what stands between old and new, with places in both texts.
import { describePlace, type ChangeExplanation, type Difference } from '../registry/index.ts'
import { bold, dim, formatNumber, green, print, red, yellow } from './output.ts'

export function printSchemaChanges(explanations: readonly ChangeExplanation[]): void {
  for (const explanation of explanations) {
    print(`${bold(explanation.subject)} changes`)
    printDifferences('the new schema reads old records', explanation.backward)
    printDifferences('the old schema reads new records', explanation.forward)
    printReaders(explanation)
    printRows(explanation)
    printLake(explanation)
    print('')
  }
}

function printDifferences(claim: string, differences: readonly Difference[]): void {
  const against = differences.filter(({ warning }) => !warning)
  print(`  ${against.length === 0 ? green('yes') : red('no ')}  ${claim}`)
  for (const { rule, reason, remedy, places, warning } of differences) {
    const where = places ? dim(` (${places.map(describePlace).join(', ')})`) : ''
    print(`       ${warning ? yellow('mind') : rule}: ${reason}${where}; ${remedy}`)
  }
}

function printReaders({ readers, columns }: ChangeExplanation): void {
  const sentences = readers.flatMap((reader) => reader.sentences)
  if (columns.length === 0) return print('  columns: none changes')
  print(`  columns: ${columns.map(({ reason }) => reason).join('; ')}`)
  if (sentences.length === 0) print('  readers: nobody in this project reads what changes')
  for (const sentence of sentences) print(`  readers: ${sentence}`)
}

function printRows({ rows }: ChangeExplanation): void {
  if (!rows) return print(dim('  rows: not looked at, as a node holds the data folder'))
  if (rows.read === 0) return print('  rows: none are in the topic')
  const damaged = rows.damaged > 0 ? ` (${rows.damaged} could not be read before either)` : ''
  const looked = `${formatNumber(rows.read, 'row')} looked at${damaged}`
  if (!rows.firstFailure)
    return print(`  rows: ${looked}, ${damaged === '' ? 'all' : 'all others'} can be read with the new schema`)
  const { partition, offset, reason } = rows.firstFailure
  print(
    `  rows: ${looked}, ${red(String(rows.read - rows.decoded - rows.damaged))} cannot be read with the new schema; the first at partition ${partition}, offset ${offset}: ${reason}`,
  )
}

function printLake({ lake }: ChangeExplanation): void {
  if (!lake || lake.steps.length === 0) return
  const wanted = lake.steps.filter(({ action }) => lake.canFollow || action === 'refused')
  print(
    `  lake: by Iceberg's rules table ${lake.table} ${lake.canFollow ? 'can follow' : red('cannot follow')}: ${wanted.map(({ reason }) => reason).join('; ')}`,
  )
}

/** Offsets as texts, as JSON has no 64-bit integers. */
export function schemaChangeJson({ rows, ...explanation }: ChangeExplanation): object {
  if (!rows) return explanation
  const { firstFailure, ...counts } = rows
  return {
    ...explanation,
    rows: firstFailure ? { ...counts, firstFailure: { ...firstFailure, offset: String(firstFailure.offset) } } : counts,
  }
}
