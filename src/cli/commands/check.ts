import { readFolder } from '../../deploy/embedded/index.ts'
import { loadProject } from '../../project/index.ts'
import type { Command } from '../arguments.ts'
import { formatNumber, green, print, printError, printJson } from '../output.ts'

export const check: Command = {
  name: 'check',
  summary: 'Reports every mistake in a folder, each with file, line, column and what to write instead.',
  operands: '[FOLDER]',
  operandsMax: 1,
  options: {},
  example: 'millrace check examples/checkout',
  async run({ operands, options }) {
    const folder = operands[0] ?? '.'
    const project = loadProject(readFolder(folder), process.env)
    if (options['json']) {
      printJson(project.errors.map((e) => ({ code: e.code, message: e.message, help: e.help, place: e.place ?? null })))
    } else if (project.errors.length > 0) {
      for (const error of project.errors) printError(error)
      process.stderr.write(`\n${formatNumber(project.errors.length, 'mistake')}\n`)
    } else {
      const { sql, contracts, slos, tests } = project
      print(
        `${green('ok')}  ${project.name}: ${[
          formatNumber(sql.tables.length, 'table'),
          formatNumber(sql.pipelines.length, 'pipeline'),
          formatNumber(contracts.length, 'contract'),
          formatNumber(slos.length, 'SLO'),
          formatNumber(tests.length, 'test'),
        ].join(', ')}`,
      )
    }
    return project.errors.length > 0 ? 1 : 0
  },
}
