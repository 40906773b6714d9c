import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { MillraceError } from '../../base/index.ts'
import { appliedWithSamples, openProject } from '../../deploy/embedded/index.ts'
import {
  diffProject,
  encryptedByRules,
  explainSchemaChanges,
  lockFile,
  projectNotices,
  resolveProject,
  topicsWithChangedSchema,
  type Change,
} from '../../project/index.ts'
import type { ChangeExplanation, RegisteredRules } from '../../registry/index.ts'
import type { Command } from '../arguments.ts'
import { printNotices } from '../notices.ts'
import { printSchemaChanges, schemaChangeJson } from '../schema-changes.ts'
import { bold, dim, green, print, printJson, red, yellow } from '../output.ts'

export const plan: Command = {
  name: 'plan',
  summary:
    'Shows what would change against what this environment last applied, and writes plan.lock. Exit code 3: changes; 4: some need an approval.',
  operands: '[FOLDER]',
  operandsMax: 1,
  options: {
    environment: { type: 'string', value: 'NAME', help: 'which environment file counts (local)' },
    data: { type: 'string', value: 'FOLDER', help: 'where data is kept (FOLDER/.millrace)' },
    check: { type: 'boolean', help: 'do not write plan.lock; exit code 3 when it is not what the folder says' },
  },
  example: 'millrace plan examples/checkout',
  async run({ operands, options }) {
    const folder = operands[0] ?? '.'
    const project = openProject(folder)
    const environment = String(options['environment'] ?? 'local')
    const mistakes: MillraceError[] = []
    const desired = resolveProject(project, environment, mistakes)
    if (mistakes.length > 0) throw new AggregateError(mistakes)
    const data = typeof options['data'] === 'string' ? options['data'] : undefined
    const { applied, samples, rules } = await appliedWithSamples({
      folder,
      environment,
      data,
      topicsOf: (before) => topicsWithChangedSchema(desired, before),
      subjects: desired.topics.flatMap(({ name }) => [`${name}-key`, `${name}-value`]),
    })
    const notices = projectNotices(project, encryptedByRules(project, desired, rules))
    const notRun = rules.flatMap(ruleNotices)
    const schemas = explainSchemaChanges(desired, applied, samples)
    const changes = diffProject(desired, applied).map((change) => withSchemaRisk(change, schemas))
    const lockPath = join(folder, 'plan.lock')
    const lock = lockFile(desired)
    const lockChanged = !existsSync(lockPath) || readFileSync(lockPath, 'utf8') !== lock
    // A lock of plans that cannot be carried out is nothing to commit.
    const isPossible = !changes.some(({ final }) => final)
    if (lockChanged && isPossible && !options['check']) writeFileSync(lockPath, lock)
    if (options['json'])
      printJson({
        environment,
        changes,
        schemas: schemas.map(schemaChangeJson),
        lockChanged,
        notices: [...notices, ...notRun.map((text) => ({ text, place: null }))],
      })
    else {
      printNotices(notices)
      for (const text of notRun) print(`${yellow('mind')}  ${text}`)
      printSchemaChanges(schemas)
      printChanges(changes, environment, lockChanged && isPossible, options['check'] === true)
    }
    if (changes.some((c) => c.refused)) return 4
    return changes.length > 0 || (lockChanged && options['check']) ? 3 : 0
  },
}

/** Of rules that somebody registered and nobody here runs. */
const ruleNotices = ({ subject, version, notRun }: RegisteredRules): string[] =>
  notRun.map(
    ({ rule, type }) =>
      `rule ${rule} of ${subject}, version ${version}, is ${type === '' ? 'of no type' : type}: clients run it, the server does not; to have it checked here write it as SQL in a contract (type: custom, engine: millrace)`,
  )

/** A schema that cannot read what the one before wrote is refused by the registry at every level but NONE and FORWARD. */
function withSchemaRisk(change: Change, schemas: readonly ChangeExplanation[]): Change {
  const explanation = schemas.find(({ subject }) => change.kind === 'schema' && subject === change.name)
  const against = explanation?.backward.filter(({ warning }) => !warning) ?? []
  if (against.length === 0) return change
  const risk = 'it cannot read old records; at the default level, BACKWARD, the registry refuses it'
  return { ...change, risks: [...change.risks, risk], refused: true }
}

const signs = { create: green('+'), update: yellow('~'), delete: red('-') } as const

export function printChanges(
  changes: readonly Change[],
  environment: string,
  lockChanged: boolean,
  checkOnly: boolean,
  done = false,
): void {
  for (const change of changes) {
    print(
      `${signs[change.action]} ${change.kind} ${bold(change.name)}${change.details.length > 0 ? `  ${dim(change.details.join('; '))}` : ''}`,
    )
    for (const risk of done ? [] : change.risks)
      print(
        `    ${change.final ? red('not possible') : change.refused ? red('needs an approval') : yellow('mind')}: ${risk}`,
      )
  }
  const count = (action: Change['action']): number => changes.filter((c) => c.action === action).length
  print(
    changes.length === 0
      ? `${green('ok')}  environment ${environment} is what the folder says`
      : done
        ? `\n${green('done')}: ${count('create')} created, ${count('update')} updated, ${count('delete')} deleted in environment ${environment}`
        : `\n${count('create')} to create, ${count('update')} to update, ${count('delete')} to delete in environment ${environment}`,
  )
  if (lockChanged)
    print(checkOnly ? 'plan.lock is not what the folder says: run millrace plan' : 'plan.lock written: commit it')
  const refused = done ? [] : changes.filter((c) => c.refused && !c.final)
  if (refused.length > 0) print(`If they are meant: --accept ${refused.map((c) => `${c.kind}/${c.name}`).join(',')}`)
}
