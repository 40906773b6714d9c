// The secret of the local key service: from LOCAL_SECRET, which Confluent's clients read too, or the file that LOCAL_SECRET_FILE
// names. It never stands in the folder, and never in an error, a log or anything that is kept.
import { readFileSync } from 'node:fs'
import { MillraceError } from '../../base/index.ts'
import type { Desired } from '../../project/index.ts'
import type { Registry } from '../../registry/index.ts'

/** undefined: there is none. A file's last line break does not count. Throws MR-DEPLOY-016 for a file that cannot be read. */
export function localSecret(): string | undefined {
  const given = process.env['LOCAL_SECRET']
  if (given !== undefined && given !== '') return given
  const path = process.env['LOCAL_SECRET_FILE']
  if (path === undefined || path === '') return undefined
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '') || undefined
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new MillraceError('MR-DEPLOY-016', { details: { what: 'the secret of LOCAL_SECRET_FILE', path, reason } })
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

/** That of a folder. Throws MR-DEPLOY-021 when it has columns that are encrypted and there is none. */
export function localSecretFor({ schemas }: Desired): string | undefined {
  const secret = localSecret()
  const topics = schemas.flatMap(({ topic, rules }) => (rules ? [topic] : []))
  if (secret === undefined && topics.length > 0)
    throw new MillraceError('MR-DEPLOY-021', { details: { topics: topics.join(', ') } })
  return secret
}
