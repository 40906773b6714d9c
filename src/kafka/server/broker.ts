// What every handler is given: the log, the groups, and the door-keeper.
import type { Clock, MillraceError, Random } from '../../base/index.ts'
import type { Action, Authorize, Authorizer, Meter, ResourceType } from '../../model/index.ts'
import type { DynamicConfigs } from './dynamic-configs.ts'
import type { FetchSessions } from './fetch-sessions.ts'
import type { FetchWaiters } from './fetch-waiters.ts'
import type { GroupCoordinator } from './groups/coordinator.ts'
import type { Client } from './handler.ts'
import type { KafkaServerLimits, KafkaServerSettings } from './limits.ts'
import type { KafkaListener } from './listeners.ts'
import type { ServerLog, ServerReader } from './log-face.ts'
import type { Security } from './security/security.ts'
import type { SlabPool } from './slabs.ts'
import type { TransactionCoordinator } from './transactions/coordinator.ts'

export interface Broker {
  readonly log: ServerLog
  readonly reader: ServerReader
  readonly clock: Clock
  readonly random: Random
  readonly meter: Meter
  readonly limits: KafkaServerLimits
  readonly settings: KafkaServerSettings
  /** What administrators changed while the node ran. */
  readonly configs: DynamicConfigs
  readonly groups: GroupCoordinator
  readonly transactions: TransactionCoordinator
  readonly waiters: FetchWaiters
  readonly fetchSessions: FetchSessions
  /** What fetches read into. */
  readonly slabs: SlabPool
  readonly clusterId: string
  readonly nodeId: number
  /** Those that are open, in the order of their opening. */
  readonly listeners: readonly KafkaListener[]
  /** Where the log is, as tools are told. */
  readonly logFolder: string
  diskSpace(): { totalBytes: number; usableBytes: number } | undefined
  /** The name under which the cluster itself is a resource. */
  readonly clusterName: string
  /** The address that this client shall use from now on. */
  addressFor(client: Client): { host: string; port: number }
  allows(client: Client, action: Action, type: ResourceType, name: string): boolean
  /** Whether there is any resource of the type on which the client may do it (KIP-679). */
  allowsAny(client: Client, action: Action, type: 'topic'): boolean
  readonly security: Security
  /** Acknowledged records cannot be read (MR-LOG-001): for the operator's eyes. */
  onDamage(error: MillraceError): void
}

/** The operations that a client may do on a resource, by their AclOperation codes. */
const operationsOf: Readonly<Record<'topic' | 'group' | 'cluster', readonly (readonly [Action, number])[]>> = {
  topic: [
    ['read', 3],
    ['write', 4],
    ['create', 5],
    ['delete', 6],
    ['alter', 7],
    ['describe', 8],
    ['describe-configs', 10],
    ['alter-configs', 11],
  ],
  group: [
    ['read', 3],
    ['delete', 6],
    ['describe', 8],
    ['describe-configs', 10],
    ['alter-configs', 11],
  ],
  cluster: [
    ['create', 5],
    ['alter', 7],
    ['describe', 8],
    ['cluster-action', 9],
    ['describe-configs', 10],
    ['alter-configs', 11],
    ['idempotent-write', 12],
  ],
}

/** The bit field of operations allowed on a resource (AclOperation codes). */
export function authorizedOperations(
  broker: Broker,
  client: Client,
  type: 'topic' | 'group' | 'cluster',
  name: string,
): number {
  let bits = 0
  for (const [action, bit] of operationsOf[type]) {
    if (broker.allows(client, action, type, name)) bits |= 1 << bit
  }
  return bits
}

/** What the field says when the client did not ask. */
export const operationsNotAsked = -2147483648

export function makeAllows(authorize: Authorize): Broker['allows'] {
  return ({ principal, host }, action, type, name) =>
    authorize({ principal, action, resource: { type, name }, host }).kind === 'allow'
}

/** Without an authorizer that knows its rules, the topics that are there are asked about. */
export function makeAllowsAny(
  authorizer: Authorizer | undefined,
  authorize: Authorize,
  reader: Pick<ServerReader, 'topics'>,
): Broker['allowsAny'] {
  if (authorizer) return ({ principal, host }, action, type) => authorizer.allowsAny({ principal, host, action, type })
  const allows = makeAllows(authorize)
  return (client, action, type) => reader.topics().some(({ name }) => allows(client, action, type, name))
}
