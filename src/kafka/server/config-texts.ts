// What settings mean, for tools that ask for it (KIP-569). One sentence each, of what holds here.
import { inheritedSettings } from './topic-configs.ts'

const topics: Readonly<Record<string, string>> = {
  'cleanup.policy': 'Whether old segments are deleted, or compacted to the last record of each key, or both.',
  'compression.gzip.level': 'The level of gzip where the topic compresses with it.',
  'compression.lz4.level': 'Kept without effect: the codec has one level here.',
  'compression.type': 'The codec in which records are kept; producer leaves them as they were sent.',
  'compression.zstd.level': 'The level of zstd where the topic compresses with it; above 12 as 12.',
  'delete.retention.ms': 'How long a tombstone stays after the first compaction that met it.',
  'file.delete.delay.ms': 'Kept without effect: a file goes when nobody reads it any more.',
  'flush.messages': 'Kept without effect: when records are on disk is the durability of the environment.',
  'flush.ms': 'Kept without effect: when records are on disk is the durability of the environment.',
  'follower.replication.throttled.replicas': 'Kept without effect: there are no replicas.',
  'index.interval.bytes': 'Kept without effect: the index has its own measure.',
  'leader.replication.throttled.replicas': 'Kept without effect: there are no replicas.',
  'local.retention.bytes': 'Kept without effect: there is no tiered storage.',
  'local.retention.ms': 'Kept without effect: there is no tiered storage.',
  'max.compaction.lag.ms': 'After which a record is compacted whatever the ratio.',
  'max.message.bytes': 'The largest batch of records that is taken, as it is compressed.',
  'message.timestamp.after.max.ms': 'How far ahead of the broker’s clock a record’s timestamp may be.',
  'message.timestamp.before.max.ms': 'How far behind the broker’s clock a record’s timestamp may be.',
  'message.timestamp.type': 'Whether timestamps are the producer’s or of the append.',
  'min.cleanable.dirty.ratio': 'The part of the sealed segments that must be new before they are compacted.',
  'min.compaction.lag.ms': 'Before which a record is not compacted.',
  'min.insync.replicas': 'Kept without effect: of one replica no more can be asked for.',
  preallocate: 'Kept without effect: records go into the journal first.',
  'remote.log.copy.disable': 'Kept without effect: there is no tiered storage.',
  'remote.log.delete.on.disable': 'Kept without effect: there is no tiered storage.',
  'remote.storage.enable': 'Not to be set: there is no tiered storage.',
  'retention.bytes': 'The size of a partition above which its oldest segments are deleted; -1 for none.',
  'retention.ms': 'The age above which segments are deleted; -1 for none.',
  'segment.bytes': 'The size at which a segment is sealed, 64 MiB at the most.',
  'segment.index.bytes': 'Kept without effect: the index has its own measure.',
  'segment.jitter.ms': 'Kept without effect: there are no other brokers whose files end at the same moment.',
  'segment.ms': 'The age at which a segment is sealed.',
  'unclean.leader.election.enable': 'Kept without effect: there is no other leader.',
}

const nodes: Readonly<Record<string, string>> = {
  'advertised.listeners': 'What clients are told to connect to.',
  'auto.create.topics.enable': 'Whether a topic is made when a client names one that is not there.',
  'broker.id': 'The number of this node.',
  'connections.max.idle.ms': 'After which a connection on which nothing is asked for is closed.',
  'default.replication.factor': 'How many replicas a new topic has.',
  'delete.topic.enable': 'Whether topics can be deleted.',
  'fetch.max.bytes': 'The most that a fetch is answered with, or one batch.',
  'group.consumer.assignors': 'The assignors that the broker has for groups of the consumer protocol.',
  'group.coordinator.rebalance.protocols': 'The protocols of groups that are served.',
  'group.initial.rebalance.delay.ms': 'How long a new group waits for further members.',
  'inter.broker.listener.name': 'The listener of the node itself.',
  'listener.security.protocol.map': 'What each listener speaks.',
  listeners: 'Where the node listens.',
  'log.cleaner.enable': 'Whether topics are compacted.',
  'log.dirs': 'The folder with the log.',
  'log.retention.hours': 'The age above which segments are deleted.',
  'max.connections': 'How many connections are open at the most; further ones are closed.',
  'max.connections.per.ip': 'The same for one address.',
  'node.id': 'The number of this node.',
  'num.partitions': 'How many partitions a topic has that is made without a number.',
  'offset.metadata.max.bytes': 'The longest metadata of a committed offset.',
  'offsets.retention.minutes': 'How long offsets of a group without members are kept.',
  'process.roles': 'What this node is.',
  'sasl.enabled.mechanisms': 'The mechanisms that a SASL listener can offer.',
  'security.inter.broker.protocol': 'What nodes would speak with each other.',
  'socket.request.max.bytes': 'The largest request that is taken.',
  'transaction.max.timeout.ms': 'The longest time-out that a transaction may have.',
  'transactional.id.expiration.ms': 'After which a transactional id that is not used is forgotten.',
}

/** Of a topic's setting; '' for one that is not known. */
export const topicConfigText = (name: string): string => topics[name] ?? ''

/** Of a setting of the node. */
export function nodeConfigText(name: string): string {
  const topicName = inheritedSettings.get(name)?.topicName
  if (topicName !== undefined) return `What topics inherit: ${topicConfigText(topicName)}`
  const own = nodes[name]
  if (own !== undefined) return own
  if (name.startsWith('group.')) return 'A bound or default of groups.'
  if (/^(offsets|transaction)\./.test(name)) return 'Of the topics that the broker keeps offsets and transactions in.'
  return 'Kept without effect: there is nothing here that it acts on.'
}
