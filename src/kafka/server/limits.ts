// What bounds the server, and what an operator may set. Names in quotes are Kafka's own for the same thing.
import { offsetsTopic } from '../../log/index.ts'
import { transactionsTopic } from './transactions/records.ts'

export interface KafkaServerLimits {
  /** Open connections; further ones are closed at once ('max.connections'). */
  readonly connectionsMax: number
  /** The same for one address ('max.connections.per.ip'). */
  readonly connectionsPerHostMax: number
  /** A connection on which nothing was asked for so long is closed ('connections.max.idle.ms'). */
  readonly connectionIdleMs: number
  /** One whose peer does not read its answers for so long is closed. */
  readonly writeStallMs: number
  /** Answers that peers have not read yet, of all connections: above it no fetch is begun, and `writeStallFullMs` holds. */
  readonly unsentBytesMax: number
  readonly writeStallFullMs: number
  /** Between looks for those; 0: none. */
  readonly connectionScanMs: number
  /** In which TLS must have shaken hands, and SASL be done. */
  readonly handshakeMs: number
  readonly authenticationMs: number
  /** Largest frame before SASL is done ('sasl.server.max.receive.size'). */
  readonly authenticationBytesMax: number
  /** Before a failed authentication is answered ('connection.failed.authentication.delay.ms'). */
  readonly authenticationFailureDelayMs: number
  /** Between loads of the keys that verify tokens: when one is missing, and anyway. */
  readonly tokenKeysRetryMs: number
  readonly tokenKeysRefreshMs: number
  /** Kept of what administrators set through the protocol. */
  readonly scramCredentialsMax: number
  /** Passwords that have held, which are not salted again each time. */
  readonly believedPasswordsMax: number
  readonly aclsMax: number
  readonly quotaEntitiesMax: number
  /** Who is measured at once because a quota holds for him; those beyond share one measure. */
  readonly quotaRatesMax: number
  /** Characters of a user's, principal's, host's or resource's name in those. */
  readonly securityNameLengthMax: number
  /** Largest request frame ('socket.request.max.bytes'). A frame's bytes are kept only as they arrive. */
  readonly requestBytesMax: number
  /** Requests of one connection that are taken in before it is no longer read. */
  readonly requestsInFlightMax: number
  /** Bytes of such requests, for the same. */
  readonly requestBytesInFlightMax: number
  /**
   * Bytes of requests that are held, and of those that are being received, of all connections ('queued.max.request.bytes'): above it
   * large ones wait on their way in, unless nothing else is held.
   */
  readonly requestBytesHeldMax: number
  /** In which a large request that has room must have come, beside a second for each MB, while others wait for it. */
  readonly requestReceiveMs: number
  /** Bytes that wait in the log client before connections that produce are no longer served ('slow the source'). */
  readonly logPendingBytesMax: number
  /** Array elements in one request: bounds what decoding allocates. */
  readonly requestElementsMax: number
  /** Most that one fetch answers, so that the main thread is not held ('fetch.max.bytes'). */
  readonly fetchBytesMax: number
  /** Free memory that is kept for fetches to read into. */
  readonly slabBytesKeptMax: number
  /** Below this what is read, and what is received of a produce request, lies in fresh memory. */
  readonly slabBytesMin: number
  /** Longest wait of a fetch. */
  readonly fetchWaitMsMax: number
  /** Incremental fetch sessions ('max.incremental.fetch.session.cache.slots'), and the partitions in all of them. */
  readonly fetchSessionsMax: number
  readonly fetchSessionPartitionsMax: number
  /** After which another may take a session's place ('min.incremental.fetch.session.eviction.ms'). */
  readonly fetchSessionIdleMs: number
  /** Between looks of a waiting fetch whose min.bytes was not yet reached: a look reads. */
  readonly fetchRecheckMs: number
  /** Classic groups in memory. */
  readonly groupsMax: number
  /** Members of a group ('group.max.size'). */
  readonly groupMembersMax: number
  /** Bytes of one member's metadata for all its protocols, and of one assignment. */
  readonly memberBytesMax: number
  /** 'group.min.session.timeout.ms', 'group.max.session.timeout.ms'. */
  readonly sessionTimeoutMsMin: number
  readonly sessionTimeoutMsMax: number
  /** 'group.consumer.min.session.timeout.ms' and so on: what a group's own settings may be (KIP-848). */
  readonly consumerSessionTimeoutMsMin: number
  readonly consumerSessionTimeoutMsMax: number
  readonly consumerHeartbeatIntervalMsMin: number
  readonly consumerHeartbeatIntervalMsMax: number
  /** Groups that have settings of their own. */
  readonly groupConfigsMax: number
  /** Longest rebalance that a member may ask for. */
  readonly rebalanceTimeoutMsMax: number
  /** Characters of a group's id, and of a static member's instance id (as of topic names): they go into stored records. */
  readonly groupIdLengthMax: number
  readonly instanceIdLengthMax: number
  /** 'offset.metadata.max.bytes'. */
  readonly offsetMetadataBytesMax: number
  /** 'transaction.max.timeout.ms'. */
  readonly transactionTimeoutMsMax: number
  /** Between looks for transactions past their time, while any is open. */
  readonly transactionScanMs: number
  /** Transactional ids in memory, and the characters of one: they go into stored records. */
  readonly transactionalIdsMax: number
  readonly transactionalIdLengthMax: number
  /** 'transactional.id.expiration.ms', and between looks for those. */
  readonly transactionalIdExpiryMs: number
  readonly transactionalIdExpiryScanMs: number
  /** Bytes of __consumer_offsets read at once before others get a turn. */
  readonly offsetsReadBytes: number
  /** A subscription's regular expression: characters, and instructions that it compiles to. */
  readonly patternLengthMax: number
  readonly patternProgramMax: number
  /** Patterns whose topics are kept, and steps of matching before others get a turn (some milliseconds). */
  readonly patternsKeptMax: number
  readonly patternSliceSteps: number
}

