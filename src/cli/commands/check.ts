import type { MillraceError } from '../../base/index.ts'
import { readFolder } from '../../deploy/embedded/index.ts'
import { loadProject, projectNotices, resolveProject, type Project } from '../../project/index.ts'
import type { Command } from '../arguments.ts'
import { printNotices } from '../notices.ts'
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
    const errors = allMistakes(project)
    if (options['json']) {
      printJson(errors.map((e) => ({ code: e.code, message: e.message, help: e.help, place: e.place ?? null })))
    } else if (errors.length > 0) {
      for (const error of errors) printError(error)
      process.stderr.write(`\n${formatNumber(errors.length, 'mistake')}\n`)
    } else {
      const { sql, contracts, slos, tests } = project
      printNotices(projectNotices(project))
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
    return errors.length > 0 ? 1 : 0
  },
}

/** Also what shows only once tables become topics: names, options, formats. */
function allMistakes(project: Project): MillraceError[] {
  const errors = [...project.errors]
  resolveProject(project, project.environments[0]!.name, errors)
  return errors
}
