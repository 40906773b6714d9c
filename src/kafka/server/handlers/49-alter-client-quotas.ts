// AlterClientQuotas, versions 0 and 1: an entity with one wrong part is left as it was, others are changed. Kept in the log, so that
// they hold after a restart; what the project folder declares is changed there. Reference: KIP-546.
import { apis, kafkaErrors } from '../../wire/index.ts'
import type { AlterClientQuotasRequest } from '../../wire/index.ts'
import type { Broker } from '../broker.ts'
import { defineHandler } from '../handler.ts'
import { readEntity, valueProblem, type QuotaKey } from '../security/quota-entities.ts'
import type { QuotaChange } from '../security/quotas.ts'
import type { StoreProblem } from '../security/store.ts'

type Entry = AlterClientQuotasRequest['entries'][number]

export const alterClientQuotas = defineHandler(apis.alterClientQuotas, async (broker, client, request) => {
  const { entries, validateOnly } = request
  const isAllowed = broker.allows(client, 'alter-configs', 'cluster', broker.clusterName)
  const message = 'no right to alter the cluster’s settings'
  const read = entries.map((entry) =>
    isAllowed ? readEntry(broker, entry) : { error: kafkaErrors.clusterAuthorizationFailed, message },
  )
  const changes = read.filter((one): one is QuotaChange => !('error' in one))
  const failed = validateOnly || changes.length === 0 ? undefined : await broker.security.quotas.change(changes)
  return {
    entries: entries.map(({ entity }, i) => {
      const one = read[i]!
      const problem = 'error' in one ? one : failed
      return { entity, errorCode: problem?.error ?? 0, errorMessage: problem?.message ?? null }
    }),
  }
})

function readEntry(broker: Broker, { entity: parts, ops }: Entry): QuotaChange | StoreProblem {
  const entity = readEntity(parts, broker.limits.securityNameLengthMax)
  if ('error' in entity) return entity as StoreProblem
  const values = new Map<QuotaKey, number | null>()
  for (const { key, value, remove } of ops) {
    const problem = valueProblem(entity, key, value, remove)
    if (problem !== undefined) return { error: kafkaErrors.invalidRequest, message: problem }
    values.set(key as QuotaKey, remove ? null : value)
  }
  const change = { entity, values }
  return broker.security.quotas.changeProblem(change) ?? change
}
