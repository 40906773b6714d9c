// Consumer groups: membership of both protocols, and the offsets they commit. The form is described in ../definition.ts; facts after Kafka 4.4's protocol.

export const groups = `
api 8 OffsetCommit
request 2-10 flexible 8+
  groupId: string
  generationIdOrMemberEpoch: int32 default=-1
  memberId: string
  groupInstanceId: string? 7+ default=null
  retentionTimeMs: long 2-4 default=-1
  topics: [OffsetCommitRequestTopic]
    name: string 2-9
    topicId: uuid 10+
    partitions: [OffsetCommitRequestPartition]
      partitionIndex: int32
      committedOffset: long
      committedLeaderEpoch: int32 6+ default=-1
      committedMetadata: string?
response 2-10 flexible 8+
  throttleTimeMs: int32 3+ default=0
  topics: [OffsetCommitResponseTopic]
    name: string 2-9
    topicId: uuid 10+
    partitions: [OffsetCommitResponsePartition]
      partitionIndex: int32
      errorCode: int16

api 9 OffsetFetch
request 1-10 flexible 6+
  groupId: string 1-7
  topics: [OffsetFetchRequestTopic]?2+ 1-7
    name: string
    partitionIndexes: [int32]
  groups: [OffsetFetchRequestGroup] 8+
    groupId: string
    memberId: string? 9+ default=null
    memberEpoch: int32 9+ default=-1
    topics: [OffsetFetchRequestTopics]?
      name: string 8-9
      topicId: uuid 10+
      partitionIndexes: [int32]
  requireStable: bool 7+
response 1-10 flexible 6+
  throttleTimeMs: int32 3+ default=0
  topics: [OffsetFetchResponseTopic] 1-7
    name: string
    partitions: [OffsetFetchResponsePartition]
      partitionIndex: int32
      committedOffset: long
      committedLeaderEpoch: int32 5+ default=-1
      metadata: string?
      errorCode: int16
  errorCode: int16 2-7
  groups: [OffsetFetchResponseGroup] 8+
    groupId: string
    topics: [OffsetFetchResponseTopics]
      name: string 8-9
      topicId: uuid 10+
      partitions: [OffsetFetchResponsePartitions]
        partitionIndex: int32
        committedOffset: long
        committedLeaderEpoch: int32 default=-1
        metadata: string?
        errorCode: int16
    errorCode: int16

api 10 FindCoordinator
request 0-6 flexible 3+
  key: string 0-3
  keyType: int8 1+
  coordinatorKeys: [string] 4+
response 0-6 flexible 3+
  throttleTimeMs: int32 1+ default=0
  errorCode: int16 0-3
  errorMessage: string? 1-3
  nodeId: int32 0-3
  host: string 0-3
  port: int32 0-3
  coordinators: [Coordinator] 4+
    key: string
    nodeId: int32
    host: string
    port: int32
    errorCode: int16
    errorMessage: string?

api 11 JoinGroup
request 0-9 flexible 6+
  groupId: string
  sessionTimeoutMs: int32
  rebalanceTimeoutMs: int32 1+ default=-1
  memberId: string
  groupInstanceId: string? 5+ default=null
  protocolType: string
  protocols: [JoinGroupRequestProtocol]
    name: string
    metadata: bytes
  reason: string? 8+ default=null
response 0-9 flexible 6+
  throttleTimeMs: int32 2+ default=0
  errorCode: int16
  generationId: int32 default=-1
  protocolType: string? 7+ default=null
  protocolName: string?7+
  leader: string
  skipAssignment: bool 9+
  memberId: string
  members: [JoinGroupResponseMember]
    memberId: string
    groupInstanceId: string? 5+ default=null
    metadata: bytes

api 12 Heartbeat
request 0-4 flexible 4+
  groupId: string
  generationId: int32
  memberId: string
  groupInstanceId: string? 3+ default=null
response 0-4 flexible 4+
  throttleTimeMs: int32 1+ default=0
  errorCode: int16

api 13 LeaveGroup
request 0-5 flexible 4+
  groupId: string
  memberId: string 0-2
  members: [MemberIdentity] 3+
    memberId: string
    groupInstanceId: string? default=null
    reason: string? 5+ default=null
response 0-5 flexible 4+
  throttleTimeMs: int32 1+ default=0
  errorCode: int16
  members: [MemberResponse] 3+
    memberId: string
    groupInstanceId: string?
    errorCode: int16

api 14 SyncGroup
request 0-5 flexible 4+
  groupId: string
  generationId: int32
  memberId: string
  groupInstanceId: string? 3+ default=null
  protocolType: string? 5+ default=null
  protocolName: string? 5+ default=null
  assignments: [SyncGroupRequestAssignment]
    memberId: string
    assignment: bytes
response 0-5 flexible 4+
  throttleTimeMs: int32 1+ default=0
  errorCode: int16
  protocolType: string? 5+ default=null
  protocolName: string? 5+ default=null
  assignment: bytes

api 15 DescribeGroups
request 0-6 flexible 5+
  groups: [string]
  includeAuthorizedOperations: bool 3+
response 0-6 flexible 5+
  throttleTimeMs: int32 1+ default=0
  groups: [DescribedGroup]
    errorCode: int16
    errorMessage: string? 6+ default=null
    groupId: string
    groupState: string
    protocolType: string
    protocolData: string
    members: [DescribedGroupMember]
      memberId: string
      groupInstanceId: string? 4+ default=null
      clientId: string
      clientHost: string
      memberMetadata: bytes
      memberAssignment: bytes
    authorizedOperations: int32 3+ default=-2147483648

api 16 ListGroups
request 0-5 flexible 3+
  statesFilter: [string] 4+
  typesFilter: [string] 5+
response 0-5 flexible 3+
  throttleTimeMs: int32 1+ default=0
  errorCode: int16
  groups: [ListedGroup]
    groupId: string
    protocolType: string
    groupState: string 4+
    groupType: string 5+

api 42 DeleteGroups
request 0-3 flexible 2+
  groupsNames: [string]
response 0-3 flexible 2+
  throttleTimeMs: int32 default=0
  results: [DeletableGroupResult]
    groupId: string
    errorCode: int16
    errorMessage: string? 3+ default=null

api 47 OffsetDelete
request 0-0 flexible none
  groupId: string
  topics: [OffsetDeleteRequestTopic]
    name: string
    partitions: [OffsetDeleteRequestPartition]
      partitionIndex: int32
response 0-0 flexible none
  errorCode: int16
  throttleTimeMs: int32 default=0
  topics: [OffsetDeleteResponseTopic]
    name: string
    partitions: [OffsetDeleteResponsePartition]
      partitionIndex: int32
      errorCode: int16

api 68 ConsumerGroupHeartbeat
request 0-1 flexible 0+
  groupId: string
  memberId: string
  memberEpoch: int32
  instanceId: string? default=null
  rackId: string? default=null
  rebalanceTimeoutMs: int32 default=-1
  subscribedTopicNames: [string]? default=null
  subscribedTopicRegex: string? 1+ default=null
  serverAssignor: string? default=null
  topicPartitions: [OwnedTopicPartitions]? default=null
    topicId: uuid
    partitions: [int32]
response 0-1 flexible 0+
  throttleTimeMs: int32
  errorCode: int16
  errorMessage: string? default=null
  memberId: string? default=null
  memberEpoch: int32
  heartbeatIntervalMs: int32
  assignment: Assignment? default=null
    topicPartitions: [TopicPartitions]
      topicId: uuid
      partitions: [int32]

api 69 ConsumerGroupDescribe
request 0-1 flexible 0+
  groupIds: [string]
  includeAuthorizedOperations: bool
response 0-1 flexible 0+
  throttleTimeMs: int32
  groups: [DescribedGroup]
    errorCode: int16
    errorMessage: string? default=null
    groupId: string
    groupState: string
    groupEpoch: int32
    assignmentEpoch: int32
    assignorName: string
    members: [Member]
      memberId: string
      instanceId: string? default=null
      rackId: string? default=null
      memberEpoch: int32
      clientId: string
      clientHost: string
      subscribedTopicNames: [string]
      subscribedTopicRegex: string? default=null
      assignment: Assignment
        topicPartitions: [TopicPartitions]
          topicId: uuid
          topicName: string
          partitions: [int32]
      targetAssignment: TargetAssignment
        topicPartitions: [TargetTopicPartitions]
          topicId: uuid
          topicName: string
          partitions: [int32]
      memberType: int8 1+ default=-1
    authorizedOperations: int32 default=-2147483648
`
