// Transactions: their coordinator's requests, markers, and what tools ask about them. The form is described in ../definition.ts; facts after Kafka 4.4's protocol.

export const transactions = `
api 24 AddPartitionsToTxn
request 0-5 flexible 3+
  transactions: [AddPartitionsToTxnTransaction] 4+
    transactionalId: string
    producerId: int64
    producerEpoch: int16
    verifyOnly: bool
    topics: [AddPartitionsToTxnTransactionTopic]
      name: string
      partitions: [int32]
  transactionalId: string 0-3
  producerId: int64 0-3
  producerEpoch: int16 0-3
  topics: [AddPartitionsToTxnTopic] 0-3
    name: string
    partitions: [int32]
response 0-5 flexible 3+
  throttleTimeMs: int32 default=0
  errorCode: int16 4+ default=0
  resultsByTransaction: [AddPartitionsToTxnResult] 4+
    transactionalId: string
    topicResults: [AddPartitionsToTxnResultTopic]
      name: string
      resultsByPartition: [AddPartitionsToTxnResultPartition]
        partitionIndex: int32
        partitionErrorCode: int16
  resultsByTopic: [AddPartitionsToTxnTopicResult] 0-3
    name: string
    resultsByPartition: [AddPartitionsToTxnPartitionResult]
      partitionIndex: int32
      partitionErrorCode: int16

api 25 AddOffsetsToTxn
request 0-4 flexible 3+
  transactionalId: string
  producerId: int64
  producerEpoch: int16
  groupId: string
response 0-4 flexible 3+
  throttleTimeMs: int32 default=0
  errorCode: int16

api 26 EndTxn
request 0-5 flexible 3+
  transactionalId: string
  producerId: int64
  producerEpoch: int16
  committed: bool
response 0-5 flexible 3+
  throttleTimeMs: int32 default=0
  errorCode: int16
  producerId: int64 5+ default=-1
  producerEpoch: int16 5+ default=-1

api 27 WriteTxnMarkers
request 1-2 flexible 1+
  markers: [WritableTxnMarker]
    producerId: int64
    producerEpoch: int16
    transactionResult: bool
    topics: [WritableTxnMarkerTopic]
      name: string
      partitionIndexes: [int32]
    coordinatorEpoch: int32
    transactionVersion: int8 2+ default=0
response 1-2 flexible 1+
  markers: [WritableTxnMarkerResult]
    producerId: int64
    topics: [WritableTxnMarkerTopicResult]
      name: string
      partitions: [WritableTxnMarkerPartitionResult]
        partitionIndex: int32
        errorCode: int16

api 28 TxnOffsetCommit
request 0-6 flexible 3+
  transactionalId: string
  groupId: string
  producerId: int64
  producerEpoch: int16
  generationIdOrMemberEpoch: int32 3+ default=-1
  memberId: string 3+
  groupInstanceId: string? 3+ default=null
  topics: [TxnOffsetCommitRequestTopic]
    name: string 0-5
    topicId: uuid 6+
    partitions: [TxnOffsetCommitRequestPartition]
      partitionIndex: int32
      committedOffset: long
      committedLeaderEpoch: int32 2+ default=-1
      committedMetadata: string?
response 0-6 flexible 3+
  throttleTimeMs: int32 default=0
  topics: [TxnOffsetCommitResponseTopic]
    name: string 0-5
    topicId: uuid 6+
    partitions: [TxnOffsetCommitResponsePartition]
      partitionIndex: int32
      errorCode: int16

api 61 DescribeProducers
request 0-0 flexible 0+
  topics: [TopicRequest]
    name: string
    partitionIndexes: [int32]
response 0-0 flexible 0+
  throttleTimeMs: int32 default=0
  topics: [TopicResponse]
    name: string
    partitions: [PartitionResponse]
      partitionIndex: int32
      errorCode: int16
      errorMessage: string? default=null
      activeProducers: [ProducerState]
        producerId: int64
        producerEpoch: int32
        lastSequence: int32 default=-1
        lastTimestamp: long default=-1
        coordinatorEpoch: int32
        currentTxnStartOffset: long default=-1

api 65 DescribeTransactions
request 0-0 flexible 0+
  transactionalIds: [string]
response 0-0 flexible 0+
  throttleTimeMs: int32 default=0
  transactionStates: [TransactionState]
    errorCode: int16
    transactionalId: string
    transactionState: string
    transactionTimeoutMs: int32
    transactionStartTimeMs: long
    producerId: int64
    producerEpoch: int16
    topics: [TopicData]
      topic: string
      partitions: [int32]

api 66 ListTransactions
request 0-2 flexible 0+
  stateFilters: [string]
  producerIdFilters: [int64]
  durationFilter: long 1+ default=-1
  transactionalIdPattern: string? 2+ default=null
response 0-2 flexible 0+
  throttleTimeMs: int32 default=0
  errorCode: int16
  unknownStateFilters: [string]
  transactionStates: [ListedTransaction]
    transactionalId: string
    producerId: int64
    transactionState: string
`
