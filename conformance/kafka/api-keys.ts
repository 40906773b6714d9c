// Every API key of Apache Kafka 4.3.1: the versions that its broker advertises, as a check of this room asks it, and why ours
// serves others. Invariant: a key or version of theirs that ours lacks has a reason.

export interface KafkaKey {
  readonly key: number
  readonly name: string
  /** What Kafka 4.3.1 advertises; undefined: not on a client's listener. */
  readonly kafka: readonly [number, number] | undefined
  /** Why ours does not serve it, or serves other versions. */
  readonly reason?: string
}

const share = 'share groups are not served'
const streams = 'streams groups (KIP-1071) are not served; Kafka Streams runs on classic groups'
const shareState = 'between brokers: the state of share groups'
const newer = 'one version newer: a client of Kafka 4.4 asks for it'
const tokens = 'delegation tokens are not served; clients use SCRAM or OAUTHBEARER'
const quorum = 'between brokers and controllers'

/** By key. */
export const kafkaKeys: readonly KafkaKey[] = [
  { key: 0, name: 'Produce', kafka: [0, 13] },
  { key: 1, name: 'Fetch', kafka: [4, 18] },
  { key: 2, name: 'ListOffsets', kafka: [1, 11] },
  { key: 3, name: 'Metadata', kafka: [0, 13] },
  { key: 8, name: 'OffsetCommit', kafka: [2, 10] },
  { key: 9, name: 'OffsetFetch', kafka: [1, 10] },
  { key: 10, name: 'FindCoordinator', kafka: [0, 6] },
  { key: 11, name: 'JoinGroup', kafka: [0, 9] },
  { key: 12, name: 'Heartbeat', kafka: [0, 4] },
  { key: 13, name: 'LeaveGroup', kafka: [0, 5] },
  { key: 14, name: 'SyncGroup', kafka: [0, 5] },
  { key: 15, name: 'DescribeGroups', kafka: [0, 6] },
  { key: 16, name: 'ListGroups', kafka: [0, 5] },
  { key: 17, name: 'SaslHandshake', kafka: [0, 1] },
  { key: 18, name: 'ApiVersions', kafka: [0, 4], reason: newer },
  { key: 19, name: 'CreateTopics', kafka: [2, 7] },
  { key: 20, name: 'DeleteTopics', kafka: [1, 6] },
  { key: 21, name: 'DeleteRecords', kafka: [0, 2] },
  { key: 22, name: 'InitProducerId', kafka: [0, 5] },
  { key: 23, name: 'OffsetForLeaderEpoch', kafka: [2, 4] },
  { key: 24, name: 'AddPartitionsToTxn', kafka: [0, 5] },
  { key: 25, name: 'AddOffsetsToTxn', kafka: [0, 4] },
  { key: 26, name: 'EndTxn', kafka: [0, 5] },
  { key: 27, name: 'WriteTxnMarkers', kafka: [1, 2] },
  { key: 28, name: 'TxnOffsetCommit', kafka: [0, 5], reason: newer },
  { key: 29, name: 'DescribeAcls', kafka: [1, 3] },
  { key: 30, name: 'CreateAcls', kafka: [1, 3] },
  { key: 31, name: 'DeleteAcls', kafka: [1, 3] },
  { key: 32, name: 'DescribeConfigs', kafka: [1, 4] },
  { key: 33, name: 'AlterConfigs', kafka: [0, 2] },
  { key: 34, name: 'AlterReplicaLogDirs', kafka: [1, 2] },
  { key: 35, name: 'DescribeLogDirs', kafka: [1, 5] },
  { key: 36, name: 'SaslAuthenticate', kafka: [0, 2] },
  { key: 37, name: 'CreatePartitions', kafka: [0, 3] },
  { key: 38, name: 'CreateDelegationToken', kafka: [1, 3], reason: tokens },
  { key: 39, name: 'RenewDelegationToken', kafka: [1, 2], reason: tokens },
  { key: 40, name: 'ExpireDelegationToken', kafka: [1, 2], reason: tokens },
  { key: 41, name: 'DescribeDelegationToken', kafka: [1, 3], reason: tokens },
  { key: 42, name: 'DeleteGroups', kafka: [0, 2], reason: newer },
  { key: 43, name: 'ElectLeaders', kafka: [0, 2] },
  { key: 44, name: 'IncrementalAlterConfigs', kafka: [0, 1] },
  { key: 45, name: 'AlterPartitionReassignments', kafka: [0, 1] },
  { key: 46, name: 'ListPartitionReassignments', kafka: [0, 0] },
  { key: 47, name: 'OffsetDelete', kafka: [0, 0] },
  { key: 48, name: 'DescribeClientQuotas', kafka: [0, 1] },
  { key: 49, name: 'AlterClientQuotas', kafka: [0, 1] },
  { key: 50, name: 'DescribeUserScramCredentials', kafka: [0, 0] },
  { key: 51, name: 'AlterUserScramCredentials', kafka: [0, 0] },
  { key: 55, name: 'DescribeQuorum', kafka: [0, 2] },
  { key: 57, name: 'UpdateFeatures', kafka: [0, 2] },
  { key: 60, name: 'DescribeCluster', kafka: [0, 2] },
  { key: 61, name: 'DescribeProducers', kafka: [0, 0] },
  {
    key: 64,
    name: 'UnregisterBroker',
    kafka: [0, 0],
    reason: 'the node is the whole cluster; there is no other to take out',
  },
  { key: 65, name: 'DescribeTransactions', kafka: [0, 0] },
  { key: 66, name: 'ListTransactions', kafka: [0, 2] },
  { key: 68, name: 'ConsumerGroupHeartbeat', kafka: [0, 1] },
  { key: 69, name: 'ConsumerGroupDescribe', kafka: [0, 1] },
  {
    key: 71,
    name: 'GetTelemetrySubscriptions',
    kafka: undefined,
    reason: 'neither: Kafka advertises it only with a metrics plugin',
  },
  {
    key: 72,
    name: 'PushTelemetry',
    kafka: undefined,
    reason: 'neither: Kafka advertises it only with a metrics plugin',
  },
  { key: 74, name: 'ListConfigResources', kafka: [0, 1] },
  { key: 75, name: 'DescribeTopicPartitions', kafka: [0, 0] },
  { key: 76, name: 'ShareGroupHeartbeat', kafka: [1, 1], reason: share },
  { key: 77, name: 'ShareGroupDescribe', kafka: [1, 1], reason: share },
  { key: 78, name: 'ShareFetch', kafka: [1, 2], reason: share },
  { key: 79, name: 'ShareAcknowledge', kafka: [1, 2], reason: share },
  { key: 80, name: 'AddRaftVoter', kafka: [0, 1], reason: quorum },
  { key: 81, name: 'RemoveRaftVoter', kafka: [0, 0], reason: quorum },
  { key: 83, name: 'InitializeShareGroupState', kafka: [0, 0], reason: shareState },
  { key: 84, name: 'ReadShareGroupState', kafka: [0, 0], reason: shareState },
  { key: 85, name: 'WriteShareGroupState', kafka: [0, 1], reason: shareState },
  { key: 86, name: 'DeleteShareGroupState', kafka: [0, 0], reason: shareState },
  { key: 87, name: 'ReadShareGroupStateSummary', kafka: [0, 1], reason: shareState },
  { key: 88, name: 'StreamsGroupHeartbeat', kafka: [0, 0], reason: streams },
  { key: 89, name: 'StreamsGroupDescribe', kafka: [0, 0], reason: streams },
  { key: 90, name: 'DescribeShareGroupOffsets', kafka: [0, 1], reason: share },
  { key: 91, name: 'AlterShareGroupOffsets', kafka: [0, 0], reason: share },
  { key: 92, name: 'DeleteShareGroupOffsets', kafka: [0, 0], reason: share },
]
