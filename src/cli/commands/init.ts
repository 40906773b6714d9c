import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MillraceError } from '../../base/index.ts'
import { UsageError, type Command } from '../arguments.ts'
import { bold, print, printJson } from '../output.ts'

export const init: Command = {
  name: 'init',
  summary: 'Makes a new project folder to start from: the example of a pay-over-time lender, with made-up data.',
  operands: 'FOLDER',
  operandsMax: 1,
  options: {},
  example: 'millrace init shop && millrace dev shop',
  async run({ operands, options }) {
    const [name] = operands
    if (name === undefined) throw new UsageError('a folder is wanted')
    const folder = resolve(name)
    if (existsSync(folder) && readdirSync(folder).length > 0)
      throw new MillraceError('MR-CLI-002', { details: { folder: name } })
    mkdirSync(folder, { recursive: true })
    // The example lies beside src and beside dist alike.
    const example = fileURLToPath(new URL('../../../examples/checkout', import.meta.url))
    cpSync(example, folder, { recursive: true, filter: (source) => basename(source) !== '.millrace' })
    const project = join(folder, 'millrace.yaml')
    // A project's name is also a namespace in the lake: plain letters, whatever the folder is called.
    const projectName =
      basename(folder)
        .normalize('NFKD')
        .replaceAll(/[^A-Za-z0-9_-]+/g, '-')
        .replaceAll(/^[^A-Za-z0-9]+|-+$/g, '') || 'project'
    writeFileSync(project, readFileSync(project, 'utf8').replace(/name: \w+/, `name: ${projectName}`))
    writeFileSync(join(folder, '.gitignore'), '.millrace/\n')
    if (options['json']) printJson({ folder })
    else {
      const at = relative(process.cwd(), folder) || '.'
      print(`${bold(at)} is made. Try next:`)
      print(`  millrace check ${at}`)
      print(`  millrace test ${at}`)
      print(`  millrace dev ${at}`)
    }
    return 0
  },
}
