// The settings of the node as Kafka's tools ask for them: those that hold here, under Kafka's names, as they are when nothing was
// changed while it runs; what may be changed are those that topics inherit.
import type { Broker } from './broker.ts'
import type { Client } from './handler.ts'
import { assignors } from './groups/assignors.ts'
import { idleSettings } from './idle-settings.ts'
import type { KafkaListener } from './listeners.ts'
import { configTypes, inheritedSettings, topicConfigs } from './topic-configs.ts'

export interface BrokerConfig {
  readonly name: string
  readonly type: number
  readonly value: string
  /** It is Kafka's own default. */
  readonly isDefault: boolean
}

/** By name, sorted. */
export function brokerConfigs(broker: Broker, client: Client): BrokerConfig[] {
  const { settings, limits } = broker
  const { boolean, int, long, string, list } = configTypes
  const address = ({ name }: KafkaListener, { host, port }: { host: string; port: number }): string =>
    `${name}://${host}:${port}`
  const { listeners } = broker
  const advertised = listeners.map((one) => address(one, one.advertised ?? ownAddress(broker, client, one)))
  const mechanisms = 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER'
  /** With Kafka's default, where it has one. */
  const own: [string, number, string | number | boolean, (string | number | boolean)?][] = [
    ['advertised.listeners', list, advertised.join(',')],
    ['auto.create.topics.enable', boolean, settings.autoCreateTopics, true],
    ['broker.id', int, broker.nodeId],
    ['connections.max.idle.ms', long, limits.connectionIdleMs, 600_000],
    ['default.replication.factor', int, 1, 1],
    ['delete.topic.enable', boolean, true, true],
    ['fetch.max.bytes', int, limits.fetchBytesMax, 57_671_680],
    ['group.consumer.assignors', list, [...assignors.keys()].join(','), 'uniform,range'],
    ['group.consumer.heartbeat.interval.ms', int, settings.consumerHeartbeatIntervalMs, 5000],
    ['group.consumer.max.heartbeat.interval.ms', int, limits.consumerHeartbeatIntervalMsMax, 15_000],
    ['group.consumer.max.session.timeout.ms', int, limits.consumerSessionTimeoutMsMax, 60_000],
    ['group.consumer.max.size', int, limits.groupMembersMax, 2_147_483_647],
    ['group.consumer.min.heartbeat.interval.ms', int, limits.consumerHeartbeatIntervalMsMin, 5000],
    ['group.consumer.min.session.timeout.ms', int, limits.consumerSessionTimeoutMsMin, 45_000],
    ['group.consumer.session.timeout.ms', int, settings.consumerSessionTimeoutMs, 45_000],
    ['group.coordinator.rebalance.protocols', list, 'classic,consumer'],
    ['group.initial.rebalance.delay.ms', int, settings.groupInitialDelayMs, 3000],
    ['group.max.session.timeout.ms', int, limits.sessionTimeoutMsMax, 1_800_000],
    ['group.max.size', int, limits.groupMembersMax, 2_147_483_647],
    ['group.min.session.timeout.ms', int, limits.sessionTimeoutMsMin, 6000],
    ['inter.broker.listener.name', string, listeners[0]?.name ?? 'PLAINTEXT'],
    ['listener.security.protocol.map', string, listeners.map(({ name, protocol }) => `${name}:${protocol}`).join(',')],
    ['listeners', list, listeners.map((one) => address(one, one)).join(',')],
    ['log.cleaner.enable', boolean, true, true],
    ['log.dirs', list, broker.logFolder],
    ['log.retention.hours', int, 168, 168],
    ['log.retention.ms', long, topicConfigs.get('retention.ms')!.defaultValue],
    ['max.connections', int, limits.connectionsMax, 2_147_483_647],
    ['max.connections.per.ip', int, limits.connectionsPerHostMax, 2_147_483_647],
    ['node.id', int, broker.nodeId],
    ['num.partitions', int, settings.partitionCount, 1],
    ['offset.metadata.max.bytes', int, limits.offsetMetadataBytesMax, 4096],
    ['offsets.retention.check.interval.ms', long, settings.offsetsRetentionCheckMs, 600_000],
    ['offsets.retention.minutes', int, Math.floor(settings.offsetsRetentionMs / 60_000), 10_080],
    ['offsets.topic.num.partitions', int, settings.offsetsPartitionCount, 50],
    ['offsets.topic.replication.factor', int, 1, 3],
    ['process.roles', list, 'broker,controller'],
    ['sasl.enabled.mechanisms', list, mechanisms, 'GSSAPI'],
    ['security.inter.broker.protocol', string, 'PLAINTEXT', 'PLAINTEXT'],
    ['socket.request.max.bytes', int, limits.requestBytesMax, 104_857_600],
    ['transaction.max.timeout.ms', int, limits.transactionTimeoutMsMax, 900_000],
    ['transaction.state.log.min.isr', int, 1, 2],
    ['transaction.state.log.num.partitions', int, settings.transactionsPartitionCount, 50],
    ['transaction.state.log.replication.factor', int, 1, 3],
    ['transactional.id.expiration.ms', int, limits.transactionalIdExpiryMs, 604_800_000],
    ['unclean.leader.election.enable', boolean, false, false],
  ]
  const known = new Map<string, BrokerConfig>(
    own.map(([name, type, value, fallback]) => [
      name,
      // Topics inherit Kafka's defaults where nothing was set.
      { name, type, value: String(value), isDefault: value === fallback || inheritedSettings.has(name) },
    ]),
  )
  for (const { name, type, defaultValue } of [...inheritedSettings.values(), ...idleSettings.values()])
    if (!known.has(name)) known.set(name, { name, type, value: defaultValue, isDefault: true })
  return [...known.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** What a client that came by another listener is told is not known; where that listens is. */
function ownAddress(broker: Broker, client: Client, listener: KafkaListener): { host: string; port: number } {
  const isIts = client.localPort === listener.port
  return isIts ? broker.addressFor(client) : listener
}
