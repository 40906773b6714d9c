// What a folder says and nobody here checks or runs, each with its place: shown by check and plan each time.
import type { Notice } from './contract.ts'
import type { RegisteredRules } from '../registry/index.ts'
import { leakNotices } from './leaks.ts'
import type { Project } from './load.ts'
import { loopNotices } from './loops.ts'
import type { Desired } from './resolve.ts'
import { clearStateNotices, registeredStateNotices } from './sealed-state.ts'

/** @param encrypted by table, columns that rules of registered schemas encrypt beside what the folder says */
export function projectNotices(
  project: Project,
  encrypted?: ReadonlyMap<string, readonly string[]>,
): readonly Notice[] {
  return [
    ...project.environments.flatMap((environment) => environment.notices),
    ...project.contracts.flatMap((contract) => contract.notices),
    ...leakNotices(project, encrypted),
    ...clearStateNotices(project.sql),
    ...registeredStateNotices(project.sql, encrypted ?? new Map()),
    ...loopNotices(project.sql.pipelines),
  ]
}

/** Columns that rules of registered schemas encrypt, by table. */
export function encryptedByRules(
  project: Project,
  desired: Desired,
  rules: readonly RegisteredRules[],
): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>()
  for (const table of project.sql.tables) {
    const topic = table.options['millrace.topic'] ?? table.name
    const own = rules.find(({ subject }) => subject === `${topic}-value`)
    if (!own) continue
    const format = desired.topics.find(({ name }) => name === topic)?.format
    const skipped = format?.valueFormat === 'debezium-avro-confluent' ? 1 : 0
    const paths = own.encrypted?.map((path) => path.slice(skipped).join('.'))
    found.set(table.name, paths ?? table.schema.fields.map(({ name }) => name))
  }
  return found
}
