import type { ExploreShape } from '../../console-api/index.ts'
import { UsageError, type Command } from '../arguments.ts'
import { ask, dataOption, nodePlace } from '../folder.ts'
import { dim, formatBytes, formatCount, formatNumber, print, printJson, printTable } from '../output.ts'

export const explore: Command = {
  name: 'explore',
  summary: 'Answers a SELECT from topics and lake tables of the running node; says what it read.',
  operands: '[FOLDER] SQL',
  operandsMax: 2,
  options: dataOption,
  example: 'millrace explore examples/checkout "SELECT status, COUNT(*) FROM checkouts_enriched GROUP BY status"',
  async run({ operands, options }) {
    const [folder, sql] = operands.length === 2 ? operands : ['.', operands[0]]
    if (!sql) throw new UsageError('a SELECT is wanted')
    const answer = await ask<ExploreShape>(nodePlace(folder, options), '/api/explore', { sql })
    if (options['json']) {
      printJson(answer)
      return 0
    }
    printTable(
      answer.columns.map((c) => c.name),
      answer.rows.map((row) =>
        row.map((cell) => (cell === null ? 'NULL' : typeof cell === 'object' ? JSON.stringify(cell) : String(cell))),
      ),
    )
    print(
      dim(
        `${formatNumber(answer.rows.length, 'row')}${answer.truncated ? ' (cut)' : ''}; read ${formatCount(answer.readRows)} rows, ${formatBytes(Number(answer.readBytes))}, in ${Math.round(answer.elapsedMs)} ms`,
      ),
    )
    return 0
  },
}
