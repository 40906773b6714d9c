import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MillraceError } from '../../base/index.ts'
import { UsageError, type Command } from '../arguments.ts'
import { bold, print, printJson } from '../output.ts'

export const init: Command = {
  name: 'init',
  summary:
    'Makes a new project folder to start from: the example of a pay-over-time lender, with made-up data; or the smallest that runs.',
  operands: 'FOLDER',
  operandsMax: 1,
  options: { empty: { type: 'boolean', help: 'the smallest that runs: an owner, a topic, a pipeline, a test' } },
  example: 'millrace init shop && millrace dev shop',
  async run({ operands, options }) {
    const [name] = operands
    if (name === undefined) throw new UsageError('a folder is wanted')
    const folder = resolve(name)
    if (existsSync(folder) && readdirSync(folder).length > 0)
      throw new MillraceError('MR-CLI-002', { details: { folder: name } })
    mkdirSync(folder, { recursive: true })
    // The examples lie beside src and beside dist alike.
    const example = fileURLToPath(
      // Each written out: the build finds them by their text.
      options['empty']
        ? new URL('../../../examples/smallest', import.meta.url)
        : new URL('../../../examples/checkout', import.meta.url),
    )
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
      if (options['empty']) {
        print(`While it runs, in another terminal, with kcat or any other Kafka client:`)
        print(
          `  echo '{"payment_id": "p1", "amount": "20.00", "status": "paid"}' | kcat -P -b 127.0.0.1:9092 -t payments`,
        )
        print(`  millrace topics ${at} paid`)
        print(
          `Then write your own tables and pipelines into ${join(at, 'sql')}, and who owns them into ${join(at, 'millrace.yaml')}.`,
        )
      }
    }
    return 0
  },
}