export const defaultLimits: KafkaServerLimits = {
  connectionsMax: 10_000,
  connectionsPerHostMax: 10_000,
  connectionIdleMs: 600_000,
  writeStallMs: 120_000,
  unsentBytesMax: 128 << 20,
  writeStallFullMs: 5_000,
  connectionScanMs: 1_000,
  handshakeMs: 10_000,
  authenticationMs: 30_000,
  authenticationBytesMax: 512 << 10,
  authenticationFailureDelayMs: 100,
  tokenKeysRetryMs: 10_000,
  tokenKeysRefreshMs: 3600_000,
  scramCredentialsMax: 100_000,
  believedPasswordsMax: 1_000,
  aclsMax: 100_000,
  quotaEntitiesMax: 10_000,
  quotaRatesMax: 10_000,
  securityNameLengthMax: 1_000,
  requestBytesMax: 100 << 20,
  requestsInFlightMax: 64,
  requestBytesInFlightMax: 16 << 20,
  requestBytesHeldMax: 128 << 20,
  requestReceiveMs: 30_000,
  logPendingBytesMax: 64 << 20,
  requestElementsMax: 200_000,
  fetchBytesMax: 4 << 20,
  slabBytesKeptMax: 64 << 20,
  slabBytesMin: 8 << 10,
  fetchWaitMsMax: 300_000,
  fetchSessionsMax: 1000,
  fetchSessionPartitionsMax: 1_000_000,
  fetchSessionIdleMs: 120_000,
  fetchRecheckMs: 10,
  groupsMax: 100_000,
  groupMembersMax: 1000,
  memberBytesMax: 1 << 20,
  sessionTimeoutMsMin: 6000,
  sessionTimeoutMsMax: 1_800_000,
  consumerSessionTimeoutMsMin: 45_000,
  consumerSessionTimeoutMsMax: 60_000,
  consumerHeartbeatIntervalMsMin: 5_000,
  consumerHeartbeatIntervalMsMax: 15_000,
  groupConfigsMax: 10_000,
  rebalanceTimeoutMsMax: 3_600_000,
  groupIdLengthMax: 4096,
  instanceIdLengthMax: 249,
  offsetMetadataBytesMax: 4096,
  transactionTimeoutMsMax: 900_000,
  transactionScanMs: 10_000,
  transactionalIdsMax: 100_000,
  transactionalIdLengthMax: 4096,
  transactionalIdExpiryMs: 7 * 24 * 3600_000,
  transactionalIdExpiryScanMs: 3600_000,
  offsetsReadBytes: 1 << 20,
  patternLengthMax: 4096,
  patternProgramMax: 4000,
  patternsKeptMax: 1000,
  patternSliceSteps: 1_000_000,
}

/** Records of a refused batch that an answer names: a batch may have a million, and each takes its sentence. */
export const recordErrorsMax = 1000

export interface KafkaServerSettings {
  /** 'auto.create.topics.enable'. */
  readonly autoCreateTopics: boolean
  /** 'num.partitions'. */
  readonly partitionCount: number
  /** 'group.initial.rebalance.delay.ms'; Kafka's 3000 only delays a first consumer here. */
  readonly groupInitialDelayMs: number
  /** 'group.consumer.heartbeat.interval.ms' and 'group.consumer.session.timeout.ms' (KIP-848). */
  readonly consumerHeartbeatIntervalMs: number
  readonly consumerSessionTimeoutMs: number
  /** 'offsets.retention.minutes': offsets of a group that nobody is in. 'offsets.retention.check.interval.ms'. */
  readonly offsetsRetentionMs: number
  readonly offsetsRetentionCheckMs: number
  /** Partitions of __consumer_offsets when the server makes it ('offsets.topic.num.partitions'). */
  readonly offsetsPartitionCount: number
  /** Of __transaction_state ('transaction.state.log.num.partitions'). */
  readonly transactionsPartitionCount: number
}

export const defaultSettings: KafkaServerSettings = {
  autoCreateTopics: true,
  partitionCount: 1,
  groupInitialDelayMs: 0,
  consumerHeartbeatIntervalMs: 5000,
  consumerSessionTimeoutMs: 45_000,
  offsetsRetentionMs: 7 * 24 * 3600_000,
  offsetsRetentionCheckMs: 600_000,
  offsetsPartitionCount: offsetsTopic.partitionCount,
  transactionsPartitionCount: transactionsTopic.partitionCount,
}
