// The server: listens, gives each connection its state machine, and joins log and waiting fetches.
import type { Clock, MillraceError, Net, Random } from '../../base/index.ts'
import type { Authorize, Authorizer, Meter } from '../../model/index.ts'
import { makeAllows, makeAllowsAny } from './broker.ts'
import type { Broker } from './broker.ts'
import { DynamicConfigs } from './dynamic-configs.ts'
import { FetchSessions } from './fetch-sessions.ts'
import { FetchWaiters } from './fetch-waiters.ts'
import { GroupCoordinator } from './groups/coordinator.ts'
import { OffsetStore } from './groups/offsets.ts'
import { overviewOf, type GroupOverview } from './groups/overview.ts'
import { handlers } from './handlers/index.ts'
import { defaultLimits, defaultSettings } from './limits.ts'
import type { KafkaServerLimits, KafkaServerSettings } from './limits.ts'
import { Listeners } from './listeners.ts'
import type { KafkaListener, KafkaListenerOptions } from './listeners.ts'
import type { ServerLog, ServerReader } from './log-face.ts'
import type { Credentials } from './security/mechanisms.ts'
import { createSecurity } from './security/security.ts'
import type { KafkaSecurityOptions } from './security/security.ts'
import { SlabPool } from './slabs.ts'
import { TransactionCoordinator } from './transactions/coordinator.ts'

export interface KafkaServerOptions {
  readonly log: ServerLog
  readonly reader: ServerReader
  readonly net: Net
  readonly clock: Clock
  readonly random: Random
  readonly authorize: Authorize
  /** In place of `authorize`, where ACLs may be made through the protocol. */
  readonly authorizer?: Authorizer
  readonly security?: KafkaSecurityOptions
  /** Further sockets; the one of `host` and `port` is PLAINTEXT, and its clients are 'User:anonymous'. */
  readonly listeners?: readonly KafkaListenerOptions[]
  readonly meter: Meter
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** The command-line option that chooses the port, for the error when it is taken. */
  readonly portOption?: string
  /** What clients are told to connect to; by default each is told the address that it used. */
  readonly advertised?: { readonly host: string; readonly port: number }
  /** Kept with the data, so that clients know the cluster again. */
  readonly clusterId: string
  readonly nodeId?: number
  /** Where the log is, as administrators' tools are told. */
  readonly logFolder?: string
  /** Of the disk that it is on, for those tools, too; absent, or undefined: not known. */
  readonly diskSpace?: Broker['diskSpace']
  readonly settings?: Partial<KafkaServerSettings>
  readonly limits?: Partial<KafkaServerLimits>
  /** A member was put out of its group: for the operator's eyes. */
  readonly onMemberRemoved?: (event: { group: string; memberId: string; clientId: string; reason: string }) => void
  /** Acknowledged records were found damaged while they were read (MR-LOG-001): for the operator's eyes. */
  readonly onDamage?: (error: MillraceError) => void
  /** A request failed by a fault (ours, or a damaged file); its connection is closed, the server goes on. */
  readonly onFault?: (error: unknown) => void
}

export interface KafkaServer {
  readonly host: string
  readonly port: number
  readonly connectionCount: number
  /** The one of `host` and `port` first. */
  readonly listeners: readonly KafkaListener[]
  /** Groups with members or offsets, for consoles and metrics. */
  groups(): Promise<readonly GroupOverview[]>
  /** Whose credentials these are, by the same users and tokens: the principal's name, or undefined after a while. */
  identify(shown: Credentials): Promise<string | undefined>
  /** Closes all connections; what waits in groups is answered or dropped. Safe to call twice. */
  stop(): Promise<void>
}

/**
 * Serves Kafka's protocol on a socket. Resolves when it listens and the offsets topic is there.
 * Rejects with MR-BASE-001 when the port is taken.
 */
export async function createKafkaServer(options: KafkaServerOptions): Promise<KafkaServer> {
  const { log, reader, net, clock, random, meter, host, authorizer } = options
  const limits = { ...defaultLimits, ...options.limits }
  const settings = { ...defaultSettings, ...options.settings }
  const offsets = new OffsetStore({
    log,
    reader,
    clock,
    partitionCount: settings.offsetsPartitionCount,
    readBytes: limits.offsetsReadBytes,
  })
  const onMemberRemoved = options.onMemberRemoved ?? ((): void => {})
  const groups = new GroupCoordinator({
    clock,
    random,
    limits,
    settings,
    offsets,
    log,
    reader,
    sessionTimeoutMs: (group) => configs.sessionTimeoutMs(group),
    onMemberRemoved,
  })
  const transactions = new TransactionCoordinator({
    log,
    reader,
    clock,
    limits,
    partitionCount: settings.transactionsPartitionCount,
  })
  const security = await createSecurity({ log, reader, clock, random, meter, limits, authorizer, ...options.security })
  const configs = new DynamicConfigs({ log, reader, store: security.store, settings, limits })
  const authorize = authorizer?.authorize ?? options.authorize
  const listeners: KafkaListener[] = []
  const broker: Broker = {
    listeners,
    log,
    reader,
    clock,
    random,
    meter,
    limits,
    settings,
    configs,
    groups,
    transactions,
    waiters: new FetchWaiters(),
    fetchSessions: new FetchSessions({ clock, random, limits }),
    slabs: new SlabPool(limits.slabBytesKeptMax, limits.slabBytesMin),
    clusterId: options.clusterId,
    nodeId: options.nodeId ?? 1,
    logFolder: options.logFolder ?? 'log',
    diskSpace: options.diskSpace ?? ((): undefined => undefined),
    clusterName: 'kafka-cluster',
    addressFor: (client) => client.advertised ?? { host: client.localHost, port: client.localPort },
    allows: makeAllows(authorize),
    allowsAny: makeAllowsAny(authorizer, authorize, reader),
    security,
    onDamage: options.onDamage ?? ((): void => {}),
  }
  log.onAdvance((topic, partition) => broker.waiters.advanced(topic, partition))
  await offsets.ensureTopic()
  groups.start()
  await transactions.load()
  const onFault = options.onFault ?? ((): void => {})
  const sockets = new Listeners({ net, broker, security, handlers, onFault })
  const { port, portOption, advertised } = options
  const first: KafkaListenerOptions = {
    name: 'PLAINTEXT',
    protocol: 'PLAINTEXT',
    host,
    port,
    anonymous: 'User:anonymous',
    ...(portOption === undefined ? {} : { portOption }),
    ...(advertised ? { advertised } : {}),
  }
  try {
    for (const one of [first, ...(options.listeners ?? [])]) listeners.push(await sockets.open(one))
  } catch (error) {
    await sockets.close()
    throw error
  }
  let stopped: Promise<void> | undefined
  return {
    host,
    port: listeners[0]!.port,
    listeners,
    get connectionCount() {
      return sockets.connectionCount
    },
    groups: () => overviewOf(groups, reader),
    identify: (shown) => security.identify(shown),
    stop() {
      groups.close()
      transactions.close()
      return (stopped ??= sockets.close())
    },
  }
}
