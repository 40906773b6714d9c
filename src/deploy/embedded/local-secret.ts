// The secret of the local key service: from LOCAL_SECRET, which Confluent's clients read too, or the file that LOCAL_SECRET_FILE
// names, and the secrets before it while keys are wrapped anew. It never stands in the folder, and never in an error, a log or anything that is kept.
import { readFileSync } from 'node:fs'
import { MillraceError } from '../../base/index.ts'
import type { Desired } from '../../project/index.ts'
import type { Registry } from '../../registry/index.ts'

/**
 * The secret that wraps keys, then older ones, which only open: from LOCAL_OLD_SECRETS, with commas between them, or the file of
 * LOCAL_OLD_SECRETS_FILE, one a line. undefined: there is none. Throws MR-DEPLOY-016 for a file that cannot be read.
 */
export function localSecrets(): readonly string[] | undefined {
  // A file's last line break does not count.
  const current = given('LOCAL_SECRET') ?? inFile('LOCAL_SECRET_FILE')?.replace(/\r?\n$/, '')
  if (current === undefined || current === '') return undefined
  const older = given('LOCAL_OLD_SECRETS')?.split(',') ?? inFile('LOCAL_OLD_SECRETS_FILE')?.split(/\r?\n/) ?? []
  return [...new Set([current, ...older.filter((secret) => secret !== '')])]
}

function given(name: string): string | undefined {
  return process.env[name] || undefined
}

function inFile(name: string): string | undefined {
  const path = given(name)
  if (path === undefined) return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new MillraceError('MR-DEPLOY-016', { details: { what: `the secret of ${name}`, path, reason } })
  }
}

/**
 * Before anything is made or written with it: the secret must open what is sealed with it already. Throws MR-DEPLOY-033 when
 * it opens none of the keys of a KEK that the folder seals with.
 */
export function refuseOtherSecret(registry: Pick<Registry, 'closedKey'>, { schemas }: Pick<Desired, 'schemas'>): void {
  const closed = registry.closedKey(schemas.flatMap(({ rules }) => rules?.ruleSet ?? []))
  if (!closed) return
  const { subject, version, kekName } = closed
  throw new MillraceError('MR-DEPLOY-033', { details: { subject, version, kek: kekName } })
}

/** Those of a folder. Throws MR-DEPLOY-021 when it has columns that are encrypted and there is none. */
export function localSecretsFor({ schemas }: Desired): readonly string[] | undefined {
  const secrets = localSecrets()
  const topics = schemas.flatMap(({ topic, rules }) => (rules ? [topic] : []))
  if (secrets === undefined && topics.length > 0)
    throw new MillraceError('MR-DEPLOY-021', { details: { topics: topics.join(', ') } })
  return secrets
}
