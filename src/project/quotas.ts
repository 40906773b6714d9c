// How fast clients may go, as an environment says it: the quotas that Kafka's tools set, under the same names without underscores.
// '*' is whoever has no quota of his own. Invariant: an entity has each quota once. References: KIP-13, KIP-124, KIP-546, KIP-599, KIP-612.
import type { SchemaObject } from 'ajv'

export interface QuotaResource {
  /** null is the default ('*'); a kind of entity that is absent is not meant. */
  readonly entity: Readonly<Partial<Record<'user' | 'client-id' | 'ip', string | null>>>
  /** By Kafka's name. */
  readonly values: Readonly<Record<string, number>>
}

const kafkaNames = {
  producerByteRate: 'producer_byte_rate',
  consumerByteRate: 'consumer_byte_rate',
  requestPercentage: 'request_percentage',
  controllerMutationRate: 'controller_mutation_rate',
  connectionCreationRate: 'connection_creation_rate',
} as const

const whole = { type: 'integer', minimum: 1 }
const positive = { type: 'number', exclusiveMinimum: 0 }

/** Of one entry of `security.quotas`. */
export const quotaSchema: SchemaObject = {
  type: 'object',
  properties: {
    user: { type: 'string', minLength: 1 },
    clientId: { type: 'string', minLength: 1 },
    host: { type: 'string', pattern: '^(\\*|[0-9A-Fa-f.:]+)$' },
    producerByteRate: whole,
    consumerByteRate: whole,
    requestPercentage: positive,
    controllerMutationRate: positive,
    connectionCreationRate: whole,
  },
  additionalProperties: false,
}

type Mistake = (path: readonly (string | number)[], reason: string) => void
type Loose = Readonly<Record<string, string | number | undefined>>

/** @param entries as the schema has let them through */
export function readQuotas(entries: readonly Loose[], mistake: Mistake): QuotaResource[] {
  const seen = new Set<string>()
  return entries.map((entry, i): QuotaResource => {
    const entity = Object.fromEntries(
      (
        [
          ['client-id', entry['clientId']],
          ['ip', entry['host']],
          ['user', entry['user']],
        ] as const
      ).flatMap(([type, name]) => (name === undefined ? [] : [[type, name === '*' ? null : String(name)]])),
    ) as QuotaResource['entity']
    const given = Object.entries(kafkaNames).filter(([name]) => entry[name] !== undefined)
    const isAddress = entity.ip !== undefined
    if (Object.keys(entity).length === 0) mistake(['quotas', i], 'whose quota it is: user, clientId, both, or host')
    else if (isAddress && Object.keys(entity).length > 1)
      mistake(['quotas', i, 'host'], 'an address has quotas of its own, without user or clientId')
    else {
      if (given.length === 0) mistake(['quotas', i], `one of ${Object.keys(kafkaNames).join(', ')} is missing`)
      for (const [name] of given) {
        if ((name === 'connectionCreationRate') === isAddress) continue
        const reason = isAddress ? 'an address has connectionCreationRate only' : `${name} is a host’s`
        mistake(['quotas', i, name], reason)
      }
    }
    const key = JSON.stringify(entity)
    if (seen.has(key))
      mistake(['quotas', i], 'the same user, clientId or host is there twice: write its quotas together')
    seen.add(key)
    return { entity, values: Object.fromEntries(given.map(([name, kafka]) => [kafka, Number(entry[name])])) }
  })
}
