import type { MillraceError } from '../../base/index.ts'
import { applyFolder, openProject } from '../../deploy/embedded/index.ts'
import { applyKafka } from '../../deploy/kafka/index.ts'
import { openKafkaAdmin } from '../../kafka/client/index.ts'
import { resolveProject, type Change } from '../../project/index.ts'
import type { Command } from '../arguments.ts'
import { printJson } from '../output.ts'
import { printChanges } from './plan.ts'

export const apply: Command = {
  name: 'apply',
  summary:
    'Carries the changes of a folder out in an environment: on this machine, or on a Kafka cluster when the environment names one. Exit code 4: some need an approval.',
  operands: '[FOLDER]',
  operandsMax: 1,
  options: {
    environment: { type: 'string', value: 'NAME', help: 'which environment file counts (local)' },
    data: { type: 'string', value: 'FOLDER', help: 'where data is kept (FOLDER/.millrace)' },
    accept: {
      type: 'string',
      value: 'NAMES',
      help: 'changes that are meant though they are refused, by name, with commas',
    },
  },
  example: 'millrace apply examples/checkout --environment staging',
  async run({ operands, options }) {
    const environment = String(options['environment'] ?? 'local')
    const changes = await carryOut(operands[0] ?? '.', environment, {
      accept: String(options['accept'] ?? '')
        .split(',')
        .filter(Boolean),
      ...(typeof options['data'] === 'string' ? { data: options['data'] } : {}),
    })
    if (options['json']) printJson({ environment, changes })
    else printChanges(changes, environment, false, false, true)
    return 0
  },
}

async function carryOut(
  folder: string,
  environment: string,
  options: { accept: readonly string[]; data?: string },
): Promise<Change[]> {
  const mistakes: MillraceError[] = []
  const desired = resolveProject(openProject(folder), environment, mistakes)
  if (mistakes.length > 0) throw new AggregateError(mistakes)
  const { kafka, topics } = desired.environment
  if (topics !== 'kafka' || !kafka) return applyFolder({ project: folder, environment, ...options })
  const admin = await openKafkaAdmin({ bootstrap: kafka.bootstrap })
  try {
    return await applyKafka(desired, admin, options.accept)
  } finally {
    await admin.close()
  }
}
