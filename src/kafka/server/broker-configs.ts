// The settings of the node as Kafka's tools ask for them: those that hold here, under Kafka's names, as they are when nothing was
// changed while it runs; what may be changed are those that topics inherit.
import type { Broker } from './broker.ts'
import { assignors } from './groups/assignors.ts'
import { idleSettings } from './idle-settings.ts'
import { configTypes, inheritedSettings, topicConfigs } from './topic-configs.ts'

export interface BrokerConfig {
  readonly name: string
  readonly type: number
  readonly value: string
}

/** By name, sorted. */
export function brokerConfigs(broker: Broker): BrokerConfig[] {
  const { settings, limits } = broker
  const { boolean, int, long, string, list } = configTypes
  const own: [string, number, string | number | boolean][] = [
    ['auto.create.topics.enable', boolean, settings.autoCreateTopics],
    ['broker.id', int, broker.nodeId],
    ['connections.max.idle.ms', long, limits.connectionIdleMs],
    ['default.replication.factor', int, 1],
    ['delete.topic.enable', boolean, true],
    ['fetch.max.bytes', int, limits.fetchBytesMax],
    ['group.consumer.assignors', list, [...assignors.keys()].join(',')],
    ['group.consumer.heartbeat.interval.ms', int, settings.consumerHeartbeatIntervalMs],
    ['group.consumer.max.heartbeat.interval.ms', int, limits.consumerHeartbeatIntervalMsMax],
    ['group.consumer.max.session.timeout.ms', int, limits.consumerSessionTimeoutMsMax],
    ['group.consumer.max.size', int, limits.groupMembersMax],
    ['group.consumer.min.heartbeat.interval.ms', int, limits.consumerHeartbeatIntervalMsMin],
    ['group.consumer.min.session.timeout.ms', int, limits.consumerSessionTimeoutMsMin],
    ['group.consumer.session.timeout.ms', int, settings.consumerSessionTimeoutMs],
    ['group.coordinator.rebalance.protocols', list, 'classic,consumer'],
    ['group.initial.rebalance.delay.ms', int, settings.groupInitialDelayMs],
    ['group.max.session.timeout.ms', int, limits.sessionTimeoutMsMax],
    ['group.max.size', int, limits.groupMembersMax],
    ['group.min.session.timeout.ms', int, limits.sessionTimeoutMsMin],
    ['log.cleaner.enable', boolean, true],
    ['log.dirs', list, broker.logFolder],
    ['log.retention.hours', int, 168],
    ['log.retention.ms', long, topicConfigs.get('retention.ms')!.defaultValue],
    ['node.id', int, broker.nodeId],
    ['num.partitions', int, settings.partitionCount],
    ['offset.metadata.max.bytes', int, limits.offsetMetadataBytesMax],
    ['offsets.retention.check.interval.ms', long, settings.offsetsRetentionCheckMs],
    ['offsets.retention.minutes', int, Math.floor(settings.offsetsRetentionMs / 60_000)],
    ['offsets.topic.num.partitions', int, settings.offsetsPartitionCount],
    ['offsets.topic.replication.factor', int, 1],
    ['process.roles', list, 'broker,controller'],
    ['socket.request.max.bytes', int, limits.requestBytesMax],
    ['transaction.max.timeout.ms', int, limits.transactionTimeoutMsMax],
    ['transaction.state.log.min.isr', int, 1],
    ['transaction.state.log.num.partitions', int, settings.transactionsPartitionCount],
    ['transaction.state.log.replication.factor', int, 1],
    ['transactional.id.expiration.ms', int, limits.transactionalIdExpiryMs],
    ['unclean.leader.election.enable', boolean, false],
    ['security.inter.broker.protocol', string, 'PLAINTEXT'],
  ]
  const known = new Map(own.map(([name, type, value]) => [name, { name, type, value: String(value) }]))
  for (const { name, type, defaultValue } of [...inheritedSettings.values(), ...idleSettings.values()])
    if (!known.has(name)) known.set(name, { name, type, value: defaultValue })
  return [...known.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
}
