import { openProject, runTests } from '../../deploy/embedded/index.ts'
import type { Command } from '../arguments.ts'
import { dim, green, print, printJson, red } from '../output.ts'

export const test: Command = {
  name: 'test',
  summary: 'Runs the folder’s tests: given rows with their times, expected rows. Nothing is written.',
  operands: '[FOLDER]',
  operandsMax: 1,
  options: { environment: { type: 'string', value: 'NAME', help: 'which environment file counts (local)' } },
  example: 'millrace test examples/checkout',
  async run({ operands, options }) {
    const results = await runTests(openProject(operands[0] ?? '.'), String(options['environment'] ?? 'local'))
    const failed = results.filter((r) => !r.passed).length
    if (options['json']) printJson(results)
    else {
      for (const result of results) {
        print(`${result.passed ? green('✔') : red('✖')} ${result.name} ${dim(`${result.elapsedMs.toFixed(0)} ms`)}`)
        for (const { table, missing, unexpected } of result.differences) {
          for (const row of missing) print(red(`    ${table} misses ${JSON.stringify(row)}`))
          for (const row of unexpected) print(red(`    ${table} should not have ${JSON.stringify(row)}`))
        }
      }
      print(`${results.length - failed} passed, ${failed} failed`)
    }
    return failed > 0 ? 1 : 0
  },
}
