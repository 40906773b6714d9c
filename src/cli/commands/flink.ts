import { openProject, readFolder } from '../../deploy/embedded/index.ts'
import { flinkScript, formatFlinkScript, type Delivery } from '../../deploy/flink/index.ts'
import { resolveProject } from '../../project/index.ts'
import type { MillraceError } from '../../base/index.ts'
import { UsageError, type Command } from '../arguments.ts'
import { print, printJson } from '../output.ts'

export const flink: Command = {
  name: 'flink',
  summary:
    'Prints the folder as one SQL script for a plain Flink 2.3, to be given to its SQL client or gateway. It starts nothing. Topics must be there first: a running node has them, on a cluster millrace apply makes them.',
  operands: '[FOLDER]',
  operandsMax: 1,
  options: {
    environment: { type: 'string', value: 'NAME', help: 'which environment file counts (local)' },
    bootstrap: {
      type: 'string',
      value: 'HOST:PORT',
      help: 'brokers, as Flink reaches them (the environment’s, else 127.0.0.1:9092)',
    },
    registry: { type: 'string', value: 'URL', help: 'schema registry (http://127.0.0.1:8081)' },
    delivery: {
      type: 'string',
      value: 'KIND',
      help: 'exactly-once, or at-least-once for brokers without transactions, such as a Millrace node (exactly-once)',
    },
  },
  example: 'millrace flink examples/checkout --bootstrap kafka:9092 --registry http://registry:8081 > job.sql',
  async run({ operands, options }) {
    const folder = operands[0] ?? '.'
    const delivery = String(options['delivery'] ?? 'exactly-once')
    if (delivery !== 'exactly-once' && delivery !== 'at-least-once')
      throw new UsageError(`--delivery takes exactly-once or at-least-once, not '${delivery}'`)
    const project = openProject(folder)
    const mistakes: MillraceError[] = []
    const desired = resolveProject(project, String(options['environment'] ?? 'local'), mistakes)
    if (mistakes.length > 0) throw new AggregateError(mistakes)
    const script = flinkScript({
      files: readFolder(folder).map(({ path, text }) => ({ file: path, text })),
      project,
      desired,
      bootstrap: String(options['bootstrap'] ?? desired.environment.kafka?.bootstrap ?? '127.0.0.1:9092'),
      registryUrl: String(options['registry'] ?? 'http://127.0.0.1:8081'),
      delivery: delivery satisfies Delivery,
    })
    if (options['json']) printJson(script)
    else print(formatFlinkScript(script))
    return 0
  },
}
