// Records in and out: Produce, Fetch, offsets by time and epoch, producer ids. The form is described in ../definition.ts; facts after Kafka 4.4's protocol.

export const records = `
api 0 Produce
request 3-13 flexible 9+
  transactionalId: string? default=null
  acks: int16
  timeoutMs: int32
  topicData: [TopicProduceData]
    name: string 3-12
    topicId: uuid 13+
    partitionData: [PartitionProduceData]
      index: int32
      records: records?
response 3-13 flexible 9+
  responses: [TopicProduceResponse]
    name: string 3-12
    topicId: uuid 13+
    partitionResponses: [PartitionProduceResponse]
      index: int32
      errorCode: int16
      baseOffset: long
      logAppendTimeMs: long default=-1
      logStartOffset: long 5+ default=-1
      recordErrors: [BatchIndexAndErrorMessage] 8+
        batchIndex: int32
        batchIndexErrorMessage: string? default=null
      errorMessage: string? 8+ default=null
      currentLeader: LeaderIdAndEpoch 10+ tag=0
        leaderId: int32 default=-1
        leaderEpoch: int32 default=-1
  throttleTimeMs: int32 default=0
  nodeEndpoints: [NodeEndpoint] 10+ tag=0
    nodeId: int32
    host: string
    port: int32
    rack: string? default=null

api 1 Fetch
request 4-18 flexible 12+
  clusterId: string? 12+ tag=0 default=null
  replicaId: int32 4-14 default=-1
  replicaState: ReplicaState 15+ tag=1
    replicaId: int32 default=-1
    replicaEpoch: long default=-1
  maxWaitMs: int32
  minBytes: int32
  maxBytes: int32 default=2147483647
  isolationLevel: int8
  sessionId: int32 7+
  sessionEpoch: int32 7+ default=-1
  topics: [FetchTopic]
    topic: string 4-12
    topicId: uuid 13+
    partitions: [FetchPartition]
      partition: int32
      currentLeaderEpoch: int32 9+ default=-1
      fetchOffset: long
      lastFetchedEpoch: int32 12+ default=-1
      logStartOffset: long 5+ default=-1
      partitionMaxBytes: int32
      replicaDirectoryId: uuid 17+ tag=0
      highWatermark: int64 18+ tag=1 default=9223372036854775807
  forgottenTopicsData: [ForgottenTopic] 7+
    topic: string 7-12
    topicId: uuid 13+
    partitions: [int32]
  rackId: string 11+
response 4-18 flexible 12+
  throttleTimeMs: int32 default=0
  errorCode: int16 7+
  sessionId: int32 7+
  responses: [FetchableTopicResponse]
    topic: string 4-12
    topicId: uuid 13+
    partitions: [PartitionData]
      partitionIndex: int32
      errorCode: int16
      highWatermark: long
      lastStableOffset: long default=-1
      logStartOffset: long 5+ default=-1
      divergingEpoch: EpochEndOffset 12+ tag=0
        epoch: int32 default=-1
        endOffset: long default=-1
      currentLeader: LeaderIdAndEpoch 12+ tag=1
        leaderId: int32 default=-1
        leaderEpoch: int32 default=-1
      snapshotId: SnapshotId 12+ tag=2
        endOffset: long default=-1
        epoch: int32 default=-1
      abortedTransactions: [AbortedTransaction]?
        producerId: int64
        firstOffset: long
      preferredReadReplica: int32 11+ default=-1
      records: records?
  nodeEndpoints: [NodeEndpoint] 16+ tag=0
    nodeId: int32
    host: string
    port: int32
    rack: string? default=null

api 2 ListOffsets
request 1-11 flexible 6+
  replicaId: int32
  isolationLevel: int8 2+
  topics: [ListOffsetsTopic]
    name: string
    partitions: [ListOffsetsPartition]
      partitionIndex: int32
      currentLeaderEpoch: int32 4+ default=-1
      timestamp: int64
  timeoutMs: int32 10+
response 1-11 flexible 6+
  throttleTimeMs: int32 2+ default=0
  topics: [ListOffsetsTopicResponse]
    name: string
    partitions: [ListOffsetsPartitionResponse]
      partitionIndex: int32
      errorCode: int16
      timestamp: long default=-1
      offset: long default=-1
      leaderEpoch: int32 4+ default=-1

api 23 OffsetForLeaderEpoch
request 2-4 flexible 4+
  replicaId: int32 3+ default=-2
  topics: [OffsetForLeaderTopic]
    topic: string
    partitions: [OffsetForLeaderPartition]
      partition: int32
      currentLeaderEpoch: int32 default=-1
      leaderEpoch: int32
response 2-4 flexible 4+
  throttleTimeMs: int32 default=0
  topics: [OffsetForLeaderTopicResult]
    topic: string
    partitions: [EpochEndOffset]
      errorCode: int16
      partition: int32
      leaderEpoch: int32 default=-1
      endOffset: long default=-1

api 22 InitProducerId
request 0-5 flexible 2+
  transactionalId: string?
  transactionTimeoutMs: int32
  producerId: int64 3+ default=-1
  producerEpoch: int16 3+ default=-1
response 0-5 flexible 2+
  throttleTimeMs: int32 default=0
  errorCode: int16
  producerId: int64 default=-1
  producerEpoch: int16

api 21 DeleteRecords
request 0-2 flexible 2+
  topics: [DeleteRecordsTopic]
    name: string
    partitions: [DeleteRecordsPartition]
      partitionIndex: int32
      offset: long
  timeoutMs: int32
response 0-2 flexible 2+
  throttleTimeMs: int32 default=0
  topics: [DeleteRecordsTopicResult]
    name: string
    partitions: [DeleteRecordsPartitionResult]
      partitionIndex: int32
      lowWatermark: long
      errorCode: int16
`
