// What every handler is given: the log, the groups, and the door-keeper.
import type { Clock, Random } from '../../base/index.ts'
import type { Action, Authorize, Meter, ResourceType } from '../../model/index.ts'
import type { FetchWaiters } from './fetch-waiters.ts'
import type { GroupCoordinator } from './groups/coordinator.ts'
import type { Client } from './handler.ts'
import type { KafkaServerLimits, KafkaServerSettings } from './limits.ts'
import type { ServerLog, ServerReader } from './log-face.ts'
import type { TransactionCoordinator } from './transactions/coordinator.ts'

export interface Broker {
  readonly log: ServerLog
  readonly reader: ServerReader
  readonly clock: Clock
  readonly random: Random
  readonly meter: Meter
  readonly limits: KafkaServerLimits
  readonly settings: KafkaServerSettings
  readonly groups: GroupCoordinator
  readonly transactions: TransactionCoordinator
  readonly waiters: FetchWaiters
  readonly clusterId: string
  readonly nodeId: number
  /** The name under which the cluster itself is a resource. */
  readonly clusterName: string
  /** The address that this client shall use from now on. */
  addressFor(client: Client): { host: string; port: number }
  allows(client: Client, action: Action, type: ResourceType, name: string): boolean
}

/** Bits of the operations that a client may do, as Metadata and the describing requests carry them. */
const operationBits: readonly (readonly [Action, number])[] = [
  ['read', 3],
  ['write', 4],
  ['create', 5],
  ['delete', 6],
  ['alter', 7],
  ['describe', 8],
  ['describe', 10],
  ['alter', 11],
]
const operationsOf: Readonly<Record<'topic' | 'group' | 'cluster', readonly number[]>> = {
  topic: [3, 4, 5, 6, 7, 8, 10, 11],
  group: [3, 6, 8],
  cluster: [5, 7, 8, 10, 11],
}

/** The bit field of operations allowed on a resource (AclOperation codes). */
export function authorizedOperations(
  broker: Broker,
  client: Client,
  type: 'topic' | 'group' | 'cluster',
  name: string,
): number {
  let bits = 0
  for (const [action, bit] of operationBits) {
    if (operationsOf[type].includes(bit) && broker.allows(client, action, type, name)) bits |= 1 << bit
  }
  return bits
}

/** What the field says when the client did not ask. */
export const operationsNotAsked = -2147483648

export function makeAllows(authorize: Authorize): Broker['allows'] {
  return (client, action, type, name) =>
    authorize({ principal: client.principal, action, resource: { type, name } }).kind === 'allow'
}
