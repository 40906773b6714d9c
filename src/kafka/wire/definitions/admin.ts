// What administrators' tools ask of a whole node: its disks, leaders, quorum, features, telemetry. The form is described in
// ../definition.ts; facts after Kafka 4.4's protocol.

export const admin = `
api 34 AlterReplicaLogDirs
request 1-2 flexible 2+
  dirs: [AlterReplicaLogDir]
    path: string
    topics: [AlterReplicaLogDirTopic]
      name: string
      partitions: [int32]
response 1-2 flexible 2+
  throttleTimeMs: int32
  results: [AlterReplicaLogDirTopicResult]
    topicName: string
    partitions: [AlterReplicaLogDirPartitionResult]
      partitionIndex: int32
      errorCode: int16

api 35 DescribeLogDirs
request 1-5 flexible 2+
  topics: [DescribableLogDirTopic]?
    topic: string
    partitions: [int32]
response 1-5 flexible 2+
  throttleTimeMs: int32
  errorCode: int16 3+
  results: [DescribeLogDirsResult]
    errorCode: int16
    logDir: string
    topics: [DescribeLogDirsTopic]
      name: string
      partitions: [DescribeLogDirsPartition]
        partitionIndex: int32
        partitionSize: long
        offsetLag: long
        isFutureKey: bool
    totalBytes: long 4+ default=-1
    usableBytes: long 4+ default=-1
    isCordoned: bool 5+ default=false

api 43 ElectLeaders
request 0-2 flexible 2+
  electionType: int8 1+
  topicPartitions: [TopicPartitions]?
    topic: string
    partitions: [int32]
  timeoutMs: int32 default=60000
response 0-2 flexible 2+
  throttleTimeMs: int32
  errorCode: int16 1+
  replicaElectionResults: [ReplicaElectionResult]
    topic: string
    partitionResult: [PartitionResult]
      partitionId: int32
      errorCode: int16
      errorMessage: string?

api 45 AlterPartitionReassignments
request 0-1 flexible 0+
  timeoutMs: int32 default=60000
  allowReplicationFactorChange: bool 1+ default=true
  topics: [ReassignableTopic]
    name: string
    partitions: [ReassignablePartition]
      partitionIndex: int32
      replicas: [int32]? default=null
response 0-1 flexible 0+
  throttleTimeMs: int32
  allowReplicationFactorChange: bool 1+ default=true
  errorCode: int16
  errorMessage: string?
  responses: [ReassignableTopicResponse]
    name: string
    partitions: [ReassignablePartitionResponse]
      partitionIndex: int32
      errorCode: int16
      errorMessage: string?

api 46 ListPartitionReassignments
request 0-0 flexible 0+
  timeoutMs: int32 default=60000
  topics: [ListPartitionReassignmentsTopics]? default=null
    name: string
    partitionIndexes: [int32]
response 0-0 flexible 0+
  throttleTimeMs: int32
  errorCode: int16
  errorMessage: string?
  topics: [OngoingTopicReassignment]
    name: string
    partitions: [OngoingPartitionReassignment]
      partitionIndex: int32
      replicas: [int32]
      addingReplicas: [int32]
      removingReplicas: [int32]

api 55 DescribeQuorum
request 0-2 flexible 0+
  topics: [TopicData]
    topicName: string
    partitions: [PartitionData]
      partitionIndex: int32
response 0-2 flexible 0+
  errorCode: int16
  errorMessage: string? 2+
  topics: [QuorumTopic]
    topicName: string
    partitions: [QuorumPartition]
      partitionIndex: int32
      errorCode: int16
      errorMessage: string? 2+
      leaderId: int32
      leaderEpoch: int32
      highWatermark: long
      currentVoters: [ReplicaState]
        replicaId: int32
        replicaDirectoryId: uuid 2+
        logEndOffset: long
        lastFetchTimestamp: long 1+ default=-1
        lastCaughtUpTimestamp: long 1+ default=-1
      observers: [ObserverState]
        replicaId: int32
        replicaDirectoryId: uuid 2+
        logEndOffset: long
        lastFetchTimestamp: long 1+ default=-1
        lastCaughtUpTimestamp: long 1+ default=-1
  nodes: [Node] 2+
    nodeId: int32
    listeners: [Listener]
      name: string
      host: string
      port: uint16

api 57 UpdateFeatures
request 0-2 flexible 0+
  timeoutMs: int32 default=60000
  featureUpdates: [FeatureUpdateKey]
    feature: string
    maxVersionLevel: int16
    allowDowngrade: bool 0-0
    upgradeType: int8 1+ default=1
  validateOnly: bool 1+ default=false
response 0-2 flexible 0+
  throttleTimeMs: int32
  errorCode: int16
  errorMessage: string?
  results: [UpdatableFeatureResult] 0-1
    feature: string
    errorCode: int16
    errorMessage: string?

api 74 ListConfigResources
request 0-1 flexible 0+
  resourceTypes: [int8] 1+
response 0-1 flexible 0+
  throttleTimeMs: int32
  errorCode: int16
  configResources: [ConfigResource]
    resourceName: string
    resourceType: int8 1+ default=16

api 75 DescribeTopicPartitions
request 0-0 flexible 0+
  topics: [TopicRequest]
    name: string
  responsePartitionLimit: int32 default=2000
  cursor: Cursor? default=null
    topicName: string
    partitionIndex: int32
response 0-0 flexible 0+
  throttleTimeMs: int32
  topics: [DescribeTopicPartitionsResponseTopic]
    errorCode: int16
    name: string?
    topicId: uuid
    isInternal: bool default=false
    partitions: [DescribeTopicPartitionsResponsePartition]
      errorCode: int16
      partitionIndex: int32
      leaderId: int32
      leaderEpoch: int32 default=-1
      replicaNodes: [int32]
      isrNodes: [int32]
      eligibleLeaderReplicas: [int32]? default=null
      lastKnownElr: [int32]? default=null
      offlineReplicas: [int32]
    topicAuthorizedOperations: int32 default=-2147483648
  nextCursor: NextCursor? default=null
    topicName: string
    partitionIndex: int32
`
